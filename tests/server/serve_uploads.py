#!/usr/bin/env python3
"""Uploads that mean ill to `norn serve`: bombs of gzip, Zstandard and workbooks, tables beyond a job's memory, globs of many stars; and a real workbook."""
# SPDX-License-Identifier: Apache-2.0
import gzip
import json
import os
import re
import struct
import sys
import time
import zlib

import serve_kit
from serve_routes import problem

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import plant_books as plant  # noqa: E402  (its folder is only known here)


def zstd_bomb(blocks, head):
    """A frame of one raw block, then of blocks that say "128 KiB of this byte": four bytes each."""
    out = b"\x28\xb5\x2f\xfd\x00\x38" + struct.pack("<I", len(head) << 3)[:3] + head
    return out + b"".join([struct.pack("<I", 1 << 17 << 3 | 1 << 1)[:3] + b"\n"] * blocks) + \
        struct.pack("<I", 1 << 3 | 1 << 1 | 1)[:3] + b"\n"


def book(parts):
    """A workbook; parts: (name, text) or (name, how many times 16 MiB of blanks follow)."""
    out, index = b"", b""
    for name, value in parts:
        c = zlib.compressobj(9, zlib.DEFLATED, -15)
        size = 16 << 20
        if isinstance(value, int):
            head = c.compress(b"<worksheet><sheetData>") + c.flush(zlib.Z_FULL_FLUSH)
            data = head + (c.compress(b" " * size) + c.flush(zlib.Z_FULL_FLUSH)) * value + c.flush()
            size, crc = size * value + 22, 0
        else:
            data, size, crc = c.compress(value.encode()) + c.flush(), len(value), zlib.crc32(value.encode())
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(data), size, len(name), 0)
        index += b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name.encode()
        out += b"PK\3\4" + fields + name.encode() + data
    return out + index + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(parts), len(parts), len(index), len(out), 0)


LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = [("_rels/.rels", f'<Relationships><Relationship Id="r1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
        ("xl/workbook.xml", '<workbook xmlns:r="l"><sheets><sheet name="TS Monitoring Tags" sheetId="1" r:id="r1"/></sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", f'<Relationships><Relationship Id="r1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')]


def bombs(check, norn, folder):
    """Each refused with 422 within a second, in 64 MiB more than before; the server goes on."""
    s = serve_kit.Server(norn, folder, "--rate-per-minute", "0")
    s.csv("/v1/forecast?horizon=2&model=naive", serve_kit.series(1))

    def resident(key):
        with open(f"/proc/{s.process.pid}/status", encoding="utf-8") as f:
            return int(re.search(key + r":\s+(\d+)", f.read()).group(1)) >> 10
    rows = b"a,2020-01-01,1\n" * 70000
    blanks = book(BOOK + [("xl/worksheets/sheet1.xml", 64)])
    each = {"gzip": gzip.compress(b"unique_id,ds,y\n" + rows * 160), "Zstandard": zstd_bomb(16000, b"unique_id,ds,y\n"), "a workbook": blanks}
    for name, data in each.items():
        for path in ("/v1/forecast?horizon=2&model=naive", "/full_report", "/v1/multi?etl=true"):
            before, start = resident("VmRSS"), time.monotonic()
            got = s.form(path, [("file", data, "my.upload")])
            took, more = time.monotonic() - start, resident("VmHWM") - before
            p = json.loads(got[2])
            check.that(problem(got, 422) and "bomb" in p["detail"] and (name == "a workbook" or "my.upload" in p["detail"]), f"a bomb of {name} to {path}: 422", got)
            check.that(took < 1.5 * serve_kit.SLACK and more < (64 if serve_kit.SLACK == 1 else 640),
                       f"a bomb of {name} to {path}: at once, in little memory ({took:.2f} s, {more} MiB)", (took, more))
    check.that(s.csv("/v1/forecast?horizon=2&model=naive", gzip.compress(serve_kit.series(40).encode()))[0] == 200, "packed data are data")
    s.stop()


def too_little_memory(check, norn, folder):
    """What a job's share will never do is no 503, and no flag of the server is told."""
    s = serve_kit.Server(norn, folder, "--memory-limit", "128MiB", "--runners", "1", "--rate-per-minute", "0")
    row = ",1" * 3000 + "\n"
    wide = "ds" + "".join(f",s{k}" for k in range(3000)) + "\n" + "".join(f"{1900 + i // 336}-{1 + i // 28 % 12:02d}-{1 + i % 28:02d}" + row for i in range(4000))
    got = s.csv("/v1/evaluate?layout=wide&horizon=2&windows=2&model=naive&freq=D", wide)
    check.that(problem(got, 422) and b"more memory than a job" in got[2] and b"--" not in got[2] and "retry-after" not in got[1], "more than a job's memory: 422", got)
    s.stop()


def globs(check, norn, folder):
    """Stars that match in many ways: at once, or refused; and nobody waits for them."""
    s = serve_kit.Server(norn, folder, "--rate-per-minute", "0")
    for stars, letters in ((400, 4000), (1, 400_000)):
        name = "a" * letters
        table = f"ds,{name},x\n" + "".join(f"2024-{3 + i // 30:02d}-{1 + i % 30:02d},{i * 13 % 17},{i % 7}\n" for i in range(60))
        glob = ("*a" * stars if stars > 1 else "*" + "a" * (letters // 2)) + "b"
        start = time.monotonic()
        got = s.form("/v1/multi", [("file", table.encode(), "t.csv"), ("params", json.dumps({"targets": glob, "horizon": 2}))])
        took = time.monotonic() - start
        check.that(got[0] in (400, 422) and took < 2 * serve_kit.SLACK, f"{stars} stars over a name of {letters} letters: refused at once ({took:.2f} s)", (took, got))
    s.stop()


def workbooks(check, norn, folder):
    """The plant's three workbooks through /v1/multi, and one of them torn."""
    s = serve_kit.Server(norn, folder, "--rate-per-minute", "0")
    os.mkdir(os.path.join(folder, "books"))
    plant.write_plant(os.path.join(folder, "books"))
    files = []
    for name in sorted(os.listdir(os.path.join(folder, "books"))):
        with open(os.path.join(folder, "books", name), "rb") as f:
            files.append(("files", f.read(), name))
    got = s.form("/v1/multi", files + [("etl", "true")])
    tables = {t["name"]: t for t in json.loads(got[2]).get("tables", [])} if got[0] == 200 else {}
    check.that(got[0] == 200 and {"targets", "futures", "statics", "final"} <= set(tables) and tables["final"]["n_rows"] == 93, "etl over HTTP: four tables", got)
    got = s.form("/v1/multi", files[:1] + [("files", files[1][1][:-400], "torn.xlsx"), ("etl", "true")])
    check.that(problem(got, 422) and b"torn.xlsx" in got[2] and b"norn-serve" not in got[2], "a torn workbook is named as its sender calls it", got)
    s.stop()


def test(check, norn, folder):
    globs(check, norn, folder)
    workbooks(check, norn, folder)
    bombs(check, norn, folder)
    too_little_memory(check, norn, folder)


if __name__ == "__main__":
    serve_kit.main(test)
