#!/usr/bin/env python3
"""Signals of made-up tweets, plainly in numpy from the formulas: writes tests/fixtures/signals_twin.txt."""
# SPDX-License-Identifier: Apache-2.0
# make_signals.py > signals_twin.txt, with Python 3.11.2, numpy 2.4.6, xxhash 4.1.0 (hashes of names that key the bootstrap). Rows:
#   tweet id user time likes retweets replies views tags p0 p1 p2 score label text     (tab-separated; "-": none)
#   signal index numbers…, in the order of SIGNAL; terms index term=score…
#   run number options… ; group tag numbers…, market numbers…, hour begin numbers…, row tag begin numbers…: of the run before
import math
import re
import sys

import numpy as np
import xxhash

import signals_weights as weights

MOST = 2**53
BULLISH = """bullish bull rally surge breakout uptrend momentum strong buy long calls green profit gain positive support target_hit target_achieved book_profit strength
 nifty_up sensex_up market_up bulls_active""".split()
BEARISH = """bearish bear crash dump breakdown downtrend weak resistance sell short puts red loss losses negative fall stop_loss sl_hit weakness exit nifty_down
 sensex_down market_down bears_active""".split()
SIDE = {tuple(w.split("_")): 1 for w in BULLISH} | {tuple(w.split("_")): -1 for w in BEARISH}
SPAM = set("join telegram dm subscribe link whatsapp channel click follow free".split())
TECHNICAL = set("breakout breakdown support resistance target levels rsi macd analysis chart pattern".split()) | {"stop loss"}
STOPS = {"the", "is", "not", "on", "up", "down"}  # those of the English list that stand in the texts below
FILL = "index options traders watch volume close open week month sector banks metals autos data earnings chart levels target rsi".split()
NOISE = "the is on".split()


class Draws:
    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return (self.state >> 33) % n


def made_text(d, k):
    if k % 29 == 7:
        return "" if k % 2 else "!!! ..."
    words = [FILL[d.below(len(FILL))] if d.below(4) else NOISE[d.below(3)] for _ in range(3 + d.below(9))]
    for _ in range(d.below(4)):
        side = BULLISH if d.below(3) else BEARISH
        words.insert(d.below(len(words)), side[d.below(len(side))].replace("_", " "))
    if k % 13 == 3:
        words.append("#Bullish")
    if k % 17 == 5:
        words += ["join", "telegram", "free"]
    if k % 19 == 2:
        words += ["@friend", "https://x.example/a1", "42"]
    if k % 11 == 4:
        words += ["not", ("buy", "bearish")[k % 2]]
    return " ".join(words)


def made_counts(d, k):
    odd = {3: (0, 7, 0, 100), 8: (-1, -1, -1, -1), 15: (MOST, MOST, MOST, MOST), 22: (5, 1, 2, 0), 31: (10, -1, 3, -1), 40: (-1, 12, -1, 900),
           47: (0, 0, 0, 0), 55: (-5, -7, -9, -11), 61: (100, 50, 10, 5000), 70: (MOST, 1, 0, 1), 77: (0, 0, 4, 3)}
    if k in odd:
        return odd[k]
    likes = d.below(400) ** 2 // (1 + d.below(900))
    return likes, likes * d.below(10) // 12, d.below(12), 20 + likes * (5 + d.below(60))


def made_tweets():
    d, out = Draws(11), []
    tags = ["alpha", "beta", "gamma", "delta", "rare"]
    for k in range(160):
        p = np.array([1 + d.below(50), 1 + d.below(80), 1 + d.below(90)], dtype=float)
        p /= p.sum()
        text = made_text(d, k)
        has = [t for j, t in enumerate(tags[:4]) if d.below(3 + j) == 0] + (["rare"] if k in (9, 90) else [])
        out.append({"id": str(7000 + (k * 37) % 160) if k % 23 else "", "user": f"user{d.below(30) ** 2 // 30}" if k % 5 else "",
                    "time": 1700000000000000 + d.below(40 * 3600) * 10**6 if k % 31 else None, "count": made_counts(d, k), "tags": has,
                    "p": p, "score": float(p[2] - p[0]), "label": int(np.argmax(p)), "text": text})
    return out


def hits_of(words):
    """(bullish, bearish, words in a hit); the longest phrase at each word; a "not" before it turns it round."""
    bare = [w.lstrip("#$").lower() for w in words]
    up = down = inside = k = 0
    while k < len(bare):
        n = next((n for n in (2, 1) if tuple(bare[k:k + n]) in SIDE and k + n <= len(bare)), 0)
        if n:
            side = SIDE[tuple(bare[k:k + n])] * (-1 if k and bare[k - 1] == "not" else 1)
            up, down, inside = up + (side > 0), down + (side < 0), inside + n
        k += n or 1
    return up, down, inside


def tfidf(texts):
    """Terms, and of each text {term: weight}."""
    rows = []
    for t in texts:
        words = [w for w in re.findall(r"\b[a-z]{2,}\b", t.lower()) if w not in STOPS]
        rows.append(words + [" ".join(p) for p in zip(words, words[1:])])
    df, tf = {}, {}
    for row in rows:
        for w in row:
            tf[w] = tf.get(w, 0) + 1
        for w in set(row):
            df[w] = df.get(w, 0) + 1
    n = len(texts)
    kept = sorted(sorted(w for w in df if 2 <= df[w] <= 0.8 * n), key=lambda w: -tf[w])[:1000]
    idf = {w: math.log((1 + n) / (1 + df[w])) + 1 for w in kept}
    out = []
    for row in rows:
        x = {w: row.count(w) * idf[w] for w in sorted(set(row)) if w in idf}
        norm = math.sqrt(sum(v * v for v in x.values()))
        out.append({w: v / norm for w, v in x.items()})
    return out


def clip(x):
    return min(max(x, -1.0), 1.0)


def engage(count):
    likes, retweets, replies, views = (float(c) if c > 0 else 0.0 for c in count)
    total = likes + retweets + replies
    share = lambda a, b: a / b if b > 0 else 0.0
    rate, viral, reply, like = share(total, views) * 1000, share(retweets, likes), share(replies, total), share(likes, views)
    score = (0.3 * min(rate / 50, 1) + 0.5 * min(viral / 0.5, 1) + 0.3 * reply + 0.2 * min(like / 0.05, 1)) / 1.3
    return [total, rate, viral, reply, like, score]


def label_of(s, confidence):
    if confidence < 0.3:
        return 5, 0
    label = 4 if s >= 0.5 else 3 if s > 0.2 else 0 if s <= -0.5 else 1 if s < -0.2 else 2
    return label, 3 if abs(s) >= 0.5 else 1 if abs(s) <= 0.2 else 2


def score(t, row):
    """One tweet; names as in SIGNAL."""
    empty = t["text"].strip() == ""
    words = [w for w in t["text"].split() if re.match(r"[#$]?\w", w) and not w.startswith("http")]
    up, down, inside = hits_of(words)
    s = {"n_bullish": up, "n_bearish": down, "base": 0.0 if empty else t["score"], "base_confidence": 0.0 if empty else max(t["p"])}
    s["boost"] = clip((up - down) / 3) * 0.3
    s["combined"] = clip(s["base"] + s["boost"])
    s["mood"] = 2 if s["combined"] > 0.1 else 0 if s["combined"] < -0.1 else 1
    for name, x in zip(("engagement", "rate", "viral", "reply", "like", "virality"), engage(t["count"])):
        s[name] = x
    s["density"] = inside / len(words) if words else 0.0
    s["n_features"], s["top"] = len(row), sorted(row.items(), key=lambda x: (-x[1], x[0]))[:10]
    top = {w for w, _ in s["top"]}
    q = min(10 * s["density"], 1.0) * (0.3 if top & SPAM else 1)
    s["quality"] = min(q * 1.3, 1.0) if top & TECHNICAL else q
    s["confidence"] = 0.0 if empty else 0.4 * s["quality"] + 0.3 * s["base_confidence"] + 0.3 * s["virality"]
    s["base_signal"] = s["combined"] * (0.5 + 0.5 * s["virality"])
    s["s"] = s["base_signal"] * s["confidence"]
    s["lo"], s["hi"] = clip(s["s"] - (1 - s["confidence"]) * 0.5), clip(s["s"] + (1 - s["confidence"]) * 0.5)
    s["label"], s["strength"] = label_of(s["s"], s["confidence"])
    return s


SIGNAL = """n_bullish n_bearish base base_confidence boost combined mood engagement rate viral reply like virality density n_features quality confidence
 base_signal s lo hi label strength""".split()


def text_of(x):
    return "nan" if isinstance(x, float) and math.isnan(x) else repr(float(x))


def main():
    tweets = made_tweets()
    out = sys.stdout
    out.write("# Made by tests/oracle/make_signals.py\n")
    rows = tfidf([t["text"] for t in tweets])
    for t in tweets:
        cells = [t["id"] or "-", t["user"] or "-", "-" if t["time"] is None else t["time"], *t["count"], ",".join(t["tags"]) or "-",
                 *map(text_of, t["p"]), text_of(t["score"]), t["label"], t["text"] or "-"]
        out.write("tweet\t" + "\t".join(map(str, cells)) + "\n")
    scores = [score(t, row) for t, row in zip(tweets, rows)]
    for k, s in enumerate(scores):
        out.write(f"signal {k} " + " ".join(text_of(s[name]) for name in SIGNAL) + "\n")
        out.write(f"terms\t{k}" + "".join(f"\t{w}={text_of(x)}" for w, x in s["top"]) + "\n")
    for number, opt in enumerate(weights.RUNS):
        out.write(f"run {number} " + " ".join(str(opt[name]) for name in weights.OPTIONS) + "\n")
        for line in weights.aggregate(tweets, scores, opt, lambda b: xxhash.xxh3_64_intdigest(b)):
            out.write(line + "\n")


if __name__ == "__main__":
    main()
