/* An EBM as bytes, and back: its bins' cuts, every table, every bag. */
/* SPDX-License-Identifier: Apache-2.0 */
/* In order: version; n_rows, n_columns, n_terms, n_bags; whether there are pairs' bins; each column's mains,
 * then each column's pairs' bins: kind, n_bins, least, most, cuts; intercept, bags' intercepts, best
 * iterations; each term: axes, columns, importance, score, sd, weight, bags' scores. Lengths of tables
 * follow from the columns' n_bins. What comes back predicts, is explained and edited like what was saved. */
#include <float.h>
#include <math.h>

#include "base/pack.h"
#include "models/ebm/ebm.h"

enum { KEPT_VERSION = 1, COLUMNS_MOST = 1 << 24, TERMS_MOST = 1 << 26, BAGS_MOST = 1 << 20 };

/* ---- writing ---- */

static void pack_column(norni_buf *out, const norni_bin_column *c) {
    norni_pack_u32(out, c->kind == NORNI_FEATURE_NOMINAL);
    norni_pack_u32(out, c->n_bins);
    norni_pack_f64(out, c->least);
    norni_pack_f64(out, c->most);
    norni_pack_u32(out, c->n_cuts);
    norni_pack_f64s(out, c->cut, c->n_cuts);
}

static void pack_term(norni_buf *out, const norni_ebm_term *t, size_t n_bags) {
    const size_t n = norni_ebm_cells(t);
    norni_pack_u32(out, t->n_axes);
    for (uint32_t a = 0; a < t->n_axes; a++)
        norni_pack_u32(out, t->column[a]);
    norni_pack_f64(out, t->importance);
    norni_pack_f64s(out, t->score, n);
    norni_pack_f64s(out, t->sd, n);
    norni_pack_f64s(out, t->weight, n);
    norni_pack_f64s(out, t->bagged, n * n_bags);
}

norn_status norni_ebm_save(const norni_ebm *m, norni_buf *out, norn_err *err) {
    norni_pack_u32(out, KEPT_VERSION);
    norni_pack_i64(out, (int64_t)m->n_rows);
    norni_pack_u32(out, (uint32_t)m->n_columns);
    norni_pack_u32(out, (uint32_t)m->n_terms);
    norni_pack_u32(out, (uint32_t)m->n_bags);
    norni_pack_u32(out, m->pairs != NULL);
    for (size_t j = 0; j < m->n_columns; j++)
        pack_column(out, &m->mains[j]);
    for (size_t j = 0; m->pairs && j < m->n_columns; j++)
        pack_column(out, &m->pairs[j]);
    norni_pack_f64(out, m->intercept);
    norni_pack_f64s(out, m->bagged_intercept, m->n_bags);
    for (size_t i = 0; i < 2 * m->n_bags; i++)
        norni_pack_i32(out, m->best_iteration[i]);
    for (size_t t = 0; t < m->n_terms; t++)
        pack_term(out, &m->term[t], m->n_bags);
    return out->failed ? norn_fail(err, NORN_E_MEM, "ebm: out of memory while saving") : NORN_OK;
}

/* ---- reading ---- */

typedef struct reading {
    norni_arena *arena;
    norni_unpack from;
    bool no_memory;
} reading;

/* n finite numbers; NULL: they are not there, or there is no memory. */
static double *read_numbers(reading *r, size_t n) {
    if (!norni_unpack_has(&r->from, n, sizeof(double))) return NULL;
    double *x = norni_arena_get(r->arena, n, sizeof *x);
    if (x == NULL)
        r->no_memory = true;
    else
        norni_unpack_finite(&r->from, x, n);
    return x;
}

/* None of them below 0. */
static double *read_sizes(reading *r, size_t n) {
    double *x = read_numbers(r, n);
    for (size_t i = 0; x && i < n; i++)
        if (x[i] < 0) r->from.failed = true;
    return x;
}

static void read_column(reading *r, norni_bin_column *out) {
    norni_unpack *u = &r->from;
    *out = (norni_bin_column){.kind = norni_unpack_count(u, 0, 1) ? NORNI_FEATURE_NOMINAL
                                                                  : NORNI_FEATURE_CONTINUOUS};
    out->n_bins = norni_unpack_count(u, 2, NORNI_BINS_MOST);
    out->least = norni_unpack_f64(u);
    out->most = norni_unpack_f64(u);
    const bool none = isnan(out->least) && isnan(out->most);
    if (!none && !(isfinite(out->least) && isfinite(out->most) && out->least <= out->most))
        u->failed = true;
    const uint32_t cuts = out->n_bins < 3 ? 0 : out->n_bins - 3;
    out->n_cuts = norni_unpack_count(u, 0, NORNI_BINS_MOST);
    const bool nominal = out->kind == NORNI_FEATURE_NOMINAL;
    if (nominal ? out->n_cuts != 0 : out->n_bins < 3 || out->n_cuts != cuts) u->failed = true;
    if (u->failed) return;
    double *cut = read_numbers(r, out->n_cuts);
    for (uint32_t k = 1; cut && !u->failed && k < out->n_cuts; k++)
        if (!(cut[k - 1] < cut[k])) u->failed = true;
    out->cut = cut;
}

static norni_bin_column *read_columns(reading *r, size_t n) {
    norni_bin_column *c =
        norni_unpack_has(&r->from, n, 8) ? norni_arena_zero(r->arena, n, sizeof *c) : NULL;
    if (c == NULL) {
        if (!r->from.failed) r->no_memory = true;
        return NULL;
    }
    for (size_t j = 0; j < n && !r->from.failed && !r->no_memory; j++)
        read_column(r, &c[j]);
    return c;
}

/* The columns of both levels are of one kind. */
static void check_levels(reading *r, const norni_ebm *m) {
    for (size_t j = 0; m->pairs && j < m->n_columns; j++)
        if (m->pairs[j].kind != m->mains[j].kind) r->from.failed = true;
}

static void read_term(reading *r, const norni_ebm *m, norni_ebm_term *t) {
    norni_unpack *u = &r->from;
    t->n_axes = norni_unpack_count(u, 1, m->pairs ? 2 : 1);
    t->n_bins[1] = 1;
    for (uint32_t a = 0; a < t->n_axes; a++) {
        t->column[a] = norni_unpack_count(u, 0, (uint32_t)m->n_columns - 1);
        t->n_bins[a] = (t->n_axes == 1 ? m->mains : m->pairs)[t->column[a]].n_bins;
    }
    if (t->n_axes == 2 && t->column[0] == t->column[1]) u->failed = true;
    t->importance = norni_unpack_within(u, 0, DBL_MAX);
    const size_t n = norni_ebm_cells(t);
    size_t all;
    if (!norni_mul_size(n, m->n_bags, &all)) u->failed = true;
    if (u->failed) return;
    t->score = read_numbers(r, n);
    t->sd = read_sizes(r, n);
    t->weight = read_sizes(r, n);
    t->bagged = read_numbers(r, all);
}

static void read_terms(reading *r, norni_ebm *m) {
    m->term = norni_unpack_has(&r->from, m->n_terms, 8)
                  ? norni_arena_zero(r->arena, m->n_terms, sizeof *m->term)
                  : NULL;
    if (m->term == NULL) {
        if (!r->from.failed) r->no_memory = true;
        return;
    }
    for (size_t t = 0; t < m->n_terms && !r->from.failed && !r->no_memory; t++)
        read_term(r, m, &m->term[t]);
}

static void read_model(reading *r, norni_ebm *m) {
    norni_unpack *u = &r->from;
    (void)norni_unpack_count(u, KEPT_VERSION, KEPT_VERSION);
    m->n_rows = (size_t)norni_unpack_between(u, 0, INT64_MAX / 64);
    m->n_columns = norni_unpack_count(u, 1, COLUMNS_MOST);
    m->n_terms = norni_unpack_count(u, 0, TERMS_MOST);
    m->n_bags = norni_unpack_count(u, 1, BAGS_MOST);
    const bool pairs = norni_unpack_count(u, 0, 1);
    if (u->failed) return;
    m->mains = read_columns(r, m->n_columns);
    if (pairs && !u->failed && !r->no_memory) m->pairs = read_columns(r, m->n_columns);
    if (u->failed || r->no_memory) return;
    check_levels(r, m);
    m->intercept = norni_unpack_within(u, -DBL_MAX, DBL_MAX);
    m->bagged_intercept = read_numbers(r, m->n_bags);
    if (!norni_unpack_has(u, 2 * m->n_bags, sizeof(int32_t)) || r->no_memory) return;
    m->best_iteration = norni_arena_get(r->arena, 2 * m->n_bags, sizeof *m->best_iteration);
    if (m->best_iteration == NULL) {
        r->no_memory = true;
        return;
    }
    for (size_t i = 0; i < 2 * m->n_bags; i++) {
        m->best_iteration[i] = norni_unpack_i32(u);
        if (m->best_iteration[i] < 0) u->failed = true;
    }
    if (!u->failed) read_terms(r, m);
}

norn_status norni_ebm_load(norni_arena *arena, norni_str saved, norni_ebm *out, norn_err *err) {
    reading r = {arena, {saved, false}, false};
    *out = (norni_ebm){0};
    read_model(&r, out);
    if (r.no_memory) return norn_fail(err, NORN_E_MEM, "ebm: out of memory while loading");
    if (!norni_unpack_end(&r.from))
        return norn_fail(err, NORN_E_FORMAT, "ebm: these bytes are no saved model");
    return NORN_OK;
}
