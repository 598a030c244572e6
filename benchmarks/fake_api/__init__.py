"""A FIM API on loopback that answers as it is scripted: shared by benchmarks, tests and editors' tests."""
