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
SELECT
    facts.measure,
    facts.flow,
    facts.region,
    facts.partner,
    facts.material,
    facts.operation,
    facts.period,
    coalesce(facts.contributor_group, own.group_key, facts.contributor) AS group_key,
    coalesce(other.group_key, facts.counterparty) AS counterparty_key,
    facts.agency,
    release_at.release_at IS NOT NULL AS is_public,
    list_sort(list(DISTINCT facts.contributor) FILTER (facts.contributor IS NOT NULL)) AS companies,
    list_sort(list(DISTINCT facts.counterparty) FILTER (facts.counterparty IS NOT NULL)) AS counterparties,
    CAST(coalesce(sum(facts.mass_g), 0) AS BIGINT) AS mass_g,
    count(*) FILTER (facts.mass_g IS NULL) AS unconverted
FROM facts
JOIN release_at ON release_at.movement_key = facts.movement_key
LEFT JOIN company_group AS own ON own.company = facts.contributor
LEFT JOIN company_group AS other ON other.company = facts.counterparty
GROUP BY ALL;
