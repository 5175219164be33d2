/* The library's door to rolling windows: arrays in memory in, arrays out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <norn/rolling.h>

#include "roll/roll_run.h"

enum { FEW = 8 };

norn_rolling_opt norn_rolling_opt_default(void) {
    return (norn_rolling_opt){.window = 1, .min_periods = -1};
}

norn_status norn_rolling_window(const char *text, norn_rolling_opt *opt, norn_err *err) {
    norni_roll_spec spec = {.kind = NORNI_ROLL_FIXED};
    if (text == NULL || opt == NULL)
        return norn_fail(err, NORN_E_ARG, "window: text and options must be given");
    NORN_TRY(norni_roll_spec_parse(norni_str_of(text), &spec, err));
    opt->kind = (norn_rolling_kind)spec.kind;
    opt->window = spec.length;
    opt->span = spec.span;
    return NORN_OK;
}

static norn_status spec_of(const norn_rolling_opt *opt, norni_roll_spec *spec, norn_err *err) {
    const norn_rolling_opt o = opt ? *opt : norn_rolling_opt_default();
    if ((unsigned)o.kind > NORN_ROLLING_EXPANDING || (unsigned)o.closed > NORN_CLOSED_NEITHER)
        return norn_fail(err, NORN_E_ARG, "rolling: kind=%d, closed=%d are not of their lists",
                         (int)o.kind, (int)o.closed);
    *spec = (norni_roll_spec){.kind = (norni_roll_kind)o.kind,
                              .length = o.window,
                              .span = o.span,
                              .min_periods = o.min_periods,
                              .center = o.center,
                              .closed = (norni_roll_closed)o.closed};
    return norni_roll_spec_check(spec, err);
}

norn_status norn_rolling(norn_ctx *ctx, const double *x, size_t n, const char *op,
                         const norn_rolling_opt *opt, double *out, norn_err *err) {
    norni_roll_spec spec;
    norni_roll_op parsed;
    if (ctx == NULL || op == NULL || (n > 0 && (x == NULL || out == NULL)))
        return norn_fail(err, NORN_E_ARG, "rolling: ctx, x, op and out must be given");
    NORN_TRY(spec_of(opt, &spec, err));
    NORN_TRY(norni_roll_op_parse(norni_str_of(op), &parsed, err));
    if (spec.kind == NORNI_ROLL_SPAN)
        return norn_fail(err, NORN_E_ARG,
                         "rolling: a window of time needs times: see norn_rolling_columns");
    if (parsed.other.n > 0)
        return norn_fail(err, NORN_E_ARG, "%s: '%.*s' is another column: see norn_rolling_columns",
                         parsed.row->name, (int)parsed.other.n, parsed.other.p);
    const size_t offsets[2] = {0, n};
    const norni_roll_groups groups = {offsets, 1, NULL};
    const norni_roll_task task = {&parsed, x, NULL, out};
    return norni_roll_run(ctx, NULL, &groups, &spec, &task, 1, err);
}

static norn_status check_data(const norn_rolling_data *d, const norni_roll_spec *spec,
                              const size_t *offsets, size_t n_groups, norn_err *err) {
    if (offsets[0] != 0 || offsets[n_groups] != d->n)
        return norn_fail(err, NORN_E_ARG, "rolling: offsets go from %zu to %zu, not from 0 to %zu",
                         offsets[0], offsets[n_groups], d->n);
    for (size_t g = 0; g < n_groups; g++) {
        if (offsets[g + 1] < offsets[g])
            return norn_fail(err, NORN_E_ARG, "rolling: offsets fall at group %zu", g);
    }
    if (spec->kind != NORNI_ROLL_SPAN) return NORN_OK;
    if (d->times == NULL && d->n > 0)
        return norn_fail(err, NORN_E_ARG, "rolling: a window of time needs times");
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = offsets[g] + 1; i < offsets[g + 1]; i++) {
            if (d->times[i] < d->times[i - 1])
                return norn_fail(err, NORN_E_ARG,
                                 "rolling: times fall at row %zu (group %zu): sort by time", i, g);
        }
    }
    return NORN_OK;
}

static norn_status find_other(const norn_rolling_data *d, const norni_roll_op *op,
                              const double **other, norn_err *err) {
    *other = NULL;
    if (op->other.n == 0) return NORN_OK;
    for (size_t c = 0; d->names != NULL && c < d->n_columns; c++) {
        if (!norni_str_is(op->other, d->names[c])) continue;
        *other = d->columns[c];
        return NORN_OK;
    }
    return norn_fail(err, NORN_E_ARG, "%s: there is no column '%.*s'", op->row->name,
                     (int)op->other.n, op->other.p);
}

norn_status norn_rolling_columns(norn_ctx *ctx, const norn_rolling_data *data,
                                 const char *const *ops, size_t n_ops, const norn_rolling_opt *opt,
                                 double *const *out, norn_err *err) {
    norni_roll_spec spec;
    if (ctx == NULL || data == NULL || (n_ops > 0 && ops == NULL) ||
        (data->n_columns > 0 && data->columns == NULL) ||
        (n_ops * data->n_rolled > 0 && out == NULL))
        return norn_fail(err, NORN_E_ARG, "rolling: ctx, data, ops and out must be given");
    if (data->n_rolled > data->n_columns)
        return norn_fail(err, NORN_E_ARG, "rolling: n_rolled=%zu is outside [0, %zu]",
                         data->n_rolled, data->n_columns);
    NORN_TRY(spec_of(opt, &spec, err));
    const size_t one[2] = {0, data->n};
    const norni_roll_groups groups = {data->offsets ? data->offsets : one,
                                      data->offsets ? data->n_groups : 1, data->times};
    NORN_TRY(check_data(data, &spec, groups.offsets, groups.n_groups, err));
    size_t n_tasks;
    if (!norni_mul_size(n_ops, data->n_rolled, &n_tasks)) n_tasks = SIZE_MAX;
    norni_arena arena;
    norni_arena_init(&arena, &ctx->alloc);
    norni_roll_op few[FEW], *op = n_ops <= FEW ? few : norni_arena_get(&arena, n_ops, sizeof *op);
    norni_roll_task few_tasks[FEW],
        *task = n_tasks <= FEW ? few_tasks : norni_arena_get(&arena, n_tasks, sizeof *task);
    norn_status st = NORN_OK;
    if (op == NULL || task == NULL)
        NORN_TRY_GOTO(norni_alloc_fail(err, "rolling", n_tasks, sizeof *task), done);
    for (size_t k = 0; k < n_ops; k++) {
        const double *other = NULL;
        NORN_TRY_GOTO(norni_roll_op_parse(norni_str_of(ops[k]), &op[k], err), done);
        NORN_TRY_GOTO(find_other(data, &op[k], &other, err), done);
        for (size_t c = 0; c < data->n_rolled; c++)
            task[c * n_ops + k] =
                (norni_roll_task){&op[k], data->columns[c], other, out[c * n_ops + k]};
    }
    st = norni_roll_run(ctx, NULL, &groups, &spec, task, n_tasks, err);
done:
    norni_arena_clear(&arena);
    return st;
}
