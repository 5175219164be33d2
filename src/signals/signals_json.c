/* signal_report.json: {metadata, overall_market, hashtags, summary, hours} with the reference's names and Norn's beside them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "io/writer.h"
#include "signals/signals_json_parts.h"

static void put_counts(norni_json *j, const char *key, const char *(*name)(size_t),
                       const uint64_t *count, const norni_tweet_example *first, size_t n) {
    norni_json_key(j, key);
    norni_json_open(j, '{');
    for (size_t k = 0; k < n; k++) {
        norni_json_key(j, name(k));
        norni_json_open(j, '{');
        norni_json_key_count(j, "count", count[k]);
        if (count[k] > 0) {
            norni_json_key(j, "first");
            norni_json_open(j, '{');
            norni_json_key_count(j, "file", (size_t)first[k].file + 1);
            norni_json_key_count(j, "line", first[k].line);
            norni_json_key_str(j, "what", norni_str_of(first[k].what));
            norni_json_close(j, '}');
        }
        norni_json_close(j, '}');
    }
    norni_json_close(j, '}');
}

static const char *refusal(size_t k) {
    return norni_tweet_refusal_name((norni_tweet_refusal)k);
}

static const char *fault(size_t k) {
    return norni_tweet_fault_name((norni_tweet_fault)k);
}

static void put_text_or_null(norni_json *j, const char *key, norni_str s) {
    norni_json_key(j, key);
    if (s.n > 0)
        norni_json_str(j, s);
    else
        norni_json_null(j);
}

static void put_bool(norni_json *j, const char *key, bool x) {
    norni_json_key(j, key);
    norni_json_bool(j, x);
}

/* Which tweets knew which: "off", or intervals of an hour, of a day, of so many seconds. */
static void put_point_in_time(norni_json *j, int64_t every) {
    char other[40];
    (void)norni_format(other, sizeof other, "%g s", (double)every / 1e6);
    norni_json_key_str(j, "point_in_time",
                       norni_str_of(every <= 0                          ? "off"
                                    : every == INT64_C(3600) * 1000000  ? "hour"
                                    : every == INT64_C(86400) * 1000000 ? "day"
                                                                        : other));
}

static void put_score_options(norni_json *j, const norni_signal_stamp *stamp) {
    const norni_signal_opt *o = stamp->score;
    put_text_or_null(j, "model", stamp->model);
    put_text_or_null(j, "precision", stamp->precision);
    put_bool(j, "own_lexicon", stamp->lexicon);
    put_point_in_time(j, o->asof_every);
    norni_json_key_num(j, "keyword_boost_weight", o->keyword_boost_weight);
    put_bool(j, "include_engagement", o->engagement);
    put_bool(j, "include_tfidf", o->tfidf);
    put_bool(j, "calculate_signals", o->signals);
    norni_json_key(j, "sample");
    if (stamp->sample > 0)
        norni_json_int(j, (int64_t)stamp->sample);
    else
        norni_json_null(j);
    put_text_or_null(j, "near_duplicates", stamp->near_duplicates);
    norni_json_key_int(j, "near_bits", stamp->near_bits);
}

static void put_aggregate_options(norni_json *j, const norni_aggregate_opt *o) {
    char time[40];
    norni_json_key_count(j, "min_tweets", o->min_tweets);
    norni_json_key_num(j, "min_confidence", o->min_confidence);
    norni_json_key_num(j, "min_effective", o->min_effective);
    norni_json_key_num(j, "interval_level", o->level);
    norni_json_key_int(j, "bootstrap_replicates", o->replicates);
    norni_json_key_count(j, "seed", o->seed);
    norni_json_key_num(j, "half_life_hours",
                       o->half_life_hours > 0 ? o->half_life_hours : NORNI_NAN);
    norni_json_key(j, "as_of");
    if (o->as_of == NORNI_TWEET_NO_TIME)
        norni_json_null(j);
    else
        norni_json_str(j, (norni_str){time, norni_field_time(time, o->as_of)});
    put_bool(j, "engagement_weight", o->engagement_weight);
    norni_json_key_num(j, "author_cap", o->author_cap);
    norni_json_key_num(j, "bucket_seconds", (double)o->bucket / 1e6);
    norni_json_key_num(j, "bucket_offset_seconds", (double)o->bucket_offset / 1e6);
}

static void put_options(norni_json *j, const norni_signal_stamp *stamp) {
    norni_json_key(j, "options");
    norni_json_open(j, '{');
    if (stamp->score != NULL) put_score_options(j, stamp);
    if (stamp->aggregate != NULL) put_aggregate_options(j, stamp->aggregate);
    norni_json_close(j, '}');
}

/* The layout's version is the reference's; Norn's own stands beside it. */
static void put_metadata(norni_json *j, const norni_aggregates *a, const norni_signals *s,
                         const norni_signal_stamp *stamp) {
    const norni_tweets *t = s->tweets;
    char digest[NORNI_DIGEST_TEXT];
    norni_hash_text(a->digest, digest);
    norni_json_key(j, "metadata");
    norni_json_open(j, '{');
    norni_json_key_str(j, "generated_at", stamp->when);
    norni_json_key_str(j, "version", norni_str_of("1.0.0"));
    norni_json_key_str(j, "input_file", stamp->input_file);
    norni_json_key_count(j, "total_tweets_analyzed", t->n);
    norni_json_key_str(j, "norn_version", stamp->version);
    norni_json_key_str(j, "sentiment_model", norni_str_of(s->model != NULL ? s->model : ""));
    norni_json_key_str(j, "digest", norni_str_of(digest));
    norni_json_key_count(j, "records_read", t->n_read);
    norni_json_key_count(j, "bytes_read", t->n_bytes);
    norni_json_key_count(j, "records_refused", norni_signals_refused(t));
    put_counts(j, "refused", refusal, t->refused, t->refused_first, NORNI_N_REFUSALS);
    put_counts(j, "faults", fault, t->fault, t->fault_first, NORNI_N_FAULTS);
    norni_json_key(j, "note");
    if (s->note[0] != '\0')
        norni_json_str(j, norni_str_of(s->note));
    else
        norni_json_null(j);
    if (stamp->aggregate != NULL || stamp->score != NULL) put_options(j, stamp);
    norni_json_close(j, '}');
}

static void put_hashtags(norni_json *j, const norni_aggregates *a, const norni_signals *s,
                         const norni_signal_stamp *stamp) {
    norni_json_key(j, "hashtags");
    norni_json_open(j, '{');
    for (size_t k = 0; k < a->n_groups; k++) {
        norni_json_str(j, a->group[k].tag);
        norni_buf_text(j->b, ":");
        j->after_key = true;
        norni_signals_json_group(j, &a->group[k], s, stamp);
    }
    norni_json_close(j, '}');
}

static void put_strongest(norni_json *j, const char *key, const norni_aggregates *a, bool bullish) {
    const size_t k = norni_signals_strongest(a, bullish);
    norni_json_key(j, key);
    if (k == a->n_groups) {
        norni_json_null(j);
        return;
    }
    norni_json_open(j, '{');
    norni_json_key_str(j, "hashtag", a->group[k].tag);
    norni_json_key_num(j, "score", a->group[k].signal.mean);
    norni_json_key_num(j, "lower", a->group[k].signal.lo);
    norni_json_key_num(j, "upper", a->group[k].signal.hi);
    norni_json_key_num(j, "confidence", a->group[k].confidence);
    norni_json_key_str(j, "signal_label", norni_str_of(norni_signal_label_name(a->group[k].label)));
    norni_json_close(j, '}');
}

static void put_summary(norni_json *j, const norni_aggregates *a, const norni_signals *s,
                        const norni_signal_stamp *stamp) {
    norni_signal_words w;
    norni_buf text;
    norni_buf_init(&text, j->b->alloc);
    norni_signals_words(a, s, stamp, &w);
    norni_buf_text(&text, w.recommendation);
    for (size_t k = 0; k < w.n; k++)
        norni_buf_format(&text, " %s", w.warning[k]);
    norni_json_key(j, "summary");
    norni_json_open(j, '{');
    norni_json_key_str(j, "market_direction", norni_str_of(w.direction));
    norni_json_key_str(j, "confidence_level",
                       norni_str_of(norni_level_name(a->market.confidence_level)));
    put_strongest(j, "strongest_bullish_hashtag", a, true);
    put_strongest(j, "strongest_bearish_hashtag", a, false);
    norni_json_key_count(j, "total_hashtags_analyzed", a->n_groups);
    norni_json_key_count(j, "hashtags_with_too_few_tweets", a->n_small);
    norni_json_key_str(j, "recommendation", (norni_str){text.p, text.n});
    norni_json_key(j, "warnings");
    norni_json_open(j, '[');
    for (size_t k = 0; k < w.n; k++)
        norni_json_str(j, norni_str_of(w.warning[k]));
    norni_json_close(j, ']');
    norni_json_key_str(j, "notice", norni_str_of(norni_signals_no_advice));
    norni_json_close(j, '}');
    if (text.failed) j->b->failed = true;
    norni_buf_clear(&text);
}

static void put_asked(norni_json *j, const norni_aggregates *a, const norni_signal_stamp *stamp) {
    norni_json_key(j, "requested_hashtags");
    norni_json_open(j, '[');
    for (size_t i = 0; i < stamp->n_tags; i++) {
        norni_json_open(j, '{');
        norni_json_key_str(j, "hashtag", stamp->tag[i]);
        norni_json_key(j, "analyzed");
        norni_json_bool(j, norni_signals_group(a, stamp->tag[i]) < a->n_groups);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

/* Hours with a tweet; signals_hourly.csv has the empty ones, too. */
static void put_hours(norni_json *j, const norni_aggregates *a) {
    char time[40];
    norni_json_key(j, "hours");
    norni_json_open(j, '[');
    for (size_t h = 0; h < a->n_hours && !j->b->failed; h++) {
        const norni_signal_bucket *u = &a->hour[h];
        const bool known = u->n_valid > 0;
        if (u->n == 0) continue;
        norni_json_open(j, '{');
        norni_json_key_str(j, "begin", (norni_str){time, norni_field_time(time, u->begin)});
        norni_json_key_str(j, "end", (norni_str){time, norni_field_time(time, u->end)});
        norni_json_key_count(j, "tweet_count", u->n);
        norni_json_key_count(j, "valid_tweet_count", u->n_valid);
        norni_json_key_num(j, "n_eff", known ? u->n_eff : 0);
        norni_json_key_num(j, "signal_score", known ? u->signal : NORNI_NAN);
        norni_json_key_num(j, "lower", known ? u->lo : NORNI_NAN);
        norni_json_key_num(j, "upper", known ? u->hi : NORNI_NAN);
        norni_json_key_num(j, "confidence", known ? u->confidence : NORNI_NAN);
        norni_json_key_num(j, "bullishness", known ? u->bullishness : NORNI_NAN);
        norni_json_key_num(j, "agreement", known ? u->agreement : NORNI_NAN);
        norni_json_key_num(j, "volume_z", u->volume_z);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

norn_status norni_signals_json(const norni_aggregates *a, const norni_signals *s,
                               const norni_signal_stamp *stamp, norni_buf *out, norn_err *err) {
    norni_json j;
    norni_json_init(&j, out);
    norni_json_open(&j, '{');
    put_metadata(&j, a, s, stamp);
    norni_json_key(&j, "overall_market");
    norni_signals_json_market(&j, a, s, stamp);
    put_hashtags(&j, a, s, stamp);
    put_summary(&j, a, s, stamp);
    put_asked(&j, a, stamp);
    put_hours(&j, a);
    norni_json_close(&j, '}');
    norni_buf_text(out, "\n");
    return out->failed ? norni_alloc_fail(err, "signal report", out->cap, 2) : NORN_OK;
}
