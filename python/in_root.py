"""Build backend of python/: meson-python, run in the root of the checkout, where the library's sources are."""
# SPDX-License-Identifier: Apache-2.0
import os

import mesonpy

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def in_root(hook):
    """The hook with the root as its working folder; the folder it writes to is named from where the caller stands."""
    def run(folder, *args, **named):
        folder, before = os.path.abspath(folder), os.getcwd()
        os.chdir(ROOT)
        try:
            return hook(folder, *args, **named)
        finally:
            os.chdir(before)
    return run


get_requires_for_build_sdist = mesonpy.get_requires_for_build_sdist
get_requires_for_build_wheel = mesonpy.get_requires_for_build_wheel
build_sdist = in_root(mesonpy.build_sdist)
build_wheel = in_root(mesonpy.build_wheel)
