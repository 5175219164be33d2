/* Numbers in words, and what reports pick out of the aggregates: strongest tags, tags asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "signals/signals_report_parts.h"

/* 1234567 as 1,234,567; returns the length. */
static size_t put_grouped(char *out, uint64_t n) {
    char digit[24];
    size_t k = 0, at = 0;
    do {
        digit[k++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    while (k > 0) {
        out[at++] = digit[--k];
        if (k > 0 && k % 3 == 0) out[at++] = ',';
    }
    return at;
}

const char *norni_signals_fixed(double x, int decimals, bool plus, char out[NORNI_SIGNAL_WORD]) {
    double power = 1;
    size_t at = 0;
    if (!isfinite(x) || fabs(x) >= 1e12) {
        (void)norni_format(out, NORNI_SIGNAL_WORD, isfinite(x) ? "%g" : "-", x);
        return out;
    }
    for (int i = 0; i < decimals; i++)
        power *= 10;
    const uint64_t scaled = (uint64_t)(fabs(x) * power + 0.5), whole = (uint64_t)power;
    if (scaled > 0 && (x < 0 || plus)) out[at++] = x < 0 ? '-' : '+';
    at += put_grouped(out + at, scaled / whole);
    if (decimals > 0) {
        uint64_t rest = scaled % whole;
        out[at] = '.';
        for (int i = decimals; i > 0; i--) {
            out[at + (size_t)i] = (char)('0' + rest % 10);
            rest /= 10;
        }
        at += (size_t)decimals + 1;
    }
    out[at] = '\0';
    return out;
}

const char *norni_signals_count(uint64_t n, char out[NORNI_SIGNAL_WORD]) {
    out[put_grouped(out, n)] = '\0';
    return out;
}

const char *norni_signals_share(double share, char out[NORNI_SIGNAL_WORD]) {
    char number[NORNI_SIGNAL_WORD];
    if (!isfinite(share)) return norni_signals_fixed(share, 0, false, out);
    (void)norni_format(out, NORNI_SIGNAL_WORD, "%s %%",
                       norni_signals_fixed(100 * share, 1, false, number));
    return out;
}

const char *norni_signals_range(double lo, double hi, char out[2 * NORNI_SIGNAL_WORD]) {
    char a[NORNI_SIGNAL_WORD], b[NORNI_SIGNAL_WORD];
    if (!isfinite(lo) || !isfinite(hi))
        (void)norni_format(out, 2 * NORNI_SIGNAL_WORD, "-");
    else
        (void)norni_format(out, 2 * NORNI_SIGNAL_WORD, "%s to %s",
                           norni_signals_fixed(lo, 3, true, a),
                           norni_signals_fixed(hi, 3, true, b));
    return out;
}

double norni_signals_level(const norni_signal_stamp *stamp) {
    return stamp->aggregate != NULL ? stamp->aggregate->level : 0.95;
}

double norni_signals_percent(const norni_signal_stamp *stamp) {
    return norni_axis_round(100 * norni_signals_level(stamp), 6);
}

uint64_t norni_signals_refused(const norni_tweets *t) {
    uint64_t n = 0;
    for (size_t r = 0; r < NORNI_N_REFUSALS; r++)
        n += t->refused[r];
    return n;
}

size_t norni_signals_group(const norni_aggregates *a, norni_str tag) {
    size_t k = 0;
    while (k < a->n_groups && norni_str_cmp(a->group[k].tag, tag) != 0)
        k++;
    return k;
}

size_t norni_signals_strongest(const norni_aggregates *a, bool bullish) {
    size_t best = a->n_groups;
    double most = 0;
    for (size_t k = 0; k < a->n_groups; k++) {
        const double size = bullish ? a->group[k].signal.mean : -a->group[k].signal.mean;
        if (a->group[k].few || !(size > most)) continue;
        most = size;
        best = k;
    }
    return best;
}

static bool is_held(const size_t *at, size_t n, size_t k) {
    for (size_t i = 0; i < n; i++)
        if (at[i] == k) return true;
    return false;
}

/* By tweets, ties by rank. */
static size_t largest(const norni_aggregates *a, size_t *at, size_t most) {
    size_t n = 0;
    while (n < most && n < a->n_groups) {
        size_t best = a->n_groups;
        for (size_t k = 0; k < a->n_groups; k++)
            if (!is_held(at, n, k) && (best == a->n_groups || a->group[k].n > a->group[best].n))
                best = k;
        at[n++] = best;
    }
    return n;
}

size_t norni_signals_targets(const norni_aggregates *a, const norni_signal_stamp *stamp, size_t *at,
                             size_t most, size_t *missing) {
    size_t n = 0;
    *missing = 0;
    for (size_t i = 0; i < stamp->n_tags; i++) {
        const size_t k = norni_signals_group(a, stamp->tag[i]);
        *missing += k == a->n_groups;
        if (k < a->n_groups && n < most && !is_held(at, n, k)) at[n++] = k;
    }
    if (stamp->n_tags > 0) return n;
    if (!stamp->all_tags) return largest(a, at, most);
    for (; n < a->n_groups && n < most; n++)
        at[n] = n;
    return n;
}
