"""Small networks in numpy: weights of a combination trained on its own loss, and widths of intervals."""
# SPDX-License-Identifier: Apache-2.0
import numpy as np

F32 = np.float32


class Net:
    """Dense layers with ReLU between them; `sizes` from inputs to outputs. Adam with decoupled decay."""

    def __init__(self, sizes, rng):
        self.p = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            self.p += [(rng.standard_normal((a, b)) * np.sqrt(2 / a)).astype(F32), np.zeros(b, F32)]
        self.p[-2] *= F32(0.1)
        self.m, self.v, self.t = [np.zeros_like(x) for x in self.p], [np.zeros_like(x) for x in self.p], 0

    def forward(self, x, drop=0.0, rng=None):
        inputs, masks, n = [x], [], len(self.p) // 2
        for k in range(n):
            x = x @ self.p[2 * k] + self.p[2 * k + 1]
            if k < n - 1:
                x = np.maximum(x, 0)
                if drop > 0:
                    masks.append((rng.random(x.shape, dtype=F32) >= drop).astype(F32) / F32(1 - drop))
                    x = x * masks[-1]
                inputs.append(x)
        return x, (inputs, masks)

    def backward(self, context, g, rate):
        inputs, masks = context
        grads = [None] * len(self.p)
        for k in reversed(range(len(self.p) // 2)):
            grads[2 * k], grads[2 * k + 1] = inputs[k].T @ g, g.sum(0)
            if k > 0:
                g = (g @ self.p[2 * k].T) * (inputs[k] > 0)
                if masks:
                    g = g * masks[k - 1]
        self.t += 1
        step = F32(rate * np.sqrt(1 - 0.999 ** self.t) / (1 - 0.9 ** self.t))
        for p, d, m, v in zip(self.p, grads, self.m, self.v):
            m += F32(0.1) * (d - m)
            v += F32(0.001) * (d * d - v)
            p -= step * m / (np.sqrt(v) + F32(1e-8))


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def combine(z, views):
    """Outputs (n, members + horizon) and views (n, members, horizon) to forecasts and weights."""
    w = softmax(z[:, :views.shape[1]])
    return np.einsum("nm,nmh->nh", w, views) + z[:, views.shape[1]:], w


def loss_gradient(forecast, d, c_mase, c_smape):
    """Of c_mase |e|/scale + c_smape sMAPE, steps without a future left out; d: target, last, scale in units of `scale`."""
    there = np.isfinite(d["target"])
    e = np.where(there, forecast - d["target"], 0)
    s = d["scale"][:, None]
    y, f = d["last"][:, None] + np.where(there, d["target"], 0) * s, d["last"][:, None] + forecast * s
    size = np.maximum(np.abs(y) + np.abs(f), 1e-9 * s)
    g = c_mase * np.sign(e) + 200 * c_smape * s * (np.sign(e) * size - np.abs(e) * s * np.sign(f)) / size ** 2
    return (g * there / np.maximum(there.sum(1, keepdims=True), 1)).astype(F32)


def batches(n, size, epochs, rng):
    total, t = epochs * ((n + size - 1) // size), 0
    for _ in range(epochs):
        order = rng.permutation(n)
        for k in range(0, n, size):
            t += 1
            yield order[k:k + size], 0.5 * (1 + np.cos(np.pi * t / total))


def train_weights(d, o, c_mase, c_smape, seed):
    rng = np.random.default_rng(seed)
    members, horizon = d["views"].shape[1:]
    net = Net([d["x"].shape[1], *o["hidden"], members + horizon], rng)
    for i, decay in batches(len(d["x"]), o["batch"], o["epochs"], rng):
        views, part = d["views"][i], {k: d[k][i] for k in ("target", "last", "scale")}
        z, context = net.forward(d["x"][i], o["drop"], rng)
        forecast, w = combine(z, views)
        g = loss_gradient(forecast, part, c_mase, c_smape) / F32(len(i))
        gw = np.einsum("nmh,nh->nm", views, g)
        dz = np.concatenate([w * (gw - (w * gw).sum(1, keepdims=True)), g], 1)
        net.backward(context, dz, o["rate"] * decay + 1e-5)
    return net


def train_widths(x, error, o, seed):
    """Log of the 95 % quantile of |error| (n, horizon; NaN = none) by its pinball loss."""
    rng = np.random.default_rng(seed)
    there = np.isfinite(error)
    size = np.where(there, np.abs(error), 0).astype(F32)
    net = Net([x.shape[1], *o["hidden"], error.shape[1]], rng)
    net.p[-1] += np.log(np.maximum([np.quantile(size[there[:, h], h], 0.95) for h in range(size.shape[1])], 1e-6)).astype(F32)
    for i, decay in batches(len(x), o["batch"], o["epochs"], rng):
        q, context = net.forward(x[i], 0.0, rng)
        width = np.exp(np.clip(q, -20, 20))
        # in units of the width itself, so that no series outweighs the others
        g = np.where(size[i] > width, -0.95, 0.05) * there[i]
        net.backward(context, (g / there[i].sum()).astype(F32), o["rate"] * decay + 1e-5)
    return net


def quantised(net):
    """The net as it is kept: 16-bit whole numbers times a column's scale."""
    layers = []
    for k in range(len(net.p) // 2):
        w = net.p[2 * k].astype(float)
        scale = np.maximum(np.abs(w).max(0), 1e-12) / 32767
        scale = scale.astype(F32)
        layers.append((np.rint(w / scale).clip(-32767, 32767).astype(int), scale, net.p[2 * k + 1].astype(F32)))
    return layers


def run_layers(layers, x):
    x = x.astype(float)
    for k, (w, scale, bias) in enumerate(layers):
        x = x @ w * scale.astype(float) + bias.astype(float)
        if k < len(layers) - 1:
            x = np.maximum(x, 0)
    return x
