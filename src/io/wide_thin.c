/* A table too large for the memory: its drivers are profiled row by row, and the best of them are kept. */
/* SPDX-License-Identifier: Apache-2.0 */
/* First the times and the targets are read, then every driver is folded into its profile, then the rows
 * of the chosen columns are kept. A driver's score is the largest |r| of x_t with y_{t+h}, over all targets
 * and the steps h (all of 1 .. H, at most eight of them, spread evenly), among pairs that end before the
 * first validation origin. Rows are folded one by one in the input's order, so the sums, and with them the
 * choice, do not depend on how the text was cut or who parsed it. With z the target less its mean over its
 * standard deviation and c the column's first value:
 *   r = (sum (x-c) z - sum (x-c) sum z / n) / sqrt((sum (x-c)^2 - (sum (x-c))^2 / n) n),
 * sums over rows in which x is observed; a missing z counts as 0. */
#include <math.h>

#include "base/sort.h"
#include "base/fp.h"
#include "io/wide_gather.h"

enum { MOST_STEPS = 8 };

typedef struct thin_job {
    norni_wide_gather *g;
    norni_role *role; /* (n_columns) */
    norni_wide table; /* times and targets */
    size_t n_train, n_y, n_steps, n_pairs;
    size_t step[MOST_STEPS];
    double **z;                    /* (n_y) of (n_train) standardised, missing 0 */
    norni_wide_profile *p;         /* (n_columns) */
    double *shift, *sum, *squares; /* (n_columns) */
    double *cross, *absent; /* (n_pairs, n_columns): sum (x-c) z; sum of z where x is missing */
    double *total;          /* (n_in, n_pairs) sum of z over the training rows of an input */
} thin_job;

static norn_status get(void *out, norni_arena *arena, size_t n, size_t size, norn_err *err) {
    void *p = norni_arena_zero(arena, n, size);
    if (p == NULL) return norni_alloc_fail(err, "input", n, size);
    memcpy(out, &p, sizeof p);
    return NORN_OK;
}

/* Times and targets as a table of their own. */
static norn_status read_targets(thin_job *job, norni_arena *arena, norn_err *err) {
    norni_wide_gather *g = job->g;
    const size_t n = g->names.n;
    bool *wanted = NULL;
    norni_wide_opt opt = *g->opt;
    norni_wide_report *report = g->report, mine = {.n_lines = 0};
    NORN_TRY(get(&job->role, &g->arena, n, sizeof *job->role, err));
    NORN_TRY(norni_wide_roles(g->names.keys, g->in_future, n, g->opt, job->role, err));
    NORN_TRY(get(&wanted, &g->arena, n, sizeof *wanted, err));
    for (size_t c = 0; c < n; c++)
        wanted[c] = job->role[c] == NORNI_ROLE_TARGET;
    NORN_TRY(norni_wide_choose(g, wanted, err));
    g->most_bytes = (size_t)(g->opt->memory / 3);
    NORN_TRY(norni_wide_keep(g, err));
    if (g->too_large)
        return norn_fail(err, NORN_E_LIMIT,
                         "the table's times and targets alone need more than %llu MiB; the limit "
                         "is %llu MiB",
                         (unsigned long long)(g->most_bytes >> 20),
                         (unsigned long long)(g->opt->memory >> 20));
    opt.drop = "*"; /* all but the targets */
    opt.statics = opt.known = NULL;
    g->report = &mine;
    norn_status st = norni_wide_finish(g, &opt, arena, &job->table, err);
    g->report = report;
    norni_wide_forget(g);
    return st;
}

/* The targets, standardised over the training rows. */
static norn_status prepare(thin_job *job, norni_arena *arena, norn_err *err) {
    norni_wide_gather *g = job->g;
    const norni_wide *w = &job->table;
    const size_t h = g->opt->horizon > 0 ? g->opt->horizon : 1, n = g->names.n;
    job->n_train = g->opt->n_held < w->n_rows ? w->n_rows - g->opt->n_held : w->n_rows;
    job->n_steps = h < MOST_STEPS ? h : MOST_STEPS;
    for (size_t k = 0; k < job->n_steps; k++)
        job->step[k] = job->n_steps == 1 ? h : 1 + k * (h - 1) / (job->n_steps - 1);
    NORN_TRY(get(&job->z, arena, w->n_columns, sizeof *job->z, err));
    for (size_t c = 0; c < w->n_columns; c++) {
        double mean = 0, var = 0, *z = NULL;
        if (job->role[c] != NORNI_ROLE_TARGET || w->column[c].at == NULL) continue;
        (void)norni_mean_var(w->column[c].at, job->n_train, 1, &mean, &var);
        NORN_TRY(get(&z, arena, job->n_train, sizeof *z, err));
        for (size_t t = 0; t < job->n_train; t++) {
            const double v = (w->column[c].at[t] - mean) / sqrt(var);
            z[t] = isfinite(v) ? v : 0;
        }
        job->z[job->n_y++] = z;
    }
    job->n_pairs = job->n_y * job->n_steps;
    NORN_TRY(get(&job->p, &g->arena, n, sizeof *job->p, err));
    NORN_TRY(get(&job->shift, arena, n, sizeof(double), err));
    NORN_TRY(get(&job->sum, arena, n, sizeof(double), err));
    NORN_TRY(get(&job->squares, arena, n, sizeof(double), err));
    NORN_TRY(get(&job->cross, arena, n * job->n_pairs, sizeof(double), err));
    NORN_TRY(get(&job->absent, arena, n * job->n_pairs, sizeof(double), err));
    NORN_TRY(get(&job->total, arena, g->n_in * job->n_pairs, sizeof(double), err));
    for (size_t c = 0; c < n; c++)
        job->p[c] = (norni_wide_profile){.least = NORNI_INF, .most = -NORNI_INF};
    return NORN_OK;
}

static size_t row_of(const norni_wide *w, int64_t t) {
    size_t lo = 0, hi = w->n_rows;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (w->times[mid] < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < w->n_rows && w->times[lo] == t ? lo : SIZE_MAX;
}

/* One training row: moments, then the products with every target and step. */
static void fold_row(thin_job *job, const norni_wide_input *in, const double *row, size_t t) {
    const size_t n = job->g->names.n;
    for (size_t k = 0; k < in->n_slots; k++) {
        const size_t c = in->slot_column[k];
        norni_wide_profile *p = &job->p[c];
        const double x = row[k];
        if (!isfinite(x)) continue;
        if (p->n++ == 0) job->shift[c] = x;
        p->least = x < p->least ? x : p->least;
        p->most = x > p->most ? x : p->most;
        job->sum[c] += x - job->shift[c];
        job->squares[c] += (x - job->shift[c]) * (x - job->shift[c]);
    }
    for (size_t y = 0; y < job->n_y; y++) {
        for (size_t s = 0; s < job->n_steps; s++) {
            const size_t pair = y * job->n_steps + s, at = t + job->step[s];
            if (at >= job->n_train) continue;
            const double z = job->z[y][at];
            double *cross = job->cross + pair * n, *absent = job->absent + pair * n;
            job->total[(size_t)(in - job->g->in) * job->n_pairs + pair] += z;
            for (size_t k = 0; k < in->n_slots; k++) {
                const size_t c = in->slot_column[k];
                const double x = row[k];
                if (isfinite(x))
                    cross[c] += (x - job->shift[c]) * z;
                else
                    absent[c] += z;
            }
        }
    }
}

static norn_status fold(norni_wide_gather *g, size_t input, const norni_wide_rows *rows, void *arg,
                        norn_err *err) {
    thin_job *job = arg;
    for (size_t r = 0; r < rows->n; r++) {
        const size_t t = row_of(&job->table, rows->time[r]);
        if (t >= job->n_train) continue;
        fold_row(job, &g->in[input], rows->v + r * g->in[input].n_slots, t);
        if (r % 64 == 0 && norn_ctx_cancelled(g->ctx))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    return NORN_OK;
}

static bool has_column(const norni_wide_input *in, size_t c) {
    for (size_t k = 0; !in->future && k < in->n_slots; k++) {
        if (in->slot_column[k] == c) return true;
    }
    return false;
}

/* Sum of z over the rows of the inputs that have the column. */
static double total_of(const thin_job *job, size_t c, size_t pair) {
    double total = 0;
    for (size_t i = 0; i < job->g->n_in; i++) {
        if (job->g->n_in == 1 || has_column(&job->g->in[i], c))
            total += job->total[i * job->n_pairs + pair];
    }
    return total;
}

static void finish_profile(thin_job *job, size_t c) {
    norni_wide_profile *p = &job->p[c];
    const size_t n_columns = job->g->names.n;
    const double n = (double)p->n;
    p->n_missing = job->n_train > p->n ? job->n_train - p->n : 0;
    p->mean = p->n > 0 ? job->shift[c] + job->sum[c] / n : NORNI_NAN;
    const double spread = p->n > 1 ? job->squares[c] - job->sum[c] * job->sum[c] / n : 0;
    p->sd = p->n > 1 ? sqrt(spread > 0 ? spread / (n - 1) : 0) : NORNI_NAN;
    if (!(spread > 0) || p->least == p->most) return;
    for (size_t k = 0; k < job->n_pairs; k++) {
        const size_t at = k * n_columns + c;
        const double z = total_of(job, c, k) - job->absent[at],
                     r = (job->cross[at] - job->sum[c] * z / n) / sqrt(spread * n);
        if (fabs(r) > fabs(p->r)) p->r = r;
    }
}

static int by_score(const void *arg, size_t a, size_t b) {
    const norni_wide_profile *p = arg;
    const double x = fabs(p[a].r), y = fabs(p[b].r);
    return x > y ? -1 : x < y;
}

/* Cells of so many drivers, and what is made of them. */
static double bytes_of(const thin_job *job, size_t n_fixed, size_t n_drivers) {
    const norni_wide_opt *o = job->g->opt;
    const size_t n = job->table.n_rows;
    return 8.0 * (double)n * (double)(n_fixed + n_drivers + 3) +
           (double)o->made(o->made_user, n, n_fixed, n_drivers);
}

/* The most drivers, `most` at most, that leave room for what is made of the table. */
static norn_status leave_room(const thin_job *job, size_t n_fixed, size_t *most, norn_err *err) {
    const norni_wide_opt *o = job->g->opt;
    size_t low = 0, high = *most;
    if (o->made == NULL || o->memory == 0) return NORN_OK;
    const double all = (double)o->made_memory, least = bytes_of(job, n_fixed, 0);
    if (least > all)
        return norn_fail(err, NORN_E_LIMIT,
                         "the table is too large for the memory limit: without a single driver its "
                         "%zu columns of %zu rows, their features, bins and the largest model take "
                         "about %zu MiB more than it leaves; raise --memory-limit, or ask for "
                         "fewer --max-features, --windows or models",
                         n_fixed, job->table.n_rows, (size_t)((least - all) / 1048576) + 1);
    while (low < high) {
        const size_t mid = high - (high - low) / 2;
        if (bytes_of(job, n_fixed, mid) > all)
            high = mid - 1;
        else
            low = mid;
    }
    *most = low;
    return NORN_OK;
}

/* The drivers that are kept, best first until the room is full; `why` of the others. */
static norn_status choose(thin_job *job, bool *wanted, norn_err *err) {
    norni_wide_gather *g = job->g;
    const size_t n = g->names.n, n_rows = job->table.n_rows;
    size_t *order = NULL, *room = NULL, n_fixed = 0, n_drivers = 0;
    NORN_TRY(get(&order, &g->arena, n, sizeof *order, err));
    NORN_TRY(get(&room, &g->arena, n, sizeof *room, err));
    for (size_t c = 0; c < n; c++) {
        wanted[c] = job->role[c] != NORNI_ROLE_DRIVER && job->role[c] != NORNI_ROLE_DROPPED;
        n_fixed += wanted[c];
        if (job->role[c] == NORNI_ROLE_DRIVER) order[n_drivers++] = c;
    }
    /* A cell lies in a piece and in the table, besides times and rows. */
    const double per_column = 16.0 * (double)n_rows,
                 room_bytes = 0.75 * (double)g->opt->memory - 24.0 * (double)n_rows,
                 fixed = per_column * (double)n_fixed;
    size_t most = g->opt->memory == 0 ? n_drivers : 0;
    if (g->opt->memory > 0 && fixed > room_bytes)
        return norn_fail(err, NORN_E_LIMIT,
                         "the %zu target, static and known columns of %zu rows need %llu MiB; the "
                         "limit is %llu MiB",
                         n_fixed, n_rows,
                         (unsigned long long)((fixed + 24.0 * (double)n_rows) / 0.75 / 1048576) + 1,
                         (unsigned long long)(g->opt->memory >> 20));
    if (g->opt->memory > 0) most = (size_t)((room_bytes - fixed) / per_column);
    if (most > n_drivers) most = n_drivers;
    NORN_TRY(leave_room(job, n_fixed, &most, err));
    if (g->opt->max_columns > 0 && most > g->opt->max_columns) most = g->opt->max_columns;
    norni_sort_index(order, n_drivers, by_score, job->p, room);
    size_t kept = 0;
    for (size_t k = 0; k < n_drivers; k++) {
        const size_t c = order[k];
        const norni_wide_profile *p = &job->p[c];
        char text[128];
        const double share = (double)p->n_missing / (double)job->n_train;
        wanted[c] = kept < most && p->least < p->most && share <= g->opt->max_missing;
        kept += wanted[c];
        if (wanted[c]) continue;
        if (p->n == 0)
            norni_format(text, sizeof text, "no numbers");
        else if (p->least == p->most)
            norni_format(text, sizeof text, "constant");
        else if (share > g->opt->max_missing)
            norni_format(text, sizeof text, "%g %% missing, more than %g %% are allowed",
                         floor(1000 * share + 0.5) / 10, 100 * g->opt->max_missing);
        else
            norni_format(text, sizeof text, "%zu drivers are kept; this one's |r| is %g", most,
                         floor(1e4 * fabs(p->r) + 0.5) / 1e4);
        g->why[c] = norni_arena_text(&g->arena, text, strlen(text));
        if (g->why[c] == NULL) return norni_alloc_fail(err, "input", sizeof text, 1);
    }
    g->report->n_drivers_seen = n_drivers;
    g->report->n_drivers_kept = kept;
    return NORN_OK;
}

/* Profiles of all drivers; the tables' memory is left again. */
static norn_status profile(thin_job *job, norni_arena *arena, norn_err *err) {
    norni_wide_gather *g = job->g;
    bool *wanted = NULL;
    NORN_TRY(read_targets(job, arena, err));
    NORN_TRY(prepare(job, arena, err));
    NORN_TRY(get(&wanted, &g->arena, g->names.n, sizeof *wanted, err));
    for (size_t c = 0; c < g->names.n; c++)
        wanted[c] = job->role[c] != NORNI_ROLE_DROPPED;
    NORN_TRY(norni_wide_choose(g, wanted, err));
    for (size_t i = 0; i < g->n_in; i++) {
        if (!g->in[i].future) NORN_TRY(norni_wide_scan(g, i, fold, job, err));
    }
    for (size_t c = 0; c < g->names.n; c++)
        finish_profile(job, c);
    g->profile = job->p;
    NORN_TRY(get(&g->why, &g->arena, g->names.n, sizeof *g->why, err));
    NORN_TRY(choose(job, wanted, err));
    return norni_wide_choose(g, wanted, err);
}

norn_status norni_wide_thin(norni_wide_gather *g, norn_err *err) {
    thin_job job = {.g = g};
    norni_arena arena;
    for (size_t i = 0; i < g->n_in; i++) {
        if (!norni_cutter_can_rewind(&g->in[i].t->cut))
            return norn_fail(err, NORN_E_LIMIT,
                             "the table is larger than the memory limit and comes through a pipe: "
                             "give it as a file, or raise the limit");
    }
    norni_arena_init(&arena, &g->ctx->alloc);
    const norn_status st = profile(&job, &arena, err);
    norni_arena_clear(&arena);
    NORN_TRY(st);
    g->most_bytes = 0;
    return norni_wide_keep(g, err);
}
