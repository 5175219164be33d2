/* F and t distributions, outlier detectors, Granger's test against scipy, scikit-learn and statsmodels; and what follows from definitions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "../base/one_arena.h"
#include "base/fp.h"
#include "num/beta.h"
#include "num/deleted_fit.h"
#include "num/isolation_forest.h"
#include "num/local_outlier.h"
#include "num/one_class_svm.h"
#include "num/outliers.h"
#include "num/pearson.h"
#include "r_rows.h"

enum { MOST = 400 };

static char line[ROW_LINE];

static void near(double got, double want, double tol) {
    if (!(fabs(got - want) <= tol)) fail_msg("%s: %.17g, not %.17g", line, got, want);
}

typedef struct sample {
    double x[MOST], y[MOST], want[MOST], got[MOST];
    size_t n, d;
} sample;

static void check_number(const char *kind, const double *w) {
    if (!strcmp(kind, "f")) near(norni_f_tail(w[0], w[1], w[2]), w[3], 1e-11 * w[3]);
    if (!strcmp(kind, "t")) near(norni_t_tail(w[0], w[1]), w[2], 1e-11 * w[2]);
    if (!strcmp(kind, "isf")) near(norni_t_upper(w[0], w[1]), w[2], 1e-10 * fabs(w[2]) + 1e-15);
    if (!strcmp(kind, "beta")) near(norni_beta_lower(w[0], w[1], w[2]), w[3], 1e-11 * w[3]);
    if (!strcmp(kind, "grubbs"))
        near(norni_grubbs_critical((size_t)w[0], w[1]), w[2], 1e-11 * w[2]);
}

static void check_sample(const char *kind, sample *s) {
    const double *w = s->want;
    if (!strcmp(kind, "lof")) {
        assert_int_equal(
            norni_local_outlier(s->x, s->n, s->d, (size_t)w[0], NULL, &arena, s->got, NULL),
            NORN_OK);
        for (size_t i = 0; i < s->n; i++)
            near(s->got[i], w[1 + i], 1e-11 * w[1 + i]);
    } else if (!strcmp(kind, "svm")) {
        const norni_one_class_opt o = {w[0], w[1], 1e-12};
        assert_int_equal(norni_one_class(s->x, s->n, s->d, &o, NULL, &arena, s->got, NULL),
                         NORN_OK);
        for (size_t i = 0; i < s->n; i++)
            near(s->got[i], w[2 + i], 1e-6); /* libsvm keeps its kernel in floats */
    } else { /* both are means over 2000 random trees: their standard errors are below .004 */
        const norni_isolation_opt o = {2000, MOST, {1, 2}};
        assert_int_equal(norni_isolation_scores(s->x, s->n, s->d, &o, NULL, &arena, s->got, NULL),
                         NORN_OK);
        for (size_t i = 0; i < s->n; i++)
            near(s->got[i], w[i], 0.012);
    }
}

static void check_pair(const char *kind, const sample *s) {
    norni_granger_result r;
    const double *w = s->want;
    if (!strcmp(kind, "pearson")) {
        near(norni_pearson(s->x, s->y, s->n, NULL), w[0], 1e-13);
        return;
    }
    assert_int_equal(norni_granger(s->y, s->x, s->n, (size_t)w[0], 0, NULL, &arena, &r, NULL),
                     NORN_OK);
    near(r.f, w[1], 1e-10 * fabs(w[1]));
    near(r.p, w[2], 1e-10);
}

static void as_oracles(void **state) {
    (void)state;
    static sample s;
    FILE *f = row_open("finance_stats.csv");
    char kind[16];
    size_t rows = 0;
    while (fgets(line, ROW_LINE, f)) {
        if (line[0] == '#') continue;
        assert_int_equal(sscanf(line, "%15[^,]", kind), 1);
        rows++;
        if (!strcmp(kind, "sample")) {
            s.n = row_numbers(row_column(line, 2), s.want, MOST) - 1;
            s.d = (size_t)s.want[0];
            s.n /= s.d;
            memcpy(s.x, s.want + 1, s.n * s.d * sizeof *s.x);
        } else if (!strcmp(kind, "pair")) {
            s.n = row_numbers(row_column(line, 2), s.x, MOST);
        } else if (!strcmp(kind, "second")) {
            assert_int_equal(row_numbers(row_column(line, 2), s.y, MOST), s.n);
        } else {
            (void)row_numbers(row_column(line, 1), s.want, MOST);
            check_number(kind, s.want);
            if (strchr("ls", kind[0]) || !strcmp(kind, "forest")) check_sample(kind, &s);
            if (strchr("p", kind[0]) || !strcmp(kind, "granger")) check_pair(kind, &s);
        }
    }
    assert_int_equal(fclose(f), 0);
    assert_true(rows > 170);
}

static void domains(void **state) {
    (void)state;
    assert_true(isnan(norni_beta_lower(0, 1, 0.5)) && isnan(norni_beta_lower(1, 1, 1.5)));
    assert_true(norni_f_tail(-1, 2, 3) == 1 && norni_f_tail(NORNI_INF, 2, 3) == 0);
    assert_true(isnan(norni_t_upper(0, 3)) && isnan(norni_t_upper(0.6, 3)));
    assert_true(norni_t_upper(0.5, 3) == 0);
    assert_true(fabs(norni_t_tail(-1, 1) - 0.75) < 1e-15); /* Cauchy */
    norni_one_class_opt bad = {0, 1, 1e-3};
    double x[3] = {0, 1, 2}, out[3];
    assert_int_equal(norni_one_class(x, 3, 1, &bad, NULL, &arena, out, NULL), NORN_E_ARG);
}

static void classical(void **state) {
    (void)state;
    double x[20], scratch[20];
    bool out[20];
    for (size_t i = 0; i < 20; i++)
        x[i] = (double)(i % 7);
    x[4] = 40, x[11] = -38;
    norni_iqr_outliers(x, 20, 3, out, scratch);
    for (size_t i = 0; i < 20; i++)
        assert_true(out[i] == (i == 4 || i == 11));
    norni_modified_z_outliers(x, 20, 3.5, out, scratch);
    for (size_t i = 0; i < 20; i++)
        assert_true(out[i] == (i == 4 || i == 11));
    x[4] = x[11] = x[12] = 40;
    norni_grubbs_outliers(x, 20, 0.05, 3, out);
    assert_true(!out[4] && !out[11]); /* they hide each other: what num/deleted_fit is for */
    x[11] = x[12] = 5;
    norni_grubbs_outliers(x, 20, 0.05, 2, out);
    for (size_t i = 0; i < 20; i++)
        assert_true(out[i] == (i == 4));
    for (size_t i = 0; i < 20; i++)
        x[i] = 3; /* a constant has none */
    norni_iqr_outliers(x, 20, 1.5, out, scratch);
    norni_modified_z_outliers(x, 20, 3.5, out, scratch);
    norni_grubbs_outliers(x, 20, 0.05, 2, out);
    for (size_t i = 0; i < 20; i++)
        assert_false(out[i]);
}

/* Piles of equal points, one column that never varies. */
static void degenerate(void **state) {
    (void)state;
    double x[60], score[30];
    const norni_isolation_opt o = {50, 256, {1, 1}};
    for (size_t i = 0; i < 30; i++)
        x[2 * i] = 1, x[2 * i + 1] = i == 9 ? 5 : (double)(i % 2);
    assert_int_equal(norni_isolation_scores(x, 30, 2, &o, NULL, &arena, score, NULL), NORN_OK);
    for (size_t i = 0; i < 30; i++)
        assert_true(score[i] <= score[9] && score[i] > 0);
    assert_int_equal(norni_local_outlier(x, 30, 2, 5, NULL, &arena, score, NULL), NORN_OK);
    for (size_t i = 0; i < 30; i++)
        assert_true(isfinite(score[i]) && (i == 9 || fabs(score[i] - 1) < 1e-9));
    assert_true(score[9] > 1e6);
    const norni_one_class_opt svm = {0.1, 2, 1e-6};
    assert_int_equal(norni_one_class(x, 30, 2, &svm, NULL, &arena, score, NULL), NORN_OK);
    for (size_t i = 0; i < 30; i++)
        assert_true(isfinite(score[i]));
    assert_true(isnan(norni_pearson(x, x + 1, 0, NULL)));
    double flat[5] = {2, 2, 2, 2, 2}, up[5] = {1, 2, 3, 4, NORNI_NAN};
    size_t pairs;
    assert_true(isnan(norni_pearson(flat, up, 5, &pairs)) && pairs == 4);
    assert_true(norni_pearson(up, up, 5, NULL) == 1);
}

/* tests/oracle/make_granger_season.py; a season of both and no past that helps tells nothing. */
static void granger_season(void **state) {
    (void)state;
    double x[48], y[48];
    norni_granger_result r;
    for (size_t i = 0; i < 48; i++) {
        x[i] = (double)(i * i * 7 % 11);
        y[i] = (double)(i * i * 5 % 13) + (i % 12 == 11 ? 3 : 0) + (i ? 0.8 * x[i - 1] : 0);
    }
    assert_int_equal(norni_granger(y, x, 48, 2, 12, NULL, &arena, &r, NULL), NORN_OK);
    assert_true(r.df_rest == 30 && fabs(r.f - 16.342144634371973) < 1e-11);
    assert_true(fabs(r.p - 1.5828444201734486e-05) < 1e-14);
    assert_int_equal(norni_granger(y, x, 17, 2, 12, NULL, &arena, &r, NULL), NORN_OK);
    assert_true(isnan(r.p)); /* fewer rows than columns */
}

static void granger_refuses(void **state) {
    (void)state;
    double x[30], y[30];
    norni_granger_result r;
    for (size_t i = 0; i < 30; i++)
        x[i] = norni_rng_normal((norni_rng){4, 4}, i), y[i] = x[i];
    assert_int_equal(norni_granger(y, x, 30, 2, 0, NULL, &arena, &r, NULL), NORN_OK);
    assert_true(isnan(r.p)); /* the same column twice */
    assert_int_equal(norni_granger(y, x, 5, 2, 0, NULL, &arena, &r, NULL), NORN_OK);
    assert_true(isnan(r.p));
    for (size_t i = 1; i < 30; i++)
        y[i] = 2 * x[i - 1]; /* exact */
    y[0] = 0.3;
    assert_int_equal(norni_granger(y, x, 30, 1, 0, NULL, &arena, &r, NULL), NORN_OK);
    assert_true(isnan(r.p));
    for (size_t i = 0; i < 30; i++)
        y[i] = 7;
    assert_int_equal(norni_granger(y, x, 30, 1, 0, NULL, &arena, &r, NULL), NORN_OK);
    assert_true(isnan(r.p));
}

/* A trend, a season, two spikes of one side in one year: both are found, the form too, at any scale. */
static void deleted_form(void **state) {
    (void)state;
    const norni_deleted_opt o = {12, 4, 0.01};
    static const double scales[] = {1, 1e-200, 1e200};
    double y[48];
    norni_deleted_fit f;
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < 48; i++) {
            const double turn = 6.283185307179586 * (double)(i % 12) / 12;
            y[i] = 100 + 2 * (double)i + 20 * norni_sin(turn) - 130 +
                   norni_rng_normal((norni_rng){5, 5}, i);
        }
        y[20] += 15, y[26] += 14;
        y[33] = NORNI_NAN;
        for (size_t i = 0; i < 48; i++)
            y[i] *= scales[k];
        assert_int_equal(norni_deleted_fit_make(y, 48, &o, NULL, &arena, &f, NULL), NORN_OK);
        assert_true(f.ok && f.n_seen == 47 && f.n_out == 2 && f.out[20] && f.out[26]);
        assert_true(f.n_season == 4 && f.degree == 1 && !f.log && isnan(f.z[33]));
        assert_true(f.z[20] > 8 && f.z[26] > 8);
        assert_true(fabs(y[20] - 15 * scales[k] - f.expected[20]) < 4 * scales[k]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_oracles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(domains, set_up, tear_down),
        cmocka_unit_test_setup_teardown(classical, set_up, tear_down),
        cmocka_unit_test_setup_teardown(degenerate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(granger_season, set_up, tear_down),
        cmocka_unit_test_setup_teardown(granger_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deleted_form, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("outliers", tests, NULL, NULL);
}
