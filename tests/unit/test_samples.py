"""Every real sample becomes events, or is rejected for what its name tells; the output has the table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.demo import deliveries
from producers import adapter as adapters
from producers.conformance.subject import Sample, Subject
from producers.pipeline import Outcome
from schemas.findings import Severity
from tests.support.sample_table import Line
from tests.support.samples import sample, samples_folder

# What a bare document does not say and a setting does.
SETTINGS = {
    "us-emanifest": {},
    "uk-annex-vii": {"account": "sample-account"},
    "uk-packaging": {
        "organisation": "sample-organisation",
        "registration": "sample-registration",
        "uploaded_at": "2026-04-01T09:00:00Z",
    },
    "uk-receipt": {"wasteTrackingId": "26ABCDEF", "recordedAt": "2026-10-01T09:00:00Z"},
}


class Expected(NamedTuple):
    """What becomes of a file.

    Attributes:
        rules: Why documents of it give no event.
        note: What else there is to say of it.
    """

    documents: int
    events: int
    rejected: int = 0
    rules: str = ""
    note: str = ""


# A bare body of the US system, and a log of the UK one, is read in the envelope of the demonstration.
MANIFESTS = {
    "us-emanifest/Scenario-1-emanifest-save-valid-Full-Electronic-example.json": Expected(1, 2),
    "us-emanifest/Scenario-1-emanifest-update-valid-Full-Electronic-example.json": Expected(1, 2),
    "us-emanifest/emanifest-save-invalid-example.json": Expected(
        1, 0, 1, "us.field.missing us.field.type us.quantity.whole", "published as invalid"
    ),
    "us-emanifest/emanifest-save-valid-Data-and-Image-Manual-Entry-example.json": Expected(1, 2),
    "us-emanifest/emanifest-save-valid-Data-and-Image-Partial-reject-example.json": Expected(1, 3),
    "us-emanifest/emanifest-save-valid-Data-and-Image-example.json": Expected(1, 20),
    "us-emanifest/emanifest-save-valid-Full-Electronic-example.json": Expected(1, 2),
    "us-haztrak/100032524ELC.json": Expected(1, 2),
    "us-haztrak/manifest_from_haztrak.json": Expected(
        1, 0, 1, "us.field.type us.mtn.missing us.updated.missing", "a draft with units as text, no number"
    ),
} | {
    f"us-emanifest/emanifest-save-valid-Image-Only-{kind}-example.json": Expected(
        1, 0, 1, "us.dates.none", "an image that dates neither shipment nor receipt"
    )
    for kind in (
        "Alternate-Facility",
        "Designated-Facility",
        "Designated-Facility-acting-Generator",
        "Designated-Facility-with_Generator",
    )
}
LOGS = {
    "uk-epr-exporter/exporter-accredited.json": Expected(4, 12),
    "uk-epr-exporter/exporter-records.json": Expected(3, 0, 3, "layout.unknown", "an older layout"),
    "uk-epr-exporter/reprocessor-on-input-accredited.json": Expected(10, 10),
    "uk-epr-exporter/reprocessor-registered-only.json": Expected(12, 12),
}
_KEYLESS = Expected(1, 0, 1, "receipt.field.missing")
# Each replacement is the request it replaces.
RECEIPTS = {
    f"uk-dwt-receipt/{name}.json": expected
    for name, expected in (
        ("receive_Receive_Movement_Basic_Hazardous", Expected(1, 1)),
        ("receive_Receive_Movement_Basic_POPs", Expected(1, 2)),
        ("receive_Receive_Movement_Basic_Required_Fields_Only", Expected(1, 2)),
        ("receive_Receive_Movement_Complex", Expected(1, 4)),
        ("receive_Receive_Movement_Error_Missing_organisationApiId_as_a_required_field", _KEYLESS),
        ("receive_Receive_Movement_Warning_Missing_Disposal_Codes", Expected(1, 1, note="a warning")),
        ("update_Update_Movement_Basic_Hazardous", Expected(1, 1)),
        ("update_Update_Movement_Basic_POPs", Expected(1, 2)),
        ("update_Update_Movement_Basic_Required_Fields_Only", Expected(1, 2)),
        ("update_Update_Movement_Complex", Expected(1, 4)),
        ("update_Receive_Movement_Error_Missing_organisationApiId_as_a_required_field", _KEYLESS),
        ("update_Receive_Movement_Warning_Missing_Disposal_Codes", Expected(1, 1, note="a warning")),
    )
}
# Which line breaks which rule is tested beside the adapter.
GREEN_LIST = {
    "uk-annexvii-glw/AnnexVII_Multiples_CSV_template.csv": Expected(1, 0, 1, "annex7.rows.missing"),
    "uk-annexvii-glw/UKM_correct_data.csv": Expected(1, 0, 1, "annex7.layout.ukm", "another layout"),
    "uk-annexvii-glw/UKWM_correct_all_waste_types.csv": Expected(
        1, 0, 1, "annex7.layout.ukwm", "another layout"
    ),
    "uk-annexvii-glw/about_waste_correct.csv": Expected(
        9,
        0,
        9,
        "annex7.date.missing annex7.flag.unknown annex7.party.absent annex7.reference.repeated",
        "right about the waste alone",
    ),
    "uk-annexvii-glw/about_waste_error.csv": Expected(
        30,
        0,
        30,
        "annex7.basel.unknown annex7.country.unknown annex7.description.long annex7.description.missing "
        "annex7.email.form annex7.ewc.missing annex7.ewc.unknown annex7.flag.unknown annex7.iiia.unknown "
        "annex7.iiib.unknown annex7.kilograms.listed annex7.kilograms.range annex7.laboratory.unknown "
        "annex7.listing.laboratory annex7.listing.missing annex7.listing.several annex7.national.form "
        "annex7.oecd.unknown annex7.operation.disposal annex7.party.incomplete annex7.phone.form "
        "annex7.quantity.missing annex7.quantity.range annex7.quantity.several annex7.reference.form "
        "annex7.reference.missing annex7.reference.repeated",
    ),
    "uk-annexvii-glw/exporter_and_importer_errors.csv": Expected(
        37,
        0,
        37,
        "annex7.country.home annex7.date.missing annex7.email.form annex7.flag.unknown "
        "annex7.kilograms.missing annex7.nation.unknown annex7.party.absent annex7.party.incomplete "
        "annex7.phone.form annex7.postcode.form annex7.reference.repeated annex7.text.long",
    ),
    "uk-annexvii-glw/glw_correct_actual_data.csv": Expected(9, 9),
    "uk-annexvii-glw/glw_correct_estimate_data.csv": Expected(9, 9),
    "uk-annexvii-glw/glw_e2e_usecases.csv": Expected(
        6, 4, 2, "annex7.iiia.unknown annex7.reference.repeated", "ref1 twice, half a code"
    ),
    "uk-annexvii-glw/india_not_allowed_as_importing_country.csv": Expected(
        1, 1, note="India is a country like others"
    ),
    "uk-annexvii-glw/kgs_for_bulk_waste_need_error_message_chs.csv": Expected(
        1, 0, 1, "annex7.kilograms.listed annex7.transit.end"
    ),
    "uk-annexvii-glw/transit_country_multiple_time.csv": Expected(1, 1, note="a warning"),
}
ADAPTERS = {
    "us-emanifest": MANIFESTS,
    "uk-packaging": LOGS,
    "uk-receipt": RECEIPTS,
    "uk-annex-vii": GREEN_LIST,
}
TABLE = [(name, path, expected) for name, files in ADAPTERS.items() for path, expected in files.items()]

_SCHEMA, _REPLY, _CODES, _PART = (
    "a schema",
    "what a service answers",
    "a list of codes",
    "a part of a document",
)
NO_DOCUMENTS = {
    "SOURCES.md": "where the samples come from",
    "codelists/defra_container-types_validContainerTypes.json": _CODES,
    "codelists/defra_ewc-codes_validEwcCodes.json": _CODES,
    "codelists/defra_haz-codes_hazardousPropertyCodes.json": _CODES,
    "codelists/defra_pop-names_validPopNames.json": _CODES,
    "codelists/defra_treatment-codes_DISPOSAL_CODES.json": _CODES,
    "codelists/defra_treatment-codes_RECOVERY_CODES.json": _CODES,
    "uk-dwt-receipt/Receipt_API.openapi.yml": _SCHEMA,
    "uk-epr-exporter/basel-codes.json": _CODES,
    "uk-epr-exporter/ewc-codes.json": _CODES,
    "uk-epr-exporter/expected_reports.json": "what the agency reports of the logs beside it",
    "uk-epr-exporter/waste-descriptions.json": _CODES,
    "us-emanifest/Scenario-1-emanifest-save-valid-Full-Electronic-example-response.json": _REPLY,
    "us-emanifest/Scenario-1-emanifest-update-valid-Full-Electronic-example-response.json": _REPLY,
    "us-emanifest/emanifest-return-failure-example.json": _REPLY,
    "us-emanifest/emanifest-return-success-example-no-warnings.json": _REPLY,
    "us-emanifest/emanifest-return-success-example-with-warnings.json": _REPLY,
    "us-emanifest/emanifest.schema.json": _SCHEMA,
    "us-emanifest/schema_code-descriptions.json": _SCHEMA,
    "us-emanifest/schema_crud-emanifest-return.json": _SCHEMA,
    "us-emanifest/schema_emanifest-correction-details.json": f"{_SCHEMA}, broken as published",
    "us-emanifest/schema_emanifest-correction-version.json": _SCHEMA,
    "us-emanifest/schema_search-manifest.json": _SCHEMA,
    "us-haztrak/handler_schema.json": _SCHEMA,
    "us-haztrak/paper_manifest_handler.json": _PART,
    "us-haztrak/site_seach.json": _REPLY,
    "us-haztrak/test_handler.json": _PART,
    "us-haztrak/test_wasteline1.json": _PART,
}


@pytest.fixture(scope="module")
def enveloped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return by name the samples in the envelopes that the demonstration writes around them."""
    folder = tmp_path_factory.mktemp("samples")
    written = list(deliveries.real(samples_folder(), folder)) if samples_folder().is_dir() else []
    return {file.name: file for delivery in written for file in delivery.folder.iterdir()}


@pytest.mark.parametrize(("adapter", "path", "expected"), TABLE, ids=[path for _, path, _ in TABLE])
def test_a_sample_becomes_events_or_is_rejected_for_what_its_name_tells(
    adapter: str,
    path: str,
    expected: Expected,
    enveloped: dict[str, Path],
    show_sample: Callable[[Line], None],
) -> None:
    """Documents, events and rejects of a file are those of the table, and so are the rules it breaks."""
    file = sample(path)
    outcomes = read(adapter, enveloped.get(file.name, file))
    rules = reasons(outcomes)
    events = sum(len(outcome.events) for outcome in outcomes)
    rejected = sum(outcome.is_rejected for outcome in outcomes)
    show_sample(Line(path, adapter, len(outcomes), events, rejected, rules, expected.note))

    assert expected == Expected(len(outcomes), events, rejected, " ".join(rules), expected.note)


@pytest.mark.parametrize("path", NO_DOCUMENTS)
def test_what_is_no_document_of_an_adapter_is_refused_by_all(
    path: str, show_sample: Callable[[Line], None]
) -> None:
    """A schema, a reply or a list that gets among the documents gives no event and is told as rejected."""
    outcomes = [outcome for adapter in ADAPTERS for outcome in read(adapter, sample(path))]
    events = sum(len(outcome.events) for outcome in outcomes)
    rejected = sum(outcome.is_rejected for outcome in outcomes)
    show_sample(Line(path, "none", 0, events, 0, (), NO_DOCUMENTS[path]))

    assert (0, len(outcomes)) == (events, rejected)


def test_no_sample_is_forgotten() -> None:
    """Every file of the folder is in one of the two tables, and every line of them is a file."""
    folder = sample("SOURCES.md").parent
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}

    assert files == {path for _, path, _ in TABLE} | NO_DOCUMENTS.keys()


def read(adapter: str, file: Path) -> list[Outcome]:
    """Return what becomes of each document of a file that is published alone."""
    subject = Subject(adapters.find(adapter), SETTINGS[adapter], ())
    return subject.outcomes([Sample(file.name, file.read_bytes())])


def reasons(outcomes: list[Outcome]) -> tuple[str, ...]:
    """Return the errors for which documents are rejected, and the warnings of those that have no event."""
    told = (
        finding.rule
        for outcome in outcomes
        for finding in outcome.findings
        if finding.severity is Severity.ERROR or not (outcome.events or outcome.is_rejected)
    )
    return tuple(sorted(set(told)))
