"""norn.diagnostics: cut-offs, cross-validation, measures; what prophet 1.3's tests expect."""
# SPDX-License-Identifier: Apache-2.0
import itertools
import unittest

from prophet_inputs import daily, np, pd

from norn import NornError, Prophet, diagnostics

DAY = pd.Timedelta(days=1)


class Pool:
    """A pool of one's own: it counts its calls."""

    def __init__(self):
        self.n = 0

    def map(self, func, *columns):
        self.n += 1
        return [func(*row) for row in zip(*columns)]


class CrossValidation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.short = daily().head(100)
        cls.model = Prophet().fit(cls.short)

    def same_y(self, made):
        y = made.merge(self.short, on="ds", suffixes=("", "_given"))
        self.assertEqual(len(y), len(made))
        self.assertTrue((y["y"] == y["y_given"]).all())
        self.assertTrue((made["cutoff"] < made["ds"]).all())

    def test_cross_validation(self):
        for parallel in (None, "processes", "threads", "dask", Pool()):
            made = diagnostics.cross_validation(self.model, horizon="4 days", period="10 days", initial="115 days", parallel=parallel)
            self.assertEqual(list(made.columns), ["ds", "yhat", "yhat_lower", "yhat_upper", "y", "cutoff"])
            cutoffs = made["cutoff"].unique()
            self.assertEqual(len(cutoffs), 3)
            self.assertEqual((made["ds"] - made["cutoff"]).max(), 4 * DAY)
            self.assertGreaterEqual(made["cutoff"].min(), self.short["ds"].min() + 115 * DAY)
            self.assertGreaterEqual(np.diff(cutoffs).min(), np.timedelta64(10, "D"))
            self.same_y(made)
        made = diagnostics.cross_validation(self.model, horizon="4 days", period="10 days", initial="135 days")
        self.assertEqual(made["cutoff"].nunique(), 1)
        with self.assertRaises(ValueError):
            diagnostics.cross_validation(self.model, horizon="10 days", period="10 days", initial="140 days")

    def test_one_call_is_cut_off_by_cut_off(self):
        """The library's cross-validation gives what fits by hand give."""
        at_once, by_hand = (diagnostics.cross_validation(self.model, "8 days", period="6 days", initial="60 days", parallel=p) for p in (None, Pool()))
        self.assertTrue(np.allclose(at_once[["yhat", "y"]], by_hand[["yhat", "y"]], rtol=1e-6))
        self.assertTrue((at_once[["ds", "cutoff"]] == by_hand[["ds", "cutoff"]]).all().all())
        width = [(f["yhat_upper"] - f["yhat_lower"]).mean() for f in (at_once, by_hand)]
        self.assertAlmostEqual(width[0] / width[1], 1, delta=0.02)

    def test_bad_pools(self):
        for bad in ("bad", object()):
            with self.assertRaisesRegex(ValueError, "'parallel' should be one"):
                diagnostics.cross_validation(self.model, horizon="4 days", parallel=bad)

    def test_number_of_forecasts(self):
        for period, n in (("10 days", 3), ("4 days", 7)):
            made = diagnostics.cross_validation(self.model, "4 days", period, "115 days")
            self.assertEqual(made["cutoff"].nunique(), n)
            pool = Pool()
            diagnostics.cross_validation(self.model, "4 days", period, "115 days", parallel=pool)
            self.assertEqual(pool.n, 1)

    def test_extra_columns(self):
        for extra in ("trend", ["trend"]):
            made = diagnostics.cross_validation(self.model, "1 days", "1 days", "140 days", extra_output_columns=extra)
            self.assertIn("trend", made)

    def test_growths(self):
        for growth in ("logistic", "flat"):
            df = self.short.assign(cap=40) if growth == "logistic" else self.short
            made = diagnostics.cross_validation(Prophet(growth=growth).fit(df), "1 days", "1 days", "140 days")
            self.assertEqual(made["cutoff"].nunique(), 2)
            self.same_y(made)

    def test_regressors_and_conditions(self):
        df = self.short.assign(extra=range(100), on=np.arange(100) // 7 % 2)
        m = Prophet().add_seasonality(name="monthly", period=30.5, fourier_order=5)
        m.add_seasonality(name="on_week", period=7, fourier_order=3, prior_scale=2.0, condition_name="on").add_regressor("extra").fit(df)
        for parallel in (None, Pool()):
            made = diagnostics.cross_validation(m, "4 days", "4 days", "135 days", parallel=parallel)
            self.assertEqual(made["cutoff"].nunique(), 2)
            self.assertGreaterEqual(np.diff(made["cutoff"].unique()).min(), np.timedelta64(4, "D"))
            self.same_y(made)

    def test_defaults(self):
        one, two = (diagnostics.cross_validation(self.model, "32 days", "10 days", initial) for initial in (None, "96 days"))
        self.assertTrue(one.equals(two))

    def test_cutoffs_of_ones_own(self):
        own = [pd.Timestamp("2012-07-31"), pd.Timestamp("2012-08-31")]
        made = diagnostics.cross_validation(self.model, "32 days", cutoffs=own)
        self.assertEqual(made["cutoff"].unique().tolist(), own)
        for bad in ([pd.Timestamp("2012-05-18")], [pd.Timestamp("2012-12-31")], []):
            with self.assertRaises(ValueError):
                diagnostics.cross_validation(self.model, "32 days", cutoffs=bad)

    def test_without_intervals(self):
        for off in (0, False):
            made = diagnostics.cross_validation(Prophet(uncertainty_samples=off).fit(self.short), "4 days", "4 days", "115 days")
            self.assertEqual(list(made.columns), ["ds", "yhat", "y", "cutoff"])
            self.assertNotIn("coverage", diagnostics.performance_metrics(made))

    def test_given_changepoints(self):
        m = Prophet(changepoints=["2012-06-15", "2012-07-15", "2012-09-01"]).fit(self.short)
        made = diagnostics.cross_validation(m, "10 days", cutoffs=[pd.Timestamp("2012-07-20"), pd.Timestamp("2012-09-20")])
        by_hand = diagnostics.cross_validation(m, "10 days", cutoffs=[pd.Timestamp("2012-07-20"), pd.Timestamp("2012-09-20")], parallel=Pool())
        self.assertTrue(np.allclose(made["yhat"], by_hand["yhat"], rtol=1e-6))

    def test_generate_cutoffs(self):
        df = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=100)})
        made = diagnostics.generate_cutoffs(df, 10 * DAY, 50 * DAY, 20 * DAY)
        self.assertEqual(made, [pd.Timestamp("2024-03-10"), pd.Timestamp("2024-03-30")])
        holed = df[(df["ds"] < "2024-02-20") | (df["ds"] > "2024-03-25")]
        made = diagnostics.generate_cutoffs(holed, 5 * DAY, 20 * DAY, 8 * DAY)
        for cutoff in made:
            self.assertTrue(((holed["ds"] > cutoff) & (holed["ds"] <= cutoff + 5 * DAY)).any())
        with self.assertRaisesRegex(ValueError, "Less data than horizon."):
            diagnostics.generate_cutoffs(df, 200 * DAY, DAY, DAY)
        with self.assertRaisesRegex(ValueError, "period"):
            diagnostics.generate_cutoffs(df, 10 * DAY, DAY, 0 * DAY)

    def test_a_regressor_that_starts_to_move(self):
        """Up to the first cut-off the price is constant: it must not carry the level of y along when it moves. A map gives the same."""
        class Mapper:
            def map(self, f, *lists):
                return list(map(f, *lists))

        df = daily()
        t = np.arange(len(df))
        df["price"] = np.where(t < 400, 100.0, 100.0 + 5 * np.sin(t))
        cutoffs = [df["ds"][350], df["ds"][430]]
        m = Prophet(uncertainty_samples=0).add_regressor("price").fit(df)
        found = diagnostics.cross_validation(m, horizon="60 days", cutoffs=cutoffs)
        again = diagnostics.cross_validation(m, horizon="60 days", cutoffs=cutoffs, parallel=Mapper())
        self.assertTrue(found.equals(again))
        plain = diagnostics.cross_validation(Prophet(uncertainty_samples=0).fit(df), horizon="60 days", cutoffs=cutoffs)
        first = found["cutoff"] == cutoffs[0]
        self.assertLess(np.abs(found["yhat"] - plain["yhat"])[first].max(), 0.05)

    def test_not_fitted(self):
        with self.assertRaisesRegex(NornError, "has not been fit"):
            diagnostics.cross_validation(Prophet(), "4 days")
        with self.assertLogs("norn", "WARNING"):
            diagnostics.cross_validation(Prophet(yearly_seasonality=True).fit(self.short), "4 days", initial="50 days")


class Measures(unittest.TestCase):
    def test_performance_metrics(self):
        cv = diagnostics.cross_validation(Prophet().fit(daily().head(100)), "4 days", "10 days", "90 days")
        measures = diagnostics.performance_metrics
        each = measures(cv, rolling_window=-1)
        self.assertEqual(set(each), {"horizon", "coverage", "mae", "mape", "mdape", "mse", "rmse", "smape"})
        self.assertEqual(len(each), 16)
        for window in (0, 0.2):
            made = measures(cv, rolling_window=window)
            self.assertEqual((len(made), made["horizon"].nunique()), (4, 4))
        whole = measures(cv, rolling_window=1)
        self.assertEqual(len(whole), 1)
        for name in ("mse", "mape", "mae", "coverage"):
            self.assertAlmostEqual(whole[name][0], each[name].mean(), delta=1e-12 * max(1, whole[name][0]))
        self.assertAlmostEqual(whole["mdape"][0], each["mdape"].median())

        @diagnostics.register_performance_metric
        def mase(df, w):
            scaled = ((df["y"] - df["yhat"]) / np.abs(np.diff(df["y"])).mean()).abs()
            return diagnostics.rolling_mean_by_h(x=scaled.values, h=df["horizon"].values, w=w, name="mase")

        self.assertEqual(set(measures(cv, metrics=["coverage", "mse", "mase"])), {"coverage", "mse", "mase", "horizon"})
        cv.loc[0, "y"] = 0.0
        asked = ["coverage", "mape"]
        self.assertEqual(set(measures(cv, metrics=asked)), {"coverage", "horizon"})
        self.assertEqual(asked, ["coverage", "mape"])
        cv["y"] = cv["yhat"] = 0.0
        self.assertEqual(set(measures(cv)), {"coverage", "horizon", "mae", "mdape", "mse", "rmse", "smape"})
        self.assertIsNone(measures(cv, metrics=["mape"]))
        for bad in (["mse", "error_metric"], ["mse", "mse"]):
            with self.assertRaises(ValueError):
                measures(cv, metrics=bad)
        self.assertEqual(measures(cv, rolling_window=0, monthly=True)["horizon"].dtype.kind, "i")

    def test_rolling_mean(self):
        x = np.arange(10)
        made = diagnostics.rolling_mean_by_h(x=x, h=x, w=1, name="x")
        self.assertEqual((made["x"].tolist(), made["horizon"].tolist()), (x.tolist(), x.tolist()))
        made = diagnostics.rolling_mean_by_h(x, x, w=4, name="x")
        self.assertTrue(np.allclose(made["x"], x[3:] - 1.5))
        self.assertEqual(made["horizon"].tolist(), list(range(3, 10)))
        h = np.array([1.0, 2, 3, 4, 4, 4, 4, 4, 7, 7])
        made = diagnostics.rolling_mean_by_h(x, h, w=3, name="x")
        self.assertTrue(np.allclose(made, [[3, 1], [4, 5], [7, 22 / 3]]))
        self.assertTrue(np.allclose(diagnostics.rolling_mean_by_h(x, h, w=10, name="x"), [[7, 4.5]]))

    def test_rolling_median(self):
        x = np.arange(10)
        made = diagnostics.rolling_median_by_h(x=x, h=x, w=1, name="x")
        self.assertEqual((made["x"].tolist(), made["horizon"].tolist()), (x.tolist(), x.tolist()))
        made = diagnostics.rolling_median_by_h(x, x, w=4, name="x")
        self.assertTrue(np.allclose(made["x"], x[3:] - 1.5))
        h = np.array([1.0, 2, 3, 4, 4, 4, 4, 4, 7, 7])
        self.assertTrue(np.allclose(diagnostics.rolling_median_by_h(x, h, w=3, name="x"), [[3, 1], [4, 5], [7, 8]]))
        self.assertTrue(np.allclose(diagnostics.rolling_median_by_h(x, h, w=10, name="x"), [[7, 4.5]]))


class Copies(unittest.TestCase):
    SAME = ("growth", "n_changepoints", "changepoint_range", "country_holidays", "holidays_mode", "seasonality_mode", "seasonality_prior_scale",
            "changepoint_prior_scale", "holidays_prior_scale", "interval_width", "uncertainty_samples", "scaling")

    def test_prophet_copy(self):
        df = daily().assign(cap=200.0)
        holiday = pd.DataFrame({"ds": pd.to_datetime(["2013-12-25"]), "holiday": ["x"]})
        for growth, given, yearly, weekly, daily_, table, mode in itertools.product(
                ("linear", "logistic"), (None, ["2013-12-25"]), (True, False), (True, False), (True, False), (None, holiday),
                ("additive", "multiplicative")):
            m = Prophet(growth, given, 3, 0.9, yearly, weekly, daily_, table, mode, 1.1, 1.1, 0.1, 0, 0.9, 200).add_country_holidays("US")
            m.fit(df[::5])
            other = diagnostics.prophet_copy(m)
            for name in self.SAME:
                self.assertEqual(getattr(m, name), getattr(other, name), name)
            self.assertTrue(other.changepoints is None if given is None else other.changepoints.equals(m.changepoints))
            self.assertEqual([other.yearly_seasonality, other.weekly_seasonality, other.daily_seasonality], [False] * 3)
            self.assertEqual([name in other.seasonalities for name in ("yearly", "weekly", "daily")], [yearly, weekly, daily_])
            self.assertTrue(other.holidays is None if table is None else other.holidays.equals(m.holidays))

    def test_prophet_copy_up_to_a_cutoff(self):
        df = daily().assign(binary_feature=[0] * 255 + [1] * 255)
        given = pd.date_range("2012-06-15", "2012-09-15")
        cutoff = pd.Timestamp("2012-07-25")
        m = Prophet(changepoints=given).add_seasonality("custom", 10, 5).add_regressor("binary_feature").fit(df)
        other = diagnostics.prophet_copy(m, cutoff=cutoff)
        self.assertEqual(other.changepoints.tolist(), given[given < cutoff].tolist())
        self.assertIn("custom", other.seasonalities)
        self.assertIn("binary_feature", other.extra_regressors)
        with self.assertRaises(NornError):
            diagnostics.prophet_copy(Prophet())


if __name__ == "__main__":
    unittest.main()
