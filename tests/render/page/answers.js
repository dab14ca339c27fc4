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

/** @param {any} system @param {any} asked @param {any} answer @param {number[]} seeds */
function liesThatPass(system, asked, answer, seeds) {
  const run = answer.runs[answer.runs.length - 1];
  let told = 0;
  const passed = [];
  for (const [fact, found] of run.settled) {
    const lies = [(/** @type {any} */ all) => all.delete(fact)];
    lies.push((all) => all.set(fact, { ...found, level: found.level + 1, at: found.at + 1 }));
    if (found.premises.length) lies.push((all) => all.set(fact, { ...found, premises: found.premises.slice(1) }));
    for (const lie of lies) {
      const settled = new Map(run.settled);
      lie(settled);
      told++;
      const runs = [...answer.runs.slice(0, -1), { assume: run.assume, settled }];
      if (refusal(system, asked, { ...answer, runs }, seeds) === null) passed.push(fact);
    }
  }
  return { told, passed };
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { written, asked, lying } = JSON.parse(line), system = unpack(written);
  const answer = solve(system, asked), seeds = seedsOf(system, asked);
  const { proofs, world } = answer, refused = refusal(system, asked, answer, seeds);
  const idOf = (/** @type {number} */ control) => system.controls[control] ?? world.added[control - system.controls.length].id;
  const alongOf = (/** @type {number} */ step) => (step < 0 ? [] : Array.from(world.along(step), (relation) => system.relations[relation]));
  const stops = answer.stops.map((stop) => ({ ...stop, controls: stop.controls.map(idOf), along: alongOf(stop.step) }));
  console.log(JSON.stringify({ proofs: proofs.map((proof) => ({ ...proof, along: alongOf(proof.step) })), stops, refused, lies: lying ? liesThatPass(system, asked, answer, seeds) : null }));
}
