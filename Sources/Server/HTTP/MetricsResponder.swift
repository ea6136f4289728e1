internal import CertificateTransparency
internal import HTTPTypes
internal import Hummingbird
internal import TransparencyLog

/// Answers every path of the metrics port with the exposition (CA specification 8.3).
struct MetricsResponder: HTTPResponder {
    typealias Context = EndpointContext

    let registry: PrometheusRegistry
    let metrics: CAMetrics
    let log: LocalLog

    func respond(to request: Request, context: EndpointContext) async throws -> Response {
        metrics.published(treeSize: log.reader.checkpoint.signedTreeHead.head.size.value)
        metrics.stated(condition: log.condition, scrub: log.scrubStatus)
        let body = Array(registry.exposition().utf8)
        return Answer(type: "text/plain; version=0.0.4; charset=utf-8", body: body)
            .response(isHead: request.method == .head)
    }
}
