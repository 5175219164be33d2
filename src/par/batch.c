/* A batch of items where one failure ends nothing: status, deterministic retries and a fallback for
 * each. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "par/batch.h"

#include <string.h>

#include "base/clock.h"

typedef struct batch_run {
    norn_ctx *ctx;
    norni_try_fn run, fallback;
    void *arg;
    const norni_batch_opt *opt;
    norni_batch *out;
    atomic_size_t n_later;
    bool alone;   /* the items that were put off */
    size_t *item; /* their numbers */
} batch_run;

/* A wrong argument stays wrong, and data do not improve by asking again. */
static bool worth_retrying(norn_status st) {
    return st == NORN_E_NUMERIC || st == NORN_E_MEM || st == NORN_E_IO;
}

static void keep_message(batch_run *b, norni_outcome *o, const norn_err *err) {
    if (o->message != NULL) return;
    const size_t len = strlen(err->text) + 1;
    o->message = norni_alloc_get(&b->ctx->alloc, len, 1);
    if (o->message != NULL) memcpy(o->message, err->text, len);
}

/* One attempt, beside other items; alone when memory ran out in the attempt before. */
static norn_status attempt(const batch_run *b, norni_try_fn fn, norni_worker *w, size_t item,
                           uint32_t k, bool alone, norn_err *err) {
    pthread_rwlock_t *room = b->opt->room;
    if (room == NULL) return fn(w, item, k, b->arg, err);
    (void)(alone ? pthread_rwlock_wrlock(room) : pthread_rwlock_rdlock(room));
    const norn_status st = fn(w, item, k, b->arg, err);
    (void)pthread_rwlock_unlock(room);
    return st;
}

/* What other items hold decides nothing: what was tried beside them is forgotten. */
static norn_status put_off(batch_run *b, norni_outcome *o) {
    if (b->alone) return NORN_E_MEM; /* in its own words */
    if (o->message != NULL) norni_alloc_drop(&b->ctx->alloc, o->message, strlen(o->message) + 1, 1);
    *o = (norni_outcome){.status = NORN_E_MEM};
    atomic_fetch_add_explicit(&b->n_later, 1, memory_order_relaxed);
    return NORN_OK;
}

static norn_status compute_item(batch_run *b, norni_worker *w, size_t item, norni_outcome *o,
                                norn_err *err) {
    const uint32_t most = b->opt->max_attempts > 0 ? b->opt->max_attempts : 1;
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    const int64_t start = norni_clock_ns();
    norn_status st = NORN_OK;
    /* Memory that ran out beside others is no attempt that counts: its retry alone is. */
    for (uint32_t k = 0, extra = 0; k < most + extra; k++) {
        st = attempt(b, b->run, w, item, k - extra, st == NORN_E_MEM, err);
        o->attempts++;
        if (st == NORN_OK || !worth_retrying(st)) break;
        if (st == NORN_E_MEM && b->opt->memory_ends) break;
        if (st == NORN_E_MEM && b->opt->room != NULL && extra == 0) extra = 1;
        keep_message(b, o, err);
        norni_arena_rewind(&w->arena, mark);
    }
    if (st == NORN_E_CANCEL) return st;
    if (st == NORN_E_MEM && b->opt->memory_ends) return put_off(b, o);
    if (st != NORN_OK) {
        keep_message(b, o, err);
        if (b->fallback != NULL) {
            norni_arena_rewind(&w->arena, mark);
            const norn_status second = attempt(b, b->fallback, w, item, 0, st == NORN_E_MEM, err);
            o->attempts++;
            if (second == NORN_E_CANCEL) return second;
            if (second == NORN_OK) {
                st = NORN_OK;
                o->fallback = true;
            }
        }
    }
    o->status = st;
    o->seconds = (double)(norni_clock_ns() - start) / 1e9;
    return NORN_OK;
}

static bool is_later(const batch_run *b, const norni_outcome *o) {
    return b->opt->memory_ends && !b->alone && o->status == NORN_E_MEM;
}

static norn_status try_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    batch_run *b = arg;
    norni_outcome *o = &b->out->outcome[item];
    if (b->opt->recall == NULL || !b->opt->recall(w, item, b->arg, o)) {
        NORN_TRY(compute_item(b, w, item, o, err));
        if (is_later(b, o)) return NORN_OK;
        if (b->opt->remember) NORN_TRY(b->opt->remember(w, item, b->arg, o, err));
    }
    if (b->opt->tally != NULL) {
        atomic_fetch_add_explicit(&b->opt->tally->n_done, 1, memory_order_relaxed);
        if (o->status != NORN_OK)
            atomic_fetch_add_explicit(&b->opt->tally->n_failed, 1, memory_order_relaxed);
    }
    return NORN_OK;
}

static norn_status try_later(norni_worker *w, size_t k, void *arg, norn_err *err) {
    return try_item(w, ((const batch_run *)arg)->item[k], arg, err);
}

/* Those that were put off, in the order of their numbers. */
static norn_status run_later(batch_run *b, norn_err *err) {
    const size_t n = atomic_load(&b->n_later);
    size_t k = 0;
    if (n == 0) return NORN_OK;
    b->item = norni_alloc_get(&b->ctx->alloc, n, sizeof *b->item);
    if (b->item == NULL) return norni_alloc_fail(err, "batch", n, sizeof *b->item);
    for (size_t i = 0; i < b->out->n; i++) {
        if (is_later(b, &b->out->outcome[i])) b->item[k++] = i;
    }
    b->alone = true;
    const norn_status st =
        norni_for(b->ctx, NULL, n, try_later, b,
                  &(norni_for_opt){.alone = true, .poll = b->opt->loop.poll}, err);
    norni_alloc_drop(&b->ctx->alloc, b->item, n, sizeof *b->item);
    return st;
}

static void count_outcomes(norni_batch *out, double threshold) {
    for (size_t i = 0; i < out->n; i++) {
        const norni_outcome *o = &out->outcome[i];
        if (o->status != NORN_OK)
            out->n_failed++;
        else
            out->n_ok++;
        if (o->status == NORN_OK && o->fallback) out->n_fallback++;
    }
    out->above_threshold = (double)out->n_failed > threshold * (double)out->n;
}

norn_status norni_batch_run(norn_ctx *ctx, norni_worker *worker, size_t n, norni_try_fn run,
                            norni_try_fn fallback, void *arg, const norni_batch_opt *opt,
                            norni_batch *out, norn_err *err) {
    batch_run b = {
        .ctx = ctx, .run = run, .fallback = fallback, .arg = arg, .opt = opt, .out = out};
    *out = (norni_batch){.ctx = ctx, .n = n};
    out->outcome = norni_alloc_zero(&ctx->alloc, n, sizeof *out->outcome);
    if (out->outcome == NULL) return norni_alloc_fail(err, "batch", n, sizeof *out->outcome);
    norn_status st = norni_for(ctx, worker, n, try_item, &b, &opt->loop, err);
    if (st == NORN_OK && worker == NULL) st = run_later(&b, err);
    if (st != NORN_OK) {
        norni_batch_clear(out);
        return st;
    }
    count_outcomes(out, opt->error_threshold);
    return NORN_OK;
}

void norni_batch_clear(norni_batch *b) {
    if (b->outcome == NULL) return;
    for (size_t i = 0; i < b->n; i++) {
        char *text = b->outcome[i].message;
        if (text != NULL) norni_alloc_drop(&b->ctx->alloc, text, strlen(text) + 1, 1);
    }
    norni_alloc_drop(&b->ctx->alloc, b->outcome, b->n, sizeof *b->outcome);
    *b = (norni_batch){.n = 0};
}
