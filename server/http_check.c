/* Strict checks of a request's head: RFC 9110 and 9112 where a lenient reader and a proxy could disagree. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_check.h"

static bool is_token_byte(unsigned char c) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(const char *p) {
    if (*p == '\0') return false;
    for (; *p != '\0'; p++)
        if (!is_token_byte((unsigned char)*p)) return false;
    return true;
}

static bool has_control(const char *p) {
    for (; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p;
        if ((c < 0x20 && c != '\t') || c == 0x7F) return true;
    }
    return false;
}

static bool same(const char *a, const char *b) {
    return norni_str_is_nocase(norni_str_of(a), b);
}

const char *http_head_find(const http_pair *header, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (same(header[i].name, name)) return header[i].value;
    return NULL;
}

static size_t count(const http_head *h, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < h->n_headers; i++)
        n += same(h->header[i].name, name);
    return n;
}

static unsigned say(unsigned status, const char **why, const char *text) {
    *why = text;
    return status;
}

static unsigned check_body(const http_head *h, http_facts *out, const char **why) {
    const char *length = http_head_find(h->header, h->n_headers, "Content-Length");
    const char *coding = http_head_find(h->header, h->n_headers, "Transfer-Encoding");
    if (count(h, "Content-Length") > 1) return say(400, why, "more than one Content-Length");
    if (count(h, "Transfer-Encoding") > 1) return say(400, why, "more than one Transfer-Encoding");
    if (length != NULL && coding != NULL)
        return say(400, why, "both Content-Length and Transfer-Encoding");
    if (length != NULL) {
        const size_t n = strlen(length);
        if (n == 0 || n > 18 || strspn(length, "0123456789") != n)
            return say(400, why, "Content-Length is no whole number");
        for (size_t i = 0; i < n; i++)
            out->length = 10 * out->length + (uint64_t)(length[i] - '0');
        out->has_length = true;
    }
    if (coding != NULL) {
        if (strcmp(h->version, "HTTP/1.1") != 0)
            return say(400, why, "Transfer-Encoding asks for HTTP/1.1");
        if (!same(coding, "chunked"))
            return say(501, why, "the only Transfer-Encoding understood is chunked");
        out->chunked = true;
    }
    return 0;
}

static unsigned check_host(const http_head *h, const char **why) {
    const size_t n = count(h, "Host");
    const char *host = http_head_find(h->header, h->n_headers, "Host");
    if (n > 1) return say(400, why, "more than one Host");
    if (n == 0 && strcmp(h->version, "HTTP/1.0") != 0)
        return say(400, why, "a request of HTTP/1.1 needs the header Host");
    if (host != NULL && strpbrk(host, " \t/\\@?#,\"<>") != NULL)
        return say(400, why, "Host is no name with a port");
    return 0;
}

unsigned http_check_head(const http_head *h, http_facts *out, const char **why) {
    *out = (http_facts){0};
    size_t bytes = 0;
    if (strlen(h->method) + strlen(h->target) + 10 > HTTP_MOST_LINE)
        return say(414, why, "the request line is longer than 8192 bytes");
    if (!is_token(h->method) || strlen(h->method) > 16)
        return say(400, why, "the method is no token of at most 16 letters");
    if (strcmp(h->version, "HTTP/1.1") != 0 && strcmp(h->version, "HTTP/1.0") != 0)
        return say(505, why, "this server speaks HTTP/1.1 and HTTP/1.0");
    if (h->n_headers > HTTP_MOST_HEADERS) return say(431, why, "more than 100 headers");
    for (size_t i = 0; i < h->n_headers; i++) {
        bytes += strlen(h->header[i].name) + strlen(h->header[i].value) + 4;
        if (!is_token(h->header[i].name)) return say(400, why, "a header's name is no token");
        if (has_control(h->header[i].value))
            return say(400, why, "a header's value holds a control byte");
    }
    if (bytes > HTTP_MOST_HEAD || h->bytes > HTTP_MOST_HEAD + HTTP_MOST_LINE)
        return say(431, why, "the headers are longer than 32768 bytes");
    unsigned status = check_host(h, why);
    if (status == 0) status = check_body(h, out, why);
    if (status != 0) return status;
    const char *expect = http_head_find(h->header, h->n_headers, "Expect");
    if (expect != NULL && (!same(expect, "100-continue") || count(h, "Expect") > 1))
        return say(417, why, "the only Expect understood is 100-continue");
    out->waits = expect != NULL;
    return 0;
}

/* ---- the target ---- */
static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool http_utf8_good(const char *p, size_t n) {
    for (size_t i = 0; i < n;) {
        const unsigned char c = (unsigned char)p[i];
        const size_t more = c < 0x80                ? 0
                            : c >= 0xC2 && c < 0xE0 ? 1
                            : c >= 0xE0 && c < 0xF0 ? 2
                            : c >= 0xF0 && c < 0xF5 ? 3
                                                    : 9;
        if (more == 9 || more > n - i - 1) return false;
        uint32_t point = more == 0 ? c : c & (0x3FU >> more);
        for (size_t k = 1; k <= more; k++) {
            const unsigned char d = (unsigned char)p[i + k];
            if ((d & 0xC0) != 0x80) return false;
            point = point << 6 | (d & 0x3F);
        }
        if ((more == 2 && point < 0x800) || (more == 3 && (point < 0x10000 || point > 0x10FFFF)) ||
            (point >= 0xD800 && point <= 0xDFFF))
            return false;
        i += more + 1;
    }
    return true;
}

/* Decodes (n) bytes; NULL when an escape is broken, or a control byte or no UTF-8 comes out. */
static char *decode(norni_arena *arena, const char *p, size_t n, bool query) {
    char *out = norni_arena_get(arena, n + 1, 1);
    size_t k = 0;
    for (size_t i = 0; out != NULL && i < n; i++) {
        int c = (unsigned char)p[i];
        if (c == '%') {
            const int high = n - i > 2 ? hex(p[i + 1]) : -1;
            const int low = n - i > 2 ? hex(p[i + 2]) : -1;
            if (high < 0 || low < 0) return NULL;
            c = 16 * high + low;
            i += 2;
            if (!query && (c == '/' || c == '\\')) return NULL;
        } else if (c == '+' && query) {
            c = ' ';
        }
        if (c == 0x7F || (c < 0x20 && !(query && (c == '\t' || c == '\n' || c == '\r'))))
            return NULL;
        out[k++] = (char)c;
    }
    if (out == NULL || !http_utf8_good(out, k)) return NULL;
    out[k] = '\0';
    return out;
}

static bool has_dots(const char *path) {
    while (path != NULL && *path == '/') {
        const size_t n = strcspn(++path, "/");
        if ((n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.')) return true;
        path += n;
    }
    return false;
}

unsigned http_check_target(norni_arena *arena, const char *target, const char **path,
                           http_pair *query, size_t *n_query, const char **why) {
    *n_query = 0;
    for (const char *p = target; *p != '\0'; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7F)
            return say(400, why, "the target holds a space or a control byte");
    if (strncmp(target, "http://", 7) == 0) target += 7 + strcspn(target + 7, "/?#");
    if (target[0] != '/') return say(400, why, "the target does not begin with /");
    const size_t n = strcspn(target, "?#");
    *path = decode(arena, target, n, false);
    if (*path == NULL || has_dots(*path) || strchr(*path, '\\') != NULL)
        return say(400, why,
                   "the path holds a broken escape, a control byte, an encoded slash, a back "
                   "slash, a dot segment, or is no UTF-8");
    if (target[n] != '?') return target[n] == '#' ? say(400, why, "the target holds a #") : 0;
    for (const char *p = target + n + 1; *p != '\0';) {
        const size_t all = strcspn(p, "&"), name = strcspn(p, "=&");
        if (memchr(p, '#', all) != NULL) return say(400, why, "the target holds a #");
        if (*n_query == HTTP_MOST_QUERY) return say(400, why, "more than 64 query parameters");
        http_pair *q = &query[*n_query];
        q->name = decode(arena, p, name, true);
        q->value = decode(arena, p + name + (name < all), all - name - (name < all), true);
        if (q->name == NULL || q->value == NULL)
            return say(400, why, "the query holds a broken escape, a control byte, or is no UTF-8");
        if (all > 0) (*n_query)++;
        p += all + (p[all] == '&');
    }
    return 0;
}

/* ---- values of headers ---- */
bool http_type_is(const char *header, const char *type) {
    size_t n = strcspn(header, ";");
    while (n > 0 && (header[n - 1] == ' ' || header[n - 1] == '\t'))
        n--;
    const size_t want = strlen(type);
    if (want > 0 && type[want - 1] == '/')
        return n > want && norni_str_is_nocase((norni_str){header, want}, type);
    return norni_str_is_nocase((norni_str){header, n}, type);
}

bool http_parameter(const char *header, const char *name, char *out, size_t size) {
    const char *p = header + strcspn(header, ";");
    while (*p == ';') {
        p += 1 + strspn(p + 1, " \t");
        const size_t n = strcspn(p, "=; \t");
        const bool mine = norni_str_is_nocase((norni_str){p, n}, name);
        p += n;
        if (*p != '=') {
            p += strcspn(p, ";");
            continue;
        }
        const bool quoted = *++p == '"';
        size_t k = 0;
        for (p += quoted; *p != '\0' && (quoted ? *p != '"' : *p != ';' && *p != ' ' && *p != '\t');
             p++) {
            if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\')) p++;
            if (mine && k + 1 >= size) return false;
            if (mine) out[k++] = *p;
        }
        if (quoted && *p != '"') return false;
        p += quoted;
        if (mine) {
            out[k] = '\0';
            return true;
        }
        p += strcspn(p, ";");
    }
    return false;
}

bool http_id_good(const char *id) {
    const size_t n = strlen(id);
    return n > 0 && n <= HTTP_MOST_REQUEST_ID &&
           strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._:-") == n;
}

bool http_trace_good(const char *trace) {
    if (strlen(trace) != 55) return false;
    for (size_t i = 0; i < 55; i++) {
        const bool dash = i == 2 || i == 35 || i == 52;
        if (dash ? trace[i] != '-' : hex(trace[i]) < 0) return false;
    }
    return true;
}
