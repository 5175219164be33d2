#!/usr/bin/env python3
"""Whether Norn's public holidays are prophet's: every day and name of 1995-2044, by prophet.make_holidays.make_holidays_df.

Run: python3 tests/oracle/check_prophet_holidays.py [CODE...]   (prophet 1.3.0, holidays 0.109). Without codes: each code and name that
data/holidays/countries.csv lists and the package has, all years in one; with codes: these, year by year, as the table has them and as prophet
makes them. That the library holds the table's days is tests/data/test_holidays.c's matter.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import logging
import os
import sys
import warnings

logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
from prophet.make_holidays import make_holidays_df  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools"))
import gen_holidays  # noqa: E402


def table():
    """{code: {(day, name)}} of the text that the library is built from."""
    first, lists, found, rows = datetime.date(1970, 1, 1), [], {}, None
    with open(os.path.join(ROOT, "data", "holidays", "public_holidays.txt"), encoding="utf-8") as f:
        for line in f.read().split("\n"):
            if line.startswith("= "):
                lists.append([first + datetime.timedelta(day) for day in gen_holidays.days_of(line, first)])
            elif line.startswith("@ "):
                rows = found[line[2:]] = set()
            elif line and line[0] != "#":
                place, name = line.split(" ", 1)
                rows.update((day.isoformat(), name) for day in lists[int(place)])
    return found


def made(country, years):
    frame = make_holidays_df(years, country)
    frame = frame[frame["holiday"].notna()]
    return {(day.date().isoformat(), name) for day, name in zip(frame["ds"], frame["holiday"])}


def main():
    here, codes, bad = table(), {}, 0
    with open(os.path.join(ROOT, "data", "holidays", "countries.csv"), encoding="utf-8") as f:
        for row in csv.DictReader(f):
            codes |= {name: row["code"] for name in (row["code"], *row["also"].split("|")) if name}
    span = range(1995, 2045)
    for name in sys.argv[1:] or codes:
        try:
            theirs = set().union(*(made(name, [year]) for year in span)) if sys.argv[1:] else made(name, list(span))
        except (AttributeError, TypeError):  # MAR is a month there
            print(f"{name:6} is no name of the package's; here {codes[name]}")
            continue
        ours = here[codes[name]]
        bad += ours != theirs
        if sys.argv[1:] or ours != theirs:
            print(f"{name:6} here {len(ours):5} days, prophet {len(theirs):5}: {'all equal' if ours == theirs else sorted(ours ^ theirs)[:6]}")
    print(f"{bad} of {len(sys.argv[1:] or codes)} differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
