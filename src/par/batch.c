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
        if (st == NORN_E_MEM && b->opt->room != NULL && extra == 0) extra = 1;
        keep_message(b, o, err);
        norni_arena_rewind(&w->arena, mark);
    }
    if (st == NORN_E_CANCEL) return st;
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

static norn_status try_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    batch_run *b = arg;
    norni_outcome *o = &b->out->outcome[item];
    if (b->opt->recall == NULL || !b->opt->recall(w, item, b->arg, o)) {
        NORN_TRY(compute_item(b, w, item, o, err));
        if (b->opt->remember) NORN_TRY(b->opt->remember(w, item, b->arg, o, err));
    }
    if (b->opt->tally != NULL) {
        atomic_fetch_add_explicit(&b->opt->tally->n_done, 1, memory_order_relaxed);
        if (o->status != NORN_OK)
            atomic_fetch_add_explicit(&b->opt->tally->n_failed, 1, memory_order_relaxed);
    }
    return NORN_OK;
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
    const norn_status st = norni_for(ctx, worker, n, try_item, &b, &opt->loop, err);
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
