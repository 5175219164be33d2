/* The error of a weighted mean: keyed bootstrap and sandwich, both clustered by author; for signals_*.c and their tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_BOOT_H
#define NORNI_SIGNALS_BOOT_H

#include "base/arena.h"
#include "base/poll.h"
#include "signals/signals_aggregate.h"

/* What one author has in one group, over tweets that weigh. */
typedef struct norni_boot_cluster {
    double ws, w, ww; /* sums of weight times score, of weights, of squared weights */
    uint32_t author;
} norni_boot_cluster;

/* The replicates' weights of every author; shared by all groups and workers once it is made. */
typedef struct norni_boot {
    const norn_alloc *alloc;
    uint64_t seed;
    double level, author_cap;
    size_t n_replicates, stride; /* stride: n_replicates to whole blocks of 16 */
    const uint64_t *key;         /* (n_authors) borrowed */
    size_t n_authors;
    uint8_t *weight; /* (n_authors, stride); NULL: too large to hold, made where it is needed */
} norni_boot;

NORN_CHECKED norn_status norni_boot_init(norni_boot *b, norn_ctx *ctx,
                                         const norni_aggregate_opt *opt, const uint64_t *key,
                                         size_t n_authors, norn_err *err);
void norni_boot_clear(norni_boot *b);
/* The weights of one author for all replicates: Poisson(1) to 1/256, (stride). */
void norni_boot_weights(uint64_t seed, uint64_t key, size_t stride, uint8_t *out);

/* Adds a tweet; those of one author must follow each other. */
static inline void norni_boot_push(norni_boot_cluster *c, size_t *n, uint32_t author, double w,
                                   double s) {
    if (!(w > 0)) return;
    if (*n == 0 || c[*n - 1].author != author) c[(*n)++] = (norni_boot_cluster){.author = author};
    norni_boot_cluster *last = &c[*n - 1];
    last->ws += w * s;
    last->w += w;
    last->ww += w * w;
}
/* Scales clusters down (n) until none has more than `cap` of the whole weight; where that cannot be, all get the same. */
NORN_CHECKED norn_status norni_boot_cap(norni_boot_cluster *c, size_t n, double cap,
                                        norni_arena *scratch, norn_err *err);
/* The estimate of clusters (n), capped first; `replicate` (n_replicates) hears the replicates' means, NaN where a replicate has no weight; may be NULL. */
NORN_CHECKED norn_status norni_boot_estimate(const norni_boot *b, norni_boot_cluster *c, size_t n,
                                             const norni_poll *poll, norni_arena *scratch,
                                             double *replicate, norni_estimate *out, norn_err *err);
/* The percentile interval and standard deviation of means (n), NaN left out; NaN all three where fewer than two are left. x is changed. */
void norni_boot_interval(double *x, size_t n, double level, double *lo, double *hi, double *sd);

#endif
