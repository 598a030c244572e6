"""The wire APIs: how each phrases a request and reads its events, one file an API. Pure."""
