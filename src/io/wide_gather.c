/* Rows of a table's inputs, gathered or folded chunk by chunk, parsed in parallel. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/wide_gather.h"

#include "base/grow.h"
#include "par/pipe.h"

enum { TOKEN_BYTES = 300 << 10 }; /* of a chunk's arena, whatever its text */

typedef struct scan_token {
    norni_chunk chunk;
    norni_arena arena;
    norni_wide_rows rows;
} scan_token;

typedef struct scan_job {
    norni_wide_gather *g;
    size_t input;
    norni_wide_plan plan;
    norni_wide_sink sink;
    void *arg;
} scan_job;

static norn_status scan_source(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    (void)k;
    scan_job *job = arg;
    return norni_cutter_next(&job->g->in[job->input].t->cut, &((scan_token *)token)->chunk, end,
                             err);
}

static norn_status scan_work(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)w, (void)k;
    scan_job *job = arg;
    scan_token *s = token;
    if (s->arena.alloc == NULL) norni_arena_init(&s->arena, &job->g->ctx->alloc);
    norni_arena_reset(&s->arena);
    return norni_wide_parse(&job->plan, &s->chunk, &s->arena, &s->rows, err);
}

static norn_status scan_sink(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)k;
    scan_job *job = arg;
    scan_token *s = token;
    return failed ? NORN_OK : job->sink(job->g, job->input, &s->rows, job->arg, err);
}

static void scan_forget(void *token, void *arg) {
    scan_token *s = token;
    norni_chunk_clear(&((scan_job *)arg)->g->ctx->alloc, &s->chunk);
    if (s->arena.alloc != NULL) norni_arena_clear(&s->arena);
}

/* Inside of a worker's item there is no pipe: one chunk after the other. */
static norn_status scan_here(scan_job *job, norn_err *err) {
    scan_token token = {.chunk = {.p = NULL}};
    norn_status st = NORN_OK;
    bool end = false;
    for (size_t k = 0; st == NORN_OK; k++) {
        st = scan_source(k, &token, &end, job, err);
        if (st != NORN_OK || end) break;
        st = scan_work(NULL, k, &token, job, err);
        const norn_status sunk =
            scan_sink(k, &token, st != NORN_OK, job, st == NORN_OK ? err : NULL);
        if (st == NORN_OK) st = sunk;
        if (st == NORN_OK && norn_ctx_cancelled(job->g->ctx))
            st = norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    scan_forget(&token, job);
    return st;
}

/* Chunks that are alive at once: two a worker, but a quarter of the memory at most. */
static size_t n_alive(const norni_wide_gather *g, const norni_wide_input *in) {
    const size_t wanted = 2 * (size_t)norni_pool_threads(g->ctx) + 2,
                 each = 4 * in->t->cut.target + TOKEN_BYTES;
    if (g->opt->memory == 0) return wanted;
    const uint64_t most = g->opt->memory / 4 / each;
    return most < 2 ? 2 : most < wanted ? (size_t)most : wanted;
}

norn_status norni_wide_scan(norni_wide_gather *g, size_t input, norni_wide_sink sink, void *arg,
                            norn_err *err) {
    norni_wide_input *in = &g->in[input];
    scan_job job = {g, input, {in->t, &in->head, in->slot, in->n_slots}, sink, arg};
    if (!in->fresh) NORN_TRY(norni_cutter_rewind(&in->t->cut, err));
    in->fresh = false;
    if (g->worker != NULL) return scan_here(&job, err);
    const norni_pipe pipe = {.source = scan_source,
                             .work = scan_work,
                             .sink = scan_sink,
                             .clear = scan_forget,
                             .arg = &job,
                             .token_size = sizeof(scan_token),
                             .n_tokens = n_alive(g, in)};
    return norni_pipe_run(g->ctx, &pipe, err);
}

norn_status norni_wide_choose(norni_wide_gather *g, const bool *wanted, norn_err *err) {
    for (size_t i = 0; i < g->n_in; i++) {
        norni_wide_input *in = &g->in[i];
        in->slot_column = norni_arena_get(&g->arena, in->head.n, sizeof *in->slot_column);
        in->slot = norni_arena_get(&g->arena, in->head.n, sizeof *in->slot);
        if (in->slot == NULL || in->slot_column == NULL)
            return norni_alloc_fail(err, "input", in->head.n, sizeof *in->slot);
        in->n_slots = 0;
        for (size_t k = 0; k < in->head.n; k++) {
            const uint32_t c = in->column[k];
            const bool read = c != UINT32_MAX && (wanted == NULL || wanted[c]);
            in->slot[k] = read ? (uint32_t)in->n_slots : UINT32_MAX;
            if (read) in->slot_column[in->n_slots++] = c;
        }
    }
    return NORN_OK;
}

/* Number among all words of a word that a chunk has. */
static norn_status join_word(norni_wide_gather *g, uint32_t column, const norni_wide_token *w,
                             uint32_t *number, norn_err *err) {
    const bool known_many = w->text.p == NULL;
    norni_str key = {NULL, sizeof column + (known_many ? 0 : w->text.n)};
    char *bytes = norni_arena_get(&g->arena, key.n, 1);
    if (bytes == NULL) return norni_alloc_fail(err, "input", key.n, 1);
    memcpy(bytes, &column, sizeof column);
    if (!known_many && w->text.n > 0) memcpy(bytes + sizeof column, w->text.p, w->text.n);
    key.p = bytes;
    int64_t at = norni_map_find(&g->words, key);
    const bool many = known_many || (at < 0 && g->words_of[column] >= NORNI_MOST_WORDS);
    if (at < 0) {
        bool added = false;
        if (many) key.n = sizeof column;
        at = norni_map_add(&g->words, key, &added);
        if (at < 0) return norni_alloc_fail(err, "input", g->words.n, 32);
        if (added) {
            norni_wide_token *word =
                norni_list_grow(&g->arena, g->word, (size_t)at, &g->cap_words, 64, sizeof *word);
            if (word == NULL) return norni_alloc_fail(err, "input", g->cap_words, sizeof *word);
            g->word = word;
            const char *first = norni_arena_text(&g->arena, w->first.p, w->first.n);
            if (first == NULL) return norni_alloc_fail(err, "input", w->first.n, 1);
            g->word[at] = (norni_wide_token){
                column,
                many ? (norni_str){NULL, 0} : (norni_str){bytes + sizeof column, w->text.n},
                0,
                w->first_line,
                {first, w->first.n}};
            g->words_of[column] += !many;
        }
    }
    /* Words of rows that did not count come with n = 0: their line is not the first that counts. */
    if (g->word[at].n == 0 && w->n > 0) g->word[at].first_line = w->first_line;
    g->word[at].n += w->n;
    *number = (uint32_t)at;
    return NORN_OK;
}

/* The rows in one block of their size: an arena's blocks are larger than what lies in them. */
static norn_status copy_rows(norni_wide_gather *g, const norni_wide_rows *rows, size_t n_slots,
                             norni_wide_piece *out, norn_err *err) {
    const size_t cells = rows->n * n_slots;
    out->size = 8 * (rows->n + cells) + 4 * (rows->n_words + (rows->line ? rows->n : 0));
    out->block = norni_alloc_get(&g->ctx->alloc, out->size, 1);
    if (out->block == NULL) return norni_alloc_fail(err, "input", out->size, 1);
    out->rows = *rows;
    out->rows.time = out->block;
    out->rows.v = (double *)(out->rows.time + rows->n);
    out->word = (uint32_t *)(out->rows.v + cells);
    if (rows->n > 0) memcpy(out->rows.time, rows->time, rows->n * sizeof *rows->time);
    if (cells > 0) memcpy(out->rows.v, rows->v, cells * sizeof *rows->v);
    if (rows->line == NULL) return NORN_OK;
    out->rows.line = out->word + rows->n_words;
    memcpy(out->rows.line, rows->line, rows->n * sizeof *rows->line);
    return NORN_OK;
}

static norn_status add_piece(norni_wide_gather *g, size_t input, const norni_wide_rows *rows,
                             void *arg, norn_err *err) {
    (void)arg;
    norni_wide_report *r = g->report;
    if (g->n_pieces == g->cap_pieces) {
        const size_t cap = g->cap_pieces ? 2 * g->cap_pieces : 64;
        norni_wide_piece *grown =
            norni_alloc_resize(&g->ctx->alloc, g->piece, g->cap_pieces, cap, sizeof *grown);
        if (grown == NULL) return norni_alloc_fail(err, "input", cap, sizeof *grown);
        g->piece = grown;
        g->cap_pieces = cap;
    }
    norni_wide_piece *piece = &g->piece[g->n_pieces];
    *piece = (norni_wide_piece){.input = input};
    NORN_TRY(copy_rows(g, rows, g->in[input].n_slots, piece, err));
    g->n_pieces++;
    for (size_t k = 0; k < rows->n_words; k++)
        NORN_TRY(join_word(g, g->in[input].slot_column[rows->word[k].column], &rows->word[k],
                           &piece->word[k], err));
    if (rows->n_untimed > 0 && r->n_untimed == 0) r->first_untimed = rows->untimed;
    r->n_untimed += rows->n_untimed;
    r->n_head_rows += rows->n_above;
    if (!g->in[input].future) r->n_lines += rows->n + rows->n_untimed;
    g->n_bytes += piece->size;
    g->too_large = g->most_bytes > 0 && g->n_bytes > g->most_bytes;
    return g->too_large ? norn_fail(err, NORN_E_LIMIT, "the table is larger than the limit")
                        : NORN_OK;
}

void norni_wide_forget(norni_wide_gather *g) {
    for (size_t k = 0; k < g->n_pieces; k++)
        norni_alloc_drop(&g->ctx->alloc, g->piece[k].block, g->piece[k].size, 1);
    norni_alloc_drop(&g->ctx->alloc, g->piece, g->cap_pieces, sizeof *g->piece);
    norni_map_clear(&g->words);
    norni_map_init(&g->words, &g->ctx->alloc);
    g->piece = NULL;
    g->n_pieces = g->cap_pieces = g->n_bytes = 0;
    g->word = NULL;
    g->cap_words = 0;
}

norn_status norni_wide_keep(norni_wide_gather *g, norn_err *err) {
    norni_wide_report *r = g->report;
    norni_wide_forget(g);
    r->n_untimed = r->n_head_rows = r->n_lines = 0;
    g->too_large = false;
    g->words_of = norni_arena_zero(&g->arena, g->names.n, sizeof *g->words_of);
    if (g->words_of == NULL) return norni_alloc_fail(err, "input", g->names.n, sizeof(size_t));
    for (size_t i = 0; i < g->n_in; i++) {
        const norn_status st = norni_wide_scan(g, i, add_piece, NULL, err);
        if (g->too_large) norni_wide_forget(g);
        if (g->too_large) return NORN_OK;
        NORN_TRY(st);
        if (r->n_head_rows > 0) r->n_head_rows--; /* the header itself */
    }
    return NORN_OK;
}

norn_status norni_wide_finish(norni_wide_gather *g, const norni_wide_opt *opt, norni_arena *arena,
                              norni_wide *out, norn_err *err) {
    norni_wide_part *part = norni_alloc_get(&g->ctx->alloc, g->n_pieces, sizeof *part);
    if (part == NULL) return norni_alloc_fail(err, "input", g->n_pieces, sizeof *part);
    for (size_t k = 0; k < g->n_pieces; k++) {
        const norni_wide_piece *p = &g->piece[k];
        const norni_wide_input *in = &g->in[p->input];
        part[k] = (norni_wide_part){.n = p->rows.n,
                                    .n_columns = in->n_slots,
                                    .time = p->rows.time,
                                    .v = p->rows.v,
                                    .column = in->slot_column,
                                    .word = p->word,
                                    .future = in->future,
                                    .first_line = p->rows.first_line,
                                    .line = p->rows.line};
    }
    const norni_wide_input *first = &g->in[0];
    const norni_wide_raw raw = {.n_parts = g->n_pieces,
                                .part = part,
                                .n_columns = g->names.n,
                                .name = g->names.keys,
                                .in_future = g->in_future,
                                .why = g->why,
                                .n_words = g->words.n,
                                .word = g->word,
                                .style = first->t->style,
                                .time_name = first->head.name[first->head.time]};
    const norn_status st =
        norni_wide_make(g->ctx, g->worker, &raw, opt, arena, out, g->report, err);
    norni_alloc_drop(&g->ctx->alloc, part, g->n_pieces, sizeof *part);
    return st;
}
