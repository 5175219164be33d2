/* How well each model of a run forecast each target, out of fold. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_score.h"

#include <math.h>

#include "base/fp.h"
#include "base/numtext.h"

static const char *const columns[] = {
    "model", "target", "step", "n", NORNI_STEP_SCORE_NAMES, NORNI_MULTI_RELATIVE};
enum { N_COLUMNS = sizeof columns / sizeof columns[0], NAME_MOST = 40 };

/* What can be averaged over targets of different units. */
static bool is_unitless(size_t score) {
    return score == NORNI_STEP_R2 || score == NORNI_STEP_MAPE || score == NORNI_STEP_ACCURACY ||
           score == NORNI_STEP_SCALED_MSE || score == NORNI_STEP_SCALED_MAE;
}

static void score_pair(const norni_multi_job *j, norni_multi_metrics *m, size_t spec, size_t target,
                       double *y, double *f) {
    const norni_multi_table *t = j->table;
    const size_t h = m->horizon, n = t->n_windows, at = (spec * m->n_targets + target) * (1 + h);
    const double *actual = j->actual + target * n * h;
    const double *forecast = j->oof + (spec * t->n_targets + target) * n * h;
    double *to = m->score + at * NORNI_STEP_SCORES;
    m->n[at] = norni_step_scores(actual, forecast, n * h, t->scale[target], to);
    for (size_t s = 0; s < h; s++) {
        for (size_t k = 0; k < n; k++) {
            y[k] = actual[k * h + s];
            f[k] = forecast[k * h + s];
        }
        m->n[at + 1 + s] =
            norni_step_scores(y, f, n, t->scale[target], to + (1 + s) * NORNI_STEP_SCORES);
    }
}

static void average(norni_multi_metrics *m, size_t spec) {
    for (size_t i = 0; i < NORNI_STEP_SCORES; i++) {
        double sum = 0, n = 0;
        for (size_t k = 0; k < m->n_targets && is_unitless(i); k++) {
            const double x = norni_multi_score(m, spec, k, 0)[i];
            if (isnan(x)) continue;
            sum += x;
            n++;
        }
        m->mean[spec * NORNI_STEP_SCORES + i] = n > 0 ? sum / n : NORNI_NAN;
    }
}

/* Ratios to the yardstick's MAE, and their geometric means: a ratio and its inverse weigh the same. */
static void relate(norni_multi_metrics *m, size_t yardstick) {
    const size_t n = m->n_targets * (1 + m->horizon);
    m->has_relative = yardstick < m->n_specs;
    for (size_t s = 0; s < m->n_specs; s++) {
        double sum = 0, count = 0;
        bool perfect = false;
        for (size_t i = 0; i < n; i++) {
            const size_t at = NORNI_STEP_MAE + i * NORNI_STEP_SCORES;
            const double own = m->score[s * n * NORNI_STEP_SCORES + at],
                         base = m->has_relative ? m->score[yardstick * n * NORNI_STEP_SCORES + at]
                                                : NORNI_NAN,
                         x = base > 0 ? own / base : NORNI_NAN;
            m->relative[s * n + i] = isfinite(x) ? x : NORNI_NAN;
            if (i % (1 + m->horizon) != 0 || !isfinite(x)) continue;
            perfect = perfect || !(x > 0);
            if (x > 0) sum += norni_log(x);
            count++;
        }
        m->relative_mean[s] = count == 0 ? NORNI_NAN : perfect ? 0 : norni_exp(sum / count);
    }
}

norn_status norni_multi_metrics_make(const norni_multi_job *j, norni_multi_metrics *m,
                                     norn_err *err) {
    const norni_multi_table *t = j->table;
    const size_t h = j->plan->horizon, n_pairs = j->plan->n_specs * t->n_targets * (1 + h);
    *m =
        (norni_multi_metrics){.n_specs = j->plan->n_specs, .n_targets = t->n_targets, .horizon = h};
    m->score = norni_arena_get(j->arena, n_pairs, NORNI_STEP_SCORES * sizeof *m->score);
    m->n = norni_arena_get(j->arena, n_pairs, sizeof *m->n);
    m->mean = norni_arena_get(j->arena, m->n_specs, NORNI_STEP_SCORES * sizeof *m->mean);
    m->relative = norni_arena_get(j->arena, n_pairs, sizeof *m->relative);
    m->relative_mean = norni_arena_get(j->arena, m->n_specs, sizeof *m->relative_mean);
    double *y = norni_arena_get(j->arena, t->n_windows, 2 * sizeof *y);
    if (!m->score || !m->n || !m->mean || !m->relative || !m->relative_mean || !y)
        return norni_alloc_fail(err, "metrics", n_pairs, NORNI_STEP_SCORES * sizeof *m->score);
    for (size_t s = 0; s < m->n_specs; s++) {
        for (size_t i = 0; i < m->n_targets; i++)
            score_pair(j, m, s, i, y, y + t->n_windows);
        average(m, s);
    }
    relate(m, norni_multi_yardstick(j->plan));
    return NORN_OK;
}

/* ---- as a table ---- */

static norn_status put_row(norni_table_out *t, norni_str model, norni_str target, norni_str step,
                           double n, const double *score, double relative, norn_err *err) {
    NORN_TRY(norni_table_text(t, model, err));
    NORN_TRY(norni_table_text(t, target, err));
    NORN_TRY(norni_table_text(t, step, err));
    NORN_TRY(norni_table_num(t, n, err));
    for (size_t i = 0; i < NORNI_STEP_SCORES; i++)
        NORN_TRY(norni_table_num(t, score[i], err));
    NORN_TRY(norni_table_num(t, relative, err));
    return norni_table_row(t, err);
}

norn_status norni_multi_metrics_table(const norni_multi_job *j, const norni_multi_metrics *m,
                                      norni_table_out *t, norn_err *err) {
    const norni_str all = norni_str_of("all");
    NORN_TRY(norni_table_begin(t, "metrics", columns, N_COLUMNS, err));
    for (size_t s = 0; s < m->n_specs; s++)
        NORN_TRY(put_row(t, j->plan->specs[s].column, all, all, (double)m->n_targets,
                         m->mean + s * NORNI_STEP_SCORES, m->relative_mean[s], err));
    for (size_t s = 0; s < m->n_specs; s++) {
        for (size_t i = 0; i < m->n_targets; i++) {
            for (size_t h = 0; h <= m->horizon; h++) {
                char step[24];
                const norni_str name = {step, norni_format(step, sizeof step, "%zu", h)};
                const size_t at = (s * m->n_targets + i) * (1 + m->horizon) + h;
                NORN_TRY(put_row(t, j->plan->specs[s].column, j->table->target[i],
                                 h == 0 ? all : name, (double)m->n[at],
                                 norni_multi_score(m, s, i, h), m->relative[at], err));
            }
        }
    }
    return NORN_OK;
}

double norni_multi_seconds(const norni_multi_job *j, size_t spec) {
    double sum = 0;
    for (size_t i = 0; i < j->n_items; i++) {
        if (j->item[i].spec == spec) sum += j->batch.outcome[i].seconds;
    }
    return sum;
}

/* ---- as words ---- */

/* A number to `digits` behind the point, fewer or as 1.23e+45 where it is too long, right in its width
 * with a blank before it; "-" for none. */
static void put_number(norni_buf *b, double x, int digits, size_t width) {
    char text[48] = "-";
    size_t n = 1;
    if (isfinite(x)) {
        double unit = 1;
        for (int k = 0; k < digits; k++)
            unit *= 10;
        for (n = width; n >= width && unit >= 1 && fabs(x) < 1e9; unit /= 10)
            n = norni_format(text, sizeof text, "%g", nearbyint(x * unit) / unit);
        if (n >= width) {
            const double power = floor(norni_log(fabs(x)) / norni_log(10));
            const double head = x / norni_pow(10, power);
            norni_format(text, sizeof text, "%ge%d", nearbyint(head * 100) / 100, (int)power);
        }
    }
    for (n = strlen(text); n < width; n++)
        norni_buf_text(b, " ");
    norni_buf_text(b, text);
}

static void put_name(norni_buf *b, norni_str name, size_t width) {
    const size_t n = name.n > NAME_MOST ? NAME_MOST : name.n;
    norni_buf_add(b, name.p, n);
    for (size_t k = n; k < width; k++)
        norni_buf_text(b, " ");
}

void norni_multi_metrics_words(const norni_multi_job *j, const norni_multi_metrics *m,
                               norni_buf *b) {
    size_t width = 8;
    for (size_t s = 0; s < m->n_specs; s++) {
        const size_t n = j->plan->specs[s].column.n;
        width = n > width ? (n > NAME_MOST ? NAME_MOST : n) : width;
    }
    put_name(b, norni_str_of("model"), width);
    norni_buf_text(b, "  accuracy      mape        r2  scaled mse  scaled mae");
    norni_buf_text(b, m->has_relative ? "   rel mae   seconds\n" : "   seconds\n");
    for (size_t s = 0; s < m->n_specs; s++) {
        const double *x = m->mean + s * NORNI_STEP_SCORES;
        put_name(b, j->plan->specs[s].column, width);
        put_number(b, x[NORNI_STEP_ACCURACY], 2, 10);
        put_number(b, x[NORNI_STEP_MAPE], 3, 10);
        put_number(b, x[NORNI_STEP_R2], 4, 10);
        put_number(b, x[NORNI_STEP_SCALED_MSE], 4, 12);
        put_number(b, x[NORNI_STEP_SCALED_MAE], 4, 12);
        if (m->has_relative) put_number(b, m->relative_mean[s], 3, 10);
        put_number(b, norni_multi_seconds(j, s), 2, 10);
        norni_buf_text(b, "\n");
    }
    norni_buf_format(
        b,
        "means over %zu targets, %zu earlier origins, %zu steps, out of fold; accuracy "
        "= 100 - MAPE, held in [0, 100]\n",
        m->n_targets, j->table->n_windows, m->horizon);
    if (m->has_relative) {
        const norni_str name = j->plan->specs[norni_multi_yardstick(j->plan)].column;
        norni_buf_format(b, "rel mae = MAE / MAE of %.*s, geometric mean; below 1 is better\n",
                         (int)name.n, name.p);
    }
}
