#!/usr/bin/env python3
"""norn signals beside the same pipeline in pandas, scikit-learn and vaderSentiment: CSV to report, tweets, tags and hours, in one run."""
# SPDX-License-Identifier: Apache-2.0
# signals_peers.py NORN [--quick], in an environment with
#   pip install pandas scikit-learn vaderSentiment
# NORN_DATA (default ../shared/data) holds tweets/stocknet_tweets.csv. The peer is written as its users would: read_csv, drop_duplicates, VADER and keywords
# tweet by tweet, TfidfVectorizer, everything behind them on whole columns, tags exploded and grouped; with two workers the two loops over tweets run in a pool
# that stands already (its start is excluded, as are imports), after a run over 5,000 tweets to warm up. Both write the report, the table of tweets and the hours.
# norn does more in its time: near-duplicates, negation, bootstrap intervals by author, hours of tags, charts and a dashboard; it is a fresh process, whose start
# counts. norn runs with VADER, as the peer does, and with its default model. Seconds: wall, and of the cores (for a busy machine).
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
import scipy.sparse
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

TABLE = os.path.join(os.environ.get("NORN_DATA", "../shared/data"), "tweets", "stocknet_tweets.csv")
BULLISH = ("bullish,bull,rally,surge,breakout,uptrend,momentum,strong,buy,long,calls,green,profit,gain,positive,support,target hit,target achieved,book profit,"
           "strength,nifty up,sensex up,market up,bulls active").split(",")
BEARISH = ("bearish,bear,crash,dump,breakdown,downtrend,weak,resistance,sell,short,puts,red,loss,losses,negative,fall,stop loss,sl hit,weakness,exit,"
           "nifty down,sensex down,market down,bears active").split(",")
SPAM = "join telegram dm subscribe link whatsapp channel click follow free".split()
TECHNICAL = "breakout,breakdown,support,resistance,target,stop loss,levels,rsi,macd,analysis,chart,pattern".split(",")
RISE, FALL = (re.compile(r"\b(?:" + "|".join(sorted(words, key=len, reverse=True)) + r")\b") for words in (BULLISH, BEARISH))
WORD = re.compile(r"\w+")
SINGLE = {w for w in BULLISH + BEARISH if " " not in w}
VADER = SentimentIntensityAnalyzer()


def score_texts(texts):
    """Of each text VADER's four numbers, the keywords of both sides, and the share of finance words."""
    out = np.empty((len(texts), 7))
    for k, text in enumerate(texts):
        s, low = VADER.polarity_scores(text), text.lower()
        words = WORD.findall(low)
        density = sum(w in SINGLE for w in words) / len(words) if words else 0
        out[k] = s["compound"], s["neg"], s["neu"], s["pos"], len(RISE.findall(low)), len(FALL.findall(low)), density
    return out


def per_text(texts, pool):
    if pool is None:
        return score_texts(texts)
    return np.concatenate(pool.map(score_texts, [texts[k:k + 2000] for k in range(0, len(texts), 2000)]))


def read(n):
    t = pd.read_csv(TABLE, dtype={"tweet_id": str, "text": str, "hashtags": str, "cashtags": str}, nrows=n, on_bad_lines="skip", low_memory=False)
    t["created_at"] = pd.to_datetime(t["created_at"], errors="coerce")
    for name in ("likes", "retweets"):
        t[name] = pd.to_numeric(t[name], errors="coerce")
    t = t.dropna(subset=["text", "created_at"]).drop_duplicates("tweet_id").reset_index(drop=True)
    t["cleaned"] = t["text"].str.normalize("NFKC").str.replace(r"https?://\S+|www\.\S+", "", regex=True).str.replace(r"\s+", " ", regex=True).str.strip()
    t["tags"] = (t["hashtags"].fillna("") + " " + t["cashtags"].fillna("")).str.lower().str.split()
    return t


def engage(t):
    likes, retweets = t["likes"].fillna(0).to_numpy(float), t["retweets"].fillna(0).to_numpy(float)
    total = likes + retweets
    share = np.divide(retweets, likes, out=np.zeros(len(t)), where=likes > 0)
    t["total_engagement"] = total
    t["virality"] = 0.5 * np.minimum(share / 0.5, 1) / 1.3  # no views and no replies in this table: their parts are 0


def terms(t):
    """The ten heaviest terms of each tweet as a sparse matrix, their names, and which tweets have a term that is spam or technical."""
    model = TfidfVectorizer(max_features=1000, ngram_range=(1, 2), min_df=2, max_df=0.8, stop_words="english", token_pattern=r"\b[a-zA-Z]{2,}\b")
    x = model.fit_transform(t["cleaned"])
    names = model.get_feature_names_out()
    row = np.repeat(np.arange(len(t)), np.diff(x.indptr))
    order = np.lexsort((x.indices, -x.data, row))
    top = order[np.arange(len(row)) - np.repeat(x.indptr[:-1], np.diff(x.indptr)) < 10]
    best = scipy.sparse.csr_matrix((x.data[top], (row[top], x.indices[top])), shape=x.shape)
    t["n_terms"] = np.diff(x.indptr)
    words = pd.Series(names[x.indices[top]]).groupby(row[top]).agg(" | ".join)
    t["top_terms"] = words.reindex(np.arange(len(t)), fill_value="").to_numpy()
    marks = [np.asarray(best[:, np.isin(names, list(kind))].sum(axis=1)).ravel() > 0 for kind in (SPAM, TECHNICAL)]
    return best, names, marks


def judge(t, s, marks):
    compound, p = s[:, 0], s[:, 1:4]
    t["base_score"], t["base_confidence"] = compound, p.max(axis=1)
    t["combined"] = np.clip(compound + np.clip((s[:, 4] - s[:, 5]) / 3, -1, 1) * 0.3, -1, 1)
    quality = np.minimum(10 * s[:, 6], 1)
    quality = np.where(marks[0], quality * 0.3, quality)
    t["quality"] = quality = np.where(marks[1], np.minimum(quality * 1.3, 1), quality)
    t["confidence"] = c = 0.4 * quality + 0.3 * t["base_confidence"] + 0.3 * t["virality"]
    t["signal"] = x = t["combined"] * (0.5 + 0.5 * t["virality"]) * c
    t["lo"], t["hi"] = np.clip(x - (1 - c) / 2, -1, 1), np.clip(x + (1 - c) / 2, -1, 1)
    t["label"] = np.select([c < 0.3, x >= 0.5, x > 0.2, x <= -0.5, x < -0.2], ["IGNORE", "STRONG_BUY", "BUY", "STRONG_SELL", "SELL"], "HOLD")
    t["mood"] = np.select([t["combined"] > 0.1, t["combined"] < -0.1], ["BULLISH", "BEARISH"], "NEUTRAL")


def by_tag(t, best, names):
    e = t[["tags"]].explode("tags").dropna().reset_index().drop_duplicates(["index", "tags"])
    e = e[e.groupby("tags")["index"].transform("size") >= 20]
    code, tag = pd.factorize(e["tags"])
    e = e.join(t[["created_at", "likes", "retweets", "combined", "quality", "confidence", "signal", "virality", "base_confidence", "label", "mood"]], on="index")
    v = e[e["confidence"] >= 0.3]
    v = v.assign(w=v["confidence"], ws=v["confidence"] * v["signal"], up=v["signal"] > 0.2, down=v["signal"] < -0.2)
    g, gv = e.groupby("tags"), v.groupby("tags")
    out = g.agg(tweet_count=("signal", "size"), earliest=("created_at", "min"), latest=("created_at", "max"), likes=("likes", "sum"), retweets=("retweets", "sum"), avg_virality=("virality", "mean"))
    out = out.join(gv.agg(valid=("signal", "size"), confidence=("confidence", "mean"), avg_sentiment=("combined", "mean"), quality=("quality", "mean"), base_confidence=("base_confidence", "mean"),
                          bullish=("up", "mean"), bearish=("down", "mean"), w=("w", "sum"), ws=("ws", "sum")))
    out["signal"] = (out["ws"] / out["w"]).fillna(0)
    out = out.join(pd.crosstab(e["tags"], e["label"])).join(pd.crosstab(v["tags"], v["mood"]))
    member = scipy.sparse.csr_matrix((np.ones(len(e)), (code, e["index"])), shape=(len(tag), len(t)))
    mean = (member @ best).toarray() / np.asarray(member.sum(axis=1))
    top = np.argsort(-mean, axis=1, kind="stable")[:, :10]
    trending = {tag[g]: [{"term": names[k], "score": mean[g, k]} for k in top[g] if mean[g, k] > 0] for g in range(len(tag))}
    return out.assign(rank=out["signal"] * out["confidence"]).sort_values("rank", ascending=False), trending


def by_hour(t):
    v = t[t["confidence"] >= 0.3].assign(ws=lambda d: d["confidence"] * d["signal"]).set_index("created_at")
    h = v.resample("1h").agg({"ws": "sum", "confidence": ["sum", "mean"]})
    h.columns = ["ws", "w", "confidence"]
    return h.assign(signal=h["ws"] / h["w"], n=t.set_index("created_at").resample("1h").size())


def pipeline(folder, pool, n=None):
    t = read(n)
    engage(t)
    s = per_text(t["cleaned"].tolist(), pool)
    best, names, marks = terms(t)
    judge(t, s, marks)
    tags, trending = by_tag(t, best, names)
    weight = tags["tweet_count"] / tags["tweet_count"].sum()
    market = {"signal_score": float((weight * tags["signal"]).sum()), "confidence": float((weight * tags["confidence"].fillna(0)).sum()), "signal_distribution": t["label"].value_counts().to_dict()}
    report = {"overall_market": market, "hashtags": {k: {**row, "trending_terms": trending[k]} for k, row in tags.to_dict("index").items()}}
    with open(os.path.join(folder, "signal_report.json"), "w", encoding="utf-8") as f:
        json.dump(report, f, default=str)
    t.to_csv(os.path.join(folder, "analyzed_tweets.csv"), index=False)
    by_hour(t).to_csv(os.path.join(folder, "signals_hourly.csv"))
    return len(t), len(tags)


def spent():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in both)


def peer(workers, folder):
    """In a process of its own; printed as JSON. The pool's processes are counted when they have ended."""
    pool = multiprocessing.Pool(workers) if workers > 1 else None
    pipeline(folder, pool, 5000)
    before, start = spent(), time.perf_counter()
    n, n_tags = pipeline(folder, pool)
    wall = time.perf_counter() - start
    if pool is not None:
        pool.close()
        pool.join()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + (workers if pool is not None else 0) * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"wall": wall, "cores": spent() - before, "rss": rss, "n": n, "tags": n_tags}))


def run_norn(norn, workers, args, runs):
    best = {"wall": float("inf"), "cores": float("inf")}
    for _ in range(runs + 1):  # the first one warms up
        start = time.perf_counter()
        child = subprocess.Popen([norn, "signals", TABLE, "-j", str(workers), "-q", *args], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"norn ended with {child.returncode}")
        best = {"wall": min(best["wall"], time.perf_counter() - start), "cores": min(best["cores"], used.ru_utime + used.ru_stime), "rss": used.ru_maxrss}
    return best


def main():
    if sys.argv[1] == "--peer":
        return peer(int(sys.argv[2]), sys.argv[3])
    norn, runs = os.path.abspath(sys.argv[1]), 1 if "--quick" in sys.argv else 5
    n_records = sum(1 for _ in pd.read_csv(TABLE, usecols=["tweet_id"], dtype=str, on_bad_lines="skip").itertuples())
    print(f"{n_records:,} records; pandas {pd.__version__}, scikit-learn {sklearn.__version__}, vaderSentiment 3.3.2")
    with tempfile.TemporaryDirectory() as folder:
        for workers in (1, 2):
            found = [json.loads(subprocess.run([sys.executable, __file__, "--peer", str(workers), folder], check=True, capture_output=True, text=True).stdout) for _ in range(1 if runs == 1 else 2)]
            theirs = {key: min(f[key] for f in found) for key in found[0]}
            print(f"{workers} worker{'s' * (workers > 1)}: pandas and others {theirs['wall']:.2f} s wall, {n_records / theirs['wall']:,.0f} records/s, {theirs['cores']:.2f} s of the cores, "
                  f"{theirs['rss'] / 1024:,.0f} MB; {theirs['n']:,} tweets, {theirs['tags']} tags", flush=True)
            for name, args in (("VADER, --output", ["--model", "vader", "--output", folder]), ("default model, --output", ["--output", folder]), ("default model, --out", ["--out", os.devnull])):
                mine = run_norn(norn, workers, args, runs)
                print(f"  norn, {name}: {mine['wall']:.2f} s wall, {n_records / mine['wall']:,.0f} records/s ({theirs['wall'] / mine['wall']:.1f} times as fast), "
                      f"{mine['cores']:.2f} s of the cores ({theirs['cores'] / mine['cores']:.1f} times less), {mine['rss'] / 1024:,.0f} MB", flush=True)
            with open(os.path.join(folder, "signal_report.json"), encoding="utf-8") as f:
                report = json.load(f)
            if (report["overall_market"]["total_tweets"], report["overall_market"]["hashtag_count"]) != (theirs["n"], theirs["tags"]):
                sys.exit("the two do not have the same tweets or tags")


if __name__ == "__main__":
    main()
