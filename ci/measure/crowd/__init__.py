"""Rooms of thousands, and thousands of clients that come: W8 and W9 of ci/bench, and ci/crowd."""
