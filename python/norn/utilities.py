"""What prophet.utilities offers, for norn.Prophet: regressors' coefficients in the data's units, parameters for a warm start; and its countries."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from norn import _norn
from norn._norn import NornArgumentError, NornError
from norn._prophet import WarmStart

import pandas as pd

__all__ = ["country_codes", "regressor_coefficients", "regressor_index", "warm_start_params"]


def country_codes():
    """The codes of all countries and markets ("US", "XNYS") whose public holidays add_country_holidays knows; names such as "NYSE" stand for some."""
    return _norn.prophet_countries()


def regressor_index(m, name):
    """The place of a regressor's coefficient in m.params["beta"]."""
    return int(np.flatnonzero(m.train_component_cols[name].to_numpy())[0])


def regressor_coefficients(m):
    """A frame of regressor, regressor_mode, center, coef_lower, coef, coef_upper, one row a regressor.

    coef : units of y for one unit of the regressor (additive), or the share of the trend (multiplicative). The bounds equal it: the model is
    estimated, not sampled. center : the regressor's mean where it was standardised, else 0.
    """
    if m._rows is None:
        raise NornError("Model has not been fit.")
    if not m.extra_regressors:
        raise NornArgumentError("No extra regressors found.")
    rows = []
    for name, row in m.extra_regressors.items():
        coef = float(m.params["beta"][0, regressor_index(m, name)]) / row["std"] * (m.y_scale if row["mode"] == "additive" else 1.0)
        rows.append({"regressor": name, "regressor_mode": row["mode"], "center": row["mu"], "coef_lower": coef, "coef": coef, "coef_upper": coef})
    return pd.DataFrame(rows)


def warm_start_params(m):
    """A fitted model's k, m, sigma_obs, delta and beta, for fit(df, init=…) of a model with the same settings."""
    if m._rows is None:
        raise NornError("Model has not been fit.")
    out = WarmStart({name: m.params[name][0][0] for name in ("k", "m", "sigma_obs")} | {name: m.params[name][0] for name in ("delta", "beta")})
    out.handle = m._live()
    return out
