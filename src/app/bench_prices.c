/* Price panels that benchmarks measure on, made in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bench_prices.h"

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"

static const int64_t first_day = 18993; /* 2022-01-01 */

/* About 60 % volatility and 10 % drift a year, whatever the bars' distance. */
static void fill_closes(uint64_t seed, size_t k, int64_t step, double *close, size_t n) {
    const double years = (double)step / (365.0 * (double)NORNI_US_DAY), wide = 0.6 * sqrt(years);
    const norni_rng own = {seed, 1 + k}, common = {seed, 0};
    double level = norni_log(20.0 * (double)(k + 1));
    for (size_t t = 0; t < n; t++) {
        close[t] = norni_exp(level);
        level += 0.1 * years +
                 wide * (0.7 * norni_rng_normal(common, t) + 0.7 * norni_rng_normal(own, t));
    }
}

norn_status norni_bench_prices(const norn_alloc *alloc, const norni_str *symbol, size_t n,
                               size_t n_bars, int64_t step, uint64_t seed, norni_port_prices *out,
                               norn_err *err) {
    const norni_port_prices_opt opt = {.align = NORNI_PORT_INTERSECT};
    norni_arena arena;
    norni_arena_init(&arena, alloc);
    int64_t *time = norni_arena_get(&arena, n_bars, sizeof *time);
    double *close = norni_arena_get(&arena, n * n_bars, sizeof *close);
    norni_port_quotes *quotes = norni_arena_get(&arena, n, sizeof *quotes);
    norn_status st = NORN_OK;
    if (!time || !close || !quotes) {
        st = norni_alloc_fail(err, "bench", n * n_bars, sizeof *close);
        goto done;
    }
    for (size_t t = 0; t < n_bars; t++)
        time[t] = first_day * NORNI_US_DAY + (int64_t)t * step;
    for (size_t k = 0; k < n; k++) {
        fill_closes(seed, k, step, close + k * n_bars, n_bars);
        quotes[k] = (norni_port_quotes){symbol[k], n_bars, time, close + k * n_bars};
    }
    st = norni_port_prices_make(alloc, quotes, n, &opt, (norni_time_style){.kind = NORNI_TIME_DATE},
                                out, err);
done:
    norni_arena_clear(&arena);
    return st;
}
