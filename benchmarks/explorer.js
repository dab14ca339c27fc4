// Asks what-ifs of a page's estate with the page's own scripts, and says how much processor time each part takes:
// `node explorer.js ESTATE.JSON GRAPHVIZ.WASM SCRIPT…`. Each what-if is another world, as one who asks makes them.
"use strict";
const { readFileSync } = require("node:fs");
const vm = require("node:vm");

const [estate, wasm, ...scripts] = process.argv.slice(2);
for (const script of scripts) vm.runInThisContext(readFileSync(script, "utf8"), { filename: script });
const WARM = 4, ASKED = 10;

/** @param {() => any} work @returns {[any, number]} what it gives, and its milliseconds of processor time in this thread */
function timed(work) {
  const before = process.cpuUsage();
  const found = work();
  const { user, system } = process.cpuUsage(before);
  return [found, (user + system) / 1000];
}

/** The start that reaches most of what is tried, at the highest level. @param {any} system */
function widest(system) {
  const keys = system.entities.filter((_, entity) => kindOf(system, entity) === "credential").slice(0, 12);
  const states = keys.map((key) => ({ ...emptyState(), leak: [key], assume: 4 }));
  const sizes = states.map((state) => [...reachOf(system, askedOf(system, state)).keys()].length);
  return states[sizes.indexOf(Math.max(...sizes))];
}

/** @param {any} system @param {any} start @param {number} turn */
function changedAt(system, start, turn) {
  const without = [system.relations[(turn * 131) % system.relations.length]];
  const distrust = [system.controls[(turn * 37) % system.controls.length]];
  return { ...start, ...(turn % 2 ? { without } : { distrust }) };
}

/** @param {any} system @param {any} state @param {(dot: string) => string} draw */
function answered(system, state, draw) {
  const asked = askedOf(system, state), [answer, solving] = timed(() => solve(system, asked));
  const [wrong, checking] = timed(() => refusal(system, asked, answer, seedsOf(system, asked)));
  if (wrong !== null) throw new Error(wrong);
  const [described, describing] = timed(() => describe(system, state, answer));
  const [drawn, choosing] = timed(() => pictureOf(system, asked, answer, { heading: false }));
  const [, laying] = timed(() => draw(drawn.dot));
  return { things: described.rows.length, times: { solving, checking, describing, choosing, laying } };
}

graphviz(readFileSync(wasm)).then((draw) => {
  const [system, unpacking] = timed(() => unpack(JSON.parse(readFileSync(estate, "utf8"))));
  const start = widest(system), found = Array.from({ length: WARM + ASKED }, (_, turn) => answered(system, changedAt(system, start, turn), draw));
  const warm = found.slice(WARM), median = (/** @type {number[]} */ some) => some.sort((one, other) => one - other)[some.length >> 1];
  const parts = Object.keys(warm[0].times).map((part) => [part, median(warm.map(({ times }) => times[part]))]);
  const whole = median(warm.map(({ times }) => Object.values(times).reduce((sum, time) => sum + time)));
  console.log(JSON.stringify({ unpacking, things: median(warm.map(({ things }) => things)), parts: Object.fromEntries(parts), whole }));
});
