// What is said of each fact besides its level: how well it is known, and whether anyone could have as much.
"use strict";

/** @typedef {{basis: number, anyone: number | null}} Label the best basis on which a fact can be proved, and the level
 *   at which anyone at all could have as much, if at any */

/** The label of every fact about a thing that is reached. @param {Compiled} system @param {Asked} asked
 * @param {Iterable<number>} reached @returns {Map<number, Label>} */
function labelsOf(system, asked, reached) {
  const bases = basesUsed(system, asked), weakest = /** @type {number} */ (bases.pop());
  const known = bases.map((basis) => reachOf(system, { ...asked, basis: system.bases[basis] }));
  const could = strangers(system, asked);
  return new Map(Array.from(reached, (fact) => {
    const basis = bases.find((_, place) => known[place].has(fact)) ?? weakest;
    return [fact, { basis, anyone: could.get(fact)?.level ?? null }];
  }));
}

/** The bases on which what could be used is known, best first. @param {Compiled} system @param {Asked} asked */
function basesUsed(system, asked) {
  const weakest = system.bases.indexOf(asked.basis), found = new Set([0]);
  for (const basis of system.basis) if (basis <= weakest) found.add(basis);
  return [...found].sort();
}

/** The facts that hold by the end, at the level assumed. @param {Compiled} system @param {Asked} asked
 * @returns {{has(fact: number): boolean, keys(): Iterable<number>}} */
function reachOf(system, asked) {
  const world = worldOf(system, asked), seeds = seedsOf(system, asked);
  if (asked.hours === null) return new Spread(system, world, asked.assume).from(seeds);
  return new Run(system, world, asked.assume, asked.hours).settle(seeds).settled;
}

/** What is reached, without how: no order, no hops, no proofs. */
class Spread {
  /** @param {Compiled} system @param {World} world @param {number} assume */
  constructor(system, world, assume) {
    this.system = system;
    this.world = world;
    this.assume = assume;
    this.held = new Uint8Array(system.total);
    /** @type {number[]} */ this.queue = [];
  }

  /** @param {number} fact */
  has(fact) { return this.held[fact] === 1; }

  /** What is reached, in no order that means something. */
  keys() { return this.queue; }

  /** @param {number[]} seeds */
  from(seeds) {
    const { system, world } = this, { width, kinds, includes } = system, things = width * system.entities.length;
    for (const seed of seeds) this.#hold(seed);
    for (let next = 0; next < this.queue.length; next++) {
      const fact = this.queue[next], place = fact % width, control = fact - system.inactive;
      if (fact < things) for (const part of includes[kinds[(fact - place) / width]][place]) this.#hold(fact - place + part);
      for (const step of rowOf(world.index.waiting, fact)) this.#try(step);
      if (control >= 0 && control < system.controls.length) for (const step of rowOf(world.falls, control)) this.#try(step);
    }
    return this;
  }

  /** @param {number} fact */
  #hold(fact) {
    if (this.held[fact]) return;
    this.held[fact] = 1;
    this.queue.push(fact);
  }

  /** @param {number} step */
  #try(step) {
    const { system, world, held } = this, conclusion = system.conclusion[step];
    if (held[conclusion] || world.closed[step] || system.level[step] > this.assume) return;
    const premises = world.premises(step), falls = rowOf(world.standing, step);
    if (!falls.every((control) => held[system.inactive + control])) return;
    if (suffices(system, step, premises, premises.filter((premise) => held[premise]))) this.#hold(conclusion);
  }
}

/** What a stranger could do, where something is open to anyone at all. @param {Compiled} system @param {Asked} asked
 * @returns {Map<number, Found>} */
function strangers(system, asked) {
  if (!system.told.anonymous) return new Map();
  const alone = { ...asked, seeds: {}, anyone: true, hours: null };
  return new Run(system, worldOf(system, alone), asked.assume, null).settle(seedsOf(system, alone)).settled;
}
