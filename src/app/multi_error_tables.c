/* The error analysis as tables and words: all errors, measures by step, worst rows, a report. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_error_tables.h"

#include <math.h>

#include "base/ctx.h"
#include "base/fp.h"

enum { WORST = 10, FLUSH = 1 << 20 };

static double bias_of(const double *y, const double *f, size_t n) {
    norni_sum sum = {0, 0};
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        sum = norni_sum_add(sum, f[i] - y[i]);
        count++;
    }
    return count > 0 ? norni_sum_get(sum) / (double)count : NORNI_NAN;
}

norni_error_pair norni_error_pair_of(const norni_multi_scores *s, size_t target, size_t model) {
    const size_t n = s->n_origins * s->horizon;
    norni_error_pair p = {.target = target,
                          .model = model,
                          .y = s->actual + target * n,
                          .f = s->forecast + (model * s->n_targets + target) * n,
                          .n = n};
    p.counted = norni_step_scores(p.y, p.f, n, s->scale[target], p.score);
    p.bias = bias_of(p.y, p.f, n);
    return p;
}

const char *norni_error_grade_r2(double r2) {
    if (isnan(r2)) return "";
    return r2 > 0.8 ? "excellent" : r2 > 0.6 ? "good" : r2 > 0 ? "weak" : "worse than the mean";
}

const char *norni_error_grade_mape(double mape) {
    if (isnan(mape)) return "";
    return mape < 10 ? "low" : mape < 20 ? "moderate" : "high";
}

void norni_error_number(char out[NORNI_TICK_TEXT], double x) {
    if (isfinite(x))
        norni_axis_value(out, norni_axis_round(x, 3));
    else
        norni_format(out, NORNI_TICK_TEXT, "%s", "none");
}

static void put_time(norni_buf *b, int64_t t, const norni_time_style *style) {
    char text[64];
    norni_buf_add(b, text, norni_time_print(text, t, style));
}

static void put_cell(norni_buf *b, double x) {
    norni_buf_text(b, ",");
    norni_csv_num(b, x);
}

static void put_pair_names(norni_buf *b, const norni_multi_scores *s, const norni_error_pair *p) {
    norni_csv_text(b, s->target[p->target], true);
    norni_buf_text(b, ",");
    norni_csv_text(b, s->model[p->model], true);
}

/* time,step,actual,forecast,error of row i */
static void put_row(norni_buf *b, const norni_multi_scores *s, const norni_error_pair *p,
                    size_t i) {
    const size_t step = i % s->horizon + 1, origin = s->origin[i / s->horizon];
    norni_buf_text(b, ",");
    put_time(b, s->times[origin + step], &s->style);
    norni_buf_format(b, ",%zu", step);
    put_cell(b, p->y[i]);
    put_cell(b, p->f[i]);
    put_cell(b, p->f[i] - p->y[i]);
    norni_buf_text(b, "\n");
}

typedef norn_status (*pair_fn)(norni_out *out, const norni_multi_scores *s,
                               const norni_error_pair *p, norni_arena *scratch, norn_err *err);

static norn_status error_rows(norni_out *out, const norni_multi_scores *s,
                              const norni_error_pair *p, norni_arena *scratch, norn_err *err) {
    (void)scratch;
    for (size_t i = 0; i < p->n; i++) {
        put_pair_names(&out->buf, s, p);
        norni_buf_text(&out->buf, ",");
        put_time(&out->buf, s->times[s->origin[i / s->horizon]], &s->style);
        put_row(&out->buf, s, p, i);
        NORN_TRY(norni_out_flush(out, FLUSH, err));
    }
    return NORN_OK;
}

static void put_scores(norni_buf *b, size_t n, const double *score, double bias) {
    norni_buf_format(b, ",%zu", n);
    for (size_t k = 0; k < NORNI_STEP_SCORES; k++)
        put_cell(b, score[k]);
    put_cell(b, bias);
    norni_buf_format(b, ",%s,%s\n", norni_error_grade_r2(score[NORNI_STEP_R2]),
                     norni_error_grade_mape(score[NORNI_STEP_MAPE]));
}

/* A row over all steps, then one for each. */
static norn_status metric_rows(norni_out *out, const norni_multi_scores *s,
                               const norni_error_pair *p, norni_arena *scratch, norn_err *err) {
    double *y = norni_arena_get(scratch, s->n_origins, sizeof *y),
           *f = norni_arena_get(scratch, s->n_origins, sizeof *f);
    if (y == NULL || f == NULL) return norni_alloc_fail(err, "errors", s->n_origins, sizeof *y);
    put_pair_names(&out->buf, s, p);
    norni_buf_text(&out->buf, ",all");
    put_scores(&out->buf, p->counted, p->score, p->bias);
    for (size_t h = 0; h < s->horizon; h++) {
        double score[NORNI_STEP_SCORES];
        for (size_t o = 0; o < s->n_origins; o++) {
            y[o] = p->y[o * s->horizon + h];
            f[o] = p->f[o * s->horizon + h];
        }
        const size_t n = norni_step_scores(y, f, s->n_origins, s->scale[p->target], score);
        put_pair_names(&out->buf, s, p);
        norni_buf_format(&out->buf, ",%zu", h + 1);
        put_scores(&out->buf, n, score, bias_of(y, f, s->n_origins));
    }
    return norni_out_flush(out, FLUSH, err);
}

/* Rows of the largest errors, largest first; of equal ones the first. Returns how many. */
static size_t find_worst(const norni_error_pair *p, size_t worst[WORST]) {
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const double size = fabs(p->f[i] - p->y[i]);
        if (!isfinite(size)) continue;
        size_t at = n;
        while (at > 0 && size > fabs(p->f[worst[at - 1]] - p->y[worst[at - 1]]))
            at--;
        if (at == WORST) continue;
        if (n < WORST) n++;
        for (size_t k = n - 1; k > at; k--)
            worst[k] = worst[k - 1];
        worst[at] = i;
    }
    return n;
}

static norn_status worst_rows(norni_out *out, const norni_multi_scores *s,
                              const norni_error_pair *p, norni_arena *scratch, norn_err *err) {
    size_t worst[WORST];
    const size_t n = find_worst(p, worst);
    (void)scratch;
    for (size_t k = 0; k < n; k++) {
        put_pair_names(&out->buf, s, p);
        norni_buf_format(&out->buf, ",%zu", k + 1);
        put_row(&out->buf, s, p, worst[k]);
    }
    return norni_out_flush(out, FLUSH, err);
}

static void put_measure(norni_buf *b, const char *name, double x, const char *grade) {
    char text[NORNI_TICK_TEXT];
    norni_error_number(text, x);
    norni_buf_format(b, "%s %s", name, text);
    if (grade[0] != '\0') norni_buf_format(b, " (%s)", grade);
}

static norn_status report_lines(norni_out *out, const norni_multi_scores *s,
                                const norni_error_pair *p, norni_arena *scratch, norn_err *err) {
    norni_buf *b = &out->buf;
    size_t worst[WORST];
    (void)scratch;
    norni_buf_text(b, "- ");
    norni_buf_add(b, s->target[p->target].p, s->target[p->target].n);
    norni_buf_text(b, ", ");
    norni_buf_add(b, s->model[p->model].p, s->model[p->model].n);
    norni_buf_text(b, ": ");
    if (p->counted == 0) {
        norni_buf_text(b, "no actual value to compare with.\n");
        return NORN_OK;
    }
    const double r2 = p->score[NORNI_STEP_R2], mape = p->score[NORNI_STEP_MAPE];
    put_measure(b, "R\xC2\xB2", r2, norni_error_grade_r2(r2));
    put_measure(b, ", MAPE", mape, norni_error_grade_mape(mape));
    put_measure(b, ", accuracy", p->score[NORNI_STEP_ACCURACY], "");
    put_measure(b, ", MAE", p->score[NORNI_STEP_MAE], "");
    put_measure(b, ", RMSE", p->score[NORNI_STEP_RMSE], "");
    put_measure(b, ", bias", p->bias, "");
    norni_buf_format(b, ", %zu forecasts", p->counted);
    if (find_worst(p, worst) > 0) {
        const size_t step = worst[0] % s->horizon + 1;
        put_measure(b, "; worst: off by", p->f[worst[0]] - p->y[worst[0]], "");
        norni_buf_text(b, " at ");
        put_time(b, s->times[s->origin[worst[0] / s->horizon] + step], &s->style);
        norni_buf_format(b, ", %zu %s ahead", step, step == 1 ? "step" : "steps");
    }
    norni_buf_text(b, ".\n");
    return norni_out_flush(out, FLUSH, err);
}

/* A file with `head`, then what `rows` says of each target and model. */
static norn_status write_pairs(norni_multi_files *files, const norni_multi_scores *s,
                               const char *name, const char *head, pair_fn rows, norn_err *err) {
    norni_out out;
    norni_arena scratch;
    NORN_TRY(norni_multi_files_begin(files, name, &out, err));
    norni_arena_init(&scratch, &files->ctx->alloc);
    norni_buf_text(&out.buf, head);
    norn_status st = NORN_OK;
    for (size_t t = 0; t < s->n_targets && st == NORN_OK; t++) {
        for (size_t m = 0; m < s->n_models && st == NORN_OK; m++) {
            const norni_error_pair p = norni_error_pair_of(s, t, m);
            norni_arena_reset(&scratch);
            st = rows(&out, s, &p, &scratch, err);
        }
        if (st == NORN_OK && norn_ctx_cancelled(files->ctx))
            st = norn_fail(err, NORN_E_CANCEL, "errors: cancelled");
    }
    norni_arena_clear(&scratch);
    return norni_multi_files_end(&out, st, err);
}

/* The head of metrics.csv; its texts are constants. */
static void metric_head(char *out, size_t size) {
    static const char *const name[] = {NORNI_STEP_SCORE_NAMES};
    size_t n = norni_format(out, size, "target,model,step,n");
    for (size_t k = 0; k < NORNI_STEP_SCORES; k++)
        n += norni_format(out + n, size - n, ",%s", name[k]);
    norni_format(out + n, size - n, ",bias,r2_grade,mape_grade\n");
}

norn_status norni_error_tables_write(norni_multi_files *files, const norni_multi_scores *s,
                                     norn_err *err) {
    static const char report[] =
        "# Errors\n\nOf forecasts that no model was shown: error = forecast - actual.\n"
        "R\xC2\xB2 = 1 - sum of squared errors / sum of squares about the actuals' mean: above 0.8 "
        "excellent, above 0.6 good,\nabove 0 weak, else worse than forecasting that mean.\n"
        "MAPE over actuals other than 0, per cent: below 10 low, below 20 moderate, else high."
        "\nAccuracy = 100 - MAPE, within 0 and 100.\n\n";
    char head[256];
    metric_head(head, sizeof head);
    NORN_TRY(write_pairs(files, s, "errors.csv",
                         "target,model,origin,time,step,actual,forecast,error\n", error_rows, err));
    NORN_TRY(write_pairs(files, s, "metrics.csv", head, metric_rows, err));
    NORN_TRY(write_pairs(files, s, "worst_days.csv",
                         "target,model,rank,time,step,actual,forecast,error\n", worst_rows, err));
    return write_pairs(files, s, "report.md", report, report_lines, err);
}
