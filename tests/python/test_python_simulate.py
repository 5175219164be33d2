"""Forecaster.simulate: paths that belong to the forecast, the same at any number of workers, in the kind of table that came in."""
# SPDX-License-Identifier: Apache-2.0
import unittest

import norn
import numpy as np
import pandas as pd

N, H, PATHS = 120, 12, 4000
MODELS = ("naive naive2 seasonal_naive drift mean ses holt holt_winters ets auto_ets theta opt_theta dynamic_theta auto_theta croston "
          "croston_sba tsb adida imapa ces arima(1,1,1) auto_arima mstl ensemble auto").split()


def table():
    rng, t = np.random.default_rng(3), np.arange(N)
    series = {"walk": 50 + 0.4 * t + np.cumsum(rng.normal(size=N)), "season": 100 + 10 * np.sin(2 * np.pi * t / 12) + 2 * rng.normal(size=N),
              "demand": (rng.random(N) < 0.3) * rng.integers(1, 9, N).astype(float)}
    days = pd.date_range("2010-01-01", periods=N, freq="MS")
    return pd.concat([pd.DataFrame({"unique_id": k, "ds": days, "y": y}) for k, y in series.items()], ignore_index=True)


def forecaster(models, **named):
    return norn.Forecaster(models, freq="MS", season_length=12, **named)


class Simulate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.df = table()

    def test_shape_and_order(self):
        out = forecaster(["naive", "auto_ets"]).simulate(3, self.df, n_paths=2)
        self.assertEqual(list(out.columns), ["unique_id", "ds", "sample_id", "naive", "auto_ets"])
        self.assertEqual(out["unique_id"].tolist(), sum([[k] * 6 for k in ("walk", "season", "demand")], []))
        self.assertEqual(out["sample_id"].tolist(), [0, 0, 0, 1, 1, 1] * 3)
        self.assertEqual(out["ds"].tolist(), list(pd.date_range("2020-01-01", periods=3, freq="MS")) * 6)

    def test_steps_are_distributed_as_the_forecast_says(self):
        """Means within 5 standard errors; shares of paths below each end of an interval within 5 more of their own and what the
        forecast's own 5,000 (theta: 1,000) paths may be wrong by. Demand has atoms: its lower ends are not tested."""
        f = forecaster([f"m{i}={m}" for i, m in enumerate(MODELS)], fallback="none")
        paths, told = f.simulate(H, self.df, n_paths=PATHS), f.forecast(self.df, H, level=[80, 95])
        for i, model in enumerate(MODELS):
            for k, uid in enumerate(("walk", "season", "demand")):
                with self.subTest(model=model, series=uid):
                    a = paths[f"m{i}"].to_numpy().reshape(3, PATHS, H)[k]
                    rows = told.iloc[k * H:(k + 1) * H]
                    self.assertTrue(np.isfinite(a).all())
                    error = a.std(axis=0) / np.sqrt(PATHS) + 1e-12
                    self.assertLess((abs(a.mean(axis=0) - rows[f"m{i}"].to_numpy()) / error).max(), 5.5)
                    self.check_ends(a, rows, f"m{i}", model in ("croston", "croston_sba", "tsb", "adida", "imapa"))

    def check_ends(self, a, rows, column, atoms):
        for level in (80, 95):
            for end, share in (("lo", (1 - level / 100) / 2), ("hi", (1 + level / 100) / 2)):
                if atoms and end == "lo":
                    continue
                below = (a <= rows[f"{column}-{end}-{level}"].to_numpy()).mean(axis=0)
                room = 5 * np.sqrt(share * (1 - share) * (1 / PATHS + 1 / 1000))
                if atoms:  # at least the share lies at or below
                    self.assertTrue((below > share - room).all(), f"{end}-{level}: {below}")
                else:
                    self.assertLess(abs(below - share).max(), room, f"{end}-{level}: {below}")

    def test_steps_belong_together(self):
        """A random walk's steps 1 and 12 correlate by sqrt(1/12) = 0.289; independent marginals would not. Standard error 0.0145."""
        for model in ("naive", "arima(0,1,0)", "ets(error=A,alpha=0.9999)"):
            a = forecaster([f"m={model}"]).simulate(H, self.df[:N], n_paths=PATHS)["m"].to_numpy().reshape(PATHS, H)
            self.assertAlmostEqual(np.corrcoef(a[:, 0], a[:, -1])[0, 1], np.sqrt(1 / 12), delta=0.07, msg=model)
        a = forecaster(["drift"]).simulate(H, self.df[:N], n_paths=PATHS)["drift"].to_numpy().reshape(PATHS, H)
        y = self.df["y"][:N].to_numpy()
        s2 = ((np.diff(y) - np.diff(y).mean()) ** 2).sum() / (N - 2)
        steps = np.arange(1, H + 1)
        exact = s2 * (np.minimum.outer(steps, steps) + np.outer(steps, steps) / (N - 1))  # walks, and one slope's error
        self.assertLess(abs(np.cov(a.T) / exact - 1).max(), 0.2)
        for model in ("auto", "ensemble", "ces"):  # a walk seen by any of them goes on as one
            a = forecaster([f"m={model}"]).simulate(H, self.df[:N], n_paths=PATHS)["m"].to_numpy().reshape(PATHS, H)
            self.assertGreater(np.corrcoef(a[:, 10], a[:, 11])[0, 1], 0.6, model)

    def test_bits_at_any_number_of_workers(self):
        f = forecaster(["auto_arima", "auto_ets", "auto", "croston", "ces"])
        first = f.simulate(5, self.df, n_paths=70, n_jobs=1)
        digest = f.report_["digest"]
        for n in (2, 3, 7, 64):
            again = f.simulate(5, self.df, n_paths=70, n_jobs=n)
            self.assertEqual(f.report_["digest"], digest)
            for c in first.columns[3:]:
                self.assertEqual(first[c].to_numpy().tobytes(), again[c].to_numpy().tobytes())

    def test_seed_and_number_of_paths(self):
        f = forecaster(["auto_arima", "ensemble", "theta", "seasonal_naive"], seed=4)
        many, few = f.simulate(4, self.df, n_paths=9), f.simulate(4, self.df, n_paths=3)
        for c in many.columns[3:]:  # path k is the same
            self.assertEqual(many[many["sample_id"] < 3][c].tolist(), few[c].tolist())
        self.assertTrue(few.equals(f.simulate(4, self.df, n_paths=3, seed=4)))
        self.assertFalse((few["theta"] == f.simulate(4, self.df, n_paths=3, seed=5)["theta"]).any())
        alone = f.simulate(4, self.df[N:2 * N], n_paths=3)  # nor do the other series matter
        self.assertEqual(alone["auto_arima"].tolist(), few[few["unique_id"] == "season"]["auto_arima"].tolist())

    def test_kept_models(self):
        f = forecaster(["auto_arima", "auto_ets", "ces", "theta", "naive"])
        fresh = f.simulate(4, self.df, n_paths=3)
        kept = f.fit(self.df).simulate(4, n_paths=3)
        self.assertEqual(kept["auto_ets"].tolist(), fresh["auto_ets"].tolist())
        self.assertEqual(list(kept.columns), list(fresh.columns))
        with self.assertRaisesRegex(norn.NornError, "call fit before"):
            forecaster(["naive"]).simulate(4)
        with self.assertRaisesRegex(norn.NornArgumentError, "X_df"):
            f.simulate(4, X_df=self.df[["unique_id", "ds"]].assign(x=1.0))

    def test_exogenous_columns_move_paths(self):
        df = self.df[:N].copy()
        df["x"] = np.arange(N) % 5 == 0
        df["y"] += 40.0 * df["x"]
        later = pd.DataFrame({"unique_id": "walk", "ds": pd.date_range("2020-01-01", periods=2, freq="MS"), "x": [False, True]})
        a = forecaster(["m=arima(1,1,0)"]).simulate(2, df, later, n_paths=50)["m"].to_numpy().reshape(50, 2)
        self.assertAlmostEqual((a[:, 1] - a[:, 0]).mean(), 40, delta=3)

    def test_kinds_of_tables(self):
        import polars as pl
        import pyarrow as pa
        f = forecaster(["naive"])
        want = f.simulate(2, self.df, n_paths=3)
        polars = f.simulate(2, pl.from_pandas(self.df), n_paths=3)
        self.assertIsInstance(polars, pl.DataFrame)
        self.assertEqual(polars["naive"].to_list(), want["naive"].tolist())
        self.assertEqual(polars.schema["sample_id"], pl.Int64)
        self.assertIsInstance(f.simulate(2, pa.Table.from_pandas(self.df), n_paths=3), pa.Table)
        plain = f.simulate(2, {"y": [1.0, 2, 4]}, n_paths=3)
        self.assertEqual(list(plain), ["ds", "sample_id", "naive"])

    def test_what_cannot_be(self):
        with self.assertRaisesRegex(norn.NornArgumentError, "the model window_average has no joint distribution.*but window_average"):
            forecaster(["naive", "window_average"]).simulate(2, self.df)
        with self.assertRaisesRegex(norn.NornArgumentError, "the model mstl.* has no joint"):
            forecaster(["mstl(trend=window_average)"]).simulate(2, self.df)
        with self.assertRaisesRegex(norn.NornArgumentError, "the fallback window_average"):
            forecaster(["naive"], fallback="window_average").simulate(2, self.df)
        for named in ({"error_distribution": "t"}, {"error_params": {"df": 5}}, {"n_paths": 0}, {"n_paths": 1.5}, {"seed": 0.5}, {"seed": -1}):
            with self.assertRaises(norn.NornArgumentError, msg=named):
                forecaster(["naive"]).simulate(2, self.df, **named)
        for h in (0, -1, 1.5, "a", 10**9):
            with self.assertRaises(norn.NornArgumentError, msg=h):
                forecaster(["naive"]).simulate(h, self.df)
        with self.assertRaises(MemoryError):
            forecaster(["naive"]).simulate(100000, self.df, n_paths=10000000)

    def test_too_short_for_a_variance(self):
        with self.assertRaisesRegex(norn.NornError, "no variance to draw sample paths from"):
            forecaster(["naive"]).simulate(2, {"y": [1.0]}, n_paths=2)
        out = norn.Forecaster(["naive"]).simulate(2, {"unique_id": ["a", "b", "b", "b"], "ds": [1, 1, 2, 3], "y": [1.0, 1, 2, 4]}, n_paths=2)
        self.assertTrue(np.isnan(out["naive"][:4]).all() and np.isfinite(out["naive"][4:]).all())

    def test_gaps_at_the_end_widen_the_first_step(self):
        """Two missing months: the first step is the third of the walk. The share's standard error of a variance is 2.2 %."""
        y = self.df["y"][:N].to_numpy().copy()
        y[-2:] = np.nan
        a = norn.Forecaster(["naive", "a=arima(0,1,0)"]).simulate(1, {"y": y}, n_paths=PATHS)
        s2 = np.nanmean(np.diff(y) ** 2)
        for m in ("naive", "a"):
            self.assertAlmostEqual(a[m].var() / (3 * s2), 1, delta=0.12)


if __name__ == "__main__":
    unittest.main()
