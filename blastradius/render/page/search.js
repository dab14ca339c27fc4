// A field that finds things by what is typed: a list of a few, whatever the number of things, walked with the arrows.
"use strict";

const MOST_FOUND = 30;

/** @typedef {{key: string, text: string, note: string}} Item key is what is chosen, note says what kind of thing it is */

/** Finds items by words of their names or keys; where a name begins with what is typed comes first. */
class NameIndex {
  /** @param {Item[]} items */
  constructor(items) {
    this.items = items;
    this.lower = items.map(({ key, text }) => `${text}\n${key}`.toLocaleLowerCase("en"));
  }

  /** @param {string} typed @returns {{found: Item[], more: number}} */
  find(typed) {
    const words = typed.toLocaleLowerCase("en").split(/\s+/).filter(Boolean);
    const places = [...this.lower.keys()].filter((place) => words.every((word) => this.lower[place].includes(word)));
    const start = words.join(" "), isCalled = (/** @type {number} */ place) => this.lower[place].split("\n").includes(start);
    const exact = places.filter(isCalled), begins = places.filter((place) => this.lower[place].startsWith(start));
    const shown = [...new Set([...exact, ...begins, ...places])].slice(0, MOST_FOUND);
    return { found: shown.map((place) => this.items[place]), more: places.length - shown.length };
  }
}

/** The field and its list. */
class Finder {
  /** @type {Item[]} */ #found = [];
  #active = 0;

  /** @param {string} id @param {string} label @param {NameIndex} index @param {(item: Item) => void} onChoose */
  constructor(id, label, index, onChoose) {
    this.index = index;
    this.onChoose = onChoose;
    this.list = make("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
    this.field = make("input", {
      id, type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: label,
      "aria-label": label, "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list",
      oninput: () => this.#show(), onfocus: () => this.#show(), onkeydown: (/** @type {any} */ event) => this.#press(event),
      onblur: () => this.#close(),
    });
    this.element = make("div", { class: "finder" }, this.field, this.list);
  }

  #show() {
    const { found, more } = this.index.find(this.field.value);
    this.#found = found;
    this.#active = 0;
    const rows = found.map((item, place) => make(
      "li",
      { id: `${this.field.id}-${place}`, role: "option", onmousedown: (/** @type {Event} */ event) => this.#choose(place, event) },
      nameOf(item.text), " ", make("small", {}, item.note),
    ));
    const said = more > 0 ? `${counted(more)} more; type on` : found.length ? "" : "nothing is called so";
    this.list.replaceChildren(...rows, ...(said ? [make("li", { class: "rest", role: "presentation" }, said)] : []));
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.#mark();
  }

  #mark() {
    this.list.querySelectorAll("[role=option]").forEach((row, place) => row.setAttribute("aria-selected", String(place === this.#active)));
    const row = this.#found.length ? `${this.field.id}-${this.#active}` : "";
    this.field.setAttribute("aria-activedescendant", row);
    if (row) document.getElementById(row)?.scrollIntoView({ block: "nearest" });
  }

  #close() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
  }

  /** @param {number} place @param {Event} event */
  #choose(place, event) {
    event.preventDefault();
    const item = this.#found[place];
    this.field.value = "";
    this.#close();
    if (item) this.onChoose(item);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.list.hidden) this.#show();
      this.#active = Math.max(0, Math.min(this.#found.length - 1, this.#active + step));
      this.#mark();
    } else if (event.key === "Enter" && !this.list.hidden) this.#choose(this.#active, event);
    else if (event.key === "Escape") {
      event.stopPropagation();
      this.#close();
    }
  }
}
