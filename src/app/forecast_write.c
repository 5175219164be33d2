/* Forecasts as CSV or JSON, and the row for each item. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of series are formatted in parallel and written in order. */
#include "app/forecast_write.h"

#include <math.h>

#include "base/numtext.h"
#include "io/writer.h"
#include "par/reduce.h"

typedef struct write_job {
    const norni_forecast *f;
    norn_ctx *ctx;
    norni_out out;
    size_t chunk; /* series a block */
    bool json;
} write_job;

typedef struct write_token {
    size_t first, last; /* series */
    norni_buf text;
} write_token;

static const char *id_name(const norni_panel *p) {
    return p->id_name.p ? p->id_name.p : "unique_id";
}

static void level_name(norni_buf *b, norni_str column, const char *side, double level) {
    norni_buf_add(b, column.p, column.n);
    norni_buf_text(b, side);
    norni_buf_num(b, level);
}

static void csv_header(write_job *job, norni_buf *b) {
    const norni_forecast *f = job->f;
    norni_buf name;
    norni_buf_init(&name, &job->ctx->alloc);
    norni_csv_text(b, norni_str_of(id_name(f->panel)));
    norni_buf_text(b, ",");
    norni_csv_text(b, f->panel->time_name.p ? f->panel->time_name : norni_str_of("ds"));
    if (f->fitted) {
        norni_buf_text(b, ",");
        norni_csv_text(b, f->panel->target_name.p ? f->panel->target_name : norni_str_of("y"));
    }
    for (size_t k = 0; k < f->plan->n_specs; k++) {
        const norni_str column = f->plan->specs[k].column;
        norni_buf_text(b, ",");
        norni_csv_text(b, column);
        for (size_t l = 0; l < 2 * f->plan->levels.n; l++) {
            name.n = 0;
            level_name(&name, column, l % 2 ? "-hi-" : "-lo-", f->plan->levels.v[l / 2]);
            norni_buf_text(b, ",");
            norni_csv_text(b, (norni_str){name.p, name.n});
        }
    }
    norni_buf_text(b, "\n");
    if (name.failed) b->failed = true;
    norni_buf_clear(&name);
}

static double interval_end(const norni_forecast *f, size_t item, size_t l, size_t h) {
    const size_t horizon = (size_t)f->plan->horizon, n_levels = f->plan->levels.n;
    return (l % 2 ? f->hi : f->lo)[(item * n_levels + l / 2) * horizon + h];
}

/* The time of history period t, or of the future when t >= n. */
static int64_t time_at(const norni_panel *p, size_t i, size_t t) {
    const size_t n = norni_panel_n(p, i);
    if (t >= n) return norni_panel_future(p, i, t - n);
    return p->times ? p->times[p->offsets[i] + t]
                    : norni_freq_at(p->freq[i], p->start[i], (int64_t)t);
}

static void csv_series(const write_job *job, size_t i, norni_buf *b) {
    const norni_forecast *f = job->f;
    const norni_panel *p = f->panel;
    const size_t n_specs = f->plan->n_specs, n = norni_panel_n(p, i),
                 horizon = (size_t)f->plan->horizon;
    char time[48];
    const size_t id_start = b->n;
    norni_csv_text(b, norni_panel_id(p, i));
    const size_t id_len = b->n - id_start;
    for (size_t t = f->fitted ? 0 : n; t < n + horizon; t++) {
        if (b->n != id_start + id_len && norni_buf_reserve(b, id_len))
            norni_buf_add(b, b->p + id_start, id_len);
        norni_buf_text(b, ",");
        norni_buf_add(b, time, norni_time_print(time, time_at(p, i, t), &p->style));
        if (f->fitted) {
            norni_buf_text(b, ",");
            if (t < n) norni_csv_num(b, norni_panel_y(p, i)[t]);
        }
        for (size_t k = 0; k < n_specs; k++) {
            const size_t item = i * n_specs + k;
            norni_buf_text(b, ",");
            if (t < n) {
                norni_csv_num(b, f->fitted[k * p->n_obs + p->offsets[i] + t]);
                for (size_t l = 0; l < 2 * f->plan->levels.n; l++)
                    norni_buf_text(b, ",");
                continue;
            }
            norni_csv_num(b, f->mean[item * horizon + t - n]);
            for (size_t l = 0; l < 2 * f->plan->levels.n; l++) {
                norni_buf_text(b, ",");
                norni_csv_num(b, interval_end(f, item, l, t - n));
            }
        }
        norni_buf_text(b, "\n");
    }
}

static void json_time(norni_json *j, const norni_panel *p, int64_t t) {
    char time[48];
    if (p->style.kind == NORNI_TIME_INDEX || p->style.kind == NORNI_TIME_EPOCH_S ||
        p->style.kind == NORNI_TIME_EPOCH_MS) {
        const size_t len = norni_time_print(time, t, &p->style);
        int64_t value = t;
        if (norni_int_parse(time, len, &value) == NORNI_NUM_OK)
            norni_json_int(j, value);
        else
            norni_json_str(j, (norni_str){time, len});
        return;
    }
    norni_json_str(j, (norni_str){time, norni_time_print(time, t, &p->style)});
}

/* {"unique_id":…,"ds":[…],"models":{"MODEL":{"mean":[…],"lo-80":[…],"hi-80":[…]}}}, arrays over the
 * horizon. */
static void json_series(const write_job *job, size_t i, norni_buf *b) {
    const norni_forecast *f = job->f;
    const norni_panel *p = f->panel;
    const size_t horizon = (size_t)f->plan->horizon, n = norni_panel_n(p, i);
    norni_json j;
    char key[48];
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "unique_id");
    norni_json_str(&j, norni_panel_id(p, i));
    norni_json_key(&j, "ds");
    norni_json_open(&j, '[');
    for (size_t t = f->fitted ? 0 : n; t < n + horizon; t++)
        json_time(&j, p, time_at(p, i, t));
    norni_json_close(&j, ']');
    if (f->fitted) {
        norni_json_key(&j, "y");
        norni_json_open(&j, '[');
        for (size_t t = 0; t < n; t++)
            norni_json_num(&j, norni_panel_y(p, i)[t]);
        norni_json_close(&j, ']');
    }
    norni_json_key(&j, "models");
    norni_json_open(&j, '{');
    for (size_t k = 0; k < f->plan->n_specs; k++) {
        const size_t item = i * f->plan->n_specs + k;
        norni_json_key(&j, f->plan->specs[k].column.p);
        norni_json_open(&j, '{');
        if (f->fitted) {
            norni_json_key(&j, "fitted");
            norni_json_open(&j, '[');
            for (size_t t = 0; t < n; t++)
                norni_json_num(&j, f->fitted[k * p->n_obs + p->offsets[i] + t]);
            norni_json_close(&j, ']');
        }
        norni_json_key(&j, "mean");
        norni_json_open(&j, '[');
        for (size_t h = 0; h < horizon; h++)
            norni_json_num(&j, f->mean[item * horizon + h]);
        norni_json_close(&j, ']');
        for (size_t l = 0; l < 2 * f->plan->levels.n; l++) {
            norni_format(key, sizeof key, "%s-%g", l % 2 ? "hi" : "lo", f->plan->levels.v[l / 2]);
            norni_json_key(&j, key);
            norni_json_open(&j, '[');
            for (size_t h = 0; h < horizon; h++)
                norni_json_num(&j, interval_end(f, item, l, h));
            norni_json_close(&j, ']');
        }
        norni_json_close(&j, '}');
    }
    norni_json_close(&j, '}');
    norni_json_close(&j, '}');
}

static norn_status write_source(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    (void)err;
    const write_job *job = arg;
    write_token *t = token;
    const size_t n = job->f->panel->n_series;
    t->first = k * job->chunk;
    t->last = t->first + job->chunk < n ? t->first + job->chunk : n;
    *end = t->first >= n;
    return NORN_OK;
}

static norn_status write_format(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)w;
    (void)k;
    const write_job *job = arg;
    write_token *t = token;
    norni_buf_init(&t->text, &job->ctx->alloc);
    for (size_t i = t->first; i < t->last; i++) {
        if (job->json) {
            norni_buf_text(&t->text, i == 0 ? "\n" : ",\n");
            json_series(job, i, &t->text);
        } else {
            csv_series(job, i, &t->text);
        }
    }
    if (!t->text.failed) return NORN_OK;
    return norni_alloc_fail(err, "output", t->last - t->first, 1);
}

static norn_status write_sink(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)k;
    write_job *job = arg;
    write_token *t = token;
    if (!failed) norni_buf_add(&job->out.buf, t->text.p, t->text.n);
    if (t->text.alloc) norni_buf_clear(&t->text);
    if (failed) return NORN_OK;
    if (job->out.buf.failed) return norni_alloc_fail(err, "output", 1, 1);
    return norni_out_flush(&job->out, (size_t)1 << 20, err);
}

static void json_opening(write_job *job, norni_buf *b) {
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "horizon");
    norni_json_int(&j, job->f->plan->horizon);
    norni_json_key(&j, "levels");
    norni_json_open(&j, '[');
    for (size_t l = 0; l < job->f->plan->levels.n; l++)
        norni_json_num(&j, job->f->plan->levels.v[l]);
    norni_json_close(&j, ']');
    norni_json_key(&j, "series");
    norni_buf_text(b, "[");
}

norn_status norni_forecast_write(norn_ctx *ctx, const norni_forecast *f, const char *path,
                                 int32_t format, size_t chunk, norn_err *err) {
    write_job job = {
        .f = f, .ctx = ctx, .chunk = chunk ? chunk : 1, .json = format == NORNI_FORMAT_JSON};
    norn_status st;
    NORN_TRY(norni_out_open(&job.out, &ctx->alloc, path, err));
    if (job.json) {
        json_opening(&job, &job.out.buf);
    } else {
        csv_header(&job, &job.out.buf);
    }
    const norni_pipe pipe = {write_source, write_format, write_sink, &job, sizeof(write_token), 16};
    NORN_TRY_GOTO(norni_pipe_run(ctx, &pipe, err), fail);
    if (job.json) norni_buf_text(&job.out.buf, "\n]}\n");
    if (job.out.buf.failed) NORN_TRY_GOTO(norni_alloc_fail(err, "output", 1, 1), fail);
    return norni_out_commit(&job.out, err);
fail:
    norni_out_abort(&job.out);
    return st;
}

norn_status norni_forecast_write_items(norn_ctx *ctx, const norni_forecast *f, const char *path,
                                       norn_err *err) {
    norni_out out;
    norn_status st;
    NORN_TRY(norni_out_open(&out, &ctx->alloc, path, err));
    norni_buf *b = &out.buf;
    norni_buf_text(b, "unique_id,model,status,served,attempts,seconds,parameters,message\n");
    for (size_t item = 0; item < f->n_items; item++) {
        const norni_outcome *o = &f->batch.outcome[item];
        norni_csv_text(b, norni_panel_id(f->panel, item / f->plan->n_specs));
        norni_buf_text(b, ",");
        norni_csv_text(b, f->plan->specs[item % f->plan->n_specs].column);
        norni_buf_format(b, ",%s,", norn_status_name(o->status));
        norni_csv_text(b, norni_forecast_model(f, item));
        norni_buf_format(b, ",%u,", (unsigned)o->attempts);
        norni_csv_num(b, o->seconds);
        norni_buf_text(b, ",");
        norni_csv_text(
            b, norni_str_of(f->served && f->served[item] && o->status == NORN_OK ? f->served[item]
                                                                                 : ""));
        norni_buf_text(b, ",");
        norni_csv_text(b, norni_str_of(o->message ? o->message : ""));
        norni_buf_text(b, "\n");
        if (b->failed) NORN_TRY_GOTO(norni_alloc_fail(err, "items", f->n_items, 64), fail);
        NORN_TRY_GOTO(norni_out_flush(&out, (size_t)1 << 20, err), fail);
    }
    return norni_out_commit(&out, err);
fail:
    norni_out_abort(&out);
    return st;
}
