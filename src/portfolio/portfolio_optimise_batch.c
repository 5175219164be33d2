/* A batch of a search: configurations looked at, ordered so that like ones stand together, cut into items, simulated. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of batches and items come from the grid and the number of splits alone. */
#include "base/sort.h"
#include "portfolio/portfolio_optimise_parts.h"

/* What the simulator's lanes share when they are alike: the clock first, then what costs time. */
static uint32_t likeness(const norni_port_rule *r) {
    uint32_t bits = (uint32_t)r->clock;
    const bool feature[] = {r->momentum_days > 0,
                            r->edge,
                            r->delay > 0,
                            r->turnover_cap > 0,
                            r->min_trade > 0,
                            r->fixed_fee > 0,
                            !(r->cash_rate == 0 && r->borrow_rate == 0),
                            r->relative};
    for (size_t k = 0; k < sizeof feature / sizeof feature[0]; k++)
        bits = bits << 1 | feature[k];
    return bits << 3 | (uint32_t)r->method;
}

static norn_status look(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    norni_port_search *s = arg;
    norni_port_config config;
    const size_t from = item * NORNI_PORT_LOOK;
    const size_t end = from + NORNI_PORT_LOOK < s->n ? from + NORNI_PORT_LOOK : s->n;
    (void)worker, (void)err;
    for (size_t k = from; k < end; k++) {
        const uint64_t index = s->first + k;
        norni_port_entry *e = &s->entry[k];
        *e = (norni_port_entry){
            .index = index, .same = norni_port_grid_same(s->grid, index), .trial = UINT64_MAX};
        if (e->same != index) continue;
        norni_port_grid_at(s->grid, index, &config);
        e->set = (uint32_t)config.set;
        e->allocation = (uint32_t)config.allocation;
        e->likeness = likeness(&config.rule);
    }
    return NORN_OK;
}

/* Trials are spread evenly over the distinct ones: the k-th of N is one of M where floor(k M / N) steps. */
static void choose_trial(norni_port_search *s, norni_port_entry *e) {
    const uint64_t n = s->out->counts.n_distinct, k = s->n_distinct_seen++;
    if (s->n_trials == 0 || k >= n) return;
    const uint64_t here = (uint64_t)((__uint128_t)k * s->n_trials / n);
    const uint64_t before =
        k == 0 ? UINT64_MAX : (uint64_t)((__uint128_t)(k - 1) * s->n_trials / n);
    if (here != before) e->trial = here;
}

static int by_pair(const void *arg, size_t a, size_t b) {
    const norni_port_entry *e = arg, *x = &e[a], *y = &e[b];
    if (x->set != y->set) return x->set < y->set ? -1 : 1;
    return (x->allocation > y->allocation) - (x->allocation < y->allocation);
}

static int by_likeness(const void *arg, size_t a, size_t b) {
    const norni_port_entry *e = arg, *x = &e[a], *y = &e[b];
    if (x->set != y->set) return x->set < y->set ? -1 : 1;
    if (x->likeness != y->likeness) return x->likeness < y->likeness ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

static void cut(norni_port_search *s) {
    s->n_chunks = 0;
    for (size_t from = 0; from < s->n_order;) {
        const uint32_t set = s->entry[s->order[from]].set;
        size_t n = 1;
        while (n < NORNI_PORT_CHUNK && from + n < s->n_order &&
               s->entry[s->order[from + n]].set == set)
            n++;
        s->chunk[s->n_chunks++] = (norni_port_chunk){from, n};
        from += n;
    }
}

norn_status norni_port_batch_run(norni_port_search *s, uint64_t first, size_t n, norn_err *err) {
    const norni_for_opt how = {.poll = norni_ctx_poll(s->ctx)};
    s->first = first;
    s->n = n;
    for (size_t k = 0; k < n; k++)
        s->outcome[k].why = NULL;
    s->n_order = 0;
    NORN_TRY(
        norni_for(s->ctx, NULL, (n + NORNI_PORT_LOOK - 1) / NORNI_PORT_LOOK, look, s, &how, err));
    for (size_t k = 0; k < n; k++) {
        if (s->entry[k].same != s->entry[k].index) continue;
        choose_trial(s, &s->entry[k]);
        s->order[s->n_order++] = k;
    }
    norni_sort_index(s->order, s->n_order, by_pair, s->entry, s->scratch);
    NORN_TRY(norni_port_pairs_make(s, err));
    norni_sort_index(s->order, s->n_order, by_likeness, s->entry, s->scratch);
    cut(s);
    return norni_for(s->ctx, NULL, s->n_chunks, norni_port_chunk_run, s, &how, err);
}
