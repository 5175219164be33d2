/* Panels that benchmarks measure on, made in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bench_panel.h"

#include "base/fp.h"
#include "base/numtext.h"
#include "base/rng.h"

enum { ID_ROOM = 24 };

static void fill_series(norni_rng rng, size_t season, double *y, size_t n) {
    const double level = 100 + 900 * norni_rng_uniform(rng, 0),
                 slope = level * 0.01 * (norni_rng_uniform(rng, 1) - 0.3);
    const double amplitude = 0.3 * norni_rng_uniform(rng, 2),
                 noise = level * (0.01 + 0.05 * norni_rng_uniform(rng, 3));
    for (size_t t = 0; t < n; t++) {
        const double angle = 6.283185307179586 * (double)(t % season) / (double)season;
        y[t] = (level + slope * (double)t) * (1 + amplitude * norni_sin(angle)) +
               noise * norni_rng_normal(rng, 8 + t);
    }
}

static norn_status make_heads(const norni_bench_shape *s, uint64_t seed, norni_panel *p,
                              norn_err *err) {
    const size_t n = s->n_series;
    p->offsets = norni_arena_get(&p->arena, n + 1, sizeof *p->offsets);
    p->id_offsets = norni_arena_get(&p->arena, n + 1, sizeof *p->id_offsets);
    p->id_bytes = norni_arena_get(&p->arena, n, ID_ROOM);
    p->start = norni_arena_zero(&p->arena, n, sizeof *p->start);
    p->freq = norni_arena_get(&p->arena, n, sizeof *p->freq);
    if (!p->offsets || !p->id_offsets || !p->id_bytes || !p->start || !p->freq)
        return norni_alloc_fail(err, "bench", n, 64);
    p->offsets[0] = p->id_offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t more =
            (size_t)(norni_rng_u64((norni_rng){seed, i}, 4) % (s->most - s->least + 1));
        p->offsets[i + 1] = p->offsets[i] + s->least + more;
        p->id_bytes[p->id_offsets[i]] = 'S';
        p->id_offsets[i + 1] =
            p->id_offsets[i] + 1 + norni_int_print(p->id_bytes + p->id_offsets[i] + 1, (int64_t)i);
        p->freq[i] = s->freq;
    }
    p->n_obs = p->offsets[n];
    return NORN_OK;
}

norn_status norni_bench_panel(norn_ctx *ctx, const norni_bench_shape *s, uint64_t seed,
                              norni_panel *p, norn_err *err) {
    memset(p, 0, sizeof *p);
    norni_arena_init(&p->arena, &ctx->alloc);
    p->n_series = s->n_series;
    NORN_TRY(make_heads(s, seed, p, err));
    p->y = norni_arena_get(&p->arena, p->n_obs, sizeof *p->y);
    if (p->y == NULL) return norni_alloc_fail(err, "bench", p->n_obs, sizeof *p->y);
    for (size_t i = 0; i < s->n_series; i++) {
        if (norn_ctx_cancelled(ctx)) return norn_fail(err, NORN_E_CANCEL, "bench: cancelled");
        fill_series((norni_rng){seed, i}, s->season, p->y + p->offsets[i],
                    p->offsets[i + 1] - p->offsets[i]);
    }
    p->style.kind = NORNI_TIME_DATE;
    p->has_id = true;
    if (s->x_name == NULL) return NORN_OK;
    p->n_x = 1;
    p->x_names = norni_arena_get(&p->arena, 1, sizeof *p->x_names);
    p->x = norni_arena_get(&p->arena, p->n_obs, sizeof *p->x);
    if (!p->x_names || !p->x) return norni_alloc_fail(err, "bench", p->n_obs, sizeof *p->x);
    p->x_names[0] = norni_str_of(s->x_name);
    for (size_t t = 0; t < p->n_obs; t++)
        p->x[t] = 0.4 * p->y[t] + norni_rng_normal((norni_rng){seed, s->n_series}, t);
    return NORN_OK;
}
