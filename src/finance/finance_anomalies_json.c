/* What is told of anomalies: one event once, which lead, their words, and the rows of anomalies_table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_anomalies.h"
#include "finance/finance_detectors.h"
#include "finance/finance_trends.h"
#include "finance/finance_words.h"

enum { RECENT = 12 };

static const norni_fin_anomaly *same_month(const norni_fin_anomalies *all,
                                           const norni_fin_anomaly *a, norni_fin_metric metric) {
    for (size_t i = 0; i < all->n; i++) {
        const norni_fin_anomaly *b = &all->item[i];
        if (b->month == a->month && b->metric == metric && b->group.n == 0) return b;
    }
    return NULL;
}

/* An expense ratio that is 1 less the profit margin; a group's revenue that goes along with all rows' and makes less than half
 * of what that is off by. */
static bool said_by_another(const norni_fin_anomalies *all, const norni_fin_anomaly *a) {
    if (a->metric == NORNI_FIN_EXPENSE_RATIO) {
        const norni_fin_anomaly *margin = same_month(all, a, NORNI_FIN_PROFIT_MARGIN);
        return margin && fabs(margin->value + a->value - 1) < 1e-6;
    }
    if (a->group.n == 0) return false;
    const norni_fin_anomaly *whole = same_month(all, a, a->metric);
    return whole && (a->value - a->mean) / (whole->value - whole->mean) > 0 &&
           fabs(a->value - a->mean) < 0.5 * fabs(whole->value - whole->mean);
}

void norni_fin_events(norni_fin_anomalies *all) {
    size_t kept = 0;
    for (size_t i = 0; i < all->n; i++)
        if (said_by_another(all, &all->item[i])) all->item[i].votes = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->item[i].votes) all->item[kept++] = all->item[i];
    all->n = kept;
}

bool norni_fin_anomaly_is_recent(const norni_fin_book *book, const norni_fin_anomaly *a) {
    norni_fin_trends t;
    norni_fin_trends_make(&book->all, &t);
    return a->month > t.last_month - RECENT;
}

const norni_fin_anomaly *norni_fin_first_high(const norni_fin_facts *f, bool recent) {
    const norni_fin_anomalies *a = f->anomalies;
    for (size_t i = 0; a && i < a->n; i++) {
        if (norni_fin_anomaly_is_high(&a->item[i]) &&
            norni_fin_anomaly_is_recent(f->book, &a->item[i]) == recent)
            return &a->item[i];
    }
    return NULL;
}

const char *norni_fin_group_text(const norni_fin_anomaly *a, char *out) {
    enum { SHOWN = 64 };
    size_t n = a->group.n;
    out[0] = '\0';
    if (n == 0) return out;
    if (n > SHOWN)
        for (n = SHOWN; n > 0 && ((unsigned char)a->group.p[n] & 0xC0) == 0x80; n--)
            ;
    (void)norni_format(out, NORNI_FIN_GROUP, " (%.*s%s)", (int)n, a->group.p,
                       n < a->group.n ? "\xe2\x80\xa6" : "");
    return out;
}

static const char *const SEVERITY[] = {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};

bool norni_fin_anomaly_is_high(const norni_fin_anomaly *a) {
    const double off = norni_fin_deviation(a->value, a->mean);
    return isnan(off) || fabs(off) > 50;
}

static const char *basis(const norni_fin_anomaly *a) {
    return a->trend && a->season ? "trend and season"
           : a->trend            ? "the trend"
           : a->season           ? "the season"
                                 : "the other months";
}

void norni_fin_anomaly_reason(norni_buf *out, const norni_fin_anomaly *a) {
    char value[NORNI_FIN_WORD], expected[NORNI_FIN_WORD], off[NORNI_FIN_WORD],
        month[NORNI_FIN_WORD], group[NORNI_FIN_GROUP];
    const double percent = norni_fin_deviation(a->value, a->mean);
    norni_buf_format(
        out, "%s%s of %s in %s %s ", norni_fin_label(a->metric), norni_fin_group_text(a, group),
        norni_fin_value_text(a->metric, a->value, value), norni_fin_month_words(a->month, month),
        a->metric == (norni_fin_metric)NORNI_FIN_EXPENSES ? "are" : "is");
    if (norni_fin_is_share(a->metric))
        norni_buf_format(out, "%s ", norni_fin_points_text(a->value - a->mean, off));
    else if (!isnan(percent))
        norni_buf_format(out, "%s ", norni_fin_percent_text(fabs(percent), off));
    const bool lead = a->trend && a->season;
    norni_buf_format(out, "%s the %s that %s lead%s to expect",
                     a->value > a->mean ? "above" : "below",
                     norni_fin_value_text(a->metric, a->mean, expected), basis(a),
                     lead || !(a->trend || a->season) ? "" : "s");
}

static void write_context(norni_json *j, norni_buf *text, const norni_fin_anomaly *a) {
    text->n = 0;
    norni_buf_format(
        text,
        "Expected from %s of the months that do not stand out; noise alone puts a month "
        "this far off in one series of two hundred",
        a->trend || a->season ? basis(a) : "the mean");
    norni_json_key_str(j, "context", (norni_str){text->p, text->n});
}

static void write_methods(norni_json *j, const norni_fin_anomaly *a) {
    norni_json_key(j, "detection_methods");
    norni_json_open(j, '[');
    for (unsigned d = 0; d < NORNI_FIN_DETECTORS; d++) {
        if (a->votes >> d & 1)
            norni_json_str(j, norni_str_of(norni_fin_detector_name((norni_fin_detector)d)));
    }
    norni_json_close(j, ']');
}

static void write_one(norni_json *j, norni_buf *text, const norni_fin_anomaly *a) {
    char month[11], agreed[8], group[NORNI_FIN_GROUP];
    const size_t votes = (size_t)(norni_fin_confidence(a) * NORNI_FIN_DETECTORS + 0.5);
    norni_fin_month_text(a->month, month);
    (void)norni_format(agreed, sizeof agreed, "%zu/%d", votes, (int)NORNI_FIN_DETECTORS);
    norni_json_open(j, '{');
    norni_json_key_str(j, "date", norni_str_of(month));
    text->n = 0;
    norni_buf_format(text, "%s%s", norni_fin_label(a->metric), norni_fin_group_text(a, group));
    norni_json_key_str(j, "metric", (norni_str){text->p, text->n});
    norni_json_key_num(j, "value", a->value);
    norni_json_key_str(j, "severity",
                       norni_str_of(norni_fin_anomaly_is_high(a) ? "High" : "Medium"));
    text->n = 0;
    norni_fin_anomaly_reason(text, a);
    norni_json_key_str(j, "reason", (norni_str){text->p, text->n});
    norni_json_key_num(j, "expected_value_mean", a->mean);
    norni_json_key_num(j, "expected_value_median", a->median);
    norni_json_key_num(j, "deviation_pct", norni_fin_deviation(a->value, a->mean));
    norni_json_key_num(j, "deviation_from_median_pct", norni_fin_deviation(a->value, a->median));
    norni_json_key_str(j, "direction", norni_str_of(a->value > a->mean ? "spike" : "drop"));
    norni_json_key_str(j, "method",
                       norni_str_of("Ensemble of six detectors on trend-and-season residuals"));
    write_context(j, text, a);
    norni_json_key_num(j, "confidence", norni_fin_confidence(a));
    write_methods(j, a);
    norni_json_key_str(j, "algorithms_agreed", norni_str_of(agreed));
    norni_json_key_str(j, "severity_level", norni_str_of(SEVERITY[a->severity]));
    norni_json_key_num(j, "severity_score", a->score);
    norni_json_close(j, '}');
}

void norni_fin_anomalies_json(norni_json *j, const norni_fin_anomalies *a) {
    norni_buf text;
    norni_buf_init(&text, j->b->alloc);
    norni_json_open(j, '[');
    for (size_t i = 0; i < a->n; i++)
        write_one(j, &text, &a->item[i]);
    norni_json_close(j, ']');
    if (text.failed) j->b->failed = true;
    norni_buf_clear(&text);
}
