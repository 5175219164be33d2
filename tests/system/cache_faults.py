#!/usr/bin/env python3
"""The cache under faults: killed writers, folders that cannot be written, full disks, locks, Redis in every bad state, clocks that jump.

Run: cache_faults.py NORN CACHE_DRIVER   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import threading
import time

from redis_faults import BadRedis, free_port, real_redis
from tap import run_in_folder

NORN, DRIVER = (os.path.abspath(p) for p in sys.argv[1:3])
with open(DRIVER, "rb") as program:
    PROGRAM_BYTES = program.read()
SANITIZED = any(mark in PROGRAM_BYTES for mark in (b"__asan_init", b"__tsan_init"))
N_DEATHS = 60 if SANITIZED else 200
FIRST_MS = 250  # what a broken Redis may cost the first request, in milliseconds


class Ran:
    """What a driver printed: rows of (number, turn, enter ms, leave ms), counts, warnings."""

    def __init__(self, out, err, code):
        lines = out.splitlines()
        self.code, self.err, self.counts = code, err, {}
        if lines and lines[-1].startswith("{"):
            self.counts = json.loads(lines.pop())
        self.rows = [(int(n), turn, float(e), float(l)) for n, turn, e, l in (line.split() for line in lines if line.count(" ") == 3)]
        self.turns = {n: turn for n, turn, _, _ in self.rows}
        self.warnings = [line for line in err.splitlines() if line.startswith("warning: ")]

    def all(self, turn):
        return self.code == 0 and bool(self.rows) and all(t == turn for t in self.turns.values())

    def slowest(self):
        return max(e + l for _, _, e, l in self.rows)

    def __repr__(self):
        return f"exit {self.code} {self.counts} {self.turns} slowest {self.slowest() if self.rows else None} {self.err}"


def drive(folder, what, first, last, redis="-", size=3000, pause=0, **more):
    done = subprocess.run([DRIVER, folder, redis, what, str(first), str(last), str(size), str(pause)], capture_output=True, text=True, timeout=60, **more)
    return Ran(done.stdout, done.stderr, done.returncode)


def quickly(attempt, most_ms):
    """The first of three runs whose slowest number is fast enough, else the last: the machine may be busy."""
    for _ in range(3):
        ran = attempt()
        if ran.rows and ran.slowest() <= most_ms:
            break
    return ran


def command(*args, **env):
    done = subprocess.run([NORN, "cache", *args], capture_output=True, text=True, timeout=60, env={**os.environ, **env})
    return done.returncode, done.stdout, done.stderr


def test_command(check):
    folder = os.path.abspath("made/by norn")
    drive(folder, "make", 0, 25)
    rc, out, err = command("stats", "--cache-dir", folder)
    told = json.loads(out)
    check.that(rc == 0 and told["entries"] == 25 and told["folder"] == folder and told["bytes"] > 25 * 1000 and told["keep_seconds"] == 86400, "norn cache stats counts", out + err)
    modes = [stat.S_IMODE(os.stat(p).st_mode) for p in (folder, os.path.dirname(folder), folder + "/cache-1.db")]
    check.that(modes == [0o700, 0o700, 0o600], "the folder is its owner's alone", str(modes))
    rc, out, err = command("stats", NORN_CACHE_DIR=folder)
    check.that(rc == 0 and json.loads(out)["entries"] == 25, "NORN_CACHE_DIR names the folder", out + err)
    rc, out, err = command("stats", NORN_CACHE_DIR="", XDG_CACHE_HOME=os.path.abspath("xdg"))
    check.that(rc == 0 and json.loads(out)["folder"] == os.path.abspath("xdg/norn"), "XDG_CACHE_HOME does, else", out + err)
    rc, out, err = command("clear", "--cache-dir", folder)
    check.that(rc == 0 and json.loads(out)["removed"] == 25 and json.loads(out)["entries"] == 0, "norn cache clear says how many went", out + err)
    for args in (["wipe"], ["stats", "--redis", "nowhere"], ["stats", "--cache-limit", "0.5"], ["stats", "--plot", "x.svg"], []):
        rc, out, err = command(*args)
        check.that(rc == 2 and out == "" and "norn cache:" in err, f"norn cache {' '.join(args)} is refused", f"{rc} {out} {err}")
    rc, out, err = command("stats", "--cache-dir", "/dev/null/x")
    check.that(rc == 1 and "/dev/null/x" in err, "a folder that cannot be is an error here", f"{rc} {err}")


def test_kill(check):
    """Pairs of writers in one folder, each killed at a random time: 200 deaths. Every other pair has begun to write by then."""
    rng, folder, committed, damaged, odd = random.Random(4), os.path.abspath("killed"), set(), [], []
    os.mkdir("out")
    for death in range(0, N_DEATHS, 2):
        pair = []
        for i in (death, death + 1):
            out = open(f"out/{i}", "w", encoding="utf-8")
            pair.append(subprocess.Popen([DRIVER, folder, "-", "make", str(i * 1000), str(i * 1000 + 1000), str(rng.choice([200, 3000, 60000]))], stdout=out, stderr=subprocess.DEVNULL))
            out.close()
        for i, process in enumerate(pair):
            end = time.monotonic() + 10
            while death % 4 == 0 and os.path.getsize(f"out/{death + i}") == 0 and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(rng.uniform(0.001, 0.03))
            process.send_signal(signal.SIGKILL)
        for process in pair:
            if process.wait() not in (-signal.SIGKILL, 0):
                odd.append(process.returncode)
        if death % 20 == 18 and os.path.exists(folder + "/cache-1.db"):
            with sqlite3.connect(folder + "/cache-1.db") as db:
                if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    damaged.append(death)
            db.close()
    sizes = random.Random(4)
    wrong, lost = [], []
    for death in range(N_DEATHS):
        with open(f"out/{death}", encoding="utf-8") as f:
            done = [int(line.split()[0]) for line in f.read().splitlines() if line.count(" ") == 3 and line.split()[1] == "mine"]
        committed.update(done[:-1] if done else [])  # the last line may be cut
    # Each death's size in the order in which it was drawn.
    size_of = {}
    for death in range(0, N_DEATHS, 2):
        for i in (death, death + 1):
            size_of[i] = sizes.choice([200, 3000, 60000])
        sizes.uniform(0.001, 0.03), sizes.uniform(0.001, 0.03)
    for death in range(N_DEATHS):
        mine = sorted(n for n in committed if n // 1000 == death)
        if not mine:
            continue
        ran = drive(folder, "look", mine[0], mine[-1] + 20, size=size_of[death])
        wrong += [n for n, turn in ran.turns.items() if turn == "wrong"]
        lost += [n for n in mine if ran.turns.get(n) != "hit"]
    check.that(not odd and len(committed) > N_DEATHS // 2, f"fault_04 {N_DEATHS} writers died by kill -9, {len(committed)} values committed", str(odd))
    check.that(not damaged, "fault_04 the database opens and integrity_check says ok", str(damaged))
    check.that(not lost, "fault_04 nothing that was committed is lost", str(lost[:9]))
    check.that(not wrong, "fault_04 no wrong answers", str(wrong[:9]))
    check.that(not [n for n in os.listdir(folder) if "corrupt" in n], "fault_04 nothing had to be put aside", str(os.listdir(folder)))


def test_readonly(check):
    folder, other = os.path.abspath("kept"), {}
    drive(folder, "make", 0, 10)
    if os.getuid() == 0:  # root may write anywhere: be somebody else
        other = {"user": 65534, "group": 65534, "extra_groups": []}
        for at, folders, leaves in os.walk(folder):
            for name in folders + leaves:
                os.chown(os.path.join(at, name), 65534, 65534)
        os.chown(folder, 65534, 65534)
        os.chmod(".", 0o755)
    os.chmod(folder, 0o555)
    ran = drive(folder, "make", 0, 10, **other)
    check.that(ran.all("mine") and len(ran.warnings) == 1 and ran.counts["errors"] == 1, "fault_06 a read-only folder: one warning, work goes on", repr(ran))
    os.chmod(folder, 0o700)
    ran = drive(folder, "look", 0, 10, **other)
    check.that(ran.all("hit"), "fault_06 and later its values are there", repr(ran))


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))


def test_full(check):
    folder = os.path.abspath("limited")
    ran = drive(folder, "make", 0, 200, size=8000, preexec_fn=small_files)
    check.that(ran.all("mine") and 1 <= len(ran.warnings) <= 2 and ran.counts["errors"] >= 1 and ran.counts["puts"] > 10, "fault_06 files that may not grow: a warning, work goes on", repr(ran))
    ran = drive(folder, "look", 0, 200, size=8000)
    check.that("wrong" not in ran.turns.values() and "hit" in ran.turns.values(), "fault_06 what was kept before is right", repr(ran))
    disk = os.path.abspath("disk")
    os.mkdir(disk)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        check.that(True, f"fault_06 full disk # SKIP no tmpfs can be mounted: {mounted.stderr.strip()}")
        return
    try:
        ran = drive(disk, "make", 0, 300, size=8000)
        check.that(ran.all("mine") and 1 <= len(ran.warnings) <= 2 and ran.counts["errors"] >= 1 and ran.counts["puts"] > 10, "fault_06 a full disk of 1 MiB: a warning, work goes on", repr(ran))
        ran = drive(disk, "look", 0, 300, size=8000)
        check.that("wrong" not in ran.turns.values() and "hit" in ran.turns.values(), "fault_06 what was kept before it was full is right", repr(ran))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        ran = drive(disk, "make", 0, 20, size=8000)
        check.that(ran.code == 0 and "wrong" not in ran.turns.values() and len(ran.warnings) == 1, "fault_06 a disk mounted read-only: one warning", repr(ran))
    finally:
        subprocess.run(["umount", disk], check=True)


class Locked(threading.Thread):
    """A database that another connection holds for 5 s while a driver works; it waits most of the time, so other tests run beside it."""

    def run(self):
        folder = os.path.abspath("locked")
        drive(folder, "make", 0, 5)
        db = sqlite3.connect(folder + "/cache-1.db", isolation_level=None)
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        result = []
        worker = threading.Thread(target=lambda: result.append(drive(folder, "make", 0, 70, pause=100)))
        worker.start()
        time.sleep(5)
        db.execute("COMMIT")
        db.close()
        worker.join()
        self.ran = result[0]

    def test(self, check):
        self.join()
        ran, late = self.ran, [e + l for _, _, e, l in self.ran.rows[1:]]
        check.that(ran.code == 0 and "wrong" not in ran.turns.values() and 1 <= len(ran.warnings) <= 2, "fault_06 a database locked for 5 s: a warning, work goes on", repr(ran))
        check.that(ran.slowest() < 3000 and sum(ms > 1000 for ms in late) <= 1, "fault_06 it is waited for 2 s, not for each value", repr(ran))
        check.that(ran.rows[-1][1] == "mine" and ran.counts["puts"] > 5, "fault_06 it is used again when the lock is gone", repr(ran))


def key_name(i):
    parts = b"".join(struct.pack("<Q", len(p)) + p for p in (b"driver", struct.pack("<q", i)))
    return "norn:1:" + hashlib.sha256(parts).hexdigest()


def test_redis(check):
    if shutil.which("redis-server") is None:
        check.that(True, "fault_07 a real Redis # SKIP redis-server is not installed (tools/setup_debian test)")
        return
    with real_redis() as server:
        ran = drive(os.path.abspath("a"), "make", 0, 10, server.place)
        check.that(ran.all("mine") and ran.counts["errors"] == 0 and ran.counts["redis_up"] == 1, "fault_07 values go to Redis", repr(ran))
        life = [server.ask("TTL", key_name(i)) for i in range(10)]
        check.that(all(86000 < t <= 86400 for t in life), "fault_07 with an end", str(life))
        ran = drive(os.path.abspath("b"), "make", 0, 10, server.place)
        check.that(ran.all("hit"), "fault_07 and come from there into another folder's run", repr(ran))
        ran = drive(os.path.abspath("a"), "look", 0, 10)
        check.that(ran.all("hit"), "fault_07 the folder has them as well", repr(ran))
        rng = random.Random(7)
        server.ask("DEL", key_name(0))
        server.ask("LPUSH", key_name(0), "a list")
        server.ask("SET", key_name(1), rng.randbytes(10 << 20))
        server.ask("SET", key_name(2), b"junk")
        server.ask("SET", key_name(3), server.ask("GET", key_name(4)))  # another's value
        whole = bytearray(server.ask("GET", key_name(5)))
        whole[len(whole) // 2] ^= 4
        server.ask("SET", key_name(5), bytes(whole))
        ran = drive(os.path.abspath("c"), "make", 0, 10, server.place)
        turns = [ran.turns.get(i) for i in range(10)]
        check.that(turns == ["mine"] * 4 + ["hit", "mine"] + ["hit"] * 4 and ran.counts["errors"] == 5, "fault_07 wrong type, 10 MB, junk, another's value, a flipped bit: misses", repr(ran))
        check.that(1 <= len(ran.warnings) <= 2 and ran.slowest() <= 1000, "fault_07 with a warning for each kind", repr(ran))
        ran = drive(os.path.abspath("d"), "look", 0, 10, server.place)
        check.that(ran.all("hit"), "fault_07 and they are put right", repr(ran))
        rc, out, err = command("stats", "--cache-dir", os.path.abspath("d"), "--redis", server.place)
        check.that(rc == 0 and json.loads(out)["redis"] == {"address": server.place, "up": True}, "norn cache stats asks Redis", out + err)
        server.ask("SET", "another's", "x")
        rc, out, err = command("clear", "--cache-dir", os.path.abspath("d"), "--redis", server.place)
        check.that(rc == 0 and json.loads(out)["removed"] >= 10 and server.ask("DBSIZE") == 1, "norn cache clear removes Norn's keys and no others", out + err)
        result = []
        worker = threading.Thread(target=lambda: result.append(drive(os.path.abspath("e"), "make", 0, 40, server.place, pause=25)))
        worker.start()
        time.sleep(0.4)
        server.kill()
        worker.join()
        check.that(result[0].all("mine") and len(result[0].warnings) == 1 and result[0].slowest() <= 1000, "fault_07 Redis dies in a run: one warning", repr(result[0]))
    ran = drive(os.path.abspath("e"), "look", 0, 40)
    check.that(ran.all("hit"), "fault_07 and nothing is lost with it", repr(ran))


def test_bad_redis(check):
    folder = os.path.abspath("good")
    drive(folder, "make", 0, 8)
    place = f"127.0.0.1:{free_port()}"
    ran = quickly(lambda: drive(folder, "look", 0, 8, place), FIRST_MS)
    check.that(ran.all("hit") and ran.slowest() <= FIRST_MS and len(ran.warnings) == 1 and ran.counts["redis_up"] == 0, "fault_07 Redis is down", repr(ran))
    for fault in ("hang", "die", "drip", "huge", "array", "error", "web"):
        with BadRedis(fault) as server:
            ran = quickly(lambda: drive(folder, "look", 0, 8, server.place), FIRST_MS)
        check.that(ran.all("hit") and ran.slowest() <= FIRST_MS and len(ran.warnings) == 1 and ran.counts["errors"] >= 1, f"fault_07 Redis: {fault}", repr(ran))
    with BadRedis("hang") as server:
        ran = drive(folder, "look", 0, 8, server.place, pause=500)
        slow = [n for n, _, e, l in ran.rows if e + l > 150]
        check.that(ran.all("hit") and len(slow) >= 3 and server.n_accepted == 3, "fault_07 after three failures it is not asked any more", f"{slow} {server.n_accepted} {ran!r}")


def test_clock(check):
    library = next((p for p in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1") if os.path.exists(p)), None)
    linked = subprocess.run(["ldd", DRIVER], capture_output=True, text=True, check=False).stdout
    reason = "libfaketime is not installed" if library is None else "a sanitizer must be loaded first" if "san.so" in linked else None
    if reason:
        check.that(True, f"fault_09 the clock jumps by a day # SKIP {reason}")
        return

    def at(shift, what, first, last, **more):
        env = {**os.environ, "LD_PRELOAD": library, "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
        return drive(os.path.abspath("clock"), what, first, last, env=env, **more)

    check.that(at("+0", "make", 0, 5).all("mine"), "fault_09 made today")
    check.that(at("+23h", "look", 0, 5).all("hit"), "fault_09 good for 23 hours")
    check.that(at("-1d", "look", 0, 5).all("mine"), "fault_09 a clock set back by a day: a miss")
    at("+0", "make", 10, 15)
    check.that(at("+25h", "make", 10, 15).all("mine") and at("+25h", "look", 10, 15).all("hit"), "fault_09 a clock set forward by a day: a miss, then kept")
    check.that(at("+0", "make", 10, 15).all("mine") and at("+0", "look", 10, 15).all("hit"), "fault_09 and back again")
    with open("now", "w", encoding="utf-8") as f:
        f.write("+0")
    env = {k: v for k, v in os.environ.items() if not k.startswith("FAKETIME")}
    env.update({"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": os.path.abspath("now"), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    result, begun = [], time.monotonic()
    worker = threading.Thread(target=lambda: result.append(drive(os.path.abspath("clock"), "make", 100, 140, pause=20, env=env)))
    worker.start()
    for shift in ("+1d", "-1d", "+0"):
        time.sleep(0.25)
        with open("now.new", "w", encoding="utf-8") as f:
            f.write(shift)
        os.replace("now.new", "now")
    worker.join()
    check.that(result[0].all("mine") and time.monotonic() - begun < 10, "fault_09 jumps in a run: nothing hangs", repr(result[0]))


def test(check):
    locked = Locked()
    locked.start()
    for part in (test_command, test_kill, test_readonly, test_full, locked.test, test_redis, test_bad_redis, test_clock):
        begun = time.monotonic()
        part(check)
        print(f"# {part.__name__}: {time.monotonic() - begun:.1f} s")
    shutil.rmtree("killed", ignore_errors=True)


if __name__ == "__main__":
    sys.exit(run_in_folder(test))
