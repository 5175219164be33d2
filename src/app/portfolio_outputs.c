/* The files of --output, and the chart of --plot. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_outputs.h"

#include <math.h>

#include "app/portfolio_table.h"
#include "app/version.h"
#include "plot/line_chart.h"
#include "portfolio/portfolio_report.h"
#include "portfolio/portfolio_yaml.h"

typedef struct folder_work {
    const norni_portfolio_run *r;
    norni_port_stamp stamp;
    bool escape;
} folder_work;

/* ---- tables of the best one's path ---- */

static void put_time(norni_buf *b, const norni_port_prices *p, size_t bar) {
    char text[64];
    norni_buf_add(b, text, norni_time_print(text, p->time[bar], &p->style));
}

static void put_num(norni_buf *b, double x) {
    norni_buf_add(b, ",", 1);
    norni_csv_num(b, x);
}

static size_t first_bar(const norni_port_result *r) {
    return r->split[r->n_splits - 1].test_first;
}

static void put_name(norni_buf *b, norni_str symbol, const char *what, bool escape) {
    char name[256];
    const size_t n = norni_format(name, sizeof name, "%.*s_%s", (int)symbol.n, symbol.p, what);
    norni_buf_add(b, ",", 1);
    norni_csv_text(b, (norni_str){name, n}, escape);
}

static norn_status write_equity(const void *arg, size_t k_file, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k_file;
    const norni_port_result *r = &w->r->result;
    const norni_port_path *p = &r->test_path;
    const norni_port_config *c = &r->top[0].config;
    const size_t n = p->n_assets;
    norni_buf_text(&out->buf, "timestamp,total_value");
    for (size_t k = 0; k < n; k++) {
        put_name(&out->buf, r->prices->symbol[c->asset[k]], "value", w->escape);
        put_name(&out->buf, r->prices->symbol[c->asset[k]], "weight", w->escape);
    }
    norni_buf_text(&out->buf, ",cash\n");
    for (size_t i = 0; i < p->n; i++) {
        put_time(&out->buf, r->prices, first_bar(r) + i);
        put_num(&out->buf, p->equity[i]);
        for (size_t k = 0; k < n; k++) {
            put_num(&out->buf, p->value[i * n + k]);
            put_num(&out->buf, p->equity[i] > 0 ? p->value[i * n + k] / p->equity[i] : 0);
        }
        put_num(&out->buf, p->cash[i]);
        norni_buf_add(&out->buf, "\n", 1);
        NORN_TRY(norni_out_flush(out, (size_t)1 << 20, err));
    }
    return NORN_OK;
}

static norn_status write_benchmark(const void *arg, size_t k_file, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k_file;
    const norni_port_result *r = &w->r->result;
    norni_buf_text(&out->buf, "timestamp,buy_hold_value\n");
    for (size_t i = 0; i < r->test_path.n; i++) {
        put_time(&out->buf, r->prices, first_bar(r) + i);
        put_num(&out->buf, r->test_path.buyhold[i]);
        norni_buf_add(&out->buf, "\n", 1);
        NORN_TRY(norni_out_flush(out, (size_t)1 << 20, err));
    }
    return NORN_OK;
}

/* "0.6102|0.3898", in the order of the equity curve's assets. */
static norn_status write_events(const void *arg, size_t k_file, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k_file;
    const norni_port_result *r = &w->r->result;
    const norni_port_path *p = &r->test_path;
    norni_buf_text(&out->buf, "timestamp,total_value,max_deviation,weights_before,turnover,cost");
    norni_buf_text(&out->buf, r->prices->filter ? ",reason\n" : "\n");
    for (size_t i = 0; i < p->n_events; i++) {
        const norni_port_event *e = &p->event[i];
        put_time(&out->buf, r->prices, e->bar);
        put_num(&out->buf, e->total_value);
        put_num(&out->buf, e->max_deviation);
        for (size_t k = 0; k < p->n_assets; k++) {
            norni_buf_text(&out->buf, k == 0 ? "," : "|");
            norni_buf_num(&out->buf, e->weights_before[k]);
        }
        put_num(&out->buf, e->turnover);
        put_num(&out->buf, e->cost);
        if (r->prices->filter) norni_buf_text(&out->buf, e->filtered ? ",filter" : ",rebalance");
        norni_buf_add(&out->buf, "\n", 1);
        NORN_TRY(norni_out_flush(out, (size_t)1 << 20, err));
    }
    return NORN_OK;
}

/* ---- reports ---- */

static norn_status write_table(const void *arg, size_t k, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k;
    return norni_portfolio_table_write(w->r, w->escape, out, err);
}

static norn_status write_yaml(const void *arg, size_t k, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k;
    return norni_port_config_yaml(&w->r->result, &w->stamp, &out->buf, err);
}

static norn_status write_report(const void *arg, size_t k, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k;
    return norni_port_report_text(&w->r->result, &w->stamp, &out->buf, err);
}

static norn_status write_words(const void *arg, size_t k, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k;
    return norni_port_summary_text(&w->r->result, &w->stamp, &out->buf, err);
}

static norn_status write_page(const void *arg, size_t k, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k;
    return norni_port_report_html(&w->r->result, &w->stamp, &out->buf, err);
}

/* ---- all of them ---- */

/* The first is the results table, named by the run's time. */
static const norni_folder_file files[] = {{"", write_table},
                                          {"optimized_config.yaml", write_yaml},
                                          {"OPTIMIZATION_REPORT.txt", write_report},
                                          {"PORTFOLIO_SUMMARY.txt", write_words},
                                          {"report.html", write_page},
                                          {"data/portfolio_equity_curve.csv", write_equity},
                                          {"data/buy_hold_benchmark.csv", write_benchmark},
                                          {"data/rebalance_events.csv", write_events}};
enum { N_FILES = sizeof files / sizeof files[0] };

/* "optimization_results_20250131_0915.csv" */
static void table_name(int64_t now, char out[64]) {
    char text[64];
    const norni_time_style style = {.kind = NORNI_TIME_DATETIME, .sep = 'T', .seconds = true};
    const size_t n = norni_time_print(text, now, &style);
    text[n] = '\0';
    norni_format(out, 64, "optimization_results_%.4s%.2s%.2s_%.2s%.2s.csv", text, text + 5,
                 text + 8, text + 11, text + 14);
}

norn_status norni_portfolio_outputs_write(const norni_portfolio_run *r, const char *folder,
                                          int64_t now, norn_err *err) {
    char frame[32], name[64];
    norni_folder_file file[N_FILES];
    norni_portfolio_timeframe(r, frame);
    const folder_work w = {.r = r,
                           .stamp = {.now = now,
                                     .version = NORNI_VERSION,
                                     .window_days = r->plan.opt->window_days,
                                     .timeframe = norni_str_of(frame),
                                     .convention = (norni_port_convention)r->plan.opt->convention},
                           .escape = !r->plan.opt->common.no_escape_formulas};
    memcpy(file, files, sizeof file);
    table_name(now, name);
    file[0].name = name;
    return norni_out_folder_write(&r->env->ctx->alloc, folder, file, N_FILES, &w, err);
}

/* ---- --plot ---- */

/* "from 10000 to 12000.5" */
static void put_way(norni_buf *b, const char *name, const double *v, size_t n) {
    norni_buf_format(b, "; %s from %g to %g", name, floor(v[0] * 100 + 0.5) / 100,
                     floor(v[n - 1] * 100 + 0.5) / 100);
}

/* What the chart shows, for who cannot see it. */
static void put_description(const norni_port_result *x, norni_buf *b) {
    const norni_port_path *p = &x->test_path;
    norni_buf_format(b, "Line chart of two equity curves over the last test, %zu bars, ", p->n);
    if (p->n == 0) return;
    put_time(b, x->prices, first_bar(x));
    norni_buf_text(b, " to ");
    put_time(b, x->prices, first_bar(x) + p->n - 1);
    put_way(b, "rebalanced by the best configuration", p->equity, p->n);
    put_way(b, "bought and held", p->buyhold, p->n);
    norni_buf_text(b, ".");
}

norn_status norni_portfolio_plot_write(const norni_portfolio_run *r, const char *path,
                                       norn_err *err) {
    const norni_port_result *x = &r->result;
    const norni_port_path *p = &x->test_path;
    const norni_plot_line lines[] = {{norni_str_of("rebalanced"), p->equity, NULL, 0},
                                     {norni_str_of("bought and held"), p->buyhold, NULL, 0}};
    const norni_plot_facet facet = {.title = norni_str_of("the last test"),
                                    .future_times = x->prices->time + first_bar(x),
                                    .n_future = p->n,
                                    .lines = lines,
                                    .n_lines = 2};
    norni_buf words;
    norni_buf_init(&words, &r->env->ctx->alloc);
    put_description(x, &words);
    if (words.failed) {
        norni_buf_clear(&words);
        return norni_alloc_fail(err, "--plot", words.cap, 2);
    }
    const norni_plot_chart chart = {.title = norni_str_of("Equity out of sample"),
                                    .description = {words.p, words.n},
                                    .y_label = norni_str_of("equity"),
                                    .facets = &facet,
                                    .n_facets = 1};
    norni_out out;
    norn_status st = norni_out_open(&out, &r->env->ctx->alloc, path, err);
    if (st == NORN_OK) st = norni_plot_lines(&out.buf, &chart, err);
    norni_buf_clear(&words);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}
