/* One model over many series in memory: fitted, kept as bytes, taken up again, forecast. */
/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept says its own spec, and ends with a hash of itself: it comes back from files and other
 * processes. */
#include "app/model_door.h"

#include <math.h>

#include "app/registry.h"
#include "app/spec.h"
#include "base/fp.h"
#include "base/hash.h"
#include "base/pack.h"
#include "eval/levels.h"
#include "eval/share.h"

#define DOOR_TAG UINT32_C(0x31444d4e) /* "NMD1" */

typedef struct door {
    norn_ctx *ctx;
    const norni_door_call *call;
    norni_door_answer *answer;
    const norni_spec *spec; /* FIT */
} door;

/* An item on its way. */
typedef struct passage {
    const door *d;
    const norni_door_item *item;
    norni_door_answer *answer;
    norni_env env;
    norni_spec spec;
    norni_series series;
    void *state;
} passage;

/* ---- what is kept ---- */

static norn_status keep(passage *p, norn_err *err) {
    norni_buf *const out = &p->answer->kept;
    if (p->spec.model->save == NULL)
        return norn_fail(err, NORN_E_ARG, "model: %s cannot be kept", p->spec.model->name);
    norni_pack_u32(out, DOOR_TAG);
    norni_pack_str(out, p->spec.column); /* without an alias: the spec */
    NORN_TRY(p->spec.model->save(p->state, 0, out, err));
    if (out->failed) return norni_alloc_fail(err, "model", out->n, 1);
    norni_pack_i64(out, (int64_t)norni_hash64(out->p, out->n));
    return out->failed ? norni_alloc_fail(err, "model", out->n, 1) : NORN_OK;
}

static norn_status load(passage *p, norn_err *err) {
    norni_str kept = p->item->kept;
    norni_unpack end = {{kept.p + (kept.n < 8 ? 0 : kept.n - 8), 8}, kept.n < 8};
    kept.n -= kept.n < 8 ? kept.n : 8;
    norni_unpack u = {kept, end.failed};
    const uint32_t tag = norni_unpack_u32(&u);
    const norni_str spec = norni_unpack_str(&u);
    if (u.failed || tag != DOOR_TAG)
        return norn_fail(err, NORN_E_FORMAT, "model: these bytes are no kept model");
    if ((uint64_t)norni_unpack_i64(&end) != norni_hash64(kept.p, kept.n))
        return norn_fail(err, NORN_E_FORMAT, "model: the kept model is damaged");
    NORN_TRY(norni_spec_parse(p->env.models, spec, p->env.arena, &p->spec, err));
    if (p->spec.model->load == NULL)
        return norn_fail(err, NORN_E_FORMAT, "model: %s is not kept", p->spec.model->name);
    return p->spec.model->load(&p->env, p->spec.opt, u.left, &p->state, err);
}

/* ---- an item ---- */

static norn_status check_series(const passage *p, norn_err *err) {
    const norni_series *const s = &p->series;
    const char *const name = p->spec.model->name;
    const norni_door_task task = p->d->call->task;
    if (s->n == 0 && (task == NORNI_DOOR_FIT || task == NORNI_DOOR_APPLY))
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observation", name);
    for (size_t t = 0; t < s->n; t++) {
        if (isinf(s->y[t]))
            return norn_fail(err, NORN_E_DATA,
                             "%s: value %zu of the series is infinite; NaN stands for missing ones",
                             name, t + 1);
    }
    for (size_t j = 0; j < s->n_x; j++) {
        for (size_t t = 0; t < s->n; t++) {
            if (!isfinite(s->x[j][t]))
                return norn_fail(err, NORN_E_DATA, "%s: regressor %zu is not finite at row %zu",
                                 name, j + 1, t + 1);
        }
        for (size_t t = 0; s->x_future && t < p->d->call->horizon; t++) {
            if (!isfinite(s->x_future[j][t]))
                return norn_fail(err, NORN_E_DATA,
                                 "%s: future regressor %zu is not finite at row %zu", name, j + 1,
                                 t + 1);
        }
    }
    return NORN_OK;
}

static norn_status make_state(passage *p, norn_err *err) {
    const norni_model *m = p->spec.model;
    norni_series *const s = &p->series;
    const norni_group group = {1, s};
    const norni_door_task task = p->d->call->task;
    if (task != NORNI_DOOR_FIT) {
        NORN_TRY(load(p, err));
        m = p->spec.model;
    }
    s->season = &p->spec.season;
    s->n_season = p->spec.season > 1 ? 1 : 0;
    NORN_TRY(check_series(p, err));
    switch (task) {
        case NORNI_DOOR_FIT:
            if (m->validate) NORN_TRY(m->validate(p->spec.opt, s, err));
            return m->fit(&p->env, p->spec.opt, &group, &p->state, err);
        case NORNI_DOOR_APPLY:
            if (m->apply == NULL)
                return norn_fail(err, NORN_E_ARG, "%s: it cannot be applied to another series",
                                 m->name);
            return m->apply(&p->env, p->state, s, &p->state, err);
        case NORNI_DOOR_TAKE:
        case NORNI_DOOR_MOVE: break;
    }
    /* With no new value it only learns the regressors to come. */
    return s->n > 0 || s->n_x > 0 ? m->update(&p->env, p->state, s, err) : NORN_OK;
}

static norn_status take_estimates(passage *p, norni_estimates *e, norn_err *err) {
    norni_door_answer *const a = p->answer;
    if (p->spec.model->estimates == NULL)
        return norn_fail(err, NORN_E_ARG, "%s: it does not say what it estimated",
                         p->spec.model->name);
    NORN_TRY(p->spec.model->estimates(&p->env, p->state, 0, e, err));
    const double k = (double)e->n_free, n = (double)e->n_used;
    a->estimates = *e;
    a->aic = 2 * k - 2 * e->loglik;
    a->aicc = n - k - 1 > 0 ? a->aic + 2 * k * (k + 1) / (n - k - 1) : NORNI_INF;
    if (isnan(a->aic)) a->aicc = a->aic;
    a->bic = k * norni_log(n) - 2 * e->loglik;
    for (size_t i = 0; i < e->n; i++)
        norni_buf_format(&a->names, "%s%s", i ? "\n" : "", e->name[i]);
    return a->names.failed ? norni_alloc_fail(err, "model", e->n, 8) : NORN_OK;
}

static norn_status forecast(passage *p, double *mean, norn_err *err) {
    const norni_door_call *const call = p->d->call;
    const size_t h = call->horizon;
    norni_dist d = {.kind = NORNI_DIST_POINT, .horizon = h, .mean = mean};
    d.sd = norni_arena_get(p->env.arena, h, sizeof(double));
    if (d.sd == NULL) return norni_alloc_fail(err, "model", h, sizeof(double));
    NORN_TRY(p->spec.model->predict(&p->env, p->state, 0, h, call->levels.n > 0, &d, err));
    for (size_t i = 0; i < h; i++) {
        if (!isfinite(mean[i]))
            return norn_fail(err, NORN_E_NUMERIC, "%s: the forecast of step %zu is not finite",
                             p->spec.model->name, i + 1);
    }
    for (size_t l = 0; l < call->levels.n; l++)
        norni_levels(&d, call->levels.v[l], mean + (1 + 2 * l) * h, mean + (2 + 2 * l) * h);
    return NORN_OK;
}

static norn_status take_numbers(passage *p, norn_err *err) {
    const norni_door_call *const call = p->d->call;
    norni_door_answer *const a = p->answer;
    const bool fresh = call->task == NORNI_DOOR_FIT || call->task == NORNI_DOOR_APPLY;
    const size_t n_ahead = call->horizon * (1 + 2 * call->levels.n);
    const size_t n_fitted = call->fitted && fresh ? p->item->n : 0;
    norni_estimates e = {.n = 0};
    if (call->estimates) NORN_TRY(take_estimates(p, &e, err));
    a->n_number = e.n + n_ahead + n_fitted;
    a->number = norni_alloc_get(&p->d->ctx->alloc, a->n_number, sizeof *a->number);
    if (a->number == NULL) return norni_alloc_fail(err, "model", a->n_number, sizeof *a->number);
    double *const mean = a->number + e.n, *const fitted = mean + n_ahead;
    if (call->estimates) {
        if (e.n > 0) memcpy(a->number, e.value, e.n * sizeof *e.value);
        a->value = a->number;
    }
    if (call->horizon > 0) {
        NORN_TRY(forecast(p, mean, err));
        a->mean = mean;
    }
    if (n_fitted > 0) {
        NORN_TRY(p->spec.model->fitted(&p->env, p->state, 0, fitted, err));
        a->fitted = fitted;
    }
    for (size_t i = 0; i < a->n_number; i++)
        a->number[i] = norni_canonical(a->number[i]);
    return call->keep ? keep(p, err) : NORN_OK;
}

static norn_status run_item(norni_worker *w, size_t i, void *arg, norn_err *err) {
    const door *const d = arg;
    const norni_door_call *const call = d->call;
    const norni_share share = norni_share_of(w);
    norni_door_answer *const a = &d->answer[i];
    norn_err own = {NORN_OK, ""};
    passage p = {.d = d,
                 .item = &call->item[i],
                 .answer = a,
                 .env = {.arena = &w->arena,
                         .share = &share,
                         .poll = norni_ctx_poll(d->ctx),
                         .seed = call->seed,
                         .item = i,
                         .models = norni_registry_models()},
                 .series = {.n = call->item[i].n,
                            .y = call->item[i].y,
                            .freq = {NORNI_UNIT_INDEX, 1, 0},
                            .n_x = call->n_x,
                            .x = call->x,
                            .x_future = call->x_future,
                            .horizon = call->horizon ? call->horizon : 1}};
    if (d->spec) p.spec = *d->spec;
    a->status = make_state(&p, &own);
    if (a->status == NORN_OK) a->status = take_numbers(&p, &own);
    if (a->status == NORN_OK) return NORN_OK;
    a->value = a->mean = a->fitted = NULL;
    (void)norni_format(a->message, sizeof a->message, "%s", own.text);
    return a->status == NORN_E_CANCEL ? norn_fail(err, NORN_E_CANCEL, "model: cancelled") : NORN_OK;
}

/* ---- the call ---- */

static norn_status check_call(const norni_door_call *call, norn_err *err) {
    if (call->horizon > 100000)
        return norn_fail(err, NORN_E_ARG, "forecast: horizon=%zu is outside [1, 100000]",
                         call->horizon);
    for (size_t l = 0; l < call->levels.n; l++) {
        if (!(call->levels.v[l] > 0 && call->levels.v[l] < 100))
            return norn_fail(err, NORN_E_ARG, "forecast: level=%g is outside (0, 100)",
                             call->levels.v[l]);
    }
    return NORN_OK;
}

norn_status norni_door_run(norn_ctx *ctx, const norni_door_call *call, norni_door_answer *answer,
                           norn_err *err) {
    /* The costs of items differ by their lengths alone: handed out by a few. */
    const norni_for_opt loop = {.grain = call->n_items > 256 ? 8 : 1};
    door d = {.ctx = ctx, .call = call, .answer = answer};
    norni_arena arena;
    norni_spec spec;
    norn_status st;
    for (size_t i = 0; i < call->n_items; i++) {
        answer[i] = (norni_door_answer){.status = NORN_OK};
        norni_buf_init(&answer[i].names, &ctx->alloc);
        norni_buf_init(&answer[i].kept, &ctx->alloc);
    }
    NORN_TRY(check_call(call, err));
    norni_arena_init(&arena, &ctx->alloc);
    if (call->task == NORNI_DOOR_FIT) {
        NORN_TRY_GOTO(
            norni_spec_parse(norni_registry_models(), norni_str_of(call->spec), &arena, &spec, err),
            done);
        d.spec = &spec;
    }
    NORN_TRY_GOTO(norni_for(ctx, NULL, call->n_items, run_item, &d, &loop, err), done);
done:
    norni_arena_clear(&arena);
    return st;
}

double norni_door_cost(norn_ctx *ctx, const norni_door_call *call) {
    const norni_model_set *const models = norni_registry_models();
    const size_t few = 64;
    norni_arena arena;
    norni_spec spec;
    double sum = 0;
    bool known = false;
    if (call->n_items > few) return NORNI_INF;
    norni_arena_init(&arena, &ctx->alloc);
    if (call->task == NORNI_DOOR_FIT)
        known = norni_spec_parse(models, norni_str_of(call->spec), &arena, &spec, NULL) == NORN_OK;
    for (size_t i = 0; i < call->n_items; i++) {
        const size_t n = call->item[i].n, h = call->horizon;
        sum += 1e4 + 500 * (double)(n + h); /* a filter's pass */
        if (known) sum += spec.model->cost(spec.opt, n, spec.season > 1 ? spec.season : 1, h);
    }
    norni_arena_clear(&arena);
    return sum;
}

void norni_door_clear(norn_ctx *ctx, norni_door_answer *answer, size_t n) {
    for (size_t i = 0; i < n; i++) {
        norni_alloc_drop(&ctx->alloc, answer[i].number, answer[i].n_number, sizeof(double));
        norni_buf_clear(&answer[i].names);
        norni_buf_clear(&answer[i].kept);
        answer[i] = (norni_door_answer){.status = NORN_OK};
    }
}
