# Fits and forecasts of ARIMA models by R to series with values missing where the differences start.
# SPDX-License-Identifier: Apache-2.0
# Made by: Rscript make_arima_gaps.R FILE (R 4.2.2, forecast 8.20). Series are R's AirPassengers (logs) and
# co2, and a simulated walk.
# Rows as those of kind fit in arima_r.csv (make_arima.R): series,NAME,values... (NA = missing) and
#   fit,NAME,p,d,q,P,D,Q,m,constant(0 none 1 mean 2 drift),n_x,coefficients,loglik,12 forecasts,12 standard errors
# The better one of what R finds by CSS-ML and by ML, at a tolerance of 1e-12. R's start of the differences is normal with
# variance kappa; series are centred and kappa is 1e8 for R's 1e6, which would pull levels towards 0 (by 0.02 of the log
# likelihood where the level is 300 and sigma 0.3).
suppressMessages(library(forecast))
path <- commandArgs(TRUE)
path <- if (length(path)) path[1] else "tests/fixtures/arima_gaps_r.csv"
out <- file(path, "w")
num <- function(x) ifelse(is.na(x), "NA", format(x, digits = 15, trim = TRUE))
put <- function(...) cat(paste(c(...), collapse = ","), "\n", file = out, sep = "")

without <- function(y, at) { y[at + 1] <- NA; as.numeric(y) } # places count from 0
air <- round(1000 * log(AirPassengers) - 5542, 2)
long <- round(co2 - 337, 2)
set.seed(7)
walk <- round(cumsum(cumsum(rnorm(100, sd = 0.3)) * 0.3 + rnorm(100)), 5)
data <- list(inside = without(air, c(20, 71:73)), third = without(air, 3), fifth = without(air, 5), two = without(air, c(3, 7, 71:73)),
             last = without(air, 12), both = without(air, c(0, 2, 12, 15)), most = without(air, c(1:6, 8, 9)),
             season = without(air, c(4, 16, 28)), co2 = without(long, c(3, 7, 71:73)), walk1 = without(walk, c(1, 40)),
             walk2 = without(walk, c(1, 2)))
wave <- function(t) cbind(a = cos(t / 3), b = (t %% 7) - 3) # the reader of this file makes it, too: see test_arima_gaps.c

fit <- function(name, o, s, constant = 0, with_x = FALSE) {
  m <- if (sum(s)) 12 else 1
  y <- ts(data[[name]], frequency = m)
  call <- list(y, o, list(order = s, period = m), include.mean = FALSE, include.drift = constant == 2, kappa = 1e8,
               optim.control = list(reltol = 1e-12, maxit = 1000))
  if (with_x) call$xreg <- wave(seq_along(y))
  both <- lapply(c("CSS-ML", "ML"), function(method) tryCatch(do.call(Arima, c(call, method = method)), error = function(e) NULL))
  both <- Filter(Negate(is.null), both)
  a <- both[[which.max(sapply(both, function(f) f$loglik))]]
  f <- if (with_x) forecast(a, h = 12, level = 95, xreg = wave(length(y) + 1:12)) else forecast(a, h = 12, level = 95)
  coef <- coef(a)
  own <- names(coef) == "drift" # before the other regressors
  arma <- seq_along(coef) <= o[1] + o[3] + s[1] + s[3]
  se <- (as.numeric(f$upper) - as.numeric(f$mean)) / qnorm(0.975)
  put("fit", name, o, s, m, constant, 2 * with_x, num(c(coef[arma], coef[own], coef[!own & !arma])), num(a$loglik),
      num(as.numeric(f$mean)), num(se))
}
for (name in names(data)) put("series", name, num(data[[name]]))
airline <- c(0, 1, 1)
for (name in names(data)[1:9]) {
  fit(name, c(0, 1, 1), airline)
  fit(name, c(1, 1, 1), airline)
}
for (name in c("two", "most", "season")) {
  fit(name, c(2, 1, 2), airline)
  fit(name, c(1, 0, 0), airline, 2)
  fit(name, c(1, 0, 1), airline, 2)
  fit(name, c(0, 1, 1), airline, 0, TRUE)
  fit(name, c(1, 0, 1), airline, 2, TRUE)
}
for (name in c("walk1", "walk2")) {
  fit(name, c(0, 2, 1), c(0, 0, 0))
  fit(name, c(0, 2, 2), c(0, 0, 0))
  fit(name, c(1, 2, 2), c(0, 0, 0))
  fit(name, c(0, 2, 1), c(0, 0, 0), 0, TRUE)
  fit(name, c(2, 1, 2), c(0, 0, 0))
  fit(name, c(2, 1, 2), c(0, 0, 0), 2)
}
close(out)
