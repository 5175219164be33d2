/* The style of a search's HTML page: light and dark, screen, telephone and paper. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_html_parts.h"

static const char tones[] =
    ":root{color-scheme:light dark;--bg:#fff;--ink:#1c2024;--soft:#59626d;--grid:#dfe3e8;"
    "--accent:#1f4fbf;--good:#17794b;--fair:#8a5a00;--poor:#b3261e;--field:#f5f7f9}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#eceff2;--soft:#a3acb7;"
    "--grid:#2d333b;--accent:#8ab0ff;--good:#6fd3a0;--fair:#f0c15e;--poor:#ffb4ab;"
    "--field:#1d2228}}\n";

static const char words[] =
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 "
    "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n"
    "main{max-width:1080px;margin:0 auto;padding:24px}\n"
    "h1{font-size:26px;margin:0 0 8px}h2{font-size:20px;margin:40px 0 10px;padding-top:8px;"
    "border-top:1px solid var(--grid)}h3{font-size:15px;margin:20px 0 6px}\n"
    "p{max-width:78ch;margin:0 0 12px}p,li,dd,h1,h2,h3{overflow-wrap:anywhere}"
    "ul{padding-left:20px;margin:0 0 14px}li{max-width:88ch;margin:3px 0}\n"
    ".soft,caption{color:var(--soft)}\n"
    ".facts{margin:0 0 14px}.facts div{display:grid;grid-template-columns:190px 1fr;gap:12px;"
    "padding:4px 0;border-bottom:1px solid var(--grid)}.facts dt{color:var(--soft)}"
    ".facts dd{margin:0;font-variant-numeric:tabular-nums}\n";

static const char boxes[] =
    ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px;"
    "margin:18px 0;padding:0}.tiles div{background:var(--field);border:1px solid var(--grid);"
    "border-radius:10px;padding:10px 14px}.tiles dt{color:var(--soft);font-size:13px}"
    ".tiles dd{margin:0;font-size:21px;font-weight:650;font-variant-numeric:tabular-nums}"
    ".tiles .more{font-size:12px;font-weight:400;color:var(--soft)}\n"
    ".verdict{border-left:5px solid var(--poor);background:var(--field);padding:10px 16px;"
    "margin:16px 0;max-width:none}.verdict.fair{border-color:var(--fair)}"
    ".verdict.good{border-color:var(--good)}.verdict p{margin:0 0 4px}.verdict "
    "ul{margin:0}.verdict p:first-child{font-weight:650;font-size:17px}\n"
    ".scroll{overflow-x:auto;margin:0 0 18px}.scroll:focus-visible{outline:2px solid "
    "var(--accent)}svg{max-width:100%;min-width:600px;height:auto;display:block}"
    ".pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));"
    "gap:10px 24px;align-items:start}.pair .scroll{min-width:0}.pair svg{min-width:400px}\n"
    "table{border-collapse:collapse;font-size:13px;min-width:40%}caption{text-align:left;"
    "padding:0 0 4px}th,td{text-align:left;vertical-align:top;padding:4px 14px 4px 0;"
    "border-bottom:1px solid var(--grid);font-weight:400;max-width:34em;"
    "overflow-wrap:break-word}thead th{color:var(--soft);vertical-align:bottom;"
    "overflow-wrap:normal}.num{text-align:right;font-variant-numeric:tabular-nums;"
    "white-space:nowrap}th.num{white-space:normal}tbody th.num{white-space:nowrap}"
    "tbody th:not(.num){min-width:7em}td:last-child:not(.num){min-width:16em}\n"
    "@media (max-width:560px){main{padding:14px}.facts div{grid-template-columns:1fr;gap:0}"
    ".tiles{grid-template-columns:repeat(2,1fr)}.tiles div{padding:8px 10px}.tiles "
    "dd{font-size:18px}}\n";

static const char paper[] =
    "@page{size:A4 landscape;margin:12mm}\n"
    "@media print{:root{color-scheme:light;--bg:#fff;--ink:#000;--soft:#444;--grid:#ccc;"
    "--accent:#1f4fbf;--good:#17794b;--fair:#8a5a00;--poor:#b3261e;--field:#f5f7f9}"
    "body{font-size:11px}main{max-width:none;padding:0}h1{font-size:20px}"
    "h2{font-size:15px;margin:18px 0 6px}h3{font-size:12px;margin:10px 0 4px}"
    "h2,h3,caption,thead{break-after:avoid}table{font-size:9.5px}th,td{padding:2px 8px 2px 0}"
    "svg,.pair svg{min-width:0;max-height:120mm;break-inside:avoid}tr,.tiles "
    "div,.verdict{break-inside:avoid}.scroll{overflow:visible;margin-bottom:10px}"
    ".pair{grid-template-columns:1fr 1fr;gap:4px 16px}.pair svg{max-height:76mm}"
    ".tiles{grid-template-columns:repeat(6,1fr);gap:6px}.tiles dd{font-size:15px}}\n";

void norni_port_html_style(norni_buf *b) {
    norni_buf_text(b, tones);
    norni_buf_text(b, words);
    norni_buf_text(b, boxes);
    norni_buf_text(b, paper);
}
