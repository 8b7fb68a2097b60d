"""Sealing of what recipients alone may read: which key, which recipients, which parts."""
