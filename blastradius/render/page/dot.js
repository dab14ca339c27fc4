// A picture as Graphviz text, as blastradius/render/dot.py writes it. Names never become syntax: every box has a number
// for a name, every string is quoted.
"use strict";

/**
 * @typedef {{title: string, subtitle: string, counts: string, boxes: Box[], edges: Edge[], legend: LegendKey[]}} Picture
 * @typedef {{name: string, edges: Edge[], zone: string | null, frame: Frame}} EdgeLabel
 * @typedef {Record<string, string>} Attributes
 */

class Dot {
  /** @param {Choice} choice @param {Picture} picture @param {Lettering} lettering */
  constructor({ look, told, system }, picture, lettering) {
    this.look = look;
    this.told = told;
    this.system = system;
    this.picture = picture;
    this.names = new Map(picture.boxes.map(({ entity }, place) => [entity, `n${place}`]));
    this.homes = new Map(picture.boxes.map(({ entity, zone }) => [entity, zone]));
    this.frames = new Map(picture.boxes.map((box) => [box.entity, lettering.boxFrame(box)]));
    this.labels = this.labelled(lettering);
  }

  /** The labels of edges; those that begin at one box and are stopped by the same have one. @param {Lettering} lettering
   * @returns {EdgeLabel[]} */
  labelled(lettering) {
    /** @type {Map<number | string, Edge[]>} */ const groups = new Map();
    for (const [place, edge] of this.picture.edges.entries()) {
      if (!edge.words && !edge.controls.length) continue;
      const key = edge.isStop ? [edge.source, ...edge.controls].join("\0") : place;
      groups.set(key, [...(groups.get(key) ?? []), edge]);
    }
    return [...groups.values()].map((edges, place) =>
      ({ name: `l${place}`, edges, zone: this.homeOf(edges), frame: lettering.labelFrame(edges[0]) }));
  }

  /** The zone that a label stands in: that of all ends, if they share one. @param {Edge[]} edges */
  homeOf(edges) {
    const zones = new Set(edges.flatMap(({ source, target }) => [this.homes.get(source), this.homes.get(target)]));
    const [first = null] = zones;
    return zones.size === 1 ? first : null;
  }

  /** One statement to a line. @param {string} direction @param {boolean} heading */
  text(direction, heading) {
    const { title, subtitle, counts, legend } = this.picture, { look } = this;
    const above = [title, subtitle, counts, ...legend.map(({ words }) => words)];
    /** @type {Attributes} */ const graph = { ...look.graph, rankdir: direction, tooltip: quotedDot(" ") };
    if (heading) graph.label = this.fromTheLeft(above);
    return [
      "digraph blastradius {",
      `graph ${attributes(graph)}`,
      `node ${attributes(look.node)}`,
      `edge ${attributes(look.edge)}`,
      // What comes first is drawn lowest: so everything from the last to the first.
      ...this.body(),
      ...this.edgeLines(),
      "}",
    ].join("\n") + "\n";
  }

  /** @param {string[]} texts */
  fromTheLeft(texts) {
    return `"${texts.filter(Boolean).map((text) => `${escapedDot(cutText(text, this.look.limits.label))}\\l`).join("")}"`;
  }

  body() {
    const { boxes } = this.picture, { look } = this;
    const lines = boxes.length ? [] : [`nothing ${attributes({ label: quotedDot(look.nothing), ...look.empty })}`];
    const zones = this.zones(), behind = this.byZone();
    for (const zone of [null, ...[...zones].reverse()]) {
      const inside = behind.get(zone) ?? [];
      lines.push(...(zone === null ? inside : [...this.zoneLines(zone, zones.indexOf(zone)), ...inside, "}"]));
    }
    return lines;
  }

  /** The lines of boxes and labels by the zone that they stand in, the last first. */
  byZone() {
    /** @type {Map<string | null, string[]>} */ const found = new Map();
    const add = (/** @type {string | null} */ zone, /** @type {string} */ line) => {
      const known = found.get(zone);
      if (known) known.push(line);
      else found.set(zone, [line]);
    };
    for (const box of [...this.picture.boxes].reverse()) add(box.zone, this.boxLine(box));
    for (const label of [...this.labels].reverse()) add(label.zone, this.labelLine(label));
    return found;
  }

  /** The zones that hold something. @returns {string[]} */
  zones() {
    const zones = new Set(this.picture.boxes.map(({ zone }) => zone));
    zones.delete(null);
    return /** @type {string[]} */ ([...zones]).sort(byCodePoint);
  }

  /** @param {string} zone @param {number} place */
  zoneLines(zone, place) {
    const name = cutText(this.shown(this.told.zones[zone] || zone), this.look.limits.zone);
    const look = { ...this.look.zone, tooltip: this.tooltip([this.shown(zone)]), label: quotedDot(name) };
    return [`subgraph cluster_z${place} {`, `graph ${attributes(look)}`];
  }

  /** A text from the input with whatever could act instead of being read made visible. @param {string} text
   * @returns {string} */
  shown(text) { return this.look.shown[text] ?? text; }

  /** @param {number} entity */
  id(entity) { return this.shown(this.system.entities[entity]); }

  /** @param {Box} box */
  boxLine(box) {
    const { look } = this, tone = toneOf(box), { word, paint } = look.tones[tone] ?? { word: null, paint: look.toneless.paint };
    const members = box.members.map((member) => this.id(member));
    const about = [this.id(box.entity), this.told.kinds[box.kind], ...(word ? [word] : []), ...members];
    const sized = sizedAs(/** @type {Frame} */ (this.frames.get(box.entity)));
    const style = { ...look.shapes[box.kind], ...paint, ...this.marks(box), ...(box.isAbsent ? { color: look.lines.context.color } : {}) };
    return `${this.names.get(box.entity)} ${attributes({ ...sized, tooltip: this.tooltip(about), ...style })}`;
  }

  /** Whatever sets a box apart, the later outdoing the earlier. @param {Box} box @returns {Attributes} */
  marks(box) {
    const { marks, unreached } = this.look;
    return {
      ...(box.members.length ? marks.folded : {}),
      ...(toneOf(box) < 0 && !box.seed ? unreached[box.kind] : {}),
      ...(box.jewel ? marks.jewel : {}),
      ...(box.seed ? marks.seed : {}),
    };
  }

  /** @param {EdgeLabel} label */
  labelLine({ name, edges, frame }) {
    const plain = edges[0].isStop ? this.look.control : this.look.plain, pale = { color: this.look.lines.context.color };
    const look = edges[0].isStop && edges.every(({ isAbsent }) => isAbsent) ? { ...plain, ...pale } : plain;
    const tooltip = this.tooltip(edges.map((edge) => this.description(edge)));
    return `${name} ${attributes({ ...sizedAs(frame), ...look, tooltip })}`;
  }

  edgeLines() {
    const labelOf = new Map(this.labels.flatMap(({ name, edges }) => edges.map((edge) => [edge, name])));
    const begun = new Set(), lines = [];
    for (const edge of [...this.picture.edges].reverse()) {
      const look = { ...this.lineOf(edge), tooltip: this.tooltip([this.description(edge)]) };
      const source = this.names.get(edge.source), target = this.names.get(edge.target), label = labelOf.get(edge);
      if (label !== undefined && !begun.has(label)) {
        begun.add(label);
        lines.push(`${source} -> ${label} ${attributes({ ...look, ...this.look.ends[edge.isStop ? "stopped" : "step"] })}`);
      }
      lines.push(`${label ?? source} -> ${target} ${attributes(look)}`);
    }
    return lines;
  }

  /** @param {Edge} edge @returns {Attributes} */
  lineOf({ isStop, tone, isAbsent }) {
    if (isAbsent) return this.look.lines.context;
    return isStop ? this.look.lines.stopped : (this.look.tones[tone] ?? this.look.toneless).line;
  }

  /** @param {Edge} edge */
  description({ source, target, words, controls }) {
    const step = filled(this.look.step, { source: this.id(source), target: this.id(target), label: words });
    return step + (controls.length ? filled(this.look.stopped, { controls: controls.join(", ") }) : "");
  }

  /** @param {string[]} texts */
  tooltip(texts) {
    // Graphviz unescapes a tooltip twice.
    return quotedDot(cutText(texts.join(this.look.between), this.look.limits.tooltip).replaceAll("\\", "\\\\"));
  }
}

/** @param {Frame} frame @returns {Attributes} */
function sizedAs({ lines, width, height }) {
  const text = lines.map((line) => escapedDot(line.text) || " ").join("\\n");
  return { label: `"${text}"`, width: inches(width), height: inches(height) };
}

/** Points as inches to three digits, what lies in the middle to the even digit, as Python rounds. @param {number} points */
function inches(points) {
  const size = points / 72, below = Math.floor(size * 1000);
  const isMiddle = Number.isInteger(size * 16) && !Number.isInteger(size * 8);
  return isMiddle && below % 2 === 0 ? (below / 1000).toFixed(3) : size.toFixed(3);
}

/** @param {string} text */
function quotedDot(text) { return `"${escapedDot(text)}"`; }

/** A text as the inside of a string; Graphviz would otherwise read `&lt;` as an entity. @param {string} text */
function escapedDot(text) {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;");
}

/** @param {Attributes} given */
function attributes(given) {
  const written = Object.entries(given).map(([key, value]) => `${key}=${value.startsWith('"') ? value : quotedDot(value)}`);
  return `[${written.join(", ")}]`;
}
