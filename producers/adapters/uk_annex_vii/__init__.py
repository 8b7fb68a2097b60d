"""The United Kingdom's green-list exports, as uploaded in bulk."""

from producers.adapters.uk_annex_vii.adapter import UkAnnexVii

__all__ = ["UkAnnexVii"]
