"""Arguments that several parts of the package take."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import operator
from typing import Any, Sequence

import numpy as np

from norn._norn import NornArgumentError


def jobs(n_jobs: Any) -> int:
    """Workers as the library counts them: 0 is all of them, which None and -1 ask for."""
    if n_jobs is None:
        return 0
    try:
        n = operator.index(n_jobs)
    except TypeError:
        n = 0
    if n != -1 and not 1 <= n <= 1 << 20:
        raise NornArgumentError(f"n_jobs={n_jobs!r}; a number of workers from 1 on is needed, or -1 or None for all of them")
    return 0 if n == -1 else n


def level_list(level: Any) -> list[float]:
    """Levels as numbers in the order given; None: none of them."""
    if level is None:
        return []
    several: Sequence[Any] = level if hasattr(level, "__len__") and not isinstance(level, str) else [level]
    try:
        numbers = [float(v) for v in several]
    except (TypeError, ValueError):
        numbers = [0.0]
    if not all(0 < v < 100 for v in numbers):
        raise NornArgumentError(f"level={level!r}; numbers inside (0, 100) are needed, as [80, 95]")
    names = [level_name(v) for v in numbers]
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise NornArgumentError(f"level={level!r}: {twice} stands there twice, and its columns would have one name")
    return numbers


def level_name(level: float) -> str:
    """A level in a column's name: the shortest text that reads back as the same number."""
    return np.format_float_positional(level, trim="-")


def whole(value: Any, name: str) -> int:
    """A whole number of any type; name opens the text of an error."""
    try:
        return operator.index(value)
    except TypeError:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        raise NornArgumentError(f"{name}={value!r} is no whole number") from None
