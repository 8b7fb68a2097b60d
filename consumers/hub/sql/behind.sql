-- Who stands behind each cell, at both ends: what a release is decided from. Never released itself.
--
--   group_key         enterprise group of whom the statement counts for, else the company
--   counterparty_key  the same of the other end; null: not known
--   agency            who stated it
--   companies         the companies of group_key that they are: what was published under the name of a
--   counterparties    company, before anybody knew its group, is its group's; the same at the other end
--   is_public         whether the law makes the movements public some day (see release_at.sql)
--
-- A company belongs to a group for everybody once anybody says so: only the contributor's group
-- is in an event, so the counterparty's comes from the events in which that company contributes.
-- As in contributions, a statement without a mass is counted as unconverted and adds nothing.

CREATE OR REPLACE TEMP VIEW company_group AS
SELECT contributor AS company, max(contributor_group) AS group_key
FROM event
WHERE contributor IS NOT NULL AND contributor_group IS NOT NULL
GROUP BY contributor;

CREATE OR REPLACE TEMP VIEW behind AS
WITH summed AS (
    -- First by company: few rows are left to be joined and listed, so that little memory is needed.
    SELECT
        measure,
        flow,
        region,
        partner,
        material,
        operation,
        period,
        contributor_group,
        contributor,
        counterparty,
        agency,
        movement_key IN (
            SELECT movement_key FROM release_at WHERE release_at IS NOT NULL
        ) AS is_public,
        sum(mass_g) AS mass_g,
        count(*) FILTER (mass_g IS NULL) AS unconverted
    FROM facts
    GROUP BY ALL
)
SELECT
    summed.measure,
    summed.flow,
    summed.region,
    summed.partner,
    summed.material,
    summed.operation,
    summed.period,
    coalesce(summed.contributor_group, own.group_key, summed.contributor) AS group_key,
    coalesce(other.group_key, summed.counterparty) AS counterparty_key,
    summed.agency,
    summed.is_public,
    list_sort(list(DISTINCT summed.contributor) FILTER (summed.contributor IS NOT NULL)) AS companies,
    list_sort(list(DISTINCT summed.counterparty) FILTER (summed.counterparty IS NOT NULL)) AS counterparties,
    CAST(coalesce(sum(summed.mass_g), 0) AS BIGINT) AS mass_g,
    CAST(sum(summed.unconverted) AS BIGINT) AS unconverted
FROM summed
LEFT JOIN company_group AS own ON own.company = summed.contributor
LEFT JOIN company_group AS other ON other.company = summed.counterparty
GROUP BY ALL;
