/* What explains the forecasts of a part, kept beyond it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_terms.h"

#include <string.h>

/* A copy in the arena; NULL stays NULL. false: memory is out. */
static bool copy(norni_arena *arena, const void *from, size_t n, size_t size, const void **to) {
    *to = NULL;
    if (from == NULL) return true;
    void *p = norni_arena_get(arena, n, size);
    if (p != NULL && n > 0) memcpy(p, from, n * size);
    *to = p;
    return p != NULL;
}

static bool copy_numbers(norni_arena *arena, const double *from, size_t n, const double **to) {
    const void *p;
    const bool good = copy(arena, from, n, sizeof *from, &p);
    *to = p;
    return good;
}

static bool copy_name(norni_arena *arena, norni_str *s) {
    s->p = norni_arena_text(arena, s->p ? s->p : "", s->n);
    return s->p != NULL;
}

static bool copy_axis(norni_arena *arena, const norni_multi_view *v, const norni_term_axis *from,
                      norni_term_axis *to) {
    const size_t n_names = from->n_bins >= 2 ? from->n_bins - 2 : 0;
    *to = *from;
    if (v != NULL && v->feature != NULL && from->feature < v->x.n)
        to->feature = v->feature[from->feature];
    bool good =
        copy_name(arena, &to->name) && copy_numbers(arena, from->cut, from->n_cuts, &to->cut);
    if (from->category == NULL) return good;
    norni_str *name = norni_arena_get(arena, n_names, sizeof *name);
    if (name == NULL) return false;
    for (size_t i = 0; i < n_names && good; i++) {
        name[i] = from->category[i];
        good = copy_name(arena, &name[i]);
    }
    to->category = name;
    return good;
}

static bool copy_term(norni_arena *arena, const norni_multi_view *v, const norni_term *from,
                      norni_term *to) {
    size_t n = 1;
    *to = *from;
    bool good = copy_name(arena, &to->name);
    for (size_t a = 0; a < from->n_axes && good; a++) {
        good = copy_axis(arena, v, &from->axis[a], &to->axis[a]);
        n *= from->axis[a].linear ? 2 : from->axis[a].n_bins;
    }
    return good && copy_numbers(arena, from->score, n, &to->score) &&
           copy_numbers(arena, from->sd, n, &to->sd) &&
           copy_numbers(arena, from->weight, n, &to->weight);
}

static bool copy_why(norni_arena *arena, const norni_multi_view *v, const norni_explanation *from,
                     norni_explanation *to) {
    norni_term *term = norni_arena_get(arena, from->n_terms, sizeof *term);
    *to = *from;
    to->term = term;
    for (size_t k = 0; term != NULL && k < from->n_terms; k++) {
        if (!copy_term(arena, v, &from->term[k], &term[k])) return false;
    }
    return term != NULL;
}

/* One reason: of the target in `slot` at the step. */
static norn_status take_one(norni_multi_job *j, norni_env *env, size_t item,
                            const norni_multi_view *v, const void *state, norni_lesson_part part,
                            size_t slot, size_t step, norn_err *err) {
    const norni_multi_table *t = j->table;
    const norni_learner_spec *spec = &j->plan->specs[j->item[item].spec];
    const size_t target = t->trained[slot];
    norni_arena *arena = &j->reasons_arena[item];
    norni_explanation why;
    memset(&why, 0, sizeof why);
    NORN_TRY(spec->learner->explain(env, state, &v->lesson, part, &why, err));
    norni_multi_reason *r = &j->reason[item][j->n_reasons[item]];
    *r = (norni_multi_reason){
        .target = t->target[target],
        .model = spec->column,
        .step = step,
        .time = t->wide.times[t->wide.n_rows - 1 + step],
        .style = t->wide.style,
        .forecast = norni_multi_ahead(j, j->item[item].spec, target)[step - 1]};
    if (!copy_why(arena, v, &why, &r->why))
        return norni_alloc_fail(err, "explain", why.n_terms, sizeof(norni_term));
    if (spec->learner->contribute != NULL) {
        double *c = norni_arena_get(arena, why.n_terms, sizeof *c);
        if (c == NULL) return norni_alloc_fail(err, "explain", why.n_terms, sizeof *c);
        NORN_TRY(
            spec->learner->contribute(env, state, &v->lesson, part, t->wide.n_rows - 1, c, err));
        r->contribution = c;
    }
    j->n_reasons[item]++;
    return NORN_OK;
}

norn_status norni_multi_reason_copy(norni_arena *arena, const norni_multi_reason *from,
                                    norni_multi_reason *to, norn_err *err) {
    *to = *from;
    if (copy_why(arena, NULL, &from->why, &to->why) &&
        copy_numbers(arena, from->contribution, from->why.n_terms, &to->contribution))
        return NORN_OK;
    return norni_alloc_fail(err, "explain", from->why.n_terms, sizeof(norni_term));
}

norn_status norni_multi_terms_take(norni_multi_job *j, norni_env *env, size_t item,
                                   const norni_multi_view *v, const void *state, norn_err *err) {
    const norni_multi_item *at = &j->item[item];
    const norni_learner *l = j->plan->specs[at->spec].learner;
    const size_t from = l->whole ? 0 : at->slot, to = l->whole ? j->table->n_trained : at->slot + 1;
    norni_arena *arena = &j->reasons_arena[item];
    norni_arena_reset(arena);
    j->n_reasons[item] = 0;
    if (l->explain == NULL) return NORN_OK;
    j->reason[item] =
        norni_arena_get(arena, (to - from) * j->plan->explain_steps.n, sizeof **j->reason);
    if (j->reason[item] == NULL) return norni_alloc_fail(err, "explain", to, sizeof **j->reason);
    for (size_t slot = from; slot < to; slot++) {
        for (size_t s = 0; s < j->plan->explain_steps.n; s++) {
            const size_t step = (size_t)j->plan->explain_steps.v[s];
            if (!l->whole && step != at->step) continue;
            NORN_TRY(
                take_one(j, env, item, v, state, (norni_lesson_part){slot, step}, slot, step, err));
        }
    }
    return NORN_OK;
}
