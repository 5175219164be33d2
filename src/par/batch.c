/* A batch of items where one failure ends nothing: status, deterministic retries and a fallback for
 * each. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "par/batch.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

typedef struct batch_run {
    norn_ctx *ctx;
    norni_try_fn run, fallback;
    void *arg;
    const norni_batch_opt *opt;
    norni_batch *out;
    int64_t start_ns;
    atomic_size_t n_done, n_failed;
    pthread_mutex_t lock; /* guards `over` for the reporter */
    pthread_cond_t changed;
    bool over;
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

static norn_status try_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    batch_run *b = arg;
    norni_outcome *o = &b->out->outcome[item];
    const uint32_t most = b->opt->max_attempts > 0 ? b->opt->max_attempts : 1;
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    const int64_t start = norni_clock_ns();
    norn_status st = NORN_OK;
    for (uint32_t attempt = 0; attempt < most; attempt++) {
        st = b->run(w, item, attempt, b->arg, err);
        o->attempts++;
        if (st == NORN_OK || !worth_retrying(st)) break;
        keep_message(b, o, err);
        norni_arena_rewind(&w->arena, mark);
    }
    if (st == NORN_E_CANCEL) return st;
    if (st != NORN_OK) {
        keep_message(b, o, err);
        if (b->fallback != NULL) {
            norni_arena_rewind(&w->arena, mark);
            const norn_status second = b->fallback(w, item, 0, b->arg, err);
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
    if (b->opt->progress != NULL) {
        atomic_fetch_add_explicit(&b->n_done, 1, memory_order_relaxed);
        if (st != NORN_OK) atomic_fetch_add_explicit(&b->n_failed, 1, memory_order_relaxed);
    }
    return NORN_OK;
}

static void report(batch_run *b, bool last) {
    const norni_progress p = {.n_done = atomic_load(&b->n_done),
                              .n_total = b->out->n,
                              .n_failed = atomic_load(&b->n_failed),
                              .elapsed_seconds = (double)(norni_clock_ns() - b->start_ns) / 1e9,
                              .last = last};
    b->opt->progress(b->opt->progress_user, &p);
}

static void *reporter_main(void *arg) {
    batch_run *b = arg;
    pthread_mutex_lock(&b->lock);
    while (!b->over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&b->changed, &b->lock, &until);
        if (!b->over) {
            pthread_mutex_unlock(&b->lock);
            report(b, false);
            pthread_mutex_lock(&b->lock);
        }
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

static norn_status run_with_reporter(batch_run *b, norn_err *err) {
    pthread_t reporter;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    const bool started = pthread_create(&reporter, NULL, reporter_main, b) == 0;
    const norn_status st = norni_for(b->ctx, NULL, b->out->n, try_item, b, &b->opt->loop, err);
    if (started) {
        pthread_mutex_lock(&b->lock);
        b->over = true;
        pthread_cond_signal(&b->changed);
        pthread_mutex_unlock(&b->lock);
        pthread_join(reporter, NULL);
    }
    report(b, true);
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
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

norn_status norni_batch_run(norn_ctx *ctx, size_t n, norni_try_fn run, norni_try_fn fallback,
                            void *arg, const norni_batch_opt *opt, norni_batch *out,
                            norn_err *err) {
    batch_run b = {
        .ctx = ctx, .run = run, .fallback = fallback, .arg = arg, .opt = opt, .out = out};
    *out = (norni_batch){.ctx = ctx, .n = n};
    out->outcome = norni_alloc_zero(&ctx->alloc, n, sizeof *out->outcome);
    if (out->outcome == NULL) return norni_alloc_fail(err, "batch", n, sizeof *out->outcome);
    atomic_init(&b.n_done, 0);
    atomic_init(&b.n_failed, 0);
    b.start_ns = norni_clock_ns();
    const norn_status st = opt->progress ? run_with_reporter(&b, err)
                                         : norni_for(ctx, NULL, n, try_item, &b, &opt->loop, err);
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
