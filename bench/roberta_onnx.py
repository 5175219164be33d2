"""A RoBERTa classifier of transformers as ONNX files: as PyTorch exports it, and with ONNX Runtime's fused operators; both in fp32 and int8."""
# SPDX-License-Identifier: Apache-2.0
# The optimiser of onnxruntime.transformers no longer finds attention in what transformers 5 exports (it fuses norms and GELU), so that the graph with
# EmbedLayerNormalization, Attention, SkipLayerNormalization and BiasGelu, the operators it was made to arrive at, is also written from the weights.
import os
import sys

import numpy as np

TOKENS = 26


def export(model, ids, path):
    """Without a mask, as nothing is padded; the number of tokens is fixed, the batch is not. The wrapper must be in eval mode: the exporter gives the
    whole tree the wrapper's mode back, and a wrapper in training mode would leave the model with dropout."""
    import torch

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids):
            positions = torch.arange(2, 2 + TOKENS).unsqueeze(0)
            return self.model(input_ids=ids, position_ids=positions, token_type_ids=torch.zeros_like(ids)).logits
    torch.onnx.export(Logits().eval(), (torch.from_numpy(ids[:4]),), path, input_names=["ids"], output_names=["logits"], opset_version=17,
                      dynamic_axes={"ids": {0: "b"}, "logits": {0: "b"}}, dynamo=False)


def optimised(path, config, out):
    from onnxruntime.transformers import optimizer
    graph = optimizer.optimize_model(path, model_type="bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size, opt_level=0)
    graph.save_model_to_file(out)


class Graph:
    """Nodes and weights in the order they are added."""

    def __init__(self, state):
        self.state, self.nodes, self.weights = state, [], []

    def weight(self, value, name):
        from onnx import numpy_helper
        self.weights.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def get(self, name):
        return self.state[name].numpy()

    def named(self, name):
        return self.weight(self.get(name), name)

    def node(self, kind, inputs, name, n_out=1, domain="com.microsoft", **attributes):
        from onnx import helper
        self.nodes.append(helper.make_node(kind, inputs, [name] + [""] * (n_out - 1), name=name, domain=domain, **attributes))
        return name

    def product(self, x, stem):
        return self.node("MatMul", [x, self.weight(self.get(stem + ".weight").T, stem + ".turned")], stem, domain="")

    def norm(self, stem):
        return [self.named(f"{stem}.LayerNorm.weight"), self.named(f"{stem}.LayerNorm.bias")]


def layer(g, x, stem, config):
    eps = config.layer_norm_eps
    parts = [f"{stem}attention.self.{k}." for k in ("query", "key", "value")]
    turned = g.weight(np.concatenate([g.get(p + "weight").T for p in parts], axis=1), stem + "qkv")
    biases = g.weight(np.concatenate([g.get(p + "bias") for p in parts]), stem + "qkv_bias")
    heads = g.node("Attention", [x, turned, biases], stem + "heads", num_heads=config.num_attention_heads)
    y = g.product(heads, stem + "attention.output.dense")
    x = g.node("SkipLayerNormalization", [y, x, *g.norm(stem + "attention.output"), g.named(stem + "attention.output.dense.bias")], stem + "a", epsilon=eps)
    y = g.node("BiasGelu", [g.product(x, stem + "intermediate.dense"), g.named(stem + "intermediate.dense.bias")], stem + "gelu")
    y = g.product(y, stem + "output.dense")
    return g.node("SkipLayerNormalization", [y, x, *g.norm(stem + "output"), g.named(stem + "output.dense.bias")], stem + "x", epsilon=eps)


def fused(model, path):
    """The same model with the fused operators."""
    import onnx
    from onnx import TensorProto, helper
    config, g, root = model.config, Graph(model.state_dict()), "roberta.embeddings."
    positions = g.weight(g.get(root + "position_embeddings.weight")[config.pad_token_id + 1:], "positions")
    small = g.node("Cast", ["ids"], "small_ids", domain="", to=TensorProto.INT32)
    kinds = g.node("Sub", [small, small], "kinds", domain="")
    x = g.node("EmbedLayerNormalization", [small, kinds, g.named(root + "word_embeddings.weight"), positions, g.named(root + "token_type_embeddings.weight"),
                                           *g.norm(root[:-1])], "embedded", n_out=2, epsilon=config.layer_norm_eps)
    g.nodes[-1].output[1] = "unused"
    for k in range(config.num_hidden_layers):
        x = layer(g, x, f"roberta.encoder.layer.{k}.", config)
    x = g.node("Gather", [x, g.weight(np.array(0, dtype=np.int64), "first")], "first_token", domain="", axis=1)
    x = g.node("Gemm", [x, g.named("classifier.dense.weight"), g.named("classifier.dense.bias")], "dense", domain="", transB=1)
    x = g.node("Tanh", [x], "tanh", domain="")
    g.node("Gemm", [x, g.named("classifier.out_proj.weight"), g.named("classifier.out_proj.bias")], "logits", domain="", transB=1)
    graph = helper.make_graph(g.nodes, "roberta", [helper.make_tensor_value_info("ids", TensorProto.INT64, ["b", TOKENS])],
                              [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", config.num_labels])], g.weights)
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    whole.ir_version = 8
    onnx.save(whole, path)


def write_all(folder, ids, out, want_path):
    """Files plain.onnx and fused.onnx, plain8.onnx and fused8.onnx in out, if not there; the logits of transformers."""
    import torch
    import transformers
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic
    model = transformers.RobertaForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad():
        want = np.concatenate([model(input_ids=torch.from_numpy(ids[k:k + 1])).logits.numpy() for k in range(len(ids))])
        np.save(want_path, want)
        if os.path.exists(os.path.join(out, "fused8.onnx")):
            return
        raw = os.path.join(out, "raw.onnx")
        export(model, ids, raw)
        optimised(raw, model.config, os.path.join(out, "plain.onnx"))
        os.remove(raw)
        fused(model, os.path.join(out, "fused.onnx"))
    for name in ("plain", "fused"):
        quantize_dynamic(os.path.join(out, name + ".onnx"), os.path.join(out, name + "8.onnx"), weight_type=QuantType.QInt8, per_channel=True,
                         reduce_range=False, extra_options={"DefaultTensorType": TensorProto.FLOAT})


if __name__ == "__main__":  # FOLDER IDS.npy OUT WANT.npy
    write_all(sys.argv[1], np.load(sys.argv[2]), sys.argv[3], sys.argv[4])
