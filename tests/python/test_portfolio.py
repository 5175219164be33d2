"""norn.portfolio and norn.ParallelOptimizer: identities, other tools' numbers, every kind of table, the command's answers, threads, stopping."""
# SPDX-License-Identifier: Apache-2.0
import csv
import itertools
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
from norn import portfolio

COMMAND = os.environ.get("NORN", "")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIXTURE = os.path.join(TOP, "tests", "fixtures", "portfolio_signals.csv")
SHARED = os.path.join(TOP, "..", "shared", "data", "prices")


def walks(n=400, symbols=("BTC", "ETH", "BNB", "ADA"), seed=3, freq="D"):
    """Closes that wander."""
    r = np.random.default_rng(seed)
    steps = r.normal(0.0005, 0.02, (n, 1)) + r.normal(0, 0.015, (n, len(symbols)))
    return pd.DataFrame(100 * np.exp(np.cumsum(steps, axis=0)), index=pd.date_range("2023-01-01", periods=n, freq=freq, name="ds"), columns=list(symbols))



class OnePortfolio(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.df = walks()
        cls.x = cls.df.to_numpy()

    def test_what_is_bought_and_held_is_its_shares(self):
        s = portfolio.simulate(self.df, [0.4, 0.3, 0.2, 0.1], method="never", fees=0.002)
        start = 10000 / 1.002  # the weights are those of the equity after costs
        want = (start * np.array([0.4, 0.3, 0.2, 0.1]) / self.x[0] * self.x).sum(axis=1)
        np.testing.assert_allclose(s.equity, want, rtol=1e-12)
        self.assertEqual(s.events, [])
        self.assertAlmostEqual(s.stats["total_return"], want[-1] / 10000 - 1, places=12)

    def test_money_is_cash_or_held_and_costs_are_all_that_goes(self):
        for rule in ({}, {"method": "calendar", "every": 7}, {"method": "hybrid", "band": "relative", "to": "edge", "threshold": 0.2},
                     {"kind": "hrp", "method": "on_target"}, {"kind": "equal", "leverage": 1.5, "borrow_rate": 0.05}):
            given = {} if "kind" in rule else {"weights": {"BTC": 0.5, "ada": 0.3}}
            s = portfolio.simulate(self.df, **given, fees=0.001, slippage=0.0005, min_interval_hours=0, **rule)
            np.testing.assert_allclose(s.cash + s.values.sum(axis=1), s.equity, rtol=1e-12)
            np.testing.assert_allclose(s.weights.sum(axis=1) * s.equity, s.values.sum(axis=1), rtol=1e-12)
            self.assertEqual(len(s.events), s.stats["n_rebalances"])
            self.assertGreater(len(s.events), 0, rule)
            spent = sum(e["cost"] for e in s.events)
            self.assertAlmostEqual(s.stats["costs"], spent + (10000 - s.equity.iloc[0]), places=6)
            np.testing.assert_allclose((1 + s.returns).prod(), s.equity.iloc[-1] / s.equity.iloc[0], rtol=1e-12)

    def test_a_band_is_kept(self):
        s = portfolio.simulate(self.df, {"BTC": 0.5, "ETH": 0.5}, threshold=0.03, min_interval_hours=0)
        self.assertEqual(list(s.weights.columns), ["BTC", "ETH"])
        self.assertLess((s.weights - 0.5).abs().max().max(), 0.03 + 1e-12)
        self.assertTrue(all(e["max_deviation"] > 0.03 for e in s.events))

    def test_every_kind_of_prices_is_one(self):
        want = portfolio.simulate(self.df, [0.25] * 4).equity.to_numpy()
        plain = self.df.reset_index()
        long = plain.melt(id_vars="ds", var_name="unique_id", value_name="y")
        weights = dict.fromkeys(self.df.columns, 0.25)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prices.csv")
            self.df.to_csv(path)
            for prices in (plain, pl.DataFrame(plain), pa.Table.from_pandas(plain), {c: plain[c].to_numpy() for c in plain}, long, path, [path]):
                got = portfolio.simulate(prices, weights)
                np.testing.assert_array_equal(np.asarray(got.equity), want)
        got = portfolio.simulate(self.x, [0.25] * 4)
        np.testing.assert_array_equal(got.equity, want)
        self.assertEqual(got.symbols, ["ASSET0", "ASSET1", "ASSET2", "ASSET3"])
        self.assertIsInstance(portfolio.simulate(self.df, [0.25] * 4).equity, pd.Series)

    def test_times_of_every_kind(self):
        want = portfolio.simulate(self.df, [0.25] * 4).equity.to_numpy()
        days = self.df.index
        stacked = self.df.stack().rename_axis(["date", "symbol"]).rename("close").to_frame()
        for prices in (self.df.tz_localize("America/New_York"), self.df.to_period("D"), self.df.set_axis(days.strftime("%Y-%m-%d"), axis=0),
                       self.df.reset_index(drop=True), self.df.iloc[::-1], stacked):
            np.testing.assert_array_equal(portfolio.simulate(prices, dict.fromkeys(self.df.columns, 0.25)).equity, want)

    def test_weights_by_date_come_at_their_date(self):
        table = pd.DataFrame({"BTC": [0.5, 0.2], "ETH": [0.5, 0.6]}, index=self.df.index[[50, 120]])
        s = portfolio.simulate(self.df, table)
        self.assertTrue((s.equity.iloc[:50] == 10000).all() and (s.cash.iloc[:50] == 10000).all())
        np.testing.assert_allclose(s.weights.iloc[50], [0.5, 0.5], rtol=1e-12)
        np.testing.assert_allclose(s.weights.iloc[120], [0.2, 0.6], rtol=1e-12)
        self.assertEqual([e["bar"] for e in s.events], [50, 120])
        rows = np.full((len(self.df), 4), np.nan)
        rows[50], rows[120] = [0.5, 0.5, 0, 0], [0.2, 0.6, 0, 0]
        np.testing.assert_array_equal(portfolio.simulate(self.df, rows).equity, s.equity)

    def test_the_future_changes_nothing_before_it(self):
        later = self.df.copy()
        later.iloc[200:] *= np.linspace(1, 3, 200)[:, None] * np.array([1, 0.5, 2, 1])
        for kind in ("inverse_vol", "min_variance", "mean_variance", "erc", "hrp", "momentum"):
            a, b = (portfolio.simulate(p, kind=kind, method="on_target", estimate_days=10) for p in (self.df, later))
            pd.testing.assert_series_equal(a.equity.iloc[:200], b.equity.iloc[:200], check_exact=True, check_freq=False)
            self.assertNotEqual(a.equity.iloc[-1], b.equity.iloc[-1])

    def test_wrong_arguments_are_named(self):
        for text, call in (("one of them", lambda: portfolio.simulate(self.df)),
                           ("one of them", lambda: portfolio.simulate(self.df, [0.25] * 4, kind="hrp")),
                           ("no option", lambda: portfolio.simulate(self.df, [0.25] * 4, threshhold=0.1)),
                           ("shape", lambda: portfolio.simulate(self.df, [0.5, 0.5])),
                           ("no prices of 'DOGE'", lambda: portfolio.simulate(self.df, {"DOGE": 1})),
                           ("twice", lambda: portfolio.simulate(self.df, {"BTC": 0.5, "btc/usdt": 0.5})),
                           ("finite", lambda: portfolio.simulate(self.df, {"BTC": np.inf})),
                           ("method", lambda: portfolio.simulate(self.df, [0.25] * 4, method="monthly")),
                           ("fees", lambda: portfolio.simulate(self.df, [0.25] * 4, fees="much")),
                           ("entries", lambda: portfolio.simulate(self.df, entries=[True, False])),
                           ("numbers", lambda: portfolio.simulate(self.df, ["a", "b", "c", "d"])),
                           ("do not ascend", lambda: portfolio.simulate(self.df.iloc[::-1], entries=np.ones(len(self.df), bool))),
                           ("gaps", lambda: portfolio.simulate(self.df, pd.DataFrame({"BTC": [0.5], "ETH": [np.nan]}, index=self.df.index[[3]]))),
                           ("two prices", lambda: portfolio.simulate(pd.concat([self.df, self.df.iloc[:1] * 2]), [0.25] * 4)),
                           ("kind", lambda: portfolio.simulate(self.df, kind="magic"))):
            with self.assertRaises(norn.NornArgumentError) as caught:
                call()
            self.assertIsInstance(caught.exception, ValueError)
            self.assertIn(text, str(caught.exception))
        with self.assertRaises(norn.NornError):
            portfolio.simulate(self.df.iloc[:1], [0.25] * 4)
        with self.assertRaises(norn.NornError):
            portfolio.simulate("/nowhere/at/all.csv", {"BTC": 1})


class Signals(unittest.TestCase):
    def test_all_in_and_all_out_is_arithmetic(self):
        x = np.array([10.0, 12, 9, 18, 20])
        entries, exits = [0, 1, 1, 0, 1], [1, 0, 0, 1, 1]
        s = portfolio.simulate(x, entries=np.array(entries, bool), exits=np.array(exits, bool), fees=0.01, capital=100)
        shares = 100 / 1.01 / 12
        np.testing.assert_allclose(s.equity, [100, shares * 12, shares * 9, shares * 18 * 0.99, shares * 18 * 0.99], rtol=1e-12)
        self.assertEqual([e["bar"] for e in s.events], [1, 3])

    @unittest.skipUnless(os.path.exists(FIXTURE), "the fixture is not in the sdist")
    def test_vectorbt_says_the_same(self):
        df = pd.read_csv(FIXTURE, comment="#", index_col=0, parse_dates=True)

        def of(word):
            return df[[f"{word}{j}" for j in range(3)]]
        entries, exits = (of(w).to_numpy().astype(bool) for w in ("entry", "exit"))
        for word, fees, slippage, tolerance in (("plain", 0, 0, 1e-12), ("fees", 0.001, 0, 1e-12), ("slip", 0.001, 0.0005, 3e-5)):
            s = portfolio.simulate(of("close"), entries=entries, exits=exits, fees=fees, slippage=slippage)
            # vectorbt takes the fee of the slipped price: a trade differs by about fees * slippage
            np.testing.assert_allclose(s.equity, of(word), rtol=tolerance)
            grouped = portfolio.simulate(of("close"), entries=entries, exits=exits, fees=fees, slippage=slippage, group_by=True)
            np.testing.assert_allclose(grouped.equity, of(word).sum(axis=1), rtol=tolerance)
            self.assertAlmostEqual(grouped.stats["total_return"], grouped.equity.iloc[-1] / 30000 - 1, places=12)
        self.assertEqual(set(s.stats), {"CLOSE0", "CLOSE1", "CLOSE2"})


class Numbers(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(os.path.join(SHARED, "pypfopt_weights_hrp.csv")), "the reference's weights are not here")
    def test_hrp_is_pyportfolioopts(self):
        prices = pd.read_csv(os.path.join(SHARED, "pypfopt_stock_prices.csv"), index_col=0, parse_dates=True)
        want = pd.read_csv(os.path.join(SHARED, "pypfopt_weights_hrp.csv"), index_col=0).iloc[:, 0]
        got = portfolio.weights(prices, "hrp")
        self.assertLess((got - want.reindex(got.index)).abs().max(), 1e-12)

    def test_weights_of_returns_and_prices_and_tables(self):
        df = walks()
        returns = df.pct_change().dropna()
        for kind in ("equal", "inverse_vol", "min_variance", "mean_variance", "erc", "hrp", "momentum"):
            a = portfolio.weights(df, kind)
            np.testing.assert_allclose(a, portfolio.weights(returns, kind), atol=1e-9)
            np.testing.assert_allclose(a, portfolio.weights(pl.DataFrame(returns.reset_index(drop=True)), kind), atol=1e-9)
            self.assertAlmostEqual(a.sum(), 1, places=12)
        sigma = returns.std()
        np.testing.assert_allclose(portfolio.weights(returns, "inverse_vol"), (1 / sigma) / (1 / sigma).sum(), rtol=1e-12)
        self.assertLessEqual(portfolio.weights(returns, "min_variance", max_weight=0.3).max(), 0.3)
        with self.assertRaises(norn.NornArgumentError) as caught:
            portfolio.weights(returns, "min_variance", max_weight=0.2)
        self.assertIn("cannot sum to 1", str(caught.exception))
        with self.assertRaises(norn.NornError):
            portfolio.weights(np.ones((5, 2)) * 0.01, "min_variance")

    def test_metrics_are_their_formulas(self):
        r = walks()["BTC"].pct_change().dropna()
        m = portfolio.metrics(r, periods_per_year=365)
        self.assertAlmostEqual(m["sharpe"], r.mean() / r.std() * np.sqrt(365), places=12)
        self.assertAlmostEqual(m["cagr"], (1 + r).prod() ** (365 / len(r)) - 1, places=12)
        wealth = np.concatenate([[1], (1 + r).cumprod()])
        self.assertAlmostEqual(m["max_drawdown"], (wealth / np.maximum.accumulate(wealth) - 1).min(), places=12)
        self.assertAlmostEqual(m["value_at_risk"], np.percentile(r, 5), places=12)
        for convention in ("empyrical", "quantstats", "bt", "vectorbt", "calendar"):
            self.assertTrue(np.isfinite(portfolio.metrics(r, convention)["sharpe"]), convention)
        with self.assertRaises(norn.NornArgumentError):
            portfolio.metrics(r, "my own")
        s = portfolio.simulate(walks(), [0.25] * 4)
        self.assertAlmostEqual(s.metrics()["volatility"], s.stats["volatility"], places=12)

    def test_luck_is_what_the_papers_say(self):
        r = np.random.default_rng(5).normal(0.0004, 0.01, (320, 6))
        d = portfolio.deflated_sharpe(r[:, 0], trials=r)
        sharpes = r.mean(0) / r.std(0, ddof=1)
        from statistics import NormalDist
        z, n, e = NormalDist().inv_cdf, 6, 0.5772156649015329
        expected = sharpes.std(ddof=1) * ((1 - e) * z(1 - 1 / n) + e * z(1 - 1 / (n * np.e)))
        self.assertAlmostEqual(d["expected_max_sharpe"], expected, places=12)
        x = pd.Series(r[:, 0])
        sr = x.mean() / x.std()
        z = (sr - expected) * np.sqrt(319) / np.sqrt(1 - x.skew() * sr + (x.kurt() + 2) / 4 * sr**2)
        self.assertAlmostEqual(d["deflated_sharpe"], NormalDist().cdf(z), places=10)
        p = portfolio.pbo(r, n_blocks=4)
        blocks, below = np.split(r, 4), 0
        for chosen in itertools.combinations(range(4), 2):
            inside = np.concatenate([blocks[b] for b in chosen])
            outside = np.concatenate([blocks[b] for b in range(4) if b not in chosen])
            best = np.argmax(inside.mean(0) / inside.std(0, ddof=1))
            out = outside.mean(0) / outside.std(0, ddof=1)
            below += (out <= out[best]).sum() / 7 <= 0.5
        self.assertEqual(p["n_splits"], 6)
        self.assertAlmostEqual(p["pbo"], below / 6, places=12)
        for wrong in (3, 18, 0):
            with self.assertRaises(norn.NornArgumentError):
                portfolio.pbo(r, n_blocks=wrong)


class Search(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.df = walks(700)
        cls.options = {"window_days": 100, "test_windows": 4, "timeframe": "1d"}
        cls.got = portfolio.grid(cls.df, quick=True, **cls.options)

    def test_results_are_ranked(self):
        results = self.got.results
        self.assertIsInstance(results, pd.DataFrame)
        usable = results["test_outperformance"]
        self.assertTrue(usable.is_monotonic_decreasing)
        self.assertEqual(self.got.best["config_id"], results["config_id"].iloc[0])
        self.assertEqual(self.got.counts["n_configurations"], 12)
        self.assertEqual(len(self.got.splits), 4)
        self.assertEqual(len(self.got.best["splits"]), 4)
        self.assertIn("deflated_sharpe_probability", self.got.overfitting)
        self.assertIsInstance(portfolio.grid(pl.DataFrame(self.df.reset_index()), quick=True, **self.options).results, pl.DataFrame)

    def test_no_number_depends_on_workers(self):
        for n in (1, 2, 3):
            again = portfolio.grid(self.df, quick=True, n_jobs=n, **self.options)
            self.assertEqual(again.digest, self.got.digest)
            self.assertEqual(again.answer, self.got.answer)
            pd.testing.assert_frame_equal(again.results, self.got.results, check_exact=True)

    def test_signals_filter_whoever_brings_them(self):
        times = self.df.index
        values = np.where(np.arange(len(times)) % 5, 0.4, -0.4)
        btc = np.where(np.arange(len(times)) % 7, 0.4, np.nan)
        table = pd.DataFrame({"time": times.tz_localize("UTC"), "signal": values, "signal_btc": btc})
        got = portfolio.grid(self.df, quick=True, signal=table, signal_min=0.1, **self.options)
        self.assertEqual(got.answer["signal"]["min"], 0.1)
        self.assertEqual(sorted(got.answer["signal"]["columns"]), ["signal"] * 3 + ["signal_btc"])
        self.assertNotEqual(got.digest, self.got.digest)
        self.assertTrue((got.results["test_filter_trades"] > 0).all())
        self.assertNotIn("test_filter_trades", self.got.results)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "signal.csv")
            table.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
            for other in (path, table.set_index("time"), table.assign(time=times), pl.DataFrame(table), pl.DataFrame(table.assign(time=times)),
                          pa.Table.from_pandas(table), {c: table[c].astype(str) if c == "time" else table[c].to_numpy() for c in table}):
                again = portfolio.grid(self.df, quick=True, signal=other, signal_min=0.1, **self.options)
                self.assertEqual(again.digest, got.digest, type(other))
        serial = norn.ComprehensiveOptimizer(100, "1d", 4, True, prices=self.df, signal=table, signal_min=0.1).optimize(None)
        self.assertEqual(serial["best_config"]["config_id"], got.best["config_id"])
        with self.assertRaisesRegex(norn.NornArgumentError, "signal=int"):
            portfolio.grid(self.df, quick=True, signal=3, **self.options)
        with self.assertRaisesRegex(norn.NornError, "no column 'mood'"):
            portfolio.grid(self.df, quick=True, signal=table, signal_column="mood", **self.options)
        with self.assertRaisesRegex(norn.NornError, "no bar of the prices has a signal"):
            portfolio.grid(self.df, quick=True, signal=table.assign(time=table["time"] + pd.Timedelta(days=9000)), **self.options)

    def test_a_zone_is_utc_and_its_midnights_are_days(self):
        hours, days = (walks(n).set_axis(pd.date_range("2024-03-01", periods=n, freq=f, tz="America/New_York")) for n, f in ((480, "h"), (240, "D")))
        def digest(df, window):
            return portfolio.grid(df, quick=True, window_days=window, test_windows=3).digest
        self.assertEqual(digest(hours, 5), digest(hours.tz_convert("UTC").tz_localize(None), 5))
        self.assertEqual(digest(days, 60), digest(days.tz_localize(None), 60))

    @unittest.skipUnless(os.path.exists(COMMAND), "the command is not here")
    def test_the_command_says_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prices.csv")
            self.df.to_csv(path)
            flags = ["portfolio", path, "--quick", "--window-days", "100", "--test-windows", "4", "--timeframe", "1d", "--quiet"]
            said = subprocess.run([COMMAND, *flags, "--format", "json"], check=True, capture_output=True).stdout
            self.assertEqual(json.loads(said)["digest"], self.got.digest)
            table = subprocess.run([COMMAND, *flags, "--format", "csv"], check=True, capture_output=True, encoding="utf-8").stdout
            rows = list(csv.DictReader(table.splitlines()))
            self.assertEqual([int(r["config_id"]) for r in rows], self.got.results["config_id"].tolist())
            self.assertEqual([float(r["test_sharpe"]) for r in rows], self.got.results["test_sharpe"].tolist())

    def test_grids_of_ones_own(self):
        own = {"universe": {"assets": [["BTC", "ETH"], ["BTC", "ETH", "ADA"]]}, "allocation": {"kinds": ["equal", "hrp"]},
               "rebalance": {"method": "threshold", "threshold": {"min": 0.02, "max": 0.06, "step": 0.02}}}
        a = portfolio.grid(self.df, own, **self.options)
        self.assertEqual(a.counts["n_configurations"], 12)
        self.assertEqual(set(a.results["threshold"]), {0.02, 0.04, 0.06})
        text = ('[universe]\nassets = [["BTC", "ETH"], ["BTC", "ETH", "ADA"]]\n[allocation]\nkinds = ["equal", "hrp"]\n'
                '[rebalance]\nmethod = "threshold"\nthreshold = [0.02, 0.04, 0.06]\n')
        self.assertEqual(portfolio.grid(self.df, text, **self.options).digest, a.digest)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "grid.toml")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            self.assertEqual(portfolio.grid(self.df, path, **self.options).digest, a.digest)
        with self.assertRaises(norn.NornArgumentError):
            portfolio.grid(self.df, {"rebalance": {"treshold": [0.1]}}, **self.options)
        with self.assertRaises(norn.NornArgumentError):
            portfolio.grid(self.df, {"rebalance": 3}, **self.options)

    def test_one_configuration_is_what_simulate_says(self):
        own = {"universe": {"assets": [["BTC", "ETH"]]}, "allocation": {"kinds": ["equal"]}, "rebalance": {"method": "threshold", "threshold": [0.02]}}
        found = portfolio.grid(self.df, own, fee_bps=10, slippage_bps=5, **self.options)
        window = self.df.iloc[-100:]
        alone = portfolio.simulate(window, {"BTC": 0.5, "ETH": 0.5}, threshold=0.02, fees=0.001, slippage=0.0005)
        last = found.best["splits"][-1]["test"]
        self.assertEqual(last["rebalance_count"], alone.stats["n_rebalances"])
        self.assertAlmostEqual(last["total_return"], alone.stats["total_return"], places=12)

    def test_a_table_is_one_whoever_reads_it(self):
        import sys
        from norn import _norn, _portfolio_search
        from norn.portfolio import _Prices
        options = {"quick": "true", "window-days": "100", "timeframe": "1d"}
        _, body, _ = _norn.portfolio_search(_Prices(self.df).frame, [], None, options, 1, None)
        by_pandas = _portfolio_search._table(body)
        kept = sys.modules.pop("pandas")
        try:
            alone = _portfolio_search._table(body)
        finally:
            sys.modules["pandas"] = kept
        self.assertEqual(list(alone), list(by_pandas))
        for name, column in alone.items():
            self.assertEqual(column.dtype, by_pandas[name].dtype, name)
            np.testing.assert_array_equal(column, by_pandas[name])

    def test_dry_run_simulates_nothing(self):
        dry = portfolio.grid(self.df, quick=False, dry_run=True, **self.options)
        self.assertEqual(dry.counts["n_configurations"], 58320)
        self.assertIsNone(dry.best)

    def test_ctrl_c_stops_it(self):
        big = walks(30000, freq="h")
        timer = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        begun = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            portfolio.grid(big, window_days=200, test_windows=5, timeframe="1h", n_jobs=1)
            time.sleep(1)  # it was faster than the signal
        timer.join()
        self.assertLess(time.monotonic() - begun, 2.5)


class Optimizers(unittest.TestCase):
    def test_parallel_is_serial(self):
        df = walks(500)
        arguments = {"window_days": 100, "timeframe": "1d", "test_windows": 3, "quick_mode": True, "prices": df}
        with tempfile.TemporaryDirectory() as folder:
            a = norn.ParallelOptimizer(workers=2, **arguments).optimize(output_dir=folder)
            b = norn.ComprehensiveOptimizer(**arguments).optimize(output_dir=None)
            names = os.listdir(folder)
        self.assertEqual(set(a), {"best_config", "all_results", "splits", "duration", "workers_used"})
        self.assertEqual(set(b), {"best_config", "all_results", "splits"})
        for part in b:
            self.assertEqual(json.dumps(a[part]), json.dumps(b[part]))
        self.assertEqual(a["workers_used"], 2)
        self.assertEqual(a["best_config"]["config_id"], a["all_results"][0]["config_id"])
        self.assertEqual(a["best_config"]["test_avg_outperformance"], a["all_results"][0]["test_outperformance"])
        self.assertEqual(a["best_config"]["assets"], a["all_results"][0]["assets"])
        self.assertIn("optimized_config.yaml", names)
        self.assertIn("OPTIMIZATION_REPORT.txt", names)
        self.assertTrue(any(n.startswith("optimization_results_") and n.endswith(".csv") for n in names))

    def test_the_folder_of_the_reference_is_read(self):
        df = walks(300)
        here = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            try:
                os.chdir(folder)
                with self.assertRaises(norn.NornError) as caught:
                    norn.ParallelOptimizer(quick_mode=True).optimize()
                self.assertIn("data/ohlcv", str(caught.exception))
                with self.assertRaises(norn.NornArgumentError):
                    norn.ParallelOptimizer(quick_mode=True, prices=df, dry_run=True).optimize()
                with self.assertRaises(norn.NornArgumentError):
                    norn.ParallelOptimizer(quick_mode=True, prices=df, workers=0).optimize()
                for symbol in df:
                    os.makedirs(f"data/ohlcv/{symbol}_USDT")
                    bars = pd.DataFrame({"timestamp": df.index, "open": 1, "high": 1, "low": 1, "close": df[symbol], "volume": 5})
                    bars.to_csv(f"data/ohlcv/{symbol}_USDT/1d.csv", index=False)
                a = norn.ParallelOptimizer(100, "1d", 2, True).optimize()
                self.assertTrue(os.path.exists("optimization_results/optimized_config.yaml"))
            finally:
                os.chdir(here)
        b = norn.ParallelOptimizer(100, "1d", 2, True, prices=df).optimize(None)
        self.assertEqual(json.dumps(a["all_results"]), json.dumps(b["all_results"]))


if __name__ == "__main__":
    unittest.main()
