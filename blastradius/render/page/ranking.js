// Which of the controls hold the most: what more could be reached if just one of them did not hold.
"use strict";

const TRYING = 200; // milliseconds for trying controls, so that the answer never waits for them

/** @typedef {{rest: Rest, things: number, jewels: number}} Held what more there would be; -1 where it was not tried */

/** The controls that an answer relies on, those first without which most would be lost. @param {Estate} system
 * @param {State} state @param {Answer} answer @param {Rest[]} rests @returns {Held[]} */
function mostHolding(system, state, answer, rests) {
  const asked = askedOf(system, state), reached = thingsOf(system, answer.proofs.keys());
  const jewels = new Set(system.told.jewels), end = performance.now() + TRYING;
  const found = rests.map((rest) => {
    if (performance.now() > end) return { rest, things: -1, jewels: -1 };
    const more = thingsOf(system, reachOf(system, { ...asked, distrust: [...asked.distrust, rest.id] }).keys());
    const gained = [...more].filter((thing) => !reached.has(thing));
    return { rest, things: gained.length, jewels: gained.filter((thing) => jewels.has(thing)).length };
  });
  return found.sort((one, other) => other.jewels - one.jewels || other.things - one.things);
}

/** @param {Compiled} system @param {Iterable<number>} facts */
function thingsOf(system, facts) {
  const stones = system.width * system.entities.length, found = new Set();
  for (const fact of facts) if (fact < stones) found.add(Math.floor(fact / system.width));
  return found;
}

/** What more there would be without a control, in words. @param {Held} held */
function lossSaid({ things, jewels }) {
  if (things < 0) return "";
  if (!things) return "if it alone fell, nothing more";
  return `if it fell: ${plural(things, "thing more", "things more")}${jewels ? `, of them ${plural(jewels, "crown jewel")}` : ""}`;
}
