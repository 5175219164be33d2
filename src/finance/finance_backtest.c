/* One series of a report: every candidate tried on a hold-out, the best one fitted to all months. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A trial is set up as `norn evaluate` sets one up (eval/cv.c): the same view of the panel, the same random stream
 * (the hash of the series' id), the same retries. So the scores are those of
 *   norn evaluate SERIES.csv --horizon H --windows 1 --step H --model 'AutoARIMA=…,Prophet=…'
 * to the bit, H being the months held out. */
#include "finance/finance_backtest.h"

#include <math.h>

#include "base/clock.h"
#include "base/fp.h"
#include "base/hash.h"
#include "eval/levels.h"
#include "eval/metrics.h"
#include "eval/share.h"
#include "finance/finance_span.h"

size_t norni_fin_holdout(size_t n) {
    return n >= 30 ? 6 : n >= 24 ? 4 : n >= 18 ? 3 : 2;
}

/* The formula of the reference's later version, on the months held out. */
double norni_fin_accuracy_of(const norni_fin_score *score, const double *y, size_t n) {
    double least = NORNI_INF, most = -NORNI_INF;
    norni_sum sum = {0, 0}, square = {0, 0};
    size_t seen = 0;
    if (!score->ok) return NORNI_NAN;
    for (size_t k = 0; k < n; k++) {
        if (isnan(y[k])) continue;
        if (y[k] < least) least = y[k];
        if (y[k] > most) most = y[k];
        sum = norni_sum_add(sum, y[k]);
        seen++;
    }
    if (seen == 0) return NORNI_NAN;
    const double mean = norni_sum_get(sum) / (double)seen, range = most - least;
    for (size_t k = 0; k < n; k++) {
        if (!isnan(y[k])) square = norni_sum_add(square, (y[k] - mean) * (y[k] - mean));
    }
    const double sd = sqrt(norni_sum_get(square) / (double)seen);
    double percent = NORNI_NAN;
    if (score->mape < 100) {
        percent = 100 - score->mape;
    } else if (range > 0) {
        percent = 100 - 100 * score->mae / range;
        const double other = 100 - 100 * score->rmse / fabs(mean);
        if (percent < 30 && other > percent) percent = other;
    } else if (sd > 0) {
        percent = 100 - 100 * score->rmse / sd;
    } else {
        percent = score->rmse == 0 ? 100 : 0; /* all values are 0: they were met, or not */
    }
    return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

typedef struct backtest_trial {
    const norni_contender *who;
    size_t cutoff, horizon;
    bool want_levels;
    norni_dist d;
} backtest_trial;

static norn_status try_once(norni_worker *w, const norni_fin_task *task, backtest_trial *t,
                            uint32_t attempt, char described[NORNI_FIN_TEXT], norn_err *err) {
    const norni_fin_forecast_opt *opt = task->opt;
    double level = opt->level;
    const norni_trial_rules rules = {
        .horizon = t->horizon, .levels = {1, &level}, .seed = opt->seed, .models = opt->models};
    const norni_str id = norni_panel_id(task->panel, task->i);
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena,
                     .share = &share,
                     .poll = norni_ctx_poll(w->ctx),
                     .seed = opt->seed,
                     .item = norni_hash64(id.p, id.n),
                     .attempt = attempt};
    int32_t season = 1;
    void *state = NULL;
    const norni_trial trial = {
        .who = t->who,
        .series = norni_trial_series(task->panel, task->i, 0, t->cutoff, &rules, t->who, &season)};
    NORN_TRY(norni_trial_run(&env, &rules, &trial, t->want_levels, &t->d, &state, err));
    described[0] = '\0';
    t->who->model->describe(state, 0, described, NORNI_FIN_TEXT);
    for (size_t k = 0; k < t->horizon; k++)
        t->d.mean[k] = norni_canonical(t->d.mean[k]);
    return NORN_OK;
}

/* With the retries of a fit that breaks down. The answer lies in the worker's arena. */
static norn_status try_model(norni_worker *w, const norni_fin_task *task, backtest_trial *t,
                             char described[NORNI_FIN_TEXT], norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    const uint32_t most = task->opt->attempts > 0 ? task->opt->attempts : 1;
    norn_status st = NORN_OK;
    for (uint32_t k = 0; k < most; k++) {
        norni_arena_rewind(&w->arena, mark);
        st = try_once(w, task, t, k, described, err);
        if (st != NORN_E_NUMERIC) break;
    }
    return st;
}

static bool ends_run(norn_status st) {
    return st == NORN_E_CANCEL || st == NORN_E_MEM;
}

static norn_status score_one(norni_worker *w, const norni_fin_task *task, size_t k, norn_err *err) {
    const norni_fin_series *s = task->series;
    norni_fin_score *score = &task->slot->score[k];
    backtest_trial t = {
        .who = &task->opt->candidate[k].who, .cutoff = s->n - s->holdout, .horizon = s->holdout};
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    char *described = task->slot->described[k], *message = task->slot->message[k];
    norn_err why = {NORN_OK, ""};
    *score = (norni_fin_score){.rmse = NORNI_NAN, .mae = NORNI_NAN, .mape = NORNI_NAN};
    described[0] = message[0] = '\0';
    const norn_status st = try_model(w, task, &t, described, &why);
    if (ends_run(st)) return norn_fail(err, st, "%s", why.text);
    if (st == NORN_OK) {
        const double *y = s->y + t.cutoff;
        score->rmse = norni_canonical(norni_rmse(y, t.d.mean, t.horizon));
        score->mae = norni_canonical(norni_mae(y, t.d.mean, t.horizon));
        score->mape = norni_canonical(norni_mape(y, t.d.mean, t.horizon));
        score->ok = isfinite(score->rmse);
        if (!score->ok)
            norni_format(message, NORNI_FIN_TEXT, "the error on the hold-out is not finite");
    } else {
        norni_format(message, NORNI_FIN_TEXT, "%s", why.text);
        described[0] = '\0';
    }
    score->described = norni_str_of(described);
    score->message = norni_str_of(message);
    norni_arena_rewind(&w->arena, mark);
    return NORN_OK;
}

/* The candidate with the least error that was not tried; n_candidates: there is none. */
static size_t next_best(const norni_fin_task *task, const bool *tried) {
    const norni_fin_forecast_opt *opt = task->opt;
    const norni_fin_score *score = task->slot->score;
    size_t best = opt->n_candidates;
    for (size_t k = 0; k < opt->n_candidates; k++) {
        if (tried[k] || !score[k].ok) continue;
        const bool less = best == opt->n_candidates || score[k].rmse < score[best].rmse;
        const bool tie = !less && score[k].rmse == score[best].rmse &&
                         opt->candidate[k].rank < opt->candidate[best].rank;
        if (less || tie) best = k;
    }
    return best;
}

/* The points of `who` from all months. */
static norn_status refit(norni_worker *w, const norni_fin_task *task, const norni_contender *who,
                         norn_err *err) {
    norni_fin_series *s = task->series;
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    backtest_trial t = {
        .who = who, .cutoff = s->n, .horizon = NORNI_FIN_HORIZON, .want_levels = true};
    double lo[NORNI_FIN_HORIZON], hi[NORNI_FIN_HORIZON];
    norn_status st = try_model(w, task, &t, task->slot->fitted, err);
    if (st == NORN_OK) {
        norni_levels(&t.d, task->opt->level, lo, hi);
        for (size_t k = 0; k < NORNI_FIN_HORIZON; k++) {
            norni_fin_point *p = &s->point[k];
            *p = (norni_fin_point){.month = s->first + (int64_t)(s->n + k),
                                   .predicted = t.d.mean[k],
                                   .lower = norni_canonical(lo[k]),
                                   .upper = norni_canonical(hi[k])};
            /* A path's mean may lie outside its quantiles by a hair. */
            if (p->lower > p->predicted) p->lower = p->predicted;
            if (p->upper < p->predicted) p->upper = p->predicted;
        }
        s->n_points = NORNI_FIN_HORIZON;
        s->fitted = norni_str_of(task->slot->fitted);
    }
    norni_arena_rewind(&w->arena, mark);
    return st;
}

/* Of a series that is not one of months: rows stand further apart, or too few months have a value. */
static bool is_monthly(const norni_fin_task *task, size_t seen) {
    const norni_fin_series *s = task->series;
    norni_fin_steps steps = {.seen = 0};
    for (size_t k = 0; k < s->n; k++) {
        if (!isnan(s->y[k])) norni_fin_steps_add(&steps, (int64_t)k);
    }
    const int32_t step = norni_fin_steps_get(&steps);
    if (step > 1) {
        norni_format(task->slot->reason, NORNI_FIN_TEXT,
                     "Values stand %d months apart: forecasts are made month by month and need a "
                     "value for each",
                     (int)step);
        return false;
    }
    if (2 * seen >= s->n) return true;
    norni_format(task->slot->reason, NORNI_FIN_TEXT,
                 "%zu of %zu months have no value: with more than half of them missing there is no "
                 "forecast (is a date mistyped?)",
                 s->n - seen, s->n);
    return false;
}

/* Whether the series can be forecast at all; if not, why. */
static bool serves(const norni_fin_task *task) {
    norni_fin_series *s = task->series;
    size_t seen = 0, held = 0;
    for (size_t k = 0; k < s->n; k++)
        seen += isnan(s->y[k]) ? 0 : 1;
    s->holdout = norni_fin_holdout(seen);
    s->status = NORN_E_DATA;
    if (!is_monthly(task, seen)) return false;
    if (seen < NORNI_FIN_LEAST_MONTHS) {
        norni_format(task->slot->reason, NORNI_FIN_TEXT,
                     "Not enough data: %zu month%s, %d are needed", seen, seen == 1 ? "" : "s",
                     (int)NORNI_FIN_LEAST_MONTHS);
        return false;
    }
    for (size_t k = s->n - s->holdout; k < s->n; k++)
        held += isnan(s->y[k]) ? 0 : 1;
    if (held == 0) {
        norni_format(task->slot->reason, NORNI_FIN_TEXT,
                     "No values in the last %zu months: there is nothing to forecast from",
                     s->holdout);
        return false;
    }
    s->status = NORN_OK;
    return true;
}

static bool is_constant(const norni_fin_series *s) {
    double value = NORNI_NAN;
    for (size_t k = 0; k < s->n; k++) {
        if (isnan(s->y[k])) continue;
        if (isnan(value)) value = s->y[k];
        if (s->y[k] != value) return false;
    }
    return true;
}

/* What never changed is forecast to stay, without a model's rounding; that it was met tells nothing of accuracy. */
static void hold_constant(norni_fin_series *s) {
    double value = NORNI_NAN;
    for (size_t k = 0; k < s->n && isnan(value); k++)
        value = s->y[k];
    for (size_t k = 0; k < s->n_points; k++)
        s->point[k].predicted = s->point[k].lower = s->point[k].upper = value;
}

/* The best candidate, the next best where its fit to all months fails, at last the fallback. */
static norn_status serve(norni_worker *w, const norni_fin_task *task, bool *tried, norn_err *err) {
    const norni_fin_forecast_opt *opt = task->opt;
    norni_fin_series *s = task->series;
    norn_err why = {NORN_OK, ""};
    norn_status st;
    for (;;) {
        const size_t k = next_best(task, tried);
        if (k == opt->n_candidates) break;
        tried[k] = true;
        st = refit(w, task, &opt->candidate[k].who, &why);
        if (ends_run(st)) return norn_fail(err, st, "%s", why.text);
        if (st != NORN_OK) continue;
        s->best = k;
        if (is_constant(s)) {
            hold_constant(s);
            return NORN_OK;
        }
        const size_t from = s->n - s->holdout;
        s->accuracy_percentage =
            norni_canonical(norni_fin_accuracy_of(&s->score[k], s->y + from, s->holdout));
        return NORN_OK;
    }
    norni_format(
        task->slot->reason, NORNI_FIN_TEXT, "every candidate failed; %s: %s",
        opt->n_candidates > 0 ? opt->candidate[0].who.model->name : "none",
        opt->n_candidates > 0 && s->score[0].message.n > 0 ? s->score[0].message.p : why.text);
    s->status = NORN_E_NUMERIC;
    if (opt->fallback.who.model == NULL) return NORN_OK;
    st = refit(w, task, &opt->fallback.who, &why);
    if (ends_run(st)) return norn_fail(err, st, "%s", why.text);
    if (st == NORN_OK) {
        s->status = NORN_OK;
        s->fallback = true;
        if (is_constant(s)) hold_constant(s);
    }
    return NORN_OK;
}

norn_status norni_fin_backtest(norni_worker *w, const norni_fin_task *task, norn_err *err) {
    const norni_fin_forecast_opt *opt = task->opt;
    norni_fin_series *s = task->series;
    const int64_t start = norni_clock_ns();
    bool *tried = norni_arena_zero(&w->arena, opt->n_candidates, sizeof *tried);
    if (tried == NULL) return norni_alloc_fail(err, "report", opt->n_candidates, sizeof *tried);
    s->best = SIZE_MAX;
    s->accuracy_percentage = NORNI_NAN;
    s->n_points = 0;
    s->fallback = s->cached = false;
    s->score = task->slot->score;
    s->fitted = (norni_str){"", 0};
    task->slot->reason[0] = task->slot->fitted[0] = '\0';
    if (serves(task)) {
        for (size_t k = 0; k < opt->n_candidates; k++)
            NORN_TRY(score_one(w, task, k, err));
        NORN_TRY(serve(w, task, tried, err));
    } else {
        for (size_t k = 0; k < opt->n_candidates; k++)
            task->slot->score[k] = (norni_fin_score){.rmse = NORNI_NAN,
                                                     .mae = NORNI_NAN,
                                                     .mape = NORNI_NAN,
                                                     .described = {"", 0},
                                                     .message = {"", 0}};
    }
    s->reason = norni_str_of(task->slot->reason);
    s->seconds = (double)(norni_clock_ns() - start) / 1e9;
    return NORN_OK;
}
