#!/usr/bin/env Rscript
# Prints what R says of the residuals and roots of ARIMA fits to classic series (tests/models/test_arima_ahead.c).
# Run: Rscript make_arima_residuals.R
# SPDX-License-Identifier: Apache-2.0
suppressPackageStartupMessages(library(forecast))
cat(R.version.string, "forecast", as.character(packageVersion("forecast")), "\n")
say <- function(name, x, ...) {
  fit <- Arima(x, ...)
  box <- suppressWarnings(checkresiduals(fit, plot = FALSE))
  r <- as.numeric(residuals(fit))
  lost <- fit$arma[6] + fit$arma[7] * fit$arma[5]
  df <- sum(fit$arma[1:4])
  late <- Box.test(if (lost > 0) r[-seq_len(lost)] else r, lag = box$parameter + df, type = "Ljung", fitdf = df)
  ar <- polyroot(c(1, -fit$model$phi)); ma <- polyroot(c(1, fit$model$theta))
  cat(sprintf("%s: Q %.6f df %g p %.8f; without the first %d: Q %.6f p %.8f; loglik %.6f\n", name, box$statistic, box$parameter,
              box$p.value, lost, late$statistic, late$p.value, fit$loglik))
  cat("  least root", format(min(Mod(ar), Mod(ma)), digits = 8), "\n")
}
say("lh (1,0,0)", lh, order = c(1, 0, 0))
say("lh (3,0,0)", lh, order = c(3, 0, 0))
say("LakeHuron (2,0,0)", LakeHuron, order = c(2, 0, 0))
say("log AirPassengers (0,1,1)(0,1,1)", log(AirPassengers), order = c(0, 1, 1), seasonal = c(0, 1, 1))
say("Nile (1,1,1)", Nile, order = c(1, 1, 1))
