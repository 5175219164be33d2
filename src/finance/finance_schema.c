/* Where a report's figures come from, and the first rows of its table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "data/calendar.h"
#include "finance/finance_figures.h"
#include "finance/finance_metrics.h"

static void feature(norni_json *j, norni_str name, const char *type) {
    norni_json_open(j, '{');
    norni_json_key_str(j, "feature", name);
    norni_json_key_str(j, "type", norni_str_of(type));
    norni_json_key(j, "source");
    norni_json_open(j, '[');
}
static void feature_end(norni_json *j, const char *transformation) {
    norni_json_close(j, ']');
    norni_json_key_str(j, "transformation", norni_str_of(transformation));
    norni_json_close(j, '}');
}

/* The files' headers of a key, or its own name where nothing is known of them. */
static void headers(norni_json *j, const norni_fin_table *t, norni_fin_key key) {
    size_t found = 0;
    for (size_t i = 0; i < t->n_mapping; i++) {
        if (t->mapping[i].key == NULL || strcmp(t->mapping[i].key, norni_fin_key_name(key)) != 0)
            continue;
        norni_json_str(j, t->mapping[i].header);
        found++;
    }
    if (found == 0) norni_json_str(j, norni_str_of(norni_fin_key_name(key)));
}

static void key_feature(norni_json *j, const norni_fin_table *t, norni_fin_key key,
                        const char *type, const char *transformation) {
    feature(j, norni_str_of(norni_fin_key_name(key)), type);
    headers(j, t, key);
    feature_end(j, transformation);
}

static void metric_feature(norni_json *j, const char *name, uint32_t needs, const char *rule) {
    feature(j, norni_str_of(name), "float64");
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        if ((needs >> k & 1) != 0)
            norni_json_str(j, norni_str_of(norni_fin_key_name((norni_fin_key)k)));
    }
    feature_end(j, rule);
}

static void number_features(norni_json *j, const norni_fin_table *t) {
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        if (t->number[k] == NULL) continue;
        const norni_fin_key key = (norni_fin_key)k;
        if (t->derived[k] && key == NORNI_FIN_PROFIT)
            metric_feature(j, "profit", 1u << NORNI_FIN_REVENUE | 1u << NORNI_FIN_EXPENSES,
                           "revenue - expenses in each row, summed by month");
        else if (t->derived[k] && key == NORNI_FIN_EXPENSES)
            metric_feature(j, "expenses", 1u << NORNI_FIN_REVENUE | 1u << NORNI_FIN_PROFIT,
                           "revenue - profit in each row, summed by month");
        else
            key_feature(j, t, key, "float64", norni_fin_metric_rule(NORNI_FIN_METRIC(k)));
    }
}

void norni_fin_schema_json(norni_json *j, const norni_fin_book *book) {
    const norni_fin_table *t = &book->table;
    norni_json_open(j, '[');
    key_feature(j, t, NORNI_FIN_DATE, "datetime64[us]", "its calendar month");
    if (t->region.of != NULL) key_feature(j, t, NORNI_FIN_REGION, "object", "as it is");
    if (t->department.of != NULL) key_feature(j, t, NORNI_FIN_DEPARTMENT, "object", "as it is");
    number_features(j, t);
    for (unsigned m = NORNI_FIN_NUMBERS; m < NORNI_FIN_METRICS; m++) {
        const norni_fin_metric metric = (norni_fin_metric)m;
        if (norni_fin_metric_there(t, metric))
            metric_feature(j, norni_fin_metric_name(metric), norni_fin_metric_needs(metric),
                           norni_fin_metric_rule(metric));
    }
    const char *const yearly =
        "yearly growth in per cent from the first to the last whole calendar year";
    if (t->number[NORNI_FIN_REVENUE] != NULL)
        metric_feature(j, "revenue_cagr", 1u << NORNI_FIN_REVENUE, yearly);
    if (t->number[NORNI_FIN_PROFIT] != NULL)
        metric_feature(j, "profit_cagr", 1u << NORNI_FIN_PROFIT, yearly);
    for (size_t i = 0; i < t->n_extra; i++) {
        feature(j, t->extra[i].name, t->extra[i].number != NULL ? "float64" : "object");
        norni_json_str(j, t->extra[i].name);
        feature_end(j, "kept, not used");
    }
    norni_json_close(j, ']');
}

static void time_json(norni_json *j, int64_t time) {
    const norni_civil c = norni_civil_from_us(time);
    const bool day = c.hour == 0 && c.minute == 0 && c.second == 0 && c.micro == 0;
    const norni_time_style style = {.kind = day ? NORNI_TIME_DATE : NORNI_TIME_DATETIME,
                                    .sep = day ? '-' : 'T',
                                    .seconds = true,
                                    .digits = c.micro != 0 ? 6 : 0};
    char text[48];
    const size_t n = norni_time_print(text, time, &style);
    norni_json_key_str(j, "date", (norni_str){text, n});
}

static void group_json(norni_json *j, const char *key, const norni_fin_groups *g, size_t row) {
    if (g->of == NULL) return;
    norni_json_key(j, key);
    if (g->of[row] < g->n)
        norni_json_str(j, g->name[g->of[row]]);
    else
        norni_json_null(j);
}

/* A name that no earlier member bears: the file may have a second column "revenue". */
static bool taken(const norni_fin_table *t, size_t extra) {
    const norni_str name = t->extra[extra].name;
    for (unsigned k = 0; k < NORNI_FIN_KEYS; k++) {
        if (norni_str_is(name, norni_fin_key_name((norni_fin_key)k))) return true;
    }
    for (size_t i = 0; i < extra; i++) {
        if (norni_str_cmp(name, t->extra[i].name) == 0) return true;
    }
    return false;
}

static void extra_json(norni_json *j, const norni_fin_table *t, size_t extra, size_t row) {
    const norni_fin_extra *e = &t->extra[extra];
    norni_buf key;
    norni_buf_init(&key, j->b->alloc);
    norni_buf_add(&key, e->name.p, e->name.n);
    if (taken(t, extra)) norni_buf_format(&key, " (column %zu of the others)", extra + 1);
    norni_buf_add(&key, "", 1);
    if (key.failed) {
        j->b->failed = true;
    } else {
        norni_json_key(j, key.p);
        if (e->number != NULL)
            norni_json_num(j, e->number[row]);
        else if (e->text[row].n == 0)
            norni_json_null(j);
        else
            norni_json_str(j, e->text[row]);
    }
    norni_buf_clear(&key);
}

void norni_fin_preview_json(norni_json *j, const norni_fin_book *book, size_t n_rows) {
    const norni_fin_table *t = &book->table;
    norni_json_open(j, '[');
    for (size_t i = 0; i < n_rows && i < t->n; i++) {
        norni_json_open(j, '{');
        time_json(j, t->time[i]);
        group_json(j, "region", &t->region, i);
        group_json(j, "department", &t->department, i);
        for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
            if (t->number[k] != NULL)
                norni_json_key_num(j, norni_fin_key_name((norni_fin_key)k), t->number[k][i]);
        }
        for (size_t e = 0; e < t->n_extra; e++)
            extra_json(j, t, e, i);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}
