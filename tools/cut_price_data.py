#!/usr/bin/env python3
"""Cuts data/prices.csv, the real prices that ship with Norn, from PyPortfolioOpt's (its licence: data/licenses/pyportfolioopt-MIT.txt).

Run: cut_price_data.py [OUT.csv]   (NORN_DATA names the folder that holds prices/pypfopt_stock_prices.csv, default ../shared/data)

Adjusted daily closes of ten US shares over the last five years of the source, shortened to five significant digits.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import os
import sys

SYMBOLS = ["AAPL", "AMZN", "BAC", "GE", "GOOG", "JPM", "PFE", "T", "WMT", "XOM"]
FIRST = "2013-04-11"


def short(text):
    return repr(float(f"{float(text):.5g}")).removesuffix(".0") if text else ""


def main():
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(top, "data", "prices.csv")
    source = os.path.join(os.environ.get("NORN_DATA", "../shared/data"), "prices", "pypfopt_stock_prices.csv")
    with open(source, newline="", encoding="utf-8") as f:
        rows = [[row["date"]] + [short(row[s]) for s in SYMBOLS] for row in csv.DictReader(f) if row["date"] >= FIRST]
    with open(out, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["date"] + SYMBOLS)
        w.writerows(rows)


if __name__ == "__main__":
    main()
