"""Apicurio Registry with Confluent's interface, its schemas in a database file.

The file (H2) needs no broker to start, so both servers start at the same time; its default would
forget all schemas at a stop.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Sequence

from deploy.exchange import files, ports
from deploy.exchange.installation import Installation
from deploy.exchange.security import Security
from deploy.exchange.server import Server
from deploy.exchange.state import StateFile

_HEAP = "-Xmx256m"
_PATH = "/apis/ccompat/v7"
_ANSWER_TIMEOUT_SECONDS = 5

_SETTINGS = {
    "quarkus.http.host": ports.HOST,
    # A second listener for health and metrics, which has no use here and cannot be switched off.
    "quarkus.management.host": ports.HOST,
    "quarkus.management.port": "0",
    "apicurio.storage.kind": "sql",
    "apicurio.storage.sql.kind": "h2",
    # Relative to the state folder. What is acknowledged is on disk: the default writes half a
    # second later.
    "apicurio.datasource.url": "jdbc:h2:file:./registry/registry;WRITE_DELAY=0",
    "apicurio.datasource.jdbc.initial-size": "2",
    "apicurio.datasource.jdbc.min-size": "2",
    "apicurio.datasource.jdbc.max-size": "10",
    'quarkus.log.category."io.quarkus.http.access-log".level': "WARN",
}


class Registry(Server):
    """The schema registry."""

    name = "registry"
    title = "schema registry"
    usual_port = 8081
    free_ports = ports.REGISTRY

    def __init__(
        self, state: StateFile, installation: Callable[[], Installation], security: Security | None = None
    ) -> None:
        super().__init__(state, installation)
        self._security = security

    def answers(self) -> bool:
        """Say whether the registry serves clients."""
        connection = self._connection()
        try:
            connection.request("GET", f"{_PATH}/subjects")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._security is None:
            return http.client.HTTPConnection(ports.HOST, self.port, timeout=_ANSWER_TIMEOUT_SECONDS)
        context = ssl.create_default_context(cafile=str(self._security.ca_file))
        return http.client.HTTPSConnection(
            ports.HOST, self.port, timeout=_ANSWER_TIMEOUT_SECONDS, context=context
        )

    def _address(self, port: int) -> str:
        return f"{'https' if self._security else 'http'}://{ports.HOST}:{port}{_PATH}"

    def _version(self, installation: Installation) -> str:
        return installation.registry_version

    def _arguments(self, installation: Installation, port: int) -> Sequence[str]:
        files.private_folder(self.folder / "registry")
        settings = _SETTINGS | self._listener(port)
        flags = [f"-D{name}={value}" for name, value in settings.items()]
        jar = installation.jars.registry_folder / "quarkus-run.jar"
        return (_HEAP, *self._private_folder_flags(), *flags, "-jar", str(jar))

    def _listener(self, port: int) -> dict[str, str]:
        if self._security is None:
            return {"quarkus.http.port": str(port)}
        return {
            "quarkus.http.insecure-requests": "disabled",
            "quarkus.http.ssl-port": str(port),
            "quarkus.http.ssl.certificate.files": str(self._security.certificate_file),
            "quarkus.http.ssl.certificate.key-files": str(self._security.key_file),
        }
