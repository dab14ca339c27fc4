// A sheet to keep: a picture under its title and above its legend, as blastradius/render/sheet.py puts it together.
"use strict";

/** The picture that is shown as a sheet by itself. @param {Drawn} drawn @param {SVGElement} group
 * @param {number} width @param {number} height @returns {SVGElement} */
function sheetOf(drawn, group, width, height) {
  const { look } = drawn, { lettering, sizes } = look, { edge, narrow, row } = look.sheet;
  const inner = Math.max(width, narrow, Math.min(lettering.width(drawn.title, sizes.title, true), 640));
  const heading = headingOf(drawn, inner), top = edge + lettering.tallness(heading) + 6;
  const rows = keyRows(drawn, inner), below = top + height + 14;
  const [wide, high] = [inner + 2 * edge, below + rows.length * row + edge];
  return svgElement("svg", { viewBox: `0 0 ${wide.toFixed(2)} ${high.toFixed(2)}`, width: `${wide.toFixed(1)}pt`, height: `${high.toFixed(1)}pt`, "font-family": look.stack },
    svgElement("rect", { width: "100%", height: "100%", fill: look.graph.bgcolor }),
    ...writtenLines(look, heading, edge, edge, { ink: look.ink.text, isMiddle: false }),
    svgElement("g", { transform: `translate(${edge} ${top.toFixed(2)})` }, group),
    ...rows.flatMap((keys, place) => keys.flatMap((key) => legendPart(look, key, edge, below + place * row))));
}

/** @param {Drawn} drawn @param {number} room @returns {Line[]} */
function headingOf({ title, subtitle, counts, look }, room) {
  const { lettering, sizes, limits, ink } = look;
  const below = [subtitle, counts].filter(Boolean).flatMap((text) => lettering.wrapped(cutText(text, 2 * limits.label), room, sizes.text, false));
  return [
    ...lettering.lines(title, room, { size: sizes.title, bold: true }),
    ...below.map((text) => lettering.line(text, { color: ink.quiet })),
  ];
}

/** @typedef {{x: number, text: string, key: LegendKey, isFirst: boolean}} LegendPart */

/** The keys one after another, as a paragraph is set. @param {Drawn} drawn @param {number} room @returns {LegendPart[][]} */
function keyRows({ legend, look }, room) {
  const { lettering, sizes, limits } = look, { sample, gap } = look.sheet;
  /** @type {LegendPart[][]} */ const rows = legend.length ? [[]] : [];
  let x = 0;
  for (const key of legend) {
    const words = lettering.wrapped(cutText(key.words, 2 * limits.label), room - sample, sizes.text, false);
    for (const [place, text] of words.entries()) {
      const isFirst = place === 0 && key.sample !== null, wide = lettering.width(text, sizes.text, false) + (isFirst ? sample : 0);
      if (x && x + wide > room) { rows.push([]); x = 0; }
      rows[rows.length - 1].push({ x, text, key, isFirst });
      x += wide + gap;
    }
  }
  return rows;
}

/** @param {any} look @param {LegendPart} part @param {number} edge @param {number} y @returns {SVGElement[]} */
function legendPart(look, { x, text, key, isFirst }, edge, y) {
  const { sizes, ink, sheet } = look, isStop = key.mark === "stopped" && isFirst;
  const line = look.lettering.line(text), from = edge + x + (isFirst ? sheet.sample : 0);
  const samples = isFirst ? sampleBoxes(key, edge + x, y) : [];
  return [...samples, writtenText(look, line, from, y + sizes.text * 0.86, isStop ? ink.alarm : ink.text, false)];
}

/** A small box that looks as what is explained does; what has two frames has two. @param {LegendKey} key @param {number} x
 * @param {number} y */
function sampleBoxes(key, x, y) {
  const insets = ["jewel", "folded"].includes(key.mark ?? "") ? [0, 2.2] : [0];
  return insets.map((inset) => svgElement("rect", {
    x: x + inset + 1, y: y + inset + 1, width: 15 - 2 * inset, height: 9 - 2 * inset, rx: 1.5, ...key.sample, ...(inset ? { "stroke-width": 0.8 } : {}),
  }));
}

/** A sheet as a text to keep. @param {SVGElement} sheet */
function sheetText(sheet) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(sheet)}\n`;
}

/** A sheet as points of colour, as many as a browser can hold. @param {SVGElement} sheet @returns {Promise<Blob>} */
async function sheetImage(sheet) {
  const [, , width, height] = numbersIn(sheet.getAttribute("viewBox"));
  const scale = Math.min(3, 12_000 / Math.max(width, height)), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  const address = URL.createObjectURL(new Blob([sheetText(sheet)], { type: "image/svg+xml" }));
  try {
    const image = new Image(canvas.width, canvas.height);
    image.src = address;
    await image.decode();
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  } finally {
    URL.revokeObjectURL(address);
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser could not make an image of it"))), "image/png"));
}
