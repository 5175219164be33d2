/* One call of `norn multi` from its options to its answer, whoever reads the table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_call.h"

#include <math.h>

#include "app/multi_files.h"
#include "app/multi_mix.h"
#include "app/multi_table.h"
#include "app/registry.h"
#include "feat/leak_find.h"
#include "feat/leak_hint.h"

enum { SHOWN = 60, MOST_NOTES = 12 };

static int shown(norni_str s) {
    return (int)(s.n > SHOWN ? SHOWN : s.n);
}

norn_status norni_multi_call_begin(norni_multi_call *c, const norni_op_env *env,
                                   const norni_multi_opt *opt, norn_err *err) {
    const char *const folder[][2] = {
        {"--output", opt->output}, {"--errors", opt->errors}, {"--explain", opt->explain}};
    const norni_learner_set *set = env->learners ? env->learners : norni_registry_learners();
    c->env = env;
    c->opt = *opt;
    norni_arena_init(&c->arena, &env->ctx->alloc);
    NORN_TRY(norni_multi_opt_check(opt, err));
    if (opt->load != NULL) {
        if (strcmp(opt->load, "-") == 0)
            return norn_fail(err, NORN_E_ARG, "--load: models come from a file; '-' names none");
        const norn_status st = norni_multi_kept_open(env->ctx, opt->load, &c->kept, err);
        if (st == NORN_E_IO) return NORN_E_DATA; /* it is an input that is not usable */
        if (st != NORN_OK) return st;
        NORN_TRY(norni_multi_kept_fill(&c->kept, &c->opt, &c->arena, err));
    }
    NORN_TRY(norni_multi_plan_make(set, &c->opt, &c->arena, &c->plan, err));
    c->model_names = norni_arena_get(&c->arena, c->plan.n_specs, sizeof *c->model_names);
    if (!c->model_names) return norni_alloc_fail(err, "multi", c->plan.n_specs, 16);
    for (size_t s = 0; s < c->plan.n_specs; s++) {
        const norni_learner *l = c->plan.specs[s].learner;
        c->model_names[s] = c->plan.specs[s].column;
        if ((opt->save || opt->load) && l && (!l->save || !l->load))
            return norn_fail(err, NORN_E_ARG, "save: %s cannot be kept; leave it out", l->name);
    }
    for (size_t i = 0; i < sizeof folder / sizeof folder[0]; i++) { /* before any work */
        if (folder[i][1] && strcmp(folder[i][1], "-") != 0)
            NORN_TRY(norni_multi_folder_make(folder[i][0], folder[i][1], err));
    }
    return NORN_OK;
}

/* ---- the table ---- */

static void say_report(const norni_multi_call *c) {
    const norni_wide *w = &c->table.wide;
    const norni_wide_report *r = &c->table.report;
    char freq[32];
    norni_freq_print(freq, sizeof freq, w->freq, w->start);
    norni_say(c->env,
              "frequency %s%s, %zu rows, %zu columns: %zu targets, %zu drivers, %zu statics, "
              "%zu known ahead",
              freq, norni_freq_remedy(w->freq), w->n_rows, w->n_columns,
              norni_wide_of_role(w, NORNI_ROLE_TARGET, NULL),
              norni_wide_of_role(w, NORNI_ROLE_DRIVER, NULL),
              norni_wide_of_role(w, NORNI_ROLE_STATIC, NULL),
              norni_wide_of_role(w, NORNI_ROLE_KNOWN, NULL));
    for (size_t i = 0; i < r->n_notes && i < MOST_NOTES; i++)
        norni_say(c->env, "%.*s", (int)r->note[i].n, r->note[i].p);
    if (r->n_notes > MOST_NOTES)
        norni_say(c->env, "and %zu more notes of this kind", r->n_notes - MOST_NOTES);
}

/* The most rows that any feature looks back. */
static size_t most_lag(const norni_features_opt *x) {
    const norni_ints *lists[] = {&x->lags, &x->driver_lags};
    size_t most = x->lookback > x->driver_lookback ? x->lookback : x->driver_lookback;
    most = most > 0 ? most - 1 : 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < lists[k]->n; i++)
            most = (size_t)lists[k]->v[i] > most ? (size_t)lists[k]->v[i] : most;
    }
    return most;
}

static norn_status check_leaks(norni_multi_call *c, const norni_features_opt *x,
                               const norni_leak_pair **out, size_t *n_out, norn_err *err) {
    const norni_wide *w = &c->table.wide;
    const norni_leak_pair *leak;
    size_t n, n_near = 0;
    NORN_TRY(norni_leak_find(c->env->ctx, NULL, w, c->plan.horizon, most_lag(x), &c->arena, &leak,
                             &n, err));
    for (size_t i = 0; i < n; i++) {
        char text[300];
        norni_leak_text(w, &leak[i], text, sizeof text);
        if (leak[i].exact && !c->opt.allow_leaks)
            return norn_fail(err, NORN_E_DATA, "leak: %s; --drop it, or --allow-leaks", text);
        if (leak[i].exact || n_near++ < MOST_NOTES) norni_say(c->env, "warning: leak: %s", text);
    }
    *out = leak;
    *n_out = n;
    return NORN_OK;
}

static bool is_said(const norni_leak_hint *hint, const norni_leak_pair *leak, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (leak[i].column == hint->column && leak[i].target == hint->target) return true;
    }
    return false;
}

/* Columns that may know the future in a form of their own: by the rows before the oldest origin's test. */
static norn_status ask_about(const norni_multi_call *c, const norni_features_opt *x,
                             const norni_leak_pair *leak, size_t n_leaks, norni_arena *arena,
                             norn_err *err) {
    const norni_multi_table *t = &c->table;
    const norni_leak_hint_opt opt = {.n_rows = t->n_windows > 0 ? t->origin[0] + 1 : t->wide.n_rows,
                                     .horizon = c->plan.horizon,
                                     .lag = most_lag(x),
                                     .season = t->n_season > 0 ? (size_t)t->season[0] : 0};
    const norni_leak_hint *hint;
    size_t n, n_asked = 0;
    NORN_TRY(norni_leak_hint_find(c->env->ctx, NULL, &t->wide, &opt, arena, &hint, &n, err));
    for (size_t i = 0; i < n; i++) {
        char text[400];
        if (is_said(&hint[i], leak, n_leaks) || n_asked++ >= MOST_NOTES) continue;
        norni_leak_hint_text(&t->wide, &hint[i], text, sizeof text);
        norni_say(c->env, "warning: %s", text);
    }
    if (n_asked > MOST_NOTES)
        norni_say(c->env, "warning: and %zu more questions of this kind", n_asked - MOST_NOTES);
    return NORN_OK;
}

/* Steps of the target at which no origin meets an observed value. */
static size_t unmet_steps(const norni_multi_table *t, const double *y, size_t horizon) {
    size_t n = 0;
    for (size_t h = 1; h <= horizon; h++) {
        bool met = false;
        for (size_t k = 0; k < t->n_windows && !met; k++)
            met = !isnan(y[t->origin[k] + h]);
        n += !met;
    }
    return n;
}

/* What has no metrics: a target without a value behind the oldest origin, or one that is observed every
 * third period where origins stand three periods apart, so that always the same steps miss it. */
static void say_untested(const norni_multi_call *c) {
    const norni_multi_table *t = &c->table;
    size_t n_said = 0;
    for (size_t i = 0; i < t->n_trained && t->n_windows > 0; i++) {
        const double *y = t->trained_y[i];
        const size_t n = unmet_steps(t, y, c->plan.horizon);
        bool seen = false;
        if (n == 0 || n_said++ >= MOST_NOTES) continue;
        for (size_t r = t->origin[0] + 1; r < t->wide.n_rows && !seen; r++)
            seen = !isnan(y[r]);
        if (!seen)
            norni_say(c->env,
                      "warning: target %.*s has no observed value in the rows that forecasts are "
                      "tested on: it has no metrics",
                      shown(t->trained_name[i]), t->trained_name[i].p);
        else
            norni_say(c->env,
                      "warning: target %.*s: no origin meets an observed value at %zu of %zu steps "
                      "(origins stand %zu periods apart), which have no metrics; ask for another "
                      "--step, as %zu",
                      shown(t->trained_name[i]), t->trained_name[i].p, n, c->plan.horizon,
                      t->splits.step, t->splits.step + 1);
    }
    if (n_said > MOST_NOTES)
        norni_say(c->env, "warning: and %zu more targets like it", n_said - MOST_NOTES);
}

static norn_status make_table(norni_multi_call *c, norn_err *err) {
    norni_multi_table *t = &c->table;
    norni_features_opt x = c->opt.load ? c->kept.features : c->plan.features;
    const norni_leak_pair *leak = NULL;
    size_t n_leaks = 0;
    if (c->opt.load) {
        NORN_TRY(norni_multi_kept_columns(&c->kept, &c->arena, &t->wide, err));
    } else {
        const bool held = norni_multi_features_fit(&x, t->wide.n_rows, &c->arena);
        NORN_TRY(check_leaks(c, &x, &leak, &n_leaks, err));
        if (held)
            norni_say(c->env, "%zu rows: lookbacks and windows are held to a quarter of them",
                      t->wide.n_rows);
    }
    NORN_TRY(norni_multi_table_make(c->env->ctx, &c->plan, &x, &c->arena, t, err));
    if (c->opt.load) return norni_multi_kept_check(&c->kept, &c->plan, t, err);
    for (size_t i = 0; i < t->n_targets; i++) {
        if (t->why[i])
            norni_say(c->env, "warning: target %.*s is not trained: %s", shown(t->target[i]),
                      t->target[i].p, t->why[i]);
    }
    norni_say(c->env, "%zu features, %zu earlier origins, training sets of %zu to %zu rows", t->x.n,
              t->n_windows, t->n_windows > 0 ? t->origin[0] + 1 : t->wide.n_rows, t->wide.n_rows);
    if (t->n_windows == 0)
        norni_say(
            c->env,
            "warning: the rows are too few for earlier origins: no metrics, equal weights, no "
            "intervals");
    say_untested(c);
    return ask_about(c, &x, leak, n_leaks, &c->arena, err);
}

norn_status norni_multi_call_table(norni_multi_call *c, norn_err *err) {
    say_report(c);
    const norn_status st = make_table(c, err);
    c->input_failed = st == NORN_E_DATA || st == NORN_E_FORMAT || st == NORN_E_LIMIT;
    return st;
}

/* ---- the run ---- */

norn_status norni_multi_call_run(norni_multi_call *c, norni_run_store *store,
                                 norni_hash128 plan_key, norni_tally *tally, norn_err *err) {
    const norni_multi_opt *o = &c->opt;
    const norni_multi_wish wish = {.states = o->save || (store && o->explain),
                                   .texts = o->panel.common.items != NULL,
                                   .reasons = o->explain != NULL};
    c->job = (norni_multi_job){.ctx = c->env->ctx,
                               .plan = &c->plan,
                               .table = &c->table,
                               .arena = &c->arena,
                               .tally = tally,
                               .progress = c->env->progress,
                               .progress_user = c->env->progress_user,
                               .store = store,
                               .plan_key = plan_key};
    if (o->load != NULL) {
        c->job.kept = &c->kept;
        c->job.kept_fill = c->kept.fill;
        c->job.kept_choice = c->kept.choice;
    }
    NORN_TRY(norni_multi_run(&c->job, &wish, err));
    NORN_TRY(norni_multi_mix(&c->job, err));
    NORN_TRY(norni_multi_metrics_make(&c->job, &c->metrics, err));
    return norni_multi_answer_make(&c->job, &c->answer, err);
}

norni_multi_scores norni_multi_call_scores(const norni_multi_call *c) {
    const norni_multi_table *t = &c->table;
    return (norni_multi_scores){.n_targets = t->n_targets,
                                .n_models = c->plan.n_specs,
                                .n_origins = t->n_windows,
                                .horizon = c->plan.horizon,
                                .target = t->target,
                                .model = c->model_names,
                                .origin = t->origin,
                                .times = t->wide.times,
                                .style = t->wide.style,
                                .freq = t->wide.freq,
                                .actual = c->job.actual,
                                .forecast = c->job.oof,
                                .scale = t->scale};
}

norn_status norni_multi_call_reasons(norni_multi_call *c, norni_multi_reason **out, size_t *n,
                                     norn_err *err) {
    const norni_multi_job *j = &c->job;
    size_t all = 0;
    *n = 0;
    for (size_t i = 0; j->n_reasons && i < j->n_items; i++)
        all += j->n_reasons[i];
    *out = norni_arena_get(&c->arena, all, sizeof **out);
    if (*out == NULL) return norni_alloc_fail(err, "explain", all, sizeof **out);
    for (size_t t = 0; all > 0 && t < c->table.n_trained; t++) {
        const norni_str name = c->table.trained_name[t];
        for (size_t i = 0; i < j->n_items; i++) {
            for (size_t r = 0; r < j->n_reasons[i]; r++) {
                if (norni_str_cmp(j->reason[i][r].target, name) == 0)
                    (*out)[(*n)++] = j->reason[i][r];
            }
        }
    }
    return NORN_OK;
}

void norni_multi_call_clear(norni_multi_call *c) {
    if (c->env == NULL) return;
    norni_multi_answer_clear(&c->answer);
    if (c->job.ctx != NULL) norni_multi_clear(&c->job);
    norni_multi_kept_clear(&c->kept);
    norni_arena_clear(&c->arena);
}
