// The clock of an exercise: minutes from its start, which run, stand still, and go on to where something is told.
"use strict";

const TICK_MS = 500;

class ExerciseClock {
  /** @type {number | null} minutes when it was last set; null before the start */ #minute = null;
  /** @type {number | null} */ #since = null;

  /** @param {number} minutes how long the exercise lasts @param {() => void} onTick */
  constructor(minutes, onTick) {
    this.minutes = minutes;
    /** @type {number | null} at which minute of the day it begins, where somebody said so */ this.begins = null;
    setInterval(() => { if (this.isRunning) onTick(); }, TICK_MS);
  }

  get isRunning() { return this.#since !== null; }

  /** Whole minutes since the start; null before it. */
  get minute() {
    if (this.#minute === null) return null;
    const gone = this.#since === null ? 0 : (performance.now() - this.#since) / 60_000;
    return Math.min(this.minutes, Math.floor(this.#minute + gone));
  }

  start() {
    this.#minute ??= 0;
    this.#since = performance.now();
  }

  pause() {
    if (this.#since !== null && this.#minute !== null) this.#minute = Math.min(this.minutes, this.#minute + (performance.now() - this.#since) / 60_000);
    this.#since = null;
  }

  /** @param {number | null} minute */
  set(minute) {
    this.#minute = minute;
    if (this.#since !== null) this.#since = performance.now();
    if (minute === null) this.#since = null;
  }

  /** A minute of the exercise, and the time of day where it is known when it begins. @param {number} minute */
  said(minute) {
    if (this.begins === null) return `minute ${minute}`;
    const day = (this.begins + minute) % (24 * 60);
    return `${String(Math.floor(day / 60)).padStart(2, "0")}:${String(day % 60).padStart(2, "0")} (minute ${minute})`;
  }
}

/** The minute of the day that a time such as 10:15 is; null where there is none. @param {string} time */
function minuteOfDay(time) {
  const found = /^(\d\d):(\d\d)/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}
