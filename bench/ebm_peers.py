#!/usr/bin/env python3
"""The EBM beside interpret's: seconds, memory and error of the same fit in one run, at equal threads."""
# SPDX-License-Identifier: Apache-2.0
# ebm_peers.py BENCH_EBM FOLDER [--threads N] [--seeds N] [--runs N] [task ...]: tables are written to FOLDER. Tasks: diabetes (442 rows of 10
# columns, defaults with pairs; a fifth is held out when seeds are compared), diabetes-mains, ett (OT an hour ahead, 8,640 rows of 15 columns,
# interactions=0), large (100,000 rows of 20 columns, interactions=0). ETTh1 is read from $NORN_DATA/longhorizon (default ../shared/data).
# interpret runs in a process of its own, imports not timed. Memory: the most that the processes held (interpret's with its children, each page
# counted once), and in brackets how much of it came with the fit.
import multiprocessing
import os
import subprocess
import sys
import threading
import time

import numpy as np


def ett():
    home = os.environ.get("NORN_DATA", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "shared", "data"))
    rows = [line.split(",") for line in open(os.path.join(home, "longhorizon", "ETTh1.csv")).read().split("\n")[1:] if line]
    z = np.array([[float(v) for v in r[1:]] for r in rows])
    at = np.arange(24, 24 + 8640 + 2880)
    lags = [z[at - k, -1] for k in (1, 2, 3, 4, 5, 6, 8, 12, 23, 24)] + [z[at - 1, j] for j in (0, 1, 2)]
    hour = np.array([int(rows[i][0][11:13]) for i in at], float)
    return np.column_stack([*lags, hour, (at // 24 % 7).astype(float)]), z[at, -1], 8640


def large():
    g = np.random.default_rng(11)
    x = g.uniform(size=(120000, 20))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4] + g.normal(size=len(x))
    return x, y, 100000


def diabetes(held=False):
    from sklearn.datasets import load_diabetes
    x, y = load_diabetes(return_X_y=True)
    if not held:
        return np.vstack([x, x]), np.concatenate([y, y]), len(y)
    order = np.random.default_rng(3).permutation(len(y))
    return x[order], y[order], len(y) * 4 // 5


TASKS = {"diabetes": (diabetes, -5), "diabetes-mains": (diabetes, 0), "ett": (ett, 0), "large": (large, 0),
         "diabetes-held": (lambda: diabetes(True), -5), "mains-held": (lambda: diabetes(True), 0)}


def write(path, x, y, n_train):
    with open(path, "wb") as f:
        np.array([len(x), x.shape[1], n_train], "<i8").tofile(f)
        x.T.astype("<f8").tofile(f)
        y.astype("<f8").tofile(f)


def family_memory(pid):
    """Proportional memory of a process and its children, in KB."""
    total, waiting = 0, [pid]
    while waiting:
        p = waiting.pop()
        try:
            with open(f"/proc/{p}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
            with open(f"/proc/{p}/task/{p}/children") as f:
                waiting += [int(c) for c in f.read().split()]
        except OSError:
            pass
    return total


def child(task, threads, seed, runs, pipe):
    import warnings
    warnings.simplefilter("ignore")
    from interpret.glassbox import ExplainableBoostingRegressor
    make, pairs = TASKS[task]
    x, y, n = make()
    pipe.send("ready")
    pipe.recv()
    best = cpu = float("inf")
    for _ in range(runs):
        t, c = time.perf_counter(), time.process_time()
        ebm = ExplainableBoostingRegressor(interactions="5x" if pairs else 0, n_jobs=threads, random_state=seed)
        ebm.fit(x[:n], y[:n])
        best, cpu = min(best, time.perf_counter() - t), min(cpu, time.process_time() - c)
    p = ebm.predict(x[n:])
    pipe.send((best, cpu, float(np.sqrt(np.mean((p - y[n:]) ** 2))), [float(np.mean(b)) for b in ebm.best_iteration_]))


def theirs(task, threads, seed, runs):
    ours_end, their_end = multiprocessing.Pipe()
    p = multiprocessing.get_context("spawn").Process(target=child, args=(task, threads, seed, runs, their_end))
    p.start()
    ours_end.recv()
    before, peak, stop = family_memory(p.pid), [0], threading.Event()

    def watch():
        while not stop.wait(0.02):
            peak[0] = max(peak[0], family_memory(p.pid))

    t = threading.Thread(target=watch)
    t.start()
    ours_end.send("go")
    seconds, cpu, rmse, steps = ours_end.recv()
    stop.set()
    t.join()
    p.join()
    return seconds, rmse, peak[0] - before, peak[0], steps, cpu


def ours(bench, path, pairs, threads, seed, runs):
    out = subprocess.run([bench, path, f"runs={runs}", f"threads={threads}", f"interactions={pairs}", f"seed={seed}"], capture_output=True,
                         text=True, check=True).stdout.split()
    return float(out[1]), float(out[5]), int(out[10]), int(out[12]), [float(out[7]), float(out[8])], float(out[3])


def memory(runs):
    return f"{max(v[3] for v in runs) / 1024:9.1f} ({max(v[2] for v in runs) / 1024:.1f})".rjust(16)


def main():
    args, opts = [], {"--threads": 1, "--seeds": 1, "--runs": 1}
    rest = iter(sys.argv[1:])
    for a in rest:
        if a in opts:
            opts[a] = int(next(rest))
        else:
            args.append(a)
    bench, folder, tasks = args[0], args[1], args[2:] or ["diabetes", "ett", "large"]
    print(f"{'task':16}{'threads':>8}{'norn s':>10}{'interpret s':>12}{'times':>7}{'cpu s':>9}{'interpret':>10}{'times':>7}{'norn MB':>16}{'interpret MB':>16}{'rmse':>12}{'interpret':>12}  steps")
    for task in tasks:
        make, pairs = TASKS[task]
        path = os.path.join(folder, f"ebm_{task}.bin")
        write(path, *make())
        a = [ours(bench, path, pairs, opts["--threads"], 42 + s, opts["--runs"]) for s in range(opts["--seeds"])]
        b = [theirs(task, opts["--threads"], 42 + s, opts["--runs"]) for s in range(opts["--seeds"])]
        mine, peer = min(v[0] for v in a), min(v[0] for v in b)
        one = opts["--threads"] == 1  # interpret's helpers are processes of their own
        spent = [min(v[5] for v in a), min(v[5] for v in b) if one else float("nan")]
        print(f"{task:16}{opts['--threads']:8}{mine:10.3f}{peer:12.3f}{peer / mine:7.1f}"
              f"{spent[0]:9.3f}{spent[1]:10.3f}{spent[1] / spent[0]:7.1f}{memory(a)}"
              f"{memory(b)}{np.mean([v[1] for v in a]):12.5f}{np.mean([v[1] for v in b]):12.5f}"
              f"  {np.mean([v[4] for v in a], 0).round()} {np.mean([v[4] for v in b], 0).round()}", flush=True)
        if opts["--seeds"] > 1:
            print(f"  spread of rmse over seeds: {np.std([v[1] for v in a]):.5f} {np.std([v[1] for v in b]):.5f}")


if __name__ == "__main__":
    main()
