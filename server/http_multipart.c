/* multipart/form-data (RFC 7578, RFC 2046 5.1) as it arrives; what is not of that form is refused, not guessed at. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The delimiter is CR LF "--" boundary, and a boundary holds no CR: when a match of k bytes breaks off, the next one can only begin
 * at the byte at hand. So the k bytes need not be kept: they are the delimiter's first k. */
#include "server/http_multipart.h"

#include "server/http_check.h"

static unsigned bad(http_multipart *m, const char *why) {
    m->why = why;
    return 400;
}

unsigned http_multipart_init(http_multipart *m, const char *type, const http_multipart_to *to) {
    static const char allowed[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ";
    char boundary[HTTP_MOST_BOUNDARY + 1];
    memset(m, 0, sizeof *m);
    m->to = *to;
    if (!http_parameter(type, "boundary", boundary, sizeof boundary))
        return bad(m, "multipart/form-data needs a boundary of at most 70 bytes");
    const size_t n = strlen(boundary);
    if (n == 0 || strspn(boundary, allowed) != n || boundary[n - 1] == ' ')
        return bad(m, "the boundary holds other bytes than RFC 2046 allows");
    m->n_mark = norni_format(m->mark, sizeof m->mark, "\r\n--%s", boundary);
    m->matched = 2; /* the first boundary may stand at the very beginning */
    return 0;
}

static unsigned put(http_multipart *m, const char *p, size_t n) {
    if (n == 0 || m->state != HTTP_MULTIPART_DATA) return 0;
    return m->to.bytes(m->to.user, p, n);
}

/* Bytes of a part up to its end: *used of them. */
static unsigned take_data(http_multipart *m, const char *p, size_t n, size_t *used) {
    size_t i = 0;
    size_t before = m->matched; /* of the match, bytes of an earlier piece */
    unsigned status = 0;
    while (i < n && m->matched < m->n_mark) {
        if (m->matched == 0) {
            const char *cr = memchr(p + i, '\r', n - i);
            if (cr == NULL) {
                i = n;
                break;
            }
            i = (size_t)(cr - p) + 1;
            m->matched = 1;
            before = 0;
        } else if (p[i] == m->mark[m->matched]) {
            m->matched++;
            i++;
        } else {
            if (before > 0) {
                status = put(m, m->mark, before);
                if (status != 0) return status;
            }
            m->matched = before = 0;
        }
    }
    const size_t held = m->matched - before; /* of this piece, not to be handed on yet */
    status = put(m, p, i - held);
    *used = i;
    if (status != 0 || m->matched < m->n_mark) return status;
    if (m->state == HTTP_MULTIPART_DATA) status = m->to.end(m->to.user);
    m->state = HTTP_MULTIPART_AFTER;
    m->n_head = 0;
    return status;
}

/* ---- a part's headers ---- */
static bool copy_name(const char *value, const char *name, char out[HTTP_MOST_NAME + 1]) {
    return http_parameter(value, name, out, HTTP_MOST_NAME + 1);
}

/* The last step of a path, as some browsers send one. */
static const char *leaf(const char *name) {
    for (const char *p = name; *p != '\0'; p++)
        if (*p == '/' || *p == '\\') name = p + 1;
    return name;
}

static bool has_parameter(const char *value, const char *name) {
    char one[2];
    const size_t n = strlen(name);
    if (http_parameter(value, name, one, sizeof one)) return true;
    for (const char *p = strchr(value, ';'); p != NULL; p = strchr(p + 1, ';')) {
        const char *q = p + 1 + strspn(p + 1, " \t");
        if (norni_str_is_nocase((norni_str){q, strnlen(q, n)}, name) && q[n] == '=') return true;
    }
    return false;
}

static unsigned begin_part(http_multipart *m, const char *disposition, const char *type) {
    char name[HTTP_MOST_NAME + 1], filename[HTTP_MOST_NAME + 1];
    if (disposition == NULL || !http_type_is(disposition, "form-data"))
        return bad(m, "a part has no Content-Disposition: form-data");
    if (!copy_name(disposition, "name", name))
        return bad(m, "a part has no name, or one longer than 255 bytes");
    const bool file = has_parameter(disposition, "filename");
    if (file && !copy_name(disposition, "filename", filename))
        return bad(m, "a file's name is broken or longer than 255 bytes");
    if (m->n_parts == HTTP_MOST_PARTS) return bad(m, "more than 16 parts");
    m->n_parts++;
    m->state = HTTP_MULTIPART_DATA;
    m->matched = 0;
    return m->to.begin(m->to.user, name, file ? leaf(filename) : NULL, type);
}

/* m->head holds the lines, each with CR LF, and ends with an empty one. */
static unsigned take_head(http_multipart *m) {
    const char *disposition = NULL, *type = NULL;
    if (memchr(m->head, '\0', m->n_head) != NULL || !http_utf8_good(m->head, m->n_head))
        return bad(m, "a part's headers hold a NUL or are no UTF-8");
    m->head[m->n_head] = '\0';
    for (char *line = m->head; *line != '\r' || line[1] != '\n';) {
        char *end = strstr(line, "\r\n"), *colon = strchr(line, ':');
        if (end == NULL || colon == NULL || colon > end)
            return bad(m, "a part's header is no name: value");
        *end = *colon = '\0';
        for (char *p = line; p < end; p++) {
            const unsigned char c = (unsigned char)*p;
            if (p != colon && (c == 0x7F || (c < 0x20 && c != '\t')))
                return bad(m, "a part's header holds a control byte");
        }
        const char *value = colon + 1 + strspn(colon + 1, " \t");
        const norni_str name = norni_str_of(line);
        const char **to = norni_str_is_nocase(name, "Content-Disposition") ? &disposition
                          : norni_str_is_nocase(name, "Content-Type")      ? &type
                                                                           : NULL;
        if (to != NULL && *to != NULL) return bad(m, "a part has a header twice");
        if (to != NULL) *to = value;
        if (norni_str_is_nocase(name, "Content-Transfer-Encoding") &&
            !http_type_is(value, "binary") && !http_type_is(value, "8bit") &&
            !http_type_is(value, "7bit"))
            return bad(m, "a part is encoded: only binary, 8bit and 7bit are understood");
        line = end + 2;
    }
    return begin_part(m, disposition, type);
}

/* One byte behind a boundary. */
static unsigned take_after(http_multipart *m, char c) {
    m->head[m->n_head++] = c;
    const char *h = m->head;
    const size_t n = m->n_head;
    if (n >= 2 && h[n - 2] == '-' && c == '-') {
        m->state = HTTP_MULTIPART_EPILOGUE;
        return n == 2 ? 0 : bad(m, "a boundary is followed by other bytes");
    }
    if (n >= 2 && h[n - 2] == '\r' && c == '\n') {
        m->state = HTTP_MULTIPART_HEAD;
        m->n_head = 0;
        return 0;
    }
    const bool legal = c == '-' ? n == 1 : c == '\r' || ((c == ' ' || c == '\t') && h[0] != '-');
    if (!legal || (n >= 2 && h[n - 2] == '\r') || n > 64 || (n >= 2 && h[0] == '-'))
        return bad(m, "a boundary is followed by other bytes");
    return 0;
}

static unsigned take_head_byte(http_multipart *m, char c) {
    if (m->n_head == HTTP_MOST_PART_HEAD)
        return bad(m, "a part's headers are longer than 4096 bytes");
    m->head[m->n_head++] = c;
    const char *end = m->head + m->n_head;
    if (c != '\n') return 0;
    if (m->n_head < 2 || end[-2] != '\r') return bad(m, "a part's headers have a bare line feed");
    if (m->n_head == 2 || (m->n_head >= 4 && end[-3] == '\n' && end[-4] == '\r'))
        return take_head(m);
    return 0;
}

unsigned http_multipart_feed(http_multipart *m, const char *p, size_t n) {
    unsigned status = 0;
    for (size_t i = 0, used = 0; i < n && status == 0; i += used) {
        used = 1;
        switch (m->state) {
            case HTTP_MULTIPART_PREAMBLE:
            case HTTP_MULTIPART_DATA: status = take_data(m, p + i, n - i, &used); break;
            case HTTP_MULTIPART_AFTER: status = take_after(m, p[i]); break;
            case HTTP_MULTIPART_HEAD: status = take_head_byte(m, p[i]); break;
            case HTTP_MULTIPART_EPILOGUE: return 0;
        }
    }
    return status;
}

unsigned http_multipart_finish(http_multipart *m) {
    return m->state == HTTP_MULTIPART_EPILOGUE ? 0
                                               : bad(m, "the body ends before its last boundary");
}
