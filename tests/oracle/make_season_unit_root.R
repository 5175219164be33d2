# Makes tests/fixtures/season_unit_root_r.csv (classics and simulated series) and season_unit_root_m.csv (M3, M4): OCSB, Canova-Hansen, nsdiffs.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_season_unit_root.R [tests/fixtures ../shared/data]   (R 4.2.2, forecast 8.20, uroot 2.1-2)
# Rows as in make_unit_root.R. Numbers: OCSB's statistic with 0 lags, with 3, with AIC, BIC and AICc among 3 and the lag AIC picks, its
#   critical value; Canova-Hansen's statistic and p (NA: R stops); nsdiffs by seas, ocsb, ch at 5 %, ch at 10 %, each up to 2; the strength.
suppressMessages({library(forecast); library(uroot)})
args <- commandArgs(TRUE); if (!length(args)) args <- c("tests/fixtures", Sys.getenv("NORN_DATA", "../shared/data"))
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "NA")
try1 <- function(f) tryCatch(suppressWarnings(f()), error = function(e) NA_real_)
ocsb <- function(y, ...) try1(function() unname(forecast::ocsb.test(y, ...)$statistics))
numbers <- function(y) {
  m <- frequency(y)
  ch <- tryCatch(suppressWarnings({ r <- ch.test(y, type = "trig"); c(r$statistics[["joint"]], r$pvalues[["joint"]]) }), error = function(e) c(NA, NA))
  if (any(is.na(ch))) ch[1] <- try1(function() ch.test(y, type = "trig", pvalue = "raw")$statistics[["joint"]])
  s <- c(ocsb(y), ocsb(y, maxlag = 3), ocsb(y, "AIC", 3), ocsb(y, "BIC", 3), ocsb(y, "AICc", 3),
    try1(function() forecast::ocsb.test(y, "AIC", 3)$lag.order), forecast:::calcOCSBCritVal(m), ch)
  d <- sapply(list(list("seas", .05), list("ocsb", .05), list("ch", .05), list("ch", .1)),
    function(k) suppressWarnings(nsdiffs(y, test = k[[1]], alpha = k[[2]], max.D = 2)))
  paste(c(num(s), d, num(try1(function() forecast:::seas.heuristic(y)))), collapse = ",")
}
out <- file(file.path(args[1], "season_unit_root_r.csv"), "w")
emit <- function(name, y) {
  writeLines(paste(c("series", name, frequency(y), ifelse(is.na(y), "NA", sprintf("%.15g", y))), collapse = ","), out)
  writeLines(paste("row", numbers(y), sep = ","), out)
}
for (name in c("AirPassengers", "USAccDeaths", "UKgas", "nottem", "co2", "JohnsonJohnson", "austres", "ldeaths", "UKDriverDeaths", "presidents"))
  emit(name, get(name))
emit("wineind", wineind); emit("woolyrnq", woolyrnq)
set.seed(11)
for (m in c(2, 3, 4, 5, 7, 12, 24)) for (k in c(3, 6, 12, 25)) {
  n <- m * k + k %% m; pattern <- 3 * sin(2 * pi * seq_len(m) / m) + rnorm(m)
  emit(paste0("fixed", m, "_", n), ts(round(rep_len(pattern, n) + rnorm(n), 6), frequency = m))
  y <- rnorm(n); for (t in (m + 1):n) y[t] <- y[t - m] + .5 * y[t]
  emit(paste0("moving", m, "_", n), ts(round(y, 6), frequency = m))
  emit(paste0("noise", m, "_", n), ts(round(cumsum(rnorm(n)), 6), frequency = m))
}
emit("short", ts(round(rnorm(13), 6), frequency = 12)); emit("shorter", ts(round(rnorm(12), 6), frequency = 12))
close(out)
if (!dir.exists(file.path(args[2], "competitions"))) quit() # the data lie elsewhere: the second file stays as it is
out <- file(file.path(args[1], "season_unit_root_m.csv"), "w")
for (f in c("quarterly", "monthly")) {
  a <- read.csv(file.path(args[2], "competitions", paste0("m3_", f, "_train.csv")))
  for (i in seq(1, nrow(a), by = 11)) {
    y <- as.numeric(na.omit(as.numeric(a[i, -1]))); m <- if (f == "monthly") 12 else 4
    writeLines(paste(paste0("competitions/m3_", f, "_train.csv"), a$id[i], m, numbers(ts(y, frequency = m)), sep = ","), out)
  }
}
a <- read.csv(file.path(args[2], "m4", "hourly_train.csv")); ids <- unique(a$unique_id)
for (id in ids[seq(1, length(ids), by = 20)])
  writeLines(paste("m4/hourly_train.csv", id, 24, numbers(ts(a$y[a$unique_id == id], frequency = 24)), sep = ","), out)
close(out)
