"""Rows for norn.EBMRegressor: tables of numbers and words as one array of columns, checked as scikit-learn's estimators check."""
# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np

from norn._norn import NornArgumentError

_MISSING_WORDS = ("", "nan", "NaN", "None", "NA", "<NA>")
_TIMES = "{name}: times are no numbers; give {name}.astype('int64'), or parts of the date"
_NOMINAL = "; feature_types may name the feature 'nominal'"
_MOST_CATEGORIES = 65532  # 16 bits but missing and unseen, include/norn/ebm.h


def not_fitted(what):
    """scikit-learn's own exception where it is there."""
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        NotFittedError = NornArgumentError
    return NotFittedError(f"This {what} instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator.")


def is_missing(value):
    return value is None or (isinstance(value, (float, np.floating)) and value != value) or type(value).__name__ in ("NAType", "NaTType")


def _is_arrow(X):
    """Whether X is a table or a batch of pyarrow's."""
    return hasattr(X, "num_rows") and hasattr(X, "schema")


def names_of(X):
    """The table's column names as a list of str, or None."""
    columns = X.schema.names if _is_arrow(X) else getattr(X, "columns", None)
    if columns is None or callable(columns):
        return None
    names = list(columns)
    strings = [isinstance(n, str) for n in names]
    if any(strings) and not all(strings):
        raise TypeError("Feature names are only supported if all input features have string names, but your input has "
                        f"{sorted({type(n).__name__ for n in names})} as feature name / column name types.")
    return names if names and all(strings) else None


def columns_of(X):
    """A list of one-dimensional arrays, one for each column, and the number of rows."""
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise TypeError("A sparse matrix was passed, but dense data is required. Use '.toarray()' to convert to a dense numpy array.")
    if hasattr(X, "iloc") and hasattr(X, "columns"):  # pandas
        return [X.iloc[:, j].to_numpy() for j in range(X.shape[1])], X.shape[0]
    if hasattr(X, "get_columns"):  # polars
        return [c.to_numpy() for c in X.get_columns()], X.height
    if _is_arrow(X):
        return [np.asarray(c.to_pandas()) for c in X.columns], X.num_rows
    a = X if isinstance(X, np.ndarray) else np.asarray(X)
    if a.ndim != 2:
        raise ValueError(f"Expected 2D array, got {a.ndim}D array instead. Reshape your data either using array.reshape(-1, 1) if your data has a "
                         "single feature or array.reshape(1, -1) if it contains a single sample.")
    return a, a.shape[0]


def categories_of(X, p):
    """For each column whether the table itself says that it is one of categories, be they numbers."""
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        kinds = [str(d) for d in X.dtypes]
    elif _is_arrow(X):
        kinds = [str(t) for t in X.schema.types]
    else:
        return [False] * p
    return [k == "category" or k.startswith("dictionary<") for k in kinds]


def check_size(n, p, what):
    if n == 0:
        raise ValueError(f"Found array with 0 sample(s) (shape=(0, {p})) while a minimum of 1 is required by {what}.")
    if p == 0:
        raise ValueError(f"Found array with 0 feature(s) (shape=({n}, 0)) while a minimum of 1 is required by {what}.")


def _is_words(column):
    kind = column.dtype.kind
    if kind in "US" or kind == "b":
        return True
    return kind == "O" and any(isinstance(v, (str, bool)) for v in column if not is_missing(v))


def as_numbers(column, name, advice=""):
    if column.dtype.kind == "c":
        raise ValueError("Complex data not supported")
    if column.dtype.kind in "mM":
        raise NornArgumentError(_TIMES.format(name=name))
    try:
        if column.dtype.kind == "O":
            return np.array([np.nan if is_missing(v) else float(v) for v in column], dtype="float64")
        return column.astype("float64", copy=False)
    except (TypeError, ValueError) as error:
        if column.dtype.kind == "O" and any(hasattr(v, "isoformat") or hasattr(v, "to_timestamp") for v in column):
            raise NornArgumentError(_TIMES.format(name=name)) from None
        raise ValueError(f"{name}: a value could not be converted to a number ({error}){advice}") from None


def _word(v):
    """A category's text: a whole number has one, be it an integer or a float (as a column with holes makes it)."""
    if isinstance(v, (float, np.floating)) and abs(v) < 2**53 and v == int(v):
        v = int(v)
    text = str(v)
    return None if text in _MISSING_WORDS else text


def _words(column):
    return [None if is_missing(v) else _word(v) for v in column]


class Columns:
    """How each feature becomes a column of numbers: as it is, or by the list of its categories."""

    def __init__(self, X, names, types, what):
        columns, n = columns_of(X)
        p = columns.shape[1] if isinstance(columns, np.ndarray) else len(columns)
        check_size(n, p, what)
        if isinstance(types, str) or isinstance(names, str):
            raise NornArgumentError("feature_names, feature_types: a list with an entry for each feature is needed")
        types = list(types) if types is not None else [None] * p
        if len(types) != p:
            raise NornArgumentError(f"feature_types: {len(types)} entries, X has {p} features")
        self.names = list(names) if names is not None else [f"feature_{j:04d}" for j in range(p)]
        if len(self.names) != p:
            raise NornArgumentError(f"feature_names: {len(self.names)} names, X has {p} features")
        odd = next((n for n in self.names if not isinstance(n, str)), None)
        if odd is not None:
            raise NornArgumentError(f"feature_names: {odd!r} is no str")
        said = categories_of(X, p)
        self.category, self.cuts, self.types = [], [None] * p, []
        for j, kind in enumerate(types):
            column = columns[:, j] if isinstance(columns, np.ndarray) else columns[j]
            if isinstance(kind, (list, tuple, np.ndarray)):
                self.cuts[j] = np.ascontiguousarray(as_numbers(np.asarray(kind), f"feature_types: cuts of {self.names[j]}"))
                kind = "quantile"
            if kind not in (None, "auto", "continuous", "quantile", "nominal"):
                raise NornArgumentError(f"feature_types: {kind!r} is none of 'auto', 'continuous', 'quantile', 'nominal', or a list of cuts")
            nominal = kind == "nominal" or (kind in (None, "auto") and (said[j] or _is_words(column)))
            self.category.append({w: k for k, w in enumerate(sorted({w for w in _words(column) if w is not None}))} if nominal else None)
            if nominal and len(self.category[j]) > _MOST_CATEGORIES:
                raise NornArgumentError(f"{self.names[j]}: {len(self.category[j])} categories, {_MOST_CATEGORIES} are allowed")
            self.types.append("nominal" if nominal else "continuous")

    @property
    def nominal(self):
        return bytes(c is not None for c in self.category)

    def check_names(self, X, what, fitted_names):
        """As scikit-learn: other names than at the fit are an error, none (or new ones) a warning."""
        names = names_of(X)
        if names == fitted_names:
            return
        import warnings
        if names is None:
            warnings.warn(f"X does not have valid feature names, but {what} was fitted with feature names", UserWarning, stacklevel=4)
        elif fitted_names is None:
            warnings.warn(f"X has feature names, but {what} was fitted without feature names", UserWarning, stacklevel=4)
        else:
            raise ValueError("The feature names should match those that were passed during fit.\n" + _difference(names, fitted_names))

    def array(self, X, what):
        """All columns behind each other as one float64 array, and the number of rows."""
        columns, n = columns_of(X)
        whole = isinstance(columns, np.ndarray)
        p = columns.shape[1] if whole else len(columns)
        if p != len(self.names):
            raise ValueError(f"X has {p} features, but {what} is expecting {len(self.names)} features as input")
        check_size(n, p, what)
        if whole and columns.dtype.kind in "fiu" and not any(self.nominal):
            out = np.asfortranarray(columns, dtype="float64").T.reshape(-1)
        else:
            out = np.empty(n * p)
            for j in range(p):
                column = columns[:, j] if whole else columns[j]
                out[j * n:(j + 1) * n] = as_numbers(column, self.names[j], _NOMINAL) if self.category[j] is None else self._codes(column, j)
        if np.isinf(out).any():
            raise ValueError(f"Input X contains infinity or a value too large for dtype('float64'). {what} takes NaN for missing values, "
                             "and no infinities.")
        return out, n

    def _codes(self, column, j):
        known, unseen = dict(self.category[j]), len(self.category[j])
        of_truth, of_numbers = known.keys() <= {"False", "True"}, known.keys() <= {"0", "1"}
        for truth, number in (("False", "0"), ("True", "1")):  # as NumPy has it, where only one kind was fitted
            if of_truth and truth in known:
                known[number] = known[truth]
            elif of_numbers and number in known:
                known[truth] = known[number]
        return [np.nan if w is None else known.get(w, unseen) for w in _words(column)]


def _difference(names, fitted):
    new, gone = [n for n in names if n not in set(fitted)], [n for n in fitted if n not in set(names)]
    text = "".join(f"Feature names unseen at fit time:\n- {n}\n" for n in new[:5]) + "".join(f"Feature names seen at fit time, yet now missing:\n- {n}\n" for n in gone[:5])
    return text or "Feature names must be in the same order as they were in fit.\n"


def target_of(y, n, what):
    """y as finite float64 of n values."""
    if y is None:
        raise ValueError(f"This {what} estimator requires y to be passed, but the target y is None.")
    y = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if y.ndim == 2 and y.shape[1] == 1:
        import warnings
        warning = getattr(sys.modules.get("sklearn.exceptions"), "DataConversionWarning", UserWarning)
        warnings.warn("A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), for example using "
                      "ravel().", warning, stacklevel=3)
        y = y[:, 0]
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    if len(y) != n:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{n}, {len(y)}]")
    y = as_numbers(y, "y")
    if not np.isfinite(y).all():
        raise ValueError("Input y contains NaN." if np.isnan(y).any() else "Input y contains infinity or a value too large for dtype('float64').")
    return np.ascontiguousarray(y)


def vector_of(v, n, name, least=None):
    """An optional argument of n finite numbers."""
    if v is None:
        return None
    v = as_numbers(np.asarray(v.to_numpy() if hasattr(v, "to_numpy") else v), name)
    if v.ndim == 0:
        v = np.full(n, float(v))
    if v.shape != (n,):
        raise ValueError(f"{name}.shape == {v.shape}, expected {(n,)}!")
    if not np.isfinite(v).all() or (least is not None and (v < least).any()):
        raise NornArgumentError(f"{name}: finite numbers{'' if least is None else f' of at least {least}'} are needed")
    return np.ascontiguousarray(v)
