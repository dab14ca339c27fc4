// Fewer boxes: siblings folded into one, and edges between the same boxes drawn as one, as
// blastradius/reports/folding.py does it.
"use strict";

/**
 * @typedef {{apart: Set<number>, gathered: Set<string>}} Wish things to be seen by themselves, by number; zones and APIs of
 *   which all that is of one kind is to be seen as one
 */

/** Fold siblings, ever more coarsely, until there are at most so many boxes; those that are to be seen by themselves are
 * not counted. @param {Choice} choice @param {Parts} parts @param {number} most @param {Wish} wish
 * @returns {Parts} */
function fewer(choice, { boxes, edges }, most, wish) {
  const keys = foldingKeys(edges);
  for (const [place, key] of keys.entries()) {
    const groups = alikeIn(choice, boxes, key, wish, place < keys.length - 2);
    const count = groups.length - groups.filter(([{ entity }, ...others]) => !others.length && wish.apart.has(entity)).length;
    if (count <= most || place === keys.length - 1) return redirected(groups.map((group) => asOne(choice, group)), edges);
  }
  return { boxes, edges };
}

/** What boxes have in common that are folded, from all to hardly anything; the zone stands last, for it is free text.
 * @param {Edge[]} edges @returns {((box: Box) => (string | number | null)[])[]} */
function foldingKeys(edges) {
  const into = neighbours(edges, false), out = neighbours(edges, true);
  const at = (/** @type {Map<number, string>} */ sides, /** @type {Box} */ { entity }) => sides.get(entity) ?? "";
  return [
    (box) => [box.kind, box.gains.key, box.known, at(into, box), at(out, box), box.zone],
    (box) => [box.kind, box.gains.key, box.known, at(into, box), box.zone],
    (box) => [box.kind, box.gains.key, box.known, box.zone],
    (box) => [box.kind, toneOf(box), box.zone],
    (box) => [box.kind, toneOf(box)],
    (box) => [box.kind, toneOf(box)],
    (box) => [box.kind],
  ];
}

/** The lowest level, or the worst that is felt; -1 where it is not reached. @param {Box} box */
function toneOf({ gains }) { return gains.list.length ? gains.list[0].tone : -1; }

/** For each entity what its edges lead to, or come from, and whether they are stops. @param {Edge[]} edges
 * @param {boolean} outward */
function neighbours(edges, outward) {
  /** @type {Map<number, Set<number>>} */ const found = new Map();
  for (const { source, target, isStop } of edges) {
    const [own, other] = outward ? [source, target] : [target, source], code = 2 * other + Number(isStop);
    const known = found.get(own);
    if (known) known.add(code);
    else found.set(own, new Set([code]));
  }
  return new Map([...found].map(([own, others]) => [own, others.size < 2 ? [...others].join() : [...others].sort().join()]));
}

/** Boxes that are drawn as one. Where a scenario starts is never folded, a crown jewel only with its like and as a last resort.
 * @param {Choice} choice @param {Box[]} boxes @param {(box: Box) => (string | number | null)[]} key
 * @param {Wish} wish @param {boolean} keepJewels @returns {Box[][]} */
function alikeIn(choice, boxes, key, wish, keepJewels) {
  /** @type {Map<number | string, Box[]>} */ const groups = new Map();
  for (const box of boxes) {
    const alone = box.seed || wish.apart.has(box.entity) || (box.jewel && keepJewels);
    const gathered = gatheredIn(choice, box, wish.gathered);
    const of = alone ? box.entity : gathered !== null ? [box.kind, gathered, ""].join("\0\0\0") : [box.jewel, ...key(box)].join("\0") + (box.zone === null ? "\0\0" : "");
    const alike = box.side === undefined ? of : `${of}\0${box.side}`, group = groups.get(alike);
    if (group) group.push(box);
    else groups.set(alike, [box]);
  }
  return [...groups.values()];
}

/** @param {Choice} choice @param {Box[]} group */
function asOne(choice, group) { return group.length === 1 ? group[0] : oneBox(choice, group); }

/** The zone or the API as whose part a box is to be seen, if any. @param {Choice} choice @param {Box} box
 * @param {Set<string>} gathered */
function gatheredIn({ look, told }, box, gathered) {
  const api = told.apis[look.api[box.entity]] ?? null;
  if (api !== null && gathered.has(api)) return `api ${api}`;
  return box.zone !== null && gathered.has(box.zone) ? `zone ${box.zone}` : null;
}

/** Only what is to be seen as one is folded. @param {Choice} choice @param {Parts} parts @param {Wish} wish */
function gatheredOnly(choice, { boxes, edges }, wish) {
  return redirected(alikeIn(choice, boxes, ({ entity }) => [entity], wish, true).map((group) => asOne(choice, group)), edges);
}

/** @param {Choice} choice @param {Box[]} group @returns {Box} */
function oneBox({ look }, group) {
  const [first] = group, isOneZone = group.every(({ zone }) => zone === first.zone);
  return {
    ...first,
    label: counting(group.length, look.kinds[first.kind]),
    what: "",
    names: group.map(({ label }) => label).join(", "),
    zone: isOneZone ? first.zone : null,
    gains: together(group.flatMap(({ gains }) => gains.list)),
    members: group.map(({ entity }) => entity),
    known: knownOf(look, group),
  };
}

/** How well it is known of all, or that some of it is no fact. @param {any} look @param {Box[]} group */
function knownOf(look, group) {
  const known = new Set(group.map((box) => box.known)), weak = [...known].filter(Boolean).join(look.captions.or);
  return weak && known.size > 1 ? filled(look.captions.some, { known: weak }) : weak;
}

/** What is gained over several, each word at the first of the tones that it has. @param {Gain[]} gains
 * @returns {Gains} */
function together(gains) {
  const said = new Set();
  /** @type {Map<number, string[]>} */ const words = new Map();
  for (const gain of [...new Set(gains)].sort((one, other) => one.tone - other.tone)) {
    const added = gain.words.split(", ").filter((word) => !said.has(word));
    for (const word of added) said.add(word);
    words.set(gain.tone, [...(words.get(gain.tone) ?? []), ...added]);
  }
  const list = [...words].filter(([, some]) => some.length).map(([tone, some]) => ({ words: some.join(", "), tone }));
  return { key: -1, list };
}

/** @param {Box[]} boxes @param {Edge[]} edges @returns {Parts} */
function redirected(boxes, edges) {
  /** @type {Map<number, number>} */ const home = new Map();
  for (const { entity, members } of boxes) for (const member of members) home.set(member, entity);
  const moved = edges.map((edge) =>
    ({ ...edge, source: home.get(edge.source) ?? edge.source, target: home.get(edge.target) ?? edge.target }));
  return { boxes, edges: moved.filter(({ source, target }) => source !== target) };
}

/** One edge for each pair of ends and style, with the strongest tone and the strongest words of that tone.
 * @param {Choice} choice @param {Edge[]} edges */
function mergedEdges({ system, told }, edges) {
  /** @type {Map<number, Edge[]>} */ const groups = new Map();
  for (const edge of edges) {
    const key = 2 * (edge.source * system.entities.length + edge.target) + Number(edge.isStop), group = groups.get(key);
    if (group) group.push(edge);
    else groups.set(key, [edge]);
  }
  return [...groups.values()].map((group) => (group.length === 1 ? group[0] : oneEdge(told, group)));
}

/** @param {any} told @param {Edge[]} group @returns {Edge} */
function oneEdge(told, group) {
  const tone = Math.min(...group.map((edge) => edge.tone));
  const said = new Set(group.filter((edge) => edge.tone === tone).map((edge) => edge.words));
  const held = told.strength.filter((/** @type {string} */ capability) => said.has(told.words[capability]));
  const words = strongestTold(told, new Set(held)).map((capability) => told.words[capability]).join(", ");
  return { ...group[0], words, tone, controls: [...new Set(group.flatMap((edge) => edge.controls))].sort(byCodePoint) };
}

/** An edge says what it gives only where the box that it leads to does not say just that. @param {Edge[]} edges
 * @param {Box[]} boxes */
function toldEdges(edges, boxes) {
  /** @type {Map<number, Set<string>>} */ const into = new Map();
  for (const { target, words, isStop } of edges) {
    if (!isStop) into.set(target, (into.get(target) ?? new Set()).add(words));
  }
  const says = new Map(boxes.map(({ entity, gains }) => [entity, new Map(gains.list.map(({ words, tone }) => [tone, words]))]));
  return edges.map((edge) => {
    const words = says.get(edge.target)?.get(edge.tone) ?? "", given = edge.words.split(", ");
    const isPlain = (into.get(edge.target)?.size ?? 0) < 2 || words.split(", ").every((word) => given.includes(word));
    return isPlain && !edge.isStop ? { ...edge, words: "" } : edge;
  });
}
