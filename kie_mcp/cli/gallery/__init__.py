"""`kie-mcp gallery`: one page of the files that the account's jobs made, without network."""
