/* Six detectors of unusual months, and what they are told of a series. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_DETECTORS_H
#define NORNI_FINANCE_DETECTORS_H

#include "base/arena.h"
#include "base/poll.h"
#include "base/rng.h"

typedef enum norni_fin_detector {
    NORNI_FIN_BY_IQR,
    NORNI_FIN_BY_MODIFIED_Z,
    NORNI_FIN_BY_FOREST,
    NORNI_FIN_BY_LOF,
    NORNI_FIN_BY_SVM,
    NORNI_FIN_BY_GRUBBS,
    NORNI_FIN_DETECTORS
} norni_fin_detector;
enum { NORNI_FIN_LEAST_SEEN = 10 };

/* "IQR", "Modified Z-Score" … */
const char *norni_fin_detector_name(norni_fin_detector d);

typedef struct norni_fin_rest {
    const double *z;   /* (n) what is left of a series without trend and season, finite */
    size_t n;          /* NORNI_FIN_LEAST_SEEN or more */
    double volatility; /* std / |mean| of the series */
    bool seasonal;
    norni_rng rng;
} norni_fin_rest;
/* votes (n): a bit for each detector that calls the month unusual, with the spec's parameters. */
NORN_CHECKED norn_status norni_fin_detect(const norni_fin_rest *r, const norni_poll *poll,
                                          norni_arena *scratch, uint32_t *votes, norn_err *err);

#endif
