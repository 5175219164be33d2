/* The list that features are added to, and the groups of them that hold values of their own. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FEATURES_PARTS_H
#define NORNI_FEATURES_PARTS_H

#include "feat/features.h"

typedef struct norni_feature_list {
    norni_arena *arena;
    const norni_poll *poll;
    const norni_wide *wide;
    const norni_features_opt *opt;
    norni_feature_column *col; /* (n) */
    size_t n, cap, first;
} norni_feature_list;

/* Adds *column under a name; cut at 511 bytes. */
NORN_CHECKED norn_status norni_feature_add(norni_feature_list *list,
                                           const norni_feature_column *column, norn_err *err,
                                           const char *fmt, ...) NORN_PRINTF(4, 5);
/* Rolling features of column c. */
NORN_CHECKED norn_status norni_features_roll(norni_feature_list *list, size_t c, norn_err *err);
/* The date of the row that is forecast, as numbers. */
NORN_CHECKED norn_status norni_features_calendar(norni_feature_list *list, norn_err *err);

#endif
