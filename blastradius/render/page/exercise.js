// The view of who runs an exercise: the clock, what is told to whom, what may be decided and what that leaves; and what of it
// the participants' window is told.
"use strict";

/** @typedef {{blastradius: "exercise", when: string, minutes: number, open: string[], wash: string[][],
 *   parts: {inject: string, when: string, sender: string, to: string, means: string, says: string}[][],
 *   choice: {inject: string, says: string[]} | null, decided: {inject: string, says: string}[], picture: string}} Known what participants know */

const PATIENT_MS = 40; // how long the page works before it lets others go on

class ExerciseView {
  /** @type {Playing | null} */ #playing = null;
  /** @type {Played | null} */ played = null;
  /** @type {Made[]} in the order in which it was decided */ made = [];
  /** @type {Window | null} */ #window = null;
  /** @type {number | null} the lever of "something else" that is looked at */ #other = null;
  #asked = 0;
  #shown = "";
  /** @type {StagePicture | null} */ #stages = null;

  /** @param {Explorer} page */
  constructor(page) {
    this.page = page;
    this.written = page.system.exercise ?? null;
    this.element = make("div", { class: "exercise" });
    if (!this.written) return;
    this.made = [...this.written.decided];
    this.clock = new ExerciseClock(this.written.minutes, () => this.#tick());
    this.bar = make("div", { class: "exercise-bar", role: "toolbar", "aria-label": "The clock" });
    this.run = make("section", { class: "run", "aria-label": "Run of show" });
    this.now = make("section", { class: "now", "aria-label": "Now" });
    this.know = make("section", { class: "know", "aria-label": "If they ask" });
    this.#stages = new StagePicture(page, this.written);
    this.element.append(this.bar, make("div", { class: "exercise-parts" }, this.run, this.now, this.know));
    addEventListener("message", (event) => this.#answer(event));
  }

  get isShown() { return document.body.dataset.view === "exercise"; }

  /** What stands at the head of the page. */
  get headline() {
    const { written, played } = this, { system } = this.page;
    if (!written) return "This page carries no exercise.";
    return played ? phrase(system, "exercise from", exerciseSaid(system, written, played), written.starts) : "The page works out the exercise …";
  }

  show() {
    if (!this.isShown) return;
    if (!this.written) return refill(this.element, ...this.#nothing());
    if (this.played) {
      try {
        this.#refill();
      } catch (error) {
        this.#refused(error);
      }
    } else if (!this.#asked) this.#work();
  }

  /** How to get an exercise, where the page carries none. */
  #nothing() {
    const { page } = this, asked = page.isAsked ? page.commandLine(page.state).replace("blastradius reach", "blastradius explore") : `blastradius explore ${page.system.about.paths.map(shellQuoted).join(" ") || "ESTATE"} --compromise PARTY --assume lateral`;
    return [
      make("h2", {}, "How to play an exercise here"),
      make("p", {}, "An exercise – what is told to whom, what may be decided, and what each decision leaves – comes from a scenario, and is put into a page when it is written. This command writes one:"),
      make("pre", { id: "exercise-command" }, `${asked} --exercise -o exercise.html`),
      make("p", { class: "says" }, "With --minutes it is as long as you like; with --also WAY=ID what is decided is held against another scenario."),
    ];
  }

  /** Work out what comes and what may be decided, a part at a time, so that the clock goes on meanwhile. */
  async #work() {
    try {
      await this.#worked();
    } catch (error) {
      this.#refused(error);
    }
  }

  async #worked() {
    const number = ++this.#asked, { written } = this;
    if (!written) return;
    this.#playing ??= new Playing(this.page.system, written);
    const parts = this.#playing.played(this.made);
    for (let last = performance.now(), part = parts.next(); ; part = parts.next()) {
      if (part.done) { this.played = part.value; break; }
      if (performance.now() - last < PATIENT_MS) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (number !== this.#asked) return;
      last = performance.now();
    }
    this.page.head();
    this.show();
    if (this.#stages?.isDrawn) return;
    await this.#stages?.begin();
    if (this.isShown) this.show();
  }

  /** The things that the story has reached when an inject is told, after what was decided. @param {number | undefined} number */
  #reachedBy(number) {
    const { system } = this.page, done = [...this.made].sort(([one], [other]) => one - other);
    if (number === undefined || !this.#playing) return [];
    const before = done.filter(([earlier]) => earlier <= number);
    return [...new Set([...this.#playing.at(number, before).held.keys()].map((fact) => system.entities[Math.floor(fact / system.width)]))];
  }

  /** What of the picture is reached by now. */
  #staged() {
    const { told } = this;
    if (!this.#stages?.isDrawn || !told.length) return null;
    this.#stages.show(this.#reachedBy(told.at(-1)), this.#reachedBy(told.at(-2)));
    return this.#stages.element;
  }

  /** What is not accepted is not shown. @param {unknown} error */
  #refused(error) {
    this.played = null;
    refill(this.now ?? this.element);
    this.page.say(`${error instanceof Error ? error.message : error}; ask the command line: ${this.command}`);
  }

  /** Go on where a link says. @param {string} text */
  resume(text) {
    const found = resumed(this.written, text);
    if (typeof found === "string") return this.page.say(found);
    if (!this.clock) return;
    this.clock.set(found.minute);
    this.clock.begins = found.begins;
    this.made = found.made;
    this.#again().then(() => this.page.view("exercise"));
  }

  /** What brings the exercise back as it stands. */
  get fragment() { return this.written ? playedFragment(this.written, { minute: this.clock?.minute ?? null, begins: this.clock?.begins ?? null, made: this.made }) : ""; }

  /** Injects that have been told, by number. */
  get told() {
    const minute = this.clock?.minute ?? null;
    return minute === null || !this.played || !this.written ? [] : this.played.coming.filter((number) => (this.written?.injects[number].minute ?? 0) <= minute);
  }

  #tick() {
    const { clock } = this;
    if (clock && clock.minute === clock.minutes) clock.pause();
    if (JSON.stringify([this.told, clock?.minute, clock?.isRunning]) !== this.#shown) this.show();
  }

  toggle() {
    const { clock } = this;
    if (!clock) return;
    if (clock.isRunning) clock.pause(); else clock.start();
    this.show();
  }

  /** On to the next inject; after the last to the talk at the end. */
  next() {
    const { clock, played, written } = this;
    if (!clock || !played || !written) return;
    const minute = clock.minute, later = played.coming.map((number) => written.injects[number].minute).filter((at) => minute === null || at > minute);
    clock.set(Math.max(minute ?? 0, later.length ? Math.min(...later) : this.wash));
    this.show();
  }

  /** From which minute on the exercise is talked about. */
  get wash() { return Math.floor(((this.written?.minutes ?? 0) * 5) / 6); }

  /** @param {number} lever */
  decide(lever) {
    const current = this.told.at(-1);
    if (current === undefined) return;
    this.made.push([current, lever]);
    this.#again().then(() => document.getElementById("undecide")?.focus());
  }

  /** Take back what was decided last. */
  undo() {
    if (!this.made.pop()) return;
    this.#again();
  }

  #again() {
    this.#other = null;
    this.now?.setAttribute("aria-busy", "true");
    this.element.querySelectorAll("button.decide").forEach((found) => found.setAttribute("disabled", ""));
    return this.#work();
  }

  #beginAgain() {
    this.page.dialog("Begin again?", make("p", {}, "The clock goes back to the start, and what was decided is forgotten."),
      make("p", {}, button("Begin again", () => { this.page.closeDialog(); this.clock?.set(null); this.made = [...(this.written?.decided ?? [])]; this.#again(); }, { id: "really-again" })));
  }

  #refill() {
    const { clock, bar, run, now, know } = this;
    if (!clock || !bar || !run || !now || !know) return;
    this.#shown = JSON.stringify([this.told, clock.minute, clock.isRunning]);
    now.removeAttribute("aria-busy");
    refill(bar, ...this.#bar(clock));
    refill(run, make("h2", {}, "Run of show"), this.#runOfShow(clock));
    refill(now, ...this.#now());
    refill(know, ...this.#asides());
    this.#send();
  }

  /** @param {ExerciseClock} clock */
  #bar(clock) {
    const { minute } = clock, begins = make("input", { type: "time", id: "begins", value: clock.begins === null ? "" : clock.said(0).slice(0, 5), onchange: () => { clock.begins = minuteOfDay(begins.value); this.show(); } });
    return [
      make("p", { class: "minute", id: "minute" }, minute === null ? "not begun" : clock.said(minute), make("small", {}, ` of ${clock.minutes} minutes`)),
      button(clock.isRunning ? "Pause" : minute === null ? "Start" : "Go on", () => this.toggle(), { id: "clock", title: "start or pause (p)" }),
      button("Next inject", () => this.next(), { id: "next", title: "the clock goes on to the next inject (n)" }),
      button("Begin again", () => this.#beginAgain(), { id: "again" }),
      make("label", { class: "begins" }, "It begins at ", begins),
      button("Participants' window", () => this.open(), { id: "participants", title: "a second window that shows what participants know, and nothing else" }),
    ];
  }

  /** @param {ExerciseClock} clock */
  #runOfShow(clock) {
    const { written, played, told } = this;
    if (!written || !played) return null;
    const decisions = new Set(played.choices.map(({ number }) => number)), rows = written.injects.map((inject, number) => {
      const averted = this.#averted(number), isTold = told.includes(number);
      return make("li", { class: averted ? "averted" : isTold ? "told" : "", id: `run-${number}`, "aria-current": number === told.at(-1) ? "step" : null },
        make("small", {}, `${inject.inject} · ${clock.said(inject.minute)} · `, nameOf(inject.to), decisions.has(number) && !averted && " · to decide"),
        make("span", {}, nameOf(inject.says)), averted && make("small", { class: "why" }, "no longer comes, ", averted));
    });
    const wash = make("li", { class: (clock.minute ?? -1) >= this.wash ? "told" : "" }, make("small", {}, `hot wash · ${clock.said(this.wash)} · everybody`), make("span", {}, "what we talk about afterwards"));
    return make("ol", {}, ...rows, wash);
  }

  /** Why an inject no longer comes: how surely, and by which decisions; nothing where it does. @param {number} number */
  #averted(number) {
    const { played, written } = this, { system } = this.page;
    if (!played || !written || played.coming.includes(number)) return null;
    const found = played.decided.flatMap((decision) => decision.options.filter((option) => this.#playing?.averted(decision.number, decision.now, option).includes(number)));
    const isSure = found.some(({ left }) => !left.atMost.has(written.injects[number].fact));
    return `${phrase(system, isSure ? "averted surely" : "averted perhaps")}: ${found.map(({ lever }) => written.levers[lever].says).join("; ")}`;
  }

  /** What is told now, and what may be decided. */
  #now() {
    const { written, played } = this, current = this.told.at(-1);
    if (!written || !played) return [];
    if (current === undefined) return [make("h2", {}, "Before you start"), lineList(written.about)];
    const inject = written.injects[current], stage = written.stages[inject.stage - 1];
    return [
      make("h2", {}, `Stage ${inject.stage} of ${written.stages.length}: ${stage.says}`), lineList(stage.lines),
      make("h2", {}, `${inject.inject}, ${this.clock?.said(inject.minute)}`),
      make("p", { class: "inject", role: "status" }, nameOf(inject.says)), lineList(inject.lines),
      ...this.#decided(), ...this.#choices(current), this.#staged(), ...this.#afterwards(),
    ];
  }

  #decided() {
    const { played, made } = this;
    if (!played?.decided.length) return [];
    const cards = played.decided.map((decision) => this.#card(decision, decision.options[0], `after ${this.written?.injects[decision.number].inject}: `));
    return [make("h2", {}, "Decided: what is reached in the end"), make("ul", { class: "cards", id: "decided" }, ...cards),
      made.length > 0 && make("p", {}, button("Take back what was decided last", () => this.undo(), { id: "undecide", title: "u" }))];
  }

  /** What may be decided now, as it stands after the last inject. @param {number} current */
  #choices(current) {
    const { written, played, made } = this, playing = this.#playing;
    if (!written || !played || !playing) return [];
    const done = [...made].sort(([one], [other]) => one - other), here = playing.at(current, done), pulled = new Set(made.map(([, lever]) => lever));
    const choice = this.#choice(current), offered = (choice?.options ?? []).map(({ lever }) => lever).filter((lever) => !pulled.has(lever));
    const card = (/** @type {number} */ lever) => this.#card({ number: current, now: here.now, options: [] }, here.option(playing, lever), "", () => this.decide(lever));
    const others = written.levers.map((_, lever) => lever).filter((lever) => !pulled.has(lever) && !offered.includes(lever));
    const other = make("select", { id: "other", onchange: () => { this.#other = other.value === "" ? null : Number(other.value); this.show(); } },
      make("option", { value: "" }, "nothing else yet"), ...others.map((lever) => make("option", { value: lever, selected: lever === this.#other }, written.levers[lever].says)));
    return [
      make("h2", {}, `To decide after ${written.injects[current].inject}: what is reached in the end`),
      offered.length > 0 ? make("ul", { class: "cards", id: "choices" }, ...offered.map(card)) : make("p", { class: "says" }, "nothing is offered here; something else may be decided"),
      others.length > 0 && make("label", { class: "other" }, "Something else: ", other),
      this.#other !== null && others.includes(this.#other) && make("ul", { class: "cards", id: "something-else" }, card(this.#other)),
    ];
  }

  /** What is offered by now. @param {number} current */
  #choice(current) { return this.played?.choices.filter(({ number }) => number <= current).at(-1) ?? null; }

  /** @param {Decision} decision @param {Option} option @param {string} before @param {() => void} [act] */
  #card(decision, option, before, act) {
    const { system } = this.page, { written } = this, playing = this.#playing;
    if (!written || !playing) return null;
    const card = playing.card(decision, option), counts = reachedSaid(system, written, card), { cost } = written.levers[option.lever];
    return make("li", { class: "decision", "data-lever": card.lever },
      make("h3", {}, before, nameOf(card.says)),
      make("dl", {}, ...["crown jewels", "processes", "things"].flatMap((word, place) => [make("dt", {}, word), make("dd", {}, counts[place])])),
      make("p", { class: "outcome" }, outcomeSaid(system, card)), make("p", { class: "cost says" }, cost),
      act && button("Decide it", act, { class: "decide", id: `decide-${card.lever}`, "aria-label": `decide it: ${card.says}` }));
  }

  #afterwards() {
    const { written, clock } = this;
    if (!written || (clock?.minute ?? -1) < this.wash) return [];
    return [make("h2", {}, "Hot wash"), washTable(written.wash)];
  }

  /** What to say if somebody asks: what is so by now, and what nobody knows; and what else only the facilitator has. */
  #asides() {
    const { written, told } = this, { system } = this.page;
    if (!written) return [];
    const current = told.at(-1), stage = current === undefined ? 0 : written.injects[current].stage, known = new Set(written.stages.slice(0, stage).map(({ says }) => says));
    const rows = (/** @type {boolean} */ isNow) => written.hidden.filter(([level]) => known.has(level) === isNow).map(([level, says]) => make("li", {}, nameOf(says), " ", make("small", {}, level)));
    const so = rows(true), more = rows(false);
    return [
      make("h2", {}, "If they ask, the model knows"), 
      so.length > 0 ? make("ul", { class: "hidden-rows", tabindex: 0, "aria-label": "what is so by now" }, ...so) : make("p", { class: "says" }, "nothing has happened yet"),
      more.length > 0 && folded(`What comes later (${counted(more.length)})`, false, make("ul", {}, ...more)),
      make("h2", {}, "If they ask, the model does not know"), lineList(written.unknown),
      folded("Had it been done before the start", false, this.#matrix()),
      !system.about.redacted && folded("The command that tells the same", false, make("pre", { id: "exercise-command" }, this.command)),
    ];
  }

  /** Crown jewels among the things reached, by scenario, with what may be decided done before the start. */
  #matrix() {
    const { written, played } = this;
    if (!written || !played) return null;
    const { matrix, levers } = written, offered = new Set(played.choices.flatMap(({ options }) => options.map(({ lever }) => lever)));
    /** @type {[string, Cell[]][]} */ const rows = [["nothing is done", matrix.nothing], ...[...offered].map((lever) => /** @type {[string, Cell[]]} */ ([levers[lever].says, matrix.levers[lever]])), ...matrix.controls];
    return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "had it been done before the start" }, make("table", {},
      make("caption", {}, "Crown jewels among the things still reached, by scenario"),
      make("thead", {}, make("tr", {}, ...["decision or control", ...matrix.scenarios].map((name) => make("th", { scope: "col" }, nameOf(name))))),
      make("tbody", {}, ...rows.map(([says, cells]) => make("tr", {}, make("th", { scope: "row" }, nameOf(says)), ...cells.map(([jewels, things]) => make("td", {}, `${jewels} of ${things}`)))))));
  }

  /** The command that tells the exercise as it was played so far. */
  get command() {
    const { written, made } = this, paths = this.page.system.about.paths.map((path) => (path.startsWith("-") ? `./${path}` : path));
    if (!written) return "";
    const decided = made.map(([number, lever]) => `--decide=${written.injects[number].inject}=${written.levers[lever].id}`);
    return ["blastradius exercise", ...[...paths, ...written.options, ...decided].map(shellQuoted)].join(" ");
  }

  /** Open the participants' window, or bring it to the front. */
  open() {
    if (!this.#window || this.#window.closed) this.#window = window.open(`${location.href.split("#")[0]}${PARTICIPANTS}`, "blastradius-participants", "popup,width=1100,height=800");
    if (!this.#window) return this.page.say("The browser did not open a second window; allow this page to open one.");
    this.#window.focus();
  }

  /** The participants' window says that it is there. @param {MessageEvent} event */
  #answer(event) {
    const source = /** @type {Window | null} */ (event.source);
    if (!source || event.data?.blastradius !== "here" || source.opener !== window) return;
    this.#window = source;
    this.#send();
  }

  /** Tell participants what they know by now, and nothing else. */
  #send() {
    if (this.#window && !this.#window.closed && this.played) this.#window.postMessage(this.known, "*");
  }

  /** What participants know by now. @returns {Known} */
  get known() {
    const { written, clock, told, made } = this, injects = (written?.injects ?? []), current = told.at(-1), choice = current === undefined ? null : this.#choice(current);
    const stages = [...new Set(told.map((number) => injects[number].stage))], pulled = new Set(made.map(([, lever]) => lever)), levers = written?.levers ?? [];
    const open = (choice?.options ?? []).map(({ lever }) => levers[lever]).filter((_, place) => !pulled.has(choice?.options[place].lever ?? -1));
    const row = (/** @type {Inject} */ { inject, minute, sender, to, means, says }) => ({ inject, when: clock?.said(minute) ?? "", sender, to, means, says });
    return {
      blastradius: "exercise", minutes: written?.minutes ?? 0, open: written?.open ?? [],
      when: clock === undefined || clock.minute === null ? "" : clock.said(clock.minute),
      parts: stages.map((stage) => told.map((number) => injects[number]).filter((inject) => inject.stage === stage).map(row)),
      choice: choice && open.length ? { inject: injects[choice.number].inject, says: open.sort((one, other) => byCodePoint(one.id, other.id)).map(({ says }) => says) } : null,
      decided: made.filter(([number]) => told.includes(number)).map(([number, lever]) => ({ inject: injects[number].inject, says: levers[lever].says })),
      wash: (clock?.minute ?? -1) >= this.wash ? written?.wash ?? [] : [],
      picture: (clock?.minute ?? -1) >= this.wash ? this.#stages?.reachedOnly ?? "" : "",
    };
  }
}

/** @param {string[]} lines */
function lineList(lines) {
  return make("ul", { class: "lines" }, ...lines.map((line) => make("li", {}, nameOf(line))));
}
