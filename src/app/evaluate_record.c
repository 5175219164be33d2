/* The run folder of an evaluation: its items' results as records, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A record holds what an item gave to the tables and to later folds: outcome, numbers, the state that
 * they start from, the scores of conformal intervals. Scores against what happened are made anew. */
#include "app/evaluate_record.h"

#include "app/run_header.h"
#include "app/version.h"
#include "base/pack.h"
#include "io/source.h"

/* Items that took longer than this are written at once. */
#define AT_ONCE_SECONDS 1e-3

/* Everything that the item's answer depends on: the plan, the series, its place. */
static norni_hash128 item_key(const norni_evaluate_memory *m, const norni_cv *cv, size_t item) {
    const norni_panel *p = cv->panel;
    const norni_cv_place at = norni_cv_place_of(cv, item);
    const size_t i = at.series, n = norni_panel_n(p, i);
    const uint64_t place[2] = {at.contender, at.fold};
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, &m->plan_key, sizeof m->plan_key);
    norni_hash_stream_add(&h, place, sizeof place);
    norni_header_series(p, i, &h);
    for (size_t c = 0; c < p->n_x; c++) {
        const norni_holdout *held = cv->plan->holdout;
        const size_t ahead = cv->plan->rules.horizon;
        norni_hash_stream_add(&h, p->x + c * p->n_obs + p->offsets[i], n * sizeof(double));
        if (held) norni_hash_stream_add(&h, held->x[c] + i * ahead, ahead * sizeof(double));
    }
    return norni_hash_stream_get(&h);
}

/* The item's numbers, wherever they lie. */
typedef struct item_numbers {
    double *part[5];
    size_t n[5];
} item_numbers;

static item_numbers numbers_of(const norni_cv *cv, size_t item) {
    const size_t h = cv->plan->rules.horizon, ends = h * cv->plan->rules.levels.n;
    item_numbers x = {{cv->mean + item * h, cv->lo + item * ends, cv->hi + item * ends},
                      {h, ends, ends}};
    if (cv->plan->conformal) {
        const size_t n = cv->conformal.how.windows * h;
        x.part[3] = cv->conformal.score + item * n;
        x.n[3] = n;
        x.part[4] = cv->conformal.scale + item;
        x.n[4] = 1;
    }
    return x;
}

static char *copy_text(const norn_alloc *alloc, norni_str s) {
    char *kept = norni_alloc_get(alloc, s.n + 1, 1);
    if (kept == NULL) return NULL;
    memcpy(kept, s.p, s.n);
    kept[s.n] = '\0';
    return kept;
}

/* Takes the texts; false leaves nothing behind. */
static bool take_texts(norni_cv *cv, size_t item, norni_str message, bool described,
                       norni_str description, norni_str state, norni_outcome *o) {
    const norn_alloc *alloc = &cv->ctx->alloc;
    char *text = NULL, *why = message.n > 0 ? copy_text(alloc, message) : NULL;
    if (cv->described && described) text = copy_text(alloc, description);
    norni_buf_clear(&cv->kept[item]);
    norni_buf_add(&cv->kept[item], state.p, state.n);
    if ((message.n > 0 && !why) || (cv->described && described && !text) || cv->kept[item].failed) {
        norni_buf_clear(&cv->kept[item]);
        if (why) norni_alloc_drop(alloc, why, message.n + 1, 1);
        if (text) norni_alloc_drop(alloc, text, description.n + 1, 1);
        return false;
    }
    o->message = why;
    if (cv->described) cv->described[item] = text;
    return true;
}

static bool recall(norni_worker *w, norni_cv *cv, size_t item, void *arg, norni_outcome *o) {
    const norni_evaluate_memory *m = arg;
    const item_numbers x = numbers_of(cv, item);
    norni_str record;
    size_t n_numbers = 0;
    if (!norni_run_store_get(m->store, item_key(m, cv, item), &w->arena, &record)) return false;
    norni_unpack u = {record, false};
    const uint32_t status = norni_unpack_u32(&u), attempts = norni_unpack_u32(&u),
                   flags = norni_unpack_u32(&u), stop = norni_unpack_u32(&u);
    const double seconds = norni_unpack_f64(&u);
    const norni_str message = norni_unpack_str(&u), description = norni_unpack_str(&u),
                    state = norni_unpack_str(&u);
    for (int k = 0; k < 5; k++)
        n_numbers += x.n[k];
    if (u.failed || u.left.n != n_numbers * sizeof(double)) return false;
    if ((cv->described != NULL) != ((flags & 2) != 0)) return false;
    *o = (norni_outcome){.status = (norn_status)status,
                         .attempts = (uint16_t)attempts,
                         .fallback = (flags & 1) != 0,
                         .seconds = seconds};
    if (!take_texts(cv, item, message, (flags & 4) != 0, description, state, o)) return false;
    if (cv->effort) {
        cv->effort[item].cut = stop > 0;
        cv->effort[item].late = stop == 2;
    }
    for (int k = 0; k < 5; k++)
        norni_unpack_f64s(&u, x.part[k], x.n[k]);
    return true;
}

static norn_status remember(norni_worker *w, norni_cv *cv, size_t item, void *arg,
                            const norni_outcome *o, norn_err *err) {
    const norni_evaluate_memory *m = arg;
    const item_numbers x = numbers_of(cv, item);
    const char *text = cv->described ? cv->described[item] : NULL;
    const norni_buf *state = &cv->kept[item];
    const norni_effort *e = cv->effort ? &cv->effort[item] : NULL;
    const uint32_t flags = (o->fallback ? 1U : 0U) | (cv->described ? 2U : 0U) | (text ? 4U : 0U);
    norni_buf b;
    norni_buf_init(&b, &cv->ctx->alloc);
    norni_pack_u32(&b, (uint32_t)o->status);
    norni_pack_u32(&b, o->attempts);
    norni_pack_u32(&b, flags);
    norni_pack_u32(&b, e == NULL || !e->cut ? 0 : e->late ? 2 : 1);
    norni_pack_f64(&b, o->seconds);
    norni_pack_str(&b, norni_str_of(o->message ? o->message : ""));
    norni_pack_str(&b, norni_str_of(text ? text : ""));
    norni_pack_str(&b, (norni_str){state->p ? state->p : "", state->n});
    for (int k = 0; k < 5; k++)
        norni_pack_f64s(&b, x.part[k], x.n[k]);
    norn_status st = b.failed ? norni_alloc_fail(err, "run folder", b.cap, 2) : NORN_OK;
    if (st == NORN_OK)
        st = norni_run_store_add(m->store, w, item_key(m, cv, item), (norni_str){b.p, b.n},
                                 o->seconds > AT_ONCE_SECONDS, err);
    norni_buf_clear(&b);
    return st;
}

static norn_status print_header(const norni_op_env *env, const norni_evaluate_opt *opt,
                                const norni_inputs *in, norni_hash128 *key, norni_buf *b,
                                norn_err *err) {
    static const char *const shown[] = {"by-series", "errors", "metric", "actual", "grid", NULL};
    static const char *const files[] = {"holidays", NULL}; /* what is in it, not its name */
    norni_buf_format(b, "norn run folder: 2\nversion: %s\noperation: evaluate\n", NORNI_VERSION);
    norni_header_rows(norni_evaluate_rows, norni_n_evaluate_rows, opt, shown, b);
    norni_header_rows(norni_method_rows, norni_n_method_rows, opt, files, b);
    norni_header_panel(&opt->panel, b);
    norni_buf_format(b, "hold-out: %s\n", opt->actual ? "yes" : "no");
    if (opt->grid) NORN_TRY(norni_header_file(env->ctx, "grid file", opt->grid, b, err));
    if (opt->method.holidays)
        NORN_TRY(norni_header_file(env->ctx, "holidays", opt->method.holidays, b, err));
    *key = norni_hash_128(b->p, b->n);
    for (size_t i = 0; i < in->n; i++)
        NORN_TRY(norni_header_file(env->ctx, "input", in->path[i], b, err));
    return b->failed ? norni_alloc_fail(err, "resume", b->cap, 2) : NORN_OK;
}

norn_status norni_evaluate_memory_open(const norni_op_env *env, norni_evaluate_plan *plan,
                                       const norni_inputs *in, norni_evaluate_memory *out,
                                       norn_err *err) {
    const char *folder = plan->opt->panel.common.resume;
    norni_buf b;
    *out = (norni_evaluate_memory){.store = NULL};
    if (folder == NULL) return NORN_OK;
    norni_buf_init(&b, &env->ctx->alloc);
    norn_status st = print_header(env, plan->opt, in, &out->plan_key, &b, err);
    if (st == NORN_OK)
        st = norni_run_store_open(env->ctx, folder, (norni_str){b.p, b.n}, &out->store, err);
    norni_buf_clear(&b);
    if (st != NORN_OK) return st;
    if (norni_run_store_found(out->store) > 0)
        norni_say(env, "%zu item%s in %s", norni_run_store_found(out->store),
                  norni_run_store_found(out->store) == 1 ? " of an earlier run is"
                                                         : "s of an earlier run are",
                  folder);
    out->hooks = (norni_cv_memory){recall, remember, out};
    plan->cv.memory = &out->hooks;
    return NORN_OK;
}

norn_status norni_evaluate_memory_close(norni_evaluate_memory *m, norn_err *err) {
    const norn_status st = m->store ? norni_run_store_close(m->store, err) : NORN_OK;
    m->store = NULL;
    return st;
}
