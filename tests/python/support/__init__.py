"""What the tests share: oracles, exporters, objects that play tricks, and random records."""
