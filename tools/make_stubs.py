#!/usr/bin/env python3
"""Writes the Python package's type stubs from the library's rows: .venv-test/bin/python tools/make_stubs.py [FOLDER]; tests/python compares."""
# SPDX-License-Identifier: Apache-2.0
import inspect
import os
import sys

from norn import _norn, models

HEAD = '''"""{what}; made by tools/make_stubs.py from the library's rows."""
# SPDX-License-Identifier: Apache-2.0
'''
TYPES = {"x": "_X", "window": "int | str | timedelta | timedelta64", "other": "Any", "min_periods": "int | None", "center": "bool", "closed": "str", "out": "NDArray[float64] | None",
         "zero_copy_only": "bool", "q": "float | None", "ddof": "int | None", "interpolation": "str | None", "method": "str | None"}
FLAGS = ("ascending", "pct", "adjust", "ignore_na", "bias")


def rolling_stub(name):
    """One rolling function's line."""
    parts, starred = [], False
    for p in inspect.signature(getattr(_norn, name)).parameters.values():
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        kind = "bool | None" if p.name in FLAGS else TYPES.get(p.name, "float | None")
        if name == "rolling_slope" and p.name == "other":
            kind = "Any | None"
        parts.append(f"{p.name}: {kind}" + ("" if p.default is p.empty else f" = {p.default!r}"))
    return f"def {name}({', '.join(parts)}) -> _X: ..."


def c_stub():
    """norn/_norn.pyi"""
    rolling = "\n".join(rolling_stub(n) for n in _norn.rolling_names)
    return HEAD.format(what="The extension module's functions") + f'''from datetime import timedelta
from typing import Any, Callable, TypeVar

from numpy import float64, timedelta64
from numpy.typing import NDArray

_X = TypeVar("_X")
__version__: str
rolling_names: list[str]

class NornError(Exception):
    status: str

class NornArgumentError(NornError, ValueError): ...

def set_num_threads(n: int, /) -> None: ...
def get_num_threads() -> int: ...
def models_check(path: str, /) -> None: ...
def model_rows() -> list[dict[str, Any]]: ...
def option_rows(name: str, /) -> list[dict[str, Any]]: ...
def frame_from_columns(columns: Any, /) -> Any: ...
def frame_from_stream(capsule: Any, names: Any, exact: bool = False, /) -> Any: ...
def frame_from_array(first: Any, second: Any = ..., /) -> Any: ...
def stream_schema(capsule: Any, /) -> tuple[list[tuple[str, str]], str]: ...
def frame_columns(frame: Any, /) -> list[tuple[Any, ...]]: ...
def frame_stream(frame: Any, formats: list[str | None], /) -> Any: ...
def forecast(data: Any, future: Any, like: Any, options: dict[str, str], n_threads: int, tick: Callable[[int, int], Any] | None, /) -> Any: ...
def simulate(data: Any, future: Any, like: Any, options: dict[str, str], n_threads: int, tick: Callable[[int, int], Any] | None, n_paths: int, /) -> Any: ...
def cross_validate(data: Any, future: Any, like: Any, options: dict[str, str], n_threads: int, tick: Callable[[int, int], Any] | None, /) -> Any: ...
def roll_columns(*args: Any) -> list[NDArray[float64]]: ...
def __getattr__(name: str) -> Any: ...
{rolling}
'''


def package_stub():
    """norn/__init__.pyi"""
    import norn
    later = "\n".join(f"from {module} import {name} as {name}" if module != f"norn.{name}" else f"from norn import {name} as {name}"
                      for name, module in sorted(norn._LATER.items()))
    here = ["NornArgumentError", "NornError", "__version__", "get_num_threads", "set_num_threads", *_norn.rolling_names]
    return HEAD.format(what="What the package offers") + "\n".join(f"from norn._norn import {n} as {n}" for n in here) + "\n" + later + "\n"


def models_stub():
    """norn/models.pyi"""
    kinds = {"double": "float | None", "int": "int | None", "bool": "bool | None", "choice": "str | None", "text": "str | None"}
    lines = [HEAD.format(what="The forecasting models") + '''from typing import Any, Sequence

class Model:
    season_length: int | Sequence[int] | None
    alias: str
    parameters: dict[str, Any]
    @property
    def spec(self) -> str: ...
    @property
    def exogenous(self) -> bool: ...

def text(value: Any) -> str: ...
''']
    for name in models.__all__[1:]:
        cls = getattr(models, name)
        rows = {p["name"].replace("-", "_"): p for p in cls._row["params"]}
        more = "".join(f", {k}: {kinds.get(rows[k]['type'], 'Any')} = {p.default!r}" for k, p in inspect.signature(cls).parameters.items() if k in rows)
        star = ", *" if more else ""
        lines.append(f"class {name}(Model):\n    def __init__(self, season_length: int | Sequence[int] | None = None, alias: str | None = None{star}{more}) -> None: ...\n")
    return "\n".join(lines)


STUBS = {"_norn.pyi": c_stub, "__init__.pyi": package_stub, "models.pyi": models_stub}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python", "norn")
    for name, make in STUBS.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(make())


if __name__ == "__main__":
    main()
