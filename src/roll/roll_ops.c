/* The rolling operations by name: what each takes, its kernel, and its text as users write it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "roll/roll_ops.h"

#include <math.h>

#include "base/fp.h"
#include "base/param.h"

#define ONE  NORNI_ROLL_WINDOW
#define PAIR NORNI_ROLL_PAIR
#define FADE NORNI_ROLL_WEIGHTED
#define EWM  "alpha|com|span|halflife|adjust|ignore_na|bias"

/* In the order that help prints. */
const norni_roll_row norni_roll_rows[] = {
    {"count", NULL, norni_roll_count, ONE, "", "values that are not missing", 1},
    {"first", NULL, norni_roll_first, ONE, "", "the window's first value", 1},
    {"last", NULL, norni_roll_last, ONE, "", "the window's last value", 1},
    {"sum", NULL, norni_roll_sum, ONE, "", "sum", 1},
    {"mean", NULL, norni_roll_mean, ONE, "", "mean", 1},
    {"product", "prod", norni_roll_product, ONE, "", "product", 40},
    {"var", NULL, norni_roll_var, ONE, "ddof", "variance", 15},
    {"std", NULL, norni_roll_std, ONE, "ddof", "standard deviation", 15},
    {"sem", NULL, norni_roll_sem, ONE, "ddof", "standard error of the mean", 15},
    {"skew", NULL, norni_roll_skew, ONE, "", "skewness, corrected for bias", 40},
    {"kurt", "kurtosis", norni_roll_kurt, ONE, "", "excess kurtosis, corrected for bias", 40},
    {"zscore", NULL, norni_roll_zscore, ONE, "ddof",
     "the last value's distance from the mean, in standard deviations", 5},
    {"min", NULL, norni_roll_min, ONE, "", "smallest value", 2},
    {"max", NULL, norni_roll_max, ONE, "", "largest value", 2},
    {"argmin", NULL, norni_roll_argmin, ONE, "",
     "place of the smallest value in its window, from 0", 3},
    {"argmax", NULL, norni_roll_argmax, ONE, "", "place of the largest value in its window, from 0",
     3},
    {"median", NULL, norni_roll_median, ONE, "", "middle value", 20},
    {"quantile", NULL, norni_roll_quantile, ONE, "q|interpolation",
     "quantile q, as numpy names the ways", 20},
    {"rank", NULL, norni_roll_rank, ONE, "method|ascending|pct",
     "the last value's rank in its window, from 1", 15},
    {"cov", NULL, norni_roll_cov, PAIR, "other|ddof", "covariance with another column", 8},
    {"corr", NULL, norni_roll_corr, PAIR, "other", "correlation with another column", 10},
    {"slope", NULL, norni_roll_slope, NORNI_ROLL_TREND, "other",
     "slope of the regression on time (per row), or on another column", 10},
    {"ewm_mean", "ewm", norni_roll_ewm_mean, FADE, "alpha|com|span|halflife|adjust|ignore_na",
     "exponentially weighted mean", 2},
    {"ewm_var", NULL, norni_roll_ewm_var, FADE, EWM, "exponentially weighted variance", 5},
    {"ewm_std", NULL, norni_roll_ewm_std, FADE, EWM, "exponentially weighted standard deviation",
     6},
};
const size_t norni_n_roll_rows = sizeof norni_roll_rows / sizeof norni_roll_rows[0];

/* What may stand in an operation's brackets. */
typedef struct roll_args {
    double q, alpha, com, span, halflife;
    int32_t interpolation, method, ddof;
    bool ascending, pct, adjust, ignore_na, bias;
} roll_args;

#define AT(field) offsetof(roll_args, field)
static const norni_param arg_rows[] = {
    {.name = "q", .type = NORNI_T_DOUBLE, .offset = AT(q), .min = 0, .max = 1},
    {.name = "interpolation",
     .type = NORNI_T_CHOICE,
     .offset = AT(interpolation),
     .choices = "linear|lower|higher|nearest|midpoint"},
    {.name = "method", .type = NORNI_T_CHOICE, .offset = AT(method), .choices = "average|min|max"},
    {.name = "ddof", .type = NORNI_T_INT, .offset = AT(ddof), .min = 0, .max = 1000000},
    {.name = "ascending", .type = NORNI_T_BOOL, .offset = AT(ascending)},
    {.name = "pct", .type = NORNI_T_BOOL, .offset = AT(pct)},
    {.name = "alpha", .type = NORNI_T_DOUBLE, .offset = AT(alpha)},
    {.name = "com", .type = NORNI_T_DOUBLE, .offset = AT(com), .min = 0, .max = 1e15},
    {.name = "span", .type = NORNI_T_DOUBLE, .offset = AT(span), .min = 1, .max = 1e15},
    {.name = "halflife", .type = NORNI_T_DOUBLE, .offset = AT(halflife)},
    {.name = "adjust", .type = NORNI_T_BOOL, .offset = AT(adjust)},
    {.name = "ignore_na", .type = NORNI_T_BOOL, .offset = AT(ignore_na)},
    {.name = "bias", .type = NORNI_T_BOOL, .offset = AT(bias)},
};
#undef AT
enum { N_ARG_ROWS = sizeof arg_rows / sizeof arg_rows[0] };

static const norni_roll_row *find_row(norni_str name) {
    for (size_t i = 0; i < norni_n_roll_rows; i++) {
        const norni_roll_row *row = &norni_roll_rows[i];
        if (norni_str_is(name, row->name)) return row;
        for (size_t k = 0; row->alias != NULL; k++) {
            const norni_str alias = norni_param_choice(row->alias, k);
            if (alias.p == NULL) break;
            if (alias.n == name.n && memcmp(alias.p, name.p, name.n) == 0) return row;
        }
    }
    return NULL;
}

static norn_status fail_unknown(norni_str name, norn_err *err) {
    size_t best = 4;
    const char *near = NULL;
    for (size_t i = 0; i < norni_n_roll_rows; i++) {
        const size_t d = norni_str_distance(name, norni_str_of(norni_roll_rows[i].name));
        if (d < best) {
            best = d;
            near = norni_roll_rows[i].name;
        }
    }
    if (name.n == 0) return norn_fail(err, NORN_E_ARG, "op: the name of an operation is missing");
    return near ? norn_fail(err, NORN_E_ARG, "op: unknown operation '%.*s'; did you mean %s?",
                            (int)name.n, name.p, near)
                : norn_fail(err, NORN_E_ARG, "op: unknown operation '%.*s'; there are %s, %s, …",
                            (int)name.n, name.p, norni_roll_rows[0].name, norni_roll_rows[1].name);
}

bool norni_roll_list_next(norni_str *rest, norni_str *element) {
    int depth = 0;
    size_t i = 0;
    if (rest->p == NULL) return false;
    for (; i < rest->n; i++) {
        const char c = rest->p[i];
        depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
        if (c == ',' && depth == 0) break;
    }
    *element = norni_str_trim((norni_str){rest->p, i});
    *rest = i < rest->n ? (norni_str){rest->p + i + 1, rest->n - i - 1} : (norni_str){NULL, 0};
    return true;
}

/* The number of `name` among the operation's arguments, or -1. */
static int place_of(const norni_roll_row *row, norni_str name) {
    for (size_t k = 0;; k++) {
        const norni_str word = norni_param_choice(row->args, k);
        if (word.p == NULL || word.n == 0) return -1;
        if (word.n == name.n && memcmp(word.p, name.p, name.n) == 0) return (int)k;
    }
}

/* One element of the brackets, the `at`-th when it has no key. */
static norn_status parse_arg(const norni_roll_row *row, norni_str one, size_t at, uint32_t *given,
                             roll_args *args, norni_str *other, norn_err *err) {
    const char *eq = memchr(one.p, '=', one.n);
    norni_str key = norni_param_choice(row->args, at), value = one;
    if (eq != NULL) {
        key = norni_str_trim((norni_str){one.p, (size_t)(eq - one.p)});
        value = norni_str_trim((norni_str){eq + 1, (size_t)(one.p + one.n - eq - 1)});
    }
    const int place = key.p == NULL ? -1 : place_of(row, key);
    if (place < 0 && row->args[0] == '\0')
        return norn_fail(err, NORN_E_ARG, "%s: '%.*s' is given, and it takes nothing in brackets",
                         row->name, (int)one.n, one.p);
    if (place < 0)
        return norn_fail(err, NORN_E_ARG, "%s: '%.*s' is not one of its arguments: %s", row->name,
                         (int)(eq ? key.n : one.n), eq ? key.p : one.p, row->args);
    if (value.n == 0)
        return norn_fail(err, NORN_E_ARG, "%s: %.*s has no value", row->name, (int)key.n, key.p);
    if (*given >> place & 1U)
        return norn_fail(err, NORN_E_ARG, "%s: %.*s is given twice", row->name, (int)key.n, key.p);
    *given |= 1U << place;
    if (norni_str_is(key, "other")) {
        *other = value;
        return NORN_OK;
    }
    const norni_param *param = norni_param_find(arg_rows, N_ARG_ROWS, key);
    return norni_param_set(param, args, value, NULL, row->name, err);
}

/* One of alpha, com, span and halflife, as alpha. */
static norn_status fill_alpha(const norni_roll_row *row, const roll_args *a, double *alpha,
                              norn_err *err) {
    const int n = !isnan(a->alpha) + !isnan(a->com) + !isnan(a->span) + !isnan(a->halflife);
    if (n != 1)
        return norn_fail(err, NORN_E_ARG, "%s: %s of alpha, com, span and halflife must be given",
                         row->name, n ? "one alone" : "one");
    if (!isnan(a->alpha) && !(a->alpha > 0 && a->alpha <= 1))
        return norn_fail(err, NORN_E_ARG, "%s: alpha %g is outside (0, 1]", row->name, a->alpha);
    if (!isnan(a->halflife) && !(a->halflife > 0))
        return norn_fail(err, NORN_E_ARG, "%s: halflife %g is not above 0", row->name, a->halflife);
    if (!isnan(a->alpha)) *alpha = a->alpha;
    if (!isnan(a->com)) *alpha = 1 / (1 + a->com);
    if (!isnan(a->span)) *alpha = 2 / (a->span + 1);
    if (!isnan(a->halflife)) *alpha = 1 - norni_exp(norni_log(0.5) / a->halflife);
    if (!(*alpha > 0))
        return norn_fail(err, NORN_E_ARG, "%s: halflife %g is too long for numbers", row->name,
                         a->halflife);
    return NORN_OK;
}

static norn_status parse_args(const norni_roll_row *row, norni_str inside, norni_roll_op *out,
                              norn_err *err) {
    roll_args a = {.q = NORNI_NAN,
                   .alpha = NORNI_NAN,
                   .com = NORNI_NAN,
                   .span = NORNI_NAN,
                   .halflife = NORNI_NAN,
                   .ddof = 1,
                   .ascending = true,
                   .adjust = true};
    norni_str rest = norni_str_trim(inside), one;
    uint32_t given = 0;
    for (size_t at = 0; rest.n > 0 && norni_roll_list_next(&rest, &one); at++)
        NORN_TRY(parse_arg(row, one, at, &given, &a, &out->other, err));
    out->arg = (norni_roll_arg){.ddof = a.ddof,
                                .quantile = a.q,
                                .interpolation = (norni_roll_interpolation)a.interpolation,
                                .ties = (norni_roll_ties)a.method,
                                .descending = !a.ascending,
                                .percent = a.pct,
                                .adjust = a.adjust,
                                .ignore_missing = a.ignore_na,
                                .bias = a.bias};
    if (row->shape == NORNI_ROLL_WEIGHTED) NORN_TRY(fill_alpha(row, &a, &out->arg.alpha, err));
    if (place_of(row, norni_str_of("q")) >= 0 && isnan(a.q))
        return norn_fail(err, NORN_E_ARG, "%s: q must be given, in [0, 1], as %s(0.9)", row->name,
                         row->name);
    if (row->shape == NORNI_ROLL_PAIR && out->other.n == 0)
        return norn_fail(err, NORN_E_ARG, "%s: the other column must be named, as %s(price)",
                         row->name, row->name);
    return NORN_OK;
}

norn_status norni_roll_op_parse(norni_str text, norni_roll_op *out, norn_err *err) {
    const norni_str all = norni_str_trim(text);
    norni_str name = all, inside = {"", 0};
    *out = (norni_roll_op){.column = all, .other = {"", 0}};
    if (all.n > 4096) return norn_fail(err, NORN_E_ARG, "op: more than 4096 characters");
    const char *open = memchr(all.p, '(', all.n);
    const char *eq = memchr(all.p, '=', open ? (size_t)(open - all.p) : all.n);
    if (eq != NULL) {
        out->column = norni_str_trim((norni_str){all.p, (size_t)(eq - all.p)});
        if (out->column.n == 0)
            return norn_fail(err, NORN_E_ARG, "op: no name before = in '%.*s'", (int)all.n, all.p);
        name = norni_str_trim((norni_str){eq + 1, (size_t)(all.p + all.n - eq - 1)});
    }
    if (open != NULL) {
        if (all.p[all.n - 1] != ')')
            return norn_fail(err, NORN_E_ARG, "op: '%.*s' does not end with )", (int)all.n, all.p);
        inside = (norni_str){open + 1, (size_t)(all.p + all.n - 1 - open - 1)};
        name = norni_str_trim((norni_str){name.p, (size_t)(open - name.p)});
    }
    out->row = find_row(name);
    return out->row ? parse_args(out->row, inside, out, err) : fail_unknown(name, err);
}
