// Plays exercises from standard input, a line of JSON each, with the page's own scripts: `node playing.js FOLDER FILE…`.
// A line has what the page is given and what is decided, several times; what then comes, and each card, is answered, or why the page's checker refuses it.
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

for (const name of process.argv.slice(3)) {
  vm.runInThisContext(readFileSync(join(process.argv[2], name), "utf8"), { filename: name });
}

/** @param {any} playing @param {any} decided */
function wholly(playing, decided) {
  const parts = playing.played(decided);
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
  }
}

/** @param {any} system @param {any} playing @param {any} decided */
function toldOf(system, playing, decided) {
  const played = wholly(playing, decided), { injects, levers } = system.exercise;
  const cards = (/** @type {any[]} */ decisions) => decisions.flatMap((decision) => decision.options.map((/** @type {any} */ option) => {
    const card = playing.card(decision, option);
    return { ...card, outcome: outcomeSaid(system, card), reached: reachedSaid(system, system.exercise, card), cost: levers[option.lever].cost };
  }));
  const coming = played.coming.map((/** @type {number} */ number) => injects[number].inject);
  return { headline: exerciseSaid(system, system.exercise, played), injects: coming, cards: cards(played.choices), decided: cards(played.decided) };
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { written, journeys } = JSON.parse(line), system = unpack(written);
  try {
    const playing = new Playing(system, system.exercise);
    console.log(JSON.stringify(journeys.map((/** @type {any} */ decided) => toldOf(system, playing, decided))));
  } catch (error) {
    console.log(JSON.stringify({ refused: String(error) }));
  }
}
