/* Columns of a table that know a target's future: the same values some rows ahead, or the same moves. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Two searches for each pair of a column x and a target y, over leads k from 1 to the horizon and as many
 * rows more as features look back: a copy of y eight rows ahead tells y_{t+7} by yesterday's row.
 *
 * Equal values. Only rows in which x has just changed are compared: a filled gap or a stretch that stands
 * still repeats what was compared already. x_t = y_{t+k} must hold in 98 % of them, of at least 8, with
 * five different values or more (50 rows else: two switches are soon alike). The smallest such lead
 * counts, since what follows a change may stand still.
 *
 * Equal moves, for a leak in other units or with a little noise: the correlation of x_t - x_{t-1} with
 * y_{t+k} - y_{t+k-1}, those beyond 8 robust standard deviations left out, so that no wild reading
 * decides; at least 20 moves of which no pair makes up half.
 *
 * Neither counts when the past serves as well: a weekly pattern equals itself a week ahead, and a copy of
 * the target equals what stands still. So the same number is taken over the leads that are known (0 and
 * below), as far back as four times the leads or 64 rows, and must be much smaller there; moves that are the
 * target's to the last digit need only be known less well from the past. A column known ahead
 * is read in the row that is forecast, hence its leads begin at 1 - horizon. */
#include "feat/leak_find.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"

static const double EQUAL = 0.98, EQUAL_PAST = 0.9, MOVES = 0.999, MOVES_PAST = 0.9,
                    SURE_PAST = 0.9999, SCREEN = 0.5, SAME = 1e-9;
enum {
    LEAST_ROWS = 8,
    FEW_VALUES = 5,
    ROWS_OF_FEW = 50,
    LEAST_MOVES = 20,
    LEAST_BACK = 64,
    MIDDLE = 1024
};

typedef struct leak_job {
    const norni_wide *wide;
    size_t horizon, lag, n_columns, n_targets; /* lag: rows that features look back */
    const size_t *column, *target;             /* (n_columns), (n_targets) */
    double **move;          /* (wide->n_columns) of (n_rows) changes; NaN: none */
    norni_leak_pair *found; /* (n_columns, n_targets); column SIZE_MAX: none */
} leak_job;

/* Changes of v, those beyond 8 robust standard deviations left out. */
static void take_moves(const double *v, size_t n, double *move, double *scratch) {
    size_t m = 0;
    move[0] = NORNI_NAN;
    for (size_t t = 1; t < n; t++) {
        move[t] = v[t] - v[t - 1];
        if (!isfinite(move[t])) move[t] = NORNI_NAN;
        if (!isnan(move[t])) scratch[m++] = fabs(move[t]);
    }
    if (m == 0) return;
    norni_sort_doubles(scratch, m);
    const double bound = 8 * scratch[m / 2] / 0.67448975019608171;
    if (!(bound > 0)) return; /* it mostly stands still: every move is one */
    for (size_t t = 1; t < n; t++) {
        if (fabs(move[t]) > bound) move[t] = NORNI_NAN;
    }
}

/* Rows t with t and t + k in [0, n). */
static void overlap(size_t n, int64_t k, size_t *from, size_t *to) {
    const size_t back = k < 0 ? (size_t)-k : 0, ahead = k > 0 ? (size_t)k : 0;
    *from = back < n ? back : n;
    *to = ahead < n ? n - ahead : 0;
    if (*from == 0) *from = 1; /* a change needs a row before */
}

static size_t changes_of(const double *x, size_t n) {
    size_t changes = 0;
    for (size_t t = 1; t < n; t++)
        changes += !isnan(x[t]) && !isnan(x[t - 1]) && x[t] != x[t - 1];
    return changes;
}

/* Share of rows with x_t = y_{t+k}; gives up (0) once `least` is out of reach of all `changes`. */
static double equal_share(const double *x, const double *y, size_t n, int64_t k, size_t changes,
                          double least, size_t *rows, bool *few) {
    double value[FEW_VALUES];
    size_t from, to, n_rows = 0, n_equal = 0, n_values = 0;
    overlap(n, k, &from, &to);
    for (size_t t = from; t < to; t++) {
        const double other = y[(size_t)((int64_t)t + k)];
        if (isnan(x[t]) || isnan(x[t - 1]) || x[t] == x[t - 1] || isnan(other)) continue;
        n_rows++;
        if (x[t] != other) {
            if ((double)(n_rows - n_equal) > (1 - least) * (double)changes) return 0;
            continue;
        }
        n_equal++;
        size_t j = 0;
        while (j < n_values && value[j] != other)
            j++;
        if (j == n_values && n_values < FEW_VALUES) value[n_values++] = other;
    }
    *rows = n_rows;
    *few = n_values < FEW_VALUES;
    return n_rows > 0 ? (double)n_equal / (double)n_rows : 0;
}

/* Correlation of moves, about 0 as changes are; one pair may not make up half of it: NaN. */
static double move_r(const double *a, const double *b, size_t n, int64_t k, size_t *rows) {
    size_t from, to, n_rows = 0, n_moves = 0;
    double ab = 0, aa = 0, bb = 0, most = 0;
    overlap(n, k, &from, &to);
    for (size_t t = from; t < to; t++) {
        const double x = a[t], y = b[(size_t)((int64_t)t + k)];
        if (isnan(x) || isnan(y)) continue;
        n_rows++;
        n_moves += x != 0 && y != 0;
        ab += x * y;
        aa += x * x;
        bb += y * y;
        most = fabs(x * y) > most ? fabs(x * y) : most;
    }
    *rows = n_rows;
    const double r = ab / sqrt(aa) / sqrt(bb);
    return n_moves < LEAST_MOVES || !isfinite(r) || most > 0.5 * fabs(ab) ? NORNI_NAN : r;
}

/* The leads that are known by then: the newest, and how far back they are looked at. */
static void known_leads(const leak_job *job, bool known, int64_t *newest, int64_t *oldest) {
    const int64_t back = 4 * (int64_t)(job->horizon + job->lag);
    *newest = known ? -(int64_t)job->horizon : 0;
    *oldest = *newest - (back > LEAST_BACK ? back : LEAST_BACK);
}

/* The greatest lead that a feature shows; what is known ahead is taken in the row that is forecast alone. */
static int64_t last_lead(const leak_job *job, bool known) {
    return (int64_t)(job->horizon + (known ? 0 : job->lag));
}

static bool equal_leak(const leak_job *job, const double *x, const double *y, bool known,
                       norni_leak_pair *leak) {
    const size_t n = job->wide->n_rows, changes = changes_of(x, n);
    int64_t newest, oldest;
    known_leads(job, known, &newest, &oldest);
    if (changes < LEAST_ROWS) return false;
    for (int64_t k = newest + 1; k <= last_lead(job, known); k++) {
        size_t rows = 0, other = 0;
        bool few = true, ignored;
        const double share = equal_share(x, y, n, k, changes, EQUAL, &rows, &few);
        if (share < EQUAL || rows < (few ? ROWS_OF_FEW : LEAST_ROWS) || 2 * rows < changes)
            continue;
        double past = 0;
        for (int64_t j = newest; j >= oldest; j--) {
            const double s = equal_share(x, y, n, j, changes, EQUAL_PAST, &other, &ignored);
            past = other >= LEAST_ROWS && s > past ? s : past;
        }
        if (past >= EQUAL_PAST) return false;
        leak->lead = k;
        leak->exact = true;
        leak->n_rows = rows;
        leak->share = share;
        leak->r = NORNI_NAN;
        leak->past = past;
        return true;
    }
    return false;
}

/* Whether the lead is out of the question by the table's middle rows: in all of them |r| would have to
 * be near 1, so half of that in a thousand is enough to go on. */
static bool hopeless(const double *a, const double *b, size_t n, int64_t k) {
    size_t rows;
    if (n < 2 * (size_t)MIDDLE) return false;
    const size_t from = (n - MIDDLE) / 2;
    const double r = move_r(a + from, b + from, MIDDLE, k, &rows);
    return rows >= MIDDLE / 2 && fabs(r) < SCREEN;
}

/* The lead whose moves are most alike. */
static bool move_leak(const leak_job *job, const double *a, const double *b, bool known,
                      norni_leak_pair *leak) {
    const size_t n = job->wide->n_rows;
    int64_t newest, oldest, lead = 0;
    size_t rows = 0, best_rows = 0;
    double best = 0, past = 0;
    known_leads(job, known, &newest, &oldest);
    for (int64_t k = newest + 1; k <= last_lead(job, known); k++) {
        if (hopeless(a, b, n, k)) continue;
        const double r = move_r(a, b, n, k, &rows);
        if (!(fabs(r) > fabs(best))) continue;
        best = r;
        lead = k;
        best_rows = rows;
    }
    if (fabs(best) < MOVES) return false;
    for (int64_t k = newest; k >= oldest; k--) {
        const double r = fabs(move_r(a, b, n, k, &rows));
        past = r > past ? r : past;
    }
    leak->exact = 1 - fabs(best) <= SAME;
    if (past > (leak->exact ? SURE_PAST : MOVES_PAST)) return false;
    leak->lead = lead;
    leak->n_rows = best_rows;
    leak->share = NORNI_NAN;
    leak->r = best;
    leak->past = past;
    return true;
}

static norn_status search_column(norni_worker *w, size_t item, void *arg, norn_err *err) {
    leak_job *job = arg;
    const size_t c = job->column[item];
    const norni_wide_column *x = &job->wide->column[c];
    const bool known = x->role == NORNI_ROLE_KNOWN;
    for (size_t k = 0; k < job->n_targets; k++) {
        norni_leak_pair *leak = &job->found[item * job->n_targets + k];
        const norni_wide_column *y = &job->wide->column[job->target[k]];
        if (norn_ctx_cancelled(w->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        *leak = (norni_leak_pair){.column = c, .target = job->target[k]};
        if (x->nominal || c == job->target[k]) {
            leak->column = SIZE_MAX;
            continue;
        }
        if (!equal_leak(job, x->at, y->at, known, leak) &&
            !move_leak(job, job->move[c], job->move[job->target[k]], known, leak))
            leak->column = SIZE_MAX;
    }
    return NORN_OK;
}

/* Moves of every column that is compared. */
static norn_status prepare(leak_job *job, norni_arena *scratch, norn_err *err) {
    const norni_wide *w = job->wide;
    const size_t n = w->n_rows;
    size_t *column = norni_arena_get(scratch, w->n_columns, sizeof *column),
           *target = norni_arena_get(scratch, w->n_columns, sizeof *target);
    double *room = norni_arena_get(scratch, n, sizeof *room);
    job->move = norni_arena_zero(scratch, w->n_columns, sizeof *job->move);
    if (!column || !target || !room || !job->move)
        return norni_alloc_fail(err, "leaks", w->n_columns, sizeof *column);
    for (size_t c = 0; c < w->n_columns; c++) {
        const norni_role role = w->column[c].role;
        if (role == NORNI_ROLE_DROPPED) continue;
        if (role == NORNI_ROLE_TARGET) target[job->n_targets++] = c;
        column[job->n_columns++] = c;
        job->move[c] = norni_arena_get(scratch, n, sizeof **job->move);
        if (job->move[c] == NULL) return norni_alloc_fail(err, "leaks", n, sizeof(double));
        take_moves(w->column[c].at, n, job->move[c], room);
    }
    job->column = column;
    job->target = target;
    job->found = norni_arena_get(scratch, job->n_columns * job->n_targets, sizeof *job->found);
    return job->found ? NORN_OK
                      : norni_alloc_fail(err, "leaks", job->n_columns, sizeof *job->found);
}

static norn_status keep_found(const leak_job *job, norni_arena *arena, const norni_leak_pair **out,
                              size_t *n, norn_err *err) {
    const size_t most = job->n_columns * job->n_targets;
    size_t kept = 0;
    for (size_t k = 0; k < most; k++)
        kept += job->found[k].column != SIZE_MAX;
    norni_leak_pair *leak = norni_arena_get(arena, kept, sizeof *leak);
    if (leak == NULL) return norni_alloc_fail(err, "leaks", kept, sizeof *leak);
    *out = leak;
    *n = kept;
    for (size_t k = 0; k < most; k++) {
        if (job->found[k].column != SIZE_MAX) *leak++ = job->found[k];
    }
    return NORN_OK;
}

norn_status norni_leak_find(norn_ctx *ctx, norni_worker *worker, const norni_wide *wide,
                            size_t horizon, size_t lag, norni_arena *arena,
                            const norni_leak_pair **out, size_t *n, norn_err *err) {
    leak_job job = {.wide = wide, .horizon = horizon, .lag = lag};
    const norni_for_opt loop = {.plumbing = true};
    norni_arena scratch;
    norn_status st = NORN_OK;
    *out = NULL;
    *n = 0;
    if (wide->n_rows < 2 || horizon == 0) return NORN_OK;
    norni_arena_init(&scratch, &ctx->alloc);
    NORN_TRY_GOTO(prepare(&job, &scratch, err), fail);
    NORN_TRY_GOTO(norni_for(ctx, worker, job.n_columns, search_column, &job, &loop, err), fail);
    NORN_TRY_GOTO(keep_found(&job, arena, out, n, err), fail);
fail:
    norni_arena_clear(&scratch);
    return st;
}

size_t norni_leak_text(const norni_wide *wide, const norni_leak_pair *leak, char *out,
                       size_t size) {
    const norni_str x = wide->column[leak->column].name, y = wide->column[leak->target].name;
    const int shown_x = (int)(x.n > 80 ? 80 : x.n), shown_y = (int)(y.n > 80 ? 80 : y.n);
    const int64_t k = leak->lead < 0 ? -leak->lead : leak->lead;
    char where[80];
    if (leak->lead > 0)
        norni_format(where, sizeof where, "%lld row%s ahead", (long long)k, k == 1 ? "" : "s");
    else if (leak->lead == 0)
        norni_format(where, sizeof where, "in the same row, which is forecast");
    else
        norni_format(where, sizeof where, "%lld row%s before a row that is forecast", (long long)k,
                     k == 1 ? "" : "s");
    if (!isnan(leak->share))
        return norni_format(
            out, size, "column %.*s is target %.*s, %s (equal in %g %% of %zu rows)", shown_x, x.p,
            shown_y, y.p, where, floor(1000 * leak->share + 0.5) / 10, leak->n_rows);
    return norni_format(
        out, size,
        "column %.*s moves as target %.*s, %s (r of the changes %g; %g with what is "
        "known by then)",
        shown_x, x.p, shown_y, y.p, where, floor(1e5 * leak->r + 0.5) / 1e5,
        floor(1e5 * leak->past + 0.5) / 1e5);
}
