/* A rolling run from reader to files: what it does with each batch of panel_stream. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/rolling_stream.h"

#include "app/rolling_files.h"

typedef struct batch_token {
    norni_stream_batch batch; /* first */
    norni_rolled rolled;
    norni_rolling_part part;
} batch_token;

typedef struct stream_job {
    norni_panel_stream stream;
    const norni_rolling_plan *plan;
    norni_tally tally;
    norni_out_files files;
} stream_job;

static void init_token(norni_stream_batch *batch, const norn_alloc *alloc) {
    norni_out_part_init(&((batch_token *)batch)->part.out, alloc);
}

static void clear_token(norni_stream_batch *batch) {
    norni_out_part_clear(&((batch_token *)batch)->part.out);
}

static norn_status work_batch(norni_worker *w, norni_stream_batch *batch, void *arg,
                              norn_err *err) {
    stream_job *job = arg;
    batch_token *b = (batch_token *)batch;
    const norn_status st = norni_rolling_panel(job->stream.env->ctx, w, &batch->panel, job->plan,
                                               &batch->answer, &b->rolled, err);
    norni_panel_stream_blame(&job->stream, st);
    NORN_TRY(st);
    atomic_fetch_add(&job->tally.n_done, batch->panel.n_series * job->plan->n_out);
    return norni_rolling_part_make(&job->files, w, &b->rolled, &batch->answer, &b->part, err);
}

static norn_status count_batch(norni_stream_batch *batch, bool first, void *arg, norn_err *err) {
    (void)first;
    (void)err;
    const stream_job *job = arg;
    job->stream.t->n_obs += ((const batch_token *)batch)->rolled.n_rows;
    return NORN_OK;
}

static const norni_hash128 *batch_hashes(const norni_stream_batch *batch) {
    return ((const batch_token *)batch)->rolled.hash;
}

static norn_status write_batch(norni_stream_batch *batch, void *arg, norn_err *err) {
    stream_job *job = arg;
    batch_token *b = (batch_token *)batch;
    return norni_rolling_files_write(&job->files, &b->rolled, &b->part, err);
}

static norn_status open_run(void *arg, norn_err *err) {
    stream_job *job = arg;
    memset(job->stream.t, 0, sizeof *job->stream.t);
    norni_tally_init(&job->tally);
    return norni_out_files_open(&job->files, job->stream.env->ctx, job->stream.common, "Rolling",
                                err);
}

static norn_status commit_run(void *arg, bool partial, norn_err *err) {
    stream_job *job = arg;
    return norni_rolling_files_commit(&job->files, partial, err);
}

static void abort_run(void *arg) {
    stream_job *job = arg;
    norni_out_files_abort(&job->files);
}

norn_status norni_rolling_stream(const norni_op_env *env, const norni_rolling_opt *opt,
                                 const norni_rolling_plan *plan, norni_reader *reader,
                                 norni_stream_totals *t, bool *input_failed, norn_err *err) {
    static const norni_stream_calls calls = {.token_size = sizeof(batch_token),
                                             .init = init_token,
                                             .clear = clear_token,
                                             .work = work_batch,
                                             .count = count_batch,
                                             .hashes = batch_hashes,
                                             .write = write_batch,
                                             .open = open_run,
                                             .commit = commit_run,
                                             .abort = abort_run};
    stream_job job = {.plan = plan};
    job.stream = (norni_panel_stream){.env = env,
                                      .common = &opt->panel.common,
                                      .reader = reader,
                                      .calls = &calls,
                                      .job = &job,
                                      .t = t,
                                      .files = &job.files,
                                      .tally = &job.tally,
                                      .n_hashes = plan->n_out,
                                      .n_batches = plan->n_batches};
    norn_err e = {NORN_OK, ""};
    const norn_status st = norni_panel_stream_run(&job.stream, &e);
    *input_failed = job.stream.input_failed;
    if (st == NORN_E_MEM && job.stream.why == NULL)
        return norn_fail(err, st,
                         "%s; a series with its results must fit in memory: allow more with "
                         "--memory-limit",
                         e.text);
    if (st == NORN_E_MEM && job.stream.gathered)
        return norni_panel_stream_short(&job.stream, e.text, err);
    if (st != NORN_OK && err != NULL) *err = e;
    return st;
}
