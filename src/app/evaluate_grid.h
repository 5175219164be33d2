/* The file of --grid: models and lists of their parameters, every combination a spec. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_GRID_H
#define NORNI_EVALUATE_GRID_H

#include "app/spec.h"

enum { NORNI_GRID_MOST = 10000 };

/* Tables in TOML, each named after a model (or with its name under `model`), each key a parameter
 * with one value or a list of them; `season_length` stands for a spec's [m]; a list `model` at the top
 * holds whole specs. *specs (*n) live in the arena, the last key changing fastest; a combination that
 * comes out as an earlier one is left out. NORN_E_ARG names file and line, NORN_E_IO, NORN_E_LIMIT
 * beyond NORNI_GRID_MOST combinations. */
NORN_CHECKED norn_status norni_evaluate_grid(norn_ctx *ctx, const norni_model_set *set,
                                             const char *path, norni_arena *arena,
                                             norni_spec **specs, size_t *n, norn_err *err);
/* The same from text; `path` is for messages. */
NORN_CHECKED norn_status norni_evaluate_grid_text(const norni_model_set *set, const char *path,
                                                  norni_str text, norni_arena *arena,
                                                  norni_spec **specs, size_t *n, norn_err *err);

#endif
