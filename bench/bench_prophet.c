/* Prophet's fits: milliseconds on its examples, fits a second on daily series of 730 points. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_prophet [FOLDER with Prophet's example_*.csv]. One thread, its CPU time, the least of
 * repeats; "all" is plan, features, products and solution, from time stamps and values. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fp.h"
#include "base/rng.h"
#include "data/calendar.h"
#include "models/prophet/prophet_gram.h"
#include "models/prophet/prophet_plan.h"
#include "models/prophet/prophet_solve.h"

enum { ROWS = 20000, REPEATS = 20, POINTS = 730, SERIES = 2000, WIDE = 500 };

static int64_t ds[ROWS];
static double y[ROWS];
static norn_alloc alloc;
static norni_arena arena;

static void require(norn_status st, const norn_err *err) {
    if (st == NORN_OK) return;
    (void)fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static norni_prophet_spec defaults(void) {
    return (norni_prophet_spec){.n_changepoints = 25,
                                .changepoint_range = 0.8,
                                .yearly = -1,
                                .weekly = -1,
                                .daily = -1,
                                .seasonality_prior = 10,
                                .holidays_prior = 10,
                                .changepoint_prior = 0.05};
}

static norni_prophet_fit room(const norni_prophet_problem *p) {
    norni_prophet_fit f = {0};
    f.delta = norni_arena_get(&arena, p->n_change + 1, sizeof *f.delta);
    f.beta = norni_arena_get(&arena, p->n_x + 1, sizeof *f.beta);
    if (!f.delta || !f.beta) exit(1);
    return f;
}

static size_t read_rows(const char *folder, const char *name) {
    char path[512], line[256];
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/%s.csv", folder, name);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    while (n < ROWS && fgets(line, sizeof line, f)) {
        const char *p = line[0] == '"' ? line + 1 : line, *comma = strchr(line, ',');
        if (!comma || *p < '0' || *p > '9') continue;
        int64_t at = norni_days_from_civil(atoi(p), (int)strtol(p + 5, NULL, 10),
                                           (int)strtol(p + 8, NULL, 10)) *
                     NORNI_US_DAY;
        if (p[10] == ' ')
            at += (strtol(p + 11, NULL, 10) * 3600 + strtol(p + 14, NULL, 10) * 60) *
                  INT64_C(1000000);
        const double v = comma[1] < '-' || comma[1] > '9' ? NORNI_NAN : strtod(comma + 1, NULL);
        size_t i = n++;
        for (; i > 0 && ds[i - 1] > at; i--)
            ds[i] = ds[i - 1], y[i] = y[i - 1];
        ds[i] = at, y[i] = v;
    }
    (void)fclose(f);
    return n;
}

static double least(double *best, double now) {
    if (*best == 0 || now < *best) *best = now;
    return *best;
}

static void bench_rows(const char *name, const norni_prophet_rows *rows,
                       const norni_prophet_spec *spec, int repeats) {
    double plan_s = 0, gram_s = 0, solve_s = 0, all_s = 0;
    norni_prophet_fit fit = {0};
    norni_prophet_problem p = {0};
    for (int k = 0; k < repeats; k++) {
        norn_err err = {0};
        norni_prophet_plan plan;
        norni_prophet_design design;
        norni_prophet_gram gram;
        norni_arena_reset(&arena);
        const double a = norni_clock_thread_seconds();
        require(norni_prophet_plan_make(&arena, NULL, spec, rows, &plan, &design, NULL, &err),
                &err);
        require(norni_prophet_problem_of(&arena, &plan, &design, &p, &err), &err);
        const double b = norni_clock_thread_seconds();
        require(norni_prophet_gram_make(&arena, NULL, &p, NULL, &gram, &err), &err);
        const double c = norni_clock_thread_seconds();
        fit = room(&p);
        require(norni_prophet_exact(&arena, NULL, &p, &gram, NULL, &fit, &err), &err);
        const double d = norni_clock_thread_seconds();
        (void)least(&plan_s, b - a), (void)least(&gram_s, c - b);
        (void)least(&solve_s, d - c), (void)least(&all_s, d - a);
    }
    printf(
        "%-30s %5zu rows %3zu columns  all %8.3f ms  (features %.3f products %.3f solution %.3f, "
        "%d passes)  lp %.6f  kkt %.1e\n",
        name, p.n, p.n_x, 1e3 * all_s, 1e3 * plan_s, 1e3 * gram_s, 1e3 * solve_s, (int)fit.passes,
        fit.log_posterior, fit.kkt);
}

/* A daily series: two breaks, a year, a week, noise. */
static void make_daily(uint64_t item, double *out) {
    const norni_rng rng = {17, item};
    double level = 100 * norni_rng_uniform(rng, 0), slope = norni_rng_normal(rng, 1);
    for (size_t i = 0; i < POINTS; i++) {
        const double day = (double)i;
        if (i == POINTS / 3 || i == POINTS / 2) slope += norni_rng_normal(rng, 2 + i);
        level += 0.05 * slope;
        out[i] = level + 10 * norni_sin(day * 0.0172) + 3 * norni_sin(day * 0.8976) +
                 2 * norni_rng_normal(rng, 10 + i);
    }
}

static void bench_many(bool shared) {
    const norni_prophet_spec spec = defaults();
    double best = 0, check = 0;
    for (size_t i = 0; i < POINTS; i++)
        ds[i] = (15000 + (int64_t)i) * NORNI_US_DAY;
    norni_arena calendar;
    norni_arena_init(&calendar, &alloc);
    for (int repeat = 0; repeat < 3; repeat++) {
        norn_err err = {0};
        norni_prophet_plan plan = {0};
        norni_prophet_design design = {0};
        norni_prophet_problem p = {0};
        norni_prophet_gram gram = {0};
        double spent = 0;
        norni_arena_reset(&calendar);
        for (uint64_t item = 0; item < SERIES; item++) {
            make_daily(item, y);
            const norni_prophet_rows rows = {.n = POINTS, .ds = ds, .y = y};
            norni_arena_reset(&arena);
            const double a = norni_clock_thread_seconds();
            const bool again =
                shared && item > 0 && norni_prophet_same_calendar(&plan, &design, &rows);
            norni_arena *place = shared ? &calendar : &arena;
            if (!again) {
                require(
                    norni_prophet_plan_make(place, NULL, &spec, &rows, &plan, &design, NULL, &err),
                    &err);
                require(norni_prophet_problem_of(place, &plan, &design, &p, &err), &err);
                require(norni_prophet_gram_make(place, NULL, &p, NULL, &gram, &err), &err);
            } else {
                double most = 0, *scaled = norni_arena_get(&arena, POINTS, sizeof *scaled);
                if (!scaled) exit(1);
                for (size_t i = 0; i < POINTS; i++)
                    most = fabs(y[i]) > most ? fabs(y[i]) : most;
                for (size_t i = 0; i < POINTS; i++)
                    scaled[i] = y[i] / most;
                p.y = scaled;
            }
            norni_prophet_fit fit = room(&p);
            require(norni_prophet_exact(&arena, NULL, &p, &gram, NULL, &fit, &err), &err);
            spent += norni_clock_thread_seconds() - a;
            check += fit.log_posterior;
        }
        (void)least(&best, spent);
    }
    printf("%d daily series of %d points, %s: %.0f fits a second on one core (check %.6f)\n",
           SERIES, POINTS, shared ? "one calendar's products" : "each on its own", SERIES / best,
           check);
    norni_arena_clear(&calendar);
}

/* 2,905 rows, 500 regressors. */
static void bench_wide(void) {
    static double x[WIDE][2905];
    static const double *column[WIDE];
    static norni_prophet_regressor regressor[WIDE];
    static char name[WIDE][8];
    static norni_str names[WIDE];
    for (size_t j = 0; j < WIDE; j++) {
        norni_rng_normals((norni_rng){3, j}, 0, x[j], 2905);
        column[j] = x[j];
        (void)snprintf(name[j], sizeof name[j], "x%zu", j);
        names[j] = (norni_str){name[j], strlen(name[j])};
        regressor[j] = (norni_prophet_regressor){.name = names[j], .prior = 10, .standardise = -1};
    }
    for (size_t i = 0; i < 2905; i++) {
        ds[i] = (14000 + (int64_t)i) * NORNI_US_DAY;
        y[i] = 10 + 0.001 * (double)i + x[0][i] + 0.2 * x[7][i] +
               norni_rng_normal((norni_rng){4, 0}, i);
    }
    norni_prophet_spec spec = defaults();
    spec.n_regressor = WIDE, spec.regressor = regressor;
    const norni_prophet_rows rows = {
        .n = 2905, .ds = ds, .y = y, .n_x = WIDE, .x_name = names, .x = column};
    bench_rows("500 regressors", &rows, &spec, 3);
}

int main(int argc, char **argv) {
    static const char *const names[] = {
        "example_wp_log_peyton_manning", "example_retail_sales",
        "example_yosemite_temps",        "example_wp_log_R",
        "example_wp_log_R_outliers1",    "example_pedestrians_covid"};
    alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    const norni_prophet_spec spec = defaults();
    for (size_t k = 0; argc > 1 && k < sizeof names / sizeof *names; k++) {
        const norni_prophet_rows rows = {.n = read_rows(argv[1], names[k]), .ds = ds, .y = y};
        if (rows.n > 0) bench_rows(names[k], &rows, &spec, REPEATS);
    }
    bench_wide();
    bench_many(false);
    bench_many(true);
    norni_arena_clear(&arena);
    return 0;
}
