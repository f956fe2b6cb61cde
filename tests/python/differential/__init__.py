"""The view compared with what else there is: random exporters, layouts, and CPython's own tests."""
