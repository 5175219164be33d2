/* Values and names of a report's HTML page in the form that people read: 26.6 %, Dec 2022, Accounts receivable. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/numtext.h"
#include "finance/finance_html_parts.h"
#include "finance/finance_words.h"
#include "plot/svg.h"

static bool ends_with(norni_str s, const char *tail) {
    const norni_str t = norni_str_of(tail);
    return s.n >= t.n && norni_str_cmp((norni_str){s.p + s.n - t.n, t.n}, t) == 0;
}

static bool is_among(norni_str s, const char *const *list, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (norni_str_is(s, list[k])) return true;
    return false;
}

norni_fin_kind norni_fin_html_kind(norni_str key) {
    static const char *const tail[] = {"_sum", "_mean", "_std", "_min", "_max"};
    static const char *const share[] = {"profit_margin", "expense_ratio", "marketing_spend_ratio",
                                        "working_capital_ratio", "debt_to_asset_ratio"};
    static const char *const rate[] = {"growth", "growth_rate", "cagr", "pct", "percentage"};
    static const char *const plain[] = {"year", "row", "row_id"};
    for (size_t k = 0; k < sizeof tail / sizeof *tail; k++)
        if (ends_with(key, tail[k])) key.n -= norni_str_of(tail[k]).n;
    if (is_among(key, share, sizeof share / sizeof *share)) return NORNI_FIN_KIND_SHARE;
    if (is_among(key, plain, sizeof plain / sizeof *plain)) return NORNI_FIN_KIND_PLAIN;
    if (norni_str_is(key, "p_value")) return NORNI_FIN_KIND_P;
    for (size_t k = 0; k < sizeof rate / sizeof *rate; k++)
        if (ends_with(key, rate[k])) return NORNI_FIN_KIND_RATE;
    return NORNI_FIN_KIND_NUMBER;
}

/* 824,854 */
static void put_whole(norni_buf *b, double x, bool grouped) {
    char digit[NORNI_NUM_MAX];
    const size_t n = norni_int_print(digit, (int64_t)x), from = n > 0 && digit[0] == '-';
    for (size_t i = 0; i < n; i++) {
        if (grouped && i > from && (n - i) % 3 == 0) norni_buf_text(b, ",");
        norni_buf_add(b, &digit[i], 1);
    }
}

static double half_up(double x) {
    return x + (x < 0 ? -0.5 : 0.5);
}

void norni_fin_html_value(norni_buf *b, norni_fin_kind kind, double x) {
    char text[NORNI_FIN_WORD];
    const double size = fabs(x);
    if (!isfinite(x))
        norni_buf_text(b, "\xe2\x80\x93");
    else if (kind == NORNI_FIN_KIND_SHARE || kind == NORNI_FIN_KIND_RATE)
        norni_buf_text(b, norni_fin_percent_text(kind == NORNI_FIN_KIND_SHARE ? 100 * x : x, text));
    else if (kind == NORNI_FIN_KIND_P && size < 1e-4)
        norni_buf_text(b, "&lt; 0.0001");
    else if (size < 1e15 && (size >= 999.5 || size == (double)(int64_t)size))
        put_whole(b, half_up(x), kind != NORNI_FIN_KIND_PLAIN);
    else if (size < 0.1)
        norni_buf_format(b, "%g", (double)(int64_t)half_up(x * 1e4) / 1e4);
    else
        norni_buf_text(b, norni_fin_number_text(x, text));
}

void norni_fin_html_valued(norni_buf *b, norni_fin_kind kind, double x) {
    norni_buf_text(b, "<td class=\"num\">");
    norni_fin_html_value(b, kind, x);
    norni_buf_text(b, "</td>");
}

void norni_fin_html_figure(norni_buf *b, double x) {
    norni_fin_html_value(b, NORNI_FIN_KIND_NUMBER, x);
}

void norni_fin_html_number(norni_buf *b, double x) {
    norni_fin_html_valued(b, NORNI_FIN_KIND_NUMBER, x);
}

void norni_fin_html_month(norni_buf *b, int64_t month) {
    char text[NORNI_FIN_WORD];
    (void)norni_fin_month_words(month, text);
    norni_buf_format(b, "%.*s %lld", 3, text, (long long)(month / 12));
}

bool norni_fin_html_date(norni_buf *b, norni_str s) {
    int64_t part[2] = {0, 0};
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || s.p[8] != '0' || s.p[9] != '1') return false;
    for (size_t i = 0; i < 7; i++) {
        if (i == 4) continue;
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        part[i > 4] = part[i > 4] * 10 + (s.p[i] - '0');
    }
    if (part[1] < 1 || part[1] > 12) return false;
    norni_fin_html_month(b, part[0] * 12 + part[1] - 1);
    return true;
}

/* Words that are not written as they stand in a key. */
static const char *spelt(norni_str word) {
    static const char *const pair[][2] = {{"dso", "DSO"},
                                          {"dpo", "DPO"},
                                          {"ar", "accounts receivable"},
                                          {"id", "ID"},
                                          {"roas", "ROAS"},
                                          {"ap", "accounts payable"},
                                          {"rmse", "RMSE"},
                                          {"cashflow", "cash flow"},
                                          {"Cashflow", "Cash flow"},
                                          {"std", "std. dev."},
                                          {"cagr", "growth per year"},
                                          {"mom", "monthly"},
                                          {"yoy", "yearly"},
                                          {"p90", "P90"},
                                          {"AR", "Accounts receivable"},
                                          {"AP", "Accounts payable"},
                                          {"sum", "total"}};
    for (size_t k = 0; k < sizeof pair / sizeof *pair; k++)
        if (norni_str_is(word, pair[k][0])) return pair[k][1];
    return NULL;
}

void norni_fin_key_words(norni_buf *b, norni_str key) {
    for (size_t at = 0; at < key.n;) {
        size_t end = at;
        while (end < key.n && key.p[end] != '_')
            end++;
        norni_str word = {key.p + at, end - at};
        const char *other = spelt(word);
        if (other != NULL) word = norni_str_of(other);
        if (at == 0 && word.n > 0 && word.p[0] >= 'a' && word.p[0] <= 'z') {
            const char up = (char)(word.p[0] - 'a' + 'A');
            norni_buf_add(b, &up, 1);
            word = (norni_str){word.p + 1, word.n - 1};
        }
        norni_buf_add(b, word.p, word.n);
        if (end < key.n) norni_buf_text(b, " ");
        at = end + 1;
    }
}

void norni_fin_html_words(norni_buf *b, norni_str key) {
    norni_buf text;
    norni_buf_init(&text, b->alloc);
    norni_fin_key_words(&text, key);
    if (text.failed) b->failed = true;
    if (text.n > 0 && !text.failed) norni_svg_text(b, (norni_str){text.p, text.n});
    norni_buf_clear(&text);
}

void norni_fin_html_fit(norni_buf *b, norni_str described) {
    size_t end = described.n, blank = 0, depth = 0;
    for (size_t i = 0; i < described.n; i++) {
        const char c = described.p[i];
        if (c == '(' || c == '[') depth++;
        if ((c == ')' || c == ']') && depth > 0) depth--;
        if (depth > 0) continue;
        if (c == ' ') blank = i;
        if (c == '=' && blank > 0) {
            end = blank;
            break;
        }
    }
    norni_svg_text(b, (norni_str){described.p, end});
}
