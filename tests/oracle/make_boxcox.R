# Makes tests/fixtures/boxcox_r.csv (classics and simulated series) and boxcox_m.csv (M3): R's BoxCox.lambda, BoxCox and InvBoxCox.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_boxcox.R [tests/fixtures ../shared/data]   (R 4.2.2, forecast 8.20)
# Rows of boxcox_r.csv: "series,<name>,<m>,<y...>" (NA = missing), "lambda,<guerrero on -1..2, on -0.9..2, by likelihood>" (NA: R stops), and per
#   lambda "forward,<lambda>,<BoxCox of the first 12>", "inverse,<lambda>,<InvBoxCox of those>", "bias,<lambda>,<the same with fvar = 0.01 (1 + i)>".
# Rows of boxcox_m.csv: "<file>,<id>,<m>,<the three lambdas>"; the data are not ours to ship.
suppressMessages(library(forecast))
args <- commandArgs(TRUE); if (!length(args)) args <- c("tests/fixtures", Sys.getenv("NORN_DATA", "../shared/data"))
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "NA")
try1 <- function(f) tryCatch(suppressWarnings(f()), error = function(e) NA_real_)
lambdas <- function(y) num(c(try1(function() BoxCox.lambda(y)), try1(function() BoxCox.lambda(y, lower = -.9)), try1(function() BoxCox.lambda(y, "loglik"))))
out <- file(file.path(args[1], "boxcox_r.csv"), "w")
row <- function(...) writeLines(paste(c(...), collapse = ","), out)
emit <- function(name, y) {
  row("series", name, frequency(y), ifelse(is.na(y), "NA", sprintf("%.15g", y))); row("lambda", lambdas(y))
}
for (name in c("AirPassengers", "USAccDeaths", "UKgas", "nottem", "lynx", "WWWusage", "Nile", "JohnsonJohnson", "BJsales", "uspop", "airmiles",
  "discoveries", "sunspot.year", "austres", "ldeaths", "UKDriverDeaths", "presidents")) emit(name, get(name))
emit("wineind", wineind); emit("woolyrnq", woolyrnq); emit("gold", gold)
set.seed(6)
for (m in c(1, 2, 4, 7, 12, 24)) for (k in 1:4) {
  n <- 6 * m + 9 + k; e <- rnorm(n); s <- sin(2 * pi * seq_len(n) / m)
  y <- list(exp(.02 * seq_len(n) + .3 * s + .1 * e), (5 + .1 * seq_len(n) + s + .3 * e)^2, 50 + 5 * s + e, 3 * e)[[k]]
  emit(paste0("sim", m, "_", k), ts(round(y, 6), frequency = m))
}
y <- AirPassengers; y[c(5, 40:43, 90)] <- NA; emit("gaps", y)
y <- c(.001, .5, 1, 2, 3.25, 10, 123, 4567, 1e5, 1e-5, 7, 1e6); row("series", "values", 1, num(y))
for (l in c(-1, -.5, -.01, 0, .01, .3333, .5, 1, 1.5, 2)) {
  x <- if (l > 0) y * c(1, -1) else y
  w <- as.numeric(BoxCox(x, l)); row("forward", num(l), num(w)); row("inverse", num(l), num(InvBoxCox(w, l)))
  row("bias", num(l), num(InvBoxCox(abs(w) * if (l < 0) -1 else 1, l, biasadj = TRUE, fvar = .01 * (1 + 1:12))))
}
close(out)
if (!dir.exists(file.path(args[2], "competitions"))) quit() # the data lie elsewhere: the second file stays as it is
out <- file(file.path(args[1], "boxcox_m.csv"), "w")
for (f in c("yearly", "quarterly", "monthly", "other")) {
  a <- read.csv(file.path(args[2], "competitions", paste0("m3_", f, "_train.csv"))); m <- c(quarterly = 4, monthly = 12)[f]; if (is.na(m)) m <- 1
  for (i in seq(1, nrow(a), by = 13)) {
    y <- ts(as.numeric(na.omit(as.numeric(a[i, -1]))), frequency = m); row(paste0("competitions/m3_", f, "_train.csv"), a$id[i], m, lambdas(y))
  }
}
close(out)
