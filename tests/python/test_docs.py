"""The Python examples of docs/python.md, docs/migration.md, docs/prophet.md and docs/ebm.md do what they say."""
# SPDX-License-Identifier: Apache-2.0
import doctest
import os
import re
import unittest

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)


def examples(text):
    """The text with everything but Python blocks blanked, so that line numbers stay."""
    out, at = [], 0
    for m in BLOCK.finditer(text):
        out.append(re.sub(r"[^\n]", "", text[at:m.start(1)]))
        out.append(m.group(1))
        at = m.end(1)
    return "".join(out)


class Docs(unittest.TestCase):
    def run_page(self, name, least):
        path = os.path.join(DOCS, name)
        if not os.path.exists(path):
            self.skipTest(f"{name} is not here")
        try:
            import pandas  # noqa: F401
            import polars  # noqa: F401
            import pyarrow  # noqa: F401
        except ImportError as e:
            self.skipTest(str(e))
        with open(path, encoding="utf-8") as f:
            test = doctest.DocTestParser().get_doctest(examples(f.read()), {}, name, path, 0)
        self.assertGreaterEqual(len(test.examples), least)
        said = []
        doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=said.append)
        self.assertEqual("".join(said), "")

    def test_python(self):
        self.run_page("python.md", 60)

    def test_migration(self):
        self.run_page("migration.md", 15)

    def test_prophet(self):
        self.run_page("prophet.md", 30)

    def test_ebm(self):
        self.run_page("ebm.md", 15)

    def test_a_wrong_example_is_seen(self):
        test = doctest.DocTestParser().get_doctest(examples("text\n```python\n>>> 1 + 1\n3\n```\n"), {}, "x", "x", 0)
        self.assertEqual(doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=lambda text: None).failed, 1)


if __name__ == "__main__":
    unittest.main()
