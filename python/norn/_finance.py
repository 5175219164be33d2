"""norn.full_report and norn.simulate: the finance report of a table of transactions, and what if one of its columns were different."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
import os

from norn import _norn
from norn._arguments import jobs, whole
from norn._frames import kind_of
from norn._norn import NornArgumentError
from norn.forecaster import _bar
from norn.models import text

log = logging.getLogger("norn")


def _paths(data):
    """One path, or a list or tuple of them, as texts; None: a table."""
    several = data if isinstance(data, (list, tuple)) else [data]
    if not all(isinstance(p, (str, os.PathLike)) for p in several):
        return None
    if not several:
        raise NornArgumentError("df_or_files=[]: a path, a list of paths or a table is needed")
    return [os.fsdecode(p) for p in several]


def _call(function, df_or_files, given, n_jobs, tick=None):
    """(bytes, info) of a call, from files or from a table."""
    texts = {k: text(v) for k, v in given.items() if v is not None}
    paths = _paths(df_or_files)
    frame = None
    if paths is None:
        kind = kind_of(df_or_files)
        frame = kind.open(set(kind.names()))
    body, info = function(frame, paths or [], texts, jobs(n_jobs), tick)
    for line in info.pop("said").splitlines():
        log.info("%s", line)
    return body, info


def _mapping(columns):
    """{"Umsatz": "revenue"} or the library's text of it."""
    if columns is None or isinstance(columns, str):
        return columns
    if not isinstance(columns, dict):
        raise NornArgumentError(f"map={columns!r}: a dict of headers and keys is needed, as {{'Umsatz': 'revenue'}}")
    odd = next((k for k in columns if "," in str(k)), None)
    if odd is not None:
        raise NornArgumentError(f"map: a header with a comma in it ({odd!r}) can not be named; rename the column")
    return ",".join(f"{k}={v}" for k, v in columns.items())


def _candidates(models):
    if models is None or isinstance(models, str):
        return models
    if isinstance(models, bytes) or not hasattr(models, "__iter__"):
        raise NornArgumentError(f"models={models!r}: a spec, or a list of specs, is needed")
    return ",".join(getattr(m, "spec", None) or str(m) for m in models)


def full_report(df_or_files, mode="finance_guardian", models=None, *, dates="auto", map=None, level=95, seed=0, series=None,
                html=False, n_jobs=-1, verbose=False):
    """One report of a table of transactions: key figures, forecasts, anomalies, drivers, tables and words.

    Parameters
    ----------
    df_or_files : a path or a list of paths (CSV; of a workbook give pandas.read_excel's table), whose rows are put together; or a
        table: pandas, Polars, pyarrow, DuckDB, a dict of arrays
    mode : ``"finance_guardian"`` or ``"financial_storyteller"``
    models : specs of further candidates beside AutoARIMA and Prophet, as ``["theta", "auto_ets"]``
    dates : how 03/04/2024 is read: ``"day-first"``, ``"month-first"``; ``"auto"``: by a date that can be read in one way only
    map : headers by hand, as ``{"Umsatz": "revenue", "Kosten": "expenses"}``
    level : of the intervals, in per cent
    seed : of models that draw numbers
    series : a path to which the monthly series are written, as ``norn evaluate`` and ``norn forecast`` read them
    html : a page (str) in place of the dict
    n_jobs : workers; -1 or None: all. Results are the same at any number.
    verbose : show progress (through tqdm)

    Returns the JSON of ``norn report`` and ``POST /full_report`` as a dict: session_id, ai_response, conversation_history and
    full_analysis_report, whose parts docs/finance.md describes. Raises NornArgumentError for arguments, NornError for data that cannot
    serve.
    """
    given = {"mode": mode, "models": _candidates(models), "dates": dates, "map": _mapping(map), "level": level,
             "seed": whole(seed, "seed"), "series": None if series is None else os.fsdecode(series), "format": "html" if html else "json"}
    tick = _bar(0) if verbose else None
    try:
        body, _ = _call(_norn.finance_report, df_or_files, given, n_jobs, tick)
    finally:
        if tick:
            tick.bar.close()
    return body.decode("utf-8") if html else json.loads(body)


def simulate(df_or_files, parameter, change_pct, *, dates="auto", map=None):
    """What profit and cash flow would be if one column were different.

    Parameters
    ----------
    df_or_files : as in full_report
    parameter : what changes: ``"revenue"``, ``"expenses"``, … or a header of the table
    change_pct : by how much, in per cent: 10 is a tenth more
    dates, map : as in full_report

    Returns a dict: scenario, baseline, simulation_results, impact, summary_text. What follows from the change by the accounts' identities
    changes with it: 15 % more expenses lower the profit.
    """
    if not isinstance(parameter, str):
        raise NornArgumentError(f"parameter={parameter!r}: a column's name is needed")
    try:
        change = float(change_pct)
    except (TypeError, ValueError):
        raise NornArgumentError(f"change_pct={change_pct!r} is no number") from None
    given = {"parameter": parameter, "change-pct": repr(change), "dates": dates, "map": _mapping(map)}
    return json.loads(_call(_norn.finance_whatif, df_or_files, given, 1)[0])
