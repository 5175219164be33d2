/* Which starts a form's descent is tried from, and which of them are carried to the end. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The likelihood has several optima, often on the bounds, so one start is not enough (R's one start
 * loses up to 6 units of AICc on classic series). Warm starts come from forms fitted before, in a
 * fixed graph: undamped -> damped, no trend -> trend, additive -> multiplicative error, additive ->
 * multiplicative season; generic ones from the table below. Every start goes three steps, the
 * best goes on; seasonal forms use the table's first four. Once the screened value lies far above what could still win, the rest is skipped.
 */
#include "models/ets/ets_fit.h"

#include <math.h>
#include <string.h>

enum { N_WARM = 4, N_GENERIC = 7, N_SEASONAL = 4, N_STARTS = N_WARM + N_GENERIC, N_FORMS = 36 };
enum { SCREEN_STEPS = 3, MAX_STEPS = 60 };

struct ets_memory {
    bool have[N_FORMS];
    double *x[N_FORMS];   /* level, trend, the four smoothing unknowns, m - 1 seasonal starts */
    double *at[N_STARTS]; /* (P) where each start's screening ended */
    double *best;         /* (P) */
};

ets_memory *ets_memory_new(const ets_data *d, norni_arena *arena) {
    ets_memory *mem = norni_arena_zero(arena, 1, sizeof *mem);
    const size_t size = 2 + ETS_N_SMOOTH + d->m;
    double *block = norni_arena_get(arena, (N_FORMS + N_STARTS + 1) * size, sizeof(double));
    if (!mem || !block) return NULL;
    for (size_t k = 0; k < N_FORMS; k++, block += size)
        mem->x[k] = block;
    for (size_t k = 0; k < N_STARTS; k++, block += size)
        mem->at[k] = block;
    mem->best = block;
    return mem;
}

static size_t form_index(norni_ets_form f) {
    return (((size_t)(f.error == NORNI_ETS_MUL) * 3 + (size_t)f.trend) * 3 + (size_t)f.season) * 2 +
           f.damped;
}

static bool free_season(const ets_data *d, norni_ets_form form) {
    return form.season && d->m <= ETS_MAX_FREE_SEASON;
}

static void remember(ets_memory *mem, const ets_work *w, const ets_data *d, const double *x) {
    static const double usual[ETS_N_SMOOTH] = {0.3, 0.05, 0.05, 0.97};
    const norni_ets_form form = w->pass.form;
    const size_t k = form_index(form), n_first = form.trend ? 2 : 1;
    double *out = mem->x[k];
    mem->have[k] = true;
    out[0] = x[0], out[1] = form.trend ? x[1] : 0;
    memcpy(out + 2, usual, sizeof usual);
    for (size_t i = 0; i < w->n_smooth; i++)
        out[2 + w->smooth[i]] = x[w->n_state + i];
    if (free_season(d, form)) memcpy(out + 6, x + n_first, (d->m - 1) * sizeof(double));
}

/* Level and trend at the series' head. */
static void first_states(const ets_data *d, norni_ets_form form, double *x) {
    const norni_ets_part s = form.season;
    x[0] = form.trend ? d->level[s] : d->mean[s];
    if (form.trend == NORNI_ETS_ADD) x[1] = d->slope[s];
    if (form.trend != NORNI_ETS_MUL) return;
    const double at_one = d->level[s] + d->slope[s];
    double ratio = at_one != 0 ? (at_one + d->slope[s]) / at_one : 1;
    if (!(ratio > 0.5 && ratio < 2)) ratio = 1;
    x[1] = ratio;
    x[0] = at_one / ratio > 1e-3 ? at_one / ratio : d->mean[s];
}

static void generic_start(ets_work *w, const ets_data *d, const ets_limits *lim, int which) {
    /* alpha, beta and gamma as shares of their ranges, phi */
    static const double guess[N_GENERIC][ETS_N_SMOOTH] = {
        {0.95, 0.95, 0.1, 0.85}, {0.9, 0.05, 0.5, 0.9}, {0.1, 0.1, 0.7, 0.95},
        {0.02, 0.3, 0.05, 0.97}, {0.3, 0.1, 0.1, 0.95}, {0.0001, 0, 0, 0.97},
        {0.5, 0.6, 0.02, 0.9},
    };
    static const double usual[ETS_N_SMOOTH] = {0.2, 0.1, 0.05, 0.978}; /* as R's ets starts */
    const norni_ets_form form = w->pass.form;
    double *x = w->x;
    first_states(d, form, x);
    if (free_season(d, form))
        memcpy(x + (form.trend ? 2 : 1), d->figure[form.season], (d->m - 1) * sizeof(double));
    for (size_t k = 0; k < w->n_smooth; k++) {
        const int p = w->smooth[k];
        double v = lim->near ? usual[p] : guess[which][p];
        if (lim->bounds == ETS_ADMISSIBLE && (p == ETS_BETA || p == ETS_GAMMA)) v *= 0.1;
        x[w->n_state + k] = fmin(fmax(v, w->lo[k]), w->hi[k]);
    }
}

/* The form whose answer is warm start `which`, or false. */
static bool warm_source(norni_ets_form form, int which, norni_ets_form *from) {
    *from = form;
    switch (which) {
        case 0: from->damped = false; return form.damped;
        case 1:
            from->damped = false, from->trend = NORNI_ETS_NONE;
            return form.trend != NORNI_ETS_NONE;
        case 2: from->error = NORNI_ETS_ADD; return form.error == NORNI_ETS_MUL;
        default: from->season = NORNI_ETS_ADD; return form.season == NORNI_ETS_MUL;
    }
}

static bool warm_start(ets_work *w, const ets_data *d, const ets_memory *mem, int which) {
    const norni_ets_form form = w->pass.form;
    norni_ets_form from;
    if (!warm_source(form, which, &from) || !mem->have[form_index(from)]) return false;
    const double *known = mem->x[form_index(from)];
    double *x = w->x;
    first_states(d, form, x);
    if (!form.trend || from.trend == form.trend) x[0] = known[0];
    if (form.trend && from.trend == form.trend) x[1] = known[1];
    if (free_season(d, form))
        memcpy(x + (form.trend ? 2 : 1),
               from.season == form.season ? known + 6 : d->figure[form.season],
               (d->m - 1) * sizeof(double));
    for (size_t k = 0; k < w->n_smooth; k++)
        x[w->n_state + k] = fmin(fmax(known[2 + w->smooth[k]], w->lo[k]), w->hi[k]);
    return true;
}

bool ets_fit_form(ets_work *w, ets_data *d, ets_memory *mem, norni_ets_form form,
                  const ets_limits *lim, double give_up, ets_fit *fit) {
    ets_start_make(d, form.season);
    ets_layout(w, d, form, lim);
    const size_t bytes = (w->n_state + w->n_smooth) * sizeof(double);
    const double n = (double)d->n_obs;
    double value[N_STARTS], damping[N_STARTS], low = HUGE_VAL;
    norn_stop stop[N_STARTS];
    const int n_starts = N_WARM + (form.season ? N_SEASONAL : N_GENERIC);
    int tried = 0;
    for (int k = 0; k < N_STARTS; k++) {
        value[k] = HUGE_VAL;
        if (w->stopped || (tried >= 2 && low > give_up + 0.3 * n + 8)) continue;
        const bool warm = k < N_WARM;
        if (k >= n_starts || (lim->near && k != N_WARM)) continue;
        if (warm && !warm_start(w, d, mem, k)) continue;
        if (!warm) generic_start(w, d, lim, k - N_WARM);
        const ets_budget budget = {SCREEN_STEPS, !warm, low + 0.3 * n + 2, -HUGE_VAL};
        damping[k] = 1e-2;
        value[k] = ets_descend(w, d, lim, &budget, &damping[k], &stop[k]);
        memcpy(mem->at[k], w->x, bytes);
        low = fmin(low, value[k]);
        tried++;
    }
    /* Forms without season are cheap and often have their optimum in a corner: carry more on. */
    const int n_keep = form.season ? 1 : 3;
    double best = HUGE_VAL;
    for (int keep = 0; keep < n_keep; keep++) {
        int k = 0;
        for (int i = 1; i < N_STARTS; i++)
            if (value[i] < value[k]) k = i;
        if (!isfinite(value[k]) || w->stopped) break;
        const bool hopeless = low > give_up + 0.1 * n + 8;
        if (stop[k] != NORN_STOP_CONVERGED && !hopeless) {
            const ets_budget budget = {MAX_STEPS, false, HUGE_VAL, give_up};
            memcpy(w->x, mem->at[k], bytes);
            value[k] = ets_descend(w, d, lim, &budget, &damping[k], &stop[k]);
            memcpy(mem->at[k], w->x, bytes);
        }
        if (value[k] < best) {
            best = value[k], fit->stop = stop[k];
            memcpy(mem->best, mem->at[k], bytes);
        }
        value[k] = HUGE_VAL;
    }
    if (!isfinite(best)) return false;
    remember(mem, w, d, mem->best);
    return ets_fit_take(w, d, lim, mem->best, fit);
}
