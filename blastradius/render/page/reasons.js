// Why something is reached, or why not: the proof as a strip, all that stands in the way, or that nothing is said of it.
"use strict";

/**
 * @typedef {{entity: number, fact: number, id: string, says: string, because: string, capability: string, rule: string,
 *   level: string, hops: number, at: number, premises: string[], relations: number[], evidence: string[],
 *   included: boolean}} StripStep
 * @typedef {{entity: number, fact: number, id: string, says: string, kind: string, capability: string, because: string,
 *   by: string[], changes: string[], rule: string, missing: string[], level: string | null, controls: string[],
 *   after: number | null, basis: string | null, relations: number[], near: boolean}} StopRow
 *   near: it is about what is asked itself, one step away
 * @typedef {{answer: "reached" | "stopped" | "nothing", headline: string, entity: number, id: string, name: string,
 *   capability: string, says: string, level: string | null, hops: number | null, basis: string | null,
 *   anyone: string | null, strip: StripStep[], reasons: StopRow[], way: StripStep[], open: string[],
 *   lines: string[]}} Why
 * @typedef {{gained: Row[], lost: Row[], changed: {before: Row, after: Row}[]}} Comparison
 */

/** The first of what stands in the way of a step. @param {Stop} stop */
function becauseOf({ missing, level, after, basis }) {
  if (missing.length) return "premise";
  return level !== null ? "level" : after !== null ? "time" : basis !== null ? "basis" : "control";
}

/** Every step at the frontier that was not taken, with all that stands in its way. @param {Reach} reach
 * @returns {StopRow[]} */
function stopRows(reach) {
  const { system } = reach, rows = reach.answer.stops.map((stop) => stopRow(system, reach.answer.world, stop));
  const names = (/** @type {StopRow} */ row) => row.relations.map((relation) => system.relations[relation]);
  return rows.sort((one, other) => byCodePoint(one.because, other.because) || byCodePoint(one.id, other.id)
    || byCodePoint(one.capability, other.capability) || byCodePoint(one.rule, other.rule) || byNames(names(one), names(other)));
}

/** @param {string[]} some @param {string[]} others */
function byNames(some, others) {
  for (let place = 0; place < Math.min(some.length, others.length); place++) {
    const difference = byCodePoint(some[place], others[place]);
    if (difference) return difference;
  }
  return some.length - others.length;
}

/** @param {Compiled} system @param {World} world @param {Stop} stop @returns {StopRow} */
function stopRow(system, world, stop) {
  const { step, level, after, basis } = stop, fact = system.conclusion[step], about = aboutOf(system, fact);
  const entity = about.entity < 0 ? system.told.keys[about.place] : about.entity; // of stones only keys are asked after
  const missing = missingOf(system, stop), controls = stop.controls.map((control) => controlOf(system, world, control)).sort((one, other) => byCodePoint(one.id, other.id));
  const reasons = reasonsOf(system, missing.map(({ fact }) => fact), stop, controls);
  return {
    entity, fact, id: about.name, says: factSaid(system, fact), kind: kindOf(system, entity), capability: about.capability,
    because: becauseOf(stop), by: [...new Set(reasons.map(([by]) => by))], changes: [...new Set(reasons.map(([, change]) => change))],
    rule: system.rules[system.rule[step]], missing: missing.map(({ fact }) => factName(system, fact)), level: wordOf(system, level),
    controls: controls.map(({ id }) => id), after, basis, relations: [...world.along(step)], near: false,
  };
}

/** What does not hold, by name. @param {Compiled} system @param {Stop} stop */
function missingOf(system, stop) {
  const named = stop.missing.map((fact) => ({ fact, about: aboutOf(system, fact) }));
  return named.sort((one, other) => byCodePoint(one.about.name, other.about.name) || byCodePoint(one.about.capability, other.about.capability));
}

/** All that stands in the way, each with what would change it. @param {Compiled} system @param {number[]} missing
 * @param {Stop} stop @param {{id: string, kind: string}[]} controls @returns {[string, string][]} */
function reasonsOf(system, missing, { level, after, basis }, controls) {
  const { told } = system, say = (/** @type {string} */ name, /** @type {(string | number)[]} */ ...values) => phrase(system, name, ...values);
  /** @type {[string, string][]} */
  const found = missing.map((fact) => [say("needs", factSaid(system, fact)), say("if also", factSaid(system, fact))]);
  if (level !== null) found.push([say("only at level", levelWord(system, level)), say("assume", levelWord(system, level))]);
  if (after !== null) found.push([say("buffer", short(after)), say("longer")]);
  if (basis !== null) found.push([say("only known", told.known[basis]), say("accept", basis)]);
  for (const { id, kind } of controls) found.push([told.controls[kind], say("distrust", id)]);
  return found;
}

/** Why something is reached, or why not; the strongest that is reached of it, if no capability is named.
 * @param {Compiled} system @param {State} state @param {Answer} answer @param {string} id @param {string} [capability]
 * @returns {Why} */
function why(system, state, answer, id, capability) {
  const reach = reachFor(system, state, answer);
  const entity = system.numbers.entities.get(id);
  if (entity === undefined) throw new Error(`nothing in this estate is called ${JSON.stringify(id)}`);
  const held = capability ?? strongestOf(system, reach.proofs, entity), factOf = (/** @type {string} */ said) => entity * system.width + system.capabilities.indexOf(said);
  if (held && reach.proofs.has(factOf(held))) return whyReached(reach, factOf(held));
  const opened = openedOf(system, reach.asked), fact = factOf(held ?? strongestOf(system, opened.proofs, entity) ?? system.told.asked[kindOf(system, entity)]);
  return reach.proofs.has(fact) ? whyReached(reach, fact) : whyNot(reach, opened, fact);
}

/** The same start where no control stands and everything is assumed. @param {Compiled} system @param {Asked} asked
 * @returns {Answer} */
function openedOf(system, asked) {
  const distrust = [...system.controls, ...asked.with, "fail_closed"];
  return solve(system, { ...asked, assume: system.told.levels.length, distrust, hours: null, basis: system.bases[system.bases.length - 1], anyone: true });
}

/** The strongest capability over a thing that is proved. @param {Compiled} system @param {Proofs} proofs
 * @param {number} entity @returns {string | undefined} */
function strongestOf(system, proofs, entity) {
  const held = system.capabilities.flatMap((_, place) => proofs.get(entity * system.width + place) ?? []);
  const { strength } = strengthsOf(system), placeOfIt = (/** @type {Proved} */ { fact }) => fact % system.width;
  const [first] = contour(system, held).sort((one, other) => strength[placeOfIt(one)] - strength[placeOfIt(other)]);
  return first && system.capabilities[placeOfIt(first)];
}

/** @param {Compiled} system @param {number} fact */
function questionOf(system, fact) {
  const { entity, name, capability } = aboutOf(system, fact);
  return { entity, id: name, name: labelOf(system, entity), capability, says: factSaid(system, fact) };
}

/** @param {Reach} reach @param {number} fact @returns {Why} */
function whyReached(reach, fact) {
  const { system } = reach, proof = /** @type {Proved} */ (reach.proofs.get(fact)), label = reach.labels.of(fact);
  const word = levelWord(system, proof.level), level = reach.attacked ? phrase(system, "under level", quoted(word)) : "";
  const lines = [phrase(system, "known", system.told.known[system.bases[label.basis]])];
  if (label.anyone !== null && label.anyone <= proof.level) lines.push(phrase(system, "stranger has it", quoted(levelWord(system, label.anyone))));
  return {
    answer: "reached", ...questionOf(system, fact), headline: phrase(system, "why", factSaid(system, fact), level, plural(proof.hops, "step")),
    level: word, hops: proof.hops, basis: system.bases[label.basis], anyone: wordOf(system, label.anyone),
    strip: stripOf(system, reach.answer, fact), reasons: [], way: [], open: [],
    lines: [...lines, ...unknownOf(system, fact)],
  };
}

/** What the estate states not to know of a thing. @param {Compiled} system @param {number} fact */
function unknownOf(system, fact) {
  const { entity } = aboutOf(system, fact), unknown = system.told.unknown[entity];
  return unknown ? [phrase(system, "stated unknown", labelOf(system, entity), unknown.join(", "))] : [];
}

/** The steps that lead to a fact, premises first; empty if it is not reached. @param {Compiled} system
 * @param {Answer} answer @param {number} fact */
function stripOf(system, { proofs, world }, fact) {
  const needed = new Set([fact]), used = new Set();
  for (let place = proofs.placeOf(fact); place >= 0; place--) {
    if (!needed.delete(proofs.fact[place])) continue;
    used.add(proofs.fact[place]);
    for (const premise of proofs.premisesAt(place)) needed.add(premise);
  }
  const places = [...proofs.keys().keys()].filter((place) => used.has(proofs.fact[place]));
  return places.map((place) => stripStep(system, world, proofs.proof(place)));
}

/** @param {Compiled} system @param {World} world @param {Proved} proof @returns {StripStep} */
function stripStep(system, world, { fact, step, level, hops, at, premises }) {
  const about = aboutOf(system, fact), relations = step < 0 ? [] : [...world.along(step)];
  const rule = step >= 0 ? system.rules[system.rule[step]] : premises.length ? "closure" : "seed";
  return {
    entity: about.entity, fact, id: about.name, says: factSaid(system, fact), because: system.told.because[rule], capability: about.capability, rule,
    level: levelWord(system, level), hops, at, premises: premises.map((premise) => factName(system, premise)), relations,
    evidence: [...new Set(relations.flatMap((relation) => evidence(system, "relations", relation)))], included: rule === "closure",
  };
}

/** @param {Reach} reach @param {Answer} opened @param {number} fact @returns {Why} */
function whyNot(reach, opened, fact) {
  const { system, asked } = reach, way = stripOf(system, opened, fact), says = factSaid(system, fact);
  const beyond = leadingTo(reach, opened.proofs, fact), unknown = unknownOf(system, fact);
  const rows = stopRows(reach).filter((row) => beyond.has(row.fact)).map((row) => ({ ...row, near: row.fact === fact }));
  const reasons = [...rows.filter((row) => row.near), ...rows.filter((row) => !row.near)];
  const none = { ...questionOf(system, fact), level: null, hops: null, basis: null, anyone: null, strip: [], reasons, way, lines: unknown };
  if (!way.length) {
    const headline = phrase(system, "no path", says, plural(system.relations.length - reach.answer.world.gone.size, "known relation"));
    const unsaid = silences(reach);
    return { ...none, answer: "nothing", headline, open: [...unknown, ...(unsaid.length ? [silenceSaid(system, unsaid)] : [])] };
  }
  const level = reach.attacked ? phrase(system, "not at level", quoted(levelWord(system, asked.assume))) : phrase(system, "not so");
  const by = listed(system, [...new Set(rows.flatMap((row) => row.by))]) || phrase(system, "nothing here");
  return { ...none, answer: "stopped", headline: phrase(system, "stopped", level, says, by), open: [] };
}

/** A fact and all that is not reached and could lead to it, however far round, where no control stood.
 * @param {Reach} reach @param {Proofs} opened @param {number} fact @returns {Set<number>} */
function leadingTo(reach, opened, fact) {
  const { system } = reach, { world } = reach.answer, found = new Set([fact]), concluding = concludingOf(system);
  for (const wanted of found) {
    const before = [...rowOf(concluding, wanted)].flatMap((step) => (world.closed[step] === 2 ? [] : [...world.premises(step)]));
    for (const premise of [...before, ...includingOf(system, wanted)]) if (opened.has(premise) && !reach.proofs.has(premise)) found.add(premise);
  }
  return found;
}

/** The steps that conclude each fact, made once. @param {Compiled} system @returns {Lists} */
function concludingOf(system) {
  const found = CONCLUDING.get(system) ?? grouped(system.conclusion, system.conclusion.map((_, step) => step), system.total);
  CONCLUDING.set(system, found);
  return found;
}

/** @type {WeakMap<Compiled, Lists>} */ const CONCLUDING = new WeakMap();

/** The facts about the same thing that include one. @param {Compiled} system @param {number} fact */
function includingOf(system, fact) {
  const { capability, entity } = aboutOf(system, fact);
  if (entity < 0) return [];
  const fitting = system.capabilities.filter((whole, place) => system.applies[system.kinds[entity]][place] && (system.told.implied[whole] ?? []).includes(capability));
  return fitting.map((whole) => entity * system.width + system.capabilities.indexOf(whole));
}

/** What is gained, lost and otherwise reached in one answer than in another. @param {Description} before
 * @param {Description} after @returns {Comparison} */
function compare(before, after) {
  const known = new Map(before.rows.map((row) => [row.entity, row])), now = new Map(after.rows.map((row) => [row.entity, row]));
  const changed = after.rows.flatMap((row) => {
    const old = known.get(row.entity);
    return old && !row.saysAs(old) ? [{ before: old, after: row }] : [];
  });
  return {
    gained: after.rows.filter((row) => !known.has(row.entity)),
    lost: before.rows.filter((row) => !now.has(row.entity)),
    changed,
  };
}
