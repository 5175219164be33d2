/* A panel's rolling columns: every series and column is one item, with its hash. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/rolling_panel.h"

#include "base/clock.h"
#include "base/fp.h"

typedef struct panel_job {
    norni_rolled *r;
    int64_t *times;
} panel_job;

static norn_status fill_times(norni_worker *w, size_t i, void *arg, norn_err *err) {
    (void)w, (void)err;
    panel_job *job = arg;
    const norni_panel *p = job->r->panel;
    for (size_t t = 0; t < norni_panel_n(p, i); t++)
        job->times[p->offsets[i] - p->offsets[0] + t] = norni_panel_time(p, i, t);
    return NORN_OK;
}

/* The rows' times; NULL where no window asks for them. */
static norn_status get_times(norn_ctx *ctx, norni_worker *worker, norni_rolled *r,
                             norni_arena *arena, const int64_t **times, norn_err *err) {
    const norni_panel *p = r->panel;
    *times = NULL;
    if (r->plan->spec.kind != NORNI_ROLL_SPAN) return NORN_OK;
    if (p->style.kind == NORNI_TIME_INDEX)
        return norn_fail(
            err, NORN_E_DATA,
            "--window %s needs dates, and this input's times are numbers: give a number "
            "of rows, or --epoch s|ms",
            r->plan->window);
    if (p->times != NULL) {
        *times = p->times + p->offsets[0];
        return NORN_OK;
    }
    panel_job job = {r, norni_arena_get(arena, r->n_rows, sizeof *job.times)};
    if (job.times == NULL) return norni_alloc_fail(err, "rolling", r->n_rows, sizeof *job.times);
    NORN_TRY(norni_for(ctx, worker, p->n_series, fill_times, &job,
                       &(norni_for_opt){.grain = 64, .plumbing = true}, err));
    *times = job.times;
    return NORN_OK;
}

static norn_status hash_series(norni_worker *w, size_t i, void *arg, norn_err *err) {
    (void)w, (void)err;
    const norni_rolled *r = ((panel_job *)arg)->r;
    const norni_panel *p = r->panel;
    const norni_str id = norni_panel_id(p, i);
    const size_t from = p->offsets[i] - p->offsets[0], n = norni_panel_n(p, i);
    for (size_t c = 0; c < r->plan->n_out; c++) {
        const norni_str name = r->plan->names[c];
        double *v = r->out[c] + from;
        norni_hash_stream s;
        for (size_t t = 0; t < n; t++)
            v[t] = norni_canonical(v[t]);
        norni_hash_stream_init(&s);
        norni_hash_stream_add(&s, id.p, id.n);
        norni_hash_stream_add(&s, "", 1);
        norni_hash_stream_add(&s, name.p, name.n);
        norni_hash_stream_add(&s, "\0ok", 4); /* the status, and no model */
        norni_hash_stream_add(&s, v, n * sizeof *v);
        r->hash[i * r->plan->n_out + c] = norni_hash_stream_get(&s);
    }
    return NORN_OK;
}

static norn_status allocate(norni_rolled *r, norni_arena *arena, norn_err *err) {
    const norni_rolling_plan *plan = r->plan;
    r->n_rows = r->panel->offsets[r->panel->n_series] - r->panel->offsets[0];
    r->out = norni_arena_get(arena, plan->n_out, sizeof *r->out);
    r->hash = norni_arena_get(arena, r->panel->n_series * plan->n_out, sizeof *r->hash);
    if (!r->out || !r->hash)
        return norni_alloc_fail(err, "rolling", r->panel->n_series * plan->n_out, sizeof *r->hash);
    for (size_t c = 0; c < plan->n_out; c++) {
        r->out[c] = norni_arena_get(arena, r->n_rows, sizeof **r->out);
        if (r->out[c] == NULL) return norni_alloc_fail(err, "rolling", r->n_rows, sizeof **r->out);
    }
    return NORN_OK;
}

norn_status norni_rolling_panel(norn_ctx *ctx, norni_worker *worker, const norni_panel *p,
                                const norni_rolling_plan *plan, norni_arena *arena, norni_rolled *r,
                                norn_err *err) {
    const int64_t start = norni_clock_ns();
    norni_roll_groups groups = {p->offsets, p->n_series, NULL};
    *r = (norni_rolled){.panel = p, .plan = plan};
    NORN_TRY(allocate(r, arena, err));
    NORN_TRY(get_times(ctx, worker, r, arena, &groups.times, err));
    norni_roll_task *task = norni_arena_get(arena, plan->n_out, sizeof *task);
    if (task == NULL) return norni_alloc_fail(err, "rolling", plan->n_out, sizeof *task);
    for (size_t c = 0; c < plan->n_out; c++) {
        const size_t other = plan->other[c % plan->n_ops];
        task[c] =
            (norni_roll_task){.op = &plan->ops[c % plan->n_ops],
                              .x = norni_rolled_input(r, c / plan->n_ops),
                              .other = other == SIZE_MAX ? NULL : norni_rolled_input(r, other),
                              .out = r->out[c]};
    }
    NORN_TRY(norni_roll_run(ctx, worker, &groups, &plan->spec, task, plan->n_out, err));
    panel_job job = {r, NULL};
    NORN_TRY(
        norni_for(ctx, worker, p->n_series, hash_series, &job, &(norni_for_opt){.grain = 64}, err));
    r->seconds = (double)(norni_clock_ns() - start) * 1e-9;
    return NORN_OK;
}
