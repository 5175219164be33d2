/* The last section of a report: what was left out of the data, counts of the grid, conventions, the digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "portfolio/portfolio_report_facts.h"

enum { NOTE_LINES = 40 };

/* Each line as an item; cut with the count. */
static void put_lines(const norni_port_tale *t, norni_str s) {
    size_t n = 0, more = 0;
    for (size_t i = 0; i < s.n;) {
        size_t end = i;
        while (end < s.n && s.p[end] != '\n')
            end++;
        if (end > i && n < NOTE_LINES) {
            norni_buf_add(norni_port_doc_words(t->d), s.p + i, end - i);
            norni_port_doc_item(t->d);
            n++;
        } else if (end > i) {
            more++;
        }
        i = end + 1;
    }
    if (more == 0) return;
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_text(w, "and ");
    norni_port_put_counted(w, more, "more note of this kind", "more notes of this kind");
    norni_port_doc_item(t->d);
}

static void tell_data(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    const norni_buf *data = &r->prices->notes;
    norni_buf grid;
    norni_buf_init(&grid, t->d->out->alloc);
    norni_port_grid_notes(r->grid, &grid);
    norni_port_unbought_note(r, &grid);
    if (grid.failed) t->d->out->failed = true;
    const size_t n_data = data->p == NULL ? 0 : data->n,
                 n_grid = grid.failed || grid.p == NULL ? 0 : grid.n;
    norni_port_doc_part(t->d, "Data: what was left out or mended");
    if (n_data > 0) put_lines(t, (norni_str){data->p, n_data});
    if (n_grid > 0) put_lines(t, (norni_str){grid.p, n_grid});
    if (r->n_estimate_fallbacks > 0) {
        norni_buf *w = norni_port_doc_words(t->d);
        norni_port_put_counted(w, r->n_estimate_fallbacks, "estimate of weights had",
                               "estimates of weights had");
        norni_buf_text(w, " too little history: equal weights were taken");
        norni_port_doc_item(t->d);
    }
    if (n_data == 0 && n_grid == 0 && r->n_estimate_fallbacks == 0) {
        norni_buf_text(norni_port_doc_words(t->d), "nothing");
        norni_port_doc_item(t->d);
    }
    norni_port_doc_settle(t->d);
    norni_buf_clear(&grid);
}

static void tell_counts(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    const struct {
        const char *name;
        uint64_t n;
    } row[] = {{"Of the grid", r->counts.n_all},
               {"With the symbols there", r->counts.n_usable},
               {"Different in effect", r->counts.n_distinct},
               {"Failed", r->n_failed},
               {"Backtests run", r->n_simulated}};
    char a[NORNI_PORT_WORD];
    norni_port_doc_part(t->d, "Configurations");
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        if (row[k].n == 0 && k == 3) continue;
        norni_buf_text(norni_port_doc_words(t->d), norni_port_count_text(row[k].n, a));
        norni_port_doc_fact(t->d, row[k].name);
    }
    norni_port_doc_settle(t->d);
}

static void item(const norni_port_tale *t, const char *words) {
    norni_buf_text(norni_port_doc_words(t->d), words);
    norni_port_doc_item(t->d);
}

static void tell_conventions(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    char a[NORNI_PORT_WORD];
    norni_port_doc_part(t->d, "Conventions");
    item(t,
         "Outperformance: total return less that of buying the same weights and holding them, with "
         "the same entry costs.");
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(
        w, "Figures of configurations: empyrical's definitions, %s bars a year, risk-free rate 0;",
        norni_port_fixed(r->prices->periods_per_year, 0, a));
    norni_buf_format(w, " the table of metrics: %s.",
                     norni_port_convention_name(t->stamp->convention));
    norni_port_doc_item(t->d);
    item(t,
         "Generalisation gap: growth above buying and holding on train, brought to the length of a "
         "test, less that on test; under 5 % low, under 10 % moderate, else high.");
    item(t,
         "Highly robust: win rate 80 % or more over 3 tests or more, gap under 5 %, deflated "
         "Sharpe probability 95 % or more, chance of a higher mean return than buying and holding "
         "95 % or more, PBO under 20 %. Moderately robust: 60 %, 10 %, 50 %, 50 %, 40 %. Neither, "
         "with fewer than 3 tests, or when the tests, or walk-forward what was best on train, lose "
         "to buying and holding.");
    item(t,
         "Deflated Sharpe ratio: Bailey and Lopez de Prado (2014); PBO: Bailey, Borwein, Lopez de "
         "Prado and Zhu (2017). Ranked by outperformance both judge what is above buying and "
         "holding, ranked by return or CAGR PBO judges growth, else the Sharpe ratio.");
    item(t,
         "Trades happen at closes; ranks go by the metric, then by the configuration's number. - : "
         "not defined.");
    norni_port_doc_settle(t->d);
}

void norni_port_tell_notes(const norni_port_tale *t) {
    char digest[NORNI_DIGEST_TEXT];
    tell_data(t);
    tell_counts(t);
    tell_conventions(t);
    norni_hash_text(t->r->digest, digest);
    norni_buf_text(norni_port_doc_words(t->d), digest);
    norni_port_doc_fact(t->d, "Digest of all results");
    norni_port_doc_settle(t->d);
}
