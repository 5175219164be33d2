"""Leaves out of the sdist what neither the package nor its tests need; Meson runs this over the folder it packs."""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil

top = os.environ["MESON_DIST_ROOT"]
for folder in ("bench", "data", "docs", "packaging", ".ci", "web", "server"):
    shutil.rmtree(os.path.join(top, folder), ignore_errors=True)
tests = os.path.join(top, "tests")
for name in os.listdir(tests):
    if name not in ("python", "meson.build"):
        shutil.rmtree(os.path.join(tests, name), ignore_errors=True)
tools = os.path.join(top, "tools")
for name in os.listdir(tools):
    path = os.path.join(tools, name)
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif not name.startswith("gen_"):
        os.remove(path)
