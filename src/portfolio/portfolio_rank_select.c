/* Order statistics of many groups of values that lie aside: radix selection in bounded memory. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Doubles are mapped to whole numbers of the same order; eight passes of eight bits count, for each group, the values that
 * agree with what is known so far; a ninth finds the next larger value. Exact, whatever the count. */
#include <math.h>

#include "portfolio/portfolio_optimise_parts.h"

enum { DIGITS = 256, READ_MOST = 8192 };

typedef struct select_work {
    const norni_port_select *q;
    uint64_t *prefix, *rank, *above; /* (n_groups) */
    uint64_t *count;                 /* (n_groups, DIGITS) */
    uint64_t *same; /* (n_groups) values equal to the one found, minus those behind the rank */
    norni_port_value *read; /* (READ_MOST) */
} select_work;

static uint64_t key_of(double x) {
    uint64_t u;
    x = x == 0 ? 0 : x; /* no negative zero */
    memcpy(&u, &x, sizeof u);
    return u >> 63 ? ~u : u | (uint64_t)1 << 63;
}

static double value_of(uint64_t key) {
    const uint64_t u = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Calls for every value of a group: see_digit where shift < 64, else see_above. */
static norn_status sweep(select_work *w, unsigned shift, norn_err *err) {
    const norni_port_select *q = w->q;
    for (uint64_t at = 0; at < q->n; at += READ_MOST) {
        const size_t n = q->n - at < READ_MOST ? (size_t)(q->n - at) : READ_MOST;
        NORN_TRY(
            norni_spool_read(q->values, at * sizeof *w->read, w->read, n * sizeof *w->read, err));
        for (size_t i = 0; i < n; i++) {
            if (w->read[i].kind != NORNI_PORT_USED || isnan(w->read[i].value)) continue;
            const size_t all = q->group != NULL ? q->group[at + i]
                               : q->axis == SIZE_MAX
                                   ? 0
                                   : norni_port_grid_axis_of(q->grid, q->axis, at + i);
            if (all < q->from || all - q->from >= q->n_groups) continue;
            const size_t g = all - q->from;
            const uint64_t key = key_of(w->read[i].value);
            if (shift == 64) {
                if (key > w->prefix[g] && key < w->above[g]) w->above[g] = key;
            } else if (shift == 56 || key >> (shift + 8) == w->prefix[g] >> (shift + 8)) {
                w->count[g * DIGITS + (key >> shift & (DIGITS - 1))]++;
            }
        }
    }
    return NORN_OK;
}

static void step(select_work *w, unsigned shift) {
    for (size_t g = 0; g < w->q->n_groups; g++) {
        const uint64_t *count = w->count + g * DIGITS;
        if (w->q->rank[g] == UINT64_MAX) continue;
        size_t d = 0;
        while (d < DIGITS - 1 && w->rank[g] >= count[d])
            w->rank[g] -= count[d++];
        w->prefix[g] |= (uint64_t)d << shift;
        w->same[g] = count[d];
    }
}

norn_status norni_port_select_run(const norni_port_select *q, norni_arena *arena, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const size_t n = q->n_groups;
    select_work w = {.q = q};
    norn_status st = NORN_OK;
    w.prefix = norni_arena_zero(arena, n, sizeof *w.prefix);
    w.rank = norni_arena_get(arena, n, sizeof *w.rank);
    w.above = norni_arena_get(arena, n, sizeof *w.above);
    w.same = norni_arena_zero(arena, n, sizeof *w.same);
    w.count = norni_arena_get(arena, n * DIGITS, sizeof *w.count);
    w.read = norni_arena_get(arena, READ_MOST, sizeof *w.read);
    if (w.prefix == NULL || w.rank == NULL || w.above == NULL || w.same == NULL ||
        w.count == NULL || w.read == NULL)
        st = norni_alloc_fail(err, "medians", n * DIGITS, sizeof *w.count);
    for (size_t g = 0; st == NORN_OK && g < n; g++) {
        w.rank[g] = q->rank[g];
        w.above[g] = UINT64_MAX;
    }
    for (unsigned shift = 56; st == NORN_OK; shift -= 8) {
        memset(w.count, 0, n * DIGITS * sizeof *w.count);
        st = sweep(&w, shift, err);
        if (st == NORN_OK) step(&w, shift);
        if (shift == 0) break;
    }
    if (st == NORN_OK) st = sweep(&w, 64, err);
    for (size_t g = 0; st == NORN_OK && g < n; g++) {
        const bool none = q->rank[g] == UINT64_MAX;
        const bool again = none || w.rank[g] + 1 < w.same[g] || w.above[g] == UINT64_MAX;
        q->at[g] = none ? NORNI_NAN : value_of(w.prefix[g]);
        q->next[g] = again ? q->at[g] : value_of(w.above[g]);
    }
    norni_arena_rewind(arena, mark);
    return st;
}
