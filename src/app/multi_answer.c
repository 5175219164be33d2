/* The answer of a run over many targets in the shape of a forecast's: its writers serve both. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The digest is app/digest.h's over the targets: each (target, model) hashes its id, model, status,
 * whether the last value stands in, and the bits of its forecasts behind DATA, their intervals, its
 * out-of-fold forecasts and, for an ensemble, its weights. */
#include "app/multi_answer.h"

#include <math.h>

#include "app/digest.h"
#include "app/multi_run.h"

static norn_status make_ids(const norni_multi_table *t, norni_panel *p, norn_err *err) {
    const size_t n = t->n_targets;
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += t->target[i].n;
    p->id_offsets = norni_arena_get(&p->arena, n + 1, sizeof *p->id_offsets);
    p->id_bytes = norni_arena_get(&p->arena, bytes + 1, 1);
    if (!p->id_offsets || !p->id_bytes) return norni_alloc_fail(err, "answer", bytes, 1);
    p->id_offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(p->id_bytes + p->id_offsets[i], t->target[i].p, t->target[i].n);
        p->id_offsets[i + 1] = p->id_offsets[i] + t->target[i].n;
    }
    return NORN_OK;
}

/* The targets as series. */
static norn_status make_panel(const norni_multi_table *t, norni_panel *p, norn_err *err) {
    const size_t n = t->n_targets, rows = t->wide.n_rows;
    p->n_series = n;
    p->n_obs = n * rows;
    p->y = norni_arena_get(&p->arena, p->n_obs, sizeof *p->y);
    p->offsets = norni_arena_get(&p->arena, n + 1, sizeof *p->offsets);
    p->start = norni_arena_get(&p->arena, n, sizeof *p->start);
    p->freq = norni_arena_get(&p->arena, n, sizeof *p->freq);
    if (t->wide.freq.unit == NORNI_UNIT_IRREGULAR) {
        p->times = norni_arena_get(&p->arena, p->n_obs, sizeof *p->times);
        if (p->times == NULL) return norni_alloc_fail(err, "answer", p->n_obs, 8);
    }
    if (!p->y || !p->offsets || !p->start || !p->freq)
        return norni_alloc_fail(err, "answer", p->n_obs, sizeof *p->y);
    p->offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(p->y + i * rows, t->y[i], rows * sizeof *p->y);
        if (p->times) memcpy(p->times + i * rows, t->wide.times, rows * sizeof *p->times);
        p->offsets[i + 1] = p->offsets[i] + rows;
        p->start[i] = t->wide.start;
        p->freq[i] = t->wide.freq;
    }
    p->style = t->wide.style;
    p->has_id = true;
    p->time_name = norni_str_of("ds");
    return make_ids(t, p, err);
}

/* ---- outcomes ---- */

static norn_status copy_message(norni_forecast *f, const char *text, norni_outcome *o,
                                norn_err *err) {
    const size_t n = strlen(text) + 1;
    o->message = norni_alloc_get(&f->ctx->alloc, n, 1);
    if (o->message == NULL) return norni_alloc_fail(err, "answer", n, 1);
    memcpy(o->message, text, n);
    return NORN_OK;
}

static bool any_number(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (isfinite(x[i])) return true;
    }
    return false;
}

static norn_status judge(const norni_multi_job *j, norni_forecast *f, size_t target, size_t spec,
                         norn_err *err) {
    norni_outcome *o = &f->batch.outcome[target * f->plan->n_specs + spec];
    const norni_multi_table *t = j->table;
    size_t first = 0;
    o->attempts = 1;
    o->seconds = 0;
    if (t->why[target] != NULL) {
        o->status = NORN_E_DATA;
        return copy_message(f, t->why[target], o, err);
    }
    const bool there = any_number(norni_multi_ahead(j, spec, target), j->plan->horizon);
    if (j->plan->specs[spec].learner == NULL) {
        o->status = there ? NORN_OK : NORN_E_NUMERIC;
        return there ? NORN_OK : copy_message(f, "no model of the ensemble has a forecast", o, err);
    }
    const size_t n = norni_multi_n_fallback(j, spec, target, true, &first);
    for (size_t i = 0; i < j->n_items; i++) {
        const norni_multi_item *at = &j->item[i];
        if (at->spec == spec && !norni_multi_item_is_whole(at) && t->trained[at->slot] == target)
            o->seconds += j->batch.outcome[i].seconds;
    }
    o->status = there ? NORN_OK : NORN_E_NUMERIC;
    if (n == 0) return NORN_OK;
    const norni_outcome *part = &j->batch.outcome[first];
    o->fallback = there;
    if (!there) o->status = part->status;
    o->attempts = part->attempts;
    return copy_message(f, part->message ? part->message : "", o, err);
}

static norn_status judge_all(const norni_multi_job *j, norni_multi_answer *a, norn_err *err) {
    norni_forecast *f = &a->f;
    a->n_items = f->n_items;
    for (size_t i = 0; i < j->n_items; i++) {
        const norni_outcome *o = &j->batch.outcome[i];
        a->n_parts_failed += o->status != NORN_OK;
        a->n_parts_fallback += o->status == NORN_OK && o->fallback;
    }
    for (size_t i = 0; i < f->n_items; i++) {
        const norni_outcome *o = &f->batch.outcome[i];
        NORN_TRY(judge(j, f, i / f->plan->n_specs, i % f->plan->n_specs, err));
        a->n_ok += o->status == NORN_OK;
        a->n_fallback += o->status == NORN_OK && o->fallback;
        a->n_failed += o->status != NORN_OK;
    }
    f->batch.n_ok = a->n_ok;
    f->batch.n_fallback = a->n_fallback;
    f->batch.n_failed = a->n_failed;
    return NORN_OK;
}

/* ---- digest ---- */

static norni_hash128 hash_item(const norni_multi_job *j, const norni_forecast *f, size_t target,
                               size_t spec) {
    const norni_multi_table *t = j->table;
    const size_t h = j->plan->horizon, n_specs = j->plan->n_specs, n_ends = j->plan->levels.n * h,
                 at = target * n_specs + spec, n_oof = t->n_windows * h, n_w = j->plan->n_learners;
    const norni_outcome *o = &f->batch.outcome[at];
    const norni_str text[2] = {t->target[target], j->plan->specs[spec].column};
    const char *status = norn_status_name(o->status);
    const unsigned char fallback = o->fallback;
    norni_hash_stream s;
    norni_hash_stream_init(&s);
    for (int k = 0; k < 2; k++) {
        norni_hash_stream_add(&s, text[k].p, text[k].n);
        norni_hash_stream_add(&s, "", 1);
    }
    norni_hash_stream_add(&s, status, strlen(status) + 1);
    norni_hash_stream_add(&s, &fallback, 1);
    norni_hash_stream_add(&s, f->mean + at * h, h * sizeof(double));
    norni_hash_stream_add(&s, f->lo + at * n_ends, n_ends * sizeof(double));
    norni_hash_stream_add(&s, f->hi + at * n_ends, n_ends * sizeof(double));
    norni_hash_stream_add(&s, j->oof + (spec * t->n_targets + target) * n_oof,
                          n_oof * sizeof(double));
    norni_hash_stream_add(&s, j->weight + (spec * t->n_targets + target) * n_w,
                          n_w * sizeof(double));
    return norni_hash_stream_get(&s);
}

static norn_status make_digest(const norni_multi_job *j, norni_multi_answer *a, norn_err *err) {
    const size_t n_specs = j->plan->n_specs;
    norni_digest d;
    norn_status st = NORN_OK;
    norni_digest_init(&d, &j->ctx->alloc, n_specs, 0);
    for (size_t i = 0; i < j->table->n_targets && st == NORN_OK; i++) {
        for (size_t k = 0; k < n_specs; k++)
            a->f.hash[i * n_specs + k] = hash_item(j, &a->f, i, k);
        st = norni_digest_add(&d, j->table->target[i], a->f.hash + i * n_specs, err);
    }
    if (st == NORN_OK) st = norni_digest_get(&d, &a->digest, err);
    norni_digest_clear(&d);
    return st;
}

norn_status norni_multi_answer_make(const norni_multi_job *j, norni_multi_answer *a,
                                    norn_err *err) {
    const norni_multi_plan *plan = j->plan;
    const size_t n_items = j->table->n_targets * plan->n_specs;
    memset(a, 0, sizeof *a);
    norni_arena_init(&a->panel.arena, &j->ctx->alloc);
    norni_spec *specs = norni_arena_zero(j->arena, plan->n_specs, sizeof *specs);
    if (specs == NULL) return norni_alloc_fail(err, "answer", plan->n_specs, sizeof *specs);
    for (size_t s = 0; s < plan->n_specs; s++)
        specs[s].column = plan->specs[s].column;
    a->plan = (norni_forecast_plan){.specs = specs,
                                    .n_specs = plan->n_specs,
                                    .horizon = (int32_t)plan->horizon,
                                    .levels = plan->levels,
                                    .escape = !plan->opt->panel.common.no_escape_formulas};
    a->f = (norni_forecast){.ctx = j->ctx,
                            .arena = j->arena,
                            .panel = &a->panel,
                            .plan = &a->plan,
                            .n_items = n_items,
                            .mean = j->ahead,
                            .lo = j->lo,
                            .hi = j->hi};
    a->f.hash = norni_arena_zero(j->arena, n_items, sizeof *a->f.hash);
    a->f.batch = (norni_batch){.ctx = j->ctx, .n = n_items};
    a->f.batch.outcome = norni_alloc_zero(&j->ctx->alloc, n_items, sizeof *a->f.batch.outcome);
    if (!a->f.hash || !a->f.batch.outcome) return norni_alloc_fail(err, "answer", n_items, 64);
    NORN_TRY(make_panel(j->table, &a->panel, err));
    NORN_TRY(judge_all(j, a, err));
    return make_digest(j, a, err);
}

void norni_multi_answer_clear(norni_multi_answer *a) {
    if (a->panel.arena.alloc == NULL) return;
    if (a->f.batch.outcome != NULL) norni_batch_clear(&a->f.batch);
    norni_panel_clear(&a->panel);
    memset(a, 0, sizeof *a);
}
