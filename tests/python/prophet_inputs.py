"""Inputs of the Prophet tests: series that prophet 1.3 is tested on (MIT, data/licenses/prophet-MIT.txt), and made ones."""
# SPDX-License-Identifier: Apache-2.0
import os
import unittest

try:
    import numpy as np
    import pandas as pd
except ImportError as e:
    raise unittest.SkipTest(str(e)) from None

FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fixtures")


def path(name):
    """A fixture's path; the test is skipped where there are none (in the sdist)."""
    whole = os.path.join(FIXTURES, name)
    if not os.path.exists(whole):
        raise unittest.SkipTest(f"{name} is not here")
    return whole


def daily():
    """510 working days of a share's price, 2012-05-18 to 2014-05-30."""
    return pd.read_csv(path("prophet_data.csv"), parse_dates=["ds"])


def subdaily():
    """863 values of 5 minutes, 2017-01-01 to 2017-01-04."""
    return pd.read_csv(path("prophet_data2.csv"), parse_dates=["ds"])


def large():
    """70 values near 6e8, 2023."""
    return pd.read_csv(path("prophet_data3.csv"), parse_dates=["ds"])


def split(df, n):
    """All rows but the last n, and these."""
    return df.head(len(df) - n).reset_index(), df.tail(n).reset_index()


def half():
    """The first and the second half of the daily series."""
    return split(daily(), 255)


def rmse(a, b):
    return float(np.sqrt(np.mean((np.asarray(a) - np.asarray(b)) ** 2)))


def birthday(**more):
    """A holiday of two days in two years."""
    return pd.DataFrame({"ds": pd.to_datetime(["2012-06-06", "2013-06-06"]), "holiday": ["birthday"] * 2, "lower_window": [0] * 2,
                         "upper_window": [1] * 2, **more})
