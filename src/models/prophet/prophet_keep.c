/* The model "prophet" kept: plan and estimates as bytes, and back with everything checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/prophet/prophet_state.h"

#define PROPHET_TAG UINT32_C(0x314F5250) /* "PRO1" */
enum { MOST = 1 << 24, MOST_GAP_ROWS = 1 << 18, MOST_ORDER = 10000, MOST_WINDOW = 36525 };
#define MOST_PERIODS (INT64_C(1) << 40)

static void put_flag(norni_buf *out, bool flag) {
    norni_pack_u32(out, flag);
}

static void put_limit(norni_buf *out, norni_prophet_limit limit) {
    norni_pack_i32(out, limit.column);
    norni_pack_f64(out, limit.value);
}

static size_t count_holiday_columns(const norni_prophet_plan *p) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_column; i++)
        n += p->column[i].kind == NORNI_PROPHET_HOLIDAY;
    return n;
}

static void put_plan(norni_buf *out, const norni_prophet_plan *p) {
    norni_pack_u32(out, (uint32_t)p->growth);
    put_flag(out, p->minmax);
    put_flag(out, p->floor);
    put_flag(out, p->multiplicative);
    put_flag(out, p->holidays_multiplicative);
    norni_pack_i64(out, p->start);
    norni_pack_i64(out, p->t_scale);
    norni_pack_f64(out, p->y_scale);
    norni_pack_f64(out, p->y_min);
    norni_pack_f64(out, p->tau);
    norni_pack_f64(out, p->holidays_prior);
    norni_pack_u32(out, (uint32_t)p->n_change);
    for (size_t i = 0; i < p->n_change; i++) {
        norni_pack_i64(out, p->change[i]);
        norni_pack_f64(out, p->change_t[i]);
    }
    norni_pack_u32(out, (uint32_t)p->n_season);
    for (size_t i = 0; i < p->n_season; i++) {
        norni_pack_str(out, p->season[i].name);
        norni_pack_f64(out, p->season[i].period);
        norni_pack_i32(out, p->season[i].order);
        norni_pack_f64(out, p->season[i].prior);
        put_flag(out, p->season[i].multiplicative);
        norni_pack_str(out, p->season[i].condition);
    }
    norni_pack_u32(out, (uint32_t)p->n_regressor);
    for (size_t i = 0; i < p->n_regressor; i++) {
        norni_pack_str(out, p->regressor[i].name);
        norni_pack_f64(out, p->regressor[i].prior);
        norni_pack_i32(out, p->regressor[i].standardise);
        put_flag(out, p->regressor[i].multiplicative);
        norni_pack_f64(out, p->regressor[i].mu);
        norni_pack_f64(out, p->regressor[i].sd);
    }
    norni_pack_str(out, p->country);
    norni_pack_u32(out, (uint32_t)p->n_holiday);
    for (size_t i = 0; i < p->n_holiday; i++) {
        norni_pack_str(out, p->holiday[i].name);
        norni_pack_i64(out, p->holiday[i].day);
        norni_pack_i32(out, p->holiday[i].lower);
        norni_pack_i32(out, p->holiday[i].upper);
        norni_pack_f64(out, p->holiday[i].prior);
    }
    norni_pack_u32(out, (uint32_t)p->n_holiday_name);
    for (size_t i = 0; i < p->n_holiday_name; i++)
        norni_pack_str(out, p->holiday_name[i]);
    norni_pack_u32(out, (uint32_t)count_holiday_columns(p));
    for (size_t i = 0; i < p->n_column; i++) { /* the others follow from what is kept above */
        if (p->column[i].kind != NORNI_PROPHET_HOLIDAY) continue;
        norni_pack_u32(out, (uint32_t)p->column[i].source);
        norni_pack_i32(out, p->column[i].part);
        norni_pack_f64(out, p->column[i].prior);
    }
}

static void put_spread(norni_buf *out, const norni_prophet_spread *s) {
    norni_pack_u32(out, (uint32_t)s->n);
    for (size_t c = 0; c < s->n; c++)
        norni_pack_u32(out, s->at[c]);
    norni_pack_f64s(out, s->unit, s->n);
    for (size_t c = 0; c < s->n; c++)
        norni_pack_f64s(out, s->factor + c * s->n, c + 1);
}

norn_status norni_prophet_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const norni_prophet_state *st = state;
    norni_pack_u32(out, PROPHET_TAG);
    put_plan(out, &st->plan);
    norni_pack_f64(out, st->fit.k);
    norni_pack_f64(out, st->fit.m);
    norni_pack_f64(out, st->fit.sigma);
    norni_pack_f64s(out, st->fit.delta, st->plan.n_change);
    norni_pack_f64s(out, st->fit.beta, st->plan.n_column);
    norni_pack_f64(out, st->fit.log_posterior);
    norni_pack_f64(out, st->fit.kkt);
    put_flag(out, st->fit.exact);
    norni_pack_u32(out, (uint32_t)st->fit.stop);
    norni_pack_f64(out, st->mean_step);
    norni_pack_i64(out, (int64_t)st->n_used);
    norni_pack_u32(out, (uint32_t)st->clock.freq.unit);
    norni_pack_i32(out, st->clock.freq.step);
    norni_pack_i32(out, st->clock.freq.anchor);
    put_flag(out, st->clock.irregular);
    norni_pack_i64(out, st->clock.from);
    norni_pack_i64(out, st->clock.at);
    norni_pack_i64(out, st->clock.last);
    norni_pack_i64(out, st->clock.step);
    norni_pack_i64(out, (int64_t)st->clock.gap);
    put_limit(out, st->use.cap);
    put_limit(out, st->use.floor);
    norni_pack_u32(out, (uint32_t)st->use.n_x);
    for (size_t i = 0; i < st->use.n_x; i++) {
        norni_pack_str(out, st->use.name[i]);
        norni_pack_u32(out, (uint32_t)st->use.column[i]);
    }
    norni_pack_str(out, norni_str_of(st->notes));
    if (st->spread.n) put_spread(out, &st->spread); /* behind all else: older ones end before it */
    return out->failed ? norni_alloc_fail(err, "prophet", out->cap, 2) : NORN_OK;
}

/* Reading; `short_of` is set when memory is out, `in.failed` when the bytes are not a kept model. */
typedef struct reader {
    norni_unpack in;
    norni_arena *arena;
    bool short_of;
} reader;

static bool take_flag(reader *r) {
    return norni_unpack_count(&r->in, 0, 1) == 1;
}

/* A count of things that take `size` bytes at least, and room for them of `each` bytes, zeroed. */
static size_t take_list(reader *r, size_t size, size_t each, void **room) {
    size_t n = norni_unpack_count(&r->in, 0, MOST);
    if (!norni_unpack_has(&r->in, n, size)) n = 0;
    *room = norni_arena_zero(r->arena, n, each);
    if (*room == NULL) r->short_of = true;
    return *room ? n : 0;
}

static norni_str take_text(reader *r) {
    const norni_str s = norni_unpack_str(&r->in);
    const norni_str copy = {norni_arena_text(r->arena, s.p ? s.p : "", s.n), s.n};
    if (copy.p == NULL) r->short_of = true;
    return copy.p ? copy : (norni_str){"", 0};
}

static double take_positive(reader *r) {
    return norni_unpack_within(&r->in, DBL_TRUE_MIN, DBL_MAX);
}

static double take_finite(reader *r) {
    return norni_unpack_within(&r->in, -DBL_MAX, DBL_MAX);
}

static int32_t take_between(reader *r, int32_t least, int32_t most) {
    const int32_t x = norni_unpack_i32(&r->in);
    if (!r->in.failed && x >= least && x <= most) return x;
    r->in.failed = true;
    return least < 0 ? most : least;
}

static int64_t take_time(reader *r) {
    return norni_unpack_between(&r->in, NORNI_TIME_MIN, NORNI_TIME_MAX);
}

static norni_prophet_limit take_limit(reader *r) {
    norni_prophet_limit limit = {.column = norni_unpack_i32(&r->in)};
    limit.value = norni_unpack_f64(&r->in);
    if (limit.column < -1 || limit.column >= MOST || isinf(limit.value)) r->in.failed = true;
    return limit;
}

static void take_changes(reader *r, norni_prophet_plan *p) {
    void *room, *second;
    p->n_change = take_list(r, 16, sizeof(int64_t), &room);
    second = norni_arena_zero(r->arena, p->n_change, sizeof(double));
    if (second == NULL) {
        r->short_of = true;
        p->n_change = 0;
    }
    int64_t *change = room;
    double *change_t = second;
    for (size_t i = 0; i < p->n_change; i++) {
        change[i] = take_time(r);
        change_t[i] = take_finite(r);
        if (i && change_t[i] < change_t[i - 1]) r->in.failed = true;
    }
    p->change = change;
    p->change_t = change_t;
}

static void take_seasons(reader *r, norni_prophet_plan *p) {
    void *room;
    p->n_season = take_list(r, 32, sizeof(norni_prophet_season), &room);
    norni_prophet_season *season = room;
    for (size_t i = 0; i < p->n_season; i++) {
        season[i].name = take_text(r);
        season[i].period = take_positive(r);
        season[i].order = (int32_t)norni_unpack_count(&r->in, 1, MOST_ORDER);
        season[i].prior = take_positive(r);
        season[i].multiplicative = take_flag(r);
        season[i].condition = take_text(r);
    }
    p->season = season;
}

static void take_regressors(reader *r, norni_prophet_plan *p) {
    void *room;
    p->n_regressor = take_list(r, 36, sizeof(norni_prophet_regressor), &room);
    norni_prophet_regressor *regressor = room;
    for (size_t i = 0; i < p->n_regressor; i++) {
        regressor[i].name = take_text(r);
        regressor[i].prior = take_positive(r);
        regressor[i].standardise = norni_unpack_i32(&r->in);
        regressor[i].multiplicative = take_flag(r);
        regressor[i].mu = take_finite(r);
        regressor[i].sd = take_positive(r);
    }
    p->regressor = regressor;
}

static void take_holidays(reader *r, norni_prophet_plan *p) {
    void *room;
    p->country = take_text(r);
    p->n_holiday = take_list(r, 28, sizeof(norni_holiday), &room);
    norni_holiday *holiday = room;
    for (size_t i = 0; i < p->n_holiday; i++) {
        holiday[i].name = take_text(r);
        holiday[i].day = norni_unpack_between(&r->in, NORNI_TIME_MIN / NORNI_US_DAY,
                                              NORNI_TIME_MAX / NORNI_US_DAY);
        holiday[i].lower = take_between(r, -MOST_WINDOW, 0);
        holiday[i].upper = take_between(r, 0, MOST_WINDOW);
        holiday[i].prior = norni_unpack_f64(&r->in);
    }
    p->holiday = holiday;
    p->n_holiday_name = take_list(r, 4, sizeof(norni_str), &room);
    norni_str *name = room;
    for (size_t i = 0; i < p->n_holiday_name; i++)
        name[i] = take_text(r);
    p->holiday_name = name;
}

static size_t add_season_columns(const norni_prophet_plan *p, norni_prophet_column *column) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_season; i++) {
        for (int32_t part = 0; part < 2 * p->season[i].order; part++, n++) {
            if (column)
                column[n] = (norni_prophet_column){
                    NORNI_PROPHET_SEASON, p->season[i].name,          i, part,
                    p->season[i].prior,   p->season[i].multiplicative};
        }
    }
    return n;
}

/* All columns in their order: seasonalities, holidays, regressors. */
static void take_columns(reader *r, norni_prophet_plan *p) {
    void *room, *all;
    const size_t n_season = add_season_columns(p, NULL),
                 n_holiday = take_list(r, 16, sizeof(norni_prophet_column), &room),
                 n = n_season + n_holiday + p->n_regressor;
    norni_prophet_column *holiday = room, *column;
    for (size_t i = 0; i < n_holiday; i++) {
        const size_t source = norni_unpack_count(&r->in, 0, MOST);
        const int32_t part = take_between(r, -MOST_WINDOW, MOST_WINDOW);
        const double prior = take_positive(r);
        if (source >= p->n_holiday_name) {
            r->in.failed = true;
            continue;
        }
        holiday[i] = (norni_prophet_column){
            NORNI_PROPHET_HOLIDAY,     p->holiday_name[source], source, part, prior,
            p->holidays_multiplicative};
    }
    /* each has a coefficient to come */
    all = !r->in.failed && norni_unpack_has(&r->in, n, sizeof(double))
              ? norni_arena_zero(r->arena, n + 1, sizeof *column)
              : NULL;
    if (all == NULL) {
        r->in.failed = true;
        return;
    }
    column = all;
    add_season_columns(p, column);
    if (n_holiday) memcpy(column + n_season, holiday, n_holiday * sizeof *column);
    for (size_t i = 0; i < p->n_regressor; i++)
        column[n_season + n_holiday + i] =
            (norni_prophet_column){NORNI_PROPHET_REGRESSOR, p->regressor[i].name,          i, 0,
                                   p->regressor[i].prior,   p->regressor[i].multiplicative};
    if (n == 0)
        column[0] =
            (norni_prophet_column){NORNI_PROPHET_ZEROS, norni_str_of("zeros"), 0, 0, 1, false};
    p->column = column;
    p->n_column = n ? n : 1;
}

static void take_plan(reader *r, norni_prophet_plan *p) {
    p->growth = (norni_prophet_growth)norni_unpack_count(&r->in, 0, NORNI_PROPHET_FLAT);
    p->minmax = take_flag(r);
    p->floor = take_flag(r);
    p->multiplicative = take_flag(r);
    p->holidays_multiplicative = take_flag(r);
    p->start = take_time(r);
    p->t_scale = norni_unpack_between(&r->in, 1, NORNI_TIME_MAX - NORNI_TIME_MIN);
    p->y_scale = take_positive(r);
    p->y_min = take_finite(r);
    p->tau = take_positive(r);
    p->holidays_prior = take_positive(r);
    take_changes(r, p);
    take_seasons(r, p);
    take_regressors(r, p);
    take_holidays(r, p);
    take_columns(r, p);
}

static void take_fit(reader *r, const norni_prophet_plan *p, norni_prophet_fit *fit) {
    fit->delta = norni_arena_zero(r->arena, p->n_change, sizeof *fit->delta);
    fit->beta = norni_arena_zero(r->arena, p->n_column, sizeof *fit->beta);
    if (!fit->delta || !fit->beta) {
        r->short_of = true;
        return;
    }
    fit->k = take_finite(r);
    fit->m = take_finite(r);
    fit->sigma = norni_unpack_within(&r->in, 0, DBL_MAX);
    norni_unpack_finite(&r->in, fit->delta, p->n_change);
    norni_unpack_finite(&r->in, fit->beta, p->n_column);
    fit->log_posterior = norni_unpack_f64(&r->in);
    fit->kkt = norni_unpack_f64(&r->in);
    fit->exact = take_flag(r);
    fit->stop = (norn_stop)norni_unpack_count(&r->in, 0, 15);
}

static void take_clock(reader *r, norni_prophet_clock *c) {
    c->freq.unit = (norni_unit)norni_unpack_count(&r->in, 0, NORNI_UNIT_IRREGULAR);
    c->freq.step = take_between(r, 1, INT32_MAX);
    c->freq.anchor = take_between(r, 0, 31);
    c->irregular = take_flag(r);
    c->from = take_time(r);
    c->at = norni_unpack_between(&r->in, 0, MOST_PERIODS);
    c->last = norni_unpack_between(&r->in, NORNI_TIME_MIN, NORNI_TIME_MAX);
    c->step = norni_unpack_between(&r->in, 0, NORNI_TIME_MAX - NORNI_TIME_MIN);
    c->gap = (size_t)norni_unpack_between(&r->in, 0, MOST_GAP_ROWS);
}

static void take_use(reader *r, norni_prophet_use *use) {
    void *room, *second;
    use->cap = take_limit(r);
    use->floor = take_limit(r);
    use->n_x = take_list(r, 8, sizeof(norni_str), &room);
    second = norni_arena_zero(r->arena, use->n_x, sizeof(size_t));
    if (second == NULL) {
        r->short_of = true;
        use->n_x = 0;
    }
    norni_str *name = room;
    size_t *column = second;
    for (size_t i = 0; i < use->n_x; i++) {
        name[i] = take_text(r);
        column[i] = norni_unpack_count(&r->in, 0, MOST);
    }
    use->name = name;
    use->column = column;
}

/* What put_spread wrote. */
static void take_spread(reader *r, const norni_prophet_plan *p, norni_prophet_spread *s) {
    const size_t most = p->n_column + NORNI_PROPHET_AT_DELTA + p->n_change,
                 n = norni_unpack_count(&r->in, 1, (uint32_t)most);
    if (!norni_unpack_has(&r->in, n * (n + 1) / 2 + n, sizeof(double))) return;
    s->at = norni_arena_zero(r->arena, n, sizeof *s->at);
    s->unit = norni_arena_zero(r->arena, n, sizeof *s->unit);
    s->factor = norni_arena_zero(r->arena, n * n, sizeof *s->factor);
    if (!s->at || !s->unit || !s->factor) {
        r->short_of = true;
        return;
    }
    for (size_t c = 0; c < n; c++) {
        s->at[c] = norni_unpack_count(&r->in, 0, (uint32_t)most - 1);
        if (c && s->at[c] <= s->at[c - 1]) r->in.failed = true;
    }
    for (size_t c = 0; c < n; c++)
        s->unit[c] = take_positive(r);
    for (size_t c = 0; c < n; c++) {
        norni_unpack_finite(&r->in, s->factor + c * n, c + 1);
        if (!(s->factor[c * n + c] > 0)) r->in.failed = true;
    }
    s->n = n;
}

static void add_note(norni_prophet_state *st, const char *text) {
    const size_t n = strlen(st->notes);
    norni_format(st->notes + n, sizeof st->notes - n, "; %s", text);
}

norn_status norni_prophet_load(norni_env *env, const void *opt, norni_str saved, void **state,
                               norn_err *err) {
    const norni_prophet_opt *o = opt;
    reader r = {{saved, false}, env->arena, false};
    norni_prophet_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (!st) return norni_alloc_fail(err, "prophet", 1, sizeof *st);
    if (norni_unpack_u32(&r.in) != PROPHET_TAG) r.in.failed = true;
    take_plan(&r, &st->plan);
    take_fit(&r, &st->plan, &st->fit);
    st->mean_step = norni_unpack_within(&r.in, 0, 1);
    st->n_used = (size_t)norni_unpack_between(&r.in, 0, MOST_PERIODS);
    take_clock(&r, &st->clock);
    take_use(&r, &st->use);
    const norni_str notes = norni_unpack_str(&r.in);
    if (!r.in.failed && r.in.left.n) take_spread(&r, &st->plan, &st->spread);
    if (r.short_of) return norni_alloc_fail(err, "prophet", saved.n, 2);
    if (!norni_unpack_end(&r.in) || notes.n >= sizeof st->notes)
        return norn_fail(err, NORN_E_FORMAT,
                         "prophet: the kept model is damaged or not one of this kind");
    memcpy(st->notes, notes.p, notes.n);
    if (o->uncertain && st->spread.n == 0)
        add_note(st, "the kept model lacks its estimates' uncertainty: fit it again for it");
    if (!o->uncertain) st->spread.n = 0;
    st->ahead = (norni_prophet_ahead)o->paths;
    st->n_draws = (size_t)o->uncertainty_samples;
    *state = st;
    return NORN_OK;
}

const norni_prophet_fit *norni_prophet_kept_fit(norni_arena *arena, norni_str saved,
                                                const norni_prophet_plan *plan) {
    reader r = {{saved, false}, arena, false};
    if (saved.n == 0 || norni_unpack_u32(&r.in) != PROPHET_TAG) return NULL;
    norni_prophet_plan kept = {.n_change = 0};
    norni_prophet_fit *fit = norni_arena_zero(arena, 1, sizeof *fit);
    if (!fit) return NULL;
    take_plan(&r, &kept);
    if (r.in.failed || r.short_of || kept.growth != plan->growth ||
        kept.n_change != plan->n_change || kept.n_column != plan->n_column)
        return NULL;
    for (size_t i = 0; i < plan->n_column; i++) {
        if (norni_str_cmp(kept.column[i].component, plan->column[i].component) != 0 ||
            kept.column[i].part != plan->column[i].part)
            return NULL;
    }
    take_fit(&r, &kept, fit);
    return r.in.failed || r.short_of || !(fit->sigma > 0) ? NULL : fit;
}

norn_status norni_prophet_update(norni_env *env, void *state, const norni_series *more,
                                 norn_err *err) {
    norni_prophet_state *st = state;
    norni_prophet_clock *c = &st->clock;
    (void)env;
    if (more->n > MOST_GAP_ROWS - c->gap)
        return norn_fail(err, NORN_E_DATA,
                         "prophet: the series has grown too far beyond its fit; fit it again");
    for (size_t t = 0; t < more->n; t++) {
        if (isinf(more->y[t]))
            return norn_fail(err, NORN_E_DATA, "prophet: a new value is infinite");
    }
    if (more->n && c->irregular)
        c->last = more->times ? more->times[more->n - 1] : c->last + (int64_t)more->n * c->step;
    c->at += (int64_t)more->n;
    c->gap += more->n;
    if (more->x_future || more->n) {
        st->x_future = more->x_future;
        st->n_x_future = more->n_x;
        st->horizon = more->x_future ? more->horizon : 0;
    }
    return NORN_OK;
}
