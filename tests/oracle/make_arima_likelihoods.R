# Likelihoods and estimates of ARIMA models of R's classic series, for tests/models/test_arima_classics.c.
# SPDX-License-Identifier: Apache-2.0
# Made by: Rscript make_arima_likelihoods.R FILE (R 4.2.2, stats::arima; no other package).
# Rows: series,NAME,values... (NA = missing) and fit,NAME,p,d,q,P,D,Q,m,constant(0 none 1 mean),loglik,coefficients...
# Of method CSS-ML and ML the higher one. loglik is R's own number; its start of differences (variance 1e6) makes it differ from the
# exact likelihood at the same estimates by 1e-6 to 1e-2, which is why tests value the estimates instead.
path <- commandArgs(TRUE)
path <- if (length(path)) path[1] else "tests/fixtures/arima_likelihoods_r.csv"
out <- file(path, "w")
num <- function(x) ifelse(is.na(x), "NA", format(x, digits = 15, trim = TRUE))
put <- function(...) cat(paste(c(...), collapse = ","), "\n", file = out, sep = "")
names <- c("AirPassengers", "BJsales", "BJsales.lead", "JohnsonJohnson", "LakeHuron", "Nile", "UKDriverDeaths", "UKgas", "USAccDeaths",
           "WWWusage", "airmiles", "austres", "co2", "discoveries", "fdeaths", "freeny.y", "ldeaths", "lh", "lynx", "mdeaths", "nhtemp",
           "nottem", "presidents", "sunspot.year", "uspop")
data <- setNames(lapply(names, get), names)
data$logAirPassengers <- log(AirPassengers)
data$logUKgas <- log(UKgas)
data$logJJ <- log(JohnsonJohnson)
data$loglynx <- log10(lynx)
data$beaver1 <- beaver1$temp
data$treering <- treering[1:800]
data$strikes <- c(4737, 5117, 5091, 3468, 4320, 3825, 3673, 3694, 3708, 3333, 3367, 3614, 3362, 3655, 3963, 4405, 4595, 5045, 5700, 5716,
                  5138, 5010, 5353, 6074, 5031, 5648, 5506, 4230, 4827, 3885) # Brockwell and Davis: strikes in the USA, 1951 to 1980
plain <- list(c(1, 0, 0), c(3, 0, 0), c(0, 0, 2), c(1, 0, 1), c(2, 0, 1), c(1, 0, 2), c(3, 0, 1), c(2, 0, 2), c(0, 1, 1), c(1, 1, 1),
              c(2, 1, 1), c(1, 1, 2), c(2, 1, 2), c(3, 1, 3), c(0, 2, 2), c(1, 2, 1), c(2, 2, 2))
seasonal <- list(c(0, 1, 1, 0, 1, 1), c(1, 1, 1, 0, 1, 1), c(1, 1, 0, 1, 1, 0), c(2, 1, 1, 0, 1, 1), c(1, 0, 1, 1, 0, 0),
                 c(2, 0, 0, 1, 1, 1))
fit <- function(name, o, s) {
  y <- as.numeric(data[[name]])
  m <- if (sum(s)) frequency(data[[name]]) else 1
  constant <- as.integer(o[2] + s[2] == 0)
  best <- NULL
  for (method in c("CSS-ML", "ML")) {
    a <- tryCatch(suppressWarnings(arima(y, o, list(order = s, period = m), include.mean = constant == 1, method = method)),
                  error = function(e) NULL)
    if (!is.null(a) && is.finite(a$loglik) && (is.null(best) || a$loglik > best$loglik)) best <- a
  }
  if (!is.null(best)) put("fit", name, o, s, m, constant, num(best$loglik), num(coef(best)))
}
for (name in names(data)) {
  put("series", name, num(as.numeric(data[[name]])))
  for (o in plain) fit(name, o, c(0, 0, 0))
  if (frequency(data[[name]]) %in% c(4, 12)) for (o in seasonal) fit(name, o[1:3], o[4:6])
}
close(out)
