/* What the dates of a table say of its months: whether the first and the last are whole, and how far apart rows stand. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_SPAN_H
#define NORNI_FINANCE_SPAN_H

#include "finance/finance_months.h"

typedef struct norni_fin_span {
    int32_t first, last; /* months of the first and last row */
    bool part_first, part_last;
    int32_t first_day, last_day; /* of the month: the first and the last with rows */
    int32_t step;                /* months from one with rows to the next; 1: the usual */
} norni_fin_span;

/* month (t->n): year * 12 + month - 1 of each row. */
norni_fin_span norni_fin_span_of(const norni_fin_table *t, const int32_t *month);

/* Days that the flows of a month with rows are of. */
double norni_fin_span_days(const norni_fin_span *s, int32_t month);

/* Distances of months that follow on one another, by how often they are there. */
typedef struct norni_fin_steps {
    int64_t before;
    size_t seen, of[13]; /* of[12]: and more */
} norni_fin_steps;
/* Months ascend. */
void norni_fin_steps_add(norni_fin_steps *s, int64_t month);
/* Months from one to the next: 2 and more only where three quarters of the distances, of two at least, are so. */
int32_t norni_fin_steps_get(const norni_fin_steps *s);

/* Of the rows of a table with regions or departments, those that have none although others do: stray (t->n), or NULL: there are
 * none such. A row without a region is one where any row has a region; with a region but no department, where any row of that
 * region has a department. Their sums count; their balances would stand beside the region's own, and belong to nobody. */
NORN_CHECKED norn_status norni_fin_stray_find(const norni_fin_table *t, norni_arena *arena,
                                              const bool **stray, norn_err *err);

/* Adds to the table's notes what its months leave out. */
NORN_CHECKED norn_status norni_fin_span_tell(norni_fin_table *t, const norni_fin_span *s,
                                             const bool *stray, norni_arena *arena, norn_err *err);

#endif
