"""norn.EBMRegressor: scikit-learn's checks, additivity, explanations, words, editing, merging, bytes, threads, refusals."""
# SPDX-License-Identifier: Apache-2.0
import json
import math
import pickle
import threading
import unittest
import warnings

import norn
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

SMALL = {"outer_bags": 3, "smoothing_rounds": 20, "interaction_smoothing_rounds": 10, "max_rounds": 200, "interactions": 2}


def made(n=300, seed=0):
    """Two shapes, a step, a product, and a column of words."""
    r = np.random.default_rng(seed)
    X = r.uniform(-1, 1, (n, 4))
    colour = r.choice(["red", "green", "blue"], n)
    y = np.sin(3 * X[:, 0]) + (X[:, 1] > 0.2) + 2 * X[:, 2] * X[:, 3] + np.where(colour == "red", 1.5, 0) + r.normal(0, 0.1, n)
    frame = pd.DataFrame(X, columns=["wave", "step", "a", "b"]).assign(colour=colour)
    return X, frame, y


class Estimator(unittest.TestCase):
    def test_sklearn(self):
        """scikit-learn's own checks for estimators, but one: bags are drawn from rows, so that a row of weight 2 is not two rows."""
        from sklearn.utils.estimator_checks import check_estimator
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = check_estimator(norn.EBMRegressor(**SMALL), on_fail=None, expected_failed_checks={
                "check_sample_weight_equivalence_on_dense_data": "bags are drawn from rows"})
        failed = [(c["check_name"], str(c["exception"])[:200]) for c in done if c["status"] == "failed"]
        self.assertEqual(failed, [])
        self.assertGreater(len(done), 40)

    def test_in_a_search(self):
        from sklearn.model_selection import GridSearchCV, cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        X, _, y = made()
        search = GridSearchCV(norn.EBMRegressor(**SMALL), {"learning_rate": [0.02, 0.1]}, cv=2).fit(X, y)
        self.assertIn(search.best_params_["learning_rate"], (0.02, 0.1))
        scores = cross_val_score(make_pipeline(StandardScaler(), norn.EBMRegressor(**SMALL)), X, y, cv=3)
        self.assertGreater(scores.min(), 0.5)

    def test_params(self):
        m = norn.EBMRegressor(max_bins=64)
        self.assertEqual(m.get_params()["max_bins"], 64)
        self.assertIs(m.set_params(max_bins=32), m)
        self.assertEqual(repr(m), "EBMRegressor(max_bins=32)")
        with self.assertRaisesRegex(ValueError, "bogus"):
            m.set_params(bogus=1)


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.X, cls.frame, cls.y = made(500)
        cls.m = norn.EBMRegressor(**SMALL).fit(cls.frame, cls.y)

    def test_finds_what_is_there(self):
        m = self.m
        self.assertGreater(m.score(self.frame, self.y), 0.9)
        _, frame, y = made(300, seed=1)
        self.assertGreater(m.score(frame, y), 0.85)
        self.assertIn("a & b", m.term_names_)
        best = m.term_names_[int(np.argmax(m.term_importances()))]
        self.assertIn(best, ("wave", "colour", "a & b"))

    def test_adds_up(self):
        m = self.m
        parts = m.eval_terms(self.frame)
        np.testing.assert_allclose(m.intercept_ + parts.sum(axis=1), m.predict(self.frame), rtol=0, atol=1e-12)
        for score, weight in zip(m.term_scores_, m.bin_weights_):
            self.assertAlmostEqual(float((score * weight).sum() / weight.sum()), 0, places=10)
        both = m.predict_with_uncertainty(self.frame)
        np.testing.assert_allclose(both[:, 0], m.predict(self.frame), atol=1e-9)
        self.assertTrue((both[:, 1] >= 0).all() and both[:, 1].max() > 0)
        mean = np.abs(parts).mean(axis=0)
        np.testing.assert_allclose(m.term_importances(), mean, rtol=1e-9)

    def test_shapes(self):
        m = self.m
        for k, feature in enumerate(m.term_features_[:5]):
            bins = m.bins_[feature[0]][0]
            n = len(bins) + 2 if isinstance(bins, dict) else len(bins) + 3
            self.assertEqual(m.term_scores_[k].shape, (n,))
            self.assertEqual(m.bagged_scores_[k].shape, (3, n))
            np.testing.assert_allclose(m.bagged_scores_[k].mean(axis=0), m.term_scores_[k], atol=1e-12)
            np.testing.assert_allclose(m.bagged_scores_[k].std(axis=0), m.standard_deviations_[k], atol=1e-9)
        self.assertEqual(m.term_scores_[-1].ndim, 2)
        self.assertEqual(m.bins_[4][0], {"blue": 1, "green": 2, "red": 3})
        self.assertEqual(sum(m.bin_weights_[0]), 500)

    def test_tables(self):
        got = self.m.predict(self.frame)
        self.assertEqual(list(self.m.feature_names_in_), list(self.frame.columns))
        for same in (pl.from_pandas(self.frame), pa.Table.from_pandas(self.frame), self.frame.assign(colour=self.frame.colour.astype("category"))):
            np.testing.assert_array_equal(self.m.predict(same), got)
            np.testing.assert_array_equal(norn.EBMRegressor(**SMALL).fit(same, self.y).predict(self.frame), got)

    def test_missing_and_unseen(self):
        frame = self.frame.head(3).copy()
        frame.loc[0, "wave"] = np.nan
        frame.loc[1, "colour"] = "violet"
        frame.loc[2, "colour"] = None
        parts = self.m.eval_terms(frame)
        self.assertEqual(parts[0, 0], self.m.term_scores_[0][0])
        self.assertEqual(parts[1, 4], self.m.term_scores_[4][-1])
        self.assertEqual(parts[2, 4], self.m.term_scores_[4][0])
        holes = self.frame.mask(np.random.default_rng(3).random(self.frame.shape) < 0.3)
        self.assertGreater(norn.EBMRegressor(**SMALL).fit(holes, self.y).score(holes, self.y), 0.5)

    def test_a_number_as_a_category(self):
        """Whole numbers are one category as integers, floats and objects; a table's own categories are nominal, be they numbers."""
        k = np.arange(200) % 4
        y = k % 2 * 3.0
        holes = np.where(np.arange(200) % 9 == 0, np.nan, k)
        for fitted in (k, holes):
            m = norn.EBMRegressor(**SMALL, feature_types=["nominal"]).fit(fitted[:, None], y)
            want = m.predict([[0], [1]])
            self.assertGreater(want[1] - want[0], 2)
            for same in ([[0.0], [1.0]], np.array([[0], [1]], dtype=object), np.array([[0], [1]], dtype="float32"), np.array([["0"], ["1"]])):
                np.testing.assert_array_equal(m.predict(same), want)
        for table in (pd.DataFrame({"k": pd.Categorical(k)}), pa.table({"k": pa.array(k).dictionary_encode()})):
            m = norn.EBMRegressor(**SMALL).fit(table, y)
            self.assertEqual((m.feature_types_in_, m.feature_names_, list(m.bins_[0][0])), (["nominal"], ["k"], ["0", "1", "2", "3"]))
        m = norn.EBMRegressor(**SMALL).fit((k > 1)[:, None], y + 5 * (k > 1))
        for same in ([[0], [1]], [[0.0], [1.0]], np.array([[False], [True]], dtype=object)):
            np.testing.assert_array_equal(m.predict(same), m.predict([[False], [True]]))
        m = norn.EBMRegressor(**SMALL, feature_types=["nominal"]).fit((k > 1).astype(int)[:, None], y)
        np.testing.assert_array_equal(m.predict([[False], [True]]), m.predict([[0], [1]]))
        words = [str(i) for i in range(65533)]
        with self.assertRaisesRegex(norn.NornArgumentError, "k: 65533 categories"):
            norn.EBMRegressor(**SMALL).fit(pd.DataFrame({"k": words}), np.zeros(65533))

    def test_names(self):
        """Columns in another order are refused, whatever table they are in, and wherever the names came from."""
        arrow = pa.Table.from_pandas(self.frame)
        m = norn.EBMRegressor(**SMALL).fit(arrow, self.y)
        self.assertEqual(m.feature_names_, arrow.column_names)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(m.predict(arrow.to_batches()[0]), m.predict(self.frame))
            named = norn.EBMRegressor(**SMALL, feature_names=arrow.column_names).fit(self.frame.to_numpy(dtype=object), self.y)
            np.testing.assert_array_equal(named.predict(self.frame), m.predict(self.frame))
        for fitted in (m, named):
            for other in (self.frame[self.frame.columns[::-1]], arrow.select(arrow.column_names[::-1])):
                with self.assertRaisesRegex(ValueError, "same order"):
                    fitted.predict(other)

    def test_explanations(self):
        whole = self.m.explain_global()
        self.assertEqual(whole.data()["names"], self.m.term_names_)
        shape = whole.data(0)
        self.assertEqual(len(shape["names"]), len(shape["scores"]) + 1)
        self.assertTrue((shape["lower_bounds"] <= shape["upper_bounds"]).all())
        self.assertEqual(whole.data(4)["names"], ["blue", "green", "red"])
        self.assertEqual(whole.data(len(self.m.term_names_) - 1)["type"], "interaction")
        local = self.m.explain_local(self.frame.head(5), self.y[:5])
        d = local.data(2)
        self.assertAlmostEqual(sum(d["scores"]) + d["extra"]["scores"][0], d["perf"]["predicted"])
        self.assertEqual(d["perf"]["actual"], self.y[2])
        self.assertEqual(len(local.frame(1)), len(self.m.term_names_))
        self.assertEqual(list(whole.frame(0)["score"]), list(shape["scores"]))
        self.assertEqual(whole.frame(0)["upper"].iloc[-1], shape["names"][-1])
        self.assertEqual(whole.frame(4)["name"].tolist(), ["blue", "green", "red"])
        pair = len(self.m.term_names_) - 1
        self.assertEqual(whole.frame(pair).shape, whole.data(pair)["scores"].shape)

    def test_json(self):
        d = json.loads(self.m.to_json())
        self.assertIsInstance(d, dict)
        self.assertLess(len(self.m.to_json()), len(self.m.to_json(bags=True)))

    def test_bytes(self):
        again = pickle.loads(pickle.dumps(self.m))
        np.testing.assert_array_equal(again.predict(self.frame), self.m.predict(self.frame))
        self.assertEqual(again.term_names_, self.m.term_names_)
        np.testing.assert_array_equal(again.copy().term_scores_[0], self.m.term_scores_[0])
        state = self.m.__getstate__()
        for cut in (0, 1, 7, len(state["_handle"]) // 2, len(state["_handle"]) - 1):
            with self.assertRaises(norn.NornError):
                norn.EBMRegressor().__setstate__({**state, "_handle": state["_handle"][:cut]})

    def test_editing(self):
        m = self.m.copy().remove_terms("a & b")
        self.assertNotIn("a & b", m.term_names_)
        self.assertIn("a & b", self.m.term_names_)
        self.assertEqual(self.m.copy().remove_terms([]).term_names_, self.m.term_names_)
        self.assertEqual(self.m.copy().remove_terms([-1, "wave", 0, "b"]).term_names_, [n for n in self.m.term_names_[:-1] if n not in ("wave", "b")])
        before = m.eval_terms(self.frame)[:, 0]
        np.testing.assert_allclose(m.scale("wave", 0.5).eval_terms(self.frame)[:, 0], before / 2, rtol=1e-12)
        inner = m.monotonize("step").term_scores_[1][1:-1]
        self.assertTrue((np.diff(inner) >= -1e-12).all())
        m.scale(2, 0)
        self.assertEqual(len(m.copy().sweep().term_names_), len(m.term_names_) - 1)
        scores = np.zeros_like(m.term_scores_[0])
        self.assertTrue((m.set_term_scores(0, scores).eval_terms(self.frame)[:, 0] == 0).all())
        self.assertEqual(m.set_intercept(7).intercept_, 7)
        with self.assertRaisesRegex(norn.NornArgumentError, "none of"):
            m.scale("nobody", 2)

    def test_merge(self):
        other = norn.EBMRegressor(**SMALL, random_state=7).fit(self.frame, self.y)
        both = norn.merge_ebms([self.m, other])
        self.assertEqual(len(both.bagged_intercept_), 6)
        np.testing.assert_allclose(both.predict(self.frame), (self.m.predict(self.frame) + other.predict(self.frame)) / 2, atol=0.2)
        with self.assertRaises(norn.NornArgumentError):
            norn.merge_ebms([self.m, norn.EBMRegressor(**SMALL).fit(self.X, self.y)])


class Options(unittest.TestCase):
    def setUp(self):
        self.X, self.frame, self.y = made(200)

    def test_same_bits(self):
        want = norn.EBMRegressor(**SMALL, n_jobs=1).fit(self.X, self.y).predict(self.X)
        for n in (2, 3, 7, 64):
            np.testing.assert_array_equal(norn.EBMRegressor(**SMALL, n_jobs=n).fit(self.X, self.y).predict(self.X), want)
        self.assertFalse((norn.EBMRegressor(**SMALL, random_state=1).fit(self.X, self.y).predict(self.X) == want).all())

    def test_side_by_side(self):
        want, got = norn.EBMRegressor(**SMALL).fit(self.X, self.y).predict(self.X), [None] * 6

        def work(k):
            got[k] = norn.EBMRegressor(**SMALL).fit(self.X, self.y).predict(self.X)
        threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        for g in got:
            np.testing.assert_array_equal(g, want)

    def test_weights(self):
        """A row of weight 0 is no row; heavy rows are met better."""
        bags = np.where(np.arange(200) % 5 == 0, -1, 1)[None, :].repeat(3, 0)
        keep = np.arange(200) < 150
        a = norn.EBMRegressor(**SMALL).fit(self.X[keep], self.y[keep], bags=bags[:, keep])
        b = norn.EBMRegressor(**SMALL).fit(self.X, self.y, sample_weight=keep.astype(float), bags=bags)
        np.testing.assert_array_equal(a.predict(self.X), b.predict(self.X))
        heavy = norn.EBMRegressor(**SMALL).fit(self.X, self.y, sample_weight=np.where(self.X[:, 0] > 0, 100, 0.01))
        right = self.X[:, 0] > 0
        self.assertLess(np.abs(heavy.predict(self.X) - self.y)[right].mean(), np.abs(heavy.predict(self.X) - self.y)[~right].mean())

    def test_weights_of_any_size(self):
        w = np.random.default_rng(2).uniform(1, 2, 200)
        want = norn.EBMRegressor(**SMALL).fit(self.X, self.y, sample_weight=w).predict(self.X)
        for scale in (2.0**-900, 2.0**900):
            np.testing.assert_allclose(norn.EBMRegressor(**SMALL).fit(self.X, self.y, sample_weight=w * scale).predict(self.X), want, atol=1e-9)

    def test_init_score(self):
        base = 10 * self.X[:, 0]
        m = norn.EBMRegressor(**SMALL).fit(self.X, self.y + base, init_score=base)
        self.assertGreater(1 - np.var(self.y + base - m.predict(self.X, init_score=base)) / np.var(self.y), 0.6)

    def test_pairs_and_types(self):
        m = norn.EBMRegressor(**{**SMALL, "interactions": [("wave", "step"), (2, 4)]}).fit(self.frame, self.y)
        self.assertEqual(m.term_features_[-2:], [(0, 1), (2, 4)])
        m = norn.EBMRegressor(**{**SMALL, "interactions": 0}, feature_types=[[-0.5, 0, 0.5], "continuous", "nominal", None]).fit(self.X, self.y)
        np.testing.assert_array_equal(m.bins_[0][0], [-0.5, 0, 0.5])
        self.assertEqual(m.feature_types_in_, ["continuous", "continuous", "nominal", "continuous"])
        self.assertEqual(m.term_scores_[0].shape, (6,))
        for interactions, n in ((0, 0), (3, 3), (0.5, 2), ("1x", 4), ("5x", 6)):
            m = norn.EBMRegressor(**{**SMALL, "interactions": interactions}).fit(self.X, self.y)
            self.assertEqual(len(m.term_names_), 4 + n, interactions)

    def test_monotone(self):
        m = norn.EBMRegressor(**SMALL, monotone_constraints=[0, 1, 0, 0]).fit(self.X, self.y)
        self.assertTrue((np.diff(m.term_scores_[1][1:-1]) >= -1e-12).all())
        self.assertFalse(any(1 in f for f in m.term_features_ if len(f) == 2))

    def test_validation_kinds(self):
        for kind in ("random", "tail", "blocks"):
            self.assertGreater(norn.EBMRegressor(**SMALL, validation=kind).fit(self.X, self.y).score(self.X, self.y), 0.4)

    def test_odd_tables(self):
        y = self.y[:50]
        for X in (np.ones((50, 2)), np.full((50, 1), np.nan), np.zeros((50, 3)), np.column_stack([np.arange(50)] * 2) * 1e300):
            m = norn.EBMRegressor(**SMALL).fit(X, y)
            self.assertTrue(np.isfinite(m.predict(X)).all())
        self.assertEqual(norn.EBMRegressor(**SMALL).fit(np.arange(50.0)[:, None], np.full(50, 3.0)).predict([[7]])[0], 3)
        for size in (1e300, 1e-300):
            m = norn.EBMRegressor(**SMALL).fit(self.X, self.y * size)
            self.assertAlmostEqual(m.score(self.X, self.y * size), norn.EBMRegressor(**SMALL).fit(self.X, self.y).score(self.X, self.y), places=2)
        m = norn.EBMRegressor(**SMALL).fit([[1.0, 2.0]], [5.0])
        self.assertEqual(m.predict([[9.0, 9.0]])[0], 5)

    def test_refusals(self):
        E, X, y = norn.EBMRegressor, self.X, self.y
        for words, call in {
            "inner_bags": lambda: E(inner_bags=2).fit(X, y),
            "objective": lambda: E(objective="poisson").fit(X, y),
            "interactions": lambda: E(interactions="many").fit(X, y),
            "interactions=-1": lambda: E(interactions=-1).fit(X, y),
            "no feature's name": lambda: E(interactions=[("nobody", 1)]).fit(X, y),
            "no row of 200 is left": lambda: E(validation_size=200).fit(X, y),
            "no pair": lambda: E(interactions=[(0, 1, 2)]).fit(X, y),
            "0.5 is neither": lambda: E(interactions=[(0.5, 1)]).fit(X, y),
            "interactions=nan": lambda: E(interactions=math.nan).fit(X, y),
            "max_bins='a' is no whole": lambda: E(max_bins="a").fit(X, y),
            "learning_rate='a' is no number": lambda: E(learning_rate="a").fit(X, y),
            "n_jobs='a'": lambda: E(n_jobs="a").fit(X, y),
            "random_state=1.5": lambda: E(random_state=1.5).fit(X, y),
            "cyclic_progress=0.5": lambda: E(cyclic_progress=0.5).fit(X, y),
            "feature_names: 1": lambda: E(feature_names=[1, 2, 3, 4]).fit(X, y),
            "term 1.5": lambda: E(**SMALL).fit(X, y).scale(1.5, 2),
            "is no EBMRegressor": lambda: norn.merge_ebms([3]),
            "sample_weight: a value": lambda: E().fit(X, y, sample_weight=["a"] * 200),
            "learning": lambda: E(learning_rate=-1).fit(X, y),
            "max.bins": lambda: E(max_bins=1).fit(X, y),
            "outer.bags": lambda: E(outer_bags=0).fit(X, y),
            "validation='x'": lambda: E(validation="x").fit(X, y),
            "feature_types": lambda: E(feature_types=["continuous"]).fit(X, y),
            "'odd' is none of": lambda: E(feature_types=["odd", None, None, None]).fit(X, y),
            "monotone": lambda: E(monotone_constraints=[2, 0, 0, 0]).fit(X, y),
            "bags: an array": lambda: E(**SMALL).fit(X, y, bags=np.ones((2, 200))),
            "sample_weight": lambda: E(**SMALL).fit(X, y, sample_weight=-np.ones(200)),
            "every weight is zero": lambda: E(**SMALL).fit(X, y, sample_weight=np.zeros(200)),
            "init_score": lambda: E(**SMALL).fit(X, y, init_score=[math.nan] * 200),
            "times are no numbers": lambda: E(**SMALL).fit(pd.DataFrame({"t": pd.date_range("2020", periods=200)}), y),
            "z: times are no numbers": lambda: E(**SMALL).fit(pd.DataFrame({"z": pd.date_range("2020", periods=200, tz="UTC")}), y),
            "infinity": lambda: E(**SMALL).fit(np.where(X > 0.99, np.inf, X), y),
            "not fitted": lambda: E().predict(X),
        }.items():
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                call()


if __name__ == "__main__":
    unittest.main()
