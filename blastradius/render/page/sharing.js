// What can be taken along: the command line that gives the same answer, a link that brings it back, the picture, paper.
"use strict";

class Sharing {
  /** @param {Explorer} page */
  constructor(page) { this.page = page; }

  open() {
    const { page } = this, address = location.href.split("#")[0], { exercise } = page;
    if (exercise.isShown && exercise.written) return this.#shareExercise(address);
    page.dialog(
      "Take it along",
      this.#text("command", "The command that gives this answer, with its checked proof", page.commandLine(page.state)),
      this.#text("link", "A link to this page as it is now, for whoever has the file", `${address}${toFragment(page.state)}`),
      make("h3", {}, "The picture"),
      make("p", {}, button("as SVG", () => page.picture.saveSvg(), { id: "save-svg" }), " ", button("as PNG", () => page.picture.savePng(), { id: "save-png" }),
        " ", button("on paper (A4)", () => { page.closeDialog(); print(); }, { id: "print" })),
    );
  }

  /** @param {string} address */
  #shareExercise(address) {
    const { page, page: { exercise } } = this;
    page.dialog(
      "Take it along",
      this.#text("command", "The command that tells the exercise as it was played so far", exercise.command),
      this.#text("link", "A link to this exercise as it stands, the clock still, for whoever runs it and has the file", `${address}${exercise.fragment}`),
      make("p", {}, button("on paper (A4)", () => { page.closeDialog(); print(); }, { id: "print" })),
    );
  }

  /** @param {string} id @param {string} title @param {string} text */
  #text(id, title, text) {
    const field = make("textarea", { id, readonly: true, rows: 3, spellcheck: "false", onfocus: () => field.select() }, text);
    const copied = make("span", { role: "status" });
    const copy = async () => {
      field.select();
      copied.textContent = await navigator.clipboard.writeText(text).then(() => " copied", () => " marked: copy it with Ctrl+C");
    };
    return make("div", {}, make("h3", {}, make("label", { for: id }, title)), field, button("Copy", copy, { id: `copy-${id}` }), copied);
  }
}
