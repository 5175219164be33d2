/* A whole report: its sections one after the other, and the digest over every number of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_report.h"

#include <math.h>

#include "finance/finance_words.h"

/* ---- stages ---- */

/* Forecasts end in any order; what is told of them only ever goes on. */
typedef struct report_watch {
    const norni_fin_report_opt *opt;
    size_t left[3]; /* series of each part */
    int32_t percent;
} report_watch;

static void tell(const norni_fin_report_opt *opt, const char *stage, int32_t percent) {
    if (opt->stage != NULL) opt->stage(opt->user, stage, percent);
}

static void see_series(void *user, const norni_fin_series *s, const norni_fin_forecasts *f) {
    static const char *const name[] = {"forecasting", "regional", "departmental"};
    static const int32_t percent[] = {50, 60, 70};
    report_watch *w = user;
    w->left[s->part]--;
    if (w->opt->done != NULL) w->opt->done(w->opt->user, s, f);
    for (int part = 0; part < 3 && w->left[part] == 0; part++) {
        if (percent[part] <= w->percent) continue;
        w->percent = percent[part];
        tell(w->opt, name[part], percent[part]);
    }
}

static norn_status forecast(norn_ctx *ctx, const norni_fin_report_opt *opt, norni_arena *arena,
                            norni_fin_report *r, norn_err *err) {
    norni_fin_forecast_opt how = opt->forecast;
    report_watch watch = {.opt = opt, .percent = 25};
    how.done = see_series;
    how.user = &watch;
    NORN_TRY(norni_fin_series_make(r->book, &how, arena, &r->forecasts, err));
    for (size_t i = 0; i < r->forecasts.n; i++)
        watch.left[r->forecasts.series[i].part]++;
    tell(opt, "forecasting", 25);
    NORN_TRY(norni_fin_forecasts_run(ctx, &how, arena, &r->forecasts, err));
    norni_log_line(ctx, NORN_LOG_INFO,
                   "Parallel forecasting completed: %g seconds, %zu series, %d workers",
                   (double)(int64_t)(r->forecasts.seconds * 1e6 + 0.5) / 1e6, r->forecasts.n,
                   (int)r->forecasts.workers);
    return NORN_OK;
}

/* ---- how the forecasts fit together ---- */

/* Whether profit is revenue less expenses in every month that has the three. */
static bool books_add_up(const norni_fin_months *m) {
    const double *r = m->value[NORNI_FIN_REVENUE], *e = m->value[NORNI_FIN_EXPENSES],
                 *p = m->value[NORNI_FIN_PROFIT];
    for (size_t i = 0; i < m->n; i++) {
        if (fabs(r[i] - e[i] - p[i]) > 0.01 * (fabs(r[i]) + fabs(e[i]))) return false;
    }
    return true;
}

static const norni_fin_series *forecast_of(const norni_fin_forecasts *f, norni_fin_key key) {
    return norni_fin_series_find(f, NORNI_FIN_OF_ALL, norni_str_of(norni_fin_key_name(key)));
}

/* Every series is forecast from its own past, by the model that served it best; what they miss by of adding up is told. */
static void tell_gap(norni_fin_report *r) {
    const norni_fin_series *revenue = forecast_of(&r->forecasts, NORNI_FIN_REVENUE),
                           *expenses = forecast_of(&r->forecasts, NORNI_FIN_EXPENSES),
                           *profit = forecast_of(&r->forecasts, NORNI_FIN_PROFIT);
    double most = 0, share = 0;
    int64_t month = 0;
    if (!revenue || !expenses || !profit || !books_add_up(&r->book->all)) return;
    if (revenue->n_points == 0 || expenses->n_points == 0 || profit->n_points == 0) return;
    for (size_t k = 0; k < NORNI_FIN_HORIZON; k++) {
        const double x = revenue->point[k].predicted;
        const double gap = fabs(profit->point[k].predicted - (x - expenses->point[k].predicted));
        if (gap > most) most = gap, month = profit->point[k].month, share = gap / fabs(x);
    }
    if (!(share > 1e-4)) return; /* nothing that anybody would see */
    char date[11], amount[NORNI_FIN_WORD], part[NORNI_FIN_WORD];
    norni_fin_month_text(month, date);
    norni_format(
        r->note, sizeof r->note,
        "Each metric is forecast from its own past, so forecasts need not add up: forecast "
        "profit and forecast revenue less expenses differ by up to %s (%.*s, %s of "
        "the revenue forecast).",
        norni_fin_amount_text(most, amount), 7, date, norni_fin_percent_text(100 * share, part));
}

/* ---- the digest ---- */

static void hash_text(norni_hash_stream *h, norni_str s) {
    norni_hash_stream_add(h, s.p, s.n);
    norni_hash_stream_add(h, "", 1);
}

static void hash_number(norni_hash_stream *h, double x) {
    norni_hash_stream_add(h, &x, sizeof x);
}

static void hash_points(norni_hash_stream *h, const norni_fin_point *p, size_t n) {
    for (size_t k = 0; k < n; k++) {
        norni_hash_stream_add(h, &p[k].month, sizeof p[k].month);
        hash_number(h, p[k].predicted);
        hash_number(h, p[k].lower);
        hash_number(h, p[k].upper);
    }
}

static void hash_series(norni_hash_stream *h, const norni_fin_forecasts *f,
                        const norni_fin_series *s) {
    hash_text(h, s->id);
    hash_text(h, norni_str_of(norn_status_name(s->status)));
    hash_text(h, norni_fin_series_model(f, s));
    for (size_t k = 0; k < f->n_candidates && s->score != NULL; k++) {
        hash_number(h, s->score[k].rmse);
        hash_number(h, s->score[k].mae);
        hash_number(h, s->score[k].mape);
    }
    hash_number(h, s->accuracy_percentage);
    hash_points(h, s->point, s->n_points);
}

/* Series in the order of their ids' bytes: each time the least that is greater than the one before. */
static void hash_forecasts(norni_hash_stream *h, const norni_fin_forecasts *f) {
    const norni_fin_series *last = NULL;
    for (size_t k = 0; k < f->n; k++) {
        const norni_fin_series *next = NULL;
        for (size_t i = 0; i < f->n; i++) {
            const norni_fin_series *s = &f->series[i];
            if (last != NULL && norni_str_cmp(s->id, last->id) <= 0) continue;
            if (next == NULL || norni_str_cmp(s->id, next->id) < 0) next = s;
        }
        if (next == NULL) break;
        hash_series(h, f, next);
        last = next;
    }
    hash_points(h, f->growth, f->n_growth);
}

static norni_hash128 digest_of(const norni_fin_report *r) {
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    hash_forecasts(&h, &r->forecasts);
    norni_hash_stream_add(&h, &r->kpis, sizeof r->kpis); /* doubles alone */
    for (size_t i = 0; i < r->anomalies.n; i++) {
        const norni_fin_anomaly *a = &r->anomalies.item[i];
        hash_text(&h, norni_str_of(norni_fin_metric_name(a->metric)));
        if (a->group.n > 0) hash_text(&h, a->group);
        norni_hash_stream_add(&h, &a->month, sizeof a->month);
        hash_number(&h, a->value);
        hash_number(&h, a->score);
        norni_hash_stream_add(&h, &a->votes, sizeof a->votes);
    }
    for (size_t i = 0; i < r->correlations.n; i++) {
        const norni_fin_correlation *c = &r->correlations.item[i];
        hash_text(&h, norni_str_of(norni_fin_metric_name(c->a)));
        hash_text(&h, norni_str_of(norni_fin_metric_name(c->b)));
        hash_number(&h, c->correlation);
        hash_number(&h, c->p_value);
        hash_number(&h, c->p_value_without_season);
        norni_hash_stream_add(&h, &c->lag_months, sizeof c->lag_months);
    }
    for (size_t i = 0; i < r->drivers.n; i++) {
        hash_text(&h, r->drivers.item[i].feature);
        hash_number(&h, r->drivers.item[i].score);
    }
    hash_number(&h, r->drivers.r2);
    return norni_hash_stream_get(&h);
}

norn_status norni_fin_report_make(norn_ctx *ctx, const norni_fin_book *book,
                                  const norni_fin_report_opt *opt, norni_arena *arena,
                                  norni_fin_report *out, norn_err *err) {
    const uint64_t seed = opt->forecast.seed;
    memset(out, 0, sizeof *out);
    out->book = book;
    out->mode = opt->mode;
    norni_fin_kpis_make(book, &out->kpis);
    NORN_TRY(forecast(ctx, opt, arena, out, err));
    tell_gap(out);
    out->forecast_accuracy = norni_fin_accuracy(&out->forecasts);
    tell(opt, "analytics", 80);
    NORN_TRY(norni_fin_anomalies_make(ctx, book, seed, arena, &out->anomalies, err));
    NORN_TRY(norni_fin_correlations_make(book, arena, &out->correlations, err));
    NORN_TRY(norni_fin_drivers_make(ctx, book, opt->learners, seed, arena, &out->drivers, err));
    out->digest = digest_of(out);
    tell(opt, "visualizations", 90);
    return NORN_OK;
}
