#!/usr/bin/env python3
"""s3://bucket/key in and out against a local S3 that checks every signature: formats, faults, keys, places.

Run: s3.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import gzip
import os
import signal
import subprocess
import sys
import time

from s3_server import KEY_ID, REGION, SECRET, TOKEN, Server
from tap import run_in_folder

NORN = os.path.abspath(sys.argv[1])
DATA = "unique_id,ds,y\n" + "".join(f"s{i},{t},{(i * 7 + t * t) % 101}\n" for i in range(40) for t in range(60))
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}


def norn(server, *args, **env):
    known = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": server.url, "HOME": os.getcwd(),
             "TMPDIR": os.getcwd()}
    known.update(env)
    known = {k: v for k, v in known.items() if v is not None}
    done = subprocess.run([NORN, *args], capture_output=True, timeout=120, env={**CLEAN, **known}, text=True)
    return done.returncode, done.stdout, done.stderr


FORECAST = ["--horizon", "3", "--model", "naive,ses", "--level", "90", "--quiet"]


def test_forms(check, server, local):
    for name, body in {"/bucket/plain.csv": DATA.encode(), "/bucket/a folder/ü+&=%.csv": DATA.encode(), "/bucket/packed.csv.gz": gzip.compress(DATA.encode())}.items():
        server.objects[name] = body
        rc, out, err = norn(server, "forecast", "s3:/" + name, *FORECAST)
        check.that(rc == 0 and out == local, f"{name} reads as the local file", err)
    for name in ("out.csv", "deep/er/out.csv.gz", "names with blanks & ü.json", "book.xlsx"):
        rc, _, err = norn(server, "forecast", "s3://bucket/plain.csv", *FORECAST, "--out", "s3://bucket/" + name)
        got = server.objects.get("/bucket/" + name)
        if name.endswith(".gz"):
            got = gzip.decompress(got or b"")
        good = got == local.encode() if ".csv" in name else got and (got[:2] == b"PK" or got[:1] in b"[{")
        check.that(rc == 0 and good, f"--out s3://bucket/{name} is written", err)
    server.objects["/bucket/book2.xlsx"] = server.objects.get("/bucket/book.xlsx", b"")
    rc, _, err = norn(server, "forecast", "s3://bucket/book2.xlsx", "--target-col", "naive", *FORECAST, "--summary", "s3://bucket/s.json")
    check.that(rc == 0 and b'"digest"' in server.objects["/bucket/s.json"], "a workbook is read there; --summary goes there, too", err)


def test_faults(check, server, local):
    path = "/bucket/plain.csv"
    for name, faults, good in (("500 three times", [500, 500, 500], True), ("503 once", [503], True), ("500 for ever", [500] * 9, False),
                               ("a body cut twice", ["truncate", "truncate"], True), ("a dropped connection", ["drop"], True), ("dropped for ever", ["drop"] * 9, False),
                               ("another region", ["move"], True)):
        server.faults[path] = list(faults)
        server.seen.clear()
        rc, out, err = norn(server, "forecast", "s3:/" + path, *FORECAST, AWS_REGION="xx-old-1" if name == "another region" else REGION)
        server.faults.clear()
        if good:
            check.that(rc == 0 and out == local, f"fault_08 {name}: the same answer", (rc, err))
        else:
            check.that(rc == 3 and "attempts" in err and "s3" in err, f"fault_08 {name}: a clear end", (rc, err))
        if name == "a body cut twice":
            ranges = [h.get("range") for _, _, _, h in server.seen]
            check.that(any(ranges), "it was taken up where it broke off", ranges)
    server.faults["/bucket/o.csv"] = [500, 503]
    rc, _, err = norn(server, "forecast", "s3:/" + path, *FORECAST, "--out", "s3://bucket/o.csv")
    check.that(rc == 0 and server.objects["/bucket/o.csv"] == local.encode(), "500 and 503 on the way out: sent at last", err)
    server.faults["/bucket/lost.csv"] = [500] * 9
    rc, _, err = norn(server, "forecast", "s3:/" + path, *FORECAST, "--out", "s3://bucket/lost.csv")
    server.faults.clear()
    kept = [f for f in os.listdir(".") if f.endswith("lost.csv")]
    good = rc == 1 and len(kept) == 1 and kept[0] in err
    check.that(good and open(kept[0], encoding="utf-8").read() == local, "what cannot be sent is kept, and the error says where", (rc, err))
    server.objects["/bucket/late.csv"] = DATA.encode() * 3
    server.faults["/bucket/late.csv"] = ["slow"] * 9
    started = time.monotonic()
    rc, _, err = norn(server, "forecast", "s3://bucket/late.csv", *FORECAST)
    server.faults.clear()
    check.that(rc == 3 and time.monotonic() - started < 90, "a server that gives a byte a second is given up", (rc, err, time.monotonic() - started))


def test_keys(check, server, local):
    path = "s3://bucket/plain.csv"
    rc, _, err = norn(server, "forecast", path, *FORECAST, AWS_SECRET_ACCESS_KEY="wrong")
    check.that(rc == 3 and "403" in err and "SignatureDoesNotMatch" in err and "wrong" not in err, "a wrong secret is refused by name, and not shown", err)
    rc, _, err = norn(server, "forecast", path, *FORECAST, AWS_SECRET_ACCESS_KEY=None)
    check.that(rc == 2 and "AWS_SECRET_ACCESS_KEY" in err, "an id without its secret is refused", (rc, err))
    server.token = True
    rc, out, err = norn(server, "forecast", path, *FORECAST, AWS_SESSION_TOKEN=TOKEN)
    server.token = False
    check.that(rc == 0 and out == local, "a session's token is sent and signed", err)
    server.keys = False
    rc, out, err = norn(server, "forecast", path, *FORECAST, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    server.keys = True
    check.that(rc == 0 and out == local and "authorization" not in {k.lower() for k in server.seen[-1][3]}, "without keys a public object is read unsigned", err)
    os.makedirs(".aws", exist_ok=True)
    with open(".aws/credentials", "w", encoding="utf-8") as f:
        f.write(f"[other]\naws_access_key_id = NO\naws_secret_access_key = NO\n# the one\n[plant]\naws_access_key_id={KEY_ID}\naws_secret_access_key = {SECRET}\n")
    with open(".aws/config", "w", encoding="utf-8") as f:
        f.write(f"[default]\nregion = nowhere\n[profile plant]\nregion = {REGION}\nendpoint_url = {server.url}\n")
    rc, out, err = norn(server, "forecast", path, *FORECAST, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_REGION=None, AWS_ENDPOINT_URL=None, AWS_PROFILE="plant")
    check.that(rc == 0 and out == local, "keys, region and endpoint come from the profile's files", err)


def test_folders(check, server, local):
    """Every other place where a file is written or read."""
    path = "s3://bucket/plain.csv"
    rc, _, err = norn(server, "forecast", path, *FORECAST, "--save", "s3://bucket/m.norn", "--out", "o.csv", "--items", "s3://bucket/items.csv", "--plot", "s3://bucket/p.svg")
    good = all("/bucket/" + n in server.objects for n in ("m.norn", "items.csv", "p.svg"))
    check.that(rc == 0 and good, "--save, --items and --plot", err)
    rc, out, err = norn(server, "forecast", path, *FORECAST, "--load", "s3://bucket/m.norn")
    check.that(rc == 0 and out == local, "--load", err)
    rc, _, err = norn(server, "forecast", path, *FORECAST, "--resume", "s3://bucket/run")
    check.that(rc == 2 and "local" in err and not os.path.exists("s3:"), "--resume is refused by name", (rc, err))
    rc, _, err = norn(server, "evaluate", path, "--horizon", "3", "--model", "naive", "--errors", "s3://bucket/dir")
    check.that(rc == 0 and "/bucket/dir/errors.csv" in server.objects and not os.path.exists("s3:"), "--errors writes its files there", err)


def test_wrong(check, server):
    for args, rc, words in ((["s3://bucket/none.csv"], 3, "404"), (["s3://B/x.csv"], 2, "no bucket"), (["s3://bucket"], 2, "s3://bucket/key"), (["s3://bucket/x/"], 2, "s3://bucket/key"),
                            (["s3://bucket/plain.csv", "--out", "s3://bucket/"], 2, "s3://bucket/key"), (["s3://bucket/plain.csv", "--out", "s3://bucket/plain.csv"], 2, "is the input")):
        got, _, err = norn(server, "forecast", *args, *FORECAST)
        check.that(got == rc and words in err, " ".join(args) + " is refused clearly", (got, err))
    rc, _, err = norn(server, "forecast", "s3://bucket/plain.csv", *FORECAST, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    check.that(rc == 3 and "s3" in err, "no server: a clear end", err)
    rc, _, err = norn(server, "forecast", "s3://bucket/plain.csv", *FORECAST, AWS_ENDPOINT_URL="ftp://x")
    check.that(rc == 2 and "AWS_ENDPOINT_URL" in err, "an endpoint that is none is refused", err)
    rc, _, err = norn(server, "forecast", "s3://bucket/plain.csv", *FORECAST, TMPDIR="/nowhere")
    check.that(rc == 3 and "TMPDIR" in err, "no folder for the temporary file: the remedy is named", err)


def test_cancel(check, server):
    server.objects["/bucket/slow.csv"] = DATA.encode()
    server.faults["/bucket/slow.csv"] = ["slow"] * 9
    env = {**CLEAN, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": server.url}
    with subprocess.Popen([NORN, "forecast", "s3://bucket/slow.csv", *FORECAST], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler)) as p:
        time.sleep(1)
        started = time.monotonic()
        p.send_signal(signal.SIGINT)
        rc = p.wait(timeout=20)
        check.that(rc == 130 and time.monotonic() - started < 3, "Ctrl-C while it is fetched", (rc, p.stderr.read(), time.monotonic() - started))
    server.faults.clear()


def test_all(check):
    server = Server()
    with open("local.csv", "w", encoding="utf-8") as f:
        f.write(DATA)
    rc, local, err = norn(server, "forecast", "local.csv", *FORECAST)
    check.that(rc == 0, "the local file", err)
    test_forms(check, server, local)
    test_keys(check, server, local)
    test_folders(check, server, local)
    test_wrong(check, server)
    test_faults(check, server, local)
    test_cancel(check, server)


sys.exit(run_in_folder(test_all))
