/* The parts of a boosted tree's fit and what they hand to each other. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GBDT_PARTS_H
#define NORNI_GBDT_PARTS_H

#include "base/rng.h"
#include "models/gbdt/gbdt.h"

enum { GBDT_BINS = 256, GBDT_WIDTH = 12 /* columns of a block, at most */ };

/* One column as it is packed. */
typedef struct gbdt_column {
    uint32_t block, place; /* where its byte stands */
    uint32_t n_bins;       /* bin 0 missing, the last unseen or other */
    bool nominal;
    int8_t monotone;
    const double *cut; /* (n_bins - 3) of a number */
} gbdt_column;

/* Columns side by side: at (n, width), row-major. */
typedef struct gbdt_block {
    uint32_t first, width;
    uint8_t *at;
} gbdt_block;

typedef struct gbdt_data {
    size_t n, n_train, n_columns, n_blocks;
    gbdt_column *column; /* (n_columns) */
    gbdt_block *block;   /* (n_blocks) */
} gbdt_data;

NORN_CHECKED norn_status gbdt_pack(norni_env *env, const norni_gbdt_task *task, gbdt_data *out,
                                   norn_err *err);
static inline uint8_t gbdt_bin(const gbdt_data *d, uint32_t column, size_t row) {
    const gbdt_column *c = &d->column[column];
    const gbdt_block *b = &d->block[c->block];
    return b->at[row * b->width + c->place];
}

/* Gradients as integers, so that sums are exact in any order and a histogram may be subtracted.
 * narrow: word = gradient << shift | 1 (hessians are all 1); wide: two words, the gradient, and
 * hessian << shift | 1. */
typedef struct gbdt_words {
    bool wide;
    int shift;
    double unit[2]; /* gradient and hessian of an integer's 1 */
    int64_t *word;  /* (n_train) or (n_train, 2) */
} gbdt_words;

/* What a leaf or a side of a split sums to, in integers' units. */
typedef struct gbdt_sums {
    double g, h; /* h: of narrow words the count */
    double n;
} gbdt_sums;

typedef struct gbdt_split {
    double gain; /* in squares of the gradient's unit over the hessian's; 0: there is none */
    uint32_t column;
    uint8_t bin; /* up to it: left */
    bool missing_left, nominal;
    uint64_t set[NORNI_GBDT_SET];
    gbdt_sums left;
} gbdt_split;

typedef enum gbdt_simd { GBDT_PLAIN, GBDT_AVX2, GBDT_AVX512 } gbdt_simd;
gbdt_simd gbdt_simd_most(void);

/* Bounds and penalties of a scan, in integers' units. */
typedef struct gbdt_rule {
    double l1, l2, cat_l2, cat_smooth, min_n, min_h, min_gain;
    double low, high; /* of a leaf's value under monotone constraints */
    gbdt_simd simd;
} gbdt_rule;

/* hist (GBDT_BINS) or (GBDT_BINS, 2) per column of the block: the words of rows (n) are added. */
void gbdt_hist_add(const gbdt_block *b, const gbdt_words *w, const uint32_t *row, size_t n,
                   int64_t *hist);
static inline size_t gbdt_hist_size(const gbdt_words *w) {
    return w->wide ? 2 * (size_t)GBDT_BINS : (size_t)GBDT_BINS;
}
gbdt_sums gbdt_word_sums(const gbdt_words *w, const int64_t *word);

enum { GBDT_SCAN_SCRATCH = 2 * GBDT_BINS };
/* Betters *best by the column's best split when its gain is higher. scratch (GBDT_SCAN_SCRATCH). */
void gbdt_scan(const gbdt_column *c, uint32_t column, const int64_t *hist, const gbdt_words *w,
               const gbdt_sums *all, const gbdt_rule *rule, int64_t *scratch, gbdt_split *best);
/* 2 (loss saved) of a leaf alone: soft(g)^2 / (h + l2); and its value. */
double gbdt_leaf_gain(const gbdt_rule *r, double g, double h, double l2);
double gbdt_leaf_value(const gbdt_rule *r, double g, double h, double l2);

/* Losses: gradients at the scores, and what is left to a leaf's own median or quantile. */
typedef struct gbdt_loss {
    norni_gbdt_loss kind;
    double alpha, power;
    double edge, first_edge; /* huber's at this tree, and at the first: for means that compare */
    bool log_link, constant_hessian, renews;
    double level; /* of the quantile that a leaf's value is renewed to */
} gbdt_loss;

gbdt_loss gbdt_loss_of(const norni_gbdt_opt *o);
/* The constant that a fit starts from; scratch (n). */
double gbdt_loss_start(const gbdt_loss *l, const double *y, size_t n, double *scratch);
/* g, h (n): slopes and curvatures; h is not set where they are constant. scratch (n). */
void gbdt_loss_slopes(gbdt_loss *l, const double *y, const double *score, size_t n, double *g,
                      double *h, double *scratch);
double gbdt_loss_mean(const gbdt_loss *l, const double *y, const double *score, size_t n);
/* The quantile `level` of x (n > 0), interpolated; x is reordered. */
double gbdt_quantile(double *x, size_t n, double level);

/* Draws of a tree: which columns, which rows. */
typedef struct gbdt_draws {
    norni_rng rng;
    uint64_t tree;
} gbdt_draws;

void gbdt_draw_columns(gbdt_draws d, double fraction, size_t n, bool *taken);
/* row (n): those taken, ascending; returns how many. */
size_t gbdt_draw_rows(gbdt_draws d, double fraction, size_t n, uint32_t *row);
/* GOSS: the `top` steepest and of the others a share `rest`, whose slopes are multiplied. */
size_t gbdt_draw_goss(gbdt_draws d, double top, double rest, size_t n, double *g, double *h,
                      double *scratch, uint32_t *row);
/* Bits that hold a count of n rows. */
int gbdt_words_shift(size_t n);
/* Whether words must be wide. */
bool gbdt_words_wide(const gbdt_loss *l, bool goss, size_t n);
/* Quantises g, h (h NULL: 1) of the rows (n of them). */
void gbdt_words_make(const double *g, const double *h, const uint32_t *row, size_t n,
                     gbdt_words *w);

/* One tree. */
typedef struct gbdt_grown {
    norni_gbdt_tree tree; /* values without the learning rate */
    double *value;        /* (n_leaves) tree.leaf, to be renewed */
    const uint32_t *row;  /* leaf by leaf: leaf k's are the cover[k] from begin[k] on */
    const size_t *begin;  /* (n_leaves) */
} gbdt_grown;

typedef struct gbdt_grower gbdt_grower;
/* Histograms of all leaves are kept while they take pool_bytes at most; blocks of columns are shared
 * from share_work additions on. */
typedef struct gbdt_limits {
    double pool_bytes, share_work;
} gbdt_limits;
static inline gbdt_limits gbdt_limits_default(void) {
    return (gbdt_limits){64 * 1048576.0, 400000};
}
NORN_CHECKED norn_status gbdt_grower_new(norni_env *env, norni_arena *keep,
                                         const norni_gbdt_opt *opt, const gbdt_data *data,
                                         bool wide, gbdt_limits limits, gbdt_grower **out,
                                         norn_err *err);
/* Grows on row (n), ascending. taken (n_columns). The tree lies in `keep`,
 * its rows in the grower until the next one. */
NORN_CHECKED norn_status gbdt_grow(gbdt_grower *g, norni_env *env, const gbdt_words *words,
                                   const uint32_t *row, size_t n, const bool *taken,
                                   gbdt_grown *out, norn_err *err);
/* Where x goes at a node. */
bool gbdt_goes_left(const norni_gbdt_node *n, double x);
/* The leaf of the packed row. */
uint32_t gbdt_leaf_of(const norni_gbdt_tree *t, const gbdt_data *d, size_t row);

#endif
