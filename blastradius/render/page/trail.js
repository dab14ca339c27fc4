// What was asked, one after the other, so that every step can be taken back; and the scenarios that were given a name.
"use strict";

/** @template Asking */
class Trail {
  /** @type {Asking[]} */ #states;
  #place = 0;

  /** @param {Asking} first */
  constructor(first) { this.#states = [first]; }

  /** @returns {Asking} */
  get now() { return this.#states[this.#place]; }

  /** What was asked just before; the first has none. @returns {Asking | null} */
  get before() { return this.#place ? this.#states[this.#place - 1] : null; }

  get canUndo() { return this.#place > 0; }

  get canRedo() { return this.#place < this.#states.length - 1; }

  /** @param {Asking} state */
  add(state) {
    if (JSON.stringify(state) === JSON.stringify(this.now)) return;
    this.#states = [...this.#states.slice(0, this.#place + 1), state];
    this.#place++;
  }

  undo() { if (this.canUndo) this.#place--; }

  redo() { if (this.canRedo) this.#place++; }
}
