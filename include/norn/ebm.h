/* Explainable boosting machines: additive models of shapes and heat maps, fitted, read, edited and kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_EBM_H
#define NORN_EBM_H

#include <norn/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum norn_ebm_validation {
    NORN_EBM_RANDOM, ///< validation rows drawn without putting back, as interpret does
    NORN_EBM_TAIL,   ///< the last rows: for rows in the order of time
    NORN_EBM_BLOCKS  ///< stretches of neighbouring rows, others in each bag
} norn_ebm_validation;

typedef enum norn_ebm_missing {
    NORN_EBM_MISSING_SEPARATE, ///< missing values are a leaf of their own
    NORN_EBM_MISSING_LOW,      ///< they count as lower than all values
    NORN_EBM_MISSING_HIGH,     ///< as higher
    NORN_EBM_MISSING_GAIN      ///< as whichever fits better, at each step
} norn_ebm_missing;

/// interpret's ExplainableBoostingRegressor (0.7.8), by its names.
typedef struct norn_ebm_opt {
    int32_t max_bins, max_interaction_bins; ///< in [3, 65535], missing and unseen counted
    double interactions;     ///< how many pairs; below 0: -interactions for each feature ("5x" is -5)
    int32_t outer_bags;      ///< >= 1
    double validation_size;  ///< share of the rows (below 1) or how many of them, in each bag
    norn_ebm_validation validation;
    double learning_rate;    ///< > 0
    double greedy_ratio;     ///< greedy steps behind each cyclic sweep, in terms; 0: cyclic alone
    bool cyclic_progress;    ///< cyclic sweeps boost, too, instead of only measuring
    int32_t smoothing_rounds, interaction_smoothing_rounds; ///< first sweeps with random cuts
    int32_t max_rounds, early_stopping_rounds;
    double early_stopping_tolerance;
    int32_t min_samples_leaf;
    double min_hessian, reg_alpha, reg_lambda, max_delta_step;
    double gain_scale, min_cat_samples, cat_smooth;
    norn_ebm_missing missing;
    int32_t max_leaves;      ///< of a step of one feature
    bool shuffle;            ///< the order of terms is drawn anew at each sweep
    uint64_t seed;           ///< of bags, cuts and orders
} norn_ebm_opt;

/// interpret's defaults (1024 and 64 bins, 5 pairs for each feature, 14 bags, ...), random validation, seed 42.
NORN_API norn_ebm_opt norn_ebm_opt_default(void);

/// Rows as columns, all borrowed. NaN is missing; infinities are refused. A nominal feature holds codes
/// 0, 1, 2, ...; codes that were not there at the fit count as unseen.
typedef struct norn_ebm_rows {
    size_t n, n_features;
    const double *const *x; ///< (n_features) columns of (n)
} norn_ebm_rows;

/// What is fitted; all borrowed. What may be NULL says so.
typedef struct norn_ebm_problem {
    norn_ebm_rows rows;
    const char *const *name;  ///< (n_features), or NULL: feature_0000, feature_0001, ...
    const bool *nominal;      ///< (n_features), or NULL: none is
    const double *y;          ///< (n) finite
    const double *weight;     ///< (n) > 0, or NULL: all 1
    const double *init;       ///< (n) added to every prediction, or NULL
    const int8_t *const *bag; ///< (outer_bags) of (n): 1 trains, -1 validates, 0 is left out; or NULL: drawn
    const int8_t *monotone;   ///< (n_features) -1, 0, 1; or NULL
    bool pairs_given;         ///< true: `pair` holds all of them, none among them
    const uint32_t (*pair)[2]; ///< (n_pair) two features each
    size_t n_pair;
    /// Cuts instead of those that are made from x: (n_features) of (n_cut[j]), strictly ascending, NULL for
    /// a feature whose cuts are made; or NULL. pair_cut: those that pairs use; NULL: made.
    const double *const *cut;
    const size_t *n_cut;
    const double *const *pair_cut;
    const size_t *n_pair_cut;
} norn_ebm_problem;

/// A fitted model. Calls that change one must not run side by side with others on it; readers may.
typedef struct norn_ebm norn_ebm;

/// Fits; bags run side by side on the context's workers, with the same bits at any number of them. The
/// caller frees *out. Errors: NORN_E_ARG (which option), NORN_E_DATA (which column, which row), NORN_E_MEM,
/// NORN_E_CANCEL.
NORN_API NORN_CHECKED norn_status norn_ebm_fit(norn_ctx *ctx, const norn_ebm_problem *problem,
                                               const norn_ebm_opt *opt, norn_ebm **out,
                                               norn_err *err);
NORN_API void norn_ebm_free(norn_ebm *m); ///< NULL is legal
NORN_API NORN_CHECKED norn_status norn_ebm_copy(const norn_ebm *m, norn_ebm **out, norn_err *err);

/// One axis of a term. Bin 0 holds missing values, the last what was not seen at the fit, between them
/// 1 + (how many cuts are <= x), or 1 + code of a nominal feature.
typedef struct norn_ebm_axis {
    size_t feature;
    size_t n_bins, n_cuts; ///< n_bins = n_cuts + 3; nominal: categories + 2
    const double *cut;     ///< (n_cuts)
    double least, most;    ///< of the feature's values at the fit; NaN: it had none
} norn_ebm_axis;

/// A term as views that live until the model is changed or freed. Tables are row-major by axis 0, then 1.
typedef struct norn_ebm_term {
    size_t n_axes; ///< 1 or 2
    norn_ebm_axis axis[2];
    size_t n_cells;       ///< product of the axes' n_bins
    const double *score;  ///< (n_cells) mean over bags, weighted mean 0
    const double *sd;     ///< (n_cells) over bags
    const double *weight; ///< (n_cells) of the rows fitted
    const double *bagged; ///< (n_bags, n_cells)
    double importance;    ///< weighted mean of |score|
} norn_ebm_term;

typedef struct norn_ebm_view {
    size_t n_rows, n_features, n_terms, n_bags;
    double intercept;
    const double *bagged_intercept; ///< (n_bags)
    const int32_t *best_iteration;  ///< (2, n_bags) steps made: features, then pairs
    const char *const *name;        ///< (n_features)
    const bool *nominal;            ///< (n_features)
} norn_ebm_view;

NORN_API void norn_ebm_view_get(const norn_ebm *m, norn_ebm_view *out);
/// Features' terms first, in the features' order, then pairs, strongest first.
NORN_API NORN_CHECKED norn_status norn_ebm_term_get(const norn_ebm *m, size_t term,
                                                    norn_ebm_term *out, norn_err *err);

/// out (n): intercept and terms' sum, without any init score. Errors: NORN_E_ARG when the features are not
/// as many as fitted, NORN_E_DATA for infinities, NORN_E_MEM, NORN_E_CANCEL.
NORN_API NORN_CHECKED norn_status norn_ebm_predict(norn_ctx *ctx, const norn_ebm *m,
                                                   const norn_ebm_rows *rows, double *out,
                                                   norn_err *err);
/// out (n, n_terms), row-major: what each term gives to each row.
NORN_API NORN_CHECKED norn_status norn_ebm_contribute(norn_ctx *ctx, const norn_ebm *m,
                                                      const norn_ebm_rows *rows, double *out,
                                                      norn_err *err);
/// mean, sd (n): over the bags' models.
NORN_API NORN_CHECKED norn_status norn_ebm_spread(norn_ctx *ctx, const norn_ebm *m,
                                                  const norn_ebm_rows *rows, double *mean,
                                                  double *sd, norn_err *err);

/// Makes a term of one ordered feature monotone by isotonic regression: direction 1, -1, or 0: the one that
/// changes less. Its weighted mean and the bags' spread around it stay.
NORN_API NORN_CHECKED norn_status norn_ebm_monotonise(norn_ebm *m, size_t term, int direction,
                                                      norn_err *err);
/// Drops terms, (n) numbers in any order.
NORN_API NORN_CHECKED norn_status norn_ebm_remove(norn_ebm *m, const size_t *terms, size_t n,
                                                  norn_err *err);
/// Multiplies a term's scores, its bags' and their spread by a finite factor.
NORN_API NORN_CHECKED norn_status norn_ebm_scale(norn_ebm *m, size_t term, double factor,
                                                 norn_err *err);
/// Drops the terms whose scores are all 0; *n of them (may be NULL).
NORN_API void norn_ebm_sweep(norn_ebm *m, size_t *n);
/// Sets a term's scores (n_cells), finite; its bags move with them. And the intercept.
NORN_API NORN_CHECKED norn_status norn_ebm_score_set(norn_ebm *m, size_t term, const double *score,
                                                     size_t n_cells, norn_err *err);
NORN_API NORN_CHECKED norn_status norn_ebm_intercept_set(norn_ebm *m, double intercept,
                                                         norn_err *err);
/// One model of several with the same features: cuts united, bags side by side, scores their mean over all
/// bags; a term that a model lacks is 0 there. The caller frees *out. Errors: NORN_E_ARG (which model, what
/// differs), NORN_E_MEM.
NORN_API NORN_CHECKED norn_status norn_ebm_merge(const norn_ebm *const *models, size_t n,
                                                 norn_ebm **out, norn_err *err);

/// Bytes owned by the caller (norn_ebm_bytes_free).
typedef struct norn_ebm_bytes {
    size_t n;
    const char *p; ///< (n), and a NUL behind them
    void *owner;
} norn_ebm_bytes;
NORN_API void norn_ebm_bytes_free(norn_ebm_bytes *b);
/// The whole model: norn_ebm_load gives the same bits back. Versioned and checksummed.
NORN_API NORN_CHECKED norn_status norn_ebm_save(const norn_ebm *m, norn_ebm_bytes *out,
                                                norn_err *err);
/// Errors: NORN_E_FORMAT for anything that norn_ebm_save did not write, NORN_E_MEM.
NORN_API NORN_CHECKED norn_status norn_ebm_load(norn_ctx *ctx, const void *p, size_t n,
                                                norn_ebm **out, norn_err *err);
/// The model as JSON (docs/ebm-json.md): every axis, score, spread and weight; `bags`: each bag's scores, too.
NORN_API NORN_CHECKED norn_status norn_ebm_json(const norn_ebm *m, bool bags, norn_ebm_bytes *out,
                                                norn_err *err);

#ifdef __cplusplus
}
#endif
#endif
