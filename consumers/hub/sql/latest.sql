-- The facts as they stand: of each statement its last version, unless that withdraws it.
--
-- A statement is what one agency says about one line at one stage and step. The source's own
-- revision decides, then our edition of it, then the event id, so that the order in which
-- records arrive never matters. The same event delivered twice counts once: the version is
-- chosen by its coordinates. Grouping beats a window function by four to one.

CREATE OR REPLACE TEMP VIEW latest AS
SELECT movement.*
FROM (
    SELECT
        arg_max(
            {'kafka_partition': kafka_partition, 'kafka_offset': kafka_offset},
            (revision, edition, event_id)
        ) AS place
    FROM event
    JOIN kind USING (kind_id)
    GROUP BY agency, statement_key
) AS last
JOIN movement
    ON movement.kafka_partition = last.place.kafka_partition
    AND movement.kafka_offset = last.place.kafka_offset
WHERE movement.change <> 'CANCELLED';
