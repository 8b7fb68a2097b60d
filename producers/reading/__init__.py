"""What adapters read documents with: files of any size, dates, codes, references, native models."""
