/* Loss and slopes of a part, and weights to start from, compiled once for each precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once, behind autoformer_net_body.h. */

/* The loss, and its slope in place of p->out; into `rows` (R dec, channels), too, with noughts where
 * nothing is forecast. */
static void FN(loss_back)(FN(walk) * k, REAL *rows) {
    const autoformer_shape *s = k->r->shape;
    FN(part) *p = k->p;
    const size_t c = s->channels;
    double loss = 0;
    memset(rows, 0, p->n * s->len_dec * c * sizeof *rows);
    for (size_t i = 0; i < p->n * s->horizon; i++) {
        REAL *to = rows + (i / s->horizon * s->len_dec + s->len_label + i % s->horizon) * c;
        for (size_t j = 0; j < c; j++) {
            const REAL goal = j < s->targets ? p->goal[i * s->targets + j] : (REAL)NORNI_NAN;
            const REAL e = goal == goal ? p->out[i * c + j] - goal : 0;
            loss += (double)e * (double)e;
            p->out[i * c + j] = to[j] = k->r->loss_scale * e;
        }
    }
    p->loss = loss;
}

/* The slope of the head and of the norm before it, into ds. rows: as loss_back leaves it. */
static void FN(head_back)(FN(walk) * k, const REAL *rows, REAL *dy, REAL *ds) {
    const autoformer_shape *s = k->r->shape;
    FN(part) *p = k->p;
    const size_t c = s->channels, d = s->d, len = s->len_dec, n = p->n * len;
    REAL *gamma = p->slope + autoformer_gamma_dec(s);
    k->r->rows->sum_rows(rows, n, c, c, p->slope + autoformer_head_bias(s));
    FN(linear_weight)(k, rows, p->dec_normed, n, c, d, p->slope + autoformer_head(s));
    FN(linear_in)(k, rows, n, c, k->r->w + autoformer_head(s), d, dy, false);
    memset(gamma, 0, d * sizeof *gamma);
    for (size_t i = 0; i < p->n; i++)
        k->r->rows->norm_back(dy + i * len * d, len, d, k->r->w + autoformer_gamma_dec(s),
                              p->dec_hat + i * len * d, p->dec_inverse + i * len, ds + i * len * d,
                              gamma, p->work[3]);
}

/* The slope of a layer's trend, into dtrend (R dec, d), and of its convolution. */
static void FN(trend_back)(FN(walk) * k, size_t layer, REAL *spread, REAL *dtrend) {
    const autoformer_shape *s = k->r->shape;
    FN(part) *p = k->p;
    const size_t c = s->channels, len = s->len_dec, n = p->n * len;
    const size_t w = autoformer_dec_at(s, layer).trend;
    memset(spread, 0, n * 3 * c * sizeof *spread);
    for (size_t i = 0; i < p->n * s->horizon; i++) {
        REAL *own = spread + i / s->horizon * len * 3 * c;
        const size_t t = s->len_label + i % s->horizon;
        const size_t near[3] = {t ? t - 1 : len - 1, t, t + 1 < len ? t + 1 : 0};
        for (size_t m = 0; m < 3; m++)
            for (size_t j = 0; j < c; j++)
                own[near[m] * 3 * c + m * c + j] = p->out[i * c + j];
    }
    FN(linear_weight)(k, spread, p->trend + layer * n * s->d, n, 3 * c, s->d, p->slope + w);
    FN(linear_in)(k, spread, n, 3 * c, k->r->w + w, s->d, dtrend, false);
}

/* ds: the slope behind the decoder's last layer, later that of its embedding; other: as large. */
static REAL *FN(decoder_back)(FN(walk) * k, REAL *ds, REAL *other) {
    const autoformer_shape *s = k->r->shape;
    FN(part) *p = k->p;
    const size_t len = s->len_dec;
    REAL *dtrend = p->work[4];
    for (size_t layer = s->n_dec; layer-- > 0;) {
        const autoformer_dec w = autoformer_dec_at(s, layer);
        const size_t a = s->n_enc + 2 * layer;
        const FN(attention) *own = &p->at[a], *cross = &p->at[a + 1];
        FN(trend_back)(k, layer, p->work[3], dtrend);
        FN(split_back)(k, ds, dtrend, len, other);
        FN(feed_back)(k, cross, len, FN(place)(a + 1) + 1, w.first, w.second, other);
        FN(split_back)(k, other, dtrend, len, ds);
        FN(attended_back)(k, cross, len, FN(place)(a + 1), w.cross_out, &w.cross_bias, ds, other);
        FN(cross_back)(k, cross, &w, layer + 1 == s->n_dec, other, ds);
        FN(split_back)(k, ds, dtrend, len, other);
        FN(attended_back)(k, own, len, FN(place)(a), w.out, &w.out_bias, other, ds);
        FN(own_back)(k, own, len, s->lags_dec, w.qkv, &w.value_bias, ds, other);
        REAL *swap = ds;
        ds = other, other = swap;
    }
    return ds;
}

static REAL *FN(encoder_back)(FN(walk) * k, REAL *ds, REAL *other) {
    const autoformer_shape *s = k->r->shape;
    FN(part) *p = k->p;
    const size_t len = s->len_enc, d = s->d;
    REAL *gamma = p->slope + autoformer_gamma_enc(s);
    if (k->stopped) return ds;
    memset(gamma, 0, d * sizeof *gamma);
    for (size_t i = 0; i < p->n; i++)
        k->r->rows->norm_back(p->d_memory + i * len * d, len, d, k->r->w + autoformer_gamma_enc(s),
                              p->hat + i * len * d, p->inverse + i * len, ds + i * len * d, gamma,
                              p->work[3]);
    for (size_t layer = s->n_enc; layer-- > 0;) {
        const autoformer_enc w = autoformer_enc_at(s, layer);
        const FN(attention) *at = &p->at[layer];
        FN(split_back)(k, ds, NULL, len, other);
        FN(feed_back)(k, at, len, FN(place)(layer) + 1, w.first, w.second, other);
        FN(split_back)(k, other, NULL, len, ds);
        FN(attended_back)(k, at, len, FN(place)(layer), w.out, NULL, ds, other);
        FN(own_back)(k, at, len, s->lags_enc, w.qkv, NULL, other, ds);
    }
    return ds;
}

norn_status FN(back)(const FN(run) * r, FN(part) * p, void *scratch, const norni_poll *poll,
                     norn_err *err) {
    const autoformer_shape *s = r->shape;
    const size_t wide = autoformer_inputs(s), places = FN(place)(autoformer_attentions(s));
    FN(walk) k = {r, p, scratch, poll, false};
    REAL *a = p->work[0], *b = p->work[1], *ds;
    FN(loss_back)(&k, p->work[2]);
    FN(head_back)(&k, p->work[2], b, a);
    ds = FN(decoder_back)(&k, a, b);
    FN(drop)(&k, ds, s->len_dec * s->d, places + 1);
    FN(linear_weight)
    (&k, ds, p->in_dec, p->n * s->len_dec, s->d, wide, p->slope + autoformer_emb_dec(s));
    ds = FN(encoder_back)(&k, a, b);
    FN(drop)(&k, ds, s->len_enc * s->d, places);
    FN(linear_weight)
    (&k, ds, p->in_enc, p->n * s->len_enc, s->d, wide, p->slope + autoformer_emb_enc(s));
    return FN(said)(&k, err);
}

/* Draws for an array after the other, until told to stop. */
typedef struct FN(dice) {
    norni_rng rng;
    const norni_poll *poll;
    REAL *w;
    bool stopped;
} FN(dice);

/* Uniform in +-1 / sqrt(inputs) for weights [at, at + n), each by its own number: a quarter of a
 * block. */
static void FN(draw_even)(FN(dice) * k, size_t at, size_t n, size_t inputs) {
    const double bound = 1 / sqrt((double)inputs);
    uint64_t word[2] = {0, 0};
    for (size_t i = at; i < at + n && !k->stopped; i++) {
        if (i == at || i % 4 == 0) norni_rng_block(k->rng, i / 4, word);
        const uint32_t bits = (uint32_t)(word[i / 2 % 2] >> (32 * (i % 2)));
        k->w[i] = (REAL)(bound * (((double)bits + 0.5) * 0x1p-31 - 1));
        if (i % 32768 == 0) k->stopped = norni_poll_stop(k->poll);
    }
}

/* He's normals, for a leaky ReLU; they are numbered from the stream's other end. */
static void FN(draw_embedding)(const autoformer_shape *s, FN(dice) * k, size_t at) {
    const size_t wide = autoformer_inputs(s), c = 3 * s->channels;
    const double sd = sqrt(2 / (1 + 0.01 * 0.01) / (double)c);
    for (size_t i = 0; i < s->d; i++) {
        for (size_t j = 0; j < c; j++)
            k->w[at + i * wide + j] =
                (REAL)(sd * norni_rng_normal(k->rng, UINT64_MAX - (at + i * wide + j)));
        FN(draw_even)(k, at + i * wide + c, s->marks, s->marks);
    }
}

bool FN(draw)(const autoformer_shape *s, norni_rng rng, const norni_poll *poll, REAL *w) {
    const size_t d = s->d, dd = d * d, f = d * s->ff;
    FN(dice) k = {rng, poll, w, false};
    FN(draw_embedding)(s, &k, autoformer_emb_enc(s));
    FN(draw_embedding)(s, &k, autoformer_emb_dec(s));
    for (size_t i = 0; i < s->n_enc; i++) {
        const autoformer_enc e = autoformer_enc_at(s, i);
        FN(draw_even)(&k, e.qkv, 4 * dd + f, d);
        FN(draw_even)(&k, e.second, f, s->ff);
    }
    for (size_t i = 0; i < s->n_dec; i++) {
        const autoformer_dec e = autoformer_dec_at(s, i);
        FN(draw_even)(&k, e.qkv, e.second - e.qkv, d);
        FN(draw_even)(&k, e.second, f, s->ff);
        FN(draw_even)(&k, e.trend, 3 * s->channels * d, 3 * d);
    }
    FN(draw_even)(&k, autoformer_head(s), s->channels * (d + 1), d);
    for (size_t i = 0; i < d; i++)
        w[autoformer_gamma_enc(s) + i] = w[autoformer_gamma_dec(s) + i] = 1;
    return !k.stopped;
}
