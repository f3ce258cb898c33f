"""How S-360 proves itself to the receiver: nothing, HTTP Basic, a static header or a static bearer token."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WebhookAuth:
    """`user` is used by `basic`, `header` by `header`; `secret` by all but `none`."""

    mode: Literal["none", "basic", "header", "bearer"] = "none"
    secret: str = ""
    user: str = ""
    header: str = "X-Api-Key"

    def headers(self) -> dict[str, str]:
        if self.mode == "basic":
            return {"Authorization": "Basic " + b64encode(f"{self.user}:{self.secret}".encode()).decode()}
        if self.mode == "bearer":
            return {"Authorization": f"Bearer {self.secret}"}
        return {self.header: self.secret} if self.mode == "header" else {}
