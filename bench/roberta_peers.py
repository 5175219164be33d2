#!/usr/bin/env python3
"""Norn beside ONNX Runtime and transformers on one RoBERTa classifier: tweets a second, memory and logits, fp32 and int8, on the same threads."""
# SPDX-License-Identifier: Apache-2.0
# roberta_peers.py --build BUILD --model FOLDER [--threads 1 2] [--texts 64] [--rounds 7] [--onnx KEEP], in an environment with
#   pip install torch transformers onnx onnxruntime tokenizers             (tools/run_peers roberta FOLDER makes one)
# BUILD is a build folder with -Dbench=true; FOLDER is a model's, of random weights and roberta-base's shape if it is not there
# (tests/oracle/make_roberta.py --random FOLDER). Every text has 26 tokens, so that the peers need no padding and no mask.
# Each engine is a process of its own with the model loaded; a round asks each in turn for all texts, so that what else the machine does meets all alike,
# and the best round counts, by the clock and by the seconds of the cores (on a busy machine read these). Norn's rounds include its tokeniser, the others
# are given ids. ONNX Runtime gets all graph optimisations, as many threads, int8 by quantize_dynamic (QInt8 weights, a scale per channel); of threads
# that spin (its default) and that do not, of the file that the exporter and onnxruntime.transformers' optimiser make and the file of fused operators
# (roberta_onnx.py), and of batches of 1 to 64, the best is taken in a trial before the rounds. transformers runs eager and sdpa, inference_mode.
# KEEP keeps the ONNX files of one model for the next run.
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

import numpy as np
from roberta_onnx import TOKENS

HERE = os.path.dirname(os.path.abspath(__file__))


def texts_of(n):
    """As bench_roberta.c makes them."""
    return ["".join("!?.,;"[(k + i) % 5] if i % 2 else chr(97 + (k * 7 + i * 3) % 26) for i in range(TOKENS - 2)) for k in range(n)]


def ids_of(folder, n):
    import tokenizers
    tokenizer = tokenizers.ByteLevelBPETokenizer(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
    ids = np.array([[0] + tokenizer.encode(t).ids + [2] for t in texts_of(n)], dtype=np.int64)
    assert ids.shape == (n, TOKENS)
    return ids


# ---- a peer in a process of its own ----

def onnx_runner(path, threads, spin):
    import onnxruntime as ort
    opt = ort.SessionOptions()
    opt.intra_op_num_threads, opt.inter_op_num_threads = threads, 1
    opt.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    opt.add_session_config_entry("session.intra_op.allow_spinning", str(int(spin)))
    s = ort.InferenceSession(path, opt, providers=["CPUExecutionProvider"])
    return lambda ids: s.run(None, {"ids": ids})[0]


def torch_runner(folder, attention, threads):
    import torch
    import transformers
    torch.set_num_threads(threads)
    model = transformers.RobertaForSequenceClassification.from_pretrained(folder, attn_implementation=attention).eval()

    def run(ids):
        with torch.inference_mode():
            return model(input_ids=torch.from_numpy(ids)).logits.numpy()
    return run


def serve(kind, path, threads, ids):
    """As bench_roberta's rounds: a line in, here the size of a batch, the seconds of a round out; in the end peak bytes and logits."""
    run = onnx_runner(path, threads, kind == "onnx") if kind.startswith("onnx") else torch_runner(path, kind, threads)
    for line in sys.stdin:
        batch = int(line)
        w, c = time.perf_counter(), time.process_time()
        logits = np.concatenate([run(ids[k:k + batch]) for k in range(0, len(ids), batch)])
        print(f"{time.perf_counter() - w:.6f} {time.process_time() - c:.6f}", flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    for row in logits:
        print(*(f"{x:.9g}" for x in row))


class Engine:
    """A process that runs a round when asked."""

    def __init__(self, command, env):
        self.batch, self.words = 1, ""
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        self.wall = self.cores = np.inf

    def round(self, counts=True):
        self.process.stdin.write(f"{self.batch}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().split()
        if not line:
            sys.exit(f"{self.process.args}: ended with {self.process.wait()}")
        wall, cores = map(float, line)
        if counts:
            self.wall, self.cores = min(self.wall, wall), min(self.cores, cores)
        return wall, cores

    def close(self):
        """Peak bytes and logits."""
        rest = self.process.communicate()[0].splitlines()
        return int(rest[0]), np.array([[float(x) for x in line.split()] for line in rest[1:]])


def best_peer(a, threads, kinds_and_paths):
    """The fastest of files and batches: by the cores' seconds on one thread, by the clock on more."""
    best = None
    for kind, path in kinds_and_paths:
        e = Engine([sys.executable, "-W", "ignore", os.path.abspath(__file__), "--serve", kind, path, a.ids, "--threads", str(threads)],
                   {**os.environ, "OMP_NUM_THREADS": str(threads)})
        e.round(False)
        trials = []
        for e.batch in (b for b in a.batches if b <= a.texts):
            trials.append((min(e.round(False)[threads == 1] for _ in range(a.trials)), e.batch))
        took, e.batch = min(trials)
        name = os.path.basename(path).split(".")[0].rstrip("8") + kind[4:] if kind.startswith("onnx") else kind
        e.words = f"{name}, batches of {e.batch}"
        print(f"  trial, {threads} thread(s), {os.path.basename(path)} {kind}: " + ", ".join(f"{b}: {a.texts / t:.1f}" for t, b in trials), file=sys.stderr)
        if best and best[0] <= took:
            e.close()
            continue
        if best:
            best[1].close()
        best = took, e
    return best[1]


def norn(a, threads, kind):
    return Engine([os.path.join(a.build, "bench/bench_roberta"), "rounds", kind, str(threads), str(a.texts)], {**os.environ, "NORN_ROBERTA": a.model})


def measure(a, threads, out, want):
    engines = {f"Norn {kind}": norn(a, threads, kind) for kind in ("fp32", "int8")}
    for name, end in (("fp32", ""), ("int8", "8")):
        kinds = ("onnx", "onnx without spinning") if threads > 1 else ("onnx",)
        engines[f"ONNX Runtime {name}"] = best_peer(a, threads, [(kind, os.path.join(out, f"{f}{end}.onnx")) for kind in kinds for f in ("plain", "fused")])
    engines["transformers fp32"] = best_peer(a, threads, [("eager", a.model), ("sdpa", a.model)])
    for e in engines.values():
        e.round(False)
    for _ in range(a.rounds):
        for e in engines.values():
            e.round()
    print(f"\n{threads} thread(s), {a.texts} texts of {TOKENS} tokens, best of {a.rounds} rounds in turn")
    print(f"{'':20s} {'/s clock':>9s} {'/s core':>9s} {'peak MB':>8s} {'logits off':>11s}")
    for name, e in engines.items():
        peak, logits = e.close()
        off = np.max(np.abs(logits - want))
        print(f"{name:20s} {a.texts / e.wall:9.1f} {a.texts / e.cores:9.1f} {peak / 1e6:8.0f} {off:11.2g}  {e.words}")
        if "fp32" in name and not off < 1e-3:
            sys.exit(f"{name}: not the same model")
    for kind in ("fp32", "int8"):
        ours, theirs = engines["Norn " + kind], engines["ONNX Runtime " + kind]
        print(f"{kind}: Norn is {theirs.wall / ours.wall:.2f} times as fast as ONNX Runtime by the clock, {theirs.cores / ours.cores:.2f} by the cores")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build")
    p.add_argument("--model")
    p.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    p.add_argument("--texts", type=int, default=64)
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--batches", type=int, nargs="+", default=[1, 8, 16, 32, 64])
    p.add_argument("--trials", type=int, default=2)
    p.add_argument("--onnx", help="folder that keeps the ONNX files for the next run")
    p.add_argument("--serve", nargs=3)
    a = p.parse_args()
    if a.serve:
        kind, path, ids = a.serve
        serve(kind, path, a.threads[0], np.load(ids))
        return
    if not os.path.exists(os.path.join(a.model, "config.json")):
        subprocess.run([sys.executable, os.path.join(HERE, "..", "tests", "oracle", "make_roberta.py"), "--random", a.model], check=True)
    with tempfile.TemporaryDirectory(prefix="norn_roberta_") as made:
        out = a.onnx or made
        os.makedirs(out, exist_ok=True)
        a.ids = os.path.join(out, f"ids{a.texts}.npy")
        if not os.path.exists(a.ids):
            np.save(a.ids, ids_of(a.model, a.texts))
        want = os.path.join(out, f"want{a.texts}.npy")
        if not os.path.exists(want):
            subprocess.run([sys.executable, "-W", "ignore", os.path.join(HERE, "roberta_onnx.py"), a.model, a.ids, out, want], check=True,
                           stderr=subprocess.DEVNULL)
        print(", ".join(f"{m} {version(m)}" for m in ("onnxruntime", "torch", "transformers")))
        for threads in a.threads:
            measure(a, threads, out, np.load(want))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
