// A link that brings an exercise back as it stands: the clock, and what was decided, by the names that the command line knows.
"use strict";

/** @typedef {{minute: number | null, begins: number | null, made: Made[]}} Resumed where an exercise goes on */

const RESUMING = "#play=";

/** An exercise as the fragment of a link. @param {Written} written @param {Resumed} now */
function playedFragment({ injects, levers }, { minute, begins, made }) {
  const decided = made.map(([number, lever]) => [injects[number].inject, levers[lever].id]);
  return RESUMING + lettersOf(JSON.stringify({ minute, begins, decided }));
}

/** Where an exercise goes on by a link, or in one sentence why there is none. @param {Written | null} written
 * @param {string} text @returns {Resumed | string} */
function resumed(written, text) {
  const stated = textOf(text.slice(RESUMING.length)), other = "this link is of another exercise than the one in this page; ask for the page that it was made with";
  if (stated === null) return DAMAGED;
  if (!written) return other;
  try {
    const { minute, begins, decided } = JSON.parse(stated);
    if (![[minute, written.minutes], [begins, 24 * 60 - 1]].every(([value, most]) => value === null || (Number.isInteger(value) && value >= 0 && value <= most))) return DAMAGED;
    const made = /** @type {[string, string][]} */ (decided).map(([inject, lever]) => /** @type {Made} */ ([written.injects.findIndex((found) => found.inject === inject), written.levers.findIndex(({ id }) => id === lever)]));
    return made.flat().includes(-1) ? other : { minute, begins, made };
  } catch {
    return DAMAGED;
  }
}
