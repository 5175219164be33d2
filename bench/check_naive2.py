#!/usr/bin/env python3
"""naive2 on the M4 groups against naive2.json (sMAPE and MASE of the reference): exit 1 where they differ.

Run: check_naive2.py NORN       NORN_DATA (default ../shared/data) holds m4/.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import os
import subprocess
import sys

from accuracy_m4 import GROUPS, mean, read_long, scores

TOLERANCE = 1e-9  # relative: sums in another order, nothing more


def main():
    norn = os.path.abspath(sys.argv[1])
    data = os.path.join(os.environ.get("NORN_DATA", "../shared/data"), "m4")
    with open(os.path.join(data, "naive2.json")) as f:
        reference = json.load(f)
    bad = 0
    for name, m, h in GROUPS:
        path = os.path.join(data, f"{name}_train.csv")
        train, test = read_long(path), read_long(os.path.join(data, f"{name}_test.csv"))
        run = subprocess.run([norn, "forecast", path, "--horizon", str(h), "--season-length", str(m), "--model", "naive2",
                              "--level", "none", "--quiet"], check=True, stdout=subprocess.PIPE, text=True)
        rows = csv.reader(run.stdout.splitlines())
        next(rows)
        forecast = {}
        for row in rows:
            forecast.setdefault(row[0], []).append(float(row[2]))
        pairs = [scores(train[k], test[k], forecast[k], m) for k in train]
        own = {"smape": mean([s for s, _ in pairs]), "mase": mean([a for _, a in pairs]), "n": len(pairs)}
        same = all(abs(own[k] - v) <= TOLERANCE * abs(v) for k, v in reference[name].items())
        bad += not same
        print(f"{name}: {'same' if same else 'DIFFERENT'} " + " ".join(f"{k} {own[k]:.12g} ({reference[name][k]:.12g})" for k in own))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
