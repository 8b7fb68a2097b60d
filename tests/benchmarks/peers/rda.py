"""Turns a table of R into CSV: `python rda.py FILE.rda FILE.csv`, in the environment of tau-ARGUS."""

from __future__ import annotations

import sys

import pyreadr  # type: ignore[import-not-found]  # of the peer's environment


def main() -> None:
    """Write the first table of the file."""
    source, target = sys.argv[1:]
    (frame,) = pyreadr.read_r(source, output_format="polars").values()
    frame.write_csv(target)


if __name__ == "__main__":
    main()
