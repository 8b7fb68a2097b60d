"""Pods of rendered manifests, run in containers as a node of Kubernetes would run them.

What Kubernetes does to a pod is done here: its user, its read-only root, no capabilities, and volumes
laid out as there, with files of root behind links which the group of the pod may read. Containers share
the network of this machine.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.chart import Manifest, Manifests, of_kind, templates
from tests.support.composed import told

_OPEN = 0o644


@dataclass(frozen=True, slots=True)
class Running:
    """A container of a pod that runs."""

    name: str
    pod: Manifest

    def weighbridge(self, *words: str) -> str:
        """Run the program in it, and return what it writes to stdout."""
        return told("docker", "exec", self.name, "weighbridge", *words)

    def is_alive(self) -> bool:
        """Do what the probe does."""
        command = self.pod["containers"][0]["livenessProbe"]["exec"]["command"]
        probe = ("docker", "exec", self.name, *command)
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0

    def stopped(self) -> int:
        """Have it end within the grace that the pod gives, and return its status."""
        told("docker", "stop", "--time", str(self.pod["terminationGracePeriodSeconds"]), self.name)
        return int(told("docker", "inspect", "--format", "{{.State.ExitCode}}", self.name))


@dataclass(frozen=True, slots=True)
class Node:
    """Where pods run.

    Attributes:
        folder: Holds volumes; a claim is the same one for all pods that name it.
        secrets: Those that exist beside the manifests, by name and key.
        variables: Given to each container besides its own, such as a free port for metrics.
    """

    folder: Path
    image: str
    secrets: Mapping[str, Mapping[str, bytes]] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)

    def claim(self, name: str) -> Path:
        """Return the folder of a claim."""
        folder = self.folder / "claims" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def running(self, manifests: Manifests, name: str) -> Iterator[Running]:
        """Run the pod of a name while the block runs; its log is left in the folder."""
        container = f"weighbridge-{name}-{os.getpid()}"
        pod, words = self._command(manifests, name)
        told("docker", "run", "--detach", "--name", container, *words)
        try:
            yield Running(container, pod)
        finally:
            done = subprocess.run(("docker", "logs", container), capture_output=True, check=False)
            (self.folder / f"{name}.log").write_bytes(done.stdout + done.stderr)
            told("docker", "rm", "--force", container)

    def finished(self, manifests: Manifests, name: str) -> str:
        """Run the pod of a name to its end, and return what it writes to stdout."""
        return told("docker", "run", "--rm", *self._command(manifests, name)[1])

    def _command(self, manifests: Manifests, name: str) -> tuple[Manifest, list[str]]:
        pod = dict(templates(manifests))[name]["spec"]
        (container,) = pod["containers"]
        security, own = pod["securityContext"], container["securityContext"]
        # What the standard asks for, and nothing where the manifest does not ask for it.
        words = [
            "--network=host",
            "--no-healthcheck",
            f"--user={security['runAsUser']}:{security['runAsGroup']}",
        ]
        words += ["--read-only"] * own["readOnlyRootFilesystem"]
        words += ["--security-opt=no-new-privileges"] * (not own["allowPrivilegeEscalation"])
        words += [f"--cap-drop={capability}" for capability in own["capabilities"]["drop"]]
        words += [f"--workdir={container['workingDir']}"] if "workingDir" in container else []
        variables = {item["name"]: item["value"] for item in container["env"]} | dict(self.variables)
        words += [f"--env={variable}={value}" for variable, value in variables.items()]
        for mount in container["volumeMounts"]:
            words += self._mounted(manifests, name, pod, mount)
        return pod, [*words, self.image, *map(str, container["args"])]

    def _mounted(self, manifests: Manifests, name: str, pod: Manifest, mount: Manifest) -> list[str]:
        group, target = pod["securityContext"]["fsGroup"], mount["mountPath"]
        found = next((item for item in pod["volumes"] if item["name"] == mount["name"]), None)
        if found is not None and "emptyDir" in found:
            return [f"--tmpfs={target}"]
        if found is not None and "projected" in found:
            source = self.folder / name / mount["name"]
            self._lay(manifests, found["projected"], source, group)
        else:
            claim = found["persistentVolumeClaim"]["claimName"] if found else f"{mount['name']}-{name}-0"
            source = self.claim(claim) / mount.get("subPath", "")
            os.chown(source, -1, group)
            source.chmod(0o2775)
        end = ",readonly" if mount.get("readOnly") else ""
        return [f"--mount=type=bind,source={source},target={target}{end}"]

    def _lay(self, manifests: Manifests, projected: Manifest, folder: Path, group: int) -> None:
        """Write the files of a projected volume: root's, which the group may read, behind links."""
        data = folder / "..data"
        mode = projected.get("defaultMode", _OPEN)
        for path, content in self._contents(manifests, projected):
            file = data / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            os.chown(file, 0, group)
            file.chmod(mode)
            link = folder / Path(path).parts[0]
            if not link.is_symlink():
                link.symlink_to(Path("..data") / link.name)

    def _contents(self, manifests: Manifests, projected: Manifest) -> Iterator[tuple[str, bytes]]:
        for source in projected["sources"]:
            ((kind, given),) = source.items()
            held = self._held(manifests, kind, given["name"])
            items = given.get("items") or [{"key": key, "path": key} for key in held]
            for item in items:
                yield item["path"], held[item["key"]]

    def _held(self, manifests: Manifests, kind: str, name: str) -> Mapping[str, bytes]:
        """Return what a ConfigMap or Secret holds: one of the chart, or one that exists beside it."""
        made = of_kind(manifests, "Secret" if kind == "secret" else "ConfigMap")
        if name not in made:
            return self.secrets[name]
        texts: dict[str, str] = made[name].get("data") or made[name]["stringData"]
        return {key: text.encode() for key, text in texts.items()}
