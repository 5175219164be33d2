/* Where the fields of a delimited text end: 64 bytes at a time, quotes resolved by parity. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Masks of 64 bytes (one bit a byte) for quotes and separators; the prefix XOR of the quotes' mask
 * is 1 inside of quoted fields, so that separators there drop out (Langdale and Lemire, "Parsing
 * gigabytes of JSON per second", VLDB J. 28, 2019). RFC 4180 lets a quote stand only where a field
 * begins, doubled inside, or before a separator; a text that breaks this is read by the state
 * machine instead, which takes a quote in the middle of a field as a letter. Both give the same
 * marks wherever parity holds; tests compare them at every split. */
#include "io/csv_marks.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#    define WIDE 1
#else
#    define WIDE 0
#endif

typedef struct masks {
    uint64_t quote, separator;
} masks;

static masks masks_bytes(const char *p, const norni_csv_syntax *s) {
    masks m = {0, 0};
#if WIDE
    const __m128i quote = _mm_set1_epi8('"'), delimiter = _mm_set1_epi8(s->delimiter),
                  eol = _mm_set1_epi8(s->eol), eol2 = _mm_set1_epi8(s->eol2);
    for (int i = 0; i < 4; i++) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        const __m128i hit =
            _mm_or_si128(_mm_cmpeq_epi8(x, delimiter),
                         _mm_or_si128(_mm_cmpeq_epi8(x, eol), _mm_cmpeq_epi8(x, eol2)));
        m.quote |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, quote)) << (16 * i);
        m.separator |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
    }
#else
    for (int i = 0; i < 64; i++) {
        const char c = p[i];
        m.quote |= (uint64_t)(c == '"') << i;
        m.separator |= (uint64_t)(c == s->delimiter || c == s->eol || c == s->eol2) << i;
    }
#endif
    return m;
}

/* Sum over bits at and below each position, modulo 2. */
static uint64_t prefix_xor(uint64_t x) {
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    x ^= x << 32;
    return x;
}

static uint64_t below(size_t n) {
    return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* Offsets of the set bits. Eight are written at once: a block rarely holds more, and what is written
 * behind the last is overwritten by the next block. */
static inline size_t write_marks(uint32_t *at, size_t n, uint32_t base, uint64_t mask) {
    const size_t count = (size_t)__builtin_popcountll(mask);
    for (size_t done = 0; done < count; done += 8) {
        for (size_t k = 0; k < 8; k++) {
            at[n + done + k] = base + (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63);
            mask &= mask - 1;
        }
    }
    return n + count;
}

static void fill_plain(norni_csv_marks *m, size_t n) {
    const char *p = m->base;
    for (size_t i = 0; i < n; i += 64) {
        const masks k = masks_bytes(p + i, &m->syntax);
        m->n = write_marks(m->at, m->n, (uint32_t)i, k.separator & below(n - i));
    }
}

static void fill_parity(norni_csv_marks *m, size_t n) {
    const char *p = m->base;
    for (size_t i = 0; i < n; i += 64) {
        const masks k = masks_bytes(p + i, &m->syntax);
        const uint64_t inside = prefix_xor(k.quote & below(n - i)) ^ m->inside;
        m->inside = (uint64_t)((int64_t)inside >> 63);
        m->n = write_marks(m->at, m->n, (uint32_t)i, k.separator & ~inside & below(n - i));
    }
}

#if WIDE
__attribute__((target("avx2"))) static inline masks masks_avx2(const char *p, __m256i delimiter,
                                                               __m256i eol, __m256i eol2) {
    const __m256i quote = _mm256_set1_epi8('"');
    masks m = {0, 0};
    for (int i = 0; i < 2; i++) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32 * i));
        const __m256i q = _mm256_cmpeq_epi8(x, quote);
        const __m256i s =
            _mm256_or_si256(_mm256_cmpeq_epi8(x, delimiter),
                            _mm256_or_si256(_mm256_cmpeq_epi8(x, eol), _mm256_cmpeq_epi8(x, eol2)));
        m.quote |= (uint64_t)(uint32_t)_mm256_movemask_epi8(q) << (32 * i);
        m.separator |= (uint64_t)(uint32_t)_mm256_movemask_epi8(s) << (32 * i);
    }
    return m;
}

__attribute__((target("avx2,bmi,bmi2,popcnt"))) static size_t write_marks_avx2(uint32_t *at,
                                                                               size_t n,
                                                                               uint32_t base,
                                                                               uint64_t mask) {
    const size_t count = (size_t)__builtin_popcountll(mask);
    for (size_t done = 0; done < count; done += 8) {
        for (size_t k = 0; k < 8; k++) {
            at[n + done + k] = base + (uint32_t)_tzcnt_u64(mask);
            mask = _blsr_u64(mask);
        }
    }
    return n + count;
}

__attribute__((target("avx2,bmi,bmi2,popcnt"))) static void fill_avx2(norni_csv_marks *m,
                                                                      size_t n) {
    const __m256i delimiter = _mm256_set1_epi8(m->syntax.delimiter),
                  eol = _mm256_set1_epi8(m->syntax.eol), eol2 = _mm256_set1_epi8(m->syntax.eol2);
    const bool parity = m->quoting == NORNI_CSV_PARITY;
    const char *p = m->base;
    uint64_t open = m->inside;
    size_t count = m->n;
    for (size_t i = 0; i < n; i += 64) {
        const masks k = masks_avx2(p + i, delimiter, eol, eol2);
        const uint64_t valid = below(n - i);
        uint64_t separator = k.separator & valid;
        if (parity) {
            const uint64_t inside = prefix_xor(k.quote & valid) ^ open;
            open = (uint64_t)((int64_t)inside >> 63);
            separator &= ~inside;
        }
        count = write_marks_avx2(m->at, count, (uint32_t)i, separator);
    }
    m->inside = open;
    m->n = count;
}

/* Whole vectors only; CRs are noted, not paired: the caller looks again where there are some. */
__attribute__((target("avx2"))) static size_t count_avx2(const norni_csv_syntax *s, const char *p,
                                                         size_t n, norni_csv_count *c,
                                                         bool *pairs) {
    const __m256i eol = _mm256_set1_epi8(s->eol), eol2 = _mm256_set1_epi8(s->eol2),
                  quote = _mm256_set1_epi8('"'), nul = _mm256_setzero_si256();
    __m256i quotes = nul, nuls = nul, returns = nul, sums = nul;
    size_t i = 0;
    while (n - i >= 32) {
        const size_t stop = n - i > 255 * 32 ? i + 255 * 32 : n;
        __m256i lines = nul; /* bytes that count at most 255 */
        for (; stop - i >= 32; i += 32) {
            const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
            lines = _mm256_sub_epi8(lines, _mm256_cmpeq_epi8(x, eol));
            quotes = _mm256_or_si256(quotes, _mm256_cmpeq_epi8(x, quote));
            nuls = _mm256_or_si256(nuls, _mm256_cmpeq_epi8(x, nul));
            returns = _mm256_or_si256(returns, _mm256_cmpeq_epi8(x, eol2));
        }
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(lines, nul));
    }
    c->lines += (size_t)_mm256_extract_epi64(sums, 0) + (size_t)_mm256_extract_epi64(sums, 1) +
                (size_t)_mm256_extract_epi64(sums, 2) + (size_t)_mm256_extract_epi64(sums, 3);
    c->has_quote = c->has_quote || !_mm256_testz_si256(quotes, quotes);
    c->has_nul = c->has_nul || !_mm256_testz_si256(nuls, nuls);
    *pairs = s->eol != s->eol2 && !_mm256_testz_si256(returns, returns);
    return i;
}
#endif

static bool has_avx2(void) {
#if WIDE
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#else
    return false;
#endif
}

static void count_bytes(const norni_csv_syntax *s, const char *p, size_t from, size_t n,
                        norni_csv_count *c) {
    for (size_t i = from; i < n; i++) {
        const bool pair = p[i] == s->eol && s->eol != s->eol2 && i > 0 && p[i - 1] == s->eol2;
        c->lines += norni_csv_is_eol(s, p[i]) && !pair;
        c->has_quote = c->has_quote || p[i] == '"';
        c->has_nul = c->has_nul || p[i] == '\0';
    }
}

/* CRs of [p, p + n) that no LF follows inside: each ends a line of its own. Sums of at most 255 in
 * bytes, so that the compiler keeps many counters in one register. */
static size_t lone_returns(const norni_csv_syntax *s, const char *p, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i + 1 < n;) {
        const size_t stop = n - 1 - i < 255 ? n - 1 : i + 255;
        unsigned char sum = 0;
        for (; i < stop; i++)
            sum = (unsigned char)(sum + ((p[i] == s->eol2) & (p[i + 1] != s->eol)));
        count += sum;
    }
    return count + (n > 0 && p[n - 1] == s->eol2);
}

norni_csv_count norni_csv_count_bytes(const norni_csv_syntax *s, const char *p, size_t n) {
    norni_csv_count c = {0, false, false};
    size_t done = 0;
    bool pairs = false;
#if WIDE
    if (has_avx2()) done = count_avx2(s, p, n, &c, &pairs);
#endif
    if (pairs) c.lines += lone_returns(s, p, done);
    count_bytes(s, p, done, n, &c);
    if (!s->quotes) c.has_quote = false;
    return c;
}

/* A quote that opens must follow a separator, the text's beginning or the quote that closed just
 * before it (together they are one quote inside); one that closes must precede a separator, the
 * text's end or the next opening quote. */
norni_csv_quoting norni_csv_quoting_of(const norni_csv_syntax *s, const char *p, size_t n,
                                       bool *open) {
    uint64_t inside = 0, last_separator = 1, last_closing = 0, wrong = 0;
    bool any = false;
    *open = false;
    if (!s->quotes) return NORNI_CSV_PLAIN;
    for (size_t i = 0; i < n; i += 64) {
        const uint64_t valid = below(n - i);
        masks k = masks_bytes(p + i, s);
        k.quote &= valid;
        k.separator &= valid;
        any = any || k.quote != 0;
        const uint64_t in = prefix_xor(k.quote) ^ inside;
        const uint64_t opening = k.quote & in, closing = k.quote & ~in;
        /* What follows a closing quote is judged at the following byte, so that blocks need not look
         * ahead: it must be a separator or a quote. */
        const uint64_t after_closing = closing << 1 | last_closing;
        wrong |= opening & ~(k.separator << 1 | last_separator) & ~after_closing;
        wrong |= after_closing & valid & ~k.separator & ~k.quote;
        last_separator = (k.separator & ~in) >> 63;
        last_closing = closing >> 63;
        inside = (uint64_t)((int64_t)in >> 63);
        if (n - i < 64) { /* the state behind the last byte, not behind the block */
            const size_t last = n - i - 1;
            inside = (in >> last & 1) ? ~UINT64_C(0) : 0;
        }
    }
    *open = inside != 0;
    return !any ? NORNI_CSV_PLAIN : wrong ? NORNI_CSV_ODD : NORNI_CSV_PARITY;
}

enum { FIELD_START, IN_FIELD, IN_QUOTES, AFTER_QUOTE };

/* RFC 4180 byte by byte; a quote that is not a field's first byte is a letter. */
static void fill_machine(norni_csv_marks *m, size_t n) {
    const norni_csv_syntax *s = &m->syntax;
    const char *p = m->base;
    uint32_t state = m->state;
    for (size_t i = 0; i < n; i++) {
        const char c = p[i];
        if (state == IN_QUOTES) {
            if (c == '"') state = AFTER_QUOTE;
            continue;
        }
        if (state == AFTER_QUOTE && c == '"') {
            state = IN_QUOTES;
            continue;
        }
        if (c == s->delimiter || norni_csv_is_eol(s, c)) {
            m->at[m->n++] = (uint32_t)i;
            state = FIELD_START;
        } else if (state == FIELD_START && c == '"' && s->quotes) {
            state = IN_QUOTES;
            m->opened = p + i;
        } else {
            if (state == AFTER_QUOTE && m->wrong == NULL) m->wrong = p + i;
            state = IN_FIELD;
        }
    }
    m->state = state;
}

void norni_csv_marks_init(norni_csv_marks *m, const norni_csv_syntax *s, norni_csv_quoting quoting,
                          const char *p, const char *end) {
    m->text = m->block = m->base = p;
    m->end = end;
    m->syntax = *s;
    m->quoting = quoting;
    m->engine = NORNI_CSV_AUTO;
    m->inside = 0;
    m->state = FIELD_START;
    m->opened = m->wrong = NULL;
    m->n = m->i = 0;
}

bool norni_csv_marks_fill(norni_csv_marks *m) {
    if (m->block >= m->end) return false;
    const size_t left = (size_t)(m->end - m->block),
                 n = left < NORNI_MARKS_BLOCK ? left : NORNI_MARKS_BLOCK;
    m->base = m->block;
    m->block += n;
    m->n = m->i = 0;
    if (m->engine == NORNI_CSV_MACHINE || m->quoting == NORNI_CSV_ODD) fill_machine(m, n);
#if WIDE
    else if (m->engine == NORNI_CSV_AUTO && has_avx2())
        fill_avx2(m, n);
#endif
    else if (m->quoting == NORNI_CSV_PARITY)
        fill_parity(m, n);
    else
        fill_plain(m, n);
    return true;
}
