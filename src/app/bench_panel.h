/* Panels that benchmarks measure on, made in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BENCH_PANEL_H
#define NORNI_BENCH_PANEL_H

#include "base/ctx.h"
#include "data/panel.h"

typedef struct norni_bench_shape {
    size_t n_series;
    size_t least, most; /* observations of a series */
    size_t season;
    norni_freq freq;
    const char *x_name; /* one further column, or NULL */
} norni_bench_shape;

/* Trend, season and noise, by Philox from the seed: everybody measures the same work. After an error norni_panel_clear is due, too.
 * NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_bench_panel(norn_ctx *ctx, const norni_bench_shape *shape,
                                           uint64_t seed, norni_panel *out, norn_err *err);

#endif
