"""Many people and one limit: in virtual time (`simulation`), and with real server processes (`processes`)."""
