/* The learner "gbdt": Shapley values by all subsets, terms that add up, bases, steps, kept parts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "gbdt_case.h"
#include "models/gbdt/gbdt_learner.h"
#include "plant_case.h"

/* ---- Shapley values ---- */

/* The trees' sum where only features in `known` are known; others go by the rows that went there. */
static double known_sum(const norni_gbdt_tree *t, int32_t at, const double *x, unsigned known) {
    if (at < 0) return t->leaf[-1 - at];
    const norni_gbdt_node *n = &t->node[at];
    if (known >> n->column & 1)
        return known_sum(t, n->child[!gbdt_goes_left(n, x[n->column])], x, known);
    double sum = 0;
    for (int side = 0; side < 2; side++) {
        const int32_t c = n->child[side];
        const double cover = c < 0 ? (double)t->cover[-1 - c] : (double)t->node[c].cover;
        sum += cover / (double)n->cover * known_sum(t, c, x, known);
    }
    return sum;
}

static double value_of(const norni_gbdt *m, const double *x, unsigned known) {
    double sum = m->start;
    for (size_t k = 0; k < m->n_trees; k++)
        sum += known_sum(&m->tree[k], m->tree[k].n_leaves > 1 ? 0 : -1, x, known);
    return sum;
}

/* By the definition: over all subsets without j. */
static double shapley(const norni_gbdt *m, const double *x, unsigned k, unsigned j) {
    static const double factorial[] = {1, 1, 2, 6, 24, 120, 720};
    double sum = 0;
    for (unsigned s = 0; s < 1u << k; s++) {
        const unsigned size = (unsigned)__builtin_popcount(s);
        if (s >> j & 1) continue;
        sum += factorial[size] * factorial[k - 1 - size] / factorial[k] *
               (value_of(m, x, s | 1u << j) - value_of(m, x, s));
    }
    return sum;
}

static void by_all_subsets(void **state) {
    (void)state;
    enum { N = 300, K = 6 };
    static double value[K][N], y[N];
    const double *x[K];
    norni_feature_kind kind[K] = {0};
    kind[2] = NORNI_FEATURE_NOMINAL;
    const norni_rng rng = {4, 4};
    for (size_t j = 0; j < K; j++) {
        x[j] = value[j];
        for (size_t i = 0; i < N; i++) {
            value[j][i] = floor((j == 2 ? 2 : 6) * norni_rng_normal(rng, j * N + i));
            if (j == 2) value[j][i] = fabs(value[j][i]);
            if (j == 1 && i % 7 == 0) value[j][i] = NORNI_NAN;
        }
    }
    for (size_t i = 0; i < N; i++)
        y[i] = value[0][i] * (value[2][i] > 1) + (isnan(value[1][i]) ? 9 : value[1][i] > 0) +
               fabs(value[3][i] - value[4][i]);
    norni_gbdt_opt o = norni_gbdt_opt_default();
    o.n_trees = 12, o.n_leaves = 24, o.min_child = 4, o.learning_rate = 0.3;
    const norni_gbdt m =
        fit_table(&(gbdt_case){.x = x, .k = K, .n = N, .y = y, .opt = &o, .kind = kind});
    double *scratch = norni_arena_get(&arena, norni_gbdt_shap_scratch(&m), sizeof *scratch);
    assert_non_null(scratch);
    for (size_t i = 0; i < N; i += 23) {
        double row[K], out[K], mean, sum = 0;
        for (size_t j = 0; j < K; j++)
            row[j] = value[j][i];
        norni_gbdt_shap(&m, row, out, &mean, scratch);
        for (unsigned j = 0; j < K; j++) {
            assert_true(fabs(out[j] - shapley(&m, row, K, j)) < 1e-10);
            sum += out[j];
        }
        assert_true(fabs(mean - value_of(&m, row, 0)) < 1e-10);
        assert_true(fabs(mean + sum - norni_gbdt_predict(&m, row)) < 1e-10);
    }
}

/* ---- the learner ---- */

enum { BINS = 255 };

static norni_gbdt_opt *learner_options(const char *settings) {
    return learner_options_of(&norni_learner_gbdt, settings);
}

static void *fit_step(const plant *p, const norni_gbdt_opt *o, size_t step) {
    return learner_fit(&norni_learner_gbdt, p, o, step);
}

static double forecast(const plant *p, const void *state, size_t t) {
    return learner_forecast(&norni_learner_gbdt, p, state, t);
}

/* For losses of numbers above 0. */
static void make_positive(plant *p) {
    for (size_t t = 0; t < AHEAD_ROWS; t++)
        p->y[t] = norni_exp(p->y[t] / 3);
    make_bins(p, BINS);
}

static void defaults(void **state) {
    (void)state;
    const norni_gbdt_opt *rows = learner_options(""), same = norni_gbdt_opt_default();
    assert_memory_equal(rows, &same, sizeof same);
}

static void steps_and_trends(void **state) {
    (void)state;
    static plant p;
    make_plant(&p, 0.05, BINS);
    assert_follows(&norni_learner_gbdt, &p, learner_options("learning_rate=0.1;base=ridge"), 2.2);
    void *s = fit_step(&p, learner_options("base=last"), 1);
    char text[200];
    norni_learner_gbdt.describe(s, text, sizeof text);
    assert_non_null(strstr(text, "GBDT(base=last) trees="));
}

static void terms_add_up(void **state) {
    (void)state;
    static const char *const settings[] = {"base=ridge", "base=none", "loss=poisson;min_child=5",
                                           "base=last;loss=absolute"};
    static plant p;
    norni_env env = {.arena = &arena};
    for (size_t k = 0; k < 4; k++) {
        make_plant(&p, 0, BINS);
        if (k == 2) make_positive(&p);
        void *s = fit_step(&p, learner_options(settings[k]), 2);
        const norni_lesson_part part = {0, 2};
        norni_explanation why;
        assert_int_equal(norni_learner_gbdt.explain(&env, s, &p.lesson, part, &why, NULL), NORN_OK);
        assert_true(why.n_terms >= 2 && why.n_terms <= FEATURES + 1);
        assert_terms_add_up(&norni_learner_gbdt, &p, s, 2, &why);
        size_t best = 0;
        for (size_t i = 0; i < why.n_terms; i++) {
            const norni_term *term = &why.term[i];
            if (term->importance > why.term[best].importance) best = i;
            if (term->axis[0].linear) continue;
            double rows = 0;
            for (size_t b = 0; b < term->axis[0].n_bins; b++)
                rows += term->weight[b];
            assert_true(rows == 256);
        }
        if (k != 3) assert_string_equal(why.term[best].name.p, "driver_lag0");
    }
}

static void kept_part(void **state) {
    (void)state;
    static plant p;
    make_plant(&p, 0.02, BINS);
    norni_gbdt_opt *o = learner_options("");
    (void)assert_keeps(&norni_learner_gbdt, &p, o, fit_step(&p, o, 3));
}

/* What lies behind the lesson's rows cannot show. */
static void sees_no_future(void **state) {
    (void)state;
    static plant p;
    make_plant(&p, 0.02, BINS);
    const norni_gbdt_opt *o = learner_options("");
    const void *s = fit_step(&p, o, 4);
    const double at = forecast(&p, s, ROWS - 1);
    change_future(&p);
    assert_true(forecast(&p, fit_step(&p, o, 4), ROWS - 1) == at);
}

static void refusals(void **state) {
    (void)state;
    static plant p;
    make_plant(&p, 0, BINS);
    norn_err err;
    void *s;
    norni_env env = {.arena = &arena};
    const norni_learner *l = &norni_learner_gbdt;
    assert_int_equal(l->validate(learner_options("loss=poisson;base=ridge"), &p.lesson, &err),
                     NORN_E_ARG);
    assert_int_equal(l->validate(learner_options("goss=true;subsample=0.5"), &p.lesson, &err),
                     NORN_E_ARG);
    norni_gbdt_opt *o = learner_options("");
    static const char *const wrong[] = {"day", "nobody:1", "day:2", ":1", "day:1;;x:1"};
    for (size_t k = 0; k < 5; k++) {
        o->monotone = wrong[k];
        assert_int_equal(l->fit(&env, o, &p.lesson, (norni_lesson_part){0, 1}, &s, &err),
                         NORN_E_ARG);
        assert_non_null(strstr(err.text, "monotone"));
        assert_int_equal(l->validate(o, &p.lesson, &err), NORN_E_ARG);
        assert_non_null(strstr(err.text, "monotone"));
    }
    const norni_feature_column other = {.name = {"screened_lag0", 13}};
    const norni_features all = {.n = 1, .col = &other};
    o->monotone = "screened_lag0:1";
    assert_int_equal(l->validate(o, &p.lesson, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "\"screened_lag0\""));
    p.lesson.all = &all;
    assert_int_equal(l->validate(o, &p.lesson, &err), NORN_OK);
    (void)fit_step(&p, o, 1);
    o->monotone = "driver_lag0:1; y_lag0:-1";
    (void)fit_step(&p, o, 1);
    for (size_t t = 0; t < ROWS; t++)
        p.y[t] = NORNI_NAN;
    assert_int_equal(
        l->fit(&env, learner_options(""), &p.lesson, (norni_lesson_part){0, 1}, &s, &err),
        NORN_E_DATA);
}

/* Noise about a level: no base is best, and no tree helps; the forecast must still follow the target. */
static void never_the_mean_alone(void **state) {
    (void)state;
    static plant p;
    make_plant(&p, 0, BINS);
    const norni_rng rng = {8, 1};
    char text[200];
    size_t seen = 0;
    for (uint32_t seed = 0; seed < 12; seed++) {
        for (size_t t = 0; t < AHEAD_ROWS; t++) {
            p.y[t] = 50 + norni_rng_normal(rng, (uint64_t)seed * AHEAD_ROWS + t);
            p.driver[t] = p.idle[t] = p.lagged[t] = p.day[t] = 0;
        }
        p.lesson.x = &(norni_features){
            .n_rows = ROWS, .first = FIRST, .horizon = STEPS, .n = 1, .col = &p.col[4]};
        make_bins(&p, BINS);
        norni_learner_gbdt.describe(fit_step(&p, learner_options(""), 1), text, sizeof text);
        assert_non_null(strstr(text, "features=0"));
        assert_null(strstr(text, "base=none"));
        norni_learner_gbdt.describe(fit_step(&p, learner_options("base=none"), 1), text,
                                    sizeof text);
        seen += strstr(text, "base=none") != NULL;
    }
    assert_int_equal(seen, 12); /* who wants none gets none */
}

/* Trees of one split add up by their shapes; others interact, though contributions add up all the same. */
static void additive_by_stumps(void **state) {
    (void)state;
    static const char *const settings[] = {"leaves=2", "leaves=8", "leaves=2;loss=poisson"};
    static plant p;
    norni_env env = {.arena = &arena};
    norni_explanation why;
    make_plant(&p, 0, BINS);
    for (size_t t = 0; t < AHEAD_ROWS; t++)
        p.y[t] += 5;
    for (size_t k = 0; k < 3; k++) {
        void *s = fit_step(&p, learner_options(settings[k]), 2);
        assert_int_equal(
            norni_learner_gbdt.explain(&env, s, &p.lesson, (norni_lesson_part){0, 2}, &why, NULL),
            NORN_OK);
        assert_true(why.n_terms > 0 && why.additive == (k == 0));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(by_all_subsets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(steps_and_trends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(terms_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kept_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_no_future, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_the_mean_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(additive_by_stumps, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("gbdt_learner", tests, NULL, NULL);
}
