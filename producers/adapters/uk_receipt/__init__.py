"""The United Kingdom's digital waste tracking: receipt of waste."""

from producers.adapters.uk_receipt.adapter import UkReceipt

__all__ = ["UkReceipt"]
