// Plays exercises from standard input, a line of JSON each, with the page's own scripts: `node playing.js FOLDER FILE…`.
// A line has what the page is given and what is decided, several times; what then comes, and each card, is answered.
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

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { written, journeys } = JSON.parse(line), system = unpack(written), playing = new Playing(system, system.exercise);
  console.log(JSON.stringify(journeys.map((/** @type {any} */ decided) => {
    const played = wholly(playing, decided);
    const cards = (/** @type {any[]} */ decisions) => decisions.flatMap((decision) => decision.options.map((/** @type {any} */ option) => {
      const card = playing.card(decision, option);
      return { ...card, outcome: outcomeSaid(system, card), reached: reachedSaid(system, system.exercise, card), cost: system.exercise.levers[option.lever].cost };
    }));
    return { headline: exerciseSaid(system, system.exercise, played), injects: played.coming.map((/** @type {number} */ number) => system.exercise.injects[number].inject), cards: cards(played.choices), decided: cards(played.decided) };
  })));
}
