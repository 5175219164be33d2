/* A sample of tweets for charts: each label keeps its share, and a hash of the id says who is in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"
#include "base/sort.h"
#include "signals/signals_report_parts.h"

/* Exact as a double; of a tweet without an id its row decides. */
static double key_of(const norni_signals *s, size_t i) {
    const norni_str id = s->tweets->tweet[i].id;
    const norni_rng rng = {.seed = 0x7369676e616c73, .item = i};
    return (double)((id.n > 0 ? norni_hash64(id.p, id.n) : norni_rng_u64(rng, 0)) >> 11);
}

/* How many of each label: its share of `most` rounded down, at least one where there is one, and what is left to the
 * largest remainders, ties to the first label. */
static void share_out(const size_t *count, size_t n, size_t most, size_t *take) {
    double rest[NORNI_N_SIGNALS];
    size_t taken = 0;
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++) {
        const double share = (double)most * ((double)count[l] / (double)n);
        take[l] = (size_t)share;
        rest[l] = share - (double)take[l];
        if (take[l] == 0 && count[l] > 0) {
            take[l] = 1;
            rest[l] = -1;
        }
        if (take[l] > count[l]) take[l] = count[l];
        taken += take[l];
    }
    while (taken < most) {
        size_t best = NORNI_N_SIGNALS;
        for (size_t l = 0; l < NORNI_N_SIGNALS; l++)
            if (take[l] < count[l] && (best == NORNI_N_SIGNALS || rest[l] > rest[best])) best = l;
        if (best == NORNI_N_SIGNALS) return;
        take[best]++;
        rest[best] -= 1;
        taken++;
    }
}

/* Marks the `take` tweets of label l with the least keys. */
static void mark_label(const norni_signals *s, norni_signal_label l, size_t count, size_t take,
                       double *key, bool *in) {
    size_t held = 0, ties = take;
    for (size_t i = 0; i < s->tweets->n && take < count; i++)
        if (s->signal[i].label == l) key[held++] = key_of(s, i);
    norni_sort_doubles(key, held);
    const double limit = take < count && take > 0 ? key[take - 1] : -1;
    for (size_t k = 0; k < held && key[k] < limit; k++)
        ties--;
    for (size_t i = 0; i < s->tweets->n; i++) {
        if (s->signal[i].label != l) continue;
        const double mine = take < count ? key_of(s, i) : -2;
        if (mine == limit && ties > 0)
            ties--;
        else if (mine >= limit)
            continue;
        in[i] = true;
    }
}

norn_status norni_signals_chart_rows(const norni_signals *s, size_t most, norni_arena *arena,
                                     size_t **row, size_t *n, norn_err *err) {
    const size_t n_all = s->tweets->n;
    size_t count[NORNI_N_SIGNALS] = {0}, take[NORNI_N_SIGNALS] = {0};
    *row = norni_arena_get(arena, n_all < most ? n_all : most + NORNI_N_SIGNALS, sizeof **row);
    *n = 0;
    if (*row == NULL) return norni_alloc_fail(err, "sample of tweets", n_all, sizeof **row);
    if (n_all <= most) {
        for (; *n < n_all; ++*n)
            (*row)[*n] = *n;
        return NORN_OK;
    }
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    bool *in = norni_arena_zero(arena, n_all, sizeof *in);
    double *key = norni_arena_get(arena, n_all, sizeof *key);
    if (in == NULL || key == NULL)
        return norni_alloc_fail(err, "sample of tweets", n_all, sizeof *key);
    for (size_t i = 0; i < n_all; i++)
        count[s->signal[i].label]++;
    share_out(count, n_all, most, take);
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++)
        if (take[l] > 0) mark_label(s, (norni_signal_label)l, count[l], take[l], key, in);
    for (size_t i = 0; i < n_all; i++)
        if (in[i]) (*row)[(*n)++] = i;
    norni_arena_rewind(arena, mark);
    return NORN_OK;
}
