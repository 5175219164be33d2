#!/usr/bin/env python3
"""Writes tests/fixtures/autoformer.txt from the recordings af_tiny.json and af_short.json of the published Autoformer."""
# SPDX-License-Identifier: Apache-2.0
# Usage: make_autoformer.py FOLDER_OF_RECORDINGS > tests/fixtures/autoformer.txt
# The recordings come from the published code in PyTorch, float64, on the CPU: weights, inputs, output in evaluation and in training mode,
# slopes of the mean squared error, losses of three Adam steps at 1e-3. Weights and slopes are written in the order of
# src/models/autoformer/autoformer_shape.h; biases that have no effect are left out. Both recordings have the same weights and x.
import json
import os
import sys


def flat(x):
    return [z for y in x for z in flat(y)] if isinstance(x, list) else [x]


def embedding(w, side):
    conv = w[side + ".value_embedding.tokenConv.weight"]
    marks = w[side + ".temporal_embedding.embed.weight"]
    return [
        v for d in range(len(conv)) for v in [conv[d][c][s] for s in range(3) for c in range(len(conv[0]))] + marks[d]]


def in_order(w, config):
    out = embedding(w, "enc_embedding") + embedding(w, "dec_embedding")
    for i in range(config["e_layers"]):
        p = "encoder.attn_layers.%d." % i
        for name in ("attention.query_projection", "attention.key_projection", "attention.value_projection",
                     "attention.out_projection", "conv1", "conv2"):
            out += flat(w[p + name + ".weight"])
    out += w["encoder.norm.layernorm.weight"]
    for i in range(config["d_layers"]):
        p = "decoder.layers.%d." % i
        for name in ("self_attention.query_projection.weight", "self_attention.key_projection.weight",
                     "self_attention.value_projection.weight", "self_attention.value_projection.bias",
                     "self_attention.out_projection.weight", "self_attention.out_projection.bias",
                     "cross_attention.query_projection.weight", "cross_attention.key_projection.weight",
                     "cross_attention.value_projection.weight", "cross_attention.key_projection.bias",
                     "cross_attention.value_projection.bias", "cross_attention.out_projection.weight",
                     "cross_attention.out_projection.bias", "conv1.weight", "conv2.weight"):
            out += flat(w[p + name])
        trend = w[p + "projection.weight"]
        out += [trend[c][d][s] for s in range(3) for c in range(len(trend)) for d in range(len(trend[0]))]
    return out + w["decoder.norm.layernorm.weight"] + flat(w["decoder.projection.weight"]) + w["decoder.projection.bias"]


def put(name, x, digits):
    x = flat(x)
    print(name, len(x))
    for i in range(0, len(x), 8):
        print(" ".join("%.*g" % (digits, v) for v in x[i:i + 8]))


def main():
    print("# made by tests/oracle/make_autoformer.py from recordings of the published Autoformer (PyTorch, float64)")
    for k, name in enumerate(("af_tiny", "af_short")):
        with open(os.path.join(sys.argv[1], name + ".json"), encoding="utf-8") as f:
            r = json.load(f)
        if k == 0:
            put("weights", in_order(r["weights"], r["config"]), 17)
            put("x", r["x"], 17)
            put("x_mark", r["x_mark"], 17)
        horizon = r["config"]["pred_len"]
        put("y", [w[-horizon:] for w in r["y"]], 17)
        put("y_mark", r["y_mark"], 17)
        put("eval_out", r["eval_out"], 13)
        put("train_out", r["train_out"], 13)
        put("slopes", in_order(r["grads"], r["config"]), 9)
        put("losses", r["losses"], 14)


if __name__ == "__main__":
    main()
