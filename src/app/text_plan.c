/* The options of `norn text sentiment`, `tfidf` and `tokenize`. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/text_plan.h"

#include <math.h>

#define AT(field) offsetof(norni_text_opt, field)
const norni_param norni_text_rows[] = {
    {.name = "text-col",
     .type = NORNI_T_TEXT,
     .offset = AT(text_col),
     .metavar = "NAME",
     .help = "column of the text (default: cleaned_content, content, text, tweet, review, message, "
             "body or comment; or the only column)"},
    {.name = "id-col",
     .type = NORNI_T_TEXT,
     .offset = AT(id_col),
     .metavar = "NAME",
     .help = "column that names a row in what is written (default: its number, from 1)"},
    {.name = "input-format",
     .type = NORNI_T_CHOICE,
     .offset = AT(input_format),
     .def = "auto",
     .choices = "auto|csv|json|lines",
     .help = "a table, JSON (lines or an array), or a text a line (auto: by the first line)"},
    {.name = "sheet",
     .type = NORNI_T_TEXT,
     .offset = AT(sheet),
     .metavar = "NAME",
     .help = "sheet of an .xlsx workbook (default: the first visible one)"},
};
const size_t norni_n_text_rows = sizeof norni_text_rows / sizeof norni_text_rows[0];

const norni_param norni_text_sentiment_rows[] = {NORNI_SENTIMENT_ROWS(norni_text_opt, sentiment)};
const size_t norni_n_text_sentiment_rows =
    sizeof norni_text_sentiment_rows / sizeof norni_text_sentiment_rows[0];

const norni_param norni_text_tfidf_rows[] = {
    {.name = "analyzer",
     .type = NORNI_T_CHOICE,
     .offset = AT(analyzer),
     .def = "word",
     .choices = "word|char|char_wb",
     .help = "terms are words, characters, or characters within words"},
    {.name = "token",
     .type = NORNI_T_CHOICE,
     .offset = AT(token),
     .def = "words",
     .choices = "words|alphabetic",
     .help = "a word: two letters, digits or _ and more; or two of a to z and more"},
    {.name = "min-n",
     .type = NORNI_T_INT,
     .offset = AT(min_n),
     .def = "1",
     .min = 1,
     .max = 8,
     .metavar = "N",
     .help = "shortest n-gram"},
    {.name = "max-n",
     .type = NORNI_T_INT,
     .offset = AT(max_n),
     .def = "1",
     .min = 1,
     .max = 8,
     .metavar = "N",
     .help = "longest n-gram"},
    {.name = "min-df",
     .type = NORNI_T_DOUBLE,
     .offset = AT(min_df),
     .def = "1",
     .min = 0,
     .max = 1e15,
     .metavar = "N",
     .help = "texts that must have a term: a number, below 1 a share"},
    {.name = "max-df",
     .type = NORNI_T_DOUBLE,
     .offset = AT(max_df),
     .def = "1",
     .min = 0,
     .max = 1e15,
     .metavar = "N",
     .help = "texts that may have a term: up to 1 a share, beyond a number"},
    {.name = "max-features",
     .type = NORNI_T_INT,
     .offset = AT(max_features),
     .def = "0",
     .min = 0,
     .max = 2147483647,
     .metavar = "N",
     .help = "only the commonest terms; of equals the first by code points (0: all)"},
    {.name = "stop-words",
     .type = NORNI_T_CHOICE,
     .offset = AT(stop_words),
     .def = "none",
     .choices = "none|english",
     .help = "words that are no terms: scikit-learn's 318"},
    {.name = "norm",
     .type = NORNI_T_CHOICE,
     .offset = AT(norm),
     .def = "l2",
     .choices = "l2|l1|none",
     .help = "length that each row is brought to"},
    {.name = "sublinear",
     .type = NORNI_T_BOOL,
     .offset = AT(sublinear),
     .def = "false",
     .help = "1 + ln(count) in place of the count"},
    {.name = "binary",
     .type = NORNI_T_BOOL,
     .offset = AT(binary),
     .def = "false",
     .help = "every count is 1"},
    {.name = "case-sensitive",
     .type = NORNI_T_BOOL,
     .offset = AT(case_sensitive),
     .def = "false",
     .help = "keep upper and lower case apart"},
    {.name = "no-smooth",
     .type = NORNI_T_BOOL,
     .offset = AT(no_smooth),
     .def = "false",
     .help = "idf = ln(n/df) + 1 in place of ln((1+n)/(1+df)) + 1"},
    {.name = "point-in-time",
     .type = NORNI_T_CHOICE,
     .offset = AT(point_in_time),
     .def = "off",
     .choices = "off|hour|day",
     .help = "weigh terms by texts before this hour or day alone; needs times"},
    {.name = "time-col",
     .type = NORNI_T_TEXT,
     .offset = AT(time_col),
     .metavar = "NAME",
     .help = "column of the times, for --point-in-time (default: timestamp, created_at or date)"},
    {.name = "terms",
     .type = NORNI_T_TEXT,
     .offset = AT(terms),
     .path = NORNI_PATH_LOCAL,
     .metavar = "FILE",
     .help = "write the vocabulary as CSV: term, df, idf"},
};
const size_t norni_n_text_tfidf_rows =
    sizeof norni_text_tfidf_rows / sizeof norni_text_tfidf_rows[0];

const norni_param norni_text_tokenize_rows[] = {
    {.name = "vocabulary",
     .type = NORNI_T_TEXT,
     .offset = AT(vocabulary),
     .path = NORNI_PATH_LOCAL,
     .metavar = "DIR",
     .help =
         "byte-pair ids by vocab.json and merges.txt of this folder (default: words and signs)"},
};
#undef AT
const size_t norni_n_text_tokenize_rows =
    sizeof norni_text_tokenize_rows / sizeof norni_text_tokenize_rows[0];

/* scikit-learn tells a share from a count by the number's type; a flag by its size. */
static norn_status df_of(const char *flag, double x, bool one_is_share, norni_tfidf_df *out,
                         norn_err *err) {
    out->share = one_is_share ? x <= 1 : x < 1;
    out->value = x;
    if (!out->share && floor(x) != x)
        return norn_fail(err, NORN_E_ARG, "--%s: %g is neither a share nor a whole number", flag,
                         x);
    return NORN_OK;
}

norn_status norni_text_tfidf_plan(const norni_text_opt *opt, norni_tfidf_opt *out, norn_err *err) {
    *out = norni_tfidf_opt_default();
    out->analyzer = (norni_tfidf_analyzer)opt->analyzer;
    out->token = (norni_tfidf_token)opt->token;
    out->norm = (norni_tfidf_norm)opt->norm;
    out->min_n = opt->min_n;
    out->max_n = opt->max_n;
    out->max_features = (size_t)opt->max_features;
    out->english_stops = opt->stop_words == 1;
    out->sublinear = opt->sublinear;
    out->binary = opt->binary;
    out->lowercase = !opt->case_sensitive;
    out->smooth = !opt->no_smooth;
    NORN_TRY(df_of("min-df", opt->min_df, false, &out->min_df, err));
    NORN_TRY(df_of("max-df", opt->max_df, true, &out->max_df, err));
    if (opt->min_n > opt->max_n)
        return norn_fail(err, NORN_E_ARG, "--min-n %d is beyond --max-n %d", (int)opt->min_n,
                         (int)opt->max_n);
    if (opt->time_col != NULL && opt->point_in_time == 0)
        return norn_fail(err, NORN_E_ARG, "--time-col is for --point-in-time hour or day");
    return NORN_OK;
}
