"""The forecasting models as objects, for ``Forecaster(models=[...])``: made from the library's own rows.

A model is a name, its parameters and a season length; ``repr`` shows the spec that the command line takes for the
same model. Its column in a forecast is ``alias``, by default the class's name.
"""
# SPDX-License-Identifier: Apache-2.0
import inspect

from norn import _norn

# Names as users of statsforecast know them; the others are the library's in capitals.
_KNOWN = {
    "adida": "ADIDA", "imapa": "IMAPA", "tsb": "TSB", "mstl": "MSTL", "arima": "ARIMA", "ets": "ETS", "ces": "CES",
    "auto_ets": "AutoETS", "auto_arima": "AutoARIMA", "croston": "Croston", "croston_sba": "CrostonSBA", "ses": "SES",
}
# Further names of the same models.
_ALSO = {
    "AutoCES": "CES", "HistoricAverage": "Mean", "RandomWalkWithDrift": "Drift", "SimpleExponentialSmoothingOptimized": "SES",
    "CrostonClassic": "Croston", "OptimizedTheta": "OptTheta", "DynamicOptimizedTheta": "DynamicOptTheta",
}


# What statsforecast calls a parameter, and the library's name or a function that gives {name: value}.
_SYNONYMS = {
    "D": "sd", "max_P": "max_sp", "max_Q": "max_sq", "max_D": "max_sd", "start_P": "start_sp", "start_Q": "start_sq", "nmodels": "max_models",
    "seasonal_test": "season_test", "allowdrift": "allow_drift", "allowmean": "allow_mean", "window_size": "window", "trend_forecaster": "trend",
    "order": lambda v, row: dict(zip("pdq", v)), "seasonal_order": lambda v, row: dict(zip(("sp", "sd", "sq"), v)),
    "model": lambda v, row: _ets_letters(v) if row["name"] in ("ets", "auto_ets") else {"model": _CES_LETTERS.get(v, v)},
    "decomposition_type": "season", "error_type": lambda v, row: {"season": {"A": "additive", "M": "multiplicative"}[v]},
}
_CES_LETTERS = {"N": "none", "S": "simple", "P": "partial", "F": "full", "Z": "auto"}


def _ets_letters(letters):
    """``"ZAA"`` as the library's parameters."""
    if len(letters) != 3 or any(c not in "ZNAM" for c in letters) or letters[0] == "N":
        raise _norn.NornArgumentError(f"ETS: model='{letters}' is not error, trend and season, each one of Z, N, A, M, as 'ZAA'")
    return {name: "auto" if c == "Z" else c for name, c in zip(("error", "trend", "season"), letters)}


def _translate(row, parameters):
    """The library's parameters for its own names and statsforecast's; a name known to neither is an error."""
    names = [_python(p["name"]) for p in row["params"]]
    out = {}
    for name, value in parameters.items():
        known = _SYNONYMS.get(name)
        made = known(value, row) if callable(known) and value is not None and (name not in names or name == "model") else {}
        if made and set(made) <= set(names):
            out |= made
        elif name in names:
            out[name] = value
        elif isinstance(known, str) and known in names:
            out[known] = value
        elif value is not None or known is None:
            raise TypeError(f"{row['name']}: unknown parameter '{name}'; there are season_length, alias, {', '.join(names)}")
    if row["name"] in ("ets", "auto_ets") and isinstance(out.get("damped"), bool):
        out["damped"] = "yes" if out["damped"] else "no"
    return {k: v for k, v in out.items() if v is not None}


class Model:
    """A model with its parameters: what every class of this module is.

    Parameters
    ----------
    season_length : periods a season, one or several; None: the Forecaster's, else from the frequency
    alias : the name of the forecast's column; None: the class's name
    parameters : the model's own, below, or statsforecast's names for them

    Raises TypeError for a parameter that the model does not have; values are checked when it is used.
    """

    _row = None

    def __init__(self, season_length=None, alias=None, **parameters):
        self.season_length = season_length
        self.alias = type(self).__name__ if alias is None else alias
        self.parameters = _translate(self._row, parameters)

    @property
    def spec(self):
        """The model as the command line writes it."""
        given = ",".join(f"{name}={text(value)}" for name, value in self.parameters.items())
        season = f"[{int(self.season_length)}]" if _single(self.season_length) else ""
        name = self._row["name"]
        return f"{self.alias}={name}({given}){season}" if given else f"{self.alias}={name}{season}"

    @property
    def exogenous(self):
        """Whether the model uses further columns."""
        return self._row["exogenous"]

    def __repr__(self):
        return self.spec

    def __eq__(self, other):
        return isinstance(other, Model) and self.spec == other.spec

    def __hash__(self):
        return hash(self.spec)


def _single(season):
    return season is not None and not hasattr(season, "__len__")


def text(value):
    """A parameter's value as specs have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Model):
        return value.spec.partition("=")[2]
    if isinstance(value, (list, tuple)):
        return ",".join(text(v) for v in value)
    return str(value)


def _python(name):
    return name.replace("-", "_")


def _value(p):
    """A row's default as Python has it."""
    word = p["default"]
    if word is None:
        return None
    if p["type"] == "bool":
        return word == "true"
    return {"int": int, "double": float}.get(p["type"], str)(word)


def _range(p):
    """What a number may be; "" where anything goes."""
    if p["type"] not in ("int", "double", "ints", "doubles") or p["min"] == p["max"]:
        return ""
    least, most = (f"{v:g}" if abs(v) < 1e6 or v != int(v) else str(int(v)) for v in (p["min"], p["max"]))
    return f" {least} to {most};"


def _describe(row):
    lines = [row["summary"][0].upper() + row["summary"][1:] + ".", ""]
    if row["source"]:
        lines += [f"Source: {row['source']}.", ""]
    lines += ["Parameters", "----------", "season_length : periods a season (default: the Forecaster's)",
              "alias : the name of the forecast's column (default: the class's name)"]
    for p in row["params"]:
        allowed = f" one of {', '.join(p['choices'].split('|'))};" if p["choices"] else ""
        lines.append(f"{_python(p['name'])} : {p['help'] or p['type']};{allowed or _range(p)} default {p['default'] or 'none'}")
    able = [word for word, yes in (("prediction intervals", row["intervals"]), ("missing values", row["missing"]),
                                   ("exogenous columns", row["exogenous"]), ("fit and predict", row["kept"]),
                                   ("simulate", row["paths"])) if yes]
    return "\n".join([*lines, "", f"It serves {', '.join(able)}." if able else ""])


def _signature(row):
    kind = inspect.Parameter.KEYWORD_ONLY
    first = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter("season_length", first, default=None), inspect.Parameter("alias", first, default=None),
                              *(inspect.Parameter(_python(p["name"]), kind, default=_value(p)) for p in row["params"])])


def _make(row):
    name = _KNOWN.get(row["name"]) or "".join(part.capitalize() for part in row["name"].split("_"))
    made = type(name, (Model,), {"_row": row, "__doc__": _describe(row), "__module__": __name__})
    made.__signature__ = _signature(row)
    return made


__all__ = ["Model"]
for _row in _norn.model_rows():
    _class = _make(_row)
    globals()[_class.__name__] = _class
    __all__.append(_class.__name__)
for _name, _of in _ALSO.items():
    if _of in globals():
        globals()[_name] = type(_name, (globals()[_of],), {"__doc__": globals()[_of].__doc__, "__module__": __name__,
                                                           "__signature__": globals()[_of].__signature__})
        __all__.append(_name)
del _row, _class, _name, _of
