"""The type stubs say what the module has."""
# SPDX-License-Identifier: Apache-2.0
import ast
import os
import sys
import unittest

import norn

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@unittest.skipUnless(os.path.exists(os.path.join(TOP, "tools", "make_stubs.py")), "not in the sdist")
class Stubs(unittest.TestCase):
    def test_they_are_those_of_the_rows(self):
        sys.path.insert(0, os.path.join(TOP, "tools"))
        try:
            import make_stubs
        finally:
            sys.path.pop(0)
        for name, make in make_stubs.STUBS.items():
            with open(os.path.join(TOP, "python", "norn", name), encoding="utf-8") as f:
                kept = f.read()
            ast.parse(kept)
            self.assertEqual(kept, make(), f"{name}: run .venv-test/bin/python tools/make_stubs.py")

    def test_everything_public_is_importable(self):
        for name in norn.__all__:
            self.assertIsNotNone(getattr(norn, name), name)
        self.assertTrue(set(norn.__all__) <= set(dir(norn)))
        with self.assertRaises(AttributeError):
            norn.no_such_thing


if __name__ == "__main__":
    unittest.main()
