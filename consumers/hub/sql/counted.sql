-- Which statements count: one physical load is counted once within one measure.
--
-- The two books of a movement stay apart by flow (see facts.sql). Inside one flow the same load
-- may still be stated by two agencies, or by two systems of one agency. Then one of them counts,
-- for the movement as a whole: lines number the wastes of one system's document, and another
-- system may number the same wastes otherwise. Of one stage and step of a movement in one flow
-- that reporter counts
--
--   1. whose mass is known best, judged by its worst statement: weighed before converted before
--      estimated before a mass of unknown origin before none;
--   2. of these, the one whose newest statement was recorded last;
--   3. of these, the first by name of agency, then of system.
--
-- A reporter is an agency and a system: what stands before the slash of source_format, so that
-- a new version of a system does not compete with what an older one stated. All statements of
-- the reporter that counts do count: a system states one load under one identity, and two
-- documents of one system under one movement are two loads. Each country of transit keeps its
-- own book. Nothing here depends on the order in which records arrive, and nothing is lost:
-- the view `uncounted` shows what does not count, and who counts in its place.

-- What a kind of statement tells of: its reporter, in the order of names, and its place in a book.
CREATE OR REPLACE TEMP VIEW reporter AS
SELECT
    kind_id,
    agency,
    split_part(source_format, '/', 1) AS "system",
    dense_rank() OVER (ORDER BY agency, split_part(source_format, '/', 1)) AS reporter,
    dense_rank() OVER (
        ORDER BY stage, step, side, CASE side WHEN 'TRANSIT' THEN split_part(agency, '-', 1) END
    ) AS slot,
    change,
    -- Without a mass it is 4, whatever the basis.
    CASE basis WHEN 'WEIGHED' THEN 0 WHEN 'CONVERTED' THEN 1 WHEN 'ESTIMATED' THEN 2 ELSE 3 END AS quality
FROM kind;

-- By place in the topic, the statements that stand and do not count.
CREATE OR REPLACE TEMP MACRO passed_over_of(events) AS TABLE
WITH contested AS (
    -- Of all events, standing or not: few movements are left, and only they are looked into.
    SELECT event.movement_key, reporter.slot
    FROM query_table(events) AS event
    JOIN reporter USING (kind_id)
    WHERE reporter.slot IN (
        SELECT slot FROM reporter GROUP BY slot HAVING count(DISTINCT reporter) > 1
    )
    GROUP BY event.movement_key, reporter.slot
    HAVING min(reporter.reporter) <> max(reporter.reporter)
), disputed AS MATERIALIZED (
    SELECT event.*, reporter.slot, reporter.reporter, reporter.quality, reporter.change
    FROM query_table(events) AS event
    JOIN reporter USING (kind_id)
    JOIN contested USING (movement_key, slot)
), standing AS (
    -- A statement never changes its movement, stage or step, so all its events are here.
    SELECT
        movement_key,
        slot,
        reporter,
        CASE WHEN mass_g IS NULL THEN 4 ELSE quality END AS quality,
        recorded_at,
        kafka_partition,
        kafka_offset
    FROM disputed
    ANTI JOIN superseded_of('disputed') AS superseded
        ON superseded.place = place_of(disputed.kafka_partition, disputed.kafka_offset)
    WHERE change <> 'CANCELLED'
), chosen AS (
    SELECT
        movement_key, slot, arg_min(reporter, (quality, -epoch_us(recorded_at), reporter)) AS reporter
    FROM (
        SELECT movement_key, slot, reporter, max(quality) AS quality, max(recorded_at) AS recorded_at
        FROM standing
        GROUP BY movement_key, slot, reporter
    )
    GROUP BY movement_key, slot
), named AS (
    SELECT DISTINCT reporter, agency, "system" FROM reporter
)
SELECT
    standing.kafka_partition,
    standing.kafka_offset,
    named.agency AS counted_agency,
    named."system" AS counted_system
FROM standing
JOIN chosen
    ON chosen.movement_key = standing.movement_key
    AND chosen.slot = standing.slot
    AND chosen.reporter <> standing.reporter
JOIN named ON named.reporter = chosen.reporter;

CREATE OR REPLACE TEMP VIEW passed_over AS FROM passed_over_of('event');
