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

    /// How a request proves that it comes from the holder of its key.
    enum Proof: String, CaseIterable, Sendable {
        /// A signature over the e-mail address.
        case challenge
        /// A certificate signing request.
        case csr
    }

    /// The most RSA keys that are made, because each takes a good part of a second.
    private static let rsaKeyCount = 16

    /// Asks the issuer for `count` tokens and makes a key with a proof for each; RSA keys come round again.
    static func make(
        count: Int, plan: BenchPlan, proof: Proof = .challenge, issuerURL: String, address: ListenAddress,
        client: JSONClient
    ) async throws -> PreparedRequests {
        let claims: JSONValue = ["sub": "bench", "email": .string(email), "email_verified": true]
        let algorithm = plan.token.rawValue.uppercased()
        var (bodies, keys) = ([ByteBuffer](), [JSONMember]())
        for number in 0..<count {
            if number.isMultiple(of: 64) { Progress.show("preparing request \(number + 1) of \(count)") }
            if plan.client != .rsa2048 || number < rsaKeyCount {
                keys.append(try member(of: try PrivateKey.generate(plan.client.kind), proof))
            }
            let answer = try await client.postJSON("\(issuerURL)/token?alg=\(algorithm)", claims)
            guard let token = answer["id_token"]?.string else {
                throw DemoRun.UnusableAnswer(description: "the issuer answered without an id_token")
            }
            let credentials: JSONValue = ["oidcIdentityToken": .string(token)]
            let request = JSONValue.object([
                JSONMember(name: "credentials", value: credentials), keys[number % keys.count],
            ])
            bodies.append(ByteBuffer(bytes: JSONText(request).bytes))
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

    /// The part of a request that names a key and proves that its holder asks.
    private static func member(of key: PrivateKey, _ proof: Proof) throws -> JSONMember {
        let info = key.publicKey.subjectPublicKeyInfo.der
        switch proof {
        case .challenge:
            let signature = try key.signature(over: Array(email.utf8), scheme: key.defaultScheme)
            return JSONMember(
                name: "publicKeyRequest",
                value: [
                    "publicKey": ["content": .string(PEM.encode(label: "PUBLIC KEY", info))],
                    "proofOfPossession": .string(Base64.encode(signature)),
                ])
        case .csr:
            // CertificationRequestInfo ::= SEQUENCE { version 0, subject Name, subjectPKInfo, [0] attributes }
            let empty = DERWriter.element(tag: DERTag.context(0, constructed: true), [])
            let fields = DERWriter.sequence([DERWriter.integer(unsigned: [0]), DERWriter.sequence([]), info, empty])
            let signature = try key.signature(over: fields, scheme: key.defaultScheme)
            let request = DERWriter.sequence([
                fields, key.defaultScheme.algorithmIdentifier ?? [], DERWriter.bitString(signature),
            ])
            let pem = PEM.encode(label: "CERTIFICATE REQUEST", request)
            return JSONMember(name: "certificateSigningRequest", value: .string(Base64.encode(Array(pem.utf8))))
        }
    }
}
