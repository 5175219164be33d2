/* What a call answers: the operation's own text, or an envelope of it with counts, explanations and tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "app/version.h"
#include "base/numtext.h"
#include "io/grid_read.h"
#include "io/writer.h"
#include "server/api_parts.h"

enum { MOST_SHOWN = 50, MOST_IMPORTANCES = 20 };

/* Reports are answered as they are: their JSON is what older callers know. */
bool api_op_own(const norni_op *op) {
    return strcmp(op->name, "report") == 0 || strcmp(op->name, "simulate") == 0;
}

bool api_op_lines(const norni_op *op) {
    return strncmp(op->name, "text-", 5) == 0;
}

bool api_op_records(const norni_op *op) {
    return api_op_lines(op) || strcmp(op->name, "signals") == 0;
}

static bool answers_itself(const api_call *c) {
    return api_op_own(c->op) || strcmp(c->type, "application/json") != 0;
}

static norn_status add_file(const char *path, norni_buf *out, norn_err *err) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return norn_fail(err, NORN_E_INTERNAL, "the operation left no answer");
    norn_status st = NORN_OK;
    while (norni_buf_reserve(out, 1 << 16)) {
        const ssize_t n = read(fd, out->p + out->n, out->cap - out->n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) st = norn_fail(err, NORN_E_IO, "the answer cannot be read back");
        if (n <= 0) break;
        out->n += (size_t)n;
    }
    close(fd);
    if (out->failed) return norni_alloc_fail(err, "answer", out->cap, 2);
    while (out->n > 0 && out->p[out->n - 1] == '\n')
        out->n--;
    return st;
}

/* Lines of JSON as an array. */
static norn_status add_lines(const char *path, norni_buf *out, norn_err *err) {
    norni_buf_text(out, "[");
    const size_t from = out->n;
    NORN_TRY(add_file(path, out, err));
    /* within a line of JSON an end of line stands as \\n alone */
    for (char *p = out->p + from, *end = out->p + out->n;
         (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        *p = ',';
    norni_buf_text(out, "]");
    return out->failed ? norni_alloc_fail(err, "answer", out->cap, 2) : NORN_OK;
}

/* ---- counts ---- */

/* Of the summary's file only what does not depend on time and machine. */
static void put_failures(const api_call *c, norni_json *w) {
    json_error_t why;
    json_t *j = c->summary ? json_load_file(c->summary, 0, &why) : NULL;
    const json_t *failures = j ? json_object_get(j, "failures") : NULL;
    char *text = failures ? json_dumps(failures, JSON_COMPACT) : NULL;
    norni_json_key(w, "failures");
    norni_buf_text(w->b, text ? text : "[]");
    w->after_key = false;
    if (text) {
        json_free_t release;
        json_get_alloc_funcs(NULL, &release);
        release(text);
    }
    json_decref(j);
}

static void put_counts(const api_call *c, const norni_op_result *r, norni_json *w) {
    norni_json_open(w, '{');
    norni_json_key_count(w, "n_items", r->n_items);
    norni_json_key_count(w, "n_ok", r->n_ok);
    norni_json_key_count(w, "n_fallback", r->n_fallback);
    norni_json_key_count(w, "n_failed", r->n_failed);
    norni_json_key_str(w, "digest", norni_str_of(r->digest));
    put_failures(c, w);
    norni_json_close(w, '}');
}

void api_answer_summary(const api_call *c, const norni_op_result *r, norni_buf *out) {
    norni_json w;
    norni_json_init(&w, out);
    put_counts(c, r, &w);
    norni_buf_add(out, "", 1);
}

/* ---- tables ---- */

/* A cell as JSON: a number where it is one. */
static void put_cell(norni_json *w, norni_str s) {
    double x;
    if (s.n == 0)
        norni_json_null(w);
    else if (norni_num_parse(s.p, s.n, &x) == NORNI_NUM_OK)
        norni_json_num(w, x);
    else
        norni_json_str(w, s);
}

static norn_status read_table(norn_ctx *ctx, const char *folder, const char *name,
                              norni_arena *arena, norni_grid *grid, norn_err *err) {
    char path[512];
    norni_format(path, sizeof path, "%s/%s", folder, name);
    grid->n = 0;
    if (access(path, R_OK) != 0) return NORN_OK; /* this run wrote none */
    return norni_grid_read(ctx, path, NULL, arena, grid, err);
}

/* {"name", "n_rows", "columns", "rows"}: the first `most` rows. */
static void put_table(norni_json *w, const char *name, const norni_grid *g, size_t most) {
    norni_json_open(w, '{');
    norni_json_key_str(w, "name", norni_str_of(name));
    norni_json_key_count(w, "n_rows", g->n > 0 ? g->n - 1 : 0);
    norni_json_key(w, "columns");
    norni_json_open(w, '[');
    for (size_t k = 0; g->n > 0 && k < g->row[0].n; k++)
        norni_json_str(w, g->row[0].cell[k]);
    norni_json_close(w, ']');
    norni_json_key(w, "rows");
    norni_json_open(w, '[');
    for (size_t i = 1; i < g->n && i <= most; i++) {
        norni_json_open(w, '[');
        for (size_t k = 0; k < g->row[0].n; k++)
            put_cell(w, norni_grid_cell(&g->row[i], k));
        norni_json_close(w, ']');
    }
    norni_json_close(w, ']');
    norni_json_close(w, '}');
}

/* ---- what multi explains ---- */

static bool same(norni_str a, norni_str b) {
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* Rows of term_importances.csv come ranked, by target, model and step: the first ones of each. */
static void put_explanations(norni_json *w, const norni_grid *g) {
    enum { TARGET, MODEL, STEP, RANK, TERM, IMPORTANCE, SHARE };
    norni_json_open(w, '[');
    bool open = false;
    for (size_t i = 1; i < g->n; i++) {
        const norni_grid_row *row = &g->row[i], *before = &g->row[i - 1];
        double rank = 0;
        const norni_str at = norni_grid_cell(row, RANK);
        if (norni_num_parse(at.p, at.n, &rank) != NORNI_NUM_OK || rank > MOST_IMPORTANCES) continue;
        const bool goes_on =
            open && rank > 1 && same(norni_grid_cell(row, TARGET), norni_grid_cell(before, TARGET));
        if (!goes_on) {
            if (open) {
                norni_json_close(w, ']');
                norni_json_close(w, '}');
            }
            norni_json_open(w, '{');
            norni_json_key_str(w, "target", norni_grid_cell(row, TARGET));
            norni_json_key_str(w, "model", norni_grid_cell(row, MODEL));
            norni_json_key(w, "step");
            put_cell(w, norni_grid_cell(row, STEP));
            norni_json_key(w, "importances");
            norni_json_open(w, '[');
            open = true;
        }
        norni_json_open(w, '{');
        norni_json_key_str(w, "name", norni_grid_cell(row, TERM));
        norni_json_key(w, "importance");
        put_cell(w, norni_grid_cell(row, IMPORTANCE));
        norni_json_key(w, "share");
        put_cell(w, norni_grid_cell(row, SHARE));
        norni_json_close(w, '}');
    }
    if (open) {
        norni_json_close(w, ']');
        norni_json_close(w, '}');
    }
    norni_json_close(w, ']');
}

static norn_status put_multi(const api_call *c, norn_ctx *ctx, norni_json *w, norn_err *err) {
    norni_arena arena;
    norni_grid g;
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = read_table(ctx, c->output, "metrics.csv", &arena, &g, err);
    if (st == NORN_OK) {
        norni_json_key(w, "metrics");
        put_table(w, "metrics", &g, SIZE_MAX);
        if (c->explain)
            st = read_table(ctx, c->explain, "term_importances.csv", &arena, &g, err);
        else
            g.n = 0;
    }
    if (st == NORN_OK) {
        norni_json_key(w, "explanations");
        put_explanations(w, &g);
    }
    norni_arena_clear(&arena);
    return st;
}

/* The tables' heads; the last one, which `norn multi` reads, whole. */
static norn_status put_etl(const api_call *c, norn_ctx *ctx, norni_json *w, norn_err *err) {
    static const char *const name[] = {"targets", "futures", "statics", "final"};
    norn_status st = NORN_OK;
    norni_json_key(w, "tables");
    norni_json_open(w, '[');
    for (size_t i = 0; i < sizeof name / sizeof name[0] && st == NORN_OK; i++) {
        char file[32];
        norni_arena arena;
        norni_grid g;
        norni_arena_init(&arena, &ctx->alloc);
        norni_format(file, sizeof file, "%s.csv", name[i]);
        st = read_table(ctx, c->output, file, &arena, &g, err);
        if (st == NORN_OK) put_table(w, name[i], &g, i == 3 ? SIZE_MAX : MOST_SHOWN);
        norni_arena_clear(&arena);
    }
    norni_json_close(w, ']');
    return st;
}

/* ---- the whole ---- */

static norn_status put_envelope(api_call *c, norn_ctx *ctx, const norni_op_result *r,
                                norni_buf *out, norn_err *err) {
    norni_json w;
    norni_json_init(&w, out);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "operation", norni_str_of(c->op->name));
    norni_json_key_str(&w, "version", norni_str_of(NORNI_VERSION));
    norni_json_key(&w, "summary");
    put_counts(c, r, &w);
    if (c->etl) {
        NORN_TRY(put_etl(c, ctx, &w, err));
    } else {
        norni_json_key(&w, "result");
        NORN_TRY(api_op_lines(c->op) ? add_lines(c->out, out, err) : add_file(c->out, out, err));
        w.after_key = false;
        if (c->output) NORN_TRY(put_multi(c, ctx, &w, err));
    }
    norni_json_close(&w, '}');
    norni_buf_text(out, "\n");
    return out->failed ? norni_alloc_fail(err, "answer", out->cap, 2) : NORN_OK;
}

norn_status api_answer_make(api_call *c, norn_ctx *ctx, const norni_op_result *r, const char **path,
                            norn_err *err) {
    char name[400];
    norni_buf b;
    if (answers_itself(c)) {
        *path = c->out;
        return NORN_OK;
    }
    norni_buf_init(&b, &ctx->alloc);
    norn_status st = put_envelope(c, ctx, r, &b, err);
    const size_t n = norni_format(name, sizeof name, "%s/envelope.json", job_folder(c->j));
    *path = norni_arena_text(&c->arena, name, n);
    if (st == NORN_OK && *path == NULL) st = norni_alloc_fail(err, "answer", n, 1);
    if (st == NORN_OK) st = api_file_write(*path, (norni_str){b.p, b.n}, err);
    norni_buf_clear(&b);
    return st;
}
