/* Filling a grid: axes, then (assets, weights) in order; equal sets, allocations and pairs are found as they come. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/grow.h"
#include "base/pack.h"
#include "portfolio/portfolio_grid_parts.h"

static norn_status no_memory(const norni_port_draft *d, size_t n, size_t size) {
    return norni_alloc_fail(d->err, "portfolio: grid", n, size);
}

norn_status norni_port_draft_axis(norni_port_draft *d, norni_port_axis axis, const double *value,
                                  size_t n) {
    double *v = norni_arena_get(d->g->arena, n, sizeof *v);
    if (v == NULL) return no_memory(d, n, sizeof *v);
    memcpy(v, value, n * sizeof *v);
    d->g->axis[axis] = (norni_port_values){v, n};
    return NORN_OK;
}

static norn_status copy_symbols(norni_port_draft *d, const norni_str *symbol, size_t n) {
    norni_port_grid *g = d->g;
    g->symbol = norni_arena_get(g->arena, n, sizeof *g->symbol);
    if (g->symbol == NULL) return no_memory(d, n, sizeof *g->symbol);
    for (size_t i = 0; i < n; i++) {
        const char *text = norni_arena_text(g->arena, symbol[i].p, symbol[i].n);
        if (text == NULL) return no_memory(d, symbol[i].n, 1);
        g->symbol[i] = (norni_str){text, symbol[i].n};
    }
    g->n_symbols = n;
    return NORN_OK;
}

norn_status norni_port_draft_begin(norni_port_draft *d, norni_arena *arena, const norni_str *symbol,
                                   size_t n, const norni_port_grid_opt *opt, norn_err *err) {
    *d = (norni_port_draft){.err = err};
    norni_map_init(&d->sets, arena->alloc);
    norni_map_init(&d->allocs, arena->alloc);
    norni_map_init(&d->pairs, arena->alloc);
    norni_map_init(&d->missing, arena->alloc);
    norni_buf_init(&d->key, arena->alloc);
    norni_port_grid *g = d->g = norni_arena_zero(arena, 1, sizeof *g);
    if (g == NULL) return no_memory(d, 1, sizeof *g);
    g->arena = arena;
    g->opt = *opt;
    d->set_cap = 32;
    g->set_first = norni_arena_zero(arena, d->set_cap, sizeof *g->set_first);
    if (g->set_first == NULL) return no_memory(d, d->set_cap, sizeof *g->set_first);
    NORN_TRY(copy_symbols(d, symbol, n));
    const double rest[NORNI_PORT_AXES] = {
        [NORNI_PORT_AX_THRESHOLD] = 0.10,
        [NORNI_PORT_AX_METHOD] = NORNI_PORT_THRESHOLD,
        [NORNI_PORT_AX_CLOCK] = NORNI_PORT_CLOCK_DAYS,
        [NORNI_PORT_AX_EVERY] = 30,
        [NORNI_PORT_AX_INTERVAL] = 24,
        [NORNI_PORT_AX_MOMENTUM_LIMIT] = 0.20,
        [NORNI_PORT_AX_FEE] = opt->fee,
        [NORNI_PORT_AX_SLIPPAGE] = opt->slippage,
        [NORNI_PORT_AX_CAPITAL] = opt->capital,
    };
    for (size_t a = 0; a < NORNI_PORT_AXES; a++)
        NORN_TRY(norni_port_draft_axis(d, (norni_port_axis)a, &rest[a], 1));
    return NORN_OK;
}

void norni_port_draft_clear(norni_port_draft *d) {
    norni_map_clear(&d->sets);
    norni_map_clear(&d->allocs);
    norni_map_clear(&d->pairs);
    norni_map_clear(&d->missing);
    norni_buf_clear(&d->key);
}

norn_status norni_port_draft_find(norni_port_draft *d, norni_str symbol, size_t *at) {
    for (*at = 0; *at < d->g->n_symbols; ++*at) {
        if (norni_str_cmp(d->g->symbol[*at], symbol) == 0) return NORN_OK;
    }
    *at = SIZE_MAX;
    if (norni_map_find(&d->missing, symbol) != NORNI_MAP_NONE) return NORN_OK;
    const char *text = norni_arena_text(d->g->arena, symbol.p, symbol.n);
    if (text == NULL || norni_map_add(&d->missing, (norni_str){text, symbol.n}, NULL) < 0)
        return no_memory(d, symbol.n, 1);
    return NORN_OK;
}

void norni_port_draft_named(norni_port_draft *d, size_t n_named, size_t n_there) {
    d->n_named++;
    d->n_smaller += n_there < n_named && n_there >= 2;
    d->n_left_out += n_there < 2;
}

/* Place of the bytes in d->key in `map`; new ones are kept in the arena. */
static norn_status add_key(norni_port_draft *d, norni_map *map, uint32_t *at, bool *added) {
    norni_str key = {d->key.p, d->key.n};
    if (d->key.failed) return no_memory(d, d->key.n, 1);
    int64_t found = norni_map_find(map, key);
    *added = found == NORNI_MAP_NONE;
    if (*added) {
        key.p = norni_arena_text(d->g->arena, d->key.p, d->key.n);
        found = key.p == NULL ? NORNI_MAP_NONE : norni_map_add(map, key, NULL);
        if (found == NORNI_MAP_NONE) return no_memory(d, key.n, 1);
    }
    *at = (uint32_t)found;
    return NORN_OK;
}

static norn_status add_set(norni_port_draft *d, const size_t *asset, size_t n, uint32_t *at) {
    norni_port_grid *g = d->g;
    bool added;
    d->key.n = 0;
    for (size_t i = 0; i < n; i++)
        norni_pack_u32(&d->key, (uint32_t)asset[i]);
    NORN_TRY(add_key(d, &d->sets, at, &added));
    if (!added) return NORN_OK;
    const size_t first = g->set_first[g->n_sets];
    size_t *firsts =
        norni_list_grow(g->arena, g->set_first, g->n_sets + 1, &d->set_cap, 32, sizeof *firsts);
    if (firsts == NULL) return no_memory(d, g->n_sets, sizeof *firsts);
    g->set_first = firsts;
    for (size_t i = 0; i < n; i++) {
        size_t *assets =
            norni_list_grow(g->arena, g->set_asset, first + i, &d->asset_cap, 128, sizeof *assets);
        if (assets == NULL) return no_memory(d, first + i, sizeof *assets);
        g->set_asset = assets;
        assets[first + i] = asset[i];
    }
    firsts[++g->n_sets] = first + n;
    return NORN_OK;
}

static norn_status add_alloc(norni_port_draft *d, const norni_port_alloc *a, uint32_t *at) {
    norni_port_grid *g = d->g;
    bool added;
    const double number[] = {a->lookback_days, a->estimate_days, a->risk_aversion,
                             a->min_weight,    a->max_weight,    a->skip_days,
                             a->leverage,      a->vol_target,    a->max_leverage};
    d->key.n = 0;
    norni_pack_i32(&d->key, (int32_t)a->kind);
    norni_pack_i32(&d->key, (int32_t)a->shrinkage);
    norni_pack_i32(&d->key, a->top_k);
    norni_pack_f64s(&d->key, number, sizeof number / sizeof *number);
    norni_pack_f64s(&d->key, a->weight, a->n_weights);
    NORN_TRY(add_key(d, &d->allocs, at, &added));
    if (!added) return NORN_OK;
    norni_port_alloc *list =
        norni_list_grow(g->arena, g->alloc, g->n_allocs, &d->alloc_cap, 32, sizeof *list);
    if (list == NULL) return no_memory(d, g->n_allocs, sizeof *list);
    g->alloc = list;
    list[g->n_allocs] = *a;
    if (a->n_weights > 0) {
        double *weight = norni_arena_get(g->arena, a->n_weights, sizeof *weight);
        if (weight == NULL) return no_memory(d, a->n_weights, sizeof *weight);
        memcpy(weight, a->weight, a->n_weights * sizeof *weight);
        list[g->n_allocs].weight = weight;
    }
    g->n_allocs++;
    return NORN_OK;
}

norn_status norni_port_draft_pair(norni_port_draft *d, const size_t *asset, size_t n,
                                  const norni_port_alloc *a) {
    norni_port_grid *g = d->g;
    norni_port_grid_pair p = {UINT32_MAX, UINT32_MAX, (uint32_t)g->n_pairs};
    if (g->n_pairs == NORNI_PORT_GRID_PAIRS)
        return norn_fail(d->err, NORN_E_LIMIT,
                         "portfolio: grid: more than %d pairs of assets and weights; give fewer "
                         "sets or allocations",
                         (int)NORNI_PORT_GRID_PAIRS);
    norni_port_grid_pair *list =
        norni_list_grow(g->arena, g->pair, g->n_pairs, &d->pair_cap, 128, sizeof *list);
    if (list == NULL) return no_memory(d, g->n_pairs, sizeof *list);
    g->pair = list;
    norni_port_grid_pair *to = &list[g->n_pairs++];
    *to = p;
    if (n < 2 || a == NULL) return NORN_OK;
    NORN_TRY(add_set(d, asset, n, &p.set));
    NORN_TRY(add_alloc(d, a, &p.alloc));
    *to = p;
    /* the key is the pair itself: where the list has grown, its older copies stay in the arena */
    const norni_str key = {(const char *)to, offsetof(norni_port_grid_pair, same)};
    const int64_t same = norni_map_add(&d->pairs, key, NULL);
    if (same == NORNI_MAP_NONE) return no_memory(d, g->n_pairs, sizeof *list);
    to->same = (uint32_t)same; /* among the distinct ones, until the end */
    return NORN_OK;
}

/* From "which of the distinct pairs" to "the first pair that is the same". */
static norn_status point_back(norni_port_draft *d) {
    norni_port_grid *g = d->g;
    const norni_arena_mark mark = norni_arena_mark_get(g->arena);
    uint32_t *first = norni_arena_get(g->arena, d->pairs.n, sizeof *first);
    size_t n = 0;
    if (first == NULL) return no_memory(d, d->pairs.n, sizeof *first);
    for (size_t i = 0; i < g->n_pairs; i++) {
        norni_port_grid_pair *p = &g->pair[i];
        if (p->set == UINT32_MAX) continue;
        if (p->same == n) first[n++] = (uint32_t)i;
        p->same = first[p->same];
    }
    norni_arena_rewind(g->arena, mark);
    return NORN_OK;
}

/* Whether the input had it, but the panel has not. */
static bool was_left_out(const norni_port_draft *d, norni_str symbol) {
    for (size_t i = 0; i < d->g->opt.n_left_out; i++)
        if (norni_str_cmp(d->g->opt.left_out[i], symbol) == 0) return true;
    return false;
}

/* "A, B are not in the prices", of those that were left out or of those that were never there; how many. */
static size_t name_missing(const norni_port_draft *d, bool left_out, norni_buf *b) {
    size_t n = 0;
    for (size_t i = 0; i < d->missing.n; i++) {
        if (was_left_out(d, d->missing.keys[i]) != left_out) continue;
        norni_buf_format(b, "%s%.*s", n++ == 0 ? "" : ", ", (int)d->missing.keys[i].n,
                         d->missing.keys[i].p);
    }
    if (n > 0)
        norni_buf_format(b, "%s %s", n == 1 ? " is" : " are",
                         left_out ? "left out" : "not in the prices");
    return n;
}

static void note_missing(const norni_port_draft *d, const char *smaller_means, norni_buf *b) {
    const bool both = d->n_smaller > 0 && d->n_left_out > 0;
    const size_t n = name_missing(d, false, b);
    if (n > 0 && n < d->missing.n) norni_buf_text(b, "; ");
    (void)name_missing(d, true, b);
    if (d->n_smaller > 0 || d->n_left_out > 0)
        norni_buf_format(b, ": of %zu sets of assets ", d->n_named);
    if (d->n_smaller > 0)
        norni_buf_format(b, "%zu %s fewer assets (%s)", d->n_smaller,
                         d->n_smaller == 1 ? "holds" : "hold", smaller_means);
    if (d->n_left_out > 0)
        norni_buf_format(b, "%s%zu %s left out, with fewer than two", both ? ", " : "",
                         d->n_left_out, d->n_left_out == 1 ? "is" : "are");
    norni_buf_text(b, "\n");
}

/* Whether some configuration may owe money and pay nothing for it. */
static bool borrows_free(const norni_port_grid *g) {
    const norni_port_values rate = g->axis[NORNI_PORT_AX_BORROW_RATE];
    bool free = false, borrows = false;
    for (size_t i = 0; i < rate.n; i++)
        free = free || !(rate.v[i] < 0 || rate.v[i] > 0);
    for (size_t k = 0; k < g->n_allocs; k++) {
        const norni_port_alloc *a = &g->alloc[k];
        double sum = a->kind == NORNI_PORT_FIXED ? 0 : 1;
        for (size_t i = 0; a->kind == NORNI_PORT_FIXED && i < a->n_weights; i++)
            sum += a->weight[i];
        borrows = borrows || (a->vol_target > 0 ? a->max_leverage : sum * a->leverage) > 1 + 1e-9;
    }
    return free && borrows;
}

static norn_status write_notes(norni_port_draft *d, const char *smaller_means) {
    norni_buf b;
    norni_buf_init(&b, d->g->arena->alloc);
    if (d->missing.n > 0) note_missing(d, smaller_means, &b);
    if (d->n_unkept > 0)
        norni_buf_format(&b,
                         "%zu pairs of assets and allocation are left out: min_weight or "
                         "max_weight cannot be kept with so many assets, or the weights of "
                         "those that are there are 0\n",
                         d->n_unkept);
    if (borrows_free(d->g))
        norni_buf_text(&b, "borrowed money costs nothing here: set borrow_rate\n");
    const char *text = b.failed ? NULL : norni_arena_text(d->g->arena, b.p ? b.p : "", b.n);
    d->g->notes = (norni_str){text, b.n};
    norni_buf_clear(&b);
    return text == NULL ? no_memory(d, d->missing.n, 1) : NORN_OK;
}

norn_status norni_port_draft_end(norni_port_draft *d, const char *smaller_means,
                                 norni_port_grid **out) {
    norni_port_grid *g = d->g;
    uint64_t all = g->n_pairs;
    g->n_rules = 1;
    for (size_t a = 0; a < NORNI_PORT_AXES; a++) {
        g->n_rules *= g->axis[a].n;
        all = all > NORNI_PORT_GRID_MOST / g->axis[a].n ? NORNI_PORT_GRID_MOST + 1
                                                        : all * g->axis[a].n;
        if (all > NORNI_PORT_GRID_MOST)
            return norn_fail(d->err, NORN_E_LIMIT,
                             "portfolio: grid: more than 1e15 configurations; give fewer values");
    }
    NORN_TRY(point_back(d));
    NORN_TRY(write_notes(d, smaller_means));
    *out = g;
    return NORN_OK;
}
