/* Cross-validation of 5 folds beside single fits: cold, warm, moved on without a fit; M3's monthly series, one thread. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/registry.h"
#include "app/spec.h"
#include "base/clock.h"
#include "eval/standing.h"

enum { H = 18, FOLDS = 5, ROUNDS = 3 };

typedef struct bench_case {
    const char *name;
    size_t windows, step, refit;
    bool warm;
} bench_case;

/* The best of several runs, in CPU seconds, and the model's mean sMAPE and MASE. */
static int run_case(norn_ctx *ctx, const norni_panel *panel, const norni_contender *who,
                    const bench_case *c, double *seconds, double *smape, double *mase) {
    int32_t season = 12;
    const norni_cv_plan plan = {
        .contenders = who,
        .n_contenders = 1,
        .rules = {.horizon = H, .seasons = {1, &season}, .models = norni_registry_models()},
        .splits = {.horizon = H, .n_windows = c->windows, .step = c->step, .least = 24},
        .refit = c->refit,
        .warm = c->warm,
        .max_attempts = 1,
        .grain = 8};
    *seconds = 1e300;
    for (int round = 0; round < ROUNDS; round++) {
        norni_arena arena;
        norni_cv cv;
        norni_scores scores;
        norni_standing total;
        norn_err err = {NORN_OK, ""};
        double mean[NORNI_SCORES];
        norni_arena_init(&arena, &ctx->alloc);
        const double start = norni_clock_process_seconds();
        if (norni_cv_run(ctx, NULL, panel, 0, panel->n_series, &plan, &arena, &cv, &err)) {
            fprintf(stderr, "bench_cv: %s\n", err.text);
            return 1;
        }
        const double took = norni_clock_process_seconds() - start;
        if (took < *seconds) *seconds = took;
        if (norni_scores_make(ctx, NULL, &cv, &arena, &scores, NULL) ||
            norni_standing_init(&total, &arena, H, 0, NULL))
            return 1;
        for (size_t s = 0; s < panel->n_series; s++) {
            const norni_series_standing of = norni_standing_series(&scores, s, 0, 0, mean);
            norni_standing_add(&total, &scores, s, 0, &of, mean);
        }
        *smape = norni_mean_get(&total.score[NORNI_SCORE_SMAPE]);
        *mase = norni_mean_get(&total.score[NORNI_SCORE_MASE]);
        norni_cv_clear(&cv);
        norni_arena_clear(&arena);
    }
    return 0;
}

int main(int argc, char **argv) {
    static const bench_case cases[] = {{"single fit", 1, 1, 1, false},
                                       {"5 folds, step 1, cold", FOLDS, 1, 1, false},
                                       {"5 folds, step 1, warm", FOLDS, 1, 1, true},
                                       {"5 folds, step 1, refit 0", FOLDS, 1, 0, true},
                                       {"5 folds, step 6, cold", FOLDS, 6, 1, false},
                                       {"5 folds, step 6, warm", FOLDS, 6, 1, true},
                                       {"5 folds, step 6, refit 0", FOLDS, 6, 0, true}};
    const char *folder = getenv("NORN_DATA");
    const char *spec_text = argc > 1 ? argv[1] : "auto_ets";
    const norni_read_opt read = {.layout = NORNI_LAYOUT_ROWS, .no_exogenous = true};
    char path[4096];
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_panel panel;
    norni_align_report report;
    norni_arena arena;
    norni_spec spec;
    norn_err err = {NORN_OK, ""};
    snprintf(path, sizeof path, "%s/competitions/m3_monthly_train.csv",
             folder ? folder : "../shared/data");
    opt.n_threads = 1;
    if (norn_ctx_new(&opt, &ctx, &err) != NORN_OK) return 1;
    if (norni_panel_read(ctx, path, &read, &panel, &report, &err) != NORN_OK) {
        printf("bench_cv: left out: %s: %s (set NORN_DATA to a folder with competitions/)\n", path,
               err.text);
        norn_ctx_free(ctx);
        return 0;
    }
    norni_arena_init(&arena, &ctx->alloc);
    if (norni_spec_parse(norni_registry_models(), norni_str_of(spec_text), &arena, &spec, &err)) {
        fprintf(stderr, "bench_cv: %s\n", err.text);
        return 2;
    }
    const norni_contender who = {spec.model, spec.opt, 0};
    double single = 0;
    printf("%s, %zu monthly series of M3, horizon %d, 1 thread\n", spec_text, panel.n_series, H);
    printf("%-26s %9s %12s %9s %9s\n", "", "seconds", "single fits", "sMAPE", "MASE");
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        double seconds, smape, mase;
        if (cases[k].refit != 1 && !norni_model_moves(spec.model)) continue;
        if (run_case(ctx, &panel, &who, &cases[k], &seconds, &smape, &mase) != 0) return 1;
        if (k == 0) single = seconds;
        printf("%-26s %9.3f %12.2f %9.3f %9.4f\n", cases[k].name, seconds, seconds / single, smape,
               mase);
    }
    norni_panel_clear(&panel);
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
    return 0;
}
