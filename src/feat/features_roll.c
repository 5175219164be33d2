/* Rolling features: what the last rows up to the origin row amount to. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A window that has less than half of its values is missing. */
#include "feat/features_parts.h"
#include "roll/roll.h"

typedef struct roll_kind {
    const char *name;
    norni_roll_fn *fn;
} roll_kind;

static size_t chosen(const norni_features_opt *opt, roll_kind out[4]) {
    size_t n = 0;
    if (opt->mean) out[n++] = (roll_kind){"mean", norni_roll_mean};
    if (opt->std) out[n++] = (roll_kind){"std", norni_roll_std};
    if (opt->least) out[n++] = (roll_kind){"min", norni_roll_min};
    if (opt->most) out[n++] = (roll_kind){"max", norni_roll_max};
    return n;
}

norn_status norni_features_roll(norni_feature_list *list, size_t c, norn_err *err) {
    const norni_wide_column *column = &list->wide->column[c];
    const size_t n = list->wide->n_rows;
    const norni_roll_arg arg = {.ddof = 1};
    roll_kind kind[4];
    const size_t n_kinds = chosen(list->opt, kind);
    if (column->nominal) return NORN_OK;
    for (size_t k = 0; k < list->opt->windows.n; k++) {
        const size_t length = (size_t)list->opt->windows.v[k];
        for (size_t j = 0; j < n_kinds; j++) {
            const bool spread = kind[j].fn == norni_roll_std;
            const size_t half = (length + 1) / 2;
            const norni_roll_windows w = {.n = n,
                                          .n_out = n,
                                          .length = length,
                                          .first_end = 1,
                                          .min_periods = spread && half < 2 ? 2 : half};
            if (spread && length < 2) continue;
            double *out = norni_arena_get(list->arena, n, sizeof *out);
            if (out == NULL) return norni_alloc_fail(err, "features", n, sizeof *out);
            NORN_TRY(kind[j].fn(column->at, &w, &arg, list->arena, list->poll, out, err));
            const norni_feature_column f = {
                .origin = NORNI_ORIGIN_ROLL, .source = c, .lag = length, .at = out};
            NORN_TRY(norni_feature_add(list, &f, err, "%.*s_%s%zu", (int)column->name.n,
                                       column->name.p, kind[j].name, length));
        }
    }
    return NORN_OK;
}
