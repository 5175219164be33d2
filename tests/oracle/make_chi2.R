# Makes tests/fixtures/chi2_r.csv: R's pchisq, pgamma, lgamma and Box.test.
# SPDX-License-Identifier: Apache-2.0
# Run: Rscript tests/oracle/make_chi2.R [tests/fixtures]   (R 4.2.2)
# Rows: "chi2,<df>,<x>,<lower>,<upper>", "lgamma,<a>,<value>", and "series,<name>,<y...>" (NA = missing) with its
#   "box,<lag>,<fitdf>,<statistic>,<p>".
args <- commandArgs(TRUE); if (!length(args)) args <- "tests/fixtures"
out <- file(file.path(args[1], "chi2_r.csv"), "w")
num <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
row <- function(...) writeLines(paste(c(...), collapse = ","), out)
for (df in c(.02, .1, .5, 1:6, 7.5, 10, 13, 20, 31, 32, 33, 50, 100, 365, 1000, 1e4, 1e5, 1e6))
  for (q in c(1e-200, 1e-30, 1e-8, .01, .2, .5, .7, .95, 1 - 1e-6)) row("chi2", num(c(df, x <- qchisq(q, df), pchisq(x, df), pchisq(x, df, lower.tail = FALSE))))
for (df in c(1, 2, 3, 5, 10, 24, 100, 1000, 1e5)) for (k in c(1, 1.5, 2, 4, 10, 40)) {
  x <- df * k + 3 * k; row("chi2", num(c(df, x, pchisq(x, df), pchisq(x, df, lower.tail = FALSE))))
}
for (a in c(1e-5, .1, .5, 1, 1.5, 2, 2.5, 3, 7.3, 15.9, 16, 17, 100.25, 1e4, 1e9)) row("lgamma", num(c(a, lgamma(a))))
emit <- function(name, y) {
  row("series", name, ifelse(is.na(y), "NA", sprintf("%.15g", y)))
  for (k in list(c(1, 0), c(5, 2), c(10, 0), c(20, 4))) if (k[1] < length(y)) {
    b <- Box.test(y, k[1], "Ljung", k[2]); row("box", k[1], k[2], num(b$statistic), num(b$p.value))
  }
}
for (name in c("lynx", "Nile", "LakeHuron", "presidents", "WWWusage")) emit(name, get(name))
set.seed(3); emit("noise", round(rnorm(100), 5)); emit("short", round(rnorm(6), 4)); y <- round(rnorm(60), 4); y[c(1, 9:12, 33)] <- NA; emit("gaps", y)
emit("residuals", round(residuals(arima(lynx, c(2, 0, 1))), 6))
close(out)
