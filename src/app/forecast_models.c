/* Fitted models that a run keeps (--save) and takes up (--load): the store's header and records. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_models.h"

#include "app/version.h"
#include "base/pack.h"

enum { HEADER = 1, MOST_COLUMNS = 1000, SHOWN = 100 };

/* "name(every=parameter,…)[season]": two specs of one text fit the same model. */
static void spec_text(const norni_spec *spec, norni_buf *out) {
    const norni_model *m = spec->model;
    norni_buf_text(out, m->name);
    for (size_t i = 0; i < m->n_params; i++) {
        norni_buf_format(out, "%s%s=", i ? "," : "(", m->params[i].name);
        norni_param_print(&m->params[i], spec->opt, out);
    }
    if (m->n_params > 0) norni_buf_text(out, ")");
    if (spec->season > 0) norni_buf_format(out, "[%d]", (int)spec->season);
}

static void pack_spec(const norni_spec *spec, norni_buf *out) {
    norni_buf text;
    norni_buf_init(&text, out->alloc);
    if (spec != NULL) spec_text(spec, &text);
    norni_pack_str(out, (norni_str){text.p, text.n});
    if (text.failed) out->failed = true;
    norni_buf_clear(&text);
}

static void pack_name(norni_str name, norni_buf *out) {
    norni_pack_u32(out, name.p != NULL);
    norni_pack_str(out, name);
}

void norni_models_header(const norni_forecast_opt *opt, const norni_forecast_plan *plan,
                         const norni_panel *p, norni_buf *out) {
    const norni_time_style *style = &p->style;
    norni_pack_u32(out, HEADER);
    norni_pack_str(out, norni_str_of(opt->model));
    norni_pack_str(out, norni_str_of(opt->method.fallback));
    norni_pack_u32(out, (uint32_t)plan->seasons.n);
    for (size_t i = 0; i < plan->seasons.n; i++)
        norni_pack_i32(out, plan->seasons.v[i]);
    norni_pack_u32(out, (uint32_t)plan->n_specs);
    for (size_t k = 0; k < plan->n_specs; k++) {
        norni_pack_str(out, plan->specs[k].column);
        pack_spec(&plan->specs[k], out);
    }
    pack_spec(plan->fallback, out);
    norni_pack_u32(out, (uint32_t)style->kind);
    norni_pack_u32(out, (unsigned char)style->sep);
    norni_pack_u32(out, style->digits);
    norni_pack_u32(out, (uint32_t)style->seconds + 2 * (uint32_t)style->zone +
                            4 * (uint32_t)style->name + 8 * (uint32_t)p->has_id);
    pack_name(p->id_name, out);
    pack_name(p->time_name, out);
    pack_name(p->target_name, out);
}

/* A text of the header in the arena, with a NUL. */
static norni_str keep_text(norni_arena *arena, norni_str s, bool *room) {
    const char *p = norni_arena_text(arena, s.p, s.n);
    *room = *room && p != NULL;
    return (norni_str){p, s.n};
}

static norni_str read_name(norni_unpack *u, norni_arena *arena, bool *room) {
    const bool given = norni_unpack_count(u, 0, 1) == 1;
    const norni_str name = norni_unpack_str(u);
    return given ? keep_text(arena, name, room) : (norni_str){NULL, 0};
}

static void read_shown(norni_unpack *u, norni_models *m, bool *room) {
    norni_time_style *style = &m->shown.style;
    style->kind = (norni_time_kind)norni_unpack_count(u, 0, NORNI_TIME_EPOCH_MS);
    style->sep = (char)norni_unpack_count(u, 0, 127);
    style->digits = (uint8_t)norni_unpack_count(u, 0, 6);
    const uint32_t flags = norni_unpack_count(u, 0, 15);
    style->seconds = flags % 2 == 1;
    style->zone = flags / 2 % 2 == 1;
    style->name = flags / 4 % 2 == 1;
    m->shown.has_id = flags / 8 == 1;
    m->shown.id_name = read_name(u, &m->arena, room);
    m->shown.time_name = read_name(u, &m->arena, room);
    m->shown.target_name = read_name(u, &m->arena, room);
}

/* false: memory is out. */
static bool read_header(norni_unpack *u, norni_models *m) {
    bool room = true;
    (void)norni_unpack_count(u, HEADER, HEADER);
    m->model = keep_text(&m->arena, norni_unpack_str(u), &room).p;
    m->fallback = keep_text(&m->arena, norni_unpack_str(u), &room).p;
    m->seasons.n = norni_unpack_count(u, 0, MOST_COLUMNS);
    m->seasons.v = norni_arena_get(&m->arena, m->seasons.n, sizeof *m->seasons.v);
    for (size_t i = 0; m->seasons.v && i < m->seasons.n; i++)
        m->seasons.v[i] = norni_unpack_i32(u);
    m->n_columns = norni_unpack_count(u, 1, MOST_COLUMNS);
    m->column = norni_arena_zero(&m->arena, m->n_columns, 2 * sizeof *m->column);
    if (!room || !m->seasons.v || !m->column) return false;
    m->spec = m->column + m->n_columns;
    for (size_t k = 0; k < m->n_columns; k++) {
        m->column[k] = keep_text(&m->arena, norni_unpack_str(u), &room);
        m->spec[k] = keep_text(&m->arena, norni_unpack_str(u), &room);
    }
    m->fallback_spec = keep_text(&m->arena, norni_unpack_str(u), &room);
    read_shown(u, m, &room);
    return room;
}

norn_status norni_models_open(norn_ctx *ctx, const char *path, norni_models *m, norn_err *err) {
    *m = (norni_models){.path = path};
    norni_arena_init(&m->arena, &ctx->alloc);
    NORN_TRY(norni_model_store_open(ctx, path, &m->store, err));
    norni_unpack u = {norni_model_store_header(m->store), false};
    if (!read_header(&u, m)) return norni_alloc_fail(err, "load", u.left.n, 1);
    if (norni_unpack_end(&u)) return NORN_OK;
    const norni_str engine = norni_model_store_engine(m->store);
    return norn_fail(
        err, NORN_E_FORMAT,
        "load: %s was written by norn %.*s for another purpose, or in another way than "
        "this version (%s) reads",
        path, (int)(engine.n > 40 ? 40 : engine.n), engine.p, NORNI_VERSION);
}

void norni_models_clear(norni_models *m) {
    norni_model_store_close(m->store);
    if (m->arena.alloc != NULL) norni_arena_clear(&m->arena);
    memset(m, 0, sizeof *m);
}

norn_status norni_models_fill(const norni_models *m, norni_forecast_opt *opt, norn_err *err) {
    const norni_ints *mine = &opt->method.seasons, *theirs = &m->seasons;
    if (opt->model == NULL) opt->model = m->model;
    if (opt->method.fallback == NULL) opt->method.fallback = m->fallback;
    if (mine->n == 0) opt->method.seasons = *theirs;
    bool same = mine->n == 0 || mine->n == theirs->n;
    for (size_t i = 0; same && i < mine->n && i < theirs->n; i++)
        same = mine->v[i] == theirs->v[i];
    if (same) return NORN_OK;
    if (theirs->n == 0)
        return norn_fail(
            err, NORN_E_ARG,
            "season-length: the models in %s were fitted with the frequency's own; leave "
            "it out",
            m->path);
    return norn_fail(err, NORN_E_ARG,
                     "season-length: the models in %s were fitted with %d; leave it out", m->path,
                     (int)theirs->v[0]);
}

static int shown(norni_str s) {
    return (int)(s.n > SHOWN ? SHOWN : s.n);
}

/* The plan's model among the columns. */
static norn_status match_one(const norni_models *m, const norni_spec *spec, norni_str text,
                             size_t *at, norn_err *err) {
    for (size_t k = 0; k < m->n_columns; k++) {
        if (norni_str_cmp(spec->column, m->column[k]) != 0) continue;
        *at = k;
        if (norni_str_cmp(text, m->spec[k]) == 0) return NORN_OK;
        return norn_fail(err, NORN_E_ARG, "load: '%.*s' in %s was fitted as %.*s",
                         shown(spec->column), spec->column.p, m->path, shown(m->spec[k]),
                         m->spec[k].p);
    }
    return norn_fail(err, NORN_E_ARG,
                     "load: %s holds no model '%.*s'; it was written with --model %.*s", m->path,
                     shown(spec->column), spec->column.p, shown(norni_str_of(m->model)), m->model);
}

norn_status norni_models_match(norni_models *m, const norni_forecast_plan *plan, norn_err *err) {
    norni_buf text;
    norn_status st = NORN_OK;
    m->at = norni_arena_get(&m->arena, plan->n_specs, sizeof *m->at);
    if (m->at == NULL) return norni_alloc_fail(err, "load", plan->n_specs, sizeof *m->at);
    norni_buf_init(&text, m->arena.alloc);
    for (size_t k = 0; k < plan->n_specs && st == NORN_OK; k++) {
        text.n = 0;
        spec_text(&plan->specs[k], &text);
        st = text.failed
                 ? norni_alloc_fail(err, "load", text.cap, 2)
                 : match_one(m, &plan->specs[k], (norni_str){text.p, text.n}, &m->at[k], err);
    }
    text.n = 0;
    if (plan->fallback != NULL) spec_text(plan->fallback, &text);
    if (st == NORN_OK && text.failed) st = norni_alloc_fail(err, "load", text.cap, 2);
    if (st == NORN_OK && norni_str_cmp((norni_str){text.p, text.n}, m->fallback_spec) != 0)
        st = norn_fail(err, NORN_E_ARG, "fallback: the models in %s have '%s'; leave it out",
                       m->path, m->fallback);
    norni_buf_clear(&text);
    return st;
}

norn_status norni_models_check(const norni_forecast_plan *plan, norn_err *err) {
    for (size_t k = 0; k <= plan->n_specs; k++) {
        const norni_spec *spec = k < plan->n_specs ? &plan->specs[k] : plan->fallback;
        if (spec == NULL || (spec->model->save && spec->model->load && spec->model->update))
            continue;
        return norn_fail(
            err, NORN_E_ARG,
            "save: %s%s cannot be kept: it has no state to go on from; leave it out, or "
            "leave out --save",
            k < plan->n_specs ? "" : "the fallback ", spec->model->name);
    }
    return NORN_OK;
}

/* ---- what a run writes ---- */

/* Where series i ends: its last times, if it is irregular several of them. */
static void take_end(const norni_panel *p, size_t i, norni_kept_series *k) {
    const size_t n = norni_panel_n(p, i);
    const bool several = p->times != NULL && p->freq[i].unit == NORNI_UNIT_IRREGULAR;
    k->n_times = !several ? 1 : n < NORNI_KEPT_TIMES ? n : NORNI_KEPT_TIMES;
    for (size_t t = 0; t < k->n_times; t++)
        k->times[t] = norni_panel_time(p, i, n - k->n_times + t);
    k->freq = p->freq[i];
}

norn_status norni_models_frames(const norni_forecast *f, const norni_taken *t, norni_buf *out,
                                norn_err *err) {
    const norni_panel *p = f->panel;
    const size_t n_specs = f->plan->n_specs;
    norni_kept_series k = {.n_items = n_specs};
    norni_buf record;
    k.item = norni_arena_get(f->arena, n_specs, sizeof *k.item);
    if (k.item == NULL) return norni_alloc_fail(err, "save", n_specs, sizeof *k.item);
    norni_buf_init(&record, &f->ctx->alloc);
    for (size_t i = 0; i < p->n_series; i++) {
        const norni_kept_series *before = t && t->series[i].n_items > 0 ? &t->series[i] : NULL;
        record.n = 0;
        for (size_t s = 0; s < n_specs; s++) {
            const norni_outcome *o = &f->batch.outcome[i * n_specs + s];
            const bool good = o->status == NORN_OK;
            k.item[s] =
                (norni_kept_item){.status = o->status,
                                  .fallback = good && o->fallback,
                                  .message = norni_str_of(o->message ? o->message : ""),
                                  .model = good ? f->saved[i * n_specs + s] : (norni_str){"", 0}};
        }
        take_end(p, i, &k);
        k.n = (int64_t)norni_panel_n(p, i);
        if (before) k.n += before->n - (int64_t)t->kept.n_seen[i];
        norni_kept_pack(before && t->kept.why[i] ? before : &k, &record);
        if (record.failed) break;
        norni_model_frame(out, norni_panel_id(p, i), (norni_str){record.p, record.n});
    }
    const bool failed = record.failed || out->failed;
    norni_buf_clear(&record);
    return failed ? norni_alloc_fail(err, "save", out->cap, 2) : NORN_OK;
}

typedef struct carry_job {
    const norni_models *m;
    const norni_forecast_plan *plan;
    const uint8_t *seen;
    norni_model_writer *w;
    norni_arena arena;
    norni_buf record, frame;
} carry_job;

static norn_status carry_one(void *arg, uint64_t at, norni_str key, norni_str payload,
                             norn_err *err) {
    carry_job *c = arg;
    norni_kept_series k;
    if (c->seen[at / 8] & (1U << at % 8)) return NORN_OK;
    norni_arena_reset(&c->arena);
    NORN_TRY(norni_kept_unpack(payload, c->m->n_columns, &c->arena, &k, err));
    NORN_TRY(norni_models_pick(c->m, c->plan, &c->arena, &k, err));
    c->record.n = c->frame.n = 0;
    norni_kept_pack(&k, &c->record);
    if (!c->record.failed) norni_model_frame(&c->frame, key, (norni_str){c->record.p, c->record.n});
    if (c->record.failed || c->frame.failed) return norni_alloc_fail(err, "save", payload.n, 2);
    return norni_model_writer_add(c->w, (norni_str){c->frame.p, c->frame.n}, 1, err);
}

norn_status norni_models_carry(const norni_models *m, const norni_forecast_plan *plan,
                               const uint8_t *seen, norni_model_writer *w, norn_err *err) {
    carry_job c = {.m = m, .plan = plan, .seen = seen, .w = w};
    const norn_alloc *alloc = m->arena.alloc;
    norni_arena_init(&c.arena, alloc);
    norni_buf_init(&c.record, alloc);
    norni_buf_init(&c.frame, alloc);
    const norn_status st = norni_model_store_each(m->store, carry_one, &c, err);
    norni_arena_clear(&c.arena);
    norni_buf_clear(&c.record);
    norni_buf_clear(&c.frame);
    return st;
}
