// The page: what is asked, the answer to it, and who shows which part of it.
"use strict";

/** @typedef {"compromise" | "leak" | "poison" | "wrong" | "outage" | "breach" | "use"} WayName
 * @typedef {{way: WayName, kinds: string[], says: string}} Way
 * @typedef {{
 *   title: string, digest: string, day: string, dated: boolean, written: string, paths: string[], sources: [string, number][],
 *   notes: string[], gaps: string[], ways: Way[], parties: number[],
 *   scenarios: {name: string, state: Partial<State>}[], start: Partial<State>, entities: number, relations: number,
 *   rejected: number, ignored: number, cut: string, redacted: boolean
 * }} Carried what a page says of itself
 * @typedef {Compiled & {about: Carried, look: any, exercise: Written | null}} Estate */

const MOST_KNOWN = 4; // how many answers are kept for the steps back
const QUICK = 20_000; // how many steps an estate has at most that is solved in no time
const VIEWS = [["board", "Board"], ["architect", "Architect"], ["exercise", "Exercise"]];

class Explorer {
  /** @type {Map<State, [Answer, Description]>} */ #answers = new Map();
  /** @type {string | null} */ picked = null;
  /** @type {string[]} several things that one box stands for */ folded = [];
  /** @type {Answer | null} */ answer = null;
  /** @type {Description | null} */ described = null;
  /** @type {State | null} */ before = null;
  /** @type {Answer | null} */ beforeAnswer = null;
  /** @type {Comparison | null} */ change = null;
  /** @type {Held[]} */ holding = [];

  /** @param {Estate} system */
  constructor(system) {
    this.system = system;
    this.trail = new Trail(this.#first());
    this.removals = new Removals(this);
    const placings = new Placings(this), starts = new Starts(this), levels = new Levels(this);
    this.switches = new Switches(this);
    const scenarios = new Scenarios(this), basis = new Basis(this), panel = new ReachedPanel(this);
    this.picture = new Drawing(this);
    this.reasons = new Reasons(this);
    this.tables = new Tables(this);
    this.sharing = new Sharing(this);
    this.exercise = new ExerciseView(this);
    this.parts = [starts, levels, this.switches, this.removals, placings, basis, scenarios, panel, this.picture, this.reasons, this.exercise];
    byId("asking").append(starts.element, levels.element, this.switches.element, this.removals.element, placings.element, basis.element, scenarios.element);
    byId("middle").append(this.picture.element, this.reasons.element);
    byId("answer").append(panel.element);
    byId("exercise").append(this.exercise.element);
    byId("about").append(statement(this));
    this.#bar();
    this.update();
    if (location.hash.startsWith(RESUMING)) this.exercise.resume(location.hash);
    else if (system.exercise && location.hash.length <= 1) this.view("exercise");
  }

  get state() { return this.trail.now; }

  /** Whether the scenario starts somewhere. */
  get isAsked() { return startsSomewhere(this.state); }

  /** Whether somebody means it: a mistake and an outage bring no attacker. */
  get isAttack() { return this.state.anyone || this.system.about.ways.some(({ way }) => this.system.attacks.includes(way) && this.state[way].length > 0); }

  /** Where it starts, in words. */
  get startsSaid() {
    const starts = this.system.about.ways.flatMap(({ way, says }) => this.state[way].map((/** @type {string} */ name) => `${says} ${this.nameOf(name)}`));
    return [...starts, ...(this.state.anyone ? ["anyone on the internet"] : [])].join(", ");
  }

  /** What the link says, or what the page was written with. */
  #first() {
    /** @type {string | null} */ this.complaint = null;
    const linked = location.hash.length > 1 && !location.hash.startsWith(RESUMING) ? fromFragment(location.hash) : null;
    if (typeof linked === "string") this.complaint = linked;
    return { ...emptyState(), ...(linked !== null && typeof linked !== "string" ? linked : this.system.about.start) };
  }

  #bar() {
    const { about } = this.system;
    byId("title").textContent = document.title = about.title;
    byId("views").append(...VIEWS.map(([view, name]) => button(name, () => this.view(view), { id: `view-${view}`, "aria-pressed": String(view === "architect") })));
    byId("tools").append(
      button("↶", () => this.back(), { id: "undo", "aria-label": "undo", title: "one step back (u)" }),
      button("↷", () => this.forth(), { id: "redo", "aria-label": "redo", title: "one step forward (r)" }),
      button("Table", () => this.tables.open(), { id: "table", title: "every thing and every connection (t)" }),
      button("Take along", () => this.sharing.open(), { id: "share", title: "command line, link, picture, paper (s)" }),
      button("Light or dark", () => theme(), { id: "theme" }),
      button("?", () => help(this), { id: "help", "aria-label": "keys", title: "keys (?)" }),
    );
    document.addEventListener("keydown", (event) => press(this, event));
    addEventListener("hashchange", () => this.#follow());
  }

  /** A link to another state of this page. */
  #follow() {
    if (location.hash === PARTICIPANTS) return location.reload();
    if (location.hash.startsWith(RESUMING)) return this.exercise.resume(location.hash);
    const linked = fromFragment(location.hash);
    if (typeof linked === "string") return this.say(linked);
    this.askAnew(linked);
  }

  /** @param {string} view */
  view(view) {
    document.body.dataset.view = view;
    for (const [name] of VIEWS) byId(`view-${name}`).setAttribute("aria-pressed", String(name === view));
    this.head();
    this.exercise.show();
  }

  /** Ask again with something changed. @param {Partial<State>} changes */
  ask(changes) {
    this.trail.add({ ...this.state, ...changes });
    this.update();
  }

  /** Ask something else altogether. @param {Partial<State>} state */
  askAnew(state) {
    this.trail.add({ ...emptyState(), ...state });
    this.update();
  }

  back() { this.trail.undo(); this.update(); }

  forth() { this.trail.redo(); this.update(); }

  /** Work out the answer to what is asked, and show it everywhere. */
  update() {
    const { before } = this.trail;
    this.say(this.complaint ?? null);
    this.complaint = null;
    this.answer = this.described = this.beforeAnswer = this.change = null;
    this.before = before;
    this.holding = [];
    try {
      this.#work();
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
    this.head();
    this.parts.forEach((part) => part.show());
  }

  #work() {
    if (!this.isAsked) return;
    [this.answer, this.described] = this.#known(this.state);
    this.#rank(this.state, this.answer, this.described.rests);
    if (!this.before || !startsSomewhere(this.before)) return;
    const [answer, described] = this.#known(this.before);
    this.beforeAnswer = answer;
    this.change = compare(described, this.described);
  }

  /** The answer to a state, worked out once: the last few are kept. @param {State} state @returns {[Answer, Description]} */
  #known(state) {
    const known = this.#answers.get(state);
    if (known) return known;
    const answer = this.#solved(state), found = /** @type {[Answer, Description]} */ ([answer, describe(this.system, state, answer)]);
    this.#answers.set(state, found);
    for (const old of this.#answers.keys()) if (this.#answers.size > MOST_KNOWN) this.#answers.delete(old);
    return found;
  }

  /** Find out which controls hold the most: at once where that is quick, else once the answer is shown.
   * @param {State} state @param {Answer} answer @param {Rest[]} rests */
  #rank(state, answer, rests) {
    const rank = () => mostHolding(this.system, state, answer, rests);
    if (this.system.rule.length <= QUICK) { this.holding = rank(); return; }
    this.holding = rests.map((rest) => ({ rest, things: -1, jewels: -1 }));
    setTimeout(() => {
      if (this.answer !== answer) return;
      this.holding = rank();
      this.switches.show();
    }, 100);
  }

  /** @param {State} state */
  #solved(state) {
    const asked = askedOf(this.system, state), answer = solve(this.system, asked);
    const refused = refusal(this.system, asked, answer, seedsOf(this.system, asked));
    if (refused !== null) throw new Error(`The page's checker does not accept this answer (${refused}); ask the command line: ${this.commandLine(state)}`);
    return answer;
  }

  /** The command that gives the same answer, with a proof. @param {State} state */
  commandLine(state) {
    const [first = "ESTATE", ...others] = this.system.about.paths;
    return [commandLine(this.system, state, first), ...others.map(shellQuoted)].join(" ");
  }

  /** Say at the head of the page what is asked, and the answer in a sentence. */
  head() {
    byId("headline").textContent = this.exercise.isShown ? this.exercise.headline : this.described?.headline ?? (this.isAsked ? "No answer." : "Say where it starts, and the page says how far it could reach.");
    byId("meaning").textContent = this.exercise.isShown ? "" : this.#changes();
    byId("asked").textContent = this.isAsked && !this.exercise.isShown ? this.#asked() : "";
    /** @type {HTMLButtonElement} */ (byId("undo")).disabled = !this.trail.canUndo;
    /** @type {HTMLButtonElement} */ (byId("redo")).disabled = !this.trail.canRedo;
  }

  /** What is asked, in one paragraph, for a sheet of paper. */
  #asked() {
    const { assume, hours, distrust, without: gone, with: put } = this.state, [word, says] = this.system.told.levels[assume - 1];
    const fallen = distrust.map((id) => this.controlSaid(id)), cut = gone.map((id) => this.relationSaid(id));
    return [
      `Asked: ${this.startsSaid}${hours === null ? "" : `, for ${hours} hours`}.`, this.isAttack && `Under level “${word}”: ${says}.`,
      put.length > 0 && `As if there were: ${put.map(([kind, host]) => `${this.controlSaid(kind)} at ${this.system.numbers.relations.has(host) ? this.relationSaid(host) : this.nameOf(host)}`).join("; ")}.`,
      fallen.length > 0 && `As if this did not hold: ${fallen.join("; ")}.`, cut.length > 0 && `As if this were gone: ${cut.join("; ")}.`,
    ].filter(Boolean).join(" ");
  }

  /** What of the estate is taken to be otherwise than it is stated. */
  #changes() {
    const { distrust, without: gone, with: put } = this.state;
    const said = [put.length > 0 && `${plural(put.length, "control")} put in place`, distrust.length > 0 && `${plural(distrust.length, "control")} taken not to hold`, gone.length > 0 && `${plural(gone.length, "connection")} taken away`];
    return said.some(Boolean) ? `Asked as a what-if: ${said.filter(Boolean).join(", ")}.` : "";
  }

  /** Something that the reader has to know. @param {string | null} text */
  say(text) {
    byId("trouble").textContent = text ?? "";
    byId("trouble").hidden = text === null;
  }

  /** Look at one thing. @param {string | null} id @param {boolean} [isFar] whether the reader has to be taken there */
  pick(id, isFar = false) {
    if (isFar) this.closeDialog();
    this.picked = id;
    this.folded = [];
    this.reasons.show();
    this.light([]);
    if (id) this.reasons.element.scrollIntoView({ block: "nearest" });
  }

  /** Look at a box of the picture, which may stand for several things. @param {string[]} ids */
  pickBox(ids) {
    this.pick(ids[0] ?? null);
    this.folded = ids.length > 1 ? ids : [];
    this.reasons.show();
  }

  /** @param {string[]} ids */
  light(ids) { this.picture.light(ids.length ? ids : this.reasons.way); }

  /** @param {string} title @param {Child[]} children */
  dialog(title, ...children) {
    const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
    dialog.replaceChildren(button("×", () => this.closeDialog(), { class: "close", id: "close-dialog", "aria-label": "close" }), make("h2", { id: "dialog-title" }, title), make("div", {}, ...children));
    if (!dialog.open) dialog.showModal();
  }

  closeDialog() { /** @type {HTMLDialogElement} */ (byId("dialog")).close(); }

  /** @param {string} id */
  kindOf(id) {
    const place = this.system.numbers.entities.get(id);
    return place === undefined ? "zone" : kindOf(this.system, place);
  }

  /** @param {string} kind */
  kindsOf(kind) { return this.system.told.several[kind] ?? `${kind}s`; }

  /** @param {string} id */
  nameOf(id) { return placeOf(this.system, id); }

  /** The API that an operation belongs to, if it is one. @param {string} id @returns {string | null} */
  apiOf(id) {
    const { told, look, numbers } = this.system, place = numbers.entities.get(id);
    return place === undefined ? null : told.apis[look.api[place]] ?? null;
  }

  /** The zone and the API that a thing belongs to. @param {string} id */
  wholesOf(id) {
    const { told, numbers } = this.system, zone = told.zone_ids[told.zone_of[numbers.entities.get(id) ?? -1]];
    return [zone, this.apiOf(id)].filter((whole) => typeof whole === "string");
  }

  /** @param {string} id */
  relationSaid(id) { return relationSaid(this.system, this.system.numbers.relations.get(id) ?? -1); }

  /** A control where it stands, or a kind of control. @param {string} id */
  controlSaid(id) {
    const place = this.system.numbers.controls.get(id);
    return place === undefined ? this.system.told.controls[id] ?? id : controlSaid(this.system, place);
  }

  /** How a thing of a kind can start a scenario. @param {string} kind */
  waysOf(kind) { return this.system.about.ways.filter(({ kinds }) => kinds.includes(kind)); }

  /** @param {string} id */
  isStart(id) { return this.system.about.ways.some(({ way }) => this.state[way].includes(id)); }
}

/** From light to dark, or back, whatever the machine prefers. */
function theme() {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = (root.dataset.theme ?? (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
}

/** The page from what it carries. */
async function begin() {
  const text = (byId("estate").textContent ?? "").trim(), bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  new Explorer(/** @type {any} */ (unpack(await new Response(stream).json())));
  document.body.dataset.ready = "true";
}

if (location.hash === PARTICIPANTS) new ParticipantsWindow();
else begin().catch((error) => {
  byId("headline").textContent = "This page cannot be shown here.";
  byId("trouble").textContent = `${error instanceof Error ? error.message : error}`;
  byId("trouble").hidden = false;
});
