/* Pieces of a report's HTML page: text, sections, tables of made JSON, charts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_HTML_PARTS_H
#define NORNI_FINANCE_HTML_PARTS_H

#include "finance/finance_report.h"

/* ---- finance_html_parts.c: words and tables; every text is escaped ---- */
void norni_fin_html_style(norni_buf *b);
/* <section> with its heading; the first one opens nothing before it. Closed by norni_fin_html_end. */
void norni_fin_html_begin(norni_buf *b, const char *title);
void norni_fin_html_end(norni_buf *b);
void norni_fin_html_title(norni_buf *b, const char *tag, norni_str text);
/* A table's start with caption and column heads (NULL at the end); then rows; then </tbody></table></div>. */
void norni_fin_html_table(norni_buf *b, const char *caption, const char *const *column);
void norni_fin_html_table_end(norni_buf *b);
void norni_fin_html_cell(norni_buf *b, norni_str text);

/* ---- finance_html_json.c: JSON that the house's own writer made ---- */
/* An object of lists of objects: a table for each that has rows; wide ones in parts, long ones cut, with all behind a word. */
void norni_fin_html_tables(norni_buf *b, norni_str json);
typedef struct norni_fin_pick {
    const char *key, *label;
} norni_fin_pick;
/* One list of objects as one table; `pick`: these keys (NULL at the end); of NULL: the first object's. */
void norni_fin_html_rows(norni_buf *b, norni_str caption, const norni_fin_pick *pick,
                         norni_str json);
/* Strings anywhere in it, each as a paragraph, lists as lists. */
void norni_fin_html_prose(norni_buf *b, norni_str json);

/* ---- finance_html_values.c: values and names as people read them ---- */
typedef enum norni_fin_kind {
    NORNI_FIN_KIND_NUMBER, /* 824,854; 12.35; 0.0123 */
    NORNI_FIN_KIND_SHARE,  /* 0.266 is 26.6 % */
    NORNI_FIN_KIND_RATE,   /* 26.6 is 26.6 % */
    NORNI_FIN_KIND_P,      /* a p-value */
    NORNI_FIN_KIND_PLAIN,  /* 2024: a year, a row's number */
} norni_fin_kind;
/* By a column's key: "profit_margin_mean" is a share. */
norni_fin_kind norni_fin_html_kind(norni_str key);
void norni_fin_html_value(norni_buf *b, norni_fin_kind kind, double x);
void norni_fin_html_valued(norni_buf *b, norni_fin_kind kind, double x); /* a cell */
void norni_fin_html_number(norni_buf *b, double x);                      /* a cell */
void norni_fin_html_figure(norni_buf *b, double x);                      /* the number alone */
void norni_fin_html_month(norni_buf *b, int64_t month);                  /* Dec 2022 */
/* "2022-12-01" as "Dec 2022"; false, and nothing written: it is no month. */
bool norni_fin_html_date(norni_buf *b, norni_str s);
/* "profit_margin" as "Profit margin", in a heading or cell; key_words: not escaped. */
void norni_fin_html_words(norni_buf *b, norni_str key);
void norni_fin_key_words(norni_buf *b, norni_str key);
/* A fit's description without its numbers: "ARIMA(0,1,1) with drift". */
void norni_fin_html_fit(norni_buf *b, norni_str described);

/* ---- finance_html_forecasts.c: two sections ---- */
NORN_CHECKED norn_status norni_fin_html_forecasts(norni_buf *b, const norni_fin_forecasts *f,
                                                  norni_arena *arena, norn_err *err);
void norni_fin_html_models(norni_buf *b, const norni_fin_forecasts *f);

/* ---- finance_html_charts.c: SVG inside the page ---- */
/* Which series of a part are shown at once: of regions and departments those of most revenue. Returns how many. */
enum { NORNI_FIN_HTML_SHOWN = 24 };
size_t norni_fin_html_shown(const norni_fin_forecasts *f, norni_fin_part part,
                            size_t at[NORNI_FIN_HTML_SHOWN], size_t *total);
/* Small multiples of a part's series, each with its past, forecast and interval. */
NORN_CHECKED norn_status norni_fin_html_fans(norni_buf *b, const norni_fin_forecasts *f,
                                             norni_fin_part part, const char *title,
                                             norni_arena *arena, norn_err *err);
NORN_CHECKED norn_status norni_fin_html_heat(norni_buf *b, const norni_fin_months *m,
                                             norni_arena *arena, norn_err *err);
NORN_CHECKED norn_status norni_fin_html_drivers(norni_buf *b, const norni_fin_drivers *d,
                                                norni_arena *arena, norn_err *err);
/* Revenue and profit of each group, side by side. */
NORN_CHECKED norn_status norni_fin_html_groups(norni_buf *b, const norni_fin_groups *g,
                                               const norni_fin_months *m, const char *title,
                                               norni_arena *arena, norn_err *err);

#endif
