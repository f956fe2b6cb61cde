"""The layers of the sources, held by a test that reads what they import."""
