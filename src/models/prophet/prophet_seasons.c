/* Seasonalities: the user's, and yearly, weekly and daily ones where the history allows them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Under "auto", Prophet turns a seasonality on when the history spans two of its periods (two days,
 * two weeks, 730 days) and, for the shorter two, when two neighbours lie closer than a day, a week. */
#include "data/calendar.h"
#include "models/prophet/prophet_plan_parts.h"

typedef struct built_in {
    const char *name;
    double period;
    int32_t asked, order; /* as given; the default */
    bool allowed;
} built_in;

static size_t find_season(const norni_prophet_season *season, size_t n, const char *name) {
    size_t i = 0;
    while (i < n && !norni_str_is(season[i].name, name))
        i++;
    return i;
}

/* Fourier pairs of a built-in seasonality; 0: it stays off, or the user's own stands. */
static int32_t order_of(const built_in *b, bool own, norni_prophet_note *note) {
    if (b->asked == -2) return b->order;
    if (b->asked >= 0) return b->asked;
    if (own) {
        norni_prophet_note_add(note,
                               "Found custom seasonality named '%s', disabling built-in '%s' "
                               "seasonality.",
                               b->name, b->name);
        return 0;
    }
    if (b->allowed) return b->order;
    norni_prophet_note_add(
        note, "Disabling %s seasonality. Run prophet with %s_seasonality=True to override this.",
        b->name, b->name);
    return 0;
}

/* The least gap between neighbours in time; INT64_MAX when there is none. */
static int64_t least_gap(const norni_prophet_design *design) {
    int64_t least = INT64_MAX;
    for (size_t i = 1; i < design->n; i++) {
        const int64_t gap = design->ds[i] - design->ds[i - 1];
        if (gap > 0 && gap < least) least = gap;
    }
    return least;
}

norn_status norni_prophet_seasons(norni_arena *arena, const norni_prophet_spec *spec,
                                  const norni_prophet_design *design, norni_prophet_plan *plan,
                                  norni_prophet_note *note, norn_err *err) {
    const int64_t day = NORNI_US_DAY, span = design->ds[design->n - 1] - design->ds[0],
                  gap = least_gap(design);
    const built_in all[] = {
        {"yearly", 365.25, spec->yearly, 10, span >= 730 * day},
        {"weekly", 7, spec->weekly, 3, span >= 14 * day && gap < 7 * day},
        {"daily", 1, spec->daily, 4, span >= 2 * day && gap < day},
    };
    norni_prophet_season *season = norni_arena_get(arena, spec->n_season + 3, sizeof *season);
    if (season == NULL) return norni_alloc_fail(err, "prophet", spec->n_season + 3, sizeof *season);
    size_t n = spec->n_season;
    for (size_t i = 0; i < n; i++) {
        season[i] = spec->season[i];
        season[i].name = norni_prophet_text(arena, season[i].name);
        season[i].condition = norni_prophet_text(arena, season[i].condition);
        if (season[i].name.p == NULL || season[i].condition.p == NULL)
            return norni_alloc_fail(err, "prophet", season[i].name.n, 1);
    }
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        const size_t at = find_season(season, n, all[k].name);
        const int32_t order = order_of(&all[k], at < n, note);
        if (order == 0) continue;
        season[at] = (norni_prophet_season){norni_str_of(all[k].name),
                                            all[k].period,
                                            order, /* in the place of the user's own, if any */
                                            spec->seasonality_prior,
                                            spec->multiplicative,
                                            {"", 0}};
        n += at == n;
    }
    plan->season = season;
    plan->n_season = n;
    return NORN_OK;
}
