// Draws answers to questions from standard input, a line of JSON each, with the page's own scripts:
// `node pictures.js FOLDER FILE…`. A line names a file with the estate, and has all that is asked of it.
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

for (const name of process.argv.slice(3)) {
  vm.runInThisContext(readFileSync(join(process.argv[2], name), "utf8"), { filename: name });
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { written, questions } = JSON.parse(line), system = unpack(written);
  for (const { asked, view } of questions) {
    const [unfolded, gathered] = [view.unfolded, view.gathered].map((ids) => new Set(ids ?? []));
    const { dot, boxes, edges, counts } = pictureOf(system, asked, solve(system, asked), { ...view, unfolded, gathered });
    console.log(JSON.stringify({ dot, boxes: [...boxes], edges, counts }));
  }
}
