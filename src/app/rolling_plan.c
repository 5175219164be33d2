/* The options of `rolling`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/rolling_plan.h"

#define AT(field) offsetof(norni_rolling_opt, field)
const norni_param norni_rolling_rows[] = {
    {.name = "window",
     .type = NORNI_T_TEXT,
     .offset = AT(window),
     .metavar = "W",
     .letter = 'w',
     .help =
         "rows in a window, or a time as 7D, 12h, 30min, 2W, or expanding (all rows up to here)"},
    {.name = "op",
     .type = NORNI_T_TEXT,
     .offset = AT(op),
     .required = true,
     .metavar = "OP[,OP…]",
     .alias = "ops",
     .help =
         "count first last sum mean var std sem min max argmin argmax median quantile(0.9) skew "
         "kurt zscore rank product cov(col) corr(col) slope ewm(0.3) ewm_var(span=10) ewm_std(…); "
         "name=OP names the column"},
    {.name = "cols",
     .type = NORNI_T_TEXT,
     .offset = AT(cols),
     .metavar = "NAME[,NAME…]",
     .help = "further columns to roll, beside the target"},
    {.name = "min-periods",
     .type = NORNI_T_INT,
     .offset = AT(min_periods),
     .def = "-1",
     .min = -1,
     .max = 2147483647,
     .metavar = "M",
     .help = "values that must be there for a result; -1: W, or 1 for times and expanding"},
    {.name = "center",
     .type = NORNI_T_BOOL,
     .offset = AT(center),
     .def = "false",
     .help = "the result stands in the middle of its window"},
    {.name = "closed",
     .type = NORNI_T_CHOICE,
     .offset = AT(closed),
     .def = "right",
     .choices = "right|left|both|neither",
     .help = "which ends belong to a window"},
};
#undef AT
const size_t norni_n_rolling_rows = sizeof norni_rolling_rows / sizeof norni_rolling_rows[0];

enum { MAX_OPS = 256, MAX_COLS = 256 };

static norn_status parse_ops(const char *text, norni_arena *arena, norni_rolling_plan *plan,
                             norn_err *err) {
    norni_str rest = norni_str_of(text), one;
    size_t n = 0;
    while (norni_roll_list_next(&rest, &one))
        n++;
    if (n > MAX_OPS) return norn_fail(err, NORN_E_ARG, "op: %zu are more than %d", n, MAX_OPS);
    plan->ops = norni_arena_get(arena, n, sizeof *plan->ops);
    plan->other = norni_arena_get(arena, n, sizeof *plan->other);
    if (!plan->ops || !plan->other) return norni_alloc_fail(err, "rolling", n, sizeof *plan->ops);
    rest = norni_str_of(text);
    for (; norni_roll_list_next(&rest, &one); plan->n_ops++)
        NORN_TRY(norni_roll_op_parse(one, &plan->ops[plan->n_ops], err));
    return NORN_OK;
}

static bool same(norni_str a, norni_str b) {
    return norni_str_cmp(a, b) == 0;
}

/* The place of a further column, which is added when it is new; SIZE_MAX when there are too many. */
static size_t place_of(norni_rolling_plan *plan, norni_str name, norni_arena *arena) {
    size_t k = 0;
    while (k < plan->n_x && !same(plan->x_names[k], name))
        k++;
    if (k == MAX_COLS) return SIZE_MAX;
    if (k < plan->n_x) return k;
    const char *text = norni_arena_text(arena, name.p, name.n);
    if (text == NULL) return SIZE_MAX;
    plan->x_names[plan->n_x++] = (norni_str){text, name.n};
    return k;
}

static norn_status take_columns(const norni_rolling_opt *opt, norni_arena *arena,
                                norni_rolling_plan *plan, norn_err *err) {
    norni_str rest = norni_str_of(opt->cols), one;
    while (opt->cols != NULL && norni_roll_list_next(&rest, &one)) {
        const size_t before = plan->n_x;
        if (one.n == 0)
            return norn_fail(err, NORN_E_ARG, "cols: a name is empty in '%s'", opt->cols);
        if (same(one, plan->target))
            return norn_fail(err, NORN_E_ARG, "cols: %.*s is the target, which is rolled anyway",
                             (int)one.n, one.p);
        if (place_of(plan, one, arena) != before)
            return norn_fail(err, NORN_E_ARG, "cols: '%.*s' is given twice, or beyond %d names",
                             (int)one.n, one.p, MAX_COLS);
    }
    plan->n_cols = plan->n_x;
    for (size_t k = 0; k < plan->n_ops; k++) {
        const norni_str other = plan->ops[k].other;
        plan->other[k] = SIZE_MAX;
        if (other.n == 0) continue;
        const size_t at = same(other, plan->target) ? 0 : place_of(plan, other, arena);
        if (at == SIZE_MAX) return norn_fail(err, NORN_E_ARG, "op: more than %d columns", MAX_COLS);
        plan->other[k] = same(other, plan->target) ? 0 : at + 1;
    }
    if (plan->n_x > 0 && opt->panel.layout != NORNI_LAYOUT_LONG)
        return norn_fail(err, NORN_E_ARG, "further columns (%.*s) need the long layout",
                         (int)plan->x_names[0].n, plan->x_names[0].p);
    return NORN_OK;
}

/* The target's columns bear the operation's name; the others' their own before it: price_mean. */
static norn_status name_columns(norni_arena *arena, norni_rolling_plan *plan, norn_err *err) {
    plan->n_out = plan->n_ops * (1 + plan->n_cols);
    plan->names = norni_arena_get(arena, plan->n_out, sizeof *plan->names);
    if (plan->names == NULL) return norni_alloc_fail(err, "rolling", plan->n_out, 16);
    for (size_t i = 0; i < plan->n_out; i++) {
        const norni_str op = plan->ops[i % plan->n_ops].column;
        const bool own = i >= plan->n_ops;
        const norni_str col = own ? plan->x_names[i / plan->n_ops - 1] : (norni_str){"", 0};
        const size_t at = own ? col.n + 1 : 0;
        char *text = norni_arena_get(arena, at + op.n + 1, 1);
        if (text == NULL) return norni_alloc_fail(err, "rolling", at + op.n + 1, 1);
        memcpy(text, col.p, col.n);
        if (own) text[col.n] = '_';
        memcpy(text + at, op.p, op.n);
        text[at + op.n] = '\0';
        plan->names[i] = (norni_str){text, at + op.n};
        bool taken = same(plan->names[i], plan->target);
        for (size_t k = 0; k < i && !taken; k++)
            taken = same(plan->names[k], plan->names[i]);
        for (size_t k = 0; k < plan->n_cols && !taken; k++)
            taken = same(plan->x_names[k], plan->names[i]);
        if (taken)
            return norn_fail(err, NORN_E_ARG,
                             "op: two columns would be called '%.*s'; name one, as a=%.*s",
                             (int)plan->names[i].n, plan->names[i].p, (int)op.n, op.p);
    }
    return NORN_OK;
}

static norn_status take_window(const norni_rolling_opt *opt, norni_rolling_plan *plan,
                               norn_err *err) {
    bool needed = false;
    for (size_t k = 0; k < plan->n_ops; k++)
        needed = needed || plan->ops[k].row->shape != NORNI_ROLL_WEIGHTED;
    plan->spec = (norni_roll_spec){.kind = NORNI_ROLL_EXPANDING};
    plan->window = opt->window ? opt->window : "";
    if (needed && opt->window == NULL)
        return norn_fail(err, NORN_E_ARG,
                         "--window W is missing: a number of rows, a time as 7D, or expanding");
    if (opt->window != NULL)
        NORN_TRY(norni_roll_spec_parse(norni_str_of(opt->window), &plan->spec, err));
    plan->spec.min_periods = opt->min_periods;
    plan->spec.center = opt->center;
    plan->spec.closed = (norni_roll_closed)opt->closed;
    return norni_roll_spec_check(&plan->spec, err);
}

norn_status norni_rolling_plan_make(const norni_rolling_opt *opt, norni_arena *arena,
                                    norni_rolling_plan *plan, norn_err *err) {
    *plan = (norni_rolling_plan){
        .target = norni_str_of(opt->panel.target_col ? opt->panel.target_col : "y"),
        .n_batches = 4,
        .late_cells = 1 << 20,
        .escape = !opt->panel.common.no_escape_formulas};
    NORN_TRY(parse_ops(opt->op, arena, plan, err));
    NORN_TRY(take_window(opt, plan, err));
    plan->x_names = norni_arena_get(arena, MAX_COLS, sizeof *plan->x_names);
    if (plan->x_names == NULL) return norni_alloc_fail(err, "rolling", MAX_COLS, 16);
    NORN_TRY(take_columns(opt, arena, plan, err));
    return name_columns(arena, plan, err);
}
