// Tells what the page says of questions from standard input, a line of JSON each: `node telling.js FOLDER FILE…`.
// A line has the estate, or asks of the last one again. `run` is a line of JavaScript that sees `system` and `given`.
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

for (const name of process.argv.slice(3)) {
  vm.runInThisContext(readFileSync(join(process.argv[2], name), "utf8"), { filename: name });
}
let system = null;
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { written, given, run } = JSON.parse(line);
  if (written) system = unpack(written);
  const told = new Function("system", "given", run)(system, given);
  console.log(JSON.stringify(told === undefined ? null : told));
}
