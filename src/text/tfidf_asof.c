/* TF-IDF as of each interval: a text is weighed by what earlier intervals had, and nothing later. */
/* SPDX-License-Identifier: Apache-2.0 */
/* All texts are cut and their terms numbered once; that tells nothing. Then the intervals are gone through in order: the texts of one are weighed by the
 * counts of those before it, and only then counted. Terms stand in an array ordered by count, in which one more of a term is one exchange
 * (`above[c]`: how many terms have more than c), so the max_features largest are its head. */
#include "base/sort.h"
#include "text/tfidf_parts.h"

typedef struct asof {
    norni_tfidf_count *c;
    const norni_tfidf_opt *opt;
    const int64_t *time;
    int64_t every;
    size_t n_terms;
    uint32_t *order; /* (n_timed) texts by interval, ties by index */
    size_t n_timed;
    uint32_t *df;               /* (n_terms) of the texts so far */
    uint64_t *count;            /* (n_terms) */
    uint32_t *by_count, *place; /* (n_terms) each, one the other's inverse */
    size_t *above;              /* (most + 2) */
    uint64_t most;
    uint32_t *rank;   /* (n_terms) by bytes */
    uint32_t *last;   /* (n_terms) index in the result; NORNI_TFIDF_ABSENT: in no row */
    uint32_t *ties;   /* (n_terms) scratch */
    size_t *before;   /* (n_texts) how many texts its vocabulary has */
    uint32_t **df_at; /* (n_blocks) of each entry; 0: not in the vocabulary */
    norni_arena arena;
    norni_tfidf_asof *out;
} asof;

static int64_t interval_of(int64_t time, int64_t every) {
    return time / every - (time % every < 0);
}

/* ---- getting ready ---- */

static int by_interval(const void *arg, size_t a, size_t b) {
    const asof *s = arg;
    const int64_t x = interval_of(s->time[a], s->every), y = interval_of(s->time[b], s->every);
    return (x > y) - (x < y);
}

static norn_status put_in_order(asof *s, norn_err *err) {
    const size_t n = s->c->n_texts;
    const norni_arena_mark mark = norni_arena_mark_get(&s->arena);
    size_t *index = norni_arena_get(&s->arena, n, 2 * sizeof *index);
    if (index == NULL) return norni_alloc_fail(err, "tfidf", n, 2 * sizeof *index);
    for (size_t i = 0; i < n; i++)
        if (s->time[i] != INT64_MIN) index[s->n_timed++] = i;
    norni_sort_index(index, s->n_timed, by_interval, s, index + n);
    for (size_t k = 0; k < s->n_timed; k++)
        s->order[k] = (uint32_t)index[k];
    norni_arena_rewind(&s->arena, mark);
    return NORN_OK;
}

static norn_status get_memory(asof *s, norn_err *err) {
    const norni_tfidf_count *c = s->c;
    const size_t n = s->n_terms;
    for (size_t part = 0; part < NORNI_TFIDF_PARTS; part++)
        for (size_t k = 0; k < c->part[part].n; k++)
            if (c->part[part].gram[k].count > s->most) s->most = c->part[part].gram[k].count;
    s->order = norni_arena_get(&s->arena, c->n_texts, sizeof *s->order);
    s->before = norni_arena_zero(&s->arena, c->n_texts, sizeof *s->before);
    s->df = norni_arena_zero(&s->arena, n, sizeof *s->df);
    s->count = norni_arena_zero(&s->arena, n, sizeof *s->count);
    s->by_count = norni_arena_get(&s->arena, n, sizeof *s->by_count);
    s->place = norni_arena_get(&s->arena, n, sizeof *s->place);
    s->rank = norni_arena_get(&s->arena, n, sizeof *s->rank);
    s->last = norni_arena_zero(&s->arena, n, sizeof *s->last);
    s->ties = norni_arena_get(&s->arena, n, sizeof *s->ties);
    s->above = norni_arena_zero(&s->arena, s->most + 2, sizeof *s->above);
    s->df_at = norni_arena_get(&s->arena, c->n_blocks, sizeof *s->df_at);
    bool good = s->order && s->before && s->df && s->count && s->by_count && s->place && s->rank &&
                s->last && s->ties && s->above && s->df_at;
    for (size_t b = 0; good && b < c->n_blocks; b++) {
        s->df_at[b] = norni_arena_zero(&s->arena, c->block[b].n_entries, sizeof **s->df_at);
        good = s->df_at[b] != NULL;
    }
    for (size_t k = 0; good && k < n; k++)
        s->by_count[k] = s->place[k] = (uint32_t)k;
    return good ? NORN_OK : norni_alloc_fail(err, "tfidf", n + c->n_texts, 64);
}

/* Entries bear the terms' numbers from here on. */
static norn_status number_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const asof *s = arg;
    const norni_tfidf_block *b = &s->c->block[item];
    (void)worker;
    (void)err;
    for (size_t part = 0; part < NORNI_TFIDF_PARTS; part++)
        for (size_t k = b->part[part]; k < b->part[part + 1]; k++)
            b->map[k] += (uint32_t)s->c->base[part];
    for (size_t k = 0; k < b->n_entries; k++)
        b->entry[k].term = b->map[b->entry[k].term];
    return NORN_OK;
}

/* refs (n_terms): all terms, ascending */
static norn_status rank_terms(norn_ctx *ctx, norni_worker *worker, asof *s, norni_tfidf_ref *ref,
                              norn_err *err) {
    for (size_t part = 0; part < NORNI_TFIDF_PARTS; part++)
        for (size_t k = 0; k < s->c->part[part].n; k++) {
            const norni_tfidf_gram *g = &s->c->part[part].gram[k];
            const size_t id = s->c->base[part] + k;
            ref[id] = norni_tfidf_ref_of(g->p, g->n, (uint32_t)id);
        }
    NORN_TRY(norni_tfidf_sort(ctx, worker, ref, s->n_terms, err));
    for (size_t k = 0; k < s->n_terms; k++)
        s->rank[ref[k].id] = (uint32_t)k;
    return NORN_OK;
}

/* ---- one interval after another ---- */

/* The vocabulary of an interval: what is within the bounds and has more than `cut`, or `cut` and a rank up to `rank`. */
typedef struct vocabulary {
    norni_tfidf_bounds bounds;
    uint64_t cut;
    uint32_t rank;
} vocabulary;

static bool within(const asof *s, const vocabulary *v, uint32_t term) {
    const double df = (double)s->df[term];
    return df > 0 && df >= v->bounds.low && df <= v->bounds.high;
}

/* The m-th smallest of n ranks, m from 1. */
static uint32_t mth_rank(uint32_t *x, size_t n, size_t m) {
    uint32_t found = 0;
    for (unsigned shift = 32; shift > 0;) {
        size_t n_of[256] = {0}, kept = 0;
        shift -= 8;
        for (size_t i = 0; i < n; i++)
            n_of[x[i] >> shift & 255]++;
        uint32_t byte = 0;
        for (; n_of[byte] < m; byte++)
            m -= n_of[byte];
        found |= byte << shift;
        for (size_t i = 0; i < n; i++)
            if ((x[i] >> shift & 255) == byte) x[kept++] = x[i];
        n = kept;
    }
    return found;
}

static vocabulary vocabulary_now(const asof *s, size_t n_texts) {
    const size_t most = s->opt->max_features;
    vocabulary v = {norni_tfidf_bounds_of(s->opt, n_texts), 0, UINT32_MAX};
    if (most == 0) return v;
    size_t taken = 0, at = 0;
    while (at < s->n_terms) {
        const uint64_t count = s->count[s->by_count[at]];
        if (count == 0 || (double)count < v.bounds.low) break; /* df is no larger */
        size_t n = 0;
        for (; at < s->n_terms && s->count[s->by_count[at]] == count; at++)
            if (within(s, &v, s->by_count[at])) s->ties[n++] = s->rank[s->by_count[at]];
        if (taken + n > most) {
            v.cut = count;
            /* none of them: a rank that no term has is below none, so the cut moves up */
            if (taken == most) {
                v.cut = count + 1;
            } else {
                v.rank = mth_rank(s->ties, n, most - taken);
            }
            return v;
        }
        taken += n;
    }
    return v;
}

static void weigh_text(asof *s, const vocabulary *v, size_t text) {
    const norni_tfidf_block *b = &s->c->block[text / NORNI_TFIDF_BLOCK];
    const size_t i = text % NORNI_TFIDF_BLOCK;
    uint32_t *df_at = s->df_at[text / NORNI_TFIDF_BLOCK];
    for (size_t k = b->row[i]; k < b->row[i + 1]; k++) {
        const uint32_t term = b->entry[k].term;
        const uint64_t count = s->count[term];
        if (count < v->cut || !within(s, v, term)) continue;
        if (count == v->cut && s->rank[term] > v->rank) continue;
        df_at[k] = s->df[term];
        s->last[term] = 1;
        s->out->rows.start[text + 1]++;
    }
}

/* One more of the term: it changes places with the first of its count. */
static void add_one(asof *s, uint32_t term) {
    const uint64_t count = s->count[term]++;
    const size_t from = s->place[term], to = s->above[count]++;
    const uint32_t other = s->by_count[to];
    s->by_count[to] = term;
    s->by_count[from] = other;
    s->place[other] = (uint32_t)from;
    s->place[term] = (uint32_t)to;
}

static void count_text(asof *s, size_t text) {
    const norni_tfidf_block *b = &s->c->block[text / NORNI_TFIDF_BLOCK];
    const size_t i = text % NORNI_TFIDF_BLOCK;
    for (size_t k = b->row[i]; k < b->row[i + 1]; k++) {
        const norni_tfidf_entry *e = &b->entry[k];
        s->df[e->term]++;
        for (uint32_t more = s->opt->binary ? 1 : e->tf; more > 0; more--)
            add_one(s, e->term);
    }
}

static norn_status go_through(norn_ctx *ctx, asof *s, norn_err *err) {
    const norni_poll poll = norni_ctx_poll(ctx);
    for (size_t first = 0, end; first < s->n_timed; first = end) {
        const int64_t interval = interval_of(s->time[s->order[first]], s->every);
        const vocabulary v = vocabulary_now(s, first);
        for (end = first;
             end < s->n_timed && interval_of(s->time[s->order[end]], s->every) == interval; end++) {
            if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "tfidf: cancelled");
            s->before[s->order[end]] = first;
            weigh_text(s, &v, s->order[end]);
        }
        for (size_t k = first; k < end; k++)
            count_text(s, s->order[k]);
    }
    return NORN_OK;
}

/* ---- the result ---- */

static norn_status take_names(const asof *s, const norni_tfidf_ref *ref, const norn_alloc *alloc,
                              norn_err *err) {
    norni_tfidf_asof *out = s->out;
    size_t n = 0, n_bytes = 0;
    for (size_t k = 0; k < s->n_terms; k++) {
        if (s->last[ref[k].id] == 0) {
            s->last[ref[k].id] = NORNI_TFIDF_ABSENT;
            continue;
        }
        s->last[ref[k].id] = (uint32_t)n++;
        n_bytes += ref[k].n;
    }
    out->term = norni_alloc_get(alloc, n, sizeof *out->term);
    out->bytes = norni_alloc_get(alloc, n_bytes, 1);
    out->n_terms = n;
    if (out->term == NULL || out->bytes == NULL) {
        norni_alloc_drop(alloc, out->bytes, n_bytes, 1);
        out->bytes = NULL;
        return norni_alloc_fail(err, "tfidf", n_bytes, 1);
    }
    char *to = out->bytes;
    for (size_t k = 0; k < s->n_terms; k++) {
        const uint32_t at = s->last[ref[k].id];
        if (at == NORNI_TFIDF_ABSENT) continue;
        memcpy(to, ref[k].p, ref[k].n);
        out->term[at] = (norni_str){to, ref[k].n};
        to += ref[k].n;
    }
    return NORN_OK;
}

static norn_status fill_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const asof *s = arg;
    const norni_tfidf_block *b = &s->c->block[item];
    const norni_tfidf_rows *rows = &s->out->rows;
    const size_t *start = rows->start + item * NORNI_TFIDF_BLOCK;
    const norni_arena_mark mark = norni_arena_mark_get(&worker->arena);
    size_t longest = 0;
    for (size_t i = 0; i < b->n_texts; i++)
        if (start[i + 1] - start[i] > longest) longest = start[i + 1] - start[i];
    norni_tfidf_cell *cell = norni_arena_get(&worker->arena, longest, 2 * sizeof *cell);
    if (cell == NULL) return norni_alloc_fail(err, "tfidf", longest, 2 * sizeof *cell);
    for (size_t i = 0; i < b->n_texts; i++) {
        const size_t before = s->before[item * NORNI_TFIDF_BLOCK + i];
        size_t n = 0;
        for (size_t k = b->row[i]; k < b->row[i + 1]; k++) {
            const uint32_t df = s->df_at[item][k];
            if (df > 0)
                cell[n++] = (norni_tfidf_cell){s->last[b->entry[k].term], b->entry[k].tf,
                                               norni_tfidf_idf_of(s->opt, df, before)};
        }
        norni_tfidf_row(s->opt, cell, cell + longest, n, rows->index + start[i],
                        rows->value + start[i]);
    }
    if (mark.head != NULL) norni_arena_rewind(&worker->arena, mark);
    return NORN_OK;
}

static norn_status transform(norn_ctx *ctx, norni_worker *worker, asof *s, norn_err *err) {
    norni_tfidf_count *c = s->c;
    s->n_terms = c->base[NORNI_TFIDF_PARTS];
    NORN_TRY(get_memory(s, err));
    NORN_TRY(put_in_order(s, err));
    norni_tfidf_ref *ref = norni_arena_get(&s->arena, s->n_terms, sizeof *ref);
    if (ref == NULL) return norni_alloc_fail(err, "tfidf", s->n_terms, sizeof *ref);
    NORN_TRY(norni_for(ctx, worker, c->n_blocks, number_block, s, NULL, err));
    NORN_TRY(rank_terms(ctx, worker, s, ref, err));
    NORN_TRY(norni_tfidf_rows_begin(&ctx->alloc, c->n_texts, &s->out->rows, err));
    NORN_TRY(go_through(ctx, s, err));
    NORN_TRY(norni_tfidf_rows_room(&s->out->rows, err));
    NORN_TRY(take_names(s, ref, &ctx->alloc, err));
    return norni_for(ctx, worker, c->n_blocks, fill_block, s, NULL, err);
}

norn_status norni_tfidf_transform_asof(norn_ctx *ctx, norni_worker *worker, const norni_str *texts,
                                       const int64_t *time, size_t n, int64_t every,
                                       const norni_tfidf_opt *opt, norni_tfidf_asof *out,
                                       norn_err *err) {
    const norni_tfidf_opt usual = norni_tfidf_opt_default();
    norni_tfidf_cutter how;
    norni_tfidf_count c = {0};
    *out = (norni_tfidf_asof){.rows.alloc = &ctx->alloc};
    if (every < 1)
        return norn_fail(err, NORN_E_ARG, "tfidf: intervals of %lld microseconds; 1 is the least",
                         (long long)every);
    NORN_TRY(norni_tfidf_cutter_init(&how, &ctx->alloc, opt ? opt : &usual, err));
    asof s = {.c = &c, .opt = &how.opt, .time = time, .every = every, .out = out};
    norni_arena_init(&s.arena, &ctx->alloc);
    norn_status st = norni_tfidf_count_texts(ctx, worker, &how, texts, time, n, true, &c, err);
    if (st == NORN_OK) st = transform(ctx, worker, &s, err);
    if (st != NORN_OK) norni_tfidf_asof_clear(out);
    norni_arena_clear(&s.arena);
    norni_tfidf_count_clear(&c);
    norni_tfidf_cutter_clear(&how);
    return st;
}

void norni_tfidf_asof_clear(norni_tfidf_asof *a) {
    size_t n_bytes = 0;
    for (size_t k = 0; a->bytes != NULL && k < a->n_terms; k++)
        n_bytes += a->term[k].n;
    norni_alloc_drop(a->rows.alloc, a->bytes, n_bytes, 1);
    norni_alloc_drop(a->rows.alloc, a->term, a->n_terms, sizeof *a->term);
    a->bytes = NULL;
    a->term = NULL;
    a->n_terms = 0;
    norni_tfidf_rows_clear(&a->rows);
}
