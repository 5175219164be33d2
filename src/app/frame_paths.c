/* Sample paths of a forecast as columns. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/frame_paths.h"

static bool has_paths(const norni_forecast_plan *plan, const norni_spec *spec) {
    return spec->model->paths != NULL && spec->model->paths(spec->opt, plan->models);
}

static norn_status fail_without(const norni_forecast_plan *plan, const norni_spec *spec,
                                norn_err *err) {
    char others[160];
    size_t at = 0;
    others[0] = '\0';
    for (size_t k = 0; k < plan->models->n && at + 40 < sizeof others; k++) {
        const norni_model *m = plan->models->models[k];
        if (m->paths == NULL)
            at += norni_format(others + at, sizeof others - at, at ? ", %s" : "%s", m->name);
    }
    return norn_fail(err, NORN_E_ARG,
                     "simulate: %s %.*s has no joint distribution to draw sample paths from; all "
                     "models have one but %s",
                     spec == plan->fallback ? "the fallback" : "the model", (int)spec->column.n,
                     spec->column.p, others);
}

norn_status norni_frame_plan_paths(const norni_forecast_opt *opt, size_t n_paths,
                                   norni_forecast_plan *plan, norn_err *err) {
    if (n_paths == 0 || n_paths > 10000000)
        return norn_fail(err, NORN_E_ARG, "simulate: n_paths=%zu is outside [1, 10000000]",
                         n_paths);
    if (plan->levels.n > 0 || plan->conformal.windows > 0 || opt->fitted || opt->save)
        return norn_fail(err, NORN_E_ARG,
                         "simulate: sample paths have no levels, conformal intervals or fitted "
                         "values, and nothing is saved with them");
    for (size_t k = 0; k < plan->n_specs; k++)
        if (!has_paths(plan, &plan->specs[k])) return fail_without(plan, &plan->specs[k], err);
    if (plan->fallback && !has_paths(plan, plan->fallback))
        return fail_without(plan, plan->fallback, err);
    plan->n_paths = n_paths;
    return NORN_OK;
}

norn_status norni_frame_add_paths(const norni_forecast *f, const norni_frame *data,
                                  norni_frame *frame, norni_arena *arena, norn_err *err) {
    const size_t h = (size_t)f->plan->horizon, n_specs = f->plan->n_specs,
                 n_series = f->panel->n_series, n_paths = f->plan->n_paths;
    int64_t *sample;
    NORN_TRY(norni_frame_begin(frame, arena, n_series * n_paths * h, 3 + n_specs, err));
    NORN_TRY(norni_frame_add_horizon(frame, arena, f->panel, data, h, n_paths, err));
    NORN_TRY(norni_frame_add_integer(frame, arena, norni_str_of("sample_id"), &sample, err));
    for (size_t r = 0; r < frame->n; r++)
        sample[r] = (int64_t)(r / h % n_paths);
    for (size_t k = 0; k < n_specs; k++) {
        double *to = NULL;
        NORN_TRY(norni_frame_add_number(frame, arena, f->plan->specs[k].column, &to, err));
        for (size_t i = 0; i < n_series; i++)
            memcpy(to + i * n_paths * h, f->paths + (i * n_specs + k) * n_paths * h,
                   n_paths * h * sizeof *to);
    }
    return NORN_OK;
}
