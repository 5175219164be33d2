/* Exogenous values over the horizon, from a file of their own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/future.h"

#include <math.h>

static const double *column(const norni_future *f, size_t c) {
    return f->col[c] == 0 ? f->panel.y : f->panel.x + (f->col[c] - 1) * f->panel.n_obs;
}

/* Every column's name, the target's left out: it may stand there, empty or known. */
static norn_status choose_columns(norni_future *f, norni_str target, norn_err *err) {
    const norni_panel *p = &f->panel;
    f->names = norni_arena_get(&f->panel.arena, p->n_x + 1, sizeof *f->names);
    f->col = norni_arena_get(&f->panel.arena, p->n_x + 1, sizeof *f->col);
    if (!f->names || !f->col)
        return norni_alloc_fail(err, "--future", p->n_x + 1, sizeof(norni_str));
    for (size_t c = 0; c <= p->n_x; c++) {
        const norni_str name = c == 0 ? p->target_name : p->x_names[c - 1];
        if (norni_str_cmp(name, target) == 0) continue;
        f->names[f->n_x] = name;
        f->col[f->n_x++] = c;
    }
    if (f->n_x > 0) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "--future: no column beside id, time and '%.*s': exogenous ones are wanted",
                     (int)(target.n > 60 ? 60 : target.n), target.p);
}

norn_status norni_future_index(norn_ctx *ctx, norni_str target, norni_future *f, norn_err *err) {
    norni_map_init(&f->ids, &ctx->alloc);
    norn_status st = choose_columns(f, target, err);
    bool good = true;
    for (size_t i = 0; st == NORN_OK && good && i < f->panel.n_series; i++)
        good = norni_map_add(&f->ids, norni_panel_id(&f->panel, i), NULL) != NORNI_MAP_NONE;
    if (!good) st = norni_alloc_fail(err, "--future", f->panel.n_series, sizeof(norni_str));
    if (st != NORN_OK) norni_future_clear(f);
    return st;
}

norn_status norni_future_read(norn_ctx *ctx, const char *path, const norni_read_opt *like,
                              norni_future *out, norn_err *err) {
    norni_align_report report;
    norni_read_opt opt = *like;
    norn_err inner = {NORN_OK, ""};
    memset(out, 0, sizeof *out);
    opt.layout = NORNI_LAYOUT_LONG;
    opt.target_col = NULL;
    opt.any_target = true;
    opt.no_exogenous = false;
    opt.n_x_cols = 0;
    norn_status st = norni_panel_read(ctx, path, &opt, &out->panel, &report, &inner);
    if (st != NORN_OK) {
        norni_panel_clear(&out->panel);
        return norn_fail(err, st, "--future: %s: %s", path, inner.text);
    }
    return norni_future_index(ctx, norni_str_of(like->target_col ? like->target_col : "y"), out, err);
}

void norni_future_clear(norni_future *f) {
    if (f->ids.alloc != NULL) norni_map_clear(&f->ids);
    norni_panel_clear(&f->panel);
    memset(f, 0, sizeof *f);
}

/* First period of series j of the file at or behind time t. */
static size_t period_at(const norni_panel *p, size_t j, int64_t t) {
    size_t lo = 0, hi = norni_panel_n(p, j);
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (norni_panel_time(p, j, mid) < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static norn_status fail_period(const norni_panel *p, int64_t t, norn_err *err) {
    char text[48];
    const size_t n = norni_time_print(text, t, &p->style);
    return norn_fail(err, NORN_E_DATA, "the file of --future has no values at %.*s", (int)n, text);
}

norn_status norni_future_of(const norni_future *f, const norni_panel *p, size_t i, size_t horizon,
                            const double **x, norn_err *err) {
    const norni_panel *q = &f->panel;
    const norni_str id = norni_panel_id(p, i);
    const int64_t found = q->has_id ? norni_map_find(&f->ids, id) : 0;
    if (found == NORNI_MAP_NONE)
        return norn_fail(err, NORN_E_DATA, "the file of --future has no series '%.*s'",
                         (int)(id.n > 60 ? 60 : id.n), id.p);
    const size_t j = (size_t)found, n = norni_panel_n(q, j);
    if ((p->style.kind == NORNI_TIME_INDEX) != (q->style.kind == NORNI_TIME_INDEX))
        return norn_fail(
            err, NORN_E_DATA,
            "the file of --future and the data must both have dates or both integers as times");
    const size_t first = period_at(q, j, norni_panel_future(p, i, 0));
    for (size_t h = 0; h < horizon; h++) {
        const int64_t t = norni_panel_future(p, i, h);
        if (first + h >= n || norni_panel_time(q, j, first + h) != t) return fail_period(p, t, err);
    }
    for (size_t c = 0; c < f->n_x; c++) {
        x[c] = column(f, c) + q->offsets[j] + first;
        for (size_t h = 0; h < horizon; h++) {
            if (isfinite(x[c][h])) continue;
            char text[48];
            const size_t len = norni_time_print(text, norni_panel_future(p, i, h), &p->style);
            return norn_fail(
                err, NORN_E_DATA, "the file of --future: column '%.*s' is missing at %.*s",
                (int)(f->names[c].n > 60 ? 60 : f->names[c].n), f->names[c].p, (int)len, text);
        }
    }
    return NORN_OK;
}
