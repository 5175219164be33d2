/* A rolling run from reader to files: batch by batch, in bounded memory, in input order. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As forecast_stream.c: a token of the pipe is one batch of whole series with its text, panel, results
 * and its part of the files. Whether an id comes back after its batch is seen at the sink; then all is
 * done again on a panel in memory. */
#include "app/rolling_stream.h"

#include "app/digest.h"
#include "app/rolling_files.h"
#include "base/seen.h"
#include "par/pipe.h"

enum { SLICE_OBS = 1 << 16, SLICE_SERIES = 1 << 12 };

typedef struct batch_token {
    norni_chunk chunk;
    norni_arena scratch, answer;
    norni_panel panel;
    norni_align_report report;
    norni_rolled rolled;
    norni_rolling_part part;
    bool used; /* the buffers are initialised */
} batch_token;

typedef struct stream_job {
    const norni_op_env *env;
    const norni_rolling_opt *opt;
    const norni_rolling_plan *plan;
    norni_reader *reader;
    norni_panel *whole; /* in memory, or NULL: batches come from the reader */
    size_t next_series; /* of whole */
    norni_tally tally;
    norni_rolling_totals *t;
    norni_rolling_files files;
    norni_digest digest;
    norni_seen seen;
    bool remembers; /* the ids are in `seen`: they do not come in order */
    bool came_back; /* an id stands in two batches */
    bool input_failed;
} stream_job;

static void init_token(const stream_job *job, batch_token *b) {
    const norn_alloc *a = &job->env->ctx->alloc;
    if (b->used) return;
    norni_arena_init(&b->scratch, a);
    norni_arena_init(&b->answer, a);
    norni_arena_init(&b->panel.arena, a);
    norni_rolling_part_init(&b->part, a);
    b->used = true;
}

static void clear_token(void *token, void *arg) {
    const stream_job *job = arg;
    batch_token *b = token;
    if (!b->used) return;
    norni_chunk_clear(&job->env->ctx->alloc, &b->chunk);
    norni_arena_clear(&b->scratch);
    norni_arena_clear(&b->answer);
    norni_panel_clear(&b->panel);
    norni_rolling_part_clear(&b->part);
}

/* The next series of the panel in memory, as a view. */
static void take_slice(stream_job *job, batch_token *b, bool *end) {
    const norni_panel *w = job->whole;
    const size_t first = job->next_series;
    size_t last = first;
    *end = first >= w->n_series;
    while (last < w->n_series &&
           (last == first ||
            (last - first < SLICE_SERIES && w->offsets[last + 1] - w->offsets[first] <= SLICE_OBS)))
        last++;
    const norni_arena arena = b->panel.arena;
    b->panel = *w;
    b->panel.arena = arena;
    b->panel.n_series = last - first; /* n_obs stays: the further columns lie that far apart */
    b->panel.offsets += first;
    b->panel.id_offsets += first;
    b->panel.start += first;
    b->panel.freq += first;
    job->next_series = last;
}

static norn_status next_batch(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    (void)k;
    stream_job *job = arg;
    batch_token *b = token;
    init_token(job, b);
    if (job->whole != NULL) {
        take_slice(job, b, end);
        return NORN_OK;
    }
    const norn_status st = norni_reader_next(job->reader, &b->chunk, end, err);
    if (st != NORN_OK && st != NORN_E_CANCEL && st != NORN_E_MEM) job->input_failed = true;
    const double share = norni_reader_share(job->reader);
    if (share >= 0) atomic_store(&job->tally.share_ppm, (int)(share * 1e6));
    return st;
}

static norn_status work_batch(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)k;
    stream_job *job = arg;
    batch_token *b = token;
    norni_arena_reset(&b->scratch);
    norni_arena_reset(&b->answer);
    norn_status st = NORN_OK;
    if (job->whole == NULL) {
        norni_panel_reset(&b->panel);
        st = norni_reader_parse(job->reader, w, &b->chunk, &b->scratch, &b->panel, &b->report, err);
    }
    if (st == NORN_OK && b->panel.n_series > 0)
        st = norni_rolling_panel(job->env->ctx, w, &b->panel, job->plan, &b->answer, &b->rolled,
                                 err);
    if (st == NORN_E_DATA || st == NORN_E_FORMAT || st == NORN_E_LIMIT) job->input_failed = true;
    if (st != NORN_OK || b->panel.n_series == 0) return st;
    atomic_fetch_add(&job->tally.n_done, b->panel.n_series * job->plan->n_out);
    return norni_rolling_part_make(&job->files, w, &b->rolled, &b->answer, &b->part, err);
}

static norn_status see_id(void *arg, norni_str id, norn_err *err) {
    stream_job *job = arg;
    bool before = false;
    NORN_TRY(norni_seen_add(&job->seen, norni_hash64(id.p, id.n), &before, err));
    job->came_back = job->came_back || before;
    return NORN_OK;
}

/* Whether any of the batch's ids stood in an earlier batch. Ids in ascending order cannot; only when
 * the order breaks are the earlier ones looked at again, and remembered from then on. */
static norn_status check_ids(stream_job *job, const norni_panel *p, norn_err *err) {
    bool next = job->whole != NULL ||
                (!job->remembers && norni_digest_is_next(&job->digest, norni_panel_id(p, 0)));
    for (size_t i = 1; i < p->n_series && next && job->whole == NULL; i++)
        next = norni_str_cmp(norni_panel_id(p, i - 1), norni_panel_id(p, i)) < 0;
    if (next) return NORN_OK;
    if (!job->remembers) NORN_TRY(norni_digest_each(&job->digest, see_id, job, err));
    job->remembers = true;
    for (size_t i = 0; i < p->n_series; i++)
        NORN_TRY(see_id(job, norni_panel_id(p, i), err));
    if (!job->came_back) return NORN_OK;
    return norn_fail(err, NORN_E_INTERNAL, "rows of one series do not stand together");
}

static void count_batch(stream_job *job, const batch_token *b) {
    norni_rolling_totals *t = job->t;
    const norni_align_report *r = &b->report;
    t->n_series += b->panel.n_series;
    t->n_obs += b->rolled.n_rows;
    t->n_items += b->panel.n_series * job->plan->n_out;
    if (job->whole != NULL) return;
    if (t->report.n_gaps == 0) memcpy(t->report.first_gap, r->first_gap, sizeof r->first_gap);
    if (t->report.n_duplicates == 0)
        memcpy(t->report.first_duplicate, r->first_duplicate, sizeof r->first_duplicate);
    t->report.n_gaps += r->n_gaps;
    t->report.n_duplicates += r->n_duplicates;
    t->report.n_gap_series += r->n_gap_series;
    t->report.n_unsorted += r->n_unsorted;
}

static norn_status sink_batch(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)k;
    stream_job *job = arg;
    batch_token *b = token;
    norn_status st = NORN_OK;
    if (failed || b->panel.n_series == 0) goto done;
    NORN_TRY_GOTO(check_ids(job, &b->panel, err), done);
    count_batch(job, b);
    for (size_t i = 0; i < b->panel.n_series; i++) {
        NORN_TRY_GOTO(norni_digest_add(&job->digest, norni_panel_id(&b->panel, i),
                                       b->rolled.hash + i * job->plan->n_out, err),
                      done);
    }
    NORN_TRY_GOTO(norni_rolling_files_write(&job->files, &b->rolled, &b->part, err), done);
done:
    if (job->whole == NULL && b->used) norni_panel_reset(&b->panel);
    return st;
}

/* After an interrupt: what is whole is kept under another name. */
static void keep_partial(stream_job *job) {
    norn_err err = {NORN_OK, ""};
    if (!job->files.opened || job->t->n_series == 0) return;
    if (norni_rolling_files_commit(&job->files, true, &err) != NORN_OK) {
        norni_say(job->env, "interrupted; what was done could not be kept: %s", err.text);
    } else if (job->files.to_stdout) {
        norni_say(job->env, "interrupted: the first %zu series are written", job->t->n_series);
    } else {
        norni_say(job->env, "interrupted: the first %zu series are in %s.partial", job->t->n_series,
                  job->opt->panel.common.out);
    }
}

static norn_status run_pipe(stream_job *job, norn_err *err) {
    const norni_pipe pipe = {.source = next_batch,
                             .work = work_batch,
                             .sink = sink_batch,
                             .clear = clear_token,
                             .arg = job,
                             .token_size = sizeof(batch_token),
                             .n_tokens = job->plan->n_batches};
    norni_reporter reporter;
    norni_tally_init(&job->tally);
    norni_reporter_start(&reporter, job->env->progress, job->env->progress_user, &job->tally,
                         job->whole ? job->whole->n_series * job->plan->n_out : 0);
    const norn_status st = norni_pipe_run(job->env->ctx, &pipe, err);
    norni_reporter_stop(&reporter);
    if (st == NORN_OK && job->t->n_series == 0) {
        job->input_failed = true;
        return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
    }
    return st;
}

/* One run over all batches into fresh outputs. */
static norn_status run_once(stream_job *job, norn_err *err) {
    const norn_alloc *alloc = &job->env->ctx->alloc;
    memset(job->t, 0, sizeof *job->t);
    job->came_back = job->remembers = false;
    norni_digest_init(&job->digest, alloc, job->plan->n_out, 0);
    norni_seen_init(&job->seen, alloc);
    norn_status st = norni_rolling_files_open(&job->files, job->env->ctx, &job->opt->panel.common,
                                              job->plan, err);
    if (st == NORN_OK) st = run_pipe(job, err);
    if (st == NORN_OK) st = norni_digest_get(&job->digest, &job->t->digest, err);
    if (st == NORN_OK) st = norni_rolling_files_commit(&job->files, false, err);
    if (st == NORN_E_CANCEL) keep_partial(job);
    norni_rolling_files_abort(&job->files);
    norni_digest_clear(&job->digest);
    norni_seen_clear(&job->seen);
    return st;
}

/* Everything in memory: for the wide layout, a series too long for a batch, ids that come back. */
static norn_status gather_and_run(stream_job *job, const char *why, norn_err *err) {
    norni_panel panel;
    norn_err e = {NORN_OK, ""};
    norni_align_report report;
    if (why != NULL && !norni_reader_can_gather(job->reader)) {
        job->input_failed = true;
        return norn_fail(err, NORN_E_LIMIT,
                         "%s, and a pipe of this length can be read only once: sort it by series, "
                         "or give it as a file",
                         why);
    }
    norn_status st = norni_reader_gather(job->reader, &panel, &report, &e);
    if (st == NORN_OK) {
        job->whole = &panel;
        job->next_series = 0;
        st = run_once(job, &e);
        job->t->report = report;
        norni_panel_clear(&panel);
        job->whole = NULL;
    } else {
        job->input_failed = st != NORN_E_MEM && st != NORN_E_CANCEL;
    }
    if (st == NORN_E_MEM && why != NULL)
        return norn_fail(
            err, st,
            "%s, so the whole input must lie in memory, and --memory-limit is too small "
            "for it: sort the input by series, or allow more (%s)",
            why, e.text);
    if (st != NORN_OK && err != NULL) *err = e;
    return st;
}

norn_status norni_rolling_stream(const norni_op_env *env, const norni_rolling_opt *opt,
                                 const norni_rolling_plan *plan, norni_reader *reader,
                                 norni_rolling_totals *t, bool *input_failed, norn_err *err) {
    stream_job job = {.env = env, .opt = opt, .plan = plan, .reader = reader, .t = t};
    norn_err e = {NORN_OK, ""};
    norn_status st = NORN_OK;
    const char *why = NULL;
    bool again = true;
    if (norni_reader_streams(reader)) {
        st = run_once(&job, &e);
        if (job.came_back)
            why = "rows of one series do not stand together";
        else if (!norni_reader_streams(reader))
            why = "one series is longer than 64 MiB of text";
        again = why != NULL;
    }
    if (again) {
        job.input_failed = false;
        st = gather_and_run(&job, why, &e);
    }
    *input_failed = job.input_failed;
    if (st == NORN_E_MEM && why == NULL)
        return norn_fail(err, st,
                         "%s; a series with its results must fit in memory: allow more with "
                         "--memory-limit",
                         e.text);
    if (st != NORN_OK && err != NULL) *err = e;
    return st;
}
