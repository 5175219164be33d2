/* Whether a chart is well-formed XML, and how often it says something: for tests of charts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_TESTS_SVG_CHECK_H
#define NORN_TESTS_SVG_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline size_t count_of(const char *text, const char *part) {
    size_t n = 0;
    for (const char *p = strstr(text, part); p != NULL; p = strstr(p + 1, part))
        n++;
    return n;
}

static inline bool known_entity(const char *p) {
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t i = 0; i < 5; i++) {
        if (strncmp(p, known[i], strlen(known[i])) == 0) return true;
    }
    return false;
}

/* NULL, or what keeps the text from being well-formed: tags that do not nest, bare & or <,
 * characters that XML forbids. */
static inline const char *fault_of(const char *p) {
    static char stack[32][16];
    size_t depth = 0, elements = 0;
    for (; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 && *p != '\n') return "control character";
        if (*p == '&' && !known_entity(p)) return "bare &";
        if (*p == '>') return "bare >";
        if (*p != '<') continue;
        const bool closing = p[1] == '/';
        const char *name = p + 1 + closing, *end = name;
        while ((*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z'))
            end++;
        char tag[16] = "";
        if (end == name || end - name > 15) return "bad tag";
        memcpy(tag, name, (size_t)(end - name));
        bool quoted = false;
        for (; *end != '>' || quoted; end++) {
            if (*end == '\0' || *end == '<') return "open tag";
            if (*end == '"') quoted = !quoted;
        }
        if (closing) {
            if (depth == 0 || strcmp(stack[--depth], tag) != 0) return "tags do not nest";
        } else if (end[-1] != '/') {
            if (depth == 0 && elements > 0) return "two roots";
            if (depth == 32) return "too deep";
            strcpy(stack[depth++], tag);
        }
        elements++;
        p = end;
    }
    return depth == 0 ? NULL : "open element";
}

#endif
