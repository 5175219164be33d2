/* Charts of hashtags: signals with their intervals, shares of moods, tweets and confidence. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "plot/pane_kinds.h"
#include "signals/signals_charts_parts.h"

enum { WIDTH = 1000, TAG_BYTES = 60, USUAL = 12, MOODS = 3 };

static norn_status keep_name(const norni_signal_page *p, norni_str tag, norni_str *out) {
    const bool cut = tag.n > TAG_BYTES;
    size_t n = cut ? TAG_BYTES : tag.n;
    char text[TAG_BYTES + 8];
    while (cut && n > 0 && ((unsigned char)tag.p[n] & 0xC0) == 0x80)
        n--;
    (void)norni_format(text, sizeof text, "#%.*s%s", (int)n, tag.p, cut ? "\xe2\x80\xa6" : "");
    return norni_signals_keep(p, text, out);
}

/* What a reader must know of the tags that are not there. */
static norn_status put_words(const norni_signal_page *p, size_t missing, norni_signal_targets *t) {
    const norni_signal_stamp *stamp = p->stamp;
    const size_t known = stamp->n_tags > 0 ? stamp->n_tags - missing : p->a->n_groups;
    char text[160];
    if (stamp->n_tags == 0 && !stamp->all_tags && t->n < p->a->n_groups) {
        (void)norni_format(text, sizeof text, " (the %zu with most tweets)", t->n);
        NORN_TRY(norni_signals_keep(p, text, &t->which));
    }
    text[0] = '\0';
    if (p->a->n_groups == 0)
        (void)norni_format(text, sizeof text, "No hashtag has enough tweets: nothing to draw.");
    else if (missing > 0)
        (void)norni_format(text, sizeof text,
                           "%zu of %zu hashtags asked for: too few tweets, or none.", missing,
                           stamp->n_tags);
    else if (t->n < known && t->which.n == 0)
        (void)norni_format(text, sizeof text, "%zu more are in signal_report.json.", known - t->n);
    return norni_signals_keep(p, text, &t->below);
}

norn_status norni_signals_targets_of(const norni_signal_page *p, size_t most,
                                     norni_signal_targets *out) {
    const bool usual = p->stamp->n_tags == 0 && !p->stamp->all_tags;
    size_t missing;
    *out = (norni_signal_targets){.n = 0};
    out->n = norni_signals_targets(p->a, p->stamp, out->at, usual && most > USUAL ? USUAL : most,
                                   &missing);
    for (size_t i = 0; i < out->n; i++)
        NORN_TRY(keep_name(p, p->a->group[out->at[i]].tag, &out->name[i]));
    return put_words(p, missing, out);
}

/* Bars in one layer of boxes: from x to x2 in row i. */
static void put_bar(norni_layer *l, double *v, size_t n, size_t i, double from, double to) {
    v[l->n] = from;
    v[n + l->n] = (double)i + 0.18;
    v[2 * n + l->n] = to;
    v[3 * n + l->n] = (double)i + 0.82;
    l->n++;
}

static void boxes(norni_layer *l, const char *name, size_t colour, bool ink, const double *v,
                  size_t n) {
    *l = (norni_layer){.mark = NORNI_MARK_BOXES,
                       .name = norni_str_of(name),
                       .colour = colour,
                       .ink = ink,
                       .opacity = ink ? 0.35 : 0,
                       .x = v,
                       .y = v + n,
                       .x2 = v + 2 * n,
                       .y2 = v + 3 * n};
}

static void name_rows(const norni_signal_targets *t, norni_pane *out) {
    out->y = (norni_pane_axis){
        .scale = NORNI_SCALE_NAMES, .name = t->name, .n_names = t->n > 0 ? t->n : 1};
    if (t->n == 0) out->y = (norni_pane_axis){.scale = NORNI_SCALE_NUMBER};
}

norn_status norni_signals_pane_targets(const norni_signal_page *p, const norni_signal_targets *t,
                                       norni_pane *out) {
    double *v = norni_signals_numbers(p, t->n, 12);
    norni_layer *layer = norni_pane_layers(p->arena, out, 3);
    if (v == NULL || layer == NULL) return norni_signals_no_memory(p, 12 * t->n);
    boxes(&layer[0], "Signal below 0", 5, false, v, t->n);
    boxes(&layer[1], "Signal above 0", 0, false, v + 4 * t->n, t->n);
    double *x = v + 8 * t->n;
    layer[2] = (norni_layer){.mark = NORNI_MARK_SEGMENTS,
                             .name = norni_str_of("Interval"),
                             .ink = true,
                             .x = x,
                             .y = x + t->n,
                             .x2 = x + 2 * t->n,
                             .y2 = x + 3 * t->n};
    for (size_t i = 0; i < t->n; i++) {
        const norni_estimate *e = &p->a->group[t->at[i]].signal;
        if (e->mean < 0)
            put_bar(&layer[0], v, t->n, i, e->mean, 0);
        else
            put_bar(&layer[1], v + 4 * t->n, t->n, i, 0, e->mean);
        if (!isfinite(e->lo) || !isfinite(e->hi)) continue;
        put_bar(&layer[2], x, t->n, i, e->lo, e->hi);
        x[t->n + layer[2].n - 1] = x[3 * t->n + layer[2].n - 1] = (double)i + 0.5;
    }
    *out = (norni_pane){.x = {.label = norni_str_of("Signal score")},
                        .upright = true,
                        .layer = layer,
                        .n_layers = 3};
    name_rows(t, out);
    return NORN_OK;
}

static norn_status draw(const norni_signal_page *p, const char *title,
                        const norni_signal_targets *t, const norni_pane *pane, size_t n,
                        norni_buf *svg) {
    char text[120];
    (void)norni_format(text, sizeof text, "%s%.*s", title, (int)t->which.n,
                       t->which.n > 0 ? t->which.p : "");
    const norni_pane_sheet sheet = {.title = norni_str_of(text),
                                    .panel = pane,
                                    .n_panels = n,
                                    .columns = n,
                                    .height = 60 + 24 * (double)t->n,
                                    .width = WIDTH,
                                    .below = t->below};
    return norni_plot_panes(svg, &sheet, p->err);
}

norn_status norni_signals_chart_scores(const norni_signal_page *p, norni_buf *svg) {
    norni_signal_targets t;
    norni_pane pane = {.n_layers = 0};
    NORN_TRY(norni_signals_targets_of(p, NORNI_TARGETS_MOST, &t));
    NORN_TRY(norni_signals_pane_targets(p, &t, &pane));
    return draw(p, "Signals of hashtags", &t, &pane, 1, svg);
}

norn_status norni_signals_chart_moods(const norni_signal_page *p, norni_buf *svg) {
    static const char *const name[MOODS] = {"Bearish", "Neutral", "Bullish"};
    static const size_t colour[MOODS] = {5, 0, 0};
    norni_signal_targets t;
    norni_pane pane = {.n_layers = 0};
    NORN_TRY(norni_signals_targets_of(p, NORNI_TARGETS_MOST, &t));
    double *v = norni_signals_numbers(p, t.n, 4 * MOODS);
    norni_layer *layer = norni_pane_layers(p->arena, &pane, MOODS);
    if (v == NULL || layer == NULL) return norni_signals_no_memory(p, 4 * MOODS * t.n);
    for (size_t m = 0; m < MOODS; m++)
        boxes(&layer[m], name[m], colour[m], m == 1, v + 4 * m * t.n, t.n);
    for (size_t i = 0; i < t.n; i++) {
        const norni_signal_group *g = &p->a->group[t.at[i]];
        const uint64_t all = g->mood[0] + g->mood[1] + g->mood[2];
        double from = 0;
        for (size_t m = 0; m < MOODS && all > 0; m++) {
            const double to =
                m + 1 < MOODS ? from + 100 * norni_signals_ratio(g->mood[m], all) : 100;
            put_bar(&layer[m], v + 4 * m * t.n, t.n, i, from, to);
            from = to;
        }
    }
    pane.n_layers = MOODS;
    pane.x =
        (norni_pane_axis){.label = norni_str_of("Share of valid tweets, %"), .lo = 0, .hi = 100};
    name_rows(&t, &pane);
    return draw(p, "Moods of hashtags", &t, &pane, 1, svg);
}

norn_status norni_signals_chart_volume(const norni_signal_page *p, norni_buf *svg) {
    norni_signal_targets t;
    norni_pane pane[2] = {{.n_layers = 0}, {.n_layers = 0}};
    NORN_TRY(norni_signals_targets_of(p, NORNI_TARGETS_MOST, &t));
    double *v = norni_signals_numbers(p, t.n, 12);
    norni_layer *volume = norni_pane_layers(p->arena, &pane[0], 2);
    norni_layer *confidence = norni_pane_layers(p->arena, &pane[1], 1);
    if (v == NULL || volume == NULL || confidence == NULL)
        return norni_signals_no_memory(p, 12 * t.n);
    boxes(&volume[0], "Tweets", 0, true, v, t.n);
    boxes(&volume[1], "Valid tweets", 0, false, v + 4 * t.n, t.n);
    boxes(confidence, "Mean confidence", 2, false, v + 8 * t.n, t.n);
    for (size_t i = 0; i < t.n; i++) {
        const norni_signal_group *g = &p->a->group[t.at[i]];
        put_bar(&volume[0], v, t.n, i, 0, (double)g->n);
        put_bar(&volume[1], v + 4 * t.n, t.n, i, 0, (double)g->n_valid);
        put_bar(confidence, v + 8 * t.n, t.n, i, 0, g->confidence);
    }
    pane[0].n_layers = 2;
    pane[1].n_layers = 1;
    pane[0].x = (norni_pane_axis){.label = norni_str_of("Tweets")};
    pane[1].x = (norni_pane_axis){.label = norni_str_of("Confidence"), .lo = 0, .hi = 1};
    for (size_t k = 0; k < 2; k++)
        name_rows(&t, &pane[k]);
    return draw(p, "Tweets and confidence of hashtags", &t, pane, 2, svg);
}
