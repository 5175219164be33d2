/* Fuzzing request heads: any lines are refused with a status and words, or hold all that the routes rely on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "server/http_check.h"

enum { MOST_LINES = 120 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

/* The next text up to `end`, NUL-terminated in place; *at moves behind it. */
static char *next(char **at, char end) {
    char *text = *at, *stop = strchr(text, end);
    *at = stop ? stop + 1 : text + strlen(text);
    if (stop != NULL) *stop = '\0';
    return text;
}

static void check_target(norni_arena *arena, const char *target) {
    http_pair query[HTTP_MOST_QUERY];
    size_t n = 0;
    const char *path = NULL, *why = NULL;
    const unsigned status = http_check_target(arena, target, &path, query, &n, &why);
    demand(n <= HTTP_MOST_QUERY && (status == 0 || (status == 400 && why != NULL)));
    if (status != 0) return;
    demand(path[0] == '/' && strlen(path) <= strlen(target));
    demand(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
    demand(strchr(path, '\\') == NULL && http_utf8_good(path, strlen(path)));
    for (const char *p = path; *p != '\0'; p++)
        demand((unsigned char)*p >= 0x20 && *p != 0x7F);
    for (size_t i = 0; i < n; i++)
        demand(http_utf8_good(query[i].value, strlen(query[i].value)));
}

static void check_value(const char *value) {
    char out[16];
    memset(out, 'x', sizeof out);
    if (http_parameter(value, "boundary", out, sizeof out))
        demand(memchr(out, '\0', sizeof out) != NULL);
    (void)http_type_is(value, "text/");
    (void)http_type_is(value, "text/csv");
    if (http_id_good(value)) demand(strlen(value) <= HTTP_MOST_REQUEST_ID);
    if (http_trace_good(value)) demand(strlen(value) == 55);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    char *text = norni_arena_text(&arena, (const char *)data, size), *at = text;
    if (text == NULL) return 0;
    http_pair header[MOST_LINES];
    http_head head = {.header = header, .bytes = size};
    http_facts facts;
    head.method = next(&at, ' ');
    head.target = next(&at, ' ');
    head.version = next(&at, '\n');
    while (*at != '\0' && head.n_headers < MOST_LINES) {
        char *line = next(&at, '\n');
        const char *name = next(&line, ':');
        header[head.n_headers++] = (http_pair){name, line};
        check_value(line);
    }
    const char *why = NULL;
    const unsigned status = http_check_head(&head, &facts, &why);
    demand((status == 0) == (why == NULL) && (status == 0 || (status >= 400 && status < 600)));
    if (status == 0) {
        demand(!(facts.chunked && facts.has_length) && head.n_headers <= HTTP_MOST_HEADERS);
        demand(facts.length < UINT64_C(1000000000000000000));
        demand(http_head_find(header, head.n_headers, "host") != NULL ||
               strcmp(head.version, "HTTP/1.0") == 0);
    }
    check_target(&arena, head.target);
    norni_arena_clear(&arena);
    return 0;
}
