/* Words of a grid in TOML: which there are, what is allowed behind each, and what is said of all else. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_grid_keys.h"

#include <math.h>

#define METHODS    "threshold|calendar|hybrid|on_target|never"
#define CLOCKS     "days|weeks|months|quarters|years|bars"
#define KINDS      "fixed|equal|inverse_vol|min_variance|mean_variance|erc|hrp|momentum"
#define NUMBER(s)  .slot = (s), .scale = 1
#define SLOT(name) NUMBER(NORNI_PORT_AX_##name)
#define PART(name) NUMBER(NORNI_PORT_AP_##name)

static const norni_port_key keys[] = {
    {"universe", "assets", NUMBER(NORNI_PORT_UNI_ASSETS)},
    {"universe", "symbols", NUMBER(NORNI_PORT_UNI_SYMBOLS)},
    {"universe", "combinations", NUMBER(NORNI_PORT_UNI_COMBINATIONS), .least = 2, .most = 64,
     .whole = true},
    {"universe", "require", NUMBER(NORNI_PORT_UNI_REQUIRE)},
    {"allocation", "kinds", PART(KIND), .words = KINDS},
    {"allocation", "weights", PART(WEIGHTS)},
    {"allocation", "lookback_days", PART(LOOKBACK), .most = 36500, .above = true},
    {"allocation", "estimate_days", PART(ESTIMATE), .most = 36500},
    {"allocation", "shrinkage", PART(SHRINKAGE), .words = "ledoit_wolf|sample"},
    {"allocation", "risk_aversion", PART(RISK_AVERSION), .most = 1e6, .above = true},
    {"allocation", "min_weight", PART(MIN_WEIGHT), .least = -10, .most = 1},
    {"allocation", "max_weight", PART(MAX_WEIGHT), .most = 10, .above = true},
    {"allocation", "top_k", PART(TOP_K), .least = 1, .most = 64, .whole = true},
    {"allocation", "skip_days", PART(SKIP), .most = 36500},
    {"allocation", "leverage", PART(LEVERAGE), .most = 100, .above = true},
    {"allocation", "vol_target", PART(VOL_TARGET), .most = 10},
    {"allocation", "max_leverage", PART(MAX_LEVERAGE), .most = 100, .above = true},
    {"rebalance", "threshold", SLOT(THRESHOLD), .most = 100},
    {"rebalance", "band", SLOT(RELATIVE), .words = "absolute|relative"},
    {"rebalance", "to", SLOT(EDGE), .words = "target|edge"},
    {"rebalance", "method", SLOT(METHOD), .words = METHODS},
    {"rebalance", "clock", SLOT(CLOCK), .words = CLOCKS},
    {"rebalance", "every", SLOT(EVERY), .most = 1e6, .above = true},
    {"rebalance", "calendar_days", SLOT(EVERY), .most = 1e6, .above = true},
    {"rebalance", "min_interval_hours", SLOT(INTERVAL), .most = 1e6},
    {"rebalance", "momentum_filter", SLOT(MOMENTUM_DAYS), .words = "false|true", .word_value = 30},
    {"rebalance", "momentum_days", SLOT(MOMENTUM_DAYS), .most = 36500},
    {"rebalance", "momentum_limit", SLOT(MOMENTUM_LIMIT), .least = -1, .most = 1000},
    {"rebalance", "turnover_cap", SLOT(TURNOVER_CAP), .most = 100},
    {"rebalance", "delay_bars", SLOT(DELAY), .most = 10000, .whole = true},
    {"rebalance", "min_trade", SLOT(MIN_TRADE), .most = 1},
    {"costs", "fee_bps", .slot = NORNI_PORT_AX_FEE, .scale = 1e-4, .most = 5000},
    {"costs", "slippage_bps", .slot = NORNI_PORT_AX_SLIPPAGE, .scale = 1e-4, .most = 5000},
    {"costs", "fixed_fee", SLOT(FIXED_FEE), .most = 1e15},
    {"capital", "start", SLOT(CAPITAL), .most = 1e18, .above = true},
    {"capital", "cash_rate", SLOT(CASH_RATE), .least = -0.99, .most = 10},
    {"capital", "borrow_rate", SLOT(BORROW_RATE), .least = -0.99, .most = 10},
};
enum { KEYS = sizeof keys / sizeof *keys };
static const char *const sections[] = {"universe", "allocation", "rebalance", "costs", "capital"};

norn_status norni_port_key_fail(size_t line, norni_str name, norn_err *err, const char *fmt, ...) {
    char text[sizeof err->text];
    va_list ap;
    va_start(ap, fmt);
    norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    return norn_fail(err, NORN_E_FORMAT, "line %zu: %.*s: %s", line,
                     (int)(name.n < 40 ? name.n : 40), name.p, text);
}

/* "a, b, c" of a section's keys. */
static void list_keys(norni_str section, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < KEYS; i++) {
        if (!norni_str_is(section, keys[i].section)) continue;
        n += norni_format(out + n, size - n, "%s%s", n > 0 ? ", " : "", keys[i].name);
    }
}

static bool is_section(norni_str name) {
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (norni_str_is(name, sections[i])) return true;
    }
    return false;
}

norn_status norni_port_key_find(const norni_toml_row *row, norni_str section, norni_str name,
                                const norni_port_key **key, norn_err *err) {
    char allowed[240];
    *key = NULL;
    if (!is_section(section))
        return norni_port_key_fail(
            row->line, section.n > 0 ? section : name, err,
            "not known here; the tables are [universe], [allocation], [rebalance], [costs], "
            "[capital], and [KEY] with min, max and step of a key that takes numbers");
    for (size_t i = 0; i < KEYS && *key == NULL; i++) {
        if (norni_str_is(section, keys[i].section) && norni_str_is(name, keys[i].name))
            *key = &keys[i];
    }
    if (*key != NULL) return NORN_OK;
    list_keys(section, allowed, sizeof allowed);
    return norn_fail(err, NORN_E_FORMAT, "line %zu: [%.*s] knows no '%.*s'; it has %s", row->line,
                     (int)section.n, section.p, (int)(name.n < 30 ? name.n : 30), name.p, allowed);
}

const norni_port_key *norni_port_key_range(norni_str table) {
    const char *dot = memchr(table.p, '.', table.n);
    const size_t before = dot ? (size_t)(dot - table.p) : 0;
    const norni_str section = {table.p, before};
    const norni_str name = dot ? (norni_str){dot + 1, table.n - before - 1} : table;
    for (size_t i = 0; i < KEYS; i++) {
        if (!norni_str_is(name, keys[i].name) || keys[i].words || keys[i].slot >= NORNI_PORT_SLOTS)
            continue;
        if (dot == NULL || norni_str_is(section, keys[i].section)) return &keys[i];
    }
    return NULL;
}

/* Which word of "a|b|c"; SIZE_MAX: none. */
static size_t word_at(const char *words, norni_str text) {
    for (size_t k = 0; *words != '\0'; k++) {
        const char *end = strchr(words, '|');
        const size_t n = end ? (size_t)(end - words) : strlen(words);
        if (text.n == n && memcmp(text.p, words, n) == 0) return k;
        words += n + (end != NULL);
    }
    return SIZE_MAX;
}

static norn_status word_value(const norni_port_key *key, size_t line, const norni_toml_value *v,
                              double *out, norn_err *err) {
    const bool boolean = strcmp(key->words, "false|true") == 0;
    const size_t k = v->type == (boolean ? NORNI_TOML_BOOL : NORNI_TOML_STRING)
                         ? word_at(key->words, v->text)
                         : SIZE_MAX;
    if (k == SIZE_MAX)
        return norni_port_key_fail(line, norni_str_of(key->name), err,
                                   "'%.*s' is not allowed; it takes %s%s, or a list of them",
                                   (int)(v->text.n < 40 ? v->text.n : 40), v->text.p, key->words,
                                   boolean ? "" : " in quotes");
    *out = k == 1 && key->word_value > 0 ? key->word_value : (double)k;
    return NORN_OK;
}

static norn_status check_number(const norni_port_key *key, size_t line, double x, norn_err *err) {
    const bool whole = !key->whole || !(floor(x) < x);
    if (whole && x <= key->most && (key->above ? x > key->least : x >= key->least)) return NORN_OK;
    return norni_port_key_fail(line, norni_str_of(key->name), err,
                               "%g is not allowed; it takes %snumbers %s %g, at most %g", x,
                               key->whole ? "whole " : "", key->above ? "above" : "from",
                               key->least, key->most);
}

/* By one division, so that 15 bps are the double nearest to 0.0015. */
static double scaled(const norni_port_key *key, double x) {
    return key->scale < 1 ? x / floor(1 / key->scale + 0.5) : x;
}

static norn_status number_value(const norni_port_key *key, size_t line, const norni_toml_value *v,
                                double *out, norn_err *err) {
    if (v->type != NORNI_TOML_INT && v->type != NORNI_TOML_NUMBER)
        return norni_port_key_fail(
            line, norni_str_of(key->name), err,
            "it takes a number, a list of numbers, or a table [%s] with min, max and step",
            key->name);
    NORN_TRY(check_number(key, line, v->num, err));
    *out = scaled(key, v->num);
    return NORN_OK;
}

/* Sizes up to NORNI_PORT_AXIS_VALUES: each against each. */
static norn_status check_twice(const norni_port_key *key, size_t line, const double *v, size_t n,
                               norn_err *err) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            if (v[i] >= v[k] && v[i] <= v[k])
                return norni_port_key_fail(line, norni_str_of(key->name), err,
                                           "values %zu and %zu of the list are the same", i + 1,
                                           k + 1);
        }
    }
    return NORN_OK;
}

norn_status norni_port_key_values(const norni_port_key *key, const norni_toml_row *row,
                                  norni_arena *arena, norni_port_values *out, norn_err *err) {
    const bool list = row->value.type == NORNI_TOML_ARRAY;
    const size_t n = list ? row->value.n_items : 1;
    const norni_toml_value *item = list ? row->value.item : &row->value;
    if (n == 0 || n > NORNI_PORT_AXIS_VALUES)
        return norni_port_key_fail(row->line, row->key, err,
                                   "a list of %zu values; 1 to %d are allowed", n,
                                   (int)NORNI_PORT_AXIS_VALUES);
    double *v = norni_arena_get(arena, n, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "portfolio: grid", n, sizeof *v);
    for (size_t i = 0; i < n; i++)
        NORN_TRY(key->words ? word_value(key, row->line, &item[i], &v[i], err)
                            : number_value(key, row->line, &item[i], &v[i], err));
    *out = (norni_port_values){v, n};
    return check_twice(key, row->line, v, n, err);
}

/* 0.08, not 0.05 + 3 x 0.01: what nine decimals write is taken as written. */
static double tidy(double x) {
    const double near = floor(x * 1e9 + 0.5) / 1e9;
    return fabs(near - x) <= 1e-12 ? near : x;
}

norn_status norni_port_key_steps(const norni_port_key *key, size_t line, double min, double max,
                                 double step, norni_arena *arena, norni_port_values *out,
                                 norn_err *err) {
    const double many = floor((max - min) / step + 1e-9) + 1;
    if (!(step > 0) || !(max >= min))
        return norni_port_key_fail(line, norni_str_of(key->name), err,
                                   "min %g, max %g, step %g; max must not be below min, and step "
                                   "above 0",
                                   min, max, step);
    if (!(many <= NORNI_PORT_AXIS_VALUES))
        return norni_port_key_fail(line, norni_str_of(key->name), err,
                                   "min, max and step give more than %d values",
                                   (int)NORNI_PORT_AXIS_VALUES);
    const size_t n = (size_t)many;
    double *v = norni_arena_get(arena, n, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "portfolio: grid", n, sizeof *v);
    for (size_t i = 0; i < n; i++) {
        const double x = tidy(min + (double)i * step);
        NORN_TRY(check_number(key, line, x, err));
        v[i] = scaled(key, x);
    }
    *out = (norni_port_values){v, n};
    return check_twice(key, line, v, n, err);
}

norn_status norni_port_key_every(const norni_port_values *slot, const norni_port_key *key,
                                 const size_t *line, norn_err *err) {
    const norni_port_values clock = slot[NORNI_PORT_AX_CLOCK], every = slot[NORNI_PORT_AX_EVERY];
    bool counts = false;
    for (size_t i = 0; i < clock.n; i++)
        counts = counts || (norni_port_clock)clock.v[i] != NORNI_PORT_CLOCK_DAYS;
    if (!counts) return NORN_OK;
    if (key == NULL || strcmp(key->name, "every") != 0)
        return norni_port_key_fail(
            line[key ? NORNI_PORT_AX_EVERY : NORNI_PORT_AX_CLOCK],
            norni_str_of(key ? key->name : "clock"), err,
            "clock counts more than days: give `every`, how many weeks, months, … lie between two "
            "rebalances, in place of calendar_days");
    for (size_t i = 0; i < every.n; i++) {
        if ((double)(int64_t)every.v[i] < every.v[i])
            return norni_port_key_fail(line[NORNI_PORT_AX_EVERY], norni_str_of(key->name), err,
                                       "%g is not allowed; only days may be parts", every.v[i]);
    }
    return NORN_OK;
}
