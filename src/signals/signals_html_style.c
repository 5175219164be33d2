/* The dashboard's style, light and dark, screen, telephone and paper, and its one script. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_html_parts.h"

static const char tones[] =
    ":root{color-scheme:light dark;--bg:#fff;--ink:#1c2024;--soft:#59626d;--grid:#dfe3e8;"
    "--accent:#1f4fbf;--good:#17794b;--fair:#8a5a00;--field:#f5f7f9}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#eceff2;--soft:#a3acb7;"
    "--grid:#2d333b;--accent:#8ab0ff;--good:#6fd3a0;--fair:#f0c15e;--field:#1d2228}}\n";

static const char words[] =
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 "
    "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n"
    "main{max-width:1240px;margin:0 auto;padding:24px}h1{font-size:26px;margin:0 0 4px}"
    "h2{font-size:20px;margin:36px 0 10px;padding-top:8px;border-top:1px solid var(--grid)}\n"
    "p{max-width:80ch;margin:0 0 12px}p,li,dd,h1,h2{overflow-wrap:anywhere}ul{padding-left:20px;"
    "margin:0 0 10px}.soft,caption{color:var(--soft)}code{font-size:13px}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:10px;"
    "margin:18px 0;padding:0}.tiles div{background:var(--field);border:1px solid var(--grid);"
    "border-radius:10px;padding:10px 14px}.tiles dt{color:var(--soft);font-size:13px}.tiles "
    "dd{margin:0;font-size:21px;font-weight:650;font-variant-numeric:tabular-nums}.tiles "
    ".more{font-size:12px;font-weight:400;color:var(--soft)}\n"
    ".verdict{border-left:5px solid var(--good);background:var(--field);padding:10px 16px;"
    "margin:16px 0}.verdict.fair{border-color:var(--fair)}.verdict p{margin:0 0 4px}.verdict "
    "p:first-child{font-weight:650;font-size:17px}\n";

static const char parts[] =
    ".scroll{overflow-x:auto;margin:0 0 18px}.scroll:focus-visible,input:focus-visible,"
    "button:focus-visible,summary:focus-visible{outline:2px solid var(--accent)}"
    ".panes{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));"
    "gap:10px 20px}.panes .scroll{margin:0}.panes svg{width:100%;min-width:400px;height:auto;"
    "display:block}.hov *{fill:transparent;"
    "stroke:none;pointer-events:all}.hov :hover{stroke:var(--accent);stroke-width:1.5}\n"
    "table{border-collapse:collapse;font-size:13px;min-width:40%}caption{text-align:left;"
    "padding:0 0 4px}th,td{text-align:left;vertical-align:top;padding:4px 14px 4px 0;"
    "border-bottom:1px solid var(--grid);font-weight:400;max-width:26em;overflow-wrap:break-word}"
    "thead th{color:var(--soft);vertical-align:bottom;overflow-wrap:normal}.num{text-align:right;"
    "font-variant-numeric:tabular-nums;white-space:nowrap}th.num{white-space:normal}"
    ".name{min-width:7em}#tags td:nth-child(3){min-width:9em}#tags "
    ".name{min-width:17em;max-width:22em}.terms{display:block;"
    "color:var(--soft);font-size:12px;line-height:1.35}.nowrap{white-space:nowrap}\n"
    "thead button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;"
    "text-align:inherit;text-decoration:underline dotted}th[aria-sort] button{font-weight:650;"
    "color:var(--ink)}input{font:inherit;padding:5px 9px;border:1px solid var(--soft);"
    "border-radius:6px;background:var(--bg);color:var(--ink);margin:0 8px}summary{cursor:pointer;"
    "margin:0 0 8px}[hidden]{display:none!important}\n"
    "@media (max-width:560px){main{padding:14px}.tiles{grid-template-columns:repeat(2,1fr)}"
    ".tiles div{padding:8px 10px}.tiles dd{font-size:18px}}\n"
    "@page{size:A4 landscape;margin:12mm}@media print{:root{color-scheme:light;--bg:#fff;"
    "--ink:#000;--soft:#444;--grid:#ccc}body{font-size:11px}main{max-width:none;padding:0}"
    ".panes svg{min-width:0}.scroll{overflow:visible}.filter{display:none}tr,.tiles div,.verdict,"
    "svg{break-inside:avoid}}\n";

void norni_signals_html_style(norni_buf *b) {
    norni_buf_text(b, tones);
    norni_buf_text(b, words);
    norni_buf_text(b, parts);
}

/* Without < > and &, so that the page stays well-formed XML, too. */
const char norni_signals_html_script[] =
    "(function(){var t=document.getElementById('tags'),f=document.getElementById('tag-filter'),"
    "c=document.getElementById('tag-count');if(!t)return;var b=t.tBodies[0],"
    "rows=Array.prototype.slice.call(b.rows);\n"
    "function count(){var n=0;rows.forEach(function(r){if(!r.hidden)n+=1;});"
    "c.textContent=n+' of '+rows.length;}\n"
    "f.parentNode.hidden=false;count();f.addEventListener('input',function(){"
    "var q=f.value.trim().toLowerCase().replace(/^#/,'');rows.forEach(function(r){"
    "r.hidden=r.cells[1].textContent.toLowerCase().indexOf(q)===-1;});count();});\n"
    "Array.prototype.slice.call(t.tHead.rows[0].cells).forEach(function(h,k){"
    "var u=document.createElement('button');u.type='button';u.textContent=h.textContent;"
    "h.textContent='';h.appendChild(u);u.addEventListener('click',function(){"
    "var num=h.className==='num',up=h.getAttribute('aria-sort')==='descending'||(!num?"
    "h.getAttribute('aria-sort')!=='ascending':false),s=up?1:-1;"
    "Array.prototype.slice.call(t.tHead.rows[0].cells).forEach(function(x){"
    "x.removeAttribute('aria-sort');});h.setAttribute('aria-sort',up?'ascending':'descending');\n"
    "function key(r){var d=r.cells[k];return num?parseFloat(d.getAttribute('data-v')):"
    "d.textContent.toLowerCase();}\n"
    "rows.sort(function(x,y){var a=key(x),d=key(y);if(num){if(isNaN(a))return isNaN(d)?0:1;"
    "if(isNaN(d))return -1;return s*Math.sign(a-d);}return s*a.localeCompare(d);});"
    "rows.forEach(function(r){b.appendChild(r);});});});})();\n";

const char norni_signals_html_script_hash[] = "sha256-uDTtTmyqREvcpAZEiswI/IXUQvuZK981IdR5MUi3B8U=";
