/* A JSON object as a raw tweet: flat records, and the shapes of Twitter's two programming interfaces. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Version 1.1: full_text or text, user.screen_name, entities.hashtags[].text, favorite_count. Version 2: public_metrics,
 * entities.hashtags[].tag, author_id. What stands at the top wins over what stands inside of another object. */
#include "io/json_pull.h"
#include "signals/signals_read_parts.h"
#include "text/unicode.h"

enum { INNER = 1000 }; /* added to the rank of what stands inside of another object */

typedef struct reading {
    norni_tweet_block *b;
    norni_raw_tweet *out;
    norni_json_pull pull;
    norn_err err;
    bool no_memory;
} reading;

static bool next(reading *r, norni_json_item *item) {
    return norni_json_pull_next(&r->pull, item, &r->err) == NORN_OK;
}

static bool out_of_memory(reading *r) {
    r->no_memory = true;
    return false;
}

/* A key or string as text that is valid UTF-8. */
static bool take_text(reading *r, const norni_json_item *item, norni_str *out) {
    norni_tweet_block *b = r->b;
    *out = item->raw;
    if (item->escaped) {
        b->scratch.n = 0;
        if (norni_json_text(item, &b->scratch) > 0) r->out->mended = true;
        char *kept = b->scratch.failed ? NULL : norni_tweet_room(b, b->scratch.n);
        if (kept == NULL) return out_of_memory(r);
        if (b->scratch.n > 0) memcpy(kept, b->scratch.p, b->scratch.n);
        *out = (norni_str){kept, b->scratch.n};
        if (!norni_text_is_ascii(out->p, out->n)) r->out->ascii = false;
    }
    if (!r->out->valid && !norni_tweet_mend(b, r->out, out)) return out_of_memory(r);
    return true;
}

/* The value whose first item is `item`. */
static bool take_value(reading *r, const norni_json_item *item, norni_raw_value *v) {
    if (item->kind == NORNI_JSON_STRING) {
        v->kind = NORNI_RAW_TEXT;
        return take_text(r, item, &v->text);
    }
    if (item->kind == NORNI_JSON_NULL) {
        v->kind = NORNI_RAW_NULL;
        return true;
    }
    if (item->kind == NORNI_JSON_NUMBER) {
        v->kind = NORNI_RAW_NUMBER;
        v->text = item->raw;
        return true;
    }
    const bool word = item->kind == NORNI_JSON_TRUE || item->kind == NORNI_JSON_FALSE;
    const char *begin = r->pull.at - (word ? item->kind == NORNI_JSON_TRUE ? 4 : 5 : 1);
    if (norni_json_pull_skip(&r->pull, item, &r->err) != NORN_OK) return false;
    v->kind = item->kind == NORNI_JSON_ARRAY ? NORNI_RAW_LIST : NORNI_RAW_OTHER;
    v->text = (norni_str){begin, (size_t)(r->pull.at - begin)};
    if (!r->out->valid && !norni_tweet_mend(r->b, r->out, &v->text)) return out_of_memory(r);
    return true;
}

/* The number of a name among the block's, or SIZE_MAX: no room, or out of memory. */
static size_t extra_of(reading *r, norni_str name) {
    norni_tweet_block *b = r->b;
    for (size_t k = 0; k < b->n_extra;
         k++) { /* most records have the last one's keys in its order */
        const size_t i = (b->guess + k) % b->n_extra;
        if (b->extra[i].n == name.n && memcmp(b->extra[i].p, name.p, name.n) == 0) {
            b->guess = i + 1;
            return i;
        }
    }
    if (b->n_extra == NORNI_TWEET_MOST_EXTRA) return SIZE_MAX;
    char *kept = norni_tweet_room(b, name.n);
    if (kept == NULL) {
        r->no_memory = true;
        return SIZE_MAX;
    }
    if (name.n > 0) memcpy(kept, name.p, name.n);
    b->extra[b->n_extra] = (norni_str){kept, name.n};
    return b->n_extra++;
}

static bool put_extra(reading *r, const norni_raw_value *v) {
    const size_t k = extra_of(r, v->name);
    if (k == SIZE_MAX) return !r->no_memory;
    while (r->out->n_extra <= k)
        r->out->extra[r->out->n_extra++] = (norni_str){"", 0};
    r->out->extra[k] = v->kind == NORNI_RAW_NULL ? (norni_str){"", 0} : v->text;
    return true;
}

/* The better of two values of one meaning; the other one is a column of its own. */
static bool put_value(reading *r, norni_tweet_role role, const norni_raw_value *v) {
    norni_raw_value *held = &r->out->value[role], loser = *held;
    const bool held_null = held->kind == NORNI_RAW_NULL, null = v->kind == NORNI_RAW_NULL;
    if (held->kind == NORNI_RAW_NONE) {
        *held = *v;
        return true;
    }
    if (held_null != null ? held_null : v->rank <= held->rank) {
        *held = *v;
    } else {
        loser = *v;
    }
    if (loser.rank >= INNER || norni_str_cmp(loser.name, held->name) == 0)
        return true; /* a key twice: the later one counts */
    return put_extra(r, &loser);
}

typedef enum inside { IN_USER, IN_METRICS, IN_ENTITIES, NOWHERE } inside;

static bool is_wanted(inside where, norni_tweet_role role, norni_str key) {
    if (where == IN_USER) return norni_str_is(key, "screen_name") || norni_str_is(key, "username");
    if (where == IN_METRICS) return role >= NORNI_ROLE_LIKES && role <= NORNI_ROLE_VIEWS;
    return role >= NORNI_ROLE_HASHTAGS && role <= NORNI_ROLE_URLS;
}

/* The inside of an object that has a meaning. */
static bool take_inner(reading *r, inside where) {
    norni_json_item item;
    for (;;) {
        uint32_t rank;
        norni_raw_value v = {.kind = NORNI_RAW_NONE};
        if (!next(r, &item)) return false;
        if (item.kind == NORNI_JSON_OBJECT_END) return true;
        const norni_str key = item.raw;
        const norni_tweet_role role = norni_tweet_role_of(r->b->opt, key, &rank);
        if (!next(r, &item) || !take_value(r, &item, &v)) return false;
        v.rank = rank + INNER;
        v.name = key;
        if (is_wanted(where, role, key) && role < NORNI_N_ROLES && !put_value(r, role, &v))
            return false;
    }
}

static inside where_of(norni_tweet_role role, norni_str key) {
    if (role == NORNI_ROLE_USER) return IN_USER;
    if (norni_str_is(key, "public_metrics")) return IN_METRICS;
    return norni_str_is(key, "entities") ? IN_ENTITIES : NOWHERE;
}

static bool take_member(reading *r, const norni_json_item *key) {
    norni_json_item item;
    norni_raw_value v = {.kind = NORNI_RAW_NONE};
    if (!take_text(r, key, &v.name)) return false;
    const norni_tweet_role role = norni_tweet_role_of(r->b->opt, v.name, &v.rank);
    if (!next(r, &item)) return false;
    const inside where = item.kind == NORNI_JSON_OBJECT ? where_of(role, v.name) : NOWHERE;
    if (where != NOWHERE) return take_inner(r, where);
    if (!take_value(r, &item, &v)) return false;
    return role < NORNI_N_ROLES ? put_value(r, role, &v) : put_extra(r, &v);
}

static bool take_object(reading *r) {
    norni_json_item item;
    if (!next(r, &item)) return false;
    if (item.kind != NORNI_JSON_OBJECT) {
        while (item.kind != NORNI_JSON_DONE)
            if (!next(r, &item)) return false;
        (void)norn_fail(&r->err, NORN_E_DATA, "a tweet is a JSON object");
        return false;
    }
    for (;;) {
        if (!next(r, &item)) return false;
        if (item.kind == NORNI_JSON_OBJECT_END) return next(r, &item); /* nothing behind it */
        if (!take_member(r, &item)) return false;
    }
}

/* Where in the record the error stands, by its text "byte 17: …". */
static uint64_t byte_of(const norn_err *e) {
    uint64_t at = 0;
    for (const char *p = e->text + 5; *p >= '0' && *p <= '9'; p++)
        at = 10 * at + (uint64_t)(*p - '0');
    return at > 0 ? at - 1 : 0;
}

static norn_status refuse(norni_tweet_block *b, const norni_tweet_record *rec, const reading *r,
                          int8_t *refused, norn_err *err) {
    *refused = NORNI_REFUSED_SYNTAX;
    if (b->split->format == NORNI_TWEETS_JSON && r->err.code == NORN_E_FORMAT) {
        const char *what = strchr(r->err.text, ' ') ? strchr(r->err.text, ':') : NULL;
        return norn_fail(err, NORN_E_FORMAT, "tweets: byte %llu (element %llu)%s",
                         (unsigned long long)(rec->byte + byte_of(&r->err) + 1),
                         (unsigned long long)rec->line, what ? what : ": not JSON");
    }
    norni_tweet_refuse(b, rec, NORNI_REFUSED_SYNTAX, r->err.text);
    return NORN_OK;
}

norn_status norni_tweet_of_json(norni_tweet_block *b, const norni_tweet_record *rec,
                                norni_raw_tweet *out, int8_t *refused, norn_err *err) {
    reading r = {.b = b, .out = out, .err = {NORN_OK, ""}};
    *out = (norni_raw_tweet){.ascii = norni_text_is_ascii(rec->p, rec->n), .extra = b->cell};
    out->valid = out->ascii || norni_text_is_utf8(rec->p, rec->n);
    *refused = -1;
    norni_json_pull_init(&r.pull, (norni_str){rec->p, rec->n});
    b->guess = 0;
    if (!take_object(&r)) {
        if (r.no_memory) return norni_alloc_fail(err, "tweets", 1, rec->n);
        return refuse(b, rec, &r, refused, err);
    }
    norni_str *kept = norni_tweet_room(b, (out->n_extra + 1) * sizeof *kept);
    if (kept == NULL) return norni_alloc_fail(err, "tweets", out->n_extra, sizeof *kept);
    for (size_t k = 0; k < out->n_extra; k++)
        kept[k] = out->extra[k];
    out->extra = kept;
    return NORN_OK;
}
