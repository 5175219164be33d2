/* Reads fixtures of comma-separated rows, and series of the competitions where their data lie. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_TESTS_R_ROWS_H
#define NORN_TESTS_R_ROWS_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_LINE = 1 << 17 };

/* The numbers of a comma-separated text; NA and empty are NaN. */
static inline size_t row_numbers(const char *text, double *out, size_t most) {
    size_t n = 0;
    while (n < most) {
        char *end;
        const double x = strtod(text, &end);
        out[n++] = end == text ? __builtin_nan("") : x;
        text = strchr(text, ',');
        if (!text) break;
        text++;
    }
    return n;
}

static inline const char *row_column(const char *text, int k) {
    while (k-- > 0)
        text = strchr(text, ',') + 1;
    return text;
}

static inline FILE *row_open(const char *name) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", NORN_FIXTURES, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    return f;
}

/* y of a series of a competition, from a wide file (id, values) or a long one (id, index, value)
 * under NORN_DATA; 0: the data are not here. line (ROW_LINE). */
static inline size_t row_series(const char *file, const char *id, double *y, size_t most,
                                char *line) {
    const char *data = getenv("NORN_DATA");
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", data ? data : NORN_FIXTURES "/../../../shared/data",
                   file);
    FILE *f = fopen(path, "r");
    const size_t length = strlen(id);
    size_t n = 0;
    if (!f) return 0;
    assert_non_null(fgets(line, ROW_LINE, f));
    const bool wide = strstr(line, "V1") != NULL;
    while (fgets(line, ROW_LINE, f)) {
        if (strncmp(line, id, length) != 0 || line[length] != ',') continue;
        if (wide) {
            n = row_numbers(line + length + 1, y, most);
            break;
        }
        if (n < most) (void)row_numbers(row_column(line, 2), y + n++, 1);
    }
    (void)fclose(f);
    return n;
}

#endif
