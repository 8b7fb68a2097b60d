"""Apicurio Registry with Confluent's interface, its schemas in a database file.

The file (H2) needs no broker to start, so both servers start at the same time; its default would
forget all schemas at a stop.
"""

from __future__ import annotations

import http.client
from collections.abc import Sequence

from deploy.exchange import files, ports
from deploy.exchange.installation import Installation
from deploy.exchange.server import Server

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

    def answers(self) -> bool:
        """Say whether the registry serves clients."""
        connection = http.client.HTTPConnection(ports.HOST, self.port, timeout=_ANSWER_TIMEOUT_SECONDS)
        try:
            connection.request("GET", f"{_PATH}/subjects")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _address(self, port: int) -> str:
        return f"http://{ports.HOST}:{port}{_PATH}"

    def _version(self, installation: Installation) -> str:
        return installation.registry_version

    def _arguments(self, installation: Installation, port: int) -> Sequence[str]:
        files.private_folder(self.folder / "registry")
        settings = _SETTINGS | {"quarkus.http.port": str(port)}
        flags = [f"-D{name}={value}" for name, value in settings.items()]
        jar = installation.jars.registry_folder / "quarkus-run.jar"
        return (_HEAP, *self._private_folder_flags(), *flags, "-jar", str(jar))
