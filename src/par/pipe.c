/* An ordered pipeline: tokens made in order, worked on in parallel, sunk in order. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Every worker runs a lane: make a token, work on it, sink whatever has come into order. No thread
 * is bound to a stage, so none waits while there is something to do. A lane that finds the ring full
 * ends, so that its worker is free to help the slow token's own norni_for; the next lane to finish a
 * token ends, too, and all start again together. */
#include "par/pipe.h"

#include <string.h>

typedef struct pipe_slot {
    bool done;
    norn_status status;
    norn_err err;
} pipe_slot;

typedef struct pipe_run {
    const norni_pipe *pipe;
    norn_ctx *ctx;
    char *token;            /* (n_tokens, token_size) */
    pipe_slot *slot;        /* (n_tokens) */
    pthread_mutex_t source; /* held while a token is made */
    pthread_mutex_t lock;   /* guards everything below */
    size_t n_made, n_sunk;
    bool end, stop, sinking; /* stop: a token failed, no more are made */
    bool leave;              /* a lane found the ring full */
    norn_status status;      /* of the earliest failure in order */
    norn_err err;
} pipe_run;

static void *token_at(const pipe_run *r, size_t k) {
    return r->token + k % r->pipe->n_tokens * r->pipe->token_size;
}

/* Sinks every token whose turn has come; called under the lock, returns under it. */
static void sink_ready(pipe_run *r) {
    const norni_pipe *pipe = r->pipe;
    if (r->sinking) return;
    r->sinking = true;
    while (r->n_sunk < r->n_made && r->slot[r->n_sunk % pipe->n_tokens].done) {
        const size_t k = r->n_sunk;
        pipe_slot *slot = &r->slot[k % pipe->n_tokens];
        if (r->status == NORN_OK && slot->status != NORN_OK) {
            r->status = slot->status;
            r->err = slot->err;
        }
        const bool failed = r->status != NORN_OK;
        norn_err err = {NORN_OK, ""};
        pthread_mutex_unlock(&r->lock);
        const norn_status st = pipe->sink(k, token_at(r, k), failed, pipe->arg, &err);
        pthread_mutex_lock(&r->lock);
        if (!failed && st != NORN_OK) {
            r->status = st;
            r->err = err;
        }
        if (r->status != NORN_OK) r->stop = true;
        r->n_sunk++;
    }
    r->sinking = false;
}

/* Makes the next token; false: this lane has nothing more to make now. */
static bool make_token(pipe_run *r, size_t *k) {
    const norni_pipe *pipe = r->pipe;
    bool made = false;
    pthread_mutex_lock(&r->source);
    pthread_mutex_lock(&r->lock);
    const size_t alive = r->n_made - r->n_sunk;
    bool go = !r->end && !r->stop && !r->leave;
    if (go && alive >= pipe->n_tokens) {
        r->leave = true;
        go = false;
    }
    *k = r->n_made;
    pthread_mutex_unlock(&r->lock);
    if (go) {
        bool end = false;
        norn_err err = {NORN_OK, ""};
        const norn_status st = norn_ctx_cancelled(r->ctx)
                                   ? norn_fail(&err, NORN_E_CANCEL, "cancelled")
                                   : pipe->source(*k, token_at(r, *k), &end, pipe->arg, &err);
        pthread_mutex_lock(&r->lock);
        if (end && st == NORN_OK) {
            r->end = true;
        } else {
            r->slot[*k % pipe->n_tokens] = (pipe_slot){st != NORN_OK, st, err};
            if (st != NORN_OK) r->stop = true;
            r->n_made++;
            made = st == NORN_OK;
        }
        pthread_mutex_unlock(&r->lock);
    }
    pthread_mutex_unlock(&r->source);
    return made;
}

static norn_status run_lane(norni_worker *w, size_t item, void *arg, norn_err *err) {
    pipe_run *r = arg;
    size_t k;
    (void)item;
    (void)err;
    while (make_token(r, &k)) {
        norn_err e = {NORN_OK, ""};
        const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
        const norn_status st = r->pipe->work(w, k, token_at(r, k), r->pipe->arg, &e);
        norni_arena_rewind(&w->arena, mark);
        pthread_mutex_lock(&r->lock);
        r->slot[k % r->pipe->n_tokens] = (pipe_slot){true, st, e};
        if (st != NORN_OK) r->stop = true;
        sink_ready(r);
        pthread_mutex_unlock(&r->lock);
    }
    return NORN_OK;
}

static norn_status run_rounds(pipe_run *r, norn_err *err) {
    const norni_for_opt loop = {.grain = 1, .keep_going = true, .plumbing = true};
    const size_t n_lanes = (size_t)norni_pool_threads(r->ctx);
    norn_status st = NORN_OK;
    for (bool over = false; !over && st == NORN_OK;) {
        r->leave = false;
        st = norni_for(r->ctx, NULL, n_lanes, run_lane, r, &loop, err);
        pthread_mutex_lock(&r->lock);
        sink_ready(r); /* a token that failed while it was made */
        over = (r->end || r->stop) && r->n_sunk == r->n_made;
        pthread_mutex_unlock(&r->lock);
    }
    /* After a cancelled loop tokens may be left. */
    while (r->n_sunk < r->n_made) {
        (void)r->pipe->sink(r->n_sunk, token_at(r, r->n_sunk), true, r->pipe->arg, NULL);
        r->n_sunk++;
    }
    if (r->status == NORN_OK) return st;
    if (err != NULL) *err = r->err;
    return r->status;
}

norn_status norni_pipe_run(norn_ctx *ctx, const norni_pipe *pipe, norn_err *err) {
    pipe_run r = {.pipe = pipe, .ctx = ctx};
    r.token = norni_alloc_zero(&ctx->alloc, pipe->n_tokens, pipe->token_size);
    r.slot = norni_alloc_zero(&ctx->alloc, pipe->n_tokens, sizeof *r.slot);
    norn_status st = NORN_OK;
    if (r.token == NULL || r.slot == NULL) {
        st = norni_alloc_fail(err, "pipe", pipe->n_tokens, pipe->token_size);
    } else {
        pthread_mutex_init(&r.source, NULL);
        pthread_mutex_init(&r.lock, NULL);
        st = run_rounds(&r, err);
        for (size_t i = 0; i < pipe->n_tokens && pipe->clear != NULL; i++)
            pipe->clear(r.token + i * pipe->token_size, pipe->arg);
        pthread_mutex_destroy(&r.source);
        pthread_mutex_destroy(&r.lock);
    }
    norni_alloc_drop(&ctx->alloc, r.token, pipe->n_tokens, pipe->token_size);
    norni_alloc_drop(&ctx->alloc, r.slot, pipe->n_tokens, sizeof *r.slot);
    return st;
}
