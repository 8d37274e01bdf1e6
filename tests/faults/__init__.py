"""The fault suite: what the program promises under every fault, held by figures. See __main__.py."""
