/* The operation `forecast`: a file of series in, forecasts with intervals out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_forecast.h"

#include "app/forecast_write.h"
#include "app/summary.h"
#include "base/numtext.h"

#define AT(field) offsetof(norni_forecast_opt, field)
const norni_param norni_forecast_rows[] = {
    {.name = "horizon",
     .type = NORNI_T_INT,
     .offset = AT(horizon),
     .required = true,
     .min = 1,
     .max = 100000,
     .metavar = "H",
     .alias = "h",
     .help = "periods to forecast"},
    {.name = "model",
     .type = NORNI_T_TEXT,
     .offset = AT(model),
     .def = "auto_ets",
     .metavar = "SPEC[,SPEC…]",
     .letter = 'm',
     .help = "models, as theta or e=ets(error=A)[12]; see `norn models`"},
    {.name = "season-length",
     .type = NORNI_T_INTS,
     .offset = AT(seasons),
     .min = 1,
     .max = 100000,
     .metavar = "S[,S…]",
     .help = "periods a season (default: from the frequency)"},
    {.name = "level",
     .type = NORNI_T_TEXT,
     .offset = AT(level),
     .def = "80,95",
     .metavar = "L[,L…]",
     .help = "prediction intervals in per cent, in (0,100); none for point forecasts only"},
    {.name = "fitted",
     .type = NORNI_T_BOOL,
     .offset = AT(fitted),
     .def = "false",
     .help = "also the history's rows with y and one-step fitted values"},
    {.name = "fallback",
     .type = NORNI_T_TEXT,
     .offset = AT(fallback),
     .def = "seasonal_naive",
     .metavar = "SPEC",
     .help = "model that serves an item whose own model failed; none to let it fail"},
};
#undef AT
const size_t norni_n_forecast_rows = sizeof norni_forecast_rows / sizeof norni_forecast_rows[0];

norn_status norni_levels_parse(const char *text, norni_arena *arena, norni_doubles *out,
                               norn_err *err) {
    *out = (norni_doubles){0, NULL};
    if (text == NULL || text[0] == '\0' || strcmp(text, "none") == 0) return NORN_OK;
    norni_str rest = norni_str_of(text);
    double *v = norni_arena_get(arena, rest.n + 1, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "level", rest.n + 1, sizeof *v);
    size_t n = 0;
    for (;;) {
        const char *comma = memchr(rest.p, ',', rest.n);
        const norni_str one =
            norni_str_trim((norni_str){rest.p, comma ? (size_t)(comma - rest.p) : rest.n});
        double level = 0;
        if (norni_num_parse(one.p, one.n, &level) != NORNI_NUM_OK || !(level > 0 && level < 100)) {
            return norn_fail(err, NORN_E_ARG, "level: '%.*s' is not a number inside (0, 100)",
                             (int)one.n, one.p);
        }
        size_t at = n;
        while (at > 0 && v[at - 1] > level)
            at--;
        if (at == 0 || v[at - 1] < level) { /* a level given twice counts once */
            memmove(v + at + 1, v + at, (n - at) * sizeof *v);
            v[at] = level;
            n++;
        }
        if (comma == NULL) break;
        rest = (norni_str){comma + 1, (size_t)(rest.p + rest.n - comma - 1)};
    }
    *out = (norni_doubles){n, v};
    return NORN_OK;
}

norn_status norni_forecast_plan_make(const norni_model_set *set, const norni_forecast_opt *opt,
                                     norni_arena *arena, norni_forecast_plan *plan, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    norni_spec *specs = NULL, *fallback = NULL;
    size_t n_fallback = 0;
    *plan = (norni_forecast_plan){
        .horizon = opt->horizon,
        .seasons = opt->seasons,
        .fitted = opt->fitted,
        .describe = common->items != NULL,
        .seed = (uint64_t)common->seed,
        .max_attempts = (uint32_t)common->retry_attempts,
        .grain = (size_t)common->chunk_size < 64 ? (size_t)common->chunk_size : 64,
        .error_threshold = common->error_threshold};
    NORN_TRY(norni_specs_parse(set, norni_str_of(opt->model), arena, &specs, &plan->n_specs, err));
    plan->specs = specs;
    NORN_TRY(norni_levels_parse(opt->level, arena, &plan->levels, err));
    if (opt->fallback == NULL || strcmp(opt->fallback, "none") == 0) return NORN_OK;
    NORN_TRY(
        norni_specs_parse(set, norni_str_of(opt->fallback), arena, &fallback, &n_fallback, err));
    if (n_fallback != 1)
        return norn_fail(err, NORN_E_ARG, "fallback: '%s' names %zu models; one is allowed",
                         opt->fallback, n_fallback);
    plan->fallback = fallback;
    return NORN_OK;
}

static norni_str item_id(const void *arg, size_t item) {
    const norni_forecast *f = arg;
    return norni_panel_id(f->panel, item / f->plan->n_specs);
}

static norni_str item_column(const void *arg, size_t item) {
    const norni_forecast *f = arg;
    return f->plan->specs[item % f->plan->n_specs].column;
}

/* Tells the reader what was inferred, so that a wrong guess is seen at once. */
static void say_panel(const norni_op_env *env, const norni_panel *p,
                      const norni_forecast_plan *plan, const norni_align_report *report) {
    char freq[32], first[32];
    bool mixed = false;
    norni_freq_print(first, sizeof first, p->freq[0], p->start[0]);
    int32_t season = norni_freq_season(p->freq[0]);
    for (size_t i = 1; i < p->n_series && !mixed; i++) {
        norni_freq_print(freq, sizeof freq, p->freq[i], p->start[i]);
        mixed = strcmp(freq, first) != 0;
    }
    char season_text[64] = "by frequency";
    if (plan->seasons.n > 0)
        norni_format(season_text, sizeof season_text, "%d", (int)plan->seasons.v[0]);
    else if (!mixed)
        norni_format(season_text, sizeof season_text, "%d (from the frequency)", (int)season);
    norni_say(env, "%zu series, %zu observations, frequency %s, season length %s", p->n_series,
              p->n_obs, mixed ? "mixed" : first, season_text);
    if (report->n_gaps > 0) {
        norni_say(env, "%zu missing periods in %zu series filled with missing values; first: %s",
                  report->n_gaps, report->n_gap_series, report->first_gap);
    }
    if (report->n_duplicates > 0) {
        norni_say(env, "%zu duplicate rows resolved; first: %s", report->n_duplicates,
                  report->first_duplicate);
    }
}

static norn_status write_everything(const norni_op_env *env, const norni_forecast_opt *opt,
                                    const norni_forecast *f, const norni_stopwatch *watch,
                                    norni_op_result *out, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    NORN_TRY(norni_forecast_write(env->ctx, f, common->out, norni_format_of(common),
                                  (size_t)common->chunk_size, err));
    if (common->items) NORN_TRY(norni_forecast_write_items(env->ctx, f, common->items, err));
    if (common->summary) {
        const norni_summary s = {.operation = "forecast",
                                 .batch = &f->batch,
                                 .names = {item_id, item_column, f},
                                 .digest = out->digest,
                                 .out_path = common->out,
                                 .watch = *watch};
        NORN_TRY(norni_summary_write(env->ctx, &s, common->summary, err));
    }
    return NORN_OK;
}

static void fill_result(const norni_forecast *f, norni_op_result *out) {
    out->n_items = f->batch.n;
    out->n_ok = f->batch.n_ok;
    out->n_fallback = f->batch.n_fallback;
    out->n_failed = f->batch.n_failed;
    out->above_threshold = f->batch.above_threshold;
    norni_hash_text(f->digest, out->digest);
}

norn_status norni_op_forecast(const norni_op_env *env, const void *options, norni_op_result *out,
                              norn_err *err) {
    const norni_forecast_opt *opt = options;
    const norni_stopwatch watch = norni_stopwatch_start();
    norni_arena arena;
    norni_forecast_plan plan;
    norni_read_opt read;
    norni_panel panel;
    norni_align_report report;
    norni_forecast f;
    norn_status st;
    norni_arena_init(&arena, &env->ctx->alloc);
    NORN_TRY_GOTO(norni_forecast_plan_make(env->models, opt, &arena, &plan, err), fail);
    NORN_TRY_GOTO(norni_panel_read_opt(&opt->panel, &read, err), fail);
    read.no_exogenous = true;
    st = norni_panel_read(env->ctx, opt->panel.data, &read, &panel, &report, err);
    out->input_failed = st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA;
    if (st != NORN_OK) goto fail;
    say_panel(env, &panel, &plan, &report);
    st = norni_forecast_run(env, &panel, &plan, &f, err);
    if (st == NORN_OK) {
        fill_result(&f, out);
        st = write_everything(env, opt, &f, &watch, out, err);
        if (st == NORN_OK) {
            norni_say(env, "%zu of %zu items ok (%zu by fallback), %zu failed, in %g s; digest %s",
                      out->n_ok, out->n_items, out->n_fallback, out->n_failed,
                      (double)(int64_t)(norni_stopwatch_seconds(&watch) * 1000 + 0.5) / 1000,
                      out->digest);
        }
        for (size_t i = 0, shown = 0; st == NORN_OK && i < f.batch.n && shown < 3; i++) {
            if (f.batch.outcome[i].status == NORN_OK) continue;
            const norni_str id = item_id(&f, i);
            norni_say(env, "failed: %.*s: %s", (int)id.n, id.p,
                      f.batch.outcome[i].message ? f.batch.outcome[i].message : "");
            shown++;
        }
        norni_forecast_clear(&f);
    }
    norni_panel_clear(&panel);
fail:
    norni_arena_clear(&arena);
    return st;
}
