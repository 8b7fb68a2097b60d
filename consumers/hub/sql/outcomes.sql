-- What became of what was sent, and what was done with it. Never released: what was refused of
-- whom is told by the difference of two columns.
--
-- `outcomes` has one row for each line of a movement in each book. Different measures stand in
-- different columns and are added nowhere but in two definitions:
--
--   gross_g               dispatched; null where no dispatch is told
--   refused_g, stopped_g, repatriated_g
--                         0 where nothing is told; null where it is told without a mass
--   refused_or_stopped_g  a load that was refused and stopped counts once: the larger of the two
--   net_g                 gross less refused or stopped, whether or not it came home since; 0 for
--                         a movement that returns another one, as it delivers nothing
--
-- Where a mass is null because other movements carry the refused part, `families` has the
-- balance. The dimensions are those of the dispatch, else of what was told first.

CREATE OR REPLACE TEMP VIEW outcomes AS
WITH fact AS MATERIALIZED (
    SELECT
        movement_key,
        line_number,
        flow,
        region,
        partner,
        material,
        period,
        stage,
        mass_g,
        occurred_on,
        statement_key,
        kafka_partition,
        kafka_offset
    FROM facts
    WHERE stage IN ('DISPATCHED', 'REFUSED', 'STOPPED', 'REPATRIATED')
), return AS (
    SELECT DISTINCT fact.movement_key
    FROM fact
    JOIN related USING (kafka_partition, kafka_offset)
    WHERE related.relation = 'RETURN_OF'
), measured AS (
    SELECT
        movement_key,
        line_number,
        flow,
        arg_min(
            {'region': region, 'partner': partner, 'material': material, 'period': period},
            (stage <> 'DISPATCHED', occurred_on, statement_key)
        ) AS place,
        count(*) FILTER (stage = 'DISPATCHED') AS sent,
        count(*) FILTER (stage = 'DISPATCHED' AND mass_g IS NULL) AS sent_unknown,
        count(*) FILTER (stage = 'REFUSED' AND mass_g IS NULL) AS refused_unknown,
        count(*) FILTER (stage = 'STOPPED' AND mass_g IS NULL) AS stopped_unknown,
        count(*) FILTER (stage = 'REPATRIATED' AND mass_g IS NULL) AS repatriated_unknown,
        coalesce(sum(mass_g) FILTER (stage = 'DISPATCHED'), 0) AS sent_g,
        coalesce(sum(mass_g) FILTER (stage = 'REFUSED'), 0) AS refused_g,
        coalesce(sum(mass_g) FILTER (stage = 'STOPPED'), 0) AS stopped_g,
        coalesce(sum(mass_g) FILTER (stage = 'REPATRIATED'), 0) AS repatriated_g
    FROM fact
    GROUP BY movement_key, line_number, flow
), known AS (
    SELECT
        movement_key,
        line_number,
        flow,
        unnest(place),
        CAST(CASE WHEN sent > 0 AND sent_unknown = 0 THEN sent_g END AS BIGINT) AS gross_g,
        CAST(CASE WHEN refused_unknown = 0 THEN refused_g END AS BIGINT) AS refused_g,
        CAST(CASE WHEN stopped_unknown = 0 THEN stopped_g END AS BIGINT) AS stopped_g,
        CAST(CASE WHEN repatriated_unknown = 0 THEN repatriated_g END AS BIGINT) AS repatriated_g
    FROM measured
)
SELECT
    *,
    -- greatest() passes over what is not known.
    CASE WHEN refused_g + stopped_g IS NOT NULL THEN greatest(refused_g, stopped_g) END AS refused_or_stopped_g,
    CASE
        WHEN movement_key IN (FROM return) THEN 0
        WHEN refused_g + stopped_g IS NOT NULL THEN gross_g - greatest(refused_g, stopped_g)
    END AS net_g
FROM known;

-- What was treated, by kind of operation. What an interim operation treats is treated again, and
-- only a final one decides what became of it, so the phases are never added.
--
--   phase  INTERIM by the class of the operation, or by step 1 where the operation has no class;
--          FINAL by any other class, or by step 2; else UNKNOWN
CREATE OR REPLACE TEMP VIEW treatments AS
SELECT
    CASE
        WHEN operation = 'INTERIM' THEN 'INTERIM'
        WHEN operation <> 'UNMAPPED' THEN 'FINAL'
        WHEN step = 1 THEN 'INTERIM'
        WHEN step = 2 THEN 'FINAL'
        ELSE 'UNKNOWN'
    END AS phase,
    step,
    operation,
    flow,
    region,
    partner,
    material,
    period,
    CAST(coalesce(sum(mass_g), 0) AS BIGINT) AS mass_g,
    count(*) AS statements,
    count(*) FILTER (mass_g IS NULL) AS unconverted
FROM facts
WHERE stage = 'TREATED'
GROUP BY ALL;
