/* The filter over eight lanes, written once; ces_kernel.c includes it per instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A step waits for the one before: e = y - level, level += ... e. One setting would leave most of a
 * core idle; eight of them cost hardly more than one. No fused multiply-add and fixed lanes: each
 * instruction set gives the same bits. */

#define CES_INLINE static inline __attribute__((always_inline)) CES_TARGET

typedef double FN(vec) __attribute__((vector_size(8 * CES_WIDTH), may_alias));
#define CES_PER (CES_LANES / CES_WIDTH)

/* One complex smoother: a pair of states under (p0, p1). */
typedef struct FN(pair) {
    FN(vec) value[CES_PER], carry[CES_PER];
} FN(pair);

/* What the parameters come to: value' = value - lose carry + gain e, carry' = value + keep carry +
 * pull e. */
typedef struct FN(law) {
    FN(vec) lose[CES_PER], keep[CES_PER], gain[CES_PER], pull[CES_PER];
} FN(law);

CES_INLINE void FN(law_of)(const double *p0, const double *p1, FN(law) * out) {
    for (size_t k = 0; k < CES_PER; k++) {
        const FN(vec) a = ((const FN(vec) *)(const void *)p0)[k],
                      b = ((const FN(vec) *)(const void *)p1)[k];
        out->lose[k] = 1 - b;
        out->keep[k] = 1 - a;
        out->gain[k] = a - b;
        out->pull[k] = a + b;
    }
}

CES_INLINE void FN(load)(const double *from, FN(vec) * out) {
    for (size_t k = 0; k < CES_PER; k++)
        out[k] = ((const FN(vec) *)(const void *)from)[k];
}

CES_INLINE void FN(store)(const FN(vec) * from, double *out) {
    for (size_t k = 0; k < CES_PER; k++)
        ((FN(vec) *)(void *)out)[k] = from[k];
}

CES_INLINE void FN(step)(const FN(law) * w, const FN(vec) * e, FN(pair) * s) {
    for (size_t k = 0; k < CES_PER; k++) {
        const FN(vec) v = s->value[k], c = s->carry[k];
        s->value[k] = (v - w->lose[k] * c) + w->gain[k] * e[k];
        s->carry[k] = (v + w->keep[k] * c) + w->pull[k] * e[k];
    }
}

CES_INLINE void FN(walk)(ces_lanes *p, const double *y, size_t at, size_t count, bool back,
                         double *e_out, const ces_form form) {
    const bool seasonal = form == CES_PARTIAL || form == CES_FULL;
    FN(law) level_law, season_law;
    FN(pair) level = {0}, season = {0};
    FN(vec) sse[CES_PER];
    FN(law_of)(p->part[0], p->part[1], &level_law);
    FN(law_of)(p->part[2], p->part[3], &season_law);
    FN(vec) beta[CES_PER];
    FN(load)(p->part[2], beta);
    FN(load)(p->sse, sse);
    if (form != CES_SIMPLE) {
        FN(load)(p->level, level.value);
        FN(load)(p->carry, level.carry);
    }
    size_t j = at % p->m;
    for (size_t t = 0; t < count; t++) {
        const double x = back ? y[at - t] : y[at + t];
        double *slot = p->slot + j * 2 * CES_LANES;
        if (form != CES_NONE) FN(load)(slot, season.value);
        if (form == CES_SIMPLE || form == CES_FULL) FN(load)(slot + CES_LANES, season.carry);
        FN(pair) *main_pair = form == CES_SIMPLE ? &season : &level;
        FN(vec) e[CES_PER];
        for (size_t k = 0; k < CES_PER; k++) {
            /* The season first: the chain of waits runs through the level. */
            const FN(vec) none = {0}, seen = seasonal ? x - season.value[k] : x - none;
            e[k] = none;
            if (x == x) e[k] = seen - main_pair->value[k];
            sse[k] += e[k] * e[k];
        }
        if (e_out) FN(store)(e, e_out + t * CES_LANES);
        FN(step)(&level_law, e, main_pair);
        if (form == CES_PARTIAL) {
            for (size_t k = 0; k < CES_PER; k++)
                season.value[k] += beta[k] * e[k];
        }
        if (form == CES_FULL) FN(step)(&season_law, e, &season);
        if (form != CES_NONE) FN(store)(season.value, slot);
        if (form == CES_SIMPLE || form == CES_FULL) FN(store)(season.carry, slot + CES_LANES);
        if (form != CES_NONE) {
            if (back)
                j = j == 0 ? p->m - 1 : j - 1;
            else
                j = j + 1 == p->m ? 0 : j + 1;
        }
    }
    if (form != CES_SIMPLE) {
        FN(store)(level.value, p->level);
        FN(store)(level.carry, p->carry);
    }
    FN(store)(sse, p->sse);
}

CES_TARGET static void FN(run)(ces_lanes *p, const double *y, size_t at, size_t count, bool back,
                               double *e) {
    switch (p->form) {
        case CES_NONE: FN(walk)(p, y, at, count, back, e, CES_NONE); break;
        case CES_SIMPLE: FN(walk)(p, y, at, count, back, e, CES_SIMPLE); break;
        case CES_PARTIAL: FN(walk)(p, y, at, count, back, e, CES_PARTIAL); break;
        case CES_FULL: FN(walk)(p, y, at, count, back, e, CES_FULL); break;
    }
}

CES_TARGET static void FN(coast)(ces_lanes *p, size_t steps, bool seasons) {
    const bool simple = p->form == CES_SIMPLE;
    const FN(vec) none[CES_PER] = {0};
    FN(law) law;
    FN(pair) s;
    FN(law_of)(p->part[simple ? 0 : 2], p->part[simple ? 1 : 3], &law);
    for (size_t j = 0; j < p->m && (simple || (seasons && p->form == CES_FULL)); j++) {
        double *slot = p->slot + j * 2 * CES_LANES;
        FN(load)(slot, s.value);
        FN(load)(slot + CES_LANES, s.carry);
        FN(step)(&law, none, &s);
        FN(store)(s.value, slot);
        FN(store)(s.carry, slot + CES_LANES);
    }
    if (simple) return;
    FN(law_of)(p->part[0], p->part[1], &law);
    FN(load)(p->level, s.value);
    FN(load)(p->carry, s.carry);
    for (size_t t = 0; t < steps; t++)
        FN(step)(&law, none, &s);
    FN(store)(s.value, p->level);
    FN(store)(s.carry, p->carry);
}

#undef CES_INLINE
#undef CES_PER
