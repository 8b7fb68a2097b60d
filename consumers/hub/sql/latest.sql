-- The facts as they stand: of each statement its last version, unless that withdraws it.
--
-- A statement is what one agency says about one line at one stage and step. The source's own
-- revision decides, then our edition of it, then the event id, so that the order in which
-- records arrive never matters. The same event delivered twice counts once: the version is
-- chosen by its coordinates. Grouping beats a window function by four to one, and comparing
-- numbers beats comparing structures by six to one: their state takes no memory of its own.
-- Most statements have one version, so those are looked for first that have more.

-- Revision (63 bits), edition (31), and a number made of the event id (33). The last one tells two
-- events apart that state the same version otherwise, which one adapter never does.
CREATE OR REPLACE TEMP MACRO version_of(revision, edition, event_id) AS
    (CAST(revision AS HUGEINT) << 64) + (CAST(edition AS HUGEINT) << 33) + CAST(hash(event_id) >> 31 AS HUGEINT);

-- Coordinates of a record as one number: partition (15 bits) and offset (48).
CREATE OR REPLACE TEMP MACRO place_of(kafka_partition, kafka_offset) AS
    (CAST(kafka_partition AS BIGINT) << 48) + kafka_offset;

-- Events that a later version of their statement replaces, by `place_of`.
CREATE OR REPLACE TEMP MACRO superseded_of(events) AS TABLE
WITH repeated AS (
    -- Two statements of one hash do no harm: both are looked at.
    SELECT hash(statement_key) AS statement
    FROM query_table(events)
    GROUP BY statement
    HAVING count(*) > 1
), version AS MATERIALIZED (
    SELECT
        kind.agency,
        event.statement_key,
        place_of(event.kafka_partition, event.kafka_offset) AS place,
        version_of(event.revision, event.edition, event.event_id) AS version
    FROM query_table(events) AS event
    SEMI JOIN repeated ON repeated.statement = hash(event.statement_key)
    JOIN kind USING (kind_id)
)
SELECT place
FROM version
ANTI JOIN (
    SELECT arg_max(place, version) AS place
    FROM (
        -- Of an event that was delivered twice the same one for all who ask.
        SELECT agency, statement_key, version, min(place) AS place FROM version GROUP BY ALL
    )
    GROUP BY agency, statement_key
) AS last USING (place);

CREATE OR REPLACE TEMP MACRO latest_of(events) AS TABLE
SELECT movement.*
FROM movement_of(events) AS movement
ANTI JOIN superseded_of(events) AS superseded
    ON superseded.place = place_of(movement.kafka_partition, movement.kafka_offset)
WHERE movement.change <> 'CANCELLED';

CREATE OR REPLACE TEMP VIEW latest AS FROM latest_of('event');
