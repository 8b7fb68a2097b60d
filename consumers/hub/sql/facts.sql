-- The latest statements that count, classified: what a table can be built of.
--
-- `facts` holds what counts (see counted.sql), `uncounted` the other statements that stand and
-- who counts in their place, `classified` both.
--
--   measure    the stage, with its step where it has one (TRANSFERRED-2 is what the second
--              transporter took over); quantities of different measures are never added
--   flow       from whose books: the two agencies' reports of one movement stay apart
--   region     largest part of a country on the reporting side; GB-ZZ is a part of GB not known
--   partner    the country at the other end
--   material   by the crosswalk in schemas/codelists, or UNMAPPED
--   operation  its class on the day, or UNMAPPED
--   period     quarter of occurred_on
--   group_key  enterprise group, else the company; null: not known

-- One row for each code of a waste.
CREATE OR REPLACE TEMP VIEW waste_code AS
SELECT waste_id, 'LOW' AS scheme, low_code AS code FROM waste WHERE low_code IS NOT NULL
UNION ALL
SELECT waste_id, 'BASEL', basel_code FROM waste WHERE basel_code IS NOT NULL
UNION ALL
SELECT waste_id, 'OECD', oecd_code FROM waste WHERE oecd_code IS NOT NULL
UNION ALL
SELECT waste_id, 'HS', hs_code FROM waste WHERE hs_code IS NOT NULL
UNION ALL
SELECT waste_id, split_part(stated, ':', 1), substr(stated, strpos(stated, ':') + 1)
FROM (SELECT waste_id, unnest(string_split(other_codes, '|')) AS stated FROM waste WHERE other_codes <> '');

-- The material that a waste's codes name on a day: the lowest (rank, code) wins.
CREATE OR REPLACE TEMP VIEW waste_material AS
WITH named AS (
    SELECT waste_code.waste_id, list.material, list.rank, list.code, list.valid_from, list.valid_to
    FROM waste_code
    JOIN codelist.material AS list
        ON list.scheme = waste_code.scheme AND starts_with(waste_code.code, list.code)
), day AS (
    SELECT DISTINCT waste_id, occurred_on FROM event
)
SELECT
    day.waste_id,
    day.occurred_on,
    coalesce(arg_min(named.material, (named.rank, named.code)), 'UNMAPPED') AS material
FROM day
LEFT JOIN named
    ON named.waste_id = day.waste_id
    AND day.occurred_on BETWEEN named.valid_from AND coalesce(named.valid_to, DATE '9999-12-31')
GROUP BY day.waste_id, day.occurred_on;

-- Parts of countries, and the largest part that each lies in: departments of France and provinces
-- of Italy are told by region. The groups of countries in the same list (EU, OECD) are no parts.
CREATE OR REPLACE TEMP VIEW country_part AS
SELECT part.parent AS country, part.code, coalesce(larger.parent, part.code) AS region
FROM codelist.regions AS part
LEFT JOIN codelist.regions AS larger
    ON larger.code = part.code AND starts_with(larger.parent, part.parent || '-')
WHERE starts_with(part.code, part.parent || '-');

CREATE OR REPLACE TEMP VIEW classified AS
WITH sided AS (
    SELECT
        latest.*,
        CASE side
            WHEN 'ORIGIN' THEN 'EXPORT' WHEN 'DESTINATION' THEN 'IMPORT' ELSE side
        END AS flow,
        -- Inside a country the place is where the waste is at that stage.
        side = 'DESTINATION'
            OR (side = 'DOMESTIC' AND stage IN ('RECEIVED', 'REFUSED', 'REPATRIATED', 'TREATED', 'END_OF_WASTE'))
            AS is_destination
    FROM latest
), placed AS (
    SELECT
        *,
        CASE
            WHEN side = 'TRANSIT' THEN split_part(agency, '-', 1)
            WHEN is_destination THEN destination_country
            ELSE origin_country
        END AS country,
        CASE
            WHEN side = 'TRANSIT' THEN NULL
            WHEN is_destination THEN destination_region
            ELSE origin_region
        END AS stated_region,
        -- A transit country lies between two others; where the waste comes from is told.
        CASE WHEN side = 'ORIGIN' THEN destination_country ELSE origin_country END AS partner
    FROM sided
)
SELECT
    placed.* EXCLUDE (flow, is_destination, country, stated_region, partner),
    CASE placed.step WHEN 0 THEN placed.stage ELSE placed.stage || '-' || placed.step END AS measure,
    placed.flow,
    placed.country,
    CASE
        WHEN country_part.region IS NOT NULL THEN country_part.region
        WHEN placed.country IN (SELECT country FROM country_part) THEN placed.country || '-ZZ'
        ELSE placed.country
    END AS region,
    placed.partner,
    waste_material.material,
    coalesce(operation_class.class, 'UNMAPPED') AS operation,
    year(placed.occurred_on) || '-Q' || quarter(placed.occurred_on) AS period,
    coalesce(placed.contributor_group, placed.contributor) AS group_key
FROM placed
JOIN waste_material
    ON waste_material.waste_id = placed.waste_id AND waste_material.occurred_on = placed.occurred_on
LEFT JOIN country_part
    ON country_part.country = placed.country AND country_part.code = placed.stated_region
LEFT JOIN codelist.operation_class AS operation_class
    ON operation_class.code = placed.operation_code
    AND placed.occurred_on
        BETWEEN operation_class.valid_from AND coalesce(operation_class.valid_to, DATE '9999-12-31');

CREATE OR REPLACE TEMP VIEW facts AS
SELECT classified.*
FROM classified
ANTI JOIN passed_over USING (kafka_partition, kafka_offset);

CREATE OR REPLACE TEMP VIEW uncounted AS
SELECT classified.*, passed_over.counted_agency, passed_over.counted_system
FROM classified
JOIN passed_over USING (kafka_partition, kafka_offset);
