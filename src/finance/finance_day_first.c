/* 03/04/2024: whether days or months come first in a column, told by its own dates. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_rows.h"

/* What the split dates of one file say. */
typedef struct evidence {
    size_t day, month, either, dots, day_row, month_row, either_row;
    bool day_is_one, month_is_one; /* 01 stands first (second) in all of them */
    uint32_t months[2];            /* bits of the months, days or months first */
} evidence;

static void gather(const norni_fin_rows *r, const norni_fin_date *date, uint32_t file,
                   evidence *e) {
    *e = (evidence){.day_is_one = true, .month_is_one = true};
    for (size_t i = 0; i < r->n; i++) {
        const norni_fin_date *const d = &date[i];
        if (r->line[i].file != file || d->form != NORNI_FIN_DATE_SPLIT) continue;
        if (d->month_first == NORNI_TIME_NONE) {
            if (e->day++ == 0) e->day_row = i;
        } else if (d->day_first == NORNI_TIME_NONE) {
            if (e->month++ == 0) e->month_row = i;
        } else if (e->either++ == 0) {
            e->either_row = i;
        }
        e->dots += d->dots;
        if (d->day_first == NORNI_TIME_NONE || d->month_first == NORNI_TIME_NONE) continue;
        e->day_is_one = e->day_is_one && norni_civil_from_us(d->day_first).day == 1;
        e->month_is_one = e->month_is_one && norni_civil_from_us(d->month_first).day == 1;
        e->months[0] |= UINT32_C(1) << norni_civil_from_us(d->day_first).month;
        e->months[1] |= UINT32_C(1) << norni_civil_from_us(d->month_first).month;
    }
}

static norn_status fail_dates(const norni_fin_rows *r, size_t c, size_t i, size_t other,
                              norn_err *err) {
    const norni_str name = norni_fin_quoted(r->column[c].name),
                    cell = norni_fin_quoted(norni_fin_rows_cell(r, i, c));
    const char *const file = r->file[r->line[i].file].name;
    const unsigned long long line = (unsigned long long)r->line[i].row->line;
    if (other == i)
        return norn_fail(err, NORN_E_DATA,
                         "%s: line %llu: column %.*s: %.*s may be day or month first, and no other "
                         "row tells; give "
                         "--dates day-first or --dates month-first",
                         file, line, (int)name.n, name.p, (int)cell.n, cell.p);
    const norni_str second = norni_fin_quoted(norni_fin_rows_cell(r, other, c));
    return norn_fail(err, NORN_E_DATA,
                     "%s: line %llu: column %.*s: %.*s has the day first, %.*s of line %llu the "
                     "month; give --dates "
                     "day-first or --dates month-first",
                     file, line, (int)name.n, name.p, (int)cell.n, cell.p, (int)second.n, second.p,
                     (unsigned long long)r->line[other].row->line);
}

/* Whether days come first in a file, by its own dates; *known false: they do not tell. */
static norn_status own_order(const norni_fin_rows *r, size_t c, const evidence *e, bool *day_first,
                             bool *known, norn_err *err) {
    *known = e->day + e->month > 0;
    *day_first = e->day > e->month;
    const size_t most = e->day > e->month ? e->day : e->month, least = e->day + e->month - most;
    if (least > 0 && 50 * least >= most) return fail_dates(r, c, e->day_row, e->month_row, err);
    return NORN_OK;
}

/* January aside, whose first day reads the same either way. */
static bool five_months(uint32_t bits) {
    int n = 0;
    for (; bits; bits &= bits - 1)
        n++;
    return n >= 5;
}

/* Files whose dates do not tell follow the others, then what is usual; else they are refused. */
static norn_status usual_order(norni_fin_rows *r, size_t c, const evidence *e, int others,
                               bool *day_first, norn_err *err) {
    const char *what;
    *day_first = true;
    if (others == 1 || others == 2) {
        *day_first = others == 1;
        what = "as in the other files";
    } else if (e->dots == e->either) {
        what = "as is usual between dots";
    } else if (e->day_is_one != e->month_is_one && five_months(e->months[e->day_is_one ? 0 : 1])) {
        *day_first = e->day_is_one;
        what = "since the other number is always 1, as of months";
    } else {
        return fail_dates(r, c, e->either_row, e->either_row, err);
    }
    const norni_str name = norni_fin_quoted(r->column[c].name);
    return norni_fin_rows_note(
        r, err, "column %.*s: dates are taken %s first, %s; --dates decides otherwise", (int)name.n,
        name.p, *day_first ? "day" : "month", what);
}

norn_status norni_fin_rows_orders(norni_fin_rows *r, size_t c, const norni_fin_date *date,
                                  bool *day_first, norn_err *err) {
    evidence *const e = norni_arena_get(r->arena, r->n_files, sizeof *e);
    bool *const known = norni_arena_zero(r->arena, r->n_files, sizeof *known);
    int seen = 0;
    if (e == NULL || known == NULL) return norni_alloc_fail(err, "report", r->n_files, sizeof *e);
    for (size_t f = 0; f < r->n_files; f++) {
        day_first[f] = r->dates == NORNI_FIN_DATES_DAY_FIRST;
        if (r->dates != NORNI_FIN_DATES_AUTO) continue;
        gather(r, date, (uint32_t)f, &e[f]);
        NORN_TRY(own_order(r, c, &e[f], &day_first[f], &known[f], err));
        if (known[f]) seen |= day_first[f] ? 1 : 2;
    }
    for (size_t f = 0; f < r->n_files && r->dates == NORNI_FIN_DATES_AUTO; f++) {
        if (!known[f] && e[f].either > 0)
            NORN_TRY(usual_order(r, c, &e[f], seen, &day_first[f], err));
    }
    if (seen == 3)
        NORN_TRY(norni_fin_rows_note(
            r, err,
            "some files write days first and others months; each is read as its own "
            "dates tell"));
    return NORN_OK;
}

/* 24/01/31: what stands last runs over the days of a month, not over years. */
norn_status norni_fin_rows_short_years(const norni_fin_rows *r, size_t c,
                                       const norni_fin_date *date, const int64_t *time,
                                       norn_err *err) {
    uint32_t years = 0, days = 0;
    size_t n_years = 0, n_days = 0, row = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (!date[i].short_year || date[i].form != NORNI_FIN_DATE_SPLIT ||
            time[i] == NORNI_TIME_NONE)
            continue;
        const norni_civil civil = norni_civil_from_us(time[i]);
        if (civil.year < 2001 || civil.year > 2031) return NORN_OK;
        years |= UINT32_C(1) << (civil.year - 2000);
        days |= UINT32_C(1) << civil.day;
        row = i;
    }
    for (int k = 0; k < 32; k++) {
        n_years += years >> k & 1;
        n_days += days >> k & 1;
    }
    if (n_years < 20 || n_years <= n_days) return NORN_OK;
    const norni_str name = norni_fin_quoted(r->column[c].name),
                    cell = norni_fin_quoted(norni_fin_rows_cell(r, row, c));
    return norn_fail(err, NORN_E_DATA,
                     "%s: line %llu: column %.*s: %.*s seems to begin with its year; write years "
                     "with four digits",
                     r->file[r->line[row].file].name, (unsigned long long)r->line[row].row->line,
                     (int)name.n, name.p, (int)cell.n, cell.p);
}
