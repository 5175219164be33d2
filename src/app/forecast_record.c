/* One item's result as a record of the run folder, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_record.h"

#include "app/run_header.h"

/* Everything of the series that a model can see, and the plan. */
static norni_hash128 item_key(const norni_forecast *f, size_t item) {
    const norni_str column = f->plan->specs[item % f->plan->n_specs].column;
    const uint64_t n = column.n;
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, &f->shared->plan_key, sizeof f->shared->plan_key);
    norni_hash_stream_add(&h, &n, sizeof n);
    norni_hash_stream_add(&h, column.p, column.n);
    norni_header_series(f->panel, item / f->plan->n_specs, &h);
    return norni_hash_stream_get(&h);
}

/* A record: this head, the message, the description, the kept model, then the numbers. */
typedef struct record_head {
    int32_t status;
    uint16_t attempts;
    uint8_t fallback, described;
    uint32_t n_message, n_description;
    uint32_t stop; /* the bound that stopped it: 0 none, 1 evaluations, 2 time */
    uint32_t n_model;
    double seconds;
} record_head;

typedef struct item_numbers {
    double *part[6];
    size_t n[6];
} item_numbers;

static item_numbers numbers_of(const norni_forecast *f, size_t item) {
    const size_t h = (size_t)f->plan->horizon, n_levels = f->plan->levels.n;
    item_numbers x = {
        {f->mean + item * h, f->lo + item * n_levels * h, f->hi + item * n_levels * h, NULL},
        {h, h * n_levels, h * n_levels, 0}};
    if (f->fitted) {
        x.part[3] = norni_forecast_fitted(f, item);
        x.n[3] = norni_panel_n(f->panel, item / f->plan->n_specs);
    }
    if (f->plan->conformal.windows > 0) {
        const size_t n = f->plan->conformal.windows * h;
        x.part[4] = f->conformal.score + item * n;
        x.n[4] = n;
        x.part[5] = f->conformal.scale + item;
        x.n[5] = 1;
    }
    return x;
}

bool norni_forecast_recall(norni_worker *w, norni_forecast *f, size_t item, norni_outcome *o) {
    norni_str record;
    record_head head;
    if (!norni_run_store_get(f->shared->store, item_key(f, item), &w->arena, &record)) return false;
    const item_numbers x = numbers_of(f, item);
    size_t want = sizeof head;
    for (int k = 0; k < 6; k++)
        want += x.n[k] * sizeof(double);
    if (record.n < sizeof head) return false;
    memcpy(&head, record.p, sizeof head);
    want += (size_t)head.n_message + head.n_description + head.n_model;
    if (record.n != want || (f->served != NULL) != (head.described != 0)) return false;
    const char *p = record.p + sizeof head;
    char *message = NULL;
    if (head.n_message > 0) {
        message = norni_alloc_get(&f->ctx->alloc, head.n_message, 1);
        if (message == NULL) return false;
        memcpy(message, p, head.n_message);
    }
    p += head.n_message;
    const norni_str text = {p, head.n_description};
    if (f->served && norni_forecast_describe(f, item, text, NULL) != NORN_OK) {
        norni_alloc_drop(&f->ctx->alloc, message, head.n_message, 1);
        return false;
    }
    p += head.n_description;
    if (f->saved && norni_forecast_keep(f, item, (norni_str){p, head.n_model}, NULL) != NORN_OK) {
        norni_alloc_drop(&f->ctx->alloc, message, head.n_message, 1);
        return false;
    }
    p += head.n_model;
    for (int k = 0; k < 6; k++) {
        if (x.n[k] > 0) memcpy(x.part[k], p, x.n[k] * sizeof(double));
        p += x.n[k] * sizeof(double);
    }
    if (f->effort) {
        f->effort[item].cut = head.stop > 0;
        f->effort[item].late = head.stop == 2;
    }
    *o = (norni_outcome){.status = (norn_status)head.status,
                         .attempts = head.attempts,
                         .fallback = head.fallback != 0,
                         .message = message,
                         .seconds = head.seconds};
    return true;
}

/* Items that took longer than this are written at once. */
#define AT_ONCE_SECONDS 1e-3

norn_status norni_forecast_remember(norni_worker *w, norni_forecast *f, size_t item,
                                    const norni_outcome *o, norn_err *err) {
    const char *text = f->served && f->served[item] ? f->served[item] : "";
    const norni_str model = f->saved ? f->saved[item] : (norni_str){"", 0};
    const norni_effort *e = f->effort ? &f->effort[item] : NULL;
    const record_head head = {.status = (int32_t)o->status,
                              .attempts = o->attempts,
                              .fallback = o->fallback,
                              .described = f->served != NULL,
                              .n_message = o->message ? (uint32_t)strlen(o->message) + 1 : 0,
                              .n_description = (uint32_t)strlen(text),
                              .stop = e == NULL || !e->cut ? 0
                                      : e->late            ? 2
                                                           : 1,
                              .n_model = (uint32_t)model.n,
                              .seconds = o->seconds};
    if (o->status != NORN_OK) norni_forecast_blank(f, item);
    const item_numbers x = numbers_of(f, item);
    size_t size = sizeof head + head.n_message + head.n_description + model.n;
    for (int k = 0; k < 6; k++)
        size += x.n[k] * sizeof(double);
    char *record = norni_arena_get(&w->arena, size, 1), *p = record;
    if (record == NULL) return norni_alloc_fail(err, "run folder", size, 1);
    memcpy(p, &head, sizeof head);
    p += sizeof head;
    if (head.n_message > 0) memcpy(p, o->message, head.n_message);
    p += head.n_message;
    if (head.n_description > 0) memcpy(p, text, head.n_description);
    p += head.n_description;
    if (model.n > 0) memcpy(p, model.p, model.n);
    p += model.n;
    for (int k = 0; k < 6; k++) {
        if (x.n[k] > 0) memcpy(p, x.part[k], x.n[k] * sizeof(double));
        p += x.n[k] * sizeof(double);
    }
    return norni_run_store_add(f->shared->store, w, item_key(f, item), (norni_str){record, size},
                               o->seconds > AT_ONCE_SECONDS, err);
}
