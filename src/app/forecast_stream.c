/* A forecast run from reader to files: batch by batch, in bounded memory, in input order. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A token of the pipe is one batch of whole series: its text, its panel, its answer and what of it
 * goes to files. Tokens keep their memory, so that a long run touches the same pages again and again
 * instead of fresh ones. Whether an id comes back after its batch is seen at the sink, by its hash;
 * then everything is thrown away and done again on a panel in memory, which a pipe that is too long
 * cannot give. */
#include "app/forecast_stream.h"

#include "app/digest.h"
#include "app/forecast_files.h"
#include "app/forecast_run.h"
#include "app/forecast_write.h"
#include "base/seen.h"
#include "par/pipe.h"

enum {
    SLICE_OBS = 1 << 16,
    SLICE_SERIES = 1 << 12,
    STDOUT_KEEP = 16 << 20,
    FAILURES_KEEP = 1 << 20
};

typedef struct batch_token {
    norni_chunk chunk;
    norni_arena scratch, answer;
    norni_panel panel;
    norni_align_report report;
    norni_forecast f;
    norni_forecast_shared shared; /* the run's, with what this batch takes up */
    norni_taken taken;
    norni_forecast_part part;
    bool used; /* the buffers are initialised */
} batch_token;

typedef struct stream_job {
    const norni_op_env *env;
    const norni_forecast_opt *opt;
    const norni_forecast_plan *plan;
    const norni_forecast_shared *shared;
    const norni_forecast_watch *watch;
    norni_reader *reader;
    norni_panel *whole; /* in memory, or NULL: batches come from the reader */
    size_t next_series; /* of whole */
    norni_forecast_totals *t;
    norni_forecast_files files;
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
    norni_forecast_part_init(&b->part, a);
    norni_arena_init(&b->taken.arena, a);
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
    norni_forecast_part_clear(&b->part);
    norni_arena_clear(&b->taken.arena);
}

/* The next series of the panel in memory, as a view; all of them when they pool their errors. */
static void take_slice(stream_job *job, batch_token *b, bool *end) {
    const norni_panel *w = job->whole;
    const bool all = job->plan->conformal.windows > 0;
    const size_t first = job->next_series;
    size_t last = first;
    *end = first >= w->n_series;
    while (last < w->n_series &&
           (all || last == first ||
            (last - first < SLICE_SERIES && w->offsets[last + 1] - w->offsets[first] <= SLICE_OBS)))
        last++;
    const norni_arena arena = b->panel.arena;
    b->panel = *w;
    b->panel.arena = arena;
    b->panel.n_series = last - first; /* n_obs stays: the exogenous columns lie that far apart */
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
    if (job->shared->tally && share >= 0)
        atomic_store(&job->shared->tally->share_ppm, (int)(share * 1e6));
    return st;
}

static const norni_taken *taken_of(const stream_job *job, const batch_token *b) {
    return job->shared->models ? &b->taken : NULL;
}

static norn_status work_batch(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)k;
    stream_job *job = arg;
    batch_token *b = token;
    norni_arena_reset(&b->scratch);
    norni_arena_reset(&b->answer);
    if (job->whole == NULL) {
        norni_panel_reset(&b->panel);
        const norn_status st =
            norni_reader_parse(job->reader, w, &b->chunk, &b->scratch, &b->panel, &b->report, err);
        if (st == NORN_E_DATA || st == NORN_E_FORMAT || st == NORN_E_LIMIT)
            job->input_failed = true;
        NORN_TRY(st);
    }
    if (b->panel.n_series == 0) return NORN_OK;
    const norni_panel *panel = &b->panel;
    b->shared = *job->shared;
    if (job->shared->models) {
        NORN_TRY(norni_models_take(job->shared->models, job->plan, panel, &b->taken, err));
        panel = &b->taken.panel;
        b->shared.kept = &b->taken.kept;
    }
    NORN_TRY(
        norni_forecast_run(job->env->ctx, w, panel, job->plan, &b->shared, &b->answer, &b->f, err));
    return norni_forecast_part_make(&job->files, &b->f, taken_of(job, b), &b->part, err);
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

static bool same_freq(norni_freq a, norni_freq b) {
    return a.unit == b.unit && a.step == b.step && a.anchor == b.anchor;
}

/* Season and frequency as they were inferred, as soon as the first batch shows them, so that a wrong
 * guess is seen at once. */
static void say_first(const stream_job *job, const norni_panel *p) {
    char freq[32], season[64] = "by frequency";
    const norni_ints *given = &job->plan->seasons;
    if (given->n > 0)
        norni_format(season, sizeof season, "%d", (int)given->v[0]);
    else
        norni_format(season, sizeof season, "%d (from the frequency)",
                     (int)norni_freq_season(p->freq[0]));
    norni_freq_print(freq, sizeof freq, p->freq[0], p->start[0]);
    norni_say(job->env, "frequency %s, season length %s", freq, season);
}

static void count_batch(stream_job *job, const batch_token *b) {
    norni_forecast_totals *t = job->t;
    const norni_panel *p = b->f.panel;
    const norni_align_report *r = &b->report;
    if (t->n_series == 0) {
        t->freq = p->freq[0];
        t->start = p->start[0];
        say_first(job, p);
    }
    for (size_t i = 0; i < p->n_series && !t->mixed; i++)
        t->mixed = !same_freq(p->freq[i], t->freq);
    t->n_series += p->n_series;
    t->n_obs += job->shared->models ? b->taken.n_obs : p->offsets[p->n_series] - p->offsets[0];
    t->n_taken += job->shared->models ? b->taken.n_taken : 0;
    t->n_fresh += job->shared->models ? b->taken.n_fresh : 0;
    t->n_items += b->f.batch.n;
    t->n_ok += b->f.batch.n_ok;
    t->n_fallback += b->f.batch.n_fallback;
    t->n_failed += b->f.batch.n_failed;
    t->n_cut += b->f.n_cut;
    t->n_without += b->f.n_without;
    if (job->whole != NULL) return;
    if (t->report.n_gaps == 0) memcpy(t->report.first_gap, r->first_gap, sizeof r->first_gap);
    if (t->report.n_duplicates == 0)
        memcpy(t->report.first_duplicate, r->first_duplicate, sizeof r->first_duplicate);
    t->report.n_gaps += r->n_gaps;
    t->report.n_duplicates += r->n_duplicates;
    t->report.n_gap_series += r->n_gap_series;
    t->report.n_unsorted += r->n_unsorted;
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

static norn_status sink_batch(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)k;
    stream_job *job = arg;
    batch_token *b = token;
    norn_status st = NORN_OK;
    if (failed || b->panel.n_series == 0) goto done;
    NORN_TRY_GOTO(check_ids(job, &b->panel, err), done);
    count_batch(job, b);
    NORN_TRY_GOTO(note_failures(job->t, b, err), done);
    for (size_t i = 0; i < b->panel.n_series; i++) {
        NORN_TRY_GOTO(norni_digest_add(&job->digest, norni_panel_id(&b->panel, i),
                                       b->f.hash + i * job->plan->n_specs, err),
                      done);
    }
    if (job->watch != NULL) NORN_TRY_GOTO(job->watch->see(job->watch->user, &b->f, err), done);
    NORN_TRY_GOTO(norni_forecast_files_write(&job->files, &b->f, taken_of(job, b), &b->part, err),
                  done);
done:
    norni_forecast_clear(&b->f);
    if (job->whole == NULL && b->used) norni_panel_reset(&b->panel);
    return st;
}

/* After an interrupt: what is whole is kept under another name. */
static void keep_partial(stream_job *job) {
    const norni_common_opt *common = &job->opt->panel.common;
    norn_err err = {NORN_OK, ""};
    if (!job->files.opened || job->t->n_series == 0) return;
    if (norni_forecast_files_commit(&job->files, true, &err) != NORN_OK) {
        norni_say(job->env, "interrupted; what was done could not be kept: %s", err.text);
    } else if (job->files.to_stdout) {
        norni_say(job->env, "interrupted: the first %zu series are written", job->t->n_series);
    } else {
        norni_say(job->env, "interrupted: the first %zu series are in %s.partial", job->t->n_series,
                  common->out);
    }
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

static norn_status run_pipe(stream_job *job, norn_err *err) {
    norn_ctx *ctx = job->env->ctx;
    const norni_pipe pipe = {.source = next_batch,
                             .work = work_batch,
                             .sink = sink_batch,
                             .clear = clear_token,
                             .arg = job,
                             .token_size = sizeof(batch_token),
                             .n_tokens = job->plan->n_batches};
    norni_reporter reporter;
    norni_reporter_start(&reporter, job->env->progress, job->env->progress_user, job->shared->tally,
                         job->whole ? job->whole->n_series * job->plan->n_specs : 0);
    const norn_status st = norni_pipe_run(ctx, &pipe, err);
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
    reset_totals(job->t, alloc);
    job->came_back = job->remembers = false;
    norni_digest_init(&job->digest, alloc, job->plan->n_specs, 0);
    norni_seen_init(&job->seen, alloc);
    norn_status st = norni_forecast_files_open(&job->files, job->env->ctx, job->opt, job->plan,
                                               job->shared->models, err);
    if (st == NORN_OK) st = run_pipe(job, err);
    if (st == NORN_OK) st = norni_digest_get(&job->digest, &job->t->digest, err);
    if (st == NORN_OK) st = norni_forecast_files_commit(&job->files, false, err);
    if (st == NORN_E_CANCEL) keep_partial(job);
    norni_forecast_files_abort(&job->files);
    norni_digest_clear(&job->digest);
    norni_seen_clear(&job->seen);
    return st;
}

/* Everything in memory: for the wide layout, a series too long for a batch, ids that come back. */
static norn_status gather_and_run(stream_job *job, const char *why, norn_err *err) {
    norni_panel panel;
    norn_err e = {NORN_OK, ""};
    if (why != NULL && !norni_reader_can_gather(job->reader)) {
        job->input_failed = true;
        return norn_fail(
            err, NORN_E_LIMIT,
            "%s, and a pipe of this length can be read only once: sort it by series, or "
            "give it as a file",
            why);
    }
    norni_align_report report;
    norn_status st = norni_reader_gather(job->reader, &panel, &report, &e);
    if (st != NORN_OK) {
        job->input_failed = st != NORN_E_MEM && st != NORN_E_CANCEL;
        if (st == NORN_E_MEM && why != NULL) {
            return norn_fail(err, st,
                             "%s, so the whole input must lie in memory, and --memory-limit is too "
                             "small for it: sort the input by series, or allow more (%s)",
                             why, e.text);
        }
        if (st == NORN_E_MEM && job->plan->conformal.windows > 0) {
            return norn_fail(err, st,
                             "conformal intervals pool the errors of all series, which must lie in "
                             "memory, and --memory-limit is too small for them (%s)",
                             e.text);
        }
        if (err != NULL) *err = e;
        return st;
    }
    job->whole = &panel;
    job->next_series = 0;
    st = run_once(job, err);
    job->t->report = report;
    norni_panel_clear(&panel);
    job->whole = NULL;
    return st;
}

/* The series of the store alone. */
static norn_status run_store(stream_job *job, norn_err *err) {
    norni_panel panel;
    NORN_TRY(norni_models_panel(job->env->ctx, job->shared->models, &panel, err));
    job->whole = &panel;
    job->next_series = 0;
    const norn_status st = run_once(job, err);
    norni_panel_clear(&panel);
    job->whole = NULL;
    return st;
}

norn_status norni_forecast_stream(const norni_op_env *env, const norni_forecast_opt *opt,
                                  const norni_forecast_plan *plan, norni_reader *reader,
                                  const norni_forecast_shared *shared,
                                  const norni_forecast_watch *watch, norni_forecast_totals *t,
                                  bool *input_failed, norn_err *err) {
    stream_job job = {.env = env,
                      .opt = opt,
                      .plan = plan,
                      .shared = shared,
                      .watch = watch,
                      .reader = reader,
                      .t = t};
    norn_err e = {NORN_OK, ""};
    norn_status st = NORN_OK;
    memset(t, 0, sizeof *t);
    t->failures.fd = -1;
    const char *why = NULL;
    if (reader == NULL) {
        st = run_store(&job, &e);
        goto done;
    }
    if (norni_reader_streams(reader) && plan->conformal.windows == 0) {
        st = run_once(&job, &e);
        if (job.came_back)
            why = "rows of one series do not stand together";
        else if (!norni_reader_streams(reader))
            why = "one series is longer than 64 MiB of text";
        if (why == NULL) goto done;
    }
    job.input_failed = false;
    st = gather_and_run(&job, why, &e);
done:
    *input_failed = job.input_failed;
    if (st != NORN_OK && err != NULL) *err = e;
    return st;
}
