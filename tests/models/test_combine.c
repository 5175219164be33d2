/* ensemble and auto: blends, members that fail, a slow twin of the learned nets, kept models, cancel. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/registry.h"
#include "base/fp.h"
#include "base/rng.h"
#include "eval/levels.h"
#include "models/combine/blend.h"
#include "models/combine/combine.h"
#include "models/combine/gate.h"
#include "base/sort.h"
#include "run_model.h"
#include "shared_arena.h"

enum { H = 50, MOST = 400 };

typedef struct asked {
    const norni_model *model;
    const char *members, *key, *value; /* may be NULL */
    const double *y;
    size_t n, horizon;
    union {
        int32_t m;
        int32_t season[2]; /* 0: none */
    };
    norni_freq freq;
    norni_effort *effort;
    norni_poll poll;
    norni_str warm;
} asked;

typedef struct answer {
    norn_status status;
    norni_dist_kind kind;
    double mean[H], sd[H], fitted[MOST];
    char text[512];
    norn_err err;
} answer;

static void *options(const asked *q, norn_err *err) {
    const norni_model *model = q->model;
    void *opt = norni_arena_zero(&arena, 1, model->opt_size + 1);
    const char *const set[][2] = {{"members", q->members}, {q->key, q->value}};
    if (opt == NULL ||
        norni_param_defaults(model->params, model->n_params, opt, &arena, err) != NORN_OK)
        return NULL;
    for (size_t k = 0; k < 2; k++) {
        if (set[k][0] == NULL || set[k][1] == NULL) continue;
        const norni_param *row =
            norni_param_find(model->params, model->n_params, norni_str_of(set[k][0]));
        assert_non_null(row);
        if (norni_param_set(row, opt, norni_str_of(set[k][1]), &arena, model->name, err) != NORN_OK)
            return NULL;
    }
    return opt;
}

static norni_env environment(const asked *q) {
    return (norni_env){.arena = &arena,
                       .poll = q->poll,
                       .seed = 1,
                       .item = 7,
                       .effort = q->effort,
                       .warm = q->warm,
                       .models = norni_registry_models()};
}

static norni_series series_of(const asked *q) {
    return (norni_series){.n = q->n,
                          .y = q->y,
                          .n_season = (size_t)(q->season[0] > 1) + (q->season[1] > 1),
                          .season = q->season,
                          .freq = q->freq,
                          .horizon = q->horizon ? q->horizon : H};
}

static norn_status forecast(norni_env *env, const asked *q, void *state, answer *a) {
    const size_t horizon = q->horizon ? q->horizon : H;
    norni_dist d = {.horizon = horizon, .mean = a->mean, .sd = a->sd};
    NORN_TRY(q->model->predict(env, state, 0, horizon, true, &d, &a->err));
    a->kind = d.kind;
    for (size_t h = 0; h < horizon && d.kind == NORNI_DIST_PATHS; h++) {
        const double *path = d.paths + h * d.n_paths;
        double mean = 0, squares = 0;
        for (size_t k = 0; k < d.n_paths; k++)
            mean += path[k] / (double)d.n_paths;
        for (size_t k = 0; k < d.n_paths; k++)
            squares += (path[k] - mean) * (path[k] - mean) / (double)(d.n_paths - 1);
        a->sd[h] = sqrt(squares);
    }
    q->model->describe(state, 0, a->text, sizeof a->text);
    return NORN_OK;
}

/* Leaves the arena as it is: the state is in use. */
static void *fit(const asked *q, answer *a) {
    norni_series *s = norni_arena_get(&arena, 1, sizeof *s);
    void *state = NULL, *opt = options(q, &a->err);
    norni_env env = environment(q);
    assert_non_null(opt);
    *s = series_of(q);
    a->status = q->model->fit(&env, opt, &(norni_group){1, s}, &state, &a->err);
    return a->status == NORN_OK ? state : NULL;
}

static answer ask(const asked *q) {
    answer a;
    memset(&a, 0, sizeof a);
    norni_env env = environment(q);
    void *state = fit(q, &a);
    if (state) a.status = forecast(&env, q, state, &a);
    if (a.status == NORN_OK && q->n <= MOST)
        a.status = q->model->fitted(&env, state, 0, a.fitted, &a.err);
    norni_arena_reset(&arena);
    return a;
}

static answer ask_name(const char *name, const asked *q) {
    const norni_model_set *set = norni_registry_models();
    for (size_t k = 0; k < set->n; k++) {
        if (strcmp(set->models[k]->name, name) != 0) continue;
        asked one = *q;
        one.model = set->models[k];
        one.members = NULL;
        return ask(&one);
    }
    fail_msg("no model %s", name);
    return (answer){0};
}

static void make_series(uint64_t k, size_t n, int32_t m, double *y) {
    const norni_rng rng = {5, k};
    double level = 200;
    for (size_t t = 0; t < n; t++) {
        level += 1.5 + 6 * norni_rng_normal(rng, t);
        y[t] =
            level + (m > 1 ? 25 * norni_sin(6.283185307179586 / m * (double)(t % (size_t)m)) : 0);
    }
}

static double middle(const double *v, size_t n) {
    double s[8];
    memcpy(s, v, n * sizeof *s);
    norni_sort_doubles(s, n);
    return n % 2 ? s[n / 2] : (s[n / 2 - 1] + s[n / 2]) / 2;
}

static void blends(void **state) {
    (void)state;
    static const char *const names[] = {"naive", "drift", "mean", "theta"};
    double y[60];
    make_series(1, 60, 4, y);
    asked q = {.model = &norni_model_ensemble,
               .members = "naive+ drift+Mean +theta",
               .y = y,
               .n = 60,
               .m = 4,
               .key = "interval",
               .value = "members"};
    const answer median = ask(&q);
    q.members = "naive+drift+mean";
    const answer odd = ask(&q);
    q.members = "naive+ drift+Mean +theta";
    q.key = NULL;
    const answer wide = ask(&q);
    const norni_spread *spread = &norni_spreads[norni_spread_of(
        &(norni_series){.n = 60, .y = y, .n_season = 1, .season = &q.m, .horizon = H})];
    q.key = "combine", q.value = "mean";
    q.members = "naive+drift+mean+theta";
    const answer mean = ask(&q);
    answer one[4];
    for (size_t k = 0; k < 4; k++)
        one[k] = ask_name(names[k], &(asked){.y = y, .n = 60, .m = 4});
    assert_int_equal(median.status, NORN_OK);
    assert_int_equal(median.kind, NORNI_DIST_NORMAL);
    for (size_t h = 0; h < H; h++) {
        double v[4], sd = 0, sum = 0;
        for (size_t k = 0; k < 4; k++) {
            v[k] = one[k].mean[h];
            sd += one[k].sd[h] / 4;
            sum += v[k] / 4;
        }
        assert_true(fabs(median.mean[h] - middle(v, 4)) <= 1e-12 * fabs(v[0]));
        assert_true(odd.mean[h] == middle(v, 3));
        assert_true(fabs(mean.mean[h] - sum) <= 1e-12 * fabs(sum));
        assert_true(fabs(median.sd[h] - sd) <= 1e-12 * sd);
        sd *= (double)spread->factor[h < spread->horizon ? h : spread->horizon - 1];
        assert_true(fabs(wide.sd[h] - sd) <= 1e-12 * sd);
        assert_true(mean.sd[h] > 0 && isfinite(mean.sd[h]));
    }
    for (size_t t = 0; t < 60; t++) {
        double v[4];
        size_t n = 0;
        for (size_t k = 0; k < 4; k++)
            if (!isnan(one[k].fitted[t])) v[n++] = one[k].fitted[t];
        assert_true(n == 0 ? isnan(median.fitted[t])
                           : fabs(median.fitted[t] - middle(v, n)) <= 1e-12 * fabs(v[0]));
    }
    assert_string_equal(median.text, "Ensemble(median) naive drift Mean theta");
    assert_string_equal(mean.text, "Ensemble(mean) naive drift mean theta");
}

static void members_that_fail(void **state) {
    (void)state;
    double y[30];
    make_series(2, 30, 1, y);
    y[3] = -5; /* no multiplicative form */
    asked q = {.model = &norni_model_ensemble,
               .members = "ets(error=M)+drift+theta(season=multiplicative)",
               .y = y,
               .n = 30,
               .m = 4};
    const answer a = ask(&q), drift = ask_name("drift", &q);
    assert_int_equal(a.status, NORN_OK);
    assert_memory_equal(a.mean, drift.mean, sizeof a.mean);
    assert_string_equal(a.text, "Ensemble(median) drift");
    q.members = "theta(season=multiplicative)+ets(error=M)";
    const answer none = ask(&q);
    assert_int_equal(none.status, NORN_E_DATA);
    assert_non_null(strstr(none.err.text, "above 0"));
}

static void names_are_checked(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"naive+nix", "ensemble: unknown member 'nix' (see `norn models`)"},
        {"naive(window=3)",
         "ensemble: the member naive has no parameter 'window' (see `norn models naive`)"},
        {"naive+", NULL}, /* read as naive */
        {"+naive", "ensemble: cannot read the member ''; members are name(key=value,…)+name+…"},
        {"ets(error=A",
         "ensemble: cannot read the member 'ets(error=A'; members are name(key=value,…)+name+…"},
        {"window_average(window=x)", NULL}, /* a value is read at the fit */
    };
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        norn_err err = {.text = ""};
        const asked q = {.model = &norni_model_ensemble, .members = wrong[k][0]};
        const norn_status st =
            norni_model_ensemble.check_models(options(&q, NULL), norni_registry_models(), &err);
        assert_int_equal(st, wrong[k][1] ? NORN_E_ARG : NORN_OK);
        if (wrong[k][1]) assert_string_equal(err.text, wrong[k][1]);
    }
    double y[9] = {1, 2, 3, 4, 5, 6, 7, 8, 10};
    const asked q = {.model = &norni_model_auto,
                     .members = "naive+window_average(window=x)",
                     .y = y,
                     .n = 9,
                     .m = 1};
    const answer a = ask(&q);
    assert_int_equal(a.status, NORN_E_ARG);
    assert_non_null(strstr(a.err.text, "window"));
}

/* The slow twin: the inputs from their definitions, and the nets as plain sums. */
static double twin_output(const norni_gate_net *net, const double *x, size_t layer, size_t j) {
    const norni_gate_layer *l = &net->layer[layer];
    double sum = 0;
    for (size_t i = 0; i < l->n_in; i++) {
        double in = layer == 0 ? x[i] : twin_output(net, x, layer - 1, i);
        if (layer > 0 && in < 0) in = 0;
        sum += in * (double)l->w[i * l->n_out + j] * (double)l->scale[j];
    }
    return sum + (double)l->bias[j];
}

static void twin_of(const norni_gate *g, const double *y, size_t n, const answer *one, double *mean,
                    double *sd) {
    static double scratch[4 * MOST], x[NORNI_GATE_MOST_INPUTS], raw[NORNI_N_FEATURES];
    const size_t k_all = g->n_members, h_all = g->horizon;
    double scale, median[NORNI_GATE_MOST_HORIZON], f[24][NORNI_GATE_MOST_HORIZON];
    assert_true(
        norni_series_features(y, n, (size_t)(g->season ? g->season : 1), raw, &scale, scratch));
    for (size_t h = 0; h < h_all; h++) {
        double v[24];
        for (size_t k = 0; k < k_all; k++) {
            f[k][h] = (one[k].mean[h] - y[n - 1]) / scale;
            v[k] = f[k][h];
        }
        norni_sort_doubles(v, k_all);
        median[h] = k_all % 2 ? v[k_all / 2] : (v[k_all / 2 - 1] + v[k_all / 2]) / 2;
    }
    for (size_t k = 0; k < k_all; k++) {
        double away = 0;
        for (size_t h = 0; h < h_all; h++)
            away += f[k][h] - median[h];
        x[k] = asinh(f[k][h_all - 1] - median[h_all - 1]);
        x[k_all + k] = asinh(f[k][0] - median[0]);
        x[2 * k_all + k] = asinh(away / (double)h_all);
    }
    for (size_t h = 0; h < h_all; h++)
        x[3 * k_all + h] = asinh(median[h]);
    memcpy(x + 3 * k_all + h_all, raw, sizeof raw);
    for (size_t i = 0; i < g->n_inputs; i++)
        x[i] = fmax(-5, fmin(5, (x[i] - (double)g->centre[i]) * (double)g->spread[i]));
    for (size_t h = 0; h < h_all; h++) {
        double sum = 0, correction = 0;
        for (size_t q = 0; q < g->n_nets; q++) {
            const size_t top = g->net[q].n_layers - 1;
            double weight = 0, part = 0;
            for (size_t k = 0; k < k_all; k++) {
                const double w = exp(twin_output(&g->net[q], x, top, k));
                weight += w;
                part += w * one[k].mean[h];
            }
            sum += part / weight / (double)g->n_nets;
            correction += twin_output(&g->net[q], x, top, k_all + h) / (double)g->n_nets;
        }
        const double most = (double)g->most[h];
        mean[h] = sum + scale * fmax(-most, fmin(most, correction));
        sd[h] =
            scale * exp(twin_output(g->width, x, g->width->n_layers - 1, h)) / 1.959963984540054;
    }
}

/* Every learned class on one of its series, member by member against the twin. 1e-9: sums in another
 * order, libm's functions, weights times their scale one by one. */
static void learned_equals_twin(void **state) {
    (void)state;
    assert_true(norni_n_gates > 0);
    for (size_t c = 0; c < norni_n_gates; c++) {
        const norni_gate *g = &norni_gates[c];
        static answer one[24];
        double y[MOST], mean[NORNI_GATE_MOST_HORIZON], sd[NORNI_GATE_MOST_HORIZON];
        const size_t n = g->least_n + 20, h = g->horizon;
        const int32_t m = g->season;
        make_series(c + 10, n, m, y);
        asked q = {.model = &norni_model_auto, .y = y, .n = n, .m = m};
        const answer a = ask(&q);
        char list[1024];
        size_t k = 0;
        norni_format(list, sizeof list, "%s", g->members);
        assert_true(g->horizon <= H);
        for (char *t = strtok(list, "+"); t; t = strtok(NULL, "+"), k++) {
            q.model = &norni_model_ensemble;
            q.members = t;
            one[k] = ask(&q);
            assert_int_equal(one[k].status, NORN_OK);
        }
        assert_int_equal(k, g->n_members);
        assert_int_equal(a.status, NORN_OK);
        assert_non_null(strstr(a.text, g->name));
        twin_of(g, y, n, one, mean, sd);
        for (size_t i = 0; i < h; i++) {
            assert_true(fabs(a.mean[i] - mean[i]) <= 1e-9 * (fabs(mean[i]) + sd[i]));
            assert_true(fabs(a.sd[i] - sd[i]) <= 1e-9 * sd[i]);
        }
        for (size_t i = h; i < H; i++)
            assert_true(a.sd[i] > a.sd[i - 1] && isfinite(a.mean[i]));
    }
}

/* The same series another size: the same weights; and where nothing was learned, an ensemble. */
static void kinds_and_sizes(void **state) {
    (void)state;
    double y[60], z[60];
    make_series(3, 60, 4, y);
    for (size_t t = 0; t < 60; t++)
        z[t] = ldexp(y[t], 900);
    asked q = {.model = &norni_model_auto, .y = y, .n = 60, .m = 4};
    const answer a = ask(&q);
    q.y = z;
    const answer b = ask(&q);
    assert_int_equal(b.status, NORN_OK);
    for (size_t h = 0; h < H; h++) /* members' own tolerances at other sizes */
        assert_true(fabs(ldexp(b.mean[h], -900) - a.mean[h]) <= 1e-6 * fabs(a.mean[h]));
    assert_non_null(strstr(a.text, "Auto(quarterly)"));
    q.y = y;
    q.freq = (norni_freq){NORNI_UNIT_QUARTER, 1, 1};
    assert_non_null(strstr(ask(&q).text, "Auto(quarterly)"));
    q.freq = (norni_freq){NORNI_UNIT_DAY, 1, 0};
    assert_non_null(strstr(ask(&q).text, "Auto(median)"));
    q.freq = (norni_freq){NORNI_UNIT_INDEX, 1, 0};
    q.m = 7;
    assert_non_null(strstr(ask(&q).text, "Auto(median)"));
    q.m = 4, q.key = "weights", q.value = "equal";
    assert_non_null(strstr(ask(&q).text, "Auto(median)"));
    q.key = NULL;
    for (size_t t = 0; t < 60; t++)
        z[t] = 3;
    q.y = z;
    const answer flat = ask(&q);
    assert_int_equal(flat.status, NORN_OK);
    assert_true(fabs(flat.mean[0] - 3) < 1e-9 && fabs(flat.mean[H - 1] - 3) < 1e-9);
    memcpy(z, y, sizeof z);
    z[10] = z[11] = z[59] = NORNI_NAN;
    const answer gaps = ask(&q);
    assert_int_equal(gaps.status, NORN_OK);
    assert_non_null(strstr(gaps.text, "Auto(quarterly)"));
}

static void kept(void **state) {
    (void)state;
    static const char *const lists[] = {NULL, "naive+drift+theta"};
    const norni_model *const both[] = {&norni_model_ensemble, &norni_model_auto};
    double y[60];
    make_series(4, 60, 4, y);
    for (size_t c = 0; c < 4; c++) {
        asked q = {
            .model = both[c / 2], .members = lists[c % 2], .y = y, .n = 52, .m = 4, .horizon = 8};
        answer a = {0}, b = {0}, damaged = {0};
        norni_env env = environment(&q);
        norni_buf kept;
        norni_buf_init(&kept, &alloc);
        void *first = fit(&q, &a), *second = NULL;
        assert_non_null(first);
        assert_int_equal(q.model->save(first, 0, &kept, NULL), NORN_OK);
        const norni_str bytes = {kept.p, kept.n};
        void *opt = options(&q, NULL);
        assert_int_equal(q.model->load(&env, opt, bytes, &second, NULL), NORN_OK);
        for (int moved = 0; moved < 2; moved++) {
            assert_int_equal(forecast(&env, &q, first, &a), NORN_OK);
            assert_int_equal(forecast(&env, &q, second, &b), NORN_OK);
            assert_memory_equal(a.mean, b.mean, sizeof a.mean);
            assert_memory_equal(a.sd, b.sd, sizeof a.sd);
            assert_string_equal(a.text, b.text);
            const norni_series more = {.n = 8, .y = y + 52, .n_season = 1, .season = &q.m};
            assert_int_equal(q.model->update(&env, first, &more, NULL), NORN_OK);
            assert_int_equal(q.model->update(&env, second, &more, NULL), NORN_OK);
        }
        for (size_t cut = 0; cut < kept.n;
             cut += 1 + kept.n / 97) /* never a crash, never a model */
            assert_int_equal(
                q.model->load(&env, opt, (norni_str){kept.p, cut}, &second, &damaged.err),
                NORN_E_FORMAT);
        q.warm = bytes;
        const answer warm = ask(&q);
        assert_int_equal(warm.status, NORN_OK);
        for (size_t h = 0; h < 8; h++) /* another start of the members' searches */
            assert_true(fabs(warm.mean[h] - a.mean[h]) < 0.5 * fabs(a.mean[h]));
        norni_buf_clear(&kept);
    }
}

static void moved_on(void **state) {
    (void)state;
    double y[40];
    make_series(8, 40, 4, y);
    const asked q = {
        .model = &norni_model_ensemble, .members = "naive", .y = y, .n = 30, .m = 4, .horizon = 4};
    answer a = {0};
    norni_env env = environment(&q);
    void *fitted = fit(&q, &a);
    assert_non_null(fitted);
    const norni_series more = {.n = 10, .y = y + 30, .n_season = 1, .season = &q.m};
    assert_int_equal(q.model->update(&env, fitted, &more, NULL), NORN_OK);
    assert_int_equal(forecast(&env, &q, fitted, &a), NORN_OK);
    assert_true(a.mean[0] == y[39] && a.mean[3] == y[39]);
    norni_arena_reset(&arena);
}

enum { LONG = 9000 };

/* The default members see the end of a long series only: its start changes no bit. */
static void long_series(void **state) {
    (void)state;
    static double y[LONG], fitted_values[LONG + 1];
    make_series(9, LONG, 4, y);
    asked q = {.model = &norni_model_auto, .y = y, .n = LONG, .m = 4};
    const answer all = ask(&q);
    const size_t seen = 8192, cut = LONG - seen;
    q.y = y + cut, q.n = seen;
    const answer end = ask(&q);
    assert_int_equal(all.status, NORN_OK);
    assert_memory_equal(all.mean, end.mean, sizeof all.mean);
    assert_memory_equal(all.sd, end.sd, sizeof all.sd);
    q.y = y, q.n = LONG;
    answer a = {0};
    norni_env env = environment(&q);
    void *kept = fit(&q, &a);
    assert_non_null(kept);
    fitted_values[LONG] = -1;
    assert_int_equal(q.model->fitted(&env, kept, 0, fitted_values, NULL), NORN_OK);
    assert_true(fitted_values[LONG] == -1);
    for (size_t t = 0; t < LONG; t++)
        assert_true(isnan(fitted_values[t]) ? t < cut + 4 : t >= cut);
    norni_arena_reset(&arena);
    q.model = &norni_model_ensemble; /* a list of the user's own sees it all */
    q.members = "mean", q.key = "interval", q.value = "members";
    const answer own = ask(&q);
    q.key = NULL;
    const answer plain = ask_name("mean", &q);
    assert_memory_equal(own.mean, plain.mean, sizeof own.mean);
    q.members = NULL;
    for (size_t t = 0; t < LONG; t++) /* 8192 observed ones: here all there are */
        if (t % 3) y[t] = NORNI_NAN;
    y[0] = -1e6;
    q.m = 1;
    const answer sparse = ask(&q);
    y[0] = 200;
    assert_memory_not_equal(sparse.mean, ask(&q).mean, sizeof sparse.mean);
}

/* Seasons of 4 and 20: taken apart by mstl; of the second too few cycles: as with the first alone. */
static void several_seasons(void **state) {
    (void)state;
    enum { N = 200, SHORT = 40 };
    const norni_model *const models[] = {&norni_model_auto, &norni_model_ensemble};
    double y[N];
    make_series(12, N, 4, y);
    for (size_t t = 0; t < N; t++)
        y[t] += 60 * norni_cos(6.283185307179586 / 20 * (double)(t % 20));
    for (size_t k = 0; k < 2; k++) {
        asked q = {.model = models[k], .y = y, .n = N, .season = {4, 20}};
        const answer both = ask(&q);
        assert_int_equal(both.status, NORN_OK);
        const answer apart = ask_name("mstl", &q); /* another base model: near, not equal */
        for (size_t h = 0; h < H; h++)
            assert_true(fabs(both.mean[h] - apart.mean[h]) < 30);
        q.season[1] = 0;
        const answer first = ask(&q);
        assert_memory_not_equal(both.mean, first.mean, sizeof both.mean);
        q.n = SHORT, q.season[1] = 20;
        const answer few = ask(&q);
        q.season[1] = 0;
        const answer alone = ask(&q);
        assert_memory_equal(few.mean, alone.mean, sizeof few.mean);
        assert_memory_equal(few.sd, alone.sd, sizeof few.sd);
        q.members = "mstl(trend=ensemble)", q.n = N, q.season[1] = 20;
        q.key = k ? "interval" : NULL, q.value = "members";
        const answer named = ask(&q);
        assert_memory_equal(both.mean, named.mean, sizeof both.mean);
        if (k) assert_memory_equal(both.sd, named.sd, sizeof both.sd);
    }
}

static double odd_value(size_t kind, size_t t, size_t n) {
    const double sign = t % 2 ? 1 : -1;
    switch (kind) {
        case 0: return 7;
        case 1: return 0;
        case 2: return 1e300 * sign;
        case 3: return t + 1 == n ? 1e300 : 0;
        case 4: return t == n / 2 ? 5 : NORNI_NAN;
        case 5: return 1e-310 * (double)(t % 5);
        case 6: return ldexp(1, (int)(t % 50) * 40 - 1000);
        default: return 100 + sign + (double)t;
    }
}

/* Whatever has one observed value is forecast. */
static void any_series(void **state) {
    (void)state;
    static const int32_t seasons[] = {1, 4, 12, 24, 8760};
    static const size_t lengths[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 25, 26, 49, 60, 310};
    const norni_model *const both[] = {&norni_model_ensemble, &norni_model_auto};
    double y[MOST];
    for (size_t c = 0; c < 2 * 5 * 15 * 8; c++) {
        const size_t n = lengths[c / 10 % 15], kind = c / 150;
        for (size_t t = 0; t < n; t++)
            y[t] = odd_value(kind, t, n);
        const asked q = {.model = both[c % 2], .y = y, .n = n, .m = seasons[c / 2 % 5]};
        const answer a = ask(&q);
        if (a.status != NORN_OK)
            fail_msg("kind %zu, n %zu, m %d: %s", kind, n, (int)q.m, a.err.text);
        for (size_t h = 0; h < H; h++)
            assert_true(isfinite(a.mean[h]) && !(a.sd[h] < 0));
        for (size_t h = 0; h < H && kind < 2; h++)
            assert_true(fabs(a.mean[h] - y[0]) <= 1e-9);
    }
    for (size_t t = 0; t < 30; t++)
        y[t] = NORNI_NAN;
    const answer none = ask(&(asked){.model = &norni_model_auto, .y = y, .n = 30, .m = 4});
    assert_int_equal(none.status, NORN_E_DATA);
    assert_string_equal(none.err.text, "auto: all 30 values are missing");
}

/* The weight of what is missing goes to the others in proportion. */
static void weights_of_missing(void **state) {
    (void)state;
    const double x[] = {1, NORNI_NAN, NORNI_NAN, 4, 5, NORNI_NAN, 10, NORNI_NAN, NORNI_NAN};
    const double weight[] = {0.5, 0.25, 0.25}, none[] = {0, 0, 1};
    assert_true(norni_blend_weighted(weight, x, 3, 3, 0) == 0.5 + 1 + 2.5);
    assert_true(norni_blend_weighted(weight, x, 3, 3, 1) == 5);
    assert_true(isnan(norni_blend_weighted(weight, x, 3, 3, 2)));
    assert_true(norni_blend_weighted(none, x, 2, 3, 0) == 2.5); /* no weight left: the median */
    const double large[] = {1.7e308, 1.6e308, 1.5e308, 1.4e308};
    assert_true(norni_blend_column(NORNI_BLEND_MEDIAN, large, 4, 1, 0) == 0.8e308 + 0.75e308);
    assert_true(isfinite(norni_blend_column(NORNI_BLEND_MEAN, large, 4, 1, 0)));
}

static bool always(void *user) {
    (void)user;
    return true;
}

static void bounds(void **state) {
    (void)state;
    double y[120];
    make_series(6, 120, 12, y);
    asked q = {.model = &norni_model_auto, .y = y, .n = 120, .m = 12};
    norni_effort little = {.limit = 20}, free_hand = {.limit = 0};
    q.effort = &little;
    const answer a = ask(&q);
    assert_int_equal(a.status, NORN_OK);
    assert_true(little.cut);
    q.effort = &free_hand;
    const answer b = ask(&q);
    assert_int_equal(b.status, NORN_OK);
    assert_true(!free_hand.cut && free_hand.spent > little.spent);
    q.effort = NULL;
    const answer c = ask(&q);
    assert_memory_equal(b.mean, c.mean, sizeof b.mean);
    q.poll = (norni_poll){always, NULL};
    const answer stopped = ask(&q);
    assert_int_equal(stopped.status, NORN_E_CANCEL);
}

static void out_of_memory(void **state) {
    (void)state;
    double y[40];
    make_series(7, 40, 4, y);
    const asked q = {.model = &norni_model_auto, .y = y, .n = 40, .m = 4};
    for (size_t k = 0; k < 200; k++) {
        run_short_memory s = {norni_alloc_default(), k};
        const norn_alloc scarce = {run_short_resize, &s};
        norni_arena mine;
        norni_arena_init(&mine, &alloc);
        answer a = {0};
        void *opt = options(&q, NULL), *fitted = NULL;
        norni_env env = environment(&q);
        const norni_series one = series_of(&q);
        mine.alloc = &scarce;
        env.arena = &mine;
        a.status = q.model->fit(&env, opt, &(norni_group){1, &one}, &fitted, &a.err);
        if (a.status == NORN_OK) a.status = forecast(&env, &q, fitted, &a);
        norni_arena_clear(&mine);
        norni_arena_reset(&arena);
        if (a.status == NORN_OK) {
            assert_true(k > 0);
            return;
        }
        assert_int_equal(a.status, NORN_E_MEM);
    }
    fail_msg("more than 200 requests");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blends),
        cmocka_unit_test(members_that_fail),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(learned_equals_twin),
        cmocka_unit_test(kinds_and_sizes),
        cmocka_unit_test(kept),
        cmocka_unit_test(moved_on),
        cmocka_unit_test(weights_of_missing),
        cmocka_unit_test(long_series),
        cmocka_unit_test(several_seasons),
        cmocka_unit_test(any_series),
        cmocka_unit_test(bounds),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
