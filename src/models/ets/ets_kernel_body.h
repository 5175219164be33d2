/* The pass with derivatives, written once; ets_kernel.c includes it per instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Forward mode: every state carries a tangent per direction (smoothing parameters and starts). With
 * q = level (+) trend, f = q (+) season, p = y (-) season, the updates are
 *   l = q + alpha E1, b = phi(b) + beta E3, s = s + gamma E2,  E1 = p - q, E2 = (y (-) q) - s,
 * and E3 = E1 (additive trend) or E1 / l_old. At each step level, trend and one seasonal slot
 * change, in every direction: about ten vector operations per eight directions. No fused
 * multiply-add, fixed lanes: each instruction set gives the same bits. */

#define ETS_INLINE static inline __attribute__((always_inline)) ETS_TARGET

/* ETS_WIDTH doubles: what this instruction set holds in a register. ETS_PER vectors make a group of
 * eight lanes, ETS_HEAD of them hold the smoothing directions (lanes 0 to 3). */
typedef double FN(vec) __attribute__((vector_size(8 * ETS_WIDTH), may_alias));
#define ETS_PER  (ETS_LANES / ETS_WIDTH)
#define ETS_HEAD (ETS_WIDTH >= ETS_N_SMOOTH ? 1 : ETS_N_SMOOTH / ETS_WIDTH)

/* What the scalar part of a step hands to the vector part. */
typedef struct FN(step) {
    double phi, a, b, g;     /* smoothing at this step: 0 where y is missing */
    double l_old, b_old, bk; /* multiplicative trend: b^phi */
    double b_log;            /* b^phi log b */
    double q, s, e, e1, e2, e3;
    double ps, tq; /* p/s and t/q under a multiplicative season */
    double w, inv; /* row = w df; inv = 1/f for d log|f|, or 0 */
} FN(step);

/* Scalar forecast and update; false at a pole. */
ETS_INLINE bool FN(scalar)(ets_pass *p, FN(step) * k, double y, double *l, double *b, double *slot,
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
    const double f = season == NORNI_ETS_ADD   ? k->q + k->s
                     : season == NORNI_ETS_MUL ? k->q * k->s
                                               : k->q;
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

/* Unit vectors of the four smoothing directions. */
typedef struct FN(unit) {
    FN(vec) a[ETS_HEAD], b[ETS_HEAD], g[ETS_HEAD], phi[ETS_HEAD];
} FN(unit);

/* Tangents of vector v through one step. */
ETS_INLINE void FN(tangent)(const FN(step) * k, const FN(unit) * u, size_t v, int trend, int season,
                            bool mul, FN(vec) * dl, FN(vec) * db, FN(vec) * ds, FN(vec) * row,
                            FN(vec) * grad, FN(vec) * dlog) {
    FN(vec) dq = *dl, dbk = *db, s_dir = {0}, df, de1;
    if (trend == NORNI_ETS_ADD) {
        dbk = *db * k->phi;
        if (v < ETS_HEAD) dbk += u->phi[v] * k->b_old;
        dq = *dl + dbk;
    }
    if (trend == NORNI_ETS_MUL) {
        dbk = *db * (k->phi * k->bk / k->b_old);
        if (v < ETS_HEAD) dbk += u->phi[v] * k->b_log;
        dq = *dl * k->bk + dbk * k->l_old;
    }
    if (season) s_dir = *ds;
    df = dq;
    if (season == NORNI_ETS_ADD) df = dq + s_dir;
    if (season == NORNI_ETS_MUL) df = dq * k->s + s_dir * k->q;
    const FN(vec) z = df * k->w;
    *row = z;
    *grad += z * k->e;
    if (mul) *dlog += df * k->inv;
    de1 = df; /* minus the derivative of E1 */
    if (season == NORNI_ETS_MUL) de1 = dq + s_dir * k->ps;
    FN(vec) l_new = dq - de1 * k->a;
    if (v < ETS_HEAD) l_new += u->a[v] * k->e1;
    if (trend) {
        FN(vec) b_new;
        if (trend == NORNI_ETS_MUL) {
            const double il = 1 / k->l_old;
            b_new = dbk - (de1 + *dl * k->e3) * (k->b * il);
            if (v < ETS_HEAD) b_new += u->b[v] * k->e3;
        } else {
            b_new = dbk - de1 * k->b;
            if (v < ETS_HEAD) b_new += u->b[v] * k->e1;
        }
        *db = b_new;
    }
    if (season) {
        FN(vec) de2 = df;
        if (season == NORNI_ETS_MUL) de2 = s_dir + dq * k->tq;
        FN(vec) s_new = s_dir - de2 * k->g;
        if (v < ETS_HEAD) s_new += u->g[v] * k->e2;
        *ds = s_new;
    }
    *dl = l_new;
}

ETS_INLINE bool FN(run)(ets_pass *p, size_t nv, int trend, int season) {
    const bool mul = p->form.error == NORNI_ETS_MUL;
    FN(vec) dl[ETS_MAX_VEC * ETS_PER], db[ETS_MAX_VEC * ETS_PER];
    FN(vec) grad[ETS_MAX_VEC * ETS_PER], dlog[ETS_MAX_VEC * ETS_PER];
    FN(unit) u;
    for (int i = 0; i < ETS_HEAD * ETS_WIDTH; i++) {
        const int v = i / ETS_WIDTH, j = i % ETS_WIDTH;
        u.a[v][j] = i == p->lane[ETS_ALPHA], u.b[v][j] = i == p->lane[ETS_BETA];
        u.g[v][j] = i == p->lane[ETS_GAMMA], u.phi[v][j] = i == p->lane[ETS_PHI];
    }
    for (size_t v = 0; v < nv; v++) {
        dl[v] = ((const FN(vec) *)p->level_dir)[v], db[v] = ((const FN(vec) *)p->trend_dir)[v];
        grad[v] = dlog[v] = (FN(vec)){0};
    }
    double l = p->level, b = p->trend, sse = 0, prod = 1, log_f = 0;
    FN(step) k;
    k.phi = p->par.phi, k.b_log = 0;
    FN(vec) *row = (FN(vec) *)p->rows;
    for (size_t t = 0, j = 0; t < p->n;) {
        if (t > 0 && norni_poll_stop(p->poll)) return false;
        const size_t end = p->n - t < ETS_PIECE ? p->n : t + ETS_PIECE;
        for (; t < end; t++, row += nv) {
            FN(vec) *ds = (FN(vec) *)p->season_dir + j * nv;
            if (!FN(scalar)(p, &k, p->y[t], &l, &b, p->season + j, &prod, trend, season))
                return false;
            sse += k.e * k.e;
            if (mul && !(prod > 1e-140 && prod < 1e140)) log_f += ets_log_take(&prod);
            for (size_t v = 0; v < nv; v++)
                FN(tangent)
            (&k, &u, v, trend, season, mul, &dl[v], &db[v], ds + v, row + v, &grad[v], &dlog[v]);
            if (++j == p->m) j = 0;
        }
    }
    for (size_t v = 0; v < nv; v++)
        ((FN(vec) *)p->grad)[v] = grad[v], ((FN(vec) *)p->dlog)[v] = dlog[v];
    p->sse = sse;
    p->log_f = mul ? log_f + norni_log(prod) : 0;
    return sse < 1e300 && p->log_f == p->log_f;
}

/* One function per shape; with wide registers the tangents of up to three groups stay in them. */
#if ETS_WIDTH == 8
#    define ETS_GROUPS(trend, season)                                                     \
        if (trend != NORNI_ETS_MUL && p->n_vec == 1) return FN(run)(p, 1, trend, season); \
        if (trend != NORNI_ETS_MUL && p->n_vec == 2) return FN(run)(p, 2, trend, season); \
        if (trend != NORNI_ETS_MUL && p->n_vec == 3) return FN(run)(p, 3, trend, season);
#else
#    define ETS_GROUPS(trend, season)
#endif
#define ETS_SHAPE(trend, season)                                    \
    static ETS_TARGET bool FN(pass_##trend##season)(ets_pass * p) { \
        if (!season) return FN(run)(p, ETS_PER, trend, season);     \
        ETS_GROUPS(trend, season)                                   \
        return FN(run)(p, p->n_vec * ETS_PER, trend, season);       \
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
#undef ETS_GROUPS

static bool FN(pass)(ets_pass *p) {
    static bool (*const shape[3][3])(ets_pass *) = {
        {FN(pass_00), FN(pass_01), FN(pass_02)},
        {FN(pass_10), FN(pass_11), FN(pass_12)},
        {FN(pass_20), FN(pass_21), FN(pass_22)},
    };
    return shape[p->form.trend][p->form.season](p);
}

/* Four rows of the product against one group of eight columns, in registers over these rows. */
ETS_INLINE void FN(gram_block)(const double *rows, size_t n, size_t stride, size_t i0, size_t j0,
                               double *out) {
    FN(vec) acc[4][ETS_PER];
    for (size_t i = 0; i < 4; i++)
        for (size_t v = 0; v < ETS_PER; v++)
            acc[i][v] = ((const FN(vec) *)(out + (i0 + i) * stride + j0))[v];
    for (size_t t = 0; t < n; t++) {
        const double *r = rows + t * stride;
        const FN(vec) *c = (const FN(vec) *)(r + j0);
        for (size_t i = 0; i < 4; i++)
            for (size_t v = 0; v < ETS_PER; v++)
                acc[i][v] += c[v] * r[i0 + i];
    }
    for (size_t i = 0; i < 4; i++)
        for (size_t v = 0; v < ETS_PER; v++)
            ((FN(vec) *)(out + (i0 + i) * stride + j0))[v] = acc[i][v];
}

static ETS_TARGET void FN(gram)(const double *rows, size_t n, size_t n_dir, size_t n_vec,
                                double *out) {
    for (size_t i0 = 0; i0 < n_dir; i0 += 4)
        for (size_t v = i0 / ETS_LANES; v < n_vec; v++)
            FN(gram_block)(rows, n, n_vec * ETS_LANES, i0, v * ETS_LANES, out);
}

#undef ETS_HEAD
#undef ETS_PER
#undef ETS_INLINE
