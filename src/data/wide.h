/* A table over time: one row a period, one column a quantity, and what each column is for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WIDE_H
#define NORNI_WIDE_H

#include "base/arena.h"
#include "data/freq.h"

typedef enum norni_role {
    NORNI_ROLE_DRIVER,  /* known up to the origin; lagged */
    NORNI_ROLE_TARGET,  /* forecast, and lagged */
    NORNI_ROLE_STATIC,  /* changes seldom (a blend's shares): taken as it stands at the origin */
    NORNI_ROLE_KNOWN,   /* known ahead: its rows go on over the horizon */
    NORNI_ROLE_DROPPED, /* not used; `why` says so */
} norni_role;

typedef struct norni_wide_column {
    norni_str name;
    norni_role role;
    const double *at; /* (n_rows), NaN = missing; KNOWN: (n_rows + n_ahead) */
    size_t n_missing;
    size_t n_text; /* cells that are no number: counted as missing */
    uint64_t first_text_line;
    norni_str first_text;
    bool nominal;              /* a column of words: values are codes */
    const norni_str *category; /* (n_categories) of a nominal one */
    size_t n_categories;
    const char
        *why; /* DROPPED: "constant", "42 % missing, more than 30 % are allowed"; else NULL */
} norni_wide_column;

/* Regular: row t is at times[t] = norni_freq_at(freq, start, t); rows that the input lacks are rows of
 * missing values. Times on no grid: freq IRREGULAR, the rows follow each other, times go on by their
 * median step. */
typedef struct norni_wide {
    size_t n_rows, n_ahead; /* periods behind the last row that KNOWN columns and times have */
    const int64_t *times;   /* (n_rows + n_ahead) */
    int64_t start;
    norni_freq freq;
    norni_time_style style;
    norni_str time_name;
    size_t n_columns;
    norni_wide_column *column; /* (n_columns), in the input's order */
    size_t n_gaps;             /* rows that the input lacked */
    size_t n_duplicates;       /* rows of one time joined: the last observed value of each column */
} norni_wide;

typedef enum norni_wide_fill {                   /* a fill in row t knows rows <= t only */
                               NORNI_FILL_FFILL, /* the last observed value */
                               NORNI_FILL_MEAN,  /* the mean of what was observed until then */
                               NORNI_FILL_ZERO,
                               NORNI_FILL_NONE
} norni_wide_fill;
#define NORNI_FILL_CHOICES "ffill|mean|zero|none"
typedef enum norni_wide_outliers { NORNI_OUTLIERS_NONE, NORNI_OUTLIERS_CLIP } norni_wide_outliers;
#define NORNI_OUTLIERS_CHOICES "none|clip"

/* Lists are names and globs (* and ?) with commas between them. Targets are neither filled nor clipped. */
typedef struct norni_wide_opt {
    const char *const *path; /* (n_paths) tables, joined by time and column name; norni_wide_read */
    size_t n_paths;
    const char *future_path; /* a table of what is known ahead, or NULL */
    const char *sheet;       /* of workbooks; NULL: the first visible one */
    const char *time_col; /* NULL: ds, date, datetime, timestamp or time, else the first column */
    const char *targets;  /* must be given */
    const char *statics, *known, *drop; /* or NULL; the future's columns are known, too */
    char delimiter;                     /* 0: found */
    bool has_freq;                      /* else inferred */
    norni_freq freq;
    size_t horizon;       /* rows ahead that times and KNOWN columns get */
    size_t n_held;        /* rows at the end that no statistic may see (validation) */
    bool hold_half;       /* but half of the rows at most */
    double max_missing;   /* share of a driver's training rows; above: dropped */
    norni_wide_fill fill; /* of drivers, statics and known columns */
    norni_wide_outliers outliers;
    double clip_width;  /* robust standard deviations from the median */
    size_t max_columns; /* of drivers, when the table must be thinned; 0: as fit */
    uint64_t memory;    /* bytes that the table may take; 0: no bound */
    /* What is made of a table that is thinned to so many drivers beside so many other columns, in bytes
     * besides its cells, and all that there is for both; NULL: the table has `memory` for itself. */
    size_t (*made)(const void *user, size_t n_rows, size_t n_fixed, size_t n_drivers);
    const void *made_user;
    uint64_t made_memory;
    size_t chunk_bytes; /* 0 = 1 MiB; never changes a result */
} norni_wide_opt;
/* max_missing 0.3, ffill, none, width 8. */
norni_wide_opt norni_wide_opt_default(void);

/* What a column's training rows say, when a table was too large to be read whole. */
typedef struct norni_wide_profile {
    size_t n, n_missing;
    double least, most, mean, sd;
    double r; /* the correlation with a target 1 to horizon rows ahead that is largest in size */
} norni_wide_profile;

/* What was done to the input. */
typedef struct norni_wide_report {
    size_t n_lines;     /* rows read, header rows left out */
    size_t n_head_rows; /* rows above the data that are no data, the header left out */
    size_t n_untimed;   /* rows without a time (totals, averages, repeated headers): left out */
    size_t n_epoch;     /* rows at day zero (1970-01-01, 1900-01-00) of a broken sheet */
    uint64_t first_untimed, first_epoch; /* lines */
    size_t n_unsorted;                   /* rows earlier than one before them */
    size_t n_gaps, n_duplicates;
    size_t n_text, n_filled, n_clipped;    /* cells */
    size_t n_dropped;                      /* columns */
    bool streamed;                         /* read in passes, because of opt->memory */
    size_t n_drivers_seen, n_drivers_kept; /* when streamed */
    const norni_wide_profile *profile;     /* (n_columns of the table) when streamed; else NULL */
    size_t n_notes;
    const norni_str *note; /* (n_notes) one line each, for people; in the arena */
} norni_wide_report;

/* A piece of the input, borrowed: (n) rows of (n_columns) cells. A cell that is a word is a NaN that
 * norni_wide_word made of its number. */
typedef struct norni_wide_part {
    size_t n, n_columns;
    const int64_t *time;      /* (n) */
    const double *v;          /* (n, n_columns) row-major, or NULL: */
    const double *const *col; /* (n_columns) of (n) */
    const uint32_t *column;   /* (n_columns) numbers in raw->name */
    const uint32_t *word;     /* numbers in raw->word of the words of this part, or NULL */
    bool future;
    uint64_t first_line;
    const uint32_t *line; /* (n) behind first_line, or NULL: 0, 1, 2 ... */
} norni_wide_part;
/* A word that stands in a column, with its cells and the first one's line. */
typedef struct norni_wide_token {
    uint32_t column;
    norni_str text; /* p NULL: one of too many */
    uint64_t n, first_line;
    norni_str first; /* text of the first cell, also when there are too many */
} norni_wide_token;
enum { NORNI_MOST_WORDS = 64 }; /* a nominal column has at most so many */
typedef struct norni_wide_raw {
    size_t n_parts;
    const norni_wide_part *part;
    size_t n_columns;
    const norni_str *name;  /* (n_columns) unique */
    const bool *in_future;  /* (n_columns) or NULL */
    const char *const *why; /* (n_columns) why a column's cells were not read, or NULL; or NULL */
    const norni_str *const
        *category; /* (n_columns) of a nominal column that comes as codes; or NULL */
    const size_t *n_categories;
    size_t n_words;
    const norni_wide_token *word; /* (n_words) */
    norni_time_style style;
    norni_str time_name;
} norni_wide_raw;

static inline double norni_wide_word(uint32_t number) {
    const uint64_t bits = UINT64_C(0x7FF8000000000001) + number;
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
/* Number of the word that the cell is, or -1. */
static inline int64_t norni_wide_word_of(double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    if ((bits >> 32) != 0x7FF80000 || (bits & 0xFFFFFFFF) == 0) return -1;
    return (int64_t)(bits & 0xFFFFFFFF) - 1;
}

struct norni_worker; /* par/pool.h */

/* The table of raw rows: ordered, joined, on its grid, with roles, cleaned. Everything of *out and the
 * report's notes lie in `arena`; `worker` as in norni_for. NORN_E_ARG: a list names no column, or no
 * target is left; NORN_E_DATA. */
NORN_CHECKED norn_status norni_wide_make(norn_ctx *ctx, struct norni_worker *worker,
                                         const norni_wide_raw *raw, const norni_wide_opt *opt,
                                         norni_arena *arena, norni_wide *out,
                                         norni_wide_report *report, norn_err *err);

/* A column given in memory. */
typedef struct norni_wide_array {
    norni_str name;
    const double *v;           /* (n), NaN = missing; a nominal column's codes */
    const norni_str *category; /* (n_categories), or NULL: numbers */
    size_t n_categories;
} norni_wide_array;
typedef struct norni_wide_arrays {
    size_t n, n_columns, n_future, n_future_columns;
    const int64_t *time; /* (n) microseconds or indices, in any order */
    norni_time_style style;
    const norni_wide_array *column;
    const int64_t *future_time; /* (n_future), or NULL */
    const norni_wide_array *future;
} norni_wide_arrays;
NORN_CHECKED norn_status norni_wide_of_arrays(norn_ctx *ctx, struct norni_worker *worker,
                                              const norni_wide_arrays *in,
                                              const norni_wide_opt *opt, norni_arena *arena,
                                              norni_wide *out, norni_wide_report *report,
                                              norn_err *err);

/* Role of each column by its name alone (n), as norni_wide_make gives it. */
NORN_CHECKED norn_status norni_wide_roles(const norni_str *name, const bool *in_future, size_t n,
                                          const norni_wide_opt *opt, norni_role *role,
                                          norn_err *err);
/* Whether `name` is in a list of names and globs; NULL: no. */
bool norni_wide_listed(const char *list, norni_str name);
/* Column by name, or -1. */
int64_t norni_wide_find(const norni_wide *w, norni_str name);
/* How many columns have the role; the numbers of them into `out` unless it is NULL. */
size_t norni_wide_of_role(const norni_wide *w, norni_role role, size_t *out);

#endif
