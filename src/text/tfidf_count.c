/* The terms of all texts: blocks cut in parallel, then merged by parts of the hash's range, each in the blocks' order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "text/stop_words.h"
#include "text/tfidf_parts.h"

#define LOW32 UINT64_C(0xFFFFFFFF)

enum { FIRST_TERMS = 1 << 8, STOP_SLACK = 8 };

/* ---- options ---- */

static norn_status check_df(norni_tfidf_df df, const char *name, norn_err *err) {
    if (df.share && !(df.value >= 0 && df.value <= 1))
        return norn_fail(err, NORN_E_ARG, "tfidf: %s=%g is no share from 0 to 1", name, df.value);
    if (!df.share && !(df.value >= 1 && df.value <= 9007199254740992.0 &&
                       df.value == (double)(uint64_t)df.value))
        return norn_fail(err, NORN_E_ARG, "tfidf: %s=%g is no count of 1 or more texts", name,
                         df.value);
    return NORN_OK;
}

static norn_status check(const norni_tfidf_opt *o, norn_err *err) {
    if (o->min_n < 1 || o->max_n > 8 || o->min_n > o->max_n)
        return norn_fail(err, NORN_E_ARG, "tfidf: n-grams of %d to %d are not within 1 to 8",
                         (int)o->min_n, (int)o->max_n);
    if ((unsigned)o->analyzer > NORNI_TFIDF_CHAR_WB || (unsigned)o->token > NORNI_TFIDF_ALPHA ||
        (unsigned)o->norm > NORNI_TFIDF_NONE)
        return norn_fail(err, NORN_E_ARG, "tfidf: analyzer %d, token %d or norm %d is unknown",
                         (int)o->analyzer, (int)o->token, (int)o->norm);
    NORN_TRY(check_df(o->min_df, "min_df", err));
    NORN_TRY(check_df(o->max_df, "max_df", err));
    if (o->min_df.share == o->max_df.share && o->min_df.value > o->max_df.value)
        return norn_fail(err, NORN_E_ARG, "tfidf: min_df=%g is above max_df=%g", o->min_df.value,
                         o->max_df.value);
    return NORN_OK;
}

/* Takes the word over, its hash's 8 bytes of slack behind it. */
static bool add_stop(norni_tfidf_cutter *c, norni_str word) {
    char *p = norni_arena_zero(&c->arena, word.n + STOP_SLACK, 1);
    if (p == NULL) return false;
    if (word.n > 0) memcpy(p, word.p, word.n);
    size_t at = (size_t)norni_tfidf_hash(p, word.n) & (c->n_slots - 1);
    while (c->stop[at].p != NULL)
        at = (at + 1) & (c->n_slots - 1);
    c->stop[at] = (norni_str){p, word.n};
    return true;
}

static norn_status take_stops(norni_tfidf_cutter *c, const norni_tfidf_opt *o, norn_err *err) {
    norni_str word;
    size_t n = 0, n_slots = 64;
    for (size_t at = 0; o->english_stops && (word = norni_stop_word_next(&at)).n > 0;)
        n++;
    if (o->n_stop > SIZE_MAX / 16 - n) return norni_alloc_fail(err, "tfidf", o->n_stop, 16);
    n += o->n_stop;
    if (n == 0 || o->analyzer != NORNI_TFIDF_WORD) return NORN_OK;
    while (n_slots < 4 * n)
        n_slots *= 2;
    c->stop = norni_arena_zero(&c->arena, n_slots, sizeof *c->stop);
    bool good = c->stop != NULL;
    c->n_slots = n_slots;
    for (size_t at = 0; good && o->english_stops && (word = norni_stop_word_next(&at)).n > 0;)
        good = add_stop(c, word);
    for (size_t k = 0; good && k < o->n_stop; k++)
        good = add_stop(c, o->stop[k]);
    return good ? NORN_OK : norni_alloc_fail(err, "tfidf", n_slots, sizeof *c->stop);
}

norn_status norni_tfidf_cutter_init(norni_tfidf_cutter *c, const norn_alloc *alloc,
                                    const norni_tfidf_opt *opt, norn_err *err) {
    *c = (norni_tfidf_cutter){.opt = *opt};
    norni_arena_init(&c->arena, alloc);
    c->opt.stop = NULL;
    c->opt.n_stop = 0;
    NORN_TRY(check(opt, err));
    const norn_status st = take_stops(c, opt, err);
    if (st != NORN_OK) norni_tfidf_cutter_clear(c);
    return st;
}

void norni_tfidf_cutter_clear(norni_tfidf_cutter *c) {
    norni_arena_clear(&c->arena);
    c->stop = NULL;
    c->n_slots = 0;
}

/* ---- counting ---- */

static norn_status cut_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    norni_tfidf_count *c = arg;
    const size_t first = item * NORNI_TFIDF_BLOCK, left = c->n_texts - first;
    return norni_tfidf_cut(c->how, c->alloc, &worker->arena, norni_ctx_poll(worker->ctx),
                           c->texts + first, c->time ? c->time + first : NULL,
                           left < NORNI_TFIDF_BLOCK ? left : NORNI_TFIDF_BLOCK, &c->block[item],
                           err);
}

static bool grow_part(norni_tfidf_part *p, const norn_alloc *alloc) {
    const size_t cap = p->cap ? 2 * p->cap : FIRST_TERMS, n_slots = 2 * cap;
    norni_tfidf_gram *gram = norni_alloc_resize(alloc, p->gram, p->cap, cap, sizeof *gram);
    if (gram == NULL) return false;
    p->gram = gram;
    p->cap = cap;
    uint64_t *slots = norni_alloc_zero(alloc, n_slots, sizeof *slots);
    if (slots == NULL) return false;
    norni_alloc_drop(alloc, p->slots, p->n_slots, sizeof *slots);
    p->slots = slots;
    p->n_slots = n_slots;
    for (size_t k = 0; k < p->n; k++) {
        size_t at = (size_t)gram[k].hash & (n_slots - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (gram[k].hash & ~LOW32) | (k + 1);
    }
    return true;
}

/* The term's place in the part, where it is counted. */
static uint32_t merge_term(norni_tfidf_part *p, const norni_tfidf_gram *g) {
    const size_t mask = p->n_slots - 1;
    size_t at = (size_t)g->hash & mask;
    for (uint64_t slot; (slot = p->slots[at]) != 0; at = (at + 1) & mask) {
        if ((slot ^ g->hash) >> 32 != 0) continue;
        norni_tfidf_gram *other = &p->gram[(slot & LOW32) - 1];
        if (other->hash != g->hash || other->n != g->n || !norni_tfidf_same(other->p, g->p, g->n))
            continue;
        other->df += g->df;
        other->count += g->count;
        return (uint32_t)(slot & LOW32) - 1;
    }
    p->gram[p->n++] = *g;
    p->slots[at] = (g->hash & ~LOW32) | p->n;
    return (uint32_t)p->n - 1;
}

static norn_status merge_part(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    norni_tfidf_count *c = arg;
    norni_tfidf_part *p = &c->part[item];
    const norni_poll poll = norni_ctx_poll(worker->ctx);
    for (size_t b = 0; b < c->n_blocks; b++) {
        const norni_tfidf_block *block = &c->block[b];
        if (b % 16 == 0 && norni_poll_stop(&poll))
            return norn_fail(err, NORN_E_CANCEL, "tfidf: cancelled");
        for (size_t k = block->part[item]; k < block->part[item + 1]; k++) {
            if (p->n == p->cap) {
                if (p->n >= UINT32_MAX / 4)
                    return norn_fail(err, NORN_E_LIMIT, "tfidf: too many different terms");
                if (!grow_part(p, c->alloc))
                    return norni_alloc_fail(err, "tfidf", p->cap, 4 * sizeof *p->gram);
            }
            block->map[k] = merge_term(p, &block->gram[k]);
        }
    }
    return NORN_OK;
}

norn_status norni_tfidf_count_texts(norn_ctx *ctx, norni_worker *worker,
                                    const norni_tfidf_cutter *how, const norni_str *texts,
                                    const int64_t *time, size_t n, bool merge,
                                    norni_tfidf_count *out, norn_err *err) {
    *out = (norni_tfidf_count){.alloc = &ctx->alloc,
                               .how = how,
                               .texts = texts,
                               .time = time,
                               .n_texts = n,
                               .n_blocks = n / NORNI_TFIDF_BLOCK + (n % NORNI_TFIDF_BLOCK != 0)};
    if (n >= UINT32_MAX) return norn_fail(err, NORN_E_LIMIT, "tfidf: %zu texts are too many", n);
    norn_status st = NORN_OK;
    out->block = norni_alloc_zero(out->alloc, out->n_blocks, sizeof *out->block);
    if (out->block == NULL)
        return norni_alloc_fail(err, "tfidf", out->n_blocks, sizeof *out->block);
    NORN_TRY_GOTO(norni_for(ctx, worker, out->n_blocks, cut_block, out, NULL, err), fail);
    if (!merge) return NORN_OK;
    NORN_TRY_GOTO(norni_for(ctx, worker, NORNI_TFIDF_PARTS, merge_part, out, NULL, err), fail);
    for (size_t k = 0; k < NORNI_TFIDF_PARTS; k++)
        out->base[k + 1] = out->base[k] + out->part[k].n;
    if (out->base[NORNI_TFIDF_PARTS] < UINT32_MAX) return NORN_OK;
    st = norn_fail(err, NORN_E_LIMIT, "tfidf: %zu different terms are too many",
                   out->base[NORNI_TFIDF_PARTS]);
fail:
    norni_tfidf_count_clear(out);
    return st;
}

void norni_tfidf_count_clear(norni_tfidf_count *c) {
    for (size_t b = 0; c->block != NULL && b < c->n_blocks; b++)
        norni_alloc_drop(c->alloc, c->block[b].memory, c->block[b].n_memory, 1);
    norni_alloc_drop(c->alloc, c->block, c->n_blocks, sizeof *c->block);
    for (size_t k = 0; k < NORNI_TFIDF_PARTS; k++) {
        norni_alloc_drop(c->alloc, c->part[k].gram, c->part[k].cap, sizeof *c->part[k].gram);
        norni_alloc_drop(c->alloc, c->part[k].slots, c->part[k].n_slots, sizeof *c->part[k].slots);
        c->part[k] = (norni_tfidf_part){0};
    }
    c->block = NULL;
    c->n_blocks = 0;
}
