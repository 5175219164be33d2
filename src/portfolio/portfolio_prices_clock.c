/* Steps between bars, bars in a day and in a year, and the clocks that rebalancing rules count by. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Days are the time in days; weeks are numbered from the one that holds 1970-01-01 by their Mondays (ISO), months 12 * year
 * + month - 1, quarters 4 * year + quarter - 1, years as they are, bars 0, 1, 2 ... Integer times count days from a
 * day of no name: weeks are then blocks of 7 of them, months of 30, quarters of 91, years of 365, from 0 on.
 * Periods in a year: steps of 7 days 52, of a month 12, of a quarter 4, of a year 1; other steps of more than a day,
 * of a day, and shorter ones: 365 days a year where bars stand on weekends (one in 20 or more do; or none could, since
 * no Saturday lies between the first bar and the last), else 252 days, and within a day as many bars as the median day
 * with bars has. */
#include "base/sort.h"
#include "portfolio/portfolio_prices_parts.h"

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

norn_status norni_port_common_step(const norn_alloc *alloc, const int64_t *time, size_t n,
                                   int64_t *step, norn_err *err) {
    size_t best = 0, run = 0, other = 0;
    *step = 0;
    if (n < 2) return NORN_OK;
    const int64_t first = time[1] - time[0];
    for (size_t i = 1; i < n; i++)
        other += time[i] - time[i - 1] != first;
    if (2 * other < n - 1) { /* more than half: nothing is commoner */
        *step = first;
        return NORN_OK;
    }
    double *d = norni_alloc_get(alloc, n - 1, sizeof *d); /* whole numbers below 2^53: exact */
    if (d == NULL) return norni_alloc_fail(err, "prices", n - 1, sizeof *d);
    for (size_t i = 1; i < n; i++)
        d[i - 1] = (double)(time[i] - time[i - 1]);
    norni_sort_doubles(d, n - 1);
    for (size_t i = 0; i + 1 < n; i++) {
        run = i > 0 && d[i] == d[i - 1] ? run + 1 : 1;
        if (run > best) {
            best = run;
            *step = (int64_t)d[i];
        }
    }
    norni_alloc_drop(alloc, d, n - 1, sizeof *d);
    return NORN_OK;
}

/* How many of such steps a year has by the calendar; 0: it is no month, quarter, year. */
static double calendar_steps(int64_t step) {
    const int64_t days = step / NORNI_US_DAY;
    if (step % NORNI_US_DAY != 0) return 0;
    if (days >= 28 && days <= 31) return 12;
    if (days >= 90 && days <= 92) return 4;
    return days == 365 || days == 366;
}

double norni_port_step_bars(int64_t step, const norni_time_style *style) {
    if (step <= 0) return 1;
    if (style->kind == NORNI_TIME_INDEX) return 1 / (double)step;
    const double per_year = calendar_steps(step);
    return per_year > 0 ? per_year / 365.25 : (double)NORNI_US_DAY / (double)step;
}

static bool weekends_stand(const int64_t *time, size_t n) {
    const int64_t first = floor_div(time[0], NORNI_US_DAY),
                  last = floor_div(time[n - 1], NORNI_US_DAY);
    size_t found = 0;
    const int64_t saturday = first + (5 - norni_weekday(first) + 7) % 7;
    if (saturday > last) return true;
    for (size_t i = 0; i < n; i++)
        found += norni_weekday(floor_div(time[i], NORNI_US_DAY)) >= 5;
    return 20 * found >= n;
}

/* The median number of bars of the days that have some; the smaller middle one. */
static norn_status session_bars(const norn_alloc *alloc, const int64_t *time, size_t n, double *out,
                                norn_err *err) {
    size_t n_days = 0;
    double *count = norni_alloc_zero(alloc, n, sizeof *count);
    if (count == NULL) return norni_alloc_fail(err, "prices", n, sizeof *count);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || floor_div(time[i], NORNI_US_DAY) != floor_div(time[i - 1], NORNI_US_DAY))
            n_days++;
        count[n_days - 1]++;
    }
    norni_sort_doubles(count, n_days);
    *out = count[(n_days - 1) / 2];
    norni_alloc_drop(alloc, count, n, sizeof *count);
    return NORN_OK;
}

static norn_status periods_of(const norn_alloc *alloc, const norni_port_prices *p, int64_t step,
                              double *out, norn_err *err) {
    const double by_calendar = calendar_steps(step);
    double session = 1;
    if (p->style.kind == NORNI_TIME_INDEX) {
        *out = step > 0 ? 365 / (double)step : 365;
    } else if (by_calendar > 0) {
        *out = by_calendar;
    } else if (step == 7 * NORNI_US_DAY) {
        *out = 52;
    } else if (step <= 0 || weekends_stand(p->time, p->n_bars)) {
        *out = 365 * p->bars_per_day;
    } else if (step >= NORNI_US_DAY) {
        *out = 252 * p->bars_per_day;
    } else {
        NORN_TRY(session_bars(alloc, p->time, p->n_bars, &session, err));
        *out = 252 * session;
    }
    return NORN_OK;
}

static void set_index_clocks(norni_port_prices *p, size_t i) {
    static const int64_t days[] = {1, 7, 30, 91, 365};
    for (int c = NORNI_PORT_CLOCK_DAYS; c <= NORNI_PORT_CLOCK_YEARS; c++)
        p->clock[c][i] = (double)floor_div(p->time[i], days[c]);
}

static void set_clocks(norni_port_prices *p, size_t i) {
    const int64_t t = p->time[i], day = floor_div(t, NORNI_US_DAY);
    const norni_civil c = norni_civil_from_us(t);
    p->clock[NORNI_PORT_CLOCK_DAYS][i] = (double)t / (double)NORNI_US_DAY;
    p->clock[NORNI_PORT_CLOCK_WEEKS][i] = (double)floor_div(day + 3, 7); /* a Thursday */
    p->clock[NORNI_PORT_CLOCK_MONTHS][i] = 12.0 * c.year + c.month - 1;
    p->clock[NORNI_PORT_CLOCK_QUARTERS][i] = 4.0 * c.year + (c.month - 1) / 3;
    p->clock[NORNI_PORT_CLOCK_YEARS][i] = c.year;
}

/* Daily bars by a clock with daylight saving: steps of 23 and 25 hours among days. */
static void tell_saving(norni_port_prices *p, int64_t step) {
    const int64_t hour = NORNI_US_DAY / 24;
    size_t n = 0, first = 0;
    if (step != NORNI_US_DAY || p->style.kind == NORNI_TIME_INDEX) return;
    for (size_t i = 1; i < p->n_bars; i++) {
        const int64_t over = (p->time[i] - p->time[i - 1]) % NORNI_US_DAY;
        if ((over == hour || over == 23 * hour) && n++ == 0) first = i;
    }
    if (n == 0) return;
    norni_port_when w;
    norni_buf_format(&p->notes,
                     "%zu step%s between daily bars %s 23 or 25 hours (first at %s), as by a clock "
                     "with daylight saving; --timeframe 1d puts the bars on days\n",
                     n, n == 1 ? "" : "s", n == 1 ? "is" : "are",
                     norni_port_when_text(&w, p->time[first], &p->style));
}

norn_status norni_port_clocks_make(const norn_alloc *alloc, norni_port_prices *p, norn_err *err) {
    int64_t step = 0;
    for (int c = 0; c < NORNI_PORT_CLOCKS; c++) {
        p->clock[c] = norni_arena_get(&p->arena, p->n_bars, sizeof(double));
        if (p->clock[c] == NULL) return norni_alloc_fail(err, "prices", p->n_bars, sizeof(double));
    }
    for (size_t i = 0; i < p->n_bars; i++) {
        p->clock[NORNI_PORT_CLOCK_BARS][i] = (double)i;
        if (p->style.kind == NORNI_TIME_INDEX)
            set_index_clocks(p, i);
        else
            set_clocks(p, i);
    }
    NORN_TRY(norni_port_common_step(alloc, p->time, p->n_bars, &step, err));
    p->bars_per_day = norni_port_step_bars(step, &p->style);
    tell_saving(p, step);
    if (p->periods_per_year > 0) return NORN_OK;
    return periods_of(alloc, p, step, &p->periods_per_year, err);
}
