-- What each group adds to each cell, in grams.
--
-- A statement without a mass is counted as unconverted and adds nothing; it is never zero.
-- Contributions of unknown groups to a cell stand together in one row without a group.

CREATE OR REPLACE TEMP VIEW contributions AS
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
FROM facts
GROUP BY ALL;
