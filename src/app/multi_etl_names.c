/* Names in the plant's workbooks: kinds of sheets, tags, products, dates and months as people write them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/numtext.h"
#include "base/fp.h"
#include "app/multi_etl_parts.h"

const norni_etl_tag norni_etl_flow[NORNI_ETL_FLOWS] = {
    {"102FIC3201", "Total_Stabilized_Naphtha_Product_Flowrate"},
    {"101FIC3001", "Total_Kerosene_Product_Flowrate"},
    {"104FIC2902", "Jet_Fuel_Product_Train1_Flowrate"},
    {"101FIC5303", "Total_Light_Diesel_Product_Flowrate"},
    {"101FIC4201", "Total_Heavy_Diesel_Product_Flowrate"},
    {"101FIC3101", "Total_Atmospheric_Residue_Flowrate"},
    {"101FIC5802", "Stabilized_Naphtha_to_SGCU_Flowrate"},
    {"101FIC3002", "Kerosene_to_DHT_Flowrate"},
    {"101FIC2001", "Light_Diesel_to_DHT_Flowrate"},
    {"101FIC6101", "Heavy_Diesel_to_MHC_Flowrate"},
    {"101FIC3103", "Atmospheric_Residue_to_RFCC_Flowrate"},
    {"101FIC3104", "Atmospheric_Residue_to_Storage_Flowrate"},
    {"101FIC6302", "Storage_EE1027_Flowrate"},
};
const char *const norni_etl_feed[NORNI_ETL_FEEDS] = {
    "Raw_Crude_Pump_Discharge_Flow", "Train_A_Raw_Crude_Flow", "Train_B_Raw_Crude_Flow",
    "Rich_Gas_Knockout_Drum_Liquid_to_CDU", "Rich_Sponge_Oil_Flash_Drum_Bottoms_to_CDU"};
const char *const norni_etl_yield[NORNI_ETL_YIELDS] = {"Gas & LPG", "Kerosene", "Light Diesel",
                                                       "Heavy Diesel", "RCO"};

static int letter_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A' + 'a';
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80
               ? (unsigned char)c
               : 0;
}

bool norni_etl_alike(norni_str a, const char *b) {
    size_t k = 0;
    for (;; b++) {
        while (k < a.n && letter_of(a.p[k]) == 0)
            k++;
        while (*b != '\0' && letter_of(*b) == 0)
            b++;
        if (k == a.n || *b == '\0') return k == a.n && *b == '\0';
        if (letter_of(a.p[k]) != letter_of(*b)) return false;
        k++;
    }
}

/* Whether `part` (lower case letters and digits) stands in the name, letters and digits compared. */
static bool holds(norni_str name, const char *part) {
    for (size_t from = 0; from < name.n; from++) {
        size_t k = from;
        const char *p = part;
        while (k < name.n && *p != '\0') {
            const int c = letter_of(name.p[k]);
            if (c != 0 && c != (unsigned char)*p) break;
            p += c != 0;
            k++;
        }
        if (*p == '\0') return true;
    }
    return false;
}

norni_etl_kind norni_etl_kind_of(norni_str name) {
    if (holds(name, "monitoringtag") || holds(name, "tsmonitoring")) return NORNI_ETL_TAGS;
    if (holds(name, "blend")) return NORNI_ETL_BLENDS;
    return holds(name, "lab") ? NORNI_ETL_LAB : NORNI_ETL_NONE;
}

norni_str norni_etl_series_name(norni_str tag, norni_str label) {
    for (size_t k = 0; k < NORNI_ETL_FLOWS; k++) {
        const norni_etl_tag *f = &norni_etl_flow[k];
        if (norni_etl_alike(tag, f->tag) || norni_etl_alike(label, f->tag) ||
            norni_etl_alike(tag, f->name) || norni_etl_alike(label, f->name))
            return norni_str_of(f->name);
    }
    for (size_t k = 0; k < NORNI_ETL_FEEDS; k++) {
        if (norni_etl_alike(tag, norni_etl_feed[k]) || norni_etl_alike(label, norni_etl_feed[k]))
            return norni_str_of(norni_etl_feed[k]);
    }
    return tag.n > 0 ? tag : label;
}

static int month_word(norni_str s) {
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    if (s.n < 3) return 0;
    for (int m = 0; m < 12; m++) {
        if (letter_of(s.p[0]) == months[m][0] && letter_of(s.p[1]) == months[m][1] &&
            letter_of(s.p[2]) == months[m][2])
            return m + 1;
    }
    return 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
    return letter_of(c) != 0 && !is_digit(c);
}

/* Digits from k on, at most four: their number in *value. */
static size_t digits_at(norni_str s, size_t k, int32_t *value) {
    size_t n = 0;
    for (*value = 0; n < 4 && k + n < s.n && is_digit(s.p[k + n]); n++)
        *value = 10 * *value + (s.p[k + n] - '0');
    return n;
}

/* 1-Jun-24, 01 June 2024 */
static bool worded_day(norni_str s, int64_t *day) {
    int32_t d = 0, year = 0;
    size_t k = digits_at(s, 0, &d);
    if (k < 1 || k > 2) return false;
    while (k < s.n && (s.p[k] == '-' || s.p[k] == ' ' || s.p[k] == '/' || s.p[k] == '.'))
        k++;
    const int month = month_word((norni_str){s.p + k, s.n - k});
    while (k < s.n && is_letter(s.p[k]))
        k++;
    while (k < s.n && (s.p[k] == '-' || s.p[k] == ' ' || s.p[k] == '/' || s.p[k] == '.'))
        k++;
    const size_t n = digits_at(s, k, &year);
    if (month == 0 || (n != 2 && n != 4) || k + n != s.n) return false;
    if (n == 2) year += 2000;
    if (d < 1 || d > norni_days_in_month(year, month)) return false;
    *day = norni_days_from_civil(year, month, d);
    return true;
}

bool norni_etl_day(norni_str cell, int64_t *day) {
    norni_time_style style;
    int64_t t;
    double serial;
    bool zoned;
    const norni_str s = norni_str_trim(cell);
    if (s.n == 0) return false;
    /* A date cell without a date's format shows its number: days since 1899-12-30. */
    if (norni_num_parse(s.p, s.n, &serial) == NORNI_NUM_OK) {
        if (!(serial >= 0 && serial < 80000)) {
            if (s.n != 8 || !norni_time_parse(s, &t, &style, &zoned) ||
                style.kind != NORNI_TIME_DATE)
                return false;
            *day = t / NORNI_US_DAY;
            return true;
        }
        if (serial != 0 && serial < 20000) return false; /* a number, not a date */
        *day = (int64_t)serial - 25569;
        return true;
    }
    if (worded_day(s, day)) return true;
    if (!norni_time_parse(s, &t, &style, &zoned)) return false;
    if (style.kind != NORNI_TIME_DATE && style.kind != NORNI_TIME_DATETIME) return false;
    *day = t / NORNI_US_DAY - (t % NORNI_US_DAY < 0);
    return true;
}

int32_t norni_etl_month(int64_t day) {
    const norni_civil c = norni_civil_from_us(day * NORNI_US_DAY);
    return 12 * c.year + c.month - 1;
}

int32_t norni_etl_month_of(norni_str s) {
    for (size_t k = 0; k < s.n; k++) {
        int32_t year = 0, month = 0;
        const bool begins = k == 0 || letter_of(s.p[k - 1]) == 0;
        if (!begins) continue;
        const int word = month_word((norni_str){s.p + k, s.n - k});
        size_t at = k;
        if (word > 0) {
            while (at < s.n && is_letter(s.p[at]))
                at++;
            while (at < s.n && letter_of(s.p[at]) == 0)
                at++;
            const size_t n = digits_at(s, at, &year);
            const bool ends = at + n == s.n || !is_digit(s.p[at + n]);
            if (n == 2 && ends) return 12 * (2000 + year) + word - 1;
            if (n == 4 && ends) return 12 * year + word - 1;
        } else if (digits_at(s, k, &year) == 4 && year >= 1990 && year < 2200 && k + 4 < s.n) {
            at = k + 4 + (is_digit(s.p[k + 4]) ? 0 : 1);
            const size_t n = digits_at(s, at, &month);
            if (n == 2 && month >= 1 && month <= 12) return 12 * year + month - 1;
        }
    }
    return NORNI_ETL_NO_MONTH;
}

int norni_etl_yield_of(norni_str label) {
    static const char *const others[] = {
        "Total",         "Average",       "Mean",        "Naphtha",      "Sum",      "Jet Fuel",
        "Residue",       "Losses",        "Loss",        "LPG",          "Gas",      "Diesel",
        "Unnamed",       "Products",      "Total Crude", "Grand Total",  "Fuel Gas", "Gasoline",
        "Light Naphtha", "Heavy Naphtha", "Gas Oil",     "Total Naphtha"};
    for (int k = 0; k < NORNI_ETL_YIELDS; k++) {
        if (norni_etl_alike(label, norni_etl_yield[k])) return k;
    }
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        if (norni_etl_alike(label, others[k])) return -2;
    }
    return holds(label, "yield") || holds(label, "unnamed") ? -2 : -1;
}

bool norni_etl_number(norni_str cell, double *out) {
    char plain[64];
    size_t n = 0;
    const norni_str s = norni_str_trim(cell);
    const norni_num_result r = norni_num_parse(s.p, s.n, out);
    if (r == NORNI_NUM_OK) return true;
    *out = NORNI_NAN;
    if (r == NORNI_NUM_EMPTY) return true;
    if (s.n >= sizeof plain) return false;
    for (size_t k = 0; k < s.n; k++) { /* 1,234.5 and 12.5 % */
        if (s.p[k] == ',' && k + 3 < s.n && k > 0 && is_digit(s.p[k + 1])) continue;
        if (s.p[k] == '%' && k + 1 == s.n) continue;
        plain[n++] = s.p[k];
    }
    return n < s.n && norni_num_parse(plain, n, out) == NORNI_NUM_OK;
}
