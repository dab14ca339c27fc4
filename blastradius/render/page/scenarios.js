// Scenarios with a name: those of the estate's own rules, and those that the reader keeps while the page is open.
"use strict";

class Scenarios {
  #kept = make("ul", { class: "kept", "aria-label": "kept scenarios" });
  /** @type {{name: string, state: State}[]} */ #saved = [];

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    this.field = make("input", { id: "scenario-name", placeholder: "A name for what is asked now", "aria-label": "a name for what is asked now", maxlength: 80 });
    const form = make("form", { class: "keep", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); this.#keep(); } }, this.field, make("button", {}, "Keep"));
    this.element = folded("Kept scenarios", false, form, this.#kept, this.#given());
  }

  #keep() {
    const name = this.field.value.trim() || this.page.startsSaid;
    this.#saved = [...this.#saved.filter((other) => other.name !== name), { name, state: this.page.state }];
    this.field.value = "";
    this.show();
  }

  /** What the estate's own rules ask. */
  #given() {
    const { scenarios } = this.page.system.about;
    return scenarios.length > 0 && make("div", {}, make("h3", {}, "Asked by the estate's own rules"), make("ul", {}, ...scenarios.map(({ name, state }) => this.#row(name, state))));
  }

  /** @param {string} name @param {Partial<State>} state */
  #row(name, state) {
    return make("li", {}, button(name, () => this.page.askAnew(state), { class: "link" }));
  }

  show() {
    refill(this.#kept, ...this.#saved.map(({ name, state }) => this.#row(name, state)));
  }
}
