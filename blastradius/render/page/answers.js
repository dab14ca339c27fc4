// What the page answers: how far a scenario reaches, with the rows, counts and sentences of `reach`.
"use strict";

/**
 * @typedef {{entity: number, id: string, name: string, kind: string, capability: string, level: string, hops: number,
 *   at: number | null, basis: string, anyone: string | null, jewel: boolean, implied: boolean}} FactRow
 * @typedef {{process: number, id: string, name: string, slows: number | null, stops: number | null,
 *   tolerance: number | null, usedUp: number | null, back: number | null, jewel: boolean}} Pain
 * @typedef {{control: number, id: string, kind: string, words: string, on: string, onName: string, status: string,
 *   known: string, assumed: boolean, by: string | null, byName: string | null, why: string | null, stops: number}} Rest
 * @typedef {{entity: number, id: string, name: string, unsaid: string[], stated: boolean}} Silence
 * @typedef {{entities: number, jewels: number | null, records: number | null, uncounted: number,
 *   processes: number | null}} Counts
 * @typedef {{headline: string, attacked: boolean, timed: boolean, counts: Counts, rows: Row[], facts: FactRow[],
 *   timeline: Pain[], unsaid: Silence[], stops: StopRow[], rests: Rest[], lines: string[], notes: Note[]}} Description
 */

/** What an answer needs in several places, made once. */
class Reach {
  /** @type {number | null} */ #records = null;

  /** @param {Compiled} system @param {Asked} asked @param {Answer} answer */
  constructor(system, asked, answer) {
    this.system = system;
    this.asked = asked;
    this.answer = answer;
    this.attacked = isAttack(system, asked);
    this.timed = isTimed(asked);
    this.jewels = new Set(system.told.jewels);
    this.public = new Set(system.told.public);
    this.proofs = answer.proofs;
    /** the things that are reached @type {number[]} */ this.things = [];
    /** of each thing the levels at which something more over it is held, as bits */
    this.levels = new Uint8Array(system.entities.length);
    this.held = this.#held();
    /** what is reached and is not meant for everybody */
    this.touched = this.things.filter((entity) => !this.public.has(entity));
    this.labels = new Labels(system, asked, answer);
  }

  /** The places of the proofs of facts about things, each at its lowest level. */
  #held() {
    const { proofs, system: { width, entities } } = this, stones = width * entities.length, found = new Int32Array(proofs.count);
    let count = 0;
    for (let place = 0; place < proofs.count; place++) {
      const fact = proofs.fact[place];
      if (fact >= stones || (this.timed && !proofs.isFirst(place))) continue;
      const entity = (fact - fact % width) / width;
      if (!this.levels[entity]) this.things.push(entity);
      this.levels[entity] |= 1 << proofs.level[place];
      found[count++] = place;
    }
    return found.subarray(0, count);
  }

  /** @param {number} fact */
  entityOf(fact) { return Math.floor(fact / this.system.width); }

  /** Things over which a capability is held. @param {string} capability */
  holding(capability) {
    const { width, capabilities } = this.system, place = capabilities.indexOf(capability);
    return this.things.filter((entity) => this.proofs.has(entity * width + place));
  }

  /** Records that can be read, worked out once. */
  get records() { return this.#records ??= recordsRead(this); }

  /** The lowest level at which anything over a thing is held. @param {number} entity */
  lowest(entity) { return 31 - Math.clz32(this.levels[entity] & -this.levels[entity]); }
}

/** What an answer needs, made once for each. @param {Compiled} system @param {State} state @param {Answer} answer */
function reachFor(system, state, answer) {
  const found = REACHES.get(answer) ?? new Reach(system, askedOf(system, state), answer);
  REACHES.set(answer, found);
  return found;
}

/** @type {WeakMap<Answer, Reach>} */ const REACHES = new WeakMap();

/** All that the page says of an answer; what it shows only where it is asked for is put together then. @param {Compiled} system @param {State} state @param {Answer} answer
 * @returns {Description} */
function describe(system, state, answer) {
  const reach = reachFor(system, state, answer);
  const counts = countsOf(reach), unsaid = silences(reach), timeline = reach.timed ? pains(reach) : [];
  return {
    headline: headlineOf(reach),
    attacked: reach.attacked,
    timed: reach.timed,
    counts,
    rows: rowsOf(reach),
    get facts() { return factRows(reach); },
    timeline,
    unsaid,
    get stops() { return stopRows(reach); },
    rests: restsOf(reach),
    lines: linesOf(reach, counts, unsaid, timeline),
    notes: notesOf(reach),
  };
}

/** Every fact about a thing, by level, hops and name. @param {Reach} reach @returns {FactRow[]} */
function factRows(reach) {
  const { system, labels, jewels, timed } = reach, order = idOrder(system);
  const sorted = Array.from(reach.held, (place) => reach.proofs.proof(place)).sort((one, other) => one.level - other.level || one.hops - other.hops
    || order[reach.entityOf(one.fact)] - order[reach.entityOf(other.fact)] || byCapability(system, one.fact, other.fact));
  return sorted.map(({ fact, level, hops, at, step, premises }) => {
    const entity = reach.entityOf(fact), label = labels.of(fact);
    return {
      entity, id: system.entities[entity], name: labelOf(system, entity), kind: kindOf(system, entity),
      capability: system.capabilities[fact % system.width], level: levelWord(system, level), hops, at: timed ? at : null,
      basis: system.bases[label.basis], anyone: wordOf(system, label.anyone),
      jewel: jewels.has(entity), implied: step < 0 && premises.length > 0,
    };
  });
}

/** The place of each thing in the order of ids, made once. @param {Compiled} system @returns {Int32Array} */
function idOrder(system) {
  const found = ORDERS.get(system) ?? orderOf(system.entities);
  ORDERS.set(system, found);
  return found;
}

/** The place of each control in the order of ids, made once. @param {Compiled} system @returns {Int32Array} */
function controlOrder(system) {
  const found = GUARDING.get(system) ?? orderOf(system.controls);
  GUARDING.set(system, found);
  return found;
}

/** The place of each thing in the order of names, made once; those of one name have one place. @param {Compiled} system
 * @returns {Int32Array} */
function nameOrder(system) {
  const found = NAMED.get(system) ?? orderOf(system.told.names);
  NAMED.set(system, found);
  return found;
}

/** Things by name, and those of one name by id, made once. @param {Compiled} system @returns {Int32Array} */
function namedOrder(system) {
  const names = nameOrder(system), ids = idOrder(system);
  const found = CALLED.get(system) ?? Int32Array.from(names.keys()).sort((one, other) => names[one] - names[other] || ids[one] - ids[other]);
  CALLED.set(system, found);
  return found;
}

/** @param {string[]} texts */
function orderOf(texts) {
  const places = new Int32Array(texts.length), sorted = [...texts.keys()].sort((one, other) => byCodePoint(texts[one], texts[other]));
  sorted.forEach((text, place) => { places[text] = place && texts[text] === texts[sorted[place - 1]] ? places[sorted[place - 1]] : place; });
  return places;
}

/** @type {WeakMap<Compiled, Int32Array>} */ const ORDERS = new WeakMap();
/** @type {WeakMap<Compiled, Int32Array>} */ const GUARDING = new WeakMap();
/** @type {WeakMap<Compiled, Int32Array>} */ const NAMED = new WeakMap();
/** @type {WeakMap<Compiled, Int32Array>} */ const CALLED = new WeakMap();

/** @param {Compiled} system @param {number} one @param {number} other */
function byCapability(system, one, other) {
  const [mine, theirs] = [one, other].map((fact) => system.capabilities[fact % system.width]);
  return mine < theirs ? -1 : Number(mine > theirs);
}

/** @template Thing, Key @param {Iterable<Thing>} things @param {(thing: Thing) => Key} key @returns {Map<Key, Thing[]>} */
function groupedBy(things, key) {
  const found = new Map();
  for (const thing of things) {
    const alike = found.get(key(thing));
    if (alike) alike.push(thing); else found.set(key(thing), [thing]);
  }
  return found;
}

/** @param {Reach} reach */
function headlineOf(reach) {
  const { system, asked } = reach, { told } = system, { touched } = reach;
  const starts = Object.keys(told.seed_kinds).flatMap((way) => (asked.seeds[way] ?? []).map((id) => `${told.started[way]} ${placeOf(system, id)}`));
  if (asked.anyone) starts.push(phrase(system, "stranger"));
  const [many, all] = [counted(touched.length), plural(system.entities.length, "thing")], jewels = jewelsSaid(reach, touched);
  if (!reach.attacked) return phrase(system, "felt", starts.join(", "), many, all, jewels);
  const level = quoted(levelWord(system, asked.assume)), common = asked.anyone ? 0 : strangersToo(reach);
  const also = common ? phrase(system, "strangers too", counted(common)) : "";
  return phrase(system, "reached", starts.join(", "), many, all, level, jewels) + also;
}

/** How many of the things reached anyone at all could have as much of. @param {Reach} reach */
function strangersToo(reach) {
  const more = new Uint8Array(reach.levels.length);
  const { proofs: { fact, level }, labels, system: { width } } = reach;
  for (const place of reach.held) {
    const anyone = labels.anyone(fact[place]);
    if (anyone === null || level[place] < anyone) more[Math.floor(fact[place] / width)] = 1;
  }
  return reach.things.filter((entity) => !more[entity]).length;
}

/** @param {Reach} reach @param {number[]} touched */
function jewelsSaid(reach, touched) {
  const { system, jewels } = reach;
  if (!jewels.size) return phrase(system, "no jewel");
  const names = touched.filter((entity) => jewels.has(entity)).map((entity) => labelOf(system, entity)).sort(byCodePoint);
  return plural(names.length, "crown jewel") + (names.length ? `: ${listed(system, names)}` : "");
}
