/* Explanations as one page: everything it shows is inside, and a little script chooses what is seen. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/multi_page_text.h"
#include "app/multi_reason_parts.h"
#include "app/multi_shape.h"
#include "base/ctx.h"
#include "plot/svg.h"

/* Terms listed and drawn for each explanation, their bins, a pair's cells along an axis, digits. */
enum { LISTED = 200, DRAWN = 12, BINS = 160, CELLS = 40, DIGITS = 5, EDGE_DIGITS = 9 };

static void put_all(norni_buf *b, const char *const *piece) {
    for (; *piece != NULL; piece++)
        norni_buf_text(b, *piece);
}

static void rounded(norni_json *j, double x, int32_t digits) {
    norni_json_num(j, isfinite(x) ? norni_axis_round(x, digits) : x);
}

static void list(norni_json *j, const char *key, const double *v, size_t n, int32_t digits) {
    if (v == NULL) return;
    norni_json_key(j, key);
    norni_json_open(j, '[');
    for (size_t i = 0; i < n; i++)
        rounded(j, v[i], digits);
    norni_json_close(j, ']');
}

static void name_list(norni_json *j, const norni_str *name, size_t n) {
    if (name == NULL) return;
    norni_json_key(j, "g");
    norni_json_open(j, '[');
    for (size_t i = 0; i < n; i++)
        norni_json_str(j, name[i]);
    norni_json_close(j, ']');
}

static void put_pair_axis(norni_json *j, const char *key, const norni_sight_axis *a) {
    norni_json_key(j, key);
    norni_json_open(j, '{');
    norni_json_key_str(j, "n", a->label);
    list(j, "e", a->edge, a->n + 1, EDGE_DIGITS);
    name_list(j, a->name, a->n);
    norni_json_close(j, '}');
}

/* What the script draws: k is the kind, e edges, g names, y scores, d deviations, w weights, m the score
 * of missing; of a pair x to the right, u upwards, z the cells' rows. */
static void put_sight(norni_json *j, const norni_term_sight *s) {
    static const char *const kind[] = {NULL, "line", "steps", "names", "pair"};
    if (s->kind == NORNI_SIGHT_NONE) return;
    norni_json_key_str(j, "k", norni_str_of(kind[s->kind]));
    if (s->kind == NORNI_SIGHT_PAIR) {
        put_pair_axis(j, "x", &s->y);
        put_pair_axis(j, "u", &s->x);
        norni_json_key(j, "z");
        norni_json_open(j, '[');
        for (size_t i = 0; i < s->x.n; i++) {
            norni_json_open(j, '[');
            for (size_t k = 0; k < s->y.n; k++)
                rounded(j, s->value[i * s->y.n + k], DIGITS);
            norni_json_close(j, ']');
        }
        norni_json_close(j, ']');
        return;
    }
    const bool line = s->kind == NORNI_SIGHT_LINE;
    list(j, "e", s->shape.edge, s->shape.n + (line ? 0 : 1), EDGE_DIGITS);
    name_list(j, s->shape.name, s->shape.n);
    list(j, "y", s->shape.score, s->shape.n, DIGITS);
    list(j, "d", s->shape.sd, s->shape.n, DIGITS);
    list(j, "w", s->shape.weight, s->shape.n, DIGITS);
    if (!s->any_missing) return;
    norni_json_key(j, "m");
    rounded(j, s->missing, DIGITS);
}

static norn_status put_page_term(norni_json *j, norni_arena *arena, const norni_multi_reason *r,
                                 size_t at, bool drawn, norn_err *err) {
    const norni_term *t = &r->why.term[at];
    norni_json_open(j, '{');
    norni_json_key_str(j, "n", t->name);
    norni_json_key(j, "v");
    rounded(j, t->importance, DIGITS);
    if (r->contribution != NULL) {
        norni_json_key(j, "c");
        rounded(j, r->contribution[at], DIGITS);
    }
    if (drawn) {
        norni_term_sight s;
        NORN_TRY(norni_term_sight_of(arena, t, t->n_axes == 2 ? CELLS : BINS, &s, err));
        put_sight(j, &s);
    }
    norni_json_close(j, '}');
    return NORN_OK;
}

static void put_facts(norni_json *j, const norni_multi_reason *r) {
    char text[64];
    const size_t n = norni_time_print(text, r->time, &r->style);
    norni_json_key_str(j, "t", r->target);
    norni_json_key_str(j, "m", r->model);
    norni_json_key_count(j, "s", r->step);
    norni_json_key_str(j, "when", (norni_str){text, n});
    norni_json_key_num(j, "f", r->forecast);
    norni_json_key_num(j, "i", r->why.intercept);
    norni_json_key_count(j, "rows", r->why.n_rows);
    norni_json_key(j, "a");
    norni_json_bool(j, r->why.additive);
}

static norn_status put_page_reason(norni_json *j, norni_arena *arena, const norni_multi_reason *r,
                                   norn_err *err) {
    size_t *order = NULL;
    double rest = 0;
    const size_t n = r->why.n_terms, listed = n < LISTED ? n : LISTED;
    NORN_TRY(norni_terms_order(arena, &r->why, &order, err));
    norni_json_open(j, '{');
    put_facts(j, r);
    norni_json_key(j, "terms");
    norni_json_open(j, '[');
    for (size_t k = 0; k < listed; k++)
        NORN_TRY(put_page_term(j, arena, r, order[k], k < DRAWN, err));
    norni_json_close(j, ']');
    for (size_t k = listed; k < n && r->contribution != NULL; k++)
        rest += isfinite(r->contribution[order[k]]) ? r->contribution[order[k]] : 0;
    norni_json_key_int(j, "more", (int64_t)(n - listed));
    norni_json_key_num(j, "rest", rest);
    norni_json_close(j, '}');
    return NORN_OK;
}

/* Moves what was written to the page; no text can end the script or open a comment. */
static void move_safe(norni_buf *from, norni_buf *to) {
    for (size_t i = 0; i < from->n;) {
        const char *p = memchr(from->p + i, '<', from->n - i);
        const size_t end = p != NULL ? (size_t)(p - from->p) : from->n;
        norni_buf_add(to, from->p + i, end - i);
        if (p != NULL) norni_buf_text(to, "\\u003c");
        i = p != NULL ? end + 1 : end;
    }
    if (from->failed) to->failed = true;
    from->n = 0;
}

static norn_status put_data(norni_multi_files *files, const norni_reasons *all, norni_out *out,
                            norn_err *err) {
    norni_buf text;
    norni_json j;
    norni_arena arena;
    norni_buf_init(&text, &files->ctx->alloc);
    norni_arena_init(&arena, &files->ctx->alloc);
    norni_json_init(&j, &text);
    norni_json_open(&j, '{');
    norni_json_key(&j, "reasons");
    norni_json_open(&j, '[');
    norn_status st = NORN_OK;
    for (size_t i = 0; i < all->n && st == NORN_OK; i++) {
        norni_arena_reset(&arena);
        st = put_page_reason(&j, &arena, &all->r[i], err);
        move_safe(&text, &out->buf);
        if (st == NORN_OK && norn_ctx_cancelled(files->ctx))
            st = norn_fail(err, NORN_E_CANCEL, "explanations: cancelled");
        if (st == NORN_OK) st = norni_out_flush(out, 1 << 20, err);
    }
    norni_json_close(&j, ']');
    norni_json_close(&j, '}');
    move_safe(&text, &out->buf);
    norni_arena_clear(&arena);
    norni_buf_clear(&text);
    return st;
}

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; script-src 'unsafe-inline'\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<title>What explains the forecasts</title>\n<style>\n";
static const char body[] =
    "</style>\n</head>\n<body>\n<main>\n<h1>What explains the forecasts</h1>\n"
    "<form>\n<label for=\"target\">Target<select id=\"target\"></select></label>\n"
    "<label for=\"model\">Model<select id=\"model\"></select></label>\n"
    "<label for=\"step\">Steps ahead<select id=\"step\"></select></label>\n</form>\n"
    "<p id=\"say\" aria-live=\"polite\"></p>\n"
    "<noscript><p>Choosing needs JavaScript; the figure below, and the files beside this page, "
    "do not.</p></noscript>\n"
    "<div class=\"two\">\n"
    "<section aria-labelledby=\"h-t\">\n<h2 id=\"h-t\">What matters</h2>\n"
    "<p>Mean size of what each term adds, in the target's unit. Choose one to see its "
    "shape.</p>\n"
    "<ol id=\"terms\"></ol>\n<button type=\"button\" id=\"more\" hidden=\"hidden\"></button>\n"
    "</section>\n<div>\n"
    "<section aria-labelledby=\"h-s\">\n<h2 id=\"h-s\">Shapes</h2>\n<div id=\"shape\"></div>\n"
    "</section>\n"
    "<section aria-labelledby=\"h-f\">\n<h2 id=\"h-f\">Why this forecast</h2>\n"
    "<div id=\"fall\"></div>\n</section>\n</div>\n</div>\n"
    "<section aria-labelledby=\"h-o\">\n<h2 id=\"h-o\">All targets</h2>\n";

norn_status norni_reason_page_write(norni_multi_files *files, const norni_reasons *all,
                                    norn_err *err) {
    norni_out out;
    norni_arena arena;
    NORN_TRY(norni_multi_files_begin(files, "explanations.html", &out, err));
    norni_arena_init(&arena, &files->ctx->alloc);
    norni_buf_text(&out.buf, head);
    put_all(&out.buf, norni_page_style);
    norni_buf_text(&out.buf, body);
    norn_status st = norni_reason_overview(&arena, all, &out.buf, err);
    norni_buf_text(&out.buf, "</section>\n</main>\n<script type=\"application/json\" id=\"data\">");
    if (st == NORN_OK) st = put_data(files, all, &out, err);
    norni_buf_text(&out.buf, "</script>\n<script>\n");
    put_all(&out.buf, norni_page_script);
    norni_buf_text(&out.buf, "</script>\n</body>\n</html>\n");
    norni_arena_clear(&arena);
    return norni_multi_files_end(&out, st, err);
}
