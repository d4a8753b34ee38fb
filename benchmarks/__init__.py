"""Timings against named rivals, one file a question. `make bench` runs them all."""
