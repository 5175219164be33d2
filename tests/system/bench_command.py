#!/usr/bin/env python3
"""`norn bench` on every workload: equal digests, the JSON's fields, charts, the exit status of a planted difference, wrong usage.

Run: bench_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

import tap

NORN = os.path.abspath(sys.argv[1])
CHARTS = ("performance_comparison.svg", "scalability_analysis.svg", "memory_usage_analysis.svg", "throughput_analysis.svg")
SMALL = {"forecast": ["--series", "200"], "rolling": ["--series", "20"], "report": [], "multi": ["--model", "naive,ridge,ensemble"], "portfolio": [], "signals": []}


def run(*args, plant=None):
    env = {k: v for k, v in os.environ.items() if k != "NORN_BENCH_PLANT"}
    if plant:
        env["NORN_BENCH_PLANT"] = str(plant)
    return subprocess.run([NORN, "bench", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, env=env, check=False)


def of_workers(report):
    """What must hold between a report's numbers; the first that does not, or None."""
    serial = report["serial_seconds"]
    for p in report["workers"]:
        n, gain = p["workers"], p["speed_up"]
        rules = {"speed-up": abs(gain - serial / p["seconds"]) < 1e-9 * gain,
                 "efficiency": abs(p["efficiency"] - gain / n) < 1e-12,
                 "throughput": abs(p["items_per_second"] * p["seconds"] / report["n_items"] - 1) < 1e-9,
                 "order": 0 < p["seconds"] <= p["median_seconds"] <= p["longest_seconds"],
                 "processes": abs(p["process_speed_up"] - n * serial / p["process_seconds"]) < 1e-9 * n,
                 "share": abs(p["of_processes"] - gain / p["process_speed_up"]) < 1e-9,
                 "memory": p["peak_rss_bytes"] > 1e5 and p["peak_bytes"] > 1000 and p["process_peak_rss_bytes"] > 1e5,
                 "digest": p["digest_equal"] is True,
                 "cores": p["more_than_cores"] == (n > report["usable_cores"])}
        for name, good in rules.items():
            if not good:
                return name, p
    inside = [p for p in report["workers"] if not p["more_than_cores"]]
    if (report["amdahl"] is not None) != (len(inside) >= 3):
        return "amdahl", report["amdahl"]
    return None


def workloads(check):
    for name, options in SMALL.items():
        most = 3 if name == "rolling" else 2
        done = run(name, "--quick", "--threads", str(most), "--out", f"{name}.json", "--output", f"{name}-charts", "--summary", "s.json", *options)
        said = done.stderr.decode()
        if done.returncode != 0:
            check.that(False, f"{name}: it runs", said)
            continue
        report, summary = json.load(open(f"{name}.json", encoding="utf-8")), json.load(open("s.json", encoding="utf-8"))
        check.that(report["workload"] == name and report["digests_equal"] and report["deterministic"] and report["cache"] == "off", f"{name}: equal digests", report)
        check.that([p["workers"] for p in report["workers"]] == list(range(1, most + 1)), f"{name}: 1, 2, … workers", report["workers"])
        check.that(of_workers(report) is None, f"{name}: its numbers agree with each other", of_workers(report))
        check.that(report["machine"]["cpu"] and report["machine"]["usable_cores"] == report["usable_cores"], f"{name}: the machine", report["machine"])
        check.that(summary["digest"] == report["digest"] and summary["operation"] == "bench" and summary["n_failed"] == 0, f"{name}: the summary", summary)
        check.that("speed-up" in said and "digest equal" in said and "one-thread processes" in said and "DIFFERENT" not in said, f"{name}: told in words", said)
        check.that(json.load(open(f"{name}-charts/bench.json", encoding="utf-8")) == report, f"{name}: the JSON is in the folder, too")
        check.that(all(xml.parse(f"{name}-charts/{c}").getroot().tag.endswith("svg") for c in CHARTS), f"{name}: four charts")
    report = json.load(open("report.json", encoding="utf-8"))
    check.that(report["cached_seconds"] < report["cold_seconds"] and report["one_region_changed_hits"] > 0, "report: with a cache", report)
    check.that(report["serial"]["reports_per_second"] == report["serial"]["items_per_second"], "report: reports a second", report["serial"])
    signals = json.load(open("signals.json", encoding="utf-8"))
    check.that(signals["n_tweets"] == signals["n_items"] == 2000 and signals["model"] == "default", "signals: exactly 2,000 tweets", signals)
    p = json.load(open("portfolio.json", encoding="utf-8"))
    check.that(p["n_configurations"] == 58320 and p["n_distinct"] < 58320 and p["n_items"] % p["n_distinct"] == 0, "portfolio: only what was simulated counts", p)
    models = json.load(open("multi.json", encoding="utf-8"))["models"]
    check.that([m["model"] for m in models] == ["naive", "ridge", "all of them"] and all(m["accuracy"] > 50 for m in models), "multi: each model, then all", models)


def digests(check):
    """The digest is the work's: another seed has another, the same seed the same."""
    def digest(*args):
        return json.loads(run("rolling", "--quick", "--series", "20", "--threads", "1", *args).stdout)["digest"]
    check.that(digest() == digest() != digest("--seed", "1"), "the digest goes with the seed")


def planted(check):
    done = run("rolling", "--quick", "--series", "20", "--threads", "2", "--out", "p.json", plant=2)
    report = json.load(open("p.json", encoding="utf-8"))
    check.that(done.returncode == 1 and b"digests differ" in done.stderr and b"DIFFERENT" in done.stderr, "a planted difference ends it with 1", (done.returncode, done.stderr))
    check.that(not report["digests_equal"] and not report["deterministic"] and [p["digest_equal"] for p in report["workers"]] == [True, False], "and is in the JSON", report)
    done = run("rolling", "--quick", "--series", "20", "--threads", "2", "--out", "p.json", plant=5)
    check.that(done.returncode == 0, "elsewhere there is none", done.stderr)


METRICS = ["total_return", "sharpe", "max_drawdown", "final_value"]


def proof(check):
    """One second: every bit of four metrics, and a verdict that is not more than what was measured."""
    start = time.time()
    done = run("proof", "--threads", "2", "--out", "v.json")
    seconds, said = time.time() - start, done.stderr.decode()
    v = json.load(open("v.json", encoding="utf-8"))
    n = v["n_items"]
    check.that(done.returncode == 0 and (v["n_configurations"], v["n_periods"], v["n_assets"]) == (50, 1000, 4) and n % 50 == 0, "proof: 50 configurations, 1,000 periods, 4 assets", v)
    check.that(v["bits_equal"] == {m: n for m in METRICS}, "proof: every bit", v["bits_equal"])
    check.that(v["verification"] in said and v["verdict"] in said and v["verification"].startswith("VERIFICATION: ") and v["verdict"].startswith("VERDICT: PASS"), "proof: told", said)
    check.that(said.strip().split("\n")[-1] == v["verdict"], "proof: the verdict is the last word", said)
    rate = max(p["backtests_per_second"] for p in v["workers"])
    check.that(v["reference_backtests_per_second"] == 126 and rate > 126 and of_workers(v) is None, "proof: its numbers agree with each other", (rate, of_workers(v)))
    print(f"# {rate:.0f} backtests a second, {rate / 126:.0f} times the reference's, {seconds:.1f} s")
    one = run("proof", "--threads", "1", "--out", "v1.json")
    single = json.load(open("v1.json", encoding="utf-8"))
    check.that(one.returncode == 0 and "no speed-up can be had" in single["verdict"] and single["digest"] == v["digest"], "proof: one worker claims no speed-up", single["verdict"])
    done = run("proof", "--threads", "2", "--out", "v.json", plant=2)
    v = json.load(open("v.json", encoding="utf-8"))
    check.that(done.returncode == 1 and v["verdict"].startswith("VERDICT: FAIL") and v["bits_equal"] == {m: n - (m == "total_return") for m in METRICS}, "proof: one wrong bit is found", v["bits_equal"])


def usage(check):
    for args, words in ((["forcast"], ("unknown workload 'forcast'", "did you mean forecast?", "rolling", "report", "multi", "portfolio", "signals", "proof")),
                        (["nonsense"], ("unknown workload 'nonsense'", "forecast, ")),
                        (["rolling", "--model", "theta"], ("--model", "rolling")),
                        (["forecast", "--model", "thetta"], ("thetta",)),
                        (["report", "--series", "5"], ("--series", "forecast and rolling")),
                        (["rolling", "--plot", "x.svg"], ("--plot", "--output DIR")),
                        (["rolling", "--format", "csv"], ("json",)),
                        (["rolling", "--cache", "on"], ("--cache",))):
        done = run(*args)
        said = done.stderr.decode()
        check.that(done.returncode == 2 and all(w in said for w in words), "refused: " + " ".join(args), (done.returncode, said))
    done = run("rolling", "--quick", "--series", "20", "--threads", "1", "--output", "/dev/null/x")
    check.that(done.returncode == 1 and b"--output" in done.stderr, "a folder that cannot be", (done.returncode, done.stderr))
    done = run("rolling", "--quick", "--series", "20", "--threads", "1", "--quiet")
    check.that(done.returncode == 0 and not done.stderr and json.loads(done.stdout)["digests_equal"], "--quiet: the JSON alone", done.stderr)
    text = subprocess.run([NORN, "help", "bench"], stdout=subprocess.PIPE, check=True).stdout.decode()
    check.that("--output DIR" in text and "--quick" in text and "norn bench rolling" in text and "forecast|report|portfolio|signals|rolling|multi|proof" in text and "--resume" not in text, "norn help bench", text)


def interrupted(check):
    process = subprocess.Popen([NORN, "bench", "forecast", "--series", "100000", "--out", "i.json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    start = time.time()
    process.communicate(timeout=60)
    check.that(process.returncode == 130 and time.time() - start < 5 and not os.path.exists("i.json"), "an interrupt ends it with 130, soon", process.returncode)


def test(check):
    for part in (workloads, digests, planted, proof, usage, interrupted):
        part(check)


sys.exit(tap.run_in_folder(test))
