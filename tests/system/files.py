#!/usr/bin/env python3
"""One panel in every form of file, many batches long: one digest. Configuration, chart, workbook and interrupts.

Run: files.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import glob
import gzip
import json
import os
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
import zipfile

from tap import run_in_folder

NORN = os.path.abspath(sys.argv[1])
with open(NORN, "rb") as binary:
    SANITIZED = re.search(rb"__[at]san_init", binary.read()) is not None  # its own memory is not norn's
N_SERIES, ARGS = 9000, ["--horizon", "4", "--model", "naive,ses", "--level", "90", "--season-length", "1"]


def make_series():
    rng = random.Random(5)
    series = {}
    for i in range(N_SERIES):
        level = rng.uniform(1, 1000)
        name = f"s{i * 7919 % N_SERIES:05d}" + ("é, \"x\"" if i % 500 == 0 else "")
        series[name] = [f"{level + rng.gauss(0, 1):.2f}" if rng.random() > 0.02 else "" for _ in range(rng.choice([1, 5, 40, 41, 60]))]
        series[name][-1] = series[name][0] = f"{level:.1f}"
    return series


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\n]', text) else text


def long_lines(series):
    return [f"{quoted(k)},{t + 1},{v}" for k, y in series.items() for t, v in enumerate(y)]


def write(path, lines, eol="\n", head="unique_id,ds,y", open_as=open):
    with open_as(path, "wb") as f:
        f.write((eol.join(([head] if head else []) + lines) + eol).encode())


def run(files, *more, args=ARGS, **options):
    env = {**os.environ, **options.pop("env", {})}
    command = [NORN, "forecast"] + ([files] if isinstance(files, str) else files) + args + ["--out", "out.csv", "--summary", "sum.json", *more]
    done = subprocess.run(command, stderr=subprocess.PIPE, timeout=300, env=env, **options)
    s = {}
    if done.returncode in (0, 4):
        with open("sum.json", encoding="utf-8") as f:
            s = json.load(f)
    return done, s


def read(path):
    with open(path, "rb") as f:
        return f.read()


def workbook(path, rows):
    """A small workbook by hand, so that the test needs no library."""
    def cell(v):
        escaped = v.replace("&", "&amp;").replace("<", "&lt;")
        return f"<c><v>{v}</v></c>" if re.fullmatch(r"-?[0-9.]+", v) else f'<c t="inlineStr"><is><t>{escaped}</t></is></c>' if v else "<c/>"
    sheet = "".join("<row>" + "".join(cell(v) for v in r) + "</row>" for r in rows)
    main, rel = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        z.writestr("_rels/.rels", f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                   f'<Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                   f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
        z.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>')


def one_digest(check, series):
    lines = long_lines(series)
    write("plain.csv", lines)
    _, first = run("plain.csv", "--threads", "1")
    want, want_csv = first["digest"], read("out.csv")
    check.that(first["n_items"] == 2 * N_SERIES and os.path.getsize("plain.csv") > 3 << 20, "the serial run, several batches long", first)
    for workers in ("2", "3", "7", "64"):
        _, s = run("plain.csv", "--threads", workers)
        check.that(s["digest"] == want and read("out.csv") == want_csv, f"{workers} workers", s["digest"])
    for limit in ("32MiB", "48MiB", "100MiB", "0.5"):
        done, s = run("plain.csv", "--memory-limit", limit)
        check.that(s.get("digest") == want and read("out.csv") == want_csv, f"--memory-limit {limit}", done.stderr)
        check.that(limit == "0.5" or SANITIZED or s["peak_rss_bytes"] <= int(limit[:-3]) << 20, f"--memory-limit {limit} is kept", s["peak_rss_bytes"])
    k = len(lines) // 3
    for name, make in (("CRLF", lambda: write("x.csv", lines, "\r\n")), ("CR", lambda: write("x.csv", lines, "\r")),
                       ("BOM", lambda: write("x.csv", lines, head="\ufeffunique_id,ds,y")),
                       ("blank lines", lambda: write("x.csv", [l + "\n" * (i % 3 == 0) for i, l in enumerate(lines)])),
                       ("semicolons", lambda: write("x.csv", [f"{quoted(a)};{t + 1};{v}" for a, y in series.items() for t, v in enumerate(y)],
                                                    head="unique_id;ds;y")),
                       ("everything in quotes", lambda: write("x.csv", ['"' + a.replace('"', '""') + f'","{t + 1}","{v}"'
                                                                        for a, y in series.items() for t, v in enumerate(y)]))):
        make()
        done, s = run("x.csv")
        check.that(s.get("digest") == want and read("out.csv") == want_csv, name, done.stderr)
    write("x.csv.gz", lines, open_as=gzip.open)
    done, s = run("x.csv.gz")
    check.that(s.get("digest") == want, "gzip", done.stderr)
    with open("plain.csv", "rb") as f:
        done, s = run("-", stdin=f)
    check.that(s.get("digest") == want, "a file on standard input", done.stderr)
    cat = subprocess.Popen(["cat", "plain.csv"], stdout=subprocess.PIPE)
    done, s = run("-", stdin=cat.stdout)
    cat.stdout.close()
    cat.wait()
    check.that(s.get("digest") == want, "a pipe", done.stderr)
    write("part-1.csv", lines[:k])
    write("part-2.csv", lines[k:2 * k], "\r\n")
    write("part-3.csv", lines[2 * k:])
    done, s = run(["part-1.csv", "part-2.csv", "part-3.csv"])
    check.that(s.get("digest") == want, "three files, cut inside a series", done.stderr)
    done, s = run("part-*.csv")
    check.that(s.get("digest") == want, "a pattern", done.stderr)
    by_time = sorted(range(len(lines)), key=lambda i: (int(lines[i].rsplit(",", 2)[1]), i))
    write("x.csv", [lines[i] for i in by_time])
    done, s = run("x.csv")
    check.that(s.get("digest") == want, "rows by time: gathered in memory", done.stderr)
    done, s = run("x.csv", "--memory-limit", "32MiB")
    check.that(done.returncode == 1 and b"--memory-limit" in done.stderr and b"sort" in done.stderr, "rows by time beyond the limit: the remedy is named",
               done.stderr)
    cat = subprocess.Popen(["cat", "x.csv"], stdout=subprocess.PIPE)
    done, s = run("-", "--memory-limit", "32MiB", stdin=cat.stdout)
    cat.stdout.close()
    cat.wait()
    check.that(done.returncode in (1, 3) and b"sort" in done.stderr, "rows by time from a long pipe: the remedy is named", done.stderr)
    mixed = lines[:]
    random.Random(3).shuffle(mixed)
    write("x.csv", mixed)
    done, s = run("x.csv")
    check.that(s.get("digest") == want, "shuffled rows", done.stderr)
    write("x.csv", [",".join([quoted(a)] + y) for a, y in series.items()], head=None)
    done, s = run("x.csv", "--layout", "rows")
    check.that(s.get("digest") == want and read("out.csv") == want_csv, "layout rows", done.stderr)
    few = dict(list(series.items())[:700])
    rows = [["unique_id", "ds", "y"]] + [[a, str(t + 1), v] for a, y in few.items() for t, v in enumerate(y)]
    write("few.csv", long_lines(few))
    _, s = run("few.csv")
    few_digest, few_csv = s["digest"], read("out.csv")
    workbook("few.xlsx", rows)
    done, s = run("few.xlsx")
    check.that(s.get("digest") == few_digest and read("out.csv") == few_csv, "a workbook", done.stderr)
    longest = max(len(y) for y in few.values())
    write("x.csv", [",".join([str(t + 1)] + [y[t] if t < len(y) else "" for y in few.values()]) for t in range(longest)],
          head=",".join(["t"] + [quoted(a) for a in few]))
    done, s = run("x.csv", "--layout", "wide")
    check.that(s.get("digest") == few_digest, "layout wide", done.stderr)
    return few_csv


def long_series(check):
    """A series of more than 64 MiB of text cannot be a batch: the run begins again in memory."""
    with open("x.csv", "w", encoding="ascii") as f, open("rows.csv", "w", encoding="ascii") as g:
        f.write("unique_id,ds,y\na,1,5\na,2,6\n")
        values = [f"{(k * 7919) % 100003 / 100 + 10000:.6f}" for k in range(3_000_000)]
        f.write("".join(f"long,{k + 1},{v}\n" for k, v in enumerate(values)))
        f.write("z,1,1\nz,2,3\n")
        g.write("a,5,6\nlong," + ",".join(values) + "\nz,1,3\n")
    flags = ["--horizon", "2", "--model", "naive", "--level", "none", "--season-length", "1"]
    done, s = run("x.csv", args=flags)
    rows, t = run("rows.csv", "--layout", "rows", args=flags)
    check.that(os.path.getsize("x.csv") > 64 << 20 and done.returncode == rows.returncode == 0 and s["digest"] == t["digest"] and s["n_items"] == 3,
               "a series longer than a batch may be", (done.stderr, rows.stderr))
    os.remove("x.csv")
    os.remove("rows.csv")


def outputs(check, few_csv):
    subprocess.run([NORN, "forecast", "few.csv", *ARGS, "--quiet", "--out", "o.csv.gz"], check=True, timeout=60)
    check.that(gzip.decompress(read("o.csv.gz")) == few_csv, "gzip output")
    subprocess.run([NORN, "forecast", "few.csv", *ARGS, "--quiet", "--out", "o.csv.zst"], check=True, timeout=60)
    subprocess.run([NORN, "forecast", "o.csv.zst", "--horizon", "1", "--target-col", "ses", "--quiet", "--out", "p.csv"], check=True, timeout=60)
    check.that(read("p.csv").count(b"\n") == 701, "Zstandard output reads back")
    done = subprocess.run([NORN, "forecast", "few.csv", *ARGS, "--quiet"], stdout=subprocess.PIPE, check=True, timeout=60)
    check.that(done.stdout == few_csv, "standard output")
    subprocess.run([NORN, "forecast", "few.csv", *ARGS, "--quiet", "--out", "o.json.gz"], check=True, timeout=60)
    made = json.loads(gzip.decompress(read("o.json.gz")))
    check.that(len(made["series"]) == 700, "JSON, compressed")
    subprocess.run([NORN, "forecast", "few.csv", *ARGS, "--quiet", "--out", "o.xlsx"], check=True, timeout=60)
    sheet = xml.fromstring(zipfile.ZipFile("o.xlsx").read("xl/worksheets/sheet1.xml"))
    ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    rows = sheet.findall(".//m:row", ns)
    third = [c.findtext("m:v", namespaces=ns) for c in rows[1].findall("m:c", ns)][2:]
    first_line = few_csv.decode().splitlines()[1].rsplit(",", len(third))[1:]
    check.that(len(rows) == 1 + 700 * 4 and [float(v) for v in third] == [float(v) for v in first_line], "a workbook with exact numbers",
               (third, first_line))
    subprocess.run([NORN, "forecast", "few.csv", *ARGS, "--quiet", "--out", "o.csv", "--plot", "o.svg"], check=True, timeout=60)
    chart = xml.fromstring(read("o.svg"))
    text = read("o.svg").decode()
    check.that(chart.tag.endswith("svg") and "s00000é, &quot;x&quot;" in text and "688 more" in text and "NaN" not in text, "a chart of the first twelve series",
               text[:300])


def configuration(check):
    def config(text, *more, **options):
        with open("c.toml", "w", encoding="utf-8") as f:
            f.write(text)
        return subprocess.run([NORN, "forecast", "few.csv", "--config", "c.toml", "--out", "o.csv", *more], stderr=subprocess.PIPE, timeout=60,
                              env={**os.environ, **options})

    def columns():
        return read("o.csv").decode().split("\n")[0]

    done = config('horizon = 3 # short\nlevel = [50, 90]\nn_jobs = 1\nchunk_size = 10\nmemory_limit = "0.5"\nerror_threshold = 0.1\n'
                  'retry_attempts = 2\n[forecast]\nmodel = "naive"\n[bench]\nquick = true\n')
    check.that(done.returncode == 0 and columns() == "unique_id,ds,naive,naive-lo-50,naive-hi-50,naive-lo-90,naive-hi-90", "flags from a file", done.stderr)
    done = config('horizon = 3\nmodel = "naive"\n', "--model", "ses", "--level", "none")
    check.that(done.returncode == 0 and columns() == "unique_id,ds,ses", "a flag wins over the file", done.stderr)
    done = config('horizon = 3\nmodel = "ses"\n[forecast]\nmodel = "drift"\nlevel = "none"\n')
    check.that(done.returncode == 0 and columns() == "unique_id,ds,drift", "the command's own table wins over the top", done.stderr)
    done = config("horizon = 3\nthreads = 1\n", "--summary", "s.json", NORN_NUM_THREADS="3")
    with open("s.json", encoding="utf-8") as f:
        check.that(json.load(f)["threads"] == 3, "the environment wins over the file", done.stderr)
    for text, pattern in (("horizon = 3\n\nhorizont = 4\n", r"c.toml: line 3: unknown key 'horizont'; did you mean horizon\?"),
                          ("horizon = 3\n[forcast]\nmodel = 'naive'\n", r"c.toml: line 3: unknown table"),
                          ("horizon = 3\nlevel = 2020-01-01\n", r"c.toml: line 2"), ("horizon = 0\n", r"c.toml: line 1: .*horizon.*0"),
                          ("horizon = 3\nworkers = 2\nn_jobs = 3\n", r"c.toml: line 3: .*twice"), ("horizon = 3\nquiet = maybe\n", r"c.toml: line 2")):
        done = config(text)
        check.that(done.returncode == 2 and re.search(pattern, done.stderr.decode()), "refused: " + text.replace("\n", "; "), done.stderr)
    done = subprocess.run([NORN, "forecast", "few.csv", "--config", "none.toml"], stderr=subprocess.PIPE, timeout=60)
    check.that(done.returncode == 2 and b"none.toml" in done.stderr, "a configuration that is not there", done.stderr)


def broken_pipe(check):
    p = subprocess.Popen([NORN, "forecast", "plain.csv", *ARGS, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.read(10)
    p.stdout.close()
    text = p.stderr.read()
    p.stderr.close()
    check.that(p.wait(timeout=60) == 1 and b"Broken pipe" in text, "a broken pipe is an error with words", text)


def breaks_off(check):
    """A bad cell far down: the batches of series before it are kept, under another name."""
    with open("late.csv", "w", encoding="utf-8") as f:
        f.write("unique_id,ds,y\n")
        f.writelines(f"S{i:06d},{t},{(i * 7 + t * 3) % 50}\n" for i in range(30000) for t in range(12))
        f.write("Z,1,abc\n")
    done = subprocess.run([NORN, "forecast", "late.csv", "--model", "naive", "--horizon", "1", "--out", "late_out.csv"], stderr=subprocess.PIPE, timeout=60)
    kept = open("late_out.csv.partial", encoding="utf-8").read().splitlines() if os.path.exists("late_out.csv.partial") else []
    check.that(done.returncode == 3 and b"line 360002" in done.stderr and b"late_out.csv.partial" in done.stderr, "a late bad row is named, and what is kept", done.stderr)
    check.that(len(kept) > 10000 and kept[1].startswith("S000000,12,") and not os.path.exists("late_out.csv"), "the series before it are kept", len(kept))
    done = subprocess.run([NORN, "forecast", "late.csv", "--model", "naive", "--horizon", "1", "--quiet"], capture_output=True, timeout=60)
    check.that(done.returncode == 3 and done.stdout == b"", "standard output gets all or nothing", len(done.stdout))
    for name in ("late.csv", "late_out.csv.partial"):
        if os.path.exists(name):
            os.remove(name)


def every_part(check):
    few_csv = one_digest(check, make_series())
    long_series(check)
    outputs(check, few_csv)
    configuration(check)
    broken_pipe(check)
    breaks_off(check)
    left = [n for n in os.listdir(".") if n.startswith(".norn") or n.endswith(".partial")]
    check.that(not left and not glob.glob("/tmp/norn-??????"), "no temporary file is left", left)


if __name__ == "__main__":
    sys.exit(run_in_folder(every_part))
