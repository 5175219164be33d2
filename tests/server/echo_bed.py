"""What the tests of the HTTP core share: an echo server of their own, raw requests, and TAP lines."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import tap  # noqa: E402  (its folder is only known here)

PROGRAM = os.path.abspath(sys.argv[1])
with open(PROGRAM, "rb") as program:
    PROGRAM_BYTES = program.read()
SANITIZED = any(mark in PROGRAM_BYTES for mark in (b"__asan_init", b"__tsan_init"))


class Echo:
    """A server in a process of its own; its spool and log lie in the current folder."""
    count = 0

    def __init__(self, files=None, **options):
        Echo.count += 1
        self.spool = os.path.abspath(options.pop("spool", f"spool{Echo.count}"))
        os.makedirs(self.spool, exist_ok=True)
        self.log = os.path.abspath(f"log{Echo.count}")
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]

        def limit():
            if files is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "--spool=" + self.spool] + words, stdout=subprocess.PIPE, stderr=log, preexec_fn=limit)
        line = self.process.stdout.readline().split()
        self.port = int(line[1]) if len(line) == 2 else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def connect(self, timeout=10):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def raw(self, data, timeout=10):
        """All that comes back for the bytes sent, up to the connection's end."""
        with self.connect(timeout) as s:
            return send_all(s, data)

    def ask(self, method, target, body=b"", timeout=10, **headers):
        """(status, headers, body) of one request on a connection of its own."""
        with self.connect(timeout) as s:
            return ask_on(s, method, target, body, close=True, **headers)

    def status(self, method, target, body=b"", **headers):
        return self.ask(method, target, body, **headers)[0]

    def state(self):
        return json.loads(self.ask("GET", "/state")[2])

    def metric(self, start):
        text = self.ask("GET", "/metrics")[2].decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(start))

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
            text = f.read()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024

    def peak(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
            text = f.read()
        return int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) * 1024

    def lines(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read().splitlines()

    def logged(self):
        return [json.loads(line) for line in self.lines() if line.startswith("{")]

    def alive(self):
        return self.process.poll() is None and self.status("GET", "/livez") == 200

    def term(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self, wait=20):
        """The exit status."""
        if self.process.poll() is None:
            self.term()
        try:
            return self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "hung"
        finally:
            self.process.stdout.close()
            with open(self.log, "rb") as f:
                text = f.read()
            at = text.find(b"Sanitizer")
            if at >= 0:
                raise AssertionError(text[max(0, at - 200):at + 3000].decode(errors="replace"))


def send_all(s, data):
    try:
        s.sendall(data)
    except OSError:
        pass
    got = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return got
            got += more
    except OSError:
        return got


def head(method, target, body=b"", close=False, **headers):
    rows = {"Host": "x"}
    if body or method in ("POST", "PUT"):
        rows["Content-Length"] = len(body)
    if close:
        rows["Connection"] = "close"
    rows.update({name.replace("_", "-"): value for name, value in headers.items()})
    text = "".join(f"{name}: {value}\r\n" for name, value in rows.items() if value is not None)
    return f"{method} {target} HTTP/1.1\r\n{text}\r\n".encode("latin-1")


def read_answer(s, method="GET"):
    """(status, headers in lower case, body)"""
    got = b""
    while b"\r\n\r\n" not in got:
        more = s.recv(65536)
        if not more:
            raise ConnectionError(f"no answer: {got!r}")
        got += more
    top, body = got.split(b"\r\n\r\n", 1)
    lines = top.decode("latin-1").split("\r\n")
    rows = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
    status = int(lines[0].split()[1])
    want = int(rows.get("content-length", 0)) if method != "HEAD" and status != 304 else 0
    while len(body) < want:
        more = s.recv(1 << 20)
        if not more:
            break
        body += more
    return status, rows, body


def ask_on(s, method, target, body=b"", close=False, **headers):
    s.sendall(head(method, target, body, close, **headers) + body)
    return read_answer(s, method)


def status_of(raw):
    match = re.match(rb"HTTP/1\.1 (\d{3}) ", raw)
    return int(match.group(1)) if match else None


def parts(*rows, boundary="b0undary"):
    """(content type, body) of multipart/form-data; a row is (disposition, type or None, bytes)."""
    body = b""
    for disposition, kind, data in rows:
        body += f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n".encode("utf-8", "surrogateescape")
        body += f"Content-Type: {kind}\r\n".encode() if kind else b""
        body += b"\r\n" + data + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def wait_for(what, seconds=5, step=0.01):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(step)
    return bool(what())


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(d, name), folder) for d, dirs, names in os.walk(folder) for name in dirs + names)


def run(test):
    sys.exit(tap.run_in_folder(test))
