/* What explains the forecasts of a multi-target run, as files for machines, as figures and as a page. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_reason_parts.h"

#include "base/sort.h"

/* Which group each reason belongs to: by target and model, in the order in which they come first. */
static norn_status number_groups(norni_arena *arena, const norni_multi_reason *r, size_t n,
                                 size_t *group, size_t *n_groups, norn_err *err) {
    norni_map map;
    norn_status st = NORN_OK;
    norni_map_init(&map, arena->alloc);
    for (size_t i = 0; i < n && st == NORN_OK; i++) {
        const size_t len = r[i].target.n + r[i].model.n + 1;
        char *key = norni_arena_get(arena, len + 1, 1);
        int64_t at = NORNI_MAP_NONE;
        if (key != NULL) {
            memcpy(key, r[i].target.p, r[i].target.n);
            key[r[i].target.n] = '\0'; /* no name holds a NUL */
            memcpy(key + r[i].target.n + 1, r[i].model.p, r[i].model.n);
            at = norni_map_add(&map, (norni_str){key, len}, NULL);
        }
        if (at == NORNI_MAP_NONE) st = norni_alloc_fail(err, "explanations", len, 1);
        group[i] = (size_t)at;
    }
    *n_groups = map.n;
    norni_map_clear(&map);
    return st;
}

typedef struct order_arg {
    const norni_multi_reason *r;
    const size_t *group;
} order_arg;

static int by_group_and_step(const void *arg, size_t a, size_t b) {
    const order_arg *o = arg;
    if (o->group[a] != o->group[b]) return o->group[a] < o->group[b] ? -1 : 1;
    return (o->r[a].step > o->r[b].step) - (o->r[a].step < o->r[b].step);
}

static norn_status make_groups(norni_arena *arena, norni_reasons *all, norn_err *err) {
    const size_t n = all->n;
    size_t *group = norni_arena_get(arena, n, sizeof *group),
           *order = norni_arena_get(arena, 2 * n, sizeof *order);
    if (!group || !order) return norni_alloc_fail(err, "explanations", 2 * n, sizeof *order);
    NORN_TRY(number_groups(arena, all->r, n, group, &all->n_groups, err));
    norni_reason_group *g = norni_arena_zero(arena, all->n_groups, sizeof *g);
    if (g == NULL) return norni_alloc_fail(err, "explanations", all->n_groups, sizeof *g);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    const order_arg arg = {all->r, group};
    norni_sort_index(order, n, by_group_and_step, &arg, order + n);
    for (size_t i = 0; i < n; i++) {
        norni_reason_group *to = &g[group[order[i]]];
        if (to->n++ > 0) continue;
        to->target = all->r[order[i]].target;
        to->model = all->r[order[i]].model;
        to->at = order + i;
    }
    all->group = g;
    return NORN_OK;
}

norn_status norni_multi_reasons_write(norn_ctx *ctx, const norni_multi_reason *r, size_t n,
                                      const char *folder, norn_err *err) {
    norni_multi_files files;
    norni_reasons all = {.r = r, .n = n};
    norn_status st = norni_multi_files_open(&files, ctx, folder, err);
    if (st == NORN_OK) st = make_groups(&files.arena, &all, err);
    if (st == NORN_OK) st = norni_reason_files_write(&files, &all, err);
    if (st == NORN_OK) st = norni_reason_figures_write(&files, &all, err);
    if (st == NORN_OK) st = norni_reason_page_write(&files, &all, err);
    norni_multi_files_clear(&files);
    return st;
}
