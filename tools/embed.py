#!/usr/bin/env python3
"""Makes the C file of the embedded web pages: embed.py OUT.c FILE...

A page X.html is served at /X (index.html at /), everything else at /assets/NAME.HASH.EXT; what a file says about another one
("./dom.js", "/assets/style.css") is rewritten to the hashed name, so a name never stands for two contents. uPlot's script becomes a
module. The bytes depend on the files alone: no time, no order of a folder.
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import os
import re
import struct
import sys
import zlib

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8"}
# What comes from npm gets names of our own.
RENAMED = {"uPlot.iife.min.js": "uplot.js", "uPlot.min.css": "uplot.css", "LICENSE": "uplot-license.txt"}
REFERENCE = re.compile(rb'(["\'])(?:\./|/assets/)([A-Za-z0-9_-]+\.[a-z]+)\1')


def load(paths):
    """{name: bytes} of the files."""
    files = {}
    for path in paths:
        name = RENAMED.get(os.path.basename(path), os.path.basename(path))
        with open(path, "rb") as f:
            data = f.read()
        if name == "uplot.js":
            data += b"\nexport default uPlot;\n"
        if name in files:
            sys.exit(f"embed.py: two files are called {name}")
        if os.path.splitext(name)[1] not in TYPES:
            sys.exit(f"embed.py: {name}: no content type is known for its ending")
        files[name] = data
    return files


class Site:
    def __init__(self, files):
        self.files, self.made, self.trail = files, {}, []

    def asset(self, name):
        """(path, bytes) of one file, what it refers to first: its hash covers their hashes."""
        if name in self.made:
            return self.made[name]
        if name in self.trail:
            sys.exit("embed.py: circle: " + " -> ".join(self.trail + [name]))
        self.trail.append(name)
        data = REFERENCE.sub(self.rewritten, self.files[name])
        self.trail.pop()
        stem, ending = os.path.splitext(name)
        if ending == ".html":
            path = "/" if stem == "index" else "/" + stem
        else:
            path = f"/assets/{stem}.{hashlib.sha256(data).hexdigest()[:12]}{ending}"
        self.made[name] = path, data
        return self.made[name]

    def rewritten(self, match):
        name = match.group(2).decode()
        if name not in self.files:
            sys.exit(f"embed.py: {self.trail[-1]} refers to {name}, which is not among the files")
        return match.group(1) + self.asset(name)[0].encode() + match.group(1)

    def all(self):
        return sorted((*self.asset(name), os.path.splitext(name)[1]) for name in self.files)


def gzipped(data):
    """gzip -9 without name or time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    body = packer.compress(data) + packer.flush()
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + body + struct.pack("<II", zlib.crc32(data), len(data))


def array(name, data):
    rows = [",".join(map(str, data[at:at + 32])) for at in range(0, len(data), 32)]
    return f"static const unsigned char {name}[] = {{\n" + ",\n".join(rows) + "\n};\n"


def c_text(assets):
    out, rows = [], []
    for i, (path, data, ending) in enumerate(assets):
        packed = gzipped(data)
        out.append(array(f"raw_{i}", data))
        second = "{NULL, 0}"
        if len(packed) < len(data):
            out.append(array(f"gz_{i}", packed))
            second = f"{{(const char *)gz_{i}, sizeof gz_{i}}}"
        rows.append(f'    {{"{path}", "{TYPES[ending]}", "\\"{hashlib.sha256(data).hexdigest()}\\"",\n'
                    f'     {{(const char *)raw_{i}, sizeof raw_{i}}}, {second}, {"true" if path.startswith("/assets/") else "false"}}},\n')
    return ('/* Made by tools/embed.py from web/: do not edit. */\n#include "server/assets.h"\n\n#include <stddef.h>\n#include <string.h>\n\n' + "\n".join(out) +
            "\nconst asset assets_all[] = {\n" + "".join(rows) + "};\nconst size_t assets_count = sizeof assets_all / sizeof assets_all[0];\n\n"
            "const asset *assets_find(const char *path) {\n    for (size_t i = 0; i < assets_count; i++) {\n"
            "        if (strcmp(assets_all[i].path, path) == 0) {\n            return &assets_all[i];\n        }\n    }\n    return NULL;\n}\n")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    text = c_text(Site(load(sys.argv[2:])).all())
    with open(sys.argv[1], "w", encoding="ascii") as f:
        f.write(text)


if __name__ == "__main__":
    main()
