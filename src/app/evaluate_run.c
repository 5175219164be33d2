/* An evaluation from panel to standings: series by series, in bounded memory, with a digest over all. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The panel lies in memory; what the models answer does so for a slice of the series at a time. Every
 * sum goes over the series in their order, so that no result depends on the slices. The digest is
 * XXH3-128 over the series' hashes in the order of their ids' bytes; a series has one hash for each
 * model, over its folds: cut-off, status, serving model, and the bits of all forecasts and scores. */
#include "app/evaluate_run.h"

#include <math.h>

/* One slice of the series and everything about it. */
typedef struct evaluate_slice {
    norni_cv cv;
    norni_scores scores;
    norni_hash128 *hash; /* (n_series, n_specs) */
} evaluate_slice;

typedef struct evaluate_job {
    const norni_op_env *env;
    norni_evaluation *e;
    const norni_evaluate_columns *columns;
    const norni_evaluate_sinks *sinks;
    norni_digest digest;
    double *mean; /* (n_scores) */
} evaluate_job;

static void hash_text(norni_hash_stream *h, norni_str s) {
    norni_hash_stream_add(h, s.p, s.n);
    norni_hash_stream_add(h, "", 1);
}

typedef struct hash_job {
    const norni_evaluate_plan *plan;
    const norni_cv *cv;
    const norni_scores *scores;
    norni_hash128 *hash; /* (n_series, n_specs) */
} hash_job;

/* One (series, model): all its folds. */
static norn_status hash_pair(norni_worker *w, size_t pair, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    const hash_job *job = arg;
    const norni_cv *cv = job->cv;
    const norni_scores *scores = job->scores;
    const size_t n_specs = job->plan->n_specs, series = pair / n_specs, k = pair % n_specs;
    const size_t h = cv->plan->rules.horizon, ends = h * cv->plan->rules.levels.n;
    norni_hash_stream s;
    norni_hash_stream_init(&s);
    hash_text(&s, norni_panel_id(cv->panel, cv->first + series));
    hash_text(&s, job->plan->specs[k].column);
    for (size_t fold = 0; fold < cv->n_folds; fold++) {
        const size_t item = (series * cv->plan->n_contenders + k) * cv->n_folds + fold;
        const norni_outcome *o = &cv->outcome[item];
        if (o->attempts == 0) continue;
        const uint64_t cutoff = norni_cv_place_of(cv, item).cutoff;
        norni_hash_stream_add(&s, &cutoff, sizeof cutoff);
        hash_text(&s, norni_str_of(norn_status_name(o->status)));
        hash_text(&s, norni_evaluate_served(job->plan, cv, item));
        norni_hash_stream_add(&s, cv->mean + item * h, h * sizeof(double));
        norni_hash_stream_add(&s, cv->lo + item * ends, ends * sizeof(double));
        norni_hash_stream_add(&s, cv->hi + item * ends, ends * sizeof(double));
        norni_hash_stream_add(&s, scores->score + item * scores->n_scores,
                              scores->n_scores * sizeof(double));
    }
    job->hash[pair] = norni_hash_stream_get(&s);
    return NORN_OK;
}

norn_status norni_evaluate_hash(norn_ctx *ctx, const norni_evaluate_plan *plan, const norni_cv *cv,
                                const norni_scores *scores, norni_arena *arena, norni_hash128 **out,
                                norn_err *err) {
    const size_t n = cv->n_series * plan->n_specs;
    *out = norni_arena_get(arena, n, sizeof **out);
    if (*out == NULL) return norni_alloc_fail(err, "evaluate", n, sizeof **out);
    hash_job hashes = {plan, cv, scores, *out};
    const norni_for_opt loop = {.grain = 64, .plumbing = true};
    return norni_for(ctx, NULL, n, hash_pair, &hashes, &loop, err);
}

static norn_status run_slice(evaluate_job *job, size_t first, size_t n, norni_arena *arena,
                             evaluate_slice *slice, norn_err *err) {
    norn_ctx *ctx = job->env->ctx;
    const norni_evaluate_plan *plan = job->e->plan;
    NORN_TRY(norni_cv_run(ctx, NULL, job->e->panel, first, n, &plan->cv, arena, &slice->cv, err));
    NORN_TRY(norni_scores_make(ctx, NULL, &slice->cv, arena, &slice->scores, err));
    return norni_evaluate_hash(ctx, plan, &slice->cv, &slice->scores, arena, &slice->hash, err);
}

/* Keeps the series if it is among the model's worst; of equals the earlier one stands. */
static void note_worst(norni_evaluation *e, size_t k, size_t series,
                       const norni_series_standing *of, const double *mean, size_t n_scores) {
    norni_worst *list = e->worst + k * NORNI_WORST;
    const double metric = norni_evaluate_series_metric(e->plan, of, mean);
    size_t n = e->n_worst[k], at = n;
    if (isnan(metric)) return;
    while (at > 0 && list[at - 1].metric < metric)
        at--;
    if (at == NORNI_WORST) return;
    if (n < NORNI_WORST) n++;
    double *kept = list[n - 1].mean; /* of the one that falls out, or of a free place */
    memmove(list + at + 1, list + at, (n - 1 - at) * sizeof *list);
    memcpy(kept, mean, n_scores * sizeof *mean);
    list[at] = (norni_worst){series, metric, *of, kept};
    e->n_worst[k] = n;
}

static size_t count_cut(const norni_cv *cv, size_t series, size_t k) {
    size_t n = 0;
    for (size_t fold = 0; cv->effort && fold < cv->n_folds; fold++) {
        const size_t item = (series * cv->plan->n_contenders + k) * cv->n_folds + fold;
        n += norni_cv_served(cv, item) != NULL && cv->effort[item].cut;
    }
    return n;
}

static norn_status note_failures(norni_evaluation *e, const norni_cv *cv, size_t series, size_t k,
                                 norn_err *err) {
    norni_buf b;
    norn_status st = NORN_OK;
    norni_buf_init(&b, &e->ctx->alloc);
    for (size_t fold = 0; fold < cv->n_folds; fold++) {
        const size_t item = (series * cv->plan->n_contenders + k) * cv->n_folds + fold;
        const norni_outcome *o = &cv->outcome[item];
        if (o->attempts == 0) continue;
        if (o->fallback && e->first_fallback.n == 0)
            norni_evaluate_reason(e->plan, cv, item, &e->first_fallback);
        if (o->status == NORN_OK) continue;
        if (e->n_failed++ < 3) {
            norni_buf_text(&e->first_failures, e->n_failed > 1 ? "\nfailed: " : "failed: ");
            norni_evaluate_reason(e->plan, cv, item, &e->first_failures);
        }
        norni_evaluate_failure(e->plan, cv, item, &b);
    }
    if (b.failed) st = norni_alloc_fail(err, "summary", b.cap, 2);
    if (st == NORN_OK && b.n > 0) st = norni_spool_add(&e->failures, b.p, b.n, err);
    norni_buf_clear(&b);
    return st;
}

/* One series of the slice: into the standings, the digest and the files. */
static norn_status fold_series(evaluate_job *job, const evaluate_slice *slice, size_t series,
                               norn_err *err) {
    norni_evaluation *e = job->e;
    const norni_evaluate_plan *plan = e->plan;
    const norni_cv *cv = &slice->cv;
    const size_t i = cv->first + series, n_folds = norni_cv_folds(&plan->cv, e->panel, i);
    bool any = false, scaled = false;
    for (size_t k = 0; k < plan->n_specs; k++) {
        const norni_series_standing of =
            norni_standing_series(&slice->scores, series, k, plan->baseline, job->mean);
        norni_standing_add(&e->standing[k], &slice->scores, series, k, &of, job->mean);
        e->n_items += of.n_folds + of.n_failed;
        e->n_ok += of.n_folds;
        e->n_fallback += of.n_fallback;
        e->n_cut += count_cut(cv, series, k);
        any = any || of.n_folds > 0;
        scaled = scaled || !isnan(job->mean[NORNI_SCORE_MASE]);
        if (e->worst) note_worst(e, k, i, &of, job->mean, slice->scores.n_scores);
        if (of.n_failed > 0 || of.n_fallback > 0) NORN_TRY(note_failures(e, cv, series, k, err));
        if (job->sinks->by_series)
            NORN_TRY(norni_by_series_row(plan, e->panel, i, k, job->columns, &of, job->mean,
                                         job->sinks->by_series, err));
        if (job->sinks->items)
            NORN_TRY(norni_items_rows(plan, cv, series, k, job->sinks->items, err));
        if (job->sinks->errors)
            NORN_TRY(norni_errors_rows(plan, cv, series, k, job->sinks->errors, err));
    }
    e->n_short += any && n_folds < norni_cv_max_folds(&plan->cv);
    e->n_unscaled += any && !scaled;
    return norni_digest_add(&job->digest, norni_panel_id(e->panel, i),
                            slice->hash + series * plan->n_specs, err);
}

static norn_status run_slices(evaluate_job *job, size_t n_slice, norn_err *err) {
    const norni_panel *panel = job->e->panel;
    norni_arena arena;
    norn_status st = NORN_OK;
    norni_arena_init(&arena, &job->env->ctx->alloc);
    for (size_t first = 0; first < panel->n_series && st == NORN_OK; first += n_slice) {
        const size_t left = panel->n_series - first, n = left < n_slice ? left : n_slice;
        evaluate_slice slice = {.hash = NULL};
        norni_arena_reset(&arena);
        st = run_slice(job, first, n, &arena, &slice, err);
        for (size_t s = 0; s < n && st == NORN_OK; s++)
            st = fold_series(job, &slice, s, err);
        job->e->n_without += slice.cv.n_without;
        norni_cv_clear(&slice.cv);
    }
    norni_arena_clear(&arena);
    return st;
}

/* Series of a slice. Pooled conformal intervals need all of them at once. */
static size_t slice_series(const norni_evaluate_plan *plan, size_t n_series, size_t room) {
    const size_t scores = norni_score_count(plan->cv.rules.levels.n) * sizeof(double);
    const size_t bytes = norni_cv_bytes(&plan->cv);
    size_t beside;
    if (plan->cv.conformal) return n_series;
    if (!norni_mul_size(scores, plan->cv.n_contenders * norni_cv_max_folds(&plan->cv), &beside) ||
        bytes > SIZE_MAX - beside)
        return 1;
    const size_t n = room / (bytes + beside);
    return n < 1 ? 1 : n < n_series ? n : n_series;
}

static norn_status allocate(norni_evaluation *e, norni_arena *arena, double **mean, norn_err *err) {
    const norni_evaluate_plan *plan = e->plan;
    const size_t n_levels = plan->cv.rules.levels.n, n_scores = norni_score_count(n_levels),
                 n_specs = plan->n_specs;
    e->standing = norni_arena_zero(arena, n_specs, sizeof *e->standing);
    *mean = norni_arena_get(arena, n_scores, sizeof **mean);
    if (!e->standing || !*mean)
        return norni_alloc_fail(err, "evaluate", n_specs, sizeof *e->standing);
    for (size_t k = 0; k < n_specs; k++)
        NORN_TRY(
            norni_standing_init(&e->standing[k], arena, plan->cv.rules.horizon, n_levels, err));
    if (plan->opt->errors == NULL) return NORN_OK;
    e->worst = norni_arena_zero(arena, n_specs * NORNI_WORST, sizeof *e->worst);
    e->n_worst = norni_arena_zero(arena, n_specs, sizeof *e->n_worst);
    double *kept = norni_arena_get(arena, n_specs * NORNI_WORST, n_scores * sizeof *kept);
    if (!e->worst || !e->n_worst || !kept)
        return norni_alloc_fail(err, "evaluate", n_specs * NORNI_WORST, n_scores * sizeof *kept);
    for (size_t i = 0; i < n_specs * NORNI_WORST; i++)
        e->worst[i].mean = kept + i * n_scores;
    return NORN_OK;
}

static size_t count_items(const norni_evaluate_plan *plan, const norni_panel *panel) {
    size_t n = 0;
    for (size_t i = 0; i < panel->n_series; i++)
        n += norni_cv_folds(&plan->cv, panel, i);
    return n * plan->cv.n_contenders;
}

norn_status norni_evaluation_run(const norni_op_env *env, const norni_evaluate_plan *plan,
                                 const norni_panel *panel, size_t room,
                                 const norni_evaluate_columns *columns,
                                 const norni_evaluate_sinks *sinks, norni_arena *arena,
                                 norni_evaluation *out, norn_err *err) {
    const norn_alloc *alloc = &env->ctx->alloc;
    *out = (norni_evaluation){.ctx = env->ctx, .plan = plan, .panel = panel};
    evaluate_job job = {.env = env, .e = out, .columns = columns, .sinks = sinks};
    norni_reporter reporter;
    norni_spool_init(&out->failures, alloc, (size_t)1 << 20);
    norni_buf_init(&out->first_failures, alloc);
    norni_buf_init(&out->first_fallback, alloc);
    NORN_TRY(allocate(out, arena, &job.mean, err));
    norni_digest_init(&job.digest, alloc, plan->n_specs, 0);
    norni_reporter_start(&reporter, env->progress, env->progress_user, plan->cv.tally,
                         count_items(plan, panel));
    norn_status st = run_slices(&job, slice_series(plan, panel->n_series, room), err);
    norni_reporter_stop(&reporter);
    if (st == NORN_OK) st = norni_digest_get(&job.digest, &out->digest, err);
    norni_digest_clear(&job.digest);
    return st;
}

void norni_evaluation_clear(norni_evaluation *e) {
    if (e->ctx == NULL) return;
    norni_spool_clear(&e->failures);
    norni_buf_clear(&e->first_failures);
    norni_buf_clear(&e->first_fallback);
    memset(e, 0, sizeof *e);
}
