/* Walk-forward splits: what is trained on and what is tested on, in bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_splits.h"

#include <math.h>

/* Split i without purge and embargo: windows are p bars from `base` on; the test is window i + 1. */
static norni_port_split split_at(const norni_port_splits_opt *o, size_t base, size_t p, size_t i) {
    const size_t end = base + p * (i + 1);
    size_t first = base;
    if (o->rolling && i + 1 > o->train_windows) first = base + p * (i + 1 - o->train_windows);
    const size_t gone = o->purge < end - first ? o->purge : end - first;
    return (norni_port_split){first, end - gone, end + o->embargo, end + p};
}

static bool is_long_enough(const norni_port_split *s) {
    return s->train_end >= s->train_first + NORNI_PORT_MIN_BARS &&
           s->test_end >= s->test_first + NORNI_PORT_MIN_BARS;
}

/* Bars of a window; below 1: none. */
static double window_bars(const norni_port_splits_opt *o, double bars_per_day) {
    return floor(o->window_days * bars_per_day + 1e-9);
}

norn_status norni_port_splits_make(size_t n_bars, double bars_per_day,
                                   const norni_port_splits_opt *opt, norni_arena *arena,
                                   norni_port_split **out, size_t *n, norn_err *err) {
    const double bars = window_bars(opt, bars_per_day);
    *n = 0;
    if (!(bars >= NORNI_PORT_MIN_BARS))
        return norn_fail(err, NORN_E_ARG,
                         "--window-days: %g days are %g %s, at least %d are needed",
                         opt->window_days, bars, bars == 1 ? "bar" : "bars", NORNI_PORT_MIN_BARS);
    if (opt->n_tests < 1 || (opt->rolling && opt->train_windows < 1))
        return norn_fail(err, NORN_E_ARG,
                         "splits: at least one test and one train window are needed");
    const size_t p = bars < 1e15 ? (size_t)bars : (size_t)1e15;
    const size_t fit = n_bars / p, most = fit < 2                  ? 0
                                          : fit - 1 < opt->n_tests ? fit - 1
                                                                   : opt->n_tests;
    const size_t base = most > 0 ? n_bars - p * (most + 1) : 0;
    norni_port_split *s = norni_arena_get(arena, most + 1, sizeof *s);
    if (s == NULL) return norni_alloc_fail(err, "splits", most, sizeof *s);
    for (size_t i = 0; i < most; i++) {
        s[*n] = split_at(opt, base, p, i);
        if (s[*n].test_first < s[*n].test_end && is_long_enough(&s[*n])) ++*n;
    }
    if (*n == 0)
        return norn_fail(err, NORN_E_DATA,
                         "splits: %zu bars; a window of %g days is %zu bars, and two windows, "
                         "less purge and embargo, must "
                         "fit: give a smaller --window-days or more prices",
                         n_bars, opt->window_days, p);
    *out = s;
    return NORN_OK;
}

void norni_port_splits_note(size_t n_bars, double bars_per_day, const norni_port_splits_opt *opt,
                            const norni_port_split *split, size_t n, norni_buf *out) {
    const double bars = window_bars(opt, bars_per_day), asked = opt->window_days * bars_per_day;
    const size_t p = (size_t)bars, fit = n_bars / p - 1;
    const size_t most = fit < opt->n_tests ? fit : opt->n_tests;
    const size_t taken = p * (most + 1);
    if (asked - bars > 1e-6)
        norni_buf_format(out, "a window of %g days is %zu whole bars\n", opt->window_days, p);
    if (fit < opt->n_tests)
        norni_buf_format(
            out,
            "%zu tests are asked for, %zu fit%s: %zu bars are %zu windows of %zu bars, "
            "the first of them for the train alone\n",
            opt->n_tests, fit, fit == 1 ? "s" : "", n_bars, fit + 1, p);
    if (n < most)
        norni_buf_format(
            out,
            "%zu tests are asked for, %zu remain%s: purge (%zu bars) and embargo (%zu) "
            "leave fewer than %d bars of the train or the test of %s\n",
            opt->n_tests, n, n == 1 ? "s" : "", opt->purge, opt->embargo, NORNI_PORT_MIN_BARS,
            most - n == 1 ? "the first one" : "the first ones");
    if (split[0].train_first > 0 && taken < n_bars)
        norni_buf_format(out,
                         "trains and tests take the newest %zu of %zu bars; what is older is known "
                         "to estimates of weights alone\n",
                         taken, n_bars);
}
