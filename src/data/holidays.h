/* Holidays: a user's rows, and the public holidays of countries from the compact table that ships. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_HOLIDAYS_H
#define NORNI_HOLIDAYS_H

#include "base/arena.h"
#include "base/str.h"

/* One day of a named holiday, with the days around it that it also touches. */
typedef struct norni_holiday {
    norni_str name;
    int64_t day;          /* days since 1970-01-01 */
    int32_t lower, upper; /* days before (<= 0) and behind (>= 0) */
    double prior;         /* scale of its coefficients' prior; NaN: the model's default */
} norni_holiday;

typedef struct norni_holidays {
    size_t n;
    const norni_holiday *row; /* (n) */
} norni_holidays;

/* The first and last year that the shipped table knows. */
#define NORNI_HOLIDAYS_FIRST 1995
#define NORNI_HOLIDAYS_LAST  2044

/* Whether the table knows the country or market, by code ("US", "USA", "XNYS") or by name
 * ("UnitedStates", "United States"); *code is the static code of two to four letters. */
bool norni_country_find(norni_str country, const char **code);
/* The same; NORN_E_ARG, with the nearest names, where it does not. */
NORN_CHECKED norn_status norni_country_get(norni_str country, const char **code, norn_err *err);
/* The codes of all countries, ascending; static. */
const char *const *norni_country_codes(size_t *n);
/* Public holidays of a country (code from norni_country_find) in the years [first, last], cut to
 * the table's, ascending by day; windows 0, prior NaN. Names are static, the rows in the arena. */
NORN_CHECKED norn_status norni_country_holidays(const char *code, int32_t first, int32_t last,
                                                norni_arena *arena, norni_holidays *out,
                                                norn_err *err);
/* The names the country's table holds in any year, ascending by bytes; static texts, list in the arena. */
NORN_CHECKED norn_status norni_country_names(const char *code, norni_arena *arena, size_t *n,
                                             const norni_str **out, norn_err *err);

#endif
