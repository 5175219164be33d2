/* A bag's columns in slots: which bins its training rows fill, their weights, where a cut is legal. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ebm/ebm_columns.h"

#include <math.h>
#include <string.h>

enum { ROUND = 16 /* zeros behind a table that is read by eights */ };

/* Rows and weight of the training rows in each bin. */
typedef struct bin_totals {
    uint32_t *count; /* (n_bins) */
    double *weight;
    bool missing; /* in a validation row, at least */
} bin_totals;

static void add_up(const norni_ebm_bag *bag, const uint16_t *index, uint32_t n_bins,
                   bin_totals *t) {
    const size_t n = bag->n_train + bag->n_validate;
    memset(t->count, 0, n_bins * sizeof *t->count);
    memset(t->weight, 0, n_bins * sizeof *t->weight);
    for (size_t i = 0; i < bag->n_train; i++)
        t->count[index[bag->row[i]]]++;
    if (bag->weight)
        for (size_t i = 0; i < bag->n_train; i++)
            t->weight[index[bag->row[i]]] += bag->weight[i];
    else
        for (uint32_t b = 0; b < n_bins; b++)
            t->weight[b] = (double)t->count[b];
    t->missing = t->count[0] > 0;
    for (size_t i = bag->n_train; i < n && !t->missing; i++)
        t->missing = index[bag->row[i]] == 0;
}

/* Numbers the filled bins; the unseen bin is a slot only where rows fall in it. */
static uint32_t number_slots(const bin_totals *t, uint32_t n_bins, uint16_t *bin, uint16_t *upto) {
    uint32_t n = 0;
    for (uint32_t b = 0; b < n_bins; b++) {
        if (t->count[b] > 0 || (b == 0 && t->missing)) bin[n++] = (uint16_t)b;
        upto[b] = (uint16_t)n;
    }
    bin[n] = (uint16_t)(n_bins - 1);
    return n;
}

/* Inverse weights on both sides of the cut behind each slot; those of missing values stand outside
 * when they are apart. */
static void weigh_cuts(const norni_ebm_opt *opt, const ebm_column *c, double *upto, double *left,
                       double *right) {
    const uint32_t first = c->apart ? 1 : 0;
    const uint64_t least = opt->min_samples_leaf > 1 ? (uint64_t)opt->min_samples_leaf : 1;
    uint64_t rows = 0, seen = 0;
    upto[0] = 0;
    for (uint32_t s = 0; s < c->n_slots; s++)
        upto[s + 1] = upto[s] + c->weight[s];
    for (uint32_t s = first; s < c->n_slots; s++)
        rows += c->count[s];
    const double base = upto[first], all = upto[c->n_slots];
    for (uint32_t s = 0; s < c->n_slots; s++) {
        left[s] = right[s] = 0;
        if (s < first) continue;
        seen += c->count[s];
        const double l = upto[s + 1] - base, r = all - upto[s + 1];
        if (seen < least || rows - seen < least) continue;
        if (!(l > 0) || !(r > 0) || l < opt->min_hessian || r < opt->min_hessian) continue;
        left[s] = 1 / (l + opt->reg_lambda);
        right[s] = 1 / (r + opt->reg_lambda);
    }
    memset(left + c->n_slots, 0, ROUND * sizeof *left);
    memset(right + c->n_slots, 0, ROUND * sizeof *right);
}

static void choose_ways(ebm_column *c) {
    c->n_ways = c->n_slots > 512 ? 1 : c->n_slots > 128 ? 2 : 4;
}

/* How a step on the column is searched. */
static void choose_search(const norni_ebm_opt *opt, const norni_bin_column *from, ebm_column *c) {
    const uint32_t values = from->n_bins - 2;
    c->nominal = from->kind == NORNI_FEATURE_NOMINAL;
    c->apart = c->missing && !c->nominal && opt->missing == NORNI_EBM_SEPARATE && values > 1;
    c->plain = !c->nominal && c->monotone == 0 && opt->max_leaves == 2 && opt->reg_alpha == 0 &&
               opt->max_delta_step == 0 && (!c->missing || c->apart || values < 2);
    c->first_cut = c->missing ? 0 : 1;
    c->n_cuts = values - c->first_cut;
}

static norn_status make_column(norni_env *env, const norni_ebm_opt *opt, const norni_ebm_task *task,
                               const norni_ebm_bag *bag, size_t j, bin_totals *t, ebm_column *c,
                               norn_err *err) {
    const norni_bin_column *from = &task->mains->column[j];
    const uint16_t *index = task->mains->index[j];
    norni_arena *a = env->arena;
    c->n_bins = from->n_bins;
    c->monotone = task->monotone ? task->monotone[j] : 0;
    add_up(bag, index, c->n_bins, t);
    c->missing = t->missing;
    size_t room = (bag->n_train < c->n_bins ? bag->n_train : c->n_bins) + 2;
    uint16_t *bin = norni_arena_get(a, room, sizeof *bin);
    uint16_t *upto = norni_arena_get(a, c->n_bins, sizeof *upto);
    if (bin == NULL || upto == NULL) return norni_alloc_fail(err, "ebm", room, sizeof *bin);
    c->n_slots = number_slots(t, c->n_bins, bin, upto);
    choose_search(opt, from, c);
    choose_ways(c);
    room = c->n_slots + ROUND;
    uint32_t *count = norni_arena_get(a, room, sizeof *count);
    double *weight = norni_arena_get(a, room, sizeof *weight);
    double *before = norni_arena_get(a, room, sizeof *before);
    double *left = norni_arena_get(a, room, sizeof *left);
    double *right = norni_arena_get(a, room, sizeof *right);
    uint16_t *train = norni_arena_get(a, bag->n_train + 1, sizeof *train);
    uint16_t *validate = norni_arena_get(a, bag->n_validate + 1, sizeof *validate);
    if (count == NULL || weight == NULL || before == NULL || left == NULL || right == NULL ||
        train == NULL || validate == NULL)
        return norni_alloc_fail(err, "ebm", bag->n_train, sizeof *train);
    for (uint32_t s = 0; s < c->n_slots; s++) {
        count[s] = t->count[bin[s]];
        weight[s] = t->weight[bin[s]];
    }
    memset(weight + c->n_slots, 0, ROUND * sizeof *weight);
    c->bin = bin, c->upto = upto, c->count = count, c->weight = weight;
    c->weight_upto = before, c->left = left, c->right = right;
    weigh_cuts(opt, c, before, left, right);
    for (size_t i = 0; i < bag->n_train; i++)
        train[i] = (uint16_t)(upto[index[bag->row[i]]] - 1);
    for (size_t i = 0; i < bag->n_validate; i++)
        validate[i] = index[bag->row[bag->n_train + i]];
    c->train = train, c->validate = validate;
    return NORN_OK;
}

norn_status ebm_columns_make(norni_env *env, const norni_ebm_opt *opt, const norni_ebm_task *task,
                             const norni_ebm_bag *bag, ebm_column *out, bool *tables,
                             norn_err *err) {
    bin_totals t = {.count = norni_arena_get(env->arena, NORNI_BINS_MOST + 1, sizeof *t.count),
                    .weight = norni_arena_get(env->arena, NORNI_BINS_MOST + 1, sizeof *t.weight)};
    if (t.count == NULL || t.weight == NULL)
        return norni_alloc_fail(err, "ebm", NORNI_BINS_MOST, sizeof *t.weight);
    *tables = false;
    size_t at = 0;
    for (size_t j = 0; j < task->mains->n_columns; j++) {
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
        NORN_TRY(make_column(env, opt, task, bag, j, &t, &out[j], err));
        out[j].tensor = at;
        at += out[j].n_bins;
        *tables = *tables || !out[j].plain;
    }
    return NORN_OK;
}
