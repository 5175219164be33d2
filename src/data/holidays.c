/* Public holidays of countries, from the compact table that is compiled in. */
/* SPDX-License-Identifier: Apache-2.0 */
/* data/README.md says where the table comes from, tools/make_holidays how it is laid out. */
#include "data/holidays.h"

#include "base/fp.h"
#include "base/sort.h"
#include "data/calendar.h"
#include "holidays_table.h"

_Static_assert(TABLE_FIRST_YEAR == NORNI_HOLIDAYS_FIRST && TABLE_LAST_YEAR == NORNI_HOLIDAYS_LAST,
               "the header says the table's years");

/* ---- countries ---- */

/* Letters of a name alone, small; "United States" is "UnitedStates". False: it does not fit. */
static bool plain(norni_str name, char *out, size_t size, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < name.n; i++) {
        const char c = name.p[i];
        if (c == ' ' || c == '_' || c == '-' || c == '.' || c == '\'' || c == ',') continue;
        if (*n == size) return false;
        out[(*n)++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return *n > 0;
}

/* Calls see(arg, country, name) for the code and every other name, until it says true. */
static bool each_name(bool (*see)(void *arg, size_t country, norni_str name), void *arg) {
    for (size_t i = 0; i < N_COUNTRIES; i++) {
        if (see(arg, i, norni_str_of(country_code[i]))) return true;
        for (const char *p = country_also[i]; *p != '\0';) {
            const size_t n = strcspn(p, "|");
            if (see(arg, i, (norni_str){p, n})) return true;
            p += n + (p[n] == '|');
        }
    }
    return false;
}

enum { NAME_ROOM = 64 };

typedef struct wanted {
    char text[NAME_ROOM];
    size_t n, found;
} wanted;

static bool same_name(void *arg, size_t country, norni_str name) {
    wanted *const w = arg;
    char text[NAME_ROOM];
    size_t n;
    if (!plain(name, text, sizeof text, &n) || n != w->n || memcmp(text, w->text, n) != 0)
        return false;
    w->found = country;
    return true;
}

bool norni_country_find(norni_str country, const char **code) {
    wanted w;
    if (!plain(country, w.text, sizeof w.text, &w.n) || !each_name(same_name, &w)) return false;
    *code = country_code[w.found];
    return true;
}

const char *const *norni_country_codes(size_t *n) {
    *n = N_COUNTRIES;
    return country_code;
}

/* ---- "did you mean" ---- */

enum { N_NEAR = 6 };

typedef struct nearest {
    char text[NAME_ROOM];
    size_t length, most; /* differences that are still near */
    size_t n, rank[N_NEAR], country[N_NEAR];
    norni_str name[N_NEAR];
} nearest;

/* Keeps the nearest few, one name of each country; earlier ones first among equals. */
static bool note_near(void *arg, size_t country, norni_str name) {
    nearest *const w = arg;
    char text[NAME_ROOM];
    size_t n, at;
    if (!plain(name, text, sizeof text, &n)) return false;
    const size_t d = norni_str_distance((norni_str){w->text, w->length}, (norni_str){text, n});
    if (d > w->most || d >= n) return false;
    const size_t rank = 4 * d + (text[0] != w->text[0] ? 2 : 0) + (n != w->length ? 1 : 0);
    for (at = 0; at < w->n && w->country[at] != country; at++)
        continue;
    if (at < w->n && w->rank[at] <= rank) return false;
    if (at == w->n && w->n < N_NEAR) w->n++;
    if (at == N_NEAR && w->rank[N_NEAR - 1] <= rank) return false;
    if (at == N_NEAR) at--;
    for (; at > 0 && w->rank[at - 1] > rank; at--) {
        w->rank[at] = w->rank[at - 1];
        w->country[at] = w->country[at - 1];
        w->name[at] = w->name[at - 1];
    }
    w->rank[at] = rank;
    w->country[at] = country;
    w->name[at] = name;
    return false;
}

static norn_status fail_unknown(norni_str country, norn_err *err) {
    nearest w = {.n = 0};
    char list[160];
    size_t n = 0;
    list[0] = '\0';
    if (plain(country, w.text, sizeof w.text, &w.length)) {
        w.most = w.length < 4 ? 1 : w.length < 8 ? 2 : 3;
        (void)each_name(note_near, &w);
    }
    for (size_t i = 0; i < w.n; i++)
        n += norni_format(list + n, sizeof list - n, "%s%.*s", i ? ", " : "; did you mean ",
                          (int)w.name[i].n, w.name[i].p);
    return norn_fail(err, NORN_E_ARG, "holidays: '%.*s' is no country or market known here%s%s%s",
                     (int)(country.n > 40 ? 40 : country.n), country.p, list,
                     w.n ? "?" : "; give a code as US, or a name as UnitedStates;",
                     " other days are given as a table (holidays=, --holidays FILE)");
}

norn_status norni_country_get(norni_str country, const char **code, norn_err *err) {
    return norni_country_find(country, code) ? NORN_OK : fail_unknown(country, err);
}

/* ---- days ---- */

static size_t country_of(const char *code) {
    size_t i = 0;
    while (i < N_COUNTRIES && strcmp(country_code[i], code) != 0)
        i++;
    return i;
}

/* Days of the entry's list in [from, to), as a place in list_day and a number. */
static size_t days_within(size_t e, uint32_t from, uint32_t to, const uint16_t **day) {
    size_t lo = list_at[entry[e][1]], hi = list_at[entry[e][1] + 1];
    while (lo < hi && list_day[lo] < from)
        lo++;
    while (hi > lo && list_day[hi - 1] >= to)
        hi--;
    *day = &list_day[lo];
    return hi - lo;
}

static int by_day(const void *arg, size_t a, size_t b) {
    const norni_holiday *const row = arg;
    return (row[a].day > row[b].day) - (row[a].day < row[b].day);
}

norn_status norni_country_holidays(const char *code, int32_t first, int32_t last,
                                   norni_arena *arena, norni_holidays *out, norn_err *err) {
    const size_t c = country_of(code);
    const uint16_t *day;
    size_t n = 0;
    *out = (norni_holidays){0, NULL};
    if (c == N_COUNTRIES) return fail_unknown(norni_str_of(code), err);
    if (first < TABLE_FIRST_YEAR) first = TABLE_FIRST_YEAR;
    if (last > TABLE_LAST_YEAR) last = TABLE_LAST_YEAR;
    if (first > last) return NORN_OK;
    const uint32_t from = (uint32_t)(norni_days_from_civil(first, 1, 1) - TABLE_FIRST_DAY),
                   to = (uint32_t)(norni_days_from_civil(last + 1, 1, 1) - TABLE_FIRST_DAY);
    for (size_t e = country_entry[c]; e < country_entry[c + 1]; e++)
        n += days_within(e, from, to, &day);
    norni_holiday *const row = norni_arena_get(arena, n, sizeof *row);
    norni_holiday *const sorted = norni_arena_get(arena, n, sizeof *row);
    size_t *const index = norni_arena_get(arena, n, 2 * sizeof *index);
    if (row == NULL || sorted == NULL || index == NULL)
        return norni_alloc_fail(err, "holidays", n, sizeof *row);
    n = 0;
    for (size_t e = country_entry[c]; e < country_entry[c + 1]; e++) {
        const size_t more = days_within(e, from, to, &day);
        for (size_t k = 0; k < more; k++, n++) {
            row[n] = (norni_holiday){.name = norni_str_of(holiday_name[entry[e][0]]),
                                     .day = TABLE_FIRST_DAY + day[k],
                                     .prior = NORNI_NAN};
            index[n] = n;
        }
    }
    norni_sort_index(index, n, by_day, row, index + n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = row[index[i]];
    *out = (norni_holidays){n, sorted};
    return NORN_OK;
}

static int by_name(const void *arg, size_t a, size_t b) {
    const norni_str *const name = arg;
    return norni_str_cmp(name[a], name[b]);
}

norn_status norni_country_names(const char *code, norni_arena *arena, size_t *n,
                                const norni_str **out, norn_err *err) {
    const size_t c = country_of(code);
    if (c == N_COUNTRIES) return fail_unknown(norni_str_of(code), err);
    const size_t first = country_entry[c], n_names = country_entry[c + 1] - first;
    norni_str *const name = norni_arena_get(arena, n_names, sizeof *name);
    norni_str *const sorted = norni_arena_get(arena, n_names, sizeof *name);
    size_t *const index = norni_arena_get(arena, n_names, 2 * sizeof *index);
    if (name == NULL || sorted == NULL || index == NULL)
        return norni_alloc_fail(err, "holidays", n_names, sizeof *name);
    for (size_t i = 0; i < n_names; i++) {
        name[i] = norni_str_of(holiday_name[entry[first + i][0]]);
        index[i] = i;
    }
    norni_sort_index(index, n_names, by_name, name, index + n_names);
    for (size_t i = 0; i < n_names; i++)
        sorted[i] = name[index[i]];
    *n = n_names;
    *out = sorted;
    return NORN_OK;
}
