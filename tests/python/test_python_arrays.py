"""Rolling functions over arrays and series: values, buffers, kinds, errors."""
# SPDX-License-Identifier: Apache-2.0
import multiprocessing
import pickle
import sys
import time
import unittest
import warnings

import norn
import numpy as np

pd = pl = pa = duckdb = None
try:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa
except ImportError:
    pass

RNG = np.random.default_rng(7)


class Lender:
    """A table of nobody's kind: it lends an Arrow stream."""

    def __init__(self, table):
        self.table, self.column_names = table, table.column_names

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def plain_mean(x, window, least=None):
    """The slow twin."""
    least = window if least is None else least
    out = np.full(len(x), np.nan)
    for i in range(len(x)):
        part = x[max(0, i + 1 - window):i + 1]
        part = part[np.isfinite(part)]
        if len(part) >= max(least, 1):
            out[i] = part.mean()
    return out


class Values(unittest.TestCase):
    def test_mean_is_the_slow_twins(self):
        for n, window, holes in ((0, 3, 0), (1, 1, 0), (5, 9, 0), (200, 7, 0), (200, 7, 30), (1000, 50, 400)):
            x = RNG.normal(size=n)
            x[RNG.permutation(n)[:holes]] = np.nan
            for least in (None, 1, min(3, window)):
                got = norn.rolling_mean(x, window, min_periods=least)
                np.testing.assert_allclose(got, plain_mean(x, window, least), rtol=1e-12, atol=1e-15)

    def test_lagrs_ramp(self):
        np.testing.assert_array_equal(norn.rolling_mean(np.array([1.0, 2, 3, 4, 5]), 3), [np.nan, np.nan, 2, 3, 4])
        self.assertTrue(np.isnan(norn.rolling_mean(np.arange(3.0), 10)).all())
        self.assertEqual(len(norn.rolling_mean(np.empty(0), 3)), 0)

    def test_bits_do_not_depend_on_threads(self):
        x = RNG.normal(size=300_000)
        try:
            for name in norn._norn.rolling_names:
                args = {"ewm_mean": {"alpha": 0.3}, "ewm_var": {"alpha": 0.3}, "ewm_std": {"alpha": 0.3}}.get(name, {"window": 33})
                if name in ("rolling_cov", "rolling_corr"):
                    args["other"] = x[::-1].copy()
                if name == "rolling_quantile":
                    args["q"] = 0.3
                answers = []
                for n in (1, 2, 3, 7):
                    norn.set_num_threads(n)
                    answers.append(getattr(norn, name)(x, **args).tobytes())
                self.assertEqual(len(set(answers)), 1, name)
        finally:
            norn.set_num_threads(0)

    def test_expanding_windows_cost_the_same_at_any_length(self):
        def ns_a_value(n):
            x, out, best = RNG.normal(size=n), np.empty(n), 9.0
            for _ in range(3):
                begun = time.process_time()
                norn.rolling_sum(x, "expanding", out=out)
                best = min(best, time.process_time() - begun)
            return best / n
        self.assertLess(ns_a_value(3_000_000), 5 * ns_a_value(300_000))  # 2; every block read anew from the first value: 9

    def test_against_pandas(self):
        if pd is None:
            self.skipTest("no pandas")
        x = RNG.normal(size=500)
        x[RNG.permutation(500)[:60]] = np.nan
        s = pd.Series(x)
        for name in ("sum", "mean", "var", "std", "min", "max", "median", "skew", "kurt", "sem", "count"):
            if not hasattr(norn, f"rolling_{name}"):
                continue
            for window, least, center in ((5, None, False), (20, 3, False), (20, 3, True), (700, 1, False)):
                want = getattr(s.rolling(window, min_periods=least, center=center), name)()
                got = getattr(norn, f"rolling_{name}")(x, window, min_periods=least, center=center)
                if name == "count" and least is None:
                    continue  # pandas counts without a least; norn's rule is the window
                np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9, err_msg=f"{name} {window} {least} {center}")


class Buffers(unittest.TestCase):
    def test_strided_integer_boolean_float32_are_copied(self):
        want = norn.rolling_mean(np.array([1.0, 0, 1, 1, 0]), 2)
        for x in (np.array([1, 0, 1, 1, 0]), np.array([1, 0, 1, 1, 0], dtype=bool), np.array([1, 0, 1, 1, 0], dtype="f4"),
                  np.array([1, 9, 0, 9, 1, 9, 1, 9, 0, 9], dtype="f8")[::2], np.array([0, 1, 1, 0, 1], dtype="f8")[::-1],
                  np.array([1, 0, 1, 1, 0], dtype="u2"), np.array([1, 0, 1, 1, 0], dtype="i1"), [1, 0, 1, 1, 0], (1, 0, 1, 1, 0)):
            np.testing.assert_array_equal(norn.rolling_mean(x, 2), want, err_msg=repr(x))

    def test_zero_copy_only_names_the_remedy(self):
        for x in (np.arange(5), np.arange(10.0)[::2], [1.0, 2.0]):
            with self.assertRaisesRegex(TypeError, "asarray|ascontiguousarray"):
                norn.rolling_mean(x, 2, zero_copy_only=True)
        norn.rolling_mean(np.arange(5.0), 2, zero_copy_only=True)

    def test_other_byte_order_objects_and_matrices_are_refused(self):
        for x, words in ((np.arange(5.0).astype(">f8"), "astype"), (np.arange(5.0).astype(object), "asarray"),
                         (np.zeros((3, 3)), "dimension"), (np.arange(5) + 1j, "asarray"), ("text", "asarray"), (None, "asarray"),
                         (np.arange(5).astype("M8[s]"), "times")):
            with self.assertRaisesRegex(TypeError, words):
                norn.rolling_mean(x, 2)

    def test_read_only_and_freed_sources(self):
        x = np.arange(10.0)
        x.flags.writeable = False
        np.testing.assert_array_equal(norn.rolling_sum(x, 2)[1:], x[1:] + x[:-1])
        view = memoryview(bytearray(np.arange(4.0).tobytes())).cast("d")
        np.testing.assert_array_equal(norn.rolling_sum(view, 1), np.arange(4.0))
        view.release()

    def test_out(self):
        x, out = np.arange(10.0), np.empty(10)
        self.assertIs(norn.rolling_mean(x, 3, out=out), out)
        np.testing.assert_array_equal(out[2:], np.arange(1.0, 9))
        for bad, error in ((np.empty(9), norn.NornArgumentError), (np.ma.array(np.empty(10)), TypeError), (np.empty(10, "f4"), TypeError), (np.empty(20)[::2], TypeError), (x, norn.NornArgumentError),
                           ([0.0] * 10, TypeError)):
            with self.assertRaises(error):
                norn.rolling_mean(x, 3, out=bad)
        locked = np.empty(10)
        locked.flags.writeable = False
        with self.assertRaises(TypeError):
            norn.rolling_mean(x, 3, out=locked)
        np.testing.assert_array_equal(x, np.arange(10.0))

    def test_wrong_arguments(self):
        x = np.arange(10.0)
        for call in (lambda: norn.rolling_mean(x, 0), lambda: norn.rolling_mean(x, -1), lambda: norn.rolling_mean(x, 3, closed="x"),
                     lambda: norn.rolling_mean(x, "1 parsec"), lambda: norn.rolling_mean(x, 3, min_periods=-1), lambda: norn.rolling_mean(x, 3, closed=5),
                     lambda: norn.rolling_mean(x, 3, min_periods=4), lambda: norn.rolling_mean(x, 3, min_periods=2**70),
                     lambda: norn.rolling_cov(x, x[:5], 3), lambda: norn.rolling_quantile(x, 3, q="a" * 500),
                     lambda: norn.rolling({"y": x, "ds": x[:3]}, 3, "mean", on="ds"), lambda: norn.rolling({"y": x, "z": x[:3]}, 3, "mean", columns=["y", "z"]),
                     lambda: norn.ARIMA(1, 0, 0).fit(np.arange(30.0) % 7, np.zeros((20, 1)))):
            with self.assertRaises(norn.NornArgumentError) as caught:
                call()
            self.assertEqual(caught.exception.status, "argument")
        with self.assertRaisesRegex(norn.NornArgumentError, "span of time.*pandas"):
            norn.rolling_mean(x, "7D")  # and says nothing of C's functions
        for call in (lambda: norn.rolling_mean(x), lambda: norn.rolling_mean(), lambda: norn.rolling_mean(x, 2.5),
                     lambda: norn.rolling_mean(x, 3, colour=1), lambda: norn.rolling_mean(x, 3, window=3),
                     lambda: norn.rolling_mean(x, 3, min_periods=1.5), lambda: norn.rolling_mean(x, 3, min_periods="1")):
            with self.assertRaises(TypeError):
                call()
        with self.assertRaises(norn.NornError) as caught:
            norn.rolling_mean(x, 0)
        self.assertEqual(caught.exception.status, "argument")

    def test_no_leak_over_ten_thousand_calls(self):
        x, bad = np.arange(100.0), np.arange(100.0).astype(object)
        before = None
        for i in range(10_000):
            norn.rolling_mean(x, 3)
            for call in (lambda: norn.rolling_mean(bad, 3), lambda: norn.rolling_mean(x, 0), lambda: norn.rolling_mean(x, 3, out=x)):
                try:
                    call()
                except (TypeError, ValueError):
                    pass
            if i == 100:
                before = sys.getrefcount(x), sys.getrefcount(bad), sys.getrefcount(np.empty), len(sys._current_frames())
        self.assertEqual(before, (sys.getrefcount(x), sys.getrefcount(bad), sys.getrefcount(np.empty), len(sys._current_frames())))


class Masks(unittest.TestCase):
    def test_masked_values_are_missing(self):
        x = np.ma.array([1.0, 1e9, 3.0, 4.0], mask=[0, 1, 0, 0])
        np.testing.assert_array_equal(norn.rolling_sum(x, 2, min_periods=1), [1, 1, 3, 7])
        np.testing.assert_array_equal(norn.rolling_sum(np.ma.array([1, 9, 3, 4], mask=[0, 1, 0, 0]), 2, min_periods=1), [1, 1, 3, 7])
        np.testing.assert_array_equal(norn.rolling_cov(np.arange(4.0), x, 4, min_periods=1)[3:], [np.cov([0.0, 2, 3], [1.0, 3, 4])[0, 1]])
        np.testing.assert_array_equal(norn.rolling({"y": x}, 2, "sum", min_periods=1)["sum"], [1, 1, 3, 7])
        self.assertEqual(x.data[1], 1e9)

    def test_zero_copy(self):
        x = np.ma.array([1.0, 2, 3], mask=[0, 1, 0])
        with self.assertRaisesRegex(TypeError, "filled"):
            norn.rolling_sum(x, 2, zero_copy_only=True)
        np.testing.assert_array_equal(norn.rolling_sum(np.ma.array([1.0, 2, 3]), 1, zero_copy_only=True), [1, 2, 3])


class Pickles(unittest.TestCase):
    def test_functions_are_pickled_by_name(self):
        for name in [*norn._norn.rolling_names, "rolling"]:
            function = getattr(norn, name)
            self.assertIs(pickle.loads(pickle.dumps(function)), function, name)
        self.assertEqual((norn.rolling_mean.__module__, norn.rolling_mean.__qualname__), ("norn", "rolling_mean"))

    def test_pools(self):
        x = RNG.normal(size=1000)
        for way in ("fork", "spawn"):
            with multiprocessing.get_context(way).Pool(2) as pool:
                got = pool.starmap(norn.rolling_mean, [(x, 3), (x, 7)])
            for a, w in zip(got, (3, 7)):
                self.assertEqual(a.tobytes(), norn.rolling_mean(x, w).tobytes(), way)


class Series(unittest.TestCase):
    def test_pandas_keeps_index_and_name(self):
        if pd is None:
            self.skipTest("no pandas")
        s = pd.Series([1.0, 2, 3, 4], index=list("abcd"), name="price")
        got = norn.rolling_mean(s, 2)
        pd.testing.assert_series_equal(got, s.rolling(2).mean())
        for dtype in ("Int64", "Float64", "boolean", "float32", "int8"):
            t = pd.Series([1, 0, 1, 1], dtype=dtype)
            np.testing.assert_allclose(norn.rolling_sum(t, 2).to_numpy()[1:], [1, 1, 2])
        holes = pd.Series([1, None, 3], dtype="Int64")
        np.testing.assert_allclose(norn.rolling_sum(holes, 2, min_periods=1), [1, 1, 3])
        with self.assertRaisesRegex(TypeError, "astype"):
            norn.rolling_mean(pd.Series(["a", "b"]), 2)
        with self.assertRaisesRegex(TypeError, "astype"):
            norn.rolling_mean(holes, 2, zero_copy_only=True)
        frame = norn.rolling_mean(pd.DataFrame({"a": [1.0, 2, 3], "b": [4, 5, 6]}), 2)
        np.testing.assert_allclose(frame.to_numpy()[1:], [[1.5, 4.5], [2.5, 5.5]])

    def test_spans_of_time(self):
        if pd is None:
            self.skipTest("no pandas")
        s = pd.Series(RNG.normal(size=50), index=pd.date_range("2020-01-01", periods=50, freq="D")[RNG.permutation(50).argsort()]).sort_index()
        s = s.drop(s.index[[3, 4, 11]])
        pd.testing.assert_series_equal(norn.rolling_mean(s, "7D"), s.rolling("7D").mean())
        other = s * 2 + np.arange(len(s)) % 5
        for got in (norn.rolling_cov(s, other, "7D"), norn.rolling_cov(s, other, window="7D"), norn.rolling_cov(s, other=other, window="7D")):
            pd.testing.assert_series_equal(got, s.rolling("7D").cov(other), rtol=1e-9)
        pd.testing.assert_series_equal(norn.rolling_corr(s, other, 9), s.rolling(9).corr(other), rtol=1e-9)

    def test_spans_are_as_strict_as_counts(self):
        if pd is None:
            self.skipTest("no pandas")
        s = pd.Series([1.0, 2, 4], index=pd.date_range("2020-01-01", periods=3))
        for more, error in ((dict(out=[0.0] * 3), TypeError), (dict(out=np.empty(3, "f4")), TypeError), (dict(out=np.empty(2)), norn.NornArgumentError),
                            (dict(min_periods=1.7), TypeError), (dict(min_periods=-1), norn.NornArgumentError), (dict(closed="x"), norn.NornArgumentError),
                            (dict(colour=1), TypeError)):
            for window in ("7D", 3):
                with self.assertRaises(error, msg=f"{window} {more}"):
                    norn.rolling_mean(s, window, **more)
        with self.assertRaisesRegex(TypeError, "zero_copy"):
            norn.rolling_mean(s.astype(int), "7D", zero_copy_only=True)
        out = np.empty(3)
        self.assertIs(norn.rolling_sum(s, "2D", out=out), out)
        self.assertEqual(out.tolist(), [1, 3, 6])
        self.assertEqual(norn.rolling_quantile(s, "7D", 0.5).tolist(), [1, 1.5, 2])
        mixed = s.iloc[[2, 0, 1]]
        self.assertEqual(norn.rolling_sum(mixed, "2D").tolist(), [6, 1, 3])
        pd.testing.assert_series_equal(norn.rolling_sum(s, pd.Timedelta("2D")), s.rolling("2D").sum())

    def test_times_are_exact(self):
        if pd is None:
            self.skipTest("no pandas")
        s = pd.Series([1.0, 2, 4, 8], index=pd.DatetimeIndex([0, 1, 1000, 1001]).as_unit("ns"))
        for closed in ("right", "left", "both", "neither"):
            for center in (False, True):
                want = s.rolling("1us", closed=closed, center=center).sum()
                pd.testing.assert_series_equal(norn.rolling_sum(s, "1us", closed=closed, center=center), want, check_freq=False)
        holes = s.set_axis(pd.DatetimeIndex(["2020-01-01", None, "2020-01-02", "2020-01-03"]))
        with self.assertRaisesRegex(norn.NornArgumentError, "index.*row 2"):
            norn.rolling_mean(holes, "7D")

    def test_zones_are_read_without_a_warning(self):
        if pd is None:
            self.skipTest("no pandas")
        s = pd.Series([1.0, 2, 4], index=pd.date_range("2020-03-28", periods=3, tz="Europe/Berlin"))  # a day of 23 hours
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pd.testing.assert_series_equal(norn.rolling_sum(s, "24h"), s.rolling("24h").sum())

    def test_tables_are_no_columns(self):
        if pl is None or pa is None:
            self.skipTest("no polars or pyarrow")
        for table in (pl.DataFrame({"y": [1.0]}), pl.LazyFrame({"y": [1.0]}), pa.table({"y": [1.0]}), pa.record_batch({"y": [1.0]}), {"y": [1.0]}):
            with self.assertRaisesRegex(TypeError, r"norn\.rolling\(df", msg=type(table)):
                norn.rolling_mean(table, 2)

    def test_polars_and_pyarrow(self):
        if pl is None or pa is None:
            self.skipTest("no polars or pyarrow")
        s = pl.Series("p", [1, None, 3, 4])
        got = norn.rolling_sum(s, 2, min_periods=1)
        self.assertEqual((type(got), got.name, got.to_list()), (pl.Series, "p", [1, 1, 3, 7]))
        self.assertEqual(norn.rolling_sum(pl.Series([1.0, 2, 3]), 2, zero_copy_only=True).to_list()[1:], [3, 5])
        with self.assertRaisesRegex(TypeError, "rechunk"):
            norn.rolling_sum(s, 2, zero_copy_only=True)
        with self.assertRaisesRegex(TypeError, "cast"):
            norn.rolling_sum(pl.Series(["a"]), 2)
        chunked = pa.chunked_array([[1, 2], [3]])
        self.assertEqual(norn.rolling_sum(chunked, 2).to_pylist()[1:], [3, 5])
        self.assertEqual(norn.rolling_sum(pa.array([1.0, 2, 3]), 2, zero_copy_only=True).to_pylist()[1:], [3, 5])
        with self.assertRaisesRegex(TypeError, "combine_chunks"):
            norn.rolling_sum(chunked, 2, zero_copy_only=True)


class Tables(unittest.TestCase):
    def test_groups_in_any_order_are_pandas(self):
        if pd is None:
            self.skipTest("no pandas")
        n = 300
        df = pd.DataFrame({"unique_id": RNG.integers(0, 4, n).astype(str), "ds": pd.date_range("2020-01-01", periods=n, freq="h"), "y": RNG.normal(size=n)})
        for frame in (df, df.sort_values(["unique_id", "ds"]), df.iloc[RNG.permutation(n)]):
            got = norn.rolling(frame, 5, ["mean", "top=max"], on="ds", by="unique_id")
            self.assertEqual(list(got.columns), ["unique_id", "ds", "y", "mean", "top"])
            for _, one in got.sort_values("ds").groupby("unique_id"):
                np.testing.assert_allclose(one["mean"], one["y"].rolling(5).mean(), rtol=1e-12)
                np.testing.assert_array_equal(one["top"], one["y"].rolling(5).max())
            self.assertTrue((got.index == frame.index).all())

    def tables(self, **columns):
        """The same in every kind."""
        if pd is None or pl is None or pa is None:
            self.skipTest("no pandas, polars or pyarrow")
        table = pa.table(columns)
        return [pl.from_arrow(table), table, table.to_pandas(), {n: table[n].to_numpy() for n in columns}, Lender(table),
                *([duckdb.from_arrow(table)] if duckdb else [])]

    def test_every_kind_gives_the_same(self):
        rows = RNG.permutation(60)
        t = np.array(["2020-01-01"], "M8[us]") + (rows // 3 * 36).astype("m8[h]")
        y = RNG.normal(size=60)
        ids = np.array(["x", "y", "z"])[rows % 3]
        want = pd.DataFrame({"u": ids, "t": t, "y": y}).sort_values(["u", "t"]).groupby("u").rolling("3D", on="t")["y"].sum().to_numpy()
        order = np.lexsort((t, ids))
        for table in self.tables(u=ids, t=t, y=y, other=np.arange(60)):
            got = norn.rolling(table, "3D", ["sum", "corr(other)"], on="t", by="u")
            columns = got.columns if not callable(getattr(got, "columns", None)) and hasattr(got, "columns") and not isinstance(got, pa.Table) else (
                got.column_names if isinstance(got, pa.Table) else list(got))
            self.assertEqual(list(columns), ["u", "t", "y", "sum", "corr(other)"], type(table))
            values = got["sum"] if not hasattr(got, "fetchnumpy") else got.fetchnumpy()["sum"]
            np.testing.assert_allclose(np.asarray(values)[order], want, rtol=1e-12, err_msg=str(type(table)))

    def test_empty_times_and_ids_are_named(self):
        t = pa.array([1, None, 3], pa.timestamp("us")) if pa else None
        for table in self.tables(t=t, y=[1.0, 2, 3]):
            for window in (2, "7D"):
                with self.assertRaisesRegex(norn.NornArgumentError, "t: row 2", msg=type(table)):
                    norn.rolling(table, window, "mean", on="t")
        for table in self.tables(u=["a", "b", None], y=[1.0, 2, 3]):
            with self.assertRaisesRegex(norn.NornArgumentError, "u: row 3", msg=type(table)):
                norn.rolling(table, 2, "mean", by="u")

    def test_integers_and_texts_are_no_times(self):
        for table in self.tables(t=[3, 1, 2], y=[1.0, 2, 4]):
            with self.assertRaisesRegex(norn.NornArgumentError, "t: it holds integers.*to_datetime", msg=type(table)):
                norn.rolling(table, "7D", "mean", on="t")
            got = norn.rolling(table, 2, "sum", on="t")
            got = got.fetchnumpy() if hasattr(got, "fetchnumpy") else got
            np.testing.assert_array_equal(np.asarray(got["sum"]), [5, np.nan, 6], err_msg=str(type(table)))
        for table in self.tables(t=["3", "1", "2"], y=[1.0, 2, 4]):
            with self.assertRaisesRegex(norn.NornArgumentError, "t: it holds texts", msg=type(table)):
                norn.rolling(table, 2, "mean", on="t")
        got = norn.rolling({"t": np.array([-1.5, -2.5, 0.0]), "y": [1.0, 2, 4]}, 2, "first", on="t")
        np.testing.assert_array_equal(got["first"], [2, np.nan, 1])

    def test_nanoseconds_stay_apart(self):
        t = pa.array([0, 1, 1000], pa.timestamp("ns")) if pa else None
        for table in self.tables(t=t, y=[1.0, 2, 4]):
            if isinstance(table, Lender):
                with self.assertRaisesRegex(norn.NornArgumentError, "t: row 2.*microseconds"):
                    norn.rolling(table, "1us", "sum", on="t")
                continue
            got = norn.rolling(table, "1us", "sum", on="t", closed="left")
            t_out = got.fetchnumpy()["t"] if hasattr(got, "fetchnumpy") else np.asarray(got["t"])
            self.assertEqual(np.asarray(t_out).astype("M8[ns]").view("i8").tolist(), [0, 1, 1000])
            got = got.fetchnumpy() if hasattr(got, "fetchnumpy") else got
            np.testing.assert_array_equal(np.asarray(got["sum"]), [np.nan, 1, 3], err_msg=str(type(table)))

    def test_empty_integers_are_missing(self):
        for table in self.tables(y=pa.array([1, None, 4]) if pa else None):
            got = norn.rolling(table, 2, "sum", min_periods=1)
            got = got.fetchnumpy() if hasattr(got, "fetchnumpy") else got
            np.testing.assert_array_equal(np.asarray(got["sum"]), [1, 1, 4], err_msg=str(type(table)))

    def test_pandas_names_and_indices(self):
        if pd is None:
            self.skipTest("no pandas")
        df = pd.DataFrame(np.arange(6.0).reshape(3, 2))
        self.assertEqual(list(norn.rolling(df, 2, ["mean", "corr(1)"]).columns), [0, 1, "0_mean", "0_corr(1)", "1_mean", "1_corr(1)"])
        self.assertEqual(norn.rolling(df, 2, "sum", columns=1)["sum"].tolist()[1:], [4, 8])
        self.assertEqual(norn.rolling(df.rename(columns={0: "y"}), 1, "sum", on=1)["sum"].tolist(), [0, 2, 4])
        twice = pd.DataFrame(np.arange(9.0).reshape(3, 3), columns=["a", "b", "b"])
        for call in (lambda: norn.rolling(twice, 2, "mean"), lambda: norn.rolling(twice, 2, "mean", columns="b"),
                     lambda: norn.rolling(twice, 2, "corr(b)", columns="a"), lambda: norn.rolling(twice, 2, "mean", columns="a", by="b")):
            with self.assertRaisesRegex(norn.NornArgumentError, "2 columns of the table are named 'b'"):
                call()
        self.assertEqual(norn.rolling(twice, 2, "sum", columns="a")["sum"].tolist()[1:], [3, 9])
        dated = pd.DataFrame({"y": [1.0, 2, 4]}, index=pd.date_range("2020-01-01", periods=3, name="t"))
        got = norn.rolling(dated, "2D", "sum")
        self.assertEqual(got["sum"].tolist(), [1, 3, 6])
        pd.testing.assert_index_equal(got.index, dated.index)
        self.assertEqual(list(norn.rolling(dated, "2D", "sum", on="t").columns), ["t", "y", "sum"])

    def test_rows_in_any_order_are_lexsorts(self):
        for n, n_ids, spread in ((0, 1, 1), (1, 1, 1), (2, 2, 5), (1000, 3, 2**62), (70_000, 50, 10**15), (200_000, 2**40, 7)):
            ids, t = RNG.integers(-n_ids, n_ids, n), RNG.integers(-spread, spread, n)
            y = RNG.normal(size=n)
            for by, on in ((ids, t), (ids, None), (None, t)):
                keys = [k for k in (on, by) if k is not None]
                order = np.lexsort(keys)
                y_sorted, first = y[order], np.zeros(n, bool)
                first[:1] = True
                if by is not None:
                    first[1:] = by[order][1:] != by[order][:-1]
                want = np.empty(n)
                want[order] = np.where(first, np.nan, y_sorted + np.r_[0.0, y_sorted[:-1]][:n])
                got = norn._norn.roll_columns([y], ["y"], 1, ["sum"], by, on, 1, "2", None, False, None)[0]
                np.testing.assert_array_equal(got, want)

    def test_wrong_calls(self):
        table = {"y": np.arange(9.0), "z": np.arange(9.0)}
        for ops in (["mean", "mean"], ["y=mean"]):
            with self.assertRaisesRegex(norn.NornArgumentError, "would be named"):
                norn.rolling(table, 3, ops)
        with self.assertRaisesRegex(norn.NornArgumentError, "no column of numbers"):
            norn.rolling({"name": np.array(["a", "b"])}, 2, "mean")


if __name__ == "__main__":
    unittest.main()
