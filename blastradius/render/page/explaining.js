// Below the picture: of the thing that was picked, why it is reached, or all that stands in the way, or that nothing is said.
"use strict";

class Reasons {
  /** the things that lead to what was picked, by id @type {string[]} */ way = [];

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    this.element = make("section", { id: "why", "aria-live": "polite", "aria-label": "Why", tabindex: "-1" });
  }

  show() {
    const { page } = this, id = page.picked;
    this.way = [];
    if (!id || !page.answer) return refill(this.element, this.#hint());
    const found = why(page.system, page.state, page.answer, id);
    this.way = found.strip.length ? found.strip.filter(({ entity }) => entity >= 0).map((step) => step.id) : [id];
    const close = button("×", () => page.pick(null), { id: "close-why", class: "close", "aria-label": "close" });
    const parts = { reached: () => this.#strip(found.strip), stopped: () => this.#stops(found.reasons), nothing: () => this.#open(found.open) };
    refill(this.element, close, make("h2", {}, make("bdi", {}, found.headline)), this.#about(id, found.lines), this.#gathers(id), this.#members(), ...parts[found.answer]());
  }

  #hint() {
    return this.page.isAsked && make("p", { class: "says" }, "Pick a box of the picture, or a row, to see why – or why not.");
  }

  /** @param {string} id @param {string[]} lines */
  #about(id, lines) {
    const { page } = this, place = page.system.numbers.entities.get(id), at = place === undefined ? "" : placesSaid(page.system, "entities", place);
    const said = [page.kindOf(id), id !== page.nameOf(id) && id, at && `stated in ${at}`, ...lines].filter(Boolean).join(" · ");
    return make("p", { class: "says" }, make("bdi", {}, said));
  }

  /** All operations of an API as one box, or each by itself again. @param {string} id */
  #gathers(id) {
    const { page } = this, api = page.apiOf(id);
    if (api === null) return null;
    const said = page.picture.isGathered(api) ? "draw the operations of this API as before" : "draw all operations of this API as one box";
    return make("p", {}, button(said, () => { page.picture.gather(api); this.show(); }, { id: "gather-api", class: "link" }));
  }

  /** What a box stands for, where it is more than one thing. */
  #members() {
    const { page } = this, { folded: ids } = page;
    if (!ids.length) return null;
    const names = ids.map((id) => make("li", {}, button(nameOf(page.nameOf(id)), () => page.pick(id), { class: "link", id: `member-${id}` })));
    const apart = button("show each by itself", () => page.picture.unfold(ids), { id: "unfold" });
    return make("div", { class: "members" }, make("p", {}, `One of ${plural(ids.length, "thing")} in this box: `, apart), make("ul", {}, ...names));
  }

  /** The proof, as a strip of steps. @param {StripStep[]} steps */
  #strip(steps) {
    const { page } = this, { relations } = page.system;
    const cells = steps.filter(({ included }) => !included).map((step, place) => make(
      "li", { class: page.isAttack ? `step level-${levelOf(page.system, step.level)}` : "step" },
      make("button", { type: "button", class: "row", id: `step-${place}`, onclick: () => page.light(step.entity < 0 ? [] : [step.id]) }, nameOf(step.says)),
      make("small", {}, step.because, page.isAttack && ` · ${step.level}`, step.at ? ` · ${hourSaid(page.system, step.at)}` : ""),
      step.evidence.length > 0 && make("small", { class: "at" }, step.evidence.join(", ")),
      ...step.relations.map((road) => button("and without it?", () => page.removals.take(relations[road]), { class: "link", id: `cut-${place}-${road}`, title: relationSaid(page.system, road) })),
    ));
    return [make("ol", { class: "strip" }, ...cells)];
  }

  /** All that stands in the way, each with what would change it. @param {StopRow[]} reasons */
  #stops(reasons) {
    return [make("ul", { class: "stops" }, ...reasons.map((reason, place) => make(
      "li", {}, nameOf(reason.says), make("ul", {}, ...reason.by.map((word) => make("li", {}, make("bdi", {}, word)))), ...this.#changes(reason, place))))];
  }

  /** @param {StopRow} reason @param {number} place */
  #changes({ controls, level, basis }, place) {
    const { page } = this, { system, state } = page;
    const held = controls.map((id) => button(nameOf(`and if this did not hold: ${controlSaid(system, system.numbers.controls.get(id) ?? 0)}?`),
      () => page.ask({ distrust: [...state.distrust, id] }), { class: "link", id: `change-${place}-${id}` }));
    return [...held,
      level !== null && button(`and if an attacker went as far as “${level}”?`, () => page.ask({ assume: levelOf(system, level) }), { class: "link", id: `deeper-${place}` }),
      basis !== null && button("and if what is less well known counted?", () => page.ask({ basis }), { class: "link", id: `basis-${place}` })];
  }

  /** @param {string[]} open */
  #open(open) {
    return [make("p", {}, "That nothing is stated does not make it safe."), make("ul", {}, ...open.map((sentence) => make("li", {}, make("bdi", {}, sentence))))];
  }
}
