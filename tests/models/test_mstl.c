/* MSTL forecasts against R's; base models of all kinds, gaps, extremes, keeping and moving on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "eval/levels.h"
#include "models/ets/ets.h"
#include "models/mstl/mstl.h"
#include "models/naive/naive.h"
#include "models/theta/theta.h"
#include "run_model.h"

enum { MOST = 1536, H = 15 };

/* A base model that cannot serve gaps, and tells what it was given. */
typedef struct spy_state {
    const norni_series *s;
    const norni_effort *effort;
    norni_str warm;
    size_t n_gaps, n_before; /* moved on by */
    double last;
} spy_state;

static norn_status spy_fit(norni_env *env, const void *opt, const norni_group *group, void **state,
                           norn_err *err) {
    (void)opt, (void)err;
    spy_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norn_fail(err, NORN_E_MEM, "spy");
    st->s = &group->series[0];
    st->effort = env->effort;
    st->warm = env->warm;
    for (size_t t = 0; t < st->s->n; t++)
        st->n_gaps += isnan(st->s->y[t]) ? 1 : 0;
    st->last = st->s->y[st->s->n - 1];
    *state = st;
    return NORN_OK;
}
static norn_status spy_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                               bool want_levels, norni_dist *out, norn_err *err) {
    (void)env, (void)g, (void)want_levels, (void)err;
    for (size_t h = 0; h < horizon; h++)
        out->mean[h] = ((const spy_state *)state)->last;
    out->kind = NORNI_DIST_POINT;
    return NORN_OK;
}
static norn_status spy_fitted(norni_env *env, const void *state, size_t g, double *out,
                              norn_err *err) {
    (void)env, (void)g, (void)err;
    const spy_state *st = state;
    memcpy(out, st->s->y, st->s->n * sizeof *out);
    return NORN_OK;
}
static void spy_describe(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    const spy_state *st = state;
    norni_format(out, size, "spy seasons=%zu gaps=%zu effort=%d warm=%zu", st->s->n_season,
                 st->n_gaps, st->effort != NULL, st->warm.n);
}
static norn_status spy_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)state, (void)g, (void)err;
    norni_buf_add(out, "spied", 5);
    return NORN_OK;
}
static const norni_model spy = {.name = "spy",
                                .fit = spy_fit,
                                .predict = spy_predict,
                                .fitted = spy_fitted,
                                .describe = spy_describe,
                                .save = spy_save};

static const norni_model *const list[] = {
    &norni_model_naive,    &norni_model_drift,         &norni_model_mean, &norni_model_ses,
    &norni_model_auto_ets, &norni_model_dynamic_theta, &norni_model_mstl, &spy};
static const norni_model_set set = {list, sizeof list / sizeof list[0]};

typedef struct answer {
    norn_status status;
    norni_dist_kind kind;
    double mean[H], sd[H], lo[H], hi[H], fitted[MOST];
    char text[256];
    norn_err err;
} answer;

typedef struct call {
    const char *trend, *settings, *robust;
    const double *y;
    size_t n, n_season;
    const int32_t *season;
    norni_env env; /* poll, effort, warm */
    norni_buf *keep;
    norni_str load; /* in place of a fit */
    const double *more;
    size_t n_more;
} call;

static norn_status steps(const call *c, norni_arena *arena, answer *a) {
    const norni_model *m = &norni_model_mstl;
    void *opt = norni_arena_zero(arena, 1, m->opt_size), *state = NULL;
    if (opt == NULL) return norn_fail(&a->err, NORN_E_MEM, "test: out of memory");
    NORN_TRY(norni_param_defaults(m->params, m->n_params, opt, arena, &a->err));
    const char *const value[] = {c->trend, c->settings, c->robust};
    for (size_t i = 0; i < 3; i++) {
        if (value[i])
            NORN_TRY(norni_param_set(&m->params[i], opt, norni_str_of(value[i]), arena, m->name,
                                     &a->err));
    }
    NORN_TRY(m->check_models(opt, &set, &a->err));
    const norni_series s = {
        .n = c->n, .y = c->y, .n_season = c->n_season, .season = c->season, .horizon = H};
    const norni_series more = {
        .n = c->n_more, .y = c->more, .n_season = c->n_season, .season = c->season, .horizon = H};
    norni_env env = c->env;
    env.arena = arena;
    env.models = &set;
    norni_dist d = {.horizon = H, .mean = a->mean, .sd = a->sd};
    if (c->load.n)
        NORN_TRY(m->load(&env, opt, c->load, &state, &a->err));
    else
        NORN_TRY(m->fit(&env, opt, &(norni_group){1, &s}, &state, &a->err));
    if (!c->load.n && c->n <= MOST) NORN_TRY(m->fitted(&env, state, 0, a->fitted, &a->err));
    if (c->n_more) NORN_TRY(m->update(&env, state, &more, &a->err));
    NORN_TRY(m->predict(&env, state, 0, H, true, &d, &a->err));
    a->kind = d.kind;
    norni_levels(&d, 95, a->lo, a->hi);
    m->describe(state, 0, a->text, sizeof a->text);
    return c->keep ? m->save(state, 0, c->keep, &a->err) : NORN_OK;
}

static answer run_with(const call *c, const norn_alloc *alloc) {
    answer a;
    memset(&a, 0, sizeof a);
    norni_arena arena;
    norni_arena_init(&arena, alloc);
    a.status = steps(c, &arena, &a);
    norni_arena_clear(&arena);
    return a;
}

static answer run(const call *c) {
    const norn_alloc own = norni_alloc_default();
    return run_with(c, &own);
}

/* naive and drift have closed forms: 1e-9 of the series' size. ets is searched on both sides, with
 * other optima: within 3 % of the size. */
static void agree_with_r(void **state) {
    (void)state;
    static char line[1 << 16];
    double y[MOST], want[MOST], size = 0;
    int32_t season[8];
    size_t n = 0, n_season = 0, checked = 0;
    FILE *f = fopen(NORN_FIXTURES "/mstl_r.csv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        char *kind = line, *name = strchr(kind, ','), *args = strchr(name + 1, ','),
             *numbers = strchr(args + 1, ','), *save = NULL;
        *name++ = *args++ = *numbers++ = '\0';
        size_t k = 0;
        for (char *t = strtok_r(numbers, " \n", &save); t; t = strtok_r(NULL, " \n", &save))
            want[k++] = strtod(t, NULL);
        if (strcmp(kind, "y") == 0) {
            memcpy(y, want, k * sizeof *y);
            n = k;
            n_season = 0;
            for (char *t = strtok_r(args, " ", &save); t; t = strtok_r(NULL, " ", &save))
                season[n_season++] = (int32_t)strtol(t, NULL, 10);
            for (size_t t = 0; t < n; t++)
                size = fmax(t ? size : 0, fabs(y[t]));
        }
        if (strcmp(kind, "forecast") != 0) continue;
        const answer a =
            run(&(call){.trend = args, .y = y, .n = n, .season = season, .n_season = n_season});
        assert_int_equal(a.status, NORN_OK);
        assert_int_equal(k, 3 * H);
        const bool searched = strcmp(args, "auto_ets") == 0;
        for (size_t h = 0; h < (searched ? H : 3 * H); h++) {
            const double got = h < H ? a.mean[h] : h < 2 * H ? a.lo[h - H] : a.hi[h - 2 * H];
            if (fabs(got - want[h]) > (searched ? 0.03 : 1e-9) * size)
                fail_msg("%s %s [%zu]: %.17g, R has %.17g", name, args, h, got, want[h]);
        }
        checked++;
    }
    fclose(f);
    assert_int_equal(checked, 15);
}

static void make_series(double *y, size_t n) {
    for (size_t t = 0; t < n; t++)
        y[t] = 100 + 0.3 * (double)t + 5 * norni_sin(6.283185307179586 * (double)t / 7) +
               9 * norni_cos(6.283185307179586 * (double)t / 30) + norni_sin(9.7 * (double)t);
}
static const int32_t two[2] = {7, 30};

static void hard_series(void **state) {
    (void)state;
    double y[100];
    const double sizes[] = {1, 0, -5, 1e300, 1e-300, 1e15};
    for (size_t i = 0; i + 1 < set.n; i++) {
        call c = {.trend = list[i]->name, .y = y, .season = two, .n_season = 2};
        if (list[i] == &norni_model_mstl) continue;
        for (size_t k = 0; k < 6; k++) {
            for (size_t form = 0; form < 4; form++) {
                make_series(y, 100);
                for (size_t t = 0; t < 100; t++)
                    y[t] = form == 0   ? y[t] * 0.005 * sizes[k]
                           : form == 1 ? sizes[k]
                           : form == 2 ? (t == 41 ? sizes[k] : 0)
                                       : (t % 2 ? sizes[k] : -sizes[k]);
                for (c.n = 1; c.n <= 100; c.n += c.n < 3 ? 1 : c.n < 60 ? 13 : 35) {
                    const answer a = run(&c);
                    if (a.status != NORN_OK) {
                        assert_int_equal(a.status, NORN_E_DATA);
                        continue;
                    }
                    for (size_t h = 0; h < H; h++) {
                        if (!isfinite(a.mean[h]))
                            fail_msg("%s on %zu of form %zu at %g: %g, %s", c.trend, c.n, form,
                                     sizes[k], a.mean[h], a.text);
                        if (form == 1 && fabs(a.mean[h] - sizes[k]) > 1e-9 * fabs(sizes[k]))
                            fail_msg("%s: a constant of %g becomes %g", c.trend, sizes[k],
                                     a.mean[h]);
                    }
                }
            }
        }
    }
    y[50] = NORNI_INF;
    assert_int_equal(run(&(call){.y = y, .n = 100}).status, NORN_E_DATA);
    for (size_t t = 0; t < 100; t++)
        y[t] = NORNI_NAN;
    assert_int_equal(run(&(call){.y = y, .n = 100}).status, NORN_E_DATA);
}

static void short_of_a_season(void **state) {
    (void)state;
    double y[60];
    make_series(y, 60);
    const answer none =
        run(&(call){.trend = "naive", .y = y, .n = 14, .season = two, .n_season = 2});
    assert_non_null(strstr(none.text, "MSTL[none] + Naive"));
    assert_true(none.mean[0] == y[13] && none.mean[9] == y[13]);
    const answer one =
        run(&(call){.trend = "naive", .y = y, .n = 60, .season = two, .n_season = 2});
    assert_non_null(strstr(one.text, "MSTL[7] + Naive"));
    assert_true(one.mean[0] != one.mean[1] && one.mean[0] == one.mean[7]);
}

static void gaps(void **state) {
    (void)state;
    double y[300], whole[300];
    make_series(whole, 300);
    memcpy(y, whole, sizeof y);
    for (size_t t = 3; t < 300; t += 9)
        y[t] = NORNI_NAN;
    y[298] = y[299] = NORNI_NAN;
    call c = {.trend = "naive", .y = y, .n = 300, .season = two, .n_season = 2};
    const answer a = run(&c);
    c.y = whole;
    const answer b = run(&c);
    assert_int_equal(a.status, NORN_OK);
    for (size_t h = 0; h < H; h++)
        assert_true(fabs(a.mean[h] - b.mean[h]) < 5);
    for (size_t t = 100; t < 290; t++)
        assert_true(fabs(a.fitted[t] - b.fitted[t]) < 6);
    c.trend = "spy"; /* serves no gaps: gets none, and no seasons */
    c.y = y;
    assert_non_null(strstr(run(&c).text, "MSTL[7,30] + spy seasons=0 gaps=0 effort=0 warm=0"));
}

/* What the base model says of the adjusted series, plus the season: paths, too. */
static void paths_move_with_the_season(void **state) {
    (void)state;
    double y[300];
    make_series(y, 300);
    call c = {.trend = "dynamic_theta", .y = y, .n = 300, .season = two, .n_season = 2};
    const answer p = run(&c);
    assert_int_equal(p.kind, NORNI_DIST_PATHS);
    c.trend = "ses";
    const answer s = run(&c);
    for (size_t h = 0; h < H; h++) {
        assert_true(p.lo[h] < p.mean[h] && p.mean[h] < p.hi[h]);
        assert_true(fabs(p.mean[h] - s.mean[h]) < 4); /* the same seasons, whatever the base */
        assert_true(fabs((p.lo[h] + p.hi[h]) / 2 - p.mean[h]) < 2);
    }
    c.robust = "true";
    c.settings = "fine";
    const answer r = run(&c);
    assert_int_equal(r.status, NORN_OK);
    for (size_t h = 0; h < H; h++)
        assert_true(fabs(r.mean[h] - s.mean[h]) < 4 && r.mean[h] != s.mean[h]);
}

static void kept_and_moved_on(void **state) {
    (void)state;
    double y[330];
    const norn_alloc own = norni_alloc_default();
    norni_buf kept, again;
    norni_buf_init(&kept, &own);
    norni_buf_init(&again, &own);
    make_series(y, 330);
    call c = {.trend = "naive", .y = y, .n = 300, .season = two, .n_season = 2, .keep = &kept};
    const answer a = run(&c);
    assert_int_equal(a.status, NORN_OK);
    call l = {.trend = "naive", .load = {kept.p, kept.n}, .keep = &again};
    const answer b = run(&l);
    assert_int_equal(b.status, NORN_OK);
    assert_memory_equal(a.mean, b.mean, sizeof a.mean);
    assert_memory_equal(a.sd, b.sd, sizeof a.sd);
    assert_true(kept.n == again.n && memcmp(kept.p, again.p, kept.n) == 0);
    l.keep = NULL;
    l.more = y + 300; /* naive: the last value stands, less its season, plus the others' */
    l.n_more = 10;
    const answer moved = run(&l);
    assert_int_equal(moved.status, NORN_OK);
    for (size_t h = 0; h < 5; h++)
        assert_true(fabs(moved.mean[h] - (y[309] - a.mean[9] + a.mean[10 + h])) < 1e-9);
    for (size_t n = 0; n < kept.n; n += n < 200 ? 1 : 37) { /* every cut is noticed */
        char *cut = malloc(n + 1);
        memcpy(cut, kept.p, n);
        l.load = (norni_str){cut, n};
        if (n > 0) assert_int_equal(run(&l).status, NORN_E_FORMAT);
        free(cut);
    }
    l.load = (norni_str){kept.p, kept.n};
    l.trend = "drift"; /* kept with another base model */
    assert_int_equal(run(&l).status, NORN_E_FORMAT);
    norni_buf_clear(&kept);
    norni_buf_clear(&again);
}

/* What the base model must get: its own bytes as a warm start, and the account of the work. */
static void environment(void **state) {
    (void)state;
    double y[300];
    const norn_alloc own = norni_alloc_default();
    norni_buf kept;
    norni_effort effort = {.limit = 3};
    norni_buf_init(&kept, &own);
    make_series(y, 300);
    call c = {.trend = "spy", .y = y, .n = 300, .season = two, .n_season = 2, .keep = &kept};
    assert_int_equal(run(&c).status, NORN_OK);
    c.keep = NULL;
    c.env.warm = (norni_str){kept.p, kept.n};
    c.env.effort = &effort;
    assert_non_null(strstr(run(&c).text, "effort=1 warm=5"));
    c.trend = "naive"; /* another's bytes are none */
    assert_int_equal(run(&c).status, NORN_OK);
    c.env.warm = (norni_str){"rubbish", 7};
    c.trend = "auto_ets";
    assert_int_equal(run(&c).status, NORN_OK);
    norni_buf_clear(&kept);
    c = (call){.trend = "spy", .load = {"MST1", 4}};
    assert_int_equal(run(&c).status, NORN_E_ARG); /* spy cannot be loaded */
}

static void names(void **state) {
    (void)state;
    const double y[3] = {1, 2, 3};
    const char *const wrong[] = {"", "mstl", "MSTL", "no_such_model", "naive()"};
    for (size_t i = 0; i < 5; i++) {
        const answer a = run(&(call){.trend = wrong[i], .y = y, .n = 3});
        assert_int_equal(a.status, NORN_E_ARG);
        assert_non_null(strstr(a.err.text, "mstl: trend="));
    }
    assert_int_equal(run(&(call){.trend = "NAIVE", .y = y, .n = 3}).status, NORN_OK);
}

static bool at_once(void *user) {
    (void)user;
    return true;
}

static void cancelled_and_out_of_memory(void **state) {
    (void)state;
    static double y[20000]; /* more than one block of the arena */
    make_series(y, 20000);
    call c = {.trend = "naive", .y = y, .n = 20000, .season = two, .n_season = 2};
    size_t k = 0;
    for (;; k++) {
        run_short_memory s = {norni_alloc_default(), k};
        const norn_alloc alloc = {run_short_resize, &s};
        const norn_status st = run_with(&c, &alloc).status;
        if (st == NORN_OK) break;
        assert_int_equal(st, NORN_E_MEM);
        assert_true(k < 64);
    }
    assert_true(k > 1);
    c.env.poll = (norni_poll){at_once, NULL};
    assert_int_equal(run(&c).status, NORN_E_CANCEL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(agree_with_r),
                                       cmocka_unit_test(hard_series),
                                       cmocka_unit_test(short_of_a_season),
                                       cmocka_unit_test(gaps),
                                       cmocka_unit_test(paths_move_with_the_season),
                                       cmocka_unit_test(kept_and_moved_on),
                                       cmocka_unit_test(environment),
                                       cmocka_unit_test(names),
                                       cmocka_unit_test(cancelled_and_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
