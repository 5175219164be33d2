/* Models made of others: the list is read, its members are fitted and asked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/combine/members.h"

#include <math.h>

#include "base/clock.h"
#include "base/fp.h"

/* The next element of a list: up to `sep` outside brackets; the rest moves behind it. */
static norni_str next_element(norni_str *rest, char sep) {
    int depth = 0;
    size_t len = 0;
    for (; len < rest->n; len++) {
        const char c = rest->p[len];
        if (c == '(') depth++;
        if (c == ')') depth--;
        if (c == sep && depth <= 0) break;
    }
    const norni_str one = norni_str_trim((norni_str){rest->p, len});
    const size_t skip = len < rest->n ? len + 1 : len;
    *rest = (norni_str){rest->p + skip, rest->n - skip};
    return one;
}

/* "name(args)" as name and args; false: brackets do not match. */
static bool split_spec(norni_str spec, norni_str *name, norni_str *args) {
    const char *open = spec.n ? memchr(spec.p, '(', spec.n) : NULL;
    *name = norni_str_trim((norni_str){spec.p, open ? (size_t)(open - spec.p) : spec.n});
    *args = (norni_str){NULL, 0};
    if (open == NULL) return true;
    if (spec.p[spec.n - 1] != ')') return false;
    *args = (norni_str){open + 1, (size_t)(spec.p + spec.n - open - 2)};
    return true;
}

static const norni_model *find_model(const norni_model_set *set, norni_str name) {
    for (size_t k = 0; set && k < set->n; k++) {
        if (norni_str_is_nocase(name, set->models[k]->name)) return set->models[k];
    }
    return NULL;
}

/* The element's model and arguments. */
static norn_status read_element(const char *part, const norni_model_set *set, norni_str element,
                                const norni_model **model, norni_str *args, norn_err *err) {
    norni_str name;
    if (!split_spec(element, &name, args) || name.n == 0)
        return norn_fail(err, NORN_E_ARG,
                         "%s: cannot read the member '%.*s'; members are name(key=value,…)+name+…",
                         part, (int)element.n, element.p);
    *model = find_model(set, name);
    if (*model == NULL)
        return norn_fail(err, NORN_E_ARG, "%s: unknown member '%.*s' (see `norn models`)", part,
                         (int)name.n, name.p);
    return NORN_OK;
}

/* The row and the value of "key=value". */
static norn_status read_argument(const char *part, const norni_model *model, norni_str arg,
                                 const norni_param **row, norni_str *value, norn_err *err) {
    const char *eq = arg.n ? memchr(arg.p, '=', arg.n) : NULL;
    const norni_str key = norni_str_trim((norni_str){arg.p, eq ? (size_t)(eq - arg.p) : arg.n});
    *row = eq ? norni_param_find(model->params, model->n_params, key) : NULL;
    if (*row == NULL)
        return norn_fail(err, NORN_E_ARG,
                         "%s: the member %s has no parameter '%.*s' (see `norn models %s`)", part,
                         model->name, (int)key.n, key.p, model->name);
    *value = norni_str_trim((norni_str){eq + 1, (size_t)(arg.p + arg.n - eq - 1)});
    return NORN_OK;
}

norn_status norni_members_check(const char *part, const norni_model_set *set, const char *text,
                                norn_err *err) {
    norni_str rest = norni_str_of(text);
    size_t n = 0;
    do {
        const norni_model *model;
        const norni_param *row;
        norni_str args, value;
        NORN_TRY(read_element(part, set, next_element(&rest, '+'), &model, &args, err));
        while (args.n > 0)
            NORN_TRY(read_argument(part, model, next_element(&args, ','), &row, &value, err));
        if (++n > NORNI_MEMBERS_MOST)
            return norn_fail(err, NORN_E_ARG, "%s: more than %d members", part, NORNI_MEMBERS_MOST);
    } while (rest.n > 0);
    return NORN_OK;
}

norn_status norni_members_parse(const char *part, const norni_model_set *set, const char *text,
                                norni_arena *arena, norni_members *out, norn_err *err) {
    norni_str rest = norni_str_of(text);
    *out = (norni_members){.list = norni_arena_zero(arena, NORNI_MEMBERS_MOST, sizeof *out->list)};
    if (!out->list) return norni_alloc_fail(err, part, NORNI_MEMBERS_MOST, sizeof *out->list);
    NORN_TRY(norni_members_check(part, set, text, err));
    while (rest.n > 0) {
        norni_member *m = &out->list[out->n++];
        norni_str args;
        m->text = next_element(&rest, '+');
        NORN_TRY(read_element(part, set, m->text, &m->model, &args, err));
        m->opt = norni_arena_zero(arena, 1, m->model->opt_size ? m->model->opt_size : 1);
        if (m->opt == NULL) return norni_alloc_fail(err, part, 1, m->model->opt_size);
        NORN_TRY(norni_param_defaults(m->model->params, m->model->n_params, m->opt, arena, err));
        while (args.n > 0) {
            const norni_param *row;
            norni_str value;
            NORN_TRY(read_argument(part, m->model, next_element(&args, ','), &row, &value, err));
            NORN_TRY(norni_param_set(row, m->opt, value, arena, m->model->name, err));
        }
    }
    return NORN_OK;
}

double norni_members_cost(const norni_members *m, size_t n, int32_t season, size_t horizon) {
    double sum = 1000;
    for (size_t k = 0; k < m->n; k++) {
        const norni_model *model = m->list[k].model;
        if (model->cost) sum += model->cost(m->list[k].opt, n, season, horizon);
    }
    return sum;
}

/* This member's share of the account: what is left by the members still to come. */
static norni_effort share_effort(const norni_effort *all, size_t to_come) {
    norni_effort e = {0};
    if (all->limit > 0) {
        const uint64_t left = all->limit > all->spent ? all->limit - all->spent : 0;
        e.limit = left / to_come > 0 ? left / to_come : 1;
    }
    if (all->deadline_ns != 0) {
        const int64_t now = norni_clock_ns(), left = all->deadline_ns - now;
        e.deadline_ns = left > 0 ? now + left / (int64_t)to_come : now;
    }
    return e;
}

static norn_status fit_member(norni_env *env, const norni_series *series, norni_member *m,
                              size_t to_come, norn_err *err) {
    norni_env own = *env;
    norni_effort share;
    const norni_group first = {1, series};
    if (env->effort) {
        share = share_effort(env->effort, to_come);
        own.effort = &share;
    }
    if (m->model->validate) NORN_TRY(m->model->validate(m->opt, series, err));
    const norn_status st = m->model->fit(&own, m->opt, &first, &m->state, err);
    if (env->effort) {
        env->effort->spent += share.spent;
        env->effort->cut = env->effort->cut || share.cut;
        env->effort->late = env->effort->late || share.late;
    }
    return st;
}

/* A failure that ends the whole, not the member alone. */
static bool ends_all(norn_status st) {
    return st == NORN_E_MEM || st == NORN_E_CANCEL;
}

norn_status norni_members_fit(const char *part, norni_env *env, const norni_series *series,
                              norni_members *m, norn_err *err) {
    norni_unpack u = {env->warm, false};
    norn_status last = NORN_E_DATA;
    norni_env own = *env;
    bool warm = env->warm.n > 0 && norni_unpack_count(&u, (uint32_t)m->n, (uint32_t)m->n) > 0;
    m->n_ok = 0;
    for (size_t k = 0; k < m->n; k++) {
        norni_member *one = &m->list[k];
        own.warm = warm ? norni_unpack_str(&u) : (norni_str){NULL, 0};
        warm = warm && !u.failed;
        if (!warm) own.warm = (norni_str){NULL, 0};
        const norn_status st = fit_member(&own, series, one, m->n - k, err);
        if (ends_all(st)) return st;
        if (st != NORN_OK) {
            one->state = NULL;
            last = st;
        }
        m->n_ok += one->state != NULL;
    }
    (void)part;
    return m->n_ok > 0 ? NORN_OK : last; /* with the last one's text */
}

/* Standard deviations of a step's paths, for members that simulate. */
static void sd_of_paths(const norni_dist *d, double *sd) {
    for (size_t h = 0; h < d->horizon; h++) {
        double mean, var;
        const size_t n = norni_mean_var(d->paths + h * d->n_paths, d->n_paths, 1, &mean, &var);
        sd[h] = n > 1 ? sqrt(var) : NORNI_NAN;
    }
}

static norn_status ask_member(norni_env *env, const norni_member *m, size_t horizon, double *mean,
                              double *sd, norn_err *err) {
    norni_dist d = {.kind = NORNI_DIST_POINT, .horizon = horizon, .mean = mean, .sd = sd};
    double *spare = NULL;
    if (sd == NULL) {
        spare = norni_arena_get(env->arena, horizon, sizeof *spare);
        if (spare == NULL) return norni_alloc_fail(err, "members", horizon, sizeof *spare);
        d.sd = spare;
    }
    NORN_TRY(m->model->predict(env, m->state, 0, horizon, sd != NULL, &d, err));
    if (sd && d.kind == NORNI_DIST_PATHS) sd_of_paths(&d, sd);
    for (size_t h = 0; h < horizon; h++) {
        if (!isfinite(mean[h]))
            return norn_fail(err, NORN_E_NUMERIC, "%s: the forecast of step %zu is not finite",
                             m->model->name, h + 1);
        if (sd && (d.kind == NORNI_DIST_POINT || !isfinite(sd[h]))) sd[h] = NORNI_NAN;
    }
    return NORN_OK;
}

norn_status norni_members_predict(const char *part, norni_env *env, const norni_members *m,
                                  size_t horizon, bool want_sd, norni_views *out, norn_err *err) {
    norn_status last = NORN_E_NUMERIC;
    *out = (norni_views){.n = m->n, .horizon = horizon};
    out->mean = norni_arena_get(env->arena, m->n * horizon, sizeof(double));
    out->sd = want_sd ? norni_arena_get(env->arena, m->n * horizon, sizeof(double)) : NULL;
    if (!out->mean || (want_sd && !out->sd))
        return norni_alloc_fail(err, part, m->n * horizon, sizeof(double));
    for (size_t k = 0; k < m->n; k++) {
        double *mean = out->mean + k * horizon, *sd = want_sd ? out->sd + k * horizon : NULL;
        norn_status st = NORN_E_DATA;
        if (m->list[k].state) {
            st = ask_member(env, &m->list[k], horizon, mean, sd, err);
            if (ends_all(st)) return st;
            if (st == NORN_OK)
                out->n_ok++;
            else
                last = st;
        }
        for (size_t h = 0; h < horizon && st != NORN_OK; h++) {
            mean[h] = NORNI_NAN;
            if (sd) sd[h] = NORNI_NAN;
        }
    }
    return out->n_ok > 0 ? NORN_OK : last;
}

norn_status norni_members_fitted(norni_env *env, const norni_members *m, size_t length,
                                 double **out, norn_err *err) {
    double *all = norni_arena_get(env->arena, m->n * length, sizeof *all);
    if (all == NULL) return norni_alloc_fail(err, "members", m->n * length, sizeof *all);
    for (size_t k = 0; k < m->n; k++) {
        double *row = all + k * length;
        const norni_member *one = &m->list[k];
        norn_status st = NORN_E_DATA;
        if (one->state) st = one->model->fitted(env, one->state, 0, row, err);
        if (ends_all(st)) return st;
        for (size_t t = 0; t < length && st != NORN_OK; t++)
            row[t] = NORNI_NAN;
    }
    *out = all;
    return NORN_OK;
}
