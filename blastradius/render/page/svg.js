// What Graphviz laid out, taken over into the page element by element, and lettered in the face that it was measured in, as
// blastradius/render/sheet.py does it. Nothing is taken over that is not on the lists.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

/** Elements that are taken over; Graphviz wraps its shapes in links, of which groups are left. @type {Record<string, string>} */
const TAKEN = { g: "g", a: "g", path: "path", polygon: "polygon", polyline: "polyline", ellipse: "ellipse", text: "text" };

const KEPT = new Set(["class", "d", "points", "cx", "cy", "rx", "ry", "x", "y", "fill", "stroke", "stroke-width",
  "stroke-dasharray", "transform", "text-anchor", "font-size"]);

/** An element of SVG. @param {string} tag @param {Record<string, string | number>} given @param {(Node | string)[]} inside */
function svgElement(tag, given = {}, ...inside) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, String(value));
  made.append(...inside);
  return made;
}

/** A drawing as an element of this page, and its size in points. @param {string} text @param {Drawn} drawn
 * @returns {{group: SVGElement, width: number, height: number}} */
function takenOver(text, drawn) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const graph = root.localName === "svg" && [...root.children].find(({ localName }) => localName === "g");
  const [, , width, height] = numbersIn(root.getAttribute("viewBox"));
  if (!graph || !(width > 0 && height > 0)) throw new Error("Graphviz drew no picture");
  const group = /** @type {SVGElement} */ (copied(graph));
  for (const own of [...group.children]) if (own.localName !== "g") own.remove();
  for (const part of [...group.children]) letter(/** @type {SVGElement} */ (part), group, drawn);
  return { group, width, height };
}

/** @param {Element} source @returns {SVGElement | null} */
function copied(source) {
  const tag = TAKEN[source.localName];
  if (source.namespaceURI !== SVG || !tag) return null;
  const made = svgElement(tag);
  for (const { name, value } of source.attributes) if (KEPT.has(name) && !value.includes("url")) made.setAttribute(name, value);
  if (tag === "text") made.textContent = source.textContent;
  else made.append(...[...source.children].map(copied).filter((child) => child !== null));
  nameIt(made, source);
  return made;
}

/** What a group is called in the drawing, and what is said where it is pointed at. @param {SVGElement} made
 * @param {Element} source */
function nameIt(made, source) {
  const title = [...source.children].find(({ localName }) => localName === "title");
  if (title && source.hasAttribute("class")) made.dataset.name = title.textContent ?? "";
  const tip = source.localName === "a" ? source.getAttributeNS("http://www.w3.org/1999/xlink", "title") : null;
  if (tip) made.dataset.tip = tip;
}

/** @param {SVGElement} part @param {SVGElement} group @param {Drawn} drawn */
function letter(part, group, drawn) {
  const name = part.dataset.name ?? "", box = drawn.boxes.get(name), label = drawn.labels.get(name);
  if (box) letterBox(part, box, drawn.look);
  else if (label) letterAround(part, label.lines, middleOf(outlineOf(part)), drawn.look);
  else if (part.classList.contains("cluster")) letterZone(part, group, drawn.look);
  else if (part.classList.contains("edge")) speaks(part, "img", tipIn(part));
}

/** @param {SVGElement} part @param {Shown} box @param {any} look */
function letterBox(part, box, look) {
  const [x, y] = middleOf(outlineOf(part)), [right, down] = look.shifts[box.kind];
  const lid = look.shapes[box.kind].shape === "cylinder" ? box.frame.height * look.sizes.lid / 2 + (box.isJewel ? 2 : 0) : 0;
  const { fontcolor } = (look.tones[box.tone] ?? look.toneless).paint;
  letterAround(part, box.frame.lines, [x + right, y + down + lid], look, fontcolor);
  part.setAttribute("tabindex", "0");
  speaks(part, "button", (box.isAbsent ? "only in the picture beside: " : "") + saidBy(box.frame.lines));
}

/** @param {Line[]} lines */
function saidBy(lines) { return lines.map(({ text }) => text).join(" "); }

/** @param {SVGElement} part @param {Line[]} lines @param {number[]} middle @param {any} look
 * @param {string} [ink] */
function letterAround(part, lines, [x, y], look, ink = look.ink.text) {
  clear(part);
  const tall = look.lettering.tallness(lines);
  part.append(...writtenLines(look, lines, x, y - tall / 2, { ink, isMiddle: true }));
  speaks(part, "img", saidBy(lines));
}

/** The name of a zone is drawn above the edges that run through it. @param {SVGElement} part @param {SVGElement} group
 * @param {any} look */
function letterZone(part, group, look) {
  const text = part.querySelector("text"), [left, right] = acrossOf(outlineOf(part), 0);
  if (!text) return;
  const name = look.lettering.fitted(text.textContent ?? "", right - left - 16, look.sizes.text, true);
  const line = look.lettering.line(name, { bold: true }), baseline = Number(text.getAttribute("y"));
  part.removeAttribute("role");
  const around = { class: "zone", stroke: look.ink.zone, "stroke-width": 3, "paint-order": "stroke" };
  const said = { role: "button", tabindex: 0, "aria-label": text.textContent ?? "", "data-zone": part.dataset.name ?? "" };
  clear(part);
  group.append(svgElement("g", { ...around, ...said }, writtenText(look, line, left + 8, baseline, look.ink.quiet, false)));
}

/** @param {SVGElement} part */
function clear(part) { for (const text of part.querySelectorAll("text")) text.remove(); }

/** What somebody who does not see the picture is told, and who points at a part of it. @param {SVGElement} part
 * @param {string} role @param {string} said */
function speaks(part, role, said) {
  part.setAttribute("role", role);
  part.setAttribute("aria-label", said);
  const tip = tipIn(part);
  if (tip && !part.querySelector("title")) part.prepend(svgElement("title", {}, tip));
}

/** @param {SVGElement} part */
function tipIn(part) { return /** @type {HTMLElement | null} */ (part.querySelector("[data-tip]"))?.dataset.tip ?? ""; }

/** Lines under each other from `top` on. @param {any} look @param {Line[]} lines @param {number} x @param {number} top
 * @param {{ink: string, isMiddle: boolean}} how @returns {SVGElement[]} */
function writtenLines(look, lines, x, top, { ink, isMiddle }) {
  const made = [], { lettering } = look;
  let from = top;
  for (const line of lines) {
    const wide = lettering.lineWidth(line), high = lettering.lineHeight(line), shade = look.tones[line.tone]?.paint;
    if (shade) made.push(svgElement("rect", { x: x - wide / 2, y: from, width: wide, height: high - 1, rx: 2, fill: shade.fillcolor }));
    const baseline = from + high / 2 + line.size * 0.36;
    if (line.text.trim()) made.push(writtenText(look, line, x, baseline, shade?.fontcolor ?? ink, isMiddle));
    from += high;
  }
  return made;
}

/** Where a viewer has another face, the text still takes the room that it was given. @param {any} look @param {Line} line
 * @param {number} x @param {number} y @param {string} ink @param {boolean} isMiddle */
function writtenText(look, line, x, y, ink, isMiddle) {
  const { text, size, bold, color } = line, wide = look.lettering.width(text, size, bold);
  return svgElement("text", {
    x: x.toFixed(2), y: y.toFixed(2), "font-size": size, fill: color ?? ink, textLength: wide.toFixed(2),
    lengthAdjust: "spacingAndGlyphs", ...(isMiddle ? { "text-anchor": "middle" } : {}), ...(bold ? { "font-weight": "bold" } : {}),
  }, text);
}

/** A frame around an outline, and a word at its corner. @param {SVGElement} outline @param {string} word
 * @param {any} look */
function frameAround(outline, word, look) {
  const [[left, right], [top, bottom]] = [acrossOf(outline, 0), acrossOf(outline, 1)], ink = look.ink.change;
  const frame = svgElement("rect", { class: "changed", x: left - 3, y: top - 3, width: right - left + 6, height: bottom - top + 6, rx: 4, fill: "none", stroke: ink, "stroke-width": 2.5 });
  if (!word) return [frame];
  const line = look.lettering.line(word, { bold: true, color: "white" }), wide = look.lettering.lineWidth(line) + 8;
  const ground = svgElement("rect", { class: "mark", x: right + 4 - wide, y: top - 9, width: wide, height: 13, rx: 2, fill: ink });
  const text = writtenText(look, line, right + 4 - wide / 2, top + 1, "white", true);
  text.setAttribute("class", "mark");
  return [frame, ground, text];
}

/** @param {SVGElement} part */
function outlineOf(part) { return /** @type {SVGElement} */ (part.querySelector("path, polygon, ellipse")); }

/** @param {SVGElement} shape @returns {[number, number]} */
function middleOf(shape) {
  if (shape.localName === "ellipse") return [Number(shape.getAttribute("cx")), Number(shape.getAttribute("cy"))];
  const [[left, right], [top, bottom]] = [acrossOf(shape, 0), acrossOf(shape, 1)];
  return [(left + right) / 2, (top + bottom) / 2];
}

/** From where to where an outline goes, from left to right or from top to bottom. @param {SVGElement} shape
 * @param {0 | 1} down @returns {[number, number]} */
function acrossOf(shape, down) {
  if (shape.localName === "ellipse") {
    const [middle, half] = [["cx", "rx"], ["cy", "ry"]][down].map((name) => Number(shape.getAttribute(name)));
    return [middle - half, middle + half];
  }
  const found = numbersIn(shape.getAttribute("points") ?? shape.getAttribute("d")).filter((_, place) => place % 2 === down);
  return [Math.min(...found), Math.max(...found)];
}

/** @param {string | null} text */
function numbersIn(text) { return (text ?? "").match(/-?\d+(?:\.\d+)?/g)?.map(Number) ?? []; }
