/// The version of the program.
package enum ServerVersion {
    package static let current = "0.1.0"

    /// The version of the compiler that made it, as far as it can tell: `+` stands for that one or a later one.
    package static var compiler: String {
        #if compiler(>=6.4)
            "6.4+"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
