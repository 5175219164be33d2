/* Row operations of the network, compiled once for each precision and instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. ROWS_TARGET, FN(x), REAL, LANES (64 bytes of them) and
 * ROWS_GELU say for what. Every sum has the same order everywhere: LANES of them side by side, then
 * a tree. Nothing is fused. */

typedef REAL FN(vec) __attribute__((vector_size(64), aligned(sizeof(REAL)), may_alias));

ROWS_TARGET static inline REAL FN(join)(const FN(vec) * v) {
    REAL a[LANES];
    for (size_t i = 0; i < LANES; i++)
        a[i] = (*v)[i];
    for (size_t w = LANES / 2; w; w /= 2)
        for (size_t i = 0; i < w; i++)
            a[i] += a[i + w];
    return a[0];
}

/* Adds x (n) to the lanes; what fills no whole vector goes to the first ones. */
ROWS_TARGET static inline void FN(gain)(FN(vec) * s, const REAL *x, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        *s += *(const FN(vec) *)(x + i);
    for (; i < n; i++)
        (*s)[i % LANES] += x[i];
}

ROWS_TARGET static inline void FN(gain_product)(FN(vec) * s, const REAL *x, const REAL *y,
                                                size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        *s += *(const FN(vec) *)(x + i) * *(const FN(vec) *)(y + i);
    for (; i < n; i++)
        (*s)[i % LANES] += x[i] * y[i];
}

ROWS_TARGET static void FN(add)(REAL *x, const REAL *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

ROWS_TARGET static void FN(times)(REAL *x, const REAL *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] *= y[i];
}

/* x (rows, n), its rows ld apart, plus a bias (n). */
ROWS_TARGET static void FN(bias)(REAL *x, size_t rows, size_t n, size_t ld, const REAL *bias) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            x[r * ld + i] += bias[i];
}

/* out (n) = the sum of the rows. */
ROWS_TARGET static void FN(sum_rows)(const REAL *x, size_t rows, size_t n, size_t ld, REAL *out) {
    for (size_t i = 0; i < n; i++)
        out[i] = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            out[i] += x[r * ld + i];
}

/* The moving average over `window` (odd) rows of s (len, d), its ends repeated: rest = s - it;
 * trend = or += it (NULL: not wanted). sum (d) is scratch. */
ROWS_TARGET static void FN(split)(const REAL *s, size_t len, size_t d, size_t window, REAL *rest,
                                  REAL *trend, bool add, double *sum) {
    const size_t h = window / 2;
    const double share = 1 / (double)window;
    for (size_t c = 0; c < d; c++)
        sum[c] = 0;
    for (size_t k = 0; k < window; k++) { /* around row 0 */
        const size_t t = k < h ? 0 : k - h < len ? k - h : len - 1;
        for (size_t c = 0; c < d; c++)
            sum[c] += (double)s[t * d + c];
    }
    for (size_t t = 0; t < len; t++) {
        const REAL *in = s + (t + h + 1 < len ? t + h + 1 : len - 1) * d;
        const REAL *gone = s + (t < h ? 0 : t - h) * d, *here = s + t * d;
        REAL *out = rest + t * d, *slow = trend ? trend + t * d : NULL;
        for (size_t c = 0; c < d; c++)
            out[c] = (REAL)((double)here[c] - sum[c] * share);
        if (slow && add)
            for (size_t c = 0; c < d; c++)
                slow[c] += (REAL)(sum[c] * share);
        else if (slow)
            for (size_t c = 0; c < d; c++)
                slow[c] = (REAL)(sum[c] * share);
        for (size_t c = 0; c < d; c++)
            sum[c] += (double)in[c] - (double)gone[c];
    }
}

/* The slope of `split`: ds = drest + M' (dtrend - drest), M the moving average. An end row takes
 * the part of those rows, too, whose windows reach beyond it. */
ROWS_TARGET static void FN(split_back)(const REAL *drest, const REAL *dtrend, size_t len, size_t d,
                                       size_t window, REAL *ds, double *sum) {
    const size_t h = window / 2;
    const double share = 1 / (double)window;
    double *left = sum + d, *right = sum + 2 * d;
    for (size_t c = 0; c < 3 * d; c++)
        sum[c] = 0;
#define SLOPE(t, c) ((dtrend ? (double)dtrend[(t)*d + (c)] : 0) - (double)drest[(t)*d + (c)])
    for (size_t t = 0; t < len && t <= h; t++) {
        const double wl = (double)(h - t + 1);
        const size_t u = len - 1 - t;
        for (size_t c = 0; c < d; c++) {
            left[c] += wl * SLOPE(t, c);
            right[c] += wl * SLOPE(u, c);
            if (t < h) sum[c] += SLOPE(t, c); /* rows [0, h) for row 0, which gains row h next */
        }
    }
    for (size_t t = 0; t < len; t++) {
        REAL *out = ds + t * d;
        const REAL *here = drest + t * d;
        if (t + h < len)
            for (size_t c = 0; c < d; c++)
                sum[c] += SLOPE(t + h, c);
        const double *take = t == 0 ? left : t + 1 == len ? right : sum;
        for (size_t c = 0; c < d; c++)
            out[c] = (REAL)((double)here[c] + take[c] * share);
        if (t >= h)
            for (size_t c = 0; c < d; c++)
                sum[c] -= SLOPE(t - h, c);
    }
#undef SLOPE
}

/* out (n_out, d) row t = the sum over i of weight[i] in[(t + shift[i]) mod len], rows of `in` from
 * n_in on being noughts. shift < len; rows lie ld_in and ld_out apart. */
ROWS_TARGET static void FN(gather)(const REAL *in, size_t ld_in, size_t n_in, size_t len, size_t d,
                                   const size_t *shift, const REAL *weight, size_t n, REAL *out,
                                   size_t ld_out, size_t n_out) {
    for (size_t t = 0; t < n_out; t++) {
        const REAL *row[NORNI_AUTOFORMER_LAGS];
        REAL w[NORNI_AUTOFORMER_LAGS];
        size_t k = 0, c = 0;
        for (size_t i = 0; i < n; i++) {
            const size_t s = t + shift[i] < len ? t + shift[i] : t + shift[i] - len;
            if (s < n_in) row[k] = in + s * ld_in, w[k++] = weight[i];
        }
        for (; c + 2 * LANES <= d; c += 2 * LANES) {
            FN(vec) a = {0}, b = {0};
            for (size_t i = 0; i < k; i++) {
                a += w[i] * *(const FN(vec) *)(row[i] + c);
                b += w[i] * *(const FN(vec) *)(row[i] + c + LANES);
            }
            *(FN(vec) *)(out + t * ld_out + c) = a;
            *(FN(vec) *)(out + t * ld_out + c + LANES) = b;
        }
        for (; c < d; c++) {
            REAL a = 0;
            for (size_t i = 0; i < k; i++)
                a += w[i] * row[i][c];
            out[t * ld_out + c] = a;
        }
    }
}

/* The slope of gather's weights: out[i] = the sum over t of dout[t] . in[(t + shift[i]) mod len]. */
ROWS_TARGET static void FN(gather_back)(const REAL *dout, size_t d, const REAL *in, size_t ld_in,
                                        size_t n_in, size_t len, const size_t *shift, size_t n,
                                        REAL *out) {
    for (size_t i = 0; i < n; i++) {
        FN(vec) s = {0};
        for (size_t t = 0; t < len; t++) {
            const size_t at = t + shift[i] < len ? t + shift[i] : t + shift[i] - len;
            if (at < n_in) FN(gain_product)(&s, dout + t * d, in + at * ld_in, d);
        }
        out[i] = FN(join)(&s);
    }
}

/* out[tau] = the sum over t < n of s[t][(t + tau) mod len], times `scale`; s (n, len). */
ROWS_TARGET static void FN(diagonals)(const REAL *s, size_t n, size_t len, REAL scale, REAL *out) {
    for (size_t i = 0; i < len; i++)
        out[i] = 0;
    for (size_t t = 0; t < n; t++, s += len) {
        for (size_t i = 0; i < len - t; i++)
            out[i] += s[t + i];
        for (size_t i = len - t; i < len; i++)
            out[i] += s[t + i - len];
    }
    for (size_t i = 0; i < len; i++)
        out[i] *= scale;
}

/* Layer norm of x (len, d), then less its mean over time. hat (len, d): x normed; inverse (len): of
 * the standard deviations. mean (d) is scratch. */
ROWS_TARGET static void FN(norm)(const REAL *x, size_t len, size_t d, const REAL *gamma, REAL *hat,
                                 REAL *inverse, REAL *out, REAL *mean) {
    for (size_t c = 0; c < d; c++)
        mean[c] = 0;
    for (size_t t = 0; t < len; t++) {
        const REAL *in = x + t * d;
        REAL *z = hat + t * d, *y = out + t * d;
        FN(vec) s = {0}, q = {0};
        FN(gain)(&s, in, d);
        const REAL middle = FN(join)(&s) / (REAL)d;
        for (size_t c = 0; c < d; c++)
            z[c] = in[c] - middle;
        FN(gain_product)(&q, z, z, d);
        inverse[t] = (REAL)(1 / sqrt((double)FN(join)(&q) / (double)d + 1e-5));
        for (size_t c = 0; c < d; c++) {
            z[c] *= inverse[t];
            y[c] = z[c] * gamma[c];
            mean[c] += y[c];
        }
    }
    for (size_t c = 0; c < d; c++)
        mean[c] /= (REAL)len;
    for (size_t t = 0; t < len; t++)
        for (size_t c = 0; c < d; c++)
            out[t * d + c] -= mean[c];
}

/* The slope of `norm`: dx from dy; dgamma (d) is added to. mean (2 d) is scratch. */
ROWS_TARGET static void FN(norm_back)(const REAL *dy, size_t len, size_t d, const REAL *gamma,
                                      const REAL *hat, const REAL *inverse, REAL *dx, REAL *dgamma,
                                      REAL *mean) {
    REAL *g = mean + d;
    FN(sum_rows)(dy, len, d, d, mean);
    for (size_t c = 0; c < d; c++)
        mean[c] /= (REAL)len;
    for (size_t t = 0; t < len; t++) {
        const REAL *z = hat + t * d;
        FN(vec) s = {0}, q = {0};
        for (size_t c = 0; c < d; c++) {
            const REAL e = dy[t * d + c] - mean[c];
            dgamma[c] += e * z[c];
            g[c] = e * gamma[c];
        }
        FN(gain)(&s, g, d);
        FN(gain_product)(&q, g, z, d);
        const REAL a = FN(join)(&s) / (REAL)d, b = FN(join)(&q) / (REAL)d;
        for (size_t c = 0; c < d; c++)
            dx[t * d + c] = inverse[t] * (g[c] - a - z[c] * b);
    }
}

/* x gelu: out = x Phi(x), slope = its derivative. */
ROWS_TARGET static void FN(gelu)(const REAL *x, size_t n, REAL *out, REAL *slope) {
    for (size_t i = 0; i < n; i++) {
        REAL cdf, density;
        ROWS_GELU(x[i], &cdf, &density);
        out[i] = x[i] * cdf;
        slope[i] = cdf + x[i] * density;
    }
}

/* Four words for each of LANES32 blocks from `block` on, as norni_philox4x32. */
ROWS_TARGET static inline void FN(words)(const uint32_t key[4], uint32_t site, uint32_t block,
                                         uint32_t c[4][AUTOFORMER_BLOCKS]) {
    uint32_t k0 = key[0], k1 = key[1];
    for (uint32_t i = 0; i < AUTOFORMER_BLOCKS; i++) {
        c[0][i] = block + i, c[1][i] = site;
        c[2][i] = key[2], c[3][i] = key[3];
    }
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < AUTOFORMER_BLOCKS; i++) {
            const uint64_t p0 = UINT64_C(0xD2511F53) * c[0][i], p1 = UINT64_C(0xCD9E8D57) * c[2][i];
            c[0][i] = (uint32_t)(p1 >> 32) ^ c[1][i] ^ k0;
            c[2][i] = (uint32_t)(p0 >> 32) ^ c[3][i] ^ k1;
            c[1][i] = (uint32_t)p1;
            c[3][i] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

/* x (n) of one window at one site: each element is kept and scaled, or dropped, as its own bits say:
 * 16 of them, of word j, half h of block i for element 128 g + (2 j + h) 16 + i. */
ROWS_TARGET static void FN(drop)(REAL *x, size_t n, const uint32_t key[4], uint32_t site,
                                 uint32_t below, REAL scale) {
    enum { GROUP = 8 * AUTOFORMER_BLOCKS };
    uint32_t c[4][AUTOFORMER_BLOCKS];
    for (size_t at = 0; at < n; at += GROUP) {
        REAL own[GROUP] = {0};
        REAL *y = at + GROUP <= n ? x + at : own;
        if (y == own) memcpy(own, x + at, (n - at) * sizeof *x);
        FN(words)(key, site, (uint32_t)(at / 8), c);
        for (size_t j = 0; j < 4; j++) {
            REAL *low = y + 2 * j * AUTOFORMER_BLOCKS, *high = low + AUTOFORMER_BLOCKS;
            for (size_t i = 0; i < AUTOFORMER_BLOCKS; i++) {
                low[i] *= (c[j][i] & 0xFFFF) >= below ? scale : 0;
                high[i] *= (c[j][i] >> 16) >= below ? scale : 0;
            }
        }
        if (y == own) memcpy(x + at, own, (n - at) * sizeof *x);
    }
}

/* One step of Adam on weights [from, to); the slopes of the parts are added up in their order. */
ROWS_TARGET static void FN(adam)(const FN(adam_arg) * a, size_t from, size_t to) {
    const REAL b1 = (REAL)0.9, b2 = (REAL)0.999, r1 = (REAL)(1 - 0.9), r2 = (REAL)(1 - 0.999);
    const REAL rate = (REAL)a->rate, root = (REAL)a->root, eps = (REAL)1e-8;
    REAL *restrict m = a->m, *restrict v = a->v, *restrict w = a->w;
    for (size_t at = from; at < to; at += 1024) {
        const size_t n = to - at < 1024 ? to - at : 1024;
        REAL g[1024];
        memcpy(g, a->slope[0] + at, n * sizeof *g);
        for (size_t p = 1; p < a->n_parts; p++)
            FN(add)(g, a->slope[p] + at, n);
        for (size_t i = 0; i < n; i++) {
            m[at + i] = b1 * m[at + i] + r1 * g[i];
            v[at + i] = b2 * v[at + i] + r2 * (g[i] * g[i]);
            w[at + i] -= rate * m[at + i] / (ROWS_SQRT(v[at + i]) * root + eps);
        }
    }
}

#undef ROWS_TARGET
#undef FN
