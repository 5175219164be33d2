/* A helper that takes parts backwards: what they give must not depend on their order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_BACKWARDS_H
#define NORNI_TEST_BACKWARDS_H

#include "models/model.h"

/* As norni_share.run; *user, a size_t or NULL, is how many parts came by. */
static inline norn_status run_backwards(void *user, const norni_env *env, size_t n,
                                        norni_part_fn fn, void *arg, norn_err *err) {
    if (user != NULL) *(size_t *)user += n;
    for (size_t i = n; i-- > 0;) {
        norni_env own = *env;
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        NORN_TRY(fn(&own, i, arg, err));
        norni_arena_rewind(env->arena, mark);
    }
    return NORN_OK;
}

#endif
