/* Rows of x to signed bytes in panels, compiled once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. PACKED_TARGET, FN(x), IVEC, LANES, SIZE_MAX_OF(s, p) (lanes of s or
 * the bits of p without the sign, whichever are larger), NEAREST(p, pre, inverse), NARROW(p, v) (lanes
 * to bytes), ADD_I, ZERO_I and STORE_I say for what. */

/* The row's largest magnitude by its bits: a NaN is larger than infinity, and the order is free. */
PACKED_TARGET static float FN(largest)(const float *x, size_t k) {
    IVEC s = ZERO_I;
    size_t i = 0;
    for (; i + LANES <= k; i += LANES)
        s = SIZE_MAX_OF(s, x + i);
    float last[LANES] = {0};
    memcpy(last, x + i, (k - i) * sizeof *x);
    s = SIZE_MAX_OF(s, last);
    uint32_t lane[LANES], most = 0;
    STORE_I(lane, s);
    for (size_t j = 0; j < LANES; j++)
        if (lane[j] > most) most = lane[j];
    float y;
    memcpy(&y, &most, sizeof y);
    return y;
}

/* q (K bytes, noughts behind k) = nearest(x pre inverse); the sum of q. */
PACKED_TARGET static int32_t FN(bytes)(const float *x, size_t k, packed_scale by, int8_t *q) {
    IVEC s = ZERO_I;
    size_t i = 0;
    for (; i + LANES <= k; i += LANES) {
        const IVEC v = NEAREST(x + i, by.pre, by.inverse);
        NARROW(q + i, v);
        s = ADD_I(s, v);
    }
    float last[LANES] = {0};
    int8_t end[LANES];
    memcpy(last, x + i, (k - i) * sizeof *x);
    const IVEC v = NEAREST(last, by.pre, by.inverse);
    NARROW(end, v);
    s = ADD_I(s, v);
    memcpy(q + i, end, packed_up(k, 4) - i);
    int32_t lane[LANES], sum = 0;
    STORE_I(lane, s);
    for (size_t j = 0; j < LANES; j++)
        sum += lane[j];
    return sum;
}

/* Rows [i, i + 12) of x to `panel` (K / 4, 12, 4). */
PACKED_TARGET static void FN(panel)(const packed_call *c, const rows_s8 *r, size_t i, void *panel) {
    const size_t rows = c->m - i < PACKED_TALL ? c->m - i : PACKED_TALL;
    for (size_t j = 0; j < rows; j++) {
        const float *x = c->x + (i + j) * c->ldx;
        const packed_scale by = packed_scale_of(FN(largest)(x, c->p->k));
        int32_t sum = 0;
        if (by.inverse > 0)
            sum = FN(bytes)(x, c->p->k, by, r->plain + j * r->deep);
        else
            memset(r->plain + j * r->deep, 0, r->deep);
        r->scale[i + j] = by.scale;
        r->shift[i + j] = 128 * sum;
    }
    packed_turn((const uint32_t *)(const void *)r->plain, r->deep / 4, rows, r->deep / 4, panel);
}
