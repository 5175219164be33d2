#!/usr/bin/env python3
"""Writes tests/fixtures/finance_months_rows.csv, a small ledger, and finance_months_pandas.csv, its months and key figures as pandas gives them."""
# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np
import pandas as pd

FLOWS = ["revenue", "expenses", "profit", "cashflow", "marketing_spend"]
STOCKS = ["assets", "liabilities", "ar", "ap"]
CLOSED_AFTER = 3


def ledger(rng):
    """Three regions by two departments over 29 months: days at random, ties, silences, a closed entity, a month without rows."""
    rows = []
    for month in pd.period_range("2022-02", "2024-06", freq="M"):
        if str(month) == "2023-07":
            continue
        for region in "ABC":
            for department in "XY":
                if (region, department) == ("C", "Y") and str(month) > "2023-03":
                    continue
                if (region, department) == ("B", "X") and month.month % 5 != 2:
                    continue
                if rng.random() < 0.2:
                    continue
                for day in sorted(rng.integers(1, month.days_in_month + 1, rng.integers(1, 4))):
                    revenue, expenses = rng.normal(900, 300), rng.normal(600, 200)
                    numbers = [revenue, expenses, revenue - expenses - rng.normal(10, 5), rng.normal(150, 200), max(0, rng.normal(40, 40)),
                               rng.normal(9000, 500), rng.normal(4000, 900), rng.normal(800, 200), rng.normal(500, 200)]
                    rows.append([month.to_timestamp() + pd.Timedelta(days=int(day) - 1), region, department, *np.round(numbers, 2)])
    frame = pd.DataFrame(rows, columns=["date", "region", "department", *FLOWS, *STOCKS])
    return frame.sort_values("date", kind="stable", ignore_index=True)


def balances(frame, column, months):
    """Month-end balances of each entity, carried, added up over those that are not closed."""
    total = pd.Series(np.nan, index=months)
    for _, rows in frame.groupby(["region", "department"]):
        ends = rows.groupby("month").apply(lambda r: r.loc[r.date == r.date.max(), column].mean())
        held = ends.reindex(months).ffill()
        gaps = np.diff([p.ordinal for p in ends.index])
        limit = max([CLOSED_AFTER, *gaps])
        held[months > ends.index[-1] + int(limit)] = np.nan
        total = total.add(held, fill_value=0)
    return total


def months_of(frame):
    frame = frame.assign(month=frame.date.dt.to_period("M"))
    months = pd.period_range(frame.month.min(), frame.month.max(), freq="M")
    m = frame.groupby("month")[FLOWS].sum().reindex(months)
    for column in STOCKS:
        m[column] = balances(frame, column, months).where(m.revenue.notna())
    days = pd.Series(months.days_in_month, index=months)
    over = lambda a, b: a / b.where(b > 0)
    growth = lambda s, k: 100 * over(s - s.shift(k), s.shift(k))
    m["profit_margin"] = over(m.profit, m.revenue)
    m["expense_ratio"] = over(m.expenses, m.revenue)
    m["marketing_spend_ratio"] = over(m.marketing_spend, m.revenue)
    m["working_capital"] = m.assets - m.liabilities
    m["current_ratio"] = over(m.assets, m.liabilities)
    m["working_capital_ratio"] = over(m.working_capital, m.assets)
    m["quick_ratio"] = over(m.cashflow + m.ar, m.liabilities)
    m["working_capital_change"] = m.working_capital.diff()
    m["free_cash_flow"] = m.cashflow - m.working_capital_change
    m["ar_turnover"] = over(m.revenue, m.ar)
    m["dso"] = over(m.ar, m.revenue) * days
    m["ap_turnover"] = over(m.expenses, m.ap)
    m["dpo"] = over(m.ap, m.expenses) * days
    m["cash_conversion_cycle"] = m.dso - m.dpo
    for name in ["revenue", "profit", "expenses"]:
        m[f"{name}_mom_growth"] = growth(m[name], 1)
    for name in ["revenue", "profit"]:
        m[f"{name}_yoy_growth"] = growth(m[name], 12)
    m["debt_to_asset_ratio"] = over(m.liabilities, m.assets)
    m["equity"] = m.working_capital
    m["debt_to_equity_ratio"] = over(m.liabilities, m.equity)
    m["solvency_ratio"] = over(m.profit, m.liabilities)
    m["roas"] = over(m.revenue, m.marketing_spend)
    m["marketing_efficiency"] = over(m.profit, m.marketing_spend)
    return m


def key_figures(frame, m):
    last = m.revenue[m.index.year == m.index[-1].year]
    ago = m.revenue.shift(12)[last.index]
    both = last.notna() & ago.notna()
    growth = 100 * (last[both].sum() / ago[both].sum() - 1)
    margin = frame.profit.sum() / frame.revenue.sum()
    current, debt = m.current_ratio.dropna().iloc[-1], m.debt_to_asset_ratio.dropna().iloc[-1]
    score = 25 * (min(margin / .2, 1) + min((current - 1) / 1.5, 1) + 1 - min(debt / .6, 1) + (min(growth / 25, 1) if growth > 0 else 0))
    means = ["roas", "marketing_efficiency", "current_ratio", "quick_ratio", "working_capital", "debt_to_equity_ratio", "ar_turnover",
             "ap_turnover", "cash_conversion_cycle", "free_cash_flow", "expense_ratio", "solvency_ratio"]
    return {"total_revenue": frame.revenue.sum(), "total_expenses": frame.expenses.sum(), "profit_margin": margin,
            "cashflow": frame.cashflow.sum(), "growth_rate": growth, "financial_health_score": round(min(100, max(0, score)), 2),
            "dso": m.dso.mean(), **{name: m[name].mean() for name in means}}


def write_months(out, scope, m):
    for name in m.columns:
        values = ",".join("" if not np.isfinite(v) else f"{v:.15g}" for v in m[name])
        out.write(f"{scope},{name},{m.index[0].year * 12 + m.index[0].month - 1},{values}\n")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "tests/fixtures"
    frame = ledger(np.random.default_rng(8))
    frame.to_csv(f"{folder}/finance_months_rows.csv", index=False, lineterminator="\n")
    with open(f"{folder}/finance_months_pandas.csv", "w") as out:
        out.write(f"# pandas {pd.__version__}, numpy {np.__version__}, tests/oracle/make_finance_months.py\n")
        whole = months_of(frame)
        write_months(out, "all", whole)
        for region, rows in frame.groupby("region"):
            write_months(out, region, months_of(rows))
        for name, value in key_figures(frame, whole).items():
            out.write(f"figure,{name},0,{value:.15g}\n")


main()
