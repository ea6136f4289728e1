@testable import Server
import Testing

@Suite struct GRPCMetricsTests {
    @Test("OPS-07: every series of a method is there from the start, and a call counts once in each of its own")
    func series() {
        let registry = PrometheusRegistry()
        let method = GRPCMethod(service: "a.B", name: "C", kind: .unary) { _ in [] }
        let metrics = GRPCMetrics(factory: registry, methods: [method])
        let labels = "grpc_type=\"unary\",grpc_service=\"a.B\",grpc_method=\"C\""
        let start = registry.exposition()
        #expect(start.split(separator: "\n").count { $0.hasPrefix("grpc_server_handled_total{") } == 17)
        #expect(APIStatus.Code.names.allSatisfy { start.contains("{grpc_code=\"\($0)\",") })
        for name in ["started", "msg_received", "msg_sent"] {
            #expect(start.contains("grpc_server_\(name)_total{\(labels)} 0\n"))
        }
        metrics.started(method)
        metrics.received(method)
        metrics.sent(method)
        metrics.started(method)
        metrics.handled(method, .invalidArgument)
        let end = registry.exposition()
        #expect(end.contains("grpc_server_started_total{\(labels)} 2\n"))
        #expect(end.contains("grpc_server_handled_total{grpc_code=\"OK\",\(labels)} 1\n"))
        #expect(end.contains("grpc_server_handled_total{grpc_code=\"InvalidArgument\",\(labels)} 1\n"))
    }
}
