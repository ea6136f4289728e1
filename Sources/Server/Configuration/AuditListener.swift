/// Where auditors look certificates up.
package struct AuditListener: Hashable, Sendable {
    /// Where the look-ups are served.
    package let address: ListenAddress

    /// The file whose first line everybody must present; nil for nobody.
    package let tokenFile: String?

    /// The listener that the settings describe; nil when they describe none.
    init?(_ settings: Settings, _ log: LogChoice, _ mistakes: inout [String], _ warnings: inout [String]) {
        guard settings.text("audit-port") != nil else {
            let idle = ["audit-host", "audit-token-file"].filter(settings.isChosen)
            warnings += idle.map { "\($0) has no effect without --audit-port" }
            return nil
        }
        guard case .own = log else {
            warnings.append("audit-port has no effect with --ct-log-url")
            return nil
        }
        if settings.text("audit-host") == nil { mistakes.append("audit-host is empty") }
        address = ListenAddress(host: settings.text("audit-host") ?? "", port: settings.number("audit-port"))
        tokenFile = settings.text("audit-token-file")
        guard !address.isLoopback else { return }
        warnings.append(
            tokenFile == nil
                ? "audit-host \(address.host) is not loopback: anybody who reaches it can search the log"
                : "audit-host \(address.host) is not loopback: its token travels in clear text unless a proxy adds TLS")
    }
}
