"""Rolling functions over arrays and series: values, buffers, kinds, errors."""
# SPDX-License-Identifier: Apache-2.0
import sys
import unittest

import norn
import numpy as np

pd = pl = pa = None
try:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
except ImportError:
    pass

RNG = np.random.default_rng(7)


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
                         (np.arange(5).astype("M8[s]"), "asarray")):
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
        for bad, error in ((np.empty(9), ValueError), (np.empty(10, "f4"), TypeError), (np.empty(20)[::2], TypeError), (x, ValueError),
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
                     lambda: norn.rolling_mean(x, "1 parsec"), lambda: norn.rolling_mean(x, 3, min_periods=-1)):
            with self.assertRaises(ValueError):
                call()
        for call in (lambda: norn.rolling_mean(x), lambda: norn.rolling_mean(), lambda: norn.rolling_mean(x, 2.5),
                     lambda: norn.rolling_mean(x, 3, colour=1), lambda: norn.rolling_mean(x, 3, window=3)):
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

    def test_wrong_calls(self):
        table = {"y": np.arange(9.0), "z": np.arange(9.0)}
        for ops in (["mean", "mean"], ["y=mean"]):
            with self.assertRaisesRegex(norn.NornArgumentError, "would be named"):
                norn.rolling(table, 3, ops)
        with self.assertRaisesRegex(norn.NornArgumentError, "no column of numbers"):
            norn.rolling({"name": np.array(["a", "b"])}, 2, "mean")


if __name__ == "__main__":
    unittest.main()
