import Identity
import Testing

@Suite struct FulcioExtensionTests {
    private static let jsonKeys = [
        2: "GithubWorkflowTrigger", 3: "GithubWorkflowSHA", 4: "GithubWorkflowName", 5: "GithubWorkflowRepository",
        6: "GithubWorkflowRef", 9: "BuildSignerURI", 10: "BuildSignerDigest", 11: "RunnerEnvironment",
        12: "SourceRepositoryURI", 13: "SourceRepositoryDigest", 14: "SourceRepositoryRef",
        15: "SourceRepositoryIdentifier", 16: "SourceRepositoryOwnerURI", 17: "SourceRepositoryOwnerIdentifier",
        18: "BuildConfigURI", 19: "BuildConfigDigest", 20: "BuildTrigger", 21: "RunInvocationURI",
        22: "SourceRepositoryVisibilityAtSigning", 23: "DeploymentEnvironment", 24: "Subject",
    ]

    @Test func `ID-03 the numbers are 1 to 24 without 7, and 1 to 6 are raw`() {
        #expect(FulcioExtension.allCases.map(\.number) == Array(1...6) + Array(8...24))
        for known in FulcioExtension.allCases {
            #expect(known.objectIdentifier == "1.3.6.1.4.1.57264.1.\(known.number)")
            #expect(known.encoding == (known.number < 7 ? .raw : .derUTF8String))
        }
    }

    @Test("configuration keys are those of the specification", arguments: FulcioExtension.allCases)
    func keys(known: FulcioExtension) throws {
        #expect(known.jsonKey == Self.jsonKeys[known.number])
        guard let json = known.jsonKey, let yaml = known.yamlKey else {
            #expect(known == .issuer || known == .issuerV2)
            return
        }
        #expect(yaml.split(separator: "-").joined() == json.lowercased())
    }

    @Test func `names for people are distinct`() {
        #expect(Set(FulcioExtension.allCases.map(\.name)).count == FulcioExtension.allCases.count)
        #expect(FulcioExtension.buildSignerURI.name == "Build Signer URI")
        #expect(FulcioExtension.issuer.name == "Issuer (deprecated)")
    }
}
