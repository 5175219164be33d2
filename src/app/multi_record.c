/* One part's result as a record of the run folder, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_record.h"

#include "app/multi_fits.h"
#include "app/multi_slots.h"
#include "app/multi_terms.h"
#include "base/pack.h"
#include "eval/share.h"

/* Items that took longer than this are written at once. */
#define AT_ONCE_SECONDS 1e-3

/* The plan, the rows known, the part. */
static norn_status key_of(const norni_multi_job *j, size_t item, norni_arena *arena,
                          norni_hash128 *out, norn_err *err) {
    const norni_multi_fit *f = &j->fit[j->item[item].fit];
    const uint64_t at[2] = {f->key, f->last};
    norni_hash_stream h;
    norni_str key;
    NORN_TRY(norni_multi_item_key(j, item, arena, &key, err));
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, &j->plan_key, sizeof j->plan_key);
    norni_hash_stream_add(&h, at, sizeof at);
    norni_hash_stream_add(&h, key.p, key.n);
    *out = norni_hash_stream_get(&h);
    return NORN_OK;
}

typedef struct numbers {
    norni_buf *to;
    norni_unpack *from;
} numbers;

static void pack_slot(void *user, size_t target, size_t window, bool ahead, double *number,
                      size_t n_steps) {
    (void)target, (void)window, (void)ahead;
    norni_pack_f64s(((numbers *)user)->to, number, n_steps);
}

static void unpack_slot(void *user, size_t target, size_t window, bool ahead, double *number,
                        size_t n_steps) {
    (void)target, (void)window, (void)ahead;
    norni_unpack_f64s(((numbers *)user)->from, number, n_steps);
}

/* The explanation of a part whose state an earlier run kept. */
static norn_status explain(norni_worker *w, norni_multi_job *j, size_t item, norni_str saved,
                           norn_err *err) {
    const norni_multi_item *at = &j->item[item];
    const norni_learner_spec *spec = &j->plan->specs[at->spec];
    const norni_share share = norni_share_of(w);
    norni_env env = {
        .arena = &w->arena, .share = &share, .poll = norni_ctx_poll(j->ctx), .seed = j->plan->seed};
    norni_multi_view v;
    void *state = NULL;
    if (saved.n == 0) return NORN_OK;
    NORN_TRY(norni_multi_view_make(j, &j->fit[at->fit], spec, at->slot, &w->arena, &v, err));
    NORN_TRY(spec->learner->load(&env, spec->opt, saved, &state, err));
    return norni_multi_terms_take(j, &env, item, &v, state, err);
}

static bool take(norni_worker *w, norni_multi_job *j, size_t item, norni_unpack *u,
                 norni_outcome *o) {
    const norn_alloc *alloc = &j->ctx->alloc;
    const uint32_t status = norni_unpack_count(u, 0, NORN_E_INTERNAL),
                   attempts = norni_unpack_u32(u), flags = norni_unpack_count(u, 0, 3);
    const double seconds = norni_unpack_f64(u);
    const norni_str message = norni_unpack_str(u), told = norni_unpack_str(u),
                    state = norni_unpack_str(u);
    if (u->failed || ((flags & 2) != 0) != (j->state != NULL)) return false;
    const char *text = norni_arena_text(&w->arena, told.p, told.n);
    if (text == NULL || norni_multi_item_tell(j, item, text, NULL) != NORN_OK) return false;
    if (j->state && norni_multi_item_keep(j, item, state, NULL) != NORN_OK) return false;
    norni_multi_item_each(j, item, unpack_slot, &(numbers){.from = u});
    if (!norni_unpack_end(u)) return false;
    if (j->n_reasons && explain(w, j, item, state, NULL) != NORN_OK) return false;
    *o = (norni_outcome){.status = (norn_status)status,
                         .attempts = (uint16_t)attempts,
                         .fallback = (flags & 1) != 0,
                         .seconds = seconds};
    if (message.n == 0) return true;
    o->message = norni_alloc_get(alloc, message.n + 1, 1);
    if (o->message == NULL) return false;
    memcpy(o->message, message.p, message.n);
    o->message[message.n] = '\0';
    return true;
}

bool norni_multi_recall(norni_worker *w, norni_multi_job *j, size_t item, norni_outcome *o) {
    norni_hash128 key;
    norni_str record;
    if (key_of(j, item, &w->arena, &key, NULL) != NORN_OK) return false;
    if (!norni_run_store_get(j->store, key, &w->arena, &record)) return false;
    norni_unpack u = {record, false};
    return take(w, j, item, &u, o);
}

norn_status norni_multi_remember(norni_worker *w, norni_multi_job *j, size_t item,
                                 const norni_outcome *o, norn_err *err) {
    norni_hash128 key;
    norni_buf b;
    NORN_TRY(key_of(j, item, &w->arena, &key, err));
    norni_buf_init(&b, &j->ctx->alloc);
    norni_pack_u32(&b, (uint32_t)o->status);
    norni_pack_u32(&b, o->attempts);
    norni_pack_u32(&b, (o->fallback ? 1u : 0u) | (j->state ? 2u : 0u));
    norni_pack_f64(&b, o->seconds);
    norni_pack_str(&b, norni_str_of(o->message ? o->message : ""));
    norni_pack_str(&b, norni_str_of(j->told && j->told[item] ? j->told[item] : ""));
    norni_pack_str(&b, j->state && j->state[item].p ? j->state[item] : (norni_str){"", 0});
    norni_multi_item_each(j, item, pack_slot, &(numbers){.to = &b});
    norn_status st = b.failed ? norni_alloc_fail(err, "run folder", b.cap, 2)
                              : norni_run_store_add(j->store, w, key, (norni_str){b.p, b.n},
                                                    o->seconds > AT_ONCE_SECONDS, err);
    norni_buf_clear(&b);
    return st;
}
