"""Arrow streams in and out: every type that is read, and streams that lie."""
# SPDX-License-Identifier: Apache-2.0
import ctypes
import datetime
import unittest

import norn
import numpy as np
from norn import _norn
from norn._frames import Table

pa = pl = duckdb = None
try:
    import duckdb
    import polars as pl
    import pyarrow as pa
except ImportError:
    pass

C = ctypes


class Schema(C.Structure):
    pass


class Array(C.Structure):
    pass


class Stream(C.Structure):
    pass


SchemaRelease, ArrayRelease, StreamRelease = (C.CFUNCTYPE(None, C.POINTER(t)) for t in (Schema, Array, Stream))
Schema._fields_ = [("format", C.c_char_p), ("name", C.c_char_p), ("metadata", C.c_char_p), ("flags", C.c_int64), ("n_children", C.c_int64),
                   ("children", C.POINTER(C.POINTER(Schema))), ("dictionary", C.POINTER(Schema)), ("release", SchemaRelease),
                   ("private_data", C.c_void_p)]
Array._fields_ = [("length", C.c_int64), ("null_count", C.c_int64), ("offset", C.c_int64), ("n_buffers", C.c_int64), ("n_children", C.c_int64),
                  ("buffers", C.POINTER(C.c_void_p)), ("children", C.POINTER(C.POINTER(Array))), ("dictionary", C.POINTER(Array)),
                  ("release", ArrayRelease), ("private_data", C.c_void_p)]
GetSchema, GetNext = C.CFUNCTYPE(C.c_int, C.POINTER(Stream), C.POINTER(Schema)), C.CFUNCTYPE(C.c_int, C.POINTER(Stream), C.POINTER(Array))
LastError = C.CFUNCTYPE(C.c_char_p, C.POINTER(Stream))
Stream._fields_ = [("get_schema", GetSchema), ("get_next", GetNext), ("get_last_error", LastError), ("release", StreamRelease),
                   ("private_data", C.c_void_p)]
new_capsule = C.pythonapi.PyCapsule_New
new_capsule.restype, new_capsule.argtypes = C.py_object, [C.c_void_p, C.c_char_p, C.c_void_p]


@unittest.skipIf(pa is None, "pyarrow is not installed")
class NoUtf8(unittest.TestCase):
    def ids(self, *texts):
        raw = pa.array(list(texts), pa.binary())
        return pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())

    def test_the_row_is_named(self):
        good = ["a", "é", "漢", "\U0001f600"]
        for bad in (b"\xff", b"ab\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"):
            parts = [self.ids(*(g.encode() for g in good)), self.ids(b"a", bad)]
            data = pa.table({"unique_id": pa.chunked_array(parts), "ds": pa.array(range(6)), "y": pa.array(np.arange(6.0))})
            with self.subTest(bad), self.assertRaisesRegex(norn.NornArgumentError, "column unique_id: the text of row 6 is not valid UTF-8"):
                norn.Forecaster("naive").forecast(data, 1)
        data = pa.table({"unique_id": pa.array(good), "y": pa.array(np.arange(4.0))})
        self.assertEqual(norn.Forecaster("naive", fallback=None).forecast(data, 1)["unique_id"].to_pylist(), good)


class Liar:
    """A stream of one batch (or more) with columns made from buffers; anything may be changed before it is lent."""

    def __init__(self, columns, length, batches=1):
        self.kept, self.released = [], {"stream": 0, "schema": 0, "array": 0}
        self.schema_code = self.next_code = 0
        self.left = batches
        self.schema, self.array = self.top_schema(columns), self.top_array(columns, length)
        self.stream = Stream(GetSchema(self.get_schema), GetNext(self.get_next), LastError(lambda s: None), StreamRelease(self.drop_stream), None)

    def keep(self, value):
        self.kept.append(value)
        return value

    def drop_schema(self, s):
        self.released["schema"] += 1
        s[0].release = SchemaRelease()

    def drop_array(self, a):
        self.released["array"] += 1
        a[0].release = ArrayRelease()

    def drop_stream(self, s):
        self.released["stream"] += 1
        s[0].release = StreamRelease()

    def one_schema(self, fmt, name):
        return self.keep(Schema(fmt, name, None, 2, 0, None, None, self.keep(SchemaRelease(lambda s: None)), None))

    def one_array(self, length, buffers):
        pointers = (C.c_void_p * max(1, len(buffers)))(*[None if b is None else C.addressof(self.keep(b)) for b in buffers])
        return self.keep(Array(length, -1, 0, len(buffers), 0, self.keep(pointers), None, None, self.keep(ArrayRelease(lambda a: None)), None))

    def top_schema(self, columns):
        children = (C.POINTER(Schema) * len(columns))(*[C.pointer(self.one_schema(c[1], c[0])) for c in columns])
        return Schema(b"+s", b"", None, 0, len(columns), self.keep(children), None, SchemaRelease(self.drop_schema), None)

    def top_array(self, columns, length):
        children = (C.POINTER(Array) * len(columns))(*[C.pointer(self.one_array(length, c[2])) for c in columns])
        none = (C.c_void_p * 1)(None)
        return Array(length, 0, 0, 1, len(columns), self.keep(none), self.keep(children), None, ArrayRelease(self.drop_array), None)

    def get_schema(self, stream, out):
        if self.schema_code == 0:
            C.memmove(out, C.byref(self.schema), C.sizeof(Schema))
        return self.schema_code

    def get_next(self, stream, out):
        if self.next_code:
            return self.next_code
        if self.left == 0:
            out[0].release = ArrayRelease()
            return 0
        self.left -= 1
        C.memmove(out, C.byref(self.array), C.sizeof(Array))
        return 0

    def __arrow_c_stream__(self, requested_schema=None):
        return new_capsule(C.addressof(self.stream), b"arrow_array_stream", None)


def doubles(*values):
    return (C.c_double * len(values))(*values)


def longs(*values):
    return (C.c_int64 * len(values))(*values)


def ints(*values):
    return (C.c_int32 * len(values))(*values)


def honest():
    return Liar([(b"ds", b"l", [None, longs(1, 2, 3, 4)]), (b"y", b"g", [None, doubles(1, 2, 3, 4)])], 4)


def child(liar, k):
    return liar.array.children[k][0]


def set_null_buffer(a):
    a.buffers[1] = None


class Liars(unittest.TestCase):
    """Each fault alone, in an honest stream: an exception, everything released once, no crash."""

    def told(self, liar, error=ValueError):
        with self.assertRaises(error):
            norn.Forecaster("naive").forecast(liar, 2)
        self.assertEqual(liar.released["stream"], 1)
        self.assertLessEqual(liar.released["schema"], 1)
        if liar.schema_code == 0:
            self.assertEqual(liar.released["schema"], 1)

    def test_honest(self):
        liar = honest()
        out = norn.Forecaster("naive").forecast(liar, 2)
        self.assertEqual(out["naive"].tolist(), [4, 4])
        self.assertEqual(liar.released, {"stream": 1, "schema": 1, "array": 1})

    def test_faults_of_arrays(self):
        faults = {
            "length below 0": lambda s: setattr(s.array, "length", -1),
            "length above the columns'": lambda s: setattr(s.array, "length", 1000),
            "length near 2^63": lambda s: setattr(s.array, "length", 2**63 - 1),
            "offset below 0": lambda s: setattr(s.array, "offset", -5),
            "offset near 2^63": lambda s: setattr(s.array, "offset", 2**63 - 2),
            "offset beyond the columns": lambda s: setattr(s.array, "offset", 3),
            "a child's length below 0": lambda s: setattr(child(s, 1), "length", -4),
            "a child's length too small": lambda s: setattr(child(s, 1), "length", 3),
            "a child's offset below 0": lambda s: setattr(child(s, 0), "offset", -1),
            "a child's offset near 2^63": lambda s: setattr(child(s, 0), "offset", 2**63 - 1),
            "no buffers": lambda s: setattr(child(s, 1), "n_buffers", 0),
            "one buffer": lambda s: setattr(child(s, 1), "n_buffers", 1),
            "many buffers": lambda s: setattr(child(s, 1), "n_buffers", 2**40),
            "buffers below 0": lambda s: setattr(child(s, 1), "n_buffers", -1),
            "the list of buffers is null": lambda s: setattr(child(s, 1), "buffers", None),
            "a buffer is null": lambda s: set_null_buffer(child(s, 1)),
            "children missing": lambda s: setattr(s.array, "n_children", 1),
            "children too many": lambda s: setattr(s.array, "n_children", 2**40),
            "the list of children is null": lambda s: setattr(s.array, "children", None),
            "a child is null": lambda s: s.array.children.__setitem__(1, C.POINTER(Array)()),
            "a child is released": lambda s: setattr(child(s, 1), "release", ArrayRelease()),
            "a null row": lambda s: (s.array.buffers.__setitem__(0, C.addressof(s.keep((C.c_uint8 * 1)(0b1011)))),
                                     setattr(s.array, "null_count", 1)),
        }
        for what, fault in faults.items():
            with self.subTest(what):
                liar = honest()
                fault(liar)
                self.told(liar)
                self.assertEqual(liar.released["array"], 1)

    def test_faults_of_schemas_and_streams(self):
        faults = {
            "not a struct": lambda s: setattr(s.schema, "format", b"g"),
            "no format": lambda s: setattr(s.schema, "format", None),
            "a child without format": lambda s: setattr(s.schema.children[1][0], "format", None),
            "an empty format": lambda s: setattr(s.schema.children[1][0], "format", b""),
            "an unknown format": lambda s: setattr(s.schema.children[1][0], "format", b"+l"),
            "a format that begins as a known one": lambda s: setattr(s.schema.children[0][0], "format", b"tdDD"),
            "a time stamp without its colon": lambda s: setattr(s.schema.children[0][0], "format", b"tsu"),
            "children below 0": lambda s: setattr(s.schema, "n_children", -1),
            "children without number": lambda s: setattr(s.schema, "n_children", 2**50),
            "the children are null": lambda s: setattr(s.schema, "children", None),
            "a child is null": lambda s: s.schema.children.__setitem__(0, C.POINTER(Schema)()),
            "get_next fails": lambda s: setattr(s, "next_code", 5),
        }
        for what, fault in faults.items():
            with self.subTest(what):
                liar = honest()
                fault(liar)
                self.told(liar)
        liar = honest()
        liar.schema_code = 22
        self.told(liar)
        self.assertEqual(liar.released, {"stream": 1, "schema": 0, "array": 0})
        liar = honest()
        liar.next_code = 12  # ENOMEM
        self.told(liar, MemoryError)

    def test_further_lies(self):
        """Faults of streams, and those that a reader sees in the batch behind the first."""
        faults = {
            "a name that is no UTF-8": (None, lambda s: setattr(s.schema.children[1][0], "name", b"\xff\xfe")),
            "no names": (None, lambda s: [setattr(s.schema.children[k][0], "name", None) for k in (0, 1)]),
            "a column has children": ("y", lambda s: setattr(child(s, 1), "n_children", 2**50)),
            "a count of nulls beyond the rows": ("y", lambda s: setattr(child(s, 1), "null_count", 2**62)),
            "columns of different lengths": (None, lambda s: setattr(child(s, 0), "length", 2)),
            "a child's offset leaves too few": (None, lambda s: setattr(child(s, 1), "offset", 2**60)),
            "children of the schema below the batch's": (None, lambda s: setattr(s.schema, "n_children", 1)),
            "a child of the schema is released": (None, lambda s: setattr(s.schema.children[1][0], "release", SchemaRelease())),
            "the schema has no release": (None, lambda s: setattr(s.schema, "release", SchemaRelease())),
            "a dictionary without format": (None, lambda s: (setattr(s.schema.children[0][0], "format", b"i"), setattr(
                s.schema.children[0][0], "dictionary", C.pointer(s.one_schema(None, b""))))),
            "an offset and a length that overflow": (None, lambda s: (setattr(s.array, "offset", 2**62), setattr(s.array, "length", 2**62))),
        }
        for what, (harmless, fault) in faults.items():
            with self.subTest(what):
                liar = honest()
                fault(liar)
                if harmless:  # what norn never looks at
                    self.assertEqual(norn.Forecaster("naive").forecast(liar, 2)["naive"].tolist(), [4, 4])
                else:
                    with self.assertRaises(ValueError):
                        norn.Forecaster("naive").forecast(liar, 2)
                self.assertEqual(liar.released["stream"], 1)
                self.assertLessEqual(max(liar.released.values()), 1)

    def test_buffers_that_are_not_aligned(self):
        raw = (C.c_char * 64)()
        np.frombuffer(raw, np.uint8)[3:35] = np.array([1.0, 2, 3, 4]).view(np.uint8)
        liar = honest()
        child(liar, 1).buffers[1] = C.addressof(liar.keep(raw)) + 3
        self.assertEqual(norn.Forecaster("naive").forecast(liar, 2)["naive"].tolist(), [4, 4])

    def test_an_error_after_data(self):
        liar = honest()
        liar.left, first = 3, liar.get_next

        def get_next(stream, out):
            if liar.left == 1:
                return 5
            return first(stream, out)
        liar.stream.get_next = liar.keep(GetNext(get_next))
        self.told(liar)
        self.assertEqual(liar.released["array"], 2)

    def test_rolling_is_told_too(self):
        for fault in (lambda s: setattr(s.array, "length", 1000), lambda s: set_null_buffer(child(s, 1)), lambda s: setattr(s, "next_code", 5),
                      lambda s: setattr(child(s, 0), "length", 2), lambda s: setattr(s.schema, "format", None)):
            liar = honest()
            liar.column_names = ["ds", "y"]
            fault(liar)
            with self.assertRaises(ValueError):
                norn.rolling(liar, 2, "mean", on="ds")
            self.assertEqual(liar.released["stream"], 1)

    def test_used_up_and_foreign_capsules(self):
        liar = honest()
        liar.stream.release = StreamRelease()
        with self.assertRaises(ValueError):
            norn.Forecaster("naive").forecast(liar, 2)
        for capsule in (new_capsule(C.addressof(honest().stream), b"something_else", None), 5, None):
            with self.assertRaises(ValueError):
                _norn.frame_from_stream(capsule, None)
        with self.assertRaises(ValueError):
            _norn.forecast(new_capsule(1, b"x", None), None, None, {}, 0, None)

    def test_texts_that_lie(self):
        y = (b"y", b"g", [None, doubles(1, 2)])
        bad = {
            "offsets fall": (b"u", [None, ints(0, 5, 2), (C.c_char * 8)()]),
            "offsets below 0": (b"u", [None, ints(-3, 1, 2), (C.c_char * 8)()]),
            "no bytes": (b"u", [None, ints(0, 1, 2), None]),
            "large offsets fall": (b"U", [None, longs(0, 9, 1), (C.c_char * 16)()]),
            "a view of negative length": (b"vu", [None, ints(-1, 0, 0, 0, 0, 0, 0, 0), longs(0)]),
            "a view into no buffer": (b"vu", [None, ints(20, 0, 0, 0, 1, 97, 0, 0), longs(0)]),
            "a view beyond its buffer": (b"vu", [None, ints(20, 0, 0, 90, 1, 97, 0, 0), (C.c_char * 100)(), longs(100)]),
            "a view with few buffers": (b"vu", [None, ints(1, 97, 0, 0, 1, 97, 0, 0)]),
        }
        for what, (fmt, buffers) in bad.items():
            with self.subTest(what):
                self.told(Liar([(b"unique_id", fmt, buffers), y], 2))
        good = Liar([(b"unique_id", b"vu", [None, ints(1, 97, 0, 0, 20, 0, 0, 5), (C.c_char * 100)(*b"x" * 100), longs(100)]), y], 2)
        self.assertEqual(sorted(norn.Forecaster("naive").forecast(good, 1)["unique_id"]), ["a", "x" * 20])

    def test_dictionaries_that_lie(self):
        def coded(code, text=(None, ints(0, 1, 2), (C.c_char * 8)(*b"abcdefgh")), length=2, fmt=b"u"):
            liar = Liar([(b"unique_id", b"i", [None, ints(*code)]), (b"y", b"g", [None, doubles(1, 2)])], 2)
            liar.schema.children[0][0].dictionary = C.pointer(liar.one_schema(fmt, b""))
            child(liar, 0).dictionary = C.pointer(liar.one_array(length, list(text)))
            return liar
        self.assertEqual(len(norn.Forecaster("naive").forecast(coded([0, 1]), 1)["naive"]), 2)
        for liar in (coded([0, 2]), coded([0, -1]), coded([0, 1], length=-1), coded([0, 0], fmt=b"g"), coded([0, 1], (None, None, None))):
            self.told(liar)
        liar = coded([0, 1])
        child(liar, 0).dictionary = None
        self.told(liar)

    def test_endless_and_empty(self):
        self.told(Liar([(b"ds", b"l", [None, longs(1)]), (b"y", b"g", [None, doubles(1)])], 1, batches=0))
        many = Liar([(b"ds", b"l", [None, longs(1)]), (b"y", b"g", [None, doubles(1)])], 1, batches=300)
        self.told(many)  # one time stands 300 times
        self.assertEqual(many.released["array"], 300)


@unittest.skipIf(pa is None, "no pyarrow")
class Types(unittest.TestCase):
    Y = [1.5, 2.5, None, 4.0, 5.0, 6.0]

    def frame(self, **columns):
        return norn.Forecaster(["naive", "mean"]).forecast(pa.table(columns), 2)

    def test_numbers(self):
        for kind in (pa.float64(), pa.float32()):
            out = self.frame(y=pa.array(self.Y, kind))
            self.assertEqual(out.column("mean")[0].as_py(), 19 / 5)
        whole = [1, 2, None, 4, 5, 7]
        for kind in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()):
            self.assertEqual(self.frame(y=pa.array(whole, kind)).column("mean")[0].as_py(), 19 / 5)
        self.assertEqual(self.frame(y=pa.array([True, False, None, True])).column("mean")[0].as_py(), 2 / 3)
        with self.assertRaises(ValueError):
            self.frame(y=pa.array([2**63 + 5], pa.uint64()))
        with self.assertRaises(ValueError):
            self.frame(y=pa.array(["a", "b"]))

    def test_times_keep_their_type(self):
        stamps = [datetime.datetime(2020, 1, d) for d in range(1, 7)]
        for kind in (pa.date32(), pa.date64(), *(pa.timestamp(u) for u in ("s", "ms", "us", "ns")), pa.timestamp("us", "Europe/Berlin"),
                     pa.timestamp("ns", "UTC")):
            out = self.frame(ds=pa.array([s.date() if pa.types.is_date(kind) else s for s in stamps], kind), y=pa.array(self.Y))
            self.assertEqual(out.schema.field("ds").type, kind)
            got = out.column("ds")[0].as_py()
            self.assertEqual((got.year, got.month, got.day), (2020, 1, 7))
        out = self.frame(ds=pa.array([s.strftime("%Y-%m-%d") for s in stamps]), y=pa.array(self.Y))
        self.assertEqual(out.column("ds").to_pylist(), ["2020-01-07", "2020-01-08"])
        out = self.frame(ds=pa.array([3, 4, 5, 6, 7, 8], pa.int32()), y=pa.array(self.Y))
        self.assertEqual((out.column("ds").to_pylist(), out.schema.field("ds").type), ([9, 10], pa.int32()))

    def test_texts_keep_their_type(self):
        ids = ["a", "a", "a", "a much longer identifier", "a much longer identifier", "ü"]
        kinds = [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string())]
        kinds += [pa.string_view()] if hasattr(pa, "string_view") else []
        for kind in kinds:
            column = pa.array(ids).cast(pa.string()).dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else pa.array(ids, kind)
            out = self.frame(unique_id=column, ds=pa.array([1, 2, 3, 1, 2, 1]), y=pa.array(self.Y))
            self.assertEqual(out.column("unique_id").to_pylist()[::2], ["a", "a much longer identifier", "ü"], kind)
            self.assertEqual(out.schema.field("unique_id").type, kind)

    def test_chunks_and_offsets(self):
        y = np.arange(100.0)
        whole = pa.table({"ds": np.arange(100), "y": y, "unique_id": ["s"] * 100})
        want = norn.Forecaster("auto_ets").forecast(whole, 3)
        parts = pa.concat_tables([whole.slice(0, 7), whole.slice(7, 1), whole.slice(8, 0), whole.slice(8, 50), whole.slice(58)])
        self.assertEqual(norn.Forecaster("auto_ets").forecast(parts, 3), want)
        self.assertEqual(norn.Forecaster("auto_ets").forecast(pa.concat_tables([parts, whole]).slice(0, 100), 3), want)
        holes = pa.table({"ds": np.arange(40), "y": pa.array([None if i % 5 == 0 else float(i) for i in range(40)])})
        self.assertEqual(norn.Forecaster("mean").forecast(holes.slice(3, 20), 1).column("mean")[0].as_py(),
                         float(np.mean([i for i in range(3, 23) if i % 5])))

    def test_other_columns_may_be_anything(self):
        table = pa.table({"y": self.Y, "lists": [[1]] * 6, "decimals": pa.array([1] * 6, pa.decimal128(5, 2))})
        self.assertEqual(len(norn.Forecaster("naive").forecast(table, 2)), 2)

    def test_missing_ids_and_times_are_named(self):
        with self.assertRaisesRegex(ValueError, "unique_id.*row 2"):
            self.frame(unique_id=pa.array(["a", None]), ds=pa.array([1, 2]), y=pa.array([1.0, 2.0]))
        with self.assertRaisesRegex(ValueError, "ds.*row 1"):
            self.frame(ds=pa.array([None, 2]), y=pa.array([1.0, 2.0]))
        with self.assertRaisesRegex(ValueError, "infinite"):
            self.frame(ds=pa.array([1, 2]), y=pa.array([1.0, float("inf")]))

    def test_export(self):
        frame = _norn.frame_from_columns([("a", "number", np.arange(3.0)), ("b", "integer", np.arange(3)),
                                          ("c", "time", np.array([0, 86400_000_000, -2**63]), False, False),
                                          ("d", "text", np.array([1, -1, 0]), ["x", "yy"])])
        table = pa.table(Table(frame))
        self.assertEqual(table.to_pydict(), {"a": [0, 1, 2], "b": [0, 1, 2], "c": [datetime.datetime(1970, 1, 1), datetime.datetime(1970, 1, 2), None],
                                             "d": ["yy", None, "x"]})
        self.assertEqual(pl.DataFrame(Table(frame))["d"].to_list(), ["yy", None, "x"])
        for _ in range(1000):  # streams that nobody reads, and half-read ones
            Table(frame).__arrow_c_stream__()
            pa.RecordBatchReader.from_stream(Table(frame)).schema


if __name__ == "__main__":
    unittest.main()
