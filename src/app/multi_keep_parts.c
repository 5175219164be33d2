/* What writing and reading kept learners share: the text of a spec, the key of its errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_keep_parts.h"

void norni_multi_spec_text(const norni_learner_spec *spec, norni_buf *out) {
    const norni_learner *l = spec->learner;
    const norni_param *rows = l ? l->params : norni_mix_rows;
    const size_t n = l ? l->n_params : norni_n_mix_rows;
    norni_buf_text(out, l ? l->name : "ensemble");
    for (size_t i = 0; i < n; i++) {
        norni_buf_format(out, "%s%s=", i ? "," : "(", rows[i].name);
        norni_param_print(&rows[i], spec->opt, out);
    }
    if (n > 0) norni_buf_text(out, ")");
    if (spec->season > 0) norni_buf_format(out, "[%d]", (int)spec->season);
}

norn_status norni_multi_errors_key(norni_str column, norni_str target, norni_arena *arena,
                                   norni_str *key, norn_err *err) {
    char *p = norni_arena_get(arena, column.n + 1 + target.n, 1);
    if (p == NULL) return norni_alloc_fail(err, "save", column.n + target.n, 1);
    memcpy(p, column.p, column.n);
    p[column.n] = '\0';
    memcpy(p + column.n + 1, target.p, target.n);
    *key = (norni_str){p, column.n + 1 + target.n};
    return NORN_OK;
}
