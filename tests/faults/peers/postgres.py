"""PostgreSQL: Debian's server as an unprivileged user in a folder of its own, which can stop, die and come back on the same port."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from tests.faults.peers.ports import HOST, reserved_port

USER, PASSWORD = "rivereye", "s3cret/p@ss:w?rd#%41"
ENCODED = "s3cret%2Fp%40ss%3Aw%3Frd%23%2541"
NOBODY = "postgres"
"""The server does not run as root; Debian's package makes this user."""
STARTING_S = 30.0


def programs() -> Path | None:
    """Folder of the newest server's programs; None where there is none."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((path.parent for path in found), key=lambda folder: float(folder.parent.name), default=None)


def missing() -> str | None:
    """Why there can be no server on this machine; None where there can be one."""
    return None if programs() else "no PostgreSQL server; install it with: apt-get install postgresql"


class PostgresServer:
    """`port` stays its own while it is stopped."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if self._user:
            entry = pwd.getpwnam(NOBODY)
            for path in (folder, secret):
                os.chown(path, entry.pw_uid, entry.pw_gid)
        self._call(
            "initdb", "-D", self._data, "-U", USER, "--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"
        )

    def url(self, database: str, user: str = USER, password: str = ENCODED) -> str:
        return f"postgresql://{user}:{password}@{HOST}:{self.port}/{database}"

    def database(self) -> str:
        """A new and empty one; gives its address."""
        name = f"river{next(self._numbers)}"
        self.psql("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def psql(self, database: str, command: str) -> str:
        """What the server's own client prints."""
        return self.client("psql", database, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", command)

    def client(self, program: str, database: str, *arguments: str | Path) -> str:
        """What a program that came with the server prints."""
        return self._call(program, "-h", HOST, "-p", str(self.port), "-U", USER, "-d", database, *arguments)

    def start(self) -> Self:
        command: list[str | Path] = [
            "-D",
            self._data,
            "-p",
            str(self.port),
            "-k",
            self.folder,
            "-F",
            "-c",
            f"listen_addresses={HOST}",
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program("postgres"), *command],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                **self._user,  # type: ignore[call-overload]
            )
        deadline = time.monotonic() + STARTING_S
        while self._ready() != 0:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL does not start"
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """In order, but sends everybody away. May be called twice."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """All of its processes at once, also paused ones. May be called twice."""
        if self._process is not None:
            for process in self._family():
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self._process.wait(STARTING_S)
            self._process = None

    def pause(self) -> None:
        """It keeps connections and says nothing."""
        for process in self._family():
            os.kill(process, signal.SIGSTOP)

    def resume(self) -> None:
        for process in reversed(self._family()):
            os.kill(process, signal.SIGCONT)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _program(self, name: str) -> Path:
        folder = programs()
        assert folder is not None
        return folder / name

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait(STARTING_S)
            self._process = None

    def _family(self) -> list[int]:
        """The server, then its children."""
        assert self._process is not None
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]

    def _ready(self) -> int:
        command: list[str | Path] = [self._program("pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode

    def _call(self, program: str, *arguments: str | Path) -> str:
        done = subprocess.run(
            [self._program(program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"},
            **self._user,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout).strip()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server that asks for a password; its files are gone at the end."""
    with reserved_port() as port:
        folder = Path(mkdtemp(prefix="rivereye-postgres-"))  # pytest's folders keep other users out
        try:
            server = PostgresServer(folder, port)
            try:
                yield server.start()
            finally:
                server.kill()
        finally:
            shutil.rmtree(folder)
