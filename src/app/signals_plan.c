/* The options of `norn signals`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/signals_plan.h"

#include "base/map.h"
#include "data/calendar.h"
#include "text/unicode.h"

#define AT(field) offsetof(norni_signals_opt, field)
const norni_param norni_signals_rows[] = {
    {.name = "hashtags",
     .type = NORNI_T_TEXT,
     .offset = AT(hashtags),
     .words = true,
     .metavar = "TAG…",
     .help = "tags told in detail, with charts of their own; the market's signal is of all tweets"},
    {.name = "all-hashtags",
     .type = NORNI_T_BOOL,
     .offset = AT(all_hashtags),
     .def = "false",
     .help = "tell every tag with enough tweets in detail"},
    {.name = "sample",
     .type = NORNI_T_INT,
     .offset = AT(sample),
     .def = "0",
     .min = 0,
     .max = 2147483647,
     .metavar = "N",
     .help = "only N tweets, drawn by --seed; a tag then needs 3 tweets (0: all)"},
    NORNI_SENTIMENT_ROWS(norni_signals_opt, sentiment),
    {.name = "output",
     .type = NORNI_T_TEXT,
     .offset = AT(output),
     .path = NORNI_PATH_LOCAL,
     .metavar = "DIR",
     .help = "signal_report.json, analyzed_tweets.csv, signals_hourly.csv, charts and a dashboard, "
             "in place of the report on standard output"},
    {.name = "store",
     .type = NORNI_T_TEXT,
     .offset = AT(store),
     .path = NORNI_PATH_LOCAL,
     .metavar = "DIR",
     .help = "append the tweets to this folder, each id once, and analyse all that it holds"},
    {.name = "max-points",
     .type = NORNI_T_INT,
     .offset = AT(max_points),
     .def = "5000",
     .min = 1,
     .max = 1000000,
     .metavar = "N",
     .help = "points of a chart; more are sampled by label"},
    {.name = "stream",
     .type = NORNI_T_BOOL,
     .offset = AT(stream),
     .def = "false",
     .help = "write each tweet's signal as a line of JSON as soon as its line is there; no report"},
};
const size_t norni_n_signals_rows = sizeof norni_signals_rows / sizeof norni_signals_rows[0];

const norni_param norni_signals_weight_rows[] = {
    {.name = "keyword-boost-weight",
     .type = NORNI_T_DOUBLE,
     .offset = AT(keyword_boost_weight),
     .def = "0.3",
     .min = 0,
     .max = 1,
     .metavar = "W",
     .help = "how far keywords may move the sentiment"},
    {.name = "include-engagement",
     .type = NORNI_T_BOOL,
     .offset = AT(include_engagement),
     .def = "true",
     .is_on = true,
     .help = "likes, retweets, replies and views count"},
    {.name = "include-tfidf",
     .type = NORNI_T_BOOL,
     .offset = AT(include_tfidf),
     .def = "true",
     .is_on = true,
     .help = "top terms, and what they say of a tweet's quality"},
    {.name = "calculate-signals",
     .type = NORNI_T_BOOL,
     .offset = AT(calculate_signals),
     .def = "true",
     .is_on = true,
     .help = "confidence, signal and label of each tweet"},
    {.name = "point-in-time",
     .type = NORNI_T_CHOICE,
     .offset = AT(point_in_time),
     .def = "off",
     .choices = "off|hour|day",
     .help =
         "weigh terms by tweets before this hour or day alone, as a back-test must (off: by all)"},
    {.name = "half-life",
     .type = NORNI_T_DOUBLE,
     .offset = AT(half_life),
     .def = "0",
     .min = 0,
     .max = 1e6,
     .metavar = "HOURS",
     .help = "after so many hours a tweet weighs half (0: age does not count)"},
    {.name = "engagement-weight",
     .type = NORNI_T_BOOL,
     .offset = AT(engagement_weight),
     .def = "false",
     .help = "weights grow with 1 + ln(1 + likes + 2 retweets + replies), capped"},
    {.name = "author-cap",
     .type = NORNI_T_DOUBLE,
     .offset = AT(author_cap),
     .def = "1",
     .min = 0.001,
     .max = 1,
     .metavar = "SHARE",
     .help = "largest share of a tag's weight that one author may have"},
    {.name = "min-tweets",
     .type = NORNI_T_INT,
     .offset = AT(min_tweets),
     .def = "0",
     .min = 0,
     .max = 1000000000,
     .metavar = "N",
     .help = "tweets that a tag needs (0: 20, of a sample 3)"},
    {.name = "min-effective",
     .type = NORNI_T_DOUBLE,
     .offset = AT(min_effective),
     .def = "5",
     .min = 0,
     .max = 1e9,
     .metavar = "N",
     .help = "effective tweets that a tag or the market needs, else it is HOLD and ranks last"},
    {.name = "min-confidence",
     .type = NORNI_T_DOUBLE,
     .offset = AT(min_confidence),
     .def = "0.3",
     .min = 0,
     .max = 1,
     .metavar = "C",
     .help = "tweets below weigh nothing"},
    {.name = "bootstrap",
     .type = NORNI_T_INT,
     .offset = AT(bootstrap),
     .def = "200",
     .min = 0,
     .max = 10000,
     .metavar = "N",
     .help = "replicates behind the intervals, drawn by author (0: no intervals)"},
    {.name = "interval-level",
     .type = NORNI_T_DOUBLE,
     .offset = AT(interval_level),
     .def = "95",
     .min = 1,
     .max = 99.9,
     .metavar = "PERCENT",
     .help = "of the intervals of tags, market and hours"},
};
const size_t norni_n_signals_weight_rows =
    sizeof norni_signals_weight_rows / sizeof norni_signals_weight_rows[0];

#define COLUMN(flag, field, what) \
    { .name = flag, .type = NORNI_T_TEXT, .offset = AT(field), .metavar = "NAME", .help = what }
const norni_param norni_signals_input_rows[] = {
    COLUMN("text-col", text_col,
           "column of the text (default: cleaned_content, content, text or tweet)"),
    COLUMN("id-col", id_col, "column of the ids (default: by its usual names)"),
    COLUMN("time-col", time_col, "column of the times (default: timestamp, created_at or date)"),
    COLUMN("user-col", user_col, "column of the authors (default: by its usual names)"),
    {.name = "input-format",
     .type = NORNI_T_CHOICE,
     .offset = AT(input_format),
     .def = "auto",
     .choices = "auto|csv|jsonl|json",
     .help = "of the files (auto: by their first byte)"},
    COLUMN("sheet", sheet, "sheet of an .xlsx workbook (default: the first visible one)"),
    {.name = "delimiter",
     .type = NORNI_T_TEXT,
     .offset = AT(delimiter),
     .metavar = "C",
     .help = "one of , ; tab | (default: found)"},
    {.name = "near-duplicates",
     .type = NORNI_T_CHOICE,
     .offset = AT(near_duplicates),
     .def = "mark",
     .choices = "mark|drop",
     .help = "tweets of nearly the same text as an earlier one: counted and marked, or left out"},
    {.name = "near-bits",
     .type = NORNI_T_INT,
     .offset = AT(near_bits),
     .def = "3",
     .min = 0,
     .max = 7,
     .metavar = "BITS",
     .help = "how far apart two fingerprints of 64 bits may be and still be near (0: equal texts)"},
};
#undef COLUMN
#undef AT
const size_t norni_n_signals_input_rows =
    sizeof norni_signals_input_rows / sizeof norni_signals_input_rows[0];

/* ---- the plan ---- */

/* The tag at the beginning of *rest without its sign, in lower case; false: there is none left. */
static bool next_tag(norni_str *rest, norni_buf *tag) {
    static const char between[] = ", \t;#$";
    while (rest->n > 0 && memchr(between, rest->p[0], sizeof between - 1) != NULL)
        *rest = (norni_str){rest->p + 1, rest->n - 1};
    size_t n = 0;
    while (n < rest->n && memchr(between, rest->p[n], sizeof between - 1) == NULL)
        n++;
    tag->n = 0;
    if (n > 0) norni_utf8_lower((norni_str){rest->p, n}, tag);
    *rest = (norni_str){rest->p + n, rest->n - n};
    return n > 0;
}

static norn_status take_tags(const norni_signals_opt *opt, norni_arena *arena,
                             norni_signals_plan *plan, norn_err *err) {
    norni_str rest = norni_str_of(opt->hashtags);
    norni_map seen;
    norni_buf tag;
    bool good = true;
    plan->tag = norni_arena_get(arena, rest.n + 1, sizeof *plan->tag);
    if (plan->tag == NULL) return norni_alloc_fail(err, "--hashtags", rest.n, sizeof *plan->tag);
    norni_map_init(&seen, arena->alloc);
    norni_buf_init(&tag, arena->alloc);
    while (good && next_tag(&rest, &tag)) {
        bool added = false;
        const norni_str kept = {tag.failed ? NULL : norni_arena_text(arena, tag.p, tag.n), tag.n};
        good = kept.p != NULL && norni_map_add(&seen, kept, &added) >= 0;
        if (good && added) plan->tag[plan->n_tags++] = kept;
    }
    norni_buf_clear(&tag);
    norni_map_clear(&seen);
    if (!good) return norni_alloc_fail(err, "--hashtags", rest.n, 1);
    if (opt->hashtags != NULL && plan->n_tags == 0)
        return norn_fail(err, NORN_E_ARG, "--hashtags: '%.60s' names no tag", opt->hashtags);
    return NORN_OK;
}

static norn_status check_stream(const norni_signals_opt *o, norn_err *err) {
    const struct {
        bool given;
        const char *flag;
    } other[] = {{o->output != NULL, "--output"},
                 {o->common.plot != NULL, "--plot"},
                 {o->sample > 0, "--sample"},
                 {o->hashtags != NULL, "--hashtags"},
                 {o->all_hashtags, "--all-hashtags"},
                 {o->point_in_time != NORNI_TERMS_ALL, "--point-in-time"},
                 {o->input_format == NORNI_TWEETS_JSON, "--input-format json"},
                 {o->near_duplicates == 1, "--near-duplicates drop"},
                 {o->data.n > 1, "more than one input"}};
    for (size_t k = 0; o->stream && k < sizeof other / sizeof other[0]; k++) {
        if (other[k].given)
            return norn_fail(err, NORN_E_ARG,
                             "%s and --stream exclude each other: a stream is told tweet by tweet",
                             other[k].flag);
    }
    return NORN_OK;
}

static norn_status plan_format(const norni_signals_opt *o, norni_signals_plan *plan,
                               norn_err *err) {
    const norni_common_opt *c = &o->common;
    const char *slash = strrchr(c->out, '/'), *name = slash ? slash + 1 : c->out;
    const bool table = strstr(name, ".csv") != NULL || strstr(name, ".CSV") != NULL;
    plan->format = c->format != NORNI_FORMAT_AUTO ? c->format
                   : table                        ? NORNI_FORMAT_CSV
                                                  : NORNI_FORMAT_JSON;
    if (plan->format != NORNI_FORMAT_CSV && plan->format != NORNI_FORMAT_JSON)
        return norn_fail(err, NORN_E_ARG,
                         "--format: signals writes json (the report) or csv (the tweets); the "
                         "dashboard is in --output DIR");
    if (o->stream && plan->format == NORNI_FORMAT_CSV)
        return norn_fail(err, NORN_E_ARG, "--format: a stream is written as lines of JSON");
    return NORN_OK;
}

static void plan_read(const norni_signals_opt *o, norni_signals_plan *plan) {
    plan->read = norni_tweets_read_opt_default();
    plan->read.format = (norni_tweet_format)o->input_format;
    plan->read.text_col = o->text_col;
    plan->read.id_col = o->id_col;
    plan->read.time_col = o->time_col;
    plan->read.user_col = o->user_col;
    plan->read.drop_near = o->near_duplicates == 1;
    plan->read.near_bits = (size_t)o->near_bits;
}

static void plan_aggregate(const norni_signals_opt *o, norni_signals_plan *plan) {
    norni_aggregate_opt *a = &plan->aggregate;
    *a = norni_aggregate_opt_default();
    if (o->sample > 0) a->min_tweets = 3;
    if (o->min_tweets > 0) a->min_tweets = (size_t)o->min_tweets;
    a->min_effective = o->min_effective;
    a->min_confidence = o->min_confidence;
    a->level = o->interval_level / 100;
    a->replicates = o->bootstrap;
    a->seed = (uint64_t)(uint32_t)o->common.seed;
    a->half_life_hours = o->half_life;
    a->engagement_weight = o->engagement_weight;
    a->author_cap = o->author_cap;
}

norn_status norni_signals_plan_make(const norni_signals_opt *opt, norni_arena *arena,
                                    norni_signals_plan *plan, norn_err *err) {
    *plan = (norni_signals_plan){.opt = opt};
    if (opt->common.resume != NULL)
        return norn_fail(err, NORN_E_ARG,
                         "--resume: signals has none; --store DIR keeps tweets between runs");
    NORN_TRY(check_stream(opt, err));
    NORN_TRY(plan_format(opt, plan, err));
    NORN_TRY(take_tags(opt, arena, plan, err));
    plan_read(opt, plan);
    NORN_TRY(norni_delimiter_parse(opt->delimiter, &plan->read.delimiter, err));
    plan->score = norni_signal_opt_default();
    plan->score.keyword_boost_weight = opt->keyword_boost_weight;
    plan->score.engagement = opt->include_engagement;
    plan->score.tfidf = opt->include_tfidf && !opt->stream;
    plan->score.signals = opt->calculate_signals;
    plan->score.asof_every = opt->point_in_time == NORNI_TERMS_HOUR  ? NORNI_US_DAY / 24
                             : opt->point_in_time == NORNI_TERMS_DAY ? NORNI_US_DAY
                                                                     : 0;
    plan_aggregate(opt, plan);
    return NORN_OK;
}
