// left_over
MATCH (l:Load {estate: $estate})
WHERE NOT l.key IN $kept
RETURN l.key AS load ORDER BY l.number

// last_place
MATCH (n:Loaded) WHERE n.load = $load RETURN coalesce(max(n.place), -1) AS place

// delete_relationships
MATCH (n:Loaded)-[r]->()
WHERE n.load = $load AND n.place >= $from AND n.place < $to
WITH r LIMIT $most
DELETE r
RETURN count(*) AS gone

// delete_nodes
MATCH (n:Loaded)
WHERE n.load = $load AND n.place >= $from AND n.place < $to
DETACH DELETE n

// delete_load
MATCH (l:Load {key: $load}) DELETE l
