-- Tables of a hub's file. Rows, dead letters and offsets of a batch commit together.
--
-- An event is stored once for each record of the topic, under the record's coordinates. What
-- repeats from event to event stands in three small tables and is referred to by number: how
-- the statement was made (kind), from where to where (route), what it was and what is done
-- with it (waste). The view `movement` puts them together again. Instants are UTC.

CREATE TABLE IF NOT EXISTS identity (
    format INTEGER NOT NULL,
    hub VARCHAR NOT NULL,
    cluster_id VARCHAR NOT NULL,
    topic VARCHAR NOT NULL,
    topic_id VARCHAR NOT NULL,
    signatures_id VARCHAR NOT NULL
);

-- By partition, the first offset that is not in this file; some records behind it may be.
CREATE TABLE IF NOT EXISTS next_offset (
    kafka_partition INTEGER NOT NULL,
    kafka_offset BIGINT NOT NULL
);

-- The same of the signatures topic, and the signatures behind it that are used.
CREATE TABLE IF NOT EXISTS next_signature (kafka_partition INTEGER NOT NULL, kafka_offset BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS used_signature (kafka_partition INTEGER NOT NULL, kafka_offset BIGINT NOT NULL);

-- By writer, the next signature of its chain, and those that are there already behind it.
CREATE TABLE IF NOT EXISTS chain (
    agency VARCHAR NOT NULL,
    writer BLOB NOT NULL,
    sequence BIGINT NOT NULL,
    previous BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS chain_ahead (
    agency VARCHAR NOT NULL,
    writer BLOB NOT NULL,
    sequence BIGINT NOT NULL,
    previous BLOB NOT NULL,
    link BLOB NOT NULL
);

-- Schemas that records were written with, as registered.
CREATE TABLE IF NOT EXISTS writer_schema (schema_id BIGINT NOT NULL, text VARCHAR NOT NULL);

CREATE TABLE IF NOT EXISTS kind (
    kind_id INTEGER NOT NULL,
    agency VARCHAR NOT NULL,
    source_format VARCHAR NOT NULL,
    adapter_version VARCHAR NOT NULL,
    codelist_version VARCHAR NOT NULL,
    change VARCHAR NOT NULL,
    stage VARCHAR NOT NULL,
    step INTEGER NOT NULL,
    side VARCHAR NOT NULL,
    "precision" VARCHAR NOT NULL,
    unit VARCHAR,
    basis VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS route (
    route_id INTEGER NOT NULL,
    origin_country VARCHAR NOT NULL,
    origin_region VARCHAR,
    destination_country VARCHAR NOT NULL,
    destination_region VARCHAR,
    transit_countries VARCHAR NOT NULL  -- in order of passage: 'BE,DE'
);

CREATE TABLE IF NOT EXISTS waste (
    waste_id INTEGER NOT NULL,
    low_code VARCHAR,
    basel_code VARCHAR,
    oecd_code VARCHAR,
    hs_code VARCHAR,
    other_codes VARCHAR NOT NULL,  -- as stated: 'US-EPA:D001|UN:1993'
    hazardous VARCHAR NOT NULL,
    operation_code VARCHAR,
    native_operation_code VARCHAR
);

-- Keys are random bytes: looking for a way to compress them costs more than all other columns.
CREATE TABLE IF NOT EXISTS event (
    event_id BLOB NOT NULL USING COMPRESSION uncompressed,
    statement_key BLOB NOT NULL USING COMPRESSION uncompressed,
    revision BIGINT NOT NULL,
    edition INTEGER NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    movement_key BLOB NOT NULL USING COMPRESSION uncompressed,
    line_number INTEGER NOT NULL,
    occurred_on DATE NOT NULL,
    occurred_at TIMESTAMP,
    mass_g BIGINT,
    quantity VARCHAR,
    load_count INTEGER,
    contributor BLOB USING COMPRESSION uncompressed,
    contributor_group BLOB USING COMPRESSION uncompressed,
    counterparty BLOB USING COMPRESSION uncompressed,
    release_at TIMESTAMP,
    kind_id INTEGER NOT NULL,
    route_id INTEGER NOT NULL,
    waste_id INTEGER NOT NULL,
    kafka_partition INTEGER NOT NULL,
    kafka_offset BIGINT NOT NULL
);

-- Movements that an event continues, replaces or returns.
CREATE TABLE IF NOT EXISTS related (
    kafka_partition INTEGER NOT NULL,
    kafka_offset BIGINT NOT NULL,
    movement_key BLOB NOT NULL,
    relation VARCHAR NOT NULL
);

-- Records that were refused. Each stays here when it is redriven: then it is an event, too.
CREATE TABLE IF NOT EXISTS dead_letter (
    kafka_partition INTEGER NOT NULL,
    kafka_offset BIGINT NOT NULL,
    reasons VARCHAR[] NOT NULL,
    agency VARCHAR  -- whose signature covers it
);
-- Which of the hub's redriven records it is, from 0: a release takes those below its cut's number.
ALTER TABLE dead_letter ADD COLUMN IF NOT EXISTS redriven BIGINT;

-- Dead letters that are not on their topic yet, as they are now.
CREATE TABLE IF NOT EXISTS outbox (kafka_partition INTEGER NOT NULL, kafka_offset BIGINT NOT NULL);

-- How far this file went when an epoch closed; stored before anything of its release is computed.
CREATE TABLE IF NOT EXISTS release_cut (
    epoch VARCHAR NOT NULL,
    kafka_partition INTEGER NOT NULL,
    kafka_offset BIGINT NOT NULL
);

-- What a release publishes and what it takes; stored before anything of it is published.
CREATE TABLE IF NOT EXISTS release_decision (epoch VARCHAR NOT NULL, observations_digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS release_part (epoch VARCHAR NOT NULL, name VARCHAR NOT NULL, body BLOB NOT NULL);

-- What runs of releases tell operators: values of metrics, by their names. Nothing confidential.
CREATE TABLE IF NOT EXISTS release_fact (name VARCHAR NOT NULL, value DOUBLE NOT NULL);
