internal import Glibc

/// Whoever runs a command.
enum Operator {
    /// The user, and whoever became that user by sudo.
    static var name: String {
        let entry = unsafe getpwuid(getuid())
        let name = unsafe entry.map { unsafe String(cString: $0.pointee.pw_name) } ?? "unknown"
        let user = "\(name) (uid \(getuid()))"
        guard getuid() == 0, let original = unsafe getenv("SUDO_USER") else { return user }
        return unsafe "\(String(cString: original)) as \(user)"
    }
}
