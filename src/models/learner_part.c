/* What learners of one target at one step share: examples, signs of features, the base they stand on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/learner_part.h"

#include <math.h>

norn_status norni_part_examples(const norni_lesson *l, norni_lesson_part part, const char *learner,
                                uint32_t *row, double *y, size_t *n, norn_err *err) {
    const double *all = l->y[part.target];
    *n = 0;
    for (size_t t = l->x->first; t < l->n && part.step < l->n - t; t++) {
        if (!isfinite(all[t + part.step])) continue;
        row[*n] = (uint32_t)(t - l->x->first);
        y[(*n)++] = all[t + part.step];
    }
    if (*n > 0) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "%s: no row has an observed value %zu rows ahead to learn from", learner,
                     part.step);
}

/* The sign behind the last colon of p (n), and the name before it; 0: there is none. */
static int split_sign(const char *p, size_t n, norni_str *name) {
    size_t colon = n;
    while (colon > 0 && p[colon - 1] != ':')
        colon--;
    if (colon == 0) return 0;
    *name = norni_str_trim((norni_str){p, colon - 1});
    const norni_str sign = norni_str_trim((norni_str){p + colon, n - colon});
    if (norni_str_is(sign, "1") || norni_str_is(sign, "+1")) return 1;
    return norni_str_is(sign, "-1") ? -1 : 0;
}

/* The feature's number in x, x->n when it has none. */
static size_t feature_named(const norni_features *x, norni_str name) {
    size_t j = 0;
    while (j < x->n && norni_str_cmp(x->col[j].name, name) != 0)
        j++;
    return j;
}

norn_status norni_part_signs(const char *text, const norni_lesson *l, const char *learner,
                             int8_t *sign, bool *any, norn_err *err) {
    *any = false;
    while (text && *text) {
        const char *end = strchr(text, ';');
        const size_t n = end ? (size_t)(end - text) : strlen(text);
        norni_str name = {text, 0};
        const int way = split_sign(text, n, &name);
        if (way == 0)
            return norn_fail(err, NORN_E_ARG,
                             "%s: monotone=\"%.*s\" is not FEATURE:1 or FEATURE:-1", learner,
                             (int)n, text);
        const size_t j = feature_named(l->x, name);
        if (j == l->x->n && (!l->all || feature_named(l->all, name) == l->all->n))
            return norn_fail(err, NORN_E_ARG,
                             "%s: monotone=\"%.*s\": there is no feature \"%.*s\" (names are as "
                             "explanations have them: feed_lag1, price@target)",
                             learner, (int)n, text, (int)name.n, name.p);
        if (j < l->x->n && sign) sign[j] = (int8_t)way;
        *any = *any || j < l->x->n;
        text = end ? end + 1 : NULL;
    }
    return NORN_OK;
}

norn_status norni_part_signs_check(const char *text, const norni_lesson *l, const char *learner,
                                   norn_err *err) {
    bool any;
    return l && l->x ? norni_part_signs(text, l, learner, NULL, &any, err) : NORN_OK;
}

double norni_part_base_at(const norni_base *b, const norni_lesson *l, size_t t, double mean) {
    const double at = norni_base_at(b, l, t);
    return isfinite(at) ? at : mean;
}

norn_status norni_part_base_term(norni_arena *arena, const norni_base *b,
                                 const norni_part_base *about, const char *learner, norni_term *out,
                                 norn_err *err) {
    enum { ROOM = 32 };
    double *score = norni_arena_get(arena, 2, sizeof *score);
    char *name = norni_arena_get(arena, ROOM, 1);
    if (score == NULL || name == NULL) return norni_alloc_fail(err, learner, 2, sizeof *score);
    const norni_str kind = norni_param_choice(NORNI_BASE_CHOICES, norni_base_taken(b));
    const size_t n = norni_format(name, ROOM, "own past (%.*s)", (int)kind.n, kind.p);
    score[0] = 1;
    score[1] = about->mean;
    *out = (norni_term){
        .name = {name, n},
        .n_axes = 1,
        .importance = about->size,
        .score = score,
    };
    out->axis[0] = (norni_term_axis){
        .feature = SIZE_MAX,
        .name = out->name,
        .least = about->least,
        .most = about->most,
        .linear = true,
    };
    return NORN_OK;
}
