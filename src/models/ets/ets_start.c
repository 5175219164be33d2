/* Scaling a series and finding where its level, slope and season start. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As R's ets: the seasonal figure of a classical decomposition (three cycles and more), then level
 * and slope by least squares over the first max(10, 2m) seasonally adjusted points. Departure: with
 * fewer cycles the figure is the mean deviation from a line (R adds one Fourier pair to the line).
 */
#include "models/ets/ets_fit.h"

#include <math.h>
#include <string.h>

#include "num/decompose.h"

bool ets_data_init(ets_data *d, const double *y, size_t n, size_t m, norni_arena *arena) {
    memset(d, 0, sizeof *d);
    double *scaled = norni_arena_get(arena, n, sizeof(double));
    d->scratch = norni_arena_get(arena, 2 * n + m, sizeof(double));
    for (int k = 0; k < 3; k++)
        d->figure[k] = norni_arena_zero(arena, m, sizeof(double));
    if (!scaled || !d->scratch || !d->figure[0] || !d->figure[1] || !d->figure[2]) return false;
    double top = 0, first = (double)NAN;
    d->positive = d->constant = true;
    for (size_t t = 0; t < n; t++) {
        if (isnan(y[t])) continue;
        d->infinite = d->infinite || isinf(y[t]);
        if (d->n_obs++ == 0) first = y[t];
        top = fmax(top, fabs(y[t]));
        d->positive = d->positive && y[t] > 0;
        d->constant = d->constant && y[t] == first;
    }
    if (top > 0) (void)frexp(top, &d->exponent);
    for (size_t t = 0; t < n; t++)
        scaled[t] = ldexp(y[t], -d->exponent);
    d->n = n, d->m = m, d->y = scaled;
    /* A relative error of a few ulp in every point. */
    d->floor = (double)d->n_obs * 1e-30;
    return true;
}

/* Mean deviation of each slot from a line, when there are too few cycles to decompose. */
static void figure_rough(ets_data *d, bool mul, double *figure) {
    double level, slope;
    norni_line_fit(d->y, d->n, &level, &slope);
    double total = 0;
    for (size_t j = 0; j < d->m; j++) {
        double sum = 0, count = 0;
        for (size_t t = j; t < d->n; t += d->m) {
            const double line = level + slope * (double)(t + 1);
            if (isnan(d->y[t]) || (mul && line <= 0)) continue;
            sum += mul ? d->y[t] / line : d->y[t] - line;
            count++;
        }
        figure[j] = count > 0 ? sum / count : mul ? 1 : 0;
        total += figure[j];
    }
    const double mean = total / (double)d->m;
    for (size_t j = 0; j < d->m; j++)
        figure[j] = mul ? figure[j] / mean : figure[j] - mean;
}

static void figure_make(ets_data *d, bool mul, double *figure) {
    const size_t m = d->m;
    if (d->n < 3 * m ||
        !norni_decompose_polled(d->y, d->n, (int32_t)m, mul, figure, NULL, d->scratch, d->poll))
        figure_rough(d, mul, figure);
    double total = 0;
    for (size_t j = 0; j < m; j++) {
        if (!isfinite(figure[j])) figure[j] = mul ? 1 : 0;
        if (mul) figure[j] = fmax(figure[j], 1e-2);
        total += figure[j];
    }
    const double mean = total / (double)m;
    for (size_t j = 0; j < m; j++)
        figure[j] = mul ? figure[j] / mean : figure[j] - mean;
}

void ets_start_make(ets_data *d, norni_ets_part season) {
    if (d->have[season]) return;
    d->have[season] = true;
    double *figure = d->figure[season], *adjusted = d->scratch;
    if (season) figure_make(d, season == NORNI_ETS_MUL, figure);
    /* The first points that are observed at all. */
    size_t want = 2 * (season ? d->m : 1), last = 0, seen = 0;
    if (want < 10) want = 10;
    double sum = 0;
    for (size_t t = 0; t < d->n && seen < want; t++) {
        const double y = d->y[t], f = season ? figure[t % d->m] : 0;
        adjusted[t] = season == NORNI_ETS_MUL ? y / f : y - f;
        last = t + 1;
        if (isnan(y)) continue;
        sum += adjusted[t];
        seen++;
    }
    d->mean[season] = sum / (double)seen;
    norni_line_fit(adjusted, last, &d->level[season], &d->slope[season]);
    if (!isfinite(d->level[season]) || !isfinite(d->slope[season]))
        d->level[season] = d->mean[season], d->slope[season] = 0;
}
