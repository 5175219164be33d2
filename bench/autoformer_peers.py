#!/usr/bin/env python3
"""Seconds per training step of an Autoformer written anew for PyTorch (CPU), beside bench_autoformer in the same run."""
# SPDX-License-Identifier: Apache-2.0
# Usage: autoformer_peers.py BENCH_AUTOFORMER [small|paper ...]; needs torch. Batch 32, 96 -> 96, label 48, 7 channels, dropout .05, Adam.
import math
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

WINDOW, FACTOR, DROP = 25, 3, 0.05


def split(x):
    side = (WINDOW - 1) // 2
    padded = torch.cat([x[:, :1].repeat(1, side, 1), x, x[:, -1:].repeat(1, side, 1)], 1)
    trend = F.avg_pool1d(padded.transpose(1, 2), WINDOW, 1).transpose(1, 2)
    return x - trend, trend


class Embedding(nn.Module):
    def __init__(self, channels, d, marks=4):
        super().__init__()
        self.value = nn.Conv1d(channels, d, 3, padding=1, padding_mode="circular", bias=False)
        self.mark = nn.Linear(marks, d, bias=False)
        self.drop = nn.Dropout(DROP)

    def forward(self, x, mark):
        return self.drop(self.value(x.transpose(1, 2)).transpose(1, 2) + self.mark(mark))


class AutoCorrelation(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x, memory):
        q, k, v = self.q(x), self.k(memory), self.v(memory)
        n = q.shape[1]
        if n > k.shape[1]:
            pad = (0, 0, 0, n - k.shape[1])
            k, v = F.pad(k, pad), F.pad(v, pad)
        else:
            k, v = k[:, :n], v[:, :n]
        spectrum = torch.fft.rfft(q, dim=1) * torch.conj(torch.fft.rfft(k, dim=1))
        score = torch.fft.irfft(spectrum, n=n, dim=1).mean(2)
        lags = torch.topk(score.mean(0), int(FACTOR * math.log(n))).indices
        weight = torch.softmax(score[:, lags], 1)
        out = torch.zeros_like(v)
        for i, lag in enumerate(lags.tolist()):
            out = out + torch.roll(v, -lag, 1) * weight[:, i, None, None]
        return self.o(out)


class Norm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)

    def forward(self, x):
        x = self.norm(x)
        return x - x.mean(1, keepdim=True)


class Layer(nn.Module):
    def __init__(self, d, ff, channels=0):
        super().__init__()
        self.own = AutoCorrelation(d)
        self.cross = AutoCorrelation(d) if channels else None
        self.first, self.second = nn.Linear(d, ff, bias=False), nn.Linear(ff, d, bias=False)
        self.trend = nn.Conv1d(d, channels, 3, padding=1, padding_mode="circular", bias=False) if channels else None
        self.drop = nn.Dropout(DROP)

    def forward(self, x, memory=None):
        x, trend = split(x + self.drop(self.own(x, x)))
        if self.cross:
            x, more = split(x + self.drop(self.cross(x, memory)))
            trend = trend + more
        x, more = split(x + self.drop(self.second(self.drop(F.gelu(self.first(x))))))
        return (x, self.trend((trend + more).transpose(1, 2)).transpose(1, 2)) if self.trend else x


class Autoformer(nn.Module):
    def __init__(self, channels, d, ff, label, horizon):
        super().__init__()
        self.label, self.horizon = label, horizon
        self.enc_in, self.dec_in = Embedding(channels, d), Embedding(channels, d)
        self.enc = nn.ModuleList(Layer(d, ff) for _ in range(2))
        self.dec = Layer(d, ff, channels)
        self.enc_norm, self.dec_norm, self.head = Norm(d), Norm(d), nn.Linear(d, channels)

    def forward(self, x, mark, mark_dec):
        season, trend = split(x)
        mean = x.mean(1, keepdim=True).repeat(1, self.horizon, 1)
        trend = torch.cat([trend[:, -self.label:], mean], 1)
        season = torch.cat([season[:, -self.label:], torch.zeros_like(mean)], 1)
        memory = self.enc_in(x, mark)
        for layer in self.enc:
            memory = layer(memory)
        y, more = self.dec(self.dec_in(season, mark_dec), self.enc_norm(memory))
        return (trend + more + self.head(self.dec_norm(y)))[:, -self.horizon:]


def seconds(d, ff, threads, steps):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    net = Autoformer(7, d, ff, 48, 96)
    adam = torch.optim.Adam(net.parameters(), 1e-4)
    x, y = torch.randn(32, 96, 7), torch.randn(32, 96, 7)
    mark, mark_dec = torch.rand(32, 96, 4) - 0.5, torch.rand(32, 144, 4) - 0.5
    wall, cpu = [], []
    for _ in range(steps + 1):
        from_wall, from_cpu = time.perf_counter(), time.process_time()
        adam.zero_grad()
        loss = F.mse_loss(net(x, mark, mark_dec), y)
        loss.backward()
        adam.step()
        wall.append(time.perf_counter() - from_wall)
        cpu.append(time.process_time() - from_cpu)
    return min(wall[1:]), min(cpu[1:])


def main():
    for preset in sys.argv[2:] or ["small", "paper"]:
        d, ff, steps = (64, 128, 12) if preset == "small" else (512, 2048, 2)
        for threads in (1, 2):
            own = subprocess.run([sys.argv[1], "steps", preset, str(threads)], capture_output=True, text=True, check=True).stdout
            wall, cpu = seconds(d, ff, threads, steps)
            print(own, end="")
            print("%s, %d thread(s): torch %s %.4f s per step (cpu %.4f)" % (preset, threads, torch.__version__, wall, cpu), flush=True)


if __name__ == "__main__":
    main()
