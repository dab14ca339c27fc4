// What hangs together in an estate: its relations by what they run between, and who stands behind what.
"use strict";

/**
 * @typedef {{end: number, relation: number}} Tie
 * @typedef {{included: Lists, steps: Lists, waiting: Lists, concluding: Int32Array, hop: Int8Array, alone: Uint8Array, falling: Lists, controls: Lists, guarded: Int32Array, doubtful: Uint8Array, whole: Set<number>,
 *   permits: Map<number, number[]>, naming: Map<string, number[]>, needing: Map<number, number[]>, owners: Map<number, Tie[]>,
 *   parts: Map<number, Tie[]>}} Index
 *   included is what each capability includes over things of each kind; steps along each relation and waiting for each fact, and of these, in their order, what they conclude, how many hops that is, and the level of those that wait for nothing else, else 0; how each control falls, the controls on each host, steps that
 *   some control stops, controls that may vouch for themselves, flows that need all suppliers; relations by operation, by caller and key, by a key that is needed with others; owners and parts
 */

/** What is looked up of an estate, made once. @param {Compiled} system @returns {Index} */
function lookupsOf(system) {
  const found = INDEXES.get(system) ?? indexed(system);
  INDEXES.set(system, found);
  return found;
}

/** @type {WeakMap<Compiled, Index>} */ const INDEXES = new WeakMap();

/** @param {Compiled} system @returns {Index} */
function indexed(system) {
  const { premises, along, blockers, controls, inactive, conclusion, entities, relations } = system;
  const falling = [...conclusion.keys()].filter((step) => conclusion[step] >= inactive && conclusion[step] < inactive + controls.length);
  const waiting = turned(premises, system.total), waits = waiting.values;
  return {
    steps: turned(along, relations.length),
    waiting, concluding: waits.map((step) => conclusion[step]),
    hop: Int8Array.from(waits, (step) => system.hop[step]), alone: Uint8Array.from(waits, (step) => (needsOne(system, step) ? system.level[step] : 0)),
    falling: grouped(falling.map((step) => conclusion[step] - inactive), falling, controls.length),
    controls: grouped([...system.host], [...controls.keys()], entities.length + relations.length),
    guarded: Int32Array.from(conclusion.keys()).filter((step) => blockers.first[step] < blockers.first[step + 1]),
    doubtful: Uint8Array.from(system.control_kinds, (kind) => Number(system.doubtful.includes(kind))),
    whole: new Set(system.whole.map(([rule, flow]) => 128 * rule + flow)),
    included: includedIn(system),
    ...named(system),
  };
}

/** Whether a step has a single premise, which is enough. @param {Compiled} system @param {number} step */
function needsOne({ premises: { first }, gate, need }, step) {
  return first[step] + 1 === first[step + 1] && (gate[step] === ALL || (gate[step] === SOME && need[step] === 1));
}

/** The places of what each capability includes over things of each kind, by kind * width + place. @param {Compiled} system */
function includedIn({ includes, width }) {
  const rows = includes.flat(), owners = rows.flatMap((parts, row) => parts.map(() => row));
  return grouped(owners, rows.flat(), includes.length * width);
}

/** The flow of a rule to which a step belongs. @param {Compiled} system @param {number} step */
function flowOf(system, step) {
  return 128 * system.rule[step] + system.flow[step];
}

/** For each value the rows that have it, in order. @param {Lists} lists @param {number} count @returns {Lists} */
function turned(lists, count) {
  const rows = new Int32Array(lists.values.length);
  for (let row = 0; row + 1 < lists.first.length; row++) rows.fill(row, lists.first[row], lists.first[row + 1]);
  return grouped(lists.values, rows, count);
}

/** @param {Compiled} system */
function named(system) {
  /** @type {Map<number, number[]>} */ const permits = new Map();
  /** @type {Map<string, number[]>} */ const naming = new Map();
  /** @type {Map<number, number[]>} */ const needing = new Map();
  /** @type {Map<number, Tie[]>} */ const owners = new Map();
  /** @type {Map<number, Tie[]>} */ const parts = new Map();
  for (let relation = 0; relation < system.relations.length; relation++) {
    const verb = system.verbs[system.verb[relation]], sources = rowOf(system.sources, relation), [source] = sources, targets = rowOf(system.targets, relation);
    if (verb === "permits") for (const operation of targets) append(permits, operation, relation);
    if (verb === "owns") append(owners, targets[0], { end: source, relation });
    if (verb === "part_of") append(parts, targets[0], { end: source, relation });
    for (const key of verb === "grants" && sources.length > 1 ? sources : rowOf(system.needs, relation)) append(needing, key, relation);
    for (const key of rowOf(system.keys, relation)) append(naming, `${source},${key}`, relation);
  }
  return { permits, naming, needing, owners, parts };
}

/** One more value under a key. @template Key, Value @param {Map<Key, Value[]>} found @param {Key} key
 * @param {Value} value */
function append(found, key, value) {
  const known = found.get(key);
  if (known) known.push(value); else found.set(key, [value]);
}

/** Who stands behind a thing, and so which controls stop nothing: a vendor's signature, a fallback that falls too. */
class Ties {
  /** @type {Record<string, Map<number, Set<number>>> | null} */ #known = null;

  /** @param {Compiled} system @param {Set<number>} gone */
  constructor(system, gone) {
    this.system = system;
    this.gone = gone;
  }

  /** Whether a control stops nothing of a step along some relations, for who provides it. @param {number} control
   * @param {Iterable<number>} along */
  isVoid(control, along) {
    const { system } = this, on = system.host[control] - system.entities.length, provider = system.provider[control];
    const ends = [...(on >= 0 ? [on] : along)].flatMap((relation) => {
      const supplies = ["publishes", "serves"].includes(system.verbs[system.verb[relation]]);
      return [...rowOf(supplies ? system.sources : system.targets, relation)];
    });
    return system.control_kinds[control] === "fallback" ? this.#fallsToo(provider, ends) : this.#vouchesForItself(provider, ends);
  }

  /** It is what it replaces, shares its zone or an owner that is not ourselves, or rests on it. @param {number} provider
   * @param {number[]} replaced */
  #fallsToo(provider, replaced) {
    const { zone_of: zone } = this.system, rests = this.#restsOn(provider), others = this.#othersOf(provider);
    return replaced.flatMap((supplier) => [supplier, ...this.#at("behind", supplier)]).some((name) =>
      name === provider || (zone[provider] >= 0 && zone[provider] === zone[name]) || rests.has(name)
      || this.#othersOf(name).some((owner) => others.includes(owner)));
  }

  /** @param {number} provider @param {number[]} vouched */
  #vouchesForItself(provider, vouched) {
    return vouched.some((name) => {
      const writers = [...this.#at("writers", name)].flatMap((writer) => [writer, ...this.#at("behind", writer)]);
      const makers = new Set([name, ...this.#at("behind", name), ...writers]);
      const vendors = new Set([...makers].flatMap((maker) => [...this.#at("owners", maker)]));
      for (const maker of makers) if (maker !== name) vendors.add(maker);
      return vendors.has(provider) || [...this.#at("owners", provider)].some((owner) => vendors.has(owner));
    });
  }

  /** The parties other than ourselves with which a thing falls, itself if it is one. @param {number} name */
  #othersOf(name) {
    return [name, ...this.#at("owners", name)].filter((owner) => this.system.foreign.includes(owner));
  }

  /** @param {number} name */
  #restsOn(name) {
    const found = new Set(this.#at("suppliers", name));
    for (const supplier of found) for (const next of this.#at("suppliers", supplier)) found.add(next);
    return found;
  }

  /** @param {string} what @param {number} name @returns {Set<number>} */
  #at(what, name) {
    this.#known ??= this.#read();
    return this.#known[what].get(name) ?? new Set();
  }

  #read() {
    const { system, gone } = this;
    /** @type {Record<string, Map<number, Set<number>>>} */
    const found = { owners: new Map(), behind: new Map(), writers: new Map(), suppliers: new Map() };
    /** @type {Record<string, string[]>} */ const kept = { owns: ["owners"], publishes: ["behind", "suppliers"], serves: ["behind", "suppliers"], writes: ["writers"] };
    const add = (/** @type {string} */ what, /** @type {number} */ of, /** @type {Int32Array} */ ends) => {
      const known = found[what].get(of) ?? new Set();
      for (const end of ends) known.add(end);
      found[what].set(of, known);
    };
    for (let relation = 0; relation < system.relations.length; relation++) {
      if (gone.has(relation)) continue;
      const sources = rowOf(system.sources, relation), targets = rowOf(system.targets, relation);
      for (const what of kept[system.verbs[system.verb[relation]]] ?? []) for (const target of targets) add(what, target, sources);
      if (system.vital[relation]) add("suppliers", sources[0], targets);
    }
    return found;
  }
}
