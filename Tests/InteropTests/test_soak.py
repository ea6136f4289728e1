"""A soak of seconds: what the one of an hour does, so that it can be trusted to do it."""

from soak import soak


def test_steady_load_with_restarts(tmp_path):
    """R-01 R-11 R-41: no error outside of restarts, and every timestamp that was handed out is in the tree."""
    record = soak(tmp_path, 18)
    assert record.errors == []
    assert sorted(set(record.restarts)) == ["kill", "stop"] and len(record.restarts) >= 3
    assert record.issued == record.found <= record.tree_size
    assert record.issued > 50 and len(record.resident_bytes) >= 3
