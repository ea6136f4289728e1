/// An X.509 extension of the arc 1.3.6.1.4.1.57264.1 (CA specification 4.2).
///
/// The raw value is the last arc. Number 7 is missing: it names a kind of subject alternative name, no extension.
package enum FulcioExtension: Int, Hashable, Comparable, Sendable, CaseIterable {
    case issuer = 1
    case githubWorkflowTrigger = 2
    case githubWorkflowSHA = 3
    case githubWorkflowName = 4
    case githubWorkflowRepository = 5
    case githubWorkflowRef = 6
    case issuerV2 = 8
    case buildSignerURI = 9
    case buildSignerDigest = 10
    case runnerEnvironment = 11
    case sourceRepositoryURI = 12
    case sourceRepositoryDigest = 13
    case sourceRepositoryRef = 14
    case sourceRepositoryIdentifier = 15
    case sourceRepositoryOwnerURI = 16
    case sourceRepositoryOwnerIdentifier = 17
    case buildConfigURI = 18
    case buildConfigDigest = 19
    case buildTrigger = 20
    case runInvocationURI = 21
    case sourceRepositoryVisibilityAtSigning = 22
    case deploymentEnvironment = 23
    case subject = 24

    /// How the extension's octets spell its text.
    package enum Encoding: Hashable, Sendable {
        /// The UTF-8 bytes themselves, as in the extensions 1 to 6.
        case raw
        /// One DER UTF8String, as in every later extension.
        case derUTF8String
    }

    /// The last arc of the object identifier.
    package var number: Int { rawValue }

    /// The object identifier in dotted decimal form.
    package var objectIdentifier: String { "1.3.6.1.4.1.57264.1.\(rawValue)" }

    /// How the extension's octets spell its text.
    package var encoding: Encoding { rawValue <= 6 ? .raw : .derUTF8String }

    /// The order in a certificate.
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The name of the extension for people.
    package var name: String {
        switch self {
        case .issuer: "Issuer (deprecated)"
        case .githubWorkflowTrigger: "GitHub Workflow Trigger (deprecated)"
        case .githubWorkflowSHA: "GitHub Workflow SHA (deprecated)"
        case .githubWorkflowName: "GitHub Workflow Name (deprecated)"
        case .githubWorkflowRepository: "GitHub Workflow Repository (deprecated)"
        case .githubWorkflowRef: "GitHub Workflow Ref (deprecated)"
        case .issuerV2: "Issuer (V2)"
        case .buildSignerURI: "Build Signer URI"
        case .buildSignerDigest: "Build Signer Digest"
        case .runnerEnvironment: "Runner Environment"
        case .sourceRepositoryURI: "Source Repository URI"
        case .sourceRepositoryDigest: "Source Repository Digest"
        case .sourceRepositoryRef: "Source Repository Ref"
        case .sourceRepositoryIdentifier: "Source Repository Identifier"
        case .sourceRepositoryOwnerURI: "Source Repository Owner URI"
        case .sourceRepositoryOwnerIdentifier: "Source Repository Owner Identifier"
        case .buildConfigURI: "Build Config URI"
        case .buildConfigDigest: "Build Config Digest"
        case .buildTrigger: "Build Trigger"
        case .runInvocationURI: "Run Invocation URI"
        case .sourceRepositoryVisibilityAtSigning: "Source Repository Visibility At Signing"
        case .deploymentEnvironment: "Deployment Environment"
        case .subject: "Token Subject"
        }
    }

    /// The member of a JSON identity configuration that holds the extension's template (CA specification 4.2).
    ///
    /// Nil for the second spelling of the issuer, which no configuration names.
    package var jsonKey: String? {
        switch self {
        case .issuer: "Issuer"
        case .githubWorkflowTrigger: "GithubWorkflowTrigger"
        case .githubWorkflowSHA: "GithubWorkflowSHA"
        case .githubWorkflowName: "GithubWorkflowName"
        case .githubWorkflowRepository: "GithubWorkflowRepository"
        case .githubWorkflowRef: "GithubWorkflowRef"
        case .issuerV2: nil
        case .buildSignerURI: "BuildSignerURI"
        case .buildSignerDigest: "BuildSignerDigest"
        case .runnerEnvironment: "RunnerEnvironment"
        case .sourceRepositoryURI: "SourceRepositoryURI"
        case .sourceRepositoryDigest: "SourceRepositoryDigest"
        case .sourceRepositoryRef: "SourceRepositoryRef"
        case .sourceRepositoryIdentifier: "SourceRepositoryIdentifier"
        case .sourceRepositoryOwnerURI: "SourceRepositoryOwnerURI"
        case .sourceRepositoryOwnerIdentifier: "SourceRepositoryOwnerIdentifier"
        case .buildConfigURI: "BuildConfigURI"
        case .buildConfigDigest: "BuildConfigDigest"
        case .buildTrigger: "BuildTrigger"
        case .runInvocationURI: "RunInvocationURI"
        case .sourceRepositoryVisibilityAtSigning: "SourceRepositoryVisibilityAtSigning"
        case .deploymentEnvironment: "DeploymentEnvironment"
        case .subject: "Subject"
        }
    }

    /// The key of a YAML identity configuration: the words of the JSON member in lower case, with hyphens between.
    package var yamlKey: String? {
        guard let jsonKey else { return nil }
        var key = ""
        var isAfterLowerCase = false
        for character in jsonKey {
            if character.isUppercase && isAfterLowerCase { key += "-" }
            key += character.lowercased()
            isAfterLowerCase = character.isLowercase
        }
        return key
    }

    /// Whether a template of the configuration may fill the extension; issuer and subject are the token's own.
    package var isConfigurable: Bool { self != .issuer && self != .issuerV2 && self != .subject }
}
