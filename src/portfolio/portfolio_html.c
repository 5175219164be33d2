/* The HTML page of a search: no script, nothing from elsewhere, readable on screen and on paper. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/svg.h"
#include "portfolio/portfolio_html_parts.h"

enum { TOP_HTML = 20, EVENTS_HTML = 60 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<title>Portfolio optimization report</title>\n<style>\n";

static void tile(norni_buf *b, const char *name, const char *value, const char *more) {
    norni_buf_text(b, "<div><dt>");
    norni_svg_text(b, norni_str_of(name));
    norni_buf_text(b, "</dt><dd>");
    norni_svg_text(b, norni_str_of(strcmp(value, "-") == 0 ? "\xe2\x80\x93" : value));
    norni_buf_text(b, "</dd><dd class=\"more\">");
    norni_svg_text(b, norni_str_of(more));
    norni_buf_text(b, "</dd></div>\n");
}

static void put_tiles(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    const norni_port_best *x = norni_port_first(r);
    norni_buf *b = t->d->out;
    char a[NORNI_PORT_WORD], more[96];
    norni_port_doc_settle(t->d);
    norni_buf_text(b, "<dl class=\"tiles\">\n");
    tile(b, "Outperformance", norni_port_percent_plus(x->row.outperformance, a),
         "mean per test window");
    tile(b, "Return", norni_port_percent(x->row.total_return, a), "mean per test window");
    tile(b, "Sharpe ratio", norni_port_ratio(x->row.sharpe, a), "annualised, mean of the tests");
    tile(b, "Max drawdown", norni_port_percent(x->row.max_drawdown, a), "mean of the tests");
    (void)norni_format(more, sizeof more, "of %u %s", (unsigned)x->row.n_splits,
                       x->row.n_splits == 1 ? "test" : "tests");
    tile(b, "Win rate", norni_port_chance(x->row.win_rate, a), more);
    tile(b, "Generalisation gap", norni_port_percent_plus(x->row.gap_per_window, a),
         norni_port_gap_label(x->row.gap_per_window));
    tile(b, "Deflated Sharpe", norni_port_chance(r->deflated.deflated, a),
         r->deflated_active ? "chance of more than luck, above buying and holding"
                            : "chance of more than luck, the market's rise included");
    tile(b, "Above buy and hold", norni_port_chance(r->excess.probabilistic, a),
         "chance of a higher mean return");
    (void)norni_format(more, sizeof more, "best by %s; 50 %% is a blind choice",
                       norni_port_measure_words(r->pbo.measure));
    if (r->pbo.n_trials > 0)
        tile(b, "Overfitting (PBO)", norni_port_chance(r->pbo.pbo, a), more);
    else
        tile(b, "Overfitting (PBO)", "-", "not estimated");
    tile(b, "Rebalances", norni_port_fixed(x->row.n_rebalances, 1, a), "mean per test window");
    tile(b, "Turnover", norni_port_percent(x->row.turnover, a), "mean per test window");
    norni_buf_text(b, "</dl>\n");
}

static void put_verdict(const norni_port_tale *t) {
    static const char *const kind[] = {"", " fair", " good"};
    norni_port_doc_settle(t->d);
    norni_buf_format(t->d->out, "<div class=\"verdict%s\">\n", kind[norni_port_verdict_of(t->r)]);
    norni_port_tell_robustness(t);
    norni_buf_text(t->d->out, "</div>\n");
}

static norn_status put_axes(const norni_port_page *p) {
    norni_port_doc_settle(p->d);
    norni_buf_text(p->d->out, "<div class=\"pair\">\n");
    for (size_t k = 0; k < p->r->n_axes; k++)
        NORN_TRY(norni_port_html_axis(p, k));
    norni_buf_text(p->d->out, "</div>\n");
    return NORN_OK;
}

static void put_first(const norni_port_tale *t) {
    norni_buf_text(t->d->out, head);
    norni_port_html_style(t->d->out);
    norni_buf_text(t->d->out, "</style>\n</head>\n<body>\n<main>\n");
    norni_port_doc_title(t->d, "Portfolio optimization report");
    norni_port_tell_head(t);
    norni_port_doc_section(t->d, "TL;DR");
    norni_port_tell_configuration(t);
    put_tiles(t);
    put_verdict(t);
    norni_port_doc_part(t->d, "Expected performance");
    norni_port_tell_performance(t);
    norni_port_doc_part(t->d, "Key risks");
    norni_port_tell_risks(t);
    norni_port_doc_part(t->d, "Implementation notes");
    norni_port_tell_practice(t);
}

static norn_status put_charts(const norni_port_page *p, const norni_port_tale *t) {
    norni_port_doc_section(p->d, "Equity and drawdown");
    NORN_TRY(norni_port_html_last(p));
    norni_port_tell_windows(t);
    NORN_TRY(norni_port_html_stitched(p));
    norni_port_tell_metrics(t);
    norni_port_doc_section(p->d, "Is it luck? Overfitting");
    norni_port_tell_overfitting(t);
    norni_port_doc_settle(p->d);
    norni_buf_text(p->d->out, "<div class=\"pair\">\n");
    NORN_TRY(norni_port_html_luck(p));
    norni_buf_text(p->d->out, "</div>\n");
    norni_port_doc_section(p->d, "Walk-forward");
    NORN_TRY(norni_port_html_splits(p));
    norni_port_tell_splits(t);
    norni_port_tell_walk(t);
    norni_port_doc_section(p->d, "Sensitivity");
    NORN_TRY(norni_port_html_heat(p));
    NORN_TRY(put_axes(p));
    norni_port_tell_sensitivity(t);
    return NORN_OK;
}

static norn_status put_page(const norni_port_page *p, const norni_port_tale *t) {
    put_first(t);
    NORN_TRY(put_charts(p, t));
    norni_port_doc_section(p->d, "Best against median");
    norni_port_tell_median(t);
    norni_port_doc_section(p->d, "Best configurations");
    norni_port_tell_top(t, TOP_HTML);
    norni_port_doc_section(p->d, "Costs, turnover, rebalances");
    norni_port_tell_costs(t);
    norni_port_tell_events(t, EVENTS_HTML);
    norni_port_doc_section(p->d, "Recommendations");
    norni_port_tell_advice(t);
    norni_port_doc_section(p->d, "Notes");
    norni_port_tell_notes(t);
    norni_port_doc_settle(p->d);
    return NORN_OK;
}

norn_status norni_port_report_html(const norni_port_result *r, const norni_port_stamp *stamp,
                                   norni_buf *out, norn_err *err) {
    norni_port_doc d;
    norni_arena arena;
    if (norni_port_first(r) == NULL)
        return norn_fail(err, NORN_E_DATA, "portfolio report: no configuration could be run");
    norni_arena_init(&arena, out->alloc);
    norni_port_doc_init(&d, out, true);
    const norni_port_page p = {r, stamp, &d, &arena, err};
    const norn_status st = put_page(&p, &(norni_port_tale){r, stamp, &d});
    norni_port_doc_end(&d);
    norni_buf_text(out, "</main>\n</body>\n</html>\n");
    norni_arena_clear(&arena);
    if (st != NORN_OK) return st;
    return out->failed ? norni_alloc_fail(err, "portfolio report", out->cap, 2) : NORN_OK;
}
