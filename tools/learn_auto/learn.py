#!/usr/bin/env python3
"""Learns what `auto` and `ensemble` know: weights of small networks and factors of intervals, and scores them out of fold.

Run from the project's root, in a venv with numpy:
  python tools/learn_auto/learn.py BUILD WORK [--ship src/models/combine/auto_table.c] [--write docs/auto-accuracy.md]
BUILD is a build folder with `norn`; WORK keeps the members' forecasts between runs (remove it when a member changed);
NORN_DATA (default ../shared/data) holds m4/ and competitions/. With --ship the table is written, BUILD is built again, and its
`auto` must forecast every scored series as this tool does (engine.py); what is reported of `ensemble` and of `auto` as shipped
is then what the program says.

Learning sees windows of the series' past only: inputs end at some point of the train part, and so do the values to forecast.
No test part of any series is learned from, be it for weights, corrections, widths or factors. What is called out of fold is
besides learned without the series of the scored fold (crc32 of the id, modulo 5).
"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import engine
import network
import report
import series
import table

NORN_UNITS = {"index": 0, "hour": 4, "day": 5, "business_day": 6, "week": 7, "month": 8, "quarter": 9, "year": 10}
ENSEMBLE = {False: ["near", "dotm", "ces", "drift"], True: ["near", "dotm", "ces", "snaive"]}  # with seasons, as in combine.c
SPECS = {"naive2": "naive2", "snaive": "seasonal_naive", "drift": "drift", "ses": "ses", "holt": "holt", "damped": "holt(damped=true)",
         "theta": "theta", "dotm": "dynamic_opt_theta", "near": "auto_ets(search=near)", "ces": "ces"}
PLAIN = ["naive2", "drift", "ses", "holt", "damped", "theta", "dotm", "near", "ces"]
SEASONAL = ["naive2", "snaive", "drift", "damped", "theta", "dotm", "near", "ces"]
KINDS = [
    series.Kind("yearly", ["m4-yearly", "m1-yearly", "m3-yearly", "m3-other"], 8, 1, ["index", "year"], 8, 79, (2, 12), PLAIN),
    series.Kind("quarterly", ["m4-quarterly", "m1-quarterly", "m3-quarterly"], 8, 4, ["index", "month", "quarter"], 12, None, (3, 12), SEASONAL),
    series.Kind("monthly", ["m1-monthly", "m3-monthly"], 18, 12, ["index", "month"], 30, None, (5, 11), SEASONAL),
    series.Kind("long", ["m4-weekly", "m4-yearly", "m3-yearly", "m3-other"], 13, 1, ["index", "week", "day", "business_day"], 80, None, (7, 40), PLAIN),
    series.Kind("hourly", ["m4-hourly"], 48, 24, ["index", "hour"], 300, None, (17, 18), SEASONAL),
]
BIG = dict(hidden=(64, 32), epochs=5, batch=512, rate=2e-3, drop=0.1)
SMALL = dict(hidden=(48, 24), epochs=8, batch=256, rate=2e-3, drop=0.1)
OPTIONS = {"yearly": BIG, "quarterly": BIG, "monthly": SMALL, "long": SMALL, "hourly": SMALL}
WIDTH = dict(hidden=(32,), epochs=6, batch=512, rate=3e-3)
N_NETS = 3
Z95 = 1.959963984540054
MOST_VIEW = 1e6  # as in gate.c
MOST_AWAY = 100  # of a view from the median, in training: one wild forecast does not outweigh the rest


class Sample:
    """Every window of a kind: what the nets see, the members' forecasts, and what came."""

    def __init__(self, kind, groups, norn, features, n_features, work):
        path = os.path.join(work, kind.name + ".csv")
        self.kind, rows = kind, []
        if not os.path.exists(path):
            series.write_windows(kind, groups, path)
        self.columns = list(dict.fromkeys(kind.members + ["naive2"] + ENSEMBLE[kind.season > 1]))
        self.raw = {a: series.run_norn(norn, kind, work, a, SPECS[a])["mean"] for a in self.columns}
        print(f"{kind.name}: {len(self.raw['naive2'])} windows", file=sys.stderr, flush=True)
        keep, x, scale = [], [], []
        for k, (i, shift, y, future, scored) in enumerate(kind.windows(groups)):
            seen = features(y, kind.season)
            rows.append((i, shift, len(y), y[-1], scored, future))
            keep.append(seen is not None)
            x.append(seen[0] if seen else np.zeros(n_features))
            scale.append(seen[1] if seen else 1.0)
        self.id = np.array([r[0] for r in rows])
        self.shift, self.n = np.array([r[1] for r in rows]), np.array([r[2] for r in rows])
        self.last, self.scored = np.array([r[3] for r in rows]), np.array([r[4] for r in rows])
        self.future, self.scale = np.array([r[5] for r in rows]), np.array(scale)
        self.served = np.array(keep)
        self.fold = np.array([series.fold_of(i) for i in self.id])
        self.views = np.stack([self.in_scale(self.raw[a]) for a in kind.members], 1)
        self.target = (self.future - self.last[:, None]) / self.scale[:, None]
        self.x = self.inputs(np.array(x))

    def in_scale(self, forecast):
        return (forecast - self.last[:, None]) / self.scale[:, None]

    def inputs(self, features):
        """As norni_gate_see makes them."""
        seen = np.clip(self.views, -MOST_VIEW, MOST_VIEW)
        median = np.median(seen, 1)
        away = seen - median[:, None]
        return np.concatenate([np.arcsinh(away[:, :, -1]), np.arcsinh(away[:, :, 0]), np.arcsinh(away.mean(2)), np.arcsinh(median), features], 1)

    def part(self, i, standard):
        centre, spread = (v.astype(float) for v in standard)
        x = np.clip((self.x[i] - centre) * spread, -5, 5)
        return {"x": x, "views": self.views[i], "target": self.target[i], "last": self.last[i], "scale": self.scale[i]}


def to_train(d):
    """In single precision, views held to the members' median."""
    median = np.median(d["views"], 1)[:, None]
    held = median + np.clip(d["views"] - median, -MOST_AWAY, MOST_AWAY)
    return {k: v.astype(network.F32) for k, v in (d | {"views": held}).items()}


class Learned:
    """Nets of one kind: weights and corrections, and widths."""

    def __init__(self, sample, i, c_mase, c_smape, seed):
        o = OPTIONS[sample.kind.name]
        centre, spread = sample.x[i].mean(0).astype(network.F32), (1 / (sample.x[i].std(0) + 1e-6)).astype(network.F32)
        self.standard = centre, spread
        d = sample.part(i, self.standard)
        small = to_train(d)
        nets = [network.train_weights(small, o, c_mase, c_smape, seed * 100 + k) for k in range(N_NETS)]
        self.layers = [network.quantised(net) for net in nets]
        self.most = np.full(sample.kind.horizon, np.inf)
        correction = self.outputs(d)[1]
        self.most = np.quantile(np.abs(correction), 0.999, axis=0).astype(network.F32)
        error = self.forecast(d) - d["target"]
        self.width = network.quantised(network.train_widths(small["x"], error, WIDTH, seed * 100 + 99))

    def widen(self, more):
        """Log half widths moved by `more` (horizon)."""
        w, scale, bias = self.width[-1]
        self.width[-1] = w, scale, bias + more.astype(network.F32)

    def outputs(self, d):
        m, w, c = d["views"].shape[1], 0, 0
        for layers in self.layers:
            z = network.run_layers(layers, d["x"])
            w, c = w + network.softmax(z[:, :m]) / len(self.layers), c + z[:, m:] / len(self.layers)
        return w, np.clip(c, -self.most, self.most)

    def forecast(self, d):
        w, c = self.outputs(d)
        return np.einsum("nm,nmh->nh", w, d["views"]) + c

    def half_width(self, d):
        return np.exp(np.clip(network.run_layers(self.width, d["x"]), -20, 20))


def learn_kind(sample, widen):
    """Forecasts and half widths of the scored windows, learned without their fold (`widen` None: what widths lack is found), or
    learned from everything with the widths' `widen` (horizon) that the former found."""
    out_of_fold = widen is None
    past = sample.served & ~sample.scored
    base = sample.in_scale(sample.raw["naive2"])
    e = np.abs(base - sample.target)[past]
    size = np.abs(sample.future) + np.abs(sample.raw["naive2"])
    c_mase = 0.5 / np.nanmean(e)
    c_smape = 0.5 / np.nanmean((200 * np.abs(sample.future - sample.raw["naive2"]) / np.maximum(size, 1e-300))[past])
    forecast, width = np.median([sample.raw[a] for a in sample.kind.members], 0), np.full(sample.future.shape, np.nan)
    weight = np.zeros(sample.views.shape[:2])
    ratios = []
    for fold in range(series.N_FOLDS) if out_of_fold else [-1]:
        net = Learned(sample, past & (sample.fold != fold), c_mase, c_smape, fold + 1)
        if out_of_fold:
            held = past & (sample.fold == fold)
            d = sample.part(held, net.standard)
            # what widths lack on windows of series that the nets have not seen, by step
            ratios.append(np.log(np.abs(net.forecast(d) - d["target"]) + 1e-12) - np.log(net.half_width(d)))
        else:
            net.widen(widen)
        i = sample.served & sample.scored & ((sample.fold == fold) | (fold < 0))
        d = sample.part(i, net.standard)
        scale, last = sample.scale[i][:, None], sample.last[i][:, None]
        forecast[i], width[i] = last + net.forecast(d) * scale, net.half_width(d) * scale
        weight[i] = net.outputs(d)[0]
    if out_of_fold:
        widen = np.nanquantile(np.concatenate(ratios), 0.95, axis=0)
        width *= np.exp(widen)
    return dict(forecast=forecast, width=width, weight=weight, widen=widen, net=net)


def spread_factors(sample, norn, work, ensemble):
    """95 % half widths over 1.96 times the mean of the members' own standard deviations, by step."""
    kind = sample.kind
    v = series.run_norn(norn, kind, work, "ensemble", f"ensemble(members={ensemble},interval=members)", "95")
    mean, sd = v["mean"], (v["-hi-95"] - v["-lo-95"]) / (2 * Z95)
    past = sample.served & ~sample.scored & np.isfinite(sd).all(1)
    ratio = np.abs(sample.future - mean) / (Z95 * np.maximum(sd, 1e-9 * sample.scale[:, None]))
    factor = np.nanquantile(ratio[past], 0.95, axis=0)
    smooth = np.convolve(np.pad(factor, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    return smooth, mean, Z95 * sd * smooth


def main():
    build, work = sys.argv[1], sys.argv[2]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    data = os.environ.get("NORN_DATA", os.path.join(root, "..", "shared", "data"))
    if not os.path.isdir(os.path.join(data, "m4")):
        sys.exit(f"learn: {data} holds no m4/; set NORN_DATA")
    os.makedirs(work, exist_ok=True)
    groups = series.read_groups(data)
    features, n_features = series.build_features(root, build, work)
    norn = os.path.join(os.path.abspath(build), "norn")
    results = {}
    for kind in KINDS:
        kind.most = kind.most or 10 ** 9
        sample = Sample(kind, groups, norn, features, n_features, work)
        text = "+".join("dynamic_opt_theta(n_paths=200)" if a == "dotm" else SPECS[a] for a in ENSEMBLE[kind.season > 1])
        factor, mean, half = spread_factors(sample, norn, work, text)
        out = learn_kind(sample, None)
        ship = learn_kind(sample, out["widen"])
        results[kind.name] = dict(sample=sample, out=out, ship=ship, factor=factor, ensemble=mean, half=half)
        print(f"{kind.name}: learned", file=sys.stderr, flush=True)
    if "--ship" in sys.argv:
        table.write(sys.argv[sys.argv.index("--ship") + 1], KINDS, results, SPECS, NORN_UNITS, series.data_hash(data, groups))
        engine.take_over(build, work, KINDS, groups, results)
    text = report.write(groups, KINDS, results, series.data_hash(data, groups))
    print(text)
    if "--write" in sys.argv:
        with open(sys.argv[sys.argv.index("--write") + 1], "w") as f:
            f.write(text)


if __name__ == "__main__":
    main()
