/* The pass with derivatives, written once; ets_kernel.c includes it per instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Forward mode: every state carries a tangent per direction (smoothing parameters and starts). With
 * q = level (+) trend, f = q (+) season, p = y (-) season, the updates are
 *   l = q + alpha E1, b = phi(b) + beta E3, s = s + gamma E2,  E1 = p - q, E2 = (y (-) q) - s,
 * and E3 = E1 (additive trend) or E1 / l_old. At each step level, trend and one seasonal slot
 * change, in every direction: about ten vector operations per eight directions. No fused
 * multiply-add, fixed lanes: each instruction set gives the same bits. */

#define ETS_INLINE static inline __attribute__((always_inline)) ETS_TARGET

/* What the scalar part of a step hands to the vector part. */
typedef struct FN(step) {
    double phi, a, b, g;       /* smoothing at this step: 0 where y is missing */
    double l_old, b_old, bk;   /* multiplicative trend: b^phi */
    double b_log;              /* b^phi log b */
    double q, s, e, e1, e2, e3;
    double ps, tq;             /* p/s and t/q under a multiplicative season */
    double w, inv;             /* row = w df; inv = 1/f for d log|f|, or 0 */
} FN(step);

/* Scalar forecast and update; false at a pole. */
ETS_INLINE bool FN(scalar)(ets_pass *p, FN(step) *k, double y, double *l, double *b, double *slot,
                           double *prod, int trend, int season) {
    const bool mul = p->form.error == NORNI_ETS_MUL;
    k->l_old = *l, k->b_old = *b;
    k->q = *l, k->bk = 0;
    if (trend == NORNI_ETS_ADD) k->bk = k->phi * *b, k->q = *l + k->bk;
    if (trend == NORNI_ETS_MUL) {
        if (!(*b > 0)) return false;
        k->bk = p->form.damped ? norni_pow(*b, k->phi) : *b;
        k->b_log = p->lane[ETS_PHI] >= 0 ? k->bk * norni_log(*b) : 0;
        k->q = *l * k->bk;
    }
    k->s = season ? *slot : 0;
    const double f = season == NORNI_ETS_ADD ? k->q + k->s : season == NORNI_ETS_MUL ? k->q * k->s : k->q;
    k->a = k->b = k->g = k->e = k->e1 = k->e2 = k->e3 = k->ps = k->tq = k->w = k->inv = 0;
    if (y == y) {
        const double r = y - f;
        k->a = p->par.alpha, k->b = p->par.beta, k->g = p->par.gamma;
        k->e = r, k->w = 1;
        if (mul) {
            const double size = __builtin_fabs(f);
            if (!(size > 1e-12)) return false;
            k->inv = 1 / f;
            k->e = r * k->inv, k->w = y * k->inv * k->inv;
            *prod *= size;
        }
        k->e1 = k->e2 = r;
        if (season == NORNI_ETS_MUL) {
            if (!(__builtin_fabs(k->s) > 1e-10 && __builtin_fabs(k->q) > 1e-10)) return false;
            const double is = 1 / k->s, iq = 1 / k->q;
            k->e1 = r * is, k->e2 = r * iq;
            k->ps = y * is * is, k->tq = y * iq * iq;
        }
        if (trend == NORNI_ETS_MUL) {
            if (!(__builtin_fabs(*l) > 1e-10)) return false;
            k->e3 = k->e1 / *l;
        }
    }
    *l = k->q + k->a * k->e1;
    if (trend) *b = k->bk + k->b * (trend == NORNI_ETS_MUL ? k->e3 : k->e1);
    if (season) *slot = k->s + k->g * k->e2;
    return true;
}

/* Unit vectors of the four smoothing directions, all in vector 0. */
typedef struct FN(unit) {
    v8 a, b, g, phi;
} FN(unit);

/* Tangents of vector v through one step. */
ETS_INLINE void FN(tangent)(const FN(step) *k, const FN(unit) *u, size_t v, int trend, int season,
                            bool mul, v8 *dl, v8 *db, v8 *ds, v8 *row, v8 *grad, v8 *dlog) {
    v8 dq = *dl, dbk = *db, s_dir = {0}, df, de1;
    if (trend == NORNI_ETS_ADD) {
        dbk = *db * k->phi;
        if (v == 0) dbk += u->phi * k->b_old;
        dq = *dl + dbk;
    }
    if (trend == NORNI_ETS_MUL) {
        dbk = *db * (k->phi * k->bk / k->b_old);
        if (v == 0) dbk += u->phi * k->b_log;
        dq = *dl * k->bk + dbk * k->l_old;
    }
    if (season) s_dir = *ds;
    df = dq;
    if (season == NORNI_ETS_ADD) df = dq + s_dir;
    if (season == NORNI_ETS_MUL) df = dq * k->s + s_dir * k->q;
    const v8 z = df * k->w;
    *row = z;
    *grad += z * k->e;
    if (mul) *dlog += df * k->inv;
    de1 = df; /* minus the derivative of E1 */
    if (season == NORNI_ETS_MUL) de1 = dq + s_dir * k->ps;
    v8 l_new = dq - de1 * k->a;
    if (v == 0) l_new += u->a * k->e1;
    if (trend) {
        v8 b_new;
        if (trend == NORNI_ETS_MUL) {
            const double il = 1 / k->l_old;
            b_new = dbk - (de1 + *dl * k->e3) * (k->b * il);
            if (v == 0) b_new += u->b * k->e3;
        } else {
            b_new = dbk - de1 * k->b;
            if (v == 0) b_new += u->b * k->e1;
        }
        *db = b_new;
    }
    if (season) {
        v8 de2 = df;
        if (season == NORNI_ETS_MUL) de2 = s_dir + dq * k->tq;
        v8 s_new = s_dir - de2 * k->g;
        if (v == 0) s_new += u->g * k->e2;
        *ds = s_new;
    }
    *dl = l_new;
}

ETS_INLINE bool FN(run)(ets_pass *p, size_t nv, int trend, int season) {
    const bool mul = p->form.error == NORNI_ETS_MUL;
    v8 dl[ETS_MAX_VEC], db[ETS_MAX_VEC], grad[ETS_MAX_VEC], dlog[ETS_MAX_VEC];
    FN(unit) u = {{0}, {0}, {0}, {0}};
    for (int i = 0; i < ETS_LANES; i++) {
        u.a[i] = i == p->lane[ETS_ALPHA], u.b[i] = i == p->lane[ETS_BETA];
        u.g[i] = i == p->lane[ETS_GAMMA], u.phi[i] = i == p->lane[ETS_PHI];
    }
    for (size_t v = 0; v < nv; v++) {
        dl[v] = ((const v8 *)p->level_dir)[v], db[v] = ((const v8 *)p->trend_dir)[v];
        grad[v] = dlog[v] = (v8){0};
    }
    double l = p->level, b = p->trend, sse = 0, prod = 1, log_f = 0;
    FN(step) k;
    k.phi = p->par.phi, k.b_log = 0;
    v8 *row = (v8 *)p->rows;
    for (size_t t = 0, j = 0; t < p->n; t++, row += nv) {
        v8 *ds = (v8 *)p->season_dir + j * nv;
        if (!FN(scalar)(p, &k, p->y[t], &l, &b, p->season + j, &prod, trend, season)) return false;
        sse += k.e * k.e;
        if (mul && !(prod > 1e-140 && prod < 1e140)) log_f += ets_log_take(&prod);
        for (size_t v = 0; v < nv; v++)
            FN(tangent)(&k, &u, v, trend, season, mul, &dl[v], &db[v], ds + v, row + v, &grad[v], &dlog[v]);
        if (++j == p->m) j = 0;
    }
    for (size_t v = 0; v < nv; v++) ((v8 *)p->grad)[v] = grad[v], ((v8 *)p->dlog)[v] = dlog[v];
    p->sse = sse;
    p->log_f = mul ? log_f + norni_log(prod) : 0;
    return sse < 1e300 && p->log_f == p->log_f;
}

/* One function per shape, so that tangents of up to three vectors stay in registers. */
#define ETS_SHAPE(trend, season)                                                               \
    static ETS_TARGET bool FN(pass_##trend##season)(ets_pass * p) {                            \
        if (!season) return FN(run)(p, 1, trend, season);                                      \
        if (trend == NORNI_ETS_MUL) return FN(run)(p, p->n_vec, trend, season);                \
        switch (p->n_vec) {                                                                    \
            case 1: return FN(run)(p, 1, trend, season);                                       \
            case 2: return FN(run)(p, 2, trend, season);                                       \
            case 3: return FN(run)(p, 3, trend, season);                                       \
            default: return FN(run)(p, p->n_vec, trend, season);                               \
        }                                                                                      \
    }
ETS_SHAPE(0, 0)
ETS_SHAPE(0, 1)
ETS_SHAPE(0, 2)
ETS_SHAPE(1, 0)
ETS_SHAPE(1, 1)
ETS_SHAPE(1, 2)
ETS_SHAPE(2, 0)
ETS_SHAPE(2, 1)
ETS_SHAPE(2, 2)
#undef ETS_SHAPE

static bool FN(pass)(ets_pass *p) {
    static bool (*const shape[3][3])(ets_pass *) = {
        {FN(pass_00), FN(pass_01), FN(pass_02)},
        {FN(pass_10), FN(pass_11), FN(pass_12)},
        {FN(pass_20), FN(pass_21), FN(pass_22)},
    };
    return shape[p->form.trend][p->form.season](p);
}

/* Eight rows of the product against columns [v, v + 1) vectors, in registers over the whole series. */
ETS_INLINE void FN(gram_block)(const double *rows, size_t n, size_t n_vec, size_t i0, size_t v,
                               size_t i_count, double *out) {
    const size_t stride = n_vec * ETS_LANES;
    v8 acc[8];
    for (size_t i = 0; i < i_count; i++) acc[i] = (v8){0};
    for (size_t t = 0; t < n; t++) {
        const double *r = rows + t * stride;
        const v8 c = ((const v8 *)r)[v];
        for (size_t i = 0; i < i_count; i++) acc[i] += c * r[i0 + i];
    }
    for (size_t i = 0; i < i_count; i++) ((v8 *)(out + (i0 + i) * stride))[v] = acc[i];
}

static ETS_TARGET void FN(gram)(const double *rows, size_t n, size_t n_vec, double *out) {
    for (size_t i = 0; i < n_vec; i++)
        for (size_t v = i; v < n_vec; v++) {
            FN(gram_block)(rows, n, n_vec, i * ETS_LANES, v, 4, out);
            FN(gram_block)(rows, n, n_vec, i * ETS_LANES + 4, v, 4, out);
        }
}

#undef ETS_INLINE
