"""What prophet.plot offers, for norn.Prophet: SVG drawings, or matplotlib's axes where some are given; no plotly."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from norn import _norn
from norn import _prophet_plots as charts
from norn._norn import NornArgumentError, NornError
from norn._prophet_plots import Figure
from norn.diagnostics import performance_metrics

import pandas as pd

__all__ = ["add_changepoints_to_plot", "plot", "plot_components", "plot_components_plotly", "plot_cross_validation_metric",
           "plot_forecast_component", "plot_forecast_component_plotly", "plot_plotly", "plot_seasonality", "plot_seasonality_plotly",
           "plot_weekly", "plot_yearly"]

_BLUE = "#0072B2"
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def plot(m, fcst, ax=None, uncertainty=True, plot_cap=True, xlabel="ds", ylabel="y", figsize=(10, 6), include_legend=False):
    """The forecast of predict over the history, as Prophet.plot: an SVG Figure, or the figure of matplotlib's axes `ax`."""
    return charts.plot(m, fcst, ax, uncertainty, plot_cap, xlabel, ylabel, figsize, include_legend)


def plot_components(m, fcst, uncertainty=True, plot_cap=True, weekly_start=0, yearly_start=0, figsize=None):
    """The components of predict's frame, a panel each, as Prophet.plot_components: an SVG Figure."""
    return charts.plot_components(m, fcst, uncertainty, plot_cap, weekly_start, yearly_start, figsize)


def add_changepoints_to_plot(ax, m, fcst, threshold=0.01, cp_color="r", cp_linestyle="--", trend=True):
    """Draws the changepoints whose change is `threshold` or more, and the trend, on matplotlib's axes; gives what was drawn.

    ax : axes, as those of m.plot(fcst, ax=ax); an SVG Figure has none
    """
    if isinstance(ax, Figure) or not hasattr(ax, "axvline"):
        raise NornArgumentError(f"add_changepoints_to_plot: ax is a {type(ax).__name__}; axes of matplotlib are needed: draw with m.plot(fcst, ax=ax)")
    made = [ax.plot(fcst["ds"], fcst["trend"], c=cp_color)] if trend else []
    at = m.changepoints
    if len(at):
        at = at[np.abs(np.asarray(m.params["delta"]).reshape(-1)) >= threshold]
    return made + [ax.axvline(x=when, c=cp_color, ls=cp_linestyle) for when in at]


def plot_cross_validation_metric(df_cv, metric, rolling_window=0.1, ax=None, figsize=(10, 6), color="b", point_color="gray"):
    """A measure of cross_validation's frame by horizon: each forecast's as a point, the rolling one as a line; matplotlib's figure.

    metric, rolling_window : as performance_metrics takes them; ax : axes of matplotlib; None: new ones, where it is installed
    """
    each = performance_metrics(df_cv, metrics=[metric], rolling_window=-1)
    rolled = performance_metrics(df_cv, metrics=[metric], rolling_window=rolling_window)
    if each is None:
        raise NornArgumentError(f"plot_cross_validation_metric: there is no {metric} of these forecasts")
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError:
            raise NornError("plot_cross_validation_metric draws with matplotlib, which is not installed: pip install matplotlib; "
                            "norn.diagnostics.performance_metrics gives the numbers") from None
        ax = pyplot.figure(facecolor="w", figsize=figsize).add_subplot(111)
    tick = each["horizon"].max() / 10
    unit = next((word for word in ("days", "hours", "minutes", "seconds") if pd.Timedelta(1, unit=word) < tick), "milliseconds")
    length = pd.Timedelta(1, unit=unit)
    ax.plot((each["horizon"] / length).to_numpy(), each[metric].to_numpy(dtype="float64"), ".", alpha=0.1, c=point_color)
    ax.plot((rolled["horizon"] / length).to_numpy(), rolled[metric].to_numpy(dtype="float64"), "-", c=color)
    ax.grid(True)
    ax.set_xlabel(f"Horizon ({unit})")
    ax.set_ylabel(metric)
    return ax.get_figure()


def _look(m, uncertainty, figsize, weekly_start=0, yearly_start=0, label=None):
    return (min(max(float(m.interval_width), 1e-9), 1.0), bool(uncertainty), False, int(weekly_start), int(yearly_start), charts._width(figsize),
            None, None, label)


def plot_forecast_component(m, fcst, name, ax=None, uncertainty=True, plot_cap=False, figsize=(10, 6)):
    """One column of predict's frame over time, with its bounds: an SVG Figure; on matplotlib's axes `ax` what was drawn."""
    if name not in fcst:
        raise NornArgumentError(f"plot_forecast_component: the forecast has no column {name!r}")
    bounds = uncertainty and m.uncertainty_samples and f"{name}_lower" in fcst
    given = {"yhat": name, **({"yhat_lower": f"{name}_lower", "yhat_upper": f"{name}_upper"} if bounds else {})}
    given.update({end: end for end in ("cap", "floor") if plot_cap and end in fcst})
    if ax is None:
        ds, names, columns = charts._forecast(pd.DataFrame({"ds": fcst["ds"], **{to: fcst[of] for to, of in given.items()}}))
        look = list(_look(m, uncertainty, figsize, label=name))
        look[2] = bool(plot_cap)
        return Figure(_norn.prophet_chart(None, None, (ds, names, columns), tuple(look)))
    return _draw(ax, fcst["ds"].to_numpy(), fcst, name, bounds)


def _draw(ax, x, frame, name, bounds, label="ds"):
    made = list(ax.plot(x, frame[name].to_numpy(), ls="-", c=_BLUE))
    if bounds:
        made.append(ax.fill_between(x, frame[f"{name}_lower"].to_numpy(), frame[f"{name}_upper"].to_numpy(), color=_BLUE, alpha=0.2))
    ax.grid(True, which="major", c="gray", ls="-", lw=1, alpha=0.2)
    ax.set_xlabel(label)
    ax.set_ylabel(name)
    return made


def _season(m, name, ax, uncertainty, figsize, weekly_start=0, yearly_start=0):
    """A seasonality over one period of it."""
    live = m._live()
    if name not in m.seasonalities:
        raise NornArgumentError(f"Prophet: the model has no seasonality {name!r}; it has {', '.join(m.seasonalities) or 'none'}")
    start, period = pd.Timestamp("2017-01-01"), float(m.seasonalities[name]["period"])
    if ax is None:
        ds = np.array([start.value // 1000, start.value // 1000 + 1], dtype="int64")
        return Figure(_norn.prophet_chart(live, (m._rows.ds, np.ascontiguousarray(m._rows.y)), (ds, [name], [np.zeros(2)]),
                                          _look(m, uncertainty, figsize, weekly_start, yearly_start)))
    if name == "weekly":
        days = pd.date_range(start, periods=7) + pd.Timedelta(days=weekly_start)
    elif name == "yearly":
        days = pd.date_range(start, periods=365) + pd.Timedelta(days=yearly_start)
    else:
        days = start + pd.to_timedelta(np.linspace(0, period, 200), unit="D")
    frame = {"ds": days, "cap": 1.0, "floor": 0.0, **dict.fromkeys(m.extra_regressors, 0.0), **dict.fromkeys(m._conditions(), True)}
    made = m.predict(pd.DataFrame(frame))
    bounds = uncertainty and f"{name}_lower" in made
    if name == "weekly":
        drawn = _draw(ax, np.arange(7), made, name, bounds, "Day of week")
        ax.set_xticks(list(range(7)))
        ax.set_xticklabels([_DAYS[(i + weekly_start) % 7] for i in range(7)])
        return drawn
    if name == "yearly":
        return _draw(ax, days.to_numpy(), made, name, bounds, "Day of year")
    hours = period <= 2
    return _draw(ax, np.linspace(0, period * (24 if hours else 1), 200), made, name, bounds, "Hours" if hours else "Days")


def plot_seasonality(m, name, ax=None, uncertainty=True, figsize=(10, 6)):
    """A seasonality over its period: an SVG Figure; on matplotlib's axes `ax` what was drawn."""
    return _season(m, name, ax, uncertainty, figsize)


def plot_weekly(m, ax=None, uncertainty=True, weekly_start=0, figsize=(10, 6), name="weekly"):
    """The weekly seasonality, as plot_seasonality; weekly_start : weekday that a week begins with, 0: Sunday."""
    return _season(m, name, ax, uncertainty, figsize, weekly_start=weekly_start)


def plot_yearly(m, ax=None, uncertainty=True, yearly_start=0, figsize=(10, 6), name="yearly"):
    """The yearly seasonality, as plot_seasonality; yearly_start : day that a year begins with, 0: 1 January."""
    return _season(m, name, ax, uncertainty, figsize, yearly_start=yearly_start)


def _no_plotly(name, instead):
    def refuse(*args, **named):
        raise NornError(f"norn.plot.{name}: drawings for plotly are not offered; {instead} draws SVG, or on axes of matplotlib")
    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"Raises norn.NornError: drawings for plotly are not offered; {instead} is."
    return refuse


plot_plotly = _no_plotly("plot_plotly", "plot")
plot_components_plotly = _no_plotly("plot_components_plotly", "plot_components")
plot_forecast_component_plotly = _no_plotly("plot_forecast_component_plotly", "plot_forecast_component")
plot_seasonality_plotly = _no_plotly("plot_seasonality_plotly", "plot_seasonality")
