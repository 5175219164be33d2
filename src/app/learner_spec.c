/* Specs of learners, as those of models: `[alias=]name(args)…[m]`, and ensembles of the others in a list. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/learner_spec.h"

#include "app/spec_text.h"

const norni_param norni_mix_rows[] = {
    {.name = "weights",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(norni_mix_opt, weights),
     .def = "fitted",
     .choices = "fitted|mean",
     .help = "fitted: none below 0, sum 1, for each target, by the errors at earlier origins"},
};
const size_t norni_n_mix_rows = sizeof norni_mix_rows / sizeof norni_mix_rows[0];

/* The learners, and behind them the ensemble. */
static norni_spec_kind kind_at(const void *set, size_t i) {
    const norni_learner_set *s = set;
    if (i >= s->n)
        return (norni_spec_kind){"ensemble", norni_mix_rows, norni_n_mix_rows,
                                 sizeof(norni_mix_opt), NULL};
    const norni_learner *l = s->learners[i];
    return (norni_spec_kind){l->name, l->params, l->n_params, l->opt_size, l};
}

const norni_learner *norni_learner_find(const norni_learner_set *set, norni_str name) {
    for (size_t i = 0; i < set->n; i++) {
        if (norni_str_is_nocase(name, set->learners[i]->name)) return set->learners[i];
    }
    return NULL;
}

norn_status norni_learner_specs_parse(const norni_learner_set *set, norni_str text,
                                      norni_arena *arena, norni_learner_spec **specs, size_t *n,
                                      norn_err *err) {
    const norni_spec_book book = {set, set->n + 1, kind_at, NULL};
    norni_spec_text *list = NULL;
    NORN_TRY(norni_spec_list_parse(&book, text, arena, &list, n, err));
    *specs = norni_arena_get(arena, *n, sizeof **specs);
    if (*specs == NULL) return norni_alloc_fail(err, "model", *n, sizeof **specs);
    for (size_t i = 0; i < *n; i++) {
        const norni_learner *l = list[i].kind.what;
        if (list[i].season > 0 && (l == NULL || !l->seasonal))
            return norn_fail(err, NORN_E_ARG,
                             "model: %s uses no season; leave out [%d], or ask for "
                             "--season-length",
                             list[i].kind.name, (int)list[i].season);
        (*specs)[i] = (norni_learner_spec){l, list[i].opt, list[i].column, list[i].season};
    }
    return NORN_OK;
}
