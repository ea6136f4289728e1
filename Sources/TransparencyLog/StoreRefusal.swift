/// Why a store was not created or not opened: one line for the operator each.
package enum StoreRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is something already where a log was to be created.
    case alreadyExists(path: String)
    /// A file of an existing log is not there; a log is created by an act of its own only (I14).
    case missing(path: String)
    /// Another process has the log open.
    case locked(path: String)
    /// The operating system or SQLite could not open or read it.
    case unreadable(path: String, reason: String)
    /// A setting of the storage engine is not what the log needs.
    case setting(name: String, expected: String, found: String)
    /// The store was written by another version of the program.
    case schemaVersion(expected: String, found: String)
    /// The configuration says otherwise than the log was created with (transparency-log 0.4).
    case parameter(name: String, expected: String, stored: String)
    /// The private key is not the log's, or does not sign.
    case unusableKey(String)
    /// What is stored contradicts itself.
    case damaged(String)
    /// The clock is before the last head.
    case clockBehindHead(milliseconds: UInt64)
    /// A change of the accepted trust anchors would leave none, or names one that is not there.
    case anchors(String)
    /// A newer head than the stored one has left a process before: this is an old copy (I13).
    case rolledBack(storedSize: UInt64, exposedSize: UInt64)
    /// A head that was shown to the world is not the beginning of what is stored (I2).
    case forked(size: UInt64)
    /// There is no guard, so nobody can tell whether the store is an old copy.
    case guardMissing(path: String)
    /// The guard says nothing, or nothing about this log.
    case guardDamaged(path: String, what: String)
    /// An operator's command does not fit the state that the log is in.
    case notInState(String)

    /// Whether what is stored contradicts itself.
    var isDamage: Bool { if case .damaged = self { true } else { false } }

    /// Whether what is stored is not what was shown to the world; then the guard is frozen too.
    var isSuspicionOfRollback: Bool {
        switch self {
        case .rolledBack, .forked: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .alreadyExists(let path):
            "\(path) exists already; a log is created only where there is none"
        case .missing(let path):
            "\(path) is missing; a log that exists is never created anew"
        case .locked(let path):
            "\(path) is in use by another process; is the server running? stop it first"
        case .unreadable(let path, let reason):
            "\(path) cannot be used: \(reason)"
        case .setting(let name, let expected, let found):
            "the storage engine has \(name) = \(found) where the log needs \(expected)"
        case .schemaVersion(let expected, let found):
            "the log's store has schema version \(found); this program knows \(expected)"
        case .parameter(let name, let expected, let stored):
            "the log was created with \(name) \(stored), but the configuration says \(expected)"
        case .unusableKey(let reason):
            "the log key cannot be used: \(reason)"
        case .damaged(let what):
            "the log's store is damaged: \(what)"
        case .clockBehindHead(let milliseconds):
            "the clock is \(milliseconds) ms behind the log's last signed head"
        case .anchors(let reason):
            "the accepted roots stay as they are: \(reason)"
        case .rolledBack(let storedSize, let exposedSize):
            "the store ends at size \(storedSize), but a newer head of size \(exposedSize) was shown to the world; "
                + "an old copy must not sign again"
        case .forked(let size):
            "the head of size \(size) that was shown to the world is not part of this store; "
                + "a log must not sign two histories"
        case .guardMissing(let path):
            "the guard file \(path) is missing; without it nobody can tell whether this store is an old copy "
                + "(if init was given --log-guard, give it here too; otherwise see: mintmark log adopt)"
        case .guardDamaged(let path, let what):
            "the guard file \(path) cannot be used: \(what) (see: mintmark log adopt)"
        case .notInState(let what):
            what
        }
    }
}
