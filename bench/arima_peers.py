#!/usr/bin/env python3
"""norn's auto_arima beside statsforecast's AutoARIMA and R's recorded seconds, on the same M3 monthly series, one thread.

Run: tools/run_peers arima, which makes .venv-bench and calls this. NORN_DATA (default ../shared/data) holds competitions/, and
NORN_ORACLES (default ../shared/oracles) R's seconds; NORN_PEER_SERIES (default 100) series are taken evenly.
All three search the same models (p, q <= 5; P, Q <= 2; stepwise; squares where n > 150 or m > 12, else likelihood). The peer
runs warm (imports and the first fit excluded) and its time is its process's core time; norn's includes starting, reading and writing.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings

sys.argv[1:] = [os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/norn")]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peers import NORN, ORACLES, SAMPLE, m3_monthly, write_rows  # noqa: E402


def core_seconds(path, model, *flags):
    """The least of three runs: the process's core time, starting, reading and writing included."""
    least = math.inf
    for _ in range(3):
        with tempfile.TemporaryDirectory() as tmp:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([NORN, "forecast", path, "--quiet", "--out", os.path.join(tmp, "o.csv"), "--layout", "rows", "--horizon", "18",
                            "--season-length", "12", "--threads", "1", "--model", model, *flags], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


def norn_seconds(series, *flags):
    """Core-seconds a series, whole and without what a run of naive takes."""
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "part.csv")
        write_rows(path, series)
        whole, rest = core_seconds(path, "auto_arima", *flags), core_seconds(path, "naive", *flags)
    return whole / len(series), (whole - rest) / len(series)


def peer_seconds(series):
    import numpy
    from statsforecast.arima import AutoARIMA  # approximation=None: by length and season, as R

    warnings.filterwarnings("ignore")
    values = [numpy.array(y) for y in series.values()]
    AutoARIMA(period=12).fit(values[0]).predict(18)
    start = time.process_time()
    for y in values:
        AutoARIMA(period=12).fit(y).predict(18)
    return (time.process_time() - start) / len(values)


def r_seconds(ids):
    path = os.path.join(ORACLES, "r_m3_monthly_auto_arima.csv")
    if not os.path.exists(path):
        return math.nan, 0
    with open(path, newline="") as f:
        known = {r["id"]: float(r["seconds"]) for r in csv.DictReader(f)}
    some = [known[i] for i in ids if i in known]
    return (sum(some) / len(some) if some else math.nan), len(some)


def main():
    series = m3_monthly()
    path = os.path.join(ORACLES, "r_m3_monthly_auto_arima.csv")
    ids = list(series)
    if os.path.exists(path):  # series whose seconds in R are known
        with open(path, newline="") as f:
            known = {r["id"] for r in csv.DictReader(f)}
        ids = [i for i in ids if i in known]
    ids = ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE]
    some = {i: series[i] for i in ids}
    points, levels = norn_seconds(some, "--level", "none"), norn_seconds(some, "--level", "95")
    print(f"auto_arima on {len(some)} M3 monthly series, one thread: norn {1e3 * points[0]:.2f} ms a series "
          f"({1e3 * points[1]:.2f} without reading and writing; with 95 % intervals {1e3 * levels[0]:.2f})")
    peer = peer_seconds(some)
    import statsforecast
    print(f"  statsforecast {statsforecast.__version__} AutoARIMA: {1e3 * peer:.0f} core-ms: norn is {peer / points[0]:.0f} times as fast")
    r, n = r_seconds(ids)
    print(f"  R forecast 8.20 auto.arima (its own seconds, {n} series, recorded in the oracle file): {1e3 * r:.0f} ms: {r / points[0]:.0f} times")


if __name__ == "__main__":
    main()
