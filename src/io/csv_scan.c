/* A CSV text made ready for parsing in parallel: chunks cut at record ends, separators found 64
 * bytes at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4180. A text without quotes and lone CRs is cut at any newline; any other goes once through
 * the state machine below, which writes a copy without quotes whose separators are bytes that no
 * text holds, so that one parser serves both. */
#include "io/csv_scan.h"

enum { UNIT = 0x1F, RECORD = 0x1E };
#define CHUNK_BYTES ((size_t)1 << 20)

/* What one pass over a block tells. */
typedef struct block_count {
    size_t newlines, returns, pairs, quotes, nuls, separators;
} block_count;

typedef struct scan_job {
    norni_csv *csv;
    const char *p;
    size_t n, block;
    block_count *count; /* (n_blocks) */
    char delimiter;
} scan_job;

static norn_status count_block(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    const scan_job *job = arg;
    const size_t first = item * job->block,
                 last = job->n - first < job->block ? job->n : first + job->block;
    block_count c = {0};
    /* Sums of at most 255 in bytes, so that the compiler keeps 16 or more counters in one register.
     */
    for (size_t i = first; i < last;) {
        const size_t stop = last - i < 255 ? last : i + 255;
        unsigned char nl = 0, cr = 0, quote = 0, nul = 0;
        for (size_t k = i; k < stop; k++) {
            nl = (unsigned char)(nl + (job->p[k] == '\n'));
            cr = (unsigned char)(cr + (job->p[k] == '\r'));
            quote = (unsigned char)(quote + (job->p[k] == '"'));
            nul = (unsigned char)(nul + (job->p[k] == '\0'));
        }
        c.newlines += nl;
        c.returns += cr;
        c.quotes += quote;
        c.nuls += nul;
        i = stop;
    }
    if (c.returns > 0) { /* the pad behind the text makes p[last] readable */
        for (size_t k = first; k < last; k++)
            c.pairs += job->p[k] == '\r' && job->p[k + 1] == '\n';
    }
    job->count[item] = c;
    return NORN_OK;
}

static norn_status scan_text(norni_csv *csv, const char *p, size_t n, block_count *total,
                             norn_err *err) {
    scan_job job = {csv, p, n, CHUNK_BYTES, NULL, 0};
    const size_t n_blocks = n ? (n - 1) / job.block + 1 : 0;
    job.count = norni_alloc_zero(&csv->ctx->alloc, n_blocks, sizeof *job.count);
    if (job.count == NULL) return norni_alloc_fail(err, "input", n_blocks, sizeof *job.count);
    const norn_status st = norni_for(csv->ctx, NULL, n_blocks, count_block, &job, NULL, err);
    *total = (block_count){0};
    for (size_t i = 0; i < n_blocks; i++) {
        total->newlines += job.count[i].newlines;
        total->returns += job.count[i].returns;
        total->pairs += job.count[i].pairs;
        total->quotes += job.count[i].quotes;
        total->nuls += job.count[i].nuls;
    }
    norni_alloc_drop(&csv->ctx->alloc, job.count, n_blocks, sizeof *job.count);
    return st;
}

static bool note_line(norni_csv *csv, uint64_t line) {
    if (csv->n_line == csv->line_cap) {
        const size_t cap = csv->line_cap ? 2 * csv->line_cap : 1024;
        uint64_t *grown =
            norni_alloc_resize(&csv->ctx->alloc, csv->line, csv->line_cap, cap, sizeof *grown);
        if (grown == NULL) return false;
        csv->line = grown;
        csv->line_cap = cap;
    }
    csv->line[csv->n_line++] = line;
    return true;
}

/* The state machine: quotes resolved, separators replaced, blank records left out, the line of each
 * record noted. */
static norn_status normalise(norni_csv *csv, const char *p, size_t n, char delimiter, size_t *n_out,
                             norn_err *err) {
    uint64_t line = 1, opened = 0, record_line = 1;
    size_t to = 0, record_start = 0, i = 0;
    csv->copy_cap = n + NORNI_CSV_PAD + 1;
    csv->copy = norni_alloc_get(&csv->ctx->alloc, csv->copy_cap, 1);
    if (csv->copy == NULL) return norni_alloc_fail(err, "input", csv->copy_cap, 1);
    char *out = csv->copy;
    bool field_start = true;
    while (i < n) {
        const char c = p[i];
        if (c == UNIT || c == RECORD)
            return norn_fail(err, NORN_E_FORMAT, "line %llu: a control byte stands in the text",
                             (unsigned long long)line);
        if (field_start && c == '"') {
            opened = line;
            for (i++;; i++) {
                if (i >= n)
                    return norn_fail(err, NORN_E_FORMAT,
                                     "line %llu: a quote opens here and is never closed",
                                     (unsigned long long)opened);
                if (p[i] == '"' && i + 1 < n && p[i + 1] == '"')
                    i++;
                else if (p[i] == '"')
                    break;
                if (p[i] == '\n') line++;
                out[to++] = p[i] == UNIT || p[i] == RECORD ? ' ' : p[i];
            }
            i++;
            if (i < n && p[i] != delimiter && p[i] != '\n' && p[i] != '\r') {
                return norn_fail(err, NORN_E_FORMAT,
                                 "line %llu: text stands behind a closing quote",
                                 (unsigned long long)line);
            }
            field_start = false;
            continue;
        }
        if (c == delimiter) {
            out[to++] = UNIT;
            field_start = true;
        } else if (c == '\n' || c == '\r') {
            if (c == '\r' && i + 1 < n && p[i + 1] == '\n') i++;
            if (to > record_start) {
                out[to++] = RECORD;
                if (!note_line(csv, record_line))
                    return norni_alloc_fail(err, "input", csv->n_line, 16);
            }
            record_start = to;
            record_line = ++line;
            field_start = true;
        } else {
            out[to++] = c;
            field_start = false;
        }
        i++;
    }
    if (to > record_start) {
        out[to++] = RECORD;
        if (!note_line(csv, record_line)) return norni_alloc_fail(err, "input", csv->n_line, 16);
    }
    memset(out + to, 0, csv->copy_cap - to < NORNI_CSV_PAD ? csv->copy_cap - to : NORNI_CSV_PAD);
    *n_out = to;
    return NORN_OK;
}

/* The delimiter of the first record: a comma, or the only one of ; tab | that stands in it. */
static char find_delimiter(const char *p, size_t n) {
    static const char candidates[] = ",;\t|";
    size_t count[4] = {0};
    bool quoted = false;
    for (size_t i = 0; i < n && (quoted || (p[i] != '\n' && p[i] != '\r')); i++) {
        if (p[i] == '"') quoted = !quoted;
        for (int k = 0; k < 4 && !quoted; k++)
            count[k] += p[i] == candidates[k];
    }
    int best = 0;
    for (int k = 1; k < 4 && count[0] == 0; k++) {
        if (count[k] > count[best]) best = k;
    }
    return candidates[best];
}

/* Cuts [p, end) into chunks at record ends and counts what they hold. */
static norn_status cut_chunks(norni_csv *csv, const char *p, const char *end, size_t chunk_bytes,
                              norn_err *err) {
    const size_t n = (size_t)(end - p), most = n / chunk_bytes + 1;
    csv->chunk = norni_alloc_zero(&csv->ctx->alloc, most, sizeof *csv->chunk);
    if (csv->chunk == NULL) return norni_alloc_fail(err, "input", most, sizeof *csv->chunk);
    csv->n_chunks = most;
    const char *from = p;
    for (size_t c = 0; c < most; c++) {
        const char *to = end;
        if (c + 1 < most) {
            const char *want = p + (c + 1) * chunk_bytes;
            if (want <= from) {
                to = from;
            } else {
                const char *nl = memchr(want - 1, csv->eol, (size_t)(end - want + 1));
                to = nl ? nl + 1 : end;
            }
        }
        csv->chunk[c].p = from;
        csv->chunk[c].end = to;
        from = to;
    }
    return NORN_OK;
}

static norn_status count_chunk(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    norni_csv *csv = arg;
    norni_csv_chunk *c = &csv->chunk[item];
    size_t records = 0, separators = 0;
    for (const char *p = c->p; p < c->end;) {
        const char *stop = c->end - p < 255 ? c->end : p + 255;
        unsigned char r = 0, s = 0;
        for (; p < stop; p++) {
            r = (unsigned char)(r + (*p == csv->eol));
            s = (unsigned char)(s + (*p == csv->delimiter));
        }
        records += r;
        separators += s;
    }
    if (c->end > c->p && c->end[-1] != csv->eol) records++;
    c->n_records = records;
    c->n_separators = separators;
    return NORN_OK;
}

static norn_status split_header(norni_csv *csv, norn_err *err) {
    size_t n = 1;
    for (const char *p = csv->head.p; p < csv->head.end; p++)
        n += *p == csv->delimiter;
    if (n > NORNI_CSV_MOST_COLUMNS) {
        return norn_fail(err, NORN_E_LIMIT,
                         "line %llu: %zu columns; at most %d are allowed (see --layout)",
                         (unsigned long long)csv->header_line, n, (int)NORNI_CSV_MOST_COLUMNS);
    }
    csv->header = norni_alloc_get(&csv->ctx->alloc, n, sizeof *csv->header);
    if (csv->header == NULL) return norni_alloc_fail(err, "input", n, sizeof *csv->header);
    csv->n_header = n;
    norni_csv_walk walk;
    norni_csv_walk_init(&walk, csv, &csv->head);
    const char *from = csv->head.p;
    for (size_t k = 0; k < n; k++) {
        const char *at = norni_csv_next(&walk);
        csv->header[k] = norni_csv_field(csv, from, at, k + 1 == n);
        from = at + 1;
    }
    return NORN_OK;
}

static norn_status check_encoding(const unsigned char *p, size_t n, norn_err *err) {
    if (n >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF))) {
        return norn_fail(err, NORN_E_FORMAT, "the text is UTF-16; save it as UTF-8");
    }
    return NORN_OK;
}

/* First record that is not blank; everything behind it is data. */
static void find_first(norni_csv *csv, const char *p, const char *end) {
    csv->header_line = 1;
    while (p < end) {
        const char *nl = memchr(p, csv->eol, (size_t)(end - p));
        const char *stop = nl ? nl : end;
        const bool blank = stop == p || norni_csv_blank(csv, p, stop);
        if (!blank || nl == NULL) {
            csv->head = (norni_csv_chunk){p, stop, !blank, 0, 0};
            break;
        }
        csv->header_line++;
        p = nl + 1;
    }
    if (csv->head.p == NULL) csv->head = (norni_csv_chunk){end, end, 0, 0, 0};
}

norn_status norni_csv_open(norn_ctx *ctx, norni_text text, char delimiter, size_t chunk_bytes,
                           norni_csv *csv, norn_err *err) {
    block_count total = {0};
    *csv = (norni_csv){.ctx = ctx, .text = text, .eol = '\n'};
    const char *p = text.p;
    size_t n = text.n;
    NORN_TRY(check_encoding((const unsigned char *)p, n, err));
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        p += 3;
        n -= 3;
    }
    if (n == 0) return norn_fail(err, NORN_E_FORMAT, "the file is empty");
    NORN_TRY(scan_text(csv, p, n, &total, err));
    if (total.nuls > 0) {
        const char *nul = memchr(p, 0, n);
        uint64_t line = 1;
        for (const char *q = p; q < nul; q++)
            line += *q == '\n';
        return norn_fail(err, NORN_E_FORMAT, "line %llu: a NUL byte; the file is not text",
                         (unsigned long long)line);
    }
    csv->delimiter = delimiter ? delimiter : find_delimiter(p, n);
    if (total.quotes > 0 || total.returns != total.pairs) {
        NORN_TRY(normalise(csv, p, n, csv->delimiter, &n, err));
        p = csv->copy;
        csv->delimiter = UNIT;
        csv->eol = RECORD;
    }
    find_first(csv, p, p + n);
    if (csv->head.n_records == 0)
        return norn_fail(err, NORN_E_FORMAT, "the file is empty: no line holds anything");
    if (csv->line) csv->header_line = csv->line[0];
    NORN_TRY(split_header(csv, err));
    const char *data = csv->head.end < p + n ? csv->head.end + 1 : p + n;
    NORN_TRY(cut_chunks(csv, data, p + n, chunk_bytes ? chunk_bytes : CHUNK_BYTES, err));
    NORN_TRY(norni_for(ctx, NULL, csv->n_chunks, count_chunk, csv, NULL, err));
    for (size_t c = 0, before = 0; c < csv->n_chunks; c++) {
        csv->chunk[c].first_line = before;
        before += csv->chunk[c].n_records;
    }
    return NORN_OK;
}

void norni_csv_close(norni_csv *csv) {
    if (csv->ctx == NULL) return;
    const norn_alloc *a = &csv->ctx->alloc;
    norni_text_clear(csv->ctx, &csv->text);
    norni_alloc_drop(a, csv->copy, csv->copy_cap, 1);
    norni_alloc_drop(a, csv->header, csv->n_header, sizeof *csv->header);
    norni_alloc_drop(a, csv->chunk, csv->n_chunks, sizeof *csv->chunk);
    norni_alloc_drop(a, csv->line, csv->line_cap, sizeof *csv->line);
    *csv = (norni_csv){0};
}

uint64_t norni_csv_line(const norni_csv *csv, size_t c, size_t k) {
    const norni_csv_chunk *chunk = &csv->chunk[c];
    if (csv->line) { /* blank records were left out */
        const size_t record = !csv->head_is_data + chunk->first_line + k;
        return record < csv->n_line ? csv->line[record] : 0;
    }
    uint64_t line = csv->header_line + 1 + chunk->first_line;
    for (const char *p = chunk->p; p < chunk->end; line++) {
        const char *nl = memchr(p, csv->eol, (size_t)(chunk->end - p));
        const char *stop = nl ? nl : chunk->end;
        const bool blank = stop == p || norni_csv_blank(csv, p, stop);
        if (!blank && k-- == 0) return line;
        p = stop + 1;
    }
    return line;
}
