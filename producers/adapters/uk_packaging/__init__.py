"""The United Kingdom's packaging summary log."""

from producers.adapters.uk_packaging.adapter import UkPackaging

__all__ = ["UkPackaging"]
