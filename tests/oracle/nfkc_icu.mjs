// Writes tests/fixtures/nfkc.txt: strings and their form NFKC by ICU as Node has it, for tests/text/test_nfkc.c.
// SPDX-License-Identifier: Apache-2.0
//
//     node tests/oracle/nfkc_icu.mjs > tests/fixtures/nfkc.txt
// (made with Node v20.20.2, ICU of Unicode 17.0; Norn has 16.0.0: code points that 17.0 adds are left out, and forms of the others may not change between
// versions by Unicode's stability policy.) Each line: code points in hexadecimal, a tab, those of the form.
const NEW = [[0x88f, 0x88f], [0xc5c, 0xc5c], [0xcdc, 0xcdc], [0x1acf, 0x1aeb], [0x20c1, 0x20c1], [0x2b96, 0x2b96], [0xa7ce, 0xa7cf],
    [0xa7d2, 0xa7d5], [0xa7f1, 0xa7f1], [0xfbc3, 0xfbd2], [0xfd90, 0xfd91], [0xfdc8, 0xfdce], [0x10940, 0x10959], [0x10ec5, 0x10ec7],
    [0x10ed0, 0x10ed8], [0x10efa, 0x10efb], [0x11b60, 0x11b67], [0x11db0, 0x11de9], [0x16d80, 0x16eff], [0x18d09, 0x18d1e], [0x1ccfa, 0x1ccff],
    [0x1cc00, 0x1ccff], [0x1f6d8, 0x1f6d8], [0x1f777, 0x1f7ff], [0x1f8d0, 0x1f8d8], [0x1fa54, 0x1faff], [0x1e6c0, 0x1e6ff], [0x16ea0, 0x16ed3], [0x11de0, 0x11de9]];
const isNew = c => NEW.some(([a, b]) => c >= a && c <= b);
const hex = s => [...s].map(x => x.codePointAt(0).toString(16)).join(" ");
let state = 20260101n;
const random = n => { // xorshift64*: the same strings each time
    state ^= state >> 12n; state = BigInt.asUintN(64, state ^ (state << 25n)); state ^= state >> 27n;
    return Number((BigInt.asUintN(64, state * 2685821657736338717n) >> 33n) % BigInt(n));
};
const out = [], changed = [], marks = [], plain = [];
for (let c = 0xa0; c < 0x110000; c++) {
    if ((c >= 0xd800 && c < 0xe000) || isNew(c)) continue;
    const s = String.fromCodePoint(c);
    if (/\p{M}/u.test(s)) marks.push(c);
    if (s.normalize("NFKC") !== s || s.normalize("NFD") !== s) changed.push(c);
    else if (/\p{L}/u.test(s) && c < 0x3000) plain.push(c);
}
const jamo = () => [0x1100 + random(19), 0x1161 + random(21), 0x11a7 + random(28), 0xac00 + random(11172)][random(4)];
const pick = () => [() => changed[random(changed.length)], () => marks[random(marks.length)], () => 0x300 + random(0x70), jamo,
    () => plain[random(plain.length)], () => 0x20 + random(0x5f)][random(6)]();
for (let k = 0; k < 1500; k++) {
    const s = String.fromCodePoint(...Array.from({length: 1 + random(9)}, pick));
    out.push(hex(s) + "\t" + hex(s.normalize("NFKC")));
}
process.stdout.write(`# Made by tests/oracle/nfkc_icu.mjs with Node ${process.version} (ICU, Unicode ${process.versions.unicode}): ` +
    "node tests/oracle/nfkc_icu.mjs > tests/fixtures/nfkc.txt\n" + out.join("\n") + "\n");
