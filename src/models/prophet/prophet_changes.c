/* Changepoints: as given, or placed evenly over the rows of the history's first part. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Prophet places them by rows, not by time: at the rows numpy's linspace(0, rows - 1, n + 1), rounded
 * to even, but for the first. */
#include <math.h>

#include "base/sort.h"
#include "models/prophet/prophet_plan_parts.h"

static norn_status check_inside(const norni_prophet_spec *spec, const norni_prophet_design *design,
                                norn_err *err) {
    const int64_t first = design->ds[0], last = design->ds[design->n - 1];
    for (size_t i = 0; i < spec->n_changepoint; i++)
        if (spec->changepoint[i] < first || spec->changepoint[i] > last)
            return norn_fail(err, NORN_E_DATA,
                             "prophet: changepoint %s is outside the training data, %s to %s",
                             norni_prophet_when_of(spec->changepoint[i]).text,
                             norni_prophet_when_of(first).text, norni_prophet_when_of(last).text);
    return NORN_OK;
}

/* How many there is room for. */
static size_t count_automatic(const norni_prophet_spec *spec, size_t first_rows,
                              norni_prophet_note *note) {
    const size_t asked = (size_t)spec->n_changepoints;
    if (asked + 1 <= first_rows) return asked;
    const size_t n = first_rows ? first_rows - 1 : 0;
    if (asked > n)
        norni_prophet_note_add(note,
                               "n_changepoints greater than number of observations. Using %zu.", n);
    return n;
}

static void place_automatic(const norni_prophet_design *design, size_t first_rows, size_t n,
                            int64_t *change) {
    const double step = (double)(first_rows - 1) / (double)n;
    for (size_t i = 1; i <= n; i++) {
        const double at = i == n ? (double)(first_rows - 1) : (double)i * step;
        change[i - 1] = design->ds[(size_t)nearbyint(at)];
    }
}

norn_status norni_prophet_changes(norni_arena *arena, const norni_prophet_spec *spec,
                                  const norni_prophet_design *design, norni_prophet_plan *plan,
                                  norni_prophet_note *note, norn_err *err) {
    size_t first_rows = 0, n = spec->n_changepoint;
    if (spec->changepoints_given) {
        NORN_TRY(check_inside(spec, design, err));
    } else {
        first_rows = (size_t)floor((double)design->n * spec->changepoint_range);
        n = count_automatic(spec, first_rows, note);
    }
    int64_t *change = norni_arena_get(arena, n, sizeof *change);
    double *t = norni_arena_get(arena, n, sizeof *t);
    if (change == NULL || t == NULL) return norni_alloc_fail(err, "prophet", n, sizeof *t);
    if (!spec->changepoints_given && n)
        place_automatic(design, first_rows, n, change);
    else if (n)
        memcpy(change, spec->changepoint, n * sizeof *change);
    for (size_t i = 0; i < n; i++)
        t[i] = (double)(change[i] - plan->start) / (double)plan->t_scale;
    norni_sort_doubles(t, n);
    plan->n_change = n;
    plan->change = change;
    plan->change_t = t;
    return NORN_OK;
}
