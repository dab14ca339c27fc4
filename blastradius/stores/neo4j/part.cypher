// zones
MATCH (n:Zone) WHERE n.load = $load RETURN collect(n.place) AS places, collect(n.record) AS records

// entities
MATCH (n:Entity) WHERE n.load = $load AND n.id IN $names RETURN collect(n.place) AS places, collect(n.record) AS records

// called
MATCH (n:Entity) WHERE n.load = $load AND n.called IN $names RETURN collect(n.place) AS places, collect(n.record) AS records

// of_apis
MATCH (n:Entity) WHERE n.load = $load AND n.api IN $names RETURN collect(n.place) AS places, collect(n.record) AS records

// in_zones
MATCH (n:Entity) WHERE n.load = $load AND n.zone IN $names RETURN collect(n.place) AS places, collect(n.record) AS records

// open
MATCH (n:Entity) WHERE n.load = $load AND n.open = true RETURN collect(n.place) AS places, collect(n.record) AS records

// guarded
MATCH (n:Entity)<-[:GUARDED_BY]-(m:Entity)
WHERE n.load = $load AND n.id IN $names
WITH DISTINCT m.place AS place, m.record AS record
RETURN collect(place) AS places, collect(record) AS records

// touching
MATCH (n:Entity)-[r]-(:Entity)
WHERE n.load = $load AND n.id IN $names AND r.record IS NOT NULL
WITH DISTINCT r.place AS place, r.record AS record
RETURN collect(place) AS places, collect(record) AS records

// ring
MATCH (n:Entity)-[r]-(m:Entity)
WHERE n.load = $load AND n.id IN $names AND r.record IS NOT NULL
WITH DISTINCT m
RETURN coalesce(sum(COUNT { (m)--() }), 0) AS ends

// is_kept
MATCH (e:Estate {name: $estate}) RETURN $load IN [e.load, e.previous] AS kept
