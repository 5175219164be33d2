"""norn.Prophet's charts: SVG drawings, and axes of matplotlib where some are given."""
# SPDX-License-Identifier: Apache-2.0
import os
import tempfile
import unittest
import xml.etree.ElementTree as ET

from prophet_inputs import birthday, daily, np

from norn import Prophet


class Axes:
    """What plot asks of matplotlib's axes."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *a, **k: self.calls.append((name, k.get("label"))) or "figure"


class Charts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        df = daily().assign(x=np.arange(510.0), cap=90.0, floor=5.0)
        cls.model = Prophet(growth="logistic", holidays=birthday(), uncertainty_samples=50).add_regressor("x").fit(df)
        cls.forecast = cls.model.predict(df)

    def drawn(self, figure):
        root = ET.fromstring(figure.svg)
        self.assertTrue(root.tag.endswith("svg"))
        return figure.svg

    def test_plot(self):
        whole = self.model.plot(self.forecast, xlabel="day", ylabel="price")
        text = self.drawn(whole)
        self.assertIn("day", text)
        self.assertIn("price", text)
        self.assertEqual(whole._repr_svg_(), text)
        bare = self.drawn(self.model.plot(self.forecast, uncertainty=False, plot_cap=False))
        self.assertLess(len(bare), len(text))
        self.assertEqual(self.model.plot(self.forecast).svg, self.model.plot(self.forecast).svg)

    def test_components(self):
        text = self.drawn(self.model.plot_components(self.forecast))
        for name in ("trend", "holidays", "weekly", "yearly"):
            self.assertIn(name, text.lower())
        self.assertNotEqual(text, self.drawn(self.model.plot_components(self.forecast, weekly_start=1, yearly_start=90)))
        with self.assertRaises(ValueError):
            self.model.plot_components(self.forecast, weekly_start=9)

    def test_axes(self):
        axes = Axes()
        self.assertEqual(self.model.plot(self.forecast, ax=axes, include_legend=True), "figure")
        labels = [label for _, label in axes.calls]
        for label in ("Observed data points", "Forecast", "Maximum capacity", "Minimum capacity", "Uncertainty interval"):
            self.assertIn(label, labels)
        self.assertIn(("legend", None), axes.calls)

    def test_files(self):
        figure = self.model.plot(self.forecast)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "forecast.svg")
            figure.savefig(path, dpi=100)
            with open(path, encoding="utf-8") as f:
                self.assertEqual(f.read(), figure.svg)
            with self.assertRaisesRegex(ValueError, "svg"):
                figure.save(os.path.join(folder, "forecast.png"))

    def test_what_cannot_be_drawn(self):
        with self.assertRaisesRegex(ValueError, "yhat"):
            self.model.plot(self.forecast.drop(columns="yhat"))


if __name__ == "__main__":
    unittest.main()
