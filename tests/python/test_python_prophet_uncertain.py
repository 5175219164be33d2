"""norn.Prophet(parameter_uncertainty=True): intervals that hold the estimates' own uncertainty."""
# SPDX-License-Identifier: Apache-2.0
import copy
import pickle
import unittest

from prophet_inputs import birthday, daily, np, pd

import norn
from norn import Prophet, diagnostics, serialize


def width(frame, name="yhat"):
    return (frame[name + "_upper"] - frame[name + "_lower"]).to_numpy()


class Uncertain(unittest.TestCase):
    def pair(self, df, future, **more):
        """Forecasts without and with it, and the model with."""
        one, two = Prophet(**more).fit(df), Prophet(parameter_uncertainty=True, **more).fit(df)
        return one.predict(future), two.predict(future), two

    def test_wider(self):
        df = daily()
        future = Prophet().fit(df).make_future_dataframe(60)
        for more in ({}, {"intervals": "exact"}, {"seasonality_mode": "multiplicative"}, {"growth": "flat"}, {"holidays": birthday()},
                     {"changepoint_prior_scale": 1.0}):
            plain, wide, m = self.pair(df, future, **more)
            self.assertTrue(plain["yhat"].equals(wide["yhat"]), more)
            for name in ("yhat", "trend", "weekly"):
                self.assertGreater(width(wide, name).mean(), width(plain, name).mean(), (more, name))
            self.assertTrue((width(wide, "trend") > 0).all(), more)  # in the history, too
            self.assertTrue(m.predict(future).equals(wide), more)
            draws = m.predictive_samples(future.tail(3))
            self.assertEqual(draws["yhat"].shape, (3, 1000))

    def test_logistic(self):
        df = daily().assign(cap=lambda d: d["y"].max() * 1.5)
        future = df[["ds", "cap"]]
        plain, wide, _ = self.pair(df, future, growth="logistic")
        self.assertGreater(width(wide, "trend").mean(), 0)
        self.assertGreater(width(wide).mean(), width(plain).mean() * 0.999)

    def test_exact_is_the_limit(self):
        df = daily()
        m = Prophet(parameter_uncertainty=True, uncertainty_samples=20000).fit(df)
        future = m.make_future_dataframe(60).tail(80)
        closed = Prophet(parameter_uncertainty=True, intervals="exact").fit(df).predict(future)
        drawn = m.predict(future)
        self.assertLess(np.abs(width(drawn) / width(closed) - 1).max(), 0.05)
        self.assertLess(np.abs(width(drawn, "trend") / width(closed, "trend") - 1).max(), 0.05)

    def test_copies(self):
        """JSON, pickle, a later change of the attribute, changed parameters."""
        df = daily()
        m = Prophet(parameter_uncertainty=True).fit(df)
        future = m.make_future_dataframe(10, include_history=False)
        want = m.predict(future)
        for other in (serialize.model_from_json(serialize.model_to_json(m)), pickle.loads(pickle.dumps(m)), copy.deepcopy(m)):
            self.assertTrue(other.parameter_uncertainty)
            self.assertTrue(other.predict(future).equals(want))
        late = Prophet().fit(df)
        plain = late.predict(future)
        late.parameter_uncertainty = True
        self.assertTrue(late.predict(future).equals(want))
        late.parameter_uncertainty = False
        self.assertTrue(late.predict(future).equals(plain))
        before = width(m.predict(df.tail(5)))
        m.params["sigma_obs"] = m.params["sigma_obs"] * 2
        self.assertGreater(width(m.predict(df.tail(5))).mean(), 1.9 * before.mean())

    def test_cross_validation(self):
        df = daily()
        frames = [diagnostics.cross_validation(Prophet(parameter_uncertainty=on).fit(df), "60 days", initial="400 days") for on in (False, True)]
        self.assertTrue(frames[0]["yhat"].equals(frames[1]["yhat"]))
        self.assertTrue((width(frames[1]) > width(frames[0])).all())
        m = Prophet(parameter_uncertainty=True, intervals="exact").fit(df)
        whole = diagnostics.cross_validation(m, "60 days", initial="400 days")
        each = diagnostics.cross_validation(m, "60 days", initial="400 days", extra_output_columns="trend")
        self.assertLess(np.abs(whole["yhat_upper"] - each["yhat_upper"]).max(), 1e-6)

    def test_many_and_regressors(self):
        df = daily().assign(x=np.arange(510) % 5 == 0)
        m = Prophet(parameter_uncertainty=True)
        m.add_regressor("x")
        m.fit(df.assign(y=df["y"].where(np.arange(510) % 50 != 3)))
        made = m.predict(df.tail(20))
        self.assertGreater(width(made, "x").max(), 0)
        self.assertTrue(np.allclose(width(made, "x")[made["x"] == 0], 0))
        alone, several = Prophet(parameter_uncertainty=True).fit(daily()), Prophet(parameter_uncertainty=True).fit_many([daily(), daily().head(300)])
        self.assertTrue(several[0].predict(df.tail(5)).equals(alone.predict(df.tail(5))))

    def test_command_spec(self):
        days = pd.DataFrame({"unique_id": "a", "ds": daily()["ds"], "y": daily()["y"]})
        days = days.set_index("ds").asfreq("D").reset_index().assign(unique_id="a")
        out = norn.Forecaster(["plain=prophet(paths=exact)", "wide=prophet(paths=exact,parameter_uncertainty=true)"], freq="D").forecast(days, 10, level=[80])
        self.assertTrue(((out["wide-hi-80"] - out["wide-lo-80"]) > (out["plain-hi-80"] - out["plain-lo-80"])).all())


if __name__ == "__main__":
    unittest.main()
