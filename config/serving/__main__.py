"""`python -m config.serving`: the web processes. See `--help`; every option can come from the environment."""

import argparse
import contextlib
import os
import resource
import socket

from config.garbage import collect_less_often
from config.serving import limits


def main() -> None:
    options = _options()
    listener = _listen(options.host, options.port)
    _raise_descriptor_limit()
    # Django is loaded only now: a taken port is reported without waiting for it.
    from django.conf import settings  # noqa: PLC0415

    from config.serving.access_log import logged  # noqa: PLC0415
    from config.serving.loop import run_until_stopped  # noqa: PLC0415
    from config.serving.processes import Processes  # noqa: PLC0415
    from config.serving.server import make_server  # noqa: PLC0415
    from config.serving.warm_up import warm_up  # noqa: PLC0415
    from config.wsgi import application  # noqa: PLC0415

    warm_up(application)

    def serve() -> None:
        collect_less_often()
        run_until_stopped(
            make_server(
                logged(application),
                listener,
                threads=options.threads,
                body_limit_bytes=settings.HOOK_BODY_LIMIT_BYTES,
                trusted_proxy=os.environ.get("TRUSTED_PROXY"),
            )
        )

    Processes(serve, options.processes).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.serving", description=__doc__)
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--processes", type=int, default=int(os.environ.get("WEB_PROCESSES", "2")))
    parser.add_argument("--threads", type=int, default=int(os.environ.get("WEB_THREADS", "4")))
    return parser.parse_args()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SystemExit(f"{host}:{port} cannot be listened on ({error.strerror}): set HOST or PORT") from None
    listener.listen(limits.BACKLOG)
    listener.setblocking(False)  # several processes accept from it: the slower one must not hang
    return listener


def _raise_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.FILE_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(limits.FILE_DESCRIPTORS, hard)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
