// The solver of the page: the least fixpoint of one scenario over the compiled steps of an estate.
// It does what blastradius/engine/single/shortest_proofs.py does, step by step and in the same order, so that
// levels, hops, hours, proofs and what stopped are the same; tests compare the two on random estates.
"use strict";

/**
 * @typedef {{first: Int32Array, values: Int32Array}} Lists row i is values[first[i]] up to values[first[i + 1]]
 * @typedef {{
 *   width: number, capabilities: string[], applies: number[][], includes: number[][][],
 *   entities: string[], kinds: Int8Array, controls: string[], control_kinds: string[], provided: Int8Array, on: Int32Array,
 *   relations: string[], telling: Int32Array, zones: Record<string, number[]>, parts: Record<string, number[]>,
 *   seeds: Record<string, string>, attacks: string[], credential: number, bases: string[],
 *   total: number, inactive: number, present: number, after_present: number, anyone: number,
 *   rules: string[], rule: Int8Array, level: Int8Array, hop: Int8Array, gate: Int8Array, need: Int32Array,
 *   conclusion: Int32Array, basis: Int8Array, shut: Int8Array, delay: Float64Array,
 *   premises: Lists, blockers: Lists, along: Lists
 * }} Compiled
 * @typedef {{seeds: Record<string, string[]>, anyone: boolean, hours: number | null, assume: number,
 *   distrust: string[], without: string[], basis: string}} Asked
 * @typedef {{level: number, at: number, hops: number, step: number, premises: number[]}} Found
 *   step is -1 for a seed, and for what a stronger fact includes
 * @typedef {{assume: number, settled: Map<number, Found>}} Settled
 * @typedef {{fact: number, step: number, level: number, hops: number, at: number, premises: number[]}} Proved
 * @typedef {{step: number, held: number[], missing: number[], level: number | null, controls: number[],
 *   after: number | null, basis: string | null}} Stop
 * @typedef {{proofs: Proved[], stops: Stop[], runs: Settled[]}} Answer
 * @typedef {{closed: Uint8Array, standing: number[][], waiting: Lists}} Status
 */

const ALL = 0, SOME = 1; // how many premises a step needs: all, at least `need`, or (2) a quorum's

/** The compiled estate from what is written in the page: typed arrays travel as base64. @returns {Compiled} */
function unpack(/** @type {any} */ written) {
  if (Array.isArray(written)) return /** @type {any} */ (written.map(unpack));
  if (written === null || typeof written !== "object") return written;
  if (typeof written.base64 === "string") {
    const bytes = Uint8Array.from(atob(written.base64), (letter) => letter.charCodeAt(0));
    const type = { int8: Int8Array, int32: Int32Array, float64: Float64Array }[/** @type {"int8"} */ (written.type)];
    return /** @type {any} */ (new type(bytes.buffer));
  }
  const read = Object.entries(written).map(([name, value]) => [name, unpack(value)]);
  return /** @type {any} */ (Object.assign(Object.create(null), Object.fromEntries(read)));
}

/** @param {Lists} lists @param {number} row */
function rowOf(lists, row) {
  return lists.values.subarray(lists.first[row], lists.first[row + 1]);
}

/** Values by the row that they belong to, in the order given. @param {number[]} rows @param {number[]} values
 * @param {number} count @returns {Lists} */
function grouped(rows, values, count) {
  const first = new Int32Array(count + 1);
  for (const row of rows) first[row + 1]++;
  for (let row = 0; row < count; row++) first[row + 1] += first[row];
  const next = first.slice(), sorted = new Int32Array(values.length);
  values.forEach((value, place) => { sorted[next[rows[place]]++] = value; });
  return { first, values: sorted };
}

/** Names in the order of their code points, as Python sorts them. @param {string} one @param {string} other */
function byCodePoint(one, other) {
  const [mine, theirs] = [Array.from(one), Array.from(other)];
  for (let place = 0; place < Math.min(mine.length, theirs.length); place++) {
    const difference = Number(mine[place].codePointAt(0)) - Number(theirs[place].codePointAt(0));
    if (difference) return difference;
  }
  return mine.length - theirs.length;
}

/** Whose facts a name stands for: an entity with its parts and theirs, a zone with all that lies in it.
 * @param {Compiled} system @param {string} name */
function standsFor(system, name) {
  const own = system.entities.indexOf(name);
  const found = own < 0 ? [...(system.zones[name] ?? [])] : [own];
  if (!found.length && !(name in system.zones)) throw new Error(`nothing in this estate is called ${JSON.stringify(name)}`);
  for (const whole of found) found.push(...(system.parts[whole] ?? []).filter((part) => !found.includes(part)));
  return found;
}

/** The facts that a scenario starts from, in the order in which they are settled. @param {Compiled} system
 * @param {Asked} asked @returns {number[]} */
function seedsOf(system, asked) {
  const found = new Set();
  for (const [way, names] of Object.entries(asked.seeds)) {
    for (const entity of names.flatMap((name) => standsFor(system, name))) {
      const operates = way === "use" && system.kinds[entity] === system.credential;
      const place = system.capabilities.indexOf(operates ? "operate" : system.seeds[way]);
      if (system.applies[system.kinds[entity]][place]) found.add(entity * system.width + place);
    }
  }
  const attacked = asked.anyone || system.attacks.some((way) => asked.seeds[way]?.length);
  if (attacked) found.add(system.anyone);
  const nameOf = (/** @type {number} */ fact) =>
    fact === system.anyone ? ["internet", "anyone"] : [system.entities[Math.floor(fact / system.width)], system.capabilities[fact % system.width]];
  return [...found].sort((one, other) => byCodePoint(nameOf(one)[0], nameOf(other)[0]) || byCodePoint(nameOf(one)[1], nameOf(other)[1]));
}

/** Which steps are closed for good, which controls stand on the others, and what waits for each fact.
 * @param {Compiled} system @param {Asked} asked @returns {Status} */
function statusOf(system, asked) {
  const count = system.rule.length, closed = new Uint8Array(count);
  const distrusted = system.controls.map((name, control) => asked.distrust.includes(name) || asked.distrust.includes(system.control_kinds[control]));
  const weakest = system.bases.indexOf(asked.basis), gone = removed(system, asked.without);
  /** @type {number[][]} */ const standing = [];
  /** @type {number[]} */ const facts = [];
  /** @type {number[]} */ const owners = [];
  for (let step = 0; step < count; step++) {
    standing.push([...rowOf(system.blockers, step)].filter((control) => !distrusted[control]));
    const shut = system.shut[step] && !asked.distrust.includes("fail_closed");
    const forever = standing[step].some((control) => !system.provided[control]);
    if (forever || shut || system.basis[step] > weakest) closed[step] = 1;
    if (gone.size && isGone(system, step, gone)) closed[step] = 2;
    for (const premise of rowOf(system.premises, step)) { facts.push(premise); owners.push(step); }
  }
  standing.forEach((controls, step) => {
    if (!closed[step]) for (const control of controls) { facts.push(system.inactive + control); owners.push(step); }
  });
  return { closed, standing, waiting: grouped(facts, owners, system.total) };
}

/** Whether a step runs along a relation that is taken away, or brings down a control on one. @param {Compiled} system
 * @param {number} step @param {Set<number>} gone */
function isGone(system, step, gone) {
  const control = system.conclusion[step] - system.inactive;
  const on = control >= 0 && control < system.controls.length ? system.on[control] : -1;
  return gone.has(on) || rowOf(system.along, step).some((relation) => gone.has(relation));
}

/** The relations to take away, by number. Those on which other rules' steps depend change the estate, and only the
 * command line compiles an estate. @param {Compiled} system @param {string[]} names */
function removed(system, names) {
  const telling = new Set(system.telling);
  return new Set(names.map((name) => {
    const number = system.relations.indexOf(name);
    if (number < 0) throw new Error(`no relation of this estate is called ${JSON.stringify(name)}`);
    if (telling.has(number)) throw new Error(`other steps depend on ${JSON.stringify(name)}; the command line answers without it`);
    return number;
  }));
}

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
  /** @type {Map<number, Found>} */ #tentative = new Map();
  /** @type {Map<number, number>} */ #missing = new Map();
  #heap = new Heap();

  /** @param {Compiled} system @param {Status} status @param {number} assume @param {number | null} end
   * hours after which an outage is over; null where no hour counts */
  constructor(system, status, assume, end) {
    this.system = system;
    this.status = status;
    this.assume = assume;
    this.end = end;
  }

  /** @param {number[]} seeds */
  settle(seeds) {
    for (const seed of seeds) this.#offer(seed, { level: 1, at: 0, hops: 0, step: -1, premises: [] });
    while (this.#heap.size) {
      const [level, at, hops, , fact] = this.#heap.pop();
      const found = /** @type {Found} */ (this.#tentative.get(fact));
      if (this.settled.has(fact) || found.level !== level || found.at !== at || found.hops !== hops) continue;
      this.settled.set(fact, found);
      this.#follow(fact, found);
    }
    return this;
  }

  /** @param {number} fact @param {Found} found */
  #offer(fact, found) {
    const known = this.#tentative.get(fact);
    if (known && !Heap.before([found.level, found.at, found.hops], [known.level, known.at, known.hops])) return;
    this.#tentative.set(fact, found);
    this.#heap.push([found.level, found.at, found.hops, this.#tentative.size, fact]);
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
    for (const step of rowOf(this.status.waiting, fact)) this.#advance(step, found);
  }

  /** @param {number} step @param {Found} latest */
  #advance(step, latest) {
    const { system, status } = this;
    const premises = rowOf(system.premises, step), level = this.#levelOf(step);
    const falls = status.closed[step] ? 0 : status.standing[step].length;
    const left = (this.#missing.get(step) ?? premises.length + falls) - 1;
    this.#missing.set(step, left);
    if (status.closed[step] || level > this.assume || this.settled.has(system.conclusion[step])) return;
    if (system.gate[step] !== ALL) this.#throughGate(step, Math.max(level, latest.level));
    else if (left === 0) this.#conclude(step, [...premises]);
  }

  /** Through a gate goes what comes soonest, and none too many. @param {number} step @param {number} level */
  #throughGate(step, level) {
    const premises = [...rowOf(this.system.premises, step)];
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
  #fallen(step) { return this.status.standing[step].map((control) => this.system.inactive + control); }

  /** @param {number} step */
  #levelOf(step) {
    const level = this.system.level[step];
    return this.end !== null && level <= this.assume ? 1 : level;
  }

  /** What comes at once always comes. @param {number} at */
  #isOver(at) { return this.end !== null && at > 0 && at >= this.end; }

  /** @param {number} step @param {number[]} held */
  #suffice(step, held) {
    const premises = rowOf(this.system.premises, step), gate = this.system.gate[step];
    if (gate === ALL) return held.length === premises.length;
    if (gate === SOME) return held.length >= this.system.need[step];
    return outvotes(premises, this.system.need[step], new Set(held));
  }

  /** Steps to which something settled leads and whose conclusion is not reached, with all that stands in their way.
   * @param {Asked} asked @returns {Stop[]} */
  frontier(asked) {
    const found = [];
    for (const step of [...this.#missing.keys()].sort((one, other) => one - other)) {
      const conclusion = this.system.conclusion[step];
      if (this.settled.has(conclusion) || this.#isPassedOver(conclusion) || this.status.closed[step] === 2) continue;
      const held = [...rowOf(this.system.premises, step)].filter((premise) => this.settled.has(premise));
      if (held.length) found.push(this.#stopped(step, held, asked));
    }
    return found;
  }

  /** Of stepping stones only keys are asked after: what stops a copy stands on them. @param {number} fact */
  #isPassedOver(fact) {
    const { width, entities, present, after_present } = this.system;
    return fact >= width * entities.length && !(present <= fact && fact < after_present);
  }

  /** @param {number} step @param {number[]} held @param {Asked} asked @returns {Stop} */
  #stopped(step, held, asked) {
    const { system } = this, enough = this.#suffice(step, held);
    const missing = enough ? [] : [...rowOf(system.premises, step)].filter((premise) => !this.settled.has(premise));
    return {
      step, held,
      missing: [...new Set(missing)],
      level: system.level[step] > asked.assume ? system.level[step] : null,
      controls: this.status.standing[step].filter((control) => !this.settled.has(system.inactive + control)),
      after: enough && this.end !== null ? this.#outlasts(step, held) : null,
      basis: system.basis[step] > system.bases.indexOf(asked.basis) ? system.bases[system.basis[step]] : null,
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
  const seeds = seedsOf(system, asked), status = statusOf(system, asked);
  const isTimed = Boolean(asked.seeds.outage?.length) || asked.hours !== null;
  const levels = isTimed ? Array.from({ length: asked.assume }, (_, place) => place + 1) : [asked.assume];
  const runs = levels.map((level) => new Run(system, status, level, isTimed ? asked.hours ?? Infinity : null).settle(seeds));
  /** @type {Map<number, Proved>} */ const last = new Map();
  const proofs = runs.flatMap((run) => proved(system, run, last, isTimed));
  return { proofs, stops: runs[runs.length - 1].frontier(asked), runs };
}

/** What a run proves that was not proved at a lower level, or arrives sooner than there.
 * @param {Compiled} system @param {Run} run @param {Map<number, Proved>} last @param {boolean} isTimed */
function proved(system, run, last, isTimed) {
  const added = [];
  for (const [fact, { level, at, hops, step, premises }] of run.settled) {
    const before = last.get(fact);
    if (before && before.at <= at) continue;
    const deepest = Math.max(0, ...premises.map((premise) => last.get(premise)?.hops ?? 0));
    const found = {
      fact, step, premises, at,
      level: !isTimed ? level : premises.length ? run.assume : 1,
      hops: isTimed ? (step < 0 ? 0 : system.hop[step]) + deepest : hops,
    };
    last.set(fact, found);
    added.push(found);
  }
  return added;
}
