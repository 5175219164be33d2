"""Weights, groups, market and hours of scored tweets, plainly in numpy: the half of make_signals.py that aggregates."""
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np

OPTIONS = ["min_tweets", "min_confidence", "level", "replicates", "seed", "half_life_hours", "as_of", "engagement_weight", "author_cap", "offset"]
NO_TIME = -2**63
RUNS = [dict(zip(OPTIONS, row)) for row in (
    (20, 0.3, 0.95, 200, 0, 0.0, NO_TIME, 0, 1.0, 0),
    (3, 0.35, 0.8, 96, 5, 6.0, NO_TIME, 1, 0.2, 900000000),
    (3, 0.3, 0.9, 50, 7, 24.0, 1700000000000000 + 20 * 3600 * 10**6, 1, 0.02, -1800000000),
    (500, 0.3, 0.95, 64, 1, 0.0, NO_TIME, 0, 1.0, 0))]
HOUR = 3600 * 10**6
M32 = np.uint64(0xFFFFFFFF)


def philox(seed, item, blocks):
    """(blocks, 16) bytes of Philox4x32-10 with the counter (block, item) and the key seed; Salmon and others, SC 2011."""
    b = np.arange(blocks, dtype=np.uint64)
    word = lambda x: np.full(blocks, x, dtype=np.uint64)
    c = [b & M32, b >> np.uint64(32), word(item & 0xFFFFFFFF), word(item >> 32)]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), p1 & M32, (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), p0 & M32]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1).astype("<u4").view(np.uint8).reshape(blocks, 16)


def replicate_weights(seed, key, n):
    return np.searchsorted([94, 189, 235, 251, 255], philox(seed, key, (n + 15) // 16).ravel()[:n], side="right").astype(float)


def author_of(t, xxh):
    if t["user"]:
        return xxh(t["user"].encode()), t["user"]
    if t["id"]:
        return xxh(t["id"].encode()) ^ 0x9E3779B97F4A7C15, id(t)
    return xxh(t["text"].encode()) ^ 0xC2B2AE3D27D4EB4F, id(t)


def reach(t):
    likes, retweets, replies = (max(c, 0) for c in t["count"][:3])
    return 1 + math.log(1 + likes + 2 * retweets + replies)


def quantile99(x):
    return sorted(x)[math.ceil(0.99 * len(x) - 1e-9) - 1]


def weight(t, s, opt, now, cap):
    if s["confidence"] < opt["min_confidence"]:
        return 0.0
    w = s["confidence"]
    if opt["half_life_hours"]:
        w *= 0.0 if t["time"] is None else 0.5 ** ((now - t["time"]) / HOUR / opt["half_life_hours"])
    return w * min(reach(t), cap) if opt["engagement_weight"] else w


def capped(total, cap):
    """Authors' weights, none above cap of the whole: cuts by bisection; all alike where that cannot be."""
    x = np.array(total)
    if cap >= 1:
        return x
    if len(x) * cap <= 1:
        return np.full(len(x), x.min())
    lo, hi = 0.0, x.max()
    for _ in range(200):
        mid = (lo + hi) / 2
        lo, hi = (mid, hi) if mid <= cap * np.minimum(x, mid).sum() else (lo, mid)
    return np.minimum(x, lo) if x.max() > cap * x.sum() else x


def estimate(members, opt, xxh):
    """members: (tweet, score, weight). mean, n_eff, authors, lo, hi, se, sandwich; and the replicates' means."""
    nan = math.nan
    by = {}
    for t, s, w in members:
        if w > 0:
            by.setdefault(author_of(t, xxh), []).append((w, s["s"]))
    if not by:
        return [0.0, 0.0, 0, nan, nan, nan, nan], np.full(opt["replicates"], nan)
    w = np.array([sum(w for w, _ in x) for x in by.values()])
    cut = capped(w, opt["author_cap"]) / w
    ws = np.array([sum(w * s for w, s in x) for x in by.values()]) * cut
    ww = np.array([sum(w * w for w, _ in x) for x in by.values()]) * cut**2
    w = w * cut
    mean = ws.sum() / w.sum()
    out = [mean, w.sum() ** 2 / ww.sum(), len(w), nan, nan, nan, nan]
    if len(w) < 2:
        return out, np.full(opt["replicates"], nan)
    g = len(w)
    out[6] = math.sqrt(g / (g - 1) * ((ws - mean * w) ** 2).sum()) / w.sum()
    m = np.array([replicate_weights(opt["seed"], key, opt["replicates"]) for key, _ in by])
    with np.errstate(invalid="ignore"):
        means = (m * ws[:, None]).sum(axis=0) / (m * w[:, None]).sum(axis=0)
    known = means[~np.isnan(means)]
    if len(known) >= 2:
        tail = (1 - opt["level"]) / 2
        out[3:6] = [np.quantile(known, tail), np.quantile(known, 1 - tail), known.std(ddof=1)]
    return out, means


def label(s, confidence):
    return 2 if confidence < 0.4 else 4 if s >= 0.5 else 3 if s > 0.2 else 0 if s <= -0.5 else 1 if s < -0.2 else 2


def consensus(up, down, some):
    return 0 if not some else 5 if up > 0.7 else 4 if down > 0.7 else 3 if up > 0.5 else 2 if down > 0.5 else 1


def agree(up, down):
    b = (up - down) / (up + down) if up + down else 0.0
    return [math.log((1 + up) / (1 + down)), 1 - math.sqrt(1 - b * b)]


def group(members, opt, xxh):
    """Numbers in the order that the test reads, and the replicates."""
    est, means = estimate(members, opt, xxh)
    valid = [s for _, s, _ in members if s["confidence"] >= opt["min_confidence"]]
    every = [s for _, s, _ in members]
    mean = lambda name, of: sum(s[name] for s in of) / len(of) if of else 0.0
    share = lambda f: sum(f(s["s"]) for s in valid) / len(valid) if valid else 0.0
    up, down = share(lambda x: x > 0.2), share(lambda x: x < -0.2)
    conf = mean("confidence", valid)
    mood = [sum(s["mood"] == k for s in valid) for k in range(3)]
    times = [t["time"] for t, _, _ in members if t["time"] is not None] or [NO_TIME]
    known = lambda k: min(sum(max(t["count"][k], 0) for t, _, _ in members), 2**63 - 1)
    terms = {}
    for s in every:
        for w, x in s["top"]:
            terms[w] = terms.get(w, 0) + x
    top = sorted(terms.items(), key=lambda x: (-x[1], x[0]))[:10]
    numbers = [len(members), len(valid), min(times), max(times), *est, conf, label(est[0], conf), consensus(up, down, bool(valid)), up, down,
               mean("combined", valid), *mood, *[sum(s["label"] == k for s in every) for k in range(6)], mean("virality", every),
               known(0), known(1), known(2), sum(s["virality"] > 0.5 for s in every), mean("quality", valid), mean("base_confidence", valid),
               mean("virality", valid), *agree(mood[2], mood[0]), est[0] * conf]
    return numbers, [(w, x / len(members)) for w, x in top], means


def say(word, numbers):
    return word + " " + " ".join(str(x) if isinstance(x, int) else repr(float(x)) for x in numbers)


def market(groups, everyone, total, opt):
    """groups: (numbers, means) of the tags; everyone: of all tweets."""
    numbers, means = everyone
    if groups:
        n = np.array([g[0][0] for g in groups], dtype=float)
        s, c = np.array([g[0][4] for g in groups]), np.array([g[0][11] for g in groups])
        score, conf = (n * s).sum() / n.sum(), (n * c).sum() / n.sum()
        std = math.sqrt((n * (s - score) ** 2).sum() / n.sum())
        said = consensus(n[s > 0.2].sum() / n.sum(), n[s < -0.2].sum() / n.sum(), any(g[0][1] for g in groups))
        reps = sum(k * np.where(np.isnan(g[1]), g[0][4], g[1]) for k, g in zip(n, groups)) / n.sum()
        tail = (1 - opt["level"]) / 2
        lo, hi = np.quantile(reps, tail), np.quantile(reps, 1 - tail)
    else:
        score, conf, said, lo, hi = numbers[4], numbers[11], numbers[13], numbers[7], numbers[8]
        w = np.array([w for _, _, w in total])
        std = math.sqrt((w * (np.array([s["s"] for _, s, _ in total]) - score) ** 2).sum() / w.sum())
    named = {0: 4, 1: 2, 2: 1, 3: 3, 4: 5}[label(score, conf)]
    return [0 if conf < 0.4 else named, score, conf, lo, hi, said, std, numbers[0] - numbers[1], numbers[25],
            0 if std < 0.2 else 1 if std < 0.4 else 2, 2 if conf >= 0.7 else 1 if conf >= 0.5 else 0]


def hours(word, members, every, opt, xxh):
    """Rows of the buckets that hold tweets of `members`; `every` is what the caps and the first bucket are of."""
    at = lambda t: (t["time"] + opt["offset"]) // HOUR
    first, out, counts = min(at(t) for t, _, _ in every), [], {}
    for t, _, _ in members:
        counts[at(t)] = counts.get(at(t), 0) + 1
    for b in sorted(counts):
        end = (b + 1) * HOUR - opt["offset"]
        cap = quantile99([reach(t) for t, _, _ in every if at(t) <= b])
        inside = [(t, s, weight(t, s, opt, end, cap)) for t, s, _ in members if at(t) == b]
        valid = [s for _, s, _ in inside if s["confidence"] >= opt["min_confidence"]]
        est, _ = estimate(inside, opt, xxh)
        row = [est[1] if valid else 0.0, est[0], est[3], est[4], sum(s["confidence"] for s in valid) / max(len(valid), 1),
               *agree(sum(s["mood"] == 2 for s in valid), sum(s["mood"] == 0 for s in valid))] if valid else [0.0] + [math.nan] * 6
        past = [math.log(1 + counts.get(k, 0)) for k in range(max(first, b - 24), b)]
        sd = np.std(past, ddof=1) if len(past) >= 2 else 0.0
        z = (math.log(1 + len(inside)) - np.mean(past)) / sd if sd > 0 else math.nan
        out.append(say(word, [b * HOUR - opt["offset"], len(inside), len(valid), *row, z]))
    return out


def aggregate(tweets, scores, opt, xxh):
    asked = opt["as_of"] != NO_TIME
    pairs = [(t, s) for t, s in zip(tweets, scores) if not asked or (t["time"] is not None and t["time"] <= opt["as_of"])]
    now = opt["as_of"] if asked else max(t["time"] for t, _ in pairs if t["time"] is not None)
    cap = quantile99([reach(t) for t, _ in pairs])
    every = [(t, s, weight(t, s, opt, now, cap)) for t, s in pairs]
    tags = sorted({tag for t, _ in pairs for tag in t["tags"]})
    of = {tag: [m for m in every if tag in m[0]["tags"]] for tag in tags}
    groups, out = [], []
    for tag in (tag for tag in tags if len(of[tag]) >= opt["min_tweets"]):
        numbers, terms, means = group(of[tag], opt, xxh)
        groups.append((numbers, means))
        out += [say(f"group {tag}", numbers), f"trend\t{tag}" + "".join(f"\t{w}={x!r}" for w, x in terms)]
    numbers, terms, means = group(every, opt, xxh)
    out += [say("all", numbers), "trend\t" + "".join(f"\t{w}={float(x)!r}" for w, x in terms)]
    out.append(say("market", market(groups, (numbers, means), every, opt)))
    dated = [m for m in every if m[0]["time"] is not None]
    out += hours("hour", dated, dated, opt, xxh)
    for tag in (tag for tag in tags if len(of[tag]) >= opt["min_tweets"]):
        out += hours(f"row {tag}", [m for m in of[tag] if m[0]["time"] is not None], dated, opt, xxh)
    return out
