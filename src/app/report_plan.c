/* The options of `norn report`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/report_plan.h"

#include "app/registry.h"
#include "app/spec.h"
#include "app/version.h"

/* The reference's two. Prophet's yearly season is on where two years are there. Of equal errors Prophet serves: AutoARIMA
 * must be strictly better. */
#define AUTO_ARIMA "AutoARIMA=auto_arima(season_test=ocsb)[12]"
#define PROPHET    "Prophet=prophet(yearly=auto,weekly=false,daily=false)"
#define FALLBACK   "seasonal_naive"
enum { MOST_CANDIDATES = 16 };

#define AT(field) offsetof(norni_report_opt, field)
const norni_param norni_report_rows[] = {
    {.name = "mode",
     .type = NORNI_T_CHOICE,
     .offset = AT(mode),
     .def = "finance_guardian",
     .choices = "finance_guardian|financial_storyteller",
     .help = "who tells it: a controller with recommendations, or a narrator"},
    {.name = "models",
     .type = NORNI_T_TEXT,
     .offset = AT(models),
     .metavar = "SPEC[,SPEC…]",
     .alias = "model",
     .letter = 'm',
     .help = "further candidates beside AutoARIMA and Prophet; the least error on the last months "
             "serves"},
    {.name = "level",
     .type = NORNI_T_DOUBLE,
     .offset = AT(level),
     .def = "95",
     .min = 1,
     .max = 99.9999,
     .metavar = "L",
     .help = "of the intervals, in per cent"},
    {.name = "series",
     .type = NORNI_T_TEXT,
     .offset = AT(series),
     .metavar = "FILE.csv",
     .path = NORNI_PATH_LOCAL,
     .help = "write the monthly series, as `norn evaluate` and `norn forecast` read them"},
};
const size_t norni_n_report_rows = sizeof norni_report_rows / sizeof norni_report_rows[0];

const norni_param norni_report_input_rows[] = {
    {.name = "dates",
     .type = NORNI_T_CHOICE,
     .offset = AT(dates),
     .def = "auto",
     .choices = "auto|day-first|month-first",
     .help = "how 03/04/2024 is read; auto: by a date that can be read in one way only"},
    {.name = "map",
     .type = NORNI_T_TEXT,
     .offset = AT(map),
     .metavar = "HEADER=KEY[,…]",
     .help = "headers by hand, as 'Umsatz=revenue,Kosten=expenses'"},
    {.name = "sheet",
     .type = NORNI_T_TEXT,
     .offset = AT(sheet),
     .metavar = "NAME",
     .help = "sheet of an .xlsx workbook (default: the first visible one)"},
};
#undef AT
const size_t norni_n_report_input_rows =
    sizeof norni_report_input_rows / sizeof norni_report_input_rows[0];

/* The spec as `norn evaluate` takes it: name(parameters that are not their defaults)[season]. */
static norn_status spec_text(const norni_spec *s, norni_arena *arena, norni_str *out,
                             norn_err *err) {
    const norni_model *m = s->model;
    norni_buf b, value;
    size_t n = 0;
    norn_status st = NORN_OK;
    norni_buf_init(&b, arena->alloc);
    norni_buf_init(&value, arena->alloc);
    norni_buf_text(&b, m->name);
    for (size_t i = 0; i < m->n_params; i++) {
        const norni_param *row = &m->params[i];
        value.n = 0;
        norni_param_print(row, s->opt, &value);
        const norni_str text = {value.p ? value.p : "", value.n};
        if (norni_str_is(text, row->def ? row->def : "")) continue;
        norni_buf_text(&b, n++ ? "," : "(");
        norni_buf_text(&b, row->name);
        norni_buf_text(&b, "=");
        norni_buf_add(&b, text.p, text.n);
    }
    if (n > 0) norni_buf_text(&b, ")");
    if (s->season > 0) norni_buf_format(&b, "[%d]", (int)s->season);
    out->p = b.failed || value.failed ? NULL : norni_arena_text(arena, b.p, b.n);
    out->n = b.n;
    if (out->p == NULL) st = norni_alloc_fail(err, "report", b.cap, 2);
    norni_buf_clear(&b);
    norni_buf_clear(&value);
    return st;
}

static norn_status candidate_of(const norni_spec *s, norni_arena *arena, norni_fin_candidate *out,
                                norn_err *err) {
    *out = (norni_fin_candidate){.name = s->column,
                                 .who = {.model = s->model, .opt = s->opt, .season = s->season}};
    return spec_text(s, arena, &out->spec, err);
}

static norn_status make_candidates(const norni_op_env *env, norni_arena *arena,
                                   norni_report_plan *plan, norn_err *err) {
    const char *more = plan->opt->models;
    norni_fin_forecast_opt *f = &plan->report.forecast;
    norni_spec *specs = NULL, fallback;
    size_t n = 0;
    norni_buf text;
    norni_buf_init(&text, arena->alloc);
    norni_buf_format(&text, "%s,%s%s%s", AUTO_ARIMA, PROPHET, more ? "," : "", more ? more : "");
    const char *list = text.failed ? NULL : norni_arena_text(arena, text.p, text.n);
    norni_buf_clear(&text);
    if (list == NULL) return norni_alloc_fail(err, "--models", 1, 1);
    NORN_TRY(norni_specs_parse(env->models, norni_str_of(list), arena, &specs, &n, err));
    if (n > MOST_CANDIDATES)
        return norn_fail(err, NORN_E_ARG, "--models: %zu are given, %d are allowed", n - 2,
                         MOST_CANDIDATES - 2);
    norni_fin_candidate *c = norni_arena_zero(arena, n, sizeof *c);
    if (c == NULL) return norni_alloc_fail(err, "--models", n, sizeof *c);
    for (size_t k = 0; k < n; k++) {
        NORN_TRY(candidate_of(&specs[k], arena, &c[k], err));
        c[k].rank = k == 0 ? 1 : k == 1 ? 0 : (int32_t)k;
    }
    NORN_TRY(norni_spec_parse(env->models, norni_str_of(FALLBACK), arena, &fallback, err));
    f->candidate = c;
    f->n_candidates = n;
    return candidate_of(&fallback, arena, &f->fallback, err);
}

static norn_status choose_format(const norni_report_opt *opt, norni_report_plan *plan,
                                 norn_err *err) {
    const size_t n = strlen(opt->door.common.out);
    const bool named = n > 5 && strcmp(opt->door.common.out + n - 5, ".html") == 0;
    switch (opt->door.common.format) {
        case NORNI_FORMAT_AUTO: plan->html = named; return NORN_OK;
        case NORNI_FORMAT_JSON: return NORN_OK;
        case NORNI_FORMAT_HTML: plan->html = true; return NORN_OK;
        default:
            return norn_fail(
                err, NORN_E_ARG,
                "--format: a report is json or html; --series writes its series as CSV");
    }
}

norn_status norni_report_plan_make(const norni_op_env *env, const norni_report_opt *opt,
                                   norni_arena *arena, norni_report_plan *plan, norn_err *err) {
    const norni_common_opt *common = &opt->door.common;
    *plan = (norni_report_plan){.opt = opt};
    if (common->resume || common->plot)
        return norn_fail(err, NORN_E_ARG, "--%s: a report has none; leave it out",
                         common->resume ? "resume" : "plot");
    if ((opt->door.cache_dir || opt->door.redis) && !common->cache)
        return norn_fail(err, NORN_E_ARG, "--%s has no effect without --cache on",
                         opt->door.redis ? "redis" : "cache-dir");
    NORN_TRY(choose_format(opt, plan, err));
    plan->read = (norni_fin_read_opt){.dates = (norni_fin_dates)opt->dates,
                                      .map = norni_str_of(opt->map ? opt->map : "")};
    plan->report = (norni_fin_report_opt){
        .mode = (norni_fin_mode)opt->mode,
        .learners = env->learners ? env->learners : norni_registry_learners(),
        .forecast = {.models = env->models,
                     .level = opt->level,
                     .seed = (uint64_t)common->seed,
                     .attempts = (uint32_t)common->retry_attempts,
                     .version = norni_str_of(NORNI_VERSION)}};
    return make_candidates(env, arena, plan, err);
}

void norni_report_plan_print(const norni_report_plan *plan, norni_buf *out) {
    const norni_fin_forecast_opt *f = &plan->report.forecast;
    norni_buf_format(out, "html: %d\nmode: %d\ndates: %d\nmap: %.*s\nsheet: %s\nseed: %llu\n",
                     (int)plan->html, (int)plan->report.mode, (int)plan->read.dates,
                     (int)plan->read.map.n, plan->read.map.p,
                     plan->opt->sheet ? plan->opt->sheet : "", (unsigned long long)f->seed);
    norni_buf_format(out, "level: %g\nattempts: %u\n", f->level, (unsigned)f->attempts);
    for (size_t k = 0; k < f->n_candidates; k++)
        norni_buf_format(out, "model: %.*s=%.*s\n", (int)f->candidate[k].name.n,
                         f->candidate[k].name.p, (int)f->candidate[k].spec.n,
                         f->candidate[k].spec.p);
}
