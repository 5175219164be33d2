/* Fuzzing the reader of tables: any bytes become a table or an error with words, and the chunk size never
 * shows in either. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "feat/features.h"
#include "feat/leak_find.h"
#include "io/wide_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

/* The first byte chooses the options, the rest is the file. */
static norni_wide_opt chosen(uint8_t choice) {
    norni_wide_opt opt = norni_wide_opt_default();
    opt.targets = choice & 1 ? "y" : "*a*,y";
    opt.statics = choice & 2 ? "*s*" : NULL;
    opt.known = choice & 4 ? "*p*" : NULL;
    opt.fill = (norni_wide_fill)(choice >> 3 & 3);
    opt.outliers = choice & 32 ? NORNI_OUTLIERS_CLIP : NORNI_OUTLIERS_NONE;
    opt.max_missing = choice & 64 ? 0.9 : 0.3;
    opt.n_held = choice & 128 ? 3 : 0;
    opt.horizon = 3;
    return opt;
}

static bool same_value(double a, double b) {
    return a == b || (a != a && b != b);
}

static void same_tables(const norni_wide *a, const norni_wide *b) {
    demand(a->n_rows == b->n_rows && a->n_columns == b->n_columns && a->start == b->start);
    demand(memcmp(a->times, b->times, (a->n_rows + a->n_ahead) * sizeof *a->times) == 0);
    for (size_t c = 0; c < a->n_columns; c++) {
        const norni_wide_column *x = &a->column[c], *y = &b->column[c];
        demand(norni_str_cmp(x->name, y->name) == 0 && x->role == y->role);
        demand(x->n_missing == y->n_missing && x->n_text == y->n_text);
        demand(x->n_categories == y->n_categories && x->nominal == y->nominal);
        demand(x->n_text == 0 || x->first_text_line == y->first_text_line);
        if (x->role == NORNI_ROLE_DROPPED) continue;
        for (size_t t = 0; t < a->n_rows; t++)
            demand(same_value(x->at[t], y->at[t]));
    }
}

static void use(norn_ctx *ctx, norni_arena *arena, const norni_wide *w) {
    norni_features_opt opt = norni_features_opt_default();
    norni_features f;
    const norni_leak_pair *leak;
    size_t n;
    double sum = 0;
    opt.horizon = 3;
    opt.lookback = 2;
    if (w->n_rows > 2000) return;
    if (norni_features_make(arena, NULL, w, &opt, &f, NULL) == NORN_OK) {
        for (size_t j = 0; j < f.n; j++) {
            for (size_t t = f.first; t < f.n_rows; t++)
                sum += norni_feature_value(&f.col[j], t, 3);
        }
        if (w->n_rows > f.first + 1 && w->n_rows < 200)
            demand(norni_features_prove(arena, NULL, w, &opt, w->n_rows / 2, NULL, NULL) ==
                   NORN_OK);
    }
    demand(norni_leak_find(ctx, NULL, w, 3, 2, arena, &leak, &n, NULL) == NORN_OK);
    demand(sum == sum || sum != sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    norn_ctx *ctx = NULL;
    norn_ctx_opt ctx_opt = norn_ctx_opt_default();
    ctx_opt.n_threads = 1;
    demand(norn_ctx_new(&ctx_opt, &ctx, NULL) == NORN_OK);
    static const size_t chunk[2] = {0, 16};
    norni_arena arena[2];
    norni_wide w[2];
    norn_err err[2];
    norn_status st[2];
    for (int k = 0; k < 2; k++) {
        norni_wide_opt opt = chosen(data[0]);
        norni_wide_report report;
        opt.chunk_bytes = chunk[k];
        err[k] = (norn_err){NORN_OK, ""};
        norni_arena_init(&arena[k], &ctx->alloc);
        st[k] = norni_wide_parse_bytes(ctx, NULL, (const char *)data + 1, size - 1, &opt, &arena[k],
                                       &w[k], &report, &err[k]);
        demand(st[k] == NORN_OK || err[k].text[0] != '\0');
        demand(memchr(err[k].text, '\0', sizeof err[k].text) != NULL);
    }
    demand(st[0] == st[1] && strcmp(err[0].text, err[1].text) == 0);
    if (st[0] == NORN_OK) {
        demand(w[0].n_rows >= 1 && w[0].n_ahead == 3);
        same_tables(&w[0], &w[1]);
        use(ctx, &arena[0], &w[0]);
    }
    norni_arena_clear(&arena[0]);
    norni_arena_clear(&arena[1]);
    norn_ctx_free(ctx);
    return 0;
}
