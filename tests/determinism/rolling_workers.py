#!/usr/bin/env python3
"""Every rolling operation at 1, 2, 3, 7 and 64 workers, without AVX, in other chunks and layouts: the same digest and bytes.

Run: rolling_workers.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import tap

NORN = os.path.abspath(sys.argv[1])
OPS = ("count,first,last,sum,mean,var,std,sem,min,max,argmin,argmax,median,quantile(0.9),quantile(0.3,lower),skew,kurt,zscore,rank,"
       "rank(method=max,pct=true,ascending=false),product,cov(price),corr(price),slope,slope(price),ewm(0.1),ewm_var(span=12),"
       "ewm_std(halflife=3,adjust=false)")


def listed():
    """The operations that help knows, so that none is forgotten here."""
    text = subprocess.run([NORN, "help", "rolling"], check=True, stdout=subprocess.PIPE, text=True).stdout
    words = text[text.index("--op OP"):text.index("name=OP names")].split()[2:]
    return {w.split("(")[0].strip(";") for w in words}


def run(data, window, *more, env=None):
    subprocess.run([NORN, "rolling", data, "--window", window, "--op", OPS, "--min-periods", "2", "--quiet", "--out", "out.csv", "--summary", "s.json",
                    *more], check=True, env={**os.environ, **(env or {})}, timeout=300)
    with open("out.csv", "rb") as f:
        content = hashlib.sha256(f.read()).hexdigest()
    with open("s.json", encoding="utf-8") as f:
        return json.load(f), content


def test(check):
    rng = random.Random(8)
    lines = []
    for i in range(240):
        t = 0
        for _ in range(rng.choice([1, 2, 9, 40, 150])):
            t += rng.choice([60, 60, 60, 300, 7200])
            y = "" if rng.random() < 0.05 else f"{rng.gauss(0, 10 ** rng.randint(-3, 6)):.5g}" if i % 3 else str(rng.randint(0, 3))
            lines.append(f"S{i},{1700000000 + t},{y},{rng.gauss(3, 1):.3f}")
    one = [f"{1700000000 + 60 * t},{rng.gauss(1e6, 3):.3f},{rng.gauss(0, 1):.4f}" for t in range(90000)]
    for path, head, rows in (("many.csv", "unique_id,ds,y,price", lines), ("one.csv", "ds,y,price", one)):
        with open(path, "w", encoding="ascii") as f:
            f.write("\n".join([head] + rows) + "\n")
    random.Random(3).shuffle(lines)
    with open("mixed.csv", "w", encoding="ascii") as f:
        f.write("\n".join(["unique_id,ds,y,price"] + lines) + "\n")
    asked = {o.split("(")[0] for o in OPS.split(",")}
    check.that(listed() <= asked | {"ewm"}, "every operation that help names is tried", listed() - asked)
    for data, windows in (("many.csv", ("7", "2h", "expanding")), ("one.csv", ("1000", "600min"))):
        for window in windows:
            first, text = run(data, window, "--epoch", "s", "--threads", "1")
            for workers in ("2", "3", "7", "64"):
                s, t = run(data, window, "--epoch", "s", "--threads", workers)
                alive = sum(1 for w in s["workers"] if w["items"] > 0)
                check.that(s["digest"] == first["digest"] and t == text, f"{data}, window {window}, {workers} workers", s["digest"])
                check.that(alive >= 2, f"{data}, window {window}, {workers} workers: several were alive", s["workers"])
        for name, more, env in (("plain SSE2 in glibc", (), {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA,-FMA4"}),
                                ("chunks of 7", ("--chunk-size", "7"), {}), ("128 MiB", ("--memory-limit", "128MiB"), {})):
            s, t = run(data, windows[-1], "--epoch", "s", *more, env=env)
            check.that(s["digest"] == first["digest"] and t == text, f"{data}: {name}", s["digest"])
    first, _ = run("many.csv", "7", "--epoch", "s")
    s, _ = run("mixed.csv", "7", "--epoch", "s")
    check.that(s["digest"] == first["digest"], "shuffled rows", s["digest"])
    s, _ = run("many.csv", "8", "--epoch", "s")
    check.that(s["digest"] != first["digest"], "another window has another digest", s["digest"])


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
