"""The command `kiosk`, and `python -m kiosk`."""

import sys

from kiosk import walkup


def main() -> None:
    """Open the walk-up kiosk, or run the command line, which takes longer to load."""
    options = walkup.read(sys.argv[1:])
    try:
        status = None if options is None else walkup.open_kiosk(**options)
    except Exception as error:  # noqa: BLE001 - said and logged there
        from kiosk import cli

        status = cli.ended(error)
    if status is None:
        from kiosk import cli

        cli.main()
    sys.exit(status)


if __name__ == "__main__":
    main()
