/* How a model's parts run on the pool: the one bridge from norni_env to the workers. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Workers join a part only when their own items have run out, so that parts take nothing from a run
 * of many series and help its tail, and one of few. */
#include "eval/share.h"

typedef struct parts {
    const norni_env *env;
    norni_part_fn fn;
    void *arg;
} parts;

static norn_status run_part(norni_worker *w, size_t part, void *arg, norn_err *err) {
    const parts *p = arg;
    const norni_share share = norni_share_of(w);
    norni_env env = *p->env;
    env.arena = &w->arena;
    env.share = &share;
    return p->fn(&env, part, p->arg, err);
}

static norn_status run_parts(void *user, const norni_env *env, size_t n, norni_part_fn fn,
                             void *arg, norn_err *err) {
    norni_worker *w = user;
    parts p = {env, fn, arg};
    return norni_for(w->ctx, w, n, run_part, &p, &(norni_for_opt){.plumbing = true}, err);
}

norni_share norni_share_of(norni_worker *w) {
    return (norni_share){run_parts, w};
}
