/* The options of `norn text sentiment`, `tfidf` and `tokenize`. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEXT_PLAN_H
#define NORNI_TEXT_PLAN_H

#include "app/common.h"
#include "app/sentiment_door.h"
#include "text/tfidf.h"

typedef struct norni_text_opt {
    norni_common_opt common;
    const char *data;
    const char *text_col, *id_col, *sheet;
    int32_t input_format;
    norni_sentiment_door_opt sentiment;
    /* TF-IDF */
    int32_t analyzer, token, norm, min_n, max_n, max_features, stop_words, point_in_time;
    double min_df, max_df;
    bool sublinear, binary, case_sensitive, no_smooth;
    const char *terms, *time_col;
    /* tokens */
    const char *vocabulary;
} norni_text_opt;

typedef enum norni_text_format {
    NORNI_TEXT_AUTO,
    NORNI_TEXT_CSV,
    NORNI_TEXT_JSON, /* lines, or one array */
    NORNI_TEXT_LINES /* each line is a text */
} norni_text_format;

extern const norni_param norni_text_rows[];
extern const size_t norni_n_text_rows;
extern const norni_param norni_text_sentiment_rows[];
extern const size_t norni_n_text_sentiment_rows;
extern const norni_param norni_text_tfidf_rows[];
extern const size_t norni_n_text_tfidf_rows;
extern const norni_param norni_text_tokenize_rows[];
extern const size_t norni_n_text_tokenize_rows;
/* The common rows that mean nothing here, for norni_op. */
#define NORNI_TEXT_UNLISTED "|resume|chunk-size|retry-attempts|cache|items|plot|error-threshold|"

/* NORN_E_ARG names the flag. */
NORN_CHECKED norn_status norni_text_tfidf_plan(const norni_text_opt *opt, norni_tfidf_opt *out,
                                               norn_err *err);

#endif
