/* Explanations for machines: everything as JSON, importances and contributions as CSV. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/multi_reason_parts.h"
#include "app/multi_shape.h"
#include "base/ctx.h"

enum { FLUSH = 1 << 20 };

static void put_time(norni_buf *b, const norni_multi_reason *r) {
    char text[64];
    norni_buf_add(b, text, norni_time_print(text, r->time, &r->style));
}

static void put_axis(norni_json *j, const norni_term_axis *a) {
    const bool names = norni_axis_is_nominal(a);
    char room[24];
    norni_json_open(j, '{');
    norni_json_key_count(j, "feature", a->feature);
    norni_json_key_str(j, "name", a->name);
    norni_json_key_str(j, "kind", norni_str_of(a->linear ? "line" : names ? "names" : "numbers"));
    norni_json_key_count(j, "n_bins", a->n_bins);
    norni_json_key_num(j, "least", a->least);
    norni_json_key_num(j, "most", a->most);
    norni_json_key(j, names ? "categories" : "cuts");
    norni_json_open(j, '[');
    if (names && a->n_bins > 2) {
        for (size_t i = 0; i < a->n_bins - 2; i++)
            norni_json_str(j, norni_axis_name(a, i, room));
    } else if (!names) {
        for (size_t i = 0; i < a->n_cuts && a->cut != NULL; i++)
            norni_json_num(j, a->cut[i]);
    }
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

/* A tensor of the term: a list, of a pair a list of rows. */
static void put_tensor(norni_json *j, const char *key, const norni_term *t, const double *v) {
    norni_json_key(j, key);
    if (v == NULL) {
        norni_json_null(j);
        return;
    }
    const bool pair = t->n_axes == 2;
    const size_t rows = t->axis[0].n_bins, columns = pair ? t->axis[1].n_bins : 1;
    norni_json_open(j, '[');
    for (size_t i = 0; i < rows; i++) {
        if (pair) norni_json_open(j, '[');
        for (size_t k = 0; k < columns; k++)
            norni_json_num(j, v[i * columns + k]);
        if (pair) norni_json_close(j, ']');
    }
    norni_json_close(j, ']');
}

static void put_term(norni_json *j, const norni_term *t, const double *contribution) {
    const bool line = t->n_axes == 1 && t->axis[0].linear;
    norni_json_open(j, '{');
    norni_json_key_str(j, "name", t->name);
    norni_json_key_num(j, "importance", t->importance);
    norni_json_key(j, "contribution");
    if (contribution != NULL)
        norni_json_num(j, *contribution);
    else
        norni_json_null(j);
    norni_json_key(j, "axes");
    norni_json_open(j, '[');
    for (size_t i = 0; i < t->n_axes; i++)
        put_axis(j, &t->axis[i]);
    norni_json_close(j, ']');
    if (line && t->score != NULL) {
        norni_json_key_num(j, "slope", t->score[0]);
        norni_json_key_num(j, "centre", t->score[1]);
    } else if (!line) {
        put_tensor(j, "scores", t, t->score);
        put_tensor(j, "sd", t, t->sd);
        put_tensor(j, "weights", t, t->weight);
    }
    norni_json_close(j, '}');
}

static void open_reason(norni_json *j, const norni_multi_reason *r, norni_buf *scratch) {
    scratch->n = 0;
    put_time(scratch, r);
    norni_json_open(j, '{');
    norni_json_key_str(j, "target", r->target);
    norni_json_key_str(j, "model", r->model);
    norni_json_key_count(j, "step", r->step);
    norni_json_key_str(j, "time", (norni_str){scratch->p, scratch->n});
    norni_json_key_num(j, "forecast", r->forecast);
    norni_json_key_num(j, "intercept", r->why.intercept);
    norni_json_key_count(j, "n_rows", r->why.n_rows);
    norni_json_key(j, "additive");
    norni_json_bool(j, r->why.additive);
    norni_json_key(j, "terms");
    norni_json_open(j, '[');
}

static norn_status write_json(norni_multi_files *files, const norni_reasons *all, norn_err *err) {
    norni_out out;
    norni_json j;
    norni_buf scratch;
    NORN_TRY(norni_multi_files_begin(files, "explanations.json", &out, err));
    norni_buf_init(&scratch, &files->ctx->alloc);
    norni_json_init(&j, &out.buf);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "format", norni_str_of("norn-explanations"));
    norni_json_key_int(&j, "version", 1);
    norni_json_key(&j, "explanations");
    norni_json_open(&j, '[');
    norn_status st = NORN_OK;
    for (size_t i = 0; i < all->n && st == NORN_OK; i++) {
        const norni_multi_reason *r = &all->r[i];
        open_reason(&j, r, &scratch);
        for (size_t k = 0; k < r->why.n_terms && st == NORN_OK; k++) {
            put_term(&j, &r->why.term[k], r->contribution != NULL ? r->contribution + k : NULL);
            st = norni_out_flush(&out, FLUSH, err);
        }
        norni_json_close(&j, ']');
        norni_json_close(&j, '}');
        if (st == NORN_OK && norn_ctx_cancelled(files->ctx))
            st = norn_fail(err, NORN_E_CANCEL, "explanations: cancelled");
    }
    norni_json_close(&j, ']');
    norni_json_close(&j, '}');
    norni_buf_text(&out.buf, "\n");
    if (st == NORN_OK && scratch.failed) st = norni_alloc_fail(err, "explanations", 64, 1);
    norni_buf_clear(&scratch);
    return norni_multi_files_end(&out, st, err);
}

static void put_names(norni_buf *b, const norni_multi_reason *r) {
    norni_csv_text(b, r->target, true);
    norni_buf_text(b, ",");
    norni_csv_text(b, r->model, true);
    norni_buf_format(b, ",%zu,", r->step);
}

/* Ranked, with each term's share of all importances. */
static norn_status importance_rows(norni_out *out, const norni_multi_reason *r,
                                   norni_arena *scratch, norn_err *err) {
    size_t *order = NULL;
    double sum = 0;
    NORN_TRY(norni_terms_order(scratch, &r->why, &order, err));
    for (size_t k = 0; k < r->why.n_terms; k++) {
        if (isfinite(r->why.term[k].importance)) sum += r->why.term[k].importance;
    }
    for (size_t k = 0; k < r->why.n_terms; k++) {
        const norni_term *t = &r->why.term[order[k]];
        put_names(&out->buf, r);
        norni_buf_format(&out->buf, "%zu,", k + 1);
        norni_csv_text(&out->buf, t->name, true);
        norni_buf_text(&out->buf, ",");
        norni_csv_num(&out->buf, t->importance);
        norni_buf_text(&out->buf, ",");
        if (sum > 0) norni_csv_num(&out->buf, t->importance / sum);
        norni_buf_text(&out->buf, "\n");
        NORN_TRY(norni_out_flush(out, FLUSH, err));
    }
    return NORN_OK;
}

static void put_contribution(norni_buf *b, const norni_multi_reason *r, norni_str name, double x) {
    put_names(b, r);
    put_time(b, r);
    norni_buf_text(b, ",");
    norni_csv_num(b, r->forecast);
    norni_buf_text(b, ",");
    norni_csv_text(b, name, true);
    norni_buf_text(b, ",");
    norni_csv_num(b, x);
    norni_buf_text(b, "\n");
}

static norn_status contribution_rows(norni_out *out, const norni_multi_reason *r,
                                     norni_arena *scratch, norn_err *err) {
    (void)scratch;
    if (r->contribution == NULL) return NORN_OK;
    put_contribution(&out->buf, r, norni_str_of("intercept"), r->why.intercept);
    for (size_t k = 0; k < r->why.n_terms; k++) {
        put_contribution(&out->buf, r, r->why.term[k].name, r->contribution[k]);
        NORN_TRY(norni_out_flush(out, FLUSH, err));
    }
    return NORN_OK;
}

typedef norn_status (*rows_fn)(norni_out *out, const norni_multi_reason *r, norni_arena *scratch,
                               norn_err *err);

static norn_status write_csv(norni_multi_files *files, const norni_reasons *all, const char *name,
                             const char *head, rows_fn rows, norn_err *err) {
    norni_out out;
    norni_arena scratch;
    NORN_TRY(norni_multi_files_begin(files, name, &out, err));
    norni_arena_init(&scratch, &files->ctx->alloc);
    norni_buf_text(&out.buf, head);
    norn_status st = NORN_OK;
    for (size_t i = 0; i < all->n && st == NORN_OK; i++) {
        norni_arena_reset(&scratch);
        st = rows(&out, &all->r[i], &scratch, err);
    }
    norni_arena_clear(&scratch);
    return norni_multi_files_end(&out, st, err);
}

norn_status norni_reason_files_write(norni_multi_files *files, const norni_reasons *all,
                                     norn_err *err) {
    NORN_TRY(write_json(files, all, err));
    NORN_TRY(write_csv(files, all, "term_importances.csv",
                       "target,model,step,rank,term,importance,share\n", importance_rows, err));
    return write_csv(files, all, "contributions.csv",
                     "target,model,step,time,forecast,term,contribution\n", contribution_rows, err);
}
