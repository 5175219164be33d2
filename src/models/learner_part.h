/* What learners of one target at one step share: examples, signs of features, the base they stand on. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEARNER_PART_H
#define NORNI_LEARNER_PART_H

#include "models/learner_base.h"

/* The part's examples: row (*n of l->n - l->x->first at most) as rows of the bins, origin rows less
 * x->first; y (*n) outcomes. NORN_E_DATA: there is none; the text begins with `learner`. */
NORN_CHECKED norn_status norni_part_examples(const norni_lesson *l, norni_lesson_part part,
                                             const char *learner, uint32_t *row, double *y,
                                             size_t *n, norn_err *err);
/* Signs (l->x->n) of the features that "price_lag1:-1;feed:1" names, or NULL; *any: there are some. A
 * name of l->all that is not in l->x is passed over. NORN_E_ARG: there is no such feature. */
NORN_CHECKED norn_status norni_part_signs(const char *text, const norni_lesson *l,
                                          const char *learner, int8_t *sign, bool *any,
                                          norn_err *err);
/* The same refusal before any work; l NULL: nothing to look the names up in. */
NORN_CHECKED norn_status norni_part_signs_check(const char *text, const norni_lesson *l,
                                                const char *learner, norn_err *err);
/* The base's forecast from origin row t, or `mean` where it has none. */
double norni_part_base_at(const norni_base *b, const norni_lesson *l, size_t t, double mean);

/* A base's forecasts over examples; size: the mean of |forecast - mean|. */
typedef struct norni_part_base {
    double mean, size, least, most;
} norni_part_base;
/* The base as a term, "own past (ridge)", "own past (last)": a straight line of slope 1 in its own
 * forecast. */
NORN_CHECKED norn_status norni_part_base_term(norni_arena *arena, const norni_base *b,
                                              const norni_part_base *about, const char *learner,
                                              norni_term *out, norn_err *err);

#endif
