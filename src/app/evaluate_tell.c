/* Items of an evaluation told to who watches, each when it is done. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evaluate_tell.h"

#include "io/writer.h"

static void numbers(norni_json *j, const char *key, const double *x, size_t n) {
    norni_json_key(j, key);
    norni_json_open(j, '[');
    for (size_t k = 0; k < n; k++)
        norni_json_num(j, x[k]);
    norni_json_close(j, ']');
}

static norni_str spec_of(const norni_evaluate_plan *plan, size_t contender) {
    if (contender < plan->n_specs) return plan->specs[contender].column;
    return norni_str_of(plan->cv.contenders[contender].model->name); /* the baseline */
}

static void item_json(norni_json *j, const norni_evaluate_plan *plan, const norni_cv *cv,
                      size_t item, const norni_outcome *o) {
    const norni_cv_place p = norni_cv_place_of(cv, item);
    const size_t h = plan->cv.rules.horizon, n_levels = plan->cv.rules.levels.n;
    const norni_str spec = spec_of(plan, p.contender);
    const bool good = o->status == NORN_OK;
    char text[48];
    norni_json_open(j, '{');
    norni_json_key_str(j, "id", norni_panel_id(cv->panel, p.series));
    norni_json_key_str(j, "status", norni_str_of(norn_status_name(o->status)));
    norni_json_key_str(j, "model",
                       !good         ? norni_str_of("")
                       : o->fallback ? plan->fallback->column
                                     : spec);
    norni_json_key_str(j, "spec", spec);
    if (p.cutoff > 0) {
        const size_t n = norni_time_print(text, norni_panel_time(cv->panel, p.series, p.cutoff - 1),
                                          &cv->panel->style);
        norni_json_key_str(j, "cutoff", (norni_str){text, n});
    }
    if (o->message != NULL) norni_json_key_str(j, "message", norni_str_of(o->message));
    numbers(j, "mean", cv->mean + item * h, good ? h : 0);
    for (size_t l = 0; l < n_levels && plan->cv.conformal == NULL; l++) {
        const size_t at = (item * n_levels + l) * h;
        norni_format(text, sizeof text, "lo-%g", plan->cv.rules.levels.v[l]);
        numbers(j, text, cv->lo + at, good ? h : 0);
        norni_format(text, sizeof text, "hi-%g", plan->cv.rules.levels.v[l]);
        numbers(j, text, cv->hi + at, good ? h : 0);
    }
    norni_json_close(j, '}');
}

static bool recall_none(norni_worker *w, norni_cv *cv, size_t item, void *arg, norni_outcome *o) {
    (void)w, (void)cv, (void)item, (void)arg, (void)o;
    return false;
}

static norn_status tell(norni_worker *w, norni_cv *cv, size_t item, void *arg,
                        const norni_outcome *o, norn_err *err) {
    norni_evaluate_tell *t = arg;
    norni_json j;
    norni_buf b;
    (void)w, (void)err;
    norni_buf_init(&b, &cv->ctx->alloc);
    norni_json_init(&j, &b);
    item_json(&j, t->plan, cv, item, o);
    if (!b.failed) {
        (void)pthread_mutex_lock(&t->lock);
        t->env->item(t->env->hook_user, (norni_str){b.p, b.n});
        (void)pthread_mutex_unlock(&t->lock);
    }
    norni_buf_clear(&b);
    return NORN_OK;
}

void norni_evaluate_tell_init(norni_evaluate_tell *t, const norni_op_env *env,
                              norni_evaluate_plan *plan) {
    *t = (norni_evaluate_tell){.env = env, .plan = plan};
    (void)pthread_mutex_init(&t->lock, NULL);
    if (env->item == NULL || plan->cv.memory != NULL) return;
    t->hooks = (norni_cv_memory){recall_none, tell, t};
    plan->cv.memory = &t->hooks;
}

void norni_evaluate_tell_clear(norni_evaluate_tell *t) {
    (void)pthread_mutex_destroy(&t->lock);
}
