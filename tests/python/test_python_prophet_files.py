"""norn.serialize and norn.utilities: Prophet's JSON both ways, coefficients; and the table of upstream tests."""
# SPDX-License-Identifier: Apache-2.0
import importlib.util
import json
import os
import re
import unittest

from prophet_inputs import birthday, daily, np, path, pd

from norn import Prophet, serialize, utilities

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Files(unittest.TestCase):
    def equal(self, a, b):
        """Every public attribute is the same."""
        for name in (*serialize.SIMPLE_ATTRIBUTES, "start", "t_scale", "seasonalities", "extra_regressors", "fit_kwargs", "log_posterior", "exact", "seed"):
            self.assertEqual(getattr(a, name), getattr(b, name), name)
        self.assertEqual(list(a.params), list(b.params))
        for name in a.params:
            self.assertTrue(np.array_equal(a.params[name], b.params[name]), name)
        for name in serialize.PD_SERIES:
            one, two = getattr(a, name), getattr(b, name)
            self.assertTrue(one is None and two is None or list(one) == list(two), name)
        for name in serialize.PD_DATAFRAME:
            one, two = getattr(a, name), getattr(b, name)
            if one is not None or two is not None:
                pd.testing.assert_frame_equal(one, two, check_index_type=False, check_dtype=False, check_column_type=False)
        self.assertTrue(np.array_equal(a.changepoints_t, b.changepoints_t))

    def test_simple(self):
        m = Prophet().fit(daily().head(480))
        text = serialize.model_to_json(m)
        self.assertLess(len(text), 200000)
        other = serialize.model_from_json(text)
        self.equal(m, other)
        future = m.make_future_dataframe(2, include_history=False)
        self.assertTrue(other.make_future_dataframe(2, include_history=False).equals(future))
        self.assertTrue(m.predict(future).equals(other.predict(future)))
        self.assertEqual(serialize.model_to_json(other), text)

    def full(self):
        m = Prophet(holidays=birthday(), seasonality_mode="multiplicative", changepoints=["2012-07-01", "2012-10-01", "2013-01-01"])
        m.add_country_holidays(country_name="US")
        m.add_seasonality(name="on_week", period=7, fourier_order=3, prior_scale=2.0, condition_name="on")
        m.add_seasonality(name="normal_monthly", period=30.5, fourier_order=5, prior_scale=2.0)
        m.add_regressor("binary_feature", prior_scale=0.2)
        m.add_regressor("numeric_feature", prior_scale=0.5)
        m.add_regressor("numeric_feature2", prior_scale=0.5, mode="multiplicative")
        m.add_regressor("binary_feature2", standardize=True)
        df = daily().assign(on=[0] * 255 + [1] * 255, binary_feature=["0"] * 255 + ["1"] * 255, numeric_feature=range(510),
                            numeric_feature2=range(510), binary_feature2=[1] * 100 + [0] * 410)
        return m.fit(df.head(400)), df.tail(100)

    def test_full(self):
        m, test = self.full()
        other = serialize.model_from_json(serialize.model_to_json(m))
        self.equal(m, other)
        self.assertTrue(m.predict(test).equals(other.predict(test)))
        self.assertTrue(np.allclose(m.predict()["yhat"], other.predict()["yhat"]))
        self.assertEqual(m.feature_columns["column"].tolist(), other.feature_columns["column"].tolist())

    def test_a_loaded_model_can_be_validated_and_started_from(self):
        from norn import diagnostics
        m = Prophet().add_regressor("x").fit(daily().assign(x=np.arange(510) ** 0.5))
        other = serialize.model_from_json(serialize.model_to_json(m))
        a, b = (diagnostics.cross_validation(one, "60 days", initial="300 days") for one in (m, other))
        self.assertTrue(np.allclose(a["yhat"], b["yhat"], rtol=1e-6))
        self.assertEqual(utilities.warm_start_params(other)["k"], m.params["k"][0, 0])

    def test_growths_and_scalings(self):
        df = daily().assign(cap=80.0, floor=5.0)
        for arguments in ({"growth": "logistic"}, {"growth": "flat"}, {"scaling": "minmax"}, {"n_changepoints": 0}, {"growth": "logistic", "scaling": "minmax"}):
            m = Prophet(**arguments).fit(df)
            other = serialize.model_from_json(serialize.model_to_json(m))
            self.assertTrue(m.predict(df).equals(other.predict(df)), arguments)

    def test_old_files(self):
        for version, last, prefix in (("0.6.1.dev0", 29.3669923968994, "fb"), ("0.7.1", 29.282810844704414, "fb"), ("1.0.1", 29.282810844704414, "")):
            with open(path(f"prophet_model_v{version}.json"), encoding="utf-8") as f:
                text = json.load(f)
            self.assertEqual(json.loads(text)[f"__{prefix}prophet_version"], version)
            m = serialize.model_from_json(text)
            self.assertAlmostEqual(m.predict(m.make_future_dataframe(10))["yhat"].iloc[-1], last, delta=1e-6 * last)

    def test_files_of_prophet(self):
        """tests/oracle/make_prophet_json.py: models that prophet 1.3 wrote, and what it predicts from them."""
        with open(path("prophet_written.json"), encoding="utf-8") as f:
            kept = json.load(f)
        self.assertGreaterEqual(len(kept["models"]), 4)
        for one in kept["models"]:
            m = serialize.model_from_json(one["model"])
            f = m.predict(pd.DataFrame(one["rows"]))
            self.assertEqual(list(f.columns), one["columns"])
            for name, expected in one["values"].items():
                self.assertTrue(np.allclose(f[name], expected, rtol=1e-9, atol=1e-9 * m.y_scale), (one["name"], name))
            again = serialize.model_from_json(serialize.model_to_json(m)).predict(pd.DataFrame(one["rows"]))
            self.assertTrue(again.equals(f))

    def test_a_holiday_unknown_here_is_told(self):
        m = Prophet(holidays=birthday()).add_country_holidays("US").fit(daily())
        kept = serialize.model_to_dict(m)
        with self.assertNoLogs("norn", "WARNING"):
            serialize.model_from_dict(kept)
        text = serialize.model_to_json(m).replace("Columbus Day", "Columbus Feast")
        with self.assertLogs("norn", "WARNING") as said:
            serialize.model_from_json(text)
        self.assertIn("Columbus Feast", said.output[0])
        self.assertNotIn("Christmas", said.output[0])

    def test_a_country_unknown_here_is_told(self):
        m = Prophet().add_country_holidays("US").fit(daily())
        text = serialize.model_to_json(m).replace('"country_holidays": "US"', '"country_holidays": "Atlantis"')
        with self.assertLogs("norn", "WARNING") as said:
            other = serialize.model_from_json(text)
        self.assertIn("'Atlantis'", said.output[0])
        f = other.predict()
        self.assertIsNone(other.country_holidays)
        self.assertTrue((f["Christmas Day"] == 0).all() and np.isfinite(f["yhat"]).all())
        common = m.predict()["holidays"] == 0
        self.assertTrue(np.allclose(f["yhat"][common], m.predict()["yhat"][common], rtol=1e-12))

    def test_countries_are_listed(self):
        codes = utilities.country_codes()
        self.assertEqual(len(codes), 287)
        self.assertEqual(codes, sorted(set(codes)))
        self.assertLessEqual({"US", "QA", "IQ", "LB", "XNYS", "XECB"}, set(codes))
        for code in (*codes, "NYSE", "ECB", "QAT", "UK", "TU", "UnitedStates"):
            Prophet().add_country_holidays(code)
        with self.assertRaisesRegex(ValueError, "Germany.*holidays="):
            Prophet().add_country_holidays("Germny")

    def test_what_cannot_be_read(self):
        with self.assertRaises(ValueError):
            serialize.model_to_json(Prophet())
        good = serialize.model_to_dict(Prophet().fit(daily()))
        with self.assertRaisesRegex(ValueError, "mcmc_samples"):
            serialize.model_from_dict({**good, "mcmc_samples": 100})
        with self.assertRaisesRegex(ValueError, "t_scale"):
            serialize.model_from_dict({k: v for k, v in good.items() if k != "t_scale"})
        with self.assertRaises(ValueError):
            serialize.model_from_dict({**good, "params": {**good["params"], "beta": [[1.0, 2.0]]}})


@unittest.skipUnless(importlib.util.find_spec("prophet"), "prophet is not installed")
class BesideProphet(unittest.TestCase):
    def models(self):
        """(model, data, rows to predict): every growth, scaling and kind of term."""
        df = daily().assign(x=np.sqrt(np.arange(510)), b=np.arange(510) % 2, on=np.arange(510) // 7 % 2 == 0, cap=90.0, floor=3.0)
        rows = df.tail(200).drop(columns="y").assign(ds=df["ds"].tail(200) + pd.Timedelta(days=150))
        for arguments in ({}, {"n_changepoints": 0}, {"scaling": "minmax"}, {"growth": "flat"}, {"growth": "logistic"},
                          {"growth": "logistic", "scaling": "minmax"}, {"uncertainty_samples": 0}):
            yield Prophet(**arguments), df, rows
        yield Prophet(growth="logistic"), df.drop(columns="floor"), rows
        yield Prophet().add_country_holidays("US"), df, rows
        full = Prophet(holidays=birthday(), holidays_mode="multiplicative", changepoints=["2012-07-01", "2013-01-01"])
        yield full.add_regressor("x").add_regressor("b", mode="multiplicative").add_seasonality("w", 7, 3, condition_name="on"), df, rows

    def test_it_reads_our_files_and_predicts_the_same(self):
        from prophet.serialize import model_from_json
        for m, df, rows in self.models():
            ours = m.fit(df).predict(rows)
            theirs = model_from_json(serialize.model_to_json(m)).predict(rows)
            self.assertEqual(list(ours.columns), list(theirs.columns))
            self.assertTrue(ours.dtypes.equals(theirs.dtypes))
            for name in ours.columns.drop("ds"):
                drawn = name.startswith(("yhat_", "trend_"))
                self.assertLess((ours[name] - theirs[name]).abs().max() / m.y_scale, 0.2 if drawn else 1e-12, name)


class Coefficients(unittest.TestCase):
    def test_regressor_coefficients(self):
        rng = np.random.default_rng(123)
        x = rng.normal(size=(510, 2)) * [1, 5] + [0, 3]
        df = daily().assign(regr1=x[:, 0], regr2=x[:, 1])
        df["y"] += 7 * df["regr1"]
        m = Prophet().add_regressor("regr1", mode="additive").add_regressor("regr2", mode="multiplicative").fit(df)
        made = utilities.regressor_coefficients(m)
        self.assertEqual(list(made.columns), ["regressor", "regressor_mode", "center", "coef_lower", "coef", "coef_upper"])
        self.assertEqual(made["regressor"].tolist(), ["regr1", "regr2"])
        self.assertTrue((made["coef_lower"] == made["coef"]).all() and (made["coef_upper"] == made["coef"]).all())
        self.assertAlmostEqual(made["coef"][0], 7, delta=0.5)
        f = m.predict(df)
        self.assertTrue(np.allclose(f["regr1"], made["coef"][0] * (df["regr1"] - made["center"][0])))
        self.assertTrue(np.allclose(f["regr2"], made["coef"][1] * (df["regr2"] - made["center"][1])))
        with self.assertRaises(ValueError):
            utilities.regressor_coefficients(Prophet().fit(daily()))


class Upstream(unittest.TestCase):
    def test_every_upstream_test_has_its_row(self):
        page = os.path.join(TOP, "docs", "prophet-tests.md")
        if not os.path.exists(page):
            self.skipTest("no docs here")
        with open(path("prophet_upstream_tests.txt"), encoding="utf-8") as f:
            wanted = [line.strip() for line in f if line.strip()]
        self.assertEqual(len(wanted), 70)
        with open(page, encoding="utf-8") as f:
            rows = re.findall(r"^\| (test_\w+\.py::\w+::\w+) \| (.+?) \|$", f.read(), re.M)
        self.assertEqual([name for name, _ in rows], wanted)
        here = os.path.dirname(os.path.abspath(__file__))
        for name, what in rows:
            ported = re.findall(r"`(\w+\.py)::(\w+)\.(\w+)`", what)
            self.assertTrue(ported or what.startswith("not:"), name)
            for file, cls, test in ported:
                with open(os.path.join(here, file), encoding="utf-8") as f:
                    body = re.search(rf"^class {cls}\(.*?(?=^class |\Z)", f.read(), re.M | re.S)
                self.assertTrue(body and f"    def {test}(" in body.group(0), (name, file, cls, test))


if __name__ == "__main__":
    unittest.main()
