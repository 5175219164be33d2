/* The windows of a search: trains as one run with marks or one by one, tests cut into the blocks that overfitting is judged by. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_optimise_parts.h"

/* Expanding trains are prefixes of one another: one run, a mark for each. Rolling ones run by themselves. */
static norn_status make_trains(const norni_port_split *split, norni_arena *arena,
                               norni_port_windows *w, norn_err *err) {
    const size_t n_marks = w->n_splits;
    size_t *mark = norni_arena_get(arena, n_marks, sizeof *mark);
    if (mark == NULL) return norni_alloc_fail(err, "windows", n_marks, sizeof *mark);
    for (size_t i = 0; i < n_marks; i++)
        mark[i] = split[i].train_end;
    for (size_t k = 0; k < w->n_trains; k++)
        w->window[k] = (norni_port_window){
            .first = split[k].train_first, .mark = &mark[k], .n_marks = n_marks / w->n_trains};
    return NORN_OK;
}

/* Returns of the stitched tests; a test of n bars has n - 1. */
static size_t stitched(const norni_port_split *split, size_t n_splits) {
    size_t n = 0;
    for (size_t i = 0; i < n_splits; i++)
        n += split[i].test_end - split[i].test_first - 1;
    return n;
}

/* An even count of blocks, 16 where each then has two returns or more. Every return of the tests is in one of them: their sizes differ by
 * one at most. From the last bar of a test to the first of the next nobody is invested: that return is in no window. */
static size_t blocks_of(size_t n_returns) {
    size_t n = NORNI_PORT_BLOCKS;
    while (n > 0 && n_returns / n < 2)
        n -= 2;
    return n;
}

/* Where the blocks end inside one test that begins at stitched return `at`; every piece and whose it is. */
static void cut_test(norni_port_windows *w, const norni_port_split *s, size_t at, size_t n_returns,
                     size_t *end, size_t *n_ends) {
    const size_t n = s->test_end - s->test_first - 1;
    for (size_t b = 0; b < w->n_blocks; b++) {
        const size_t from = n_returns * b / w->n_blocks, to = n_returns * (b + 1) / w->n_blocks;
        const size_t lo = from > at ? from : at, hi = to < at + n ? to : at + n;
        if (hi <= lo) continue;
        end[(*n_ends)++] = s->test_first + 1 + (hi - at);
        w->part_of[w->n_parts++] = b;
    }
}

static norn_status make_tests(const norni_port_split *split, norni_arena *arena,
                              norni_port_windows *w, norn_err *err) {
    const size_t n_returns = stitched(split, w->n_splits);
    w->n_blocks = blocks_of(n_returns);
    const size_t most = w->n_splits + NORNI_PORT_BLOCKS;
    size_t *mark = norni_arena_get(arena, w->n_splits, sizeof *mark);
    size_t *end = norni_arena_get(arena, most, sizeof *end);
    w->part_of = norni_arena_get(arena, most, sizeof *w->part_of);
    w->part = norni_arena_get(arena, w->n_splits + 1, sizeof *w->part);
    if (mark == NULL || end == NULL || w->part_of == NULL || w->part == NULL)
        return norni_alloc_fail(err, "windows", most, sizeof *end);
    for (size_t i = 0, at = 0; i < w->n_splits; i++) {
        size_t n_ends = 0, *mine = end + w->n_parts;
        w->part[i] = w->n_parts;
        mark[i] = split[i].test_end;
        if (w->n_blocks > 0) cut_test(w, &split[i], at, n_returns, mine, &n_ends);
        w->window[w->n_trains + i] = (norni_port_window){.first = split[i].test_first,
                                                         .mark = &mark[i],
                                                         .n_marks = 1,
                                                         .block = mine,
                                                         .n_blocks = n_ends};
        at += split[i].test_end - split[i].test_first - 1;
    }
    w->part[w->n_splits] = w->n_parts;
    return NORN_OK;
}

norn_status norni_port_windows_make(const norni_port_split *split, size_t n_splits, bool rolling,
                                    norni_arena *arena, norni_port_windows *out, norn_err *err) {
    *out = (norni_port_windows){.n_splits = n_splits, .n_trains = rolling ? n_splits : 1};
    out->n = out->n_trains + n_splits;
    out->window = norni_arena_zero(arena, out->n, sizeof *out->window);
    if (out->window == NULL) return norni_alloc_fail(err, "windows", out->n, sizeof *out->window);
    NORN_TRY(make_trains(split, arena, out, err));
    return make_tests(split, arena, out, err);
}
