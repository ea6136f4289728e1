"""One HTTP/2 connection made by hand, which can say what no decent client would."""

import socket
import time

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

RST_STREAM, GOAWAY = 3, 7


class Wire:
    """A connection to one server; `tls` is a client's context for TLS."""

    def __init__(self, port: int, tls=None, window: int | None = None):
        self.port, self.socket = port, socket.create_connection(("127.0.0.1", port), timeout=20)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        config = h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )  # fmt: skip
        self.connection = h2.connection.H2Connection(config)
        if window is not None:
            self.connection.local_settings = h2.settings.Settings(
                client=True, initial_values={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
            )
        self.connection.initiate_connection()
        self.events, self.closed, self.goodbyes, self.octets = [], False, [], b""
        self.resets: dict[int, int] = {}  # the code of each stream that the server reset
        self.flush()

    def flush(self) -> None:
        self.send(self.connection.data_to_send())

    def send(self, octets: bytes) -> None:
        """Sends octets as they are; a server that has hung up is no error here."""
        try:
            self.socket.sendall(octets)
        except OSError:
            self.closed = True

    def read(self) -> None:
        """Takes what the server has sent, waiting for something."""
        try:
            octets = self.socket.recv(65_536)
        except TimeoutError:
            raise
        except OSError:
            octets = b""
        if not octets:
            self.closed = True
            return
        self.octets += octets
        while len(self.octets) >= 9 and len(self.octets) >= 9 + int.from_bytes(self.octets[:3], "big"):
            size = 9 + int.from_bytes(self.octets[:3], "big")
            one, self.octets = self.octets[:size], self.octets[size:]
            self.take(one)
        self.flush()

    def take(self, one: bytes) -> None:
        """Takes one frame. The library thinks that a GOAWAY ends everything, so that is kept from it."""
        if one[3] == GOAWAY:
            self.goodbyes.append(int.from_bytes(one[13:17], "big"))
            return
        if one[3] == RST_STREAM:
            self.resets[int.from_bytes(one[5:9], "big")] = int.from_bytes(one[9:13], "big")
        try:
            events = self.connection.receive_data(one)
        except h2.exceptions.ProtocolError:
            return  # an answer to something that was sent behind the library's back
        for event in events:
            self.events.append(event)
            if isinstance(event, h2.events.DataReceived):
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    def settle(self) -> None:
        """Waits until the server has taken our settings and we its own."""
        self.until(lambda: any(isinstance(e, h2.events.SettingsAcknowledged) for e in self.events))

    def until(self, condition, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and not self.closed:
            assert time.monotonic() < deadline, self.events
            self.read()

    def headers(self, path: str, *more, method="POST", end=False, scheme="http") -> int:
        """Begins a request; returns its stream."""
        stream = self.connection.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", scheme), (":authority", "localhost"), (":path", path), *more]
        self.connection.send_headers(stream, fields, end_stream=end)
        self.flush()
        return stream

    def call(self, path: str, *more, **options) -> int:
        """Begins a call of gRPC."""
        return self.headers(path, ("content-type", "application/grpc"), ("te", "trailers"), *more, **options)

    def data(self, stream: int, octets: bytes, end=True) -> None:
        """Sends a body within the windows."""
        while octets and not self.closed and not self.is_over(stream):
            size = min(len(octets), self.connection.local_flow_control_window(stream), 16_384)
            if size == 0:
                self.read()
                continue
            part, octets = octets[:size], octets[size:]
            self.connection.send_data(stream, part, end_stream=end and not octets)
            self.flush()

    def end(self, stream: int) -> None:
        self.connection.end_stream(stream)
        self.flush()

    def is_over(self, stream: int) -> bool:
        over = (h2.events.StreamEnded, h2.events.StreamReset)
        return self.closed or any(isinstance(e, over) and e.stream_id == stream for e in self.events)

    def answer(self, stream: int) -> dict:
        """The fields of the head and of the trailers together, once the stream is over; `body` is the body."""
        self.until(lambda: self.is_over(stream))
        fields, body = {}, b""
        for event in self.events:
            if getattr(event, "stream_id", None) != stream:
                continue
            if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                fields.update(dict(event.headers))
            if isinstance(event, h2.events.DataReceived):
                body += event.data
        return {**fields, "body": body}

    def heads(self, stream: int) -> int:
        """How many header blocks the answer had."""
        kinds = (h2.events.ResponseReceived, h2.events.TrailersReceived)
        return sum(isinstance(e, kinds) and e.stream_id == stream for e in self.events)

    def is_ended(self, seconds: float = 20) -> bool:
        """Whether the server ends the connection, with or without a GOAWAY."""
        self.until(lambda: self.closed or self.goodbyes, seconds)
        return True

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame as it is (RFC 9113 §4.1)."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
