/* Rolling operations as pandas has them; windows, operations as text, and the same bits however the work is cut. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <norn/rolling.h>

#include "base/fp.h"
#include "roll/roll_run.h"

enum { ROWS = 48, LINE = 4096, MANY = 100000 };

static norn_ctx *context(int32_t threads) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = threads;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}

static size_t numbers(const char *text, double *out, size_t cap) {
    size_t n = 0;
    char *end = NULL;
    for (; n < cap; n++, text = end) {
        out[n] = strtod(text, &end);
        if (end == text) break;
    }
    return n;
}

/* A number for each function whose last digits pandas itself does not have: it carries sums along. */
static double tolerance(const char *op) {
    return strncmp(op, "kurt", 4) == 0 || strncmp(op, "corr", 4) == 0 ? 1e-7 : 1e-9;
}

typedef struct table {
    double x[ROWS], z[ROWS];
    int64_t t[ROWS];
} table;

static void check_line(norn_ctx *ctx, const table *tab, char *line) {
    char *field[6] = {line};
    double want[ROWS], got[ROWS], *const out = got;
    norn_err err;
    for (int k = 1; k < 6; k++) {
        field[k] = strchr(field[k - 1], '|');
        assert_non_null(field[k]);
        *field[k]++ = '\0';
    }
    assert_int_equal(numbers(field[5], want, ROWS), ROWS);
    static const char *const closed[] = {"right", "left", "both", "neither"};
    norn_rolling_opt opt = norn_rolling_opt_default();
    assert_int_equal(norn_rolling_window(field[1], &opt, &err), NORN_OK);
    opt.min_periods = atoi(field[2]);
    opt.center = field[3][0] == '1';
    for (int k = 0; k < 4; k++)
        if (strcmp(closed[k], field[4]) == 0) opt.closed = (norn_rolling_closed)k;
    const double *columns[] = {tab->x, tab->z};
    const char *names[] = {"x", "z"}, *op = field[0];
    const norn_rolling_data data = {.n = ROWS,
                                    .n_columns = 2,
                                    .n_rolled = 1,
                                    .columns = columns,
                                    .names = names,
                                    .times = tab->t};
    if (norn_rolling_columns(ctx, &data, &op, 1, &opt, &out, &err) != NORN_OK)
        fail_msg("%s: %s", op, err.text);
    for (size_t i = 0; i < ROWS; i++) {
        const double scale = fabs(want[i]) > 1 ? fabs(want[i]) : 1;
        /* of a constant part pandas' correlation is noise or missing, ours missing */
        if (strncmp(op, "corr", 4) == 0 && isnan(got[i])) continue;
        if (isnan(want[i]) != isnan(got[i]) || fabs(want[i] - got[i]) > tolerance(op) * scale)
            fail_msg("%s|%s|%s|%s|%s row %zu: %.17g, pandas %.17g", op, field[1], field[2],
                     field[3], field[4], i, got[i], want[i]);
    }
}

static void as_pandas(void **state) {
    (void)state;
    static table tab;
    static char line[LINE];
    size_t n = 0;
    double t[ROWS];
    norn_ctx *ctx = context(2);
    FILE *f = fopen(NORN_FIXTURES "/rolling_pandas.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (line[1] == '|') {
            double *to = line[0] == 'x' ? tab.x : line[0] == 'z' ? tab.z : t;
            assert_int_equal(numbers(line + 2, to, ROWS), ROWS);
            for (size_t i = 0; line[0] == 't' && i < ROWS; i++)
                tab.t[i] = (int64_t)t[i];
            continue;
        }
        check_line(ctx, &tab, line);
        n++;
    }
    assert_true(n > 200);
    (void)fclose(f);
    norn_ctx_free(ctx);
}

/* Every operation of the table, with what it must be given. */
static void op_text(size_t k, char out[64]) {
    const norni_roll_row *row = &norni_roll_rows[k];
    const bool q = strncmp(row->args, "q|", 2) == 0;
    const char *inside = row->shape == NORNI_ROLL_PAIR       ? "(z)"
                         : row->shape == NORNI_ROLL_WEIGHTED ? "(0.05)"
                         : q                                 ? "(0.3)"
                                                             : "";
    norni_format(out, 64, "%s%s", row->name, inside);
}

static double random_value(uint64_t *s) {
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return (double)(*s >> 11) * 0x1p-53;
}

typedef struct many {
    double *x, *z, *a, *b;
    int64_t *t;
} many;

static many made(void) {
    many m = {malloc(MANY * 8), malloc(MANY * 8), malloc(MANY * 8), malloc(MANY * 8),
              malloc(MANY * 8)};
    uint64_t s = 7;
    int64_t at = 0;
    for (size_t i = 0; i < MANY; i++) {
        m.x[i] = random_value(&s) < 0.02 ? NORNI_NAN : 100 * random_value(&s) - 30;
        m.z[i] = random_value(&s) < 0.02 ? NORNI_NAN : m.x[i] * 0.3 + random_value(&s);
        at += (int64_t)(random_value(&s) * 5) * 60000000;
        m.t[i] = at;
    }
    return m;
}

static void drop(many *m) {
    free(m->x), free(m->z), free(m->a), free(m->b), free(m->t);
}

static void roll(norn_ctx *ctx, const many *m, size_t from, size_t n, const char *op,
                 const char *window, double *out) {
    norn_rolling_opt opt = norn_rolling_opt_default();
    norn_err err;
    const double *columns[] = {m->x + from, m->z + from};
    const char *names[] = {"x", "z"};
    assert_int_equal(norn_rolling_window(window, &opt, &err), NORN_OK);
    opt.min_periods = 2;
    const norn_rolling_data data = {.n = n,
                                    .n_columns = 2,
                                    .n_rolled = 1,
                                    .columns = columns,
                                    .names = names,
                                    .times = m->t + from};
    if (norn_rolling_columns(ctx, &data, &op, 1, &opt, &out, &err) != NORN_OK)
        fail_msg("%s: %s", op, err.text);
}

/* Every operation on 1, 2, 3 and 7 workers: the same bits. */
static void same_bits(void **state) {
    (void)state;
    many m = made();
    norn_ctx *ctx[] = {context(1), context(2), context(3), context(7)};
    static const char *const windows[] = {"5", "1000", "20000", "3h"};
    for (size_t k = 0; k < norni_n_roll_rows; k++) {
        char op[64];
        op_text(k, op);
        for (size_t v = 0; v < sizeof windows / sizeof *windows; v++) {
            roll(ctx[0], &m, 0, MANY, op, windows[v], m.a);
            for (size_t c = 1; c < 4; c++) {
                memset(m.b, 0, MANY * 8);
                roll(ctx[c], &m, 0, MANY, op, windows[v], m.b);
                if (memcmp(m.a, m.b, MANY * 8) != 0)
                    fail_msg("%s, window %s, context %zu", op, windows[v], c);
            }
        }
    }
    for (size_t c = 0; c < 4; c++)
        norn_ctx_free(ctx[c]);
    drop(&m);
}

/* A window's value is of its data alone: a piece that begins later has the same bits, where its blocks lie
 * elsewhere and nothing came before. Kernels that add in an order that depends on the place agree closely. */
static void no_seam(void **state) {
    (void)state;
    many m = made();
    norn_ctx *ctx = context(2);
    enum { FROM = 12345, WINDOW = 777 };
    for (size_t k = 0; k < norni_n_roll_rows; k++) {
        char op[64];
        if (norni_roll_rows[k].shape == NORNI_ROLL_WEIGHTED) continue;
        const bool placed = norni_roll_rows[k].shape != NORNI_ROLL_WINDOW ||
                            strcmp(norni_roll_rows[k].name, "product") == 0;
        op_text(k, op);
        roll(ctx, &m, 0, MANY, op, "777", m.a);
        roll(ctx, &m, FROM, MANY - FROM, op, "777", m.b);
        for (size_t i = WINDOW; i < MANY - FROM; i++) {
            const double a = m.a[FROM + i], b = m.b[i];
            const bool close =
                a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-11 * fabs(a) + 1e-12;
            if (placed ? !close : memcmp(&m.a[FROM + i], &m.b[i], 8) != 0)
                fail_msg("%s at %zu: %.17g and %.17g", op, i, a, b);
        }
    }
    norn_ctx_free(ctx);
    drop(&m);
}

/* Groups in one call are the groups one by one. */
static void groups(void **state) {
    (void)state;
    many m = made();
    norn_ctx *ctx = context(3);
    static size_t offsets[1201];
    size_t n_groups = 0, at = 0;
    uint64_t s = 3;
    for (; at < MANY && n_groups < 1200; n_groups++) {
        offsets[n_groups] = at;
        at += n_groups == 40 ? 50000 : (size_t)(random_value(&s) * 90);
        if (at > MANY) at = MANY;
    }
    offsets[n_groups] = at;
    static const char *const windows[] = {"7", "20000", "2h", "expanding"};
    for (size_t k = 0; k < norni_n_roll_rows; k++) {
        for (size_t v = 0; v < 4; v++) {
            char op[64];
            op_text(k, op);
            const char *const ops[] = {op};
            const double *columns[] = {m.x, m.z};
            const char *names[] = {"x", "z"};
            norn_rolling_opt opt = norn_rolling_opt_default();
            norn_err err;
            assert_int_equal(norn_rolling_window(windows[v], &opt, &err), NORN_OK);
            opt.min_periods = 2;
            const norn_rolling_data data = {.n = at,
                                            .n_columns = 2,
                                            .n_rolled = 1,
                                            .columns = columns,
                                            .names = names,
                                            .offsets = offsets,
                                            .n_groups = n_groups,
                                            .times = m.t};
            assert_int_equal(norn_rolling_columns(ctx, &data, ops, 1, &opt, &m.a, &err), NORN_OK);
            for (size_t g = 0; g < n_groups; g++)
                roll(ctx, &m, offsets[g], offsets[g + 1] - offsets[g], op, windows[v],
                     m.b + offsets[g]);
            if (memcmp(m.a, m.b, at * 8) != 0) fail_msg("%s, window %s", op, windows[v]);
        }
    }
    norn_ctx_free(ctx);
    drop(&m);
}

static void refusals(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"men", "did you mean mean?"},
        {"", "is missing"},
        {"mean(3)", "takes nothing in brackets"},
        {"quantile", "q must be given"},
        {"quantile(2)", "q 2 is outside [0, 1]"},
        {"quantile(0.5,interpolation=up)", "'up' is not one of linear|lower"},
        {"quantile(0.5,0.6)", "interpolation '0.6'"},
        {"quantile(q=0.5,q=0.6)", "q is given twice"},
        {"quantile(0.5,lower,1)", "is not one of its arguments"},
        {"std(ddof=x)", "'x' is not a whole number"},
        {"std(ddof=-1)", "is outside [0,"},
        {"ewm", "one of alpha, com, span and halflife"},
        {"ewm(0.5,span=3)", "one alone of alpha"},
        {"ewm(1.5)", "alpha 1.5 is outside (0, 1]"},
        {"ewm(span=0.5)", "span 0.5 is outside [1,"},
        {"ewm(halflife=0)", "halflife 0 is not above 0"},
        {"corr", "other column must be named"},
        {"corr(q)", "there is no column 'q'"},
        {"mean(", "does not end with )"},
        {"=mean", "no name before ="},
        {"cov(z,ddof=)", "ddof has no value"},
    };
    norn_ctx *ctx = context(1);
    const double x[3] = {1, 2, 3}, *columns[] = {x, x};
    const char *names[] = {"x", "z"};
    double got[3], *const out = got;
    norn_err err;
    norn_rolling_data data = {
        .n = 3, .n_columns = 2, .n_rolled = 1, .columns = columns, .names = names};
    norn_rolling_opt opt = norn_rolling_opt_default();
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        err.text[0] = '\0';
        assert_int_equal(norn_rolling_columns(ctx, &data, wrong[k], 1, &opt, &out, &err),
                         NORN_E_ARG);
        if (strstr(err.text, wrong[k][1]) == NULL) fail_msg("%s: %s", wrong[k][0], err.text);
    }
    static const char *const windows[] = {
        "0", "-1", "7M", "D7", "", "1.5", "99999999999999999999", "9999999999999W"};
    for (size_t k = 0; k < sizeof windows / sizeof *windows; k++)
        assert_int_equal(norn_rolling_window(windows[k], &opt, &err), NORN_E_ARG);
    assert_int_equal(norn_rolling_window("2D", &opt, &err), NORN_OK);
    assert_int_equal(norn_rolling(ctx, x, 3, "mean", &opt, got, &err), NORN_E_ARG); /* no times */
    const int64_t falls[3] = {5, 4, 6};
    data.times = falls;
    const char *op = "mean";
    assert_int_equal(norn_rolling_columns(ctx, &data, &op, 1, &opt, &out, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "row 1"));
    opt = norn_rolling_opt_default();
    opt.window = 2, opt.min_periods = 3;
    assert_int_equal(norn_rolling(ctx, x, 3, "mean", &opt, got, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "3 is above the window, 2"));
    opt.min_periods = -1, opt.kind = NORN_ROLLING_EXPANDING, opt.center = true;
    assert_int_equal(norn_rolling(ctx, x, 3, "mean", &opt, got, &err), NORN_E_ARG);
    const size_t offsets[] = {0, 2};
    opt = norn_rolling_opt_default();
    data.offsets = offsets, data.n_groups = 1;
    assert_int_equal(norn_rolling_columns(ctx, &data, &op, 1, &opt, &out, &err), NORN_E_ARG);
    norn_ctx_free(ctx);
}

/* Nothing at all, less than a window, and a cancelled context. */
static void edges(void **state) {
    (void)state;
    norn_ctx *ctx = context(2);
    norn_rolling_opt opt = norn_rolling_opt_default();
    const double x[2] = {4, 5};
    double got[2] = {0, 0};
    norn_err err;
    for (size_t k = 0; k < norni_n_roll_rows; k++) {
        char op[64];
        if (norni_roll_rows[k].shape == NORNI_ROLL_PAIR) continue;
        op_text(k, op);
        opt.window = 1000;
        assert_int_equal(norn_rolling(ctx, NULL, 0, op, &opt, NULL, &err), NORN_OK);
        assert_int_equal(norn_rolling(ctx, x, 2, op, &opt, got, &err), NORN_OK);
        if (norni_roll_rows[k].shape != NORNI_ROLL_WEIGHTED)
            assert_true(isnan(got[0]) && isnan(got[1]));
        opt.window = SIZE_MAX, opt.min_periods = 0, opt.center = true;
        assert_int_equal(norn_rolling(ctx, x, 2, op, &opt, got, &err), NORN_OK);
        opt = norn_rolling_opt_default();
        opt.closed = NORN_CLOSED_NEITHER, opt.min_periods = 0; /* windows of nothing */
        assert_int_equal(norn_rolling(ctx, x, 2, op, &opt, got, &err), NORN_OK);
        opt = norn_rolling_opt_default();
    }
    many m = made();
    norn_ctx_cancel(ctx);
    opt.window = 50;
    assert_int_equal(norn_rolling(ctx, m.x, MANY, "median", &opt, m.a, &err), NORN_E_CANCEL);
    norn_ctx_rearm(ctx);
    assert_int_equal(norn_rolling(ctx, m.x, MANY, "median", &opt, m.a, &err), NORN_OK);
    drop(&m);
    norn_ctx_free(ctx);
}

/* Every allocation fails in turn: an error, nothing lost, and the next call works. */
typedef struct counter {
    size_t left, live;
} counter;

static void *counted(void *user, void *p, size_t old, size_t size) {
    counter *c = user;
    if (size == 0) {
        c->live -= p != NULL;
        free(p);
        return NULL;
    }
    if (c->left == 0) return NULL;
    c->left--;
    (void)old;
    void *q = aligned_alloc(64, (size + 63) / 64 * 64);
    if (p != NULL && q != NULL) {
        memcpy(q, p, old < size ? old : size);
        free(p);
    } else {
        c->live += q != NULL;
    }
    return q;
}

static void out_of_memory(void **state) {
    (void)state;
    many m = made();
    const char *ops[32];
    static char text[32][64];
    static double *outs[32];
    counter c = {SIZE_MAX, 0};
    norn_ctx_opt copt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norn_err err;
    copt.alloc = (norn_alloc){counted, &c};
    copt.n_threads = 1;
    assert_int_equal(norn_ctx_new(&copt, &ctx, NULL), NORN_OK);
    assert_true(norni_n_roll_rows <= 32);
    for (size_t k = 0; k < norni_n_roll_rows; k++) {
        op_text(k, text[k]);
        ops[k] = text[k];
        outs[k] = malloc(3000 * sizeof(double));
    }
    const double *columns[] = {m.x, m.z};
    const char *names[] = {"x", "z"};
    const norn_rolling_data data = {
        .n = 3000, .n_columns = 2, .n_rolled = 1, .columns = columns, .names = names, .times = m.t};
    norn_rolling_opt opt = norn_rolling_opt_default();
    assert_int_equal(norn_rolling_window("2h", &opt, &err), NORN_OK);
    size_t n_failed = 0;
    assert_int_equal(norn_rolling_columns(ctx, &data, ops, norni_n_roll_rows, &opt, outs, &err),
                     NORN_OK);
    const size_t before = c.live;
    for (size_t at = 0;; at++) {
        c.left = at;
        const norn_status st =
            norn_rolling_columns(ctx, &data, ops, norni_n_roll_rows, &opt, outs, &err);
        c.left = SIZE_MAX;
        if (st == NORN_OK) break;
        assert_int_equal(st, NORN_E_MEM);
        assert_int_equal(c.live, before);
        n_failed++;
    }
    assert_true(n_failed > 0);
    norn_ctx_free(ctx);
    assert_int_equal(c.live, 0);
    for (size_t k = 0; k < norni_n_roll_rows; k++)
        free(outs[k]);
    drop(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_pandas),     cmocka_unit_test(same_bits), cmocka_unit_test(no_seam),
        cmocka_unit_test(groups),        cmocka_unit_test(refusals),  cmocka_unit_test(edges),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("roll_run", tests, NULL, NULL);
}
