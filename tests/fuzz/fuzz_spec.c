/* Fuzzing model specs: any text becomes models with unique columns, or an error with words. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "app/registry.h"
#include "app/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_spec *specs = NULL;
    size_t n = 0;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    const norni_str text = {(const char *)data, size};
    const norn_status st =
        norni_specs_parse(norni_registry_models(), text, &arena, &specs, &n, &err);
    demand(st == NORN_OK || (err.text[0] != '\0' && err.code == st));
    if (st == NORN_OK) {
        demand(n >= 1);
        for (size_t i = 0; i < n; i++) {
            demand(specs[i].model != NULL && specs[i].column.n > 0);
            for (size_t j = 0; j < i; j++)
                demand(specs[i].column.n != specs[j].column.n ||
                       memcmp(specs[i].column.p, specs[j].column.p, specs[i].column.n) != 0);
        }
    }
    norni_arena_clear(&arena);
    return 0;
}
