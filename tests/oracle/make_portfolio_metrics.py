#!/usr/bin/env python3
"""What empyrical, quantstats, ffn (bt's) and vectorbt say of short series of returns: writes tests/fixtures/portfolio_metrics.txt."""
# SPDX-License-Identifier: Apache-2.0
# make_portfolio_metrics.py [vectorbt] FOLDER > portfolio_metrics.txt; FOLDER holds empyrical_returns.csv (empyrical-reloaded's own test data,
# Apache-2.0). vectorbt wants other versions of its friends: with the first argument only its rows are written, for another interpreter.
# empyrical-reloaded 0.7.1, quantstats 0.0.86, ffn 1.4.1, vectorbt 1.2.0, numpy 2.4.6, pandas 3.1.1. Rows, blank-separated:
#   series NAME n value...            times NAME n+1 second...
#   want CONVENTION NAME periods risk_free required cutoff n field value...
# The small series are those of empyrical's tests/test_stats.py; rates are of a year and handed over per period where the package wants that.
import sys
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
np.seterr(all="ignore")


def all_series(folder):
    percent = lambda *v: np.array(v, dtype=float) / 100
    rand = np.random.RandomState(1337)
    table = np.genfromtxt(folder + "/empyrical_returns.csv", delimiter=",")[:, 1]
    noise = rand.normal(0, 0.001, 300)
    hours = np.random.RandomState(7).standard_t(4, 700) * 0.004 + 1e-4
    return {
        "simple_benchmark": (percent(0, 1, 0, 1, 0, 1, 0, 1, 0), "D"),
        "positive_returns": (percent(1, 2, 1, 1, 1, 1, 1, 1, 1), "D"),
        "negative_returns": (percent(0, -6, -7, -1, -9, -2, -6, -8, -5), "D"),
        "all_negative_returns": (percent(-2, -6, -7, -1, -9, -2, -6, -8, -5), "D"),
        "mixed_returns": (percent(np.nan, 1, 10, -4, 2, 3, 2, 1, -10), "D"),
        "flat_line_1": (percent(1, 1, 1, 1, 1, 1, 1, 1, 1), "D"),
        "flat_line_0": (percent(0, 0, 0, 0, 0), "D"),
        "weekly_returns": (percent(0, 1, 10, -4, 2, 3, 2, 1, -10), "W"),
        "monthly_returns": (percent(0, 1, 10, -4, 2, 3, 2, 1, -10), "ME"),
        "one_return": (percent(1), "D"),
        "noise": (noise, "B"),
        "noise_uniform": (rand.uniform(-0.01, 0.01, 300), "B"),
        "inv_noise": (-noise, "B"),
        "flat_line_1_tz_noise": (noise * 1e-6 + 0.01, "B"),
        "table": (table, "B"),
        "table_percent": (table / 100, "B"),
        "hours": (hours, "h"),
        "wiped_out": (percent(3, -20, 5, -100, 0, 0, 0), "D"),
    }


PERIODS = {"D": 252, "B": 252, "W": 52, "ME": 12, "h": 8760}


def cases(series):
    for name, (x, freq) in series.items():
        yield name, x, freq, PERIODS[freq], 0.0, 0.0, 0.05
        if name in ("mixed_returns", "table_percent", "noise_uniform", "hours", "negative_returns"):
            yield name, x, freq, PERIODS[freq], 0.03, 0.05, 0.05
            yield name, x, freq, 365, 0.02, 0.0, 0.01
            yield name, x, freq, 12, 0.0, 0.01, 0.25


def of_a_period(rate, periods):
    return (1 + rate) ** (1 / periods) - 1 if rate else 0.0


def stamps(n, freq):
    return pd.date_range("2000-01-31", periods=n + 1, freq=freq)


def empyrical_says(x, freq, p, rf, req, cutoff):
    import empyrical as e
    from scipy import stats

    rate, target = of_a_period(rf, p), of_a_period(req, p)
    seen = x[~np.isnan(x)]
    return {
        "total_return": e.cum_returns_final(x), "cagr": e.annual_return(x, annualization=p),
        "volatility": e.annual_volatility(x, annualization=p), "sharpe": e.sharpe_ratio(x, rate, annualization=p),
        "sortino": e.sortino_ratio(x, target, annualization=p), "calmar": e.calmar_ratio(x, annualization=p),
        "omega": e.omega_ratio(x, rate, req, annualization=p), "max_drawdown": e.max_drawdown(x),
        "value_at_risk": e.value_at_risk(seen, cutoff), "expected_shortfall": e.conditional_value_at_risk(x, cutoff),
        "tail_ratio": e.tail_ratio(x), "stability": e.stability_of_timeseries(x),
        "skew": stats.skew(seen), "kurtosis": stats.kurtosis(seen), "best": seen.max(), "worst": seen.min(),
    }


def calmar_of(q, s, p):
    try:
        return q.calmar(s, periods=p)
    except ZeroDivisionError:
        return np.nan


def quantstats_says(x, freq, p, rf, req, cutoff):
    import quantstats.stats as q

    s = pd.Series(x, index=stamps(len(x), freq)[1:])
    return {
        "total_return": q.comp(s), "cagr": q.cagr(s, periods=p), "volatility": q.volatility(s, periods=p),
        "sharpe": q.sharpe(s, rf, periods=p), "sortino": q.sortino(s, rf, periods=p), "calmar": calmar_of(q, s, p),
        "omega": q.omega(s, rf, req, periods=p), "max_drawdown": q.max_drawdown(s), "ulcer": q.ulcer_index(s.dropna()),
        "value_at_risk": q.value_at_risk(s, confidence=1 - cutoff), "expected_shortfall": q.cvar(s, confidence=1 - cutoff),
        "tail_ratio": q.tail_ratio(s), "skew": q.skew(s), "kurtosis": q.kurtosis(s), "win_rate": q.win_rate(s),
        "best": q.best(s), "worst": q.worst(s),
    }


def bt_says(x, freq, p, rf, req, cutoff):
    import ffn

    t = stamps(len(x), freq)
    r = pd.Series(np.nan_to_num(x), index=t[1:])
    seen = pd.Series(x, index=t[1:])
    prices = pd.Series(np.concatenate([[1.0], np.cumprod(1 + r.to_numpy())]), index=t)
    return {
        "total_return": prices.calc_total_return(), "cagr": prices.calc_cagr(),
        "sharpe": ffn.calc_sharpe(seen, rf, nperiods=p), "sortino": ffn.calc_sortino_ratio(seen, rf, nperiods=p),
        "calmar": prices.calc_calmar_ratio(), "max_drawdown": prices.calc_max_drawdown(),
        "volatility": seen.std(ddof=1) * np.sqrt(p), "skew": seen.skew(), "kurtosis": seen.kurt(),
        "best": seen.max(), "worst": seen.min(),
        **({} if np.isnan(x).any() else {"ulcer": prices.to_ulcer_index() / 100}),
    }


def vectorbt_says(x, freq, p, rf, req, cutoff):
    import vectorbt as vbt

    steps = {"D": "1D", "B": "1D", "W": "7D", "h": "1h"}
    if freq not in steps:
        return {}
    a = pd.Series(x, index=stamps(len(x), freq)[1:]).vbt.returns(freq=steps[freq])
    rate, target = of_a_period(rf, a.ann_factor), of_a_period(req, a.ann_factor)
    return {
        "total_return": a.total(), "cagr": a.annualized(), "volatility": a.annualized_volatility(),
        "sharpe": a.sharpe_ratio(risk_free=rate), "sortino": a.sortino_ratio(required_return=target),
        "calmar": a.calmar_ratio(), "omega": a.omega_ratio(risk_free=rate, required_return=req),
        "max_drawdown": a.max_drawdown(), "value_at_risk": a.value_at_risk(cutoff=cutoff),
        "expected_shortfall": a.cond_value_at_risk(cutoff=cutoff), "tail_ratio": a.tail_ratio(),
        **({} if np.isnan(x).any() else {"ulcer": a.ulcer_index()}),
    }


def main():
    just_vectorbt = sys.argv[1] == "vectorbt"
    series = all_series(sys.argv[-1])
    if not just_vectorbt:
        for name, (x, freq) in series.items():
            print("series", name, len(x), *map(repr, x.tolist()))
            print("times", name, len(x) + 1, *(int(t.timestamp()) for t in stamps(len(x), freq)))
    who = [("vectorbt", vectorbt_says)] if just_vectorbt else [
        ("empyrical", empyrical_says), ("quantstats", quantstats_says), ("bt", bt_says)]
    for convention, says in who:
        for name, *case in cases(series):
            got = says(*case)
            pairs = [w for k, v in got.items() for w in (k, repr(float(v)))]
            if pairs:
                print("want", convention, name, *case[2:], len(got), *pairs)


main()
