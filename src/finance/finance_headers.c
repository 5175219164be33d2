/* What a header says its column is: fixed lists of synonyms, never a likeness. The reference took the
 * nearest of word vectors, by which Marketing Spend once became cash flow. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_headers.h"

/* Lists of plain headers, apart by '|'. */
typedef struct synonyms {
    uint8_t role, rank;
    const char *text;
} synonyms;

static const synonyms known[] = {
    {NORNI_FIN_REVENUE, NORNI_FIN_EXACT, "revenue"},
    {NORNI_FIN_REVENUE, NORNI_FIN_SYNONYM,
     "revenues|sales|sale|income|turnover|sales revenue|total income|total revenue|total sales|net "
     "sales|net revenue|net revenues|gross sales|gross revenue|sales amount|sale amount|sales "
     "value|"
     "revenue amount|operating revenue|top line|topline|billings|sales turnover|income "
     "amount|umsatz|"
     "umsatzerl\xC3\xB6se|umsatzerloese|erl\xC3\xB6se|erloese|chiffre d affaires"},
    {NORNI_FIN_REVENUE, NORNI_FIN_STAND_IN,
     "invoice amount|order amount|order value|order total|invoice total|total price|subtotal"},
    {NORNI_FIN_REVENUE, NORNI_FIN_LAST_RESORT,
     "credit|credits|credit amount|money in|paid in|inflow|inflows|deposits"},
    {NORNI_FIN_EXPENSES, NORNI_FIN_EXACT, "expenses"},
    {NORNI_FIN_EXPENSES, NORNI_FIN_SYNONYM,
     "expense|costs|cost|expenditure|expenditures|overheads|overhead|operating costs|operating "
     "cost|"
     "operational expenses|operational costs|operating expenses|operating expense|operating "
     "expenditure|opex|op ex|total expenses|total costs|total cost|total expenditure|spending|"
     "outgoings|kosten|aufwand|aufwendungen|ausgaben"},
    {NORNI_FIN_EXPENSES, NORNI_FIN_STAND_IN,
     "cogs|cost of goods sold|cost of sales|cost of revenue|costs of goods sold|spend"},
    {NORNI_FIN_EXPENSES, NORNI_FIN_LAST_RESORT,
     "debit|debits|debit amount|money out|paid out|outflow|outflows|withdrawals"},
    {NORNI_FIN_PROFIT, NORNI_FIN_EXACT, "profit"},
    {NORNI_FIN_PROFIT, NORNI_FIN_SYNONYM,
     "profits|net income|earnings|net profit|net earnings|profit pre tax|pre tax profit|pretax "
     "profit|"
     "profit before tax|pbt|profit after tax|pat|bottom line|profit loss|profit and loss|net "
     "profit "
     "loss|profit amount|net result|p l|pnl|gewinn|gewinn verlust"},
    {NORNI_FIN_PROFIT, NORNI_FIN_STAND_IN,
     "operating profit|operating income|ebit|ebitda|gross profit|gross income"},
    {NORNI_FIN_CASHFLOW, NORNI_FIN_EXACT, "cashflow"},
    {NORNI_FIN_CASHFLOW, NORNI_FIN_SYNONYM,
     "cash flow|cash flows|cash flow from operations|cashflow from operations|operating cash flow|"
     "operating cashflow|operational cash flow|net cash flow|net cashflow|cash from operations|ocf|"
     "cash flow from operating activities|net cash from operating activities|cash generated"},
    {NORNI_FIN_MARKETING, NORNI_FIN_EXACT, "marketing spend"},
    {NORNI_FIN_MARKETING, NORNI_FIN_SYNONYM,
     "marketing|marketing budget|ad spend|ads spend|advertising costs|advertising cost|advertising|"
     "advertising spend|advertising expenses|advertising expense|advertising budget|marketing "
     "expenses|marketing expense|marketing costs|marketing cost|marketing spending|marketing "
     "expenditure|ad budget|ad cost|ad costs|media spend|marketing and advertising|promotion "
     "spend"},
    {NORNI_FIN_ASSETS, NORNI_FIN_EXACT, "assets"},
    {NORNI_FIN_ASSETS, NORNI_FIN_SYNONYM, "total assets|asset|asset value"},
    {NORNI_FIN_LIABILITIES, NORNI_FIN_EXACT, "liabilities"},
    {NORNI_FIN_LIABILITIES, NORNI_FIN_SYNONYM,
     "debt|debts|total liabilities|total debt|liability|borrowings"},
    {NORNI_FIN_AR, NORNI_FIN_EXACT, "ar"},
    {NORNI_FIN_AR, NORNI_FIN_SYNONYM,
     "accounts receivable|account receivable|accounts receivables|receivables|receivable|trade "
     "receivables|debtors|trade debtors|accts receivable|acct receivable|accts rec|ar balance|a r "
     "balance|receivables balance|outstanding receivables|outstanding invoices|forderungen|a r"},
    {NORNI_FIN_AR, NORNI_FIN_STAND_IN, "outstanding|outstanding amount|outstanding balance"},
    {NORNI_FIN_AP, NORNI_FIN_EXACT, "ap"},
    {NORNI_FIN_AP, NORNI_FIN_SYNONYM,
     "accounts payable|account payable|accounts payables|payables|payable|trade payables|creditors|"
     "trade creditors|accts payable|acct payable|ap balance|a p balance|payables balance|"
     "verbindlichkeiten aus lieferungen|a p"},
    {NORNI_FIN_DATE, NORNI_FIN_EXACT, "date"},
    {NORNI_FIN_DATE, NORNI_FIN_SYNONYM,
     "timestamp|time stamp|period|transaction date|date of sale|order date|posting date|invoice "
     "date|"
     "sale date|sales date|booking date|book date|value date|reporting date|report date|accounting "
     "date|document date|purchase date|entry date|trade date|datetime|date time|month|year "
     "month|month "
     "year|period end|period ending|period end date|month end|month ending|fiscal period|fiscal "
     "month|"
     "accounting period|reporting period|ds|day|week|quarter|fiscal quarter|datum|monat|"
     "buchungsdatum"},
    {NORNI_FIN_DATE, NORNI_FIN_STAND_IN,
     "time|payment date|created at|created date|creation date|ship date|shipping date|delivery "
     "date|"
     "due date|updated at|month name"},
    {NORNI_FIN_REGION, NORNI_FIN_EXACT, "region"},
    {NORNI_FIN_REGION, NORNI_FIN_SYNONYM,
     "regions|country|market|location|country region|region country|sales region|territory|sales "
     "territory|geography|geo|area|zone|business region|region name|country "
     "name|land|r\xC3\xA9gion|pays"},
    {NORNI_FIN_REGION, NORNI_FIN_STAND_IN, "state|state province|province"},
    {NORNI_FIN_REGION, NORNI_FIN_LAST_RESORT, "branch|store|site|city"},
    {NORNI_FIN_DEPARTMENT, NORNI_FIN_EXACT, "department"},
    {NORNI_FIN_DEPARTMENT, NORNI_FIN_SYNONYM,
     "departments|dept|business unit|business units|bu|cost center|cost centre|division|profit "
     "center|"
     "profit centre|department name|org unit|organisational unit|organizational unit|business line|"
     "line of business|team|abteilung|kostenstelle"},
    {NORNI_FIN_DEPARTMENT, NORNI_FIN_STAND_IN, "category|product category|product line|function"},
    {NORNI_FIN_DEPARTMENT, NORNI_FIN_LAST_RESORT, "segment|business segment|account|account name"},
    {NORNI_FIN_ROLE_YEAR, NORNI_FIN_SYNONYM, "year|fiscal year|yr"},
    {NORNI_FIN_ROLE_AMOUNT, NORNI_FIN_SYNONYM,
     "amount|transaction amount|net amount|value|amt|transaction value|total amount|total"},
    {NORNI_FIN_ROLE_TYPE, NORNI_FIN_SYNONYM,
     "type|transaction type|entry type|direction|debit credit|dr cr|income expense"},
};

/* Words that do not change what a column is. */
static const char *const idle[] = {
    "total",    "amount",  "amt",      "value",   "usd",      "eur",       "gbp",    "inr",
    "jpy",      "cny",     "rmb",      "aud",     "cad",      "chf",       "dollar", "dollars",
    "euro",     "euros",   "pounds",   "rupees",  "yen",      "us",        "k",      "mn",
    "mm",       "bn",      "keur",     "kusd",    "thousand", "thousands", "mio",    "million",
    "millions", "in",      "of",       "the",     "monthly",  "daily",     "weekly", "quarterly",
    "actual",   "actuals", "reported", "overall", "sum",      "and"};

typedef struct words {
    norni_str word[16];
    size_t n;
} words;

static bool is_letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(unsigned char c) {
    return c >= 'A' && c <= 'Z';
}

/* A new word begins at i: aB, or the B of ABc. */
static bool hump(norni_str s, size_t i) {
    const unsigned char c = (unsigned char)s.p[i], before = (unsigned char)s.p[i - 1];
    if (!is_upper(c) || !is_letter(before)) return false;
    if (before >= 'a' && before <= 'z') return true;
    return is_upper(before) && i + 1 < s.n && s.p[i + 1] >= 'a' && s.p[i + 1] <= 'z';
}

static size_t plain(norni_str s, bool brackets, char out[NORNI_FIN_HEADER_MOST]) {
    size_t n = 0, deep = 0;
    bool gap = false;
    for (size_t i = 0; i < s.n && n + 2 < NORNI_FIN_HEADER_MOST; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        const bool opens = c == '(' || c == '[' || c == '{',
                   closes = c == ')' || c == ']' || c == '}';
        if (brackets && opens) deep++;
        if (brackets && closes && deep > 0) deep--;
        if (deep > 0 || opens || closes || !(is_letter(c) || is_digit(c))) {
            gap = gap || c != '\'';
            continue;
        }
        if (i > 0 && hump(s, i)) gap = true;
        if (gap && n > 0) out[n++] = ' ';
        gap = false;
        out[n++] = (char)(is_upper(c) ? c + 32 : c);
    }
    return n;
}

size_t norni_fin_header_plain(norni_str header, char out[NORNI_FIN_HEADER_MOST]) {
    const size_t n = plain(header, true, out);
    return n > 0 ? n : plain(header, false, out);
}

static words split(norni_str s, char mark) {
    words w = {.n = 0};
    size_t from = 0;
    for (size_t i = 0; i <= s.n && w.n < 16; i++) {
        if (i < s.n && s.p[i] != mark) continue;
        if (i > from) w.word[w.n++] = (norni_str){s.p + from, i - from};
        from = i + 1;
    }
    return w;
}

static bool same(norni_str a, norni_str b) {
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

bool norni_fin_header_blocked(norni_str header) {
    static const char *const text[] = {"note",    "notes",       "comment",      "comments",
                                       "remarks", "description", "descriptions", "memo"};
    char buf[NORNI_FIN_HEADER_MOST];
    const words w = split((norni_str){buf, norni_fin_header_plain(header, buf)}, ' ');
    for (size_t i = 0; i < w.n; i++) {
        for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
            if (norni_str_is(w.word[i], text[k])) return true;
        }
    }
    return false;
}

/* Without idle words, in order of bytes; none left: as it was. */
static words core(norni_str s) {
    const words all = split(s, ' ');
    words w = {.n = 0};
    for (size_t i = 0; i < all.n; i++) {
        bool skip = false;
        for (size_t k = 0; k < sizeof idle / sizeof *idle && !skip; k++)
            skip = norni_str_is(all.word[i], idle[k]);
        if (skip) continue;
        size_t at = w.n++;
        for (; at > 0 && norni_str_cmp(w.word[at - 1], all.word[i]) > 0; at--)
            w.word[at] = w.word[at - 1];
        w.word[at] = all.word[i];
    }
    return w;
}

static bool same_words(const words *a, const words *b) {
    if (a->n != b->n || a->n == 0) return false;
    for (size_t i = 0; i < a->n; i++) {
        if (!same(a->word[i], b->word[i])) return false;
    }
    return true;
}

/* The entry of a list that begins at *at; false: the list is over. */
static bool next_entry(const char *text, size_t *at, norni_str *entry) {
    if (text[*at] == '\0') return false;
    const char *const from = text + *at, *const bar = strchr(from, '|');
    entry->p = from;
    entry->n = bar ? (size_t)(bar - from) : strlen(from);
    *at += entry->n + (bar != NULL);
    return true;
}

static bool listed(const synonyms *s, norni_str header) {
    norni_str entry;
    for (size_t at = 0; next_entry(s->text, &at, &entry);) {
        if (same(entry, header)) return true;
    }
    return false;
}

static bool listed_words(const synonyms *s, const words *header) {
    norni_str entry;
    for (size_t at = 0; header->n > 0 && next_entry(s->text, &at, &entry);) {
        if (memmem(entry.p, entry.n, header->word[0].p, header->word[0].n) == NULL) continue;
        const words w = core(entry);
        if (same_words(&w, header)) return true;
    }
    return false;
}

unsigned norni_fin_header_role(norni_str header, norni_fin_rank *rank) {
    char buf[NORNI_FIN_HEADER_MOST];
    const norni_str s = {buf, norni_fin_header_plain(header, buf)};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        *rank = (norni_fin_rank)known[k].rank;
        if (listed(&known[k], s)) return known[k].role;
    }
    const words w = core(s);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        *rank = known[k].rank < NORNI_FIN_WORDS ? NORNI_FIN_WORDS : (norni_fin_rank)known[k].rank;
        if (known[k].role != NORNI_FIN_ROLE_TYPE && listed_words(&known[k], &w))
            return known[k].role;
    }
    return NORNI_FIN_ROLE_NONE;
}

bool norni_fin_header_is_type(norni_str header) {
    char buf[NORNI_FIN_HEADER_MOST];
    const norni_str s = {buf, norni_fin_header_plain(header, buf)};
    norni_fin_rank rank;
    return norni_str_is(s, "category") || norni_str_is(s, "class") ||
           norni_str_is(s, "account type") ||
           norni_fin_header_role(header, &rank) == NORNI_FIN_ROLE_TYPE;
}
