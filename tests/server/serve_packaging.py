#!/usr/bin/env python3
"""What is shipped around `norn serve`: the systemd unit, its notifications, the image's recipe, rules and board of Prometheus."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import shutil
import socket
import subprocess
import time

import serve_kit

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def text_of(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as f:
        return f.read()


def flags_exist(check, norn, name, text):
    known = subprocess.run([norn, "serve", "--help"], capture_output=True, text=True).stdout
    used = set(re.findall(r"(?<![\w-])--(?!no-|from|interval|timeout|start|prefix|libdir|system|uid|home|create|save|maxmemory)[a-z][a-z-]+", text))
    strange = [f for f in used if f not in known]
    check.that(used and not strange, f"{name}: its flags are the command's", strange or text[:80])


def unit(check, norn, folder):
    text = text_of("packaging", "norn.service")
    flags_exist(check, norn, "norn.service", re.search(r"ExecStart=.*", text).group(0))
    if shutil.which("systemd-analyze") is None:
        check.skip("systemd-analyze verify", "systemd-analyze is not here")
        return
    own = os.path.join(folder, "norn.service")
    with open(own, "w") as f:
        f.write(text.replace("/usr/bin/norn", os.path.abspath(norn)).replace("Documentation=man:norn(1)\n", ""))
    done = subprocess.run(["systemd-analyze", "verify", own], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "norn.service" in line]
    check.that(done.returncode == 0 and not said, "systemd-analyze verify", done.stderr)
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", own], capture_output=True, text=True)
    level = re.search(r"exposure level for norn.service: ([0-9.]+)", done.stdout)
    check.that(level and float(level.group(1)) <= 2.0, f"systemd-analyze security: {level.group(1) if level else '?'} of 10, at most 2.0", done.stdout[-300:])


def notified(check, norn, folder):
    path = os.path.join(folder, "notify")
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(20)
    server = serve_kit.Server(norn, folder, env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"})
    got = [s.recv(100), s.recv(100)]
    start = time.monotonic()
    got.append(s.recv(100))
    check.that(got == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"] and time.monotonic() - start < 1, "systemd hears READY, then WATCHDOG in time", got)
    code = server.stop()
    while got[-1] == b"WATCHDOG=1":
        got.append(s.recv(100))
    check.that(got[-1] == b"STOPPING=1" and code == 0, "and STOPPING", got)


def image(check, norn):
    text = text_of("Dockerfile")
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    known = {"FROM", "RUN", "WORKDIR", "COPY", "LABEL", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT"}
    check.that(set(words) <= known, "Dockerfile: instructions as they are known", set(words) - known)
    stages = [line for line in lines if line.startswith("FROM")]
    check.that(len(stages) == 2 and all(re.search(r":[\w.-]+", line) and ":latest" not in line for line in stages), "two stages, images with a tag", stages)
    last = lines[max(i for i, w in enumerate(words) if w == "FROM"):]
    entry = json.loads([line for line in last if line.startswith("ENTRYPOINT")][0].split(" ", 1)[1])
    check.that(entry[:2] == ["/usr/bin/norn", "serve"], "the entry point is the command itself, without a shell", entry)
    flags_exist(check, norn, "Dockerfile", " ".join(entry))
    check.that("USER 10001" in last and "STOPSIGNAL SIGTERM" in last, "it runs without rights, and is asked to end")
    health = json.loads(re.search(r"HEALTHCHECK .*?CMD (\[.*\])", joined).group(1))
    check.that(health[0] == "/bin/bash" and "/livez" in health[2], "its health check needs no further program", health)
    for line in lines:
        if "apt-get install" in line:
            check.that("--no-install-recommends" in line and "rm -rf /var/lib/apt/lists" in line, "apt: nothing more than named, lists removed", line[:80])
    check.that("ADD " not in text and "curl " not in text and "sudo" not in text, "nothing is fetched past the packages")
    check.skip("the image is built", "no daemon builds images here; see docs/server.md") if not shutil.which("docker") or \
        subprocess.run(["docker", "info"], capture_output=True).returncode else None


def healthy(check, norn, folder):
    """The image's health check, run against a server here."""
    joined = re.sub(r"\\\n\s*", " ", text_of("Dockerfile"))
    command = json.loads(re.search(r"HEALTHCHECK .*?CMD (\[.*\])", joined).group(1))
    s = serve_kit.Server(norn, folder)
    command[2] = command[2].replace("/8000", f"/{s.port}")
    check.that(subprocess.run(command, capture_output=True, timeout=10).returncode == 0, "the health check says that a server lives")
    s.stop()
    check.that(subprocess.run(command, capture_output=True, timeout=10).returncode != 0, "and that one that has ended does not")


def prometheus(check, norn, folder):
    s = serve_kit.Server(norn, folder)
    s.csv("/v1/forecast?horizon=2&model=theta", serve_kit.series(2))
    s.csv("/v1/report", serve_kit.finance())
    text = s.get("/metrics")[2].decode()
    names = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    asked = set()
    for source in (text_of("packaging", "alerts.yml"), text_of("packaging", "dashboard.json")):
        asked |= {re.sub(r"_bucket$", "", n) for n in re.findall(r"\b((?:norn|process)_[a-z_]+)", source)}
    check.that(asked and asked <= names, "what rules and board ask for is there", asked - names)
    board = json.loads(text_of("packaging", "dashboard.json"))
    check.that(len(board["panels"]) >= 6 and len({p["id"] for p in board["panels"]}) == len(board["panels"]), "the board has its panels")
    check.that(s.metric("norn_items_total", kind="forecast", status="ok") == 2 and s.metric("norn_build_info") == 1, "items are counted", text[-400:])
    s.stop()
    tool = shutil.which("promtool")
    if tool is None:
        check.skip("promtool check rules", "promtool is not here (apt-get install prometheus)")
        return
    done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True)
    check.that(done.returncode == 0, "promtool check metrics", done.stderr)
    rules = os.path.join(TOP, "packaging", "alerts.yml")
    done = subprocess.run([tool, "check", "rules", rules], capture_output=True, text=True)
    check.that(done.returncode == 0, "promtool check rules", done.stdout + done.stderr)
    own = os.path.join(folder, "rules_test.yml")
    with open(own, "w") as f:
        f.write(text_of("tests", "server", "alerts_test.yml").replace("ALERTS", rules))
    done = subprocess.run([tool, "test", "rules", own], capture_output=True, text=True)
    check.that(done.returncode == 0, "promtool test rules", done.stdout + done.stderr)
    done = subprocess.run([tool, "check", "config", "--syntax-only", os.path.join(TOP, "packaging", "prometheus.yml")], capture_output=True, text=True)
    check.that(done.returncode == 0, "promtool check config", done.stdout + done.stderr)


def tokens_work(check, norn, folder, text):
    """The commands that compose.yaml gives, run; then the image's command line with them, and without."""
    if shutil.which("openssl") is None:
        check.skip("compose: its commands make both token files", "openssl is not here")
        return
    lines = [re.sub(r" && sudo chown \S+ \S+", "", line[1:].strip()) for line in text.splitlines() if re.match(r"#   (mkdir|chmod) ", line)]
    done = subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=folder, capture_output=True, text=True)
    names = [os.path.join(folder, "tokens", name) for name in ("norn", "prometheus")]
    both = [open(name, encoding="ascii").read().split() for name in names] if done.returncode == 0 else [[], []]
    check.that([len(x) for x in both] == [2, 1] and both[1][0] == both[0][1] and {os.stat(n).st_mode & 0o777 for n in names} == {0o400},
               "compose: its commands make both token files", done.stderr or both)
    s = serve_kit.Server(norn, folder, "--host", "0.0.0.0", "--token-file", names[0])
    check.that([s.get("/metrics", Authorization=f"Bearer {t}")[0] for t in both[0]] == [200, 200] and s.get("/metrics")[0] == 401, "both tokens are let in, none is not")
    s.stop()
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", text_of("Dockerfile"), re.M).group(1))[1:]
    entry = [os.path.join(folder, "c") if a.startswith("/var") else "0" if a == "8000" else a for a in entry]
    done = subprocess.run([norn, *entry], capture_output=True, text=True, timeout=20)
    check.that(done.returncode == 2 and "--token-file" in done.stderr, "the image without tokens does not start", done.stderr[-300:])


def ignored(check):
    """What the build of the image must not see."""
    rules = [line for line in text_of(".dockerignore").splitlines() if line and not line.startswith("#")]
    missing = {".git", "tokens", "build", "build-*", "**/node_modules", "**/*.key", "**/.env*"} - set(rules)
    check.that(not missing and not [r for r in rules if r.startswith("!")], "the image's build sees no tokens, no history, no other build", missing)
    tracked = subprocess.run(["git", "-C", TOP, "ls-files", "build*", "out", "tokens"], capture_output=True, text=True).stdout.split()
    check.that(not [t for t in tracked if t.split("/")[0] in ("build", "out", "tokens") or t.startswith("build-")], "and all that is tracked", tracked)


def compose(check, norn, folder):
    text = text_of("compose.yaml")
    flags_exist(check, norn, "compose.yaml", re.search(r"command: \[\"--redis.*", text).group(0))
    services = dict(re.findall(r"^  (\w+):\n((?:    .*\n)+)", text.split("secrets:\n  norn")[0], re.M))
    wrong = [name for name, body in services.items() if not all(word in body for word in ("read_only: true", 'cap_drop: ["ALL"]', "no-new-privileges"))]
    check.that(set(services) == {"norn", "redis", "prometheus"} and not wrong, "compose: every service without rights", wrong or services)
    check.that(re.search(r'user: "999:999"', services["redis"]), "compose: redis starts as its own user, whose rights are not needed")
    check.that('secrets: ["norn"]' in services["norn"] and 'secrets: ["prometheus"]' in services["prometheus"] and
               "credentials_file: /run/secrets/prometheus" in text_of("packaging", "prometheus.yml") and "./tokens/prometheus" in text,
               "compose: Prometheus has a token file of its own")
    tokens_work(check, norn, folder, text)
    check.that("read_only: true" in text and "cap_drop" in text and "stop_grace_period: 40s" in text, "compose: without rights, and time to drain")


def test(check, norn, folder):
    unit(check, norn, folder)
    notified(check, norn, folder)
    image(check, norn)
    healthy(check, norn, folder)
    prometheus(check, norn, folder)
    compose(check, norn, folder)
    ignored(check)


if __name__ == "__main__":
    serve_kit.main(test)
