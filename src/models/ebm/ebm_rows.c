/* The options of the learner "ebm": interpret's by their names, and what lessons over time need. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults are interpret's regressor's (0.7.8) except: outer-bags, validation, max-bins, interactions,
 * early-stopping-rounds, smoothing-rounds. A part (one target at one step) is fitted some hundred times in a
 * run; neighbouring rows resemble each other, so that rows drawn at random would validate on what was
 * learned: each bag validates on a stretch of its own. */
#include "models/ebm/ebm_learner.h"

#define AT(field) offsetof(norni_ebm_learner_opt, field)
#define INT(row, field, value, least, most, text)                                          \
    {                                                                                      \
        .name = row, .type = NORNI_T_INT, .offset = AT(field), .def = value, .min = least, \
        .max = most, .help = text                                                          \
    }
#define REAL(row, field, value, least, most, text)                                            \
    {                                                                                         \
        .name = row, .type = NORNI_T_DOUBLE, .offset = AT(field), .def = value, .min = least, \
        .max = most, .help = text                                                             \
    }
#define CHOICE(row, field, value, words, text)                                                    \
    {                                                                                             \
        .name = row, .type = NORNI_T_CHOICE, .offset = AT(field), .def = value, .choices = words, \
        .help = text                                                                              \
    }
#define BOOL(row, field, value, text) \
    { .name = row, .type = NORNI_T_BOOL, .offset = AT(field), .def = value, .help = text }

const norni_param norni_ebm_rows[NORNI_EBM_ROWS] = {
    CHOICE("base", ebm.base, "auto", NORNI_BASE_CHOICES, "whose residual the terms learn"),
    INT("max-features", max_features, "60", 0, 1000000,
        "features with a term at most, those that tell most on the training rows; 0: all"),
    REAL("interactions", ebm.interactions, "10", -1000000, 1000000,
         "pairs of features; below 0: so many for each feature"),
    INT("outer-bags", ebm.outer_bags, "4", 1, 100000,
        "models that are averaged, each on its own rows"),
    CHOICE("validation", ebm.validation, "blocks", "random|tail|blocks",
           "rows that end a bag's fit: drawn at random, the newest, or a stretch of neighbours"),
    REAL("validation-size", ebm.validation_size, "0.15", 0, 1000000000,
         "share of the rows for that, or how many; 0: none"),
    INT("max-bins", ebm.max_bins, "256", 3, NORNI_BINS_MOST,
        "bins of a feature, missing and unseen counted"),
    INT("max-interaction-bins", ebm.max_interaction_bins, "32", 3, 4096, "the same, of pairs"),
    REAL("learning-rate", ebm.learning_rate, "0.04", 1e-6, 1, "share of each step that is added"),
    REAL("greedy-ratio", ebm.greedy_ratio, "10", 0, 1000000,
         "greedy steps behind each sweep over the terms, in terms; 0: sweeps alone"),
    BOOL("cyclic-progress", ebm.cyclic_progress, "false", "sweeps add steps, not only measure"),
    INT("smoothing-rounds", ebm.smoothing_rounds, "200", 0, 1000000,
        "first sweeps with cuts drawn at random"),
    INT("interaction-smoothing-rounds", ebm.interaction_smoothing_rounds, "50", 0, 1000000,
        "the same, of pairs"),
    INT("max-rounds", ebm.max_rounds, "50000", 0, 100000000, "sweeps at most"),
    INT("early-stopping-rounds", ebm.early_stopping_rounds, "50", 0, 1000000,
        "rounds without improvement on the validation rows that end a fit; 0: never"),
    REAL("early-stopping-tolerance", ebm.early_stopping_tolerance, "1e-5", -1000000, 1000000,
         "improvement that counts, relative"),
    INT("min-samples-leaf", ebm.min_samples_leaf, "4", 0, 1000000000, "rows of a leaf at least"),
    REAL("min-hessian", ebm.min_hessian, "0", 0, 1e100, "weight of a leaf at least"),
    REAL("reg-alpha", ebm.reg_alpha, "0", 0, 1e100, "penalty on leaves' sums"),
    REAL("reg-lambda", ebm.reg_lambda, "0", 0, 1e100, "penalty on their squares"),
    REAL("max-delta-step", ebm.max_delta_step, "0", 0, 1e100, "a leaf's value at most; 0: any"),
    REAL("gain-scale", ebm.gain_scale, "5", 0, 1e100, "how much more gains of names count"),
    REAL("min-cat-samples", ebm.min_cat_samples, "10", 0, 1e100,
         "rows of a name by itself at least"),
    REAL("cat-smooth", ebm.cat_smooth, "10", 0, 1e100, "rows that a name's mean is drawn in by"),
    CHOICE("missing", ebm.missing, "separate", "separate|low|high|gain",
           "missing values: a leaf of their own, lowest, highest, or where they gain most"),
    BOOL("shuffle", ebm.shuffle, "true", "the order of terms is drawn anew at each sweep"),
    INT("max-leaves", ebm.max_leaves, "2", 2, 1000, "leaves of a feature's step"),
    {.name = "monotone",
     .type = NORNI_T_TEXT,
     .offset = AT(monotone),
     .help = "features that the forecast rises or falls with, as price_lag1:-1;feed:1"},
};
