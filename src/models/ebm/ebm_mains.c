/* Stage 1 of an EBM: boosts one bag's main effects. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A step on column j with residuals r (score - y), weights w: G = sum of w r in each slot, the cut
 * that is greatest in G_L^2 / W_L + G_R^2 / W_R, steps -rate G / W. Departures from interpret, none of
 * which moves a number beyond rounding:
 *   training rows take an update when the next search passes over them, so that both are one pass;
 *   a column searched twice in a row moves its histogram by (step x weight) instead of passing over
 *   the rows again;
 *   the best model is a list of changes up to a mark, not a copy. */
#include "models/ebm/ebm_plan.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/grow.h"

enum {
    CHUNK = 1 << 18, /* rows between two polls */
    MOST_USES = 512, /* of a histogram before rounding is cleared away by a pass over the rows */
    FIRST_ROOM = 1 << 12 /* changes */
};

/* One row of the histogram: the ways of slot 0 (all: of every slot) added up. */
static void join_ways(ebm_plan *p, const ebm_column *c, size_t n) {
    for (size_t k = 1; k < c->n_ways; k++)
        for (size_t s = 0; s < n; s++)
            p->g[s] += p->g[k * EBM_WAY + s];
}

/* p->g is the term's; returns in how many ways. */
static size_t histogram(ebm_plan *p, size_t term) {
    if (p->g_term == (int64_t)term && ++p->g_uses < MOST_USES) return 1;
    ebm_gather(p, term);
    p->g_term = (int64_t)term;
    p->g_uses = 0;
    return p->column[term].n_ways;
}

/* What a leaf of their own for missing values gains; part of the term's gain, not of the cut's. */
static double apart_gain(const norni_ebm_opt *opt, double g, double w, double g_rest,
                         double w_rest) {
    const double gain = ebm_leaf_gain(opt, g, w) + ebm_leaf_gain(opt, g_rest, w_rest) -
                        ebm_leaf_gain(opt, g + g_rest, w + w_rest);
    return gain >= DBL_MIN ? gain : 0;
}

static norni_ebm_update search_plain(ebm_plan *p, size_t term, uint64_t draw) {
    const ebm_column *c = &p->column[term];
    ebm_pending *u = &p->pending[term];
    const uint32_t first = c->apart ? 1 : 0;
    const size_t ways = histogram(p, term);
    const double rate = p->opt->learning_rate, lambda = p->opt->reg_lambda;
    if (first && ways > 1) join_ways(p, c, 1);
    const ebm_best b = p->kernel->best(p->g + first, c->n_slots - first, ways, c->left + first,
                                       c->right + first, p->prefix);
    const double before = c->weight_upto[first], all = c->weight_upto[c->n_slots] - before;
    const double gain = all + lambda > 0 ? b.gain - b.all * b.all / (all + lambda) : 0;
    const double apart = first ? apart_gain(p->opt, p->g[0], c->weight[0], b.all, all) : 0;
    *u = (ebm_pending){.zero = first ? rate * norni_ebm_step(p->opt, p->g[0], c->weight[0]) : 0};
    if (!(gain >= DBL_MIN)) { /* no cut: all rows by one step */
        u->n_left = c->n_slots;
        u->cut = c->n_bins - 1;
        u->left = u->right = rate * norni_ebm_step(p->opt, b.all, all);
        return (norni_ebm_update){2 * apart / p->weight_train, false};
    }
    const uint32_t s = first + b.cut;
    const double left = c->weight_upto[s + 1] - before;
    u->n_left = s + 1;
    u->cut = c->bin[s] + (uint32_t)(draw % (uint64_t)(c->bin[s + 1] - c->bin[s]));
    u->left = rate * norni_ebm_step(p->opt, b.left, left);
    u->right = rate * norni_ebm_step(p->opt, b.all - b.left, all - left);
    return (norni_ebm_update){2 * (gain + apart) / p->weight_train, true};
}

static norni_ebm_update search_tree(ebm_plan *p, size_t term, bool smooth, uint64_t draw) {
    const ebm_column *c = &p->column[term];
    double *table = p->table + c->tensor;
    if (histogram(p, term) > 1) join_ways(p, c, c->n_slots);
    double gain = 0;
    p->pending[term] = (ebm_pending){.table = true};
    if (smooth)
        ebm_leaves_random(p->opt, c, p->g, p->leaves, draw, table);
    else
        gain = ebm_leaves_grow(p->opt, c, p->g, p->leaves, draw, table);
    if (!smooth && c->apart) {
        const double w = c->weight_upto[c->n_slots] - c->weight[0];
        double g = 0;
        for (uint32_t s = 1; s < c->n_slots; s++)
            g += p->g[s];
        gain += apart_gain(p->opt, p->g[0], c->weight[0], g, w);
    }
    for (uint32_t b = 0; b < c->n_bins; b++)
        table[b] *= p->opt->learning_rate;
    if (c->nominal) gain *= p->opt->gain_scale;
    return (norni_ebm_update){2 * gain / p->weight_train, gain > 0};
}

/* Two leaves behind a cut drawn at random: sums instead of a histogram. */
static void search_random(ebm_plan *p, size_t term, uint64_t draw) {
    const ebm_column *c = &p->column[term];
    ebm_pending *u = &p->pending[term];
    const double rate = p->opt->learning_rate;
    const uint32_t cut = c->n_cuts ? c->first_cut + (uint32_t)(draw % c->n_cuts) : c->n_bins - 1;
    const uint32_t n_left = c->upto[cut];
    const double all = c->weight_upto[c->n_slots], left = c->weight_upto[n_left];
    ebm_sums sum = {0, 0};
    if (p->due && (p->due_table || p->pieces.n > 2)) ebm_settle_all(p);
    const ebm_shift due = p->due ? ebm_shift_of(&p->pieces) : (ebm_shift){0};
    for (size_t i = 0; i < p->n_train; i += CHUNK) {
        const size_t n = p->n_train - i < CHUNK ? p->n_train - i : CHUNK;
        ebm_shift s = due;
        if (p->due) s.slot += i;
        if (i > 0) ebm_look_up(p);
        const ebm_sums part =
            p->kernel->sum(p->train + i, n, p->due ? &s : NULL, p->weight ? p->weight + i : NULL,
                           c->train + i, n_left ? n_left - 1 : 0);
        sum.all += part.all;
        sum.left += part.left;
    }
    p->due = false;
    p->g_term = -1;
    if (n_left == 0) sum.left = 0;
    *u = (ebm_pending){.n_left = n_left, .cut = cut};
    u->left = rate * norni_ebm_step(p->opt, sum.left, left);
    u->right = rate * norni_ebm_step(p->opt, sum.all - sum.left, all - left);
    if (n_left == c->n_slots) u->right = 0;
    if (c->monotone && (u->right - u->left) * c->monotone < 0)
        u->left = u->right = rate * norni_ebm_step(p->opt, sum.all, all);
    u->zero = u->left;
}

static norni_ebm_update search(void *plan, size_t term, bool smooth, uint64_t draw) {
    ebm_plan *p = plan;
    if (smooth && p->opt->max_leaves == 2) {
        search_random(p, term, draw);
        return (norni_ebm_update){0, true};
    }
    if (smooth || !p->column[term].plain) return search_tree(p, term, smooth, draw);
    return search_plain(p, term, draw);
}

static void note_change(ebm_plan *p, size_t at, double by) {
    ebm_change *change = norni_list_grow(p->env->arena, p->change, p->n_changes, &p->room,
                                         FIRST_ROOM, sizeof *change);
    if (change == NULL) {
        p->trouble = NORN_E_MEM;
        return;
    }
    p->change = change;
    change[p->n_changes++] = (ebm_change){at, by};
}

static void note_update(ebm_plan *p, const ebm_column *c, const ebm_pending *u) {
    if (u->table) {
        const double *t = p->table + c->tensor;
        if (t[0] != 0) note_change(p, c->tensor, t[0]);
        for (uint32_t b = 1; b < c->n_bins; b++)
            if (t[b] != t[b - 1]) note_change(p, c->tensor + b, t[b] - t[b - 1]);
        return;
    }
    note_change(p, c->tensor, c->apart ? u->zero : u->left);
    if (c->apart) note_change(p, c->tensor + 1, u->left - u->zero);
    if (u->cut + 1 < c->n_bins) note_change(p, c->tensor + u->cut + 1, u->right - u->left);
}

/* The validation rows' mean square. */
static double validate(ebm_plan *p, const ebm_column *c, const ebm_pending *u) {
    const double *w = p->weight ? p->weight + p->n_train : NULL;
    double *r = p->validate, sum = 0;
    if (p->n_validate == 0) return 0;
    if (u->table) {
        const double *t = p->table + c->tensor;
        for (size_t i = 0; i < p->n_validate; i++) {
            r[i] += t[c->validate[i]];
            sum += r[i] * r[i] * (w ? w[i] : 1);
        }
    } else {
        const ebm_shift s = {.slot = c->validate,
                             .cut = u->cut,
                             .zero_apart = c->apart,
                             .zero = u->zero,
                             .left = u->left,
                             .right = u->right};
        sum = p->kernel->square(r, p->n_validate, &s, w);
    }
    return sum / p->weight_validate;
}

static double apply(void *plan, size_t term) {
    ebm_plan *p = plan;
    const ebm_column *c = &p->column[term];
    const ebm_pending *u = &p->pending[term];
    ebm_make_due(p, term);
    note_update(p, c, u);
    return validate(p, c, u);
}

static void mark(void *plan) {
    ebm_plan *p = plan;
    for (size_t i = 0; i < p->n_changes; i++)
        p->best[p->change[i].at] += p->change[i].by;
    p->n_changes = 0;
}

static double sweep(void *plan, const uint32_t *order, const uint64_t *draw, size_t n,
                    double *best) {
    ebm_plan *p = plan;
    double metric = 0;
    for (size_t i = 0; i < n && p->trouble == NORN_OK; i++) {
        (void)search(p, order[i], true, draw[i]);
        metric = apply(p, order[i]);
        if (metric <= *best) {
            *best = metric;
            mark(p);
        }
        if (++p->n_polls % p->stride_polls == 0) ebm_look_up(p);
    }
    return metric;
}

static norn_status trouble(const void *plan) {
    return ((const ebm_plan *)plan)->trouble;
}

static double sum_of(const double *w, size_t n) {
    if (w == NULL) return (double)n;
    return norni_sum_tree(w, n);
}

static norn_status make_plan(norni_env *env, const norni_ebm_opt *opt, const norni_ebm_task *task,
                             norni_ebm_bag *bag, ebm_plan *p, norn_err *err) {
    norni_arena *a = env->arena;
    const size_t n = task->mains->n_columns;
    bool tables;
    ebm_column *column = norni_arena_zero(a, n, sizeof *column);
    *p = (ebm_plan){.env = env,
                    .opt = opt,
                    .n_columns = n,
                    .column = column,
                    .g_term = -1,
                    .n_train = bag->n_train,
                    .n_validate = bag->n_validate,
                    .train = bag->residual,
                    .validate = bag->residual + bag->n_train,
                    .weight = bag->weight,
                    .room = FIRST_ROOM,
                    .kernel = ebm_kernel_get(EBM_SIMD_AVX512)};
    if (column == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *column);
    NORN_TRY(ebm_columns_make(env, opt, task, bag, column, &tables, err));
    uint32_t most = 1;
    for (size_t j = 0; j < n; j++) {
        if (column[j].n_slots > most) most = column[j].n_slots;
        p->n_scores += column[j].n_bins;
    }
    tables = tables || opt->max_leaves != 2;
    p->stride = (most + 31) / 16 * 16;
    p->weight_train = sum_of(bag->weight, bag->n_train);
    p->weight_validate = sum_of(bag->weight ? bag->weight + bag->n_train : NULL, bag->n_validate);
    p->pending = norni_arena_zero(a, n, sizeof *p->pending);
    p->best = norni_arena_zero(a, p->n_scores, sizeof *p->best);
    p->change = norni_arena_get(a, p->room, sizeof *p->change);
    p->g = norni_arena_zero(a, p->stride + 4 * EBM_WAY, sizeof *p->g);
    p->prefix = norni_arena_zero(a, p->stride, sizeof *p->prefix);
    p->due_by = norni_arena_zero(a, p->stride, sizeof *p->due_by);
    p->table = tables ? norni_arena_zero(a, p->n_scores, sizeof *p->table) : NULL;
    if (p->pending == NULL || p->best == NULL || p->change == NULL || p->g == NULL ||
        p->prefix == NULL || p->due_by == NULL || (tables && p->table == NULL))
        return norni_alloc_fail(err, "ebm", p->n_scores, sizeof *p->best);
    const double step = 100 + (double)bag->n_train + 0.5 * (double)most; /* ns */
    p->stride_polls = step < 5e5 ? (uint32_t)(5e5 / step) : 1;
    return tables ? ebm_leaves_room(a, most, opt->max_leaves, &p->leaves, err) : NORN_OK;
}

/* From bin to bin summed up: the scores of all columns. */
static void add_up_changes(const ebm_plan *p, double *score) {
    for (size_t j = 0; j < p->n_columns; j++) {
        double *s = score + p->column[j].tensor;
        for (uint32_t b = 1; b < p->column[j].n_bins; b++)
            s[b] += s[b - 1];
    }
}

/* Takes what came behind the mark out of the residuals. scratch (n_scores). */
static void go_back(ebm_plan *p, double *scratch) {
    ebm_settle_all(p);
    memset(scratch, 0, p->n_scores * sizeof *scratch);
    for (size_t i = 0; i < p->n_changes; i++)
        scratch[p->change[i].at] += p->change[i].by;
    if (p->n_changes == 0) return;
    add_up_changes(p, scratch);
    for (size_t j = 0; j < p->n_columns; j++) {
        const ebm_column *c = &p->column[j];
        const double *s = scratch + c->tensor;
        ebm_look_up(p);
        for (size_t i = 0; i < p->n_train; i++)
            p->train[i] -= s[c->bin[c->train[i]]];
        for (size_t i = 0; i < p->n_validate; i++)
            p->validate[i] -= s[c->validate[i]];
    }
}

norn_status norni_ebm_mains_fit(norni_env *env, const norni_ebm_opt *opt,
                                const norni_ebm_task *task, norni_ebm_bag *bag, double *tensors,
                                int32_t *steps, norn_err *err) {
    const norni_arena_mark start = norni_arena_mark_get(env->arena);
    norni_ebm_kind kind = {search, apply, mark, NULL, trouble, 1};
    ebm_plan p;
    norn_status st = NORN_OK;
    *steps = 0;
    NORN_TRY_GOTO(make_plan(env, opt, task, bag, &p, err), done);
    kind.stride = p.stride_polls;
    if (opt->max_leaves == 2) kind.sweep = sweep;
    /* Inside the loop the list may grow over the arena's end: what it held is copied back below. */
    NORN_TRY_GOTO(norni_ebm_boost_run(env, opt, &kind, &p, p.n_columns, false, bag->n_validate > 0,
                                      bag->stream, steps, err),
                  done);
    go_back(&p, tensors);
    memcpy(tensors, p.best, p.n_scores * sizeof *tensors);
    add_up_changes(&p, tensors);
    if (p.trouble != NORN_OK) st = norn_fail(err, p.trouble, "ebm: cancelled");
done:
    norni_arena_rewind(env->arena, start);
    return st;
}
