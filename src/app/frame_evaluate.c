/* A cross-validation of series in memory: every forecast with its cut-off and what happened. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The file's plan (evaluate_plan.c) and the same run of its items; here the forecasts themselves are
 * the answer, not their standings. */
#include "app/evaluate_run.h"
#include "app/frame.h"
#include "app/registry.h"

typedef struct evaluate_call {
    norn_ctx *ctx;
    const norni_frame_call *call;
    norni_frame_result *out;
    norni_arena arena;
    norni_evaluate_opt opt;
    norni_evaluate_plan plan;
    norni_read_opt read;
    norni_panel panel;
    norni_align_report report;
    norni_cv cv;
    bool answered;
    size_t n_rows, *item,
        *of_row; /* (n_rows / horizon) first model's item of each window; (n_rows) */
} evaluate_call;

static norn_status prepare(evaluate_call *c, norn_err *err) {
    NORN_TRY(norni_frame_options("evaluate", c->call, &c->arena, &c->opt, sizeof c->opt, err));
    NORN_TRY(norni_panel_read_opt(&c->opt.panel, &c->read, err));
    NORN_TRY(norni_method_check(&c->opt.method, err));
    norni_evaluate_opt_fill(&c->opt);
    if (c->call->data == NULL)
        return norn_fail(err, NORN_E_ARG, "cross_validation: the data are missing");
    if (c->opt.actual || c->opt.grid || c->opt.errors)
        return norn_fail(err, NORN_E_ARG,
                         "cross_validation: actual, grid and errors name files; use the "
                         "norn command");
    NORN_TRY(norni_evaluate_plan_make(c->ctx, norni_registry_models(), &c->opt, &c->arena, &c->plan,
                                      err));
    c->plan.cv.n_contenders = c->plan.n_specs; /* without the baseline that standings need */
    c->plan.cv.tally = c->call->tally;
    c->read.x_cols = c->plan.x_cols;
    c->read.n_x_cols = c->plan.n_x_cols;
    NORN_TRY(norni_frame_panel(c->ctx, c->call->data, &c->read, &c->panel, &c->report, err));
    norni_frame_say_panel(&c->out->said, &c->panel, &c->report, &c->plan.cv.rules.seasons);
    return NORN_OK;
}

/* Windows that were served by the data, series by series, the oldest first. */
static norn_status list_windows(evaluate_call *c, norn_err *err) {
    const norni_cv *cv = &c->cv;
    const size_t h = cv->plan->rules.horizon;
    size_t n = 0, r = 0;
    c->item = norni_arena_get(&c->arena, cv->n_series * cv->n_folds, sizeof *c->item);
    if (c->item == NULL) return norni_alloc_fail(err, "answer", cv->n_items, sizeof *c->item);
    for (size_t s = 0; s < cv->n_series; s++) {
        for (size_t fold = 0; fold < cv->n_folds; fold++) {
            const size_t item = s * cv->plan->n_contenders * cv->n_folds + fold;
            const norni_cv_place p = norni_cv_place_of(cv, item);
            if (fold < p.oldest || p.cutoff == 0 || norni_cv_actual(cv, item) == NULL) continue;
            c->item[n++] = item;
        }
    }
    c->n_rows = n * h;
    c->of_row = norni_arena_get(&c->arena, c->n_rows, sizeof *c->of_row);
    if (c->of_row == NULL) return norni_alloc_fail(err, "answer", c->n_rows, sizeof *c->of_row);
    for (size_t w = 0; w < n; w++) {
        for (size_t step = 0; step < h; step++)
            c->of_row[r++] = norni_cv_place_of(cv, c->item[w]).series;
    }
    return NORN_OK;
}

static norn_status add_keys(evaluate_call *c, norn_err *err) {
    const norni_cv *cv = &c->cv;
    const norni_panel *p = &c->panel;
    const size_t h = cv->plan->rules.horizon, n = c->n_rows;
    norni_frame *frame = &c->out->frame;
    norni_arena *arena = &c->out->arena;
    int64_t *time = norni_arena_get(arena, n, sizeof *time),
            *cutoff = norni_arena_get(arena, n, sizeof *cutoff);
    if (!time || !cutoff) return norni_alloc_fail(err, "answer", n, sizeof *time);
    for (size_t r = 0; r < n; r++) {
        const norni_cv_place at = norni_cv_place_of(cv, c->item[r / h]);
        time[r] = norni_panel_time(p, at.series, at.cutoff + r % h);
        cutoff[r] = norni_panel_time(p, at.series, at.cutoff - 1);
    }
    const norni_frame_column *id =
                                 p->id_name.p ? norni_frame_find(c->call->data, p->id_name) : NULL,
                             *ds = p->time_name.p ? norni_frame_find(c->call->data, p->time_name)
                                                  : NULL;
    if (p->has_id) NORN_TRY(norni_frame_add_ids(frame, arena, p, id, c->of_row, err));
    NORN_TRY(norni_frame_add_times(frame, arena, p->time_name.p ? p->time_name : norni_str_of("ds"),
                                   p, ds, time, err));
    NORN_TRY(norni_frame_add_times(frame, arena, norni_str_of("cutoff"), p, ds, cutoff, err));
    double *y = NULL;
    const norni_str target = p->target_name.p ? p->target_name : norni_str_of("y");
    NORN_TRY(norni_frame_add_number(frame, arena, target, &y, err));
    for (size_t w = 0; w < n / h; w++)
        memcpy(y + w * h, norni_cv_actual(cv, c->item[w]), h * sizeof *y);
    return NORN_OK;
}

static norn_status add_forecasts(evaluate_call *c, norn_err *err) {
    const norni_cv *cv = &c->cv;
    const norni_doubles *levels = &cv->plan->rules.levels;
    const size_t h = cv->plan->rules.horizon, n_specs = c->plan.n_specs;
    norni_frame *frame = &c->out->frame;
    norni_arena *arena = &c->out->arena;
    NORN_TRY(norni_frame_begin(frame, arena, c->n_rows, 4 + n_specs * (1 + 2 * levels->n), err));
    NORN_TRY(add_keys(c, err));
    for (size_t k = 0; k < n_specs; k++) {
        for (size_t end = 0; end <= 2 * levels->n; end++) {
            const norni_str name = norni_frame_name(arena, c->plan.specs[k].column, levels, end);
            double *to = NULL;
            NORN_TRY(norni_frame_add_number(frame, arena, name, &to, err));
            for (size_t w = 0; w < c->n_rows / h; w++) {
                const size_t item = c->item[w] + k * cv->n_folds;
                const double *from =
                    end == 0 ? cv->mean + item * h
                             : (end % 2 ? cv->lo : cv->hi) + (item * levels->n + (end - 1) / 2) * h;
                memcpy(to + w * h, from, h * sizeof *to);
            }
        }
    }
    return NORN_OK;
}

/* `norn evaluate`'s digest of the same call. */
static norn_status find_digest(evaluate_call *c, norn_err *err) {
    const norni_cv *cv = &c->cv;
    norni_scores scores;
    norni_hash128 *hash, all;
    norni_digest d;
    norn_status st = NORN_OK;
    NORN_TRY(norni_scores_make(c->ctx, NULL, cv, &c->arena, &scores, err));
    NORN_TRY(norni_evaluate_hash(c->ctx, &c->plan, cv, &scores, &c->arena, &hash, err));
    norni_digest_init(&d, &c->ctx->alloc, c->plan.n_specs, 0);
    for (size_t i = 0; i < cv->n_series && st == NORN_OK; i++)
        st = norni_digest_add(&d, norni_panel_id(&c->panel, i), hash + i * c->plan.n_specs, err);
    if (st == NORN_OK) st = norni_digest_get(&d, &all, err);
    norni_digest_clear(&d);
    if (st == NORN_OK) norni_hash_text(all, c->out->counts.digest);
    return st;
}

static void count(evaluate_call *c) {
    const norni_cv *cv = &c->cv;
    norni_op_result *r = &c->out->counts;
    r->n_items = cv->n_present;
    r->n_ok = cv->n_ok;
    r->n_fallback = cv->n_fallback;
    r->n_failed = cv->n_failed;
    for (size_t item = 0; item < cv->n_items && cv->n_failed > 0; item++) {
        const norni_outcome *o = &cv->outcome[item];
        if (o->attempts == 0 || o->status == NORN_OK) continue;
        if (c->out->first_failure == NORN_OK) c->out->first_failure = o->status;
        const norni_cv_place p = norni_cv_place_of(cv, item);
        const norni_str id = norni_panel_id(&c->panel, p.series),
                        column = c->plan.specs[p.contender].column;
        norni_buf_format(&c->out->failed, "%.*s, %.*s: %s\n", (int)id.n, id.p, (int)column.n,
                         column.p, o->message ? o->message : "");
    }
    if (cv->n_without > 0)
        norni_buf_format(&c->out->said,
                         "%zu forecast%s too few errors for a conformal interval at every level "
                         "(95 %% needs 19): ask for more windows\n",
                         cv->n_without, cv->n_without == 1 ? " has" : "s have");
}

static norn_status run(evaluate_call *c, norn_err *err) {
    size_t n = 0;
    NORN_TRY(prepare(c, err));
    for (size_t i = 0; i < c->panel.n_series; i++)
        n += norni_cv_folds(&c->plan.cv, &c->panel, i) * c->plan.n_specs;
    if (c->call->n_expected) atomic_store(c->call->n_expected, n);
    NORN_TRY(norni_cv_run(c->ctx, NULL, &c->panel, 0, c->panel.n_series, &c->plan.cv, &c->arena,
                          &c->cv, err));
    c->answered = true;
    count(c);
    NORN_TRY(find_digest(c, err));
    NORN_TRY(list_windows(c, err));
    return add_forecasts(c, err);
}

norn_status norni_frame_evaluate(norn_ctx *ctx, const norni_frame_call *call,
                                 norni_frame_result *out, norn_err *err) {
    const norn_alloc *alloc = call->alloc ? call->alloc : &ctx->alloc;
    evaluate_call c = {.ctx = ctx, .call = call, .out = out};
    memset(out, 0, sizeof *out);
    norni_arena_init(&out->arena, alloc);
    norni_buf_init(&out->said, alloc);
    norni_buf_init(&out->failed, alloc);
    norni_arena_init(&c.arena, &ctx->alloc);
    const norn_status st = run(&c, err);
    if (c.answered) norni_cv_clear(&c.cv);
    norni_panel_clear(&c.panel);
    norni_arena_clear(&c.arena);
    return st;
}
