-- How far each line is: on which days its stages are, as any reporter tells. Never released.
--
--   lifecycle   one row for each movement and line
--   progress    how many lines are how far
--   overdue()   lines that were dispatched and have not arrived
--
-- No stage implies another one. What is received and was not dispatched is either a load whose
-- importer was faster, or one whose source knows no dispatch.

CREATE OR REPLACE TEMP VIEW lifecycle AS
WITH line AS (
    SELECT
        movement_key,
        line_number,
        bool_or(origin_country <> destination_country) AS is_abroad,
        min(occurred_on) FILTER (stage = 'ANNOUNCED') AS announced_on,
        min(occurred_on) FILTER (stage = 'DISPATCHED') AS dispatched_on,
        min(occurred_on) FILTER (stage = 'RECEIVED') AS received_on,
        min(occurred_on) FILTER (stage = 'REFUSED') AS refused_on,
        min(occurred_on) FILTER (stage = 'STOPPED') AS stopped_on,
        min(occurred_on) FILTER (stage = 'REPATRIATED') AS repatriated_on,
        max(occurred_on) FILTER (stage = 'TREATED') AS treated_on,
        min(occurred_on) FILTER (stage = 'END_OF_WASTE') AS end_of_waste_on
    FROM latest
    GROUP BY movement_key, line_number
)
SELECT
    *,
    CASE
        WHEN end_of_waste_on IS NOT NULL THEN 'END_OF_WASTE'
        WHEN treated_on IS NOT NULL THEN 'TREATED'
        WHEN repatriated_on IS NOT NULL THEN 'REPATRIATED'
        WHEN received_on IS NOT NULL THEN 'RECEIVED'
        WHEN refused_on IS NOT NULL THEN 'REFUSED'
        WHEN stopped_on IS NOT NULL THEN 'STOPPED'
        WHEN dispatched_on IS NOT NULL THEN 'DISPATCHED'
        WHEN announced_on IS NOT NULL THEN 'ANNOUNCED'
        ELSE 'OTHER'
    END AS furthest,
    received_on IS NOT NULL AND dispatched_on IS NULL AS is_received_only,
    dispatched_on IS NOT NULL
        AND coalesce(received_on, refused_on, stopped_on, repatriated_on, treated_on, end_of_waste_on) IS NULL
        AS is_under_way
FROM line;

CREATE OR REPLACE TEMP VIEW progress AS
SELECT furthest, is_abroad, is_received_only, is_under_way, count(*) AS lines
FROM lifecycle
GROUP BY ALL;

-- `FROM overdue()`, or with other days and as of another day
-- `FROM overdue(days := 30, today := DATE '2026-03-31')`. After 42 days without a receipt
-- authorities look into a shipment: Regulation (EU) 2024/1157, Article 38.
CREATE OR REPLACE TEMP MACRO overdue(days := 42, today := current_date) AS TABLE
SELECT movement_key, line_number, is_abroad, dispatched_on, date_diff('day', dispatched_on, today) AS age_days
FROM lifecycle
WHERE is_under_way AND date_diff('day', dispatched_on, today) > days;
