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
--   operation  class of its code on the day, else of what the agency's own code means, or UNMAPPED;
--              operation_quality says how well that is known: official, derived or assumed
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

-- The class of a country's own operation code, by day. A code that may mean operations of several
-- classes has none. Qualities are in the order of the alphabet, the worst one first.
CREATE OR REPLACE TEMP VIEW native_operation AS
WITH meaning AS (
    SELECT
        split_part(method.from_scheme, '-', 1) AS country,
        method.from_code AS code,
        operation.class,
        least(method.quality, operation.quality) AS quality,
        greatest(method.valid_from, operation.valid_from) AS valid_from,
        least(
            coalesce(method.valid_to, DATE '9999-12-31'), coalesce(operation.valid_to, DATE '9999-12-31')
        ) AS valid_to
    FROM codelist.method_operation AS method
    JOIN codelist.operation_class AS operation ON operation.code = method.to_code
), beginning AS (
    SELECT country, code, valid_from AS day FROM meaning
    UNION
    SELECT country, code, valid_to + 1 FROM meaning WHERE valid_to < DATE '9999-12-31'
), span AS (
    SELECT
        country,
        code,
        day AS valid_from,
        lead(day, 1, DATE '9999-12-31') OVER (PARTITION BY country, code ORDER BY day) - 1 AS valid_to
    FROM beginning
)
SELECT
    span.country,
    span.code,
    span.valid_from,
    span.valid_to,
    any_value(meaning.class) AS class,
    min(meaning.quality) AS quality
FROM span
JOIN meaning
    ON meaning.country = span.country
    AND meaning.code = span.code
    AND span.valid_from BETWEEN meaning.valid_from AND meaning.valid_to
GROUP BY ALL
HAVING count(DISTINCT meaning.class) = 1;

-- What a waste's codes name on a day: the material, of which the lowest (rank, code) wins, the class
-- of its operation, and by country what the operation code would mean that is the country's own.
CREATE OR REPLACE TEMP MACRO waste_day_of(events) AS TABLE
WITH day AS (
    SELECT DISTINCT waste_id, occurred_on FROM query_table(events)
), named AS (
    SELECT waste_code.waste_id, list.material, list.rank, list.code, list.valid_from, list.valid_to
    FROM waste_code
    JOIN codelist.material AS list
        ON list.scheme = waste_code.scheme AND starts_with(waste_code.code, list.code)
), material AS (
    SELECT
        day.waste_id,
        day.occurred_on,
        coalesce(arg_min(named.material, (named.rank, named.code)), 'UNMAPPED') AS material
    FROM day
    LEFT JOIN named
        ON named.waste_id = day.waste_id
        AND day.occurred_on BETWEEN named.valid_from AND coalesce(named.valid_to, DATE '9999-12-31')
    GROUP BY day.waste_id, day.occurred_on
), native AS (
    SELECT
        day.waste_id,
        day.occurred_on,
        map_from_entries(list((country, {'class': class, 'quality': quality}))) AS meanings
    FROM day
    JOIN waste ON waste.waste_id = day.waste_id AND waste.operation_code IS NULL
    JOIN native_operation
        ON native_operation.code = waste.native_operation_code
        AND day.occurred_on BETWEEN native_operation.valid_from AND native_operation.valid_to
    GROUP BY day.waste_id, day.occurred_on
)
SELECT
    material.waste_id,
    material.occurred_on,
    material.material,
    operation.class AS operation,
    operation.quality AS operation_quality,
    native.meanings
FROM material
JOIN waste ON waste.waste_id = material.waste_id
LEFT JOIN codelist.operation_class AS operation
    ON operation.code = waste.operation_code
    AND material.occurred_on BETWEEN operation.valid_from AND coalesce(operation.valid_to, DATE '9999-12-31')
LEFT JOIN native ON native.waste_id = material.waste_id AND native.occurred_on = material.occurred_on;

-- Parts of countries, and the largest part that each lies in: departments of France and provinces
-- of Italy are told by region. The groups of countries in the same list (EU, OECD) are no parts.
CREATE OR REPLACE TEMP VIEW country_part AS
SELECT part.parent AS country, part.code, coalesce(larger.parent, part.code) AS region
FROM codelist.regions AS part
LEFT JOIN codelist.regions AS larger
    ON larger.code = part.code AND starts_with(larger.parent, part.parent || '-')
WHERE starts_with(part.code, part.parent || '-');

CREATE OR REPLACE TEMP MACRO classified_of(events) AS TABLE
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
    FROM latest_of(events) AS latest
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
    waste_day.material,
    coalesce(
        waste_day.operation, waste_day.meanings[split_part(placed.agency, '-', 1)].class, 'UNMAPPED'
    ) AS operation,
    coalesce(
        waste_day.operation_quality, waste_day.meanings[split_part(placed.agency, '-', 1)].quality
    ) AS operation_quality,
    year(placed.occurred_on) || '-Q' || quarter(placed.occurred_on) AS period,
    coalesce(placed.contributor_group, placed.contributor) AS group_key
FROM placed
JOIN waste_day_of(events) AS waste_day
    ON waste_day.waste_id = placed.waste_id AND waste_day.occurred_on = placed.occurred_on
LEFT JOIN country_part
    ON country_part.country = placed.country AND country_part.code = placed.stated_region;

CREATE OR REPLACE TEMP MACRO facts_of(events) AS TABLE
SELECT classified.*
FROM classified_of(events) AS classified
ANTI JOIN passed_over_of(events) AS passed_over USING (kafka_partition, kafka_offset);

CREATE OR REPLACE TEMP VIEW classified AS FROM classified_of('event');

CREATE OR REPLACE TEMP VIEW facts AS FROM facts_of('event');

CREATE OR REPLACE TEMP VIEW uncounted AS
SELECT classified.*, passed_over.counted_agency, passed_over.counted_system
FROM classified
JOIN passed_over USING (kafka_partition, kafka_offset);
