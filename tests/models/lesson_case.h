/* A lesson for tests of learners: targets' columns, no features but those that a test puts in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LESSON_CASE_H
#define LESSON_CASE_H

#include "models/learner.h"
#include "shared_arena.h"

typedef struct lesson_case {
    norni_lesson lesson;
    norni_features *features;
} lesson_case;

/* Borrows `columns` (n_targets); the features begin at row `first`. */
static inline lesson_case lesson_of(const double *const *columns, size_t n_targets, size_t n,
                                    size_t first) {
    static const norni_str names[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
    norni_features *x = norni_arena_zero(&arena, 1, sizeof *x);
    int64_t *times = norni_arena_get(&arena, n + 64, sizeof *times);
    assert_true(x && times && n_targets <= 4);
    for (size_t t = 0; t < n + 64; t++)
        times[t] = (int64_t)t;
    x->n_rows = n, x->first = first, x->horizon = 10;
    return (lesson_case){.lesson = {.n = n,
                                    .n_targets = n_targets,
                                    .horizon = 10,
                                    .lookback = 7,
                                    .target_name = names,
                                    .y = columns,
                                    .x = x,
                                    .freq = {NORNI_UNIT_INDEX, 1, 0},
                                    .times = times,
                                    .key = 1},
                         .features = x};
}

#endif
