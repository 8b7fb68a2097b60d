"""Fixtures that every test may ask for."""

pytest_plugins = [
    "tests.support.exchange",
    "tests.support.hub_file",
    "tests.support.histories",
    "tests.support.postgres",
    "tests.support.sample_table",
    "tests.support.secured",
]

# A package of its own, whose tests run where it is installed.
collect_ignore = ["example_agency"]
