#!/usr/bin/env python3
"""Writes the stop words as C: gen_stop_words.py data/stop_words/english.txt OUT.h

One string, the words ascending and parted by blanks, and how many they are.
"""
# SPDX-License-Identifier: Apache-2.0
import sys


def main():
    with open(sys.argv[1], encoding="ascii") as f:
        words = sorted(set(f.read().split()))
    assert all(w.isalpha() and w.islower() for w in words)
    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write("/* Made by tools/gen_stop_words.py. */\n/* SPDX-License-Identifier: BSD-3-Clause */\n")
        f.write(f"enum {{ N_STOP_WORDS = {len(words)} }};\nstatic const char stop_words[] =\n")
        lines = [" ".join(words[k:k + 12]) for k in range(0, len(words), 12)]
        f.write("\n".join(f'    "{line}{" " if k + 1 < len(lines) else ""}"' for k, line in enumerate(lines)) + ";\n")


main()
