/* A stream of bytes cut into the records of tweets: delimited lines, JSON lines, elements of a JSON array. */
/* SPDX-License-Identifier: Apache-2.0 */
/* One thread cuts, many take apart. A broken record costs itself, never what follows: a quote that is not closed within
 * 16 MiB (or before the end) refuses the line it stands in, and reading goes on with the next line; a longer record is
 * passed over without being held. */
#include "signals/signals_read_parts.h"

static bool is_white(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static char find_delimiter(const char *p, size_t n) {
    static const char candidates[] = ",;\t|";
    size_t count[4] = {0}, i = 0;
    bool quoted = false;
    while (i < n && (p[i] == '\n' || p[i] == '\r'))
        i++;
    for (; i < n && (quoted || (p[i] != '\n' && p[i] != '\r')); i++) {
        if (p[i] == '"') quoted = !quoted;
        for (size_t k = 0; k < 4 && !quoted; k++)
            count[k] += p[i] == candidates[k];
    }
    size_t best = 0;
    for (size_t k = 1; k < 4 && count[0] == 0; k++)
        if (count[k] > count[best]) best = k;
    return candidates[best];
}

/* Lines end with CR alone where the first line break is one. */
static char find_eol(const char *p, size_t n) {
    size_t i = 0;
    while (i < n && p[i] != '\n' && p[i] != '\r')
        i++;
    return i + 1 < n && p[i] == '\r' && p[i + 1] != '\n' ? '\r' : '\n';
}

static bool has_line(const char *p, size_t n) {
    return memchr(p, '\n', n) != NULL || (n > 1 && memchr(p, '\r', n - 1) != NULL);
}

norn_status norni_tweet_split_begin(norni_tweet_split *s, const char *p, size_t n, bool last,
                                    bool table, const norni_tweets_read_opt *opt, size_t *used,
                                    bool *more, norn_err *err) {
    size_t at = 0;
    *s = (norni_tweet_split){.format = opt->format, .line = 1, .quotes = true, .eol = '\n'};
    *used = 0;
    *more = false;
    if (n >= 2 && ((p[0] == '\xFF' && p[1] == '\xFE') || (p[0] == '\xFE' && p[1] == '\xFF')))
        return norn_fail(err, NORN_E_FORMAT, "tweets: the text is UTF-16; save it as UTF-8");
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) at = 3;
    const size_t mark = at;
    while (at < n && is_white(p[at]))
        at++;
    const bool array = at < n && p[at] == '[' && opt->format != NORNI_TWEETS_CSV;
    if (!last && n < (256 << 10) && !array && !has_line(p + at, n - at)) {
        *more = true; /* the header's delimiters and its line's end must be seen */
        return NORN_OK;
    }
    if (table) {
        s->format = NORNI_TWEETS_CSV;
        s->delimiter = 0x1F;
        s->eol = 0x1E;
        s->quotes = false;
    } else if (s->format == NORNI_TWEETS_AUTO) {
        s->format = at < n && p[at] == '['   ? NORNI_TWEETS_JSON
                    : at < n && p[at] == '{' ? NORNI_TWEETS_JSONL
                                             : NORNI_TWEETS_CSV;
    }
    if (!table && s->format == NORNI_TWEETS_CSV) {
        s->delimiter = opt->delimiter ? opt->delimiter : find_delimiter(p + mark, n - mark);
        s->eol = find_eol(p + mark, n - mark);
    }
    if (s->format == NORNI_TWEETS_JSON && at < n && p[at] != '[')
        return norn_fail(err, NORN_E_FORMAT, "tweets: byte %zu: a JSON array begins with [",
                         at + 1);
    s->quotes = s->quotes && s->format == NORNI_TWEETS_CSV;
    *used = s->format == NORNI_TWEETS_JSON && at < n ? at + 1 : mark;
    s->byte = *used;
    s->begun = true;
    return NORN_OK;
}

/* ---- lines ---- */

typedef enum outcome { FOUND, MORE, OPEN, BROKEN } outcome; /* OPEN: inside of quotes */

static uint64_t count_eols(char eol, const char *p, const char *end) {
    uint64_t n = 0;
    while (p < end && (p = memchr(p, eol, (size_t)(end - p))) != NULL) {
        n++;
        p++;
    }
    return n;
}

/* Behind the quoted cell that begins at p; NULL: it is not closed. */
static const char *quoted_end(const char *p, const char *end) {
    for (p++; p < end; p += 2) {
        p = memchr(p, '"', (size_t)(end - p));
        if (p == NULL) return NULL;
        if (p + 1 == end || p[1] != '"') return p + 1;
    }
    return NULL;
}

/* The end of a record that has quotes. */
static outcome quoted_record(const norni_tweet_split *s, const char *p, const char *end, bool last,
                             const char **stop) {
    for (;;) {
        if (p < end && *p == '"') {
            p = quoted_end(p, end);
            if (p == NULL || (p == end && !last)) return OPEN;
            if (p < end && *p == '\r' && s->eol == '\n') {
                if (p + 1 == end && !last) return MORE;
                if (p + 1 == end || p[1] == '\n') p++;
            }
            if (p < end && *p != s->delimiter && *p != s->eol) return BROKEN;
        } else {
            while (p < end && *p != s->delimiter && *p != s->eol)
                p++;
        }
        *stop = p;
        if (p == end) return last ? FOUND : MORE;
        if (*p == s->eol) return FOUND;
        p++;
    }
}

static outcome find_record(const norni_tweet_split *s, const char *p, const char *end, bool last,
                           const char **stop) {
    const char *eol = memchr(p, s->eol, (size_t)(end - p));
    const char *line_end = eol ? eol : end;
    const bool quotes = s->format == NORNI_TWEETS_CSV && s->quotes;
    *stop = line_end;
    if (quotes && memchr(p, '"', (size_t)(line_end - p)) != NULL)
        return quoted_record(s, p, end, last, stop);
    return eol != NULL || last ? FOUND : MORE;
}

static void put(norni_tweet_record *out, size_t *n, char *p, size_t bytes, uint64_t line,
                int32_t refused) {
    out[(*n)++] = (norni_tweet_record){p, bytes, line, 0, refused};
}

/* What cannot be a record of its own: the line is refused; false: more must be read. */
static bool refuse_line(norni_tweet_split *s, outcome o, char *p, char *end, bool last,
                        norni_tweet_record *out, size_t *n, char **next) {
    const bool far = end - p > NORNI_TWEET_MOST_RECORD;
    if (o != BROKEN && !last && !far) return false;
    char *eol = memchr(p, s->eol, (size_t)(end - p));
    if (eol == NULL && !last) {
        if (!far) return false;
        s->discard = true; /* until the line's end */
        s->n_long++;
    }
    put(out, n, p, (size_t)((eol ? eol : end) - p), s->line,
        far && o == MORE ? NORNI_REFUSED_LONG : NORNI_REFUSED_SYNTAX);
    *next = eol ? eol + 1 : end;
    s->line += eol != NULL;
    return true;
}

static void split_lines(norni_tweet_split *s, char *p, char *end, bool last,
                        norni_tweet_record *out, size_t most, size_t *n, char **used) {
    while (p < end && *n < most) {
        const char *stop;
        *used = p;
        if (s->discard) {
            char *eol = memchr(p, s->eol, (size_t)(end - p));
            s->discard = eol == NULL;
            s->line += eol != NULL;
            p = eol ? eol + 1 : end;
            continue;
        }
        const outcome o = find_record(s, p, end, last, &stop);
        if (o != FOUND) {
            if (!refuse_line(s, o, p, end, last, out, n, &p)) return;
            continue;
        }
        size_t bytes = (size_t)(stop - p);
        const uint64_t line = s->line;
        char *begin = p;
        if (stop < end) s->line++;
        s->line += s->quotes && memchr(p, '"', bytes) ? count_eols(s->eol, p, stop) : 0;
        p = p + bytes + (stop < end);
        if (bytes > 0 && s->eol == '\n' && begin[bytes - 1] == '\r') bytes--;
        if (bytes == 0) continue; /* a blank line */
        put(out, n, begin, bytes, line, bytes > NORNI_TWEET_MOST_RECORD ? NORNI_REFUSED_LONG : -1);
    }
    *used = p;
}

/* ---- elements of an array ---- */

static norn_status fail_at(const norni_tweet_split *s, size_t at, const char *what, norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "tweets: byte %llu: %s",
                     (unsigned long long)(s->byte + at + 1), what);
}

/* Goes on with the open element from p + s->scanned; true: it ends before *stop. */
static bool element_end(norni_tweet_split *s, const char *p, const char *end, const char **stop) {
    const char *at = p + s->scanned;
    for (; at < end; at++) {
        const char c = *at;
        if (s->in_string) {
            if (s->escape) {
                s->escape = false;
            } else if (c == '\\') {
                s->escape = true;
            } else if (c == '"') {
                s->in_string = false;
            }
        } else if (c == '"') {
            s->in_string = true;
        } else if (c == '{' || c == '[') {
            s->depth++;
        } else if ((c == ',' || c == ']') && s->depth == 0) {
            break;
        } else if ((c == '}' || c == ']') && s->depth > 0) {
            s->depth--;
        }
    }
    s->scanned = (size_t)(at - p);
    *stop = at;
    return at < end;
}

static norn_status after_array(norni_tweet_split *s, const char *p, const char *end,
                               norn_err *err) {
    for (const char *at = p; at < end; at++)
        if (!is_white(*at))
            return fail_at(s, (size_t)(at - p), "something stands behind the JSON array", err);
    s->byte += (uint64_t)(end - p);
    return NORN_OK;
}

static void element_over(norni_tweet_split *s, const char *p, const char *stop) {
    s->byte += (uint64_t)(stop - p) + 1;
    s->comma = *stop == ',';
    s->ended = *stop == ']';
    s->scanned = 0;
    s->depth = 0;
    s->in_string = s->escape = s->discard = false;
}

/* A byte that ends an element stands at `stop`. */
static norn_status take_element(norni_tweet_split *s, char *p, const char *stop,
                                norni_tweet_record *out, size_t *n, norn_err *err) {
    size_t skip = 0, bytes = (size_t)(stop - p);
    while (skip < bytes && is_white(p[skip]))
        skip++;
    while (bytes > skip && is_white(p[bytes - 1]))
        bytes--;
    if (skip == bytes) {
        if (*stop == ']' && !s->comma) return NORN_OK; /* [] */
        return fail_at(s, skip, "a value is wanted here", err);
    }
    s->element++;
    out[(*n)++] = (norni_tweet_record){
        p + skip, bytes - skip, s->element, s->byte + skip,
        bytes - skip > NORNI_TWEET_MOST_RECORD ? (int32_t)NORNI_REFUSED_LONG : -1};
    return NORN_OK;
}

static norn_status split_array(norni_tweet_split *s, char *p, char *end, bool last,
                               norni_tweet_record *out, size_t most, size_t *n, char **used,
                               norn_err *err) {
    while (*n < most && p < end && !s->ended) {
        const char *stop;
        *used = p;
        if (!element_end(s, p, end, &stop)) {
            if (!s->discard && end - p > NORNI_TWEET_MOST_RECORD) {
                s->element++;
                put(out, n, p, NORNI_TWEET_MOST_RECORD, s->element, NORNI_REFUSED_LONG);
                s->discard = true;
                s->n_long++;
            }
            if (s->discard) {
                s->byte += (uint64_t)(end - p);
                s->scanned = 0;
                p = end;
            }
            break;
        }
        if (!s->discard) NORN_TRY(take_element(s, p, stop, out, n, err));
        element_over(s, p, stop);
        p += stop - p + 1;
    }
    *used = p;
    if (s->ended) {
        NORN_TRY(after_array(s, p, end, err));
        *used = end;
    } else if (last && *n < most) {
        return fail_at(s, (size_t)(end - p), "the JSON array is not closed", err);
    }
    return NORN_OK;
}

norn_status norni_tweet_split_records(norni_tweet_split *s, char *p, size_t n, bool last,
                                      norni_tweet_record *out, size_t most, size_t *n_out,
                                      size_t *used, norn_err *err) {
    char *to = p;
    *n_out = 0;
    if (s->format == NORNI_TWEETS_JSON) {
        NORN_TRY(split_array(s, p, p + n, last, out, most, n_out, &to, err));
    } else {
        split_lines(s, p, p + n, last, out, most, n_out, &to);
    }
    *used = (size_t)(to - p);
    return NORN_OK;
}

norni_str norni_tweet_cell(const norni_tweet_split *s, char **at, char *end) {
    char *p = *at, *to, *stop;
    if (!s->quotes || p == end || *p != '"') {
        stop = memchr(p, s->delimiter, (size_t)(end - p));
        *at = stop ? stop + 1 : NULL;
        return (norni_str){p, (size_t)((stop ? stop : end) - p)};
    }
    char *begin = to = ++p;
    for (;;) { /* the splitter saw that it is closed */
        stop = memchr(p, '"', (size_t)(end - p));
        if (stop == NULL) stop = end;
        if (to != p) memmove(to, p, (size_t)(stop - p));
        to += stop - p;
        if (stop + 1 >= end || stop[1] != '"') break;
        *to++ = '"';
        p = stop + 2;
    }
    *at = stop + 1 < end ? stop + 2 : NULL;
    return (norni_str){begin, (size_t)(to - begin)};
}
