/* Skill or luck on a search's HTML page: all configurations' metric, in sample against out of sample, PBO's logits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "plot/pane_kinds.h"
#include "portfolio/portfolio_html_parts.h"

enum { BINS = 48, CHUNK = 256, HALF = 520, CLOUD = 20000 };

static norn_status fail(const norni_port_page *p, size_t n) {
    return norni_alloc_fail(p->err, "portfolio report", n, sizeof(double));
}

/* ---- the metric of every configuration ---- */

/* Counts of usable configurations in equal bins over [lo, hi]. */
static norn_status count_rows(const norni_port_page *p, double lo, double hi, double *count) {
    const norni_port_result *r = p->r;
    const uint64_t all = norni_spool_size(&r->rows) / sizeof(norni_port_row);
    norni_port_row *row = norni_arena_get(p->arena, CHUNK, sizeof *row);
    if (row == NULL) return fail(p, CHUNK);
    for (uint64_t at = 0; at < all; at += CHUNK) {
        const size_t n = all - at < CHUNK ? (size_t)(all - at) : CHUNK;
        NORN_TRY(norni_spool_read(&r->rows, at * sizeof *row, row, n * sizeof *row, p->err));
        for (size_t i = 0; i < n; i++) {
            const double x =
                norni_port_metric_shown(r->metric, norni_port_row_metric(&row[i], r->metric));
            if (row[i].n_splits == 0 || !isfinite(x)) continue;
            const double share = (x - lo) / (hi - lo) * BINS;
            const size_t bin = share > 0 ? (size_t)(share < BINS - 1 ? share : BINS - 1) : 0;
            count[bin]++;
        }
    }
    return NORN_OK;
}

static norni_layer upright(const char *name, size_t colour, bool dashed, const double *at) {
    return (norni_layer){.mark = NORNI_MARK_SEGMENTS,
                         .name = norni_str_of(name),
                         .colour = colour,
                         .dashed = dashed,
                         .open = true,
                         .n = 1,
                         .x = &at[0],
                         .y = &at[1],
                         .x2 = &at[0],
                         .y2 = &at[2]};
}

norn_status norni_port_html_spread(const norni_port_page *p) {
    const norni_port_result *r = p->r;
    double lo = norni_port_metric_shown(r->metric, r->worst),
           hi = norni_port_metric_shown(r->metric, r->best);
    const double scale = norni_port_metric_is_share(r->metric) ? 100 : 1;
    norni_str label;
    if (lo > hi) {
        const double other = lo;
        lo = hi;
        hi = other;
    }
    if (!isfinite(hi - lo) || !(hi - lo > 1e-9 * (fabs(lo) + fabs(hi))) || hi - lo < 1e-200)
        return NORN_OK;
    double *box = norni_arena_zero(p->arena, BINS, 4 * sizeof *box);
    if (box == NULL) return fail(p, 4 * BINS);
    NORN_TRY(count_rows(p, lo, hi, box + 3 * BINS));
    for (size_t k = 0; k < BINS; k++) {
        box[k] = scale * (lo + (hi - lo) * ((double)k / BINS));
        box[2 * BINS + k] = scale * (lo + (hi - lo) * ((double)(k + 1) / BINS));
    }
    NORN_TRY(norni_port_html_label(p, &label));
    const double best[3] = {norni_port_html_value(r->metric, r->best), -1e300, 1e300},
                 median[3] = {norni_port_html_value(r->metric, r->median), -1e300, 1e300};
    const norni_layer layer[3] = {{.mark = NORNI_MARK_BOXES,
                                   .opacity = 0.55,
                                   .n = BINS,
                                   .x = box,
                                   .y = box + BINS,
                                   .x2 = box + 2 * BINS,
                                   .y2 = box + 3 * BINS},
                                  upright("Median", 0, true, median),
                                  upright("Best", 5, false, best)};
    const norni_pane pane = {.title = norni_str_of("How many configurations have which value"),
                             .x = {.label = label},
                             .layer = layer,
                             .n_layers = 3};
    const norni_pane_sheet sheet = {.title = norni_str_of("All configurations of the search"),
                                    .panel = &pane,
                                    .n_panels = 1,
                                    .height = 220,
                                    .width = HALF};
    return norni_port_html_sheet(p, &sheet);
}

/* ---- in sample against out of sample ---- */

static norn_status put_top(const norni_port_page *p) {
    const norni_port_result *r = p->r;
    const size_t n = r->n_top;
    double *v = norni_arena_get(p->arena, n, 2 * sizeof *v);
    if (v == NULL) return fail(p, 2 * n);
    for (size_t i = 0; i < n; i++) {
        v[i] = 100 * r->top[i].row.train_outperformance;
        v[n + i] = 100 * r->top[i].row.outperformance;
    }
    const norni_layer layer[2] = {{.mark = NORNI_MARK_POINTS, .n = n, .x = v, .y = v + n},
                                  {.mark = NORNI_MARK_POINTS,
                                   .name = norni_str_of("The best one"),
                                   .colour = 5,
                                   .thick = true,
                                   .n = 1,
                                   .x = v,
                                   .y = v + n}};
    const norni_pane pane = {.title = norni_str_of("Mean outperformance on test, %"),
                             .x = {.label = norni_str_of("Mean outperformance on train, %")},
                             .zero = true,
                             .upright = true,
                             .layer = layer,
                             .n_layers = 2};
    char title[80];
    (void)norni_format(title, sizeof title,
                       n == 1 ? "Train against test" : "Train against test: the best %zu", n);
    const norni_pane_sheet sheet = {
        .title = norni_str_of(title), .panel = &pane, .n_panels = 1, .height = 260, .width = HALF};
    return norni_port_html_sheet(p, &sheet);
}

/* The chosen one of every way to split: its measure in sample and out of sample, a year; growths in per cent. */
static norn_status put_chosen(const norni_port_page *p) {
    static const char *const word[][3] = {
        [NORNI_PORT_OF_SHARPE] = {"Sharpe ratio a year in sample",
                                  "Sharpe ratio a year out of sample",
                                  "What was best in one half, in the other"},
        [NORNI_PORT_OF_GROWTH] = {"Log growth a year in sample, %",
                                  "Log growth a year out of sample, %",
                                  "The highest growth of one half, in the other"},
        [NORNI_PORT_OF_ACTIVE] = {"Log growth a year above buying and holding in sample, %",
                                  "Log growth a year above buying and holding out of sample, %",
                                  "The most above buying and holding of one half, in the other"}};
    const norni_port_pbo *o = &p->r->pbo;
    const size_t n = o->n_splits < CLOUD ? o->n_splits : CLOUD;
    const double bars = p->r->prices->periods_per_year,
                 year = o->measure == NORNI_PORT_OF_SHARPE ? sqrt(bars) : 100 * bars;
    double *v = norni_arena_get(p->arena, n, 2 * sizeof *v), lo = INFINITY, hi = -INFINITY, line[4];
    if (v == NULL) return fail(p, 2 * n);
    for (size_t i = 0; i < n; i++) {
        v[i] = o->in_sample[i] * year;
        v[n + i] = o->out_of_sample[i] * year;
        if (v[i] < lo) lo = v[i];
        if (v[i] > hi) hi = v[i];
    }
    line[0] = lo, line[1] = hi;
    line[2] = o->intercept * year + o->slope * lo, line[3] = o->intercept * year + o->slope * hi;
    norni_layer layer[2] = {{.mark = NORNI_MARK_POINTS, .n = n, .x = v, .y = v + n}};
    layer[1] = (norni_layer){.mark = NORNI_MARK_LINE,
                             .name = norni_str_of("Regression"),
                             .colour = 5,
                             .open = true,
                             .n = isfinite(line[2]) && isfinite(line[3]) && hi > lo ? 2 : 0,
                             .x = line,
                             .y = line + 2};
    const norni_pane pane = {.title = norni_str_of(word[o->measure][1]),
                             .x = {.label = norni_str_of(word[o->measure][0])},
                             .zero = true,
                             .upright = true,
                             .layer = layer,
                             .n_layers = 2};
    const norni_pane_sheet sheet = {.title = norni_str_of(word[o->measure][2]),
                                    .panel = &pane,
                                    .n_panels = 1,
                                    .height = 260,
                                    .width = HALF};
    return norni_port_html_sheet(p, &sheet);
}

static norn_status put_logits(const norni_port_page *p) {
    const norni_port_pbo *o = &p->r->pbo;
    norni_pane pane = {.title = norni_str_of("Ways to split the tests"),
                       .x = {.label = norni_str_of(
                                 "Logit of the rank out of sample: left of 0 is the lower half")},
                       .upright = true};
    NORN_TRY(norni_pane_histogram(p->arena, &pane, o->logit, o->n_splits, false, p->err));
    const norni_pane_sheet sheet = {.title = norni_str_of("Where the best in sample ended"),
                                    .panel = &pane,
                                    .n_panels = 1,
                                    .height = 220,
                                    .width = HALF};
    return norni_port_html_sheet(p, &sheet);
}

norn_status norni_port_html_luck(const norni_port_page *p) {
    const norni_port_pbo *o = &p->r->pbo;
    NORN_TRY(norni_port_html_spread(p));
    NORN_TRY(put_top(p));
    if (o->n_trials == 0 || o->n_splits == 0 || !o->logit || !o->in_sample || !o->out_of_sample)
        return NORN_OK;
    NORN_TRY(put_chosen(p));
    return put_logits(p);
}
