/* `norn text sentiment`: each row as it stands, and behind it what a model says of its text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/text_jobs.h"

static const char *const added[] = {"label", "score", "p_negative", "p_neutral", "p_positive"};
enum { N_ADDED = sizeof added / sizeof added[0], NAME_ROOM = 24 };

static bool has_name(const norni_grid_row *head, const char *name) {
    for (size_t k = 0; k < head->n; k++) {
        if (norni_str_is(head->cell[k], name)) return true;
    }
    return false;
}

static void put_head(norni_text_out *w) {
    const norni_grid_row *head = &w->t->grid.row[0];
    norni_buf *b = &w->out.buf;
    const bool table = w->t->format == NORNI_TEXT_CSV;
    for (size_t k = 0; table && k < head->n; k++) {
        norni_csv_text(b, head->cell[k], w->escape);
        norni_buf_text(b, ",");
    }
    if (!table) norni_buf_text(b, "text,");
    for (size_t k = 0; k < N_ADDED; k++)
        norni_buf_format(b, "%s%s%s", k ? "," : "", added[k],
                         table && has_name(head, added[k]) ? "_norn" : "");
    norni_buf_text(b, "\n");
}

static void put_csv(norni_text_out *w, size_t i, const norni_sentiment *s) {
    norni_buf *b = &w->out.buf;
    if (w->t->format == NORNI_TEXT_CSV) {
        const size_t n = w->t->grid.row[0].n;
        for (size_t k = 0; k < n; k++) {
            norni_csv_text(b, norni_grid_cell(&w->t->grid.row[i + 1], k), w->escape);
            norni_buf_text(b, ",");
        }
    } else {
        norni_csv_text(b, w->t->text[i], w->escape);
        norni_buf_text(b, ",");
    }
    norni_buf_text(b, norni_sentiment_name(s->label));
    norni_buf_text(b, ",");
    norni_csv_num(b, s->score);
    for (size_t k = 0; k < NORNI_N_SENTIMENTS; k++) {
        norni_buf_text(b, ",");
        norni_csv_num(b, s->p[k]);
    }
}

static void put_members(norni_json *j, const norni_sentiment *s, const bool taken[N_ADDED]) {
    char name[N_ADDED][NAME_ROOM];
    for (size_t k = 0; k < N_ADDED; k++)
        norni_format(name[k], NAME_ROOM, "%s%s", added[k], taken[k] ? "_norn" : "");
    norni_json_key_str(j, name[0], norni_str_of(norni_sentiment_name(s->label)));
    norni_json_key_num(j, name[1], s->score);
    for (size_t k = 0; k < NORNI_N_SENTIMENTS; k++)
        norni_json_key_num(j, name[2 + k], s->p[k]);
}

/* Whether the object's text has a member of this name, or something that looks like one. */
static bool mentions(norni_str object, const char *name) {
    char key[NAME_ROOM + 4];
    const size_t n = norni_format(key, sizeof key, "\"%s\"", name);
    return memmem(object.p, object.n, key, n) != NULL;
}

/* The object as it came, line breaks and all in one line, with our members before its end. */
static void put_object(norni_text_out *w, norni_str object, const norni_sentiment *s) {
    norni_buf *b = &w->out.buf;
    norni_json j;
    bool taken[N_ADDED];
    for (size_t k = 0; k < N_ADDED; k++)
        taken[k] = mentions(object, added[k]);
    size_t n = object.n - 1; /* without its brace */
    while (n > 1 && strchr(" \t\r\n", object.p[n - 1]) != NULL)
        n--;
    for (size_t at = 0; at < n;) {
        const size_t k = strcspn(object.p + at, "\r\n"), left = n - at;
        norni_buf_add(b, object.p + at, k < left ? k : left);
        at += k < left ? k + 1
                       : left; /* a line break stands between members alone: strings have none */
    }
    if (n > 1) norni_buf_text(b, ",");
    const size_t from = b->n;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    put_members(&j, s, taken);
    norni_json_close(&j, '}');
    if (!b->failed) { /* without the opening brace */
        memmove(b->p + from, b->p + from + 1, b->n - from - 1);
        b->n--;
    }
}

static void put_json(norni_text_out *w, size_t i, const norni_sentiment *s) {
    static const bool none[N_ADDED];
    norni_json j;
    if (w->t->format == NORNI_TEXT_JSON) {
        put_object(w, w->t->object[i], s);
        return;
    }
    norni_json_init(&j, &w->out.buf);
    norni_json_open(&j, '{');
    bool taken[N_ADDED];
    memcpy(taken, none, sizeof taken);
    if (w->t->format == NORNI_TEXT_CSV) {
        const norni_grid_row *head = &w->t->grid.row[0];
        for (size_t k = 0; k < head->n; k++)
            norni_json_key_str(&j, head->cell[k].p, norni_grid_cell(&w->t->grid.row[i + 1], k));
        for (size_t k = 0; k < N_ADDED; k++)
            taken[k] = has_name(head, added[k]);
    } else {
        norni_json_key_str(&j, "text", w->t->text[i]);
    }
    put_members(&j, s, taken);
    norni_json_close(&j, '}');
}

static norn_status put_rows(norni_text_out *w, const norni_sentiment *s, norn_err *err) {
    if (!w->json) put_head(w);
    for (size_t i = 0; i < w->t->n; i++) {
        norni_text_out_begin(w);
        if (w->json)
            put_json(w, i, &s[i]);
        else
            put_csv(w, i, &s[i]);
        NORN_TRY(norni_text_out_end(w, err));
    }
    return NORN_OK;
}

norn_status norni_text_sentiment(const norni_op_env *env, const norni_text_opt *opt,
                                 const norni_texts *t, norni_op_result *out, norn_err *err) {
    const norn_alloc *alloc = &env->ctx->alloc;
    norni_sentiment_model model;
    norni_text_out w;
    NORN_TRY(norni_sentiment_door_open(env, &opt->sentiment, &model, err));
    norni_sentiment *s = norni_alloc_get(alloc, t->n + 1, sizeof *s);
    norn_status st = s != NULL ? NORN_OK : norni_alloc_fail(err, "text", t->n, sizeof *s);
    if (st == NORN_OK) st = model.score(env->ctx, NULL, model.self, t->text, t->n, s, err);
    if (st == NORN_OK) {
        st = norni_text_out_open(&w, env, opt, t, err);
        if (st == NORN_OK) st = put_rows(&w, s, err);
        if (st == NORN_OK) st = norni_text_out_commit(&w, out->digest, err);
        norni_out_abort(&w.out);
    }
    norni_alloc_drop(alloc, s, t->n + 1, sizeof *s);
    norni_sentiment_free(&model);
    return st;
}
