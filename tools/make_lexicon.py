#!/usr/bin/env python3
"""Makes data/lexicons/{vader,emoji}.tsv from VADER's published lexicons: words with their mean valence, code points with their description.

    tools/make_lexicon.py vader_lexicon.txt vader_emoji_utf8_lexicon.txt data/lexicons

Of a word that stands there twice the later valence holds, as in the reference implementation. Emoji of several code points are left out: it looks at
one at a time and never finds them.
"""
# SPDX-License-Identifier: Apache-2.0
import sys


def rows(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    found = {}
    for line in text.rstrip("\n").split("\n"):
        if line.strip():
            key, value = line.strip().split("\t")[:2]
            found[key] = value
    return found


def main():
    words, emoji, folder = sys.argv[1:]
    with open(folder + "/vader.tsv", "w", encoding="utf-8") as f:
        for word, valence in sorted(rows(words).items()):
            f.write(f"{word}\t{float(valence):g}\n")
    with open(folder + "/emoji.tsv", "w", encoding="utf-8") as f:
        for text, description in sorted(rows(emoji).items()):
            if len(text) == 1:
                f.write(f"{text}\t{description}\n")


main()
