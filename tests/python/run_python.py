"""Runs the Python package's tests as TAP: run_python.py [BUILD] [PATTERN]; BUILD/norn is the command to compare with."""
# SPDX-License-Identifier: Apache-2.0
import os
import signal
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


class Tap(unittest.TestResult):
    """One line a test, and why it failed."""

    def __init__(self):
        super().__init__()
        self.n, self.begun = 0, 0.0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def line(self, good, test, more=""):
        self.n += 1
        print(f"{'ok' if good else 'not ok'} {self.n} - {test.id()}{more}", flush=True)

    def addSuccess(self, test):
        self.line(True, test)

    def addSkip(self, test, reason):
        self.line(True, test, f" # SKIP {reason}")

    def _broken(self, test, err):
        self.line(False, test)
        print("\n".join("# " + line for line in self._exc_info_to_string(err, test).split("\n")), flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._broken(test, err)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(subtest, err)


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is begun with it ignored
    if len(sys.argv) > 1:
        os.environ["NORN"] = os.path.abspath(os.path.join(sys.argv[1], "norn"))
    pattern = sys.argv[2] if len(sys.argv) > 2 else "test_*.py"
    result = Tap()
    unittest.defaultTestLoader.discover(HERE, pattern).run(result)
    print(f"1..{result.n}")
    sys.exit(0 if result.wasSuccessful() and result.n else 1)


if __name__ == "__main__":
    main()
