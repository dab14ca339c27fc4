// What a scenario makes of an estate: where it starts, which steps are closed, and what the others wait for.
"use strict";

/** Whether it matters when something arrives. @param {Asked} asked */
function isTimed(asked) {
  return asked.hours !== null || (asked.seeds.outage ?? []).length > 0;
}

/** Whose facts a name stands for: an entity with its parts and theirs, a zone with all that lies in it.
 * @param {Compiled} system @param {string} name */
function standsFor(system, name) {
  const own = system.numbers.entities.get(name);
  if (own === undefined && !(name in system.zones)) throw new Error(`nothing in this estate is called ${JSON.stringify(name)}`);
  const found = new Set(own === undefined ? system.zones[name] : [own]);
  for (const whole of found) for (const part of system.parts[whole] ?? []) found.add(part);
  return [...found];
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
    const number = system.numbers.relations.get(name);
    if (number === undefined) throw new Error(`no relation of this estate is called ${JSON.stringify(name)}`);
    if (telling.has(number)) throw new Error(`other steps depend on ${JSON.stringify(name)}; the command line answers without it`);
    return number;
  }));
}
