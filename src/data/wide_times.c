/* The grid of a table's rows: its times in order, its frequency, and the row that each input row goes to. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A sheet whose date cell is empty or broken often shows day zero of its calendar (1970-01-01,
 * 1900-01-00): such rows are left out when they lie more than 400 days and 50 steps before all others. */
#include "base/sort.h"
#include "data/wide_job.h"

enum { GAP_FACTOR = 50, GAP_FREE = 1000, ZERO_DAYS = 400, ZERO_STEPS = 50 };

static int compare_times(const void *arg, size_t a, size_t b) {
    const int64_t *t = arg;
    return t[a] < t[b] ? -1 : t[a] > t[b];
}

static void time_text(const norni_wide_job *job, int64_t t, char out[48]) {
    out[norni_time_print(out, t, &job->raw->style)] = '\0';
}

/* Times of all rows that are the table's own (future: of those known ahead), ascending; distinct. */
static norn_status sorted_times(norni_wide_job *job, bool future, int64_t **times, size_t *n_times,
                                norn_err *err) {
    const norni_wide_raw *raw = job->raw;
    size_t n = 0, distinct = 0;
    bool sorted = true;
    for (size_t i = 0; i < raw->n_parts; i++)
        n += raw->part[i].future == future ? raw->part[i].n : 0;
    int64_t *t = norni_arena_get(&job->scratch, n, sizeof *t);
    if (t == NULL) return norni_alloc_fail(err, "table", n, sizeof *t);
    n = 0;
    for (size_t i = 0; i < raw->n_parts; i++) {
        if (raw->part[i].future != future || raw->part[i].n == 0) continue;
        memcpy(t + n, raw->part[i].time, raw->part[i].n * sizeof *t);
        n += raw->part[i].n;
    }
    for (size_t k = 1; k < n; k++) {
        sorted = sorted && t[k - 1] <= t[k];
        if (!future) job->report->n_unsorted += t[k] < t[k - 1];
    }
    if (!sorted) {
        const norni_arena_mark mark = norni_arena_mark_get(&job->scratch);
        int64_t *copy = norni_arena_get(&job->scratch, n, sizeof *copy);
        size_t *index = norni_arena_get(&job->scratch, n, sizeof *index),
               *room = norni_arena_get(&job->scratch, n, sizeof *room);
        if (!copy || !index || !room) return norni_alloc_fail(err, "table", n, sizeof *copy);
        memcpy(copy, t, n * sizeof *t);
        for (size_t k = 0; k < n; k++)
            index[k] = k;
        norni_sort_index(index, n, compare_times, copy, room);
        for (size_t k = 0; k < n; k++)
            t[k] = copy[index[k]];
        norni_arena_rewind(&job->scratch, mark);
    }
    for (size_t k = 0; k < n; k++) {
        if (distinct == 0 || t[distinct - 1] != t[k]) t[distinct++] = t[k];
    }
    *times = t;
    *n_times = distinct;
    return NORN_OK;
}

/* How many of the first times are day zero of a broken sheet. */
static size_t zero_days(const norni_wide_job *job, const int64_t *t, size_t n) {
    static const int64_t zero[] = {0, -25569, -25568, -25567, -24107};
    size_t bad = 0;
    if (job->raw->style.kind == NORNI_TIME_INDEX) return 0;
    for (; bad + 2 < n; bad++) {
        bool is_zero = false;
        for (size_t k = 0; k < sizeof zero / sizeof zero[0]; k++)
            is_zero = is_zero || t[bad] / NORNI_US_DAY == zero[k];
        if (!is_zero) break;
    }
    while (bad > 0) { /* the nearest other row must be far away */
        const int64_t far = t[bad] - t[bad - 1], step = norni_times_step(t + bad, n - bad);
        if (far / NORNI_US_DAY > ZERO_DAYS && far / ZERO_STEPS > step) break;
        bad--;
    }
    return bad;
}

/* Rows of the grid; a table that is mostly gaps is refused. */
static norn_status choose_grid(norni_wide_job *job, const int64_t *t, size_t n, norn_err *err) {
    norni_wide *out = job->out;
    const norni_wide_opt *opt = job->opt;
    int64_t k = 0;
    out->start = t[0];
    out->freq = opt->has_freq ? opt->freq : norni_freq_infer(t, n, &out->style);
    if (n == 1 && !opt->has_freq)
        out->freq = (norni_freq){
            out->style.kind == NORNI_TIME_INDEX ? NORNI_UNIT_INDEX : NORNI_UNIT_DAY, 1, 0};
    if (opt->has_freq && out->freq.anchor == 0 && out->freq.unit >= NORNI_UNIT_MONTH) {
        const norni_freq seen = norni_freq_infer(t, n, &out->style);
        if (seen.unit >= NORNI_UNIT_MONTH && seen.unit <= NORNI_UNIT_YEAR)
            out->freq.anchor = seen.anchor;
    }
    job->n_grid = n;
    if (out->freq.unit == NORNI_UNIT_IRREGULAR) return NORN_OK;
    for (size_t i = 0; i < n; i++) {
        if (norni_freq_index(out->freq, t[0], t[i], &k)) continue;
        char text[48], freq[48];
        time_text(job, t[i], text);
        norni_freq_print(freq, sizeof freq, out->freq, t[0]);
        return norn_fail(err, NORN_E_DATA, "%s does not lie on the grid of frequency %s", text,
                         freq);
    }
    if ((uint64_t)k > (uint64_t)GAP_FACTOR * n + GAP_FREE)
        return norn_fail(err, NORN_E_DATA,
                         "%llu of %llu rows are missing: check the times, or --freq",
                         (unsigned long long)k + 1 - n, (unsigned long long)k + 1);
    job->n_grid = (size_t)k + 1;
    return NORN_OK;
}

/* Times of the rows and of those ahead: an irregular table takes them from what is known ahead. */
static norn_status make_times(norni_wide_job *job, const int64_t *t, size_t n,
                              const int64_t *future, size_t n_future, norn_err *err) {
    norni_wide *out = job->out;
    const size_t total = job->n_grid + out->n_ahead;
    const bool regular = out->freq.unit != NORNI_UNIT_IRREGULAR;
    int64_t *times = norni_arena_get(job->arena, total, sizeof *times);
    if (times == NULL) return norni_alloc_fail(err, "table", total, sizeof *times);
    size_t next = 0;
    while (next < n_future && future[next] <= t[n - 1])
        next++;
    const int64_t step = regular ? 0 : norni_times_step(t, n);
    for (size_t k = 0; k < total; k++) {
        if (regular)
            times[k] = norni_freq_at(out->freq, out->start, (int64_t)k);
        else if (k < n)
            times[k] = t[k];
        else
            times[k] = next < n_future ? future[next++] : times[k - 1] + step;
    }
    out->times = times;
    return NORN_OK;
}

/* Row of a time, or NOWHERE; *off: on no row, but between them. */
static uint32_t row_of(const norni_wide_job *job, int64_t t, bool *off) {
    const norni_wide *out = job->out;
    const size_t total = job->n_grid + out->n_ahead;
    int64_t k = -1;
    if (out->freq.unit != NORNI_UNIT_IRREGULAR) {
        *off = !norni_freq_index(out->freq, out->start, t, &k);
        return *off || k < 0 || (uint64_t)k >= total ? NORNI_WIDE_NOWHERE : (uint32_t)k;
    }
    size_t lo = 0, hi = total;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (out->times[mid] < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    *off = lo < total && out->times[lo] != t && t > out->times[0];
    return lo < total && out->times[lo] == t ? (uint32_t)lo : NORNI_WIDE_NOWHERE;
}

/* Where each input row goes. */
static norn_status place_rows(norni_wide_job *job, int64_t from, norn_err *err) {
    const norni_wide_raw *raw = job->raw;
    job->n_raw_rows = 0;
    job->base = norni_arena_get(&job->scratch, raw->n_parts, sizeof *job->base);
    if (job->base == NULL) return norni_alloc_fail(err, "table", raw->n_parts, sizeof(size_t));
    for (size_t i = 0; i < raw->n_parts; i++) {
        job->base[i] = job->n_raw_rows;
        job->n_raw_rows += raw->part[i].n;
    }
    job->to = norni_arena_get(&job->scratch, job->n_raw_rows, sizeof *job->to);
    if (job->to == NULL) return norni_alloc_fail(err, "table", job->n_raw_rows, sizeof *job->to);
    for (size_t i = 0; i < raw->n_parts; i++) {
        const norni_wide_part *p = &raw->part[i];
        for (size_t r = 0; r < p->n; r++) {
            bool off = false;
            uint32_t *to = &job->to[job->base[i] + r];
            *to = row_of(job, p->time[r], &off);
            if (p->future && off) {
                char text[48];
                time_text(job, p->time[r], text);
                return norn_fail(err, NORN_E_DATA,
                                 "future: line %llu: %s is no time of the table's rows",
                                 (unsigned long long)norni_wide_line(p, r), text);
            }
            if (p->future || p->time[r] >= from) continue;
            *to = NORNI_WIDE_NOWHERE;
            if (job->report->n_epoch++ == 0) job->report->first_epoch = norni_wide_line(p, r);
        }
    }
    return NORN_OK;
}

static norn_status say_rows(norni_wide_job *job, const int64_t *t, size_t n, norn_err *err) {
    norni_wide_report *r = job->report;
    char text[48];
    if (r->n_epoch > 0)
        NORN_TRY(norni_wide_note(
            job, err, "%zu rows at day zero of the calendar are left out (first: line %llu)",
            r->n_epoch, (unsigned long long)r->first_epoch));
    if (r->n_unsorted > 0)
        NORN_TRY(norni_wide_note(job, err, "rows were not in time order (%zu steps back): sorted",
                                 r->n_unsorted));
    if (r->n_duplicates > 0)
        NORN_TRY(
            norni_wide_note(job, err,
                            "%zu rows share their time with another: joined, the last value of "
                            "each column holds",
                            r->n_duplicates));
    if (r->n_gaps == 0) return NORN_OK;
    size_t k = 0;
    while (k + 1 < n && t[k] == job->out->times[k])
        k++;
    time_text(job, job->out->times[k], text);
    return norni_wide_note(job, err, "%zu rows are missing (first: %s): rows of missing values",
                           r->n_gaps, text);
}

norn_status norni_wide_place(norni_wide_job *job, norn_err *err) {
    norni_wide_report *r = job->report;
    norni_wide *out = job->out;
    int64_t *t = NULL, *future = NULL;
    size_t n = 0, n_future = 0, n_rows = 0;
    NORN_TRY(sorted_times(job, false, &t, &n, err));
    NORN_TRY(sorted_times(job, true, &future, &n_future, err));
    if (n == 0) return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
    const size_t bad = zero_days(job, t, n);
    t += bad, n -= bad;
    NORN_TRY(choose_grid(job, t, n, err));
    out->n_ahead = job->opt->horizon;
    if (job->n_grid + out->n_ahead >= NORNI_WIDE_NOWHERE)
        return norn_fail(err, NORN_E_LIMIT, "%zu rows are too many for a table", job->n_grid);
    NORN_TRY(make_times(job, t, n, future, n_future, err));
    NORN_TRY(place_rows(job, t[0], err));
    for (size_t i = 0; i < job->raw->n_parts; i++)
        n_rows += job->raw->part[i].future ? 0 : job->raw->part[i].n;
    out->n_rows = job->n_grid;
    out->n_gaps = r->n_gaps = job->n_grid - n;
    if (out->freq.unit == NORNI_UNIT_IRREGULAR)
        NORN_TRY(norni_wide_note(job, err,
                                 "the times lie on no grid: rows are taken one after the "
                                 "other, as they are"));
    out->n_duplicates = r->n_duplicates = n_rows - r->n_epoch - n;
    return say_rows(job, t, n, err);
}
