/* Counters, gauges and histograms by label, and their print in Prometheus' exposition format. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>

#include "server/telemetry.h"

enum { MOST_METRICS = 128, MOST_ROWS = 1024, MOST_LABELS = 4, N_BOUNDS = 14, MOST_FILLS = 8 };

/* Seconds for durations; sizes take powers of four from 1 KiB on. */
static const double second_bound[N_BOUNDS] = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                              0.5,   1,     2.5,  5,     10,   30,  60};
static const double byte_bound[N_BOUNDS] = {1024,     4096,     16384,     65536,     262144,
                                            524288,   1048576,  2097152,   4194304,   8388608,
                                            16777216, 67108864, 268435456, 1073741824};

/* One set of label values. */
typedef struct row {
    char *key; /* the values, each with its NUL; (n_key) */
    size_t n_key;
    double value; /* the sum of a histogram */
    uint64_t count, below[N_BOUNDS];
} row;

struct metric {
    struct metrics *all;
    metric_kind kind;
    char name[96], help[256], labels[96];
    size_t n_labels;
    const double *bound;
    pthread_mutex_t lock;
    row *row; /* (n_rows), by key */
    size_t n_rows, cap;
};

struct metrics {
    norn_alloc alloc;
    pthread_mutex_t lock;
    struct {
        void (*fill)(void *user);
        void *user;
    } fill[MOST_FILLS];
    size_t n_fills;
    metric *metric[MOST_METRICS];
    size_t n;
};

norn_status metrics_new(const norn_alloc *alloc, metrics **out) {
    metrics *m = norni_alloc_zero(alloc, 1, sizeof *m);
    if (m == NULL) return NORN_E_MEM;
    m->alloc = *alloc;
    pthread_mutex_init(&m->lock, NULL);
    *out = m;
    return NORN_OK;
}

void metrics_free(metrics *m) {
    if (m == NULL) return;
    const norn_alloc a = m->alloc;
    for (size_t i = 0; i < m->n; i++) {
        metric *one = m->metric[i];
        for (size_t k = 0; k < one->n_rows; k++)
            norni_alloc_drop(&a, one->row[k].key, one->row[k].n_key, 1);
        norni_alloc_drop(&a, one->row, one->cap, sizeof *one->row);
        pthread_mutex_destroy(&one->lock);
        norni_alloc_drop(&a, one, 1, sizeof *one);
    }
    pthread_mutex_destroy(&m->lock);
    norni_alloc_drop(&a, m, 1, sizeof *m);
}

static size_t label_count(const char *labels) {
    size_t n = labels[0] != '\0';
    for (const char *p = labels; *p != '\0'; p++)
        n += *p == ',';
    return n;
}

metric *metric_declare(metrics *m, metric_kind kind, const char *name, const char *help,
                       const char *labels) {
    if (m == NULL || label_count(labels) > MOST_LABELS) return NULL;
    pthread_mutex_lock(&m->lock);
    metric *one = NULL;
    for (size_t i = 0; i < m->n && one == NULL; i++)
        if (strcmp(m->metric[i]->name, name) == 0) one = m->metric[i];
    if (one == NULL && m->n < MOST_METRICS) one = norni_alloc_zero(&m->alloc, 1, sizeof *one);
    if (one != NULL && one->all == NULL) {
        one->all = m;
        one->kind = kind;
        norni_format(one->name, sizeof one->name, "%s", name);
        norni_format(one->help, sizeof one->help, "%s", help);
        norni_format(one->labels, sizeof one->labels, "%s", labels);
        one->n_labels = label_count(labels);
        one->bound = strstr(name, "_bytes") != NULL ? byte_bound : second_bound;
        pthread_mutex_init(&one->lock, NULL);
        m->metric[m->n++] = one;
    }
    pthread_mutex_unlock(&m->lock);
    return one;
}

static int key_compare(const row *r, const char *key, size_t n) {
    return norni_str_cmp((norni_str){r->key, r->n_key}, (norni_str){key, n});
}

/* The row of the labels, made when new; those beyond MOST_ROWS share one that says "other". Under
 * the metric's lock. */
static row *row_of(metric *m, const char *const *label) {
    char key[512];
    size_t n = 0;
    for (size_t i = 0; i < m->n_labels; i++)
        n += norni_format(key + n, sizeof key / MOST_LABELS, "%s",
                          label == NULL || label[i] == NULL ? "other" : label[i]) +
             1;
    size_t low = 0, high = m->n_rows;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        const int c = key_compare(&m->row[mid], key, n);
        if (c == 0) return &m->row[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (m->n_rows >= MOST_ROWS && label != NULL) return row_of(m, NULL);
    if (m->n_rows == m->cap) {
        const size_t cap = m->cap ? 2 * m->cap : 8;
        row *more = norni_alloc_resize(&m->all->alloc, m->row, m->cap, cap, sizeof *more);
        if (more == NULL) return NULL;
        m->row = more;
        m->cap = cap;
    }
    char *own = norni_alloc_get(&m->all->alloc, n, 1);
    if (own == NULL) return NULL;
    if (n > 0) memcpy(own, key, n);
    memmove(&m->row[low + 1], &m->row[low], (m->n_rows - low) * sizeof *m->row);
    m->row[low] = (row){.key = own, .n_key = n};
    m->n_rows++;
    return &m->row[low];
}

void metric_add(metric *m, const char *const *label, double by) {
    if (m == NULL) return;
    pthread_mutex_lock(&m->lock);
    row *r = row_of(m, label);
    if (r != NULL) r->value += by;
    pthread_mutex_unlock(&m->lock);
}

void metric_set(metric *m, const char *const *label, double to) {
    if (m == NULL) return;
    pthread_mutex_lock(&m->lock);
    row *r = row_of(m, label);
    if (r != NULL) r->value = to;
    pthread_mutex_unlock(&m->lock);
}

void metric_observe(metric *m, const char *const *label, double value) {
    if (m == NULL) return;
    pthread_mutex_lock(&m->lock);
    row *r = row_of(m, label);
    if (r != NULL) {
        r->value += value;
        r->count++;
        for (size_t i = 0; i < N_BOUNDS; i++)
            r->below[i] += value <= m->bound[i];
    }
    pthread_mutex_unlock(&m->lock);
}

double metric_read(metric *m, const char *const *label) {
    double sum = 0;
    if (m == NULL) return 0;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->n_rows; i++) {
        const char *at = m->row[i].key;
        bool same = true;
        for (size_t k = 0; k < m->n_labels; k++, at += strlen(at) + 1)
            same = same && (label == NULL || label[k] == NULL || strcmp(label[k], at) == 0);
        if (same) sum += m->kind == METRIC_HISTOGRAM ? (double)m->row[i].count : m->row[i].value;
    }
    pthread_mutex_unlock(&m->lock);
    return sum;
}

void metrics_on_scrape(metrics *m, void (*fill)(void *user), void *user) {
    if (m == NULL) return;
    pthread_mutex_lock(&m->lock);
    if (m->n_fills < MOST_FILLS) {
        m->fill[m->n_fills].fill = fill;
        m->fill[m->n_fills++].user = user;
    }
    pthread_mutex_unlock(&m->lock);
}

/* ---- the print ---- */
static void put_escaped(norni_buf *b, const char *text, bool quotes) {
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            norni_buf_text(b, "\\\\");
        else if (*text == '\n')
            norni_buf_text(b, "\\n");
        else if (*text == '"' && quotes)
            norni_buf_text(b, "\\\"");
        else
            norni_buf_add(b, text, 1);
    }
}

/* name{label="value",le="bound"} */
static void put_head(norni_buf *b, const metric *m, const char *suffix, const row *r,
                     const char *bound) {
    const char *name = m->labels, *value = r->key;
    norni_buf_format(b, "%s%s", m->name, suffix);
    if (m->n_labels == 0 && bound == NULL) return;
    norni_buf_text(b, "{");
    for (size_t i = 0; i < m->n_labels; i++, value += strlen(value) + 1) {
        const size_t n = strcspn(name, ",");
        norni_buf_format(b, "%s%.*s=\"", i ? "," : "", (int)n, name);
        put_escaped(b, value, true);
        norni_buf_text(b, "\"");
        name += n + (name[n] == ',');
    }
    if (bound != NULL) norni_buf_format(b, "%sle=\"%s\"", m->n_labels ? "," : "", bound);
    norni_buf_text(b, "}");
}

static void put_row(norni_buf *b, const metric *m, const row *r) {
    char bound[32];
    if (m->kind != METRIC_HISTOGRAM) {
        put_head(b, m, "", r, NULL);
        norni_buf_format(b, " %g\n", r->value);
        return;
    }
    for (size_t i = 0; i < N_BOUNDS; i++) {
        norni_format(bound, sizeof bound, "%g", m->bound[i]);
        put_head(b, m, "_bucket", r, bound);
        norni_buf_format(b, " %llu\n", (unsigned long long)r->below[i]);
    }
    put_head(b, m, "_bucket", r, "+Inf");
    norni_buf_format(b, " %llu\n", (unsigned long long)r->count);
    put_head(b, m, "_sum", r, NULL);
    norni_buf_format(b, " %g\n", r->value);
    put_head(b, m, "_count", r, NULL);
    norni_buf_format(b, " %llu\n", (unsigned long long)r->count);
}

void metrics_print(metrics *m, norni_buf *out) {
    static const char *const kind[] = {"counter", "gauge", "histogram"};
    pthread_mutex_lock(&m->lock);
    const size_t n_fills = m->n_fills, n = m->n;
    pthread_mutex_unlock(&m->lock);
    for (size_t i = 0; i < n_fills; i++)
        m->fill[i].fill(m->fill[i].user);
    for (size_t i = 0; i < n; i++) {
        metric *one = m->metric[i];
        norni_buf_format(out, "# HELP %s ", one->name);
        put_escaped(out, one->help, false);
        norni_buf_format(out, "\n# TYPE %s %s\n", one->name, kind[one->kind]);
        pthread_mutex_lock(&one->lock);
        if (one->n_rows == 0 && one->n_labels == 0) (void)row_of(one, NULL);
        for (size_t k = 0; k < one->n_rows; k++)
            put_row(out, one, &one->row[k]);
        pthread_mutex_unlock(&one->lock);
    }
}
