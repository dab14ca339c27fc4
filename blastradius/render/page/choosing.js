// What of an answer is drawn, and what each box says. It does what blastradius/reports/diagram.py does, in the same
// order, so that the picture is the same byte for byte; tests compare the two.
"use strict";

/**
 * @typedef {{words: string, tone: number}} Gain tone is a place in look.tones
 * @typedef {{key: number, list: Gain[]}} Gains the same list has the same key
 * @typedef {{entity: number, kind: number, zone: string | null, gains: Gains, seed: boolean, jewel: boolean,
 *   known: string, label: string, what: string, names: string, members: number[], side?: string, isAbsent?: boolean}} Box
 *   members are empty where nothing is folded; of two pictures side is what a box is in each, and absent what only the other has
 * @typedef {{source: number, target: number, words: string, isStop: boolean, tone: number, controls: string[], isAbsent?: boolean}} Edge
 *   from entity to entity; tone is -1 for a stop
 * @typedef {{boxes: Box[], edges: Edge[]}} Parts
 */

/** One answer, of which more or less is drawn. */
class Choice {
  /** @param {Compiled} system @param {Asked} asked @param {Answer} answer */
  constructor(system, asked, answer) {
    this.system = system;
    this.asked = asked;
    this.answer = answer;
    this.look = /** @type {any} */ (system).look;
    this.told = /** @type {any} */ (system).told;
    this.stones = system.width * system.entities.length;
    this.isAttacked = isAttack(system, asked);
    this.isTimed = isTimed(asked);
    /** @type {Map<number, Gains>} */ this.memory = new Map();
    /** @type {Map<string, number>} */ this.gainKeys = new Map();
    this.jewelSet = new Set(this.told.jewels);
    this.publicSet = new Set(this.told.public);
    this.proofs = answer.proofs;
    /** where the proof of each fact at its lowest level stands, in their order */
    this.firsts = this.firstProofs();
    /** facts about things, in the order of their proofs */
    this.facts = this.factsOf(this.firsts);
    this.use = system.capabilities.indexOf("use");
    this.powers = system.capabilities.map((_, place) => 5 ** place);
    this.homes = this.homesOf();
    /** @type {Map<number, string> | null} */ this.weak = null;
    /** @type {Map<number, number[]> | null} */ this.uses = null;
    /** @type {Map<number, number> | null} */ this.hours = null;
    /** @type {Int32Array | null} */ this.leads = null;
    /** @type {Int32Array | null} */ this.wanted = null;
    /** @type {number[] | null} */ this.starts = null;
  }

  firstProofs() {
    const found = new Int32Array(this.proofs.count);
    let count = 0;
    for (let place = 0; place < found.length; place++) if (!this.isTimed || this.proofs.isFirst(place)) found[count++] = place;
    return found.subarray(0, count);
  }

  /** @param {Int32Array} places */
  factsOf(places) {
    const { fact } = this.proofs, found = new Int32Array(places.length);
    let count = 0;
    for (let at = 0; at < places.length; at++) if (fact[places[at]] < this.stones) found[count++] = fact[places[at]];
    return found.subarray(0, count);
  }

  /** @param {number} fact */
  premisesOf(fact) { return this.proofs.premisesAt(this.proofs.placeOf(fact)); }

  /** @param {number} fact */
  entityOf(fact) { return Math.floor(fact / this.system.width); }

  /** @param {number} fact */
  capabilityOf(fact) { return this.system.capabilities[fact % this.system.width]; }

  /** An operation is drawn in the zone of the service behind it, a key in that of its holder. */
  homesOf() {
    const gone = removed(this.system, this.asked.without), { drawn, at, along } = this.look.homes;
    /** @type {Map<number, string | null>} */ const homes = new Map();
    for (const [row, entity] of drawn.entries()) {
      if (!homes.has(entity) && !gone.has(along[row])) homes.set(entity, this.zoneOf(at[row]));
    }
    return homes;
  }

  /** The things that are reached. */
  reached() {
    const found = new Uint8Array(this.system.entities.length);
    for (const fact of this.facts) found[this.entityOf(fact)] = 1;
    return [...found.keys()].filter((entity) => found[entity]);
  }

  /** @param {number} entity @returns {string | null} */
  zoneOf(entity) {
    const zone = this.told.zone_of[entity];
    return zone < 0 ? null : this.told.zone_ids[zone];
  }

  /** @param {Iterable<number>} facts */
  flags(facts) {
    const found = new Uint8Array(this.system.total);
    for (const fact of facts) found[fact] = 1;
    return found;
  }

  /** Everything that is reached. */
  all() { return this.flags(this.proofs.keys()); }

  /** What the scenario itself brings: that anyone has, too, is drawn only on the way to what matters. */
  own() {
    const found = this.flags([]), { proofs } = this, { first, premises } = proofs;
    for (const place of this.firsts) {
      const fact = proofs.fact[place];
      if (proofs.isStart(place) && (this.asked.anyone || fact !== this.system.anyone)) found[fact] = 1;
      for (let at = first[place]; at < first[place + 1] && !found[fact]; at++) if (found[premises[at]]) found[fact] = 1;
    }
    for (const api of this.calledBy(found)) found[api] = 1;
    return this.behind(this.jewels(), found);
  }

  /** That they call an API, where its proof is that anyone does. @param {Uint8Array} found */
  calledBy(found) {
    const apis = new Set();
    for (const fact of this.facts) if (found[fact]) apis.add(this.apiOf(fact));
    return [...apis].filter((api) => api >= 0).map((api) => this.callable(api)).filter((fact) => this.proofs.has(fact));
  }

  /** @param {number} api */
  callable(api) { return this.told.stones.callable + api; }

  /** The API of the operation whose use a fact is, or -1. @param {number} fact */
  apiOf(fact) {
    const place = fact % this.system.width;
    return place === this.use ? this.look.api[(fact - place) / this.system.width] : -1;
  }

  /** What is reached of crown jewels; of processes where it is of none. @returns {Int32Array} */
  jewels() {
    if (this.wanted) return this.wanted;
    const { width, kinds } = this.system, process = this.told.kinds.indexOf("process"), marks = new Uint8Array(kinds.length);
    for (const jewel of this.jewelSet) marks[jewel] = 1;
    const jewels = this.facts.filter((fact) => marks[(fact - fact % width) / width]);
    return this.wanted = jewels.length ? jewels : this.facts.filter((fact) => kinds[(fact - fact % width) / width] === process);
  }

  /** Some facts and all that their proofs rest on, besides what is found already. @param {Int32Array} facts
   * @param {Uint8Array} [already] */
  behind(facts, already) {
    const found = already ?? this.flags([]), seen = new Uint8Array(this.system.total), waiting = Array.from(facts), { proofs: { first, premises } } = this;
    while (waiting.length) {
      const fact = /** @type {number} */ (waiting.pop());
      if (seen[fact]) continue;
      found[fact] = seen[fact] = 1;
      const place = this.proofs.placeOf(fact);
      for (let at = first[place]; at < first[place + 1]; at++) waiting.push(premises[at]);
    }
    return found;
  }

  /** The boxes and edges of some facts, and of the stops at their frontier. @param {Uint8Array} facts
   * @param {boolean} stops @returns {Parts} */
  parts(facts, stops) {
    const edges = [...this.taken(facts), ...(stops ? this.stopped(facts) : [])];
    return { boxes: this.boxes(edges, this.held(facts)), edges };
  }

  /** @param {Uint8Array} facts @returns {Edge[]} */
  taken(facts) {
    const found = [];
    const { proofs } = this;
    for (let place = 0; place < proofs.count; place++) {
      const fact = proofs.fact[place];
      if (fact >= this.stones || proofs.step[place] < 0 || !facts[fact]) continue;
      const target = this.entityOf(fact), capability = this.capabilityOf(fact);
      const tone = this.isAttacked ? proofs.level[place] - 1 : this.look.felt[capability] ?? this.look.felt.taint;
      const words = this.isAttacked ? this.told.words[capability] : "";
      for (const source of this.origins(proofs.premisesAt(place))) {
        if (source !== target) found.push({ source, target, words, isStop: false, tone, controls: [] });
      }
    }
    return found;
  }

  /** The entities that premises are about, behind any stepping stones. @param {ArrayLike<number>} premises @returns {number[]} */
  origins(premises) {
    if (premises.length === 1) return [this.origin(premises[0])].filter((entity) => entity >= 0);
    const found = new Set(Array.from(premises, (premise) => this.origin(premise)));
    found.delete(-1);
    return [...found];
  }

  /** The entity that a premise is about, behind any stepping stones; -1 where it is about none. @param {number} fact
   * @returns {number} */
  origin(fact) {
    let premise = fact;
    while (premise >= this.stones) {
      const place = this.proofs.placeOf(premise), { first, premises } = this.proofs;
      if (first[place] === first[place + 1]) return -1;
      premise = premises[first[place]];
    }
    return this.entityOf(premise);
  }

  /** The stops at controls; one that many operations of an API run into is drawn from the one that does the most.
   * @param {Uint8Array} facts @returns {Edge[]} */
  stopped(facts) {
    /** @type {Map<string, {target: number, controls: string[], held: number[]}>} */ const groups = new Map();
    for (const stop of this.answer.stops.filter(isByControlsAlone)) {
      if (!stop.held.some((fact) => facts[fact])) continue;
      const fact = this.system.conclusion[stop.step], controls = this.controlsSaid(stop);
      const key = [fact, ...controls].join("\0");
      const group = groups.get(key);
      if (group) group.held.push(...stop.held);
      else groups.set(key, { target: this.aboutWhat(fact), controls, held: [...stop.held] });
    }
    return [...groups.values()].flatMap(({ target, controls, held }) =>
      this.outsets(held).filter((source) => source !== target)
        .map((source) => ({ source, target, words: "", isStop: true, tone: -1, controls })));
  }

  /** What a fact at the frontier is about; of stepping stones only keys are asked after. @param {number} fact */
  aboutWhat(fact) {
    return fact < this.stones ? this.entityOf(fact) : this.told.keys[fact - this.told.stones.present];
  }

  /** @param {Stop} stop @returns {string[]} */
  controlsSaid(stop) {
    const said = stop.controls.map((control) => this.told.controls[controlOf(this.system, this.answer.world, control).kind]);
    return [...new Set(said)].sort(byCodePoint);
  }

  /** Where one would look for stops to begin: what opens the operations of an API; else of many operations that which
   * does the most. @param {number[]} premises */
  outsets(premises) {
    const { callable, foothold } = this.told.stones;
    const apis = premises.filter((fact) => callable <= fact && fact < foothold).map((fact) => fact - callable);
    if (apis.length) return [...new Set(apis.flatMap((api) => this.openers(api)))];
    const found = this.origins(premises), operation = this.told.kinds.indexOf("operation");
    const operations = found.filter((/** @type {number} */ entity) => this.system.kinds[entity] === operation);
    return [...found.filter((entity) => !operations.includes(entity)), ...this.busiest(operations)];
  }

  /** What gives the use of an API's busiest operation: a scope, a key, a caller; failing that, the operation.
   * @param {number} api */
  openers(api) {
    const busiest = this.busiest(this.used(api));
    if (!busiest.length) return this.origins([this.callable(api)]);
    const use = busiest[0] * this.system.width + this.system.capabilities.indexOf("use");
    const found = this.origins(this.premisesOf(use)).slice(0, 1);
    return found.length ? found : busiest;
  }

  /** The operations of an API that can be used. @param {number} api @returns {number[]} */
  used(api) {
    const uses = this.uses ??= this.usesOf();
    return uses.get(api) ?? [];
  }

  usesOf() {
    /** @type {Map<number, number[]>} */ const found = new Map();
    for (const fact of this.facts) {
      const api = this.apiOf(fact), known = found.get(api);
      if (api < 0) continue;
      if (known) known.push(this.entityOf(fact));
      else found.set(api, [this.entityOf(fact)]);
    }
    return found;
  }

  /** @param {number[]} operations */
  busiest(operations) {
    if (operations.length < 2) return operations;
    const leads = this.leads ??= this.leadsOf(), { entities } = this.system;
    const isBefore = (/** @type {number} */ one, /** @type {number} */ other) =>
      leads[one] - leads[other] || byCodePoint(entities[other], entities[one]);
    return [operations.reduce((best, operation) => (isBefore(operation, best) > 0 ? operation : best))];
  }

  /** How much of what is reached rests on each thing. */
  leadsOf() {
    const found = new Int32Array(this.system.entities.length), { present } = this.told.stones;
    const { fact, count, first, premises } = this.proofs;
    for (let place = 0; place < count; place++) {
      if (fact[place] >= present) continue;
      for (let at = first[place]; at < first[place + 1]; at++) if (premises[at] < this.stones) found[this.entityOf(premises[at])]++;
    }
    return found;
  }

  /** For each entity that the facts are about, and where it starts, all that is held over it: the level of each
   * capability, 0 where it is not held, as the digits of a number. @param {Uint8Array} facts @returns {Map<number, number>} */
  held(facts) {
    const { proofs, system: { width, entities } } = this, drawn = new Uint8Array(entities.length), held = new Float64Array(entities.length);
    /** @type {number[]} */ const order = [];
    for (const seed of this.seeds()) drawn[seed] = 1;
    for (const fact of this.facts) if (facts[fact]) drawn[(fact - fact % width) / width] = 1;
    for (const fact of this.facts) {
      const place = fact % width, entity = (fact - place) / width;
      if (!drawn[entity]) continue;
      if (!held[entity]) order.push(entity);
      held[entity] += proofs.level[proofs.placeOf(fact)] * this.powers[place];
    }
    return new Map(order.map((entity) => [entity, held[entity]]));
  }

  /** The level of each capability that is held. @param {number} held @returns {Map<string, number>} */
  levelsOf(held) {
    const levels = this.system.capabilities.map((name, place) => /** @type {const} */ ([name, Math.floor(held / this.powers[place]) % 5]));
    return new Map(levels.filter(([, level]) => level > 0));
  }

  /** Where it starts. @returns {number[]} */
  seeds() {
    const { proofs } = this;
    if (this.starts) return this.starts;
    this.starts = [];
    for (let place = 0; place < proofs.count; place++) if (proofs.isStart(place) && proofs.fact[place] < this.stones) this.starts.push(this.entityOf(proofs.fact[place]));
    return this.starts;
  }

  /** @param {Edge[]} edges @param {Map<number, number>} held @returns {Box[]} */
  boxes(edges, held) {
    const seeds = new Set(this.seeds()), weak = this.weak ??= weakOf(this), named = new Set(seeds);
    for (const { source, target } of edges) named.add(source).add(target);
    for (const entity of held.keys()) named.add(entity);
    return Array.from(named, (entity) => {
      const gains = this.gains(entity, held.get(entity) ?? 0), seed = seeds.has(entity);
      return this.box(entity, gains, seed, gains.list.length && !seed ? weak.get(entity) ?? "" : "");
    });
  }

  /** @param {number} entity @param {Gains} gains @param {boolean} seed @param {string} known @returns {Box} */
  box(entity, gains, seed, known) {
    const { look, told, system } = this, kind = system.kinds[entity];
    const what = look.ourselves.includes(entity) ? look.captions.ourselves : look.kinds[kind][0];
    return {
      entity, kind, gains, seed, known, what, names: "", members: [],
      zone: this.zoneOf(entity) ?? this.homes.get(entity) ?? null,
      jewel: this.jewelSet.has(entity),
      label: look.labels[entity] ?? told.names[entity] ?? system.entities[entity],
    };
  }

  /** @param {number} entity @param {number} held @returns {Gains} */
  gains(entity, held) {
    const known = this.isAttacked ? this.memory.get(held) : undefined;
    if (known) return known;
    const list = this.isAttacked ? this.gained(held) : this.feels(entity, held);
    const said = list.map(({ words, tone }) => `${words}\0${tone}`).join("\0"), key = this.gainKeys.get(said) ?? this.gainKeys.size;
    const found = { key, list };
    this.gainKeys.set(said, key);
    this.memory.set(held, found);
    return found;
  }

  /** What is held at the lowest level, then what each level adds. @param {number} held @returns {Gain[]} */
  gained(held) {
    const gains = [], levels = this.levelsOf(held);
    /** @type {Set<string>} */ let before = new Set();
    for (const level of [...new Set(levels.values())].sort()) {
      const now = new Set([...levels.keys()].filter((capability) => Number(levels.get(capability)) <= level));
      const added = strongestTold(this.told, now).filter((capability) => !before.has(capability));
      const words = added.map((capability) => this.told.words[capability]).join(", ");
      if (added.length) gains.push({ words, tone: level - 1 });
      before = now;
    }
    return gains;
  }

  /** What is felt of an outage or a mistake, and when; slowing only where it does not stop at once as well.
   * @param {number} entity @param {number} held @returns {Gain[]} */
  feels(entity, held) {
    const { capabilities, width } = this.system, all = this.levelsOf(held);
    const at = (/** @type {string} */ capability) =>
      this.arrivals().get(entity * width + capabilities.indexOf(capability)) ?? null;
    const isStopped = all.has("deny") && (at("deny") ?? 0) <= (at("degrade") ?? 0);
    return Object.entries(this.look.felt)
      .filter(([capability]) => all.has(capability) && !(capability === "degrade" && isStopped))
      .map(([capability, tone]) =>
        ({ words: this.told.words[capability] + (capability === "taint" ? "" : this.when(at(capability))), tone }));
  }

  /** The hour in which each fact arrives; of what comes whatever the hour, none. */
  arrivals() {
    if (this.hours) return this.hours;
    /** @type {Map<number, number>} */ const found = new Map();
    const { fact, at, count } = this.proofs;
    for (let place = 0; this.isTimed && place < count; place++) found.set(fact[place], Math.min(at[place], found.get(fact[place]) ?? at[place]));
    return this.hours = found;
  }

  /** @param {number | null} hour */
  when(hour) {
    if (hour === null) return "";
    return hour ? filled(this.look.captions.after, { hours: hoursSaid(this.look, hour) }) : this.look.captions.at_once;
  }
}

/** Whether nothing but controls stands in the way. @param {Stop} stop */
function isByControlsAlone(stop) {
  return !stop.missing.length && stop.level === null && stop.after === null && stop.basis === null;
}

/** The capabilities that no other of them includes, strongest first. @param {any} told @param {Set<string>} held
 * @returns {string[]} */
function strongestTold(told, held) {
  const implied = new Set([...held].flatMap((whole) => told.implied[whole] ?? []));
  return told.strength.filter((/** @type {string} */ capability) => held.has(capability) && !implied.has(capability));
}

/** How well it is known of what is only inferred or assumed to be reached, by entity. Where the proof at hand is firm,
 * nothing is asked; else what is reached on the firmer bases alone. @param {Choice} choice @returns {Map<number, string>} */
function weakOf(choice) {
  const { system, asked, look } = choice, isWeak = (/** @type {number} */ basis) => system.bases[basis] in look.weak;
  const firm = system.bases.findIndex((_, basis) => isWeak(basis)) - 1;
  const last = Math.max(...basesUsed(system, asked)), doubtful = last > firm ? doubted(choice, firm) : new Set();
  /** @type {Map<number, string>} */ const found = new Map();
  for (let basis = firm; basis <= last && doubtful.size; basis++) {
    const held = basis < last ? aboutWhich(choice, reachOn(system, asked, basis).keys()) : null;
    for (const entity of [...doubtful]) {
      if (held && !held.has(entity)) continue;
      doubtful.delete(entity);
      if (isWeak(basis)) found.set(entity, look.weak[system.bases[basis]]);
    }
  }
  return found;
}

/** The entities of which every proof at hand rests on something that is not firm. @param {Choice} choice
 * @param {number} firm @returns {Set<number>} */
function doubted(choice, firm) {
  const { system, firsts, stones, proofs, answer: { world } } = choice, worst = new Int8Array(system.total);
  const seen = new Set(), known = new Set();
  for (const place of firsts) {
    const fact = proofs.fact[place], step = proofs.step[place];
    let basis = step < 0 ? 0 : world.basis(step);
    for (let at = proofs.first[place]; at < proofs.first[place + 1]; at++) basis = Math.max(basis, worst[proofs.premises[at]]);
    worst[fact] = basis;
    if (fact < stones) (basis <= firm ? known : seen).add(choice.entityOf(fact));
  }
  for (const entity of known) seen.delete(entity);
  return seen;
}

/** The things that facts are about. @param {Choice} choice @param {Iterable<number>} facts */
function aboutWhich(choice, facts) {
  return new Set(Array.from(facts, (fact) => (fact < choice.stones ? choice.entityOf(fact) : -1)));
}
