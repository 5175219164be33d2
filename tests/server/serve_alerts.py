#!/usr/bin/env python3
"""Alerts of `norn serve`: posted to a local receiver, once when they begin and once when they end; and nobody waits for a receiver."""
# SPDX-License-Identifier: Apache-2.0
import http.server
import json
import threading
import time

import serve_kit

SLOW = "/v1/forecast?horizon=6&model=auto_arima&intervals=conformal&conformal-windows=5"


class Receiver:
    def __init__(self, status=200, delay=0.0):
        outer = self
        self.posts, self.status = [], status

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(delay)
                outer.posts.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, alert):
        return [p[2]["status"] for p in self.posts if p[2]["alert"] == alert]


def until(true, seconds=10):
    end = time.monotonic() + seconds * serve_kit.SLACK
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def fill(s, n):
    """Jobs that run and wait; their paths."""
    out = []
    for _ in range(n):
        got = s.csv(SLOW, serve_kit.series(200, 72), Prefer="respond-async")
        if got[0] == 202:
            out.append(got[1]["location"])
    return out


def lives(s):
    start = time.monotonic()
    return s.get("/livez")[0] == 200, time.monotonic() - start


def test(check, norn, folder):
    hook = Receiver()
    s = serve_kit.Server(norn, folder, "--alert-url", hook.url, "--alert-seconds", "0.1", "--max-jobs", "2", "--runners", "1", "--workers", "1",
                         "--job-timeout", "0.4")
    slow = serve_kit.Server(norn, folder, "--alert-url", hook.url, "--alert-seconds", "0.1", "--max-jobs", "2", "--runners", "1", "--workers", "1")
    jobs = fill(slow, 3)
    check.that(until(lambda: hook.of("queue") == ["firing"]), "a full queue is posted", hook.posts)
    time.sleep(0.5)
    check.that(hook.of("queue") == ["firing"], "once, however long it lasts", hook.posts)
    path, kind, body = hook.posts[-1]
    check.that(path == "/hook" and kind == "application/json" and body["instance"].endswith(str(slow.port)) and body["threshold"] > 0.9 and body["summary"],
               "as JSON with instance, value and threshold", body)
    for job in jobs:
        slow.ask("DELETE", job)
    check.that(until(lambda: hook.of("queue") == ["firing", "resolved"]), "and that it is over", hook.posts)
    for _ in range(10):
        s.csv("/v1/forecast?horizon=2&model=theta", serve_kit.series(1))
    time.sleep(0.3)
    check.that(hook.of("error_rate") == [], "no error, no alert", hook.posts)
    for _ in range(4):
        s.csv(SLOW, serve_kit.series(200, 72))
    time.sleep(0.3)
    check.that(hook.of("error_rate") == [], "14 answers say too little about a rate", hook.posts)
    for _ in range(8):
        s.csv("/v1/forecast?horizon=2&model=theta", serve_kit.series(1))
    check.that(until(lambda: hook.of("error_rate") == ["firing"]), "4 errors of 22 are more than 5 %", hook.posts)
    check.that(s.metric("norn_alert_posts_total", result="ok") >= 1, "posts are counted")
    slow.stop()
    check.that(s.stop() == 0, "the server ends as ever")
    for name, url in (("down", "http://127.0.0.1:9/x"), ("slow", Receiver(delay=3).url), ("broken", Receiver(status=500).url)):
        s = serve_kit.Server(norn, folder, "--alert-url", url, "--alert-seconds", "0.1", "--max-jobs", "1", "--runners", "1", "--workers", "1")
        jobs = fill(s, 2)
        time.sleep(0.4)
        good, took = serve_kit.quickly(lambda: lives(s), 0.3)
        for job in jobs:
            s.ask("DELETE", job)
        check.that(good and until(lambda: s.csv("/v1/forecast?horizon=2&model=theta", serve_kit.series(1))[0] == 200),
                   f"a receiver that is {name} changes nothing ({took:.3f} s)", took)
        check.that(s.stop() == 0, "and the server ends")
    try:
        serve_kit.Server(norn, folder, "--alert-url", "file:///etc/passwd")
        check.that(False, "only http and https")
    except RuntimeError as e:
        check.that("--alert-url" in str(e), "only http and https", e)


if __name__ == "__main__":
    serve_kit.main(test)
