"""norn.EBMRegressor: explainable boosting as a scikit-learn estimator, with interpret's arguments, attributes and explanations."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import inspect
import math
import operator

import numpy as np

from norn import _ebm_rows as rows_in
from norn import _norn
from norn._norn import NornArgumentError

_VALIDATION, _MISSING = ("random", "tail", "blocks"), ("separate", "low", "high", "gain")
_PREDICT, _CONTRIBUTE, _SPREAD = range(3)
_AS_THEY_ARE = """max_bins max_interaction_bins outer_bags validation_size learning_rate greedy_ratio cyclic_progress smoothing_rounds
    interaction_smoothing_rounds max_rounds early_stopping_rounds early_stopping_tolerance min_samples_leaf min_hessian reg_alpha reg_lambda
    max_delta_step gain_scale min_cat_samples cat_smooth max_leaves""".split()


def _choice(value, name, allowed):
    if value not in allowed:
        raise NornArgumentError(f"{name}={value!r} is none of {', '.join(map(repr, allowed))}")
    return allowed.index(value)


class EBMRegressor:
    """Explainable boosting machine for regression: a sum of one shape for each feature and of heat maps for pairs.

    The arguments are those of interpret's ExplainableBoostingRegressor 0.7 with its defaults; ``validation`` is Norn's own. Fitted
    with the same bits at any ``n_jobs``. Words, booleans and categories are nominal features; NaN, None, empty words
    and the words nan, NaN, None, NA and <NA> are missing.

    Parameters
    ----------
    feature_names : list of str; None: the table's, or feature_0000, …
    feature_types : for each feature "auto", "continuous", "nominal" or a list of cuts; None: "auto" for all
    max_bins, max_interaction_bins : bins of a feature, missing and unseen counted; in pairs
    interactions : how many pairs: a number, a share of the features (below 1), "5x" (five for each feature), or a list of pairs
    validation_size : share (below 1) or number of the rows of each bag that only decide when to stop
    validation : "random" rows (as interpret), the "tail" of the rows, or "blocks"; the last two for rows in the order of time
    outer_bags : models on different parts of the rows, averaged; their spread is the error band
    inner_bags : 0; others are not offered
    learning_rate : of each step, > 0
    greedy_ratio : greedy steps behind each sweep over all terms, in numbers of terms; 0: sweeps alone
    cyclic_progress : whether sweeps make steps, too, instead of only measuring gains
    smoothing_rounds, interaction_smoothing_rounds : first sweeps, with random cuts
    max_rounds, early_stopping_rounds, early_stopping_tolerance : when to stop, in sweeps
    min_samples_leaf, min_hessian, reg_alpha, reg_lambda, max_delta_step, max_leaves : of each step
    gain_scale, min_cat_samples, cat_smooth : of nominal features
    missing : "separate", "low", "high" or "gain": where missing values go in a step
    monotone_constraints : for each feature -1, 0 or 1
    objective : "rmse"
    n_jobs : workers; None and negative: all
    random_state : seed of bags, cuts and orders; None: a new one at each fit
    """

    _estimator_type = "regressor"

    def __init__(self, feature_names=None, feature_types=None, max_bins=1024, max_interaction_bins=64, interactions="5x", validation_size=0.15,
                 outer_bags=14, inner_bags=0, learning_rate=0.04, greedy_ratio=10.0, cyclic_progress=False, smoothing_rounds=500,
                 interaction_smoothing_rounds=100, max_rounds=50000, early_stopping_rounds=100, early_stopping_tolerance=1e-5, min_samples_leaf=4,
                 min_hessian=0.0, reg_alpha=0.0, reg_lambda=0.0, max_delta_step=0.0, gain_scale=5.0, min_cat_samples=10, cat_smooth=10.0,
                 missing="separate", max_leaves=2, monotone_constraints=None, objective="rmse", n_jobs=-2, random_state=42, *, validation="random"):
        given = locals()
        for name in self._parameters():
            setattr(self, name, given[name])

    # ---- what scikit-learn asks of an estimator ----

    @classmethod
    def _parameters(cls):
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep=True):
        """The arguments by name."""
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self, **params):
        """Sets arguments by name; returns self."""
        names = self._parameters()
        for name, value in params.items():
            if name not in names:
                raise ValueError(f"Invalid parameter {name!r} for estimator {type(self).__name__}. Valid parameters are: {names!r}.")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags
        return Tags(estimator_type="regressor", target_tags=TargetTags(required=True), regressor_tags=RegressorTags(),
                    input_tags=InputTags(allow_nan=True, string=True, categorical=True))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_handle")

    def __repr__(self):
        standard = {k: p.default for k, p in inspect.signature(type(self).__init__).parameters.items()}
        changed = [f"{k}={v!r}" for k, v in self.get_params().items() if not (v is standard[k] or _equal(v, standard[k]))]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __getstate__(self):
        state = self.__dict__.copy()
        state.pop("_terms", None)
        if "_handle" in state:
            state["_handle"] = _norn.ebm_save(self._handle, 0, False)
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        if "_handle" in state:
            self._handle = _norn.ebm_load(state["_handle"])

    # ---- fit ----

    def fit(self, X, y, sample_weight=None, bags=None, init_score=None):
        """Fits to rows X (n_samples, n_features), a target y, weights >= 0, and scores that are added to every prediction.

        ``bags`` (outer_bags, n_samples) of 1, -1 and 0 says which rows train and which decide when to stop.
        """
        what = type(self).__name__
        names = rows_in.names_of(X)
        columns = rows_in.Columns(X, self.feature_names if self.feature_names is not None else names, self.feature_types, what)
        x, n = columns.array(X, what)
        y = rows_in.target_of(y, n, what)
        weight = rows_in.vector_of(sample_weight, n, "sample_weight", 0)
        init = rows_in.vector_of(init_score, n, "init_score")
        p = len(columns.names)
        options = self._options(p)
        bag = self._bags(bags, n)
        if weight is not None and (weight == 0).any():
            keep = weight > 0
            x, y, weight = x.reshape(p, n)[:, keep].reshape(-1), y[keep], weight[keep]
            init = init[keep] if init is not None else None
            bag = bag[:, keep] if bag is not None else None
            n = len(y)
            if n == 0:
                raise NornArgumentError("sample_weight: every weight is zero")
        if weight is not None and (weight == 1).all():
            weight = None
        if weight is not None and not 2.0**-100 < weight.max() < 2.0**100:  # products of weights would leave the numbers
            weight = np.ldexp(weight, 1 - int(np.frexp(weight.max())[1]))
        if n > 1 and isinstance(self.validation_size, (int, float, np.number)) and self.validation_size >= n:
            raise NornArgumentError(f"validation_size={self.validation_size!r}: no row of {n} is left to learn from")
        pairs = self._pairs(columns.names)
        cuts = columns.cuts if any(c is not None for c in columns.cuts) else None
        handle = _norn.ebm_fit(x, n, p, y, weight, init, bag.tobytes() if bag is not None else None, columns.names, columns.nominal,
                               self._monotone(p), pairs, cuts, None, options, self._workers())
        self._columns, self._names = columns, names
        self.n_features_in_, self.n_samples_ = p, n
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self._take(handle)
        return self

    def _options(self, p):
        if self.objective != "rmse":
            raise NornArgumentError(f"objective={self.objective!r}: 'rmse' is offered")
        if self.cyclic_progress not in (0, 1):
            raise NornArgumentError(f"cyclic_progress={self.cyclic_progress!r}: True or False is needed")
        if self.inner_bags:
            raise NornArgumentError(f"inner_bags={self.inner_bags!r}: 0 is offered; take more outer_bags")
        options = {name: getattr(self, name) for name in _AS_THEY_ARE}
        options["validation"] = _choice(self.validation, "validation", _VALIDATION)
        options["missing"] = _choice(self.missing, "missing", _MISSING)
        options["interactions"] = self._n_pairs(p)
        options["seed"] = self._seed()
        return options

    def _n_pairs(self, p):
        given = self.interactions
        if isinstance(given, str):
            try:
                given = float(given[:-1]) * p if given.endswith("x") else math.nan
            except ValueError:
                given = math.nan
            if not given >= 0:
                raise NornArgumentError(f"interactions={self.interactions!r}: a number, a share below 1, a list of pairs, or as '5x'")
        elif isinstance(given, (list, tuple, np.ndarray)):
            return 0.0
        elif not isinstance(given, (int, float, np.number)) or not given >= 0:
            raise NornArgumentError(f"interactions={given!r}: a number of at least 0, a list of pairs, or as '5x'")
        elif 0 < given < 1:
            given = given * p
        return float(math.ceil(min(given, p * (p - 1) // 2)))

    def _seed(self):
        state = self.random_state
        if state is None:
            return int(np.random.default_rng().integers(2**63))
        if hasattr(state, "randint"):
            return int(state.randint(2**31 - 1))
        if hasattr(state, "integers"):
            return int(state.integers(2**63))
        try:
            return operator.index(state)
        except TypeError:
            raise NornArgumentError(f"random_state={state!r}: a whole number, None, or a generator of NumPy's is needed") from None

    def _workers(self):
        try:
            n = operator.index(self.n_jobs) if self.n_jobs is not None else 0
        except TypeError:
            raise NornArgumentError(f"n_jobs={self.n_jobs!r}: a whole number or None is needed") from None
        if n > 4096:
            raise NornArgumentError(f"n_jobs={self.n_jobs!r} is more than 4096")
        return max(n, 0)

    def _pairs(self, names):
        if not isinstance(self.interactions, (list, tuple, np.ndarray)):
            return None
        for pair in self.interactions:
            if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
                raise NornArgumentError(f"interactions: {pair!r} is no pair of features")
        return [tuple(_feature(f, names, "interactions") for f in pair) for pair in self.interactions]

    def _monotone(self, p):
        if self.monotone_constraints is None:
            return None
        signs = np.asarray(self.monotone_constraints)
        if signs.shape != (p,) or not np.isin(signs, (-1, 0, 1)).all():
            raise NornArgumentError(f"monotone_constraints: {p} numbers, each -1, 0 or 1, are needed")
        return signs.astype("int8").tobytes()

    def _bags(self, bags, n):
        if bags is None:
            return None
        bags = np.asarray(bags)
        if bags.ndim == 1:
            bags = bags[None, :]
        if bags.shape != (self.outer_bags, n) or not np.isin(bags, (-1, 0, 1)).all():
            raise NornArgumentError(f"bags: an array ({self.outer_bags}, {n}) of 1, -1 and 0 is needed")
        return bags.astype("int8")

    def _take(self, handle):
        """The fitted model, and interpret's attributes of it."""
        view = _norn.ebm_view(handle)
        self._handle = handle
        self.intercept_, self.bagged_intercept_ = view["intercept"], view["bagged_intercept"]
        self.best_iteration_ = np.array(view["best_iteration"]).reshape(2, -1)
        terms = [_Term(_norn.ebm_term(handle, k), view["n_bags"]) for k in range(view["n_terms"])]
        self._terms = terms
        names = self._columns.names
        self.term_features_ = [t.features for t in terms]
        self.term_names_ = [" & ".join(names[f] for f in t.features) for t in terms]

    def _all_terms(self):
        self._check()
        if not hasattr(self, "_terms"):  # unpickled
            self._take(self._handle)
        return self._terms

    def _check(self):
        if not hasattr(self, "_handle"):
            raise rows_in.not_fitted(type(self).__name__)

    # ---- what was fitted ----

    @property
    def term_scores_(self):
        """Scores by term and bin, missing first and unseen last; weighted mean 0."""
        return [t.score for t in self._all_terms()]

    @property
    def standard_deviations_(self):
        """Their standard deviations over the bags."""
        return [t.sd for t in self._all_terms()]

    @property
    def bin_weights_(self):
        """Weights of the rows fitted, by term and bin."""
        return [t.weight for t in self._all_terms()]

    @property
    def bagged_scores_(self):
        """Scores of each bag: (n_bags, bins) by term."""
        return [t.bagged for t in self._all_terms()]

    @property
    def feature_names_(self):
        self._check()
        return list(self._columns.names)

    @property
    def feature_types_in_(self):
        self._check()
        return list(self._columns.types)

    @property
    def bins_(self):
        """For each feature [cuts] or [cuts, cuts in pairs]; of a nominal one [{category: bin}]."""
        out = [[{w: k + 1 for w, k in c.items()}] if c is not None else [] for c in self._all_terms() and self._columns.category]
        for t in sorted(self._terms, key=lambda t: len(t.axes)):
            for feature, _, cuts, _, _ in t.axes:
                if self._columns.category[feature] is None and len(out[feature]) < len(t.axes):
                    out[feature].append(cuts)
        return out

    def term_importances(self, importance_type="avg_weight"):
        """How much each term matters: its mean size over the rows fitted ("avg_weight"), or its range ("min_max")."""
        if importance_type == "avg_weight":
            return np.array([t.importance for t in self._all_terms()])
        if importance_type == "min_max":
            return np.array([t.score.max() - t.score.min() for t in self._all_terms()])
        raise NornArgumentError(f"importance_type={importance_type!r} is none of 'avg_weight', 'min_max'")

    # ---- prediction ----

    def _rows(self, X, what, out):
        self._check()
        name = type(self).__name__
        fitted = self._names if self._names is not None or self.feature_names is None else self._columns.names
        given = rows_in.names_of(X)
        if self._names is None and fitted is not None and given is not None and sorted(given) != sorted(fitted):
            fitted = None  # other names than the argument's: a warning
        if not (self.feature_names is not None and given is None):
            self._columns.check_names(X, name, fitted)
        x, n = self._columns.array(X, name)
        out = np.empty(out(n))
        _norn.ebm_rows(self._handle, x, n, len(self._columns.names), what, out.reshape(-1))
        return out

    def predict(self, X, init_score=None):
        """Predictions for rows X; ``init_score`` is added."""
        y = self._rows(X, _PREDICT, lambda n: n)
        extra = rows_in.vector_of(init_score, len(y), "init_score")
        return y if extra is None else y + extra

    def predict_with_uncertainty(self, X, init_score=None):
        """(n_samples, 2): mean and standard deviation of the bags' predictions."""
        mean, sd = self._rows(X, _SPREAD, lambda n: (2, n))
        extra = rows_in.vector_of(init_score, len(mean), "init_score")
        return np.column_stack([mean if extra is None else mean + extra, sd])

    def eval_terms(self, X):
        """(n_samples, n_terms): what each term gives; with ``intercept_`` they add up to the prediction."""
        self._check()
        return self._rows(X, _CONTRIBUTE, lambda n: (n, len(self._all_terms())))

    def score(self, X, y, sample_weight=None):
        """R squared of the prediction."""
        got = self.predict(X)
        y = rows_in.target_of(y, len(got), type(self).__name__)
        w = rows_in.vector_of(sample_weight, len(got), "sample_weight", 0)
        w = np.ones(len(y)) if w is None else w
        unit = 2.0 ** min(-math.frexp(max(np.abs(y).max(), np.abs(got).max()))[1], 1000)
        y, got = y * unit, got * unit  # squares of any size
        total = (w * (y - np.average(y, weights=w)) ** 2).sum()
        left = (w * (y - got) ** 2).sum()
        return float(1 - left / total) if total > 0 else float(left == 0)

    # ---- explanations ----

    def explain_global(self, name=None):
        """Importances and shapes of all terms; ``data()`` and ``data(k)`` as interpret's."""
        return GlobalExplanation(self, name)

    def explain_local(self, X, y=None, name=None):
        """What each term gives to each row of X."""
        return LocalExplanation(self, X, y, name)

    def to_json(self, file=None, bags=False):
        """The whole model as JSON text (docs/ebm-json.md), or into a file; ``bags``: each bag's scores, too."""
        self._check()
        text = _norn.ebm_save(self._handle, 1, bags)
        if file is None:
            return text
        if hasattr(file, "write"):
            file.write(text)
        else:
            with open(file, "w", encoding="utf-8") as f:
                f.write(text)
        return None

    # ---- editing ----

    def _edit(self, what, term=0, number=0.0, values=None):
        self._check()
        self._take(_norn.ebm_edit(self._handle, what, term, float(number), values))
        return self

    def _term(self, term):
        self._all_terms()
        if isinstance(term, str):
            if term not in self.term_names_:
                raise NornArgumentError(f"term {term!r} is none of {self.term_names_}")
            return self.term_names_.index(term)
        if not hasattr(term, "__index__"):
            raise NornArgumentError(f"term {term!r} is neither a name nor a number")
        if not -len(self._terms) <= term < len(self._terms):
            raise NornArgumentError(f"term {term!r} is outside [0, {len(self._terms)})")
        return operator.index(term) % len(self._terms)

    def monotonize(self, term, increasing="auto"):
        """Makes a feature's shape monotone by isotonic regression: True, False, or "auto" (what changes less). Returns self."""
        if increasing not in ("auto", True, False):
            raise NornArgumentError(f"increasing={increasing!r} is none of 'auto', True, False")
        return self._edit("monotonize", self._term(term), 0 if increasing == "auto" else 1 if increasing else -1)

    def remove_terms(self, terms):
        """Drops terms by name or number. Returns self."""
        listed = [terms] if isinstance(terms, (str, int, float, np.number)) else list(terms)
        return self._edit("remove", values=np.array(sorted({self._term(t) for t in listed}), dtype="float64"))

    def scale(self, term, factor):
        """Multiplies a term's scores. Returns self."""
        return self._edit("scale", self._term(term), factor)

    def sweep(self):
        """Drops terms whose scores are all 0. Returns self."""
        return self._edit("sweep")

    def set_term_scores(self, term, scores):
        """Sets a term's scores (the shape of term_scores_[term]). Returns self."""
        k = self._term(term)
        scores = np.ascontiguousarray(scores, dtype="float64")
        if scores.shape != self._terms[k].score.shape:
            raise NornArgumentError(f"scores: shape {scores.shape}, {self._terms[k].score.shape} is needed")
        return self._edit("scores", k, values=scores.reshape(-1))

    def set_intercept(self, intercept):
        """Sets the intercept. Returns self."""
        return self._edit("intercept", number=intercept)

    def copy(self):
        """A model of its own with the same fit."""
        return copy.deepcopy(self)

    def __deepcopy__(self, memo):
        made = type(self).__new__(type(self))
        made.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return made


def merge_ebms(models):
    """One model of several that were fitted to the same features: bags side by side, scores their mean."""
    models = list(models)
    if not models:
        raise NornArgumentError("merge_ebms: no models")
    for m in models:
        if not isinstance(m, EBMRegressor):
            raise NornArgumentError(f"merge_ebms: a {type(m).__name__} is no EBMRegressor")
        m._check()
        if m._columns.category != models[0]._columns.category or m._columns.names != models[0]._columns.names:
            raise NornArgumentError("merge_ebms: models of other features, or of other categories")
    merged = models[0].copy()
    merged.outer_bags = sum(m.outer_bags for m in models)
    merged.n_samples_ = sum(m.n_samples_ for m in models)
    merged._take(_norn.ebm_merge([m._handle for m in models]))
    return merged


def _equal(a, b):
    try:
        return bool(a == b)
    except ValueError:  # arrays
        return False


def _feature(f, names, what):
    if isinstance(f, str):
        if f not in names:
            raise NornArgumentError(f"{what}: {f!r} is no feature's name")
        return names.index(f)
    if not hasattr(f, "__index__"):
        raise NornArgumentError(f"{what}: {f!r} is neither a feature's name nor its number")
    if not 0 <= f < len(names):
        raise NornArgumentError(f"{what}: {f!r} is outside [0, {len(names)})")
    return operator.index(f)


class _Term:
    """One term's arrays in their shapes."""

    def __init__(self, term, n_bags):
        self.axes = term["axes"]
        self.features = tuple(a[0] for a in self.axes)
        shape = tuple(a[1] for a in self.axes)
        self.score, self.sd, self.weight = (term[k].reshape(shape) for k in ("score", "sd", "weight"))
        self.bagged = term["bagged"].reshape((n_bags, *shape))
        self.importance = term["importance"]


class _Explanation:
    """What both kinds share: a name, a list of things to look at, and data()."""

    def __init__(self, kind, model, name):
        self.explanation_type, self.name = kind, name or f"{type(model).__name__}_{kind}"
        self.feature_names, self.feature_types = list(model.term_names_), [
            "interaction" if len(f) > 1 else model._columns.types[f[0]] for f in model.term_features_]

    def frame(self, key=None):
        """data(key) as a pandas frame: names and scores; of a shape over bins their lower and upper edges and scores; of a pair its scores with
        categories or lower edges as index and columns."""
        import pandas
        d = self.data(key)
        if d["type"] == "interaction":
            rows, columns = d["scores"].shape
            return pandas.DataFrame(d["scores"], index=d["left_names"][:rows], columns=d["right_names"][:columns])
        if len(d["names"]) > len(d["scores"]):
            return pandas.DataFrame({"lower": d["names"][:-1], "upper": d["names"][1:], "score": d["scores"]})
        return pandas.DataFrame({"name": d["names"], "score": d["scores"]})


class GlobalExplanation(_Explanation):
    """Importances (data()), and each term's shape (data(k))."""

    def __init__(self, model, name):
        model._all_terms()
        super().__init__("global", model, name)
        self._model = model.copy()

    def data(self, key=None):
        m = self._model
        if key is None:
            return {"type": "univariate", "names": list(m.term_names_), "scores": m.term_importances()}
        t = m._all_terms()[m._term(key)]
        edges = [_edges(m, a) for a in t.axes]
        inner = tuple(slice(1, -1) for _ in t.axes)
        if len(t.axes) == 2:
            return {"type": "interaction", "left_names": edges[0], "right_names": edges[1], "scores": t.score[inner], "scores_range": _range(m)}
        return {"type": "univariate", "names": edges[0], "scores": t.score[inner], "scores_range": _range(m),
                "upper_bounds": (t.score + t.sd)[inner], "lower_bounds": (t.score - t.sd)[inner],
                "missing": {"score": float(t.score[0]), "weight": float(t.weight[0])},
                "density": {"names": edges[0], "scores": t.weight[inner]}}


def _edges(model, axis):
    feature, _, cuts, least, most = axis
    category = model._columns.category[feature]
    return list(category) if category is not None else [least, *cuts.tolist(), most]


def _range(model):
    return (min(float((t.score - t.sd).min()) for t in model._all_terms()), max(float((t.score + t.sd).max()) for t in model._all_terms()))


class LocalExplanation(_Explanation):
    """What each term gives to each row: data(i) for row i."""

    def __init__(self, model, X, y, name):
        given = model.eval_terms(X)
        super().__init__("local", model, name)
        self._given, self._predicted, self._intercept = given, model.predict(X), model.intercept_
        self._actual = None if y is None else rows_in.target_of(y, len(given), type(model).__name__)
        columns, _ = rows_in.columns_of(X)
        column = (lambda j: columns[:, j]) if isinstance(columns, np.ndarray) else (lambda j: columns[j])
        values = {f: np.array(column(f)) for term in model.term_features_ for f in term}
        self._values = [[values[f] for f in term] for term in model.term_features_]

    def data(self, key=None):
        if key is None:
            return {"type": "univariate", "names": list(self.feature_names), "scores": np.abs(self._given).mean(axis=0)}
        i = int(key)
        actual = np.nan if self._actual is None else self._actual[i]
        values = [v[0][i] if len(v) == 1 else tuple(c[i] for c in v) for v in self._values]
        return {"type": "univariate", "names": list(self.feature_names), "scores": self._given[i], "values": values,
                "extra": {"names": ["Intercept"], "scores": [self._intercept], "values": [1]},
                "perf": {"is_classification": False, "actual": actual, "predicted": self._predicted[i], "residual": actual - self._predicted[i]}}
