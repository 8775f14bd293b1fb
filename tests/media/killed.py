"""`python -m tests.media.killed DIRECTORY SCENE`: plays the scene once for every call, killed at that call.

Each play has its own medium, DIRECTORY/<number>; the names of the calls go to DIRECTORY/calls. It has one
thread, so that fork is safe.
"""

import os
import signal
import sys
from pathlib import Path

from kiosk.media.directory import DirectoryMedium
from tests.media.calls import CHANGES, Calls, kill_at
from tests.media.change_scenes import SCENES


def main(base: Path, scene_name: str) -> None:
    scene = SCENES[scene_name]
    number = 0
    while True:
        path = base / str(number)
        path.mkdir()
        with Calls():
            scene.prepare(path)
        if not (child := os.fork()):
            with Calls(kill_at(number)) as calls:
                scene.act(DirectoryMedium.open(path))
            (path.parent / "calls").write_text("\n".join(calls.names))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            break
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        number += 1
    names = (base / "calls").read_text().splitlines()
    assert len(names) == number
    assert any(name in CHANGES for name in names)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
