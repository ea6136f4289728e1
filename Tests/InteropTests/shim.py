"""The preloaded library of lost_writes.c: compiled once, put under a server, armed through a file."""

import pathlib
import shutil
import subprocess

from program import Server, binary, environment

SOURCE = pathlib.Path(__file__).with_name("lost_writes.c")


def compile_shim(directory: pathlib.Path) -> pathlib.Path:
    library = directory / "lost_writes.so"
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler, "no C compiler; .ci/setup installs one"
    command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run([*command, "-lpthread"], check=True, timeout=120)
    return library


class Bench:
    """A house whose servers run over the library; the files that arm it lie in a directory of their own."""

    def __init__(self, house, library: pathlib.Path, directory: pathlib.Path):
        self.house, self.library = house, library
        self.fault_file, self.clock_file = directory / "fault", directory / "clock"

    def arm(self, line: str) -> None:
        """Asks for one fault, such as `fail sync -wal`; complete from the first moment it can be seen."""
        draft = self.fault_file.with_suffix(".new")
        draft.write_text(line)
        draft.rename(self.fault_file)

    def disarm(self) -> None:
        self.fault_file.unlink(missing_ok=True)

    @property
    def is_armed(self) -> bool:
        return self.fault_file.exists()

    def shift_clock(self, seconds: int) -> None:
        draft = self.clock_file.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.rename(self.clock_file)

    def command(self, *more: str, **variables: str) -> list[str]:
        settings = {
            "LD_PRELOAD": self.library, "HELD_FILES": self.house.database, "FAULT_FILE": self.fault_file,
            "CLOCK_FILE": self.clock_file, **variables,
        }  # fmt: skip
        return ["env", *(f"{name}={value}" for name, value in settings.items()), binary(), *more]

    def serve(self, *more: str, **variables: str) -> Server:
        server = Server(self.command(*self.house.arguments(), *more, **variables), self.house.url, traced=True)
        try:
            server.wait_until_ready()
        except BaseException:
            server.kill()
            raise
        return server

    def refuses_to_serve(self) -> str:
        """Runs `serve`, which must end with status 1 by itself; returns what it wrote."""
        command = [str(part) for part in self.command(*self.house.arguments())]
        done = subprocess.run(
            command, env=environment(), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 1, (done.returncode, done.stderr)
        return done.stderr
