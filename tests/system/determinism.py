#!/usr/bin/env python3
"""The same digest and the same bytes at 1, 2, 3, 7 and 64 workers, with shuffled input, in every layout and chunk size.

Run: determinism.py NORN   (TAP on stdout). 240 series of unequal cost, every model, levels and fitted values on.
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile

MODELS = ("naive,naive2,seasonal_naive,drift,mean,window_average,ses,holt,holt_winters,ets(error=M),auto_ets,theta,"
          "opt_theta,dynamic_theta,dynamic_opt_theta,auto_theta")


with open(sys.argv[1], "rb") as binary:
    SANITIZED = re.search(rb"__[at]san_init", binary.read()) is not None
WORKERS = (3, 64) if SANITIZED else (2, 3, 7, 64)  # what a sanitizer sees, it sees at any count


def make_rows():
    rng = random.Random(7)
    series = {}
    for i in range(240):
        n = rng.choice([1, 3, 9, 20, 30, 48, 61, 120])
        level, slope = rng.uniform(10, 5000), rng.uniform(-0.01, 0.02)
        series[f"S{i}"] = [round(level * (1 + slope * t) * (1 + 0.2 * math.sin(t * math.pi / 6)) + rng.gauss(0, level / 20), 2)
                           for t in range(n)]
    return series


def other_models(norn):
    """What `norn models` lists beyond MODELS, so that no model is forgotten."""
    listed = json.loads(subprocess.run([norn, "models", "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout)
    known = {m.split("(")[0] for m in MODELS.split(",")}
    spec = {"arima": "arima(1,1,1)(0,1,1)[12]", "gbdt": "gbdt(n_trees=12,subsample=0.7,early_stopping=4)",
            "ebm": "ebm(outer-bags=2,smoothing-rounds=10,max-rounds=40)", "autoformer": "autoformer(epochs=1,d-model=8,d-ff=8,seq-len=8)"}
    return ",".join(spec.get(m["name"], m["name"]) for m in listed if m["name"] not in known)


def write(path, lines):
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


class Runner:
    def __init__(self, norn, folder):
        self.norn, self.folder, self.count, self.failed = norn, folder, 0, 0

    def run(self, data, *flags, env=None, models=MODELS):
        out, summary = os.path.join(self.folder, "out.csv"), os.path.join(self.folder, "summary.json")
        subprocess.run([self.norn, "forecast", data, "--horizon", "6", "--model", models, "--quiet", "--out", out,
                        "--summary", summary, "--error-threshold", "1", *flags],
                       check=True, env={**os.environ, **(env or {})}, timeout=500)
        with open(out, "rb") as f:
            content = hashlib.sha256(f.read()).hexdigest()
        with open(summary) as f:
            return json.load(f), content

    def say(self, ok, what, detail=""):
        self.count += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.count} {what}")
        if not ok:
            print("# " + detail)


def few_long_series(r, folder):
    """Fewer items than workers: idle ones join in the search of one series."""
    models = ("auto_arima,auto_arima(approximation=true,simulate=true,n_paths=200),arima(p=1,q=1,sp=1,simulate=true),"
              "auto_arima(stepwise=false,max_p=1,max_q=1,max_sp=1,max_sq=1)")
    path, rng, n = os.path.join(folder, "long.csv"), random.Random(11), 300 if SANITIZED else 520
    series = []
    for i in range(3):
        e, level = 0.0, 50.0
        for t in range(n + 20 * i):
            e, level = 0.6 * e + rng.gauss(0, 1), level + rng.gauss(0, 0.1)
            series.append((i, f"L{i},{t + 1},{level + e + 4 * math.sin(t * math.pi / 6):.3f}"))
    for count in (1,) if SANITIZED else (1, 2, 3):
        write(path, ["unique_id,ds,y"] + [line for i, line in series if i < count])
        for budget in ([], ["--budget-evals", "900"]):
            flags, what = ["--season-length", "12", "--level", "80", *budget], f"{count} long series {' '.join(budget)}"
            serial, text = r.run(path, *flags, "--threads", "1", models=models)
            for workers in WORKERS:
                s, t = r.run(path, *flags, "--threads", str(workers), models=models)
                r.say(s["digest"] == serial["digest"] and t == text, f"{what}, {workers} workers: same digest, same bytes",
                      f"{s['digest']} {serial['digest']}")
        if count == 1:
            s, _ = r.run(path, "--season-length", "12", "--threads", "3", models="auto_arima")
            busy = sum(1 for w in s["workers"] if w["busy_seconds"] > 0.05 * max(w["busy_seconds"] for w in s["workers"]))
            r.say(busy == 3, "one series, 3 workers: all of them worked on its search", json.dumps(s["workers"]))


def main():
    norn = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        r = Runner(norn, folder)
        series = make_rows()
        lines = [f"{k},{t + 1},{v}" for k, y in series.items() for t, v in enumerate(y)]
        plain, shuffled, rows = (os.path.join(folder, n) for n in ("plain.csv", "shuffled.csv", "rows.csv"))
        write(plain, ["unique_id,ds,y"] + lines)
        mixed = lines[:]
        random.Random(3).shuffle(mixed)
        write(shuffled, ["unique_id,ds,y"] + mixed)
        write(rows, ["id"] + [",".join([k] + [str(v) for v in y]) for k, y in series.items()])
        serial, text = r.run(plain, "--season-length", "12", "--threads", "1", "--fitted")
        r.say(serial["n_items"] == 240 * 16 and serial["digest"].startswith("xxh3:"), "the serial run counts its items",
              json.dumps(serial)[:300])
        for workers in WORKERS:
            s, t = r.run(plain, "--season-length", "12", "--threads", str(workers), "--fitted")
            r.say(s["digest"] == serial["digest"] and t == text, f"{workers} workers: same digest, same bytes",
                  f"{s['digest']} {serial['digest']}")
            # Helpers that find no work are legal for tiny batches; here every one of up to 7 must have served an item.
            alive = sum(1 for w in s["workers"] if w["items"] > 0)
            r.say(len(s["workers"]) == workers and alive >= 2, f"{workers} workers: several were alive", f"{alive}")
        for name, data, flags in (("chunks of one series", plain, ["--chunk-size", "1"]),
                                  ("chunks of 7 series", plain, ["--chunk-size", "7", "--threads", "3"])):
            s, t = r.run(data, "--season-length", "12", "--fitted", *flags)
            r.say(s["digest"] == serial["digest"] and t == text, f"{name}: same digest, same bytes", s["digest"])
        s, _ = r.run(shuffled, "--season-length", "12", "--fitted")
        r.say(s["digest"] == serial["digest"], "shuffled rows: same digest", s["digest"])
        s, _ = r.run(rows, "--layout", "rows", "--season-length", "12", "--fitted")
        r.say(s["digest"] == serial["digest"], "rows layout: same digest", s["digest"])
        s, t = r.run(plain, "--season-length", "12", "--fitted",
                     env={"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA,-FMA4"})
        r.say(s["digest"] == serial["digest"] and t == text, "glibc without AVX2 and FMA: same digest, same bytes", s["digest"])
        s, t = r.run(plain, "--season-length", "12", "--fitted", env={"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kathmandu"})
        r.say(s["digest"] == serial["digest"] and t == text, "another locale and time zone: same digest, same bytes", s["digest"])
        s, _ = r.run(plain, "--season-length", "12", "--fitted", "--seed", "1")
        r.say(s["digest"] != serial["digest"], "another seed: another digest (paths are simulated)", s["digest"])
        searches = other_models(norn)
        few = os.path.join(folder, "few.csv")
        # A sanitizer makes searches ten times as slow: enough series for 200 items are left.
        write(few, ["unique_id,ds,y"] + [line for line in lines if not SANITIZED or int(line[1:line.index(",")]) < 24])
        serial_searches, text = r.run(few, "--season-length", "12", "--threads", "1", models=searches)
        r.say(serial_searches["n_items"] >= 200, "all other models: the serial run", searches)
        for workers in WORKERS:
            s, t = r.run(few, "--season-length", "12", "--threads", str(workers), models=searches)
            r.say(s["digest"] == serial_searches["digest"] and t == text, f"all other models, {workers} workers: same digest, same bytes",
                  f"{s['digest']} {serial_searches['digest']}")
        few_long_series(r, folder)
        lines[5] = lines[5].rsplit(",", 1)[0] + ",123.450000001"
        write(plain, ["unique_id,ds,y"] + lines)
        s, _ = r.run(plain, "--season-length", "12", "--fitted")
        r.say(s["digest"] != serial["digest"], "one value changed in its tenth digit: another digest", s["digest"])
        print(f"1..{r.count}")
        return 1 if r.failed else 0


if __name__ == "__main__":
    sys.exit(main())
