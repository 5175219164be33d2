#!/usr/bin/env python3
"""`norn signals` and `norn text`: files, streams and stores, one answer at any number of workers, and hostile input counted, never a crash.

Run: signals_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
import time

import tap

NORN = os.path.abspath(sys.argv[1])
TWEETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "tweets.csv")
with open(NORN, "rb") as binary:
    SANITIZED = re.search(rb"__[at]san_init", binary.read()) is not None
WORKERS = ("3", "64") if SANITIZED else ("2", "3", "7", "64")  # what a sanitizer sees, it sees at any count
ENV = {**os.environ, "SOURCE_DATE_EPOCH": "1760000000"}
FILES = sorted(["analyzed_tweets.csv", "confidence_components.svg", "interactive_dashboard.html", "signal_distribution.svg", "signal_report.json",
         "signal_timeline.svg", "signals_hourly.csv", "target_sentiment_distribution.svg", "target_signal_scores.svg", "target_volume_confidence.svg"])


def norn(*args, **options):
    return subprocess.run([NORN, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=500, env=ENV, **options)


def signals(*args, **options):
    done = norn("signals", *args, "--summary", "summary.json", "--quiet", **options)
    if done.returncode not in (0, 4):
        raise RuntimeError(f"{args}: {done.returncode} {done.stderr.decode()}")
    with open("summary.json", encoding="utf-8") as f:
        return done.stdout, json.load(f)


def write(path, rows, head=("tweet_id", "timestamp", "content", "replies", "retweets", "likes", "views", "hashtags")):
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow(head)
        out.writerows(rows)


def some(n, text="steady #alpha day, strong breakout, buy"):
    return [[i, f"2025-01-{1 + i // 24 % 28:02d}T{i % 24:02d}:00:00Z", f"{text} {i}", i % 3, i % 7, i % 11, 100 + i, "alpha beta"] for i in range(n)]


def outputs(check):
    body, summary = signals(TWEETS, "--output", "out", "--hashtags", "nifty50", "#SENSEX", "--plot", "plot.svg")
    report = json.loads(signals(TWEETS, "--hashtags", "nifty50", "#SENSEX")[0])
    check.that(sorted(os.listdir("out")) == FILES, "every file of --output is there", os.listdir("out"))
    with open("out/signal_report.json", encoding="utf-8") as f:
        check.that(body == b"" and json.load(f) == report, "the folder has the report that stdout has without it")
    check.that(report["metadata"]["total_tweets_analyzed"] == summary["n_ok"] == 900 and report["metadata"]["version"], "the counts agree", summary)
    market = report["overall_market"]
    check.that({"signal_label", "signal_score", "confidence", "consensus", "total_tweets", "hashtag_count", "signal_variance", "sentiment_distribution",
                "signal_distribution", "hashtag_ranking", "risk_indicators", "weighting_method"} <= set(market), "the market's keys", sorted(market))
    check.that({"nifty50", "sensex"} <= set(report["hashtags"]), "tags", list(report["hashtags"]))
    check.that({"market_direction", "confidence_level", "strongest_bullish_hashtag", "strongest_bearish_hashtag", "total_hashtags_analyzed",
                "recommendation"} <= set(report["summary"]), "the summary's keys", sorted(report["summary"]))
    with open("out/analyzed_tweets.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    check.that(len(rows) == 900 and {"tweet_id", "content", "signal_score", "signal_label", "confidence", "base_sentiment_score",
                                     "virality_score", "combined_sentiment_label"} <= set(rows[0]), "a row for each tweet", list(rows[0]))
    check.that(all(-1 <= float(r["signal_score"]) <= 1 and 0 <= float(r["confidence"]) <= 1 for r in rows), "scores and confidences in their domains")
    check.that(sum(summary["refused"].values()) == summary["refused"]["duplicate_id"] == 3, "refusals are counted", summary["refused"])
    check.that(summary["faults"]["count"] == 2 and summary["faults"]["time"] == 1 and summary["faults"]["zone"] == 1 and summary["faults"]["empty_text"] == 1, "faults are counted", summary["faults"])
    table = norn("signals", TWEETS, "--format", "csv", "--quiet")
    with open("out/analyzed_tweets.csv", "rb") as f:
        check.that(table.returncode == 0 and table.stdout == f.read(), "--format csv is the table")
    check.that(os.path.getsize("plot.svg") > 2000, "--plot is a chart")


def workers(check):
    for extra in ([], ["--point-in-time", "day", "--half-life", "6", "--engagement-weight", "--author-cap", "0.2"], ["--model", "vader"]):
        alone = signals(TWEETS, "--workers", "1", "--output", "one", *extra)
        for n in WORKERS:
            many = signals(TWEETS, "--workers", n, "--output", "many", *extra)
            same = all(open(f"one/{f}", "rb").read() == open(f"many/{f}", "rb").read() for f in FILES)
            check.that(many[1]["digest"] == alone[1]["digest"] and same, f"{n} workers: the same bytes in every file {extra}")
    other = signals(TWEETS, "--memory-limit", "256MiB")
    check.that(other[1]["digest"] == signals(TWEETS)[1]["digest"], "a memory limit changes nothing")


def formats(check):
    with open(TWEETS, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    for r in rows:
        r["hashtags"] = re.findall(r"'([^']*)'", r["hashtags"])
        for k in ("replies", "retweets", "likes", "views"):
            r[k] = json.loads(r[k]) if r[k] else None
    with open("t.jsonl", "w", encoding="utf-8") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    with open("t.json", "w", encoding="utf-8") as f:
        json.dump(rows, f, indent=1)
    with open(TWEETS, "rb") as f:
        raw = f.read()
    with gzip.open("t.csv.gz", "wb") as f:
        f.write(raw)
    first = signals("t.jsonl")
    check.that(signals("t.json")[1]["digest"] == first[1]["digest"], "lines and an array of JSON: the same digest")
    packed, plain, piped = signals("t.csv.gz"), signals(TWEETS), signals("-", input=raw)
    check.that(packed[1]["digest"] == plain[1]["digest"] == piped[1]["digest"], "packed, plain and piped CSV: the same digest")
    half = len(rows) // 2
    for name, part in (("a.jsonl", rows[:half]), ("b.jsonl", rows[half:])):
        with open(name, "w", encoding="utf-8") as f:
            f.writelines(json.dumps(r) + "\n" for r in part)
    check.that(signals("a.jsonl", "b.jsonl")[1]["digest"] == first[1]["digest"], "two files are one input")


def store(check):
    with open("t.jsonl", encoding="utf-8") as f:
        lines = f.readlines()
    with open("early.jsonl", "w", encoding="utf-8") as f:
        f.writelines(lines[:500])
    first = signals("early.jsonl", "--store", "kept")
    second = signals("t.jsonl", "--store", "kept")
    whole = signals("t.jsonl")
    ids = {json.loads(line)["tweet_id"] for line in lines}
    check.that(second[1]["n_ok"] == len(ids) and first[1]["stored"] + second[1]["stored"] == len(ids), "the store has each id once", second[1])
    check.that(second[1]["digest"] == whole[1]["digest"], "what was stored in two runs scores as one file does")
    again = signals("--store", "kept")
    check.that(again[1]["digest"] == whole[1]["digest"] and again[1]["stored"] == 0, "a store alone is analysed")
    signals("early.jsonl", "--store", "kept")
    with open("kept/scraping_metadata.json", encoding="utf-8") as f:
        last = json.load(f)["sessions"][-1]
    check.that(last["offered"] == last["duplicates"] == 500 and last["unique"] == 0 and last["duplicate_rate"] == 1, "what is known was offered", last)
    with open("kept/tweets_incremental.meta.json", encoding="utf-8") as f:
        meta = json.load(f)
    check.that(meta["count"] == len(ids) and meta["unique_users"] > 10 and meta["language_distribution"]["en"] == len(ids), "meta.json", meta)


def streams(check):
    with open("t.jsonl", "rb") as f:
        raw = f.read()
    done = norn("signals", "-", "--stream", "--quiet", input=raw)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    check.that(done.returncode == 0 and len(rows) == 900 and "signal_score" in rows[0], "a line for each tweet", done.stderr[-300:])
    child = subprocess.Popen([NORN, "signals", "-", "--stream", "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV)
    line = raw.splitlines()[0] + b"\n"
    child.stdin.write(line)
    child.stdin.flush()
    answer = child.stdout.readline()  # comes although the stream goes on
    check.that(json.loads(answer)["tweet_id"] == json.loads(line)["tweet_id"], "told while the stream is open")
    child.stdin.write(line[:20])
    child.stdin.flush()
    time.sleep(0.2)
    child.stdin.write(line[20:] + raw.splitlines()[1] + b"\n")
    child.stdin.close()
    rest = child.stdout.read()
    check.that(child.wait(60) == 0 and [json.loads(r)["tweet_id"] for r in rest.splitlines()] == [json.loads(raw.splitlines()[1])["tweet_id"]],
               "a line that comes in two pieces is one; an id is told once", rest)
    with open(TWEETS, "rb") as f:
        table = norn("signals", "-", "--stream", "--quiet", input=f.read())
    check.that(table.returncode == 0 and len(table.stdout.splitlines()) == len(rows), "CSV streams too", table.stderr[-300:])
    three = b"".join(json.dumps({"id": i, "text": f"a tweet {i}"}).encode() + b"\n" for i in (1, 2, 1))
    norn("signals", "-", "--stream", "--store", "flow", "--quiet", input=three[:three.index(b"\n") + 1])
    told = norn("signals", "-", "--stream", "--store", "flow", input=three + three)
    check.that(b"left out, already_stored: 4" in told.stderr and b"left out, duplicate_id: 1" in told.stderr and len(told.stdout.splitlines()) == 1,
               "a stream tells what it had itself from what the store had", told.stderr)
    with open("flow/scraping_metadata.json", encoding="utf-8") as f:
        flow = json.load(f)["sessions"]
    check.that(sum(x["offered"] for x in flow) == 7 and sum(x["duplicates"] for x in flow) == 5, "the store counts what a stream offers", flow)
    bad = norn("signals", "-", "--stream", "--output", "x", input=b"")
    check.that(bad.returncode == 2 and b"--output" in bad.stderr, "a stream has no folder", bad.stderr)


def hostile(check):
    write("big.csv", [[9999, "2025-01-01", "x" * (10 << 20), 0, 0, 0, 0, ""]] + some(30))
    body, summary = signals("big.csv")
    check.that(summary["n_ok"] == 31 and summary["faults"]["long_text"] == 1, "a text of 10 MB is scored, cut", summary)
    with open("odd.jsonl", "wb") as f:
        f.write(b'{"id":1,"text":"fine #x","likes":null,"views":-5}\n{"id":2,"text":null}\n{"id":3}\nnot json\n{"id":4,"text":"\\ud800 half"}\n'
                b'{"id":5,"text":"bytes \xff\xfe here"}\n{"id":6,"text":"</s> end <s>"}\n{"id":7,"text":"","likes":1e300}\n[1,2]\n{"id":1,"text":"again"}\n'
                b'{"id":8,"text":"x","likes":9007199254740993,"retweets":"12","timestamp":"31/31/2025"}\n')
    body, summary = signals("odd.jsonl")
    refused, faults = summary["refused"], summary["faults"]
    check.that(refused["syntax"] == 2 and refused["no_text"] == 2 and refused["duplicate_id"] == 1, "refusals of odd lines", refused)
    check.that(summary["n_ok"] == 6 and faults["utf8"] == 2 and faults["count"] >= 3 and faults["empty_text"] == 1, "faults of odd lines", faults)
    done = norn("signals", "odd.jsonl")
    check.that(b"odd.jsonl, line 4" in done.stderr and done.returncode == 4, "the first of each kind is named, and too many failed", done.stderr)
    for name, text in (("empty.csv", b""), ("head.csv", b"tweet_id,content\n"), ("none.jsonl", b'{"a":1}\n')):
        with open(name, "wb") as f:
            f.write(text)
        done = norn("signals", name)
        check.that(done.returncode == 3 and name.encode() in done.stderr, f"{name}: not usable, and said so", (done.returncode, done.stderr))
    with open("name.csv", "wb") as f:
        f.write(b"tweet_id,content,no\xff=te,timestamp\n1,hello buy,x,9999-12-31T23:59:59Z\n")
    table = norn("signals", "name.csv", "--format", "csv", "--quiet")
    check.that("no\ufffd=te" in table.stdout.decode("utf-8") and signals("name.csv")[1]["faults"]["time"] == 1, "a header that is no UTF-8; the last hour of all", table.stdout)
    write("two.csv", [[7, "2025-01-01T00:00:00+05:30", "same id", 0, 0, 0, 0, ""], [7, "2025-01-01T00:00:00Z", "same id again", 0, 0, 0, 0, ""]])
    check.that(signals("two.csv")[1]["n_ok"] == 1, "an id that comes again")


def wrong(check):
    for args, word in ((["--sample", "-1"], b"--sample"), (["--model", "nowhere"], b"nowhere"), (["--lexicon", TWEETS], b"VADER"), (["--half-life", "x"], b"--half-life"),
                       (["--text-col", "nothing"], b"nothing"), (["--format", "xlsx"], b"--format"), (["--delimiter", "ab"], b"--delimiter"),
                       (["--min-confidence", "2"], b"--min-confidence")):
        done = norn("signals", TWEETS, *args)
        check.that(done.returncode in (2, 3) and word in done.stderr and b"\n" in done.stderr, f"{' '.join(args[:1])}: wrong use is told", (done.returncode, done.stderr))
    for args, word in ((["--resume", "r"], b"--store"), (["--precision", "int8"], b"RoBERTa"), (["--hashtags", "-q"], b"--hashtags"), (["--bootstrap", "1"], b"bootstrap")):
        done = norn("signals", TWEETS, *args)
        check.that(done.returncode == 2 and word in done.stderr, f"{' '.join(args)}: refused", (done.returncode, done.stderr))
    norn("signals", TWEETS, "--quiet", "--items", "i.csv", "--out", "r.json")
    check.that(os.path.getsize("i.csv") > 10000, "--items is the table")
    with open("r.json", encoding="utf-8") as f:
        options = json.load(f)["metadata"]["options"]
    other = json.loads(signals(TWEETS, "--point-in-time", "hour", "--near-duplicates", "drop", "--no-include-tfidf")[0])["metadata"]["options"]
    check.that(options != other, "the report says what it was made with", options)
    done = norn("signals", "x.parquet")
    check.that(done.returncode == 3 and b"analyze_tweets" in done.stderr, "Parquet is Python's", done.stderr)
    done = norn("signals", "--hashtags", "nifty50", TWEETS)
    check.that(done.returncode == 2 and b"put the file first" in done.stderr, "a file behind --hashtags is told", done.stderr)
    done = norn("signals")
    check.that(done.returncode == 2, "nothing given is wrong use", done.stderr)


def samples(check):
    a, b = signals(TWEETS, "--sample", "100", "--seed", "3"), signals(TWEETS, "--sample", "100", "--seed", "3", "--workers", "3")
    c = signals(TWEETS, "--sample", "100", "--seed", "4")
    check.that(a[0] == b[0] and a[1]["n_ok"] == 100 and a[1]["digest"] != c[1]["digest"], "a sample is a seed's")
    write("copies.csv", [[i, f"2025-01-02T{i % 24:02d}:00:00Z", "strong breakout, buy the dip now", "", "", "", "", "alpha"] for i in range(60)])
    body = json.loads(signals("copies.csv", "--sample", "22")[0])["overall_market"]
    check.that(body["interval"]["lower"] is None and body["n_authors"] == 1 and body["signal_label"] == "HOLD", "copies by nobody known are one opinion, in a sample, too", body)


def texts(check):
    with open("r.csv", "w", encoding="utf-8") as f:
        f.write('id,review,label\na,"I love this, great",x\nb,"This is awful, I hate it",y\nc,,z\n')
    done = norn("text", "sentiment", "r.csv", "--text-col", "review", "--quiet")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    check.that(done.returncode == 0 and [r["label_norn"] for r in rows] == ["positive", "negative", "neutral"] and rows[0]["label"] == "x", "a label for each row",
               done.stdout)
    check.that(all(abs(sum(float(r[k]) for k in ("p_negative", "p_neutral", "p_positive")) - 1) < 1e-9 for r in rows), "probabilities sum to one")
    with open("r.jsonl", "w", encoding="utf-8") as f:
        f.write('{"text": "so happy :)", "n": [1, {"a": 2}]}\n{"text": "sad \\ud83d\\ude21"}\n')
    done = norn("text", "sentiment", "r.jsonl", "--model", "vader", "--quiet")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    check.that(rows[0]["n"] == [1, {"a": 2}] and rows[0]["label"] == "positive" and -1 <= rows[1]["score"] <= 1, "JSON keeps its members", done.stdout)
    with open("l.txt", "w", encoding="utf-8") as f:
        f.write("one two two\ntwo three\n")
    done = norn("text", "tfidf", "l.txt", "--input-format", "lines", "--terms", "v.csv", "--quiet")
    rows = list(csv.reader(io.StringIO(done.stdout.decode())))
    with open("v.csv", encoding="utf-8") as f:
        terms = list(csv.DictReader(f))
    check.that(rows[0] == ["row", "term", "value"] and len(rows) == 5 and [t["term"] for t in terms] == ["one", "three", "two"] and terms[2]["df"] == "2",
               "weights and vocabulary", (rows, terms))
    weights = {(r[0], r[1]): float(r[2]) for r in rows[1:]}
    check.that(abs(sum(v * v for (row, _), v in weights.items() if row == "1") - 1) < 1e-12, "rows have length one")
    done = norn("text", "tokenize", "l.txt", "--input-format", "lines", "--format", "json", "--quiet")
    check.that([json.loads(line)["tokens"] for line in done.stdout.splitlines()] == [["one", "two", "two"], ["two", "three"]], "tokens", done.stdout)
    done = norn("text", "tokenize", "-", "--quiet", "--format", "json", input=b"This is an example\nanother one\n")
    check.that(len(done.stdout.splitlines()) == 2, "one column without a known header is plain lines", done.stdout)
    done = norn("text", "sentiment", "-", "--quiet", "--model", "vader", input=b'text\n"  padded  "\n""\nb\n')
    check.that(done.stdout.decode().splitlines()[1].startswith('"  padded  ",') and len(done.stdout.splitlines()) == 4, "blanks and empty rows stay", done.stdout)
    for what in ("sentiment", "tfidf", "tokenize"):
        one = norn("text", what, TWEETS, "--workers", "1", "--quiet", "--summary", "a.json").stdout
        for n in WORKERS:
            check.that(norn("text", what, TWEETS, "--workers", n, "--quiet").stdout == one, f"text {what}: the same bytes with {n} workers")
    with open("q.csv", "w", encoding="utf-8") as f:
        f.write("key,said\n1,well\n")
    for args, word in ((["sentiment", "q.csv"], b"said"), (["sentiment", "q.csv", "--text-col", "nothing"], b"nothing"), (["tfidf", "l.txt", "--input-format", "lines", "--min-n", "3"], b"--min-n"), (["nothing", "r.csv"], b"sentiment"),
                       (["tokenize", "l.txt", "--input-format", "lines", "--vocabulary", "nowhere"], b"vocab.json")):
        done = norn("text", *args)
        check.that(done.returncode in (1, 2, 3) and word in done.stderr, f"text {args[0]}: wrong use is told", (done.returncode, done.stderr))


def test(check):
    for part in (outputs, workers, formats, store, streams, hostile, wrong, samples, texts):
        part(check)


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
