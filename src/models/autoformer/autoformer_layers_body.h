/* Layers of the network and their slopes, compiled once for each precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. REAL, FN(x) and GEMM say for what. Layers write (rows, d) in
 * row order, windows one behind the other. */

/* A part on its way through the network. Once told to stop, products do nothing more. */
typedef struct FN(walk) {
    const FN(run) * r;
    FN(part) * p;
    void *scratch;
    const norni_poll *poll;
    bool stopped;
} FN(walk);

/* c (m, n) = or += a b, as in num/gemm.h. */
static void FN(product)(FN(walk) * k, const norni_gemm *g, const REAL *a, const REAL *b, REAL *c) {
    if (!k->stopped && norni_poll_stop(k->poll)) k->stopped = true;
    if (!k->stopped) GEMM(g, a, b, c, k->scratch);
}

/* y (rows, out) = x (rows, in) w', w (out, in). */
static void FN(linear)(FN(walk) * k, const REAL *x, size_t rows, size_t in, const REAL *w,
                       size_t out, REAL *y) {
    const norni_gemm g = {
        .m = rows, .n = out, .k = in, .lda = in, .ldb = in, .ldc = out, .b_turned = true};
    FN(product)(k, &g, x, w, y);
}

/* dx (rows, in) = or += dy (rows, out) w. */
static void FN(linear_in)(FN(walk) * k, const REAL *dy, size_t rows, size_t out, const REAL *w,
                          size_t in, REAL *dx, bool add) {
    const norni_gemm g = {
        .m = rows, .n = in, .k = out, .lda = out, .ldb = in, .ldc = in, .add = add};
    FN(product)(k, &g, dy, w, dx);
}

/* dw (out, in) = dy' x. */
static void FN(linear_weight)(FN(walk) * k, const REAL *dy, const REAL *x, size_t rows, size_t out,
                              size_t in, REAL *dw) {
    const norni_gemm g = {
        .m = out, .n = in, .k = rows, .lda = out, .ldb = in, .ldc = in, .a_turned = true};
    FN(product)(k, &g, dy, x, dw);
}

/* Dropout of x (windows of `size`) at one of the network's places. */
static void FN(drop)(const FN(walk) * k, REAL *x, size_t size, size_t place) {
    const FN(run) *r = k->r;
    if (!r->train || !r->below) return;
    for (size_t i = 0; i < k->p->n && !k->stopped; i++)
        r->rows->drop(x + i * size, size, r->key,
                      (uint32_t)(k->p->first + i) | (uint32_t)place << 16, r->below, r->kept);
}

/* The moving average taken out of s, window by window. */
static void FN(split)(const FN(walk) * k, const REAL *s, size_t len, REAL *rest, REAL *trend,
                      bool add) {
    const autoformer_shape *o = k->r->shape;
    for (size_t i = 0; i < k->p->n && !k->stopped; i++) {
        const size_t at = i * len * o->d;
        k->r->rows->split(s + at, len, o->d, o->window, rest + at, trend ? trend + at : NULL, add,
                          k->p->sum);
    }
}

static void FN(split_back)(const FN(walk) * k, const REAL *drest, const REAL *dtrend, size_t len,
                           REAL *ds) {
    const autoformer_shape *o = k->r->shape;
    for (size_t i = 0; i < k->p->n && !k->stopped; i++) {
        const size_t at = i * len * o->d;
        k->r->rows->split_back(drest + at, dtrend ? dtrend + at : NULL, len, o->d, o->window,
                               ds + at, k->p->sum);
    }
}

/* Where query, key and value of an auto-correlation lie. */
typedef struct FN(triple) {
    const REAL *q, *k, *v;
    size_t ld_q, ld_kv, step_q, step_kv; /* from row to row, from window to window */
    size_t len, n_in;                    /* lags; rows of key and value, noughts behind them */
} FN(triple);

static FN(triple) FN(own_triple)(const autoformer_shape *o, const FN(attention) * a, size_t len) {
    return (FN(triple)){a->q,           a->q + o->d, a->q + 2 * o->d,
                        3 * o->d,       3 * o->d,    3 * o->d * len,
                        3 * o->d * len, len,         len};
}

static FN(triple) FN(cross_triple)(const autoformer_shape *o, const FN(attention) * a) {
    const size_t n = o->len_enc < o->len_dec ? o->len_enc : o->len_dec;
    return (FN(triple)){
        a->q,       a->kv, a->kv + o->d, o->d, 2 * o->d, o->d * o->len_dec, 2 * o->d * o->len_enc,
        o->len_dec, n};
}

/* The mean over channels of the circular correlation of query and key, at every lag: one product
 * K Q' for each window, its diagonals summed. */
static void FN(scores)(FN(walk) * k, const FN(triple) * t, REAL *score) {
    const size_t d = k->r->shape->d;
    const norni_gemm g = {.m = t->n_in,
                          .n = t->len,
                          .k = d,
                          .lda = t->ld_kv,
                          .ldb = t->ld_q,
                          .ldc = t->len,
                          .b_turned = true};
    for (size_t i = 0; i < k->p->n && !k->stopped; i++) {
        FN(product)(k, &g, t->k + i * t->step_kv, t->q + i * t->step_q, k->p->work[0]);
        if (k->stopped) return;
        k->r->rows->diagonals(k->p->work[0], t->n_in, t->len, 1 / (REAL)d, score + i * t->len);
    }
}

static void FN(gather)(const FN(walk) * k, const FN(triple) * t, const FN(attention) * a,
                       size_t lags) {
    const size_t d = k->r->shape->d;
    for (size_t i = 0; i < k->p->n && !k->stopped; i++)
        k->r->rows->gather(t->v + i * t->step_kv, t->ld_kv, t->n_in, t->len, d, a->lag + i * lags,
                           a->weight + i * lags, lags, a->gathered + i * t->len * d, d, t->len);
}

/* Slopes of query, key and value from those of what was gathered (windows len, d); the arrays have
 * the layout of t's. */
static void FN(gather_back)(const FN(walk) * k, const FN(triple) * t, const FN(attention) * a,
                            size_t lags, const REAL *dout, REAL *dq, REAL *dk, REAL *dv) {
    const size_t d = k->r->shape->d;
    const FN(rows) *rows = k->r->rows;
    for (size_t i = 0; i < k->p->n && !k->stopped; i++) {
        const size_t *lag = a->lag + i * lags, kv = i * t->step_kv, qu = i * t->step_q;
        const REAL *w = a->weight + i * lags, *g = dout + i * t->len * d;
        size_t back[NORNI_AUTOFORMER_LAGS];
        REAL c[NORNI_AUTOFORMER_LAGS], mean = 0;
        rows->gather_back(g, d, t->v + kv, t->ld_kv, t->n_in, t->len, lag, lags, c);
        for (size_t j = 0; j < lags; j++)
            mean += w[j] * c[j];
        for (size_t j = 0; j < lags; j++) {
            c[j] = w[j] * (c[j] - mean) / (REAL)d;
            back[j] = lag[j] ? t->len - lag[j] : 0;
        }
        rows->gather(g, d, t->len, t->len, d, back, w, lags, dv + kv, t->ld_kv, t->n_in);
        rows->gather(t->k + kv, t->ld_kv, t->n_in, t->len, d, back, c, lags, dq + qu, t->ld_q,
                     t->len);
        rows->gather(t->q + qu, t->ld_q, t->len, t->len, d, lag, c, lags, dk + kv, t->ld_kv,
                     t->n_in);
    }
}

/* x + what was gathered through the out-projection, into work[0]. */
static void FN(attended)(FN(walk) * k, const FN(attention) * a, size_t len, size_t place,
                         const REAL *out, const REAL *bias) {
    const size_t d = k->r->shape->d, rows = k->p->n * len;
    REAL *s = k->p->work[0];
    FN(linear)(k, a->gathered, rows, d, out, d, s);
    if (bias) k->r->rows->bias(s, rows, d, d, bias);
    FN(drop)(k, s, len * d, place);
    k->r->rows->add(s, a->x, rows * d);
}

/* mid + second(gelu(first mid)), into work[0]. */
static void FN(feed)(FN(walk) * k, const FN(attention) * a, size_t len, size_t place,
                     const REAL *first, const REAL *second) {
    const size_t d = k->r->shape->d, ff = k->r->shape->ff, rows = k->p->n * len;
    REAL *s = k->p->work[0], *h = k->p->work[1];
    FN(linear)(k, a->mid, rows, d, first, ff, h);
    if (k->stopped) return;
    k->r->rows->gelu(h, rows * ff, a->act, a->act_slope);
    FN(drop)(k, a->act, len * ff, place);
    FN(drop)(k, a->act_slope, len * ff, place);
    FN(linear)(k, a->act, rows, ff, second, d, s);
    FN(drop)(k, s, len * d, place + 1);
    k->r->rows->add(s, a->mid, rows * d);
}

/* ds behind the dropout at `place`: itself, or a copy in work[2]. */
static const REAL *FN(dropped)(FN(walk) * k, const REAL *ds, size_t len, size_t place) {
    if (!k->r->below) return ds;
    memcpy(k->p->work[2], ds, k->p->n * len * k->r->shape->d * sizeof *ds);
    FN(drop)(k, k->p->work[2], len * k->r->shape->d, place);
    return k->p->work[2];
}

/* The slope of `feed`: ds becomes that of mid. */
static void FN(feed_back)(FN(walk) * k, const FN(attention) * a, size_t len, size_t place,
                          size_t first, size_t second, REAL *ds) {
    const size_t d = k->r->shape->d, ff = k->r->shape->ff, rows = k->p->n * len;
    const REAL *w = k->r->w, *dy = FN(dropped)(k, ds, len, place + 1);
    REAL *dh = k->p->work[3], *slope = k->p->slope;
    FN(linear_weight)(k, dy, a->act, rows, d, ff, slope + second);
    FN(linear_in)(k, dy, rows, d, w + second, ff, dh, false);
    if (!k->stopped) k->r->rows->times(dh, a->act_slope, rows * ff);
    FN(linear_weight)(k, dh, a->mid, rows, ff, d, slope + first);
    FN(linear_in)(k, dh, rows, ff, w + first, d, ds, true);
}

/* The slope of `attended` up to what was gathered, into `dg`. */
static void FN(attended_back)(FN(walk) * k, const FN(attention) * a, size_t len, size_t place,
                              size_t out, const size_t *bias, const REAL *ds, REAL *dg) {
    const size_t d = k->r->shape->d, rows = k->p->n * len;
    const REAL *dy = FN(dropped)(k, ds, len, place);
    if (bias) k->r->rows->sum_rows(dy, rows, d, d, k->p->slope + *bias);
    FN(linear_weight)(k, dy, a->gathered, rows, d, d, k->p->slope + out);
    FN(linear_in)(k, dy, rows, d, k->r->w + out, d, dg, false);
}

/* From the slope of what was gathered by a layer of its own queries, dg, to that of its x, added to
 * ds. */
static void FN(own_back)(FN(walk) * k, const FN(attention) * a, size_t len, size_t lags, size_t qkv,
                         const size_t *value_bias, const REAL *dg, REAL *ds) {
    const size_t d = k->r->shape->d, rows = k->p->n * len;
    const FN(triple) t = FN(own_triple)(k->r->shape, a, len);
    REAL *dq = k->p->work[3];
    if (k->stopped) return;
    FN(gather_back)(k, &t, a, lags, dg, dq, dq + d, dq + 2 * d);
    if (value_bias) k->r->rows->sum_rows(dq + 2 * d, rows, d, 3 * d, k->p->slope + *value_bias);
    FN(linear_weight)(k, dq, a->x, rows, 3 * d, d, k->p->slope + qkv);
    FN(linear_in)(k, dq, rows, 3 * d, k->r->w + qkv, d, ds, true);
}

/* The same of queries to the encoder; adds to (or sets, when `first`) the slope of its memory. */
static void FN(cross_back)(FN(walk) * k, const FN(attention) * a, const autoformer_dec *w,
                           bool first, const REAL *dg, REAL *ds) {
    const autoformer_shape *o = k->r->shape;
    FN(part) *p = k->p;
    const size_t d = o->d, rows = p->n * o->len_dec, keys = p->n * o->len_enc;
    const FN(triple) t = FN(cross_triple)(o, a);
    REAL *dq = p->work[3], *dkv = p->work[2], *bias = p->slope + w->key_value_bias;
    if (k->stopped) return;
    if (t.n_in < o->len_enc) memset(dkv, 0, keys * 2 * d * sizeof *dkv);
    FN(gather_back)(k, &t, a, o->lags_dec, dg, dq, dkv, dkv + d);
    k->r->rows->sum_rows(dkv, keys, 2 * d, 2 * d, bias);
    if (o->len_dec <= o->len_enc) /* moves all scores alike: only noise */
        for (size_t c = 0; c < d; c++)
            bias[c] = 0;
    FN(linear_weight)(k, dq, a->x, rows, d, d, p->slope + w->query);
    FN(linear_in)(k, dq, rows, d, k->r->w + w->query, d, ds, true);
    FN(linear_weight)(k, dkv, p->memory, keys, 2 * d, d, p->slope + w->key_value);
    FN(linear_in)(k, dkv, keys, 2 * d, k->r->w + w->key_value, d, p->d_memory, !first);
}
