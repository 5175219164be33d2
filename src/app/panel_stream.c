/* A run from reader to files: batch by batch of whole series, in bounded memory, in input order. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A token of the pipe is one batch of whole series: its text, its panel, its answer and what of it
 * goes to files. Tokens keep their memory, so that a long run touches the same pages again and again
 * instead of fresh ones. Whether an id comes back after its batch is seen at the sink, by its hash;
 * then everything is thrown away and done again on a panel in memory, which a pipe that is too long
 * cannot give. */
#include "app/panel_stream.h"

#include "par/pipe.h"

enum { SLICE_OBS = 1 << 16, SLICE_SERIES = 1 << 12, LEAST_BATCH = 1 << 16 };

double norni_stream_room(const norni_op_env *env) {
    return env->budget && env->budget->limit ? (double)env->budget->limit / 2 : 1e9;
}

size_t norni_stream_admit(const norni_op_env *env, norni_reader *reader,
                          const norni_stream_cost *cost) {
    const norni_reader_sample sample =
        reader ? norni_reader_look(reader) : (norni_reader_sample){.n_bytes = 0};
    const size_t usual = 2 * (size_t)norni_pool_threads(env->ctx) + 2;
    const double room = norni_stream_room(env);
    double batch = NORNI_CHUNK_BYTES, per_byte = cost->byte;
    if (sample.n_bytes > 0) {
        per_byte = 1 + ((double)sample.n_obs * cost->obs + (double)sample.n_series * cost->series) /
                           (double)sample.n_bytes;
    }
    while (batch > LEAST_BATCH && batch * per_byte > room / 4)
        batch /= 2;
    if (reader) norni_reader_set_batch(reader, (size_t)batch);
    const double fit = room / (batch * per_byte);
    return fit < 1 ? 1 : fit < (double)usual ? (size_t)fit : usual;
}

static void init_token(const norni_panel_stream *s, norni_stream_batch *b) {
    const norn_alloc *a = &s->env->ctx->alloc;
    if (b->used) return;
    norni_arena_init(&b->scratch, a);
    norni_arena_init(&b->answer, a);
    norni_arena_init(&b->panel.arena, a);
    s->calls->init(b, a);
    b->used = true;
}

static void clear_token(void *token, void *arg) {
    const norni_panel_stream *s = arg;
    norni_stream_batch *b = token;
    if (!b->used) return;
    norni_chunk_clear(&s->env->ctx->alloc, &b->chunk);
    norni_arena_clear(&b->scratch);
    norni_arena_clear(&b->answer);
    norni_panel_clear(&b->panel);
    s->calls->clear(b);
}

/* The next series of the panel in memory, as a view. */
static void take_slice(norni_panel_stream *s, norni_stream_batch *b, bool *end) {
    const norni_panel *w = s->whole;
    const size_t first = s->next_series;
    size_t last = first;
    *end = first >= w->n_series;
    while (last < w->n_series &&
           (s->at_once || last == first ||
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
    s->next_series = last;
}

static norn_status next_batch(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    (void)k;
    norni_panel_stream *s = arg;
    norni_stream_batch *b = token;
    init_token(s, b);
    if (s->whole != NULL) {
        take_slice(s, b, end);
        return NORN_OK;
    }
    const norn_status st = norni_reader_next(s->reader, &b->chunk, end, err);
    if (st != NORN_OK && st != NORN_E_CANCEL && st != NORN_E_MEM) s->input_failed = true;
    const double share = norni_reader_share(s->reader);
    if (s->tally != NULL && share >= 0) atomic_store(&s->tally->share_ppm, (int)(share * 1e6));
    return st;
}

void norni_panel_stream_blame(norni_panel_stream *s, norn_status st) {
    if (st == NORN_E_DATA || st == NORN_E_FORMAT || st == NORN_E_LIMIT) s->input_failed = true;
}

static norn_status work_batch(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)k;
    norni_panel_stream *s = arg;
    norni_stream_batch *b = token;
    norni_arena_reset(&b->scratch);
    norni_arena_reset(&b->answer);
    if (s->whole == NULL) {
        norni_panel_reset(&b->panel);
        const norn_status st =
            norni_reader_parse(s->reader, w, &b->chunk, &b->scratch, &b->panel, &b->report, err);
        norni_panel_stream_blame(s, st);
        NORN_TRY(st);
    }
    return b->panel.n_series > 0 ? s->calls->work(w, b, s->job, err) : NORN_OK;
}

static norn_status see_id(void *arg, norni_str id, norn_err *err) {
    norni_panel_stream *s = arg;
    bool before = false;
    NORN_TRY(norni_seen_add(&s->seen, norni_hash64(id.p, id.n), &before, err));
    s->came_back = s->came_back || before;
    return NORN_OK;
}

/* Whether any of the batch's ids stood in an earlier batch. Ids in ascending order cannot; only when
 * the order breaks are the earlier ones looked at again, and remembered from then on. */
static norn_status check_ids(norni_panel_stream *s, const norni_panel *p, norn_err *err) {
    bool next = s->whole != NULL ||
                (!s->remembers && norni_digest_is_next(&s->digest, norni_panel_id(p, 0)));
    for (size_t i = 1; i < p->n_series && next && s->whole == NULL; i++)
        next = norni_str_cmp(norni_panel_id(p, i - 1), norni_panel_id(p, i)) < 0;
    if (next) return NORN_OK;
    if (!s->remembers) NORN_TRY(norni_digest_each(&s->digest, see_id, s, err));
    s->remembers = true;
    for (size_t i = 0; i < p->n_series; i++)
        NORN_TRY(see_id(s, norni_panel_id(p, i), err));
    if (!s->came_back) return NORN_OK;
    return norn_fail(err, NORN_E_INTERNAL, "rows of one series do not stand together");
}

/* How the input was mended; a panel in memory has its own report. */
static void add_report(norni_align_report *t, const norni_align_report *r) {
    if (t->n_gaps == 0) memcpy(t->first_gap, r->first_gap, sizeof r->first_gap);
    if (t->n_duplicates == 0)
        memcpy(t->first_duplicate, r->first_duplicate, sizeof r->first_duplicate);
    t->n_gaps += r->n_gaps;
    t->n_duplicates += r->n_duplicates;
    t->n_gap_series += r->n_gap_series;
    t->n_unsorted += r->n_unsorted;
}

static norn_status sink_whole(norni_panel_stream *s, norni_stream_batch *b, norn_err *err) {
    const norni_panel *p = &b->panel;
    NORN_TRY(check_ids(s, p, err));
    const bool first = s->t->n_series == 0;
    s->t->n_series += p->n_series;
    s->t->n_items += p->n_series * s->n_hashes;
    if (s->whole == NULL) add_report(&s->t->report, &b->report);
    NORN_TRY(s->calls->count(b, first, s->job, err));
    const norni_hash128 *hash = s->calls->hashes(b);
    for (size_t i = 0; i < p->n_series; i++)
        NORN_TRY(norni_digest_add(&s->digest, norni_panel_id(p, i), hash + i * s->n_hashes, err));
    return s->calls->write(b, s->job, err);
}

static norn_status sink_batch(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)k;
    norni_panel_stream *s = arg;
    norni_stream_batch *b = token;
    norn_status st = NORN_OK;
    if (!failed && b->panel.n_series > 0) st = sink_whole(s, b, err);
    if (s->calls->drop != NULL) s->calls->drop(b);
    if (s->whole == NULL && b->used) norni_panel_reset(&b->panel);
    return st;
}

/* After an interrupt, or where the input breaks off behind whole batches: what is whole is kept under
 * another name. A reader of standard output could take a part for all: only an interrupt writes one. */
static void keep_partial(norni_panel_stream *s, const char *why) {
    norn_err err = {NORN_OK, ""};
    if (!s->files->opened || s->t->n_series == 0) return;
    if (s->calls->commit(s->job, true, &err) != NORN_OK) {
        norni_say(s->env, "%s; what was done could not be kept: %s", why, err.text);
    } else if (s->files->to_stdout) {
        norni_say(s->env, "%s: the first %zu series are written", why, s->t->n_series);
    } else {
        norni_say(s->env, "%s: the first %zu series are in %s.partial", why, s->t->n_series,
                  s->common->out);
    }
}

/* Whether the input's end is unusable, not its order or the length of a series. */
static bool input_broke_off(const norni_panel_stream *s) {
    return s->input_failed && !s->came_back && norni_reader_streams(s->reader) &&
           !s->files->to_stdout;
}

static norn_status run_pipe(norni_panel_stream *s, norn_err *err) {
    const norni_pipe pipe = {.source = next_batch,
                             .work = work_batch,
                             .sink = sink_batch,
                             .clear = clear_token,
                             .arg = s,
                             .token_size = s->calls->token_size,
                             .n_tokens = s->n_batches};
    norni_reporter reporter;
    norni_reporter_start(&reporter, s->env->progress, s->env->progress_user, s->tally,
                         s->whole ? s->whole->n_series * s->n_hashes : 0);
    const norn_status st = norni_pipe_run(s->env->ctx, &pipe, err);
    norni_reporter_stop(&reporter);
    if (st == NORN_OK && s->t->n_series == 0) {
        s->input_failed = true;
        return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
    }
    return st;
}

/* One run over all batches into fresh outputs. */
static norn_status run_once(norni_panel_stream *s, norn_err *err) {
    const norn_alloc *alloc = &s->env->ctx->alloc;
    s->came_back = s->remembers = false;
    norni_digest_init(&s->digest, alloc, s->n_hashes, 0);
    norni_seen_init(&s->seen, alloc);
    norn_status st = s->calls->open(s->job, err);
    if (st == NORN_OK) st = run_pipe(s, err);
    if (st == NORN_OK) st = norni_digest_get(&s->digest, &s->t->digest, err);
    if (st == NORN_OK) st = s->calls->commit(s->job, false, err);
    if (st == NORN_E_CANCEL)
        keep_partial(s, "interrupted");
    else if (st != NORN_OK && input_broke_off(s))
        keep_partial(s, "the input cannot be used from there on");
    s->calls->abort(s->job);
    norni_digest_clear(&s->digest);
    norni_seen_clear(&s->seen);
    return st;
}

/* The run; and where its batches did not fit into memory side by side, the run again, one at a time. */
static norn_status run_fitting(norni_panel_stream *s, norn_err *err) {
    norn_err e = {NORN_OK, ""};
    norn_status st = run_once(s, &e);
    const bool again = s->whole != NULL || norni_reader_can_gather(s->reader);
    if (st == NORN_E_MEM && s->n_batches > 1 && !s->at_once && again) {
        s->n_batches = 1;
        s->next_series = 0;
        s->input_failed = false;
        st = NORN_OK;
        if (s->whole == NULL) {
            norni_reader_set_batch(s->reader, LEAST_BATCH);
            st = norni_reader_again(s->reader, &e);
        }
        if (st == NORN_OK) st = run_once(s, &e);
    }
    if (st != NORN_OK && err != NULL) *err = e;
    return st;
}

norn_status norni_panel_stream_whole(norni_panel_stream *s, const norni_panel *panel,
                                     norn_err *err) {
    s->whole = panel;
    s->next_series = 0;
    const norn_status st = run_fitting(s, err);
    s->whole = NULL;
    return st;
}

norn_status norni_panel_stream_short(const norni_panel_stream *s, const char *text, norn_err *err) {
    return norn_fail(err, NORN_E_MEM,
                     "%s, so the whole input must lie in memory, and --memory-limit is too small "
                     "for it: sort the input by series, or allow more (%s)",
                     s->why, text);
}

/* Everything in memory: for the wide layout, a series too long for a batch, ids that come back. */
static norn_status gather_and_run(norni_panel_stream *s, norn_err *err) {
    norni_panel panel;
    norni_align_report report;
    norn_err e = {NORN_OK, ""};
    if (s->why != NULL && !norni_reader_can_gather(s->reader)) {
        s->input_failed = true;
        return norn_fail(err, NORN_E_LIMIT,
                         "%s, and a pipe of this length can be read only once: sort it by series, "
                         "or give it as a file",
                         s->why);
    }
    norn_status st = norni_reader_gather(s->reader, &panel, &report, &e);
    s->gathered = st == NORN_OK;
    if (st != NORN_OK) {
        s->input_failed = st != NORN_E_MEM && st != NORN_E_CANCEL;
        if (st == NORN_E_MEM && s->why != NULL) return norni_panel_stream_short(s, e.text, err);
        if (err != NULL) *err = e;
        return st;
    }
    st = norni_panel_stream_whole(s, &panel, err);
    s->t->report = report;
    norni_panel_clear(&panel);
    return st;
}

norn_status norni_panel_stream_run(norni_panel_stream *s, norn_err *err) {
    if (norni_reader_streams(s->reader) && !s->at_once) {
        const norn_status st = run_fitting(s, err);
        if (s->came_back)
            s->why = "rows of one series do not stand together";
        else if (!norni_reader_streams(s->reader))
            s->why = "one series is longer than 64 MiB of text";
        if (s->why == NULL) return st;
    }
    s->input_failed = false;
    return gather_and_run(s, err);
}
