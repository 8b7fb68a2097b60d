"""Where the secret documents of an agency lie: a folder, the environment, a token, a key service."""
