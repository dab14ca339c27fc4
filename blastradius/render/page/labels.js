// What is said of each fact besides its level: how well it is known, and whether anyone could have as much.
"use strict";

/** @typedef {{basis: number, anyone: number | null}} Label the best basis on which a fact can be proved, and the level
 *   at which anyone at all could have as much, if at any */

/** What is said of each fact that is reached. */
class Labels {
  /** @param {Compiled} system @param {Asked} asked @param {Answer} answer */
  constructor(system, asked, answer) {
    this.bases = basesUsed(system, asked);
    this.weakest = /** @type {number} */ (this.bases.pop());
    this.known = this.bases.map((basis) => reachOn(system, asked, basis));
    this.assume = asked.assume;
    this.strangers = strangers(system, asked, answer);
  }

  /** The best basis on which a fact can be proved. @param {number} fact */
  basis(fact) {
    for (let place = 0; place < this.bases.length; place++) if (this.known[place].has(fact)) return this.bases[place];
    return this.weakest;
  }

  /** The level at which anyone at all could have as much. @param {number} fact @returns {number | null} */
  anyone(fact) {
    const level = this.strangers === null ? 0 : this.strangers.held[fact];
    return level > 0 && level <= this.assume ? level : null;
  }

  /** @param {number} fact @returns {Label} */
  of(fact) { return { basis: this.basis(fact), anyone: this.anyone(fact) }; }
}

/** The bases on which what could be used is known, best first. @param {Compiled} system @param {Asked} asked */
function basesUsed(system, asked) {
  const weakest = system.bases.indexOf(asked.basis), used = BASED.get(system) ?? new Set([0, ...system.basis]);
  BASED.set(system, used);
  return [...used].filter((basis) => basis <= weakest).sort();
}

/** @type {WeakMap<Compiled, Set<number>>} */ const BASED = new WeakMap();

/** The facts that hold by the end, at the level assumed. @param {Compiled} system @param {Asked} asked
 * @returns {{has(fact: number): boolean, keys(): Int32Array}} */
function reachOf(system, asked) {
  return reachOn(system, asked, system.bases.indexOf(asked.basis));
}

/** The same, where only what is known on a basis or a better one is used. @param {Compiled} system @param {Asked} asked
 * @param {number} basis @returns {{has(fact: number): boolean, keys(): Int32Array}} */
function reachOn(system, asked, basis) {
  const seeds = seedsOf(system, asked);
  if (asked.hours === null) return new Spread(system, worldOf(system, asked), asked.assume, basis).from(seeds);
  const world = worldOf(system, { ...asked, basis: system.bases[basis] });
  return new Run(system, world, asked.assume, asked.hours).settle(seeds).settled;
}

/** What is reached, and at which level, without how: no order, no hops, no proofs. */
class Spread {
  /** @param {Compiled} system @param {World} world @param {number} assume @param {number} basis the weakest that is used */
  constructor(system, world, assume, basis) {
    this.system = system;
    this.world = world;
    this.assume = assume;
    this.basis = basis;
    /** the level at which each fact is reached, 0 where it is not */
    this.held = new Uint8Array(system.total);
    this.queue = new Int32Array(system.total);
    this.count = 0;
    /** as the world has it, but for what came already */
    this.work = world.work.slice();
    /** steps to try once more is assumed, by level @type {number[][]} */
    this.later = Array.from({ length: assume + 1 }, () => []);
    this.level = 1;
  }

  /** @param {number} fact */
  has(fact) { return this.held[fact] > 0; }

  /** What is reached, in no order that means something. */
  keys() { return this.queue.subarray(0, this.count); }

  /** @param {number[]} seeds */
  from(seeds) {
    for (const seed of seeds) this.#hold(seed);
    for (let next = 0; this.level <= this.assume; this.level++) {
      for (const step of this.later[this.level]) this.#try(step);
      for (; next < this.count; next++) this.#follow(this.queue[next]);
    }
    return this;
  }

  /** @param {number} fact */
  #follow(fact) {
    const { system, world, held } = this, { waiting: { first, values }, concluding } = world.index, control = fact - system.inactive, { shrunk } = world;
    if (fact < system.width * system.entities.length) this.#include(fact);
    for (let at = first[fact]; at < first[fact + 1]; at++) {
      if (!held[concluding[at]] && (!shrunk.size || (shrunk.get(values[at])?.premises.includes(fact) ?? true))) this.#advance(values[at]);
    }
    if (control >= 0 && control < system.controls.length) for (const step of rowOf(world.falls, control)) this.#advance(step);
  }

  /** @param {number} fact */
  #include(fact) {
    const { width, kinds } = this.system, { first, values } = this.world.index.included, place = fact % width, row = kinds[(fact - place) / width] * width + place;
    for (let at = first[row]; at < first[row + 1]; at++) this.#hold(fact - place + values[at]);
  }

  /** @param {number} fact */
  #hold(fact) {
    if (this.held[fact]) return;
    this.held[fact] = this.level;
    this.queue[this.count++] = fact;
  }

  /** Something that a step waits for has come. @param {number} step */
  #advance(step) {
    const left = --this.work[2 * step];
    if (!(left & CLOSED) && (!(left & WAITING) || left & GATED) && !this.held[this.work[2 * step + 1]]) this.#try(step);
  }

  /** @param {number} step */
  #try(step) {
    const { system, world, held } = this, conclusion = system.conclusion[step], level = system.level[step];
    if (held[conclusion] || world.closed[step] || level > this.assume || world.basis(step) > this.basis) return;
    if (level > this.level) this.later[level].push(step);
    else if (system.gate[step] === ALL || (this.#isFallen(step) && this.#lets(step, world.premises(step)))) this.#hold(conclusion);
  }

  /** Whether every control of a step has fallen. @param {number} step */
  #isFallen(step) {
    const { first, values } = this.world.standing;
    for (let at = first[step]; at < first[step + 1]; at++) if (!this.held[this.system.inactive + values[at]]) return false;
    return true;
  }

  /** @param {number} step @param {Int32Array} premises */
  #lets(step, premises) { return suffices(this.system, step, premises, premises.filter((premise) => this.held[premise])); }
}

/** Which of the facts that an answer reaches a stranger could reach alone, and at which level. Where a stranger is among those who
 * act, most have a proof that rests on no other start; of the few others all ways to them are tried. */
class Shared {
  /** @param {Compiled} system @param {World} world @param {Asked} asked @param {Proofs} proofs */
  constructor(system, world, asked, proofs) {
    this.system = system;
    this.world = world;
    this.proofs = proofs;
    this.basis = system.bases.indexOf(asked.basis);
    this.concluding = concludingOf(system);
    /** the level at which a stranger could reach each fact, 0 where none could */
    this.held = new Uint8Array(system.total);
    this.level = 1;
    const others = this.#others();
    for (; this.level <= asked.assume; this.level++) for (const fact of others) this.#try(fact);
  }

  /** The facts whose proofs rest on another start; of the rest their level is known. @returns {number[]} */
  #others() {
    const { proofs: { count, fact, level, first, premises }, held, system: { anyone } } = this, found = [];
    for (let place = 0; place < count; place++) {
      let isAlone = first[place] < first[place + 1] || fact[place] === anyone;
      for (let at = first[place]; at < first[place + 1] && isAlone; at++) isAlone = held[premises[at]] > 0;
      if (isAlone) held[fact[place]] = level[place]; else found.push(fact[place]);
    }
    return found;
  }

  /** Take a fact as reached if it follows, with all that follows then. @param {number} fact */
  #try(fact) {
    const waiting = [fact];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (!this.#isOpen(next) || !(this.#isIncluded(next) || this.#isGiven(next))) continue;
      this.held[next] = this.level;
      this.#follow(next, waiting);
    }
  }

  /** Facts that may follow from one. @param {number} fact @param {number[]} waiting to which they are added */
  #follow(fact, waiting) {
    const { system: { width, kinds, inactive, controls, conclusion }, world } = this, { waiting: { first }, concluding, included } = world.index;
    const place = fact % width, entity = (fact - place) / width, control = fact - inactive;
    const add = (/** @type {number} */ next) => { if (this.#isOpen(next)) waiting.push(next); };
    if (entity < kinds.length) for (const part of rowOf(included, kinds[entity] * width + place)) add(fact - place + part);
    for (let at = first[fact]; at < first[fact + 1]; at++) add(concluding[at]);
    if (control >= 0 && control < controls.length) for (const step of rowOf(world.falls, control)) add(conclusion[step]);
  }

  /** Whether a fact could be held from this level on: alone a stranger has nothing sooner. @param {number} fact */
  #isOpen(fact) {
    const place = this.held[fact] ? -1 : this.proofs.placeOf(fact);
    return place >= 0 && this.proofs.level[place] <= this.level;
  }

  /** @param {number} fact */
  #isHeld(fact) { return this.held[fact] > 0 && this.held[fact] <= this.level; }

  /** Whether a fact about the same thing that holds includes one. @param {number} fact */
  #isIncluded(fact) {
    const { system: { width, kinds }, world: { index: { included: { first, values } } } } = this, place = fact % width, entity = (fact - place) / width;
    for (let whole = 0; entity < kinds.length && whole < width; whole++) {
      const row = kinds[entity] * width + whole;
      for (let at = first[row]; at < first[row + 1]; at++) if (values[at] === place && this.#isHeld(fact - place + whole)) return true;
    }
    return false;
  }

  /** Whether an open step gives a fact. @param {number} fact */
  #isGiven(fact) {
    const { first, values } = this.concluding;
    for (let at = first[fact]; at < first[fact + 1]; at++) if (this.#gives(values[at])) return true;
    return false;
  }

  /** @param {number} step */
  #gives(step) {
    const { system, world } = this, { premises: { first, values } } = system;
    if (world.closed[step] || system.level[step] > this.level || world.basis(step) > this.basis) return false;
    if (first[step] + 1 === first[step + 1] && !this.#isHeld(values[first[step]])) return false; // as most are
    const premises = world.premises(step), held = premises.filter((premise) => this.#isHeld(premise));
    return held.length > 0 && suffices(system, step, premises, held) && rowOf(world.standing, step).every((control) => this.#isHeld(system.inactive + control));
  }
}

/** What a stranger could do, where something is open to anyone at all: the same for all who start in one world.
 * @param {Compiled} system @param {Asked} asked @param {Answer} answer @returns {Spread | Shared | null} */
function strangers(system, asked, { proofs }) {
  if (!system.told.anonymous) return null;
  const alone = { ...asked, seeds: {}, anyone: true, hours: null }, world = worldOf(system, alone), known = STRANGERS.get(world);
  if (known && known.assume >= asked.assume) return known;
  if (!isTimed(asked) && proofs.has(system.anyone)) return new Shared(system, world, asked, proofs);
  const found = new Spread(system, world, asked.assume, system.bases.indexOf(asked.basis)).from(seedsOf(system, alone));
  STRANGERS.set(world, found);
  return found;
}

/** @type {WeakMap<World, Spread>} */ const STRANGERS = new WeakMap();
