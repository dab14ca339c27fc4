// A picture to look at: moved, enlarged, pointed at; what leads to a thing and what it leads to are lit.
"use strict";

const DIM = "0.18", CLOSEST = 40; // how faint what is not lit is; how many points are seen at least

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Seen in points of the drawing
 * @typedef {{onPick?: (ids: string[]) => void, onHover?: (ids: string[] | null) => void, onOpen?: (ids: string[]) => void,
 *   onZone?: (zone: string) => void, onSee?: (seen: Seen) => void}} Hooks
 *   what to do where a box is picked (nothing: none is), pointed at (null: none is), or opened, with the ids of all that it
 *   stands for, where the name of a zone is picked, and where it is moved or enlarged
 * @typedef {{changed?: Iterable<string>, gained?: Iterable<string>, lost?: Iterable<string>}} Marks ids of things that are
 *   otherwise than in another answer, that are new, and that are gone there
 */

class PictureView {
  /** @type {Drawn | null} */ #drawn = null;
  /** @type {SVGElement | null} */ #root = null;
  /** @type {Seen} */ #whole = { x: 0, y: 0, width: 1, height: 1 };
  /** @type {Seen} */ #seen = this.#whole;
  /** @type {Map<number, PointerEvent>} */ #fingers = new Map();
  #moved = 0;

  /** @param {HTMLElement} element @param {Hooks} [hooks] */
  constructor(element, { onPick = () => {}, onHover = () => {}, onOpen = () => {}, onZone = () => {}, onSee = () => {} } = {}) {
    this.element = element;
    this.onPick = onPick;
    this.onHover = onHover;
    this.onOpen = onOpen;
    this.onZone = onZone;
    this.onSee = onSee;
    element.style.touchAction = "none";
    element.addEventListener("wheel", (event) => this.#turned(event), { passive: false });
    element.addEventListener("pointerdown", (event) => { this.#moved = 0; this.#fingers.set(event.pointerId, event); });
    element.addEventListener("pointermove", (event) => this.#dragged(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel", "pointerleave"])) {
      element.addEventListener(name, (event) => { this.#fingers.delete(event.pointerId); });
    }
    element.addEventListener("click", (event) => { if (this.#moved < 5) this.#chosen(event); });
    element.addEventListener("dblclick", (event) => this.#open(event));
    element.addEventListener("pointerover", (event) => this.onHover(this.#idsOf(this.#nameAt(event))));
    element.addEventListener("pointerleave", () => this.onHover(null));
    element.addEventListener("focusin", (event) => this.onHover(this.#idsOf(this.#nameAt(event))));
    element.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** Show a drawing; what changed has a frame around it. @param {string} svg as Graphviz laid it out
   * @param {Drawn} drawn what was laid out, as `pictureOf` gives it @param {Marks} [marks] */
  show(svg, drawn, { changed = [], gained = [], lost = [] } = {}) {
    const { group, width, height } = takenOver(svg, drawn);
    this.#drawn = drawn;
    this.#whole = { x: 0, y: 0, width, height };
    this.#root = svgElement("svg", { role: "group", "aria-label": drawn.title, "font-family": drawn.look.stack, width: "100%", height: "100%", tabindex: 0 }, group);
    this.#frame(new Set(changed), "");
    this.#frame(new Set(gained), "new");
    this.#frame(new Set(lost), "gone");
    this.element.replaceChildren(this.#root);
    this.fit();
  }

  /** A frame around the boxes of some things, with a word for who sees no colour. @param {Set<string>} marked
   * @param {string} word */
  #frame(marked, word) {
    for (const [name, { ids, isAbsent }] of this.#drawn?.boxes ?? []) {
      const part = !isAbsent && ids.some((id) => marked.has(id)) ? this.#part(name) : null;
      if (part && this.#drawn) part.append(...frameAround(outlineOf(part), word, this.#drawn.look));
    }
  }

  /** @param {string} name */
  #part(name) { return /** @type {SVGElement | null} */ (this.#root?.querySelector(`[data-name="${name}"]`) ?? null); }

  /** Whether it is so wide that two stand better under each other than side by side. */
  get isWide() { return this.#whole.width > 1.6 * this.#whole.height; }

  /** All of it. */
  fit() { this.#see(this.#whole); }

  /** @param {Seen} seen */
  #see(seen) {
    this.see(seen);
    this.onSee(seen);
  }

  /** Just this much of it. @param {Seen} seen */
  see(seen) {
    this.#seen = seen;
    this.#root?.setAttribute("viewBox", [seen.x, seen.y, seen.width, seen.height].join(" "));
  }

  /** Closer, or from further away, around a point of the drawing; by default around the middle. @param {number} factor
   * @param {{x: number, y: number}} [around] */
  zoom(factor, around) {
    const { x, y, width, height } = this.#seen, middle = around ?? { x: x + width / 2, y: y + height / 2 };
    const most = 1.5 * Math.max(this.#whole.width, this.#whole.height);
    const share = Math.min(Math.max(factor, CLOSEST / width), most / Math.max(width, height));
    this.#see({
      x: middle.x - (middle.x - x) * share, y: middle.y - (middle.y - y) * share, width: width * share, height: height * share,
    });
  }

  /** @param {number} right @param {number} down in points of the drawing */
  move(right, down) { this.#see({ ...this.#seen, x: this.#seen.x + right, y: this.#seen.y + down }); }

  /** Where on the drawing something on the screen is. @param {{clientX: number, clientY: number}} event */
  #pointAt({ clientX, clientY }) {
    const matrix = /** @type {SVGSVGElement | null} */ (this.#root)?.getScreenCTM();
    return new DOMPoint(clientX, clientY).matrixTransform(matrix?.inverse());
  }

  /** @param {WheelEvent} event */
  #turned(event) {
    event.preventDefault();
    this.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 60) / 300), this.#pointAt(event));
  }

  /** One finger or the mouse moves the drawing, two enlarge it. @param {PointerEvent} event */
  #dragged(event) {
    const before = this.#fingers.get(event.pointerId), other = [...this.#fingers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (!before) return;
    const [from, to] = [this.#pointAt(before), this.#pointAt(event)];
    this.#moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
    this.#fingers.set(event.pointerId, event);
    if (!other) return this.move(from.x - to.x, from.y - to.y);
    const fixed = this.#pointAt(other), apart = (/** @type {DOMPoint} */ point) => Math.hypot(point.x - fixed.x, point.y - fixed.y) || 1;
    this.zoom(apart(from) / apart(to), fixed);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 0.1 * Math.min(this.#seen.width, this.#seen.height);
    /** @type {Record<string, () => void>} */ const keys = {
      "+": () => this.zoom(0.8), "=": () => this.zoom(0.8), "-": () => this.zoom(1.25), 0: () => this.fit(),
      ArrowLeft: () => this.move(-step, 0), ArrowRight: () => this.move(step, 0),
      ArrowUp: () => this.move(0, -step), ArrowDown: () => this.move(0, step),
      Enter: () => (event.shiftKey ? this.#open(event) : this.#chosen(event)), " ": () => this.#chosen(event), Escape: () => this.#pick(null),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  /** The box that something happens to. @param {Event} event @returns {string | null} */
  #nameAt(event) {
    const part = event.target instanceof Element ? event.target.closest("[data-name]") : null;
    const name = part instanceof SVGElement ? part.dataset.name ?? "" : "";
    return this.#drawn?.boxes.has(name) ? name : null;
  }

  /** @param {Event} event */
  #chosen(event) {
    const part = event.target instanceof Element ? event.target.closest("[data-zone]") : null;
    const zone = part instanceof SVGElement ? this.#drawn?.zones.get(part.dataset.zone ?? "") : undefined;
    if (zone === undefined) this.#pick(this.#nameAt(event));
    else this.onZone(zone);
  }

  /** What stands for several is opened. @param {Event} event */
  #open(event) {
    const ids = this.#idsOf(this.#nameAt(event)) ?? [];
    if (ids.length > 1) this.onOpen(ids);
  }

  /** @param {string | null} name @returns {string[] | null} */
  #idsOf(name) { return name === null ? null : this.#drawn?.boxes.get(name)?.ids ?? null; }

  /** @param {string | null} name */
  #pick(name) {
    this.#lit(name === null ? new Set() : this.#around(name));
    this.onPick(this.#idsOf(name) ?? []);
  }

  /** A box with all that leads to it and all that it leads to; stops lead nowhere. @param {string} name */
  #around(name) {
    const steps = (this.#drawn?.edges ?? []).filter(({ isStop, isAbsent }) => !isStop && !isAbsent);
    const down = steps.map(({ source, target }) => [source, target]), up = down.map(([source, target]) => [target, source]);
    return new Set([...reachedFrom(name, down), ...reachedFrom(name, up)]);
  }

  /** Light the boxes of some things and what runs between them; nothing is lit where there are none.
   * @param {Iterable<string>} ids */
  light(ids) {
    const wanted = new Set(ids), boxes = [...(this.#drawn?.boxes ?? [])];
    this.#lit(new Set(boxes.filter(([, box]) => box.ids.some((id) => wanted.has(id))).map(([name]) => name)));
  }

  /** @param {Set<string>} names */
  #lit(names) {
    const lit = new Set(names);
    for (const { source, target, label } of this.#drawn?.edges ?? []) {
      if (!names.has(source) || !names.has(target)) continue;
      for (const part of label === null ? [`${source}->${target}`] : [label, `${source}->${label}`, `${label}->${target}`]) lit.add(part);
    }
    for (const part of this.#root?.querySelectorAll("[data-name]:not(.cluster, .graph)") ?? []) {
      const isDim = names.size > 0 && !lit.has(/** @type {SVGElement} */ (part).dataset.name ?? "");
      if (isDim) part.setAttribute("opacity", DIM);
      else part.removeAttribute("opacity");
    }
  }

  /** The picture with its title and legend, as SVG. @returns {string} */
  exportSvg() { return sheetText(this.#sheet()); }

  /** The same as an image. @returns {Promise<Blob>} */
  exportPng() { return sheetImage(this.#sheet()); }

  #sheet() {
    const group = this.#root?.querySelector("g")?.cloneNode(true);
    if (!this.#drawn || !(group instanceof SVGElement)) throw new Error("there is no picture yet");
    for (const part of group.querySelectorAll("[tabindex], [opacity], [data-tip], [data-name], [data-zone]")) {
      for (const name of ["tabindex", "opacity", "data-tip", "data-name", "data-zone"]) part.removeAttribute(name);
      if (part.getAttribute("role") === "button") part.setAttribute("role", "img");
    }
    return sheetOf(this.#drawn, group, this.#whole.width, this.#whole.height);
  }
}

/** What can be come to from a box along pairs of boxes. @param {string} start @param {string[][]} pairs */
function reachedFrom(start, pairs) {
  const found = new Set([start]);
  for (const name of found) for (const [from, to] of pairs) if (from === name) found.add(to);
  return found;
}
