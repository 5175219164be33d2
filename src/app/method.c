/* What serves a series, and how: the options that forecast and evaluate share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/method.h"

#include "base/numtext.h"

#define AT(field) offsetof(norni_method_head, method.field)
const norni_param norni_method_rows[] = {
    {.name = "season-length",
     .type = NORNI_T_INTS,
     .offset = AT(seasons),
     .min = 1,
     .max = 100000,
     .metavar = "S[,S…]",
     .help = "periods a season (default: from the frequency); evaluate: the first one is MASE's"},
    {.name = "intervals",
     .type = NORNI_T_CHOICE,
     .offset = AT(intervals),
     .def = "model",
     .choices = "model|conformal",
     .help = "the models' own, or from their errors at earlier cut-offs, for any model"},
    {.name = "conformal-windows",
     .type = NORNI_T_INT,
     .offset = AT(conformal_windows),
     .def = "5",
     .min = 1,
     .max = 1000,
     .metavar = "N",
     .help = "earlier cut-offs a conformal interval is made from, at most"},
    {.name = "conformal-step",
     .type = NORNI_T_INT,
     .offset = AT(conformal_step),
     .def = "0",
     .min = 0,
     .max = 100000,
     .metavar = "S",
     .help = "periods between them; 0: as the series affords, up to the horizon"},
    {.name = "fallback",
     .type = NORNI_T_TEXT,
     .offset = AT(fallback),
     .metavar = "SPEC",
     .help =
         "serves an item whose own model failed; none: let it fail (default " NORNI_DEFAULT_FALLBACK
         ")"},
    {.name = "budget-evals",
     .type = NORNI_T_INT,
     .offset = AT(budget_evals),
     .def = "0",
     .min = 0,
     .max = 2147483647,
     .metavar = "N",
     .help = "likelihoods an item may evaluate before its best so far must do; 0 = any number"},
    {.name = "budget-ms",
     .type = NORNI_T_DOUBLE,
     .offset = AT(budget_ms),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .metavar = "T",
     .help = "milliseconds an item may search; 0 = any time; results then depend on the machine"},
    {.name = "holidays",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_UPLOAD,
     .offset = AT(holidays),
     .metavar = "FILE",
     .help = "columns holiday, ds and, if wanted, lower_window, upper_window, prior_scale"},
};
#undef AT
const size_t norni_n_method_rows = sizeof norni_method_rows / sizeof norni_method_rows[0];

norn_status norni_levels_parse(const char *text, norni_arena *arena, norni_doubles *out,
                               norn_err *err) {
    *out = (norni_doubles){0, NULL};
    if (text == NULL || text[0] == '\0' || strcmp(text, "none") == 0) return NORN_OK;
    norni_str rest = norni_str_of(text);
    double *v = norni_arena_get(arena, rest.n + 1, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "level", rest.n + 1, sizeof *v);
    size_t n = 0;
    for (;;) {
        const char *comma = memchr(rest.p, ',', rest.n);
        const norni_str one =
            norni_str_trim((norni_str){rest.p, comma ? (size_t)(comma - rest.p) : rest.n});
        double level = 0;
        if (norni_num_parse(one.p, one.n, &level) != NORNI_NUM_OK || !(level > 0 && level < 100)) {
            return norn_fail(err, NORN_E_ARG, "level: '%.*s' is not a number inside (0, 100)",
                             (int)one.n, one.p);
        }
        size_t at = n;
        while (at > 0 && v[at - 1] > level)
            at--;
        if (at == 0 || v[at - 1] < level) { /* a level given twice counts once */
            memmove(v + at + 1, v + at, (n - at) * sizeof *v);
            v[at] = level;
            n++;
        }
        if (comma == NULL) break;
        rest = (norni_str){comma + 1, (size_t)(rest.p + rest.n - comma - 1)};
    }
    *out = (norni_doubles){n, v};
    return NORN_OK;
}

norn_status norni_fallback_parse(const norni_model_set *set, const char *text, norni_arena *arena,
                                 const norni_spec **out, norn_err *err) {
    norni_spec *spec = NULL;
    size_t n = 0;
    *out = NULL;
    if (text == NULL) text = NORNI_DEFAULT_FALLBACK;
    if (strcmp(text, "none") == 0) return NORN_OK;
    NORN_TRY(norni_specs_parse(set, norni_str_of(text), arena, &spec, &n, err));
    if (n != 1)
        return norn_fail(err, NORN_E_ARG, "fallback: '%s' names %zu models; one is allowed", text,
                         n);
    *out = spec;
    return NORN_OK;
}

void norni_outcome_say(const norni_op_env *env, size_t n_fallback, const norni_buf *first,
                       size_t n_without, size_t n_cut) {
    if (n_fallback > 0)
        norni_say(env, "%zu item%s served by the fallback (--items lists %s); first: %.*s",
                  n_fallback, n_fallback == 1 ? " is" : "s are", n_fallback == 1 ? "it" : "them",
                  (int)first->n, first->n ? first->p : "");
    if (n_without > 0)
        norni_say(env,
                  "%zu forecast%s too few errors for a conformal interval at every level (95 %% "
                  "needs 19): ask for more --conformal-windows",
                  n_without, n_without == 1 ? " has" : "s have");
    if (n_cut > 0)
        norni_say(env, "%zu item%s budget: %s served by the best found till then", n_cut,
                  n_cut == 1 ? " met its" : "s met their", n_cut == 1 ? "it is" : "they are");
}

void norni_intervals_say(const norni_op_env *env, const norni_method_opt *opt,
                         const norni_spec *specs, size_t n_specs, size_t n_levels) {
    if (n_levels == 0 || opt->intervals == NORNI_INTERVALS_CONFORMAL) return;
    for (size_t k = 0; k < n_specs; k++) {
        if (!specs[k].model->intervals)
            norni_say(env, "%.*s has no intervals of its own; --intervals conformal makes some",
                      (int)specs[k].column.n, specs[k].column.p);
    }
}

norn_status norni_method_check(const norni_method_opt *opt, norn_err *err) {
    static const char *const name[] = {"conformal-windows", "conformal-step"};
    const int32_t given[] = {opt->conformal_windows, opt->conformal_step};
    if (opt->intervals == NORNI_INTERVALS_CONFORMAL) return NORN_OK;
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        const norni_param *row =
            norni_param_find(norni_method_rows, norni_n_method_rows, norni_str_of(name[i]));
        int64_t usual = 0;
        if (norni_int_parse(row->def, strlen(row->def), &usual) == NORNI_NUM_OK &&
            given[i] != usual)
            return norn_fail(err, NORN_E_ARG, "--%s %d has no effect without --intervals conformal",
                             name[i], (int)given[i]);
    }
    return NORN_OK;
}

norn_status norni_exogenous_check(const norni_model_set *set, const norni_spec *specs,
                                  size_t n_specs, const char *flag, norn_err *err) {
    char text[160];
    size_t n = 0;
    for (size_t k = 0; k < n_specs; k++) {
        if (specs[k].model->exogenous) return NORN_OK;
    }
    text[0] = '\0';
    for (size_t k = 0; k < set->n && n < sizeof text; k++) {
        if (set->models[k]->exogenous)
            n += norni_format(text + n, sizeof text - n, "%s%s", n ? ", " : "",
                              set->models[k]->name);
    }
    return norn_fail(err, NORN_E_ARG,
                     "%s: none of the models uses exogenous columns; --model may name one that "
                     "does: %s",
                     flag, text);
}

norn_status norni_columns_check(const norni_spec *specs, size_t n_specs, const norni_str *names,
                                size_t n, const char *flag, norn_err *err) {
    for (size_t k = 0; k < n_specs; k++) {
        const norni_model *m = specs[k].model;
        if (m->check_columns) NORN_TRY(m->check_columns(specs[k].opt, names, n, flag, err));
    }
    return NORN_OK;
}

void norni_seasons_print(const norni_ints *given, int32_t inferred, char *out, size_t size) {
    if (given->n == 0) norni_format(out, size, "%d (from the frequency)", (int)inferred);
    for (size_t k = 0, at = 0; k < given->n && at < size; k++)
        at += norni_format(out + at, size - at, "%s%d", k ? "," : "", (int)given->v[k]);
}
