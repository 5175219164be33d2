#!/usr/bin/env python3
"""Norn beside ONNX Runtime and transformers on one RoBERTa classifier: tweets a second, fp32 and int8, on the same threads."""
# SPDX-License-Identifier: Apache-2.0
# roberta_peers.py --build BUILD --model FOLDER [--threads 1] [--texts 64], in an environment with
#   pip install torch transformers onnx onnxruntime tokenizers
# BUILD is a build folder with -Dbench=true; FOLDER is a model's (tests/oracle/make_roberta.py --random FOLDER makes one of roberta-base's shape).
# Every text has 26 tokens, so that the peers need no padding; they get batches of 8, 16 and 32 and the best counts, all graph optimisations, and
# int8 by quantize_dynamic with scales per channel. Seconds are those of the cores, the least of several runs, warm: with one thread a busy machine
# does not change them much. Norn's logits are compared with transformers' in tests/text/test_roberta.c.
import argparse
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

import numpy as np

TOKENS = 26


def texts_of(n):
    """As bench_roberta.c makes them."""
    return ["".join("!?.,;"[(k + i) % 5] if i % 2 else chr(97 + (k * 7 + i * 3) % 26) for i in range(TOKENS - 2)) for k in range(n)]


def ids_of(folder, n):
    import tokenizers
    tokenizer = tokenizers.ByteLevelBPETokenizer(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
    ids = np.array([[0] + tokenizer.encode(t).ids + [2] for t in texts_of(n)], dtype=np.int64)
    assert ids.shape == (n, TOKENS)
    return ids


def rate(work, n, times=3):
    """Texts a second of the cores, and of the clock."""
    work()
    cores = wall = np.inf
    for _ in range(times):
        c, w = time.process_time(), time.perf_counter()
        work()
        cores, wall = min(cores, time.process_time() - c), min(wall, time.perf_counter() - w)
    return n / cores, n / wall


def best_rate(run, ids):
    rates = [rate(lambda b=b: [run(ids[k:k + b]) for k in range(0, len(ids), b)], len(ids)) for b in (8, 16, 32)]
    return max(rates)


def export(folder, ids, out):
    """Without a mask, as nothing is padded; the number of tokens is fixed, the batch is not. The exporter mistakes transformers' own positions: they are given."""
    import torch
    import transformers
    model = transformers.RobertaForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids):
            positions = torch.arange(2, 2 + TOKENS).unsqueeze(0)
            return self.model(input_ids=ids, position_ids=positions, token_type_ids=torch.zeros_like(ids)).logits
    torch.onnx.export(Logits(), (torch.from_numpy(ids[:4]),), out, input_names=["ids"], output_names=["logits"], opset_version=17,
                      dynamic_axes={"ids": {0: "b"}, "logits": {0: "b"}}, dynamo=False)
    return model


def session(path, threads):
    import onnxruntime as ort
    opt = ort.SessionOptions()
    opt.intra_op_num_threads, opt.inter_op_num_threads = threads, 1
    opt.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    if threads == 1:
        opt.add_session_config_entry("session.intra_op.allow_spinning", "0")
    s = ort.InferenceSession(path, opt, providers=["CPUExecutionProvider"])
    return lambda ids: s.run(None, {"ids": ids})[0]


def norn(build, folder, threads, n):
    out = {}
    for kind in ("fp32", "int8", "bf16"):
        text = subprocess.run([os.path.join(build, "bench/bench_roberta"), str(n), kind, str(threads)], env={**os.environ, "NORN_ROBERTA": folder},
                              capture_output=True, text=True, check=True).stdout.splitlines()
        row = [line.split() for line in text if line.startswith(kind + " ")]
        if row:
            out["Norn " + kind] = (float(row[0][3]), float(row[0][2]))
    return out


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--model", required=True)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--texts", type=int, default=64)
    a = p.parse_args()
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    torch.set_num_threads(a.threads)
    ids = ids_of(a.model, a.texts)
    rows = norn(a.build, a.model, a.threads, a.texts)
    with tempfile.TemporaryDirectory(prefix="norn_roberta_") as folder:
        plain, small = os.path.join(folder, "model.onnx"), os.path.join(folder, "int8.onnx")
        model = export(a.model, ids, plain)
        quantize_dynamic(plain, small, weight_type=QuantType.QInt8, per_channel=True)
        run = session(plain, a.threads)
        with torch.no_grad():
            want = model(input_ids=torch.from_numpy(ids[:4])).logits.numpy()
            off = np.max(np.abs(run(ids[:4]) - want))
            if not off < 1e-3:
                sys.exit(f"the exported model gives logits that are {off:g} off")
            rows["ONNX Runtime fp32"] = best_rate(run, ids)
            rows["ONNX Runtime int8"] = best_rate(session(small, a.threads), ids)
            rows["transformers fp32"] = best_rate(lambda x: model(input_ids=torch.from_numpy(x)).logits, ids)
    print(f"{a.texts} texts of {TOKENS} tokens, {a.threads} thread(s); " + ", ".join(f"{m} {version(m)}" for m in ("onnxruntime", "torch", "transformers")))
    for name, (cores, wall) in rows.items():
        print(f"{name:20s} {cores:8.1f} /s of the cores {wall:8.1f} /s of the clock")


if __name__ == "__main__":
    main()
