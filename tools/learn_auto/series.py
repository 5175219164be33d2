"""The competitions' series, their folds, and windows of their past as one CSV a class of series."""
# SPDX-License-Identifier: Apache-2.0
import copy
import csv
import ctypes
import hashlib
import os
import subprocess
import zlib

import numpy as np

N_FOLDS = 5


class Group:
    """One competition's series of one frequency: {id: (train, test)}."""

    def __init__(self, name, horizon, season, files):
        self.name, self.horizon, self.season, self.files, self.series = name, horizon, season, files, {}


def read_long(path):
    series = {}
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            series.setdefault(row["unique_id"], []).append(float(row["y"]))
    return series


def read_rows(path):
    series = {}
    with open(path, newline="") as f:
        rows = csv.reader(f)
        next(rows)
        for row in rows:
            series[row[0]] = [float(v) for v in row[1:] if v not in ("", "NA")]
    return series


def read_groups(data):
    groups = []
    for name, horizon, season in (("yearly", 6, 1), ("quarterly", 8, 4), ("weekly", 13, 1), ("hourly", 48, 24)):
        groups.append(Group("m4-" + name, horizon, season, [f"m4/{name}_train.csv", f"m4/{name}_test.csv"]))
    for source in ("m1", "m3"):
        for name, horizon, season in (("yearly", 6, 1), ("quarterly", 8, 4), ("monthly", 18, 12), ("other", 8, 1)):
            if source == "m3" or name != "other":
                files = [f"competitions/{source}_{name}_{part}.csv" for part in ("train", "test")]
                groups.append(Group(f"{source}-{name}", horizon, season, files))
    for g in groups:
        read = read_long if g.name.startswith("m4") else read_rows
        train, test = (read(os.path.join(data, p)) for p in g.files)
        g.series = {g.name[:3] + i: (np.array(train[i]), np.array(test[i])) for i in train}
    return {g.name: g for g in groups}


def data_hash(data, groups):
    h = hashlib.sha256()
    for g in groups.values():
        for p in g.files:
            with open(os.path.join(data, p), "rb") as f:
                h.update(f.read())
    return h.hexdigest()


def fold_of(i):
    return zlib.crc32(i.encode()) % N_FOLDS


class Kind:
    """A class of series that is learned together. `steps`: distance and number of a series' windows."""

    def __init__(self, name, sources, horizon, season, units, least, most, steps, members):
        self.name, self.sources, self.horizon, self.season, self.units = name, sources, horizon, season, units
        self.least, self.most, self.steps, self.members = least, most, steps, members

    def renamed(self, name):
        other = copy.copy(self)
        other.name = name
        return other

    def windows(self, groups):
        """(id, shift, values, next `horizon` values, scored): shift 0 ends where the train part ends and is scored on the test
        part; every other one has its future inside the train part too."""
        for source in self.sources:
            g = groups[source]
            for i, (train, test) in g.series.items():
                for k in range(self.steps[1] + 1):
                    shift = 0 if k == 0 else self.horizon + (k - 1) * self.steps[0]
                    n = len(train) - shift
                    if not self.least <= n <= self.most:
                        continue
                    future = test if k == 0 else train[n:n + self.horizon]
                    row = np.full(self.horizon, np.nan)
                    row[:min(len(future), self.horizon)] = future[:self.horizon]
                    yield i, shift, train[:n], row, k == 0


def write_windows(kind, groups, path, scored_only=False):
    with open(path, "w") as f:
        f.write("unique_id,ds,y\n")
        for i, shift, y, _, scored in kind.windows(groups):
            if scored_only and not scored:
                continue
            f.write("".join(f"{i}@{shift},{t + 1},{v!r}\n" for t, v in enumerate(y.tolist())))


def run_norn(norn, kind, work, alias, spec, level="none"):
    """Forecasts of every window of the kind: {column without the model's name: (windows, horizon)}; kept in `work`."""
    kept = os.path.join(work, f"{kind.name}_{alias}.npz")
    if not os.path.exists(kept):
        out = os.path.join(work, "run.csv")
        subprocess.run([norn, "forecast", os.path.join(work, kind.name + ".csv"), "--horizon", str(kind.horizon), "--season-length",
                        str(kind.season), "--model", f"x={spec}", "--level", level, "--quiet", "--out", out], check=True)
        with open(out, newline="") as f:
            rows = csv.reader(f)
            columns = next(rows)[2:]
            numbers = np.array([[float(v) if v else np.nan for v in row[2:]] for row in rows])
        os.remove(out)
        np.savez(kept, **{c[1:] or "mean": numbers[:, k].reshape(-1, kind.horizon) for k, c in enumerate(columns)})
    return np.load(kept)


def build_features(root, build, folder):
    """The house's own features (src/feat), through ctypes."""
    library = os.path.join(folder, "series_features.so")
    made = os.path.join(build, "src", "base")
    sources = ["src/feat/series_features.c", "src/base/fp.c", "src/base/fp_sum.c"]
    subprocess.run(["cc", "-std=c17", "-O2", "-shared", "-fPIC", "-D_GNU_SOURCE", "-ffp-contract=off", "-I" + os.path.join(root, "src"),
                    "-I" + os.path.join(root, "include"), "-I" + made, "-o", library] + [os.path.join(root, s) for s in sources] + ["-lm"],
                   check=True)
    lib = ctypes.CDLL(library)
    numbers = ctypes.POINTER(ctypes.c_double)
    lib.norni_series_features.restype = ctypes.c_bool
    lib.norni_series_features.argtypes = [numbers, ctypes.c_size_t, ctypes.c_size_t, numbers, numbers, numbers]
    lib.norni_feature_name.restype = ctypes.c_char_p
    n_features = 0
    header = open(os.path.join(root, "src/feat/series_features.h")).read()
    n_features = header.split("typedef enum norni_feature {")[1].split("NORNI_N_FEATURES")[0].count("NORNI_FEAT_")

    def features(y, season):
        """(numbers, scale) or None where the series does not vary."""
        y = np.ascontiguousarray(y[-4096:])
        out, scale, scratch = np.zeros(n_features), ctypes.c_double(), np.zeros(3 * len(y) + season + 1)
        at = [a.ctypes.data_as(numbers) for a in (y, out, scratch)]
        good = lib.norni_series_features(at[0], len(y), season, at[1], ctypes.byref(scale), at[2])
        return (out.copy(), scale.value) if good else None

    return features, n_features
