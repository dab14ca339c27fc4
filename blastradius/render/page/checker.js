// The checker of the page: it verifies an answer before it is shown, and shares no code with the solver.
// What it verifies: every fact follows, in order, from where the scenario starts by steps that are open; and no open
// step whose premises hold lacks its conclusion, or has it at a higher level or a later hour than it could be.
// It reads the same compiled steps as the solver: that these are the estate's is verified where they are compiled.
"use strict";

/** Why an answer is wrong, in a sentence, or null where it is right.
 * @param {Compiled} system @param {Asked} asked @param {Answer} answer @param {number[]} seeds
 * @returns {string | null} */
function refusal(system, asked, answer, seeds) {
  const timed = asked.hours !== null || (asked.seeds.outage ?? []).length > 0;
  const levels = timed ? [1, 2, 3, 4].filter((level) => level <= asked.assume) : [asked.assume];
  if (levels.join() !== answer.runs.map((run) => run.assume).join()) return "a level is missing";
  const estate = new Rereading(system, asked);
  for (const run of answer.runs) {
    const wrong = new Check(system, estate, asked, run, timed).refusal(seeds);
    if (wrong !== null) return wrong;
  }
  return misquoted(system, answer, timed);
}

/** Where the proofs that are shown are not those that were verified. @param {Compiled} system @param {Answer} answer
 * @param {boolean} timed @returns {string | null} */
function misquoted(system, answer, timed) {
  const { proofs, runs } = answer, shown = new Uint8Array(system.total);
  if (!timed && proofs === runs[0].settled) return null;
  for (let place = 0; place < proofs.count; place++) {
    const fact = proofs.fact[place], level = proofs.level[place], { settled } = runs[timed ? level - 1 : 0], found = settled.placeOf(fact);
    const same = found >= 0 && settled.step[found] === proofs.step[place] && settled.at[found] === proofs.at[place] && areSame(settled.premisesAt(found), proofs.premisesAt(place));
    if (!same || (!timed && settled.level[found] !== level)) return `fact ${fact} is shown otherwise than it was verified`;
    shown[fact] = 1;
  }
  for (const { settled } of runs) for (const fact of settled.keys()) if (!shown[fact]) return `fact ${fact} is not shown`;
  return null;
}

/** @param {Int32Array} some @param {Int32Array} others */
function areSame(some, others) {
  return some.length === others.length && some.every((one, place) => one === others[place]);
}

/** Verifies what is worked out of an exercise: what is reached from what holds by an hour on, where steps take hours besides, and
 * relations are taken away meanwhile. */
class ProgressCheck {
  /** @param {Compiled} system @param {Asked} asked */
  constructor(system, asked) {
    this.system = system;
    this.asked = asked;
    this.estate = new Rereading(system, asked);
  }

  /** Why it is wrong, in a sentence, or null where it is right. @param {Settled} run @param {number[]} seeds
   * @param {number} end hours after which an outage is over @param {Clock} clock
   * @param {Map<number, number>} held what holds from an hour on, whatever leads to it @returns {string | null} */
  refusal(run, seeds, end, clock, held) {
    const asked = { ...this.asked, hours: end === Infinity ? null : end };
    return new Check(this.system, this.estate, asked, run, true, clock, held).refusal(seeds);
  }
}

class Check {
  /** @param {Compiled} system @param {Rereading} estate @param {Asked} asked @param {Settled} run @param {boolean} timed
   * @param {Clock | null} [clock] @param {Map<number, number> | null} [held] */
  constructor(system, estate, asked, run, timed, clock = null, held = null) {
    this.clock = clock;
    this.held = held;
    this.system = system;
    this.asked = asked;
    this.run = run;
    this.timed = timed;
    this.end = timed && asked.hours !== null ? asked.hours : Infinity;
    this.estate = estate;
    /** when each fact holds: its level, or its hour where hours count; never is Infinity */
    this.moments = (timed ? new Float64Array(system.total) : new Float32Array(system.total)).fill(Infinity);
    const { settled: { count, fact, at, level } } = run;
    for (let place = 0; place < count; place++) this.moments[fact[place]] = timed ? at[place] : level[place];
    this.doubted = new Set(asked.distrust);
    this.weakest = system.bases.indexOf(asked.basis);
    this.fails = Uint8Array.from(system.controls, (id, control) => Number(this.isDoubted(id, control) || estate.isLacking(control)));
    this.put = estate.put.filter(({ id, kind }) => !this.doubted.has(id) && !this.doubted.has(kind));
    this.plain = this.#plain();
  }

  /** Of each step whether nothing could stop it, and it gives its conclusion once all that is stated holds; 2 where it has still to be
   * asked whether it is there. Most are such, and are verified in one pass over columns; none is where hours count. */
  #plain() {
    const { system: { level, basis, shut }, weakest, run: { assume }, estate: { reading: { simple }, thinned } } = this;
    const found = new Uint8Array(simple.length), isShut = !this.doubted.has("fail_closed");
    for (let step = 0; step < found.length && !this.timed; step++) {
      if (level[step] > assume || basis[step] > weakest || (isShut && shut[step] === 1) || thinned[step]) continue;
      found[step] = simple[step];
    }
    for (const { stopped } of this.put) for (const step of stopped) found[step] = 0;
    return found;
  }

  /** @param {number} step */
  isPlain(step) { return this.plain[step] === 1 || (this.plain[step] === 2 && this.estate.isThere(step)); }

  /** @param {string} id @param {number} control */
  isDoubted(id, control) { return this.doubted.size > 0 && (this.doubted.has(id) || this.doubted.has(this.system.control_kinds[control])); }

  /** @param {number[]} seeds @returns {string | null} */
  refusal(seeds) {
    const missing = seeds.find((seed) => this.when(seed) !== (this.timed ? 0 : 1));
    if (missing !== undefined) return `what the scenario starts from is left out: fact ${missing}`;
    for (const [fact, hour] of this.held ?? []) if (!(this.when(fact) <= hour)) return `what holds already is left out: fact ${fact}`;
    return this.unfounded(new Set(seeds)) ?? this.unclosed() ?? this.unincluded();
  }

  /** When a fact holds: its level, or its hour where hours count. @param {number} fact @returns {number} */
  when(fact) { return this.moments[fact]; }

  /** Facts that do not follow from what comes before them. @param {Set<number>} seeds @returns {string | null} */
  unfounded(seeds) {
    const { system: { total, premises: needs, level }, plain, moments, estate: { reading: { claims } } } = this, known = new Uint8Array(total), { settled } = this.run, { premises, first } = settled;
    for (let place = 0; place < settled.count; place++) {
      const fact = settled.fact[place], step = settled.step[place];
      if (step >= 0 && plain[step] && claims[2 * step] === fact && !known[fact]) {
        const only = claims[2 * step + 1], count = first[place + 1] - first[place];
        let last = level[step];
        if (only >= 0) last = count === 1 && premises[first[place]] === only && known[only] ? Math.max(last, moments[only]) : Infinity;
        else {
          const more = first[place] - needs.first[step], end = needs.first[step + 1];
          let at = needs.first[step];
          for (; at < end && premises[at + more] === needs.values[at] && known[needs.values[at]]; at++) last = Math.max(last, moments[needs.values[at]]);
          if (at < end || at + more < first[place + 1]) last = Infinity;
        }
        known[fact] = Number(last < Infinity && last === moments[fact] && this.isPlain(step));
        if (known[fact]) continue;
      }
      for (let at = first[place]; at < first[place + 1]; at++) if (known[premises[at]] !== 1) return `fact ${fact} rests on what is not proved`;
      if (known[fact] || !(step >= 0 ? this.earned(fact, step, place) : this.given(fact, place, seeds))) return `fact ${fact} does not follow`;
      known[fact] = 1;
    }
    return null;
  }

  /** Whether a fact is a start, or a part of the one that it is said to rest on. @param {number} fact @param {number} place
   * @param {Set<number>} seeds */
  given(fact, place, seeds) {
    const { settled } = this.run;
    return settled.isStart(place) ? seeds.has(fact) || this.held?.get(fact) === settled.at[place] : this.isPart(settled.premises[settled.first[place]], fact);
  }

  /** Whether a step gives a fact from just these premises, no sooner than is claimed.
   * @param {number} fact @param {number} step @param {number} place */
  earned(fact, step, place) {
    const falls = this.falls(step), premises = Array.from(this.run.settled.premisesAt(place));
    if (this.system.conclusion[step] !== fact || falls === null) return false;
    const own = this.estate.needs(step);
    for (const premise of premises) if (!own.includes(premise) && !falls.includes(premise)) return false;
    return this.soonest(step, own, falls, premises) === this.moments[fact];
  }

  /** @param {number} whole @param {number} part */
  isPart(whole, part) {
    const { width, kinds, entities, includes } = this.system, entity = Math.floor(whole / width);
    if (entity >= entities.length || entity !== Math.floor(part / width)) return false;
    return includes[kinds[entity]][whole % width].includes(part % width) && this.when(part) === this.when(whole);
  }

  /** Open steps that could give more than is claimed. @returns {string | null} */
  unclosed() {
    const { system: { level, premises: { first, values } }, moments, timed, plain, estate: { reading: { claims } } } = this;
    for (let step = 0; step < level.length; step++) {
      const claimed = moments[claims[2 * step]], only = claims[2 * step + 1];
      if (!timed && (level[step] >= claimed || (only >= 0 && moments[only] >= claimed))) continue;
      if (plain[step]) {
        let at = first[step];
        while (at < first[step + 1] && moments[values[at]] < claimed) at++;
        if (at === first[step + 1] && this.isPlain(step)) return `step ${step} gives more than is said`;
        continue;
      }
      if (this.atBest(step) >= claimed) continue;
      const falls = this.falls(step);
      if (falls !== null && this.soonest(step, this.estate.needs(step), falls, null) < claimed) return `step ${step} gives more than is said`;
    }
    return null;
  }

  /** The lowest level, or the first hour, at which a step could give its conclusion whatever stops it: no lower than its
   * own, and where it needs all, no lower than what it needs. @param {number} step @returns {number} */
  atBest(step) {
    const { gate, level, delay, premises } = this.system, own = this.timed ? 0 : level[step];
    if (this.estate.isJoint(step) || own >= this.moments[this.system.conclusion[step]]) return own;
    let last = 0, first = Infinity;
    for (let at = premises.first[step]; at < premises.first[step + 1]; at++) {
      const moment = this.moments[premises.values[at]];
      if (moment > last) last = moment;
      if (moment < first) first = moment;
    }
    const held = gate[step] === 0 ? last : first;
    return this.timed ? held + (gate[step] === 0 ? delay[step] : 0) : Math.max(held, own);
  }

  /** @returns {string | null} */
  unincluded() {
    const { width, kinds, entities, includes } = this.system;
    const { moments } = this;
    for (const fact of this.run.settled.keys()) {
      const place = fact % width, entity = (fact - place) / width;
      if (entity >= entities.length) continue;
      for (const part of includes[kinds[entity]][place]) if (moments[fact - place + part] > moments[fact]) return `what fact ${fact} includes is left out`;
    }
    return null;
  }

  /** The facts that a step's controls have fallen, or null where it is closed whatever falls. @param {number} step
   * @returns {number[] | null} */
  falls(step) {
    const { system, estate } = this;
    if (system.level[step] > this.run.assume || !estate.isThere(step)) return null;
    if (estate.knownAs(step) > this.weakest || this.isCut(step)) return null;
    if (system.shut[step] === 1 && !this.doubted.has("fail_closed")) return null;
    for (const { stopped } of this.put) if (stopped.has(step)) return null;
    /** @type {number[]} */ let found = NOTHING;
    for (let at = system.blockers.first[step]; at < system.blockers.first[step + 1]; at++) {
      const control = system.blockers.values[at];
      if (this.fails[control] || estate.isHollow(control, step)) continue;
      if (system.provider[control] < 0) return null;
      found = [...found, system.inactive + control];
    }
    return found;
  }

  /** Whether something that a step runs along was taken away meanwhile. @param {number} step */
  isCut(step) {
    const cut = this.clock?.cut;
    return cut !== undefined && cut.size > 0 && partOf(this.system.along, step).some((relation) => cut.has(relation));
  }

  /** The lowest level, or the first hour, at which a step gives its conclusion; never is Infinity.
   * @param {number} step @param {ArrayLike<number>} own what it needs @param {number[]} falls
   * @param {number[] | null} used just these hold, or with null whatever does */
  soonest(step, own, falls, used) {
    const when = (/** @type {number} */ fact) => (used === null || used.includes(fact) ? this.moments[fact] : Infinity);
    const moment = this.system.gate[step] === 0 ? lastOf(own, when) : this.enough(step, Array.from(own, when));
    if (moment === Infinity) return Infinity;
    const start = this.timed ? moment + this.system.delay[step] : Math.max(moment, this.system.level[step]);
    const found = Math.max(start, falls.length ? lastOf(falls, when) : 0) + (this.clock?.delays[step] ?? 0);
    return this.timed && found > 0 && found >= this.end ? Infinity : found;
  }

  /** When so many premises hold that a step's gate lets them through. @param {number} step @param {number[]} moments */
  enough(step, moments) {
    const sorted = [...new Set(moments)].filter(Number.isFinite).sort((a, b) => a - b);
    return sorted.find((limit) => this.passes(step, moments.map((moment) => moment <= limit))) ?? Infinity;
  }

  /** Whether premises are enough, by whether each holds. @param {number} step @param {boolean[]} holds */
  passes(step, holds) {
    const need = this.system.need[step], yes = holds.filter(Boolean).length;
    switch (this.system.gate[step]) {
      case 1: return yes >= need;
      default: return this.votes(holds, need);
    }
  }

  /** A quorum, by its words: some of the wrong feeds speak, some of the silent ones are silent, and the wrong ones win.
   * @param {boolean[]} holds @param {number} least */
  votes(holds, least) {
    const feeds = holds.length / 2, wrong = holds.slice(0, feeds), down = holds.slice(feeds);
    const both = wrong.filter((isWrong, feed) => isWrong && down[feed]).length;
    const onlyWrong = wrong.filter(Boolean).length - both, onlyDown = down.filter(Boolean).length - both;
    for (let speaking = 0; speaking <= onlyWrong + both; speaking++) {
      for (let silent = 0; silent <= onlyDown + both - Math.max(0, speaking - onlyWrong); silent++) {
        const live = feeds - silent;
        const needed = live >= least ? Math.floor(live / 2) + 1 : 1;
        if (speaking >= needed) return true;
      }
    }
    return false;
  }
}

/** @type {number[]} */ const NOTHING = [];

/** When the last of some facts holds; never where there are none. @param {ArrayLike<number>} facts
 * @param {(fact: number) => number} when */
function lastOf(facts, when) {
  let last = facts.length ? 0 : Infinity;
  for (let place = 0; place < facts.length; place++) last = Math.max(last, when(facts[place]));
  return last;
}
