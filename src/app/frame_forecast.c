/* A forecast of series in memory: the file's run (op_forecast.c) without files. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The whole panel is one batch; items are keyed by their ids, so that the digest is the file's. */
#include "app/forecast_models.h"
#include "app/forecast_run.h"
#include "app/frame.h"
#include "app/frame_paths.h"
#include "app/holiday_file.h"
#include "app/registry.h"
#include "app/version.h"

typedef struct forecast_call {
    norn_ctx *ctx;
    const norni_frame_call *call;
    norni_frame_result *out;
    norni_arena arena; /* of options, plan and answer */
    norni_forecast_opt opt;
    norni_read_opt read;
    norni_forecast_plan plan;
    norni_panel panel;
    norni_align_report report;
    norni_future future;
    norni_models models;
    norni_taken taken;
    bool loads, saves, answered, simulates;
    norni_model_writer writer;
    norni_forecast f;
} forecast_call;

/* The exogenous columns are the future's. */
static norn_status take_future(forecast_call *c, norn_err *err) {
    const norni_frame *frame = c->call->future;
    norni_read_opt opt = c->read;
    norni_align_report report;
    size_t n = 0;
    if (frame == NULL && c->opt.load == NULL)
        return norni_columns_check(c->plan.specs, c->plan.n_specs, NULL, 0, "X_df", err);
    if (frame == NULL) return NORN_OK;
    if (c->opt.load || c->opt.save)
        return norn_fail(
            err, NORN_E_ARG,
            "X_df: models of exogenous columns are not kept; use forecast(df, h, X_df=…)");
    const norni_str id = norni_str_of(opt.id_col ? opt.id_col : "unique_id"),
                    time = norni_str_of(opt.time_col ? opt.time_col : "ds");
    norni_str *name = norni_arena_get(&c->arena, frame->n_columns, sizeof *name);
    if (name == NULL) return norni_alloc_fail(err, "future", frame->n_columns, sizeof *name);
    for (size_t k = 0; k < frame->n_columns; k++) {
        const norni_str s = frame->column[k].name;
        if (norni_str_cmp(s, id) != 0 && norni_str_cmp(s, time) != 0) name[n++] = s;
    }
    if (n == 0) return norn_fail(err, NORN_E_ARG, "X_df has no exogenous column");
    if (norni_frame_find(frame, id) == NULL) opt.id_col = NULL;
    opt.target_col = name[0].p;
    opt.x_cols = name + 1;
    opt.n_x_cols = n - 1;
    NORN_TRY(norni_frame_panel(c->ctx, frame, &opt, &c->future.panel, &report, err));
    const char *target = c->read.target_col ? c->read.target_col : "y";
    NORN_TRY(norni_future_index(c->ctx, norni_str_of(target), &c->future, err));
    c->read.x_cols = c->future.names;
    c->read.n_x_cols = c->future.n_x;
    c->plan.future = &c->future;
    NORN_TRY(norni_columns_check(c->plan.specs, c->plan.n_specs, c->future.names, c->future.n_x,
                                 "X_df", err));
    return norni_exogenous_check(c->plan.models, c->plan.specs, c->plan.n_specs, "X_df", err);
}

static norn_status load_models(forecast_call *c, norn_err *err) {
    if (c->opt.load == NULL) return NORN_OK;
    c->loads = true;
    NORN_TRY(norni_models_open(c->ctx, c->opt.load, &c->models, err));
    c->models.gaps = c->read.align.gaps;
    c->models.has_freq = c->read.align.has_freq;
    c->models.freq = c->read.align.freq;
    c->models.from_store = c->call->data == NULL;
    return norni_models_fill(&c->models, &c->opt, err);
}

static norn_status prepare(forecast_call *c, norn_err *err) {
    NORN_TRY(norni_frame_options("forecast", c->call, &c->arena, &c->opt, sizeof c->opt, err));
    NORN_TRY(norni_panel_read_opt(&c->opt.panel, &c->read, err));
    if (c->call->data == NULL && c->opt.load == NULL)
        return norn_fail(err, NORN_E_ARG, "forecast: the data are missing");
    if (c->opt.load && (c->opt.fitted || c->opt.method.intervals == NORNI_INTERVALS_CONFORMAL))
        return norn_fail(
            err, NORN_E_ARG,
            "forecast: kept models have no history; fitted values and conformal intervals "
            "need forecast(df, h)");
    if (c->opt.plot_components)
        return norn_fail(err, NORN_E_ARG,
                         "forecast: plot_components names a file; use the norn command, or "
                         "norn.Prophet.plot_components");
    NORN_TRY(load_models(c, err));
    norni_forecast_opt_fill(&c->opt);
    NORN_TRY(norni_forecast_plan_make(norni_registry_models(), &c->opt, &c->arena, &c->plan, err));
    NORN_TRY(norni_holiday_file(c->ctx, c->plan.models, c->plan.specs, c->plan.n_specs,
                                c->opt.method.holidays, &c->arena, &c->plan.holidays, err));
    if (c->opt.load) NORN_TRY(norni_models_match(&c->models, &c->plan, err));
    if (c->opt.save) NORN_TRY(norni_models_check(&c->plan, err));
    if (c->simulates) NORN_TRY(norni_frame_plan_paths(&c->opt, c->call->n_paths, &c->plan, err));
    NORN_TRY(norni_method_check(&c->opt.method, err));
    const norni_op_env env = {.ctx = c->ctx, .say = norni_frame_say, .say_user = &c->out->said};
    norni_intervals_say(&env, &c->opt.method, c->plan.specs, c->plan.n_specs, c->plan.levels.n);
    return take_future(c, err);
}

/* Series and, for kept models, what of them is new. */
static norn_status take_data(forecast_call *c, const norni_panel **panel, norn_err *err) {
    *panel = &c->panel;
    if (c->call->data != NULL)
        NORN_TRY(norni_frame_panel(c->ctx, c->call->data, &c->read, &c->panel, &c->report, err));
    else
        NORN_TRY(norni_models_panel(c->ctx, &c->models, &c->panel, err));
    if (c->loads) {
        NORN_TRY(norni_models_take(&c->models, &c->plan, &c->panel, &c->taken, err));
        *panel = &c->taken.panel;
    }
    norni_frame_say_panel(&c->out->said, *panel, &c->report, &c->plan.seasons);
    return NORN_OK;
}

/* The fitted models as a store; series without new data as they were. */
static norn_status save_models(forecast_call *c, norn_err *err) {
    norni_buf b;
    norn_status st;
    if (c->opt.save == NULL) return NORN_OK;
    const norni_taken *taken = c->loads ? &c->taken : NULL;
    norni_buf_init(&b, &c->ctx->alloc);
    NORN_TRY_GOTO(norni_model_writer_open(&c->writer, &c->ctx->alloc, c->opt.save, err), done);
    c->saves = true;
    norni_models_header(&c->opt, &c->plan, c->f.panel, &b);
    if (b.failed) NORN_TRY_GOTO(norni_alloc_fail(err, "save", b.cap, 2), done);
    NORN_TRY_GOTO(norni_model_writer_head(&c->writer, norni_str_of(NORNI_VERSION),
                                          (norni_str){b.p, b.n}, err),
                  done);
    b.n = 0;
    NORN_TRY_GOTO(norni_models_frames(&c->f, taken, &b, err), done);
    NORN_TRY_GOTO(
        norni_model_writer_add(&c->writer, (norni_str){b.p, b.n}, c->f.panel->n_series, err), done);
    if (taken != NULL) {
        const size_t bytes = (size_t)norni_model_store_n(c->models.store) / 8 + 1;
        uint8_t *seen = norni_arena_zero(&c->arena, bytes, 1);
        if (seen == NULL) NORN_TRY_GOTO(norni_alloc_fail(err, "save", bytes, 1), done);
        for (size_t i = 0; i < c->f.panel->n_series; i++) {
            const uint64_t at = taken->record[i];
            if (at != UINT64_MAX) seen[at / 8] |= (uint8_t)(1U << at % 8);
        }
        NORN_TRY_GOTO(norni_models_carry(&c->models, &c->plan, seen, &c->writer, err), done);
    }
    NORN_TRY_GOTO(norni_model_writer_commit(&c->writer, err), done);
done:
    norni_buf_clear(&b);
    return st;
}

/* Ids and times of the history. */
static norn_status add_history_keys(const forecast_call *c, norni_frame *frame, norn_err *err) {
    const norni_panel *p = c->f.panel;
    norni_arena *arena = &c->out->arena;
    const norni_frame *data = c->call->data ? c->call->data : c->call->like;
    size_t *of_row = norni_arena_get(arena, frame->n, sizeof *of_row), r = 0;
    int64_t *time = norni_arena_get(arena, frame->n, sizeof *time);
    if (!of_row || !time) return norni_alloc_fail(err, "answer", frame->n, 16);
    for (size_t i = 0; i < p->n_series; i++) {
        for (size_t t = 0; t < norni_panel_n(p, i); t++, r++) {
            of_row[r] = i;
            time[r] = norni_panel_time(p, i, t);
        }
    }
    return norni_frame_add_keys(frame, arena, p, data, of_row, time, err);
}

static norn_status add_forecasts(const forecast_call *c, norn_err *err) {
    const norni_forecast *f = &c->f;
    const norni_doubles *levels = &c->plan.levels;
    const norni_frame *data = c->call->data ? c->call->data : c->call->like;
    const size_t h = (size_t)c->plan.horizon, n_specs = c->plan.n_specs,
                 n_series = f->panel->n_series;
    norni_frame *frame = &c->out->frame;
    norni_arena *arena = &c->out->arena;
    if (c->plan.n_paths > 0) return norni_frame_add_paths(f, data, frame, arena, err);
    NORN_TRY(norni_frame_begin(frame, arena, n_series * h, 2 + n_specs * (1 + 2 * levels->n), err));
    NORN_TRY(norni_frame_add_horizon(frame, arena, f->panel, data, h, 1, err));
    for (size_t k = 0; k < n_specs; k++) {
        for (size_t end = 0; end <= 2 * levels->n; end++) {
            const norni_str name = norni_frame_name(arena, c->plan.specs[k].column, levels, end);
            double *to = NULL;
            NORN_TRY(norni_frame_add_number(frame, arena, name, &to, err));
            for (size_t i = 0; i < n_series; i++) {
                const size_t item = i * n_specs + k;
                const double *from =
                    end == 0 ? f->mean + item * h
                             : (end % 2 ? f->lo : f->hi) + (item * levels->n + (end - 1) / 2) * h;
                memcpy(to + i * h, from, h * sizeof *to);
            }
        }
    }
    return NORN_OK;
}

static norn_status add_history(const forecast_call *c, norn_err *err) {
    const norni_forecast *f = &c->f;
    const norni_panel *p = f->panel;
    norni_frame *frame = &c->out->history;
    norni_arena *arena = &c->out->arena;
    const size_t n = p->offsets[p->n_series] - p->offsets[0];
    if (f->fitted == NULL) return NORN_OK;
    NORN_TRY(norni_frame_begin(frame, arena, n, 3 + c->plan.n_specs, err));
    NORN_TRY(add_history_keys(c, frame, err));
    double *to = NULL;
    const norni_str target = p->target_name.p ? p->target_name : norni_str_of("y");
    NORN_TRY(norni_frame_add_number(frame, arena, target, &to, err));
    if (n > 0) memcpy(to, p->y + p->offsets[0], n * sizeof *to);
    for (size_t k = 0; k < c->plan.n_specs; k++) {
        const norni_str column = c->plan.specs[k].column;
        const norni_str name = norni_frame_name(arena, column, &c->plan.levels, 0);
        NORN_TRY(norni_frame_add_number(frame, arena, name, &to, err));
        for (size_t i = 0; i < p->n_series; i++, to += norni_panel_n(p, i - 1)) {
            const size_t len = norni_panel_n(p, i);
            if (len > 0)
                memcpy(to, norni_forecast_fitted(f, i * c->plan.n_specs + k), len * sizeof *to);
        }
    }
    return NORN_OK;
}

static norn_status count(forecast_call *c, norn_err *err) {
    const norni_forecast *f = &c->f;
    norni_op_result *r = &c->out->counts;
    norni_hash128 digest;
    r->n_items = f->batch.n;
    r->n_ok = f->batch.n_ok;
    r->n_fallback = f->batch.n_fallback;
    r->n_failed = f->batch.n_failed;
    NORN_TRY(norni_forecast_digest(f, &digest, err));
    norni_hash_text(digest, r->digest);
    if (f->n_without > 0)
        norni_buf_format(&c->out->said,
                         "%zu forecast%s too few errors for a conformal interval at every level "
                         "(95 %% needs 19): ask for more windows\n",
                         f->n_without, f->n_without == 1 ? " has" : "s have");
    for (size_t item = 0; item < f->n_items && r->n_fallback > 0; item++) {
        const norni_outcome *o = &f->batch.outcome[item];
        if (o->status != NORN_OK || !o->fallback) continue;
        const norni_str id = norni_panel_id(f->panel, item / c->plan.n_specs);
        norni_buf_format(&c->out->said, "%zu item%s served by the fallback; the first, %.*s: %s\n",
                         r->n_fallback, r->n_fallback == 1 ? " was" : "s were",
                         (int)(id.n > 60 ? 60 : id.n), id.p, o->message ? o->message : "");
        break;
    }
    for (size_t item = 0; item < f->n_items && r->n_ok < r->n_items; item++) {
        const norni_outcome *o = &f->batch.outcome[item];
        if (o->status == NORN_OK) continue;
        if (c->out->first_failure == NORN_OK) c->out->first_failure = o->status;
        const norni_str id = norni_panel_id(f->panel, item / c->plan.n_specs),
                        column = norni_forecast_spec(f, item)->column;
        norni_buf_format(&c->out->failed, "%.*s, %.*s: %s\n", (int)id.n, id.p, (int)column.n,
                         column.p, o->message ? o->message : "");
    }
    return NORN_OK;
}

static norn_status run(forecast_call *c, norn_err *err) {
    const norni_panel *panel = NULL;
    NORN_TRY(prepare(c, err));
    NORN_TRY(take_data(c, &panel, err));
    norni_forecast_shared shared = {.tally = c->call->tally};
    if (c->loads) {
        shared.models = &c->models;
        shared.kept = &c->taken.kept;
    }
    if (c->call->n_expected) atomic_store(c->call->n_expected, panel->n_series * c->plan.n_specs);
    NORN_TRY(norni_forecast_run(c->ctx, NULL, panel, &c->plan, &shared, &c->arena, &c->f, err));
    c->answered = true;
    NORN_TRY(count(c, err));
    NORN_TRY(save_models(c, err));
    NORN_TRY(add_forecasts(c, err));
    return add_history(c, err);
}

static norn_status begin(norn_ctx *ctx, const norni_frame_call *call, bool simulates,
                         norni_frame_result *out, norn_err *err) {
    forecast_call c = {.ctx = ctx, .call = call, .out = out, .simulates = simulates};
    const norn_alloc *alloc = call->alloc ? call->alloc : &ctx->alloc;
    memset(out, 0, sizeof *out);
    norni_arena_init(&out->arena, alloc);
    norni_buf_init(&out->said, alloc);
    norni_buf_init(&out->failed, alloc);
    norni_arena_init(&c.arena, &ctx->alloc);
    norni_arena_init(&c.panel.arena, &ctx->alloc);
    norni_arena_init(&c.taken.arena, &ctx->alloc);
    const norn_status st = run(&c, err);
    if (c.answered) norni_forecast_clear(&c.f);
    if (c.saves) norni_model_writer_abort(&c.writer);
    norni_models_clear(&c.models);
    norni_arena_clear(&c.taken.arena);
    norni_future_clear(&c.future);
    norni_panel_clear(&c.panel);
    norni_arena_clear(&c.arena);
    return st;
}

norn_status norni_frame_forecast(norn_ctx *ctx, const norni_frame_call *call,
                                 norni_frame_result *out, norn_err *err) {
    return begin(ctx, call, false, out, err);
}

norn_status norni_frame_simulate(norn_ctx *ctx, const norni_frame_call *call,
                                 norni_frame_result *out, norn_err *err) {
    return begin(ctx, call, true, out, err);
}
