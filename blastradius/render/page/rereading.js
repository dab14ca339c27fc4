// The estate as a scenario has it, read for the checker, which shares no code with what the solver reads.
"use strict";

/** What is left of an estate, and what is put into it. */
class Rereading {
  /** @type {Map<number, Set<number>>} who owns, supplies, writes to, and carries each thing */ owned = new Map();
  /** @type {Map<number, Set<number>>} */ supplied = new Map();
  /** @type {Map<number, Set<number>>} */ written = new Map();
  /** @type {Map<number, Set<number>>} */ carried = new Map();
  /** @type {Set<number>} operations that a scope permits */ permitted = new Set();
  /** @type {Set<string>} callers with the keys that their calls name */ spoken = new Set();

  /** @param {Compiled} system @param {Asked} asked */
  constructor(system, asked) {
    this.system = system;
    this.taken = new Set(asked.without.map((name) => system.relations.indexOf(name)));
    this.put = asked.with.map((id) => this.#placed(id)).filter(({ host }) => !this.taken.has(host - system.entities.length));
    for (let relation = 0; relation < system.relations.length; relation++) if (!this.taken.has(relation)) this.#reads(relation);
    this.implied = new Set(system.implied);
    this.lacking = system.controls.map((id, control) => this.#isLacking(id, control));
    /** @type {Map<number, number[]>} */ const rows = new Map();
    system.deciding.steps.forEach((step, row) => {
      if (!rows.has(step)) rows.set(step, []);
      rows.get(step)?.push(row);
    });
    this.rows = rows;
    this.joint = new Set(system.whole.map(([rule, flow]) => rule * 1000 + flow));
  }

  /** @param {string} id */
  #placed(id) {
    const [kind, ...rest] = id.split("@"), name = rest.join("@"), { entities, relations, guards } = this.system;
    const host = entities.includes(name) ? entities.indexOf(name) : entities.length + relations.indexOf(name);
    const stopped = new Set(guards.filter((group) => group.kinds.includes(kind)).flatMap(({ hosts, steps }) =>
      [...hosts.keys()].filter((row) => hosts[row] === host).flatMap((row) => [...steps.values.slice(steps.first[row], steps.first[row + 1])])));
    return { id, kind, host, stopped };
  }

  /** @param {number} relation */
  #reads(relation) {
    const { system } = this, verb = system.verbs[system.verb[relation]];
    const from = this.#row(system.sources, relation), to = this.#row(system.targets, relation);
    const joins = (/** @type {Map<number, Set<number>>} */ known, /** @type {number} */ name, /** @type {number[]} */ ends) => {
      if (!known.has(name)) known.set(name, new Set());
      for (const end of ends) known.get(name)?.add(end);
    };
    for (const key of this.#row(system.keys, relation)) this.spoken.add(`${from[0]} ${key}`);
    for (const end of to) {
      if (verb === "permits") this.permitted.add(end);
      if (verb === "owns") joins(this.owned, end, from);
      if (verb === "writes") joins(this.written, end, from);
      if (verb === "serves" || verb === "publishes") {
        joins(this.supplied, end, from);
        joins(this.carried, end, from);
      }
    }
    if (system.vital[relation] === 1) joins(this.carried, from[0], to);
  }

  /** @param {Lists} lists @param {number} row */
  #row(lists, row) { return Array.from(lists.values.slice(lists.first[row], lists.first[row + 1])); }

  /** Whether a control of the estate is not there any more. @param {string} id @param {number} control */
  #isLacking(id, control) {
    const { system } = this, host = system.host[control];
    if (this.taken.has(host - system.entities.length) || this.put.some((one) => one.id === id)) return true;
    return this.implied.has(control) && !this.permitted.has(host);
  }

  /** Whether a step is there, whatever stops it. @param {number} step */
  isThere(step) {
    const control = this.system.conclusion[step] - this.system.inactive;
    if (control in this.lacking && this.lacking[control]) return false;
    if (!(this.rows.get(step) ?? []).every((row) => this.#decides(row))) return false;
    if (!this.taken.size) return true;
    const all = this.#row(this.system.along, step), left = this.along(step);
    return left.length === all.length || (this.isJoint(step) && left.length > 0);
  }

  /** Whether a step needs all suppliers that are left. @param {number} step */
  isJoint(step) { return this.joint.has(this.system.rule[step] * 1000 + this.system.flow[step]); }

  /** The relations of a step that are left. @param {number} step */
  along(step) { return this.#row(this.system.along, step).filter((relation) => !this.taken.has(relation)); }

  /** What a step needs; of several suppliers those that are left. @param {number} step */
  needs(step) {
    const all = this.#row(this.system.along, step), own = this.#row(this.system.premises, step);
    return this.taken.size && this.isJoint(step) ? own.filter((_, place) => !this.taken.has(all[place])) : own;
  }

  /** How well a step is known. @param {number} step */
  knownAs(step) {
    if (!this.taken.size || !this.isJoint(step)) return this.system.basis[step];
    return Math.max(...this.along(step).map((relation) => this.system.known[relation]));
  }

  /** @param {number} row */
  #decides(row) {
    const { system } = this, about = this.#row(system.deciding.about, row), owners = [...(this.owned.get(about[0]) ?? [])];
    const foreign = owners.length > 0 && owners.every((owner) => !system.ourselves.includes(owner));
    switch (system.conditions[system.deciding.condition[row]]) {
      case "unguarded": return !this.permitted.has(about[0]);
      case "unnamed": return !this.spoken.has(about.join(" "));
      case "ours": return !foreign;
      case "others": return foreign;
      case "bound": return this.#stands(about, system.binding) || this.put.some(({ kind, host }) => kind === "non_exportable" && about.includes(host));
      default: return this.#stands(about, system.phishable);
    }
  }

  /** @param {number[]} hosts @param {number[]} controls */
  #stands(hosts, controls) {
    return controls.some((control) => !this.lacking[control] && hosts.includes(this.system.host[control]));
  }

  /** Whether a control stops nothing along relations, since its provider is what fails, or speaks for itself.
   * @param {number} control @param {number} step */
  isHollow(control, step) {
    const { system } = this, kind = system.control_kinds[control], provider = system.provider[control];
    if (provider < 0 || !system.doubtful.includes(kind)) return false;
    const host = system.host[control], on = host < system.entities.length ? this.along(step) : [host - system.entities.length];
    const ends = on.flatMap((relation) => this.#row(["serves", "publishes"].includes(system.verbs[system.verb[relation]]) ? system.sources : system.targets, relation));
    return kind === "fallback" ? ends.some((end) => this.#sharesFate(provider, end)) : ends.some((end) => this.#isVendor(provider, end));
  }

  /** @param {number} provider @param {number} replaced */
  #sharesFate(provider, replaced) {
    const zone = this.system.zone_of[provider], below = new Set([provider]);
    for (const name of below) for (const next of this.carried.get(name) ?? []) below.add(next);
    return [replaced, ...(this.supplied.get(replaced) ?? [])].some((name) => {
      if (below.has(name)) return true;
      if (zone >= 0 && this.system.zone_of[name] === zone) return true;
      const [mine, theirs] = [provider, name].map((end) => [end, ...(this.owned.get(end) ?? [])].filter((owner) => this.system.foreign.includes(owner)));
      return mine.some((owner) => theirs.includes(owner));
    });
  }

  /** @param {number} provider @param {number} vouched */
  #isVendor(provider, vouched) {
    const writers = [...(this.written.get(vouched) ?? [])];
    const behind = [vouched, ...writers].flatMap((name) => [...(this.supplied.get(name) ?? [])]);
    const makers = [...writers, ...behind].filter((name) => name !== vouched);
    const vendors = new Set([...makers, ...[vouched, ...makers].flatMap((maker) => [...(this.owned.get(maker) ?? [])])]);
    return [provider, ...(this.owned.get(provider) ?? [])].some((name) => vendors.has(name));
  }
}
