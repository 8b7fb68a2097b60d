"""The US EPA's e-Manifest service: log in, search by date of update, fetch a manifest.

Source: USEPA/e-manifest, docs/src/Services. A token lives for 20 minutes. Three attempts with
wrong credentials lock the API ID, so that a refusal ends the process and is never repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from producers.reading import dates
from producers.sources.http_service import Answer, HttpService
from producers.sources.source import RefusedError
from schemas.errors import Awaited, ConfigurationError, RetriableError

NOT_FOUND = "E_ManifestTrackingNumberNotFound"
_OK = 200
_UNAUTHORISED = 401
# What is left of a token's life when a new one is asked for.
_MARGIN = timedelta(seconds=60)
_CODE = re.compile(r"E_[A-Za-z]{1,80}")
_MTN = re.compile(r"[0-9]{9}[A-Z]{3}")


@dataclass(slots=True)
class EmanifestService:
    """The service, as one API ID sees it.

    Attributes:
        area: Path of the services below the base address: `emanifest`, or `state/emanifest`.
    """

    http: HttpService
    api_id: SecretStr
    api_key: SecretStr
    area: str
    _token: str | None = None
    _expires_at: datetime | None = None

    def search(self, criteria: Mapping[str, str]) -> list[str]:
        """Return the tracking numbers of all manifests that meet the criteria.

        Raises:
            ConfigurationError: The service refuses the credentials or the criteria.
            RetriableError, WaitError: As `HttpService.ask`.
        """
        answer = self._authorised("POST", f"{self.area}/search", dict(criteria))
        found = _decoded(answer)
        if answer.status == _OK and isinstance(found, list):
            return [item for item in found if isinstance(item, str) and _MTN.fullmatch(item)]
        raise ConfigurationError(
            f"the e-Manifest service refuses the search: status {answer.status}, {_code(found)}",
            hint="look at state_code, site_id and what the API ID may see",
        )

    def manifest(self, number: str) -> tuple[bytes, str] | None:
        """Return a manifest and its status, None where there is no manifest of this number any more.

        Raises:
            RefusedError: The service gives everything but this manifest.
            ConfigurationError, RetriableError, WaitError: As `search`.
        """
        answer = self._authorised("GET", f"{self.area}/manifest/{quote(number, safe='')}")
        found = _decoded(answer)
        code = _code(found)
        if code == NOT_FOUND:
            return None
        if answer.status != _OK or code:
            raise RefusedError("source.refused")
        status = found.get("status") if isinstance(found, dict) else None
        return answer.content, status if isinstance(status, str) else ""

    def _authorised(self, method: str, path: str, body: Any = None) -> Answer:
        if self._token is None or self._is_old():
            self._log_in()
        answer = self._sent(method, path, body)
        if answer.status == _UNAUTHORISED:
            self._log_in()
            answer = self._sent(method, path, body)
        if answer.status == _UNAUTHORISED:
            raise _refused(answer)
        return answer

    def _sent(self, method: str, path: str, body: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        return self.http.ask(method, path, headers=headers, body=body)

    def _log_in(self) -> None:
        parts = (self.api_id.get_secret_value(), self.api_key.get_secret_value())
        answer = self.http.ask("GET", "/".join(("auth", *(quote(part, safe="") for part in parts))))
        found = _decoded(answer)
        token = found.get("token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token:
            raise _refused(answer)
        self._token = token
        # Without a date the service itself says when the token is too old.
        self._expires_at = dates.instant(found.get("expiration"))

    def _is_old(self) -> bool:
        return self._expires_at is not None and datetime.now(UTC) > self._expires_at - _MARGIN


def _refused(answer: Answer) -> ConfigurationError | RetriableError:
    code = _code(_decoded(answer))
    if answer.status == _OK or code == "E_SystemError":
        return RetriableError(
            f"the e-Manifest service gives no token: {code}", hint="is it up?", awaited=Awaited.SOURCE
        )
    return ConfigurationError(
        f"the e-Manifest service refuses the API ID: status {answer.status}, {code}",
        hint="look at WEIGHBRIDGE_SOURCE__API_ID and WEIGHBRIDGE_SOURCE__API_KEY; a third attempt with "
        "wrong ones locks the API ID",
    )


def _decoded(answer: Answer) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return None


def _code(found: Any) -> str:
    """Return the code of an error, nothing where there is none: other text may hold values."""
    code = found.get("code") if isinstance(found, dict) else None
    # The service is documented with a blank after the code.
    text = code.strip() if isinstance(code, str) else ""
    return text if _CODE.fullmatch(text) else ""
