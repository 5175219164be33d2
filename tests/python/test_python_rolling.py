"""Rolling windows as a user of pandas expects them: indexes that differ or fall, spans in all words, columns of unknown kinds."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import unittest

import norn
import numpy as np

try:
    import pandas as pd
except ImportError:
    pd = None
try:
    import polars as pl
    import pyarrow as pa
except ImportError:
    pl = pa = None

RNG = np.random.default_rng(11)


class Lends:
    """Another package's object: only Arrow's protocols."""

    def __init__(self, data, *ways):
        for way in ways:
            setattr(type(self), way, lambda self, requested_schema=None, way=way: getattr(data, way)(requested_schema))


def stream(data):
    return type("Stream", (Lends,), {})(data, "__arrow_c_stream__")


def array(data):
    return type("Array", (Lends,), {})(data, "__arrow_c_array__")


@unittest.skipIf(pd is None, "no pandas")
class Indexes(unittest.TestCase):
    def test_pairs_are_aligned(self):
        s, o = pd.Series([1.0, 2, 3, 4]), pd.Series([1.0, 5, 2, 9], index=[3, 0, 2, 1])
        self.assertEqual(norn.rolling_cov(s, o, 2).tolist()[1:], [2, -3.5, -0.5])
        self.assertEqual(norn.rolling_slope(s, 2, other=o).tolist()[1:], [0.25, -1 / 7, -1])
        for seed in range(20):
            rng = np.random.default_rng(seed)
            a, b = (pd.Series(rng.normal(size=30), index=rng.permutation(40)[:30], name="v") for _ in range(2))
            for name in ("cov", "corr"):
                want = getattr(a.rolling(5, min_periods=3), name)(b)
                pd.testing.assert_series_equal(getattr(norn, f"rolling_{name}")(a, b, 5, min_periods=3), want, rtol=1e-9, atol=1e-12)

    def test_labels_that_cannot_be_paired(self):
        s = pd.Series([1.0, 2, 3])
        with self.assertRaisesRegex(norn.NornArgumentError, "other: its index has .*1.* twice"):
            norn.rolling_cov(s, s.set_axis([1, 1, 2]), 2)
        twice = s.set_axis([1, 1, 2])  # equal indexes need no pairing
        self.assertEqual(norn.rolling_cov(twice, twice, 2).tolist()[1:], [0.5, 0.5])
        with self.assertRaisesRegex(TypeError, "reindex"):
            norn.rolling_cov(s, s.set_axis([2, 1, 0]), 2, zero_copy_only=True)
        self.assertEqual(norn.rolling_cov(s, np.array([3.0, 2, 1]), 2).tolist()[1:], [-0.5, -0.5])

    def test_falling_times(self):
        s = pd.Series([1.0, 2, 4, 8], index=pd.date_range("2020-01-04", periods=4, freq="-1D"))
        self.assertEqual(norn.rolling_sum(s, "2D").tolist(), [1, 3, 6, 12])
        self.assertEqual(norn.rolling(s.to_frame("v"), "2D", "sum")["sum"].tolist(), [1, 3, 6, 12])
        times = pd.DatetimeIndex(np.sort(RNG.integers(0, 60, 80).astype("M8[D]"))[::-1].astype("M8[ns]"))  # with equal ones
        s = pd.Series(RNG.normal(size=80), index=times)
        for closed in ("right", "left", "both", "neither"):
            want = s.rolling("5D", closed=closed).sum()
            np.testing.assert_allclose(norn.rolling_sum(s, "5D", closed=closed).to_numpy(), want.to_numpy(), rtol=1e-9, atol=1e-9, err_msg=closed)

    def test_times_in_no_order_are_sorted(self):
        s = pd.Series([4.0, 1, 2], index=pd.to_datetime(["2020-01-03", "2020-01-01", "2020-01-02"]))
        with self.assertRaises(ValueError):
            s.rolling("2D").sum()
        self.assertEqual(norn.rolling_sum(s, "2D").tolist(), [6, 1, 3])


@unittest.skipIf(pd is None, "no pandas")
class Spans(unittest.TestCase):
    def test_words_of_pandas(self):
        s = pd.Series([1.0, 2, 4, 8], index=pd.date_range("2020-01-01", periods=4, freq="18h"))
        for window in (pd.offsets.Day(2), pd.Timedelta("1.5D"), "1D12h", "1.5D", "36h", datetime.timedelta(hours=36), np.timedelta64(36, "h"), pd.offsets.Minute(90)):
            given = pd.Timedelta(window) if isinstance(window, np.timedelta64) else window
            np.testing.assert_array_equal(norn.rolling_sum(s, window), s.rolling(given).sum(), err_msg=repr(window))
            table = norn.rolling(s.rename_axis("t").reset_index(name="v"), window, "sum", on="t")
            np.testing.assert_array_equal(table["sum"], s.rolling(given).sum(), err_msg=repr(window))
        n = s.set_axis(pd.DatetimeIndex([0, 4, 5, 9]).as_unit("ns"))
        np.testing.assert_array_equal(norn.rolling_sum(n, "5ns"), n.rolling("5ns").sum())
        micro = {"t": np.array([0, 1, 2, 3], "M8[us]"), "y": np.arange(4.0)}
        self.assertEqual(norn.rolling(micro, "1500ns", "count", on="t")["count"].tolist(), [1, 2, 2, 2])

    def test_what_is_no_span(self):
        s = pd.Series([1.0, 2], index=pd.date_range("2020-01-01", periods=2))
        for window, why in ((pd.offsets.MonthEnd(1), "no fixed length"), ("1.5", "neither"), ("0D", "above 0"), ("0.1ns", "nanoseconds"), (pd.Timedelta(-1), "above 0"),
                            (np.timedelta64(1, "M"), "no fixed length"), ("3 parsec", "neither"), ("", "neither")):
            with self.assertRaisesRegex(norn.NornArgumentError, why, msg=repr(window)):
                norn.rolling_sum(s, window)

    def test_what_is_no_window(self):
        x = np.arange(4.0)
        for roll in (lambda w: norn.rolling_mean(x, w), lambda w: norn.rolling_mean(pd.Series(x), w), lambda w: norn.rolling({"y": x}, w, "mean")):
            with self.assertRaisesRegex(norn.NornArgumentError, "window"):
                roll(10**30)
            for window in (True, np.True_):
                with self.assertRaisesRegex(TypeError, "window: .*True_? is neither"):
                    roll(window)


class Columns(unittest.TestCase):
    def test_texts_and_times_are_no_numbers(self):
        for x in (["1", "2"], ["1", None], [b"1"], b"12", bytearray(b"12"), np.array(["1"]), "12"):
            with self.assertRaises(TypeError, msg=repr(x)):
                norn.rolling_sum(x, 1)
        for x in (np.array(["2020-01-01"], "M8[D]"), np.array([5], "m8[s]"), [datetime.datetime(2020, 1, 1)]):
            with self.assertRaisesRegex(TypeError, "^x: .*(times|datetime)", msg=repr(x)):
                norn.rolling_sum(x, 1)

    def test_short_and_long_floats_are_converted(self):
        bits = np.arange(2**16, dtype="u2").view("f2")  # every half
        there = np.isfinite(bits)
        np.testing.assert_array_equal(norn.rolling_last(bits, 1)[there], bits[there].astype("f8"))
        self.assertTrue(np.isnan(norn.rolling_last(bits, 1)[~there]).all())
        self.assertEqual(norn.rolling_sum(np.array([1, 2], "f2")[::-1], 2).tolist()[1:], [3])
        self.assertEqual(norn.rolling_sum(np.array([1, 2.5], "longdouble"), 2).tolist()[1:], [3.5])
        with self.assertRaises(TypeError):
            norn.rolling_sum(bits, 1, zero_copy_only=True)

    @unittest.skipIf(pa is None, "no pyarrow")
    def test_arrow_columns_of_unknown_kinds(self):
        for x in (array(pa.array([1, None, 3])), array(pa.array([0, 1.0, None, 3])[1:]), stream(pa.chunked_array([[1], [None, 3]]))):
            np.testing.assert_array_equal(norn.rolling_sum(x, 2, min_periods=1), [1, 1, 3])
        np.testing.assert_allclose(norn.rolling_cov(array(pa.array([1.0, 2])), stream(pa.chunked_array([[3.0, 5]])), 2)[1:], [1])
        with self.assertRaisesRegex(TypeError, "texts"):
            norn.rolling_sum(array(pa.array(["a"])), 1)
        with self.assertRaisesRegex(TypeError, "copied"):
            norn.rolling_sum(array(pa.array([1.0])), 1, zero_copy_only=True)
        for table in (stream(pa.table({"y": [1.0]})), array(pa.record_batch({"y": [1.0]}))):
            with self.assertRaisesRegex(TypeError, r"norn\.rolling\(df"):
                norn.rolling_sum(table, 1)


class Tables(unittest.TestCase):
    @unittest.skipIf(pa is None, "no pyarrow")
    def test_a_stream_alone_is_a_table(self):
        table = pa.table({"g": list("aabb"), "t": [1, 2, 1, 2], "v": [1.0, 2, 3, 4]})
        got = norn.rolling(stream(table), 2, "sum", on="t", by="g", min_periods=1)
        self.assertEqual((got.columns, got["sum"].tolist()), (["g", "t", "v", "sum"], [1, 3, 3, 7]))
        with self.assertRaisesRegex(norn.NornArgumentError, "no column 'h'"):
            norn.rolling(stream(table), 2, "sum", by="h")

    @unittest.skipIf(pa is None, "no pyarrow")
    def test_ids_that_are_no_text(self):
        bad = pa.StringArray.from_buffers(2, pa.py_buffer(np.array([0, 1, 2], "i4")), pa.py_buffer(b"a\xff"))
        with self.assertRaisesRegex(norn.NornError, "g.*row 2"):
            norn.rolling(stream(pa.table({"g": bad, "y": [1.0, 2]})), 2, "sum", by="g")

    def test_several_ids(self):
        n = 200
        data = {"g": RNG.integers(0, 3, n).astype(str), "h": RNG.choice([0, 7, 2**60], n), "k": RNG.choice([0.5, -1e300], n), "y": RNG.normal(size=n)}
        want = np.empty(n)
        for key in {*zip(data["g"], data["h"], data["k"])}:
            rows = [i for i in range(n) if (data["g"][i], data["h"][i], data["k"][i]) == key]
            want[rows] = norn.rolling_sum(data["y"][rows], 3)
        for by in (["g", "h", "k"], ("k", "h", "g")):
            got = norn.rolling(data, 3, "sum", by=by)
            self.assertEqual(list(got), [*by, "y", "sum"])
            np.testing.assert_array_equal(got["sum"], want)
        if pd is not None:
            np.testing.assert_array_equal(norn.rolling(pd.DataFrame(data), 3, "sum", by=["g", "h", "k"])["sum"], want)
        self.assertEqual(len(norn.rolling({"g": [], "h": [], "y": np.empty(0)}, 3, "sum", by=["g", "h"])["sum"]), 0)
        with self.assertRaisesRegex(norn.NornArgumentError, "no column 'x'"):
            norn.rolling(data, 3, "sum", by=["g", "x"])

    def test_ewm_needs_no_window(self):
        y = np.arange(5.0)
        self.assertEqual(norn.rolling({"y": y}, ops="ewm(0.3)")["ewm(0.3)"].tolist(), norn.ewm(y, 0.3).tolist() if hasattr(norn, "ewm") else norn.ewm_mean(y, 0.3).tolist())
        self.assertEqual(list(norn.rolling({"y": y}, ops=["a=ewm_std(span=3)"])), ["y", "a"])
        for ops in ("mean", ["ewm(0.3)", "mean"]):
            with self.assertRaisesRegex(TypeError, "window is missing"):
                norn.rolling({"y": y}, ops=ops)

    def test_a_column_is_no_table(self):
        columns = [np.arange(3.0), [1.0, 2]]
        columns += [pd.Series([1.0])] if pd is not None else []
        columns += [pl.Series([1.0]), pa.array([1.0]), pa.chunked_array([[1.0]]), array(pa.array([1.0]))] if pa is not None else []
        for x in columns:
            with self.assertRaisesRegex(TypeError, "rolling_mean", msg=type(x)):
                norn.rolling(x, 2, "mean")

    @unittest.skipIf(pl is None, "no polars")
    def test_a_lazy_frame_is_collected(self):
        self.assertIsInstance(norn.rolling(pl.LazyFrame({"y": [1.0, 2]}), 2, "sum"), pl.DataFrame)
