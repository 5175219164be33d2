#!/usr/bin/env python3
"""POST /v1/signals and /v1/text/…: bodies of every kind, answers of every kind, progress, what is wrong with its line, and what no request may name."""
# SPDX-License-Identifier: Apache-2.0
import csv
import io
import json
import random

import serve_kit

MOODS = ("breakout with volume, strong buy", "weak close, I sell", "not bullish any more", "quiet day, waiting for levels", "rally, targets hit")
LINES = {"Content-Type": "application/x-ndjson"}
TEXTS = ("sentiment", "tfidf", "tokenize")


def tweets(n=60, seed=1):
    rng = random.Random(seed)
    return [{"tweet_id": str(100 + i), "username": f"u{i % 13}", "timestamp": f"2025-10-0{1 + i % 5}T{i % 24:02d}:15:00Z",
             "content": f"{rng.choice(MOODS)} {rng.randrange(1000)}", "likes": rng.randrange(90), "retweets": rng.randrange(40),
             "replies": rng.randrange(9), "views": None if i % 7 == 0 else 500 + i, "hashtags": ["nifty50", "sensex"][:1 + i % 2]} for i in range(n)]


def as_csv(rows):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(rows[0])
    for r in rows:
        w.writerow([json.dumps(v) if isinstance(v, list) else "" if v is None else v for v in r.values()])
    return out.getvalue()


def as_lines(rows):
    return "".join(json.dumps(r) + "\n" for r in rows).encode()


def digest(answer):
    return json.loads(answer[2])["summary"]["digest"] if answer[0] == 200 else answer


def bodies(check, s):
    rows = tweets()
    first = s.csv("/v1/signals?min-tweets=5", as_csv(rows))
    check.that(first[0] == 200 and first[1]["content-type"] == "application/json", "a CSV body", first)
    whole = json.loads(first[2])
    found, want = whole["result"], whole["summary"]["digest"]
    check.that(whole["summary"]["n_items"] == 60 and set(found) >= {"metadata", "overall_market", "hashtags", "summary"} and
               set(found["hashtags"]) == {"nifty50", "sensex"} and found["overall_market"]["total_tweets"] == 60, "the report", whole)
    columns = {k: [r[k] for r in rows] for k in rows[0]}
    post = "/v1/signals?min-tweets=5"
    for name, got in (
            ("lines of JSON", s.ask("POST", post, as_lines(rows), LINES)),
            ("lines called application/jsonl", s.ask("POST", post, as_lines(rows), {"Content-Type": "application/jsonl; charset=utf-8"})),
            ("an array", s.ask("POST", post, json.dumps(rows).encode(), {"Content-Type": "application/json"})),
            ("a large array", s.ask("POST", post, (json.dumps(rows) + " " * 100000).encode(), {"Content-Type": "application/json"})),
            ("rows of JSON with lists and null", s.json("/v1/signals", {"data": rows, "params": {"min-tweets": 5}})),
            ("columns of JSON", s.json("/v1/signals", {"data": columns, "params": {"min_tweets": 5}})),
            ("multipart with params", s.form("/v1/signals", [("file", as_csv(rows).encode(), "t.csv"), ("params", json.dumps({"min_tweets": 5}))])),
            ("multipart, lines", s.form("/v1/signals", [("file", as_lines(rows), "t.jsonl"), ("params", json.dumps({"min_tweets": 5}))]))):
        check.that(digest(got) == want, name + ": the same digest", got)
    told = s.form("/v1/signals", [("file", as_csv(rows).encode(), "t.csv"), ("params", json.dumps({"min_tweets": 5, "hashtags": ["#Nifty50", "none"]}))])
    check.that(told[0] == 200 and digest(told) == want and json.loads(told[2])["result"]["metadata"]["input_file"] == "t.csv", "a list of tags", told)
    table = s.csv(post, as_csv(rows), Accept="text/csv")
    got = list(csv.DictReader(io.StringIO(table[2].decode())))
    check.that(table[0] == 200 and table[1]["content-type"].startswith("text/csv") and len(got) == 60 and
               json.loads(got[1]["hashtags"]) == ["nifty50", "sensex"] and got[0]["views"] == "", "Accept: text/csv is the table of tweets", table)


def texts(check, s):
    rows = tweets(20)
    for name in TEXTS:
        path = "/v1/text/" + name
        one = s.csv(path, as_csv(rows))
        body = json.loads(one[2])
        check.that(one[0] == 200 and isinstance(body["result"], list) and len(body["result"]) == 20, name + ": a list of rows", one)
        lines = s.ask("POST", path, as_lines(rows), {**LINES, "Accept": "application/x-ndjson"})
        answer = [json.loads(x) for x in lines[2].decode().splitlines()]
        check.that(lines[0] == 200 and lines[1]["content-type"] == "application/x-ndjson" and len(answer) == 20, name + ": lines for lines", lines)
        again = s.ask("POST", path, json.dumps(rows).encode(), {"Content-Type": "application/json"})
        check.that(again[0] == 200 and json.loads(again[2])["result"] == answer, name + ": an array, the same rows", again)
        nested = s.json(path, {"data": rows})
        check.that(nested[0] == 200 and len(json.loads(nested[2])["result"]) == 20, name + ": rows with lists and null", nested)
        table = s.csv(path, as_csv(rows), Accept="text/csv")
        check.that(table[0] == 200 and len(list(csv.reader(io.StringIO(table[2].decode())))) > 20, name + ": Accept: text/csv", table)
    mood = json.loads(s.csv("/v1/text/sentiment?model=vader", "text\nI love it\nI hate it\n")[2])["result"]
    check.that([r["label"] for r in mood] == ["positive", "negative"], "VADER on request", mood)
    odd = s.csv("/v1/text/tokenize", 'text\n"two\nlines, a ""quote"" and \\n"\n')
    check.that(odd[0] == 200 and len(json.loads(odd[2])["result"]) == 1, "ends of lines in a text stay in it", odd)


def wrong(check, s):
    rows = tweets()
    good = as_csv(rows)
    for name, path, status, word in (
            ("a folder as the model", "/v1/signals?model=/etc", 400, "folder"),
            ("a folder as the model of texts", "/v1/text/sentiment?model=.", 400, "folder"),
            ("a lexicon of the server's", "/v1/signals?model=vader&lexicon=/etc/passwd", 400, "lexicon"),
            ("a folder for the answers", "/v1/signals?output=/tmp/x", 400, "output"),
            ("a store of the server's", "/v1/signals?store=/tmp/x", 400, "store"),
            ("a stream", "/v1/signals?stream=true", 400, "stream"),
            ("a vocabulary of the server's", "/v1/text/tokenize?vocabulary=/etc", 400, "vocabulary"),
            ("terms into a file", "/v1/text/tfidf?terms=/tmp/x", 400, "terms"),
            ("an unknown parameter", "/v1/signals?moddel=vader", 400, "model"),
            ("half a replicate", "/v1/signals?bootstrap=0.5", 400, "bootstrap")):
        code, head, body = s.csv(path, good)
        check.that(code == status and head["content-type"] == "application/problem+json" and word in json.loads(body)["detail"], name, (code, body))
    for name, path, body, kind, status, word in (
            ("no column of text", "/v1/signals", b"a,b\n1,2\n", "text/csv", 422, "column of text"),
            ("a column that is not there", "/v1/text/sentiment?text-col=nope", b"a,b\n1,2\n", "text/csv", 422, "nope"),
            ("an array that breaks off", "/v1/signals", b'[{"content":"x"},{"content":}]', "application/json", 422, "element 2"),
            ("an object that is no request", "/v1/signals", b'{"content":"x"}', "application/json", 400, "content"),
            ("nothing usable", "/v1/signals", b'{"a":1}\n{"b":2}\n', "application/x-ndjson", 422, "no_text"),
            ("a broken line of texts", "/v1/text/sentiment", b'{"text":"x"}\n{"text":\n', "application/x-ndjson", 422, "line 2")):
        code, head, answer = s.ask("POST", path, body, {"Content-Type": kind})
        check.that(code == status and head["content-type"] == "application/problem+json" and word in answer.decode(), name, (code, answer))
    some = s.ask("POST", "/v1/signals?min-tweets=1", b'{"content":"good day"}\n{"content":\n{"content":"bad day"}\n', LINES)
    told = json.loads(some[2])["summary"]
    check.that(some[0] == 200 and told["n_ok"] == 2 and told["n_failed"] == 1 and "line 2" in json.dumps(told["failures"]),
               "a bad line among good ones is counted, with its line", some)


def hostile(check, s):
    post = "/v1/signals?min-tweets=1"
    long = s.ask("POST", post, b"content\n" + b"bull " * 2000000 + b"\nfine day\n", {"Content-Type": "text/csv"})
    check.that(long[0] == 200 and json.loads(long[2])["summary"]["n_ok"] == 2, "a line of 10 MB", long)
    longer = s.ask("POST", post, b"content\n" + b"bull " * 4000000 + b"\nfine day\n", {"Content-Type": "text/csv"})
    check.that(longer[0] == 200 and json.loads(longer[2])["summary"]["n_failed"] == 1, "a line of 20 MB is left out, and counted", longer)
    bad = s.ask("POST", post, b"content\n\xff\xfe bull \xc0\xaf\n", {"Content-Type": "text/csv", "Accept": "text/csv"})
    check.that(bad[0] == 200 and "\ufffd" in bad[2].decode("utf-8"), "bytes that are no UTF-8 are mended", bad)
    half = s.ask("POST", post, b'{"content":"half \\ud83d a pair"}\n', {**LINES, "Accept": "text/csv"})
    check.that(half[0] == 200 and "half \ufffd a pair" in half[2].decode("utf-8"), "half a surrogate pair", half)
    deep = s.ask("POST", post, b'[{"content":"x","a":' + b"[" * 5000 + b"]" * 5000 + b"}]", {"Content-Type": "application/json"})
    check.that(deep[0] in (200, 400, 422), "5,000 brackets deep", deep)
    check.that(s.csv(post, as_csv(tweets()))[0] == 200, "the next one is served")


def events(check, s):
    got = s.csv("/v1/signals?min-tweets=5", as_csv(tweets()), Prefer="respond-async")
    job = json.loads(got[2])["id"]
    told = s.follow(f"/v1/jobs/{job}/events").all()
    names = [e[0] for e in told]
    items = [e[2] for e in told if e[0] == "item"]
    stages = {e[2].get("stage") for e in told if e[0] == "progress"}
    check.that(names[0] == "connected" and names[-1] == "complete", "events: connected … complete", names)
    check.that({i["id"] for i in items} == {"nifty50", "sensex"} and all(-1 <= i["signal_score"] <= 1 and i["tweet_count"] > 0 for i in items),
               "each tag is an event with its signal", items)
    check.that({"reading", "sentiment", "terms", "signals", "aggregating"} <= stages, "with the stages", stages)
    whole = json.loads(s.get("/v1/jobs/" + job)[2])
    check.that(whole["status"] == "done" and whole["result"]["result"]["overall_market"]["total_tweets"] == 60, "the job holds the report", whole)


def test(check, norn, folder):
    s = serve_kit.Server(norn, folder)
    for part in (bodies, texts, wrong, hostile, events):
        part(check, s)
    check.that(s.stop() == 0, "the server ends")


if __name__ == "__main__":
    serve_kit.main(test)
