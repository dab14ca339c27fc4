// Proofs as columns: a large answer has a few hundred thousand, and as many objects would take longer than the solving.
"use strict";

/** Proofs in the order in which they were found, premises first. Of a fact that is proved several times, at one level after
 * the other, the first is its proof. */
class Proofs {
  count = 0;
  /** @type {Int32Array} of each fact the place of its proof, from 1 on */ #places;

  /** @param {number} total how many facts there are @param {number} [room] for how many proofs room is made at once */
  constructor(total, room = 64) {
    this.#places = new Int32Array(total);
    this.fact = new Int32Array(room);
    /** the step; -1 for a seed, and for what a stronger fact includes */
    this.step = new Int32Array(room);
    this.level = new Uint8Array(room);
    this.hops = new Int32Array(room);
    this.at = new Float64Array(room);
    /** the premises of proof i are premises[first[i]] up to premises[first[i + 1]] */
    this.first = new Int32Array(room + 1);
    this.premises = new Int32Array(2 * room);
  }

  /** @param {number} total @param {Iterable<Proved>} proofs */
  static of(total, proofs) {
    const found = new Proofs(total);
    for (const { fact, step, level, hops, at, premises } of proofs) found.add(fact, step, level, hops, at, premises);
    return found;
  }

  /** One more proof; further premises may be added to it. @param {number} fact @param {number} step @param {number} level
   * @param {number} hops @param {number} at @param {ArrayLike<number>} premises */
  add(fact, step, level, hops, at, premises) {
    const place = this.count++;
    if (place === this.fact.length) this.#grow();
    this.fact[place] = fact;
    this.step[place] = step;
    this.level[place] = level;
    this.hops[place] = hops;
    this.at[place] = at;
    this.first[place + 1] = this.first[place];
    for (let number = 0; number < premises.length; number++) this.rest(premises[number]);
    if (!this.#places[fact]) this.#places[fact] = place + 1;
  }

  /** One more premise of the last proof. @param {number} premise */
  rest(premise) {
    const place = this.first[this.count]++;
    if (place === this.premises.length) this.premises = lengthened(this.premises, Int32Array);
    this.premises[place] = premise;
  }

  #grow() {
    this.fact = lengthened(this.fact, Int32Array);
    this.step = lengthened(this.step, Int32Array);
    this.level = lengthened(this.level, Uint8Array);
    this.hops = lengthened(this.hops, Int32Array);
    this.at = lengthened(this.at, Float64Array);
    this.first = lengthened(this.first, Int32Array);
  }

  /** Where the proof of a fact stands, or -1. @param {number} fact */
  placeOf(fact) { return this.#places[fact] - 1; }

  /** @param {number} fact */
  has(fact) { return this.#places[fact] > 0; }

  /** @param {number} fact @returns {Proved | undefined} */
  get(fact) { return this.has(fact) ? this.proof(this.#places[fact] - 1) : undefined; }

  /** @param {number} place @returns {Proved} */
  proof(place) {
    const { fact, step, level, hops, at } = this;
    return { fact: fact[place], step: step[place], level: level[place], hops: hops[place], at: at[place], premises: Array.from(this.premisesAt(place)) };
  }

  /** @param {number} place */
  premisesAt(place) { return this.premises.subarray(this.first[place], this.first[place + 1]); }

  /** Whether a proof says that it starts there. @param {number} place */
  isStart(place) { return this.step[place] < 0 && this.first[place] === this.first[place + 1]; }

  /** The facts that are proved, some more than once. */
  keys() { return this.fact.subarray(0, this.count); }

  /** Whether each proof is at its fact's lowest level: with a clock some facts have several. @param {number} place */
  isFirst(place) { return this.#places[this.fact[place]] === place + 1; }

  *[Symbol.iterator]() { for (let place = 0; place < this.count; place++) yield this.proof(place); }
}

/** The same with room for as much again. @template {Int32Array | Uint8Array | Float64Array} Columns @param {Columns} column
 * @param {new (length: number) => Columns} Type @returns {Columns} */
function lengthened(column, Type) {
  const found = new Type(2 * column.length);
  found.set(column);
  return found;
}
