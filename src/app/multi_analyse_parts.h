/* What `--analyse` is made of: the profile of values, the trial of cleaning strategies, the figures. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ANALYSE_PARTS_H
#define NORNI_MULTI_ANALYSE_PARTS_H

#include "app/multi_analyse.h"
#include "app/multi_files.h"
#include "eval/step_scores.h"

/* What the observed values of a column look like; NaN where they are too few. */
enum { NORNI_WILD_SD = 20 };
typedef struct norni_profile {
    size_t n_rows, n, n_missing, n_zero, n_negative; /* n: observed */
    double mean, median, sd, least, most;
    double q1, q3, low, high;   /* fences: 1.5 times q3 - q1 beyond them */
    size_t n_outliers;          /* outside the fences */
    double skew, kurtosis;      /* of the sample, as pandas' skew() and kurt() (excess) */
    double robust_sd;           /* 1.4826 times the median distance from the median */
    size_t n_wild;              /* more than NORNI_WILD_SD of these from the median */
    double wild_low, wild_high; /* the least and the greatest of them */
} norni_profile;

NORN_CHECKED norn_status norni_profile_of(norni_arena *arena, const double *y, size_t n,
                                          norni_profile *out, norn_err *err);
/* Whether a value is one of the profile's wild ones. */
bool norni_profile_is_wild(const norni_profile *p, double v);

/* How one column goes along with the target. */
typedef struct norni_company {
    size_t column; /* of the table */
    double r;      /* correlation over all rows where both are known */
    double inside; /* the same over rows with the target inside its fences */
} norni_company;

/* Ways to clean what is learned from. */
enum { NORNI_CLEANINGS = 6 };
extern const char *const norni_cleaning_name[NORNI_CLEANINGS];  /* "iqr" */
extern const char *const norni_cleaning_words[NORNI_CLEANINGS]; /* "inside the IQR fences" */

typedef struct norni_cleaning {
    size_t n_learned; /* rows learned from */
    char why[160];    /* why it was not fitted; "" when it was */
    double *forecast; /* (n_test) of the raw target */
    double all[NORNI_STEP_SCORES],
        sane[NORNI_STEP_SCORES]; /* over all test rows; without wild ones */
    double median_error;         /* of |error| over all test rows */
} norni_cleaning;

/* All of it. Arrays live in `arena`. */
typedef struct norni_analysis {
    norn_ctx *ctx;
    const norni_analyse_task *task;
    norni_arena *arena;
    size_t column;                  /* of the target */
    const double *y;                /* (n_rows) */
    size_t n_rows, n_train, n_test; /* test rows: [n_train, n_rows) */
    norni_profile profile, learned; /* of all rows; of those before n_train */
    size_t n_company;               /* of statics, or where there are none of all columns */
    const norni_company *company;   /* (n_company) by |inside|, the largest first */
    bool company_static;
    size_t n_constant;
    const size_t *constant;      /* (n_constant) columns with one value */
    size_t n_features, *feature; /* columns that the trial learns from */
    double percentile[2];        /* 5th and 95th of the values learned from */
    norni_cleaning trial[NORNI_CLEANINGS];
    size_t n_test_wild; /* test rows with a wild value, by the rows learned from */
    size_t best;        /* least mean |error| without wild rows; NORNI_CLEANINGS: none was fitted */
} norni_analysis;

/* multi_profile.c: profiles, company, constants, features. */
NORN_CHECKED norn_status norni_analysis_profile(norni_analysis *a, norn_err *err);
/* multi_cleaning.c: the trial. */
NORN_CHECKED norn_status norni_analysis_trial(norni_analysis *a, norn_err *err);
/* The rows of y (n) that a strategy learns from, others NaN, transformed; returns their count. */
size_t norni_cleaning_apply(size_t strategy, const norni_profile *learned, const double *low_high,
                            const double *y, size_t n, double *out);
/* multi_analyse_figures.c */
NORN_CHECKED norn_status norni_analysis_draw(norni_multi_files *files, const norni_analysis *a,
                                             norn_err *err);

#endif
