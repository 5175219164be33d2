/* Sheets of blends: API, sulphur, shares of crudes and yields, a blend a column. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of crudes end with the first total or product; a column is a blend when its heading is one,
 * not an average and not empty. */
#include <math.h>

#include "base/fp.h"
#include "app/multi_etl_parts.h"

enum { HEAD_ROWS = 20 };

typedef struct blend_head {
    size_t row, label; /* row of the headings; column of the rows' names */
    size_t n, *column; /* (n) of the blends */
    size_t n_pseudo;
    norni_str pseudo; /* the first heading that is no blend */
} blend_head;

/* "CB01" */
static bool is_blend(norni_str s) {
    size_t k = 0;
    while (k < s.n && ((s.p[k] >= 'A' && s.p[k] <= 'Z') || (s.p[k] >= 'a' && s.p[k] <= 'z')))
        k++;
    if (k == 0 || k > 8) return false;
    while (k < s.n && (s.p[k] == ' ' || s.p[k] == '-' || s.p[k] == '_'))
        k++;
    const size_t from = k;
    while (k < s.n && s.p[k] >= '0' && s.p[k] <= '9')
        k++;
    return k > from && k == s.n;
}

static norn_status find_head(norni_etl_sheet *s, const norni_grid *g, blend_head *h,
                             norn_err *err) {
    for (h->row = 0; h->row < g->n && h->row < HEAD_ROWS; h->row++) {
        const norni_grid_row *row = &g->row[h->row];
        size_t first = 0;
        while (first < row->n && !is_blend(row->cell[first]))
            first++;
        if (first == row->n || first == 0) continue;
        h->column = norni_arena_get(&s->arena, row->n, sizeof *h->column);
        if (h->column == NULL) return norni_alloc_fail(err, "etl", row->n, sizeof *h->column);
        for (size_t k = first; k < row->n; k++) {
            const norni_str cell = row->cell[k];
            const bool pseudo = cell.n == 0 || norni_etl_yield_of(cell) == -2;
            if (!pseudo) h->column[h->n++] = k;
            if (pseudo && h->n_pseudo++ == 0) h->pseudo = cell;
        }
        h->label = first;
        for (size_t k = first; k-- > 0;) { /* the nearest column to the left that has names */
            size_t named = 0;
            double ignored;
            for (size_t r = h->row + 1; r < g->n; r++) {
                const norni_str cell = norni_grid_cell(&g->row[r], k);
                named += cell.n > 0 && !norni_etl_number(cell, &ignored);
            }
            if (named < 2) continue;
            h->label = k;
            break;
        }
        if (h->label < first) return NORN_OK;
    }
    return norn_fail(err, NORN_E_DATA,
                     "no row heads columns with blends (CB01, CB02, ...) in the first %d rows",
                     (int)HEAD_ROWS);
}

typedef enum row_kind { ROW_API, ROW_SULPHUR, ROW_MONTH, ROW_CRUDE, ROW_YIELD, ROW_NONE } row_kind;

static bool begins_alike(norni_str s, const char *word) {
    const size_t n = strlen(word);
    return s.n >= n && norni_etl_alike((norni_str){s.p, n}, word);
}

/* What a row is, by its name and the rows above it. */
static row_kind kind_of(norni_str label, bool *in_crudes, bool *over, int *yield) {
    *yield = norni_etl_yield_of(label);
    if (label.n == 0) return ROW_NONE;
    if (begins_alike(label, "API")) return ROW_API;
    if (begins_alike(label, "Sulphur") || begins_alike(label, "Sulfur")) return ROW_SULPHUR;
    if (norni_etl_alike(label, "Month") || norni_etl_alike(label, "Date")) return ROW_MONTH;
    if (begins_alike(label, "Crude")) {
        *in_crudes = !*over;
        return ROW_NONE;
    }
    if (*yield != -1) { /* products and totals: no crude stands below */
        *over = *over || *in_crudes;
        *in_crudes = false;
        return *yield >= 0 ? ROW_YIELD : ROW_NONE;
    }
    return *in_crudes ? ROW_CRUDE : ROW_NONE;
}

static bool any_number(const norni_grid_row *row, const blend_head *h) {
    double v;
    for (size_t k = 0; k < h->n; k++) {
        if (norni_etl_number(norni_grid_cell(row, h->column[k]), &v) && !isnan(v)) return true;
    }
    return false;
}

/* One cell into its blend. */
static void take_cell(norni_etl_blend *b, row_kind kind, int yield, size_t crude, norni_str cell) {
    double v;
    int64_t day;
    if (kind == ROW_MONTH) {
        const int32_t month = norni_etl_month_of(cell);
        if (month != NORNI_ETL_NO_MONTH) b->month = month;
        if (norni_etl_day(cell, &day) && day > 0) b->month = norni_etl_month(day);
        return;
    }
    if (!norni_etl_number(cell, &v) || isnan(v)) return;
    if (kind == ROW_API) b->api = v;
    if (kind == ROW_SULPHUR) b->sulphur = v;
    if (kind == ROW_YIELD) b->yield[yield] = v;
    if (kind == ROW_CRUDE) b->share[crude] = v > 0 ? v : 0;
}

static norn_status make_blends(norni_etl_sheet *s, const norni_grid *g, const blend_head *h,
                               norn_err *err) {
    s->blend = norni_arena_zero(&s->arena, h->n, sizeof *s->blend);
    s->crude = norni_arena_get(&s->arena, g->n, sizeof *s->crude);
    if (s->blend == NULL || s->crude == NULL)
        return norni_alloc_fail(err, "etl", g->n, sizeof *s->crude);
    s->n_blends = h->n;
    for (size_t k = 0; k < h->n; k++) {
        norni_etl_blend *b = &s->blend[k];
        *b = (norni_etl_blend){.id = g->row[h->row].cell[h->column[k]], .month = s->month};
        b->api = b->sulphur = NORNI_NAN;
        for (int y = 0; y < NORNI_ETL_YIELDS; y++)
            b->yield[y] = NORNI_NAN;
        b->share = norni_arena_zero(&s->arena, g->n, sizeof *b->share);
        if (b->share == NULL) return norni_alloc_fail(err, "etl", g->n, sizeof *b->share);
    }
    return NORN_OK;
}

/* Shares sum to 1, yields are shares of 1; blends without crudes are left out. */
static norn_status settle(norni_etl_sheet *s, norn_err *err) {
    size_t kept = 0;
    for (size_t k = 0; k < s->n_blends; k++) {
        norni_etl_blend *b = &s->blend[k];
        double sum = 0, yields = 0;
        for (size_t c = 0; c < s->n_crudes; c++)
            sum += b->share[c];
        for (int y = 0; y < NORNI_ETL_YIELDS; y++)
            yields += isnan(b->yield[y]) ? 0 : b->yield[y];
        for (int y = 0; y < NORNI_ETL_YIELDS && yields > 1.5; y++) /* per cent */
            b->yield[y] /= 100;
        if (!(sum > 0) || !isfinite(sum)) {
            s->n_dropped++;
            NORN_TRY(
                norni_etl_note(s, err, "blend %.*s has no crude: left out", (int)b->id.n, b->id.p));
            continue;
        }
        for (size_t c = 0; c < s->n_crudes; c++)
            b->share[c] /= sum;
        s->blend[kept++] = *b;
    }
    s->n_blends = kept;
    return NORN_OK;
}

norn_status norni_etl_read_blends(norni_etl_sheet *s, const norni_grid *g, norn_err *err) {
    blend_head h = {.n = 0};
    bool in_crudes = false, over = false;
    NORN_TRY(find_head(s, g, &h, err));
    NORN_TRY(make_blends(s, g, &h, err));
    for (size_t r = h.row + 1; r < g->n; r++) {
        const norni_grid_row *row = &g->row[r];
        const norni_str label = norni_grid_cell(row, h.label);
        int yield = -1;
        const row_kind kind = kind_of(label, &in_crudes, &over, &yield);
        if (kind == ROW_NONE || (kind == ROW_CRUDE && !any_number(row, &h))) continue;
        for (size_t k = 0; k < h.n; k++)
            take_cell(&s->blend[k], kind, yield, s->n_crudes, norni_grid_cell(row, h.column[k]));
        if (kind == ROW_CRUDE) s->crude[s->n_crudes++] = label;
    }
    if (h.n_pseudo > 0) {
        s->n_dropped += h.n_pseudo;
        NORN_TRY(norni_etl_note(s, err, "%zu columns are no blends (first: '%.*s'): left out",
                                h.n_pseudo, (int)(h.pseudo.n > 40 ? 40 : h.pseudo.n), h.pseudo.p));
    }
    return settle(s, err);
}
