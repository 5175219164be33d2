"""Charts of norn.Prophet: the forecast over its history and its components, as SVG; on matplotlib's axes where some are given."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import numpy as np

from norn import _norn
from norn._norn import NornArgumentError, NornError
from norn._prophet_rows import numbers, times

_INCH = 96  # px of SVG


class Figure:
    """An SVG drawing: notebooks show it, `save` writes it, `svg` is its text. Light and dark follow the reader's preference."""

    def __init__(self, svg):
        self.svg = svg

    def _repr_svg_(self):
        return self.svg

    def __repr__(self):
        return f"<norn.Figure: {len(self.svg)} bytes of SVG>"

    def save(self, path):
        """Writes the drawing to a file ending in .svg."""
        if not os.fspath(path).lower().endswith(".svg"):
            raise NornArgumentError(f"Figure: {os.fspath(path)!r} does not end in .svg; for other kinds give plot an axes of matplotlib, as ax=")
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.svg)

    def gca(self, *args, **ignored):
        """Raises norn.NornError: the drawing has no axes of matplotlib."""
        raise NornError("Figure: an SVG drawing has no axes of matplotlib; m.plot(forecast, ax=ax) draws on such axes, "
                        "norn.plot.add_changepoints_to_plot(ax, m, forecast) then adds to them")

    def savefig(self, path, **ignored):
        """As save; matplotlib's further arguments are not needed."""
        self.save(path)


def _forecast(fcst):
    """A forecast's columns as the library takes them."""
    if "ds" not in fcst or "yhat" not in fcst:
        raise NornArgumentError("Prophet: the forecast has no columns ds and yhat; give the frame that predict made")
    names = [c for c in fcst.columns if isinstance(c, str) and c != "ds" and getattr(fcst[c].dtype, "kind", "O") in "fiub"]
    return times(fcst["ds"])[0], names, [numbers(fcst[c], c) for c in names]


def _width(figsize):
    return 0 if figsize is None else int(min(max(figsize[0] * _INCH, 320), 4096))


def plot(m, fcst, ax=None, uncertainty=True, plot_cap=True, xlabel="ds", ylabel="y", figsize=(10, 6), include_legend=False):
    """m's forecast over its history: a Figure, or the figure of the axes given."""
    if m._rows is None:
        raise NornError("Model has not been fit.")
    if ax is not None:
        return _on_axes(m, fcst, ax, uncertainty, plot_cap, xlabel, ylabel, include_legend)
    look = (min(max(float(m.interval_width), 1e-9), 1.0), bool(uncertainty), bool(plot_cap), 0, 0, _width(figsize), None, xlabel, ylabel)
    return Figure(_norn.prophet_chart(None, (m._rows.ds, m._rows.y), _forecast(fcst), look))


def _on_axes(m, fcst, ax, uncertainty, plot_cap, xlabel, ylabel, include_legend):
    """The same on axes of matplotlib."""
    at = fcst["ds"].to_numpy()
    ax.plot(m._rows.stamps(), m._rows.y, "k.", label="Observed data points")
    ax.plot(at, fcst["yhat"].to_numpy(), ls="-", color="#0072B2", label="Forecast")
    for name, label in (("cap", "Maximum capacity"), ("floor", "Minimum capacity")):
        if plot_cap and name in fcst and (name == "cap" or m.logistic_floor):
            ax.plot(at, fcst[name].to_numpy(), ls="--", color="k", label=label)
    if uncertainty and m.uncertainty_samples and "yhat_lower" in fcst:
        ax.fill_between(at, fcst["yhat_lower"].to_numpy(), fcst["yhat_upper"].to_numpy(), color="#0072B2", alpha=0.2, label="Uncertainty interval")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.grid(True, color="gray", ls="-", lw=1, alpha=0.2)
    if include_legend:
        ax.legend()
    return ax.get_figure()


def plot_components(m, fcst, uncertainty=True, plot_cap=True, weekly_start=0, yearly_start=0, figsize=None):
    """m's trend, holidays, seasonalities and regressors, a panel each: a Figure."""
    live = m._live()
    look = (min(max(float(m.interval_width), 1e-9), 1.0), bool(uncertainty), bool(plot_cap), int(weekly_start), int(yearly_start), _width(figsize),
            None, None, None)
    return Figure(_norn.prophet_chart(live, (m._rows.ds, np.ascontiguousarray(m._rows.y)), _forecast(fcst), look))
