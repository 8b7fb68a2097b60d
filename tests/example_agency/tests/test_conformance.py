"""The adapter satisfies what every adapter must."""

from pathlib import Path

from example_agency.adapter import ExampleWeighings

from producers.conformance.suite import conformance_tests

TestConformance = conformance_tests(ExampleWeighings, Path(__file__).parents[1] / "samples")
