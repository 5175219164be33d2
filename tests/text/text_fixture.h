/* Fixtures of texts: a file's lines, and bytes written in hexadecimal. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_FIXTURE_H
#define TEXT_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_file {
    char *bytes, *at;
    size_t n;
} text_file;

static inline text_file text_path_read(const char *path) {
    text_file f = {0};
    FILE *in = fopen(path, "rb");
    if (in == NULL) fail_msg("%s: not there", path);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    f.n = (size_t)ftell(in);
    rewind(in);
    f.bytes = f.at = malloc(f.n + 1);
    assert_non_null(f.bytes);
    assert_int_equal(fread(f.bytes, 1, f.n, in), f.n);
    f.bytes[f.n] = '\0';
    (void)fclose(in);
    return f;
}

/* Of the folder of fixtures. */
static inline text_file text_file_read(const char *name) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", NORN_FIXTURES, name);
    return text_path_read(path);
}

/* The next line that is no comment, ended by NUL; NULL: none. */
static inline char *text_file_line(text_file *f) {
    while (*f->at != '\0') {
        char *line = f->at, *end = strchr(line, '\n');
        f->at = end ? end + 1 : line + strlen(line);
        if (end) *end = '\0';
        if (*line != '#' && *line != '\0') return line;
    }
    return NULL;
}

static inline void text_file_free(text_file *f) {
    free(f->bytes);
}

/* Bytes of the next word in hexadecimal; their number. */
static inline size_t text_hex(const char **at, char *out, size_t size) {
    size_t n = 0;
    while (**at == ' ')
        ++*at;
    for (; **at != '\0' && **at != ' '; *at += 2) {
        const char two[3] = {(*at)[0], (*at)[1], '\0'};
        assert_true(n < size);
        out[n++] = (char)strtol(two, NULL, 16);
    }
    return n;
}

#endif
