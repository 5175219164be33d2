# R forecast's naive, snaive, rwf with drift, meanf and thetaf, and stats' acf and decompose, on public classic series.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_simple.R > tests/fixtures/simple_r.csv     (made with R 4.2.2, forecast 8.20)
suppressPackageStartupMessages(library(forecast))
num <- function(x) paste(sprintf("%.17g", as.numeric(x)), collapse = " ")
row <- function(...) cat(paste(..., sep = ","), "\n", sep = "")
cat("# R", as.character(getRversion()), "forecast", as.character(packageVersion("forecast")), "\n")
for (name in c("AirPassengers", "USAccDeaths", "UKgas", "nottem", "co2", "lynx", "WWWusage", "Nile", "LakeHuron", "JohnsonJohnson")) {
  y <- get(name); m <- frequency(y)
  row("y", name, m, num(y))
  row("acf", name, m, num(acf(y, lag.max = 2 * m, plot = FALSE)$acf[-1]))
  if (m > 1) {
    row("decompose_add", name, m, num(decompose(y, "additive")$seasonal[1:m]))
    row("decompose_mul", name, m, num(decompose(y, "multiplicative")$seasonal[1:m]))
  }
  h <- 15
  for (model in c("naive", "seasonal_naive", "drift", "theta")) {
    f <- switch(model, naive = naive(y, h = h, level = 95), seasonal_naive = snaive(y, h = h, level = 95),
                drift = rwf(y, h = h, drift = TRUE, level = 95), theta = thetaf(y, h = h, level = 95))
    row(paste0("mean:", model), name, m, num(f$mean))
    row(paste0("hi95:", model), name, m, num(f$upper))
  }
}
