"""Changes of the code that change nothing that anybody could see, and why; by what ``Mutant.key`` says."""

EQUIVALENT: dict[str, str] = {
    "blastradius/estate/namesakes.py : 100_000 => 100001": "one thing more before namesakes are no longer looked for",
    "blastradius/estate/checks.py _not_declared: len(near) <= MOST_COMPARED => (len(near) < MOST_COMPARED)": (
        "one name less to be near to before none is compared"
    ),
    "blastradius/estate/naming.py suggested: 1 => 2": "of what is near only the nearest is said",
    "blastradius/estate/merge.py _place: 0 => 1": "in a file either all places have a line and a column or none has",
    "blastradius/rules.py : \"from.write -> from.deny\" => 'to.write -> to.deny'": "both ends are the same store",
    "blastradius/engine/single/shortest_proofs.py _through_gate: 1 => 2": (
        "where hours count a gate opens with the premise that makes them enough, so that there is none to choose; "
        "elsewhere all hours are the same"
    ),
    "blastradius/engine/batch/solve.py _settled: 0 => 1": "how many steps a network stands for that has none to fill",
}
