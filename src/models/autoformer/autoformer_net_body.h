/* The network's way forward and back, compiled once for each precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once, behind autoformer_layers_body.h. */

static size_t FN(most)(size_t a, size_t b) {
    return a > b ? a : b;
}

/* Numbers in one of the work arrays. */
static size_t FN(work_size)(const autoformer_shape *s, size_t n) {
    const size_t len = FN(most)(s->len_enc, s->len_dec);
    const size_t wide = FN(most)(FN(most)(3 * s->d, s->ff), 3 * s->channels);
    return FN(most)(n * len * wide, len * len);
}

/* Hands out the pieces of one block; without a block it only counts. */
typedef struct FN(cutter) {
    char *block;
    size_t used;
} FN(cutter);

static void *FN(cut)(FN(cutter) * c, size_t n, size_t size) {
    void *piece = c->block ? c->block + c->used : NULL;
    c->used += (n * size + 63) & ~(size_t)63;
    return piece;
}

static REAL *FN(cut_reals)(FN(cutter) * c, size_t n) {
    return FN(cut)(c, n, sizeof(REAL));
}

static void FN(cut_attention)(FN(cutter) * c, const autoformer_shape *s, size_t n, size_t a,
                              FN(attention) * out) {
    const bool enc = a < s->n_enc, cross = !enc && (a - s->n_enc) % 2;
    const size_t len = enc ? s->len_enc : s->len_dec, lags = enc ? s->lags_enc : s->lags_dec;
    const size_t rows = n * len;
    FN(attention) own = {0};
    own.x = FN(cut_reals)(c, rows * s->d);
    own.q = FN(cut_reals)(c, rows * (cross ? 1 : 3) * s->d);
    if (cross) own.kv = FN(cut_reals)(c, n * s->len_enc * 2 * s->d);
    own.gathered = FN(cut_reals)(c, rows * s->d);
    own.score = FN(cut_reals)(c, n * len);
    own.weight = FN(cut_reals)(c, n * lags);
    own.lag = FN(cut)(c, n * lags, sizeof *own.lag);
    if (enc || cross) {
        own.mid = FN(cut_reals)(c, rows * s->d);
        own.act = FN(cut_reals)(c, rows * s->ff);
        own.act_slope = FN(cut_reals)(c, rows * s->ff);
    }
    if (out) *out = own;
}

static void FN(cut_part)(FN(cutter) * c, const autoformer_shape *s, size_t n, bool train,
                         FN(part) * p) {
    const size_t enc = n * s->len_enc, dec = n * s->len_dec, ahead = n * s->horizon;
    const size_t attentions = autoformer_attentions(s);
    p->n = n;
    p->in_enc = FN(cut_reals)(c, enc * autoformer_inputs(s));
    p->in_dec = FN(cut_reals)(c, dec * autoformer_inputs(s));
    p->start = FN(cut_reals)(c, ahead * s->channels);
    p->out = FN(cut_reals)(c, ahead * s->channels);
    p->goal = FN(cut_reals)(c, ahead * s->targets);
    p->at = FN(cut)(c, attentions, sizeof *p->at);
    for (size_t a = 0; a < attentions; a++)
        FN(cut_attention)(c, s, n, a, p->at ? &p->at[a] : NULL);
    p->x = FN(cut_reals)(c, FN(most)(enc, dec) * s->d);
    p->hat = FN(cut_reals)(c, enc * s->d);
    p->inverse = FN(cut_reals)(c, enc);
    p->memory = FN(cut_reals)(c, enc * s->d);
    p->dec_hat = FN(cut_reals)(c, dec * s->d);
    p->dec_inverse = FN(cut_reals)(c, dec);
    p->dec_normed = FN(cut_reals)(c, dec * s->d);
    p->trend = FN(cut_reals)(c, s->n_dec * dec * s->d);
    for (size_t i = 0; i < 5; i++)
        p->work[i] = i < 2 || train ? FN(cut_reals)(c, FN(work_size)(s, n)) : NULL;
    p->sum = FN(cut)(c, 3 * FN(most)(s->d, s->channels), sizeof *p->sum);
    p->choice = FN(cut)(c, FN(most)(s->len_enc, s->len_dec), sizeof *p->choice);
    if (!train) return;
    p->slope = FN(cut_reals)(c, autoformer_weights(s));
    p->d_memory = FN(cut_reals)(c, enc * s->d);
}

size_t FN(part_bytes)(const autoformer_shape *s, size_t n, bool train) {
    FN(part) p = {0};
    FN(cutter) c = {0};
    FN(cut_part)(&c, s, n, train, &p);
    return c.used;
}

norn_status FN(part_init)(norni_arena *arena, const autoformer_shape *s, size_t n, bool train,
                          FN(part) * out, norn_err *err) {
    const size_t bytes = FN(part_bytes)(s, n, train);
    FN(cutter) c = {norni_arena_get(arena, 1, bytes), 0};
    if (!c.block) return norni_alloc_fail(err, "autoformer", 1, bytes);
    *out = (FN(part)){0};
    FN(cut_part)(&c, s, n, train, out);
    return NORN_OK;
}

/* in (len, inputs): each row's neighbours before, itself and behind, around the circle. */
static void FN(neighbours)(const autoformer_shape *s, const REAL *x, size_t len, const REAL *marks,
                           REAL *in) {
    const size_t wide = autoformer_inputs(s), c = s->channels;
    for (size_t t = 0; t < len; t++) {
        const size_t near[3] = {t ? t - 1 : len - 1, t, t + 1 < len ? t + 1 : 0};
        for (size_t k = 0; k < 3; k++)
            memcpy(in + t * wide + k * c, x + near[k] * c, c * sizeof *x);
        if (s->marks) memcpy(in + t * wide + 3 * c, marks + t * s->marks, s->marks * sizeof *x);
    }
}

void FN(fill)(const FN(run) * r, FN(part) * p, size_t k, const REAL *x, const REAL *marks,
              const REAL *marks_dec, const REAL *trend) {
    const autoformer_shape *s = r->shape;
    const size_t c = s->channels, wide = autoformer_inputs(s), before = s->len_enc - s->len_label;
    REAL *rest = p->work[0], *season = p->work[1];
    REAL *start = p->start + k * s->horizon * c;
    FN(neighbours)(s, x, s->len_enc, marks, p->in_enc + k * s->len_enc * wide);
    r->rows->split(x, s->len_enc, c, s->window, rest, NULL, false, p->sum);
    memset(season, 0, s->len_dec * c * sizeof *season);
    memcpy(season, rest + before * c, s->len_label * c * sizeof *season);
    FN(neighbours)(s, season, s->len_dec, marks_dec, p->in_dec + k * s->len_dec * wide);
    if (trend) {
        memcpy(start, trend, s->horizon * c * sizeof *start);
        return;
    }
    for (size_t j = 0; j < c; j++) {
        double sum = 0;
        for (size_t t = 0; t < s->len_enc; t++)
            sum += (double)x[t * c + j];
        for (size_t t = 0; t < s->horizon; t++)
            start[t * c + j] = (REAL)(sum / (double)s->len_enc);
    }
}

/* Place of an attention's first dropout; the embeddings' follow behind all of them. */
static size_t FN(place)(size_t a) {
    return 3 * a;
}

/* Query, key and value of attention a from its x, and its scores. */
static void FN(begin)(FN(walk) * k, size_t a) {
    const autoformer_shape *s = k->r->shape;
    const FN(attention) *at = &k->p->at[a];
    const REAL *w = k->r->w;
    const size_t d = s->d, enc = k->p->n * s->len_enc, dec = k->p->n * s->len_dec;
    if (a < s->n_enc) {
        const autoformer_enc e = autoformer_enc_at(s, a);
        const FN(triple) t = FN(own_triple)(s, at, s->len_enc);
        FN(linear)(k, at->x, enc, d, w + e.qkv, 3 * d, at->q);
        FN(scores)(k, &t, at->score);
        return;
    }
    const autoformer_dec e = autoformer_dec_at(s, (a - s->n_enc) / 2);
    if ((a - s->n_enc) % 2 == 0) {
        const FN(triple) t = FN(own_triple)(s, at, s->len_dec);
        FN(linear)(k, at->x, dec, d, w + e.qkv, 3 * d, at->q);
        k->r->rows->bias(at->q + 2 * d, dec, d, 3 * d, w + e.value_bias);
        FN(scores)(k, &t, at->score);
    } else {
        const FN(triple) t = FN(cross_triple)(s, at);
        FN(linear)(k, at->x, dec, d, w + e.query, d, at->q);
        FN(linear)(k, k->p->memory, enc, d, w + e.key_value, 2 * d, at->kv);
        k->r->rows->bias(at->kv, enc, 2 * d, 2 * d, w + e.key_value_bias);
        FN(scores)(k, &t, at->score);
    }
}

/* Where attention a's layer leaves its rows: the next attention's x, or p->x. */
static REAL *FN(behind)(const FN(walk) * k, size_t a) {
    const autoformer_shape *s = k->r->shape;
    const bool last = a + 1 == s->n_enc || a + 1 == autoformer_attentions(s);
    return last ? k->p->x : k->p->at[a + 1].x;
}

static void FN(end_encoder)(FN(walk) * k, size_t a) {
    const autoformer_shape *s = k->r->shape;
    const FN(attention) *at = &k->p->at[a];
    const REAL *w = k->r->w;
    const autoformer_enc e = autoformer_enc_at(s, a);
    const FN(triple) t = FN(own_triple)(s, at, s->len_enc);
    const size_t len = s->len_enc, place = FN(place)(a);
    FN(gather)(k, &t, at, s->lags_enc);
    FN(attended)(k, at, len, place, w + e.out, NULL);
    FN(split)(k, k->p->work[0], len, at->mid, NULL, false);
    FN(feed)(k, at, len, place + 1, w + e.first, w + e.second);
    FN(split)(k, k->p->work[0], len, FN(behind)(k, a), NULL, false);
    for (size_t i = 0; a + 1 == s->n_enc && i < k->p->n; i++) {
        const size_t row = i * len;
        k->r->rows->norm(k->p->x + row * s->d, len, s->d, w + autoformer_gamma_enc(s),
                         k->p->hat + row * s->d, k->p->inverse + row, k->p->memory + row * s->d,
                         k->p->work[0]);
    }
}

static void FN(end_decoder)(FN(walk) * k, size_t a) {
    const autoformer_shape *s = k->r->shape;
    const FN(attention) *at = &k->p->at[a];
    const REAL *w = k->r->w;
    const size_t layer = (a - s->n_enc) / 2, len = s->len_dec, place = FN(place)(a);
    const autoformer_dec e = autoformer_dec_at(s, layer);
    const bool cross = (a - s->n_enc) % 2;
    const FN(triple) t = cross ? FN(cross_triple)(s, at) : FN(own_triple)(s, at, len);
    REAL *trend = k->p->trend + layer * k->p->n * len * s->d;
    FN(gather)(k, &t, at, s->lags_dec);
    FN(attended)
    (k, at, len, place, w + (cross ? e.cross_out : e.out), w + (cross ? e.cross_bias : e.out_bias));
    FN(split)(k, k->p->work[0], len, cross ? at->mid : FN(behind)(k, a), trend, cross);
    if (!cross) return;
    FN(feed)(k, at, len, place + 1, w + e.first, w + e.second);
    FN(split)(k, k->p->work[0], len, FN(behind)(k, a), trend, true);
}

/* out = the trend to start with, each layer's trend through its convolution, the head's season. */
static void FN(finish)(FN(walk) * k) {
    const autoformer_shape *s = k->r->shape;
    FN(part) *p = k->p;
    const REAL *w = k->r->w, *bias = w + autoformer_head_bias(s);
    const size_t c = s->channels, len = s->len_dec, rows = p->n * len;
    REAL *y = p->work[0];
    for (size_t i = 0; i < p->n; i++)
        k->r->rows->norm(p->x + i * len * s->d, len, s->d, w + autoformer_gamma_dec(s),
                         p->dec_hat + i * len * s->d, p->dec_inverse + i * len,
                         p->dec_normed + i * len * s->d, p->work[0]);
    FN(linear)(k, p->dec_normed, rows, s->d, w + autoformer_head(s), c, y);
    for (size_t i = 0; i < p->n * s->horizon; i++) {
        const size_t row = i / s->horizon * len + s->len_label + i % s->horizon;
        for (size_t j = 0; j < c; j++)
            p->out[i * c + j] = p->start[i * c + j] + (y[row * c + j] + bias[j]);
    }
    for (size_t layer = 0; layer < s->n_dec; layer++) {
        FN(linear)
        (k, p->trend + layer * rows * s->d, rows, s->d, w + autoformer_dec_at(s, layer).trend,
         3 * c, y);
        for (size_t i = 0; i < p->n * s->horizon; i++) {
            const REAL *own = y + i / s->horizon * len * 3 * c;
            const size_t t = s->len_label + i % s->horizon;
            const size_t near[3] = {t ? t - 1 : len - 1, t, t + 1 < len ? t + 1 : 0};
            for (size_t m = 0; m < 3; m++)
                for (size_t j = 0; j < c; j++)
                    p->out[i * c + j] += own[near[m] * 3 * c + m * c + j];
        }
    }
}

static norn_status FN(said)(const FN(walk) * k, norn_err *err) {
    return k->stopped ? norn_fail(err, NORN_E_CANCEL, "autoformer: cancelled") : NORN_OK;
}

norn_status FN(advance)(const FN(run) * r, FN(part) * p, size_t phase, void *scratch,
                        const norni_poll *poll, norn_err *err) {
    const autoformer_shape *s = r->shape;
    const size_t attentions = autoformer_attentions(s), wide = autoformer_inputs(s);
    FN(walk) k = {r, p, scratch, poll, false};
    if (phase == 0) {
        REAL *enc = p->at[0].x, *dec = p->at[s->n_enc].x;
        FN(linear)(&k, p->in_enc, p->n * s->len_enc, wide, r->w + autoformer_emb_enc(s), s->d, enc);
        FN(linear)(&k, p->in_dec, p->n * s->len_dec, wide, r->w + autoformer_emb_dec(s), s->d, dec);
        FN(drop)(&k, enc, s->len_enc * s->d, FN(place)(attentions));
        FN(drop)(&k, dec, s->len_dec * s->d, FN(place)(attentions) + 1);
    } else if (phase <= s->n_enc)
        FN(end_encoder)(&k, phase - 1);
    else
        FN(end_decoder)(&k, phase - 1);
    if (phase < attentions)
        FN(begin)(&k, phase);
    else
        FN(finish)(&k);
    return FN(said)(&k, err);
}

/* The largest `lags` of score (len), ties to the smaller lag. */
static void FN(largest)(const double *score, size_t len, size_t lags, size_t *lag) {
    size_t n = 0;
    for (size_t tau = 0; tau < len; tau++) {
        size_t at = n < lags ? n++ : lags;
        while (at > 0 && score[lag[at - 1]] < score[tau]) {
            if (at < lags) lag[at] = lag[at - 1];
            at--;
        }
        if (at < lags) lag[at] = tau;
    }
}

static void FN(soften)(const REAL *score, const size_t *lag, size_t lags, REAL *weight) {
    double e[NORNI_AUTOFORMER_LAGS], most = (double)score[lag[0]], sum = 0;
    for (size_t i = 1; i < lags; i++)
        most = (double)score[lag[i]] > most ? (double)score[lag[i]] : most;
    for (size_t i = 0; i < lags; i++)
        sum += e[i] = norni_exp((double)score[lag[i]] - most);
    for (size_t i = 0; i < lags; i++)
        weight[i] = (REAL)(e[i] / sum);
}

void FN(choose)(const FN(run) * r, FN(part) * parts, size_t n_parts, size_t a) {
    const autoformer_shape *s = r->shape;
    const size_t len = a < s->n_enc ? s->len_enc : s->len_dec;
    const size_t lags = a < s->n_enc ? s->lags_enc : s->lags_dec;
    double *mean = parts[0].choice;
    size_t shared[NORNI_AUTOFORMER_LAGS];
    memset(mean, 0, len * sizeof *mean);
    for (size_t q = 0; r->train && q < n_parts; q++)
        for (size_t i = 0; i < parts[q].n; i++)
            for (size_t t = 0; t < len; t++)
                mean[t] += (double)parts[q].at[a].score[i * len + t];
    if (r->train) FN(largest)(mean, len, lags, shared);
    for (size_t q = 0; q < n_parts; q++)
        for (size_t i = 0; i < parts[q].n; i++) {
            const FN(attention) *at = &parts[q].at[a];
            const REAL *score = at->score + i * len;
            size_t *lag = at->lag + i * lags;
            for (size_t t = 0; !r->train && t < len; t++)
                mean[t] = (double)score[t];
            if (r->train)
                memcpy(lag, shared, lags * sizeof *lag);
            else
                FN(largest)(mean, len, lags, lag);
            FN(soften)(score, lag, lags, at->weight + i * lags);
        }
}

norn_status FN(forward)(const FN(run) * r, FN(part) * p, void *scratch, const norni_poll *poll,
                        norn_err *err) {
    const size_t attentions = autoformer_attentions(r->shape);
    for (size_t phase = 0; phase <= attentions; phase++) {
        NORN_TRY(FN(advance)(r, p, phase, scratch, poll, err));
        if (phase < attentions) FN(choose)(r, p, 1, phase);
    }
    return NORN_OK;
}
