/* Why a model says what it says: an intercept and terms, each with its shape. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EXPLANATION_H
#define NORNI_EXPLANATION_H

#include "base/str.h"

/* One axis of a term. */
typedef struct norni_term_axis {
    size_t feature; /* its number in the features */
    norni_str name;
    size_t n_bins;      /* in all: bin 0 is missing, the last is unseen, between them the values' */
    size_t n_cuts;      /* n_bins - 3 for numbers: bin 1 + #(cuts <= x); 0 for names */
    const double *cut;  /* (n_cuts) ascending */
    double least, most; /* of the feature where it was fitted */
    const norni_str *category; /* (n_bins - 2) of a nominal one; else NULL */
    bool linear;               /* a straight line: score is (slope, mean of the feature); no bins */
} norni_term_axis;

/* A term: of one feature, or of a pair. */
typedef struct norni_term {
    norni_str name; /* "feed_lag1", "feed_lag1 & API" */
    size_t n_axes;  /* 1 or 2 */
    norni_term_axis axis[2];
    double importance;    /* mean of |contribution| over the rows fitted, in the target's unit */
    const double *score;  /* (axis[0].n_bins, axis[1].n_bins), row-major, in the target's unit */
    const double *sd;     /* the same shape: standard deviation over bags; NULL: not known */
    const double *weight; /* the same shape: weight of the rows in each bin; NULL: not known */
} norni_term;

typedef struct norni_explanation {
    double intercept;
    size_t n_terms;
    const norni_term *term; /* (n_terms) in the model's order */
    size_t n_rows;          /* fitted on */
    /* What a term gives to a forecast (learner.h, contribute) is its shape at that row's values, so that
     * shapes and intercept add up to the forecast. false: contributions still add up to it, but a
     * feature's depends on the other features, and its shape is the mean of them at that value. */
    bool additive;
} norni_explanation;

#endif
