// Every thing and every connection as a table, for those who do not see pictures, and for those who want to look things up.
"use strict";

const MOST_LINES = 200;

/** @typedef {{columns: string[], count: number, line: (place: number) => string[], id: (place: number) => string | null}} Lines */

class Tables {
  #typed = "";
  #which = "things";
  #shown = MOST_LINES;

  /** @param {Explorer} page */
  constructor(page) { this.page = page; }

  open() {
    this.body = make("div", { class: "scroll" });
    const field = make("input", { type: "search", id: "table-filter", placeholder: "Only lines with …", "aria-label": "only lines with", value: this.#typed,
      oninput: (/** @type {any} */ event) => { this.#typed = event.target.value; this.#shown = MOST_LINES; this.#fill(); } });
    const choices = ["things", "connections"].map((which) => button(which, () => { this.#which = which; this.#shown = MOST_LINES; this.open(); },
      { "aria-pressed": String(this.#which === which), id: `table-${which}` }));
    this.page.dialog("Everything in this estate", make("div", { class: "bar" }, ...choices, field), this.body);
    this.#fill();
  }

  /** @returns {Lines} */
  #things() {
    const { page } = this, { entities, told } = page.system, jewels = new Set(told.jewels);
    const rows = new Map((page.described?.rows ?? []).map((row) => [row.id, row]));
    return {
      columns: ["name", "kind", "id", "here", "stated in"], count: entities.length, id: (place) => entities[place],
      line: (place) => {
        const row = rows.get(entities[place]);
        const here = page.isStart(entities[place]) ? "where it starts" : row ? `${row.words}${page.isAttack ? ` (${row.level})` : ""}` : page.described ? "not reached, by what is stated" : "";
        return [`${jewels.has(place) ? "★ " : ""}${labelOf(page.system, place)}`, page.kindOf(entities[place]), entities[place], here, placesSaid(page.system, "entities", place)];
      },
    };
  }

  /** @returns {Lines} */
  #connections() {
    const { page } = this, { relations } = page.system, gone = new Set(this.page.state.without);
    return {
      columns: ["connection", "id", "here", "stated in"], count: relations.length, id: () => null,
      line: (place) => [page.relationSaid(relations[place]), relations[place], gone.has(relations[place]) ? "taken away" : "", placesSaid(page.system, "relations", place)],
    };
  }

  #fill() {
    const lines = this.#which === "things" ? this.#things() : this.#connections(), typed = this.#typed.toLocaleLowerCase("en");
    const places = [...Array(lines.count).keys()].filter((place) => !typed || lines.line(place).join("\n").toLocaleLowerCase("en").includes(typed));
    const head = make("thead", {}, make("tr", {}, ...lines.columns.map((column) => make("th", { scope: "col" }, column))));
    const rows = places.slice(0, this.#shown).map((place) => this.#row(lines.id(place), lines.line(place)));
    const more = places.length - rows.length;
    const rest = more > 0 && button(`${more.toLocaleString("en")} more`, () => { this.#shown *= 5; this.#fill(); }, { class: "link", id: "table-more" });
    this.body?.replaceChildren(make("p", { class: "says" }, plural(places.length, "line")), make("table", {}, head, make("tbody", {}, ...rows)), ...(rest ? [rest] : []));
  }

  /** @param {string | null} id @param {string[]} cells */
  #row(id, [first, ...rest]) {
    const name = id === null ? nameOf(first) : make("button", { type: "button", class: "link", onclick: () => this.page.pick(id, true) }, nameOf(first));
    return make("tr", {}, make("th", { scope: "row" }, name), ...rest.map((cell) => make("td", {}, make("bdi", {}, cell))));
  }
}
