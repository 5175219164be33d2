/* Which values each window holds: by count, by time, or all up to here; centred, with open or closed ends. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_BOUNDS_H
#define NORNI_ROLL_BOUNDS_H

#include "base/str.h"
#include "roll/roll.h"

typedef enum norni_roll_kind {
    NORNI_ROLL_FIXED,    /* `length` values */
    NORNI_ROLL_SPAN,     /* the values of `span` microseconds */
    NORNI_ROLL_EXPANDING /* all values up to here */
} norni_roll_kind;

typedef enum norni_roll_closed {
    NORNI_ROLL_RIGHT,
    NORNI_ROLL_LEFT,
    NORNI_ROLL_BOTH,
    NORNI_ROLL_NEITHER
} norni_roll_closed;

typedef struct norni_roll_spec {
    norni_roll_kind kind;
    size_t length;       /* FIXED, 1 or more */
    int64_t span;        /* SPAN, above 0 */
    int64_t min_periods; /* -1: length when FIXED, else 1 */
    bool center;
    norni_roll_closed closed;
} norni_roll_spec;

/* "7", "7D" (also W D h min s ms us, with a number before), "expanding". NORN_E_ARG */
NORN_CHECKED norn_status norni_roll_spec_parse(norni_str text, norni_roll_spec *out, norn_err *err);
/* NORN_E_ARG: a length or span below 1, min_periods above the length, an expanding window that is
 * centred or not closed on the right. */
NORN_CHECKED norn_status norni_roll_spec_check(const norni_roll_spec *spec, norn_err *err);

/* The windows of outputs [k0, k1) of an array of n values. `times` (n, ascending) is read for a SPAN
 * alone, whose bounds lie in the arena. */
NORN_CHECKED norn_status norni_roll_bounds(const norni_roll_spec *spec, const int64_t *times,
                                           size_t n, size_t k0, size_t k1, norni_arena *arena,
                                           norni_roll_windows *out, norn_err *err);

#endif
