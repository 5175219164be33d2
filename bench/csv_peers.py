#!/usr/bin/env python3
"""Reading CSV: norn beside Polars and DuckDB, one file, equal threads, in one run; then the file through seasonal naive.

Run: tools/run_peers csv (makes .venv-bench and calls this with norn and bench_csv). Every reader parses id as text, ds as date,
y as double, and keeps all columns in memory; each runs in a process of its own, once to warm the page cache, then the best of three.
"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time

NORN, BENCH = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
N_SERIES, N_OBS, ROUNDS = int(os.environ.get("NORN_CSV_SERIES", "100000")), 100, 3

POLARS = """
import polars, time, sys
best = 1e9
for _ in range({rounds}):
    start = time.perf_counter()
    d = polars.read_csv({path!r}, schema={{"unique_id": polars.String, "ds": polars.Date, "y": polars.Float64}})
    best = min(best, time.perf_counter() - start)
assert d.height == {rows} and d["ds"].dtype == polars.Date
print(polars.__version__, best)
"""
DUCKDB = """
import duckdb, time
best = 1e9
for _ in range({rounds}):
    c = duckdb.connect(config={{"threads": {threads}}})
    start = time.perf_counter()
    c.execute("create table t as select * from read_csv('{path}', header=true, columns={{'unique_id': 'VARCHAR', 'ds': 'DATE', 'y': 'DOUBLE'}})")
    best = min(best, time.perf_counter() - start)
assert c.execute("select count(*) from t").fetchone()[0] == {rows}
print(duckdb.__version__, best)
"""


def write_file(path):
    import numpy as np
    rng = np.random.default_rng(1)
    days = [(datetime.date(2015, 1, 1) + datetime.timedelta(d)).isoformat() for d in range(N_OBS)]
    with open(path, "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        for i in range(N_SERIES):
            y = np.round(100 + 900 * rng.random() + np.cumsum(rng.normal(size=N_OBS)) + 20 * np.sin(np.arange(N_OBS) * 2 * np.pi / 7), 2)
            f.write("".join(f"S{i:07d},{d},{v!r}\n" for d, v in zip(days, y.tolist())))


def peer(script, threads, path):
    env = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
    code = script.format(path=path, threads=threads, rounds=ROUNDS, rows=N_SERIES * N_OBS)
    version, seconds = subprocess.run([sys.executable, "-c", code], env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return version, float(seconds)


def end_to_end(path, *flags):
    with tempfile.TemporaryDirectory() as tmp:
        runs = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            subprocess.run([NORN, "forecast", path, "--horizon", "7", "--model", "seasonal_naive", "--quiet", "--out", os.path.join(tmp, "o.csv"),
                            "--summary", os.path.join(tmp, "s.json"), *flags], check=True)
            seconds = time.perf_counter() - start
            with open(os.path.join(tmp, "s.json"), encoding="utf-8") as f:
                runs.append((seconds, json.load(f)))
    assert len({s["digest"] for _, s in runs}) == 1
    return min(runs, key=lambda r: r[0])


def main():
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "panel.csv")
        write_file(path)
        size = os.path.getsize(path)
        print(f"{N_SERIES * N_OBS} rows, {size / 1e6:.0f} MB, {os.cpu_count()} cores")
        out = subprocess.run([BENCH, path, str(ROUNDS)], check=True, stdout=subprocess.PIPE, text=True).stdout
        print(out, end="")
        mine = {t: float(line.split()[-2]) for t, line in ((1, [x for x in out.splitlines() if "1 thread" in x][0]),
                                                           (2, [x for x in out.splitlines() if "2 threads" in x][0]))}
        for name, script in (("polars", POLARS), ("duckdb", DUCKDB)):
            for threads in (1, 2):
                version, seconds = peer(script, threads, path)
                print(f"{name} {version}, {threads} thread(s): {seconds:.3f} s; norn is {seconds / mine[threads]:.2f} times as fast")
        for flags in ((), ("--memory-limit", "100MiB"), ("--threads", "1")):
            seconds, s = end_to_end(path, *flags)
            print(f"seasonal naive end to end {' '.join(flags)}: {seconds:.3f} s, peak {s['peak_rss_bytes'] / 1e6:.0f} MB "
                  f"({s['peak_rss_bytes'] / size:.2f} of the file), {s['digest']}")


if __name__ == "__main__":
    main()
