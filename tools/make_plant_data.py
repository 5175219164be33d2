#!/usr/bin/env python3
"""Makes data/plant.csv: a synthetic crude distillation unit by the day, for `norn multi`. No real plant is in it."""
# SPDX-License-Identifier: Apache-2.0
# A blend of eight crudes changes on the first of a month; its shares, API and sulphur set the yields. The feed wanders, is cut back at
# weekends and for two outages; flows are feed times yield, moved by drivers with a delay of one to three days. Everything comes
# from one seed through a small generator of its own, so that the bytes are the same everywhere.
import datetime
import math
import os
import sys

SEED, DAYS, START = 20240601, 420, datetime.date(2024, 6, 1)
CRUDES = {"AGB": (31.5, 1.9), "AME": (39.0, 1.1), "BOL": (44.8, 0.4), "CJB": (36.2, 1.4),
          "DUB": (30.9, 2.0), "MUR": (40.2, 0.8), "QUI": (33.6, 1.6), "WCD": (42.0, 0.3)}
# Shares of feed: intercept, slope on (API - 37) / 5, weight of the day's operation.
YIELDS = {"Gas & LPG": (0.036, 0.006), "Naphtha": (0.215, 0.036), "Kerosene": (0.112, 0.010), "Light Diesel": (0.196, 0.006),
          "Heavy Diesel": (0.091, -0.008), "RCO": (0.350, -0.050)}


class Random:
    """xorshift64*, uniforms in [0, 1), normals as a sum of twelve."""

    def __init__(self, seed):
        self.x = seed * 0x9E3779B97F4A7C15 & (1 << 64) - 1

    def bits(self):
        self.x ^= self.x >> 12
        self.x = (self.x ^ self.x << 25) & (1 << 64) - 1
        self.x ^= self.x >> 27
        return self.x * 0x2545F4914F6CDD1D & (1 << 64) - 1

    def uniform(self):
        return (self.bits() >> 11) / (1 << 53)

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6.0


def wander(r, mean, sd, back=0.06):
    """A mean-reverting walk."""
    x, out = 0.0, []
    for _ in range(DAYS):
        x += -back * x + sd * math.sqrt(2 * back) * r.normal()
        out.append(mean + x)
    return out


def blends(r, days):
    """Shares, API and sulphur of each day: one blend a month."""
    out, month = [], None
    for day in days:
        if (day.year, day.month) != month:
            month = (day.year, day.month)
            raw = {c: max(0.0, r.uniform() ** 2 - 0.12) for c in CRUDES}
            total = sum(raw.values())
            shares = {c: round(v / total, 4) for c, v in raw.items()}
            api = sum(s * CRUDES[c][0] for c, s in shares.items()) / sum(shares.values())
            sulphur = 1e4 * 0.1 * sum(s * CRUDES[c][1] for c, s in shares.items())
        out.append((shares, api, sulphur))
    return out


def lag(x, k, t):
    return x[max(0, t - k)]


def make(r):
    days = [START + datetime.timedelta(d) for d in range(DAYS)]
    blend = blends(r, days)
    feed = wander(r, 3350.0, 120.0, 0.04)
    for t, day in enumerate(days):
        feed[t] *= 0.985 if day.weekday() >= 5 else 1.0
        if 150 <= t < 156 or 301 <= t < 304:
            feed[t] *= 0.72
    oven = wander(r, 358.0, 2.2)
    sponge, gas = wander(r, 41.0, 3.0), wander(r, 18.5, 1.6)
    steam, ambient = wander(r, 12.4, 0.5), [24 + 11 * math.sin(2 * math.pi * (t + 60) / 365.25) + 1.5 * r.normal() for t in range(DAYS)]
    split = wander(r, 0.52, 0.01)
    cols = {}
    cols["Raw_Crude_Pump_Discharge_Flow"] = [f * (1 + 0.004 * r.normal()) for f in feed]
    cols["Train_A_Raw_Crude_Flow"] = [f * s for f, s in zip(feed, split)]
    cols["Train_B_Raw_Crude_Flow"] = [f * (1 - s) for f, s in zip(feed, split)]
    cols["Rich_Gas_Knockout_Drum_Liquid_to_CDU"] = gas
    cols["Rich_Sponge_Oil_Flash_Drum_Bottoms_to_CDU"] = sponge
    cols["Furnace_Outlet_Temperature"] = oven
    cols["Stripping_Steam_Flow"] = steam
    cols["Ambient_Temperature"] = ambient
    moved = {"Naphtha": (0.0012, 2), "Kerosene": (0.0010, 1), "Light Diesel": (0.0014, 1), "Heavy Diesel": (0.0011, 3), "RCO": (-0.0030, 2)}
    noise, share = {y: wander(r, 0.0, 0.004, 0.25) for y in YIELDS}, {}
    for y, (base, slope) in YIELDS.items():
        gain, delay = moved.get(y, (0.0, 0))
        share[y] = [base + slope * (lag(blend, 1, t)[1] - 37) / 5 + gain * (lag(oven, delay, t) - 358) + noise[y][t] for t in range(DAYS)]
    flow = {y: [lag(feed, 1, t) * share[y][t] + 8 * r.normal() for t in range(DAYS)] for y in YIELDS}
    jet = [0.62 * flow["Kerosene"][t] - 1.1 * (lag(ambient, 1, t) - 24) + 4 * r.normal() for t in range(DAYS)]
    targets = {"Total_Stabilized_Naphtha_Product_Flowrate": [f + 7 * (g - 18.5) for f, g in zip(flow["Naphtha"], gas)],
               "Total_Kerosene_Product_Flowrate": flow["Kerosene"], "Jet_Fuel_Product_Train1_Flowrate": jet,
               "Total_Light_Diesel_Product_Flowrate": flow["Light Diesel"], "Total_Heavy_Diesel_Product_Flowrate": flow["Heavy Diesel"],
               "Total_Atmospheric_Residue_Flowrate": flow["RCO"]}
    for y in ("Gas & LPG", "Kerosene", "Light Diesel", "Heavy Diesel", "RCO"):
        base, slope = YIELDS[y]
        targets[f"Blend_Yield_{y}"] = [base + slope * (b[1] - 37) / 5 for b in blend]
    for k in range(33):  # tags of the control system: most follow something with a delay, some are noise
        source = (feed, oven, steam, ambient, gas, sponge)[k % 6]
        mean, scale, delay = 40.0 + 17 * k, 0.4 + 0.03 * k, k % 4
        base = sum(source) / DAYS
        sd = math.sqrt(sum((v - base) ** 2 for v in source) / DAYS)
        strength = 0.0 if k % 11 == 10 else 0.9 - 0.02 * k
        own = wander(r, 0.0, 1.0, 0.3)
        cols[f"DCS_{102 + k}TI{1100 + 37 * k}"] = [mean + 10 * scale * (strength * (lag(source, delay, t) - base) / sd + 0.35 * own[t]) for t in range(DAYS)]
    statics = {f"crude_{c}": [b[0][c] for b in blend] for c in CRUDES}
    statics["API"], statics["Sulphur"] = [b[1] for b in blend], [b[2] for b in blend]
    return days, targets, cols, statics


def spoil(r, columns, share, wild):
    """Some cells missing, one stretch here and there, and a few wild readings."""
    for values in columns.values():
        for t in range(DAYS):
            if r.uniform() < share:
                values[t] = None
        if r.uniform() < 0.2:
            at, n = int(r.uniform() * (DAYS - 20)), 2 + int(r.uniform() * 6)
            values[at:at + n] = [None] * n
        if r.uniform() < wild:
            at = int(r.uniform() * DAYS)
            values[at] = None if values[at] is None else values[at] * (3.0 + 4.0 * r.uniform())


def number(v, digits):
    return "" if v is None else f"{v:.{digits}f}".rstrip("0").rstrip(".")


def main():
    r = Random(SEED)
    days, targets, drivers, statics = make(r)
    spoil(r, drivers, 0.012, 0.3)
    spoil(r, {k: v for k, v in targets.items() if not k.startswith("Blend_")}, 0.006, 0.25)
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "data", "plant.csv")
    names = list(targets) + list(drivers) + list(statics)
    columns = list(targets.values()) + list(drivers.values()) + list(statics.values())
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("date," + ",".join(names) + "\n")
        for t, day in enumerate(days):
            cells = []
            for name, values in zip(names, columns):
                cells.append(number(values[t], 5 if name.startswith(("Blend_", "crude_")) else 1 if name == "Sulphur" else 2))
            f.write(day.isoformat() + "," + ",".join(cells) + "\n")


if __name__ == "__main__":
    main()
