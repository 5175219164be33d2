/* The file of --actual: what came after the data, matched to the series by id and time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evaluate_actual.h"

#include <math.h>

#include "base/fp.h"
#include "base/map.h"

typedef struct match_job {
    const norni_panel *actual, *data;
    size_t horizon;
    bool continues;
    norni_arena *arena;
    norni_actual *out;
    double *y;        /* (n_series, horizon) of the data */
    double *x;        /* (n_x, n_series, horizon) or NULL */
    const char **why; /* (n_series) */
} match_job;

/* Period of the data's series i that starts at t, counted from its first; false: between two. */
static bool period_of(const norni_panel *p, size_t i, size_t horizon, int64_t t, int64_t *k) {
    const size_t n = norni_panel_n(p, i);
    if (p->freq[i].unit != NORNI_UNIT_IRREGULAR && p->times == NULL)
        return norni_freq_index(p->freq[i], p->start[i], t, k);
    if (n > 0 && t <= norni_panel_time(p, i, n - 1)) {
        *k = 0;
        return true;
    }
    for (size_t h = 0; h < horizon; h++) {
        *k = (int64_t)(n + h);
        const int64_t at = norni_panel_future(p, i, h);
        if (at == NORNI_TIME_NONE || at > t) return false;
        if (at == t) return true;
    }
    *k = (int64_t)(n + horizon);
    return true;
}

/* Takes the values of the file's series j for the data's series i; the number taken. */
static size_t take_values(match_job *m, size_t i, size_t j) {
    const norni_panel *a = m->actual;
    const int64_t n = (int64_t)norni_panel_n(m->data, i);
    const size_t n_series = m->data->n_series;
    size_t taken = 0;
    for (size_t t = 0; t < norni_panel_n(a, j); t++) {
        int64_t k = n + (int64_t)t;
        const double y = norni_panel_y(a, j)[t];
        if (!m->continues && !period_of(m->data, i, m->horizon, norni_panel_time(a, j, t), &k)) {
            m->out->n_off_grid += isnan(y) ? 0 : 1; /* missing: a gap that was filled */
        } else if (k < n) {
            m->out->n_before += isnan(y) ? 0 : 1;
        } else if (k >= n + (int64_t)m->horizon) {
            m->out->n_beyond++;
        } else {
            const size_t at = i * m->horizon + (size_t)(k - n);
            m->y[at] = y;
            for (size_t c = 0; m->x && c < m->data->n_x; c++)
                m->x[c * n_series * m->horizon + at] = a->x[c * a->n_obs + a->offsets[j] + t];
            taken += isnan(y) ? 0 : 1;
        }
    }
    return taken;
}

static norn_status give_reason(match_job *m, size_t i, const char *what, norn_err *err) {
    char text[200];
    const norni_str id = norni_panel_id(m->data, i);
    const size_t n = norni_format(text, sizeof text, "--actual %s '%.*s'", what,
                                  (int)(id.n > 80 ? 80 : id.n), id.p);
    m->why[i] = norni_arena_text(m->arena, text, n);
    m->out->n_absent++;
    return m->why[i] ? NORN_OK : norni_alloc_fail(err, "--actual", n, 1);
}

static norn_status match_series(match_job *m, const norni_map *ids, size_t i, bool *used,
                                norn_err *err) {
    const bool lone = !m->actual->has_id && m->data->n_series == 1;
    const int64_t j = lone ? 0 : norni_map_find(ids, norni_panel_id(m->data, i));
    if (j == NORNI_MAP_NONE) return give_reason(m, i, "has no series", err);
    used[j] = true;
    if (take_values(m, i, (size_t)j) == 0)
        return give_reason(m, i, "has no value over the horizon of", err);
    return NORN_OK;
}

static norn_status allocate(match_job *m, norn_err *err) {
    const size_t n_x = m->data->n_x, n_series = m->data->n_series;
    size_t n, all;
    if (!norni_mul_size(n_series, m->horizon, &n) || !norni_mul_size(n, n_x + 1, &all))
        n = all = SIZE_MAX;
    m->y = norni_arena_get(m->arena, n, sizeof *m->y);
    m->why = norni_arena_zero(m->arena, n_series, sizeof *m->why);
    m->x = n_x > 0 ? norni_arena_get(m->arena, n_x * n, sizeof *m->x) : NULL;
    const double **column = norni_arena_get(m->arena, n_x, sizeof *column);
    if (!m->y || !m->why || !column || (n_x > 0 && !m->x))
        return norni_alloc_fail(err, "--actual", all, sizeof(double));
    for (size_t k = 0; k < n; k++)
        m->y[k] = NORNI_NAN;
    for (size_t k = 0; k < n_x * n; k++)
        m->x[k] = NORNI_NAN;
    for (size_t c = 0; c < n_x; c++)
        column[c] = m->x + c * n;
    m->out->holdout = (norni_holdout){.y = m->y, .x = n_x > 0 ? column : NULL, .why = m->why};
    return NORN_OK;
}

norn_status norni_actual_match(const norni_panel *actual, const norni_panel *data, size_t horizon,
                               bool continues, norni_arena *arena, norni_actual *out,
                               norn_err *err) {
    match_job m = {.actual = actual,
                   .data = data,
                   .horizon = horizon,
                   .continues = continues,
                   .arena = arena,
                   .out = out};
    norni_map ids;
    norn_status st = NORN_OK;
    memset(out, 0, sizeof *out);
    if (!continues &&
        (actual->style.kind == NORNI_TIME_INDEX) != (data->style.kind == NORNI_TIME_INDEX))
        return norn_fail(err, NORN_E_DATA,
                         "--actual and the data must both have dates or both integers as times");
    if (actual->n_x != data->n_x)
        return norn_fail(err, NORN_E_DATA, "--actual has %zu exogenous columns, the data have %zu",
                         actual->n_x, data->n_x);
    NORN_TRY(allocate(&m, err));
    bool *used = norni_arena_zero(arena, actual->n_series, sizeof *used);
    if (used == NULL) return norni_alloc_fail(err, "--actual", actual->n_series, sizeof *used);
    norni_map_init(&ids, arena->alloc);
    for (size_t j = 0; j < actual->n_series && st == NORN_OK; j++) {
        if (norni_map_add(&ids, norni_panel_id(actual, j), NULL) == NORNI_MAP_NONE)
            st = norni_alloc_fail(err, "--actual", actual->n_series, sizeof(norni_str));
    }
    for (size_t i = 0; i < data->n_series && st == NORN_OK; i++)
        st = match_series(&m, &ids, i, used, err);
    for (size_t j = 0; j < actual->n_series && st == NORN_OK; j++) {
        const norni_str id = norni_panel_id(actual, j);
        if (!used[j] && out->n_unknown++ == 0)
            norni_format(out->first_unknown, sizeof out->first_unknown, "%.*s", (int)id.n, id.p);
    }
    norni_map_clear(&ids);
    return st;
}

norn_status norni_actual_read(norn_ctx *ctx, const char *path, const norni_read_opt *like,
                              const norni_panel *data, size_t horizon, norni_arena *arena,
                              norni_actual *out, norn_err *err) {
    norni_panel actual;
    norni_align_report report;
    norn_err why = {NORN_OK, ""};
    memset(&actual, 0, sizeof actual);
    norn_status st = norni_panel_read(ctx, path, like, &actual, &report, &why);
    if (st != NORN_OK)
        norn_fail(err, st, "--actual: %s: %s", path, why.text);
    else
        st = norni_actual_match(&actual, data, horizon, like->layout == NORNI_LAYOUT_ROWS, arena,
                                out, err);
    norni_panel_clear(&actual);
    return st;
}
