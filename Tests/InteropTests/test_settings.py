"""The settings of `serve`: flags, environment, file, defaults; what is printed of them and what is refused."""

import json
import re
import resource
import socket

import pytest

from client import Client, good_body
from conftest import ADDRESS
from program import House, Server, run

# Name, default as printed (None: not set), and a value in YAML that differs from it.
SETTINGS = [
    ("data-dir", None, '"/d"'), ("passphrase-file", None, '"/p"'), ("passphrase-fd", None, "3"),
    ("host", '"0.0.0.0"', '"127.0.0.1"'), ("port", "8080", "1"), ("grpc-host", '"0.0.0.0"', '"127.0.0.2"'),
    ("grpc-port", "8081", "65535"), ("metrics-host", '"0.0.0.0"', '"::1"'), ("metrics-port", "2112", "0"),
    ("idle-connection-timeout", '"30s"', '"1m30s"'), ("read-header-timeout", '"10s"', '"500ms"'),
    ("legacy-unix-domain-socket", None, '"@x"'), ("fileca-watch", "true", "false"), ("development", "false", "true"),
    ("ct-log-url", None, '["https://a.example/x", "https://b.example"]'),
    ("ct-log-submission", '"precertificate"', '"certificate"'), ("ct-log-budget", "25", "7"),
    ("config-path", '"/etc/fulcio-config/config.yaml"', '"/i.yaml"'), ("log_type", None, '"prod"'),
    ("log-level", None, '"debug"'), ("audit-log", None, '"/a"'), ("audit-subject", "true", "false"),
    ("trusted-proxies", None, '["10.0.0.0/8", "::1"]'), ("log-align-entries", "false", "true"),
    ("log-read-limit", "75", "0"), ("log-submit-token-file", None, '"/t"'),
    ("audit-failure", '"stop"', '"continue"'), ("audit-host", '"127.0.0.1"', '"::1"'), ("audit-port", None, "0"),
    ("audit-token-file", None, '"/t"'), ("audit-index", None, "true"),
    ("client-signing-algorithms", None, '["ed25519", "ecdsa-sha2-256-nistp256"]'),
]  # fmt: skip

# Settings that mean nothing alone: name, value, and what goes with them.
TOGETHER = [
    ("tls-certificate", '"/c"', ["--tls-key=k"]), ("tls-key", '"/k"', ["--tls-certificate=c"]),
    ("grpc-tls-certificate", '"/c"', ["--grpc-tls-key=k"]), ("grpc-tls-key", '"/k"', ["--grpc-tls-certificate=c"]),
    ("ca", '"ephemeralca"', []), ("fileca-cert", '"/c"', []), ("fileca-key", '"/k"', []),
    ("fileca-key-passwd-file", '"/p"', []), ("ct-log-public-key-path", '["/k"]', ["--ct-log-url=https://a"]),
    ("ct-log-origin", '"a.example"', ["--ct-log-url=https://a"]),
    ("ct-log.tls-ca-cert", '"/r"', ["--ct-log-url=https://a"]),
]  # fmt: skip

ALL = [(name, value, []) for name, _, value in SETTINGS] + TOGETHER


def printed(done) -> dict[str, tuple[str, str]]:
    """The printed settings: name to value and origin."""
    assert done.returncode == 0, done.stderr
    lines = [re.fullmatch(r"([\w.-]+): (.*)  # (.*)", line) for line in done.stdout.splitlines()]
    return {match[1]: (match[2], match[3]) for match in lines if match}


def show(*arguments, **variables) -> dict[str, tuple[str, str]]:
    return printed(run("serve", "--print-config", *arguments, variables=variables))


def as_text(value: str) -> str:
    """A value as a flag or a variable has it."""
    parsed = json.loads(value)
    return ",".join(parsed) if isinstance(parsed, list) else parsed if isinstance(parsed, str) else value


@pytest.mark.parametrize("name,default", [(name, default) for name, default, _ in SETTINGS if default])
def test_every_setting_has_its_default(name, default):
    """OPS-04: hosts and ports 8080, 8081 and 2112; OPS-10: the origin is named."""
    assert show()[name] == (default, "default")


def test_what_has_no_default_is_shown_as_not_set():
    lines = run("serve", "--print-config").stdout.splitlines()
    for name in [name for name, default, _ in SETTINGS if not default and name != "client-signing-algorithms"]:
        assert f"# {name}: not set  # default" in lines


@pytest.mark.parametrize("name,value,others", ALL, ids=[name for name, *_ in ALL])
def test_every_setting_comes_from_each_origin(tmp_path, name, value, others):
    """OPS-10: flag in both spellings, both prefixes, with hyphens and without, and both kinds of file."""
    text, shell = as_text(value), re.sub("[-.]", "_", name.upper())
    assert show(f"--{name}={text}", *others)[name] == (value, "flag")
    if value not in ("true", "false"):
        assert show(f"--{name}", text, *others)[name] == (value, "flag")
    for variable in (f"MINTMARK_{shell}", f"FULCIO_SERVE_{shell}", f"FULCIO_SERVE_{name.upper()}"):
        assert show(*others, **{variable: text})[name] == (value, f"environment {variable}")
    for file, content in (("c.yaml", f"# first\n{name}: {value}\n"), ("c.json", json.dumps({name: json.loads(value)}))):
        (tmp_path / file).write_text(content)
        line = 2 if file == "c.yaml" else 1
        assert show("-c", tmp_path / file, *others)[name] == (value, f"file {tmp_path / file}:{line}")


def test_flag_before_environment_before_file_before_default(tmp_path):
    """OPS-10: the precedence, and MINTMARK_ before FULCIO_SERVE_; an empty variable is none."""
    file = tmp_path / "c.yaml"
    file.write_text("port: 4\n")
    ours, theirs = {"MINTMARK_PORT": "2"}, {"FULCIO_SERVE_PORT": "3"}
    where = {"MINTMARK_CONFIG": str(file)}
    assert show("--port=1", **ours, **theirs, **where)["port"] == ("1", "flag")
    assert show(**ours, **theirs, **where)["port"] == ("2", "environment MINTMARK_PORT")
    assert show(**{"MINTMARK_PORT": ""}, **theirs, **where)["port"] == ("3", "environment FULCIO_SERVE_PORT")
    assert show(**where)["port"] == ("4", f"file {file}:1")
    assert show()["port"] == ("8080", "default")


def test_the_spellings_of_the_original_work(tmp_path):
    """OPS-04: aliases; switches with and without a value; an empty log; the short name of the file; the last wins."""
    file = tmp_path / "c.yml"
    file.write_text("http-host: 127.0.0.3\n")
    found = show("--http-port", "5", "--fileca-watch=false", "--log_type=prod", "--ct-log-url=", f"-c={file}")
    assert (found["port"], found["fileca-watch"]) == (("5", "flag"), ("false", "flag"))
    assert (found["log_type"], found["ct-log-url"]) == (('"prod"', "flag"), ('[""]', "flag"))
    assert found["host"] == ('"127.0.0.3"', f"file {file}:1")
    assert show("--fileca-watch")["fileca-watch"] == ("true", "flag")
    assert show("--port=1", "--port=2")["port"] == ("2", "flag")
    several = show("--ct-log-url=https://a", "--ct-log-url", "https://b")["ct-log-url"]
    assert several == ('["https://a", "https://b"]', "flag")


def test_secrets_are_masked_and_better_not_arguments():
    """R-46: the password is nowhere in what is printed; only as an argument it is worth a warning."""
    for arguments, variables in ((["--fileca-key-passwd", "marker"], {}), ([], {"MINTMARK_FILECA_KEY_PASSWD": "marker"})):
        done = run("serve", "--print-config", *arguments, variables=variables)
        assert "marker" not in done.stdout + done.stderr
        assert "fileca-key-passwd" not in printed(done), "what stands for it must not be read back as the password"
        assert "# fileca-key-passwd: ********" in done.stdout
        assert ("every user" in done.stderr) == bool(arguments)


def test_what_is_printed_can_be_read_again(tmp_path):
    """Every value comes back, now from the file; texts with quotes, commas and line breaks survive."""
    odd = 'a "b" # c: \\ \u00e9\n\t,'
    first = show(*(f"--{name}={as_text(value)}" for name, _, value in SETTINGS if name != "passphrase-fd"),
                 f"--audit-log={odd}")  # fmt: skip
    assert json.loads(first["audit-log"][0]) == odd
    file = tmp_path / "printed.yaml"
    file.write_text("".join(f"{name}: {value}  # {origin}\n" for name, (value, origin) in first.items()))
    second = show("--config", file)
    assert {name: value for name, (value, _) in second.items()} == {name: value for name, (value, _) in first.items()}
    assert all(origin.startswith(f"file {file}:") for _, origin in second.values())
    (tmp_path / "whole.yaml").write_text(run("serve", "--print-config").stdout)
    assert show("-c", tmp_path / "whole.yaml")["port"] == ("8080", f"file {tmp_path / 'whole.yaml'}:5")


WRONG = [
    ("port", "x"), ("port", "65536"), ("port", "-1"), ("port", "1e3"), ("grpc-port", "99999"), ("ct-log-budget", "0"),
    ("idle-connection-timeout", "30"), ("idle-connection-timeout", "99h"), ("read-header-timeout", "x"),
    ("fileca-watch", "maybe"), ("log_type", "loud"), ("log-level", "all"), ("audit-failure", "perhaps"),
    ("ct-log-submission", "both"), ("audit-subject", "yes"),
]  # fmt: skip


@pytest.mark.parametrize("name,text", WRONG)
def test_a_bad_value_is_one_line_wherever_it_stands(tmp_path, name, text):
    """Status 64 for a flag and 1 for a variable or a file; the place is named; nothing else is said."""
    done = run("serve", "--data-dir", "/d", f"--{name}={text}")
    lines = [line for line in done.stderr.splitlines() if line.startswith("mintmark: ")]
    assert done.returncode == 64 and len(lines) == 1 and f"--{name} must be" in lines[0] and text in lines[0]
    variable = "FULCIO_SERVE_" + name.upper()
    done = run("serve", "--data-dir", "/d", variables={variable: text})
    assert done.returncode == 1 and f"mintmark: {variable} must be" in done.stderr
    (tmp_path / "c.json").write_text(json.dumps({name: text}))
    done = run("serve", "--data-dir", "/d", "-c", tmp_path / "c.json")
    assert done.returncode == 1 and f"c.json: line 1: {name} must be" in done.stderr
    assert run("serve", "--print-config", f"--{name}={text}").returncode == 1


def test_all_mistakes_of_all_origins_come_at_once(tmp_path):
    """One line each: unknown flags, values, variables, keys of the file, and what is missing."""
    (tmp_path / "c.yaml").write_text("unheard-of: 1\nmetrics-port: '1'\nhost: [a]\nconfig: x\nhttp-host: y\nhttp-port: 1\n"
                                     "port: 2\ndata-dir:\nca: 5\n")  # fmt: skip
    done = run("serve", "--port=x", "--unheard", "word", "--tls-key=k", "--kms-resource=gcpkms://x", "-c",
               tmp_path / "c.yaml", "--ct-log-url", variables={"MINTMARK_GRPC_PORT": "y"})  # fmt: skip
    said = done.stderr
    assert done.returncode == 64
    for piece in ("--port must", "--unheard", "unexpected argument: word", "tls-certificate must be set",
                  "--kms-resource is for kmsca", "--ct-log-url needs a value", "MINTMARK_GRPC_PORT must", "line 1: unknown setting unheard-of",
                  "line 2: metrics-port must be a number", "line 3: host must be a text",
                  "line 4: config cannot be set in a file", "line 7: port is set twice", "line 8: data-dir must be a text",
                  "line 9: ca must be a text"):  # fmt: skip
        assert sum(piece in line for line in said.splitlines()) == 1, (piece, said)


BAD_FILES = {
    "missing.yaml": None, "c.toml": "port = 1\n", "c": "port: 1\n", "list.yaml": "- 1\n", "open.yaml": "port: [\n",
    "twice.yaml": "port: 1\nport: 2\n", "no.json": "port: 1\n", "half.json": '{"port": 1', "c.json": '{"port": "1"}',
    "utf.yaml": b"host: \xff\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_used_is_named(tmp_path, name):
    content = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = run("serve", "--print-config", "--config", tmp_path / name)
    assert done.returncode == 1 and str(tmp_path / name) in done.stderr and done.stdout == ""


def test_a_file_that_anybody_may_write_to_is_refused(tmp_path):
    """R-43: it decides what is served."""
    (tmp_path / "c.yaml").write_text("port: 1\n")
    (tmp_path / "c.yaml").chmod(0o666)
    assert "chmod o-w" in run("serve", "--print-config", "-c", tmp_path / "c.yaml").stderr


MESSAGES = [
    ([], 'required flag "ca" not set'),
    (["--ca=fancy"], "--ca=fancy is not a valid selection. Try: "),
    (["--ca="], "--ca= is not a valid selection. Try: "),
    (["--ca=kmsca"], "--ca=kmsca is not a valid selection. Try: "),
    (["--ca=fileca"], "fileca-cert must be set to certificate path when using fileca"),
    (["--ca=fileca"], "fileca-key must be set to private key path when using fileca"),
    (["--ca=fileca"], "fileca-key-passwd must be set to encryption password for private key file when using fileca"),
]


@pytest.mark.parametrize("arguments,message", MESSAGES)
def test_back_ends_are_asked_for_in_the_words_of_the_original(arguments, message):
    """OPS-01: section 7, word for word, status 1; OPS-10: the same through FULCIO_SERVE_CA."""
    done = run("serve", *arguments)
    assert done.returncode == 1 and f"mintmark: {message}" in done.stderr
    if arguments and arguments != ["--ca="]:
        by_variable = run("serve", variables={"FULCIO_SERVE_CA": arguments[0].partition("=")[2]})
        assert by_variable.returncode == 1 and message in by_variable.stderr


def test_a_password_that_is_set_may_be_empty():
    """OPS-01 section 7: --fileca-key-passwd= is set."""
    said = run("serve", "--ca=fileca", "--fileca-key-passwd=").stderr
    assert "fileca-cert must be set" in said and "fileca-key-passwd must be set" not in said


REFUSED = ["kms-resource", "kms-cert-chain-path", "tink-kms-resource", "tink-cert-chain-path", "tink-keyset-path",
           "hsm-caroot-id", "pkcs11-config-path", "hsm-key-label", "aws-hsm-root-ca-path", "gcp_private_ca_parent",
           "gcp_private_ca_version", "gcp-kms-retries", "gcp-kms-timeout"]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_flags_of_other_back_ends_are_known_and_refused(name):
    """OPS-01: not an unknown flag, but one whose back end is not here; from the environment too."""
    done = run("serve", "--data-dir=/d", f"--{name}=1")
    assert done.returncode == 64 and f"--{name} is for" in done.stderr and "not supported" in done.stderr
    variable = "FULCIO_SERVE_" + name.upper().replace("-", "_")
    done = run("serve", "--data-dir=/d", variables={variable: "1"})
    assert done.returncode == 1 and f"{variable} is for" in done.stderr


def test_the_help_names_every_setting():
    """Both ways to ask; the rule of the environment and the defaults are told."""
    for arguments in (["serve", "--help"], ["serve", "-h"], ["help", "serve"]):
        done = run(*arguments)
        assert done.returncode == 0
        for name in [name for name, *_ in ALL] + REFUSED:
            assert re.search(rf"--{re.escape(name)}\b", done.stdout), name
        for piece in ("MINTMARK_CT_LOG_URL", "FULCIO_SERVE_CT_LOG_URL", "--http-port", "--print-config", "Default: 8081"):
            assert piece in done.stdout
        assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_a_variable_that_sets_nothing_is_named():
    """A typing error in a variable must not pass in silence; other programs' variables do."""
    done = run("serve", "--print-config", variables={"MINTMARK_PROT": "1", "FULCIO_SERVE_PROT": "1", "PORT": "1"})
    assert sum("sets nothing" in line for line in done.stderr.splitlines()) == 2
    assert "MINTMARK_PROT" in done.stderr and "FULCIO_SERVE_PROT" in done.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("settings"))
    house.init()
    house.trust({})
    return house



def warnings(server: Server) -> str:
    return "\n".join(record.get("detail", "") for record in server.records() if record.get("severity") == "warn")


def test_a_server_runs_from_a_file_alone(house, issuer, tmp_path):
    """OPS-10: data directory, passphrase, issuers, addresses and the kind of log, all from the file."""
    house.trust({issuer.url: {}})
    file = tmp_path / "server.json"
    file.write_text(json.dumps({
        "data-dir": str(house.directory), "passphrase-file": str(house.passphrase_file), "log_type": "prod",
        "config-path": str(house.configuration), "host": "127.0.0.1", "port": house.port, "grpc-host": "127.0.0.1",
        "grpc-port": house.port, "metrics-host": "127.0.0.1", "metrics-port": house.metrics_port,
    }))  # fmt: skip
    with Server(["serve", "-c", file], house.url, variables={"MINTMARK_TYPO": "1"}) as server:
        server.wait_until_ready()
        Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        assert server.stop() == 0
        assert all(line.startswith("{") for line in server.lines)
        assert "MINTMARK_TYPO sets nothing" in warnings(server)
        assert "clear text unless" not in warnings(server)


def test_a_server_runs_from_the_environment_alone(house, issuer):
    """OPS-10: also what is a switch or a list, and with an alias; `dev` is text at debug level."""
    house.trust({issuer.url: {}})
    values = {
        "MINTMARK_DATA_DIR": house.directory, "FULCIO_SERVE_PASSPHRASE-FILE": house.passphrase_file,
        "FULCIO_SERVE_CONFIG_PATH": house.configuration, "MINTMARK_HTTP_HOST": "127.0.0.1",
        "FULCIO_SERVE_PORT": house.port, "MINTMARK_GRPC_HOST": "127.0.0.1", "MINTMARK_GRPC_PORT": house.port,
        "MINTMARK_METRICS_HOST": "127.0.0.1", "MINTMARK_METRICS_PORT": house.metrics_port,
        "FULCIO_SERVE_LOG_TYPE": "dev", "MINTMARK_CLIENT_SIGNING_ALGORITHMS": "ed25519,ecdsa-sha2-256-nistp256",
    }  # fmt: skip
    variables = {name: str(value) for name, value in values.items()}
    with Server(["serve"], house.url, variables=variables) as server:
        server.wait_until_ready()
        Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        assert server.stop() == 0
        assert server.lines and not any(line.startswith("{") for line in server.lines)


def test_listening_for_others_without_tls_is_worth_one_warning(house):
    """Tokens in clear text: said once, with the ports."""
    with house.serve("--host", "0.0.0.0", "--grpc-host", "0.0.0.0") as server:
        said = [line for line in warnings(server).splitlines() if "clear text unless" in line]
        assert len(said) == 1 and f"0.0.0.0 port {house.port}" in said[0] and "gRPC" in said[0]
        assert server.stop() == 0


@pytest.mark.parametrize("flag,port", [("--idle-connection-timeout", "port"), ("--read-header-timeout", "metrics_port")])
def test_idle_connections_are_closed_when_the_setting_says(house, flag, port):
    """8.1: half a second here; the defaults would keep the connection for longer than this test waits."""
    with house.serve(f"{flag}=500ms"), socket.create_connection(("127.0.0.1", getattr(house, port)), 8) as idle:
        assert idle.recv(1) == b""


def test_the_default_configuration_may_be_absent(house):
    """2.6: an explicitly given path that is missing stops the start; the default one does not."""
    arguments = [str(part) for part in house.arguments()]
    place = arguments.index("--config-path")
    with Server(arguments[:place] + arguments[place + 2 :], house.url) as server:
        server.wait_until_ready()
        listed = {issuer["issuerUrl"] for issuer in Client(house.url).get("/api/v2/configuration").json()["issuers"]}
        assert listed == {"https://oauth2.sigstore.dev/auth", "https://accounts.google.com",
                          "https://token.actions.githubusercontent.com"}  # fmt: skip
        server.process.send_signal(1)
        assert server.stop() == 0
    missing = run(*arguments[: place + 1], "/nowhere.yaml", *arguments[place + 2 :])
    assert missing.returncode == 1 and "--config-path=/nowhere.yaml" in missing.stderr


def test_version_names_the_program():
    """8.5, as far as the fields mean something here."""
    fields = json.loads(run("version", "--json").stdout)
    assert set(fields) == {"gitVersion", "compiler", "platform", "openSSL"} and all(fields.values())
    assert f"GitVersion:  {fields['gitVersion']}" in run("version").stdout


def test_an_unreadable_file_is_the_only_mistake(tmp_path):
    """R-58: what the file might have set is not missed as well."""
    file = tmp_path / "broken.yaml"
    file.write_text("ca: [\n")
    done = run("serve", "--config", file)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and str(file) in done.stderr, done.stderr
    assert "required flag" not in done.stderr


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x]"]
    return "\n".join(lines + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]) + "\n"


def test_a_file_that_grows_when_it_is_read_is_refused_at_once(tmp_path):
    """R-21 R-23: settings and identity configuration: aliases of aliases, endless brackets, too many octets; 2 s of CPU."""
    for number, text in enumerate((bomb(), "a: " + "[" * 400_000, "x" * (2 << 20))):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text)
        for arguments in (["serve", "--config", file], ["check", "--config-path", file]):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = run(*arguments, timeout=60)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert done.returncode == 1 and str(file) in done.stderr and len(done.stderr) < 1000
            assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


def test_unknown_keys_of_an_issuer_are_named_with_the_other_mistakes(tmp_path):
    """TOK-25 R-58: a key that nobody knows is often why another one is missing."""
    file = tmp_path / "issuers.yaml"
    file.write_text(
        "oidc-issuers:\n  https://a.example.org:\n    issuer-url: https://a.example.org\n"
        "    clientid: sigstore\n    type: email\n"
    )
    done = run("check", "--config-path", file)
    assert done.returncode == 1 and "unknown key clientid" in done.stderr and len(done.stderr.splitlines()) >= 2
