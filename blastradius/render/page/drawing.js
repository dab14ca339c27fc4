// The middle: the picture of what is asked, alone or beside the one before; for a board the crown jewels in large type.
"use strict";

const MOST_OFFERED = 12;

class Drawing {
  #compared = false;
  #isPair = false;
  #asked = 0;
  /** @type {Set<string>} things that are shown by themselves */ #unfolded = new Set();
  /** @type {Set<string>} zones and APIs of which all of a kind is shown as one */ #gathered = new Set();
  #extent = "readable";
  #legend = make("ul", { class: "legend", id: "legend", "aria-label": "how to read the picture" });
  #status = make("p", { class: "says", role: "status" });

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    /** @type {Hooks} */ const hooks = {
      onPick: (ids) => page.pickBox(ids), onHover: (ids) => this.#hover(ids), onOpen: (ids) => this.unfold(ids), onZone: (zone) => this.gather(zone),
      onSee: (seen) => { if (this.#isPair) this.views.forEach((view) => view.see(seen)); } };
    this.hosts = ["before", "after"].map((name) => make("div", { class: `host ${name}`, id: `picture-${name}` }));
    this.views = this.hosts.map((host) => new PictureView(host, hooks));
    this.layout = new Layout((byId("graphviz").textContent ?? "").trim());
    this.jewels = make("ul", { id: "jewels", "aria-label": "crown jewels" });
    this.welcome = make("div", { class: "welcome" });
    const tools = make("div", { class: "picture-tools", role: "toolbar", "aria-label": "The picture" },
      button("Fit", () => this.fit(), { id: "fit", title: "show all of it (0)" }),
      button("Before | after", () => this.toggle(), { id: "compare", "aria-pressed": "false", title: "beside what was asked before (c)" }));
    const extents = [["readable", "As on paper"], ["jewels", "Ways to crown jewels"], ["full", "Everything"]];
    this.extents = make("span", { role: "group", "aria-label": "how much is drawn" }, ...extents.map(([extent, word]) =>
      button(word, () => this.draw(extent), { id: `draw-${extent}`, "aria-pressed": String(extent === this.#extent) })));
    tools.append(this.extents, button("How to read it", () => this.#explain(), { id: "how", "aria-controls": "legend", "aria-expanded": "false" }));
    this.tools = tools;
    this.captions = ["before", "now"].map((name) => make("figcaption", { id: `caption-${name}` }));
    const frames = this.hosts.map((host, place) => make("figure", {}, this.captions[place], host));
    this.frames = make("div", { class: "frames" }, ...frames);
    this.element = make("div", { class: "drawing" }, tools, this.#status, this.welcome, this.jewels, this.frames, this.#legend);
  }

  #explain() {
    const isOpen = this.#legend.classList.toggle("open");
    byId("how").setAttribute("aria-expanded", String(isOpen));
  }

  /** How much is drawn. @param {string} extent */
  draw(extent) {
    this.#extent = extent;
    this.#unfolded.clear();
    this.#gathered.clear();
    for (const choice of this.extents.children) choice.setAttribute("aria-pressed", String(choice.id === `draw-${extent}`));
    this.show();
  }

  /** Show things by themselves that one box stood for. @param {string[]} ids */
  unfold(ids) {
    for (const id of ids) this.#unfolded.add(id);
    this.show();
  }

  /** Show all of a kind in a zone or of an API as one box, or again as before. @param {string} whole */
  gather(whole) {
    if (!this.#gathered.delete(whole)) {
      this.#gathered.add(whole);
      for (const id of this.#unfolded) if (this.page.wholesOf(id).includes(whole)) this.#unfolded.delete(id);
    }
    this.show();
  }

  /** Whether all of a kind in a zone or of an API is shown as one box. @param {string} whole */
  isGathered(whole) { return this.#gathered.has(whole); }

  toggle() {
    this.#compared = !this.#compared;
    byId("compare").setAttribute("aria-pressed", String(this.#compared));
    this.show();
  }

  show() {
    const { page } = this;
    this.#showJewels();
    const isCompared = this.#compared && page.beforeAnswer !== null;
    this.frames.classList.toggle("compared", isCompared);
    this.frames.hidden = this.tools.hidden = !page.answer;
    refill(this.welcome, ...(page.isAsked ? [] : this.#offers()));
    if (!page.answer) return;
    this.#draw(isCompared);
  }

  /** Something to begin with, where nothing is asked yet. */
  #offers() {
    const { page } = this, { entities, about } = page.system;
    const parties = about.parties.slice(0, MOST_OFFERED).map((place) => [entities[place], labelOf(page.system, place)]);
    const offers = (/** @type {WayName} */ way, /** @type {string} */ question) => make("section", {}, make("h2", {}, question), make("ul", {},
      ...parties.map(([id, name]) => make("li", {}, button(nameOf(name), () => page.ask({ [way]: [id] }), { id: `offer-${way}-${id}`, class: "offer" })))));
    const more = about.parties.length - parties.length, rest = make("p", { class: "says" }, `and ${counted(more)} more third parties, and all keys, feeds and systems: type a name at the left`);
    return parties.length ? [offers("compromise", "What if one of these fell into an attacker's hands?"), offers("outage", "Or if one of these failed?"), more > 0 && rest] : [];
  }

  /** @param {boolean} isCompared */
  async #draw(isCompared) {
    const { page } = this, number = ++this.#asked, { answer, before, beforeAnswer } = page;
    this.#isPair = false;
    this.layout.stop();
    try {
      if (answer && isCompared && before && beforeAnswer) await this.#pair(number, [before, page.state], [beforeAnswer, answer]);
      else if (answer) await this.#one(number, answer);
      if (number === this.#asked) this.#status.textContent = "";
    } catch (error) {
      if (number === this.#asked && !(error instanceof Superseded)) this.#status.textContent = `No picture: ${error instanceof Error ? error.message : error}`;
    }
  }

  /** @returns {View} */
  get #view() {
    return { heading: false, unfolded: this.#unfolded, gathered: this.#gathered, full: this.#extent === "full", jewelsOnly: this.#extent === "jewels" };
  }

  /** @param {number} number @param {Answer} answer */
  async #one(number, answer) {
    const { page } = this, drawn = pictureOf(page.system, askedOf(page.system, page.state), answer, this.#view);
    const svg = await this.layout.svg(drawn.dot);
    if (number !== this.#asked) return;
    refill(this.#legend, ...readingKeys(page.system, drawn));
    this.views[1].show(svg, drawn, { changed: this.#changed(), gained: idsOf(page.change?.gained ?? []) });
  }

  /** What is asked beside what was asked before, each thing in the same place. @param {number} number
   * @param {State[]} states @param {Answer[]} answers */
  async #pair(number, states, answers) {
    const { page } = this, [before, now] = states.map((state, place) => ({ asked: askedOf(page.system, state), answer: answers[place] }));
    const pair = comparedPictures(page.system, before, now, this.#view), gained = idsOf(page.change?.gained ?? []), lost = idsOf(page.change?.lost ?? []);
    /** @type {string[]} */ const drawings = [];
    for (const { dot } of pair) drawings.push(await this.layout.svg(dot));
    if (number !== this.#asked) return;
    refill(this.#legend, ...readingKeys(page.system, pair[1]), make("li", {}, "pale: only in the picture beside"));
    const marks = [{ lost }, { gained }];
    pair.forEach((drawn, place) => this.views[place].show(drawings[place], drawn, { changed: this.#changed(), ...marks[place] }));
    this.captions[0].textContent = lost.length ? `before: ${plural(lost.length, "thing")} of this ${lost.length === 1 ? "is" : "are"} gone now` : "before: nothing of this is gone now";
    this.captions[1].textContent = gained.length ? `now: ${plural(gained.length, "thing")} ${gained.length === 1 ? "is" : "are"} new` : "now: nothing is new";
    this.frames.classList.toggle("stacked", this.views[1].isWide);
    this.#isPair = true;
  }

  #changed() { return (this.page.change?.changed ?? []).map(({ after }) => after.id); }

  fit() { this.views.forEach((view) => view.fit()); }

  /** @param {string[]} ids */
  light(ids) { this.views.forEach((view) => view.light(ids)); }

  /** @param {string[] | null} ids */
  #hover(ids) {
    const [first] = ids ?? [], { system } = this.page;
    if (first === undefined) return this.status("");
    const place = system.numbers.entities.get(first) ?? -1, row = this.page.described?.rows.find(({ entity }) => entity === place);
    const names = (ids ?? []).slice(0, 4).map((id) => this.page.nameOf(id)).join(", ");
    this.status([names, (ids ?? []).length > 4 && "…", row?.words, placesSaid(system, "entities", place)].filter(Boolean).join(" · "));
  }

  /** @param {string} text */
  status(text) { this.#status.textContent = text; }

  saveSvg() { keep("blast-radius.svg", new Blob([this.views[1].exportSvg()], { type: "image/svg+xml" })); }

  async savePng() { keep("blast-radius.png", await this.views[1].exportPng()); }

  /** Every crown jewel in large type: what could be had of it, or that nothing stated leads there. */
  #showJewels() {
    const { page } = this, { told, entities } = page.system;
    const rows = new Map((page.described?.rows ?? []).filter(({ jewel }) => jewel).map((row) => [row.id, row]));
    const cards = told.jewels.map((place) => ({ id: entities[place], name: labelOf(page.system, place), row: rows.get(entities[place]) }));
    const rank = (/** @type {Row | undefined} */ row) => (row ? levelOf(page.system, row.level) : 9);
    cards.sort((one, other) => Number(!one.row) - Number(!other.row) || rank(one.row) - rank(other.row));
    refill(this.jewels, ...(page.described ? cards.map((card) => this.#card(card)) : []));
  }

  /** Whether the last step brought a thing within reach. @param {string} id */
  #isNew(id) { return this.page.change?.gained.some((row) => row.id === id) ?? false; }

  /** @param {{id: string, name: string, row: Row | undefined}} card */
  #card({ id, name, row }) {
    const { page } = this, level = row && page.system.told.levels[levelOf(page.system, row.level) - 1];
    const said = row ? row.words : "not reached, by what is stated";
    return make("li", { class: row ? (page.isAttack ? `card level-${levelOf(page.system, row.level)}` : "card felt") : "card" }, make("button", { type: "button", class: "row", id: `jewel-${id}`, onclick: () => page.pick(id) },
      nameOf(name), this.#isNew(id) && make("b", {}, "new, by the last step"), make("small", {}, said), row && page.isAttack && level && make("small", { class: "at" }, level.join(": "))));
  }
}

/** @param {Row[]} rows */
function idsOf(rows) { return rows.map(({ id }) => id); }

/** How to read a picture: its colours, signs and words, and how much of what is reached it has. @param {Estate} system
 * @param {Drawn} drawn */
function readingKeys(system, drawn) {
  const keys = drawn.legend.map(({ words, tone, sample }) => make("li", {}, swatchOf(tone, sample), words));
  return [...keys, make("li", { class: "counts" }, drawn.counts)];
}

/** @param {number} tone @param {Attributes | null} sample */
function swatchOf(tone, sample) {
  if (!sample) return null;
  const box = make("i", { class: "sample", "aria-hidden": "true" });
  if (sample.fill) box.style.background = String(sample.fill);
  if (sample.color) box.style.borderColor = String(sample.color);
  if (String(sample.style ?? "").includes("dashed")) box.style.borderStyle = "dashed";
  if (sample.peripheries) box.style.borderStyle = "double";
  return tone >= 0 || sample ? box : null;
}
