/* The library's door to explainable boosting machines: terms changed by hand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/ebm_handle.h"

static norn_status check_term(const norn_ebm *m, size_t term, norn_err *err) {
    if (term < m->m.n_terms) return NORN_OK;
    return norn_fail(err, NORN_E_ARG, "ebm: term %zu of %zu", term, m->m.n_terms);
}

norn_status norn_ebm_monotonise(norn_ebm *m, size_t term, int direction, norn_err *err) {
    norni_arena scratch;
    norni_arena_init(&scratch, &m->alloc);
    const norn_status st = norni_ebm_monotonise(&m->m, term, direction, &scratch, err);
    norni_arena_clear(&scratch);
    if (st == NORN_OK) m->m.term[term].importance = norni_ebm_importance(&m->m.term[term]);
    return st;
}

norn_status norn_ebm_remove(norn_ebm *m, const size_t *terms, size_t n, norn_err *err) {
    for (size_t i = 0; i < n; i++)
        NORN_TRY(check_term(m, terms[i], err));
    size_t kept = 0;
    for (size_t t = 0; t < m->m.n_terms; t++) {
        bool gone = false;
        for (size_t i = 0; i < n; i++)
            gone = gone || terms[i] == t;
        if (!gone) m->m.term[kept++] = m->m.term[t];
    }
    m->m.n_terms = kept;
    return NORN_OK;
}

void norn_ebm_sweep(norn_ebm *m, size_t *n) {
    size_t kept = 0;
    for (size_t t = 0; t < m->m.n_terms; t++) {
        const norni_ebm_term *term = &m->m.term[t];
        const size_t cells = norni_ebm_cells(term);
        bool any = false;
        for (size_t i = 0; i < cells && !any; i++)
            any = term->score[i] < 0 || term->score[i] > 0;
        if (any) m->m.term[kept++] = *term;
    }
    if (n) *n = m->m.n_terms - kept;
    m->m.n_terms = kept;
}

norn_status norn_ebm_scale(norn_ebm *m, size_t term, double factor, norn_err *err) {
    NORN_TRY(check_term(m, term, err));
    if (!isfinite(factor))
        return norn_fail(err, NORN_E_ARG, "ebm: a factor of %g, it must be finite", factor);
    norni_ebm_term *t = &m->m.term[term];
    const size_t n = norni_ebm_cells(t);
    for (size_t i = 0; i < n * m->m.n_bags; i++)
        if (!isfinite(t->bagged[i] * factor))
            return norn_fail(err, NORN_E_NUMERIC, "ebm: a score times %g is too large", factor);
    for (size_t i = 0; i < n; i++) {
        t->score[i] *= factor;
        t->sd[i] *= fabs(factor);
    }
    for (size_t i = 0; i < n * m->m.n_bags; i++)
        t->bagged[i] *= factor;
    t->importance = norni_ebm_importance(t);
    return NORN_OK;
}

norn_status norn_ebm_score_set(norn_ebm *m, size_t term, const double *score, size_t n_cells,
                               norn_err *err) {
    NORN_TRY(check_term(m, term, err));
    norni_ebm_term *t = &m->m.term[term];
    const size_t n = norni_ebm_cells(t);
    if (n_cells != n)
        return norn_fail(err, NORN_E_ARG, "ebm: %zu scores, term %zu has %zu", n_cells, term, n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(score[i]))
            return norn_fail(err, NORN_E_ARG, "ebm: score %zu is not finite", i);
    for (size_t i = 0; i < n; i++) {
        for (size_t b = 0; b < m->m.n_bags; b++)
            t->bagged[b * n + i] += score[i] - t->score[i];
        t->score[i] = score[i];
    }
    t->importance = norni_ebm_importance(t);
    return NORN_OK;
}

norn_status norn_ebm_intercept_set(norn_ebm *m, double intercept, norn_err *err) {
    if (!isfinite(intercept))
        return norn_fail(err, NORN_E_ARG, "ebm: an intercept of %g, it must be finite", intercept);
    for (size_t b = 0; b < m->m.n_bags; b++)
        m->m.bagged_intercept[b] += intercept - m->m.intercept;
    m->m.intercept = intercept;
    return NORN_OK;
}
