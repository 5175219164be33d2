/* The pairs of an EBM: the search against trying every tree, FAST and boosting against interpret's numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "models/ebm/ebm_pairs_lanes.h"
#include "models/ebm/ebm_pairs_plane.h"
#include "shared_arena.h"

enum { MOST_ROWS = 700, MOST_BINS = 66, SAMPLES = 32 };

/* ---- the search ---- */

/* A bag of drawn rows on two axes. */
typedef struct drawn_bag {
    size_t n;
    uint16_t bin[2][MOST_ROWS];
    double residual[MOST_ROWS], weight[MOST_ROWS];
    norni_ebm_bag bag;
    norni_ebm_side side[2];
} drawn_bag;

static void draw_bag(drawn_bag *d, uint64_t seed, size_t n, uint32_t n0, uint32_t n1, bool weighted,
                     double size) {
    const norni_rng rng = {seed, 3};
    d->n = n;
    for (size_t i = 0; i < n; i++) {
        d->bin[0][i] = (uint16_t)(norni_rng_u64(rng, 4 * i) % n0);
        d->bin[1][i] = (uint16_t)(norni_rng_u64(rng, 4 * i + 1) % n1);
        d->residual[i] = size * (norni_rng_normal(rng, 4 * i + 2) +
                                 (d->bin[0][i] * 2 > n0 && d->bin[1][i] * 3 > n1 ? 0.7 : 0));
        d->weight[i] = 0.1 + norni_rng_uniform(rng, 4 * i + 3);
    }
    d->bag = (norni_ebm_bag){
        .n_train = n, .residual = d->residual, .weight = weighted ? d->weight : NULL};
    d->side[0] = (norni_ebm_side){0, n0, n0, d->bin[0]};
    d->side[1] = (norni_ebm_side){0, n1, n1, d->bin[1]};
}

/* The largest worth of any legal tree, each leaf summed from the rows. */
static double best_by_rows(const norni_ebm_opt *o, const drawn_bag *d) {
    double best = -1;
    for (uint32_t x = 0; x + 1 < d->side[0].n; x++) {
        for (uint32_t y = 0; y + 1 < d->side[1].n; y++) {
            double g[4] = {0}, w[4] = {0};
            int64_t rows[4] = {0};
            for (size_t i = 0; i < d->n; i++) {
                const int k = 2 * (d->bin[0][i] > x) + (d->bin[1][i] > y);
                const double own = d->bag.weight ? d->weight[i] : 1;
                g[k] += d->residual[i] * own, w[k] += own, rows[k]++;
            }
            static const int tree[4][4] = {{0, 2, 1, 3}, {1, 3, 0, 2}, {0, 1, 2, 3}, {2, 3, 0, 1}};
            for (int s = 0; s < 4; s++) {
                const int *t = tree[s];
                const double gs[3] = {g[t[0]], g[t[1]], g[t[2]] + g[t[3]]},
                             ws[3] = {w[t[0]], w[t[1]], w[t[2]] + w[t[3]]};
                const int64_t rs[3] = {rows[t[0]], rows[t[1]], rows[t[2]] + rows[t[3]]};
                double worth = 0;
                for (int k = 0; k < 3; k++)
                    worth = rs[k] < o->min_samples_leaf || rs[k] < 1 || ws[k] < o->min_hessian
                                ? (double)NAN
                                : worth + norni_ebm_worth(o, gs[k], ws[k]);
                if (worth > best) best = worth;
            }
        }
    }
    return best;
}

/* The worth of the very tree that was found, from the rows. */
static double worth_by_rows(const norni_ebm_opt *o, const drawn_bag *d, const norni_ebm_tree *t) {
    static const int leaf_of[4][4] = {{0, 2, 1, 2}, {2, 0, 2, 1}, {0, 1, 2, 2}, {2, 2, 0, 1}};
    double g[3] = {0}, w[3] = {0}, worth = 0;
    for (size_t i = 0; i < d->n; i++) {
        const int part = 2 * (d->bin[0][i] > t->x) + (d->bin[1][i] > t->y);
        const double own = d->bag.weight ? d->weight[i] : 1;
        g[leaf_of[t->shape][part]] += d->residual[i] * own;
        w[leaf_of[t->shape][part]] += own;
    }
    for (int k = 0; k < 3; k++)
        worth += norni_ebm_worth(o, g[k], w[k]);
    return worth;
}

static void finds_the_best_tree(void **state) {
    (void)state;
    static const struct {
        size_t n;
        uint32_t n0, n1;
        bool weighted;
        double size, alpha, lambda, step;
        int32_t least;
    } cases[] = {
        {300, 24, 20, false, 1, 0, 0, 0, 4},    {300, 20, 25, true, 1, 0, 0, 0, 4},
        {60, 16, 16, false, 1e150, 0, 0, 0, 1}, {500, 9, 30, true, 1e-150, 0, 3, 0, 8},
        {200, 12, 12, false, 1, 5, 1, 0, 4},    {200, 12, 12, true, 1, 0, 0.5, 0.1, 4},
        {30, 2, 2, false, 1, 0, 0, 0, 1},       {40, 3, 33, false, 1, 0, 0, 0, 0},
    };
    static drawn_bag d;
    norn_err err;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        norni_ebm_opt o = {.min_samples_leaf = cases[c].least,
                           .reg_alpha = cases[c].alpha * cases[c].size,
                           .reg_lambda = cases[c].lambda,
                           .max_delta_step = cases[c].step};
        for (uint64_t seed = 1; seed <= 6; seed++) {
            draw_bag(&d, seed + 100 * c, cases[c].n, cases[c].n0, cases[c].n1, cases[c].weighted,
                     cases[c].size);
            norni_ebm_plane p;
            norni_ebm_search_room room;
            assert_int_equal(norni_ebm_plane_make(&arena, &o, &d.bag, d.side, &p, &err), NORN_OK);
            assert_int_equal(norni_ebm_search_room_make(&arena, &p, 1, &room, &err), NORN_OK);
            norni_ebm_plane_sums(&p, &d.bag, d.side, &room);
            const norni_ebm_tree t = norni_ebm_plane_search(&o, &p, &room);
            const double want = best_by_rows(&o, &d), got = worth_by_rows(&o, &d, &t);
            assert_true(want > 0);
            /* Sums in another order: 1e-11 of the worth is far above their rounding. */
            if (!(fabs(t.worth - want) <= 1e-11 * want) || !(fabs(got - want) <= 1e-11 * want))
                fail_msg("case %zu seed %llu: best %.17g, found %.17g, of rows %.17g", c,
                         (unsigned long long)seed, want, t.worth, got);
            /* The pass in floats misses nothing: the same tree as by every cut in doubles. */
            p.inverse[0] = NULL;
            const norni_ebm_tree exact = norni_ebm_plane_search(&o, &p, &room);
            assert_memory_equal(&t.worth, &exact.worth, sizeof t.worth);
            assert_true(t.shape == exact.shape && t.x == exact.x && t.y == exact.y);
        }
    }
}

static void no_tree_is_named(void **state) {
    (void)state;
    static drawn_bag d;
    norn_err err;
    norni_ebm_plane p;
    norni_ebm_search_room room;
    const norni_ebm_opt o = {.min_samples_leaf = 12};
    draw_bag(&d, 1, 30, 6, 6, false, 1); /* three leaves of 12 do not fit */
    assert_int_equal(norni_ebm_plane_make(&arena, &o, &d.bag, d.side, &p, &err), NORN_OK);
    assert_int_equal(norni_ebm_search_room_make(&arena, &p, 1, &room, &err), NORN_OK);
    norni_ebm_plane_sums(&p, &d.bag, d.side, &room);
    assert_true(isnan(norni_ebm_plane_search(&o, &p, &room).worth));
    memset(room.sum, 0, p.n[0] * p.stride * sizeof *room.sum);
    room.most = 0;
    const norni_ebm_opt two = {.min_samples_leaf = 2};
    assert_int_equal(norni_ebm_plane_make(&arena, &two, &d.bag, d.side, &p, &err), NORN_OK);
    const norni_ebm_tree t = norni_ebm_plane_search(&two, &p, &room);
    assert_true(t.worth <= 0); /* all residuals 0: nothing is gained, no matter where */
}

/* Every instruction set gives the same bits. */
static void lanes_agree(void **state) {
    (void)state;
    static drawn_bag d;
    static double other[MOST_ROWS];
    const norni_ebm_lanes *a = norni_ebm_lanes_get(1), *b = norni_ebm_lanes_get(0);
    for (uint64_t seed = 1; seed < 20; seed++) {
        const size_t n = 100 + 29 * (size_t)seed;
        draw_bag(&d, seed, n, 30, 40, true, 1);
        memcpy(other, d.residual, sizeof other);
        const norni_ebm_cross c = {
            (uint32_t)seed, (uint32_t)(2 * seed % 39), {1.1, -2.2, 3.3, 0.7}};
        double pa[4], pb[4], by_rows[4] = {0};
        a->parts(&c, d.bin[0], d.bin[1], d.residual, d.weight, n, pa);
        b->parts(&c, d.bin[0], d.bin[1], d.residual, d.weight, n, pb);
        assert_memory_equal(pa, pb, sizeof pa);
        for (size_t i = 0; i < n; i++)
            by_rows[2 * (d.bin[0][i] > c.x) + (d.bin[1][i] > c.y)] += d.residual[i] * d.weight[i];
        for (int k = 0; k < 4; k++)
            assert_true(fabs(pa[k] - by_rows[k]) <= 1e-12 * (double)n);
        a->step(&c, d.bin[0], d.bin[1], n, d.residual);
        b->step(&c, d.bin[0], d.bin[1], n, other);
        assert_memory_equal(d.residual, other, sizeof other);
        const double sa = a->square(other, d.weight, n), sb = b->square(other, d.weight, n);
        assert_memory_equal(&sa, &sb, sizeof sa);
    }
}

/* ---- interpret's numbers ---- */

typedef struct pairs_case {
    size_t n, f, n_bags, n_pairs;
    norni_bin_column column[16];
    uint16_t index[16][MOST_ROWS];
    const uint16_t *at[16];
    norni_bins bins;
    double y[MOST_ROWS], said[2][MOST_ROWS], strength[2][128];
    int8_t flag[2][MOST_ROWS];
    uint32_t pair[8][2], row[2][MOST_ROWS];
    int32_t steps[2];
    double sum[2][8], square[2][8], score[2][8][SAMPLES];
    size_t cell[2][8][SAMPLES];
    double residual[2][MOST_ROWS];
    norni_ebm_bag bag[2];
} pairs_case;

static double next_number(FILE *f) {
    double v;
    assert_int_equal(fscanf(f, "%lf", &v), 1);
    return v;
}

static void read_case(pairs_case *c) {
    FILE *f = fopen(NORN_FIXTURES "/ebm_pairs.txt", "r");
    assert_non_null(f);
    c->n = (size_t)next_number(f), c->f = (size_t)next_number(f),
    c->n_bags = (size_t)next_number(f);
    assert_true(c->n <= MOST_ROWS && c->f <= 16 && c->n_bags == 2);
    for (size_t j = 0; j < c->f; j++) {
        c->column[j] = (norni_bin_column){.n_bins = (uint32_t)next_number(f)};
        c->column[j].n_cuts = c->column[j].n_bins - 3;
        c->at[j] = c->index[j];
    }
    for (size_t i = 0; i < c->n; i++) {
        c->y[i] = next_number(f);
        for (size_t b = 0; b < 2; b++)
            c->flag[b][i] = (int8_t)next_number(f);
        for (size_t b = 0; b < 2; b++)
            c->said[b][i] = next_number(f);
        for (size_t j = 0; j < c->f; j++)
            c->index[j][i] = (uint16_t)next_number(f);
    }
    for (size_t b = 0; b < 2; b++)
        for (size_t k = 0; k < c->f * (c->f - 1) / 2; k++)
            c->strength[b][k] = next_number(f);
    c->n_pairs = (size_t)next_number(f);
    for (size_t k = 0; k < c->n_pairs; k++)
        c->pair[k][0] = (uint32_t)next_number(f), c->pair[k][1] = (uint32_t)next_number(f);
    for (size_t b = 0; b < 2; b++)
        c->steps[b] = (int32_t)next_number(f);
    for (size_t b = 0; b < 2; b++) {
        for (size_t k = 0; k < c->n_pairs; k++) {
            c->sum[b][k] = next_number(f), c->square[b][k] = next_number(f);
            for (size_t s = 0; s < SAMPLES; s++) {
                c->cell[b][k][s] = (size_t)next_number(f);
                c->score[b][k][s] = next_number(f);
            }
        }
    }
    (void)fclose(f);
}

/* Rows in the bags' order, and their residuals before the pairs. */
static void make_bags(pairs_case *c) {
    for (size_t b = 0; b < 2; b++) {
        size_t k = 0;
        norni_ebm_bag *bag = &c->bag[b];
        *bag = (norni_ebm_bag){.row = c->row[b], .residual = c->residual[b], .stream = 1 + b};
        for (int8_t flag = 1; flag >= -1; flag = (int8_t)(flag - 2)) {
            for (size_t i = 0; i < c->n; i++) {
                if (c->flag[b][i] != flag) continue;
                c->row[b][k] = (uint32_t)i;
                c->residual[b][k++] = c->said[b][i] - c->y[i];
            }
            if (flag == 1) bag->n_train = k;
        }
        bag->n_validate = k - bag->n_train;
    }
    c->bins = (norni_bins){c->n, c->f, c->column, c->at};
}

static pairs_case *the_case(void) {
    pairs_case *c = norni_arena_zero(&arena, 1, sizeof *c);
    assert_non_null(c);
    read_case(c);
    make_bags(c);
    return c;
}

static norni_ebm_opt interpret_options(void) {
    return (norni_ebm_opt){
        .interactions = 5,
        .learning_rate = 0.04,
        .greedy_ratio = 10,
        .max_rounds = 50000,
        .early_stopping_rounds = 100,
        .early_stopping_tolerance = 1e-5,
        .min_samples_leaf = 4,
        .max_leaves = 2,
    };
}

static void fast_as_interpret(void **state) {
    (void)state;
    pairs_case *c = the_case();
    const norni_ebm_opt o = interpret_options();
    const norni_ebm_task task = {.n = c->n, .pairs = &c->bins};
    norni_env env = {.arena = &arena};
    norn_err err;
    const size_t n = c->f * (c->f - 1) / 2;
    double strength[2 * 128];
    for (size_t b = 0; b < 2; b++) {
        double *own = strength + b * n;
        assert_int_equal(norni_ebm_pairs_rank(&env, &o, &task, &c->bag[b], own, &err), NORN_OK);
        /* interpret's strengths have another unit: one factor for all, to the sums' rounding. */
        const double unit = c->strength[b][0] / own[0];
        for (size_t k = 0; k < n; k++)
            assert_true(fabs(own[k] * unit - c->strength[b][k]) <= 1e-9 * c->strength[b][k]);
    }
    uint32_t(*pair)[2];
    size_t n_pairs;
    assert_int_equal(norni_ebm_pairs_choose(&env, &o, &task, strength, 2, &pair, &n_pairs, &err),
                     NORN_OK);
    assert_int_equal(n_pairs, c->n_pairs);
    assert_memory_equal(pair, c->pair, n_pairs * sizeof *pair);
}

static void choice_has_bounds(void **state) {
    (void)state;
    pairs_case *c = the_case();
    norni_ebm_opt o = interpret_options();
    int8_t monotone[16] = {0, 1, 0, -1};
    const norni_ebm_task task = {.n = c->n, .pairs = &c->bins, .monotone = monotone};
    norni_env env = {.arena = &arena};
    norn_err err;
    double strength[128];
    uint32_t(*pair)[2];
    size_t n_pairs;
    memset(c->index[4], 0, sizeof c->index[4]); /* a column without values */
    assert_int_equal(norni_ebm_pairs_rank(&env, &o, &task, &c->bag[0], strength, &err), NORN_OK);
    o.interactions = -5;
    assert_int_equal(norni_ebm_pairs_choose(&env, &o, &task, strength, 1, &pair, &n_pairs, &err),
                     NORN_OK);
    assert_int_equal(n_pairs, 7 * 6 / 2); /* 50 are asked for; of 7 columns */
    for (size_t k = 0; k < n_pairs; k++)
        for (int a = 0; a < 2; a++)
            assert_true(monotone[pair[k][a]] == 0 && pair[k][a] != 4);
    o.interactions = -0.25;
    assert_int_equal(norni_ebm_pairs_choose(&env, &o, &task, strength, 1, &pair, &n_pairs, &err),
                     NORN_OK);
    assert_int_equal(n_pairs, 3);
}

static void boosts_as_interpret(void **state) {
    (void)state;
    pairs_case *c = the_case();
    const norni_ebm_opt o = interpret_options();
    const norni_ebm_task task = {.n = c->n, .pairs = &c->bins};
    norni_env env = {.arena = &arena};
    norn_err err;
    static double tensor[8 * MOST_BINS * MOST_BINS];
    for (size_t b = 0; b < 2; b++) {
        int32_t steps;
        assert_int_equal(
            norni_ebm_pairs_fit(&env, &o, &task, &c->bag[b], (const uint32_t(*)[2])c->pair,
                                c->n_pairs, tensor, &steps, &err),
            NORN_OK);
        assert_int_equal(steps, c->steps[b]);
        const double *at = tensor;
        for (size_t k = 0; k < c->n_pairs; k++) {
            const size_t cells =
                (size_t)c->column[c->pair[k][0]].n_bins * c->column[c->pair[k][1]].n_bins;
            double sum = 0, square = 0;
            for (size_t i = 0; i < cells; i++)
                sum += at[i], square += at[i] * at[i];
            /* Scores reach 20; thousands of steps are added in another order. */
            assert_true(fabs(sum - c->sum[b][k]) <= 1e-8 * (double)cells);
            assert_true(fabs(square - c->square[b][k]) <= 1e-8 * (1 + c->square[b][k]));
            for (size_t s = 0; s < SAMPLES; s++)
                assert_true(fabs(at[c->cell[b][k][s]] - c->score[b][k][s]) <= 1e-8);
            at += cells;
        }
    }
}

/* Smoothing draws cuts by the bag's stream alone, and lowers the error on what was not trained on. */
static void smooths_by_its_stream(void **state) {
    (void)state;
    pairs_case *c = the_case();
    norni_ebm_opt o = interpret_options();
    const norni_ebm_task task = {.n = c->n, .pairs = &c->bins};
    norni_env env = {.arena = &arena};
    norn_err err;
    enum { CELLS = 8 * MOST_BINS * MOST_BINS };
    static double tensor[3][CELLS];
    o.interaction_smoothing_rounds = 20;
    o.max_rounds = 40;
    for (int k = 0; k < 3; k++) {
        int32_t steps;
        make_bags(c);
        c->bag[1].stream = k < 2 ? 5 : 6;
        assert_int_equal(
            norni_ebm_pairs_fit(&env, &o, &task, &c->bag[1], (const uint32_t(*)[2])c->pair,
                                c->n_pairs, tensor[k], &steps, &err),
            NORN_OK);
        assert_int_equal(steps, 40 * 5);
    }
    assert_memory_equal(tensor[0], tensor[1], sizeof tensor[0]);
    assert_memory_not_equal(tensor[0], tensor[2], sizeof tensor[0]);
}

static bool stop_now(void *user) {
    int *left = user;
    return (*left)-- <= 0;
}

static void can_be_stopped(void **state) {
    (void)state;
    pairs_case *c = the_case();
    norni_ebm_opt o = interpret_options();
    const norni_ebm_task task = {.n = c->n, .pairs = &c->bins};
    norn_err err;
    static double tensor[8 * MOST_BINS * MOST_BINS], strength[128];
    o.early_stopping_rounds = 0; /* would go on for ever */
    for (int after = 0; after < 60; after += 20) {
        int left = after, l2 = after / 4;
        int32_t steps;
        norni_env env = {.arena = &arena, .poll = {stop_now, &left}};
        assert_int_equal(
            norni_ebm_pairs_fit(&env, &o, &task, &c->bag[0], (const uint32_t(*)[2])c->pair,
                                c->n_pairs, tensor, &steps, &err),
            NORN_E_CANCEL);
        env.poll.user = &l2;
        assert_int_equal(norni_ebm_pairs_rank(&env, &o, &task, &c->bag[0], strength, &err),
                         NORN_E_CANCEL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_the_best_tree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_tree_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lanes_agree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fast_as_interpret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(choice_has_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(boosts_as_interpret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(smooths_by_its_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(can_be_stopped, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
