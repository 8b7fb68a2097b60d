"""Italy's RENTRI: the digital transport form (FIR)."""

from producers.adapters.it_rentri.adapter import ItRentri

__all__ = ["ItRentri"]
