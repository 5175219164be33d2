/* The file of --holidays: the user's holidays for models that know them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/holiday_file.h"

#include "io/holidays_read.h"

/* Whether the spec's model uses holidays, or has the name of one that does among its own options:
 * models made of others hand the holidays on. */
static bool uses_holidays(const norni_model_set *set, const norni_spec *spec) {
    const norni_model *const m = spec->model;
    if (m->check_holidays) return true;
    for (size_t i = 0; i < m->n_params; i++) {
        const char *text = NULL;
        if (m->params[i].type != NORNI_T_TEXT) continue;
        memcpy(&text, (const char *)spec->opt + m->params[i].offset, sizeof text);
        for (size_t k = 0; k < set->n && text; k++) {
            if (set->models[k]->check_holidays && strstr(text, set->models[k]->name)) return true;
        }
    }
    return false;
}

static norn_status check_models(const norni_model_set *set, const norni_spec *specs, size_t n_specs,
                                norn_err *err) {
    char text[160];
    size_t n = 0;
    for (size_t k = 0; k < n_specs; k++) {
        if (uses_holidays(set, &specs[k])) return NORN_OK;
    }
    text[0] = '\0';
    for (size_t k = 0; k < set->n && n < sizeof text; k++) {
        if (set->models[k]->check_holidays)
            n += norni_format(text + n, sizeof text - n, "%s%s", n ? ", " : "",
                              set->models[k]->name);
    }
    return norn_fail(err, NORN_E_ARG,
                     "--holidays: none of the models uses holidays; --model may name one that "
                     "does: %s",
                     text);
}

norn_status norni_holiday_file(norn_ctx *ctx, const norni_model_set *set, const norni_spec *specs,
                               size_t n_specs, const char *path, norni_arena *arena,
                               const norni_holidays **out, norn_err *err) {
    norn_err why = {NORN_OK, ""};
    *out = NULL;
    if (path == NULL) return NORN_OK;
    NORN_TRY(check_models(set, specs, n_specs, err));
    norni_holidays *const h = norni_arena_get(arena, 1, sizeof *h);
    if (h == NULL) return norni_alloc_fail(err, "--holidays", 1, sizeof *h);
    norn_status st = norni_holidays_read(ctx, path, arena, h, &why);
    for (size_t k = 0; k < n_specs && st == NORN_OK; k++) {
        const norni_model *const m = specs[k].model;
        if (m->check_holidays) st = m->check_holidays(specs[k].opt, h, &why);
    }
    if (st == NORN_E_MEM || st == NORN_E_CANCEL) return norn_fail(err, st, "%s", why.text);
    if (st != NORN_OK) return norn_fail(err, NORN_E_DATA, "--holidays: %s: %s", path, why.text);
    *out = h;
    return NORN_OK;
}
