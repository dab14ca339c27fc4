// What the page is given: the compiled steps of an estate as typed arrays, with maps by name, and how to read them.
"use strict";

/**
 * @typedef {{first: Int32Array, values: Int32Array}} Lists row i is values[first[i]] up to values[first[i + 1]]
 * @typedef {{
 *   width: number, capabilities: string[], applies: number[][], includes: number[][][],
 *   entities: string[], kinds: Int8Array, controls: string[], control_kinds: string[], host: Int32Array,
 *   provider: Int32Array, phishable: number[], binding: number[], implied: number[], doubtful: string[],
 *   relations: string[], verbs: string[], verb: Int8Array, sources: Lists, targets: Lists, keys: Lists, needs: Lists,
 *   present_keys: number[],
 *   known: Int8Array, vital: Int8Array, ourselves: number[], foreign: number[], zone_ids: string[], zone_of: Int32Array,
 *   zones: Record<string, number[]>, conditions: string[], flow: Int8Array, whole: [number, number][],
 *   deciding: {steps: Int32Array, condition: Int8Array, about: Lists},
 *   guards: {kinds: string[], hosts: Int32Array, steps: Lists}[], placements: Record<string, [string[], string[]]>,
 *   seeds: Record<string, string>, attacks: string[], credential: number, bases: string[],
 *   total: number, inactive: number, present: number, after_present: number, anyone: number,
 *   rules: string[], rule: Int8Array, level: Int8Array, hop: Int8Array, gate: Int8Array, need: Int32Array,
 *   conclusion: Int32Array, basis: Int8Array, shut: Int8Array, delay: Float64Array,
 *   premises: Lists, blockers: Lists, along: Lists, numbers: Numbers, told: Told
 * }} Compiled
 * @typedef {{entities: Map<string, number>, relations: Map<string, number>, controls: Map<string, number>}} Numbers
 *   the number of each name
 * @typedef {{seeds: Record<string, string[]>, anyone: boolean, hours: number | null, assume: number,
 *   distrust: string[], without: string[], with: string[], basis: string}} Asked
 *   a control that is put in place is written KIND@ID
 * @typedef {{delays: Float64Array, cut: Set<number>}} Clock hours that steps take besides, and relations that are taken away
 * @typedef {{assume: number, settled: Proofs}} Settled
 * @typedef {{fact: number, step: number, level: number, hops: number, at: number, premises: number[]}} Proved
 *   step is -1 for a seed, and for what a stronger fact includes
 * @typedef {{step: number, held: number[], missing: number[], level: number | null, controls: number[],
 *   after: number | null, basis: string | null}} Stop
 * @typedef {{id: string, kind: string, host: number}} Added a control that is put in place
 * @typedef {{proofs: Proofs, stops: Stop[], runs: Settled[], world: World}} Answer
 */

/** The compiled estate from what is written in the page. @param {any} written @returns {Compiled} */
function unpack(written) {
  const system = unpacked(written);
  const { entities, controls, verbs, verb, sources, targets, host, provider, zone_ids, zone_of } = system;
  const called = (/** @type {Lists} */ ends, /** @type {number} */ place) => Array.from(rowOf(ends, place), (end) => entities[end]).join("+");
  const relations = system.relations.map((/** @type {string | null} */ name, /** @type {number} */ place) => name ?? `${verbs[verb[place]]}:${called(sources, place)}>${called(targets, place)}`);
  system.relations = relations;
  system.numbers = { entities: numbered(entities), relations: numbered(relations), controls: numbered(controls) };
  if (system.told) {
    const names = system.told.names.map((/** @type {string | null} */ name, /** @type {number} */ place) => name ?? entities[place]);
    Object.assign(system.told, { names, verbs, verb, sources, targets, host, provider, zone_ids, zone_of, keys: system.present_keys });
  }
  return system;
}

/** @param {string[]} names @returns {Map<string, number>} */
function numbered(names) {
  return new Map(names.map((name, number) => [name, number]));
}

/** What is written, with numbers as typed arrays, and objects that have no names but their own. @param {any} written
 * @returns {any} */
function unpacked(written) {
  if (Array.isArray(written)) return written.some((value) => value !== null && typeof value === "object") ? written.map(unpacked) : written;
  if (written === null || typeof written !== "object") return written;
  if (typeof written.steps === "string" && typeof written.type === "string") return summed(written.steps, written.type === "int8" ? Int8Array : Int32Array);
  if (typeof written.base64 === "string" && written.type === "float64") {
    return new Float64Array(Uint8Array.from(atob(written.base64), (letter) => letter.charCodeAt(0)).buffer);
  }
  const read = Object.entries(written).map(([name, value]) => [name, unpacked(value)]);
  return Object.assign(Object.create(null), Object.fromEntries(read));
}

/** Numbers from how much each is more than the one before: letters of five bits, lowest first, the sign before them.
 * @param {string} text @param {Int8ArrayConstructor | Int32ArrayConstructor} type */
function summed(text, type) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", value = new Uint8Array(128);
  for (let place = 0; place < letters.length; place++) value[letters.charCodeAt(place)] = place;
  let count = 0;
  for (let place = 0; place < text.length; place++) if (value[text.charCodeAt(place)] < 32) count++;
  const found = new type(count);
  for (let place = 0, number = 0, row = 0; row < count; row++) {
    let signed = 0, scale = 1, digit;
    do {
      digit = value[text.charCodeAt(place++)];
      signed += (digit & 31) * scale;
      scale *= 32;
    } while (digit >= 32);
    number += signed % 2 ? -(signed - 1) / 2 : signed / 2;
    found[row] = number;
  }
  return found;
}

/** @param {Lists} lists @param {number} row */
function rowOf(lists, row) {
  return lists.values.subarray(lists.first[row], lists.first[row + 1]);
}

/** Values by the row that they belong to, in the order given. @param {ArrayLike<number>} rows
 * @param {ArrayLike<number>} values @param {number} count @returns {Lists} */
function grouped(rows, values, count) {
  const first = new Int32Array(count + 1);
  for (let place = 0; place < rows.length; place++) first[rows[place] + 1]++;
  for (let row = 0; row < count; row++) first[row + 1] += first[row];
  const next = first.slice(), sorted = new Int32Array(values.length);
  for (let place = 0; place < rows.length; place++) sorted[next[rows[place]]++] = values[place];
  return { first, values: sorted };
}

/** Names in the order of their code points, as Python sorts them. @param {string} one @param {string} other */
function byCodePoint(one, other) {
  const length = Math.min(one.length, other.length);
  let place = 0;
  while (place < length && one.charCodeAt(place) === other.charCodeAt(place)) place++;
  return place < length ? ranked(one.charCodeAt(place)) - ranked(other.charCodeAt(place)) : one.length - other.length;
}

/** Half of a code point beyond the others comes after them all. @param {number} unit */
function ranked(unit) {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
