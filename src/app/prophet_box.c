/* A specification of Prophet: made from options, added to, shared, copied. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/prophet_box.h"

#include <math.h>

static norn_status no_memory(norn_err *err, size_t n, size_t size) {
    return norni_alloc_fail(err, "prophet", n, size);
}

static norn_status keep_text(norni_prophet_box *box, const char *text, norni_str *out,
                             norn_err *err) {
    const norni_str view = norni_str_of(text ? text : "");
    *out = (norni_str){norni_arena_text(&box->arena, view.p, view.n), view.n};
    return out->p ? NORN_OK : no_memory(err, view.n, 1);
}

/* ---- lists ---- */

/* Room for one element more behind n; *list moves. */
static norn_status make_room(norni_prophet_box *box, void **list, size_t n, size_t more,
                             size_t *room, size_t size, norn_err *err) {
    if (more <= *room - n) return NORN_OK;
    const size_t grown = n + more + (n < SIZE_MAX / 4 ? n : 0);
    void *next = norni_arena_get(&box->arena, grown, size);
    if (next == NULL) return no_memory(err, grown, size);
    if (n) memcpy(next, *list, n * size);
    *list = next;
    *room = grown;
    return NORN_OK;
}

static norn_status season_room(norni_prophet_box *box, norn_err *err) {
    void *list = box->season;
    NORN_TRY(
        make_room(box, &list, box->spec.n_season, 1, &box->season_room, sizeof *box->season, err));
    box->spec.season = box->season = list;
    return NORN_OK;
}

static norn_status regressor_room(norni_prophet_box *box, norn_err *err) {
    void *list = box->regressor;
    NORN_TRY(make_room(box, &list, box->spec.n_regressor, 1, &box->regressor_room,
                       sizeof *box->regressor, err));
    box->spec.regressor = box->regressor = list;
    return NORN_OK;
}

static norn_status holiday_room(norni_prophet_box *box, size_t n, norn_err *err) {
    void *list = box->holiday;
    NORN_TRY(make_room(box, &list, box->spec.n_holiday, n, &box->holiday_room, sizeof *box->holiday,
                       err));
    box->spec.holiday = box->holiday = list;
    return NORN_OK;
}

/* ---- life ---- */

static norn_status box_alloc(const norn_alloc *alloc, norni_prophet_box **out, norn_err *err) {
    norni_prophet_box *box = norni_alloc_zero(alloc, 1, sizeof *box);
    *out = box;
    if (box == NULL) return no_memory(err, 1, sizeof *box);
    box->alloc = *alloc;
    atomic_init(&box->n_users, 1);
    norni_arena_init(&box->arena, &box->alloc);
    return NORN_OK;
}

norni_prophet_box *norni_prophet_box_share(norni_prophet_box *box) {
    atomic_fetch_add_explicit(&box->n_users, 1, memory_order_relaxed);
    return box;
}

void norni_prophet_box_drop(norni_prophet_box *box) {
    if (box == NULL || atomic_fetch_sub_explicit(&box->n_users, 1, memory_order_acq_rel) > 1)
        return;
    const norn_alloc alloc = box->alloc;
    norni_arena_clear(&box->arena);
    norni_alloc_drop(&alloc, box, 1, sizeof *box);
}

static norn_status copy_changepoints(norni_prophet_box *box, const int64_t *from, size_t n,
                                     norn_err *err) {
    int64_t *to = norni_arena_get(&box->arena, n, sizeof *to);
    if (to == NULL) return no_memory(err, n, sizeof *to);
    if (n) memcpy(to, from, n * sizeof *to);
    box->spec.changepoint = to;
    box->spec.n_changepoint = n;
    return NORN_OK;
}

static norn_status fill_from_options(norni_prophet_box *box, const norn_prophet_opt *o,
                                     norn_err *err) {
    if (o->n_given && o->changepoints == NULL)
        return norn_fail(err, NORN_E_ARG, "prophet: n_given=%zu without changepoints", o->n_given);
    if (o->holidays_multiplicative < -1 || o->holidays_multiplicative > 1)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: holidays_multiplicative=%d is none of 1, 0 and -1",
                         (int)o->holidays_multiplicative);
    box->spec = (norni_prophet_spec){
        .growth = (norni_prophet_growth)o->growth,
        .changepoints_given = o->changepoints_given,
        .n_changepoints = o->n_changepoints,
        .changepoint_range = o->changepoint_range,
        .yearly = o->yearly,
        .weekly = o->weekly,
        .daily = o->daily,
        .multiplicative = o->multiplicative,
        .holidays_multiplicative =
            o->holidays_multiplicative == -1 ? o->multiplicative : o->holidays_multiplicative == 1,
        .minmax = o->minmax,
        .seasonality_prior = o->seasonality_prior,
        .holidays_prior = o->holidays_prior,
        .changepoint_prior = o->changepoint_prior,
    };
    if (o->changepoints_given) NORN_TRY(copy_changepoints(box, o->changepoints, o->n_given, err));
    return norni_prophet_check(&box->spec, err);
}

norn_status norni_prophet_box_new(const norn_alloc *alloc, const norn_prophet_opt *opt,
                                  norni_prophet_box **out, norn_err *err) {
    norni_prophet_box *box;
    norn_status st;
    *out = NULL;
    NORN_TRY_GOTO(box_alloc(alloc, &box, err), fail);
    NORN_TRY_GOTO(fill_from_options(box, opt, err), fail);
    if (opt->country) NORN_TRY_GOTO(norni_prophet_box_country(box, opt->country, err), fail);
    *out = box;
    return NORN_OK;
fail:
    norni_prophet_box_drop(box);
    return st;
}

/* A deep copy of from's lists. */
static norn_status fill_from_box(norni_prophet_box *box, const norni_prophet_spec *from,
                                 norn_err *err) {
    box->spec = *from;
    box->spec.n_season = box->spec.n_regressor = box->spec.n_holiday = 0;
    NORN_TRY(copy_changepoints(box, from->changepoint, from->n_changepoint, err));
    NORN_TRY(keep_text(box, from->country.n ? from->country.p : NULL, &box->spec.country, err));
    for (size_t i = 0; i < from->n_season; i++) {
        NORN_TRY(season_room(box, err));
        norni_prophet_season *s = &box->season[i];
        *s = from->season[i];
        NORN_TRY(keep_text(box, s->name.p, &s->name, err));
        NORN_TRY(keep_text(box, s->condition.p, &s->condition, err));
        box->spec.n_season++;
    }
    for (size_t i = 0; i < from->n_regressor; i++) {
        NORN_TRY(regressor_room(box, err));
        box->regressor[i] = from->regressor[i];
        NORN_TRY(keep_text(box, from->regressor[i].name.p, &box->regressor[i].name, err));
        box->spec.n_regressor++;
    }
    NORN_TRY(holiday_room(box, from->n_holiday, err));
    for (size_t i = 0; i < from->n_holiday; i++) {
        box->holiday[i] = from->holiday[i];
        NORN_TRY(keep_text(box, from->holiday[i].name.p, &box->holiday[i].name, err));
        box->spec.n_holiday++;
    }
    return NORN_OK;
}

norn_status norni_prophet_box_own(norni_prophet_box **box, norn_err *err) {
    if (atomic_load_explicit(&(*box)->n_users, memory_order_acquire) == 1) return NORN_OK;
    norni_prophet_box *own;
    norn_status st;
    NORN_TRY_GOTO(box_alloc(&(*box)->alloc, &own, err), fail);
    NORN_TRY_GOTO(fill_from_box(own, &(*box)->spec, err), fail);
    norni_prophet_box_drop(*box);
    *box = own;
    return NORN_OK;
fail:
    norni_prophet_box_drop(own);
    return st;
}

/* ---- additions ---- */

static norn_status choice(int32_t given, bool usual, const char *name, bool *out, norn_err *err) {
    if (given < -1 || given > 1)
        return norn_fail(err, NORN_E_ARG, "prophet: '%s': multiplicative=%d is none of 1, 0 and -1",
                         name, (int)given);
    *out = given == -1 ? usual : given == 1;
    return NORN_OK;
}

static bool same(norni_str a, norni_str b) {
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

norn_status norni_prophet_box_season(norni_prophet_box *box, const norn_prophet_seasonality *s,
                                     norn_err *err) {
    norni_prophet_spec *spec = &box->spec;
    const char *code;
    norni_prophet_season added = {.period = s->period, .order = s->order, .prior = s->prior};
    if (isnan(added.prior)) added.prior = spec->seasonality_prior;
    NORN_TRY(keep_text(box, s->name, &added.name, err));
    NORN_TRY(keep_text(box, s->condition, &added.condition, err));
    NORN_TRY(
        choice(s->multiplicative, spec->multiplicative, added.name.p, &added.multiplicative, err));
    NORN_TRY(season_room(box, err));
    size_t i = 0;
    while (i < spec->n_season && !same(box->season[i].name, added.name))
        i++;
    const size_t n = spec->n_season;
    const norni_prophet_season replaced = i < n ? box->season[i] : added;
    box->season[i] = added;
    spec->n_season += i == n;
    norn_status st = norni_prophet_check_season(spec, i, err);
    if (st == NORN_OK) st = norni_prophet_check_country(&box->arena, spec, &code, err);
    if (st == NORN_OK) return NORN_OK;
    box->season[i] = replaced;
    spec->n_season = n;
    return st;
}

norn_status norni_prophet_box_regressor(norni_prophet_box *box, const norn_prophet_regressor *r,
                                        norn_err *err) {
    norni_prophet_spec *spec = &box->spec;
    const char *code;
    norni_prophet_regressor added = {.prior = r->prior, .standardise = r->standardise, .sd = 1};
    if (isfinite(r->mu) && isfinite(r->sd) && r->sd > 0) added.mu = r->mu, added.sd = r->sd;
    if (isnan(added.prior)) added.prior = spec->holidays_prior;
    NORN_TRY(keep_text(box, r->name, &added.name, err));
    NORN_TRY(
        choice(r->multiplicative, spec->multiplicative, added.name.p, &added.multiplicative, err));
    NORN_TRY(regressor_room(box, err));
    size_t i = 0;
    while (i < spec->n_regressor && !same(box->regressor[i].name, added.name))
        i++;
    const size_t n = spec->n_regressor;
    const norni_prophet_regressor replaced = i < n ? box->regressor[i] : added;
    box->regressor[i] = added;
    spec->n_regressor += i == n;
    norn_status st = norni_prophet_check_regressor(spec, i, err);
    if (st == NORN_OK) st = norni_prophet_check_country(&box->arena, spec, &code, err);
    if (st == NORN_OK) return NORN_OK;
    box->regressor[i] = replaced;
    spec->n_regressor = n;
    return st;
}

norn_status norni_prophet_box_holidays(norni_prophet_box *box, const norn_prophet_holiday *rows,
                                       size_t n, norn_err *err) {
    const size_t before = box->spec.n_holiday;
    norn_status st = holiday_room(box, n, err);
    for (size_t i = 0; st == NORN_OK && i < n; i++) {
        norni_holiday *h = &box->holiday[before + i];
        *h = (norni_holiday){.day = rows[i].day,
                             .lower = rows[i].lower,
                             .upper = rows[i].upper,
                             .prior = rows[i].prior};
        const norni_str name = norni_str_of(rows[i].name ? rows[i].name : "");
        if (i && same(h[-1].name, name)) /* tables come with runs of one name */
            h->name = h[-1].name;
        else
            st = keep_text(box, rows[i].name, &h->name, err);
        if (st == NORN_OK) box->spec.n_holiday++;
    }
    if (st == NORN_OK) st = norni_prophet_check_holidays(&box->spec, before, err);
    if (st != NORN_OK) box->spec.n_holiday = before;
    return st;
}

norn_status norni_prophet_box_country(norni_prophet_box *box, const char *country, norn_err *err) {
    const norni_str before = box->spec.country;
    const char *code;
    NORN_TRY(keep_text(box, country, &box->spec.country, err));
    norn_status st = NORN_OK;
    if (box->spec.country.n == 0)
        st = norn_fail(err, NORN_E_ARG, "prophet: a country must be named, such as US");
    if (st == NORN_OK) st = norni_prophet_check_country(&box->arena, &box->spec, &code, err);
    if (st != NORN_OK) box->spec.country = before;
    return st;
}
