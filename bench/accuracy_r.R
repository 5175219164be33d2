# R forecast's ses, holt, damped holt, thetaf and ets on M4 series: sMAPE and MASE by series, for bench/accuracy_m4.py.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript accuracy_r.R TRAIN.csv TEST.csv SEASON EVERY OUT.csv   (every EVERY-th series in file order)
suppressPackageStartupMessages(library(forecast))
args <- commandArgs(trailingOnly = TRUE)
m <- as.integer(args[3]); every <- as.integer(args[4])
train <- read.csv(args[1]); test <- read.csv(args[2])
ids <- unique(train$unique_id); ids <- ids[seq(1, length(ids), by = every)]
ys <- split(train$y, factor(train$unique_id, levels = unique(train$unique_id)))
fs <- split(test$y, factor(test$unique_id, levels = unique(test$unique_id)))
out <- file(args[5], "w")
writeLines("unique_id,method,smape,mase,seconds", out)
for (id in ids) {
  y <- ts(ys[[id]], frequency = m); f <- fs[[id]]; h <- length(f)
  scale <- if (length(y) > m) mean(abs(diff(as.numeric(y), lag = m))) else NA
  runs <- list(ses = function() ses(y, h = h)$mean, holt = function() holt(y, h = h)$mean,
               damped = function() holt(y, h = h, damped = TRUE)$mean, theta = function() thetaf(y, h = h)$mean,
               auto_ets = function() forecast(ets(y), h = h, PI = FALSE)$mean)
  for (name in names(runs)) {
    t0 <- proc.time()[["elapsed"]]
    p <- tryCatch(as.numeric(runs[[name]]()), error = function(e) rep(NA, h))
    s <- proc.time()[["elapsed"]] - t0
    writeLines(sprintf("%s,%s,%.10g,%.10g,%.3f", id, name, mean(200 * abs(f - p) / (abs(f) + abs(p))), mean(abs(f - p)) / scale, s), out)
  }
}
close(out)
