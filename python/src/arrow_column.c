/* One column out of Arrow's chunks, with everything checked that can be. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The structs come from any other package: lengths, offsets, counts of buffers and children, null
 * pointers, codes of dictionaries and places of texts are looked at before they are used. What cannot be
 * seen is whether a buffer is as long as the array's length says. */
#include "python/src/arrow.h"

#include <math.h>

#include "base/fp.h"
#include "base/map.h"

typedef struct column_job {
    const struct ArrowSchema *schema;
    norni_arena *arena;
    norni_frame_column *out;
    norn_err *err;
    norni_map texts; /* of TEXT */
    norni_str last;  /* the last text and its code: neighbours are often equal */
    uint32_t last_code;
    size_t first_row; /* of the chunk at hand; of its dictionary: 0 */
    bool any, exact;
} column_job;

static int shown(norni_str s) {
    return (int)(s.n > 60 ? 60 : s.n);
}

NORN_PRINTF(2, 3)
static norn_status fail_column(const column_job *job, const char *fmt, ...) {
    char text[160];
    va_list ap;
    va_start(ap, fmt);
    norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    return norn_fail(job->err, NORN_E_DATA, "column %.*s: the Arrow stream contradicts itself: %s",
                     shown(job->out->name), job->out->name.p, text);
}

/* Rows [first, first + n) of the chunk lie inside the array; its buffers are there. */
static norn_status check_array(const column_job *job, const struct ArrowArray *a, size_t first,
                               size_t n, int64_t n_buffers, size_t *offset) {
    size_t end = 0;
    if (a == NULL || a->release == NULL) return fail_column(job, "an array is missing or released");
    if (a->length < 0 || a->offset < 0) return fail_column(job, "a negative length or offset");
    if (__builtin_add_overflow((size_t)a->offset, first, offset) ||
        __builtin_add_overflow(*offset, n, &end) || end > (size_t)INT64_MAX / 16)
        return fail_column(job, "an offset beyond any memory");
    if (first + n > (size_t)a->length)
        return fail_column(job, "%lld values where %zu are needed", (long long)a->length,
                           first + n);
    if (a->n_buffers != n_buffers)
        return fail_column(job, "%lld buffers where %lld are needed", (long long)a->n_buffers,
                           (long long)n_buffers);
    if (n_buffers > 0 && a->buffers == NULL) return fail_column(job, "no buffers");
    if (n > 0 && n_buffers > 1 && a->buffers[1] == NULL)
        return fail_column(job, "a buffer is null");
    return NORN_OK;
}

static bool bit(const void *bits, size_t i) {
    return ((const uint8_t *)bits)[i / 8] >> i % 8 & 1;
}

/* Whether row i (of the array, its offset counted in) has a value. */
static bool valid(const struct ArrowArray *a, size_t i) {
    return a->n_buffers == 0 || a->buffers[0] == NULL || bit(a->buffers[0], i);
}

/* ---- numbers ---- */

typedef struct integer_type {
    size_t size; /* bytes */
    bool is_signed;
} integer_type;

static bool integer_of(char code, integer_type *t) {
    static const char codes[] = "cCsSiIlL";
    const char *at = code ? memchr(codes, code, 8) : NULL;
    if (at == NULL) return false;
    *t = (integer_type){(size_t)1 << (at - codes) / 2, (at - codes) % 2 == 0};
    return true;
}

static norn_status read_integer(const column_job *job, const void *p, integer_type t, size_t i,
                                int64_t *out) {
    const char *at = (const char *)p + i * t.size;
    int8_t i8;
    uint8_t u8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    uint64_t u64;
    switch (t.size * 2 + t.is_signed) {
        case 3: memcpy(&i8, at, 1), *out = i8; return NORN_OK;
        case 2: memcpy(&u8, at, 1), *out = u8; return NORN_OK;
        case 5: memcpy(&i16, at, 2), *out = i16; return NORN_OK;
        case 4: memcpy(&u16, at, 2), *out = u16; return NORN_OK;
        case 9: memcpy(&i32, at, 4), *out = i32; return NORN_OK;
        case 8: memcpy(&u32, at, 4), *out = u32; return NORN_OK;
        case 17: memcpy(out, at, 8); return NORN_OK;
        default: memcpy(&u64, at, 8); break;
    }
    if (u64 > INT64_MAX)
        return norn_fail(job->err, NORN_E_DATA, "column %.*s: an unsigned integer above 2^63 - 1",
                         shown(job->out->name), job->out->name.p);
    *out = (int64_t)u64;
    return NORN_OK;
}

static norn_status take_integers(const column_job *job, const nornpy_chunk *chunk, size_t n_chunks,
                                 integer_type t, int64_t *to) {
    for (size_t k = 0; k < n_chunks; k++) {
        const struct ArrowArray *a = chunk[k].array;
        size_t offset = 0;
        NORN_TRY(check_array(job, a, chunk[k].first, chunk[k].n, 2, &offset));
        for (size_t i = 0; i < chunk[k].n; i++, to++) {
            *to = NORNI_TIME_NONE;
            if (valid(a, offset + i)) NORN_TRY(read_integer(job, a->buffers[1], t, offset + i, to));
        }
    }
    return NORN_OK;
}

static norn_status take_bits(const column_job *job, const nornpy_chunk *chunk, size_t n_chunks,
                             int64_t *to) {
    for (size_t k = 0; k < n_chunks; k++) {
        const struct ArrowArray *a = chunk[k].array;
        size_t offset = 0;
        NORN_TRY(check_array(job, a, chunk[k].first, chunk[k].n, 2, &offset));
        for (size_t i = 0; i < chunk[k].n; i++, to++)
            *to = valid(a, offset + i) ? bit(a->buffers[1], offset + i) : NORNI_TIME_NONE;
    }
    return NORN_OK;
}

/* float64 and float32 */
static norn_status take_floats(const column_job *job, const nornpy_chunk *chunk, size_t n_chunks,
                               bool wide, double *to) {
    for (size_t k = 0; k < n_chunks; k++) {
        const struct ArrowArray *a = chunk[k].array;
        size_t offset = 0;
        NORN_TRY(check_array(job, a, chunk[k].first, chunk[k].n, 2, &offset));
        const char *p = (const char *)a->buffers[1] + offset * (wide ? 8 : 4);
        if (wide && chunk[k].n > 0) memcpy(to, p, chunk[k].n * sizeof *to);
        for (size_t i = 0; i < chunk[k].n; i++) {
            float narrow = 0;
            if (!wide) {
                memcpy(&narrow, p + 4 * i, sizeof narrow);
                to[i] = (double)narrow;
            }
            if (!valid(a, offset + i)) to[i] = NORNI_NAN;
        }
        to += chunk[k].n;
    }
    return NORN_OK;
}

/* ---- times ---- */

/* Value times `up` over `down` is microseconds. */
typedef struct time_type {
    size_t size;
    int64_t up, down;
} time_type;

static bool time_of(const char *format, time_type *t, bool *date, bool *zoned) {
    static const struct {
        const char *head;
        time_type type;
    } types[] = {
        {"tdD", {4, NORNI_US_DAY, 1}}, {"tdm", {8, 1000, 1}}, {"tss:", {8, NORNI_US_SECOND, 1}},
        {"tsm:", {8, 1000, 1}},        {"tsu:", {8, 1, 1}},   {"tsn:", {8, 1, 1000}}};
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        const size_t n = strlen(types[k].head);
        if (strncmp(format, types[k].head, n) != 0) continue;
        *t = types[k].type;
        *date = k < 2;
        *zoned = k >= 2 && format[n] != '\0';
        return k >= 2 || format[n] == '\0';
    }
    return false;
}

static norn_status take_times(const column_job *job, const nornpy_chunk *chunk, size_t n_chunks,
                              time_type t, size_t n_rows, int64_t *to) {
    NORN_TRY(take_integers(job, chunk, n_chunks, (integer_type){t.size, true}, to));
    for (size_t i = 0; i < n_rows; i++) {
        if (to[i] == NORNI_TIME_NONE) continue;
        const int64_t part = to[i] % t.down;
        if (job->exact && part != 0)
            return norn_fail(job->err, NORN_E_DATA,
                             "column %.*s: row %zu is no whole number of microseconds; round the "
                             "times to them",
                             shown(job->out->name), job->out->name.p, i + 1);
        to[i] = to[i] / t.down - (part < 0);
        if (__builtin_mul_overflow(to[i], t.up, &to[i]))
            return norn_fail(job->err, NORN_E_DATA, "column %.*s: a time beyond the year 9999",
                             shown(job->out->name), job->out->name.p);
    }
    return NORN_OK;
}

/* ---- texts ---- */

/* Whether the text is UTF-8, as the type says it is. */
static bool is_utf8(norni_str s) {
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
    while (p < end) {
        const unsigned c = *p++;
        if (c < 0x80) continue;
        const int more = c >= 0xC2 && c <= 0xDF   ? 1
                         : (c & 0xF0) == 0xE0     ? 2
                         : c >= 0xF0 && c <= 0xF4 ? 3
                                                  : 0;
        if (more == 0 || end - p < more) return false;
        const unsigned next = *p;
        if ((c == 0xE0 && next < 0xA0) || (c == 0xED && next > 0x9F) ||
            (c == 0xF0 && next < 0x90) || (c == 0xF4 && next > 0x8F))
            return false;
        for (int k = 0; k < more; k++) {
            if ((*p++ & 0xC0) != 0x80) return false;
        }
    }
    return true;
}

static norn_status fail_utf8(const column_job *job, size_t row) {
    return norn_fail(job->err, NORN_E_DATA, "column %.*s: the text of %s %zu is not valid UTF-8",
                     shown(job->out->name), job->out->name.p,
                     job->schema->dictionary ? "dictionary entry" : "row", row + 1);
}

static norn_status add_text(column_job *job, norni_str s, size_t row, uint32_t *code) {
    if (job->any && s.n == job->last.n && (s.n == 0 || memcmp(s.p, job->last.p, s.n) == 0)) {
        *code = job->last_code;
        return NORN_OK;
    }
    int64_t at = norni_map_find(&job->texts, s);
    if (at == NORNI_MAP_NONE) {
        if (!is_utf8(s)) return fail_utf8(job, row);
        const char *kept = norni_arena_text(job->arena, s.p ? s.p : "", s.n);
        at = kept ? norni_map_add(&job->texts, (norni_str){kept, s.n}, NULL) : NORNI_MAP_NONE;
    }
    if (at == NORNI_MAP_NONE) return norni_alloc_fail(job->err, "data", s.n, 1);
    job->any = true;
    job->last = job->texts.keys[at];
    job->last_code = *code = (uint32_t)at;
    return NORN_OK;
}

static norn_status offset_text(const column_job *job, const struct ArrowArray *a, bool large,
                               size_t i, norni_str *out) {
    int64_t from, to;
    int32_t narrow[2];
    if (large) {
        memcpy(&from, (const char *)a->buffers[1] + 8 * i, 8);
        memcpy(&to, (const char *)a->buffers[1] + 8 * (i + 1), 8);
    } else {
        memcpy(narrow, (const char *)a->buffers[1] + 4 * i, 8);
        from = narrow[0], to = narrow[1];
    }
    if (from < 0 || to < from) return fail_column(job, "texts' offsets fall");
    if (to > from && a->buffers[2] == NULL) return fail_column(job, "a buffer is null");
    *out = (norni_str){to > from ? (const char *)a->buffers[2] + from : "", (size_t)(to - from)};
    return NORN_OK;
}

/* A view holds 12 bytes itself, or names one of the buffers behind, whose lengths stand last. */
static norn_status view_text(const column_job *job, const struct ArrowArray *a, size_t i,
                             norni_str *out) {
    const char *view = (const char *)a->buffers[1] + 16 * i;
    const int64_t n_data = a->n_buffers - 3;
    int32_t length, where[2];
    int64_t size = 0;
    memcpy(&length, view, 4);
    if (length < 0) return fail_column(job, "a text of negative length");
    if (length <= 12) {
        *out = (norni_str){view + 4, (size_t)length};
        return NORN_OK;
    }
    memcpy(where, view + 8, 8);
    if (where[0] < 0 || where[0] >= n_data || where[1] < 0 || a->buffers[2 + where[0]] == NULL ||
        a->buffers[a->n_buffers - 1] == NULL)
        return fail_column(job, "a text in a buffer that is not there");
    memcpy(&size, (const char *)a->buffers[a->n_buffers - 1] + 8 * where[0], 8);
    if ((int64_t)where[1] + length > size) return fail_column(job, "a text beyond its buffer");
    *out = (norni_str){(const char *)a->buffers[2 + where[0]] + where[1], (size_t)length};
    return NORN_OK;
}

/* Rows [first, first + n) of an array of texts as codes. */
static norn_status take_texts(column_job *job, const struct ArrowArray *a, const char *format,
                              size_t first, size_t n, uint32_t *to) {
    const bool view = format[0] == 'v', large = format[0] == 'U' || format[0] == 'Z';
    size_t offset = 0;
    if (view && (a == NULL || a->release == NULL || a->n_buffers < 3))
        return fail_column(job, "too few buffers for views");
    NORN_TRY(check_array(job, a, first, n, view ? a->n_buffers : 3, &offset));
    for (size_t i = 0; i < n; i++) {
        norni_str s = {"", 0};
        to[i] = UINT32_MAX;
        if (!valid(a, offset + i)) continue;
        NORN_TRY(view ? view_text(job, a, offset + i, &s)
                      : offset_text(job, a, large, offset + i, &s));
        NORN_TRY(add_text(job, s, job->first_row + i, &to[i]));
    }
    return NORN_OK;
}

static bool is_text(const char *format) {
    static const char *const formats[] = {"u", "U", "z", "Z", "vu", "vz"};
    for (size_t k = 0; format && k < sizeof formats / sizeof formats[0]; k++) {
        if (strcmp(format, formats[k]) == 0) return true;
    }
    return false;
}

/* A chunk's dictionary, whose codes are looked up. */
static norn_status take_coded(column_job *job, const nornpy_chunk *chunk, integer_type t,
                              uint32_t *to) {
    const struct ArrowArray *a = chunk->array, *d;
    size_t offset = 0;
    NORN_TRY(check_array(job, a, chunk->first, chunk->n, 2, &offset));
    d = a->dictionary;
    if (d == NULL || d->release == NULL || d->length < 0)
        return fail_column(job, "a dictionary is missing");
    if (d->length > UINT32_MAX - 1) return fail_column(job, "a dictionary of too many texts");
    uint32_t *code = norni_arena_get(job->arena, (size_t)d->length, sizeof *code);
    if (code == NULL) return norni_alloc_fail(job->err, "data", (size_t)d->length, sizeof *code);
    NORN_TRY(take_texts(job, d, job->schema->dictionary->format, 0, (size_t)d->length, code));
    for (size_t i = 0; i < chunk->n; i++) {
        int64_t at = 0;
        to[i] = UINT32_MAX;
        if (!valid(a, offset + i)) continue;
        NORN_TRY(read_integer(job, a->buffers[1], t, offset + i, &at));
        if (at < 0 || at >= d->length)
            return fail_column(job, "code %lld outside its dictionary", (long long)at);
        to[i] = code[at];
    }
    return NORN_OK;
}

static norn_status text_column(column_job *job, const nornpy_chunk *chunk, size_t n_chunks,
                               size_t n, integer_type t) {
    norni_frame_column *out = job->out;
    const bool coded = job->schema->dictionary != NULL;
    uint32_t *to = norni_arena_get(job->arena, n, sizeof *to);
    norn_status st = to ? NORN_OK : norni_alloc_fail(job->err, "data", n, sizeof *to);
    out->kind = NORNI_FRAME_TEXT;
    out->code = to;
    norni_map_init(&job->texts, job->arena->alloc);
    for (size_t k = 0; k < n_chunks && st == NORN_OK; k++) {
        st = coded ? take_coded(job, &chunk[k], t, to)
                   : take_texts(job, chunk[k].array, job->schema->format, chunk[k].first,
                                chunk[k].n, to);
        to += chunk[k].n;
        job->first_row += coded ? 0 : chunk[k].n;
    }
    if (st == NORN_OK) {
        norni_str *text = norni_arena_get(job->arena, job->texts.n, sizeof *text);
        if (text == NULL)
            st = norni_alloc_fail(job->err, "data", job->texts.n, sizeof *text);
        else if (job->texts.n > 0)
            memcpy(text, job->texts.keys, job->texts.n * sizeof *text);
        out->text = text;
        out->n_text = job->texts.n;
    }
    norni_map_clear(&job->texts);
    return st;
}

static norn_status fail_format(const column_job *job) {
    const char *f = job->schema->format ? job->schema->format : "";
    return norn_fail(
        job->err, NORN_E_ARG,
        "column %.*s: Arrow type '%s' is not read; numbers, booleans, dates, time stamps "
        "and texts are",
        shown(job->out->name), job->out->name.p, f);
}

/* A column of whole numbers, bits or times. */
static norn_status whole_column(column_job *job, const nornpy_chunk *chunk, size_t n_chunks,
                                size_t n) {
    const char *f = job->schema->format;
    norni_frame_column *out = job->out;
    integer_type whole = {0, false};
    time_type time = {8, 1, 1};
    const bool plain = f[0] != '\0' && f[1] == '\0', bits = strcmp(f, "b") == 0;
    const bool is_whole = plain && integer_of(f[0], &whole);
    if (!bits && !is_whole && !time_of(f, &time, &out->date, &out->zoned)) return fail_format(job);
    int64_t *to = norni_arena_get(job->arena, n, sizeof *to);
    if (to == NULL) return norni_alloc_fail(job->err, "data", n, sizeof *to);
    out->integer = to;
    out->kind = bits || is_whole ? NORNI_FRAME_INTEGER : NORNI_FRAME_TIME;
    if (bits) return take_bits(job, chunk, n_chunks, to);
    if (is_whole) return take_integers(job, chunk, n_chunks, whole, to);
    return take_times(job, chunk, n_chunks, time, n, to);
}

norn_status nornpy_arrow_column(const struct ArrowSchema *schema, const nornpy_chunk *chunk,
                                size_t n_chunks, size_t n_rows, bool exact, norni_arena *arena,
                                norni_frame_column *out, norn_err *err) {
    column_job job = {.schema = schema, .arena = arena, .out = out, .err = err, .exact = exact};
    const char *f = schema->format ? schema->format : "";
    integer_type code = {0, false};
    if (schema->dictionary != NULL) {
        if (f[0] == '\0' || f[1] != '\0' || !integer_of(f[0], &code) ||
            !is_text(schema->dictionary->format) || schema->dictionary->dictionary != NULL)
            return fail_format(&job);
        return text_column(&job, chunk, n_chunks, n_rows, code);
    }
    if (is_text(f)) return text_column(&job, chunk, n_chunks, n_rows, code);
    if (strcmp(f, "g") != 0 && strcmp(f, "f") != 0 && strcmp(f, "n") != 0)
        return f[0] == '\0' ? fail_format(&job) : whole_column(&job, chunk, n_chunks, n_rows);
    double *to = norni_arena_get(arena, n_rows, sizeof *to);
    if (to == NULL) return norni_alloc_fail(err, "data", n_rows, sizeof *to);
    out->kind = NORNI_FRAME_NUMBER;
    out->number = to;
    if (f[0] != 'n') return take_floats(&job, chunk, n_chunks, f[0] == 'g', to);
    for (size_t i = 0; i < n_rows; i++)
        to[i] = NORNI_NAN;
    return NORN_OK;
}
