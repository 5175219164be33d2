#!/usr/bin/env python3
"""Prophet at the command line: holidays from a file, their part in run folders, the chart of components.

Run: prophet_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import math
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import tap

NORN = os.path.abspath(sys.argv[1])
N, H = 760, 30
FIRST = datetime.date(2018, 1, 1)
LAUNCHES = [45, 200, 390, 600, N + 10]  # days of the feast, the last one in the horizon
PANELS = ["trend", "holidays", "weekly", "yearly"]


def day(t):
    return (FIRST + datetime.timedelta(days=t)).isoformat()


def value(t):
    feast = sum(40 if t == d else 15 if t == d + 1 else 0 for d in LAUNCHES)
    return 100 + 0.05 * t + 5 * math.sin(2 * math.pi * t / 7) + feast + (t * 7919 % 13) / 13


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def write_data(path, n=N, ids=("a",)):
    write(path, "unique_id,ds,y\n" + "".join(f"{i},{day(t)},{value(t):.4f}\n" for i in ids for t in range(n)))


def feasts(columns="holiday,ds,lower_window,upper_window", days=None):
    rows = [{"holiday": "launch", "ds": day(t), "lower_window": "0", "upper_window": "1", "prior_scale": "20"} for t in days or LAUNCHES]
    names = columns.split(",")
    return columns + "\n" + "".join(",".join(row[name] for name in names) + "\n" for row in rows)


def run(*args):
    return subprocess.run([NORN, *args], capture_output=True, encoding="utf-8", timeout=300)


def forecast(*args):
    return run("forecast", "data.csv", "--horizon", str(H), "--model", "p=prophet", "--level", "80", *args)


def column(text, name="p"):
    return [float(row[name]) for row in csv.DictReader(text.splitlines())]


def panels(path):
    """The titles of a chart's panels, and all of its texts."""
    root = ElementTree.parse(path).getroot()
    space = "{http://www.w3.org/2000/svg}"
    texts = [t.text for t in root.iter(space + "text")]
    return [g.find(space + "title").text for g in root.findall(space + "g")], texts


def test_holidays(check):
    plain, told = forecast(), forecast("--holidays", "feasts.csv")
    check.that(plain.returncode == 0 and told.returncode == 0, "both runs end well", plain.stderr + told.stderr)
    a, b = column(plain.stdout), column(told.stdout)
    check.that(b[10] - a[10] > 25 and b[11] - a[11] > 8, "the feast and the day behind it are forecast", (a[10:12], b[10:12]))
    check.that(max(abs(b[t] - value(N + t)) for t in range(H)) < 3, "as high as it was", [round(b[t] - value(N + t), 1) for t in range(H)])
    write("other order.csv", feasts("upper_window,holiday,lower_window,ds"))
    check.that(forecast("--holidays", "other order.csv").stdout == told.stdout, "the columns' order does not matter")
    write("prior.csv", feasts("holiday,ds,lower_window,upper_window,prior_scale").replace(",20\n", ",0.001\n"))
    c = column(forecast("--holidays", "prior.csv").stdout)
    check.that(abs(c[10] - a[10]) < 3, "a tight prior holds the feast down", (a[10], c[10]))
    args = ["forecast", "data.csv", "--horizon", str(H), "--level", "none", "--model", "p=ensemble(members=prophet+naive)"]
    d, e = (column(run(*args, *more).stdout) for more in ([], ["--holidays", "feasts.csv"]))
    check.that(e[10] - d[10] > 12, "an ensemble hands them on", (d[10], e[10]))


def test_evaluate(check):
    args = ["evaluate", "data.csv", "--horizon", "30", "--windows", "3", "--step", "70", "--model", "prophet"]
    plain, told = run(*args), run(*args, "--holidays", "feasts.csv")
    check.that(plain.returncode == 0 and told.returncode == 0, "evaluate takes holidays, too", plain.stderr + told.stderr)
    worse, better = (float(next(csv.DictReader(p.stdout.splitlines()))["rmse"]) for p in (plain, told))
    check.that(better < worse, "which makes it better", (worse, better))


def test_digest(check):
    write_data("many.csv", 200, [f"s{i}" for i in range(40)])
    args = ["forecast", "many.csv", "--horizon", "5", "--model", "prophet", "--holidays", "feasts.csv", "--out", "x.csv", "--threads"]
    digests = {run(*args, str(threads)).stderr.split("digest ")[-1].strip() for threads in (1, 2, 3, 7)}
    check.that(len(digests) == 1 and digests.pop().startswith("xxh3:"), "one digest at 1, 2, 3, 7 workers")


def test_resume(check):
    out = ["--resume", "run", "--out", "x.csv", "--holidays"]
    first = forecast(*out, "feasts.csv")
    write("same.csv", feasts())
    again = forecast(*out, "same.csv", "--plot-components", "again.svg")
    check.that("1 item of an earlier run is in run" in again.stderr, "the same holidays under another name go on", first.stderr + again.stderr)
    check.that(panels("again.svg")[0] == PANELS, "and have their chart")
    write("less.csv", feasts(days=LAUNCHES[1:]))
    other = forecast(*out, "less.csv")
    check.that(other.returncode == 2 and "belongs to another run" in other.stderr and "holidays" in other.stderr, "other holidays do not", other.stderr)
    none = forecast("--resume", "run", "--out", "x.csv")
    check.that(none.returncode == 2, "no holidays neither", none.stderr)
    args = ["evaluate", "data.csv", "--horizon", "30", "--model", "prophet", "--resume", "run2", "--holidays"]
    run(*args, "feasts.csv")
    check.that(run(*args, "same.csv").returncode == 0, "an evaluation goes on under another name")
    other = run(*args, "less.csv")
    check.that(other.returncode == 2 and "holidays" in other.stderr, "not with other holidays", other.stderr)


def test_components(check):
    done = forecast("--holidays", "feasts.csv", "--plot-components", "parts.svg", "--plot", "chart.svg", "--out", "x.csv")
    check.that(done.returncode == 0, "charts are written", done.stderr)
    names, texts = panels("parts.svg")
    check.that(names == PANELS, "the components have panels", names)
    check.that("a: p" in texts and "80% interval" in texts, "the series is named, and the interval", texts[:8])
    check.that([t for t in texts if t and t.endswith("day")] ==
               ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"], "a week begins on Sunday", texts)
    check.that("Jan" in texts and "Dec" in texts, "a year has its months", texts)
    check.that(panels("chart.svg")[0] == ["a"], "the other chart is what it was")
    forecast("--holidays", "feasts.csv", "--plot-components", "parts2.svg", "--out", "x.csv", "--threads", "3")
    with open("parts.svg", "rb") as one, open("parts2.svg", "rb") as two:
        check.that(one.read() == two.read(), "the same bytes every time")


def test_components_of_many(check):
    rows = [f"{'b' if t % 2 else 'a'},{day(t // 2)},{value(t // 2) + t % 2:.4f}\n" for t in range(2 * N)]
    write("mixed.csv", "unique_id,ds,y\n" + "".join(rows))
    done = run("forecast", "mixed.csv", "--horizon", "5", "--model", "naive,prophet(holidays=US)", "--plot-components", "mixed.svg", "--out", "x.csv")
    names, texts = panels("mixed.svg")
    check.that(done.returncode == 0 and names == PANELS, "rows that lie among others", done.stderr)
    check.that("a: prophet(holidays=US)" in texts, "the first series, the first model that has components", texts[:4])


def test_begun_anew(check):
    """Rows among others over more than one batch: the run begins anew, and so do its charts."""
    rows = [[f"s{i},{day(t)},{value(t) + i:.4f}\n" for t in range(N)] for i in range(100)]
    write("among.csv", "unique_id,ds,y\n" + "".join(row[t] for t in range(N) for row in rows))
    write("sorted.csv", "unique_id,ds,y\n" + "".join("".join(row) for row in rows))
    charts = []
    for name in ("among", "sorted"):
        done = run("forecast", f"{name}.csv", "--horizon", "5", "--model", "prophet", "--plot", "c.svg", "--plot-components", "p.svg", "--out", "x.csv")
        check.that(done.returncode == 0, f"{name}: forecast", done.stderr)
        with open("c.svg", "rb") as c, open("p.svg", "rb") as p:
            charts.append((c.read(), p.read()))
    check.that(os.path.getsize("among.csv") > 1 << 20, "there is more than one batch")
    check.that(charts[0][0] == charts[1][0], "the chart is that of the series whole")
    check.that(charts[0][1] == charts[1][1], "so is the chart of components")


def test_no_chart(check):
    write("short.csv", "unique_id,ds,y\na,2020-01-01,1\n")
    done = run("forecast", "short.csv", "--horizon", "2", "--freq", "D", "--model", "prophet", "--plot-components", "none.svg", "--out", "x.csv")
    check.that(done.returncode == 0 and "--plot-components: no chart of series a:" in done.stderr and not os.path.exists("none.svg"),
               "a series that Prophet cannot serve has no chart, and that is said", done.stderr)


def test(check):
    write_data("data.csv")
    write("feasts.csv", feasts())
    for one in (test_holidays, test_evaluate, test_digest, test_resume, test_components, test_components_of_many, test_begun_anew, test_no_chart):
        one(check)


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
