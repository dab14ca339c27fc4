// The page by keyboard alone: one letter for what is done most, and a list of them.
"use strict";

/** @type {[string, string, (page: Explorer) => void][]} */
const KEYS = [
  ["/", "say where it starts", () => byId("start").focus()],
  ["1 2 3 4", "how far an attacker goes", () => {}],
  ["u", "one step back; in an exercise what was decided last is taken back", (page) => (page.exercise.isShown ? page.exercise.undo() : page.back())],
  ["r", "one step forward", (page) => page.forth()],
  ["c", "before and after, side by side", (page) => page.picture.toggle()],
  ["t", "every thing and every connection as a table", (page) => page.tables.open()],
  ["s", "take it along: command line, link, picture, paper", (page) => page.sharing.open()],
  ["0", "show all of the picture", (page) => page.picture.fit()],
  ["b", "as a board reads it", (page) => page.view("board")],
  ["a", "as an architect reads it", (page) => page.view("architect")],
  ["e", "as who runs an exercise has it", (page) => page.view("exercise")],
  ["p", "in an exercise: start the clock, or pause", (page) => { if (page.exercise.isShown) page.exercise.toggle(); }],
  ["n", "in an exercise: on to the next inject", (page) => { if (page.exercise.isShown) page.exercise.next(); }],
  ["?", "these keys", (page) => help(page)],
];

/** @param {Explorer} page @param {KeyboardEvent} event */
function press(page, event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const isTyping = target.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=range])");
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return page.pick(null);
  if (/^[1-4]$/.test(event.key) && !page.exercise.isShown) return page.ask({ assume: Number(event.key) });
  const found = KEYS.find(([key]) => key === event.key);
  if (!found) return;
  event.preventDefault();
  found[2](page);
}

/** @param {Explorer} page */
function help(page) {
  page.dialog("Keys", make("dl", { class: "keys" }, ...KEYS.flatMap(([key, says]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, says)])),
    make("p", { class: "says" }, "Tab goes from one part to the next, Enter chooses, Escape closes."));
}
