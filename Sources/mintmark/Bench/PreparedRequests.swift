internal import NIOCore
internal import OpenSSL
internal import Server
internal import StrictJSON

/// Signing requests with keys and tokens of their own, made before anything is timed.
struct PreparedRequests: Sendable {
    /// Where they go.
    let address: ListenAddress
    /// The value of the Host field.
    let host: String

    private let bodies: [ByteBuffer]

    /// The e-mail address that every token names and every proof signs.
    static let email = "bench@example.com"

    /// The path that they are posted to.
    let path = "/api/v2/signingCert"

    /// Asks the issuer for `count` tokens and makes a P-256 key with a proof for each.
    static func make(
        count: Int, token: BenchPlan.TokenKind, issuerURL: String, address: ListenAddress, client: JSONClient
    ) async throws -> PreparedRequests {
        let claims: JSONValue = ["sub": "bench", "email": .string(email), "email_verified": true]
        var bodies: [ByteBuffer] = []
        for number in 0..<count {
            if number.isMultiple(of: 64) { Progress.show("preparing request \(number + 1) of \(count)") }
            let algorithm = token.rawValue.uppercased()
            let answer = try await client.postJSON("\(issuerURL)/token?alg=\(algorithm)", claims)
            guard let token = answer["id_token"]?.string else {
                throw DemoRun.UnusableAnswer(description: "the issuer answered without an id_token")
            }
            bodies.append(ByteBuffer(bytes: try body(token: token)))
        }
        Progress.end()
        return PreparedRequests(address: address, host: "\(address.host):\(address.port)", bodies: bodies)
    }

    private init(address: ListenAddress, host: String, bodies: [ByteBuffer]) {
        (self.address, self.host, self.bodies) = (address, host, bodies)
    }

    /// The body of a request, by a number that may be greater than their count.
    func body(_ number: Int) -> ByteBuffer {
        bodies[number % bodies.count]
    }

    private static func body(token: String) throws -> [UInt8] {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let proof = try key.signature(over: Array(email.utf8), scheme: key.defaultScheme)
        let pem = PEM.encode(label: "PUBLIC KEY", key.publicKey.subjectPublicKeyInfo.der)
        let request: JSONValue = [
            "credentials": ["oidcIdentityToken": .string(token)],
            "publicKeyRequest": [
                "publicKey": ["algorithm": "ECDSA", "content": .string(pem)],
                "proofOfPossession": .string(Base64.encode(proof)),
            ],
        ]
        return JSONText(request).bytes
    }
}
