import { assertNever } from '@perun-watcher/core/adapter'
import type { AbiType } from '../codec/abi-type.ts'
import type { Generation } from '../codec/generation.ts'
import type { Address } from '../rpc/evm-client.ts'

/** A type as the program knows it: kind, whether an offset leads to it, bytes of its head, and what it is made of. */
type Shape = readonly [
  kind: 'word' | 'bytes' | 'list' | 'tuple',
  dynamic: boolean,
  head: number,
  parts: readonly Shape[],
]

function shapeOf(type: AbiType): Shape {
  switch (type.kind) {
    case 'uint':
    case 'address':
    case 'bool':
    case 'word':
      return ['word', false, type.headBytes, []]
    case 'bytes':
      return ['bytes', true, type.headBytes, []]
    case 'list':
      return ['list', true, type.headBytes, [shapeOf(type.item)]]
    case 'tuple':
      return ['tuple', type.dynamic, type.headBytes, type.fields.map((field) => shapeOf(field.type))]
    default:
      return assertNever(type)
  }
}

/** Where the heads of nested fields stand, each in the tuple before. */
function pathTo(type: AbiType, [name, ...rest]: readonly string[]): readonly number[] {
  if (name === undefined) return []
  if (type.kind !== 'tuple') throw new TypeError(`no tuple that has ${name}`)
  let at = 0
  for (const field of type.fields) {
    if (field.name === name) return [at, ...pathTo(field.type, rest)]
    at += field.type.headBytes
  }
  throw new TypeError(`no field ${name}`)
}

/**
 * A program in geth's tracer language (ECMAScript 5) that reads the calls of `register` and `concludeFinal` as the contract
 * does: the channel, and for each lock the next entry of the list. It returns the last signed state of each channel, as a call
 * of `concludeFinal`, encoded anew. So neither padding, nor entries that the contract never looks at, nor calls that changed
 * nothing take any room; what is kept was paid for word by word, in gas.
 *
 * What happened inside a call that failed is dropped, and a call is read only once it has succeeded: of what fails at once
 * nobody pays for the reading, and shared entries unfold a few kilobytes into millions of numbers.
 */
export function keepingTracer(adjudicator: Address, { selectors, signedState }: Generation): string {
  const locked = pathTo(signedState, ['state', 'outcome', 'locked'])
  return `{
  seen: 0, kept: [], marks: [], input: null,
  shape: ${JSON.stringify(shapeOf(signedState))},
  locked: ${JSON.stringify(locked)},
  hex: function (at, size) {
    if (at + size > this.input.length) throw 'out of bounds';
    return toHex(this.input.slice(at, at + size)).slice(2);
  },
  number: function (at) {
    if (at + 32 > this.input.length) throw 'out of bounds';
    var value = 0;
    for (var i = 0; i < 32; i++) value = value * 256 + this.input[at + i];
    if (value > this.input.length) throw 'out of bounds';
    return value;
  },
  word: function (value) {
    var text = value.toString(16);
    while (text.length < 64) text = '0' + text;
    return text;
  },
  value: function (shape, head, base) {
    var at = shape[1] ? base + this.number(head) : head;
    if (shape[0] === 'word') return this.hex(at, 32);
    if (shape[0] === 'tuple') return this.parts(shape[3], at);
    var size = this.number(at), parts = [];
    if (shape[0] === 'bytes') {
      var text = this.hex(at + 32, size);
      while (text.length % 64) text += '00';
      return this.word(size) + text;
    }
    for (var i = 0; i < size; i++) parts.push(shape[3][0]);
    return this.word(size) + this.parts(parts, at + 32);
  },
  parts: function (shapes, base) {
    var heads = [], tails = [], end = 0, head = base;
    for (var i = 0; i < shapes.length; i++) end += shapes[i][2];
    for (var j = 0; j < shapes.length; j++) {
      var text = this.value(shapes[j], head, base);
      if (shapes[j][1]) {
        heads.push(this.word(end));
        tails.push(text);
        end += text.length / 2;
      } else heads.push(text);
      head += shapes[j][2];
    }
    return heads.join('') + tails.join('');
  },
  keep: function (at) {
    this.kept.push({ id: this.hex(at + this.number(at + ${locked[0]}), 32), call: '${selectors.concludeFinal}' + this.parts(this.shape[3], at) });
    var list = at;
    for (var i = 0; i < this.locked.length; i++) list += this.number(list + this.locked[i]);
    return this.number(list);
  },
  register: function () {
    var list = 4 + this.number(36), length = this.number(list), base = list + 32;
    var missing = this.keep(4 + this.number(4));
    for (var i = 0; missing > 0; i++) {
      if (i >= length) throw 'too short';
      missing += this.keep(base + this.number(base + 32 * i)) - 1;
    }
  },
  read: function (input) {
    this.input = input;
    try {
      var selector = '0x' + this.hex(0, 4);
      if (selector === '${selectors.register}') this.register();
      if (selector === '${selectors.concludeFinal}') this.keep(4);
    } catch (unreadable) {
      // The contract read it otherwise than we do; another tracer may show it.
    }
    this.input = null;
  },
  enter: function (frame) {
    var ours = frame.getType() === 'CALL' && toHex(frame.getTo()) === '${adjudicator}';
    if (ours) this.seen++;
    this.marks.push({ kept: this.kept.length, input: ours ? frame.getInput() : null });
  },
  exit: function (result) {
    var mark = this.marks.pop();
    if (result.getError()) {
      this.kept.length = Math.min(this.kept.length, mark.kept);
      return;
    }
    if (mark.input === null) return;
    // What was called on the way out, by asset holders, comes after.
    var inner = this.kept.splice(mark.kept);
    this.read(mark.input);
    this.kept = this.kept.concat(inner);
  },
  fault: function () {},
  result: function () {
    var last = {}, calls = [];
    for (var i = this.kept.length - 1; i >= 0; i--) {
      if (last[this.kept[i].id]) continue;
      last[this.kept[i].id] = true;
      calls.push(this.kept[i].call);
    }
    return { seen: this.seen, calls: calls.reverse() };
  }
}`
}
