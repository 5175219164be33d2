"""norn.analyze_tweets, signal_report, hourly_signals, aggregate_signals: the work of `norn signals` on tweets in memory or in files."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import io
import json
import logging
import os

import numpy as np

from norn import _norn
from norn._arguments import jobs
from norn._norn import NornArgumentError
from norn._signals_rows import ADDED, GROUPS, OF_TWEET, Tweets, frame_of, is_missing, lines_of, table_of, whole_text
from norn.forecaster import _bar
from norn.models import text

log = logging.getLogger("norn")
_RECORDS, _COLUMNS, _REPORT, _HOURS = 1, 2, 4, 8


def _workers(parallel, n_workers, n_jobs):
    """How many: n_workers is the reference's name of n_jobs; parallel changes nothing."""
    if not isinstance(parallel, (bool, np.bool_)):
        raise NornArgumentError(f"parallel={parallel!r}: True or False is needed")
    if n_workers is None:
        return jobs(n_jobs)
    try:
        n = jobs(n_workers)
    except NornArgumentError:
        n = 0
    if n == 0:
        raise NornArgumentError(f"n_workers={n_workers!r}; a number of workers from 1 on is needed, or None for all of them")
    return n


def _options(given):
    """Keywords as the rows of `norn signals` have them."""
    out = {}
    for name, value in given.items():
        if value is None:
            continue
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, os.PathLike):
            value = os.fsdecode(value)
        out[name.replace("_", "-")] = whole_text(text(value))
    return out


def _parquet(path):
    try:
        from pyarrow import parquet
    except ImportError:
        raise NornArgumentError(f"{path}: a Parquet file is read through pyarrow, which is not installed") from None
    try:
        return parquet.read_table(path)
    except Exception as why:  # pyarrow has errors of many families
        raise NornArgumentError(f"{path}: {why}") from None


class _Source:
    """Where the tweets are: records, a table or files, and what the library is given of them."""

    def __init__(self, tweets, options):
        self.records = self.table = self.values = self.lists = self.lines = None
        self.paths = []
        if isinstance(tweets, (str, os.PathLike)):
            path = os.fsdecode(tweets)
            if path.lower().endswith((".parquet", ".pq")):
                tweets = _parquet(path)
                self.records = tweets.to_pylist()
                self._open(table_of(tweets), options)
            else:
                self.paths = [path]
        elif isinstance(tweets, (list, tuple)):
            self.records = list(tweets)
            self.lines = lines_of(self.records)
        else:
            self.table = table_of(tweets)
            self._open(self.table, options)

    def _open(self, table, options):
        self.values, self.lists = table.frames(options)

    def run(self, options, want, have, n_jobs, verbose):
        tick = _bar(0) if verbose else None
        try:
            out = _norn.signals(self.values, self.lists, self.lines, self.paths, options, want, have, n_jobs, tick)
        finally:
            if tick:
                tick.bar.close()
        for line in out["info"]["said"].splitlines():
            log.info("%s", line)
        return out


def _joined(tweet, row):
    """A tweet as it came, and what was found of it; a key of its own that is called as one of those gets input_ before it."""
    out = {}
    for name, value in tweet.items():
        new = name
        while new in ADDED or new in GROUPS or (new != name and (new in tweet or new in out)):
            new = "input_" + new
        out[new] = value
    out.update((k, v) for k, v in row.items() if k in ADDED or k in GROUPS or (k in OF_TWEET and k not in out))
    return out


def analyze_tweets(tweets, keyword_boost_weight=0.3, include_engagement=True, include_tfidf=True, calculate_signals=True, parallel=False,
                   n_workers=None, *, n_jobs=-1, verbose=False, **options):
    """A signal for each tweet: sentiment, keywords, engagement, terms, confidence, score and label.

    Parameters
    ----------
    tweets : a list of dicts; a table: pandas, Polars, pyarrow, DuckDB, a dict of arrays; or a path (CSV, JSON, Parquet through pyarrow)
    keyword_boost_weight : how far keywords may move the sentiment
    include_engagement : likes, retweets, replies and views count
    include_tfidf : top terms, and what they say of a tweet's quality
    calculate_signals : confidence, signal and label of each tweet
    parallel : changes nothing; it is taken because the reference has it
    n_workers : workers, from 1 on; None: n_jobs
    n_jobs : workers; -1 or None: all. Results are the same at any number.
    verbose : show progress (through tqdm)
    options : further options of ``norn signals`` with _ for -: model, precision, point_in_time, near_duplicates, text_col, sample, seed …

    Returns what came in with the columns of ``analyzed_tweets.csv`` added, lists as lists: a table of the same kind, or, of a list of
    dicts or a path, a list of dicts with probabilities, confidence_components and confidence_interval as in the reference. What came in
    stays as it was; a column called as one of those added gets ``input_`` before its name. Tweets without a text and ids that came before
    are left out, as in the command; the logger ``norn`` says how many.
    """
    given = _options({"keyword-boost-weight": keyword_boost_weight, "include-engagement": include_engagement, "include-tfidf": include_tfidf,
                      "calculate-signals": calculate_signals, **options})
    n = _workers(parallel, n_workers, n_jobs)
    if isinstance(tweets, (list, tuple)) and not tweets:
        _norn.signals_names([], given)  # what is wrong with them is told all the same
        return []
    source = _Source(tweets, given)
    if source.table is not None:
        out = source.run(given, _COLUMNS, source.table.have(), n, verbose)
        return source.table.join(out["row"], out["columns"], out["lists"])
    out = source.run(given, _RECORDS, [], n, verbose)
    rows = json.loads(out["records"])
    if source.records is None:
        return rows
    return [_joined(source.records[i], row) for i, row in zip(out["row"].tolist(), rows)]


def signal_report(tweets, *, n_jobs=-1, verbose=False, **options):
    """The report of ``norn signals`` as a dict: metadata, overall_market, hashtags, summary.

    tweets, n_jobs, verbose, options : as in analyze_tweets; ``output="folder"`` writes the command's files beside, ``hashtags=["nifty"]``
    names the tags told in detail, ``store="folder"`` keeps the tweets.
    """
    given = _options(_listed(options))
    return json.loads(_Source(tweets, given).run(given, _REPORT, [], jobs(n_jobs), verbose)["report"])


def _listed(options):
    tags = options.get("hashtags")
    return {**options, "hashtags": " ".join(map(str, tags))} if isinstance(tags, (list, tuple, set)) else options


def hourly_signals(tweets, *, n_jobs=-1, verbose=False, **options):
    """The signal of every hour: the columns of ``signals_hourly.csv``, whose time is the hour's end, when it is known.

    tweets, n_jobs, verbose, options : as in analyze_tweets. Returns a table of the kind that came in; of a list of dicts or a path a pandas
    DataFrame where pandas is installed, else a dict of arrays. For a back-test give ``point_in_time="hour"``: terms are then weighed by
    earlier tweets alone.
    """
    given = _options(_listed(options))
    source = _Source(tweets, given)
    lines = list(csv.reader(io.StringIO(source.run(given, _HOURS, [], jobs(n_jobs), verbose)["hours"].decode("utf-8"))))
    columns = {}
    for name, *cells in zip(*lines):
        columns[name] = np.array([c.rstrip("Z") for c in cells], dtype="datetime64[us]") if name == "time" else np.array(
            [float(c) if c else np.nan for c in cells])
    if source.table is not None:
        return source.table.build(columns)
    try:
        import pandas as pd
    except ImportError:
        return columns
    return pd.DataFrame(columns)


def aggregate_signals(signals, *, min_confidence=0.3, interval_level=95, bootstrap=200, author_cap=1, seed=0, n_jobs=-1):
    """Analysed tweets as one number with its interval.

    signals : what analyze_tweets returned, or any rows of signal_score and confidence (and tweet_id and username, by which the interval
        draws)
    min_confidence : tweets below weigh nothing
    interval_level, bootstrap, author_cap, seed : of the interval, as in ``norn signals``

    Returns a dict: aggregate_signal (weighed by confidence), aggregate_label, aggregate_confidence, confidence_interval, interval_level,
    signal_std, consensus, bullish_ratio, bearish_ratio, tweet_count, valid_tweet_count. The interval is NaN of fewer than two authors.
    """
    wanted = ("signal_score", "confidence", "tweet_id", "username")
    if isinstance(signals, (list, tuple)):
        odd = next((s for s in signals if not isinstance(s, dict)), None)
        if odd is not None:
            raise NornArgumentError(f"signals holds a {type(odd).__name__}, and dicts are needed")
        table = Tweets({n: [s.get(n) for s in signals] for n in wanted if any(s.get(n) is not None for s in signals)})
        for n in set(wanted[:2]) & set(table.data):
            try:
                table.data[n] = np.array([np.nan if is_missing(v) else v for v in table.data[n]], dtype="float64")
            except (TypeError, ValueError):
                raise NornArgumentError(f"aggregate_signals: {n} holds no numbers") from None
    else:
        table = table_of(signals)
    names = table.names()
    frame = frame_of([table.column(n)[0] for n in wanted if n in names])
    if frame is None:
        raise NornArgumentError("aggregate_signals: there is no signal_score; analyse the tweets first")
    given = _options({"min-confidence": min_confidence, "interval-level": interval_level, "bootstrap": bootstrap, "author-cap": author_cap,
                      "seed": seed})
    return _norn.signals_flat(frame, given, jobs(n_jobs))
