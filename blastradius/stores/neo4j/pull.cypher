// pointer
MATCH (e:Estate {name: $estate})
MATCH (l:Load {key: e.load})
RETURN l.key AS load, l.schema AS schema, l.heading AS heading, l.digest AS digest, l.nodes AS nodes,
       l.facts AS facts, l.gaps AS gaps, l.said AS said

// estates
MATCH (e:Estate) WHERE e.load IS NOT NULL RETURN e.name AS name ORDER BY name

// last_place
MATCH (n:Loaded) WHERE n.load = $load RETURN coalesce(max(n.place), -1) AS place

// node_records
MATCH (n:Loaded)
WHERE n.load = $load AND n.place >= $from AND n.place < $to
RETURN collect(n.place) AS places, collect(n.record) AS records

// relation_records
MATCH (n:Loaded)-[r]->(:Loaded)
WHERE n.load = $load AND n.place >= $from AND n.place < $to AND r.record IS NOT NULL
RETURN collect(r.place) AS places, collect(r.record) AS records
