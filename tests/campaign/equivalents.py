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
        "blastradius/estate/checks.py | MOST_COMPARED = 20_000 | 20_000 => 20001"
    ): "one name more among which a similar one is looked for",
    (
        "blastradius/estate/checks.py entities | wrong = controls.entity[(self.misplaced | self.unknown_p"
        "rovider) & (controls.entity != NO_INDEX)] | (self.misplaced | self.unknown_provider) & (controls"
        ".entity != NO_INDEX) => (self.misplaced | self.unknown_provider | (controls.entity != NO_INDEX))"
    ): "more entities are looked at, and nothing is wrong with their controls",
    (
        "blastradius/estate/checks.py _repeats | for row in np.flatnonzero(ends.lengths > 1).tolist(): | "
        "ends.lengths > 1 => (ends.lengths >= 1)"
    ): "one name alone is no repetition",
    (
        "blastradius/estate/checks.py _not_declared | close = get_close_matches(name, known, n=1) | 1 => 2"
    ): "of what is near only the nearest is said",
    (
        "blastradius/estate/footing.py | MOST_CONTROLS = 10_000 | 10_000 => 10001"
    ): "one control more before it is no longer counted",
    (
        "blastradius/estate/naming.py | _MOST_READ_AGAIN = 20_000 | 20_000 => 20001"
    ): "one thing more before names are no longer read again",
    ("blastradius/estate/things.py | MOST_KEPT = 50_000 | 50_000 => 50001"): "one thing more is kept",
    ("blastradius/estate/unsaid.py | MOST_NAMED = 1000 | 1000 => 1001"): "one relation more is named",
    (
        "blastradius/estate/estate.py _void_controls | doubtful = columns.host[np.isin(columns.kind, _DOU"
        "BTFUL) & (columns.provider != NO_INDEX)] | np.isin(columns.kind, _DOUBTFUL) & (columns.provider "
        "!= NO_INDEX) => (np.isin(columns.kind, _DOUBTFUL) | (columns.provider != NO_INDEX))"
    ): "more controls are looked at, and why_void says nothing of them",
    (
        "blastradius/estate/lint/alike.py shared_by_name | for place in relation.provenance[:1]: | 1 => 2"
    ): "what is known of the first place stands",
    (
        "blastradius/estate/lint/unsaid.py unknown_zones | close = get_close_matches(zone, inventory.zone"
        "s, n=1) | 1 => 2"
    ): "of what is near only the nearest is said",
    (
        "blastradius/estate/lint/unsaid.py feeds_not_read | if feeds and takers is None: | feeds and take"
        "rs is None => (feeds or takers is None)"
    ): "it is found more often than need be, and is the same",
    (
        "blastradius/estate/lint/words.py _doubtful | found: Flags = np.logical_or.reduce([*flags, *(coun"
        "t > 0 for count in counts)]) | count > 0 => (count >= 0)"
    ): "more relations are looked at, and they say nothing in vain",
    (
        "blastradius/estate/lint/words.py _of_controls | doubtful = controls.phishable | controls.slower "
        "| (controls.starts_after_h > 0) | controls.starts_after_h > 0 => (controls.starts_after_h >= 0)"
    ): "more controls are looked at, and they say nothing in vain",
    (
        "blastradius/estate/lint/words.py _of_controls | doubtful |= alone & (controls.fails_closed | con"
        "trols.misled) | alone & (controls.fails_closed | controls.misled) => (alone | (controls.fails_cl"
        "osed | controls.misled))"
    ): "more controls are looked at, and they say nothing in vain",
    (
        "blastradius/estate/merge.py _keyed | rows = np.flatnonzero(part.relations & (part.table.relation"
        "s.keys.lengths > 0)).tolist() | part.relations & (part.table.relations.keys.lengths > 0) => (par"
        "t.relations | (part.table.relations.keys.lengths > 0))"
    ): "a call that is told again is told alike",
    (
        "blastradius/estate/merge.py _keyed | rows = np.flatnonzero(part.relations & (part.table.relation"
        "s.keys.lengths > 0)).tolist() | part.table.relations.keys.lengths > 0 => (part.table.relations.k"
        "eys.lengths >= 0)"
    ): "who names no keys holds none by that",
    (
        "blastradius/estate/merge.py _stated | for row in np.flatnonzero(part.relations & (columns.verb ="
        "= VERBS.index(Verb.HOLDS))).tolist(): | part.relations & (columns.verb == VERBS.index(Verb.HOLDS"
        ")) => (part.relations | (columns.verb == VERBS.index(Verb.HOLDS)))"
    ): "what else is looked at has none of the ids that are looked for",
    (
        'blastradius/estate/merge.py _placed | else alike[0].model_copy(update={"provenance": tuple(place'
        "s[said] for said in sorted(places))}) | 0 => 1"
    ): "they say the same but for their places",
    (
        'blastradius/estate/merge.py _has_several | return any(len(says.get(name, ())) > 1 for name in ("'
        'tags", "controls", "unknown", "seen_by")) | len(says.get(name, ())) > 1 => (len(says.get(name, ('
        "))) >= 1)"
    ): "of one alone there is one order",
    (
        "blastradius/estate/placement.py of | none = np.full(len(kind) - len(declared.kind), NO_INDEX) | "
        "len(kind) - len(declared.kind) => (len(kind) + len(declared.kind))"
    ): "only as many are taken as there are controls",
    (
        "blastradius/estate/selections.py selected | kinds &= {Kind.PARTY} | kinds &= {Kind.PARTY} => pass"
    ): "only a party has a role, by which the others are left out then",
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
    (
        "blastradius/engine/single/shortest_proofs.py hold | self._offer(fact, _Found(_Cost(at, 0), None, ())) | 0 => 1"
    ): "all begins with as many hops, and only their order is asked",
    (
        "blastradius/engine/single/shortest_proofs.py settle | self._offer(seed, _Found(_Cost(0, 0), None"
        ", ())) | 0 => 1 | 2"
    ): "all begins with as many hops, and only their order is asked",
    (
        "blastradius/engine/single/waves.py _next | if len(facts) > early: | len(facts) > early => (len(f"
        "acts) >= early)"
    ): "where none is left nothing is put off",
    "blastradius/engine/single/waves.py | _FEW = 20 | 20 => 21": "only how soon it pays to make all ids at once",
    (
        "blastradius/engine/single/waves.py _relation_ids | return list(ids) if steps > len(ids) // _FEW "
        "else ids | list(ids) if steps > len(ids) // _FEW else ids => (ids if steps > len(ids) // _FEW el"
        "se list(ids))"
    ): "only how soon it pays to make all ids at once",
    (
        "blastradius/engine/single/waves.py _relation_ids | return list(ids) if steps > len(ids) // _FEW "
        "else ids | steps > len(ids) // _FEW => (steps >= len(ids) // _FEW)"
    ): "only how soon it pays to make all ids at once",
    (
        "blastradius/engine/single/waves.py _relation_ids | return list(ids) if steps > len(ids) // _FEW "
        "else ids | len(ids) // _FEW => (len(ids) * _FEW)"
    ): "only how soon it pays to make all ids at once",
    (
        "blastradius/engine/batch/network.py network_key | int(frame.levels.min(initial=4)), | 4 => 5"
    ): "there are no more than four levels",
    (
        "blastradius/engine/batch/network.py network_key | np.flatnonzero(failing_in == worlds).tobytes()"
        ", | failing_in == worlds => (failing_in != worlds)"
    ): "the other controls say the same",
    (
        "blastradius/engine/batch/schedule.py renamed | width = int(names.max(initial=0)) + 1 | 0 => 1"
    ): "any width beyond the largest name keeps pairs apart",
    (
        "blastradius/engine/batch/schedule.py renamed | width = int(names.max(initial=0)) + 1 | 1 => 2"
    ): "any width beyond the largest name keeps pairs apart",
    (
        "blastradius/engine/batch/schedule.py components | if len(edges.source) <= _FEW and count <= _FEW"
        "_NODES: | len(edges.source) <= _FEW and count <= _FEW_NODES => (len(edges.source) <= _FEW or cou"
        "nt <= _FEW_NODES)"
    ): "both ways find the same components, so a test asks",
    (
        "blastradius/engine/batch/schedule.py components | if len(edges.source) <= _FEW and count <= _FEW"
        "_NODES: | len(edges.source) <= _FEW => (len(edges.source) < _FEW)"
    ): "both ways find the same components, so a test asks",
    (
        "blastradius/engine/batch/schedule.py components | if len(edges.source) <= _FEW and count <= _FEW"
        "_NODES: | count <= _FEW_NODES => (count < _FEW_NODES)"
    ): "both ways find the same components, so a test asks",
    (
        "blastradius/engine/batch/schedule.py | _FEW, _FEW_NODES = 5_000, 50_000 | 5_000 => 5001"
    ): "both ways find the same components, so a test asks",
    (
        "blastradius/engine/batch/schedule.py | _FEW, _FEW_NODES = 5_000, 50_000 | 50_000 => 50001"
    ): "both ways find the same components, so a test asks",
    (
        "blastradius/engine/batch/schedule.py in_order | if (layer < 0).any(): | layer < 0 => (layer <= 0)"
    ): "without a cycle components are the nodes, and the layers those that there are",
    (
        "blastradius/engine/batch/schedule.py in_order | if (layer < 0).any(): | 0 => 1"
    ): "without a cycle components are the nodes, and the layers those that there are",
    (
        "blastradius/engine/batch/schedule.py in_order | layer = _layers(edges.renamed(component), int(co"
        "mponent.max()) + 1)[component] | 1 => 2"
    ): "a node more without an edge, of which nobody asks",
    (
        "blastradius/engine/batch/schedule.py in_order | key = (layer * 2 + cyclic) * (int(depth.max(init"
        "ial=0)) + 1) + depth | 2 => 3"
    ): "only the order of these numbers is asked",
    (
        "blastradius/engine/batch/schedule.py in_order | key = (layer * 2 + cyclic) * (int(depth.max(init"
        "ial=0)) + 1) + depth | 0 => 1"
    ): "only the order of these numbers is asked",
    (
        "blastradius/engine/batch/schedule.py in_order | key = (layer * 2 + cyclic) * (int(depth.max(init"
        "ial=0)) + 1) + depth | 1 => 2"
    ): "only the order of these numbers is asked",
    (
        "blastradius/engine/batch/schedule.py in_order | firsts = np.flatnonzero(np.diff(key[rows], prepe"
        "nd=-1)) | 1 => 2"
    ): "no number is below 0, so that the first one begins a group either way",
    (
        "blastradius/engine/batch/schedule.py _layers | layer = np.full(count, -1) | 1 => 2"
    ): "any number below 0 says so",
    ("blastradius/engine/batch/schedule.py _layers | number = 0 | 0 => 1"): "only the order of these numbers is asked",
    ("blastradius/engine/batch/schedule.py _layers | number += 1 | 1 => 2"): "only the order of these numbers is asked",
    (
        "blastradius/engine/batch/schedule.py _depths | depth = np.where(cyclic, -1, 0) | 1 => 2"
    ): "any number below 0 says so",
    (
        "blastradius/engine/batch/schedule.py _depths | depth = np.where(cyclic, -1, 0) | 0 => 1"
    ): "only the order of these numbers is asked",
    (
        "blastradius/engine/batch/schedule.py _depths | inside = cyclic[edges.source] & cyclic[edges.targ"
        "et] | cyclic[edges.source] & cyclic[edges.target] => (cyclic[edges.source] | cyclic[edges.target"
        "])"
    ): "what is outside has a depth already, and nothing is walked from there",
    ("blastradius/engine/batch/schedule.py _depths | number = 0 | 0 => 1"): "only the order of these numbers is asked",
    ("blastradius/engine/batch/schedule.py _depths | number += 1 | 1 => 2"): "only the order of these numbers is asked",
    (
        "blastradius/engine/batch/fill_numpy.py fill | group.fill(state) | group.fill(state) => pass"
    ): "rows are filled again behind it, until nothing changes",
    (
        "blastradius/engine/batch/fill_numpy.py fill | few = len(self.onward) // _FEW if len(self.onward)"
        " > _SMALL else 0 | len(self.onward) // _FEW if len(self.onward) > _SMALL else 0 => (0 if len(sel"
        "f.onward) > _SMALL else len(self.onward) // _FEW)"
    ): "only from when those that changed are filled alone, which gives the same",
    (
        "blastradius/engine/batch/fill_numpy.py fill | few = len(self.onward) // _FEW if len(self.onward)"
        " > _SMALL else 0 | len(self.onward) // _FEW => (len(self.onward) * _FEW)"
    ): "only from when those that changed are filled alone, which gives the same",
    (
        "blastradius/engine/batch/fill_numpy.py fill | few = len(self.onward) // _FEW if len(self.onward)"
        " > _SMALL else 0 | len(self.onward) > _SMALL => (len(self.onward) >= _SMALL)"
    ): "only from when those that changed are filled alone, which gives the same",
    (
        "blastradius/engine/batch/fill_numpy.py fill | few = len(self.onward) // _FEW if len(self.onward)"
        " > _SMALL else 0 | 0 => 1"
    ): "only from when those that changed are filled alone, which gives the same",
    (
        "blastradius/engine/batch/fill_numpy.py | _BYTE = 100 | 100 => 101"
    ): "a count of one input more fits into a byte, too",
    (
        "blastradius/engine/batch/fill_numpy.py | _NARROW = 16 | 16 => 17"
    ): "rows of one input more are combined the other way, which gives the same",
    (
        "blastradius/engine/batch/fill_numpy.py | _FEW, _SMALL = 3, 2000 | 3 => 4"
    ): "only from when those that changed are filled alone, which gives the same",
    (
        "blastradius/engine/batch/network.py _waves | found[: len(self.facts)] = wave[self.facts] * 2 | 2 => 3"
    ): "only the order of these numbers is asked",
    (
        "blastradius/engine/cut/chain.py _votes | is_down = by[quorum[feed + feeds]] != -1 and turn[quoru"
        "m[feed + feeds]] < done | feed + feeds => (feed - feeds)"
    ): "a quorum is as long as twice its feeds, so that both count to the same place",
    (
        "blastradius/engine/cut/chain.py _votes | is_down = by[quorum[feed + feeds]] != -1 and turn[quoru"
        "m[feed + feeds]] < done | feed + feeds => (feed - feeds) | 2"
    ): "a quorum is as long as twice its feeds, so that both count to the same place",
    (
        "blastradius/engine/check/certificate/claimed.py of | counted=(columns.vote_min > 0) | ((columns."
        "least > 0) & (columns.least != lengths)), | columns.vote_min > 0 => (columns.vote_min >= 0)"
    ): "asked one at a time, those of which all premises are needed say the same",
    (
        "blastradius/engine/check/certificate/claimed.py of | counted=(columns.vote_min > 0) | ((columns."
        "least > 0) & (columns.least != lengths)), | columns.least > 0 => (columns.least >= 0)"
    ): "asked one at a time, those of which all premises are needed say the same",
    (
        "blastradius/engine/check/certificate/claimed.py of | counted=(columns.vote_min > 0) | ((columns."
        "least > 0) & (columns.least != lengths)), | (columns.least > 0) & (columns.least != lengths) => "
        "((columns.least > 0) | (columns.least != lengths))"
    ): "asked one at a time, those of which all premises are needed say the same",
    (
        "blastradius/engine/check/certificate/claimed.py upto | found = np.full(len(self.number) + 1, NO_"
        "INDEX) | 1 => 2"
    ): "what is behind the last fact has no step, and the last place of all is looked at",
    (
        "blastradius/engine/check/certificate/claimed.py | INCLUDES = np.zeros((len(KINDS) + 1, WIDTH, WI"
        "DTH), np.bool_) | 1 => 2"
    ): "there is one kind more, of which nothing is",
    (
        "blastradius/engine/check/certificate/claimed.py | SEED, CLOSURE, NO_RULE = -1, -2, -3 | 3 => 4"
    ): "another number of no rule",
    (
        "blastradius/engine/check/certificate/complete.py | _HOPS = 2**40 | 40 => 41"
    ): "more than there are hops is as good as that",
    (
        "blastradius/engine/check/certificate/complete.py | _UNCLAIMED = 2**60 | 60 => 61"
    ): "more than any cost is as good as that",
    (
        "blastradius/engine/check/certificate/sound.py | _RULES = 2**32 | 2 => 3"
    ): "more than there are rules is as good as that",
    (
        "blastradius/engine/check/certificate/sound.py | _RULES = 2**32 | 32 => 33"
    ): "more than there are rules is as good as that",
    (
        "blastradius/engine/check/certificate/sound.py _fits_counted | return set(step.premises) >= set(g"
        "one) and own <= set(instance.premises) and instance.enough(own) | set(step.premises) >= set(gone"
        ") => (set(step.premises) > set(gone))"
    ): "that controls have fallen is enough for nothing",
    (
        "blastradius/engine/check/quorum.py is_outvoted | for silent in range(int(np.max(both, initial=0)"
        ") + 1): | 0 => 1"
    ): "no more fall silent than are both wrong and denied",
    (
        "blastradius/engine/check/quorum.py is_outvoted | for silent in range(int(np.max(both, initial=0)"
        ") + 1): | 1 => 2"
    ): "no more fall silent than are both wrong and denied",
    (
        "blastradius/engine/check/audit/compare.py | _CHUNK = 8192 | 8192 => 8193"
    ): "one instance more is worked out at once",
    (
        "blastradius/engine/check/audit/plan.py | _FEW = 5_000 | 5_000 => 5001"
    ): "one edge more before scipy is asked, which finds the same",
    (
        "blastradius/engine/check/audit/__init__.py _conditions | asked = (scenario.assume, scenario.basi"
        's, "fail_closed" in scenario.distrust, world.proposed) | "fail_closed" in scenario.distrust => ('
        "'fail_closed' not in scenario.distrust)"
    ): "the same worlds are told apart",
    (
        "blastradius/engine/check/spec/rules.py r17 | continue | continue => pass"
    ): "nothing but use can be said of a scope",
    (
        "blastradius/engine/cut/gentlest.py gentlest | if time.monotonic() > until or weighed.count"
        " > most: | time.monotonic() > until => (time.monotonic() >= until)"
    ): "the very moment is no other",
    (
        "blastradius/engine/cut/gentlest.py _solved | return frozenset(np.flatnonzero(found.x[:leve"
        "rs] > 0.5).tolist()), round(found.fun) | found.x[:levers] > 0.5 => (found.x[:levers] >= 0."
        "5)"
    ): "whole numbers are asked for, and none is a half",
    (
        "blastradius/engine/cut/hitting_set.py | _MANY = 500 | 500 => 501"
    ): "one proof more before levers that cost about the least come first, and the minimum is the same",
    ("blastradius/engine/cut/hitting_set.py | _TOLD = 500 | 500 => 501"): "only how often who waits is told",
    (
        "blastradius/engine/cut/hitting_set.py | MOST_WEIGHED = 2_000_000 | 2_000_000 => 2000001"
    ): "one set more is weighed, if any",
    (
        "blastradius/engine/cut/hitting_set.py is_minimum | return self.cost <= self.at_least + _TO"
        "LERANCE | self.cost <= self.at_least + _TOLERANCE => (self.cost < self.at_least + _TOLERAN"
        "CE)"
    ): "costs a millionth apart are alike",
    (
        "blastradius/engine/cut/hitting_set.py minimum_cut | is_minimum, is_gentlest = problem.cost"
        "(chosen) <= at_least + _TOLERANCE, None | problem.cost(chosen) <= at_least + _TOLERANCE =>"
        " (problem.cost(chosen) < at_least + _TOLERANCE)"
    ): "costs a millionth apart are alike",
    (
        "blastradius/engine/cut/hitting_set.py solved | if not found and (cut is None or self.cost("
        "cheapest.levers) < self.cost(cut)): | self.cost(cheapest.levers) < self.cost(cut) => (self"
        ".cost(cheapest.levers) <= self.cost(cut))"
    ): "one cut that costs the same in the place of another",
    (
        "blastradius/engine/cut/hitting_set.py solved | if cut is not None and self.cost(cut) <= at"
        "_least + _TOLERANCE: | self.cost(cut) <= at_least + _TOLERANCE => (self.cost(cut) < at_lea"
        "st + _TOLERANCE)"
    ): "costs a millionth apart are alike",
    (
        "blastradius/engine/cut/hitting_set.py solved | if time.monotonic() >= until: | time.monoto"
        "nic() >= until => (time.monotonic() > until)"
    ): "the very moment is no other",
    (
        "blastradius/engine/cut/hitting_set.py _spared | while time.monotonic() < until: | time.mon"
        "otonic() < until => (time.monotonic() <= until)"
    ): "the very moment is no other",
    (
        "blastradius/engine/cut/hitting_set.py needed | elif time.monotonic() > until: | time.monot"
        "onic() > until => (time.monotonic() >= until)"
    ): "the very moment is no other",
    (
        "blastradius/engine/cut/hitting_set.py _cheapest | return _Cheapest(set(), 0.0, is_optimal="
        "True) | True => False"
    ): "where no proof is known only the levers and the bound are read",
    (
        "blastradius/engine/cut/hitting_set.py _cheapest | spared[list(sparing)] = 1 | 1 => 2"
    ): "only the order of these numbers is asked",
    (
        "blastradius/engine/cut/hitting_set.py _cheapest | bounds=Bounds(0, 1), | 1 => 2"
    ): "a lever that is pulled twice costs more and breaks no more",
    (
        "blastradius/engine/cut/hitting_set.py _cheapest | levers = set() if found.x is None else s"
        "et(np.flatnonzero(found.x > 0.5).tolist()) | found.x > 0.5 => (found.x >= 0.5)"
    ): "whole numbers are asked for, and none is a half",
    (
        "blastradius/engine/cut/chain.py _chain | settled = settle(seed, -2, 0, settled, by, turn, "
        "since, order) | 0 => 1"
    ): "of what the scenario starts from nobody asks what was there before",
    (
        "blastradius/engine/cut/chain.py _chain | late = [(0.0, 0, 0, 0)] # hour, turn, clause, fac"
        "ts before it; in the first hour nothing is late | 0 => 1"
    ): "this is taken away at once, and says only of which types the others are",
    (
        "blastradius/engine/cut/chain.py _chain | late = [(0.0, 0, 0, 0)] # hour, turn, clause, fac"
        "ts before it; in the first hour nothing is late | 0 => 1 | 2"
    ): "this is taken away at once, and says only of which types the others are",
    (
        "blastradius/engine/cut/chain.py _chain | late = [(0.0, 0, 0, 0)] # hour, turn, clause, fac"
        "ts before it; in the first hour nothing is late | 0 => 1 | 3"
    ): "this is taken away at once, and says only of which types the others are",
    ("blastradius/engine/cut/chain.py _chain | turns = 0 | 0 => 1"): "only the order of these numbers is asked",
}
