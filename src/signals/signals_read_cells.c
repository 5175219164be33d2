/* What the columns of tweets mean by their names, and a delimited record as a raw tweet. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_read_parts.h"

typedef struct alias {
    const char *name;
    norni_tweet_role role;
} alias;

/* Of one meaning the first that the input has is taken. */
static const alias aliases[] = {
    {"cleaned_content", NORNI_ROLE_CLEANED},
    {"content", NORNI_ROLE_CONTENT},
    {"full_text", NORNI_ROLE_CONTENT},
    {"text", NORNI_ROLE_CONTENT},
    {"tweet", NORNI_ROLE_CONTENT},
    {"tweet_id", NORNI_ROLE_ID},
    {"id_str", NORNI_ROLE_ID},
    {"id", NORNI_ROLE_ID},
    {"timestamp", NORNI_ROLE_TIME},
    {"created_at", NORNI_ROLE_TIME},
    {"date", NORNI_ROLE_TIME},
    {"username", NORNI_ROLE_USER},
    {"user", NORNI_ROLE_USER},
    {"author", NORNI_ROLE_USER},
    {"screen_name", NORNI_ROLE_USER},
    {"author_id", NORNI_ROLE_USER},
    {"likes", NORNI_ROLE_LIKES},
    {"favorite_count", NORNI_ROLE_LIKES},
    {"like_count", NORNI_ROLE_LIKES},
    {"retweets", NORNI_ROLE_RETWEETS},
    {"retweet_count", NORNI_ROLE_RETWEETS},
    {"replies", NORNI_ROLE_REPLIES},
    {"reply_count", NORNI_ROLE_REPLIES},
    {"views", NORNI_ROLE_VIEWS},
    {"view_count", NORNI_ROLE_VIEWS},
    {"impression_count", NORNI_ROLE_VIEWS},
    {"hashtags", NORNI_ROLE_HASHTAGS},
    {"cashtags", NORNI_ROLE_CASHTAGS},
    {"symbols", NORNI_ROLE_CASHTAGS},
    {"mentions", NORNI_ROLE_MENTIONS},
    {"user_mentions", NORNI_ROLE_MENTIONS},
    {"urls", NORNI_ROLE_URLS},
    {"extracted_urls", NORNI_ROLE_URLS},
    {"detected_language", NORNI_ROLE_LANGUAGE},
    {"lang", NORNI_ROLE_LANGUAGE},
    {"language", NORNI_ROLE_LANGUAGE},
};

/* The column that the caller named for a meaning. */
static const char *named(const norni_tweets_read_opt *opt, norni_tweet_role role) {
    if (role == NORNI_ROLE_CLEANED || role == NORNI_ROLE_CONTENT) return opt->text_col;
    if (role == NORNI_ROLE_ID) return opt->id_col;
    if (role == NORNI_ROLE_TIME) return opt->time_col;
    return role == NORNI_ROLE_USER ? opt->user_col : NULL;
}

norni_tweet_role norni_tweet_role_of(const norni_tweets_read_opt *opt, norni_str name,
                                     uint32_t *rank) {
    static const norni_tweet_role by_name[] = {NORNI_ROLE_CONTENT, NORNI_ROLE_ID, NORNI_ROLE_TIME,
                                               NORNI_ROLE_USER};
    *rank = 0;
    for (size_t k = 0; k < sizeof by_name / sizeof by_name[0]; k++) {
        const char *want = named(opt, by_name[k]);
        if (want != NULL && norni_str_is(name, want)) return by_name[k];
    }
    for (size_t k = 0; k < sizeof aliases / sizeof aliases[0]; k++) {
        if (!norni_str_is_nocase(name, aliases[k].name)) continue;
        *rank = (uint32_t)k;
        return named(opt, aliases[k].role) != NULL ? NORNI_ROLE_EXTRA : aliases[k].role;
    }
    return NORNI_ROLE_EXTRA;
}

/* ---- a delimited record ---- */

/* A workbook's null and numbers are texts, too. */
static bool take_cell(norni_tweet_block *b, norni_raw_tweet *out, size_t k, norni_str cell,
                      size_t *n_extra) {
    const uint8_t role = b->columns->role[k];
    if (!out->valid && !norni_tweet_mend(b, out, &cell)) return false;
    if (role < NORNI_N_ROLES) {
        out->value[role] = (norni_raw_value){.text = cell, .kind = NORNI_RAW_TEXT};
    } else if (*n_extra < out->n_extra) {
        out->extra[(*n_extra)++] = cell;
    }
    return true;
}

norn_status norni_tweet_of_cells(norni_tweet_block *b, const norni_tweet_record *r,
                                 norni_raw_tweet *out, int8_t *refused, norn_err *err) {
    const norni_tweet_columns *c = b->columns;
    char *at = r->p, *end = r->p + r->n;
    size_t k = 0, n_extra = 0;
    *out = (norni_raw_tweet){.n_extra = c->n_extra, .ascii = norni_text_is_ascii(r->p, r->n)};
    out->valid = out->ascii || norni_text_is_utf8(r->p, r->n);
    *refused = -1;
    out->extra = norni_tweet_room(b, (c->n_extra + 1) * sizeof *out->extra);
    if (out->extra == NULL) return norni_alloc_fail(err, "tweets", c->n_extra, sizeof *out->extra);
    for (; at != NULL && k < c->n; k++) {
        const norni_str cell = norni_tweet_cell(b->split, &at, end);
        if (!take_cell(b, out, k, cell, &n_extra))
            return norni_alloc_fail(err, "tweets", 1, cell.n);
    }
    if (k < c->n || at != NULL) {
        char what[96];
        norni_format(what, sizeof what,
                     at ? "more than the header's %zu cells" : "%zu cells, the header has %zu",
                     at ? c->n : k, c->n);
        norni_tweet_refuse(b, r, NORNI_REFUSED_SYNTAX, what);
        *refused = NORNI_REFUSED_SYNTAX;
    }
    return NORN_OK;
}
