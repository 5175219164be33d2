/* growth_rate: month over month, from the last observed total and then from the forecast before. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The reference compared a month's total with the last single row, and turned the bounds around where the rate
 * was negative. Here the bounds are those of the revenue itself, over the same base, and so stand in order. */
#include "finance/finance_growth.h"

#include <math.h>

#include "base/fp.h"

static double change(double x, double base) {
    return norni_canonical(100 * (x - base) / base);
}

void norni_fin_growth_make(norni_fin_forecasts *f) {
    const norni_fin_series *s = norni_fin_series_find(f, NORNI_FIN_OF_ALL, norni_str_of("revenue"));
    f->has_growth = false;
    f->n_growth = 0;
    if (s == NULL || s->n_points == 0) return;
    double base = NORNI_NAN;
    for (size_t k = s->n; k-- > 0 && isnan(base);)
        base = s->y[k];
    for (size_t k = 0; k < s->n_points; k++) {
        const norni_fin_point *p = &s->point[k];
        norni_fin_point *g = &f->growth[k];
        *g = (norni_fin_point){p->month, NORNI_NAN, NORNI_NAN, NORNI_NAN};
        if (base > 0) { /* a share of nothing, or of a loss, says nothing */
            g->predicted = change(p->predicted, base);
            g->lower = change(p->lower, base);
            g->upper = change(p->upper, base);
        }
        base = p->predicted;
    }
    f->has_growth = true;
    f->n_growth = s->n_points;
}
