#!/usr/bin/env python3
"""Exact GELU, x/2 (1 + erf(x / sqrt 2)), and tanh of float32 numbers, to 50 digits and then to 17.

Run: python3 tests/oracle/make_erf.py > tests/fixtures/erf_mpmath.csv   (mpmath 1.4.1; never imports norn)
"""
# SPDX-License-Identifier: Apache-2.0
import struct

import mpmath

mpmath.mp.dps = 50


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def main():
    points = [single(i / 16 + 0.003 * i * i / 96) for i in range(-112, 113)]
    points += [single(s * 10.0**e) for s in (1, -1) for e in range(-30, 3)]
    points += [single(s * x) for s in (1, -1) for x in (0.62499, 0.62501, 5.2499, 5.2501, 9.1, 30)]
    for x in points:
        m = mpmath.mpf(x)
        gelu = m / 2 * mpmath.erfc(-m / mpmath.sqrt(2))
        print(",".join(mpmath.nstr(v, 17, strip_zeros=True) for v in (m, gelu, mpmath.tanh(m))))


if __name__ == "__main__":
    main()
