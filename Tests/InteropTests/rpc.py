"""A gRPC client of grpcio's own making; messages come from the project's .proto files, compiled when the tests start."""

import functools
import json
import pathlib
import tempfile

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, json_format, message_factory
from grpc_tools import protoc

PROTOS = pathlib.Path(__file__).parents[2] / "Sources/FulcioProtobuf/Protos"
V2, V1, HEALTH = "dev.sigstore.fulcio.v2.CA", "dev.sigstore.fulcio.v1beta.CA", "grpc.health.v1.Health"


@functools.cache
def pool() -> descriptor_pool.DescriptorPool:
    """A pool of its own, because other packages bring files of the same names."""
    with tempfile.NamedTemporaryFile() as output:
        files = sorted(str(file.relative_to(PROTOS)) for file in PROTOS.rglob("*.proto"))
        include = pathlib.Path(protoc.__file__).parent / "_proto"
        arguments = ["protoc", f"-I{PROTOS}", f"-I{include}", "--include_imports"]
        assert protoc.main([*arguments, f"--descriptor_set_out={output.name}", *files]) == 0
        found = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(output.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in found.file:
        pool.Add(file)
    return pool


def kind(name: str):
    """The class of a message by its full name."""
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(name))


def methods(service: str) -> dict:
    return {method.name: method for method in pool().FindServiceByName(service).methods}


def signing_request(body: dict):
    """The message that says the same as a JSON body."""
    return json_format.ParseDict(
        body, kind("dev.sigstore.fulcio.v2.CreateSigningCertificateRequest")(), ignore_unknown_fields=True
    )


class Failure(Exception):
    """A call that ended with another status than OK."""

    def __init__(self, error: grpc.RpcError):
        self.code, self.message = error.code().value[0], error.details()
        self.trailers = {name: value for name, value in error.trailing_metadata() or ()}
        super().__init__(f"{self.code} {self.message}")

    @property
    def details(self) -> list[dict]:
        """What HTTP puts into `details`, from `grpc-status-details-bin`."""
        octets = self.trailers.get("grpc-status-details-bin")
        if octets is None:
            return []
        status = kind("google.rpc.Status").FromString(octets)
        assert (status.code, status.message) == (self.code, self.message)
        return [self.reason(detail) for detail in status.details]

    @staticmethod
    def reason(detail: any_pb2.Any) -> dict:
        info = kind("google.rpc.ErrorInfo").FromString(detail.value)
        return {"@type": detail.type_url, **json.loads(json_format.MessageToJson(info, always_print_fields_with_no_presence=True))}


class Caller:
    """Calls the methods of one server, over one channel."""

    def __init__(self, port: int, certificates: bytes | None = None, host: str = "127.0.0.1"):
        options = [("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0)]
        target = f"{host}:{port}"
        if certificates is None:
            self.channel = grpc.insecure_channel(target, options)
        else:
            self.channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(certificates), options)

    def call(self, service: str, method: str, request, metadata=(), timeout: float | None = 60, **options):
        """The answer's message; `request` is a message or its octets. Throws `Failure`."""
        found = methods(service)[method]
        return self.raw(
            f"/{service}/{method}", request, metadata, timeout, kind(found.output_type.full_name).FromString, **options
        )

    def raw(self, path: str, request, metadata=(), timeout: float | None = 60, parse=bytes, **options):
        octets = request if isinstance(request, bytes) else request.SerializeToString()
        try:
            return self.channel.unary_unary(path, None, parse)(octets, timeout, metadata, **options)
        except grpc.RpcError as error:
            raise Failure(error) from None

    def issue(self, request, metadata=(), **options) -> list[str]:
        """The chain of a new certificate, for a message or a JSON body."""
        request = signing_request(request) if isinstance(request, dict) else request
        answer = self.call(V2, "CreateSigningCertificate", request, metadata, **options)
        assert answer.WhichOneof("certificate") == "signed_certificate_embedded_sct"
        return list(answer.signed_certificate_embedded_sct.chain.certificates)

    def close(self) -> None:
        self.channel.close()

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_) -> None:
        self.close()
