"""Free loopback ports below the range the kernel hands out by itself, so that nothing takes them between runs."""

import random
import socket

_taken: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on and that this run has not given out yet."""
    for _ in range(500):
        port = random.randint(20_000, 31_999)
        if port in _taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _taken.add(port)
        return port
    raise RuntimeError("no free port found")
