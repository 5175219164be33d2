/* A forecast run from reader to files: what it does with each batch of panel_stream. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_stream.h"

#include "app/forecast_files.h"
#include "app/forecast_run.h"
#include "app/forecast_write.h"
#include "app/method.h"

enum { FAILURES_KEEP = 1 << 20 };

typedef struct batch_token {
    norni_stream_batch batch; /* first */
    norni_forecast f;
    norni_forecast_shared shared; /* the run's, with what this batch takes up */
    norni_taken taken;
    norni_forecast_part part;
} batch_token;

typedef struct stream_job {
    norni_panel_stream stream;
    const norni_forecast_opt *opt;
    const norni_forecast_plan *plan;
    const norni_forecast_shared *shared;
    const norni_forecast_watch *watch;
    norni_forecast_totals *t;
    norni_forecast_files files;
} stream_job;

static void init_token(norni_stream_batch *batch, const norn_alloc *alloc) {
    batch_token *b = (batch_token *)batch;
    norni_forecast_part_init(&b->part, alloc);
    norni_arena_init(&b->taken.arena, alloc);
}

static void clear_token(norni_stream_batch *batch) {
    batch_token *b = (batch_token *)batch;
    norni_forecast_part_clear(&b->part);
    norni_arena_clear(&b->taken.arena);
}

static const norni_taken *taken_of(const stream_job *job, const batch_token *b) {
    return job->shared->models ? &b->taken : NULL;
}

static norn_status work_batch(norni_worker *w, norni_stream_batch *batch, void *arg,
                              norn_err *err) {
    const stream_job *job = arg;
    batch_token *b = (batch_token *)batch;
    const norni_panel *panel = &batch->panel;
    b->shared = *job->shared;
    if (job->shared->models) {
        NORN_TRY(norni_models_take(job->shared->models, job->plan, panel, &b->taken, err));
        panel = &b->taken.panel;
        b->shared.kept = &b->taken.kept;
    }
    NORN_TRY(norni_forecast_run(job->stream.env->ctx, w, panel, job->plan, &b->shared,
                                &batch->answer, &b->f, err));
    return norni_forecast_part_make(&job->files, &b->f, taken_of(job, b), &b->part, err);
}

static bool same_freq(norni_freq a, norni_freq b) {
    return a.unit == b.unit && a.step == b.step && a.anchor == b.anchor;
}

/* Season and frequency as they were inferred, as soon as the first batch shows them, so that a wrong
 * guess is seen at once. */
static void say_first(const stream_job *job, const norni_panel *p) {
    char freq[32], season[64];
    norni_seasons_print(&job->plan->seasons, norni_freq_season(p->freq[0]), season, sizeof season);
    norni_freq_print(freq, sizeof freq, p->freq[0], p->start[0]);
    norni_say(job->stream.env, "frequency %s, season length %s%s", freq, season,
              norni_freq_remedy(p->freq[0]));
}

static norn_status note_failures(norni_forecast_totals *t, const batch_token *b, norn_err *err) {
    const norni_forecast *f = &b->f;
    size_t shown = t->n_failed - f->batch.n_failed; /* of earlier batches */
    for (size_t item = 0; f->batch.n_failed > 0 && item < f->n_items && shown < 3; item++) {
        const norni_outcome *o = &f->batch.outcome[item];
        if (o->status == NORN_OK) continue;
        norni_buf_text(&t->first_failures, shown ? "\nfailed: " : "failed: ");
        norni_forecast_reason(f, item, &t->first_failures);
        shown++;
    }
    for (size_t item = 0; t->n_fallback > 0 && t->first_fallback.n == 0 && item < f->n_items;
         item++) {
        if (f->batch.outcome[item].fallback) norni_forecast_reason(f, item, &t->first_fallback);
    }
    if (b->part.failures.n == 0) return NORN_OK;
    return norni_spool_add(&t->failures, b->part.failures.p, b->part.failures.n, err);
}

static norn_status count_batch(norni_stream_batch *batch, bool first, void *arg, norn_err *err) {
    stream_job *job = arg;
    const batch_token *b = (const batch_token *)batch;
    norni_forecast_totals *t = job->t;
    const norni_panel *p = b->f.panel;
    if (first) {
        t->freq = p->freq[0];
        t->start = p->start[0];
        say_first(job, p);
    }
    for (size_t i = 0; i < p->n_series && !t->mixed; i++)
        t->mixed = !same_freq(p->freq[i], t->freq);
    t->run.n_obs += job->shared->models ? b->taken.n_obs : p->offsets[p->n_series] - p->offsets[0];
    t->n_taken += job->shared->models ? b->taken.n_taken : 0;
    t->n_fresh += job->shared->models ? b->taken.n_fresh : 0;
    t->n_ok += b->f.batch.n_ok;
    t->n_fallback += b->f.batch.n_fallback;
    t->n_failed += b->f.batch.n_failed;
    t->n_cut += b->f.n_cut;
    t->n_without += b->f.n_without;
    return note_failures(t, b, err);
}

static const norni_hash128 *batch_hashes(const norni_stream_batch *batch) {
    return ((const batch_token *)batch)->f.hash;
}

static norn_status write_batch(norni_stream_batch *batch, void *arg, norn_err *err) {
    stream_job *job = arg;
    batch_token *b = (batch_token *)batch;
    if (job->watch != NULL) NORN_TRY(job->watch->see(job->watch->user, &b->f, err));
    return norni_forecast_files_write(&job->files, &b->f, taken_of(job, b), &b->part, err);
}

static void drop_batch(norni_stream_batch *batch) {
    norni_forecast_clear(&((batch_token *)batch)->f);
}

static void reset_totals(norni_forecast_totals *t, const norn_alloc *alloc) {
    norni_forecast_totals_clear(t);
    memset(t, 0, sizeof *t);
    norni_spool_init(&t->failures, alloc, FAILURES_KEEP);
    norni_buf_init(&t->first_failures, alloc);
    norni_buf_init(&t->first_fallback, alloc);
}

void norni_forecast_totals_clear(norni_forecast_totals *t) {
    norni_spool_clear(&t->failures);
    if (t->first_failures.alloc != NULL) norni_buf_clear(&t->first_failures);
    if (t->first_fallback.alloc != NULL) norni_buf_clear(&t->first_fallback);
}

static norn_status open_run(void *arg, norn_err *err) {
    stream_job *job = arg;
    norn_ctx *ctx = job->stream.env->ctx;
    reset_totals(job->t, &ctx->alloc);
    return norni_forecast_files_open(&job->files, ctx, job->opt, job->plan, job->shared->models,
                                     err);
}

static norn_status commit_run(void *arg, bool partial, norn_err *err) {
    stream_job *job = arg;
    return norni_forecast_files_commit(&job->files, partial, err);
}

static void abort_run(void *arg) {
    stream_job *job = arg;
    norni_forecast_files_abort(&job->files);
}

/* The series of the store alone. */
static norn_status run_store(stream_job *job, norn_err *err) {
    norni_panel panel;
    NORN_TRY(norni_models_panel(job->stream.env->ctx, job->shared->models, &panel, err));
    const norn_status st = norni_panel_stream_whole(&job->stream, &panel, err);
    norni_panel_clear(&panel);
    return st;
}

static norn_status run_reader(stream_job *job, norn_err *err) {
    norn_err e = {NORN_OK, ""};
    const norn_status st = norni_panel_stream_run(&job->stream, &e);
    if (st == NORN_E_MEM && job->stream.at_once && !job->stream.gathered) {
        return norn_fail(err, st,
                         "conformal intervals pool the errors of all series, which must lie in "
                         "memory, and --memory-limit is too small for them (%s)",
                         e.text);
    }
    if (st != NORN_OK && err != NULL) *err = e;
    return st;
}

norn_status norni_forecast_stream(const norni_op_env *env, const norni_forecast_opt *opt,
                                  const norni_forecast_plan *plan, norni_reader *reader,
                                  const norni_forecast_shared *shared,
                                  const norni_forecast_watch *watch, norni_forecast_totals *t,
                                  bool *input_failed, norn_err *err) {
    static const norni_stream_calls calls = {.token_size = sizeof(batch_token),
                                             .init = init_token,
                                             .clear = clear_token,
                                             .work = work_batch,
                                             .count = count_batch,
                                             .hashes = batch_hashes,
                                             .write = write_batch,
                                             .drop = drop_batch,
                                             .open = open_run,
                                             .commit = commit_run,
                                             .abort = abort_run};
    stream_job job = {.opt = opt, .plan = plan, .shared = shared, .watch = watch, .t = t};
    job.stream = (norni_panel_stream){.env = env,
                                      .common = &opt->panel.common,
                                      .reader = reader,
                                      .calls = &calls,
                                      .job = &job,
                                      .t = &t->run,
                                      .files = &job.files.to,
                                      .tally = shared->tally,
                                      .n_hashes = plan->n_specs,
                                      .n_batches = plan->n_batches,
                                      .at_once = plan->conformal.windows > 0};
    memset(t, 0, sizeof *t);
    t->failures.fd = -1;
    const norn_status st = reader == NULL ? run_store(&job, err) : run_reader(&job, err);
    *input_failed = job.stream.input_failed;
    return st;
}
