/* The file of hourly signals that a portfolio is filtered by, read and laid over its prices. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_signal.h"

#include "app/portfolio_rows.h"

static norn_status lay(norni_port_book *b, const norni_portfolio_opt *o,
                       const norni_port_prices *prices, norni_arena *arena, norni_port_filter *f,
                       norn_err *err) {
    const norni_port_filter_opt opt = {.column = o->signal_column,
                                       .least = o->signal_min,
                                       .max_age_hours = o->signal_max_age,
                                       .unknown_holds = o->signal_unknown == 1};
    norni_port_quotes *q = norni_arena_get(&b->arena, b->n + 1, sizeof *q);
    if (q == NULL) return norni_alloc_fail(err, "--signal", b->n, sizeof *q);
    for (size_t k = 0; k < b->n; k++) {
        const norni_port_column *c = &b->column[k];
        q[k] = (norni_port_quotes){c->name, c->n, c->time, c->close};
    }
    return norni_port_filter_make(prices, q, b->n, b->style, &opt, arena, f, err);
}

norn_status norni_portfolio_signal_read(const norni_op_env *env, const norni_portfolio_opt *opt,
                                        const norni_port_prices *prices, norni_arena *arena,
                                        norni_buf *notes, const norni_port_filter **out,
                                        norn_err *err) {
    const char *slash = strrchr(opt->signal, '/');
    const char *name = opt->signal_name ? opt->signal_name : slash ? slash + 1 : opt->signal;
    const norni_port_file file = {.path = opt->signal, .name = name};
    const norni_port_read_opt how = {.wide = true};
    norni_port_filter *f = norni_arena_zero(arena, 1, sizeof *f);
    norni_port_book book;
    norn_err why = {NORN_OK, ""};
    if (f == NULL) return norni_alloc_fail(err, "--signal", 1, sizeof *f);
    norni_port_book_init(&book, env->ctx, &how);
    norn_status st = norni_port_book_read(&book, &file, &why);
    if (st == NORN_OK) st = lay(&book, opt, prices, arena, f, &why);
    norni_port_book_clear(&book);
    if (st == NORN_E_MEM || st == NORN_E_CANCEL) return norn_fail(err, st, "%s", why.text);
    if (st != NORN_OK) /* a file that is not there is wrong input, too */
        return norn_fail(err, st == NORN_E_FORMAT ? st : NORN_E_DATA, "--signal: %.100s: %s", name,
                         why.text);
    f->file = norni_str_of(name);
    if (f->share_unknown > 0.1)
        norni_buf_format(notes,
                         "--signal: at %g %% of the bars no signal is known: what it is of is "
                         "then %s (--signal-unknown, --signal-max-age)\n",
                         (double)(int64_t)(f->share_unknown * 1000 + 0.5) / 10,
                         f->opt.unknown_holds ? "held" : "cash");
    *out = f;
    return NORN_OK;
}

void norni_portfolio_signal_json(const norni_port_prices *prices, norni_json *j) {
    const norni_port_filter *f = prices->filter;
    char key[NORNI_DIGEST_TEXT];
    norni_json_key(j, "signal");
    norni_json_open(j, '{');
    norni_json_key_str(j, "file", f->file);
    norni_json_key(j, "columns");
    norni_json_open(j, '[');
    for (size_t a = 0; a < prices->n_assets; a++)
        norni_json_str(j, f->column[a]); /* in the order of the symbols */
    norni_json_close(j, ']');
    norni_json_key_num(j, "min", f->opt.least);
    norni_json_key_num(j, "max_age_hours", f->opt.max_age_hours);
    norni_json_key_str(j, "unknown", norni_str_of(f->opt.unknown_holds ? "hold" : "out"));
    norni_json_key_num(j, "share_out", f->share_out);
    norni_json_key_num(j, "share_unknown", f->share_unknown);
    norni_hash_text(f->key, key);
    norni_json_key_str(j, "key", norni_str_of(key));
    norni_json_close(j, '}');
}
