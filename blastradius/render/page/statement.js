// What is true of this page: what estate it carries, of what day, from which files, what that leaves open, who answers.
"use strict";

/** @param {Explorer} page */
function statement(page) {
  const { about } = page.system;
  const engine = "The answers of this page are worked out here, by the page's own engine, and each is verified by the page's own checker before it is shown. "
    + "Tests hold both against the command line, which gives the same answer with a proof that an independent checker has verified.";
  const carried = `It carries the whole estate – ${plural(about.entities, "thing")}, ${plural(about.relations, "connection")} – and asks nothing of any network: whoever has this file has all of it.`;
  const short = make("summary", {}, make("strong", {}, "“Could be reached” is not “will be reached”: "), "it is what the estate, as it is stated, does not rule out. ",
    `Estate of ${about.day}, digest ${about.digest.slice(0, 12)}. `, make("span", { class: "link" }, "What this page is, and what it does not know"));
  return make("details", {}, short,
    make("p", {}, "What nobody stated is not ruled out either."),
    make("p", {}, carried, about.cut && ` ${about.cut}`, about.redacted && " Names are replaced by kinds and numbers."),
    make("p", {}, engine),
    make("p", { class: "digest" }, `Estate of ${about.day}${about.dated ? "" : " (the day on which the page was written; the estate names none)"} · page written ${about.written} · digest `, make("code", {}, about.digest)),
    listOf(`From ${plural(about.sources.length, "file")}`, about.sources.map(([file, count]) => `${file}: ${plural(count, "statement")}`)),
    listOf(`${plural(about.notes.length, "note")} on what was taken where nothing is said`, about.notes),
    listOf(`${plural(about.gaps.length, "gap")} in what is stated of third parties`, about.gaps),
    about.rejected + about.ignored > 0 && make("p", {}, `${plural(about.rejected, "record")} of the sources could not be used, ${plural(about.ignored, "record")} say nothing that matters here.`),
    make("p", {}, "Pictures are laid out by Graphviz, which this page carries under the Eclipse Public License 2.0."),
    make("details", {}, make("summary", {}, "The licence of Graphviz"), make("pre", {}, licence())),
  );
}

/** The text that has to go along with Graphviz. */
function licence() {
  const template = byId("graphviz-licence");
  return template instanceof HTMLTemplateElement ? template.content.textContent ?? "" : "";
}

/** @param {string} title @param {string[]} lines */
function listOf(title, lines) {
  return lines.length > 0 && make("details", {}, make("summary", {}, title), make("ul", {}, ...lines.map((line) => make("li", {}, make("bdi", {}, line)))));
}
