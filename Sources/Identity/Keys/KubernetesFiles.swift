/// Where Kubernetes mounts what its issuers need (CA specification 2.5).
package struct KubernetesFiles: Hashable, Sendable {
    /// The certificates trusted for the cluster's issuers, as PEM.
    package var trustRoots = "/var/run/fulcio/ca.crt"
    /// The token of our own service account; Kubernetes replaces it from time to time.
    package var token = "/var/run/secrets/kubernetes.io/serviceaccount/token"

    /// The specified paths.
    package init() {}
}
