/* How much work an item may do: a count of evaluations, or a moment in time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EFFORT_H
#define NORNI_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

/* One item's account; zero is without bounds. An evaluation is one pass of an objective over the
 * series; a slope counts each pass it is made of. Models spend before they evaluate; a `false` means:
 * answer with the best found so far. The start of a fit is evaluated in any case, so that there is an
 * answer. */
typedef struct norni_effort {
    uint64_t spent;
    uint64_t limit;      /* evaluations; 0 = none. Counted, so that results stay the same */
    int64_t deadline_ns; /* norni_clock_ns; 0 = none. Results may then depend on the machine */
    bool cut;            /* a bound was met: the answer is the best so far */
    bool late;           /* it was the deadline */
} norni_effort;

/* `e` may be NULL: without bounds. */
bool norni_effort_spend(norni_effort *e, uint64_t n);

#endif
