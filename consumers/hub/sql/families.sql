-- Movements that come of other movements: by rejection, as residue, as return, onward. Never
-- released: who sends to whom is a company's own affair.
--
--   links       one row for each parent and child, whichever of the two told of it, in any order
--   families    one row for each parent whose waste left it on other movements, with the balance
--   taken_back  one row for each movement that was refused, stopped or taken back
--   orphans()   links of which one end is not there yet, counted by age

-- A child that REPLACES or is RETURN_OF or ONWARD_OF another movement names its parent. A parent
-- that is REPLACED_BY another names its child, and so does one that was received and left a
-- RESIDUE_OF it on another. Child and parent may both tell; a child cannot tell why it was made,
-- so what the parent says of the kind wins.
CREATE OR REPLACE TEMP VIEW links AS
WITH told AS (
    SELECT
        latest.movement_key AS own_key,
        related.movement_key AS other_key,
        related.relation,
        related.relation IN ('REPLACED_BY', 'RESIDUE_OF') AS is_by_parent,
        latest.recorded_at
    FROM latest
    JOIN related USING (kafka_partition, kafka_offset)
)
SELECT
    CASE WHEN is_by_parent THEN own_key ELSE other_key END AS parent_key,
    CASE WHEN is_by_parent THEN other_key ELSE own_key END AS child_key,
    CASE
        WHEN bool_or(relation = 'RESIDUE_OF') THEN 'RESIDUE'
        WHEN bool_or(relation = 'RETURN_OF') THEN 'RETURN'
        WHEN bool_or(relation = 'ONWARD_OF') THEN 'ONWARD'
        ELSE 'REJECTION'
    END AS kind,
    bool_or(is_by_parent) AS is_told_by_parent,
    bool_or(NOT is_by_parent) AS is_told_by_child,
    CAST(min(recorded_at) AS DATE) AS told_on
FROM told
GROUP BY ALL;

-- What is known of a movement at each stage: from the book nearest to where the waste is then, at
-- its last step; null where a load has no mass.
CREATE OR REPLACE TEMP VIEW movement_mass AS
SELECT movement_key, stage, arg_min_null(mass_g, (is_far, side, -step)) AS mass_g
FROM (
    SELECT
        movement_key,
        stage,
        step,
        side,
        CASE WHEN stage IN ('NOTIFIED', 'ANNOUNCED', 'DISPATCHED') THEN side = 'DESTINATION'
            ELSE side = 'ORIGIN'
        END AS is_far,
        CASE WHEN count(*) = count(mass_g) THEN CAST(sum(mass_g) AS BIGINT) END AS mass_g
    FROM latest
    ANTI JOIN passed_over USING (kafka_partition, kafka_offset)
    WHERE side <> 'TRANSIT'
    GROUP BY ALL
)
GROUP BY movement_key, stage;

-- The balance of a parent:
--
--   sent_g      what it dispatched
--   refused_g   what it says was refused; null where it does not say how much, as in the United
--               States' partial rejections, where the children carry it
--   rejected_g, residue_g
--               what its children carry, from rejection or return, and as residue
--   kept_g      sent less what the children carry: what stayed where it arrived
--   gap_g       where refused_g is known: what the children carry of it, less refused_g
--
-- A child carries what it dispatched; where only its other end reports, what arrived. Sums are
-- null until every child is there with its mass. A child of several parents cannot be split.
CREATE OR REPLACE TEMP VIEW families AS
WITH mass AS MATERIALIZED (
    SELECT
        movement_key,
        any_value(mass_g) FILTER (stage = 'DISPATCHED') AS sent_g,
        any_value(mass_g) FILTER (stage = 'RECEIVED') AS received_g,
        any_value(mass_g) FILTER (stage = 'REPATRIATED') AS repatriated_g,
        any_value(mass_g) FILTER (stage = 'REFUSED') AS refused_g
    FROM movement_mass
    GROUP BY movement_key
), link AS MATERIALIZED (
    SELECT * FROM links WHERE kind <> 'ONWARD'
), carried AS (
    SELECT
        link.parent_key,
        link.kind = 'RESIDUE' AS is_residue,
        mass.movement_key IS NOT NULL AS is_there,
        CASE WHEN count(*) OVER (PARTITION BY link.child_key) = 1
            THEN coalesce(mass.sent_g, mass.received_g, mass.repatriated_g)
        END AS mass_g
    FROM link
    LEFT JOIN mass ON mass.movement_key = link.child_key
), summed AS (
    SELECT
        parent_key,
        count(*) AS children,
        count(*) FILTER (is_there) AS children_there,
        count(*) FILTER (mass_g IS NULL AND NOT is_residue) = 0 AS are_rejected_known,
        count(*) FILTER (mass_g IS NULL AND is_residue) = 0 AS are_residues_known,
        CAST(coalesce(sum(mass_g) FILTER (NOT is_residue), 0) AS BIGINT) AS rejected_g,
        CAST(coalesce(sum(mass_g) FILTER (is_residue), 0) AS BIGINT) AS residue_g
    FROM carried
    GROUP BY parent_key
), balanced AS (
    SELECT
        summed.parent_key,
        mass.movement_key IS NOT NULL AS is_parent_there,
        summed.children,
        summed.children_there,
        mass.sent_g,
        mass.refused_g,
        CASE WHEN are_rejected_known THEN rejected_g END AS rejected_g,
        CASE WHEN are_residues_known THEN residue_g END AS residue_g
    FROM summed
    LEFT JOIN mass ON mass.movement_key = summed.parent_key
)
SELECT *, sent_g - rejected_g - residue_g AS kept_g, rejected_g - refused_g AS gap_g
FROM balanced;

-- Links of which one end is not there: `FROM orphans()`, or of another day
-- `FROM orphans(today := DATE '2026-03-31')`. The age counts from when the link was told first.
CREATE OR REPLACE TEMP MACRO orphans(today := current_date) AS TABLE
WITH there AS MATERIALIZED (
    SELECT DISTINCT movement_key FROM latest
)
SELECT
    CASE WHEN is_told_by_parent THEN 'CHILD' ELSE 'PARENT' END AS absent,
    kind,
    date_diff('day', told_on, today) AS age_days,
    count(*) AS links
FROM links
WHERE parent_key NOT IN (FROM there) OR child_key NOT IN (FROM there)
GROUP BY ALL;

-- What was refused or stopped of a movement, and what came home: on its own, or on movements that
-- return it.
--
--   refused_or_stopped_g  a load that was both counts once, with the larger figure
--   repatriated_g         what came home; null where nothing did or a mass is not known
--   outstanding_g         what is still away
CREATE OR REPLACE TEMP VIEW taken_back AS
WITH mass AS MATERIALIZED (
    SELECT * FROM movement_mass WHERE stage IN ('REFUSED', 'STOPPED', 'REPATRIATED')
), return AS MATERIALIZED (
    SELECT parent_key, child_key FROM links WHERE kind = 'RETURN'
), home AS (
    SELECT movement_key, mass_g
    FROM mass
    WHERE stage = 'REPATRIATED' AND movement_key NOT IN (SELECT child_key FROM return)
    UNION ALL
    SELECT return.parent_key, mass.mass_g
    FROM return
    JOIN mass ON mass.movement_key = return.child_key AND mass.stage = 'REPATRIATED'
), came AS (
    SELECT movement_key, CASE WHEN count(*) = count(mass_g) THEN CAST(sum(mass_g) AS BIGINT) END AS mass_g
    FROM home
    GROUP BY movement_key
), away AS (
    SELECT movement_key, CASE WHEN count(*) = count(mass_g) THEN max(mass_g) END AS mass_g
    FROM mass
    WHERE stage <> 'REPATRIATED'
    GROUP BY movement_key
)
SELECT
    coalesce(away.movement_key, came.movement_key) AS movement_key,
    away.mass_g AS refused_or_stopped_g,
    came.mass_g AS repatriated_g,
    away.mass_g - CASE WHEN came.movement_key IS NULL THEN 0 ELSE came.mass_g END AS outstanding_g
FROM away
FULL JOIN came ON came.movement_key = away.movement_key;
