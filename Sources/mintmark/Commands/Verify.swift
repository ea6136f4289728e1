internal import ArgumentParser
internal import CertificateTransparency
internal import Monitor
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog
internal import Glibc

/// Verifies a certificate.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a certificate: profile, name, timestamp, chain, and that it is in the log.",
        discussion: """
            The file has the certificate first, in PEM; the certificates above it may follow, and what is missing \
            there may be in --ca. The chain is judged at the time of the log's timestamp, because certificates live \
            ten minutes. --data-dir takes the root and the log key from the directory that init made; whoever has no \
            such directory gives --ca and --log-key.

            Inclusion is looked up in the log at --log, or proven offline by --proof with a file that mintmark log get \
            --proof-file wrote. With neither it is not checked, which is said; --require-inclusion makes that a failure.

            Example:
              mintmark verify leaf.pem --ca root.pem --log-key log-key.pem \\
                --log https://ca.example.com/log/2026a \\
                --certificate-identity jane@example.com \\
                --certificate-oidc-issuer https://accounts.example.com
            """)

    @Argument(help: "The certificate in PEM, or - for standard input.")
    var certificate: String

    @Option(help: ArgumentHelp("PEM roots, to one of which the chain must lead; may be repeated.", valueName: "file"))
    var ca: [String] = []

    @OptionGroup var log: RemoteLogOptions

    @Option(help: "Take the root and the log key from the directory that init made.")
    var dataDir: String?

    @Option(name: .customLong("log"), help: ArgumentHelp("Look the entry up in the log at this URL.", valueName: "url"))
    var logURL: String?

    @Option(help: ArgumentHelp("Take the proof of inclusion from this file.", valueName: "file"))
    var proof: String?

    @Flag(help: "Fail when inclusion was not checked.")
    var requireInclusion = false

    @Option(
        help: ArgumentHelp(
            "A timestamp that came beside the certificate: the JSON that add-chain answered.", valueName: "file"))
    var sct: String?

    @Option(help: ArgumentHelp("The one name that the certificate must have, exactly.", valueName: "name"))
    var certificateIdentity: String?

    @Option(help: ArgumentHelp("The provider of identities that must have vouched for it.", valueName: "url"))
    var certificateOidcIssuer: String?

    @Flag(help: "Print one JSON object instead of words.")
    var json = false

    func validate() throws {
        guard dataDir != nil || !ca.isEmpty else { throw ValidationError("give --ca, or --data-dir") }
        guard dataDir != nil || log.logKey != nil else { throw ValidationError("give --log-key, or --data-dir") }
        guard proof == nil || logURL == nil else { throw ValidationError("give --log or --proof, not both") }
    }

    func run() async throws {
        var passed: [CertificateVerification.Passed] = []
        do {
            let verification = try await verification()
            try await verification.run(now: .now()) { passed.append($0) }
            let isIncluded = passed.contains { $0.step == .inclusion }
            guard isIncluded || !requireInclusion else {
                throw CertificateVerification.Failure(.inclusion, "not checked: give --log or --proof")
            }
            print(verification.certificate, passed, isIncluded: isIncluded)
        } catch let error as ValidationError {
            throw error
        } catch {
            let lines = (error as? ConfigurationMistakes)?.lines ?? ["\(error)"]
            let reason = lines.joined(separator: "; ")
            if json {
                StandardOutput.write(
                    JSONText(["ok": false, "finding": .string(reason), "checks": Self.json(passed)]).string)
            } else {
                passed.forEach { StandardOutput.write("ok: \($0.text)") }
                StandardError.report("not verified: \(reason)")
            }
            throw ExitCode.failure
        }
    }

    private func print(
        _ certificate: Certificate, _ passed: [CertificateVerification.Passed], isIncluded: Bool
    ) {
        guard !json else {
            let value: JSONValue = [
                "ok": true, "inclusion": .bool(isIncluded), "checks": Self.json(passed),
                "certificate": CertificateDescription(certificate).json,
            ]
            return StandardOutput.write(JSONText(value).string)
        }
        passed.forEach { StandardOutput.write("ok: \($0.text)") }
        switch (certificateIdentity, certificateOidcIssuer) {
        case (nil, nil):
            StandardOutput.write("not checked: who it names; see --certificate-identity, --certificate-oidc-issuer")
        case (nil, _): StandardOutput.write("not checked: who it names; see --certificate-identity")
        case (_, nil): StandardOutput.write("not checked: who vouched for it; see --certificate-oidc-issuer")
        default: break
        }
        if !isIncluded { StandardOutput.write("not checked: that it is in the log; see --log and --proof") }
        StandardOutput.write(
            "Verified: \(CertificateDescription(certificate).names.joined(separator: ", ").debugQuoted)")
    }

    private static func json(_ passed: [CertificateVerification.Passed]) -> JSONValue {
        .array(passed.map { ["step": .string($0.step.rawValue), "text": .string($0.text)] })
    }

    // MARK: What is given

    private func verification() async throws -> CertificateVerification {
        let bytes =
            certificate == "-"
            ? try PrivateFile.readToEnd(STDIN_FILENO, "standard input")
            : try PrivateFile.read(certificate, readers: .anyone)
        let blocks = (PEM.blocks(in: bytes) ?? []).filter { $0.label == "CERTIFICATE" }
        let certificates: [Certificate]
        do throws(DERError) {
            certificates = try blocks.map { block throws(DERError) in try Certificate(der: block.bytes) }
        } catch {
            throw ConfigurationMistakes(["\(certificate): not a certificate: \(error.reason)"])
        }
        guard let leaf = certificates.first else {
            throw ConfigurationMistakes(["\(certificate): no PEM block labelled CERTIFICATE"])
        }
        let detached = try detachedTimestamp()
        let (trust, more) = try trust(naming: detached.map { [$0] } ?? CertificateDescription(leaf).timestamps)
        return CertificateVerification(
            certificate: leaf, chain: Array(certificates.dropFirst()) + more, trust: trust,
            expectation: CertificateVerification.Expectation(
                identity: certificateIdentity, oidcIssuer: certificateOidcIssuer),
            inclusion: try await inclusion(trust), detached: detached)
    }

    /// Roots and log key; of several shards of a data directory, the one that signed one of the timestamps.
    private func trust(
        naming timestamps: [SignedCertificateTimestamp]
    ) throws -> (trust: CertificateVerification.Trust, chain: [Certificate]) {
        var (roots, chain) = (try ca.flatMap { try AcceptedRoots.certificates(in: $0) }, [Certificate]())
        var key = try log.logKey.map { try LogKeyFile.read($0) }
        var origin = try log.chosenOrigin()
        if let dataDir {
            let directory = DataDirectory(dataDir)
            let shards = try StoredLog.some(directory, shard: nil).map(\.parameters)
            let named = Set(timestamps.map(\.logID))
            let parameters = shards.first { named.contains($0.logID) } ?? shards.last
            if roots.isEmpty { roots = try AcceptedRoots.certificates(in: directory.root) }
            chain = try AcceptedRoots.certificates(in: directory.chain)
            if key == nil, let parameters {
                (key, origin) = (try PublicKey(parameters.key), origin ?? parameters.origin)
            }
        }
        guard let key else { throw ValidationError("give --log-key, or --data-dir") }
        return (CertificateVerification.Trust(roots: roots, logKey: key, origin: origin), chain)
    }

    private func inclusion(_ trust: CertificateVerification.Trust) async throws -> CertificateVerification.Inclusion {
        if let proof {
            do {
                return .offline(try TLogProof(parsing: try PrivateFile.read(proof, readers: .anyone)))
            } catch let error as TLogProofError {
                throw ConfigurationMistakes(["\(proof): \(error)"])
            }
        }
        guard let logURL else { return .unchecked }
        return .live(try await log.client(logURL, trusted: (trust.logKey, trust.origin)).client)
    }

    private func detachedTimestamp() throws -> SignedCertificateTimestamp? {
        guard let sct else { return nil }
        let bytes = try PrivateFile.read(sct, readers: .anyone)
        do {
            let json = try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: 1 << 20))
            return try SignedCertificateTimestamp(json: json)
        } catch {
            throw ConfigurationMistakes(["\(sct): not a timestamp as add-chain answers it: \(error)"])
        }
    }
}
