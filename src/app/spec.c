/* Model specs: `[alias=]name(args)…[m]`, lists of them, and the column names they bear. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/spec.h"

#include "app/spec_text.h"

const norni_model *norni_model_find(const norni_model_set *set, norni_str name) {
    for (size_t i = 0; i < set->n; i++) {
        if (norni_str_is_nocase(name, set->models[i]->name)) return set->models[i];
    }
    return NULL;
}

static norni_spec_kind kind_at(const void *set, size_t i) {
    const norni_model *m = ((const norni_model_set *)set)->models[i];
    return (norni_spec_kind){m->name, m->params, m->n_params, m->opt_size, m};
}

static norn_status check(const void *set, const void *what, const void *opt, norn_err *err) {
    const norni_model *m = what;
    return m->check_models ? m->check_models(opt, set, err) : NORN_OK;
}

static norni_spec_book book_of(const norni_model_set *set) {
    return (norni_spec_book){set, set->n, kind_at, check};
}

static norni_spec spec_of(const norni_spec_text *t) {
    return (norni_spec){t->kind.what, t->opt, t->column, t->season};
}

norn_status norni_spec_parse(const norni_model_set *set, norni_str text, norni_arena *arena,
                             norni_spec *spec, norn_err *err) {
    const norni_spec_book book = book_of(set);
    norni_spec_text one;
    NORN_TRY(norni_spec_text_parse(&book, text, arena, &one, err));
    *spec = spec_of(&one);
    return NORN_OK;
}

norn_status norni_specs_parse(const norni_model_set *set, norni_str text, norni_arena *arena,
                              norni_spec **specs, size_t *n, norn_err *err) {
    const norni_spec_book book = book_of(set);
    norni_spec_text *list = NULL;
    NORN_TRY(norni_spec_list_parse(&book, text, arena, &list, n, err));
    *specs = norni_arena_get(arena, *n, sizeof **specs);
    if (*specs == NULL) return norni_alloc_fail(err, "model", *n, sizeof **specs);
    for (size_t i = 0; i < *n; i++)
        (*specs)[i] = spec_of(&list[i]);
    return NORN_OK;
}
