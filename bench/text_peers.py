#!/usr/bin/env python3
"""Norn's TF-IDF beside scikit-learn's, and its byte-pair encoding beside Hugging Face's tokenizers, on the same tweets in one run."""
# SPDX-License-Identifier: Apache-2.0
# text_peers.py BUILD/bench/bench_tfidf [--quick], in an environment with
#   pip install scikit-learn tokenizers
# NORN_DATA (default ../shared/data) holds tweets/stocknet_tweets.csv and tokenizer/roberta_{vocab.json,merges.txt}. scikit-learn's TF-IDF has one thread;
# norn is timed with one worker and with two. Results are compared before times are: terms must be the same and weights within 1e-12 (where terms
# tie at max_features' cut, scikit-learn's choice among them is put away first), token ids the same. Seconds: wall, and of the cores (for a busy machine).
import csv
import datetime
import os
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy as np
import sklearn
import tokenizers
from sklearn.feature_extraction.text import TfidfVectorizer

DATA = os.environ.get("NORN_DATA", "../shared/data")
OPTIONS = {"default": {}, "signals": dict(max_features=1000, ngram_range=(1, 2), min_df=2, max_df=0.8, stop_words="english", token_pattern=r"\b[a-zA-Z]{2,}\b")}


def read_tweets():
    texts, times = [], []
    with open(os.path.join(DATA, "tweets", "stocknet_tweets.csv"), newline="", encoding="utf-8") as f:
        rows = csv.reader(f)
        n, created, text = (lambda head: (len(head), head.index("created_at"), head.index("text")))(next(rows))
        for row in rows:
            if len(row) != n:
                continue  # a tweet whose line break was kept cuts a row in two
            texts.append(row[text])
            stamp = datetime.datetime.fromisoformat(row[created]).replace(tzinfo=datetime.timezone.utc)
            times.append(int(stamp.timestamp()) * 1_000_000)
    return texts, times


def write_texts(path, texts, times):
    raw = [t.encode() for t in texts]
    edges = np.concatenate([[0], np.cumsum([len(r) for r in raw])]).astype(np.uint64)
    with open(path, "wb") as f:
        f.write(np.uint64(len(raw)).tobytes() + edges.tobytes() + np.array(times, np.int64).tobytes() + b"".join(raw))
    return int(edges[-1])


def read_result(path):
    with open(path, "rb") as f:
        data = f.read()
    n_terms, n, n_values = (int(v) for v in np.frombuffer(data, np.uint64, 3))
    at, parts = 24, []
    for kind, count in ((np.uint64, n + 1), (np.float64, n_values), (np.float64, n_terms), (np.uint32, n_values)):
        parts.append(np.frombuffer(data, kind, count, at))
        at += parts[-1].nbytes
    terms = data[at:].decode().split("\n")[:-1]
    assert len(terms) == n_terms
    return terms, *parts


def least(work, times):
    wall = cores = float("inf")
    for _ in range(times):
        start = time.perf_counter(), time.process_time()
        out = work()
        wall, cores = min(wall, time.perf_counter() - start[0]), min(cores, time.process_time() - start[1])
    return wall, cores, out


def same_weights(texts, how, model, theirs, terms, start, value, idf, index):
    """The largest difference of the weights; the vocabularies may differ in terms that tie at the cut."""
    names = list(model.get_feature_names_out())
    if names != terms:
        # where ties were left to the sort, take norn's vocabulary, and check that it is one of those with the k largest counts
        full = TfidfVectorizer(**{**how, "max_features": None, "use_idf": False, "norm": None}).fit(texts)
        counts = np.asarray(full.transform(texts).sum(axis=0)).ravel()
        of = dict(zip(full.get_feature_names_out(), counts))
        if sorted(of[t] for t in terms) != sorted(of[t] for t in names):
            sys.exit("the vocabulary does not have the largest counts")
        cut = min(of[t] for t in terms)
        mine, ties = {t for t in terms if of[t] == cut}, sorted(t for t in of if of[t] == cut)
        if mine != set(ties[:len(mine)]):
            sys.exit("ties at the cut are not by code points")
        print(f"  {len(ties)} terms tie at the cut, {len(mine)} of them stay: the comparison takes norn's")
        model = TfidfVectorizer(**{**how, "max_features": None, "min_df": 1, "max_df": 1.0, "vocabulary": terms}).fit(texts)
        theirs = model.transform(texts)
    theirs.sort_indices()
    if not (np.array_equal(theirs.indptr, start) and np.array_equal(theirs.indices, index)):
        sys.exit("the rows have other terms")
    return max(float(np.abs(theirs.data - value).max()), float(np.abs(model.idf_ - idf).max()))


def tfidf(program, path, texts, folder, runs):
    for name, how in OPTIONS.items():
        model = TfidfVectorizer(**how)
        wall, cores, theirs = least(lambda: model.fit_transform(texts), runs)
        print(f"TF-IDF, {name}: scikit-learn {sklearn.__version__}: {wall:.3f} s wall, {cores:.3f} s of the core; {theirs.shape[1]:,} terms, {theirs.nnz:,} values")
        out = os.path.join(folder, "out")
        for n in (1, 2):
            done = subprocess.run([program, "tfidf", path, name, str(n), out], check=True, capture_output=True, text=True).stdout.split()
            mine = float(done[1]), float(done[2])
            print(f"  norn, {n} worker{'s' * (n > 1)}: {mine[0]:.3f} s wall ({wall / mine[0]:.1f} times as fast), {mine[1]:.3f} s of the cores ({cores / mine[1]:.1f})")
        print(f"  largest difference {same_weights(texts, how, model, theirs, *read_result(out)):.3g}", flush=True)
        print("  " + subprocess.run([program, "asof", path, name, "2"], check=True, capture_output=True, text=True).stdout.strip(), flush=True)


def bpe(program, path, texts, folder, n_bytes, runs):
    files = [os.path.join(DATA, "tokenizer", f"roberta_{name}") for name in ("vocab.json", "merges.txt")]
    peer = tokenizers.ByteLevelBPETokenizer(*files)
    wall, cores, theirs = least(lambda: peer.encode_batch(texts), runs)
    ids = np.concatenate([np.array(e.ids, np.int32) for e in theirs])
    out = os.path.join(folder, "ids")
    done = subprocess.run([program, "bpe", path, *files, out], check=True, capture_output=True, text=True).stdout.split()
    if not np.array_equal(np.fromfile(out, np.int32), ids):
        sys.exit("token ids differ")
    mine = float(done[2])
    print(f"byte-pair encoding, one core, {n_bytes / 1e6:.1f} MB, {len(ids):,} ids, the same: tokenizers {tokenizers.__version__} {n_bytes / cores / 1e6:.1f} MB/s, "
          f"norn {n_bytes / mine / 1e6:.1f} MB/s ({cores / mine:.1f} times)")


def main():
    program, runs = os.path.abspath(sys.argv[1]), 1 if "--quick" in sys.argv else 3
    texts, times = read_tweets()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "texts")
        n_bytes = write_texts(path, texts, times)
        print(f"{len(texts):,} tweets of stocknet, {n_bytes / 1e6:.1f} MB")
        tfidf(program, path, texts, folder, runs)
        bpe(program, path, texts, folder, n_bytes, runs)


if __name__ == "__main__":
    main()
