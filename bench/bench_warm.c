/* What a warm start saves: each fold of a rolling origin fitted cold, and from the fold before. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_warm [monthly|quarterly|yearly [MODEL [STEP [FOLDS]]]], M3's series of NORN_DATA (default
 * ../shared/data); MODEL is auto_ets (default), ets or auto_theta. The chain is the one of a
 * cross-validation: the earliest fold is cold, every later one starts from the fold before it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fp.h"
#include "models/ets/ets_state.h"
#include "models/theta/theta.h"
#include "models/theta/theta_ahead.h"

enum { LINE = 1 << 16, MOST = 1000 };

typedef struct sums {
    double cold_seconds, warm_seconds, worst;
    uint64_t cold_evals, warm_evals;
    size_t n, n_worse, n_better, n_bytes;
} sums;

typedef struct bench {
    const norni_model *model;
    void *opt;
    norni_arena arena;
    norni_buf kept;
    int32_t season;
} bench;

/* What the fit minimises: AICc, or n log sse. */
static double value_of(const bench *b, const void *state, size_t n) {
    if (strstr(b->model->name, "theta"))
        return (double)n * norni_log(((const theta_state *)state)->fit.sse);
    return ((const ets_state *)state)->aicc;
}

/* false: the series does not suit the model. */
static bool fit(bench *b, const double *y, size_t n, norni_str warm, double *value, double *seconds,
                uint64_t *evals, bool keep) {
    norni_effort effort = {0};
    void *state = NULL;
    norni_arena_reset(&b->arena);
    const norni_series s = {
        .n = n, .y = y, .n_season = b->season > 1, .season = &b->season, .horizon = 1};
    const norni_group group = {1, &s};
    norni_env env = {.arena = &b->arena, .effort = &effort, .warm = warm};
    const double before = norni_clock_thread_seconds();
    if (b->model->fit(&env, b->opt, &group, &state, NULL) != NORN_OK) return false;
    *seconds += norni_clock_thread_seconds() - before;
    *evals += effort.spent;
    *value = value_of(b, state, n);
    if (!keep) return true;
    b->kept.n = 0;
    return b->model->save(state, 0, &b->kept, NULL) == NORN_OK;
}

static void run_series(bench *b, const double *y, size_t n, size_t step, size_t folds, sums *s) {
    double cold, warm, first = 0;
    uint64_t none = 0;
    if (n < step * folds + 3 * (size_t)b->season + 5) return;
    for (size_t k = folds; k-- > 0;) {
        const size_t end = n - k * step;
        const bool root = k + 1 == folds;
        if (root) {
            if (!fit(b, y, end, (norni_str){"", 0}, &cold, &first, &none, true)) return;
            continue;
        }
        if (!fit(b, y, end, (norni_str){"", 0}, &cold, &s->cold_seconds, &s->cold_evals, false) ||
            !fit(b, y, end, (norni_str){b->kept.p, b->kept.n}, &warm, &s->warm_seconds,
                 &s->warm_evals, true))
            return;
        s->n++;
        s->n_worse += warm > cold + 1e-3 ? 1 : 0;
        s->n_better += warm < cold - 1e-3 ? 1 : 0;
        s->n_bytes += b->kept.n;
        s->worst = fmax(s->worst, warm - cold);
    }
}

static size_t read_row(char *line, double *y) {
    size_t n = 0;
    char *at = strchr(line, ','), *end = at;
    while (at != NULL && n < MOST) {
        y[n] = strtod(at + 1, &end);
        if (end == at + 1) break;
        n++;
        at = strchr(end, ',');
    }
    return n;
}

int main(int argc, char **argv) {
    const char *set = argc > 1 ? argv[1] : "monthly", *name = argc > 2 ? argv[2] : "auto_ets";
    const size_t step = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 6,
                 folds = argc > 4 ? (size_t)strtoul(argv[4], NULL, 10) : 5;
    const char *folder = getenv("NORN_DATA") ? getenv("NORN_DATA") : "../shared/data";
    const norn_alloc alloc = norni_alloc_default();
    static char line[LINE];
    static double y[MOST];
    norni_arena options;
    sums s = {.n = 0};
    bench b = {.season = strcmp(set, "monthly") == 0 ? 12 : strcmp(set, "quarterly") == 0 ? 4 : 1};
    b.model = strcmp(name, "ets") == 0          ? &norni_model_ets
              : strcmp(name, "auto_theta") == 0 ? &norni_model_auto_theta
                                                : &norni_model_auto_ets;
    norni_arena_init(&b.arena, &alloc);
    norni_arena_init(&options, &alloc);
    norni_buf_init(&b.kept, &alloc);
    b.opt = norni_arena_zero(&options, 1, b.model->opt_size);
    snprintf(line, sizeof line, "%s/competitions/m3_%s_train.csv", folder, set);
    FILE *f = fopen(line, "r");
    if (f == NULL || b.opt == NULL ||
        norni_param_defaults(b.model->params, b.model->n_params, b.opt, &options, NULL) !=
            NORN_OK) {
        fprintf(stderr, "bench_warm: cannot read %s\n", line);
        return 1;
    }
    (void)!fgets(line, sizeof line, f);
    while (fgets(line, sizeof line, f))
        run_series(&b, y, read_row(line, y), step, folds, &s);
    (void)fclose(f);
    const double n = s.n ? (double)s.n : 1;
    printf("%s, M3 %s, %zu folds of step %zu, %zu warm fits\n", b.model->name, set, folds, step,
           s.n);
    printf("cold %.4f ms, %.1f evaluations; warm %.4f ms, %.1f evaluations: %.3f of the time\n",
           1e3 * s.cold_seconds / n, (double)s.cold_evals / n, 1e3 * s.warm_seconds / n,
           (double)s.warm_evals / n, s.warm_seconds / s.cold_seconds);
    printf(
        "criterion above the cold one's by more than 1e-3: %.2f %%, below it: %.2f %%; at most "
        "%.2f above; %.0f bytes kept\n",
        100 * (double)s.n_worse / n, 100 * (double)s.n_better / n, s.worst, (double)s.n_bytes / n);
    norni_buf_clear(&b.kept);
    norni_arena_clear(&options);
    norni_arena_clear(&b.arena);
    return 0;
}
