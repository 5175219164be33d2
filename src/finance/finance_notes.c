/* Rows whose balances belong to nobody, and the notes on what a table's months leave out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/calendar.h"
#include "finance/finance_span.h"

/* ---- stray rows ---- */

static bool has(const norni_fin_groups *g, size_t row) {
    return g->of != NULL && g->of[row] < g->n;
}

norn_status norni_fin_stray_find(const norni_fin_table *t, norni_arena *arena, const bool **stray,
                                 norn_err *err) {
    const norni_fin_groups *region = &t->region, *department = &t->department;
    size_t n = 0;
    *stray = NULL;
    /* Whether any row of the region (the last: of none) has a department. */
    bool *divided = norni_arena_zero(arena, region->n + 1, sizeof *divided);
    bool *out = norni_arena_zero(arena, t->n, sizeof *out);
    if (divided == NULL || out == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    for (size_t i = 0; i < t->n; i++) {
        if (has(department, i)) divided[has(region, i) ? region->of[i] : region->n] = true;
    }
    for (size_t i = 0; i < t->n; i++) {
        const bool placed = has(region, i);
        const bool split = divided[placed ? region->of[i] : region->n];
        out[i] = (!placed && region->n > 0) || (split && !has(department, i));
        n += out[i];
    }
    if (n > 0) *stray = out;
    return NORN_OK;
}

/* ---- notes ---- */

static norn_status NORN_PRINTF(4, 5)
    add_note(norni_fin_table *t, norni_arena *arena, norn_err *err, const char *fmt, ...) {
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    const size_t n = norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    norni_str *note = norni_arena_get(arena, t->n_notes + 1, sizeof *note);
    const char *kept = norni_arena_text(arena, text, n);
    if (note == NULL || kept == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    if (t->n_notes > 0) memcpy(note, t->note, t->n_notes * sizeof *note);
    note[t->n_notes++] = (norni_str){kept, n};
    t->note = note;
    return NORN_OK;
}

static void day_text(int32_t month, int32_t day, char out[11]) {
    norni_fin_month_text(month, out);
    out[8] = (char)('0' + day / 10), out[9] = (char)('0' + day % 10);
}

norn_status norni_fin_span_tell(norni_fin_table *t, const norni_fin_span *s, const bool *stray,
                                norni_arena *arena, norn_err *err) {
    char day[11];
    size_t n = 0;
    if (s->part_first) {
        day_text(s->first, s->first_day, day);
        NORN_TRY(add_note(t, arena, err,
                          "The first month, %.*s, is not whole: its rows begin on %s. Growth, "
                          "averages over months, forecasts and findings begin with the next one.",
                          7, day, day));
    }
    if (s->part_last) {
        day_text(s->last, s->last_day, day);
        NORN_TRY(add_note(t, arena, err,
                          "The last month, %.*s, is not over: its rows end on %s. Growth, averages "
                          "over months and findings leave it out, and forecasts begin with it.",
                          7, day, day));
    }
    bool stocks = false;
    for (int k = NORNI_FIN_ASSETS; k < NORNI_FIN_NUMBERS; k++)
        stocks = stocks || t->number[k] != NULL;
    for (size_t i = 0; stray != NULL && i < t->n; i++)
        n += stray[i];
    if (n == 0 || !stocks) return NORN_OK;
    return add_note(t, arena, err,
                    "%zu row%s no region or department although others have: %s revenue and other "
                    "sums count, %s balances (assets, liabilities, ar, ap) do not, since nobody "
                    "can say whose they are. Give the cell a name to have them counted.",
                    n, n == 1 ? " has" : "s have", n == 1 ? "its" : "their",
                    n == 1 ? "its" : "their");
}
