/* TF-IDF after scikit-learn's TfidfVectorizer: a vocabulary from texts, and sparse weights of each text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TFIDF_H
#define NORNI_TFIDF_H

#include "base/str.h"
#include "par/pool.h"

typedef enum norni_tfidf_analyzer {
    NORNI_TFIDF_WORD,
    NORNI_TFIDF_CHAR,
    NORNI_TFIDF_CHAR_WB
} norni_tfidf_analyzer;
typedef enum norni_tfidf_token {
    NORNI_TFIDF_WORDS, /* (?u)\b\w\w+\b, scikit-learn's default */
    NORNI_TFIDF_ALPHA, /* [a-zA-Z]{2,} between word borders: the reference's signals */
} norni_tfidf_token;
typedef enum norni_tfidf_norm { NORNI_TFIDF_L2, NORNI_TFIDF_L1, NORNI_TFIDF_NONE } norni_tfidf_norm;

/* A document frequency: a count, or a share of the texts when `share`. */
typedef struct norni_tfidf_df {
    double value;
    bool share;
} norni_tfidf_df;

typedef struct norni_tfidf_opt {
    norni_tfidf_analyzer analyzer;
    norni_tfidf_token token;
    norni_tfidf_norm norm;
    int32_t min_n, max_n; /* n-grams, 1 to 8 */
    norni_tfidf_df min_df, max_df;
    size_t
        max_features; /* 0: all; the largest counts over all texts, ties by code points ascending */
    bool lowercase, sublinear, smooth, binary, use_idf;
    bool english_stops;    /* scikit-learn's list of 318 words */
    const norni_str *stop; /* (n_stop) words more, as they stand after lower case; may be NULL */
    size_t n_stop;
} norni_tfidf_opt;
norni_tfidf_opt norni_tfidf_opt_default(void); /* scikit-learn's defaults */
norni_tfidf_opt norni_tfidf_opt_signals(
    void); /* 1000 features, 1-2 grams, min_df 2, max_df 0.8, English stops, ALPHA */

typedef struct norni_tfidf
    norni_tfidf; /* a vocabulary with its idf; shared by all workers once it is made */

/* NORN_E_ARG for options that cannot be; NORN_E_DATA when no term is left. Same bits at any worker count. `worker` as in norni_for. */
NORN_CHECKED norn_status norni_tfidf_fit(norn_ctx *ctx, norni_worker *worker,
                                         const norni_str *texts, size_t n,
                                         const norni_tfidf_opt *opt, norni_tfidf **out,
                                         norn_err *err);
void norni_tfidf_free(norni_tfidf *t); /* NULL is legal */
size_t norni_tfidf_n_terms(const norni_tfidf *t);
norni_str norni_tfidf_term(const norni_tfidf *t, size_t k); /* in order of code points */
double norni_tfidf_idf(const norni_tfidf *t, size_t k);
uint64_t norni_tfidf_df_of(const norni_tfidf *t, size_t k); /* texts that have it */

/* Sparse rows (CSR): of text i the terms index[start[i]] …, ascending. */
typedef struct norni_tfidf_rows {
    const norn_alloc *alloc;
    size_t n;
    size_t *start; /* (n + 1) */
    uint32_t *index;
    double *value;
} norni_tfidf_rows;
NORN_CHECKED norn_status norni_tfidf_transform(norn_ctx *ctx, norni_worker *worker,
                                               const norni_tfidf *t, const norni_str *texts,
                                               size_t n, norni_tfidf_rows *out, norn_err *err);
/* Both in one pass over the texts: each is cut once. */
NORN_CHECKED norn_status norni_tfidf_fit_transform(norn_ctx *ctx, norni_worker *worker,
                                                   const norni_str *texts, size_t n,
                                                   const norni_tfidf_opt *opt, norni_tfidf **out,
                                                   norni_tfidf_rows *rows, norn_err *err);
void norni_tfidf_rows_clear(norni_tfidf_rows *r);

/* As-of: a text is weighed by a vocabulary fitted to texts of EARLIER intervals only. time[i] (microseconds) in any order; texts are put into
 * intervals of `every` microseconds since the epoch (floor); the model of an interval is fitted to all texts whose interval is earlier. Texts of the
 * first interval, and texts while no term is left, get empty rows. Terms of different intervals have different indices: the rows name their terms. A text
 * without a time (INT64_MIN) belongs to no interval: it is never counted, and gets an empty row. */
typedef struct norni_tfidf_asof {
    norni_tfidf_rows rows; /* index into `term` */
    norni_str *term;       /* (n_terms) ascending, over all intervals; owned */
    size_t n_terms;
    char *bytes; /* behind them */
} norni_tfidf_asof;
NORN_CHECKED norn_status norni_tfidf_transform_asof(norn_ctx *ctx, norni_worker *worker,
                                                    const norni_str *texts, const int64_t *time,
                                                    size_t n, int64_t every,
                                                    const norni_tfidf_opt *opt,
                                                    norni_tfidf_asof *out, norn_err *err);
void norni_tfidf_asof_clear(norni_tfidf_asof *a);

#endif
