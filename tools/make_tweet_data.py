#!/usr/bin/env python3
"""Makes data/tweets.csv: made-up tweets about made-up days of a market, for the demo, tests and trials of `norn signals`.

Run: make_tweet_data.py OUT [--tweets 900] [--seed 20250918] [--clean]

The words come from the lists below; nobody wrote or sent any of these tweets. A mood that wanders decides which of them are chosen, so
that hours and tags differ. As real exports have them, some rows are wrong on purpose (not with --clean): ids that come again, texts
that are missing, counts below zero, a time that is no time, advertising that is sent again and again. Only Python's own Mersenne
twister is used: the bytes are the same everywhere.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import csv
import datetime
import random

TAGS = ["nifty50", "sensex", "banknifty", "intraday", "stockmarket", "midcap", "ironworks", "solarco"]
UP = ["{t} looks strong, breakout above {n} with volume", "Buy the dip in {t}, target {n} and support holds", "Great day for {t} \U0001F680 momentum is back",
      "{t} rally goes on, I am bullish here", "Nice gain in {t} today, booked profit at {n}", "Love this chart: {t} uptrend, higher lows, target hit {n}"]
DOWN = ["{t} is weak, breakdown below {n}, exit longs", "Terrible close in {t}, bears active, stop loss hit", "Sell {t} near {n}, resistance is heavy \U0001F621",
        "Red day again for {t}, I hate this crash", "{t} downtrend, do not buy yet", "Short {t} below {n}, momentum lost, big losses ahead"]
FLAT = ["{t} waits for levels, {n} is the pivot", "What do you think of {t} at {n}?", "{t}: watching {n}, no trade today", "Quiet session, {t} flat around {n}",
        "Shared my notes on {t}, again the same range", "{t} is not bullish, not bearish, just {n}"]
SPAM = ["Join our Telegram for free {t} calls, click the link http://t.co/x1", "Follow and subscribe, whatsapp channel link, free {t} tips"]
TAIL = ["", "", "", " #trading", " \U0001F4C8", " \U0001F4C9", " :)", " https://t.co/Ab12", " @desk", "!!", " $IRON", " ..."]


def rows(n, seed):
    rng = random.Random(seed)
    begin = datetime.datetime(2025, 9, 18, 3, 30, tzinfo=datetime.timezone.utc)
    mood, second = 0.0, 0
    for i in range(n):
        second += int(60 + rng.random() * 2400)
        mood = 0.97 * mood + 0.25 * (rng.random() - 0.5)
        kind = rng.random() + mood * 0.5
        tags = [TAGS[int(rng.random() ** 2 * len(TAGS))] for _ in range(1 + int(rng.random() * 2.2))]
        tags = list(dict.fromkeys(tags))
        lines = SPAM if rng.random() < 0.05 else UP if kind > 0.6 else DOWN if kind < 0.3 else FLAT
        text = lines[int(rng.random() * len(lines))].format(t="#" + tags[0], n=24000 + 50 * int(rng.random() * 40))
        text += TAIL[int(rng.random() * len(TAIL))] + "".join(" #" + t for t in tags[1:])
        reach = rng.random() ** 3
        likes = int(reach * 400)
        yield [f"19680{10000000 + 7919 * i}", (begin + datetime.timedelta(seconds=second)).isoformat(), f"desk{int(rng.random() ** 2 * 140)}", text,
               int(reach * 30 * rng.random()), int(reach * 120 * rng.random()), likes, likes * 18 + int(rng.random() * 900), "['" + "', '".join(tags) + "']", "en"]


def spoil(made):
    """What real exports have: faults of every kind, each with its place."""
    n = len(made)
    for k in (n // 9, n // 5, n // 3):
        made.append(list(made[k]))  # an id that comes again
    made[n // 7][3] = ""
    made[n // 6][7] = ""
    made[n // 4][6] = "-12"
    made[n // 2][5] = "12.5"
    made[n // 2 + 3][1] = "yesterday"
    made[n // 2 + 5][1] = made[n // 2 + 5][1].replace("+00:00", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--tweets", type=int, default=900)
    parser.add_argument("--seed", type=int, default=20250918)
    parser.add_argument("--clean", action="store_true")
    args = parser.parse_args()
    made = list(rows(args.tweets, args.seed))
    if not args.clean:
        spoil(made)
    with open(args.out, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["tweet_id", "timestamp", "username", "content", "replies", "retweets", "likes", "views", "hashtags", "detected_language"])
        out.writerows(made)


if __name__ == "__main__":
    main()
