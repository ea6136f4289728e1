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

    /// The name of the extension for people.
    package var name: String { spelling.name }

    /// The key of the extension in a YAML configuration; nil when configuration cannot set it.
    package var yamlKey: String? { spelling.yaml }

    /// The key of the extension in a JSON configuration; nil when configuration cannot set it.
    package var jsonKey: String? {
        spelling.yaml.map { key in
            key.split(separator: "-").map { Self.capitalised($0) }.joined()
        }
    }

    /// The order in a certificate.
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    private static func capitalised(_ word: Substring) -> String {
        switch word {
        case "uri", "sha": word.uppercased()
        default: word.prefix(1).uppercased() + word.dropFirst()
        }
    }

    private var spelling: (name: String, yaml: String?) {
        switch self {
        case .issuer: ("Issuer (deprecated)", nil)
        case .githubWorkflowTrigger: ("GitHub Workflow Trigger (deprecated)", "github-workflow-trigger")
        case .githubWorkflowSHA: ("GitHub Workflow SHA (deprecated)", "github-workflow-sha")
        case .githubWorkflowName: ("GitHub Workflow Name (deprecated)", "github-workflow-name")
        case .githubWorkflowRepository: ("GitHub Workflow Repository (deprecated)", "github-workflow-repository")
        case .githubWorkflowRef: ("GitHub Workflow Ref (deprecated)", "github-workflow-ref")
        case .issuerV2: ("Issuer (V2)", nil)
        case .buildSignerURI: ("Build Signer URI", "build-signer-uri")
        case .buildSignerDigest: ("Build Signer Digest", "build-signer-digest")
        case .runnerEnvironment: ("Runner Environment", "runner-environment")
        case .sourceRepositoryURI: ("Source Repository URI", "source-repository-uri")
        case .sourceRepositoryDigest: ("Source Repository Digest", "source-repository-digest")
        case .sourceRepositoryRef: ("Source Repository Ref", "source-repository-ref")
        case .sourceRepositoryIdentifier: ("Source Repository Identifier", "source-repository-identifier")
        case .sourceRepositoryOwnerURI: ("Source Repository Owner URI", "source-repository-owner-uri")
        case .sourceRepositoryOwnerIdentifier:
            ("Source Repository Owner Identifier", "source-repository-owner-identifier")
        case .buildConfigURI: ("Build Config URI", "build-config-uri")
        case .buildConfigDigest: ("Build Config Digest", "build-config-digest")
        case .buildTrigger: ("Build Trigger", "build-trigger")
        case .runInvocationURI: ("Run Invocation URI", "run-invocation-uri")
        case .sourceRepositoryVisibilityAtSigning:
            ("Source Repository Visibility At Signing", "source-repository-visibility-at-signing")
        case .deploymentEnvironment: ("Deployment Environment", "deployment-environment")
        case .subject: ("Token Subject", "subject")
        }
    }
}
