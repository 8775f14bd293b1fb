"""`python -m tests.fuzz [SECONDS]`: bytes that atheris makes up, guided by which code they reach, for every parser.

Optional: atheris is no requirement of this project. Without it this says so and is done.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 20
LONGEST = 8192


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one parser in this process, which ends with it."""
    import atheris  # type: ignore[import-not-found, unused-ignore]

    with atheris.instrument_imports(include=["kiosk", "asn1crypto"]):
        from tests.fuzz.parsers import PARSERS

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(PARSERS[name].seeds):
            Path(folder, str(number)).write_bytes(seed)
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST}",
            "-timeout=10",
            f"-artifact_prefix={folder}-",
        ]
        atheris.Setup([sys.argv[0], *options, folder], PARSERS[name])
        atheris.Fuzz()


def main() -> int:
    """Fuzz all, each in a process of its own; say which failed."""
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: fuzzing that is guided by coverage is left out")
        return 0
    from tests.fuzz.parsers import PARSERS

    seconds = sys.argv[1] if len(sys.argv) > 1 else str(SECONDS)
    failed = [
        name for name in PARSERS
        if subprocess.run([sys.executable, "-m", "tests.fuzz", seconds, name], env=os.environ).returncode
    ]  # fmt: skip
    print(f"failed: {failed}" if failed else f"{len(PARSERS)} parsers, nothing found")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) == 3:
        fuzz(sys.argv[2], int(sys.argv[1]))
    else:
        sys.exit(main())
