/* Prophet's scales, changepoints, columns and features against prophet 1.3; what it refuses. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fp.h"
#include "data/calendar.h"
#include "models/prophet/prophet_plan.h"
#include "prophet_defaults.h"

#define DAY NORNI_US_DAY
enum { MOST = 6000, MOST_X = 512 };

/* One case: a specification, rows to fit on and rows to predict. */
typedef struct bed {
    norni_prophet_spec spec;
    norni_prophet_rows rows, ahead;
    norni_prophet_season season[4];
    norni_prophet_regressor regressor[8];
    norni_holiday holiday[8];
    int64_t change[3];
    int64_t ds[MOST], ds_ahead[MOST];
    double y[MOST], cap[MOST], floor[MOST], cap_ahead[MOST], floor_ahead[MOST];
    norni_str name[8];
    double x[8][MOST], x_ahead[8][MOST];
    const double *columns[8], *columns_ahead[8];
} bed;

static norni_str text(const char *s) {
    return norni_str_of(s);
}

static int64_t at(int32_t year, int32_t month, int32_t day) {
    return norni_days_from_civil(year, month, day) * DAY;
}

/* The script's: whole eighths. */
static double noise(size_t i, size_t seed) {
    return (double)((i * 7919 + seed * 104729) % 2003) / 8.0;
}

static void regular(bed *b, int64_t start, int64_t step, size_t n, size_t seed, size_t gap) {
    for (size_t i = 0; i < n; i++) {
        b->ds[b->rows.n + i] = start + (int64_t)i * step;
        b->y[b->rows.n + i] = gap && i % gap == 3 ? NORNI_NAN : noise(i, seed);
    }
    b->rows.n += n;
    b->rows.ds = b->ds;
    b->rows.y = b->y;
}

static void ahead(bed *b, int64_t start, int64_t step, size_t n) {
    for (size_t i = 0; i < n; i++)
        b->ds_ahead[i] = start + (int64_t)i * step;
    b->ahead.n = n;
    b->ahead.ds = b->ds_ahead;
}

static void column(bed *b, const char *name) {
    const size_t k = b->rows.n_x++;
    b->name[k] = text(name);
    b->columns[k] = b->x[k];
    b->columns_ahead[k] = b->x_ahead[k];
    b->ahead.n_x = b->rows.n_x;
    b->rows.x_name = b->ahead.x_name = b->name;
    b->rows.x = b->columns;
    b->ahead.x = b->columns_ahead;
}

static bed *new_bed(void) {
    bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->spec = prophet_defaults();
    b->spec.season = b->season;
    b->spec.regressor = b->regressor;
    b->spec.holiday = b->holiday;
    b->spec.changepoint = b->change;
    return b;
}

static void make_daily(bed *b) {
    regular(b, at(2014, 3, 5), DAY, 1000, 1, 17);
    ahead(b, at(2014, 3, 5) + 1000 * DAY, DAY, 60);
}

static void make_five_minutes(bed *b) {
    const int64_t off = INT64_C(7250000);
    regular(b, at(2017, 5, 1) + off, INT64_C(300000000), 6000, 2, 0);
    for (size_t i = 0; i < b->rows.n; i++)
        b->y[i] -= 500;
    ahead(b, at(2017, 5, 21) + 20 * INT64_C(3600000000) + off, INT64_C(300000000), 200);
    b->spec.minmax = true;
}

static void make_monthly(bed *b) {
    regular(b, 0, 0, 30, 3, 0);
    ahead(b, 0, 0, 5);
    for (int32_t i = 0; i < 30; i++)
        b->ds[i] = at(1961 + i / 12, i % 12 + 1, 1);
    memcpy(b->ds_ahead, b->ds, 5 * sizeof *b->ds);
}

static void make_seasons(bed *b) {
    static const norni_prophet_season own[] = {
        {{"monthly", 7}, 30.5, 5, 0.1, true, {"", 0}},
        {{"yearly", 6}, 365.25, 2, 3, false, {"", 0}},
        {{"weekly", 6}, 7, 2, 3, true, {"", 0}},
        {{"works", 5}, 7, 3, 3, false, {"on", 2}},
    };
    regular(b, at(2014, 3, 5), DAY, 200, 4, 0);
    ahead(b, at(2014, 3, 5) + 200 * DAY, DAY, 30);
    column(b, "on");
    for (size_t i = 0; i < 200; i++)
        b->x[0][i] = b->x_ahead[0][i] = i % 7 < 5;
    memcpy(b->season, own, sizeof own);
    b->spec.n_season = 4;
    b->spec.yearly = 3;
    b->spec.daily = -2;
    b->spec.multiplicative = b->spec.holidays_multiplicative = true;
    b->spec.seasonality_prior = 3;
}

static norni_holiday holiday(const char *name, int64_t day, int32_t lower, int32_t upper,
                             double prior) {
    return (norni_holiday){text(name), day / DAY, lower, upper, prior};
}

static void make_holidays(bed *b) {
    regular(b, at(2015, 1, 20), DAY / 4, 140, 5, 0);
    ahead(b, at(2015, 2, 24), DAY / 4, 12);
    b->holiday[0] = holiday("game", at(2015, 2, 1), -1, 1, 5);
    b->holiday[1] = holiday("game", at(2015, 2, 20), -2, 0, 5);
    b->holiday[2] = holiday("game night", at(2015, 2, 3), 0, 11, NORNI_NAN);
    b->holiday[3] = holiday("far", at(2030, 1, 1), 0, 0, 2);
    b->holiday[4] = holiday("play off", at(2015, 2, 10), 0, 0, 1);
    b->spec.n_holiday = 5;
    b->spec.holidays_multiplicative = true;
    b->spec.holidays_prior = 7;
}

static void make_country(bed *b) {
    regular(b, at(2013, 11, 20), DAY, 30, 6, 0);
    regular(b, at(2015, 12, 20), DAY, 40, 7, 0);
    ahead(b, at(2016, 5, 28), DAY, 45);
    b->spec.country = text("US");
    b->spec.n_changepoints = 5;
}

static void make_regressors(bed *b) {
    static const char *const name[] = {"binary", "constant", "number", "forced", "raw"};
    regular(b, at(2014, 3, 5), DAY, 120, 8, 13);
    ahead(b, at(2014, 3, 5) + 120 * DAY, DAY, 9);
    for (size_t k = 0; k < 5; k++) {
        column(b, name[k]);
        for (size_t i = 0; i < 9; i++)
            b->x_ahead[k][i] = (double)(i % 2 + k);
    }
    for (size_t i = 0; i < 120; i++) {
        b->x[0][i] = b->x[3][i] = i % 3 == 0;
        b->x[1][i] = 4;
        b->x[2][i] = noise(i, 9) + 1000;
        b->x[4][i] = noise(i, 10);
    }
    b->regressor[0] = (norni_prophet_regressor){text("number"), 0.5, -1, false, 0, 1};
    b->regressor[1] = (norni_prophet_regressor){text("binary"), 10, -1, false, 0, 1};
    b->regressor[2] = (norni_prophet_regressor){text("constant"), 10, -1, false, 0, 1};
    b->regressor[3] = (norni_prophet_regressor){text("forced"), 10, 1, true, 0, 1};
    b->regressor[4] = (norni_prophet_regressor){text("raw"), 10, 0, false, 0, 1};
    b->spec.n_regressor = 5;
    b->spec.changepoints_given = true;
    b->spec.n_changepoint = 3;
    b->change[0] = at(2014, 6, 1);
    b->change[1] = b->change[2] = at(2014, 4, 1);
    b->spec.changepoint_prior = 0.3;
    b->spec.weekly = 0;
}

static void make_logistic(bed *b) {
    regular(b, at(2014, 3, 5), DAY, 90, 11, 0);
    ahead(b, at(2014, 3, 5) + 90 * DAY, DAY, 9);
    for (size_t i = 0; i < 90; i++) {
        b->cap[i] = 300.0 + (double)i;
        b->cap_ahead[i] = 400;
    }
    b->rows.cap = b->cap;
    b->ahead.cap = b->cap_ahead;
    b->spec.growth = NORNI_PROPHET_LOGISTIC;
    b->spec.changepoint_range = 0.5;
    b->spec.n_changepoints = 7;
}

static void make_floor(bed *b) {
    make_logistic(b);
    for (size_t i = 0; i < 90; i++) {
        b->floor[i] = -10.0 - (double)(i % 4);
        b->floor_ahead[i] = 1.5;
    }
    b->rows.floor = b->floor;
    b->ahead.floor = b->floor_ahead;
}

static void make_floor_minmax(bed *b) {
    make_floor(b);
    b->spec.minmax = true;
}

static void make_no_floor_minmax(bed *b) {
    make_logistic(b);
    b->spec.minmax = true;
}

static void make_bare(bed *b) {
    regular(b, 0, 0, 40, 12, 0);
    for (size_t i = 0; i < 40; i++)
        b->ds[i] = at(2014, 3, 5) + (int64_t)(i / 2) * DAY;
    memcpy(b->ds_ahead, b->ds, 3 * sizeof *b->ds);
    b->ahead.n = 3;
    b->ahead.ds = b->ds_ahead;
    b->spec.growth = NORNI_PROPHET_FLAT;
    b->spec.weekly = 0;
    b->spec.n_changepoints = 0;
}

static const struct {
    const char *name;
    void (*make)(bed *b);
} cases[] = {
    {"daily", make_daily},
    {"five_minutes", make_five_minutes},
    {"monthly", make_monthly},
    {"seasons", make_seasons},
    {"holidays", make_holidays},
    {"country", make_country},
    {"regressors", make_regressors},
    {"logistic", make_logistic},
    {"floor", make_floor},
    {"floor_minmax", make_floor_minmax},
    {"no_floor_minmax", make_no_floor_minmax},
    {"bare", make_bare},
};

/* ---- against prophet ---- */

typedef struct made {
    norn_alloc alloc;
    norni_arena arena;
    bed *bed;
    norni_prophet_plan plan;
    norni_prophet_design design, ahead;
    norni_prophet_note note;
    size_t season, regressor, column;
} made;

static bool near(double got, double want) {
    const double bound = 1e-12 * fmax(1, fabs(want));
    if (!(fabs(got - want) <= bound)) print_message("%.17g is not %.17g\n", got, want);
    return fabs(got - want) <= bound;
}

/* The next word of the line as a number. */
static double number(char **p) {
    char *end;
    const double v = strtod(*p, &end);
    assert_ptr_not_equal(end, *p);
    *p = end;
    return v;
}

static void word(char **p, char *out, size_t size) {
    size_t n = 0;
    while (**p == ' ')
        (*p)++;
    for (; **p && **p != ' ' && **p != '\n' && n + 1 < size; (*p)++)
        out[n++] = **p == '~' ? ' ' : **p;
    out[n] = 0;
}

static void begin(made *m, const char *name) {
    norn_err err;
    size_t k = 0;
    while (strcmp(cases[k].name, name) != 0) {
        k++;
        assert_true(k < sizeof cases / sizeof cases[0]);
    }
    norni_arena_clear(&m->arena);
    free(m->bed);
    m->bed = new_bed();
    cases[k].make(m->bed);
    m->season = m->regressor = m->column = 0;
    if (norni_prophet_plan_make(&m->arena, NULL, &m->bed->spec, &m->bed->rows, &m->plan, &m->design,
                                &m->note, &err) != NORN_OK)
        fail_msg("%s: %s", name, err.text);
    if (norni_prophet_design_make(&m->arena, NULL, &m->plan, &m->bed->ahead, &m->ahead, &err) !=
        NORN_OK)
        fail_msg("%s: %s", name, err.text);
}

static void same_column(made *m, char *p) {
    char want[128], got[128];
    const norni_prophet_column *c = &m->plan.column[m->column];
    assert_true(m->column < m->plan.n_column);
    norni_prophet_column_name(c, got, sizeof got);
    word(&p, want, sizeof want);
    assert_string_equal(got, want);
    assert_true(near(c->prior, number(&p)));
    assert_int_equal(c->multiplicative, (int)number(&p));
    const double *x = m->design.x[m->column++];
    double sum = 0, weighted = 0;
    for (size_t i = 0; i < m->design.n; i++) {
        sum += x[i];
        weighted += x[i] * (double)i;
    }
    /* Sums of rounded values, in another order. */
    const double want_sum = number(&p), want_weighted = number(&p),
                 bound = 1e-12 * (double)m->design.n;
    assert_true(fabs(sum - want_sum) <= bound * fmax(1, fabs(want_sum)));
    assert_true(fabs(weighted / (double)m->design.n - want_weighted) <=
                bound * fmax(1, fabs(want_weighted)));
}

static void same_row(const made *m, const norni_prophet_design *d, char *p, bool with_y) {
    const size_t i = (size_t)number(&p);
    assert_int_equal(m->column, m->plan.n_column);
    assert_true(near(d->t[i], number(&p)));
    if (with_y) assert_true(near(d->y[i], number(&p)));
    assert_true(near(d->cap ? d->cap[i] : 0, number(&p)));
    for (size_t k = 0; k < d->n_x; k++)
        assert_true(near(d->x[k][i], number(&p)));
}

static void same_line(made *m, char *line) {
    char kind[16], name[64];
    const norni_prophet_plan *plan = &m->plan;
    word(&line, kind, sizeof kind);
    if (strcmp(kind, "case") == 0) {
        word(&line, name, sizeof name);
        begin(m, name);
    } else if (strcmp(kind, "scale") == 0) {
        assert_int_equal(plan->start, strtoll(line, &line, 10));
        assert_int_equal(plan->t_scale, strtoll(line, &line, 10));
        assert_true(near(plan->y_scale, number(&line)));
        assert_true(near(plan->y_min, number(&line)));
    } else if (strcmp(kind, "season") == 0) {
        const norni_prophet_season *s = &plan->season[m->season++];
        word(&line, name, sizeof name);
        assert_true(m->season <= plan->n_season && norni_str_is(s->name, name));
        assert_true(near(s->period, number(&line)));
        assert_int_equal(s->order, (int)number(&line));
        assert_true(near(s->prior, number(&line)));
        assert_int_equal(s->multiplicative, (int)number(&line));
    } else if (strcmp(kind, "regressor") == 0) {
        const norni_prophet_regressor *r = &plan->regressor[m->regressor++];
        word(&line, name, sizeof name);
        assert_true(m->regressor <= plan->n_regressor && norni_str_is(r->name, name));
        assert_true(near(r->mu, number(&line)));
        assert_true(near(r->sd, number(&line)));
    } else if (strcmp(kind, "change") == 0) {
        assert_int_equal(m->season, plan->n_season);
        assert_int_equal(m->regressor, plan->n_regressor);
        for (size_t i = 0; i < plan->n_change; i++)
            assert_int_equal(plan->change[i], strtoll(line, &line, 10));
        assert_string_equal(line, "\n");
    } else if (strcmp(kind, "change_t") == 0) {
        for (size_t i = 0; i < plan->n_change; i++)
            assert_true(near(plan->change_t[i], number(&line)));
    } else if (strcmp(kind, "column") == 0) {
        same_column(m, line);
    } else if (strcmp(kind, "row") == 0) {
        same_row(m, &m->design, line, true);
    } else {
        assert_string_equal(kind, "ahead");
        same_row(m, &m->ahead, line, false);
    }
}

static void features_equal_prophets(void **state) {
    (void)state;
    static char line[1 << 15];
    made m = {.alloc = norni_alloc_default()};
    size_t n = 0;
    norni_arena_init(&m.arena, &m.alloc);
    FILE *f = fopen(NORN_FIXTURES "/prophet_features.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        n += strncmp(line, "case", 4) == 0;
        same_line(&m, line);
    }
    assert_int_equal(n, sizeof cases / sizeof cases[0]);
    (void)fclose(f);
    norni_arena_clear(&m.arena);
    free(m.bed);
}

/* ---- errors ---- */

static void refuses(bed *b, norn_status code, const char *part) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_prophet_plan plan;
    norni_prophet_design design;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    const norn_status st =
        norni_prophet_plan_make(&arena, NULL, &b->spec, &b->rows, &plan, &design, NULL, &err);
    if (st != code || strstr(err.text, part) == NULL)
        fail_msg("%d '%s' without '%s'", (int)st, err.text, part);
    norni_arena_clear(&arena);
    free(b);
}

static bed *base(void) {
    bed *b = new_bed();
    make_regressors(b);
    return b;
}

/* A model with one seasonality. */
static bed *with_season(const char *name, double period, int32_t order, double prior,
                        const char *condition) {
    bed *b = base();
    b->spec.n_season = 1;
    b->season[0] = (norni_prophet_season){text(name), period, order,
                                          prior,      false,  text(condition ? condition : "")};
    return b;
}

static bed *with_holiday(const char *name, int32_t lower, int32_t upper, double prior) {
    bed *b = base();
    b->spec.n_holiday = 2;
    b->holiday[0] = holiday("seen", at(2014, 4, 1), 0, 0, 3);
    b->holiday[1] = holiday(name, at(2014, 4, 7), lower, upper, prior);
    return b;
}

static void names_are_checked(void **state) {
    (void)state;
    static const char *const reserved[] = {"trend",      "yhat_lower",           "holidays", "y",
                                           "cap_scaled", "additive_terms_upper", "zeros"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        refuses(with_season(reserved[i], 7, 1, 1, NULL), NORN_E_ARG, "reserved");
        refuses(with_holiday(reserved[i], 0, 0, 1), NORN_E_ARG, "reserved");
    }
    refuses(with_season("a_delim_b", 7, 1, 1, NULL), NORN_E_ARG, "_delim_");
    refuses(with_season("", 7, 1, 1, NULL), NORN_E_ARG, "no name");
    refuses(with_season("number", 7, 1, 1, NULL), NORN_E_ARG, "regressor");
    refuses(with_season("own", 7, 1, 1, "trend"), NORN_E_ARG, "reserved");
    refuses(with_holiday("number", 0, 0, 1), NORN_E_ARG, "regressor");
    refuses(with_holiday("weekly", 0, 0, 1), NORN_E_ARG, "reserved");
    bed *b = with_season("seen", 7, 1, 1, NULL);
    b->spec.n_holiday = 1;
    b->holiday[0] = holiday("seen", at(2014, 4, 1), 0, 0, 3);
    refuses(b, NORN_E_ARG, "already used for a seasonality");
    b = base();
    b->regressor[1].name = text("number");
    refuses(b, NORN_E_ARG, "already used for a regressor");
    b = with_season("Thanksgiving Day", 7, 1, 1, NULL);
    b->spec.country = text("US");
    refuses(b, NORN_E_ARG, "Thanksgiving");
    b = base();
    b->spec.country = text("Utopia");
    refuses(b, NORN_E_ARG, "Utopia");
}

static void numbers_are_checked(void **state) {
    (void)state;
    refuses(with_season("own", 0, 1, 1, NULL), NORN_E_ARG, "period=0");
    refuses(with_season("own", -7, 1, 1, NULL), NORN_E_ARG, "period=-7");
    refuses(with_season("own", NORNI_NAN, 1, 1, NULL), NORN_E_ARG, "period");
    refuses(with_season("own", 1e-9, 1, 1, NULL), NORN_E_ARG, "too short");
    refuses(with_season("own", 7, 0, 1, NULL), NORN_E_ARG, "fourier_order=0");
    refuses(with_season("own", 7, 1, 0, NULL), NORN_E_ARG, "prior scale=0");
    refuses(with_season("own", 7, 1, NORNI_INF, NULL), NORN_E_ARG, "prior scale");
    refuses(with_holiday("other", 1, 0, 1), NORN_E_ARG, "lower_window=1");
    refuses(with_holiday("other", 0, -1, 1), NORN_E_ARG, "upper_window=-1");
    refuses(with_holiday("other", INT32_MIN, 0, 1), NORN_E_ARG, "lower_window");
    refuses(with_holiday("other", 0, 0, -1), NORN_E_ARG, "prior scale=-1");
    refuses(with_holiday("seen", 0, 0, 4), NORN_E_ARG, "consistent prior");
    bed *b = with_holiday("other", 0, 0, 1);
    b->holiday[1].day = INT64_MAX;
    refuses(b, NORN_E_ARG, "years 1 to 9999");
    b = base();
    b->spec.changepoint_range = 1.5;
    refuses(b, NORN_E_ARG, "changepoint_range=1.5");
    b = base();
    b->spec.n_changepoints = -1;
    refuses(b, NORN_E_ARG, "n_changepoints=-1");
    b = base();
    b->change[1] = at(2013, 1, 1);
    refuses(b, NORN_E_DATA, "changepoint 2013-01-01 is outside");
    b = base();
    b->spec.changepoint_prior = NORNI_NAN;
    refuses(b, NORN_E_ARG, "changepoint_prior_scale");
}

static void rows_are_checked(void **state) {
    (void)state;
    bed *b = base();
    b->y[7] = -NORNI_INF;
    refuses(b, NORN_E_DATA, "infinity in column y at ds 2014-03-12");
    b = base();
    b->x[2][9] = NORNI_NAN;
    refuses(b, NORN_E_DATA, "NaN in column 'number' at ds 2014-03-14");
    b = base();
    b->x[2][9] = NORNI_INF;
    refuses(b, NORN_E_DATA, "infinity in column 'number'");
    b = base();
    b->x[2][9] = 1e300;
    refuses(b, NORN_E_DATA, "cannot be standardised");
    b = base();
    b->name[4] = text("other");
    refuses(b, NORN_E_DATA, "regressor 'raw' is missing");
    refuses(with_season("own", 7, 1, 1, "off"), NORN_E_DATA, "condition 'off' is missing");
    refuses(with_season("own", 7, 1, 1, "constant"), NORN_E_DATA,
            "non-boolean 4 in column 'constant' at ds 2014-03-05");
    b = base();
    b->rows.n = 0;
    refuses(b, NORN_E_DATA, "0 rows with y");
    b = base();
    b->rows.n = 1;
    refuses(b, NORN_E_DATA, "1 row with y");
    b = base();
    for (size_t i = 0; i < 120; i++)
        b->ds[i] = at(2014, 4, 1);
    refuses(b, NORN_E_DATA, "all 111 rows with y lie at ds 2014-04-01");
    b = base();
    b->ds[5] = NORNI_TIME_NONE;
    refuses(b, NORN_E_DATA, "NaN in column ds");
    b = base();
    b->ds[5] = at(2013, 1, 1);
    refuses(b, NORN_E_ARG, "order of ds");
    b = base();
    b->y[0] = -1e308;
    b->y[1] = 1e308;
    b->spec.minmax = true;
    refuses(b, NORN_E_DATA, "further than a double holds");
    b = base();
    b->y[3] = 1.2e308;
    refuses(b, NORN_E_DATA, "y is 1.2e308 at ds 2014-03-08");
}

static void capacities_are_checked(void **state) {
    (void)state;
    bed *b = new_bed();
    make_logistic(b);
    b->rows.cap = NULL;
    refuses(b, NORN_E_DATA, "column cap");
    b = new_bed();
    make_logistic(b);
    b->cap[3] = NORNI_NAN;
    refuses(b, NORN_E_DATA, "NaN in column cap at ds 2014-03-08");
    b = new_bed();
    make_logistic(b);
    b->cap[4] = 1e290;
    refuses(b, NORN_E_DATA, "of another size than y");
    b = new_bed();
    make_logistic(b);
    b->cap[4] = 0;
    refuses(b, NORN_E_DATA, "cap must be greater than floor");
    b = new_bed();
    make_floor(b);
    b->floor[4] = 1000;
    refuses(b, NORN_E_DATA, "cap must be greater than floor");
    b = new_bed();
    make_floor(b);
    b->floor[4] = NORNI_NAN;
    refuses(b, NORN_E_DATA, "NaN in column floor");
}

/* ---- results at the edges ---- */

static void plan_ok(bed *b, made *m) {
    norn_err err;
    *m = (made){.alloc = norni_alloc_default(), .bed = b};
    norni_arena_init(&m->arena, &m->alloc);
    if (norni_prophet_plan_make(&m->arena, NULL, &b->spec, &b->rows, &m->plan, &m->design, &m->note,
                                &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static void drop(made *m) {
    norni_arena_clear(&m->arena);
    free(m->bed);
}

static void edges_have_results(void **state) {
    (void)state;
    made m;
    norn_err err;
    bed *b = new_bed(); /* constant y of zeros, two rows: no room for a changepoint */
    regular(b, at(2014, 3, 5), DAY, 2, 1, 0);
    b->y[0] = b->y[1] = 0;
    plan_ok(b, &m);
    assert_true(m.plan.y_scale == 1 && m.plan.n_change == 0 && m.plan.n_column == 1);
    assert_int_equal(m.plan.column[0].kind, NORNI_PROPHET_ZEROS);
    assert_int_equal(m.note.n, 4); /* three seasonalities and the changepoints */
    assert_non_null(strstr(m.note.text[3], "n_changepoints"));
    drop(&m);
    b = new_bed(); /* years outside the table of holidays: no holidays, no error */
    regular(b, at(1850, 3, 5), DAY, 30, 1, 0);
    b->spec.country = text("US");
    plan_ok(b, &m);
    assert_int_equal(m.plan.n_holiday_name, 0);
    assert_non_null(strstr(m.note.text[m.note.n - 2], "1995 to 2044"));
    ahead(b, at(2040, 12, 20), DAY, MOST); /* and some that the fit has not seen */
    b->ahead.n = 40;
    if (norni_prophet_design_make(&m.arena, NULL, &m.plan, &b->ahead, &m.ahead, &err) != NORN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(m.ahead.n_x, m.plan.n_column);
    b->ahead.n = 0;
    assert_int_equal(norni_prophet_design_make(&m.arena, NULL, &m.plan, &b->ahead, &m.ahead, &err),
                     NORN_E_DATA);
    drop(&m);
    b = new_bed(); /* a floor in training must be there again */
    make_floor(b);
    plan_ok(b, &m);
    b->ahead.floor = NULL;
    assert_int_equal(norni_prophet_design_make(&m.arena, NULL, &m.plan, &b->ahead, &m.ahead, &err),
                     NORN_E_DATA);
    assert_non_null(strstr(err.text, "floor"));
    drop(&m);
}

static void many_regressors(void **state) {
    (void)state;
    enum { N = 500, ROWS = 60 };
    static char names[N][8];
    static norni_str name[N];
    static norni_prophet_regressor regressor[N];
    static double x[N][ROWS];
    static const double *columns[N];
    made m;
    bed *b = new_bed();
    regular(b, at(2014, 3, 5), DAY, ROWS, 1, 0);
    for (size_t k = 0; k < N; k++) {
        (void)norni_format(names[k], sizeof names[k], "x%zu", k);
        name[k] = text(names[k]);
        regressor[k] = (norni_prophet_regressor){name[k], 10, -1, false, 0, 1};
        columns[k] = x[k];
        for (size_t i = 0; i < ROWS; i++)
            x[k][i] = noise(i, k + 20);
    }
    b->rows.n_x = b->spec.n_regressor = N;
    b->rows.x_name = name;
    b->rows.x = columns;
    b->spec.regressor = regressor;
    plan_ok(b, &m);
    assert_int_equal(m.plan.n_column, N + 6);
    for (size_t k = 0; k < N; k++) {
        double mean, var;
        (void)norni_mean_var(m.design.x[6 + k], ROWS, 1, &mean, &var);
        assert_true(fabs(mean) < 1e-13 && fabs(var - 1) < 1e-13);
    }
    drop(&m);
}

static bool at_once(void *user) {
    (void)user;
    return true;
}

static void a_cancel_is_heard(void **state) {
    (void)state;
    made m = {.alloc = norni_alloc_default(), .bed = new_bed()};
    const norni_poll poll = {at_once, NULL};
    norni_arena_init(&m.arena, &m.alloc);
    make_daily(m.bed);
    assert_int_equal(norni_prophet_plan_make(&m.arena, &poll, &m.bed->spec, &m.bed->rows, &m.plan,
                                             &m.design, NULL, NULL),
                     NORN_E_CANCEL);
    drop(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_equal_prophets), cmocka_unit_test(names_are_checked),
        cmocka_unit_test(numbers_are_checked),     cmocka_unit_test(rows_are_checked),
        cmocka_unit_test(capacities_are_checked),  cmocka_unit_test(edges_have_results),
        cmocka_unit_test(many_regressors),         cmocka_unit_test(a_cancel_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
