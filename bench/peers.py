#!/usr/bin/env python3
"""norn beside statsforecast on the same M3 monthly series and threads, and the speed on a million short series.

Run: tools/run_peers, which makes .venv-bench and calls this. NORN_DATA (default ../shared/data) holds competitions/, and
NORN_ORACLES (default ../shared/oracles) R's seconds. Peers run warm, imports excluded, one process, one thread (n_jobs=1).
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time

NORN = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/norn")
DATA = os.environ.get("NORN_DATA", "../shared/data")
ORACLES = os.environ.get("NORN_ORACLES", "../shared/oracles")
SAMPLE = int(os.environ.get("NORN_PEER_SERIES", "100"))


def run(path, *flags):
    with tempfile.TemporaryDirectory() as tmp:
        out, summary = os.path.join(tmp, "o.csv"), os.path.join(tmp, "s.json")
        subprocess.run([NORN, "forecast", path, "--quiet", "--out", out, "--summary", summary, *flags], check=True)
        with open(summary) as f:
            return json.load(f)


def best(path, *flags, times=3):
    runs = [run(path, *flags) for _ in range(times)]
    assert len({r["digest"] for r in runs}) == 1
    return min(runs, key=lambda r: r["elapsed_seconds"])


def m3_monthly():
    with open(os.path.join(DATA, "competitions", "m3_monthly_train.csv"), newline="") as f:
        rows = csv.reader(f)
        next(rows)
        return {r[0]: [float(v) for v in r[1:] if v not in ("", "NA")] for r in rows}


def write_rows(path, series):
    with open(path, "w") as f:
        for k, y in series.items():
            f.write(k + "," + ",".join(repr(v) for v in y) + "\n")


def auto_ets():
    series = m3_monthly()
    ids = list(series)
    some = ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE]
    with tempfile.TemporaryDirectory() as tmp:
        path, part = os.path.join(tmp, "m3.csv"), os.path.join(tmp, "part.csv")
        write_rows(path, series)
        write_rows(part, {k: series[k] for k in some})
        flags = ["--layout", "rows", "--horizon", "18", "--season-length", "12", "--model", "auto_ets", "--level", "none"]
        mine = best(part, *flags, "--threads", "1")
        whole = [best(path, *flags, "--threads", str(t)) for t in (1, 2)]
        two_at_once = time.perf_counter()
        jobs = [subprocess.Popen([NORN, "forecast", path, *flags, "--threads", "1", "--quiet", "--out", os.devnull]) for _ in range(2)]
        assert [j.wait() for j in jobs] == [0, 0]
        two_at_once = time.perf_counter() - two_at_once
    print(f"auto_ets, M3 monthly, {len(series)} series: one worker {whole[0]['elapsed_seconds']:.3f} s "
          f"({1000 * whole[0]['elapsed_seconds'] / len(series):.3f} ms a series), two {whole[1]['elapsed_seconds']:.3f} s; "
          f"speed-up {whole[0]['elapsed_seconds'] / whole[1]['elapsed_seconds']:.3f}, two independent one-thread processes gain "
          f"{2 * whole[0]['elapsed_seconds'] / two_at_once:.3f} together (their start included)")
    own = 1000 * mine["cpu_seconds"] / len(some)
    print(f"auto_ets on {len(some)} of them: norn {own:.3f} core-ms a series")
    import numpy as np
    from statsforecast.models import AutoETS
    import statsforecast
    AutoETS(season_length=12).forecast(np.array(series[some[0]]), h=18)
    start = time.process_time()
    for k in some:
        AutoETS(season_length=12).forecast(np.array(series[k]), h=18)
    peer = 1000 * (time.process_time() - start) / len(some)
    print(f"  statsforecast {statsforecast.__version__} AutoETS: {peer:.1f} core-ms a series: norn is {peer / own:.0f} times as fast")
    path = os.path.join(ORACLES, "r_m3_monthly_ets.csv")
    if os.path.exists(path):
        with open(path, newline="") as f:
            seconds = [float(r["seconds"]) for r in csv.DictReader(f)]
        r = 1000 * sum(seconds) / len(seconds)
        print(f"  R forecast 8.20 ets (its own seconds, {len(seconds)} series, recorded in the oracle file): {r:.0f} ms: {r / own:.0f} times")


def short_series():
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as tmp:
        rows, long = os.path.join(tmp, "rows.csv"), os.path.join(tmp, "long.csv")
        with open(rows, "w") as g, open(long, "w") as f:
            f.write("unique_id,ds,y\n")
            for i in range(1_000_000):
                level = rng.uniform(100, 9000)
                values = [f"{level * (1 + .03 * t) + rng.random() * level / 10:.1f}" for t in range(31)]
                f.writelines(f"Y{i},{t},{v}\n" for t, v in enumerate(values, 1))
                g.write(f"Y{i}," + ",".join(values) + "\n")
        for layout, path in (("rows", rows), ("long", long)):
            for model in ("naive", "seasonal_naive", "drift", "mean", "theta"):
                r = best(path, "--layout", layout, "--horizon", "6", "--model", model, "--level", "none", "--threads", "2")
                print(f"1,000,000 series of 31 points, h = 6, {layout} layout, CSV read and written, two workers: {model} "
                      f"{1e6 / r['elapsed_seconds']:,.0f} series a second (peak {r['peak_rss_bytes'] / 1e6:.0f} MB)")


if __name__ == "__main__":
    auto_ets()
    short_series()
