/* Metrics against empyrical, quantstats, ffn and vectorbt; edges; numbers that floating point would spoil. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_metrics.h"
#include "portfolio/portfolio_metrics_lanes.h"

enum { MOST_SERIES = 32, MOST = 800 };

typedef struct series {
    char name[48];
    size_t n;
    double x[MOST];
    int64_t time[MOST + 1];
} series;

typedef struct fixture {
    norni_arena arena;
    series all[MOST_SERIES];
    size_t n;
} fixture;

static double number(FILE *f) {
    char word[64];
    assert_int_equal(fscanf(f, "%63s", word), 1);
    return strtod(word, NULL);
}

static series *find(fixture *fx, const char *name) {
    for (size_t i = 0; i < fx->n; i++) {
        if (!strcmp(fx->all[i].name, name)) return &fx->all[i];
    }
    assert_true(fx->n < MOST_SERIES);
    series *s = &fx->all[fx->n++];
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    return s;
}

static norni_port_metrics metrics(fixture *fx, const series *s, norni_port_metrics_opt o) {
    norni_port_metrics m;
    norn_err err = {0};
    if (norni_port_metrics_of(s->x, s->n, s->time, &o, &fx->arena, &m, &err) != NORN_OK)
        fail_msg("%s: %s", s->name, err.text);
    return m;
}

static double value_of(const norni_port_metrics *m, norni_port_convention c, const char *field) {
    size_t n;
    const norni_port_metric_row *row = norni_port_metric_rows(c, &n);
    for (size_t i = 0; i < n; i++) {
        double v;
        if (strcmp(row[i].name, field) != 0) continue;
        memcpy(&v, (const char *)m + row[i].offset, sizeof v);
        return v;
    }
    fail_msg("no row %s", field);
    return 0;
}

/* Infinities of the peers are NaN here. A constant's last bits make them answer in the millions: not compared. Returns that are 1e-8 apart
 * about 0.01 leave 1e-16 / 1e-8 of their digits: 1e-7 there. */
static void compare(const char *where, const series *s, const char *field, double got,
                    double want) {
    const bool quiet = !strcmp(s->name, "flat_line_1_tz_noise");
    const bool shape = !strcmp(field, "skew") || !strcmp(field, "kurtosis");
    double tolerance = quiet ? 1e-6 : shape ? 1e-11 : 1e-12;
    if (!isfinite(want)) {
        if (!isnan(got)) fail_msg("%s %s %s: %.17g, not nan", where, s->name, field, got);
        return;
    }
    const double size = shape ? fmax(1, fabs(want)) : fabs(want);
    if (!(fabs(got - want) <= tolerance * size))
        fail_msg("%s %s %s: %.17g, not %.17g", where, s->name, field, got, want);
}

/* Where a peer's own answer is not to be had (docs/portfolio-metrics.md says why). */
static bool odd(const series *s, norni_port_convention c, const char *field) {
    const bool flat = !strcmp(s->name, "flat_line_1") || !strcmp(s->name, "flat_line_0");
    if (c != NORNI_PORT_LIKE_QUANTSTATS)
        return flat && (!strcmp(field, "sharpe") || !strcmp(field, "volatility") ||
                        !strcmp(field, "skew") || !strcmp(field, "kurtosis"));
    if (!strcmp(s->name, "one_return")) return !strcmp(field, "expected_shortfall");
    return flat && strcmp(field, "total_return") != 0 && strcmp(field, "cagr") != 0 &&
           strcmp(field, "max_drawdown") != 0;
}

static size_t want_row(fixture *fx, FILE *f) {
    char word[48];
    norni_port_metrics_opt o = norni_port_metrics_opt_default();
    assert_int_equal(fscanf(f, "%47s", word), 1);
    while (strcmp(norni_port_convention_name(o.convention), word) != 0)
        o.convention++;
    const norni_port_convention c = o.convention;
    assert_int_equal(fscanf(f, "%47s", word), 1);
    const series *s = find(fx, word);
    o.periods_per_year = number(f);
    o.risk_free = number(f);
    o.required = number(f);
    o.cutoff = number(f);
    const norni_port_metrics m = metrics(fx, s, o);
    const size_t n = (size_t)number(f);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fscanf(f, "%47s", word), 1);
        const double want = number(f);
        if (!odd(s, c, word))
            compare(norni_port_convention_name(c), s, word, value_of(&m, c, word), want);
    }
    return n;
}

static void as_peers(void **state) {
    fixture *fx = *state;
    FILE *f = fopen(NORN_FIXTURES "/portfolio_metrics.txt", "r");
    char word[48];
    size_t seen = 0;
    assert_non_null(f);
    while (fscanf(f, "%47s", word) == 1) {
        if (!strcmp(word, "want")) {
            seen += want_row(fx, f);
            continue;
        }
        char name[48];
        assert_int_equal(fscanf(f, "%47s", name), 1);
        series *s = find(fx, name);
        const size_t n = (size_t)number(f);
        assert_true(n <= MOST + 1);
        if (!strcmp(word, "series")) {
            s->n = n;
            for (size_t i = 0; i < n; i++)
                s->x[i] = number(f);
        } else {
            for (size_t i = 0; i < n; i++)
                s->time[i] = (int64_t)number(f) * 1000000;
        }
    }
    assert_int_equal(fclose(f), 0);
    assert_true(seen > 1500);
}

static const norni_port_convention every[] = {NORNI_PORT_LIKE_EMPYRICAL, NORNI_PORT_LIKE_QUANTSTATS,
                                              NORNI_PORT_LIKE_BT, NORNI_PORT_LIKE_VECTORBT,
                                              NORNI_PORT_LIKE_CALENDAR};

static series make(const double *x, size_t n) {
    series s = {.n = n};
    for (size_t i = 0; i <= n; i++)
        s.time[i] = (int64_t)i * 86400000000;
    for (size_t i = 0; i < n; i++)
        s.x[i] = x[i];
    return s;
}

static void by_hand(void **state) {
    fixture *fx = *state;
    /* 100 110 99 99 108.9 110 121 60.5: under water from bar 1 to 5, then 1 bar to the end */
    const double x[] = {0.1, -0.1, 0, 0.1, 110 / 108.9 - 1, 0.1, -0.5};
    const series s = make(x, 7);
    norni_port_metrics_opt o = norni_port_metrics_opt_default();
    norni_port_metrics m = metrics(fx, &s, o);
    assert_true(fabs(m.max_drawdown + 0.5) < 1e-15);
    assert_true(m.drawdown_bars == 4);
    assert_true(fabs(m.total_return + 0.395) < 1e-15);
    assert_true(fabs(m.ulcer - sqrt((0.01 + 0.01 + 0.0001 + 0.25) / 8)) < 1e-15);
    assert_true(m.win_rate == 4.0 / 7);
    o.convention = NORNI_PORT_LIKE_QUANTSTATS;
    assert_true(metrics(fx, &s, o).win_rate == 4.0 / 6);
    /* a loss in the first bar: vectorbt's drawdown begins behind it */
    const double first[] = {-0.5, 0.1, -0.1, 0.3};
    const series t = make(first, 4);
    o.convention = NORNI_PORT_LIKE_VECTORBT;
    assert_true(fabs(metrics(fx, &t, o).max_drawdown + 0.1) < 1e-15);
    o.convention = NORNI_PORT_LIKE_EMPYRICAL;
    assert_true(metrics(fx, &t, o).max_drawdown == -0.505);
    assert_true(metrics(fx, &t, o).drawdown_bars == 4);
}

/* 7 returns in 7 days: the calendar's year has 365.25 of them, whatever the option says; bars of a day make 365. */
static void by_the_clock(void **state) {
    fixture *fx = *state;
    const double x[] = {0.01, -0.02, 0.03, 0.01, -0.01, 0.02, -0.005};
    series s = make(x, 7);
    norni_port_metrics_opt o = norni_port_metrics_opt_default();
    o.convention = NORNI_PORT_LIKE_CALENDAR;
    const norni_port_metrics clock = metrics(fx, &s, o);
    o.convention = NORNI_PORT_LIKE_EMPYRICAL;
    o.periods_per_year = 365.25;
    const norni_port_metrics same = metrics(fx, &s, o);
    assert_true(fabs(clock.cagr / same.cagr - 1) < 1e-13);
    assert_true(fabs(clock.sharpe / same.sharpe - 1) < 1e-13);
    s.time[7] += 20 * (int64_t)86400000000; /* one long gap: the usual step is a day still */
    o.convention = NORNI_PORT_LIKE_VECTORBT;
    const norni_port_metrics bars = metrics(fx, &s, o);
    o.convention = NORNI_PORT_LIKE_EMPYRICAL;
    o.periods_per_year = 365;
    assert_true(fabs(bars.cagr / metrics(fx, &s, o).cagr - 1) < 1e-13);
    o.convention = NORNI_PORT_LIKE_BT;
    assert_true(fabs(metrics(fx, &s, o).cagr - (pow(1 + bars.total_return, 365.25 / 27) - 1)) <
                1e-13);
}

static void edges(void **state) {
    fixture *fx = *state;
    const double flat[] = {0.01, 0.01, 0.01, 0.01}, nothing[] = {NORNI_NAN, NORNI_INF};
    const double ruin[] = {0.2, -1, 0, 0}, up[] = {0.01, 0.02};
    for (size_t i = 0; i < NORNI_PORT_CONVENTIONS; i++) {
        norni_port_metrics_opt o = norni_port_metrics_opt_default();
        o.convention = every[i];
        series s = make(flat, 4);
        norni_port_metrics m = metrics(fx, &s, o);
        assert_true(isnan(m.sharpe) && isnan(m.sortino) && isnan(m.calmar) && isnan(m.omega));
        assert_true(m.volatility == 0 && m.max_drawdown == 0 && m.drawdown_bars == 0 &&
                    m.ulcer == 0);
        s = make(nothing, 2);
        m = metrics(fx, &s, o);
        assert_int_equal(m.n, 0);
        assert_true(isnan(m.total_return) && isnan(m.best) && isnan(m.drawdown_bars));
        s = make(ruin, 4);
        m = metrics(fx, &s, o);
        assert_true(m.total_return == -1 && m.max_drawdown == -1 && m.cagr == -1);
        assert_true(isnan(m.stability));
        s = make(up, 1);
        m = metrics(fx, &s, o);
        assert_true(m.n == 1 && isnan(m.volatility) && isnan(m.sharpe) && m.best == 0.01);
        s.n = 0;
        assert_true(isnan(metrics(fx, &s, o).cagr));
    }
}

/* 10,000 returns of +-2^-30 about 2^-45: what a sum of squares less a square of sums would make of them is noise. */
static void keeps_digits(void **state) {
    fixture *fx = *state;
    enum { N = 10000 };
    static double x[N];
    norni_port_metrics_opt o = norni_port_metrics_opt_default();
    norni_port_metrics m;
    norn_err err;
    for (size_t i = 0; i < N; i++)
        x[i] = 1 + (i % 2 ? 0x1p-30 : -0x1p-30);
    assert_int_equal(norni_port_metrics_of(x, N, NULL, &o, &fx->arena, &m, &err), NORN_OK);
    assert_true(fabs(m.volatility / (0x1p-30 * sqrt(252.0 * N / (N - 1))) - 1) < 1e-12);
    /* (1 + 2^-45)^10000 - 1 to the last digits: each addition rounds 1 + x by up to 2^-53 */
    for (size_t i = 0; i < N; i++)
        x[i] = 0x1p-45 * (1 + 0x1p-9);
    assert_int_equal(norni_port_metrics_of(x, N, NULL, &o, &fx->arena, &m, &err), NORN_OK);
    const double y = N * x[0], want = y + y * (y - x[0]) / 2;
    assert_true(fabs(m.total_return / want - 1) < 1e-6);
    /* huge and tiny numbers stay numbers */
    for (size_t i = 0; i < N; i++)
        x[i] = (i % 3 ? 1e200 : -1e199);
    assert_int_equal(norni_port_metrics_of(x, N, NULL, &o, &fx->arena, &m, &err), NORN_OK);
    assert_true(isfinite(m.sharpe) && isfinite(m.skew) && isfinite(m.kurtosis) &&
                isfinite(m.volatility));
    for (size_t i = 0; i < N; i++)
        x[i] = (i % 3 ? 1e-200 : -1e-199);
    assert_int_equal(norni_port_metrics_of(x, N, NULL, &o, &fx->arena, &m, &err), NORN_OK);
    assert_true(isfinite(m.sharpe) && isfinite(m.skew) && isfinite(m.kurtosis));
}

/* Whatever the tail's guess, quantiles are those of the sorted returns. */
static void tails_of_any_shape(void **state) {
    fixture *fx = *state;
    static double x[MOST];
    const double cutoffs[] = {0.001, 0.05, 0.3, 0.5, 0.97};
    for (size_t n = 1; n < 60; n++) {
        for (size_t k = 0; k < 5; k++) {
            norni_port_metrics_opt o = norni_port_metrics_opt_default();
            norni_port_metrics m;
            norn_err err;
            for (size_t i = 0; i < n; i++) /* few values, many ties, one far out */
                x[i] = i == n / 2 ? 50 : (double)(i * 7 % 11) / 100 - 0.05 * (double)(k % 2);
            o.cutoff = cutoffs[k];
            assert_int_equal(norni_port_metrics_of(x, n, NULL, &o, &fx->arena, &m, &err), NORN_OK);
            double s[64], sum = 0;
            memcpy(s, x, n * sizeof *s);
            for (size_t i = 1; i < n; i++) {
                for (size_t j = i; j > 0 && s[j] < s[j - 1]; j--) {
                    const double swap = s[j];
                    s[j] = s[j - 1];
                    s[j - 1] = swap;
                }
            }
            const double at = (double)(n - 1) * o.cutoff;
            const size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
            assert_true(fabs(m.value_at_risk - (s[low] + (s[high] - s[low]) * (at - (double)low))) <
                        1e-12);
            for (size_t i = 0; i <= low; i++)
                sum += s[i];
            assert_true(fabs(m.expected_shortfall - sum / (double)(low + 1)) < 1e-12);
        }
    }
}

static void refuses(void **state) {
    fixture *fx = *state;
    const double x[] = {0.1, 0.2};
    const int64_t back[] = {0, 5, 5};
    norni_port_metrics m;
    norn_err err;
    norni_port_metrics_opt bad[6];
    for (size_t i = 0; i < 6; i++)
        bad[i] = norni_port_metrics_opt_default();
    bad[0].periods_per_year = 0;
    bad[1].risk_free = -1;
    bad[2].required = NORNI_NAN;
    bad[3].cutoff = 1;
    bad[4].convention = NORNI_PORT_LIKE_BT; /* without times */
    bad[5].convention = NORNI_PORT_CONVENTIONS;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(norni_port_metrics_of(x, 2, NULL, &bad[i], &fx->arena, &m, &err),
                         NORN_E_ARG);
    assert_int_equal(norni_port_metrics_of(x, 2, back, &bad[4], &fx->arena, &m, &err), NORN_E_ARG);
}

/* Each instruction set gives the same bits at any length; logs are those of libm to 4e-16. */
static void any_lanes(void **state) {
    double x[45], y[3][45], sum[3][11][NORNI_PORT_METRIC_LANES];
    (void)state;
    for (size_t i = 0; i < 45; i++)
        x[i] = ldexp(i % 3 ? 0.7 + (double)i / 50 : -0.9, 4 - (int)i);
    for (size_t n = 1; n <= 45; n++) {
        memset(y, 0, sizeof y);
        for (int cap = 0; cap < 3; cap++) {
            const norni_port_passes *p = norni_port_passes_of(cap);
            const double *from = x + (45 - n);
            p->powers(from, n, 2, 0.125, sum[cap]);
            p->sides(from, n, 0.1, -0.01, sum[cap] + 4);
            p->line(from, n, 0.3, 7.5, sum[cap] + 7);
            p->logs(from, n, y[cap]);
            assert_memory_equal(sum[0], sum[cap], 9 * sizeof *sum[0]);
            assert_memory_equal(y[0], y[cap], sizeof y[0]);
        }
        for (size_t i = 0; i < n; i++) {
            const double want = log1p(x[45 - n + i]);
            if (x[45 - n + i] > -1) assert_true(fabs(y[0][i] - want) <= 4e-16 * fabs(want));
        }
        double direct = 0, lanes = 0;
        for (size_t i = 0; i < n; i++)
            direct += pow(x[45 - n + i] * 2 - 0.125, 2);
        for (size_t j = 0; j < NORNI_PORT_METRIC_LANES; j++)
            lanes += sum[0][1][j];
        assert_true(fabs(lanes / direct - 1) < 1e-14);
    }
}

static void rows_say_all(void **state) {
    (void)state;
    for (size_t i = 0; i < NORNI_PORT_CONVENTIONS; i++) {
        size_t n, total = sizeof(size_t);
        const norni_port_metric_row *row = norni_port_metric_rows(every[i], &n);
        for (size_t k = 0; k < n; k++) {
            assert_true(*row[k].formula && *row[k].words);
            total += sizeof(double);
        }
        assert_int_equal(total, sizeof(norni_port_metrics)); /* every field has its row */
    }
}

static int set_up(void **state) {
    static fixture fx;
    static norn_alloc alloc;
    alloc = norni_alloc_default();
    norni_arena_init(&fx.arena, &alloc);
    *state = &fx;
    return 0;
}

static int tear_down(void **state) {
    norni_arena_clear(&((fixture *)*state)->arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_peers),     cmocka_unit_test(by_hand),
        cmocka_unit_test(by_the_clock), cmocka_unit_test(edges),
        cmocka_unit_test(keeps_digits), cmocka_unit_test(tails_of_any_shape),
        cmocka_unit_test(refuses),      cmocka_unit_test(any_lanes),
        cmocka_unit_test(rows_say_all),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
