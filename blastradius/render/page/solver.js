// The solver of the page: the least fixpoint of one scenario over the compiled steps of an estate.
// It does what blastradius/engine/single/shortest_proofs.py does, step by step and in the same order, so that
// levels, hops, hours, proofs and what stopped are the same; tests compare the two on random estates.
"use strict";

const ALL = 0, SOME = 1; // how many premises a step needs: all, at least `need`, or (2) a quorum's

/** Whether a quorum is wrong: the first half of its premises says that a feed is, the other half that it is down.
 * @param {ArrayLike<number>} premises @param {number} least @param {Set<number>} held */
function outvotes(premises, least, held) {
  const feeds = premises.length / 2;
  let wrong = 0, right = 0, up = feeds;
  for (let feed = 0; feed < feeds; feed++) {
    const isWrong = held.has(premises[feed]), isDown = held.has(premises[feeds + feed]);
    if (isWrong) wrong++;
    if (isDown) up--;
    if (!isWrong && !isDown) right++;
  }
  const live = right + wrong;
  if (live < least) return wrong >= 1;
  return wrong >= Math.floor(live / 2) + 1 || (up < least && right + 1 < least);
}

/** Whether some of a step's premises are enough for its gate. @param {Compiled} system @param {number} step
 * @param {ArrayLike<number>} premises @param {ArrayLike<number>} held */
function suffices(system, step, premises, held) {
  if (system.gate[step] === ALL) return held.length === premises.length;
  if (system.gate[step] === SOME) return held.length >= system.need[step];
  return outvotes(premises, system.need[step], new Set(Array.from(held)));
}

/** A queue from which what is least comes first: by level, hour, hops, how many facts were known, fact. */
class Heap {
  /** @type {number[][]} */ #rows = [];

  get size() { return this.#rows.length; }

  /** @param {number[]} one @param {number[]} other */
  static before(one, other) {
    for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return one[place] < other[place];
    return false;
  }

  /** @param {number[]} row */
  push(row) {
    const rows = this.#rows;
    let place = rows.length;
    for (let above = (place - 1) >> 1; place > 0 && Heap.before(row, rows[above]); above = (place - 1) >> 1) {
      rows[place] = rows[above];
      place = above;
    }
    rows[place] = row;
  }

  /** @returns {number[]} */
  pop() {
    const rows = this.#rows, least = rows[0], last = /** @type {number[]} */ (rows.pop());
    if (!rows.length) return least;
    let place = 0;
    for (let below = 1; below < rows.length; below = 2 * place + 1) {
      if (below + 1 < rows.length && Heap.before(rows[below + 1], rows[below])) below++;
      if (!Heap.before(rows[below], last)) break;
      rows[place] = rows[below];
      place = below;
    }
    rows[place] = last;
    return least;
  }
}

/** One solving. Where an outage counts, each level is solved by itself, in the order of arrival. */
class Run {
  /** @type {Map<number, Found>} */ settled = new Map();
  /** @type {Found[]} best so far, by fact */ #tentative;
  /** @type {Int32Array} how many facts each step still waits for, -1 before the first of them comes */ #missing;
  #known = 0;
  #heap = new Heap();

  /** @param {Compiled} system @param {World} world @param {number} assume @param {number | null} end
   * hours after which an outage is over; null where no hour counts */
  constructor(system, world, assume, end) {
    this.system = system;
    this.world = world;
    this.assume = assume;
    this.end = end;
    this.#tentative = new Array(system.total);
    this.#missing = new Int32Array(system.rule.length).fill(-1);
  }

  /** @param {number[]} seeds */
  settle(seeds) {
    for (const seed of seeds) this.#offer(seed, { level: 1, at: 0, hops: 0, step: -1, premises: [] });
    while (this.#heap.size) {
      const [level, at, hops, , fact] = this.#heap.pop();
      const found = this.#tentative[fact];
      if (this.settled.has(fact) || found.level !== level || found.at !== at || found.hops !== hops) continue;
      this.settled.set(fact, found);
      this.#follow(fact, found);
    }
    return this;
  }

  /** @param {number} fact @param {Found} found */
  #offer(fact, found) {
    const known = this.#tentative[fact];
    if (known && !Heap.before([found.level, found.at, found.hops], [known.level, known.at, known.hops])) return;
    if (!known) this.#known++;
    this.#tentative[fact] = found;
    this.#heap.push([found.level, found.at, found.hops, this.#known, fact]);
  }

  /** @param {number} fact @param {Found} found */
  #follow(fact, found) {
    const { width, entities, kinds, includes } = this.system;
    if (fact < width * entities.length) {
      const place = fact % width;
      for (const part of includes[kinds[(fact - place) / width]][place]) {
        this.#offer(fact - place + part, { ...found, step: -1, premises: [fact] });
      }
    }
    for (const step of this.world.ordered(rowOf(this.world.index.waiting, fact))) if (this.#awaits(step, fact)) this.#advance(step, found);
    const control = fact - this.system.inactive;
    if (control >= 0 && control < this.system.controls.length) for (const step of this.world.ordered(rowOf(this.world.falls, control))) this.#advance(step, found);
  }

  /** Whether a step still waits for what it has waited for. @param {number} step @param {number} fact */
  #awaits(step, fact) {
    const shrunk = this.world.shrunk.get(step);
    return !shrunk || shrunk.premises.includes(fact);
  }

  /** @param {number} step @param {Found} latest */
  #advance(step, latest) {
    const { system, world } = this;
    const premises = world.premises(step), level = this.#levelOf(step);
    const falls = world.closed[step] ? 0 : rowOf(world.standing, step).length, known = this.#missing[step];
    const left = (known < 0 ? premises.length + falls : known) - 1;
    this.#missing[step] = left;
    if (world.closed[step] || level > this.assume || this.settled.has(system.conclusion[step])) return;
    if (system.gate[step] !== ALL) this.#throughGate(step, Math.max(level, latest.level));
    else if (left === 0) this.#conclude(step, [...premises]);
  }

  /** Through a gate goes what comes soonest, and none too many. @param {number} step @param {number} level */
  #throughGate(step, level) {
    const premises = [...this.world.premises(step)];
    const isHeld = (/** @type {number} */ fact) => (this.settled.get(fact)?.level ?? Infinity) <= level;
    if (!this.#fallen(step).every(isHeld)) return;
    let held = premises.filter(isHeld).sort((one, other) => {
      const [mine, theirs] = [this.#of(one), this.#of(other)];
      return mine.at - theirs.at || mine.hops - theirs.hops;
    });
    if (!this.#suffice(step, held)) return;
    for (const last of [...held].reverse()) {
      const spared = held.filter((premise) => premise !== last);
      if (this.#suffice(step, spared)) held = spared;
    }
    this.#conclude(step, held.sort((one, other) => premises.indexOf(one) - premises.indexOf(other)));
  }

  /** @param {number} step @param {number[]} waited */
  #conclude(step, waited) {
    const fallen = this.#fallen(step), premises = [...waited, ...fallen];
    const found = premises.map((premise) => this.#of(premise));
    const at = this.end === null ? 0 : Math.max(
      this.system.delay[step] + Math.max(...waited.map((premise) => this.#of(premise).at)),
      ...fallen.map((fact) => this.#of(fact).at),
    );
    if (this.#isOver(at)) return;
    const level = Math.max(this.#levelOf(step), ...found.map((premise) => premise.level));
    const hops = this.system.hop[step] + Math.max(...found.map((premise) => premise.hops));
    this.#offer(this.system.conclusion[step], { level, at, hops, step, premises });
  }

  /** @param {number} fact */
  #of(fact) { return /** @type {Found} */ (this.settled.get(fact)); }

  /** @param {number} step */
  #fallen(step) { return Array.from(rowOf(this.world.standing, step), (control) => this.#fallOf(control)); }

  /** That a control has fallen; what is put in place never does. @param {number} control */
  #fallOf(control) { return control < this.system.controls.length ? this.system.inactive + control : -1; }

  /** @param {number} step */
  #levelOf(step) {
    const level = this.system.level[step];
    return this.end !== null && level <= this.assume ? 1 : level;
  }

  /** What comes at once always comes. @param {number} at */
  #isOver(at) { return this.end !== null && at > 0 && at >= this.end; }

  /** @param {number} step @param {number[]} held */
  #suffice(step, held) { return suffices(this.system, step, this.world.premises(step), held); }

  /** Steps to which something settled leads and whose conclusion is not reached, with all that stands in their way.
   * @param {Asked} asked @returns {Stop[]} */
  frontier(asked) {
    const found = [];
    const touched = Array.from(this.#missing.keys()).filter((step) => this.#missing[step] >= 0);
    for (const step of this.world.ordered(touched)) {
      const conclusion = this.system.conclusion[step];
      if (this.settled.has(conclusion) || this.#isPassedOver(conclusion) || this.world.closed[step] === 2) continue;
      const held = [...this.world.premises(step)].filter((premise) => this.settled.has(premise));
      if (held.length) found.push(this.#stopped(step, held, asked));
    }
    return found;
  }

  /** Of stepping stones only keys are asked after: what stops a copy stands on them. @param {number} fact */
  #isPassedOver(fact) {
    const { width, entities, present, after_present } = this.system;
    return fact >= width * entities.length && !(present <= fact && fact < after_present && this.world.isNeeded(fact - present));
  }

  /** @param {number} step @param {number[]} held @param {Asked} asked @returns {Stop} */
  #stopped(step, held, asked) {
    const { system } = this, enough = this.#suffice(step, held);
    const missing = enough ? [] : [...this.world.premises(step)].filter((premise) => !this.settled.has(premise));
    return {
      step, held,
      missing: [...new Set(missing)],
      level: system.level[step] > asked.assume ? system.level[step] : null,
      controls: [...rowOf(this.world.standing, step)].filter((control) => !this.settled.has(this.#fallOf(control))),
      after: enough && this.end !== null ? this.#outlasts(step, held) : null,
      basis: this.world.basis(step) > system.bases.indexOf(asked.basis) ? system.bases[this.world.basis(step)] : null,
    };
  }

  /** The buffer, where the outage is over before it is used up. @param {number} step @param {number[]} held */
  #outlasts(step, held) {
    const sorted = [...held].sort((one, other) => this.#of(one).at - this.#of(other).at);
    let enough = 1;
    while (!this.#suffice(step, sorted.slice(0, enough))) enough++;
    const fallen = this.#fallen(step).filter((fact) => this.settled.has(fact)).map((fact) => this.#of(fact).at);
    const delay = this.system.delay[step];
    return this.#isOver(Math.max(delay + this.#of(sorted[enough - 1]).at, ...fallen)) ? delay : null;
  }
}

/** A scenario solved: a proof for each fact, premises first, and all that stopped at the frontier.
 * @param {Compiled} system @param {Asked} asked @returns {Answer} */
function solve(system, asked) {
  const seeds = seedsOf(system, asked), world = worldOf(system, asked);
  const timed = isTimed(asked);
  const levels = timed ? Array.from({ length: asked.assume }, (_, place) => place + 1) : [asked.assume];
  const runs = levels.map((level) => new Run(system, world, level, timed ? asked.hours ?? Infinity : null).settle(seeds));
  /** @type {Map<number, Proved>} */ const last = new Map();
  const proofs = runs.flatMap((run) => proved(system, run, last, timed));
  return { proofs, stops: runs[runs.length - 1].frontier(asked), runs, world };
}

/** What a run proves that was not proved at a lower level, or arrives sooner than there.
 * @param {Compiled} system @param {Run} run @param {Map<number, Proved>} last @param {boolean} timed */
function proved(system, run, last, timed) {
  const added = [];
  for (const [fact, { level, at, hops, step, premises }] of run.settled) {
    const before = last.get(fact);
    if (before && before.at <= at) continue;
    const deepest = Math.max(0, ...premises.map((premise) => last.get(premise)?.hops ?? 0));
    const found = {
      fact, step, premises, at,
      level: !timed ? level : premises.length ? run.assume : 1,
      hops: timed ? (step < 0 ? 0 : system.hop[step]) + deepest : hops,
    };
    last.set(fact, found);
    added.push(found);
  }
  return added;
}
