/* What a batch brought, folded in the order of the ids: rows, ranks, the choice on train, sums and the digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "portfolio/portfolio_optimise_parts.h"

/* The metric first, then the lower id; what is not defined comes last. */
static bool is_better(double a, double b) {
    return isnan(b) ? !isnan(a) : a > b;
}

static void rank_row(norni_port_search *s, const norni_port_row *row) {
    const double x = norni_port_row_metric(row, s->out->metric);
    if (s->n_top == NORNI_PORT_TOP && !is_better(x, s->top_value[s->n_top - 1])) return;
    if (s->n_top < NORNI_PORT_TOP) s->n_top++;
    size_t at = s->n_top - 1;
    for (; at > 0 && is_better(x, s->top_value[at - 1]); at--) {
        s->top_value[at] = s->top_value[at - 1];
        s->top_row[at] = s->top_row[at - 1];
    }
    s->top_value[at] = x;
    s->top_row[at] = *row;
}

/* Of each split: what was best on its train, and what its test then was. */
static void choose(norni_port_search *s, const norni_port_score *score, uint64_t id) {
    norni_port_result *r = s->out;
    for (size_t i = 0; i < r->n_splits; i++) {
        if (r->walk_forward_id[i] != 0 && !is_better(score[i].metric, s->best_train[i])) continue;
        s->best_train[i] = score[i].metric;
        s->chosen_train[i] = score[i].train_growth;
        s->chosen_test[i] = score[i].growth;
        r->walk_forward[i] = score[i].outperformance;
        r->walk_forward_id[i] = id;
    }
}

static void add_to(norni_port_spread *w, double x) {
    if (isnan(x)) return;
    const double d = x - w->mean;
    w->n++;
    w->mean += d / w->n;
    w->m2 += d * (x - w->mean);
}

static void digest_row(norni_port_search *s, const norni_port_row *r, const norni_hash128 *hash) {
    const double x[] = {r->outperformance,
                        r->total_return,
                        r->sharpe,
                        r->max_drawdown,
                        r->train_outperformance,
                        r->train_return,
                        r->train_sharpe,
                        r->train_drawdown,
                        r->consistency,
                        r->win_rate,
                        r->generalization_gap,
                        r->gap_per_window,
                        r->cagr,
                        r->volatility,
                        r->sortino,
                        r->calmar,
                        r->omega,
                        r->ulcer,
                        r->turnover,
                        r->costs,
                        r->n_rebalances};
    struct {
        uint64_t id, same, n_splits, status, hi, lo;
        double x[sizeof x / sizeof x[0]];
    } d = {.id = r->id, .same = r->same, .n_splits = r->n_splits, .status = r->status};
    if (hash != NULL) d.hi = hash->hi, d.lo = hash->lo;
    for (size_t k = 0; k < sizeof x / sizeof x[0]; k++)
        d.x[k] = norni_canonical(x[k]);
    norni_hash_stream_add(&s->digest, &d, sizeof d);
}

static norn_status note_failure(norni_port_search *s, uint64_t id, const norn_err *why,
                                norn_err *err) {
    norni_port_result *r = s->out;
    if (r->n_failed++ >= NORNI_PORT_TOLD) return NORN_OK;
    norni_port_failed f;
    memset(&f, 0, sizeof f);
    f.id = id;
    f.why = *why;
    norni_buf_add(&r->failed, &f, sizeof f);
    return r->failed.failed ? norni_alloc_fail(err, "failures", 1, sizeof f) : NORN_OK;
}

/* One that was simulated. */
static norn_status fold_own(norni_port_search *s, size_t k, norni_port_row *row, norn_err *err) {
    const norni_port_entry *e = &s->entry[k];
    const norni_port_outcome *o = &s->outcome[k];
    *row = o->row;
    row->status = o->why ? o->why->code : NORN_OK;
    if (o->why != NULL) {
        if (e->trial != UINT64_MAX) s->trial_failed[e->trial] = 1;
        return note_failure(s, row->id, o->why, err);
    }
    s->out->n_trials_total++;
    rank_row(s, row);
    choose(s, s->score + k * s->out->n_splits, row->id);
    add_to(&s->sharpes, o->sharpe);
    add_to(&s->active_sharpes, o->active_sharpe);
    return NORN_OK;
}

/* A duplicate has the numbers of the one that was simulated for it. */
static norn_status fold_same(norni_port_search *s, size_t k, norni_port_row *row, norn_err *err) {
    const norni_port_entry *e = &s->entry[k];
    if (e->same >= s->first)
        *row = s->outcome[e->same - s->first].row;
    else
        NORN_TRY(norni_spool_read(&s->out->rows, e->same * sizeof *row, row, sizeof *row, err));
    row->id = e->index + 1;
    row->same = e->same + 1;
    if (row->status == NORN_OK) return NORN_OK;
    norn_err why = {.code = (norn_status)row->status};
    norni_format(why.text, sizeof why.text, "as configuration %llu", (unsigned long long)row->same);
    return note_failure(s, row->id, &why, err);
}

static norn_status put_aside(norni_port_search *s, const norni_port_row *row, norn_err *err) {
    norni_port_result *r = s->out;
    norni_port_value v = {NORNI_NAN, NORNI_PORT_NONE};
    if (row->n_splits > 0) {
        v = (norni_port_value){norni_port_row_metric(row, r->metric), NORNI_PORT_USED};
        s->n_positive += row->outperformance > 0;
        s->n_used++;
        r->n_unbought += row->unbought > 0;
    }
    if (!isnan(v.value)) {
        s->sum = norni_sum_add(s->sum, v.value);
        if (s->n_values == 0 || v.value > r->best) r->best = v.value;
        if (s->n_values == 0 || v.value < r->worst) r->worst = v.value;
        s->n_values++;
    }
    NORN_TRY(norni_spool_add(&s->values, &v, sizeof v, err));
    return norni_spool_add(&r->rows, row, sizeof *row, err);
}

norn_status norni_port_fold(norni_port_search *s, norn_err *err) {
    for (size_t k = 0; k < s->n; k++) {
        const norni_port_entry *e = &s->entry[k];
        const bool own = e->same == e->index;
        norni_port_row row;
        memset(&row, 0, sizeof row);
        row.id = e->index + 1;
        if (own)
            NORN_TRY(fold_own(s, k, &row, err));
        else if (e->same != UINT64_MAX)
            NORN_TRY(fold_same(s, k, &row, err));
        if (own) s->outcome[k].row.status = row.status;
        digest_row(s, &row, own ? &s->outcome[k].hash : NULL);
        NORN_TRY(put_aside(s, &row, err));
    }
    return NORN_OK;
}
