/* Where the search for each form ended: within one fit, and from one fit to the next. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As bytes: the number of forms, then for each its index and length, how far its criterion lay above
 * the best, and its point in single precision, since it is only a place to start from. */
#include "models/ets/ets_memory.h"

#include <math.h>
#include <string.h>

#include "base/pack.h"
#include "models/ets/ets_state.h"

enum { N_HEAD = 2 + ETS_N_SMOOTH };
/* Forms whose criterion lies further above the best hardly win later: they are not kept. */
static const double kept_gap = 10;

ets_memory *ets_memory_new(const ets_data *d, norni_arena *arena) {
    ets_memory *mem = norni_arena_zero(arena, 1, sizeof *mem);
    const size_t size = N_HEAD + d->m;
    double *block = norni_arena_get(arena, (ETS_N_FORMS + ETS_N_STARTS + 1) * size, sizeof(double));
    if (!mem || !block) return NULL;
    mem->n_free = d->m <= ETS_MAX_FREE_SEASON ? d->m - 1 : 0;
    mem->first = -1;
    for (size_t k = 0; k < ETS_N_FORMS; k++, block += size)
        mem->x[k] = block;
    for (size_t k = 0; k < ETS_N_STARTS; k++, block += size)
        mem->at[k] = block;
    mem->best = block;
    return mem;
}

size_t ets_form_index(norni_ets_form f) {
    return (((size_t)(f.error == NORNI_ETS_MUL) * 3 + (size_t)f.trend) * 3 + (size_t)f.season) * 2 +
           f.damped;
}

static norni_ets_form form_of(size_t k) {
    return (norni_ets_form){k / 18 ? NORNI_ETS_MUL : NORNI_ETS_ADD, (norni_ets_part)(k / 6 % 3),
                            (norni_ets_part)(k / 2 % 3), k % 2 == 1};
}

static size_t n_values(norni_ets_form f, size_t n_free) {
    return N_HEAD + (f.season ? n_free : 0);
}

void ets_memory_keep(ets_memory *mem, const ets_work *w, const double *x) {
    static const double usual[ETS_N_SMOOTH] = {0.3, 0.05, 0.05, 0.97};
    const norni_ets_form form = w->pass.form;
    const size_t k = ets_form_index(form), n_first = form.trend ? 2 : 1;
    double *out = mem->x[k];
    mem->have[k] = true;
    mem->ic[k] = HUGE_VAL;
    out[0] = x[0], out[1] = form.trend ? x[1] : 0;
    memcpy(out + 2, usual, sizeof usual);
    for (size_t i = 0; i < w->n_smooth; i++)
        out[2 + w->smooth[i]] = x[w->n_state + i];
    if (form.season) memcpy(out + N_HEAD, x + n_first, mem->n_free * sizeof(double));
}

const double *ets_memory_point(const ets_memory *mem, norni_ets_form f) {
    const size_t k = ets_form_index(f);
    return mem->have[k] ? mem->x[k] : mem->kept[k];
}

void ets_memory_judge(ets_memory *mem, norni_ets_form form, double ic) {
    mem->ic[ets_form_index(form)] = ic;
}

bool ets_memory_first(const ets_memory *mem, norni_ets_form *form) {
    if (mem->first < 0) return false;
    *form = form_of((size_t)mem->first);
    return true;
}

void ets_memory_pack(const ets_memory *mem, norni_buf *out) {
    double best = HUGE_VAL;
    uint32_t count = 0;
    for (size_t k = 0; k < ETS_N_FORMS; k++) {
        if (mem->have[k]) best = fmin(best, mem->ic[k]);
    }
    for (size_t k = 0; k < ETS_N_FORMS; k++)
        count += mem->have[k] && mem->ic[k] - best <= kept_gap ? 1 : 0;
    norni_pack_u32(out, count);
    for (size_t k = 0; k < ETS_N_FORMS; k++) {
        if (!mem->have[k] || !(mem->ic[k] - best <= kept_gap)) continue;
        const size_t n = n_values(form_of(k), mem->n_free);
        norni_pack_u32(out, (uint32_t)(k + 64 * n));
        norni_pack_f32(out, mem->ic[k] - best);
        for (size_t i = 0; i < n; i++)
            norni_pack_f32(out, mem->x[k][i]);
    }
}

/* The head of the next form in the bytes; its values follow. */
static size_t next_form(norni_unpack *u, size_t *n, double *gap) {
    const uint32_t head = norni_unpack_u32(u), k = head % 64;
    *n = head / 64;
    *gap = norni_unpack_f32(u);
    if (k >= ETS_N_FORMS || *n < N_HEAD || *n > N_HEAD + ETS_MAX_FREE_SEASON) u->failed = true;
    return k;
}

bool ets_memory_check(norni_str bytes) {
    norni_unpack u = {bytes, false};
    const uint32_t count = norni_unpack_count(&u, 0, ETS_N_FORMS);
    for (uint32_t i = 0; i < count && !u.failed; i++) {
        size_t n;
        double gap;
        (void)next_form(&u, &n, &gap);
        for (size_t j = 0; j < n && !u.failed; j++)
            (void)norni_unpack_f32(&u);
    }
    return norni_unpack_end(&u);
}

/* Values of a form, moved from the scale of the earlier fit into this one's. */
static void rescale_point(norni_ets_form f, int shift, double *x, size_t n) {
    x[0] = ldexp(x[0], shift);
    if (f.trend == NORNI_ETS_ADD) x[1] = ldexp(x[1], shift);
    for (size_t i = N_HEAD; i < n && f.season == NORNI_ETS_ADD; i++)
        x[i] = ldexp(x[i], shift);
}

bool ets_memory_warm(ets_memory *mem, const ets_data *d, norni_str forms, int exponent,
                     norni_arena *arena) {
    norni_unpack u = {forms, false};
    const uint32_t count = norni_unpack_u32(&u);
    double least = HUGE_VAL;
    for (uint32_t i = 0; i < count && !u.failed; i++) {
        size_t n;
        double gap;
        const size_t k = next_form(&u, &n, &gap);
        if (u.failed) break;
        const norni_ets_form f = form_of(k);
        double *x = norni_arena_get(arena, n, sizeof *x);
        if (x == NULL) return false;
        bool usable = n == n_values(f, mem->n_free);
        for (size_t j = 0; j < n; j++) {
            x[j] = norni_unpack_f32(&u);
            usable = usable && isfinite(x[j]);
        }
        rescale_point(f, exponent - d->exponent, x, n);
        if (!usable) continue;
        mem->kept[k] = x;
        if (gap < least) least = gap, mem->first = (int)k;
    }
    return true;
}
