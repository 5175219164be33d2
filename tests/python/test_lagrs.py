"""norn.lagrs: what was written for lagrs runs as it is; lagrs' defects are gone."""
# SPDX-License-Identifier: Apache-2.0
import unittest

import norn.lagrs as lagrs
import numpy as np


class Documented(unittest.TestCase):
    def test_its_example(self):
        rng = np.random.default_rng(42)
        series = np.cumsum(rng.normal(size=500))
        mean = lagrs.rolling_mean(series, 50)
        self.assertEqual((len(mean), int(np.isnan(mean).sum())), (500, 49))
        model = lagrs.ARIMA(1, 1, 1)
        result = model.fit(series)
        for key in ("params", "aic", "bic", "log_likelihood"):
            self.assertIn(key, result)
        self.assertEqual(len(result["params"]), 2)
        forecast = model.forecast(10)
        self.assertEqual(len(forecast), 10)
        results = lagrs.batch_fit_arima([series, series[:200]], 1, 1, 1)
        self.assertEqual(len(results), 2)

    def test_its_own_tests(self):
        np.testing.assert_array_equal(lagrs.rolling_mean(np.array([1.0, 2, 3, 4, 5]), 3), [np.nan, np.nan, 2, 3, 4])
        np.testing.assert_array_equal(np.diff(np.array([1.0, 2, 3, 4, 5])), [1, 1, 1, 1])
        self.assertTrue(np.isnan(lagrs.rolling_mean(np.arange(3.0), 5)).all())
        self.assertEqual(len(lagrs.rolling_mean(np.array([]), 5)), 0)
        y = np.random.default_rng(0).normal(size=120)
        for p in range(3):
            for q in range(3):
                model = lagrs.ARIMA(p, 0, q)
                self.assertEqual(len(model.fit(y)["params"]), p + q)
                for h in (1, 5, 20):
                    self.assertEqual(len(model.forecast(h)), h)
        model = lagrs.ARIMA(2, 1, 3)
        self.assertEqual((model.p, model.d, model.q), (2, 1, 3))


class DefectsAreGone(unittest.TestCase):
    def test_forecast_begins_at_the_last_value(self):
        model = lagrs.ARIMA(0, 1, 0)
        model.fit(np.arange(100.0))
        np.testing.assert_array_equal(model.forecast(5), [99] * 5)  # 94 there
        y = np.cumsum(np.random.default_rng(1).normal(size=200))
        model = lagrs.ARIMA(1, 1, 1)
        model.fit(y)
        np.testing.assert_array_equal(model.forecast(20)[:3], model.forecast(3))  # depended on h there
        self.assertLess(abs(model.forecast(20)[0] - y[-1]), 3)

    def test_estimates(self):
        rng = np.random.default_rng(6)
        y, e = np.zeros(600), rng.normal(size=600)
        for t in range(1, 600):
            y[t] = 0.6 * y[t - 1] + e[t]
        self.assertAlmostEqual(lagrs.ARIMA(1, 0, 0).fit(y)["params"][0], (y[1:] @ y[:-1]) / (y[:-1] @ y[:-1]), delta=0.02)  # .99 there
        both = lagrs.ARIMA(1, 0, 1).fit(y)  # [-.99, -.99], -2600 there
        self.assertGreater(both["log_likelihood"], lagrs.ARIMA(1, 0, 0).fit(y)["log_likelihood"] - 1e-6)

    def test_errors_in_place_of_zeros_and_panics(self):
        model = lagrs.ARIMA(1, 1, 1)
        with self.assertRaisesRegex(lagrs.NornError, "call fit"):
            model.forecast(5)
        with self.assertRaises(lagrs.NornArgumentError):
            model.fit(np.array([1.0, 2.0]))
        with self.assertRaises(ValueError):
            lagrs.rolling_mean(np.arange(5.0), 0)
        good = np.cumsum(np.random.default_rng(2).normal(size=80))
        results = lagrs.batch_fit_arima([good, [1.0]], 1, 1, 1)
        self.assertEqual([r["status"] for r in results], ["ok", "data"])

    def test_lists_integers_and_strides(self):
        np.testing.assert_array_equal(lagrs.rolling_mean([1, 2, 3, 4], 2), [np.nan, 1.5, 2.5, 3.5])
        y = np.cumsum(np.random.default_rng(3).normal(size=200))
        want = lagrs.ARIMA(1, 1, 0).fit(y)["params"]
        self.assertIsInstance(want, list)
        self.assertEqual(lagrs.ARIMA(1, 1, 0).fit(y.tolist())["params"], want)
        self.assertEqual(lagrs.ARIMA(1, 1, 0).fit(np.repeat(y, 3)[::3])["params"], want)

    def test_batch_forecast(self):
        ys = [np.cumsum(np.random.default_rng(k).normal(size=100)) for k in range(5)]
        models = [lagrs.ARIMA(1, 1, 1) for _ in ys]
        for model, y in zip(models, ys):
            model.fit(y)
        want = [model.forecast(4) for model in models]
        np.testing.assert_array_equal(lagrs.batch_forecast_arima(models, 4), want)
        np.testing.assert_array_equal(lagrs.batch_forecast_arima(lagrs.batch_fit_arima(ys, 1, 1, 1), 4), want)
        with self.assertRaisesRegex(lagrs.NornArgumentError, "item 1"):
            lagrs.batch_forecast_arima([models[0], lagrs.ARIMA(1, 1, 1)], 4)


if __name__ == "__main__":
    unittest.main()
