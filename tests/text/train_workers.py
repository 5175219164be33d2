#!/usr/bin/env python3
"""The trainer of the default model writes the same bytes at any number of workers: train_workers.py TRAINER"""
# SPDX-License-Identifier: Apache-2.0
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from tap import run_in_folder  # noqa: E402

SAID = [["bad", "awful", "sad", "not good", ":(", "broken"], ["monday", "report", "meeting", "http", "at 10:30", "room"],
        ["great", "love", "happy", ":)", "thanks", "good!!!"]]
FILLER = ["the", "a", "market", "today", "@user", "is", "and", "#nifty50", "we", "it"]


def tweets(seed, n):
    """Made-up tweets whose words say their label."""
    draw, out = random.Random(seed), []
    for _ in range(n):
        label = draw.choice([0, 1, 1, 2, 2])
        words = draw.choices(FILLER, k=draw.randint(1, 12)) + draw.choices(SAID[label], k=2)
        draw.shuffle(words)
        out.append(f"{label}\t{' '.join(words)}\n")
    return "".join(out)


def train(trainer, workers, name):
    got = subprocess.run([trainer, "train.tsv", "val.tsv", name, "steps=15", "keep=800", "folds=2"], capture_output=True, text=True,
                         env={**os.environ, "NORN_NUM_THREADS": str(workers)}, check=False)
    if got.returncode != 0:
        return b"", got.stderr
    with open(name, "rb") as f:
        return f.read(), got.stdout


def main():
    trainer = os.path.abspath(sys.argv[1])

    def test(check):
        for name, seed, n in (("train.tsv", 1, 3000), ("val.tsv", 2, 300)):
            with open(name, "w", encoding="utf-8") as f:
                f.write(tweets(seed, n))
        first, said = train(trainer, 1, "m1.bin")
        recall = [line for line in said.splitlines() if line.startswith("validation")]
        check.that(first[:8] == b"NORNTWM1", "a model is written", said)
        check.that(recall and float(recall[0].split("macro-recall ")[1].split()[0]) > 0.95, "it has learned what the words say", said)
        for workers in (2, 3, 7, 64):
            check.that(train(trainer, workers, "m.bin")[0] == first, f"{workers} workers write the bytes of one")
        with open("train.tsv", "a", encoding="utf-8") as f:
            f.write("3\tno label\n")
        check.that("a label 0, 1 or 2" in train(trainer, 1, "m.bin")[1], "a wrong label is refused")

    return run_in_folder(test)


if __name__ == "__main__":
    sys.exit(main())
