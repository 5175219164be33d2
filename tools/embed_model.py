#!/usr/bin/env python3
"""Makes a C header of a model file's bytes: embed_model.py IN.bin OUT.h"""
# SPDX-License-Identifier: Apache-2.0
import sys


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    rows = ",\n".join(",".join(map(str, data[at:at + 40])) for at in range(0, len(data), 40))
    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write("/* Made by tools/embed_model.py: do not edit. */\n"
                f"static const unsigned char tweet_model_bytes[{len(data)}] = {{\n{rows}}};\n")


if __name__ == "__main__":
    main()
