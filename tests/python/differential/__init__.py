"""The view compared with other implementations, by random exporters and CPython's own tests."""
