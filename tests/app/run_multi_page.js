/* Runs the script of an explanations page on a small document of its own, and says what it shows. */
// SPDX-License-Identifier: Apache-2.0
'use strict';
const fs = require('fs');
const vm = require('vm');
const html = fs.readFileSync(process.argv[2], 'utf8');
const scripts = html.split(/<script[^>]*>/).slice(1).map(s => s.split('</script>')[0]);

class Element {
  constructor(tag) {
    Object.assign(this, {tag, attrs: {}, children: [], style: {}, text: '', handlers: {}, value: '', hidden: false});
  }
  setAttribute(k, v) {
    if (/undefined|NaN|Infinity/.test(String(v))) throw new Error('attribute ' + k + '=' + v + ' of ' + this.tag);
    this.attrs[k] = String(v);
    if (k === 'value') this.value = String(v);
  }
  appendChild(e) {
    this.children.push(e);
    if (this.tag === 'select' && this.children.length === 1) this.value = e.value;
    return e;
  }
  replaceChildren() { this.children = []; if (this.tag === 'select') this.value = ''; }
  addEventListener(k, f) { this.handlers[k] = f; }
  set textContent(t) {
    if (/undefined|NaN|\[object/.test(String(t))) throw new Error('text ' + t);
    this.text = String(t);
  }
  get textContent() { return this.text; }
  set innerHTML(t) { throw new Error('markup from text'); }
  all(tag) { return this.children.flatMap(c => (c.tag === tag ? [c] : []).concat(c.all(tag))); }
}
const ids = {};
for (const [, tag, id] of html.matchAll(/<(\w+)[^>]* id="([\w-]+)"/g)) ids[id] = new Element(tag);
ids.data.text = scripts[0];
const document = {
  getElementById: id => { if (!ids[id]) throw new Error('no element ' + id); return ids[id]; },
  createElement: tag => new Element(tag),
  createElementNS: (ns, tag) => new Element(tag),
};
vm.runInNewContext(scripts[1], {document});

/* Every target, model, step and term is chosen once. */
let shapes = 0;
function visit(names) {
  if (names.length === 0) {
    for (let i = 0; i < ids.terms.children.length; i++) {
      ids.terms.children[i].all('button')[0].handlers.click();
      shapes += ids.shape.all('svg').length;
    }
    console.log(ids.say.text);
    console.log(ids.terms.all('button').length + ' terms, ' + ids.fall.all('rect').length + ' bars');
    return;
  }
  const select = ids[names[0]];
  for (const value of select.children.map(c => c.value)) {
    select.value = value;
    select.handlers.change();
    visit(names.slice(1));
  }
}
visit(['target', 'model', 'step']);
if (ids.more.handlers.click) ids.more.handlers.click();
console.log(shapes + ' shapes');
