// What an answer rests on and what it counts: records, controls relied on, silence, the time line, notes.
"use strict";

/** What is reached, counted; what is public is left out, and what nobody stated is null. @param {Reach} reach
 * @returns {Counts} */
function countsOf(reach) {
  const { system, jewels, touched } = reach, { told } = system, process = told.kinds.indexOf("process");
  const processes = touched.filter((entity) => system.kinds[entity] === process).length;
  const uncounted = uncountedStores(reach), { records } = reach;
  return {
    entities: touched.length,
    jewels: jewels.size ? touched.filter((entity) => jewels.has(entity)).length : null,
    records: uncounted && !records ? null : records,
    uncounted,
    processes: Object.keys(told.tolerance).length ? processes : null,
  };
}

/** Stores that could be read in part, or whole without anyone having stated how many records they hold.
 * @param {Reach} reach */
function uncountedStores(reach) {
  const { system, proofs } = reach, { told, kinds, width } = system, store = told.kinds.indexOf("store"), read = system.capabilities.indexOf("read");
  const stores = reach.holding("read_subset").filter((entity) => kinds[entity] === store && !reach.public.has(entity));
  return stores.filter((entity) => !(entity in told.records && proofs.has(entity * width + read))).length;
}

/** Records that can be read, as far as they are stated; those of copies are counted once. @param {Reach} reach */
function recordsRead(reach) {
  const { records, originals } = reach.system.told;
  /** @type {Map<string, number>} */ const most = new Map();
  for (const store of reach.holding("read")) {
    if (!(records[store] > 0) || reach.public.has(store)) continue;
    const of = (originals[store] ?? [store]).join();
    most.set(of, Math.max(most.get(of) ?? 0, records[store]));
  }
  const alone = [...most].filter(([of]) => !of.includes(",")), own = new Map(alone);
  const gains = [...most].filter(([of]) => of.includes(",")).map(([of, count]) => {
    const shared = of.split(",");
    return { gain: count - shared.reduce((sum, original) => sum + (own.get(original) ?? 0), 0), shared };
  });
  return alone.reduce((sum, [, count]) => sum + count, 0) + mostGained(gains.filter(({ gain }) => gain > 0));
}

/** The most that copies of several stores gain over their originals, no two of which share one.
 * @param {{gain: number, shared: string[]}[]} gains @returns {number} */
function mostGained(gains) {
  if (!gains.length) return 0;
  const [first, ...others] = [...gains].sort((one, other) => other.gain - one.gain);
  const apart = others.filter(({ shared }) => !shared.some((original) => first.shared.includes(original)));
  const taken = first.gain + mostGained(apart);
  return apart.length === others.length ? taken : Math.max(taken, mostGained(others));
}

/** The things reached that say nothing about where they lead, or of which something is stated to be unknown.
 * @param {Reach} reach @returns {Silence[]} */
function silences(reach) {
  const { system } = reach, { told } = system, leading = leadingThings(reach), order = idOrder(system);
  const isSilent = (/** @type {number} */ entity) => entity in told.unknown || (leading[entity] === 0 && kindOf(system, entity) in told.leads);
  return reach.things.filter(isSilent).sort((one, other) => order[one] - order[other]).flatMap((entity) => {
    const kind = kindOf(system, entity), stated = told.unknown[entity];
    return [{ entity, id: system.entities[entity], name: labelOf(system, entity), unsaid: stated ?? [told.unsaid[kind]], stated: Boolean(stated) }];
  });
}

/** By how many relations it is said of each thing where it leads. @param {Reach} reach */
function leadingThings(reach) {
  const { system } = reach, { gone } = reach.answer.world, all = LEADING.get(system) ?? new Int32Array(system.entities.length);
  if (!LEADING.has(system)) for (let relation = 0; relation < system.relations.length; relation++) led(system, relation, (end) => { all[end]++; });
  LEADING.set(system, all);
  if (!gone.size) return all;
  const left = all.slice();
  for (const relation of gone) led(system, relation, (end) => { left[end]--; });
  return left;
}

/** @param {Compiled} system @param {number} relation @param {(end: number) => void} count what to do with each end of which
 * it says where that leads */
function led(system, relation, count) {
  const { leads, sources, targets } = system.told, verb = verbOf(system, relation);
  for (const [side, ends] of [sources, targets].entries()) {
    for (const end of rowOf(ends, relation)) if (leads[kindOf(system, end)]?.[side].includes(verb)) count(end);
  }
}

/** @type {WeakMap<Compiled, Int32Array>} */ const LEADING = new WeakMap();

/** When each process feels an outage, those that stop first on top. @param {Reach} reach @returns {Pain[]} */
function pains(reach) {
  const { system, answer } = reach, order = idOrder(system);
  /** @type {Map<number, number>} */ const arrivals = new Map();
  const { proofs: { count, fact, at } } = answer;
  for (let place = 0; place < count; place++) arrivals.set(fact[place], Math.min(at[place], arrivals.get(fact[place]) ?? Infinity));
  const felt = Object.keys(system.told.tolerance).map(Number).map((process) => painOf(reach, process, arrivals));
  return felt.filter((pain) => pain.slows !== null).sort((one, other) =>
    byHour(one.stops, other.stops) || byHour(one.slows, other.slows) || order[one.process] - order[other.process]);
}

/** @param {number | null} one @param {number | null} other */
function byHour(one, other) {
  return one === other ? 0 : (one ?? Infinity) - (other ?? Infinity);
}

/** @param {Reach} reach @param {number} process @param {Map<number, number>} arrivals @returns {Pain} */
function painOf(reach, process, arrivals) {
  const { system } = reach, factOf = (/** @type {string} */ felt) => process * system.width + system.capabilities.indexOf(felt);
  const slows = arrivals.get(factOf("degrade")) ?? null, stops = arrivals.get(factOf("deny")) ?? null;
  const tolerance = system.told.tolerance[process], back = stops === null ? null : backAt(reach, factOf("deny"), stops);
  const end = Math.min(reach.asked.hours ?? Infinity, back ?? Infinity);
  const usedUp = stops === null || tolerance === null || stops + tolerance >= end ? null : stops + tolerance;
  return { process, id: system.entities[process], name: labelOf(system, process), slows, stops, tolerance, usedUp, back, jewel: reach.jewels.has(process) };
}

/** When the first fallback takes over that comes too late to keep a thing from stopping. @param {Reach} reach
 * @param {number} fact @param {number} stops */
function backAt(reach, fact, stops) {
  const { system, answer, asked } = reach, { told } = system;
  const { proofs } = answer, place = proofs.keys().findIndex((found, at) => found === fact && proofs.at[at] === stops), proof = { step: place < 0 ? -1 : proofs.step[place] };
  if (proof.step < 0 || system.rules[system.rule[proof.step]] !== "R11") return null;
  const along = [...answer.world.along(proof.step)], buffer = Math.max(0, ...along.map((relation) => told.buffers[relation] ?? 0));
  const hosts = new Set([...along.map((relation) => system.entities.length + relation), reach.entityOf(fact)]);
  const believed = (/** @type {number} */ control) => !answer.world.absent.has(control) && ![system.controls[control], "fallback"].some((name) => asked.distrust.includes(name));
  const late = Object.entries(told.starts_after).filter(([control, after]) => hosts.has(told.host[Number(control)]) && believed(Number(control)) && after > buffer);
  return late.length ? stops - buffer + Math.min(...late.map(([, after]) => after)) : null;
}

/** The controls that an answer relies on. @param {Reach} reach @returns {Rest[]} */
function restsOf(reach) {
  const { system, answer } = reach, { told } = system;
  /** @type {Map<number, number>} */ const stops = new Map();
  for (const stop of answer.stops) {
    if (becauseOf(stop) === "control") for (const control of stop.controls) stops.set(control, (stops.get(control) ?? 0) + 1);
  }
  const found = [...stops].map(([control, count]) => {
    const { id, kind, host, status, by, why } = controlOf(system, answer.world, control);
    return {
      control, id, kind, words: told.controls[kind], on: hostId(system, host), onName: hostSaid(system, host),
      status, known: told.statuses[status], assumed: status === "assumed", by: by < 0 ? null : system.entities[by],
      byName: by < 0 ? null : labelOf(system, by), why, stops: count,
    };
  });
  const order = controlOrder(system), isAdded = (/** @type {Rest} */ { control }) => control >= order.length;
  return found.sort((one, other) => (isAdded(one) || isAdded(other) ? byCodePoint(one.id, other.id) : order[one.control] - order[other.control]));
}

/** What is told in sentences, but for the proof, of which the page speaks itself. @param {Reach} reach
 * @param {Counts} counts @param {Silence[]} unsaid @param {Pain[]} timeline */
function linesOf(reach, counts, unsaid, timeline) {
  const { system, asked, attacked } = reach, { told } = system, lines = [];
  if (attacked) for (let level = 1; level <= asked.assume; level++) lines.push(levelLine(reach, level));
  lines.push(...told.missing);
  if (attacked) lines.push(phrase(system, "records line", recordsSaid(system, reach.records, counts.uncounted)));
  if (unsaid.length) lines.push(silenceSaid(system, unsaid));
  const processes = Object.keys(told.tolerance).length;
  if (!timeline.length && (asked.seeds.outage ?? []).length && processes) lines.push(phrase(system, "unfelt", counted(processes)));
  return [...lines, phrase(system, "how well", howWell(reach))];
}

/** @param {Reach} reach @param {number} level */
function levelLine(reach, level) {
  const { system, levels } = reach, [word, says] = system.told.levels[level - 1];
  const at = reach.things.filter((entity) => levels[entity] & (1 << level)), first = at.filter((entity) => reach.lowest(entity) === level);
  const more = at.length - first.length;
  const further = more ? phrase(system, "more over", plural(more, "thing")) : phrase(system, "nothing more");
  return phrase(system, "level line", word, says, kindsOf(system, first) || further);
}

/** How many of each kind: 1 party, 2 stores. @param {Compiled} system @param {number[]} entities */
function kindsOf(system, entities) {
  const { kinds, several } = system.told, counts = kinds.map(() => 0);
  for (const entity of entities) counts[system.kinds[entity]]++;
  return counts.map((count, kind) => (count ? plural(count, kinds[kind], several[kinds[kind]]) : "")).filter(Boolean).join(", ");
}

/** @param {Compiled} system @param {number} count @param {number} uncounted */
function recordsSaid(system, count, uncounted) {
  if (!uncounted) return count ? phrase(system, "records", counted(count)) : phrase(system, "no records");
  const besides = phrase(system, "uncounted", plural(uncounted, "store"));
  return count ? phrase(system, "records and", counted(count), besides) : phrase(system, "records unknown", besides);
}

/** Where the estate says nothing, in one sentence. @param {Compiled} system @param {Silence[]} unsaid */
function silenceSaid(system, unsaid) {
  const named = unsaid.slice(0, 4).map((row) => `${row.name}: ${row.unsaid.join(", ")}`).join("; "), more = unsaid.length - 4;
  return phrase(system, "silent", more > 0 ? phrase(system, "and more", named, counted(more)) : named);
}

/** How well what is reached is known, where it starts left out. @param {Reach} reach */
function howWell(reach) {
  const { system } = reach, counts = system.bases.map(() => 0);
  const best = new Uint8Array(reach.levels.length).fill(counts.length);
  const { proofs, labels, system: { width } } = reach;
  for (const place of reach.held) {
    const fact = proofs.fact[place], entity = (fact - fact % width) / width, basis = labels.basis(fact);
    if (basis < best[entity]) best[entity] = basis;
  }
  for (let place = 0; place < proofs.count; place++) if (proofs.isStart(place)) best[reach.entityOf(proofs.fact[place])] = counts.length;
  for (const basis of best) if (basis < counts.length) counts[basis]++;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const firm = counts[0] + counts[1];
  if (!all) return phrase(system, "only starts");
  if (firm === all) return firm > 1 ? phrase(system, "all firm", counted(firm)) : phrase(system, "one firm");
  const weaker = [2, 3].filter((basis) => counts[basis]).map((basis) => phrase(system, "on weaker", counted(counts[basis]), system.told.known[system.bases[basis]]));
  return phrase(system, "some firm", counted(firm), counted(all), weaker.join(", "));
}

/** The notes that concern what a scenario reaches, and what stops it. @param {Reach} reach @returns {Note[]} */
function notesOf(reach) {
  const { system, asked } = reach, clock = reach.timed ? [] : [system.told.no_clock];
  const notes = [...warningsOf(system, asked), ...system.told.notes, ...clock];
  const isOfSome = (/** @type {Note} */ { kind, about }) => ["assumed", "contradicted"].includes(kind) && about.length > 0;
  if (!notes.some(isOfSome)) return notes;
  const isConcerned = concernedBy(reach);
  return notes.filter((note) => !isOfSome(note) || note.about.some(isConcerned));
}

/** Whether a scenario reaches what has a name, runs along it, or is stopped at it. @param {Reach} reach
 * @returns {(name: string) => boolean} */
function concernedBy({ system, answer, levels }) {
  const met = new Uint8Array(system.rule.length), names = new Set(), { world, proofs: { count, step: steps } } = answer;
  for (let place = 0; place < count; place++) if (steps[place] >= 0) met[steps[place]] = 1;
  for (const { step } of answer.stops) {
    names.add(aboutOf(system, system.conclusion[step]).name);
    met[step] = 1;
  }
  const isReached = (/** @type {number | undefined} */ entity) => entity !== undefined && levels[entity] > 0;
  const isMet = (/** @type {number | undefined} */ relation) => relation !== undefined && rowOf(world.index.steps, relation).some((step) => met[step] > 0 && isAlong(world, step, relation));
  return (name) => names.has(name) || isReached(system.numbers.entities.get(name)) || isMet(system.numbers.relations.get(name));
}

/** Whether a step still runs along a relation. @param {World} world @param {number} step @param {number} relation */
function isAlong(world, step, relation) { return world.shrunk.get(step)?.along.includes(relation) ?? true; }

/** What to think of before believing the answer to a scenario. @param {Compiled} system @param {Asked} asked
 * @returns {Note[]} */
function warningsOf(system, asked) {
  const messages = (asked.seeds.compromise ?? []).flatMap((id) => {
    const zones = zonesOwned(system, asked, id);
    return zones.length < 2 ? [] : [phrase(system, "whole", quoted(id), zones.length, zones.join(", "))];
  });
  const ends = asked.hours !== null && ["compromise", "leak", "poison"].some((way) => (asked.seeds[way] ?? []).length);
  if (ends) messages.push(phrase(system, "back", short(/** @type {number} */ (asked.hours))));
  return messages.map((message) => ({ kind: "assumed", message, about: [], at: [] }));
}

/** The zones in which a party has assets. @param {Compiled} system @param {Asked} asked @param {string} id */
function zonesOwned(system, asked, id) {
  const { told } = system, owner = system.numbers.entities.get(id), owns = told.verbs.indexOf("owns"), found = new Set();
  for (let relation = 0; relation < system.relations.length; relation++) {
    if (told.verb[relation] !== owns || rowOf(told.sources, relation)[0] !== owner) continue;
    const zone = told.zone_of[rowOf(told.targets, relation)[0]];
    if (zone >= 0 && !asked.without.includes(system.relations[relation])) found.add(told.zone_ids[zone]);
  }
  return [...found].sort(byCodePoint);
}
