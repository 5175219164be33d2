/* The error of a weighted mean of tweets: a Poisson bootstrap keyed by author, and the sandwich beside it. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Chamandy, Muralidharan, Najmi, Naidu, "Estimating uncertainty for massive data streams", Google 2012: each unit gets a Poisson(1) weight in each replicate, drawn from a hash of its
 * name, so that no order and no split of the data changes a replicate. Units are authors, because tweets of one author are not independent (Cameron, Gelbach, Miller, "Bootstrap-based
 * improvements for inference with clustered errors", 2008). The draw is a byte of Philox's output through a fixed table of 256 entries, 94, 95, 46, 16, 4 and 1 of the weights 0 to 5:
 * mean 1 and variance 1 exactly, each probability within 1/256 of Poisson's. The bytes of an author are those of norni_rng (seed, key) in order, the lowest byte of a word first. */
#include "signals/signals_boot.h"

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "base/sort.h"

enum { TABLE_BYTES = 64 << 20, POLL_EVERY = 1024, FEW = 24, KEY_BLOCK = 512 };

void norni_boot_weights(uint64_t seed, uint64_t key, size_t stride, uint8_t *out) {
    static const uint8_t upto[] = {94, 189, 235, 251, 255}; /* bytes below have weight 0, 1, … */
    const norni_rng rng = {seed, key};
    for (size_t k = 0; k < stride; k += 16) {
        uint64_t word[2];
        norni_rng_block(rng, k / 16, word);
        for (size_t j = 0; j < 16; j++) {
            const uint8_t byte = (uint8_t)(word[j / 8] >> 8 * (j % 8));
            out[k + j] = (uint8_t)((byte >= upto[0]) + (byte >= upto[1]) + (byte >= upto[2]) +
                                   (byte >= upto[3]) + (byte >= upto[4]));
        }
    }
}

static norn_status fill_weights(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    norni_boot *b = arg;
    const size_t from = item * KEY_BLOCK,
                 to = b->n_authors - from < KEY_BLOCK ? b->n_authors : from + KEY_BLOCK;
    (void)worker;
    (void)err;
    for (size_t a = from; a < to; a++)
        norni_boot_weights(b->seed, b->key[a], b->stride, b->weight + a * b->stride);
    return NORN_OK;
}

norn_status norni_boot_init(norni_boot *b, norn_ctx *ctx, const norni_aggregate_opt *opt,
                            const uint64_t *key, size_t n_authors, norn_err *err) {
    const size_t n = (size_t)opt->replicates;
    *b = (norni_boot){.alloc = &ctx->alloc,
                      .seed = opt->seed,
                      .level = opt->level,
                      .author_cap = opt->author_cap,
                      .n_replicates = n,
                      .stride = (n + 15) & ~(size_t)15,
                      .key = key,
                      .n_authors = n_authors};
    if (n == 0 || n_authors == 0 || n_authors > TABLE_BYTES / b->stride) return NORN_OK;
    const norni_for_opt how = {.grain = 1};
    b->weight = norni_alloc_get(b->alloc, n_authors, b->stride);
    if (b->weight == NULL) return norni_alloc_fail(err, "signals", n_authors, b->stride);
    return norni_for(ctx, NULL, (n_authors + KEY_BLOCK - 1) / KEY_BLOCK, fill_weights, b, &how,
                     err);
}

void norni_boot_clear(norni_boot *b) {
    if (b->alloc != NULL) norni_alloc_drop(b->alloc, b->weight, b->n_authors, b->stride);
    *b = (norni_boot){0};
}

static int heavier_first(const void *arg, size_t a, size_t b) {
    const norni_boot_cluster *c = arg;
    return c[a].w > c[b].w ? -1 : c[a].w < c[b].w;
}

/* The largest weight that a cluster may have. With the k heaviest cut to t: t = cap (k t + rest). */
static double most_of(const norni_boot_cluster *c, const size_t *order, size_t n, double cap) {
    double rest = 0;
    for (size_t k = 0; k < n; k++)
        rest += c[k].w;
    for (size_t k = 0; k < n && (double)k * cap < 1; k++) {
        const double t = cap * rest / (1 - (double)k * cap);
        if (t >= c[order[k]].w) return t;
        rest -= c[order[k]].w;
    }
    return c[order[n - 1]].w;
}

norn_status norni_boot_cap(norni_boot_cluster *c, size_t n, double cap, norni_arena *scratch,
                           norn_err *err) {
    if (n == 0 || cap >= 1) return NORN_OK;
    size_t *order = norni_arena_get(scratch, n, 2 * sizeof *order);
    if (order == NULL) return norni_alloc_fail(err, "signals", n, 2 * sizeof *order);
    for (size_t k = 0; k < n; k++)
        order[k] = k;
    norni_sort_index(order, n, heavier_first, c, order + n);
    const double most = most_of(c, order, n, cap);
    for (size_t k = 0; k < n; k++) {
        if (!(c[k].w > most)) continue;
        const double scale = most / c[k].w;
        c[k].ws *= scale;
        c[k].ww *= scale * scale;
        c[k].w = most;
    }
    return NORN_OK;
}

/* num and den (n, a multiple of 16) plus the cluster's sums times its weights. Lanes are replicates: no sum's order changes. */
#define ADD_BODY                                    \
    for (size_t r = 0; r < n; r++) {                \
        const double times = (double)(int32_t)m[r]; \
        num[r] += times * ws;                       \
        den[r] += times * w;                        \
    }
typedef void (*add_fn)(const uint8_t *restrict m, size_t n, double ws, double w,
                       double *restrict num, double *restrict den);
static void add_plain(const uint8_t *restrict m, size_t n, double ws, double w,
                      double *restrict num, double *restrict den) {
    ADD_BODY
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) static void add_avx2(const uint8_t *restrict m, size_t n, double ws,
                                                     double w, double *restrict num,
                                                     double *restrict den) {
    ADD_BODY
}
#endif

static add_fn add_widest(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return add_avx2;
#endif
    return add_plain;
}

static norn_status replicate_means(const norni_boot *b, const norni_boot_cluster *c, size_t n,
                                   const norni_poll *poll, norni_arena *scratch, double *mean,
                                   norn_err *err) {
    const size_t stride = b->stride;
    double *num = norni_arena_zero(scratch, stride, sizeof *num),
           *den = norni_arena_zero(scratch, stride, sizeof *den);
    uint8_t *made = norni_arena_get(scratch, stride, 1);
    const add_fn add = add_widest();
    if (num == NULL || den == NULL || made == NULL)
        return norni_alloc_fail(err, "signals", stride, sizeof *num);
    for (size_t k = 0; k < n; k++) {
        const uint8_t *m = made;
        if (b->weight != NULL)
            m = b->weight + c[k].author * stride;
        else
            norni_boot_weights(b->seed, b->key[c[k].author], stride, made);
        add(m, stride, c[k].ws, c[k].w, num, den);
        if (k % POLL_EVERY == POLL_EVERY - 1 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "signals: cancelled");
    }
    for (size_t r = 0; r < b->n_replicates; r++)
        mean[r] = den[r] > 0 ? num[r] / den[r] : NORNI_NAN;
    return NORN_OK;
}

norn_status norni_boot_estimate(const norni_boot *b, norni_boot_cluster *c, size_t n,
                                const norni_poll *poll, norni_arena *scratch, double *replicate,
                                norni_estimate *out, norn_err *err) {
    double ws = 0, w = 0, ww = 0, off = 0;
    *out = (norni_estimate){.n_authors = n,
                            .lo = NORNI_NAN,
                            .hi = NORNI_NAN,
                            .se = NORNI_NAN,
                            .sandwich_se = NORNI_NAN};
    for (size_t r = 0; replicate != NULL && r < b->n_replicates; r++)
        replicate[r] = NORNI_NAN;
    if (n == 0) return NORN_OK;
    NORN_TRY(norni_boot_cap(c, n, b->author_cap, scratch, err));
    for (size_t k = 0; k < n; k++) {
        ws += c[k].ws;
        w += c[k].w;
        ww += c[k].ww;
    }
    out->mean = ws / w;
    out->n_eff = w * w / ww;
    if (n < 2) return NORN_OK;
    for (size_t k = 0; k < n; k++) {
        const double u = c[k].ws - out->mean * c[k].w;
        off += u * u;
    }
    out->sandwich_se = sqrt((double)n / (double)(n - 1) * off) / w;
    if (b->n_replicates == 0) return NORN_OK;
    double *mean = norni_arena_get(scratch, b->n_replicates, sizeof *mean);
    if (mean == NULL) return norni_alloc_fail(err, "signals", b->n_replicates, sizeof *mean);
    NORN_TRY(replicate_means(b, c, n, poll, scratch, mean, err));
    if (replicate != NULL) memcpy(replicate, mean, b->n_replicates * sizeof *mean);
    norni_boot_interval(mean, b->n_replicates, b->level, &out->lo, &out->hi, &out->se);
    out->excludes_zero = out->lo > 0 || out->hi < 0;
    return NORN_OK;
}

/* The k smallest of x (n), ascending, each times `sign`. */
static void smallest(const double *x, size_t n, double sign, size_t k, double *out) {
    size_t held = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = sign * x[i];
        if (held == k && !(v < out[k - 1])) continue;
        size_t at = held < k ? held++ : k - 1;
        for (; at > 0 && v < out[at - 1]; at--)
            out[at] = out[at - 1];
        out[at] = v;
    }
}

void norni_boot_interval(double *x, size_t n, double level, double *lo, double *hi, double *sd) {
    double tail[FEW], mean = 0, var = 0;
    size_t m = 0;
    *lo = *hi = *sd = NORNI_NAN;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) x[m++] = x[i];
    if (m < 2) return;
    for (size_t i = 0; i < m; i++)
        mean += x[i] / (double)m;
    for (size_t i = 0; i < m; i++)
        var += (x[i] - mean) * (x[i] - mean);
    *sd = sqrt(var / (double)(m - 1));
    /* Between the order statistics around (m - 1) p, as numpy's and R's default. */
    const double at = (double)(m - 1) * (1 - level) / 2, part = at - floor(at);
    const size_t k = (size_t)at;
    if (k + 2 <= FEW && k + 2 <= m) {
        smallest(x, m, 1, k + 2, tail);
        *lo = tail[k] + part * (tail[k + 1] - tail[k]);
        smallest(x, m, -1, k + 2, tail);
        *hi = -(tail[k] + part * (tail[k + 1] - tail[k]));
        return;
    }
    norni_sort_doubles(x, m);
    *lo = x[k] + part * (x[k + 1] - x[k]);
    *hi = x[m - 1 - k] - part * (x[m - 1 - k] - x[m - 2 - k]);
}
