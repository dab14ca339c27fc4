// place_is_unique
CREATE CONSTRAINT blastradius_place IF NOT EXISTS FOR (n:Loaded) REQUIRE (n.load, n.place) IS UNIQUE

// id_is_found
CREATE INDEX blastradius_id IF NOT EXISTS FOR (n:Entity) ON (n.load, n.id)

// name_is_found
CREATE INDEX blastradius_name IF NOT EXISTS FOR (n:Entity) ON (n.load, n.called)

// api_is_found
CREATE INDEX blastradius_api IF NOT EXISTS FOR (n:Entity) ON (n.load, n.api)

// zone_is_found
CREATE INDEX blastradius_zone IF NOT EXISTS FOR (n:Entity) ON (n.load, n.zone)

// open_is_found
CREATE INDEX blastradius_open IF NOT EXISTS FOR (n:Entity) ON (n.load, n.open)

// estate_is_unique
CREATE CONSTRAINT blastradius_estate IF NOT EXISTS FOR (e:Estate) REQUIRE e.name IS UNIQUE

// load_is_unique
CREATE CONSTRAINT blastradius_load IF NOT EXISTS FOR (l:Load) REQUIRE l.key IS UNIQUE

// stamp_is_unique
CREATE CONSTRAINT blastradius_stamp IF NOT EXISTS FOR (b:Blastradius) REQUIRE b.id IS UNIQUE

// indexes_are_ready
CALL db.awaitIndexes(300)

// stamp
MERGE (b:Blastradius {id: 'schema'}) SET b.version = $schema

// lock
MERGE (e:Estate {name: $estate}) SET e.touched = timestamp()

// estate
MATCH (e:Estate {name: $estate})
RETURN e.load AS load, e.previous AS previous, coalesce(e.number, 0) AS number,
       e.lease AS lease, e.lease_until AS until, e.holder AS holder, timestamp() AS now

// begin
MATCH (e:Estate {name: $estate})
SET e.number = $number, e.lease = $token, e.lease_until = timestamp() + $lease, e.holder = $holder
CREATE (:Load {key: $load, estate: $estate, number: $number, schema: $schema, batches: 0, whole: false,
               begun: timestamp(), holder: $holder})

// renew
MATCH (e:Estate {name: $estate}) SET e.lease_until = timestamp() + $lease

// batches
MATCH (l:Load {key: $load}) RETURN l.batches AS batches

// count_batch
MATCH (l:Load {key: $load}) SET l.batches = $batches

// create_nodes
UNWIND $rows AS row
CREATE (n:$(row.labels) {load: $load})
SET n += row.properties

// create_relationships
UNWIND $rows AS row
MATCH (a:Loaded {load: $load, place: row.from})
MATCH (b:Loaded {load: $load, place: row.to})
CREATE (a)-[r:$(row.type)]->(b)
SET r = row.properties

// count_nodes
MATCH (n:Loaded) WHERE n.load = $load RETURN count(n) AS found

// count_relationships
MATCH (n:Loaded)-[r]->(:Loaded) WHERE n.load = $load RETURN count(r) AS found

// flip
MATCH (e:Estate {name: $estate}), (l:Load {key: $load})
SET e.previous = e.load, e.load = $load,
    l.whole = true, l.ended = timestamp(), l.heading = $heading, l.digest = $digest, l.nodes = $nodes,
    l.relationships = $relationships, l.facts = $facts, l.gaps = $gaps, l.said = $said

// release
MATCH (e:Estate {name: $estate}) WHERE e.lease = $token REMOVE e.lease, e.lease_until, e.holder
