/* The arena of a test of models, fresh for each test or group, and options written as text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHARED_ARENA_H
#define SHARED_ARENA_H

#include <string.h>

#include "../base/one_arena.h"
#include "models/model.h"

/* "a=b;c=d" over the defaults. */
static inline void *options_of(const norni_model *m, const char *settings) {
    norn_err err;
    char text[256] = {0};
    void *opt = norni_arena_zero(&arena, 1, m->opt_size);
    assert_non_null(opt);
    assert_int_equal(norni_param_defaults(m->params, m->n_params, opt, &arena, &err), NORN_OK);
    assert_true(strlen(settings) < sizeof text);
    memcpy(text, settings, strlen(settings));
    for (char *p = text; *p;) {
        char *eq = strchr(p, '='), *end = strchr(p, ';');
        assert_non_null(eq);
        if (end) *end = 0;
        const norni_param *row =
            norni_param_find(m->params, m->n_params, (norni_str){p, (size_t)(eq - p)});
        assert_non_null(row);
        assert_int_equal(norni_param_set(row, opt, norni_str_of(eq + 1), &arena, "test", &err),
                         NORN_OK);
        p = end ? end + 1 : p + strlen(p);
    }
    return opt;
}

#endif
