/* TF-IDF after scikit-learn's TfidfVectorizer: the vocabulary of texts, and their rows. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988, in the form that scikit-learn gives it: a term's weight is its count
 * in the text (1 + ln of it where sublinear) times idf = ln((1 + n) / (1 + df)) + 1 (without the ones where it is not smooth), a row is divided by its
 * norm. Where max_features cuts among terms of one count, scikit-learn keeps what its sort happens to leave; here the first by code points stay.
 * A fit cuts each text once: its block keeps which term stands how often in which text, the merge numbers the terms, and the rows need the numbers alone. */
#include "text/tfidf_parts.h"

#define LOW32 UINT64_C(0xFFFFFFFF)

struct norni_tfidf {
    norn_alloc alloc;
    norni_tfidf_cutter cutter;
    norni_arena arena;
    size_t n_terms, n_slots;
    char *bytes;
    size_t *start; /* (n_terms + 1) in bytes */
    double *idf;
    uint64_t *df, *hash;
    uint64_t *slots; /* 32 bits of the hash, 32 of the index + 1 */
};

norni_tfidf_opt norni_tfidf_opt_default(void) {
    return (norni_tfidf_opt){.min_n = 1,
                             .max_n = 1,
                             .min_df = {1, false},
                             .max_df = {1, true},
                             .lowercase = true,
                             .smooth = true,
                             .use_idf = true};
}

norni_tfidf_opt norni_tfidf_opt_signals(void) {
    norni_tfidf_opt o = norni_tfidf_opt_default();
    o.token = NORNI_TFIDF_ALPHA;
    o.max_n = 2;
    o.min_df = (norni_tfidf_df){2, false};
    o.max_df = (norni_tfidf_df){0.8, true};
    o.max_features = 1000;
    o.english_stops = true;
    return o;
}

/* ---- which terms stay ---- */

typedef struct picked {
    const norn_alloc *alloc;
    norni_tfidf_ref *ref;
    size_t n, cap;
} picked;

static uint64_t weight_of(const norni_tfidf_opt *o, const norni_tfidf_gram *g) {
    return o->binary ? g->df : g->count;
}

/* Of the terms within the bounds those whose count is from low to high. */
static size_t gather(const norni_tfidf_count *c, norni_tfidf_bounds b, uint64_t low, uint64_t high,
                     norni_tfidf_ref *ref, uint64_t *counts) {
    size_t n = 0;
    for (size_t part = 0; part < NORNI_TFIDF_PARTS; part++) {
        for (size_t k = 0; k < c->part[part].n; k++) {
            const norni_tfidf_gram *g = &c->part[part].gram[k];
            const uint64_t w = weight_of(&c->how->opt, g);
            if (!((double)g->df >= b.low && (double)g->df <= b.high) || w < low || w > high)
                continue;
            if (counts != NULL) counts[n] = w;
            if (ref != NULL) ref[n] = norni_tfidf_ref_of(g->p, g->n, (uint32_t)(c->base[part] + k));
            n++;
        }
    }
    return n;
}

/* The count that the k-th largest has. */
static norn_status find_cut(const norni_tfidf_count *c, norni_tfidf_bounds b, size_t n, size_t k,
                            uint64_t *cut, norn_err *err) {
    uint64_t *counts = norni_alloc_get(c->alloc, n, sizeof *counts);
    if (counts == NULL) return norni_alloc_fail(err, "tfidf", n, sizeof *counts);
    (void)gather(c, b, 0, UINT64_MAX, NULL, counts);
    *cut = norni_tfidf_kth(counts, n, k);
    norni_alloc_drop(c->alloc, counts, n, sizeof *counts);
    return NORN_OK;
}

/* The terms that stay, ascending. */
static norn_status pick(norn_ctx *ctx, norni_worker *worker, const norni_tfidf_count *c,
                        picked *out, norn_err *err) {
    const norni_tfidf_opt *o = &c->how->opt;
    const norni_tfidf_bounds b = norni_tfidf_bounds_of(o, c->n_texts);
    const size_t n = gather(c, b, 0, UINT64_MAX, NULL, NULL);
    const bool all = o->max_features == 0 || n <= o->max_features;
    uint64_t cut = 0;
    if (n == 0)
        return norn_fail(err, NORN_E_DATA, "tfidf: no term is left of %zu texts (%zu before df)",
                         c->n_texts, c->base[NORNI_TFIDF_PARTS]);
    if (!all) NORN_TRY(find_cut(c, b, n, o->max_features, &cut, err));
    out->cap = all ? n : gather(c, b, cut, UINT64_MAX, NULL, NULL);
    out->ref = norni_alloc_get(c->alloc, out->cap, sizeof *out->ref);
    if (out->ref == NULL) return norni_alloc_fail(err, "tfidf", out->cap, sizeof *out->ref);
    out->n = out->cap;
    if (!all) { /* of those that tie at the cut the first by code points */
        const size_t above = gather(c, b, cut + 1, UINT64_MAX, out->ref, NULL);
        const size_t ties = gather(c, b, cut, cut, out->ref + above, NULL);
        NORN_TRY(norni_tfidf_sort(ctx, worker, out->ref + above, ties, err));
        out->n = o->max_features;
    } else {
        (void)gather(c, b, 0, UINT64_MAX, out->ref, NULL);
    }
    return norni_tfidf_sort(ctx, worker, out->ref, out->n, err);
}

static const norni_tfidf_gram *gram_of(const norni_tfidf_count *c, uint32_t id) {
    size_t lo = 0, hi = NORNI_TFIDF_PARTS;
    while (hi - lo > 1) {
        const size_t mid = (lo + hi) / 2;
        if (c->base[mid] <= id) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return &c->part[lo].gram[id - c->base[lo]];
}

/* ---- the vocabulary ---- */

static norn_status take_terms(norni_tfidf *t, const norni_tfidf_count *c, const picked *p,
                              norn_err *err) {
    size_t n_bytes = 0;
    t->n_terms = p->n;
    for (t->n_slots = 64; t->n_slots < 2 * (p->n + 1);)
        t->n_slots *= 2;
    for (size_t k = 0; k < p->n; k++)
        n_bytes += p->ref[k].n;
    t->bytes = norni_arena_get(&t->arena, n_bytes, 1);
    t->start = norni_arena_get(&t->arena, p->n + 1, sizeof *t->start);
    t->idf = norni_arena_get(&t->arena, p->n, sizeof *t->idf);
    t->df = norni_arena_get(&t->arena, p->n, sizeof *t->df);
    t->hash = norni_arena_get(&t->arena, p->n, sizeof *t->hash);
    t->slots = norni_arena_zero(&t->arena, t->n_slots, sizeof *t->slots);
    if (!t->bytes || !t->start || !t->idf || !t->df || !t->hash || !t->slots)
        return norni_alloc_fail(err, "tfidf", p->n, 64);
    t->start[0] = 0;
    for (size_t k = 0; k < p->n; k++) {
        const norni_tfidf_gram *g = gram_of(c, p->ref[k].id);
        memcpy(t->bytes + t->start[k], g->p, g->n);
        t->start[k + 1] = t->start[k] + g->n;
        t->df[k] = g->df;
        t->hash[k] = g->hash;
        t->idf[k] = norni_tfidf_idf_of(&t->cutter.opt, g->df, c->n_texts);
        size_t at = (size_t)g->hash & (t->n_slots - 1);
        while (t->slots[at] != 0)
            at = (at + 1) & (t->n_slots - 1);
        t->slots[at] = (g->hash & ~LOW32) | (k + 1);
    }
    return NORN_OK;
}

static uint32_t find_term(const norni_tfidf *t, const norni_tfidf_gram *g) {
    const size_t mask = t->n_slots - 1;
    size_t at = (size_t)g->hash & mask;
    for (uint64_t slot; (slot = t->slots[at]) != 0; at = (at + 1) & mask) {
        const size_t k = (slot & LOW32) - 1;
        if ((slot ^ g->hash) >> 32 == 0 && t->hash[k] == g->hash &&
            t->start[k + 1] - t->start[k] == g->n &&
            memcmp(t->bytes + t->start[k], g->p, g->n) == 0)
            return (uint32_t)k;
    }
    return NORNI_TFIDF_ABSENT;
}

static norn_status new_tfidf(const norn_alloc *alloc, const norni_tfidf_opt *opt, norni_tfidf **out,
                             norn_err *err) {
    const norni_tfidf_opt usual = norni_tfidf_opt_default();
    norni_tfidf *t = norni_alloc_zero(alloc, 1, sizeof *t);
    *out = NULL;
    if (t == NULL) return norni_alloc_fail(err, "tfidf", 1, sizeof *t);
    t->alloc = *alloc;
    norni_arena_init(&t->arena, &t->alloc);
    const norn_status st = norni_tfidf_cutter_init(&t->cutter, &t->alloc, opt ? opt : &usual, err);
    if (st != NORN_OK) {
        norni_tfidf_free(t);
        return st;
    }
    *out = t;
    return NORN_OK;
}

void norni_tfidf_free(norni_tfidf *t) {
    if (t == NULL) return;
    const norn_alloc alloc = t->alloc;
    norni_tfidf_cutter_clear(&t->cutter);
    norni_arena_clear(&t->arena);
    norni_alloc_drop(&alloc, t, 1, sizeof *t);
}

size_t norni_tfidf_n_terms(const norni_tfidf *t) {
    return t->n_terms;
}

norni_str norni_tfidf_term(const norni_tfidf *t, size_t k) {
    return (norni_str){t->bytes + t->start[k], t->start[k + 1] - t->start[k]};
}

double norni_tfidf_idf(const norni_tfidf *t, size_t k) {
    return t->idf[k];
}

uint64_t norni_tfidf_df_of(const norni_tfidf *t, size_t k) {
    return t->df[k];
}

/* ---- rows ---- */

norn_status norni_tfidf_rows_begin(const norn_alloc *alloc, size_t n, norni_tfidf_rows *out,
                                   norn_err *err) {
    *out = (norni_tfidf_rows){.alloc = alloc, .n = n};
    out->start = norni_alloc_zero(alloc, n + 1, sizeof *out->start);
    return out->start ? NORN_OK : norni_alloc_fail(err, "tfidf", n + 1, sizeof *out->start);
}

norn_status norni_tfidf_rows_room(norni_tfidf_rows *out, norn_err *err) {
    for (size_t i = 0; i < out->n; i++)
        out->start[i + 1] += out->start[i];
    const size_t n = out->start[out->n];
    out->index = norni_alloc_get(out->alloc, n, sizeof *out->index);
    out->value = norni_alloc_get(out->alloc, n, sizeof *out->value);
    if (out->index != NULL && out->value != NULL) return NORN_OK;
    return norni_alloc_fail(err, "tfidf", n, sizeof *out->value);
}

void norni_tfidf_rows_clear(norni_tfidf_rows *r) {
    if (r->start == NULL) return;
    const size_t n = r->start[r->n];
    norni_alloc_drop(r->alloc, r->index, n, sizeof *r->index);
    norni_alloc_drop(r->alloc, r->value, n, sizeof *r->value);
    norni_alloc_drop(r->alloc, r->start, r->n + 1, sizeof *r->start);
    *r = (norni_tfidf_rows){.alloc = r->alloc};
}

typedef struct filling {
    const norni_tfidf *t;
    norni_tfidf_count *c;
    const uint32_t *last; /* by a term's number its index; NULL: terms are looked up */
    norni_tfidf_rows *rows;
} filling;

/* Each term's index in the vocabulary, and the rows' lengths. */
static norn_status map_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const filling *f = arg;
    const norni_tfidf_block *b = &f->c->block[item];
    size_t *length = f->rows->start + item * NORNI_TFIDF_BLOCK + 1;
    (void)worker;
    (void)err;
    for (size_t part = 0; part < NORNI_TFIDF_PARTS; part++)
        for (size_t k = b->part[part]; k < b->part[part + 1]; k++)
            b->map[k] =
                f->last ? f->last[f->c->base[part] + b->map[k]] : find_term(f->t, &b->gram[k]);
    for (size_t i = 0; i < b->n_texts; i++)
        for (size_t k = b->row[i]; k < b->row[i + 1]; k++)
            length[i] += b->map[b->entry[k].term] != NORNI_TFIDF_ABSENT;
    return NORN_OK;
}

static norn_status fill_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const filling *f = arg;
    const norni_tfidf_block *b = &f->c->block[item];
    const size_t *start = f->rows->start + item * NORNI_TFIDF_BLOCK;
    const norni_poll poll = norni_ctx_poll(worker->ctx);
    const norni_arena_mark mark = norni_arena_mark_get(&worker->arena);
    size_t longest = 0;
    for (size_t i = 0; i < b->n_texts; i++)
        if (start[i + 1] - start[i] > longest) longest = start[i + 1] - start[i];
    norni_tfidf_cell *cell = norni_arena_get(&worker->arena, longest, 2 * sizeof *cell);
    if (cell == NULL) return norni_alloc_fail(err, "tfidf", longest, 2 * sizeof *cell);
    for (size_t i = 0; i < b->n_texts && !norni_poll_stop(&poll); i++) {
        size_t n = 0;
        for (size_t k = b->row[i]; k < b->row[i + 1]; k++) {
            const uint32_t index = b->map[b->entry[k].term];
            if (index != NORNI_TFIDF_ABSENT)
                cell[n++] = (norni_tfidf_cell){index, b->entry[k].tf, f->t->idf[index]};
        }
        norni_tfidf_row(&f->t->cutter.opt, cell, cell + longest, n, f->rows->index + start[i],
                        f->rows->value + start[i]);
    }
    if (mark.head != NULL) norni_arena_rewind(&worker->arena, mark);
    return norni_poll_stop(&poll) ? norn_fail(err, NORN_E_CANCEL, "tfidf: cancelled") : NORN_OK;
}

static norn_status fill(norn_ctx *ctx, norni_worker *worker, filling *f, norn_err *err) {
    norn_status st;
    NORN_TRY_GOTO(norni_tfidf_rows_begin(&ctx->alloc, f->c->n_texts, f->rows, err), fail);
    NORN_TRY_GOTO(norni_for(ctx, worker, f->c->n_blocks, map_block, f, NULL, err), fail);
    NORN_TRY_GOTO(norni_tfidf_rows_room(f->rows, err), fail);
    NORN_TRY_GOTO(norni_for(ctx, worker, f->c->n_blocks, fill_block, f, NULL, err), fail);
    return NORN_OK;
fail:
    norni_tfidf_rows_clear(f->rows);
    return st;
}

/* The rows of the texts that the vocabulary was fitted to. */
static norn_status fill_fitted(norn_ctx *ctx, norni_worker *worker, const norni_tfidf *t,
                               norni_tfidf_count *c, const picked *p, norni_tfidf_rows *rows,
                               norn_err *err) {
    const size_t n = c->base[NORNI_TFIDF_PARTS];
    uint32_t *last = norni_alloc_get(c->alloc, n, sizeof *last);
    if (last == NULL) return norni_alloc_fail(err, "tfidf", n, sizeof *last);
    memset(last, 0xFF, n * sizeof *last); /* NORNI_TFIDF_ABSENT */
    for (size_t k = 0; k < p->n; k++)
        last[p->ref[k].id] = (uint32_t)k;
    filling f = {t, c, last, rows};
    const norn_status st = fill(ctx, worker, &f, err);
    norni_alloc_drop(c->alloc, last, n, sizeof *last);
    return st;
}

norn_status norni_tfidf_fit_transform(norn_ctx *ctx, norni_worker *worker, const norni_str *texts,
                                      size_t n, const norni_tfidf_opt *opt, norni_tfidf **out,
                                      norni_tfidf_rows *rows, norn_err *err) {
    norni_tfidf_count c = {0};
    picked p = {.alloc = &ctx->alloc};
    norni_tfidf *t = NULL;
    norn_status st;
    *out = NULL;
    if (rows != NULL) *rows = (norni_tfidf_rows){.alloc = &ctx->alloc};
    NORN_TRY(new_tfidf(&ctx->alloc, opt, &t, err));
    NORN_TRY_GOTO(norni_tfidf_count_texts(ctx, worker, &t->cutter, texts, NULL, n, true, &c, err),
                  done);
    NORN_TRY_GOTO(pick(ctx, worker, &c, &p, err), done);
    NORN_TRY_GOTO(take_terms(t, &c, &p, err), done);
    if (rows != NULL) NORN_TRY_GOTO(fill_fitted(ctx, worker, t, &c, &p, rows, err), done);
    *out = t;
    t = NULL;
done:
    norni_alloc_drop(&ctx->alloc, p.ref, p.cap, sizeof *p.ref);
    norni_tfidf_count_clear(&c);
    norni_tfidf_free(t);
    return st;
}

norn_status norni_tfidf_fit(norn_ctx *ctx, norni_worker *worker, const norni_str *texts, size_t n,
                            const norni_tfidf_opt *opt, norni_tfidf **out, norn_err *err) {
    return norni_tfidf_fit_transform(ctx, worker, texts, n, opt, out, NULL, err);
}

norn_status norni_tfidf_transform(norn_ctx *ctx, norni_worker *worker, const norni_tfidf *t,
                                  const norni_str *texts, size_t n, norni_tfidf_rows *out,
                                  norn_err *err) {
    norni_tfidf_count c;
    filling f = {t, &c, NULL, out};
    *out = (norni_tfidf_rows){.alloc = &ctx->alloc};
    NORN_TRY(norni_tfidf_count_texts(ctx, worker, &t->cutter, texts, NULL, n, false, &c, err));
    const norn_status st = fill(ctx, worker, &f, err);
    norni_tfidf_count_clear(&c);
    return st;
}
