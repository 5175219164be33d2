/* Jumps that look like splits of a share: told, or taken out of the prices before them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A price that falls to 1/N or rises to N times the one before, N one of the list below, within 2 %, is a split N:1 or 1:N
 * where the price stood near the old level before and stays near the new one behind (within a factor of 1.4). A jump by 1.9 or more that comes back with
 * the next price is no split; it is told as a price to look at, as is one to more than ten times or less than a tenth
 * that stays and is no split. */
#include <math.h>

#include "portfolio/portfolio_prices_parts.h"

const char *norni_port_when_text(norni_port_when *w, int64_t t, const norni_time_style *style) {
    w->text[norni_time_print(w->text, t, style)] = '\0';
    return w->text;
}

static const double ratios[] = {2,  3,  4,  5,  6,  7,  8,  10, 12, 15,
                                20, 25, 30, 40, 50, 60, 75, 80, 100};
enum { MOST_TOLD = 8 };

/* N for a fall to 1/N, -N for a rise to N times; 0: neither. */
static double split_of(double before, double after) {
    const double r = after / before, up = r < 1 ? 1 / r : r;
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        if (fabs(up / ratios[i] - 1) <= 0.02) return r < 1 ? ratios[i] : -ratios[i];
    }
    return 0;
}

static bool is_near(double a, double b) {
    return a < 1.4 * b && b < 1.4 * a;
}

static void tell_split(norni_buf *notes, const norni_port_series *s, double by, int64_t t,
                       bool adjust, const norni_time_style *style) {
    norni_port_when w;
    const double n = fabs(by);
    norni_buf_format(notes, "%.*s: the price %s%g%s at %s, as by a split of %s%g%s; %s\n",
                     norni_port_shown(s->symbol), s->symbol.p, by > 0 ? "falls to 1/" : "rises to ",
                     n, by > 0 ? "" : " times", norni_port_when_text(&w, t, style),
                     by > 0 ? "" : "1:", n, by > 0 ? ":1" : "",
                     adjust ? "prices before it are put on the new scale"
                            : "it counts as a change in value (--splits adjust takes it out)");
}

/* To more than MOST_JUMP times, or to less than 1/MOST_JUMP, in one bar. */
enum { MOST_JUMP = 10 };
static bool is_far(double a, double b) {
    return b > MOST_JUMP * a || a > MOST_JUMP * b;
}

static void tell_far(norni_buf *notes, const norni_port_series *s, size_t i,
                     const norni_time_style *style) {
    norni_port_when w;
    norni_buf_format(
        notes,
        "%.*s: the price goes from %g to %g in one bar at %s; it counts as a change in "
        "value (another unit, another asset under the name? mend the prices)\n",
        norni_port_shown(s->symbol), s->symbol.p, s->price[i - 1], s->price[i],
        norni_port_when_text(&w, s->time[i], style));
}

static norn_status fail_scale(const norni_port_series *s, norn_err *err) {
    return norn_fail(err, NORN_E_DATA,
                     "prices: %.*s has so many splits that its first prices cannot be put on the "
                     "last ones' scale; do not adjust it",
                     norni_port_shown(s->symbol), s->symbol.p);
}

/* by[i]: the split at price i, 0: none. Scales what lies before each. */
static norn_status take_out(norni_arena *arena, norni_port_series *s, const double *by,
                            norn_err *err) {
    double *price = norni_arena_get(arena, s->n, sizeof *price), scale = 1;
    if (price == NULL) return norni_alloc_fail(err, "prices", s->n, sizeof *price);
    for (size_t i = s->n; i-- > 0;) {
        price[i] = s->price[i] * scale;
        if (i < s->dead && !(price[i] > 0 && isfinite(price[i]))) return fail_scale(s, err);
        if (by[i] > 0) scale /= by[i];
        if (by[i] < 0) scale *= -by[i];
    }
    s->price = price;
    return NORN_OK;
}

norn_status norni_port_series_split(norni_arena *arena, norni_port_series *s,
                                    const norni_port_prices_opt *opt, const norni_time_style *style,
                                    norni_buf *notes, norn_err *err) {
    size_t n = 0, n_back = 0, n_far = 0;
    int64_t first_back = 0;
    double *by = NULL;
    norni_port_when w;
    for (size_t i = 1; i < s->dead; i++) {
        const double a = s->price[i - 1], b = s->price[i];
        if (b < 1.9 * a && a < 1.9 * b) continue;
        if (i + 1 < s->dead && !is_near(b, s->price[i + 1])) {
            const bool back = is_near(a, s->price[i + 1]);
            if (back && n_back++ == 0) first_back = s->time[i];
            if (!back && is_far(a, b) && n_far++ < MOST_TOLD) tell_far(notes, s, i, style);
            continue;
        }
        if (i >= 2 && !is_near(a, s->price[i - 2])) continue; /* on its way back */
        const double split = split_of(a, b);
        if (split == 0) {
            if (is_far(a, b) && n_far++ < MOST_TOLD) tell_far(notes, s, i, style);
            continue;
        }
        if (n++ < MOST_TOLD) tell_split(notes, s, split, s->time[i], opt->adjust_splits, style);
        if (!opt->adjust_splits) continue;
        if (by == NULL) by = norni_arena_zero(arena, s->n, sizeof *by);
        if (by == NULL) return norni_alloc_fail(err, "prices", s->n, sizeof *by);
        by[i] = split;
    }
    const size_t more =
        (n > MOST_TOLD ? n - MOST_TOLD : 0) + (n_far > MOST_TOLD ? n_far - MOST_TOLD : 0);
    if (more > 0)
        norni_buf_format(notes, "%.*s: and %zu more such jumps\n", norni_port_shown(s->symbol),
                         s->symbol.p, more);
    if (n_back > 0)
        norni_buf_format(notes,
                         "%.*s: %zu price%s jump%s to twice or half and straight back (first %s); "
                         "look whether that can be\n",
                         norni_port_shown(s->symbol), s->symbol.p, n_back, n_back == 1 ? "" : "s",
                         n_back == 1 ? "s" : "", norni_port_when_text(&w, first_back, style));
    return by == NULL ? NORN_OK : take_out(arena, s, by, err);
}
