/* What a fitted or kept MSTL knows: its base model and its seasons. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/mstl/mstl_state.h"

static const norni_model *find_model(const norni_model_set *set, norni_str name) {
    for (size_t i = 0; set && i < set->n; i++) {
        if (norni_str_is_nocase(name, set->models[i]->name)) return set->models[i];
    }
    return NULL;
}

norn_status mstl_check_models(const void *opt, const norni_model_set *set, norn_err *err) {
    const mstl_opt *o = opt;
    const norni_str name = norni_str_of(o->trend);
    if (name.n == 0 || norni_str_is_nocase(name, "mstl") || !find_model(set, name))
        return norn_fail(err, NORN_E_ARG,
                         "mstl: trend='%.*s' is not the name of another model (see `norn models`); "
                         "its own arguments cannot be given",
                         (int)name.n, name.n ? name.p : "");
    return NORN_OK;
}

norn_status mstl_base(norni_env *env, const mstl_opt *o, mstl_state *st, norn_err *err) {
    NORN_TRY(mstl_check_models(o, env->models, err));
    const norni_model *base = find_model(env->models, norni_str_of(o->trend));
    st->base = base;
    st->base_opt = norni_arena_zero(env->arena, 1, base->opt_size ? base->opt_size : 1);
    if (st->base_opt == NULL) return norni_alloc_fail(err, "mstl", 1, base->opt_size);
    return norni_param_defaults(base->params, base->n_params, st->base_opt, env->arena, err);
}

bool mstl_paths(const void *opt, const norni_model_set *set) {
    const mstl_opt *o = opt;
    const norni_model *base = find_model(set, norni_str_of(o->trend));
    return base && base->paths && base->paths != mstl_paths && base->paths(NULL, set);
}

double mstl_season_at(const mstl_state *st, size_t t) {
    double sum = 0;
    for (size_t k = 0; k < st->n_season; k++)
        sum += st->figure[k][t % (size_t)st->period[k]];
    return sum;
}
