"""norn.Prophet: what a user of Prophet met in a trial: one bad series of many, pools, subclasses, tables of polars, messages."""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
import tempfile
import unittest

from prophet_inputs import daily, np, pd

from norn import Forecaster, NornError, Prophet, diagnostics


class Pool:
    def map(self, func, *columns):
        return [func(*row) for row in zip(*columns)]


class Many(unittest.TestCase):
    def test_the_bad_series_is_named(self):
        df = daily()
        for bad, why in ((df.head(1), "a fit needs at least 2"), (df.rename(columns={"y": "z"}), "must have columns")):
            for frames, name in (({"a": df, "b": bad}, "'b'"), ([df, bad], "1")):
                with self.assertRaisesRegex(ValueError, f"series {name}: .*{why}"):
                    Prophet().fit_many(frames)
                with self.assertLogs("norn", "WARNING") as said:
                    made = Prophet().fit_many(frames, errors="skip")
                self.assertRegex(said.output[0], f"series {name}: .*{why}")
                good, none = made.values() if isinstance(made, dict) else made
                self.assertIsNone(none)
                self.assertEqual(good.log_posterior, Prophet().fit(df).log_posterior)
        with self.assertRaisesRegex(ValueError, "raise, skip, none"):
            Prophet().fit_many([df], errors="ignore")


class Pools(unittest.TestCase):
    def test_the_bounds_are_the_same_in_a_pool(self):
        df = daily().assign(cap=100.0)
        for m in (Prophet(), Prophet(growth="logistic"), Prophet(growth="flat", seed=7), Prophet(intervals="exact")):
            m.fit(df)
            here, there = (diagnostics.cross_validation(m, "30 days", period="90 days", initial="400 days", parallel=p) for p in (None, Pool()))
            self.assertTrue(here.equals(there), m.growth)
            more = diagnostics.cross_validation(m, "30 days", period="90 days", initial="400 days", extra_output_columns="trend")
            self.assertTrue(np.allclose(more[["yhat", "yhat_lower", "yhat_upper"]], here[["yhat", "yhat_lower", "yhat_upper"]], rtol=1e-9))


class InSpecs(unittest.TestCase):
    def test_limits_come_with_x_df(self):
        df = daily().head(100).assign(cap=60.0, floor=0.0)
        ahead = pd.DataFrame({"ds": pd.bdate_range(df["ds"].max() + pd.Timedelta(days=1), periods=3), "cap": 60.0, "floor": 0.0})
        spec = Forecaster(["prophet(growth=logistic)"], freq="B")
        for columns in ([], ["floor"]):
            given = {"X_df": ahead[["ds", *columns]]} if columns else {}
            with self.assertRaisesRegex(ValueError, "a column cap that X_df brings"):
                spec.forecast(df[["ds", "y", *columns]], 3, **given)
        self.assertTrue((spec.forecast(df, 3, X_df=ahead).iloc[:, -1] < 60).all())


class Subclasses(unittest.TestCase):
    def test_overrides_without_effect_are_told(self):
        with self.assertRaisesRegex(NornError, "class Mine overrides predict_trend, set_changepoints, which"):
            class Mine(Prophet):
                def predict_trend(self, df):
                    return 0

                def set_changepoints(self):
                    pass

    def test_others_work(self):
        class Mine(Prophet):
            def predict(self, df=None, **named):
                return super().predict(df, **named).assign(mine=1)

        self.assertEqual(Mine(uncertainty_samples=0).fit(daily()).predict()["mine"].sum(), 510)


class Measures(unittest.TestCase):
    def test_medians_are_of_prophets_order(self):
        """Within a horizon prophet 1.3 has the rows in the order of pandas' default sort, which is not stable."""
        n = 400
        rng = np.random.default_rng(3)
        cutoff = pd.to_datetime("2020-01-01") + pd.to_timedelta(np.arange(n) // 20 * 20, unit="D")
        y = rng.uniform(1, 2, n)
        cv = pd.DataFrame({"ds": cutoff + pd.to_timedelta(np.arange(n) % 20 + 1, unit="D"), "cutoff": cutoff, "y": y, "yhat": y + rng.normal(0, 0.3, n)})
        found = diagnostics.performance_metrics(cv, metrics=["mdape"])
        at = cv.assign(h=cv["ds"] - cv["cutoff"]).sort_values("h")
        off, h = ((at["y"] - at["yhat"]) / at["y"]).abs().to_numpy(), at["h"].to_numpy()
        for row in found.itertuples():
            own = np.flatnonzero(h == row.horizon.to_numpy())
            last = np.concatenate((own, np.arange(own[0] - max(40 - len(own), 0), own[0])))
            self.assertEqual(row.mdape, np.median(off[last]))
        self.assertEqual(len(found), 19)


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = Prophet(uncertainty_samples=0).fit(daily())

    def test_cutoffs(self):
        for early, why in (("2010-01-02", "2010-01-02.*begins at 2012-05-18"), ("2031-01-02", "2031-01-02.*ends at 2014-05-30")):
            with self.assertRaisesRegex(ValueError, why):
                diagnostics.cross_validation(self.model, "10 days", cutoffs=[pd.Timestamp(early)])
        with self.assertRaisesRegex(ValueError, "horizon must be longer than 0"):
            diagnostics.cross_validation(self.model, "0 days")

    def test_frames(self):
        df = daily()
        with self.assertRaisesRegex(ValueError, "2 columns 'y'"):
            Prophet().fit(pd.concat([df, df[["y"]]], axis=1))
        for bad in (-3, 2.5, True):
            with self.assertRaisesRegex(ValueError, f"periods={bad}"):
                self.model.make_future_dataframe(bad)
        self.assertEqual(len(self.model.make_future_dataframe(0)), 510)


class Command(unittest.TestCase):
    """`norn` tells what cannot be before any work, as wrong use."""

    @classmethod
    def setUpClass(cls):
        cls.norn = os.environ.get("NORN", "")
        if not os.path.exists(cls.norn):
            raise unittest.SkipTest("there is no norn command")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.cap = cls.file("cap.csv", daily().head(200).assign(cap=60.0, floor=0.0).to_csv(index=False, date_format="%Y-%m-%d"))

    @classmethod
    def file(cls, name, text):
        path = os.path.join(cls.folder.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def run_norn(self, *args):
        done = subprocess.run([self.norn, *args], capture_output=True, text=True)
        return done.returncode, done.stderr

    def test_limits_that_are_not_there(self):
        for spec, why in (("growth=logistic", "needs an upper limit.* column cap that FLAG brings"), ("growth=logistic,cap=hat", "cap=hat is neither.*FLAG"),
                          ("growth=logistic,cap=1,floor=5", "cap=1 must be greater than floor=5"), ("cap=hat", "cap=hat is neither.*FLAG"),
                          ("changepoint_prior_scale=-1", "is outside"), ("interval_width=0.9", "--level 80"), ("mcmc_samples=300", "--level 80")):
            for what, flag in (("evaluate", "--exogenous"), ("forecast", "--future")):
                rc, said = self.run_norn(what, self.cap, "--horizon", "7", "--model", f"prophet({spec})")
                self.assertEqual(rc, 2, spec)
                self.assertRegex(said, why.replace("FLAG", flag))

    def test_limits_that_are(self):
        for more in (("--model", "prophet(growth=logistic)", "--exogenous", "cap,floor"), ("--model", "prophet(growth=logistic,cap=60)")):
            rc, said = self.run_norn("evaluate", self.cap, "--horizon", "7", *more)
            self.assertEqual(rc, 0, said)
            self.assertIn("(0 by fallback)", said)
        rc, said = self.run_norn("evaluate", self.cap, "--horizon", "7", "--model", "prophet(growth=logistic)", "--exogenous", "floor")
        self.assertEqual(rc, 2, said)

    def test_series_that_cannot_be_fitted(self):
        numbers = self.file("numbers.csv", "ds,y\n" + "".join(f"{i},{i % 7}\n" for i in range(60)))
        one = self.file("one.csv", "ds,y\n2020-01-01,3\n")
        for path, why in ((numbers, "^failed: prophet: needs dates"), (one, "^failed: prophet: 1 row; a fit needs at least 2")):
            rc, said = self.run_norn("forecast", path, "--horizon", "3", "--model", "prophet", "--fallback", "none")
            self.assertEqual(rc, 4)
            self.assertRegex("\n".join(line for line in said.splitlines() if line.startswith("failed")), why)


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
import pandas as pd, polars as pl
from norn import Prophet
ds = pd.date_range("2020-01-01", periods=100)
y = [float(i % 7) for i in range(100)]
want = Prophet(uncertainty_samples=0).fit(pd.DataFrame({"ds": ds, "y": y})).log_posterior
text = pl.DataFrame({"ds": ds.strftime("%Y-%m-%d").tolist(), "y": y})
for frame in (text, text.with_columns(pl.col("ds").str.to_date()), text.with_columns(pl.col("ds").cast(pl.Categorical))):
    assert Prophet(uncertainty_samples=0).fit(frame).log_posterior == want
days = pl.DataFrame({"ds": ["2020-02-01", "2020-03-01"], "holiday": ["pay", "pay"]})
m = Prophet(uncertainty_samples=0, holidays=days).fit(text)
assert list(m.train_holiday_names) == ["pay"]
"""


class Polars(unittest.TestCase):
    def test_tables_without_pyarrow(self):
        try:
            import polars  # noqa: F401
        except ImportError as e:
            raise unittest.SkipTest(str(e)) from None
        done = subprocess.run([sys.executable, "-c", WITHOUT_PYARROW], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
