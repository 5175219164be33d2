/* How much work an item may do: a count of evaluations, or a moment in time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/effort.h"

#include <stddef.h>

#include "base/clock.h"

bool norni_effort_spend(norni_effort *e, uint64_t n) {
    if (e == NULL) return true;
    e->spent += n;
    if (e->limit > 0 && e->spent > e->limit) e->cut = true;
    if (e->deadline_ns != 0 && !e->cut && norni_clock_ns() > e->deadline_ns)
        e->cut = e->late = true;
    return !e->cut;
}
