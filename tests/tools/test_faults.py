#!/usr/bin/env python3
"""docs/fault-tests.md and the tests agree: every number of the list has its test lines, and no test bears a number that is not listed."""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
ROW = re.compile(r"^\| (\d\d) \| [^|]+ \| ([^|]+) \|", re.M)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def wrong(document, read_file):
    """What does not agree, in words."""
    words, listed = [], {}
    for number, files in ROW.findall(document):
        listed[number] = re.findall(r"`([^`]+)`", files)
        for path in listed[number]:
            if f"fault_{number}" not in read_file(path):
                words.append(f"{path} has no fault_{number}")
    return words, listed


def unlisted(listed):
    found = []
    for folder in ("tests", "tools"):
        for place, _, names in os.walk(os.path.join(TOP, folder)):
            if "node_modules" in place or "corpus" in place:
                continue
            for name in names:
                path = os.path.relpath(os.path.join(place, name), TOP)
                if name.endswith((".c", ".py", ".mjs")) and path != "tests/tools/test_faults.py":
                    found += [f"{path}: fault_{n}" for n in set(re.findall(r"fault_(\d\d)", read(path))) if n not in listed]
    return found


def main():
    document = read("docs/fault-tests.md")
    words, listed = wrong(document, read)
    checks = [(len(listed) >= 38, "the list is whole", len(listed)), (not words, "every number of the list has its tests", words),
              (not unlisted(listed), "no test bears a number that is not in the list", unlisted(listed))]
    planted = wrong(document, lambda path: read(path).replace("fault_24", "fault_xx"))[0]
    checks.append((planted != [], "a test that lost its number is noticed", planted))
    for k, (good, what, why) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {k} - {what}{'' if good else '  # ' + str(why)}")
    print(f"1..{len(checks)}")
    return 0 if all(c[0] for c in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
