// Lays out texts from standard input, a line of JSON each, with the page's own shim for Graphviz: `node layouts.js
// LAYOUT.JS GRAPHVIZ.WASM`.
"use strict";
const { readFileSync } = require("node:fs");
const vm = require("node:vm");

vm.runInThisContext(readFileSync(process.argv[2], "utf8"), { filename: "layout.js" });
graphviz(readFileSync(process.argv[3])).then((draw) => {
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const { dot, spoil } = JSON.parse(line);
    const svg = draw(dot);
    console.log(JSON.stringify({ svg, missing: missingIn(dot, spoil ? svg.replace(spoil, "") : svg) }));
  }
});
