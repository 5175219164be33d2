/* Packed prices and target weights of a batch: once for each set, and for each set, allocation and window. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Targets depend on the allocation, the window and the prices before it, never on thresholds or costs: all rules share
 * them. The rules of a set and allocation stand together in a grid, so what a batch shares with the one before it is taken over,
 * and the rest will not come again. */
#include "portfolio/portfolio_optimise_parts.h"

/* ---- prices ---- */

norn_status norni_port_set_market(const norni_port_search *s, const norni_port_config *config,
                                  norni_arena *arena, norni_port_market *out, norn_err *err) {
    if (s->market != NULL && s->market[config->set].n_bars > 0) {
        *out = s->market[config->set];
        return NORN_OK;
    }
    return norni_port_market_of(s->prices, config->asset, config->n_assets, arena, out, err);
}

typedef struct pack_job {
    norni_port_search *s;
    const uint64_t *index; /* a configuration of each set that is to be packed */
} pack_job;

static norn_status pack_set(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const pack_job *job = arg;
    norni_port_search *s = job->s;
    norni_port_config config;
    (void)worker;
    norni_port_grid_at(s->grid, job->index[item], &config);
    return norni_port_market_of(s->prices, config.asset, config.n_assets,
                                &s->market_arena[config.set], &s->market[config.set], err);
}

/* The order is by set here. */
static norn_status pack_markets(norni_port_search *s, norni_arena *arena, norn_err *err) {
    if (s->market == NULL || s->n_order == 0) return NORN_OK;
    uint64_t *index = norni_arena_get(arena, s->n_order, sizeof *index);
    if (index == NULL) return norni_alloc_fail(err, "prices", s->n_order, sizeof *index);
    size_t n = 0;
    for (size_t k = 0; k < s->n_order; k++) {
        const norni_port_entry *e = &s->entry[s->order[k]];
        const bool first = k == 0 || s->entry[s->order[k - 1]].set != e->set;
        if (first && s->market[e->set].n_bars == 0) index[n++] = e->index;
    }
    pack_job job = {s, index};
    const norni_for_opt how = {.poll = norni_ctx_poll(s->ctx)};
    return norni_for(s->ctx, NULL, n, pack_set, &job, &how, err);
}

/* ---- targets ---- */

/* One block of all windows' targets, laid out as the arena's were. */
static norn_status keep_targets(norni_port_search *s, norni_port_pair *p,
                                const norni_port_targets *made, size_t n_assets, norn_err *err) {
    const size_t n = s->windows.n;
    size_t numbers = 0;
    for (size_t w = 0; w < n; w++)
        numbers += made[w].n * (n_assets + 1);
    const size_t bytes = n * sizeof *made + numbers * sizeof(double);
    norni_port_targets *t = norni_alloc_get(&s->ctx->alloc, bytes, 1);
    if (t == NULL) return norni_alloc_fail(err, "target weights", bytes, 1);
    double *weight = (double *)(t + n);
    for (size_t w = 0; w < n; w++) {
        memcpy(weight, made[w].weight, made[w].n * n_assets * sizeof *weight);
        t[w] = (norni_port_targets){.n = made[w].n, .weight = weight};
        weight += made[w].n * n_assets;
    }
    size_t *bar = (size_t *)weight;
    for (size_t w = 0; w < n; w++) {
        memcpy(bar, made[w].bar, made[w].n * sizeof *bar);
        t[w].bar = bar;
        bar += made[w].n;
    }
    p->targets = t;
    p->bytes = bytes;
    return NORN_OK;
}
_Static_assert(sizeof(size_t) == sizeof(double), "bars and weights share a block");

static norn_status estimate(norni_port_search *s, norni_port_pair *p, norni_arena *arena,
                            norn_err *err) {
    norni_port_config config;
    norni_port_market m;
    const norni_poll poll = norni_ctx_poll(s->ctx);
    norni_port_targets *made = norni_arena_get(arena, s->windows.n, sizeof *made);
    if (made == NULL) return norni_alloc_fail(err, "target weights", s->windows.n, sizeof *made);
    norni_port_grid_at(s->grid, p->index, &config);
    NORN_TRY(norni_port_set_market(s, &config, arena, &m, err));
    for (size_t w = 0; w < s->windows.n; w++) {
        const norni_port_window *win = &s->windows.window[w];
        size_t n_fallback = 0;
        NORN_TRY(norni_port_alloc_targets_polled(&config.alloc, &m, win->first,
                                                 win->mark[win->n_marks - 1], arena, &poll,
                                                 &made[w], &n_fallback, err));
        p->n_fallback += n_fallback;
    }
    return keep_targets(s, p, made, config.n_assets, err);
}

/* What ends the run; all else is one configuration's own. */
static bool ends_all(norn_status st) {
    return st == NORN_E_MEM || st == NORN_E_CANCEL || st == NORN_E_IO || st == NORN_E_INTERNAL;
}

typedef struct target_job {
    norni_port_search *s;
    const size_t *missing; /* pairs without targets */
} target_job;

static norn_status make_targets(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const target_job *job = arg;
    norni_port_pair *p = &job->s->pair[job->missing[item]];
    norn_err why = {.code = NORN_OK};
    const norn_status st = estimate(job->s, p, &worker->arena, &why);
    if (ends_all(st)) return norn_fail(err, st, "%s", why.text);
    if (st != NORN_OK) p->why = why;
    return NORN_OK;
}

static void drop_pair(norni_port_search *s, norni_port_pair *p) {
    if (p->targets != NULL) norni_alloc_drop(&s->ctx->alloc, p->targets, p->bytes, 1);
    p->targets = NULL;
}

void norni_port_pairs_clear(norni_port_search *s) {
    for (size_t k = 0; k < s->n_pairs; k++)
        drop_pair(s, &s->pair[k]);
    norni_alloc_drop(&s->ctx->alloc, s->pair, s->n_pairs, sizeof *s->pair);
    s->pair = NULL;
    s->n_pairs = 0;
}

static int pair_cmp(const norni_port_pair *p, uint32_t set, uint32_t allocation) {
    if (p->set != set) return p->set < set ? -1 : 1;
    return (p->allocation > allocation) - (p->allocation < allocation);
}

static bool is_other(const norni_port_entry *a, const norni_port_entry *b) {
    return a->set != b->set || a->allocation != b->allocation;
}

/* The pairs of the batch (its order is by set and allocation), with the targets of those that the batch before had. */
static norn_status merge_pairs(norni_port_search *s, norn_err *err) {
    size_t n_new = 0, n = 0, old = 0;
    for (size_t k = 0; k < s->n_order; k++)
        n_new += k == 0 || is_other(&s->entry[s->order[k - 1]], &s->entry[s->order[k]]);
    norni_port_pair *all = norni_alloc_zero(&s->ctx->alloc, n_new, sizeof *all);
    if (all == NULL) return norni_alloc_fail(err, "target weights", n_new, sizeof *all);
    for (size_t k = 0; k < s->n_order; k++) {
        norni_port_entry *e = &s->entry[s->order[k]];
        if (k == 0 || is_other(&s->entry[s->order[k - 1]], e)) {
            for (; old < s->n_pairs && pair_cmp(&s->pair[old], e->set, e->allocation) < 0; old++)
                drop_pair(s, &s->pair[old]);
            if (old < s->n_pairs && pair_cmp(&s->pair[old], e->set, e->allocation) == 0)
                all[n++] = s->pair[old++];
            else
                all[n++] = (norni_port_pair){
                    .index = e->index, .set = e->set, .allocation = e->allocation};
        }
        e->pair = (uint32_t)(n - 1);
    }
    for (; old < s->n_pairs; old++)
        drop_pair(s, &s->pair[old]);
    norni_alloc_drop(&s->ctx->alloc, s->pair, s->n_pairs, sizeof *s->pair);
    s->pair = all;
    s->n_pairs = n;
    return NORN_OK;
}

norn_status norni_port_pairs_make(norni_port_search *s, norn_err *err) {
    norni_arena arena;
    norni_arena_init(&arena, &s->ctx->alloc);
    const norni_for_opt how = {.poll = norni_ctx_poll(s->ctx)};
    size_t n = 0, *missing = NULL;
    norn_status st = merge_pairs(s, err);
    if (st == NORN_OK) st = pack_markets(s, &arena, err);
    if (st == NORN_OK && (missing = norni_arena_get(&arena, s->n_pairs, sizeof *missing)) == NULL)
        st = norni_alloc_fail(err, "target weights", s->n_pairs, sizeof *missing);
    for (size_t k = 0; st == NORN_OK && k < s->n_pairs; k++)
        if (s->pair[k].targets == NULL && s->pair[k].why.code == NORN_OK) missing[n++] = k;
    target_job job = {s, missing};
    if (st == NORN_OK) st = norni_for(s->ctx, NULL, n, make_targets, &job, &how, err);
    for (size_t k = 0; st == NORN_OK && k < n; k++)
        s->out->n_estimate_fallbacks += s->pair[missing[k]].n_fallback;
    norni_arena_clear(&arena);
    return st;
}
