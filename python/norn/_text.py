"""norn.sentiment and norn.TfidfVectorizer: the parts of signals alone."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numbers
import os

import numpy as np

from norn import _norn
from norn._arguments import jobs
from norn._norn import NornArgumentError
from norn._signals_rows import is_missing, whole_text
from norn.models import text as _text

_LABELS = np.array(["negative", "neutral", "positive"], dtype=object)
_COLUMNS = ("label", "score", "p_negative", "p_neutral", "p_positive")


def _texts(values, name="texts"):
    """A list of str; missing ones are empty."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise NornArgumentError(f"{name} is a {type(values).__name__}; a list of texts is needed")
    out = []
    for i, v in enumerate(values.to_pylist() if hasattr(values, "to_pylist") else values):
        if isinstance(v, bytes):
            v = v.decode("utf-8", "replace")
        elif not isinstance(v, str):
            if not is_missing(v):
                raise NornArgumentError(f"{name}[{i}]={v!r} is no text")
            v = ""
        out.append(str(v))
    return out


def _call(function, *args):
    """function(*args); texts with halves of surrogate pairs are mended first."""
    try:
        return function(*args)
    except UnicodeEncodeError:
        return function(*([whole_text(t) for t in a] if isinstance(a, list) else a for a in args))


def sentiment(texts, model="default", *, precision=None, lexicon=None, raw_text=None, n_jobs=-1):
    """What a model says of each text: label, score in [-1, 1], and the probabilities of negative, neutral and positive.

    texts : a list, an array, a Series of pandas or Polars, a pyarrow array; missing texts are empty ones, which are neutral
    model : ``"default"`` (embedded), ``"vader"``, or a folder of a RoBERTa from Hugging Face
    precision, lexicon, raw_text : as of ``norn text sentiment``
    n_jobs : workers; -1 or None: all. Results are the same at any number.

    Returns label, score, p_negative, p_neutral and p_positive: a DataFrame with its index of a pandas Series, a DataFrame of a Polars
    Series, a table of a pyarrow array, else a dict of arrays.
    """
    options = {"model": os.fsdecode(model) if isinstance(model, (str, os.PathLike)) else _text(model), "precision": precision,
               "lexicon": None if lexicon is None else os.fsdecode(lexicon), "raw-text": raw_text}
    given = {k: _text(v) for k, v in options.items() if v is not None}
    code, *rest = _call(_norn.sentiment, _texts(texts), given, jobs(n_jobs))
    columns = dict(zip(_COLUMNS, (_LABELS[code], *rest)))
    root = type(texts).__module__.partition(".")[0]
    if root == "pandas":
        import pandas as pd
        return pd.DataFrame(columns, index=texts.index if hasattr(texts, "index") and not callable(texts.index) else None)
    if root == "polars":
        import polars as pl
        return pl.DataFrame({**columns, "label": columns["label"].tolist()})
    if root == "pyarrow":
        import pyarrow as pa
        return pa.table(columns)
    return columns


def _share(value, name):
    """A document frequency as the library has it: a float is a share, an integer a number of texts."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise NornArgumentError(f"{name}={value!r}: a number of texts (int), or a share of them (float), is needed")
    if isinstance(value, numbers.Integral):
        return int(value)
    if not 0 <= value <= 1:
        raise NornArgumentError(f"{name}={value!r}: a share lies in [0, 1]; a number of texts is an int")
    return float(value)


class TfidfVectorizer:
    """TF-IDF after scikit-learn's class of that name: the same arguments where they are taken, the same numbers to the last digits.

    analyzer : ``"word"``, ``"char"`` or ``"char_wb"``
    ngram_range : shortest and longest n-gram
    max_df, min_df : texts that may or must have a term: a float is a share, an int a number of texts
    max_features : only the commonest terms
    stop_words : None or ``"english"``
    norm : ``"l2"``, ``"l1"`` or None
    token : ``"words"`` (scikit-learn's pattern) or ``"alphabetic"`` (two of a to z and more)
    """

    def __init__(self, *, lowercase=True, analyzer="word", stop_words=None, ngram_range=(1, 1), max_df=1.0, min_df=1, max_features=None,
                 binary=False, norm="l2", smooth_idf=True, sublinear_tf=False, token="words", n_jobs=-1):
        self.lowercase, self.analyzer, self.stop_words, self.ngram_range = lowercase, analyzer, stop_words, ngram_range
        self.max_df, self.min_df, self.max_features, self.binary, self.norm = max_df, min_df, max_features, binary, norm
        self.smooth_idf, self.sublinear_tf, self.token, self.n_jobs = smooth_idf, sublinear_tf, token, n_jobs

    def _options(self, n):
        try:
            least, most = (int(k) for k in self.ngram_range)
        except (TypeError, ValueError):
            raise NornArgumentError(f"ngram_range={self.ngram_range!r}: two whole numbers are needed") from None
        low, high = _share(self.min_df, "min_df"), _share(self.max_df, "max_df")
        # the command tells a share from a number by its size: what would be mistaken is said as a number of texts
        if isinstance(low, float) and low == 1:
            low = n
        if isinstance(high, int) and high <= 1:
            if high < 1:
                raise NornArgumentError(f"max_df={high}: no text may have a term")
            high = 1 / max(n, 1)
        return {k: _text(v) for k, v in {
            "analyzer": self.analyzer, "token": self.token, "min-n": least, "max-n": most, "min-df": repr(low), "max-df": repr(high),
            "max-features": self.max_features or 0, "stop-words": self.stop_words or "none", "norm": self.norm or "none",
            "sublinear": bool(self.sublinear_tf), "binary": bool(self.binary), "case-sensitive": not self.lowercase,
            "no-smooth": not self.smooth_idf}.items()}

    def _matrix(self, rows, n):
        start, index, value = rows
        try:
            from scipy import sparse
        except ImportError:
            return value, index, start
        return sparse.csr_matrix((value, index, start), shape=(n, len(self._terms)))

    def fit_transform(self, raw_documents, y=None):
        """The vocabulary of the texts, and their weights: a scipy.sparse CSR matrix, or without SciPy (data, indices, indptr)."""
        texts = _texts(raw_documents, "raw_documents")
        self._model, rows = _call(_norn.tfidf_fit, texts, self._options(len(texts)), jobs(self.n_jobs))
        self._terms, self.df_, self.idf_ = _norn.tfidf_view(self._model)
        self.vocabulary_ = {t: k for k, t in enumerate(self._terms)}
        return self._matrix(rows, len(texts))

    def fit(self, raw_documents, y=None):
        """The vocabulary of the texts."""
        self.fit_transform(raw_documents)
        return self

    def transform(self, raw_documents):
        """The weights of texts by the vocabulary that was fitted."""
        if not hasattr(self, "_model"):
            raise NornArgumentError("TfidfVectorizer: fit comes first")
        texts = _texts(raw_documents, "raw_documents")
        return self._matrix(_call(_norn.tfidf_transform, self._model, texts, jobs(self.n_jobs)), len(texts))

    def get_feature_names_out(self, input_features=None):
        """The terms, in the order of the columns."""
        if not hasattr(self, "_model"):
            raise NornArgumentError("TfidfVectorizer: fit comes first")
        return np.array(self._terms, dtype=object)

    def get_params(self, deep=True):
        """The arguments, as scikit-learn asks for them."""
        return {k: getattr(self, k) for k in self.__init__.__kwdefaults__}

    def set_params(self, **params):
        """Other arguments."""
        odd = next((k for k in params if k not in self.__init__.__kwdefaults__), None)
        if odd is not None:
            raise NornArgumentError(f"TfidfVectorizer: there is no argument '{odd}'")
        self.__dict__.update(params)
        return self

    def __getstate__(self):
        if hasattr(self, "_model"):
            raise TypeError("a fitted TfidfVectorizer is not pickled: pickle one that is not fitted, and fit it there")
        return self.__dict__
