# Makes tests/fixtures/unit_root_r.csv (classics and simulated series) and unit_root_m.csv (M3, M4): R's unit-root tests and ndiffs.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_unit_root.R [tests/fixtures ../shared/data]   (R 4.2.2, forecast 8.20, urca 1.3-3)
# Rows of unit_root_r.csv: "series,<name>,<m>,<y...>" (NA = missing), then "row,<numbers>" as below.
# Rows of unit_root_m.csv: "<file>,<id>,<numbers>"; the data are not ours to ship, so the test reads them where they lie.
# Numbers: statistics kpss level, trend; adf level, trend; pp level, trend (NA: R stops); then ndiffs for
#   kpss, adf, pp, each around a level and a line, alpha .05; kpss around a level with alpha .01, .03, .1.
suppressMessages({library(forecast); library(urca)})
args <- commandArgs(TRUE); if (!length(args)) args <- c("tests/fixtures", Sys.getenv("NORN_DATA", "../shared/data"))
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "NA")
stat <- function(f) tryCatch(suppressWarnings(f()), error = function(e) NA_real_)
numbers <- function(y) {
  y <- as.numeric(na.omit(c(y))); lag <- trunc(3 * sqrt(length(y)) / 13)
  s <- c(stat(function() ur.kpss(y, "mu", use.lag = lag)@teststat[1]), stat(function() ur.kpss(y, "tau", use.lag = lag)@teststat[1]),
    stat(function() ur.df(y, "drift")@teststat[1]), stat(function() ur.df(y, "trend")@teststat[1]),
    stat(function() ur.pp(y, "Z-tau", "constant")@teststat[1]), stat(function() ur.pp(y, "Z-tau", "trend")@teststat[1]))
  d <- NULL
  for (test in c("kpss", "adf", "pp")) for (type in c("level", "trend")) d <- c(d, suppressWarnings(ndiffs(y, test = test, type = type)))
  for (alpha in c(.01, .03, .1)) d <- c(d, ndiffs(y, alpha = alpha))
  paste(c(num(s), d), collapse = ",")
}
out <- file(file.path(args[1], "unit_root_r.csv"), "w")
emit <- function(name, y) {
  writeLines(paste(c("series", name, frequency(y), ifelse(is.na(y), "NA", sprintf("%.15g", y))), collapse = ","), out)
  writeLines(paste("row", numbers(y), sep = ","), out)
}
for (name in c("AirPassengers", "USAccDeaths", "UKgas", "nottem", "co2", "lynx", "WWWusage", "Nile", "LakeHuron", "JohnsonJohnson", "BJsales",
  "uspop", "airmiles", "discoveries", "lh", "nhtemp", "presidents", "sunspot.year", "austres", "ldeaths", "UKDriverDeaths"))
  emit(name, get(name))
emit("wineind", wineind); emit("woolyrnq", woolyrnq); emit("gold", gold)
set.seed(4)
for (n in c(4:12, 20, 35, 60, 120, 250, 520)) {
  emit(paste0("noise", n), round(rnorm(n), 6)); emit(paste0("walk", n), round(cumsum(rnorm(n)), 6))
  emit(paste0("trend", n), round(.3 * seq_len(n) + rnorm(n), 6)); emit(paste0("twice", n), round(cumsum(cumsum(rnorm(n))), 6))
}
emit("offset", 1e6 + round(rnorm(80), 4)); emit("gaps", { y <- round(cumsum(rnorm(90)), 5); y[c(1:3, 20, 50:55)] <- NA; y })
emit("constant", rep(3.25, 20)); emit("nearly", 1e6 + c(0, 1e-4) * rep(1, 20)); emit("spike", c(rep(0, 25), 7, rep(0, 10)))
emit("step", rep(c(0, 5), each = 15)); emit("saw", rep(c(-2, 2, 5), 14))
close(out)
if (!dir.exists(file.path(args[2], "competitions"))) quit() # the data lie elsewhere: the second file stays as it is
out <- file(file.path(args[1], "unit_root_m.csv"), "w")
for (f in c("yearly", "quarterly", "monthly", "other")) {
  a <- read.csv(file.path(args[2], "competitions", paste0("m3_", f, "_train.csv")))
  for (i in seq(1, nrow(a), by = if (f == "other") 3 else 12))
    writeLines(paste(paste0("competitions/m3_", f, "_train.csv"), a$id[i], numbers(as.numeric(a[i, -1])), sep = ","), out)
}
for (f in c("weekly", "hourly")) {
  a <- read.csv(file.path(args[2], "m4", paste0(f, "_train.csv"))); ids <- unique(a$unique_id)
  for (id in ids[seq(1, length(ids), by = 6)])
    writeLines(paste(paste0("m4/", f, "_train.csv"), id, numbers(a$y[a$unique_id == id]), sep = ","), out)
}
close(out)
