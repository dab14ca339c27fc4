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
    (
        'blastradius/rules.py _taken_in | takers = {"consumes": by, "reads": "service", "calls": '
        '"service"} | "service" => \'\''
    ): "only services call",
    (
        'blastradius/rules.py | flow("holds", "from.steer -> to.operate", of="service", when="unn'
        'amed")), | "service" => \'\''
    ): "only services can be steered",
    (
        'blastradius/rules.py | flow("grants", "each from.possess -> to.use", on(f"{_SPENT} {_BOU'
        'ND}", "from to"), | "each from.possess -> to.use" => \'from.possess -> to.use\''
    ): "a flow that says nothing needs each alone",
    (
        'blastradius/rules.py | on(_MFA, "to", "of_password"), when="many_keys"), | "many_keys" => \'\''
    ): "of one key, this says what the flow of one key says, and the same stops it",
    (
        'blastradius/rules.py | on(_MFA, "to", "unphishable"), when="many_keys phishable"), | "ma'
        "ny_keys phishable\" => 'phishable'"
    ): "of one key, this says what the flow of one key says, and the same stops it",
    (
        'blastradius/rules.py | flow("consumes", "quorum to.taint -> from.taint", on(_CHECKED, "f'
        'rom"), when="group")), | "group" => \'\''
    ): "of one feed a vote is what that feed says",
    (
        'blastradius/rules.py | flow("consumes", "to.write -> from.control", on("bulkhead validat'
        'ed", "from"), of="service", | "service" => \'\''
    ): "nobody owns a process or an operation",
    (
        'blastradius/rules.py | flow("reads", "to.write -> from.control", on("bulkhead validated"'
        ', "from"), of="service", | "service" => \'\''
    ): "nobody owns a process or an operation",
    (
        'blastradius/rules.py | flow("serves", "to.use -> from.control", on("hardened sandboxed",'
        ' "from"), when="others", level=4)), | "others" => \'\''
    ): "what is ours is taken over at the level before already",
    ('blastradius/rules.py | of="service"), | "service" => \'\''): "only services can be steered",
    (
        'blastradius/rules.py | flow("writes", "from.steer -> to.write", of="service"), | "service" => \'\''
    ): "only services can be steered",
    (
        'blastradius/rules.py | flow("calls", "from.control -> to.use", on(_SPENT, "keys to"), wh'
        'en="unkeyed needing"), | "keys to" => \'to\''
    ): "the call is made with no keys",
    (
        'blastradius/rules.py | flow("calls", "from.control -> to.use", on(_SPENT, "keys to"), wh'
        'en="unkeyed needing"), | "unkeyed needing" => \'unkeyed\''
    ): "control includes to steer, and who steers a caller may call what asks for no key",
    (
        'blastradius/rules.py | flow("publishes", "from.control -> to.write", on("two_party_signi'
        'ng", "to"), of="party"), | "party" => \'\''
    ): "control includes to steer",
    (
        'blastradius/rules.py | flow("publishes", "from.steer -> to.write", on("two_party_signing'
        '", "to"), of="service"), | "service" => \'\''
    ): "only services can be steered",
    (
        'blastradius/rules.py | on("object_authz", "from", "of_others"), on("object_authz", "to",'
        ' along=""), of="operation", | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py | flow("reads", "from.control -> to.read", on("encrypted_elsewhere"'
        ', "from to"), of="operation", when="all"), | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py | on("approval object_authz", "to", along=""), of="operation", when'
        '="subset"), | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py | on("approval object_authz", "to", along=""), of="operation", when'
        '="subset"), | "subset" => \'\''
    ): "where all rows are meant, what gives them includes it, and the same or less stops that",
    (
        'blastradius/rules.py | on("approval", "to", along=""), of="operation", when="all"), | "operation" => \'\''
    ): "a service has by rights of its own what this gives, and no more stops that",
    (
        'blastradius/rules.py | flow("itself", "from.write -> from.deny", on("immutable_backup", '
        '"from"), of="store")), | "store" => \'\''
    ): "only a store leads to itself",
    (
        'blastradius/rules.py | flow("connects", "from.control -> to.control", on(_WALLS, "to"), '
        'of="service"), | "service" => \'\''
    ): "control includes use",
    (
        'blastradius/rules.py | flow("calls", "to.taint -> from.steer", _OBEYED, of="service", wh'
        'en="obeys", also="anyone")), | "service" => \'\''
    ): "only services call",
    (
        'blastradius/rules.py | flow("runs_on", "to.control -> from.read", on("encrypted_elsewher'
        'e", "from"), of="store"), | "store" => \'\''
    ): "who controls a host controls the services on it, which includes it",
    (
        'blastradius/rules.py | flow("runs_on", "to.control -> from.write", of="store"), | "store" => \'\''
    ): "who controls a host controls the services on it, which includes it",
    (
        'blastradius/rules.py | flow("part_of", "to.steer -> from.steer", of="service"), | "service" => \'\''
    ): "only services can be steered",
    (
        'blastradius/rules.py | "through": {"from": Kind.SERVICE, "to": Kind.STORE}, | "from" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py | "through": {"along": Verb.CALLS, "second": Verb.WRITES}, | "through" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py | "key_of_call": {"along": Verb.CALLS}, | "key_of_call" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py | "through": {"along": Verb.CALLS, "second": Verb.WRITES}, | "along" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py | "through": {"along": Verb.CALLS, "second": Verb.WRITES}, | "second" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py | "key_of_call": {"along": Verb.CALLS}, | "along" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py _verbs_at | if place not in ("along", "second"): | place not in ("a'
        "long\", \"second\") => (place in ('along', 'second'))"
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py _verbs_at | if place not in ("along", "second"): | "second" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py _kinds_at | if place == "keys": | "keys" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
    (
        'blastradius/rules.py _kinds_at | if place == "middle": | "middle" => \'\''
    ): "the same controls are looked for there by other flows, and only what all flows say together is read",
}
