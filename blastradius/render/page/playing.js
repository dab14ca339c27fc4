// An exercise as it is played: what a decision leaves from its inject on, what then no longer comes, what may be decided next.
// It does what the command line does (blastradius/reports: containment, storyline, decisions, playing), in the same order, on
// the page's own solver; tests compare the two on random estates and in a browser.
"use strict";

/**
 * @typedef {{inject: string, stage: number, minute: number, sender: string, to: string, means: string, says: string,
 *   level: string, lines: string[], fact: number, earliest: number, latest: number | null, way: number[]}} Inject
 * @typedef {{id: string, says: string, without: number[], kept: Int32Array, cost: string}} Lever
 * @typedef {{minutes: number, options: string[], asked: Asked, starts: string, about: string[], open: string[], injects: Inject[],
 *   stages: {says: string, lines: string[]}[], reached: Int32Array, ranks: Int32Array, order: Int32Array, levers: Lever[],
 *   clock: {rules: [number, number][], delays: [number, number][], stated: number[]},
 *   matrix: {scenarios: string[], nothing: Cell[], levers: Cell[][], controls: [string, Cell[]][]},
 *   decided: Made[], hidden: [string, string][], unknown: string[], wash: string[][], marks_jewels: boolean,
 *   states_processes: boolean}} Written
 * @typedef {[number, number]} Cell crown jewels, and things
 * @typedef {[number, number]} Made after which inject which lever was pulled, by their numbers
 * @typedef {{without: number[], earliest: number, latest: number}} Cut
 * @typedef {{surely: Set<number>, atMost: Set<number>}} Standing
 * @typedef {{lever: number, left: Standing, idle: "late" | "other ways" | null}} Option
 * @typedef {{number: number, now: Standing, options: Option[]}} Decision
 * @typedef {{coming: number[], decided: Decision[], choices: Decision[]}} Played
 * @typedef {{crown_jewels: string[], processes: string[], things: number}} Count
 * @typedef {{inject: string, lever: string, says: string, without: string[], now: Count, at_least: Count, at_most: Count,
 *   spared: string[], spared_surely: string[], averts: string[], idle: string | null}} Card
 */

const UNSTATED_H = 1e12; // what a step without stated hours takes where all is as slow as can be
const PASSING = ["use", "operate"]; // what lasts only as long as it is let in
const MOST_DECISIONS = 5, FEWEST_DECISIONS = 4, MOST_LOOKED_AT = 12;

/** When each fact could hold, as fast and as slow as can be. */
class Clocks {
  /** @param {Compiled} system @param {Written} written */
  constructor(system, { asked, clock }) {
    this.system = system;
    this.asked = asked;
    this.world = worldOf(system, asked);
    this.checker = new ProgressCheck(system, asked);
    this.seeds = seedsOf(system, asked);
    const rules = new Map(clock.rules), delays = new Map(clock.delays), stated = new Set(clock.stated);
    this.fast = new Float64Array(system.rule.length);
    this.slow = new Float64Array(system.rule.length);
    for (let step = 0; step < system.rule.length; step++) {
      if (!system.hop[step]) continue;
      const along = this.world.along(step), rule = system.rule[step];
      const hours = (rules.get(rule) ?? 0) + along.reduce((sum, relation) => sum + (delays.get(relation) ?? 0), 0);
      const isStated = rules.has(rule) || (along.length > 0 && along.every((relation) => stated.has(relation)));
      this.fast[step] = hours;
      this.slow[step] = isStated ? hours : UNSTATED_H;
    }
    this.soonest = this.quickly(new Set(), new Map());
    this.latest = this.slowly(new Set(), new Map());
  }

  /** @param {Set<number>} cut @param {Map<number, number>} held */
  quickly(cut, held) { return this.#arrivals(this.fast, this.asked.hours ?? Infinity, cut, held); }

  /** When an outage ends is another matter, which the fastest tells. @param {Set<number>} cut @param {Map<number, number>} held */
  slowly(cut, held) { return this.#arrivals(this.slow, Infinity, cut, held); }

  /** @param {Float64Array} delays @param {number} end @param {Set<number>} cut @param {Map<number, number>} held
   * @returns {Map<number, number>} */
  #arrivals(delays, end, cut, held) {
    const { system } = this, run = new Run(system, this.world, this.asked.assume, end, { delays, cut }).hold(held).settle(this.seeds);
    const refused = this.checker.refusal(run, this.seeds, end, { delays, cut }, held);
    if (refused !== null) throw new Error(`The page's checker does not accept what is reached after a decision (${refused})`);
    const found = new Map(), stones = system.width * system.entities.length;
    const { settled: { count, fact, at } } = run;
    for (let place = 0; place < count; place++) if (fact[place] < stones) found.set(fact[place], at[place]);
    return found;
  }

  /** Of what was reached what stays so when its way in is closed. @param {Map<number, number>} found */
  lasting(found) {
    const { capabilities, width } = this.system;
    return new Map([...found].filter(([fact]) => !PASSING.includes(capabilities[fact % width])));
  }
}

/** What is sooner than an hour. @param {Map<number, number>} found @param {number} hour */
function soonerThan(found, hour) {
  return new Map([...found].filter(([, at]) => at < hour));
}

/** A scenario in progress where the story comes to an inject, ready to be asked what a lever pulled then still keeps. */
class Point {
  /** @type {Map<number, Option>} */ #options = new Map();

  /** @param {Clocks} clocks @param {Cut} here @param {Set<number>} held @param {Cut[]} done */
  constructor(clocks, here, held, done) {
    this.clocks = clocks;
    this.here = here;
    this.held = new Map([...held].map((fact) => [fact, here.earliest]));
    this.done = done;
    this.#fast = this.#quickly(clocks.soonest, done, new Set());
    this.#slow = this.#slowly(clocks.latest, done, new Set(), -1);
    this.gone = new Set(done.flatMap(({ without: gone }) => gone));
    this.now = this.standing([]);
  }

  /** @type {Map<number, number>} with what was taken away before */ #fast;
  /** @type {Map<number, number>} */ #slow;

  /** What is reached in the end where relations are taken away here. @param {number[]} relations @returns {Standing} */
  standing(relations) {
    const cut = relations.length ? [{ ...this.here, without: relations }] : [], { clocks } = this;
    const worst = new Set(this.#quickly(this.#fast, cut, this.gone).keys());
    if (!cut.length && !this.done.length) return { surely: worst, atMost: worst };
    const slow = cut.length ? this.#slowly(this.#slow, cut, this.gone, 0) : this.#slowly(clocks.latest, this.done, new Set(), this.done.length - 1);
    const best = [...worst].filter((fact) => slow.has(fact) || this.held.has(fact));
    return { surely: new Set(best), atMost: worst };
  }

  /** @param {Map<number, number>} found @param {Cut[]} cuts @param {Set<number>} earlier */
  #quickly(found, cuts, earlier) {
    const gone = new Set(earlier);
    for (const cut of cuts) {
      for (const relation of cut.without) gone.add(relation);
      const before = soonerThan(found, cut.latest);
      if (before.size < found.size) found = new Map([...this.clocks.quickly(gone, this.clocks.lasting(before)), ...before]);
    }
    return found;
  }

  /** @param {Map<number, number>} found @param {Cut[]} cuts @param {Set<number>} earlier @param {number} last the place of the
   * cut at which it is known what was reached by then */
  #slowly(found, cuts, earlier, last) {
    const gone = new Set(earlier);
    cuts.forEach((cut, place) => {
      for (const relation of cut.without) gone.add(relation);
      const before = soonerThan(found, cut.earliest), known = place === last ? [...this.held] : [];
      found = new Map([...this.clocks.slowly(gone, this.clocks.lasting(new Map([...known, ...before]))), ...before]);
    });
    return found;
  }

  /** A lever pulled here. @param {Playing} playing @param {number} lever @returns {Option} */
  option(playing, lever) {
    const known = this.#options.get(lever);
    if (known) return known;
    const left = this.standing(playing.written.levers[lever].without), { now } = this;
    const helps = isLess(left.surely, now.surely) || isLess(left.atMost, now.atMost);
    const isLate = [...now.atMost].some((fact) => !playing.isHeld(lever, fact));
    /** @type {Option} */ const found = { lever, left, idle: helps ? null : isLate ? "late" : "other ways" };
    this.#options.set(lever, found);
    return found;
  }
}

/** Whether a set is a part of another, and not the same. @param {Set<number>} part @param {Set<number>} whole */
function isLess(part, whole) {
  return part.size < whole.size && [...part].every((fact) => whole.has(fact));
}

/** At most so many, spread over all. @template Any @param {Any[]} found @param {number} most @returns {Any[]} */
function spread(found, most) {
  const count = Math.max(0, Math.min(most, found.length));
  return Array.from({ length: count }, (_, number) => found[Math.floor((number * found.length) / count)]);
}

/** Each choice once. @param {Decision[]} found */
function different(found) {
  /** @type {Map<string, Decision>} */ const once = new Map();
  for (const decision of found) {
    const key = decision.options.map(({ lever }) => lever).join();
    if (!once.has(key)) once.set(key, decision);
  }
  return [...once.values()];
}

/** The exercise: what is told, what may be decided, and what each decision leaves. */
class Playing {
  /** @type {Map<string, Point>} */ #points = new Map();

  /** @param {Compiled} system @param {Written} written */
  constructor(system, written) {
    this.system = system;
    this.written = written;
    this.clocks = new Clocks(system, written);
    this.place = new Map(Array.from(written.reached, (fact, place) => [fact, place]));
    this.kept = written.levers.map(({ kept }) => new Set(Array.from(kept, (place) => written.reached[place])));
    this.order = Array.from(written.order, (place) => written.reached[place]);
    this.starts = new Set(Object.values(written.asked.seeds).flat());
    this.public = new Set(system.told.public);
    this.jewels = new Set(system.told.jewels);
  }

  /** Whether a fact is reached though a lever was pulled before the start. @param {number} lever @param {number} fact */
  isHeld(lever, fact) { return this.place.has(fact) && !this.kept[lever].has(fact); }

  /** @param {number} fact */
  #rank(fact) { return this.written.ranks[/** @type {number} */ (this.place.get(fact))]; }

  /** @param {number} number @returns {Cut} */
  #hours(number) {
    const { earliest, latest } = this.written.injects[number];
    return { without: [], earliest, latest: latest ?? Infinity };
  }

  /** The scenario where the story comes to an inject, after what was decided before. @param {number} number @param {Made[]} done */
  at(number, done) {
    const key = JSON.stringify([number, done]), known = this.#points.get(key);
    if (known) return known;
    const cuts = done.map(([earlier, lever]) => ({ ...this.#hours(earlier), without: this.written.levers[lever].without }));
    const point = new Point(this.clocks, this.#hours(number), this.#toldBy(number, done), cuts);
    this.#points.set(key, point);
    return point;
  }

  /** What the story has reached when it comes to an inject. @param {number} number @param {Made[]} done */
  #toldBy(number, done) {
    const { injects, reached, ranks } = this.written, last = this.#rank(injects[number].fact), until = this.#hours(number).latest;
    const { soonest } = this.clocks, told = new Set(Array.from(reached).filter((fact, place) => ranks[place] <= last && (soonest.get(fact) ?? 0) < until));
    for (const [earlier, lever] of done) {
      const since = done.slice(0, done.findIndex(([other]) => injects[other].fact === injects[earlier].fact));
      const { surely } = this.at(earlier, since).option(this, lever).left;
      for (const fact of told) if (!surely.has(fact)) told.delete(fact);
    }
    return told;
  }

  /** The exercise as it goes on after what was decided; it stops at each part of the work, so that others may go on meanwhile.
   * @param {Made[]} decided @returns {Generator<void, Played>} */
  *played(decided) {
    const { injects, levers } = this.written, gone = new Set();
    /** @type {Made[]} */ const done = [];
    /** @type {Decision[]} */ const made = [];
    for (const [number, lever] of [...decided].sort(([one], [other]) => one - other)) {
      const here = this.at(number, done), option = here.option(this, lever);
      made.push({ number, now: here.now, options: [option] });
      for (const averted of this.averted(number, here.now, option)) gone.add(averted);
      done.push([number, lever]);
      yield;
    }
    const coming = injects.map((_, number) => number).filter((number) => !gone.has(number));
    const pulled = new Set(done.map(([, lever]) => JSON.stringify(levers[lever].without)));
    const left = levers.map((_, lever) => lever).filter((lever) => !pulled.has(JSON.stringify(levers[lever].without)));
    /** @type {Decision[]} */ const found = [];
    for (const number of coming) {
      found.push(this.#decision(number, done, left));
      yield;
    }
    return { coming, decided: made, choices: chosenOf(found) };
  }

  /** Two things to do that still help, one that does nothing though it lies on the way; two such where none does.
   * @param {number} number @param {Made[]} done @param {number[]} levers @returns {Decision} */
  #decision(number, done, levers) {
    const { fact, way } = this.written.injects[number], here = this.at(number, done), { now } = here, rank = this.#rank(fact);
    const ahead = this.order.filter((other) => this.#rank(other) > rank && now.surely.has(other));
    const promises = new Map(levers.filter((lever) => ahead.some((other) => this.kept[lever].has(other))).map((lever) => [lever, this.#promise(ahead, lever)]));
    const promising = [...promises.keys()].sort((one, other) => byPromise(promises.get(one) ?? [], promises.get(other) ?? []) || byCodePoint(this.written.levers[one].id, this.written.levers[other].id));
    const near = levers.filter((lever) => this.written.levers[lever].without.some((relation) => way.includes(relation))).sort((one, other) => this.kept[one].size - this.kept[other].size);
    const helping = this.#helping(here, promising.slice(0, MOST_LOOKED_AT));
    const atLast = levers.filter((lever) => helping.length && !promises.has(lever));
    const idle = [];
    for (const lever of [...near, ...atLast]) {
      if (idle.length >= (helping.length ? 1 : 2)) break;
      const option = here.option(this, lever);
      if (option.idle) idle.push(option);
    }
    return { number, now, options: [...helping, ...idle] };
  }

  /** The first that still helps, and the next that does not keep just the same; where all do, the next.
   * @param {Point} here @param {number[]} promising */
  #helping(here, promising) {
    /** @type {Option[]} */ const found = [];
    for (const option of promising.map((lever) => () => here.option(this, lever))) {
      const next = option();
      if (next.idle) continue;
      found.push(next);
      const [first] = found;
      if (next.left.surely.size !== first.left.surely.size || [...next.left.surely].some((fact) => !first.left.surely.has(fact))) return [first, next];
    }
    return found.slice(0, 2);
  }

  /** The most that it could still keep first, then what takes the least away. @param {number[]} ahead @param {number} lever */
  #promise(ahead, lever) {
    const names = new Set(ahead.filter((fact) => this.kept[lever].has(fact)).map((fact) => this.#entity(fact)));
    const jewels = [...names].filter((name) => this.jewels.has(name)).length, processes = [...names].filter((name) => kindOf(this.system, name) === "process").length;
    return [-jewels, -processes, -names.size, this.written.levers[lever].without.length];
  }

  /** @param {number} fact */
  #entity(fact) { return Math.floor(fact / this.system.width); }

  /** The later injects, by number, of which nothing is left. @param {number} number @param {Standing} now @param {Option} option */
  averted(number, now, { left }) {
    const { injects } = this.written;
    return injects.map((_, later) => later).filter((later) => later > number && now.surely.has(injects[later].fact) && !left.surely.has(injects[later].fact));
  }

  /** What people count: where it starts, and what is public, is not counted. @param {Iterable<number>} facts @returns {Count} */
  count(facts) {
    const { system } = this, names = [...new Set([...facts].map((fact) => this.#entity(fact)))].filter((name) => !this.public.has(name) && !this.starts.has(system.entities[name]));
    names.sort((one, other) => byCodePoint(system.entities[one], system.entities[other]));
    const called = (/** @type {number[]} */ some) => some.map((name) => system.entities[name]);
    return { crown_jewels: called(names.filter((name) => this.jewels.has(name))), processes: called(names.filter((name) => kindOf(system, name) === "process")), things: names.length };
  }

  /** What is reached in the end where something is done. @param {Decision} decision @param {Option} option @returns {Card} */
  card({ number, now }, option) {
    const { system, written } = this, { id, says, without: gone } = written.levers[option.lever], { left } = option;
    const entities = (/** @type {Iterable<number>} */ facts) => new Set([...facts].map((fact) => this.#entity(fact)));
    const least = entities(left.surely), most = entities(left.atMost), coming = entities(now.surely);
    const spared = [...entities(this.order)].filter((name) => coming.has(name) && !least.has(name));
    spared.sort((one, other) => Number(!this.jewels.has(one)) - Number(!this.jewels.has(other)));
    const called = (/** @type {number[]} */ some) => some.map((name) => system.entities[name]);
    return {
      inject: written.injects[number].inject, lever: id, says, without: gone.map((relation) => system.relations[relation]),
      now: this.count(now.surely), at_least: this.count(left.surely), at_most: this.count(left.atMost),
      spared: called(spared), spared_surely: called(spared.filter((name) => !most.has(name))),
      averts: this.averted(number, now, option).map((later) => written.injects[later].inject), idle: option.idle,
    };
  }
}

/** At most so many, spread over the story; where few of them still help, some come besides of which nothing does.
 * @param {Decision[]} found */
function chosenOf(found) {
  const worth = found.filter(({ options }) => options.some(({ idle }) => idle === null));
  const once = different(worth), chosen = spread(once, MOST_DECISIONS);
  const again = worth.filter((decision) => !once.includes(decision)).reverse();
  chosen.push(...again.slice(0, Math.max(0, FEWEST_DECISIONS - chosen.length)));
  const futile = different(found.filter((decision) => decision.options.length && !worth.includes(decision)));
  return [...chosen, ...spread(futile, FEWEST_DECISIONS - chosen.length)].sort((one, other) => one.number - other.number);
}

/** @param {number[]} one @param {number[]} other */
function byPromise(one, other) {
  return firstDifference(one, other);
}

/** Crown jewels, processes and things that are reached in the end, from least to most. @param {Compiled} system
 * @param {Written} written @param {Card} card */
function reachedSaid(system, { marks_jewels, states_processes }, { at_least, at_most }) {
  const between = (/** @type {number} */ least, /** @type {number} */ most) => (least === most ? counted(most) : phrase(system, "between", counted(least), counted(most)));
  return [
    marks_jewels ? between(at_least.crown_jewels.length, at_most.crown_jewels.length) : phrase(system, "none marked"),
    states_processes ? between(at_least.processes.length, at_most.processes.length) : phrase(system, "none stated"),
    between(at_least.things, at_most.things),
  ];
}

/** What a decision does, in a sentence. @param {Compiled} system @param {Card} card */
function outcomeSaid(system, { idle, spared, spared_surely, averts }) {
  if (idle) return phrase(system, "does nothing", phrase(system, idle));
  const inDoubt = spared.length === spared_surely.length ? "" : phrase(system, "unless before");
  const names = listed(system, spared.map((name) => placeOf(system, name)));
  const kept = spared.length ? phrase(system, "kept out", inDoubt, names) : phrase(system, "keeps no thing");
  return averts.length ? phrase(system, "averts", kept, listed(system, averts, 6)) : phrase(system, "averts none", kept);
}

/** What everybody may know of an exercise, in a sentence. @param {Compiled} system @param {Written} written @param {Played} played */
function exerciseSaid(system, { minutes }, { coming, choices }) {
  return phrase(system, "exercise", String(minutes), plural(coming.length, "inject"), plural(choices.length, "decision"));
}
