#!/usr/bin/env python3
"""Makes the finance table that ships with Norn: a made-up company, month by month, region by region.

Run: make_finance_data.py [--months 39] [--rows-per-cell 1] [--seed 20260831] [OUT.csv]   (default data/finance.csv)

4 regions, 8 departments (two in each region), 12 columns. Seasons, trends, a price rise, a marketing push, a bad quarter in one
region and two wild bills are planted. Balances belong to a (region, department) at the row's date. Only integers and Python's own
Mersenne twister are used, so that the bytes are the same everywhere.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import calendar
import csv
import os
import random

REGIONS = ["NAM", "APAC", "LATAM", "EMEA"]
DEPARTMENTS = ["Sales", "Marketing", "Operations", "Finance", "Support", "Research", "Logistics", "Services"]
COLUMNS = ["Transaction Date", "Sales Revenue", "Operating Costs", "Marketing Spend", "Region", "Department", "Net Profit",
           "Cash Flow from Operations", "Accounts Receivable", "Accounts Payable", "Total Assets", "Total Liabilities"]
SEASON = [92, 90, 98, 99, 101, 103, 97, 95, 102, 104, 108, 118]  # per cent of the year's mean
SIZE = {"NAM": 140, "APAC": 95, "LATAM": 55, "EMEA": 110}
GROWTH = {"NAM": 6, "APAC": 14, "LATAM": 9, "EMEA": 4}  # per mille a month
WEIGHT = [100, 80, 120, 60, 70, 90, 110, 130]


def noise(rng, per_mille):
    return 1000 + rng.randint(-per_mille, per_mille)


def row_of(rng, month, region, d, share, books):
    """One row: `share` per mille of the month's turnover of a region's department."""
    base = SIZE[region] * WEIGHT[d] * 4
    level = base * (1000 + GROWTH[region] * month) // 1000
    if month >= 20:
        level = level * 104 // 100  # the price rise
    revenue = level * SEASON[month % 12] // 100 * noise(rng, 45) // 1000 * share // 1000
    marketing = revenue * (75 + (25 if 14 <= month <= 16 else 0)) // 1000 * noise(rng, 120) // 1000
    costs = revenue * 66 // 100 * noise(rng, 50) // 1000 + marketing
    if region == "LATAM" and 24 <= month <= 26:
        revenue = revenue * 70 // 100  # the bad quarter
    if (region, month) in {("NAM", 11), ("EMEA", 30)} and d % 4 == 0:
        costs = costs * 2  # a wild bill
    profit = revenue - costs
    cashflow = profit * 92 // 100 + revenue * rng.randint(-15, 25) // 1000
    receivable = revenue * rng.randint(300, 420) // 1000 * 1000 // share
    payable = costs * rng.randint(240, 340) // 1000 * 1000 // share
    book = books.setdefault((region, d), [base * 9, base * 5])
    book[0] += cashflow * 6 // 10
    book[1] += revenue * rng.randint(-6, 10) // 1000
    return [revenue, costs, marketing, region, DEPARTMENTS[d], profit, cashflow, receivable, payable, book[0], book[1]]


def rows_of(months, per_cell, seed):
    rng = random.Random(seed)
    books, rows = {}, []
    for month in range(months):
        year, m = 2022 + month // 12, month % 12 + 1
        last = calendar.monthrange(year, m)[1]
        for r, region in enumerate(REGIONS):
            for d in range(len(DEPARTMENTS)):
                if per_cell == 1 and (d + r) % 2 == 1:
                    continue  # half the departments in each region
                for k in range(per_cell):
                    day = last if per_cell == 1 else 1 + k * last // per_cell
                    rows.append([f"{year}-{m:02d}-{day:02d}"] + row_of(rng, month, region, d, 1000 // per_cell, books))
    return sorted(rows, key=lambda row: row[0])


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", nargs="?", default=os.path.join(here, "data", "finance.csv"))
    p.add_argument("--months", type=int, default=39)
    p.add_argument("--rows-per-cell", type=int, default=1)
    p.add_argument("--rows", type=int, default=0, help="cut to the last so many")
    p.add_argument("--seed", type=int, default=20260831)
    a = p.parse_args()
    rows = rows_of(a.months, a.rows_per_cell, a.seed)
    with open(a.out, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(COLUMNS)
        w.writerows(rows[-a.rows:] if a.rows else rows)


if __name__ == "__main__":
    main()
