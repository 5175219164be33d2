"""norn.multi: as the command, from every kind of table; no look-ahead, leaks refused, explanations that add up, threads, refusals."""
# SPDX-License-Identifier: Apache-2.0
import json
import logging
import os
import subprocess
import tempfile
import unittest

import norn
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

PLANT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "plant.csv")
QUICK = {"targets": ["out", "yield"], "static": "crude_*", "horizon": 3, "lookback": 7, "models": ["ridge", "gbdt(n_trees=30)", "ensemble"], "windows": 6, "seed": 1}


def table(n=220, seed=0):
    """Two targets that follow a driver with a delay of four days, a season of a week, and a blend."""
    r = np.random.default_rng(seed)
    t = np.arange(n)
    feed = 100 + np.cumsum(r.normal(0, 1, n))
    crude = np.repeat(r.dirichlet([2, 3], n // 20 + 1), 20, axis=0)[:n]
    late = np.concatenate([feed[:4], feed[:-4]])
    out = 0.6 * late + 5 * np.sin(2 * np.pi * t / 7) + 10 * crude[:, 0] + r.normal(0, 0.3, n)
    return pd.DataFrame({"date": pd.date_range("2024-01-01", periods=n), "out": out, "yield": out / feed + r.normal(0, 0.003, n), "feed": feed,
                         "crude_a": crude[:, 0], "crude_b": crude[:, 1], "shift": r.choice(["day", "night"], n)})


class Multi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        logging.getLogger("norn").setLevel(logging.ERROR)
        cls.df = table()
        cls.got = norn.multi(cls.df, **QUICK)

    def test_tables(self):
        got = self.got
        self.assertEqual(list(got.forecast.columns[:3]), ["unique_id", "ds", "ridge"])
        self.assertEqual(len(got.forecast), 2 * 3)
        self.assertEqual(got.forecast["ds"].iloc[0], self.df["date"].iloc[-1] + pd.Timedelta("1D"))
        for m in ("ridge", "gbdt", "ensemble"):
            column = next(c for c in got.forecast.columns if c.startswith(m))
            lo, hi = got.forecast[column + "-lo-80"], got.forecast[column + "-hi-80"]
            self.assertTrue((lo <= got.forecast[column]).all() and (got.forecast[column] <= hi).all())
        for key in ("mse", "mae", "rmse", "rmae", "r2", "mape", "accuracy", "max_error"):
            self.assertIn(key, got.metrics.columns)
        self.assertEqual(set(got.metrics["target"]), {"out", "yield"})
        self.assertAlmostEqual(got.weights[got.weights["target"] == "out"]["weight"].sum(), 1)
        self.assertEqual((got.info["n_failed"], got.info["failures"]), (0, []))

    def test_metrics_are_those_of_the_rows(self):
        rows = self.got.cross_validation
        y = rows["y"].to_numpy()
        one = self.got.metrics[(self.got.metrics["model"] == "ridge") & (self.got.metrics["step"].astype(str) == "all")].set_index("target")
        for target in ("out", "yield"):
            is_it = (rows["unique_id"] == target).to_numpy()
            error = rows["ridge"].to_numpy()[is_it] - y[is_it]
            self.assertAlmostEqual(one.loc[target, "mae"], np.abs(error).mean(), places=9)
            self.assertAlmostEqual(one.loc[target, "rmae"], np.sqrt(np.abs(error).mean()), places=9)
            self.assertAlmostEqual(one.loc[target, "rmse"], np.sqrt((error**2).mean()), places=9)

    def test_kinds(self):
        want = self.got.forecast["ridge"].to_numpy()
        for kind in (pl.from_pandas, pa.Table.from_pandas):
            got = norn.multi(kind(self.df), **QUICK)
            self.assertEqual(type(got.forecast).__module__.partition(".")[0], type(kind(self.df)).__module__.partition(".")[0])
            np.testing.assert_array_equal(np.asarray(got.forecast["ridge"]), want)

    def test_same_bits(self):
        digests = {norn.multi(self.df, **QUICK, n_jobs=n).info["digest"] for n in (1, 2, 3, 7, 64)}
        self.assertEqual(digests, {self.got.info["digest"]})

    def test_as_the_command(self):
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "t.csv"), os.path.join(folder, "s.json")
            self.df.to_csv(path, index=False, float_format="%.17g")
            subprocess.run([os.environ["NORN"], "multi", path, "--targets", "out,yield", "--static", "crude_*", "--horizon", "3", "--lookback", "7", "--model",
                            "ridge,gbdt(n_trees=30),ensemble", "--windows", "6", "--seed", "1", "--summary", out, "--out", os.path.join(folder, "f.csv"), "--quiet"],
                           check=True)
            with open(out, encoding="utf-8") as f:
                self.assertEqual(json.load(f)["digest"], self.got.info["digest"])
            there = pd.read_csv(os.path.join(folder, "f.csv"))
            np.testing.assert_array_equal(there["ridge"].to_numpy(), self.got.forecast["ridge"].to_numpy())

    def test_no_look_ahead(self):
        """What happens behind a cut-off changes no forecast from before it."""
        other = self.df.copy()
        cut = 212
        for c in ("out", "yield", "feed", "crude_a", "crude_b"):
            other.loc[cut:, c] = other.loc[cut:, c] * 3 + 1000
        a, b = self.got.cross_validation, norn.multi(other, **QUICK).cross_validation
        early = (a["cutoff"] < self.df["date"][cut]).to_numpy()
        self.assertGreater(early.sum(), 10)
        np.testing.assert_array_equal(a["ridge"].to_numpy()[early], b["ridge"].to_numpy()[early])

    def test_a_leak_is_refused(self):
        leak = self.df.assign(spy=self.df["out"].shift(-2).ffill())
        with self.assertRaisesRegex(norn.NornError, "spy"):
            norn.multi(leak, **QUICK)
        self.assertEqual(norn.multi(leak, **QUICK, allow_leaks=True).info["n_failed"], 0)

    def test_explanations(self):
        for e in self.got.explanations:
            if e["additive"] and all(t["contribution"] is not None for t in e["terms"]):
                total = e["intercept"] + sum(t["contribution"] for t in e["terms"])
                self.assertAlmostEqual(total, e["forecast"], delta=1e-6 * (1 + abs(total)))
        self.assertTrue(any(e["terms"] for e in self.got.explanations))
        name, contribution, importance = self.got.explain("out")[0]
        self.assertIsInstance(name, str)
        with self.assertRaisesRegex(norn.NornArgumentError, "nobody"):
            self.got.explain("nobody")
        self.assertEqual(norn.multi(self.df, **QUICK, explain=False).explanations, [])

    def test_known_ahead(self):
        df = self.df.assign(plan=np.random.default_rng(5).normal(size=len(self.df)))
        df["out"] = df["out"] + 20 * df["plan"]
        later = pd.DataFrame({"date": pd.date_range(df["date"].iloc[-1], periods=4)[1:], "plan": [1.0, -1.0, 0.0]})
        got = norn.multi(df, **{**QUICK, "models": "ridge"}, known="plan", future=later)
        blind = norn.multi(df.drop(columns="plan"), **{**QUICK, "models": "ridge"})

        def mae(r):
            m = r.metrics
            return m[(m["target"] == "out") & (m["step"].astype(str) == "all")]["mae"].iloc[0]
        self.assertLess(mae(got), 0.5 * mae(blind))
        out = got.forecast[got.forecast["unique_id"] == "out"]["ridge"].to_numpy()
        self.assertGreater(out[0] - out[1], 20)
        with self.assertRaises(norn.NornError):
            norn.multi(df, **{**QUICK, "models": "ridge"}, known="plan", future=later.head(1))

    def test_save_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.norn")
            norn.multi(self.df, **QUICK, save=path)
            again = norn.multi(self.df, load=path)
            np.testing.assert_array_equal(again.forecast["ridge"].to_numpy(), self.got.forecast["ridge"].to_numpy())

    def test_every_target_of_the_plant(self):
        plant = pd.read_csv(PLANT)
        targets = [c for c in plant.columns if c.startswith(("Total_", "Jet_", "Blend_Yield_"))]
        self.assertEqual(len(targets), 11)
        got = norn.multi(plant, targets=targets, static=["crude_*", "API", "Sulphur"], horizon=2, models="ridge", windows=3, n_jobs=2, explain=False)
        self.assertEqual(list(got.forecast["unique_id"].unique()), targets)
        self.assertTrue(np.isfinite(got.forecast["ridge"]).all())

    def test_refusals(self):
        for words, call in {
            "targets": lambda: norn.multi(self.df, targets="nobody"),
            "target shift is a column of words": lambda: norn.multi(self.df, targets=["shift"], models="ridge", windows=3),
            "horizon": lambda: norn.multi(self.df, targets="out", horizon=0),
            "model": lambda: norn.multi(self.df, targets="out", models="bogus"),
            "level": lambda: norn.multi(self.df, targets="out", level=120),
            "no table": lambda: norn.multi([1, 2, 3], targets="out"),
            "bogus": lambda: norn.multi(self.df, targets="out", bogus=1),
            "targets=3": lambda: norn.multi(self.df, targets=3),
            "models=3": lambda: norn.multi(self.df, targets="out", models=3),
            "the command's": lambda: norn.multi(self.df, targets="out", out="f.csv"),
            "comma": lambda: norn.multi(self.df, targets=["a,b"]),
        }.items():
            with self.subTest(words), self.assertRaisesRegex((ValueError, TypeError, norn.NornError), words):
                call()


if __name__ == "__main__":
    unittest.main()
