/* How a trend's changes behind the history are drawn, row after row, for many draws side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Taylor and Letham 2018, section 3.1.4: changes come on as often as in the history and are as
 * large, Laplace with the mean size of its deltas. With S changepoints in the unit of history,
 *   POISSON  changes at the times s of a Poisson process of rate S: sum delta (t - s)+
 *   STEPS    at each row a change with chance S * step, half of it from that row on and half from the
 *            next; under linear growth rows count as one step apart and a change at row j has moved
 *            row i >= j by delta step (i - j + 1/2)
 * Departing from Prophet, no number is drawn where nothing happens: rows between changes have a
 * geometric law, times between them an exponential one, which is the same distribution. Its number
 * of changes on (1, T] and uniform times are such a process, and so a draw does not depend on T.
 * Logistic STEPS: Prophet moves the history's changepoints to a grid of steps and lets them fall
 * together there; here they stay where they are. */
#include <math.h>

#include "base/fp.h"
#include "models/prophet/prophet_law.h"

enum { POLL_EVERY = 2048 };
#define NEVER UINT32_MAX

/* One draw's next change. */
typedef struct pending {
    double delta, at; /* size; POISSON: its t */
    double half;      /* STEPS: the second half of the last one, due at the next row */
    uint32_t row, drawn,
        link; /* its row; changes drawn so far; the next draw due at the same row */
} pending;

struct norni_prophet_walk {
    norni_prophet_way way;
    size_t n;
    uint32_t row;         /* the next */
    double *shift, *rate; /* (n) */
    pending *next;        /* (n) */
    uint32_t *due;        /* (way.n) the first draw to be looked at in each row */
    double log_stay;      /* log(1 - chance) */
};

/* log(1 - p), p in [0, 1). */
static double log_less(double p) {
    if (p > 1e-3) return norni_log(1 - p);
    return -p * (1 + p * (1.0 / 2 + p * (1.0 / 3 + p * (1.0 / 4 + p * (1.0 / 5 + p / 6)))));
}

norni_prophet_changes norni_prophet_changes_of(const norni_prophet_fitted *fitted,
                                               const norni_prophet_design *design) {
    const norni_prophet_plan *plan = fitted->plan;
    const size_t n = design->n;
    norni_prophet_changes law = {.first = n};
    size_t first = n;
    while (first > 0 && design->t[first - 1] > 1)
        first--;
    if (plan->growth == NORNI_PROPHET_FLAT || first == n) return law;
    const double n_change = plan->n_change ? (double)plan->n_change : 1; /* Prophet's stand-in */
    double size = 0;
    for (size_t j = 0; j < plan->n_change; j++)
        size += fabs(fitted->fit->delta[j]);
    law.first = first;
    law.scale = size / n_change + 1e-8; /* Prophet's */
    law.rate = n_change;
    law.step = n - first > 1 ? (design->t[n - 1] - design->t[first]) / (double)(n - first - 1)
                             : fitted->mean_step;
    const double chance = n_change * law.step;
    law.chance = chance > 0 ? (chance < 1 ? chance : 1) : 0;
    return law;
}

/* In (0, 1), as base/rng.c's. */
static double open_uniform(uint64_t word) {
    return ((double)(word >> 12) + 0.5) * 0x1p-52;
}

static double laplace(double u, double scale) {
    return u < 0.5 ? scale * norni_log(2 * u) : -scale * norni_log(2 * (1 - u));
}

/* The first row from `from` on whose t is s or later; way.n when there is none. */
static size_t row_behind(const norni_prophet_walk *w, size_t from, double s) {
    size_t lo = from, hi = w->way.n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (w->way.t[mid] < s)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Draws d's next change; `from`: the first row that it may come at. */
static void draw_change(norni_prophet_walk *w, size_t d, uint32_t from) {
    pending *p = &w->next[d];
    uint64_t word[2];
    norni_rng_block(w->way.rng, UINT64_C(1) << 63 | (uint64_t)d << 31 | p->drawn++, word);
    const double wait = norni_log(open_uniform(word[0]));
    p->delta = laplace(open_uniform(word[1]), w->way.law.scale);
    size_t row = w->way.n;
    if (w->way.poisson) {
        p->at -= wait / w->way.law.rate;
        row = row_behind(w, from, p->at);
    } else if (w->way.law.chance > 0) {
        const double gap = w->way.law.chance < 1 ? floor(wait / w->log_stay) : 0;
        if (gap < (double)(w->way.n - from)) row = from + (size_t)gap;
    }
    p->row = row < w->way.n ? (uint32_t)row : NEVER;
}

static void put_due(norni_prophet_walk *w, size_t d, uint32_t row) {
    if (row >= w->way.n) return;
    w->next[d].link = w->due[row];
    w->due[row] = (uint32_t)d;
}

/* The changes of one draw at the row. */
static void turn_poisson(norni_prophet_walk *w, size_t d, uint32_t row) {
    pending *p = &w->next[d];
    while (p->row == row) {
        w->rate[d] += p->delta;
        w->shift[d] += p->delta * (w->way.t[row] - p->at);
        draw_change(w, d, row);
    }
    put_due(w, d, p->row);
}

static void turn_steps(norni_prophet_walk *w, size_t d, uint32_t row) {
    pending *p = &w->next[d];
    w->rate[d] += p->half;
    p->half = 0;
    if (p->row == row) {
        p->half = p->delta / 2;
        w->rate[d] += p->half;
        draw_change(w, d, row + 1);
    }
    put_due(w, d, p->half != 0 ? row + 1 : p->row);
}

static void turn_due(norni_prophet_walk *w, uint32_t row) {
    for (uint32_t d = w->due[row]; d != NEVER;) {
        const uint32_t link = w->next[d].link;
        if (w->way.poisson)
            turn_poisson(w, d, row);
        else
            turn_steps(w, d, row);
        d = link;
    }
}

const double *norni_prophet_walk_on(norni_prophet_walk *w) {
    const uint32_t row = w->row++;
    const norni_prophet_way *way = &w->way;
    if (way->even) turn_due(w, row);
    const double before = row > 0 ? way->t[row - 1] : way->poisson ? 1 : way->t[0];
    const double gap = way->even ? way->law.step : way->t[row] - before;
    for (size_t d = 0; d < w->n; d++)
        w->shift[d] += w->rate[d] * gap;
    if (!way->even) turn_due(w, row);
    return w->shift;
}

norn_status norni_prophet_walk_start(norni_arena *arena, const norni_poll *poll,
                                     const norni_prophet_way *way, size_t n,
                                     norni_prophet_walk **out, norn_err *err) {
    norni_prophet_walk *w = norni_arena_zero(arena, 1, sizeof *w);
    if (!w) return norni_alloc_fail(err, "prophet", 1, sizeof *w);
    *w = (norni_prophet_walk){.way = *way,
                              .n = n,
                              .shift = norni_arena_zero(arena, n, sizeof *w->shift),
                              .rate = norni_arena_zero(arena, n, sizeof *w->rate),
                              .next = norni_arena_zero(arena, n, sizeof *w->next),
                              .due = norni_arena_get(arena, way->n, sizeof *w->due),
                              .log_stay = log_less(way->law.chance)};
    if (!w->shift || !w->rate || !w->next || !w->due)
        return norni_alloc_fail(err, "prophet", n, sizeof *w->next);
    for (size_t r = 0; r < way->n; r++)
        w->due[r] = NEVER;
    for (size_t d = 0; d < n; d++) {
        if (d % POLL_EVERY == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        w->next[d].at = 1;
        draw_change(w, d, 0);
        put_due(w, d, w->next[d].row);
    }
    *out = w;
    return NORN_OK;
}
