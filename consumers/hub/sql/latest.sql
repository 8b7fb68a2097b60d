-- The facts as they stand: of each statement its last version, unless that withdraws it.
--
-- A statement is what one agency says about one line at one stage and step. The source's own
-- revision decides, then our edition of it, then the event id, so that the order in which
-- records arrive never matters. The same event delivered twice counts once: the version is
-- chosen by its coordinates. Grouping beats a window function by four to one, and comparing
-- numbers beats comparing structures by six to one: their state takes no memory of its own.

-- Revision (63 bits), edition (31), and a number made of the event id (33). The last one tells two
-- events apart that state the same version otherwise, which one adapter never does.
CREATE OR REPLACE TEMP MACRO version_of(revision, edition, event_id) AS
    (CAST(revision AS HUGEINT) << 64) + (CAST(edition AS HUGEINT) << 33) + CAST(hash(event_id) >> 31 AS HUGEINT);

-- Coordinates of a record as one number: partition (15 bits) and offset (48).
CREATE OR REPLACE TEMP MACRO place_of(kafka_partition, kafka_offset) AS
    (CAST(kafka_partition AS BIGINT) << 48) + kafka_offset;

CREATE OR REPLACE TEMP VIEW latest AS
SELECT movement.*
FROM (
    SELECT
        arg_max(
            place_of(kafka_partition, kafka_offset), version_of(revision, edition, event_id)
        ) AS place
    FROM event
    JOIN kind USING (kind_id)
    GROUP BY agency, statement_key
) AS last
JOIN movement
    ON place_of(movement.kafka_partition, movement.kafka_offset) = last.place
WHERE movement.change <> 'CANCELLED';
