/* The panel: many series in one block, as every operation receives them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/panel.h"

void norni_panel_clear(norni_panel *p) {
    if (p->arena.alloc != NULL) norni_arena_clear(&p->arena);
    memset(p, 0, sizeof *p);
}

void norni_panel_reset(norni_panel *p) {
    norni_arena arena = p->arena;
    norni_arena_reset(&arena);
    memset(p, 0, sizeof *p);
    p->arena = arena;
}

int64_t norni_panel_time(const norni_panel *p, size_t i, size_t t) {
    if (p->times) return p->times[p->offsets[i] + t];
    return norni_freq_at(p->freq[i], p->start[i], (int64_t)t);
}

/* Behind the last time of an irregular series; its style alone says which times are served. */
static int64_t irregular_future(const norni_panel *p, const int64_t *times, size_t n, size_t h) {
    const bool index = p->style.kind == NORNI_TIME_INDEX;
    int64_t t;
    if (__builtin_mul_overflow(norni_times_step(times, n), (int64_t)h + 1, &t) ||
        __builtin_add_overflow(times[n - 1], t, &t) ||
        t > (index ? NORNI_INDEX_MAX : NORNI_TIME_MAX))
        return NORNI_TIME_NONE;
    return t;
}

int64_t norni_panel_future(const norni_panel *p, size_t i, size_t h) {
    const size_t n = norni_panel_n(p, i);
    if (p->times == NULL) return norni_freq_at(p->freq[i], p->start[i], (int64_t)(n + h));
    const int64_t *times = p->times + p->offsets[i];
    if (p->freq[i].unit == NORNI_UNIT_IRREGULAR) return irregular_future(p, times, n, h);
    return norni_freq_at(p->freq[i], times[n - 1], (int64_t)h + 1);
}
