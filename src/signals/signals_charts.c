/* The charts of a run of signals as SVG: distribution, timeline, components of the confidence; and the door to all six. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fp.h"
#include "plot/pane_kinds.h"
#include "signals/signals_charts_parts.h"

enum { WIDTH = 1100, COMPONENTS = 3, WORDS = 240 };

const char *norni_signal_chart_name(norni_signal_chart c) {
    static const char *const name[NORNI_N_SIGNAL_CHARTS] = {
        "signal_distribution",           "signal_timeline",
        "confidence_components",         "target_signal_scores",
        "target_sentiment_distribution", "target_volume_confidence"};
    return name[c];
}

static norn_status chart_distribution(const norni_signal_page *p, norni_buf *svg) {
    norni_pane pane[4] = {{.n_layers = 0}};
    NORN_TRY(norni_signals_pane_scores(p, &pane[0]));
    NORN_TRY(norni_signals_pane_labels(p, &pane[1]));
    NORN_TRY(norni_signals_pane_confidence(p, &pane[2]));
    NORN_TRY(norni_signals_pane_cloud(p, p->stamp->max_points, &pane[3]));
    const norni_pane_sheet sheet = {
        .title = norni_str_of("Signals of tweets"),
        .panel = pane,
        .n_panels = 4,
        .columns = 2,
        .height = 250,
        .width = WIDTH,
        .below = norni_str_of(p->s->tweets->n > 0 ? "" : "There is no tweet: nothing to draw.")};
    return norni_plot_panes(svg, &sheet, p->err);
}

/* ---- timeline ---- */

/* "Tweets by the day". */
static norn_status name_pane(const norni_signal_page *p, const char *what, const char *unit,
                             norni_str *out) {
    char words[64];
    (void)norni_format(words, sizeof words, "%s by the %s", what, unit);
    return norni_signals_keep(p, words, out);
}

static norn_status pane_hour_confidence(const norni_signal_page *p, const norni_signal_spans *s,
                                        norni_pane *out) {
    const size_t n = s->n;
    norni_str title;
    double *v = norni_signals_numbers(p, n, 2);
    if (v == NULL) return norni_signals_no_memory(p, 2 * n);
    for (size_t h = 0; h < n; h++) {
        v[h] = (double)s->span[h].end;
        v[n + h] = s->span[h].n_valid > 0 ? s->span[h].confidence : NORNI_NAN;
    }
    NORN_TRY(name_pane(p, "Confidence", s->unit, &title));
    *out = (norni_pane){.title = title,
                        .x = {.scale = NORNI_SCALE_CALENDAR},
                        .y = {.label = norni_str_of("Mean confidence of valid tweets")}};
    return norni_pane_line(p->arena, out, v, v + n, n, p->err);
}

static norn_status pane_volume(const norni_signal_page *p, const norni_signal_spans *s,
                               norni_pane *out) {
    const size_t n = s->n;
    norni_str title;
    double *v = norni_signals_numbers(p, n, 4);
    norni_layer *layer = norni_pane_layers(p->arena, out, 1);
    if (v == NULL || layer == NULL) return norni_signals_no_memory(p, 4 * n);
    size_t kept = 0;
    for (size_t h = 0; h < n; h++) {
        const norni_signal_bucket *u = &s->span[h];
        if (u->n == 0) continue;
        v[kept] = (double)u->begin;
        v[n + kept] = 0;
        v[2 * n + kept] = (double)u->end;
        v[3 * n + kept++] = (double)u->n;
    }
    *layer = (norni_layer){
        .mark = NORNI_MARK_BOXES, .n = kept, .x = v, .y = v + n, .x2 = v + 2 * n, .y2 = v + 3 * n};
    NORN_TRY(name_pane(p, "Tweets", s->unit, &title));
    *out = (norni_pane){.title = title,
                        .x = {.scale = NORNI_SCALE_CALENDAR},
                        .y = {.label = norni_str_of("Tweets")},
                        .layer = layer,
                        .n_layers = 1};
    return NORN_OK;
}

static norn_status chart_timeline(const norni_signal_page *p, norni_buf *svg) {
    norni_pane pane[3] = {{.n_layers = 0}};
    norni_signal_spans s;
    norni_str title;
    char words[WORDS];
    NORN_TRY(norni_signals_spans(p, &s));
    NORN_TRY(name_pane(p, "The market", s.unit, &title));
    NORN_TRY(norni_signals_pane_hours(p, &pane[0]));
    NORN_TRY(pane_hour_confidence(p, &s, &pane[1]));
    NORN_TRY(pane_volume(p, &s, &pane[2]));
    /* One range for all three, so that hours stand under each other. */
    if (s.n > 0) {
        const norni_signal_bucket *first = &s.span[0], *last = &s.span[s.n - 1];
        const double lo = (double)first->begin, hi = (double)last->end, room = 0.01 * (hi - lo);
        for (size_t k = 0; k < 3; k++) {
            pane[k].x.lo = lo - room;
            pane[k].x.hi = hi + room;
        }
    }
    if (s.n == 0)
        (void)norni_format(words, WORDS, "No tweet has a time: there is nothing to draw.");
    else
        (void)norni_format(words, WORDS,
                           "Each value stands at its %s's end, when it is known (UTC). Paler: %s",
                           s.unit,
                           s.unit[0] == 'h' ? "the interval over authors."
                                            : "the mean interval of its hours, no interval of "
                                              "its own.");
    const norni_pane_sheet sheet = {.title = title,
                                    .panel = pane,
                                    .n_panels = 3,
                                    .columns = 1,
                                    .height = 170,
                                    .width = WIDTH,
                                    .below = norni_str_of(words)};
    return norni_plot_panes(svg, &sheet, p->err);
}

/* ---- components of the confidence ---- */

static double component(const norni_signal *g, size_t k) {
    return k == 0 ? g->content_quality : k == 1 ? g->base_confidence : g->virality_score;
}

static norn_status pane_component(const norni_signal_page *p, size_t k, norni_pane *out) {
    static const char *const title[COMPONENTS] = {"Content quality (weight 0.4)",
                                                  "Sentiment strength (weight 0.3)",
                                                  "Social proof (weight 0.3)"};
    const size_t n = p->s->tweets->n;
    double *v = norni_signals_numbers(p, n, 1);
    if (v == NULL) return norni_signals_no_memory(p, n);
    for (size_t i = 0; i < n; i++)
        v[i] = component(&p->s->signal[i], k);
    *out = (norni_pane){.title = norni_str_of(title[k]), .y = {.label = norni_str_of("Tweets")}};
    return norni_pane_histogram(p->arena, out, v, n, false, p->err);
}

/* Means of the three components by label. */
static norn_status pane_means(const norni_signal_page *p, norni_pane *out) {
    static const char *const words[NORNI_N_SIGNALS] = {"Strong sell", "Sell",       "Hold",
                                                       "Buy",         "Strong buy", "Ignore"};
    static const char *const part[COMPONENTS] = {"Content quality", "Sentiment strength",
                                                 "Social proof"};
    norni_str *name = norni_arena_get(p->arena, NORNI_N_SIGNALS + COMPONENTS, sizeof *name);
    double *v = norni_arena_zero(p->arena, NORNI_N_SIGNALS * COMPONENTS, sizeof *v);
    norni_sum sum[COMPONENTS][NORNI_N_SIGNALS] = {{{0, 0}}};
    double count[NORNI_N_SIGNALS] = {0};
    if (name == NULL || v == NULL) return norni_signals_no_memory(p, NORNI_N_SIGNALS);
    for (size_t i = 0; i < p->s->tweets->n; i++) {
        const norni_signal *g = &p->s->signal[i];
        count[g->label]++;
        for (size_t k = 0; k < COMPONENTS; k++)
            sum[k][g->label] = norni_sum_add(sum[k][g->label], component(g, k));
    }
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++) {
        name[l] = norni_str_of(words[l]);
        for (size_t k = 0; k < COMPONENTS && count[l] > 0; k++)
            v[k * NORNI_N_SIGNALS + l] = norni_sum_get(sum[k][l]) / count[l];
    }
    for (size_t k = 0; k < COMPONENTS; k++)
        name[NORNI_N_SIGNALS + k] = norni_str_of(part[k]);
    *out = (norni_pane){.title = norni_str_of("Mean components by label"),
                        .y = {.label = norni_str_of("Mean")}};
    if (p->s->tweets->n == 0) return NORN_OK;
    return norni_pane_groups(p->arena, out, name, NORNI_N_SIGNALS, name + NORNI_N_SIGNALS, v,
                             COMPONENTS, p->err);
}

static norn_status chart_components(const norni_signal_page *p, norni_buf *svg) {
    norni_pane pane[4] = {{.n_layers = 0}};
    for (size_t k = 0; k < COMPONENTS; k++)
        NORN_TRY(pane_component(p, k, &pane[k]));
    NORN_TRY(pane_means(p, &pane[3]));
    const norni_pane_sheet sheet = {
        .title = norni_str_of("What the confidence is made of"),
        .panel = pane,
        .n_panels = 4,
        .columns = 2,
        .height = 230,
        .width = WIDTH,
        .below = norni_str_of(p->s->tweets->n > 0 ? "" : "There is no tweet: nothing to draw.")};
    return norni_plot_panes(svg, &sheet, p->err);
}

norn_status norni_signals_chart(const norni_aggregates *a, const norni_signals *s,
                                const norni_signal_stamp *stamp, norni_signal_chart chart,
                                norni_buf *svg, norn_err *err) {
    norni_arena arena;
    norni_arena_init(&arena, svg->alloc);
    const norni_signal_page p = {a, s, stamp, &arena, err};
    norn_status st = NORN_E_ARG;
    switch (chart) {
        case NORNI_CHART_SIGNAL_DISTRIBUTION: st = chart_distribution(&p, svg); break;
        case NORNI_CHART_SIGNAL_TIMELINE: st = chart_timeline(&p, svg); break;
        case NORNI_CHART_CONFIDENCE_COMPONENTS: st = chart_components(&p, svg); break;
        case NORNI_CHART_TARGET_SIGNAL_SCORES: st = norni_signals_chart_scores(&p, svg); break;
        case NORNI_CHART_TARGET_SENTIMENT: st = norni_signals_chart_moods(&p, svg); break;
        case NORNI_CHART_TARGET_VOLUME: st = norni_signals_chart_volume(&p, svg); break;
        case NORNI_N_SIGNAL_CHARTS:
            st = norn_fail(err, NORN_E_ARG, "signal chart: %d is none of the %d charts", (int)chart,
                           (int)NORNI_N_SIGNAL_CHARTS);
            break;
    }
    norni_arena_clear(&arena);
    return st;
}
