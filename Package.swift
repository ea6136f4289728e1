// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP2: Target.Dependency = .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras")
let nioHTTPCompression: Target.Dependency = .product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let swiftProtobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A library target with its mirror of tests: arrows between targets never turn back.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], data: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, exclude: data,
        swiftSettings: strict)
}

let fuzzed: [Target.Dependency] = [
    "OpenSSL", "StrictJSON", "Identity", "TransparencyLog", "CertificateTransparency", "Issuance", "Server",
    "Monitor",
]

/// The entries of Tests/Fuzz: called on seeds by a test, or, with MINTMARK_FUZZ set, driven by libFuzzer (make fuzz).
let fuzz: Target =
    Context.environment["MINTMARK_FUZZ"] == nil
    ? .testTarget(
        name: "FuzzTests", dependencies: fuzzed + ["TestVectors"], path: "Tests/Fuzz", exclude: ["Driver", "Corpus"],
        swiftSettings: strict)
    : .executableTarget(
        name: "Fuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Smoke", "Corpus"],
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])],
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])

let package = Package(
    name: "mintmark",
    products: [
        .executable(name: "mintmark", targets: ["mintmark"])
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        library("OpenSSL", ["COpenSSL"]),
        library("Compression", ["CZlib"]),
        library("StrictJSON", ["CJansson"]),
        library("Identity", ["OpenSSL", "StrictJSON", asyncHTTPClient, logging, nioCore, nioHTTP1, nioSSL]),
        library("TransparencyLog", ["OpenSSL", grdb, logging]),
        library(
            "CertificateTransparency",
            [
                "OpenSSL", "TransparencyLog", "StrictJSON", asyncHTTPClient, logging, nioCore, nioHTTP1,
                nioHTTPCompression, nioPosix, nioSSL,
            ]
        ),
        // What auditors look for in a log: derived from its entries, reused by the server and the commands. It keeps a
        // database of its own, so that nothing of it is in the log's transactions.
        library(
            "CertificateIndex",
            ["OpenSSL", "StrictJSON", "Identity", "TransparencyLog", "CertificateTransparency", grdb, logging]
        ),
        library("Issuance", ["OpenSSL", "Identity", "TransparencyLog", "CertificateTransparency", logging]),
        library("Monitor", ["OpenSSL", "StrictJSON", "TransparencyLog", "CertificateTransparency"]),
        // Generated code, which does not keep the rules of ours.
        .target(
            name: "FulcioProtobuf", dependencies: [swiftProtobuf], exclude: ["Protos"],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]),
        library(
            "Server",
            [
                "Compression", "OpenSSL", "StrictJSON", "Identity", "TransparencyLog", "CertificateTransparency",
                "CertificateIndex", "Issuance", "FulcioProtobuf", hummingbirdCore, coreMetrics, hummingbird, httpTypes,
                logging, metrics, nioCore, nioHTTP1, nioHTTP2, nioHTTPTypesHTTP2, nioSSL, nioTLS, serviceLifecycle,
                swiftProtobuf, unixSignals, yams,
            ]
        ),
        library(
            "DevelopmentIssuer",
            ["OpenSSL", "StrictJSON", hummingbird, httpTypes, logging, nioCore, serviceLifecycle]
        ),
        .executableTarget(
            name: "mintmark",
            dependencies: [
                "OpenSSL", "StrictJSON", "Identity", "TransparencyLog", "CertificateTransparency", "CertificateIndex",
                "Issuance", "Server", "Monitor", "DevelopmentIssuer", argumentParser, asyncHTTPClient, logging, nioCore,
                nioHTTP1, nioPosix, serviceLifecycle, unixSignals,
            ],
            swiftSettings: strict
        ),
        .target(name: "TestVectors", path: "Tests/TestVectors", swiftSettings: strict),
        tests("OpenSSL", ["TestVectors"]),
        tests("Compression", []),
        tests("StrictJSON", ["TestVectors"]),
        tests(
            "Identity",
            ["OpenSSL", "StrictJSON", "DevelopmentIssuer", logging, nioCore, nioHTTP1, nioPosix, nioSSL, "TestVectors"]
        ),
        tests("TransparencyLog", ["OpenSSL", "StrictJSON", grdb, logging], data: ["Vectors"]),
        tests("CertificateTransparency", ["OpenSSL", "StrictJSON", "TransparencyLog", logging]),
        tests(
            "Monitor",
            ["OpenSSL", "StrictJSON", "TransparencyLog", "CertificateTransparency"]
        ),
        tests(
            "CertificateIndex",
            ["OpenSSL", "StrictJSON", "CertificateTransparency", "TransparencyLog", grdb, logging]),
        tests("Issuance", ["OpenSSL", "Identity", "CertificateTransparency", "TransparencyLog", logging]),
        tests(
            "Server",
            [
                "OpenSSL", "StrictJSON", "Identity", "CertificateTransparency", "Issuance", "TransparencyLog",
                "FulcioProtobuf", hummingbird, hummingbirdCore, httpTypes, logging, coreMetrics, metrics, nioCore,
                nioEmbedded, nioHTTP2, nioHTTPTypes, nioHTTPTypesHTTP2, swiftProtobuf,
            ],
            data: ["Fixtures"]
        ),
        fuzz,
    ]
)
