#!/usr/bin/env python3
"""Writes the table of powers of ten that printing and parsing of numbers share: gen_pow10.py OUT.h

Entry k holds floor(10^k * 2^-e) with 127 < log2 <= 128 bits, as two 64-bit words; all of it exact integer arithmetic.
"""
# SPDX-License-Identifier: Apache-2.0
import sys

LOWEST, HIGHEST = -342, 324


def word(k):
    """10^k scaled into [2^127, 2^128), floored."""
    if k >= 0:
        v = 10**k
        shift = v.bit_length() - 128
        return v >> shift if shift > 0 else v << -shift
    d = 10**-k
    shift = d.bit_length() + 127
    v = (1 << shift) // d
    return v if v.bit_length() == 128 else (1 << (shift + 1)) // d if v.bit_length() < 128 else v >> 1


def main():
    with open(sys.argv[1], "w") as f:
        f.write("/* Powers of ten as 128-bit words, made by tools/gen_pow10.py. */\n"
                "/* SPDX-License-Identifier: Apache-2.0 */\n#include <stdint.h>\n"
                f"enum {{ POW10_LOWEST = {LOWEST}, POW10_HIGHEST = {HIGHEST} }};\n"
                "/* (POW10_HIGHEST - POW10_LOWEST + 1, 2): high word, low word */\n"
                "static const uint64_t pow10_words[][2] = {\n")
        for k in range(LOWEST, HIGHEST + 1):
            v = word(k)
            assert v.bit_length() == 128
            f.write(f"    {{UINT64_C(0x{v >> 64:016x}), UINT64_C(0x{v & (2**64 - 1):016x})}},\n")
        f.write("};\n")


if __name__ == "__main__":
    main()
