// zones
MATCH (n:Zone) WHERE n.load = $load RETURN n.place AS place, n.record AS record

// entities
MATCH (n:Entity) WHERE n.load = $load AND n.id IN $names RETURN n.place AS place, n.record AS record

// called
MATCH (n:Entity) WHERE n.load = $load AND n.called IN $names RETURN n.place AS place, n.record AS record

// of_apis
MATCH (n:Entity) WHERE n.load = $load AND n.api IN $names RETURN n.place AS place, n.record AS record

// in_zones
MATCH (n:Entity) WHERE n.load = $load AND n.zone IN $names RETURN n.place AS place, n.record AS record

// open
MATCH (n:Entity) WHERE n.load = $load AND n.open = true RETURN n.place AS place, n.record AS record

// guarded
MATCH (n:Entity)<-[:GUARDED_BY]-(m:Entity)
WHERE n.load = $load AND n.id IN $names
RETURN DISTINCT m.place AS place, m.record AS record

// touching
MATCH (n:Entity)-[r]-(:Entity)
WHERE n.load = $load AND n.id IN $names AND r.record IS NOT NULL
RETURN DISTINCT r.place AS place, r.record AS record

// ring
MATCH (n:Entity)-[r]-(m:Entity)
WHERE n.load = $load AND n.id IN $names AND r.record IS NOT NULL
WITH DISTINCT m
RETURN coalesce(sum(COUNT { (m)--() }), 0) AS ends

// is_kept
MATCH (e:Estate {name: $estate}) RETURN $load IN [e.load, e.previous] AS kept
