"""Rolling skew, kurt and sem of a short series for tests/roll/test_roll_moments.c.

pip install pandas==3.1.1; python3 tests/oracle/make_roll_moments.py
"""
# SPDX-License-Identifier: Apache-2.0
import pandas as pd

series = pd.Series([1, 2, 4, 8, -3, 0.5, 7, 7])
windows = series.rolling(5, min_periods=0)
for name in ("skew", "kurt", "sem"):
    values = [0 if v != v else v for v in getattr(windows, name)()]
    print(f"    static const double {name}[8] = {{{', '.join(repr(float(v)) for v in values)}}};")
