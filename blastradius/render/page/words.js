// What the page says, in the words of the command line: its sentences come with the data, gaps are filled in here.
"use strict";

/**
 * @typedef {{first: Int32Array, file: Int32Array, line: Int32Array, column: Int32Array}} ReadAt
 * @typedef {{kind: string, message: string, about: string[], at: string[]}} Note
 * @typedef {{
 *   words: Record<string, string>, meanings: Record<string, string>, phrases: Record<string, string>,
 *   started: Record<string, string>, statuses: Record<string, string>, known: Record<string, string>,
 *   because: Record<string, string>, levels: [string, string][], kinds: string[], several: Record<string, string>,
 *   controls: Record<string, string>, removed: Record<string, string>, verbs: string[], unsaid: Record<string, string>,
 *   leads: Record<string, [string[], string[]]>, strength: string[], implied: Record<string, string[]>,
 *   asked: Record<string, string>, seed_kinds: Record<string, string[]>, attacks: string[], no_clock: Note,
 *   names: string[], zones: Record<string, string>, zone_ids: string[], zone_of: Int32Array, jewels: number[],
 *   public: number[], anonymous: boolean, unknown: Record<string, string[]>, tolerance: Record<string, number | null>,
 *   records: Record<string, number>, originals: Record<string, number[]>,
 *   verb: Int8Array, sources: Lists, targets: Lists, buffers: Record<string, number>,
 *   host: Int32Array, provider: Int32Array, status: Int8Array, why: Record<string, string>,
 *   starts_after: Record<string, number>, added: Record<string, string>, stones: Record<string, number>, apis: string[], flat_zones: string[],
 *   keys: number[], inputs: [number[], number[]], notes: Note[], model: Record<string, number | string>, missing: string[],
 *   places: {entities: ReadAt, relations: ReadAt, files: string[]}
 * }} Told
 * @typedef {{capability: string, name: string, entity: number, place: number}} About
 *   what a fact is about: a thing (by number), or with entity -1 a stepping stone by its place among its kind
 */

/** A template with its gaps filled in, in order. @param {string} template @param {(string | number)[]} values */
function fill(template, ...values) {
  return template.split("{}").map((part, place) => (place ? values[place - 1] : "") + part).join("");
}

/** @param {Compiled} system @param {string} name @param {(string | number)[]} values */
function phrase(system, name, ...values) {
  return fill(system.told.phrases[name], ...values);
}

/** A number with its thousands apart. @param {number} count */
function counted(count) { return THOUSANDS.format(count); }

const THOUSANDS = new Intl.NumberFormat("en-US"); // made once: each takes as long as a thousand numbers written

/** A number to six digits, as people write hours. @param {number} number */
function short(number) {
  if (!Number.isFinite(number) || number === 0) return String(number).replace("Infinity", "inf");
  const [digits, power] = number.toExponential(5).split("e").map(Number);
  if (power >= -4 && power < 6) return String(Number(number.toPrecision(6)));
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** @param {number} count @param {string} one @param {string} [many] */
function plural(count, one, many) {
  return `${counted(count)} ${count === 1 ? one : many ?? `${one}s`}`;
}

/** The first few of several names, and how many more there are. @param {Compiled} system @param {string[]} names
 * @param {number} [most] */
function listed(system, names, most = 4) {
  const first = names.slice(0, most).join(", "), more = names.length - most;
  return more > 0 ? phrase(system, "and more", first, counted(more)) : first;
}

/** A text in quotation marks as Python writes it. @param {string} text */
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes = /** @type {Record<string, string>} */ ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [mark]: `\\${mark}` });
  return mark + Array.from(text, (letter) => escapes[letter] ?? (/[\p{C}\p{Z}]/u.test(letter) && letter !== " " ? coded(letter) : letter)).join("") + mark;
}

/** @param {string} letter */
function coded(letter) {
  const code = /** @type {number} */ (letter.codePointAt(0));
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}

/** @param {Compiled} system @param {number} entity */
function labelOf(system, entity) {
  return system.told.names[entity];
}

/** The name of a thing or a zone, by its id, or the text itself. @param {Compiled} system @param {string} id */
function placeOf(system, id) {
  const entity = system.numbers.entities.get(id);
  return entity === undefined ? system.told.zones[id] ?? id : labelOf(system, entity);
}

/** @param {Compiled} system @param {number} entity */
function kindOf(system, entity) {
  return system.told.kinds[system.kinds[entity]];
}

/** @param {Compiled} system @param {number} fact @returns {About} */
function aboutOf(system, fact) {
  const { width, entities, capabilities, told } = system;
  if (fact < width * entities.length) {
    const entity = Math.floor(fact / width);
    return { capability: capabilities[fact % width], name: entities[entity], entity, place: entity };
  }
  const [capability, first] = Object.entries(told.stones).filter(([, start]) => start <= fact).pop() ?? ["", 0];
  return { capability, name: stoneName(system, capability, fact - first), entity: -1, place: fact - first };
}

/** @param {Compiled} system @param {string} capability @param {number} place */
function stoneName(system, capability, place) {
  const { entities, controls, told } = system;
  switch (capability) {
    case "inactive": return controls[place];
    case "callable": return told.apis[place];
    case "foothold": return told.flat_zones[place];
    case "anyone": return "internet";
    case "present": return entities[told.keys[place]];
    default: return inputName(entities[told.inputs[0][place]], entities[told.inputs[1][place]]);
  }
}

/** @param {string} consumer @param {string} supplier */
function inputName(consumer, supplier) {
  return `${supplier.replaceAll("%", "%25").replaceAll("<", "%3C")}<${consumer}`;
}

/** A fact as its name is written: read(orders). @param {Compiled} system @param {number} fact */
function factName(system, fact) {
  const { capability, name } = aboutOf(system, fact);
  return `${capability}(${name})`;
}

/** A fact in words, also one that is only a step on the way. @param {Compiled} system @param {number} fact */
function factSaid(system, fact) {
  const { capability, name, entity, place } = aboutOf(system, fact), { told } = system;
  if (entity >= 0) return `${labelOf(system, entity)}: ${told.words[capability]}`;
  switch (capability) {
    case "inactive": return phrase(system, "inactive", hostSaid(system, told.host[place]), told.controls[system.control_kinds[place]]);
    case "lost": case "strained": return phrase(system, capability, ...told.inputs.map((ends) => labelOf(system, ends[place])));
    case "anyone": return phrase(system, capability);
    default: return phrase(system, capability, placeOf(system, name));
  }
}

/** The ends of a relation, named. @param {Compiled} system @param {number} relation @param {number} most */
function endsSaid(system, relation, most) {
  const { sources, targets } = system.told;
  return [sources, targets].map((ends) => listed(system, Array.from(rowOf(ends, relation), (end) => labelOf(system, end)), most));
}

/** @param {Compiled} system @param {number} relation */
function verbOf(system, relation) {
  return system.told.verbs[system.told.verb[relation]];
}

/** A relation in words: Acme's access token grants orders.read. @param {Compiled} system @param {number} relation */
function relationSaid(system, relation) {
  const [source, target] = endsSaid(system, relation, 2);
  return `${source} ${verbOf(system, relation).replaceAll("_", " ")} ${target}`;
}

/** What it is to take a relation away. @param {Compiled} system @param {number} relation */
function removalSaid(system, relation) {
  const { removed } = system.told, verb = verbOf(system, relation);
  const [source, target] = endsSaid(system, relation, 3);
  /** @type {Record<string, string>} */ const filled = { source, target, verb: verb.replaceAll("_", " ") };
  return (removed[verb] ?? removed[""]).split(/\{(\w+)\}/).map((part, place) => (place % 2 ? filled[part] : part)).join("");
}

/** What a control stands on: an entity by its number, or a relation beyond them. @param {Compiled} system
 * @param {number} host */
function hostSaid(system, host) {
  const count = system.entities.length;
  return host < count ? labelOf(system, host) : relationSaid(system, host - count);
}

/** @param {Compiled} system @param {number} host */
function hostId(system, host) {
  const count = system.entities.length;
  return host < count ? system.entities[host] : system.relations[host - count];
}

/** The words for how a control stands, in their order, made once. @param {Compiled} system @returns {string[]} */
function statusesOf(system) {
  const found = STATUSES.get(system) ?? Object.keys(system.told.statuses);
  STATUSES.set(system, found);
  return found;
}

/** @type {WeakMap<Compiled, string[]>} */ const STATUSES = new WeakMap();

/** A control by its number, also one that is put in place. @param {Compiled} system @param {World} world
 * @param {number} control */
function controlOf(system, world, control) {
  const { told } = system, added = world.added[control - system.controls.length];
  if (added) return { ...added, status: told.added[added.kind], by: -1, why: null };
  return {
    id: system.controls[control], kind: system.control_kinds[control], host: told.host[control],
    status: statusesOf(system)[told.status[control]], by: told.provider[control], why: told.why[control] ?? null,
  };
}

/** A control where it stands. @param {Compiled} system @param {number} control */
function controlSaid(system, control) {
  return `${hostSaid(system, system.told.host[control])}: ${system.told.controls[system.control_kinds[control]]}`;
}

/** Where something was read, as file:line:column. @param {Compiled} system @param {"entities" | "relations"} what
 * @param {number} number */
function evidence(system, what, number) {
  const { first, file, line, column } = system.told.places[what], found = [];
  for (let at = first[number]; at < first[number + 1]; at++) {
    found.push([system.told.places.files[file[at]], line[at] || null, column[at] || null].filter((part) => part !== null).join(":"));
  }
  return found;
}

/** An hour of an outage, counted from its start. @param {Compiled} system @param {number} at */
function hourSaid(system, at) {
  return at === 0 ? phrase(system, "at once") : phrase(system, "at hour", short(at));
}

/** @param {Compiled} system @param {number} level */
function levelWord(system, level) {
  return system.told.levels[level - 1][0];
}

/** The word of a level, if it is one. @param {Compiled} system @param {number | null} level */
function wordOf(system, level) {
  return level === null ? null : levelWord(system, level);
}

/** Whether somebody means it: a mistake and an outage alone bring no attacker. @param {Compiled} system
 * @param {Asked} asked */
function isAttack(system, asked) {
  return asked.anyone || system.attacks.some((way) => (asked.seeds[way] ?? []).length > 0);
}
