/* Panels of the signals' charts and dashboard: scores, labels, confidence, the cloud of tweets, the hours. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "plot/pane_kinds.h"
#include "signals/signals_report_parts.h"

enum { SIDES = 3, MANY = 300 };

norn_status norni_signals_pane_scores(const norni_signal_page *p, norni_pane *out) {
    const size_t n = p->s->tweets->n;
    double *v = norni_signals_numbers(p, n, 1);
    char words[96], x[NORNI_SIGNAL_WORD];
    size_t kept = 0;
    if (v == NULL) return norni_signals_no_memory(p, n);
    for (size_t i = 0; i < n; i++)
        if (p->s->signal[i].label != NORNI_SIGNAL_IGNORE) v[kept++] = p->s->signal[i].signal_score;
    *out = (norni_pane){.title = norni_str_of("Signal scores"),
                        .x = {.label = norni_str_of("Signal score")},
                        .y = {.label = norni_str_of("Tweets")},
                        .upright = true};
    (void)norni_format(words, sizeof words, "%s tweets with a signal",
                       norni_signals_count(kept, x));
    NORN_TRY(norni_signals_keep(p, words, &out->note));
    return norni_pane_histogram(p->arena, out, v, kept, false, p->err);
}

norn_status norni_signals_pane_confidence(const norni_signal_page *p, norni_pane *out) {
    const size_t n = p->s->tweets->n;
    double *v = norni_signals_numbers(p, n, 1);
    if (v == NULL) return norni_signals_no_memory(p, n);
    for (size_t i = 0; i < n; i++)
        v[i] = p->s->signal[i].confidence;
    *out = (norni_pane){.title = norni_str_of("Confidence"),
                        .x = {.label = norni_str_of("Confidence of a tweet")},
                        .y = {.label = norni_str_of("Tweets")}};
    return norni_pane_histogram(p->arena, out, v, n, false, p->err);
}

norn_status norni_signals_pane_labels(const norni_signal_page *p, norni_pane *out) {
    double *v = norni_signals_numbers(p, NORNI_N_SIGNALS, 1);
    norni_str *name = norni_arena_get(p->arena, NORNI_N_SIGNALS, sizeof *name);
    if (v == NULL || name == NULL) return norni_signals_no_memory(p, NORNI_N_SIGNALS);
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++) {
        v[l] = (double)p->a->market.all.labels[l];
        name[l] = norni_str_of(norni_signal_label_name((norni_signal_label)l));
    }
    *out = (norni_pane){.title = norni_str_of("Labels of tweets"),
                        .x = {.label = norni_str_of("Tweets")}};
    return norni_pane_bars(p->arena, out, name, v, NORNI_N_SIGNALS, p->err);
}

/* Points of one side: SELL, none, BUY. */
static size_t side_of(norni_signal_label l) {
    return l == NORNI_SIGNAL_SELL || l == NORNI_SIGNAL_STRONG_SELL ? 0
           : l == NORNI_SIGNAL_BUY || l == NORNI_SIGNAL_STRONG_BUY ? 2
                                                                   : 1;
}

norn_status norni_signals_pane_cloud(const norni_signal_page *p, size_t most, norni_pane *out) {
    static const char *const side[SIDES] = {"SELL side", "HOLD or IGNORE", "BUY side"};
    static const size_t colour[SIDES] = {5, 0, 0};
    size_t *row, n;
    char words[128], x[NORNI_SIGNAL_WORD], y[NORNI_SIGNAL_WORD];
    NORN_TRY(norni_signals_chart_rows(p->s, most, p->arena, &row, &n, p->err));
    const size_t room = n + SIDES * MANY;
    double *v = norni_signals_numbers(p, room, 2);
    norni_layer *layer = norni_pane_layers(p->arena, out, SIDES);
    if (v == NULL || layer == NULL) return norni_signals_no_memory(p, 2 * room);
    *out = (norni_pane){.title = norni_str_of("Signal and confidence"),
                        .x = {.label = norni_str_of("Confidence")},
                        .y = {.label = norni_str_of("Signal score")},
                        .zero = true,
                        .layer = layer};
    size_t at = 0;
    for (size_t k = 0; k < SIDES; k++) {
        norni_layer *l = &layer[out->n_layers++];
        *l = (norni_layer){.mark = NORNI_MARK_POINTS,
                           .name = norni_str_of(side[k]),
                           .colour = colour[k],
                           .ink = k == 1,
                           .thick = n <= MANY,
                           .x = v + at,
                           .y = v + room + at};
        for (size_t i = 0; i < n; i++) {
            const norni_signal *g = &p->s->signal[row[i]];
            if (side_of(g->label) != k) continue;
            v[at] = g->confidence;
            v[room + at++] = g->signal_score;
            l->n++;
        }
        /* A layer of few points has large ones: all three are to look alike. */
        for (; l->n > 0 && l->n < MANY; l->n++)
            v[at] = v[room + at] = NORNI_NAN, at++;
    }
    if (n == p->s->tweets->n) return NORN_OK;
    (void)norni_format(words, sizeof words, "a sample by label: %s of %s tweets",
                       norni_signals_count(n, x), norni_signals_count(p->s->tweets->n, y));
    return norni_signals_keep(p, words, &out->note);
}

/* The market's signal at the end of each hour, day or week; below it, pale and of another hue, its interval over the whole span,
 * so that one hour alone shows its own, too. */
norn_status norni_signals_pane_hours(const norni_signal_page *p, norni_pane *out) {
    norni_signal_spans s;
    NORN_TRY(norni_signals_spans(p, &s));
    const size_t n = s.n;
    const bool fine = s.unit[0] == 'h';
    double *v = norni_signals_numbers(p, n, 5);
    norni_layer *layer = norni_pane_layers(p->arena, out, 2);
    bool any = false;
    char words[48];
    norni_str title, name;
    if (v == NULL || layer == NULL) return norni_signals_no_memory(p, 5 * n);
    (void)norni_format(words, sizeof words, "Signal by the %s", s.unit);
    NORN_TRY(norni_signals_keep(p, words, &title));
    (void)norni_format(words, sizeof words, "Signal of the %s", s.unit);
    NORN_TRY(norni_signals_keep(p, words, &name));
    for (size_t h = 0; h < n; h++) {
        const norni_signal_bucket *u = &s.span[h];
        const bool known = u->n_valid > 0;
        v[h] = (double)u->end;
        v[n + h] = known ? u->signal : NORNI_NAN;
        v[2 * n + h] = known ? u->lo : NORNI_NAN;
        v[3 * n + h] = known ? u->hi : NORNI_NAN;
        v[4 * n + h] = (double)u->begin;
        any = any || (known && isfinite(u->lo) && isfinite(u->hi));
    }
    layer[0] = (norni_layer){.mark = NORNI_MARK_BOXES,
                             .name = norni_str_of(fine ? "Interval" : "Mean interval of its hours"),
                             .colour = 1,
                             .opacity = 0.34,
                             .n = any ? n : 0,
                             .x = v + 4 * n,
                             .y = v + 2 * n,
                             .x2 = v,
                             .y2 = v + 3 * n};
    layer[1] = (norni_layer){.mark = NORNI_MARK_LINE, .name = name, .n = n, .x = v, .y = v + n};
    *out = (norni_pane){.title = title,
                        .x = {.scale = NORNI_SCALE_CALENDAR},
                        .y = {.label = norni_str_of("Signal score")},
                        .zero = true,
                        .layer = layer,
                        .n_layers = 2};
    return NORN_OK;
}
