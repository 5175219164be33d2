"""The HTTP core against those who mean ill: malformed requests, paths that climb, guessed tokens, bytes for the log."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import statistics
import time

import echo_bed
from echo_bed import Echo, head, parts, send_all, status_of

LINE = b"GET /echo HTTP/1.1\r\n"
HOST = b"Host: x\r\n"
FORM = b"POST /echo HTTP/1.1\r\nHost: x\r\n"


def form(body, kind=b"multipart/form-data; boundary=b"):
    return FORM + b"Connection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body


def part(rows, data=b"x"):
    return b"--b\r\n" + rows + b"\r\n\r\n" + data + b"\r\n"


NAMED = b'Content-Disposition: form-data; name="a"'

MALFORMED = {
    "two lengths": FORM + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "two equal lengths": FORM + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "length and chunked": FORM + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "length of letters": FORM + b"Content-Length: 0x2\r\n\r\n{}",
    "length below zero": FORM + b"Content-Length: -2\r\n\r\n{}",
    "length with a plus": FORM + b"Content-Length: +2\r\n\r\n{}",
    "length list": FORM + b"Content-Length: 2, 2\r\n\r\n{}",
    "length beyond 64 bits": FORM + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "coding gzip": FORM + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "codings gzip, chunked": FORM + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "coding chunked twice": FORM + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding xchunked": FORM + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "bad chunk size": FORM + b"Transfer-Encoding: chunked\r\nContent-Type: text/csv\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "huge chunk size": FORM + b"Transfer-Encoding: chunked\r\nContent-Type: text/csv\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "NUL in the target": b"GET /ec\0ho HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL behind the target": b"GET /echo\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "encoded NUL": b"GET /jobs/a%00b HTTP/1.1\r\n" + HOST + b"\r\n",
    "control byte in the target": b"GET /jobs/a\x01b HTTP/1.1\r\n" + HOST + b"\r\n",
    "space in the target": b"GET /jobs/a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "broken escape": b"GET /jobs/a%2 HTTP/1.1\r\n" + HOST + b"\r\n",
    "target that is no UTF-8": b"GET /jobs/%ff%fe HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in a header": LINE + HOST + b"X: a\0b\r\n\r\n",
    "control byte in a header": LINE + HOST + b"X: a\x07b\r\n\r\n",
    "blank before the colon": LINE + HOST + b"X : y\r\n\r\n",
    "no header name": LINE + HOST + b": y\r\n\r\n",
    "no colon": LINE + HOST + b"hello\r\n\r\n",
    "folded header": LINE + HOST + b"X: a\r\n b\r\n\r\n",
    "folded header in front": LINE + b" X: a\r\n" + HOST + b"\r\n",
    "bare line feeds": b"GET /echo HTTP/1.1\nHost: x\n\n",
    "one bare line feed": LINE + b"Host: x\nX: y\r\n\r\n",
    "bare carriage return": LINE + b"Host: x\rX: y\r\n\r\n",
    "no Host": LINE + b"\r\n",
    "two Hosts": LINE + HOST + HOST + b"\r\n",
    "Host with a path": LINE + b"Host: a/b\r\n\r\n",
    "bad Expect": FORM + b"Content-Length: 2\r\nExpect: 200-maybe\r\n\r\n{}",
    "HTTP/3.0": b"GET /echo HTTP/3.0\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET /echo\r\n\r\n",
    "method of odd letters": b"G{}T /echo HTTP/1.1\r\n" + HOST + b"\r\n",
    "long method": b"G" * 40 + b" /echo HTTP/1.1\r\n" + HOST + b"\r\n",
    "a TLS hello": bytes.fromhex("16030100a5010000a10303") + bytes(160) + b"\r\n\r\n",
    "a long target": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target of 200 KB": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "many headers": LINE + HOST + b"".join(b"X-%d: y\r\n" % i for i in range(200)) + b"\r\n",
    "long headers": LINE + HOST + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 900) for i in range(45)) + b"\r\n",
    "a header of 1 MB": LINE + HOST + b"X: " + b"y" * (1 << 20) + b"\r\n\r\n",
    "form without a boundary": form(b"--b--\r\n", b"multipart/form-data"),
    "form with a long boundary": form(b"--b--\r\n", b"multipart/form-data; boundary=" + b"b" * 71),
    "form with an odd boundary": form(b"--b--\r\n", b'multipart/form-data; boundary="b\xe4"'),
    "form that ends early": form(part(NAMED)),
    "form that ends in a part": form(b"--b\r\n" + NAMED + b"\r\n\r\nxx"),
    "empty form": form(b"\r\n"),
    "form without a disposition": form(part(b"X: y") + b"--b--\r\n"),
    "form without a name": form(part(b"Content-Disposition: form-data") + b"--b--\r\n"),
    "form of 17 parts": form(part(NAMED) * 17 + b"--b--\r\n"),
    "form with a long part header": form(part(NAMED + b"\r\nX: " + b"y" * 5000) + b"--b--\r\n"),
    "form with a long file name": form(part(NAMED + b'; filename="' + b"y" * 300 + b'"') + b"--b--\r\n"),
    "form with bare line feeds": form(b"--b\n" + NAMED + b"\n\nx\n--b--\n"),
    "form with a NUL": form(part(NAMED + b"\r\nX: \0") + b"--b--\r\n"),
    "form in base64": form(part(NAMED + b"\r\nContent-Transfer-Encoding: base64") + b"--b--\r\n"),
    "form with junk behind a boundary": form(part(NAMED) + b"--bx\r\n" + NAMED + b"\r\n\r\nx\r\n--b--\r\n"),
}


def fault_24(check, echo):
    """Each malformed request alone: refused, or closed within the header deadline; the server stays."""
    wrong = {}
    for name, data in MALFORMED.items():
        begun = time.monotonic()
        got = echo.raw(data, 6)
        status = status_of(got)
        if (got and (status is None or not 400 <= status < 600)) or re.search(rb"HTTP/1\.1 [123]", got) or time.monotonic() - begun > 4:
            wrong[name] = (got[:100], round(time.monotonic() - begun, 1))
    check.that(not wrong, f"fault_24 {len(MALFORMED)} malformed requests: each 4xx, 5xx or closed", wrong)
    check.that(echo.alive(), "fault_24 the server lives on")
    # whoever is answered is answered as a problem, and a request behind a malformed one is never served
    smuggled = echo.raw(MALFORMED["length and chunked"] + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 6)
    check.that(smuggled.count(b"HTTP/1.1 ") == 1 and b"application/problem+json" in smuggled, "fault_24 nothing behind a doubtful head is served", smuggled[:200])


def chunks(check, echo):
    """libmicrohttpd takes chunks with bare line feeds; what comes behind a chunked body is never served."""
    start, behind = FORM + b"Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    for name, body in {"bare line feeds": b"5\nhello\n0\n\n", "proper line ends": b"5\r\nhello\r\n0\r\n\r\n", "an extension": b"5;x=\n\r\nhello\r\n0\r\n\r\n"}.items():
        got = echo.raw(start + body + behind, 6)
        check.that(got.count(b"HTTP/1.1 ") == 1 and (b" 200 " not in got[:20] or b"\r\nConnection: close\r\n" in got), f"chunks with {name}: the connection ends behind them", got[:300])


def fault_25(check, echo):
    """Nothing outside the spool folder appears, changes or is read, whatever paths and names say."""
    os.makedirs("outside", exist_ok=True)
    with open("outside/secret", "w", encoding="utf-8") as f:
        f.write("xyzzy")
    before = echo_bed.files_below("outside")
    names = ["../outside/a", "..\\outside\\b", "/etc/passwd", os.path.abspath("outside/c"), "C:\\c", "..", ".", "", "a\0b".replace("\0", "%00"), "....//x",
             "%2e%2e%2foutside%2fd", "~/.profile", "|id", "$(id)", "a/../../outside/e", "lock", "1", "con"]
    got = {}
    for name in names:
        kind, body = parts((f'name="file"; filename="{name}"', "text/csv", b"data"))
        answer = json.loads(echo.ask("POST", "/echo", body, Content_Type=kind)[2])
        p = answer["parts"][0]
        if os.path.dirname(p["path"]) != answer["folder"] or not p["path"].startswith(echo.spool) or "/" in p["filename"] or "\\" in p["filename"]:
            got[name] = p
    check.that(not got, "fault_25 file names never become paths", got)
    targets = ["/../outside/secret", "/%2e%2e/outside/secret", "/..%2foutside%2fsecret", "/..%5coutside%5csecret", "//outside/secret", "/./livez", "/jobs/../../secret",
               "/jobs/..%2f..%2fsecret", "/jobs/%2e%2e/secret", "/etc/passwd", "/C:%5csecret", "/jobs/..%5c..", "/jobs/a%00", "/%c0%ae%c0%ae/secret", "http://x/../secret",
               "/jobs/\\..\\secret", "///etc/passwd"]
    served = {t: s for t in targets for s in [status_of(echo.raw(head("GET", t, close=True)))] if s not in (400, 404)}
    check.that(not served, "fault_25 paths that climb: 400 or 404", served)
    check.that(echo_bed.files_below("outside") == before and open("outside/secret", encoding="utf-8").read() == "xyzzy", "fault_25 nothing outside changed")
    os.symlink(os.path.abspath("outside"), os.path.join(echo.spool, "norn-http-abcdef"))
    with Echo(spool=echo.spool, quiet=1):
        pass
    check.that(echo_bed.files_below("outside") == before, "fault_25 the sweep at the start follows no link")
    os.unlink(os.path.join(echo.spool, "norn-http-abcdef"))


def time_of(s, token):
    begun = time.perf_counter_ns()
    status = echo_bed.ask_on(s, "GET", "/echo", Authorization="Bearer " + token)[0]
    return (time.perf_counter_ns() - begun) / 1000, status


def timing(check, echo, good, samples):
    """Tokens that agree in no byte, in all but the last: their times in turn, on one connection, trimmed."""
    rows = {"x" * len(good): [], good[:-1] + "x": []}
    with echo.connect() as s:
        for _ in range(samples):
            for token, times in rows.items():
                t, status = time_of(s, token)
                times.append(t)
                assert status == 401
    a, b = (sorted(times)[:int(0.8 * samples)] for times in rows.values())
    gap = abs(statistics.mean(a) - statistics.mean(b))
    noise = (statistics.pvariance(a) / len(a) + statistics.pvariance(b) / len(b)) ** 0.5
    # a compare that stops at the first difference would show 64 bytes' worth, some 20 ns, below any noise here; one that hashes
    # or copies per byte shows microseconds
    return gap < max(5 * noise, 2.0), f"{gap:.2f} us apart, noise {noise:.2f} us, {samples} samples"


def fault_26(check):
    good = "0123456789abcdef" * 4
    with open("keys", "w", encoding="utf-8") as f:
        f.write(good + "\n")
    os.chmod("keys", 0o600)
    with Echo(tokens="keys", quiet=0) as echo:
        tries = {"none": None, "wrong": "Bearer wrong", "prefix": "Bearer " + good[:-1], "longer": "Bearer " + good + "0", "empty": "Bearer ", "basic": "Basic " + good,
                 "bare": good, "case": "Bearer " + good.upper(), "hash": "Bearer " + "0" * 64}
        got = {name: echo.status("GET", "/echo", Authorization=value) for name, value in tries.items()}
        check.that(set(got.values()) == {401}, "fault_26 no, wrong, cut and stretched tokens: 401", got)
        got = status_of(echo.raw(head("GET", "/echo", close=True, Authorization="Bearer " + "a" * (1 << 20)), 5))
        check.that(got in (None, 400, 401, 413, 431), "fault_26 a token of 1 MB is refused", got)
        got = [echo.status("GET", "/echo?token=" + good), echo.status("GET", "/echo?access_token=" + good), echo.status("GET", "/echo/" + good)]
        check.that(got == [401, 401, 404], "fault_26 a token in the URL opens nothing", got)
        check.that(echo.status("GET", "/echo", Authorization="Bearer " + good) == 200, "fault_26 the token itself opens")
        two = echo.raw(b"GET /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nAuthorization: Bearer " + good.encode() + b"\r\nConnection: close\r\n\r\n")
        check.that(status_of(two) in (400, 401), "fault_26 of two Authorization headers none opens", two[:60])
        answers = [timing(check, echo, good, 1500) for _ in range(1)]
        if not answers[0][0]:  # another program on the machine may have moved one: the same signal must show twice
            answers.append(timing(check, echo, good, 1500))
        check.that(any(a[0] for a in answers), "fault_26 no timing signal above the noise", answers)
        time.sleep(0.1)
        text = "\n".join(echo.lines())
        check.that("query" not in text and text.count(good) <= 1 and "Bearer" not in text, "fault_26 no token in the log but in a path that was asked for", text.count(good))


def fault_37(check):
    nasty = 'a\r\n{"level":"info"}\x1b[31m<script>alert(1)</script>\x7f\u202e"\\'
    safe = nasty.replace("\r", "").replace("\n", "").replace("\x1b", "").replace("\x7f", "").replace('"', "").replace("\\", "")
    quoted = "".join("%%%02x" % b for b in nasty.encode())
    with Echo(quiet=0) as echo:
        echo.raw(head("GET", "/jobs/" + quoted, close=True))
        echo.raw(head("GET", "/jobs/" + "".join("%%%02x" % b for b in safe.encode()), close=True))
        echo.raw(head("GET", "/livez", close=True, X_Request_Id="x\x1b[31m<script>", traceparent="00-<script>"))
        echo.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\tb\r\nConnection: close\r\n\r\n")
        kind, body = parts((f'name="a"; filename="{safe}"', None, b"x"))
        status, rows, text = echo.ask("POST", "/echo", body, Content_Type=kind)
        check.that(status == 200 and json.loads(text)["parts"][0]["filename"].startswith("script>") and rows["content-type"] == "application/json", "fault_37 a name comes back as JSON text")
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        echo.ask("GET", "/livez", traceparent=trace)
        time.sleep(0.1)
        lines = echo.lines()
        rows = [json.loads(line) for line in lines]
        check.that(len(rows) == 6 and all(r["msg"] == "request" for r in rows), "fault_37 a line of JSON for each request", lines)
        raw = open(echo.log, "rb").read()
        check.that(not any(b < 0x20 and b != 0x0A or b == 0x7F for b in raw), "fault_37 no control byte in the log", raw)
        check.that(any(r.get("traceparent") == trace for r in rows) and all("<script>" not in r["request_id"] for r in rows) and set(rows[0]) >= {
            "ts", "level", "msg", "request_id", "route", "status", "duration_s", "bytes_in", "bytes_out", "client"}, "fault_37 what a line holds", rows[0])
    with Echo(quiet=0, text=1) as echo:
        echo.raw(head("GET", "/jobs/" + "".join("%%%02x" % b for b in safe.encode()), close=True))
        echo.ask("GET", "/echo")
        time.sleep(0.1)
        raw = open(echo.log, "rb").read()
        check.that(raw.count(b"\n") == 2 and b"status=200" in raw and not any(b < 0x20 and b != 0x0A or b == 0x7F for b in raw), "fault_37 the same as text", raw)


def test(check):
    with Echo(header=2) as echo:
        fault_24(check, echo)
        chunks(check, echo)
        fault_25(check, echo)
        check.that(echo.stop() == 0, "the server ends well", echo.lines()[-3:])
    fault_26(check)
    fault_37(check)


echo_bed.run(test)
