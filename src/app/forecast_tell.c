/* Items of a forecast told to who watches, each when it is done. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_tell.h"

#include "io/writer.h"

void norni_forecast_tell_init(norni_forecast_tell *t, const norni_op_env *env) {
    t->env = env;
    (void)pthread_mutex_init(&t->lock, NULL);
}

void norni_forecast_tell_clear(norni_forecast_tell *t) {
    (void)pthread_mutex_destroy(&t->lock);
}

static void numbers(norni_json *j, const char *key, const double *x, size_t n) {
    norni_json_key(j, key);
    norni_json_open(j, '[');
    for (size_t k = 0; k < n; k++)
        norni_json_num(j, x[k]);
    norni_json_close(j, ']');
}

static void item_json(norni_json *j, const norni_forecast *f, size_t item, const norni_outcome *o) {
    const norni_forecast_plan *plan = f->plan;
    const size_t h = (size_t)plan->horizon, n_levels = plan->levels.n;
    const norni_spec *own = norni_forecast_spec(f, item);
    const bool good = o->status == NORN_OK;
    char key[48];
    norni_json_open(j, '{');
    norni_json_key_str(j, "id", norni_panel_id(f->panel, norni_forecast_series_of(f, item)));
    norni_json_key_str(j, "status", norni_str_of(norn_status_name(o->status)));
    norni_json_key_str(j, "model",
                       !good         ? norni_str_of("")
                       : o->fallback ? plan->fallback->column
                                     : own->column);
    norni_json_key_str(j, "spec", own->column);
    if (o->message != NULL) norni_json_key_str(j, "message", norni_str_of(o->message));
    numbers(j, "mean", f->mean + item * h, good ? h : 0);
    for (size_t l = 0; l < n_levels && plan->conformal.windows == 0; l++) {
        const size_t at = (item * n_levels + l) * h;
        norni_format(key, sizeof key, "lo-%g", plan->levels.v[l]);
        numbers(j, key, f->lo + at, good ? h : 0);
        norni_format(key, sizeof key, "hi-%g", plan->levels.v[l]);
        numbers(j, key, f->hi + at, good ? h : 0);
    }
    norni_json_close(j, '}');
}

void norni_forecast_tell_item(norni_forecast_tell *t, const norni_forecast *f, size_t item,
                              const norni_outcome *o) {
    norni_json j;
    norni_buf b;
    norni_buf_init(&b, &f->ctx->alloc);
    norni_json_init(&j, &b);
    item_json(&j, f, item, o);
    if (!b.failed) {
        (void)pthread_mutex_lock(&t->lock);
        t->env->item(t->env->hook_user, (norni_str){b.p, b.n});
        (void)pthread_mutex_unlock(&t->lock);
    }
    norni_buf_clear(&b);
}
