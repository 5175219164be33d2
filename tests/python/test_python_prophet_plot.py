"""norn.plot: what prophet.plot offers, as SVG and on axes of matplotlib."""
# SPDX-License-Identifier: Apache-2.0
import unittest
import xml.etree.ElementTree as ET

from prophet_inputs import daily, np, pd

import norn
from norn import NornError, Prophet, diagnostics, plot


class Axes:
    """Axes that note what is asked of them."""

    def __init__(self):
        self.calls = []

    def axvline(self, **named):
        self.calls.append(("axvline", (), named))
        return named["x"]

    def __getattr__(self, name):
        return lambda *a, **k: self.calls.append((name, a, k)) or ["drawn"]

    def of(self, name):
        return [call[1] for call in self.calls if call[0] == name]


class Plots(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        df = daily().assign(on=lambda d: d["ds"].dt.year == 2013, x=np.arange(510.0))
        m = Prophet(uncertainty_samples=50).add_seasonality("monthly", 30.5, 3, condition_name="on").add_regressor("x")
        cls.model, cls.forecast = m.fit(df), m.predict(df)

    def drawn(self, figure, *words):
        self.assertTrue(ET.fromstring(figure.svg).tag.endswith("svg"))
        for word in words:
            self.assertIn(f">{word}<", figure.svg)

    def test_the_same_as_the_methods(self):
        self.assertEqual(plot.plot(self.model, self.forecast).svg, self.model.plot(self.forecast).svg)
        self.assertEqual(plot.plot_components(self.model, self.forecast).svg, self.model.plot_components(self.forecast).svg)

    def test_seasonalities(self):
        self.drawn(plot.plot_weekly(self.model), "Sunday", "Saturday", "weekly")
        self.drawn(plot.plot_yearly(self.model, yearly_start=90), "Jan", "Dec", "yearly")
        self.drawn(plot.plot_seasonality(self.model, "monthly"), "0 days", "30", "monthly")
        self.assertNotIn("trend", plot.plot_weekly(self.model).svg)
        self.assertNotEqual(plot.plot_weekly(self.model).svg, plot.plot_weekly(self.model, weekly_start=1).svg)
        with self.assertRaisesRegex(ValueError, "no seasonality 'daily'; it has .*weekly"):
            plot.plot_seasonality(self.model, "daily")

    def test_seasonalities_on_axes(self):
        for draw, name, n in ((plot.plot_weekly, "weekly", 7), (plot.plot_yearly, "yearly", 365),
                              (lambda m, ax: plot.plot_seasonality(m, "monthly", ax), "monthly", 200)):
            ax = Axes()
            self.assertEqual(draw(self.model, ax=ax), ["drawn", ["drawn"]])
            (x, y), = ax.of("plot")
            self.assertEqual((len(x), len(y)), (n, n))
            self.assertEqual(ax.of("set_ylabel"), [(name,)])
        monday = self.forecast[self.forecast["ds"].dt.weekday == 0]["weekly"].iloc[0]
        ax = Axes()
        plot.plot_weekly(self.model, ax, weekly_start=1)
        self.assertAlmostEqual(ax.of("plot")[0][1][0], monday, delta=1e-9)
        self.assertEqual(ax.of("set_xticklabels")[0][0][0], "Monday")

    def test_one_component(self):
        self.drawn(plot.plot_forecast_component(self.model, self.forecast, "trend"), "trend")
        ax = Axes()
        plot.plot_forecast_component(self.model, self.forecast, "trend", ax)
        self.assertTrue((ax.of("plot")[0][1] == self.forecast["trend"]).all())
        with self.assertRaisesRegex(ValueError, "no column 'tide'"):
            plot.plot_forecast_component(self.model, self.forecast, "tide")

    def test_changepoints(self):
        ax = Axes()
        made = plot.add_changepoints_to_plot(ax, self.model, self.forecast)
        want = self.model.changepoints[np.abs(self.model.params["delta"][0]) >= 0.01]
        self.assertEqual(made[1:], list(want))
        self.assertEqual(len(made[1:]), len(ax.of("axvline")))
        self.assertEqual(plot.add_changepoints_to_plot(ax, self.model, self.forecast, threshold=1e9, trend=False), [])
        figure = self.model.plot(self.forecast)
        with self.assertRaisesRegex(NornError, "ax=ax"):
            figure.gca()
        with self.assertRaisesRegex(ValueError, "ax is a Figure; axes of matplotlib"):
            plot.add_changepoints_to_plot(figure, self.model, self.forecast)

    def test_measures(self):
        cv = diagnostics.cross_validation(self.model, "60 days", initial="400 days", period="60 days")
        ax = Axes()
        plot.plot_cross_validation_metric(cv, "mape", rolling_window=0.2, ax=ax)
        (x, y, _), (rx, ry, _) = ax.of("plot")
        rolled = diagnostics.performance_metrics(cv, metrics=["mape"], rolling_window=0.2)
        self.assertTrue((ry == rolled["mape"]).all() and (rx == rolled["horizon"] / pd.Timedelta("1D")).all())
        self.assertEqual(len(x), len(cv))
        self.assertEqual(ax.of("set_xlabel"), [("Horizon (days)",)])

    def test_plotly_is_refused(self):
        self.assertIs(norn.plot, plot)
        for name in ("plot_plotly", "plot_components_plotly", "plot_seasonality_plotly", "plot_forecast_component_plotly"):
            with self.assertRaisesRegex(NornError, "plotly are not offered"):
                getattr(plot, name)(self.model, self.forecast)


if __name__ == "__main__":
    unittest.main()
