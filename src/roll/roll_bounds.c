/* Which values each window holds: by count, by time, or all up to here; centred, with open or closed ends. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As pandas. By count, W values end at i, or with `center` (W - 1) / 2 values further on; a closed left
 * end takes one value more, an open right end leaves the last one out. By time, the window of i goes from
 * t_i - span (open, closed with `left` and `both`) to the row i itself; `left` and `neither` leave out all
 * rows of its time; centred from t_i - span / 2 to t_i + span / 2. */
#include "roll/roll_bounds.h"

#include "base/numtext.h"

static const struct {
    const char *name;
    int64_t us;
} units[] = {{"us", 1},
             {"ms", 1000},
             {"s", 1000000},
             {"sec", 1000000},
             {"min", 60000000},
             {"T", 60000000},
             {"h", INT64_C(3600000000)},
             {"H", INT64_C(3600000000)},
             {"d", INT64_C(86400000000)},
             {"D", INT64_C(86400000000)},
             {"w", INT64_C(604800000000)},
             {"W", INT64_C(604800000000)}};

norn_status norni_roll_spec_parse(norni_str text, norni_roll_spec *out, norn_err *err) {
    const norni_str s = norni_str_trim(text);
    size_t digits = 0;
    int64_t count = 1;
    if (norni_str_is(s, "expanding")) {
        out->kind = NORNI_ROLL_EXPANDING;
        return NORN_OK;
    }
    while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
        digits++;
    const norni_str unit = norni_str_trim((norni_str){s.p + digits, s.n - digits});
    const bool number = digits > 0 && norni_int_parse(s.p, digits, &count) == NORNI_NUM_OK;
    if (number && unit.n == 0 && count > 0) {
        out->kind = NORNI_ROLL_FIXED;
        out->length = (size_t)count;
        return NORN_OK;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!norni_str_is(unit, units[i].name) || (digits > 0 && !number) || count < 1) continue;
        if (__builtin_mul_overflow(count, units[i].us, &out->span)) break;
        out->kind = NORNI_ROLL_SPAN;
        return NORN_OK;
    }
    return norn_fail(
        err, NORN_E_ARG,
        "window: '%.*s' is neither a number of values above 0, nor a time as 7D (with W D h "
        "min s ms us), nor expanding",
        (int)(s.n < 80 ? s.n : 80), s.p);
}

norn_status norni_roll_spec_check(const norni_roll_spec *s, norn_err *err) {
    if (s->kind == NORNI_ROLL_FIXED && s->length < 1)
        return norn_fail(err, NORN_E_ARG, "window: 0 is outside [1, …)");
    if (s->kind == NORNI_ROLL_SPAN && s->span < 1)
        return norn_fail(err, NORN_E_ARG, "window: a span of %lld microseconds is outside [1, …)",
                         (long long)s->span);
    if (s->min_periods < -1)
        return norn_fail(err, NORN_E_ARG, "min_periods: %lld is below 0",
                         (long long)s->min_periods);
    if (s->kind == NORNI_ROLL_FIXED && s->min_periods > 0 && (uint64_t)s->min_periods > s->length)
        return norn_fail(err, NORN_E_ARG, "min_periods: %lld is above the window, %zu",
                         (long long)s->min_periods, s->length);
    if (s->kind == NORNI_ROLL_EXPANDING && (s->center || s->closed != NORNI_ROLL_RIGHT))
        return norn_fail(err, NORN_E_ARG,
                         "%s: an expanding window goes from the first value to this one",
                         s->center ? "center" : "closed");
    return NORN_OK;
}

/* The first j in [from, n) with times[j] > bound. */
static size_t first_above(const int64_t *times, size_t from, size_t n, int64_t bound) {
    while (from < n) {
        const size_t mid = from + (n - from) / 2;
        if (times[mid] > bound)
            n = mid;
        else
            from = mid + 1;
    }
    return from;
}

static int64_t shifted(int64_t t, int64_t by) {
    int64_t sum;
    if (!__builtin_add_overflow(t, by, &sum)) return sum;
    return by < 0 ? INT64_MIN : INT64_MAX;
}

/* Bounds by time; lo and hi (k1 - k0). */
static void fill_span(const norni_roll_spec *s, const int64_t *t, size_t n, size_t k0, size_t k1,
                      size_t *lo, size_t *hi) {
    /* no whole microsecond lies half an odd span away: there open and closed ends are one */
    const bool odd = s->center && s->span % 2 != 0;
    const bool left = !odd && (s->closed == NORNI_ROLL_LEFT || s->closed == NORNI_ROLL_BOTH);
    const bool right = odd || s->closed == NORNI_ROLL_RIGHT || s->closed == NORNI_ROLL_BOTH;
    const int64_t forth = s->center ? s->span / 2 : 0;
    const int64_t back = s->center ? s->span / 2 + (odd ? 1 : 0) : s->span;
    size_t a = 0, e = 0;
    for (size_t i = k0; i < k1; i++) {
        const int64_t above = shifted(shifted(t[i], -back), left ? -1 : 0),
                      to = shifted(shifted(t[i], forth), right ? 0 : -1);
        if (i == k0) {
            a = first_above(t, 0, i, above);
            e = first_above(t, 0, n, to);
        }
        while (a < i && t[a] <= above)
            a++;
        while (e < n && t[e] <= to)
            e++;
        const size_t end = !s->center && right ? i + 1 : e; /* of rows of one time, those up to i */
        lo[i - k0] = a;
        hi[i - k0] = end > a ? end : a;
    }
}

norn_status norni_roll_bounds(const norni_roll_spec *s, const int64_t *times, size_t n, size_t k0,
                              size_t k1, norni_arena *arena, norni_roll_windows *out,
                              norn_err *err) {
    *out = (norni_roll_windows){.n = n, .n_out = k1 - k0};
    if (s->kind == NORNI_ROLL_SPAN) {
        size_t *lo = norni_arena_get(arena, 2 * (k1 - k0), sizeof *lo);
        if (lo == NULL) return norni_alloc_fail(err, "rolling", 2 * (k1 - k0), sizeof *lo);
        fill_span(s, times, n, k0, k1, lo, lo + (k1 - k0));
        out->lo = lo;
        out->hi = lo + (k1 - k0);
        return NORN_OK;
    }
    const bool left = s->closed == NORNI_ROLL_LEFT || s->closed == NORNI_ROLL_BOTH;
    const bool open = s->closed == NORNI_ROLL_LEFT || s->closed == NORNI_ROLL_NEITHER;
    /* longer windows hold all values, wherever they end: cut by an even number, so that a centred one
     * stays as it is */
    size_t length = s->kind == NORNI_ROLL_EXPANDING ? n + 1 : s->length;
    if (length > 2 * n + 4) length = 2 * n + 4 + (length - 2 * n - 4) % 2;
    const size_t ahead = s->center ? (length - 1) / 2 : 0;
    out->length = length + (left ? 1 : 0) - (open ? 1 : 0);
    out->first_end = (ptrdiff_t)(k0 + 1 + ahead) - (open ? 1 : 0);
    return NORN_OK;
}
