// What is asked, as plain data: a scenario that can be checked, undone, kept, linked to, and asked on the command line.
"use strict";

/**
 * @typedef {{compromise: string[], leak: string[], poison: string[], wrong: string[], outage: string[], breach: string[],
 *   use: string[], anyone: boolean, hours: number | null, assume: number, distrust: string[], without: string[],
 *   with: [string, string][], basis: string}} State
 * @typedef {{past: State[], now: State, future: State[]}} Story
 * @typedef {{name: string, state: State}[]} Saved
 */

const WAYS = /** @type {const} */ (["compromise", "leak", "poison", "wrong", "outage", "breach", "use"]);
const BASES = ["observed", "declared", "inferred", "assumed"];
const MOST_STATES = 200; // how far back can be gone

/** A scenario that starts nowhere, with what the command line assumes. @returns {State} */
function emptyState() {
  return {
    compromise: [], leak: [], poison: [], wrong: [], outage: [], breach: [], use: [], anyone: false, hours: null, assume: 2,
    distrust: [], without: [], with: [], basis: "assumed",
  };
}

/** The same with some of it otherwise. @param {State} state @param {Partial<State>} changes @returns {State} */
function changedState(state, changes) {
  return { ...state, ...changes };
}

/** Whether a state starts somewhere, so that it can be asked. @param {State} state */
function startsSomewhere(state) {
  return state.anyone || WAYS.some((way) => state[way].length > 0);
}

/** A state as the solver is asked it. @param {Compiled} system @param {State} state @returns {Asked}
 * @throws {Error} the first of its problems */
function askedOf(system, state) {
  const [problem] = problems(system, state);
  if (problem) throw new Error(problem);
  return {
    seeds: Object.fromEntries(WAYS.map((way) => [way, [...state[way]]])),
    anyone: state.anyone, hours: state.hours, assume: state.assume, distrust: [...state.distrust], without: [...state.without],
    with: state.with.map(([control, host]) => `${control}@${host}`), basis: state.basis,
  };
}

/** What is wrong with a state in this estate, each in a sentence; nothing where it can be asked.
 * @param {Compiled} system @param {State} state @returns {string[]} */
function problems(system, state) {
  const found = WAYS.flatMap((way) => state[way].flatMap((id) => seedProblem(system, way, id)));
  for (const name of state.distrust) if (!isControl(system, state, name)) found.push(`distrust: ${quoted(name)} is no control of this estate; name a kind of control, or KIND@ID`);
  for (const id of state.without) if (!system.numbers.relations.has(id)) found.push(`without: ${quoted(id)} is not a relation of this estate`);
  for (const [control, host] of state.with) found.push(...addedProblem(system, control, host));
  return startsSomewhere(state) ? found : ["a scenario starts somewhere; name a party, key, feed or outage", ...found];
}

/** @param {Compiled} system @param {string} way @param {string} id @returns {string[]} */
function seedProblem(system, way, id) {
  const entity = system.numbers.entities.get(id), kinds = system.told.seed_kinds[way];
  if (entity !== undefined && kinds.includes(kindOf(system, entity))) return [];
  const places = kinds.includes("service") || kinds.includes("store");
  if (entity === undefined && places && id in system.zones) return [];
  if (entity === undefined) return [`${way}: nothing in this estate is called ${quoted(id)}`];
  return [`${way}: ${quoted(id)} is a ${kindOf(system, entity)}; expected ${kinds.join(" or ")}`];
}

/** @param {Compiled} system @param {State} state @param {string} name */
function isControl(system, state, name) {
  return name in system.told.controls || system.numbers.controls.has(name) || state.with.some((added) => added.join("@") === name);
}

/** @param {Compiled} system @param {string} control @param {string} host @returns {string[]} */
function addedProblem(system, control, host) {
  if (!(control in system.told.controls)) return [`with: ${quoted(control)} is no kind of control`];
  const entity = system.numbers.entities.get(host), relation = system.numbers.relations.get(host), [kinds, verbs] = system.placements[control];
  if (entity === undefined && relation === undefined) return [`with: nothing in this estate is called ${quoted(host)}`];
  const fits = relation === undefined ? kinds.includes(kindOf(system, entity ?? 0)) : verbs.includes(verbOf(system, relation));
  return fits ? [] : [`with: no rule looks for the control ${quoted(control)} at ${quoted(host)}`];
}

/** The command that gives the same answer. @param {Compiled} system @param {State} state @param {string} estatePath */
function commandLine(system, state, estatePath) {
  /** @type {[string, string][]} */ const options = WAYS.flatMap((way) => state[way].map((id) => /** @type {[string, string]} */ ([way, outageSaid(way, id, state.hours)])));
  if (state.hours !== null) options.push(["hours", String(state.hours)]);
  options.push(["assume", levelWord(system, state.assume)]);
  for (const name of state.distrust) options.push(["distrust", name]);
  for (const [control, host] of state.with) options.push(["with", `${control}@${host}`]);
  for (const id of state.without) options.push(["without", id]);
  if (state.basis !== "assumed") options.push(["basis", state.basis]);
  const path = estatePath.startsWith("-") ? `./${estatePath}` : estatePath;
  const said = options.map(([option, value]) => (value.startsWith("-") ? shellQuoted(`--${option}=${value}`) : `--${option} ${shellQuoted(value)}`));
  return ["blastradius reach", shellQuoted(path), ...(state.anyone ? ["--anyone"] : []), ...said].join(" ");
}

/** What stops, with its hours where its own name would be read as if it said some. @param {string} way
 * @param {string} id @param {number | null} hours */
function outageSaid(way, id, hours) {
  return way === "outage" && id.includes("=") && hours !== null ? `${id}=${hours}` : id;
}

/** A word as a POSIX shell reads it back unchanged. @param {string} word */
function shellQuoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** A state as the fragment of a link: only what is not as usual. @param {State} state */
function toFragment(state) {
  const usual = /** @type {Record<string, unknown>} */ (emptyState());
  const stated = Object.entries(state).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]));
  return `#ask=${lettersOf(JSON.stringify(Object.fromEntries(stated)))}`;
}

/** A text in letters that a link may have. @param {string} text */
function lettersOf(text) {
  const letters = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The text from such letters, or null where they are damaged. @param {string} letters */
function textOf(letters) {
  try {
    const bytes = Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

const DAMAGED = "this link is damaged, so the page starts anew; ask for the link again, or copy all of it";

/** The state that a fragment restores, or in one sentence why there is none. @param {string} text
 * @returns {State | string} */
function fromFragment(text) {
  const [, letters] = /^#?ask=([\w-]*)$/.exec(text) ?? [], read = letters === undefined ? null : textOf(letters);
  try {
    const stated = JSON.parse(read ?? "null");
    return isStated(stated) ? { ...emptyState(), ...stated } : DAMAGED;
  } catch {
    return DAMAGED;
  }
}

/** Whether something is what a fragment may say. @param {any} stated */
function isStated(stated) {
  if (stated === null || typeof stated !== "object" || Array.isArray(stated)) return false;
  const isText = (/** @type {unknown} */ value) => typeof value === "string";
  const areTexts = (/** @type {unknown} */ value) => Array.isArray(value) && value.every(isText);
  const arePairs = (/** @type {unknown} */ value) => Array.isArray(value) && value.every((pair) => areTexts(pair) && pair.length === 2);
  /** @type {Record<string, (value: any) => boolean>} */
  const fits = Object.assign(Object.create(null), {
    anyone: (/** @type {unknown} */ value) => typeof value === "boolean",
    hours: (/** @type {unknown} */ value) => value === null || (typeof value === "number" && value >= 0 && Number.isFinite(value)),
    assume: (/** @type {number} */ value) => [1, 2, 3, 4].includes(value),
    basis: (/** @type {string} */ value) => BASES.includes(value),
    with: arePairs, distrust: areTexts, without: areTexts,
  });
  return Object.entries(stated).every(([name, value]) => (WAYS.some((way) => way === name) ? areTexts(value) : Boolean(fits[name]?.(value))));
}

/** A history that begins with a state. @param {State} state @returns {Story} */
function historyOf(state) {
  return { past: [], now: state, future: [] };
}

/** One state further; what was undone is gone. @param {Story} history @param {State} state @returns {Story} */
function moved({ past, now, future }, state) {
  if (JSON.stringify(state) === JSON.stringify(now)) return { past, now, future };
  return { past: [...past, now].slice(-MOST_STATES), now: state, future: [] };
}

/** One state back, where there is one. @param {Story} history @returns {Story} */
function undone({ past, now, future }) {
  const last = past.at(-1);
  return last ? { past: past.slice(0, -1), now: last, future: [now, ...future] } : { past, now, future };
}

/** One state forward again. @param {Story} history @returns {Story} */
function redone({ past, now, future }) {
  return future.length ? { past: [...past, now], now: future[0], future: future.slice(1) } : { past, now, future };
}

/** Scenarios that are kept, with one more, or another under the same name. @param {Saved} saved @param {string} name
 * @param {State} state @returns {Saved} */
function savedAs(saved, name, state) {
  return [...forgotten(saved, name), { name, state }];
}

/** @param {Saved} saved @param {string} name @returns {Saved} */
function forgotten(saved, name) {
  return saved.filter((kept) => kept.name !== name);
}
