// Building the document: every text becomes a text node, so that nothing from the estate is ever read as markup.
"use strict";

/** @typedef {Node | string | null | undefined | false} Child
 * @typedef {Record<string, unknown>} ElementAttributes */

/** An element with its attributes, its listeners (`onclick` and so on) and its children; what is null is left out.
 * @template {keyof HTMLElementTagNameMap} Tag @param {Tag} tag @param {ElementAttributes} [attributes] @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]} */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A name from the estate: it keeps its characters, and its direction of writing to itself. @param {string} name */
function nameOf(name) {
  return make("bdi", { class: "name" }, name);
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no part called ${id}`);
  return found;
}

/** A button with a word, or a name, on it.
 * @param {Child} word @param {() => void} act @param {ElementAttributes} [attributes] */
function button(word, act, attributes = {}) {
  return make("button", { type: "button", onclick: act, ...attributes }, word);
}

/** A switch that is on or off. @param {Child} label @param {boolean} isOn @param {(isOn: boolean) => void} onChange
 * @param {ElementAttributes} [attributes] */
function switchOf(label, isOn, onChange, attributes = {}) {
  const input = make("input", {
    type: "checkbox", role: "switch", checked: isOn, ...attributes,
    onchange: (/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.target).checked),
  });
  return make("label", { class: "switch" }, input, make("span", { class: "track", "aria-hidden": "true" }), label);
}

/** A part of the page that can be folded, with its heading. @param {string} title @param {boolean} isOpen
 * @param {Child[]} children */
function folded(title, isOpen, ...children) {
  return make("details", { open: isOpen }, make("summary", {}, make("h2", {}, title)), ...children);
}

/** Offer a text or an image to be kept as a file. @param {string} name @param {Blob} blob */
function keep(name, blob) {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Where something is stated, in one text. @param {Compiled} system @param {"entities" | "relations"} what
 * @param {number} place */
function placesSaid(system, what, place) {
  return evidence(system, what, place).join(", ");
}

/** The number of a level, of its word. @param {Compiled} system @param {string} word */
function levelOf(system, word) {
  return system.told.levels.findIndex(([known]) => known === word) + 1;
}
