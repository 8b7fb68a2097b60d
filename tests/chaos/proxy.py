"""Links from clients to the brokers: all that some clients say goes through one, and it can be disturbed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from deploy.exchange import ports

_CHUNK_BYTES = 65_536
_DELAY_SECONDS = 0.3
_PORTS = range(32_000, 32_700)


class Flow(StrEnum):
    """What becomes of bytes.

    HELD ones arrive late, DROPPED ones never; SLOW ones take a while. With HALF the broker is told
    that the client says no more, and the client hears nothing. REFUSED connections end at once.
    """

    OPEN = "open"
    HELD = "held"
    DROPPED = "dropped"
    SLOW = "slow"
    HALF = "half-closed"
    REFUSED = "refused"


@dataclass(eq=False, slots=True)
class _Connection:
    """One client's connection and ours to the broker.

    Attributes:
        is_broken: Some bytes are lost: nothing sensible can follow.
    """

    client: asyncio.StreamWriter
    broker: asyncio.StreamWriter
    is_broken: bool = False

    def abort(self) -> None:
        """End both without a word."""
        for side in (self.client, self.broker):
            side.transport.abort()


@dataclass(eq=False, slots=True)
class Link:
    """The way of some clients to every broker, each through a port of its own.

    Attributes:
        ports: Where clients connect, by broker.
        brokers: Where the brokers listen.
    """

    name: str
    brokers: Sequence[int]
    ports: list[int] = field(default_factory=list)
    _flow: Flow = Flow.OPEN
    _connections: set[_Connection] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _is_open: asyncio.Event = field(default_factory=asyncio.Event)
    _is_whole: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        """The bootstrap servers of its clients."""
        return ",".join(f"{ports.HOST}:{port}" for port in self.ports)

    def open(self) -> None:
        """Listen, in a thread that ends with the program."""
        self.ports += [ports.choose(_PORTS) for _ in self.brokers]
        self._set(Flow.OPEN)
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        for own, broker in zip(self.ports, self.brokers, strict=True):
            asyncio.run_coroutine_threadsafe(self._listen(own, broker), self._loop).result(10)

    def disturb(self, flow: Flow) -> None:
        """Let this become of bytes from now on."""
        self._told(lambda: self._set(flow))

    def heal(self) -> None:
        """Let bytes through again; connections that lost some end."""
        self.disturb(Flow.OPEN)

    def cut(self) -> None:
        """End all connections; new ones are free to begin."""
        self._told(self._cut)

    def _told(self, act: Callable[[], None]) -> None:
        """Have the link's own thread do something, and wait until it is done."""

        async def told() -> None:
            act()

        asyncio.run_coroutine_threadsafe(told(), self._loop).result(10)

    def _set(self, flow: Flow) -> None:
        self._flow = flow
        (self._is_open.clear if flow is Flow.HELD else self._is_open.set)()
        (self._is_whole.set if flow is Flow.OPEN else self._is_whole.clear)()
        if flow is Flow.REFUSED:
            self._cut()
        for connection in [*self._connections]:
            if flow is Flow.HALF:
                self._halve(connection)
            elif flow is Flow.OPEN and connection.is_broken:
                connection.abort()

    def _cut(self) -> None:
        for connection in [*self._connections]:
            connection.abort()

    @staticmethod
    def _halve(connection: _Connection) -> None:
        connection.is_broken = True
        with suppress(OSError, RuntimeError):
            connection.broker.write_eof()

    async def _listen(self, own: int, broker: int) -> None:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._connected(reader, writer, broker)

        await asyncio.start_server(accept, ports.HOST, own)

    async def _connected(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter, port: int) -> None:
        if self._flow is Flow.REFUSED:
            client.transport.abort()
            return
        try:
            answers, broker = await asyncio.open_connection(ports.HOST, port)
        except OSError:
            client.transport.abort()
            return
        connection = _Connection(client, broker)
        self._connections.add(connection)
        if self._flow is Flow.HALF:
            self._halve(connection)
        try:
            await asyncio.gather(
                self._pump(reader, broker, connection), self._pump(answers, client, connection)
            )
        finally:
            self._connections.discard(connection)
            connection.abort()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, connection: _Connection
    ) -> None:
        """Pass bytes on until either side ends; a broken connection goes on without passing any."""
        with suppress(OSError):
            while data := await source.read(_CHUNK_BYTES):
                await self._pass(data, sink, connection)
        if connection.is_broken:
            await self._is_whole.wait()
        connection.abort()

    async def _pass(self, data: bytes, sink: asyncio.StreamWriter, connection: _Connection) -> None:
        await self._is_open.wait()
        if self._flow is Flow.SLOW:
            await asyncio.sleep(_DELAY_SECONDS)
        if self._flow is Flow.DROPPED:
            connection.is_broken = True
        if not connection.is_broken:
            sink.write(data)
            await sink.drain()
