// Answers questions from standard input, a line of JSON each, with the page's own solver and checker:
// `node answers.js FOLDER FILE…`. Where lies are asked for,
// each answer is also told with lies in it, and those that the checker accepts are named.
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

for (const name of process.argv.slice(3)) {
  vm.runInThisContext(readFileSync(join(process.argv[2], name), "utf8"), { filename: name });
}

/** Each answer with a lie in it: what is shown has it as well as what is verified. @param {any} system @param {any} asked
 * @param {any} answer @param {number[]} seeds */
function liesThatPass(system, asked, answer, seeds) {
  const run = answer.runs[answer.runs.length - 1], told = [...run.settled], timed = answer.proofs !== run.settled;
  const passed = [];
  let count = 0;
  told.forEach((found, place) => {
    const lies = [[], [{ ...found, level: found.level + 1, at: found.at + 1 }]];
    if (found.premises.length) lies.push([{ ...found, premises: found.premises.slice(1) }]);
    for (const lie of lies) {
      const settled = Proofs.of(system.total, told.toSpliced(place, 1, ...lie)), runs = [...answer.runs.slice(0, -1), { assume: run.assume, settled }];
      const proofs = timed ? gathered(system, runs) : settled;
      count++;
      if (refusal(system, asked, { ...answer, runs, proofs }, seeds) === null) passed.push(found.fact);
    }
  });
  return { told: count, passed };
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { written, asked, lying } = JSON.parse(line), system = unpack(written);
  const answer = solve(system, asked), seeds = seedsOf(system, asked);
  const { proofs, world } = answer, refused = refusal(system, asked, answer, seeds);
  const idOf = (/** @type {number} */ control) => system.controls[control] ?? world.added[control - system.controls.length].id;
  const alongOf = (/** @type {number} */ step) => (step < 0 ? [] : Array.from(world.along(step), (relation) => system.relations[relation]));
  const stops = answer.stops.map((stop) => ({ ...stop, controls: stop.controls.map(idOf), along: alongOf(stop.step) }));
  console.log(JSON.stringify({ proofs: Array.from(proofs, (proof) => ({ ...proof, along: alongOf(proof.step) })), stops, refused, lies: lying ? liesThatPass(system, asked, answer, seeds) : null }));
}
