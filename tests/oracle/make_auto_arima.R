# Makes tests/fixtures/auto_arima_r.csv: what R's auto.arima chooses, with its likelihoods and forecasts.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_auto_arima.R tests/fixtures/auto_arima_r.csv   (R 4.2.2, forecast 8.20)
# Rows of text: "series,<name>,<m>,<y...>" (NA = missing), "x,<name>,<values...>" (a regressor, horizon values at its end), then per call
#   "fit,<series>,<settings of norn>,<p d q P D Q constant>,<loglik aicc sigma2>,<4 forecasts>".
# R's starting variance of the levels (kappa = 1e6) is not wide enough for some series: loglik and aicc are those of R's estimates
# under kappa = 1e10, up to 0.003 lower.
suppressMessages(library(forecast))
args <- commandArgs(TRUE)
out <- file(if (length(args)) args[1] else "auto_arima_r.csv", "w")
num <- function(x) paste(format(as.numeric(x), digits = 15, trim = TRUE), collapse = ",")
row <- function(...) writeLines(paste(..., sep = ","), out)
h <- 4
emit <- function(name, settings, f, xreg = NULL) {
  o <- forecast:::arimaorder(f); o <- c(o, rep(0, 7 - length(o)))[1:6]
  const <- any(c("intercept", "drift") %in% names(f$coef))
  fc <- if (is.null(xreg)) forecast(f, h = h, level = 95)$mean else forecast(f, xreg = xreg, h = h, level = 95)$mean
  wide <- if (length(f$coef) == 0) NULL else tryCatch(arima(f$x, o[1:3], list(order = o[4:6], period = frequency(f$x)), xreg = f$xreg, include.mean = "intercept" %in% names(f$coef),
    fixed = f$coef, transform.pars = FALSE, method = "ML", kappa = 1e10), error = function(e) NULL)
  loglik <- if (is.null(wide)) f$loglik else wide$loglik
  stopifnot(abs(loglik - f$loglik) < 0.01)
  row("fit", name, settings, paste(c(o, as.integer(const)), collapse = ","), num(c(loglik, f$aicc + 2 * (f$loglik - loglik), f$sigma2)), num(fc))
}
put <- function(name, y) row("series", name, max(1, round(frequency(y))), num(y))
gaps <- function(y, at) { y[at] <- NA; y }
series <- list(WWWusage = WWWusage, Nile = Nile, LakeHuron = LakeHuron, lynx = lynx, uspop = uspop, JohnsonJohnson = JohnsonJohnson, USAccDeaths = USAccDeaths,
  AirPassengers = AirPassengers, presidents = presidents, UKgas = UKgas, nottem = window(nottem, 1930), nhtemp = nhtemp, BJsales = BJsales, airmiles = airmiles,
  women = ts(women$weight), six = ts(c(3, 5, 4, 6, 5, 7)), nilegaps = gaps(Nile, c(10, 11, 40, 77)), deathsgaps = gaps(USAccDeaths, c(5, 20:22, 50)))
for (name in names(series)) { put(name, series[[name]]); emit(name, "", auto.arima(series[[name]])) }
emit("JohnsonJohnson", "stepwise=false", auto.arima(JohnsonJohnson, stepwise = FALSE))
emit("WWWusage", "stepwise=false", auto.arima(WWWusage, stepwise = FALSE))
emit("WWWusage", "ic=bic", auto.arima(WWWusage, ic = "bic"))
emit("Nile", "ic=aic", auto.arima(Nile, ic = "aic"))
emit("Nile", "stationary=true", auto.arima(Nile, stationary = TRUE))
emit("USAccDeaths", "approximation=true", auto.arima(USAccDeaths, approximation = TRUE))
emit("USAccDeaths", "seasonal=false", auto.arima(USAccDeaths, seasonal = FALSE))
emit("LakeHuron", "d=1", auto.arima(LakeHuron, d = 1))
emit("LakeHuron", "d=1;allow_drift=false", auto.arima(LakeHuron, d = 1, allowdrift = FALSE))
emit("nottem", "approximation=false", auto.arima(window(nottem, 1930), approximation = FALSE))
emit("AirPassengers", "season_test=ocsb", auto.arima(AirPassengers, seasonal.test = "ocsb"))
emit("UKgas", "season_test=ch", auto.arima(UKgas, seasonal.test = "ch"))
emit("LakeHuron", "test=adf", auto.arima(LakeHuron, test = "adf"))
emit("Nile", "test=pp", auto.arima(Nile, test = "pp"))
# One regressor, whose last h values are the future.
lead <- as.numeric(BJsales.lead); n <- length(BJsales)
row("series", "bj_x", 1, num(BJsales[1:(n - h)])); row("x", "bj_x", num(lead))
emit("bj_x", "", auto.arima(ts(BJsales[1:(n - h)]), xreg = lead[1:(n - h)]), lead[(n - h + 1):n])
k <- length(UKDriverDeaths); law <- as.numeric(Seatbelts[, "PetrolPrice"])
row("series", "drivers_x", 12, num(UKDriverDeaths[1:(k - h)])); row("x", "drivers_x", num(law))
emit("drivers_x", "", auto.arima(ts(UKDriverDeaths[1:(k - h)], frequency = 12), xreg = law[1:(k - h)]), law[(k - h + 1):k])
close(out)
