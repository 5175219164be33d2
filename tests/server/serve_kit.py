"""What the tests of `norn serve` share: checks as TAP lines, a server of their own, requests, events."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

with open(sys.argv[1], "rb") as program:
    PROGRAM_BYTES = program.read()
SANITIZED = any(mark in PROGRAM_BYTES for mark in (b"__asan_init", b"__tsan_init"))
SLACK = 8 if SANITIZED else 1  # how far a sanitizer stretches times


def quickly(attempt, most, times=3):
    """(good, seconds) of the first attempt within `most` seconds, else of the last: another program may have had the CPUs."""
    most *= SLACK
    for _ in range(times):
        good, took = attempt()
        if good and took <= most:
            break
    return good and took <= most, took


class Checks:
    def __init__(self):
        self.n, self.failed = 0, 0

    def that(self, good, name, why=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}{'' if good else '  # ' + str(why)[:600]}", flush=True)

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}", flush=True)


class Server:
    """A server at a free port; its log as JSON lines in .log()."""

    def __init__(self, norn, folder, *flags, env=None):
        self.folder = tempfile.mkdtemp(dir=folder)
        self.errors = open(os.path.join(self.folder, "log"), "w+")
        command = [norn, "serve", "--port", "0", "--log-format", "json", "--cache-dir", os.path.join(self.folder, "cache"),
                   "--spool-dir", self.folder, *flags]
        self.process = subprocess.Popen(command, stderr=self.errors, stdout=subprocess.DEVNULL, env=dict(os.environ, **(env or {})))
        self.port = None
        end = time.monotonic() + 20 * SLACK
        while self.port is None and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.02)
            for line in self.log():
                if line.get("msg") == "listening":
                    self.port = int(line["port"])
        if self.port is None:
            raise RuntimeError("the server does not listen: " + open(self.errors.name).read())

    def log(self):
        with open(self.errors.name) as f:
            return [json.loads(s) for s in f.read().splitlines() if s.startswith("{") and s.endswith("}")]

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """(status, headers, bytes)"""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        except ConnectionError as why:
            time.sleep(0.5)  # a server that dies has then died
            with open(self.errors.name, errors="replace") as f:
                raise ConnectionError(f"{why}; exit status of the server: {self.process.poll()}; the end of its log: {f.read()[-4000:]}") from why
        finally:
            c.close()

    def get(self, path, **headers):
        return self.ask("GET", path, None, headers)

    def csv(self, path, text, **headers):
        return self.ask("POST", path, text, {"Content-Type": "text/csv", **headers})

    def json(self, path, value, **headers):
        return self.ask("POST", path, value if isinstance(value, (str, bytes)) else json.dumps(value),
                        {"Content-Type": "application/json", **headers})

    def form(self, path, fields, **headers):
        """fields: (name, text) or (name, bytes, filename)"""
        body, kind = multipart(fields)
        return self.ask("POST", path, body, {"Content-Type": kind, **headers})

    def metric(self, name, **labels):
        total = 0.0
        for line in self.get("/metrics")[2].decode().splitlines():
            if line.startswith(name) and line[len(name):len(name) + 1] in ("{", " "):
                if all(f'{k}="{v}"' in line for k, v in labels.items()):
                    total += float(line.rsplit(" ", 1)[1])
        return total

    def follow(self, path, **headers):
        return Events(self.port, path, headers)

    def stop(self, sig=signal.SIGTERM, wait=30):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def spool(self):
        return [n for n in os.listdir(self.folder) if n.startswith("norn-serve-")]


class Events:
    """Server-sent events, one at a time: (name, id, value); None at the end."""

    def __init__(self, port, path, headers):
        self.c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.c.request("GET", path, None, headers)
        self.r = self.c.getresponse()
        self.status = self.r.status

    def next(self):
        name, ident, data = None, None, []
        while True:
            try:
                line = self.r.readline()
            except (http.client.HTTPException, OSError):
                return None
            if not line:
                return None
            text = line.decode().rstrip("\n")
            if not text and name:
                return name, ident, json.loads("\n".join(data) or "null")
            if text.startswith("event: "):
                name = text[7:]
            elif text.startswith("id: "):
                ident = int(text[4:])
            elif text.startswith("data: "):
                data.append(text[6:])

    def all(self):
        out = []
        while (e := self.next()) is not None:
            out.append(e)
        return out

    def close(self):
        self.c.close()


def multipart(fields):
    edge, out = "edge7Mk2", b""
    for name, value, *file in fields:
        out += f'--{edge}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if file:
            out += f'; filename="{file[0]}"\r\nContent-Type: text/csv'.encode()
        out += b"\r\n\r\n" + (value if isinstance(value, bytes) else str(value).encode()) + b"\r\n"
    return out + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def series(n=1, months=36):
    """A long panel; every series another one."""
    rows = ["unique_id,ds,y"]
    for k in range(n):
        for i in range(months):
            rows.append(f"s{k:04d},{2015 + i // 12}-{1 + i % 12:02d}-01,{100 + 2 * i + (i * 7 + k * 13) % 12 * 10 + (i * i * (k + 3)) % 17}")
    return "\n".join(rows) + "\n"


def finance(months=36, seed=0):
    rows = ["date,revenue,expenses,cashflow,assets,liabilities,ar,ap,region,department"]
    for i in range(months):
        for k, region in enumerate(("EMEA", "APAC")):
            revenue, spent = 100000 + 1500 * i + 4000 * ((i * 5 + k + seed) % 12), 60000 + 900 * i + 500 * k
            rows.append(f"{2021 + i // 12}-{1 + i % 12:02d}-15,{revenue},{spent},{(revenue - spent) // 2},{500000 + 2000 * i},"
                        f"{300000 - 500 * i},{30000 + 100 * i},{20000 + 50 * i},{region},{'sales' if k else 'field'}")
    return "\n".join(rows) + "\n"


def main(test):
    """Calls test(check, norn, folder) and ends the program."""
    folder, check = tempfile.mkdtemp(), Checks()
    try:
        test(check, sys.argv[1], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{check.n}")
    sys.exit(1 if check.failed else 0)
