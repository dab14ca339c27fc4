// The lines of an answer: one for each thing that is reached. Their words are put together where they are shown.
"use strict";

/** One thing that is reached, in one line. */
class Row {
  /** @param {Reach} reach @param {number} entity @param {Proved[]} holds what is held over it and nothing stronger includes,
   * by level, hour and steps */
  constructor(reach, entity, holds) {
    this.reach = reach;
    this.entity = entity;
    this.holds = holds;
    this.first = this.#firstOf(holds);
    this.jewel = reach.jewels.has(entity);
    this.started = isStart(this.first);
  }

  /** The strongest of what comes first. @param {Proved[]} holds */
  #firstOf(holds) {
    const { words } = strengthsOf(this.reach.system), width = this.reach.system.width;
    let first = holds[0];
    for (const hold of holds) {
      if (this.#when(hold) === this.#when(first) && words[hold.fact % width] < words[first.fact % width]) first = hold;
    }
    return first;
  }

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
    return this.#restsOnTheSame(other) || (this.words === other.words && this.level === other.level && this.at === other.at);
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

  /** Crown jewels, processes, the rest, and last where it starts; by level, hour, steps and name. @param {Row} other
   * @param {Int32Array} names @param {Int32Array} ids */
  order(other, names, ids) {
    const { first, holds: [soonest] } = this, { first: theirs, holds: [other0] } = other;
    return Number(this.started) - Number(other.started) || Number(other.jewel) - Number(this.jewel)
      || Number(other.process) - Number(this.process) || byComing(first, theirs)
      || names[this.entity] - names[other.entity] || byComing(soonest, other0) || ids[this.entity] - ids[other.entity];
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

/** A line for each thing: crown jewels, processes, the rest, and last where it starts. @param {Reach} reach
 * @returns {Row[]} */
function rowsOf(reach) {
  const { system } = reach, names = nameOrder(system), ids = idOrder(system);
  const rows = [];
  for (const [entity, held] of groupedBy(reach.held, ({ fact }) => reach.entityOf(fact))) {
    rows.push(new Row(reach, entity, contour(system, held).sort(byComing)));
  }
  return rows.sort((one, other) => one.order(other, names, ids));
}
