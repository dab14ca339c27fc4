// What a scenario makes of an estate: where it starts, which steps are there, which are closed, and what the others wait for.
"use strict";

const WAITING = (1 << 24) - 1, CLOSED = 1 << 24, GATED = 1 << 25; // in World.work
const NEVER = 255; // in World.alone

/** Whether it matters when something arrives. @param {Asked} asked */
function isTimed(asked) {
  return asked.hours !== null || (asked.seeds.outage ?? []).length > 0;
}

/** Whose facts a name stands for: an entity with its parts and theirs, a zone with all that lies in it.
 * @param {Compiled} system @param {string} name @param {Set<number>} gone relations that are taken away */
function standsFor(system, name, gone) {
  const own = system.numbers.entities.get(name), { parts } = lookupsOf(system);
  if (own === undefined && !(name in system.zones)) throw new Error(`nothing in this estate is called ${JSON.stringify(name)}`);
  const found = new Set(own === undefined ? system.zones[name] : [own]);
  for (const whole of found) for (const { end, relation } of parts.get(whole) ?? []) if (!gone.has(relation)) found.add(end);
  return [...found];
}

/** The facts that a scenario starts from, in the order in which they are settled. @param {Compiled} system
 * @param {Asked} asked @returns {number[]} */
function seedsOf(system, asked) {
  const found = new Set(), gone = removed(system, asked.without);
  for (const [way, names] of Object.entries(asked.seeds)) {
    for (const entity of names.flatMap((name) => standsFor(system, name, gone))) {
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

/** The relations to take away, by number. @param {Compiled} system @param {string[]} names */
function removed(system, names) {
  return new Set(names.map((name) => {
    const number = system.numbers.relations.get(name);
    if (number === undefined) throw new Error(`no relation of this estate is called ${JSON.stringify(name)}`);
    return number;
  }));
}

/** The controls to put in place, by the number of what each stands on; what is taken away is not guarded.
 * @param {Compiled} system @param {string[]} names @param {Set<number>} gone @returns {Added[]} */
function addedControls(system, names, gone) {
  const count = system.entities.length;
  return [...new Set(names)].flatMap((id) => {
    const at = id.indexOf("@"), kind = id.slice(0, at), name = id.slice(at + 1), relation = system.numbers.relations.get(name);
    const host = system.numbers.entities.get(name) ?? (relation === undefined ? undefined : count + relation);
    if (host === undefined || !(kind in system.placements)) throw new Error(`with: ${JSON.stringify(id)} is no control of something in this estate`);
    return gone.has(host - count) ? [] : [{ id, kind, host }];
  });
}

/** The estate as a scenario has it. */
class World {
  /** steps that wait for a control to fall, by the fact that it has
   * @type {Lists} */ falls;
  /** controls that stop each step; from `controls.length` on they are those that are put in place
   * @type {Lists} */ standing;
  /** steps that need all suppliers, of which some are taken away
   * @type {Map<number, {premises: Int32Array, along: Int32Array, basis: number}>} */ shrunk = new Map();

  /** @param {Compiled} system @param {Asked} asked */
  constructor(system, asked) {
    this.system = system;
    this.index = lookupsOf(system);
    this.distrust = new Set(asked.distrust);
    this.gone = removed(system, asked.without);
    this.added = addedControls(system, asked.with, this.gone);
    this.absent = this.#absent();
    /** 1 for a step that is closed for good, 2 for one that is not there */
    this.closed = new Uint8Array(system.rule.length);
    /** a guarded relation comes after all others, as it does where the estate is compiled anew
     * @type {Map<number, number>} */ this.moved = new Map();
    const roads = this.added.filter(({ host }) => host >= system.entities.length).map(({ host }) => host - system.entities.length);
    roads.sort((one, other) => byCodePoint(system.relations[one], system.relations[other])).forEach((road, place) => this.moved.set(road, system.relations.length + place));
    for (const relation of [...this.gone, ...roads]) for (const step of rowOf(this.index.steps, relation)) this.#take(step);
    for (const control of this.absent) for (const step of rowOf(this.index.falling, control)) this.closed[step] = 2;
    this.#decide();
    const [steps, controls] = this.#stands();
    this.#close(steps, controls, system.bases.indexOf(asked.basis));
    this.standing = grouped(steps, controls, system.rule.length);
    const [open, falling] = this.#open(steps, controls);
    this.falls = grouped(falling, open, this.count);
    this.work = this.#work();
    this.alone = this.#alone(steps);
  }

  /** Of those pairs the ones whose step is open once its controls have fallen. @param {Int32Array} steps @param {Int32Array} controls */
  #open(steps, controls) {
    const open = steps.filter((step) => !this.closed[step]);
    return [open, controls.filter((_, place) => !this.closed[steps[place]])];
  }

  /** What is needed of each step whenever something comes that it waits for, side by side, for memory is what solving takes
   * its time from: for how many facts it waits – its premises, and that its controls have fallen – with marks whether it is
   * closed or has a gate; and what it concludes. */
  #work() {
    const { system: { premises: { first }, gate, conclusion }, standing, closed, shrunk } = this, found = new Int32Array(2 * closed.length);
    for (let step = 0; step < closed.length; step++) {
      const waits = first[step + 1] - first[step] + (closed[step] ? 0 : standing.first[step + 1] - standing.first[step]);
      found[2 * step] = waits | (closed[step] ? CLOSED : 0) | (gate[step] ? GATED : 0);
      found[2 * step + 1] = conclusion[step];
    }
    for (const [step, { premises }] of shrunk) found[2 * step] += premises.length - (first[step + 1] - first[step]);
    return found;
  }

  /** Of the steps that wait for each fact, in their order, the level of those that nothing else keeps from being taken; NEVER
   * where they are closed; 0 for the rest. Most are of the first two, and are not looked up one by one. @param {Int32Array} guarded */
  #alone(guarded) {
    const { index: { waiting: { values }, alone }, closed } = this, found = alone.slice(), isGuarded = new Uint8Array(closed.length);
    for (let place = 0; place < guarded.length; place++) isGuarded[guarded[place]] = 1;
    for (let place = 0; place < found.length; place++) {
      const step = values[place];
      if (closed[step]) found[place] = NEVER;
      else if (isGuarded[step]) found[place] = 0;
    }
    return found;
  }

  /** Whether no control stands in the way of a step. @param {number} step */
  isFree(step) { return this.standing.first[step] === this.standing.first[step + 1]; }

  /** How many controls there are, with those that are put in place. */
  get count() { return this.system.controls.length + this.added.length; }

  /** @param {number} step */
  premises(step) { return this.shrunk.get(step)?.premises ?? rowOf(this.system.premises, step); }

  /** @param {number} step */
  along(step) { return this.shrunk.get(step)?.along ?? rowOf(this.system.along, step); }

  /** @param {number} step */
  basis(step) { return this.shrunk.get(step)?.basis ?? this.system.basis[step]; }

  /** Controls that are not there: on what is taken away, in the place of others, or where no scope guards any more. */
  #absent() {
    const { system, gone, added } = this, found = new Set();
    for (const relation of gone) for (const control of rowOf(this.index.controls, system.entities.length + relation)) found.add(control);
    for (const { id } of added) if (system.numbers.controls.has(id)) found.add(system.numbers.controls.get(id));
    if (gone.size) for (const control of system.implied) if (!this.#isLeft(this.index.permits.get(system.host[control]))) found.add(control);
    return found;
  }

  /** Whether some of several relations is not taken away. @param {number[] | undefined} relations */
  #isLeft(relations) { return (relations ?? []).some((relation) => !this.gone.has(relation)); }

  /** The place of a relation among the others. @param {number} relation */
  #place(relation) { return this.moved.get(relation) ?? relation; }

  /** Steps in their order: those of a flow by what they run along. @param {Int32Array | number[]} steps */
  ordered(steps) {
    if (!this.moved.size) return steps;
    return Array.from(steps).sort((one, other) => (flowOf(this.system, one) === flowOf(this.system, other) && this.#byRoad(one, other)) || one - other);
  }

  /** @param {number} one @param {number} other */
  #byRoad(one, other) {
    if (this.index.whole.has(flowOf(this.system, one))) return 0;
    const { along, conclusion, inactive, entities, host } = this.system, falls = !rowOf(along, one).length;
    const [mine, theirs] = [one, other].map((step) => {
      const stands = host[conclusion[step] - inactive];
      return falls ? [stands < entities.length ? stands : entities.length + this.#place(stands - entities.length)] : Array.from(rowOf(along, step), (relation) => this.#place(relation));
    });
    return firstDifference(mine, theirs) || 0;
  }

  /** Whether a key, by its place among those that may be needed with others, still is. @param {number} place */
  isNeeded(place) { return !this.gone.size || this.#isLeft(this.index.needing.get(this.system.present_keys[place])); }

  /** A step without what is taken away of what it runs along. @param {number} step */
  #take(step) {
    const { system, gone } = this, all = rowOf(system.along, step), kept = [...all.keys()].filter((place) => !gone.has(all[place]));
    const isWhole = this.index.whole.has(flowOf(system, step));
    if (kept.length < all.length && !(isWhole && kept.length)) this.closed[step] = 2;
    if (!isWhole || this.closed[step]) return;
    kept.sort((one, other) => this.#place(all[one]) - this.#place(all[other]));
    const premises = rowOf(system.premises, step), along = Int32Array.from(kept, (place) => all[place]);
    this.shrunk.set(step, { premises: Int32Array.from(kept, (place) => premises[place]), along, basis: Math.max(...Array.from(along, (relation) => system.known[relation])) });
  }

  /** Steps that are not there because of what stands or runs elsewhere. */
  #decide() {
    const { steps, condition, about } = this.system.deciding, holds = this.#conditions();
    for (let row = 0; row < steps.length; row++) if (!holds[condition[row]](rowOf(about, row))) this.closed[steps[row]] = 2;
  }

  /** @returns {((about: Int32Array) => boolean)[]} */
  #conditions() {
    const { system, index, gone } = this, ours = new Set(system.ourselves);
    const owners = (/** @type {Int32Array} */ [thing]) => (index.owners.get(thing) ?? []).filter(({ relation }) => !gone.has(relation));
    const isOthers = (/** @type {Int32Array} */ about) => owners(about).length > 0 && !owners(about).some(({ end }) => ours.has(end));
    const bound = this.#hosts(system.binding, "non_exportable"), phished = this.#hosts(system.phishable, "");
    /** @type {Record<string, (about: Int32Array) => boolean>} */ const holds = {
      unguarded: ([operation]) => !this.#isLeft(index.permits.get(operation)),
      unnamed: ([holder, key]) => !this.#isLeft(index.naming.get(`${holder},${key}`)),
      ours: (about) => !isOthers(about),
      others: isOthers,
      bound: (about) => about.some((host) => bound.has(host)),
      phishable: (about) => about.some((host) => phished.has(host)),
    };
    return system.conditions.map((name) => holds[name]);
  }

  /** What some controls, and those of a kind that are put in place, stand on. @param {number[]} controls
   * @param {string} kind */
  #hosts(controls, kind) {
    const there = controls.filter((control) => !this.absent.has(control)).map((control) => this.system.host[control]);
    return new Set([...there, ...this.added.filter((added) => added.kind === kind).map(({ host }) => host)]);
  }

  /** Pairs of step and control that stops it, those that are distrusted or void left out. @returns {[Int32Array, Int32Array]} */
  #stands() {
    const { system: { blockers: { first, values }, provider }, index: { guarded, doubtful }, added } = this, ties = new Ties(this.system, this.gone);
    const put = added.filter(({ id, kind }) => !this.distrust.has(id) && !this.distrust.has(kind)).map((control) => /** @type {[Added, number[]]} */ ([control, guardedBy(this.system, control.kind, control.host)]));
    const most = values.length + put.reduce((sum, [, steps]) => sum + steps.length, 0), steps = new Int32Array(most), controls = new Int32Array(most);
    const counts = this.#trusted();
    let count = 0;
    for (let place = 0; place < guarded.length; place++) {
      const step = guarded[place];
      for (let at = first[step]; at < first[step + 1]; at++) {
        const control = values[at];
        if (!counts[control] || (provider[control] >= 0 && doubtful[control] && ties.isVoid(control, this.along(step)))) continue;
        steps[count] = step;
        controls[count++] = control;
      }
    }
    for (const [control, stopped] of put) for (const step of stopped) { steps[count] = step; controls[count++] = this.system.controls.length + added.indexOf(control); }
    return [steps.subarray(0, count), controls.subarray(0, count)];
  }

  /** Whether each control is there and believed. */
  #trusted() {
    const { system, distrust } = this, found = new Uint8Array(system.controls.length).fill(1);
    for (const control of this.absent) found[control] = 0;
    for (const name of distrust) {
      const control = system.numbers.controls.get(name);
      if (control !== undefined) found[control] = 0;
      else for (let other = 0; other < found.length; other++) if (system.control_kinds[other] === name) found[other] = 0;
    }
    return found;
  }

  /** @param {Int32Array} steps @param {Int32Array} controls @param {number} weakest */
  #close(steps, controls, weakest) {
    const { system: { basis, shut, provider }, closed, shrunk } = this, shuts = !this.distrust.has("fail_closed"), some = shrunk.size > 0;
    for (let step = 0; step < closed.length; step++) {
      if (closed[step]) continue;
      if ((shuts && shut[step]) || (basis[step] > weakest && !(some && shrunk.has(step)))) closed[step] = 1;
    }
    for (const [step, { basis: known }] of shrunk) if (known > weakest && !closed[step]) closed[step] = 1;
    for (let place = 0; place < steps.length; place++) if (!(provider[controls[place]] >= 0) && !closed[steps[place]]) closed[steps[place]] = 1;
  }
}

/** @param {number[]} one @param {number[]} other */
function firstDifference(one, other) {
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return one[place] - other[place];
  return 0;
}

/** The steps that a control would stop on a host, as often as it stands there. @param {Compiled} system
 * @param {string} kind @param {number} host */
function guardedBy(system, kind, host) {
  const found = system.guards.filter(({ kinds }) => kinds.includes(kind)).flatMap(({ hosts, steps }) => {
    const row = hosts.indexOf(host);
    return row < 0 ? [] : [...rowOf(steps, row)];
  });
  return [...new Set(found)];
}

/** The world of a scenario; the last few are kept. @param {Compiled} system @param {Asked} asked @returns {World} */
function worldOf(system, asked) {
  const known = WORLDS.get(system) ?? new Map(), key = JSON.stringify([asked.distrust, asked.without, asked.with, asked.basis]);
  const found = known.get(key) ?? new World(system, asked);
  known.delete(key);
  known.set(key, found);
  if (known.size > MOST_WORLDS) known.delete(known.keys().next().value);
  WORLDS.set(system, known);
  return found;
}

const MOST_WORLDS = 8;
/** @type {WeakMap<Compiled, Map<string, World>>} */ const WORLDS = new WeakMap();
