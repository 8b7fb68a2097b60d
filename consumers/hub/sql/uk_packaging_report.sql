-- The totals of the United Kingdom's packaging reports, by operator, for any period:
-- `FROM uk_packaging_report(DATE '2026-01-01', DATE '2026-01-31')`. Tonnes.
--
-- The agency's rule: each load is rounded to two decimals, half up, and the rounded loads are
-- summed. So this starts from the quantity as stated, never from grams, and its totals may
-- differ from other tables in the third decimal of each load.
--
--   received               loads that arrived at the operator
--   exported               loads that left the country, refused and stopped ones included
--   received_not_exported  received in the period, and not exported in the same period
--   refused_or_stopped     a load that was both counts once
--   repatriated            on the day of the return
--   sent_to_...            passed on in the country, by kind of site

CREATE OR REPLACE TEMP MACRO uk_packaging_report(first_on, last_on) AS TABLE
WITH load AS (
    SELECT
        agency,
        contributor,
        movement_key,
        stage,
        side,
        native_operation_code AS site,
        kafka_partition,
        kafka_offset,
        round(CAST(quantity AS DECIMAL(38, 22)), 2) AS tonnes
    FROM latest
    WHERE starts_with(source_format, 'uk-packaging/') AND occurred_on BETWEEN first_on AND last_on
), exported_in AS (
    SELECT DISTINCT related.movement_key
    FROM load
    JOIN related USING (kafka_partition, kafka_offset)
    WHERE load.stage = 'DISPATCHED' AND load.side = 'ORIGIN' AND related.relation = 'ONWARD_OF'
), stopped AS (
    SELECT agency, contributor, sum(tonnes) AS tonnes
    FROM (
        SELECT agency, contributor, movement_key, any_value(tonnes) AS tonnes
        FROM load
        WHERE stage IN ('REFUSED', 'STOPPED') AND side = 'ORIGIN'
        GROUP BY agency, contributor, movement_key
    )
    GROUP BY agency, contributor
), total AS (
    SELECT
        agency,
        contributor,
        sum(tonnes) FILTER (stage = 'RECEIVED' AND side = 'DOMESTIC') AS received,
        sum(tonnes) FILTER (stage = 'DISPATCHED' AND side = 'ORIGIN') AS exported,
        sum(tonnes) FILTER (
            stage = 'RECEIVED' AND side = 'DOMESTIC'
            AND movement_key NOT IN (SELECT movement_key FROM exported_in)
        ) AS received_not_exported,
        sum(tonnes) FILTER (stage = 'REFUSED' AND side = 'ORIGIN') AS refused,
        sum(tonnes) FILTER (stage = 'STOPPED' AND side = 'ORIGIN') AS stopped,
        sum(tonnes) FILTER (stage = 'REPATRIATED' AND side = 'ORIGIN') AS repatriated,
        sum(tonnes) FILTER (stage = 'DISPATCHED' AND side = 'DOMESTIC' AND site = 'REPROCESSOR')
            AS sent_to_reprocessor,
        sum(tonnes) FILTER (stage = 'DISPATCHED' AND side = 'DOMESTIC' AND site = 'EXPORTER')
            AS sent_to_exporter,
        sum(tonnes) FILTER (stage = 'DISPATCHED' AND side = 'DOMESTIC' AND site = 'OTHER')
            AS sent_to_another_site
    FROM load
    GROUP BY agency, contributor
)
SELECT total.*, stopped.tonnes AS refused_or_stopped
FROM total
LEFT JOIN stopped ON stopped.agency = total.agency AND stopped.contributor = total.contributor;
