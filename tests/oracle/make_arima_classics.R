# Fits of ARIMA models to R's classic series and to a simulated AR(1), for tests/python/test_python_arima.py.
# SPDX-License-Identifier: Apache-2.0
# Made by: Rscript make_arima_classics.R FILE (R 4.2.2, stats::arima; no other package).
# Rows: series,NAME,values... (NA = missing) and fit,NAME,p,d,q,P,D,Q,m,constant(0 none 1 mean),loglik,coefficients...
# Series are differenced before the fit: R's own start of differences (variance 1e6) is good to about 1e-6 only. A fit that R
# gives up on is left out, and one whose autoregression has a root within a hundredth of the unit circle: there R's start
# covariance is wrong (austres, ARIMA(2,0,1): R says -333.53, the dense Gaussian likelihood of its own estimates is -339.40).
path <- commandArgs(TRUE)
path <- if (length(path)) path[1] else "tests/fixtures/arima_classics_r.csv"
out <- file(path, "w")
num <- function(x) ifelse(is.na(x), "NA", format(x, digits = 15, trim = TRUE))
put <- function(...) cat(paste(c(...), collapse = ","), "\n", file = out, sep = "")

set.seed(600)
data <- list(ar1 = round(arima.sim(list(ar = 0.6), 600), 6), AirPassengers = log(AirPassengers), BJsales = BJsales, JohnsonJohnson = log(JohnsonJohnson),
             LakeHuron = LakeHuron, Nile = Nile, UKDriverDeaths = UKDriverDeaths, UKgas = log(UKgas), USAccDeaths = USAccDeaths,
             WWWusage = WWWusage, airmiles = airmiles, austres = austres, co2 = co2, discoveries = discoveries, fdeaths = fdeaths,
             ldeaths = ldeaths, lh = lh, lynx = log10(lynx), mdeaths = mdeaths, nhtemp = nhtemp, nottem = nottem,
             presidents = presidents, sunspot.year = sunspot.year, uspop = uspop)
# Noise of few values, differenced in vain: the moving average ends at -1.
for (k in 1:12) data[[paste0("noise", k)]] <- round(rnorm(36), 4)
fit <- function(name, o, s, constant) {
  y <- as.numeric(data[[name]])
  m <- if (sum(s)) frequency(data[[name]]) else 1
  if (s[2]) y <- diff(y, m, s[2])
  if (o[2]) y <- diff(y, 1, o[2])
  a <- tryCatch(suppressWarnings(arima(y, c(o[1], 0, o[3]), list(order = c(s[1], 0, s[3]), period = m), include.mean = constant == 1)),
                error = function(e) NULL)
  if (is.null(a) || a$code != 0 || any(Mod(polyroot(c(1, -a$model$phi))) < 1.01)) return(invisible())
  put("fit", name, o, s, m, constant, num(a$loglik), num(coef(a)))
}
for (name in names(data)) {
  y <- data[[name]]
  put("series", name, num(as.numeric(y)))
  if (startsWith(name, "noise")) {
    fit(name, c(1, 1, 1), c(0, 0, 0), 0)
    next
  }
  fit(name, c(1, 0, 0), c(0, 0, 0), 1)
  fit(name, c(2, 0, 1), c(0, 0, 0), 1)
  if (!anyNA(y)) for (o in list(c(0, 1, 1), c(1, 1, 1), c(2, 1, 2), c(0, 2, 2))) fit(name, o, c(0, 0, 0), 0)
  if (frequency(y) > 1 && !anyNA(y)) for (s in list(c(0, 1, 1), c(1, 1, 0))) fit(name, c(1, 1, 1), s, 0)
}
fit("ar1", c(1, 0, 0), c(0, 0, 0), 0)
close(out)
