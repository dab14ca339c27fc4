"""Changes of the code that change nothing that anybody could see, and why; by what ``Mutant.key`` says."""

EQUIVALENT: dict[str, str] = {
    (
        'blastradius/rules.py | flow("itself", "from.write -> from.deny", on("immutable_backup", "f'
        'rom"), of="store")), | "from.write -> from.deny" => \'to.write -> to.deny\''
    ): "both ends are the same store",
    (
        'blastradius/rules.py | flow("part_of", "to.use -> from.use", of="service"), | "service" => \'\''
    ): "use is said of no store, so that the parts of stores are none of it",
    (
        "blastradius/engine/batch/solve.py settled | return Network(facts, np.arange(count), {}, ze"
        "ros, zeros, nothing, np.array([0, count]), (), 0) | 0 => 1"
    ): "nothing is filled, wherever the only group begins; how many steps there are is not used",
    (
        "blastradius/estate/checks.py _not_declared | known = [self.table.names[number] for number "
        "in near.tolist()] if len(near) <= MOST_COMPARED else [] | len(near) <= MOST_COMPARED => (l"
        "en(near) < MOST_COMPARED)"
    ): "one name less to be near to before none is compared",
    (
        'blastradius/estate/merge.py _place | return one.source == "workspace", one.file, one.line '
        "or 0, one.column or 0, one.source | 0 => 1"
    ): "in a file either all places have a line and a column or none has",
    (
        "blastradius/estate/namesakes.py | MOST_LOOKED_AT = 100_000 | 100_000 => 100001"
    ): "one thing more before namesakes are no longer looked for",
    (
        "blastradius/estate/naming.py suggested | near = get_close_matches(text.casefold(), names, "
        "n=1) or [name for name in names if text.casefold() in name.split()] | 1 => 2"
    ): "of what is near only the nearest is said",
    (
        'blastradius/rules.py | on(_MFA, "from to", "unphishable"), when="one_key phishable"), | "o'
        "ne_key phishable\" => 'one_key'"
    ): "where no code can be talked out of anybody, R3 gives it at a lower level already",
    (
        'blastradius/rules.py | on(_MFA, "to", "unphishable"), when="many_keys phishable"), | "many'
        "_keys phishable\" => 'many_keys'"
    ): "where no code can be talked out of anybody, R3 gives it at a lower level already",
    (
        'blastradius/rules.py | when="phishable", hop=0)), | "phishable" => \'\''
    ): "where no code can be talked out of anybody, R3 gives it at a lower level already",
    (
        'blastradius/rules.py | when="subset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py | flow("writes", "from.use -> to.taint", on("approval", "from to"), o'
        'f="operation", when="subset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py | when="subset")), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py | when="brittle others", level=4), | "brittle others" => \'brittle\''
    ): "what is ours is taken over at the level before already",
    (
        'blastradius/rules.py | when="brittle others", level=4)), | "brittle others" => \'brittle\''
    ): "what is ours is taken over at the level before already",
}
