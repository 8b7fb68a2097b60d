-- Every event as the contract has it, one row for each record of the topic.
--
-- Beyond the contract: the record's coordinates, and waste_id, the number that all events
-- about the same codes and operation share.
--
-- Here and in what follows, `..._of(events)` shows the same of a part of all events: a relation with the
-- columns of `event`, by its name, that has all events of a movement or none of them.

CREATE OR REPLACE TEMP MACRO movement_of(events) AS TABLE
SELECT
    event.event_id,
    event.statement_key,
    event.revision,
    event.edition,
    kind.change,
    kind.agency,
    event.recorded_at,
    kind.source_format,
    kind.adapter_version,
    kind.codelist_version,
    event.movement_key,
    event.line_number,
    kind.stage,
    kind.step,
    kind.side,
    event.occurred_on,
    event.occurred_at,
    kind."precision",
    route.origin_country,
    route.origin_region,
    route.destination_country,
    route.destination_region,
    CASE route.transit_countries
        WHEN '' THEN []::VARCHAR[] ELSE string_split(route.transit_countries, ',')
    END AS transit_countries,
    waste.low_code,
    waste.basel_code,
    waste.oecd_code,
    waste.hs_code,
    waste.other_codes,
    waste.hazardous,
    waste.operation_code,
    waste.native_operation_code,
    event.mass_g,
    event.quantity,
    kind.unit,
    kind.basis,
    event.load_count,
    event.contributor,
    event.contributor_group,
    event.counterparty,
    event.release_at,
    waste.waste_id,
    event.kafka_partition,
    event.kafka_offset
FROM query_table(events) AS event
JOIN kind USING (kind_id)
JOIN route USING (route_id)
JOIN waste USING (waste_id);

CREATE OR REPLACE TEMP VIEW movement AS FROM movement_of('event');
