/* The library's door to explainable boosting machines: models as bytes and as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes: "NORNEBM" and a format's digit, then a checksum (XXH3-64) of all that follows: the number of
 * names and each name, then the model as models/ebm/ebm_keep.c writes it. */
#include "app/ebm_handle.h"
#include "base/hash.h"
#include "base/pack.h"
#include "io/writer.h"

static const char MAGIC[8] = {'N', 'O', 'R', 'N', 'E', 'B', 'M', '1'};
enum { HEAD = sizeof MAGIC + sizeof(int64_t) };

static norn_status save_to(const norn_ebm *m, norni_buf *b, norn_err *err) {
    norni_buf_add(b, MAGIC, sizeof MAGIC);
    norni_pack_i64(b, 0); /* room for the checksum */
    norni_pack_u32(b, (uint32_t)m->m.n_columns);
    for (size_t j = 0; j < m->m.n_columns; j++)
        norni_pack_str(b, norni_str_of(m->name[j]));
    NORN_TRY(norni_ebm_save(&m->m, b, err));
    const uint64_t sum = norni_hash64(b->p + HEAD, b->n - HEAD);
    for (int k = 0; k < 8; k++)
        b->p[sizeof MAGIC + (size_t)k] = (char)(unsigned char)(sum >> (8 * k));
    return NORN_OK;
}

norn_status norn_ebm_save(const norn_ebm *m, norn_ebm_bytes *out, norn_err *err) {
    norni_buf b;
    *out = (norn_ebm_bytes){0};
    norni_buf_init(&b, &m->alloc);
    norn_status st = save_to(m, &b, err);
    if (st == NORN_OK) st = norni_ebm_bytes_give(&b, out, err);
    norni_buf_clear(&b);
    return st;
}

static norn_status no_model(norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "ebm: these bytes are no saved model");
}

static norn_status load_into(norn_ebm *h, norni_str saved, norn_err *err) {
    norni_unpack u = {{saved.p + HEAD, saved.n - HEAD}, false};
    const uint32_t n = norni_unpack_count(&u, 1, UINT32_MAX);
    if (!norni_unpack_has(&u, n, sizeof(uint32_t))) return no_model(err);
    norni_str *view = norni_arena_get(&h->arena, n, sizeof *view);
    const char **name = norni_arena_get(&h->arena, n, sizeof *name);
    if (view == NULL || name == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *view);
    for (uint32_t j = 0; j < n; j++) {
        const norni_str s = norni_unpack_str(&u);
        if (u.failed || memchr(s.p, 0, s.n) != NULL) return no_model(err);
        name[j] = norni_arena_text(&h->arena, s.p, s.n);
        if (name[j] == NULL) return norni_alloc_fail(err, "ebm", s.n, 1);
    }
    NORN_TRY(norni_ebm_load(&h->arena, u.left, &h->m, err));
    if (h->m.n_columns != n) return no_model(err);
    return norni_ebm_handle_name(h, name, err);
}

norn_status norn_ebm_load(norn_ctx *ctx, const void *p, size_t n, norn_ebm **out, norn_err *err) {
    *out = NULL;
    if (p == NULL || n < HEAD || memcmp(p, MAGIC, sizeof MAGIC) != 0) return no_model(err);
    const norni_str saved = {p, n};
    uint64_t sum = 0;
    for (size_t k = 0; k < 8; k++)
        sum |= (uint64_t)(unsigned char)saved.p[sizeof MAGIC + k] << (8 * k);
    if (sum != norni_hash64(saved.p + HEAD, n - HEAD))
        return norn_fail(err, NORN_E_FORMAT,
                         "ebm: the saved model is damaged: its checksum is wrong");
    NORN_TRY(norni_ebm_handle_empty(&ctx->alloc, out, err));
    const norn_status st = load_into(*out, saved, err);
    if (st == NORN_OK) return NORN_OK;
    norn_ebm_free(*out);
    *out = NULL;
    return st;
}

/* ---- JSON ---- */

static void write_numbers(norni_json *j, const double *x, size_t n) {
    norni_json_open(j, '[');
    for (size_t i = 0; i < n; i++)
        norni_json_num(j, x[i]);
    norni_json_close(j, ']');
}

/* A term's table: a list, or of a pair a list of rows. */
static void write_table(norni_json *j, const norni_ebm_term *t, const double *x) {
    if (t->n_axes == 1) {
        write_numbers(j, x, t->n_bins[0]);
        return;
    }
    norni_json_open(j, '[');
    for (uint32_t r = 0; r < t->n_bins[0]; r++)
        write_numbers(j, x + (size_t)r * t->n_bins[1], t->n_bins[1]);
    norni_json_close(j, ']');
}

static void write_feature(norni_json *j, const norn_ebm *m, size_t k) {
    const norni_bin_column *c = &m->m.mains[k];
    norni_json_open(j, '{');
    norni_json_key_str(j, "name", norni_str_of(m->name[k]));
    norni_json_key_str(j, "type", norni_str_of(m->nominal[k] ? "nominal" : "continuous"));
    norni_json_key_num(j, "min", c->least);
    norni_json_key_num(j, "max", c->most);
    if (m->nominal[k]) {
        norni_json_key_int(j, "categories", (int64_t)c->n_bins - 2);
    } else {
        norni_json_key(j, "cuts");
        write_numbers(j, c->cut, c->n_cuts);
        if (m->m.pairs) {
            norni_json_key(j, "pair_cuts");
            write_numbers(j, m->m.pairs[k].cut, m->m.pairs[k].n_cuts);
        }
    }
    norni_json_close(j, '}');
}

static void write_term(norni_json *j, const norn_ebm *m, const norni_ebm_term *t, bool bags) {
    const size_t n = norni_ebm_cells(t);
    norni_json_open(j, '{');
    norni_json_key(j, "features");
    norni_json_open(j, '[');
    for (uint32_t a = 0; a < t->n_axes; a++)
        norni_json_int(j, t->column[a]);
    norni_json_close(j, ']');
    norni_json_key_num(j, "importance", t->importance);
    norni_json_key(j, "scores");
    write_table(j, t, t->score);
    norni_json_key(j, "standard_deviations");
    write_table(j, t, t->sd);
    norni_json_key(j, "weights");
    write_table(j, t, t->weight);
    if (bags) {
        norni_json_key(j, "bagged_scores");
        norni_json_open(j, '[');
        for (size_t b = 0; b < m->m.n_bags; b++)
            write_table(j, t, t->bagged + b * n);
        norni_json_close(j, ']');
    }
    norni_json_close(j, '}');
}

static void write_head(norni_json *j, const norn_ebm *m) {
    const norni_ebm *e = &m->m;
    norni_json_key_str(j, "format", norni_str_of("norn-ebm"));
    norni_json_key_int(j, "version", 1);
    norni_json_key_count(j, "rows", e->n_rows);
    norni_json_key_num(j, "intercept", e->intercept);
    norni_json_key(j, "bagged_intercept");
    write_numbers(j, e->bagged_intercept, e->n_bags);
    norni_json_key(j, "best_iteration");
    norni_json_open(j, '[');
    for (size_t stage = 0; stage < 2; stage++) {
        norni_json_open(j, '[');
        for (size_t b = 0; b < e->n_bags; b++)
            norni_json_int(j, e->best_iteration[stage * e->n_bags + b]);
        norni_json_close(j, ']');
    }
    norni_json_close(j, ']');
}

norn_status norn_ebm_json(const norn_ebm *m, bool bags, norn_ebm_bytes *out, norn_err *err) {
    norni_buf b;
    norni_json j;
    *out = (norn_ebm_bytes){0};
    norni_buf_init(&b, &m->alloc);
    norni_json_init(&j, &b);
    norni_json_open(&j, '{');
    write_head(&j, m);
    norni_json_key(&j, "features");
    norni_json_open(&j, '[');
    for (size_t k = 0; k < m->m.n_columns; k++)
        write_feature(&j, m, k);
    norni_json_close(&j, ']');
    norni_json_key(&j, "terms");
    norni_json_open(&j, '[');
    for (size_t t = 0; t < m->m.n_terms; t++)
        write_term(&j, m, &m->m.term[t], bags);
    norni_json_close(&j, ']');
    norni_json_close(&j, '}');
    return norni_ebm_bytes_give(&b, out, err);
}
