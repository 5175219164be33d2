#!/usr/bin/env python3
"""What the server takes for a finance report: cold, cached, one region changed, 200 uploads at once, 900 half-open sockets beside it.

Run: bench_serve.py NORN [SUPERSTORE.csv]   The table has 10,500 rows (tools/make_finance_data.py); every cold upload differs from the one before in a digit.
"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import http.client
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NORN = os.path.abspath(sys.argv[1])
BOUNDARY = "b5f0c1"


def multipart(table):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="t.csv"\r\nContent-Type: text/csv\r\n\r\n'
    return head.encode() + table + f"\r\n--{BOUNDARY}--\r\n".encode()


def head_of(path, body):
    return (f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode()


class Server:
    def __init__(self, folder, *flags):
        self.log = open(os.path.join(folder, "log"), "w+b")
        self.process = subprocess.Popen([NORN, "serve", "--port", "0", "--cache-dir", os.path.join(folder, "cache"), "--workers", "2", *flags], stderr=self.log)
        for _ in range(200):
            time.sleep(0.02)
            found = re.search(rb"(?:port[ =\":]+|127\.0\.0\.1:)(\d+)", self.text())
            if found:
                self.port = int(found.group(1))
                return
        raise SystemExit(f"bench_serve: the server does not tell its port: {self.text()[-400:]}")

    def text(self):
        with open(self.log.name, "rb") as f:
            return f.read()

    def post(self, table):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = multipart(table)
        begun = time.perf_counter()
        link.request("POST", "/full_report", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
        answer = link.getresponse()
        size = len(answer.read())
        seconds = time.perf_counter() - begun
        link.close()
        if answer.status != 200:
            raise SystemExit(f"bench_serve: status {answer.status}")
        return seconds, size

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def changed(table, k):
    """The table with other digits in one amount of its last row: another content, the same work."""
    rows = table.rstrip(b"\n").split(b"\n")
    cells = rows[-1].split(b",")
    cells[1] = str(50000 + k).encode()
    return b"\n".join(rows[:-1] + [b",".join(cells)]) + b"\n"


def told(name, seconds):
    print(f"| {name} | {1000 * statistics.median(seconds):.1f} | {1000 * min(seconds):.1f} | {1000 * max(seconds):.1f} | {len(seconds)} |", flush=True)


def one_by_one(server, name, table):
    server.post(changed(table, 1))  # warm: threads, pages of memory
    # Another company each time: all amounts of every region grow a little, so that no series is in the cache.
    def cold(k):
        rows = table.rstrip(b"\n").split(b"\n")
        grown = [rows[0]]
        for row in rows[1:]:
            cells = row.split(b",")
            cells[1:4] = [b"%d" % (int(c) + k) if c.isdigit() else c for c in cells[1:4]]
            grown.append(b",".join(cells))
        return b"\n".join(grown) + b"\n"
    plain = name == "10,500 rows"
    told(f"{name}: one digit changed", [server.post(changed(table, 100 + k))[0] for k in range(15)] if plain else [server.post(table.replace(b"16.448", b"16.%03d" % k, 1))[0] for k in range(15)])
    if plain:
        told(f"{name}: every amount changed (no series in the cache)", [server.post(cold(k))[0] for k in range(1, 16)])
    told(f"{name}: cached", [server.post(table)[0] for _ in range(31)][1:])


async def upload(port, body):
    """(status, seconds to wait before the next try): 0 where the connection broke."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head_of("/full_report", body))
        writer.write(body)
        try:
            await writer.drain()
        except ConnectionError:
            pass  # refused early: the answer may be there all the same
        answer = await reader.read()
        writer.close()
        wait = re.search(rb"\r\nretry-after: *(\d+)", answer[:2000], re.I)
        return int(answer.split(b" ", 2)[1]) if answer else 0, int(wait.group(1)) if wait else 0
    except (ConnectionError, OSError, IndexError, ValueError):
        return 0, 1


async def storm(port, bodies, at_once, seconds):
    """Clients that ask again and again, and wait as long as a refusal says; what they were answered."""
    answers, end = [], time.perf_counter() + seconds
    async def client(k):
        n = 0
        while time.perf_counter() < end:
            status, wait = await upload(port, bodies[(k + n * at_once) % len(bodies)])
            answers.append(status)
            n += 1
            await asyncio.sleep(wait)
    await asyncio.gather(*(client(k) for k in range(at_once)))
    return answers


def overload(folder, table):
    bodies = [multipart(changed(table, 1000 + k)) for k in range(400)]
    server = Server(folder, "--cache", "off", "--max-per-ip", "500")
    server.post(table)
    serial = asyncio.run(storm(server.port, bodies, 2, 5)).count(200) / 5
    begun = time.perf_counter()
    answers = asyncio.run(storm(server.port, bodies, 200, 8))
    took = time.perf_counter() - begun
    good, busy, other = answers.count(200), answers.count(503), len(answers) - answers.count(200) - answers.count(503)
    print(f"\n200 uploads at once, 2 workers: {good / took:.1f} reports a second beside {serial:.1f} of two clients alone: {100 * good / took / serial:.0f} %; "
          f"{busy} x 503, {other} broken, RSS {server.rss():.0f} MiB")
    half = []
    for _ in range(900):
        try:
            s = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            s.sendall(b"GET / HTTP/1.1\r\nHo")
            half.append(s)
        except OSError:
            break
    waits = []
    for _ in range(100):
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        begun = time.perf_counter()
        link.request("GET", "/readyz")
        link.getresponse().read()
        waits.append(time.perf_counter() - begun)
        link.close()
    print(f"{len(half)} half-open sockets: /readyz median {1000 * statistics.median(waits):.2f} ms, worst of {len(waits)} {1000 * max(waits):.2f} ms")
    for s in half:
        s.close()
    server.stop()


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.csv")
        subprocess.run([sys.executable, os.path.join(HERE, "..", "tools", "make_finance_data.py"), "--rows-per-cell", "17", "--rows", "10500", path], check=True)
        with open(path, "rb") as f:
            table = f.read()
        server = Server(folder)
        print("| POST /full_report | median ms | least | most | runs |\n|---|---:|---:|---:|---:|")
        one_by_one(server, "10,500 rows", table)
        regions = re.findall(rb",(NAM|APAC|LATAM|EMEA),", table)
        def one_region(k):
            return re.sub(rb"^([^,]*),(\d+)(,.*,EMEA,.*)$", lambda m: b"%s,%d%s" % (m[1], int(m[2]) + k, m[3]), table, flags=re.M)
        if regions:
            told("10,500 rows: all of one region changed", [server.post(one_region(k))[0] for k in range(1, 16)])
        if len(sys.argv) > 2:
            with open(sys.argv[2], "rb") as f:
                one_by_one(server, "Superstore, 10,194 rows", f.read())
        print(f"\nRSS behind all that: {server.rss():.0f} MiB; exit {server.stop()} behind SIGTERM")
        overload(folder, table)


main()
