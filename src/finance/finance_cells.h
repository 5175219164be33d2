/* Numbers as people write them in books: currencies, brackets for less than nothing, marks of thousands. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_CELLS_H
#define NORNI_FINANCE_CELLS_H

#include "base/str.h"

typedef enum norni_fin_cell {
    NORNI_FIN_CELL_NUMBER,
    NORNI_FIN_CELL_MISSING, /* empty, NA, null, -, #N/A, a workbook's error … */
    NORNI_FIN_CELL_OTHER
} norni_fin_cell;

/* What cells of one column say of its decimal mark. */
typedef struct norni_fin_marks {
    size_t point, comma;             /* cells in which it must be that one */
    size_t maybe_point, maybe_comma; /* "1.234", "1,234": a mark that could be of thousands */
    size_t columns;                  /* of a file: those with a "1.234" */
} norni_fin_marks;

void norni_fin_marks_add(norni_fin_marks *m, norni_str cell);
/* '.' or ','; `file` are the marks of all columns of the file, asked where the column says nothing.
 * *unsure: nothing said it: "1.234" is then taken with a decimal point, "1,234" as a thousand. But where
 * every cell that has a mark is as "1.234", in two columns or more and four cells, or in twelve of one, the
 * point is of thousands (',' is the decimal mark): amounts seldom have three digits behind it, each of them. */
char norni_fin_marks_decide(const norni_fin_marks *m, const norni_fin_marks *file, bool *unsure);

/* Currency signs and codes, (…) or a minus at either end, groups of three (or two, as in 1,23,456) apart
 * by the other mark, a blank or ', per cent (a hundredth), k, m, mn, bn behind. */
norni_fin_cell norni_fin_number_parse(norni_str cell, char decimal, double *x);
bool norni_fin_cell_missing(norni_str cell);

#endif
