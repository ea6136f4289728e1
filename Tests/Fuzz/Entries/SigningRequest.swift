import Issuance

@testable import Server

extension FuzzEntry {
    /// The JSON of a signing request, of both versions of the API.
    static let signingRequest = FuzzEntry("signingRequest", seeds: { try Corpus.files("signingRequest") }) { bytes in
        var refusals: [APIStatus] = []
        for isLegacy in [false, true] {
            do {
                let request = try request(bytes, isLegacy)
                if request.token.count > 65_537 { return "a token that is not cut to its limit" }
            } catch let refusal as APIStatus {
                refusals.append(refusal)
            }
        }
        if refusals.contains(where: { $0.code != .invalidArgument }) { return "a refusal that is not the client's" }
        if refusals.contains(where: { $0.message.utf8.count > 300 }) { return "a refusal that echoes its request" }
        guard refusals.count < 2 else { throw Refused() }
        return nil
    }

    private static func request(_ bytes: [UInt8], _ isLegacy: Bool) throws -> IssuanceRequest {
        isLegacy
            ? try SigningRequest.decodeLegacy(bytes, authorization: "Bearer a.b.c")
            : try SigningRequest.decode(bytes, authorization: "Bearer a.b.c")
    }
}
