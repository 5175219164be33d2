/* Six detectors of unusual months: fences, modified z, isolation forest, LOF, one-class SVM, Grubbs. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The spec's parameters: fences at 1.5, 2, 2.5, 3 IQR for a volatility up to .15, .3, .5, above, times 1.3 with a season;
 * modified z beyond 3.5; isolation forest of 100 trees with a contamination of clip(5/n, .01, .15); LOF with clip(n/5, 5, 20)
 * neighbours and the same contamination, and a factor of 1.5 at least; one-class SVM with nu = clip(5/n, .01, .2) and
 * gamma = 1/variance; Grubbs at .05, min(5, n/10) times at most. Forest and SVM call a share of any months unusual: what is
 * made of that is said in finance_anomalies.c. */
#include "finance/finance_detectors.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"
#include "num/isolation_forest.h"
#include "num/local_outlier.h"
#include "num/one_class_svm.h"
#include "num/outliers.h"

const char *norni_fin_detector_name(norni_fin_detector d) {
    static const char *const name[NORNI_FIN_DETECTORS] = {
        "IQR", "Modified Z-Score", "Isolation Forest", "LOF", "One-Class SVM", "Grubbs Test"};
    assert(d < NORNI_FIN_DETECTORS);
    return name[d];
}

typedef struct room {
    bool *out;
    double *score, *sorted;
} room;

static double clip(double x, double least, double most) {
    return x < least ? least : x > most ? most : x;
}

static void vote(const bool *out, size_t n, norni_fin_detector d, uint32_t *votes) {
    for (size_t i = 0; i < n; i++)
        votes[i] |= out[i] ? UINT32_C(1) << d : 0;
}

static double fences(const norni_fin_rest *r) {
    const double k = r->volatility <= 0.15  ? 1.5
                     : r->volatility <= 0.3 ? 2
                     : r->volatility <= 0.5 ? 2.5
                                            : 3;
    return r->seasonal && r->n >= 12 ? 1.3 * k : k;
}

/* Scores above the quantile that leaves `share` of them, and `least`. */
static void highest(const double *score, size_t n, double share, double least, room *m) {
    memcpy(m->sorted, score, n * sizeof *score);
    norni_sort_doubles(m->sorted, n);
    const double cut = norni_sorted_quantile(m->sorted, n, 1 - share);
    for (size_t i = 0; i < n; i++)
        m->out[i] = score[i] > cut && score[i] > least;
}

norn_status norni_fin_detect(const norni_fin_rest *r, const norni_poll *poll, norni_arena *scratch,
                             uint32_t *votes, norn_err *err) {
    const size_t n = r->n;
    const double share = clip(5 / (double)n, 0.01, 0.15);
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    room m = {norni_arena_get(scratch, n, sizeof *m.out),
              norni_arena_get(scratch, n, sizeof *m.score),
              norni_arena_get(scratch, n, sizeof *m.sorted)};
    if (!m.out || !m.score || !m.sorted) return norni_alloc_fail(err, "anomalies", n, 17);
    memset(votes, 0, n * sizeof *votes);
    norni_iqr_outliers(r->z, n, fences(r), m.out, m.sorted);
    vote(m.out, n, NORNI_FIN_BY_IQR, votes);
    norni_modified_z_outliers(r->z, n, 3.5, m.out, m.sorted);
    vote(m.out, n, NORNI_FIN_BY_MODIFIED_Z, votes);
    norni_grubbs_outliers(r->z, n, 0.05, n / 10 < 5 ? n / 10 : 5, m.out);
    vote(m.out, n, NORNI_FIN_BY_GRUBBS, votes);
    const norni_isolation_opt forest = {100, 256, r->rng};
    NORN_TRY(norni_isolation_scores(r->z, n, 1, &forest, poll, scratch, m.score, err));
    highest(m.score, n, share, 0.5, &m);
    vote(m.out, n, NORNI_FIN_BY_FOREST, votes);
    const size_t k = (size_t)clip((double)(n / 5), 5, 20);
    NORN_TRY(norni_local_outlier(r->z, n, 1, k < n ? k : n - 1, poll, scratch, m.score, err));
    highest(m.score, n, share, 1.5, &m);
    vote(m.out, n, NORNI_FIN_BY_LOF, votes);
    double mean, var;
    (void)norni_mean_var(r->z, n, 0, &mean, &var);
    if (var > 0 && isfinite(1 / var)) {
        const norni_one_class_opt svm = {clip(5 / (double)n, 0.01, 0.2), 1 / var, 1e-4};
        NORN_TRY(norni_one_class(r->z, n, 1, &svm, poll, scratch, m.score, err));
        for (size_t i = 0; i < n; i++)
            m.out[i] = m.score[i] < -2 * svm.tol; /* those on the border are inside */
        vote(m.out, n, NORNI_FIN_BY_SVM, votes);
    }
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
