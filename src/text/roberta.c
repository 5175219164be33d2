/* Logits of many texts: tokens first, then batches of about equal size, each on one worker. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Texts are taken in windows, so that their tokens take little memory whatever their number. Within a window batches are cut in the order
 * of the texts, by tokens alone: never by the number of workers. As no row's bits depend on its batch, the cuts never show. */
#include "base/ctx.h"
#include "text/roberta_parts.h"
#include "text/unicode.h"

enum {
    WINDOW = 4096,  /* texts */
    BLOCK = 64,     /* texts whose tokens are made by one item */
    LONG = 1 << 14, /* bytes of a text that are tokenised at once */
    LEAST = 128,
    FEW = 8, /* tokens worth a batch, and batches wanted where there are few tokens */
};

typedef struct window {
    norn_ctx *ctx;
    const norni_roberta *r;
    const norni_str *text; /* (n) */
    size_t n;
    norni_bpe_ids *ids; /* (n_blocks) */
    size_t *n_cut;      /* (n_blocks) */
    const int32_t **id; /* (n) */
    uint32_t *n_row;    /* (n) tokens of each text, with the two around it */
    size_t *from;       /* (n_batches + 1) first text of each batch */
    size_t n_blocks, n_batches;
    float *logits; /* (n, n_labels) */
} window;

/* ---- tokens ---- */

/* cardiffnlp's recipe, by words between single blanks: "@…" becomes "@user", "http…" becomes "http". */
static void prepare(norni_str text, norni_buf *out) {
    for (size_t at = 0; at <= text.n;) {
        const char *blank = memchr(text.p + at, ' ', text.n - at);
        const size_t end = blank ? (size_t)(blank - text.p) : text.n;
        const norni_str word = {text.p + at, end - at};
        if (at > 0) norni_buf_add(out, " ", 1);
        if (word.n > 1 && word.p[0] == '@') {
            norni_buf_text(out, "@user");
        } else if (word.n >= 4 && memcmp(word.p, "http", 4) == 0) {
            norni_buf_text(out, "http");
        } else {
            norni_buf_add(out, word.p, word.n);
        }
        at = end + 1;
    }
}

/* Appends the ids of valid UTF-8, of a long text only as many as are needed to know that it is too long. It is cut where merges
 * never reach across, so that the ids are those of the whole. */
static norn_status encode(const window *w, norni_bpe_cache *cache, norni_str text,
                          norni_arena *scratch, norni_bpe_ids *ids, norn_err *err) {
    const size_t before = ids->n;
    for (size_t at = 0; at < text.n && ids->n - before + 2 <= w->r->most_tokens;) {
        size_t end = text.n;
        if (text.n - at > LONG)
            for (end = at; end < text.n && end - at < LONG;)
                end += norni_bpe_piece(text, end).n;
        NORN_TRY(norni_bpe_encode(w->r->bpe, cache, (norni_str){text.p + at, end - at}, scratch,
                                  ids, err));
        at = end;
    }
    return NORN_OK;
}

typedef struct text_bufs {
    norni_buf prepared, valid;
} text_bufs;

/* Appends the ids of one text. */
static norn_status take_text(const window *w, norni_bpe_cache *cache, text_bufs *bufs,
                             norni_str text, norni_arena *scratch, norni_bpe_ids *ids, bool *cut,
                             norn_err *err) {
    const size_t before = ids->n, most = w->r->most_tokens - 2;
    bufs->prepared.n = bufs->valid.n = 0;
    if (!w->r->opt.raw) {
        prepare(text, &bufs->prepared);
        text = (norni_str){bufs->prepared.p ? bufs->prepared.p : "", bufs->prepared.n};
    }
    (void)norni_utf8_mend(text, &bufs->valid);
    if (bufs->prepared.failed || bufs->valid.failed)
        return norni_alloc_fail(err, "roberta", text.n, 1);
    text = (norni_str){bufs->valid.p ? bufs->valid.p : "", bufs->valid.n};
    NORN_TRY(encode(w, cache, text, scratch, ids, err));
    *cut = ids->n - before > most;
    if (*cut) ids->n = before + most;
    return NORN_OK;
}

/* One block of texts. */
static norn_status take_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    window *w = arg;
    const size_t from = item * BLOCK, to = w->n - from < BLOCK ? w->n : from + BLOCK;
    const norni_poll poll = norni_ctx_poll(w->ctx);
    const norn_alloc *alloc = &w->ctx->alloc;
    norni_bpe_ids *ids = &w->ids[item];
    norni_bpe_cache cache;
    text_bufs bufs;
    norn_status st = NORN_OK;
    norni_bpe_cache_init(&cache, alloc);
    norni_buf_init(&bufs.prepared, alloc);
    norni_buf_init(&bufs.valid, alloc);
    for (size_t k = from; st == NORN_OK && k < to; k++) {
        const size_t before = ids->n;
        bool cut = false;
        if (norni_poll_stop(&poll)) st = norn_fail(err, NORN_E_CANCEL, "roberta: cancelled");
        if (st == NORN_OK)
            st = take_text(w, &cache, &bufs, w->text[k], &worker->arena, ids, &cut, err);
        w->n_row[k] = (uint32_t)(ids->n - before) + 2;
        w->n_cut[item] += cut;
    }
    size_t at = 0;
    for (size_t k = from; st == NORN_OK && k < to; k++) { /* the list has stopped moving */
        w->id[k] = ids->id ? ids->id + at : NULL;
        at += w->n_row[k] - 2;
    }
    norni_buf_clear(&bufs.prepared);
    norni_buf_clear(&bufs.valid);
    norni_bpe_cache_clear(&cache);
    return st;
}

/* ---- batches ---- */

/* Batches of about equal numbers of tokens, in order; several even where one would hold all, so that all workers have
 * something to do. */
static void cut_batches(window *w) {
    const size_t most = w->r->opt.batch_tokens;
    size_t total = 0, in_batch = 0;
    for (size_t k = 0; k < w->n; k++)
        total += w->n_row[k];
    size_t wanted = (total + LEAST - 1) / LEAST;
    if (wanted > FEW) wanted = FEW;
    if (wanted < (total + most - 1) / most) wanted = (total + most - 1) / most;
    const size_t share = (total + wanted - 1) / wanted;
    w->n_batches = 0;
    for (size_t k = 0; k < w->n; k++) {
        if (k == 0 || in_batch >= share || in_batch + w->n_row[k] > most) {
            w->from[w->n_batches++] = k;
            in_batch = 0;
        }
        in_batch += w->n_row[k];
    }
    w->from[w->n_batches] = w->n;
}

static norn_status run_batch(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const window *w = arg;
    const size_t from = w->from[item], to = w->from[item + 1];
    norni_roberta_batch b = {.id = w->id + from, .n_row = w->n_row + from, .n = to - from};
    for (size_t k = from; k < to; k++) {
        b.n_tokens += w->n_row[k];
        if (b.longest < w->n_row[k]) b.longest = w->n_row[k];
    }
    return norni_roberta_forward(w->ctx, &worker->arena, w->r, &b,
                                 w->logits + from * (size_t)w->r->config.n_labels, err);
}

static norn_status run_window(window *w, norni_worker *worker, norn_err *err) {
    w->n_blocks = (w->n + BLOCK - 1) / BLOCK;
    for (size_t k = 0; k < w->n_blocks; k++) {
        w->ids[k].n = 0;
        w->n_cut[k] = 0;
    }
    NORN_TRY(norni_for(w->ctx, worker, w->n_blocks, take_block, w, NULL, err));
    cut_batches(w);
    return norni_for(w->ctx, worker, w->n_batches, run_batch, w, NULL, err);
}

static bool open_window(window *w, norni_arena *a, size_t n) {
    const size_t n_blocks = (n + BLOCK - 1) / BLOCK;
    w->ids = norni_arena_get(a, n_blocks, sizeof *w->ids);
    w->n_cut = norni_arena_get(a, n_blocks, sizeof *w->n_cut);
    w->id = norni_arena_get(a, n, sizeof *w->id);
    w->n_row = norni_arena_get(a, n, sizeof *w->n_row);
    w->from = norni_arena_get(a, n + 1, sizeof *w->from);
    for (size_t k = 0; w->ids != NULL && k < n_blocks; k++)
        norni_bpe_ids_init(&w->ids[k], &w->ctx->alloc);
    return w->ids && w->n_cut && w->id && w->n_row && w->from;
}

norn_status norni_roberta_logits(norn_ctx *ctx, norni_worker *worker, const norni_roberta *r,
                                 const norni_str *texts, size_t n, float *logits, size_t *n_cut,
                                 norn_err *err) {
    const size_t most = n < WINDOW ? n : WINDOW;
    window w = {.ctx = ctx, .r = r};
    norni_arena arena;
    norn_status st = NORN_OK;
    size_t cut = 0;
    norni_arena_init(&arena, &ctx->alloc);
    if (!open_window(&w, &arena, most)) st = norni_alloc_fail(err, "roberta", most, 64);
    for (size_t at = 0; st == NORN_OK && at < n; at += w.n) {
        w.text = texts + at;
        w.n = n - at < WINDOW ? n - at : WINDOW;
        w.logits = logits + at * (size_t)r->config.n_labels;
        st = run_window(&w, worker, err);
        for (size_t k = 0; k < w.n_blocks; k++)
            cut += w.n_cut[k];
    }
    for (size_t k = 0; w.ids != NULL && k < (most + BLOCK - 1) / BLOCK; k++)
        norni_bpe_ids_clear(&w.ids[k]);
    norni_arena_clear(&arena);
    if (n_cut != NULL) *n_cut = cut;
    return st;
}
