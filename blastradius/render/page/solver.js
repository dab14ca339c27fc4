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

/** A queue of facts by level and hops, which are few: each pair has a bucket, in which they stand as they come, for how many
 * facts were known grows; of those that came when as many were known the least is first. It does what the heap below does. */
class Buckets {
  /** @type {{values: Int32Array, end: number, read: number}[][]} by level and hops: how many were known, fact, and so on */ #rows = [];
  #level = 0;
  #hops = 0;

  /** @param {number} level @param {number} hops @param {number} known @param {number} fact */
  push(level, hops, known, fact) {
    const row = this.#row(level, hops), { read } = row;
    let place = row.end;
    if (place === row.values.length) row.values = lengthened(row.values, Int32Array);
    const { values } = row;
    values[place] = known;
    for (; place > read && values[place - 2] === known && values[place - 1] > fact; place -= 2) values[place + 1] = values[place - 1];
    values[place + 1] = fact;
    row.end += 2;
    if (level < this.#level || (level === this.#level && hops < this.#hops)) [this.#level, this.#hops] = [level, hops];
  }

  /** @param {number} level @param {number} hops */
  #row(level, hops) {
    while (this.#rows.length <= level) this.#rows.push([]);
    const rows = this.#rows[level];
    while (rows.length <= hops) rows.push({ values: new Int32Array(64), end: 0, read: 0 });
    return rows[hops];
  }

  /** The fact that comes next, or -1. */
  pop() {
    for (; this.#level < this.#rows.length; this.#level++, this.#hops = 0) {
      const rows = this.#rows[this.#level];
      for (; this.#hops < rows.length; this.#hops++) {
        const row = rows[this.#hops];
        if (row.read === row.end) continue;
        row.read += 2;
        return row.values[row.read - 1];
      }
    }
    return -1;
  }
}

/** A queue of facts from which what is least comes first: by level or hour, hops, how many facts were known, fact. */
class Heap {
  /** @type {number[]} */ #first = [];
  /** @type {number[]} */ #second = [];
  /** @type {number[]} */ #third = [];

  /** @param {number} total how many facts there are */
  constructor(total) { this.total = total; }

  /** @param {number} first @param {number} second @param {number} known @param {number} fact */
  push(first, second, known, fact) {
    const third = known * this.total + fact;
    let place = this.#first.length;
    for (let above = (place - 1) >> 1; place > 0 && !this.#isBefore(above, first, second, third); above = (place - 1) >> 1) {
      this.#move(above, place);
      place = above;
    }
    this.#put(place, first, second, third);
  }

  /** The fact that comes next, or -1. */
  pop() {
    const count = this.#first.length - 1, fact = count < 0 ? -1 : this.#third[0] % this.total;
    const [first, second, third] = [this.#first.pop() ?? 0, this.#second.pop() ?? 0, this.#third.pop() ?? 0];
    if (count < 1) return fact;
    let place = 0;
    for (let below = 1; below < count; below = 2 * place + 1) {
      if (below + 1 < count && this.#isBefore(below + 1, this.#first[below], this.#second[below], this.#third[below])) below++;
      if (!this.#isBefore(below, first, second, third)) break;
      this.#move(below, place);
      place = below;
    }
    this.#put(place, first, second, third);
    return fact;
  }

  /** Whether what is at a place comes before something. @param {number} place @param {number} first
   * @param {number} second @param {number} third */
  #isBefore(place, first, second, third) {
    if (this.#first[place] !== first) return this.#first[place] < first;
    if (this.#second[place] !== second) return this.#second[place] < second;
    return this.#third[place] < third;
  }

  /** @param {number} from @param {number} to */
  #move(from, to) { this.#put(to, this.#first[from], this.#second[from], this.#third[from]); }

  /** @param {number} place @param {number} first @param {number} second @param {number} third */
  #put(place, first, second, third) {
    this.#first[place] = first;
    this.#second[place] = second;
    this.#third[place] = third;
  }
}

/** @typedef {{state: Uint8Array, best: Int32Array, work: Int32Array, room: number}} Bench what a solving works on and leaves
 *   behind: of a large estate it is used again, for making it takes long; room is how many proofs there were */

/** @param {Compiled} system @returns {Bench} */
function benchOf({ total, rule }) {
  return { state: new Uint8Array(total), best: new Int32Array(4 * total), work: new Int32Array(2 * rule.length), room: 64 };
}

/** @type {WeakMap<Compiled, Bench>} */ const BENCHES = new WeakMap();

/** @type {number[]} */ const NONE = [];
const SEED = -1, SEVERAL = -1, UNKNOWN = 0, OFFERED = 1, SETTLED = 2;

/** One solving. Where an outage counts, each level is solved by itself, in the order of arrival. */
class Run {
  /** @type {Map<number, number[]>} what goes through the gate of the best step to a fact so far */ #chosen = new Map();
  #known = 0;

  /** @param {Compiled} system @param {World} world @param {number} assume @param {number | null} end
   * hours after which an outage is over; null where no hour counts @param {Clock} [clock] */
  constructor(system, world, assume, end, clock) {
    this.system = system;
    this.world = world;
    this.assume = assume;
    this.end = end;
    this.clock = clock;
    this.bench = BENCHES.get(system) ?? benchOf(system);
    BENCHES.delete(system);
    this.settled = new Proofs(system.total, this.bench.room);
    this.queue = end === null ? new Buckets() : new Heap(system.total);
    /** of each fact whether it is known
     * @type {Uint8Array} */ this.state = this.bench.state.fill(UNKNOWN);
    /** the best of it so far, side by side: its level and hops; the step, or SEED, as of what a stronger fact includes; and what
     * the proof rests on, if on one fact alone, else SEVERAL: that is read from the step */
    this.best = this.bench.best;
    this.at = new Float64Array(end === null ? 0 : system.total);
    /** as the world has it, but for what came already */
    this.work = this.bench.work;
    this.work.set(world.work);
    /** whether a step that waits for one fact alone is taken as soon as that comes, whatever the hour or the order */
    this.isPlain = end === null && !clock && !world.moved.size;
  }

  /** Leave what it worked on to the next, once nothing but what is settled is asked any more. */
  leave() { BENCHES.set(this.system, { ...this.bench, room: this.settled.count + 64 }); }

  /** Take facts as holding from an hour on, whatever leads to them. @param {Iterable<[number, number]>} facts */
  hold(facts) {
    for (const [fact, at] of facts) this.#offer(fact, 1, at, 0, SEED, SEVERAL);
    return this;
  }

  /** @param {number[]} seeds */
  settle(seeds) {
    for (const seed of seeds) this.#offer(seed, 1, 0, 0, SEED, SEVERAL);
    for (let fact = this.queue.pop(); fact >= 0; fact = this.queue.pop()) {
      if (this.state[fact] === SETTLED) continue;
      this.state[fact] = SETTLED;
      this.#prove(fact);
      this.#follow(fact);
    }
    return this;
  }

  /** @param {number} fact */
  #prove(fact) {
    const { world, system, settled } = this, step = this.best[4 * fact + 2], premise = this.best[4 * fact + 3];
    settled.add(fact, step, this.#level(fact), this.#hops(fact), this.#hour(fact), NONE);
    if (premise !== SEVERAL) return settled.rest(premise);
    if (step === SEED) return;
    const { premises } = system, { first, values } = world.standing;
    if (system.gate[step] === ALL && !world.shrunk.has(step)) for (let place = premises.first[step]; place < premises.first[step + 1]; place++) settled.rest(premises.values[place]);
    else for (const premise of system.gate[step] === ALL ? world.premises(step) : /** @type {number[]} */ (this.#chosen.get(fact))) settled.rest(premise);
    for (let place = first[step]; place < first[step + 1]; place++) settled.rest(this.#fallOf(values[place]));
  }

  /** @param {number} fact */
  #level(fact) { return this.best[4 * fact]; }

  /** @param {number} fact */
  #hops(fact) { return this.best[4 * fact + 1]; }

  /** @param {number} fact */
  #hour(fact) { return this.end === null ? 0 : this.at[fact]; }

  /** @param {number} fact @param {number} level @param {number} at @param {number} hops @param {number} step
   * @param {number} premise @param {number[]} [chosen] */
  #offer(fact, level, at, hops, step, premise, chosen) {
    const state = this.state[fact];
    if (state === SETTLED || (state === OFFERED && !this.#isBetter(fact, level, at, hops))) return;
    if (state === UNKNOWN) this.#known++;
    this.state[fact] = OFFERED;
    if (this.end !== null) this.at[fact] = at;
    const place = 4 * fact;
    this.best[place] = level;
    this.best[place + 1] = hops;
    this.best[place + 2] = step;
    this.best[place + 3] = premise;
    if (chosen) this.#chosen.set(fact, chosen);
    this.queue.push(this.end === null ? level : at, hops, this.#known, fact);
  }

  /** @param {number} fact @param {number} level @param {number} at @param {number} hops */
  #isBetter(fact, level, at, hops) {
    if (level !== this.#level(fact)) return level < this.#level(fact);
    return at !== this.#hour(fact) ? at < this.#hour(fact) : hops < this.#hops(fact);
  }

  /** @param {number} fact */
  #follow(fact) {
    const { system, world } = this, control = fact - system.inactive, level = this.#level(fact);
    if (fact < system.width * system.entities.length) this.#include(fact, level);
    if (this.isPlain) this.#takeAll(fact, level);
    else for (const step of world.ordered(rowOf(world.index.waiting, fact))) if (this.#awaits(step, fact)) this.#advance(step, level);
    if (control >= 0 && control < system.controls.length) for (const step of world.ordered(rowOf(world.falls, control))) this.#advance(step, level);
  }

  /** Of the steps that wait for a fact most wait for it alone. @param {number} fact @param {number} level */
  #takeAll(fact, level) {
    const { state, assume, world: { alone, shrunk, index: { waiting: { first, values }, concluding, hop } } } = this, isWhole = !shrunk.size, hops = this.#hops(fact);
    for (let place = first[fact]; place < first[fact + 1]; place++) {
      const own = alone[place];
      if (own > assume || state[concluding[place]] === SETTLED) continue;
      if (own) this.#offer(concluding[place], own > level ? own : level, 0, hop[place] + hops, values[place], fact);
      else if (isWhole || this.#awaits(values[place], fact)) this.#advance(values[place], level);
    }
  }

  /** What a fact includes holds with it. @param {number} fact @param {number} level */
  #include(fact, level) {
    const { width, kinds } = this.system, { first, values } = this.world.index.included, place = fact % width, row = kinds[(fact - place) / width] * width + place;
    for (let at = first[row]; at < first[row + 1]; at++) this.#offer(fact - place + values[at], level, this.#hour(fact), this.#hops(fact), SEED, fact);
  }

  /** Whether a step still waits for what it has waited for. @param {number} step @param {number} fact */
  #awaits(step, fact) {
    const shrunk = this.world.shrunk.get(step);
    return !shrunk || shrunk.premises.includes(fact);
  }

  /** @param {number} step @param {number} latest the level of what came */
  #advance(step, latest) {
    const { world } = this, left = --this.work[2 * step], hasGate = (left & GATED) > 0;
    if ((left & WAITING && !hasGate) || left & CLOSED || this.state[this.work[2 * step + 1]] === SETTLED) return;
    const level = this.#levelOf(step);
    if (level > this.assume) return;
    if (hasGate) this.#throughGate(step, Math.max(level, latest));
    else if (world.shrunk.has(step)) this.#conclude(step, world.premises(step));
    else this.#concludeAll(step, level);
  }

  /** Through a gate goes what comes soonest, and none too many. @param {number} step @param {number} level */
  #throughGate(step, level) {
    const premises = [...this.world.premises(step)];
    const isHeld = (/** @type {number} */ fact) => this.isSettled(fact) && this.#level(fact) <= level;
    if (!this.#fallen(step).every(isHeld)) return;
    let held = premises.filter(isHeld).sort((mine, theirs) => this.#hour(mine) - this.#hour(theirs) || this.#hops(mine) - this.#hops(theirs));
    if (!this.#suffice(step, held)) return;
    for (const last of [...held].reverse()) {
      const spared = held.filter((premise) => premise !== last);
      if (this.#suffice(step, spared)) held = spared;
    }
    const chosen = held.sort((one, other) => premises.indexOf(one) - premises.indexOf(other));
    this.#conclude(step, chosen, chosen);
  }

  /** @param {number} step that needs all that is stated @param {number} least its own level */
  #concludeAll(step, least) {
    const { system: { premises: { first, values }, hop, conclusion }, world: { standing } } = this;
    if (this.end !== null || this.clock || standing.first[step] !== standing.first[step + 1]) return this.#conclude(step, this.world.premises(step));
    let level = least, hops = 0;
    for (let place = first[step]; place < first[step + 1]; place++) {
      const premise = values[place];
      if (this.#level(premise) > level) level = this.#level(premise);
      if (this.#hops(premise) > hops) hops = this.#hops(premise);
    }
    this.#offer(conclusion[step], level, 0, hop[step] + hops, step, SEVERAL);
  }

  /** @param {number} step @param {ArrayLike<number>} waited @param {number[]} [chosen] */
  #conclude(step, waited, chosen) {
    const { system, world } = this, { first, values } = world.standing;
    let level = this.#levelOf(step), hops = 0, at = 0;
    for (let place = 0; place < waited.length; place++) {
      const premise = waited[place];
      level = Math.max(level, this.#level(premise));
      hops = Math.max(hops, this.#hops(premise));
      at = Math.max(at, this.#hour(premise));
    }
    at += this.end === null ? 0 : system.delay[step];
    for (let place = first[step]; place < first[step + 1]; place++) {
      const fallen = this.#fallOf(values[place]);
      level = Math.max(level, this.#level(fallen));
      hops = Math.max(hops, this.#hops(fallen));
      at = Math.max(at, this.#hour(fallen));
    }
    at += this.clock?.delays[step] ?? 0;
    if (!this.#isOver(at) && !this.#isCut(step)) this.#offer(system.conclusion[step], level, at, system.hop[step] + hops, step, SEVERAL, chosen);
  }

  /** @param {number} step */
  #isCut(step) {
    const cut = this.clock?.cut;
    return cut !== undefined && cut.size > 0 && this.world.along(step).some((relation) => cut.has(relation));
  }

  /** @param {number} fact */
  isSettled(fact) { return this.state[fact] === SETTLED; }

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
    for (const step of this.world.ordered(this.#touched())) {
      const held = Array.from(this.world.premises(step)).filter((premise) => this.isSettled(premise));
      if (held.length) found.push(this.#stopped(step, held, asked));
    }
    return found;
  }

  /** Steps that something settled leads to, and that are there, but whose conclusion is not reached. */
  #touched() {
    const { state, system: { conclusion, premises: { first, values } }, world: { closed } } = this, found = [];
    for (let step = 0; step < closed.length; step++) {
      if (state[conclusion[step]] === SETTLED || closed[step] === 2) continue;
      let at = first[step];
      while (at < first[step + 1] && state[values[at]] !== SETTLED) at++;
      if (at < first[step + 1] && !this.#isPassedOver(conclusion[step])) found.push(step);
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
    const missing = enough ? [] : [...this.world.premises(step)].filter((premise) => !this.isSettled(premise));
    return {
      step, held,
      missing: [...new Set(missing)],
      level: system.level[step] > asked.assume ? system.level[step] : null,
      controls: [...rowOf(this.world.standing, step)].filter((control) => !this.isSettled(this.#fallOf(control))),
      after: enough && this.end !== null ? this.#outlasts(step, held) : null,
      basis: this.world.basis(step) > system.bases.indexOf(asked.basis) ? system.bases[this.world.basis(step)] : null,
    };
  }

  /** The buffer, where the outage is over before it is used up. @param {number} step @param {number[]} held */
  #outlasts(step, held) {
    const sorted = [...held].sort((one, other) => this.#hour(one) - this.#hour(other));
    let enough = 1;
    while (!this.#suffice(step, sorted.slice(0, enough))) enough++;
    const fallen = this.#fallen(step).filter((fact) => this.isSettled(fact)).map((fact) => this.#hour(fact));
    const delay = this.system.delay[step];
    return this.#isOver(Math.max(delay + this.#hour(sorted[enough - 1]), ...fallen)) ? delay : null;
  }
}

/** A scenario solved: a proof for each fact, premises first, and all that stopped at the frontier.
 * @param {Compiled} system @param {Asked} asked @returns {Answer} */
function solve(system, asked) {
  const seeds = seedsOf(system, asked), world = worldOf(system, asked);
  const timed = isTimed(asked);
  const levels = timed ? Array.from({ length: asked.assume }, (_, place) => place + 1) : [asked.assume];
  const runs = levels.map((level) => new Run(system, world, level, timed ? asked.hours ?? Infinity : null).settle(seeds));
  const stops = runs[runs.length - 1].frontier(asked), proofs = timed ? gathered(system, runs) : runs[0].settled;
  runs[0].leave();
  return { proofs, stops, runs: runs.map(({ assume, settled }) => ({ assume, settled })), world };
}

/** What each run proves that was not proved at a lower level, or arrives sooner than there.
 * @param {Compiled} system @param {Settled[]} runs */
function gathered(system, runs) {
  const found = new Proofs(system.total), hours = new Float64Array(system.total), hops = new Int32Array(system.total);
  for (const { assume, settled } of runs) {
    for (let place = 0; place < settled.count; place++) {
      const fact = settled.fact[place], step = settled.step[place], at = settled.at[place], premises = settled.premisesAt(place);
      if (found.has(fact) && hours[fact] <= at) continue;
      hops[fact] = (step < 0 ? 0 : system.hop[step]) + premises.reduce((deepest, premise) => Math.max(deepest, hops[premise]), 0);
      hours[fact] = at;
      found.add(fact, step, premises.length ? assume : 1, hops[fact], at, premises);
    }
  }
  return found;
}
