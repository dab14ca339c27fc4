// What the page answers: how far a scenario reaches, with the rows, counts and sentences of `reach`.
"use strict";

/**
 * @typedef {{entity: number, id: string, name: string, kind: string, capability: string, level: string, hops: number,
 *   at: number | null, basis: string, anyone: string | null, jewel: boolean, implied: boolean}} FactRow
 * @typedef {{entity: number, id: string, name: string, kind: string, jewel: boolean, capability: string, level: number,
 *   at: number, hops: number, started: boolean, known: string, weak: boolean, anyone: number | null, means: string,
 *   basis: string}} Hold
 * @typedef {{entity: number, id: string, name: string, kind: string, words: string, level: string, at: number,
 *   hops: number, jewel: boolean, process: boolean, basis: string, known: string, anyone: string | null,
 *   started: boolean, public: boolean}} Row one thing that is reached, in one line
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
  /** @param {Compiled} system @param {Asked} asked @param {Answer} answer */
  constructor(system, asked, answer) {
    this.system = system;
    this.asked = asked;
    this.answer = answer;
    this.attacked = isAttack(system, asked);
    this.timed = isTimed(asked);
    this.jewels = new Set(system.told.jewels);
    this.public = new Set(system.told.public);
    /** the first proof of each fact: at its lowest level
     * @type {Map<number, Proved>} */ this.proofs = new Map();
    for (const found of answer.proofs) if (!this.proofs.has(found.fact)) this.proofs.set(found.fact, found);
    /** facts about things, each with its proof */
    this.held = [...this.proofs.values()].filter(({ fact }) => fact < system.width * system.entities.length);
    this.labels = labelsOf(system, asked, this.held.map(({ fact }) => fact));
  }

  /** @param {number} fact */
  entityOf(fact) { return Math.floor(fact / this.system.width); }

  /** Things by which of them one of some capabilities is held. @param {string[]} capabilities */
  holding(...capabilities) {
    const { width, capabilities: all } = this.system, places = capabilities.map((name) => all.indexOf(name));
    return new Set(this.held.filter(({ fact }) => places.includes(fact % width)).map(({ fact }) => this.entityOf(fact)));
  }

  /** What is reached and is not meant for everybody. */
  touched() {
    return new Set(this.held.map(({ fact }) => this.entityOf(fact)).filter((entity) => !this.public.has(entity)));
  }
}

/** What an answer needs, made once for each. @param {Compiled} system @param {State} state @param {Answer} answer */
function reachFor(system, state, answer) {
  const found = REACHES.get(answer) ?? new Reach(system, askedOf(system, state), answer);
  REACHES.set(answer, found);
  return found;
}

/** @type {WeakMap<Answer, Reach>} */ const REACHES = new WeakMap();

/** All that the page says of an answer. @param {Compiled} system @param {State} state @param {Answer} answer
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
    facts: factRows(reach),
    timeline,
    unsaid,
    stops: stopRows(reach),
    rests: restsOf(reach),
    lines: linesOf(reach, counts, unsaid, timeline),
    notes: notesOf(reach),
  };
}

/** Every fact about a thing, by level, hops and name. @param {Reach} reach @returns {FactRow[]} */
function factRows(reach) {
  const { system, labels, jewels, timed } = reach, order = idOrder(system);
  const sorted = [...reach.held].sort((one, other) => one.level - other.level || one.hops - other.hops
    || order[reach.entityOf(one.fact)] - order[reach.entityOf(other.fact)] || byCapability(system, one.fact, other.fact));
  return sorted.map(({ fact, level, hops, at, step, premises }) => {
    const entity = reach.entityOf(fact), label = /** @type {Label} */ (labels.get(fact));
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
  let found = ORDERS.get(system);
  if (!found) {
    const places = new Int32Array(system.entities.length);
    const sorted = system.entities.map((_, entity) => entity).sort((one, other) => byCodePoint(system.entities[one], system.entities[other]));
    sorted.forEach((entity, place) => { places[entity] = place; });
    ORDERS.set(system, found = places);
  }
  return found;
}

/** @type {WeakMap<Compiled, Int32Array>} */ const ORDERS = new WeakMap();

/** @param {Compiled} system @param {number} one @param {number} other */
function byCapability(system, one, other) {
  const [mine, theirs] = [one, other].map((fact) => system.capabilities[fact % system.width]);
  return mine < theirs ? -1 : Number(mine > theirs);
}

/** Everything that is held, by level, hour, steps and name; what something stronger includes is left out.
 * @param {Reach} reach @returns {Hold[]} */
function holdsOf(reach) {
  const { system } = reach, order = idOrder(system);
  /** @type {Map<number, Map<string, Proved>>} */ const over = new Map();
  for (const proof of reach.held) {
    const entity = reach.entityOf(proof.fact), held = over.get(entity) ?? new Map();
    over.set(entity, held.set(system.capabilities[proof.fact % system.width], proof));
  }
  const found = [...over].flatMap(([entity, held]) => contour(system, held).map((capability) => holdOf(reach, entity, capability, /** @type {Proved} */ (held.get(capability)))));
  return found.sort((one, other) => one.level - other.level || one.at - other.at || one.hops - other.hops
    || order[one.entity] - order[other.entity] || byCodePoint(one.means, other.means));
}

/** The capabilities that no other includes from the same level on or a lower one, strongest first.
 * @param {Compiled} system @param {Map<string, {level: number}>} held */
function contour(system, held) {
  const { strength, implied } = system.told;
  return strength.filter((capability) => {
    const own = held.get(capability)?.level;
    return own !== undefined && ![...held].some(([other, { level }]) => level <= own && implied[other].includes(capability));
  });
}

/** @param {Reach} reach @param {number} entity @param {string} capability @param {Proved} proof @returns {Hold} */
function holdOf(reach, entity, capability, proof) {
  const { system } = reach, { told } = system, label = /** @type {Label} */ (reach.labels.get(proof.fact));
  const started = proof.step < 0 && !proof.premises.length, basis = system.bases[label.basis];
  const weak = !started && label.basis >= system.bases.indexOf("inferred");
  const anyone = !reach.asked.anyone && label.anyone !== null && label.anyone <= proof.level ? label.anyone : null;
  const asides = [weak ? told.known[basis] : "", anyone ? phrase(system, "anyone could", levelWord(system, anyone)) : ""].filter(Boolean);
  return {
    entity, id: system.entities[entity], name: labelOf(system, entity), kind: kindOf(system, entity),
    jewel: reach.jewels.has(entity), capability, level: proof.level, at: proof.at, hops: proof.hops, started, weak, anyone,
    basis, known: started ? phrase(system, "as asked") : told.known[basis],
    means: asides.length ? phrase(system, "aside", told.words[capability], asides.join(", ")) : told.words[capability],
  };
}

/** A line for each thing: crown jewels, processes, the rest, and last where it starts. @param {Reach} reach
 * @returns {Row[]} */
function rowsOf(reach) {
  const lines = [...groupedBy(holdsOf(reach), (hold) => hold.entity).values()].map((holds) => lineOf(reach, holds));
  const rank = (/** @type {Hold} */ hold) => [hold.started, !hold.jewel, hold.kind !== "process", hold.level, hold.at, hold.hops].map(Number);
  const ranked = lines.map(({ first, words }) => ({ first, words, rank: rank(first) }));
  ranked.sort((one, other) => firstDifference(one.rank, other.rank) || byCodePoint(one.first.name, other.first.name));
  return ranked.map(({ first, words }) => ({
    entity: first.entity, id: first.id, name: first.name, kind: first.kind, words, level: levelWord(reach.system, first.level),
    at: first.at, hops: first.hops, jewel: first.jewel, process: first.kind === "process", basis: first.basis,
    known: first.known, anyone: wordOf(reach.system, first.anyone), started: first.started,
    public: reach.public.has(first.entity),
  }));
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

/** The first hold over a thing, and in words the strongest of each level; over crown jewels and processes all.
 * @param {Reach} reach @param {Hold[]} holds */
function lineOf(reach, holds) {
  const { system, attacked, timed } = reach, order = Object.keys(system.told.words);
  const when = (/** @type {Hold} */ hold) => (attacked ? hold.level : timed ? hold.at : 0);
  const told = [...groupedBy(holds, when).values()].flatMap((alike) => {
    alike.sort((one, other) => order.indexOf(one.capability) - order.indexOf(other.capability));
    return holds[0].jewel || holds[0].kind === "process" ? alike : alike.slice(0, 1);
  });
  const later = told.slice(1).map((hold, place) => {
    if (when(hold) <= when(told[place])) return `; ${hold.means}`;
    return phrase(system, "later", attacked ? levelWord(system, hold.level) : hourSaid(system, hold.at), hold.means);
  });
  return { first: told[0], words: told[0].means + later.join("") };
}

/** @param {Reach} reach */
function headlineOf(reach) {
  const { system, asked } = reach, { told } = system, touched = reach.touched();
  const starts = Object.keys(told.seed_kinds).flatMap((way) => (asked.seeds[way] ?? []).map((id) => `${told.started[way]} ${placeOf(system, id)}`));
  if (asked.anyone) starts.push(phrase(system, "stranger"));
  const [many, all] = [counted(touched.size), plural(system.entities.length, "thing")], jewels = jewelsSaid(reach, touched);
  if (!reach.attacked) return phrase(system, "felt", starts.join(", "), many, all, jewels);
  const level = quoted(levelWord(system, asked.assume)), common = asked.anyone ? 0 : strangersToo(reach);
  const also = common ? phrase(system, "strangers too", counted(common)) : "";
  return phrase(system, "reached", starts.join(", "), many, all, level, jewels) + also;
}

/** How many of the things reached anyone at all could have as much of. @param {Reach} reach */
function strangersToo(reach) {
  const all = new Set(reach.held.map(({ fact }) => reach.entityOf(fact)));
  for (const { fact, level } of reach.held) {
    const { anyone } = /** @type {Label} */ (reach.labels.get(fact));
    if (anyone === null || level < anyone) all.delete(reach.entityOf(fact));
  }
  return all.size;
}

/** @param {Reach} reach @param {Set<number>} touched */
function jewelsSaid(reach, touched) {
  const { system, jewels } = reach;
  if (!jewels.size) return phrase(system, "no jewel");
  const names = [...touched].filter((entity) => jewels.has(entity)).map((entity) => labelOf(system, entity)).sort(byCodePoint);
  return plural(names.length, "crown jewel") + (names.length ? `: ${listed(system, names)}` : "");
}
