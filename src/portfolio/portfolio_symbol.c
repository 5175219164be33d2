/* Names of symbols: one name for every way in which exchanges write a pair. */
/* SPDX-License-Identifier: Apache-2.0 */
/* "BTC/USDT", "BTC_USDT", "btc-usdt", "BTC USDT", "BTC/USDT:USDT" (a perpetual), "BTCUSDT" are BTC:
 * behind a separator / _ - : or a blank every usual quote currency is left out; without one only USDT, USDC,
 * FDUSD and USD, where two letters or more stay (BNBUSD is BNB: therefore BUSD and TUSD, which would make it BN,
 * need their separator). Every other name stays, in upper case: BRK-B, ETH/BTC, ^GSPC. */
#include "portfolio/portfolio_prices_parts.h"

#include "base/map.h"

static const char *const currencies[] = {"USDT", "USDC", "BUSD", "FDUSD", "TUSD", "USDP",
                                         "DAI",  "USD",  "EUR",  "GBP",   "JPY",  "INR"};
/* A stable coin of the dollar counts as the dollar. */
enum { N_CURRENCIES = sizeof currencies / sizeof *currencies, N_DOLLARS = 8 };
static const char *const suffixes[] = {"FDUSD", "USDT", "USDC", "USD"};

static const char *currency_of(norni_str s) {
    for (size_t i = 0; i < N_CURRENCIES; i++) {
        if (norni_str_is_nocase(s, currencies[i])) return i < N_DOLLARS ? "USD" : currencies[i];
    }
    return NULL;
}

static bool is_separator(char c) {
    return c == '/' || c == '_' || c == '-' || c == ':' || c == ' ';
}

/* Where the last separator stands, with a text before it and behind it; 0: nowhere. */
static size_t last_separator(norni_str s) {
    size_t at = s.n;
    while (at > 0 && !is_separator(s.p[at - 1]))
        at--;
    return at >= 2 && at < s.n ? at - 1 : 0;
}

static bool same_name(norni_str a, norni_str b) {
    char text[8];
    if (b.n >= sizeof text) return false;
    memcpy(text, b.p, b.n);
    text[b.n] = '\0';
    return norni_str_is_nocase(a, text);
}

/* "BTC/USDT:USDT" without what it is settled in, when that is its quote currency. */
static norni_str without_settlement(norni_str s) {
    const size_t at = last_separator(s);
    if (at == 0 || s.p[at] != ':') return s;
    const norni_str pair = {s.p, at}, settled = {s.p + at + 1, s.n - at - 1};
    const size_t before = last_separator(pair);
    if (before == 0 || !same_name((norni_str){pair.p + before + 1, pair.n - before - 1}, settled))
        return s;
    return pair;
}

norni_str norni_port_symbol_base(norni_str text, const char **currency) {
    norni_str s = without_settlement(norni_str_trim(text));
    const size_t at = last_separator(s);
    *currency = NULL;
    if (at > 0) {
        *currency = currency_of((norni_str){s.p + at + 1, s.n - at - 1});
        return *currency != NULL ? norni_str_trim((norni_str){s.p, at}) : s;
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && currency_of(s) == NULL; i++) {
        const size_t n = strlen(suffixes[i]);
        if (s.n < n + 2 || !norni_str_is_nocase((norni_str){s.p + s.n - n, n}, suffixes[i]))
            continue;
        *currency = "USD";
        return (norni_str){s.p, s.n - n};
    }
    return s;
}

norn_status norni_port_symbol(norni_arena *arena, norni_str text, norni_str *out, norn_err *err) {
    const char *currency;
    const norni_str base = norni_port_symbol_base(text, &currency);
    *out = (norni_str){"", 0};
    if (base.n == 0)
        return norn_fail(err, NORN_E_DATA, "prices: a symbol without a name; give it one");
    if (base.n > NORNI_PORT_MOST_SYMBOL)
        return norn_fail(err, NORN_E_DATA,
                         "prices: a symbol's name of %zu bytes ('%.20s…'); at most %d are allowed",
                         base.n, base.p, (int)NORNI_PORT_MOST_SYMBOL);
    char *name = norni_arena_text(arena, base.p, base.n);
    if (name == NULL) return norni_alloc_fail(err, "prices", base.n, 1);
    for (size_t i = 0; i < base.n; i++) {
        if (name[i] >= 'a' && name[i] <= 'z') name[i] = (char)(name[i] - 'a' + 'A');
        if ((unsigned char)name[i] < 32 || name[i] == 127)
            return norn_fail(err, NORN_E_DATA,
                             "prices: a control character stands in a symbol's name");
    }
    *out = (norni_str){name, base.n};
    return NORN_OK;
}

norn_status norni_port_symbols(norni_arena *arena, const norn_alloc *alloc,
                               const norni_port_quotes *quotes, size_t n, norni_str *symbol,
                               norni_buf *notes, norn_err *err) {
    norni_map map;
    norn_status st = NORN_OK;
    const char *first = NULL;
    size_t first_at = 0;
    bool mixed = false;
    norni_map_init(&map, alloc);
    for (size_t k = 0; k < n; k++) {
        const char *currency;
        bool added = false;
        NORN_TRY_GOTO(norni_port_symbol(arena, quotes[k].symbol, &symbol[k], err), end);
        const int64_t i = norni_map_add(&map, symbol[k], &added);
        if (i < 0) {
            st = norni_alloc_fail(err, "prices", n, 32);
            goto end;
        }
        if (!added) {
            const norni_str a = quotes[i].symbol, b = quotes[k].symbol;
            st = norn_fail(err, NORN_E_DATA,
                           "prices: '%.*s' and '%.*s' are both %.*s; leave one out, or join their "
                           "rows under one name",
                           norni_port_shown(a), a.p, norni_port_shown(b), b.p,
                           norni_port_shown(symbol[k]), symbol[k].p);
            goto end;
        }
        (void)norni_port_symbol_base(quotes[k].symbol, &currency);
        if (currency == NULL) continue;
        if (first == NULL) first = currency, first_at = k;
        if (strcmp(first, currency) != 0 && !mixed) {
            const norni_str a = quotes[first_at].symbol, b = quotes[k].symbol;
            norni_buf_format(
                notes,
                "'%.*s' and '%.*s' are in different currencies; their prices are taken "
                "as they are\n",
                norni_port_shown(a), a.p, norni_port_shown(b), b.p);
            mixed = true;
        }
    }
end:
    norni_map_clear(&map);
    return st;
}
