"""A real redis-server on a free port, and servers that only look like one: for tests."""
# SPDX-License-Identifier: Apache-2.0
import shutil
import socket
import subprocess
import threading
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class real_redis:
    """redis-server as a context; ask() is a command, kill() its sudden end."""

    def __init__(self):
        self.port = free_port()
        self.place = f"127.0.0.1:{self.port}"

    def __enter__(self):
        program = shutil.which("redis-server")
        if program is None:
            raise RuntimeError("redis-server is not installed (tools/setup_debian test)")
        self.process = subprocess.Popen([program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                if self.ask("PING") == b"PONG":
                    return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("redis-server does not answer")

    def ask(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        with socket.create_connection(("127.0.0.1", self.port), 5) as s:
            s.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            with s.makefile("rb") as f:
                head = f.readline()
                if head[:1] == b"$":
                    n = int(head[1:])
                    return None if n < 0 else f.read(n + 2)[:-2]
                return int(head[1:]) if head[:1] == b":" else head[1:].strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.kill()


class BadRedis:
    """Accepts, reads, and does `fault`: hang, die (in the middle of a reply), drip, huge (a length), array (of a billion), error, web."""

    SAYS = {"hang": b"", "die": b"$3000\r\n\x01half", "drip": b"$3000\r\n" + b"x" * 3000, "huge": b"$999999999999\r\nabc", "array": b"*1000000000\r\n:1\r\n",
            "error": b"-LOADING Redis is loading the dataset in memory\r\n", "web": b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"}

    def __init__(self, fault):
        self.fault, self.n_accepted, self.open = fault, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.n_accepted += 1
            self.open.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            while client.recv(65536):
                if self.fault == "drip":
                    for byte in self.SAYS["drip"]:
                        client.sendall(bytes([byte]))
                        time.sleep(0.03)
                client.sendall(self.SAYS[self.fault])
                if self.fault == "die":
                    client.close()
                    return
        except OSError:
            pass

    def __exit__(self, *_):
        self.listener.close()
        for client in self.open:
            client.close()
