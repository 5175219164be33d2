/* Moments of windows that come one after another, each value added and none taken away. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of two stacks (Tangwongsan, Hirzel, Schneider, Wu, "General incremental sliding-window
 * aggregation", PVLDB 8, 2015): a window is what lies before a border and what lies behind it. Sums from
 * the border on grow with the windows' ends; sums that end at the border are made once for all their
 * beginnings, when windows have left the last border behind. Of those only each STEP-th is kept, the
 * others are made again STEP at a time. The border's value is the pivot: all windows hold it. A window
 * may come long after the one before: a value is looked at three times at most. */
#include "roll/roll_var_one.h"
#include "roll/roll_var_pairs.h"

enum { STEP = 256, FOLD = 4096, POLLED = 64 };

struct norni_roll_var_queue {
    const double *x; /* borrowed */
    norni_roll_central kind;
    int32_t ddof;
    int order;
    const norni_poll *poll;
    size_t from, border, hi;    /* sums there are of [a, border), a >= from, and [border, hi) */
    one_tail *mark;             /* [g]: sums of the g STEP values before the border */
    one_tail *entry;            /* [r]: of the block STEP + r values before it */
    size_t block;               /* NONE: no entries */
    one_tail whole, back;       /* of [border, hi): many values, and the latest ones */
    size_t n_back;              /* values in back */
    double far;                 /* no value since `from` is farther from the pivot */
    double pivot, half, factor; /* y = x half factor - pivot */
    int e;
};

static const size_t NONE = ~(size_t)0;

norni_roll_var_queue *norni_roll_var_queue_make(const double *x, const norni_roll_windows *w,
                                                norni_roll_central kind, int32_t ddof,
                                                const norni_poll *poll, norni_arena *arena) {
    const size_t most = w->lo == NULL && w->length < w->n ? w->length : w->n;
    norni_roll_var_queue *q = norni_arena_get(arena, 1, sizeof *q);
    one_tail *mark = norni_arena_get(arena, most / STEP + 1, sizeof *mark);
    one_tail *entry = norni_arena_get(arena, most < STEP ? most + 1 : STEP, sizeof *entry);
    if (q == NULL || mark == NULL || entry == NULL) return NULL;
    *q = (norni_roll_var_queue){
        .x = x, .kind = kind, .ddof = ddof, .poll = poll, .mark = mark, .entry = entry};
    q->order = kind == NORNI_ROLL_KURT ? 4 : kind == NORNI_ROLL_SKEW ? 3 : 2;
    q->from = NONE;
    return q;
}

/* The parts of one kernel; false: stopped. */
#define PART static inline __attribute__((always_inline))

PART one_pair queue_value(const norni_roll_var_queue *q, size_t i) {
    return one_sum_exact(q->x[i] * q->half * q->factor, -q->pivot);
}

PART void queue_take(norni_roll_var_queue *q, one_tail *s, size_t i, int order) {
    if (norni_roll_missing(q->x[i])) return;
    const one_pair y = queue_value(q, i);
    if (order == 3) q->far = fabs(y.hi) > q->far ? fabs(y.hi) : q->far;
    one_gather(s, y, order, true);
}

/* A border for windows that hold the last value of [lo, hi), which is scaled to its largest value. */
PART bool queue_renew(norni_roll_var_queue *q, size_t lo, size_t hi, int order) {
    double most = 0;
    q->border = hi - 1;
    while (q->border > lo && norni_roll_missing(q->x[q->border]))
        q->border--;
    for (size_t i = lo; i <= q->border; i++)
        most = !norni_roll_missing(q->x[i]) && fabs(q->x[i]) > most ? fabs(q->x[i]) : most;
    frexp(most, &q->e);
    q->half = ldexp(1, -q->e / 2), q->factor = ldexp(1, -q->e - -q->e / 2);
    q->pivot = norni_roll_missing(q->x[q->border]) ? 0 : q->x[q->border] * q->half * q->factor;
    q->far = 0;
    q->from = lo, q->hi = q->border + 1, q->block = NONE, q->n_back = 0;
    q->mark[0] = q->back = q->whole = (one_tail){0};
    const size_t blocks = (q->border - lo) / STEP;
    for (size_t g = 0; g < blocks; g++) {
        one_tail part = {0};
        for (size_t r = 1; r <= STEP; r++)
            queue_take(q, &part, q->border - g * STEP - r, order);
        q->mark[g + 1] = q->mark[g];
        one_join(&q->mark[g + 1], &part, order, true);
        if (g % POLLED == POLLED - 1 && norni_poll_stop(q->poll)) return false;
    }
    return true;
}

PART bool queue_advance(norni_roll_var_queue *q, size_t hi, int order) {
    while (q->hi < hi) {
        const size_t to = hi - q->hi < FOLD - q->n_back ? hi : q->hi + FOLD - q->n_back;
        one_tail back = q->back;
        q->n_back += to - q->hi;
        for (; q->hi < to; q->hi++)
            queue_take(q, &back, q->hi, order);
        q->back = back;
        if (q->n_back < FOLD) continue;
        one_join(&q->whole, &q->back, order, true);
        q->back = (one_tail){0}, q->n_back = 0;
        if (norni_poll_stop(q->poll)) return false;
    }
    return true;
}

PART const one_tail *queue_before(norni_roll_var_queue *q, size_t lo, int order) {
    const size_t d = q->border - lo, g = d / STEP, r = d % STEP;
    if (q->block != g) {
        q->block = g;
        q->entry[0] = q->mark[g];
        for (size_t k = 1; k <= r; k++) { /* later windows begin nearer to the border */
            q->entry[k] = q->entry[k - 1];
            queue_take(q, &q->entry[k], q->border - g * STEP - k, order);
        }
    }
    return &q->entry[r];
}

PART bool queue_moment(norni_roll_var_queue *q, size_t lo, size_t hi, double n,
                       norni_roll_central kind, double *out) {
    const int order = kind == NORNI_ROLL_KURT ? 4 : kind == NORNI_ROLL_SKEW ? 3 : 2;
    *out = NORNI_NAN;
    if ((q->from == NONE || lo < q->from || lo > q->border || hi < q->hi) &&
        !queue_renew(q, lo, hi, order))
        return false;
    if (!queue_advance(q, hi, order)) return false;
    one_tail s = *queue_before(q, lo, order);
    one_join(&s, &q->whole, order, true);
    one_join(&s, &q->back, order, true);
    const size_t depth =
        (q->hi - q->border) / FOLD + FOLD + (q->border - q->from) / STEP + 2 * STEP;
    *out = one_finish_pairs(&s, kind, n, (double)q->ddof, queue_value(q, hi - 1),
                            (double)(depth + 64) * 0x1p-104, q->far * 1.01);
    return true;
}

PART bool queue_kind(norni_roll_var_queue *q, size_t lo, size_t hi, double n, double *out) {
    if (q->kind == NORNI_ROLL_KURT) return queue_moment(q, lo, hi, n, NORNI_ROLL_KURT, out);
    if (q->kind == NORNI_ROLL_SKEW) return queue_moment(q, lo, hi, n, NORNI_ROLL_SKEW, out);
    return queue_moment(q, lo, hi, n, q->kind, out);
}

#if NORNI_ROLL_WIDE
NORNI_ROLL_AVX2 static bool queue_fma(norni_roll_var_queue *q, size_t lo, size_t hi, double n,
                                      double *out) {
    return queue_kind(q, lo, hi, n, out);
}
#endif

static bool at_any(norni_roll_var_queue *q, size_t lo, size_t hi, double n, double *out) {
#if NORNI_ROLL_WIDE
    if (norni_roll_has_avx2()) return queue_fma(q, lo, hi, n, out);
#endif
    return queue_kind(q, lo, hi, n, out);
}

bool norni_roll_var_queue_at(norni_roll_var_queue *q, size_t lo, size_t hi, double n, double *out,
                             int *e) {
    const bool fresh = q->from == NONE || lo > q->border;
    if (!at_any(q, lo, hi, n, out)) return false;
    if (*out != *out && !fresh) { /* the pivot, or the scale, may have been another window's */
        q->from = NONE;
        if (!at_any(q, lo, hi, n, out)) return false;
    }
    *e = q->e;
    return true;
}
