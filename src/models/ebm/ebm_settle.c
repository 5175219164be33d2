/* Residuals of one bag's training rows, the updates they have yet to see, and their histograms. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of one term wait as pieces of its slots; the pass that scatters the next column adds them. */
#include <string.h>

#include "models/ebm/ebm_plan.h"

enum {
    BLOCK = 1024,   /* rows that are moved, then scattered, while they are near */
    CHUNK = 1 << 18 /* rows between two polls */
};

void ebm_look_up(ebm_plan *p) {
    if (p->trouble == NORN_OK && norni_poll_stop(&p->env->poll)) p->trouble = NORN_E_CANCEL;
}

/* Many pieces are looked up, slot by slot. */
static void spread_pieces(ebm_plan *p) {
    const ebm_pieces *d = &p->pieces;
    if (!p->due || p->due_table || d->n <= EBM_PIECES) return;
    for (size_t k = 0, s = 0; k < d->n; k++)
        for (; s <= d->end[k]; s++)
            p->due_by[s] = d->value[k];
    p->due_table = true;
}

/* A single update: the kernels' quick way. */
ebm_shift ebm_shift_of(const ebm_pieces *d) {
    const size_t last = d->n - 1;
    return (ebm_shift){
        .slot = d->slot, .cut = d->end[0], .left = d->value[0], .right = d->value[last]};
}

/* Adds the updates that are due to the training rows [from, from + n). */
static void settle(ebm_plan *p, size_t from, size_t n) {
    double *r = p->train + from;
    if (p->due_table) {
        const uint16_t *slot = p->column[p->due_term].train + from;
        for (size_t i = 0; i < n; i++)
            r[i] += p->due_by[slot[i]];
    } else if (p->pieces.n > 2) {
        ebm_pieces d = p->pieces;
        d.slot += from;
        p->kernel->pieces(r, n, &d);
    } else {
        ebm_shift s = ebm_shift_of(&p->pieces);
        s.slot += from;
        p->kernel->shift(r, n, &s);
    }
}

/* All training rows see all updates. */
void ebm_settle_all(ebm_plan *p) {
    if (!p->due) return;
    spread_pieces(p);
    for (size_t i = 0; i < p->n_train; i += CHUNK) {
        if (i > 0) ebm_look_up(p);
        settle(p, i, p->n_train - i < CHUNK ? p->n_train - i : CHUNK);
    }
    p->due = false;
}

/* The histogram of the column; its ways are not added up yet. */
void ebm_gather(ebm_plan *p, size_t term) {
    const ebm_column *c = &p->column[term];
    for (size_t k = 0; k < c->n_ways; k++)
        memset(p->g + k * EBM_WAY, 0, (c->n_slots + 8) * sizeof *p->g);
    spread_pieces(p);
    for (size_t i = 0; i < p->n_train; i += BLOCK) {
        const size_t n = p->n_train - i < BLOCK ? p->n_train - i : BLOCK;
        if (p->due) settle(p, i, n);
        ebm_scatter(p->train + i, p->weight ? p->weight + i : NULL, c->train + i, n, p->g,
                    c->n_ways);
        if (i % CHUNK == CHUNK - BLOCK) ebm_look_up(p);
    }
    p->due = false;
}

/* out (n_slots) += the step of each slot, times its weight. */
static void add_steps(const ebm_plan *p, const ebm_column *c, const ebm_pending *u, double *out) {
    const uint32_t first = c->apart ? 1 : 0, cut = u->n_left > first ? u->n_left : first;
    if (u->table) {
        const double *t = p->table + c->tensor;
        for (uint32_t s = 0; s < c->n_slots; s++)
            out[s] += t[c->bin[s]] * c->weight[s];
        return;
    }
    if (first) out[0] += u->zero * c->weight[0];
    p->kernel->add(out + first, c->weight + first, cut - first, u->left);
    p->kernel->add(out + cut, c->weight + cut, c->n_slots - cut, u->right);
}

/* A piece ends at slot `end`. */
static void part_pieces(ebm_pieces *d, uint32_t end) {
    size_t k = 0;
    while (d->end[k] < end)
        k++;
    if (d->end[k] == end) return;
    for (size_t i = d->n++; i > k; i--) {
        d->end[i] = d->end[i - 1];
        d->value[i] = d->value[i - 1];
    }
    d->end[k] = end;
}

/* One more update in the pieces. */
static void add_pieces(ebm_pieces *d, const ebm_column *c, const ebm_pending *u) {
    if (c->apart && c->n_slots > 1) part_pieces(d, 0);
    if (u->n_left > 0 && u->n_left < c->n_slots) part_pieces(d, u->n_left - 1);
    for (size_t k = 0; k < d->n; k++) {
        if (c->apart && d->end[k] == 0)
            d->value[k] += u->zero;
        else
            d->value[k] += d->end[k] < u->n_left ? u->left : u->right;
    }
}

/* The training rows will see the update later; the histogram sees it at once. */
void ebm_make_due(ebm_plan *p, size_t term) {
    const ebm_column *c = &p->column[term];
    const ebm_pending *u = &p->pending[term];
    const bool full = p->due_table != u->table || p->pieces.n + 2 > EBM_PIECES_MOST;
    if (p->due && (p->due_term != term || full)) ebm_settle_all(p);
    if (p->g_term == (int64_t)term)
        add_steps(p, c, u, p->g);
    else
        p->g_term = -1;
    if (u->table) {
        const double *t = p->table + c->tensor;
        for (uint32_t s = 0; s < c->n_slots; s++)
            p->due_by[s] = (p->due ? p->due_by[s] : 0) + t[c->bin[s]];
    } else {
        if (!p->due) p->pieces = (ebm_pieces){.slot = c->train, .n = 1, .end = {c->n_slots - 1}};
        add_pieces(&p->pieces, c, u);
    }
    p->due_table = u->table;
    p->due_term = term;
    p->due = true;
}
