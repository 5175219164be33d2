"""Makes tests/fixtures/bpe_{vocab.json,merges.txt,ids.txt} and unicode_lower.txt: a small byte-pair encoding, and what Hugging Face's tokenizers and Python make of texts.

Needs RoBERTa's vocab.json and merges.txt (MIT), and a list of texts of your own may follow for more seeds:
    pip install tokenizers==0.23.3
    python tests/oracle/text_fixtures.py ../shared/data/tokenizer/roberta_vocab.json ../shared/data/tokenizer/roberta_merges.txt tests/fixtures
With a fourth argument N it makes nothing, but prints N random texts in hexadecimal and RoBERTa's ids: what test_bpe reads with NORN_BPE (vocab.json, merges.txt and ids.txt in one folder).
"""
# SPDX-License-Identifier: Apache-2.0
import json
import random
import sys

import tokenizers

MERGES = 1500
PARTS = [" ", "  ", "\n", "\t", "'s", "'ll", "'re", "'", "'S", "a", "the", " the", "1", "22", "!", "...", "\u00a0", "\u2003", "\u3000", "\u00e9", "e\u0301", "\u2019s",
         "don't", "$AAPL", "#x", "\r\n", "</s>", "<s>", "\u00bd", "\u0661", "\U0001f680", "\u200d", "\x1c", "\x85"]


def text(r):
    kind = r.random()
    if kind < 0.3:
        return "".join(chr(r.choice([r.randrange(0x20, 0x7f), r.randrange(0x20, 0x3000), r.randrange(0x1f300, 0x1fa00)])) for _ in range(r.randrange(1, 30)))
    if kind < 0.5:
        return "".join(chr(c) for c in (r.randrange(0x110000) for _ in range(r.randrange(1, 12))) if not 0xd800 <= c < 0xe000)
    if kind < 0.55:
        return r.choice(["a", "the", "!", "\u00e9", "ab"]) * r.randrange(20, 80)
    return "".join(r.choice(PARTS) for _ in range(r.randrange(1, 25)))


def main():
    vocab_file, merges_file, folder = sys.argv[1:4]
    r = random.Random(7)
    if len(sys.argv) > 4:
        whole = tokenizers.ByteLevelBPETokenizer(vocab_file, merges_file)
        for _ in range(int(sys.argv[4])):
            t = text(r)
            print(t.encode().hex(), *whole.encode(t).ids)
        return
    with open(merges_file, encoding="utf-8") as f:
        lines = f.read().split("\n")
    merges = lines[1:1 + MERGES]
    shown = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    tokens = [chr(b) for b in shown] + [chr(256 + k) for k in range(256 - len(shown))]
    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] + tokens + ["".join(m.split(" ")) for m in merges]
    with open(folder + "/bpe_vocab.json", "w", encoding="utf-8") as f:
        json.dump({t: i for i, t in enumerate(dict.fromkeys(names))}, f, ensure_ascii=True, separators=(",", ":"))
    with open(folder + "/bpe_merges.txt", "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "\n".join(merges) + "\n")
    small = tokenizers.ByteLevelBPETokenizer(folder + "/bpe_vocab.json", folder + "/bpe_merges.txt")
    with open(folder + "/bpe_ids.txt", "w", encoding="ascii") as f:
        f.write(f"# tokenizers {tokenizers.__version__}, ByteLevelBPETokenizer; made by tests/oracle/text_fixtures.py: text in hexadecimal, ids\n")
        for _ in range(400):
            t = text(r)
            f.write(" ".join([t.encode().hex(), *map(str, small.encode(t).ids)]) + "\n")
    with open(folder + "/unicode_lower.txt", "w", encoding="ascii") as f:
        f.write(f"# Python {sys.version.split()[0]}, str.lower and str.split; made by tests/oracle/text_fixtures.py: text, its lower case, both in hexadecimal\n")
        words = ["\u039f\u0394\u039f\u03a3", "\u03a3", "a\u03a3b", "A\u03a3\u0301", "\u03a3\u03a3 \u03a3", "\u0130stanbul", "STRASSE \u1e9e", "\u01c4\u01c5", "\u2126\u212a\u212b", "\U00010400\U0001e900", "\u13a0\u1c90"]
        for _ in range(300):
            words.append("".join(r.choice(["\u03a3", "\u0391", "a", "'", "\u0301", " ", ".", chr(r.randrange(0x41, 0x590)), chr(r.randrange(0x10a0, 0x2190))]) for _ in range(r.randrange(1, 10))))
        for w in words:
            f.write(f"{w.encode().hex()} {w.lower().encode().hex()}\n")


main()
