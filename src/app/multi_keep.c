/* Fitted learners that a run keeps: the store's header and records, written. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The file is a model store (store/model_format.h), whole or absent, every byte under a checksum. Header,
 * by base/pack.h: "multi", the layout's number (MULTI_KEPT), the learners' specs as given and each one's
 * name with every parameter, horizon, how the table was made and what features it had, the columns in
 * their roles with the words of nominal ones, features' names, targets, what a missing value becomes,
 * which features each part was given. Records: "column NUL target NUL step" (target '*' and step 0 for
 * learners of everything at once) holds 1 and what the learner saved, or 0 and why the last value serves;
 * "column NUL target" holds the out-of-fold errors (windows, horizon), then the ensemble's weights. */
#include "app/multi_keep.h"

#include "app/multi_keep_parts.h"
#include "app/multi_slots.h"
#include "app/version.h"
#include "base/pack.h"
#include "store/model_writer.h"

/* ---- header ---- */

static void pack_ints(norni_buf *b, const norni_ints *v) {
    norni_pack_u32(b, (uint32_t)v->n);
    for (size_t i = 0; i < v->n; i++)
        norni_pack_i32(b, v->v[i]);
}

static void pack_features(norni_buf *b, const norni_features_opt *x) {
    const bool flags[] = {x->mean,         x->std,      x->least,   x->most,
                          x->roll_drivers, x->calendar, x->statics, x->known};
    norni_pack_u32(b, (uint32_t)x->lookback);
    norni_pack_u32(b, (uint32_t)x->driver_lookback);
    pack_ints(b, &x->lags);
    pack_ints(b, &x->driver_lags);
    pack_ints(b, &x->windows);
    pack_ints(b, &x->seasons);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        norni_pack_u32(b, flags[i]);
}

static bool is_used(const norni_wide_column *c) {
    return c->role != NORNI_ROLE_DROPPED;
}

static void pack_columns(norni_buf *b, const norni_wide *w) {
    size_t n = 0;
    for (size_t c = 0; c < w->n_columns; c++)
        n += is_used(&w->column[c]);
    norni_pack_u32(b, (uint32_t)n);
    for (size_t c = 0; c < w->n_columns; c++) {
        const norni_wide_column *from = &w->column[c];
        if (!is_used(from)) continue;
        norni_pack_str(b, from->name);
        norni_pack_u32(b, (uint32_t)from->role);
        norni_pack_u32(b, from->nominal ? (uint32_t)from->n_categories + 1 : 0);
        for (size_t k = 0; from->nominal && k < from->n_categories; k++)
            norni_pack_str(b, from->category[k]);
    }
}

static void pack_names(norni_buf *b, const norni_str *name, size_t n) {
    norni_pack_u32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        norni_pack_str(b, name[i]);
}

static void pack_choice(norni_buf *b, const norni_multi_fit *f, size_t n_trained) {
    norni_pack_u32(b, f->choice != NULL);
    for (size_t i = 0; f->choice && i <= n_trained; i++) {
        norni_pack_u32(b, (uint32_t)f->choice[i].n);
        for (size_t k = 0; k < f->choice[i].n; k++)
            norni_pack_u32(b, (uint32_t)f->choice[i].feature[k]);
    }
}

static void pack_header(const norni_multi_job *j, norni_buf *b) {
    const norni_multi_plan *plan = j->plan;
    const norni_multi_table *t = j->table;
    const norni_multi_fit *last = &j->fit[j->n_fits - 1];
    norni_buf text;
    norni_pack_str(b, norni_str_of("multi"));
    norni_pack_u32(b, MULTI_KEPT);
    norni_pack_u32(b, (uint32_t)plan->n_specs);
    norni_buf_init(&text, b->alloc);
    for (size_t s = 0; s < plan->n_specs; s++) {
        text.n = 0;
        norni_multi_spec_text(&plan->specs[s], &text);
        norni_pack_str(b, plan->specs[s].column);
        norni_pack_str(b, (norni_str){text.p, text.n});
    }
    b->failed = b->failed || text.failed;
    norni_buf_clear(&text);
    norni_pack_u32(b, (uint32_t)plan->horizon);
    norni_pack_u32(b, (uint32_t)t->n_windows);
    norni_pack_u32(b, (uint32_t)plan->wide.fill);
    norni_pack_u32(b, (uint32_t)t->wide.freq.unit);
    norni_pack_i32(b, t->wide.freq.step);
    norni_pack_i32(b, t->wide.freq.anchor);
    norni_pack_u32(b, (uint32_t)t->n_season);
    for (size_t i = 0; i < t->n_season; i++)
        norni_pack_i32(b, t->season[i]);
    pack_features(b, &t->made_of);
    pack_columns(b, &t->wide);
    norni_pack_u32(b, (uint32_t)t->x.n);
    for (size_t k = 0; k < t->x.n; k++)
        norni_pack_str(b, t->x.col[k].name);
    pack_names(b, t->trained_name, t->n_trained);
    norni_pack_u32(b, last->fill != NULL);
    if (last->fill) norni_pack_f64s(b, last->fill, t->x.n);
    pack_choice(b, last, t->n_trained);
}

/* ---- records ---- */

static void pack_state(const norni_multi_job *j, size_t item, norni_buf *b) {
    const norni_outcome *o = &j->batch.outcome[item];
    const bool good = o->status == NORN_OK && !o->fallback;
    norni_pack_u32(b, good);
    norni_pack_str(b, good ? j->state[item] : norni_str_of(o->message ? o->message : ""));
}

static void pack_errors(const norni_multi_job *j, size_t spec, size_t target, norni_buf *b) {
    const size_t pair = spec * j->table->n_targets + target, n = j->n_miss * j->plan->horizon,
                 n_w = j->plan->n_learners;
    norni_pack_f64s(b, j->miss + pair * n, n);
    norni_pack_f64s(b, j->weight + pair * n_w, n_w);
}

typedef struct keeper {
    norni_model_writer w;
    norni_buf record, frame;
} keeper;

static norn_status add(keeper *k, norni_str key, norn_err *err) {
    k->frame.n = 0;
    if (!k->record.failed) norni_model_frame(&k->frame, key, (norni_str){k->record.p, k->record.n});
    if (k->record.failed || k->frame.failed) return norni_alloc_fail(err, "save", k->record.cap, 2);
    k->record.n = 0;
    return norni_model_writer_add(&k->w, (norni_str){k->frame.p, k->frame.n}, 1, err);
}

static norn_status write_records(const norni_multi_job *j, keeper *k, norn_err *err) {
    const norni_multi_table *t = j->table;
    for (size_t i = 0; i < j->n_items; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(j->arena);
        norni_str key;
        if (!j->fit[j->item[i].fit].last) continue;
        NORN_TRY(norni_multi_item_key(j, i, j->arena, &key, err));
        pack_state(j, i, &k->record);
        NORN_TRY(add(k, key, err));
        norni_arena_rewind(j->arena, mark);
    }
    for (size_t s = 0; s < j->plan->n_specs; s++) {
        for (size_t i = 0; i < t->n_trained; i++) {
            const norni_arena_mark mark = norni_arena_mark_get(j->arena);
            const size_t target = t->trained[i];
            norni_str key;
            NORN_TRY(norni_multi_errors_key(j->plan->specs[s].column, t->target[target], j->arena,
                                            &key, err));
            pack_errors(j, s, target, &k->record);
            NORN_TRY(add(k, key, err));
            norni_arena_rewind(j->arena, mark);
        }
    }
    return NORN_OK;
}

norn_status norni_multi_keep(const norni_multi_job *j, const char *path, norn_err *err) {
    keeper k = {.w = {.open = false}};
    norn_status st;
    norni_buf_init(&k.record, &j->ctx->alloc);
    norni_buf_init(&k.frame, &j->ctx->alloc);
    NORN_TRY_GOTO(norni_model_writer_open(&k.w, &j->ctx->alloc, path, err), done);
    pack_header(j, &k.record);
    st = k.record.failed ? norni_alloc_fail(err, "save", k.record.cap, 2)
                         : norni_model_writer_head(&k.w, norni_str_of(NORNI_VERSION),
                                                   (norni_str){k.record.p, k.record.n}, err);
    if (st != NORN_OK) goto done;
    k.record.n = 0;
    NORN_TRY_GOTO(write_records(j, &k, err), done);
    st = norni_model_writer_commit(&k.w, err);
done:
    norni_model_writer_abort(&k.w);
    norni_buf_clear(&k.record);
    norni_buf_clear(&k.frame);
    return st;
}
