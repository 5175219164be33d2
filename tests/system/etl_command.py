#!/usr/bin/env python3
"""`norn multi --etl`: the plant's workbooks become four tables; their defects do not come along.

Run: etl_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import os
import shutil
import subprocess
import sys

import plant_books as plant
import tap
from s3_server import KEY_ID, REGION, SECRET, Server

NORN = os.path.abspath(sys.argv[1])


def run(*args):
    return subprocess.run([NORN, "multi", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, text=True)


def table(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def near(text, value):
    return text != "" and abs(float(text) - value) < 1e-9


def tables(check):
    os.mkdir("books")
    plant.write_plant("books")
    done = run("--etl", "books", "--output", "out")
    check.that(done.returncode == 0, "three workbooks are read", done.stderr)
    targets, futures, statics, final = (table(f"out/{name}.csv") for name in ("targets", "futures", "statics", "final"))
    check.that(len(targets[0]) == 19 and list(targets[0])[1:14] == list(plant.FLOWS.values()), "targets.csv: the date, 13 flows, 5 yields", list(targets[0]))
    check.that(list(futures[0]) == ["date"] + [f.replace(" ", "_") for f in plant.FEEDS], "futures.csv: the date and 5 feeds", list(futures[0]))
    want = [str(datetime.date(2024, 6, 1) + datetime.timedelta(k)) for k in range(93)]
    for name, rows in (("targets", targets), ("futures", futures), ("final", final)):
        check.that([r["date"] for r in rows] == want, f"{name}.csv: each day once, none of 1970", [r["date"] for r in rows][:3] + [len(rows)])
    wrong = [(r["date"], tag) for r in targets[:92] for tag, name in plant.FLOWS.items()
             if not near(r[name], plant.flow(tag, datetime.date.fromisoformat(r["date"])))]
    check.that(not wrong, "a day that two sheets have is its own month's", wrong[:3])
    check.that(near(targets[92]["Total_Kerosene_Product_Flowrate"], 1.0), "the last first of a month is all there is")
    months = {}
    for r in targets:
        months.setdefault(r["date"][:7], set()).add(r["Blend_Yield_Kerosene"])
    check.that(all(len(v) == 1 for v in months.values()) and near(months["2024-06"].pop(), 0.105) and near(months["2024-07"].pop(), 0.1)
               and near(months["2024-08"].pop(), 0.11), "yields are the means of the month's blends, per cent or not", months)
    check.that(list(statics[0]) == ["blend_id", "API", "Sulphur", "crude_AGB", "crude_Bonny_L", "crude_QUI", "month"], "statics.csv: crudes alone", list(statics[0]))
    check.that([r["blend_id"] for r in statics] == ["CB04", "CB05", "CB06", "CB03", "CB01", "CB02"], "no average, no unnamed blend", [r["blend_id"] for r in statics])
    check.that(all(abs(sum(float(v) for k, v in r.items() if k.startswith("crude_")) - 1) < 1e-9 for r in statics), "shares sum to 1")
    first = next(r for r in statics if r["blend_id"] == "CB01")
    check.that(near(first["crude_AGB"], 0.5 / 1.05) and first["month"] == "2024-06", "a blend that adds up to 105 % is scaled", first)
    june = final[0]
    check.that(near(june["API"], 38.5) and near(june["Lab_Kerosene_Flash_Point"], 45.0) and near(june["Lab_Kerosene_Density_15"], 0.79),
               "final.csv: blends' means, the laboratory's means", june)
    check.that([final[k]["Lab_Kerosene_Flash_Point"] for k in (1, 28, 58, 60)] == ["45", "45", "45", ""], "a laboratory result holds for 31 days at most")
    check.that(final[64 + 1]["101TI1501"] != "" and next(r for r in final if r["date"] == "2024-08-04")["101TI1501"] == "", "text in a cell is missing")
    check.that(not any("Total" == k or k.startswith("flow") or k == "Remarks" for k in final[0]), "no total, no remark became a series", list(final[0]))
    for words in ("before 1990", "'Bad Input'", "are no blends", "sheet Notes: neither", "columns have no date"):
        check.that(words in done.stderr, f"said: {words}", done.stderr)


def same(check):
    with open("out/final.csv", "rb") as f:
        want = f.read()
    for k, threads in enumerate((1, 2, 3, 7, 64)):
        done = run("--etl", "books", "--output", f"out{k}", "--threads", str(threads))
        with open(f"out{k}/final.csv", "rb") as f:
            check.that(f.read() == want, f"the same bytes with {threads} workers", done.stderr)
    done = run("--etl", "books/JUN24 plant.xlsx", "books/JUL24 plant.xlsx", "books/AUG24 plant.xlsx", "--output", "named")
    check.that(len(table("named/final.csv")) == 93, "files by name", done.stderr)


def texts(check):
    """The same sheets as CSV files, named by their kinds."""
    os.mkdir("texts")
    for name, rows in (("TS Monitoring Tags JUN24", plant.tags(2024, 6, True)), ("Blends JUN24", plant.blends(["CB01", "CB02"], False))):
        with open(f"texts/{name}.csv", "w", encoding="utf-8", newline="") as f:
            csv.writer(f).writerows(rows)
    done = run("--etl", "texts", "--output", "from_texts")
    check.that(done.returncode == 0, "CSV files are read as sheets", done.stderr)
    a, b = table("from_texts/targets.csv"), table("out/targets.csv")
    check.that(a[:30] == b[:30], "with the same result", (a[:1], b[:1]))


def forecast(check):
    done = run("out/final.csv", "--targets", "Total_*,Jet_*", "--statics", "crude_*,API,Sulphur", "-m", "gbdt(n_trees=20)", "--horizon", "3", "--out", "f.csv")
    check.that(done.returncode == 0, "final.csv is ready for norn multi", done.stderr)
    check.that(len({r["unique_id"] for r in table("f.csv")}) == 6 if done.returncode == 0 else False, "every target has a forecast")


def refused(check):
    os.mkdir("empty")
    done = run("--etl", "empty", "--output", "o")
    check.that(done.returncode != 0 and "no workbook" in done.stderr, "an empty folder", done.stderr)
    done = run("--etl", "books")
    check.that(done.returncode != 0 and "--output" in done.stderr, "no folder to write to", done.stderr)
    os.mkdir("odd")
    plant.write_book("odd/TS Monitoring.xlsx", [("Sheet1", [["a", "b"], [1, 2]])])
    done = run("--etl", "odd", "--output", "o")
    check.that(done.returncode != 0 and "no row with the heading Tag" in done.stderr and "Sheet1" in done.stderr, "a sheet without tags is named", done.stderr)
    with open("odd/TS Monitoring.xlsx", "wb") as f:
        f.write(b"PK\x03\x04 torn")
    done = run("--etl", "odd", "--output", "o")
    check.that(done.returncode != 0 and "TS Monitoring.xlsx" in done.stderr, "a torn workbook is named", done.stderr)
    shutil.rmtree("odd")


def objects(check):
    """Workbooks in a bucket, tables into a bucket."""
    server = Server()
    for month in ("JUN24", "JUL24", "AUG24"):
        with open(f"books/{month} plant.xlsx", "rb") as f:
            server.objects[f"/bucket/in/{month} plant.xlsx"] = f.read()
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET,
           "AWS_REGION": REGION, "AWS_ENDPOINT_URL": server.url, "HOME": os.getcwd(), "TMPDIR": os.getcwd()}
    done = subprocess.run([NORN, "multi", "--etl", *(f"s3://bucket/in/{m} plant.xlsx" for m in ("AUG24", "JUL24", "JUN24")), "--output", "s3://bucket/out"],
                          capture_output=True, text=True, env=env, timeout=120)
    with open("out/final.csv", "rb") as f:
        check.that(server.objects.get("/bucket/out/final.csv") == f.read(), "from S3 to S3, as from folder to folder", done.stderr)
    server.shutdown()


def shipped(check):
    """data/plant.csv is what its script makes."""
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    subprocess.run([sys.executable, os.path.join(top, "tools", "make_plant_data.py"), "plant.csv"], check=True)
    with open("plant.csv", "rb") as made, open(os.path.join(top, "data", "plant.csv"), "rb") as kept:
        a, b = made.read(), kept.read()
    check.that(a == b, "data/plant.csv is made again, byte by byte", (len(a), len(b)))


def test(check):
    tables(check)
    same(check)
    texts(check)
    forecast(check)
    refused(check)
    objects(check)
    shipped(check)


sys.exit(tap.run_in_folder(test))
