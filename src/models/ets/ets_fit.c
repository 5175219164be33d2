/* Levenberg-Marquardt on the likelihood of one form, with exact derivatives and bounds. */
/* SPDX-License-Identifier: Apache-2.0 */
/* n log sum e^2 + 2 sum log|f| = n log S with S = G^2 sum e^2 and G the geometric mean of |f| under
 * multiplicative errors (G = 1 under additive ones), so every form is a nonlinear least squares in
 * the residuals G e_t. With rows z_t = -de_t and u = mean of d log|f_t| the normal equations are
 *   H = sum z z' - c u' - u c' + SSE u u',  half gradient = -c + SSE u,  c = sum z e.
 * The usual region beta <= alpha, gamma <= 1 - alpha becomes a box by beta = lo + u (alpha - lo),
 * gamma = lo + v (1 - alpha - lo); steps stay in the box exactly and are refused outside the
 * admissible region or where a multiplicative seasonal start is not positive.
 * Departure from R: its Nelder-Mead stops short of the optimum; this converges, from several
 * starts. */
#include "models/ets/ets_fit.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

static const double lower[ETS_N_SMOOTH] = {1e-4, 1e-4, 1e-4, 0.8};
static const double upper[ETS_N_SMOOTH] = {0.9999, 0.9999, 0.9999, 0.98};

bool ets_work_init(ets_work *w, const ets_data *d, int simd, const norni_poll *poll,
                   norni_arena *arena) {
    memset(w, 0, sizeof *w);
    w->kernel = ets_kernel_get(simd);
    w->poll = poll;
    const size_t free_season = d->m <= ETS_MAX_FREE_SEASON ? d->m : 1;
    const size_t dirs = ETS_N_SMOOTH + 1 + free_season, vec = (dirs + ETS_LANES - 1) / ETS_LANES;
    const size_t lanes = vec * ETS_LANES;
    ets_pass *p = &w->pass;
    p->m = d->m, p->n = d->n, p->y = d->y, p->poll = poll;
    double *dirs_mem = norni_arena_get(arena, 4 * lanes, sizeof(double));
    p->season = norni_arena_get(arena, d->m, sizeof(double));
    p->season_dir = norni_arena_get(arena, d->m * lanes, sizeof(double));
    w->season_dir0 = norni_arena_get(arena, d->m * lanes, sizeof(double));
    p->rows = norni_arena_get(arena, d->n * lanes, sizeof(double));
    w->gram = norni_arena_get(arena, lanes * lanes, sizeof(double));
    w->h = norni_arena_get(arena, 2 * lanes * lanes, sizeof(double));
    w->g = norni_arena_get(arena, 4 * lanes, sizeof(double));
    if (!dirs_mem || !p->season || !p->season_dir || !w->season_dir0 || !p->rows || !w->gram ||
        !w->h || !w->g)
        return false;
    p->level_dir = w->level_dir = dirs_mem, p->trend_dir = w->trend_dir = dirs_mem + lanes;
    p->grad = dirs_mem + 2 * lanes, p->dlog = dirs_mem + 3 * lanes;
    w->a = w->h + lanes * lanes, w->d = w->g + lanes;
    w->x = w->d + lanes, w->x_new = w->x + lanes;
    return true;
}

static bool has_smooth(norni_ets_form form, int k) {
    return k == ETS_ALPHA || (k == ETS_BETA && form.trend) || (k == ETS_GAMMA && form.season) ||
           (k == ETS_PHI && form.damped);
}

size_t ets_count_par(norni_ets_form form, size_t m, const ets_limits *lim) {
    size_t np = 1 + (size_t)(form.trend != NORNI_ETS_NONE) + (form.season ? m - 1 : 0);
    for (int k = 0; k < ETS_N_SMOOTH; k++)
        np += has_smooth(form, k) && isnan(lim->fixed[k]);
    return np;
}

/* Bounds of the k-th parameter's unknown under the form. */
static void smooth_bounds(const ets_limits *lim, norni_ets_form form, int k, double *lo,
                          double *hi) {
    static const double wide_lo[ETS_N_SMOOTH] = {1e-4, -1, 0, 0.8};
    static const double wide_hi[ETS_N_SMOOTH] = {1.9999, 3.9, 2, 0.98};
    if (lim->bounds == ETS_ADMISSIBLE) {
        *lo = wide_lo[k], *hi = wide_hi[k];
        return;
    }
    *lo = lower[k], *hi = upper[k];
    if (k == ETS_BETA || k == ETS_GAMMA) *lo = 0, *hi = 1;
    if (k == ETS_ALPHA) {
        const double least = form.trend ? lim->fixed[ETS_BETA] : 0,
                     most = form.season ? 1 - lim->fixed[ETS_GAMMA] : 1;
        if (least > *lo) *lo = least; /* not where it is NaN: free */
        if (most < *hi) *hi = most;
        if (*lo > *hi) *lo = *hi = least > *hi ? least : *hi; /* beta or gamma next to 1 */
    }
}

/* Lays out the unknowns and their tangents for a form. */
void ets_layout(ets_work *w, const ets_data *d, norni_ets_form form, const ets_limits *lim) {
    ets_pass *p = &w->pass;
    p->form = form;
    p->m = form.season ? d->m : 1;
    const size_t n_season = form.season && d->m <= ETS_MAX_FREE_SEASON ? d->m - 1 : 0;
    w->n_state = 1 + (size_t)(form.trend != NORNI_ETS_NONE) + n_season;
    w->n_smooth = 0;
    for (int k = 0; k < ETS_N_SMOOTH; k++) {
        p->lane[k] = -1;
        if (!has_smooth(form, k) || !isnan(lim->fixed[k])) continue;
        p->lane[k] = (int)w->n_smooth;
        smooth_bounds(lim, form, k, &w->lo[w->n_smooth], &w->hi[w->n_smooth]);
        w->smooth[w->n_smooth++] = k;
    }
    const size_t first = w->n_smooth;
    p->n_vec = (first + w->n_state + ETS_LANES - 1) / ETS_LANES;
    const size_t lanes = p->n_vec * ETS_LANES;
    memset(w->level_dir, 0, lanes * sizeof(double));
    memset(w->trend_dir, 0, lanes * sizeof(double));
    w->level_dir[first] = 1;
    if (form.trend) w->trend_dir[first + 1] = 1;
    if (!form.season) return;
    memset(w->season_dir0, 0, d->m * lanes * sizeof(double));
    for (size_t j = 0; j < n_season; j++) {
        const size_t at = first + 1 + (size_t)(form.trend != NORNI_ETS_NONE) + j;
        w->season_dir0[j * lanes + at] = 1;
        w->season_dir0[(d->m - 1) * lanes + at] = -1;
    }
}

/* Smoothing parameters from the unknowns. */
static norni_ets_param natural(const ets_work *w, const ets_limits *lim, const double *x) {
    double v[ETS_N_SMOOTH] = {lim->fixed[0], lim->fixed[1], lim->fixed[2], lim->fixed[3]};
    for (size_t k = 0; k < w->n_smooth; k++) {
        const int which = w->smooth[k];
        double u = x[w->n_state + k];
        if (lim->bounds != ETS_ADMISSIBLE) {
            if (which == ETS_BETA) u = lower[which] + u * (v[ETS_ALPHA] - lower[which]);
            if (which == ETS_GAMMA) u = lower[which] + u * (1 - v[ETS_ALPHA] - lower[which]);
        }
        v[which] = u;
    }
    const norni_ets_form form = w->pass.form;
    return (norni_ets_param){v[ETS_ALPHA], form.trend ? v[ETS_BETA] : 0,
                             form.season ? v[ETS_GAMMA] : 0, form.damped ? v[ETS_PHI] : 1};
}

/* Seasonal starts in time order from the unknowns. false: one is not positive though it multiplies.
 */
static bool season_from(const ets_work *w, const ets_data *d, const double *x, double *season) {
    const norni_ets_form form = w->pass.form;
    const bool mul = form.season == NORNI_ETS_MUL;
    if (d->m > ETS_MAX_FREE_SEASON) {
        memcpy(season, d->figure[form.season], d->m * sizeof(double));
        return true;
    }
    const double *s = x + 1 + (size_t)(form.trend != NORNI_ETS_NONE);
    double sum = 0;
    bool good = true;
    for (size_t j = 0; j + 1 < d->m; j++) {
        season[j] = s[j];
        sum += s[j];
        good = good && (!mul || s[j] > 1e-8);
    }
    season[d->m - 1] = (mul ? (double)d->m : 0) - sum;
    return good && (!mul || season[d->m - 1] > 1e-8);
}

/* The objective at x, with derivatives left in the pass; HUGE_VAL outside the region. */
static double evaluate(ets_work *w, const ets_data *d, const ets_limits *lim, const double *x) {
    ets_pass *p = &w->pass;
    const norni_ets_form form = p->form;
    p->par = natural(w, lim, x);
    if (lim->bounds == ETS_ADMISSIBLE && !norni_ets_admissible(form, d->m, &p->par))
        return HUGE_VAL;
    p->level = x[0], p->trend = form.trend ? x[1] : 0;
    if (form.season) {
        if (!season_from(w, d, x, p->season)) return HUGE_VAL;
        memcpy(p->season_dir, w->season_dir0, d->m * p->n_vec * ETS_LANES * sizeof(double));
    }
    w->n_evals++;
    if (!w->kernel->pass(p)) return HUGE_VAL;
    const double sse = fmax(p->sse, d->floor);
    return (double)d->n_obs * norni_log(sse) + 2 * p->log_f;
}

/* Products of the rows, in pieces that stay near the processor and leave room to be told to stop. */
static void gram(ets_work *w, size_t n_dir) {
    enum { PIECE = 1024 };
    const ets_pass *p = &w->pass;
    const size_t lanes = p->n_vec * ETS_LANES;
    memset(w->gram, 0, lanes * lanes * sizeof *w->gram);
    for (size_t t = 0; t < p->n && !norni_poll_stop(w->poll); t += PIECE)
        w->kernel->gram(p->rows + t * lanes, p->n - t < PIECE ? p->n - t : PIECE, n_dir, p->n_vec,
                        w->gram);
}

/* Normal equations at the last evaluated point, in the unknowns' order and scale. */
static void assemble(ets_work *w, const ets_data *d, const ets_limits *lim, const double *x) {
    const ets_pass *p = &w->pass;
    const size_t ns = w->n_state, k = w->n_smooth, n = ns + k, lanes = p->n_vec * ETS_LANES;
    gram(w, n);
    const bool mul = p->form.error == NORNI_ETS_MUL;
    const double inv = 1 / (double)d->n_obs;
    for (size_t i = 0; i < n; i++) {
        const size_t li = i < ns ? i + k : i - ns;
        const double ui = mul ? p->dlog[li] * inv : 0, ci = p->grad[li];
        w->g[i] = -ci + p->sse * ui;
        for (size_t j = i; j < n; j++) {
            const size_t lj = j < ns ? j + k : j - ns;
            double v = li < lj ? w->gram[li * lanes + lj] : w->gram[lj * lanes + li];
            if (mul) {
                const double uj = p->dlog[lj] * inv, cj = p->grad[lj];
                v += p->sse * ui * uj - ci * uj - ui * cj;
            }
            w->h[i * n + j] = w->h[j * n + i] = v;
        }
    }
    if (lim->bounds == ETS_ADMISSIBLE) return;
    /* Chain rule of the box: column by column, then row by row. */
    const int la = p->lane[ETS_ALPHA];
    for (int which = ETS_BETA; which <= ETS_GAMMA; which++) {
        if (p->lane[which] < 0) continue;
        const size_t c = ns + (size_t)p->lane[which];
        const double u = x[c], slope = which == ETS_BETA ? u : -u;
        const double alpha = p->par.alpha;
        const double scale = (which == ETS_BETA ? alpha : 1 - alpha) - lower[which];
        const size_t ca = ns + (size_t)(la < 0 ? 0 : la);
        if (la >= 0) {
            w->g[ca] += slope * w->g[c];
            for (size_t i = 0; i < n; i++)
                w->h[i * n + ca] += slope * w->h[i * n + c];
            for (size_t i = 0; i < n; i++)
                w->h[ca * n + i] += slope * w->h[c * n + i];
        }
        w->g[c] *= scale;
        for (size_t i = 0; i < n; i++)
            w->h[i * n + c] *= scale;
        for (size_t i = 0; i < n; i++)
            w->h[c * n + i] *= scale;
    }
}

/* One damped step into w->d; returns the predicted fall of the sum of squares. */
static double step(ets_work *w, double damping, bool starts_only) {
    const size_t n = w->n_state + w->n_smooth;
    double lo[ETS_N_SMOOTH], hi[ETS_N_SMOOTH];
    memcpy(w->a, w->h, n * n * sizeof(double));
    double top = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, w->h[i * n + i]);
    for (size_t i = 0; i < n; i++)
        w->a[i * n + i] += damping * w->h[i * n + i] + 1e-13 * top + 1e-290;
    for (size_t k = 0; k < w->n_smooth; k++) {
        const double at = w->x[w->n_state + k];
        lo[k] = starts_only ? 0 : w->lo[k] - at, hi[k] = starts_only ? 0 : w->hi[k] - at;
    }
    ets_box_solve(w->a, n, w->n_smooth, w->g, lo, hi, w->d);
    double fall = 0;
    for (size_t i = 0; i < n; i++) {
        double hd = 2 * w->g[i];
        for (size_t j = 0; j < n; j++)
            hd += w->h[i * n + j] * w->d[j];
        fall -= hd * w->d[i];
    }
    return fall;
}

/* A step that lowers the value by less than this is not worth taking: loglik's unit is half of it.
 */
static const double value_tol = 1e-5;

static bool refused(const ets_work *w, const ets_data *d, const ets_limits *lim) {
    return w->pass.form.season && lim->bounds == ETS_BOTH &&
           !norni_ets_admissible(w->pass.form, d->m, &w->pass.par);
}

/* Asks the bounds before a pass; a first answer is found in any case. */
static bool may_pass(ets_work *w) {
    if (!w->cut && !norni_effort_spend(w->effort, 1)) w->cut = true;
    return !w->cut || !w->answered;
}

double ets_descend(ets_work *w, const ets_data *d, const ets_limits *lim, const ets_budget *budget,
                   double *damping, norn_stop *stop) {
    const size_t n = w->n_state + w->n_smooth;
    *stop = NORN_STOP_STALLED;
    if (!may_pass(w)) return HUGE_VAL;
    double value = evaluate(w, d, lim, w->x);
    /* A start outside the admissible region moves towards small trend and season weights. */
    for (int tries = 0; isfinite(value) && refused(w, d, lim); tries++) {
        if (tries == 8) return HUGE_VAL;
        for (size_t k = 0; k < w->n_smooth; k++)
            if (w->smooth[k] == ETS_BETA || w->smooth[k] == ETS_GAMMA) w->x[w->n_state + k] *= 0.4;
        if (!may_pass(w)) return HUGE_VAL;
        value = evaluate(w, d, lim, w->x);
    }
    if (!isfinite(value)) return HUGE_VAL;
    w->answered = true;
    double sse = w->pass.sse;
    assemble(w, d, lim, w->x);
    *stop = NORN_STOP_MAXITER;
    for (int it = 0; it < budget->max_steps; it++) {
        if (norni_poll_stop(w->poll)) {
            w->stopped = true;
            *stop = NORN_STOP_CANCELLED;
            return value;
        }
        const bool starts_only = budget->starts_first && it == 0;
        const double fall = (double)d->n_obs * step(w, *damping, starts_only) / sse;
        if (!(fall > value_tol) || sse <= d->floor) {
            if (starts_only && sse > d->floor) continue;
            *stop = NORN_STOP_CONVERGED;
            return value;
        }
        if (budget->near && value - 4 * fall - budget->doubt > budget->give_up) return value;
        for (size_t i = 0; i < n; i++)
            w->x_new[i] = w->x[i] + w->d[i];
        for (size_t k = 0; k < w->n_smooth; k++) {
            double *v = w->x_new + w->n_state + k;
            *v = fmin(fmax(*v, w->lo[k]), w->hi[k]);
        }
        if (!may_pass(w)) return value;
        double trial = evaluate(w, d, lim, w->x_new);
        if (trial < value && refused(w, d, lim)) trial = HUGE_VAL;
        if (!(trial < value)) {
            *damping *= 5;
            if (*damping > 1e9) {
                *stop = NORN_STOP_STALLED;
                return value;
            }
            continue;
        }
        const double gain = value - trial;
        value = trial, sse = w->pass.sse;
        memcpy(w->x, w->x_new, n * sizeof(double));
        if (gain > 0.7 * fall) *damping = fmax(*damping * 0.1, 1e-9);
        if (gain < 0.3 * fall) *damping *= 2;
        if (it == 1 && value > budget->far) return value;
        if (it > 3 && value - 20 * gain > budget->give_up) return value;
        if (it + 1 < budget->max_steps) assemble(w, d, lim, w->x);
    }
    return value;
}

bool ets_fit_take(ets_work *w, const ets_data *d, const ets_limits *lim, const double *x,
                  ets_fit *fit) {
    const norni_ets_form form = w->pass.form;
    fit->form = form;
    fit->value = evaluate(w, d, lim, x);
    fit->par = w->pass.par;
    fit->level = x[0], fit->trend = form.trend ? x[1] : 0;
    if (form.season) (void)season_from(w, d, x, fit->season);
    fit->sse = w->pass.sse, fit->log_f = w->pass.log_f;
    fit->n_par = ets_count_par(form, d->m, lim);
    return isfinite(fit->value);
}
