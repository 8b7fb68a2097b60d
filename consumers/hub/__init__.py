"""The hub: the movements of all agencies in one file, and the SQL that says what they mean."""
