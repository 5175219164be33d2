/* A fitted part of the learner "ebm": its forecasts, what explains them, its bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "models/ebm/ebm_explain.h"
#include "models/ebm/ebm_learner.h"

#define STATE_TAG UINT32_C(0x314c4245) /* "EBL1" */
enum { MOST_COLUMNS = 1 << 24, MOST_STEP = 1 << 24 };

static norn_status no_memory(norn_err *err, size_t n, size_t size) {
    return norni_alloc_fail(err, "ebm", n, size);
}

static bool has_base(const ebm_state *s) {
    return norni_base_taken(s->base) != NORNI_BASE_NONE;
}

static norn_status check_width(const ebm_state *s, const norni_lesson *l, norn_err *err) {
    if (l->x->n == s->n_features) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "ebm: fitted on %zu features, given %zu", s->n_features,
                     l->x->n);
}

/* ---- one row ---- */

/* The bins of origin row t: at[k] points to one bin of column k. */
typedef struct row_bins {
    uint16_t *bin[2];
    const uint16_t **at[2]; /* (n_columns) of mains, of pairs */
} row_bins;

static norn_status place_row(norni_env *env, const ebm_state *s, const norni_lesson *l, size_t t,
                             row_bins *r, norn_err *err) {
    const norni_ebm *m = &s->m;
    const norni_bin_column *const level[2] = {m->mains, m->pairs};
    NORN_TRY(check_width(s, l, err));
    for (int k = 0; k < 2; k++) {
        r->bin[k] = norni_arena_zero(env->arena, m->n_columns, sizeof *r->bin[k]);
        r->at[k] = norni_arena_get(env->arena, m->n_columns, sizeof *r->at[k]);
        if (r->bin[k] == NULL || r->at[k] == NULL)
            return no_memory(err, m->n_columns, sizeof *r->at[k]);
        for (size_t j = 0; j < m->n_columns; j++) {
            const double x = norni_feature_value(&l->x->col[s->feature[j]], t, s->step);
            r->at[k][j] = &r->bin[k][j];
            if (level[k]) norni_bins_place(&level[k][j], &x, 1, &r->bin[k][j]);
        }
    }
    return NORN_OK;
}

norn_status ebm_state_predict(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                              double *out, norn_err *err) {
    const ebm_state *s = state;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    row_bins r;
    double score;
    NORN_TRY(place_row(env, s, at, t, &r, err));
    norni_ebm_predict(&s->m, r.at[0], r.at[1], 1, &score);
    out[0] = norni_part_base_at(s->base, at, t, s->mean) + score;
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

norn_status ebm_state_contribute(norni_env *env, const void *state, const norni_lesson *at,
                                 norni_lesson_part part, size_t t, double *out, norn_err *err) {
    const ebm_state *s = state;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    row_bins r;
    (void)part;
    NORN_TRY(place_row(env, s, at, t, &r, err));
    if (has_base(s)) *out++ = norni_part_base_at(s->base, at, t, s->mean) - s->about.mean;
    norni_ebm_contribute(&s->m, r.at[0], r.at[1], 1, out);
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

/* ---- shapes ---- */

norn_status ebm_state_explain(norni_env *env, const void *state, const norni_lesson *l,
                              norni_lesson_part part, norni_explanation *out, norn_err *err) {
    const ebm_state *s = state;
    const size_t lead = has_base(s);
    norni_term *term;
    (void)part;
    NORN_TRY(check_width(s, l, err));
    norni_str *name = norni_arena_get(env->arena, s->m.n_columns, sizeof *name);
    if (name == NULL) return no_memory(err, s->m.n_columns, sizeof *name);
    for (size_t j = 0; j < s->m.n_columns; j++)
        name[j] = l->x->col[s->feature[j]].name;
    const norni_ebm_names names = {s->feature, name};
    NORN_TRY(norni_ebm_explain(env->arena, &s->m, &names, lead, &term, out, err));
    if (lead == 0) return NORN_OK;
    out->intercept += s->about.mean;
    return norni_part_base_term(env->arena, s->base, &s->about, "ebm", &term[0], err);
}

/* ---- bytes ---- */

norn_status ebm_state_save(const void *state, norni_buf *out, norn_err *err) {
    const ebm_state *s = state;
    norni_buf part;
    norni_buf_init(&part, out->alloc);
    norni_pack_u32(out, STATE_TAG);
    norni_pack_u32(out, (uint32_t)s->target);
    norni_pack_u32(out, (uint32_t)s->step);
    norni_pack_u32(out, (uint32_t)s->n_features);
    norni_pack_f64(out, s->mean);
    norni_pack_f64(out, s->about.mean);
    norni_pack_f64(out, s->about.size);
    norni_pack_f64(out, s->about.least);
    norni_pack_f64(out, s->about.most);
    norni_pack_u32(out, (uint32_t)s->m.n_columns);
    for (size_t j = 0; j < s->m.n_columns; j++)
        norni_pack_u32(out, s->feature[j]);
    norn_status st = norni_ebm_save(&s->m, &part, err);
    norni_pack_str(out, (norni_str){part.p, part.n});
    norni_buf_clear(&part);
    if (st == NORN_OK) st = norni_base_save(s->base, out, err);
    if (st == NORN_OK && out->failed) st = no_memory(err, out->cap, 2);
    return st;
}

/* The features that are columns: ascending, below n_features. */
static norn_status load_features(norni_env *env, norni_unpack *u, ebm_state *s, size_t *n,
                                 norn_err *err) {
    *n = norni_unpack_count(u, 1, MOST_COLUMNS);
    if (!norni_unpack_has(u, *n, sizeof(uint32_t))) return NORN_OK;
    uint32_t *feature = norni_arena_get(env->arena, *n, sizeof *feature);
    if (feature == NULL) return no_memory(err, *n, sizeof *feature);
    for (size_t j = 0; j < *n && !u->failed; j++)
        feature[j] = norni_unpack_count(u, j ? feature[j - 1] + 1 : 0, (uint32_t)s->n_features - 1);
    s->feature = feature;
    return NORN_OK;
}

norn_status ebm_state_load(norni_env *env, const void *opt, norni_str saved, void **state,
                           norn_err *err) {
    norni_unpack u = {saved, false};
    ebm_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    size_t n;
    if (s == NULL) return no_memory(err, 1, sizeof *s);
    (void)opt;
    if (norni_unpack_u32(&u) != STATE_TAG) u.failed = true;
    s->target = norni_unpack_count(&u, 0, MOST_COLUMNS);
    s->step = norni_unpack_count(&u, 1, MOST_STEP);
    s->n_features = norni_unpack_count(&u, 1, MOST_COLUMNS);
    s->mean = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
    s->about.mean = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
    s->about.size = norni_unpack_within(&u, 0, DBL_MAX);
    s->about.least = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
    s->about.most = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
    NORN_TRY(load_features(env, &u, s, &n, err));
    const norni_str model = norni_unpack_str(&u);
    if (u.failed) goto damaged;
    NORN_TRY(norni_ebm_load(env->arena, model, &s->m, err));
    if (s->m.n_columns != n) goto damaged;
    NORN_TRY(norni_base_load(env->arena, &u, &s->base, err));
    if (!norni_unpack_end(&u)) goto damaged;
    *state = s;
    return NORN_OK;
damaged:
    return norn_fail(err, NORN_E_FORMAT, "ebm: the kept model is damaged or not one of this kind");
}
