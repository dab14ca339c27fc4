// What is said of each fact besides its level: how well it is known, and whether anyone could have as much.
"use strict";

/** @typedef {{basis: number, anyone: number | null}} Label the best basis on which a fact can be proved, and the level
 *   at which anyone at all could have as much, if at any */

/** The label of every fact about a thing that is reached. @param {Compiled} system @param {Asked} asked
 * @param {Iterable<number>} reached @returns {Map<number, Label>} */
function labelsOf(system, asked, reached) {
  const bases = basesUsed(system, asked), weakest = /** @type {number} */ (bases.pop());
  const known = bases.map((basis) => reachOf(system, { ...asked, basis: system.bases[basis] }));
  const could = strangers(system, asked);
  return new Map(Array.from(reached, (fact) => {
    const basis = bases.find((_, place) => known[place].has(fact)) ?? weakest;
    return [fact, { basis, anyone: could.get(fact)?.level ?? null }];
  }));
}

/** The bases on which what could be used is known, best first. @param {Compiled} system @param {Asked} asked */
function basesUsed(system, asked) {
  const weakest = system.bases.indexOf(asked.basis), found = new Set([0]);
  for (const basis of system.basis) if (basis <= weakest) found.add(basis);
  return [...found].sort();
}

/** The facts that hold by the end, at the level assumed. @param {Compiled} system @param {Asked} asked */
function reachOf(system, asked) {
  const end = isTimed(asked) && asked.hours !== null ? asked.hours : null;
  return new Run(system, worldOf(system, asked), asked.assume, end).settle(seedsOf(system, asked)).settled;
}

/** What a stranger could do, where something is open to anyone at all. @param {Compiled} system @param {Asked} asked
 * @returns {Map<number, Found>} */
function strangers(system, asked) {
  if (!system.told.anonymous) return new Map();
  const seeds = Object.fromEntries(Object.keys(asked.seeds).map((way) => [way, []]));
  return reachOf(system, { ...asked, seeds, anyone: true, hours: null });
}
