"""norn.full_report and norn.simulate: as the command, from files and from every kind of table; threads, stopping, refusals."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import norn
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

COMMAND = os.environ.get("NORN", "")
PARTS = {"dashboard_mode", "metadata", "kpis", "forecast_chart", "anomalies_table", "narratives", "correlation_insights", "scenario_simulations",
         "recommendations", "model_health_report", "visualizations", "tables", "supporting_reports", "raw_data_preview", "profit_drivers",
         "enhanced_kpis"}


def books(months=26, departments=2, seed=0):
    """Months of a company with two regions: a trend, a season of a year, noise."""
    r = np.random.default_rng(seed)
    rows = []
    for t, day in enumerate(pd.date_range("2022-01-31", periods=months, freq="ME")):
        for k in range(2 * departments):
            sales = np.round((1000 + 10 * t + 200 * np.sin(2 * np.pi * t / 12) + 100 * k) * r.uniform(0.95, 1.05), 2)
            costs = np.round(0.6 * sales * r.uniform(0.97, 1.03), 2)
            rows.append((day, sales, costs, ["EMEA", "NAM"][k % 2], f"D{k // 2:02d}", np.round(0.1 * sales, 2), np.round(0.3 * (sales - costs), 2)))
    return pd.DataFrame(rows, columns=["Posting Date", "Net Sales", "OPEX", "Region", "Business Unit", "Marketing Spend", "Cash Flow"])


def bare(report):
    """Without what two answers to one question differ in (how sure a mark is, is a note of texts alone)."""
    out = json.loads(json.dumps(report))
    out["full_analysis_report"]["supporting_reports"]["validation_report"].pop("notes")
    out["full_analysis_report"]["metadata"].pop("notes", None)
    return out


class Finance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.old = os.environ.get("SOURCE_DATE_EPOCH")
        os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
        cls.df = books()
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "books.csv")
        cls.df.to_csv(cls.path, index=False)
        cls.got = norn.full_report(cls.df)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        if cls.old is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = cls.old

    def test_every_part_is_there(self):
        self.assertEqual(self.got["session_id"], "sess_1700000000")
        report = self.got["full_analysis_report"]
        self.assertEqual(set(report), PARTS)
        self.assertAlmostEqual(report["kpis"]["total_revenue"], self.df["Net Sales"].sum(), places=6)
        self.assertAlmostEqual(report["kpis"]["total_expenses"], self.df["OPEX"].sum(), places=6)
        points = report["forecast_chart"]["revenue"]
        self.assertEqual([p["date"] for p in points], ["2024-03-01", "2024-04-01", "2024-05-01"])
        self.assertTrue(all(p["lower"] <= p["predicted"] <= p["upper"] for p in points))
        self.assertEqual(set(report["forecast_chart"]["regional_revenue"]), {"EMEA", "NAM"})
        self.assertEqual(set(report["forecast_chart"]["departmental_revenue"]), {"D00", "D01"})
        read = report["supporting_reports"]["validation_report"]
        self.assertEqual(read["header_mappings"], {"Posting Date": "date", "Net Sales": "revenue", "OPEX": "expenses", "Region": "region",
                                                   "Business Unit": "department", "Marketing Spend": "marketing_spend", "Cash Flow": "cashflow"})
        self.assertEqual(read["derived_columns"], ["profit"])

    def test_files_and_tables_are_one(self):
        halves = [os.path.join(self.folder.name, name) for name in ("late.csv", "early.csv")]
        self.df.iloc[60:].to_csv(halves[0], index=False)
        self.df.iloc[:60].to_csv(halves[1], index=False)
        want = bare(self.got)
        columns = {c: self.df[c].to_numpy() for c in self.df.columns}
        for data in (self.path, halves, tuple(reversed(halves)), pl.from_pandas(self.df), pa.Table.from_pandas(self.df, preserve_index=False), columns,
                     self.df.assign(**{"Posting Date": self.df["Posting Date"].dt.strftime("%d.%m.%Y")}),
                     self.df.assign(**{"Net Sales": self.df["Net Sales"].map("${:,.2f}".format)})):
            got = bare(norn.full_report(data, n_jobs=2))
            got["full_analysis_report"]["raw_data_preview"] = want["full_analysis_report"]["raw_data_preview"]
            self.assertEqual(got, want)

    def test_three_digits_are_no_thousands(self):
        df = self.df.assign(**{"Net Sales": np.round(self.df["Net Sales"] / 1000, 3) + 0.0, "OPEX": (self.df["OPEX"] / 2).map("{:.2f}".format).str.replace(".", ",")})
        read = norn.full_report(df)["full_analysis_report"]["kpis"]
        self.assertAlmostEqual(read["total_revenue"], df["Net Sales"].sum(), places=6)

    def test_as_the_command(self):
        if not COMMAND:
            self.skipTest("no command to compare with (NORN)")
        out = os.path.join(self.folder.name, "report.json")
        subprocess.run([COMMAND, "report", self.path, "--out", out, "--quiet"], check=True)
        with open(out, encoding="utf-8") as f:
            self.assertEqual(bare(json.load(f)), bare(self.got))
        said = subprocess.run([COMMAND, "simulate", self.path, "--parameter", "expenses", "--change-pct", "15", "--quiet"], check=True, capture_output=True)
        self.assertEqual(json.loads(said.stdout), norn.simulate(self.path, "expenses", 15))

    def test_any_number_of_workers(self):
        self.assertEqual(norn.full_report(self.df, n_jobs=1), norn.full_report(self.df, n_jobs=4))

    def test_modes_models_and_pages(self):
        got = norn.full_report(self.df, mode="financial_storyteller", models=["theta", norn.models.SeasonalNaive(12)])
        report = got["full_analysis_report"]
        self.assertEqual(report["dashboard_mode"], "financial_storyteller")
        self.assertNotIn("recommendations", report)
        self.assertGreaterEqual(len(report["model_health_report"]["revenue"]["backtesting_rmse"]), 4)
        page = norn.full_report(self.df, html=True)
        self.assertTrue(page.lstrip().lower().startswith("<!doctype html"), page[:80])

    def test_simulate(self):
        got = norn.simulate(self.df, "expenses", 15)
        self.assertEqual(got["scenario"], {"parameter_changed": "expenses", "change_percentage": 15})
        self.assertAlmostEqual(got["simulation_results"]["total_profit"] - got["baseline"]["total_profit"], -0.15 * self.df["OPEX"].sum(), places=5)
        self.assertLess(got["impact"]["profit_impact_absolute"], 0)
        self.assertEqual(got, norn.simulate(self.path, "expenses", 15.0))
        with self.assertRaisesRegex(norn.NornArgumentError, "expenses"):
            norn.simulate(self.df, "expences", 15)
        with self.assertRaises(norn.NornArgumentError):
            norn.simulate(self.df, "expenses", "much")
        with self.assertRaises(norn.NornArgumentError):
            norn.simulate(self.df, "expenses", -200)

    def test_headers_and_dates_by_hand(self):
        df = pd.DataFrame({"Tag": ["03/04/2024", "05/04/2024"], "Umsatz": ["1.234,5", "2"], "Kosten": [1, None]})
        by_hand = {"Tag": "date", "Umsatz": "revenue", "Kosten": "expenses"}
        with self.assertRaisesRegex(norn.NornError, "day-first"):
            norn.simulate(df, "revenue", 10, map=by_hand)
        got = norn.simulate(df, "revenue", 10, map=by_hand, dates="day-first")
        self.assertAlmostEqual(got["baseline"]["total_profit"], 1234.5 + 2 - 2)
        with self.assertRaisesRegex(norn.NornArgumentError, "nearest"):
            norn.simulate(df, "revenue", 10, map="Umsaz=revenue")

    def test_refusals(self):
        for wrong in ({"mode": "guardian"}, {"models": 5}, {"models": "no_such_model"}, {"level": 0}, {"dates": "us"}, {"map": 3}, {"n_jobs": 0}):
            with self.subTest(wrong), self.assertRaises(norn.NornArgumentError):
                norn.full_report(self.df, **wrong)
        with self.assertRaises(TypeError):
            norn.full_report(5)
        with self.assertRaises(norn.NornArgumentError):
            norn.full_report([])
        with self.assertRaisesRegex(norn.NornError, "no_such"):
            norn.full_report(os.path.join(self.folder.name, "no_such.csv"))
        with self.assertRaisesRegex(norn.NornError, "no rows"):
            norn.full_report(self.df.iloc[:0])
        with self.assertRaisesRegex(norn.NornError, "known"):
            norn.full_report(pd.DataFrame({"a": [1.5], "b": ["x"]}))

    def test_few_months_are_said(self):
        report = norn.full_report(self.df.iloc[:8])["full_analysis_report"]
        self.assertEqual(report["forecast_chart"]["revenue"], [])
        self.assertEqual(report["model_health_report"]["revenue"]["status"], "Failed")
        self.assertIsNotNone(report["kpis"]["total_revenue"])

    def test_ctrl_c_stops_it(self):
        big = books(months=60, departments=40)
        timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
        begun = time.monotonic()
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            norn.full_report(big, models=["auto_ets", "ces", "auto_theta"], n_jobs=1)
            time.sleep(1)  # it was faster than the signal
        timer.join()
        self.assertLess(time.monotonic() - begun, 1.5)


if __name__ == "__main__":
    unittest.main()
