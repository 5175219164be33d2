/* Pieces of the dashboard: style and script, the four panes with hovers, the tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_HTML_PARTS_H
#define NORNI_SIGNALS_HTML_PARTS_H

#include "signals/signals_report_parts.h"

/* ---- signals_html_style.c ---- */
void norni_signals_html_style(norni_buf *b);
/* Filters and sorts the table of hashtags. The page's policy allows this script alone, by its hash; nothing is lost
 * without it. */
extern const char norni_signals_html_script[];
extern const char norni_signals_html_script_hash[]; /* "sha256-…", of its bytes */

/* ---- signals_html_panes.c ---- */
NORN_CHECKED norn_status norni_signals_html_panes(const norni_signal_page *p, norni_buf *b);

/* ---- signals_html_tables.c ---- */
void norni_signals_html_tags(const norni_signal_page *p, norni_buf *b);
void norni_signals_html_counts(const norni_signal_page *p, norni_buf *b);
void norni_signals_html_hours(const norni_signal_page *p, norni_buf *b);
void norni_signals_html_refused(const norni_signal_page *p, norni_buf *b);
/* Escaped; "–" where it is "-". */
void norni_signals_html_text(norni_buf *b, const char *text);

#endif
