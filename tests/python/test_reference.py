"""docs/reference.md is what tools/make_reference prints, and every public name has a docstring."""
# SPDX-License-Identifier: Apache-2.0
import inspect
import os
import subprocess
import sys
import unittest

import norn

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TOP, "tools", "make_reference")


@unittest.skipUnless(os.path.exists(TOOL), "not in the sdist")
class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = subprocess.run([sys.executable, TOOL], check=True, capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"}).stdout

    def test_the_page_is_what_the_tool_prints(self):
        with open(os.path.join(TOP, "docs", "reference.md"), encoding="utf-8") as f:
            self.assertEqual(f.read(), self.page, "run .venv-test/bin/python tools/make_reference docs/reference.md")

    def test_every_public_name_stands_there(self):
        for name in norn.__all__:
            if name != "__version__":
                self.assertIn(f"norn.{name}", self.page)
        for name in norn.models.__all__:
            self.assertIn(f"{name}", self.page)
        for row in norn._norn.model_rows():
            self.assertIn(f"`{row['name']}` on the command line", self.page)
            for p in row["params"]:
                self.assertIn(f"| `{p['name'].replace('-', '_')}` |", self.page)

    def test_parameters_of_calls_are_told(self):
        """Every parameter of the Forecaster's and ARIMA's calls stands in the docstring of the call or of the class."""
        for cls in (norn.Forecaster, norn.ARIMA, norn.ConformalIntervals):
            for name, thing in [("", cls), *inspect.getmembers(cls, inspect.isroutine)]:
                if name.startswith("_"):
                    continue
                self.assertTrue(thing.__doc__, f"{cls.__name__}.{name}")
                for p in set(inspect.signature(thing).parameters) - {"self"}:
                    self.assertRegex(f"{thing.__doc__}\n{cls.__doc__}", rf"\b{p}\b", f"{cls.__name__}.{name}")
        for call in (norn.batch_fit_arima, norn.batch_forecast_arima):
            for p in inspect.signature(call).parameters:
                self.assertRegex(call.__doc__, rf"\b{p}\b")


if __name__ == "__main__":
    unittest.main()
