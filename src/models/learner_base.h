/* What a learner of residuals stands on: a linear or naive forecast of each part, fitted first. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEARNER_BASE_H
#define NORNI_LEARNER_BASE_H

#include "base/pack.h"
#include "models/learner.h"

typedef enum norni_base_kind {
    NORNI_BASE_NONE,     /* norni_base_at is 0 */
    NORNI_BASE_LAST,     /* the last observed value of the target at the origin */
    NORNI_BASE_SEASONAL, /* the value one season before the row forecast, as known at the origin */
    /* a ridge on the target's own newest 32 values and those one to three seasons before the row
     * forecast, all against the last one (models/ridge): some ms a part; features are the learner's */
    NORNI_BASE_RIDGE,
    /* whichever forecasts the newest fifth of the examples best when fitted on the rest; NONE (the
     * mean) only where it leaves 5 % less at least than the best of the others */
    NORNI_BASE_AUTO,
    NORNI_BASE_SOME, /* as AUTO, never NONE: of who learned nothing above the base; no choice's word */
} norni_base_kind;
#define NORNI_BASE_CHOICES "none|last|seasonal|ridge|auto"

typedef struct norni_base norni_base;
/* Fits on the part's examples (part.step >= 1); *out in env->arena. RIDGE, AUTO and SOME become LAST where
 * there are fewer than four examples. Missing values in a window are the last observed one before. */
NORN_CHECKED norn_status norni_base_fit(norni_env *env, norni_base_kind kind, const norni_lesson *l,
                                        norni_lesson_part part, norni_base **out, norn_err *err);
norni_base_kind norni_base_taken(const norni_base *b);
/* The base's forecast of y[target][t + step] from origin row t, by rows <= t only; NaN when no value
 * has been observed. In the rows that were learned from: its in-sample value. */
double norni_base_at(const norni_base *b, const norni_lesson *at, size_t t);
/* Rows up to and with the origin that it looks at where no value is missing. */
size_t norni_base_reach(const norni_base *b);
/* The base in words: "last"; of a ridge the weights of the target's values that weigh most, by rows before
 * the origin: "ridge: 0.62 lag0 0.21 lag6 -0.1 lag1". */
void norni_base_describe(const norni_base *b, char *out, size_t size);
NORN_CHECKED norn_status norni_base_save(const norni_base *b, norni_buf *out, norn_err *err);
NORN_CHECKED norn_status norni_base_load(norni_arena *arena, norni_unpack *from, norni_base **out,
                                         norn_err *err);

#endif
