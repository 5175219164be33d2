#!/usr/bin/env python3
"""Writes the lexicons as C: gen_lexicon.py data/lexicons/vader.tsv data/lexicons/emoji.tsv OUT.h

Words, each with its valence; emoji are ascending code points, each with its description.
"""
# SPDX-License-Identifier: Apache-2.0
import sys


def read(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f]


def c_text(text):
    """A C string literal; bytes beyond ASCII in octal, so that no digit behind them is taken along."""
    return '"' + "".join(f"\\{b:03o}" if b < 32 or b > 126 or b in b'"\\?' else chr(b) for b in text.encode("utf-8")) + '"'


def table(kind, name, values):
    values = [str(v) for v in values]
    return f"static const {kind} {name}[{len(values)}] = {{\n" + "".join(f"    {', '.join(values[i:i + 12])},\n" for i in range(0, len(values), 12)) + "};\n"


def main():
    words, emoji = read(sys.argv[1]), read(sys.argv[2])
    with open(sys.argv[3], "w", encoding="ascii") as f:
        f.write("/* Made by tools/gen_lexicon.py. */\n/* SPDX-License-Identifier: MIT */\n#include <stdint.h>\n")
        f.write(f"enum {{ N_WORDS = {len(words)}, N_EMOJI = {len(emoji)} }};\n")
        f.write(table("char *const", "word_text", [c_text(w) for w, _ in words]))
        f.write(table("double", "word_valence", [v for _, v in words]))
        f.write(table("uint32_t", "emoji_code", [ord(e) for e, _ in emoji]))
        f.write(table("char *const", "emoji_text", [c_text(d) for _, d in emoji]))


main()
