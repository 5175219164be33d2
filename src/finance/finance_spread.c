/* Rows put in time: those that stand years away put aside, months without rows told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"
#include "finance/finance_rows.h"

enum {
    REMOTE_DAYS = 731, /* two years */
    REST_LEAST = 6,    /* rows that tell where the others stand */
    SPACING_LEAST = 4  /* months with rows */
};

typedef struct by_row {
    const norni_fin_rows *r;
    const int64_t *time;
} by_row;

/* By time, then by all cells: the order of a file's rows changes nothing. */
static int compare(const void *arg, size_t a, size_t b) {
    const by_row *const by = arg;
    if (by->time[a] != by->time[b]) return by->time[a] < by->time[b] ? -1 : 1;
    for (size_t c = 0; c < by->r->n_columns; c++) {
        const int order =
            norni_str_cmp(norni_fin_rows_cell(by->r, a, c), norni_fin_rows_cell(by->r, b, c));
        if (order != 0) return order;
    }
    return 0;
}

/* Names up to three of the rows index[0..n), the earliest first. */
static norn_status tell_remote(norni_fin_rows *r, size_t c, const size_t *index, size_t n,
                               norn_err *err) {
    norni_buf b;
    norni_buf_init(&b, &r->ctx->alloc);
    for (size_t k = 0; k < n && k < 3; k++) {
        const norni_str cell = norni_fin_quoted(norni_fin_rows_cell(r, index[k], c));
        norni_buf_format(&b, "%s\"%.*s\" in line %llu%s", k ? ", " : "", (int)cell.n, cell.p,
                         (unsigned long long)r->line[index[k]].row->line, norni_fin_of_a_file(r));
    }
    if (n > 3) norni_buf_text(&b, " …");
    const norn_status st =
        b.failed ? norni_alloc_fail(err, "report", b.n, 1)
                 : norni_fin_rows_note(r, err,
                                       "rows dated years away from all others are left out as "
                                       "undated: %zu (%.*s); mend the date to have them counted",
                                       n, (int)b.n, b.p);
    norni_buf_clear(&b);
    return st;
}

/* Rows index[*from..*to) stay: a few rows at an end that stand further off than two years and than all
 * the others span are mistyped. One such date would make hundreds of months. */
static void find_remote(const int64_t *time, const size_t *index, size_t *from, size_t *to) {
    const size_t n = *to;
    size_t left = n / 20 > 1 ? n / 20 : 1;
    bool again = n > REST_LEAST;
    while (again) {
        again = false;
        const size_t most = *to - *from - REST_LEAST < left ? *to - *from - REST_LEAST : left;
        for (size_t k = 1; k <= most && !again; k++) {
            const int64_t first = time[index[*from]], last = time[index[*to - 1]],
                          behind = time[index[*to - k]], end = time[index[*to - k - 1]],
                          before = time[index[*from + k - 1]], begin = time[index[*from + k]];
            const int64_t least = REMOTE_DAYS * NORNI_US_DAY;
            if (behind - end > least && behind - end > end - first) {
                *to -= k;
                again = true;
            } else if (begin - before > least && begin - before > last - begin) {
                *from += k;
                again = true;
            }
            if (again) left -= k;
        }
    }
}

static norn_status put_aside(norni_fin_rows *r, size_t c, const int64_t *time, size_t *index,
                             size_t *n, norn_err *err) {
    size_t from = 0, to = *n;
    find_remote(time, index, &from, &to);
    const size_t kept = to - from, before = from, behind = *n - to;
    if (kept == *n) return NORN_OK;
    size_t *const aside = norni_arena_get(r->arena, before + behind, sizeof *aside);
    if (aside == NULL) return norni_alloc_fail(err, "report", before + behind, sizeof *aside);
    memcpy(aside, index, before * sizeof *aside);
    memcpy(aside + before, index + to, behind * sizeof *aside);
    memmove(index, index + from, kept * sizeof *index);
    *n = kept;
    return tell_remote(r, c, aside, before + behind, err);
}

/* Rows of index[0..n) that are equal to the one before in every cell: twice in one file, since what several
 * files share is counted once. */
static norn_status tell_equal(norni_fin_rows *r, const by_row *by, const size_t *index, size_t n,
                              norn_err *err) {
    size_t equal = 0, first = 0;
    for (size_t i = 1; i < n; i++) {
        if (compare(by, index[i - 1], index[i]) != 0) continue;
        if (equal++ == 0) first = index[i];
    }
    if (equal == 0) return NORN_OK;
    return norni_fin_rows_note(
        r, err,
        "rows that stand again in the same file, equal in every cell, are all "
        "counted: %zu, first line %llu%s; take them out if they are copies",
        equal, (unsigned long long)r->line[first].row->line, norni_fin_of_a_file(r));
}

norn_status norni_fin_rows_sort(norni_fin_rows *r, size_t c, int64_t *time, norn_err *err) {
    size_t *const index = norni_arena_get(r->arena, 2 * r->n, sizeof *index);
    norni_fin_line *const line = norni_arena_get(r->arena, r->n, sizeof *line);
    int64_t *const old = norni_arena_get(r->arena, r->n, sizeof *old);
    const by_row by = {r, old};
    size_t n = 0;
    bool sorted = true;
    if (index == NULL || line == NULL || old == NULL)
        return norni_alloc_fail(err, "report", r->n, sizeof *index);
    memcpy(old, time, r->n * sizeof *old);
    for (size_t i = 0; i < r->n; i++) {
        if (time[i] == NORNI_TIME_NONE) continue;
        sorted = sorted && (n == 0 || compare(&by, index[n - 1], i) <= 0);
        index[n++] = i;
    }
    if (!sorted) norni_sort_index(index, n, compare, &by, index + r->n);
    NORN_TRY(put_aside(r, c, old, index, &n, err));
    NORN_TRY(tell_equal(r, &by, index, n, err));
    for (size_t i = 0; i < n; i++) {
        line[i] = r->line[index[i]];
        time[i] = old[index[i]];
    }
    r->n_undated = r->n - n;
    r->line = line;
    r->n = n;
    return NORN_OK;
}

static int64_t month_of(int64_t us) {
    const norni_civil c = norni_civil_from_us(us);
    return (int64_t)c.year * 12 + c.month - 1;
}

typedef struct months {
    size_t n;            /* months with rows */
    size_t steps[13];    /* from one to the next, by length; [0] longer than a year */
    size_t missing;      /* between the first and the last */
    int64_t first_empty; /* of those */
} months;

static months count_months(const int64_t *time, size_t n) {
    months m = {.n = n > 0};
    for (size_t i = 1; i < n; i++) {
        const int64_t before = month_of(time[i - 1]), step = month_of(time[i]) - before;
        if (step == 0) continue;
        m.n++;
        m.steps[step > 12 ? 0 : step]++;
        if (step > 1 && m.missing == 0) m.first_empty = before + 1;
        m.missing += (size_t)(step - 1);
    }
    return m;
}

norn_status norni_fin_rows_spacing(norni_fin_rows *r, const int64_t *time, unsigned *apart,
                                   norn_err *err) {
    const months m = count_months(time, r->n);
    *apart = 1;
    for (unsigned k = 2; k <= 12 && m.n >= SPACING_LEAST && m.steps[1] == 0; k++) {
        if (5 * m.steps[k] >= 4 * (m.n - 1)) *apart = k;
    }
    if (*apart > 1)
        return norni_fin_rows_note(
            r, err, "the books are %s: rows stand %u months apart, and months between have none",
            *apart == 3    ? "quarterly"
            : *apart == 6  ? "half-yearly"
            : *apart == 12 ? "yearly"
                           : "not monthly",
            *apart);
    if (m.missing == 0) return NORN_OK;
    return norni_fin_rows_note(r, err,
                               "months without any row are missing: %zu, first %lld-%s%lld; "
                               "nothing is made up for them",
                               m.missing, (long long)(m.first_empty / 12),
                               m.first_empty % 12 < 9 ? "0" : "",
                               (long long)(m.first_empty % 12 + 1));
}
