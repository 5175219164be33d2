/* The tables of a report: splits, the top, each axis of the grid, best against median, metrics. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_report_facts.h"

#include <math.h>

#include "base/fp.h"

enum { DAY_WIDTH = 10 }; /* 2020-01-31 */

/* In plain text the day alone: there is no room for more. */
static void put_time(const norni_port_tale *t, norni_port_table *table, size_t bar) {
    const norni_port_prices *p = t->r->prices;
    char a[NORNI_PORT_WORD];
    if (bar >= p->n_bars) {
        norni_port_table_say(table, "-");
        return;
    }
    (void)norni_port_time_text(p, p->time[bar], a);
    if (!t->d->html && p->bars_per_day > 1) a[DAY_WIDTH] = '\0';
    norni_port_table_say(table, a);
}

void norni_port_tell_splits(const norni_port_tale *t) {
    static const norni_port_column column[] = {
        {"Split", false, 0}, {"Train from", true, 0},    {"to", true, 0},
        {"Bars", false, 0},  {"Test from", true, 0},     {"to", true, 0},
        {"Bars", false, 0},  {"Best,\ntrain", false, 0}, {"Best,\ntest", false, 0}};
    const norni_port_best *b = norni_port_first(t->r);
    norni_port_table table;
    char a[NORNI_PORT_WORD];
    norni_port_table_begin(&table, t->d,
                           "Periods, and the outperformance of the best configuration in them",
                           column, sizeof column / sizeof *column);
    for (size_t i = 0; i < t->r->n_splits; i++) {
        const norni_port_split *s = &t->r->split[i];
        const bool there = i < b->row.n_splits && b->test != NULL && b->train != NULL;
        norni_port_table_say(&table, norni_port_count_text(i + 1, a));
        put_time(t, &table, s->train_first);
        put_time(t, &table, s->train_end - 1);
        norni_port_table_say(&table, norni_port_count_text(s->train_end - s->train_first, a));
        put_time(t, &table, s->test_first);
        put_time(t, &table, s->test_end - 1);
        norni_port_table_say(&table, norni_port_count_text(s->test_end - s->test_first, a));
        norni_port_table_say(
            &table,
            norni_port_percent_plus(
                there ? b->train[i].total_return - b->train[i].buyhold_return : NORNI_NAN, a));
        norni_port_table_say(
            &table,
            norni_port_percent_plus(
                there ? b->test[i].total_return - b->test[i].buyhold_return : NORNI_NAN, a));
    }
    norni_port_table_end(&table);
    norni_port_doc_say(t->d,
                       "Train and test are each simulated from fresh capital, bought at the close "
                       "of their first bar.");
}

static void put_figures(norni_port_table *table, const norni_port_row *x) {
    char a[NORNI_PORT_WORD];
    norni_port_table_say(table, norni_port_percent_plus(x->outperformance, a));
    norni_port_table_say(table, norni_port_percent(x->total_return, a));
    norni_port_table_say(table, norni_port_ratio(x->sharpe, a));
    norni_port_table_say(table, norni_port_percent(x->max_drawdown, a));
    norni_port_table_say(table, norni_port_chance(x->win_rate, a));
    norni_port_table_say(table, norni_port_percent_plus(x->gap_per_window, a));
}

/* Different in effect by their rules, but the same in what happened. */
static void tell_ties(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    size_t n = 1;
    char a[NORNI_PORT_WORD];
    const double first = norni_port_row_metric(&r->top[0].row, r->metric);
    while (n < r->n_top && !(norni_port_row_metric(&r->top[n].row, r->metric) < first) &&
           isfinite(first))
        n++;
    if (n < 2) return;
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "The first %s", norni_port_count_text(n, a));
    norni_buf_text(w, n == r->n_top && n == NORNI_PORT_TOP ? " or more" : "");
    norni_buf_format(w,
                     " have the same %s: their rules differ, but in the tests they did the "
                     "same. The one of the lowest number stands first.",
                     norni_port_metric_words(r->metric));
    norni_port_doc_para(t->d);
}

void norni_port_tell_top(const norni_port_tale *t, size_t most) {
    static const norni_port_column column[] = {
        {"Rank", false, 0},        {"No.", false, 0},
        {"Assets", true, 20},      {"Outper-\nformance", false, 0},
        {"Return", false, 0},      {"Sharpe", false, 0},
        {"Draw-\ndown", false, 0}, {"Win\nrate", false, 0},
        {"Gap", false, 0},         {"Configuration", true, 0}};
    const size_t n = t->r->n_top < most ? t->r->n_top : most;
    char a[NORNI_PORT_WORD];
    norni_port_table table;
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, n == 1 ? "The only configuration" : "The best %zu configurations", n);
    norni_buf_format(w, ", by %s; means per test window", norni_port_metric_words(t->r->metric));
    char caption[160];
    (void)norni_format(caption, sizeof caption, "%.*s", (int)(w->failed ? 0 : w->n),
                       w->failed ? "" : w->p);
    norni_port_table_begin(&table, t->d, caption, column, t->d->html ? 10 : 9);
    for (size_t i = 0; i < n; i++) {
        const norni_port_best *b = &t->r->top[i];
        norni_port_table_say(&table, norni_port_count_text(i + 1, a));
        norni_port_table_say(&table, norni_port_count_text(b->row.id, a));
        w = norni_port_doc_words(t->d);
        norni_port_config_assets(&b->config, t->r->prices->symbol, w);
        norni_port_table_words(&table);
        put_figures(&table, &b->row);
        if (!t->d->html) continue;
        w = norni_port_doc_words(t->d);
        norni_port_config_words(&b->config, t->r->prices->symbol, w);
        norni_port_table_words(&table);
    }
    norni_port_table_end(&table);
    tell_ties(t);
    for (size_t i = 0; i < n && !t->d->html; i++) {
        w = norni_port_doc_words(t->d);
        norni_buf_format(w, "No. %s: ", norni_port_count_text(t->r->top[i].row.id, a));
        norni_port_config_words(&t->r->top[i].config, t->r->prices->symbol, w);
        norni_port_doc_item(t->d);
    }
    norni_port_doc_settle(t->d);
}

/* ---- axes ---- */

enum { AXIS_ROWS = 24 };

/* The values of an axis that are shown, in their order: all, or those of the highest mean. */
static size_t shown_values(const norni_port_sensitivity *s, size_t at[AXIS_ROWS]) {
    size_t n = 0;
    for (size_t v = 0; v < s->n_values; v++) {
        if (s->count[v] == 0) continue;
        const double x = isfinite(s->mean[v]) ? s->mean[v] : -1e308;
        size_t k = n < AXIS_ROWS ? n++ : AXIS_ROWS;
        if (k == AXIS_ROWS) {
            const double last = s->mean[at[--k]];
            if (!(x > (isfinite(last) ? last : -1e308))) continue;
        }
        for (; k > 0; k--) {
            const double before = s->mean[at[k - 1]];
            if (!(x > (isfinite(before) ? before : -1e308))) break;
            at[k] = at[k - 1];
        }
        at[k] = v;
    }
    return n;
}

static const char *best_share(const char *axis) {
    return strcmp(axis, "assets") == 0    ? "Of the\nbest 20"
           : strcmp(axis, "weights") == 0 ? "Of the\nbest 50"
                                          : "Of the\nbest tenth";
}

static size_t used_values(const norni_port_sensitivity *s) {
    size_t n = 0;
    for (size_t v = 0; v < s->n_values; v++)
        n += s->count[v] > 0;
    return n;
}

void norni_port_tell_axis(const norni_port_tale *t, size_t axis) {
    const norni_port_sensitivity *s = &t->r->axis[axis];
    const norni_port_grid *g = t->r->grid;
    const char *name = norni_port_grid_axis_name(g, s->axis);
    const norni_port_column column[] = {
        {name, true, 34},   {"Average", false, 0},        {"Median", false, 0},
        {"Best", false, 0}, {best_share(name), false, 0}, {"Configu-\nrations", false, 0}};
    size_t at[AXIS_ROWS];
    const size_t n = shown_values(s, at), used = used_values(s);
    const norni_port_metric m = t->r->metric;
    norni_port_table table;
    char caption[120], a[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    norni_port_put_axis(w, name);
    (void)norni_format(caption, sizeof caption, "By %.*s: %s, the best average first",
                       (int)(w->failed || w->n > 40 ? 0 : w->n), w->failed ? "" : w->p,
                       norni_port_metric_words(m));
    norni_port_table_begin(&table, t->d, caption, column, 6);
    for (size_t k = 0; k < n; k++) {
        w = norni_port_doc_words(t->d);
        norni_port_grid_axis_text(g, s->axis, at[k], w);
        norni_port_table_words(&table);
        norni_port_table_say(&table, norni_port_metric_text(m, s->mean[at[k]], a));
        norni_port_table_say(&table, norni_port_metric_text(m, s->median[at[k]], a));
        norni_port_table_say(&table, norni_port_metric_text(m, s->best[at[k]], a));
        norni_port_table_say(&table, norni_port_chance(s->top_share[at[k]], a));
        norni_port_table_say(&table, norni_port_count_text(s->count[at[k]], a));
    }
    norni_port_table_end(&table);
    if (used <= n) return;
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "The %zu values of the highest average, of %zu.", n, used);
    norni_port_doc_para(t->d);
}

void norni_port_tell_sensitivity(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    size_t fixed = 0, told = 0;
    for (size_t k = 0; k < r->n_axes; k++) {
        if (used_values(&r->axis[k]) < 2) continue;
        norni_port_tell_axis(t, k);
        told++;
    }
    if (told == 0)
        norni_port_doc_say(
            t->d,
            "No axis of the grid has two values that could be run: there is nothing to compare.");
    norni_buf *w = norni_port_doc_words(t->d);
    for (size_t k = 0; k < r->n_axes; k++) {
        const norni_port_sensitivity *s = &r->axis[k];
        if (used_values(s) != 1) continue;
        size_t v = 0;
        while (s->count[v] == 0)
            v++;
        norni_buf_format(w, "%s%s = ", fixed++ > 0 ? "; " : "The same for all: ",
                         norni_port_grid_axis_name(r->grid, s->axis));
        norni_port_grid_axis_text(r->grid, s->axis, v, w);
    }
    if (fixed > 0) {
        norni_buf_text(w, ".");
        norni_port_doc_para(t->d);
    }
    norni_port_doc_settle(t->d);
}
