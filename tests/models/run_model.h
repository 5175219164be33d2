/* One call that fits, forecasts and describes a model on one series: shared by the models' tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_MODEL_H
#define RUN_MODEL_H

#include <string.h>

#include "eval/levels.h"

enum { RUN_MOST = 1024, RUN_H = 15 };

typedef struct run_answer {
    norn_status status;
    norni_dist_kind kind;
    double mean[RUN_H], sd[RUN_H], lo[RUN_H], hi[RUN_H], fitted[RUN_MOST];
    char text[256];
    norn_err err;
} run_answer;

typedef struct run_case {
    const norni_model *model;
    const char *name, *value; /* one parameter, or NULL */
    const double *y;
    size_t n;
    int32_t m;
    uint64_t item;
    norni_poll poll;
    const norn_alloc *alloc; /* NULL: the default */
} run_case;

static inline norn_status run_steps(const run_case *c, norni_arena *arena, run_answer *a) {
    const norni_model *model = c->model;
    void *opt = norni_arena_zero(arena, 1, model->opt_size + 1), *state = NULL;
    if (opt == NULL) return norn_fail(&a->err, NORN_E_MEM, "test: out of memory");
    NORN_TRY(norni_param_defaults(model->params, model->n_params, opt, arena, &a->err));
    if (c->name)
        NORN_TRY(
            norni_param_set(norni_param_find(model->params, model->n_params, norni_str_of(c->name)),
                            opt, norni_str_of(c->value), arena, model->name, &a->err));
    const norni_series s = {
        .n = c->n, .y = c->y, .n_season = c->m > 1, .season = &c->m, .horizon = RUN_H};
    norni_env env = {.arena = arena, .poll = c->poll, .seed = 1, .item = c->item};
    norni_dist d = {.horizon = RUN_H, .mean = a->mean, .sd = a->sd};
    if (model->validate) NORN_TRY(model->validate(opt, &s, &a->err));
    NORN_TRY(model->fit(&env, opt, &(norni_group){1, &s}, &state, &a->err));
    NORN_TRY(model->predict(&env, state, 0, RUN_H, true, &d, &a->err));
    a->kind = d.kind;
    norni_levels(&d, 95, a->lo, a->hi);
    NORN_TRY(model->fitted(&env, state, 0, a->fitted, &a->err));
    model->describe(state, 0, a->text, sizeof a->text);
    return NORN_OK;
}

static inline run_answer run_model(const run_case *c) {
    run_answer a;
    memset(&a, 0, sizeof a);
    const norn_alloc own = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, c->alloc ? c->alloc : &own);
    a.status = run_steps(c, &arena, &a);
    norni_arena_clear(&arena);
    return a;
}

/* Fails every request from the k-th on. */
typedef struct run_short_memory {
    norn_alloc own;
    size_t left;
} run_short_memory;

static inline void *run_short_resize(void *user, void *ptr, size_t old, size_t size) {
    run_short_memory *s = user;
    if (size > 0 && s->left == 0) return NULL;
    if (size > 0) s->left--;
    return s->own.resize(s->own.user, ptr, old, size);
}

/* The case under 0, 1, 2 ... requests: how many it needs, or 0 when a failure had a wrong status. */
static inline size_t run_short_of_memory(run_case c) {
    for (size_t k = 0; k < 64; k++) {
        run_short_memory s = {norni_alloc_default(), k};
        const norn_alloc a = {run_short_resize, &s};
        c.alloc = &a;
        const run_answer r = run_model(&c);
        if (r.status == NORN_OK) return k;
        if (r.status != NORN_E_MEM) return 0;
    }
    return 0;
}

#endif
