// How wide text is in the face that the pictures are drawn in, where it breaks, and how large a box must be for it, as
// blastradius/render/lettering.py and boxes.py measure it.
"use strict";

/**
 * @typedef {{text: string, size: number, bold: boolean, color: string | null, tone: number}} Line
 *   tone is the ground it stands on where that is not the box's own, else -1
 * @typedef {{lines: Line[], width: number, height: number}} Frame all in points
 */

/** How high an outline is at a share of its half width, as a share of its half height.
 * @type {Record<string, (across: number) => number>} */
const OUTLINES = {
  ellipse: (across) => Math.sqrt(Math.max(0.05, 1 - across * across)),
  octagon: (across) => Math.min(1, Math.sqrt(2) - across),
};

class Lettering {
  /** @param {any} look */
  constructor(look) {
    this.look = look;
    this.sizes = look.sizes;
    const { plain, bold, guessed } = look.letters;
    this.plain = Lettering.table([...guessed, ...plain]);
    this.bold = Lettering.table([...guessed, ...bold]);
  }

  /** @param {[number, string][]} pairs */
  static table(pairs) {
    return new Map(pairs.flatMap(([wide, letters]) => Array.from(letters, (letter) => /** @type {const} */ ([letter, wide]))));
  }

  /** How wide a text is at so many points, in points. @param {string} text @param {number} size @param {boolean} bold */
  width(text, size, bold) {
    const widths = bold ? this.bold : this.plain;
    let sum = 0;
    for (const letter of text) sum += widths.get(letter) ?? this.look.letters.guess;
    return size * sum;
  }

  /** A text in lines of at most so many points, broken after spaces and punctuation, else anywhere; no more lines than
   * are asked for. @param {string} text @param {number} room @param {number} size @param {boolean} bold
   * @param {number} [most] */
  wrapped(text, room, size, bold, most = Infinity) {
    const lines = [""];
    for (const [piece] of text.matchAll(/[^ /._:@-]*[ /._:@-]|[^ /._:@-]+/gu)) {
      for (const part of this.chopped(piece, room, size, bold)) {
        const last = lines[lines.length - 1];
        if (last && this.width(last + part.trimEnd(), size, bold) > room) lines.push(part);
        else lines[lines.length - 1] += part;
      }
      if (lines.length > most) break;
    }
    return lines.slice(0, most).map((line) => line.trimEnd());
  }

  /** @param {string} piece @param {number} room @param {number} size @param {boolean} bold */
  chopped(piece, room, size, bold) {
    const parts = [];
    let part = "", taken = 0;
    for (const letter of piece) {
      const wide = this.width(letter, size, bold);
      if (part && letter !== " " && taken + wide > room) {
        parts.push(part);
        [part, taken] = ["", 0];
      }
      part += letter;
      taken += wide;
    }
    return [...parts, part];
  }

  /** A text, or its beginning and an ellipsis where it is wider. @param {string} text @param {number} room
   * @param {number} size @param {boolean} [bold] */
  fitted(text, room, size, bold = false) {
    if (this.width(text, size, bold) <= room) return text;
    const letters = Array.from(text);
    while (letters.length && this.width(`${letters.join("")}…`, size, bold) > room) letters.pop();
    return `${letters.join("").trimEnd()}…`;
  }

  /** A text in at most so many lines, an ellipsis where it is longer. @param {string} text @param {number} [most] */
  shortened(text, most = 1) {
    const { room, text: size } = this.sizes, parts = this.wrapped(text, room, size, false, most + 1);
    if (parts.length <= most) return parts;
    return [...parts.slice(0, most - 1), this.fitted(`${parts[most - 1]} ${parts[most]}`, room, size)];
  }

  /** @param {string} text @param {Partial<Line>} [how] @returns {Line} */
  line(text, how = {}) {
    return { text, size: this.sizes.text, bold: false, color: null, tone: -1, ...how };
  }

  /** @param {string} text @param {number} room @param {Partial<Line>} how */
  lines(text, room, how) {
    const { size, bold } = this.line(text, how);
    return this.wrapped(cutText(text, this.look.limits.label), room, size, bold).map((part) => this.line(part, how));
  }

  /** @param {Line} line */
  lineWidth({ text, size, bold, tone }) {
    return this.width(text, size, bold) + (tone >= 0 ? 2 * this.sizes.chip : 0);
  }

  /** @param {Line} line */
  lineHeight({ size, tone }) { return size * this.sizes.pitch + (tone >= 0 ? 1 : 0); }

  /** @param {Line[]} lines */
  widest(lines) { return Math.max(...lines.map((line) => this.lineWidth(line))); }

  /** @param {Line[]} lines */
  tallness(lines) { return lines.reduce((sum, line) => sum + this.lineHeight(line), 0); }

  /** What a thing is, its name, and what is gained over it, each level on its own ground. @param {Box} box
   * @returns {Frame} */
  boxFrame(box) {
    const { signs, between } = this.look, { sizes } = this;
    const mark = box.seed ? signs.starts + (box.what ? between : "") : "";
    const head = mark || box.what ? this.shortened(mark + box.what).map((part) => this.line(part, { bold: box.seed })) : [];
    const lines = [
      ...head,
      ...this.lines((box.jewel ? signs.jewel : "") + box.label, sizes.room, { size: sizes.name, bold: true }),
      ...(box.names ? this.shortened(box.names, 2).map((part) => this.line(part)) : []),
      ...box.gains.list.flatMap((gain) => this.gained(gain, gain.tone === toneOf(box) ? -1 : gain.tone)),
      ...(box.known ? [this.line(filled(signs.known, { known: box.known }))] : []),
    ];
    const [width, height] = this.around(box.kind, lines);
    return { lines, width, height: height + (box.jewel && this.hasLid(box.kind) ? sizes.frame : 0) };
  }

  /** @param {number} kind */
  hasLid(kind) { return this.look.shapes[kind].shape === "cylinder"; }

  /** @param {Gain} gain @param {number} ground */
  gained({ words, tone }, ground) {
    const text = cutText(this.look.tones[tone].number + words, this.look.limits.label), { room, chip, text: size } = this.sizes;
    return this.wrapped(text, room - 2 * chip, size, false).map((part) => this.line(part, { tone: ground }));
  }

  /** What a step gives, or which control stops it. @param {Edge} edge @returns {Frame} */
  labelFrame(edge) {
    const { signs, ink, tones, toneless } = this.look, { stop_room, step_room } = this.sizes;
    const lines = edge.isStop
      ? this.lines(filled(signs.stops, { controls: edge.controls.join(", ") }), stop_room, { color: ink.alarm })
      : this.lines(edge.words, step_room, { color: (tones[edge.tone] ?? toneless).line.color });
    return { lines, width: this.widest(lines) + 8, height: this.tallness(lines) + 4 };
  }

  /** The width and height of the shape around lines of text. @param {number} kind @param {Line[]} lines */
  around(kind, lines) {
    const outline = OUTLINES[this.look.shapes[kind].shape];
    if (outline) return this.inscribing(lines, outline);
    const [wide, high] = this.look.frames[kind], lid = this.hasLid(kind) ? this.sizes.lid : 0;
    return [this.widest(lines) + wide, (this.tallness(lines) + high) / (1 - lid)];
  }

  /** The shape of a curved or slanted outline that has every corner of every line within it. @param {Line[]} lines
   * @param {(across: number) => number} outline */
  inscribing(lines, outline) {
    const tall = this.tallness(lines), half = this.widest(lines) * 0.56 + 7;
    let top = -tall / 2, high = 0;
    for (const line of lines) {
      const bottom = top + this.lineHeight(line);
      const above = Math.max(Math.abs(top), Math.abs(bottom)) / outline((this.lineWidth(line) / 2 + 3) / half);
      high = Math.max(high, above);
      top = bottom;
    }
    return [2 * half, 2 * Math.max(high, tall / 2 + 4)];
  }
}

/** A text, or its beginning and an ellipsis where it has more letters. @param {string} text @param {number} limit */
function cutText(text, limit) {
  if (text.length <= limit) return text;
  const letters = Array.from(text);
  return letters.length <= limit ? text : `${letters.slice(0, limit - 1).join("")}…`;
}

/** A text with its gaps filled in by name. @param {string} template @param {Record<string, string | number>} gaps */
function filled(template, gaps) {
  return template.replace(/\{(\w+)\}/g, (_, name) => String(gaps[name]));
}

/** How many of what. @param {number} count @param {[string, string]} nouns one of it, and several */
function counting(count, [one, many]) {
  return `${counted(count)} ${count === 1 ? one : many}`;
}

/** Hours in words. @param {any} look @param {number} hours */
function hoursSaid(look, hours) {
  return filled(look.captions[hours === 1 ? "hour" : "hours"], { count: short(hours) });
}
