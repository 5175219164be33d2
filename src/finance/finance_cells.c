/* Numbers as people write them in books: currencies, brackets for less than nothing, marks of thousands. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_cells.h"

#include <math.h>

#include "base/numtext.h"

enum { MOST = 128 }; /* bytes of a number that is not plain digits */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool norni_fin_cell_missing(norni_str cell) {
    static const char *const text[] = {
        "NA",     "N/A",     "#N/A",         "NaN",          "null",   "none",
        "nil",    "-",       "--",           "n.a.",         "n/a.",   "?",
        ".",      "#REF!",   "#VALUE!",      "#DIV/0!",      "#NAME?", "#NUM!",
        "#NULL!", "(blank)", "\xE2\x80\x93", "\xE2\x80\x94", "<NA>",   "NaT",
        "missing"};
    const norni_str s = norni_str_trim(cell);
    if (s.n == 0) return true;
    if (s.n > 8 || strchr("nN#-?.(<mM\xE2", s.p[0]) == NULL) return false;
    for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
        if (norni_str_is_nocase(s, text[k])) return true;
    }
    return false;
}

/* Bytes of a blank or a mark of thousands that is neither . nor , at p; 0: none. *blank: it is a blank. */
static size_t spacer(const char *p, const char *end, bool *blank) {
    static const struct {
        const char *text;
        bool blank;
    } mark[] = {{" ", true},
                {"\t", true},
                {"\xC2\xA0", true},     /* no-break space */
                {"\xE2\x80\xAF", true}, /* its narrow form */
                {"\xE2\x80\x89", true}, /* thin space */
                {"'", false},
                {"\xE2\x80\x99", false}};
    for (size_t k = 0; k < sizeof mark / sizeof *mark; k++) {
        const size_t n = strlen(mark[k].text);
        if ((size_t)(end - p) >= n && memcmp(p, mark[k].text, n) == 0) {
            *blank = mark[k].blank;
            return n;
        }
    }
    return 0;
}

/* A cell without its sign, currency and unit. */
typedef struct bare {
    const char *p, *end; /* digits and marks, an exponent */
    bool negative;
    double unit;
} bare;

static const char *const currency[] = {
    "$",   "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5", "\xE2\x82\xB9", "\xE2\x82\xA9", "\xE2\x82\xBD",
    "USD", "EUR",          "GBP",      "JPY",      "INR",          "CNY",          "RMB",
    "AUD", "CAD",          "CHF",      "SEK",      "NOK",          "DKK",          "PLN",
    "BRL", "MXN",          "ZAR",      "SGD",      "HKD",          "NZD",          "KRW",
    "AED", "SAR",          "CZK",      "HUF",      "US$",          "Rs.",          "Rs",
    "R$",  "A$",           "C$",       "kr",       "Fr."};

static bool begins(const bare *b, const char *text, size_t n) {
    return (size_t)(b->end - b->p) >= n && norni_str_is_nocase((norni_str){b->p, n}, text);
}

static bool ends(const bare *b, const char *text, size_t n) {
    return (size_t)(b->end - b->p) >= n && norni_str_is_nocase((norni_str){b->end - n, n}, text);
}

static bool trim_blanks(bare *b) {
    const char *const p = b->p, *const end = b->end;
    bool blank = false;
    size_t n;
    while (b->p < b->end && (n = spacer(b->p, b->end, &blank)) > 0 && blank)
        b->p += n;
    for (;;) {
        for (n = 1; n <= 3; n++) {
            if ((size_t)(b->end - b->p) < n) break;
            if (spacer(b->end - n, b->end, &blank) == n && blank) break;
        }
        if (n > 3 || (size_t)(b->end - b->p) < n) break;
        b->end -= n;
    }
    return b->p != p || b->end != end;
}

static bool trim_currency(bare *b) {
    for (size_t k = 0; k < sizeof currency / sizeof *currency; k++) {
        const size_t n = strlen(currency[k]);
        if (begins(b, currency[k], n)) return b->p += n, true;
        if (ends(b, currency[k], n)) return b->end -= n, true;
    }
    return false;
}

/* A minus at either end, or both brackets; each once. */
static bool trim_sign(bare *b, bool *signed_yet) {
    static const char wide[] = "\xE2\x88\x92"; /* U+2212 */
    if (*signed_yet || b->p == b->end) return false;
    *signed_yet = b->negative = true;
    if (*b->p == '(' && b->end[-1] == ')' && b->end - b->p > 2) return b->p++, b->end--, true;
    if (*b->p == '-') return b->p++, true;
    if (b->end[-1] == '-') return b->end--, true;
    if (begins(b, wide, 3)) return b->p += 3, true;
    if (ends(b, wide, 3)) return b->end -= 3, true;
    b->negative = false;
    if (*b->p == '+') return b->p++, true;
    *signed_yet = false;
    return false;
}

static bool trim_unit(bare *b) {
    static const struct {
        const char *text;
        double unit;
    } known[] = {{"%", 0.01}, {"bn", 1e9}, {"mn", 1e6}, {"k", 1e3}, {"m", 1e6}, {"b", 1e9}};
    if (b->unit != 1 || b->p == b->end) return false;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const size_t n = strlen(known[k].text);
        if (ends(b, known[k].text, n) && (size_t)(b->end - b->p) > n) {
            b->end -= n;
            b->unit = known[k].unit;
            return true;
        }
    }
    return false;
}

/* false: no number can be left. */
static bool strip(norni_str cell, bare *b) {
    bool signed_yet = false, changed = true;
    *b = (bare){cell.p, cell.p + cell.n, false, 1};
    if (cell.n == 0 || cell.n > MOST) return false;
    while (changed && b->p < b->end) {
        if (is_digit(*b->p) && is_digit(b->end[-1])) break;
        changed = trim_blanks(b) || trim_currency(b) || trim_sign(b, &signed_yet) || trim_unit(b);
    }
    if (b->p == b->end) return false;
    return is_digit(*b->p) ||
           ((*b->p == '.' || *b->p == ',') && b->end - b->p > 1 && is_digit(b->p[1]));
}

static bool has_digit(norni_str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (is_digit(s.p[i])) return true;
    }
    return false;
}

/* Text of digits, one point, an exponent: nothing to decide but where a point has three digits behind. */
static bool is_plain(norni_str s) {
    if (s.n == 0) return false;
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        if (!(is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'))
            return false;
    }
    return true;
}

/* One mark, once: could it be of thousands? Exactly three digits behind, one to three before, no 0 first. */
static bool could_be_thousands(const char *p, const char *mark, const char *end) {
    if (end - mark != 4 || mark - p < 1 || mark - p > 3 || *p == '0') return false;
    return is_digit(mark[1]) && is_digit(mark[2]) && is_digit(mark[3]);
}

void norni_fin_marks_add(norni_fin_marks *m, norni_str cell) {
    const char *last[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    bare b;
    if (cell.n == 0 || cell.n > MOST) return;
    size_t at = 0;
    while (at < cell.n && cell.p[at] != '.' && cell.p[at] != ',')
        at++;
    if (at == cell.n || !has_digit(cell) || !strip(cell, &b)) return;
    for (const char *p = b.p; p < b.end; p++) {
        if (*p == '.') last[0] = p, n[0]++;
        if (*p == ',') last[1] = p, n[1]++;
        if (!(is_digit(*p) || *p == '.' || *p == ',' || *p == '\'' || *p == ' ' || *p == 'e' ||
              *p == 'E' || *p == '-' || *p == '+' || (unsigned char)*p >= 0x80))
            return; /* no number: it says nothing */
    }
    if (n[0] == 0 && n[1] == 0) return;
    if (n[0] > 0 && n[1] > 0) {
        if (n[0] > 1 && n[1] > 1) return;
        if (last[0] > last[1] ? n[0] == 1 : n[1] > 1)
            m->point++;
        else
            m->comma++;
    } else {
        const int k = n[0] > 0 ? 0 : 1;
        size_t *const sure = k == 0 ? &m->point : &m->comma, *const other =
                                                                 k == 0 ? &m->comma : &m->point;
        if (n[k] > 1)
            (*other)++; /* it stands more than once: of thousands */
        else if (could_be_thousands(b.p, last[k], b.end))
            k == 0 ? m->maybe_point++ : m->maybe_comma++;
        else
            (*sure)++;
    }
}

char norni_fin_marks_decide(const norni_fin_marks *m, const norni_fin_marks *file, bool *unsure) {
    *unsure = false;
    if (m->point != m->comma) return m->comma > m->point ? ',' : '.';
    if (m->point == 0 && m->maybe_point + m->maybe_comma == 0) return '.';
    if (file->point != file->comma) return file->comma > file->point ? ',' : '.';
    *unsure = true;
    if (file->point + file->comma + file->maybe_comma > 0) return '.';
    const bool many = file->columns > 1 ? file->maybe_point >= 4 : file->maybe_point >= 12;
    return many ? ',' : '.';
}

/* Groups of the digits before the decimal mark: all of three, or the last of three and the others of two;
 * the first may be shorter. */
static bool good_groups(const size_t *group, size_t n) {
    if (n == 1) return true;
    if (group[n - 1] != 3 || group[0] == 0 || group[0] > 3) return false;
    bool threes = true, twos = group[0] <= 2;
    for (size_t i = 1; i + 1 < n; i++) {
        threes = threes && group[i] == 3;
        twos = twos && group[i] == 2;
    }
    return threes || twos;
}

/* Copies digits, the decimal mark as a point and the exponent; marks of thousands must be of one kind. */
static bool normalise(const bare *b, char decimal, char *out, size_t *n_out) {
    size_t group[MOST] = {0}, n_groups = 1, n = 0, width;
    const char *mark = NULL;
    size_t mark_n = 0;
    const char *p = b->p;
    const char other = decimal == '.' ? ',' : '.';
    bool blank;
    for (; p < b->end && *p != decimal && *p != 'e' && *p != 'E'; p += width) {
        width = 1;
        if (is_digit(*p)) {
            group[n_groups - 1]++;
            out[n++] = *p;
            continue;
        }
        if (*p != other && (width = spacer(p, b->end, &blank)) == 0) return false;
        if (mark != NULL && (width != mark_n || memcmp(mark, p, width) != 0)) return false;
        mark = p;
        mark_n = width;
        n_groups++;
    }
    if (!good_groups(group, n_groups)) return false;
    for (; p < b->end; p++) {
        const char c = *p == decimal ? '.' : *p;
        if (*p == other && other != '.') return false;
        if (*p == '.' && decimal != '.') return false;
        out[n++] = c;
    }
    *n_out = n;
    return n > 0;
}

norni_fin_cell norni_fin_number_parse(norni_str cell, char decimal, double *x) {
    char text[MOST + 1];
    size_t n = 0;
    bare b;
    *x = NAN;
    if (decimal == '.' && is_plain(cell) && norni_num_parse(cell.p, cell.n, x) == NORNI_NUM_OK)
        return NORNI_FIN_CELL_NUMBER;
    *x = NAN;
    if (norni_fin_cell_missing(cell)) return NORNI_FIN_CELL_MISSING;
    double value;
    if (cell.n > MOST || !has_digit(cell) || !strip(cell, &b) ||
        !normalise(&b, decimal, text, &n) || norni_num_parse(text, n, &value) != NORNI_NUM_OK)
        return NORNI_FIN_CELL_OTHER;
    value = b.unit < 1 ? value / 100 : value * b.unit;
    if (!isfinite(value)) return NORNI_FIN_CELL_OTHER;
    *x = b.negative ? -value : value;
    return NORNI_FIN_CELL_NUMBER;
}
