"""Writes what was learned as src/models/combine/auto_table.c, which the program holds."""
# SPDX-License-Identifier: Apache-2.0
import numpy as np


def numbers(values, form):
    lines, line = [], "   "
    for v in values:
        text = " " + form(v) + ","
        if len(line) + len(text) > 140:
            lines.append(line)
            line = "   "
        line += text
    return "\n".join(lines + [line])


def real(v):
    text = f"{float(v):.9g}"
    return (text if any(c in text for c in ".en") else text + ".0") + "F"


def array(kind, name, values, form):
    return f"static const {kind} {name}[] = {{\n{numbers(np.ravel(values), form)}\n}};\n"


def net_rows(prefix, layers, out):
    rows = []
    for k, (w, scale, bias) in enumerate(layers):
        base = f"{prefix}_{k}"
        out.append(array("int16_t", base + "_w", w, lambda v: str(int(v))))
        out.append(array("float", base + "_s", scale, real))
        out.append(array("float", base + "_b", bias, real))
        rows.append(f"{{{w.shape[0]}, {w.shape[1]}, {base}_w, {base}_s, {base}_b}}")
    out.append(f"static const norni_gate_layer {prefix}[] = {{{', '.join(rows)}}};\n")
    return len(rows)


def write(path, kinds, results, specs, units, digest):
    out = ["/* What `auto` and `ensemble` have learned: weights of small networks and factors of intervals. */",
           "/* SPDX-License-Identifier: Apache-2.0 */",
           "/* Made by tools/learn_auto/learn.py BUILD WORK --ship src/models/combine/auto_table.c --write docs/auto-accuracy.md",
           f" * from the train parts of M1, M3 and half of M4 (sha256 {digest}). */", "/* clang-format off */",
           '#include "models/combine/gate.h"', ""]
    gates, spreads = [], []
    for kind in kinds:
        net, p = results[kind.name]["ship"]["net"], kind.name
        mask = sum(1 << units[u] for u in kind.units)
        most = "SIZE_MAX" if kind.most >= 10 ** 9 else str(kind.most)
        out.append(array("float", p + "_centre", net.standard[0], real))
        out.append(array("float", p + "_spread", net.standard[1], real))
        out.append(array("float", p + "_most", net.most, real))
        n_layers = [net_rows(f"{p}_net{k}", layers, out) for k, layers in enumerate(net.layers)]
        n_layers.append(net_rows(f"{p}_width", net.width, out))
        nets = ", ".join(f"{{{n}, {p}_net{k}}}" for k, n in enumerate(n_layers[:-1]))
        out.append(f"static const norni_gate_net {p}_nets[] = {{{nets}}}, {p}_wide = {{{n_layers[-1]}, {p}_width}};\n")
        out.append(array("float", p + "_factor", results[kind.name]["factor"], real))
        members = "+".join(specs[a] for a in kind.members)
        gates.append(f'    {{.name = "{p}", .season = {kind.season}, .units = {mask}U, .least_n = {kind.least}, .most_n = {most},\n'
                     f'     .members = "{members}",\n'
                     f"     .n_members = {len(kind.members)}, .horizon = {kind.horizon}, .n_inputs = {len(net.standard[0])}, .median_path = true,\n"
                     f"     .centre = {p}_centre, .spread = {p}_spread, .n_nets = {len(net.layers)}, .net = {p}_nets, .width = &{p}_wide, .most = {p}_most}},")
        spreads.append(f'    {{.name = "{p}", .season = {kind.season}, .units = {mask}U, .least_n = {kind.least}, .most_n = {most}, .horizon = {kind.horizon}, '
                       f".factor = {p}_factor}},")
    anywhere = np.median([np.mean(results[k.name]["factor"]) for k in kinds])
    out += [f"static const float any_factor[] = {{{real(anywhere)}}};", "const norni_gate norni_gates[] = {", *gates, "};",
            "const size_t norni_n_gates = sizeof norni_gates / sizeof norni_gates[0];", "const norni_spread norni_spreads[] = {", *spreads,
            '    {.name = "any", .most_n = SIZE_MAX, .horizon = 1, .factor = any_factor},', "};",
            "const size_t norni_n_spreads = sizeof norni_spreads / sizeof norni_spreads[0];"]
    with open(path, "w") as f:
        f.write("\n".join(out) + "\n")
