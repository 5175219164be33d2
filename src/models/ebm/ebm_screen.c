/* Which features an EBM of a wide table is given: those that tell most about what is to be learned. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A feature's mark is the variance between its bins, joined to GROUPS of about as many rows each (bins of
 * missing values and names stay by themselves), less what groups without any meaning would show:
 *
 *     sum over groups of G^2 / n - G_all^2 / n_all - (groups - 1) s^2,  s^2 the variance of all.
 *
 * It sees bends as well as slopes. Only training rows are looked at; ties go to the feature that comes
 * first. (Sure independence screening, Fan and Lv, JRSS B 70, 2008, in groups.) */
#include <math.h>

#include "base/sort.h"
#include "models/ebm/ebm_learner.h"
#include "num/extent.h"

enum { GROUPS = 16 };

typedef struct screen_room {
    double *sum;     /* (bins) */
    uint32_t *count; /* (bins) */
} screen_room;

/* The feature's mark, of rest less its mean; spread: its variance. */
static double mark_of(const norni_bin_column *c, const uint16_t *index, const ebm_examples *e,
                      double unit, double mean, double spread, screen_room *room) {
    double between = 0, sum = 0, held = 0;
    size_t groups = 0;
    const bool names = c->kind == NORNI_FEATURE_NOMINAL;
    memset(room->sum, 0, c->n_bins * sizeof *room->sum);
    memset(room->count, 0, c->n_bins * sizeof *room->count);
    for (size_t i = 0; i < e->n; i++) {
        const uint16_t b = index[e->row[i]];
        room->sum[b] += e->rest[i] * unit - mean;
        room->count[b]++;
    }
    for (uint32_t b = 0; b < c->n_bins; b++) {
        sum += room->sum[b];
        held += room->count[b];
        const bool last = b + 1 == c->n_bins;
        if (!last && b > 0 && !names && held * GROUPS < (double)e->n) continue;
        if (held > 0) {
            between += sum / held * sum;
            groups++;
        }
        sum = held = 0;
    }
    return groups < 2 ? 0 : between - (double)(groups - 1) * spread;
}

static int by_mark(const void *arg, size_t a, size_t b) {
    const double *m = arg;
    return m[a] > m[b] ? -1 : m[a] < m[b];
}

/* Marks of all columns. */
static norn_status mark_all(norni_env *env, const norni_bin_column *column,
                            const uint16_t *const *index, size_t n_columns, const ebm_examples *e,
                            double *mark, norn_err *err) {
    uint32_t most = 1;
    double mean = 0, spread = 0;
    for (size_t j = 0; j < n_columns; j++)
        most = column[j].n_bins > most ? column[j].n_bins : most;
    screen_room room = {norni_arena_get(env->arena, most, sizeof(double)),
                        norni_arena_get(env->arena, most, sizeof(uint32_t))};
    if (room.sum == NULL || room.count == NULL)
        return norni_alloc_fail(err, "ebm", most, sizeof(double));
    /* A power of two under which no square overflows. */
    const double unit = ldexp(1, -norni_extent_of(e->rest, e->n).exponent);
    for (size_t i = 0; i < e->n; i++)
        mean += e->rest[i] * unit / (double)e->n;
    for (size_t i = 0; i < e->n; i++) {
        const double d = e->rest[i] * unit - mean;
        spread += d * d / (double)e->n;
    }
    for (size_t j = 0; j < n_columns; j++) {
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
        mark[j] = mark_of(&column[j], index[j], e, unit, mean, spread, &room);
    }
    return NORN_OK;
}

norn_status ebm_screen(norni_env *env, const norni_bin_column *column, const uint16_t *const *index,
                       size_t n_columns, const ebm_examples *e, size_t most, uint32_t **taken,
                       size_t *n_taken, norn_err *err) {
    const bool all = most == 0 || most >= n_columns;
    *taken = norni_arena_get(env->arena, n_columns, sizeof **taken);
    size_t *order = norni_arena_get(env->arena, n_columns, sizeof *order),
           *scratch = norni_arena_get(env->arena, n_columns, sizeof *scratch);
    double *mark = norni_arena_get(env->arena, n_columns, sizeof *mark);
    bool *kept = norni_arena_zero(env->arena, n_columns, sizeof *kept);
    if (*taken == NULL || order == NULL || scratch == NULL || mark == NULL || kept == NULL)
        return norni_alloc_fail(err, "ebm", n_columns, sizeof *order);
    if (!all) {
        NORN_TRY(mark_all(env, column, index, n_columns, e, mark, err));
        for (size_t j = 0; j < n_columns; j++)
            order[j] = j;
        norni_sort_index(order, n_columns, by_mark, mark, scratch);
        for (size_t k = 0; k < most; k++)
            kept[order[k]] = true;
    }
    *n_taken = 0;
    for (size_t j = 0; j < n_columns; j++)
        if (all || kept[j]) (*taken)[(*n_taken)++] = (uint32_t)j;
    return NORN_OK;
}
