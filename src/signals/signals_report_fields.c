/* The table of an analysed tweet's fields, and the words of those that are not plain numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_report_fields.h"

#include <stddef.h>

#include "data/calendar.h"

#define OF_TWEET(name, kind, member) \
    { name, NULL, NULL, kind, offsetof(norni_tweet, member) }
#define OF_SIGNAL(name, kind, member) \
    { name, NULL, NULL, kind, offsetof(norni_signal, member) }
#define OF_GROUP(name, group, key, member) \
    { name, group, key, NORNI_FIELD_NUMBER, offsetof(norni_signal, member) }
#define MADE(name, kind) \
    { name, NULL, NULL, kind, 0 }

/* The tweet as it came, then sentiment, keywords, engagement, terms, signal, then what Norn adds. */
static const norni_signal_field field[] = {
    OF_TWEET("tweet_id", NORNI_FIELD_TEXT, id),
    OF_TWEET("username", NORNI_FIELD_TEXT, user),
    OF_TWEET("timestamp", NORNI_FIELD_TEXT, stamp),
    OF_TWEET("content", NORNI_FIELD_TEXT, content),
    OF_TWEET("cleaned_content", NORNI_FIELD_TEXT, text),
    OF_TWEET("replies", NORNI_FIELD_COUNT, replies),
    OF_TWEET("retweets", NORNI_FIELD_COUNT, retweets),
    OF_TWEET("likes", NORNI_FIELD_COUNT, likes),
    OF_TWEET("views", NORNI_FIELD_COUNT, views),
    MADE("hashtags", NORNI_FIELD_TAGS),
    MADE("mentions", NORNI_FIELD_MENTIONS),
    MADE("extracted_urls", NORNI_FIELD_URLS),
    OF_TWEET("detected_language", NORNI_FIELD_TEXT, language),
    OF_SIGNAL("base_sentiment_score", NORNI_FIELD_NUMBER, base.score),
    MADE("base_sentiment_label", NORNI_FIELD_BASE),
    OF_SIGNAL("base_confidence", NORNI_FIELD_NUMBER, base_confidence),
    OF_GROUP("prob_negative", "probabilities", "negative", base.p[NORNI_NEGATIVE]),
    OF_GROUP("prob_neutral", "probabilities", "neutral", base.p[NORNI_NEUTRAL]),
    OF_GROUP("prob_positive", "probabilities", "positive", base.p[NORNI_POSITIVE]),
    OF_SIGNAL("bullish_keyword_count", NORNI_FIELD_WHOLE, n_bullish),
    OF_SIGNAL("bearish_keyword_count", NORNI_FIELD_WHOLE, n_bearish),
    OF_SIGNAL("keyword_boost", NORNI_FIELD_NUMBER, keyword_boost),
    MADE("bullish_keywords", NORNI_FIELD_BULLISH),
    MADE("bearish_keywords", NORNI_FIELD_BEARISH),
    OF_SIGNAL("combined_sentiment_score", NORNI_FIELD_NUMBER, combined),
    MADE("combined_sentiment_label", NORNI_FIELD_MOOD),
    OF_SIGNAL("total_engagement", NORNI_FIELD_LONG, engagement),
    OF_SIGNAL("engagement_rate", NORNI_FIELD_NUMBER, engagement_rate),
    OF_SIGNAL("virality_ratio", NORNI_FIELD_NUMBER, virality_ratio),
    OF_SIGNAL("reply_ratio", NORNI_FIELD_NUMBER, reply_ratio),
    OF_SIGNAL("like_ratio", NORNI_FIELD_NUMBER, like_ratio),
    OF_SIGNAL("virality_score", NORNI_FIELD_NUMBER, virality_score),
    MADE("top_tfidf_terms", NORNI_FIELD_TERMS),
    MADE("top_tfidf_scores", NORNI_FIELD_SCORES),
    OF_SIGNAL("finance_term_density", NORNI_FIELD_NUMBER, finance_term_density),
    OF_SIGNAL("num_tfidf_features", NORNI_FIELD_WHOLE, n_features),
    OF_SIGNAL("confidence", NORNI_FIELD_NUMBER, confidence),
    OF_GROUP("content_quality", "confidence_components", "content_quality", content_quality),
    OF_GROUP("sentiment_strength", "confidence_components", "sentiment_strength", base_confidence),
    OF_GROUP("social_proof", "confidence_components", "social_proof", virality_score),
    OF_SIGNAL("base_signal", NORNI_FIELD_NUMBER, base_signal),
    OF_SIGNAL("signal_score", NORNI_FIELD_NUMBER, signal_score),
    MADE("signal_label", NORNI_FIELD_LABEL),
    MADE("signal_strength", NORNI_FIELD_STRENGTH),
    OF_GROUP("confidence_interval_lower", "confidence_interval", NULL, lo),
    OF_GROUP("confidence_interval_upper", "confidence_interval", NULL, hi),
    MADE("time_utc", NORNI_FIELD_TIME),
    MADE("near_duplicate_of", NORNI_FIELD_TWIN),
};
enum { N_FIELDS = sizeof field / sizeof *field };

const norni_signal_field *norni_signal_fields(size_t *n) {
    *n = N_FIELDS;
    return field;
}

/* Whether one of our columns or JSON groups is called so. */
static bool is_ours(norni_str name) {
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (norni_str_is(name, field[i].name)) return true;
        if (field[i].group != NULL && norni_str_is(name, field[i].group)) return true;
    }
    return false;
}

static bool is_taken(const norni_tweets *t, norni_str name) {
    if (is_ours(name)) return true;
    for (size_t k = 0; k < t->n_extra; k++)
        if (norni_str_cmp(t->extra_name[k], name) == 0) return true;
    return false;
}

void norni_signal_extra_name(const norni_tweets *t, size_t k, norni_buf *out) {
    const norni_str own = t->extra_name[k];
    const size_t start = out->n;
    if (!is_ours(own)) {
        norni_buf_add(out, own.p, own.n);
        return;
    }
    /* Two columns of one name never come in: a longer prefix is new in the end. */
    for (size_t prefixes = 1; prefixes <= t->n_extra + 1 && !out->failed; prefixes++) {
        out->n = start;
        for (size_t i = 0; i < prefixes; i++)
            norni_buf_text(out, "input_");
        norni_buf_add(out, own.p, own.n);
        if (out->failed || !is_taken(t, (norni_str){out->p + start, out->n - start})) return;
    }
}

norni_str norni_field_label(const norni_signal *g, norni_field_kind kind) {
    static const char *const base[NORNI_N_SENTIMENTS] = {"NEGATIVE", "NEUTRAL", "POSITIVE"};
    if (kind == NORNI_FIELD_BASE) return norni_str_of(base[g->base.label]);
    if (kind == NORNI_FIELD_MOOD) return norni_str_of(norni_mood_name(g->mood));
    if (kind == NORNI_FIELD_LABEL) return norni_str_of(norni_signal_label_name(g->label));
    return norni_str_of(norni_signal_strength_name(g->strength));
}

size_t norni_field_time(char *out, int64_t us) {
    const norni_time_style style = {.kind = NORNI_TIME_DATETIME,
                                    .sep = 'T',
                                    .seconds = true,
                                    .digits = us % NORNI_US_SECOND != 0 ? 6 : 0,
                                    .zone = true};
    return norni_time_print(out, us, &style);
}

norni_str norni_field_twin(const norni_tweets *t, const norni_tweet *w, char *room) {
    if (w->twin == UINT32_MAX) return (norni_str){"", 0};
    if (w->twin < t->n && t->tweet[w->twin].id.n > 0) return t->tweet[w->twin].id;
    const size_t n = norni_format(room, 32, "row %u", (unsigned)w->twin);
    return (norni_str){room, n};
}
