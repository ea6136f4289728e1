internal import Identity
internal import OpenSSL
internal import TransparencyLog

/// Reads and checks the file that names the witnesses of our log (transparency-log 3.7.5, 5.4.6).
enum WitnessFile {
    /// The policy; nil when the options name none or there is no log of our own.
    ///
    /// Throws every mistake at once, one line each; warnings are added to `warnings`.
    static func load(
        _ options: ServerOptions, logs: [OwnLog], warnings: inout [String]
    ) throws(ConfigurationMistakes) -> WitnessPolicy? {
        guard case .own = options.log else { return nil }
        guard let path = options.witnessPolicyFile else {
            guard options.witnessMode == .failOpen else {
                throw ConfigurationMistakes(["--witness-mode required needs --witness-policy"])
            }
            return nil
        }
        let name = "--witness-policy=\(path)"
        let bytes: [UInt8]
        do { bytes = try PrivateFile.read(path, readers: .anyone) } catch {
            throw ConfigurationMistakes(["--witness-policy: \(error)"])
        }
        var remarks: [String] = []
        let read: (policy: WitnessPolicy, warnings: [String])
        do { read = try WitnessPolicyReader.read(bytes, logs: names(of: logs)) } catch {
            throw ConfigurationMistakes(error.lines.map { "\(name): \($0)" })
        }
        let mistakes = mistakes(in: read.policy, options.witnessMode, &remarks)
        warnings += (read.warnings + remarks).map { "\(name): \($0)" }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes.map { "\(name): \($0)" }) }
        return read.policy
    }

    private static func names(of logs: [OwnLog]) -> [(origin: Origin, logID: SHA256Digest)] {
        logs.compactMap { log in
            log.settings.publicURL.origin(shard: log.settings.shard).map {
                ($0, log.key.publicKey.subjectPublicKeyInfo.sha256)
            }
        }
    }

    /// What keeps us from asking the witnesses.
    private static func mistakes(
        in policy: WitnessPolicy, _ mode: WitnessMode, _ warnings: inout [String]
    ) -> [String] {
        var mistakes: [String] = []
        var reachable: Set<Int> = []
        for (position, witness) in policy.witnesses.enumerated() {
            guard let url = witness.url else {
                warnings.append("line \(witness.line): the witness \(witness.name) has no URL and is not asked")
                continue
            }
            guard let address = HTTPAddress(url), address.query == nil else {
                mistakes.append("line \(witness.line): not an absolute http or https URL without a query")
                continue
            }
            reachable.insert(position)
            guard address.origin.scheme == .http, !address.origin.isLoopback else { continue }
            warnings.append(
                "line \(witness.line): the witness \(witness.name) is asked in clear text: whoever is on the way can"
                    + " stop the log")
        }
        guard mistakes.isEmpty else { return mistakes }
        if policy.witnesses.isEmpty { warnings.append("the witness policy names no witness") }
        guard mode == .required else { return [] }
        if policy.quorum == nil { return ["--witness-mode required needs a quorum, and the policy has none"] }
        return policy.isQuorum(reachable)
            ? [] : ["the witnesses with a URL are too few for the quorum, which --witness-mode required needs"]
    }
}
