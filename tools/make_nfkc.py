#!/usr/bin/env python3
"""Writes src/text/nfkc_tables.h from the Python package unicodedata2 16.0.0 (Unicode 16.0.0)."""
# SPDX-License-Identifier: Apache-2.0
#
#     python3 -m venv DIR && DIR/bin/pip install unicodedata2==16.0.0 && DIR/bin/python tools/make_nfkc.py > src/text/nfkc_tables.h
import sys
import unicodedata2 as ud

if ud.unidata_version != "16.0.0":
    sys.exit(f"make_nfkc: unicodedata2 has Unicode {ud.unidata_version}, 16.0.0 is wanted")

HANGUL = range(0xAC00, 0xAC00 + 11172)  # by arithmetic
N = 0x110000
points = [c for c in range(N) if not 0xD800 <= c < 0xE000 and c not in HANGUL]

# Full compatibility decompositions, in runs of code points that have one; equal ones share their place in the pool.
decomposed = {c: tuple(map(ord, ud.normalize("NFKD", chr(c)))) for c in points}
decomposed = {c: d for c, d in decomposed.items() if d != (c,)}
pool, place = [], {}
text = ""
for d in sorted(set(decomposed.values()), key=lambda d: (-len(d), d)):
    s = "".join(map(chr, d))
    at = text.find(s)
    if at < 0:
        at = len(text)
        text += s
    place[d] = at
pool = [ord(c) for c in text]


def runs(keys, same=lambda a, b: True):
    out = []
    for c in sorted(keys):
        if out and c == out[-1][0] + out[-1][1] and same(out[-1][0], c):
            out[-1][1] += 1
        else:
            out.append([c, 1])
    return out


from_runs = runs(decomposed)
entries = [place[decomposed[c]] * 32 + len(decomposed[c]) for first, n in from_runs for c in range(first, first + n)]
assert max(len(d) for d in decomposed.values()) < 32 and len(pool) < 1 << 16

ccc = {c: ud.combining(chr(c)) for c in points}
ccc = {c: k for c, k in ccc.items() if k}
ccc_runs = runs(ccc, lambda a, b: ccc[a] == ccc[b])

# Primary composites: canonical decompositions of two that NFC does not take apart again.
pairs = []
for c in points:
    d = ud.decomposition(chr(c))
    if d and d[0] != "<" and " " in d:
        a, b = (int(x, 16) for x in d.split())
        if ud.normalize("NFC", chr(a) + chr(b)) == chr(c):
            pairs.append((a, b, c))
pairs.sort()

# What a quick look stops at: a decomposition, a class, or a second half of a composite (and Hangul's vowels and finals).
odd = {c for c in decomposed if ud.normalize("NFKC", chr(c)) != chr(c)} | set(ccc) | {b for _, b, _ in pairs}
odd |= set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
odd_runs = runs(odd)


def wrap(numbers):
    out, line = [], "   "
    for n in numbers:
        word = f" {n},"
        if len(line) + len(word) > 120:
            out.append(line)
            line = "   "
        line += word
    return "\n".join(out + [line]) + "\n"


def table(kind, name, numbers, says):
    return f"/* {says} */\nstatic const {kind} {name}[{len(numbers)}] = {{\n{wrap(numbers)}}};\n"


offsets, at = [], 0
for _, n in from_runs:
    offsets.append(at)
    at += n
sys.stdout.write("""/* Made by tools/make_nfkc.py: decompositions, combining classes and composites of Unicode 16.0.0. */
/* SPDX-License-Identifier: Apache-2.0 */
/* From the Python package unicodedata2 16.0.0, which holds the Unicode Character Database (Unicode License V3):
 *     pip install unicodedata2==16.0.0 && python tools/make_nfkc.py > src/text/nfkc_tables.h */
#ifndef NORNI_NFKC_TABLES_H
#define NORNI_NFKC_TABLES_H

#include <stdint.h>

/* clang-format off */
""")
out = sys.stdout.write
out(table("uint32_t", "from_first", [a for a, _ in from_runs], "Runs of code points that are taken apart: the first of each."))
out(table("uint16_t", "from_n", [n for _, n in from_runs], "How many."))
out(table("uint16_t", "from_entry", offsets, "The first one's entry."))
out(table("uint32_t", "entry", entries, "32 * place in the pool + length."))
out(table("uint32_t", "pool", pool, "Full compatibility decompositions."))
out(table("uint32_t", "class_first", [a for a, _ in ccc_runs], "Runs of one combining class that is not 0."))
out(table("uint16_t", "class_n", [n for _, n in ccc_runs], "How many."))
out(table("uint8_t", "class_of", [ccc[a] for a, _ in ccc_runs], "The class."))
out(table("uint32_t", "pair_first", [a for a, _, _ in pairs], "Two that become one, ascending; Hangul apart."))
out(table("uint32_t", "pair_second", [b for _, b, _ in pairs], "The second."))
out(table("uint32_t", "pair_to", [c for _, _, c in pairs], "The one."))
out(table("uint32_t", "odd_first", [a for a, _ in odd_runs], "Runs of what may not stay as it is, alone or behind another."))
out(table("uint16_t", "odd_n", [n for _, n in odd_runs], "How many."))
out("/* clang-format on */\n\n#endif\n")
