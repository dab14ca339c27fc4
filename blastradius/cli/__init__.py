"""The command line: parse, call, render, exit code. The only place that prints."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Sequence
from typing import NoReturn

import click

from blastradius.cli import interrupts, streams
from blastradius.cli.completion import files
from blastradius.cli.group import LazyGroup
from blastradius.errors import BlastradiusError

_EPILOG = """Exit codes: 0 done, 1 findings, 2 usage, 3 the model or the input is invalid, 4 a back end, a
proof or blastradius itself failed, 5 incomplete (push), 130 interrupted, 143 ended."""


@click.group(cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--plugins",
    metavar="DIR",
    is_eager=True,
    shell_complete=files,
    expose_value=False,
    callback=lambda _ctx, _param, value: _use_plugins(value),
    help="Also use the loaders/, queries/ and exports/ in DIR; loading them runs them.",
)
@click.option(
    "--allow-outside",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda _ctx, _param, value: _allow_outside(value),
    help="Also read what lies outside the folder of a workspace, or what links lead out of a folder to.",
)
@click.option(
    "--cache",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda _ctx, _param, value: _want_cache(value),
    help="Keep what was loaded, for you alone; it is read again only where something changed.",
)
@click.version_option(package_name="partner-blastradius", prog_name="blastradius")
def cli() -> None:
    """If a partner were compromised, a feed poisoned or a provider down: how far could that reach?"""


def _use_plugins(folder: str | None) -> None:
    if folder:
        from blastradius.plugins import use_folder

        use_folder(folder)


def _allow_outside(allowed: bool) -> None:
    if allowed:
        from blastradius.loading.boundary import allow_outside

        allow_outside()


def _want_cache(wanted: bool) -> None:
    if wanted:
        from blastradius.loading.wishes import want_cache

        want_cache()


def main(arguments: Sequence[str] | None = None, leave: Callable[[int], int] = int) -> int:
    """Run the command line; returns the exit code and never a traceback for a foreseen error.

    ``leave`` is given the code of an interrupt while all that was made is still there, for that takes long to let go.
    """
    try:
        given = None if arguments is None else list(arguments)
        result = cli.main(given, "blastradius", "_BLASTRADIUS_COMPLETE", standalone_mode=False)
        streams.finish()
    except BlastradiusError as error:
        return _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        return leave(_fail(streams.INTERRUPTED, streams.INTERRUPTED_CODE))
    except MemoryError:
        return _fail("the memory does not suffice; ask of less at once, or use a larger machine", 2)
    except streams.Ended as ended:
        return _fail("ended", ended.code)
    except (BrokenPipeError, SystemExit):  # click ends with 1 where the reader of our output has left
        streams.abandon()
        return 0
    except OSError as error:
        streams.abandon()
        return _fail(f"{error.filename or 'standard output'}: {error.strerror or error}", 2)
    return result if isinstance(result, int) else 0


def _fail(message: str, code: int) -> int:
    from blastradius.escape import visible

    for line in message.split("\n"):
        click.echo(f"blastradius: {visible(line)}" if code == 2 or code > 128 else visible(line), err=True)
    return code


def run() -> NoReturn:
    """The console script."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would ask all that is installed for some
    # nothing here is large algebra; threads for it take time to start
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    streams.prepare()
    interrupts.watch()
    try:
        code = main(leave=interrupts.leave)
    except Exception:
        code = _defect()
    atexit._run_exitfuncs()  # those of what was imported; what is left then takes a fifth of a short command to let go
    interrupts.leave(code)


def _defect() -> int:
    """What is no error that we know of: all that a report of it needs, and no exit code that means findings."""
    import traceback

    traceback.print_exc()
    return _fail("this is a defect of blastradius, not of what it was given; please report it with the lines above", 4)
