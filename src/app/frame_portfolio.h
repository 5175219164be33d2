/* Portfolios of callers in memory: a search over configurations, and one portfolio with all it did. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_PORTFOLIO_H
#define NORNI_FRAME_PORTFOLIO_H

#include "app/frame.h"
#include "portfolio/portfolio_alloc.h"

/* Prices: frame.data, a table of any layout that `norn portfolio` reads, or else files. */
typedef struct norni_frame_portfolio_call {
    norni_frame_call frame; /* options of `norn portfolio`, or of norni_frame_path_rows */
    norni_inputs files;
    const norni_str *grid_text; /* search: a grid in TOML; or NULL */
    int64_t unix_seconds;       /* search: of the files' names; 0: now */
    /* one portfolio: whose weights, and when; n_symbols 0: all of the prices, in their order */
    const char *const *symbol;
    size_t n_symbols, n_targets;
    const int64_t
        *time; /* (n_targets) microseconds, ascending; NULL: the first bar (n_targets is 1) */
    const double *weight; /* (n_targets, n_symbols or all); NULL: by the option kind */
    bool each;            /* every asset is a portfolio of its own with its column of weights */
} norni_frame_portfolio_call;

typedef struct norni_frame_search_result {
    norni_buf body;  /* the answer, JSON */
    norni_buf table; /* every configuration, ranked, CSV */
    norni_buf said;  /* lines for people */
    norni_op_result counts;
} norni_frame_search_result;

/* *out is the caller's (norni_frame_search_clear), whatever is returned. Errors as the operation's. */
NORN_CHECKED norn_status norni_frame_portfolio_search(norn_ctx *ctx,
                                                      const norni_frame_portfolio_call *call,
                                                      norni_frame_search_result *out,
                                                      norn_err *err);
void norni_frame_search_clear(norni_frame_search_result *r);

/* Rows of the options of one portfolio: how it is rebalanced, what it costs, how it is allocated. */
extern const norni_param norni_frame_path_rows[];
extern const size_t norni_n_frame_path_rows;

typedef struct norni_frame_path_result {
    norni_arena arena;
    norni_port_prices prices;
    norni_port_path *
        path; /* (n_paths) from bar 0; their assets are asset[]; with `each` path k is of asset[k] alone */
    size_t n_paths, n_assets;
    size_t *asset; /* (n_assets) in prices */
    norni_buf said;
    size_t n_fallback; /* estimates that were not possible */
} norni_frame_path_result;

/* *out is the caller's (norni_frame_path_clear), whatever is returned. */
NORN_CHECKED norn_status norni_frame_portfolio_path(norn_ctx *ctx,
                                                    const norni_frame_portfolio_call *call,
                                                    norni_frame_path_result *out, norn_err *err);
void norni_frame_path_clear(norni_frame_path_result *r);

/* Weights (n_assets) of returns (n, n_assets), by the options of call->option (kind, shrinkage, …). */
NORN_CHECKED norn_status norni_frame_portfolio_weights(norn_ctx *ctx, const norni_frame_call *call,
                                                       const double *returns, size_t n,
                                                       size_t n_assets, double *weight,
                                                       norn_err *err);

/* ---- what both share ---- */
typedef struct norni_frame_prices {
    norni_buf text; /* of the table */
    norni_str bytes;
} norni_frame_prices;
/* Where the prices come from: the inputs and, of a table, their bytes and a name. p is cleared by norni_buf_clear(&p->text). */
NORN_CHECKED norn_status norni_frame_prices_take(norn_ctx *ctx,
                                                 const norni_frame_portfolio_call *call,
                                                 norni_frame_prices *p, norni_inputs *in,
                                                 const norni_str **bytes, norn_err *err);

#endif
