"""The tables of docs/auto-accuracy.md."""
# SPDX-License-Identifier: Apache-2.0
import os

import numpy as np

M4 = ["m4-yearly", "m4-quarterly", "m4-weekly", "m4-hourly"]
M3 = ["m3-yearly", "m3-quarterly", "m3-monthly", "m3-other"]


def gather(groups, kinds, results):
    """{group: {name: forecasts}}, with the truth, the scale and 95 % half widths beside them."""
    rows = {}
    for kind in kinds:
        r = results[kind.name]
        s = r["sample"]
        for k in np.flatnonzero(s.scored):
            rows[s.id[k], len(s.future[k])] = (r, k)
    by_id = {}
    for (i, _), v in rows.items():
        by_id[i] = v
    out = {}
    for name in M4 + M3:
        g = groups[name]
        named = {}
        for i, (train, test) in g.series.items():
            r, k = by_id[i]
            s, h = r["sample"], len(test)
            lag = g.season
            one = {"truth": test, "scale": np.abs(train[lag:] - train[:-lag]).mean() if len(train) > lag else np.nan,
                   "auto": r["out"]["forecast"][k][:h], "auto, shipped": r["ship"]["forecast"][k][:h], "ensemble": r["ensemble"][k][:h],
                   "ensemble/half": r["half"][k][:h]}
            wide = r["out"]["width"][k]
            one["auto/half"] = np.where(np.isfinite(wide), wide, r["half"][k])[:h]
            for a in s.columns:
                one[a] = s.raw[a][k][:h]
            for key, v in one.items():
                named.setdefault(key, []).append(v)
        n = len(named["truth"])
        out[name] = {key: np.array(v) for key, v in named.items() if len(v) == n}
    return out


def errors(truth, scale, forecast):
    size = np.abs(truth) + np.abs(forecast)
    smape = np.where(size > 0, 200 * np.abs(truth - forecast) / np.where(size > 0, size, 1), 0).mean(1)
    return smape, np.abs(truth - forecast).mean(1) / scale


def owa(rows, groups, name):
    """(sMAPE, MASE, OWA) of all the groups' series together."""
    def both(key):
        e = [errors(rows[g]["truth"], rows[g]["scale"], rows[g][key]) for g in groups]
        s, m = np.concatenate([x for x, _ in e]), np.concatenate([x for _, x in e])
        return s.mean(), m[np.isfinite(m)].mean()
    (s, m), (s0, m0) = both(name), both("naive2")
    return s, m, (s / s0 + m / m0) / 2


def coverage(rows, groups, name):
    inside = [np.abs(rows[g]["truth"] - rows[g][name]) <= rows[g][name + "/half"] for g in groups]
    return 100 * sum(x.sum() for x in inside) / sum(x.size for x in inside)


def width(rows, groups, name):
    """Mean scaled width, beside coverage: a wide interval covers easily."""
    w = [2 * (rows[g][name + "/half"] / rows[g]["scale"][:, None]).mean(1) for g in groups]
    w = np.concatenate(w)
    return w[np.isfinite(w)].mean()


def write(groups, kinds, results, digest):
    rows = gather(groups, kinds, results)
    names = [n for n in rows[M4[0]] if all(n in rows[g] for g in M4) and "/" not in n and n not in ("truth", "scale", "auto", "auto, shipped", "ensemble")]
    names += ["ensemble", "auto", "auto, shipped"]
    lines = ["# Accuracy of `ensemble` and `auto`", "",
             "Made by `python tools/learn_auto/learn.py BUILD WORK --ship src/models/combine/auto_table.c --write docs/auto-accuracy.md`",
             f"from data with sha256 {digest[:32]}….", "",
             "`auto` learns from windows of the series' past alone: no test part of any series is learned from. The row `auto` is out of fold",
             "besides: every series is forecast by nets that have seen nothing of its fold (five folds by crc32 of the id). `auto, shipped` is what the",
             "program holds: learned from the train parts of all series, so its scores on these series are a contest's, not a stranger's.", "",
             "`ensemble` and `auto, shipped` are what `norn forecast` says, with the table above built in; the tool's own computation of",
             "`auto, shipped` agrees with it to better than 1e-7 of the series' size, or the run fails. `auto` out of fold can only be the tool's.", "",
             "## M4: OWA against naive2 on the same series", "",
             "| model | " + " | ".join(g[3:] for g in M4) + " | total | sMAPE | MASE |", "|---|" + "---|" * (len(M4) + 3)]
    for n in names:
        s, m, o = owa(rows, M4, n)
        lines.append(f"| {n} | " + " | ".join(f"{owa(rows, [g], n)[2]:.4f}" for g in M4) + f" | {o:.4f} | {s:.3f} | {m:.3f} |")
    lines += ["", "Total: sMAPE and MASE over all series of the four groups together.", "", "## M4 by fold, `auto` out of fold", "",
              "| fold | series | naive2 sMAPE | auto sMAPE | naive2 MASE | auto MASE | OWA |", "|---|---|---|---|---|---|---|"]
    lines += fold_lines(groups, rows)
    lines += ["", "## M3: sMAPE", "", "| model | " + " | ".join(g[3:] for g in M3) + " | all |", "|---|" + "---|" * (len(M3) + 1)]
    for n in [n for n in names if all(n in rows[g] for g in M3)]:
        lines.append(f"| {n} | " + " | ".join(f"{owa(rows, [g], n)[0]:.3f}" for g in M3) + f" | {owa(rows, M3, n)[0]:.3f} |")
    lines += ["", "## Intervals of 95 %: coverage in per cent, and mean width over the MASE scale", "",
              "| model | " + " | ".join(g for g in M4 + M3) + " | M4 | M3 |", "|---|" + "---|" * (len(M4 + M3) + 2)]
    for n in ("ensemble", "auto"):
        lines.append(f"| {n} | " + " | ".join(f"{coverage(rows, [g], n):.1f}" for g in M4 + M3) +
                     f" | {coverage(rows, M4, n):.1f} | {coverage(rows, M3, n):.1f} |")
        lines.append(f"| {n}, width | " + " | ".join(f"{width(rows, [g], n):.2f}" for g in M4 + M3) +
                     f" | {width(rows, M4, n):.2f} | {width(rows, M3, n):.2f} |")
    lines += ["", "## Mean weights of `auto` (M4, out of fold)", "", *weight_lines(kinds, results)]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "notes.md"), encoding="utf-8") as f:
        return "\n".join(lines) + "\n\n" + f.read()


def fold_lines(groups, rows):
    import series
    lines = []
    for fold in range(series.N_FOLDS):
        parts = {}
        for g in M4:
            i = np.array([series.fold_of(k) == fold for k in groups[g].series])
            parts[g] = {key: v[i] for key, v in rows[g].items()}
        s0, m0, _ = owa(parts, M4, "naive2")
        s, m, o = owa(parts, M4, "auto")
        lines.append(f"| {fold} | {sum(len(parts[g]['truth']) for g in M4)} | {s0:.3f} | {s:.3f} | {m0:.3f} | {m:.3f} | {o:.4f} |")
    return lines


def weight_lines(kinds, results):
    lines = ["| class | weights |", "|---|---|"]
    for kind in kinds:
        r = results[kind.name]
        s = r["sample"]
        w = r["out"]["weight"][s.scored & s.served].mean(0)
        lines.append(f"| {kind.name} | " + ", ".join(f"{a} {x:.2f}" for a, x in zip(kind.members, w)) + " |")
    return lines
