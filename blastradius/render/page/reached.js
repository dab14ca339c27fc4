// The right side: what could be reached, what changed by the last step, when it is felt, and what all that rests on.
"use strict";

const MOST_ROWS = 12, MORE_ROWS = 500;

/** A row of what is reached, or was: its level, its name, what it means. @param {Explorer} page @param {Row} row
 * @param {string} place where in the page it stands */
function reachedRow(page, row, place) {
  const level = page.isAttack ? make("i", { class: `level-${levelOf(page.system, row.level)}`, title: row.level }, String(levelOf(page.system, row.level))) : null;
  const said = make("span", { class: "said" }, nameOf(row.name), make("small", {}, row.words));
  return make("li", {}, make("button", {
    type: "button", class: "row", id: `${place}-${row.id}`, "data-entity": row.id, onclick: () => page.pick(row.id),
    onmouseenter: () => page.light([row.id]), onmouseleave: () => page.light([]),
  }, level, row.jewel && make("b", { class: "jewel", title: "crown jewel" }, "★"), said));
}

/** Rows under a heading, the first few unless all are wanted. @param {Explorer} page @param {string} title
 * @param {Row[]} rows @param {string} place @param {boolean} isOpen */
function reachedGroup(page, title, rows, place, isOpen) {
  if (!rows.length) return null;
  const list = make("ul", { class: "rows" });
  showRows(page, list, rows, place, MOST_ROWS);
  return make("details", { open: isOpen, class: "group" }, make("summary", {}, make("h3", {}, `${title} (${rows.length.toLocaleString("en")})`)), list);
}

/** The first so many rows, and a button for more. @param {Explorer} page @param {HTMLElement} list @param {Row[]} rows
 * @param {string} place @param {number} most */
function showRows(page, list, rows, place, most) {
  const more = rows.length - most, shown = rows.slice(0, most).map((row) => reachedRow(page, row, place));
  const rest = () => button(`${more.toLocaleString("en")} more`, () => showRows(page, list, rows, place, most + MORE_ROWS), { class: "link" });
  list.replaceChildren(...shown, ...(more > 0 ? [make("li", {}, rest())] : []));
}

class ReachedPanel {
  #reached = make("div");
  #changed = make("div");
  #felt = make("div");
  #rests = make("div");

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    this.element = make("div", { class: "panel" }, this.#changed, this.#reached, this.#felt, this.#rests);
  }

  show() {
    this.#showReached();
    this.#showChanged();
    this.#showFelt();
    this.#showRests();
  }

  #showReached() {
    const { page } = this, rows = (page.described?.rows ?? []).filter(({ started }) => !started);
    const title = page.isAttack || !page.isAsked ? "What could be reached" : "What would feel it";
    const jewels = rows.filter(({ jewel }) => jewel), processes = rows.filter(({ jewel, process }) => process && !jewel);
    const rest = rows.filter(({ jewel, process }) => !jewel && !process);
    const kinds = [...new Set(rest.map(({ kind }) => kind))].map((kind) => reachedGroup(
      page, page.kindsOf(kind), rest.filter((row) => row.kind === kind), "reached", !jewels.length && !processes.length));
    refill(
      this.#reached, make("h2", { id: "reached" }, title),
      !page.described && make("p", { class: "says" }, page.isAsked ? "There is no answer to this here." : "Nothing is asked yet: say where it starts."),
      page.described && make("p", { class: "says" }, this.#without(jewels)),
      reachedGroup(page, "Crown jewels", jewels, "reached", true), reachedGroup(page, "Processes", processes, "reached", true), ...kinds,
    );
  }

  /** What is to be said of crown jewels where no list of them says it. @param {Row[]} jewels */
  #without(jewels) {
    const marked = this.page.system.told.jewels.length;
    if (!marked) return "The estate marks no crown jewel, so none can be counted.";
    return jewels.length ? `${jewels.length} of ${plural(marked, "crown jewel")}.` : `None of ${plural(marked, "crown jewel")}, by what is stated; what is not stated may still lead there.`;
  }

  #showChanged() {
    const { page } = this, change = page.change;
    if (!change) return refill(this.#changed);
    const { gained, lost, changed } = change, same = !gained.length && !lost.length && !changed.length;
    refill(
      this.#changed, make("h2", {}, "What the last step changed"),
      same && make("p", { class: "says" }, "Nothing of what could be reached."),
      this.#changes("More", gained, "gained"), this.#changes("No longer", lost, "lost"), this.#changes("Otherwise than before", changed.map(({ after }) => after), "changed", false),
    );
  }

  /** @param {string} title @param {Row[]} rows @param {string} place @param {boolean} [isOpen] */
  #changes(title, rows, place, isOpen = true) {
    const group = reachedGroup(this.page, title, rows, place, isOpen);
    group?.classList.add(place);
    return group;
  }

  #showFelt() {
    const arrivals = this.page.described?.timeline ?? [];
    refill(this.#felt, ...(arrivals.length ? [make("h2", {}, "When it is felt"), timeLine(this.page, arrivals)] : []));
  }

  #showRests() {
    const { described } = this.page;
    if (!described) return refill(this.#rests);
    const assumed = described.rests.filter(({ assumed }) => assumed).length, count = described.rests.length;
    const said = count ? `It rests on ${plural(count, "control")}, ${assumed ? `${assumed.toLocaleString("en")} of which nobody has shown to work` : "all stated to work"}.` : "No control stands in the way of anything here.";
    const notes = [...described.lines, ...described.notes.map(({ message }) => message)].map((said) => make("li", {}, make("bdi", {}, said)));
    refill(this.#rests, make("h2", {}, "What this rests on"), make("p", {}, said), make("ul", { class: "notes" }, ...notes));
  }
}

/** When processes feel an outage: a bar each from the hour it slows or stops. @param {Explorer} page @param {Pain[]} arrivals */
function timeLine(page, arrivals) {
  const last = Math.max(1, ...arrivals.flatMap(({ slows, stops, usedUp }) => [slows ?? 0, stops ?? 0, usedUp ?? 0])) * 1.25;
  return make("ul", { class: "time" }, ...arrivals.map((row) => {
    const words = [row.slows !== null && `slows ${hourSaid(page.system, row.slows)}`, row.stops !== null && `stops ${hourSaid(page.system, row.stops)}`,
      row.usedUp !== null && `its tolerance is used up ${hourSaid(page.system, row.usedUp)}`].filter(Boolean).join(", ");
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    for (const [name, at] of /** @type {[string, number | null][]} */ ([["slows", row.slows], ["stops", row.stops], ["used-up", row.usedUp]])) {
      if (at === null) continue;
      const part = make("i", { class: name });
      part.style.left = `${(100 * at) / last}%`;
      bar.append(part);
    }
    return make("li", {}, make("button", { type: "button", class: "row", onclick: () => page.pick(row.id) }, make("span", { class: "said" }, nameOf(row.name), make("small", {}, words))), bar);
  }));
}
