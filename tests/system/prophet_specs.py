#!/usr/bin/env python3
"""Prophet as a model of specs, end to end: the demo's daily series, its options, regressors and limits, kept models, errors.

Run: prophet_specs.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import os
import subprocess
import sys

import tap

NORN = os.path.abspath(sys.argv[1])
DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "demo.csv")
DAILY = ("pedestrians", "wp_log_R")
H = 28
SPECS = ("prophet", "p=prophet(growth=logistic,holidays=US,cap=60000)", "prophet(weekly=true,seasonality_mode=multiplicative)",
         "m=prophet(seasonalities=monthly:30.5:5;quarterly:91.25:3)", "c=prophet(changepoints_at=2018-06-01;2019-03-01)",
         "r=prophet(paths=poisson)", "e=prophet(paths=exact)", "g=prophet(growth=flat,yearly=4,scaling=minmax)")


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def run(*args):
    return subprocess.run([NORN, *args], capture_output=True, encoding="utf-8", timeout=300)


def rows(text):
    return list(csv.DictReader(text.splitlines()))


def digest(done):
    return done.stderr.split("digest ")[-1].strip()


def test_specs(check, series):
    args = ["forecast", "daily.csv", "--horizon", str(H), "--model", ",".join(SPECS), "--level", "80"]
    done = run(*args)
    check.that(done.returncode == 0 and "16 of 16 items ok (1 by fallback)" in done.stderr, "every spec serves its series", done.stderr)
    check.that("changepoint 2018-06-01 is outside the training data" in done.stderr, "but changes beyond one, which is said", done.stderr)
    table = rows(done.stdout)
    names = [s.split("=")[0] if s[1] == "=" else s for s in SPECS]
    inside = all(float(r[f"{n}-lo-80"]) < float(r[n]) < float(r[f"{n}-hi-80"]) for r in table for n in names)
    check.that(len(table) == 2 * H and inside, "forecasts lie inside their intervals")
    check.that(all(r["prophet"] == r["r"] == r["e"] for r in table), "how paths are drawn does not move the forecast")
    wide = {n: sum(float(r[f"{n}-hi-80"]) - float(r[f"{n}-lo-80"]) for r in table if r["unique_id"] == DAILY[0]) for n in names}
    check.that(all(abs(wide[n] / wide["prophet"] - 1) < 0.05 for n in "re"), "nor the width of 80 % by much", wide)
    check.that(len({digest(run(*args, "--threads", str(n))) for n in (1, 2, 3, 7)}) == 1, "one digest at 1, 2, 3, 7 workers")


def test_evaluate(check, series):
    done = run("evaluate", "daily.csv", "--horizon", "14", "--windows", "3", "--step", "60", "--model", "prophet,naive2")
    check.that(done.returncode == 0 and "12 of 12 items ok (0 by fallback)" in done.stderr, "evaluate serves it", done.stderr)
    table = {r["model"]: r for r in rows(done.stdout)}
    check.that(0 < float(table["prophet"]["smape"]) < 30, "with errors of a sensible size", table)


def test_kept(check, series):
    first = ["forecast", "daily.csv", "--horizon", str(H), "--model", "prophet(yearly=3)", "--level", "80"]
    whole = run(*first, "--save", "m.norn")
    again = run("forecast", "daily.csv", "--horizon", str(H), "--load", "m.norn", "--level", "80")
    check.that(whole.returncode == 0 and again.returncode == 0 and whole.stdout == again.stdout, "a kept model forecasts the same", again.stderr)


def test_columns(check, series):
    past = series[DAILY[0]]
    promo = [(7 * t) % 5 == 0 for t in range(len(past) + H)]
    head = "unique_id,ds,y,promo,cap,floor\n"
    write("x.csv", head + "".join(f"a,{d},{float(y or 'nan') + 9000 * p if y else ''},{int(p)},90000,0\n" for (d, y), p in zip(past, promo)))
    ahead = [f"2020-01-{k + 1:02}" for k in range(H)]
    write("plan.csv", head.replace("y,", "") + "".join(f"a,{d},{int(p)},90000,0\n" for d, p in zip(ahead, promo[len(past):])))
    done = run("forecast", "x.csv", "--future", "plan.csv", "--horizon", str(H), "--level", "none", "--model", "a=prophet,b=prophet(growth=logistic)")
    check.that(done.returncode == 0 and "2 of 2 items ok (0 by fallback)" in done.stderr, "regressors and limits by their names", done.stderr)
    plain = rows(run("forecast", "daily.csv", "--horizon", str(H), "--level", "none", "--model", "prophet").stdout)
    for name in "ab":
        lift = [float(r[name]) - float(q["prophet"]) for r, q in zip(rows(done.stdout), plain)]
        by = [sum(v for v, p in zip(lift, promo[len(past):]) if p == on) / sum(p == on for p in promo[len(past):]) for on in (True, False)]
        check.that(7000 < by[0] - by[1] < 11000, f"{name}: a promotion is worth 9000", by)


def test_condition(check, series):
    past = series[DAILY[0]]
    days = [d for d, _ in past] + [f"2020-01-{k + 1:02}" for k in range(H)]
    term = [int(d[5:7]) not in (6, 7, 8, 1) for d in days]
    pattern = [9000 * (t % 7 < 2) * on for t, on in enumerate(term)]
    write("t.csv", "unique_id,ds,y,school\n" + "".join(f"a,{d},{float(y) + p if y else ''},{int(on)}\n" for (d, y), p, on in zip(past, pattern, term)))
    write("next.csv", "unique_id,ds,school\n" + "".join(f"a,{d},{int(k % 14 < 7)}\n" for k, d in enumerate(days[len(past):])))
    spec = "s=prophet(seasonalities=term:7:3:::school),p=prophet(seasonalities=term:7:3:5:additive:school)"
    done = run("forecast", "t.csv", "--future", "next.csv", "--horizon", str(H), "--level", "none", "--model", spec)
    check.that(done.returncode == 0 and "2 of 2 items ok (0 by fallback)" in done.stderr, "a conditional seasonality by its column", done.stderr)
    plain = rows(run("forecast", "daily.csv", "--horizon", str(H), "--level", "none", "--model", "prophet").stdout)
    lift = [float(r["s"]) - float(q["prophet"]) for r, q in zip(rows(done.stdout), plain)]
    on = [v for k, v in enumerate(lift) if k % 14 < 7]
    off = [v for k, v in enumerate(lift) if k % 14 >= 7]
    check.that(max(on) - min(on) > 7000 and max(off) - min(off) < 2500, "it swings where the condition is 1 and nowhere else", (on, off))
    write("odd.csv", open("t.csv", encoding="utf-8").read().replace(",1\n", ",0.5\n", 1))
    for data, asked, said in (("odd.csv", "school", "non-boolean 0.5 in column 'school'"), ("t.csv", "holiday", "its condition 'holiday' is no column")):
        done = run("forecast", data, "--future", "next.csv", "--horizon", str(H), "--fallback", "none", "--model", f"prophet(seasonalities=term:7:3:::{asked})")
        check.that(done.returncode == 4 and said in done.stderr, f"{said}", done.stderr)


def test_masked(check, series):
    mask = range(400, 420)
    text = ["unique_id,ds,y\n"] + [f"a,{d},{'' if t in mask else y}\n" for t, (d, y) in enumerate(series[DAILY[0]])]
    write("masked.csv", "".join(text))
    write("wild.csv", "".join(text[:1] + [f"a,{d},{1e6 if t in mask else y}\n" for t, (d, y) in enumerate(series[DAILY[0]])]))
    args = ("--horizon", "7", "--level", "none", "--model", "prophet", "--fitted", "--fallback", "none")
    done = run("forecast", "masked.csv", *args)
    fitted = rows(done.stdout)
    inside = [float(r["prophet"]) for t, r in enumerate(fitted) if t in mask]
    check.that(len(fitted) == len(text) + 6 and all(r["y"] == "" for t, r in enumerate(fitted) if t in mask) and all(1000 < v < 60000 for v in inside), "rows without a value are predicted by --fitted", done.stderr)
    wild = run("forecast", "wild.csv", *args)
    check.that(wild.stdout != done.stdout, "and move nothing: outliers that are left in do")


def test_errors(check, series):
    write("h.csv", "holiday,ds\npay,2019-01-31\n")
    done = run("forecast", "daily.csv", "--horizon", "3", "--holidays", "h.csv", "--model", "prophet(seasonalities=pay:30.5:3)")
    check.that(done.returncode == 3 and "'pay': this name is already used for a seasonality" in done.stderr, "a seasonality of a holiday's name is told at once", done.stderr)
    for spec, said in (("prophet(seasonalities=a:9:2;a:5:1)", "already used for a seasonality"), ("prophet(seasonalities=trend:9:2)", "reserved"),
                       ("prophet(holidays=US,seasonalities=Christmas Day:9:2)", "already used for a"), ("prophet(seasonalities=a:9:2:::ds)", "reserved")):
        done = run("forecast", "daily.csv", "--horizon", "3", "--model", spec)
        check.that(done.returncode == 2 and said in done.stderr, f"{spec} is refused at once", done.stderr)
    done = run("forecast", "--load", "m.norn", "--future", "plan.csv", "--horizon", "3")
    check.that(done.returncode == 2 and "leave out --load" in done.stderr, "--future with a kept model says what to leave out", done.stderr)
    for spec, said in (("prophet(yearly=often)", "is not auto, true, false"), ("prophet(holidays=Atlantis)", "is no country"),
                       ("prophet(seasonalities=monthly)", "name:days:pairs"), ("prophet(growth=round)", "growth")):
        done = run("forecast", "daily.csv", "--horizon", "3", "--model", spec)
        check.that(done.returncode == 2 and said in done.stderr, f"{spec} is refused at once", done.stderr)
    write("numbers.csv", "ds,y\n" + "".join(f"{t + 1},{t % 7}\n" for t in range(60)))
    done = run("forecast", "numbers.csv", "--horizon", "3", "--model", "prophet", "--fallback", "none")
    check.that(done.returncode == 4 and "prophet(freq=D)" in done.stderr, "a series without dates says what helps", done.stderr)
    done = run("forecast", "numbers.csv", "--horizon", "3", "--model", "prophet(freq=D)", "--fallback", "none")
    check.that(done.returncode == 0, "which does help", done.stderr)
    done = run("forecast", "daily.csv", "--horizon", "3", "--model", "prophet(growth=logistic)", "--fallback", "none")
    check.that(done.returncode == 2 and "cap=NUMBER" in done.stderr, "logistic growth without a limit is refused at once", done.stderr)


def test(check):
    with open(DEMO, newline="", encoding="utf-8") as f:
        every = [r for r in csv.DictReader(f) if r["unique_id"] in DAILY]
    series = {name: [(r["ds"], r["y"]) for r in every if r["unique_id"] == name] for name in DAILY}
    write("daily.csv", "unique_id,ds,y\n" + "".join(f"{n},{d},{y}\n" for n in DAILY for d, y in series[n]))
    for one in (test_specs, test_evaluate, test_kept, test_columns, test_condition, test_masked, test_errors):
        one(check, series)


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
