/// The secrets that whoever asks must know; read at the start and when a start is checked.
extension ServerOptions {
    /// What lets others submit to the own log; nil without such a file, or when that log is not opened.
    ///
    /// Throws one line for each mistake, which begins with the name of the setting.
    func submissionToken() throws(ConfigurationMistakes) -> BearerToken? {
        guard case .own = log else { return nil }
        return try Self.token(logSubmitTokenFile, of: "log-submit-token-file", name: "submission token")
    }

    /// What auditors present; nil without such a file, or without a listener for them.
    ///
    /// Throws one line for each mistake, which begins with the name of the setting.
    func auditToken() throws(ConfigurationMistakes) -> BearerToken? {
        try Self.token(auditListener?.tokenFile, of: "audit-token-file", name: "audit token")
    }

    private static func token(
        _ path: String?, of setting: String, name: String
    ) throws(ConfigurationMistakes) -> BearerToken? {
        guard let path else { return nil }
        var mistakes: [String] = []
        let token = ConfigurationMistakes.attempt(&mistakes) { try BearerToken(path: path, name: name) }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes.map { "--\(setting): \($0)" }) }
        return token
    }
}
