"""What the checkers share: walking the tree, C text without comments and strings, reporting findings."""
# SPDX-License-Identifier: Apache-2.0
import argparse
import os
import re
import sys

SKIPPED = re.compile(r"^(\.git|build|build-.*|\.venv.*|node_modules|__pycache__|out)$")


def root_argument(text):
    """The root from the command line; by default the folder above tools/."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("root", nargs="?", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    return os.path.abspath(parser.parse_args().root)


def files(root):
    """Every source file below root as a path relative to it, sorted; made folders are left out."""
    found = []
    for folder, names, leaves in os.walk(root):
        names[:] = sorted(n for n in names if not SKIPPED.match(n))
        found += [os.path.relpath(os.path.join(folder, leaf), root) for leaf in leaves]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


C_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare_c(text, keep_strings=False):
    """C text whose comments (and strings, unless kept) are blanked; line numbers stay."""
    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token if keep_strings else token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return C_TOKEN.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


class Report:
    """Findings, printed as file:line: rule: words; the exit status says whether there were any."""

    def __init__(self, name):
        self.name, self.findings = name, 0

    def add(self, path, line, rule, words):
        self.findings += 1
        print(f"{path}:{line}: {rule}: {words}")

    def finish(self, checked):
        print(f"{self.name}: {checked} checked, {self.findings} found")
        sys.exit(1 if self.findings else 0)
