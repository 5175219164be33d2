# Makes tests/fixtures/ets_r.csv: likelihoods, fitted values, means and variances of R's ets at fixed parameters.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_ets.R tests/fixtures/ets_r.csv   (R 4.2.2, forecast 8.20)
# Rows of text: "series,<name>,<m>,<y...>", then per form
#   "form,<series>,<E T S d>,<alpha beta gamma phi>", "states,...", "last,...", "stat,<loglik aic aicc bic sigma2 sse>",
#   "fitted,..." (first and last 6), "mean,...", "var,..." (8 steps ahead; absent without a closed form).
# Three slips of R 8.20 are put right here: etsforecast.c adds phi twice from the second step on (damped forms without formulas),
# class3 leaves phi out of F1 and H1 for damped trends (M,Ad,M), and class1 writes
# gamma into the third row of G even when there is no trend (A,N,A), (M,N,A), one period too early.
suppressMessages(library(forecast))
args <- commandArgs(TRUE)
out <- file(if (length(args)) args[1] else "ets_r.csv", "w")
num <- function(x) paste(format(as.numeric(x), digits = 17, trim = TRUE, scientific = TRUE), collapse = ",")
row <- function(...) writeLines(paste(..., sep = ","), out)
class3_damped <- function(h, last, m, sigma2, par) {
  phi <- par["phi"]; H1 <- matrix(c(1, phi), 1); H2 <- matrix(c(rep(0, m - 1), 1), 1)
  F1 <- rbind(c(1, phi), c(0, phi)); G1 <- rbind(par["alpha"] * c(1, phi), par["beta"] * c(1, phi))
  F2 <- rbind(c(rep(0, m - 1), 1), cbind(diag(m - 1), rep(0, m - 1))); G2 <- matrix(0, m, m); G2[1, m] <- par["gamma"]
  Mh <- matrix(last[1:2]) %*% matrix(last[-(1:2)], 1); Vh <- matrix(0, length(Mh), length(Mh))
  H21 <- H2 %x% H1; F21 <- F2 %x% F1; G21 <- G2 %x% G1; K <- (G2 %x% F1) + (F2 %x% G1); mu <- var <- numeric(h)
  for (i in 1:h) {
    mu[i] <- H1 %*% Mh %*% t(H2); var[i] <- (1 + sigma2) * H21 %*% Vh %*% t(H21) + sigma2 * mu[i]^2; v <- c(Mh)
    Vh <- F21 %*% Vh %*% t(F21) + sigma2 * (F21 %*% Vh %*% t(G21) + G21 %*% Vh %*% t(F21) + K %*% (Vh + v %*% t(v)) %*% t(K) +
      sigma2 * G21 %*% (3 * Vh + 2 * v %*% t(v)) %*% t(G21))
    Mh <- F1 %*% Mh %*% t(F2) + G1 %*% Mh %*% t(G2) * sigma2
  }
  list(mu = mu, var = var)
}
class12_level <- function(h, last, m, sigma2, par, mul) {
  H <- matrix(c(1, rep(0, m - 1), 1), 1); F <- matrix(0, m + 1, m + 1); F[1, 1] <- 1; F[2, m + 1] <- 1
  F[3:(m + 1), 2:m] <- diag(m - 1); G <- matrix(c(par["alpha"], par["gamma"], rep(0, m - 1))); Fj <- diag(m + 1); mu <- cj <- numeric(h)
  for (i in 1:h) { mu[i] <- H %*% Fj %*% last; cj[i] <- H %*% Fj %*% G; Fj <- Fj %*% F }
  if (!mul) return(list(mu = mu, var = sigma2 * c(1, 1 + cumsum(cj[-h]^2))))
  theta <- mu^2
  for (j in 2:h) theta[j] <- mu[j]^2 + sigma2 * sum(cj[1:(j - 1)]^2 * theta[(j - 1):1])
  list(mu = mu, var = (1 + sigma2) * theta - mu^2)
}
series <- list(AirPassengers = AirPassengers, USAccDeaths = USAccDeaths, UKgas = UKgas, nottem = window(nottem, 1930), co2 = window(co2, 1985),
  lynx = lynx, WWWusage = WWWusage, Nile = Nile, LakeHuron = LakeHuron, JohnsonJohnson = JohnsonJohnson, BJsales = BJsales, uspop = uspop)
letters3 <- c(N = "N", A = "A", M = "M")
h <- 8
for (name in names(series)) {
  y <- series[[name]]; m <- frequency(y); row("series", name, m, num(y))
  seasons <- if (m > 1) c("N", "A", "M") else "N"
  for (e in c("A", "M")) for (tr in c("N", "A", "M")) for (s in seasons) for (d in if (tr == "N") FALSE else c(FALSE, TRUE)) {
    # Every form once on the first two series, a rotating third of them elsewhere.
    key <- sum(utf8ToInt(paste0(name, e, tr, s, d)))
    if (!(name %in% c("AirPassengers", "UKgas", "WWWusage")) && key %% 3 != 0) next
    f <- tryCatch(suppressWarnings(ets(y, paste0(e, tr, s), damped = d, restrict = FALSE, allow.multiplicative.trend = TRUE)), error = function(x) NULL)
    if (is.null(f) || !is.finite(f$loglik)) next
    p <- f$par; g <- function(k, none) if (k %in% names(p)) p[[k]] else none
    n <- length(y); last <- f$states[n + 1, ]
    row("form", name, e, tr, s, as.integer(d), num(c(g("alpha", 0), g("beta", 0), g("gamma", 0), g("phi", 1))))
    row("states", num(f$states[1, ])); row("last", num(last))
    row("stat", num(c(f$loglik, f$aic, f$aicc, f$bic, f$sigma2, sum(f$residuals^2), length(p))))
    row("fitted", num(c(head(f$fitted, 6), tail(f$fitted, 6))))
    closed <- tr != "M" && !(s == "M" && e == "A")
    if (!closed) {
      q <- if (tr == "N") rep(last[1], h) else { k <- cumsum(g("phi", 1)^(1:h)); if (tr == "A") last[1] + k * last[2] else last[1] * last[2]^k }
      sv <- if (s == "N") NULL else last[length(last) - (0:(h - 1)) %% m]
      mu <- if (s == "N") q else if (s == "A") q + sv else q * sv
      if (!d) stopifnot(max(abs(mu / forecast(f, h = h, PI = FALSE)$mean - 1)) < 1e-12)
      row("mean", num(mu)); next
    }
    moments <- function(h) {
      if (e == "M" && s == "M" && d) class3_damped(h, last, m, f$sigma2, p)
      else if (tr == "N" && s == "A") class12_level(h, last, m, f$sigma2, p, e == "M")
      else (if (e == "A") forecast:::class1 else if (s != "M") forecast:::class2 else forecast:::class3)(h, last, tr, s, d, m, f$sigma2, p)
    }
    v <- moments(h)
    # Longer than two seasons, so that the season's own innovations count.
    if (m > 1) { w <- moments(2 * m + 3); v <- list(mu = c(v$mu[1:4], tail(w$mu, 4)), var = c(v$var[1:4], tail(w$var, 4))) }
    row("mean", num(v$mu)); row("var", num(v$var))
  }
}
close(out)
