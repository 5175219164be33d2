/* The boosting loop of an EBM: rounds of smoothing, sweeps, a lazy greedy queue, early stopping. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Nori, Jenkins, Koch, Caruana: InterpretML (2019); Lou et al., KDD 2012 and 2013. As interpret 0.7.8
 * does it:
 *   smoothing_rounds sweeps over all terms with random cuts, each applied;
 *   then in turn a sweep that measures each term's gain (and applies it, when `cyclic_progress`), and
 *   ceil(greedy_ratio n_terms) steps that pop the greatest gain of the queue, search that term again,
 *   push it back with its gain of now, and apply it. The first pop after a sweep that applied nothing
 *   takes the update that the sweep found.
 * Keys are (-gain, random, term). A step whose metric is at most the best so far is the model to keep.
 * Outside of smoothing the loop ends when the least metric older than the last
 * early_stopping_rounds n_terms steps, less a tolerance, is at most the least one among these. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/ebm/ebm_stages.h"

enum { DRAW_KEYS = 1, DRAW_ORDER = 2 };

typedef struct queue_key {
    double gain;
    uint64_t tie;
    uint32_t term;
} queue_key;

/* The least of the last `size` metrics: a ring of them, and those that no later one undercuts. */
typedef struct metric_window {
    size_t size, at;
    uint64_t n; /* metrics seen */
    double *ring;
    uint64_t *low; /* numbers of the metrics that may be least, a ring: their metrics ascend */
    size_t first, n_low;
    double least_before, least; /* of those that left the window; of all, smoothing included */
} metric_window;

typedef struct boosting {
    norni_env *env;
    const norni_ebm_opt *opt;
    const norni_ebm_kind *kind;
    void *plan;
    size_t n_terms, n_queue;
    queue_key *queue; /* (n_terms) a heap: the first is the greatest */
    uint32_t *order;
    uint64_t *draw;
    bool stops; /* early */
    metric_window window;
    double best;
    uint64_t steps, most_steps, searches, n_order;
    norni_rng keys, shuffles;
    size_t greedy_steps;
} boosting;

static bool comes_first(const queue_key *a, const queue_key *b) {
    if (a->gain != b->gain) return a->gain > b->gain;
    if (a->tie != b->tie) return a->tie < b->tie;
    return a->term < b->term;
}

static void push_key(boosting *b, queue_key key) {
    size_t i = b->n_queue++;
    for (; i > 0 && comes_first(&key, &b->queue[(i - 1) / 2]); i = (i - 1) / 2)
        b->queue[i] = b->queue[(i - 1) / 2];
    b->queue[i] = key;
}

/* Puts key in the place of the greatest. */
static void replace_first(boosting *b, queue_key key) {
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= b->n_queue) break;
        if (child + 1 < b->n_queue && comes_first(&b->queue[child + 1], &b->queue[child])) child++;
        if (!comes_first(&b->queue[child], &key)) break;
        b->queue[i] = b->queue[child];
        i = child;
    }
    b->queue[i] = key;
}

static void window_drop(metric_window *w) {
    if (w->n_low > 0 && w->low[w->first] + w->size <= w->n) {
        w->first = (w->first + 1) % w->size;
        w->n_low--;
    }
}

static void window_add(metric_window *w, double metric) {
    if (w->n >= w->size && w->ring[w->at] < w->least_before) w->least_before = w->ring[w->at];
    window_drop(w);
    while (w->n_low > 0 && w->ring[w->low[(w->first + w->n_low - 1) % w->size] % w->size] >= metric)
        w->n_low--;
    w->low[(w->first + w->n_low++) % w->size] = w->n;
    w->ring[w->at] = metric;
    w->at = (w->at + 1) % w->size;
    w->n++;
}

/* Takes note of a step's metric; whether to stop. */
static bool observe(boosting *b, double metric, bool smooth) {
    metric_window *w = &b->window;
    if (!b->stops) {
        b->kind->mark(b->plan);
        return false;
    }
    if (metric <= b->best) {
        b->best = metric;
        b->kind->mark(b->plan);
    }
    double tolerance =
        fabs(w->least) < fabs(w->least_before) ? fabs(w->least) : fabs(w->least_before);
    tolerance *= b->opt->early_stopping_tolerance;
    if (!isfinite(tolerance)) tolerance = 0;
    if (metric < w->least) w->least = metric;
    if (smooth) return false;
    window_add(w, metric);
    return w->least_before - tolerance <= w->ring[w->low[w->first] % w->size];
}

static norn_status may_go_on(boosting *b, norn_err *err) {
    const uint32_t stride = b->kind->stride ? b->kind->stride : 1;
    if (b->searches++ % stride) return NORN_OK;
    if (norni_poll_stop(&b->env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
    const norn_status st = b->kind->trouble ? b->kind->trouble(b->plan) : NORN_OK;
    if (st == NORN_OK) return NORN_OK;
    return norn_fail(err, st, st == NORN_E_CANCEL ? "ebm: cancelled" : "ebm: out of memory");
}

static void shuffle_order(boosting *b) {
    if (!b->opt->shuffle || (b->steps > 0 && b->greedy_steps == 0)) return;
    for (size_t i = b->n_terms; i > 1; i--) {
        const size_t k = (size_t)(norni_rng_u64(b->shuffles, b->n_order++) % i);
        const uint32_t t = b->order[i - 1];
        b->order[i - 1] = b->order[k];
        b->order[k] = t;
    }
}

static norn_status smooth_all(boosting *b, int32_t rounds, norn_err *err) {
    for (int32_t round = 0; round < rounds && b->steps < b->most_steps; round++) {
        NORN_TRY(may_go_on(b, err));
        shuffle_order(b);
        for (size_t i = 0; i < b->n_terms; i += 2) {
            uint64_t two[2];
            norni_rng_block(b->keys, b->steps + i, two);
            b->draw[i] = two[0];
            if (i + 1 < b->n_terms) b->draw[i + 1] = two[1];
        }
        if (b->kind->sweep && b->stops) {
            b->kind->sweep(b->plan, b->order, b->draw, b->n_terms, &b->best);
            if (b->best < b->window.least) b->window.least = b->best;
        } else {
            for (size_t i = 0; i < b->n_terms; i++) {
                NORN_TRY(may_go_on(b, err));
                (void)b->kind->search(b->plan, b->order[i], true, b->draw[i]);
                (void)observe(b, b->kind->apply(b->plan, b->order[i]), true);
            }
        }
        b->steps += b->n_terms;
    }
    return NORN_OK;
}

/* Searches a term; its key. */
static queue_key search_term(boosting *b, uint32_t term) {
    uint64_t two[2];
    norni_rng_block(b->keys, b->most_steps + b->searches, two);
    const norni_ebm_update u = b->kind->search(b->plan, term, false, two[1]);
    return (queue_key){isfinite(u.gain) ? u.gain : 0, two[0], term};
}

/* One sweep; *found: the term that the queue's first pop may apply as it is. */
static norn_status sweep_all(boosting *b, bool progress, int64_t *found, bool *done,
                             norn_err *err) {
    shuffle_order(b);
    b->n_queue = 0;
    for (size_t i = 0; i < b->n_terms && b->steps < b->most_steps; i++) {
        NORN_TRY(may_go_on(b, err));
        push_key(b, search_term(b, b->order[i]));
        if (!progress) continue;
        b->steps++;
        if (observe(b, b->kind->apply(b->plan, b->order[i]), false)) {
            *done = true;
            return NORN_OK;
        }
    }
    *found = progress ? -1 : (int64_t)b->queue[0].term;
    return NORN_OK;
}

static norn_status greedy_all(boosting *b, int64_t found, bool *done, norn_err *err) {
    for (size_t i = 0; i < b->greedy_steps && b->steps < b->most_steps; i++) {
        NORN_TRY(may_go_on(b, err));
        const uint32_t term = b->queue[0].term;
        if (i > 0 || found < 0) replace_first(b, search_term(b, term));
        b->steps++;
        if (observe(b, b->kind->apply(b->plan, term), false)) {
            *done = true;
            return NORN_OK;
        }
    }
    return NORN_OK;
}

static norn_status begin(boosting *b, uint64_t stream, bool validates, norn_err *err) {
    norni_arena *arena = b->env->arena;
    const double n = (double)b->n_terms;
    const double ratio = fmin(b->opt->greedy_ratio, (double)b->opt->max_rounds);
    b->greedy_steps = ratio > 0 ? (size_t)ceil(ratio * n) : 0;
    b->most_steps = (uint64_t)b->opt->max_rounds * b->n_terms;
    b->stops = validates && b->opt->early_stopping_rounds > 0;
    b->best = NORNI_INF;
    b->keys = (norni_rng){stream, DRAW_KEYS};
    b->shuffles = (norni_rng){stream, DRAW_ORDER};
    b->window = (metric_window){.least_before = NORNI_INF, .least = NORNI_INF};
    b->queue = norni_arena_get(arena, b->n_terms, sizeof *b->queue);
    b->order = norni_arena_get(arena, b->n_terms, sizeof *b->order);
    b->draw = norni_arena_get(arena, b->n_terms, sizeof *b->draw);
    if (b->queue == NULL || b->order == NULL || b->draw == NULL)
        return norni_alloc_fail(err, "ebm", b->n_terms, sizeof *b->queue);
    for (size_t i = 0; i < b->n_terms; i++)
        b->order[i] = (uint32_t)i;
    if (!b->stops) return NORN_OK;
    const uint64_t rounds = (uint64_t)b->opt->early_stopping_rounds;
    const uint64_t size = rounds * b->n_terms < b->most_steps ? rounds * b->n_terms : b->most_steps;
    b->window.size = size ? (size_t)size : 1;
    b->window.ring = norni_arena_get(arena, b->window.size, sizeof *b->window.ring);
    b->window.low = norni_arena_get(arena, b->window.size, sizeof *b->window.low);
    if (b->window.ring == NULL || b->window.low == NULL)
        return norni_alloc_fail(err, "ebm", b->window.size, sizeof *b->window.ring);
    return NORN_OK;
}

norn_status norni_ebm_boost_run(norni_env *env, const norni_ebm_opt *opt,
                                const norni_ebm_kind *kind, void *plan, size_t n_terms,
                                bool smoothing_of_pairs, bool validates, uint64_t stream,
                                int32_t *steps, norn_err *err) {
    boosting b = {.env = env, .opt = opt, .kind = kind, .plan = plan, .n_terms = n_terms};
    norn_status st = NORN_OK;
    *steps = 0;
    if (n_terms == 0) return NORN_OK;
    NORN_TRY_GOTO(begin(&b, stream, validates, err), done);
    NORN_TRY_GOTO(
        smooth_all(&b,
                   smoothing_of_pairs ? opt->interaction_smoothing_rounds : opt->smoothing_rounds,
                   err),
        done);
    const bool progress = opt->cyclic_progress || b.greedy_steps == 0;
    for (bool stop = false; !stop && b.steps < b.most_steps;) {
        int64_t found = -1;
        NORN_TRY_GOTO(sweep_all(&b, progress, &found, &stop, err), done);
        if (!stop) NORN_TRY_GOTO(greedy_all(&b, found, &stop, err), done);
    }
    *steps = b.steps > INT32_MAX ? INT32_MAX : (int32_t)b.steps;
    if (kind->trouble && kind->trouble(plan) != NORN_OK)
        st = norn_fail(err, kind->trouble(plan), "ebm: cancelled or out of memory");
done:
    return st;
}
