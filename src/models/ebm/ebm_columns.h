/* A column as one bag sees it, for the boosting of main effects. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_COLUMNS_H
#define NORNI_EBM_COLUMNS_H

#include "models/ebm/ebm_stages.h"

/* A slot is a bin that training rows fall in, so that no two cuts part
 * them alike; slot 0 is that of missing values where the bag has any, filled or not. */
typedef struct ebm_column {
    const uint16_t *train;    /* (n_train) slots */
    const uint16_t *validate; /* (n_validate) bins */
    uint32_t n_bins, n_slots;
    bool missing; /* slot 0 is bin 0 */
    bool apart;   /* and has a leaf of its own in each step */
    bool nominal;
    int8_t monotone;
    bool plain;           /* two leaves, nothing special: the quick search */
    uint32_t n_ways;      /* of the histogram */
    const uint16_t *bin;  /* (n_slots + 1) each slot's bin; the last: one behind the last value's */
    const uint16_t *upto; /* (n_bins) number of slots with that bin or a lower one */
    const uint32_t *count;      /* (n_slots) training rows */
    const double *weight;       /* (n_slots) of them */
    const double *weight_upto;  /* (n_slots + 1) of the slots before */
    const double *left, *right; /* (n_slots + 16) 1 / weight up to and behind; 0: not legal */
    uint32_t first_cut, n_cuts; /* bins behind which a random cut may lie */
    size_t tensor;              /* where its scores begin among all columns' */
} ebm_column;

/* The columns of a bag, in env->arena; `tables`: some of them needs more than the quick search. */
NORN_CHECKED norn_status ebm_columns_make(norni_env *env, const norni_ebm_opt *opt,
                                          const norni_ebm_task *task, const norni_ebm_bag *bag,
                                          ebm_column *out, bool *tables, norn_err *err);

#endif
