/* Random quotes against a slow plain twin of the rules, and later quotes that change nothing before them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/rng.h"
#include "portfolio/portfolio_prices.h"

#define HOUR (NORNI_US_DAY / 24)
enum { ASSETS = 4, QUOTES = 60, SPAN = 150, ROUNDS = 3000 };

typedef struct bed {
    norni_rng rng;
    uint64_t drawn;
    int64_t time[ASSETS][QUOTES];
    double close[ASSETS][QUOTES];
    norni_port_quotes q[ASSETS];
    size_t n;
} bed;

static uint64_t below(bed *b, uint64_t n) {
    return norni_rng_u64(b->rng, b->drawn++) % n;
}

static void draw_close(bed *b, size_t k, size_t i) {
    const uint64_t kind = below(b, 12);
    b->close[k][i] = kind == 0   ? (double)NAN
                     : kind == 1 ? 0
                     : kind == 2 ? -1
                     : kind == 3 ? (double)INFINITY
                                 : 100 + (double)below(b, 8);
}

static void draw(bed *b, uint64_t round) {
    static const char *const names[ASSETS] = {"A", "B", "C", "D"};
    b->rng = (norni_rng){round, 9};
    b->drawn = 0;
    b->n = 1 + below(b, ASSETS);
    for (size_t k = 0; k < b->n; k++) {
        const size_t n = 20 + below(b, QUOTES - 20);
        const int64_t from = (int64_t)below(b, 40) - 60;
        const bool dies = below(b, 4) == 0;
        for (size_t i = 0; i < n; i++) {
            b->time[k][i] = (from + (int64_t)below(b, SPAN)) * HOUR;
            draw_close(b, k, i);
            if (dies && b->time[k][i] > (from + SPAN / 2) * HOUR) b->close[k][i] = 0;
        }
        b->time[k][1] = b->time[k][0] + HOUR; /* no symbol is coarser than an hour */
        b->close[k][0] = b->close[k][1] = 100;
        b->q[k] = (norni_port_quotes){norni_str_of(names[k]), n, b->time[k], b->close[k]};
    }
}

/* A symbol's price in the bar that begins at `bar`; false: it has none. */
static bool price_in(const norni_port_quotes *q, int64_t bar, int64_t step, double *out) {
    int64_t last_good = INT64_MIN, best = INT64_MIN;
    for (size_t i = 0; i < q->n; i++) {
        if (isfinite(q->close[i]) && q->close[i] > 0 && q->time[i] > last_good)
            last_good = q->time[i];
    }
    for (size_t i = 0; i < q->n; i++) {
        const double v = q->close[i];
        const bool counts =
            isfinite(v) && (v > 0 || (v == 0 && last_good > INT64_MIN && q->time[i] > last_good));
        if (!counts || q->time[i] < bar || q->time[i] >= bar + step || q->time[i] < best) continue;
        best = q->time[i];
        *out = v;
    }
    return best > INT64_MIN;
}

static norn_status make(const bed *b, const norni_port_prices_opt *opt, norni_port_prices *p) {
    static norn_alloc alloc;
    norn_err err;
    alloc = norni_alloc_default();
    return norni_port_prices_make(&alloc, b->q, b->n, opt,
                                  (norni_time_style){.kind = NORNI_TIME_DATETIME}, p, &err);
}

static size_t compare(const bed *b, const norni_port_prices_opt *opt, int64_t step) {
    norni_port_prices p;
    size_t bars = 0;
    double held[ASSETS] = {0}, v;
    const norn_status st = make(b, opt, &p);
    /* No multiple of the step lies before the first quote and behind -3 days alone. */
    for (int64_t bar = -72 * HOUR; bar < (SPAN + 24) * HOUR; bar += step) {
        bool has[ASSETS], any = false, all = true;
        for (size_t k = 0; k < b->n; k++) {
            has[k] = price_in(&b->q[k], bar, step, &v);
            if (has[k]) held[k] = v;
            any = any || has[k];
            all = all && has[k];
        }
        if (!(opt->align == NORNI_PORT_UNION ? any : all)) continue;
        if (st != NORN_OK) { /* all that is common is worth nothing */
            for (size_t k = 0; k < b->n; k++)
                assert_true(held[k] == 0);
            continue;
        }
        assert_true(bars < p.n_bars && p.time[bars] == bar);
        for (size_t k = 0; k < b->n; k++) {
            assert_true(p.price[bars * b->n + k] == held[k]);
            assert_int_equal(p.traded[bars * b->n + k], has[k] && held[k] > 0);
        }
        bars++;
    }
    if (st == NORN_OK) {
        assert_int_equal(p.n_bars, bars);
        norni_port_prices_clear(&p);
    }
    return bars;
}

static bool left_out(const bed *b, const norni_port_prices_opt *opt) {
    norni_port_prices p;
    if (make(b, opt, &p) != NORN_OK) return false;
    const bool fewer = p.n_assets < b->n;
    norni_port_prices_clear(&p);
    return fewer;
}

static void plain_twin_agrees(void **state) {
    size_t n = 0, bars = 0;
    bed b;
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        draw(&b, round);
        const bool daily = below(&b, 2) == 0;
        const norni_port_prices_opt opt = {.align = (norni_port_align)below(&b, 2),
                                           .frame = daily ? NORNI_PORT_1D : NORNI_PORT_1H,
                                           .duplicates_last = true};
        if (left_out(&b, &opt)) continue; /* worth nothing in all common bars: not compared */
        bars += compare(&b, &opt, daily ? NORNI_US_DAY : HOUR);
        n++;
    }
    assert_true(n > ROUNDS * 4 / 5 && bars > 10 * n); /* the twin saw enough */
}

/* Quotes behind a time drawn anew: the bars before it are the same, wherever no zero stays to the end. */
static void future_leaves_the_past(void **state) {
    size_t compared = 0;
    bed b;
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        norni_port_prices before, after;
        const norni_port_prices_opt opt = {.align = (norni_port_align)(round % 2),
                                           .duplicates_last = true};
        draw(&b, round);
        for (size_t k = 0; k < b.n; k++) { /* a price at the end: no zero is a tail */
            for (size_t i = 0; i < b.q[k].n; i++) {
                if (!(b.close[k][i] > 0)) b.close[k][i] = 100;
            }
        }
        const int64_t cut = (int64_t)below(&b, SPAN) * HOUR;
        if (make(&b, &opt, &before) != NORN_OK) continue;
        for (size_t k = 0; k < b.n; k++) {
            for (size_t i = 0; i < b.q[k].n; i++) {
                if (b.time[k][i] > cut) b.close[k][i] = 1 + (double)below(&b, 1000);
            }
        }
        assert_int_equal(make(&b, &opt, &after), NORN_OK);
        for (size_t i = 0; i < before.n_bars && before.time[i] <= cut; i++, compared++) {
            assert_true(after.time[i] == before.time[i]);
            assert_memory_equal(before.price + i * b.n, after.price + i * b.n,
                                b.n * sizeof(double));
            assert_memory_equal(before.traded + i * b.n, after.traded + i * b.n, b.n);
        }
        norni_port_prices_clear(&before);
        norni_port_prices_clear(&after);
    }
    assert_true(compared > ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_twin_agrees),
                                       cmocka_unit_test(future_leaves_the_past)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
