-- Both books of a movement beside each other: what the exporter's side says and what the
-- importer's side says of one line. Confidential and never released: a difference of two
-- companies' figures tells more about them than either.
--
-- `compared` is a measure that both books have, or DISPATCHED/RECEIVED: what the exporter's side
-- says was sent beside what the importer's side says has arrived (its last step). The two are
-- never added, and neither is corrected by the other.
--
--   gap_g         import less export, in grams
--   gap_permille  the gap by the mean of both, as mirror statistics of trade have it
--
-- A mass is null where a load of the line has none.

CREATE OR REPLACE TEMP VIEW pairs AS
WITH book AS MATERIALIZED (
    SELECT
        movement_key,
        line_number,
        measure,
        stage,
        step,
        flow,
        any_value(agency) AS agency,  -- in one book one agency counts
        CASE WHEN count(*) = count(mass_g) THEN CAST(sum(mass_g) AS BIGINT) END AS mass_g
    FROM facts
    WHERE flow IN ('EXPORT', 'IMPORT')
    GROUP BY ALL
), compared AS (
    SELECT movement_key, line_number, measure AS compared, flow, agency, mass_g FROM book
    UNION ALL
    SELECT
        movement_key,
        line_number,
        'DISPATCHED/RECEIVED',
        flow,
        arg_max(agency, step),
        arg_max_null(mass_g, step)
    FROM book
    WHERE (flow = 'EXPORT' AND stage = 'DISPATCHED') OR (flow = 'IMPORT' AND stage = 'RECEIVED')
    GROUP BY movement_key, line_number, flow
), paired AS (
    SELECT
        movement_key,
        line_number,
        compared,
        any_value(agency) FILTER (flow = 'EXPORT') AS export_agency,
        any_value(agency) FILTER (flow = 'IMPORT') AS import_agency,
        any_value(mass_g) FILTER (flow = 'EXPORT') AS export_g,
        any_value(mass_g) FILTER (flow = 'IMPORT') AS import_g
    FROM compared
    GROUP BY movement_key, line_number, compared
    HAVING count(*) = 2
)
SELECT
    *,
    import_g - export_g AS gap_g,
    CAST(round(2000 * (import_g - export_g) / nullif(import_g + export_g, 0)) AS INTEGER) AS gap_permille
FROM paired;
