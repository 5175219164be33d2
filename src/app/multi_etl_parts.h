/* A sheet on its way into the tables: what reading, joining and writing share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ETL_PARTS_H
#define NORNI_MULTI_ETL_PARTS_H

#include "app/multi_etl.h"
#include "io/grid_read.h"

typedef enum norni_etl_kind {
    NORNI_ETL_NONE,
    NORNI_ETL_TAGS,
    NORNI_ETL_BLENDS,
    NORNI_ETL_LAB
} norni_etl_kind;

enum { NORNI_ETL_FLOWS = 13, NORNI_ETL_YIELDS = 5, NORNI_ETL_FEEDS = 5, NORNI_ETL_NO_MONTH = -1 };

/* A flow's tag in the control system and the name it gets. */
typedef struct norni_etl_tag {
    const char *tag, *name;
} norni_etl_tag;
extern const norni_etl_tag norni_etl_flow[NORNI_ETL_FLOWS];
extern const char *const norni_etl_feed[NORNI_ETL_FEEDS];
extern const char *const norni_etl_yield[NORNI_ETL_YIELDS]; /* "Gas & LPG", ... */

/* One blend: shares (n_crudes of its sheet), yields; NaN: not given. */
typedef struct norni_etl_blend {
    norni_str id;
    int32_t month; /* 12 year + month - 1, or NORNI_ETL_NO_MONTH */
    double api, sulphur, yield[NORNI_ETL_YIELDS];
    double *share; /* (n_crudes), sum 1 */
} norni_etl_blend;

typedef struct norni_etl_sheet {
    const char *path, *name; /* name NULL: a text */
    const char *at;          /* where the file is opened */
    norni_etl_kind kind;
    norni_arena arena;
    int32_t month; /* that most of its days are in; of blends: as its name or file says */
    size_t n_days; /* TAGS, LAB */
    int64_t *day;  /* (n_days) since 1970, ascending as they stand */
    size_t n_series;
    norni_str *series; /* (n_series) */
    double *v;         /* (n_series, n_days) */
    size_t n_crudes, n_blends;
    norni_str *crude; /* (n_crudes) */
    norni_etl_blend *blend;
    size_t n_notes, cap_notes, n_dropped;
    norni_str *note;
    norn_status status;
    norn_err err;
} norni_etl_sheet;

/* multi_etl_names.c */
norni_etl_kind norni_etl_kind_of(norni_str name);
/* The name a series gets from its two labels (either may be empty): a flow's or feed's, else its tag. */
norni_str norni_etl_series_name(norni_str tag, norni_str label);
/* 2024-06-01, 2024-06-01 00:00, 45444, 1-Jun-24; false: no date. */
bool norni_etl_day(norni_str cell, int64_t *day);
/* A month that stands in a name, as "JUL24", "Jul 2024", "2024-07"; NORNI_ETL_NO_MONTH: none. */
int32_t norni_etl_month_of(norni_str name);
int32_t norni_etl_month(int64_t day);
/* Which of the five yields the label is, or -1; -2: another product or a total, no crude. */
int norni_etl_yield_of(norni_str label);
/* Letters and digits alone, in lower case, are equal. */
bool norni_etl_alike(norni_str a, const char *b);

/* multi_etl_tags.c, multi_etl_blends.c: reads the grid into the sheet. */
NORN_CHECKED norn_status norni_etl_read_tags(norni_etl_sheet *s, const norni_grid *g,
                                             norn_err *err);
NORN_CHECKED norn_status norni_etl_read_blends(norni_etl_sheet *s, const norni_grid *g,
                                               norn_err *err);
/* Adds a line about the sheet. */
NORN_CHECKED norn_status norni_etl_note(norni_etl_sheet *s, norn_err *err, const char *fmt, ...)
    NORN_PRINTF(3, 4);
/* The cell as a number; NaN for an empty one. false: it is text. */
bool norni_etl_number(norni_str cell, double *out);

/* multi_etl_write.c: the four tables of all sheets. */
NORN_CHECKED norn_status norni_etl_write(const norni_op_env *env, norni_etl_sheet *sheet, size_t n,
                                         const char *output, norni_etl_result *out, norn_err *err);

#endif
