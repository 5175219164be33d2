/* A portfolio search of callers in memory: a table or files in, the answer and the ranked table out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/frame_portfolio.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "app/portfolio_answer.h"
#include "app/portfolio_outputs.h"
#include "app/portfolio_table.h"
#include "app/registry.h"

typedef struct search {
    norn_ctx *ctx;
    const norni_frame_portfolio_call *call;
    norni_frame_search_result *out;
    norni_frame_prices text;
    norni_arena arena;
    norni_portfolio_opt opt;
} search;

static void see_progress(void *user, const norni_progress *p) {
    const norni_frame_call *const call = user;
    if (call->tally) atomic_store(&call->tally->n_done, p->n_done);
    if (call->n_expected) atomic_store(call->n_expected, p->n_total);
}

static norn_status check_options(const norni_portfolio_opt *o, norn_err *err) {
    const norni_common_opt *c = &o->common;
    if (c->summary || c->items || c->resume || c->plot || c->config || strcmp(c->out, "-") != 0)
        return norn_fail(err, NORN_E_ARG,
                         "portfolio: out, summary, items, resume, plot and config are the "
                         "command's");
    return NORN_OK;
}

/* All of a file in memory, appended. */
static norn_status read_back(int fd, norni_buf *out, norn_err *err) {
    char piece[1 << 14];
    for (off_t at = 0;;) {
        const ssize_t got = pread(fd, piece, sizeof piece, at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return norn_fail(err, NORN_E_IO, "portfolio: the table cannot be read back");
        if (got == 0) break;
        norni_buf_add(out, piece, (size_t)got);
        at += got;
    }
    return out->failed ? norni_alloc_fail(err, "portfolio", out->cap, 2) : NORN_OK;
}

/* The table is made for a file, piece by piece: this one has no name and lies in memory. */
static norn_status take_table(const norni_portfolio_run *run, norni_buf *to, norn_err *err) {
    norni_out out;
    const int fd = memfd_create("norn-table", MFD_CLOEXEC);
    if (fd < 0) return norn_fail(err, NORN_E_IO, "portfolio: no file in memory for the table");
    norn_status st = norni_out_open(&out, to->alloc, NULL, err);
    out.fd = fd;
    if (st == NORN_OK) st = norni_portfolio_table_write(run, false, &out, err);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    if (st == NORN_OK) st = read_back(fd, to, err);
    (void)close(fd);
    return st;
}

static norn_status take_answer(const norni_portfolio_run *run, norni_frame_search_result *out,
                               norn_err *err) {
    NORN_TRY(norni_portfolio_answer_json(run, &out->body, err));
    return run->searched ? take_table(run, &out->table, err) : NORN_OK;
}

static void keep_counts(const norni_portfolio_run *run, norni_op_result *out) {
    out->n_items = (size_t)run->counts.n_usable;
    if (!run->searched) return;
    out->n_failed = (size_t)run->result.n_failed;
    out->n_ok = out->n_items - out->n_failed;
    norni_hash_text(run->result.digest, out->digest);
}

static norn_status do_search(search *s, norn_err *err) {
    norni_frame_call hooked = s->call->frame;
    const norni_op_env env = {.ctx = s->ctx,
                              .models = norni_registry_models(),
                              .say = norni_frame_say,
                              .say_user = &s->out->said,
                              .progress = see_progress,
                              .progress_user = &hooked};
    norni_portfolio_run run;
    norn_status st = norni_portfolio_run_do(&env, &s->opt, &run, err);
    norni_buf_add(&s->out->said, run.notes.p, run.notes.n);
    if (st == NORN_OK) st = take_answer(&run, s->out, err);
    if (st == NORN_OK) keep_counts(&run, &s->out->counts);
    s->out->counts.input_failed = run.input_failed;
    if (st == NORN_OK && s->opt.output != NULL && run.searched) {
        const int64_t now = s->call->unix_seconds ? s->call->unix_seconds : (int64_t)time(NULL);
        st = norni_portfolio_outputs_write(&run, s->opt.output, now * NORNI_US_SECOND, err);
    }
    norni_portfolio_run_clear(&run);
    return st;
}

norn_status norni_frame_portfolio_search(norn_ctx *ctx, const norni_frame_portfolio_call *call,
                                         norni_frame_search_result *out, norn_err *err) {
    const norn_alloc *alloc = call->frame.alloc ? call->frame.alloc : &ctx->alloc;
    search s = {.ctx = ctx, .call = call, .out = out};
    norni_out_folder made = {.folder = NULL};
    memset(out, 0, sizeof *out);
    norni_buf_init(&out->body, alloc);
    norni_buf_init(&out->table, alloc);
    norni_buf_init(&out->said, alloc);
    norni_buf_init(&s.text.text, &ctx->alloc);
    norni_arena_init(&s.arena, &ctx->alloc);
    norn_status st =
        norni_frame_options("portfolio", &call->frame, &s.arena, &s.opt, sizeof s.opt, err);
    if (st == NORN_OK) st = check_options(&s.opt, err);
    if (st == NORN_OK)
        st = norni_frame_prices_take(ctx, call, &s.text, &s.opt.data, &s.opt.bytes, err);
    s.opt.names = s.opt.bytes ? s.opt.data : (norni_inputs){0};
    s.opt.grid_text = call->grid_text;
    s.opt.unix_seconds = call->unix_seconds;
    if (st == NORN_OK && s.opt.output != NULL && !s.opt.dry_run)
        st = norni_out_folder_make(s.opt.output, NORNI_PORTFOLIO_INSIDE, &made, err);
    if (st == NORN_OK) st = do_search(&s, err);
    if (st != NORN_OK) norni_out_folder_undo(&made);
    norni_buf_clear(&s.text.text);
    norni_arena_clear(&s.arena);
    return st;
}

void norni_frame_search_clear(norni_frame_search_result *r) {
    norni_buf_clear(&r->body);
    norni_buf_clear(&r->table);
    norni_buf_clear(&r->said);
}
