"""Changes of the code that change nothing that anybody could see, and why; by what ``Mutant.key`` says."""

EQUIVALENT: dict[str, str] = {
    (
        'blastradius/rules.py R13w | flow("itself", "from.write -> from.deny", on("immutable_backup", "fr'
        'om"), of="store")), | "from.write -> from.deny" => \'to.write -> to.deny\''
    ): "both ends are the same store",
    (
        'blastradius/rules.py R19 | flow("part_of", "to.use -> from.use", of="service"), | "service" => \'\''
    ): "use is said of no store, so that the parts of stores are none of it",
    (
        "blastradius/engine/batch/solve.py settled | return Network(facts, np.arange(count), {}, zeros, z"
        "eros, nothing, np.array([0, count]), (), 0) | 0 => 1"
    ): "nothing is filled, wherever the only group begins; how many steps there are is not used",
    (
        "blastradius/engine/batch/solve.py settled | return Network(facts, np.arange(count), {}, zeros, z"
        "eros, nothing, np.array([0, count]), (), 0) | 0 => 1 | 2"
    ): "nothing is filled, wherever the only group begins; how many steps there are is not used",
    (
        "blastradius/estate/checks.py _not_declared | known = [self.table.names[number] for number in nea"
        "r.tolist()] if len(near) <= MOST_COMPARED else [] | len(near) <= MOST_COMPARED => (len(near) < M"
        "OST_COMPARED)"
    ): "one name less to be near to before none is compared",
    (
        'blastradius/estate/merge.py _place | return one.source == "workspace", one.file, one.line or 0, '
        "one.column or 0, one.source | 0 => 1"
    ): "in a file either all places have a line and a column or none has",
    (
        'blastradius/estate/merge.py _place | return one.source == "workspace", one.file, one.line or 0, '
        "one.column or 0, one.source | 0 => 1 | 2"
    ): "in a file either all places have a line and a column or none has",
    (
        "blastradius/estate/namesakes.py | MOST_LOOKED_AT = 100_000 | 100_000 => 100001"
    ): "one thing more before namesakes are no longer looked for",
    (
        "blastradius/estate/naming.py suggested | near = get_close_matches(text.casefold(), names, n=1) o"
        "r [name for name in names if text.casefold() in name.split()] | 1 => 2"
    ): "of what is near only the nearest is said",
    (
        'blastradius/rules.py R3p | on(_MFA, "from to", "unphishable"), when="one_key phishable"), | "one'
        "_key phishable\" => 'one_key'"
    ): "where no code can be talked out of anybody, R3 gives it at a lower level already",
    (
        'blastradius/rules.py R3p | on(_MFA, "to", "unphishable"), when="many_keys phishable"), | "many_k'
        "eys phishable\" => 'many_keys'"
    ): "where no code can be talked out of anybody, R3 gives it at a lower level already",
    (
        'blastradius/rules.py R3p | on(_MFA, "to", "unphishable"), when="many_keys phishable"), | "many_k'
        "eys phishable\" => 'many_keys' | 2"
    ): "where no code can be talked out of anybody, R3 gives it at a lower level already",
    (
        'blastradius/rules.py R3p | when="phishable", hop=0)), | "phishable" => \'\''
    ): "where no code can be talked out of anybody, R3 gives it at a lower level already",
    (
        'blastradius/rules.py R4 | when="subset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py R5 | when="subset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py R13 | when="subset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py R4 | flow("writes", "from.use -> to.taint", on("approval", "from to"), of="'
        'operation", when="subset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py R5 | when="subset")), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py R9b | when="brittle others", level=4), | "brittle others" => \'brittle\''
    ): "what is ours is taken over at the level before already",
    (
        'blastradius/rules.py R9b | when="brittle others", level=4)), | "brittle others" => \'brittle\''
    ): "what is ours is taken over at the level before already",
    (
        'blastradius/rules.py _taken_in | takers = {"consumes": by, "reads": "service", "calls": "service'
        '"} | "service" => \'\' | 2'
    ): "only services call",
    (
        'blastradius/rules.py R2 | flow("holds", "from.steer -> to.operate", of="service", when="unnamed"'
        ")), | \"service\" => ''"
    ): "only services can be steered",
    (
        'blastradius/rules.py R3 | flow("grants", "each from.possess -> to.use", on(f"{_SPENT} {_BOUND}",'
        ' "from to"), | "each from.possess -> to.use" => \'from.possess -> to.use\''
    ): "a flow that says nothing needs each alone",
    (
        'blastradius/rules.py R3p | flow("grants", "each from.possess -> to.use", on(f"{_SPENT} {_BOUND}"'
        ', "from to"), | "each from.possess -> to.use" => \'from.possess -> to.use\''
    ): "a flow that says nothing needs each alone",
    (
        'blastradius/rules.py R3 | on(_MFA, "to", "of_password"), when="many_keys"), | "many_keys" => \'\' | 2'
    ): "of one key, this says what the flow of one key says, and the same stops it",
    (
        'blastradius/rules.py R3p | on(_MFA, "to", "unphishable"), when="many_keys phishable"), | "many_k'
        "eys phishable\" => 'phishable' | 2"
    ): "of one key, this says what the flow of one key says, and the same stops it",
    (
        'blastradius/rules.py R8q | flow("consumes", "quorum to.taint -> from.taint", on(_CHECKED, "from"'
        '), when="group")), | "group" => \'\''
    ): "of one feed a vote is what that feed says",
    (
        'blastradius/rules.py R9b | flow("consumes", "to.write -> from.control", on("bulkhead validated",'
        ' "from"), of="service", | "service" => \'\' | 2'
    ): "nobody owns a process or an operation",
    (
        'blastradius/rules.py R9b | flow("reads", "to.write -> from.control", on("bulkhead validated", "f'
        'rom"), of="service", | "service" => \'\' | 2'
    ): "nobody owns a process or an operation",
    (
        'blastradius/rules.py R12 | flow("serves", "to.use -> from.control", on("hardened sandboxed", "fr'
        'om"), when="others", level=4)), | "others" => \'\''
    ): "what is ours is taken over at the level before already",
    ('blastradius/rules.py R13 | of="service"), | "service" => \'\''): "only services can be steered",
    (
        'blastradius/rules.py R13 | flow("writes", "from.steer -> to.write", of="service"), | "service" => \'\''
    ): "only services can be steered",
    (
        'blastradius/rules.py R13 | flow("calls", "from.control -> to.use", on(_SPENT, "keys to"), when="'
        'unkeyed needing"), | "keys to" => \'to\''
    ): "the call is made with no keys",
    (
        'blastradius/rules.py R13 | flow("calls", "from.control -> to.use", on(_SPENT, "keys to"), when="'
        'unkeyed needing"), | "unkeyed needing" => \'unkeyed\''
    ): "control includes to steer, and who steers a caller may call what asks for no key",
    (
        'blastradius/rules.py R13 | flow("publishes", "from.control -> to.write", on("two_party_signing",'
        ' "to"), of="party"), | "party" => \'\''
    ): "control includes to steer",
    (
        'blastradius/rules.py R13 | flow("publishes", "from.steer -> to.write", on("two_party_signing", "'
        'to"), of="service"), | "service" => \'\''
    ): "only services can be steered",
    (
        'blastradius/rules.py R13 | on("object_authz", "from", "of_others"), on("object_authz", "to", alo'
        'ng=""), of="operation", | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py R13 | flow("reads", "from.control -> to.read", on("encrypted_elsewhere", "f'
        'rom to"), of="operation", when="all"), | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py R13 | on("approval object_authz", "to", along=""), of="operation", when="su'
        'bset"), | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py R13 | on("approval object_authz", "to", along=""), of="operation", when="su'
        'bset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py R13 | on("approval", "to", along=""), of="operation", when="all"), | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py R13w | flow("itself", "from.write -> from.deny", on("immutable_backup", "fr'
        'om"), of="store")), | "store" => \'\''
    ): "only a store leads to itself",
    (
        'blastradius/rules.py R15 | flow("connects", "from.control -> to.control", on(_WALLS, "to"), of="'
        'service"), | "service" => \'\''
    ): "control includes use",
    (
        'blastradius/rules.py R16 | flow("calls", "to.taint -> from.steer", _OBEYED, of="service", when="'
        'obeys", also="anyone")), | "service" => \'\''
    ): "only services call",
    (
        'blastradius/rules.py R18 | flow("runs_on", "to.control -> from.read", on("encrypted_elsewhere", '
        '"from"), of="store"), | "store" => \'\''
    ): "who controls a host controls the services on it, which includes it",
    (
        'blastradius/rules.py R18 | flow("runs_on", "to.control -> from.write", of="store"), | "store" => \'\''
    ): "who controls a host controls the services on it, which includes it",
    (
        'blastradius/rules.py R19 | flow("part_of", "to.steer -> from.steer", of="service"), | "service" => \'\''
    ): "only services can be steered",
    ('blastradius/rules.py | "through": {"from": Kind.SERVICE, "to": Kind.STORE}, | "from" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    ('blastradius/rules.py | "through": {"along": Verb.CALLS, "second": Verb.WRITES}, | "through" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    ('blastradius/rules.py | "key_of_call": {"along": Verb.CALLS}, | "key_of_call" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    ('blastradius/rules.py | "through": {"along": Verb.CALLS, "second": Verb.WRITES}, | "along" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    ('blastradius/rules.py | "through": {"along": Verb.CALLS, "second": Verb.WRITES}, | "second" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    ('blastradius/rules.py | "key_of_call": {"along": Verb.CALLS}, | "along" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    (
        'blastradius/rules.py _verbs_at | if place not in ("along", "second"): | place not in ("along", "'
        "second\") => (place in ('along', 'second'))"
    ): ("the same controls are looked for there by other flows, and only what all flows say together is read"),
    ('blastradius/rules.py _verbs_at | if place not in ("along", "second"): | "second" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    ('blastradius/rules.py _kinds_at | if place == "keys": | "keys" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    ('blastradius/rules.py _kinds_at | if place == "middle": | "middle" => \'\''): (
        "the same controls are looked for there by other flows, and only what all flows say together is read"
    ),
    (
        "blastradius/engine/batch/fill_numpy.py | _FEW, _SMALL = 3, 2000 | 2000 => 2001"
    ): "a cycle of one more row is filled the other way, which gives the same",
    (
        "blastradius/engine/backwards.py _include | about = found[: len(system.facts.entities) * len(CAPA"
        "BILITIES)].reshape(-1, len(CAPABILITIES)) | 1 => 2"
    ): "numpy takes any negative length as the one that is not known",
}
