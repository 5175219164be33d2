/* The two descriptions of a store of tweets: what it holds, and what was brought when. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/grow.h"
#include "io/json_pull.h"
#include "io/source.h"
#include "signals/signals_store_parts.h"

typedef struct tag_row {
    int64_t scraped, added;
    norni_str target, at; /* JSON as it stands */
} tag_row;

/* scraping_metadata.json as it was. */
typedef struct history {
    norni_arena arena;
    norni_buf text;
    norni_map tags;
    tag_row *row;
    size_t cap;
    norni_str sessions; /* the inside of the array */
} history;

static norn_status read_text(norn_ctx *ctx, const char *path, norni_buf *out, norn_err *err) {
    norni_source *in = NULL;
    out->n = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT) return NORN_OK;
    NORN_TRY(norni_source_open(ctx, path, NULL, &in, err));
    norn_status st = NORN_OK;
    for (size_t got = 1; st == NORN_OK && got > 0;) {
        if (!norni_buf_reserve(out, 64 << 10)) {
            st = norni_alloc_fail(err, "store", out->n, 2);
            break;
        }
        st = norni_source_read(in, out->p + out->n, 64 << 10, &got, err);
        out->n += st == NORN_OK ? got : 0;
    }
    norni_source_close(in);
    return st;
}

static tag_row *row_of(history *h, norni_str tag) {
    bool added;
    const char *kept = norni_arena_text(&h->arena, tag.p, tag.n);
    if (kept == NULL) return NULL;
    const int64_t k = norni_map_add(&h->tags, (norni_str){kept, tag.n}, &added);
    if (k == NORNI_MAP_NONE) return NULL;
    if (added) {
        tag_row *row = norni_list_grow(&h->arena, h->row, (size_t)k, &h->cap, 64, sizeof *row);
        if (row == NULL) return NULL;
        h->row = row;
        row[k] = (tag_row){0, 0, {"null", 4}, {"null", 4}};
    }
    return &h->row[k];
}

static norn_status take_raw(norni_json_pull *p, norni_str *out, norn_err *err) {
    norni_json_item item;
    NORN_TRY(norni_json_pull_next(p, &item, err));
    const size_t n = item.kind == NORNI_JSON_STRING                                 ? item.raw.n + 2
                     : item.kind == NORNI_JSON_NUMBER                               ? item.raw.n
                     : item.kind == NORNI_JSON_FALSE                                ? 5
                     : item.kind == NORNI_JSON_TRUE || item.kind == NORNI_JSON_NULL ? 4
                                                                                    : 1;
    const char *begin = p->at - n;
    NORN_TRY(norni_json_pull_skip(p, &item, err));
    *out = (norni_str){begin, (size_t)(p->at - begin)};
    return NORN_OK;
}

static int64_t whole_of(norni_str s) {
    int64_t x = 0;
    for (size_t k = 0; k < s.n && k < 18 && s.p[k] >= '0' && s.p[k] <= '9'; k++)
        x = 10 * x + (s.p[k] - '0');
    return x;
}

static norn_status take_tag(history *h, norni_json_pull *p, const norni_json_item *key,
                            norni_buf *name, norn_err *err) {
    norni_json_item item;
    name->n = 0;
    (void)norni_json_text(key, name);
    tag_row *row = name->failed ? NULL : row_of(h, (norni_str){name->p, name->n});
    if (row == NULL) return norni_alloc_fail(err, "store", 1, key->raw.n);
    NORN_TRY(norni_json_pull_next(p, &item, err));
    if (item.kind != NORNI_JSON_OBJECT) return norni_json_pull_skip(p, &item, err);
    for (;;) {
        norni_str v;
        NORN_TRY(norni_json_pull_next(p, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) return NORN_OK;
        NORN_TRY(take_raw(p, &v, err));
        if (norni_str_is(item.raw, "scraped_count")) row->scraped = whole_of(v);
        if (norni_str_is(item.raw, "unique_added")) row->added = whole_of(v);
        if (norni_str_is(item.raw, "target_count")) row->target = v;
        if (norni_str_is(item.raw, "scraped_at")) row->at = v;
    }
}

static norn_status parse_history(history *h, norni_buf *name, norn_err *err) {
    norni_json_pull p;
    norni_json_item item;
    norni_json_pull_init(&p, (norni_str){h->text.p, h->text.n});
    NORN_TRY(norni_json_pull_next(&p, &item, err));
    if (item.kind != NORNI_JSON_OBJECT) return norn_fail(err, NORN_E_FORMAT, "not an object");
    for (;;) {
        NORN_TRY(norni_json_pull_next(&p, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) return norni_json_pull_next(&p, &item, err);
        if (norni_str_is(item.raw, "hashtags_scraped")) {
            NORN_TRY(norni_json_pull_next(&p, &item, err));
            if (item.kind != NORNI_JSON_OBJECT)
                return norn_fail(err, NORN_E_FORMAT, "hashtags_scraped is not an object");
            for (;;) {
                NORN_TRY(norni_json_pull_next(&p, &item, err));
                if (item.kind == NORNI_JSON_OBJECT_END) break;
                NORN_TRY(take_tag(h, &p, &item, name, err));
            }
            continue;
        }
        const bool sessions = norni_str_is(item.raw, "sessions");
        norni_str raw;
        NORN_TRY(take_raw(&p, &raw, err));
        if (sessions && raw.n >= 2 && raw.p[0] == '[')
            h->sessions = norni_str_trim((norni_str){raw.p + 1, raw.n - 2});
    }
}

static norn_status read_history(const norni_tweet_store *s, const char *path, history *h,
                                norn_err *err) {
    norni_buf name;
    norn_err e = {NORN_OK, ""};
    NORN_TRY(read_text(s->ctx, path, &h->text, err));
    if (h->text.n == 0) return NORN_OK;
    norni_buf_init(&name, &s->ctx->alloc);
    const norn_status st = parse_history(h, &name, &e);
    norni_buf_clear(&name);
    if (st == NORN_OK) return NORN_OK;
    return norn_fail(err, st, "store: %s: %s", path, e.text);
}

static norn_status count_tags(history *h, const norni_store_session *session, norni_str now,
                              norn_err *err) {
    for (size_t k = 0; k < session->t->n; k++) {
        const norni_tweet *tweet = &session->t->tweet[k];
        for (uint32_t i = 0; i < tweet->n_hashtags; i++) {
            tag_row *row = row_of(h, tweet->hashtag[i]);
            if (row == NULL) return norni_alloc_fail(err, "store", h->tags.n, sizeof *row);
            row->scraped++;
            row->added += session->fresh[k];
            row->at = now;
        }
    }
    return NORN_OK;
}

/* ---- what is written ---- */

static void raw(norni_json *j, const char *key, norni_str json) {
    norni_json_key(j, key);
    norni_json_int(j, 0); /* the writer keeps its commas; its digit makes room for the value */
    j->b->n--;
    norni_buf_add(j->b, json.p, json.n);
}

static void put_session(norni_buf *b, const norni_store_session *session, norni_str at,
                        uint64_t total) {
    const norni_tweet_store_count *c = &session->count;
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    raw(&j, "at", at);
    norni_json_key_count(&j, "offered", c->n_offered);
    norni_json_key_count(&j, "unique", c->n_added);
    norni_json_key_count(&j, "duplicates", c->n_known);
    norni_json_key_num(&j, "duplicate_rate",
                       c->n_offered > 0 ? (double)c->n_known / (double)c->n_offered : 0);
    norni_json_key_count(&j, "total_tweets", total);
    norni_json_close(&j, '}');
}

static void put_history(const norni_tweet_store *s, const history *h,
                        const norni_store_session *session, norni_str now, norni_buf *b) {
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "hashtags_scraped");
    norni_json_open(&j, '{');
    for (size_t k = 0; k < h->tags.n; k++) {
        norni_json_key(&j, h->tags.keys[k].p);
        norni_json_open(&j, '{');
        norni_json_key_int(&j, "scraped_count", h->row[k].scraped);
        norni_json_key_int(&j, "unique_added", h->row[k].added);
        raw(&j, "target_count", h->row[k].target);
        raw(&j, "scraped_at", h->row[k].at);
        norni_json_close(&j, '}');
    }
    norni_json_close(&j, '}');
    norni_json_key_count(&j, "total_tweets", s->n);
    norni_json_key(&j, "sessions");
    norni_json_open(&j, '[');
    norni_buf_add(b, h->sessions.p, h->sessions.n);
    if (h->sessions.n > 0) norni_buf_add(b, ",", 1);
    put_session(b, session, now, s->n);
    norni_json_close(&j, ']');
    norni_json_close(&j, '}');
    norni_buf_add(b, "\n", 1);
}

static void put_meta(const norni_tweet_store *s, norni_str now, norni_buf *b) {
    static const char *const type[NORNI_STORE_COLUMNS] = {
        "string", "string", "string",       "string",       "string",       "int64",  "int64",
        "int64",  "int64",  "list<string>", "list<string>", "list<string>", "string", "string"};
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key_count(&j, "count", s->n);
    norni_json_key(&j, "columns");
    norni_json_open(&j, '[');
    for (size_t k = 0; k < NORNI_STORE_COLUMNS; k++)
        norni_json_str(&j, norni_str_of(norni_store_column[k]));
    norni_json_close(&j, ']');
    norni_json_key(&j, "schema");
    norni_json_open(&j, '{');
    for (size_t k = 0; k < NORNI_STORE_COLUMNS; k++)
        norni_json_key_str(&j, norni_store_column[k], norni_str_of(type[k]));
    norni_json_close(&j, '}');
    norni_json_key_count(&j, "size", s->size);
    norni_json_key(&j, "language_distribution");
    norni_json_open(&j, '{');
    for (size_t k = 0; k < s->languages.map.n; k++)
        norni_json_key_count(&j, s->languages.map.keys[k].p, s->languages.count[k]);
    norni_json_close(&j, '}');
    norni_json_key_count(&j, "unique_users", s->users.n);
    raw(&j, "updated_at", now);
    norni_json_close(&j, '}');
    norni_buf_add(b, "\n", 1);
}

/* ---- both, or neither ---- */

static norn_status write_text(const norni_tweet_store *s, const char *path, norni_str text,
                              norn_err *err) {
    norni_out out;
    NORN_TRY(norni_out_open(&out, &s->ctx->alloc, path, err));
    norni_buf_add(&out.buf, text.p, text.n);
    return norni_out_commit(&out, err);
}

/* The first file is put back when the second one fails. */
static norn_status write_both(const norni_tweet_store *s, const char *first, const char *second,
                              norni_str old_first, norni_str one, norni_str two, norn_err *err) {
    NORN_TRY(write_text(s, first, one, err));
    const norn_status st = write_text(s, second, two, err);
    if (st == NORN_OK) return NORN_OK;
    if (old_first.n > 0) {
        const norn_status again = write_text(s, first, old_first, NULL);
        (void)again; /* the first error is told; opening counts anew whatever stands here */
    } else {
        (void)unlink(first);
    }
    return st;
}

static norn_status describe(const norni_tweet_store *s, const norni_store_session *session,
                            history *h, norni_buf *meta, norni_buf *other, norn_err *err) {
    char path[2][4200], at[48], now[52];
    const norni_str time = norni_store_time(session->unix_seconds * 1000000, at);
    const size_t n = norni_format(now, sizeof now, "\"%.*s\"", (int)time.n, time.p);
    const norni_str quoted = {now, n};
    norni_format(path[0], sizeof path[0], "%s/scraping_metadata.json", s->folder);
    norni_format(path[1], sizeof path[1], "%s/tweets_incremental.meta.json", s->folder);
    NORN_TRY(read_history(s, path[0], h, err));
    NORN_TRY(count_tags(h, session, quoted, err));
    put_history(s, h, session, quoted, other);
    put_meta(s, quoted, meta);
    if (meta->failed || other->failed) return norni_alloc_fail(err, "store", meta->n + other->n, 1);
    return write_both(s, path[0], path[1], (norni_str){h->text.p, h->text.n},
                      (norni_str){other->p, other->n}, (norni_str){meta->p, meta->n}, err);
}

norn_status norni_store_describe(const norni_tweet_store *s, const norni_store_session *session,
                                 norn_err *err) {
    const norn_alloc *a = &s->ctx->alloc;
    history h = {.sessions = {"", 0}};
    norni_buf meta, other;
    norni_arena_init(&h.arena, a);
    norni_buf_init(&h.text, a);
    norni_map_init(&h.tags, a);
    norni_buf_init(&meta, a);
    norni_buf_init(&other, a);
    const norn_status st = describe(s, session, &h, &meta, &other, err);
    norni_buf_clear(&other);
    norni_buf_clear(&meta);
    norni_map_clear(&h.tags);
    norni_buf_clear(&h.text);
    norni_arena_clear(&h.arena);
    return st;
}
