"""What the program itself forecasts with the table just written, held to what was learned."""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

import numpy as np

import series

# Double precision throughout; asinh, exp and sums in another order, and numbers read from text.
TOLERANCE = 1e-7


def check(kind, name, ours, theirs, scale):
    """Both (series, horizon)."""
    away = np.abs(ours - theirs) / scale[:, None]
    worst = away.max(1).argmax()
    print(f"{kind.name}: {name} of {len(ours)} series, program and tool differ by at most {away.max():.2g} of the scale", file=sys.stderr, flush=True)
    if not away.max() <= TOLERANCE:
        sys.exit(f"learn: {kind.name}: the program's {name} of row {worst} is {theirs[worst]}, the tool's {ours[worst]}")


def take_over(build, work, kinds, groups, results):
    """Builds, forecasts every scored series, and puts the program's numbers in place of the tool's."""
    subprocess.run(["ninja", "-C", build, "norn"], check=True, stdout=sys.stderr)
    norn = os.path.join(os.path.abspath(build), "norn")
    for kind in kinds:
        r, part = results[kind.name], kind.renamed(kind.name + "_scored")
        s, ship = r["sample"], r["ship"]
        series.write_windows(kind, groups, os.path.join(work, part.name + ".csv"), scored_only=True)
        for model in ("auto", "ensemble"):
            kept = os.path.join(work, f"{part.name}_{model}.npz")
            if os.path.exists(kept):
                os.remove(kept)
            v = series.run_norn(norn, part, work, model, model, "95")
            half = (v["-hi-95"] - v["-lo-95"]) / 2
            if model == "auto":
                i = s.served[s.scored]
                scale = np.maximum(s.scale[s.scored], np.abs(s.last[s.scored]))[i]
                check(kind, "forecasts", ship["forecast"][s.scored][i], v["mean"][i], scale)
                check(kind, "intervals", ship["width"][s.scored][i], half[i], scale)
                ship["forecast"][s.scored] = v["mean"]
            else:
                check(kind, "ensemble", r["ensemble"][s.scored], v["mean"], np.maximum(s.scale, np.abs(s.last))[s.scored])
                r["half"][s.scored] = half
