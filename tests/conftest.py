"""What every test stands on: one thread, no telemetry, no network beyond this machine."""

import ipaddress
import os
import socket
from typing import Any

# Before anything is imported that reads them.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TUNEPATH_MODEL", "SPACE_ID"):
    os.environ.pop(name, None)


def _refuse_beyond_loopback() -> None:
    """Lets sockets reach this machine only, and says what tried to reach further."""

    def near(host: str) -> bool:
        try:
            return ipaddress.ip_address(host.split("%")[0]).is_loopback
        except ValueError:
            return host in ("localhost", "", socket.gethostname())

    def guarded(name: str) -> None:
        original = getattr(socket.socket, name)

        def call(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]  # sendto takes it last, the others only
            if isinstance(address, tuple) and not near(str(address[0])):
                raise RuntimeError(f"a test tried to reach {address[0]}")
            return original(self, *arguments)

        setattr(socket.socket, name, call)

    for method in ("connect", "connect_ex", "sendto"):
        guarded(method)

    look_up = socket.getaddrinfo

    def looked_up(host: Any, *arguments: Any, **options: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host or ""
        if text not in ("0.0.0.0", "::") and not near(text):
            raise RuntimeError(f"a test tried to look up {text}")
        return look_up(host, *arguments, **options)

    socket.getaddrinfo = looked_up


_refuse_beyond_loopback()

pytest_plugins = ["tests.fixtures"]
