"""What the tests share: oracles, exporters, and objects that interfere with a view."""
