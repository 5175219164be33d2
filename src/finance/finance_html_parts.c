/* Words and tables of a report's HTML page: everything that data says is escaped here. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_html_parts.h"

#include "plot/svg.h"

void norni_fin_html_style(norni_buf *b) {
    norni_buf_text(
        b,
        ":root{color-scheme:light dark;--bg:#fff;--ink:#1c2024;--soft:#59626d;--grid:#dfe3e8;"
        "--accent:#1f4fbf;--good:#17794b;--fair:#a66d00;--poor:#b3261e;--field:#f5f7f9}\n"
        "@media (prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#eceff2;--soft:#a3acb7;"
        "--grid:#2d333b;--accent:#8ab0ff;--good:#6fd3a0;--fair:#f0c15e;--poor:#ffb4ab;"
        "--field:#1d2228}}\n"
        "body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,"
        "-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n"
        "main{max-width:1040px;margin:0 auto;padding:24px}\n"
        "h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 10px}"
        "h3{font-size:15px;margin:20px 0 6px}\n"
        "p{max-width:75ch;margin:0 0 "
        "10px}p,li,h1,h2,h3{overflow-wrap:anywhere}th,td{min-width:3em;max-width:30em;overflow-"
        "wrap:break-word}"
        ".soft,caption{color:var(--soft)}\n"
        "svg{max-width:100%;min-width:600px;height:auto;display:block}\n");
    norni_buf_text(
        b,
        ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(128px,1fr));gap:10px;"
        "margin:16px 0;padding:0}\n"
        ".tiles div{background:var(--field);border:1px solid var(--grid);border-radius:10px;"
        "padding:10px 14px}.tiles dt{color:var(--soft);font-size:13px}"
        ".tiles dd{margin:0;font-size:21px;font-weight:650}\n"
        ".score{display:grid;grid-template-columns:minmax(90px,130px) 1fr 90px;gap:4px 14px;"
        "align-items:center;max-width:640px}\n"
        "meter{width:100%;height:14px}.num{text-align:right;font-variant-numeric:tabular-nums;"
        "white-space:nowrap}\n"
        ".scroll{overflow-x:auto;margin:0 0 18px}table{border-collapse:collapse;font-size:13px;"
        "min-width:40%}caption{text-align:left;padding:0 0 4px}\n"
        "th,td{text-align:left;vertical-align:top;padding:4px 14px 4px 0;"
        "border-bottom:1px solid var(--grid);font-weight:400}"
        "thead th{color:var(--soft);vertical-align:bottom}th.num{white-space:normal}"
        ".key{white-space:nowrap}\n"
        ".notes{border-left:4px solid var(--fair);background:var(--field);padding:8px 14px;"
        "margin:14px 0;list-style:none}.notes li{max-width:90ch;margin:2px 0}\n"
        "details{margin:0 0 18px}summary{cursor:pointer;color:var(--accent);padding:6px 0}\n");
    norni_buf_text(
        b,
        "@page{size:A4 landscape;margin:12mm}\n"
        "@media print{:root{color-scheme:light;--bg:#fff;--ink:#000;--soft:#444;--grid:#ccc;"
        "--accent:#1f4fbf;--good:#17794b;--fair:#a66d00;--poor:#b3261e;--field:#f5f7f9}"
        "body{font-size:11px}main{max-width:none;padding:0}h1{font-size:20px}"
        "h2{font-size:15px;margin:18px 0 6px}h3{font-size:12px;margin:10px 0 4px}"
        "h2,h3,caption,thead{break-after:avoid}tbody "
        "tr:first-child{break-before:avoid}table{font-size:9.5px}th,td{padding:2px 8px 2px 0}"
        "svg{min-width:0;max-height:82mm;break-inside:avoid}.fans svg{max-width:76%}tr,.tiles "
        "div,.short,.score{break-inside:avoid}"
        ".scroll{overflow:visible;margin-bottom:10px}details{display:none}"
        ".tiles{grid-template-columns:repeat(7,1fr);gap:6px}.tiles dd{font-size:16px}}\n");
}

void norni_fin_html_begin(norni_buf *b, const char *title) {
    norni_buf_text(b, "<section>\n");
    norni_fin_html_title(b, "h2", norni_str_of(title));
}

void norni_fin_html_end(norni_buf *b) {
    norni_buf_text(b, "</section>\n");
}

void norni_fin_html_title(norni_buf *b, const char *tag, norni_str text) {
    norni_buf_format(b, "<%s>", tag);
    norni_svg_text(b, text);
    norni_buf_format(b, "</%s>\n", tag);
}

void norni_fin_html_table(norni_buf *b, const char *caption, const char *const *column) {
    norni_buf_text(b, "<div class=\"scroll\"><table><caption>");
    norni_svg_text(b, norni_str_of(caption));
    norni_buf_text(b, "</caption><thead><tr>");
    for (; *column != NULL; column++) {
        norni_buf_text(b, "<th scope=\"col\">");
        norni_svg_text(b, norni_str_of(*column));
        norni_buf_text(b, "</th>");
    }
    norni_buf_text(b, "</tr></thead><tbody>\n");
}

void norni_fin_html_table_end(norni_buf *b) {
    norni_buf_text(b, "</tbody></table></div>\n");
}

void norni_fin_html_cell(norni_buf *b, norni_str text) {
    norni_buf_text(b, "<td>");
    norni_svg_text(b, text);
    norni_buf_text(b, "</td>");
}
