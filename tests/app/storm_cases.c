/* Random cases for one model's vtable: any series, options, seasons, regressors, bounds, cancellation, kept states. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Invariants: a failure has a status of its own and a reason; an answer is finite or is none; intervals lie in each
 * other; the same bits from memory with other contents, from a kept state and under a bound that nobody meets;
 * what was told to stop says that it was cancelled. */
#include "storm_cases.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "app/spec.h"
#include "base/hash.h"
#include "base/numtext.h"
#include "eval/levels.h"
#include "par/pool.h"
#include "storm_series.h"

enum { MOST_OBS = 200, MOST_MORE = 24, MOST_AHEAD = 100, MOST_X = 4, TEXT = 400 };

typedef struct storm_case {
    uint64_t number;
    char text[TEXT], shape[160];
    norni_spec spec;
    int kind;
    size_t n, n_early, n_more, horizon, n_season, n_x;
    int32_t season[3];
    uint64_t limit, stop_at;
    double y[MOST_OBS + MOST_MORE];
    double column[MOST_X][MOST_OBS + MOST_MORE + MOST_AHEAD];
} storm_case;

/* All that a run shows; compared as bytes. */
typedef struct storm_answer {
    norn_status status, early, loaded, moved;
    norni_dist_kind kind;
    bool cut;
    double mean[MOST_AHEAD], sd[MOST_AHEAD], lo[2][MOST_AHEAD], hi[2][MOST_AHEAD];
    double fitted[MOST_OBS], kept[MOST_AHEAD], next[MOST_AHEAD];
    uint64_t saved; /* hash of the bytes */
    char text[512];
} storm_answer;

typedef struct storm {
    const norni_model_set *set;
    const norni_model *model;
    uint64_t seed, first;
    bool aloud; /* one case, told */
    pthread_mutex_t lock;
    storm_counts *counts;
} storm;

/* The case at work, for the sanitizers' last words. */
static _Thread_local const storm_case *at_work;
static _Thread_local const storm *in_storm;

extern void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

static void last_words(void) {
    if (at_work)
        fprintf(stderr, "storm 0 0 %" PRIu64 " %s %" PRIu64 ": %s %s\n", in_storm->seed,
                in_storm->model->name, at_work->number, at_work->text, at_work->shape);
}

static void wrong(const storm *s, const storm_case *c, const char *what) {
    pthread_mutex_lock(&((storm *)(uintptr_t)s)->lock);
    if (s->counts->wrong++ < 8)
        printf("# storm 0 0 %" PRIu64 " %s %" PRIu64 ": %s: %s %s\n", s->seed, s->model->name,
               c->number, what, c->text, c->shape);
    pthread_mutex_unlock(&((storm *)(uintptr_t)s)->lock);
}

/* A parameter's value as text: at its bounds, between them, near nothing. */
static bool make_value(draws *d, const norni_param *row, char *out, size_t size) {
    static const char *const members[] = {"theta+naive",
                                          "ses",
                                          "ets(error=A)+mean+drift",
                                          "auto_ets(search=near)+theta+croston",
                                          "naive+naive",
                                          "arima(1,0,0)+ces+seasonal_naive"};
    static const char *const trends[] = {"naive", "drift", "theta", "ses", "holt", "arima"};
    /* of a model of dates, by name */
    static const struct {
        const char *name, *value[4];
    } texts[] = {{"yearly", {"auto", "true", "false", "3"}},
                 {"weekly", {"auto", "true", "false", "2"}},
                 {"daily", {"auto", "true", "false", "1"}},
                 {"seasonalities",
                  {"monthly:30.5:2", "a:3:1:0.1;b:11.5:2", "c:0.5:1:10:multiplicative", "d:1e6:1"}},
                 {"changepoints_at", {"2020-01-03", "2020-01-05;2020-01-09", "2020-02-01", ""}},
                 {"holidays", {"US", "DE", "BR", "JP"}},
                 {"cap", {"1e300", "10", "0", "100"}},
                 {"floor", {"0", "-5", "1e-300", "3"}},
                 {"freq", {"D", "h", "MS", "W"}}};
    const bool bounded = row->min < row->max,
               paths = strstr(row->name, "paths") != NULL || strstr(row->name, "samples") != NULL;
    const double pick = uniform(d), least = bounded ? row->min : -10,
                 most = bounded ? row->max : 10;
    double x = pick < 0.15   ? least
               : pick < 0.3  ? most
               : pick < 0.5  ? least + (most - least) * uniform(d)
               : pick < 0.75 ? least + 3 * uniform(d)
                             : least + (most < 1 ? most - least : 1) * uniform(d);
    char number[NORNI_NUM_MAX + 1];
    switch (row->type) {
        case NORNI_T_INT:
            if (paths) x = 100 * uniform(d);
            if (chance(d, 0.95) && x > 60) x = 60 * uniform(d);
            if (x < least) x = least;
            if (x > 1e6) x = 1e6;
            snprintf(out, size, "%d", (int)x);
            return true;
        case NORNI_T_DOUBLE:
            if (x > most) x = most;
            number[norni_num_print(number, x)] = '\0';
            snprintf(out, size, "%s", number);
            return true;
        case NORNI_T_BOOL:
            snprintf(out, size, "%s", chance(d, 0.5) ? "true" : "false");
            return true;
        case NORNI_T_CHOICE: {
            size_t n = 0;
            while (norni_param_choice(row->choices, n).p)
                n++;
            const norni_str word = norni_param_choice(row->choices, below(d, n));
            snprintf(out, size, "%.*s", (int)word.n, word.p);
            return true;
        }
        case NORNI_T_TEXT:
            if (strcmp(row->name, "members") == 0) {
                snprintf(out, size, "%s", members[below(d, sizeof members / sizeof *members)]);
            } else {
                const char *value = trends[below(d, sizeof trends / sizeof *trends)];
                for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
                    if (strcmp(row->name, texts[k].name) == 0) value = texts[k].value[below(d, 4)];
                }
                snprintf(out, size, "%s", value);
            }
            return true;
        case NORNI_T_DOUBLES:
        case NORNI_T_INTS:
        case NORNI_T_SIZE: break;
    }
    return false;
}

/* Networks and bags cost seconds at their defaults, hours at their bounds: small ones, few options. */
static bool make_small_spec(draws *d, const norni_model *m, char *text) {
    static const char *const bases[] = {"none", "last", "seasonal", "ridge", "auto"};
    const char *base = bases[below(d, 5)];
    if (strcmp(m->name, "autoformer") == 0)
        snprintf(text, TEXT, "autoformer(epochs=1,d-model=8,d-ff=8,seq-len=%zu,dropout=%g,base=%s)",
                 4 + below(d, 9), 0.9 * uniform(d), base);
    else if (strcmp(m->name, "ebm") == 0)
        snprintf(text, TEXT, "ebm(outer-bags=%zu,smoothing-rounds=%zu,max-rounds=%zu,base=%s)",
                 1 + below(d, 3), below(d, 30), 1 + below(d, 60), base);
    else
        return false;
    return true;
}

static void make_spec(draws *d, const norni_model *m, char *text) {
    size_t at = (size_t)snprintf(text, TEXT, "%s", m->name);
    const double share = chance(d, 0.3) ? 0 : 0.6 * uniform(d);
    bool open = false;
    if (make_small_spec(d, m, text)) return;
    for (size_t i = 0; i < m->n_params && at + 120 < TEXT; i++) {
        char value[80];
        if (!chance(d, share) || !make_value(d, &m->params[i], value, sizeof value)) continue;
        at += (size_t)snprintf(text + at, TEXT - at, "%s%s=%s", open ? "," : "(", m->params[i].name,
                               value);
        open = true;
    }
    snprintf(text + at, TEXT - at, "%s", open ? ")" : "");
}

static double within_range(double x) {
    return x > 1.7e308 ? 1.7e308 : x < -1.7e308 ? -1.7e308 : x;
}

static void make_values(draws *d, storm_case *c) {
    const size_t all = c->n + c->n_more;
    const double size = chance(d, 0.25) ? norni_pow(10, 600 * uniform(d) - 300) : 1;
    const double shift = chance(d, 0.1) ? norni_pow(10, 12 * uniform(d)) : 0;
    const bool whole = chance(d, 0.1);
    const size_t step = chance(d, 0.1) ? below(d, all) : all;
    for (size_t t = 0; t < all; t++)
        c->y[t] = observation(d, c->kind, t, c->n, c->y);
    for (size_t t = 0; t < all; t++) {
        double x = c->y[t] + shift + (t >= step ? 1000 : 0);
        if (whole && fabs(x) < 1e15) x = floor(x);
        if (!isnan(x)) c->y[t] = within_range(x * size);
    }
    if (chance(d, 0.6)) return;
    const double share = uniform(d) < 0.1 ? 1 : uniform(d) * uniform(d);
    const size_t lead = chance(d, 0.3) ? below(d, all) : 0,
                 tail = chance(d, 0.3) ? below(d, all) : 0;
    for (size_t t = 0; t < all; t++) {
        if (chance(d, share) || t < lead || t + tail >= all) c->y[t] = NORNI_NAN;
    }
}

static void make_columns(draws *d, storm_case *c) {
    const size_t all = c->n + c->n_more + c->horizon;
    for (size_t k = 0; k < c->n_x; k++) {
        const int kind = (int)below(d, 9);
        for (size_t t = 0; t < all; t++) {
            double *x = &c->column[k][t];
            switch (kind) {
                case 0: *x = 1; break;
                case 1: *x = 0; break;
                case 2: *x = (double)t; break;
                case 3: *x = k > 0 ? 2 * c->column[0][t] : 5; break;
                case 4: *x = t == c->n / 2 ? 1 : 0; break;
                case 5: *x = 1e300 * (uniform(d) - 0.5); break;
                case 6: *x = 1e-300 * uniform(d); break;
                case 7: *x = t < c->n ? 0 : 1e6; break;
                default: *x = normal(d); break;
            }
        }
    }
}

/* Case `number` of the storm; its spec lives in the arena. */
static norn_status make_case(const storm *s, uint64_t number, norni_arena *arena, storm_case *c,
                             norn_err *err) {
    static const int32_t seasons[] = {1, 1, 2, 3, 4, 7, 12, 24, 52};
    draws d = {s->seed, number + norni_hash64(s->model->name, strlen(s->model->name)), 0};
    const double length = uniform(&d);
    c->number = number;
    c->n = 1 + below(&d, length < 0.3 ? 6 : length < 0.85 ? 48 : MOST_OBS);
    c->n_more = chance(&d, 0.5) ? 1 + below(&d, MOST_MORE) : 0;
    c->n_early = chance(&d, 0.25) ? below(&d, c->n + 1) : 0;
    c->horizon = 1 + below(&d, chance(&d, 0.8) ? 12 : MOST_AHEAD);
    c->season[0] = seasons[below(&d, sizeof seasons / sizeof *seasons)];
    c->n_season = c->season[0] > 1;
    for (; c->n_season > 0 && c->n_season < 3 && chance(&d, 0.15); c->n_season++)
        c->season[c->n_season] = c->season[c->n_season - 1] * (int32_t)(2 + below(&d, 6));
    c->kind = (int)below(&d, N_KINDS);
    c->n_x = s->model->exogenous && chance(&d, 0.5) ? 1 + below(&d, MOST_X) : 0;
    c->limit = chance(&d, 0.25) ? 1 + below(&d, 60) : 0;
    c->stop_at = chance(&d, 0.05) ? 1 + below(&d, 40) : 0;
    make_spec(&d, s->model, c->text);
    make_values(&d, c);
    make_columns(&d, c);
    snprintf(c->shape, sizeof c->shape,
             "(kind %d, n %zu + %zu, early %zu, h %zu, season %d of %zu, x %zu, limit %" PRIu64
             ", stop %" PRIu64 ")",
             c->kind, c->n, c->n_more, c->n_early, c->horizon, (int)c->season[0], c->n_season,
             c->n_x, c->limit, c->stop_at);
    return norni_spec_parse(s->set, norni_str_of(c->text), arena, &c->spec, err);
}

typedef struct stopper {
    uint64_t at, n;
    bool said;
} stopper;

static bool stop_now(void *user) {
    stopper *p = user;
    const bool stop = p->at > 0 && ++p->n >= p->at;
    p->said = p->said || stop;
    return stop;
}

/* Observations [begin, end) as a model sees them. `x` holds 2 * n_x columns. */
static norni_series view(const storm_case *c, size_t begin, size_t end, const double **x) {
    for (size_t k = 0; k < c->n_x; k++) {
        x[k] = c->column[k] + begin;
        x[c->n_x + k] = c->column[k] + end;
    }
    return (norni_series){.n = end - begin,
                          .y = c->y + begin,
                          .n_season = c->n_season,
                          .season = c->season,
                          /* from 2020-01-01 on: some models need dates */
                          .start = (INT64_C(18262) + (int64_t)begin) * NORNI_US_DAY,
                          .freq = {NORNI_UNIT_DAY, 1, 0},
                          .n_x = c->n_x,
                          .x = c->n_x ? x : NULL,
                          .x_future = c->n_x ? x + c->n_x : NULL,
                          .horizon = c->horizon};
}

/* A state's bytes, in the arena; empty when they cannot be had. */
static norni_str keep(norni_env *env, const norni_model *m, const void *state) {
    norni_buf b;
    norni_str kept = {NULL, 0};
    norni_buf_init(&b, env->arena->alloc);
    if (m->save && m->save(state, 0, &b, NULL) == NORN_OK && !b.failed) {
        kept.p = norni_arena_text(env->arena, b.p ? b.p : "", b.n);
        kept.n = b.n;
    }
    norni_buf_clear(&b);
    return kept;
}

static norn_status fit(norni_env *env, const storm_case *c, const norni_series *s, void **state,
                       norn_err *err) {
    const norni_model *m = c->spec.model;
    if (m->validate) NORN_TRY(m->validate(c->spec.opt, s, err));
    return m->fit(env, c->spec.opt, &(norni_group){1, s}, state, err);
}

/* Forecasts from the kept state, and from it moved on. */
static void go_on(norni_env *env, const storm_case *c, norni_str kept, storm_answer *a) {
    const norni_model *m = c->spec.model;
    const double *x[2 * MOST_X];
    double sd[MOST_AHEAD];
    norni_dist d = {.horizon = c->horizon, .mean = a->kept, .sd = sd};
    void *state = NULL;
    norn_err err;
    a->loaded = m->load(env, c->spec.opt, kept, &state, &err);
    if (a->loaded == NORN_OK && c->n_x == 0)
        a->loaded = m->predict(env, state, 0, c->horizon, false, &d, &err);
    if (a->loaded != NORN_OK || c->n_more == 0) return;
    const norni_series more = view(c, c->n, c->n + c->n_more, x);
    d = (norni_dist){.horizon = c->horizon, .mean = a->next, .sd = sd};
    a->moved = m->update(env, state, &more, &err);
    if (a->moved == NORN_OK) a->moved = m->predict(env, state, 0, c->horizon, true, &d, &err);
}

static norn_status answer(norni_env *env, const storm_case *c, storm_answer *a, norn_err *err) {
    const norni_model *m = c->spec.model;
    const double *x[2 * MOST_X], *early_x[2 * MOST_X];
    const norni_series s = view(c, 0, c->n, x), early = view(c, 0, c->n_early, early_x);
    norni_dist d = {.horizon = c->horizon, .mean = a->mean, .sd = a->sd};
    norni_effort effort = {.limit = c->limit}, early_effort = {.limit = c->limit};
    void *state = NULL;
    if (c->n_early > 0) {
        env->effort = &early_effort;
        a->early = fit(env, c, &early, &state, err);
        if (a->early == NORN_E_CANCEL) return a->early;
        if (a->early == NORN_OK) env->warm = keep(env, m, state);
    }
    env->effort = &effort;
    NORN_TRY(fit(env, c, &s, &state, err));
    NORN_TRY(m->predict(env, state, 0, c->horizon, true, &d, err));
    a->cut = effort.cut;
    a->kind = d.kind;
    norni_levels(&d, 80, a->lo[0], a->hi[0]);
    norni_levels(&d, 95, a->lo[1], a->hi[1]);
    for (size_t t = 0; t < c->n; t++)
        a->fitted[t] = 0x1p-1000; /* a value that no model leaves there */
    NORN_TRY(m->fitted(env, state, 0, a->fitted, err));
    m->describe(state, 0, a->text, sizeof a->text);
    const norni_str kept = keep(env, m, state);
    a->saved = norni_hash64(kept.p, kept.n);
    if (kept.p) go_on(env, c, kept, a);
    return NORN_OK;
}

/* The whole case over memory full of `byte`. */
static void run_case(norni_arena *arena, const storm *s, const storm_case *c, int byte,
                     stopper *stop, storm_answer *a, norn_err *err) {
    enum { DIRT = 1 << 17 };
    memset(a, 0, sizeof *a);
    *err = (norn_err){NORN_OK, ""};
    norni_arena_reset(arena);
    void *dirt = norni_arena_get(arena, DIRT, 1);
    if (dirt) memset(dirt, byte, DIRT);
    norni_arena_reset(arena);
    norni_env env = {.arena = arena,
                     .poll = {stop_now, stop},
                     .seed = s->seed,
                     .item = c->number,
                     .models = s->set};
    a->status = answer(&env, c, a, err);
}

/* So few or so large values that a spread may be unknown. */
static bool is_meagre(const storm_case *c) {
    size_t seen = 0;
    double most = 0;
    for (size_t t = 0; t < c->n; t++) {
        if (isnan(c->y[t])) continue;
        seen++;
        if (fabs(c->y[t]) > most) most = fabs(c->y[t]);
    }
    return seen < 8 + 2 * (size_t)c->season[0] || most > 1e150;
}

/* lo95 <= lo80 <= mean <= hi80 <= hi95 wherever there are intervals. */
static void check_intervals(const storm *s, const storm_case *c, const storm_answer *a,
                            storm_counts *n) {
    bool unbounded = false, aside = false;
    for (size_t h = 0; h < c->horizon && a->kind != NORNI_DIST_POINT; h++) {
        const double end[] = {a->lo[1][h], a->lo[0][h], a->hi[0][h], a->hi[1][h]};
        size_t unknown = 0;
        for (size_t k = 0; k < 4; k++) {
            unknown += isnan(end[k]) ? 1 : 0;
            unbounded = unbounded || isinf(end[k]);
            if (k > 0 && end[k] < end[k - 1]) {
                wrong(s, c, "intervals upside down");
                return;
            }
        }
        if (unknown > 0 && (unknown < 4 || !is_meagre(c))) {
            wrong(s, c, "an interval is NaN");
            return;
        }
        if (unknown == 0) aside = aside || a->mean[h] < end[0] || a->mean[h] > end[3];
    }
    n->unbounded += unbounded;
    n->aside += aside;
    if (unbounded && !is_meagre(c)) wrong(s, c, "an interval is unbounded");
    if (aside && a->kind == NORNI_DIST_NORMAL) wrong(s, c, "a forecast outside its interval");
}

static void check_answer(const storm *s, const storm_case *c, const storm_answer *a,
                         storm_counts *n) {
    for (size_t h = 0; h < c->horizon; h++) {
        if (isfinite(a->mean[h])) continue;
        n->failed++; /* the runner makes it a numeric failure */
        return;
    }
    n->ok++;
    check_intervals(s, c, a, n);
    for (size_t t = 0; t < c->n; t++) {
        if (a->fitted[t] == 0x1p-1000) {
            wrong(s, c, "a fitted value was not written");
            break;
        }
    }
    if (memchr(a->text, '\0', sizeof a->text) == NULL || a->text[0] == '\0')
        wrong(s, c, "no parameters");
    if (strstr(a->text, "loglik=nan") || strstr(a->text, "aicc=nan") ||
        (!is_meagre(c) && strstr(a->text, "nan")))
        wrong(s, c, a->text);
    if (s->model->save == NULL || a->cut) return;
    if (a->loaded != NORN_OK) {
        wrong(s, c, "what was kept cannot be read");
    } else if (c->n_x == 0 && memcmp(a->kept, a->mean, c->horizon * sizeof(double)) != 0) {
        wrong(s, c, "what was kept forecasts something else");
    }
}

static void check_failure(const storm *s, const storm_case *c, const storm_answer *a,
                          const norn_err *err, storm_counts *n) {
    switch (a->status) {
        case NORN_E_ARG:
        case NORN_E_DATA: n->refused++; break;
        case NORN_E_LIMIT:
        case NORN_E_NUMERIC: n->failed++; break;
        case NORN_OK:
        case NORN_E_MEM:
        case NORN_E_IO:
        case NORN_E_FORMAT:
        case NORN_E_CANCEL:
        case NORN_E_INTERNAL: wrong(s, c, norn_status_name(a->status)); break;
    }
    if (err->text[0] == '\0' || err->code != a->status) wrong(s, c, "a failure without its reason");
}

/* What the answer over other memory differs in. */
static const char *difference(const storm_answer *a, const storm_answer *b) {
    if (a->status != b->status) return "other bits from other memory: status";
    if (memcmp(a->mean, b->mean, sizeof a->mean) != 0) return "other bits from other memory: mean";
    if (memcmp(a->sd, b->sd, sizeof a->sd) != 0) return "other bits from other memory: sd";
    if (memcmp(a->fitted, b->fitted, sizeof a->fitted) != 0)
        return "other bits from other memory: fitted";
    if (memcmp(a->text, b->text, sizeof a->text) != 0) return "other bits from other memory: text";
    if (a->saved != b->saved) return "other bits from other memory: what is kept";
    return "other bits from other memory: intervals or what follows";
}

/* The same case again: on other dirt, without its bound. */
static void check_again(norni_arena *arena, const storm *s, storm_case *c, const storm_answer *a) {
    static _Thread_local storm_answer b;
    stopper never = {0, 0, false};
    norn_err err;
    if (c->number % 4 == 0) {
        run_case(arena, s, c, 0xff, &never, &b, &err);
        if (memcmp(a, &b, sizeof b) != 0) wrong(s, c, difference(a, &b));
    }
    if (c->limit > 0 && a->status != NORN_OK) {
        c->limit = 0;
        run_case(arena, s, c, 0, &never, &b, &err);
        if (b.status == NORN_OK) wrong(s, c, "fails under its bound alone");
    }
}

static void count(storm *s, const storm_counts *n) {
    pthread_mutex_lock(&s->lock);
    s->counts->n++;
    s->counts->ok += n->ok;
    s->counts->refused += n->refused;
    s->counts->failed += n->failed;
    s->counts->cancelled += n->cancelled;
    s->counts->unbounded += n->unbounded;
    s->counts->aside += n->aside;
    pthread_mutex_unlock(&s->lock);
}

static norn_status one_case(norni_worker *w, size_t item, void *arg, norn_err *err) {
    static _Thread_local storm_case c;
    static _Thread_local storm_answer a;
    storm *s = arg;
    storm_counts n = {0};
    norni_arena options;
    norn_err why;
    norni_arena_init(&options, &w->ctx->alloc);
    const norn_status made = make_case(s, s->first + item, &options, &c, err);
    in_storm = s;
    at_work = &c;
    if (made == NORN_OK) {
        stopper stop = {c.stop_at, 0, false};
        run_case(&w->arena, s, &c, 0, &stop, &a, &why);
        if (s->aloud)
            printf("# %s %s\n# %s: %s %s\n", c.text, c.shape, norn_status_name(a.status), why.text,
                   a.text);
        if (stop.said) {
            n.cancelled++;
            if (a.status != NORN_E_CANCEL && a.loaded != NORN_E_CANCEL && a.moved != NORN_E_CANCEL)
                wrong(s, &c, "was told to stop and did not");
        } else {
            if (a.status == NORN_OK) {
                check_answer(s, &c, &a, &n);
            } else {
                check_failure(s, &c, &a, &why, &n);
            }
            check_again(&w->arena, s, &c, &a);
        }
    } else if (made == NORN_E_ARG) {
        n.refused++;
    } else {
        wrong(s, &c, "the spec is not read");
    }
    at_work = NULL;
    count(s, &n);
    norni_arena_clear(&options);
    return NORN_OK;
}

norn_status storm_cases(norn_ctx *ctx, const norni_model_set *set, const norni_model *model,
                        uint64_t seed, uint64_t first, uint64_t n, storm_counts *counts) {
    storm s = {set, model, seed, first, n == 1, PTHREAD_MUTEX_INITIALIZER, counts};
    const norni_for_opt how = {.grain = 8, .keep_going = true};
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(last_words);
    return norni_for(ctx, NULL, (size_t)n, one_case, &s, &how, NULL);
}
