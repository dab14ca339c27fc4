// The lines of an answer: one for each thing that is reached. Their words are put together where they are shown.
"use strict";

/** One thing that is reached, in one line. */
class Row {
  /** @type {Proved[] | null} */ #holds = null;

  /** @param {Reach} reach @param {number} entity @param {number} place where the strongest proof of what comes first stands */
  constructor(reach, entity, place) {
    this.reach = reach;
    this.entity = entity;
    this.place = place;
  }

  /** What is held over it and nothing stronger includes, by level, hour and steps. @returns {Proved[]} */
  get holds() {
    const { proofs, system } = this.reach, first = this.entity * system.width;
    const held = () => system.capabilities.flatMap((_, place) => proofs.get(first + place) ?? []);
    return this.#holds ??= contour(system, held()).sort((one, other) => byComing(one, other) || proofs.placeOf(one.fact) - proofs.placeOf(other.fact));
  }

  get first() { return this.reach.proofs.proof(this.place); }

  get jewel() { return this.reach.jewels.has(this.entity); }

  get started() { return this.reach.proofs.isStart(this.place); }

  /** At which level, or in which hour where nobody means it. @param {Proved} hold */
  #when({ level, at }) { return this.reach.attacked ? level : this.reach.timed ? at : 0; }

  get id() { return this.reach.system.entities[this.entity]; }

  get name() { return labelOf(this.reach.system, this.entity); }

  get kind() { return kindOf(this.reach.system, this.entity); }

  get process() { return this.kind === "process"; }

  get level() { return levelWord(this.reach.system, this.first.level); }

  get at() { return this.first.at; }

  get hops() { return this.first.hops; }

  get public() { return this.reach.public.has(this.entity); }

  get basis() { return this.reach.system.bases[this.reach.labels.basis(this.first.fact)]; }

  get known() {
    const { system } = this.reach;
    return this.started ? phrase(system, "as asked") : system.told.known[this.basis];
  }

  get anyone() { return wordOf(this.reach.system, this.#strangers(this.first)); }

  /** The level at which anyone could have as much at once with who is asked about, if at any. @param {Proved} hold */
  #strangers({ fact, level }) {
    const anyone = this.reach.asked.anyone ? null : this.reach.labels.anyone(fact);
    return anyone !== null && anyone <= level ? anyone : null;
  }

  /** In words the strongest of each level; over crown jewels and processes all. */
  get words() {
    const { system, attacked } = this.reach, told = this.#told();
    const later = told.slice(1).map((hold, place) => {
      if (this.#when(hold) <= this.#when(told[place])) return `; ${this.#means(hold)}`;
      return phrase(system, "later", attacked ? levelWord(system, hold.level) : hourSaid(system, hold.at), this.#means(hold));
    });
    return this.#means(told[0]) + later.join("");
  }

  /** @returns {Proved[]} */
  #told() {
    const { words } = strengthsOf(this.reach.system), { width } = this.reach.system, isWhole = this.jewel || this.process;
    return [...groupedBy(this.holds, (hold) => this.#when(hold)).values()].flatMap((alike) => {
      alike.sort((one, other) => words[one.fact % width] - words[other.fact % width]);
      return isWhole ? alike : alike.slice(0, 1);
    });
  }

  /** @param {Proved} hold */
  #means(hold) {
    const { system, labels } = this.reach, { told } = system, basis = labels.basis(hold.fact), anyone = this.#strangers(hold);
    const isWeak = !isStart(hold) && basis >= system.bases.indexOf("inferred"), said = told.words[system.capabilities[hold.fact % system.width]];
    const asides = [isWeak ? told.known[system.bases[basis]] : "", anyone ? phrase(system, "anyone could", levelWord(system, anyone)) : ""].filter(Boolean);
    return asides.length ? phrase(system, "aside", said, asides.join(", ")) : said;
  }

  /** Whether another answer says the same of the thing. @param {Row} other */
  saysAs(other) {
    return this.#isHeldAs(other) || this.#restsOnTheSame(other) || (this.words === other.words && this.level === other.level && this.at === other.at);
  }

  /** Whether just the same is held over it in either answer. @param {Row} other */
  #isHeldAs(other) {
    const { proofs: mine, labels, attacked, timed, asked, system: { width } } = this.reach, { proofs: theirs, labels: others } = other.reach;
    if (attacked !== other.reach.attacked || timed !== other.reach.timed || asked.anyone !== other.reach.asked.anyone) return false;
    for (let fact = this.entity * width; fact < (this.entity + 1) * width; fact++) {
      const one = mine.placeOf(fact), two = theirs.placeOf(fact);
      if (one < 0 !== two < 0) return false;
      if (one >= 0 && (mine.level[one] !== theirs.level[two] || mine.at[one] !== theirs.at[two] || mine.step[one] < 0 !== theirs.step[two] < 0)) return false;
      if (one >= 0 && (labels.basis(fact) !== others.basis(fact) || labels.anyone(fact) !== others.anyone(fact))) return false;
    }
    return true;
  }

  /** Whether no words are needed to see it. @param {Row} other */
  #restsOnTheSame(other) {
    const [mine, theirs] = [this.reach, other.reach];
    if (mine.attacked !== theirs.attacked || mine.timed !== theirs.timed || this.holds.length !== other.holds.length) return false;
    return this.holds.every((hold, place) => {
      const { fact, level, at, step } = other.holds[place];
      return hold.fact === fact && hold.level === level && hold.at === at && (hold.step < 0) === (step < 0)
        && mine.labels.basis(fact) === theirs.labels.basis(fact) && this.#strangers(hold) === other.#strangers(other.holds[place]);
    });
  }
}

/** @param {Proved} one @param {Proved} other */
function byComing(one, other) {
  return one.level - other.level || one.at - other.at || one.hops - other.hops;
}

/** Whether a proof says that it starts there. @param {Proved} proof */
function isStart({ step, premises }) {
  return step < 0 && !premises.length;
}

/** @typedef {{includes: Int32Array, strength: Int32Array, words: Int32Array}} Strengths
 *   by the place of each capability: which it includes, as bits; how strong it is; where it stands among the words */

/** What is stronger than what, made once. @param {Compiled} system @returns {Strengths} */
function strengthsOf(system) {
  let found = STRENGTHS.get(system);
  if (!found) {
    const { capabilities, told } = system, order = Object.keys(told.words), placeOfIt = (/** @type {string} */ name) => capabilities.indexOf(name);
    const bits = (/** @type {string[]} */ names) => names.reduce((sum, name) => sum | (1 << placeOfIt(name)), 0);
    found = {
      includes: Int32Array.from(capabilities, (name) => bits((told.implied[name] ?? []).filter((part) => placeOfIt(part) >= 0))),
      strength: Int32Array.from(capabilities, (name) => told.strength.indexOf(name)),
      words: Int32Array.from(capabilities, (name) => order.indexOf(name)),
    };
    STRENGTHS.set(system, found);
  }
  return found;
}

/** @type {WeakMap<Compiled, Strengths>} */ const STRENGTHS = new WeakMap();

/** What no other includes from the same level on or a lower one. @param {Compiled} system
 * @param {Proved[]} held over one thing @returns {Proved[]} */
function contour(system, held) {
  const { includes, strength } = strengthsOf(system), { width } = system;
  return held.filter(({ fact, level }) => {
    const place = fact % width;
    if (strength[place] < 0) return false;
    for (const other of held) if (other.level <= level && includes[other.fact % width] & (1 << place)) return false;
    return true;
  });
}

/** Of each thing that is reached the places of two proofs: of what is held soonest of what nothing stronger includes, and of the
 * strongest that is held then. @param {Reach} reach @returns {{soonest: Int32Array, first: Int32Array}} */
function firstsOf(reach) {
  const { system, proofs, things, attacked, timed } = reach, { width } = system, { includes, strength, words } = strengthsOf(system);
  const soonest = new Int32Array(system.entities.length), first = new Int32Array(system.entities.length);
  const isBefore = (/** @type {number} */ one, /** @type {number} */ other) => byPlaces(proofs, one, other) < 0;
  const isThen = (/** @type {number} */ one, /** @type {number} */ other) => (attacked ? proofs.level[one] === proofs.level[other] : !timed || proofs.at[one] === proofs.at[other]);
  const held = new Int32Array(width), included = new Int32Array(8);
  for (const entity of things) {
    included.fill(0);
    for (let place = 0; place < width; place++) {
      held[place] = proofs.placeOf(entity * width + place);
      if (held[place] >= 0) for (let level = proofs.level[held[place]]; level < 8; level++) included[level] |= includes[place];
    }
    let least = -1, best = -1;
    for (let place = 0; place < width; place++) {
      if (held[place] < 0 || strength[place] < 0 || included[proofs.level[held[place]]] & (1 << place)) held[place] = -1;
      else if (least < 0 || isBefore(held[place], least)) least = held[place];
    }
    for (let place = 0; place < width; place++) {
      if (held[place] >= 0 && isThen(held[place], least) && (best < 0 || words[place] < words[best])) best = place;
    }
    soonest[entity] = least;
    first[entity] = held[best];
  }
  return { soonest, first };
}

/** By level, hour and steps, and of alike ones by place. @param {Proofs} proofs @param {number} one @param {number} other */
function byPlaces(proofs, one, other) { return byHeld(proofs, one, other) || one - other; }

/** A line for each thing: crown jewels, processes, the rest, and last where it starts; by level, hour, steps and name.
 * @param {Reach} reach @returns {Row[]} */
function rowsOf(reach) {
  const { soonest, first } = firstsOf(reach), { system, proofs } = reach, names = nameOrder(system), ids = idOrder(system);
  const process = system.told.kinds.indexOf("process");
  const rank = (/** @type {number} */ entity) => 4 * Number(proofs.isStart(first[entity])) + 2 * Number(!reach.jewels.has(entity)) + Number(system.kinds[entity] !== process);
  /** @type {Map<string | number, number[]>} things that only their names tell apart */ const alike = new Map();
  for (const entity of namedOrder(system)) {
    if (!reach.levels[entity]) continue;
    const { level, at, hops } = proofs, place = first[entity], key = 1e6 * (8 * rank(entity) + level[place]) + hops[place];
    const whole = reach.timed ? `${key} ${at[place]}` : key, found = alike.get(whole);
    if (found) found.push(entity); else alike.set(whole, [entity]);
  }
  const byName = (/** @type {number} */ one, /** @type {number} */ other) => names[one] - names[other] || byHeld(proofs, soonest[one], soonest[other]) || ids[one] - ids[other];
  const groups = [...alike.values()].sort(([one], [other]) => rank(one) - rank(other) || byHeld(proofs, first[one], first[other]));
  return groups.flatMap((group) => {
    if (group.some((entity, place) => place && names[entity] === names[group[place - 1]])) group.sort(byName);
    return group.map((entity) => new Row(reach, entity, first[entity]));
  });
}

/** By level, hour and steps. @param {Proofs} proofs @param {number} one @param {number} other */
function byHeld({ level, at, hops }, one, other) {
  return level[one] - level[other] || at[one] - at[other] || hops[one] - hops[other];
}
