internal import OpenSSL
internal import StrictJSON
internal import Yams

/// The settings in a file, by the names of their flags, in YAML or JSON.
struct SettingsFile {
    private(set) var values: [String: SettingValue] = [:]
    private let path: String
    private var mistakes: [String] = []

    /// Reads a file; throws every mistake with its line.
    init(path: String) throws(ConfigurationMistakes) {
        self.path = path
        let (text, isJSON) = try Self.text(of: path)
        let root: Node?
        do {
            root = try BoundedYAML.compose(text)
        } catch {
            throw ConfigurationMistakes(["\(path): \(BoundedYAML.line(error))"])
        }
        guard let root else { return }
        if let mapping = root.mapping {
            for (key, node) in mapping { take(key, node, isJSON: isJSON) }
        } else {
            mistakes.append("\(path): not a mapping from settings to values")
        }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
    }

    private static func text(of path: String) throws(ConfigurationMistakes) -> (String, isJSON: Bool) {
        let isJSON = path.hasSuffix(".json")
        guard isJSON || path.hasSuffix(".yaml") || path.hasSuffix(".yml") else {
            throw ConfigurationMistakes(["\(path): the name of a configuration file ends in .yaml, .yml or .json"])
        }
        let bytes: [UInt8]
        do {
            bytes = try PrivateFile.read(path, readers: .anyone)
        } catch {
            throw ConfigurationMistakes(["\(error)"])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationMistakes(["\(path): not UTF-8"])
        }
        if PrivateFile.isWritableByOthers(path) {
            throw ConfigurationMistakes(["\(path): anybody may write to it; run: chmod o-w \(path)"])
        }
        if isJSON {
            let limits = JSONLimits(byteCount: bytes.count, nodeCount: bytes.count, nameByteCount: bytes.count)
            do {
                _ = try JSONValue(parsing: bytes, limits: limits)
            } catch {
                throw ConfigurationMistakes(["\(path): not JSON: \(error)"])
            }
        }
        return (text, isJSON)
    }

    private mutating func take(_ key: Node, _ node: Node, isJSON: Bool) {
        let line = key.mark?.line ?? 1
        let context = "\(path): line \(line): "
        guard let name = key.string, let setting = Setting.named(name) else {
            mistakes.append("\(context)unknown setting \((key.string ?? "").debugQuoted)")
            return
        }
        guard setting.isAllowedInFiles else {
            mistakes.append("\(context)\(name) cannot be set in a file")
            return
        }
        guard values[setting.name] == nil else {
            mistakes.append("\(context)\(name) is set twice")
            return
        }
        guard let texts = texts(of: node, setting, isJSON: isJSON) else {
            mistakes.append("\(context)\(name) must be \(Self.expectation(setting.kind))")
            return
        }
        values[setting.name] = SettingValue(texts: texts, origin: .file(path, line: line))
    }

    private func texts(of node: Node, _ setting: Setting, isJSON: Bool) -> [String]? {
        if setting.kind == .list, let sequence = node.sequence {
            let texts = sequence.compactMap { text(of: $0, isPlain: false) }
            return texts.count == sequence.count ? texts : nil
        }
        return text(of: node, isPlain: setting.kind.isPlainInFiles).map(setting.kind.texts)
    }

    /// The text of a scalar: what YAML takes for a number or a truth value if `isPlain`, and a text otherwise.
    private func text(of node: Node, isPlain: Bool) -> String? {
        guard let scalar = node.scalar else { return nil }
        let isUnquoted = scalar.style == .plain || scalar.style == .any
        let isTyped = isUnquoted && (node.null != nil || node.bool != nil || node.int != nil || node.float != nil)
        return isTyped == isPlain && (!isPlain || node.null == nil) ? scalar.string : nil
    }

    private static func expectation(_ kind: SettingKind) -> String {
        switch kind {
        case .toggle: "true or false, without quotes"
        case .number: "a number, without quotes"
        case .list: "a text or a list of texts; quotes make a text of anything"
        case .text, .duration, .choice: "a text; quotes make a text of anything"
        }
    }
}
