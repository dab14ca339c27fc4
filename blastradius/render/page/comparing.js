// Two answers in one layout: what either picture has takes its room in both, faint where only the other has it.
"use strict";

/** @typedef {{asked: Asked, answer: Answer}} Answered */

/** The pictures of two answers, in which each thing has one place. @param {Compiled} system @param {Answered} before
 * @param {Answered} after @param {View} [view] @returns {[Drawn, Drawn]} */
function comparedPictures(system, before, after, view = {}) {
  const sources = [before, after].map(({ asked, answer }) => sourceOf(new Choice(system, asked, answer)));
  const both = new Both(sources), found = chosenParts(both, view);
  const sides = sources.map(({ choice }, side) => both.side(choice, side, found.boxes));
  const all = everyEdge(sides.map(({ edges }) => edges));
  const dots = sources.map(({ choice }, side) => dotOf(choice, sides[side].boxes, edgesOf(all, sides[side].edges), found.said, view));
  largest(dots);
  const [first, second] = dots.map((dot, side) => drawnAs(sources[side].choice, dot, view));
  return [first, second];
}

/** What two pictures have between them. @implements {Source} */
class Both {
  /** @type {Parts[]} what was chosen of each */ #chosen = [];

  /** @param {Source[]} sources */
  constructor(sources) {
    this.sources = sources;
    this.choice = sources[1].choice;
  }

  all() { return this.#joined(this.sources.map((source) => source.all())); }

  own() { return this.#joined(this.sources.map((source) => source.own())); }

  narrow() { return this.#joined(this.sources.map((source) => source.narrow())); }

  word() { return this.sources[1].word(); }

  /** The boxes of both, each with what it is in either, and the edges of both. @param {Parts[]} parts @returns {Parts} */
  #joined(parts) {
    this.#chosen = parts;
    const [before, after] = parts.map(({ boxes }) => new Map(boxes.map((box) => [box.entity, box])));
    /** @type {Map<string, number>} */ const keys = new Map();
    const boxes = [...new Set([...after.keys(), ...before.keys()])].map((entity) => {
      const [one, other] = [before.get(entity), after.get(entity)], box = /** @type {Box} */ (other ?? one);
      const said = `${one?.gains.key} ${other?.gains.key} ${one?.known}`, key = keys.get(said) ?? keys.size;
      keys.set(said, key);
      const seed = Boolean(one?.seed || other?.seed);
      return { ...box, seed, gains: { ...box.gains, key }, side: [one, other].map(standingOf).join("") };
    });
    return { boxes, edges: [...parts[1].edges, ...parts[0].edges] };
  }

  /** What one of them has of boxes that are drawn in both. @param {Choice} choice @param {number} side
   * @param {Box[]} drawn @returns {Parts} */
  side(choice, side, drawn) {
    const own = new Map(this.#chosen[side].boxes.map((box) => [box.entity, box]));
    const boxes = drawn.map((box) => {
      const inside = (box.members.length ? box.members : [box.entity]).flatMap((member) => own.get(member) ?? []);
      if (!inside.length) return { ...box, gains: NO_GAINS, known: "", seed: false, isAbsent: true };
      const { entity, zone, members } = box;
      return { ...(members.length ? oneBox(choice, inside) : inside[0]), entity, zone, members };
    });
    const edges = redirected(drawn, this.#chosen[side].edges).edges;
    return { boxes, edges: toldEdges(mergedEdges(choice, edges), boxes) };
  }
}

/** @type {Gains} */ const NO_GAINS = { key: -1, list: [] };

/** What a thing is in a picture: not there, drawn but not reached, or reached. @param {Box | undefined} box */
function standingOf(box) {
  if (!box) return 0;
  return toneOf(box) < 0 && !box.seed ? 1 : 2;
}

/** @param {Edge} edge */
function edgeKey({ source, target, isStop, words, controls }) {
  return [source, target, isStop, words, ...controls].join("\0");
}

/** Every edge that is in some picture, once. @param {Edge[][]} pictures the first and the second */
function everyEdge([before, after]) {
  return new Map([...after, ...before].map((edge) => [edgeKey(edge), edge]));
}

/** All edges as one picture has them. @param {Map<string, Edge>} all @param {Edge[]} own */
function edgesOf(all, own) {
  const known = new Map(own.map((edge) => [edgeKey(edge), edge]));
  return [...all].map(([key, edge]) => known.get(key) ?? { ...edge, isAbsent: true });
}

/** Every box as large as it is in the picture in which it is the larger. @param {Dot[]} dots */
function largest(dots) {
  for (const { entity } of dots[0].picture.boxes) {
    const frames = dots.map((dot) => /** @type {Frame} */ (dot.frames.get(entity)));
    const width = Math.max(...frames.map((frame) => frame.width)), height = Math.max(...frames.map((frame) => frame.height));
    dots.forEach((dot, place) => dot.frames.set(entity, { ...frames[place], width, height }));
  }
}
