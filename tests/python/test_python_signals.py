"""norn.analyze_tweets and its like: the command's numbers from every kind of table, at any number of threads, and what is refused."""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import decimal
import io
import json
import logging
import multiprocessing
import os
import subprocess
import tempfile
import unittest
import zoneinfo

import duckdb
import norn
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import parquet

COMMAND = os.environ.get("NORN", "")
MOODS = ("breakout with volume, strong buy", "weak close, I sell", "not bullish any more", "quiet day, waiting for levels", "rally, targets hit",
         "खरीदें \U0001f680 moon", "crash! dump it all", "link in bio, join telegram channel", "")
LISTS = ("hashtags", "mentions", "extracted_urls", "bullish_keywords", "bearish_keywords", "top_tfidf_terms", "top_tfidf_scores")


def tweets(n=300, seed=1):
    rng = np.random.default_rng(seed)
    return [{"tweet_id": str(10**17 + i), "username": f"u{i % 31}", "timestamp": f"2025-10-{1 + i % 5:02d}T{i % 24:02d}:15:00Z",
             "content": f"{MOODS[rng.integers(len(MOODS))]} @u{i % 7} {' '.join(f'w{k}' for k in rng.integers(0, 40, i % 9))}".strip(),
             "likes": int(rng.integers(90)), "retweets": int(rng.integers(40)), "replies": int(rng.integers(9)),
             "views": None if i % 7 == 0 else 500 + i, "hashtags": ["nifty50", "sensex", "banknifty"][:i % 4]} for i in range(n)]


def as_csv(rows):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(rows[0])
    for r in rows:
        w.writerow([json.dumps(v) if isinstance(v, list) else "" if v is None else v for v in r.values()])
    return out.getvalue()


def run(path, *flags):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.csv")
        subprocess.run([COMMAND, "signals", path, "--format", "csv", "--no-escape-formulas", "--out", out, "--quiet", *flags], check=True)
        with open(out, encoding="utf-8", newline="") as f:
            return list(csv.DictReader(f))


def plain(value):
    """A cell of any kind of table as Python's own."""
    if isinstance(value, (list, tuple, np.ndarray, pl.Series)):
        return [plain(v) for v in value]
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value) or value is pd.NA:
        return None
    if isinstance(value, (pd.Timestamp, datetime.datetime)):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value.astype("datetime64[s]")) + "Z"
    return value.item() if isinstance(value, np.generic) else value


def records(table):
    """Rows of any kind of table as dicts of plain values."""
    if isinstance(table, dict):
        return [{k: plain(v[i]) for k, v in table.items()} for i in range(len(next(iter(table.values()))))]
    if isinstance(table, pd.DataFrame):
        rows = [dict(zip(table.columns, row)) for row in zip(*(table[c].tolist() for c in table.columns))]
    elif isinstance(table, pl.DataFrame):
        rows = table.to_dicts()
    else:
        rows = (table if isinstance(table, pa.Table) else table.to_arrow_table()).to_pylist()
    return [{k: plain(v) for k, v in row.items()} for row in rows]


def analysed(rows):
    return norn.analyze_tweets(rows)


def tables(rows):
    df = pd.DataFrame(rows)
    return {"pandas": df, "polars": pl.DataFrame(rows), "lazy": pl.DataFrame(rows).lazy(), "pyarrow": pa.Table.from_pylist(rows),
            "duckdb": duckdb.from_arrow(pa.Table.from_pylist(rows)), "dict": {k: [r[k] for r in rows] for k in rows[0]}}


class Signals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = tweets()
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "t.csv")
        with open(cls.path, "w", encoding="utf-8", newline="") as f:
            f.write(as_csv(cls.rows))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def same_as_csv(self, got, cells, name):
        """One row against the command's CSV, numbers bit for bit."""
        for key, text in cells.items():
            value = got[key]
            if key in LISTS:
                self.assertEqual(list(value), json.loads(text), (name, key))
            elif isinstance(value, float):
                self.assertEqual(value, float(text), (name, key))
            elif value is None:
                self.assertEqual(text, "", (name, key))
            else:
                self.assertEqual(str(value), text, (name, key))

    @unittest.skipUnless(COMMAND, "needs the command")
    def test_the_commands_numbers_from_every_kind(self):
        want = run(self.path)
        self.assertGreater(len({w["signal_label"] for w in want}), 2)
        for name, table in tables(self.rows).items():
            got = records(norn.analyze_tweets(table))
            self.assertEqual(len(got), len(want))
            self.assertEqual(list(got[0])[:9], list(self.rows[0]))
            for g, w in zip(got, want):
                self.same_as_csv(g, w, name)

    @unittest.skipUnless(COMMAND, "needs the command")
    def test_a_list_of_dicts_is_nested_as_the_reference_has_it(self):
        got, want = norn.analyze_tweets(self.rows), run(self.path)
        for g, w, tweet in zip(got, want, self.rows):
            self.assertEqual({k: g[k] for k in tweet}, tweet)  # what came in stays
            self.assertEqual(g["probabilities"], {k: float(w[f"prob_{k}"]) for k in ("negative", "neutral", "positive")})
            self.assertEqual(g["confidence_interval"], [float(w["confidence_interval_lower"]), float(w["confidence_interval_upper"])])
            self.assertEqual(g["confidence_components"], {k: float(w[k]) for k in ("content_quality", "sentiment_strength", "social_proof")})
            self.assertEqual(g["signal_score"], float(w["signal_score"]))
            self.assertEqual(g["top_tfidf_scores"], json.loads(w["top_tfidf_scores"]))

    def test_the_kind_that_came_in_goes_out(self):
        kinds = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "lazy": pl.DataFrame, "pyarrow": pa.Table, "duckdb": duckdb.DuckDBPyRelation,
                 "dict": dict}
        for name, table in tables(self.rows[:40]).items():
            self.assertIsInstance(norn.analyze_tweets(table), kinds[name], name)
            self.assertIsInstance(norn.hourly_signals(table), kinds[name], name)
        self.assertIsInstance(norn.hourly_signals(self.rows), pd.DataFrame)
        df = pd.DataFrame(self.rows[:40], index=np.arange(40) * 3 + 5)
        self.assertTrue(norn.analyze_tweets(df).index.equals(df.index))
        self.assertEqual(str(norn.analyze_tweets(df)["time_utc"].dtype), "datetime64[us, UTC]")

    def test_paths(self):
        frame = pd.DataFrame(self.rows)
        lines, packed = (os.path.join(self.folder.name, n) for n in ("t.jsonl", "t.parquet"))
        frame.to_json(lines, orient="records", lines=True)
        parquet.write_table(pa.Table.from_pylist(self.rows), packed)
        want = [r["signal_score"] for r in norn.analyze_tweets(self.rows)]
        import pathlib
        for path in (self.path, lines, packed, pathlib.Path(packed)):
            got = norn.analyze_tweets(path)
            self.assertIsInstance(got, list)
            self.assertEqual([r["signal_score"] for r in got], want)
        for path in ("/nowhere/t.csv", "/nowhere/t.parquet"):
            with self.assertRaises(norn.NornError):
                norn.analyze_tweets(path)

    @unittest.skipUnless(COMMAND, "needs the command")
    def test_report_and_hours_are_the_commands(self):
        out = os.path.join(self.folder.name, "command")
        env = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run([COMMAND, "signals", self.path, "--quiet", "--out", os.devnull, "--output", out, "--half-life", "9"], check=True, env=env,
                       stderr=subprocess.DEVNULL)
        with open(os.path.join(out, "signal_report.json"), encoding="utf-8") as f:
            want = json.load(f)
        own = os.path.join(self.folder.name, "python")
        got = norn.signal_report(self.rows, half_life=9, output=own)
        for part in ("overall_market", "hashtags", "summary", "hours"):
            self.assertEqual(got[part], want[part], part)
        for name in ("analyzed_tweets.csv", "signals_hourly.csv"):
            with open(os.path.join(out, name), "rb") as a, open(os.path.join(own, name), "rb") as b:
                self.assertEqual(a.read(), b.read(), name)
        with open(os.path.join(out, "signals_hourly.csv"), encoding="utf-8") as f:
            lines = list(csv.reader(f))
        hours = norn.hourly_signals(self.rows, half_life=9)
        self.assertEqual(list(hours.columns), lines[0])
        for k, name in enumerate(lines[0][1:], 1):
            np.testing.assert_array_equal(hours[name].to_numpy(), [float(r[k]) if r[k] else np.nan for r in lines[1:]])

    def test_the_flat_numbers_are_the_reports(self):
        got = norn.analyze_tweets(self.rows)
        flat = norn.aggregate_signals(got)
        level = norn.signal_report(self.rows)["overall_market"]["tweet_level"]
        self.assertEqual({k: flat[k] for k in level if k in flat}, {k: level[k] for k in level if k in flat})
        self.assertIn(flat["aggregate_signal"], level.values())
        self.assertEqual(flat["tweet_count"], len(self.rows))
        w = np.array([r["confidence"] for r in got])
        s = np.array([r["signal_score"] for r in got])
        keep = w >= 0.3
        self.assertAlmostEqual(flat["aggregate_signal"], np.average(s[keep], weights=w[keep]), places=13)
        self.assertAlmostEqual(flat["signal_std"], np.std(s[keep]), places=13)
        self.assertAlmostEqual(flat["bullish_ratio"], np.mean(s[keep] > 0.2), places=13)
        self.assertAlmostEqual(flat["bearish_ratio"], np.mean(s[keep] < -0.2), places=13)
        lo, hi = flat["confidence_interval"]
        self.assertLess(lo, flat["aggregate_signal"])
        self.assertLess(flat["aggregate_signal"], hi)
        for table in (norn.analyze_tweets(pd.DataFrame(self.rows)), norn.analyze_tweets(pl.DataFrame(self.rows)), list(reversed(got))[::-1]):
            self.assertEqual(norn.aggregate_signals(table), flat)
        for bad in ([], [{"confidence": 1}], [{"signal_score": 2.0, "confidence": 0.5}], [{"signal_score": "x", "confidence": 0.5}], [3]):
            with self.assertRaises(norn.NornError):
                norn.aggregate_signals(bad)

    def test_the_same_bits_at_any_number_of_threads(self):
        rows = tweets(3000, 5)
        want = norn.analyze_tweets(rows, n_workers=1)
        report = norn.signal_report(rows, n_jobs=1)["overall_market"]
        for n in (2, 3, 7, 64):
            self.assertEqual(norn.analyze_tweets(rows, parallel=True, n_workers=n), want, n)
            self.assertEqual(norn.signal_report(rows, n_jobs=n)["overall_market"], report, n)

    def test_a_forked_child(self):
        norn.analyze_tweets(self.rows)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            want = norn.analyze_tweets(self.rows)
            for got in pool.map(analysed, [self.rows] * 3):
                self.assertEqual(got, want)

    def test_arguments_are_the_librarys_rows(self):
        rows = self.rows[:50]
        off = norn.analyze_tweets(rows, include_tfidf=False, include_engagement=False, keyword_boost_weight=0)
        self.assertTrue(all(r["top_tfidf_terms"] == [] and r["virality_score"] == 0 and r["keyword_boost"] == 0 for r in off))
        none = norn.analyze_tweets(rows, calculate_signals=False)
        self.assertEqual({r["signal_label"] for r in none}, {"IGNORE"})
        self.assertNotEqual(norn.analyze_tweets(rows, model="vader"), norn.analyze_tweets(rows))
        self.assertEqual(len(norn.analyze_tweets(rows, sample=7, seed=2)), 7)
        self.assertEqual(norn.analyze_tweets([{"body": "buy"}], text_col="body")[0]["bullish_keywords"], ["buy"])
        self.assertEqual(norn.analyze_tweets({"body": ["buy"]}, text_col="body")["bullish_keywords"][0], ["buy"])
        for bad, word in (({"n_workers": 0}, "n_workers"), ({"n_workers": -1}, "n_workers"), ({"n_workers": 2.5}, "n_workers"), ({"parallel": "yes"}, "parallel"),
                          ({"keyword_boost_weight": 2}, "keyword_boost_weight"), ({"keyword_boost_weight": "x"}, "keyword_boost_weight"),
                          ({"model": "/nowhere"}, "model"), ({"near_duplicates": "maybe"}, "near_duplicates"), ({"nonsense": 1}, "nonsense"),
                          ({"out": "x"}, "out"), ({"stream": True}, "stream"), ({"store": "x"}, "store"), ({"n_jobs": 0}, "n_jobs")):
            with self.assertRaises(ValueError) as caught:
                norn.analyze_tweets(rows, **bad)
            self.assertIsInstance(caught.exception, norn.NornError)
            self.assertIn(word, str(caught.exception).replace("-", "_"))
            with self.assertRaises(norn.NornError):
                norn.analyze_tweets([], **bad) if set(bad) - {"out", "stream", "store", "model"} else norn.analyze_tweets(rows, **bad)

    def test_what_is_left_out_is_told(self):
        rows = [{"id": 1, "text": "buy"}, {"id": 1, "text": "sell"}, {"id": 2, "text": None}, {"id": 3, "text": "hold"}, {"id": 4, "text": float("nan")}]
        with self.assertLogs("norn", logging.INFO) as said:
            got = norn.analyze_tweets(rows)
        self.assertEqual([r["id"] for r in got], [1, 3])
        self.assertTrue(any("duplicate_id: 1" in s for s in said.output) and any("no_text: 2" in s for s in said.output), said.output)
        df = norn.analyze_tweets(pd.DataFrame(rows, index=list("abcde")))
        self.assertEqual(list(df.index), ["a", "d"])
        self.assertEqual(norn.analyze_tweets([]), [])
        for empty in (pd.DataFrame({"text": []}), {"text": []}, [{"text": None}], pl.DataFrame({"text": []}), pd.DataFrame({"other": [1]}), {}):
            with self.assertRaises(norn.NornError):
                norn.analyze_tweets(empty)

    def test_names_that_are_taken(self):
        row = {"content": "buy", "signal_score": "mine", "probabilities": [1], "input_signal_score": 5, "price": 3}
        got = norn.analyze_tweets([row])[0]
        self.assertEqual((got["input_input_signal_score"], got["input_signal_score"], got["input_probabilities"], got["price"]), ("mine", 5, [1], 3))
        self.assertIsInstance(got["signal_score"], float)
        for make in (pd.DataFrame, pl.DataFrame, pa.Table.from_pylist):
            table = norn.analyze_tweets(make([{"content": "buy", "signal_score": "mine"}]))
            self.assertEqual(list(table["input_signal_score"])[0] if not isinstance(table, pa.Table) else table["input_signal_score"][0].as_py(), "mine")
        twice = norn.analyze_tweets(norn.analyze_tweets(self.rows[:30]))
        self.assertEqual([r["signal_score"] for r in twice], [r["signal_score"] for r in norn.analyze_tweets(self.rows[:30])])

    def test_times_with_zones(self):
        at = pd.Timestamp("2025-10-01 00:00")
        zone = zoneinfo.ZoneInfo("Asia/Kolkata")
        moment = datetime.datetime(2025, 10, 1, tzinfo=zone)
        for times, want in (([moment], "2025-09-30T18:30:00Z"), (pd.Series([at]).dt.tz_localize("Asia/Kolkata"), "2025-09-30T18:30:00Z"),
                            (pd.Series([at]), "2025-10-01T00:00:00Z"), ([datetime.date(2025, 10, 1)], "2025-10-01T00:00:00Z")):
            df = pd.DataFrame({"text": ["buy"], "timestamp": times})
            kinds = [df, pl.from_pandas(df), pa.Table.from_pandas(df)] if not isinstance(times, list) else [df, {"text": ["buy"], "timestamp": times}]
            for table in kinds:
                self.assertEqual(records(norn.analyze_tweets(table))[0]["time_utc"], want, type(table))
            if isinstance(times, list):
                self.assertEqual(norn.analyze_tweets([{"text": "buy", "timestamp": times[0]}])[0]["time_utc"], want)
        gap = norn.analyze_tweets(pd.DataFrame({"text": ["buy", "sell"], "timestamp": [at, pd.NaT]}))
        self.assertTrue(pd.isna(gap["time_utc"].iloc[1]))

    def test_hostile_values(self):
        odd = {"text": "half \ud800 pair \udc00", "id": np.int64(5), "likes": np.float64("nan"), "views": pd.NA, "retweets": decimal.Decimal("3"),
               "replies": 10**400, "hashtags": ("A", "#b"), "mentions": {"x"}, "urls": np.array(["u"]), "nested": {"a": [float("inf"), None]},
               "user": b"\xff", 7: "a number as a key"}
        got = norn.analyze_tweets([odd])[0]
        self.assertEqual((got["cleaned_content"].count("\ufffd"), got["retweets"], got["tweet_id"], got["username"]), (2, decimal.Decimal("3"), "5", "\ufffd"))
        self.assertIs(got["nested"], odd["nested"])
        frame = pd.DataFrame({"text": pd.Series(["half \ud800", None, "x" * 3_000_000, "nul \0 in it", pd.NA], dtype=object), "likes": [1, "2", None, -3, np.nan],
                              "hashtags": [["a"], None, [], "b c", ["d"]]})
        with self.assertLogs("norn", logging.INFO):
            table = norn.analyze_tweets(frame)
        self.assertEqual(len(table), 3)
        self.assertEqual(table["cleaned_content"].iloc[0], "half \ufffd")
        for bad in (3, None, "", object(), [1], [None], [{"text": "x", "a": None}, []], {"text": 3}, pd.Series(["a"]), [{("a",): 1}],
                    pd.DataFrame([["a", "b"]], columns=["text", "text"])):
            with self.assertRaises((norn.NornError, TypeError)):
                norn.analyze_tweets(bad)
        loop = {"text": "x"}
        loop["self"] = loop
        with self.assertRaises(norn.NornError):
            norn.analyze_tweets([loop])

    def test_categories_and_odd_columns(self):
        df = pd.DataFrame({"text": pd.Categorical(["buy", "sell", "buy"]), "likes": pd.array([1, None, 3], dtype="Int64"), "views": np.float32([1, 2, np.nan]),
                           "retweets": pd.array([1, 2, 3], dtype="int64[pyarrow]"), "user": pd.array(["a", None, "b"], dtype="string")})
        want = norn.analyze_tweets(df)
        self.assertEqual(list(want["total_engagement"]), [2, 2, 6])
        for table in (pl.from_pandas(df), pa.Table.from_pandas(df)):
            got = norn.analyze_tweets(table)
            self.assertEqual([r["signal_score"] for r in records(got)], list(want["signal_score"]))


if __name__ == "__main__":
    unittest.main()
