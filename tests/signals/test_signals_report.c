/* Report and tables of a run of signals: every field of the specification, hostile texts, numbers that are none, round trips. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../plot/svg_check.h"
#include "base/numtext.h"
#include "io/json_pull.h"
#include "report_made.h"
#include "signals/signals_report_fields.h"

/* ---- JSON as a list of paths ---- */

enum { PATH = 512, DEPTH = 16 };

typedef struct paths {
    norni_buf list; /* each path between line feeds: "\nmetadata.version\n" */
    norni_buf text; /* of the value whose path is `want` */
    const char *want;
    bool found;
} paths;

static norn_alloc own;

static norni_json_item pulled(norni_json_pull *p) {
    norni_json_item item;
    norn_err err = {NORN_OK, ""};
    if (norni_json_pull_next(p, &item, &err) != NORN_OK) fail_msg("%s", err.text);
    return item;
}

static void walk(norni_json_pull *p, norni_json_item item, const char *path, paths *out) {
    char below[PATH];
    norni_buf key;
    norni_buf_init(&key, &own);
    norni_buf_format(&out->list, "%s\n", path);
    if (out->want != NULL && strcmp(out->want, path) == 0 && !out->found) {
        out->found = true;
        if (item.kind == NORNI_JSON_STRING)
            (void)norni_json_text(&item, &out->text);
        else
            norni_buf_add(&out->text, item.raw.p, item.kind == NORNI_JSON_NUMBER ? item.raw.n : 0);
    }
    if (item.kind == NORNI_JSON_ARRAY) {
        (void)norni_format(below, sizeof below, "%s[]", path);
        for (item = pulled(p); item.kind != NORNI_JSON_ARRAY_END; item = pulled(p))
            walk(p, item, below, out);
    } else if (item.kind == NORNI_JSON_OBJECT) {
        for (item = pulled(p); item.kind != NORNI_JSON_OBJECT_END; item = pulled(p)) {
            assert_int_equal(item.kind, NORNI_JSON_KEY);
            key.n = 0;
            (void)norni_json_text(&item, &key);
            (void)norni_format(below, sizeof below, "%s%s%.*s", path, path[0] ? "." : "",
                               (int)key.n, key.n > 0 ? key.p : "");
            walk(p, pulled(p), below, out);
        }
    }
    norni_buf_clear(&key);
}

/* All paths of one JSON text, which must be nothing else. */
static paths paths_of(norni_str text, const char *want) {
    paths out = {.want = want};
    norni_json_pull p;
    norni_buf_init(&out.list, &own);
    norni_buf_init(&out.text, &own);
    norni_json_pull_init(&p, text);
    norni_buf_text(&out.list, "\n");
    walk(&p, pulled(&p), "", &out);
    assert_int_equal(pulled(&p).kind, NORNI_JSON_DONE);
    norni_buf_add(&out.list, "", 1);
    return out;
}

static void paths_clear(paths *p) {
    norni_buf_clear(&p->list);
    norni_buf_clear(&p->text);
}

static void has_paths(const paths *p, const char *prefix, const char *const *name) {
    char line[PATH];
    for (; *name != NULL; name++) {
        (void)norni_format(line, sizeof line, "\n%s%s\n", prefix, *name);
        if (strstr(p->list.p, line) == NULL) fail_msg("not there: %s%s", prefix, *name);
    }
}

static const char *value_at(norni_buf *report, const char *path, char out[PATH]) {
    paths p = paths_of((norni_str){report->p, report->n}, path);
    if (!p.found) fail_msg("not there: %s", path);
    (void)norni_format(out, PATH, "%.*s", (int)p.text.n, p.text.n > 0 ? p.text.p : "");
    paths_clear(&p);
    return out;
}

/* ---- the report ---- */

static norni_buf report_of(made_report *m) {
    norni_buf b;
    norn_err err = {NORN_OK, ""};
    norni_buf_init(&b, &own);
    if (norni_signals_json(&m->a, &m->s, &m->stamp, &b, &err) != NORN_OK) fail_msg("%s", err.text);
    return b;
}

static const char *const of_shared[] = {"signal_label",
                                        "signal_score",
                                        "confidence",
                                        "consensus",
                                        "valid_tweet_count",
                                        "time_range.earliest",
                                        "time_range.latest",
                                        "time_range.span_hours",
                                        "sentiment_distribution.avg_sentiment",
                                        "sentiment_distribution.bullish_count",
                                        "sentiment_distribution.bullish_ratio",
                                        "sentiment_distribution.bearish_count",
                                        "sentiment_distribution.bearish_ratio",
                                        "sentiment_distribution.neutral_count",
                                        "sentiment_distribution.neutral_ratio",
                                        "signal_distribution.STRONG_BUY.count",
                                        "signal_distribution.STRONG_BUY.ratio",
                                        "signal_distribution.BUY.count",
                                        "signal_distribution.HOLD.count",
                                        "signal_distribution.SELL.count",
                                        "signal_distribution.STRONG_SELL.count",
                                        "signal_distribution.IGNORE.ratio",
                                        "engagement_metrics.avg_virality",
                                        "engagement_metrics.total_likes",
                                        "engagement_metrics.total_retweets",
                                        "engagement_metrics.total_replies",
                                        "engagement_metrics.high_engagement_count",
                                        "engagement_metrics.high_engagement_ratio",
                                        "trending_terms[].term",
                                        "trending_terms[].score",
                                        "confidence_breakdown.content_quality",
                                        "confidence_breakdown.sentiment_strength",
                                        "confidence_breakdown.social_proof",
                                        "interval.level",
                                        "interval.lower",
                                        "interval.upper",
                                        "interval.excludes_zero",
                                        "n_eff",
                                        "n_authors",
                                        "bullishness",
                                        "agreement",
                                        NULL};
static const char *const of_group[] = {"hashtag", "tweet_count", "rank_score", NULL};
static const char *const of_market[] = {"total_tweets",
                                        "hashtag_count",
                                        "signal_variance",
                                        "sentiment_distribution.low_confidence_count",
                                        "hashtag_ranking[].rank",
                                        "hashtag_ranking[].hashtag",
                                        "hashtag_ranking[].signal_label",
                                        "hashtag_ranking[].signal_score",
                                        "hashtag_ranking[].confidence",
                                        "hashtag_ranking[].rank_score",
                                        "hashtag_ranking[].tweet_count",
                                        "risk_indicators.signal_volatility",
                                        "risk_indicators.volatility_level",
                                        "risk_indicators.low_confidence_tweets",
                                        "risk_indicators.low_confidence_ratio",
                                        "risk_indicators.ignored_tweets",
                                        "risk_indicators.overall_confidence_level",
                                        "weighting_method",
                                        "tweet_level.aggregate_signal",
                                        "tweet_level.aggregate_label",
                                        "tweet_level.confidence",
                                        "tweet_level.interval.lower",
                                        "tweet_level.signal_std",
                                        "tweet_level.consensus",
                                        "tweet_level.bullish_ratio",
                                        "tweet_level.bearish_ratio",
                                        NULL};
static const char *const of_rest[] = {"metadata.generated_at",
                                      "metadata.version",
                                      "metadata.input_file",
                                      "metadata.total_tweets_analyzed",
                                      "metadata.norn_version",
                                      "metadata.digest",
                                      "metadata.sentiment_model",
                                      "metadata.records_refused",
                                      "metadata.refused.syntax.count",
                                      "metadata.refused.syntax.first.line",
                                      "metadata.faults.count.first.file",
                                      "metadata.options.half_life_hours",
                                      "metadata.options.min_confidence",
                                      "summary.market_direction",
                                      "summary.confidence_level",
                                      "summary.strongest_bullish_hashtag.hashtag",
                                      "summary.strongest_bullish_hashtag.score",
                                      "summary.strongest_bearish_hashtag",
                                      "summary.total_hashtags_analyzed",
                                      "summary.recommendation",
                                      "summary.warnings",
                                      "summary.notice",
                                      "requested_hashtags",
                                      "hours[].end",
                                      "hours[].signal_score",
                                      "hours[].lower",
                                      "hours[].n_eff",
                                      "hours[].volume_z",
                                      NULL};

static void every_field_of_the_specification(void **state) {
    (void)state;
    made_report m;
    char x[PATH];
    made_make(&m, &(made_wish){.n = 600, .refused = true});
    norni_buf b = report_of(&m);
    paths p = paths_of((norni_str){b.p, b.n}, NULL);
    has_paths(&p, "", of_rest);
    has_paths(&p, "overall_market.", of_shared);
    has_paths(&p, "overall_market.", of_market);
    has_paths(&p, "hashtags.tag0.", of_shared);
    has_paths(&p, "hashtags.tag0.", of_group);
    assert_string_equal(value_at(&b, "metadata.version", x), "1.0.0");
    assert_string_equal(value_at(&b, "metadata.total_tweets_analyzed", x), "600");
    assert_string_equal(value_at(&b, "metadata.records_refused", x), "43");
    assert_string_equal(value_at(&b, "metadata.refused.syntax.first.what", x),
                        "<td>not \"JSON\" & more</td>");
    assert_string_equal(value_at(&b, "metadata.faults.count.first.file", x), "2");
    paths_clear(&p);
    norni_buf_clear(&b);
    made_clear(&m);
}

/* Counts of the report are those of the aggregates, and the shares of moods and of low confidence sum to 1. */
static void numbers_are_those_of_the_aggregates(void **state) {
    (void)state;
    static const char *const share[] = {"bullish", "bearish", "neutral", "low_confidence"};
    made_report m;
    char path[PATH], x[PATH];
    double sum = 0, v;
    made_make(&m, &(made_wish){.n = 900});
    norni_buf b = report_of(&m);
    for (size_t k = 0; k < 4; k++) {
        (void)norni_format(path, sizeof path, "overall_market.sentiment_distribution.%s_ratio",
                           share[k]);
        (void)value_at(&b, path, x);
        assert_int_equal(norni_num_parse(x, strlen(x), &v), NORNI_NUM_OK);
        sum += v;
    }
    assert_true(sum > 1 - 1e-12 && sum < 1 + 1e-12);
    (void)value_at(&b, "overall_market.signal_score", x);
    assert_int_equal(norni_num_parse(x, strlen(x), &v), NORNI_NUM_OK);
    assert_memory_equal(&v, &m.a.market.signal_score, sizeof v);
    (void)value_at(&b, "overall_market.hashtag_ranking[].hashtag", x);
    assert_true(norni_str_is(m.a.group[0].tag, x));
    norni_buf_clear(&b);
    made_clear(&m);
}

static void nothing_that_is_no_number(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &(made_wish){.n = 400, .not_finite = true, .hostile = true, .extras = true});
    norni_buf b = report_of(&m);
    paths p = paths_of((norni_str){b.p, b.n}, NULL);
    paths_clear(&p);
    b.n = 0;
    for (size_t i = 0; i < m.t.n; i++) {
        b.n = 0;
        norni_signals_row_json(&m.s, i, &b);
        p = paths_of((norni_str){b.p, b.n}, NULL);
        paths_clear(&p);
    }
    norni_buf_clear(&b);
    made_clear(&m);
}

/* metadata.options: all that the run was made with. */
static void options_are_told(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
    } want[] = {{"point_in_time", "hour"},        {"model", "vader"},     {"precision", ""},
                {"near_duplicates", "drop"},      {"near_bits", "5"},     {"sample", "250"},
                {"keyword_boost_weight", "0.25"}, {"min_effective", "7"}, {"seed", "91"}};
    made_report m;
    char path[PATH], x[PATH];
    made_make(&m, &(made_wish){.n = 60});
    norni_signal_opt score = norni_signal_opt_default();
    score.asof_every = INT64_C(3600000000);
    score.keyword_boost_weight = 0.25;
    m.opt.min_effective = 7;
    m.opt.seed = 91;
    m.stamp.score = &score;
    m.stamp.model = norni_str_of("vader");
    m.stamp.near_duplicates = norni_str_of("drop");
    m.stamp.near_bits = 5;
    m.stamp.sample = 250;
    norni_buf b = report_of(&m);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        (void)norni_format(path, sizeof path, "metadata.options.%s", want[k].name);
        assert_string_equal(value_at(&b, path, x), want[k].value);
    }
    paths p = paths_of((norni_str){b.p, b.n}, NULL);
    has_paths(&p, "metadata.options.",
              (const char *const[]){"own_lexicon", "include_engagement", "include_tfidf",
                                    "calculate_signals", "half_life_hours", NULL});
    paths_clear(&p);
    norni_buf_clear(&b);
    made_clear(&m);
}

static void an_empty_run_has_a_report(void **state) {
    (void)state;
    made_report m;
    char x[PATH];
    made_make(&m, &(made_wish){.n = 0});
    norni_buf b = report_of(&m);
    assert_string_equal(value_at(&b, "overall_market.signal_label", x), "HOLD");
    assert_string_equal(value_at(&b, "summary.market_direction", x), "NEUTRAL");
    assert_string_equal(value_at(&b, "summary.warnings[]", x), "There is no tweet to judge.");
    assert_string_equal(value_at(&b, "summary.strongest_bullish_hashtag", x), "");
    norni_buf_clear(&b);
    made_clear(&m);
}

static void warnings_say_why(void **state) {
    (void)state;
    made_report m;
    char x[PATH];
    made_make(&m, &(made_wish){.n = 300});
    m.a.market.confidence = 0.4;
    m.a.market.volatility_level = NORNI_LEVEL_HIGH;
    m.a.market.lo = -0.25;
    m.a.market.hi = 0.5;
    m.a.market.excludes_zero = false;
    norni_buf b = report_of(&m);
    (void)value_at(&b, "summary.recommendation", x);
    assert_non_null(strstr(x, "Low confidence (40.0 %)"));
    assert_non_null(strstr(x, "High volatility"));
    assert_non_null(strstr(x, "The 95 % interval (-0.250 to +0.500) includes 0"));
    b.n = 0;
    m.a.market.confidence = 0.8;
    m.a.market.volatility_level = NORNI_LEVEL_LOW;
    m.a.market.excludes_zero = true;
    m.a.market.label = NORNI_MARKET_BULLISH;
    norni_buf_clear(&b);
    b = report_of(&m);
    (void)value_at(&b, "summary.recommendation", x);
    assert_non_null(strstr(x, "BUY-side"));
    assert_null(strstr(x, "includes 0"));
    assert_null(strstr(x, "Low confidence"));
    norni_buf_clear(&b);
    made_clear(&m);
}

/* ---- one tweet as JSON ---- */

static void a_tweet_has_every_field(void **state) {
    (void)state;
    static const char *const more[] = {"probabilities.negative",
                                       "probabilities.neutral",
                                       "probabilities.positive",
                                       "confidence_components.content_quality",
                                       "confidence_components.sentiment_strength",
                                       "confidence_components.social_proof",
                                       "confidence_interval[]",
                                       "hashtags[]",
                                       "top_tfidf_terms[]",
                                       "top_tfidf_scores[]",
                                       "bullish_keywords",
                                       "=source",
                                       "input_signal_score",
                                       NULL};
    made_report m;
    char x[PATH];
    size_t n;
    made_make(&m, &(made_wish){.n = 60, .extras = true});
    const norni_signal_field *f = norni_signal_fields(&n);
    norni_buf b;
    norni_buf_init(&b, &own);
    norni_signals_row_json(&m.s, 8, &b); /* two keywords, the first of them negated */
    paths p = paths_of((norni_str){b.p, b.n}, NULL);
    has_paths(&p, "", more);
    for (size_t k = 0; k < n; k++)
        if (f[k].group == NULL) has_paths(&p, "", (const char *const[]){f[k].name, NULL});
    assert_string_equal(value_at(&b, "bearish_keywords[]", x), "not bullish");
    assert_string_equal(value_at(&b, "base_sentiment_label", x),
                        m.s.signal[8].base.label == NORNI_POSITIVE   ? "POSITIVE"
                        : m.s.signal[8].base.label == NORNI_NEGATIVE ? "NEGATIVE"
                                                                     : "NEUTRAL");
    paths_clear(&p);
    b.n = 0;
    norni_signals_row_json(&m.s, 49, &b);
    assert_string_equal(value_at(&b, "near_duplicate_of", x), "181000048");
    m.t.tweet[49].user = m.t.tweet[49].text = norni_str_of("");
    b.n = 0;
    norni_signals_row_json(&m.s, 49, &b);
    norni_buf_add(&b, "", 1);
    assert_non_null(strstr(b.p, "\"username\":null,"));
    assert_non_null(strstr(b.p, "\"cleaned_content\":\"\","));
    norni_buf_clear(&b);
    made_clear(&m);
}

int main(void) {
    own = norni_alloc_default();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_the_specification),
        cmocka_unit_test(numbers_are_those_of_the_aggregates),
        cmocka_unit_test(nothing_that_is_no_number),
        cmocka_unit_test(options_are_told),
        cmocka_unit_test(an_empty_run_has_a_report),
        cmocka_unit_test(warnings_say_why),
        cmocka_unit_test(a_tweet_has_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
