/* A stored tweet as a line of JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "data/calendar.h"
#include "signals/signals_store_parts.h"

const char *const norni_store_column[NORNI_STORE_COLUMNS] = {
    "tweet_id",          "username",        "timestamp",
    "content",           "cleaned_content", "replies",
    "retweets",          "likes",           "views",
    "hashtags",          "mentions",        "extracted_urls",
    "detected_language", "processed_at"};

norni_str norni_store_id(const norni_tweet *tweet, norni_buf *scratch, char made[40]) {
    if (tweet->id.n > 0) return tweet->id;
    scratch->n = 0;
    norni_buf_add(scratch, tweet->user.p, tweet->user.n);
    norni_buf_add(scratch, "\0", 1);
    norni_buf_add(scratch, tweet->stamp.p, tweet->stamp.n);
    norni_buf_add(scratch, "\0", 1);
    norni_buf_add(scratch, tweet->content.p, tweet->content.n);
    norni_hash_text(norni_hash_128(scratch->p, scratch->n), made);
    return (norni_str){made, NORNI_DIGEST_TEXT - 1};
}

norni_str norni_store_time(int64_t us, char out[48]) {
    const bool micro = us % NORNI_US_SECOND != 0;
    const norni_time_style style = {
        .kind = NORNI_TIME_DATETIME, .sep = 'T', .seconds = true, .digits = micro ? 6 : 0};
    const size_t n = norni_time_print(out, us, &style);
    memcpy(out + n, "+00:00", 6);
    return (norni_str){out, n + 6};
}

static void put_text(norni_json *j, const char *key, norni_str s) {
    norni_json_key(j, key);
    if (s.n > 0) {
        norni_json_str(j, s);
    } else {
        norni_json_null(j);
    }
}

static void put_count(norni_json *j, const char *key, int64_t x) {
    norni_json_key(j, key);
    if (x >= 0) {
        norni_json_int(j, x);
    } else {
        norni_json_null(j);
    }
}

static void put_list(norni_json *j, const char *key, const norni_str *item, uint32_t n) {
    norni_json_key(j, key);
    norni_json_open(j, '[');
    for (uint32_t k = 0; k < n; k++)
        norni_json_str(j, item[k]);
    norni_json_close(j, ']');
}

/* A column without meaning keeps its name, unless the line has one of that name already. */
static bool is_free(norni_str name) {
    for (size_t k = 0; k < NORNI_STORE_COLUMNS; k++)
        if (norni_str_is_nocase(name, norni_store_column[k])) return false;
    return name.n > 0 && memchr(name.p, 0, name.n) == NULL;
}

void norni_store_line(const norni_tweets *t, const norni_tweet *tweet, norni_str id,
                      norni_str processed_at, norni_buf *out) {
    norni_json j;
    char time[48];
    norni_json_init(&j, out);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "tweet_id", id);
    if (tweet->user.n > 0) norni_json_key_str(&j, "username", tweet->user); /* else unknown */
    put_text(
        &j, "timestamp",
        tweet->time != NORNI_TWEET_NO_TIME ? norni_store_time(tweet->time, time) : tweet->stamp);
    norni_json_key_str(&j, "content", tweet->content);
    norni_json_key_str(&j, "cleaned_content", tweet->text);
    put_count(&j, "replies", tweet->replies);
    put_count(&j, "retweets", tweet->retweets);
    put_count(&j, "likes", tweet->likes);
    put_count(&j, "views", tweet->views);
    put_list(&j, "hashtags", tweet->hashtag, tweet->n_hashtags);
    put_list(&j, "mentions", tweet->mention, tweet->n_mentions);
    put_list(&j, "extracted_urls", tweet->url, tweet->n_urls);
    put_text(&j, "detected_language", tweet->language);
    put_text(&j, "processed_at", processed_at);
    for (size_t k = 0; k < t->n_extra; k++) {
        if (tweet->extra[k].n == 0 || !is_free(t->extra_name[k])) continue;
        norni_json_key(&j, t->extra_name[k].p); /* NUL-terminated by the reader */
        norni_json_str(&j, tweet->extra[k]);
    }
    norni_json_close(&j, '}');
    norni_buf_add(out, "\n", 1);
}
