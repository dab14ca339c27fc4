"""A real Neo4j Community server on loopback, from its Maven artifacts: needs Java 17 or newer and Maven.

``python -m tests.stores.server start FOLDER`` starts one to try things with and prints its address; ``stop FOLDER``
ends it; ``can VERSION`` tells by its exit code whether that version could be started. The password is ``PASSWORD``, the
user ``neo4j``. Jars are kept in the user's cache, fetched once.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

VERSION = os.environ.get("BLASTRADIUS_NEO4J_VERSION", "5.26.30")
PASSWORD = "only-on-loopback"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "blastradius-neo4j"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>neo4j-jars</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies><dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{version}</version>
  </dependency></dependencies>
</project>
"""
_FLAGS = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.nio", "java.io", "sun.nio.ch", "java.lang")]
_FLAGS += ["--add-opens=java.base/java.util.concurrent=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED"]
_FLAGS += ["-Dio.netty.tryReflectionSetAccessible=true", "-Dlog4j2.disable.jmx=true", "-Dfile.encoding=UTF-8"]
_FLAGS += [
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
]  # to compile well costs more than so few queries ever give back
_HANDSHAKE = bytes.fromhex("6060b01700040405000000040000000000000000")
_SETTINGS = {
    "server.default_listen_address": "127.0.0.1",
    "server.http.enabled": "false",
    "dbms.usage_report.enabled": "false",
    "server.memory.pagecache.size": "64m",
    "db.tx_log.rotation.retention_policy": "keep_none",
    "db.tx_log.preallocate": "false",
    "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",  # a clean stop would take ten seconds
}


def java(least: int) -> str | None:
    """A Java of at least this version: the default one, or another that stands beside it."""
    homes = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    homes += sorted(Path("/usr/lib/jvm").glob("*")) if Path("/usr/lib/jvm").is_dir() else []
    for program in (shutil.which("java"), *(str(home / "bin" / "java") for home in homes)):
        if program and Path(program).exists() and _major(program) >= least:
            return program
    return None


def _major(program: str) -> int:
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def why_none(version: str = VERSION) -> str | None:
    """Why no server can be started here; ``None`` where one can."""
    least = 17 if version.startswith("5.") else 21
    if java(least) is None:
        return f"no Java {least} or newer"
    return None if jars(version).is_dir() or shutil.which("mvn") else "no Maven to fetch the server with"


def jars(version: str) -> Path:
    """The folder for the jars of a version."""
    return _CACHE / version


def fetch(version: str = VERSION) -> Path:
    """The folder with the jars of a version, fetched whole or not at all."""
    folder = jars(version)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{version}-", dir=folder.parent))
    pom = part / "pom.xml"
    pom.write_text(_POM.format(version=version), encoding="utf-8")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={part / 'jars'}"]
    subprocess.run(["mvn", "-B", "-q", "-f", str(pom), *goal], check=True, stdout=sys.stderr)
    with contextlib.suppress(OSError):  # another was faster
        (part / "jars").rename(folder)
    shutil.rmtree(part)
    return folder


@dataclass
class Server:
    """One server: its data and its port stay the same over crashes and starts."""

    folder: Path
    version: str = VERSION
    heap: str = "512m"
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """Where it answers."""
        return f"bolt://127.0.0.1:{self.port}"

    def start(self, wait: float = 300) -> None:
        """Start it and wait until it answers; on the same folder after a crash, it recovers."""
        fresh = not (self.folder / "conf").is_dir()
        self.port = self.port or free_port()
        self._configure()
        lib = fetch(self.version)
        if fresh:
            admin = ["org.neo4j.cli.AdminTool", "dbms", "set-initial-password", PASSWORD]
            subprocess.run(self._java(lib, "128m", *admin), env=self._env(), check=True, capture_output=True)
        home = [f"--home-dir={self.folder}", f"--config-dir={self.folder / 'conf'}"]
        command = self._java(lib, self.heap, _main_class(lib, self.version), *home)
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self._env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        (self.folder / "server").write_text(f"{self.process.pid} {self.port}", encoding="ascii")
        until = time.monotonic() + wait
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError((self.folder / "console.log").read_text(errors="replace")[-3000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """End it as an administrator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def _configure(self) -> None:
        for name in ("conf", "data", "logs", "run", "import", "plugins", "licenses"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        listen = dict.fromkeys(
            ("server.bolt.listen_address", "server.bolt.advertised_address"), f"127.0.0.1:{self.port}"
        )
        stated = {**_SETTINGS, **listen, **self.settings}
        text = "".join(f"{key}={value}\n" for key, value in stated.items())
        (self.folder / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")

    def _java(self, lib: Path, heap: str, *words: str) -> list[str]:
        program = java(17 if self.version.startswith("5.") else 21) or "java"
        nice = ["nice"] if shutil.which("nice") else []
        return [*nice, program, f"-Xms{heap}", f"-Xmx{heap}", *_FLAGS, "-cp", f"{lib}/*", *words]

    def _env(self) -> dict[str, str]:
        conf = {"NEO4J_HOME": str(self.folder), "NEO4J_CONF": str(self.folder / "conf")}
        return {**{name: value for name, value in os.environ.items() if name != "JAVA_TOOL_OPTIONS"}, **conf}


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Whether a Bolt server shakes hands there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as peer:
            peer.sendall(_HANDSHAKE)
            return len(peer.recv(4)) == 4
    except OSError:
        return False


def _main_class(lib: Path, version: str) -> str:
    """The server's main class, as its jar names it: it changed after 5.x."""
    with zipfile.ZipFile(lib / f"neo4j-{version}.jar") as jar:
        return jar.read("META-INF/services/org.neo4j.server.startup.EntryPoint").decode().split()[-1]


def main(arguments: list[str]) -> int:
    """Start or stop a server by hand; returns the exit code."""
    if len(arguments) != 2 or arguments[0] not in ("start", "stop", "can"):
        print(__doc__)
        return 2
    if arguments[0] == "can":
        return 1 if why_none(arguments[1]) else 0
    folder = Path(arguments[1]).resolve()
    if arguments[0] == "start":
        folder.mkdir(parents=True, exist_ok=True)
        server = Server(folder)
        server.start()
        print(f"NEO4J_URI={server.uri} NEO4J_USERNAME=neo4j NEO4J_PASSWORD={PASSWORD}")
        return 0
    pid = int((folder / "server").read_text("ascii").split()[0])
    os.kill(pid, signal.SIGTERM)
    return 0


def uri_of(folder: Path) -> str:
    """Where the server of a folder answers, whoever started it."""
    return f"bolt://127.0.0.1:{(folder / 'server').read_text('ascii').split()[1]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
