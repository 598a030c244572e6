"""Wire APIs, one file each: phrasing their requests and reading their events. `wire_api` is their base. Pure."""
