"""Makes tests/fixtures/tfidf.txt: what scikit-learn's TfidfVectorizer makes of made-up texts under many options.

    pip install scikit-learn==1.9.1
    python tests/oracle/make_tfidf.py > tests/fixtures/tfidf.txt

Where max_features would cut among terms of one count, whose choice scikit-learn leaves to its sort, the next smaller number without a tie is taken.
"""
# SPDX-License-Identifier: Apache-2.0
import random
import sys

import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer

ALPHA = r"(?u)\b[a-zA-Z]{2,}\b"
WORDS = ("nifty sensex banknifty the a of to and is not rally crash breakout support resistance level 19800 19_800 q2 buy sell hold Calls PUTS don't it's "
         "stop loss target hit achieved profit $AAPL #nifty50 @trader https://t.co/abc123 up 3% rs.1,250 again we're shared belong I x").split()
ODD = ["\u039f\u0394\u039f\u03a3 \u03a3 \u039f\u0394\u039f\u03a3\u0394", "\u0130stanbul \u0130ST", "STRASSE stra\u00dfe \u1e9e", "e\u0301te\u0301 \u00e9t\u00e9 \u00c9T\u00c9", "\u5e02\u573a\u4e0a\u6da8 \u5e02\u573a",
       "\u0915\u093f\u0924\u093e\u092c nifty", "\U0001f680\U0001f680 to the moon \U0001f315", "a\u00a0b\u2003cd\u3000ef  gh\t\tij\tk\n\nlm", "\u0661\u0662\u0663 \u00bd\u00be x\u00b2", "", "   ", "\t", "a", ".. !! ..",
       "under_score __x__ 1_000", "caf\u00e9-bar na\u00efve co-op", "\u212a\u212b \u2126hm", "\x1cab\x1dcd\x85ef", "\u01c4\u01c5\u01c6 \u01c4", "one", "abcdefgh" * 2, "na na na na na na na batman " * 2,
       "\u041c\u041e\u0421\u041a\u0412\u0410 \u043c\u043e\u0441\u043a\u0432\u0430 \u041c\u043e\u0441\u043a\u0432\u0430", "ab ab\u0301 a\u0301b", "don\u2019t \u2026 wait\u2026what"]


def corpora():
    r = random.Random(3)
    tweets = [" ".join(r.choice(WORDS) for _ in range(r.randrange(3, 12))) + r.choice(["", "!", "...", " :)"]) for _ in range(16)]
    mixed = ODD + [" ".join([r.choice(ODD), r.choice(WORDS), r.choice(WORDS)]) for _ in range(5)]
    return [tweets, mixed, ["of the and", "a", ""], ["one text alone about one thing"]]


BASE = dict(analyzer="word", token=0, norm="l2", ngram=(1, 1), min_df=1, max_df=1.0, max_features=0, lowercase=True, sublinear=False, smooth=True, binary=False, idf=True,
            english=False, stop=())
CASES = [{}, dict(ngram=(1, 2)), dict(ngram=(2, 3)), dict(ngram=(3, 8)), dict(norm="l1"), dict(norm=None), dict(sublinear=True), dict(binary=True), dict(smooth=False), dict(idf=False),
         dict(lowercase=False), dict(english=True), dict(stop=("nifty", "loss", "caf\u00e9")), dict(english=True, stop=("nifty",), ngram=(1, 3)), dict(token=1), dict(token=1, lowercase=False),
         dict(min_df=2), dict(min_df=3, max_df=9), dict(min_df=0.05, max_df=0.5), dict(max_df=0.1), dict(min_df=0.9), dict(max_features=10), dict(max_features=25, binary=True),
         dict(max_features=5, min_df=2, max_df=0.3), dict(token=1, max_features=30, ngram=(1, 2), min_df=2, max_df=0.8, english=True),
         dict(sublinear=True, norm="l1", smooth=False), dict(sublinear=True, binary=True), dict(idf=False, norm=None, sublinear=True),
         dict(analyzer="char"), dict(analyzer="char", ngram=(2, 3)), dict(analyzer="char", ngram=(1, 3), max_features=40), dict(analyzer="char", ngram=(7, 8), lowercase=False, english=True, min_df=2),
         dict(analyzer="char_wb"), dict(analyzer="char_wb", ngram=(3, 5), min_df=2), dict(analyzer="char_wb", ngram=(3, 4), max_features=50, min_df=2), dict(analyzer="char_wb", ngram=(6, 8), sublinear=True)]


def make(o, max_features):
    stop = sorted(o["stop"])
    if o["english"]:
        stop = sorted(set(stop) | set(sklearn.feature_extraction.text.ENGLISH_STOP_WORDS))
    more = dict(token_pattern=ALPHA) if o["token"] else {}
    return TfidfVectorizer(analyzer=o["analyzer"], norm=o["norm"], ngram_range=o["ngram"], min_df=o["min_df"], max_df=o["max_df"], max_features=max_features or None,
                           lowercase=o["lowercase"], sublinear_tf=o["sublinear"], smooth_idf=o["smooth"], binary=o["binary"], use_idf=o["idf"], stop_words=stop or None, **more)


def untied(o, texts):
    """The largest k up to max_features at which no tie is cut."""
    k = o["max_features"]
    if k == 0:
        return 0
    counter = make({**o, "norm": None, "idf": False, "sublinear": False}, 0)
    counts = sorted(counter.fit_transform(texts).sum(axis=0).A1, reverse=True)
    while 0 < k < len(counts) and counts[k - 1] == counts[k]:
        k -= 1
    return k


def hexed(t):
    return t.encode().hex() or "-"


def one(number, texts, o):
    df = lambda v: f"{v!r} {int(isinstance(v, float))}"
    names = {"word": 0, "char": 1, "char_wb": 2}, {"l2": 0, "l1": 1, None: 2}
    try:
        k = untied(o, texts)
        if k == 0 and o["max_features"]:
            return
    except ValueError:
        k = o["max_features"]
    flags = " ".join(str(int(o[f])) for f in ("lowercase", "sublinear", "smooth", "binary", "idf", "english"))
    print("O", number, names[0][o["analyzer"]], o["token"], names[1][o["norm"]], *o["ngram"], df(o["min_df"]), df(o["max_df"]), k, flags, len(o["stop"]), *map(hexed, o["stop"]))
    model = make(o, k)
    try:
        x = model.fit_transform(texts)
    except ValueError:
        print("E")
        return
    x.sort_indices()
    counts = make({**o, "norm": None, "idf": False, "binary": True, "sublinear": False}, 0).set_params(vocabulary=model.vocabulary_).fit_transform(texts)
    dfs = counts.astype(bool).sum(axis=0).A1
    for j, term in enumerate(model.get_feature_names_out()):
        print("V", hexed(term), repr(float(model.idf_[j])) if o["idf"] else "1.0", int(dfs[j]))
    for i in range(x.shape[0]):
        cells = [f"{j} {v:.15g}" for j, v in zip(x.indices[x.indptr[i]:x.indptr[i + 1]].tolist(), x.data[x.indptr[i]:x.indptr[i + 1]].tolist())]
        print("R", len(cells), *cells)


def main():
    import warnings
    warnings.simplefilter("ignore")
    print(f"# scikit-learn {sklearn.__version__}, Python {sys.version.split()[0]}; made by tests/oracle/make_tfidf.py: corpora (C, T in hexadecimal), options (O), terms (V), rows (R), no term left (E)")
    for number, texts in enumerate(corpora()):
        print("C", number, len(texts))
        for t in texts:
            print("T", hexed(t))
        for case in CASES if number < 2 else CASES[:4] + CASES[16:17] + CASES[11:12]:
            one(number, texts, {**BASE, **case})


main()
