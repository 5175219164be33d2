#!/usr/bin/env python3
"""Runs one browser test under Node, or says why it cannot: run.py TEST.mjs SHOTS [norn]. Without browser or packages it is skipped."""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.join(HERE, "..", "..", "web", "node_modules")


def lacking():
    if shutil.which("node") is None:
        return "node is not there"
    said = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    if int(said.lstrip("v").split(".")[0] or 0) < 20:
        return f"node {said} is too old: 20 is needed"
    browser = os.environ.get("NORN_CHROMIUM", "/usr/bin/chromium")
    if not os.access(browser, os.X_OK):
        return f"{browser} is not there (Debian: apt-get install chromium; NORN_CHROMIUM names another)"
    for package in ("playwright-core", "axe-core"):
        if not os.path.isdir(os.path.join(PACKAGES, package)):
            return f"web/node_modules has no {package}: run tools/setup_web test"
    return None


def main():
    why = lacking()
    if why is not None:
        print(f"1..0 # SKIP {why}")
        return 0
    return subprocess.run(["node", os.path.join(HERE, sys.argv[1]), *sys.argv[3:]], check=False,
                          env={**os.environ, "NORN_SHOTS": os.path.join(sys.argv[2], os.path.splitext(sys.argv[1])[0])}).returncode


if __name__ == "__main__":
    sys.exit(main())
