/* The chart of --plot-components: what the first series' model is made of. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_parts.h"

#include "app/forecast_item.h"
#include "io/writer.h"
#include "plot/components.h"

/* The first spec whose model says what it is made of; NULL: there is none. */
static const norni_spec *find_spec(const norni_forecast_plan *plan) {
    for (size_t k = 0; k < plan->n_specs; k++) {
        if (plan->specs[k].model->parts) return &plan->specs[k];
    }
    return NULL;
}

norn_status norni_forecast_parts_check(const norni_forecast_plan *plan, norn_err *err) {
    char text[160];
    size_t n = 0;
    if (find_spec(plan)) return NORN_OK;
    text[0] = '\0';
    for (size_t k = 0; k < plan->models->n && n < sizeof text; k++) {
        const norni_model *const m = plan->models->models[k];
        if (m->parts) n += norni_format(text + n, sizeof text - n, "%s%s", n ? ", " : "", m->name);
    }
    return norn_fail(err, NORN_E_ARG,
                     "--plot-components: none of the models has components to show; --model may "
                     "name one that does: %s",
                     text);
}

void norni_forecast_parts_init(norni_forecast_parts *c, norn_ctx *ctx) {
    *c = (norni_forecast_parts){.ctx = ctx};
    norni_buf_init(&c->id, &ctx->alloc);
    norni_buf_init(&c->svg, &ctx->alloc);
    norni_buf_init(&c->why, &ctx->alloc);
}

void norni_forecast_parts_clear(norni_forecast_parts *c) {
    norni_buf_clear(&c->id);
    norni_buf_clear(&c->svg);
    norni_buf_clear(&c->why);
}

/* Fits the first series of the panel and draws its parts. */
static norn_status draw(norni_forecast_parts *c, const norni_forecast *f, const norni_spec *spec,
                        norni_arena *arena, norn_err *err) {
    const size_t item = (size_t)(spec - f->plan->specs);
    const norni_doubles *const levels = &f->plan->levels;
    const double level = levels->n > 0 ? levels->v[0] : 0;
    const norni_str id = norni_panel_id(f->panel, 0);
    norni_effort effort = {.limit = f->plan->budget_evals};
    norni_env env = {.arena = arena,
                     .poll = norni_ctx_poll(f->ctx),
                     .seed = f->plan->seed,
                     .item = norni_hash64(id.p, id.n),
                     .models = f->plan->models,
                     .effort = &effort};
    const norni_plot_part *part = NULL;
    void *state = NULL;
    int32_t season = 1;
    size_t n = 0;
    char title[256];
    norni_series s = norni_forecast_view(f, item, spec, &season);
    const norni_group group = {1, &s};
    NORN_TRY(norni_forecast_exogenous(f, 0, spec, arena, &s, err));
    NORN_TRY(spec->model->fit(&env, spec->opt, &group, &state, err));
    NORN_TRY(spec->model->parts(&env, state, 0, s.horizon, level, &n, &part, err));
    norni_format(title, sizeof title, "%.*s%s%.*s", (int)(id.n > 100 ? 100 : id.n), id.p,
                 id.n ? ": " : "", (int)(spec->column.n > 100 ? 100 : spec->column.n),
                 spec->column.p);
    return norni_plot_parts(&c->svg, norni_str_of(title), part, n, level > 0 ? level : 80, 0, err);
}

norn_status norni_forecast_parts_see(void *user, const norni_forecast *f, norn_err *err) {
    norni_forecast_parts *const c = user;
    const norni_spec *const spec = find_spec(f->plan);
    if (f->panel->n_series == 0 || spec == NULL) return NORN_OK;
    const norni_str id = norni_panel_id(f->panel, 0);
    const norni_outcome *const o = &f->batch.outcome[spec - f->plan->specs];
    norni_arena arena;
    norn_err why = {NORN_OK, ""};
    /* The first series comes twice where the run had to begin anew: then with more of its rows. */
    if (c->seen && norni_str_cmp(id, (norni_str){c->id.p, c->id.n}) != 0) return NORN_OK;
    c->seen = true;
    c->id.n = c->svg.n = c->why.n = 0;
    norni_buf_add(&c->id, id.p, id.n);
    norni_arena_init(&arena, &c->ctx->alloc);
    norn_status st = o->status;
    if (st == NORN_OK && !o->fallback)
        st = draw(c, f, spec, &arena, &why);
    else
        norni_buf_format(&c->why, "%s", o->message ? o->message : "its model failed");
    norni_arena_clear(&arena);
    if (st == NORN_E_MEM || st == NORN_E_CANCEL) return norn_fail(err, st, "%s", why.text);
    if (why.code != NORN_OK) norni_buf_format(&c->why, "%s", why.text);
    if (!c->id.failed && !c->why.failed) return NORN_OK;
    return norni_alloc_fail(err, "plot", c->why.cap, 2);
}

norn_status norni_forecast_parts_write(const norni_op_env *env, const norni_forecast_parts *c,
                                       const char *path, norn_err *err) {
    norni_out out;
    if (c->svg.n == 0) {
        norni_say(env, "--plot-components: no chart of series %.*s: %.*s",
                  (int)(c->id.n > 60 ? 60 : c->id.n), c->id.n ? c->id.p : "", (int)c->why.n,
                  c->why.n ? c->why.p : "");
        return NORN_OK;
    }
    NORN_TRY(norni_out_open(&out, &env->ctx->alloc, path, err));
    norni_buf_add(&out.buf, c->svg.p, c->svg.n);
    const norn_status st =
        out.buf.failed ? norni_alloc_fail(err, "plot", c->svg.n, 1) : norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}
