/* Models made of others: the ensemble of equals, and `auto` with learned weights. */
/* SPDX-License-Identifier: Apache-2.0 */
/* ensemble: the median of a few forecasts, after Petropoulos and Svetunkov (2020), "A simple
 * combination of univariate models", the M4 competition's sixth. auto: weights from a series' features
 * and its members' forecasts (gate.c); where nothing was learned for a series' kind, or it is too
 * short or constant, an ensemble of the same members. A member that fails is left out. Most members
 * know one season: a series with two cycles and more of several is taken apart by mstl, and the
 * ensemble is of what is left; its intervals are mstl's.
 * The default members see the last 8192 observed values, or four seasons where that is more: their
 * searches take time in proportion, and older values hardly move a forecast. A list of the user's own
 * sees everything.
 * Intervals are normal. ensemble: the members' mean standard deviation times a factor by kind and
 * step, learned so that 95 % hold 95 %. auto: widths from a network of their own; beyond the learned
 * horizon they grow as the square root of the step, and corrections stay as they are. */
#include "models/combine/combine.h"

#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "models/combine/blend.h"
#include "models/combine/gate.h"
#include "num/extent.h"

#define COMBINE_TAG UINT32_C(0x31424D43) /* "CMB1" */

typedef struct combine_opt {
    const char *members;
    int32_t how;      /* ensemble: norni_blend; auto: auto_weights */
    int32_t interval; /* ensemble */
} combine_opt;

enum auto_weights { WEIGHTS_LEARNED, WEIGHTS_EQUAL };
enum ensemble_interval { INTERVAL_LEARNED, INTERVAL_MEMBERS };
enum { MOST_FITTED = 8192, MOST_SEASONS = 4 };

/* Three that err differently, and the simplest one that knows a trend or a season: measured in
 * docs/auto-accuracy.md. */
#define THREE "auto_ets(search=near)+dynamic_opt_theta(n_paths=200)+ces"
static const char plain_members[] = THREE "+drift", seasonal_members[] = THREE "+seasonal_naive",
                  several_seasons[] = "mstl(trend=ensemble)";

static const norni_param ensemble_rows[] = {
    {.name = "members",
     .type = NORNI_T_TEXT,
     .offset = offsetof(combine_opt, members),
     .metavar = "NAME+NAME…",
     .help = "the models to combine, as theta+ets(error=A); default: a fixed set"},
    {.name = "combine",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(combine_opt, how),
     .def = "median",
     .choices = "median|mean",
     .help = "how forecasts of a step become one"},
    {.name = "interval",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(combine_opt, interval),
     .def = "learned",
     .choices = "learned|members",
     .help =
         "learned: the members' mean width times a factor of the kind and step; members: as it is"},
};
static const norni_param auto_rows[] = {
    {.name = "members",
     .type = NORNI_T_TEXT,
     .offset = offsetof(combine_opt, members),
     .metavar = "NAME+NAME…",
     .help = "the models to combine; others than the default get equal weights"},
    {.name = "weights",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(combine_opt, how),
     .def = "learned",
     .choices = "learned|equal",
     .help = "learned: from the series' features; equal: the median of the members"},
};

typedef struct combine_state {
    norni_members members;
    const char *list; /* the members' text */
    bool is_auto;
    norni_blend how;
    size_t n, skipped; /* of the series at the fit; its first values that the members do not see */
    bool plain_interval;
    size_t spread;          /* row of norni_spreads */
    const norni_gate *gate; /* NULL: weights are equal */
    double weight[NORNI_MEMBERS_MOST];
    double correction[NORNI_GATE_MOST_HORIZON], sd[NORNI_GATE_MOST_HORIZON];
} combine_state;

static const char *part_of(bool is_auto) {
    return is_auto ? "auto" : "ensemble";
}

static norn_status check_ensemble(const void *opt, const norni_model_set *set, norn_err *err) {
    const combine_opt *o = opt;
    return o->members ? norni_members_check("ensemble", set, o->members, err) : NORN_OK;
}

static norn_status check_auto(const void *opt, const norni_model_set *set, norn_err *err) {
    const combine_opt *o = opt;
    return o->members ? norni_members_check("auto", set, o->members, err) : NORN_OK;
}

/* Weights, corrections and widths where the series is of a kind that was learned. */
static norn_status learn_weights(norni_env *env, const norni_gate *g, const norni_series *s,
                                 combine_state *st, norn_err *err) {
    const size_t h = s->n_x > 0 || s->horizon > g->horizon ? s->horizon : g->horizon;
    norni_views v;
    norni_gate_look look;
    norni_gate_say say;
    bool served;
    NORN_TRY(norni_members_predict("auto", env, &st->members, h, false, &v, err));
    NORN_TRY(norni_gate_see(g, env->arena, s, &v, &served, &look, err));
    if (!served) return NORN_OK;
    norni_gate_answer(g, &look, &say);
    for (size_t k = 0; k < st->members.n; k++)
        st->weight[k] = say.weight[k];
    for (size_t k = 0; k < g->horizon; k++) {
        if (!isfinite(say.correction[k]) || !isfinite(say.sd[k])) return NORN_OK;
        st->correction[k] = say.correction[k];
        st->sd[k] = say.sd[k];
    }
    st->gate = g;
    return NORN_OK;
}

/* The members' part of a kept model with the same list; else empty. */
static norni_str warm_members(norni_str saved, const char *list) {
    norni_unpack u = {saved, false};
    if (saved.n == 0 || norni_unpack_u32(&u) != COMBINE_TAG) return (norni_str){NULL, 0};
    const bool same = norni_str_is(norni_unpack_str(&u), list);
    const norni_str members = norni_unpack_str(&u);
    return same && !u.failed ? members : (norni_str){NULL, 0};
}

static size_t most_fitted(size_t n_season, const int32_t *season) {
    size_t most = MOST_FITTED;
    for (size_t k = 0; k < n_season; k++) {
        const size_t cycles = MOST_SEASONS * (size_t)season[k];
        most = cycles > most ? cycles : most;
    }
    return most;
}

/* Whether mstl would find several seasons: more than two cycles of each. */
static bool has_several_seasons(const norni_series *s) {
    size_t n = 0;
    for (size_t k = 0; k < s->n_season; k++)
        n += s->season[k] > 1 && s->n > 2 * (size_t)s->season[k];
    return n > 1;
}

static const char *default_members(const norni_series *s, const norni_gate *g) {
    if (g) return g->members;
    if (has_several_seasons(s)) return several_seasons;
    return norni_series_season(s) > 1 ? seasonal_members : plain_members;
}

/* The series without its first values, so many that `most` of the observed ones stay. */
static norni_series newest_part(const norni_series *s, size_t most) {
    norni_series r = *s;
    size_t seen = 0, skip = s->n;
    while (skip > 0 && seen < most)
        seen += isnan(s->y[--skip]) ? 0 : 1;
    r.n -= skip, r.y += skip;
    if (r.times) r.times += skip;
    if (skip > 0) r.start = norni_freq_at(s->freq, s->start, (int64_t)skip);
    return r;
}

static norn_status fit_combine(norni_env *env, const combine_opt *o, bool is_auto,
                               const norni_series *all, void **state, norn_err *err) {
    const char *part = part_of(is_auto);
    const size_t most =
        o->members || all->n_x > 0 ? all->n : most_fitted(all->n_season, all->season);
    norni_series *s = norni_arena_get(env->arena, 1, sizeof *s); /* members may keep it */
    if (s == NULL) return norni_alloc_fail(err, part, 1, sizeof *s);
    *s = newest_part(all, most);
    if (norni_extent_of(s->y, s->n).n_seen == 0)
        return norn_fail(err, NORN_E_DATA, "%s: all %zu values are missing", part, s->n);
    const bool several = !o->members && has_several_seasons(s);
    const bool learned = is_auto && !o->members && o->how == WEIGHTS_LEARNED && !several;
    const norni_gate *g = learned ? norni_gate_of(s) : NULL;
    combine_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, part, 1, sizeof *st);
    st->list = o->members ? o->members : default_members(s, g);
    st->is_auto = is_auto;
    st->n = all->n, st->skipped = all->n - s->n;
    st->how = !is_auto && o->how == NORNI_BLEND_MEAN ? NORNI_BLEND_MEAN : NORNI_BLEND_MEDIAN;
    st->plain_interval = several || (!is_auto && o->interval == INTERVAL_MEMBERS);
    st->spread = norni_spread_of(s);
    NORN_TRY(norni_members_parse(part, env->models, st->list, env->arena, &st->members, err));
    norni_env own = *env;
    own.warm = warm_members(env->warm, st->list);
    NORN_TRY(norni_members_fit(part, &own, s, &st->members, err));
    if (g) NORN_TRY(learn_weights(env, g, s, st, err));
    *state = st;
    return NORN_OK;
}

static norn_status fit_ensemble(norni_env *env, const void *opt, const norni_group *group,
                                void **state, norn_err *err) {
    return fit_combine(env, opt, false, &group->series[0], state, err);
}

static norn_status fit_auto(norni_env *env, const void *opt, const norni_group *group, void **state,
                            norn_err *err) {
    return fit_combine(env, opt, true, &group->series[0], state, err);
}

/* Step h of an ensemble's interval; NaN when no member has one. */
static double spread_sd(const combine_state *st, const norni_views *v, size_t h) {
    const norni_spread *r = &norni_spreads[st->spread];
    const size_t at = h < r->horizon ? h : r->horizon - 1;
    const double factor = st->plain_interval ? 1 : (double)r->factor[at];
    return factor * norni_blend_column(NORNI_BLEND_MEAN, v->sd, v->n, v->horizon, h);
}

static norn_status predict_combine(norni_env *env, const void *state, size_t g, size_t horizon,
                                   bool want_levels, norni_dist *out, norn_err *err) {
    const combine_state *st = state;
    const bool want_sd = want_levels && !st->gate;
    norni_views v;
    (void)g;
    norni_env own = *env;
    own.n_paths = 0; /* members' widths are those of their intervals */
    NORN_TRY(norni_members_predict("ensemble", &own, &st->members, horizon, want_sd, &v, err));
    out->kind = want_levels ? NORNI_DIST_NORMAL : NORNI_DIST_POINT;
    for (size_t h = 0; h < horizon; h++) {
        if (st->gate) {
            const size_t last = st->gate->horizon - 1, at = h < last ? h : last;
            const double beyond = h > last ? sqrt(((double)h + 1) / ((double)last + 1)) : 1;
            out->mean[h] =
                st->correction[at] + norni_blend_weighted(st->weight, v.mean, v.n, horizon, h);
            if (want_levels) out->sd[h] = st->sd[at] * beyond;
        } else {
            out->mean[h] = norni_blend_column(st->how, v.mean, v.n, horizon, h);
            if (want_sd) out->sd[h] = spread_sd(st, &v, h);
        }
        if (!isfinite(out->mean[h]))
            return norn_fail(err, NORN_E_NUMERIC,
                             "ensemble: the forecast of step %zu is not finite", h + 1);
    }
    if (want_levels && env->n_paths)
        return norni_members_paths(env, &st->members, st->gate ? st->weight : NULL, out, err);
    return NORN_OK;
}

static norn_status fitted_combine(norni_env *env, const void *state, size_t g, double *out,
                                  norn_err *err) {
    const combine_state *st = state;
    double *all;
    (void)g;
    const size_t n = st->n - st->skipped;
    NORN_TRY(norni_members_fitted(env, &st->members, n, &all, err));
    for (size_t t = 0; t < st->skipped; t++)
        *out++ = NORNI_NAN;
    for (size_t t = 0; t < n; t++)
        out[t] = st->gate ? norni_blend_weighted(st->weight, all, st->members.n, n, t)
                          : norni_blend_column(st->how, all, st->members.n, n, t);
    return NORN_OK;
}

static void describe_combine(const void *state, size_t g, char *out, size_t size) {
    const combine_state *st = state;
    (void)g;
    size_t n = norni_format(out, size, "%s(%s)", st->is_auto ? "Auto" : "Ensemble",
                            st->gate                      ? st->gate->name
                            : st->how == NORNI_BLEND_MEAN ? "mean"
                                                          : "median");
    for (size_t k = 0; k < st->members.n; k++) {
        const norni_member *m = &st->members.list[k];
        if (m->state == NULL) continue;
        if (st->gate)
            n += norni_format(out + n, size - n, " %g", floor(st->weight[k] * 100 + 0.5) / 100);
        n += norni_format(out + n, size - n, " %.*s", (int)m->text.n, m->text.p);
    }
}

static norn_status save_combine(const void *state, size_t g, norni_buf *out, norn_err *err) {
    const combine_state *st = state;
    const size_t horizon = st->gate ? st->gate->horizon : 0;
    norni_buf members;
    (void)g;
    norni_buf_init(&members, out->alloc);
    const norn_status status =
        norni_members_save(part_of(st->is_auto), &st->members, &members, err);
    norni_pack_u32(out, COMBINE_TAG);
    norni_pack_str(out, norni_str_of(st->list));
    norni_pack_str(out, (norni_str){members.p, members.n});
    norni_pack_u32(out, (uint32_t)(st->how == NORNI_BLEND_MEAN) + 2 * (uint32_t)st->plain_interval);
    norni_pack_u32(out, (uint32_t)st->spread);
    norni_pack_str(out, norni_str_of(st->gate ? st->gate->name : ""));
    norni_pack_f64s(out, st->weight, st->gate ? st->members.n : 0);
    norni_pack_f64s(out, st->correction, horizon);
    norni_pack_f64s(out, st->sd, horizon);
    norni_buf_clear(&members);
    if (status != NORN_OK) return status;
    return out->failed ? norni_alloc_fail(err, part_of(st->is_auto), out->cap, 2) : NORN_OK;
}

static norn_status load_combine(norni_env *env, bool is_auto, norni_str saved, void **state,
                                norn_err *err) {
    const char *part = part_of(is_auto);
    norni_unpack u = {saved, false};
    combine_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, part, 1, sizeof *st);
    if (norni_unpack_u32(&u) != COMBINE_TAG) u.failed = true;
    const norni_str list = norni_unpack_str(&u), members = norni_unpack_str(&u);
    norni_unpack inner = {members, false};
    st->is_auto = is_auto;
    const uint32_t flags = norni_unpack_count(&u, 0, 3);
    st->how = flags % 2 ? NORNI_BLEND_MEAN : NORNI_BLEND_MEDIAN;
    st->plain_interval = flags / 2 == 1;
    st->spread = norni_unpack_count(&u, 0, (uint32_t)norni_n_spreads - 1);
    const norni_str kind = norni_unpack_str(&u);
    for (size_t k = 0; k < norni_n_gates && kind.n > 0; k++)
        if (norni_str_is(kind, norni_gates[k].name)) st->gate = &norni_gates[k];
    st->list = norni_arena_text(env->arena, list.p, list.n);
    if (st->list == NULL) return norni_alloc_fail(err, part, list.n, 1);
    if (u.failed || (kind.n > 0 && !(st->gate && is_auto)) ||
        norni_members_parse(part, env->models, st->list, env->arena, &st->members, NULL) !=
            NORN_OK ||
        (st->gate && st->gate->n_members != st->members.n))
        return norn_fail(err, NORN_E_FORMAT,
                         "%s: the kept model is damaged or not one of this kind", part);
    norni_unpack_finite(&u, st->weight, st->gate ? st->members.n : 0);
    norni_unpack_finite(&u, st->correction, st->gate ? st->gate->horizon : 0);
    norni_unpack_finite(&u, st->sd, st->gate ? st->gate->horizon : 0);
    NORN_TRY(norni_members_load(part, env, &inner, &st->members, err));
    if (!norni_unpack_end(&u) || !norni_unpack_end(&inner))
        return norn_fail(err, NORN_E_FORMAT, "%s: the kept model is damaged", part);
    *state = st;
    return NORN_OK;
}

static norn_status load_ensemble(norni_env *env, const void *opt, norni_str saved, void **state,
                                 norn_err *err) {
    (void)opt;
    return load_combine(env, false, saved, state, err);
}

static norn_status load_auto(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    (void)opt;
    return load_combine(env, true, saved, state, err);
}

/* Weights, corrections and widths stay as they are. */
static norn_status update_combine(norni_env *env, void *state, const norni_series *more,
                                  norn_err *err) {
    combine_state *st = state;
    return norni_members_update(part_of(st->is_auto), env, &st->members, more, err);
}

/* Of the default members together: measured, most of it the searches. */
static double combine_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    const combine_opt *o = opt;
    const size_t most = o->members ? n : most_fitted(1, &season), seen = n < most ? n : most;
    return 60e3 + (1500 + 100 * (double)season) * (double)seen + 2000 * (double)horizon;
}

#define SHARED                                                                                 \
    .opt_size = sizeof(combine_opt), .intervals = true, .missing = true, .cost = combine_cost, \
    .predict = predict_combine, .fitted = fitted_combine, .describe = describe_combine,        \
    .save = save_combine, .paths = norni_paths_always, .update = update_combine

const norni_model norni_model_ensemble = {
    .name = "ensemble",
    .summary = "the median (or mean) of a few good models",
    .source = "Petropoulos and Svetunkov 2020, Int. J. Forecasting 36",
    .params = ensemble_rows,
    .n_params = sizeof ensemble_rows / sizeof ensemble_rows[0],
    .check_models = check_ensemble,
    .fit = fit_ensemble,
    .load = load_ensemble,
    SHARED};
const norni_model norni_model_auto = {
    .name = "auto",
    .summary = "many models with weights learned for the series' kind",
    .source = "after Montero-Manso et al. 2020 (FFORMA), Int. J. Forecasting 36",
    .params = auto_rows,
    .n_params = sizeof auto_rows / sizeof auto_rows[0],
    .check_models = check_auto,
    .fit = fit_auto,
    .load = load_auto,
    SHARED};
