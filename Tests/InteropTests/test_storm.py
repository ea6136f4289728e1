"""Ten times the load for seconds: what `storm.py` does for a minute by hand, so that it can be trusted to do it."""

from storm import problems, storm


def test_ten_times_the_load(tmp_path):
    """R-26 TL-69: memory below the computed ceiling, health, head and checkpoint answered, good answers, no one lost."""
    record = storm(tmp_path, 3, 10, 64)
    assert problems(record) == []
    assert record.probes >= 3 and record.ceiling_bytes > max(record.resident_bytes) > 0
    assert sum(record.answers.values()) > record.answers["200"], "nothing was refused: that was no overload"
