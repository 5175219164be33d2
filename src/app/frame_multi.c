/* `norn multi` on columns in memory: the file's run (op_multi.c) without files. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/frame_multi.h"

#include <math.h>

#include "app/multi_call.h"
#include "app/multi_keep.h"
#include "app/multi_terms.h"
#include "app/registry.h"
#include "base/fp.h"
#include "io/panel_read.h"

typedef struct frame_call {
    norn_ctx *ctx;
    const norni_frame_call *call;
    norni_frame_multi_result *out;
    const norni_frame *like; /* in what kind times go out */
    norni_multi_opt opt;
    norni_op_env env;
    norni_multi_call c;
} frame_call;

/* ---- columns in ---- */

static const norni_frame_column *find_time(const norni_frame *frame, const char *name) {
    static const char *const usual[] = {"ds", "date", "datetime", "timestamp", "time"};
    if (name != NULL) return norni_frame_find(frame, norni_str_of(name));
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        const norni_frame_column *c = norni_frame_find(frame, norni_str_of(usual[i]));
        if (c != NULL) return c;
    }
    return NULL;
}

/* The column's numbers, or codes of its words in the order of their first rows. */
static norn_status take_column(norni_arena *arena, const norni_frame_column *c, size_t n,
                               norni_wide_array *out, norn_err *err) {
    double *v = norni_arena_get(arena, n, sizeof *v);
    uint32_t *code = norni_arena_get(arena, c->n_text + 1, sizeof *code);
    norni_str *word = norni_arena_get(arena, NORNI_MOST_WORDS, sizeof *word);
    size_t n_words = 0;
    if (!v || !code || !word) return norni_alloc_fail(err, "data", n, sizeof *v);
    for (size_t k = 0; k < c->n_text; k++)
        code[k] = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        v[i] = NORNI_NAN;
        if (c->kind == NORNI_FRAME_NUMBER) v[i] = c->number[i];
        if (c->kind == NORNI_FRAME_INTEGER && c->integer[i] != NORNI_TIME_NONE)
            v[i] = (double)c->integer[i];
        if (c->kind != NORNI_FRAME_TEXT || c->code[i] == UINT32_MAX) continue;
        uint32_t *own = &code[c->code[i]];
        if (*own == UINT32_MAX) { /* a text may stand in the list twice */
            size_t k = 0;
            while (k < n_words && norni_str_cmp(word[k], c->text[c->code[i]]) != 0)
                k++;
            if (k == NORNI_MOST_WORDS)
                return norn_fail(err, NORN_E_DATA,
                                 "column %.*s: more than %d different words; drop it, or give "
                                 "numbers",
                                 (int)(c->name.n > 60 ? 60 : c->name.n), c->name.p,
                                 NORNI_MOST_WORDS);
            if (k == n_words) word[n_words++] = c->text[c->code[i]];
            *own = (uint32_t)k;
        }
        v[i] = (double)*own;
    }
    *out = (norni_wide_array){c->name, v, c->kind == NORNI_FRAME_TEXT ? word : NULL, n_words};
    return NORN_OK;
}

static norn_status take_frame(frame_call *f, const norni_frame *frame, const norni_read_opt *read,
                              norni_time_style *style, const int64_t **time,
                              norni_wide_array **column, size_t *n, norn_err *err) {
    norni_arena *arena = &f->c.arena;
    const norni_frame_column *ds = find_time(frame, f->opt.panel.time_col);
    if (f->opt.panel.time_col && ds == NULL)
        return norn_fail(err, NORN_E_ARG, "the data have no column '%s'", f->opt.panel.time_col);
    NORN_TRY(norni_frame_times(frame, ds, read, arena, style, time, err));
    *column = norni_arena_get(arena, frame->n_columns, sizeof **column);
    *n = 0;
    if (*column == NULL) return norni_alloc_fail(err, "data", frame->n_columns, sizeof **column);
    for (size_t k = 0; k < frame->n_columns; k++) {
        const norni_frame_column *c = &frame->column[k];
        if (c == ds) continue;
        if (c->kind == NORNI_FRAME_TIME) {
            norni_say(&f->env, "column %.*s is not used: it holds times",
                      (int)(c->name.n > 60 ? 60 : c->name.n), c->name.p);
            continue;
        }
        NORN_TRY(take_column(arena, c, frame->n, &(*column)[(*n)++], err));
    }
    return NORN_OK;
}

static norn_status take_table(frame_call *f, norn_err *err) {
    norni_wide_arrays in = {.n = f->call->data->n};
    norni_wide_array *column = NULL, *future = NULL;
    norni_time_style later;
    norni_read_opt read;
    NORN_TRY(norni_panel_read_opt(&f->opt.panel, &read, err));
    NORN_TRY(take_frame(f, f->call->data, &read, &in.style, &in.time, &column, &in.n_columns, err));
    in.column = column;
    if (f->call->future != NULL) {
        in.n_future = f->call->future->n;
        NORN_TRY(take_frame(f, f->call->future, &read, &later, &in.future_time, &future,
                            &in.n_future_columns, err));
        in.future = future;
    }
    NORN_TRY(norni_wide_of_arrays(f->ctx, NULL, &in, &f->c.plan.wide, &f->c.arena, &f->c.table.wide,
                                  &f->c.table.report, err));
    return norni_multi_call_table(&f->c, err);
}

/* ---- columns out ---- */

/* A column of texts that lie in the answer's arena: code (n) to be filled in. */
static norn_status add_texts(norni_frame *frame, norni_arena *arena, const char *name,
                             const norni_str *text, size_t n_text, uint32_t **code, norn_err *err) {
    norni_str *own = norni_arena_get(arena, n_text, sizeof *own);
    *code = norni_arena_get(arena, frame->n, sizeof **code);
    if (!own || !*code) return norni_alloc_fail(err, "answer", frame->n, sizeof **code);
    for (size_t i = 0; i < n_text; i++) {
        own[i] = (norni_str){norni_arena_text(arena, text[i].p, text[i].n), text[i].n};
        if (own[i].p == NULL) return norni_alloc_fail(err, "answer", text[i].n, 1);
    }
    frame->column[frame->n_columns++] = (norni_frame_column){.name = norni_str_of(name),
                                                             .kind = NORNI_FRAME_TEXT,
                                                             .code = *code,
                                                             .text = own,
                                                             .n_text = n_text};
    return NORN_OK;
}

static norn_status add_forecasts(const frame_call *f, norn_err *err) {
    const norni_forecast *a = &f->c.answer.f;
    const norni_doubles *levels = &f->c.plan.levels;
    const size_t h = f->c.plan.horizon, n_specs = f->c.plan.n_specs, n = f->c.table.n_targets;
    norni_frame *frame = &f->out->base.frame;
    norni_arena *arena = &f->out->base.arena;
    NORN_TRY(norni_frame_begin(frame, arena, n * h, 2 + n_specs * (1 + 2 * levels->n), err));
    NORN_TRY(norni_frame_add_horizon(frame, arena, a->panel, f->like, h, 1, err));
    for (size_t s = 0; s < n_specs; s++) {
        for (size_t end = 0; end <= 2 * levels->n; end++) {
            double *to = NULL;
            NORN_TRY(norni_frame_add_number(
                frame, arena, norni_frame_name(arena, f->c.plan.specs[s].column, levels, end), &to,
                err));
            for (size_t i = 0; i < n; i++) {
                const size_t item = i * n_specs + s;
                const double *from =
                    end == 0 ? a->mean + item * h
                             : (end % 2 ? a->lo : a->hi) + (item * levels->n + (end - 1) / 2) * h;
                memcpy(to + i * h, from, h * sizeof *to);
            }
        }
    }
    return NORN_OK;
}

static norn_status step_names(norni_arena *arena, size_t horizon, norni_str **out, norn_err *err) {
    *out = norni_arena_get(arena, horizon + 1, sizeof **out);
    if (*out == NULL) return norni_alloc_fail(err, "answer", horizon, sizeof **out);
    for (size_t h = 0; h <= horizon; h++) {
        char text[24] = "all";
        const size_t n = h > 0 ? norni_format(text, sizeof text, "%zu", h) : 3;
        (*out)[h] = (norni_str){norni_arena_text(arena, text, n), n};
        if ((*out)[h].p == NULL) return norni_alloc_fail(err, "answer", n, 1);
    }
    return NORN_OK;
}

static norn_status add_metrics(const frame_call *f, norn_err *err) {
    static const char *const names[] = {NORNI_STEP_SCORE_NAMES};
    const norni_multi_metrics *m = &f->c.metrics;
    norni_frame *frame = &f->out->metrics;
    norni_arena *arena = &f->out->base.arena;
    uint32_t *model, *target, *step;
    norni_str *steps;
    double *n, *score[NORNI_STEP_SCORES], *relative;
    const size_t rows = m->n_specs * m->n_targets * (1 + m->horizon);
    NORN_TRY(norni_frame_begin(frame, arena, rows, 5 + NORNI_STEP_SCORES, err));
    NORN_TRY(step_names(arena, m->horizon, &steps, err));
    NORN_TRY(add_texts(frame, arena, "model", f->c.model_names, m->n_specs, &model, err));
    NORN_TRY(add_texts(frame, arena, "target", f->c.table.target, m->n_targets, &target, err));
    NORN_TRY(add_texts(frame, arena, "step", steps, m->horizon + 1, &step, err));
    NORN_TRY(norni_frame_add_number(frame, arena, norni_str_of("n"), &n, err));
    for (size_t i = 0; i < NORNI_STEP_SCORES; i++)
        NORN_TRY(norni_frame_add_number(frame, arena, norni_str_of(names[i]), &score[i], err));
    NORN_TRY(
        norni_frame_add_number(frame, arena, norni_str_of(NORNI_MULTI_RELATIVE), &relative, err));
    if (rows > 0) memcpy(relative, m->relative, rows * sizeof *relative);
    for (size_t r = 0; r < rows; r++) {
        const size_t pair = r / (1 + m->horizon);
        model[r] = (uint32_t)(pair / m->n_targets);
        target[r] = (uint32_t)(pair % m->n_targets);
        step[r] = (uint32_t)(r % (1 + m->horizon));
        n[r] = (double)m->n[r];
        for (size_t i = 0; i < NORNI_STEP_SCORES; i++)
            score[i][r] = m->score[r * NORNI_STEP_SCORES + i];
    }
    return NORN_OK;
}

static norn_status add_weights(const frame_call *f, norn_err *err) {
    const norni_multi_plan *plan = &f->c.plan;
    const size_t n_t = f->c.table.n_targets, n_l = plan->n_learners,
                 rows = (plan->n_specs - n_l) * n_t * n_l;
    norni_frame *frame = &f->out->weights;
    norni_arena *arena = &f->out->base.arena;
    uint32_t *mix, *target, *model;
    double *weight;
    size_t r = 0;
    NORN_TRY(norni_frame_begin(frame, arena, rows, 4, err));
    NORN_TRY(add_texts(frame, arena, "ensemble", f->c.model_names, plan->n_specs, &mix, err));
    NORN_TRY(add_texts(frame, arena, "target", f->c.table.target, n_t, &target, err));
    NORN_TRY(add_texts(frame, arena, "model", f->c.model_names, plan->n_specs, &model, err));
    NORN_TRY(norni_frame_add_number(frame, arena, norni_str_of("weight"), &weight, err));
    for (size_t s = 0; s < plan->n_specs; s++) {
        for (size_t i = 0; i < n_t && plan->specs[s].learner == NULL; i++) {
            for (size_t k = 0; k < n_l; k++, r++) {
                mix[r] = (uint32_t)s;
                target[r] = (uint32_t)i;
                model[r] = (uint32_t)norni_multi_learner(plan, k);
                weight[r] = f->c.job.weight[(s * n_t + i) * n_l + k];
            }
        }
    }
    return NORN_OK;
}

/* Every out-of-fold forecast beside what happened. */
static norn_status add_trials(const frame_call *f, norn_err *err) {
    const norni_multi_table *t = &f->c.table;
    const size_t h = f->c.plan.horizon, per = t->n_windows * h, rows = t->n_targets * per;
    norni_frame *frame = &f->out->trials;
    norni_arena *arena = &f->out->base.arena;
    size_t *of_row = norni_arena_get(arena, rows, sizeof *of_row);
    int64_t *ds = norni_arena_get(arena, rows, 2 * sizeof *ds), *cutoff = ds + rows;
    double *y, *model;
    if (!of_row || !ds) return norni_alloc_fail(err, "answer", rows, 24);
    NORN_TRY(norni_frame_begin(frame, arena, rows, 4 + f->c.plan.n_specs, err));
    for (size_t r = 0; r < rows; r++) {
        const size_t origin = t->origin[r % per / h];
        of_row[r] = r / per;
        cutoff[r] = t->wide.times[origin];
        ds[r] = t->wide.times[origin + 1 + r % h];
    }
    const norni_panel *p = &f->c.answer.panel;
    const norni_frame_column *like = f->like ? find_time(f->like, f->opt.panel.time_col) : NULL;
    NORN_TRY(norni_frame_add_ids(frame, arena, p, NULL, of_row, err));
    NORN_TRY(norni_frame_add_times(frame, arena, norni_str_of("ds"), p, like, ds, err));
    NORN_TRY(norni_frame_add_times(frame, arena, norni_str_of("cutoff"), p, like, cutoff, err));
    NORN_TRY(norni_frame_add_number(frame, arena, norni_str_of("y"), &y, err));
    if (rows > 0) memcpy(y, f->c.job.actual, rows * sizeof *y);
    for (size_t s = 0; s < f->c.plan.n_specs; s++) {
        NORN_TRY(norni_frame_add_number(frame, arena, f->c.model_names[s], &model, err));
        if (rows > 0) memcpy(model, f->c.job.oof + s * rows, rows * sizeof *model);
    }
    return NORN_OK;
}

static norn_status add_reasons(frame_call *f, norn_err *err) {
    norni_multi_reason *all;
    norni_arena *arena = &f->out->base.arena;
    size_t n;
    if (f->opt.explain == NULL) return NORN_OK;
    NORN_TRY(norni_multi_call_reasons(&f->c, &all, &n, err));
    norni_multi_reason *own = norni_arena_get(arena, n, sizeof *own);
    if (own == NULL) return norni_alloc_fail(err, "explain", n, sizeof *own);
    for (size_t i = 0; i < n; i++) {
        NORN_TRY(norni_multi_reason_copy(arena, &all[i], &own[i], err));
        own[i].target.p = norni_arena_text(arena, all[i].target.p, all[i].target.n);
        own[i].model.p = norni_arena_text(arena, all[i].model.p, all[i].model.n);
        if (!own[i].target.p || !own[i].model.p) return norni_alloc_fail(err, "explain", n, 32);
    }
    f->out->reason = own;
    f->out->n_reasons = n;
    if (strcmp(f->opt.explain, "-") == 0) return NORN_OK;
    return norni_multi_reasons_write(f->ctx, all, n, f->opt.explain, err);
}

static void count(frame_call *f) {
    const norni_multi_answer *a = &f->c.answer;
    norni_frame_result *out = &f->out->base;
    norni_op_result *r = &out->counts;
    r->n_items = a->n_items;
    r->n_ok = a->n_ok;
    r->n_fallback = a->n_fallback;
    r->n_failed = a->n_failed;
    norni_hash_text(a->digest, r->digest);
    for (size_t item = 0; item < a->n_items; item++) {
        const norni_outcome *o = &a->f.batch.outcome[item];
        const norni_str id = f->c.table.target[item / f->c.plan.n_specs],
                        column = f->c.model_names[item % f->c.plan.n_specs];
        if (o->status == NORN_OK) continue;
        if (out->first_failure == NORN_OK) out->first_failure = o->status;
        norni_buf_format(&out->failed, "%.*s, %.*s: %s\n", (int)id.n, id.p, (int)column.n, column.p,
                         o->message ? o->message : "");
    }
}

/* ---- the call ---- */

static norn_status run(frame_call *f, norn_err *err) {
    norni_arena options;
    norni_arena_init(&options, &f->ctx->alloc);
    norn_status st = norni_frame_options("multi", f->call, &options, &f->opt, sizeof f->opt, err);
    if (st == NORN_OK && (f->call->data == NULL || f->opt.etl || f->opt.analyse ||
                          f->opt.panel.common.resume || f->opt.future))
        st = norn_fail(err, NORN_E_ARG,
                       "multi: needs data in memory; etl, analyse, resume and "
                       "future files are the command's");
    if (st == NORN_OK) st = norni_multi_call_begin(&f->c, &f->env, &f->opt, err);
    if (st == NORN_OK) st = take_table(f, err);
    if (st == NORN_OK)
        st = norni_multi_call_run(&f->c, NULL, (norni_hash128){0, 0}, f->call->tally, err);
    if (st == NORN_OK && f->opt.save) st = norni_multi_keep(&f->c.job, f->opt.save, err);
    if (st == NORN_OK && f->opt.errors) {
        const norni_multi_scores s = norni_multi_call_scores(&f->c);
        st = norni_multi_errors_write(f->ctx, &s, f->opt.errors, err);
    }
    if (st == NORN_OK) st = add_forecasts(f, err);
    if (st == NORN_OK) st = add_metrics(f, err);
    if (st == NORN_OK) st = add_weights(f, err);
    if (st == NORN_OK) st = add_trials(f, err);
    if (st == NORN_OK) st = add_reasons(f, err);
    if (st == NORN_OK) count(f);
    norni_multi_call_clear(&f->c);
    norni_arena_clear(&options);
    return st;
}

norn_status norni_frame_multi(norn_ctx *ctx, const norni_frame_call *call,
                              norni_frame_multi_result *out, norn_err *err) {
    frame_call f;
    const norn_alloc *alloc = call->alloc ? call->alloc : &ctx->alloc;
    memset(out, 0, sizeof *out);
    memset(&f, 0, sizeof f);
    f.ctx = ctx;
    f.call = call;
    f.out = out;
    f.like = call->data;
    f.env = (norni_op_env){.ctx = ctx,
                           .models = norni_registry_models(),
                           .learners = call->learners,
                           .say = norni_frame_say,
                           .say_user = &out->base.said};
    norni_arena_init(&out->base.arena, alloc);
    norni_buf_init(&out->base.said, alloc);
    norni_buf_init(&out->base.failed, alloc);
    return run(&f, err);
}

void norni_frame_multi_clear(norni_frame_multi_result *r) {
    norni_frame_result_clear(&r->base);
    memset(r, 0, sizeof *r);
}
