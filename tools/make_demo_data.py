#!/usr/bin/env python3
"""Cuts data/demo.csv from the public series that may ship: make_demo_data.py [OUT]   (NORN_DATA names the folder, default ../shared/data)

data/README.md says what each series is, where it comes from and under which licence. Nothing is made up: values are the sources'
own; of daily prices the last close of each month or quarter stands (rounded to 4 decimals), under that period's first day.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import os
import sys

# name in R's datasets, observations a year, first year kept (None: all)
CLASSICS = [("AirPassengers", 12, None), ("USAccDeaths", 12, None), ("UKDriverDeaths", 12, None), ("ldeaths", 12, None),
            ("mdeaths", 12, None), ("fdeaths", 12, None), ("nottem", 12, None), ("sunspots", 12, 1900), ("UKgas", 4, None),
            ("JohnsonJohnson", 4, None), ("austres", 4, None), ("presidents", 4, None), ("Nile", 1, None), ("LakeHuron", 1, None),
            ("lynx", 1, None), ("nhtemp", 1, None), ("airmiles", 1, None), ("discoveries", 1, None), ("sunspot.year", 1, None),
            ("treering", 1, 1500)]
SEATBELTS = ["DriversKilled", "front", "rear", "kms", "PetrolPrice", "VanKilled"]
# file, id, first day kept, last day kept
DAILY = [("example_pedestrians_covid.csv", "pedestrians", "2018-01-01", "2019-12-31"),
         ("example_wp_log_R.csv", "wp_log_R", "2014-01-01", "2015-12-31")]
OLD, NEW = "pypfopt_stock_prices.csv", "pypfopt_cookbook_stock_prices.csv"
MONTHLY_SPANS = [(OLD, 1990), (OLD, 1995), (OLD, 2000), (OLD, 2005), (OLD, 2010), (NEW, 2015), (NEW, 2020)]
QUARTERLY = (OLD, 1990, 2017)
SHORTEST = 48  # closes in a span; a stock listed later has no series there


def rows_of(folder, *path):
    with open(os.path.join(folder, *path), newline="", encoding="utf-8") as f:
        return list(csv.reader(f))


def day(year, part, parts):
    """The first day of a part of a year, as an ISO date."""
    return f"{year:04d}-{1 + part * (12 // parts):02d}-01"


def classic(rows, parts, first_year):
    """(date, value text) of a series whose time stands as a decimal year in the last but one column."""
    for row in rows[1:]:
        step = round(float(row[-2]) * parts)
        year, part = divmod(step, parts)
        if first_year is None or year >= first_year:
            yield day(year, part, parts), row[-1]


def closes(rows, symbol, parts, first, last):
    """(date, value text): the last close of every part of the years first..last."""
    column, found = rows[0].index(symbol), {}
    for row in rows[1:]:
        year, month = int(row[0][:4]), int(row[0][5:7])
        if first <= year <= last and row[column]:
            found[day(year, (month - 1) // (12 // parts), parts)] = f"{float(row[column]):.4f}".rstrip("0").rstrip(".")
    return sorted(found.items())


def series(data):
    """Yields (id, [(date, value text)]) in the file's order."""
    classics = os.path.join(data, "classics")
    for name, parts, first in CLASSICS:
        yield name, list(classic(rows_of(classics, f"datasets_{name}.csv"), parts, first))
    yield "co2", list(classic(rows_of(classics, "R_co2.csv"), 12, None))
    seatbelts = rows_of(classics, "datasets_Seatbelts.csv")
    for name in SEATBELTS:
        column = seatbelts[0].index(name)
        yield f"Seatbelts-{name}", [(day(1969 + i // 12, i % 12, 12), row[column]) for i, row in enumerate(seatbelts[1:])]
    yield "retail_sales", [tuple(row) for row in rows_of(data, "prophet", "example_retail_sales.csv")[1:]]
    for leaf, name, first, last in DAILY:
        kept = (tuple(row) for row in rows_of(data, "prophet", leaf)[1:])
        yield name, sorted(row for row in kept if first <= row[0] <= last)
    prices = {leaf: rows_of(data, "prices", leaf) for leaf in (OLD, NEW)}
    for leaf, first in MONTHLY_SPANS:
        for symbol in prices[leaf][0][1:]:
            found = closes(prices[leaf], symbol, 12, first, first + 4)
            if len(found) >= SHORTEST:
                yield f"{symbol}-monthly-{first}", found
    leaf, first, last = QUARTERLY
    for symbol in prices[leaf][0][1:]:
        yield f"{symbol}-quarterly", closes(prices[leaf], symbol, 4, first, last)


def main():
    data = os.environ.get("NORN_DATA", "../shared/data")
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "demo.csv")
    if not os.path.isdir(os.path.join(data, "classics")):
        sys.exit(f"make_demo_data: {data} has no folder classics/; set NORN_DATA")
    n_series = n_rows = 0
    with open(target, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["unique_id", "ds", "y"])
        for name, points in series(data):
            out.writerows((name, when, value) for when, value in points)
            n_series, n_rows = n_series + 1, n_rows + len(points)
    print(f"{target}: {n_series} series, {n_rows} rows, {os.path.getsize(target)} bytes")


if __name__ == "__main__":
    main()
