/* Rows of a search: their metrics, and reading them back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fp.h"
#include "portfolio/portfolio_optimise.h"

double norni_port_metric_sign(norni_port_metric m) {
    return m == NORNI_PORT_BY_VOLATILITY || m == NORNI_PORT_BY_ULCER ? -1 : 1;
}

double norni_port_row_metric(const norni_port_row *row, norni_port_metric m) {
    if (row->unbought > 0) return NORNI_NAN; /* it was not invested: last of all */
    switch (m) {
        case NORNI_PORT_BY_OUTPERFORMANCE: return row->outperformance;
        case NORNI_PORT_BY_RETURN: return row->total_return;
        case NORNI_PORT_BY_SHARPE: return row->sharpe;
        case NORNI_PORT_BY_SORTINO: return row->sortino;
        case NORNI_PORT_BY_CALMAR: return row->calmar;
        case NORNI_PORT_BY_CAGR: return row->cagr;
        case NORNI_PORT_BY_DRAWDOWN: return row->max_drawdown;
        case NORNI_PORT_BY_VOLATILITY: return -row->volatility;
        case NORNI_PORT_BY_ULCER: return -row->ulcer;
        case NORNI_PORT_BY_OMEGA: return row->omega;
        case NORNI_PORT_BY_TRAIN_OUTPERFORMANCE: return row->train_outperformance;
        case NORNI_PORT_BY_TRAIN_SHARPE: return row->train_sharpe;
        case NORNI_PORT_METRICS: break;
    }
    return NORNI_NAN;
}

norni_port_measure norni_port_metric_measure(norni_port_metric m) {
    if (m == NORNI_PORT_BY_OUTPERFORMANCE || m == NORNI_PORT_BY_TRAIN_OUTPERFORMANCE)
        return NORNI_PORT_OF_ACTIVE;
    return m == NORNI_PORT_BY_RETURN || m == NORNI_PORT_BY_CAGR ? NORNI_PORT_OF_GROWTH
                                                                : NORNI_PORT_OF_SHARPE;
}

const char *norni_port_metric_name(norni_port_metric m) {
    static const char *const name[NORNI_PORT_METRICS] = {"outperformance",
                                                         "return",
                                                         "sharpe",
                                                         "sortino",
                                                         "calmar",
                                                         "cagr",
                                                         "max_drawdown",
                                                         "volatility",
                                                         "ulcer",
                                                         "omega",
                                                         "train_outperformance",
                                                         "train_sharpe"};
    return (unsigned)m < NORNI_PORT_METRICS ? name[m] : "";
}

norn_status norni_port_result_row(const norni_port_result *r, uint64_t index, norni_port_row *out,
                                  norn_err *err) {
    if (index >= r->counts.n_all)
        return norn_fail(err, NORN_E_ARG, "configuration %llu: the grid has %llu",
                         (unsigned long long)index + 1, (unsigned long long)r->counts.n_all);
    return norni_spool_read(&r->rows, index * sizeof *out, out, sizeof *out, err);
}

void norni_port_unbought_note(const norni_port_result *r, norni_buf *out) {
    if (r->n_unbought > 0)
        norni_buf_format(out,
                         "%llu of %llu configurations bought nothing in some split: the "
                         "purchase's costs would take the whole capital, or nothing trades; they "
                         "rank last\n",
                         (unsigned long long)r->n_unbought, (unsigned long long)r->counts.n_usable);
}
