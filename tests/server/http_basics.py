"""The HTTP core over a socket: routes, uploads, limits, answers, events, tokens, rates."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import time

import echo_bed
from echo_bed import Echo, ask_on, head, parts, read_answer, send_all, status_of


def routes(check, echo):
    status, rows, body = echo.ask("GET", "/echo?q=a%20b%2Bc&r=1")
    answer = json.loads(body)
    check.that(status == 200 and answer["q"] == "a b+c" and answer["path"] == "/echo", "query is decoded", body)
    check.that(rows["x-content-type-options"] == "nosniff" and rows["cache-control"] == "no-store" and rows["referrer-policy"] == "no-referrer" and
               "default-src 'none'" in rows["content-security-policy"], "security headers", rows)
    check.that(json.loads(echo.ask("GET", "/jobs/a/b%20c")[2])["rest"] == "a/b c", "what stands behind a star")
    check.that(json.loads(echo.ask("DELETE", "/jobs/7")[2])["method"] == "DELETE", "DELETE")
    status, rows, body = echo.ask("GET", "/nothing-here")
    problem = json.loads(body)
    check.that(status == 404 and rows["content-type"] == "application/problem+json" and problem["status"] == 404 and problem["title"] == "Not Found" and
               problem["instance"] == "/nothing-here" and problem["request_id"] == rows["x-request-id"], "404 is a problem", body)
    status, rows, _ = echo.ask("PATCH", "/echo")
    check.that(status == 405 and rows["allow"] == "GET, HEAD, POST", "405 says what is allowed", rows)
    status, rows, body = echo.ask("HEAD", "/livez")
    check.that(status == 200 and rows["content-length"] == "3" and body == b"", "HEAD has no body", rows)
    check.that(echo.status("GET", "/nothing") == 500, "a handler that forgets its answer: 500")
    check.that(echo.ask("GET", "/echo", X_Request_Id="abc-1.2_3:x")[1]["x-request-id"] == "abc-1.2_3:x", "a good request id is kept")
    check.that(echo.ask("GET", "/echo", X_Request_Id="a b<c>")[1]["x-request-id"] != "a b<c>", "a bad one is not")


def static(check, echo):
    status, rows, body = echo.ask("GET", "/")
    check.that(status == 200 and body == b"<!doctype html><p>raw" and rows["etag"] == '"e1"' and rows["cache-control"] == "no-cache", "static bytes", rows)
    status, rows, body = echo.ask("GET", "/", Accept_Encoding="br, gzip;q=0.5")
    check.that(body == b"packed" and rows["content-encoding"] == "gzip" and rows["vary"] == "Accept-Encoding", "gzipped where it is taken", rows)
    check.that(echo.ask("GET", "/", Accept_Encoding="gzip;q=0")[2] == b"<!doctype html><p>raw", "not where it is refused")
    status, rows, body = echo.ask("GET", "/", If_None_Match='"e0", "e1"')
    check.that(status == 304 and body == b"", "304 for a known tag", status)


def kept_alive(check, echo):
    with echo.connect() as s:
        got = [ask_on(s, "GET", "/livez")[0], ask_on(s, "GET", "/absent")[0], ask_on(s, "POST", "/echo", b"{}", Content_Type="application/json")[0],
               ask_on(s, "GET", "/livez")[0]]
    check.that(got == [200, 404, 200, 200], "one connection, four requests, a refusal among them", got)
    with echo.connect() as s:
        s.sendall(head("GET", "/livez") * 3)
        text = b""
        while text.count(b"\r\n\r\nok\n") < 3:
            text += s.recv(65536)
    check.that(text.count(b"HTTP/1.1 200") == 3, "three requests in one packet")


def uploads(check, echo):
    data = os.urandom(300_000) + b"\r\n--b0undar" + os.urandom(1000) + b"\r\n--b0undar\r"
    kind, body = parts(('name="file"; filename="C:\\\\dir\\\\report x.csv"', "text/csv", data), ('name="params"', None, b'{"a": 1}'))
    status, _, text = echo.ask("POST", "/echo", body, Content_Type=kind)
    answer = json.loads(text)
    file, field = answer["parts"]
    check.that(status == 200 and file["sha256"] == hashlib.sha256(data).hexdigest() and file["size"] == len(data) and file["path"].startswith(echo.spool),
               "a file in a form", text[:300])
    check.that(file["filename"] == "report x.csv" and file["type"] == "text/csv" and field["text"] == '{"a": 1}' and field["path"] == "", "its name, type and a field", field)
    check.that(echo_bed.wait_for(lambda: not os.path.exists(answer["folder"])), "the folder goes with the answer")
    for step in (1, 2, 3, 7, 64, 4096):
        with echo.connect() as s:
            s.sendall(head("POST", "/echo", body, True, Content_Type=kind))
            small = parts(('name="f"; filename="x"', None, b"\r\n\r\n--b0\r\n-" * 20))[1]
            s.close()
        with echo.connect() as s:
            s.sendall(head("POST", "/echo", small, True, Content_Type=kind))
            for i in range(0, len(small), step):
                s.sendall(small[i:i + step])
            got = json.loads(read_answer(s)[2])["parts"][0]
        check.that(got["sha256"] == hashlib.sha256(b"\r\n\r\n--b0\r\n-" * 20).hexdigest(), f"a form in pieces of {step} bytes", got)
    status, _, text = echo.ask("POST", "/echo", data, Content_Type="application/octet-stream")
    part = json.loads(text)["parts"][0]
    check.that(status == 200 and part["name"] == "" and part["path"] and part["sha256"] == hashlib.sha256(data).hexdigest(), "a whole body", part)
    part = json.loads(echo.ask("POST", "/echo", b'{"x":[1]}', Content_Type="application/json; charset=utf-8")[2])["parts"][0]
    check.that(part["text"] == '{"x":[1]}' and part["path"] == "", "JSON stays in memory", part)
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(data[i:i + 9000]), data[i:i + 9000]) for i in range(0, len(data), 9000)) + b"0\r\n\r\n"
    with echo.connect() as s:
        s.sendall(head("POST", "/echo", b"", True, Content_Length=None, Transfer_Encoding="chunked", Content_Type="text/csv") + chunked)
        part = json.loads(read_answer(s)[2])["parts"][0]
    check.that(part["sha256"] == hashlib.sha256(data).hexdigest(), "a chunked body", part)
    with echo.connect() as s:
        s.sendall(head("POST", "/echo", b"{}", True, Content_Type="application/json", Expect="100-continue"))
        first = s.recv(4096)
        s.sendall(b"{}")
        second = s.recv(65536)
    check.that(first.startswith(b"HTTP/1.1 100 ") and b" 200 " in second, "Expect: 100-continue", first)
    big = b"x" * 70_000
    kind, body = parts(('name="long"', None, big))
    part = json.loads(echo.ask("POST", "/echo", body, Content_Type=kind)[2])["parts"][0]
    check.that(part["path"] != "" and part["sha256"] == hashlib.sha256(big).hexdigest() and part["text"] == "", "a long field goes to a file", part)


def refusals(check, echo):
    small = b"x" * 2000
    check.that(echo.status("POST", "/echo", small, Content_Type="image/png") == 415, "415 for a type that no route takes")
    check.that(echo.status("POST", "/echo", small, Content_Type="text/csv", Content_Encoding="gzip") == 415, "415 for a coded body")
    check.that(echo.status("GET", "/echo", small) == 413, "413 where no body is taken")
    status, rows, _ = echo.ask("POST", "/full", small * 500, Content_Type="text/csv")
    check.that(status == 503 and rows["retry-after"] == "2", "admit is asked before the body, and the answer is read", status)
    with echo.connect() as s:
        s.sendall(head("POST", "/full", small, Content_Type="text/csv", Expect="100-continue"))
        got = send_all(s, b"")
    check.that(status_of(got) == 503 and b"100 Continue" not in got, "a refused body is not asked for", got[:80])


def tokens(check):
    with open("tokens", "w", encoding="utf-8") as f:
        f.write("# two\n0123456789abcdef0123\n\nfedcba9876543210fedc  \n")
    os.chmod("tokens", 0o644)
    bad = Echo(tokens="tokens")
    bad.stop()
    check.that(bad.port is None and "chmod 600" in bad.lines()[0], "a token file that others may read is refused", bad.lines())
    os.chmod("tokens", 0o600)
    with Echo(tokens="tokens", per_minute=3, loopback=1) as echo:
        good = {"Authorization": "Bearer 0123456789abcdef0123"}
        status, rows, _ = echo.ask("GET", "/echo")
        check.that(status == 401 and rows["www-authenticate"].startswith("Bearer"), "401 asks for a token", rows)
        check.that(json.loads(echo.ask("GET", "/echo", **good)[2])["owner"] == hashlib.sha256(b"0123456789abcdef0123").hexdigest(), "a token opens; its hash is the owner")
        check.that(echo.status("GET", "/echo", Authorization="bearer fedcba9876543210fedc") == 200, "the scheme in any case")
        check.that(echo.status("GET", "/livez") == 200, "open routes ask for none")
        got = [echo.ask("POST", "/echo", b"{}", Content_Type="application/json", **good) for _ in range(5)]
        check.that([g[0] for g in got] == [200, 200, 200, 429, 429] and 1 <= int(got[3][1]["retry-after"]) <= 20, "429 behind the rate", [g[0] for g in got])
        check.that(echo.status("POST", "/echo", b"{}", Content_Type="application/json", Authorization="Bearer fedcba9876543210fedc") == 200, "another token has its own")


def events(check):
    with Echo(wait=400) as echo:
        with echo.connect() as s:
            got = send_all(s, head("GET", "/events", close=True))
        check.that(b"text/event-stream" in got and b"event: tick\nid: 1\ndata: {\"n\":0,\ndata: \"m\":1}\n\n" in got and got.endswith(b"0\r\n\r\n"), "events, and their end", got[-80:])
        with echo.connect() as s:
            s.sendall(head("GET", "/events"))
            s.recv(100)
        check.that(echo_bed.wait_for(lambda: echo.state()["waiting"] == 0, 2), "a stream whose client leaves ends")


def limits(check):
    with Echo(per_ip=4, loopback=1, connections=8) as echo:
        held = [echo.connect() for _ in range(4)]
        time.sleep(0.1)
        try:
            more = echo.raw(head("GET", "/livez", close=True), 2)
        except OSError:
            more = b""
        check.that(more == b"", "a fifth connection of an address is refused", more[:60])
        for s in held:
            s.close()
        check.that(echo_bed.wait_for(lambda: status_of(echo.raw(head("GET", "/livez", close=True))) == 200), "and taken when one is free")
    bad = Echo(tokens="absent")
    bad.stop()
    check.that(bad.process.returncode == 5 and "absent" in bad.lines()[0], "no token file: an error that names it", bad.lines())


def test(check):
    with Echo() as echo:
        for group in (routes, static, kept_alive, uploads, refusals):
            group(check, echo)
        spool = echo.spool
        check.that(echo.stop() == 0 and os.listdir(spool) == [], "stops, and leaves no file")
    for group in (tokens, events, limits):
        group(check)


echo_bed.run(test)
