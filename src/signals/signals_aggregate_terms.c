/* The trending terms of a group: the mean of each term's weight over all of the group's tweets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"
#include "signals/signals_aggregate_parts.h"

#define FREE UINT32_MAX

typedef struct cell {
    double sum;
    uint32_t term;
} cell;

/* Sums in a table of a size that the group sets, not the vocabulary: there may be ten thousand groups, and as many terms. */
static void add_term(cell *table, size_t mask, uint32_t term, double score) {
    size_t at = (term * UINT32_C(2654435761)) & mask;
    while (table[at].term != FREE && table[at].term != term)
        at = (at + 1) & mask;
    table[at].term = term;
    table[at].sum += score;
}

/* a stands before b. */
static bool leads(const norni_term_mean *a, double score, uint32_t term) {
    return a->score > score || (a->score == score && a->term < term);
}

static void take(norni_signal_group *g, double score, uint32_t term) {
    uint32_t at = g->n_terms;
    if (at == NORNI_SIGNAL_TERMS) {
        if (leads(&g->term[at - 1], score, term)) return;
        at--;
    } else {
        g->n_terms++;
    }
    for (; at > 0 && !leads(&g->term[at - 1], score, term); at--)
        g->term[at] = g->term[at - 1];
    g->term[at] = (norni_term_mean){term, score};
}

norn_status norni_agg_terms(const norni_agg_run *r, const uint32_t *place, size_t n,
                            norni_arena *scratch, norni_signal_group *g, norn_err *err) {
    size_t n_cells = 16, n_pairs = 0;
    for (size_t k = 0; k < n; k++)
        n_pairs += r->s->signal[r->tweet[place[k]]].n_terms;
    if (n_pairs > r->s->n_terms) n_pairs = r->s->n_terms;
    while (n_cells < 2 * n_pairs)
        n_cells *= 2;
    cell *table = norni_arena_get(scratch, n_cells, sizeof *table);
    if (table == NULL) return norni_alloc_fail(err, "signals", n_cells, sizeof *table);
    for (size_t k = 0; k < n_cells; k++)
        table[k] = (cell){0, FREE};
    for (size_t k = 0; k < n; k++) {
        const norni_signal *s = &r->s->signal[r->tweet[place[k]]];
        for (uint32_t j = 0; j < s->n_terms; j++)
            add_term(table, n_cells - 1, s->term[j], s->term_score[j]);
        if (k % NORNI_AGG_POLL == NORNI_AGG_POLL - 1) NORN_TRY(norni_agg_stop(r, err));
    }
    g->n_terms = 0;
    for (size_t k = 0; k < n_cells; k++)
        if (table[k].term != FREE) take(g, table[k].sum / (double)n, table[k].term);
    return NORN_OK;
}
