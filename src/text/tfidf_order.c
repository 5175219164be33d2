/* Terms in order of their bytes, the k largest counts, and a text's row in order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "text/tfidf_parts.h"

enum { RUN = 12, BINS = 1 << 16, CHUNKS = 64, SHORT_ROW = 32 };

/* ---- terms ---- */

norni_tfidf_ref norni_tfidf_ref_of(const char *p, size_t n, uint32_t id) {
    uint64_t key = 0;
    for (size_t k = 0; k < 8; k++)
        key = key << 8 | (k < n ? (unsigned char)p[k] : 0);
    return (norni_tfidf_ref){key, p, (uint32_t)n, id};
}

static inline bool is_before(const norni_tfidf_ref *a, const norni_tfidf_ref *b) {
    if (a->key != b->key) return a->key < b->key;
    return norni_str_cmp((norni_str){a->p, a->n}, (norni_str){b->p, b->n}) < 0;
}

/* Merge sort; what is sorted ends in `x`. */
static void sort_chunk(norni_tfidf_ref *x, norni_tfidf_ref *other, size_t n) {
    for (size_t first = 0; first < n; first += RUN) {
        const size_t end = n - first < RUN ? n : first + RUN;
        for (size_t i = first + 1; i < end; i++) {
            const norni_tfidf_ref r = x[i];
            size_t j = i;
            for (; j > first && is_before(&r, &x[j - 1]); j--)
                x[j] = x[j - 1];
            x[j] = r;
        }
    }
    norni_tfidf_ref *from = x, *to = other;
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t first = 0; first < n; first += 2 * width) {
            const size_t mid = n - first < width ? n : first + width;
            const size_t end = n - first < 2 * width ? n : first + 2 * width;
            size_t i = first, j = mid;
            for (size_t k = first; k < end; k++)
                to[k] =
                    i < mid && (j == end || !is_before(&from[j], &from[i])) ? from[i++] : from[j++];
        }
        norni_tfidf_ref *swap = from;
        from = to;
        to = swap;
    }
    if (from != x && n > 0) memcpy(x, from, n * sizeof *x);
}

typedef struct sorting {
    norni_tfidf_ref *ref, *scratch;
    size_t edge[CHUNKS + 1]; /* each chunk's first one */
    size_t *bin;             /* (BINS + 1) */
} sorting;

static norn_status sort_one(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    sorting *s = arg;
    const size_t first = s->edge[item], n = s->edge[item + 1] - first;
    (void)worker;
    (void)err;
    if (n == 0) return NORN_OK;
    sort_chunk(s->scratch + first, s->ref + first, n);
    memcpy(s->ref + first, s->scratch + first, n * sizeof *s->ref);
    return NORN_OK;
}

/* Puts the terms into bins of their first two bytes, and cuts the bins into chunks of about the same size. */
static size_t part_out(sorting *s, size_t n) {
    for (size_t k = 0; k < n; k++)
        s->bin[(s->ref[k].key >> 48) + 1]++;
    size_t n_chunks = 0;
    s->edge[0] = 0;
    for (size_t b = 0; b < BINS; b++) {
        s->bin[b + 1] += s->bin[b];
        if (s->bin[b + 1] - s->edge[n_chunks] > n / CHUNKS && n_chunks + 1 < CHUNKS)
            s->edge[++n_chunks] = s->bin[b + 1];
    }
    s->edge[++n_chunks] = n;
    for (size_t k = 0; k < n; k++)
        s->scratch[s->bin[s->ref[k].key >> 48]++] = s->ref[k];
    return n_chunks;
}

norn_status norni_tfidf_sort(norn_ctx *ctx, norni_worker *worker, norni_tfidf_ref *ref, size_t n,
                             norn_err *err) {
    const norn_alloc *alloc = &ctx->alloc;
    sorting s = {.ref = ref};
    norn_status st = NORN_OK;
    s.scratch = norni_alloc_get(alloc, n, sizeof *s.scratch);
    s.bin = norni_alloc_zero(alloc, BINS + 1, sizeof *s.bin);
    if (s.scratch == NULL || s.bin == NULL) {
        st = norni_alloc_fail(err, "tfidf", n + BINS, sizeof *s.scratch);
    } else {
        st = norni_for(ctx, worker, part_out(&s, n), sort_one, &s, NULL, err);
    }
    norni_alloc_drop(alloc, s.bin, BINS + 1, sizeof *s.bin);
    norni_alloc_drop(alloc, s.scratch, n, sizeof *s.scratch);
    return st;
}

uint64_t norni_tfidf_kth(uint64_t *counts, size_t n, size_t k) {
    uint64_t found = 0;
    for (unsigned shift = 64;
         shift > 0;) { /* byte by byte from the top: those that share what was found */
        size_t n_of[256] = {0};
        shift -= 8;
        for (size_t i = 0; i < n; i++)
            n_of[counts[i] >> shift & 255]++;
        unsigned byte = 255;
        for (; n_of[byte] < k; byte--)
            k -= n_of[byte];
        found |= (uint64_t)byte << shift;
        size_t kept = 0;
        for (size_t i = 0; i < n; i++)
            if ((counts[i] >> shift & 255) == byte) counts[kept++] = counts[i];
        n = kept;
    }
    return found;
}

/* ---- weights ---- */

norni_tfidf_bounds norni_tfidf_bounds_of(const norni_tfidf_opt *o, size_t n) {
    return (norni_tfidf_bounds){
        .low = o->min_df.share ? o->min_df.value * (double)n : o->min_df.value,
        .high = o->max_df.share ? o->max_df.value * (double)n : o->max_df.value};
}

double norni_tfidf_idf_of(const norni_tfidf_opt *o, uint64_t df, size_t n) {
    if (!o->use_idf) return 1;
    const double more = o->smooth ? 1 : 0;
    return norni_log(((double)n + more) / ((double)df + more)) + 1;
}

/* Ascending by index: insertion for a tweet, a byte of the index at a time for a book. */
static void sort_cells(norni_tfidf_cell *cell, norni_tfidf_cell *scratch, size_t n) {
    if (n <= SHORT_ROW) {
        for (size_t i = 1; i < n; i++) {
            const norni_tfidf_cell c = cell[i];
            size_t j = i;
            for (; j > 0 && cell[j - 1].index > c.index; j--)
                cell[j] = cell[j - 1];
            cell[j] = c;
        }
        return;
    }
    norni_tfidf_cell *from = cell, *to = scratch;
    for (unsigned shift = 0; shift < 32; shift += 8) { /* four times: it ends in `cell` */
        size_t at[257] = {0};
        for (size_t k = 0; k < n; k++)
            at[(from[k].index >> shift & 255) + 1]++;
        for (size_t b = 0; b < 256; b++)
            at[b + 1] += at[b];
        for (size_t k = 0; k < n; k++)
            to[at[from[k].index >> shift & 255]++] = from[k];
        norni_tfidf_cell *swap = from;
        from = to;
        to = swap;
    }
}

void norni_tfidf_row(const norni_tfidf_opt *o, norni_tfidf_cell *cell, norni_tfidf_cell *scratch,
                     size_t n, uint32_t *index, double *value) {
    double sum = 0;
    sort_cells(cell, scratch, n);
    for (size_t k = 0; k < n; k++) {
        double tf = o->binary ? 1 : (double)cell[k].tf;
        if (o->sublinear && tf > 1) tf = 1 + norni_log(tf);
        const double x = tf * cell[k].idf;
        index[k] = cell[k].index;
        value[k] = x;
        sum += o->norm == NORNI_TFIDF_L2 ? x * x : fabs(x);
    }
    if (o->norm == NORNI_TFIDF_NONE || sum == 0) return;
    if (o->norm == NORNI_TFIDF_L2) sum = sqrt(sum);
    for (size_t k = 0; k < n; k++)
        value[k] /= sum;
}
