"""What the system tests share: checks as TAP lines, in a folder of their own."""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import tempfile


class Checks:
    def __init__(self):
        self.n, self.failed = 0, 0

    def that(self, good, name, why=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}{'' if good else '  # ' + str(why)}", flush=True)


def run_in_folder(test):
    """Calls test(check) in a new folder that goes afterwards; the exit status."""
    folder, check = tempfile.mkdtemp(), Checks()
    os.chdir(folder)
    try:
        test(check)
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{check.n}")
    return 1 if check.failed else 0
