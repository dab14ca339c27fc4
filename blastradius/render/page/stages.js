// The picture of an exercise: all that it could come to, in one layout; what the story has reached by now is lit, and what is new
// since the last inject has a frame. Participants see it when all is told, and of it only what was reached.
"use strict";

class StagePicture {
  #host = make("div", { class: "host", id: "stage-picture" });
  #caption = make("figcaption");
  #view = new PictureView(this.#host);
  #svg = "";
  /** @type {Drawn | null} */ #drawn = null;

  /** @param {Explorer} page @param {Written} written */
  constructor(page, written) {
    this.page = page;
    this.written = written;
    this.element = make("figure", { class: "stage" }, make("h2", {}, "What the story has reached by now"), this.#caption, this.#host);
  }

  /** Work it out and lay it out, once. */
  async begin() {
    const { system } = this.page, { asked } = this.written, answer = solve(system, asked);
    const refused = refusal(system, asked, answer, seedsOf(system, asked));
    if (refused !== null) throw new Error(`The page's checker does not accept where the exercise could end (${refused})`);
    const drawn = pictureOf(system, asked, answer, { heading: false }), layout = new Layout((byId("graphviz").textContent ?? "").trim());
    this.#svg = await layout.svg(drawn.dot);
    this.#drawn = drawn;
    layout.stop();
  }

  get isDrawn() { return this.#drawn !== null; }

  /** @param {string[]} reached ids of things @param {string[]} before those that were reached by the last inject */
  show(reached, before) {
    if (!this.#drawn) return;
    const known = new Set(before), fresh = reached.filter((id) => !known.has(id)), more = before.length > 0 ? `, ${fresh.length ? counted(fresh.length) : "none"} of them new since the last inject` : "";
    this.#caption.textContent = `${plural(reached.length, "thing")}${more}. A box says what could be had of it in the end; pale is what could still be reached.`;
    this.#view.show(this.#svg, this.#drawn, { gained: before.length > 0 ? fresh : [] });
    this.#view.light(reached);
  }

  /** Only what was reached, as an image that stands for itself. */
  get reachedOnly() {
    const shown = this.#host.querySelector("svg"), copy = /** @type {SVGElement | undefined} */ (shown?.cloneNode(true));
    if (!shown || !copy) return "";
    for (const part of copy.querySelectorAll("[opacity], title, .changed, .mark")) part.remove();
    const [, , width, height] = (shown.getAttribute("viewBox") ?? "").split(" ");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    return new XMLSerializer().serializeToString(copy);
  }
}
