// The participants' window: what is known by now, as the facilitator's window tells it, and nothing else. Before anything is
// shown in it all that the file carries is taken out of it unread.
"use strict";

const PARTICIPANTS = "#participants";
const AGAIN_MS = 2_000;

class ParticipantsWindow {
  constructor() {
    for (const found of document.querySelectorAll("script, template, noscript")) found.remove();
    document.title = "Tabletop exercise: what is known";
    this.when = make("p", { class: "minute", id: "minute" });
    this.known = make("div", { id: "known" }, make("p", {}, ...this.#alone()));
    document.body.replaceChildren(make("main", { class: "participants" }, make("header", {}, make("h1", {}, "Tabletop exercise"), this.when), this.known));
    document.body.dataset.view = "participants";
    document.body.dataset.ready = "true";
    /** @type {string} */ this.last = "";
    addEventListener("message", (event) => { if (event.source !== null && event.source === window.opener && event.data?.blastradius === "exercise") this.#show(event.data); });
    this.#ask();
    setInterval(() => this.#ask(), AGAIN_MS);
  }

  #alone() {
    return ["This is the participants' view of an exercise. By itself it shows nothing: it is told what is known by the window of who runs the exercise. There, open the page, choose ", make("strong", {}, "Exercise"), ", then ", make("strong", {}, "Participants' window"), "."];
  }

  /** Ask the window that opened this one what is known. */
  #ask() { window.opener?.postMessage({ blastradius: "here" }, "*"); }

  /** @param {Known} known */
  #show(known) {
    if (JSON.stringify(known) === this.last) return;
    this.last = JSON.stringify(known);
    this.when.textContent = known.when ? `${known.when} of ${known.minutes} minutes` : "";
    const parts = known.parts.map((rows, place) => this.#part(rows, place, place === known.parts.length - 1));
    refill(this.known, ...(known.parts.length ? [] : [make("h2", {}, "About this exercise"), lineList(known.open)]), ...parts, this.#choice(known), this.#decided(known),
      known.wash.length > 0 && make("section", {}, make("h2", {}, "Afterwards: what we talk about"), washTable(known.wash)), this.#picture(known));
    this.known.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  /** What was reached, once it is talked about; as an image, in which nothing can run. @param {Known} known */
  #picture({ picture }) {
    if (!picture) return null;
    const source = URL.createObjectURL(new Blob([picture], { type: "image/svg+xml" }));
    return make("section", {}, make("h2", {}, "What was reached"), make("p", {}, "A box says what could be had of it in the end, had nothing been decided."), make("img", { id: "was-reached", src: source, alt: "what was reached, and along which ways", onload: () => URL.revokeObjectURL(source) }));
  }

  /** @param {Known["parts"][number]} rows @param {number} place @param {boolean} isLast */
  #part(rows, place, isLast) {
    const items = rows.map((row, number) => make("li", { "aria-current": isLast && number === rows.length - 1 ? "step" : null },
      make("small", {}, `${row.inject} · ${row.when} · from `, nameOf(row.sender), " to ", nameOf(row.to), ", by ", nameOf(row.means)), make("p", {}, nameOf(row.says))));
    return make("section", {}, make("h2", {}, `Part ${place + 1}`), make("ol", { class: "told-rows", "aria-live": isLast ? "polite" : null }, ...items));
  }

  /** @param {Known} known */
  #choice({ choice }) {
    if (!choice) return null;
    return make("section", {}, make("h2", {}, `What may be decided after ${choice.inject}`),
      make("ul", { class: "lines", id: "may-be-decided" }, ...[...choice.says, "or nothing yet", "or something else"].map((says) => make("li", {}, nameOf(says)))));
  }

  /** @param {Known} known */
  #decided({ decided }) {
    return decided.length > 0 && make("section", {}, make("h2", {}, "Decided"), make("ul", { class: "lines", id: "was-decided" }, ...decided.map(({ inject, says }) => make("li", {}, `after ${inject}: `, nameOf(says)))));
  }
}

/** What to talk about afterwards. @param {string[][]} rows */
function washTable(rows) {
  return make("table", { class: "wash" },
    make("thead", {}, make("tr", {}, ...["question of the board", "action (NIST CSF 2.0 function)", "to talk about"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))))));
}
