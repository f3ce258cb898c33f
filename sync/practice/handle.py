"""The practice S-360 as one object: `with PracticeS360(seed=1, contacts=200, orders=80) as s360: ...`."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from sync.practice.api_auth import Credentials
from sync.practice.machine import Machine
from sync.practice.server import PracticeServer, listen


class PracticeS360(Machine):
    """A running practice S-360 at `url`, and every verb of `Machine`.

    `port` 0 takes a free one below 32768; `data` keeps the state across a restart.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        contacts: int = 200,
        orders: int = 80,
        data: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(seed=seed, contacts=contacts, orders=orders, data=data)
        self.host, self.port = host, port
        self._server: PracticeServer | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def credentials(self) -> Credentials:
        """What callers of the API must show; change its members at will."""
        return self.api.auth.credentials

    def start(self) -> None:
        """Raises OSError when the port is taken."""
        self._server = listen(self, self.host, self.port)
        self.port = self._server.server_port
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="practice-web", daemon=True
        ).start()
        super().start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
        super().stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
