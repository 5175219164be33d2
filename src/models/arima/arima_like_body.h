/* The exact filter's steps before it settles, compiled once for each instruction set: see arima_like.c. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No sums across elements: every width gives the same bits. */

/* a_{t+1} = T a_t + K g of a further column, but for T's sparse terms. */
static inline LIKE_TARGET void FN(move_state)(double *restrict a, const double *restrict k,
                                              size_t r, double g) {
    for (size_t i = 0; i < r; i++)
        a[i] += g * k[i];
}

static inline LIKE_TARGET void FN(move_both)(double *restrict a, double *restrict l,
                                             double *restrict k, size_t r, double g, double c) {
    for (size_t i = 0; i < r; i++) {
        const double l1 = l[i], k1 = k[i];
        a[i] += g * k1;
        l[i] = l1 - c * k1;
        k[i] = k1 - c * l1;
    }
}

static LIKE_TARGET size_t FN(unsettled)(const arima_work *w, arima_like *like,
                                        const double *const *x, size_t n_col, size_t t, size_t end,
                                        double settled_at, double **e) {
    double *const a = like->a[0], *const l = like->l, *const k = like->start.k;
    const size_t r = round_up(like->start.r), n_ar = w->ar.n;
    double f = like->f_last;
    for (; t < end && f > settled_at; t++) { /* L_t[0] stands at l[t + 1], a_t[0] at a[t] */
        const double a0 = a[t], v = x[0][t] - a0, z = l[t + 1], c = z / f, root = sqrt(f);
        for (size_t col = 1; col < n_col; col++) {
            double *const other = like->a[col];
            const double past = other[t], u = x[col][t] - past;
            other[t + r] = 0;
            e[col][t] = u / root;
            FN(move_state)(other + t + 1, k, r, u / f);
            for (size_t j = 0; j < n_ar; j++)
                other[t + w->ar.lag[j]] += w->ar.c[j] * past;
        }
        a[t + r] = 0;
        l[t + r + 1] = 0;
        e[0][t] = v / root;
        like->f[t] = f;
        log_add(&like->logs, f);
        FN(move_both)(a + t + 1, l + t + 2, k, r, v / f, c);
        for (size_t j = 0; j < n_ar; j++) {
            const size_t lag = w->ar.lag[j];
            const double phi = w->ar.c[j];
            a[t + lag] += phi * a0;
            l[t + 1 + lag] += phi * z;
            k[lag - 1] -= c * phi * z;
        }
        f -= c * z;
        if (!(f > 0.5)) break; /* rounding has eaten the start: too near a unit root */
    }
    like->f_last = f;
    return t;
}
