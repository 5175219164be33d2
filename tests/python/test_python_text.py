"""norn.sentiment and norn.TfidfVectorizer: the command's and scikit-learn's numbers, kinds in and out, threads, what is refused."""
# SPDX-License-Identifier: Apache-2.0
import csv
import multiprocessing
import os
import pickle
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
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

COMMAND = os.environ.get("NORN", "")
WORDS = ("good", "bad", "awful", "great", "not", "market", "rally", "crash", "buy", "sell", "über", "\U0001f680", "Zürich", "the", "and", "x")


def texts(n=500, seed=2):
    rng = np.random.default_rng(seed)
    return [" ".join(WORDS[k] for k in rng.integers(0, len(WORDS), rng.integers(1, 12))) for _ in range(n)]


def columns(answer):
    """Label and numbers of any kind of answer as lists."""
    return {k: list(answer[k].to_pylist() if isinstance(answer, pa.Table) else answer[k]) for k in ("label", "score", "p_negative", "p_neutral", "p_positive")}


def scores(some):
    return norn.sentiment(some)["score"].tolist()


class Sentiment(unittest.TestCase):
    @unittest.skipUnless(COMMAND, "needs the command")
    def test_the_commands_numbers(self):
        some = texts()
        for model in ("default", "vader"):
            with tempfile.TemporaryDirectory() as folder:
                path, out = os.path.join(folder, "t.csv"), os.path.join(folder, "out.csv")
                pd.DataFrame({"text": some}).to_csv(path, index=False)
                subprocess.run([COMMAND, "text", "sentiment", path, "--model", model, "--out", out, "--quiet"], check=True)
                with open(out, encoding="utf-8", newline="") as f:
                    want = list(csv.DictReader(f))
            got = norn.sentiment(some, model)
            self.assertEqual(list(got["label"]), [w["label"] for w in want])
            for k in ("score", "p_negative", "p_neutral", "p_positive"):
                np.testing.assert_array_equal(got[k], [float(w[k]) for w in want])

    def test_kinds(self):
        some = texts(50)
        want = columns(norn.sentiment(some))
        series = pd.Series(some, index=np.arange(50) + 7)
        got = norn.sentiment(series)
        self.assertIsInstance(got, pd.DataFrame)
        self.assertTrue(got.index.equals(series.index))
        for kind, value in ((pd.DataFrame, series), (pl.DataFrame, pl.Series(some)), (pa.Table, pa.array(some)), (dict, np.array(some)),
                            (dict, np.array(some, dtype=object)), (dict, tuple(some)), (dict, iter(some))):
            got = norn.sentiment(value)
            self.assertIsInstance(got, kind)
            self.assertEqual(columns(got), want, kind)

    def test_a_text_alone_is_what_counts(self):
        some = texts(200)
        whole = scores(some)
        self.assertEqual([scores([t])[0] for t in some[:20]], whole[:20])
        p = norn.sentiment(some)
        np.testing.assert_allclose(p["p_negative"] + p["p_neutral"] + p["p_positive"], 1, atol=1e-12)

    def test_the_same_bits_at_any_number_of_threads_and_in_a_child(self):
        some = texts(4000)
        want = columns(norn.sentiment(some, n_jobs=1))
        for n in (2, 3, 7, 64):
            self.assertEqual(columns(norn.sentiment(some, n_jobs=n)), want)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            for got in pool.map(scores, [some] * 2):
                self.assertEqual(got, want["score"])

    def test_odd_texts(self):
        odd = [None, float("nan"), pd.NA, "", "half \ud800", "nul \0 here", "x" * 3_000_000, b"bytes \xff"]
        got = norn.sentiment(odd)
        self.assertEqual(list(got["label"][:4]), ["neutral"] * 4)
        np.testing.assert_allclose(got["p_neutral"][:4], 1 / 3)
        self.assertEqual(scores(["half \ud800"]), scores(["half \ufffd"]))
        self.assertEqual(len(norn.sentiment([])["score"]), 0)
        for bad in (3, "a text", None, [3], [["a"]]):
            with self.assertRaises(norn.NornError):
                norn.sentiment(bad)
        for bad in ({"model": "nope"}, {"model": "default", "lexicon": "/nowhere"}, {"precision": "fp8"}, {"n_jobs": 0}):
            with self.assertRaises(norn.NornError) as caught:
                norn.sentiment(["a"], **bad)
            self.assertIsInstance(caught.exception, ValueError)

    def test_ctrl_c_and_other_threads(self):
        some = texts(400_000)
        ticks = []

        def press():
            time.sleep(0.4)
            ticks.append(1)  # the interpreter's lock is free meanwhile
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=press).start()
        try:
            with self.assertRaises(KeyboardInterrupt):
                for _ in range(50):
                    norn.sentiment(some, n_jobs=1)
        finally:
            self.assertEqual(ticks, [1])
        self.assertEqual(len(scores(["and on it goes"])), 1)


class Tfidf(unittest.TestCase):
    def test_scikit_learns_numbers(self):
        some = texts()
        for how in ({}, {"ngram_range": (1, 2)}, {"min_df": 5, "max_df": 0.3}, {"max_features": 7}, {"norm": "l1"}, {"norm": None}, {"binary": True},
                    {"sublinear_tf": True}, {"smooth_idf": False}, {"lowercase": False}, {"stop_words": "english"}, {"analyzer": "char", "ngram_range": (2, 3)},
                    {"analyzer": "char_wb", "ngram_range": (1, 3)}, {"min_df": 0.05}, {"max_df": 40}, {"min_df": 1.0}):
            ours, theirs = norn.TfidfVectorizer(**how), TfidfVectorizer(**how)
            try:
                want = theirs.fit_transform(some)
            except ValueError:
                with self.assertRaises(norn.NornError, msg=how):
                    ours.fit(some)
                continue
            got = ours.fit_transform(some)
            self.assertEqual(list(ours.get_feature_names_out()), list(theirs.get_feature_names_out()), how)
            self.assertEqual(ours.vocabulary_, theirs.vocabulary_)
            np.testing.assert_allclose(ours.idf_, theirs.idf_, rtol=1e-14)
            want.sort_indices()
            np.testing.assert_array_equal(got.indptr, want.indptr)
            np.testing.assert_array_equal(got.indices, want.indices)
            np.testing.assert_allclose(got.data, want.data, rtol=1e-13)
            new = ["a good new text", "", "nothing known zzz", "sell sell buy"]
            np.testing.assert_allclose(ours.transform(new).toarray(), theirs.transform(new).toarray(), rtol=1e-13)

    @unittest.skipUnless(COMMAND, "needs the command")
    def test_the_commands_numbers(self):
        some = texts(100)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "t.csv")
            pd.DataFrame({"text": some}).to_csv(path, index=False)
            said = subprocess.run([COMMAND, "text", "tfidf", path, "--quiet", "--format", "csv"], check=True, capture_output=True, text=True).stdout
        want = [(int(r["row"]) - 1, r["term"], float(r["value"])) for r in csv.DictReader(said.splitlines())]
        v = norn.TfidfVectorizer()
        got = v.fit_transform(some).tocoo()
        names = v.get_feature_names_out()
        self.assertEqual([(int(i), names[j], x) for i, j, x in zip(got.row, got.col, got.data)], want)

    def test_the_same_bits_at_any_number_of_threads(self):
        some = texts(5000)
        want = norn.TfidfVectorizer(ngram_range=(1, 2), n_jobs=1).fit_transform(some)
        for n in (2, 3, 7, 64):
            got = norn.TfidfVectorizer(ngram_range=(1, 2), n_jobs=n).fit_transform(some)
            self.assertTrue((got.data == want.data).all() and (got.indices == want.indices).all() and (got.indptr == want.indptr).all())

    def test_what_is_refused(self):
        some = texts(20)
        v = norn.TfidfVectorizer()
        for call in (lambda: v.transform(some), v.get_feature_names_out):
            with self.assertRaises(norn.NornError):
                call()
        for bad in ({"ngram_range": (2, 1)}, {"ngram_range": 3}, {"analyzer": "line"}, {"norm": "l3"}, {"min_df": 2.5}, {"min_df": "a"}, {"max_df": 0},
                    {"max_features": -1}, {"stop_words": "klingon"}, {"n_jobs": 0}, {"min_df": 1000}):
            with self.assertRaises(norn.NornError, msg=bad):
                norn.TfidfVectorizer(**bad).fit(some)
        for bad in ([], [""], "a text", [3]):
            with self.assertRaises(norn.NornError):
                v.fit(bad)

    def test_it_is_cloned_and_pickled_with_its_arguments(self):
        v = norn.TfidfVectorizer(max_features=3).fit(texts(50))
        self.assertEqual(clone(v).get_params()["max_features"], 3)
        again = pickle.loads(pickle.dumps(clone(v))).set_params(n_jobs=1).fit(texts(50))
        self.assertEqual(list(again.get_feature_names_out()), list(v.get_feature_names_out()))
        self.assertTrue((again.transform(texts(9)) != v.transform(texts(9))).nnz == 0)
        with self.assertRaises(TypeError):
            pickle.dumps(v)
        with self.assertRaises(norn.NornError):
            v.set_params(nonsense=1)


if __name__ == "__main__":
    unittest.main()
