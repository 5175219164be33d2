/* The proof that features know nothing beyond their origin: later rows changed, earlier features equal. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "feat/features.h"

/* The table with every value behind row t moved and mirrored, what is known ahead as it is. */
static norn_status change_later(norni_arena *arena, const norni_wide *wide, size_t t,
                                norni_wide *out, norn_err *err) {
    *out = *wide;
    out->column = norni_arena_get(arena, wide->n_columns, sizeof *out->column);
    if (out->column == NULL)
        return norni_alloc_fail(err, "features", wide->n_columns, sizeof *out->column);
    for (size_t c = 0; c < wide->n_columns; c++) {
        norni_wide_column *column = &out->column[c];
        *column = wide->column[c];
        if (column->role == NORNI_ROLE_KNOWN || column->role == NORNI_ROLE_DROPPED) continue;
        double *v = norni_arena_get(arena, wide->n_rows, sizeof *v);
        if (v == NULL) return norni_alloc_fail(err, "features", wide->n_rows, sizeof *v);
        memcpy(v, column->at, wide->n_rows * sizeof *v);
        for (size_t k = t + 1; k < wide->n_rows; k++)
            v[k] = v[k] == v[k] ? -3 * v[k] + 17 + (double)(k % 5) : (double)(k % 7);
        column->at = v;
    }
    return NORN_OK;
}

static bool same(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

norn_status norni_features_prove(norni_arena *arena, const norni_poll *poll, const norni_wide *wide,
                                 const norni_features_opt *opt, size_t t,
                                 void (*tamper)(norni_features *f, const norni_wide *wide),
                                 norn_err *err) {
    norni_wide later;
    norni_features a, b;
    if (t >= wide->n_rows)
        return norn_fail(err, NORN_E_ARG, "features: row %zu of %zu", t, wide->n_rows);
    NORN_TRY(change_later(arena, wide, t, &later, err));
    NORN_TRY(norni_features_make(arena, poll, wide, opt, &a, err));
    NORN_TRY(norni_features_make(arena, poll, &later, opt, &b, err));
    if (tamper != NULL) {
        tamper(&a, wide);
        tamper(&b, &later);
    }
    for (size_t j = 0; j < a.n; j++) {
        const norni_feature_column *x = &a.col[j], *y = &b.col[j];
        for (size_t row = a.first; row <= t; row++) {
            if (row % 1024 == 0 && norni_poll_stop(poll))
                return norn_fail(err, NORN_E_CANCEL, "cancelled");
            for (size_t h = 1; h <= (x->shifted ? opt->horizon : 1); h++) {
                if (same(norni_feature_value(x, row, h), norni_feature_value(y, row, h))) continue;
                return norn_fail(err, NORN_E_INTERNAL,
                                 "features: %.*s of row %zu, step %zu, changes with rows behind "
                                 "row %zu: it knows the future",
                                 (int)(x->name.n > 100 ? 100 : x->name.n), x->name.p, row, h, t);
            }
        }
    }
    return NORN_OK;
}
