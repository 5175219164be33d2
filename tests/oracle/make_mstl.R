# R's mstl() with several seasons, and its forecasts by naive, drift and ets on the seasonally adjusted series.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_mstl.R > tests/fixtures/mstl_r.csv     (made with R 4.2.2, forecast 8.20)
# Rows: kind,series,arguments,numbers. Parts carry every 7th number; forecasts mean, lower 95, upper 95 of 15 steps.
suppressPackageStartupMessages(library(forecast))
row <- function(kind, name, args, x)
  cat(paste(kind, name, args, paste(sprintf("%.15g", as.numeric(x)), collapse = " "), sep = ","), "\n", sep = "")
some <- function(x) x[seq(1, length(x), by = 7)]
cat("# R", paste(R.version$major, R.version$minor, sep = "."), "forecast", as.character(packageVersion("forecast")), "by make_mstl.R\n")
series <- list(taylor = msts(taylor[1:1500], c(48, 336)), air = ts(AirPassengers, frequency = 12),
  dropped = msts(AirPassengers[1:90], c(4, 12, 45)), three = msts(taylor[201:700], c(6, 48, 96)),
  short = ts(AirPassengers[1:25], frequency = 12))
for (name in names(series)) {
  x <- series[[name]]
  periods <- if ("msts" %in% class(x)) attr(x, "msts") else frequency(x)
  row("y", name, paste(periods, collapse = " "), x)
  f <- suppressWarnings(mstl(x))
  for (i in seq(3, ncol(f) - 1)) row("season", name, i - 3, some(f[, i]))
  row("trend", name, "", some(f[, 2]))
  for (method in c("naive", "rwdrift", "ets")) {
    p <- suppressWarnings(forecast(f, method = method, h = 15, level = 95))
    row("forecast", name, c(naive = "naive", rwdrift = "drift", ets = "auto_ets")[[method]], c(p$mean, p$lower, p$upper))
  }
}
