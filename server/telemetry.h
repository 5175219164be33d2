/* What the server tells about itself: counters for Prometheus, and one JSON line for each thing that happened. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_TELEMETRY_H
#define SERVER_TELEMETRY_H

#include "base/ctx.h"
#include "base/str.h"

/* ---- metrics: names as Prometheus has them, bounded labels; any thread ---- */
typedef enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } metric_kind;
/* Declares a metric once, before the server starts; NULL when memory is out. `labels` as "method,route,code" or "". */
typedef struct metric metric;
typedef struct metrics metrics; /* all of one server */
NORN_CHECKED norn_status metrics_new(const norn_alloc *alloc, metrics **out);
void metrics_free(metrics *m);
metric *metric_declare(metrics *m, metric_kind kind, const char *name, const char *help,
                       const char *labels);
/* value (labels' number) texts; NULL metrics are ignored. */
void metric_add(metric *m, const char *const *label, double by);
void metric_set(metric *m, const char *const *label, double to);
void metric_observe(metric *m, const char *const *label, double value);
/* The sum over all label values that equal `label` where that is not NULL (for alert rules). */
double metric_read(metric *m, const char *const *label);
/* Called before each scrape, to set gauges. */
void metrics_on_scrape(metrics *m, void (*fill)(void *user), void *user);
/* The exposition format 0.0.4. */
void metrics_print(metrics *m, norni_buf *out);

/* ---- log: to stderr; JSON keys ts, level, msg, and what is given ---- */
typedef struct log_field {
    const char *name;
    const char *text; /* or NULL: */
    double number;
} log_field;
void telemetry_log_setup(bool json, norn_log_level level);
void telemetry_log(norn_log_level level, const char *msg, const log_field *field, size_t n);

#endif
