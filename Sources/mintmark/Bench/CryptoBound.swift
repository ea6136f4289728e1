internal import Glibc
internal import OpenSSL

/// The cryptography that one issuance cannot do without, in processor time with kept contexts on this machine.
///
/// One token verified, one client key imported, its proof verified, two signatures of the CA and one of the log.
struct CryptoBound: Sendable {
    /// One primitive of the sum.
    enum Primitive: String, CaseIterable, Sendable {
        case verifyToken = "verify the token"
        case importKey = "import the client's key"
        case verifyProof = "verify the proof of possession"
        case signCertificate = "sign a certificate"
        case signTimestamp = "sign the timestamp"

        /// How often one issuance does it.
        var count: Int { self == .signCertificate ? 2 : 1 }
    }

    /// The seconds that one of each took on one thread.
    let seconds: [Primitive: Double]

    /// What one issuance takes at least, in seconds of one core.
    var secondsPerIssuance: Double {
        Primitive.allCases.reduce(0) { $0 + Double($1.count) * (seconds[$1] ?? 0) }
    }

    /// Times each primitive for about `duration`.
    static func measured(_ plan: BenchPlan, for duration: Duration) throws -> CryptoBound {
        let keys = try BenchKeys(plan)
        var seconds: [Primitive: Double] = [:]
        for primitive in Primitive.allCases {
            seconds[primitive] = try keys.secondsPerOperation(primitive, for: duration)
        }
        return CryptoBound(seconds: seconds)
    }
}

/// What a benchmark is about: the kinds of key on both sides.
struct BenchPlan: Sendable {
    /// The key of the CA.
    let authority: Curve
    /// The signature of the tokens.
    let token: TokenKind
    /// The keys that certificates are asked for.
    var client = ClientKey.p256

    /// The keys of clients that can be asked for.
    enum ClientKey: String, CaseIterable, Sendable {
        case p256
        case p384
        case rsa2048
        case ed25519

        var kind: PrivateKey.Kind {
            switch self {
            case .p256: .ellipticCurve(.p256)
            case .p384: .ellipticCurve(.p384)
            case .rsa2048: .rsa(bits: 2048)
            case .ed25519: .ed25519
            }
        }
    }

    /// The signature algorithms of tokens that can be asked for, by their JOSE names in lower case.
    enum TokenKind: String, CaseIterable, Sendable {
        case rs256
        case es256

        var scheme: SignatureScheme { self == .rs256 ? .rsaPKCS1(.sha256) : .ecdsa(.sha256) }
        var keyKind: PrivateKey.Kind { self == .rs256 ? .rsa(bits: 2048) : .ellipticCurve(.p256) }
    }
}

/// Keys of every kind that an issuance meets, each with something signed.
private struct BenchKeys {
    private let token: PrivateKey
    private let tokenScheme: SignatureScheme
    private let client: PrivateKey
    private let authority: PrivateKey
    private let log: PrivateKey

    init(_ plan: BenchPlan) throws {
        token = try PrivateKey.generate(plan.token.keyKind)
        tokenScheme = plan.token.scheme
        client = try PrivateKey.generate(plan.client.kind)
        authority = try PrivateKey.generate(.ellipticCurve(plan.authority))
        log = try PrivateKey.generate(.ellipticCurve(.p256))
    }

    /// Repeats one primitive for about `duration` and divides.
    func secondsPerOperation(_ primitive: CryptoBound.Primitive, for duration: Duration) throws -> Double {
        switch primitive {
        case .verifyToken: try verification(token, tokenScheme, for: duration)
        case .importKey:
            try Self.timed(duration) {
                _ = try PublicKey(try SubjectPublicKeyInfo(der: client.publicKey.subjectPublicKeyInfo.der))
            }
        case .verifyProof: try verification(client, client.defaultScheme, for: duration)
        case .signCertificate: try signing(authority, for: duration)
        case .signTimestamp: try signing(log, for: duration)
        }
    }

    private func verification(_ key: PrivateKey, _ scheme: SignatureScheme, for duration: Duration) throws -> Double {
        guard scheme.hash != nil else { return try messageVerification(key, for: duration) }
        let digest = try RandomBytes.generate(count: scheme.hash?.byteCount ?? 0)
        var signer = try DigestSigner(key, scheme: scheme)
        let signature = try signer.signature(overDigest: digest)
        var verifier = try DigestVerifier(key.publicKey, scheme: scheme)
        return try Self.timed(duration) {
            guard verifier.isValidSignature(signature, overDigest: digest) else { throw UnexpectedResult() }
        }
    }

    /// Of a scheme that signs messages and no digests, which keeps no context.
    private func messageVerification(_ key: PrivateKey, for duration: Duration) throws -> Double {
        let message = Array(PreparedRequests.email.utf8)
        let signature = try key.signature(over: message, scheme: key.defaultScheme)
        return try Self.timed(duration) {
            guard key.publicKey.isValidSignature(signature, over: message, scheme: key.defaultScheme) else {
                throw UnexpectedResult()
            }
        }
    }

    private func signing(_ key: PrivateKey, for duration: Duration) throws -> Double {
        let digest = try RandomBytes.generate(count: key.defaultScheme.hash?.byteCount ?? 0)
        var signer = try DigestSigner(key, scheme: key.defaultScheme)
        return try Self.timed(duration) { _ = try signer.signature(overDigest: digest) }
    }

    /// Runs `operation` once to warm up and then until the time is over; the seconds of one.
    private static func timed(_ duration: Duration, _ operation: () throws -> Void) throws -> Double {
        try operation()
        let end = ContinuousClock.now + duration
        let start = try threadSeconds()
        var count = 0
        repeat {
            for _ in 0..<8 { try operation() }
            count += 8
        } while ContinuousClock.now < end
        return (try threadSeconds() - start) / Double(count)
    }

    /// The processor time of this thread: what other processes take meanwhile is no part of the bound, just as it is no
    /// part of the server's processor time.
    private static func threadSeconds() throws -> Double {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { throw NoClock() }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The kernel does not say how much processor time this thread has used.
    private struct NoClock: Error {}

    /// A signature just made that does not verify.
    private struct UnexpectedResult: Error {}
}
