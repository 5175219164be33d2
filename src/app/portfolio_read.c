/* The prices of a portfolio: files found, read and cleaned as one panel. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_read.h"

#include "app/portfolio_files.h"
#include "app/portfolio_rows.h"

#include <stdlib.h>

/* "BTC,ETH/USDT" as canonical names. */
static norn_status read_wanted(norni_port_book *b, norn_err *err) {
    const char *p = b->opt->symbols;
    while (p != NULL && *p != '\0') {
        const size_t n = strcspn(p, ",");
        norni_str symbol;
        norn_err why;
        bool added;
        const norn_status st = norni_port_symbol(&b->arena, (norni_str){p, n}, &symbol, &why);
        if (st == NORN_E_MEM) return norn_fail(err, st, "%s", why.text);
        if (st != NORN_OK)
            return norn_fail(err, NORN_E_ARG, "--symbols '%.80s': %s", b->opt->symbols, why.text);
        if (norni_map_add(&b->wanted, symbol, &added) < 0)
            return norni_alloc_fail(err, "prices", b->wanted.n, 32);
        p += n + (p[n] == ',');
    }
    if (b->opt->symbols != NULL && b->wanted.n == 0)
        return norn_fail(err, NORN_E_ARG, "--symbols is empty; give names as BTC,ETH");
    return NORN_OK;
}

typedef struct named_quotes {
    norni_str symbol;
    norni_port_quotes q;
} named_quotes;

static int by_symbol(const void *a, const void *b) {
    return norni_str_cmp(((const named_quotes *)a)->symbol, ((const named_quotes *)b)->symbol);
}

/* Names as they are printed; of two that are the same the panel tells. */
static norn_status order_names(norni_port_book *b, norni_port_quotes *q, size_t n, norn_err *err) {
    named_quotes *all = norni_arena_get(&b->arena, n, sizeof *all);
    if (all == NULL) return norni_alloc_fail(err, "prices", n, sizeof *all);
    for (size_t k = 0; k < n; k++) {
        norn_err why;
        norn_status st = norni_port_symbol(&b->arena, q[k].symbol, &all[k].symbol, &why);
        if (st == NORN_E_MEM) return norn_fail(err, st, "%s", why.text);
        if (st != NORN_OK) all[k].symbol = q[k].symbol; /* the panel refuses it */
        all[k].q = q[k];
    }
    qsort(all, n, sizeof *all, by_symbol);
    for (size_t k = 0; k < n; k++)
        q[k] = all[k].q;
    return NORN_OK;
}

/* Quotes in the order of the input. */
static void take_quotes(const norni_port_book *b, norni_port_quotes *q) {
    for (size_t k = 0; k < b->n; k++) {
        const norni_port_column *c = &b->column[k];
        q[k] = (norni_port_quotes){c->name, c->n, c->time, c->close};
    }
}

/* Those that were asked for, in that order; what is not there is noted. */
static norn_status order_wanted(norni_port_book *b, norni_port_quotes *q, size_t *n,
                                norn_err *err) {
    norni_port_quotes *sorted = norni_arena_get(&b->arena, b->n, sizeof *sorted);
    size_t *rank = norni_arena_get(&b->arena, b->n, sizeof *rank), to = 0;
    norni_str symbol;
    if (!sorted || !rank) return norni_alloc_fail(err, "prices", b->n, sizeof *sorted);
    for (size_t k = 0; k < b->n; k++) {
        NORN_TRY(norni_port_symbol(&b->arena, b->column[k].name, &symbol, err));
        rank[k] = (size_t)norni_map_find(&b->wanted, symbol);
    }
    for (size_t i = 0; i < b->wanted.n; i++) {
        const size_t before = to;
        for (size_t k = 0; k < b->n; k++) {
            if (rank[k] == i) sorted[to++] = q[k];
        }
        if (to == before)
            norni_buf_format(&b->notes, "%.*s: the input has no such symbol\n",
                             (int)b->wanted.keys[i].n, b->wanted.keys[i].p);
    }
    if (to == 0)
        return norn_fail(err, NORN_E_DATA, "prices: the input has none of the symbols '%.120s'",
                         b->opt->symbols);
    memcpy(q, sorted, to * sizeof *q);
    *n = to;
    return NORN_OK;
}

/* The notes of reading stand before those of cleaning. */
static norn_status join_notes(norni_port_book *b, norni_port_prices *out, norn_err *err) {
    norni_buf_add(&b->notes, out->notes.p, out->notes.n);
    if (b->notes.failed) {
        norni_port_prices_clear(out);
        return norni_alloc_fail(err, "prices", b->notes.n, 1);
    }
    norni_buf swap = out->notes;
    out->notes = b->notes;
    b->notes = swap;
    return NORN_OK;
}

static norn_status read_book(norni_port_book *b, norni_port_prices *out, norn_err *err) {
    norni_port_file *file = NULL;
    size_t n_files = 0, n;
    NORN_TRY(read_wanted(b, err));
    NORN_TRY(norni_port_files_find(b->opt, &b->arena, &file, &n_files, &b->notes, err));
    b->many =
        n_files > 1 || (b->opt->bytes == NULL && strcmp(file[0].path, b->opt->in.path[0]) != 0);
    for (size_t k = 0; k < n_files; k++)
        NORN_TRY(norni_port_book_read(b, &file[k], err));
    n = b->n;
    if (n == 0 && b->wanted.n > 0)
        return norn_fail(err, NORN_E_DATA, "prices: the input has none of the symbols '%.120s'",
                         b->opt->symbols);
    norni_port_quotes *q = norni_arena_get(&b->arena, n, sizeof *q);
    if (q == NULL) return norni_alloc_fail(err, "prices", n, sizeof *q);
    take_quotes(b, q);
    if (b->wanted.n > 0)
        NORN_TRY(order_wanted(b, q, &n, err));
    else if (b->opt->by_name)
        NORN_TRY(order_names(b, q, n, err));
    NORN_TRY(norni_port_prices_make(&b->ctx->alloc, q, n, &b->opt->prices, b->style, out, err));
    return join_notes(b, out, err);
}

norn_status norni_port_read(const norni_op_env *env, const norni_port_read_opt *opt,
                            norni_port_prices *out, norni_port_read_report *report, norn_err *err) {
    norni_port_book book;
    memset(out, 0, sizeof *out);
    norni_port_book_init(&book, env->ctx, opt);
    const norn_status st = read_book(&book, out, err);
    if (report != NULL) *report = book.report;
    norni_port_book_clear(&book);
    return st;
}
