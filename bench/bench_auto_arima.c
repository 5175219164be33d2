/* Times the automatic ARIMA search on one core, and compares its choices with R's where R's are given. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_auto_arima [m3|yearly|quarterly|weekly|hourly|taylor|long|all] [-v] [-w] [settings, as approximation=false ...]
 * -w: five folds of a rolling origin (step 6), each later one from the choice of the fold before it, beside cold ones.
 * NORN_DATA: folder of the series (default ../shared/data). NORN_ORACLES: folder of R's tables; when given, only
 * the series in the table are fitted, and compared: the share with AICc(ours) <= AICc(R) + 1e-3, and with R's orders.
 * NORN_EVERY=k: every k-th series. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "models/arima/arima_search.h"
#include "models/arima/auto_arima.h"

enum { LINE = 1 << 20, MAX_N = 1000000, MAX_ROWS = 4000 };

typedef struct bench_set {
    const char *name, *file, *oracle;
    int32_t m;
    bool wide; /* one row a series, else unique_id,ds,y */
} bench_set;

static const bench_set sets[] = {
    {"m3", "competitions/m3_monthly_train.csv", "r_m3_monthly_auto_arima.csv", 12, true},
    {"yearly", "m4/yearly_train.csv", "r_m4_yearly_auto_arima.csv", 1, false},
    {"quarterly", "m4/quarterly_train.csv", "r_m4_quarterly_auto_arima.csv", 4, false},
    {"weekly", "m4/weekly_train.csv", "r_m4_weekly_auto_arima.csv", 1, false},
    {"hourly", "m4/hourly_train.csv", "", 24, false},
};

typedef struct oracle_row {
    char id[24], spec[80];
    double aicc;
    double seconds;
} oracle_row;

typedef struct bench_run {
    const bench_set *set;
    arima_search_opt opt;
    oracle_row *rows; /* (n_rows) */
    size_t n_rows, every, n_read;
    norni_arena arena;
    bool verbose, warm;
    double warm_seconds, ic_rise;
    size_t n_folds, n_worse, n_moved;
    double seconds, r_seconds, diff, worst;
    size_t n, n_failed, n_ok, n_compared, n_same, n_other_d, n_trials;
    uint64_t n_evals;
} bench_run;

/* As R prints it, with ; for , (the oracle tables). */
static void spec_of(const norni_arima_fit *f, char *out, size_t size) {
    const norni_arima_order *o = &f->order;
    int at = snprintf(out, size, "ARIMA(%d;%d;%d)", o->p, o->d, o->q);
    if (o->P + o->D + o->Q > 0)
        at += snprintf(out + at, size - (size_t)at, "(%d;%d;%d)[%d]", o->P, o->D, o->Q, o->m);
    const char *end = f->constant == NORNI_ARIMA_DRIFT  ? " with drift"
                      : f->constant == NORNI_ARIMA_MEAN ? " with non-zero mean"
                      : o->d + o->D == 0                ? " with zero mean"
                                                        : "";
    snprintf(out + at, size - (size_t)at, "%s", end);
}

/* The differences of a spec, to tell whether two criteria may be compared. */
static int differences(const char *spec) {
    int p = 0, d = 0, q = 0, sp = 0, sd = 0;
    sscanf(spec, "ARIMA(%d;%d;%d)(%d;%d", &p, &d, &q, &sp, &sd);
    return d + 10 * sd;
}

static void compare(bench_run *b, const oracle_row *row, const arima_found *found, const char *id) {
    char spec[80];
    spec_of(&found->fit, spec, sizeof spec);
    const size_t k = found->fit.n_coef + 1, n = found->fit.n_used;
    const double aicc = n > k + 1 ? -2 * found->fit.loglik + 2.0 * (double)k +
                                        2.0 * (double)k * (double)(k + 1) / (double)(n - k - 1)
                                  : (double)INFINITY;
    const double diff = aicc - row->aicc;
    const bool same = !strcmp(spec, row->spec), other = differences(spec) != differences(row->spec);
    b->r_seconds += row->seconds;
    b->n_same += same;
    b->n_other_d += other;
    if (!other && isfinite(row->aicc) && isfinite(aicc)) {
        b->n_compared++;
        b->n_ok += diff <= 1e-3;
        b->diff += diff;
        if (diff > b->worst) b->worst = diff;
    }
    if (b->verbose && (other || !(diff <= 1e-3)))
        printf("  %s: %s %.4f, R %s %.4f: %+.4f (%zu models)\n", id, spec, aicc, row->spec, row->aicc, diff,
               found->n_trials);
}

static bool run_search(bench_run *b, const double *y, size_t n, int32_t m, const arima_known *known, arima_found *found) {
    norn_err err = {0};
    norni_effort effort = {0};
    norni_env env = {.arena = &b->arena, .effort = &effort};
    const norni_arima_data data = {.n = n, .y = y};
    const double before = norni_clock_thread_seconds();
    norni_arena_reset(&b->arena);
    const norn_status status = arima_search_run(&env, &b->opt, &data, m, known, found, &err);
    b->seconds += norni_clock_thread_seconds() - before;
    b->n_evals += effort.spent;
    b->n++;
    if (status != NORN_OK) {
        printf("  failed: %s\n", err.text);
        b->n_failed++;
        return false;
    }
    b->n_trials += found->n_trials;
    return true;
}

/* The later folds' seconds: cold ones in b->seconds, warm ones in b->warm_seconds. */
static void fold(bench_run *b, const double *y, size_t n) {
    enum { FOLDS = 5, STEP = 6, MOST = 64 };
    double coef[MOST], kept = b->seconds;
    arima_known known = {.coef = coef};
    arima_found cold, warm;
    if (n < FOLDS * STEP + 3 * (size_t)b->set->m + 5) return;
    for (size_t k = FOLDS; k-- > 0; kept = b->seconds) {
        if (!run_search(b, y, n - k * STEP, b->set->m, NULL, &cold)) return;
        warm = cold;
        if (k + 1 < FOLDS) {
            const double cold_seconds = b->seconds;
            if (!run_search(b, y, n - k * STEP, b->set->m, &known, &warm)) return;
            b->warm_seconds += b->seconds - cold_seconds;
            b->seconds = cold_seconds;
            b->n_folds++;
            b->n_moved += memcmp(&warm.fit.order, &known.order, sizeof known.order) != 0;
            b->n_worse += warm.ic > cold.ic + 1e-3;
            if (isfinite(warm.ic - cold.ic)) b->ic_rise += warm.ic - cold.ic;
        } else {
            b->seconds = kept; /* the root counts for neither */
        }
        known.order = warm.fit.order, known.constant = warm.fit.constant, known.n_coef = warm.fit.n_coef;
        if (known.n_coef <= MOST) memcpy(coef, warm.fit.coef, known.n_coef * sizeof *coef);
    }
}

static void fit(bench_run *b, const char *id, const double *y, size_t n) {
    const oracle_row *row = NULL;
    for (size_t i = 0; i < b->n_rows && !row; i++)
        if (!strcmp(b->rows[i].id, id)) row = &b->rows[i];
    if (b->n_rows && !row) return;
    if (b->n_read++ % b->every) return;
    arima_found found;
    if (b->warm) {
        fold(b, y, n);
        return;
    }
    if (run_search(b, y, n, b->set->m, NULL, &found) && row) compare(b, row, &found, id);
}

static void read_oracle(bench_run *b, char *line) {
    char path[1024];
    const char *folder = getenv("NORN_ORACLES");
    if (!folder || !*b->set->oracle) return;
    snprintf(path, sizeof path, "%s/%s", folder, b->set->oracle);
    FILE *f = fopen(path, "r");
    if (!f) return;
    while (fgets(line, LINE, f) && b->n_rows < MAX_ROWS) {
        oracle_row *r = &b->rows[b->n_rows];
        /* id,method,spec,loglik,aicc,sigma2,seconds,... */
        r->seconds = 0;
        if (sscanf(line, "%23[^,],%*[^,],%79[^,],%*[^,],%lf,%*[^,],%lf", r->id, r->spec, &r->aicc, &r->seconds) >= 3)
            b->n_rows++;
    }
    fclose(f);
}

static void read_series(bench_run *b, FILE *f, char *line, double *y) {
    char id[64] = "", now[64];
    size_t n = 0;
    if (!fgets(line, LINE, f)) return;
    while (fgets(line, LINE, f)) {
        char *p = strchr(line, ',');
        if (!p) continue;
        *p++ = 0;
        snprintf(now, sizeof now, "%.60s", line);
        if (!b->set->wide) {
            if (n && strcmp(now, id)) fit(b, id, y, n), n = 0;
            memcpy(id, now, sizeof id);
            p = strchr(p, ',');
            if (p && n < MAX_N) y[n++] = strtod(p + 1, NULL);
            continue;
        }
        for (n = 0; n < MAX_N;) {
            char *end;
            const double v = strtod(p, &end);
            if (end == p) break;
            y[n++] = v;
            p = end + (*end == ',');
        }
        fit(b, now, y, n);
    }
    if (!b->set->wide && n) fit(b, id, y, n);
}

static FILE *open_data(const char *file) {
    const char *folder = getenv("NORN_DATA");
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "../shared/data", file);
    FILE *f = fopen(path, "r");
    if (!f) printf("bench_auto_arima: %s is absent (NORN_DATA)\n", path);
    return f;
}

static void run_set(bench_run *b, char *line, double *y) {
    FILE *f = open_data(b->set->file);
    if (!f) return;
    read_oracle(b, line);
    read_series(b, f, line, y);
    fclose(f);
    const double n = (double)b->n, folds = (double)b->n_folds;
    if (b->warm) {
        printf("auto_arima %s, %zu later folds: cold %.3f ms, warm %.3f ms (%.3f of it); other orders than before in %.1f %%, "
               "criterion above the cold one's in %.1f %%, by %.3f on average\n",
               b->set->name, b->n_folds, 1e3 * b->seconds / folds, 1e3 * b->warm_seconds / folds,
               b->warm_seconds / b->seconds, 100.0 * (double)b->n_moved / folds, 100.0 * (double)b->n_worse / folds,
               b->ic_rise / folds);
        return;
    }
    printf("auto_arima %s: %zu series, %.3f ms a series, %.1f models, %.0f evaluations a series, %zu failed\n", b->set->name,
           b->n, 1e3 * b->seconds / n, (double)b->n_trials / n, (double)b->n_evals / n, b->n_failed);
    if (b->n_compared)
        printf("  R's own differences: %zu of %zu; there aicc <= R + 1e-3: %zu of %zu (%.2f %%), mean difference %.4f, worst "
               "%+.3f; R's orders: %zu; R took %.0f ms a series (%.0f times)\n",
               b->n - b->n_other_d, b->n, b->n_ok, b->n_compared, 100.0 * (double)b->n_ok / (double)b->n_compared,
               b->diff / (double)b->n_compared, b->worst, b->n_same, 1e3 * b->r_seconds / n, b->r_seconds / b->seconds);
}

static void report(bench_run *b, const char *what, const double *y, size_t n, int32_t m) {
    arima_found found;
    char spec[80];
    b->seconds = 0, b->n_evals = 0;
    if (!run_search(b, y, n, m, NULL, &found)) return;
    spec_of(&found.fit, spec, sizeof spec);
    printf("auto_arima %s, n = %zu, m = %d: %.3f s, %zu models, %llu evaluations, peak arena %.0f MB: %s aicc %.3f\n", what, n,
           m, b->seconds, found.n_trials, (unsigned long long)b->n_evals, (double)b->arena.total / 1e6, spec, found.ic);
}

static void run_taylor(bench_run *b, char *line, double *y) {
    FILE *f = open_data("classics/forecast_taylor.csv");
    if (!f) return;
    size_t n = 0;
    while (fgets(line, LINE, f) && n < 4032) {
        const char *comma = strrchr(line, ',');
        char *end;
        if (!comma) continue;
        const double v = strtod(comma + 1, &end);
        if (end != comma + 1) y[n++] = v;
    }
    fclose(f);
    report(b, "taylor", y, n < 1000 ? n : 1000, 48);
    report(b, "taylor", y, n, 48);
    report(b, "taylor", y, n, 336);
}

/* Made-up series with a season, a slow level and noise. */
static void run_long(bench_run *b, double *y) {
    static const struct {
        size_t n;
        int32_t m;
    } cases[] = {{1000, 168}, {2000, 365}, {10000, 24}, {26280, 8760}, {100000, 24}, {1000000, 1}, {1000000, 24}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        uint64_t state = 12345;
        double level = 0, e = 0;
        for (size_t t = 0; t < cases[k].n; t++) {
            double u = 0;
            for (int i = 0; i < 12; i++) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                u += (double)(state >> 11) / 9007199254740992.0;
            }
            e = 0.6 * e + (u - 6);
            level += 0.02 * (u - 6);
            const double angle = 6.283185307179586 * (double)t / cases[k].m;
            y[t] = 100 + level + e + (cases[k].m > 1 ? 10 * sin(angle) + 4 * cos(3 * angle) : 0);
        }
        report(b, "made up", y, cases[k].n, cases[k].m);
    }
}

static bool set_options(bench_run *b, int argc, char **argv) {
    const norni_model *model = &norni_model_auto_arima;
    norn_err err = {0};
    if (norni_param_defaults(model->params, model->n_params, &b->opt, &b->arena, &err) != NORN_OK) return false;
    for (int i = 2; i < argc; i++) {
        const char *eq = strchr(argv[i], '=');
        b->verbose |= !strcmp(argv[i], "-v");
        b->warm |= !strcmp(argv[i], "-w");
        if (!eq) continue;
        const norni_param *row =
            norni_param_find(model->params, model->n_params, (norni_str){argv[i], (size_t)(eq - argv[i])});
        if (!row || norni_param_set(row, &b->opt, norni_str_of(eq + 1), &b->arena, "bench", &err) != NORN_OK) {
            printf("bench_auto_arima: %s: %s\n", argv[i], err.text);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv) {
    const char *which = argc > 1 ? argv[1] : "m3", *every = getenv("NORN_EVERY");
    const norn_alloc alloc = norni_alloc_default();
    char *line = malloc(LINE);
    double *y = malloc(MAX_N * sizeof *y);
    oracle_row *rows = malloc(MAX_ROWS * sizeof *rows);
    bool good = line && y && rows;
    for (size_t i = 0; good && i < sizeof sets / sizeof sets[0] + 2; i++) {
        const size_t n_sets = sizeof sets / sizeof sets[0];
        const char *name = i < n_sets ? sets[i].name : i == n_sets ? "taylor" : "long";
        if (strcmp(which, "all") && strcmp(which, name)) continue;
        bench_run b = {.set = &sets[i < n_sets ? i : 0], .rows = rows};
        b.every = every && atoi(every) > 0 ? (size_t)atoi(every) : 1;
        norni_arena_init(&b.arena, &alloc);
        good = set_options(&b, argc, argv);
        if (good && i < n_sets)
            run_set(&b, line, y);
        else if (good && i == n_sets)
            run_taylor(&b, line, y);
        else if (good)
            run_long(&b, y);
        norni_arena_clear(&b.arena);
    }
    free(line), free(y), free(rows);
    return good ? 0 : 1;
}
