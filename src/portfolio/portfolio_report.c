/* The text reports of a search: OPTIMIZATION_REPORT.txt and PORTFOLIO_SUMMARY.txt. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_report.h"

#include "portfolio/portfolio_report_facts.h"

enum { TOP_TEXT = 5, EVENTS_TEXT = 20 };

static void put_tldr(const norni_port_tale *t) {
    norni_port_doc_section(t->d, "TL;DR");
    norni_port_doc_part(t->d, "Configuration");
    norni_port_tell_configuration(t);
    norni_port_doc_part(t->d, "Expected performance");
    norni_port_tell_performance(t);
    norni_port_doc_part(t->d, "Key risks");
    norni_port_tell_risks(t);
    norni_port_doc_part(t->d, "Implementation notes");
    norni_port_tell_practice(t);
    norni_port_doc_part(t->d, "Robustness");
    norni_port_tell_robustness(t);
}

static void put_report(const norni_port_tale *t) {
    static const struct {
        const char *title;
        void (*tell)(const norni_port_tale *);
    } part[] = {{"Is it luck? Overfitting", norni_port_tell_overfitting},
                {"Periods", norni_port_tell_splits},
                {"Walk-forward: the best on train, on its test", norni_port_tell_walk}};
    norni_port_doc_title(t->d, "PORTFOLIO OPTIMIZATION REPORT");
    norni_port_tell_head(t);
    put_tldr(t);
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
        norni_port_doc_section(t->d, part[k].title);
        part[k].tell(t);
    }
    norni_port_doc_section(t->d, "Top 5 configurations");
    norni_port_tell_top(t, TOP_TEXT);
    norni_port_doc_section(t->d, "Sensitivity");
    norni_port_tell_sensitivity(t);
    norni_port_doc_section(t->d, "Best against median");
    norni_port_tell_median(t);
    norni_port_doc_section(t->d, "Costs and turnover");
    norni_port_tell_costs(t);
    norni_port_doc_section(t->d, "Recommendations");
    norni_port_tell_advice(t);
    norni_port_doc_section(t->d, "Notes");
    norni_port_tell_notes(t);
}

static void put_summary(const norni_port_tale *t) {
    norni_port_doc_title(t->d, "PORTFOLIO SUMMARY");
    norni_port_tell_head(t);
    norni_port_doc_section(t->d, "Configuration");
    norni_port_tell_configuration(t);
    norni_port_doc_section(t->d, "Last split");
    norni_port_tell_windows(t);
    norni_port_doc_section(t->d, "All tests");
    norni_port_tell_metrics(t);
    norni_port_doc_section(t->d, "Costs and turnover");
    norni_port_tell_costs(t);
    norni_port_doc_section(t->d, "Rebalances");
    norni_port_tell_events(t, EVENTS_TEXT);
}

static norn_status write_text(const norni_port_result *r, const norni_port_stamp *stamp,
                              void (*put)(const norni_port_tale *), norni_buf *out, norn_err *err) {
    norni_port_doc d;
    if (norni_port_first(r) == NULL)
        return norn_fail(err, NORN_E_DATA, "portfolio report: no configuration could be run");
    norni_port_doc_init(&d, out, false);
    put(&(norni_port_tale){r, stamp, &d});
    norni_port_doc_end(&d);
    return out->failed ? norni_alloc_fail(err, "portfolio report", out->cap, 2) : NORN_OK;
}

norn_status norni_port_report_text(const norni_port_result *r, const norni_port_stamp *stamp,
                                   norni_buf *out, norn_err *err) {
    return write_text(r, stamp, put_report, out, err);
}

norn_status norni_port_summary_text(const norni_port_result *r, const norni_port_stamp *stamp,
                                    norni_buf *out, norn_err *err) {
    return write_text(r, stamp, put_summary, out, err);
}
