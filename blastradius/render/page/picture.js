// The picture of an answer: how much of it is drawn, what is written over it, and its text for Graphviz.
"use strict";

/**
 * @typedef {{full?: boolean, unfolded?: Set<string>, gathered?: Set<string>, jewelsOnly?: boolean, heading?: boolean, direction?: "LR" | "TB"}} View
 *   by default the picture that the command line draws, with its heading; unfolded are ids of things to show by themselves,
 *   gathered those of zones and APIs to show as one box a kind
 * @typedef {{ids: string[], label: string, kind: number, tone: number, isJewel: boolean, isSeed: boolean, isAbsent: boolean, frame: Frame}} Shown
 *   what a box of the drawing stands for: one thing, or those folded into it; absent is what only the picture beside has
 * @typedef {{source: string, target: string, label: string | null, isStop: boolean, isAbsent: boolean}} Arrow from box to box
 * @typedef {{choice: Choice, all: () => Parts, own: () => Parts, narrow: () => Parts, word: () => string}} Source
 *   what there is to be drawn: everything; what the scenario brings; the ways to what matters, and the word for that
 * @typedef {{words: string, tone: number, mark: string | null, sample: Attributes | null}} LegendKey
 * @typedef {{dot: string, boxes: Map<string, Shown>, labels: Map<string, Frame>, zones: Map<string, string>, edges: Arrow[], title: string,
 *   subtitle: string, counts: string, legend: LegendKey[], look: any}} Drawn
 */

/** The picture of an answer as the command line draws it, or more or less of it.
 * @param {Compiled} system @param {Asked} asked @param {Answer} answer @param {View} [view] @returns {Drawn} */
function pictureOf(system, asked, answer, view = {}) {
  const choice = new Choice(system, asked, answer), parts = chosenParts(sourceOf(choice), view);
  const edges = toldEdges(mergedEdges(choice, parts.edges), parts.boxes);
  return drawnAs(choice, dotOf(choice, parts.boxes, edges, parts.said, view), view);
}

/** @param {Choice} choice @returns {Source} */
function sourceOf(choice) {
  const jewels = () => choice.jewels();
  return {
    choice, all: () => choice.parts(choice.all(), true), own: () => choice.parts(choice.own(), true),
    narrow: () => choice.parts(jewels().length ? choice.behind(jewels()) : choice.own(), false), word: () => narrowed(choice, jewels()),
  };
}

/** @param {Choice} choice @param {Box[]} boxes @param {Edge[]} edges @param {string} said @param {View} view */
function dotOf(choice, boxes, edges, said, view) {
  const { look } = choice, lettering = look.lettering ??= new Lettering(look), isHere = view.heading === false;
  const shown = boxes.map((box) => visibleBox(choice, box)), there = shown.filter((box) => !box.isAbsent);
  return new Dot(choice, {
    title: titleOf(choice), subtitle: assumedSaid(choice), counts: countsDrawn(choice, isHere) + said,
    boxes: shown, edges, legend: legendOf(choice, there, edges.filter((edge) => !edge.isAbsent)),
  }, lettering);
}

/** @param {Choice} choice @param {Dot} dot @param {View} view @returns {Drawn} */
function drawnAs({ system, look }, dot, view) {
  const { title, subtitle, counts, legend, boxes } = dot.picture;
  return {
    dot: dot.text(view.direction ?? "LR", view.heading ?? true),
    boxes: new Map(boxes.map((box, place) => [`n${place}`, shownAs(system, dot, box)])),
    labels: new Map(dot.labels.map(({ name, frame }) => [name, frame])),
    zones: new Map(dot.zones().map((zone, place) => [`cluster_z${place}`, zone])),
    edges: arrows(dot), title, subtitle, counts, legend, look,
  };
}

/** How much is drawn: what is readable on a sheet, unless more or less is asked for. @param {Source} source
 * @param {View} view @returns {Parts & {said: string}} */
function chosenParts(source, view) {
  const { choice } = source, { look, system } = choice, isHere = view.heading === false;
  const apart = new Set([...(view.unfolded ?? [])].map((id) => system.numbers.entities.get(id) ?? -1));
  const wish = { apart, gathered: view.gathered ?? new Set() };
  if (view.full) return { ...gatheredOnly(choice, source.all(), wish), said: "" };
  const isReadable = (/** @type {Box[]} */ boxes) => boxes.filter(({ entity }) => !apart.has(entity)).length <= look.few;
  if (!view.jewelsOnly) {
    const whole = fewer(choice, source.own(), look.most, wish);
    if (isReadable(whole.boxes)) return { ...whole, said: "" };
    return smaller(source, wish, whole.boxes.length, isHere);
  }
  return smaller(source, wish, Infinity, isHere);
}

/** What is drawn where the whole is not readable. @param {Source} source @param {Wish} wish
 * @param {number} before how many boxes the whole has
 * @param {boolean} isHere @returns {Parts & {said: string}} */
function smaller(source, wish, before, isHere) {
  const { choice } = source, { look } = choice, last = look.coarser[look.coarser.length - 1], parts = source.narrow();
  const said = filled(look.captions[isHere ? "drawn_here" : "drawn"], { what: look.captions[source.word()] });
  for (const most of [look.few, ...look.coarser]) {
    const found = fewer(choice, parts, most, wish);
    if (found.boxes.length < before || most === last) return { ...found, said };
  }
  throw new Error("nothing can be drawn");
}

/** @param {Choice} choice @param {Int32Array} jewels */
function narrowed(choice, jewels) {
  if (!jewels.length) return "reached";
  return jewels.some((fact) => choice.jewelSet.has(choice.entityOf(fact))) ? "to_jewels" : "to_processes";
}

/** A box with all its texts as they are shown. @param {Choice} choice @param {Box} box @returns {Box} */
function visibleBox({ look, told, system }, box) {
  const nameOfMember = (/** @type {number} */ member) => {
    const name = look.labels[member] ?? told.names[member] ?? system.entities[member];
    return look.shown[name] ?? name;
  };
  if (!box.members.length) return { ...box, label: look.shown[box.label] ?? box.label };
  return { ...box, names: box.members.map(nameOfMember).join(", ") };
}

/** @param {Choice} choice */
function titleOf({ look, told, system, asked, isAttacked }) {
  const shown = (/** @type {string} */ id) => look.shown[placeOf(system, id)] ?? placeOf(system, id);
  const starts = Object.entries(asked.seeds).flatMap(([way, ids]) => ids.map((id) => `${told.started[way]} ${shown(id)}`));
  const unmeant = asked.seeds.wrong?.length ? "feels" : "stops";
  const all = asked.anyone ? [...starts, told.phrases.stranger] : starts;
  return filled(look.captions[isAttacked ? "reaches" : unmeant], { starts: all.join(", ") });
}

/** What the picture is drawn under, in words. @param {Choice} choice */
function assumedSaid({ look, told, asked, isAttacked, isTimed }) {
  const { captions } = look, hours = hoursSaid(look, asked.hours ?? 0);
  const timed = isTimed ? filled(captions[asked.hours === null ? "endless" : "lasts"], { hours }) : "";
  const [word, says] = told.levels[asked.assume - 1];
  if (isAttacked) return filled(captions.assumed, { word, says, timed });
  const what = [["outage", "outage"], ["mistake", "wrong"]].filter(([, way]) => asked.seeds[way]?.length);
  return filled(captions.unmeant, { what: what.map(([name]) => captions[name]).join(captions.and), timed });
}

/** @param {Choice} choice @param {boolean} isHere whether the page says it, whose checker is another */
function countsDrawn(choice, isHere) {
  const { look, told, system, answer, isAttacked } = choice, { captions } = look, nouns = look.counted;
  const reached = choice.reached().filter((entity) => !choice.publicSet.has(entity)), jewels = reached.filter((entity) => choice.jewelSet.has(entity)).length;
  const stops = answer.stops.filter(isByControlsAlone).length;
  const things = counting(system.entities.length, nouns.thing);
  return [
    filled(captions[isAttacked ? "within" : "felt"], { reached: counted(reached.length), things }),
    told.jewels.length ? counting(jewels, nouns["crown jewel"]) : captions.unmarked,
    filled(captions.stopped, { steps: counting(stops, nouns.step) }),
    isHere ? captions.checked_here : captions.checked,
  ].join(captions.between);
}

/** What the picture's colours, frames, signs and words mean, of each only what occurs. @param {Choice} choice
 * @param {Box[]} boxes @param {Edge[]} edges @returns {LegendKey[]} */
function legendOf({ look }, boxes, edges) {
  const gains = boxes.flatMap((box) => box.gains.list), tones = new Set([...gains, ...edges].map(({ tone }) => tone));
  const levels = look.tones.filter((/** @type {any} */ tone) => tone.word).length;
  const highest = Math.max(-1, ...[...tones].filter((tone) => tone < levels));
  const shown = look.tones.map((/** @type {any} */ _, /** @type {number} */ tone) => tone)
    .filter((/** @type {number} */ tone) => (tone < levels ? tone <= highest : tones.has(tone)));
  const said = new Set(gains.map(({ words }) => words));
  const meant = look.meanings.filter((/** @type {string[]} */ [word]) => [...said].some((words) => words.includes(word)));
  return [
    ...shown.map((/** @type {number} */ tone) =>
      ({ words: look.tones[tone].says, tone, mark: null, sample: { fill: look.tones[tone].paint.fillcolor } })),
    ...marksShown(look, boxes, edges),
    ...meant.map((/** @type {string[]} */ [, words]) => ({ words, tone: -1, mark: null, sample: null })),
  ];
}

/** @param {any} look @param {Box[]} boxes @param {Edge[]} edges @returns {LegendKey[]} */
function marksShown(look, boxes, edges) {
  /** @type {Record<string, boolean>} */ const occurs = {
    seed: boxes.some((box) => box.seed),
    jewel: boxes.some((box) => box.jewel),
    folded: boxes.some((box) => box.members.length > 0),
    unreached: boxes.some((box) => toneOf(box) < 0 && !box.seed),
    stopped: edges.some((edge) => edge.isStop),
  };
  const marks = Object.entries(look.keys).filter(([mark]) => occurs[mark]);
  return marks.map(([mark, words]) => ({ words, tone: -1, mark, sample: look.samples[mark] }));
}

/** @param {Compiled} system @param {Dot} dot @param {Box} box @returns {Shown} */
function shownAs(system, dot, box) {
  const members = box.members.length ? box.members : [box.entity];
  return {
    ids: members.map((member) => system.entities[member]), label: box.label, kind: box.kind, tone: toneOf(box),
    isJewel: box.jewel, isSeed: box.seed, isAbsent: Boolean(box.isAbsent), frame: /** @type {Frame} */ (dot.frames.get(box.entity)),
  };
}

/** @param {Dot} dot @returns {Arrow[]} */
function arrows(dot) {
  const labelOfEdge = new Map(dot.labels.flatMap(({ name, edges }) => edges.map((edge) => [edge, name])));
  const name = (/** @type {number} */ entity) => /** @type {string} */ (dot.names.get(entity));
  return dot.picture.edges.map((edge) => ({
    source: name(edge.source), target: name(edge.target), label: labelOfEdge.get(edge) ?? null, isStop: edge.isStop, isAbsent: Boolean(edge.isAbsent),
  }));
}
