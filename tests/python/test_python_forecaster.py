"""Forecaster: the command line's bits, every kind of table, kept models, cross-validation, the models' objects."""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import inspect
import json
import os
import pickle
import subprocess
import sys
import tempfile
import unittest

import norn
import numpy as np
from norn import _frames, _norn, models

pd = pl = pa = duckdb = None
try:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa
except ImportError:
    pass

NORN = os.environ.get("NORN", "")
SPECS = ["auto_ets", "theta", "e=ets(error=M)[12]", "auto_arima", "seasonal_naive"]


def table(n_series=5, n=72, seed=2):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    ds = np.datetime64("2015-01", "M") + t
    y = [20 + 3 * i + t * 0.1 * (i % 3) + 4 * np.sin(2 * np.pi * t / 12) + rng.normal(size=n) for i in range(n_series)]
    return {"unique_id": np.repeat([f"shop {i}" for i in range(n_series)], n), "ds": np.tile(ds.astype("datetime64[D]"), n_series),
            "y": np.concatenate(y)}


def write_csv(data, path):
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(data)
        w.writerows(zip(*[[repr(float(v)) if isinstance(v, float) else str(v) for v in c.tolist()] for c in data.values()]))


def command(*args):
    return subprocess.run([NORN, *args, "--quiet"], check=True, capture_output=True, text=True).stdout


@unittest.skipUnless(os.path.exists(NORN), "the command was not built")
class TheCommandsBits(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.data = table()
        write_csv(self.data, self.at("data.csv"))

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def digest(self, *more):
        command("forecast", self.at("data.csv"), "--horizon", "6", "--model", ",".join(SPECS), "--out", self.at("out.csv"),
                "--summary", self.at("run.json"), *more)
        with open(self.at("run.json"), encoding="utf-8") as f:
            return json.load(f)["digest"]

    def test_forecast(self):
        f = norn.Forecaster(SPECS)
        out = f.forecast(self.data, 6, level=[80, 95])
        self.assertEqual(f.report_["digest"], self.digest())
        with open(self.at("out.csv"), newline="", encoding="utf-8") as g:
            rows = list(csv.DictReader(g))
        self.assertEqual(list(rows[0]), list(out))
        for name in list(out)[2:]:
            self.assertEqual([float(r[name]) for r in rows], out[name].tolist(), name)
        self.assertEqual([r["ds"] for r in rows], [str(v) for v in out["ds"]])

    def test_options(self):
        for named, args, flags in (({}, {"level": None}, ["--level", "none"]),
                                   ({"season_length": 4}, {"level": 90}, ["--season-length", "4", "--level", "90"]),
                                   ({"fallback": None, "seed": 7}, {"level": [80, 95]}, ["--fallback", "none", "--seed", "7"]),
                                   ({}, {"level": 80, "prediction_intervals": norn.ConformalIntervals(n_windows=4)},
                                    ["--intervals", "conformal", "--conformal-windows", "4", "--level", "80"]),
                                   ({"freq": "MS"}, {"level": 80, "fitted": True}, ["--freq", "MS", "--level", "80", "--fitted"])):
            f = norn.Forecaster(SPECS, **named)
            f.forecast(self.data, 6, **args)
            self.assertEqual(f.report_["digest"], self.digest(*flags), flags)

    def test_cross_validation(self):
        command("evaluate", self.at("data.csv"), "--horizon", "4", "--windows", "3", "--step", "2", "--model", "auto_ets,theta", "--level", "80",
                "--errors", self.at("errors"), "--out", self.at("table.csv"), "--summary", self.at("run.json"))
        f = norn.Forecaster(["auto_ets", "theta"])
        out = f.cross_validation(self.data, 4, n_windows=3, step_size=2, level=80)
        with open(self.at("run.json"), encoding="utf-8") as g:
            self.assertEqual(f.report_["digest"], json.load(g)["digest"])
        self.assertRegex(f.report_["digest"], "^xxh3:[0-9a-f]{32}$")
        mine = {}
        for i, key in enumerate(zip(out["unique_id"], out["cutoff"].astype(str), out["ds"].astype(str))):
            for m in ("auto_ets", "theta"):
                mine[(*key, m)] = (out["y"][i], out[m][i], out[f"{m}-lo-80"][i], out[f"{m}-hi-80"][i])
        with open(os.path.join(self.at("errors"), "errors.csv"), newline="", encoding="utf-8") as g:
            theirs = {(r["unique_id"], r["cutoff"], r["ds"], r["model"]): tuple(float(r[c]) for c in ("y", "forecast", "lo-80", "hi-80"))
                      for r in csv.DictReader(g)}
        self.assertEqual(len(mine), 5 * 3 * 4 * 2)
        self.assertEqual(mine, theirs)

    def test_kept_models_cross_over(self):
        f = norn.Forecaster(["auto_ets", "theta"]).fit(self.data)
        f.save(self.at("kept.norn"))
        text = command("forecast", "--load", self.at("kept.norn"), "--horizon", "5", "--level", "80")
        rows = list(csv.DictReader(text.splitlines()))
        out = f.predict(5, level=80)
        for name in ("auto_ets", "theta-lo-80"):
            self.assertEqual([float(r[name]) for r in rows], out[name].tolist())
        command("forecast", self.at("data.csv"), "--model", "naive,drift", "--horizon", "5", "--save", self.at("theirs.norn"), "--out", self.at("o.csv"))
        loaded = norn.Forecaster.load(self.at("theirs.norn")).predict(2)
        self.assertEqual(list(loaded), ["unique_id", "ds", "naive", "drift"])

    def test_exogenous(self):
        rng = np.random.default_rng(5)
        n = len(self.data["y"])
        self.data["x"] = rng.normal(size=n)
        self.data["y"] = self.data["y"] + 6 * self.data["x"]
        write_csv(self.data, self.at("data.csv"))
        later = norn.Forecaster("naive").forecast(self.data, 6)
        X = {"unique_id": later["unique_id"], "ds": later["ds"], "x": rng.normal(size=len(later["ds"]))}
        write_csv(X, self.at("later.csv"))
        f = norn.Forecaster(["auto_arima", "arima(1,0,0)"])
        out = f.forecast(self.data, 6, X_df=X, level=[80, 95])
        command("forecast", self.at("data.csv"), "--future", self.at("later.csv"), "--horizon", "6", "--model", "auto_arima,arima(1,0,0)",
                "--out", self.at("o.csv"), "--summary", self.at("r.json"))
        with open(self.at("r.json"), encoding="utf-8") as g:
            self.assertEqual(json.load(g)["digest"], f.report_["digest"])
        g = norn.Forecaster(["auto_arima", "arima(1,0,0)"]).fit(self.data)
        again = g.predict(6, X_df=X)
        np.testing.assert_array_equal(again["auto_arima"], out["auto_arima"])
        short = {k: v[:-1] for k, v in X.items()}
        f.forecast(self.data, 6, X_df=short)
        self.assertEqual(f.report_["n_fallback"], 2)
        for call in (lambda: f.forecast(self.data, 6), lambda: g.predict(6), lambda: g.simulate(6), lambda: f.simulate(6, self.data),
                     lambda: norn.Forecaster("prophet").forecast(self.data, 6)):
            with self.assertRaisesRegex(norn.NornArgumentError, "column x, and.*as X_df, or leave it out"):
                call()
        for call in (lambda: g.save(self.at("m.norn")), lambda: g.forward(self.data, 2)):
            with self.assertRaisesRegex(norn.NornArgumentError, r"exogenous columns \(x\) are not kept"):
                call()
        norn.Forecaster(["theta", "naive"]).fit(self.data).predict(6)  # models that use none
        f.forecast({k: v for k, v in self.data.items() if k != "x"}, 6)
        with self.assertLogs("norn", "WARNING") as seen:
            f.forecast(self.data, 6, X_df=short)
        self.assertRegex(seen.output[0], "2 items .*shop 4.*X_df has no values at")
        with self.assertRaisesRegex(ValueError, "see duplicates"):
            f.forecast({k: np.concatenate((v, v)) for k, v in self.data.items() if k != "x"}, 6)
        with self.assertRaisesRegex(ValueError, "exogenous"):
            norn.Forecaster("theta").forecast(self.data, 6, X_df=X)


class Tables(unittest.TestCase):
    def setUp(self):
        self.data = table(3, 48)
        self.f = norn.Forecaster(["auto_ets"])
        self.want = self.f.forecast(self.data, 3, level=80)
        self.digest = self.f.report_["digest"]

    def same(self, out, n=9):
        self.assertEqual(self.f.report_["digest"], self.digest)
        self.assertEqual(len(out), n)
        return out

    @unittest.skipIf(pd is None, "no pandas")
    def test_pandas(self):
        df = pd.DataFrame(self.data)
        out = self.same(self.f.forecast(df, 3, level=80))
        self.assertEqual([str(t) for t in out.dtypes.iloc[:2]], [str(t) for t in df.dtypes.iloc[:2]])
        np.testing.assert_array_equal(out["auto_ets-hi-80"], self.want["auto_ets-hi-80"])
        kinds = {"category": df.astype({"unique_id": "category"}), "string": df.convert_dtypes(), "arrow": df.convert_dtypes(dtype_backend="pyarrow"),
                 "ns": df.astype({"ds": "datetime64[ns]"}), "zone": df.assign(ds=df.ds.dt.tz_localize("UTC")),
                 "period": df.assign(ds=df.ds.dt.to_period("M")), "text": df.assign(ds=df.ds.dt.strftime("%Y-%m-%d")),
                 "shuffled": df.sort_values("ds")}
        for what, frame in kinds.items():
            with self.subTest(what):
                out = self.same(self.f.forecast(frame, 3, level=80))
                self.assertEqual(out.dtypes["ds"], frame.dtypes["ds"])
                self.assertEqual(out.dtypes["unique_id"], frame.dtypes["unique_id"])
        out = self.same(self.f.forecast(df.set_index("unique_id"), 3, level=80))
        out = self.same(self.f.forecast(df.assign(ds=df.ds.dt.date), 3, level=80))
        self.assertEqual(out.ds[0], datetime.date(2019, 1, 1))
        renamed = df.rename(columns={"unique_id": "shop", "ds": "month", "y": "sales"})
        out = self.same(self.f.forecast(renamed, 3, level=80, id_col="shop", time_col="month", target_col="sales"))
        self.assertEqual(list(out.columns[:2]), ["shop", "month"])
        whole = self.f.forecast(df.assign(unique_id=df.unique_id.str[-1].astype("int16")), 3)
        self.assertEqual((whole.unique_id.tolist()[::3], str(whole.unique_id.dtype)), ([0, 1, 2], "int16"))

    @unittest.skipIf(pl is None, "no polars")
    def test_polars(self):
        df = pl.DataFrame(self.data)
        for frame in (df, df.lazy(), df.with_columns(pl.col("unique_id").cast(pl.Categorical)), df.with_columns(pl.col("ds").cast(pl.Datetime("ms"))),
                      df.with_columns(pl.col("ds").cast(pl.Datetime("us", "UTC"))), pl.concat([df[:50], df[50:]], rechunk=False)):
            out = self.same(self.f.forecast(frame, 3, level=80))
            self.assertIsInstance(out, pl.DataFrame)
            had = frame.collect_schema()
            self.assertEqual((out.schema["unique_id"], out.schema["ds"]), (had["unique_id"], had["ds"]))
            self.assertEqual(out["auto_ets"].to_list(), self.want["auto_ets"].tolist())

    @unittest.skipIf(pa is None or pl is None, "no pandas, polars or pyarrow")
    def test_days_of_a_zone_are_days(self):
        df = pd.DataFrame({"ds": pd.date_range("2024-03-01", "2024-03-29", tz="Europe/Berlin"), "y": np.arange(29.0)})
        want = [datetime.datetime(2024, 3, d) for d in (30, 31)] + [datetime.datetime(2024, 4, 1)]  # clocks go forward on the 31st
        f = norn.Forecaster("drift")
        out = f.forecast(df, 3)
        self.assertEqual(out.dtypes["ds"], df.dtypes["ds"])
        self.assertEqual([t.replace(tzinfo=None) for t in out["ds"].dt.to_pydatetime()], want)
        np.testing.assert_allclose(out["drift"], [29, 30, 31])
        for frame in (pl.from_pandas(df), pa.Table.from_pandas(df)):
            out = f.forecast(frame, 3)
            got = out["ds"].to_list() if isinstance(out, pl.DataFrame) else out.column("ds").to_pylist()
            self.assertEqual([t.replace(tzinfo=None) for t in got], want)
            self.assertEqual(len(f.cross_validation(frame, 2)), 2)
        hours = pd.DataFrame({"ds": pd.date_range("2024-03-30", periods=30, freq="h", tz="Europe/Berlin"), "y": np.arange(30.0)})
        out = f.forecast(hours, 2)
        self.assertEqual(out["ds"].tolist(), pd.date_range(hours.ds.iloc[-1], periods=3, freq="h").tolist()[1:])

    @unittest.skipIf(duckdb is None, "no duckdb or pyarrow")
    def test_pyarrow_and_duckdb(self):
        frame = pa.table(self.data)
        out = self.same(self.f.forecast(frame, 3, level=80))
        self.assertEqual((type(out), out.schema.field("ds").type), (pa.Table, frame.schema.field("ds").type))
        self.same(self.f.forecast(frame.to_batches()[0], 3, level=80))
        relation = duckdb.from_arrow(frame)
        out = self.f.forecast(relation, 3, level=80)
        self.assertEqual(type(out), type(relation))
        self.assertEqual([r[2] for r in out.fetchall()], self.want["auto_ets"].tolist())

    def test_one_series_without_ids_and_times(self):
        one = {"y": self.data["y"][:48]}
        out = self.f.forecast(one, 2)
        self.assertEqual((list(out), out["ds"].tolist()), (["ds", "auto_ets"], [49, 50]))

    def test_wrong_tables(self):
        for bad, error in ((5, TypeError), ([1, 2], TypeError), (np.zeros(3), TypeError), ({"x": np.zeros(3)}, ValueError),
                           ({"y": np.zeros((3, 3))}, TypeError), ({"y": np.empty(0)}, ValueError), ({"y": np.array(["a"])}, ValueError),
                           ({"y": np.zeros(3), "ds": np.zeros(4)}, ValueError), ({"y": np.zeros(3), "ds": np.zeros(3)}, ValueError),
                           ({"y": np.zeros(2), "ds": np.array(["2020-01-01", "x"])}, ValueError)):
            with self.subTest(repr(bad)[:60]), self.assertRaises(error):
                self.f.forecast(bad, 2)
        for call in (lambda: self.f.forecast(self.data, 0), lambda: self.f.forecast(self.data, 2, level=120),
                     lambda: norn.Forecaster("no_such_model").forecast(self.data, 2), lambda: norn.Forecaster([]),
                     lambda: norn.Forecaster("naive", freq="fortnight").forecast(self.data, 2),
                     lambda: norn.Forecaster("naive", nonsense=1).forecast(self.data, 2),
                     lambda: self.f.forecast(self.data, 2, id_col="absent"), lambda: self.f.forecast(self.data, 2, target_col="absent")):
            with self.assertRaises(ValueError):
                call()
        with self.assertRaises(TypeError):
            self.f.forecast(self.data)

    def test_arguments_in_words(self):
        for call, words in ((lambda: norn.Forecaster(None), "models=None is no model"), (lambda: norn.Forecaster(5), "models=5 is no model"),
                            (lambda: norn.Forecaster(["naive", 3]), "models=3 is no model"),
                            (lambda: norn.Forecaster("naive", season_length="x"), "season_length='x' is no whole number"),
                            (lambda: norn.Forecaster("naive", season_length=0), "season_length=0; periods"),
                            (lambda: norn.Forecaster("naive", freq=0), "freq=0; a step"),
                            (lambda: self.f.forecast(self.data, 2, prediction_intervals=5), "prediction_intervals=5; norn.ConformalIntervals"),
                            (lambda: self.f.fit(self.data, prediction_intervals=5), "prediction_intervals=5; norn.ConformalIntervals")):
            with self.subTest(words), self.assertRaisesRegex(norn.NornArgumentError, words) as seen:
                call()
            self.assertEqual(seen.exception.status, "argument")

    def test_every_error_has_a_status(self):
        with self.assertRaises(norn.NornError) as seen:
            norn.Forecaster("naive").predict(2)
        self.assertEqual(seen.exception.status, "argument")
        with self.assertRaises(norn.NornError) as seen:
            norn.Forecaster("auto_ets", fallback=None).forecast({"y": np.full(9, np.nan)}, 2)
        self.assertEqual(seen.exception.status, "data")

    def test_times_without_a_step_are_warned_of(self):
        days = np.array([f"2020-01-01T00:{t}" for t in ("00:00", "10:00", "20:00", "23:07", "41:13")], dtype="datetime64[s]")
        with self.assertLogs("norn", "WARNING") as seen:
            norn.Forecaster("naive").forecast({"ds": days, "y": np.arange(5.0)}, 2)
        self.assertRegex(seen.output[0], "irregular.*give it with freq")

    def test_ends_of_business_months(self):
        days = np.array(["2018-01-31", "2018-02-28", "2018-03-30", "2018-04-30", "2018-05-31"], dtype="datetime64[D]")
        for freq in (None, "BME", "BM"):
            out = norn.Forecaster("naive", freq=freq).forecast({"ds": days, "y": np.arange(5.0)}, 3)
            self.assertEqual(out["ds"].astype(str).tolist(), ["2018-06-29", "2018-07-31", "2018-08-31"])

    def test_failures_are_told(self):
        data = dict(self.data)
        data["y"] = data["y"].copy()
        data["y"][:48] = np.nan
        f = norn.Forecaster("auto_ets", fallback=None)
        with self.assertLogs("norn", "WARNING"):
            out = f.forecast(data, 2)
        self.assertEqual((f.report_["n_failed"], int(np.isnan(out["auto_ets"]).sum())), (1, 2))
        self.assertIn("shop 0", f.report_["failures"][0])
        with self.assertRaisesRegex(norn.NornError, "every model failed"):
            f.forecast({k: v[:48] for k, v in data.items()}, 2)

    def test_masked_arrays_hold_missing_values(self):
        data = table(2)
        holes = np.zeros(len(data["y"]), bool)
        holes[[3, 40, 100]] = True
        said = np.where(holes, np.nan, data["y"])
        masked = np.ma.array(np.where(holes, 1e6, data["y"]), mask=holes)
        fit = [norn.Forecaster(models=["arima(p=1)"], freq="MS").fit({**data, "y": y}).predict(4) for y in (said, masked)]
        np.testing.assert_array_equal(fit[0]["arima(p=1)"], fit[1]["arima(p=1)"])
        whole = np.ma.array(np.arange(len(holes)), mask=holes)  # integers too
        fit = [norn.Forecaster(models=["naive"], freq="MS").fit({**data, "y": y}).predict(1) for y in (whole, whole.astype(float).filled(np.nan))]
        np.testing.assert_array_equal(fit[0]["naive"], fit[1]["naive"])
        late = np.ma.array(data["ds"], mask=holes)
        with self.assertRaises(norn.NornError):  # a row without a time
            norn.Forecaster(models=["naive"], freq="MS").fit({**data, "ds": late})

    def test_integers_that_are_missing(self):
        none = np.iinfo("int64").min
        for values, want in (([1, none, 3], [1.0, np.nan, 3.0]), ([1, 2, 3], [1, 2, 3])):
            got = _frames.Table(_norn.frame_from_columns([("a", "integer", np.array(values))]))
            np.testing.assert_array_equal(got.to_dict()["a"], want)
            np.testing.assert_array_equal(got["a"], want)
            self.assertEqual(got["a"].dtype, np.asarray(want).dtype)
        big = _frames.Table(_norn.frame_from_columns([("a", "integer", np.array([2**60 + 1, none]))]))
        self.assertEqual(big.to_dict()["a"].tolist(), [2**60 + 1, None])
        row = _frames.array_column("a", np.ma.array([5, 6], mask=[True, False]))
        self.assertEqual(row[2].tolist(), [none, 6])
        row = _frames.array_column("a", np.ma.array(["x", "y"], mask=[False, True]))
        self.assertEqual((row[1], row[2].tolist(), row[3]), ("text", [0, -1], ["x"]))


class Kept(unittest.TestCase):
    def setUp(self):
        self.data = table(4, 60)
        self.early = {k: v.reshape(4, 60)[:, :55].ravel() for k, v in self.data.items()}
        self.late = {k: v.reshape(4, 60)[:, 55:].ravel() for k, v in self.data.items()}
        self.names = ["auto_ets", "theta", "naive"]

    def test_predict_is_forecast(self):
        f = norn.Forecaster(self.names).fit(self.early)
        out, want = f.predict(4, level=[80]), norn.Forecaster(self.names).forecast(self.early, 4, level=[80])
        self.assertEqual(list(out), list(want))
        for name in out:
            np.testing.assert_array_equal(out[name], want[name])

    def test_forward_moves_on(self):
        f = norn.Forecaster(self.names).fit(self.early)
        first = f.predict(3)
        out = f.forward(self.late, 3)
        np.testing.assert_array_equal(out["naive"][::3], self.data["y"].reshape(4, 60)[:, -1])
        self.assertEqual(str(out["ds"][0]), "2020-01-01")
        np.testing.assert_array_equal(f.predict(3)["auto_ets"], out["auto_ets"])
        self.assertFalse((first["auto_ets"] == out["auto_ets"]).any())
        part = {k: v[:5] for k, v in self.late.items()}
        g = norn.Forecaster(self.names).fit(self.early)
        self.assertEqual(len(g.forward(part, 2)["ds"]), 2)
        self.assertEqual(len(g.predict(2)["ds"]), 8)

    def test_save_load_pickle(self):
        f = norn.Forecaster(self.names).fit(self.early)
        want = f.predict(2)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.norn")
            f.save(path)
            out = norn.Forecaster.load(path).predict(2)
            with open(path, "r+b") as broken:
                broken.truncate(100)
            with self.assertRaisesRegex(norn.NornArgumentError, "m.norn"):
                norn.Forecaster.load(path)
            with open(os.path.join(folder, "any.txt"), "w", encoding="ascii") as other:
                other.write("words")
            with self.assertRaisesRegex(norn.NornArgumentError, "any.txt is no model store") as seen:
                norn.Forecaster.load(os.path.join(folder, "any.txt"))
            self.assertEqual(seen.exception.status, "format")
            with self.assertRaises(OSError):
                norn.Forecaster.load(os.path.join(folder, "absent.norn"))
        for other in (out, pickle.loads(pickle.dumps(f)).predict(2)):
            self.assertEqual(np.asarray(other["theta"]).tolist(), want["theta"].tolist())
        with self.assertRaises(norn.NornError):
            norn.Forecaster("naive").predict(2)

    def test_kept_files_go_with_the_object(self):
        f = norn.Forecaster("naive").fit(self.early).fit(self.early)
        folder = f._folder
        self.assertEqual(len(os.listdir(folder)), 1)
        pid = os.fork()
        if pid == 0:
            f.fit(self.early)
            del f  # in a child, the parent's files stay
            os._exit(0)
        os.waitpid(pid, 0)
        self.assertEqual(len(f.predict(1)["ds"]), 4)
        del f
        self.assertFalse(os.path.exists(folder))

    @unittest.skipIf(pd is None, "no pandas")
    def test_kinds_are_kept(self):
        df = pd.DataFrame(self.early).assign(unique_id=lambda d: d.unique_id.str[-1].astype("int64"))
        out = norn.Forecaster("naive").fit(df).predict(2)
        self.assertEqual((str(out.unique_id.dtype), out.ds.dtype), ("int64", df.ds.dtype))
        for frame in (df, *([pl.from_pandas(df), pa.Table.from_pandas(df)] if pl and pa else [])):
            f = norn.Forecaster("naive").fit(frame)
            out, again = f.predict(2), pickle.loads(pickle.dumps(f)).predict(2)
            self.assertEqual(type(out), type(frame))
            self.assertTrue(out.equals(again))

    def test_fitted_values(self):
        f = norn.Forecaster("naive")
        with self.assertRaises(norn.NornError):
            f.forecast_fitted_values()
        f.forecast(self.early, 2, fitted=True)
        out = f.forecast_fitted_values()
        np.testing.assert_array_equal(out["y"], self.early["y"])
        np.testing.assert_array_equal(out["naive"][1:55], self.early["y"][:54])

    def test_no_leak(self):
        f = norn.Forecaster("naive")
        small = {"y": np.arange(5.0)}
        before = None
        for i in range(1200):
            f.forecast(small, 1)
            try:
                f.forecast({"y": np.array([np.inf])}, 1)
            except ValueError:
                pass
            if i == 200:
                before = sys.getrefcount(small["y"]), _resident()
        self.assertEqual(sys.getrefcount(small["y"]), before[0])
        self.assertLess(_resident() - before[1], 8 << 20)


def _resident():
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class CrossValidation(unittest.TestCase):
    def test_shape_and_arguments(self):
        data = table(2, 48)
        f = norn.Forecaster(["naive", "auto_ets"])
        out = f.cross_validation(data, 3, n_windows=4, step_size=2)
        self.assertEqual(list(out), ["unique_id", "ds", "cutoff", "y", "naive", "auto_ets"])
        self.assertEqual(len(out["y"]), 2 * 4 * 3)
        y = dict(zip(zip(data["unique_id"], data["ds"]), data["y"]))
        self.assertEqual([y[k] for k in zip(out["unique_id"], out["ds"])], out["y"].tolist())
        self.assertEqual([y[k] for k in zip(out["unique_id"], out["cutoff"])], out["naive"].tolist())
        again = f.cross_validation(data, 3, test_size=9, step_size=2)
        np.testing.assert_array_equal(out["auto_ets"], again["auto_ets"])
        self.assertFalse((f.cross_validation(data, 3, n_windows=4, step_size=2, refit=False)["auto_ets"] == out["auto_ets"]).all())
        self.assertFalse((f.cross_validation(data, 3, n_windows=4, step_size=2, input_size=24)["auto_ets"] == out["auto_ets"]).all())
        digests = set()
        for jobs in (1, 2, 3, 7, 64):
            f.cross_validation(data, 3, n_windows=4, step_size=2, n_jobs=jobs)
            digests.add(f.report_["digest"])
        self.assertEqual(len(digests), 1)
        data["y"][-1] = np.nextafter(data["y"][-1], 1e9)  # one ulp of an actual value, which errors are of
        f.cross_validation(data, 3, n_windows=4, step_size=2)
        self.assertNotIn(f.report_["digest"], digests)
        for bad in ({"n_windows": 0}, {"step_size": 0}, {"fitted": True}, {"test_size": 8, "step_size": 2}):
            with self.assertRaises(ValueError):
                f.cross_validation(data, 3, **bad)


class Arguments(unittest.TestCase):
    def test_n_jobs(self):
        data, y = table(1, 24), np.arange(30.0)
        for n in (None, -1, 1, 5, np.int64(2)):
            norn.Forecaster("naive", n_jobs=n).forecast(data, 2, n_jobs=n)
            norn.batch_fit_arima([y], 0, 1, 0, n_jobs=n)
            norn.lagrs.batch_fit_arima([y], 0, 1, 0, n_jobs=n)
        f = norn.Forecaster("naive")
        for n in (-5, -2, 0, 1.5, "2", 2**40):
            for call in (lambda: norn.Forecaster("naive", n_jobs=n), lambda: f.forecast(data, 2, n_jobs=n), lambda: f.fit(data, n_jobs=n),
                         lambda: f.cross_validation(data, 2, n_jobs=n), lambda: f.simulate(2, data, n_jobs=n),
                         lambda: norn.batch_fit_arima([y], 0, 1, 0, n_jobs=n), lambda: norn.batch_forecast_arima([y], 0, 1, 0, h=2, n_jobs=n),
                         lambda: norn.lagrs.batch_fit_arima([y], 0, 1, 0, n_jobs=n)):
                with self.assertRaisesRegex(norn.NornArgumentError, "n_jobs=.*-1 or None"):
                    call()

    def test_levels_are_named_as_they_are(self):
        data, y = table(1, 24), np.cumsum(np.random.default_rng(1).normal(size=40))
        model = norn.ARIMA(0, 1, 1)
        model.fit(y)
        f = norn.Forecaster("naive")
        for level in (99.999999, 80, 80.0, 97.5, 1e-5, 33.333333333333336, np.float64(95), np.int32(90)):
            name = repr(float(level)).removesuffix(".0") if level != 1e-5 else "0.00001"
            self.assertEqual(list(model.forecast(2, level=level)), ["mean", f"lo-{name}", f"hi-{name}"])
            self.assertEqual(list(f.forecast(data, 2, level=level))[-2:], [f"naive-lo-{name}", f"naive-hi-{name}"])
            self.assertEqual(list(f.cross_validation(data, 2, level=level))[-2:], [f"naive-lo-{name}", f"naive-hi-{name}"])
            self.assertEqual(list(norn.batch_forecast_arima([y], 0, 1, 1, h=2, level=level)[0])[-2:], [f"lo-{name}", f"hi-{name}"])
        both = f.forecast(data, 2, level=[99.999999, 99.9999999])
        self.assertEqual(len(both), 7)
        f.fit(data)
        for level in ([80, 80], [80, 80.0], [95, 80, 95], 0, 100, [80, float("nan")], "eighty", ["a"], -5):
            for call in (lambda: f.forecast(data, 2, level=level), lambda: f.predict(2, level=level), lambda: model.forecast(2, level=level),
                         lambda: f.cross_validation(data, 2, level=level), lambda: norn.batch_forecast_arima([y], 0, 1, 1, h=2, level=level)):
                with self.assertRaisesRegex(norn.NornArgumentError, "level", msg=level):
                    call()

    @unittest.skipUnless(os.path.exists(NORN), "the command was not built")
    def test_booleans_defaults_are_shown(self):
        for name in ("arima", "auto_arima", "ets", "holt", "mstl"):
            text = subprocess.run([NORN, "models", name], check=True, capture_output=True, text=True).stdout
            rows = {p["name"]: p for p in next(r for r in norn._norn.model_rows() if r["name"] == name)["params"]}
            for p in rows.values():
                if p["default"] is not None:
                    self.assertRegex(text, rf"(?m)^ +{p['name']}\b.*(\n.*)?\[{p['default']}\]")


class Models(unittest.TestCase):
    def test_objects_are_specs(self):
        data = table(2, 48)
        by_name = norn.Forecaster(["AutoETS=auto_ets[12]", "t=theta(season=none)"]).forecast(data, 3)
        objects = norn.Forecaster([models.AutoETS(season_length=12), models.Theta(season="none", alias="t")]).forecast(data, 3)
        self.assertEqual(list(by_name), list(objects))
        for name in objects:
            np.testing.assert_array_equal(by_name[name], objects[name])

    def test_every_model_is_there_with_its_rows(self):
        for row in norn._norn.model_rows():
            cls = next(c for c in vars(models).values() if inspect.isclass(c) and getattr(c, "_row", None) and c._row["name"] == row["name"])
            parameters = inspect.signature(cls).parameters
            for p in row["params"]:
                self.assertIn(p["name"].replace("-", "_"), parameters)
                if p["help"]:
                    self.assertIn(p["help"], cls.__doc__)
            out = norn.Forecaster([cls()], season_length=12).forecast(table(1, 48), 2) if row["name"] != "ensemble" else None
            self.assertTrue(out is None or np.isfinite(out[cls.__name__]).all(), row["name"])

    def test_wrong_parameters(self):
        with self.assertRaisesRegex(TypeError, "colour"):
            models.AutoETS(colour="red")
        with self.assertRaisesRegex(ValueError, "error"):
            norn.Forecaster([models.ETS(error="X")]).forecast(table(1, 30), 2)

    def test_statsforecasts_parameters(self):
        for made, want in ((models.AutoETS(season_length=12, model="ZAA", damped=False), "AutoETS=auto_ets(error=auto,trend=A,season=A,damped=no)[12]"),
                           (models.AutoARIMA(season_length=4, max_P=1, D=1, nmodels=50), "AutoARIMA=auto_arima(max_sp=1,sd=1,max_models=50)[4]"),
                           (models.ARIMA(order=(1, 0, 2), seasonal_order=(0, 1, 1), season_length=12), "ARIMA=arima(p=1,d=0,q=2,sp=0,sd=1,sq=1)[12]"),
                           (models.AutoCES(season_length=12, model="S"), "AutoCES=ces(model=simple)[12]"),
                           (models.WindowAverage(window_size=3), "WindowAverage=window_average(window=3)"),
                           (models.MSTL(season_length=[12, 24], trend_forecaster=models.AutoARIMA()), "MSTL=mstl(trend=auto_arima)"),
                           (models.HistoricAverage(), "HistoricAverage=mean")):
            self.assertEqual(made.spec, want)
            self.assertTrue(np.isfinite(norn.StatsForecast(models=[made], freq="MS").forecast(df=table(1, 72), h=2)[made.alias]).all())
        for bad in (lambda: models.AutoETS(model="QQQ"), lambda: models.AutoETS(model="NAA")):
            with self.assertRaises(ValueError):
                bad()
        with self.assertRaises(TypeError):
            models.Naive(order=(1, 1, 1))

    def test_frequencies(self):
        from norn.forecaster import freq_text
        for given, want in ((None, None), (1, "I"), (3, "3I"), ("D", "D"), ("1d", "D"), ("1mo", "M"), ("15m", "15min"), ("2h", "2h"),
                            ("QE-DEC", "QE"), ("YS-JAN", "YS"), ("W-SUN", "W-SUN"), ("A", "Y"), ("MS", "MS")):
            self.assertEqual(freq_text(given), want)


if __name__ == "__main__":
    unittest.main()
