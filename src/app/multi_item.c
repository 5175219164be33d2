/* One part of a learner at one fit: fitted, asked for its forecasts, kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_item.h"

#include <math.h>

#include "app/multi_fits.h"
#include "app/multi_kept.h"
#include "app/multi_slots.h"
#include "app/multi_terms.h"
#include "base/fp.h"
#include "eval/share.h"

/* ---- the last value ---- */

static double last_value(const double *y, size_t row) {
    for (size_t r = row + 1; r-- > 0;) {
        if (!isnan(y[r])) return y[r];
    }
    return NORNI_NAN;
}

typedef struct fall {
    const norni_multi_job *j;
    bool only_gaps; /* numbers that are there stay */
    size_t n_without, n_filled;
} fall;

static void fall_slot(void *user, size_t target, size_t window, bool ahead, double *number,
                      size_t n_steps) {
    fall *f = user;
    const norni_multi_table *t = f->j->table;
    const size_t row = ahead ? t->wide.n_rows - 1 : t->origin[window];
    const double value = last_value(t->y[target], row);
    for (size_t h = 0; h < n_steps; h++) {
        if (f->only_gaps && isfinite(number[h])) continue;
        number[h] = norni_canonical(value);
        f->n_filled++;
        f->n_without += isnan(value) ? 1 : 0;
    }
}

norn_status norni_multi_item_fall_back(norni_multi_job *j, size_t item, norn_err *err) {
    fall f = {.j = j};
    norni_multi_item_each(j, item, fall_slot, &f);
    if (j->state) NORN_TRY(norni_multi_item_keep(j, item, (norni_str){"", 0}, err));
    if (j->n_reasons) j->n_reasons[item] = 0;
    return norni_multi_item_tell(j, item, "last value", err);
}

/* ---- forecasts ---- */

/* What predict gave, out (n_targets, horizon) or (1), into the item's slots. */
static norn_status put(norni_multi_job *j, size_t item, size_t window, bool ahead,
                       const double *from, norn_err *err) {
    const norni_multi_item *at = &j->item[item];
    const norni_multi_table *t = j->table;
    const bool whole = norni_multi_item_is_whole(at);
    const size_t n = whole ? j->plan->horizon : 1, n_slots = whole ? t->n_trained : 1;
    size_t n_none = 0;
    for (size_t s = 0; s < n_slots; s++) {
        const size_t target = t->trained[whole ? s : at->slot];
        double *to = ahead ? norni_multi_ahead(j, at->spec, target)
                           : norni_multi_oof(j, at->spec, target, window);
        for (size_t h = 0; h < n; h++) {
            const double x = from[s * n + h];
            to[whole ? h : at->step - 1] = norni_canonical(isfinite(x) ? x : NORNI_NAN);
            n_none += isfinite(x) ? 0 : 1;
        }
    }
    if (n_none < n_slots * n) return NORN_OK; /* gaps of some targets are filled below */
    return norn_fail(err, NORN_E_NUMERIC, "%s: no forecast is finite",
                     j->plan->specs[at->spec].learner->name);
}

static norn_status forecast(norni_multi_job *j, norni_env *env, size_t item,
                            const norni_multi_view *v, const void *state, norn_err *err) {
    const norni_multi_item *at = &j->item[item];
    const norni_multi_table *t = j->table;
    const norni_multi_fit *f = &j->fit[at->fit];
    const norni_learner *l = j->plan->specs[at->spec].learner;
    const size_t n = l->whole ? t->n_trained * j->plan->horizon : 1;
    double *out = norni_arena_get(env->arena, n, sizeof *out);
    if (out == NULL) return norni_alloc_fail(err, "multi", n, sizeof *out);
    for (size_t k = f->first_window; k < f->first_window + f->n_windows + f->last; k++) {
        const bool ahead = k == f->first_window + f->n_windows;
        const size_t row = ahead ? t->wide.n_rows - 1 : t->origin[k];
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        norni_lesson seen = v->lesson;
        seen.n = row + 1;
        for (size_t i = 0; i < n; i++)
            out[i] = NORNI_NAN;
        NORN_TRY(l->predict(env, state, &seen, row, out, err));
        NORN_TRY(put(j, item, k, ahead, out, err));
        norni_arena_rewind(env->arena, mark);
    }
    return NORN_OK;
}

/* What a whole learner left empty for single targets is the last value there. */
static norn_status fill_gaps(norni_multi_job *j, size_t item, norn_err *err) {
    fall f = {.j = j, .only_gaps = true};
    norni_multi_item_each(j, item, fall_slot, &f);
    if (f.n_filled == 0) return NORN_OK;
    char text[96];
    norni_format(text, sizeof text, "%zu forecasts are the last value: the model gave none",
                 f.n_filled);
    return norni_multi_item_tell(j, item, text, err);
}

static norn_status keep_state(norni_multi_job *j, size_t item, const norni_learner *l,
                              const void *state, norn_err *err) {
    norni_buf b;
    if (j->state == NULL || !j->fit[j->item[item].fit].last) return NORN_OK;
    norni_buf_init(&b, &j->ctx->alloc);
    norn_status st = l->save(state, &b, err);
    if (st == NORN_OK && b.failed) st = norni_alloc_fail(err, "save", b.cap, 2);
    if (st == NORN_OK) st = norni_multi_item_keep(j, item, (norni_str){b.p, b.n}, err);
    norni_buf_clear(&b);
    return st;
}

/* An explanation that cannot be given takes no forecast away. */
static norn_status take_terms(norni_multi_job *j, norni_env *env, size_t item,
                              const norni_multi_view *v, const void *state, norn_err *err) {
    norn_err why = {NORN_OK, ""};
    if (j->n_reasons == NULL || !j->fit[j->item[item].fit].last) return NORN_OK;
    const norn_status st = norni_multi_terms_take(j, env, item, v, state, &why);
    if (st == NORN_OK) return NORN_OK;
    j->n_reasons[item] = 0;
    if (st != NORN_E_CANCEL && st != NORN_E_MEM) return NORN_OK;
    return norn_fail(err, st, "%s", why.text);
}

norn_status norni_multi_item_run(norni_worker *w, norni_multi_job *j, size_t item, uint32_t attempt,
                                 norn_err *err) {
    const norni_multi_item *at = &j->item[item];
    const norni_learner_spec *spec = &j->plan->specs[at->spec];
    const norni_learner *l = spec->learner;
    const norni_share share = norni_share_of(w);
    const norni_lesson_part part = {l->whole ? 0 : at->slot, at->step};
    norni_multi_view v;
    norni_str key;
    void *state = NULL;
    char text[512] = "";
    NORN_TRY(norni_multi_view_make(j, &j->fit[at->fit], spec,
                                   l->whole ? j->table->n_trained : at->slot, &w->arena, &v, err));
    NORN_TRY(norni_multi_item_key(j, item, &w->arena, &key, err));
    norni_env env = {.arena = &w->arena,
                     .share = &share,
                     .poll = norni_ctx_poll(j->ctx),
                     .seed = j->plan->seed,
                     .item = norni_hash64(key.p, key.n) ^ v.lesson.key,
                     .attempt = attempt};
    if (j->kept) {
        norni_str saved;
        NORN_TRY(norni_multi_kept_state(j->kept, key, &w->arena, &saved, err));
        NORN_TRY(l->load(&env, spec->opt, saved, &state, err));
        j->reach[item] = l->reach ? l->reach(state, &v.lesson) : 1;
    } else {
        if (l->validate) NORN_TRY(l->validate(spec->opt, &v.lesson, err));
        NORN_TRY(l->fit(&env, spec->opt, &v.lesson, part, &state, err));
    }
    NORN_TRY(forecast(j, &env, item, &v, state, err));
    NORN_TRY(keep_state(j, item, l, state, err));
    if (l->describe) l->describe(state, text, sizeof text);
    NORN_TRY(norni_multi_item_tell(j, item, text, err));
    NORN_TRY(fill_gaps(j, item, err));
    return take_terms(j, &env, item, &v, state, err);
}
