// Lays out Graphviz text: Graphviz itself, as WebAssembly, runs in a worker that can be ended at any moment.
"use strict";

const PATIENCE = 10_000; // milliseconds after which a layout is given up

/** What runs in the worker, and knows nothing outside of itself: it is sent there as text.
 * @param {BufferSource} bytes Graphviz @returns {Promise<(dot: string) => string>} its layout as SVG */
async function graphviz(bytes) {
  const BAD = 8, NONE = 52, OK = 0; // errors of WASI: no such file, no such function
  /** @type {any} */ let wasm;
  const view = () => new DataView(wasm.memory.buffer);
  const zero = (/** @type {number[]} */ ...places) => {
    for (const place of places) view().setUint32(place, 0, true);
    return OK;
  };

  /** What Graphviz tells to nobody; it counts as written. @param {number} list @param {number} count @param {number} written */
  function write(list, count, written) {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += view().getUint32(list + 8 * row + 4, true);
    view().setUint32(written, sum, true);
    return OK;
  }

  // A machine with no files, no arguments, and a clock that stands: the same text is laid out the same everywhere.
  const machine = {
    environ_sizes_get: zero,
    environ_get: () => OK,
    clock_time_get: (/** @type {number} */ _clock, /** @type {bigint} */ _precision, /** @type {number} */ time) => {
      view().setBigUint64(time, 0n, true);
      return OK;
    },
    random_get: (/** @type {number} */ at, /** @type {number} */ size) => {
      new Uint8Array(wasm.memory.buffer, at, size).fill(1);
      return OK;
    },
    fd_write: (/** @type {number} */ _file, /** @type {number} */ list, /** @type {number} */ count, /** @type {number} */ written) =>
      write(list, count, written),
    fd_close: () => OK,
    fd_prestat_get: () => BAD,
    proc_exit: (/** @type {number} */ code) => { throw new Error(`Graphviz ended with ${code}`); },
  };
  const refused = Object.fromEntries(["fd_fdstat_get", "fd_fdstat_set_flags", "fd_filestat_get", "fd_prestat_dir_name",
    "fd_read", "fd_seek", "path_filestat_get", "path_open"].map((name) => [name, () => NONE]));
  const { instance } = await WebAssembly.instantiate(bytes, { wasi_snapshot_preview1: { ...refused, ...machine } });
  wasm = instance.exports;

  /** @param {string} text */
  function given(text) {
    const written = new TextEncoder().encode(`${text}\0`), at = wasm.malloc(written.length);
    new Uint8Array(wasm.memory.buffer).set(written, at);
    return at;
  }

  /** @param {number} at */
  function complaint(at) {
    const memory = new Uint8Array(wasm.memory.buffer);
    return new TextDecoder().decode(memory.slice(at, memory.indexOf(0, at))) || "no reason given";
  }

  return (dot) => {
    const texts = [dot, "svg", "dot"].map(given), size = wasm.malloc(4);
    const at = wasm.graphviz_render(...texts, size);
    for (const text of texts) wasm.graphviz_free(text);
    if (at === 0) throw new Error(`Graphviz drew nothing: ${complaint(wasm.graphviz_last_error())}`);
    const drawing = new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, at, view().getUint32(size, true)));
    wasm.graphviz_free(at);
    wasm.graphviz_free(size);
    return drawing;
  };
}

/** What the worker does: it is given Graphviz once, then one text after the other.
 * @param {typeof graphviz} start */
function laysOut(start) {
  /** @type {Promise<(dot: string) => string>} */ let ready;
  self.onmessage = async ({ data }) => {
    try {
      if (data.bytes) ready = start(data.bytes);
      const draw = await ready;
      if (data.dot !== undefined) self.postMessage({ svg: draw(data.dot) });
    } catch (error) {
      self.postMessage({ refused: String(error instanceof Error ? error.message : error) });
    }
  };
}

/** Layouts, one at a time: a new one ends the one before it. */
class Layout {
  /** @type {Worker | null} */ #worker = null;
  /** @type {((reason: Error) => void) | null} */ #reject = null;
  /** @type {Promise<ArrayBuffer>} */ #bytes;
  #turn = 0;

  /** @param {string} text Graphviz as it is written in the page: base64 of gzip */
  constructor(text) {
    this.#bytes = unzipped(text);
  }

  /** A text laid out as SVG. It is refused with a sentence where it takes too long, is stopped, or Graphviz lost a part.
   * @param {string} dot @param {number} [patience] milliseconds @returns {Promise<string>} */
  async svg(dot, patience = PATIENCE) {
    if (this.#reject) this.stop();
    const turn = ++this.#turn, bytes = await this.#bytes;
    if (turn !== this.#turn) throw new Superseded();
    const worker = this.#worker ?? this.#begun(bytes);
    const drawing = await this.#asked(worker, dot, patience);
    const lost = missingIn(dot, drawing);
    if (lost) throw new Error(lost);
    return drawing;
  }

  /** @param {ArrayBuffer} bytes */
  #begun(bytes) {
    const program = new Blob([`"use strict";${graphviz};(${laysOut})(graphviz)`], { type: "text/javascript" });
    const address = URL.createObjectURL(program), worker = new Worker(address);
    URL.revokeObjectURL(address);
    worker.postMessage({ bytes });
    return this.#worker = worker;
  }

  /** @param {Worker} worker @param {string} dot @param {number} patience @returns {Promise<string>} */
  #asked(worker, dot, patience) {
    return new Promise((resolve, reject) => {
      const late = () => this.#end(new Error(`the layout took longer than ${patience / 1000} seconds; draw fewer things`));
      const timer = setTimeout(late, patience), done = () => { clearTimeout(timer); this.#reject = null; };
      this.#reject = (reason) => { done(); reject(reason); };
      worker.onmessage = ({ data }) => { done(); if (data.refused) reject(new Error(data.refused)); else resolve(data.svg); };
      worker.onerror = (event) => this.#end(new Error(event.message || "the browser does not let the page draw"));
      worker.postMessage({ dot });
    });
  }

  /** @param {Error} reason */
  #end(reason) {
    this.#worker?.terminate();
    this.#worker = null;
    this.#reject?.(reason);
  }

  /** End what is being laid out, if anything is; else the worker waits for what comes. */
  stop() {
    this.#turn++;
    if (this.#reject) this.#end(new Superseded());
  }
}

/** Why a layout is not there: another was asked for. */
class Superseded extends Error {
  constructor() { super("another picture was asked for"); }
}

/** @param {string} text base64 of gzip @returns {Promise<ArrayBuffer>} */
function unzipped(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** What of a text is not in its drawing, or the other way round, in a sentence; null where all is. Graphviz can lose edges
 * without a word. @param {string} dot @param {string} drawing */
function missingIn(dot, drawing) {
  const asked = [...dot.matchAll(/^(\w+(?: -> \w+)?) \[/gm)].map(([, name]) => name.replaceAll(" ", ""))
    .filter((name) => !["graph", "node", "edge"].includes(name));
  const drawn = [...drawing.matchAll(/<g id="[^"]*" class="(?:node|edge)">\s*<title>([^<]*)<\/title>/g)]
    .map(([, title]) => title.replaceAll("&#45;", "-").replaceAll("&gt;", ">"));
  if (asked.sort().join() === drawn.sort().join()) return null;
  return `the picture is not what was asked for: ${asked.length} boxes and arrows were asked for, ${drawn.length} drawn`;
}
