/* Bins of a table's columns: cuts at midpoints or quantiles, each value's bin, coarser bins. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A column with few values gets a cut in the middle of every two neighbours. One with more is shared
 * out from left to right: a value that fills a bin by itself gets one for itself, the others are
 * gathered until a bin holds about as many rows as the rows and bins that are left allow. interpret
 * (CutQuantile) places cuts by a priority queue instead; the midpoints are the same. */
#include "feat/bins.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"

enum { BLOCK = 1 << 16 /* rows placed between two polls */ };

/* Overflow-safe; above lo, at most hi. */
static double midpoint(double lo, double hi) {
    const double gap = hi - lo;
    const double mid = isfinite(gap) ? lo + gap / 2 : lo / 2 + hi / 2;
    return mid <= lo ? hi : mid;
}

/* Joins m values with counts to n_bins (>= 1) or fewer, of about as many rows each: begin gets the
 * first value of each, `first` added; returns how many. */
static size_t share_stretch(const uint64_t *count, size_t m, uint64_t rows, uint64_t bins,
                            size_t first, uint32_t *begin) {
    size_t n = 0;
    uint64_t held = 0;
    for (size_t i = 0; i < m; i++) {
        /* The next value would take the bin further from rows / bins than it is now. */
        if (n > 0 && bins > 1 && (2 * held + count[i]) * bins >= 2 * rows) {
            rows -= held;
            bins--;
            held = 0;
            begin[n++] = (uint32_t)(first + i);
        }
        if (i == 0) begin[n++] = (uint32_t)first;
        held += count[i];
    }
    return n;
}

/* Joins m neighbouring values with counts to at most n_bins (>= 1): begin (n_bins) gets the first
 * value of each; returns how many. A value of `heavy` rows and more fills a bin. */
static size_t share_out(const uint64_t *count, size_t m, size_t n_bins, uint32_t *begin) {
    uint64_t rows = 0, bins = n_bins;
    for (size_t i = 0; i < m; i++)
        rows += count[i];
    const uint64_t heavy = (rows + n_bins - 1) / n_bins;
    for (size_t i = 0; i < m; i++) {
        if (count[i] < heavy) continue;
        rows -= count[i];
        bins--;
    }
    size_t n = 0;
    for (size_t i = 0; i < m && n < n_bins;) {
        if (count[i] >= heavy) {
            begin[n++] = (uint32_t)i++;
            continue;
        }
        uint64_t held = 0;
        size_t end = i;
        for (; end < m && count[end] < heavy; end++)
            held += count[end];
        uint64_t take = rows ? (2 * held * bins + rows) / (2 * rows) : 0;
        if (take < 1) take = 1;
        if (take > n_bins - n) take = n_bins - n;
        n += share_stretch(count + i, end - i, held, take, i, begin + n);
        rows -= held;
        bins -= take < bins ? take : bins;
        i = end;
    }
    return n;
}

/* Runs of equal values in x (n, sorted): the first of each to value, their lengths to count. */
static size_t runs_of(const double *x, size_t n, double *value, uint64_t *count) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (m == 0 || x[i] != value[m - 1]) {
            value[m] = x[i];
            count[m++] = 0;
        }
        count[m - 1]++;
    }
    return m;
}

static norn_status cut_nominal(const double *x, size_t n, norni_bin_column *out, norn_err *err) {
    double most = -1;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) continue;
        if (!(x[i] >= 0) || x[i] != floor(x[i]))
            return norn_fail(err, NORN_E_DATA, "bins: %g is no code of a name: 0, 1, 2, ...", x[i]);
        if (x[i] > most) most = x[i];
    }
    if (most + 3 > NORNI_BINS_MOST)
        return norn_fail(err, NORN_E_DATA, "bins: a column of names has %g of them, %d at most",
                         most + 1, NORNI_BINS_MOST - 2);
    out->n_bins = (uint32_t)(most + 3);
    if (out->n_bins < 3) out->n_bins = 3;
    out->least = most < 0 ? NORNI_NAN : 0;
    out->most = most < 0 ? NORNI_NAN : most;
    return NORN_OK;
}

/* The values that are not missing, sorted, and their number; least and most of them. */
static norn_status sorted_values(const double *x, size_t n, double *sorted, size_t *n_seen,
                                 norni_bin_column *out, norn_err *err) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (isinf(x[i]))
            return norn_fail(err, NORN_E_DATA, "bins: a value is infinite (row %zu)", i);
        if (!isnan(x[i])) sorted[m++] = x[i] + 0.0; /* -0 and 0 are one value */
    }
    norni_sort_doubles(sorted, m);
    out->least = m ? sorted[0] : NORNI_NAN;
    out->most = m ? sorted[m - 1] : NORNI_NAN;
    *n_seen = m;
    return NORN_OK;
}

norn_status norni_bins_cut(norni_arena *arena, const double *x, size_t n, norni_feature_kind kind,
                           uint32_t max_bins, norni_bin_column *out, norn_err *err) {
    if (max_bins < 3 || max_bins > NORNI_BINS_MOST)
        return norn_fail(err, NORN_E_ARG, "bins: max-bins=%u is outside [3, %d]", max_bins,
                         NORNI_BINS_MOST);
    *out = (norni_bin_column){.kind = kind, .n_bins = 3};
    if (kind == NORNI_FEATURE_NOMINAL) return cut_nominal(x, n, out, err);
    const size_t room = n < max_bins ? n : max_bins;
    double *cut = norni_arena_get(arena, room + 1, sizeof *cut);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    double *value = norni_arena_get(arena, n + 1, sizeof *value);
    uint64_t *count = norni_arena_get(arena, n + 1, sizeof *count);
    uint32_t *begin = norni_arena_get(arena, room + 1, sizeof *begin);
    norn_status st = NORN_OK;
    if (cut == NULL || value == NULL || count == NULL || begin == NULL)
        return norni_alloc_fail(err, "bins", n, sizeof *value);
    size_t m;
    NORN_TRY_GOTO(sorted_values(x, n, value, &m, out, err), done);
    m = runs_of(value, m, value, count);
    const size_t most = max_bins - 2;
    const size_t k = m > most ? share_out(count, m, most, begin) : m;
    for (size_t i = 1; i < k; i++) {
        const size_t at = m > most ? begin[i] : i;
        cut[i - 1] = midpoint(value[at - 1], value[at]);
    }
    out->n_cuts = k ? (uint32_t)(k - 1) : 0;
    out->n_bins = out->n_cuts + 3;
    out->cut = cut;
done:
    norni_arena_rewind(arena, mark);
    return st;
}

/* #(cut <= x) without a branch: halves until one is left. */
static uint32_t cuts_below(const double *cut, uint32_t n, double x) {
    const double *base = cut;
    while (n > 1) {
        const uint32_t half = n / 2;
        base += base[half - 1] <= x ? half : 0;
        n -= half;
    }
    return (uint32_t)(base - cut) + (n == 1 && *base <= x ? 1 : 0);
}

void norni_bins_place(const norni_bin_column *column, const double *x, size_t n, uint16_t *out) {
    if (column->kind == NORNI_FEATURE_NOMINAL) {
        const double most = (double)column->n_bins - 2;
        const uint16_t unseen = (uint16_t)(column->n_bins - 1);
        for (size_t i = 0; i < n; i++) {
            if (isnan(x[i]))
                out[i] = 0;
            else
                out[i] =
                    x[i] >= 0 && x[i] < most && x[i] == floor(x[i]) ? (uint16_t)(1 + x[i]) : unseen;
        }
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = isnan(x[i]) ? 0 : (uint16_t)(1 + cuts_below(column->cut, column->n_cuts, x[i]));
}

/* Room for the columns and indices of n rows. */
static norn_status make_room(norni_arena *arena, size_t n_columns, size_t n,
                             norni_bin_column **column, uint16_t ***index, norni_bins *out,
                             norn_err *err) {
    *column = norni_arena_zero(arena, n_columns + 1, sizeof **column);
    *index = norni_arena_zero(arena, n_columns + 1, sizeof **index);
    if (*column == NULL || *index == NULL)
        return norni_alloc_fail(err, "bins", n_columns, sizeof **column);
    for (size_t j = 0; j < n_columns; j++) {
        (*index)[j] = norni_arena_get(arena, n + 1, sizeof(uint16_t));
        if ((*index)[j] == NULL) return norni_alloc_fail(err, "bins", n, sizeof(uint16_t));
    }
    *out = (norni_bins){n, n_columns, *column, (const uint16_t *const *)*index};
    return NORN_OK;
}

static norn_status cancelled(norn_err *err) {
    return norn_fail(err, NORN_E_CANCEL, "bins: cancelled");
}

norn_status norni_bins_make(norni_arena *arena, const norni_poll *poll, const double *const *x,
                            const norni_feature_kind *kind, size_t n_columns, size_t n,
                            uint32_t max_bins, norni_bins *out, norn_err *err) {
    norni_bin_column *column;
    uint16_t **index;
    NORN_TRY(make_room(arena, n_columns, n, &column, &index, out, err));
    for (size_t j = 0; j < n_columns; j++) {
        if (norni_poll_stop(poll)) return cancelled(err);
        NORN_TRY(norni_bins_cut(arena, x[j], n, kind[j], max_bins, &column[j], err));
        for (size_t i = 0; i < n; i += BLOCK) {
            if (norni_poll_stop(poll)) return cancelled(err);
            norni_bins_place(&column[j], x[j] + i, n - i < BLOCK ? n - i : BLOCK, index[j] + i);
        }
    }
    return NORN_OK;
}

/* to (n_bins): the coarse bin of each of the fine column's. */
static norn_status join_bins(norni_arena *arena, const norni_bin_column *fine,
                             const uint64_t *count, uint32_t max_bins, uint16_t *to,
                             norni_bin_column *out, norn_err *err) {
    const size_t m = fine->n_cuts + 1, most = max_bins - 2;
    double *cut = norni_arena_get(arena, most, sizeof *cut);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    uint32_t *begin = norni_arena_get(arena, most, sizeof *begin);
    if (cut == NULL || begin == NULL) return norni_alloc_fail(err, "bins", most, sizeof *cut);
    const size_t k = share_out(count + 1, m, most, begin);
    *out = *fine;
    for (size_t i = 1; i < k; i++)
        cut[i - 1] = fine->cut[begin[i] - 1];
    out->cut = cut;
    out->n_cuts = (uint32_t)(k - 1);
    out->n_bins = out->n_cuts + 3;
    to[0] = 0;
    for (size_t i = 0, at = 0; i < m; i++) {
        if (at + 1 < k && i >= begin[at + 1]) at++;
        to[i + 1] = (uint16_t)(at + 1);
    }
    to[m + 1] = (uint16_t)(out->n_bins - 1);
    norni_arena_rewind(arena, mark);
    return NORN_OK;
}

norn_status norni_bins_coarsen(norni_arena *arena, const norni_bins *fine, uint32_t max_bins,
                               norni_bins *out, norn_err *err) {
    if (max_bins < 3 || max_bins > NORNI_BINS_MOST)
        return norn_fail(err, NORN_E_ARG, "bins: max-bins=%u is outside [3, %d]", max_bins,
                         NORNI_BINS_MOST);
    norni_bin_column *column;
    uint16_t **index;
    NORN_TRY(make_room(arena, fine->n_columns, fine->n, &column, &index, out, err));
    uint16_t *to = norni_arena_get(arena, NORNI_BINS_MOST + 1, sizeof *to);
    uint64_t *count = norni_arena_get(arena, NORNI_BINS_MOST + 1, sizeof *count);
    if (to == NULL || count == NULL)
        return norni_alloc_fail(err, "bins", NORNI_BINS_MOST, sizeof *count);
    for (size_t j = 0; j < fine->n_columns; j++) {
        const norni_bin_column *c = &fine->column[j];
        const uint16_t *from = fine->index[j];
        if (c->kind == NORNI_FEATURE_NOMINAL || c->n_bins <= max_bins) {
            column[j] = *c;
            memcpy(index[j], from, fine->n * sizeof *from);
            continue;
        }
        memset(count, 0, c->n_bins * sizeof *count);
        for (size_t i = 0; i < fine->n; i++)
            count[from[i]]++;
        NORN_TRY(join_bins(arena, c, count, max_bins, to, &column[j], err));
        for (size_t i = 0; i < fine->n; i++)
            index[j][i] = to[from[i]];
    }
    return NORN_OK;
}
