/* What the headers say of columns, and what was said by hand over them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_rows.h"

const char *norni_fin_rank_text(norni_fin_rank rank) {
    static const char *const text[] = {"by hand",
                                       "exact",
                                       "synonym",
                                       "words",
                                       "stands in: no better header",
                                       "stands in: no better header",
                                       "its cells are dates"};
    return text[rank];
}

bool norni_fin_same_header(norni_str a, norni_str b) {
    a = norni_str_trim(a);
    b = norni_str_trim(b);
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++) {
        const char p = a.p[i], q = b.p[i];
        const int x = p >= 'A' && p <= 'Z' ? p + 32 : p, y = q >= 'A' && q <= 'Z' ? q + 32 : q;
        if (x != y) return false;
    }
    return true;
}

bool norni_fin_map_next(norni_str map, size_t *at, norni_str *header, norni_str *key) {
    while (*at < map.n) {
        const char *const from = map.p + *at;
        const size_t left = map.n - *at;
        const char *const comma = memchr(from, ',', left);
        norni_str item = {from, comma ? (size_t)(comma - from) : left};
        *at += item.n + 1;
        item = norni_str_trim(item);
        if (item.n == 0) continue;
        size_t eq = item.n;
        while (eq > 0 && item.p[eq - 1] != '=')
            eq--;
        *header = norni_str_trim((norni_str){item.p, eq > 0 ? eq - 1 : item.n});
        *key = norni_str_trim(eq > 0 ? (norni_str){item.p + eq, item.n - eq} : (norni_str){"", 0});
        return true;
    }
    return false;
}

norn_status norni_fin_map_key(norni_str key, unsigned *role, norn_err *err) {
    for (unsigned k = 0; k < NORNI_FIN_KEYS; k++) {
        if (norni_str_is_nocase(key, norni_fin_key_name((norni_fin_key)k))) {
            *role = k;
            return NORN_OK;
        }
    }
    if (norni_str_is_nocase(key, "none")) {
        *role = NORNI_FIN_ROLE_NONE;
        return NORN_OK;
    }
    const norni_str shown = norni_fin_quoted(key);
    return norn_fail(
        err, NORN_E_ARG,
        "--map: \"%.*s\" is no key; give Header=KEY, keys being revenue, expenses, profit, "
        "cashflow, "
        "marketing_spend, assets, liabilities, ar, ap, date, region, department or none",
        (int)shown.n, shown.p);
}

static norn_status fail_unknown(const norni_fin_rows *r, norni_str header, norn_err *err) {
    size_t best = 0, least = 99;
    for (size_t c = 0; c < r->n_columns; c++) {
        const size_t d = norni_str_distance(header, r->column[c].name);
        if (d >= least) continue;
        least = d;
        best = c;
    }
    const norni_str shown = norni_fin_quoted(header), near = norni_fin_quoted(r->column[best].name);
    return norn_fail(err, NORN_E_ARG, "--map: no header is \"%.*s\"; the nearest is \"%.*s\"",
                     (int)shown.n, shown.p, (int)near.n, near.p);
}

static norn_status by_hand(norni_fin_rows *r, norni_str map, norn_err *err) {
    norni_str header, key;
    for (size_t at = 0; norni_fin_map_next(map, &at, &header, &key);) {
        unsigned role = NORNI_FIN_ROLE_NONE;
        size_t c = 0;
        NORN_TRY(norni_fin_map_key(key, &role, err));
        while (c < r->n_columns && !norni_fin_same_header(r->column[c].name, header))
            c++;
        if (c == r->n_columns) return fail_unknown(r, header, err);
        for (size_t k = 0; k < r->n_columns; k++) {
            if (k == c || role >= NORNI_FIN_KEYS || r->column[k].rank != NORNI_FIN_BY_HAND ||
                r->column[k].role != role)
                continue;
            return norn_fail(err, NORN_E_ARG, "--map: two headers are to be %s",
                             norni_fin_key_name((norni_fin_key)role));
        }
        r->column[c].role = role;
        r->column[c].rank = NORNI_FIN_BY_HAND;
        r->column[c].why = role == NORNI_FIN_ROLE_NONE ? "left out by hand" : NULL;
    }
    return NORN_OK;
}

norn_status norni_fin_rows_roles(norni_fin_rows *r, norni_str map, norn_err *err) {
    for (size_t c = 0; c < r->n_columns; c++) {
        norni_fin_column *const column = &r->column[c];
        column->rank = NORNI_FIN_BY_CELLS;
        column->role = NORNI_FIN_ROLE_NONE;
        if (norni_fin_header_blocked(column->name))
            column->why = "notes, comments, descriptions and memos are never a key";
        else
            column->role = norni_fin_header_role(r->file[0].header[c], &column->rank);
    }
    return by_hand(r, map, err);
}
