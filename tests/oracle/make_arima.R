# Likelihoods, squares, fits and forecasts of ARIMA models by R's stats::arima and the forecast package.
# SPDX-License-Identifier: Apache-2.0
# Made by: Rscript make_arima.R FILE (R 4.2.2, forecast 8.20). Series are R's own datasets.
# Rows: series,NAME,values... (NA = missing) and
#   KIND,NAME,p,d,q,P,D,Q,m,constant(0 none 1 mean 2 drift),n_x,values...
# lik: coefficients, then loglik and sigma2. Series are differenced first, and Q0 is Rossignol's:
#   R's own treatment of differences (a start of variance 1e6) is good to about 1e-6 only, and
#   Gardner's Q0 to less near the unit circle.
# gap: the same for series with missing values, differenced inside R, with kappa 1e8 for its 1e6
# css: coefficients, then sigma2
# fit: coefficients, loglik, 12 forecasts, 12 standard errors (of forecast's intervals)
suppressMessages(library(forecast))
path <- commandArgs(TRUE)
path <- if (length(path)) path[1] else "tests/fixtures/arima_r.csv"
out <- file(path, "w")
num <- function(x) ifelse(is.na(x), "NA", format(x, digits = 15, trim = TRUE))
put <- function(...) cat(paste(c(...), collapse = ","), "\n", file = out, sep = "")

data <- list(lh = lh, LakeHuron = LakeHuron, USAccDeaths = USAccDeaths, AirPassengers = AirPassengers,
             WWWusage = WWWusage, Nile = Nile, UKgas = UKgas, lynx = log10(lynx), presidents = presidents)
# Centred: R's start of variance 1e6 pulls levels towards 0.
gapped <- USAccDeaths - 8789; gapped[c(20, 21, 40, 41, 42, 60)] <- NA
early <- USAccDeaths - 8789; early[c(3, 7, 8, 30)] <- NA
data$gapped <- gapped
data$early <- early
for (name in names(data)) put("series", name, num(as.numeric(data[[name]])))

head <- function(kind, name, o, s, m, constant, n_x) c(kind, name, o, s, m, constant, n_x)
column <- function(constant, n) if (constant == 2) cbind(drift = seq_len(n)) else NULL

lik <- function(name, o, s, constant, coef) {
  y <- data[[name]]
  m <- if (sum(s)) frequency(y) else 1
  w <- as.numeric(y)
  x <- switch(constant + 1, NULL, rep(1, length(w)), seq_along(w))
  if (s[2]) { w <- diff(w, m, s[2]); if (constant) x <- diff(x, m, s[2]) }
  if (o[2]) { w <- diff(w, 1, o[2]); if (constant) x <- diff(x, 1, o[2]) }
  fit <- arima(w, c(o[1], 0, o[3]), list(order = c(s[1], 0, s[3]), period = m), include.mean = FALSE,
               xreg = x, fixed = coef, transform.pars = FALSE, method = "ML", SSinit = "Rossignol2011")
  put(head("lik", name, o, s, m, constant, 0), num(coef), num(fit$loglik), num(fit$sigma2))
}
lik("lh", c(1, 0, 0), c(0, 0, 0), 1, c(0.57, 2.41))
lik("lh", c(3, 0, 2), c(0, 0, 0), 1, c(0.4, -0.3, 0.2, 0.3, -0.5, 2.4))
lik("LakeHuron", c(1, 1, 1), c(0, 0, 0), 0, c(0.74, -0.9))
lik("LakeHuron", c(2, 1, 1), c(0, 0, 0), 2, c(0.5, 0.3, -0.99, -0.01))
lik("LakeHuron", c(1, 0, 0), c(0, 0, 0), 1, c(0.999, 579))
lik("WWWusage", c(3, 1, 0), c(0, 0, 0), 0, c(1.15, -0.66, 0.34))
lik("WWWusage", c(0, 2, 4), c(0, 0, 0), 0, c(0.5, 0.2, -0.2, 0.1))
lik("lynx", c(4, 0, 1), c(0, 0, 0), 1, c(0.9, -0.2, 0.1, -0.3, 0.4, 2.9))
lik("AirPassengers", c(0, 1, 1), c(0, 1, 1), 0, c(-0.31, -0.11))
lik("AirPassengers", c(2, 1, 1), c(2, 1, 1), 0, c(0.6, 0.2, -0.95, 0.3, -0.4, -0.7))
lik("AirPassengers", c(1, 0, 0), c(2, 0, 2), 1, c(0.8, 0.6, 0.35, -0.3, 0.2, 280))
lik("USAccDeaths", c(0, 0, 3), c(1, 1, 0), 2, c(0.5, 0.4, 0.3, -0.4, 5))
lik("USAccDeaths", c(2, 0, 2), c(3, 0, 0), 1, c(0.5, 0.2, 0.3, -0.1, 0.4, 0.2, 0.3, 8800))
lik("UKgas", c(1, 1, 2), c(1, 1, 1), 0, c(0.3, -0.8, 0.2, 0.4, -0.9))

gap <- function(name, o, s, constant, coef) {
  y <- data[[name]]
  m <- if (sum(s)) frequency(y) else 1
  fit <- arima(as.numeric(y), o, list(order = s, period = m), include.mean = constant == 1,
               xreg = column(constant, length(y)), fixed = coef, transform.pars = FALSE, method = "ML",
               kappa = 1e8)
  put(head("gap", name, o, s, m, constant, 0), num(coef), num(fit$loglik), num(fit$sigma2))
}
gap("presidents", c(1, 0, 0), c(0, 0, 0), 1, c(0.82, 56))
gap("presidents", c(2, 0, 2), c(1, 0, 1), 1, c(0.5, 0.2, 0.3, 0.1, 0.2, -0.3, 55))
gap("presidents", c(1, 1, 1), c(0, 0, 0), 2, c(0.5, -0.7, 0.1))
gap("gapped", c(0, 1, 1), c(0, 1, 1), 0, c(-0.43, -0.55))
gap("gapped", c(1, 0, 1), c(1, 1, 0), 2, c(0.6, -0.2, -0.4, -5))
gap("gapped", c(3, 1, 0), c(2, 0, 0), 0, c(0.2, -0.1, 0.1, 0.4, 0.3))
gap("early", c(0, 1, 1), c(0, 1, 1), 0, c(-0.43, -0.55))
gap("early", c(1, 2, 1), c(0, 0, 0), 0, c(0.3, -0.8))

css <- function(name, o, s, constant, coef) {
  y <- data[[name]]
  m <- if (sum(s)) frequency(y) else 1
  fit <- arima(as.numeric(y), o, list(order = s, period = m), include.mean = constant == 1,
               xreg = column(constant, length(y)), fixed = coef, transform.pars = FALSE, method = "CSS")
  put(head("css", name, o, s, m, constant, 0), num(coef), num(fit$sigma2))
}
css("lh", c(3, 0, 2), c(0, 0, 0), 1, c(0.4, -0.3, 0.2, 0.3, -0.5, 2.4))
css("LakeHuron", c(2, 1, 1), c(0, 0, 0), 2, c(0.5, 0.3, -0.9, -0.01))
css("AirPassengers", c(2, 1, 1), c(1, 1, 1), 0, c(0.6, 0.2, -0.95, 0.3, -0.4))
css("USAccDeaths", c(0, 0, 3), c(2, 0, 1), 1, c(0.5, 0.4, 0.3, 0.4, 0.2, -0.3, 8800))

fit <- function(name, o, s, constant, x = NULL, ahead = NULL) {
  y <- data[[name]]
  m <- if (sum(s)) frequency(y) else 1
  y <- ts(as.numeric(y), frequency = max(m, 1))
  call <- list(y, o, list(order = s, period = m), include.mean = constant == 1,
               include.drift = constant == 2)
  if (!is.null(x)) call$xreg <- x
  a <- do.call(Arima, call)
  f <- if (is.null(x)) forecast(a, h = 12, level = 95) else forecast(a, h = 12, level = 95, xreg = ahead)
  coef <- coef(a)
  if (constant == 2 || constant == 1) { # constant before the other regressors
    own <- names(coef) %in% c("drift", "intercept")
    n_arma <- o[1] + o[3] + s[1] + s[3]
    coef <- c(coef[seq_len(n_arma)], coef[own], coef[-seq_len(n_arma)][!own[-seq_len(n_arma)]])
  }
  se <- (as.numeric(f$upper) - as.numeric(f$mean)) / qnorm(0.975)
  put(head("fit", name, o, s, m, constant, if (is.null(x)) 0 else ncol(x)), num(coef), num(a$loglik),
      num(as.numeric(f$mean)), num(se))
}
fit("lh", c(1, 0, 0), c(0, 0, 0), 1)
fit("lh", c(3, 0, 0), c(0, 0, 0), 1)
fit("LakeHuron", c(1, 0, 1), c(0, 0, 0), 1)
fit("LakeHuron", c(1, 1, 1), c(0, 0, 0), 0)
fit("WWWusage", c(1, 1, 1), c(0, 0, 0), 0)
fit("WWWusage", c(3, 1, 0), c(0, 0, 0), 2)
fit("Nile", c(1, 1, 1), c(0, 0, 0), 0)
fit("lynx", c(2, 0, 2), c(0, 0, 0), 1)
fit("AirPassengers", c(2, 1, 1), c(0, 1, 0), 0)
fit("AirPassengers", c(0, 1, 1), c(0, 1, 1), 0)
fit("USAccDeaths", c(0, 1, 1), c(0, 1, 1), 0)
fit("USAccDeaths", c(1, 0, 0), c(2, 1, 0), 2)
fit("UKgas", c(0, 1, 1), c(0, 1, 1), 0)
fit("presidents", c(1, 0, 0), c(0, 0, 0), 1)
fit("presidents", c(3, 0, 0), c(0, 0, 0), 1)
fit("gapped", c(0, 1, 1), c(0, 1, 1), 0)
# Two regressors that the reader of this file makes, too: see test_arima_fit.c.
wave <- function(t) cbind(a = cos(t / 3), b = (t %% 7) - 3)
fit("LakeHuron", c(1, 0, 1), c(0, 0, 0), 1, wave(1:98), wave(99:110))
fit("USAccDeaths", c(0, 1, 1), c(0, 1, 1), 0, wave(1:72), wave(73:84))
close(out)
