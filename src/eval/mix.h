/* Weights of several forecasts of one quantity: none below 0, their sum 1, by the errors they made. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MIX_H
#define NORNI_MIX_H

#include <stddef.h>

/* Adds one set of errors e (k) of the k forecasts, weighted: gram (k, k) += weight e e'. */
void norni_mix_add(double *gram, const double *e, size_t k, double weight);
/* Doubles of scratch that norni_mix_weights wants. */
size_t norni_mix_scratch(size_t k);
/* w (k), w >= 0, sum 1, that makes w' gram w least; `pull` >= 0 draws them towards equal weights:
 * it counts in units of the forecasts' mean squared error. All equal where the errors are all 0, none
 * were added, or they are not finite. Equal forecasts share equally where pull > 0. */
void norni_mix_weights(const double *gram, size_t k, double pull, double *w, double *scratch);
/* Doubles of scratch that norni_mix_absolute wants. */
size_t norni_mix_absolute_scratch(size_t k);
/* The same for the least mean absolute error: e (n, k) sets of errors, finite. `home` < k: the weights
 * are drawn towards that forecast alone, and are its own where nothing is known; else towards equal
 * ones. `pull` counts in units of the best forecast's errors. */
void norni_mix_absolute(const double *e, size_t n, size_t k, size_t home, double pull, double *w,
                        double *scratch);

#endif
