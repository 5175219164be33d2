/* The library's door to fits of many series by Prophet, side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Series with the same time stamps share features and their products: the first of each calendar is
 * planned ahead, with scratch of its own; the others take over what does not depend on y. What is
 * shared has the same bits as what each would have made. */
#include <math.h>

#include "app/prophet_handle.h"
#include "app/prophet_sorted.h"
#include "base/hash.h"
#include "models/prophet/prophet_gram.h"
#include "models/prophet/prophet_solve.h"
#include "par/pool.h"

/* Calendars beyond these are not shared: their plans would hold too much memory. */
enum { MOST_CALENDARS = 32 };

typedef struct calendar {
    size_t first; /* series */
    uint64_t hash;
    size_t n_series;
    norni_arena arena;
    bool made;
    norni_prophet_plan plan;
    norni_prophet_design design;
    norni_prophet_problem problem;
    norni_prophet_gram gram;
    norni_prophet_note note;
} calendar;

typedef struct crowd {
    const norn_prophet *model;
    const norn_prophet_rows *rows; /* (n) */
    norni_poll poll;
    calendar *calendar;
    size_t n_calendar;
    int32_t *of;               /* (n) calendar of each series, or -1 */
    norni_prophet_kept **kept; /* (n) */
    norn_status *status;       /* (n) */
    norn_err *error;           /* (n) */
} crowd;

/* What fits of one specification may share is decided by the time stamps alone. */
static bool may_share(const norni_prophet_spec *spec) {
    bool ok = spec->growth != NORNI_PROPHET_LOGISTIC && spec->n_regressor == 0 &&
              !spec->multiplicative && !spec->holidays_multiplicative;
    for (size_t i = 0; i < spec->n_season; i++)
        ok = ok && spec->season[i].condition.n == 0 && !spec->season[i].multiplicative;
    return ok;
}

/* A key of the times at which y is seen; 0: none to share. */
static uint64_t key_of(const norn_prophet_rows *r) {
    if (r->n < 2 || r->ds == NULL || r->y == NULL) return 0;
    uint64_t key = norni_hash64(r->ds, r->n * sizeof *r->ds);
    for (size_t i = 0; i < r->n; i++) {
        if (i && r->ds[i] < r->ds[i - 1]) return 0;
        if (isnan(r->y[i])) key = (key ^ i) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return key;
}

static void find_calendars(crowd *c, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint64_t key = key_of(&c->rows[i]);
        c->of[i] = -1;
        if (key == 0) continue;
        size_t k = 0;
        while (k < c->n_calendar && c->calendar[k].hash != key)
            k++;
        if (k == MOST_CALENDARS) continue;
        if (k == c->n_calendar) {
            c->calendar[k] = (calendar){.first = i, .hash = key};
            norni_arena_init(&c->calendar[k].arena, &c->model->alloc);
            c->n_calendar++;
        }
        c->calendar[k].n_series++;
        c->of[i] = (int32_t)k;
    }
}

/* Its failure is not the calendar's: each series then meets it by itself. */
static norn_status make_calendar(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    crowd *c = arg;
    calendar *k = &c->calendar[item];
    norni_prophet_rows rows;
    (void)worker;
    if (k->n_series < 2) return NORN_OK;
    norn_status st = norni_prophet_sorted(&k->arena, &c->rows[k->first], &rows, err);
    if (st == NORN_OK)
        st = norni_prophet_plan_make(&k->arena, &c->poll, &c->model->box->spec, &rows, &k->plan,
                                     &k->design, &k->note, err);
    if (st == NORN_OK)
        st = norni_prophet_problem_of(&k->arena, &k->plan, &k->design, &k->problem, err);
    if (st == NORN_OK)
        st = norni_prophet_gram_make(&k->arena, &c->poll, &k->problem, NULL, &k->gram, err);
    k->made = st == NORN_OK;
    if (!k->made) norni_arena_clear(&k->arena);
    return st == NORN_E_CANCEL ? st : NORN_OK;
}

/* A constant series has its own answer, without the products. */
static bool constant(const norni_prophet_design *d) {
    size_t i = 1;
    while (i < d->n && d->y[i] == d->y[0])
        i++;
    return i == d->n;
}

static norn_status fit_shared(norni_arena *arena, const crowd *c, const calendar *k,
                              const norni_prophet_rows *rows, norni_prophet_kept **out,
                              norn_err *err) {
    norni_prophet_plan plan;
    norni_prophet_design design;
    norni_prophet_problem problem = k->problem;
    norni_prophet_fit fit = {0};
    const char *lines[sizeof k->note.text / sizeof k->note.text[0]];
    NORN_TRY(norni_prophet_plan_again(arena, &k->plan, &k->design, rows, &plan, &design, err));
    problem.y = design.y;
    fit.delta = norni_arena_zero(arena, plan.n_change, sizeof *fit.delta);
    fit.beta = norni_arena_zero(arena, plan.n_column, sizeof *fit.beta);
    if (fit.delta == NULL || fit.beta == NULL)
        return norni_alloc_fail(err, "prophet", plan.n_column, sizeof *fit.beta);
    if (constant(&design))
        NORN_TRY(norni_prophet_solve(arena, &c->poll, &problem, NULL, &fit, err));
    else
        NORN_TRY(norni_prophet_exact(arena, &c->poll, &problem, &k->gram, NULL, &fit, err));
    NORN_TRY(norni_prophet_usable(&fit, err));
    for (size_t i = 0; i < k->note.n; i++)
        lines[i] = k->note.text[i];
    plan.holiday = c->model->box->spec.holiday;
    plan.country = c->model->box->spec.country;
    return norni_prophet_keep(&c->model->alloc, &plan, &fit, design.n, 1.0 / (double)(design.n - 1),
                              lines, k->note.n, out, err);
}

static norn_status fit_item(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    crowd *c = arg;
    norni_prophet_rows rows;
    norni_arena *arena = &worker->arena;
    const calendar *k = c->of[item] >= 0 ? &c->calendar[c->of[item]] : NULL;
    (void)err;
    norn_err *own = &c->error[item];
    norn_status st = norni_prophet_sorted(arena, &c->rows[item], &rows, own);
    if (st == NORN_OK) {
        if (k && k->made && norni_prophet_same_calendar(&k->plan, &k->design, &rows))
            st = fit_shared(arena, c, k, &rows, &c->kept[item], own);
        else
            st = norni_prophet_fit_rows(arena, &c->poll, &c->model->alloc, &c->model->box->spec,
                                        &rows, NULL, &c->kept[item], own);
    }
    c->status[item] = st;
    return st == NORN_E_CANCEL ? st : NORN_OK;
}

static norn_status make_room(norni_arena *arena, crowd *c, size_t n, norn_err *err) {
    c->calendar = norni_arena_zero(arena, MOST_CALENDARS, sizeof *c->calendar);
    c->of = norni_arena_get(arena, n, sizeof *c->of);
    c->kept = norni_arena_zero(arena, n, sizeof(void *));
    c->status = norni_arena_zero(arena, n, sizeof *c->status);
    c->error = norni_arena_zero(arena, n, sizeof *c->error);
    if (!c->calendar || !c->of || !c->kept || !c->status || !c->error)
        return norni_alloc_fail(err, "prophet", n, sizeof *c->error);
    return NORN_OK;
}

static norn_status run(norn_ctx *ctx, crowd *c, size_t n, norn_err *err) {
    const norni_for_opt loop = {.keep_going = true};
    for (size_t i = 0; i < n; i++)
        c->of[i] = -1;
    if (may_share(&c->model->box->spec)) {
        find_calendars(c, n);
        NORN_TRY(norni_for(ctx, NULL, c->n_calendar, make_calendar, c, &loop, err));
    }
    return norni_for(ctx, NULL, n, fit_item, c, &loop, err);
}

/* Handles for what was kept, on the model's specification. */
static norn_status hand_out(crowd *c, size_t n, norn_prophet **out, norn_err *err) {
    for (size_t i = 0; i < n; i++) {
        if (c->kept[i] == NULL) continue;
        norni_prophet_box *box = norni_prophet_box_share(c->model->box);
        const norn_status st = norni_prophet_handle(box, c->kept[i], &out[i], err);
        if (st != NORN_OK) {
            norni_prophet_box_drop(box);
            return st;
        }
        c->kept[i] = NULL;
    }
    return NORN_OK;
}

norn_status norn_prophet_fit_many(norn_ctx *ctx, const norn_prophet *p,
                                  const norn_prophet_rows *rows, size_t n_series,
                                  norn_prophet **out, norn_status *status, norn_err *err) {
    crowd c = {.model = p, .rows = rows, .poll = norni_ctx_poll(ctx)};
    norni_arena arena;
    if (n_series && (rows == NULL || out == NULL))
        return norn_fail(err, NORN_E_ARG, "prophet: rows and out must be given");
    for (size_t i = 0; i < n_series; i++)
        out[i] = NULL;
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = make_room(&arena, &c, n_series, err);
    if (st == NORN_OK) st = run(ctx, &c, n_series, err);
    if (st == NORN_OK) st = hand_out(&c, n_series, out, err);
    for (size_t i = 0; st == NORN_OK && status && i < n_series; i++)
        status[i] = c.status[i];
    for (size_t i = 0; c.kept && i < n_series; i++) {
        if (st != NORN_OK) {
            norn_prophet_free(out[i]);
            out[i] = NULL;
        }
        norni_prophet_kept_drop(c.kept[i]);
    }
    for (size_t k = 0; k < c.n_calendar; k++)
        norni_arena_clear(&c.calendar[k].arena);
    norni_arena_clear(&arena);
    return st;
}
