#!/usr/bin/env python3
"""Makes a RoBERTa folder that Norn reads: model.safetensors from pytorch_model.bin or several files, vocab.json and merges.txt from tokenizer.json.

    python tools/convert_roberta.py FOLDER      (pip install torch safetensors; torch only for pytorch_model.bin)
Files that are there already stay as they are. pytorch_model.bin is read with weights_only: nothing of it is run.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import sys

WANTED = ("roberta.", "classifier.")


def wanted(name):
    return name.startswith(WANTED) and "position_ids" not in name and not name.startswith("roberta.pooler.")


def read_torch(path):
    import torch
    state = torch.load(path, map_location="cpu", weights_only=True)
    state = state.get("state_dict", state)
    return {name: value.contiguous().clone() for name, value in state.items() if wanted(name)}


def read_parts(folder, index):
    from safetensors.torch import load_file
    with open(os.path.join(folder, index), encoding="utf-8") as f:
        parts = sorted(set(json.load(f)["weight_map"].values()))
    state = {}
    for part in parts:
        if os.path.basename(part) != part:
            sys.exit(f"{index}: {part!r} is no file of the folder")
        state.update({k: v for k, v in load_file(os.path.join(folder, part)).items() if wanted(k)})
    return state


def convert_weights(folder):
    to = os.path.join(folder, "model.safetensors")
    index = "model.safetensors.index.json"
    if os.path.exists(to):
        return
    if os.path.exists(os.path.join(folder, index)):
        state = read_parts(folder, index)
    elif os.path.exists(os.path.join(folder, "pytorch_model.bin")):
        state = read_torch(os.path.join(folder, "pytorch_model.bin"))
    else:
        sys.exit(f"{folder}: neither model.safetensors nor pytorch_model.bin is there")
    if not any(name.startswith("classifier.") for name in state):
        sys.exit(f"{folder}: no classifier.* among the weights: this is no RobertaForSequenceClassification")
    from safetensors.torch import save_file
    save_file(state, to + ".part", metadata={"format": "pt"})
    os.replace(to + ".part", to)
    print(f"{to}: {len(state)} tensors")


def write_text(path, text):
    with open(path + ".part", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".part", path)
    print(path)


def convert_tokenizer(folder):
    vocab, merges, source = (os.path.join(folder, n) for n in ("vocab.json", "merges.txt", "tokenizer.json"))
    if os.path.exists(vocab) and os.path.exists(merges):
        return
    if not os.path.exists(source):
        sys.exit(f"{folder}: neither vocab.json and merges.txt nor tokenizer.json are there")
    with open(source, encoding="utf-8") as f:
        tokenizer = json.load(f)
    model = tokenizer["model"]
    if model.get("type") != "BPE":
        sys.exit(f"tokenizer.json: {model.get('type')}, but RoBERTa's tokenizer is BPE")
    tokens = dict(model["vocab"])
    for added in tokenizer.get("added_tokens", []):
        tokens.setdefault(added["content"], added["id"])
    pairs = (m if isinstance(m, str) else " ".join(m) for m in model["merges"])
    write_text(vocab, json.dumps(tokens, ensure_ascii=False))
    write_text(merges, "#version: 0.2\n" + "".join(p + "\n" for p in pairs))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    convert_weights(sys.argv[1])
    convert_tokenizer(sys.argv[1])
