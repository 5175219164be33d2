/* Isolation forest: trees of random cuts, and the paths of points through them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Liu, Ting, Zhou 2008, "Isolation forest", ICDM. A tree cuts a random column that varies at a uniform place between its
 * least and largest value until a point is alone, all are equal, or ceil(log2 sample) cuts were made; a leaf of m points
 * counts for c(m) = 2 H(m - 1) - 2 (m - 1) / m further cuts. Every point walks every tree. A tree's draws are numbered by
 * the node's place in its binary heap, so that nothing depends on the order in which nodes are visited. */
#include "num/isolation_forest.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

enum { DRAW_BITS = 24 };

typedef struct node {
    size_t column;
    double cut;
    uint32_t left; /* 0: a leaf; the right child follows the left one */
    double rest;   /* c(points) of a leaf */
} node;

typedef struct forest {
    const double *x;
    size_t n, d;
    norni_rng rng;
    uint64_t tree; /* first draw of the tree */
    size_t most_depth, *point, n_nodes;
    node *nodes;
} forest;

static double expected_path(size_t m) {
    if (m < 2) return 0;
    if (m == 2) return 1;
    const double last = (double)(m - 1);
    return 2 * (norni_log(last) + 0.57721566490153286061) - 2 * last / (double)m;
}

/* A column that varies over points [from, to), its range; false: none does. */
static bool draw_column(const forest *f, size_t from, size_t to, uint64_t draw, size_t *column,
                        double *least, double *most) {
    size_t start = (size_t)(norni_rng_uniform(f->rng, draw) * (double)f->d);
    for (size_t k = 0; k < f->d; k++) {
        const size_t j = (start + k) % f->d;
        *least = NORNI_INF, *most = -NORNI_INF;
        for (size_t i = from; i < to; i++) {
            const double v = f->x[f->point[i] * f->d + j];
            *least = fmin(*least, v), *most = fmax(*most, v);
        }
        *column = j;
        if (*least < *most) return true;
    }
    return false;
}

static void grow(forest *f, uint32_t at, size_t from, size_t to, size_t depth, uint64_t place) {
    double least = 0, most = 0;
    size_t column = 0;
    const uint64_t draw = f->tree + 2 * (place & ((UINT64_C(1) << (DRAW_BITS - 1)) - 1));
    f->nodes[at] = (node){.rest = expected_path(to - from)};
    if (to - from < 2 || depth >= f->most_depth) return;
    if (!draw_column(f, from, to, draw, &column, &least, &most)) return;
    const double u = norni_rng_uniform(f->rng, draw + 1), cut = least + u * (most - least);
    size_t middle = from;
    for (size_t i = from; i < to; i++) {
        if (f->x[f->point[i] * f->d + column] >= cut) continue;
        const size_t other = f->point[middle];
        f->point[middle++] = f->point[i];
        f->point[i] = other;
    }
    const uint32_t left = (uint32_t)f->n_nodes;
    f->n_nodes += 2;
    f->nodes[at] = (node){column, cut, left, 0};
    grow(f, left, from, middle, depth + 1, 2 * place);
    grow(f, left + 1, middle, to, depth + 1, 2 * place + 1);
}

static double path(const forest *f, const double *x) {
    double cuts = 0;
    const node *at = f->nodes;
    while (at->left) {
        at = &f->nodes[at->left + (x[at->column] >= at->cut)];
        cuts++;
    }
    return cuts + at->rest;
}

/* The first `sample` of point are drawn from all, without replacement. */
static void draw_sample(forest *f, size_t sample) {
    for (size_t i = 0; i < f->n; i++)
        f->point[i] = i;
    for (size_t i = 0; sample < f->n && i < sample; i++) {
        const uint64_t draw = f->tree + (UINT64_C(1) << (DRAW_BITS - 1)) * 2 + i;
        const size_t j = i + (size_t)(norni_rng_uniform(f->rng, draw) * (double)(f->n - i));
        const size_t other = f->point[j];
        f->point[j] = f->point[i];
        f->point[i] = other;
    }
}

norn_status norni_isolation_scores(const double *x, size_t n, size_t d,
                                   const norni_isolation_opt *opt, const norni_poll *poll,
                                   norni_arena *scratch, double *score, norn_err *err) {
    const size_t sample = opt->sample < n ? opt->sample : n;
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    forest f = {.x = x, .n = n, .d = d, .rng = opt->rng};
    f.point = norni_arena_get(scratch, n, sizeof *f.point);
    f.nodes = norni_arena_get(scratch, 2 * sample + 1, sizeof *f.nodes);
    if (!f.point || !f.nodes) return norni_alloc_fail(err, "isolation forest", n, sizeof *f.nodes);
    while (((size_t)1 << f.most_depth) < sample)
        f.most_depth++;
    memset(score, 0, n * sizeof *score);
    for (size_t k = 0; k < opt->n_trees; k++) {
        if (norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "isolation forest: cancelled");
        f.tree = (uint64_t)k << (DRAW_BITS + 1);
        f.n_nodes = 1;
        draw_sample(&f, sample);
        grow(&f, 0, 0, sample, 0, 1);
        for (size_t i = 0; i < n; i++)
            score[i] += path(&f, x + i * d);
    }
    const double unit = sample > 1 ? (double)opt->n_trees * expected_path(sample) : 1;
    for (size_t i = 0; i < n; i++)
        score[i] = norni_exp(-0.69314718055994530942 * score[i] / unit);
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
