#!/usr/bin/env python3
"""Writes the tables behind exp and log: gen_fp_table.py OUT.h

exp: 2^(j/128), j = 0..127, as head and tail. log: for each of 128 intervals of z in [0.705, 1.41) a short 1/c (multiples of
2^-9, so that z/c - 1 is exact in two doubles) and log c as head (a multiple of 2^-42, so that k log 2 + head is exact) and tail.
All of it 60 decimal digits rounded once, hence the same on every machine.
"""
# SPDX-License-Identifier: Apache-2.0
import decimal
import struct
import sys
from decimal import Decimal

SIZE = 128
LOG_FIRST = 0x3FE6900000000000  # the bits of 0.705...: 1 lies in the middle of an interval, whose c is 1 exactly
STEP = 1 << 45


def double(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def coarse(x):
    """x to a multiple of 2^-42."""
    return float((x * 2**42).to_integral_value()) / 2**42


def log_row(i):
    first, last = double(LOG_FIRST + i * STEP), double(LOG_FIRST + (i + 1) * STEP)
    if first < 1 < last:
        return 1.0, 0.0, 0.0
    inverse = round(2 / (first + last) * 512) / 512
    value = -Decimal(inverse).ln()
    head = coarse(value)
    return inverse, head, float(value - Decimal(head))


def main():
    decimal.getcontext().prec = 60
    ln2 = Decimal(2).ln()
    ln2_head = coarse(ln2)
    step = ln2 / SIZE
    step_head = float((step * 2**40).to_integral_value()) / 2**40
    with open(sys.argv[1], "w") as f:
        f.write("/* Tables behind exp and log, made by tools/gen_fp_table.py. */\n/* SPDX-License-Identifier: Apache-2.0 */\n"
                "#include <stdint.h>\n"
                f"enum {{ FP_TABLE_SIZE = {SIZE} }};\n"
                f"static const uint64_t log_first = UINT64_C({LOG_FIRST:#x});\n"
                f"static const double ln2_head = {ln2_head.hex()}, ln2_tail = {float(ln2 - Decimal(ln2_head)).hex()};\n"
                f"static const double exp_step_head = {step_head.hex()}, exp_step_tail = {float(step - Decimal(step_head)).hex()};\n"
                f"static const double exp_steps_per_one = {float(1 / step).hex()};\n"
                "/* (FP_TABLE_SIZE, 2): head, tail */\nstatic const double exp_table[][2] = {\n")
        for j in range(SIZE):
            value = (ln2 * j / SIZE).exp()
            head = float(value)
            f.write(f"    {{{head.hex()}, {float(value - Decimal(head)).hex()}}},\n")
        f.write("};\n/* (FP_TABLE_SIZE, 3): 1/c, log c head, log c tail */\nstatic const double log_table[][3] = {\n")
        for i in range(SIZE):
            f.write("    {%s, %s, %s},\n" % tuple(x.hex() for x in log_row(i)))
        f.write("};\n")


if __name__ == "__main__":
    main()
