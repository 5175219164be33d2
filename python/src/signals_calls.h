/* Signals of tweets from Python: norn.analyze_tweets and its like. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_SIGNALS_CALLS_H
#define NORNPY_SIGNALS_CALLS_H

#include "python/src/state.h"

/* signals(frame or None, lists or None, lines (bytes) or None, [paths], {option: text}, want, [fields that the caller has], n_threads, tick)
 * -> a dict: row (int64 or None), records, report, hours (bytes), columns (rows of frame_columns), lists [(start, row)], info. */
PyObject *nornpy_signals(PyObject *module, PyObject *args);
/* signals_names([names], {option: text}) -> [bool]: which mean something of a tweet. */
PyObject *nornpy_signals_names(PyObject *module, PyObject *args);
/* signals_fields() -> [(name, group or None, whether it is of the tweet as it came)] */
PyObject *nornpy_signals_fields(PyObject *module, PyObject *unused);
/* signals_flat(frame, {option: text}, n_threads) -> a dict of the reference's flat keys. */
PyObject *nornpy_signals_flat(PyObject *module, PyObject *args);

#endif
