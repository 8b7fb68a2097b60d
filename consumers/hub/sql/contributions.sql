-- What each group adds to each cell, in grams.
--
-- A statement without a mass is counted as unconverted and adds nothing; it is never zero.
-- Contributions of unknown groups to a cell stand together in one row without a group.

CREATE OR REPLACE TEMP MACRO contributions_of(events) AS TABLE
SELECT
    measure,
    flow,
    region,
    partner,
    material,
    operation,
    period,
    group_key,
    CAST(coalesce(sum(mass_g), 0) AS BIGINT) AS mass_g,
    count(*) AS statements,
    count(*) FILTER (mass_g IS NULL) AS unconverted
FROM facts_of(events)
GROUP BY ALL;

CREATE OR REPLACE TEMP VIEW contributions AS FROM contributions_of('event');

-- How far the file is, as the cut of a release tells it: by partition the first offset that is not in it,
-- and under -1 the number of the record that is redriven next.
CREATE OR REPLACE TEMP MACRO as_of() AS (
    SELECT map_from_entries(list((kafka_partition, kafka_offset)))
    FROM (
        FROM next_offset
        UNION ALL
        SELECT -1, coalesce(max(redriven) + 1, 0) FROM dead_letter
    )
);

-- By how much contributions changed since the file was as far as that: `FROM changes_since(MAP {0: 17, -1: 0})`.
-- Who keeps contributions, with the `as_of()` of the query that showed them, and adds these has those of now,
-- without asking for all of them again.
CREATE OR REPLACE TEMP MACRO changes_since(since) AS TABLE
WITH later AS MATERIALIZED (
    SELECT event.movement_key, event.kafka_partition, event.kafka_offset
    FROM event
    LEFT JOIN dead_letter USING (kafka_partition, kafka_offset)
    WHERE event.kafka_offset >= coalesce(since[event.kafka_partition], 0)
        OR dead_letter.redriven >= coalesce(since[-1], 0)
), touched AS MATERIALIZED (
    -- What a movement contributes depends on no other one.
    SELECT event.* FROM event SEMI JOIN later USING (movement_key)
), earlier AS MATERIALIZED (
    SELECT touched.* FROM touched ANTI JOIN later USING (kafka_partition, kafka_offset)
)
SELECT * REPLACE (
    CAST(sum(mass_g) AS BIGINT) AS mass_g,
    CAST(sum(statements) AS BIGINT) AS statements,
    CAST(sum(unconverted) AS BIGINT) AS unconverted
)
FROM (
    FROM contributions_of('touched')
    UNION ALL
    SELECT * REPLACE (-mass_g AS mass_g, -statements AS statements, -unconverted AS unconverted)
    FROM contributions_of('earlier')
)
GROUP BY ALL
HAVING sum(mass_g) <> 0 OR sum(statements) <> 0 OR sum(unconverted) <> 0;
