/* What-if: one column of a report times a factor, and what profit and cash flow come to by the accounts' identities. */
/* SPDX-License-Identifier: Apache-2.0 */
/* profit = revenue - expenses + rest, cashflow = profit + rest. Both rests are what the books show and stay as they are, so that
 * baseline and scenario follow one rule: a change of revenue moves profit by as much, one of expenses by as much the other way,
 * and cash flow moves with profit. Marketing is part of expenses (unless it is larger than they are, or they are not there and
 * nor is profit), which rise and fall with it. Balances (assets, liabilities, ar, ap) and other columns touch neither. */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_kpis.h"
#include "finance/finance_metrics.h"

enum { NAME = 64, NEAR = 3 };

/* Text of at most a summary's length. */
typedef struct sentence {
    char p[512];
    size_t n;
} sentence;

static void NORN_PRINTF(2, 3) say(sentence *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    b->n += norni_vformat(b->p + b->n, sizeof b->p - b->n, fmt, ap);
    va_end(ap);
}

/* Names are the same but for case, blanks, underscores and hyphens. */
static char folded(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '_' || c == '-' ? ' ' : c;
}
static bool alike(norni_str a, norni_str b) {
    a = norni_str_trim(a), b = norni_str_trim(b);
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        if (folded(a.p[i]) != folded(b.p[i])) return false;
    }
    return a.n == b.n;
}
static bool close_to(norni_str a, norni_str b) {
    char one[NAME], two[NAME];
    a = norni_str_trim(a), b = norni_str_trim(b);
    if (a.n > NAME || b.n > NAME) return false;
    for (size_t i = 0; i < a.n; i++)
        one[i] = folded(a.p[i]);
    for (size_t i = 0; i < b.n; i++)
        two[i] = folded(b.p[i]);
    /* Of short names fewer bytes may differ: "foo" is not near "ar". */
    const size_t far = norni_str_distance((norni_str){one, a.n}, (norni_str){two, b.n});
    return far <= NEAR && 3 * far <= (a.n > b.n ? a.n : b.n);
}

/* A name's first bytes for a text, cut at a character's edge. */
static norni_str shown(norni_str s) {
    s = norni_str_trim(s);
    if (s.n <= NAME) return s;
    s.n = NAME;
    while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xC0) == 0x80)
        s.n--;
    return s;
}

static norni_fin_key key_of(norni_str name) {
    unsigned k = 0;
    while (k < NORNI_FIN_KEYS && !alike(name, norni_str_of(norni_fin_key_name((norni_fin_key)k))))
        k++;
    return (norni_fin_key)k;
}

/* Adds the names of number columns that are near the parameter, or all of them. */
static void add_names(sentence *b, const norni_fin_table *t, norni_str parameter, bool all) {
    const char *comma = "";
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        const norni_str name = norni_str_of(norni_fin_key_name((norni_fin_key)k));
        if (t->number[k] == NULL || !(all || close_to(parameter, name))) continue;
        say(b, "%s%.*s", comma, (int)name.n, name.p), comma = ", ";
    }
    for (size_t i = 0; i < t->n_mapping; i++) {
        const norni_str name = shown(t->mapping[i].header);
        const char *key = t->mapping[i].key;
        if (key == NULL || key_of(norni_str_of(key)) >= NORNI_FIN_NUMBERS) continue;
        if (all || !close_to(parameter, name) || alike(name, norni_str_of(key))) continue;
        say(b, "%s%.*s", comma, (int)name.n, name.p), comma = ", ";
    }
    for (size_t i = 0; i < t->n_extra; i++) {
        const norni_str name = shown(t->extra[i].name);
        if (t->extra[i].number == NULL || !(all || close_to(parameter, name))) continue;
        say(b, "%s%.*s", comma, (int)name.n, name.p), comma = ", ";
    }
}

static norn_status not_there(const norni_fin_book *book, norni_str parameter, const char *why,
                             norn_err *err) {
    sentence near = {0};
    add_names(&near, &book->table, parameter, false);
    const bool some = near.n > 0;
    if (!some) add_names(&near, &book->table, parameter, true);
    const norni_str name = shown(parameter);
    return norn_fail(err, NORN_E_ARG, "parameter='%.*s' %s; %s: %s", (int)name.n, name.p, why,
                     some ? "near it" : "there are", near.p);
}

/* The key that a name stands for; NORNI_FIN_KEYS: a column of numbers that is none. */
static norn_status find(const norni_fin_book *book, norni_str parameter, norni_fin_key *key,
                        norn_err *err) {
    const norni_fin_table *t = &book->table;
    *key = key_of(parameter);
    for (size_t i = 0; i < t->n_mapping && (*key == NORNI_FIN_KEYS ||
                                            (*key < NORNI_FIN_NUMBERS && t->number[*key] == NULL));
         i++) {
        if (t->mapping[i].key != NULL && alike(parameter, t->mapping[i].header))
            *key = key_of(norni_str_of(t->mapping[i].key));
    }
    if (*key < NORNI_FIN_NUMBERS && t->number[*key] != NULL) return NORN_OK;
    if (*key >= NORNI_FIN_NUMBERS && *key < NORNI_FIN_KEYS)
        return not_there(book, parameter, "is no column of numbers", err);
    *key = NORNI_FIN_KEYS;
    for (size_t i = 0; i < t->n_extra; i++) {
        if (!alike(parameter, t->extra[i].name)) continue;
        if (t->extra[i].number == NULL)
            return not_there(book, parameter, "is no column of numbers", err);
        return NORN_OK;
    }
    return not_there(book, parameter, "is not a column of this table", err);
}

/* Whether marketing is paid out of profit: inside expenses, or, without that column, before profit. */
static bool marketing_inside(const norni_fin_table *t) {
    if (t->number[NORNI_FIN_EXPENSES] == NULL) return t->number[NORNI_FIN_PROFIT] != NULL;
    return norni_fin_total(t, NORNI_FIN_MARKETING) <= norni_fin_total(t, NORNI_FIN_EXPENSES);
}

/* "1,234,567.89"; two digits behind the point at most. */
static void money(sentence *b, double x) {
    const double size = floor(fabs(x) * 100 + 0.5);
    if (isnan(x)) {
        say(b, "unknown");
        return;
    }
    if (!(size < 9e15)) {
        say(b, "%g", x);
        return;
    }
    const int64_t cents = (int64_t)size;
    char digit[24];
    int n = 0;
    for (int64_t whole = cents / 100; n == 0 || whole > 0; whole /= 10)
        digit[n++] = (char)('0' + whole % 10);
    if (x < 0 && cents > 0) say(b, "-");
    while (n > 0) {
        say(b, "%c", digit[--n]);
        if (n > 0 && n % 3 == 0) say(b, ",");
    }
    if (cents % 100 != 0) say(b, ".%d%d", (int)(cents / 10 % 10), (int)(cents % 10));
}

/* Against the size of the base, so that its sign is the change's; NaN: from nothing. */
static double percent(double base, double now) {
    return 100 * norni_fin_over(now - base, fabs(base));
}

static double digits(double x, double scale) {
    return floor(x * scale + 0.5) / scale;
}

static void tell(sentence *b, const char *what, double base, double now) {
    if (isnan(base) || isnan(now)) {
        say(b, " %s is not in this table.", what);
        return;
    }
    const double p = percent(base, now);
    say(b, " %s %s ", what, now > base ? "rises from" : now < base ? "falls from" : "stays at");
    money(b, base);
    if (now != base) {
        say(b, " to ");
        money(b, now);
        if (!isnan(p)) say(b, " (%s%g %%)", p > 0 ? "+" : "", digits(p, 100));
    }
    say(b, ".");
}

static const char *because(const norni_fin_table *t, norni_fin_key key) {
    if (key == NORNI_FIN_REVENUE || key == NORNI_FIN_EXPENSES)
        return " By profit = revenue - expenses; cash flow moves by the change of profit.";
    if (key == NORNI_FIN_PROFIT) return " Cash flow moves by the change of profit.";
    if (key == NORNI_FIN_CASHFLOW) return " Profit does not depend on cash flow.";
    if (key == NORNI_FIN_MARKETING)
        return marketing_inside(t)
                   ? " Marketing is part of expenses, which change by as much; its effect on "
                     "revenue is "
                     "not part of this."
                   : " Marketing is not part of this table's expenses, so neither depends on it.";
    if (key < NORNI_FIN_NUMBERS)
        return " It is a balance: no part of profit = revenue - expenses, nor of cash flow.";
    return " It is no part of profit = revenue - expenses, nor of cash flow.";
}

static void summarise(const norni_fin_book *book, norni_str parameter, norni_fin_key key,
                      double change_pct, norni_fin_whatif *out) {
    sentence b = {0};
    const norni_str name = shown(parameter);
    say(&b, "%.*s %s%g %%:", (int)name.n, name.p, change_pct > 0 ? "+" : "", change_pct);
    tell(&b, "Total profit", out->base_profit, out->profit);
    tell(&b, "Total cash flow", out->base_cashflow, out->cashflow);
    say(&b, "%s", because(&book->table, key));
    (void)norni_format(out->summary, sizeof out->summary, "%.*s", (int)b.n, b.p);
    if (out->summary[0] >= 'a' && out->summary[0] <= 'z') out->summary[0] -= 'a' - 'A';
}

norn_status norni_fin_whatif_make(const norni_fin_book *book, norni_str parameter,
                                  double change_pct, norni_fin_whatif *out, norn_err *err) {
    const norni_fin_table *t = &book->table;
    if (!(change_pct >= -100) || isinf(change_pct))
        return norn_fail(err, NORN_E_ARG,
                         "change_pct=%g is not a number from -100 (nothing left) upwards",
                         change_pct);
    if (t->number[NORNI_FIN_PROFIT] == NULL && t->number[NORNI_FIN_CASHFLOW] == NULL)
        return norn_fail(err, NORN_E_DATA,
                         "this table has neither profit, nor revenue and expenses to make "
                         "it of, nor cash flow: there is nothing to say the change of");
    norni_fin_key key = NORNI_FIN_KEYS;
    NORN_TRY(find(book, parameter, &key, err));
    const double share = change_pct / 100;
    const double moved = key < NORNI_FIN_NUMBERS ? norni_fin_total(t, key) * share : 0;
    double profit = 0, cashflow = 0;
    if (key == NORNI_FIN_REVENUE || key == NORNI_FIN_PROFIT) profit = moved;
    if (key == NORNI_FIN_EXPENSES || (key == NORNI_FIN_MARKETING && marketing_inside(t)))
        profit = -moved;
    cashflow = key == NORNI_FIN_CASHFLOW ? moved : profit;

    out->base_profit = norni_fin_total(t, NORNI_FIN_PROFIT);
    out->base_cashflow = norni_fin_total(t, NORNI_FIN_CASHFLOW);
    out->profit = out->base_profit + profit;
    out->cashflow = out->base_cashflow + cashflow;
    summarise(book, parameter, key, change_pct, out);
    return NORN_OK;
}

void norni_fin_whatif_json(norni_json *j, norni_str parameter, double change_pct,
                           const norni_fin_whatif *w) {
    norni_json_open(j, '{');
    norni_json_key(j, "scenario");
    norni_json_open(j, '{');
    norni_json_key_str(j, "parameter_changed", parameter);
    norni_json_key_num(j, "change_percentage", change_pct);
    norni_json_close(j, '}');
    norni_json_key(j, "baseline");
    norni_json_open(j, '{');
    norni_json_key_num(j, "total_profit", w->base_profit);
    norni_json_key_num(j, "total_cashflow", w->base_cashflow);
    norni_json_close(j, '}');
    norni_json_key(j, "simulation_results");
    norni_json_open(j, '{');
    norni_json_key_num(j, "total_profit", w->profit);
    norni_json_key_num(j, "total_cashflow", w->cashflow);
    norni_json_close(j, '}');
    norni_json_key(j, "impact");
    norni_json_open(j, '{');
    norni_json_key_num(j, "profit_impact_absolute", w->profit - w->base_profit);
    norni_json_key_num(j, "profit_impact_percentage", percent(w->base_profit, w->profit));
    norni_json_key_num(j, "cashflow_impact_absolute", w->cashflow - w->base_cashflow);
    norni_json_key_num(j, "cashflow_impact_percentage", percent(w->base_cashflow, w->cashflow));
    norni_json_close(j, '}');
    norni_json_key_str(j, "summary_text", norni_str_of(w->summary));
    norni_json_close(j, '}');
}
