/* Charts of a model that is a sum of parts: what it predicts over the history, and each part alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/components.h"

#include "data/calendar.h"
#include "plot/axis.h"

#define HOUR (NORNI_US_DAY / 24)

enum { MOST_MARKS = 16, MOST_LINES = 3 };

/* A part as a panel, with what the panel points to. */
typedef struct panel {
    norni_plot_line line[MOST_LINES];
    norni_plot_band band;
    norni_plot_mark mark[MOST_MARKS];
    norni_plot_facet facet;
} panel;

/* ---- what stands under a panel ---- */

static void add_mark(panel *p, int64_t time, const char *label) {
    if (p->facet.n_marks == MOST_MARKS) return;
    norni_plot_mark *const m = &p->mark[p->facet.n_marks++];
    m->time = time;
    norni_format(m->label, sizeof m->label, "%s", label);
}

static void mark_months(panel *p, int64_t from, int64_t to) {
    static const char *const name[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    norni_civil c = norni_civil_from_us(from);
    for (int32_t k = 0; k < 13; k++) {
        const int64_t at = norni_days_from_civil(c.year, c.month, 1) * NORNI_US_DAY;
        if (at >= from && at <= to) add_mark(p, at, name[c.month - 1]);
        c.year += c.month == 12;
        c.month = c.month % 12 + 1;
    }
}

static void mark_weekdays(panel *p, int64_t from, int64_t to) {
    static const char *const name[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
    int64_t day = from / NORNI_US_DAY - (from % NORNI_US_DAY < 0);
    day += day * NORNI_US_DAY < from;
    for (int k = 0; k < 8 && day * NORNI_US_DAY <= to; k++, day++)
        add_mark(p, day * NORNI_US_DAY, name[norni_weekday(day)]);
}

static void mark_hours(panel *p, int64_t from) {
    for (int k = 0; k <= 24; k += 3) {
        char text[8] = "00:00";
        text[0] = (char)('0' + k / 10);
        text[1] = (char)('0' + k % 10);
        add_mark(p, from + k * HOUR, text);
    }
}

/* Days since the first time, at round numbers. */
static void mark_period(panel *p, int64_t from, int64_t to) {
    const double days = (double)(to - from) / (double)NORNI_US_DAY;
    norni_ticks t;
    norni_ticks_number(&t, 0, days, 8);
    for (size_t i = 0; i < t.n; i++) {
        char text[NORNI_TICK_TEXT + 8];
        norni_format(text, sizeof text, i ? "%s" : "%s days", t.tick[i].label);
        add_mark(p, from + (int64_t)(t.tick[i].value * (double)NORNI_US_DAY), text);
    }
}

static void put_marks(panel *p, const norni_plot_part *part) {
    if (part->n == 0) return;
    const int64_t from = part->times[0], to = part->times[part->n - 1];
    switch (part->span) {
        case NORNI_SPAN_DATES: return;
        case NORNI_SPAN_YEAR: mark_months(p, from, to); return;
        case NORNI_SPAN_WEEK: mark_weekdays(p, from, to); return;
        case NORNI_SPAN_DAY: mark_hours(p, from); return;
        case NORNI_SPAN_PERIOD:
            if (to > from) mark_period(p, from, to);
            return;
    }
}

/* ---- panels ---- */

static void make_panel(panel *p, const norni_plot_part *part, norni_str name, double level) {
    norni_plot_facet *const f = &p->facet;
    memset(p, 0, sizeof *p);
    *f = (norni_plot_facet){.title = part->name,
                            .future_times = part->times,
                            .n_future = part->n,
                            .lines = p->line,
                            .marks = p->mark,
                            .percent = part->percent};
    p->band = (norni_plot_band){level, part->lo, part->hi};
    p->line[f->n_lines++] = (norni_plot_line){
        .name = name, .y = part->y, .bands = &p->band, .n_bands = part->lo && part->hi ? 1 : 0};
    if (part->cap)
        p->line[f->n_lines++] = (norni_plot_line){.name = norni_str_of("cap"), .y = part->cap};
    if (part->floor)
        p->line[f->n_lines++] = (norni_plot_line){.name = norni_str_of("floor"), .y = part->floor};
    put_marks(p, part);
}

/* "Trend, weekly and yearly of …" would need words in the right case; a plain list does not. */
static void describe(norni_buf *b, const norni_plot_part *part, size_t n) {
    norni_buf_format(b, "Components, one panel each: ");
    for (size_t i = 0; i < n; i++) {
        norni_buf_text(b, i ? ", " : "");
        norni_buf_add(b, part[i].name.p, part[i].name.n);
    }
    norni_buf_text(b, ".");
}

norn_status norni_plot_parts(norni_buf *out, norni_str title, const norni_plot_part *part, size_t n,
                             double level, int32_t width, norn_err *err) {
    panel *const p = norni_alloc_get(out->alloc, n, sizeof *p);
    norni_plot_facet *const facet = norni_alloc_get(out->alloc, n, sizeof *facet);
    norni_buf words;
    norn_status st = NORN_OK;
    norni_buf_init(&words, out->alloc);
    if (p == NULL || facet == NULL) st = norni_alloc_fail(err, "chart", n, sizeof *p);
    if (st == NORN_OK) {
        for (size_t i = 0; i < n; i++) {
            make_panel(&p[i], &part[i], norni_str_of("Component"), level);
            facet[i] = p[i].facet;
        }
        describe(&words, part, n);
        const norni_plot_chart chart = {.title = title,
                                        .description = {words.p, words.n},
                                        .facets = facet,
                                        .n_facets = n,
                                        .columns = 1,
                                        .apart = true,
                                        .width = width};
        st = words.failed ? norni_alloc_fail(err, "chart", words.cap, 2)
                          : norni_plot_lines(out, &chart, err);
    }
    norni_buf_clear(&words);
    norni_alloc_drop(out->alloc, facet, n, sizeof *facet);
    norni_alloc_drop(out->alloc, p, n, sizeof *p);
    return st;
}

norn_status norni_plot_fitted(norni_buf *out, const norni_plot_fit *fit, norn_err *err) {
    panel p;
    make_panel(&p, &fit->over, norni_str_of("Forecast"), fit->level);
    p.facet.title = fit->title;
    p.facet.times = fit->times;
    p.facet.y = fit->y;
    p.facet.n = fit->times ? fit->n : 0;
    p.facet.dots = true;
    const norni_plot_chart chart = {.title = fit->title,
                                    .x_label = fit->x_label,
                                    .y_label = fit->y_label,
                                    .facets = &p.facet,
                                    .n_facets = 1,
                                    .width = fit->width};
    return norni_plot_lines(out, &chart, err);
}
