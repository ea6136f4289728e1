import Identity
import Testing

@Suite struct FulcioExtensionTests {
    @Test func `ID-03 the numbers are 1 to 24 without 7, and 1 to 6 are raw`() {
        #expect(FulcioExtension.allCases.map(\.number) == Array(1...6) + Array(8...24))
        for known in FulcioExtension.allCases {
            #expect(known.objectIdentifier == "1.3.6.1.4.1.57264.1.\(known.number)")
            #expect(known.encoding == (known.number < 7 ? .raw : .derUTF8String))
        }
    }

    @Test func `names for people are distinct`() {
        #expect(Set(FulcioExtension.allCases.map(\.name)).count == FulcioExtension.allCases.count)
        #expect(FulcioExtension.buildSignerURI.name == "Build Signer URI")
        #expect(FulcioExtension.issuer.name == "Issuer (deprecated)")
    }

    @Test(
        "ID-03 the keys of configurations",
        arguments: [
            (FulcioExtension.githubWorkflowSHA, "github-workflow-sha", "GithubWorkflowSHA"),
            (.githubWorkflowTrigger, "github-workflow-trigger", "GithubWorkflowTrigger"),
            (.buildSignerURI, "build-signer-uri", "BuildSignerURI"),
            (.sourceRepositoryOwnerIdentifier, "source-repository-owner-identifier", "SourceRepositoryOwnerIdentifier"),
            (
                .sourceRepositoryVisibilityAtSigning, "source-repository-visibility-at-signing",
                "SourceRepositoryVisibilityAtSigning"
            ),
            (.runInvocationURI, "run-invocation-uri", "RunInvocationURI"),
            (.deploymentEnvironment, "deployment-environment", "DeploymentEnvironment"),
            (.subject, "subject", "Subject"), (.issuer, "issuer", "Issuer"), (.issuerV2, nil, nil),
        ] as [(FulcioExtension, String?, String?)])
    func keys(known: FulcioExtension, yaml: String?, json: String?) {
        #expect(known.yamlKey == yaml)
        #expect(known.jsonKey == json)
    }

    @Test func `ID-11 templates fill every extension but issuer and subject`() {
        #expect(FulcioExtension.allCases.filter(\.isConfigurable).map(\.number) == Array(2...6) + Array(9...23))
    }
}
