// hello
RETURN 1 AS here

// stamp
MATCH (b:Blastradius {id: 'schema'}) RETURN b.version AS version

// others
MATCH (n)
WHERE NOT (n:Loaded OR n:Estate OR n:Load OR n:Blastradius)
WITH n LIMIT 1000
RETURN count(n) AS found

// status
MATCH (e:Estate)
OPTIONAL MATCH (l:Load {key: e.load})
OPTIONAL MATCH (u:Load {estate: e.name}) WHERE u.whole = false
WITH e, l, count(u) AS unfinished
RETURN e.name AS name, e.load AS load, e.previous AS previous, l.facts AS facts,
       l.digest AS digest, l.schema AS schema, l.ended AS ended, e.holder AS holder, e.lease_until AS until,
       timestamp() AS now, unfinished
ORDER BY name
