// The left side: where it starts, how much of the attacker is assumed, what does not hold, what is taken away.
"use strict";

const MOST_SWITCHES = 8;

/** What is chosen, with a way to take it back. @param {string} id @param {Child[]} said @param {() => void} remove
 * @param {string} name */
function chip(id, said, remove, name) {
  return make("li", { class: "chip" }, ...said, button("×", remove, { id, "aria-label": `without ${name}`, title: "take it out" }));
}

/** Put new children into a part of the page; what had the focus there has it still. @param {HTMLElement} part
 * @param {Child[]} children */
function refill(part, ...children) {
  const focused = part.contains(document.activeElement) ? document.activeElement?.id : "";
  part.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
  if (focused) document.getElementById(focused)?.focus();
}

/** Where it starts. */
class Starts {
  #chips = make("ul", { class: "chips", "aria-label": "where it starts" });
  #rest = make("div");

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    const { system } = page, zones = Object.entries(system.told.zones);
    const things = system.entities.map((key, place) => ({ key, text: labelOf(system, place), note: page.kindOf(key) }));
    const places = zones.filter(([zone]) => zone in system.zones).map(([key, text]) => ({ key, text, note: "zone" }));
    const startable = [...things, ...places].filter(({ note }) => page.waysOf(note).length);
    const finder = new Finder("start", "Add a party, key, feed, system …", new NameIndex(startable), (item) => this.#add(item));
    this.element = make("section", { class: "starts" }, make("h2", {}, "Where it starts"), this.#chips, finder.element, this.#rest);
  }

  /** @param {Item} item */
  #add(item) {
    const way = this.page.waysOf(item.note)[0].way;
    const named = this.page.state[way];
    if (!named.includes(item.key)) this.page.ask({ [way]: [...named, item.key] });
  }

  show() {
    const { state, system } = this.page;
    const chips = system.about.ways.flatMap(({ way }) => state[way].map((name) => this.#chip(way, name)));
    refill(this.#chips, ...chips);
    refill(this.#rest, this.#stranger(), state.outage.length > 0 && this.#hours());
  }

  /** @param {WayName} way @param {string} name */
  #chip(way, name) {
    const { page } = this, label = page.nameOf(name);
    const said = page.waysOf(page.kindOf(name)).map(({ way: other, says }) => make("option", { value: other, selected: other === way }, says));
    const choice = make("select", {
      id: `way-${way}-${name}`, "aria-label": `how ${label} starts it`,
      onchange: (/** @type {any} */ event) => this.#move(way, event.target.value, name),
    }, ...said);
    return chip(`drop-${way}-${name}`, [make("span", { class: "said" }, choice, nameOf(label))], () => page.ask({ [way]: without(page.state[way], name) }), label);
  }

  /** @param {WayName} from @param {WayName} to @param {string} name */
  #move(from, to, name) {
    const { state } = this.page;
    this.page.ask({ [from]: without(state[from], name), [to]: [...without(state[to], name), name] });
  }

  #stranger() {
    const { page } = this;
    return switchOf("a stranger on the internet", page.state.anyone, (anyone) => page.ask({ anyone }), { id: "anyone" });
  }

  #hours() {
    const { page } = this, known = page.state.hours;
    const field = make("input", {
      id: "hours", type: "number", min: 0, step: "any", value: known ?? "", placeholder: "no end",
      onchange: (/** @type {any} */ event) => page.ask({ hours: hoursOf(event.target.value) }),
    });
    return make("label", { class: "hours" }, "The outage lasts ", field, " hours (empty: longer than anything is kept in store)");
  }
}

/** @param {string[]} names @param {string} name */
function without(names, name) {
  return names.filter((other) => other !== name);
}

/** @param {string} typed @returns {number | null} */
function hoursOf(typed) {
  const hours = Number(typed);
  return typed.trim() === "" || !Number.isFinite(hours) || hours < 0 ? null : hours;
}

/** How much of the attacker is assumed: a slider of four steps, with what each of them means. */
class Levels {
  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    const { levels } = page.system.told;
    this.slider = make("input", {
      id: "level", type: "range", min: 1, max: levels.length, step: 1, "aria-describedby": "level-says",
      oninput: () => page.ask({ assume: Number(this.slider.value) }),
    });
    this.says = make("ol", { id: "level-says", class: "says" }, ...levels.map(([word, says], place) => make(
      "li", { onclick: () => page.ask({ assume: place + 1 }) }, make("i", { class: `level-${place + 1}` }, String(place + 1)),
      make("span", {}, make("b", {}, word), ` ${says}`))));
    this.element = make(
      "section", { class: "level" }, make("h2", {}, make("label", { for: "level" }, "How far an attacker goes")),
      this.slider, this.says,
    );
  }

  show() {
    const { assume } = this.page.state, { levels } = this.page.system.told;
    this.slider.value = String(assume);
    this.slider.setAttribute("aria-valuetext", levels[assume - 1].join(": "));
    Array.from(this.says.children).forEach((line, place) => line.classList.toggle("off", place >= assume));
  }
}

/** The controls, as switches: those first that hold the line in this answer. */
class Switches {
  #list = make("ul", { class: "switches" });
  #isLong = false;

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    const { controls, control_kinds } = page.system;
    const items = controls.map((key, place) => ({ key, text: controlSaid(page.system, place), note: control_kinds[place].replaceAll("_", " ") }));
    const finder = new Finder("control", "Find another control …", new NameIndex(items), ({ key }) => this.#turn(key, false));
    this.element = make(
      "section", { class: "controls" }, make("h2", {}, "What holds the line"),
      make("p", { class: "says" }, "Switch one off: what if it did not hold?"), this.#list, controls.length > 0 && finder.element,
    );
  }

  show() {
    const { page } = this, off = page.state.distrust;
    const holding = page.holding.filter(({ rest }) => !off.includes(rest.id));
    const shown = this.#isLong ? holding : holding.slice(0, MOST_SWITCHES), more = holding.length - shown.length;
    const rows = [...off.map((id) => this.#row(id, "does not hold in what is asked")), ...shown.map((held) => this.#row(held.rest.id, `${held.rest.known} · ${lossSaid(held)}`))];
    const nothing = !rows.length && make("li", { class: "says" }, page.described ? "no control stands in the way of anything here" : "there is no answer yet");
    refill(this.#list, ...rows, nothing, more > 0 && make("li", {}, button(`${more} more`, () => { this.#isLong = true; this.show(); }, { id: "more-controls", class: "link" })));
  }

  /** @param {string} id @param {string} said */
  #row(id, said) {
    const { page } = this, label = make("span", { class: "said" }, nameOf(page.controlSaid(id)), make("small", {}, said));
    return make("li", {}, switchOf(label, !page.state.distrust.includes(id), (isOn) => this.#turn(id, isOn), { id: `control-${id}` }));
  }

  /** @param {string} id @param {boolean} isOn */
  #turn(id, isOn) {
    const off = without(this.page.state.distrust, id);
    this.page.ask({ distrust: isOn ? off : [...off, id] });
  }
}

/** Relations that are taken away. */
class Removals {
  #chips = make("ul", { class: "chips" });

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    const { relations } = page.system;
    const items = relations.map((key, place) => ({ key, text: page.relationSaid(key), note: placesSaid(page.system, "relations", place) }));
    const finder = new Finder("relation", "Find a grant or another tie …", new NameIndex(items), ({ key }) => this.take(key));
    this.element = folded("Take something away", false, make("p", { class: "says" }, "A grant, a key, a call: what if it were gone?"), this.#chips, finder.element);
  }

  /** @param {string} id */
  take(id) {
    const gone = this.page.state.without;
    if (!gone.includes(id)) this.page.ask({ without: [...gone, id] });
  }

  show() {
    const { page } = this;
    refill(this.#chips, ...page.state.without.map((id) => {
      const said = page.relationSaid(id);
      return chip(`back-${id}`, [nameOf(said)], () => page.ask({ without: without(page.state.without, id) }), said);
    }));
    if (page.state.without.length) this.element.open = true;
  }
}

/** How well what is used has to be known. */
class Basis {
  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    this.element = folded("How well it has to be known", false);
    this.element.append(make("fieldset", {}, ...page.system.bases.map((basis) => make("label", {}, make("input", {
      type: "radio", name: "basis", value: basis, id: `basis-${basis}`, onchange: () => page.ask({ basis }),
    }), page.system.told.known[basis]))));
  }

  show() {
    const chosen = this.element.querySelector(`input[value="${this.page.state.basis}"]`);
    if (chosen instanceof HTMLInputElement) chosen.checked = true;
    if (this.page.state.basis !== this.page.system.bases.at(-1)) this.element.open = true;
  }
}
