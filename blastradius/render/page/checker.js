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
  return misquoted(answer, timed);
}

/** Where the proofs that are shown are not those that were verified. @param {Answer} answer @param {boolean} timed
 * @returns {string | null} */
function misquoted(answer, timed) {
  const shown = new Set();
  for (const { fact, level, at, step, premises } of answer.proofs) {
    const found = answer.runs[timed ? level - 1 : 0].settled.get(fact);
    const same = found && found.step === step && found.at === at && found.premises.join() === premises.join();
    if (!same || (!timed && found.level !== level)) return `fact ${fact} is shown otherwise than it was verified`;
    shown.add(fact);
  }
  const kept = answer.runs.flatMap((run) => [...run.settled.keys()]).find((fact) => !shown.has(fact));
  return kept === undefined ? null : `fact ${kept} is not shown`;
}

class Check {
  /** @param {Compiled} system @param {Rereading} estate @param {Asked} asked @param {Settled} run @param {boolean} timed */
  constructor(system, estate, asked, run, timed) {
    this.system = system;
    this.asked = asked;
    this.run = run;
    this.timed = timed;
    this.end = timed && asked.hours !== null ? asked.hours : Infinity;
    this.estate = estate;
    /** when each fact holds: its level, or its hour where hours count; never is Infinity */
    this.moments = new Float64Array(system.total).fill(Infinity);
    for (const [fact, { level, at }] of run.settled) this.moments[fact] = timed ? at : level;
    this.doubted = new Set(asked.distrust);
  }

  /** @param {number[]} seeds @returns {string | null} */
  refusal(seeds) {
    const missing = seeds.find((seed) => this.when(seed) !== (this.timed ? 0 : 1));
    if (missing !== undefined) return `what the scenario starts from is left out: fact ${missing}`;
    return this.unfounded(new Set(seeds)) ?? this.unclosed() ?? this.unincluded();
  }

  /** When a fact holds: its level, or its hour where hours count. @param {number} fact @returns {number} */
  when(fact) { return this.moments[fact]; }

  /** Facts that do not follow from what comes before them. @param {Set<number>} seeds @returns {string | null} */
  unfounded(seeds) {
    const known = new Set();
    for (const [fact, found] of this.run.settled) {
      const { step, premises } = found;
      if (!premises.every((premise) => known.has(premise))) return `fact ${fact} rests on what is not proved`;
      const right = step >= 0 ? this.earned(fact, step, premises) : premises.length ? this.isPart(premises[0], fact) : seeds.has(fact);
      if (!right) return `fact ${fact} does not follow`;
      known.add(fact);
    }
    return null;
  }

  /** Whether a step gives a fact from just these premises, no sooner than is claimed.
   * @param {number} fact @param {number} step @param {number[]} premises */
  earned(fact, step, premises) {
    const falls = this.falls(step);
    if (this.system.conclusion[step] !== fact || falls === null) return false;
    const own = this.own(step), used = new Set(premises);
    if (premises.some((premise) => !own.includes(premise) && !falls.includes(premise))) return false;
    const soonest = this.soonest(step, falls, (premise) => (used.has(premise) ? this.when(premise) : Infinity));
    return soonest === this.when(fact);
  }

  /** @param {number} whole @param {number} part */
  isPart(whole, part) {
    const { width, kinds, entities, includes } = this.system, entity = Math.floor(whole / width);
    if (entity >= entities.length || entity !== Math.floor(part / width)) return false;
    return includes[kinds[entity]][whole % width].includes(part % width) && this.when(part) === this.when(whole);
  }

  /** Open steps that could give more than is claimed. @returns {string | null} */
  unclosed() {
    for (let step = 0; step < this.system.rule.length; step++) {
      if (this.isIdle(step)) continue;
      const falls = this.falls(step);
      if (falls === null) continue;
      const soonest = this.soonest(step, falls, (premise) => this.when(premise));
      if (soonest < this.when(this.system.conclusion[step])) return `step ${step} gives more than is said`;
    }
    return null;
  }

  /** Whether a step can give no more than is claimed, whatever stops it: it is held as low as the step goes, or all that
   * it needs is wanting, or something where it needs all. @param {number} step */
  isIdle(step) {
    const { conclusion, gate, level, premises } = this.system;
    if (this.moments[conclusion[step]] <= (this.timed ? 0 : level[step])) return true;
    let wanting = 0;
    for (let at = premises.first[step]; at < premises.first[step + 1]; at++) if (this.moments[premises.values[at]] === Infinity) wanting++;
    return wanting === premises.first[step + 1] - premises.first[step] || (wanting > 0 && gate[step] === 0 && !this.estate.isJoint(step));
  }

  /** @returns {string | null} */
  unincluded() {
    const { width, kinds, entities, includes } = this.system;
    for (const fact of this.run.settled.keys()) {
      const place = fact % width, entity = (fact - place) / width;
      if (entity >= entities.length) continue;
      const lacking = includes[kinds[entity]][place].some((part) => this.when(fact - place + part) > this.when(fact));
      if (lacking) return `what fact ${fact} includes is left out`;
    }
    return null;
  }

  /** The facts that a step's controls have fallen, or null where it is closed whatever falls. @param {number} step
   * @returns {number[] | null} */
  falls(step) {
    const { system, asked, estate } = this;
    if (system.level[step] > this.run.assume || !estate.isThere(step)) return null;
    if (estate.knownAs(step) > system.bases.indexOf(asked.basis)) return null;
    if (system.shut[step] === 1 && !this.doubted.has("fail_closed")) return null;
    if (estate.put.some(({ id, kind, stopped }) => stopped.has(step) && !this.doubted.has(id) && !this.doubted.has(kind))) return null;
    const found = [];
    for (let at = system.blockers.first[step]; at < system.blockers.first[step + 1]; at++) {
      const control = system.blockers.values[at];
      if (!this.holds(step, control)) continue;
      if (system.provider[control] < 0) return null;
      found.push(system.inactive + control);
    }
    return found;
  }

  /** Whether a control of the estate is there, believed, and more than a name. @param {number} step
   * @param {number} control */
  holds(step, control) {
    const { system, estate } = this;
    if (estate.lacking[control] || this.doubted.has(system.controls[control]) || this.doubted.has(system.control_kinds[control])) return false;
    return !estate.isHollow(control, step);
  }

  /** @param {number} step */
  own(step) { return this.estate.needs(step); }

  /** The lowest level, or the first hour, at which a step gives its conclusion; never is Infinity.
   * @param {number} step @param {number[]} falls @param {(fact: number) => number} when */
  soonest(step, falls, when) {
    const own = this.own(step), moments = [...new Set(own.map(when))].filter(Number.isFinite).sort((a, b) => a - b);
    const moment = moments.find((limit) => this.passes(step, own.map((premise) => when(premise) <= limit)));
    if (moment === undefined) return Infinity;
    const start = this.timed ? moment + this.system.delay[step] : Math.max(moment, this.system.level[step]);
    const found = Math.max(start, ...falls.map(when));
    return this.timed && found > 0 && found >= this.end ? Infinity : found;
  }

  /** Whether premises are enough, by whether each holds. @param {number} step @param {boolean[]} holds */
  passes(step, holds) {
    const need = this.system.need[step], yes = holds.filter(Boolean).length;
    switch (this.system.gate[step]) {
      case 0: return yes === holds.length;
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
