/* What a run of signals writes: --out, the files of --output, and the chart of --plot. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/signals_outputs.h"

#include "app/out_folder.h"
#include "app/version.h"
#include "data/calendar.h"
#include "par/pipe.h"

enum { PART = 2048, PARTS = 16 }; /* tweets of a part, parts alive */

norn_status norni_signals_stamp_make(norni_signals_run *r, norni_signal_stamp *out, norn_err *err) {
    const norni_time_style style = {.kind = NORNI_TIME_DATETIME, .sep = 'T', .seconds = true};
    const norni_signals_opt *o = r->plan.opt;
    char text[64];
    const size_t n = norni_time_print(text, norni_signals_moment(o) * NORNI_US_SECOND, &style);
    text[n] = 'Z';
    const norni_str when = {norni_arena_text(&r->arena, text, n + 1), n + 1};
    *out = (norni_signal_stamp){
        .when = when,
        .input_file = r->names,
        .version = norni_str_of(NORNI_VERSION),
        .tag = r->plan.tag,
        .n_tags = r->plan.n_tags,
        .all_tags = o->all_hashtags,
        .max_points = (size_t)o->max_points,
        .aggregate = &r->plan.aggregate,
        .score = &r->plan.score,
        .model = norni_str_of(o->sentiment.model),
        .precision = norni_str_of(norni_sentiment_door_precision(&o->sentiment)),
        .lexicon = o->sentiment.lexicon != NULL,
        .sample = (size_t)o->sample,
        .near_duplicates = norni_str_of(o->near_duplicates == 1 ? "drop" : "mark"),
        .near_bits = o->near_bits};
    return when.p != NULL ? NORN_OK : norni_alloc_fail(err, "signals", 64, 1);
}

/* ---- the table ---- */

typedef struct table_job {
    const norni_signals_run *r;
    norni_out *out;
    bool escape;
} table_job;

static norn_status begin_part(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    const table_job *job = arg;
    norni_buf *b = token;
    (void)err;
    if (b->alloc == NULL) norni_buf_init(b, &job->r->env->ctx->alloc);
    *end = k * PART >= job->r->tweets.n && k > 0;
    return NORN_OK;
}

static norn_status make_part(norni_worker *worker, size_t k, void *token, void *arg,
                             norn_err *err) {
    const table_job *job = arg;
    norni_buf *b = token;
    const size_t n = job->r->tweets.n, from = k * PART, to = from + PART < n ? from + PART : n;
    (void)worker;
    b->n = 0;
    return norni_signals_csv(&job->r->signals, from, to, job->escape, b, err);
}

static norn_status take_part(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    table_job *job = arg;
    const norni_buf *b = token;
    (void)k;
    if (failed) return NORN_OK;
    norni_buf_add(&job->out->buf, b->p, b->n);
    return norni_out_flush(job->out, (size_t)1 << 20, err);
}

static void clear_part(void *token, void *arg) {
    norni_buf *b = token;
    (void)arg;
    if (b->alloc != NULL) norni_buf_clear(b);
}

norn_status norni_signals_table_write(const norni_signals_run *r, norni_out *out, norn_err *err) {
    table_job job = {r, out, !r->plan.opt->common.no_escape_formulas};
    const norni_pipe pipe = {.source = begin_part,
                             .work = make_part,
                             .sink = take_part,
                             .clear = clear_part,
                             .arg = &job,
                             .token_size = sizeof(norni_buf),
                             .n_tokens = PARTS};
    return norni_pipe_run(r->env->ctx, &pipe, err);
}

/* ---- --out ---- */

norn_status norni_signals_out_write(const norni_signals_run *r, const norni_signal_stamp *stamp,
                                    norn_err *err) {
    norni_out out;
    NORN_TRY(norni_out_open(&out, &r->env->ctx->alloc, r->plan.opt->common.out, err));
    norn_status st = r->plan.format == NORNI_FORMAT_CSV
                         ? norni_signals_table_write(r, &out, err)
                         : norni_signals_json(&r->aggregates, &r->signals, stamp, &out.buf, err);
    if (st == NORN_OK && out.buf.failed) st = norni_alloc_fail(err, "--out", out.buf.cap, 2);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

norn_status norni_signals_items_write(const norni_signals_run *r, norn_err *err) {
    norni_out out;
    NORN_TRY(norni_out_open(&out, &r->env->ctx->alloc, r->plan.opt->common.items, err));
    norn_status st = norni_signals_table_write(r, &out, err);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

/* ---- --output ---- */

/* What is not the table is made in memory, all at once. */
typedef struct folder_work {
    const norni_signals_run *r;
    const norni_signal_stamp *stamp;
    norni_signal_chart chart[NORNI_FOLDER_MOST]; /* of a file that is one */
    norni_buf made[NORNI_FOLDER_MOST];
} folder_work;

enum { REPORT, TABLE, HOURS, PAGE, CHARTS };

static norn_status make_file(norni_worker *worker, size_t k, void *arg, norn_err *err) {
    folder_work *w = arg;
    const norni_aggregates *a = &w->r->aggregates;
    const norni_signals *s = &w->r->signals;
    (void)worker;
    switch (k) {
        case REPORT: return norni_signals_json(a, s, w->stamp, &w->made[k], err);
        case TABLE: return NORN_OK;
        case HOURS: return norni_signals_hourly(a, &w->made[k], err);
        case PAGE: return norni_signals_html(a, s, w->stamp, &w->made[k], err);
        default: return norni_signals_chart(a, s, w->stamp, w->chart[k], &w->made[k], err);
    }
}

static norn_status put_table(const void *arg, size_t k, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    (void)k;
    return norni_signals_table_write(w->r, out, err);
}

static norn_status put_made(const void *arg, size_t k, norni_out *out, norn_err *err) {
    const folder_work *w = arg;
    const norni_buf *made = &w->made[k];
    (void)err;
    if (made->failed) out->buf.failed = true;
    norni_buf_add(&out->buf, made->p, made->n);
    return NORN_OK;
}

norn_status norni_signals_folder_write(const norni_signals_run *r, const norni_signal_stamp *stamp,
                                       norn_err *err) {
    folder_work w = {.r = r, .stamp = stamp};
    norni_folder_file file[NORNI_FOLDER_MOST] = {{"signal_report.json", put_made},
                                                 {"analyzed_tweets.csv", put_table},
                                                 {"signals_hourly.csv", put_made},
                                                 {"interactive_dashboard.html", put_made}};
    const norni_for_opt how = {.grain = 1};
    char name[NORNI_N_SIGNAL_CHARTS][64];
    size_t n = CHARTS;
    for (size_t c = 0; c < NORNI_N_SIGNAL_CHARTS; c++) {
        norni_format(name[c], sizeof name[c], "%s.svg",
                     norni_signal_chart_name((norni_signal_chart)c));
        w.chart[n] = (norni_signal_chart)c;
        file[n++] = (norni_folder_file){name[c], put_made};
    }
    for (size_t k = 0; k < n; k++)
        norni_buf_init(&w.made[k], &r->env->ctx->alloc);
    norn_status st = norni_for(r->env->ctx, NULL, n, make_file, &w, &how, err);
    if (st == NORN_OK)
        st = norni_out_folder_write(&r->env->ctx->alloc, r->plan.opt->output, file, n, &w, err);
    for (size_t k = 0; k < n; k++)
        norni_buf_clear(&w.made[k]);
    return st;
}

/* ---- --plot ---- */

norn_status norni_signals_plot_write(const norni_signals_run *r, const norni_signal_stamp *stamp,
                                     norn_err *err) {
    norni_out out;
    NORN_TRY(norni_out_open(&out, &r->env->ctx->alloc, r->plan.opt->common.plot, err));
    norn_status st = norni_signals_chart(&r->aggregates, &r->signals, stamp,
                                         NORNI_CHART_SIGNAL_DISTRIBUTION, &out.buf, err);
    if (st == NORN_OK && out.buf.failed) st = norni_alloc_fail(err, "--plot", out.buf.cap, 2);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}
