#!/usr/bin/env python3
"""`norn report` and `norn simulate`: the spec's parts, one answer at any number of workers and from the cache, norn evaluate's scores.

Run: report_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import os
import random
import re
import subprocess
import sys

import tap

NORN = os.path.abspath(sys.argv[1])
with open(NORN, "rb") as binary:
    SANITIZED = re.search(rb"__[at]san_init", binary.read()) is not None
WORKERS = ("3", "64") if SANITIZED else ("2", "3", "7", "64")  # what a sanitizer sees, it sees at any count
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "finance.csv")
METRICS = ["revenue", "expenses", "profit", "cashflow", "dso", "dpo", "cash_conversion_cycle", "ar", "ap", "working_capital",
           "profit_margin", "expense_ratio", "debt_to_equity_ratio"]
PARTS = ["dashboard_mode", "metadata", "kpis", "forecast_chart", "anomalies_table", "narratives", "correlation_insights",
         "scenario_simulations", "recommendations", "model_health_report", "visualizations", "tables", "supporting_reports",
         "raw_data_preview", "profit_drivers", "enhanced_kpis"]
KPIS = {"total_revenue", "total_expenses", "profit_margin", "cashflow", "growth_rate", "forecast_accuracy",
        "financial_health_score", "dso"}
HEALTH = {"model_id", "best_model_selected", "backtesting_rmse", "forecast_metric", "status", "backtesting_mae", "backtesting_mape",
          "accuracy_percentage", "holdout_months"}
ENV = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}


def norn(*args, env=None):
    return subprocess.run([NORN, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, env=env or ENV)


def report(*args, **options):
    """The answer's bytes and its summary."""
    done = norn("report", *args, "--summary", "summary.json", **options)
    if done.returncode not in (0, 4):
        raise RuntimeError(done.stderr.decode())
    with open("summary.json", encoding="utf-8") as f:
        return done.stdout, json.load(f)


def load(data):
    return json.loads(data)["full_analysis_report"]


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def write_rows(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.DictWriter(f, list(rows[0]))
        w.writeheader()
        w.writerows(rows)


def ordered(points):
    return all(p["lower"] <= p["predicted"] <= p["upper"] for p in points)


def check_parts(check):
    data, summary = report(TABLE, "-q")
    whole, r = json.loads(data), load(data)
    check.that(list(whole) == ["session_id", "ai_response", "conversation_history", "full_analysis_report"], "the answer's keys")
    check.that(whole["session_id"] == "sess_1700000000" and r["metadata"]["generated_at"] == "2023-11-14T22:13:20Z", "the stamp")
    check.that(set(PARTS) <= set(r), "all 16 parts of the report", set(PARTS) - set(r))
    check.that(KPIS <= set(r["kpis"]), "the key figures' names")
    chart = r["forecast_chart"]
    check.that(list(chart) == METRICS + ["growth_rate", "regional_revenue", "departmental_revenue"], "14 metrics in the spec's order",
               list(chart))
    check.that(sorted(chart["regional_revenue"]) == ["APAC", "EMEA", "LATAM", "NAM"] and len(chart["departmental_revenue"]) == 8,
               "every region and department")
    series = [chart[m] for m in METRICS + ["growth_rate"]] + list(chart["regional_revenue"].values()) + \
        list(chart["departmental_revenue"].values())
    check.that(all([p["date"] for p in s] == ["2025-04-01", "2025-05-01", "2025-06-01"] for s in series), "three months behind the data")
    check.that(all(ordered(s) for s in series), "lower <= predicted <= upper, growth_rate's too")
    health = r["model_health_report"]
    check.that(all(HEALTH <= set(health[m]) for m in METRICS), "health of each metric")
    check.that(all(set(health[m]["backtesting_rmse"]) == {"AutoARIMA", "Prophet"} for m in METRICS), "both candidates' errors")
    wrong = [m for m in METRICS if (health[m]["best_model_selected"] == "AutoARIMA") !=
             (health[m]["backtesting_rmse"]["AutoARIMA"] < health[m]["backtesting_rmse"]["Prophet"])]
    check.that(not wrong, "AutoARIMA serves where it is strictly better, Prophet elsewhere", wrong)
    check.that(len(health["regional_revenue"]["regions"]) == 4 and len(health["departmental_revenue"]["departments"]) == 8 and
               health["growth_rate"]["best_model_selected"] == "Derived from Revenue", "health of regions, departments, growth")
    means = [health[m]["accuracy_percentage"] for m in METRICS] + \
        [x["accuracy_percentage"] for k, n in (("regional_revenue", "regions"), ("departmental_revenue", "departments"))
         for x in health[k][n]]
    check.that(abs(r["kpis"]["forecast_accuracy"] - sum(means) / len(means)) < 1e-9, "forecast_accuracy is the back-tests' mean")
    total = sum(int(row["Sales Revenue"]) for row in rows_of(TABLE))
    check.that(r["kpis"]["total_revenue"] == total, "total revenue is the column's sum")
    check.that(summary["n_items"] == 25 and summary["n_failed"] == 0 and summary["cache"] == {"hits": 0, "misses": 0} and
               summary["digest"] == r["metadata"]["digest"], "the summary", summary)
    last = sum(int(row["Sales Revenue"]) for row in rows_of(TABLE) if row["Transaction Date"].startswith("2025-03"))
    g = chart["growth_rate"][0]["predicted"]
    check.that(abs(g - 100 * (chart["revenue"][0]["predicted"] / last - 1)) < 1e-9, "growth is against the last month's total")
    story, _ = report(TABLE, "-q", "--mode", "financial_storyteller")
    check.that(load(story)["dashboard_mode"] == "financial_storyteller" and "recommendations" not in load(story), "the storyteller")


def check_workers(check):
    want, s = report(TABLE, "-q", "--threads", "1")
    for n in WORKERS:
        got, other = report(TABLE, "-q", "--threads", n)
        check.that(got == want and other["digest"] == s["digest"], f"the same bytes and digest with {n} workers")
    kept = ["-q", "--cache", "on", "--cache-dir", "kept"]
    cold, a = report(TABLE, *kept)
    warm, b = report(TABLE, *kept, "--threads", "7")
    check.that(cold == want and warm == want and a["digest"] == b["digest"] == s["digest"], "the same bytes from the cache")
    check.that(a["cache"] == {"hits": 0, "misses": 25} and b["cache"] == {"hits": 25, "misses": 0}, "hits and misses", (a, b))
    later, _ = report(TABLE, *kept, env={**os.environ, "SOURCE_DATE_EPOCH": "1800000000"})
    fresh, _ = report(TABLE, "-q", env={**os.environ, "SOURCE_DATE_EPOCH": "1800000000"})
    check.that(later == fresh and later != warm and later.replace(b"1800000000", b"1700000000").replace(
        b"2027-01-15T08:00:00Z", b"2023-11-14T22:13:20Z") == warm, "a kept answer bears the new time and ids")
    pages = []
    for args in (["--cache", "on", "--cache-dir", "kept"], ["--cache", "on", "--cache-dir", "kept"], []):
        report(TABLE, "-q", "--out", "page.html", *args)
        with open("page.html", "rb") as f:
            pages.append(f.read())
    check.that(pages[0] == pages[1] == pages[2] and b"<svg" in pages[0] and pages[0].startswith(b"<!"), "the page from the cache, too")
    rows = rows_of(TABLE)
    for row in rows:
        if row["Region"] == "EMEA" and row["Department"] == "Marketing":
            row["Sales Revenue"] = str(int(row["Sales Revenue"]) + 1)
    write_rows("changed.csv", rows)
    part, c = report("changed.csv", *kept)
    plain, d = report("changed.csv", "-q")
    check.that(part == plain and c["digest"] == d["digest"], "one region changed: the same as without a cache")
    check.that(c["cache"]["hits"] >= 17, "one region changed: the other regions and departments are not made again", c["cache"])
    split = len(rows_of(TABLE)) // 3
    for k in range(3):
        write_rows(f"part{k}.csv", rows_of(TABLE)[k * split:(k + 1) * split if k < 2 else None])
    _, e = report("part2.csv", "part0.csv", "part1.csv", "-q")
    check.that(e["digest"] == s["digest"], "three files in any order are one table")


def check_evaluate(check):
    data, _ = report(TABLE, "-q", "--series", "series.csv", "--models", "theta,ets=auto_ets")
    health = load(data)["model_health_report"]
    of = {x["series_id"]: x for x in health["regional_revenue"]["regions"]}
    rows, best = rows_of("series.csv"), set()
    for name in ("revenue", "dso", "region/LATAM"):
        h = of.get(name) or health[name]
        write_rows("one.csv", [r for r in rows if r["unique_id"] == name])
        specs = ",".join(f"{m['name']}={m['spec']}" for m in h["models_tried"])
        out = norn("evaluate", "one.csv", "--horizon", str(h["holdout_months"]), "--windows", "1", "--step", str(h["holdout_months"]),
                   "--model", specs, "--by-series", "--format", "json", "-q")
        table = {r["model"]: r for t in json.loads(out.stdout).values() if isinstance(t, list) for r in t if "rmse" in r and
                 r.get("unique_id") == name}
        same = {m: (table[m]["rmse"], table[m]["mae"], table[m]["mape"]) ==
                (h["backtesting_rmse"][m], h["backtesting_mae"][m], h["backtesting_mape"][m]) for m in h["backtesting_rmse"]}
        check.that(len(same) == 4 and all(same.values()), f"norn evaluate gives the same scores to the bit: {name}", same)
        best.add(h["best_model_selected"] == min(h["backtesting_rmse"], key=h["backtesting_rmse"].get))
    check.that(best == {True}, "of four candidates the least error serves")
    h = health["revenue"]
    write_rows("one.csv", [r for r in rows if r["unique_id"] == "revenue"])
    spec = {m["name"]: m["spec"] for m in h["models_tried"]}[h["best_model_selected"]]
    out = norn("forecast", "one.csv", "--horizon", "3", "--model", "m=" + spec, "--level", "95", "-q")
    points = [(float(r["m"]), float(r["m-lo-95"]), float(r["m-hi-95"])) for r in csv.DictReader(out.stdout.decode().splitlines())]
    want = [(p["predicted"], p["lower"], p["upper"]) for p in load(data)["forecast_chart"]["revenue"]]
    check.that(points == want, "norn forecast gives the same points to the bit", (points, want))


def check_tables(check):
    rng = random.Random(4)
    lines = [{"Date": f"{2022 + i // 12}-{i % 12 + 1:02d}-28", "Revenue": str(1000 + 10 * i + rng.randint(0, 40))} for i in range(40)]
    write_rows("plain.csv", lines)
    r = load(report("plain.csv", "-q")[0])
    check.that(list(r["forecast_chart"]) == ["revenue", "growth_rate"] and r["kpis"]["total_expenses"] is None,
               "a table of revenue alone: what is not there is not made up", r["forecast_chart"].keys())
    write_rows("short.csv", lines[:9])
    data, s = report("short.csv", "-q")
    h = load(data)["model_health_report"]["revenue"]
    check.that(h["status"] == "Failed" and h["reason"] == "Not enough data: 9 months, 12 are needed" and s["n_failed"] == 1,
               "nine months: refused in words", h)
    check.that(norn("report", "short.csv", "-q").returncode == 4 and
               norn("report", "short.csv", "-q", "--error-threshold", "1").returncode == 0, "exit codes of failed series")
    h = {n: load(report(f"m{n}.csv", "-q")[0])["model_health_report"]["revenue"] for n in (12, 17, 18, 24, 30)
         if write_rows(f"m{n}.csv", lines[:n]) is None}
    check.that([h[n]["holdout_months"] for n in h] == [2, 2, 3, 4, 6] and all(x["status"] == "Success" for x in h.values()),
               "months held out: 2, 2, 3, 4, 6 of 12, 17, 18, 24, 30", h)
    gap = [r for i, r in enumerate(lines) if i != 20]
    write_rows("gap.csv", gap)
    data = load(report("gap.csv", "-q")[0])
    check.that(data["model_health_report"]["revenue"]["history"]["values"][20] is None and
               data["forecast_chart"]["revenue"][0]["predicted"] > 1300, "a missing month is missing, not 0")
    write_rows("zero.csv", [{**r, "Revenue": "0"} for r in lines])
    z = load(report("zero.csv", "-q")[0])["forecast_chart"]
    check.that(all(p["predicted"] == 0 for p in z["revenue"]) and all(p["predicted"] is None for p in z["growth_rate"]),
               "all zero: forecasts of 0, no growth of nothing", z)
    with open("text.csv", "w", encoding="utf-8") as f:
        f.write("Date,Word\n2024-01-31,a\n2024-02-29,b\n")
    done = norn("report", "text.csv")
    check.that(done.returncode == 3 and b"text.csv" in done.stderr, "no column of numbers: exit 3 in words", done.stderr)
    ended = [{**r, "Region": "Old" if i % 2 else "New"} for i, r in enumerate(lines[:26])] + [{**r, "Region": "New"} for r in lines[26:]]
    ended += [{**r, "Region": "Old"} for i, r in enumerate(lines[:26]) if i % 2 == 0]
    write_rows("ended.csv", ended)
    x = [x for x in load(report("ended.csv", "-q")[0])["model_health_report"]["regional_revenue"]["regions"] if x["name"] == "Old"][0]
    check.that(x["status"] == "Failed" and "No values in the last 4 months" in x["reason"], "a region that has ended is not forecast", x["reason"])
    check_months(check)


def check_months(check):
    """A month that is not over, books of quarters, why all failed."""
    import datetime
    day, lines = datetime.date(2022, 1, 1), ["Date,Revenue,Expenses"]
    while day <= datetime.date(2024, 9, 3):
        lines.append(f"{day},{1000 + day.toordinal() % 7 * 10 + day.month},{700 + day.toordinal() % 5 * 10}")
        day += datetime.timedelta(1)
    with open("running.csv", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    r = load(report("running.csv", "-q")[0])
    check.that(r["forecast_chart"]["revenue"][0]["date"] == "2024-09-01" and r["model_health_report"]["revenue"]["months"] == 32
               and any("2024-09, is not over" in n for n in r["metadata"]["notes"]), "a month that is not over is forecast, not forecast from", r["metadata"])
    check.that(abs(r["forecast_chart"]["growth_rate"][0]["predicted"]) < 10 and abs(r["kpis"]["growth_rate"]) < 3, "and no growth is made of it", r["kpis"])
    c = r["forecast_chart"]
    gap = max(abs(p["predicted"] - (x["predicted"] - e["predicted"])) / x["predicted"] for p, x, e in zip(c["profit"], c["revenue"], c["expenses"]))
    check.that(any("need not add up" in n for n in r["metadata"]["notes"]) == (gap > 1e-4), "a note tells forecasts that do not add up", gap)
    with open("quarters.csv", "w", encoding="utf-8") as f:
        f.write("Date,Revenue,Accounts Receivable\n" + "".join(f"{2015 + q // 4}-{q % 4 * 3 + 1:02d}-01,{900 + q},{450 + q / 2}\n" for q in range(36)))
    done = norn("report", "quarters.csv", "-q")
    r = load(done.stdout)
    check.that(done.returncode == 4 and b"items failed" in done.stderr and b"3 months apart" in done.stderr, "all failed: the message says why", done.stderr)
    check.that(r["kpis"]["dso"] is not None and 45 < r["kpis"]["dso"] < 46.1 and r["forecast_chart"]["revenue"] == [], "quarters: days of a quarter", r["kpis"])


def check_usage(check):
    bad = {"--format csv": "json or html", "--resume folder": "--resume", "--plot a.svg": "--plot", "--models nosuch": "nosuch",
           "--models Prophet=naive": "Prophet", "--level 100": "level", "--mode x": "finance_guardian", "--cache-dir d": "--cache on"}
    for args, word in bad.items():
        done = norn("report", TABLE, *args.split())
        check.that(done.returncode == 2 and word in done.stderr.decode(), f"wrong usage: {args}", done.stderr)
    check.that(norn("forecast", TABLE, "--horizon", "3", "--format", "html").returncode == 2, "only a report is html")
    out = norn("report", TABLE)
    check.that(re.search(rb"Parallel forecasting completed: 25 series in [0-9.e-]+ s with [0-9]+ workers", out.stderr) is not None,
               "the run is told", out.stderr)
    report(TABLE, "-q", "--items", "items.csv")
    items = rows_of("items.csv")
    check.that(len(items) == 25 and {r["status"] for r in items} == {"ok"} and {r["model"] for r in items} <= {"AutoARIMA", "Prophet"},
               "--items has a row for each series")


def check_simulate(check):
    done = norn("simulate", TABLE, "--parameter", "expenses", "--change-pct", "15", "--summary", "s.json")
    s = json.loads(done.stdout)
    base, after = s["baseline"]["total_profit"], s["simulation_results"]["total_profit"]
    costs = sum(int(row["Operating Costs"]) for row in rows_of(TABLE))
    check.that(set(s) == {"scenario", "baseline", "simulation_results", "impact", "summary_text"}, "the simulation's keys")
    check.that(abs(after - (base - 0.15 * costs)) < 1e-6 * costs and s["impact"]["profit_impact_absolute"] < 0,
               "+15 % expenses lower profit by 15 % of the expenses", s)
    check.that(json.load(open("s.json", encoding="utf-8"))["operation"] == "simulate", "the simulation's summary")
    done = norn("simulate", TABLE, "--parameter", "expenzes", "--change-pct", "15")
    check.that(done.returncode == 2 and b"expenses" in done.stderr, "an unknown column: what is near it", done.stderr)
    check.that(norn("simulate", TABLE, "--parameter", "expenses", "--change-pct", "-101").returncode == 2, "less than nothing is refused")
    with open("only.csv", "w", encoding="utf-8") as f:
        f.write("Date,Revenue\n2024-01-31,5\n2024-02-29,6\n")
    done = norn("simulate", "only.csv", "--parameter", "revenue", "--change-pct", "10")
    check.that(done.returncode == 3 and b"neither profit" in done.stderr and done.stdout == b"", "neither profit nor cash flow: refused", done.stderr)


def check_bench(check):
    done = norn("bench", "report", "--quick", "--threads", "2")
    b = json.loads(done.stdout)
    check.that(done.returncode == 0 and b["digests_equal"] and len(b["workers"]) == 2 and b["one_region_changed_hits"] >= 10,
               "norn bench report", done.stderr)


def test(check):
    check_parts(check)
    check_workers(check)
    check_evaluate(check)
    check_tables(check)
    check_usage(check)
    check_simulate(check)
    check_bench(check)


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
