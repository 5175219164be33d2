/* A ridge on features for every step and response at once, from their second moments. */
/* SPDX-License-Identifier: Apache-2.0 */
/* For each step the columns are Z (the origin's, the same for all steps) and S (its own, and ones):
 *   [Z'Z + n a I   Z'S          ] [w]   [Z'Y]
 *   [S'Z           S'S + n a I' ] [v] = [S'Y],   I' without a penalty on the ones
 * One factor L L' of the upper block and U = L^-1 Z'S, V = L^-1 Z'Y of all steps leave for each step
 *   (S'S + n a I' - U'U) v = S'Y - U'V,   L' w = V - U v
 * Errors over other rows are quadratic forms of their moments. */
#include <math.h>
#include <string.h>

#include "models/ridge/feature_moments.h"
#include "num/gemm.h"
#include "num/least_squares.h"
#include "num/spd.h"

#define FAINT 1e-10 /* what keeps a step's own columns apart from rounding, per row */

typedef struct solver {
    const feature_moments *m;
    double penalty;
    norni_spd spd;
    double *gram, *wide; /* as in the moments, spoilt */
    double *left;        /* (s, s) */
    double *right;       /* (s) */
} solver;

norn_status feature_weights_init(norni_arena *arena, const feature_moments *m, feature_weights *w,
                                 norn_err *err) {
    const size_t y = m->n_step * m->n_response;
    w->z = norni_arena_zero(arena, m->width * y + 1, sizeof *w->z);
    w->s = norni_arena_zero(arena, m->s * y + 1, sizeof *w->s);
    if (!w->z || !w->s) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu weights", y);
    return NORN_OK;
}

/* gram = L, wide = U | V. */
static norn_status begin(norni_env *env, solver *s, norn_err *err) {
    const feature_moments *m = s->m;
    const size_t q = m->width, width = m->n_step * (m->s + m->n_response);
    s->gram = norni_arena_get(env->arena, q * q + 1, sizeof *s->gram);
    s->wide = norni_arena_get(env->arena, q * width + 1, sizeof *s->wide);
    s->left = norni_arena_get(env->arena, m->s * m->s, sizeof *s->left);
    s->right = norni_arena_get(env->arena, m->s, sizeof *s->right);
    if (!s->gram || !s->wide || !s->left || !s->right)
        return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu columns", q);
    if (q == 0) return NORN_OK;
    memcpy(s->gram, m->gram, q * q * sizeof *s->gram);
    memcpy(s->wide, m->wide, q * width * sizeof *s->wide);
    for (size_t i = 0; i < q; i++)
        s->gram[i * (q + 1)] += s->penalty * m->n;
    NORN_TRY(norni_spd_init(env->arena, &env->poll, q, &s->spd, err));
    s->spd.a = s->gram;
    NORN_TRY(norni_spd_factor(&s->spd, err));
    return norni_spd_forward(&s->spd, q, s->wide, width, err);
}

/* left = the Cholesky factor of step k's own block without what Z explains. */
static bool step_left(const solver *s, size_t k) {
    const feature_moments *m = s->m;
    const size_t n = m->s, width = m->n_step * (n + m->n_response);
    memcpy(s->left, m->own + k * n * n, n * n * sizeof *s->left);
    for (size_t a = 0; a < n; a++)
        s->left[a * (n + 1)] += m->n * (FAINT + (a + 1 < n ? s->penalty : 0));
    for (size_t i = 0; i < m->width; i++) {
        const double *u = s->wide + i * width + k * n;
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b <= a; b++)
                s->left[a * n + b] -= u[a] * u[b];
    }
    return norni_cholesky(s->left, n, 1e-15) == 0;
}

/* Weights of step k's own columns for response j, and V - U v in its column of w->z. */
static void step_solve(const solver *s, size_t k, size_t j, feature_weights *w) {
    const feature_moments *m = s->m;
    const size_t n = m->s, y = m->n_response, width = m->n_step * (n + y),
                 column = m->n_step * n + k * y + j;
    for (size_t a = 0; a < n; a++)
        s->right[a] = m->cross[(k * n + a) * y + j];
    for (size_t i = 0; i < m->width; i++) {
        const double *u = s->wide + i * width + k * n, at = s->wide[i * width + column];
        for (size_t a = 0; a < n; a++)
            s->right[a] -= u[a] * at;
    }
    norni_cholesky_forward(s->left, n, s->right);
    norni_cholesky_backward(s->left, n, s->right);
    for (size_t a = 0; a < n; a++)
        w->s[(k * n + a) * y + j] = s->right[a];
    for (size_t i = 0; i < m->width; i++) {
        const double *u = s->wide + i * width + k * n;
        double v = s->wide[i * width + column];
        for (size_t a = 0; a < n; a++)
            v -= u[a] * s->right[a];
        w->z[i * m->n_step * y + k * y + j] = v;
    }
}

norn_status feature_solve(norni_env *env, const feature_moments *m, double penalty,
                          feature_weights *w, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    solver s = {.m = m, .penalty = penalty};
    norn_status st = begin(env, &s, err);
    for (size_t k = 0; st == NORN_OK && k < m->n_step; k++) {
        if (!step_left(&s, k))
            st = norn_fail(err, NORN_E_NUMERIC, "ridge: the columns of step %zu are not finite",
                           m->step[k]);
        for (size_t j = 0; st == NORN_OK && j < m->n_response; j++)
            step_solve(&s, k, j, w);
        if (norni_poll_stop(&env->poll)) st = norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
    }
    if (st == NORN_OK && m->width > 0)
        st = norni_spd_backward(&s.spd, m->width, w->z, m->n_step * m->n_response, err);
    norni_arena_rewind(env->arena, mark);
    return st;
}

/* w'Gw + 2 w'Bv - 2 w'c of every step and response, added to out. */
static void origin_part(const feature_moments *m, const feature_weights *w, const double *image,
                        double *out) {
    const size_t n = m->s, y = m->n_response, width = m->n_step * (n + y);
    for (size_t i = 0; i < m->width; i++) {
        const double *row = m->wide + i * width, *wi = w->z + i * m->n_step * y,
                     *gi = image + i * m->n_step * y;
        for (size_t k = 0; k < m->n_step; k++) {
            for (size_t j = 0; j < y; j++) {
                double with = gi[k * y + j] - 2 * row[m->n_step * n + k * y + j];
                for (size_t a = 0; a < n; a++)
                    with += 2 * row[k * n + a] * w->s[(k * n + a) * y + j];
                out[k * y + j] += wi[k * y + j] * with;
            }
        }
    }
}

/* v'Dv - 2 v'e + yy, added to out. */
static void own_part(const feature_moments *m, const feature_weights *w, double *out) {
    const size_t n = m->s, y = m->n_response;
    for (size_t k = 0; k < m->n_step; k++) {
        for (size_t j = 0; j < y; j++) {
            out[k * y + j] += m->square[k * y + j];
            for (size_t a = 0; a < n; a++) {
                double with = -2 * m->cross[(k * n + a) * y + j];
                for (size_t b = 0; b < n; b++)
                    with += m->own[(k * n + a) * n + b] * w->s[(k * n + b) * y + j];
                out[k * y + j] += w->s[(k * n + a) * y + j] * with;
            }
        }
    }
}

norn_status feature_errors(norni_env *env, const feature_moments *m, const feature_weights *w,
                           void *scratch, double *error, norn_err *err) {
    const size_t q = m->width, columns = m->n_step * m->n_response;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    double *image = norni_arena_get(env->arena, q * columns + 1, sizeof *image);
    if (!image) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu columns", q);
    memset(error, 0, columns * sizeof *error);
    const norni_gemm g = {.m = q, .n = columns, .k = q, .lda = q, .ldb = columns, .ldc = columns};
    if (q > 0) norni_gemm_f64(&g, m->gram, w->z, image, scratch);
    origin_part(m, w, image, error);
    own_part(m, w, error);
    for (size_t j = 0; j < columns; j++)
        error[j] = error[j] > 0 ? error[j] / m->n : 0;
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}
