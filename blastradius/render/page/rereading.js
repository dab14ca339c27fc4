// The estate as a scenario has it, read for the checker, which shares no code with what the solver reads.
"use strict";

/** @typedef {Map<number, {end: number, relation: number}[]>} Ends what relations lead to, or come from, by thing */

/** What of an estate is the same whatever is asked, read once for the checker. */
class Reading {
  /** @type {Ends} who owns, supplies, writes to, and carries each thing */ owned = new Map();
  /** @type {Ends} */ supplied = new Map();
  /** @type {Ends} */ written = new Map();
  /** @type {Ends} */ carried = new Map();
  /** @type {Map<number, number[]>} the relations by which a scope permits an operation */ permitted = new Map();
  /** @type {Map<string, number[]>} those by which a caller names a key */ spoken = new Map();
  /** @type {Map<number, number[]>} what decides whether a step is there */ rows = new Map();

  /** @param {Compiled} system */
  constructor(system) {
    this.system = system;
    for (let relation = 0; relation < system.relations.length; relation++) this.#reads(relation);
    for (const [row, step] of system.deciding.steps.entries()) into(this.rows, step, row);
    this.implied = new Set(system.implied);
    this.decided = new Uint8Array(system.rule.length);
    for (const step of system.deciding.steps) this.decided[step] = 1;
    const joint = new Set(system.whole.map(([rule, flow]) => rule * 1000 + flow));
    this.joint = Uint8Array.from(system.rule, (rule, step) => Number(joint.has(rule * 1000 + system.flow[step])));
    this.simple = this.#simple();
    this.claims = this.#claims();
    this.ours = new Set(system.ourselves);
    this.foreign = new Set(system.foreign);
  }

  /** @param {Compiled} system @returns {Reading} */
  static of(system) {
    const found = READINGS.get(system) ?? new Reading(system);
    READINGS.set(system, found);
    return found;
  }

  /** Of each step whether it gives its conclusion once all that is stated holds, and no control is stated to stop it; 2 where it
   * has still to be asked whether it is there. */
  #simple() {
    const { decided, system: { gate, need, premises: { first }, blockers: { first: stops }, conclusion, inactive } } = this;
    return Uint8Array.from(gate, (kind, step) => {
      const count = first[step + 1] - first[step], isAll = kind === 0 ? count > 0 : kind === 1 && need[step] === 1 && count === 1;
      if (!isAll || stops[step] !== stops[step + 1]) return 0;
      return decided[step] || conclusion[step] >= inactive ? 2 : 1;
    });
  }

  /** Of each step side by side what it gives, and what it needs where that is one fact alone, else -1. */
  #claims() {
    const { system: { premises: { first, values }, conclusion } } = this, found = new Int32Array(2 * conclusion.length);
    for (let step = 0; step < conclusion.length; step++) {
      found[2 * step] = conclusion[step];
      found[2 * step + 1] = first[step] + 1 === first[step + 1] ? values[first[step]] : -1;
    }
    return found;
  }

  /** @param {number} relation */
  #reads(relation) {
    const { system } = this, verb = system.verbs[system.verb[relation]];
    const from = partOf(system.sources, relation), to = partOf(system.targets, relation);
    const joins = (/** @type {Ends} */ known, /** @type {number} */ name, /** @type {Int32Array} */ ends) => {
      for (const end of ends) into(known, name, { end, relation });
    };
    for (const key of partOf(system.keys, relation)) into(this.spoken, `${from[0]} ${key}`, relation);
    for (const end of to) {
      if (verb === "permits") into(this.permitted, end, relation);
      if (verb === "owns") joins(this.owned, end, from);
      if (verb === "writes") joins(this.written, end, from);
      if (verb === "serves" || verb === "publishes") {
        joins(this.supplied, end, from);
        joins(this.carried, end, from);
      }
    }
    if (system.vital[relation] === 1) joins(this.carried, from[0], to);
  }
}

/** @type {WeakMap<Compiled, Reading>} */ const READINGS = new WeakMap();

/** @template Key, Value @param {Map<Key, Value[]>} known @param {Key} key @param {Value} value */
function into(known, key, value) {
  const values = known.get(key);
  if (values === undefined) known.set(key, [value]); else values.push(value);
}

/** @param {Lists} lists @param {number} row */
function partOf(lists, row) { return lists.values.subarray(lists.first[row], lists.first[row + 1]); }

/** What is left of an estate, and what is put into it. */
class Rereading {
  /** @type {Map<number[], Set<number>>} what controls stand on that are there, by their list */ #hosts = new Map();

  /** @param {Compiled} system @param {Asked} asked */
  constructor(system, asked) {
    this.system = system;
    this.reading = Reading.of(system);
    this.taken = new Set(asked.without.map((name) => system.relations.indexOf(name)));
    this.thinned = this.#thinned();
    this.put = asked.with.map((id) => this.#placed(id)).filter(({ host }) => !this.taken.has(host - system.entities.length));
    this.instead = new Set(this.put.map(({ id }) => id));
  }

  /** @param {string} id */
  #placed(id) {
    const [kind, ...rest] = id.split("@"), name = rest.join("@"), { entities, relations, guards } = this.system;
    const host = entities.includes(name) ? entities.indexOf(name) : entities.length + relations.indexOf(name);
    const stopped = new Set(guards.filter((group) => group.kinds.includes(kind)).flatMap(({ hosts, steps }) =>
      [...hosts.keys()].filter((row) => hosts[row] === host).flatMap((row) => [...partOf(steps, row)])));
    return { id, kind, host, stopped };
  }

  /** Whether some of several relations is left. @param {number[] | undefined} relations */
  #isLeft(relations) { return relations !== undefined && relations.some((relation) => !this.taken.has(relation)); }

  /** What relations that are left lead to from a thing. @param {Ends} ends @param {number} name @returns {number[]} */
  #at(ends, name) { return (ends.get(name) ?? []).filter(({ relation }) => !this.taken.has(relation)).map(({ end }) => end); }

  /** Whether a control of the estate is not there any more. @param {number} control */
  isLacking(control) {
    const { system, reading } = this, host = system.host[control];
    if (this.taken.has(host - system.entities.length) || this.instead.has(system.controls[control])) return true;
    return reading.implied.has(control) && !this.#isLeft(reading.permitted.get(host));
  }

  /** Whether a step is there, whatever stops it. @param {number} step */
  isThere(step) {
    const control = this.system.conclusion[step] - this.system.inactive;
    if (control >= 0 && control < this.system.controls.length && this.isLacking(control)) return false;
    if (this.reading.decided[step] && !this.reading.rows.get(step)?.every((row) => this.#decides(row))) return false;
    if (!this.thinned[step]) return true;
    return this.isJoint(step) && this.along(step).length > 0;
  }

  /** Of each step whether some of what it runs along is taken away. */
  #thinned() {
    const { system: { along: { first, values }, relations, rule }, taken } = this, found = new Uint8Array(rule.length), isTaken = new Uint8Array(relations.length);
    if (!taken.size) return found;
    for (const relation of taken) isTaken[relation] = 1;
    for (let step = 0; step < found.length; step++) for (let at = first[step]; at < first[step + 1]; at++) if (isTaken[values[at]]) found[step] = 1;
    return found;
  }

  /** Whether a step needs all suppliers that are left. @param {number} step */
  isJoint(step) { return this.reading.joint[step] === 1; }

  /** The relations of a step that are left. @param {number} step */
  along(step) { return this.#kept(partOf(this.system.along, step), partOf(this.system.along, step)); }

  /** What a step needs; of several suppliers those that are left. @param {number} step */
  needs(step) {
    const own = partOf(this.system.premises, step);
    return this.isJoint(step) && this.thinned[step] ? this.#kept(own, partOf(this.system.along, step)) : own;
  }

  /** What belongs to relations that are left. @param {Int32Array} own @param {Int32Array} relations */
  #kept(own, relations) {
    return this.taken.size ? own.filter((_, place) => !this.taken.has(relations[place])) : own;
  }

  /** How well a step is known. @param {number} step */
  knownAs(step) {
    if (!this.thinned[step] || !this.isJoint(step)) return this.system.basis[step];
    return Math.max(...Array.from(this.along(step), (relation) => this.system.known[relation]));
  }

  /** @param {number} row */
  #decides(row) {
    const { system, system: { deciding }, reading } = this, first = deciding.about.values[deciding.about.first[row]];
    const condition = system.conditions[deciding.condition[row]];
    if (condition === "unguarded") return !this.#isLeft(reading.permitted.get(first));
    if (condition === "ours" || condition === "others") return this.#isForeign(first) === (condition === "others");
    const about = partOf(deciding.about, row);
    switch (condition) {
      case "unnamed": return !this.#isLeft(reading.spoken.get(about.join(" ")));
      case "bound": return this.#stands(about, system.binding) || this.put.some(({ kind, host }) => kind === "non_exportable" && about.includes(host));
      default: return this.#stands(about, system.phishable);
    }
  }

  /** @param {number} thing */
  #isForeign(thing) {
    let isOwned = false;
    for (const { end, relation } of this.reading.owned.get(thing) ?? []) {
      if (this.taken.has(relation)) continue;
      if (this.reading.ours.has(end)) return false;
      isOwned = true;
    }
    return isOwned;
  }

  /** @param {Int32Array} hosts @param {number[]} controls */
  #stands(hosts, controls) {
    const there = this.#hosts.get(controls) ?? new Set(controls.filter((control) => !this.isLacking(control)).map((control) => this.system.host[control]));
    this.#hosts.set(controls, there);
    return hosts.some((host) => there.has(host));
  }

  /** Whether a control stops nothing along relations, since its provider is what fails, or speaks for itself.
   * @param {number} control @param {number} step */
  isHollow(control, step) {
    const { system } = this, provider = system.provider[control];
    if (provider < 0 || !system.doubtful.includes(system.control_kinds[control])) return false;
    const host = system.host[control], on = host < system.entities.length ? [...this.along(step)] : [host - system.entities.length];
    const ends = on.flatMap((relation) => [...partOf(["serves", "publishes"].includes(system.verbs[system.verb[relation]]) ? system.sources : system.targets, relation)]);
    return system.control_kinds[control] === "fallback" ? ends.some((end) => this.#sharesFate(provider, end)) : ends.some((end) => this.#isVendor(provider, end));
  }

  /** @param {number} provider @param {number} replaced */
  #sharesFate(provider, replaced) {
    const { reading } = this, zone = this.system.zone_of[provider], below = new Set([provider]);
    for (const name of below) for (const next of this.#at(reading.carried, name)) below.add(next);
    return [replaced, ...this.#at(reading.supplied, replaced)].some((name) => {
      if (below.has(name)) return true;
      if (zone >= 0 && this.system.zone_of[name] === zone) return true;
      const [mine, theirs] = [provider, name].map((end) => [end, ...this.#at(reading.owned, end)].filter((owner) => reading.foreign.has(owner)));
      return mine.some((owner) => theirs.includes(owner));
    });
  }

  /** @param {number} provider @param {number} vouched */
  #isVendor(provider, vouched) {
    const { reading } = this, writers = this.#at(reading.written, vouched);
    const behind = [vouched, ...writers].flatMap((name) => this.#at(reading.supplied, name));
    const makers = [...writers, ...behind].filter((name) => name !== vouched);
    const vendors = new Set([...makers, ...[vouched, ...makers].flatMap((maker) => this.#at(reading.owned, maker))]);
    return [provider, ...this.#at(reading.owned, provider)].some((name) => vendors.has(name));
  }
}
