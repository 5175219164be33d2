/* Every model of the registry with less and less memory: an error that says so or an answer, never a crash or a leak. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas ask for memory in large blocks. So that every piece of it is refused in turn, a model gets an arena of a few
 * bytes that cannot grow, then of more and more; after that, one whose k-th block is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "app/registry.h"
#include "app/spec.h"
#include "base/fp.h"

enum { N = 40, MORE = 4, H = 6, N_X = 1 };

static double values[N + MORE], column[N + MORE + H];

/* Gives `left` more blocks and counts those that live. */
typedef struct scarce {
    norn_alloc own;
    size_t left, given;
    long live;
    bool endless;
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size) {
    scarce *s = user;
    if (size > 0 && !s->endless && s->left == 0) return NULL;
    if (size > 0 && !s->endless) s->left--;
    void *p = s->own.resize(s->own.user, ptr, old, size);
    if (size == 0) {
        s->live -= ptr != NULL ? 1 : 0;
    } else if (p && !ptr) {
        s->live++, s->given++;
    }
    return p;
}

static norni_series view(size_t begin, size_t end, bool exogenous, const double **x) {
    static const int32_t season = 12;
    x[0] = column + begin;
    x[1] = column + end;
    return (norni_series){.n = end - begin,
                          .y = values + begin,
                          .n_season = 1,
                          .season = &season,
                          .start = INT64_C(18262) * NORNI_US_DAY, /* some models need dates */
                          .freq = {NORNI_UNIT_DAY, 1, 0},
                          .n_x = exogenous ? N_X : 0,
                          .x = exogenous ? x : NULL,
                          .x_future = exogenous ? x + 1 : NULL,
                          .horizon = H};
}

/* What is told of a run that failed; the memory of the test itself is not scarce. */
static norn_status take_up(norni_env *env, const norni_spec *spec, norni_str kept, norni_dist *d,
                           norn_err *err) {
    const norni_model *m = spec->model;
    const double *x[2];
    const norni_series more = view(N, N + MORE, m->exogenous, x);
    void *state = NULL;
    NORN_TRY(m->load(env, spec->opt, kept, &state, err));
    NORN_TRY(m->update(env, state, &more, err));
    return m->predict(env, state, 0, H, true, d, err);
}

static norn_status run(norni_arena *arena, const norni_spec *spec, norn_err *err) {
    const norni_model *m = spec->model;
    const double *x[2];
    double mean[H], sd[H], fitted[N];
    char text[512];
    const norni_series s = view(0, N, m->exogenous, x);
    norni_env env = {.arena = arena, .seed = 1, .item = 2, .models = norni_registry_models()};
    norni_dist d = {.horizon = H, .mean = mean, .sd = sd};
    norni_buf kept;
    void *state = NULL;
    if (m->validate) NORN_TRY(m->validate(spec->opt, &s, err));
    NORN_TRY(m->fit(&env, spec->opt, &(norni_group){1, &s}, &state, err));
    NORN_TRY(m->predict(&env, state, 0, H, true, &d, err));
    NORN_TRY(m->fitted(&env, state, 0, fitted, err));
    m->describe(state, 0, text, sizeof text);
    if (m->save == NULL) return NORN_OK; /* models of one learner are not kept */
    norni_buf_init(&kept, arena->alloc);
    norn_status st = m->save(state, 0, &kept, err);
    env.warm = (norni_str){kept.p, kept.n};
    if (st == NORN_OK) st = m->fit(&env, spec->opt, &(norni_group){1, &s}, &state, err);
    if (st == NORN_OK) st = take_up(&env, spec, (norni_str){kept.p, kept.n}, &d, err);
    norni_buf_clear(&kept);
    return st;
}

/* One run in an arena of `room` bytes with `left` more blocks to come. */
static norn_status run_in(const norni_spec *spec, size_t room, size_t left, size_t *given) {
    scarce memory = {.own = norni_alloc_default(), .endless = true};
    const norn_alloc alloc = {scarce_resize, &memory};
    norni_arena arena;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    if (room > 0) assert_non_null(norni_arena_get(&arena, room, 1));
    norni_arena_reset(&arena);
    /* what a small block has too much */
    if (room > 0 && room < 65000) assert_non_null(norni_arena_get(&arena, 65000 - room, 1));
    memory.endless = false, memory.left = left, memory.given = 0;
    const norn_status st = run(&arena, spec, &err);
    if (given) *given = memory.given;
    norni_arena_clear(&arena);
    if (memory.live != 0) fail_msg("%s: %ld blocks leak", spec->model->name, memory.live);
    if (st != NORN_OK && st != NORN_E_MEM)
        fail_msg("%s, room %zu, %zu blocks: %s, %s", spec->model->name, room, left,
                 norn_status_name(st), err.text);
    if (st == NORN_E_MEM && err.text[0] == '\0') fail_msg("%s says nothing", spec->model->name);
    return st;
}

/* A few paths: their memory is as large as they are many. */
static const char *spec_of(const norni_model *m) {
    static const char *const specs[] = {"auto_ets(n-paths=100,simulate=true)",
                                        "arima(p=1,d=1,q=1,sq=1)",
                                        "auto_arima(max_models=4)",
                                        "mstl(trend=ses)",
                                        "ensemble(members=theta+ses+naive)",
                                        "ets(season=A,trend=A)",
                                        "gbdt(n_trees=2)",
                                        "ebm(outer-bags=1,smoothing-rounds=0,max-rounds=2)",
                                        "autoformer(epochs=1,d-model=8,d-ff=8,seq-len=8)"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        const size_t n = strlen(m->name);
        if (strncmp(specs[i], m->name, n) == 0 && specs[i][n] == '(') return specs[i];
    }
    return m->name;
}

static void each_model(void **state) {
    const norni_model_set *set = norni_registry_models();
    const norn_alloc plain = norni_alloc_default();
    (void)state;
    for (size_t t = 0; t < N + MORE + H; t++) {
        if (t < N + MORE)
            values[t] = t % 5 == 3 ? 0 : 100 + 30 * (double)(t % 12 == 4) + (double)(t * 7 % 11);
        column[t] = (double)(t * 5 % 7);
    }
    values[9] = NORNI_NAN;
    for (size_t i = 0; i < set->n; i++) {
        norni_arena options;
        norni_spec spec;
        size_t refused = 0, given = 0;
        norni_arena_init(&options, &plain);
        norn_err why = {NORN_OK, ""};
        const norni_str text = norni_str_of(spec_of(set->models[i]));
        if (norni_spec_parse(set, text, &options, &spec, &why) != NORN_OK) fail_msg("%s", why.text);
        /* without bounds, then with less and less */
        if (run_in(&spec, 0, SIZE_MAX, &given) != NORN_OK) fail_msg("%s fails", spec.model->name);
        for (size_t room = 64; room < 64000; room += room < 4096 ? 192 : room / 6)
            refused += run_in(&spec, room, 0, NULL) == NORN_E_MEM;
        for (size_t k = 0; k < given; k++)
            refused += run_in(&spec, 0, k, NULL) == NORN_E_MEM;
        if (refused < 10)
            fail_msg("%s: memory was refused %zu times only", spec.model->name, refused);
        norni_arena_clear(&options);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
