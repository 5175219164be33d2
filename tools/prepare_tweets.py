#!/usr/bin/env python3
"""Makes the trainer's two files: prepare_tweets.py SEMEVAL_DIR TWEETEVAL_DIR OUT_DIR

SEMEVAL_DIR holds SemEval-2017 task 4A's twitter-*-A.tsv (id, label, text), TWEETEVAL_DIR TweetEval's val_text.txt and val_labels.txt. Written are
OUT_DIR/train.tsv and val.tsv: label (0 negative, 1 neutral, 2 positive), a tab, the text, one tweet a line, in the order of the input. The sarcasm
file is left out (no part of TweetEval). A tweet whose letters and digits, without mentions and links, are those of a validation tweet or of an
earlier tweet is left out: what remains is TweetEval's training set to a few tweets. TweetEval's test set is not asked for and not used.
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import html
import os
import re
import sys

FILES = ["2013dev", "2013test", "2013train", "2014test", "2015test", "2015train", "2016dev", "2016devtest", "2016test", "2016train"]
LABELS = {"negative": 0, "neutral": 1, "positive": 2}


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        return [line.rstrip("\r\n") for line in f]


def decoded(text):
    """The files of 2016 write characters as \\uXXXX and quotes twice."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m.group(1), 16)), text).replace('""', '"')


def same(text):
    """What two copies of a tweet share, however its links, mentions, quotes and entities were written."""
    text = re.sub(r"\\u[0-9a-fA-F]{4}", "", text)
    text = re.sub(r"@\w+", "", text)
    text = re.sub(r"https?\S*|\S*\.\S*/\S*|\S*\.com\S*", "", text)
    return re.sub(r"[^a-z0-9]", "", re.sub(r"[^\x00-\x7f]", "", html.unescape(html.unescape(text))).lower())


def as_tweeteval(text):
    """Users and links as TweetEval has them, and no surrogates, tabs or line ends."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    words = re.sub(r"[\t\r\n]", " ", text).split(" ")
    return " ".join("@user" if len(w) > 1 and w[0] == "@" else "http" if w.startswith("http") else w for w in words)


def write(path, rows):
    data = "".join(f"{label}\t{as_tweeteval(text)}\n" for label, text in rows).encode()
    with open(path, "wb") as f:
        f.write(data)
    print(f"{path}: {len(rows)} tweets, sha256 {hashlib.sha256(data).hexdigest()}")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    semeval, tweeteval, out = sys.argv[1:]
    val = list(zip(map(int, lines(os.path.join(tweeteval, "val_labels.txt"))), lines(os.path.join(tweeteval, "val_text.txt"))))
    seen, train = {same(text) for _, text in val}, []
    for name in FILES:
        for line in lines(os.path.join(semeval, f"twitter-{name}-A.tsv")):
            part = line.split("\t")
            text = decoded(part[2]) if name.startswith("2016") else part[2]
            key = same(text)
            if key not in seen:
                seen.add(key)
                train.append((LABELS[part[1]], text))
    write(os.path.join(out, "train.tsv"), train)
    write(os.path.join(out, "val.tsv"), val)


if __name__ == "__main__":
    main()
