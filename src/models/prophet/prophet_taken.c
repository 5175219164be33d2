/* Rows as they come: which of them serve, and whether their columns hold what they may. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdarg.h>

#include "data/calendar.h"
#include "models/prophet/prophet_plan_parts.h"

norni_prophet_when norni_prophet_when_of(int64_t ds) {
    norni_prophet_when when;
    norni_time_style style = {.kind = NORNI_TIME_DATE, .sep = '-', .seconds = true};
    if (ds % NORNI_US_DAY != 0) {
        style.kind = NORNI_TIME_DATETIME;
        style.sep = ' ';
    }
    if (ds % NORNI_US_SECOND != 0) style.digits = 6;
    when.text[norni_time_print(when.text, ds, &style)] = 0;
    return when;
}

void norni_prophet_note_add(norni_prophet_note *note, const char *fmt, ...) {
    if (note == NULL || note->n == sizeof note->text / sizeof note->text[0]) return;
    va_list ap;
    va_start(ap, fmt);
    (void)norni_vformat(note->text[note->n++], sizeof note->text[0], fmt, ap);
    va_end(ap);
}

norni_str norni_prophet_text(norni_arena *arena, norni_str text) {
    return (norni_str){norni_arena_text(arena, text.p ? text.p : "", text.n), text.n};
}

double *norni_prophet_pick(norni_arena *arena, const norni_prophet_design *design,
                           const double *column) {
    double *out = norni_arena_get(arena, design->n, sizeof *out);
    if (out == NULL) return NULL;
    if (design->row == NULL)
        memcpy(out, column, design->n * sizeof *out);
    else
        for (size_t i = 0; i < design->n; i++)
            out[i] = column[design->row[i]];
    return out;
}

const double *norni_prophet_find(const norni_prophet_rows *rows, norni_str name, size_t near) {
    for (size_t k = 0; k < rows->n_x; k++) {
        const size_t i = (near + k) % rows->n_x;
        const norni_str have = rows->x_name[i];
        if (have.n == name.n && memcmp(have.p, name.p, name.n) == 0) return rows->x[i];
    }
    return NULL;
}

static norn_status check_times(const norni_prophet_rows *rows, norn_err *err) {
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->ds[i] < NORNI_TIME_MIN || rows->ds[i] > NORNI_TIME_MAX)
            return norn_fail(err, NORN_E_DATA,
                             rows->ds[i] == NORNI_TIME_NONE
                                 ? "prophet: found NaN in column ds"
                                 : "prophet: column ds holds a time outside the years 1 to 9999");
        if (i && rows->ds[i] < rows->ds[i - 1])
            return norn_fail(err, NORN_E_ARG, "prophet: the rows are not in the order of ds");
    }
    return NORN_OK;
}

static norn_status check_y(const norni_prophet_rows *rows, size_t *n, norn_err *err) {
    *n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (isinf(rows->y[i]))
            return norn_fail(err, NORN_E_DATA, "prophet: found infinity in column y at ds %s",
                             norni_prophet_when_of(rows->ds[i]).text);
        *n += isnan(rows->y[i]) ? 0 : 1;
    }
    if (*n < 2)
        return norn_fail(err, NORN_E_DATA,
                         "prophet: the data have %zu row%s with y; a fit needs at least 2", *n,
                         *n == 1 ? "" : "s");
    return NORN_OK;
}

norn_status norni_prophet_rows_take(norni_arena *arena, bool fitting,
                                    const norni_prophet_rows *rows, norni_prophet_design *design,
                                    norn_err *err) {
    *design = (norni_prophet_design){.n = rows->n};
    NORN_TRY(check_times(rows, err));
    if (rows->n == 0 && !fitting)
        return norn_fail(err, NORN_E_DATA, "prophet: the data to predict have no rows");
    if (fitting) {
        if (rows->n && rows->y == NULL)
            return norn_fail(err, NORN_E_DATA, "prophet: the data must have columns ds and y");
        NORN_TRY(check_y(rows, &design->n, err));
    }
    int64_t *ds = norni_arena_get(arena, design->n, sizeof *ds);
    if (ds == NULL) return norni_alloc_fail(err, "prophet", design->n, sizeof *ds);
    design->ds = ds;
    if (design->n == rows->n) {
        memcpy(ds, rows->ds, rows->n * sizeof *ds);
        return NORN_OK;
    }
    size_t *row = norni_arena_get(arena, design->n, sizeof *row);
    if (row == NULL) return norni_alloc_fail(err, "prophet", design->n, sizeof *row);
    design->row = row;
    for (size_t i = 0, k = 0; i < rows->n; i++)
        if (!isnan(rows->y[i])) {
            row[k] = i;
            ds[k++] = rows->ds[i];
        }
    return NORN_OK;
}

static size_t place(const norni_prophet_design *design, size_t i) {
    return design->row ? design->row[i] : i;
}

static norn_status check_regressor(const norni_prophet_rows *rows,
                                   const norni_prophet_design *design, norni_str name, size_t near,
                                   norn_err *err) {
    const double *x = norni_prophet_find(rows, name, near);
    if (x == NULL)
        return norn_fail(err, NORN_E_DATA, "prophet: regressor '%.*s' is missing from the data",
                         (int)name.n, name.p);
    for (size_t i = 0; i < design->n; i++)
        if (!isfinite(x[place(design, i)]))
            return norn_fail(err, NORN_E_DATA, "prophet: found %s in column '%.*s' at ds %s",
                             isnan(x[place(design, i)]) ? "NaN" : "infinity", (int)name.n, name.p,
                             norni_prophet_when_of(design->ds[i]).text);
    return NORN_OK;
}

static norn_status check_condition(const norni_prophet_rows *rows,
                                   const norni_prophet_design *design, norni_str name,
                                   norn_err *err) {
    const double *x = norni_prophet_find(rows, name, 0);
    if (x == NULL)
        return norn_fail(err, NORN_E_DATA, "prophet: condition '%.*s' is missing from the data",
                         (int)name.n, name.p);
    for (size_t i = 0; i < design->n; i++) {
        const double v = x[place(design, i)];
        if (v != 0 && v != 1)
            return norn_fail(err, NORN_E_DATA,
                             "prophet: found non-boolean %g in column '%.*s' at ds %s; a condition "
                             "is 0 or 1",
                             v, (int)name.n, name.p, norni_prophet_when_of(design->ds[i]).text);
    }
    return NORN_OK;
}

norn_status norni_prophet_rows_check(const norni_prophet_plan *plan, const norni_prophet_rows *rows,
                                     const norni_prophet_design *design, norn_err *err) {
    for (size_t i = 0; i < plan->n_regressor; i++)
        NORN_TRY(check_regressor(rows, design, plan->regressor[i].name, i, err));
    for (size_t i = 0; i < plan->n_season; i++)
        if (plan->season[i].condition.n)
            NORN_TRY(check_condition(rows, design, plan->season[i].condition, err));
    return NORN_OK;
}
