/* The operation `bench`: speed-up measured on this machine, with equal digests as the condition. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_bench.h"

#include <stdlib.h>

#include "app/outputs.h"
#include "base/numtext.h"

#define AT(field) offsetof(norni_bench_opt, field)
const norni_param norni_bench_rows[] = {
    {.name = "quick",
     .type = NORNI_T_BOOL,
     .offset = AT(quick),
     .def = "false",
     .help = "less work (a tenth of the series, smaller tables, days in place of hours), shorter "
             "measurements"},
    {.name = "output",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(output),
     .metavar = "DIR",
     .help = "write performance_comparison.svg, scalability_analysis.svg, "
             "memory_usage_analysis.svg, throughput_analysis.svg and bench.json there"},
    {.name = "series",
     .type = NORNI_T_INT,
     .offset = AT(n_series),
     .def = "0",
     .min = 0,
     .max = 10000000,
     .metavar = "N",
     .help = "synthetic series of forecast and rolling (0: 4000 and 120)"},
    {.name = "model",
     .type = NORNI_T_TEXT,
     .offset = AT(model),
     .metavar = "SPEC[,SPEC…]",
     .help =
         "models of the workload (default auto_ets; multi: naive,ridge,ebm,gbdt,ensemble; report: "
         "beside its own two)"},
};
#undef AT
const size_t norni_n_bench_rows = sizeof norni_bench_rows / sizeof norni_bench_rows[0];

static const norni_bench_work *const works[] = {
    &norni_bench_forecast, &norni_bench_report, &norni_bench_search, &norni_bench_signals,
    &norni_bench_rolling,  &norni_bench_multi,  &norni_bench_proof};
enum { N_WORKS = sizeof works / sizeof works[0] };

static const norni_bench_work *find_work(const char *name) {
    for (size_t k = 0; k < N_WORKS; k++) {
        if (strcmp(works[k]->name, name) == 0) return works[k];
    }
    return NULL;
}

static norn_status refuse_name(const char *name, norn_err *err) {
    char known[160];
    size_t n = 0, best = 4;
    const char *near = NULL;
    for (size_t k = 0; k < N_WORKS; k++) {
        const size_t d = norni_str_distance(norni_str_of(name), norni_str_of(works[k]->name));
        n += norni_format(known + n, sizeof known - n, "%s%s", k ? ", " : "", works[k]->name);
        if (d < best) {
            best = d;
            near = works[k]->name;
        }
    }
    return norn_fail(err, NORN_E_ARG,
                     "bench: unknown workload '%.60s'%s%s%s; this version measures: %s", name,
                     near ? ", did you mean " : "", near ? near : "", near ? "?" : "", known);
}

static norn_status check(const norni_bench_opt *opt, const norni_bench_work *work, norn_err *err) {
    const norni_common_opt *common = &opt->common;
    static const norni_inputs none = {NULL, 0};
    if (common->format == NORNI_FORMAT_CSV || common->format == NORNI_FORMAT_XLSX)
        return norn_fail(err, NORN_E_ARG, "--format: a benchmark is written as json");
    if (common->plot != NULL || common->resume != NULL || common->items != NULL)
        return norn_fail(err, NORN_E_ARG,
                         "%s: a benchmark has none; --output DIR has its charts and its JSON",
                         common->plot     ? "--plot"
                         : common->resume ? "--resume"
                                          : "--items");
    if (opt->model != NULL && !work->takes_model)
        return norn_fail(err, NORN_E_ARG, "--model: the workload %s has no models to choose",
                         work->name);
    if (opt->n_series != 0 && !work->takes_series)
        return norn_fail(err, NORN_E_ARG, "--series: only forecast and rolling are made of series");
    NORN_TRY(norni_table_format_check(common, err));
    return norni_outputs_check_common(&none, common, (norni_output[2]){{NULL, NULL}}, err);
}

norn_status norni_op_bench(const norni_op_env *env, const void *options, norni_op_result *out,
                           norn_err *err) {
    const norni_bench_opt *opt = options;
    const norni_bench_work *work = find_work(opt->workload);
    if (work == NULL) return refuse_name(opt->workload, err);
    NORN_TRY(check(opt, work, err));
    norni_bench_how how = norni_bench_how_default(opt->quick || work->brief);
    /* For tests of what must not happen: runs with so many workers get a wrong bit in their digest. */
    const char *plant = getenv("NORN_BENCH_PLANT");
    int64_t n = 0;
    if (plant != NULL && norni_int_parse(plant, strlen(plant), &n) == NORNI_NUM_OK && n > 0 &&
        n <= NORNI_BENCH_WORKERS)
        how.plant = (int32_t)n;
    return norni_bench_run(env, opt, work, &how, out, err);
}
