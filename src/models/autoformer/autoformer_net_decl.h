/* The network's types and functions, declared once for each precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. REAL and FN(x) say for what. */

/* What one auto-correlation and what follows it leave behind for the slopes. R: rows. */
typedef struct FN(attention) {
    REAL *x;               /* (R, d) what came in */
    REAL *q;               /* (R, 3 d) query, key, value; of the encoder: query (R, d) */
    REAL *kv;              /* of the encoder: key, value (R enc, 2 d) */
    REAL *gathered;        /* (R, d) */
    REAL *score;           /* (windows, len) correlation at each lag */
    REAL *weight;          /* (windows, lags) */
    size_t *lag;           /* (windows, lags) */
    REAL *mid;             /* (R, d) what goes into the feed-forward layer, where one follows */
    REAL *act, *act_slope; /* (R, ff) */
} FN(attention);

/* A micro-batch: windows that go through the network together. */
typedef struct FN(part) {
    size_t first, n;              /* windows of the batch */
    REAL *in_enc;                 /* (n len_enc, inputs) */
    REAL *in_dec;                 /* (n len_dec, inputs) */
    REAL *start;                  /* (n horizon, channels) the trend that is begun with */
    REAL *out;                    /* (n horizon, channels) the forecast */
    REAL *goal;                   /* (n horizon, targets); NaN: does not count */
    double loss;                  /* sum of squares */
    FN(attention) * at;           /* (attentions) */
    REAL *x;                      /* (R, d) what the next layer gets */
    REAL *hat, *inverse, *memory; /* (R enc, d), (R enc), (R enc, d) the encoder's norm */
    REAL *dec_hat, *dec_inverse, *dec_normed; /* the decoder's */
    REAL *trend;    /* (n_dec, R dec, d) what goes through each layer's trend convolution */
    REAL *slope;    /* (weights) */
    REAL *work[5];  /* (most R, max(3 d, ff, 3 C)) */
    REAL *d_memory; /* (R enc, d) */
    double *sum;    /* (3 d, or 3 channels) */
    double *choice; /* (most len) */
} FN(part);

/* What is the same for all parts of a batch. */
typedef struct FN(run) {
    const autoformer_shape *shape;
    const REAL *w;
    const FN(rows) * rows;
    bool train;      /* lags of the whole batch, dropout, memory for slopes */
    uint32_t key[4]; /* of this step's dropout */
    uint32_t below;  /* of 65536: what is dropped; 0 = nothing */
    REAL kept;       /* scale of what is kept */
    REAL loss_scale; /* 2 / numbers that count */
} FN(run);

/* Memory for n windows, from the arena. */
NORN_CHECKED norn_status FN(part_init)(norni_arena *arena, const autoformer_shape *s, size_t n,
                                       bool train, FN(part) * out, norn_err *err);
size_t FN(part_bytes)(const autoformer_shape *s, size_t n, bool train);
/* Window k of the part from x (len_enc, channels), the marks of its rows and of the decoder's, and
 * the trend to start with (horizon, channels; NULL: the mean of x). */
void FN(fill)(const FN(run) * r, FN(part) * p, size_t k, const REAL *x, const REAL *marks,
              const REAL *marks_dec, const REAL *trend);
/* Phases 0 ... attentions: each ends with the scores of one auto-correlation, the last one with out.
 * Between them `choose` picks the lags. */
NORN_CHECKED norn_status FN(advance)(const FN(run) * r, FN(part) * p, size_t phase, void *scratch,
                                     const norni_poll *poll, norn_err *err);
/* The lags of attention a: of the parts together (train), or of each window. */
void FN(choose)(const FN(run) * r, FN(part) * parts, size_t n_parts, size_t a);
/* Loss and slopes of a part behind its last phase; all of p->slope is written. */
NORN_CHECKED norn_status FN(back)(const FN(run) * r, FN(part) * p, void *scratch,
                                  const norni_poll *poll, norn_err *err);
/* All phases of one part by itself. */
NORN_CHECKED norn_status FN(forward)(const FN(run) * r, FN(part) * p, void *scratch,
                                     const norni_poll *poll, norn_err *err);
/* Weights to start from, distributed as PyTorch would draw them; false: told to stop. */
bool FN(draw)(const autoformer_shape *s, norni_rng rng, const norni_poll *poll, REAL *w);
