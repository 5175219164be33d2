#!/usr/bin/env python3
"""Logits of RoBERTa classifiers made by a formula (tests/text/made_roberta.c has the same), by Hugging Face's transformers in double precision.

    python tests/oracle/make_roberta.py tests/fixtures             writes roberta_logits.txt (torch, transformers and tokenizers from pip)
    python tests/oracle/make_roberta.py --random FOLDER [k=v ...]  writes a model of random weights (default: roberta-base's shape) and logits.txt in
                                                                  single precision: what test_roberta reads with NORN_ROBERTA=FOLDER
Of a fixture line: the text in hexadecimal ("-": empty) and its logits; a line "case" begins a model. Vocabulary and merges are bpe_vocab.json and bpe_merges.txt.
The texts are made up here.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import platform
import shutil
import sys

import numpy as np
import tokenizers
import torch
import transformers

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
CASES = (dict(hidden=64, layers=2, heads=4, inner=128, positions=40, labels=3, type="F32", eps=1e-5),
         dict(hidden=60, layers=3, heads=5, inner=100, positions=130, labels=2, type="F16", eps=1e-12),
         dict(hidden=96, layers=1, heads=12, inner=200, positions=66, labels=3, type="BF16", eps=1e-5),
         dict(hidden=128, layers=12, heads=2, inner=72, positions=514, labels=5, type="F32", eps=1e-5),
         dict(hidden=17, layers=2, heads=1, inner=33, positions=34, labels=1, type="F32", eps=1e-3))
TEXTS = ("", "a", " ", "Nifty up 2% today, great results!", "markets crash again; I am so done with this :(",
         "buy the dip? or wait for the next one... #stocks #nifty50", "gm \U0001F680\U0001F680 to the moon \U0001F315",
         "Das ist gar nicht so schlecht, oder?", "it's we're they'll I'd don't", "   three blanks before and after   ",
         "1234567890 3.14159 -2.5e10 $AAPL 100%", "\u0928\u093f\u092b\u094d\u091f\u0940 \u0906\u091c \u0924\u0947\u091c", "naïve café, déjà vu",
         "a long one: " + "the quarterly figures were better than anyone had dared to hope, " * 12, "x" * 300, "no\nnew\tlines\r\nhere",
         "bulls and bears and pigs", "SELL SELL SELL!!!", "what a lovely day to lose all my money", "ok", "\u2026\u201cquoted\u201d \u2014 dash")


def mixed(item, n):
    with np.errstate(over="ignore"):
        z = np.uint64(item + 1) * np.uint64(0x9E3779B97F4A7C15) + np.arange(n, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return z ^ z >> np.uint64(31)


def amplitude_of(k):
    a = 1.0
    while a * a * k > 3:
        a /= 2
    return a


def values(item, name, shape, case):
    """The formula: the order of tensors is their number."""
    matrix = len(shape) == 2
    offset = 1.0 if name.endswith("LayerNorm.weight") else 0.0
    amplitude = amplitude_of(shape[1]) if matrix else 0.125
    if ".word_" in name:
        amplitude = 1.0
    elif "_embeddings" in name:
        amplitude = 0.5
    elif matrix and (".query" in name or ".key" in name or ".out_proj" in name):
        amplitude *= 2
    z = mixed(item, int(np.prod(shape)))
    if matrix and case["type"] != "F32":
        u = ((z >> np.uint64(56)).astype(np.int32) - 128).astype(np.float32) * np.float32(2.0 ** -7)
    else:
        u = ((z >> np.uint64(40)).astype(np.int32) - (1 << 23)).astype(np.float32) * np.float32(2.0 ** -23)
    return (u * np.float32(amplitude) + np.float32(offset)).reshape(shape)


def names(case):
    """Tensors in the order of their numbers."""
    def linear(stem):
        return [stem + ".weight", stem + ".bias"]

    def norm(stem):
        return linear(stem + ".LayerNorm")
    out = [f"roberta.embeddings.{k}_embeddings.weight" for k in ("word", "position", "token_type")] + norm("roberta.embeddings")
    for layer in range(case["layers"]):
        stem = f"roberta.encoder.layer.{layer}."
        for leaf in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense",
                     "output.dense"):
            out += linear(stem + leaf)
        out += norm(stem + "attention.output") + norm(stem + "output")
    return out + linear("classifier.dense") + linear("classifier.out_proj")


def config_of(case, vocab):
    return transformers.RobertaConfig(
        hidden_size=case["hidden"], num_hidden_layers=case["layers"], num_attention_heads=case["heads"], intermediate_size=case["inner"],
        vocab_size=vocab, max_position_embeddings=case["positions"], type_vocab_size=1, layer_norm_eps=case["eps"], num_labels=case["labels"],
        attn_implementation="eager", pad_token_id=1, bos_token_id=0, eos_token_id=2)


def made_model(case, vocab):
    model = transformers.RobertaForSequenceClassification(config_of(case, vocab)).eval().double()
    state = model.state_dict()
    for item, name in enumerate(names(case)):
        state[name] = torch.from_numpy(values(item, name, tuple(state[name].shape), case).astype(np.float64))
    model.load_state_dict(state)
    return model


def ids_of(tokenizer, text, positions):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    return [0] + ids[:positions - 4] + [2]


def logits_of(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits[0].tolist()


def hexed(text):
    return text.encode().hex() or "-"


def fixture(folder):
    vocab, merges = (os.path.join(FIXTURES, name) for name in ("bpe_vocab.json", "bpe_merges.txt"))
    tokenizer = tokenizers.ByteLevelBPETokenizer(vocab, merges)
    with open(vocab, encoding="utf-8") as f:
        n_vocab = max(json.load(f).values()) + 1
    rows = [f"# RoBERTa classifiers made by a formula: transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}, tokenizers "
            f"{tokenizers.__version__}, double precision, Python {platform.python_version()}", "# Command: python tests/oracle/make_roberta.py tests/fixtures"]
    for case in CASES:
        model = made_model(case, n_vocab)
        rows.append("case " + " ".join(str(case[k]) for k in ("hidden", "layers", "heads", "inner", "positions", "labels", "type", "eps")) + f" {n_vocab}")
        rows += [hexed(t) + "".join(f" {x:.10g}" for x in logits_of(model, ids_of(tokenizer, t, case["positions"]))) for t in TEXTS]
    with open(os.path.join(folder, "roberta_logits.txt"), "w", encoding="utf-8") as f:
        f.write("\n".join(rows) + "\n")


def random_model(folder, **more):
    case = dict(hidden=768, layers=12, heads=12, inner=3072, positions=514, labels=3, eps=1e-5, vocab=50265, seed=1)
    case.update(more)
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(case["seed"])
    model = transformers.RobertaForSequenceClassification(config_of(case, case["vocab"])).eval()
    with torch.no_grad():  # transformers' own start (0.02) leaves attention and logits all but flat
        for name, p in model.named_parameters():
            p.copy_(torch.randn_like(p) * (0.05 if p.ndim > 1 else 0.1) + (1 if "LayerNorm.weight" in name else 0))
    model.save_pretrained(folder)
    for source, name in (("bpe_vocab.json", "vocab.json"), ("bpe_merges.txt", "merges.txt")):
        shutil.copy(os.path.join(FIXTURES, source), os.path.join(folder, name))
    tokenizer = tokenizers.ByteLevelBPETokenizer(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
    with open(os.path.join(folder, "logits.txt"), "w", encoding="utf-8") as f:
        for text in TEXTS:
            f.write(hexed(text) + "".join(f" {x:.9g}" for x in logits_of(model, ids_of(tokenizer, text, case["positions"]))) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--random":
        random_model(sys.argv[2], **{k: int(v) for k, v in (a.split("=") for a in sys.argv[3:])})
    else:
        fixture(sys.argv[1])
