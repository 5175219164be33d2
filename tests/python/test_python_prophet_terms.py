"""norn.Prophet: seasonalities, holidays, regressors and their modes; what prophet 1.3's tests expect."""
# SPDX-License-Identifier: Apache-2.0
import unittest

from prophet_inputs import birthday, daily, np, pd, subdaily

from norn import NornError, Prophet


def row(period, order, prior=10.0, mode="additive", condition=None):
    return {"period": period, "fourier_order": order, "prior_scale": prior, "mode": mode, "condition_name": condition}


def columns(m):
    """{component: how many columns} of a fitted model."""
    return {name: int(n) for name, n in m.train_component_cols.sum().items()}


class Masked(unittest.TestCase):
    def test_masked_rows_are_predicted_and_not_fitted(self):
        df = daily().assign(y=lambda d: d["y"].where(~d.index.isin(range(200, 220))))
        m, left_out = Prophet(uncertainty_samples=0).fit(df), Prophet(uncertainty_samples=0).fit(df.dropna())
        self.assertEqual(m.log_posterior, left_out.log_posterior)
        self.assertTrue(np.isfinite(m.predict(df)["yhat"]).all() and len(m.predict(df)) == len(df))

    def test_sizes_beyond_doubles_are_told(self):
        with self.assertRaisesRegex(NornError, "e307 at ds 2012-05-18; .* divide y"):
            Prophet().fit(daily().assign(y=lambda d: d["y"] * 1e306))


class Names(unittest.TestCase):
    def test_names_are_free(self):
        days = pd.DataFrame({"holiday": "pay", "ds": pd.to_datetime(["2013-01-31", "2013-02-28"])})
        for make, taken in ((lambda: Prophet(holidays=days).add_seasonality("pay", 30.5, 3), "a holiday"),
                            (lambda: Prophet(holidays=days).add_regressor("pay"), "a holiday"),
                            (lambda: Prophet(holidays=days).add_seasonality("z", 7, 3, condition_name="pay"), "a holiday"),
                            (lambda: Prophet().add_seasonality("Christmas Day", 30.5, 3).add_country_holidays("US"), "a seasonality")):
            with self.assertRaisesRegex(ValueError, f"already used for {taken}"):
                make()


class Seasonalities(unittest.TestCase):
    def test_fourier_series(self):
        first = daily()["ds"].head(1)
        for period, expected in ((7, [0.7818315, 0.6234898, 0.9749279, -0.2225209, 0.4338837, -0.9009689]),
                                 (365.25, [0.7006152, -0.7135393, -0.9998330, 0.01827656, 0.7262249, 0.6874572])):
            self.assertTrue(np.allclose(Prophet.fourier_series(first, period, 3)[0], expected, atol=1e-6))
        with self.assertRaises(ValueError):
            Prophet.fourier_series(first, 7, 0)

    def test_auto_weekly(self):
        series = daily()
        self.assertEqual(Prophet().weekly_seasonality, "auto")
        self.assertEqual(Prophet().fit(series.head(15)).seasonalities["weekly"], row(7, 3))
        short = series.head(9)
        self.assertNotIn("weekly", Prophet().fit(short).seasonalities)
        self.assertIn("weekly", Prophet(weekly_seasonality=True).fit(short).seasonalities)
        self.assertNotIn("weekly", Prophet().fit(series[::7]).seasonalities)
        m = Prophet(weekly_seasonality=2, seasonality_prior_scale=3.0).fit(series)
        self.assertEqual(m.seasonalities["weekly"], row(7, 2, 3.0))

    def test_auto_yearly(self):
        series = daily()
        self.assertEqual(Prophet().fit(series).seasonalities["yearly"], row(365.25, 10))
        short = series.head(240)
        self.assertNotIn("yearly", Prophet().fit(short).seasonalities)
        self.assertIn("yearly", Prophet(yearly_seasonality=True).fit(short).seasonalities)
        m = Prophet(yearly_seasonality=7, seasonality_prior_scale=3.0).fit(series)
        self.assertEqual(m.seasonalities["yearly"], row(365.25, 7, 3.0))

    def test_auto_daily(self):
        series = subdaily()
        self.assertEqual(Prophet().fit(series).seasonalities["daily"], row(1, 4))
        short = series.head(430)
        self.assertNotIn("daily", Prophet().fit(short).seasonalities)
        self.assertIn("daily", Prophet(daily_seasonality=True).fit(short).seasonalities)
        m = Prophet(daily_seasonality=7, seasonality_prior_scale=3.0).fit(series)
        self.assertEqual(m.seasonalities["daily"], row(1, 7, 3.0))
        self.assertNotIn("daily", Prophet().fit(daily()).seasonalities)

    def test_mode(self):
        self.assertEqual(Prophet().seasonality_mode, "additive")
        self.assertEqual(Prophet(seasonality_mode="multiplicative").seasonality_mode, "multiplicative")
        with self.assertRaises(ValueError):
            Prophet(seasonality_mode="batman")

    def test_holidays_mode(self):
        self.assertEqual(Prophet().holidays_mode, "additive")
        self.assertEqual(Prophet(seasonality_mode="multiplicative").holidays_mode, "multiplicative")
        self.assertEqual(Prophet(holidays_mode="multiplicative").holidays_mode, "multiplicative")
        with self.assertRaises(ValueError):
            Prophet(holidays_mode="batman")

    def test_mixed_modes(self):
        holidays = pd.DataFrame({"ds": pd.to_datetime(["2016-12-25"]), "holiday": ["xmas"], "lower_window": [-1], "upper_window": [0]})
        m = Prophet(seasonality_mode="multiplicative", holidays=holidays)
        m.add_seasonality("monthly", period=30, mode="additive", fourier_order=3)
        m.add_regressor("binary_feature", mode="additive")
        m.add_regressor("numeric_feature")
        df = daily().assign(binary_feature=[0] * 255 + [1] * 255, numeric_feature=range(510))
        m.fit(df)
        self.assertEqual((columns(m)["additive_terms"], columns(m)["multiplicative_terms"]), (7, 29))
        self.assertEqual(set(m.component_modes["additive"]), {"monthly", "binary_feature", "additive_terms", "extra_regressors_additive"})
        self.assertEqual(set(m.component_modes["multiplicative"]), {"weekly", "yearly", "xmas", "numeric_feature", "multiplicative_terms",
                                                                    "extra_regressors_multiplicative", "holidays"})
        f = m.predict(df)
        self.assertTrue(np.allclose(f["yhat"], f["trend"] * (1 + f["multiplicative_terms"]) + f["additive_terms"]))
        self.assertTrue(np.allclose(f["additive_terms"], f["monthly"] + f["binary_feature"]))
        self.assertTrue(np.allclose(f["multiplicative_terms"], f["weekly"] + f["yearly"] + f["xmas"] + f["numeric_feature"]))

    def test_custom(self):
        m = Prophet()
        self.assertIs(m.add_seasonality(name="monthly", period=30, fourier_order=5, prior_scale=2.0), m)
        self.assertEqual(m.seasonalities["monthly"], row(30, 5, 2.0))

    def test_names(self):
        holidays = pd.DataFrame({"ds": pd.to_datetime(["2017-01-02"]), "holiday": ["special_day"], "prior_scale": [4.0]})
        m = Prophet(holidays=holidays)
        for name in ("special_day", "trend", "holidays", "yhat_lower", "ds", "a_delim_b"):
            with self.assertRaises(ValueError):
                m.add_seasonality(name=name, period=30, fourier_order=5)
            with self.assertRaises(ValueError):
                m.add_regressor(name)
        m.add_seasonality(name="weekly", period=30, fourier_order=5)
        m.add_regressor("price")
        with self.assertRaises(ValueError):
            m.add_seasonality(name="price", period=30, fourier_order=5)
        with self.assertRaises(ValueError):
            Prophet(holidays=holidays.assign(holiday="trend"))
        with self.assertRaises(ValueError):
            Prophet().add_regressor("Christmas Day").add_country_holidays("US")
        self.assertEqual(list(m.seasonalities), ["weekly"])

    def test_order_and_period(self):
        for more in ({"fourier_order": 0}, {"fourier_order": -1}, {"period": 0, "fourier_order": 3}, {"fourier_order": 3, "prior_scale": 0},
                     {"fourier_order": 3, "mode": "batman"}, {"fourier_order": 2.5}, {"fourier_order": None},
                     {"fourier_order": 3, "period": "week"}, {"fourier_order": 3, "condition_name": 5}):
            with self.assertRaises(ValueError):
                Prophet().add_seasonality(**{"name": "weekly", "period": 7, **more})

    def test_custom_priors(self):
        holidays = pd.DataFrame({"ds": pd.to_datetime(["2017-01-02"]), "holiday": ["special_day"], "prior_scale": [4.0]})
        m = Prophet(holidays=holidays, yearly_seasonality=False, seasonality_mode="multiplicative")
        m.add_seasonality(name="monthly", period=30, fourier_order=5, prior_scale=2.0, mode="additive")
        m.fit(daily())
        self.assertEqual([m.seasonalities[n]["mode"] for n in ("monthly", "weekly")], ["additive", "multiplicative"])
        self.assertEqual([columns(m)[n] for n in ("monthly", "special_day", "weekly", "additive_terms", "multiplicative_terms")], [10, 1, 6, 10, 7])
        self.assertEqual(m.feature_columns["prior_scale"].tolist(), [2.0] * 10 + [10.0] * 6 + [4.0])

    def test_priors_hold_terms_down(self):
        loose, tight = (Prophet(seasonality_prior_scale=s).fit(daily()).predict()["weekly"].abs().max() for s in (10.0, 1e-4))
        self.assertLess(tight, loose / 10)

    def test_condition(self):
        m = Prophet(weekly_seasonality=False, yearly_seasonality=False)
        m.add_seasonality(name="on_week", period=7, fourier_order=3, prior_scale=2.0, condition_name="on")
        m.add_seasonality(name="normal_monthly", period=30.5, fourier_order=5, prior_scale=2.0)
        df = daily()
        with self.assertRaisesRegex(ValueError, "missing"):
            m.fit(df)
        with self.assertRaisesRegex(ValueError, "non-boolean"):
            m.fit(df.assign(on=[0] * 255 + [2] * 255))
        df["on"] = [0] * 255 + [1] * 255
        m.fit(df)
        self.assertEqual(m.seasonalities["on_week"], row(7, 3, 2.0, condition="on"))
        self.assertIsNone(m.seasonalities["normal_monthly"]["condition_name"])
        f = m.predict(df)
        self.assertTrue((f["on_week"][:255] == 0).all())
        self.assertTrue((f["on_week"][255:] != 0).any())
        with self.assertRaisesRegex(ValueError, "missing"):
            m.predict(df[["ds"]])

    def test_nothing_is_added_to_a_fit(self):
        m = Prophet().fit(daily())
        for add in (lambda: m.add_seasonality("x", 30, 3), lambda: m.add_regressor("x"), lambda: m.add_country_holidays("US")):
            with self.assertRaisesRegex(NornError, "prior to model fitting"):
                add()


class Holidays(unittest.TestCase):
    def fitted(self, **holiday):
        table = pd.DataFrame({"ds": pd.to_datetime(["2016-12-25"]), "holiday": ["xmas"], **holiday})
        df = pd.DataFrame({"ds": pd.date_range("2016-12-20", "2016-12-31"), "y": np.arange(12.0) % 5})
        return Prophet(holidays=table).fit(df), df

    def test_lower_window(self):
        m, _ = self.fitted(lower_window=[-1], upper_window=[0])
        features = m.feature_columns[m.feature_columns["component"] == "xmas"]
        self.assertEqual(features["column"].tolist(), ["xmas_delim_+0", "xmas_delim_-1"])
        self.assertEqual(features["prior_scale"].tolist(), [10.0, 10.0])
        self.assertEqual(m.train_holiday_names.tolist(), ["xmas"])
        self.assertEqual(m.predict()["xmas"].to_numpy().nonzero()[0].tolist(), [4, 5])

    def test_upper_window(self):
        m, _ = self.fitted(lower_window=[-1], upper_window=[10])
        self.assertEqual(columns(m)["xmas"], 12)  # though the rows reach 8 of them
        self.assertTrue((m.feature_columns["prior_scale"] == 10.0).all())

    def test_priors(self):
        xmas = pd.DataFrame({"ds": pd.to_datetime(["2016-12-25", "2017-12-25"]), "holiday": ["xmas"] * 2, "lower_window": [-1] * 2,
                             "upper_window": [0] * 2, "prior_scale": [5.0] * 2})
        for table, scale, expected in ((pd.concat((xmas, birthday(prior_scale=[8] * 2)), sort=True), 10, {"xmas": 5.0, "birthday": 8.0}),
                                       (pd.concat((xmas, birthday()), sort=True), 4, {"xmas": 5.0, "birthday": 4.0})):
            m = Prophet(holidays=table, holidays_prior_scale=scale, weekly_seasonality=False, yearly_seasonality=False).fit(daily())
            self.assertEqual(dict(zip(m.feature_columns["component"], m.feature_columns["prior_scale"])), expected)

    def test_bad_priors(self):
        for priors in ([5.0, 6.0], [0.0, 0.0]):
            table = pd.DataFrame({"ds": pd.to_datetime(["2016-12-25", "2016-12-27"]), "holiday": ["xmasish"] * 2, "prior_scale": priors})
            with self.assertRaisesRegex(ValueError, "(?i)prior"):
                Prophet(holidays=table).fit(daily())

    def test_bad_tables(self):
        good = birthday()
        for table in (good.drop(columns="ds"), good.drop(columns="lower_window"), good.assign(lower_window=1), good.assign(upper_window=-1),
                      good.assign(lower_window=-np.inf), good.assign(ds=pd.NaT), good.assign(holiday=None), good.assign(holiday="yhat")):
            with self.assertRaises(ValueError):
                Prophet(holidays=table)

    def test_fit_with_holidays(self):
        f = Prophet(holidays=birthday(), uncertainty_samples=0).fit(daily()).predict()
        at = f.loc[f["birthday"] != 0, "ds"].dt.strftime("%m-%d").unique().tolist()
        self.assertEqual(at, ["06-06", "06-07"])
        self.assertTrue((f["holidays"] == f["birthday"]).all())

    def test_country_holidays(self):
        series = daily()
        Prophet(holidays=birthday(), uncertainty_samples=0).add_country_holidays(country_name="US").fit(series).predict()
        # in training only, and in the future only
        for train, future in ((series.head(154), series.tail(355)), (series.tail(355), None)):
            m = Prophet(uncertainty_samples=0).add_country_holidays("US").fit(train)
            f = m.predict(m.make_future_dataframe(60, include_history=False) if future is None else future)
            self.assertIn("holidays", f)
            self.assertIn("Independence Day", m.train_holiday_names.tolist())
        for code in ("Atlantis", "", 7):
            with self.assertRaises(ValueError):
                Prophet().add_country_holidays(code)
        with self.assertLogs("norn", "WARNING"):
            self.assertEqual(Prophet().add_country_holidays("US").add_country_holidays("Germany").country_holidays, "Germany")

    def test_subdaily_holidays(self):
        m = Prophet(holidays=pd.DataFrame({"ds": pd.to_datetime(["2017-01-02"]), "holiday": ["special_day"]})).fit(subdaily())
        self.assertEqual(int((m.predict()["special_day"] == 0).sum()), 575)


class Regressors(unittest.TestCase):
    def test_added_regressors(self):
        m = Prophet()
        m.add_regressor("binary_feature", prior_scale=0.2)
        m.add_regressor("numeric_feature", prior_scale=0.5)
        m.add_regressor("numeric_feature2", prior_scale=0.5, mode="multiplicative")
        m.add_regressor("binary_feature2", standardize=True)
        df = daily().assign(binary_feature=["0"] * 255 + ["1"] * 255, numeric_feature=range(510), numeric_feature2=range(510))
        with self.assertRaisesRegex(ValueError, "binary_feature2"):
            m.fit(df)
        df["binary_feature2"] = [1] * 100 + [0] * 410
        m.fit(df)
        r = m.extra_regressors
        self.assertEqual(r["binary_feature"], {"prior_scale": 0.2, "mu": 0, "std": 1, "standardize": "auto", "mode": "additive"})
        self.assertEqual((r["numeric_feature"]["prior_scale"], r["numeric_feature"]["mu"]), (0.5, 254.5))
        self.assertAlmostEqual(r["numeric_feature"]["std"], 147.368585, delta=1e-5)
        self.assertEqual(r["numeric_feature2"]["mode"], "multiplicative")
        self.assertEqual(r["binary_feature2"]["prior_scale"], 10.0)
        self.assertAlmostEqual(r["binary_feature2"]["mu"], 0.1960784, delta=1e-5)
        self.assertAlmostEqual(r["binary_feature2"]["std"], 0.3974183, delta=1e-5)
        prepared = m.setup_dataframe(df)
        for frame in (prepared, m.history):
            self.assertEqual(frame["binary_feature"][0], 0)
            self.assertAlmostEqual(frame["numeric_feature"][0], -1.726962, delta=1e-4)
            self.assertAlmostEqual(frame["binary_feature2"][0], 2.022859, delta=1e-4)
        self.assertEqual(len(m.feature_columns), 30)
        priors = dict(zip(m.feature_columns["column"], m.feature_columns["prior_scale"]))
        self.assertEqual([priors[n] for n in ("binary_feature", "numeric_feature", "binary_feature2")], [0.2, 0.5, 10.0])
        future = pd.DataFrame({"ds": ["2014-06-01"], "binary_feature": [0], "numeric_feature": [10], "numeric_feature2": [10]})
        with self.assertRaisesRegex(ValueError, "binary_feature2"):
            m.predict(future)
        f = m.predict(future.assign(binary_feature2=0))
        self.assertEqual(f.shape[1], 37)
        v = {name: float(f[name][0]) for name in f if name != "ds"}
        self.assertEqual(v["binary_feature"], 0)
        for total, parts in (("extra_regressors_additive", v["numeric_feature"] + v["binary_feature2"]),
                             ("extra_regressors_multiplicative", v["numeric_feature2"]),
                             ("additive_terms", v["yearly"] + v["weekly"] + v["extra_regressors_additive"]),
                             ("multiplicative_terms", v["extra_regressors_multiplicative"]),
                             ("yhat", v["trend"] * (1 + v["multiplicative_terms"]) + v["additive_terms"])):
            self.assertAlmostEqual(v[total], parts, delta=1e-9 * max(1, abs(parts)))

    def test_constant_regressor(self):
        m = Prophet().add_regressor("constant").fit(daily().assign(constant=0))
        self.assertEqual(m.extra_regressors["constant"]["std"], 1)

    def test_missing_values(self):
        df = daily().assign(x=1.0)
        df.loc[5, "x"] = np.nan
        with self.assertRaisesRegex(ValueError, "NaN in column 'x'"):
            Prophet().add_regressor("x").fit(df)
        df.loc[5, "y"] = np.nan  # the row does not count
        Prophet().add_regressor("x").fit(df)

    def test_many(self):
        rng = np.random.default_rng(2)
        df = pd.concat([daily(), pd.DataFrame(rng.normal(size=(510, 200)), columns=[f"x{i}" for i in range(200)])], axis=1)
        m = Prophet()
        for i in range(200):
            m.add_regressor(f"x{i}")
        self.assertTrue(np.isfinite(m.fit(df).predict(df)["yhat"]).all())


if __name__ == "__main__":
    unittest.main()
