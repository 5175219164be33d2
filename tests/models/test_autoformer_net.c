/* The Autoformer's passes against the published one's recordings, and its slopes against differences. */
/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fixtures/autoformer.txt: made by tests/oracle/make_autoformer.py. Double precision: forward
 * to 1e-10, slopes to 1e-6 of their array's largest; single precision: forward to 1e-5. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/autoformer/autoformer_net.h"
#include "num/gemm.h"
#include "shared_arena.h"

enum { WEIGHTS = 2155, WINDOWS = 4, MOST = 4096 };

typedef struct recording {
    autoformer_shape shape;
    double w[MOST], x[MOST], x_mark[MOST], y[MOST], y_mark[MOST];
    double eval_out[MOST], train_out[MOST], slopes[MOST], losses[3];
} recording;

static recording tiny, brief;
static autoformer64_part part;
static autoformer64_run run;
static void *scratch;

static void read_numbers(FILE *f, const char *name, double *out) {
    char word[32];
    size_t n = 0;
    assert_int_equal(fscanf(f, "%31s %zu", word, &n), 2);
    assert_string_equal(word, name);
    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fscanf(f, "%lf", &out[i]), 1);
}

static int set_up_all(void **state) {
    FILE *f = fopen(NORN_FIXTURES "/autoformer.txt", "r");
    char line[256];
    if (!f || !fgets(line, sizeof line, f)) return -1;
    read_numbers(f, "weights", tiny.w);
    read_numbers(f, "x", tiny.x);
    read_numbers(f, "x_mark", tiny.x_mark);
    brief = tiny;
    for (int i = 0; i < 2; i++) {
        recording *r = i ? &brief : &tiny;
        read_numbers(f, "y", r->y);
        read_numbers(f, "y_mark", r->y_mark);
        read_numbers(f, "eval_out", r->eval_out);
        read_numbers(f, "train_out", r->train_out);
        read_numbers(f, "slopes", r->slopes);
        read_numbers(f, "losses", r->losses);
        r->shape = (autoformer_shape){.channels = 3,
                                      .targets = 3,
                                      .marks = 4,
                                      .len_enc = 24,
                                      .len_label = 12,
                                      .horizon = i ? 6 : 18,
                                      .len_dec = i ? 18 : 30,
                                      .d = 8,
                                      .ff = 16,
                                      .n_enc = 2,
                                      .n_dec = 1,
                                      .window = 5,
                                      .lags_enc = 6,
                                      .lags_dec = i ? 5 : 6};
    }
    fclose(f);
    set_up(state);
    scratch = norni_arena_get(&arena, 1, norni_gemm_scratch());
    return scratch ? 0 : -1;
}

/* The recording's windows as parts of `n` each. */
static void fill64(const recording *r, size_t n, autoformer64_part *parts) {
    const autoformer_shape *s = &r->shape;
    for (size_t q = 0; q * n < WINDOWS; q++) {
        autoformer64_part *p = &parts[q];
        assert_int_equal(autoformer64_part_init(&arena, s, n, true, p, NULL), NORN_OK);
        p->first = q * n;
        for (size_t i = 0; i < n; i++) {
            const size_t k = q * n + i;
            autoformer64_fill(&run, p, i, r->x + k * s->len_enc * 3, r->x_mark + k * s->len_enc * 4,
                              r->y_mark + k * s->len_dec * 4, NULL);
            for (size_t t = 0; t < s->horizon; t++)
                memcpy(p->goal + (i * s->horizon + t) * s->targets, r->y + (k * s->horizon + t) * 3,
                       s->targets * sizeof(double));
        }
    }
}

static void start(const recording *r, const double *w, bool train) {
    run = (autoformer64_run){.shape = &r->shape,
                             .w = w,
                             .rows = autoformer64_rows_get(0),
                             .train = train,
                             .loss_scale = 2 / (double)(WINDOWS * r->shape.horizon * 3)};
}

/* Forward, loss and slopes of all windows in parts of n; the loss. */
static double pass(autoformer64_part *parts, size_t n_parts) {
    const size_t attentions = autoformer_attentions(run.shape);
    double loss = 0;
    for (size_t phase = 0; phase <= attentions; phase++) {
        for (size_t q = 0; q < n_parts; q++)
            assert_int_equal(autoformer64_advance(&run, &parts[q], phase, scratch, NULL, NULL),
                             NORN_OK);
        if (phase < attentions) autoformer64_choose(&run, parts, n_parts, phase);
    }
    for (size_t q = 0; q < n_parts; q++) {
        assert_int_equal(autoformer64_back(&run, &parts[q], scratch, NULL, NULL), NORN_OK);
        loss += parts[q].loss;
    }
    return loss * run.loss_scale / 2;
}

static double farthest(const double *a, const double *b, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

static void forward64(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        const recording *r = i / 2 ? &brief : &tiny;
        const size_t n = WINDOWS * r->shape.horizon * 3;
        start(r, r->w, i % 2);
        fill64(r, WINDOWS, &part);
        assert_int_equal(autoformer64_forward(&run, &part, scratch, NULL, NULL), NORN_OK);
        const double far = farthest(part.out, i % 2 ? r->train_out : r->eval_out, n);
        print_message("# forward, double, %s: %.1e\n", i % 2 ? "training" : "evaluation", far);
        assert_true(far <= 1e-10);
    }
}

static void forward32(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        const recording *r = i / 2 ? &brief : &tiny;
        const autoformer_shape *s = &r->shape;
        const size_t n = WINDOWS * s->horizon * 3;
        static float w[MOST], x[MOST], marks[MOST], ahead[MOST];
        static double out[3][MOST];
        for (size_t k = 0; k < MOST; k++) {
            w[k] = (float)r->w[k], x[k] = (float)r->x[k];
            marks[k] = (float)r->x_mark[k], ahead[k] = (float)r->y_mark[k];
        }
        for (int widest = 0; widest < 3; widest++) {
            const autoformer32_run own = {
                .shape = s, .w = w, .rows = autoformer32_rows_get(widest), .train = i % 2};
            autoformer32_part p;
            assert_int_equal(autoformer32_part_init(&arena, s, WINDOWS, false, &p, NULL), NORN_OK);
            for (size_t k = 0; k < WINDOWS; k++)
                autoformer32_fill(&own, &p, k, x + k * s->len_enc * 3, marks + k * s->len_enc * 4,
                                  ahead + k * s->len_dec * 4, NULL);
            assert_int_equal(autoformer32_forward(&own, &p, scratch, NULL, NULL), NORN_OK);
            for (size_t k = 0; k < n; k++)
                out[widest][k] = (double)p.out[k];
        }
        const double far = farthest(out[2], i % 2 ? r->train_out : r->eval_out, n);
        print_message("# forward, single, %s: %.1e\n", i % 2 ? "training" : "evaluation", far);
        assert_true(far <= 1e-5);
        assert_memory_equal(out[0], out[1], n * sizeof(double));
        assert_memory_equal(out[0], out[2], n * sizeof(double));
    }
}

/* Each array by itself: [from[i], from[i + 1]). */
static size_t arrays_of(const autoformer_shape *s, size_t *from) {
    const autoformer_dec d = autoformer_dec_at(s, 0);
    size_t n = 0;
    from[n++] = autoformer_emb_enc(s), from[n++] = autoformer_emb_dec(s);
    for (size_t i = 0; i < s->n_enc; i++) {
        const autoformer_enc e = autoformer_enc_at(s, i);
        from[n++] = e.qkv, from[n++] = e.qkv + s->d * s->d, from[n++] = e.qkv + 2 * s->d * s->d;
        from[n++] = e.out, from[n++] = e.first, from[n++] = e.second;
    }
    from[n++] = autoformer_gamma_enc(s);
    from[n++] = d.qkv, from[n++] = d.qkv + s->d * s->d, from[n++] = d.qkv + 2 * s->d * s->d;
    from[n++] = d.value_bias, from[n++] = d.out, from[n++] = d.out_bias, from[n++] = d.query;
    from[n++] = d.key_value, from[n++] = d.key_value + s->d * s->d;
    from[n++] = d.key_value_bias, from[n++] = d.key_value_bias + s->d;
    from[n++] = d.cross_out, from[n++] = d.cross_bias, from[n++] = d.first, from[n++] = d.second;
    from[n++] = d.trend, from[n++] = autoformer_gamma_dec(s), from[n++] = autoformer_head(s);
    from[n++] = autoformer_head_bias(s), from[n] = autoformer_weights(s);
    return n;
}

static void slopes(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        const recording *r = i ? &brief : &tiny;
        size_t from[64];
        const size_t n = arrays_of(&r->shape, from);
        double worst = 0;
        assert_int_equal(autoformer_weights(&r->shape), WEIGHTS);
        start(r, r->w, true);
        fill64(r, WINDOWS, &part);
        const double loss = pass(&part, 1);
        assert_true(fabs(loss / r->losses[0] - 1) < 1e-12);
        for (size_t a = 0; a < n; a++) {
            double most = 0;
            for (size_t k = from[a]; k < from[a + 1]; k++)
                most = fmax(most, fabs(r->slopes[k]));
            const double far =
                farthest(part.slope + from[a], r->slopes + from[a], from[a + 1] - from[a]);
            if (most < 1e-12) { /* of no effect: noise there, noughts here */
                assert_true(far < 1e-12);
                continue;
            }
            if (far / most > 1e-6) fail_msg("array %zu: %g of %g", a, far, most);
            worst = fmax(worst, far / most);
        }
        print_message("# slopes: %.1e of the largest in their array\n", worst);
    }
}

/* Three steps of Adam, the windows in one part or in four. */
static void three_steps(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        const recording *r = i / 2 ? &brief : &tiny;
        const size_t n_parts = i % 2 ? 4 : 1;
        static double w[WEIGHTS], m[WEIGHTS], v[WEIGHTS];
        autoformer64_part parts[4];
        const double *slope[4];
        memcpy(w, r->w, sizeof w);
        memset(m, 0, sizeof m);
        memset(v, 0, sizeof v);
        start(r, w, true);
        for (int step = 0; step < 3; step++) {
            fill64(r, WINDOWS / n_parts, parts);
            const double loss = pass(parts, n_parts);
            if (fabs(loss / r->losses[step] - 1) > 1e-9)
                fail_msg("loss %d: %.15g, not %.15g", step, loss, r->losses[step]);
            for (size_t q = 0; q < n_parts; q++)
                slope[q] = parts[q].slope;
            const double t = step + 1;
            const autoformer64_adam_arg arg = {
                w, m, v, slope, n_parts, 1e-3 / (1 - pow(0.9, t)), 1 / sqrt(1 - pow(0.999, t))};
            run.rows->adam(&arg, 0, WEIGHTS);
        }
    }
}

/* With dropout, and a layer more on each side: slopes along random directions of each array. */
static void differences(void **state) {
    (void)state;
    recording *r = &tiny;
    autoformer_shape s = r->shape;
    s.n_dec = 2, s.n_enc = 1, s.targets = 2;
    size_t n_weights = autoformer_weights(&s), chosen[5][WINDOWS * 64];
    double *w = norni_arena_get(&arena, n_weights, sizeof *w);
    double *slope = norni_arena_get(&arena, n_weights, sizeof *slope);
    const autoformer_shape kept = r->shape;
    r->shape = s;
    start(r, w, true);
    run.below = 6554, run.kept = 1 / (1 - 6554.0 / 65536);
    memcpy(run.key, (uint32_t[4]){1, 2, 3, 4}, sizeof run.key);
    assert_true(autoformer64_draw(&s, (norni_rng){1, 2}, NULL, w));
    for (size_t k = 0; k < n_weights; k++)
        w[k] += 0.05 * norni_rng_normal((norni_rng){5, 6}, k);
    fill64(r, WINDOWS, &part);
    const double loss = pass(&part, 1);
    memcpy(slope, part.slope, n_weights * sizeof *slope);
    for (size_t a = 0; a < 5; a++)
        memcpy(chosen[a], part.at[a].lag, WINDOWS * (a ? s.lags_dec : s.lags_enc) * sizeof(size_t));
    double worst = 0;
    for (size_t from = 0, size = 40; from < n_weights; from += size) {
        double expect = 0, got[2];
        if (from + size > n_weights) size = n_weights - from;
        for (int side = 0; side < 2; side++) {
            for (size_t k = 0; k < size; k++) {
                const double z = norni_rng_normal((norni_rng){7, from}, k), h = 1e-5;
                if (side == 0) expect += z * slope[from + k];
                w[from + k] += (side ? -2 : 1) * h * z;
            }
            got[side] = pass(&part, 1);
            for (size_t a = 0; a < 5; a++) /* the lags stay, or the loss would jump */
                assert_memory_equal(chosen[a], part.at[a].lag,
                                    WINDOWS * (a ? s.lags_dec : s.lags_enc) * sizeof(size_t));
        }
        for (size_t k = 0; k < size; k++)
            w[from + k] += 1e-5 * norni_rng_normal((norni_rng){7, from}, k);
        const double slope_got = (got[0] - got[1]) / 2e-5;
        const double far = fabs(slope_got - expect) / fmax(fabs(expect), 1e-3 * loss);
        if (far > 1e-6) fail_msg("at %zu: %.12g, not %.12g", from, expect, slope_got);
        worst = fmax(worst, far);
    }
    print_message("# slopes by differences: %.1e\n", worst);
    r->shape = kept;
}

/* The share that dropout keeps, and that it is a function of place, window and element alone. */
static void dropout(void **state) {
    (void)state;
    enum { N = 6000 };
    static float x[3][N];
    const uint32_t key[4] = {9, 8, 7, 6};
    for (int widest = 0; widest < 3; widest++) {
        for (size_t i = 0; i < N; i++)
            x[widest][i] = 1;
        autoformer32_rows_get(widest)->drop(x[widest], N, key, 3 | 5 << 16, 3277, 2);
        assert_memory_equal(x[0], x[widest], sizeof x[0]);
    }
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        assert_true(x[0][i] == 0 || x[0][i] == 2);
        n += x[0][i] == 0;
    }
    assert_true(n > 240 && n < 360); /* .05 of 6000, +-3.5 deviations */
    for (size_t i = 0; i < N; i++)
        x[1][i] = 1;
    autoformer32_rows_get(0)->drop(x[1], 517, key, 3 | 5 << 16, 3277, 2);
    assert_memory_equal(x[0], x[1], 517 * sizeof(float));
    autoformer32_rows_get(0)->drop(x[2], N, key, 4 | 5 << 16, 3277, 1);
    assert_memory_not_equal(x[0], x[2], sizeof x[0]);
}

static void gelu(void **state) {
    (void)state;
    static float x[4001], y[4001], d[4001];
    for (int i = 0; i <= 4000; i++)
        x[i] = (float)(i - 2000) / 100;
    autoformer32_rows_get(2)->gelu(x, 4001, y, d);
    for (int i = 0; i <= 4000; i++) {
        const double z = (double)x[i], cdf = 0.5 * erfc(-z / sqrt(2));
        assert_true(fabs((double)y[i] - z * cdf) < 3e-7 * fmax(1, fabs(z)));
        assert_true(fabs((double)d[i] - (cdf + z * exp(-z * z / 2) / sqrt(2 * acos(-1)))) < 4e-7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(forward64),   cmocka_unit_test(forward32),
                                       cmocka_unit_test(slopes),      cmocka_unit_test(three_steps),
                                       cmocka_unit_test(differences), cmocka_unit_test(dropout),
                                       cmocka_unit_test(gelu)};
    return cmocka_run_group_tests(tests, set_up_all, tear_down);
}
