#!/usr/bin/env python3
"""Equity of entries and exits by vectorbt's Portfolio.from_signals, for tests/python/test_portfolio.py: prices, signals, equity of three columns.

Run: python3 tests/oracle/portfolio_signals.py > tests/fixtures/portfolio_signals.csv
"""
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pandas as pd
import vectorbt as vbt


def main():
    r = np.random.default_rng(11)
    n, k = 60, 3
    close = np.round(100 * np.exp(np.cumsum(r.normal(0.001, 0.03, (n, k)), axis=0)), 2)
    entries, exits = r.random((n, k)) < 0.15, r.random((n, k)) < 0.12
    index = pd.date_range("2024-01-01", periods=n, freq="D")
    out = {}
    for name, fees, slippage in (("plain", 0.0, 0.0), ("fees", 0.001, 0.0), ("slip", 0.001, 0.0005)):
        p = vbt.Portfolio.from_signals(pd.DataFrame(close, index=index), entries, exits, fees=fees, slippage=slippage, init_cash=10000.0, freq="1D")
        out[name] = p.value().to_numpy()
    print("# " + __doc__.splitlines()[0])
    print("# vectorbt %s, numpy %s; python3 tests/oracle/portfolio_signals.py" % (vbt.__version__, np.__version__))
    print(",".join(["ds"] + [f"{w}{j}" for w in ("close", "entry", "exit", *out) for j in range(k)]))
    for i in range(n):
        cells = [close[i], entries[i].astype(int), exits[i].astype(int), *(out[w][i] for w in out)]
        print(",".join([str(index[i].date())] + [repr(v.item()) for row in cells for v in row]))


if __name__ == "__main__":
    main()
