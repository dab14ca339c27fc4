// Controls that are put in place for a question: on which thing or connection, and which of those that a rule looks for there.
"use strict";

class Placings {
  #chips = make("ul", { class: "chips", "aria-label": "controls put in place" });
  #choice = make("div");
  /** @type {string | null} */ #host = null;

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    const { entities, relations } = page.system;
    const things = entities.map((key, place) => ({ key, text: labelOf(page.system, place), note: page.kindOf(key) }));
    const roads = relations.map((key) => ({ key, text: page.relationSaid(key), note: "connection" }));
    const finder = new Finder("host", "Where? A system, key, grant …", new NameIndex([...things, ...roads]), ({ key }) => { this.#host = key; this.show(); });
    this.element = folded("Put something in place", false, make("p", { class: "says" }, "A second factor, a fallback, a check: what if it were there?"), this.#chips, finder.element, this.#choice);
  }

  show() {
    const { page } = this, put = page.state.with;
    refill(this.#chips, ...put.map(([kind, host]) => {
      const said = `${this.#saidOf(host)}: ${page.controlSaid(kind)}`;
      return chip(`gone-${kind}@${host}`, [nameOf(said)], () => page.ask({ with: put.filter((other) => other.join("@") !== `${kind}@${host}`) }), said);
    }));
    if (put.length) this.element.open = true;
    refill(this.#choice, ...(this.#host === null ? [] : this.#kinds(this.#host)));
  }

  /** @param {string} host */
  #saidOf(host) { return this.page.system.numbers.relations.has(host) ? this.page.relationSaid(host) : this.page.nameOf(host); }

  /** The controls that can stand there. @param {string} host */
  #kinds(host) {
    const { page } = this, { placements, numbers, told } = page.system, relation = numbers.relations.get(host);
    const fits = Object.keys(placements).filter((kind) => {
      const [kinds, verbs] = placements[kind];
      return relation === undefined ? kinds.includes(page.kindOf(host)) : verbs.includes(verbOf(page.system, relation));
    });
    const put = (/** @type {string} */ kind) => { this.#host = null; page.ask({ with: [...page.state.with, [kind, host]] }); };
    const rows = fits.map((kind) => make("li", {}, button(told.controls[kind], () => put(kind), { class: "link", id: `put-${kind}` })));
    return [make("p", {}, fits.length ? "At " : "No control can stand at ", nameOf(this.#saidOf(host)), fits.length ? ", as if there were:" : "."), make("ul", { class: "kinds" }, ...rows)];
  }
}
