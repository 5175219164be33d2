"""norn.Prophet: fit, predict, preparation of data, trends; what prophet 1.3's tests expect, and bad input."""
# SPDX-License-Identifier: Apache-2.0
import copy
import logging
import pickle
import subprocess
import sys
import unittest
import warnings

from prophet_inputs import daily, half, large, np, pd, rmse, split, subdaily

import norn
from norn import NornError, Prophet


class FitPredict(unittest.TestCase):
    def ahead(self, series, **arguments):
        train, test = split(series, 30)
        m = Prophet(**arguments).fit(train)
        return rmse(m.predict(m.make_future_dataframe(30, include_history=False))["yhat"], test["y"]), m

    def test_fit_predict(self):
        # Stan's Newton comes near the optimum (23.443 and 11.293 ahead, lp 1147.279 and 978.198); its L-BFGS stops 4 below.
        for scaling, expected, lp in (("absmax", 23.44, 1147.279), ("minmax", 11.29, 978.198)):
            error, m = self.ahead(daily(), scaling=scaling)
            self.assertGreaterEqual(m.log_posterior, lp - 1e-3)
            self.assertAlmostEqual(error, expected, delta=0.03 * expected)
            self.assertTrue(m.exact)
            self.assertLess(m.kkt, 1e-6)

    def test_large_numbers(self):
        for scaling, lp in (("absmax", 741.8844), ("minmax", 166.8619)):
            error, m = self.ahead(large(), scaling=scaling)
            self.assertGreaterEqual(m.log_posterior, lp - 1e-3)
            self.assertLess(error, 130)

    def test_no_seasons(self):
        train, _ = split(daily(), 30)
        m = Prophet(weekly_seasonality=False, yearly_seasonality=False).fit(train)
        future = m.make_future_dataframe(30, include_history=False)
        self.assertTrue((m.predict(future)["ds"] == future["ds"]).all())
        self.assertEqual(m.params["beta"].shape, (1, 1))

    def test_no_changepoints(self):
        train, future = half()
        m = Prophet(n_changepoints=0).fit(train)
        m.predict(future)
        self.assertEqual(m.n_changepoints, 0)
        self.assertEqual(m.changepoints_t.tolist(), [0.0])
        self.assertEqual(m.params["delta"].tolist(), [[0.0]])

    def test_changepoint_in_a_hole_of_the_history(self):
        series = daily()
        train = series[(series["ds"] < "2013-01-01") | (series["ds"] > "2014-01-01")]
        m = Prophet(changepoints=["2013-06-06"]).fit(train)
        m.predict(series[["ds"]])
        self.assertEqual(m.n_changepoints, 1)
        self.assertEqual(m.changepoints.tolist(), [pd.Timestamp("2013-06-06")])

    def test_duplicates(self):
        train, test = half()
        again = train.copy()
        again["y"] += 10
        m = Prophet().fit(pd.concat([train, again]))
        self.assertEqual(len(m.history), 2 * len(train))
        self.assertTrue(np.isfinite(m.predict(test)["yhat"]).all())

    def test_constant_history(self):
        for constant in (0, 20):
            train, test = half()
            train["y"] = constant
            for growth in ("linear", "flat"):
                yhat = Prophet(growth=growth).fit(train).predict(test)["yhat"]
                self.assertEqual(yhat.iloc[-1], constant)

    def test_uncertainty_disabled(self):
        train, future = half()
        for off in (0, False):
            columns = list(Prophet(uncertainty_samples=off).fit(train).predict(future).columns)
            self.assertEqual(columns, ["ds", "trend", "additive_terms", "weekly", "multiplicative_terms", "yhat"])

    def test_columns_and_intervals(self):
        train, _ = split(daily(), 30)
        m = Prophet().fit(train)
        f = m.predict(m.make_future_dataframe(30))
        expected = ["ds", "trend", "yhat_lower", "yhat_upper", "trend_lower", "trend_upper"]
        for name in ("additive_terms", "weekly", "yearly", "multiplicative_terms"):
            expected += [name, name + "_lower", name + "_upper"]
        expected = [c for c in expected if not c.startswith("yearly")] + ["yhat"]  # 690 days
        self.assertEqual(list(f.columns), expected)
        self.assertTrue((f["yhat_lower"] < f["yhat_upper"]).all())
        self.assertTrue((f["trend_lower"][:480] == f["trend"][:480]).all())
        self.assertLess(f["trend_lower"].iloc[-1], f["trend_upper"].iloc[-1])
        past, y = f.head(480), m.history["y"]
        inside = ((past["yhat_lower"] <= y) & (y <= past["yhat_upper"])).mean()
        self.assertAlmostEqual(inside, 0.8, delta=0.05)

    def test_seeds(self):
        train, future = half()
        one, two, other = (Prophet(seed=s).fit(train).predict(future) for s in (0, 0, 7))
        self.assertTrue(one.equals(two))
        self.assertFalse(one["yhat_lower"].equals(other["yhat_lower"]))
        self.assertTrue(one["yhat"].equals(other["yhat"]))

    def test_the_same_bits_at_any_number_of_workers(self):
        train, future = half()
        made = []
        try:
            for n in (1, 2, 3, 7):
                norn.set_num_threads(n)
                m = Prophet(seasonality_mode="multiplicative").fit(train)
                made.append(m.predict(future).to_numpy()[:, 1:].astype("float64").tobytes() + m.params["beta"].tobytes())
        finally:
            norn.set_num_threads(0)
        self.assertEqual(len(set(made)), 1)

    def test_samples(self):
        train, future = half()
        m = Prophet(uncertainty_samples=500).fit(train)
        for vectorized in (True, False):
            draws = m.predictive_samples(future, vectorized)
            self.assertEqual(draws["yhat"].shape, (len(future), 500))
            self.assertEqual(draws["trend"].shape, (len(future), 500))
            f = m.predict(future, vectorized)
            self.assertTrue(np.allclose(np.quantile(draws["yhat"], 0.9, axis=1), f["yhat_upper"]))

    def test_exact_intervals(self):
        train, future = half()
        exact = Prophet(intervals="exact").fit(train).predict(future)
        drawn = Prophet(uncertainty_samples=20000).fit(train).predict(future)
        for name in ("yhat_lower", "yhat_upper", "trend_lower", "trend_upper"):
            width = (drawn["yhat_upper"] - drawn["yhat_lower"]).to_numpy()
            self.assertLess(np.abs((exact[name] - drawn[name]) / width).max(), 0.05, name)  # 20,000 draws: some 0.01 each way
        with self.assertRaisesRegex(ValueError, "intervals"):
            Prophet(intervals="none")

    def test_several_at_once(self):
        series = daily()
        frames = [series.iloc[i:i + 200] for i in range(0, 200, 20)]
        made = Prophet().fit_many(frames)
        for frame, m in zip(frames, made):
            alone = Prophet().fit(frame)
            self.assertAlmostEqual(m.log_posterior, alone.log_posterior, delta=1e-6)
            self.assertTrue(np.allclose(m.predict()["yhat"], alone.predict()["yhat"], rtol=1e-6))
            self.assertEqual(len(m.history), 200)
        long = pd.concat([f.assign(unique_id=f"s{i}") for i, f in enumerate(frames)])
        self.assertEqual(list(Prophet().fit_many(long)), [f"s{i}" for i in range(10)])
        bad = frames[:2] + [series.head(1)]
        self.assertEqual([m is None for m in Prophet().fit_many(bad, errors="none")], [False, False, True])
        with self.assertRaises(ValueError):
            Prophet().fit_many(bad)

    def test_warm_start(self):
        series = daily()
        m = Prophet().fit(series[:500])
        start = norn.utilities.warm_start_params(m)
        self.assertEqual(sorted(start), ["beta", "delta", "k", "m", "sigma_obs"])
        warm, cold = Prophet().fit(series[:510], init=start), Prophet().fit(series[:510])
        self.assertEqual(warm.params["delta"].shape, (1, 25))
        self.assertAlmostEqual(warm.log_posterior, cold.log_posterior, delta=1e-6)
        Prophet().fit(series[:510], init=dict(start))

    def test_stans_arguments(self):
        with self.assertLogs("norn", "INFO") as said:
            Prophet().fit(daily(), seed=1, algorithm="Newton", iter=100)
        self.assertIn("algorithm, iter, seed", "\n".join(said.output))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            Prophet(stan_backend="CMDSTANPY")
        self.assertEqual(len(warned), 1)
        with self.assertRaisesRegex(NornError, "mcmc_samples > 0 is not offered"):
            Prophet(mcmc_samples=300)

    def test_copies(self):
        m = Prophet().fit(daily())
        future = m.make_future_dataframe(30)
        expected = m.predict(future)
        for other in (pickle.loads(pickle.dumps(m)), copy.deepcopy(m), copy.copy(m)):
            self.assertTrue(other.predict(future).equals(expected))

    def test_changed_parameters_are_predicted_from(self):
        m = Prophet().fit(daily())
        before = m.predict()["trend"]
        m.params["m"] = m.params["m"] + 1
        self.assertTrue(np.allclose(m.predict()["trend"], before + m.y_scale))

    def test_it_is_said_what_was_left_out(self):
        with self.assertLogs("norn", "INFO") as said:
            logging.getLogger("norn").setLevel(logging.INFO)
            Prophet().fit(daily().head(240))
        self.assertIn("yearly", "\n".join(said.output))


class Preparation(unittest.TestCase):
    def test_history(self):
        train, _ = half()
        m = Prophet().fit(train)
        self.assertEqual((m.history["t"].min(), m.history["t"].max()), (0.0, 1.0))
        self.assertEqual(m.history["y_scaled"].max(), 1.0)
        self.assertEqual(m.y_scale, train["y"].abs().max())
        self.assertEqual((m.start, m.start + m.t_scale), (train["ds"].min(), train["ds"].max()))

    def test_ds_as_index_and_column(self):
        train, _ = half()
        train.index = pd.DatetimeIndex(["1970-01-01"] * len(train), name="ds")
        self.assertTrue((Prophet().fit(train).history["ds"].to_numpy() == train["ds"].to_numpy()).all())

    def test_logistic_floor(self):
        train, _ = half()
        train["floor"], train["cap"] = 10.0, 80.0
        m = Prophet(growth="logistic").fit(train)
        self.assertTrue(m.logistic_floor)
        self.assertIn("floor", m.history)
        self.assertEqual(m.history["y_scaled"][0], 1.0)
        train[["y", "floor", "cap"]] += 10.0
        m = Prophet(growth="logistic").fit(train)
        self.assertAlmostEqual(m.history["y_scaled"][0], 1.0, delta=0.01)
        f = m.predict(train)
        self.assertEqual(list(f.columns[:4]), ["ds", "trend", "cap", "floor"])
        with self.assertRaisesRegex(ValueError, "floor"):
            m.predict(train.drop(columns="floor"))

    def test_logistic_floor_minmax(self):
        train, _ = half()
        train["floor"], train["cap"] = 10.0, 80.0
        one = Prophet(growth="logistic", scaling="minmax").fit(train)
        train[["y", "floor", "cap"]] += 10.0
        two = Prophet(growth="logistic", scaling="minmax").fit(train)
        for m in (one, two):
            self.assertTrue(m.logistic_floor)
            self.assertGreater(m.history["y_scaled"].min(), 0.0)
            self.assertLess(m.history["y_scaled"].max(), 1.0)
        self.assertAlmostEqual(one.history["y_scaled"].mean(), two.history["y_scaled"].mean(), delta=1e-12)

    def test_make_future_dataframe(self):
        m = Prophet().fit(daily().head(234))
        for freq, expected in (("D", ["2013-04-26", "2013-04-27", "2013-04-28"]),
                               (pd.tseries.offsets.MonthEnd(1), ["2013-04-30", "2013-05-31", "2013-06-30"])):
            made = m.make_future_dataframe(3, freq=freq, include_history=False)
            self.assertEqual(made["ds"].tolist(), [pd.Timestamp(d) for d in expected])

    def test_make_future_dataframe_with_history(self):
        train = daily().head(234).copy()
        train.loc[train.sample(10, random_state=1).index, "y"] = np.nan
        m = Prophet().fit(train)
        self.assertEqual(len(m.history), 224)
        self.assertEqual(len(m.make_future_dataframe(3)), 237)
        every = Prophet().fit(pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=40, freq="h"), "y": np.arange(40.0)}))
        self.assertEqual(every.make_future_dataframe(1, freq=None, include_history=False)["ds"][0], pd.Timestamp("2024-01-02 16:00"))

    def test_kinds_of_dates(self):
        y = np.arange(30.0) % 7
        stamps = pd.date_range("2024-01-01", periods=30)
        kinds = [stamps, stamps.strftime("%Y-%m-%d"), [int(s) for s in stamps.strftime("%Y%m%d")], [s.date() for s in stamps],
                 [s.to_pydatetime() for s in stamps], stamps.astype("datetime64[ns]"), stamps.to_numpy().astype("datetime64[s]")]
        made = [Prophet().fit(pd.DataFrame({"ds": ds, "y": y})).predict()["yhat"] for ds in kinds]
        for one in made[1:]:
            self.assertTrue(one.equals(made[0]))
        with self.assertRaisesRegex(ValueError, "timezone"):
            Prophet().fit(pd.DataFrame({"ds": stamps.tz_localize("UTC"), "y": y}))

    def test_any_order_of_rows(self):
        series = daily()
        mixed = series.sample(frac=1, random_state=3)
        one, two = Prophet().fit(series), Prophet().fit(mixed)
        self.assertAlmostEqual(one.log_posterior, two.log_posterior, delta=1e-8)
        self.assertTrue((two.history["ds"].diff()[1:] >= pd.Timedelta(0)).all())
        self.assertTrue(two.predict(mixed)["ds"].is_monotonic_increasing)

    def test_other_tables(self):
        series = daily()
        expected = Prophet().fit(series).predict()["yhat"]
        self.assertTrue(Prophet().fit({"ds": series["ds"].to_numpy(), "y": series["y"].to_numpy()}).predict()["yhat"].equals(expected))
        try:
            import polars as pl
        except ImportError:
            return
        table = pl.DataFrame({"ds": series["ds"].to_numpy(), "y": series["y"].to_numpy()})
        self.assertTrue(Prophet().fit(table).predict()["yhat"].equals(expected))

    def test_what_the_caller_gave_is_not_changed(self):
        series, holidays = daily(), pd.DataFrame({"ds": ["2013-01-01"], "holiday": ["new year"]})
        kept, kept_holidays = series.copy(), holidays.copy()
        m = Prophet(holidays=holidays).fit(series)
        m.predict(series)
        self.assertTrue(series.equals(kept) and holidays.equals(kept_holidays))
        series["y"] = 0.0
        self.assertTrue((m.history["y"].to_numpy() == kept["y"].to_numpy()).all())


class Trend(unittest.TestCase):
    def test_growth(self):
        with self.assertRaisesRegex(ValueError, 'Parameter "growth" should be "linear", "logistic" or "flat".'):
            Prophet(growth="constant")

    def test_flat_growth(self):
        for scaling in ("absmax", "minmax"):
            x = np.linspace(0, 2 * np.pi, 56)
            m = Prophet(growth="flat", scaling=scaling).fit(pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=56), "y": 30 + np.sin(8 * x)}))
            f = m.predict(m.make_future_dataframe(10))
            level = m.params["m"][0, 0] * m.y_scale + m.y_min
            self.assertEqual(m.params["k"][0, 0], 0.0)
            self.assertTrue(np.allclose(f["trend"], level))
            self.assertEqual(round(level), 30)

    def test_piecewise_linear(self):
        t = np.arange(11.0)
        y = Prophet.piecewise_linear(t, np.array([0.5]), 1.0, 0, np.array([5]))
        expected = np.array([0, 1, 2, 3, 4, 5, 6.5, 8, 9.5, 11, 12.5])
        self.assertTrue(np.allclose(y, expected))
        self.assertTrue(np.allclose(Prophet.piecewise_linear(t[8:], np.array([0.5]), 1.0, 0, np.array([5])), expected[8:]))

    def test_piecewise_logistic(self):
        t = np.arange(11.0)
        expected = [5, 7.310586, 8.807971, 9.525741, 9.820138, 9.933071, 9.984988, 9.996646, 9.999252, 9.999833, 9.999963]
        y = Prophet.piecewise_logistic(t, np.full(11, 10.0), np.array([0.5]), 1.0, 0, np.array([5]))
        self.assertTrue(np.allclose(y, expected, atol=1e-5))

    def test_flat_trend(self):
        self.assertEqual(Prophet.flat_trend(np.arange(3), 0.5).tolist(), [0.5] * 3)

    def test_the_models_trend_is_these_curves(self):
        train, _ = half()
        train["cap"] = 90.0
        for growth, curve in (("linear", Prophet.piecewise_linear), ("logistic", Prophet.piecewise_logistic)):
            m = Prophet(growth=growth).fit(train)
            p, h = m.params, m.history
            cap = (h["cap_scaled"],) if growth == "logistic" else ()
            trend = curve(h["t"].to_numpy(), *cap, p["delta"][0], p["k"][0, 0], p["m"][0, 0], m.changepoints_t)
            self.assertTrue(np.allclose(np.asarray(trend) * m.y_scale, m.predict()["trend"], rtol=1e-9))
            self.assertTrue(np.allclose(p["trend"][0], trend))

    def test_changepoints(self):
        train, _ = half()
        for share in (0.8, 0.4):
            m = Prophet(changepoint_range=share).fit(train)
            at = m.changepoints_t
            self.assertEqual(at.shape, (m.n_changepoints,))
            self.assertGreater(at.min(), 0)
            self.assertLessEqual(at.max(), m.history["t"][int(np.ceil(share * len(train)))])
            self.assertTrue((m.history["ds"][m.changepoints.index].to_numpy() == m.changepoints.to_numpy()).all())
        for outside in (-0.1, 2):
            with self.assertRaises(ValueError):
                Prophet(changepoint_range=outside)

    def test_number_of_changepoints(self):
        short = daily().head(20)
        m = Prophet(n_changepoints=15).fit(short)
        self.assertEqual((m.n_changepoints, m.changepoints_t.shape), (15, (15,)))
        self.assertEqual(Prophet().fit(short).n_changepoints, 15)  # as many as there is room for
        with self.assertRaisesRegex(ValueError, "(?i)changepoint"):
            Prophet(changepoints=["2030-01-01"]).fit(short)


class BadInput(unittest.TestCase):
    def test_errors(self):
        good = daily()
        for text, frame in (("ds", good.rename(columns={"ds": "x"})), ("y", good.rename(columns={"y": "x"})), ("at least 2", good.head(1)),
                            ("(?i)rows with y|at least 2", good.assign(y=np.nan)), ("(?i)inf", good.assign(y=np.r_[np.inf, np.ones(509)])),
                            ("NaN in column ds", good.assign(ds=good["ds"].where(good.index > 0))), ("date", good.assign(ds="yesterday")),
                            ("number", good.assign(y="much"))):
            with self.assertRaisesRegex(ValueError, text):
                Prophet().fit(frame)
        with self.assertRaisesRegex(ValueError, "pandas"):
            Prophet().fit([1, 2, 3])
        with self.assertRaisesRegex(ValueError, "(?i)cap"):
            Prophet(growth="logistic").fit(good)
        with self.assertRaisesRegex(ValueError, "(?i)cap"):
            Prophet(growth="logistic").fit(good.assign(cap=-1.0))
        for arguments in ({"changepoint_prior_scale": 0}, {"seasonality_prior_scale": -1}, {"scaling": "max"}, {"yearly_seasonality": "on"},
                          {"changepoint_range": "all"}, {"holidays": [1]}, {"changepoints": "2013-01-01"}, {"changepoints": ["then"]}):
            with self.assertRaises(ValueError):
                Prophet(**arguments)
        m = Prophet().fit(good)
        with self.assertRaisesRegex(NornError, "fit once"):
            m.fit(good)
        with self.assertRaisesRegex(ValueError, "no rows"):
            m.predict(good.head(0))
        for call in (Prophet().predict, lambda: Prophet().make_future_dataframe(3)):
            with self.assertRaisesRegex(NornError, "has not been fit"):
                call()
        with self.assertRaises(AttributeError):
            m.no_such_thing

    def test_every_size_of_number(self):
        for scale in (1e-300, 1e-9, 1e12, 1e300):
            series = daily()
            series["y"] *= scale / 100
            yhat = Prophet().fit(series).predict()["yhat"]
            self.assertTrue(np.isfinite(yhat).all(), scale)
            self.assertLess(rmse(yhat / scale, series["y"] / scale), 0.05)

    def test_subdaily(self):
        m = Prophet().fit(subdaily())
        self.assertEqual(list(m.seasonalities), ["daily"])
        self.assertTrue(np.isfinite(m.predict()["yhat"]).all())

    def test_an_interrupt_ends_a_long_call(self):
        code = """
import signal, sys, threading, time, os
import numpy as np, pandas as pd
from norn import Prophet
n = 40000
rng = np.random.default_rng(1)
df = pd.DataFrame({"ds": pd.date_range("2000-01-01", periods=n, freq="h"), "y": 50 + rng.normal(size=n)})
frames = [df] * 400
Prophet().fit(df.head(100))
threading.Timer(1.0, lambda: (globals().__setitem__("at", time.monotonic()), os.kill(os.getpid(), signal.SIGINT))).start()
try:
    Prophet(seasonality_mode="multiplicative").fit_many(frames)
    print("done")
except KeyboardInterrupt:
    print("stopped", time.monotonic() - at)
"""
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120).stdout.split()
        self.assertEqual(said[0], "stopped")
        self.assertLess(float(said[1]), 0.4)


if __name__ == "__main__":
    unittest.main()
