/* What a header says its column is: fixed lists of synonyms, never a likeness. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_HEADERS_H
#define NORNI_FINANCE_HEADERS_H

#include "finance/finance_table.h"

/* What a column may be beyond the keys: helpers from which keys are made. */
typedef enum norni_fin_role {
    NORNI_FIN_ROLE_YEAR = NORNI_FIN_KEYS, /* beside a column of months */
    NORNI_FIN_ROLE_AMOUNT,                /* of a ledger */
    NORNI_FIN_ROLE_TYPE,                  /* of a ledger's row: income or expense */
    NORNI_FIN_ROLES,
    NORNI_FIN_ROLE_NONE = 255
} norni_fin_role;

/* How sure a header is; a column of a lower rank wins. */
typedef enum norni_fin_rank {
    NORNI_FIN_BY_HAND,
    NORNI_FIN_EXACT,   /* the key's own name */
    NORNI_FIN_SYNONYM, /* in the list */
    NORNI_FIN_WORDS, /* in the list but for words that say nothing (total, USD, monthly), in any order */
    NORNI_FIN_STAND_IN,    /* only where nothing better is there: Category for a department */
    NORNI_FIN_LAST_RESORT, /* where not even that is */
    NORNI_FIN_BY_CELLS     /* a date, told by the cells alone */
} norni_fin_rank;

enum { NORNI_FIN_HEADER_MOST = 128 };

/* The header in lower case, words apart by one blank: camelCase, _ - / and other marks part words;
 * what stands in brackets is left out (unless that is all of it). Returns the length; longer ones
 * are cut. */
size_t norni_fin_header_plain(norni_str header, char out[NORNI_FIN_HEADER_MOST]);
/* A column of notes, comments, a description or a memo: never a key. */
bool norni_fin_header_blocked(norni_str header);
/* The role (a norni_fin_key or norni_fin_role) and how sure it is; NORNI_FIN_ROLE_NONE: unknown. A header
 * may have two roles: a Category may be a ledger's type (norni_fin_header_is_type), too. */
unsigned norni_fin_header_role(norni_str header, norni_fin_rank *rank);
bool norni_fin_header_is_type(norni_str header);

#endif
