#!/usr/bin/env python3
"""Trains a small RoBERTa on SemEval-2017 4A's tweets, so that int8 can be judged on weights that have learned something. Nothing of it is committed.

    python tests/oracle/train_small_roberta.py ../shared/data/tweets/semeval2017_4A OUT [minutes=5]      (pip install torch transformers tokenizers)
The folder holds twitter-*-A.tsv (id, label, text); twitter-2016test-A is left out of the training and becomes OUT/texts.txt, one a line.
OUT becomes a model folder; then: NORN_ROBERTA=OUT bench_roberta agree
"""
# SPDX-License-Identifier: Apache-2.0
import glob
import os
import shutil
import sys
import time

import torch
import tokenizers
import transformers

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")


def rows(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        parts = [line.rstrip("\n").split("\t") for line in f]
    return [(" ".join(p[2].split()), ("negative", "neutral", "positive").index(p[1])) for p in parts if len(p) > 2 and p[1] in ("negative", "neutral", "positive")]


def main(data, out, minutes=5.0):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    os.makedirs(out, exist_ok=True)
    for source, name in (("bpe_vocab.json", "vocab.json"), ("bpe_merges.txt", "merges.txt")):
        shutil.copy(os.path.join(FIXTURES, source), os.path.join(out, name))
    tokenizer = tokenizers.ByteLevelBPETokenizer(os.path.join(out, "vocab.json"), os.path.join(out, "merges.txt"))
    config = transformers.RobertaConfig(hidden_size=192, num_hidden_layers=3, num_attention_heads=6, intermediate_size=512, vocab_size=1761,
                                        max_position_embeddings=130, type_vocab_size=1, layer_norm_eps=1e-5, num_labels=3,
                                        id2label={0: "negative", 1: "neutral", 2: "positive"}, pad_token_id=1, bos_token_id=0, eos_token_id=2)
    model = transformers.RobertaForSequenceClassification(config).train()
    held = rows(os.path.join(data, "twitter-2016test-A.tsv"))
    train = [r for p in sorted(glob.glob(os.path.join(data, "*.tsv"))) if "2016test" not in p for r in rows(p)]
    text, label = [t for t, _ in train], [k for _, k in train]
    ids = [[0] + e.ids[:126] + [2] for e in tokenizer.encode_batch(text)]
    opt = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.01)
    order = sorted(range(len(ids)), key=lambda k: len(ids[k]))
    batches = [order[k:k + 32] for k in range(0, len(order), 32)]
    end, step = time.process_time() + 60 * float(minutes), 0
    while time.process_time() < end:
        batch = batches[int(torch.randint(len(batches), (1,)))]
        longest = max(len(ids[k]) for k in batch)
        x = torch.tensor([ids[k] + [1] * (longest - len(ids[k])) for k in batch])
        loss = model(input_ids=x, attention_mask=(x != 1).long(), labels=torch.tensor([label[k] for k in batch])).loss
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        step += 1
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
    model.save_pretrained(out)
    with open(os.path.join(out, "texts.txt"), "w", encoding="utf-8") as f:
        f.write("".join(t + "\n" for t, _ in held[:4000]))


if __name__ == "__main__":
    main(*sys.argv[1:])
