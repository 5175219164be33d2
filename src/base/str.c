/* Byte strings: borrowed views, a growable buffer, and a locale-free formatter. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <inttypes.h>

#include "base/numtext.h"

int norni_str_cmp(norni_str a, norni_str b) {
    const size_t n = a.n < b.n ? a.n : b.n;
    const int c = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool norni_str_is_nocase(norni_str a, const char *text) {
    for (size_t i = 0; i < a.n; i++) {
        if (text[i] == '\0' || lower(a.p[i]) != lower(text[i])) return false;
    }
    return text[a.n] == '\0';
}

norni_str norni_str_trim(norni_str a) {
    while (a.n > 0 && (a.p[0] == ' ' || a.p[0] == '\t')) {
        a.p++;
        a.n--;
    }
    while (a.n > 0 && (a.p[a.n - 1] == ' ' || a.p[a.n - 1] == '\t'))
        a.n--;
    return a;
}

/* Where the formatter writes: counts on, but never writes past the end. */
typedef struct format_out {
    char *p;
    size_t n, size;
    bool cut;
} format_out;

static void put_bytes(format_out *o, const char *p, size_t n) {
    const size_t room = o->size - 1 - o->n;
    if (n > room) {
        n = room;
        o->cut = true;
    }
    if (n > 0) memcpy(o->p + o->n, p, n);
    o->n += n;
}

static void put_unsigned(format_out *o, uint64_t x, unsigned base) {
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = "0123456789abcdef"[x % base];
        x /= base;
    } while (x > 0);
    put_bytes(o, text + at, sizeof text - at);
}

static void put_signed(format_out *o, int64_t x) {
    char text[NORNI_NUM_MAX];
    put_bytes(o, text, norni_int_print(text, x));
}

/* A text cut in the middle of a UTF-8 character ends before it. */
static void cut_at_character(format_out *o) {
    size_t start = o->n;
    while (start > 0 && ((unsigned char)o->p[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0) return;
    const unsigned char lead = (unsigned char)o->p[start - 1];
    const size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (o->n - (start - 1) < want) o->n = start - 1;
}

/* "%.60s": at most so many bytes of the text, cut at a UTF-8 edge; returns the character behind, or NULL: another verb. */
static const char *put_start(format_out *o, const char *f, va_list *ap) {
    size_t most = 0;
    const char *at = f + 1;
    for (; *at >= '0' && *at <= '9' && most < 100000; at++)
        most = 10 * most + (size_t)(*at - '0');
    if (*f != '.' || at == f + 1 || *at != 's') return NULL;
    const char *s = va_arg(*ap, const char *);
    const size_t n = s ? strnlen(s, most) : 0; /* what lies behind may not be the text's */
    const size_t from = o->n;
    put_bytes(o, s, n);
    if (n == most && !o->cut) cut_at_character(o);
    if (o->n < from) o->n = from;
    return at + 1;
}

/* One verb behind '%'; returns the character after it. */
static const char *put_verb(format_out *o, const char *f, va_list *ap) {
    char text[NORNI_NUM_MAX];
    if (strncmp(f, ".*s", 3) == 0) {
        const int len = va_arg(*ap, int);
        const char *s = va_arg(*ap, const char *);
        if (len > 0 && s != NULL) put_bytes(o, s, (size_t)len);
        return f + 3;
    }
    const char *behind = put_start(o, f, ap);
    if (behind != NULL) return behind;
    if (strncmp(f, "zu", 2) == 0) {
        put_unsigned(o, va_arg(*ap, size_t), 10);
        return f + 2;
    }
    if (strncmp(f, "lld", 3) == 0) {
        put_signed(o, va_arg(*ap, long long));
        return f + 3;
    }
    if (strncmp(f, "llu", 3) == 0) {
        put_unsigned(o, va_arg(*ap, unsigned long long), 10);
        return f + 3;
    }
    if (*f == 's') {
        const char *s = va_arg(*ap, const char *);
        put_bytes(o, s ? s : "(null)", strlen(s ? s : "(null)"));
    } else if (*f == 'c') {
        text[0] = (char)va_arg(*ap, int);
        put_bytes(o, text, 1);
    } else if (*f == 'd') {
        put_signed(o, va_arg(*ap, int));
    } else if (*f == 'u') {
        put_unsigned(o, va_arg(*ap, unsigned), 10);
    } else if (*f == 'x') {
        put_unsigned(o, va_arg(*ap, unsigned), 16);
    } else if (*f == 'g') {
        put_bytes(o, text, norni_num_print(text, va_arg(*ap, double)));
    } else {
        put_bytes(o, "%", 1);
        if (*f != '%') return f; /* an unknown verb stands as it is */
    }
    return f + 1;
}

size_t norni_vformat(char *out, size_t size, const char *fmt, va_list ap) {
    if (size == 0) return 0;
    format_out o = {out, 0, size, false};
    va_list args;
    va_copy(args, ap);
    while (*fmt != '\0' && !o.cut) {
        const char *percent = strchr(fmt, '%');
        const size_t plain = percent ? (size_t)(percent - fmt) : strlen(fmt);
        put_bytes(&o, fmt, plain);
        fmt += plain;
        if (percent != NULL) fmt = put_verb(&o, fmt + 1, &args);
    }
    va_end(args);
    if (o.cut) cut_at_character(&o);
    out[o.n] = '\0';
    return o.n;
}

size_t norni_format(char *out, size_t size, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const size_t n = norni_vformat(out, size, fmt, ap);
    va_end(ap);
    return n;
}

void norni_buf_init(norni_buf *b, const norn_alloc *alloc) {
    *b = (norni_buf){.alloc = alloc};
}

void norni_buf_clear(norni_buf *b) {
    norni_alloc_drop(b->alloc, b->p, b->cap, 1);
    *b = (norni_buf){.alloc = b->alloc};
}

bool norni_buf_reserve(norni_buf *b, size_t more) {
    if (b->failed) return false;
    if (more <= b->cap - b->n) return true;
    size_t cap = b->cap < 128 ? 256 : b->cap * 2;
    if (more > SIZE_MAX / 4 || b->cap > SIZE_MAX / 4)
        cap = 0;
    else if (cap < b->n + more)
        cap = b->n + more;
    char *p = cap ? norni_alloc_resize(b->alloc, b->p, b->cap, cap, 1) : NULL;
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void norni_buf_add(norni_buf *b, const void *p, size_t n) {
    if (n == 0 || !norni_buf_reserve(b, n)) return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void norni_buf_text(norni_buf *b, const char *text) {
    norni_buf_add(b, text, strlen(text));
}

void norni_buf_format(norni_buf *b, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    const size_t n = norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    norni_buf_add(b, text, n);
}

void norni_buf_num(norni_buf *b, double x) {
    if (norni_buf_reserve(b, NORNI_NUM_MAX)) b->n += norni_num_print(b->p + b->n, x);
}

/* Optimal string alignment over at most 32 bytes of each text: longer names are never near. */
size_t norni_str_distance(norni_str a, norni_str b) {
    enum { MOST = 32, FAR = 8 };
    if (a.n > MOST || b.n > MOST) return FAR;
    size_t row[3][MOST + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            const size_t change = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            size_t best = last[j] + 1 < now[j - 1] + 1 ? last[j] + 1 : now[j - 1] + 1;
            if (change < best) best = change;
            const bool swapped =
                i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
            if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            now[j] = best;
        }
        size_t *swap = before;
        before = last;
        last = now;
        now = swap;
    }
    return last[b.n] < FAR ? last[b.n] : FAR;
}
