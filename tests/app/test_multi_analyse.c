/* The analysis of a target with a stand-in learner: numbers by hand, and the wild imputation is found. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "app/multi_analyse_parts.h"
#include "base/ctx.h"
#include "base/fp.h"
#include "base/rng.h"
#include "multi_folder.h"

enum { ROWS = 618, COLUMNS = 7 };

/* ---- a stand-in: a straight line in the column that goes along best ---- */

typedef struct straight {
    size_t column;
    double a, b;
} straight;

typedef struct straight_opt {
    int32_t max_bins;
    double interactions;
} straight_opt;

static const norni_param straight_rows[] = {{.name = "max-bins",
                                             .type = NORNI_T_INT,
                                             .offset = offsetof(straight_opt, max_bins),
                                             .def = "256",
                                             .min = 3,
                                             .max = 1000},
                                            {.name = "interactions",
                                             .type = NORNI_T_DOUBLE,
                                             .offset = offsetof(straight_opt, interactions),
                                             .def = "5",
                                             .min = 0,
                                             .max = 100}};

static double line_through(const norni_lesson *l, size_t k, straight *s) {
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    for (size_t t = 0; t + 1 < l->n; t++) {
        const double v = norni_feature_value(&l->x->col[k], t, 1), w = l->y[0][t + 1];
        if (isnan(v) || isnan(w)) continue;
        n++;
        x += v;
        y += w;
        xx += v * v;
        xy += v * w;
        yy += w * w;
    }
    const double vx = xx - x * x / n, vy = yy - y * y / n, c = xy - x * y / n;
    *s = (straight){k, y / n, 0};
    if (!(vx > 1e-9 * xx) || !(vy > 0)) return 0;
    s->b = c / vx;
    s->a = y / n - s->b * x / n;
    return fabs(c) / sqrt(vx * vy);
}

static norn_status straight_fit(norni_env *env, const void *opt, const norni_lesson *l,
                                norni_lesson_part part, void **state, norn_err *err) {
    const straight_opt *o = opt;
    straight *best = norni_arena_get(env->arena, 1, sizeof *best), s;
    (void)err;
    assert_int_equal(part.step, 1);
    assert_int_equal(o->max_bins, 64);
    assert_true(o->interactions == 2);
    assert_int_equal(l->n, l->x->n_rows * 8 / 10);
    double most = -1;
    for (size_t k = 0; k < l->x->n; k++) {
        const double r = line_through(l, k, &s);
        if (r > most) {
            most = r;
            *best = s;
        }
    }
    *state = best;
    return NORN_OK;
}

static norn_status straight_predict(norni_env *env, const void *state, const norni_lesson *at,
                                    size_t t, double *out, norn_err *err) {
    const straight *s = state;
    const double v = norni_feature_value(&at->x->col[s->column], t, 1);
    (void)env;
    (void)err;
    *out = s->a + (isnan(v) ? 0 : s->b * v);
    return NORN_OK;
}

static const norni_learner stand_in = {.name = "straight",
                                       .params = straight_rows,
                                       .n_params = 2,
                                       .opt_size = sizeof(straight_opt),
                                       .wants_bins = true,
                                       .missing = true,
                                       .fit = straight_fit,
                                       .predict = straight_predict};

/* ---- a plant ---- */

typedef struct bed {
    norn_ctx *ctx;
    char folder[300];
    norni_arena arena;
    norni_buf text;
    double v[COLUMNS][ROWS];
    int64_t times[ROWS + 1];
    norni_wide_column column[COLUMNS];
    norni_wide wide;
    norni_analyse_task task;
} bed;

static int set_up(void **state) {
    static bed b;
    static const char *const name[COLUMNS] = {"../Naphtha & Co", "API",   "crude_AGB", "feed",
                                              "always",          "words", "gone"};
    static norn_alloc alloc;
    static const norni_str word[2] = {{"a", 1}, {"b", 1}};
    memset(&b, 0, sizeof b);
    alloc = norni_alloc_default();
    assert_int_equal(norn_ctx_new(NULL, &b.ctx, NULL), NORN_OK);
    assert_non_null(folder_new(b.folder, sizeof b.folder));
    norni_arena_init(&b.arena, &alloc);
    norni_buf_init(&b.text, &alloc);
    const norni_rng rng = {3, 1};
    for (size_t t = 0; t < ROWS; t++) {
        b.v[1][t] = 40 + 4 * norni_sin((double)t / 30);
        b.v[2][t] = 0.2 + 0.1 * norni_rng_normal(rng, t);
        b.v[3][t] = 5000 + 100 * norni_rng_normal(rng, 1000 + t);
        b.v[4][t] = 7;
        b.v[5][t] = (double)(t % 2);
        b.v[6][t] = NORNI_NAN;
        b.v[0][t] =
            1200 + 30 * ((t > 0 ? b.v[1][t - 1] : 40) - 40) + 5 * norni_rng_normal(rng, 2000 + t);
        b.times[t] = (19900 + (int64_t)t) * NORNI_US_DAY;
    }
    b.times[ROWS] = (19900 + ROWS) * NORNI_US_DAY;
    for (size_t j = 0; j < COLUMNS; j++)
        b.column[j] = (norni_wide_column){.name = norni_str_of(name[j]),
                                          .role = j == 0            ? NORNI_ROLE_TARGET
                                                  : j < 3 || j == 4 ? NORNI_ROLE_STATIC
                                                  : j == 6          ? NORNI_ROLE_DROPPED
                                                                    : NORNI_ROLE_DRIVER,
                                          .at = b.v[j],
                                          .nominal = j == 5,
                                          .category = j == 5 ? word : NULL,
                                          .n_categories = j == 5 ? 2 : 0};
    b.wide = (norni_wide){.n_rows = ROWS,
                          .times = b.times,
                          .start = b.times[0],
                          .freq = {NORNI_UNIT_DAY, 1, 0},
                          .style = {.kind = NORNI_TIME_DATE, .sep = '-'},
                          .n_columns = COLUMNS,
                          .column = b.column};
    b.task = (norni_analyse_task){&b.wide, norni_str_of(name[0]), &stand_in, 1, b.folder};
    *state = &b;
    return 0;
}

static int tear_down(void **state) {
    bed *b = *state;
    folder_remove(b->folder);
    norni_arena_clear(&b->arena);
    norni_buf_clear(&b->text);
    norn_ctx_free(b->ctx);
    return 0;
}

/* What the imputation of the reference did: a third of the rows far out, half of these below zero. */
static void plant_wild(bed *b) {
    const norni_rng rng = {9, 9};
    for (size_t t = 0; t < ROWS; t++) {
        if (norni_rng_uniform(rng, t) > 0.347) continue;
        const double size = 1e5 * norni_exp(3 * norni_rng_uniform(rng, 5000 + t));
        b->v[0][t] = norni_rng_uniform(rng, 9000 + t) < 0.45 ? -4 * size : size;
    }
}

static norn_status analyse(bed *b, norn_err *err) {
    const norni_op_env env = {.ctx = b->ctx};
    b->text.n = 0;
    const norn_status st = norni_multi_analyse(&env, &b->task, &b->text, err);
    norni_buf_add(&b->text, "", 1);
    return st;
}

static void run(bed *b) {
    norn_err err = {0};
    if (analyse(b, &err) != NORN_OK) fail_msg("%s", err.text);
}

static norni_analysis inner(bed *b) {
    norni_analysis a = {.ctx = b->ctx,
                        .task = &b->task,
                        .arena = &b->arena,
                        .y = b->v[0],
                        .n_rows = ROWS,
                        .n_train = 494,
                        .n_test = 124};
    assert_int_equal(norni_analysis_profile(&a, NULL), NORN_OK);
    assert_int_equal(norni_analysis_trial(&a, NULL), NORN_OK);
    return a;
}

/* Against numpy.std(ddof=1), numpy.percentile, scipy.stats.skew and kurtosis (bias=False) of ten numbers. */
static void the_profile_is_right(void **state) {
    bed *b = *state;
    const double y[12] = {1, 2, 3, 4, 100, NORNI_NAN, 0, -5, 6, 7, 8, NORNI_INF};
    norni_profile p;
    assert_int_equal(norni_profile_of(&b->arena, y, 12, &p, NULL), NORN_OK);
    assert_int_equal(p.n, 10);
    assert_int_equal(p.n_missing, 2);
    assert_int_equal(p.n_zero, 1);
    assert_int_equal(p.n_negative, 1);
    assert_true(fabs(p.mean - 12.6) < 1e-12 && p.median == 3.5);
    assert_true(fabs(p.sd - 30.941521904679767) < 1e-12);
    assert_true(p.q1 == 1.25 && p.q3 == 6.75);
    assert_int_equal(p.n_outliers, 1);
    assert_true(fabs(p.skew - 3.072633094529666) < 1e-12);
    assert_true(fabs(p.kurtosis - 9.595443921263714) < 1e-11);
    assert_true(fabs(p.robust_sd - 1.4826 * 3) < 1e-12);
    assert_int_equal(p.n_wild, 1);
    assert_true(p.wild_low == 100 && p.wild_high == 100);
}

static void the_wild_imputation_is_found(void **state) {
    bed *b = *state;
    plant_wild(b);
    run(b);
    assert_text_has("text", b->text.p, "WILD VALUES: 2");
    assert_text_has("text", b->text.p, "an imputation that extrapolates");
    assert_text_has("text", b->text.p, "2 columns are constant: always, gone");
    assert_text_has("text", b->text.p, "API");
    assert_text_has("text", b->text.p, "Least mean |error| on sane rows: ");
    const norni_analysis a = inner(b);
    assert_true(a.profile.sd > 1e5 && a.profile.skew < -1 && a.profile.robust_sd < 500);
    assert_true(a.profile.n_outliers > ROWS / 4 && a.profile.n_negative > ROWS / 12);
    assert_true(a.n_test_wild > 20);
    /* one scale: what learns from sane values forecasts sane rows; what does not is off by thousands */
    assert_int_equal(a.best, 1);
    assert_true(a.trial[1].sane[NORNI_STEP_MAE] < 12);
    assert_true(a.trial[1].sane[NORNI_STEP_R2] > 0.9);
    assert_true(a.trial[0].sane[NORNI_STEP_MAE] > 1000);
    assert_true(a.trial[0].sane[NORNI_STEP_R2] < -100);
    /* and over all rows nobody looks good: the wild ones cannot be forecast */
    for (size_t k = 0; k < NORNI_CLEANINGS; k++)
        assert_true(a.trial[k].all[NORNI_STEP_R2] < 0.1);
    assert_true(a.trial[1].median_error < a.trial[0].median_error);
}

static void each_strategy_keeps_its_rows(void **state) {
    bed *b = *state;
    double y[10] = {-4, 1, 2, 3, 4, 5, 6, 7, 8, 1000}, out[10];
    const double range[2] = {1, 8};
    norni_profile p;
    assert_int_equal(norni_profile_of(&b->arena, y, 10, &p, NULL), NORN_OK);
    static const size_t count[NORNI_CLEANINGS] = {10, 9, 9, 9, 10, 8};
    for (size_t k = 0; k < NORNI_CLEANINGS; k++)
        assert_int_equal(norni_cleaning_apply(k, &p, range, y, 10, out), count[k]);
    (void)norni_cleaning_apply(3, &p, range, y, 10, out);
    assert_true(isnan(out[0]) && out[1] == 0 && fabs(out[9] - norni_log(1000)) < 1e-15);
    (void)norni_cleaning_apply(4, &p, range, y, 10, out);
    assert_true(fabs(out[1] - (1 - p.median) / (p.q3 - p.q1)) < 1e-15);
}

/* Sane data: scaling changes nothing for a model that moves with its target, and no row is wild. */
static void sane_data_are_called_sane(void **state) {
    bed *b = *state;
    run(b);
    assert_null(strstr(b->text.p, "WILD"));
    const norni_analysis a = inner(b);
    assert_int_equal(a.n_test_wild, 0);
    assert_true(fabs(a.trial[0].all[NORNI_STEP_MAE] - a.trial[4].all[NORNI_STEP_MAE]) < 1e-9);
    assert_true(a.trial[0].all[NORNI_STEP_MAE] == a.trial[0].sane[NORNI_STEP_MAE]);
    assert_true(a.trial[0].all[NORNI_STEP_R2] > 0.95);
    assert_int_equal(a.trial[0].n_learned, 493);
}

/* Test rows move no decision: profile of what is learned from, features, fences, forecasts. */
static void later_rows_are_not_looked_at(void **state) {
    bed *b = *state;
    norni_analysis a = inner(b);
    double before[124];
    memcpy(before, a.trial[1].forecast, sizeof before);
    for (size_t t = 495; t < ROWS; t++)
        b->v[0][t] = -1e9; /* the first test row's origin knows row 493 only */
    a = inner(b);
    assert_true(a.trial[1].forecast[0] == before[0]);
    assert_true(a.trial[1].forecast[1] == before[1]);
    assert_int_equal(a.n_test_wild, 123);
}

static void files_are_whole(void **state) {
    bed *b = *state;
    static folder_texts before;
    plant_wild(b);
    run(b);
    folder_remember(b->folder, &before);
    assert_int_equal(before.n, 3);
    assert_int_equal(assert_figures(b->folder), 2);
    static const char *const svg[] = {"_._Naphtha_Co_diagnostic_analysis.svg",
                                      "_._Naphtha_Co_cleaning_strategies_comparison.svg"};
    for (size_t i = 0; i < 2; i++) {
        char *text = file_read(b->folder, svg[i]);
        assert_non_null(text);
        assert_int_equal(count_of(text, "<g transform"), 6);
        free(text);
    }
    static const char *const said[] = {
        "{\"target\":\"../Naphtha & Co\",\"model\":\"straight\",\"profile\":{\"n_rows\":618,",
        "\"static_correlations\":[{\"column\":\"API\",", "\"constant\":[\"always\",\"gone\"]",
        "\"strategy\":\"percentiles_5_95\",\"samples\":", "\"best\":\"iqr\"}\n"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        assert_file_has(b->folder, "analysis.json", said[i]);
    run(b);
    assert_folder_same(b->folder, &before);
    norn_err err = {0};
    folder_full(100);
    const norn_status st = analyse(b, &err);
    folder_full(RLIM_INFINITY);
    assert_int_equal(st, NORN_E_IO);
}

static void what_cannot_be_is_named(void **state) {
    bed *b = *state;
    norn_err err = {0};
    b->task.target = norni_str_of("nobody");
    assert_int_equal(analyse(b, &err), NORN_E_ARG);
    assert_string_equal(err.text, "analyse: there is no column 'nobody'");
    b->task.target = norni_str_of("words");
    assert_int_equal(analyse(b, &err), NORN_E_ARG);
    b->task.target = norni_str_of("gone");
    assert_int_equal(analyse(b, &err), NORN_E_DATA);
    assert_string_equal(
        err.text, "analyse: 'gone' has 0 values, 0 of them in the last fifth; 30 and 1 are needed");
    b->task.target = b->column[0].name;
    for (size_t t = 0; t < ROWS; t++)
        b->v[0][t] =
            -3; /* constant and negative: log and positive-only have nothing to learn from */
    run(b);
    assert_text_has("text", b->text.p,
                    "not fitted: only 0 rows are left to learn from, 20 are needed\n");
    for (size_t t = 0; t < ROWS; t++)
        b->v[0][t] = t % 3 ? 1e300 : -1e300;
    run(b);
    norn_ctx_cancel(b->ctx);
    assert_int_equal(analyse(b, &err), NORN_E_CANCEL);
    norn_ctx_rearm(b->ctx);
}

/* The same words at any number of workers. */
static void workers_change_nothing(void **state) {
    bed *b = *state;
    static const int32_t threads[] = {1, 2, 7};
    char *first = NULL;
    plant_wild(b);
    for (size_t i = 0; i < 3; i++) {
        norn_ctx_opt opt = norn_ctx_opt_default();
        opt.n_threads = threads[i];
        norn_ctx_free(b->ctx);
        assert_int_equal(norn_ctx_new(&opt, &b->ctx, NULL), NORN_OK);
        run(b);
        char *json = file_read(b->folder, "analysis.json");
        if (first == NULL) {
            first = json;
            continue;
        }
        assert_string_equal(json, first);
        free(json);
    }
    free(first);
}

static norn_status analyse_on(void *user, norn_ctx *ctx, norn_err *err) {
    bed *b = user;
    const norni_op_env env = {.ctx = ctx};
    norni_buf text;
    norni_buf_init(&text, &ctx->alloc);
    const norn_status st = norni_multi_analyse(&env, &b->task, &text, err);
    norni_buf_clear(&text);
    return st;
}

static void without_memory(void **state) {
    assert_no_memory_said(analyse_on, *state, 2);
}

int main(void) {
#define U(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {U(the_profile_is_right),
                                       U(the_wild_imputation_is_found),
                                       U(each_strategy_keeps_its_rows),
                                       U(sane_data_are_called_sane),
                                       U(later_rows_are_not_looked_at),
                                       U(files_are_whole),
                                       U(what_cannot_be_is_named),
                                       U(workers_change_nothing),
                                       U(without_memory)};
    return cmocka_run_group_tests_name("multi_analyse", tests, NULL, NULL);
}
